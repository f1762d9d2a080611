"""All words of the course that are not prose, a module for each lesson, and what speaks them.

A module ``lesson_NN`` holds plain data, so that another language is one more file: ``FIGURES``, the titles and descriptions
of its figures, and ``EXERCISES``, a dict of name: Exercise, for ``check``.
"""

from lrcourse.lessons.exercises import Exercise, all_exercises, check

__all__ = ["Exercise", "all_exercises", "check"]
