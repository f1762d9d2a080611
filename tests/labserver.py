"""A JupyterLab of our own, and a Chromium to look at it: for the tests and the benchmark of the explorers."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]
READY = """count => { const notebook = window.jupyterapp?.shell.currentWidget;
  return notebook?.sessionContext?.session?.kernel?.status === 'idle' && document.querySelectorAll('.jp-CodeCell').length >= count; }"""


@contextmanager
def jupyterlab(home, cells):
    """The address of a notebook with these cells, in a JupyterLab whose settings are not the user's."""
    (home / "labconfig").mkdir()
    # the second comes with the live edition's tools, and complains in an ordinary JupyterLab
    (home / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": {
        "@jupyterlab/apputils-extension:announcements": True, "@jupyterlite/pyodide-kernel-extension": True}}))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells], metadata={
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    (home / "files").mkdir()
    nbformat.write(notebook, home / "files" / "explorers.ipynb")
    places = [f"JUPYTER_{kind}_DIR" for kind in ("RUNTIME", "CONFIG", "DATA")]
    places += ["JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR"]
    with open(home / "log", "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--IdentityProvider.token=",
             "--ServerApp.allow_root=True", f"--ServerApp.root_dir={home / 'files'}", "--LabApp.expose_app_in_browser=True"],
            stderr=log, env={**os.environ, **dict.fromkeys(places, str(home)), "PYTHONPATH": str(ROOT)})
    try:
        until = time.monotonic() + 90
        while not (found := list(home.glob("jpserver-*.json"))):
            assert process.poll() is None and time.monotonic() < until, (home / "log").read_text()
            time.sleep(0.05)
        time.sleep(0.1)
        yield f"{json.loads(found[0].read_text())['url']}doc/tree/explorers.ipynb?reset"
    finally:
        process.terminate()
        process.wait(20)
