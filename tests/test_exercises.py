"""Each lesson runs with nothing done and with everything solved, and wrong answers get a hint of their own."""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

from lrcourse.exercises import Exercise, all_exercises, check

ROOT = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = [pytest.param(path, id=path.stem) for path in PATHS]


def stubs(notebook):
    """(stub cell, the code of its solution) for each exercise."""
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None]):
        if "exercise" in cell.metadata.get("tags", []):
            assert after is not None and "solution" in after.metadata.get("tags", []), cell.source
            assert "<details><summary>Solution</summary>" in after.source and "</details>" in after.source
            yield cell, re.search(r"```python\n(.*?)```", after.source, re.S)[1].strip()


def said(cell):
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


@pytest.mark.parametrize("path", LESSONS)
def test_undone_exercises_say_not_yet(path):
    found = list(stubs(nbformat.read(path, as_version=4)))
    assert 2 <= len(found) <= 4 or (path.name.startswith("11_") and len(found) > 4)
    for cell, _ in found:
        assert re.search(r'check\("[\w-]+", \w+\)$', cell.source.strip()), cell.source
        assert "Not yet" in said(cell)


@pytest.mark.parametrize("path", LESSONS)
def test_solutions_are_right(path):
    if path.name.startswith("11_"):
        pytest.importorskip("torch"), pytest.importorskip("keras"), pytest.importorskip("optax")
    notebook = nbformat.read(path, as_version=4)
    solved = []
    for cell, solution in stubs(notebook):
        cell.source = solution
        solved.append(cell.id)
    notebook = tool.execute(notebook, path.parent)
    for cell in notebook.cells:
        if cell.id in solved:
            assert said(cell).startswith("Right"), (cell.source, said(cell))


@pytest.mark.parametrize("name", all_exercises())
def test_wrong_answers_get_their_own_hint(name):
    exercise = all_exercises()[name]
    assert exercise.right and exercise.hint and exercise.wrong
    for answer, hint in exercise.wrong:
        if not callable(answer) or hasattr(answer, "formula"):
            assert check(name, answer) == f"Not quite. {hint}"
    for odd in ("nonsense", object(), [], [1, 2, "x"], float("nan"), {}):
        assert not check(name, odd).startswith("Not yet")


@pytest.mark.parametrize("name", all_exercises())
def test_nothing_is_not_an_answer(name):
    assert check(name, ...).startswith("Not yet") and check(name, None).startswith("Not yet")


def test_a_name_that_no_lesson_has():
    with pytest.raises(ValueError, match="name='rate-at-99' is not allowed in check: one of one-update"):
        check("rate-at-99", 1)


def test_answers_may_miss_by_the_tolerance():
    exercise = Exercise(answer=2.0, right="", hint="no", tolerance=0.1)
    assert exercise.verdict(2.1).startswith("Right") and exercise.verdict(2.3).startswith("Not quite")
