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
from functools import cache

import numpy as np
import redrawn
from PIL import Image
from shared import prepared
from waiting import is_check, prediction, statements, tagged

from lrcourse.lessons.predictions import all_predictions
from lrcourse.lessons.ui import DECK
from lrcourse.lessons.words import gathered

MOST = 30           # slides of a deck
CROSS = "✗"         # before an answer that has no letter
LONG = 150          # characters of a headline
BESIDE = 40         # words beside a figure or a formula
LEAST, CODE, WIDE = 5, 14, 76       # lines of code that are worth a slide and can be read from the last row, and their length
WORDS_A_MINUTE = 125
STEPS = 4           # formulas on a slide
FEW, ENOUGH = 14, 17        # words: fewer than the first would leave a slide empty, the second fill it
SHORT, LEAD, ROWS = 14, 45, 95      # words: what leads to a step of a formula, and to a question; a table's on a slide
# what goes first when a deck is too long; polls and what answers them stay, and what is said to a tempting choice goes last
SPARE = ("code", "table", "statement", "picture", "formula", "why")
# a text that says so of a wrong choice: it is what is commonly thought
COMMON = re.compile(r"\b(tempting|usual|usually|common|commonly|natural|often|textbooks?|papers|one reads|one expects|"
                    r"old saying|rules? of thumb|rule of|most people|everybody)\b", re.I)
GAP, TITLE = 22, 150        # rows of a picture: below a title there is more than the one, and a title ends before the other
END = re.compile(r"(?:\\[,;: ]|[\s.,;])+(?=\$\$$)")        # a sentence goes on behind a formula, a slide doesn't
NEXT = r"(?<=[.?!])(?<!et al\.)\s+"        # between two sentences; what must follow is added where a formula could stand there
FENCE = re.compile(r"```python\n(.*?)\n```", re.S)
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
    leads: list = field(default_factory=list)       # to each step after the first, a few words or none
    asked: str = ""                                 # the question that a slide of why answers
    notes: list = field(default_factory=list)
    answers: str = ""                               # the prediction that this belongs to

    @property
    def minutes(self):
        """A vote and a word with the neighbour take two minutes, all else what is said; at least half a minute."""
        said = len(" ".join(self.notes).split()) / WORDS_A_MINUTE
        return max(0.5, round(2 * ({"poll": 2, "explorer": 2}.get(self.kind, 0.5) + min(said, 3))) / 2)


@cache
def deck(path):
    """The slides of a lesson."""
    notebook = prepared(path)
    slides = list(made(notebook.cells, redrawn.figures(path)))
    for first, second in list(zip(slides, slides[1:])):     # two short lists under a headline are one
        if first.kind == second.kind == "list" and first.title == second.title and (first.body + second.body).count("\n") <= 5:
            second.body, second.notes = f"{first.body}\n{second.body}", first.notes + second.notes
            slides = [each for each in slides if each is not first]
    for kind in SPARE:
        for slide in [each for each in reversed(slides) if each.kind == kind and not (kind == "picture" and each.answers)]:
            if len(slides) > MOST:
                place = slides.index(slide)
                slides[place - 1].notes += [f"**{slide.title}**", *([slide.body] if slide.body else []), *slide.steps, *slide.notes]
                del slides[place]
    return slides


def made(cells, drawn):
    """The slides in order; prose that comes before one, and what is said after it, are its notes."""
    heading, name, before, last, vote = "", "", [], None, None

    def ready(slide):
        nonlocal before, last
        slide.notes[:0], before, last = before, [], slide
        return slide

    def say(text):
        if text.strip():
            (last.notes if last else before).append(text.strip())

    def answered():
        """What is said to the last question, once: when its figure was shown, or where it has none, before the next."""
        nonlocal name
        asked, name = name, ""
        if asked:
            yield from map(ready, why(asked, last, vote.title))

    for cell in cells:
        # the cheat sheet is to be held in the hand: nobody reads it from the last row
        if any(tagged(cell, tag) for tag in ("solution", "exercise", "progress", "cheat-sheet")):
            continue
        if asked := prediction(cell):
            continue        # its slide was made where the question stands
        if cell.cell_type == "markdown":
            if cell.source.startswith("# "):
                yield ready(opening(cell.source))
                continue
            for part in re.split(r"\n+(?=##+ )", cell.source):
                title, rest = heading_of(part)
                if title or "**Predict.**" in rest:
                    yield from answered()
                if title:
                    heading, last = title, None
                if title in DECK["left out"]:
                    before = []
                    continue
                if title == DECK["summary"]:
                    yield from map(ready, summed_up(title, rest))
                    continue
                rest = rest.partition("**Exercise")[0]
                prose, mark, question = rest.partition("**Predict.**")
                yield from map(ready, spoken(heading, prose, say))
                yield from map(ready, given(heading, prose, question))
                if mark and (asked := named_after(cell, cells)):
                    name = asked
                    last = None
                    yield ready(vote := poll(name, question, prose))
        elif not is_check(cell):
            for slide in shown(cell, heading, name, drawn):
                yield ready(slide)
                if slide.answers:
                    yield from answered()
    yield from answered()


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
    """The first sentence of each point, or where they are few all of it; the whole is said."""
    points = re.findall(r"^- (.*)", text, re.M)
    if words(" ".join(points)) > LEAD:
        points = [sentence(point) for point in points]
    for number, part in enumerate(np.array_split(points, -(-len(points) // 6))):       # evenly
        yield Slide("list", title, "\n".join(f"- {point}" for point in part), notes=[text] if number == 0 else [])


def spoken(heading, prose, say):
    """What prose puts on slides: its formulas, a table, or where a section has neither, its bold claim. All of it is said."""
    folds = FOLD.findall(prose)
    prose = FOLD.sub("", prose)
    formulas, table = FORMULA.findall(prose), TABLE.search(prose)
    slides = []
    if formulas:
        claim = next((each for each in claims(prose) if words(each) <= BESIDE), "") or leading(prose)
        slides = [slide := Slide("formula", heading, claim)]
        for number, each in enumerate(formulas[:3]):
            steps = one_by_one(each)
            slide.steps += steps
            slide.leads += [between(prose, number, BESIDE - words(" ".join([claim, *slide.leads]))), *[""] * (len(steps) - 1)]
        if len(slide.steps) > STEPS:        # cut before the step in the middle that words lead to
            led = [at for at, lead in enumerate(slide.leads) if at and lead]
            middle = min(led, key=lambda at: abs(2 * at - len(slide.steps)), default=STEPS)
            slides.append(Slide("formula", heading, slide.leads[middle], steps=slide.steps[middle:], leads=["", *slide.leads[middle + 1:]]))
            slide.steps, slide.leads = slide.steps[:middle], slide.leads[:middle]
    elif table and table[0].count("\n") <= 9:
        slides = list(readable(heading, table[0].strip()))
    elif found := [each for each in claims(prose) if words(each) >= FEW]:
        slides = [Slide("statement", heading, found[0])]
    said = [FORMULA.sub(lambda found: " ".join(found[0].split()), prose).strip(), *(f"**{title}** {text.strip()}" for title, text in folds)]
    if slides:
        slides[0].notes = [text for text in said if text]
        yield from slides
    else:
        for text in said:
            say(text)


def given(heading, prose, question):
    """What a question is about, where that is a few lines of code or a table: they stand before it."""
    if question:
        for code in FENCE.findall(prose):
            if code.count("\n") >= 2 and max(map(len, code.split("\n"))) <= WIDE:
                yield Slide("code", heading, code)
        if table := TABLE.search(question):
            yield from readable(heading, table[0].strip())


def readable(heading, table):
    """A table that can be read from the last row: if need be without its third column or on two slides;
    of one with more columns the first as a list. All is said."""
    rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in table.split("\n")]
    columns, wordy = len(rows[0]), lambda rows, columns: sum(words(" ".join(row[:columns])) for row in rows)
    if columns == 3 and wordy(rows, 3) > ROWS >= wordy(rows, 2):
        columns = 2         # of four, one of two sides would be missing
    head, rows = rows[:2], rows[2:]
    parts = [rows]
    if columns < 4 and wordy(rows, columns) > ROWS:     # cut where the longer part is shortest
        halves = [(rows[:n], rows[n:]) for n in range(1, len(rows))]
        parts = min([parts, *halves], key=lambda parts: max(wordy(part, columns) for part in parts))
    if max(wordy(part, columns) for part in parts) > ROWS:
        yield Slide("list", heading, "\n".join(f"- {row[0]}" for row in rows))
        return
    for part in parts:
        yield Slide("table", heading, "\n".join(f"| {' | '.join(row[:columns])} |" for row in (*head, *part)))


def claims(prose):
    """Sentences with something in bold that is a claim, not a label; a short one with what follows it."""
    found = []
    for paragraph in re.split(r"\n\s*\n", prose):
        if paragraph.lstrip().startswith(("|", "-", "1.", "<", "$$", "(")):
            continue
        parts = re.split(r"(?<=[.?!:])(?<!et al\.)\s+(?=[A-Z*$])", paragraph.strip())
        for number, each in enumerate(parts):
            if re.search(r"\*\*\S+(\s+[^*\s]+){4,}\s*\*\*", each) and "$$" not in each and words(each) <= 45:
                if number and re.match(r"(It|This|That|These|They)\b", each) and words(parts[number - 1]) + words(each) <= BESIDE:
                    each = f"{parts[number - 1]} {each}"
                for after in parts[number + 1:]:
                    if words(each) >= ENOUGH or words(each) + words(after) > BESIDE or "$$" in after:
                        break
                    each = f"{each} {after}"
                found.append(re.sub(r"^[*_“(]*\w", lambda first: first[0].upper(), each.strip()))
    return found


def one_by_one(formula):
    """The formulas that stand in one line, each without what ends it; a word alone between them is left out."""
    parts = [part.strip() for part in re.split(r",?\s*\\qquad", formula.strip("$"))]
    return [END.sub("", f"$${part}$$") for part in parts if not re.fullmatch(r"\\text\{\s*\w+\s*\}", part)]


def leading(prose):
    """The sentence that leads to the first formula, if it's short."""
    before = FORMULA.split(prose)[0].strip()
    *earlier, last = re.split(NEXT + r"(?=[A-Z*$(])", re.split(r"\n\s*\n", before)[-1].strip())
    # "As a formula:" says nothing; what begins in the middle of a sentence less
    while earlier and words(last) < FEW // 2 and earlier[-1][:1].isupper() and words(f"{earlier[-1]} {last}") <= BESIDE:
        last = f"{earlier.pop()} {last}"
    return re.sub(r",$", ":", last) if 3 <= words(last) <= BESIDE else ""


def between(prose, number, most):
    """The few words that lead to a formula from the one before it."""
    said = leading(FORMULA.split(prose)[number]) if number else ""
    return said if words(said) <= min(SHORT, most) else ""


def sentence(text, length=0):
    """The first sentence of a text, with ``length`` and those after it that fit into so many characters; one alone may be too short."""
    found, *rest = re.split(NEXT + r"(?=[A-Z*(])", text.strip())
    for each in rest:
        if len(found) + len(each) >= (length if len(found) > 30 else min(length * 3 // 2, 210)):
            break
        found += f" {each}"
    return found


def words(text):
    return len(re.sub(r"\$.*?\$", "x", text, flags=re.S).split())


# ---- predictions -------------------------------------------------------------------------------------------------------

def named_after(cell, cells):
    """The prediction that the cell after this one asks for."""
    following = cells[cells.index(cell) + 1:]
    return next(filter(None, map(prediction, following[:1])), "")


def poll(name, text, prose=""):
    """The question, and its choices with letters; what leads to it is said, and shown if short, else the last sentence or two of it."""
    text = re.sub(r"\n+Commit to [^\n]*|^\(`[^\n]*?\.\)\s*", "", text.strip())
    text = TABLE.sub("", text).strip()
    prose, lines = re.subn(r"\n+```python\n([^\n]*?)(  +#[^\n]*)?\n```\n+", r" `\1` ", prose)       # a line of code stands in its sentence
    parts = [each for each in re.split(NEXT, text) if each]
    questions = [each for each in parts if each.rstrip(")").endswith("?")] or parts[-1:]
    lead = " ".join(each for each in parts[:parts.index(questions[0])])
    if words(lead) + words(" ".join(questions)) > 55:
        lead, questions = nearest(lead), questions[-1:]
    question = " ".join(questions)
    about = re.split(r"\n\s*\n", prose.strip())[-1] if lines else ""
    lead = lead or nearest(prose) or (about if words(about) <= LEAD else "")
    if len(question) > LONG and ": " in question:       # what is listed behind a colon stands below
        question, _, listed = question.partition(": ")
        end, listed = listed[-1], f"{listed[0].upper()}{listed[1:-1]}"
        if re.match(r"(What|How|Which|Who|Where|When|Does|Do|Is|Are)\b", listed):       # or what holds for it
            question, listed = listed, question
        question, lead = question + end, f"{lead} {listed}.".strip()
    asked = all_predictions()[name].data()
    choices = {"choice": lambda: [each["text"] for each in asked["options"]], "order": lambda: list(asked["options"]),
               "number": lambda: [], "free": lambda: []}[asked["kind"]]()
    body = {"number": lambda: DECK["number"].format(low=f"{asked['low']:g}", high=f"{asked['high']:g}", unit=asked["unit"]),
            "order": lambda: "", "free": lambda: DECK["free"], "choice": lambda: ""}[asked["kind"]]()
    steps = scale(asked["low"], asked["high"], asked["log"], asked["whole"]) if asked["kind"] == "number" else []
    return Slide("poll", question, "\n\n".join(filter(None, [lead, body])), lettered(choices), steps=steps,
                 notes=[text, DECK["poll"]])


def nearest(text):
    """The last sentences of the last paragraph, which say what "it" or "they" is in a question: one, and more if they're short.

    None that goes on from a formula, or is about code or about who found it.
    """
    paragraph = re.split(r"\n\s*\n", text.strip())[-1].strip()
    if not re.match(r"[A-Z*$]", paragraph) or paragraph.endswith(("$$", ":")) or FORMULA.search(paragraph):
        return ""
    last, *earlier = reversed(re.split(NEXT + r"(?=[A-Z*$(])", paragraph))
    for each in earlier:
        if words(f"{each} {last}") > LEAD * 2 // 3:
            break
        last = f"{each} {last}"
    return last if words(last) <= LEAD and not re.search(r"`|\(\d{4}\)|^\(", last) else ""


def scale(low, high, log, whole=False):
    """Some five numbers along a line, for hands that point at it; whole ones where only those are asked for."""
    count = next((n for n in (5, 4, 6, 3) if whole and not log and (high - low) % (n - 1) == 0), 5)
    values = (np.geomspace if log else np.linspace)(low, high, count)
    return [f"{value:.0f}" if value >= 100 or whole else f"{value:.2g}" for value in values]


def lettered(choices):
    return list(zip(string.ascii_uppercase, choices))


def why(name, last, question=""):
    """What came out of ``question``, and what to say to a wrong answer: the one that is said to be common, or else the first.

    Where nothing is said to any, what came out goes to the notes of ``last``, the slide that shows it.
    """
    asked = all_predictions()[name].data()
    wrong, rest = mistakes(asked)
    title = sentence(asked["out"], LONG)
    choice = next((each for each in wrong if COMMON.search(each[2])), wrong[0] if wrong else None)
    body = choice[2] if choice else asked["out"].removeprefix(title).strip()
    if body:
        yield Slide("why", title, body, [choice[:2]] if choice else [], notes=[asked["out"], *rest], asked=question)
    else:
        last.notes += [asked["out"], *rest]


def mistakes(asked):
    """The wrong answers to which something is said, as (mark, answer, text), and all that is said to any answer."""
    if asked["kind"] == "choice":
        options = lettered(asked["options"])
        return ([(letter, each["text"], each["say"]) for letter, each in options if not each["right"]],
                [f"**{letter}** {each['text']} {each['say']}" for letter, each in options])
    if asked["kind"] == "number":
        low, high = asked["right"]
        zones = [(a, b, f"{DECK['zone'].format(low=f'{a:g}', high=f'{b:g}') if a < b else f'{a:g}'} {asked['unit']}".strip(), text)
                 for a, b, text in asked["zones"]]
        return ([(CROSS, zone, text) for a, b, zone, text in zones if b < low or a > high],
                [f"**{zone}:** {text}" for *_, zone, text in zones])
    if asked["kind"] == "order":
        pairs = [(DECK["before"].format(a=a, b=b), text) for a, b, text in asked["wrong"]]
        return ([(CROSS, pair, text) for pair, text in pairs] or [(CROSS, DECK["another order"], asked["say"])],
                [asked["value"], *(f"**{pair}:** {text}" for pair, text in pairs), asked["say"]])
    return [], []


# ---- what cells show ---------------------------------------------------------------------------------------------------

def shown(cell, heading, name, drawn):
    """The slides of a cell's outputs, its figures as ``drawn`` has them, and of its code where the notebook marks it as worth showing."""
    pictures = [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    live = [output for output in cell.get("outputs", []) if "text/html" in output.get("data", {}) and output not in pictures]
    code = f"```python\n{cell.source}\n```"
    for output in pictures:
        figure = next((word for word in reversed(re.findall(r"""["']([\w-]+)["']""", cell.source)) if word in gathered("FIGURES")), "")
        title = gathered("FIGURES")[figure][0] if figure else ""
        alt = output.get("metadata", {}).get("image/png", {}).get("alt", "") or output.data.get("text/plain", "")
        answers = name if name and figure in all_predictions()[name].figures(name) else ""
        picture = drawn.get(figure) or trimmed(base64.b64decode(output.data["image/png"]), bool(figure))
        yield Slide("picture", heading if not title or "{" in title else title, picture=picture, alt=alt, notes=[code], answers=answers)
    for output in live:
        yield Slide("explorer", heading, html=output.data["text/html"], alt=output.data.get("text/plain", ""), notes=[code])
    marked = cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide", "fragment")
    lines = cell.source.split("\n")
    if marked and not pictures and not live and LEAST <= len(lines) <= CODE and max(map(len, lines)) <= WIDE and statements(cell):
        yield Slide("code", heading, cell.source, notes=[])


def trimmed(png, titled):
    """A figure without its white edge and, where it has one, without its title, which is the slide's headline."""
    picture = Image.open(io.BytesIO(png))
    ink = np.asarray(picture.convert("L")) < 240
    rows = np.flatnonzero(ink.any(1))
    edge, top = 8, max(0, rows[0] - 8)
    if titled:      # the first band of ink, of one line or two, and the gap below it, which is wider than that between two lines
        end, after = next(((a, b) for a, b in zip(rows, rows[1:]) if b - a > GAP), (0, rows[0]))
        top = max(after - edge, end + 1) if after - rows[0] < TITLE else top
    columns = np.flatnonzero(ink[top:].any(0))
    box = (max(0, columns[0] - edge), top, min(picture.width, columns[-1] + edge), min(picture.height, rows[-1] + edge))
    buffer = io.BytesIO()
    picture.crop(box).save(buffer, "png", optimize=True)
    return buffer.getvalue()
