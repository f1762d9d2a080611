"""The lecturer's plan: sessions of 90 minutes, with aims, minutes a section and what to leave out, from the lessons themselves.

Minutes are estimated from what a section holds, by ``RULE``; the sessions and what may be skipped are choices, made here.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from questions import questions

from lrcourse.lessons.ui import LESSONS

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
LENGTH = 90         # minutes of a session
WORDS_A_MINUTE, A_PREDICTION, A_FIGURE, A_START = 250, 3, 1.5, 1
EXERCISE = {1: 2, 2: 5, 3: 10}      # minutes by stars, as lesson 00 explains them
SPARE = 10          # minutes of a session for questions and the change of rooms
RULE = f"""A section takes {A_START} minute to begin, {A_PREDICTION} for each Predict (a vote, a word with the neighbour, the result), \
{A_FIGURE} for each figure, and a minute for every {WORDS_A_MINUTE} words of its prose: about half of them are said, at 125 words a \
minute. An exercise takes {EXERCISE[1]}, {EXERCISE[2]} or {EXERCISE[3]} minutes by its stars; it is counted apart, for the class or for \
home. {SPARE} minutes of each {LENGTH} are kept for questions. Nobody has timed a class yet: these are estimates by rule, so note yours."""

# the numbers of the lessons of each session
SESSIONS = {
    2: [["01", "04"], ["09", "16"]],
    6: [["00", "01"], ["04", "07"], ["08"], ["09"], ["10"], ["13", "16"]],
    12: [["00", "01"], ["02"], ["03"], ["04"], ["05"], ["06", "07"], ["08"], ["09"], ["10"], ["11"], ["12"], ["13", "16"]],
}
# what to leave out when late, in this order: nothing after it rests on these
SKIP = {
    "00": ["How to read a lesson"],
    "01": ["Turn the ravine", "Is the drawing wrong, or was 1.5 the wrong rate to try?"],
    "02": ["The race in the ravine, and how to cheat", "How far can the rate go?"],
    "03": ["Two unknown numbers"],
    "04": ["What is decay worth without noise?"],
    "05": ["Two weights, one schedule", "And if k is wrong?"],
    "06": ["Stuck for ever, exactly"],
    "07": ["Three ways to fool it"],
    "08": ["A decay that needs no end: the inverse square root", "Is it the slow start, or would a lower rate do?", "One cycle"],
    "09": ["Optional: why theory likes the straight line", "Average instead of decaying"],
    "10": ["Other seeds, other images", "Twice the budget, another network"],
    "11": ["Does it change with the size?", "Could we have known?"],
    "12": ["Another text", "The run is over. Can it go on?"],
    "13": ["Who counts when there are four processes?", "When is a plateau a plateau?", "Eleven more, to look up"],
    "14": ["What is a learning rate, once there is weight decay?"],
    "15": ["Let the model design a schedule"],
    "16": ["What nobody knows yet", "The other claims, one by one"],
}
END = ("Summary", "On your own", "Further reading", "Glossary", "How well did you predict?", "The map", "Every schedule on one page")


@dataclass
class Section:
    title: str
    words: int = 0
    figures: int = 0
    predictions: list = field(default_factory=list)
    exercises: list = field(default_factory=list)       # stars of each
    folds: list = field(default_factory=list)           # (title, derivation) for the board

    @property
    def minutes(self):
        return round(A_START + self.words / WORDS_A_MINUTE + A_PREDICTION * len(self.predictions) + A_FIGURE * self.figures)

    @property
    def at_exercises(self):
        return sum(EXERCISE[stars] for stars in self.exercises)


@dataclass
class Lesson:
    file: str
    aims: str
    needs: str
    sections: list
    alone: int      # minutes of a slow reader: all of the above, and what stands after the last question, and the exercises

    @property
    def title(self):
        return LESSONS[self.file]

    @property
    def minutes(self):
        return sum(section.minutes for section in self.sections)


@cache
def lessons():
    """Each lesson by its number, as its notebook has it; what stands after the last question is left to the reader, but for ``alone``."""
    return {path.stem[:2]: read(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


def read(path):
    cells = nbformat.read(path, as_version=4).cells
    head = cells[0].source
    aims = re.search(r"\*\*What you'll learn\*\*\n(.*?)\n\n", head, re.S)[1]
    needs = re.search(r"\*\*What you'll need\*\*: (.*)", head)[1]
    sections = []
    for cell in cells[1:]:
        if cell.cell_type == "markdown":
            for part in re.split(r"^(?=## )", cell.source, flags=re.M):
                if heading := re.match(r"## (.+)", part):
                    sections.append(Section(heading[1]))
                if "solution" not in cell.metadata.get("tags", []) and sections:
                    told(sections[-1], part)
        elif sections:
            tags, section = cell.metadata.get("tags", []), sections[-1]
            if "predict" in tags:
                section.predictions.append(re.search(r"""["']([\w-]+)["']""", cell.source)[1])
            elif "exercise" not in tags:
                section.figures += any("image/png" in output.get("data", {}) or "widget" in "".join(output.get("data", {}))
                                       for output in cell.outputs)
    alone = sum(section.minutes + section.at_exercises for section in sections) + round(len(head.split()) / WORDS_A_MINUTE)
    return Lesson(path.stem, aims, needs, [section for section in sections if section.title not in END], alone)


def told(section, text):
    section.folds += re.findall(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", text, re.S)
    section.exercises += [stars.count("*") for stars in re.findall(r"\*\*Exercise[^(\n]*\(([\\*]+)\)", text)]
    spoken = re.sub(r"<details>.*?</details>|\*\*Exercise.*", "", text, flags=re.S)
    section.words += len(spoken.split())


# ---- as pages --------------------------------------------------------------------------------------------------------

def syllabus(count, instructor):
    """The sessions of a course of ``count``; for the instructor with minutes, what to skip, and what is said to whom."""
    lines = [f"{count} sessions of {LENGTH} minutes.", ""]
    if instructor:
        lines += [RULE, ""]
    for number, names in enumerate(SESSIONS[count], 1):
        chosen = [lessons()[name] for name in names]
        total = sum(lesson.minutes for lesson in chosen)
        lines += [f"## Session {number}: {' '.join(lesson.title for lesson in chosen)}", ""]
        if instructor:
            lines += [budget(total, chosen), ""]
        for lesson in chosen:
            lines += [f"### Lesson {lesson.file[:2]}", "", "**Aims**", "", lesson.aims, "", f"**Needed before**: {lesson.needs}", ""]
            if instructor:
                lines += [*table(lesson), ""]
            else:
                lines += [*(f"- {section.title}" for section in lesson.sections), ""]
    left = [f"{name} ({lesson.title})" for name, lesson in lessons().items() if name not in sum(SESSIONS[count], [])]
    return "\n".join([*lines, "## To read alone", "", "; ".join(left) or "nothing", ""])


def budget(total, chosen):
    """What fits, and what to leave out, beginning with what is least needed."""
    over, out, spare = total - (LENGTH - SPARE), [], 0
    queue = [(lesson, title) for lesson in chosen for title in SKIP[lesson.file[:2]]]
    for lesson, title in queue:
        if over - spare <= 0:
            break
        spare += next(section.minutes for section in lesson.sections if section.title == title)
        out.append(title)
    exercises = sum(section.at_exercises for lesson in chosen for section in lesson.sections)
    text = f"**{total} minutes** of talk and votes, {exercises} of exercises. "
    if over <= 0:
        free = -over
        text += f"{free} more can go to exercises in class. " if free else ""
    else:
        text += f"That is {over} more than fit: leave out {'; '.join(f'*{title}*' for title in out)} (saves {spare}). "
        if spare < over:
            text += f"Leave {over - spare} minutes more to reading at home, from the end of the session. "
    later = [title for _, title in queue if title not in out]
    return text + (f"When late, leave out: {'; '.join(f'*{title}*' for title in later)}." if later else "")


def table(lesson):
    return ["| section | minutes | Predicts | figures | exercises, minutes |", "|---|---|---|---|---|",
            *(f"| {section.title} | {section.minutes} | {len(section.predictions)} | {section.figures} | {section.at_exercises} |"
              for section in lesson.sections)]


def misconceptions(lesson):
    """For each Predict, what is tempting and what to say to it; then the derivations for the board."""
    lines = []
    for section in lesson.sections:
        if not section.predictions and not section.folds:
            continue
        lines += [f"## {section.title}", ""]
        for name in section.predictions:
            question = questions()[name]
            lines += [f"**Ask.** {question.text}", ""]
            says = [(option.text, option.right, option.say) for option in question.options]
            says += [(f"{zone.low:g} to {zone.high:g}", zone.right, zone.say) for zone in question.zones if zone.high > zone.low]
            lines += [f"- {'**Right:** ' if right else 'Tempting: '}{escaped(text)}. *Say:* {escaped(say)}" for text, right, say in says]
            lines += ["", f"**What comes out.** {escaped(question.out)}", ""]
        for title, text in section.folds:
            lines += [f"**On the board: {title}.**", "", text.strip(), ""]
    return "\n".join(lines)


def escaped(text):
    """Words of ``lrcourse.lessons`` are plain: in markdown a * or a _ of theirs stays one."""
    return re.sub(r"([*_`$\[\]])", r"\\\1", text)
