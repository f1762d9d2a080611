"""What the explorers share: one module of JavaScript each, traits that clamp, and a picture for where none runs."""

import json
import math
import re
from functools import cache
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lrcourse.explorers.javascript import schedules_module

HERE = Path(__file__).parent
PICTURES = {}
SHARED = ("schedules", "parts.js", "unpack.js", "random.js", "maths.js", "code.js", "view.js")

# the module without a kernel: its model only remembers. <noscript> holds the picture, so that nothing jumps
PAGE = """<div><style>%s</style><noscript>%s</noscript></div>
<script>(() => { "use strict";
%s
const values = %s;
const model = { get: name => values[name], set(name, value) { values[name] = value; }, save_changes() {}, on() {}, off() {} };
widget.render({ model, el: document.currentScript.previousElementSibling });
})();</script>"""


@cache
def bundle(view, limits, constants="", shared=SHARED):
    """One self-contained module: the limits, what is ``shared`` and ``view``, without their imports and exports."""
    texts = [f"export const LIMITS = {limits};", constants,
             *(schedules_module() if name == "schedules" else (HERE / name).read_text(encoding="utf-8") for name in (*shared, view))]
    return re.sub(r"^import .*\n|^export (?!default)", "", "\n".join(texts), flags=re.MULTILINE)


def between(value, low, high, otherwise):
    """A number brought between ``low`` and ``high``; ``otherwise`` for nan."""
    return otherwise if math.isnan(value) else min(max(value, low), high)


class Clamped(traitlets.Float):
    """A number that is brought between ``low`` and ``high``; the widget's ``word`` says so."""

    def __init__(self, default, low, high, whole=False):
        super().__init__(default)
        self.low, self.high, self.whole = low, high, whole
        self.tag(sync=True)

    def validate(self, obj, value):
        given = super().validate(obj, value)
        value = between(given, self.low, self.high, self.default_value)
        value = round(value) if self.whole else value
        obj.say(self.name, value, value != given and f"{given:g} is outside {self.low:g} to {self.high:g}, {value:g} is used")
        return value


class ClampedList(traitlets.List):
    """Numbers that are brought between ``low`` and ``high``."""

    def __init__(self, default, low, high):
        super().__init__(traitlets.Float(), default, minlen=1, maxlen=20)
        self.low, self.high = low, high
        self.tag(sync=True)

    def validate(self, obj, value):
        given = super().validate(obj, value)
        kept = [between(v, self.low, self.high, self.low) for v in given]
        obj.say(self.name, kept, kept != given and f"{given} is outside {self.low:g} to {self.high:g}, {kept} is used")
        return kept


class Explorer(anywidget.AnyWidget):
    """A widget that computes and draws in the browser; Python reads and sets its traits.

    Where no script runs, its ``figure()`` stands in its place, described by ``alt``.
    """

    view = None     # the file of its ES module
    shared = SHARED             # the files that it builds on; "schedules" stands for all formulas
    _css = "".join((HERE / name).read_text(encoding="utf-8") for name in ("parts.css", "style.css"))
    word = traitlets.Unicode("", help="what was wrong with the last value that was set").tag(sync=True)

    def __init__(self, **settings):
        unknown = [name for name in settings if name not in self.settings()]
        if unknown:
            raise TypeError(f"{unknown[0]} is not a setting of {type(self).__name__}: {', '.join(self.settings())}")
        self._esm = self.module()
        super().__init__(**settings)

    def say(self, name, value, wrong):
        """Put into words what was ``wrong`` where ``value`` is used now, or take back what was said of an earlier one."""
        if wrong:
            self.word = f"{name} {wrong}"
        elif self.word.startswith(f"{name} ") and self._trait_values.get(name) != value:     # traitlets sets some twice
            self.word = ""

    @classmethod
    def module(cls):
        """The text of its ES module."""
        limits = {name: [trait.low, trait.high] for name, trait in cls.class_traits().items()
                  if isinstance(trait, Clamped)}
        return bundle(cls.view, json.dumps(limits), cls.constants(), cls.shared)

    @classmethod
    def constants(cls):
        """More that its module is given by Python, as JavaScript."""
        return ""

    @classmethod
    def settings(cls):
        """The names of its settings."""
        common = set(anywidget.AnyWidget.class_traits()) | {"word"}
        return [name for name in cls.class_traits(sync=True) if name not in common and not name.startswith("_")]

    @property
    def alt(self):
        """What the picture shows, in words."""
        raise NotImplementedError

    def figure(self):
        """What it shows now, as a figure that stands still."""
        raise NotImplementedError

    def picture(self):
        """``figure()`` as a notebook stores it; remembered, since a cell that runs again mostly shows the same."""
        key = self.view, json.dumps({name: getattr(self, name) for name in self.settings()})
        if key not in PICTURES:
            while len(PICTURES) > 7:
                PICTURES.pop(next(iter(PICTURES)))
            PICTURES[key] = self.figure()._repr_mimebundle_()
        return PICTURES[key]

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        still, about = self.picture()
        return {**data, **still}, {**metadata, **about}

    def html(self, **more):
        """A piece of HTML that runs it in any page, without a kernel and without loading anything; ``more`` for its module to get."""
        values = json.dumps({name: getattr(self, name) for name in [*self.settings(), "word"]} | more)
        module = self.module().replace("export default", "const widget =")
        picture = self.picture()[0]["text/html"]
        return PAGE % (self._css, picture, module.replace("</", "<\\/"), values.replace("</", "<\\/"))


def until_lost(loss):
    """A curve as far as it can be drawn: one that diverges ends where it has grown by a factor of a million."""
    loss = np.asarray(loss)
    lost = np.flatnonzero(~(loss <= 1e6 * max(abs(loss[0]), 1e-3)))
    return loss[:lost[0]] if lost.size else loss


def sloping_noise(curvature, noise):
    """The noise of each direction grows with its curvature, as that of small batches does."""
    return [noise * math.sqrt(h) for h in curvature]
