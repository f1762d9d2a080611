"""Exercises: ``check(name, answer)`` says at once whether an answer is right, and if not, what may have gone wrong.

>>> check("one-update", ...)
Not yet: put your answer in place of the dots, then run the cell again.
>>> check("one-update", 0.5 - 0.2 * 5 * 0.5)
Right. With the rate 1/λ one update goes straight to the minimum.

Each lesson has a module ``lesson_NN`` with a dict ``EXERCISES`` of name: Exercise.
"""

from dataclasses import dataclass

import numpy as np

from lrcourse.lessons.words import gathered


@dataclass(frozen=True)
class Exercise:
    """What is right, and what to say.

    ``answer`` is a number, a list of numbers, a string, a schedule, or a function that is true for a right answer.
    Numbers may miss it by ``tolerance``, relative. ``right`` is said, after "Right.", to a right answer. ``wrong``
    lists pairs (what a learner may well answer, the hint that helps there), tried in order; ``hint`` is for all else.
    """

    answer: object
    right: str
    hint: str
    wrong: tuple = ()
    tolerance: float = 1e-3

    def verdict(self, answer):
        if answer is None or answer is ...:
            return "Not yet: put your answer in place of the dots, then run the cell again."
        if matches(self.answer, answer, self.tolerance):
            return f"Right. {self.right}"
        for mistake, hint in self.wrong:
            if matches(mistake, answer, self.tolerance):
                return f"Not quite. {hint}"
        return f"Not quite. {self.hint}"


class Verdict(str):
    """A sentence that a notebook shows without quotes."""

    __repr__ = str.__str__


def check(name, answer):
    """Judge an answer; returns what to tell the learner. Raises ValueError for a name that no lesson has."""
    exercises = all_exercises()
    if name not in exercises:
        raise ValueError(f"name={name!r} is not allowed in check: one of {', '.join(exercises)}")
    return Verdict(exercises[name].verdict(answer))


def all_exercises():
    """Every exercise of every lesson, by name."""
    return gathered("EXERCISES")


def matches(wanted, answer, tolerance):
    """Whether an answer is what is wanted. An answer of a wrong kind is a wrong answer, not an error."""
    try:
        if callable(wanted) and not hasattr(wanted, "formula"):
            return bool(wanted(answer))
        if isinstance(wanted, str):
            return isinstance(answer, str) and answer.strip().casefold() == wanted.casefold()
        if isinstance(wanted, (int, float, list, tuple, np.ndarray)):
            return np.shape(answer) == np.shape(wanted) and np.allclose(answer, wanted, rtol=tolerance, atol=1e-12)
        return bool(wanted == answer)
    except Exception:
        return False
