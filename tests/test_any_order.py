"""Lessons in any order: every cell run twice, and each section in a fresh kernel after the first cell, the imports.

What stands above the first section, the imports, is for all. Where a section needs what another made, its text says so:
(Needs the section "Title".) That each name is found where it says so is tested for all lessons; that they really run, for one
here and for all of them in make test-long.
"""

import builtins
import re
import symtable

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from test_notebooks import PATHS, code, read, tool

QUICK = ("00_start_here",)
LESSONS = [pytest.param(path, id=path.stem, marks=() if path.stem in QUICK else pytest.mark.long) for path in PATHS]
NEEDS = re.compile(r'the section "([^"]+)"')


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
    said = re.findall(r"^\(Needs (the section .*)\.\)$", "\n".join(cell.source for cell in by_title[title]), re.M)
    for name in NEEDS.findall(" ".join(said)):
        assert name in by_title, f'{title} needs "{name}", which is no section of this lesson'
        found += [*needed(name, by_title), name]
    return list(dict.fromkeys(found))


def names(cells):
    """(the names that these cells bind, those that they read before they bound them), in order."""
    bound, wanted = set(), set()
    for cell in cells:
        top = symtable.symtable(re.sub(r"^[%!].*", "", cell.source, flags=re.M), "a cell", "exec")
        inside = [top]
        for table in inside:        # grows: functions in functions
            inside += table.get_children()
        reads = {name.get_name() for table in inside for name in table.get_symbols()
                 if name.is_referenced() and (table is top or name.is_global())}
        binds = {name.get_name() for name in top.get_symbols() if name.is_assigned() or name.is_imported()}
        wanted |= reads - binds - bound
        bound |= binds
    return bound, {name for name in wanted if not hasattr(builtins, name)}


def complaint(cells, path):
    """What running these cells in a fresh kernel ends with, or "" where all went well."""
    notebook = nbformat.v4.new_notebook(metadata=read(path).metadata, cells=[
        nbformat.v4.new_code_cell(cell.source, id=f"{number}") for number, cell in enumerate(cells)])
    try:
        tool.execute(notebook, path.parent)
    except CellExecutionError as error:
        text = re.sub(r"\x1b\[[\d;]*m", "", str(error))
        return text.strip().splitlines()[-1]
    return ""


def ready(path):
    if path.name.startswith("13_"):
        pytest.importorskip("torch"), pytest.importorskip("keras"), pytest.importorskip("optax")
    return read(path)


@pytest.mark.parametrize("path", LESSONS)
def test_every_cell_twice(path):
    assert complaint([cell for cell in code(ready(path)) for _ in range(2)], path) == ""


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_section_says_which_others_it_needs(path):
    parts = sections(read(path))
    by_title = dict(parts)
    assert len(by_title) == len(parts), "two sections have one title"
    bound = {title: names(cell for cell in cells if cell.cell_type == "code") for title, cells in parts}
    missing = {}
    for place, (title, _) in enumerate(parts[1:], 1):
        here = set().union(*(bound[name][0] for name in (parts[0][0], *needed(title, by_title))))
        if lacks := bound[title][1] - here:
            missing[title] = {name: [other for other, _ in parts[:place] if name in bound[other][0]][-1:] for name in sorted(lacks)}
    assert not missing


@pytest.mark.parametrize("path", LESSONS)
def test_every_section_by_itself(path):
    parts = sections(ready(path))
    by_title, wrong = dict(parts), {}
    for title, _ in parts[1:]:
        cells = [cell for name in (parts[0][0], *needed(title, by_title), title) for cell in by_title[name] if cell.cell_type == "code"]
        if said := complaint(cells, path):
            wrong[title] = said
    assert not wrong, "\n".join(f"{title}: {said}" for title, said in wrong.items())
