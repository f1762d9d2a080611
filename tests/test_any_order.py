"""Lessons in any order: every cell run twice, and each section in a fresh kernel after the first cell, the imports.

Where a section needs what another made, its text says so: Needs the section "Title". A cell that can't be run again by
itself says what to do: an error with the words "run the cells from". One lesson here; all of them in make test-long.
"""

import re

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from test_notebooks import PATHS, code, read, tool

QUICK = ("00_start_here",)
LESSONS = [pytest.param(path, id=path.stem, marks=() if path.stem in QUICK else pytest.mark.long) for path in PATHS]
NEEDS = re.compile(r'Needs the section "([^"]+)"')


def sections(notebook):
    """[(title, its cells)], in order; what comes before the first heading of a section belongs to the title's."""
    found = []
    for cell in notebook.cells:
        heading = re.match(r"#{1,2} (.*)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            found.append((heading[1].strip(), []))
        found[-1][1].append(cell)
    return found


def needed(title, by_title):
    """The titles of the sections that have to run before this one, in order."""
    found = []
    for name in NEEDS.findall("\n".join(cell.source for cell in by_title[title])):
        assert name in by_title, f'{title} needs "{name}", which is no section of this lesson'
        found += [*needed(name, by_title), name]
    return list(dict.fromkeys(found))


def complaint(cells, path):
    """What running these cells in a fresh kernel ends with, or "" where all went well or a cell said what to do."""
    notebook = nbformat.v4.new_notebook(metadata=read(path).metadata, cells=[
        nbformat.v4.new_code_cell(cell.source, id=f"{number}") for number, cell in enumerate(cells)])
    try:
        tool.execute(notebook, path.parent)
    except CellExecutionError as error:
        text = re.sub(r"\x1b\[[\d;]*m", "", str(error))
        return "" if "run the cells from" in text else text.strip().splitlines()[-1] + "\n    in: " + error.traceback.splitlines()[1][:80]
    return ""


def ready(path):
    if path.name.startswith("13_"):
        pytest.importorskip("torch"), pytest.importorskip("keras"), pytest.importorskip("optax")
    return read(path)


@pytest.mark.parametrize("path", LESSONS)
def test_every_cell_twice(path):
    assert complaint([cell for cell in code(ready(path)) for _ in range(2)], path) == ""


@pytest.mark.parametrize("path", LESSONS)
def test_every_section_by_itself(path):
    notebook = ready(path)
    first, parts = code(notebook)[0], sections(notebook)
    by_title, wrong = dict(parts), {}
    assert len(by_title) == len(parts), "two sections have one title"
    for title, cells in parts:
        own = [cell for name in (*needed(title, by_title), title) for cell in by_title[name] if cell.cell_type == "code"]
        if own and own != [first] and (said := complaint([first, *(cell for cell in own if cell is not first)], path)):
            wrong[title] = said
    assert not wrong, "\n".join(f"{title}: {said}" for title, said in wrong.items())
