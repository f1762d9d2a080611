"""Run the notebooks so that the same code gives the same bytes.

    python tools/notebooks.py run [FILE ...]      execute, and store the outputs
    python tools/notebooks.py check [FILE ...]    execute, and say where the stored outputs differ

What lrcourse's own kernel trains has the same bits on every machine. What numpy trains has not (problems that a lesson
defines itself), nor has a product in theory.py: training amplifies the last bit of a sum, and that
bit depends on the processor. For these every notebook runs under one fixed setting: OpenBLAS's Haswell code on one thread,
and numpy without its AVX-512 paths, which every x86-64 machine of the last decade can do. Widget ids are renumbered, timings
dropped, and the network is shut off. Of a prediction and of the map of the course only the text is stored, so that a change
of their looks changes no notebook.
"""

import argparse
import importlib.metadata
import json
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty

import nbformat
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets import Type

from lrcourse.copies import without_outputs
from lrcourse.doctor import own_home
from lrcourse.engine import kernel

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
FIXED = {
    "OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1", "LRCOURSE_PROGRESS": "off",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
PINNED = ("numpy", "matplotlib", "pillow", "ipywidgets", "anywidget", "ipykernel")     # what a stored byte depends on
WIDGETS = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def unpinned():
    """The packages whose version here isn't the one that the stored outputs were made with: {name: (here, pin)}."""
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text().lower(), re.M))
    here = {name: importlib.metadata.version(name) for name in PINNED}
    return {name: (version, pins.get(name)) for name, version in here.items() if version != pins.get(name)}


class Channel(AsyncZMQSocketChannel):
    """Looks for a message every second: about once in a hundred notebooks the wait slept through the kernel's answer,
    until the whole timeout of the cell had passed, while the answer lay there."""

    async def get_msg(self, timeout=None):
        ends = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            left = ends - time.monotonic()
            try:
                return await super().get_msg(timeout=max(0.0, min(1.0, left)))
            except Empty:
                if left <= 1.0:
                    raise


class Client(AsyncKernelClient):
    shell_channel_class = Type(Channel)
    iopub_channel_class = Type(Channel)


class Manager(AsyncKernelManager):
    client_factory = Type(Client)


def execute(notebook, folder=NOTEBOOKS, timeout=300):
    """Execute a notebook (it is changed) under the fixed settings and without the network."""
    for attempt in range(3):
        client = NotebookClient(notebook, timeout=timeout, iopub_timeout=60, kernel_name="python3", record_timing=False,
                                kernel_manager_class=Manager, resources={"metadata": {"path": str(folder)}},
                                extra_arguments=[f"--IPKernelApp.exec_files={ROOT / 'tools' / 'offline.py'}"])
        try:
            client.execute(env=os.environ | FIXED)
            break
        except RuntimeError as error:       # two kernels that start at once can pick the same port; then one is never heard
            if attempt == 2 or "Kernel didn't respond" not in str(error):
                raise
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    return stable_ids(without_models(notebook))


def without_models(notebook):
    """Take away the widgets of ``lrcourse.lessons``: pages make them anew from the name in the cell, others read the text."""
    state = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    ours = [model for model, held in state.items() if held["state"].get("_anywidget_id", "").startswith("lrcourse.lessons.")]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("data", {}).get(VIEW, {}).get("model_id") in ours:
                del output["data"][VIEW]
    for model in ours:
        for held in re.findall(r"IPY_MODEL_([0-9a-f]{32})", json.dumps(state.pop(model))):
            state.pop(held, None)
    if not state:
        notebook.metadata.pop("widgets", None)
    return notebook


def joined(outputs):
    """Printed lines arrive in as many pieces as the kernel's timing makes of them: put them together."""
    whole = []
    for output in outputs:
        if whole and output.output_type == "stream" == whole[-1].output_type and output.name == whole[-1].name:
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def stable_ids(notebook):
    """Rename the random ids of widgets by the order in which they appear."""
    state = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    queue = [output["data"][VIEW]["model_id"] for output in outputs if VIEW in output.get("data", {})]
    order = []
    while queue:
        model = queue.pop(0)
        if model in state and model not in order:
            order.append(model)
            queue += re.findall(r"IPY_MODEL_([0-9a-f]{32})", json.dumps(state[model]))
    order += sorted(set(state) - set(order), key=lambda model: json.dumps(state[model], sort_keys=True))
    names = {model: f"{number:032x}" for number, model in enumerate(order, 1)}
    text = re.sub(r"[0-9a-f]{32}", lambda found: names.get(found[0], found[0]), nbformat.writes(notebook))
    renamed = nbformat.reads(text, as_version=4)
    if state:
        widgets = renamed.metadata["widgets"][WIDGETS]
        widgets["state"] = dict(sorted(widgets["state"].items()))
    return renamed


def written(notebook):
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def differences(stored, fresh):
    """Where two notebooks differ, in words, one line for each cell."""
    found = []
    for number, (old, new) in enumerate(zip(stored.cells, fresh.cells)):
        if old.cell_type == "code" and old != new:
            unrun = old.execution_count is None and old.source.strip()
            found.append(f"cell {number} {'was never executed' if unrun else 'gives other outputs'}: "
                         f"{(old.source.strip().splitlines() or [''])[0][:70]}")
    if not found and stored != fresh:
        found.append("the metadata differ")
    return found


def cleared(notebook):
    """A copy as if it had never been executed."""
    return without_outputs(nbformat.reads(nbformat.writes(notebook), as_version=4))


def problems(path, fresh):
    """Where the file differs from what executing it gave."""
    return differences(nbformat.read(path, as_version=4), fresh) or (
        [] if path.read_text(encoding="utf-8") == written(fresh) else
        ["the layout of the file differs: it wasn't written by tools/notebooks.py"])


def process(path, store):
    """Execute one notebook; store it, or return where it differs from what is stored."""
    began, found = time.perf_counter(), []
    try:
        fresh = execute(cleared(nbformat.read(path, as_version=4)), path.parent)
        if store:
            path.write_text(written(fresh), encoding="utf-8", newline="\n")
        else:
            found = problems(path, fresh)
    except CellExecutionError as error:
        found = [re.sub(r"\x1b\[[\d;]*m", "", str(error))]
    return path, time.perf_counter() - began, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "check"])
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    if wrong := unpinned():
        sys.exit("outputs are stored and compared in the pinned environment alone; here "
                 + ", ".join(f"{name} is {here}, pinned {pin}" for name, (here, pin) in wrong.items()))
    own_home(ROOT / "build" / "home")
    if kernel() is None:
        sys.exit("outputs are made with lrcourse's compiled kernel, and there is none here: python -m lrcourse.engine.build")
    failed = False
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(process, path, options.what == "run")
                for path in options.files or sorted(NOTEBOOKS.glob("*.ipynb"))]
        for job in jobs:
            path, seconds, found = job.result()
            failed |= bool(found)
            print(f"{path.name}: {seconds:.0f} s", *found, sep="\n    ", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
