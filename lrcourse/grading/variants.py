"""Four assignments, each a little different for each student.

What a student is given follows from the secret of the lecturer, the assignment and the student's number alone; so do the
hidden seeds and the keys, from another stream. Without the secret nobody can tell what either will be.

>>> given("translate", "17", secret="a1")["kind"] in KINDS
True
>>> given("rate", "17", "a1") == given("rate", "17", "a1") != given("rate", "18", "a1")
True
"""

import functools
import hashlib
import unicodedata

import numpy as np

from lrcourse.lessons.graded import CLOCKS, LABELS, RUBRIC
from lrcourse.optimizers import Momentum
from lrcourse.problems import digits
from lrcourse.schedules import constant, cosine_decay, linear_decay, multistep_decay, step_decay, warmup
from lrcourse.training import train

NAMES = tuple(RUBRIC)
EPOCHS = {"rate": 12, "curves": 30, "league": 15}
KINDS = ("line", "step", "cosine")


def generator(assignment, student, secret, stream):
    """The random numbers of one student: stream "given" for what is handed out, "hidden" for what is not."""
    if assignment not in NAMES:
        raise ValueError(f"assignment={assignment!r} is not allowed: one of {', '.join(NAMES)}")
    named = unicodedata.normalize("NFC", "/".join(map(str, (secret, assignment, student, stream))))     # macOS takes Hangul apart
    digest = hashlib.sha256(named.encode(errors="surrogateescape")).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))


@functools.lru_cache(256)
def given(assignment, student, secret):
    """What the student's notebook holds: plain values."""
    rng = generator(assignment, student, secret, "given")
    if assignment in ("rate", "league"):
        return {"hidden": int(rng.choice([24, 32, 48])), "batch_size": int(rng.choice([20, 25, 40])),
                "label_noise": float(rng.choice([0.05, 0.1, 0.2])), "epochs": EPOCHS[assignment]}
    if assignment == "curves":
        return {"curves": curves(rng, labels(student, secret))}
    kind = str(rng.choice(KINDS))
    settings = setting(kind, rng)
    clock = str(rng.choice(list(CLOCKS)))
    return {"kind": kind, "settings": settings, "per_epoch": PER_EPOCH, "record": record(kind, settings, clock).tolist()}


def key(assignment, student, secret):
    """What only the lecturer knows: seeds to train with, labels, settings that the student hasn't seen."""
    rng = generator(assignment, student, secret, "hidden")
    if assignment in ("rate", "league"):
        return {"seeds": [int(seed) for seed in rng.choice(2 ** 40, 16, replace=False)]}
    if assignment == "curves":
        return {"labels": labels(student, secret)}
    task = given(assignment, student, secret)
    meant = rates(task["kind"], np.arange(len(task["record"])), **task["settings"])
    parted = np.flatnonzero(np.abs(np.array(task["record"]) - meant) > 1e-3 * meant)
    clock = next(clock for clock in CLOCKS if np.allclose(record(task["kind"], task["settings"], clock), task["record"]))
    return {"settings": [setting(task["kind"], rng) for _ in range(3)], "parted": int(parted[0]), "clock": clock}


# ---- find the rate, into the league ----------------------------------------------------------------------------------

def problem(task, held_out):
    """The digits as the student's variant has them, with the error measured on one half of the held-out images."""
    names = ("hidden", "batch_size", "label_noise")
    return digits(batch_norm=False, weight_decay=0.0, held_out=held_out, **{name: task[name] for name in names})


# ---- five curves -----------------------------------------------------------------------------------------------------

def labels(student, secret):
    """Five of the six, in the order of the curves."""
    return [str(label) for label in generator("curves", student, secret, "hidden").permutation(list(LABELS))[:5]]


def curves(rng, names):
    """Training loss and test error, (epochs,) each, means of four runs, for each of the labels."""
    shape = {
        "rate too low": lambda x: constant(0.0008 * x),
        "rate too high": lambda x: constant(0.32 * x),
        "noise floor": lambda x: constant(0.055 * x),
        "cut too early": lambda x: multistep_decay(0.05 * x, milestones=[int(rng.integers(2, 4))], gamma=0.01),
        "cut in time": lambda x: multistep_decay(0.06 * x, milestones=[int(rng.integers(17, 22))], gamma=0.1),
        "falls in a line": lambda x: linear_decay(0.06 * x, total=EPOCHS["curves"]),
    }
    task = digits(hidden=int(rng.choice([28, 32, 40])), batch_norm=False, weight_decay=0.0)
    found = []
    for name in names:
        seeds = [int(seed) for seed in rng.choice(2 ** 40, 4, replace=False)]
        run = train(task, Momentum(0.9), shape[name](rng.uniform(0.85, 1.15)), epochs=EPOCHS["curves"], seeds=seeds)
        found.append({"loss": run.train_loss.mean(0).round(4).tolist(), "error": run.test_error.mean(0).round(4).tolist()})
    return found


# ---- translate -------------------------------------------------------------------------------------------------------

PER_EPOCH, UPDATES = 20, 120


def setting(kind, rng):
    peak = float(rng.choice([0.05, 0.1, 0.2, 0.4]))
    if kind == "line":
        return {"peak": peak, "warm": int(rng.integers(8, 20)), "total": int(rng.integers(80, 110)), "end": peak / 100}
    if kind == "step":
        return {"peak": peak, "every": int(rng.integers(9, 25)), "factor": float(rng.choice([0.3, 0.5, 0.7]))}
    return {"peak": peak, "total": int(rng.integers(125, 160)), "end": peak / float(rng.choice([10, 20, 50]))}


def rates(kind, k, **settings):
    """What is meant: the rate of update k, counted from 0."""
    if kind == "line":
        fall = linear_decay(settings["peak"], settings["total"] - settings["warm"], end=settings["end"])
        return warmup(fall, settings["warm"], start=0.1)(k)
    if kind == "step":
        return step_decay(settings["peak"], gamma=settings["factor"], step_size=settings["every"])(k)
    return cosine_decay(settings["peak"], settings["total"], end=settings["end"])(k)


def record(kind, settings, clock):
    """The rates of a run in which the schedule was stepped wrongly."""
    k = np.arange(UPDATES)
    return rates(kind, {"early": k + 1, "per epoch": k // PER_EPOCH, "twice": 2 * k}[clock], **settings).round(8)
