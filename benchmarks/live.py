"""How long each lesson takes in the live edition, in Chromium: the sum over its cells, and the slowest of them.

    python benchmarks/live.py [NUMBER ...]        all lessons, or those with these numbers; wants build/pyodide (make test has it)

Each lesson gets a page of its own, so a Python of its own; the clock starts when the kernel is up, and the first cell, the
imports, is part of it. --write puts the table into benchmarks/LIVE.md.
"""

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]
from editions import chromium, served, shared  # noqa: E402
from test_live import OPEN  # noqa: E402

RUN = """async index => { const { content } = jupyterapp.shell.currentWidget; content.activeCellIndex = index;
  const began = performance.now(); await jupyterapp.commands.execute('notebook:run-cell');
  const outputs = content.widgets[index].model.outputs.toJSON();
  return [(performance.now() - began) / 1000, outputs.filter(each => each.output_type === 'error').map(each => each.ename)]; }"""
CELLS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell, index) =>
  cell.model.type === 'code' && cell.model.sharedModel.source.trim() ? [[index, cell.model.sharedModel.source]] : [])"""


def lesson(browser, address, name):
    """[(seconds, first line of the cell)], and what went wrong."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{address}lab/index.html?path={name}.ipynb")
    page.wait_for_function(f"name => window.jupyterapp?.shell.currentWidget && ({OPEN})(name)", arg=f"{name}.ipynb", timeout=120_000)
    page.wait_for_function("jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.status === 'idle'", timeout=120_000)
    times, wrong = [], []
    for index, source in page.evaluate(CELLS):
        seconds, errors = page.evaluate(RUN, index)
        times.append((seconds, source.splitlines()[0]))
        wrong += errors
    page.context.close()
    return times, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    import build
    rows = []
    with tempfile.TemporaryDirectory() as tmp, served(build.live(shared.BUILD / "pyodide"), Path(tmp)) as address, chromium() as browser:
        for path in shared.lessons():
            if options.numbers and path.name[:2] not in options.numbers:
                continue
            times, wrong = lesson(browser, address, path.stem)
            slowest, first = max(times)
            rows.append(f"| {path.stem} | {sum(seconds for seconds, _ in times):.1f} | {slowest:.1f} | `{first[:60]}` |" + " ".join(wrong))
            print(rows[-1], flush=True)
    if options.write:
        head = [f"{time.strftime('%Y-%m-%d')}, Chromium on {platform.processor() or platform.machine()}, seconds after the kernel is up; "
                "by `python benchmarks/live.py --write`.", "",
                "| lesson | all cells | the slowest | which begins with |", "|---|---|---|---|"]
        (ROOT / "benchmarks" / "LIVE.md").write_text("\n".join([*head, *rows, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
