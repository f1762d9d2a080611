"""The sweep: its rows, its choices, and that neither interruption nor the place of work changes a result."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from lrcourse import sweeping
from lrcourse.optimizers import SGD, Adam, Momentum
from lrcourse.problems import NoisyQuadratic, digits
from lrcourse.ranges import Positive
from lrcourse.schedules import ReduceLROnPlateau, constant, cosine_decay, linear_decay, warmup
from lrcourse.schedules import schedule as of_ones_own
from lrcourse.sweeping import METRICS, Sweep, sweep
from lrcourse.training import train

SMALL = digits(hidden=4, batch_size=100)
OPTIMIZERS = {"momentum": Momentum(0.9), "adam": Adam()}
SCHEDULES = {"linear": [linear_decay(rate, 2) for rate in (0.01, 0.1, 1.0)], "plateau": ReduceLROnPlateau(0.1, patience=0),
             "constant": [constant(0.01), constant(0.1)]}
GRID = dict(problem=SMALL, optimizers=OPTIMIZERS, schedules=SCHEDULES, seeds=[3, 0, 8], epochs=2, progress=False)


@pytest.fixture(scope="module")
def result():
    return sweep(**GRID)


def same(one, two, exactly=True):
    for name, column in vars(one).items():
        if exactly or name not in METRICS:
            np.testing.assert_array_equal(getattr(two, name), column, err_msg=name)
        else:
            np.testing.assert_allclose(getattr(two, name), column, rtol=1e-5, err_msg=name)


def test_every_row_is_what_train_gives(result):
    assert len(result) == 2 * 6 * 3
    row = 0
    for name, optimizer in OPTIMIZERS.items():
        for family, members in SCHEDULES.items():
            for schedule in members if isinstance(members, list) else [members]:
                history = train(SMALL, optimizer, schedule, epochs=2, seeds=[3, 0, 8])
                rows = slice(row, row + 3)
                assert set(result.optimizer[rows]) == {name} and set(result.schedule[rows]) == {family}
                assert result.seed[rows].tolist() == [3, 0, 8]
                np.testing.assert_array_equal(result.lr[rows], history.lr.max(axis=1))
                for metric in METRICS:
                    np.testing.assert_allclose(getattr(result, metric)[rows], getattr(history, metric), rtol=1e-4)
                row += 3


def test_neither_blocks_nor_order_change_a_run(result, monkeypatch):
    monkeypatch.setattr(sweeping, "BLOCK", 5)
    same(result, sweep(**GRID))
    backwards = sweep(**GRID | {"seeds": [8, 0, 3]})
    order = np.arange(len(result)).reshape(-1, 3)[:, ::-1].ravel()
    same(result, backwards.rows(order))


class Backwards(Executor):
    """Does nothing until it is asked for the last task, then works from the back."""

    def __init__(self, expected):
        self.expected, self.tasks = expected, []

    def submit(self, work, *args):
        self.tasks.append((Future(), work, args))
        if len(self.tasks) == self.expected:
            for future, work_, args_ in reversed(self.tasks):
                future.set_result(work_(*args_))
        return self.tasks[-1][0]


def test_threads_and_any_other_executor(result):
    with ThreadPoolExecutor(2) as executor:
        same(result, sweep(**GRID, executor=executor))
        assert executor.submit(int).result() == 0, "the executor must stay open"
    same(result, sweep(**GRID, executor=Backwards(expected=4)))


def test_processes(result):
    with ProcessPoolExecutor(2) as executor:
        same(result, sweep(**GRID, executor=executor), exactly=False)


def test_dask_cluster(result):
    distributed = pytest.importorskip("distributed")
    with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        same(result, sweep(**GRID, executor=client.get_executor()), exactly=False)


# ---- choosing --------------------------------------------------------------------------------------------------------

def test_best_is_the_rate_with_the_lowest_mean(result):
    best = result.best()
    assert len(best) == 2 * 3 * 3
    for optimizer in OPTIMIZERS:
        for family in SCHEDULES:
            group = result.where(optimizer=optimizer, schedule=family)
            means = {rate: group.where(lr=rate).test_error[:, -1].mean() for rate in set(group.lr.tolist())}
            assert set(best.where(optimizer=optimizer, schedule=family).lr.tolist()) == {min(means, key=means.get)}


def test_a_rate_at_which_a_run_diverged_is_never_best():
    rates = [0.5, 1.9, 2.1, 100.0]
    result = sweep(NoisyQuadratic([1.0], noise=0.01), SGD(), [constant(rate) for rate in rates], range(3), 300, progress=False)
    assert result.diverged.tolist() == [False] * 9 + [True] * 3
    assert (result.lr[result.diverged] == 100).all() and np.isinf(result.final("test_loss")[result.diverged]).all()
    assert set(result.best("test_loss").lr.tolist()) == {0.5}
    assert "diverged: 3 of 3" in repr(result.table("test_loss", best=False))
    assert set(result.where(lr=[2.1, 100]).best("test_loss").lr.tolist()) == {2.1}
    with pytest.raises(ValueError, match="metric='test_error' is not allowed"):
        result.best()


def test_table(result):
    table = result.table("test_error", best=False)
    assert len(table) == 2 * 6 and table.lr.tolist() == [0.01, 0.1, 1.0, 0.1, 0.01, 0.1] * 2
    values = result.final("test_error").reshape(-1, 3)
    np.testing.assert_allclose(table.mean, values.mean(axis=1))
    np.testing.assert_allclose(table.sem, values.std(axis=1, ddof=1) / np.sqrt(3))
    np.testing.assert_allclose(result.final("test_loss", last=2), result.test_loss.mean(axis=1))
    lines = result.table()._repr_markdown_().splitlines()
    assert len(lines) == 2 + 6 and lines[0].startswith("| optimizer | schedule |") and "±" in lines[2]
    assert repr(result.table()).count("\n") == 6


def test_table_shows_as_many_digits_as_the_spread_supports():
    row = lambda mean, sem: sweeping.Table("test_loss", [sweeping.Row("a", "b", "c", 0.1, mean, sem, 8, 0)])
    assert "1.2 ± 0.1" in repr(row(1.2345, 0.13)) and "1.234 ± 0.003" in repr(row(1.23449, 0.0031))
    assert "123 ± 40" in repr(row(123.4, 40.2)) and "1.23" in repr(row(1.2345, np.nan))


def test_like_takes_over_a_choice(result):
    chosen = result.best()
    same(chosen, result.like(chosen))
    assert len(result.like(chosen.where(optimizer="adam", schedule="linear"))) == 3


def test_names_without_a_dict():
    schedules = [constant(0.1), warmup(linear_decay(0.1, 2), 1), constant(0.2), warmup(cosine_decay(0.1, 2), 1)]
    result = sweep(NoisyQuadratic([1.0]), SGD(), schedules, seeds=0, epochs=2, progress=False)
    assert result.optimizer.tolist() == ["SGD"] * 4
    assert result.schedule.tolist() == ["constant", "constant", "warmup(linear_decay)", "warmup(cosine_decay)"]


# ---- the file --------------------------------------------------------------------------------------------------------

def test_save_and_load(result, tmp_path):
    result.save(tmp_path / "a.npz")
    loaded = Sweep.load(tmp_path / "a.npz")
    same(result, loaded)
    loaded.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.npz", "b.npz"]


def test_a_finished_file_is_not_trained_again(result, tmp_path, monkeypatch):
    sweep(**GRID, file=tmp_path / "a.npz")
    monkeypatch.setattr(sweeping, "run", None)
    same(result, sweep(**GRID, file=tmp_path / "a.npz"))


@pytest.mark.parametrize("other, name", [
    ({"seeds": [0, 1, 2]}, "seed 3 is not among"), ({"epochs": 3}, "epochs differ"), ({"problem": digits(hidden=5)}, "problem is digits"),
    ({"optimizers": {"momentum": Momentum(0.8), "adam": Adam()}}, "setting 'Momentum.beta=0.9"),
    ({"schedules": {"linear": SCHEDULES["linear"]}}, "schedule 'plateau' is not among")])
def test_the_file_of_another_sweep_is_refused(result, tmp_path, other, name):
    result.save(tmp_path / "a.npz")
    before = (tmp_path / "a.npz").read_bytes()
    with pytest.raises(ValueError, match=f"holds another sweep, not this one: its {name}"):
        sweep(**GRID | other, file=tmp_path / "a.npz")
    assert (tmp_path / "a.npz").read_bytes() == before


@pytest.mark.parametrize("fewer", [
    {"seeds": [0, 3]}, {"optimizers": {"adam": Adam()}}, {"schedules": {"linear": SCHEDULES["linear"][:2]}},
    {"seeds": [8], "schedules": {"linear": SCHEDULES["linear"][1]}}])
def test_a_file_grows_by_what_is_new(result, tmp_path, monkeypatch, fewer):
    few = sweep(**GRID | fewer, file=tmp_path / "a.npz")
    trained, real = [], sweeping.run
    monkeypatch.setattr(sweeping, "run", lambda *args: trained.extend(args[3]) or real(*args))
    monkeypatch.setattr(sweeping, "BLOCK", 1)
    grown = sweep(**GRID, file=tmp_path / "a.npz")
    assert len(trained) == 36 - len(few), "what was there, and nothing else, was left out"
    same(result, grown, exactly=False)
    same(grown, Sweep.load(tmp_path / "a.npz"))


@pytest.mark.parametrize("name, said", [
    ("no/such/a.npz", "can't be written"), (".", "folder"), ("..", "folder"), ("", "folder"), ("a" * 300 + ".npz", "can't be written"),
    ("a\0b", "can't be written"), ("a.npz/b.npz", "can't be written")])
def test_a_file_that_cannot_be_written_is_refused_before_the_first_run(tmp_path, monkeypatch, name, said):
    (tmp_path / "a.npz").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweeping, "run", None)
    with pytest.raises(ValueError, match=f"^file=.* is not allowed in sweep, it .*{said}"):
        sweep(**GRID, file=name)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def whole(path):
    sweep(**GRID | {"seeds": [0]}, file=path)
    return path.read_bytes()


HARMED = {
    "empty": lambda path: b"", "text": lambda path: b"rate, error\n0.1, 0.2\n", "cut": lambda path: whole(path)[:-700],
    "cut early": lambda path: whole(path)[:900], "a byte": lambda path: whole(path)[:2000] + b"x" + whole(path)[2001:],
    "an array": lambda path: np.save(path.with_suffix(".npy"), np.arange(3)) or path.with_suffix(".npy").read_bytes(),
    "objects": lambda path: np.savez(path, done=np.array([None, {}])) or path.read_bytes(),
    "other names": lambda path: np.savez(path, x=1) or path.read_bytes()}


@pytest.mark.parametrize("harm", HARMED)
def test_a_damaged_file_is_named_and_left_alone(tmp_path, harm, monkeypatch):
    path = tmp_path / "a.npz"
    path.write_bytes(HARMED[harm](path))
    before = path.read_bytes()
    monkeypatch.setattr(sweeping, "run", None)
    for read in (lambda: sweep(**GRID, file=path), lambda: Sweep.load(path)):
        with pytest.raises(ValueError, match="^file='.*a.npz' is not allowed, not a file that a sweep has written, or damaged") as caught:
            read()
        assert "rename or delete it" in str(caught.value) and "pickle" not in str(caught.value).split("damaged")[0]
    assert path.read_bytes() == before


@pytest.mark.parametrize("call", [lambda r: r.save("no/such/a.npz"), lambda r: r.load("no/such/a.npz"), lambda r: r.save(3),
                                  lambda r: r.load(None), lambda r: sweep(**GRID, file=3.5)])
def test_what_is_no_file_is_refused(result, call):
    with pytest.raises((ValueError, TypeError), match="^file=.* is not allowed in "):
        call(result)


@pytest.mark.parametrize("temporary", [True, False])
def test_a_disk_that_is_full_loses_nothing(tmp_path, monkeypatch, temporary):
    """From the second time on nothing can be written where the file is; without ``temporary`` nor anywhere else."""
    real, writes = sweeping.os.replace, []
    (tmp_path / "t").mkdir()

    def full(beside, file):
        writes.append(file)
        if len(writes) > 1 and not (temporary and file.parent.name == "t"):
            raise OSError(28, "No space left on device")
        return real(beside, file)

    monkeypatch.setattr(sweeping.os, "replace", full)
    monkeypatch.setattr(sweeping.tempfile, "tempdir", str(tmp_path / "t"))
    monkeypatch.setattr(sweeping, "STORE_EVERY", -1.0)
    monkeypatch.setattr(sweeping, "BLOCK", 4)
    with pytest.raises(OSError, match="No space left") as caught:
        sweep(**GRID, file=tmp_path / "a.npz")
    finished, (note,) = caught.value.finished, caught.value.__notes__
    assert len(finished) >= 8 and "holds 4 of 36 runs" in note
    assert len(Sweep.load(tmp_path / "a.npz")) == 4 and not (tmp_path / "a.npz.part").exists()
    if not temporary:
        assert "are in this error, as error.finished" in note
        return
    [rescued] = [path for path in (tmp_path / "t").iterdir() if path.suffix == ".npz"]
    assert f"All {len(finished)} that are finished are in {rescued}: put it in its place" in note
    same(finished, Sweep.load(rescued))


# ---- elsewhere -------------------------------------------------------------------------------------------------------

def in_a_program(tmp_path, code):
    """Run as a program, which a notebook is for its workers: what it defines stands in __main__."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent("""
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from multiprocessing import get_context
        from lrcourse import *
        from lrcourse.ranges import Positive
    """) + textwrap.dedent(code))
    return subprocess.run([sys.executable, program], capture_output=True, text=True)


@pytest.mark.parametrize("where, named", [("", "mine (from this notebook or program)"), ("warmup", "mine (from this notebook or program)"),
                                          ("inside", "hidden (from this notebook or program)")])
def test_workers_that_cannot_import_a_schedule_are_named(tmp_path, where, named):
    done = in_a_program(tmp_path, f"""
        if __name__ == "__main__":      # as in a notebook, whose cells its workers don't run
            @schedule
            def mine(t, lr: Positive):
                return lr / (1 + t)

            def inside():
                @schedule
                def hidden(t, lr: Positive):
                    return lr / (1 + t)
                return hidden(0.1)

            each = {{"": mine(0.1), "warmup": warmup(mine(0.1), 1), "inside": inside()}}["{where}"]
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
                sweep(ravine(), SGD(), each, seeds=0, epochs=2, executor=executor, progress=False)
    """)
    assert f"TypeError: executor: its workers can't import {named}. What another process is to train has to stand in a .py" in done.stderr


def test_an_error_of_the_executor_itself_is_passed_on():
    class Broken(Executor):
        def submit(self, *args):
            raise RuntimeError("no workers")

    with pytest.raises(RuntimeError, match="no workers"):
        sweep(**GRID, executor=Broken())


def test_a_killed_sweep_goes_on_and_gives_the_same_file(tmp_path):
    code = textwrap.dedent("""
        import sys
        from lrcourse import Momentum, constant, digits, linear_decay, sweep, sweeping
        sweeping.STORE_EVERY = sweeping.SHOW_AFTER = 0.0
        sweeping.BLOCK = 16
        sweep(digits(hidden=16), Momentum(), [constant(0.1), linear_decay(0.1, 8)], range(40), 8, file=sys.argv[1])
    """)
    command = [sys.executable, "-c", code]
    killed, file = tmp_path / "killed.npz", tmp_path / "whole.npz"
    environment = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    process = subprocess.Popen([*command, killed], stderr=subprocess.DEVNULL)
    while not killed.exists() and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed"
    assert 0 < len(Sweep.load(killed)) < 80
    for path in (killed, file):
        shown = subprocess.run([*command, path], check=True, capture_output=True, text=True, env=environment)
        assert shown.stdout == "" and ("/80 [" in shown.stderr or not find_spec("tqdm")), "a bar, with the time left"
    assert killed.read_bytes() == file.read_bytes()
    assert len(Sweep.load(file)) == 80


def test_an_interrupt_keeps_what_is_finished(tmp_path, monkeypatch):
    blocks, real = [], sweeping.run

    def interrupted(*args):
        blocks.append(args)
        if len(blocks) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(sweeping, "run", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        sweep(**GRID, file=tmp_path / "a.npz")
    kept = Sweep.load(tmp_path / "a.npz")
    assert 0 < len(kept) < 36
    same(kept, caught.value.finished)
    assert f"{len(kept)} of 36 runs are in" in caught.value.__notes__[0]
    sweep(**GRID, file=tmp_path / "a.npz")
    assert len(Sweep.load(tmp_path / "a.npz")) == 36


def test_progress_is_quiet_when_told_and_where_it_takes_less_than_a_second(capfd, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert isinstance(sweeping._bar(True, 10, 0), sweeping._NoBar)
    monkeypatch.delenv("TQDM_DISABLE")
    assert isinstance(sweeping._bar(False, 10, 0), sweeping._NoBar)
    assert isinstance(sweeping._bar(True, 10, 10), sweeping._NoBar)
    assert not isinstance(sweeping._bar(True, 10, 5), sweeping._NoBar)
    sweep(**GRID | {"progress": True})
    assert capfd.readouterr() == ("", "")


# ---- input -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, value, message", [
    ("problem", 3, "problem=3 is not allowed in sweep"), ("optimizers", {"a": 3}, r"optimizers\['a'\]=3 is not allowed in sweep"),
    ("optimizers", SGD, r"optimizers\['type'\]=<class .* is not allowed"), ("optimizers", {}, "optimizers={} is not allowed in sweep"),
    ("schedules", {"flat": 0.1}, r"schedules\['flat'\]=0.1 is not allowed in sweep"), ("schedules", [], r"schedules=\[\] is not allowed"),
    ("schedules", {"flat": []}, "schedules={'flat': .*} is not allowed"), ("schedules", constant, r"schedules\['function'\]="),
    ("seeds", -1, "seeds=-1 is not allowed in sweep"), ("epochs", 0, "epochs=0 is not allowed in sweep"),
    ("seeds", [0, 1, 0], r"seeds=\[0, 1, 0\] is not allowed in sweep: no seed twice"), ("seeds", 2 ** 63, "seeds=9.* is not allowed"),
    ("schedules", [constant(0.1), constant(0.1)], r"schedules\['constant'\]: constant\(lr=0.1\) twice is not allowed in sweep"),
    ("schedules", {"a": [constant(1.0), constant(1)]}, r"schedules\['a'\]: constant\(lr=1\) twice is not allowed"),
    ("schedules", [ReduceLROnPlateau(0.1)] * 2, "twice is not allowed in sweep"),
    ("executor", 5, "executor=5 is not allowed in sweep"), ("progress", "no", "progress='no' is not allowed in sweep")])
def test_bad_input_is_refused_by_name(name, value, message):
    with pytest.raises((ValueError, TypeError), match=message):
        sweep(**GRID | {name: value})


@pytest.mark.parametrize("ask, message", [(lambda r: r.final("loss"), "metric='loss' is not allowed in Sweep"),
                                          (lambda r: r.final(last=3), "last=3 is not allowed in Sweep: a whole number from 1 to 2"),
                                          (lambda r: r.final(last=1.5), "last=1.5 is not allowed in Sweep: a whole number"),
                                          (lambda r: r.where(optimizer="sgd"), r"\['sgd'\] is not in this sweep"),
                                          (lambda r: r.where(lr=0.3), r"\[0.3\] is not in this sweep"),
                                          (lambda r: r.where(lr="0.1"), "lr='0.1' is not allowed in Sweep.where: a rate"),
                                          (lambda r: r.where(schedule=5), "schedule=5 is not allowed in Sweep.where: a name"),
                                          (lambda r: r.where(lr=constant(0.1)), "lr=constant.* is not allowed in Sweep.where: a rate"),
                                          (lambda r: r.like([3]), r"other=\[3\] is not allowed in Sweep.like"),
                                          (lambda r: r.rows([99]), r"chosen=\[99\] is not allowed in Sweep"),
                                          (lambda r: r.rows("all"), "chosen='all' is not allowed in Sweep"),
                                          (lambda r: r.rows([True]), r"chosen=\[True\] is not allowed in Sweep")])
def test_what_is_not_there_is_refused(result, ask, message):
    with pytest.raises((ValueError, TypeError), match=message):
        ask(result)


def test_a_file_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=1)
    with pytest.raises(ValueError, match="not a file that a sweep has written"):
        Sweep.load(tmp_path / "a.npz")


def test_a_plateau_that_has_watched_something_begins_anew_and_is_named_as_it_began(result):
    used = ReduceLROnPlateau(0.1, patience=0)
    for _ in range(5):
        used.step(1.0)
    assert used.lr < 0.001
    again = sweep(**GRID | {"schedules": SCHEDULES | {"plateau": used}})
    same(result, again)
    assert "ReduceLROnPlateau(lr=0.1, " in again.where(schedule="plateau").setting[0]


def test_lr_used_by_plateau_is_its_first(result):
    assert set(result.where(schedule="plateau").lr.tolist()) == {0.1}


def test_errors_are_shown_as_percentages_and_losses_are_not():
    row = lambda metric, mean, sem: list(sweeping.Table(metric, [sweeping.Row("a", "b", "c", 0.123456, mean, sem, 8, 0)])._cells())
    head, cells = row("test_error", 0.1234, 0.0031)
    assert head == ("optimizer", "schedule", "highest rate", "test error, %", "seeds") and cells == ("a", "b", "0.123", "12.3 ± 0.3", "8")
    head, cells = row("train_loss", 0.1234, 0.0031)
    assert head[3] == "train loss" and cells[3] == "0.123 ± 0.003"
    assert row("test_error", 0.1234, np.nan)[1][3] == "12.3" and row("test_loss", 0.0, 0.0)[1][3] == "0"


def test_the_bar_goes_away_and_waits_a_second(monkeypatch):
    tqdm_auto = pytest.importorskip("tqdm.auto")
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(tqdm_auto, "tqdm", lambda **settings: settings)
    assert sweeping._bar(True, 10, 3) == {"total": 10, "initial": 3, "unit": "run", "leave": False, "delay": 1.0}


# ---- a sweep that nobody trained: figures to count by hand ---------------------------------------------------------------

def table_of(errors, lr, losses=None, optimizer=None, schedule=None):
    """A Sweep with the given test errors, (N, E): rows of one rate are the seeds 0, 1, ... of one setting."""
    errors, lr = np.array(errors, float), np.array(lr, float)
    losses = errors + 1 if losses is None else np.array(losses, float)
    names = np.array(optimizer or ["o"] * len(lr)), np.array(schedule or ["s"] * len(lr)), np.array([f"at {rate}" for rate in lr])
    seeds = np.array([lr[:row].tolist().count(rate) for row, rate in enumerate(lr.tolist())])
    return Sweep("problem", *names, seeds, lr, losses + 2, errors + 3, losses, errors)


def test_final_best_and_table_by_hand():
    result = table_of([[0.5, 0.3], [0.3, 0.1], [0.1, 0.3], [0.3, 0.5]], [0.1, 0.1, 0.2, 0.2])
    assert result.final().tolist() == [0.3, 0.1, 0.3, 0.5] and result.final("test_error", 1).tolist() == result.final().tolist()
    assert result.final(last=2).tolist() == pytest.approx([0.4, 0.2, 0.2, 0.4]) and result.final("train_loss")[0] == pytest.approx(3.3)
    assert result.best().lr.tolist() == [0.1, 0.1]
    row, = result.table()
    assert (row.optimizer, row.schedule, row.setting, row.lr, row.seeds, row.diverged) == ("o", "s", "at 0.1", 0.1, 2, 0)
    assert row.mean == pytest.approx(0.2) and row.sem == pytest.approx(0.1)
    assert result.table(best=False).lr.tolist() == [0.1, 0.2] and len(result.table(best=False)) == 2 and len(result.table()) == 1
    assert result.table(last=2).mean.tolist() == pytest.approx([0.3]) and np.isnan(result.rows([0]).table().sem[0])
    assert table_of([[0.2], [0.2]], [0.1, 0.2]).best().lr.tolist() == [0.1]       # the first of two that are as good


def test_a_run_that_diverged_by_hand():
    result = table_of([[0.1], [0.1], [0.4], [0.4]], [0.1, 0.1, 0.2, 0.2], losses=[[1.0], [np.inf], [2.0], [2.0]])
    assert result.diverged.tolist() == [False, True, False, False] and result.best().lr.tolist() == [0.2, 0.2]
    lost, kept = result.table(best=False)
    assert lost.mean == np.inf and np.isnan(lost.sem) and (lost.diverged, kept.diverged) == (1, 0) and kept.sem == 0
    assert repr(result) == "Sweep(1 optimizer, 1 schedule, 2 seeds: 4 runs, 1 epoch, 1 diverged)"
    assert repr(result.rows([0])) == "Sweep(1 optimizer, 1 schedule, 1 seed: 1 run, 1 epoch)"
    assert repr(result.rows([])) == "Sweep(0 optimizers, 0 schedules, 0 seeds: 0 runs, 1 epoch)"
    assert "diverged: 1 of 2" in repr(result.table(best=False)) and "2.0" not in repr(result.table())


def test_the_spread_of_one_run_or_of_lost_ones_is_not_even_computed():
    result = table_of([[0.1], [0.1], [0.4]], [0.1, 0.1, 0.2], losses=[[1.0, 1.0, 1.0], [1.0, 1.0, np.inf], [2.0, 2.0, 2.0]])
    assert result.diverged.tolist() == [False, True, False]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(result.table(best=False).sem).tolist() == [True, True]


def test_where_rows_and_like_by_hand():
    result = table_of([[0.1], [0.2], [0.3], [0.4]], [0.1, 0.2, 0.1 * (1 + 0.5e-9), 0.1 * (1 + 5e-9)],
                      optimizer=["a", "a", "b", "b"], schedule=["x", "y", "x", "y"])
    chosen = lambda **given: result.where(**given).test_error[:, 0].tolist()
    assert chosen() == [0.1, 0.2, 0.3, 0.4] and chosen(optimizer="a") == [0.1, 0.2]
    assert chosen(optimizer=["a", "b"], schedule="y") == [0.2, 0.4]
    assert chosen(lr=0.1) == [0.1, 0.3] and chosen(lr=[0.2, 0.1]) == [0.1, 0.2, 0.3] and chosen(optimizer="a", lr=0.2) == [0.2]
    for given, error in (({"optimizer": "c"}, ValueError), ({"lr": 0.3}, ValueError), ({"optimizer": 3}, TypeError),
                         ({"lr": "0.1"}, TypeError), ({"schedule": ["x", 3]}, TypeError), ({"lr": [[0.1]]}, TypeError)):
        with pytest.raises(error, match=f"^{next(iter(given))}[:=]"):
            result.where(**given)
    assert result.rows([3, 0]).test_error[:, 0].tolist() == [0.4, 0.1] and len(result.rows([True, False, False, True])) == 2
    assert len(result.rows([])) == len(result.rows([False] * 4)) == 0 and result.rows([-1]).test_error[0, 0] == 0.4
    for chosen in (3, [4], [-5], [0.5], [True], "x", [[0, 1]], None, ["0"]):
        with pytest.raises(ValueError, match="chosen=.* is not allowed in Sweep: a mask of 4, or numbers of rows"):
            result.rows(chosen)
    assert result.like(result.rows([1, 2])).test_error[:, 0].tolist() == [0.2, 0.3] and len(result.like(result.rows([]))) == 0


def test_a_table_shows_itself():
    row = lambda mean, sem: sweeping.Row("adam", "linear", "set", 0.0123, mean, sem, 8, 0)
    table = sweeping.Table("test_error", [row(0.123, 0.25), row(0.5, 0.0101)])
    assert repr(table) == ("optimizer  schedule  highest rate  test error, %  seeds\n"
                           "adam       linear    0.0123        12 ± 25        8\n"
                           "adam       linear    0.0123        50 ± 1         8")
    assert table._repr_markdown_().splitlines() == ["| optimizer | schedule | highest rate | test error, % | seeds |",
                                                    "|---|---|--:|--:|--:|",
                                                    "| adam | linear | 0.0123 | 12 ± 25 | 8 |", "| adam | linear | 0.0123 | 50 ± 1 | 8 |"]
    assert list(table) == table.rows and table.seeds.tolist() == [8, 8]
    with pytest.raises(AttributeError, match="a table has no figure: optimizer, "):
        _ = table.figure


def test_blocks_hold_one_optimizer_and_one_plateau():
    watch, other = ReduceLROnPlateau(0.1), ReduceLROnPlateau(0.1)
    plan = [("a", None, "f", constant(0.1), 0), ("a", None, "f", watch, 0), ("a", None, "g", constant(0.2), 0), ("a", None, "g", other, 0),
            ("b", None, "f", constant(0.1), 0), ("a", None, "f", watch, 1), ("a", None, "g", constant(0.2), 1)]
    assert sweeping._blocks(plan, 2) == [[0, 2], [6], [1, 5], [3], [4]]
    assert (sweeping.BLOCK, sweeping.TASK, sweeping.STORE_EVERY, sweeping.SHOW_AFTER) == (64, 16, 1.0, 1.0)


def test_an_executor_gets_tasks_of_sixteen_on_one_thread_and_none_after_an_error():
    class Here(Executor):
        tasks = []

        def submit(self, function, *task):
            self.tasks.append(task)
            future = Future()
            future.set_result(function(*task))
            return future

    problem = NoisyQuadratic([1.0])
    there = sweep(problem, SGD(), constant(0.1), range(20), 2, executor=Here(), progress=False)
    assert [(len(task[3]), task[4:]) for task in Here.tasks] == [(16, (2, 1)), (4, (2, 1))]
    same(sweep(problem, SGD(), constant(0.1), range(20), 2, progress=False), there)
    for executor in (3, "threads"):
        with pytest.raises(TypeError, match="executor=.* is not allowed in sweep"):
            sweep(problem, SGD(), constant(0.1), 0, 2, executor=executor)


def test_no_bar_where_there_is_nothing_to_wait_for(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for progress, finished in ((False, 3), (True, 10)):
        with sweeping._bar(progress, 10, finished) as bar:
            assert type(bar) is sweeping._NoBar and bar.update(3) is None
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert type(sweeping._bar(True, 10, 3)) is sweeping._NoBar


def test_what_a_sweep_with_a_file_refuses_by_name(tmp_path):
    problem, file = NoisyQuadratic([1.0]), tmp_path / "a.npz"
    sweep(problem, SGD(), [constant(0.1), constant(0.2)], range(2), 2, file=file, progress=False)
    for given, said in (({"epochs": 3}, "its epochs differ, 2"), ({"problem": NoisyQuadratic([2.0])}, "its problem is NoisyQuadratic"),
                        ({"seeds": 0}, "its seed 1 is not among"), ({"optimizers": {"sgd": SGD()}}, "its optimizer 'SGD' is not among"),
                        ({"schedules": {"flat": constant(0.1)}}, "its schedule 'constant' is not among"),
                        ({"schedules": constant(0.1)}, "its setting 'SGD.* is not among")):
        with pytest.raises(ValueError, match=said):
            sweep(**dict(problem=problem, optimizers=SGD(), schedules=[constant(0.1), constant(0.2)], seeds=range(2), epochs=2, file=file,
                         progress=False) | given)
    for schedules in ([constant(0.1), constant(0.1)], {"a": [constant(0.1), constant(0.2), constant(0.1)]}):
        with pytest.raises(ValueError, match=r"constant\(lr=0.1\) twice is not allowed in sweep"):
            sweep(problem, SGD(), schedules, 0, 2)
    for name, value in (("optimizers", {}), ("optimizers", {3: SGD()}),
                        ("schedules", {"a": []}), ("schedules", {"a": ()}), ("schedules", [])):
        with pytest.raises(ValueError, match=f"^{name}=.* is not allowed in sweep"):
            sweep(**dict(problem=problem, optimizers=SGD(), schedules=constant(0.1), seeds=0, epochs=2) | {name: value})


def test_an_error_brings_what_is_finished_and_says_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "BLOCK", 2)
    trained = sweeping._train_block
    monkeypatch.setattr(sweeping, "_train_block", lambda *task: 1 / 0 if 4 in task[3] else trained(*task))
    file = tmp_path / "a.npz"
    with pytest.raises(ZeroDivisionError) as caught:
        sweep(NoisyQuadratic([1.0]), SGD(), constant(0.1), range(6), 2, file=file, progress=False)
    assert caught.value.finished.seed.tolist() == Sweep.load(file).seed.tolist() == [0, 1, 2, 3]
    assert caught.value.__notes__ == [f"4 of 6 runs are in {file}; the same call goes on from there."]
    with pytest.raises(ZeroDivisionError) as caught:
        sweep(NoisyQuadratic([1.0]), SGD(), constant(0.1), range(6), 2, progress=False)
    assert len(caught.value.finished) == 4 and not hasattr(caught.value, "__notes__")


def test_a_file_is_written_each_second_or_more_seldom_where_that_takes_long(tmp_path, monkeypatch):
    """By a clock of our own: a run takes 1/8 s and writing as long, so that 20 times as long are spent on training."""
    clock, written, trained, write = SimpleNamespace(now=100.0), [], sweeping._train_block, sweeping._write

    def passing(work, done=None):
        def later(*given):
            clock.now += 0.125
            written.extend([given[2].sum()] if done else [])
            return work(*given)
        return later

    monkeypatch.setattr(sweeping, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(sweeping, "_train_block", passing(trained))
    monkeypatch.setattr(sweeping, "_write", passing(write, done=True))
    monkeypatch.setattr(sweeping, "BLOCK", 1)
    grid = dict(problem=NoisyQuadratic([1.0]), optimizers=SGD(), schedules=constant(0.1), seeds=range(60), epochs=1, progress=False)
    result = sweep(**grid, file=tmp_path / "a.npz")
    assert written == [9, 9 + 21, 9 + 2 * 21, 60]
    same(result, sweep(**grid))         # without a file nothing is written, however long it takes
    assert len(written) == 4


def test_reading_a_file_runs_nothing_that_stands_in_it(result, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.savez(tmp_path / "a.npz", done=np.ones(len(result), bool), **vars(result) | {"problem": np.array(Trap(), object)})
    with pytest.raises(ValueError, match="not a file that a sweep has written"):
        Sweep.load(tmp_path / "a.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_file_with_other_or_shorter_columns_is_refused(result, tmp_path):
    for columns in ({"x": np.array(1)}, {"done": np.ones(3, bool), **vars(result)},
                    {"done": np.ones(len(result), bool), **vars(result), "lr": result.lr[1:]}):
        np.savez(tmp_path / "a.npz", **columns)
        with pytest.raises(ValueError, match=r"\(it holds something else\)"):
            Sweep.load(tmp_path / "a.npz")


def test_what_another_process_cannot_import_is_found_wherever_it_stands(monkeypatch):
    @of_ones_own
    def hidden(t, lr: Positive):
        return lr / (1 + t)

    class Local(NoisyQuadratic):
        pass

    class Own(SGD):     # as if a notebook's cell had made it: found by this process and by no other
        __module__, __qualname__ = "__main__", "Own"

    monkeypatch.setattr(sys.modules["__main__"], "Own", Own, raising=False)
    unknown = lambda *task: list(sweeping._unknown_elsewhere((*task, [0], 2, 1)))
    assert unknown(NoisyQuadratic([1.0]), SGD(), [constant(0.1), warmup(constant(0.1), 1)]) == []
    assert unknown(Local([1.0]), SGD(), [constant(0.1)]) == [f"Local (from {__name__})"]
    assert unknown(NoisyQuadratic([1.0]), Own(), [constant(0.1)]) == ["Own (from this notebook or program)"]
    assert unknown(NoisyQuadratic([1.0]), SGD(), [warmup(hidden(0.1), 1), constant(0.1)]) == [f"hidden (from {__name__})"]


def test_what_is_in_the_file_already_is_not_written_once_more(result, tmp_path, monkeypatch):
    file = tmp_path / "a.npz"
    result.save(file)
    monkeypatch.setattr(sweeping, "_write", None)
    done = np.ones(36, bool)
    assert sweeping._rescued(file, result, done, 36) == f"36 of 36 runs are in {file}; the same call goes on from there."
    same(result, sweep(**GRID, file=file))


def test_a_sweep_is_itself_alone_and_its_rows_stay_as_they_are(result, monkeypatch):
    assert len({result, result.rows(np.arange(36))}) == 2
    row, = result.rows([0]).table()
    with pytest.raises(AttributeError):
        row.mean = 0.0
    asked, bar = [], sweeping._bar
    monkeypatch.setattr(sweeping, "_bar", lambda *given: asked.append(given) or bar(False, *given[1:]))
    sweep(NoisyQuadratic([1.0]), SGD(), constant(0.1), range(3), 2)
    assert asked == [(True, 3, 0)]
