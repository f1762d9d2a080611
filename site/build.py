"""Build slides, web site and live edition from notebooks/ alone, into build/.

    python site/build.py slides|site|live|publish [--pyodide DIR]

``prepared`` makes of each notebook what all of them show: explorers that run without a kernel, and of other widgets the
picture that they hold.
"""

import argparse
import base64
import copy
import email.parser
import fcntl
import hashlib
import json
import pkgutil
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
from markdown_it import MarkdownIt
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
SITE, BUILD, NOTEBOOKS = ROOT / "site", ROOT / "build", ROOT / "notebooks"
NPM = {"reveal.js": "5.2.1", "mathjax": "3.2.2", "pyodide": "0.27.7", "axe-core": "4.14.1"}     # the last for the tests
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PYODIDE = f"https://cdn.jsdelivr.net/pyodide/v{NPM['pyodide']}/full/"
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
ALT = re.compile(r',\s*alt=(?:\s*"(?:[^"\\]|\\.)*")+')      # what a picture shows is heard, not read off a slide


def lessons():
    return sorted(NOTEBOOKS.glob("*.ipynb"))


# ---- from a notebook to what can be shown without a kernel -----------------------------------------------------------

def prepared(path):
    """A notebook whose widgets need no kernel, and which no longer carries their state."""
    notebook = nbformat.read(path, as_version=4)
    state = notebook.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    for cell in notebook.cells:
        for output in list(cell.get("outputs", [])):
            view = output.get("data", {}).pop(VIEW, None)
            model = state.get(view["model_id"]) if view else None
            if model and "_esm" in model["state"]:
                output.data = {"text/html": explorer(model["state"]), "text/plain": output.data.get("text/plain", "")}
            elif model:         # sliders of ipywidgets: what they last showed
                cell.outputs = [nbformat.from_dict(held) for child in belonging(state, view["model_id"])
                                for held in state[child]["state"].get("outputs", [])]
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), "sliders"]
    return notebook


def belonging(state, root):
    """The widget ``root`` and all that it holds, in order."""
    found, queue = [], [root]
    while queue:
        model = queue.pop(0)
        if model not in found:
            found.append(model)
            queue += re.findall(r"IPY_MODEL_([0-9a-f]{32})", json.dumps(state[model]["state"]))
    return found


def explorer(values):
    """The explorer that has this state, as a piece of HTML."""
    from lrcourse import explorers

    kind = getattr(explorers, values["_anywidget_id"].rpartition(".")[2])
    return kind(**{name: values[name] for name in kind.settings()}).html()


# ---- slides ----------------------------------------------------------------------------------------------------------

def deck(notebook):
    """The notebook as slides: marked cells are slides, the unmarked prose after one becomes its speaker notes."""
    notebook = copy.deepcopy(notebook)
    cells = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        tags = cell.metadata.get("tags", [])
        if "solution" in tags:
            continue
        if kind is None:
            if "exercise" in tags:
                kind = "-"
            elif cell.cell_type == "markdown" and "**Exercise" in cell.source:
                before, stem, exercise = cell.source.partition("**Exercise")
                cells.append(slide(nbformat.v4.new_markdown_cell(before), "notes"))
                cell.source, kind = stem + exercise, "subslide"
            elif cell.cell_type == "markdown":
                kind = "notes"
            else:       # what a slide ends by announcing, with a colon, stands below it
                announced = cells and cells[-1].cell_type == "markdown" and shown(cells[-1]) and cells[-1].source.endswith(":")
                kind = "-" if announced and cell.outputs and not pictured(cell) else "skip"
        # every figure gets a slide of its own: prose, code and figure together don't fit on one
        cells.append(slide(cell, "subslide" if kind == "fragment" else kind))
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\((\d\d_\w+)\.ipynb\)", r"(\1.html)", cell.source)      # from deck to deck
        else:
            cell.source = ALT.sub("", cell.source)
            if "exercise" in tags:
                cell.outputs = []
            elif kind != "skip" and ("hide-input" in tags or pictured(cell) and cell.source.count("\n") >= 4):
                # the picture is the point: the code goes to the speaker
                cell.metadata["tags"] = [*tags, "hide-input"]
                cells.append(slide(nbformat.v4.new_markdown_cell(f"```python\n{cell.source}\n```"), "notes"))
    notebook.cells = cells
    return notebook


def shown(cell):
    return cell.metadata["slideshow"]["slide_type"] not in ("notes", "skip")


def pictured(cell):
    return any({"image/png", "text/html"} & set(output.get("data", {})) for output in cell.outputs)


def slide(cell, kind):
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


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


def slides(pdf=False):
    """build/slides/NN_name.html, with all they need in build/slides/assets."""
    from nbconvert import SlidesExporter
    from traitlets.config import Config

    out = BUILD / "slides"
    shutil.rmtree(out, ignore_errors=True)
    modules = packages()
    for part in ("dist", "plugin/notes"):
        shutil.copytree(modules / "reveal.js" / part, out / "assets" / part)
    (out / "assets" / "mathjax").mkdir()
    shutil.copy(modules / "mathjax" / "es5" / "tex-svg.js", out / "assets" / "mathjax")
    config = Config({"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {"hide-input"}},
                     "SlidesExporter": {"reveal_theme": "white", "reveal_url_prefix": "assets"}})
    exporter = SlidesExporter(config=config, template_name="lrslides", extra_template_basedirs=[str(SITE)])
    for path in lessons():
        title = prepared(path).cells[0].source.splitlines()[0].removeprefix("# ")
        notebook = deck(prepared(path))
        notebook.metadata["title"] = title
        html, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem}})
        (out / f"{path.stem}.html").write_text(html, encoding="utf-8")
    if pdf:
        with browser() as chromium:
            print_pdfs(sorted(out.glob("*.html")), chromium)
    return out


def print_pdfs(decks, chromium):
    """A PDF beside each deck, a page for each slide."""
    for deck in decks:
        page = chromium.new_page()
        page.goto(f"{deck.as_uri()}?print-pdf")
        page.wait_for_function("window.fitted && document.querySelector('.pdf-page')")
        page.pdf(path=deck.with_suffix(".pdf"), prefer_css_page_size=True, print_background=True)
        page.close()


@contextmanager
def browser(*flags):
    """Debian's chromium, or whatever a machine calls it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        found = next(filter(None, map(shutil.which, BROWSERS)), None) or sys.exit("there is no chromium here")
        chromium = running.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", *flags])
        yield chromium
        chromium.close()


# ---- site ------------------------------------------------------------------------------------------------------------

FRONT = """---
hide-toc: true
---
# {title}

{first}

<p class="start"><a href="{start}.html">Start reading</a><a href="live/lab/index.html?path={start}.ipynb">Run it in your browser</a></p>

~~~{{raw}} html
{explorer}
~~~

{promise}

{able}

## The lessons

<ol class="lesson-list">{lessons}</ol>

```{{toctree}}
:hidden:
{pages}
```
"""
LINKS = ('<p class="lesson-links"><a href="live/lab/index.html?path={0}.ipynb">Open live</a><a href="slides/{0}.html">Slides</a>'
         '<a href="slides/{0}.pdf">Slides as PDF</a><a href="notebooks/{0}.ipynb" download>Notebook</a></p>')
SLIDERS = '<p class="sliders">These sliders need Python: <a href="live/lab/index.html?path={0}.ipynb">open live</a> to drag them.</p>'
CHEAT_SHEET = """# Cheat sheet

<p class="lesson-links"><a href="javascript:print()">Print</a></p>
"""
# steps that don't settle, until the learner lets them decay
OPENING = {"curvature": 8.0, "lr": 0.1, "noise": 1.5, "steps": 150}
MODULES = ["schedules", "optimizers", "problems", "training", "sweeping", "theory", "figures", "explorers", "exercises", "frameworks"]


def about(notebook):
    """Title, first paragraph (as HTML) and time of a lesson."""
    title, first, *rest = notebook.cells[0].source.split("\n\n")
    time = re.search(r"\*\*Time\*\*:\s*([^.\n]*)", "\n".join(rest))
    return title.removeprefix("# "), MarkdownIt().renderInline(first), time[1] if time else ""


def readme(pattern):
    return re.search(pattern, (ROOT / "README.md").read_text(encoding="utf-8"), re.S | re.M)[1].strip()


def site():
    """build/site: the lessons as pages, with search, the package's documentation, and all links relative."""
    source, out = BUILD / "source", BUILD / "site"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(SITE / "static", source / "_static")
    (source / "_static" / "mathjax").mkdir()
    shutil.copy(packages() / "mathjax" / "es5" / "tex-svg.js", source / "_static" / "mathjax")
    shutil.copy(SITE / "conf.py", source)
    items, pages, sheet = [], [], []
    for path in lessons():
        notebook = prepared(path)
        title, first, time = about(notebook)
        sheet += [cell for cell in notebook.cells if "cheat-sheet" in cell.metadata.get("tags", [])]
        head, _, rest = notebook.cells[0].source.partition("\n")
        for place, cell in reversed(list(enumerate(notebook.cells))):
            if "sliders" in cell.metadata.get("tags", []):
                notebook.cells.insert(place + 1, nbformat.v4.new_markdown_cell(SLIDERS.format(path.stem), id=f"{cell.id[:8]}-live"))
        notebook.cells[0].source = f"{head}\n\n{LINKS.format(path.stem)}\n{rest}"
        nbformat.write(notebook, source / path.name)
        number = path.stem[:2]
        pages.append(f"{number}. {title} <{path.stem}>")
        items.append(f'<li><span class="number" aria-hidden="true">{number}</span><div><a href="{path.stem}.html">{title}</a> '
                     f'<span class="time">{time}</span><br>{first}</div></li>')
    if sheet:
        nbformat.write(cheat_sheet(sheet), source / "cheat-sheet.ipynb")
        pages.append("cheat-sheet")
    from lrcourse.explorers import Ravine

    # its picture, for where no script runs, is a file of its own: nobody else has to fetch it
    explorer, _, end = Ravine(**OPENING).html().partition("data:image/png;base64,")
    picture, _, end = end.partition('"')
    (source / "_static" / "ravine.png").write_bytes(base64.b64decode(picture))
    (source / "index.md").write_text(FRONT.format(
        title=readme(r"^# lrcourse: (.*?)$").capitalize(), first=readme(r"^# .*?\n\n(.*?)\n\n"),
        promise=readme(r"^(Our promise: .*?)\n\n"), able=readme(r"^(## What you will be able to do.*?)^## "),
        start=lessons()[0].stem, explorer=f'{explorer}_static/ravine.png"{end}', lessons="".join(items),
        pages="\n".join([*pages, "api"])), encoding="utf-8")
    (source / "api.md").write_text(api(), encoding="utf-8")
    run("-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", source, out)
    shutil.copytree(NOTEBOOKS, out / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for unused in (".doctrees", "_sources"):
        shutil.rmtree(out / unused, ignore_errors=True)
    for page in out.rglob("*.html"):
        page.write_text(accessible(page.read_text(encoding="utf-8")), encoding="utf-8")
    wrong = broken(out, elsewhere=("slides/", "live/"))
    if wrong:
        sys.exit("\n".join(wrong))
    return out


def accessible(page):
    """A page of the theme, with what axe-core finds missing: names for its two sides, a heading, code reached by the keyboard."""
    for old, new in (('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="The course">'),
                     ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
                     ('<div id="search-results"', '<h1>Search</h1>\n<div id="search-results"'),
                     ("<pre>", '<pre tabindex="0">')):
        page = page.replace(old, new)
    return page


def cheat_sheet(cells):
    """The cells tagged ``cheat-sheet`` as a page of their own, without their code."""
    for cell in cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = ["remove-input"]
        else:       # their own heading stands one level below the page's title, whatever it was in the lesson
            cell.source = re.sub(r"^#+ Cheat sheet\s*\n", "", cell.source, flags=re.I)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(CHEAT_SHEET, id="title"), *cells])


def api():
    """The package's documentation, a section for each module in the order in which they build on each other."""
    import lrcourse

    found = [module.name for module in pkgutil.iter_modules(lrcourse.__path__)]
    names = [name for name in MODULES if name in found] + sorted(set(found) - set(MODULES))
    options = {"explorers": ":imported-members:\n"}
    return "# The package\n\n" + "\n".join(
        f"## {name}\n\n```{{eval-rst}}\n.. automodule:: lrcourse.{name}\n   {options.get(name, '')}```\n" for name in names)


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


# ---- live edition ----------------------------------------------------------------------------------------------------

CORE = ["pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"]
# what Python loads before the first cell runs: what the kernel itself would fetch one by one, and what the lessons import
KERNEL = ["micropip", "ssl", "sqlite3", "jedi", "ipython", "comm"]
LESSONS = ["lrcourse", "numpy", "matplotlib", "pillow", "ipywidgets", "anywidget", "tqdm"]
WHEELS = ["ipywidgets", "anywidget", "comm", "psygnal", "tqdm", "typing_extensions"]     # pure Python, from PyPI
NOT_IN_A_KERNEL = {"jupyterlab-widgets", "widgetsnbextension"}           # the page's half of ipywidgets
EXTENSIONS = ("anywidget", "@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension")
HEAD = """<title>lrcourse live</title>
    <link rel="icon" href="../favicon.svg">
    <script src="../live.js"></script>"""
ENTRANCE = """<meta http-equiv="refresh" content="0; url=lab/index.html?path=%s">
    <link rel="icon" href="data:,">"""
WITHOUT = ["@jupyterlite/application-extension:service-worker-manager"]  # files for Python: each import would ask for them


def live(pyodide=None):
    """build/live: JupyterLite, in which the same notebooks run in the browser, from any server of static files.

    Pyodide's core comes along. Its packages (numpy, matplotlib and what they need) come from Pyodide's own address, or
    from the folder ``pyodide``, each held against its published sha256.
    """
    source, out = BUILD / "lite", BUILD / "live"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    (source / "content").mkdir(parents=True)
    for path in lessons():
        nbformat.write(for_students(path), source / "content" / path.name)
    files = distribution(source / "pyodide", wheels(source / "wheels"), pyodide)
    (source / "jupyter-lite.json").write_text(json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": {
        "appName": "lrcourse live", "exposeAppInBrowser": True, "defaultKernelName": "python", "disabledExtensions": WITHOUT,
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": {
            "pyodideUrl": "./static/pyodide/pyodide.js", "loadPyodideOptions": {"packages": KERNEL + LESSONS}}}}}))
    extensions = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    (source / "overrides.json").write_text(json.dumps({"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}}))
    (source / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": {
        "ignore_sys_prefix": ["federated_extensions"], "federated_extensions": [str(extensions / name) for name in EXTENSIONS],
        "apps": ["lab"], "contents": ["content"], "no_sourcemaps": True, "no_unused_shared_packages": True,
        "output_dir": str(out)}}))
    run("-m", "jupyterlite_core.app", "build", cwd=source)
    shutil.copytree(source / "pyodide", out / "static" / "pyodide", dirs_exist_ok=True)
    words = (SITE / "live.js").read_text(encoding="utf-8").replace("%FIRST%", lessons()[0].name).replace("%FILES%", json.dumps(files))
    (out / "live.js").write_text(words, encoding="utf-8")
    page = (out / "lab" / "index.html").read_text(encoding="utf-8")
    page, changed = re.subn("<title>JupyterLite</title>", HEAD, page)
    assert changed == 1, "JupyterLite's page has changed"
    (out / "lab" / "index.html").write_text(page, encoding="utf-8")
    shutil.copy(SITE / "static" / "favicon.svg", out)
    # JupyterLite reads its configuration out of this page, so only its way on is changed
    page = (out / "index.html").read_text(encoding="utf-8")
    page, changed = re.subn(r'<script type="module">.*?</script>', ENTRANCE % lessons()[0].name, page, flags=re.S)
    assert changed == 1, "JupyterLite's first page has changed"
    (out / "index.html").write_text(page, encoding="utf-8")
    return out


def run(*arguments, **options):
    """Run Python quietly; what it said is shown if it fails."""
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")


def for_students(path):
    """A notebook without its solutions and outputs, for the kernel of the browser."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])]
    notebook.metadata = {"kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "python"},
                         "language_info": {"name": "python"}}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def wheels(folder):
    """The wheels that Pyodide hasn't: the course's own, made now, and the pinned ones, fetched once into build/wheels."""
    run("-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT)
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M))
    cache = BUILD / "wheels"
    missing = [f"{name}=={pins[name]}" for name in WHEELS if not [*cache.glob(f"{name}-{pins[name]}-*.whl")]]
    if missing:
        run("-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--platform=any", "-d", cache, *missing)
    return [*folder.glob("*.whl"), *(next(cache.glob(f"{name}-{pins[name]}-*.whl")) for name in WHEELS)]


def plain(name):
    """A package's name as the lock writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution(out, wheels, folder):
    """Pyodide's core, and a lock in which our ``wheels`` stand beside its packages; with ``folder``, also those packages.

    Gives the files that Python loads when it starts.
    """
    core = packages() / "pyodide"
    out.mkdir(parents=True)
    for name in CORE:
        shutil.copy(core / name, out)
    lock = json.loads((core / "pyodide-lock.json").read_text())
    official = {plain(name): package for name, package in lock["packages"].items()}
    ours = {plain(entry["name"]): entry for entry in map(lock_entry, wheels)}
    for wheel in wheels:
        shutil.copy(wheel, out)
    needed, queue = {}, KERNEL + LESSONS
    while queue:
        name = plain(queue.pop())
        if name not in needed:
            needed[name] = ours.get(name) or official[name]
            needed[name]["depends"] = [plain(need) for need in needed[name]["depends"] if plain(need) not in NOT_IN_A_KERNEL]
            queue = queue + needed[name]["depends"]
    for name, package in needed.items() if folder else official.items():
        if name in ours:
            continue
        if not folder:
            package["file_name"] = PYODIDE + package["file_name"]
            continue
        held = Path(folder) / package["file_name"]
        if not held.is_file():
            sys.exit(f"{held} is missing: the live edition needs it")
        if hashlib.sha256(held.read_bytes()).hexdigest() != package["sha256"]:
            sys.exit(f"{held} isn't the file that Pyodide publishes: its sha256 differs")
        shutil.copy(held, out)
    lock["packages"] = needed if folder else {**official, **ours}
    (out / "pyodide-lock.json").write_text(json.dumps(lock))
    return [*CORE, "pyodide-lock.json", *(package["file_name"] for package in needed.values())]


def lock_entry(wheel):
    """What the lock says of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        about = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.parser.Parser().parsestr(archive.read(about).decode())
        tops = {name.split("/")[0] for name in archive.namelist() if name.count("/") and name.endswith(".py")}
    browser = {"sys_platform": "emscripten", "platform_system": "Emscripten", "python_version": "3.12", "extra": ""}
    needs = map(Requirement, metadata.get_all("Requires-Dist", []))
    wanted = [need.name for need in needs if not need.marker or need.marker.evaluate(browser)]
    return {"name": metadata["Name"], "version": metadata["Version"], "file_name": wheel.name, "install_dir": "site",
            "imports": sorted(top for top in tops if not top.endswith((".data", ".dist-info"))), "package_type": "package",
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(), "depends": wanted, "unvendored_tests": False}


# ---- all of it -------------------------------------------------------------------------------------------------------

def publish(pyodide=None):
    """build/publish: site, slides and live edition in one folder, for any host of static files and under any path."""
    out = BUILD / "publish"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(site(), out)
    shutil.copytree(slides(pdf=True), out / "slides")
    shutil.copytree(live(pyodide), out / "live")
    wrong = broken(out)
    if wrong:
        sys.exit("\n".join(wrong))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["slides", "site", "live", "publish"])
    parser.add_argument("--pyodide", help="a folder with Pyodide's packages, for the live edition")
    options = parser.parse_args()
    build = {"slides": lambda: slides(pdf=True), "site": site, "live": lambda: live(options.pyodide),
             "publish": lambda: publish(options.pyodide)}
    print(build[options.what]())


if __name__ == "__main__":
    main()
