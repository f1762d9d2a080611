"""Exercises: ``check(name, answer)`` says at once whether an answer is right, and if not, what may have gone wrong.

>>> check("one-update", ...)
Not yet: put your answer in place of the dots, then run the cell again.
>>> check("one-update", 0.5 - 0.2 * 5 * 0.5)
Right. With the rate 1/λ one update goes straight to the minimum.

Each lesson has a module ``lesson_NN`` with a dict ``EXERCISES`` of name: Exercise.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from lrcourse.lessons import kept
from lrcourse.lessons.words import gathered
from lrcourse.schedules import Schedule

COMMA = "Python writes a decimal point: 0.25, where 0,25 is two numbers."
GRID = np.linspace(0, 128, 1025)    # epochs at which two schedules are compared


@dataclass(frozen=True)
class Exercise:
    """What is right, and what to say.

    ``answer`` is a number, a list of numbers, a string, a schedule, or a function that is true for a right answer.
    What counts is the value, not its form: numbers may miss it by ``tolerance``, relative, or be it correctly rounded to
    ``figures`` figures or more, in a list, an array, a tensor or a string; a schedule is whatever gives the same rates.
    ``right`` is said, after "Right.", to a right answer. ``wrong`` lists pairs (what a learner may well answer, the hint
    that helps there), tried in order; ``hint`` is for all else.
    """

    answer: object
    right: str
    hint: str
    wrong: tuple = ()
    tolerance: float = 1e-3
    figures: int = 3

    def verdict(self, answer):
        if answer is None or answer is ...:
            return "Not yet: put your answer in place of the dots, then run the cell again."
        if isinstance(answer, Iterator):        # it can be read but once
            answer = list(islice(answer, 1000))
        if matches(self.answer, answer, self.tolerance, self.figures):
            return f"Right. {self.right}"
        for mistake, hint in self.wrong:
            if matches(mistake, answer, self.tolerance, self.figures):
                return f"Not quite. {hint}"
        return f"Not quite. {COMMA if decimal_comma(self.answer, answer) else self.hint}"


class Verdict(str):
    """A sentence that a notebook shows without quotes."""

    __repr__ = str.__str__


def check(name, answer):
    """Judge an answer; returns what to tell the learner. Raises ValueError for a name that no lesson has."""
    exercises = all_exercises()
    if not isinstance(name, str) or name not in exercises:
        raise ValueError(f"name={name!r} is not allowed in check: one of {', '.join(exercises)}")
    verdict = Verdict(exercises[name].verdict(answer))
    if not (answer is None or answer is ...):
        kept.solved(name, verdict.startswith("Right"))
    return verdict


def all_exercises():
    """Every exercise of every lesson, by name."""
    return gathered("EXERCISES")


def matches(wanted, answer, tolerance=1e-3, figures=3):
    """Whether an answer is what is wanted. An answer of a wrong kind is a wrong answer, not an error."""
    try:
        if isinstance(wanted, Schedule):
            return same_rates(wanted, answer, tolerance)
        if isinstance(wanted, str):
            return plain_words(answer) == plain_words(wanted)
        found = flat(answer)
        if callable(wanted):
            return bool(wanted(found[0] if len(found) == 1 else found))
        wanted = flat(wanted)
        return len(found) == len(wanted) and all(near(a, w, tolerance, figures) for a, w in zip(found, wanted))
    except Exception:
        return False


def flat(answer):
    """The numbers of an answer, a list: of a number, an array, a tensor, a string, or of lists of these. TypeError for others."""
    if hasattr(answer, "detach"):       # a tensor that may want a gradient
        answer = answer.detach().cpu().numpy()
    if isinstance(answer, str):
        parts = [part for part in re.split(r"[,;\s]+", answer.strip(" ()[]").replace("\u2212", "-")) if part]
        return [float(part) for part in parts]
    if isinstance(answer, (bool, np.bool_, dict, set)) or answer is None:
        raise TypeError(f"{answer!r} holds no numbers in an order")
    array = np.asarray(answer) if hasattr(answer, "__array__") else None
    if array is not None and array.dtype.kind == "b":
        raise TypeError(f"{answer!r} holds no numbers")
    if array is not None and array.ndim == 0 or not np.iterable(answer):
        return [float(answer)]
    return [number for part in islice(answer if array is None else array.tolist(), 1000) for number in flat(part)]


def near(answer, wanted, tolerance, figures):
    """Equal up to the tolerance, or as it stands on paper, correctly rounded to so many figures or more."""
    if not math.isfinite(answer):
        return answer == wanted
    rounded = [float(f"{wanted:.{digits - 1}e}") for digits in range(figures, 8)]
    return math.isclose(answer, wanted, rel_tol=tolerance, abs_tol=1e-9) or any(math.isclose(answer, r, rel_tol=1e-12) for r in rounded)


def same_rates(wanted, answer, tolerance):
    """Whether a function of time, a schedule or any other, gives the same rates."""
    meant = wanted(GRID)
    try:
        rates = np.broadcast_to(np.asarray(answer(GRID), float), GRID.shape)
    except Exception:       # a function of one number
        rates = np.array([float(answer(float(t))) for t in GRID])
    return np.allclose(rates, meant, rtol=tolerance, atol=1e-6 * meant.max())


def plain_words(text):
    """Words as they are compared: without case, quotes, and the difference between spaces, hyphens and underscores."""
    text = getattr(text, "__name__", text)      # wsd for "wsd"
    return " ".join(re.split(r"[\s_-]+", text.casefold().strip(" \t\n.!?()\"'`")))


def decimal_comma(wanted, answer):
    """Whether a decimal comma has made two numbers of one: 0,25 is (0, 25), and "0,25" no number."""
    numbers = isinstance(wanted, (int, float, list, tuple)) and not isinstance(wanted, bool)
    whole = lambda part: isinstance(part, int) and not isinstance(part, bool)
    if isinstance(answer, str):
        return numbers and bool(re.search(r"\d,\d", answer))
    if not numbers or not isinstance(answer, (list, tuple)):
        return False
    if any(isinstance(part, str) and re.search(r"\d,\d", part) for part in answer):
        return True
    return len(answer) > np.size(wanted) and (np.ndim(wanted) > 0 or isinstance(answer, tuple)) and all(map(whole, answer))
