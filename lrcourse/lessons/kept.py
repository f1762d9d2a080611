"""What was predicted and solved, kept on this machine alone: in a course folder's file, or in the browser's storage.

A file gets one line of JSON for each thing that happens, appended in one write, so that several kernels lose nothing to each
other; of a name the last line counts. In the browser the kernel has no file that stays: there it tells the page (kept.js).
``LRCOURSE_PROGRESS`` names another file, or is "off". Elsewhere, as in a checkout's notebooks/, only the kernel remembers.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

MARKER, FILE, CHANNEL = ".lrcourse", ".lrcourse-progress.jsonl", "lrcourse.progress"
KINDS = ("prediction", "exercise")


def nothing():
    return {"keep": True, **{kind: {} for kind in KINDS}}


MEMORY = nothing()      # what this kernel knows and no file holds
REFUSED = []            # why the file could not be written, once it could not


def place():
    """The file, or None where there is none to keep anything in."""
    named = os.environ.get("LRCOURSE_PROGRESS")
    if named:
        return None if named == "off" else Path(named)
    if CHANNEL_OF_PAGE:
        return None
    try:
        here = Path.cwd()
    except OSError:
        return None
    return next((folder / FILE for folder in (here, *here.parents) if (folder / MARKER).is_file()), None)


def read():
    """{"keep": whether anything is kept, "prediction": {name: record}, "exercise": {name: record}}, in order of time."""
    found, path = nothing(), place()
    if path:
        try:
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                take(found, line)
        except OSError:
            pass
    found["keep"] &= MEMORY["keep"]
    for kind in KINDS:
        found[kind].update(MEMORY[kind])
    return found


def take(found, line):
    """Put one line into what was found. A line that is torn, or not ours, says nothing."""
    try:
        record = json.loads(line)
    except ValueError:
        return
    if isinstance(record, dict):
        found["keep"] = bool(record.get("keep", found["keep"]))
        for kind in KINDS:
            if isinstance(name := record.pop(kind, None), str):
                found[kind][name] = record


def add(kind, name, record):
    """Keep the record of a prediction or an exercise; a record that is kept already costs nothing."""
    found = read()
    if not found["keep"]:
        return
    known = found[kind].get(name, {})
    record = {**record, "at": known.get("at") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    if record == known:
        return
    if write({kind: name, **record}):
        MEMORY[kind].pop(name, None)
    else:
        MEMORY[kind][name] = record


def write(record):
    """Add a line to the file; whether that could be done."""
    if CHANNEL_OF_PAGE:
        CHANNEL_OF_PAGE.postMessage(json.dumps({"line": record}))
    path = place()
    if not path:
        return False
    try:
        with open(path, "ab", buffering=0) as file:
            file.write(f"\n{json.dumps(record)}".encode())        # the line's end ahead of it, so that a torn one ends too
    except OSError as error:
        REFUSED[:] = [error.strerror or str(error)]
        return False
    REFUSED.clear()
    return True


def forget():
    """Delete what was kept; whether to keep stays as it was."""
    on, path = read()["keep"], place()
    for kind in KINDS:
        MEMORY[kind].clear()
    if CHANNEL_OF_PAGE:
        CHANNEL_OF_PAGE.postMessage(json.dumps({"forget": True}))
    if path:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            REFUSED[:] = [error.strerror or str(error)]
    if not on:
        switch(False)


def switch(on):
    """Keep from now on, or stop keeping."""
    if on != read()["keep"]:
        MEMORY["keep"] = True
        if not write({"keep": on}):
            MEMORY["keep"] = on


def solved(name, right):
    """An answer was given to an exercise: count the tries, until one is right."""
    known = read()["exercise"].get(name, {})
    if not known.get("right"):
        add("exercise", name, {"right": right, "tries": known.get("tries", 0) + 1})


def connect():
    """In the browser: the channel to the page, which keeps what the kernel says and answers with what it holds."""
    if sys.platform != "emscripten":
        return None
    try:
        from js import BroadcastChannel
        from pyodide.ffi import create_proxy
    except ImportError:
        return None
    channel = BroadcastChannel.new(CHANNEL)

    def heard(event):
        said = json.loads(event.data)
        if "all" in said:
            for key in MEMORY:
                MEMORY[key] = {**said["all"][key], **MEMORY[key]} if key in KINDS else said["all"][key]
        elif "line" in said:
            take(MEMORY, json.dumps(said["line"]))
        from lrcourse.lessons.predictions import ASKED
        for asked in ASKED.values():
            asked.recall()

    channel.onmessage = create_proxy(heard)
    channel.postMessage(json.dumps({"ask": True}))
    return channel


CHANNEL_OF_PAGE = connect()
