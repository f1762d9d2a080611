"""Predictions: what a learner commits to before a run, and what is said about it after the run.

Each lesson has a module ``lesson_NN`` with a dict ``PREDICTIONS`` of name: Choice, Number, Order or Free. ``predict(name)``
asks; the figures named in ``shown`` answer. How a choice is judged is plain data (``data``), which prediction.js reads, so
that a page needs no Python.

>>> cut = Choice({"It falls at once": "So it did.", "It stays": "Then the network would be done."},
...              right="It falls at once", out="It fell to a quarter within three epochs.")
>>> cut.verdict("It stays")
(False, 'Then the network would be done.')
"""

import math
from dataclasses import KW_ONLY, dataclass
from functools import cache
from html import escape
from itertools import combinations
from numbers import Real

from lrcourse.lessons import kept
from lrcourse.lessons.ui import UI
from lrcourse.lessons.words import gathered


def refuse(value, kind, name, allowed):
    raise ValueError(f"{name}={value!r} is not allowed in {kind}: {allowed}")


def need_text(value, kind, name):
    if not isinstance(value, str) or not value.strip():
        refuse(value, kind, name, "a text")


def is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Prediction:
    """What all kinds have: ``out`` says what came out, and ``shown`` names the figures that show it.

    Without ``shown`` it is the figure of the prediction's own name. With ``shown=()`` no figure shows it, and the learner
    says when it was run.
    """

    _: KW_ONLY
    out: str
    shown: tuple | None = None

    def __post_init__(self):
        kind = type(self).__name__
        need_text(self.out, kind, "out")
        shown = (self.shown,) if isinstance(self.shown, str) else self.shown
        if shown is not None:
            if not isinstance(shown, (tuple, list)) or not all(isinstance(name, str) for name in shown):
                refuse(self.shown, kind, "shown", "names of figures")
            object.__setattr__(self, "shown", tuple(shown))

    def figures(self, name):
        """The figures that answer it, where it is called ``name``."""
        return (name,) if self.shown is None else self.shown

    def said(self, choice):
        """A choice in words."""
        return str(choice)


@dataclass(frozen=True)
class Choice(Prediction):
    """One of several answers. ``options`` is {answer: what to say to who gave it}; ``right`` is an answer, or several."""

    options: dict
    _: KW_ONLY
    right: object

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.options, dict) or len(self.options) < 2:
            refuse(self.options, "Choice", "options", "a dict of at least two answers, each with what to say about it")
        for option, text in self.options.items():
            need_text(option, "Choice", "options")
            need_text(text, "Choice", f"options[{option!r}]")
        right = (self.right,) if isinstance(self.right, str) else tuple(self.right)
        if not right or not set(right) <= set(self.options):
            refuse(self.right, "Choice", "right", f"of {', '.join(self.options)}")
        object.__setattr__(self, "right", right)

    def accepts(self, choice):
        return isinstance(choice, str) and choice in self.options

    def verdict(self, choice):
        """Whether a choice came out, and what to say about it."""
        return choice in self.right, self.options[choice]

    def data(self):
        """All of it for prediction.js."""
        return {"kind": "choice", "out": self.out, "options": [
            {"text": option, "right": option in self.right, "say": say} for option, say in self.options.items()]}

    def asked(self):
        """The answers to choose from, a line each."""
        return list(self.options)


@dataclass(frozen=True)
class Number(Prediction):
    """A number between ``low`` and ``high``.

    ``right`` is what came out, and a choice counts as right within ``within`` of it, relative (on a ``log`` scale: up to a
    factor 1 + within); or ``right`` is a pair (from, to). ``feedback`` lists (from, to, what to say to a choice in between).
    """

    _: KW_ONLY
    right: object
    low: float
    high: float
    log: bool = False
    whole: bool = False
    unit: str = ""
    within: float = 0.2
    feedback: tuple = ()

    def __post_init__(self):
        super().__post_init__()
        for name in ("low", "high", "within"):
            if not is_number(getattr(self, name)):
                refuse(getattr(self, name), "Number", name, "a number")
        if not self.low < self.high:
            refuse(self.high, "Number", "high", f"a number above low={self.low!r}")
        if self.log and self.low <= 0:
            refuse(self.low, "Number", "low", "a number above 0, since log=True")
        ends = self.right if isinstance(self.right, (tuple, list)) else [self.right]
        if not (all(map(is_number, ends)) and len(ends) == 1 + (ends is self.right) and list(ends) == sorted(ends)):
            refuse(self.right, "Number", "right", "a number, or a pair (from, to)")
        if not self.low <= ends[0] <= ends[-1] <= self.high:
            refuse(self.right, "Number", "right", f"between low={self.low!r} and high={self.high!r}")
        if self.within <= 0:
            refuse(self.within, "Number", "within", "a number above 0")
        if ends is not self.right and self.right == 0:
            refuse(self.right, "Number", "right", "a pair (from, to) around it, since nothing is near 0 by a part of it")
        for zone in self.feedback:
            if not (isinstance(zone, (tuple, list)) and len(zone) == 3 and is_number(zone[0]) and is_number(zone[1])
                    and zone[0] <= zone[1]):
                refuse(zone, "Number", "feedback", "(from, to, what to say)")
            need_text(zone[2], "Number", "feedback")

    def accepted(self):
        """The numbers that count as right: (from, to)."""
        if isinstance(self.right, (tuple, list)):
            return tuple(self.right)
        return tuple(sorted((self.right / (1 + self.within) if self.log else self.right * (1 - self.within),
                             self.right * (1 + self.within))))

    def accepts(self, choice):
        return is_number(choice) and self.low <= choice <= self.high

    def verdict(self, choice):
        """Whether a choice is near enough, and what to say about it."""
        start, end = self.accepted()
        said = next((say for low, high, say in self.feedback if low <= choice <= high), "")
        if start <= choice <= end:
            return True, said or UI["close"]
        general = UI["too_low" if choice < start else "too_high"].format(value=self.came_out())
        return False, f"{general} {said}".strip()

    def came_out(self):
        if isinstance(self.right, (tuple, list)):
            return f"{plain(self.right[0])} – {self.said(self.right[1])}"
        return self.said(self.right)

    def said(self, choice):
        return f"{plain(choice)} {self.unit}".strip()

    def data(self):
        return {"kind": "number", "out": self.out, "low": self.low, "high": self.high, "log": self.log, "whole": self.whole,
                "unit": self.unit, "right": list(self.accepted()), "value": self.came_out(),
                "zones": [list(zone) for zone in self.feedback]}

    def asked(self):
        unit = f" {self.unit}" if self.unit else ""
        return [UI["text_number"].format(low=plain(self.low), high=plain(self.high), unit=unit)]


@dataclass(frozen=True)
class Order(Prediction):
    """Things to be put in order: ``options`` as they are shown first, ``right`` as they came out.

    In ``right`` a tuple inside the tuple is a tie, whose order counts for nothing. ``wrong`` lists ((a, b), what to say to
    who put a before b), tried in order; ``feedback`` is for every other wrong order.
    """

    options: tuple
    _: KW_ONLY
    right: tuple
    feedback: str
    wrong: tuple = ()

    def __post_init__(self):
        super().__post_init__()
        options = tuple(self.options)
        if len(options) < 2 or len(set(options)) < len(options) or not all(isinstance(o, str) and o for o in options):
            refuse(self.options, "Order", "options", "at least two different texts")
        groups = tuple((group,) if isinstance(group, str) else tuple(group) for group in self.right)
        if sorted(item for group in groups for item in group) != sorted(options):
            refuse(self.right, "Order", "right", f"all of {', '.join(options)}, each once")
        need_text(self.feedback, "Order", "feedback")
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "right", groups)
        for pair in self.wrong:
            if not (len(pair) == 2 and len(pair[0]) == 2 and (pair[0][1], pair[0][0]) in self.before()):
                refuse(pair, "Order", "wrong", "((a, b), what to say), where b came out before a")
            need_text(pair[1], "Order", "wrong")

    def before(self):
        """The pairs (a, b) of which a came out before b."""
        return [(a, b) for one, other in combinations(self.right, 2) for a in one for b in other]

    def accepts(self, choice):
        return isinstance(choice, (list, tuple)) and all(isinstance(o, str) for o in choice) and sorted(choice) == sorted(self.options)

    def verdict(self, choice):
        """Whether an order came out, and what to say about it."""
        place = {option: number for number, option in enumerate(choice)}
        right = sum(place[a] < place[b] for a, b in self.before())
        count = UI["pairs"].format(right=right, all=len(self.before()))
        if right == len(self.before()):
            return True, ""
        return False, f"{count} {next((say for (a, b), say in self.wrong if place[a] < place[b]), self.feedback)}"

    def said(self, choice):
        return UI["then"].join(choice)

    def data(self):
        return {"kind": "order", "out": self.out, "options": list(self.options), "before": [list(pair) for pair in self.before()],
                "wrong": [[a, b, say] for (a, b), say in self.wrong], "say": self.feedback,
                "value": UI["then"].join(UI["tie"].join(group) for group in self.right)}

    def asked(self):
        return [UI["text_order"].format(options=", ".join(self.options))]


@dataclass(frozen=True)
class Free(Prediction):
    """Some words of one's own, where no choice is natural; nobody judges them but who wrote them."""

    def accepts(self, choice):
        return isinstance(choice, str) and bool(choice.strip())

    def verdict(self, choice):
        return None, ""

    def data(self):
        return {"kind": "free", "out": self.out}

    def asked(self):
        return [UI["text_free"]]


def plain(number):
    """Three digits, as prediction.js writes them."""
    return f"{float(f'{number:.3g}'):g}"


# ---- asking ----------------------------------------------------------------------------------------------------------

def all_predictions():
    """Every prediction of every lesson, by name."""
    return gathered("PREDICTIONS")


@cache
def answered_by(figure):
    """The names of the predictions that this figure answers."""
    return [name for name, prediction in all_predictions().items() if figure in prediction.figures(name)]


ASKED = {}      # what this kernel has asked, by name: a widget, or a Text


def predict(name, choice=None):
    """Ask for a prediction; a ``choice`` given in code is committed at once.

    Run again, it shows what was chosen, and after the run what came out. Raises ValueError for a name that no lesson has,
    and for a choice that can't be made.
    """
    prediction = all_predictions().get(name) if isinstance(name, str) else None
    if prediction is None:
        raise ValueError(f"name={name!r} is not allowed in predict: one of {', '.join(all_predictions())}")
    if choice is not None and not prediction.accepts(choice):
        raise ValueError(f"choice={choice!r} is not allowed in predict: {' '.join(prediction.asked())}")
    if name not in ASKED:
        try:
            from lrcourse.lessons.widget import Predict
            ASKED[name] = Predict(name)
        except ImportError as error:
            if error.name not in ("anywidget", "traitlets"):
                raise
            ASKED[name] = Text(name)
    asked = ASKED[name]
    asked.recall()
    if choice is not None:
        when = "changed" if asked.entry.get("seen") else "choice"
        asked.entry = {**asked.entry, when: list(choice) if isinstance(choice, tuple) else choice}
    return asked


def drawn(figure):
    """A figure with this name is being shown: the predictions that it answers are answered. Cheap, and never an error."""
    if ASKED:
        for name in answered_by(figure):
            if name in ASKED and not ASKED[name].entry.get("seen"):
                ASKED[name].entry = {**ASKED[name].entry, "seen": True}


def remembered(name):
    """What was kept of an earlier answer, as the entry of a widget."""
    record = kept.read()["prediction"].get(name, {})
    choice = record.get("choice")
    if choice is not None and not all_predictions()[name].accepts(choice):
        return {}       # the course has other answers now
    return {key: record[key] for key in ("choice", "seen", "changed") if record.get(key) is not None}


def remember(name, entry):
    """Keep what was chosen. What was only seen, because the cells below ran, is not an answer and isn't kept."""
    choice = entry.get("choice")
    if choice is not None:
        right = all_predictions()[name].verdict(choice)[0]
        kept.add("prediction", name, {**entry, "right": right})


# ---- as text ---------------------------------------------------------------------------------------------------------

def listed(name):
    """The choices as (text, HTML), for where nobody can choose: they give nothing away."""
    prediction = all_predictions()[name]
    asked, html = prediction.asked(), "".join(f"<p>{escape(line)}</p>" for line in prediction.asked())
    if isinstance(prediction, Choice):
        html = f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in asked)}</ul>"
        asked = [f"- {line}" for line in asked]
    return (f"{UI['label']}:\n" + "\n".join([*asked, UI["text_how"]]),
            f"<p><strong>{escape(UI['label'])}</strong></p>{html}<p>{escape(UI['text_how'])}</p>")


class Text:
    """A prediction where anywidget is missing: it lists the choices, and after the run says what came out."""

    def __init__(self, name):
        self.name, self._entry = name, {}

    def recall(self):
        self._entry = {**remembered(self.name), **self._entry}

    @property
    def entry(self):
        return self._entry

    @entry.setter
    def entry(self, entry):
        self._entry = entry
        remember(self.name, entry)

    def lines(self):
        prediction, entry = all_predictions()[self.name], self._entry
        choice = entry.get("choice")
        if not entry.get("seen"):
            if choice is None:
                return [listed(self.name)[0], UI["text_commit"].format(name=self.name)]
            return [UI["committed"].format(choice=prediction.said(choice)), UI["text_again"]]
        lines = [f"{UI['out']}: {prediction.out}"]
        for key, word in (("choice", "first" if "changed" in entry else "you_said"),
                          ("changed", "later" if choice is None else "changed")):
            if entry.get(key) is not None:
                lines.append(f"{UI[word].format(choice=prediction.said(entry[key]))} {prediction.verdict(entry[key])[1]}".strip())
        return lines

    def __repr__(self):
        return "\n".join(self.lines())


def page(name, module=True):
    """A piece of HTML that asks in any page, without a kernel. ``module=False``: an earlier piece on the page has brought it."""
    from lrcourse.lessons.widget import piece

    return piece(name, module)
