"""The live edition, in build/live: the same notebooks run in the browser, from any server of static files."""

import email.parser
import hashlib
import json
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

import nbformat
from packaging.requirements import Requirement
from shared import BUILD, NPM, ROOT, SITE, lessons, packages, run

from lrcourse.copies import without_outputs

PYODIDE = f"https://cdn.jsdelivr.net/pyodide/v{NPM['pyodide']}/full/"
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
    kept = re.sub("^export ", "", (ROOT / "lrcourse" / "lessons" / "kept.js").read_text(encoding="utf-8"), flags=re.M)
    words = (SITE / "live.js").read_text(encoding="utf-8").replace("%FIRST%", lessons()[0].name).replace("%FILES%", json.dumps(files))
    words = words.replace("%KEPT%", kept)
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


def for_students(path):
    """A notebook without its solutions and outputs, for the kernel of the browser."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])]
    notebook.metadata = {"kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "python"},
                         "language_info": {"name": "python"}}
    return without_outputs(notebook)


def wheels(folder):
    """The wheels that Pyodide hasn't: the course's own, made now, with the kernel as WebAssembly, and the pinned ones, fetched
    once into build/wheels."""
    run("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, env=os.environ | {"LRCOURSE_TARGET": "wasm"})
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
