"""What every lesson must keep: it runs, its stored outputs are real, and it is built like the others."""

import ast
import copy
import html
import importlib.util
import re
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = [pytest.param(path, id=path.stem) for path in PATHS]
# make test runs all lessons once, by nbval, which compares outputs too; these a second time, with their solutions
SOON = ("00", "01", "05", "10", "13")
ANEW = [pytest.param(path, id=path.stem, marks=() if path.name[:2] in SOON else pytest.mark.long) for path in PATHS]


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def stubs(notebook):
    """(stub cell, the code of its solution) for each exercise."""
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None]):
        if "exercise" in cell.metadata.get("tags", []):
            assert after is not None and "solution" in after.metadata.get("tags", []), cell.source
            assert "<details><summary>Solution</summary>" in after.source and "</details>" in after.source
            yield cell, re.search(r"```python\n(.*?)```", after.source, re.S)[1].strip()


def said(cell):
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def run_with_solutions(path):
    """One run that does the work of two: each solution runs just before its stub, which then forgets the answer.

    Returns the notebook as it is without the solutions, and the executed solutions.
    """
    notebook, solved = tool.cleared(read(path)), []
    for stub, solution in list(stubs(notebook)):
        cell = new_code_cell(solution, id=f"solved-{stub.id}")
        notebook.cells.insert(notebook.cells.index(stub), cell)
        solved.append(cell.id)
    for shown in [cell for cell in notebook.cells if "progress" in cell.metadata.get("tags", [])]:      # the map knows of no solution
        cell = new_code_cell("progress(forget=True);", id=f"forgotten-{shown.id}")
        notebook.cells.insert(notebook.cells.index(shown), cell)
        solved.append(cell.id)
    notebook = tool.execute(notebook, path.parent)
    solutions = [cell for cell in notebook.cells if cell.id in solved and cell.id.startswith("solved-")]
    notebook.cells = [cell for cell in notebook.cells if cell.id not in solved]
    for number, cell in enumerate(code(notebook), 1):
        for thing in (cell, *(output for output in cell.outputs if "execution_count" in output)):
            thing.execution_count = number
    return notebook, solutions


@pytest.mark.parametrize("path", ANEW)
def test_stored_outputs_are_what_running_gives_and_solutions_are_right(path):
    if path.name.startswith("13_"):
        pytest.importorskip("torch"), pytest.importorskip("keras"), pytest.importorskip("optax")
    notebook, solutions = run_with_solutions(path)
    for cell in solutions:
        assert said(cell).startswith("Right"), (cell.source, said(cell))
    if not tool.unpinned():     # bytes are compared in the pinned environment alone
        assert tool.problems(path, notebook) == []


@pytest.mark.parametrize("path", LESSONS)
def test_undone_exercises_say_not_yet(path):
    found = list(stubs(read(path)))
    assert 2 <= len(found) <= 4 or (path.name.startswith("13_") and len(found) > 4)
    for cell, _ in found:
        assert re.search(r'check\("[\w-]+", \w+\)$', cell.source.strip()), cell.source
        assert "Not yet" in said(cell)


@pytest.mark.parametrize("path", LESSONS)
def test_file(path):
    assert re.fullmatch(r"\d\d(_[a-z0-9]+)+", path.stem)
    assert path.stat().st_size < 1_000_000
    notebook = read(path)
    nbformat.validate(notebook)
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "lrcourse", "widgets"}
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in code(notebook):
        assert cell.execution_count, f"never executed: {cell.source[:60]}"
        assert not any(output.output_type == "error" for output in cell.outputs)
        assert not any(output.get("name") == "stderr" for output in cell.outputs), cell.source[:60]


@pytest.mark.parametrize("path", LESSONS)
def test_template(path):
    cells = read(path).cells
    first, last = cells[0].source, "\n".join(cell.source for cell in cells[-4:])
    assert first.startswith("# ")
    for part in ("What you'll learn", "What you'll need", "Time"):
        assert f"**{part}**" in first, part
    for part in ("Summary", "On your own", "Further reading"):
        assert f"## {part}" in last, part
    assert any("**Predict.**" in cell.source for cell in cells)


@pytest.mark.parametrize("path", LESSONS)
def test_cell_budget(path):
    notebook = read(path)
    lengths = sorted(len(lines(cell)) for cell in code(notebook))
    assert lengths[len(lengths) // 2] <= 3
    assert sum(length > 15 for length in lengths) <= 0.05 * len(lengths)
    shown = [cell.source for cell in code(notebook)]
    shown += [part for cell in notebook.cells for part in re.findall(r"```python\n(.*?)```", cell.source, re.S)]
    assert [line for part in shown for line in part.splitlines() if len(line) > 100] == []


def without_words(notebook):
    """The code cells that show a picture without saying what it shows."""
    silent = []
    for cell in code(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data or "<img" in data.get("text/html", ""):
                words = re.search(r'alt="([^"]*)"', data.get("text/html", ""))
                alt = html.unescape(words[1]) if words else data.get("text/plain", "")
                if len(alt) < 40 or alt.startswith("<"):
                    silent.append(cell.source)
    return silent


@pytest.mark.parametrize("path", LESSONS)
def test_every_picture_is_described(path):
    assert without_words(read(path)) == []


@pytest.mark.parametrize("path", LESSONS)
def test_nothing_is_loaded_from_elsewhere(path):
    for cell in read(path).cells:
        assert not re.search(r"!pip|%pip|urlopen|requests\.get|<script[^>]+src=|!\[[^]]*\]\(http", cell.source)


def test_no_two_lessons_repeat_each_others_code():
    seen = {}
    for path in PATHS:
        for cell in code(read(path)):
            for node in ast.walk(ast.parse(re.sub(r"^[%!].*$", "", cell.source, flags=re.M))):
                if isinstance(node, ast.FunctionDef) and len(node.body) > 1:
                    body = ast.dump(ast.Module(node.body, []))
                    other = seen.setdefault(body, path)
                    assert other == path, f"{node.name} in {path.name} stands in {other.name} too"


# ---- every number in the prose ----------------------------------------------------------------------------------

NUMBER = re.compile(r"(?<![\w.,/^_-])-?\d+(?:\.\d+)?(?![\w/^]|\.\d)")
# what isn't a measurement: links, formulas, code, papers with their years, lesson numbers, numbered lists, bold labels
NO_CLAIM = [r"```.*?```", r"`[^`]*`", r"\$\$.*?\$\$", r"\$[^$]*\$", r"<[^>]*>", r"\[[^]]*\]\([^)]*\)", r"^\s*\d+\. ",
            r"^#+ .*$", r"^\|.*$", r"\((?:[^()]*\D)?(?:19|20)\d\d[a-z]?\)", r"\b(?:19|20)\d\d\b",
            r"\b[Ll]essons? \d\d(?:(?:,| and| to) \d\d)*", r"\*\*(?:Exercise|Trap) \d+(?: \((?:\\\*)+\))?\.\*\*", r"\*\*Time\*\*.*$",
            r"\b(?:arXiv|doi)\S* \S+", r"\b[Ss]ections? [\d.]+(?:(?:,| and| to) [\d.]+)*", r"\b[Ff]igures? \d+"]


def numbers(text):
    for pattern in NO_CLAIM:
        text = re.sub(pattern, " ", text, flags=re.M | re.S if "```" in pattern or "$$" in pattern else re.M)
    return [number for number in NUMBER.findall(text)]


def carried(number, sources):
    """Whether code names the number: as it stands, or as the fraction of a percentage."""
    value = float(number)
    named = re.findall(r"(?<![\w.])\d+\.?\d*(?:e-?\d+)?", sources.replace("_", ""))
    found = [float(text.rstrip(".")) for text in named]
    wanted = {value, abs(value), round(abs(value) / 100, 10), abs(value) + 1, abs(value) - 1}
    return any(abs(f - w) < 1e-9 for f in found for w in wanted)


def unproven(notebook):
    """The numbers of the prose that no code cell beside them names: [(number, where it stands)]."""
    given = notebook.metadata.get("lrcourse", {}).get("numbers", {})
    found, blocks = [], [[]]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.match(r"#{1,2} ", cell.source):
            blocks.append([])
        blocks[-1].append(cell)
    for block in blocks:
        sources = "\n".join(cell.source for cell in block if cell.cell_type == "code")
        titled = block and block[0].source.startswith(("# ", "## Summary"))
        if titled or "Further reading" in (block[-1].source if block else ""):
            sources = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        formulas = "\n".join("".join(re.findall(r"\$[^$]+\$|`[^`]+`", cell.source)) for cell in block)
        for cell in block:
            if cell.cell_type == "markdown" and "solution" not in cell.metadata.get("tags", []):
                prose = cell.source.split("## On your own")[0]
                found += [(number, prose[:50]) for number in numbers(prose)
                          if number not in given and not carried(number, sources + formulas)]
    return found


@pytest.mark.parametrize("path", LESSONS)
def test_every_number_in_the_prose_is_carried_by_code(path):
    assert unproven(read(path)) == []


@pytest.mark.parametrize("path", LESSONS)
def test_numbers_from_elsewhere_say_where_from(path):
    """``metadata.lrcourse.numbers`` holds those that no run here gives: a source, or arithmetic that gives it."""
    import math

    for number, source in read(path).metadata.get("lrcourse", {}).get("numbers", {}).items():
        assert source
        if re.fullmatch(r"[\d\s.+*/()a-z,-]+", source) and re.search(r"\d", source):
            value = eval(source, vars(math).copy())
            assert abs(value - float(number)) <= 0.51 * 10 ** -len(number.partition(".")[2]), (number, source)


# ---- the checks themselves ----------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("notebooks") / "99_small.ipynb"
    cells = [new_markdown_cell("# Title"), new_code_cell("1 + 1"),
             new_code_cell("import ipywidgets\nipywidgets.IntSlider(3)"),
             new_code_cell("from lrcourse import constant\nfrom lrcourse.figures import schedule_curve\n"
                           "schedule_curve(constant(0.1), 3)")]
    path.write_text(tool.written(new_notebook(cells=cells, metadata={"kernelspec": {
        "name": "python3", "display_name": "Python 3", "language": "python"}})))
    assert tool.process(path, store=True)[2] == []
    return path


def test_two_runs_give_the_same_bytes_widgets_included(small):
    assert tool.process(small, store=False)[2] == []


def test_the_reply_to_a_cell_with_widgets_is_not_missed():
    """Bare nbclient misses it once in some thirty such cells, and waits until its timeout."""
    cells = [new_code_cell("from ipywidgets import interact"),
             *(new_code_cell("interact(lambda x: print(x), x=(0, 9));") for _ in range(80))]
    began = time.monotonic()
    tool.execute(new_notebook(cells=cells), timeout=60)
    assert time.monotonic() - began < 55


def test_network_is_shut_off(tmp_path):
    path = tmp_path / "99_net.ipynb"
    cell = new_code_cell("import socket\nsocket.create_connection(('192.0.2.1', 9), 5)")
    path.write_text(tool.written(new_notebook(cells=[cell])))
    assert "without the network" in tool.process(path, store=False)[2][0]


@pytest.mark.parametrize("harm, said", [
    (lambda cells: cells[1].outputs[0].data.update({"text/plain": "3"}), "gives other outputs"),
    (lambda cells: cells[3].outputs[0].data.update({"image/png": "junk"}), "gives other outputs"),
    (lambda cells: cells[1].update(execution_count=None, outputs=[]), "never executed"),
])
def test_false_outputs_are_found(small, harm, said):
    true = read(small)
    false = copy.deepcopy(true)
    harm(false.cells)
    assert said in tool.differences(false, true)[0]


def test_a_picture_without_words_is_found(small):
    notebook = read(small)
    assert without_words(notebook) == []
    data = notebook.cells[3].outputs[0].data
    data["text/html"] = re.sub(r'alt="[^"]*"', 'alt=""', data["text/html"])
    assert len(without_words(notebook)) == 1


def test_a_number_without_proof_is_found():
    cells = [new_markdown_cell("## A\n\nIt fell by 37 %, $x=5$, in 12 runs (He et al., 2016)."),
             new_code_cell("assert 0.3 < x < 0.4 and n == 12")]
    assert [number for number, _ in unproven(new_notebook(cells=cells))] == ["37"]
