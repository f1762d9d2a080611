"""Run the league of lesson 12 and store what it gives in lrcourse/data/language_league.npz.

    python tools/language_league.py

Some ten minutes of one core. Ctrl-C loses nothing: the finished runs are in build/language_league, and the same command
goes on. Delete that folder to begin anew, as is needed when the code that trains has changed.
"""

import io
import json
import platform
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lrcourse import train
from lrcourse.lessons.language_league import (BATCH_EPOCHS, BATCH_PEAKS, BATCH_SEEDS, BATCHES, EPOCHS, FILE, OPTIMIZER, PEAKS,
                                              SEEDS, UPDATES, contenders, falling, of_batch, problem, settings)
from lrcourse.sweeping import write_whole

ROOT = Path(__file__).resolve().parent.parent
FINISHED = ROOT / "build" / "language_league"


def losses(problem, schedule, epochs, seeds, file):
    """The losses at the end on the validation and on the test part, (2, seeds); read from the file if it is there."""
    if file.exists():
        return np.load(file)
    run = train(problem("validation"), OPTIMIZER, schedule, epochs=epochs, seeds=seeds)
    ends = np.array([run.test_loss[:, -1], problem("test").evaluate(run.w)[0]])
    stream = io.BytesIO()
    np.save(stream, ends)
    write_whole(file, stream.getbuffer())
    return ends


def main():
    FINISHED.mkdir(parents=True, exist_ok=True)
    of = FINISHED / "settings.json"
    if of.exists() and json.loads(of.read_text()) != settings():
        sys.exit(f"{FINISHED} holds runs of another league: delete it to begin anew")
    write_whole(of, json.dumps(settings()).encode())
    arrays, names = {}, list(contenders())
    runs = len(UPDATES) * len(names) * len(PEAKS) * len(SEEDS) + len(BATCHES) * len(BATCH_PEAKS) * len(BATCH_SEEDS)
    with tqdm(total=runs, unit="run") as bar:
        for length in UPDATES:
            ends = np.empty((2, len(names), len(PEAKS), len(SEEDS)))
            for i, name in enumerate(names):
                for j, peak in enumerate(PEAKS):
                    ends[:, i, j] = losses(partial(problem, length), contenders()[name](peak), EPOCHS, SEEDS,
                                           FINISHED / f"{length}-{i}-{j}.npy")
                    bar.update(len(SEEDS))
            arrays[f"{length}/validation"], arrays[f"{length}/test"] = ends
        for size in BATCHES:
            ends = np.empty((2, len(BATCH_PEAKS), len(BATCH_SEEDS)))
            for j, peak in enumerate(BATCH_PEAKS):
                ends[:, j] = losses(partial(of_batch, size), falling(peak), BATCH_EPOCHS, BATCH_SEEDS,
                                    FINISHED / f"batch-{size}-{j}.npy")
                bar.update(len(BATCH_SEEDS))
            arrays[f"batch {size}/validation"], arrays[f"batch {size}/test"] = ends
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    made = {"settings": settings(), "commit": commit, "python": platform.python_version(), "numpy": np.__version__}
    stream = io.BytesIO()
    np.savez_compressed(stream, made=json.dumps(made), **arrays)
    write_whole(Path(FILE), stream.getbuffer())
    print(f"{FILE}: {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. The finished runs are stored; the same command goes on from there.")
