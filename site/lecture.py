"""What a lecturer hands out and what a lecturer keeps, in build/lecture/student and build/lecture/instructor."""

import shutil
import sys

from shared import BUILD, ROOT, browser, packages

sys.path.insert(0, str(ROOT / "lecture"))

import formats  # noqa: E402
from questions import questions  # noqa: E402


def lecture(pdf=False):
    """build/lecture, with ``pdf`` also each page as a PDF beside it."""
    out = BUILD / "lecture"
    student, instructor = out / "student", out / "instructor"
    shutil.rmtree(out, ignore_errors=True)
    every = list(questions().values())
    write(student / "predictions.html", formats.sheet(every))
    write(instructor / "predictions_key.html", formats.sheet(every, key=True))
    write(instructor / "predictions_moodle.xml", formats.moodle(every))
    write(instructor / "predictions_qti.zip", formats.qti(every))
    for folder in (student, instructor):
        shutil.copy(packages() / "mathjax" / "es5" / "tex-svg.js", folder)
    if pdf:
        print_all(out)
    return out


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
