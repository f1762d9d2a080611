"""A student's notebook, run where it can do no harm; what comes back are plain values."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

INSIDE = Path(__file__).with_name("inside.py")
LIMITS = {"wall": 60, "cpu": 50, "memory": 4 << 30, "processes": 64, "file": 1 << 20, "protect": True}    # seconds and bytes
LONGEST = 1 << 20       # bytes of an answer
SIGXCPU = 24


def run(cells, values, **limits):
    """Run ``cells``, pairs (number, source), and give back (values, errors, ended).

    ``values`` says what is wanted, name: {"kind": ...} (inside.plain); each comes back as {"value": ...} or {"error": ...}.
    ``errors`` has what a cell raised, by number; ``ended`` is "" or why it ended early: "time", "killed" or "refused: ...".
    """
    limits = LIMITS | limits
    sent = json.dumps({"cells": cells, "values": values, "limits": limits}).encode()
    with tempfile.TemporaryDirectory(prefix="lrcourse-", ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile() as answer:
        os.chmod(folder, 0o700)
        # nothing of the grader's environment goes in; what the course needs to run quietly does
        environment = {"PATH": os.defpath, "HOME": folder, "TMPDIR": folder, "MPLBACKEND": "agg", "MPLCONFIGDIR": folder,
                       "TQDM_DISABLE": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1",
                       "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen([sys.executable, "-I", str(INSIDE)], cwd=folder, env=environment, stdin=subprocess.PIPE,
                                   stdout=answer, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            process.communicate(sent, timeout=limits["wall"] + 30)     # inside.watch ends it before
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        answer.seek(0)
        text = answer.read(LONGEST + 1)
    if process.returncode in (124, 128 + SIGXCPU) or process.returncode < 0:
        return {}, {}, "time"
    found = parsed(text)
    if process.returncode == 3 and "refused" in found:
        return {}, {}, f"refused: {str(found['refused'])[:300]}"
    return *read(text, values), "" if process.returncode == 0 and found else "killed"


def parsed(text):
    """The JSON object that a process wrote, {} if it is none."""
    try:
        found = json.loads(text) if len(text) <= LONGEST else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read(text, values):
    """What a process wrote, of which nothing is believed but that it may be JSON of what was wanted."""
    found = parsed(text)
    given, errors = (part if isinstance(part, dict) else {} for part in (found.get("values"), found.get("errors")))
    return ({name: given[name] for name in values if isinstance(given.get(name), dict)},
            {str(number): " ".join(str(error)[:300].split()) for number, error in errors.items()})      # a line, no markdown of its own
