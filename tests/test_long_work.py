"""Long work that is killed, and disks that are full: nothing finished is lost, and it is said where it is."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from lrcourse import Sweep

ROOT = Path(__file__).parent.parent
SWEEP = """
    import sys
    from lrcourse import Momentum, ReduceLROnPlateau, constant, digits, linear_decay, sweep, sweeping
    sweeping.STORE_EVERY, sweeping.BLOCK = 0.0, 8
    families = {"constant": [constant(0.1), constant(0.2)], "linear": linear_decay(0.1, 8), "plateau": ReduceLROnPlateau(0.1, patience=1)}
    sweep(digits(hidden=16), {"momentum": Momentum(0.9)}, families, range(60), 8, file=sys.argv[1], progress=False)
"""
# the league itself, with a smaller network, fewer seeds and rates
LEAGUE = """
    import importlib.util, sys
    from dataclasses import replace
    from pathlib import Path
    from lrcourse import sweeping
    from lrcourse.lessons import league
    spec = importlib.util.spec_from_file_location("league_tool", sys.argv[2])
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    sweeping.STORE_EVERY, sweeping.BLOCK = 0.0, 8
    tasks = {"one": league.Task(replace(league.TASKS["plain"].problem, hidden=8), 3, ("constant", "linear", "on a plateau"))}
    folder = Path(sys.argv[1])
    for module in (league, tool):
        module.TASKS, module.TUNE_SEEDS, module.REPORT_SEEDS = tasks, range(1000, 1016), range(16)
        module.rates, module.FILE = lambda optimizer, task: [0.02, 0.1, 0.5], folder / "league.npz"
    tool.FINISHED = folder / "finished"
    sys.argv = ["league.py"]
    tool.main()
"""


def program(text, *args):
    return [sys.executable, "-c", textwrap.dedent(text), *map(str, args)]


def killed_often(command, times, seed, look):
    """Start it, kill it at a random moment, look at what is there, and again; then let it end. What was looked at."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    draw, seen = random.Random(seed), []
    for _ in range(times):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
        began, moment = time.monotonic(), draw.uniform(0.2, 2.5)
        while process.poll() is None and time.monotonic() - began < moment:
            time.sleep(0.002)
        process.kill()
        said = process.communicate()[1].decode()
        assert process.returncode in (0, -signal.SIGKILL), said
        seen.append(look())
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return seen


TIMES = [2, pytest.param(20, marks=pytest.mark.long)]


@pytest.mark.parametrize("times", TIMES)
def test_a_sweep_killed_at_random_moments(tmp_path, times):
    killed, whole = tmp_path / "killed.npz", tmp_path / "whole.npz"
    finished = killed_often(program(SWEEP, killed), times, seed=times, look=lambda: len(Sweep.load(killed)) if killed.exists() else 0)
    assert finished == sorted(finished), "what was finished stays"
    subprocess.run(program(SWEEP, whole), check=True)
    assert killed.read_bytes() == whole.read_bytes() and len(Sweep.load(killed)) == 240


@pytest.mark.parametrize("times", TIMES)
def test_a_league_killed_at_random_moments(tmp_path, times):
    """Its result is there whole or not at all, and its finished runs stay."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir(), whole.mkdir()

    def look():
        if (killed / "league.npz").exists():
            with np.load(killed / "league.npz") as data:
                assert "made" in data
        return sum(len(Sweep.load(file)) for file in killed.glob("finished/*.npz"))

    finished = killed_often(program(LEAGUE, killed, ROOT / "tools" / "league.py"), times, seed=times, look=look)
    assert finished == sorted(finished)
    subprocess.run(program(LEAGUE, whole, ROOT / "tools" / "league.py"), check=True, stdout=subprocess.DEVNULL)
    assert (killed / "league.npz").read_bytes() == (whole / "league.npz").read_bytes()


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 300 kB, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("no disk can be mounted here: test_sweeping.py has one that pretends to be full")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_full(tiny_disk, tmp_path):
    """The results grow beyond it: the file keeps what it had, and all that is finished is put where there is room."""
    (tmp_path / "room").mkdir()
    done = subprocess.run(program(SWEEP, tiny_disk / "a.npz"), capture_output=True, text=True,
                          env=os.environ | {"TMPDIR": str(tmp_path / "room"), "OPENBLAS_NUM_THREADS": "1"})
    assert done.returncode == 1 and "No space left on device" in done.stderr
    kept = len(Sweep.load(tiny_disk / "a.npz"))
    [rescued] = (tmp_path / "room").glob("*.npz")
    finished = len(Sweep.load(rescued))
    assert f"holds {kept} of 240 runs. All {finished} that are finished are in {rescued}: put it in its place" in done.stderr
    assert 0 < kept < finished < 240 and sorted(file.name for file in tiny_disk.iterdir()) == ["a.npz"]
    rescued.replace(tmp_path / "a.npz")
    subprocess.run(program(SWEEP, tmp_path / "a.npz"), check=True)
    assert len(Sweep.load(tmp_path / "a.npz")) == 240


def test_a_folder_that_may_not_be_written_to(tmp_path):
    folder = tmp_path if os.geteuid() else Path("/proc")       # where root may not write either
    tmp_path.chmod(0o500)
    try:
        done = subprocess.run(program(SWEEP, folder / "a.npz"), capture_output=True, text=True)
    finally:
        tmp_path.chmod(0o700)
    assert "a.npz' is not allowed in sweep, it can't be written" in done.stderr and not list(tmp_path.iterdir())
