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

import os
import time
import warnings
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from lrcourse.ranges import Range, check_all
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
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: column[chosen] for name, column in columns.items() if name != "problem"})

    def where(self, optimizer=None, schedule=None, lr=None):
        """Only the runs of an optimizer, of a schedule (their names) or of a highest rate, or of a list of them."""
        chosen = np.ones(len(self), bool)
        for column, wanted in [(self.optimizer, optimizer), (self.schedule, schedule), (self.lr, lr)]:
            if wanted is not None:
                wanted = np.atleast_1d(wanted)
                same = np.isclose(column[:, None], wanted, rtol=1e-9, atol=0) if column is self.lr else column[:, None] == wanted
                if not same.any():
                    known = ", ".join(map(repr, dict.fromkeys(column.tolist())))
                    raise ValueError(f"{wanted.tolist()} is not in this sweep, which has {known}")
                chosen &= same.any(axis=1)
        return self.rows(chosen)

    def like(self, other):
        """Only the runs whose optimizer and schedule, rate included, are also in ``other``.

        Choose on one half of the held-out images, report on the other: ``on_test.like(on_validation.best())``.
        """
        keys = set(zip(other.optimizer.tolist(), other.schedule.tolist(), other.setting.tolist()))
        return self.rows([key in keys for key in zip(self.optimizer.tolist(), self.schedule.tolist(), self.setting.tolist())])

    def final(self, metric="test_error", last=1):
        """The metric at the end of each run, (N,): the mean over its ``last`` epochs."""
        if metric not in METRICS:
            raise ValueError(f"metric={metric!r} is not allowed in Sweep: one of {', '.join(map(repr, METRICS))}")
        check_all("Sweep", {"last": Range(1, self.test_loss.shape[1], whole=True)}, {"last": last})
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
        _write(file, self, np.ones(len(self), bool))

    @classmethod
    def load(cls, file):
        """Read what ``save`` wrote, or what ``sweep(file=...)`` has finished so far."""
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
        yield "optimizer", "schedule", "highest rate", self.metric.replace("_", " ") + ", %" * errors, "seeds"
        for row in self.rows:
            mean, sem = (1 + 99 * errors) * row.mean, (1 + 99 * errors) * row.sem
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
    as without it, to the byte. Any error, or Ctrl-C, first stores what is finished, and is then raised; without a file
    the finished runs are found in the exception, as ``error.finished``.

    ``executor`` is any concurrent.futures.Executor, to train blocks of runs elsewhere; it stays open. A run depends on
    its own seed, optimizer and schedule alone, so neither the order nor the place of the runs changes a result.

    ``progress`` shows a bar with the time left if it takes longer than a second, where tqdm is installed; it goes away
    at the end. The environment variable TQDM_DISABLE=1 keeps it away.

    Raises TypeError or ValueError for what can't be trained, and ValueError if ``file`` is of another sweep.
    """
    optimizers = _named(optimizers, "optimizers")
    families = {name: list(each) if isinstance(each, (list, tuple)) else [each]
                for name, each in _named(schedules, "schedules").items()}
    epochs, seeds = check_setting("sweep", problem, {f"optimizers[{name!r}]": each for name, each in optimizers.items()},
                                  {f"schedules[{name!r}]": each for name, family in families.items() for each in family},
                                  epochs, seeds)
    plan = [(name, optimizer, family, schedule, seed) for name, optimizer in optimizers.items()
            for family, members in families.items() for schedule in members for seed in seeds]
    result, done = _empty(problem, plan, epochs), np.zeros(len(plan), bool)
    if file is not None and Path(file).exists():
        result, done = _resumed(file, result)
    size, threads = (BLOCK, None) if executor is None else (TASK, 1)
    blocks = [block for block in _blocks(plan, size) if not done[block].all()]
    tasks = [(problem, plan[block[0]][1], [plan[row][3] for row in block], [plan[row][4] for row in block], epochs, threads)
             for block in blocks]
    saved, cost = time.monotonic(), 0.0
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
                    saved, cost = time.monotonic(), time.monotonic() - began
    except BaseException as error:
        error.finished = result.rows(done)
        if file is not None:
            error.add_note(f"{done.sum()} of {len(plan)} runs are in {file}; the same call goes on from there.")
        raise
    finally:
        if file is not None and blocks:
            _write(file, result, done)
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
    inner = [part for value in schedule.parameters.values() for part in (value if isinstance(value, tuple) else [value])
             if isinstance(part, Schedule)]
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
    futures = {executor.submit(_train_block, *task): number for number, task in enumerate(tasks)}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


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

def _write(file, result, done):
    """Beside the file first, then in its place: whoever reads it, or kills us, finds the old one or the new one."""
    file = Path(file)
    beside = file.with_name(file.name + ".part")
    with open(beside, "wb") as stream:
        np.savez(stream, done=done, **vars(result))
    os.replace(beside, file)


def _read(file):
    with np.load(file, allow_pickle=False) as data:
        if set(data.files) != {"done", *(f.name for f in fields(Sweep))}:
            raise ValueError(f"file={str(file)!r} is not allowed: a file that a sweep has written")
        columns = {name: data[name] for name in data.files}
    done = columns.pop("done")
    return Sweep(**columns | {"problem": str(columns["problem"])}), done


def _resumed(file, planned):
    """What the file holds of this very sweep."""
    stored, done = _read(file)
    for name in ("problem", "optimizer", "schedule", "setting", "seed"):
        if not np.array_equal(getattr(stored, name), getattr(planned, name)):
            raise ValueError(f"file={str(file)!r} holds another sweep, not this one: its {name} differs")
    if stored.test_loss.shape != planned.test_loss.shape:
        raise ValueError(f"file={str(file)!r} holds another sweep, not this one: its epochs differ")
    return stored, done
