"""Run the league of lesson 10 and store what it gives in lrcourse/data/league.npz.

    python tools/league.py [TASK ...]

Some minutes of one core. Ctrl-C loses nothing: the finished runs are in build/league, and the same command goes on.
Delete build/league to begin anew, as is needed when the code that trains has changed.
"""

import argparse
import io
import json
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np

from lrcourse import ReduceLROnPlateau, sweep, train
from lrcourse.lessons.league import FILE, HALVES, OPTIMIZERS, REPORT_SEEDS, TASKS, TUNE_SEEDS, rates, settings
from lrcourse.sweeping import write_whole

ROOT = Path(__file__).resolve().parent.parent
FINISHED = ROOT / "build" / "league"


def tune(task, optimizer, peaks, file):
    """Wrong images at the end, (contenders, rates, seeds), on the validation half; and the best peak of each."""
    families = {name: [make(peak) for peak in peaks] for name, make in task.contenders(optimizer).items()}
    runs = sweep(task.half("validation"), {optimizer: OPTIMIZERS[optimizer]}, families, TUNE_SEEDS, task.epochs, file=file)
    errors = runs.final().reshape(len(families), len(peaks), len(TUNE_SEEDS))
    best = errors.mean(axis=2).argmin(axis=1)
    for name, place in zip(families, best):
        if place in (0, len(peaks) - 1):
            print(f"{name}: its best peak is at the edge of those tried, {peaks[place]:.3g}")
    return errors, [peaks[place] for place in best]


def report(task, optimizer, peaks, file):
    """Wrong images at the end, (contenders, seeds), on the test half, which no choice has seen."""
    chosen = {name: make(peak) for (name, make), peak in zip(task.contenders(optimizer).items(), peaks)}
    update, half = OPTIMIZERS[optimizer], task.half("test")
    fixed = {name: schedule for name, schedule in chosen.items() if not isinstance(schedule, ReduceLROnPlateau)}
    runs = sweep(half, {optimizer: update}, fixed, REPORT_SEEDS, task.epochs, file=file)
    errors = dict(zip(fixed, runs.final().reshape(len(fixed), -1)))
    for name in set(chosen) - set(fixed):       # it watches the validation half, and is measured on the test half
        watching = train(task.half("validation"), update, chosen[name], task.epochs, REPORT_SEEDS)
        errors[name] = half.evaluate(watching.w)[1]
    return np.array([errors[name] for name in chosen])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", help=f"only these, and nothing is stored: {', '.join(TASKS)}")
    only = parser.parse_args().tasks
    if unknown := set(only) - set(TASKS):
        parser.error(f"there is no task {', '.join(sorted(unknown))}: {', '.join(TASKS)}")
    FINISHED.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for key in settings():
        task, optimizer = key.split("/")
        if only and task not in only:
            continue
        print(key, flush=True)
        file = f"{task}-{optimizer}".replace(" ", "-")
        tuning, peaks = tune(TASKS[task], optimizer, rates(optimizer, task), FINISHED / f"{file}-tuning.npz")
        test = report(TASKS[task], optimizer, peaks, FINISHED / f"{file}-test.npz")
        for name, peak, tuned, errors in zip(TASKS[task].contenders(optimizer), peaks, tuning.mean(axis=2).min(axis=1), test):
            print(f"    {name:24} peak {peak:<8.3g} validation {100 * tuned:5.2f} %   test {100 * errors.mean():5.2f} %", flush=True)
        arrays |= {f"{key}/peak": np.array(peaks), f"{key}/tuning": np.rint(tuning * HALVES["validation"]).astype(np.uint16),
                   f"{key}/test": np.rint(test * HALVES["test"]).astype(np.uint16)}
    if not only:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        made = {"settings": settings(), "commit": commit, "python": platform.python_version(), "numpy": np.__version__}
        stream = io.BytesIO()
        np.savez_compressed(stream, made=json.dumps(made), **arrays)
        write_whole(Path(FILE), stream.getbuffer())
        print(f"{FILE}: {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt as stop:
        sys.exit("\nStopped. " + " ".join(getattr(stop, "__notes__", [])))
