"""A lesson as a lecture: one idea a slide, made from the notebook's cells and the words in ``lrcourse/lessons`` alone.

``deck`` makes a list of slides. A prediction is a poll, what came out, and why the tempting answer is wrong; a figure's title
is its headline, and its picture has the rest of the slide; prose is what the lecturer says, in the notes. ``slides.py`` writes
them as HTML, PDF and PPTX.
"""

import base64
import io
import re
import string
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageChops
from shared import prepared
from waiting import is_check, prediction, statements, tagged

from lrcourse.lessons.predictions import all_predictions
from lrcourse.lessons.ui import DECK
from lrcourse.lessons.words import gathered

MOST = 30           # slides of a deck
BESIDE = 40         # words beside a figure or a formula
CODE = 14           # lines of code that can be read from the last row
WORDS_A_MINUTE = 125
# what goes first when a deck is too long; polls, results and the other figures stay
SPARE = ("code", "table", "statement", "why", "formula", "picture")
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.S)
FORMULA = re.compile(r"\$\$.+?\$\$", re.S)
TABLE = re.compile(r"(?:^\|.*\n?){3,}", re.M)


@dataclass
class Slide:
    """``kind`` is title, statement, list, formula, table, code, poll, picture, why or explorer; texts are markdown."""

    kind: str
    title: str
    body: str = ""
    choices: list = field(default_factory=list)     # of a poll; of why, the tempting one
    picture: bytes = b""
    alt: str = ""
    html: str = ""                                  # of an explorer
    steps: list = field(default_factory=list)       # of a formula
    notes: list = field(default_factory=list)
    answers: str = ""                               # the prediction that this belongs to

    @property
    def minutes(self):
        """A vote and a word with the neighbour take two minutes, all else what is said; at least half a minute."""
        said = len(" ".join(self.notes).split()) / WORDS_A_MINUTE
        return max(0.5, round(2 * ({"poll": 2, "explorer": 2}.get(self.kind, 0.5) + min(said, 3))) / 2)


def deck(path):
    """The slides of a lesson."""
    notebook = prepared(path)
    slides = list(made(notebook.cells))
    for kind in SPARE:
        for slide in [each for each in reversed(slides) if each.kind == kind and not (kind == "picture" and each.answers)]:
            if len(slides) > MOST:
                place = slides.index(slide)
                slides[place - 1].notes += [f"**{slide.title}**", *([slide.body] if slide.body else []), *slide.steps, *slide.notes]
                del slides[place]
    return slides


def made(cells):
    """The slides in order; prose that comes before one, and what is said after it, are its notes."""
    heading, name, before, last = "", "", [], None

    def ready(slide):
        nonlocal before, last
        slide.notes[:0], before, last = before, [], slide
        return slide

    def say(text):
        if text.strip():
            (last.notes if last else before).append(text.strip())

    for cell in cells:
        if tagged(cell, "solution") or tagged(cell, "exercise") or tagged(cell, "progress"):
            continue
        if asked := prediction(cell):
            continue        # its slide was made where the question stands
        if cell.cell_type == "markdown":
            if cell.source.startswith("# "):
                yield ready(opening(cell.source))
                continue
            for part in re.split(r"\n+(?=##+ )", cell.source):
                title, rest = heading_of(part)
                if title:
                    heading, name, last = title, "", None
                if title in DECK["left out"]:
                    before = []
                    continue
                if title == DECK["summary"]:
                    yield from map(ready, summed_up(title, rest))
                    continue
                rest = rest.partition("**Exercise")[0]
                prose, mark, question = rest.partition("**Predict.**")
                yield from map(ready, spoken(heading, prose, say))
                if mark and (asked := named_after(cell, cells)):
                    name = asked
                    last = None
                    yield ready(poll(name, question))
        elif not is_check(cell):
            for slide in shown(cell, heading, name):
                yield ready(slide)
                if slide.answers:
                    yield from map(ready, why(name))
                    name = ""


# ---- slides of prose ---------------------------------------------------------------------------------------------------

def heading_of(text):
    found = re.match(r"##+ (.*)\n*", text)
    return (found[1].strip(), text[found.end():]) if found else ("", text)


def opening(source):
    title, _, rest = source.removeprefix("# ").partition("\n")
    first, _, rest = rest.strip().partition("\n\n")
    learn = re.search(r"\*\*What you'll learn\*\*\s*\n((?:- .*\n?)+)", rest)
    return Slide("title", title, learn[1].strip() if learn else first, notes=[first, rest.replace(learn[0], "") if learn else rest])


def summed_up(title, text):
    """The first sentence of each point; the whole of it is said."""
    points = [sentence(point) for point in re.findall(r"^- (.*)", text, re.M)]
    for begin in range(0, len(points), 5):
        part = points[begin:begin + 5]
        yield Slide("list", title, "\n".join(f"- {point}" for point in part), notes=[text] if begin == 0 else [])


def spoken(heading, prose, say):
    """What prose puts on slides: its formulas, a table, or where a section has neither, its bold claim. All of it is said."""
    folds = FOLD.findall(prose)
    prose = FOLD.sub("", prose)
    formulas, table = FORMULA.findall(prose), TABLE.search(prose)
    slide = None
    if formulas:
        claim = next((each for each in claims(prose) if words(each) <= BESIDE), "")
        slide = Slide("formula", heading, claim, steps=formulas[:3])
    elif table and table[0].count("\n") <= 9:
        slide = Slide("table", heading, table[0].strip())
    elif found := claims(prose):
        slide = Slide("statement", heading, found[0])
    said = [FORMULA.sub(lambda found: " ".join(found[0].split()), prose).strip(), *(f"**{title}** {text.strip()}" for title, text in folds)]
    if slide:
        slide.notes = [text for text in said if text]
        yield slide
    else:
        for text in said:
            say(text)


def claims(prose):
    """Sentences with something in bold that is a claim, not a label."""
    found = []
    for paragraph in re.split(r"\n\s*\n", prose):
        if paragraph.lstrip().startswith(("|", "-", "1.", "<", "$$", "(")):
            continue
        found += [each.strip() for each in re.split(r"(?<=[.?!:])\s+(?=[A-Z*$])", paragraph.strip())
                  if re.search(r"\*\*[^*]{12,}\*\*", each) and "$$" not in each and words(each) <= 45]
    return found


def sentence(text):
    """The first sentence of a text."""
    return re.match(r"(.+?[.?!])(?=\s+[A-Z*(]|$)|.+", text.strip(), re.S)[0]


def words(text):
    return len(re.sub(r"\$.*?\$", "x", text, flags=re.S).split())


# ---- predictions -------------------------------------------------------------------------------------------------------

def named_after(cell, cells):
    """The prediction that the cell after this one asks for."""
    following = cells[cells.index(cell) + 1:]
    return next(filter(None, map(prediction, following[:1])), "")


def poll(name, text):
    """The question, and its choices with letters; what leads to it is said, unless it's short enough to be shown."""
    text = re.sub(r"\n+Commit to [^\n]*", "", text.strip())
    parts = [each for each in re.split(r"(?<=[.?!])\s+", text) if each]
    questions = [each for each in parts if each.rstrip(")").endswith("?")] or parts[-1:]
    lead = " ".join(each for each in parts[:parts.index(questions[0])])
    if words(lead) + words(" ".join(questions)) > 55:
        lead, questions = "", questions[-1:]
    asked = all_predictions()[name].data()
    choices = {"choice": lambda: [each["text"] for each in asked["options"]], "order": lambda: list(asked["options"]),
               "number": lambda: [], "free": lambda: []}[asked["kind"]]()
    body = {"number": lambda: DECK["number"].format(low=f"{asked['low']:g}", high=f"{asked['high']:g}", unit=asked["unit"]),
            "order": lambda: DECK["order"], "free": lambda: DECK["free"], "choice": lambda: ""}[asked["kind"]]()
    return Slide("poll", " ".join(questions), "\n\n".join(filter(None, [lead, body])), lettered(choices),
                 notes=[text, DECK["poll"]], answers="")


def lettered(choices):
    return list(zip(string.ascii_uppercase, choices))


def why(name):
    """What came out, and what to say to the wrong answer that most people find tempting: the first that is wrong."""
    asked = all_predictions()[name].data()
    rest = [asked["out"]]
    choice, say = "", ""
    if asked["kind"] == "choice":
        wrong = [(letter, each) for letter, each in lettered(asked["options"]) if not each["right"]]
        rest += [f"**{letter}** {each['text']} {each['say']}" for letter, each in lettered(asked["options"])]
        if wrong:
            (letter, each) = wrong[0]
            choice, say = [(letter, each["text"])], each["say"]
    elif asked["kind"] == "number":
        rest += [f"**{low:g} to {high:g}** {text}" for low, high, text in asked["zones"]]
    elif asked["kind"] == "order":
        rest += [asked["value"], *(f"**{a}, {b}** {text}" for a, b, text in asked["wrong"]), asked["say"]]
        say = asked["say"]
    yield Slide("why", sentence(asked["out"]), say or asked["out"].removeprefix(sentence(asked["out"])).strip(), choice or [],
                notes=rest)


# ---- what cells show ---------------------------------------------------------------------------------------------------

def shown(cell, heading, name):
    """The slides of a cell's outputs, and of its code where the notebook marks it as worth showing."""
    pictures = [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    live = [output for output in cell.get("outputs", []) if "text/html" in output.get("data", {}) and output not in pictures]
    code = f"```python\n{cell.source}\n```"
    for output in pictures:
        figure = next((word for word in reversed(re.findall(r"""["']([\w-]+)["']""", cell.source)) if word in gathered("FIGURES")), "")
        title = gathered("FIGURES")[figure][0] if figure else ""
        alt = output.get("metadata", {}).get("image/png", {}).get("alt", "") or output.data.get("text/plain", "")
        answers = name if name and figure in all_predictions()[name].figures(name) else ""
        picture = trimmed(base64.b64decode(output.data["image/png"]), bool(figure))
        yield Slide("picture", heading if not title or "{" in title else title, picture=picture, alt=alt, notes=[code], answers=answers)
    for output in live:
        yield Slide("explorer", heading, html=output.data["text/html"], alt=output.data.get("text/plain", ""), notes=[code])
    marked = cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide", "fragment")
    lines = cell.source.count("\n") + 1
    if marked and not pictures and not live and 2 <= lines <= CODE and statements(cell):
        yield Slide("code", heading, cell.source, notes=[])


def trimmed(png, titled):
    """A figure without its white edge and, where it has one, without its title, which is the slide's headline."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    ink = np.asarray(ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).convert("L")) > 16
    rows = np.flatnonzero(ink.any(1))
    top = rows[0]
    if titled:      # the first band of ink, and the gap below it
        after = next((b for a, b in zip(rows, rows[1:]) if b - a > 7), top)
        top = after if after - top < 60 else top
    columns = np.flatnonzero(ink[top:].any(0))
    edge = 8
    box = (max(0, columns[0] - edge), max(0, top - edge), min(picture.width, columns[-1] + edge), min(picture.height, rows[-1] + edge))
    buffer = io.BytesIO()
    picture.crop(box).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    return buffer.getvalue()
