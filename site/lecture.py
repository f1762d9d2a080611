"""What a lecturer hands out and what a lecturer keeps, in build/lecture/student and build/lecture/instructor."""

import json
import os
import secrets
import shutil
import sys
from pathlib import Path

from shared import BUILD, ROOT, browser, lessons, packages

sys.path.insert(0, str(ROOT / "lecture"))

import assignments  # noqa: E402
import figures  # noqa: E402
import formats  # noqa: E402
import plan  # noqa: E402
from exam import exam  # noqa: E402
from questions import questions  # noqa: E402
from words import WORDS  # noqa: E402

from lrcourse.grading import NAMES, read_secret  # noqa: E402

KEY = ROOT / "lecture" / "key.json"


def lecture(pdf=False, students=None, key=None, svg=False):
    """build/lecture, with ``pdf`` also each page as a PDF beside it.

    ``students`` is a file with the number of a student in each line; without it there are assignments for 1 to 5. ``key`` is
    the file with the secret from which their variants are made; one that doesn't exist yet is made. ``svg`` draws the figures
    as SVG too, which runs all notebooks: minutes.
    """
    out = BUILD / "lecture"
    student, instructor = out / "student", out / "instructor"
    shutil.rmtree(out, ignore_errors=True)
    every = list(questions().values())
    write(student / "predictions.html", formats.sheet(every))
    write(instructor / "predictions_key.html", formats.sheet(every, key=True))
    write(instructor / "predictions_moodle.xml", formats.moodle(every))
    write(instructor / "predictions_qti.zip", formats.qti(every))
    secret = kept_secret(Path(key or KEY))
    for number in numbers(students):
        for name in NAMES:
            write(student / "assignments" / number / f"{name}.ipynb", assignments.notebook(name, number, secret))
            write(instructor / "solutions" / number / f"{name}.ipynb", assignments.notebook(name, number, secret, solved=True))
    write(instructor / "rubrics.html", formats.document(WORDS["rubrics"], assignments.rubric()))
    write(instructor / "key.json", json.dumps({"secret": secret}))
    folder = instructor / "figures"
    folder.mkdir()
    write(folder / "index.html", formats.page(WORDS["figures"], figures.pack(lessons(), folder, svg), root="../"))
    asked = list(exam().values())
    write(instructor / "exam.html", formats.sheet(asked, title=WORDS["exam"], how=WORDS["exam_how"]))
    write(instructor / "exam_key.html", formats.sheet(asked, key=True, title=WORDS["exam"]))
    write(instructor / "exam_moodle.xml", formats.moodle(asked))
    write(instructor / "exam_qti.zip", formats.qti(asked))
    write(student / "project.html", formats.document(WORDS["project"], (ROOT / "lecture" / "project.md").read_text(encoding="utf-8")))
    for count in plan.SESSIONS:
        for folder in (student, instructor):
            text = plan.syllabus(count, instructor=folder is instructor)
            write(folder / f"syllabus_{count}.html", formats.document(WORDS["syllabus"], text))
    for lesson in plan.lessons().values():
        text = plan.misconceptions(lesson)
        write(instructor / "plan" / f"{lesson.file}.html", formats.document(lesson.title, text, root="../"))
    for folder in (student, instructor):
        shutil.copy(packages() / "mathjax" / "es5" / "tex-svg.js", folder)
    if pdf:
        print_all(out)
    return out


def numbers(students):
    """The students' numbers, as they name folders."""
    found = Path(students).read_text(encoding="utf-8").split() if students else [str(number) for number in range(1, 6)]
    for each in found:
        if not each.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"students={str(students)!r} is not allowed in lecture: {each!r} has to be letters and digits")
    return found


def kept_secret(path):
    """The lecturer's secret, made once and kept from git and from others on this machine."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"secret": secrets.token_hex(16)}, file)
    return read_secret(path)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def print_all(out):
    """Every page as a PDF, once its formulas are set."""
    with browser() as chromium:
        page = chromium.new_page()
        for path in sorted(out.rglob("*.html")):
            page.goto(path.as_uri())
            page.evaluate("MathJax.startup.promise")
            page.pdf(path=path.with_suffix(".pdf"), format="A4", prefer_css_page_size=True)
