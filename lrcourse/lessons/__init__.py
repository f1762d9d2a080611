"""All words of the course that are not prose, a module for each lesson, and what speaks them.

A module ``lesson_NN`` holds plain data, so that another language is one more file: ``FIGURES``, the titles and descriptions
of its figures, ``EXERCISES``, a dict of name: Exercise, for ``check``, and ``PREDICTIONS``, a dict of name: Choice, Number,
Order or Free, for ``predict``.
"""

from lrcourse.lessons.course import progress
from lrcourse.lessons.exercises import Exercise, all_exercises, check
from lrcourse.lessons.predictions import Choice, Free, Number, Order, predict

__all__ = ["Choice", "Exercise", "Free", "Number", "Order", "all_exercises", "check", "predict", "progress"]
