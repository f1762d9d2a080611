"""The predictions and the closed exercises of all lessons, as questions that a quiz can ask.

The choices, what is right and what is said to each choice stand in ``lrcourse/lessons``; the question itself is the prose of
the notebook, from **Predict.** or **Exercise** on. Closed is an exercise with a number, a list or a word for an answer; one
that wants a program is left out.

>>> every = questions()
>>> len(every) > 150, sorted({each.kind for each in every.values()})
(True, ['choice', 'number'])
>>> [(option.right, option.text) for option in every["clean-digits"].options][2]
(True, 'They end together')
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import numpy as np

from lrcourse.lessons.exercises import matches
from lrcourse.lessons.predictions import Choice, Free, Number, Order, plain
from lrcourse.lessons.ui import UI
from lrcourse.lessons.words import gathered
from lrcourse.schedules import Schedule

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CALL = re.compile(r"""\b(predict|check)\(\s*["']([\w-]+)["']""")


@dataclass(frozen=True)
class Option:
    text: str
    right: bool
    say: str


@dataclass(frozen=True)
class Zone:
    """The numbers from ``low`` to ``high``, both among them."""

    low: float
    high: float
    right: bool
    say: str


@dataclass(frozen=True)
class Question:
    """``text`` is markdown; either ``options`` to choose one of, or ``zones``, tried in order, and ``other`` for all else.

    With neither it is free text. ``out`` is said in the end, whatever was answered.
    """

    name: str
    lesson: str
    title: str
    text: str
    out: str
    options: tuple = ()
    zones: tuple = ()
    other: str = ""
    unit: str = ""

    @property
    def kind(self):
        return "choice" if self.options else "number" if self.zones else "free"

    def verdict(self, answer):
        """Whether an answer is right, and what is said to it, as the formats below say it."""
        if self.kind == "choice":
            return next((option.right, option.say) for option in self.options if option.text == answer)
        zone = next((zone for zone in self.zones if zone.low <= answer <= zone.high), None)
        return (zone.right, zone.say) if zone else (False, self.other)


@cache
def asked():
    """The file, the heading above and the question in markdown, by name; an exercise is called "exercise-" and its name."""
    found = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        heading = prose = ""
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                heading = (re.findall(r"^##+ (.+)$", cell.source, re.M) or [heading])[-1]
                prose = cell.source
                continue
            for how, name in CALL.findall(cell.source):
                name = name if how == "predict" else f"exercise-{name}"      # the two may share a name
                if {"predict", "exercise"} & set(cell.metadata.get("tags", [])) and name not in found:
                    stem = "**Predict" if how == "predict" else "**Exercise"
                    text = stem + prose.rpartition(stem)[2] if stem in prose else prose
                    found[name] = path.stem, heading, re.sub(r"^\*\*(Predict|Exercise)[^*]*?(\(.*?\))?\.\*\*\s*", "", text).strip()
    return found


@cache
def questions():
    """All of them by name, in the order of the course; an exercise that isn't closed is left out."""
    found = {}
    made = {name: of_prediction(each) for name, each in gathered("PREDICTIONS").items()}
    made |= {f"exercise-{name}": of_exercise(each) for name, each in gathered("EXERCISES").items()}
    for name, (lesson, title, text) in asked().items():
        if made.get(name) is not None:
            found[name] = Question(name, lesson, title, text, **made[name])
    return found


# ---- predictions -----------------------------------------------------------------------------------------------------

def of_prediction(prediction):
    if isinstance(prediction, Choice):
        return {"out": prediction.out, "options": tuple(Option(text, text in prediction.right, say)
                                                        for text, say in prediction.options.items())}
    if isinstance(prediction, Order):
        return {"out": prediction.out, "options": orders(prediction)}
    if isinstance(prediction, Number):
        return {"out": prediction.out, "zones": zones(prediction), "other": UI["text_number"].format(
            low=plain(prediction.low), high=plain(prediction.high), unit=f" {prediction.unit}".rstrip()), "unit": prediction.unit}
    assert isinstance(prediction, Free), prediction
    return {"out": prediction.out}


def orders(prediction):
    """The right order, and the wrong ones that its feedback speaks of: a choice that any quiz can offer, ties included."""
    written = lambda groups: UI["then"].join(UI["tie"].join(group) for group in groups)
    options = {written(prediction.right): Option(written(prediction.right), True, prediction.out)}
    wrong = [moved(prediction.right, first, second) for (first, second), _ in prediction.wrong]
    for groups in [*wrong, prediction.right[::-1], [(item,) for item in prediction.options]]:
        right, say = prediction.verdict([item for group in groups for item in group])
        if not right and say not in {option.say for option in options.values()}:
            options.setdefault(written(groups), Option(written(groups), False, say))
    return tuple(sorted(options.values(), key=lambda option: option.text))


def moved(groups, first, second):
    """The order with ``first`` taken out and put just before the group of ``second``."""
    rest = [tuple(item for item in group if item != first) for group in groups]
    place = next(number for number, group in enumerate(rest) if second in group)
    return [group for group in [*rest[:place], (first,), *rest[place:]] if group]


def zones(prediction):
    """The line from low to high in pieces, in each of which one thing is said; the right ones first, whose ends are right."""
    low, high = prediction.accepted()
    cuts = {prediction.low, prediction.high, low, high, *(end for zone in prediction.feedback for end in zone[:2])}
    cuts = sorted(cut for cut in cuts if prediction.low <= cut <= prediction.high)
    zone = lambda start, end: Zone(start, end, *prediction.verdict((start + end) / 2))
    pieces = sorted((zone(start, end) for start, end in zip(cuts, cuts[1:])), key=lambda zone: not zone.right)
    between = {cut: next(piece for piece in pieces if piece.low <= cut <= piece.high) for cut in cuts}
    points = [zone(cut, cut) for cut in cuts if prediction.verdict(cut) != (between[cut].right, between[cut].say)]
    return tuple(sorted(points + pieces, key=lambda zone: (not zone.right, zone.high > zone.low)))


# ---- exercises -------------------------------------------------------------------------------------------------------

def of_exercise(exercise):
    answer, wrong = exercise.answer, [(mistake, say) for mistake, say in exercise.wrong if not callable(mistake)]
    if callable(answer) or isinstance(answer, Schedule):
        return None
    if isinstance(answer, (str, list, tuple)):
        options = [Option(written(answer), True, exercise.right), *(Option(written(mistake), False, say) for mistake, say in wrong)]
        return {"out": exercise.right, "options": tuple(sorted(options, key=lambda option: option.text))} if wrong else None
    near = lambda value, *rest: [Zone(*ends, *rest) for ends in around(value, exercise.tolerance, exercise.figures)]
    found = near(answer, True, exercise.right)
    for mistake, say in wrong:
        if not isinstance(mistake, (str, list, tuple)) and not matches(answer, mistake, exercise.tolerance, exercise.figures):
            found += near(mistake, False, say)
    return {"out": exercise.right, "other": exercise.hint, "zones": tuple(found)}


def around(value, tolerance, figures):
    """The numbers that ``check`` takes for this one, as pairs (from, to): within its tolerance, or correctly rounded."""
    value = float(value)
    width = max(abs(value) * tolerance, 1e-9)
    rounded = {float(f"{value:.{digits - 1}e}") for digits in range(figures, 8)}
    return [(value - width, value + width), *((each, each) for each in sorted(rounded) if abs(each - value) > width)]


def written(answer):
    if isinstance(answer, str):
        return answer
    return ", ".join(f"{number:.4g}" for number in np.atleast_1d(answer))
