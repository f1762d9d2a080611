"""Sweeps: every optimizer with every schedule and every seed, as one tidy table of runs.

>>> from lrcourse.optimizers import Momentum
>>> from lrcourse.problems import digits
>>> from lrcourse.schedules import constant, linear_decay
>>> rates = [0.03, 0.3]
>>> result = sweep(digits(hidden=16), {"momentum": Momentum(0.9)}, epochs=3, seeds=range(2), progress=False,
...                schedules={"constant": [constant(rate) for rate in rates],
...                           "linear": [linear_decay(rate, total=3) for rate in rates]})
>>> result
Sweep(1 optimizer, 2 schedules, 2 seeds: 8 runs, 3 epochs)
>>> result.schedule.tolist(), result.lr.tolist()
(['constant', 'constant', 'constant', 'constant', 'linear', 'linear', 'linear', 'linear'], [0.03, 0.03, 0.3, 0.3, 0.03, 0.03, 0.3, 0.3])
>>> result.test_error.shape, len(result.where(schedule="linear", lr=0.3)), len(result.best())
((8, 3), 2, 4)

A sweep takes any ``concurrent.futures.Executor``: threads, processes, or a cluster. With Dask::

    from dask.distributed import Client
    client = Client("tcp://scheduler:8786")     # or Client() for the processors of this machine
    result = sweep(..., executor=client.get_executor(), file="league.npz")

The workers need lrcourse and numpy installed, and nothing else; each task is 16 runs, a second or so of work on one thread.
"""

import io
import os
import pickle
import tempfile
import time
import warnings
from contextlib import nullcontext, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from lrcourse.ranges import Choice, Flag, Range, as_numbers, check_all
from lrcourse.schedules import ReduceLROnPlateau, Schedule
from lrcourse.training import check_setting, run

BLOCK = 64              # runs to train at once, here
TASK = 16               # or in a task for an executor
STORE_EVERY = 1.0       # seconds, or more where storing takes long
SHOW_AFTER = 1.0
METRICS = ("train_loss", "train_error", "test_loss", "test_error")


@dataclass(eq=False)
class Sweep:
    """What a sweep did: one row for each run, with columns of length N, and per epoch (N, E).

    ``optimizer`` and ``schedule`` are the names that the sweep was given, ``lr`` is the highest rate that the run used,
    ``setting`` the optimizer and the schedule in full. The figures are those of History: ``train_loss``,
    ``train_error``, ``test_loss``, ``test_error``; ``diverged`` says which runs did.
    """

    problem: str
    optimizer: np.ndarray
    schedule: np.ndarray
    setting: np.ndarray
    seed: np.ndarray
    lr: np.ndarray
    train_loss: np.ndarray
    train_error: np.ndarray
    test_loss: np.ndarray
    test_error: np.ndarray

    @property
    def diverged(self):
        return ~np.isfinite(self.test_loss[:, -1])

    def __len__(self):
        return len(self.seed)

    def __repr__(self):
        count = lambda many, name: f"{many} {name}{'s' * (many != 1)}"
        parts = ", ".join(count(len(set(getattr(self, name).tolist())), name) for name in ("optimizer", "schedule", "seed"))
        lost = f", {self.diverged.sum()} diverged" if self.diverged.any() else ""
        return f"Sweep({parts}: {count(len(self), 'run')}, {count(self.test_loss.shape[1], 'epoch')}{lost})"

    def rows(self, chosen):
        """Only the ``chosen`` rows: a mask, or numbers."""
        try:
            places = np.asarray(chosen if np.size(chosen) else np.zeros(np.shape(chosen), int))
            if places.ndim != 1 or places.dtype.kind not in "biu":
                raise IndexError
            np.empty(len(self))[places]
        except (IndexError, ValueError, TypeError):
            raise ValueError(f"chosen={chosen!r} is not allowed in Sweep: a mask of {len(self)}, or numbers of rows") from None
        chosen = places
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: column[chosen] for name, column in columns.items() if name != "problem"})

    def where(self, optimizer=None, schedule=None, lr=None):
        """Only the runs of an optimizer, of a schedule (their names) or of a highest rate, or of a list of them."""
        chosen = np.ones(len(self), bool)
        for name, column, given in [("optimizer", self.optimizer, optimizer), ("schedule", self.schedule, schedule), ("lr", self.lr, lr)]:
            if given is not None:
                names = [given] if isinstance(given, str) else list(given) if np.iterable(given) else [None]
                wanted = as_numbers(given) if name == "lr" else np.array(names) if all(isinstance(n, str) for n in names) else None
                if wanted is None or wanted.ndim > 1:
                    what = "a rate" if name == "lr" else "a name"
                    raise TypeError(f"{name}={given!r} is not allowed in Sweep.where: {what}, or a list of them")
                wanted = np.atleast_1d(wanted)
                same = np.isclose(column[:, None], wanted, rtol=1e-9, atol=0) if name == "lr" else column[:, None] == wanted
                if not same.any():
                    known = ", ".join(map(repr, dict.fromkeys(column.tolist())))
                    raise ValueError(f"{name}: {wanted.tolist()} is not in this sweep, which has {known}")
                chosen &= same.any(axis=1)
        return self.rows(chosen)

    def like(self, other):
        """Only the runs whose optimizer and schedule, rate included, are also in ``other``.

        Choose on one half of the held-out images, report on the other: ``on_test.like(on_validation.best())``.
        """
        if not isinstance(other, Sweep):
            raise TypeError(f"other={other!r} is not allowed in Sweep.like: another Sweep")
        keys = set(zip(other.optimizer.tolist(), other.schedule.tolist(), other.setting.tolist()))
        return self.rows([key in keys for key in zip(self.optimizer.tolist(), self.schedule.tolist(), self.setting.tolist())])

    def final(self, metric="test_error", last=1):
        """The metric at the end of each run, (N,): the mean over its ``last`` epochs."""
        check_all("Sweep", {"metric": Choice(METRICS), "last": Range(1, self.test_loss.shape[1], whole=True)},
                  {"metric": metric, "last": last})
        return getattr(self, metric)[:, -last:].mean(axis=1)

    def best(self, metric="test_error", last=1):
        """For each optimizer and schedule only the runs at the rate that did best: the lowest mean over the seeds of
        ``final(metric, last)``. A rate at which a run diverged comes after all others."""
        table = self.table(metric, last, best=False)
        wins = {}
        for row in table.rows:
            key = row.optimizer, row.schedule
            if key not in wins or row.mean < wins[key].mean:
                wins[key] = row
        won = {(*key, row.setting) for key, row in wins.items()}
        return self.rows([key in won for key in zip(self.optimizer.tolist(), self.schedule.tolist(), self.setting.tolist())])

    def table(self, metric="test_error", last=1, best=True):
        """Mean and standard error over the seeds of ``final(metric, last)``, for each optimizer and schedule at its
        best rate, or with ``best=False`` at every rate. Iterate it, or take ``.lr``, ``.mean`` and ``.sem`` to plot."""
        check_all("Sweep", {"best": Flag}, {"best": best})
        if best:
            return self.best(metric, last).table(metric, last, best=False)
        values = np.where(self.diverged, np.inf, self.final(metric, last))
        if np.isnan(values).any():
            raise ValueError(f"metric={metric!r} is not allowed for {self.problem}, which has none: 'test_loss'")
        members = {}
        for row, key in enumerate(zip(self.optimizer.tolist(), self.schedule.tolist(), self.setting.tolist())):
            members.setdefault(key, []).append(row)
        rows = []
        for (optimizer, schedule, setting), of in members.items():
            sem = np.std(values[of], ddof=1) / np.sqrt(len(of)) if len(of) > 1 and not self.diverged[of].any() else np.nan
            rows.append(Row(optimizer, schedule, setting, self.lr[of].max(), values[of].mean(), sem, len(of), self.diverged[of].sum()))
        return Table(metric, rows)

    def save(self, file):
        """Write an .npz file, whole or not at all; the same runs give the same bytes."""
        _write(_place(file, "Sweep.save"), self, np.ones(len(self), bool))

    @classmethod
    def load(cls, file):
        """Read what ``save`` wrote, or what ``sweep(file=...)`` has finished so far."""
        file = _path(file, "Sweep.load")
        if not file.exists():
            raise ValueError(f"file={str(file)!r} is not allowed in Sweep.load: there is no such file")
        result, done = _read(file)
        return result.rows(done)


@dataclass(frozen=True)
class Row:
    """One line of a table: ``mean`` and ``sem`` (standard error of the mean) over ``seeds`` runs."""

    optimizer: str
    schedule: str
    setting: str
    lr: float
    mean: float
    sem: float
    seeds: int
    diverged: int


class Table:
    """Rows to read; in a notebook, a table. Numbers are shown to the first digit of their standard error."""

    def __init__(self, metric, rows):
        self.metric, self.rows = metric, rows

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows)

    def __getattr__(self, name):
        if name not in Row.__dataclass_fields__:
            raise AttributeError(f"a table has no {name}: {', '.join(Row.__dataclass_fields__)}")
        return np.array([getattr(row, name) for row in self.rows])

    def _cells(self):
        errors = self.metric.endswith("error")
        scale = 100 if errors else 1
        yield "optimizer", "schedule", "highest rate", self.metric.replace("_", " ") + ", %" * errors, "seeds"
        for row in self.rows:
            mean, sem = scale * row.mean, scale * row.sem
            if row.diverged:
                shown = f"diverged: {row.diverged} of {row.seeds}"
            elif sem > 0:
                digits = max(0, -int(np.floor(np.log10(sem))))
                shown = f"{mean:.{digits}f} ± {sem:.{digits}f}"
            else:
                shown = f"{mean:.3g}"
            yield row.optimizer, row.schedule, f"{row.lr:.3g}", shown, str(row.seeds)

    def __repr__(self):
        cells = list(self._cells())
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells)

    def _repr_markdown_(self):
        head, *body = ("| " + " | ".join(line) + " |" for line in self._cells())
        return "\n".join([head, "|---|---|--:|--:|--:|", *body])


def sweep(problem, optimizers, schedules, seeds, epochs, executor=None, file=None, progress=True):
    """Train every optimizer with every schedule and every seed; return a Sweep.

    ``optimizers``: one, or a dict of names. ``schedules``: one, a list, or a dict of names, each with a schedule or a
    list of them: a family, the same shape at several rates, of which ``Sweep.best`` takes one. A ReduceLROnPlateau will
    do as well.

    With ``file``, a name for an .npz file, runs are stored there as they finish, about once a second, and those that
    are there already are not trained again: after an interruption the same call goes on, and ends with the same file
    as without it, to the byte. With more seeds, rates, schedules or optimizers the same file grows by what is new. Any
    error, or Ctrl-C, first stores what is finished, and is then raised; the finished runs are also found in the exception,
    as ``error.finished``. Where the file can't be written any more, a full disk, they go to the folder for temporary files,
    and a note in the error says so.

    ``executor`` is any concurrent.futures.Executor, to train blocks of runs elsewhere; it stays open. A run depends on
    its own seed, optimizer and schedule alone, so neither the order nor the place of the runs changes a result.

    ``progress`` shows a bar with the time left if it takes longer than a second, where tqdm is installed; it goes away
    at the end. The environment variable TQDM_DISABLE=1 keeps it away.

    Raises TypeError or ValueError for what can't be trained, and ValueError if ``file`` is of another sweep, or of none, or
    can't be written: before the first run.
    """
    check_all("sweep", {"progress": Flag}, {"progress": progress})
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor={executor!r} is not allowed in sweep: a concurrent.futures.Executor, or None")
    optimizers = _named(optimizers, "optimizers")
    families = {name: list(each) if isinstance(each, (list, tuple)) else [each]
                for name, each in _named(schedules, "schedules").items()}
    epochs, seeds = check_setting("sweep", problem, {f"optimizers[{name!r}]": each for name, each in optimizers.items()},
                                  {f"schedules[{name!r}]": each for name, family in families.items() for each in family},
                                  epochs, seeds)
    families = {name: [each.fresh() if isinstance(each, ReduceLROnPlateau) else each for each in family]
                for name, family in families.items()}      # what it began with, should it have watched something before
    for name, family in families.items():
        twice = [each for place, each in enumerate(family) if each in family[:place]]
        if twice:
            raise ValueError(f"schedules[{name!r}]: {twice[0]!r} twice is not allowed in sweep, since it would count the same runs twice")
    plan = [(name, optimizer, family, schedule, seed) for name, optimizer in optimizers.items()
            for family, members in families.items() for schedule in members for seed in seeds]
    result, done = _empty(problem, plan, epochs), np.zeros(len(plan), bool)
    if file is not None:
        file = _place(file, "sweep")
        done = _taken_over(file, result)
    size, threads = (BLOCK, None) if executor is None else (TASK, 1)
    blocks = [block for block in _blocks(plan, size) if not done[block].all()]
    tasks = [(problem, plan[block[0]][1], [plan[row][3] for row in block], [plan[row][4] for row in block], epochs, threads)
             for block in blocks]
    saved, cost, stored = time.monotonic(), 0.0, done.sum()
    try:
        with _bar(progress, len(plan), int(done.sum())) as bar:
            for number, columns in _finished(tasks, executor):
                for name, column in columns.items():
                    getattr(result, name)[blocks[number]] = column
                done[blocks[number]] = True
                bar.update(len(blocks[number]))
                if file is not None and time.monotonic() - saved > max(STORE_EVERY, 20 * cost):
                    began = time.monotonic()
                    _write(file, result, done)
                    saved, cost, stored = time.monotonic(), time.monotonic() - began, done.sum()
        if file is not None and blocks:
            _write(file, result, done)
    except BaseException as error:
        error.finished = result.rows(done)
        if file is not None:
            error.add_note(_rescued(file, result, done, stored))
        raise
    return result


def _named(given, parameter):
    """A dict by name. Schedules without a name go by that of their formula: all of one formula are a family."""
    if isinstance(given, dict):
        if not given or not all(isinstance(name, str) for name in given) or any(each in ([], ()) for each in given.values()):
            raise ValueError(f"{parameter}={given!r} is not allowed in sweep: names, each with something to train")
        return given
    if parameter == "optimizers":
        return {type(given).__name__: given}
    named = {}
    for each in given if isinstance(given, (list, tuple)) else [given]:
        named.setdefault(_family(each), []).append(each)
    if not named:
        raise ValueError(f"{parameter}={given!r} is not allowed in sweep: at least one schedule")
    return named


def _family(schedule):
    if not isinstance(schedule, Schedule):
        return type(schedule).__name__
    inner = schedule._inside()
    return schedule.name + (f"({', '.join(map(_family, inner))})" if inner else "")


def _empty(problem, plan, epochs):
    """A Sweep with a row for each run of the plan, and no figures yet."""
    names, optimizers, families, schedules, seeds = zip(*plan)
    settings = [f"{optimizer!r}, {schedule!r}" for optimizer, schedule in zip(optimizers, schedules)]
    return Sweep(repr(problem), np.array(names), np.array(families), np.array(settings), np.array(seeds, np.int64),
                 np.full(len(plan), np.nan), *np.full((4, len(plan), epochs), np.nan))


def _blocks(plan, size):
    """The runs to train together, as lists of rows: those of one optimizer, and of one ReduceLROnPlateau or of none."""
    alike = {}
    for row, (name, _, family, schedule, _) in enumerate(plan):
        watched = id(schedule) if isinstance(schedule, ReduceLROnPlateau) else None
        alike.setdefault((name, watched), []).append(row)
    return [rows[begin:begin + size] for rows in alike.values() for begin in range(0, len(rows), size)]


def _train_block(problem, optimizer, schedules, seeds, epochs, threads):
    history = run(problem, optimizer, schedules, seeds, epochs, problem.start(seeds), threads)
    return {"lr": history.lr.max(axis=1), **{metric: getattr(history, metric) for metric in METRICS}}


def _finished(tasks, executor):
    """Train the blocks; yield (number of the block, its columns) as they finish."""
    if executor is None:
        for number, task in enumerate(tasks):
            yield number, _train_block(*task)
        return
    from concurrent.futures import as_completed
    futures = {}
    try:
        for number, task in enumerate(tasks):
            futures[executor.submit(_train_block, *task)] = number
        for future in as_completed(futures):
            yield futures[future], future.result()
    except Exception as error:
        if found := [part for task in tasks for part in _unknown_elsewhere(task)]:
            raise TypeError(f"executor: its workers can't import {', '.join(dict.fromkeys(found))}. What another process is to train has "
                            "to stand in a .py file that is imported; or leave out the executor, or use threads") from error
        raise
    finally:
        for future in futures:
            future.cancel()


def _unknown_elsewhere(task):
    """The names of what a task needs and another process may not find: made in a notebook, or in a function."""
    parts = [task[0], task[1], *task[2]]
    while parts:
        part = parts.pop()
        if isinstance(part, Schedule):
            parts += part._inside()
        made = part.factory if isinstance(part, Schedule) else type(part)
        try:
            pickle.dumps(made)
            found = made.__module__ != "__main__"
        except Exception:
            found = False
        if not found:
            yield f"{made.__name__} (from {'this notebook or program' if made.__module__ == '__main__' else made.__module__})"


class _NoBar(nullcontext):
    def __enter__(self):
        return self

    def update(self, runs):
        pass


def _bar(progress, total, finished):
    if not progress or os.environ.get("TQDM_DISABLE") or finished == total:
        return _NoBar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")     # that a notebook without ipywidgets gets a bar of characters
            from tqdm.auto import tqdm
    except ImportError:
        return _NoBar()
    return tqdm(total=total, initial=finished, unit="run", leave=False, delay=SHOW_AFTER)


# ---- the file --------------------------------------------------------------------------------------------------------

def _path(file, owner):
    try:
        return Path(file)
    except TypeError:
        raise TypeError(f"file={file!r} is not allowed in {owner}: the name of an .npz file") from None


def _beside(file):
    return file.with_name(file.name + ".part")


def _place(file, owner):
    """The path of a file that can be written, as far as can be known before it is."""
    file, given = _path(file, owner), str(file)
    try:
        if file.is_dir():       # so are "." and "/", which have no name
            raise IsADirectoryError("that is a folder")
        with suppress(FileNotFoundError):
            os.stat(_beside(file))
        tempfile.TemporaryFile(dir=file.parent).close()
    except (OSError, ValueError) as error:
        raise ValueError(f"file={given!r} is not allowed in {owner}, it can't be written ({error}): a name in a folder that exists "
                         "and that you may write to") from None
    return file


def _write(file, result, done):
    whole = io.BytesIO()
    np.savez(whole, done=done, **vars(result))
    write_whole(file, whole.getbuffer())


def write_whole(file, data):
    """Beside the file first, then in its place: whoever reads it, or kills us, finds the old one or the new one."""
    beside = _beside(file)
    try:
        beside.write_bytes(data)
        os.replace(beside, file)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _rescued(file, result, done, stored):
    """Store what is finished, and say where it is."""
    try:
        if done.sum() > stored:
            _write(file, result, done)
        return f"{done.sum()} of {len(done)} runs are in {file}; the same call goes on from there."
    except OSError as error:
        failed = f"{file} can't be written any more ({error}), and holds {stored} of {len(done)} runs."
    try:
        number, name = tempfile.mkstemp(suffix=".npz", prefix=f"{file.stem}-")
        os.close(number)
        _write(Path(name), result, done)
        return f"{failed} All {done.sum()} that are finished are in {name}: put it in its place, and the same call goes on from there."
    except OSError:
        return f"{failed} All {done.sum()} that are finished are in this error, as error.finished."


def _read(file):
    wanted, columns = {"done", *(f.name for f in fields(Sweep))}, {}
    try:
        with np.load(file, allow_pickle=False) as data:
            columns = {name: data[name] for name in data.files}
        complete = set(columns) == wanted and len({len(columns[name]) for name in wanted - {"problem"}}) == 1
        why = "it holds something else"
    except Exception as error:      # what numpy, zipfile and zlib raise for what is no archive, or half of one
        complete = False
        why = f"{type(error).__name__}: {error}" if file.stat().st_size else "it is empty"
    if not complete:
        raise ValueError(f"file={str(file)!r} is not allowed, not a file that a sweep has written, or damaged ({why}): rename or delete "
                         "it, or give another name")
    done = columns.pop("done")
    return Sweep(**columns | {"problem": str(columns["problem"])}), done


def _taken_over(file, planned):
    """Put the finished runs of the file into the rows of a plan that holds them all; which rows these are."""
    done = np.zeros(len(planned), bool)
    if not file.exists():
        return done
    stored, finished = _read(file)
    another = f"file={str(file)!r} holds another sweep, not this one: its"
    if stored.problem != planned.problem:
        raise ValueError(f"{another} problem is {stored.problem}. Give another name, or delete it")
    if stored.test_loss.shape[1:] != planned.test_loss.shape[1:]:
        raise ValueError(f"{another} epochs differ, {stored.test_loss.shape[1]}. Give another name, or delete it")
    names = ("optimizer", "schedule", "setting", "seed")
    keys = lambda runs: list(zip(*(getattr(runs, name).tolist() for name in names)))
    places = {key: row for row, key in enumerate(keys(planned))}
    for row, key in enumerate(keys(stored)):
        if finished[row] and key not in places:
            name, odd = next(((name, part) for name, part in zip(names, key) if part not in getattr(planned, name)), ("setting", key))
            raise ValueError(f"{another} {name} {odd!r} is not among those asked for now. Ask for all that it holds and more, "
                             "or give another name")
        if finished[row]:
            done[places[key]] = True
            for column in ("lr", *METRICS):
                getattr(planned, column)[places[key]] = getattr(stored, column)[row]
    return done
