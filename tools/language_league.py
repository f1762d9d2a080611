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
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lrcourse import train
from lrcourse.lessons.language_league import EPOCHS, FILE, OPTIMIZER, PEAKS, SEEDS, UPDATES, contenders, problem, settings
from lrcourse.sweeping import write_whole

ROOT = Path(__file__).resolve().parent.parent
FINISHED = ROOT / "build" / "language_league"


def losses(length, name, peak, file):
    """The losses at the end on the validation and on the test part, (2, seeds); read from the file if it is there."""
    if file.exists():
        return np.load(file)
    run = train(problem(length), OPTIMIZER, contenders()[name](peak), epochs=EPOCHS, seeds=SEEDS)
    ends = np.array([run.test_loss[:, -1], problem(length, "test").evaluate(run.w)[0]])
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
    with tqdm(total=len(UPDATES) * len(names) * len(PEAKS) * len(SEEDS), unit="run") as bar:
        for length in UPDATES:
            ends = np.empty((2, len(names), len(PEAKS), len(SEEDS)))
            for i, name in enumerate(names):
                for j, peak in enumerate(PEAKS):
                    ends[:, i, j] = losses(length, name, peak, FINISHED / f"{length}-{i}-{j}.npy")
                    bar.update(len(SEEDS))
            arrays[f"{length}/validation"], arrays[f"{length}/test"] = ends
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
