"""What a page covers until the reader has chosen, what it folds, and how its lines of code break."""

import re

import nbformat
import pytest
from editions import ROOT  # noqa: F401  (site/ is on the path with it)
import waiting


def code(source, outputs=False, **metadata):
    given = [nbformat.v4.new_output("stream", text="out of it\n")] if outputs else []
    return nbformat.v4.new_code_cell(source, outputs=given, metadata=metadata)


def prose(source, **metadata):
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def outline(cells):
    """A page in short: c code, o output, > covered or folded until <, and the first word of prose."""
    signs = []
    for cell in waiting.waiting(cells):
        if cell.cell_type == "code":
            hidden = "remove-input" in cell.metadata.get("tags", [])
            signs.append("c" * (not hidden) + "o" * bool(cell.outputs) or "p")
        else:
            found = re.match(r'<details class="[^"]*lr-(\w+)"(?: data-for="(.*?)")?><summary>', cell.source)
            signs.append(f">{':'.join(filter(None, found.groups()))}" if found
                         else "<" if cell.source == "</details>" else cell.source.split()[-1])
    return " ".join(signs)


ASK = code('predict("cut")', tags=["predict"])


def test_from_a_prediction_to_the_next_heading_only_the_code_of_the_runs_is_seen():
    assert outline([prose("before"), ASK, code("run()", True), prose("told"), prose("## on"), prose("seen"), code("run()", True)]) == \
        "before p c >wait:cut o told < on seen co"
    assert outline([ASK, code("run()", True), prose("a"), code("run()", True), prose("b")]) == "p c >wait:cut o a < c >more:cut o b <"


def test_a_cell_is_cut_where_a_heading_or_the_next_question_begins():
    assert outline([ASK, prose("told\n\n## heading\n\nseen")]) == "p >wait:cut told < seen"
    second = code("predict('why')", tags=["predict"])
    assert outline([ASK, prose("told\n\n**Predict.** asked"), second, code("run()", True)]) == "p >wait:cut told < asked p c >wait:why o <"
    assert outline([ASK, prose("told\n\n```python\n# comment\n```")]) == "p >wait:cut ``` <"


def test_exercises_and_every_assertion_are_covered():
    exercise = code('check("x", ...)', True, tags=["exercise"])
    assert outline([ASK, code("run()\nassert gain > 1\nfigure()", True), exercise, code("assert gain > 1")]) == \
        "p >wait:cut co co >check c < <"


def test_checks_that_follow_on_each_other_are_one_fold_and_what_they_print_stays():
    cells = waiting.waiting([code("a = 1\n\nassert a"), code("print(a)\nassert a", True), prose("on")])
    assert "The check, 4 lines" in cells[0].source
    assert outline([code("a = 1\nassert a"), code("print(a)\nassert a", True), prose("on")]) == ">check c c < o on"
    assert "The check, 1 line<" in waiting.waiting([code("assert True")])[0].source


@pytest.mark.parametrize("source, check", [
    ("assert a < b", True), ("a, b = f(), g()\nassert a < b", True), ("print(a)\nassert a", True),
    ("for a in b:\n    assert a", False), ("for a in b:\n    print(a)\nassert b", True), ("for a in b:\n    assert a\nassert b", True),
    ("w = w - 0.1 * g\nfor t in range(9):\n    w = w - 0.1 * g\nassert w < 1", False),
    ("def f(x):\n    return x\nassert f(1)", False), ("import os\nassert os", False), ("assert a\nfigure(a)", False),
    ("", False), ("%time f()\nassert a", False)])
def test_a_check_ends_with_an_assertion_and_defines_nothing(source, check):
    assert waiting.is_check(code(source)) is check
    assert not waiting.is_check(prose(source)) and not waiting.is_check(code(source, tags=["exercise"]))


def test_a_line_knows_its_indentation_and_keeps_its_text():
    page = '<pre><span></span><span class="n">a</span><span class="p">(</span><span class="n">b</span>\n  <i>c</i>\n\n</pre>'
    done = waiting.hanging(page)
    assert re.sub(r"<[^>]*>", "", done) == re.sub(r"<[^>]*>", "", page)
    assert done.count("lr-line") == 3 and done.count("--in:2>") == 1 and done.count("(</span><wbr>") == 1
    assert '<span class="lr-in">  </span><i>' in done
    comment = '<pre><span></span><span class="n">a</span>    <span class="c1"># why</span>\n</pre>'
    assert '<span class="lr-gap">    </span><span class="c1">' in waiting.hanging(comment)
    across = "<pre><div>a\n</div>b\n</pre>"
    assert waiting.hanging(across) == across
