"""The league of lesson 10: its tasks, its contenders, and the results of the long sweep that ``make league`` runs.

>>> contenders(total=30)["linear"](0.1)
linear_decay(lr=0.1, total=30, end=0.0)
>>> task = TASKS["plain"]
>>> task.epochs, task.half("validation").held_out, len(task.contenders())
(30, 'validation', 19)

``stored()`` holds the results: the peak of each contender was chosen on one half of the held-out digits, with some
seeds, and its error measured on the other half, with other seeds.

>>> league = stored()
>>> league.test["plain", "Adam"]["linear"].shape      # one error for each of REPORT_SEEDS
(32,)
>>> league.tuning["plain", "Adam"]["linear"].shape    # one for each of rates("Adam") and of TUNE_SEEDS
(14, 8)
"""

import json
from dataclasses import dataclass, replace
from importlib import resources

import numpy as np

from lrcourse.optimizers import Adam, Momentum, ScheduleFreeSGD
from lrcourse.problems import digits
from lrcourse.ranges import Choice, Epochs, check_all
from lrcourse.schedules import (
    ReduceLROnPlateau,
    constant,
    cosine_decay,
    cosine_restarts,
    exponential_decay,
    inverse_sqrt_decay,
    inverse_time_decay,
    linear_decay,
    multistep_decay,
    one_cycle,
    polynomial_decay,
    rex_decay,
    step_decay,
    triangular,
    warmup,
    wsd,
)

OPTIMIZERS = {"momentum": Momentum(0.9), "Adam": Adam(), "schedule-free": ScheduleFreeSGD()}
TUNE_SEEDS, REPORT_SEEDS = range(1000, 1008), range(32)
HALVES = {"validation": 398, "test": 399}       # images


def contenders(total):
    """Every schedule of the league, for a run of ``total`` epochs: a dict of name: function of the peak rate."""
    check_all("contenders", {"total": Epochs}, {"total": total})
    w = total / 20
    return {
        "constant": constant,
        "1/t, k = 1": lambda peak: inverse_time_decay(peak, decay_rate=1.0),
        "1/t, k = 0.1": lambda peak: inverse_time_decay(peak, decay_rate=0.1),
        "warm-up + inverse sqrt": lambda peak: warmup(inverse_sqrt_decay(peak, timescale=w), w),
        "exponential, 0.95": lambda peak: exponential_decay(peak, gamma=0.95),
        "step, every 20 epochs": lambda peak: step_decay(peak, gamma=0.1, step_size=20),
        "step, at 1/2 and 3/4": lambda peak: multistep_decay(peak, milestones=[total / 2, total * 3 / 4]),
        "on a plateau": lambda peak: ReduceLROnPlateau(peak, factor=0.3, patience=3),
        "linear": lambda peak: linear_decay(peak, total),
        "warm-up + linear": lambda peak: warmup(linear_decay(peak, total - w), w),
        "quadratic": lambda peak: polynomial_decay(peak, total, power=2.0),
        "cosine": lambda peak: cosine_decay(peak, total),
        "warm-up + cosine": lambda peak: warmup(cosine_decay(peak, total - w), w),
        "cosine, 3 cycles": lambda peak: cosine_restarts(peak, period=total / 3),
        "triangle, 3 cycles": lambda peak: triangular(peak / 25, peak, half_period=total / 6),
        "1cycle": lambda peak: one_cycle(peak, total),
        "WSD, last 20 %": lambda peak: wsd(peak, total, decay=total / 5, warmup=w),
        "WSD, last 50 %": lambda peak: wsd(peak, total, decay=total / 2, warmup=w),
        "REX": lambda peak: rex_decay(peak, total),
    }


@dataclass(frozen=True)
class Task:
    """What the contenders train, and for how long; ``names`` are those that compete (None: all)."""

    problem: digits
    epochs: int
    names: tuple | None = None

    def half(self, held_out):
        """The problem with its error measured on "validation", to choose by, or on "test", to report."""
        return replace(self.problem, held_out=held_out)

    def contenders(self, optimizer="momentum"):
        """Those that compete: a dict of name: function of the peak rate. Without a schedule there is but one."""
        if optimizer == "schedule-free":
            return {} if self.names else {"warm-up alone": lambda peak: warmup(constant(peak), self.epochs / 20)}
        every = contenders(self.epochs)
        return {name: every[name] for name in self.names or every}


FEW = ("constant", "linear", "cosine", "step, at 1/2 and 3/4")
TASKS = {
    "plain": Task(digits(hidden=64, batch_norm=False, weight_decay=0.0), 30),
    "batch norm": Task(digits(hidden=64, weight_decay=1e-3), 60),
    "easy": Task(digits(batch_norm=False, weight_decay=0.0, shift=0), 30, FEW),
    "noisy labels": Task(digits(hidden=64, batch_norm=False, weight_decay=0.0, label_noise=0.2), 30, FEW),
}


LOWEST = {"momentum": 0.0125, "Adam": 0.002, "schedule-free": 0.2}


def rates(optimizer, task=None):
    """The fourteen peaks at which each contender is tried, the same for all: every one sqrt(2) times the last.

    >>> [round(rate, 4) for rate in rates("momentum")][:5]
    [0.0125, 0.0177, 0.025, 0.0354, 0.05]
    """
    check_all("rates", {"optimizer": Choice(tuple(LOWEST))}, {"optimizer": optimizer})
    if task is not None:
        check_all("rates", {"task": Choice(tuple(TASKS))}, {"task": task})
    lowest = LOWEST[optimizer] / (4 if (optimizer, task) == ("Adam", "easy") else 1)     # where low peaks do best
    return [lowest * 2 ** (i / 2) for i in range(14)]


# ---- the results -----------------------------------------------------------------------------------------------------

FILE = resources.files("lrcourse").joinpath("data/league.npz")


@dataclass(frozen=True)
class Results:
    """By (task, optimizer), each a dict by contender: ``peak``, the rate chosen; ``tuning`` (rates, seeds) and ``test``
    (seeds,), errors after the last epoch, as fractions. ``made`` says from what: settings, versions and commit."""

    peak: dict
    tuning: dict
    test: dict
    made: dict


def stored():
    """The results that ``make league`` last wrote."""
    peak, tuning, test = {}, {}, {}
    with FILE.open("rb") as file, np.load(file) as data:
        made = json.loads(str(data["made"]))
        for key in made["settings"]:
            task, optimizer = key.split("/")
            names = list(TASKS[task].contenders(optimizer))
            peak[task, optimizer] = dict(zip(names, data[f"{key}/peak"].tolist()))
            tuning[task, optimizer] = dict(zip(names, data[f"{key}/tuning"] / HALVES["validation"]))
            test[task, optimizer] = dict(zip(names, data[f"{key}/test"] / HALVES["test"]))
    return Results(peak, tuning, test, made)


def settings():
    """What decides the results, in words, by "task/optimizer": stored with them, so that a change is noticed."""
    said = {}
    for name, task in TASKS.items():
        for optimizer, update in OPTIMIZERS.items():
            if every := task.contenders(optimizer):
                shapes = "; ".join(f"{each}: {make(1.0)!r}" for each, make in every.items())
                said[f"{name}/{optimizer}"] = (f"{task.problem!r}, {update!r}, {task.epochs} epochs, rates {rates(optimizer, name)}, "
                                               f"seeds {TUNE_SEEDS} and {REPORT_SEEDS}: {shapes}")
    return said
