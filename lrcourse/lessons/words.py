"""What the figures of the lessons are called and what is seen in them, apart from the code that draws them.

A lesson's ``FIGURES`` is a dict of short name: (title, description). Both may hold fields, such as ``{rate:.2g}``.
"""

import functools
import importlib
import pkgutil

from lrcourse import lessons


def lesson_modules():
    """The modules ``lesson_NN``, in order."""
    names = sorted(module.name for module in pkgutil.iter_modules(lessons.__path__))
    return [importlib.import_module(f"{lessons.__name__}.{name}") for name in names if name.startswith("lesson_")]


@functools.cache
def gathered(kind):
    """One dict of all lessons' ``FIGURES``, ``PREDICTIONS`` or ``EXERCISES``."""
    found = {}
    for module in lesson_modules():
        found.update(getattr(module, kind, {}))
    return found


def figure_words(name, fill):
    """Title and description of the figure ``name``; a string that names none is the title of a learner's own figure."""
    title, alt = gathered("FIGURES").get(name, (name, ""))
    return (title.format(**fill), alt.format(**fill)) if fill else (title, alt)
