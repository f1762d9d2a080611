"""What an answer is worth. All that is computed here is computed anew: of what a student's process said, only values count.

A judge takes what was given, what is hidden, and the values that came back; it gives {criterion: (points, what to say)}.
"""

import math

import numpy as np

from lrcourse.grading.variants import problem, rates
from lrcourse.lessons.graded import CLOCKS, LABELS, RUBRIC, SAYS
from lrcourse.optimizers import Momentum
from lrcourse.schedules import constant, linear_decay
from lrcourse.theory import listed
from lrcourse.training import train

GRID = np.geomspace(0.01, 0.64, 13)         # every one sqrt(2) times the last
CLEAR = 0.01                                # error that no sensible choice of a rate hangs on, as a fraction


def wanted(assignment, task, hidden):
    """What the student's process is asked for: name: {"kind": ...}, as inside.plain reads it."""
    number, words = {"kind": "number"}, {"kind": "words"}
    if assignment == "rate":
        return {"constant_rate": number, "linear_peak": number, "batch_rate": number}
    if assignment == "curves":
        return {"labels": words}
    if assignment == "translate":
        return {"translated": {"kind": "calls", "calls": sum(tried(task, hidden), [])},
                "parted": number, "clock": {"kind": "word"}}
    per_epoch = problem(task, "test").updates_per_epoch
    times = np.arange(task["epochs"] * per_epoch) / per_epoch
    return {"my_schedule": {"kind": "rates", "times": times.tolist()}, "claimed_error": number}


def marks(assignment, task, hidden, values):
    """{criterion: (points, what to say)} for all but what is read by hand."""
    found = JUDGES[assignment](task, hidden, values)
    assert set(found) == set(RUBRIC[assignment]) - {"why"}
    return found


def value(values, name, allowed, good=lambda value: True):
    """(value, "") as it came back, or (None, what is wrong)."""
    given = values.get(name, {"error": ""})
    if given.get("error"):
        return None, SAYS["error"].format(name=name, error=given["error"])
    if "value" not in given or given.get("value") is None:
        return None, SAYS["missing"].format(name=name)
    try:
        if good(given["value"]):
            return given["value"], ""
    except (TypeError, ValueError, OverflowError):
        pass
    return None, SAYS["kind"].format(name=name, allowed=allowed)


def real(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12


def positive(value):
    return real(value) and 0 < value <= 100


# ---- find the rate ---------------------------------------------------------------------------------------------------

def ends(task, schedule, seeds, held_out="test"):
    """Errors after the last epoch, a fraction for each seed; a run that diverged is at 1."""
    run = train(problem(task, held_out), Momentum(0.9), schedule, epochs=task["epochs"], seeds=seeds)
    return np.where(np.isfinite(run.test_error[:, -1]), run.test_error[:, -1], 1.0)


def families(task):
    return {"constant": constant, "linear": lambda peak: linear_decay(peak, total=task["epochs"])}


def best(task, family, seeds):
    """(errors for each seed, rate): the rate chosen as a student has to, on "validation", its errors on "test"."""
    make = families(task)[family]
    rate = min(GRID, key=lambda rate: ends(task, make(rate), seeds, "validation").mean())
    return ends(task, make(rate), seeds), rate


def error_of(difference):
    """The standard error of a mean of differences, seed by seed."""
    return float(np.std(difference, ddof=1) / math.sqrt(len(difference)))


def judge_rate(task, hidden, values):
    found, seeds = {}, hidden["seeds"]
    for criterion, name in (("constant", "constant_rate"), ("linear", "linear_peak")):
        rate, wrong = value(values, name, "a rate above 0", positive)
        if wrong:
            found[criterion] = 0, wrong
            continue
        own, (top, where) = ends(task, families(task)[criterion](rate), seeds), best(task, criterion, seeds)
        gap, sure = (own - top).mean(), error_of(own - top)
        points = 4 if gap <= max(CLEAR, 2 * sure) else 2 if gap <= 0.02 else 0
        found[criterion] = points, SAYS["near" if points == 4 else "off"].format(
            rate=rate, error=100 * own.mean(), best=100 * top.mean(), way=SAYS["above" if where > rate else "below"])
    rate, wrong = value(values, "constant_rate", "a rate above 0", positive)
    more, other = value(values, "batch_rate", "a rate above 0", positive)
    right = not wrong and not other and math.isclose(more, 4 * rate, rel_tol=0.02)
    found["batch"] = (2, SAYS["batch"].format(rate=rate)) if right else (0, wrong or other or SAYS["batch off"])
    return found


# ---- five curves -----------------------------------------------------------------------------------------------------

def judge_curves(task, hidden, values):
    said, wrong = value(values, "labels", "a list of five labels", lambda said: len(said) == 5 and all(isinstance(s, str) for s in said))
    found = {}
    for number, label in enumerate(hidden["labels"], 1):
        answer = "" if wrong else said[number - 1].strip().casefold()
        if answer == label:
            found[f"curve {number}"] = 2, SAYS["label"].format(label=label, why=LABELS[label])
        else:
            text = "label off" if answer in LABELS else "label unknown"
            found[f"curve {number}"] = 0, wrong or SAYS[text].format(said=answer or "nothing", labels=", ".join(LABELS))
    return found


# ---- translate -------------------------------------------------------------------------------------------------------

def tried(task, hidden):
    """What the student's function is called with: some updates at the settings that were given, and at others."""
    updates = [0, 1, 2, *range(3, len(task["record"]), 4)]
    return ([{"k": k, **task["settings"]} for k in updates],
            [{"k": k, **settings} for settings in hidden["settings"] for k in updates])


def judge_translate(task, hidden, values):
    own, others = tried(task, hidden)
    count = len(own) + len(others)
    said, wrong = value(values, "translated", "a function of k and the settings", lambda said: len(said) == count and all(map(real, said)))
    found = {}
    for criterion, calls, start in (("yours", own, 0), ("others", others, len(own))):
        if wrong:
            found[criterion] = 0, wrong
            continue
        meant = np.array([rates(task["kind"], **call) for call in calls])
        given = np.array(said[start:start + len(calls)], float)
        off = np.flatnonzero(np.abs(given - meant) > 1e-6 * meant.max())
        if off.size:
            first = off[0]
            text = SAYS["formula off"].format(wrong=off.size, count=len(calls), k=calls[first]["k"], said=given[first], meant=meant[first])
            found[criterion] = (1 if off.size <= 0.1 * len(calls) else 0), text
        else:
            found[criterion] = 3, SAYS["formula"].format(count=len(calls))
    k, wrong = value(values, "parted", "a whole number", real)
    right = k == hidden["parted"]
    found["parted"] = (2 if right else 0), wrong or SAYS["parted" if right else "parted off"].format(k=k)
    clock, wrong = value(values, "clock", "a word", lambda said: isinstance(said, str))
    right = clock is not None and clock.strip().casefold() == hidden["clock"]
    found["clock"] = (2 if right else 0), wrong or (CLOCKS[hidden["clock"]] if right else SAYS["clock off"])
    return found


# ---- into the league -------------------------------------------------------------------------------------------------

def judge_league(task, hidden, values):
    per_epoch, seeds = problem(task, "test").updates_per_epoch, hidden["seeds"]
    count = task["epochs"] * per_epoch
    good = lambda said: len(said) == count and all(real(rate) and rate >= 0 for rate in said) and max(said) > 0
    given, wrong = value(values, "my_schedule", "a schedule", good)
    if wrong:
        text = SAYS["valid off"] if values.get("my_schedule", {}).get("value") else wrong
        return {criterion: (0, text) for criterion in ("valid", "constant", "linear", "claim")}
    found = {"valid": (1, SAYS["valid"].format(count=count, low=min(given), high=max(given)))}
    own = ends(task, listed(given, every=1 / per_epoch), seeds)
    for criterion, most in (("constant", 4), ("linear", 3)):
        top, _ = best(task, criterion, seeds)
        gain, sure = (top - own).mean(), max(error_of(top - own), 1e-9)
        if criterion == "constant":
            points = most if gain > 2 * sure else 2 if gain > 0 else 0
        else:
            points = most if gain >= -max(CLEAR, 2 * sure) else 1 if gain >= -0.02 else 0
        text = "better" if criterion == "constant" else "level"
        found[criterion] = points, SAYS[text].format(error=100 * own.mean(), best=100 * top.mean(), se=gain / sure)
    said, wrong = value(values, "claimed_error", "an error in percent", lambda said: real(said) and 0 <= said <= 100)
    near = not wrong and abs(said / 100 - own.mean()) <= max(0.01, 3 * error_of(own))
    found["claim"] = (2 if near else 0), wrong or SAYS["claim"].format(said=said, error=100 * own.mean())
    return found


JUDGES = {"rate": judge_rate, "curves": judge_curves, "translate": judge_translate, "league": judge_league}
