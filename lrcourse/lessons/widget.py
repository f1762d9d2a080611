"""A prediction as a widget, and as a piece of HTML for pages without a kernel. Needs anywidget."""

import json
import re
from functools import cache
from pathlib import Path

import anywidget
import traitlets

from lrcourse.lessons import course, kept
from lrcourse.lessons.predictions import all_predictions, listed, remember, remembered
from lrcourse.lessons.ui import MAP, UI

HERE = Path(__file__).parent
SHARED = HERE.parent / "explorers"

# brought once for a page; <noscript> holds the choices as text
MODULE = """<style>%s</style>
<script>window.lrcourse ??= {}; lrcourse.%s = (() => { "use strict";
%s
return widget; })();</script>
"""
PIECE = """<div><noscript>%s</noscript></div>
<script>(() => {
const values = %s;
const model = { get: name => values[name], set(name, value) { values[name] = value; }, save_changes() {}, on() {}, off() {} };
lrcourse.%s.render({ model, el: document.currentScript.previousElementSibling });
})();</script>"""


@cache
def module(view):
    """The text of an ES module that needs no other."""
    texts = [(SHARED / "parts.js").read_text(encoding="utf-8"), *((HERE / name).read_text(encoding="utf-8") for name in ("kept.js", view))]
    return re.sub(r"^import .*\n|^export (?!default)", "", "\n".join(texts), flags=re.MULTILINE)


@cache
def style(view):
    return (SHARED / "parts.css").read_text(encoding="utf-8") + (HERE / view).read_text(encoding="utf-8")


def in_page(text):
    """Text that may stand inside <script>."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")


def piece_of(view, values, fallback, bring=True):
    """A widget without a kernel: its module, unless it's there already, and the place where it stands."""
    code = in_page(module(f"{view}.js").replace("export default", "const widget ="))
    brought = MODULE % (style(f"{view}.css"), view, code) if bring else ""
    return brought + PIECE % (fallback, in_page(json.dumps(values)), view)


class Predict(anywidget.AnyWidget):
    """One prediction. ``entry`` is what was said so far: ``choice`` before the run, ``seen``, and ``changed`` after it."""

    _esm = module("prediction.js")
    _css = style("prediction.css")
    name = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict(UI).tag(sync=True)
    live = traitlets.Bool(True, help="a kernel runs the cells below").tag(sync=True)
    entry = traitlets.Dict().tag(sync=True)

    def __init__(self, name):
        super().__init__(name=name, spec=all_predictions()[name].data(), entry=remembered(name))
        self.observe(lambda change: remember(self.name, change["new"]), "entry")

    def recall(self):
        """Show what was kept meanwhile, by another notebook."""
        self.entry = {**remembered(self.name), **self.entry}

    def _repr_mimebundle_(self, **kwargs):
        shown = super()._repr_mimebundle_(**kwargs)
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        text, html = listed(self.name)
        return {**data, "text/plain": text, "text/html": html}, metadata


def piece(name, bring=True):
    values = {"name": name, "spec": all_predictions()[name].data(), "words": UI, "live": False, "entry": {}}
    return piece_of("prediction", values, listed(name)[1], bring)


class Progress(anywidget.AnyWidget):
    """The map of the course, with what was done so far."""

    _esm = module("progress.js")
    _css = style("progress.css")
    lessons = traitlets.List().tag(sync=True)
    words = traitlets.Dict(MAP).tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)
    kept = traitlets.Dict().tag(sync=True)
    where = traitlets.Unicode().tag(sync=True)

    def __init__(self):
        super().__init__(lessons=course.course(), kept=kept.read(), where=course.where())

    def _repr_mimebundle_(self, **kwargs):
        shown = super()._repr_mimebundle_(**kwargs)
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        text, html = course.listed()
        return {**data, "text/plain": text, "text/html": html}, metadata


def progress_piece(bring=True):
    values = {"lessons": course.course(), "words": MAP, "live": False, "kept": kept.nothing(), "where": ""}
    return piece_of("progress", values, course.listed()[1], bring)
