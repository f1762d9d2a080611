"""Build slides, web site and live edition from notebooks/ alone, into build/.

    python site/build.py slides|site|live|publish [--pdf] [--pyodide DIR]

``prepared`` makes of each notebook what all of them show: explorers that run without a kernel, and of other widgets the
picture that they hold.
"""

import argparse
import copy
import email.parser
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
SITE, BUILD, NOTEBOOKS = ROOT / "site", ROOT / "build", ROOT / "notebooks"
NPM = {"reveal.js": "5.2.1", "mathjax": "3.2.2", "pyodide": "0.27.7"}
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
            elif model:
                inside = [held for child in state.values() if child["model_name"] == "OutputModel"
                          for held in child["state"]["outputs"] if f"IPY_MODEL_{held}" or True]
                cell.outputs = [nbformat.from_dict(held) for held in inside if refers(state, view["model_id"], held)]
    return notebook


def refers(state, root, held):
    """Whether an output belongs to the widget ``root``: it lies in an Output widget that root holds."""
    seen, queue = set(), [root]
    while queue:
        model = queue.pop()
        if model in seen:
            continue
        seen.add(model)
        if held in state[model]["state"].get("outputs", []):
            return True
        queue += re.findall(r"IPY_MODEL_([0-9a-f]{32})", json.dumps(state[model]["state"]))
    return False


def explorer(values):
    """The explorer that has this state, as a piece of HTML."""
    from lrcourse import explorers

    kinds = {kind.__name__: kind for kind in vars(explorers).values() if isinstance(kind, type)}
    kind = next(kind for kind in kinds.values() if hasattr(kind, "module") and kind.module() == values["_esm"])
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
            else:
                kind = "notes" if cell.cell_type == "markdown" else "skip"
        if cell.cell_type == "code":
            cell.source = ALT.sub("", cell.source)
        # every figure gets a slide of its own: prose, code and figure together don't fit on one
        cells.append(slide(cell, "subslide" if kind == "fragment" else kind))
    notebook.cells = cells
    return notebook


def slide(cell, kind):
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


def packages(names):
    """Fetch npm packages, once, into build/npm."""
    for name in names:
        if not (BUILD / "npm" / "node_modules" / name).is_dir():
            (BUILD / "npm").mkdir(parents=True, exist_ok=True)
            subprocess.run(["npm", "install", "--silent", "--no-save", "--no-package-lock", "--ignore-scripts",
                            *(f"{package}@{version}" for package, version in NPM.items())], cwd=BUILD / "npm", check=True)
    return BUILD / "npm" / "node_modules"


def slides(pdf=False):
    """build/slides/NN_name.html, with all they need in build/slides/assets."""
    from nbconvert import SlidesExporter
    from traitlets.config import Config

    out = BUILD / "slides"
    shutil.rmtree(out, ignore_errors=True)
    modules = packages(NPM)
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
            print_pdf(out / f"{path.stem}.html")
    return out


def print_pdf(page):
    subprocess.run([browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--virtual-time-budget=8000", "--no-pdf-header-footer", f"--print-to-pdf={page.with_suffix('.pdf')}",
                    f"file://{page}?print-pdf"], check=True, capture_output=True)


def browser():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return found or sys.exit("a PDF needs chromium")


# ---- site ------------------------------------------------------------------------------------------------------------

FRONT = """# Learning-rate decay that runs

{promise}.

{explorer}

## The lessons

<ol class="lesson-list">{lessons}</ol>

```{{toctree}}
:hidden:
{pages}
```
"""
API = """# The package

{modules}
"""


def about(path):
    """Title and first paragraph of a lesson."""
    title, first = prepared(path).cells[0].source.split("\n\n")[:2]
    return title.removeprefix("# "), first


def site():
    """build/site: the lessons as pages, with search, the package's documentation, and all links relative."""
    source, out = BUILD / "source", BUILD / "site"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(SITE / "static", source / "_static")
    (source / "_static" / "mathjax").mkdir()
    shutil.copy(packages(NPM) / "mathjax" / "es5" / "tex-svg.js", source / "_static" / "mathjax")
    shutil.copy(SITE / "conf.py", source)
    items, pages = [], []
    for path in lessons():
        notebook = prepared(path)
        links = (f'<p class="lesson-links"><a href="notebooks/{path.name}" download>Notebook</a>'
                 f'<a href="slides/{path.stem}.html">Slides</a><a href="slides/{path.stem}.pdf">PDF</a>'
                 f'<a href="live/lab/index.html?path={path.name}">Open live</a></p>')
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(links, id="links"))
        nbformat.write(notebook, source / path.name)
        title, first = about(path)
        pages.append(f"{path.stem[:2]}. {title} <{path.stem}>")
        items.append(f'<li><a href="{path.stem}.html">{path.stem[:2]}. {title}</a><br>{first}</li>')
    from lrcourse.explorers import Ravine

    promise = re.search(r"\*\*(every learning rate plotted.*?)\*\*", (ROOT / "README.md").read_text(), re.S)[1]
    front = FRONT.format(promise=" ".join(promise.split()).rstrip(".").capitalize(), explorer=Ravine().html(),
                         lessons="".join(items), pages="\n".join([*pages, "api"]))
    (source / "index.md").write_text(front, encoding="utf-8")
    modules = [path.stem for path in sorted((ROOT / "lrcourse").glob("*.py")) if not path.stem.startswith("_")]
    entries = "\n".join(f"## {name}\n\n```{{eval-rst}}\n.. automodule:: lrcourse.{name}\n```\n" for name in modules)
    (source / "api.md").write_text(API.format(modules=entries), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(source), str(out)], check=True)
    shutil.copytree(NOTEBOOKS, out / "notebooks", ignore=shutil.ignore_patterns(".*"))
    return out


# ---- live edition ----------------------------------------------------------------------------------------------------

# what Python loads before the first cell runs: what the kernel itself would fetch one by one, and what the lessons import
KERNEL = ["micropip", "ssl", "sqlite3", "jedi", "ipython", "comm"]
LESSONS = ["lrcourse", "numpy", "matplotlib", "pillow", "ipywidgets", "anywidget", "tqdm"]
WHEELS = ["ipywidgets", "anywidget", "comm", "psygnal", "tqdm", "typing_extensions"]     # pure Python, from PyPI
NOT_IN_A_KERNEL = {"jupyterlab-widgets", "widgetsnbextension"}           # the page's half of ipywidgets
EXTENSIONS = ("anywidget", "@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension")
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
    distribution(source / "pyodide", wheels(source / "wheels"), pyodide)
    (source / "jupyter-lite.json").write_text(json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": {
        "appName": "lrcourse live", "exposeAppInBrowser": True, "defaultKernelName": "python", "disabledExtensions": WITHOUT,
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": {
            "pyodideUrl": "./static/pyodide/pyodide.js", "loadPyodideOptions": {"packages": KERNEL + LESSONS}}}}}))
    extensions = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    (source / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": {
        "ignore_sys_prefix": ["federated_extensions"], "federated_extensions": [str(extensions / name) for name in EXTENSIONS],
        "apps": ["lab"], "contents": ["content"], "no_sourcemaps": True, "no_unused_shared_packages": True,
        "output_dir": str(out)}}))
    run("-m", "jupyterlite_core.app", "build", cwd=source)
    shutil.copytree(source / "pyodide", out / "static" / "pyodide", dirs_exist_ok=True)
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
    """Pyodide's core, and a lock in which our ``wheels`` stand beside its packages; with ``folder``, also those packages."""
    core = packages(NPM) / "pyodide"
    out.mkdir(parents=True)
    for name in ("pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"):
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["slides", "site", "live"])
    parser.add_argument("--pdf", action="store_true", help="print a PDF of each deck")
    parser.add_argument("--pyodide", help="a folder with Pyodide's packages, for the live edition")
    options = parser.parse_args()
    if options.what in ("slides", "publish"):
        print(slides(options.pdf))
    if options.what in ("site", "publish"):
        print(site())
    if options.what in ("live", "publish"):
        print(live(options.pyodide))


if __name__ == "__main__":
    main()
