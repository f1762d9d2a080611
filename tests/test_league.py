"""The league: its stored results are of these very settings, and stopping the sweep loses nothing."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lrcourse import schedules, sweep, train
from lrcourse.lessons import league

ROOT = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location("league_tool", ROOT / "tools" / "league.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


def inner(schedule):
    parts = [schedule, *getattr(schedule, "parameters", {}).values()]
    return {part.name for part in parts if isinstance(part, schedules.Schedule)}


def test_every_schedule_of_the_course_competes():
    competing = set().union(*(inner(make(1.0)) for make in league.contenders(30).values()))
    assert {each.__name__ for each in schedules.SCHEDULES} - competing == {"lr_range"}     # a search, not a schedule


@pytest.mark.parametrize("total", [30, 60])
def test_contenders_peak_at_the_rate_they_are_given(total):
    for name, make in league.contenders(total).items():
        schedule = make(0.4)
        peak = schedule.lr if isinstance(schedule, schedules.ReduceLROnPlateau) else schedule(np.linspace(0, total, 6001)).max()
        assert peak == pytest.approx(0.4, rel=1e-6), name


def test_stored_results_are_of_these_settings():
    assert league.stored().made["settings"] == league.settings(), "the league has changed: run make league again"


def test_stored_results_are_whole_and_small():
    stored = league.stored()
    assert league.FILE.stat().st_size < 300_000
    for (task, optimizer), results in stored.test.items():
        assert list(results) == list(league.TASKS[task].contenders(optimizer))
        for name, errors in results.items():
            assert errors.shape == (len(league.REPORT_SEEDS),) and (errors > 0).all() and (errors < 0.3).all()
            tuning = stored.tuning[task, optimizer][name]
            assert tuning.shape == (14, len(league.TUNE_SEEDS))
            assert stored.peak[task, optimizer][name] == league.rates(optimizer, task)[tuning.mean(axis=1).argmin()]


def test_no_peak_is_at_the_edge_of_those_tried():
    stored = league.stored()
    edges = {(*key, name): peak for key, peaks in stored.peak.items() for name, peak in peaks.items()
             if peak in (league.rates(*key[::-1])[0], league.rates(*key[::-1])[-1])}
    assert edges == {}


@pytest.mark.parametrize("optimizer, name", [("momentum", "linear"), ("Adam", "constant"), ("momentum", "on a plateau")])
def test_stored_results_come_out_again(optimizer, name):
    task, stored = league.TASKS["plain"], league.stored()
    schedule = task.contenders(optimizer)[name](stored.peak["plain", optimizer][name])
    watched = "validation" if name == "on a plateau" else "test"
    runs = train(task.half(watched), league.OPTIMIZERS[optimizer], schedule, task.epochs, seeds=range(16))
    again = task.half("test").evaluate(runs.w)[1]
    difference = again - stored.test["plain", optimizer][name][:16]
    assert np.median(np.abs(difference)) < 0.012 and abs(difference.mean()) < 0.006     # rounding, amplified


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A league of two tiny tasks that is done in a second."""
    tasks = {"one": league.Task(replace(league.TASKS["plain"].problem, hidden=8), 2, ("constant", "on a plateau")),
             "two": league.Task(replace(league.TASKS["plain"].problem, hidden=8), 3)}
    for module in (league, tool):
        monkeypatch.setattr(module, "TASKS", tasks)
        monkeypatch.setattr(module, "TUNE_SEEDS", range(1000, 1002))
        monkeypatch.setattr(module, "REPORT_SEEDS", range(2))
        monkeypatch.setattr(module, "rates", lambda optimizer, task: [0.02, 0.1, 0.5])
        monkeypatch.setattr(module, "FILE", tmp_path / "league.npz")
    monkeypatch.setattr(tool, "FINISHED", tmp_path / "finished")
    monkeypatch.setattr(sys, "argv", ["league.py"])
    monkeypatch.setenv("TQDM_DISABLE", "1")
    return tmp_path


def test_stopping_the_league_loses_nothing(small, monkeypatch):
    tool.main()
    whole = (small / "league.npz").read_bytes()
    monkeypatch.setattr(tool, "FINISHED", small / "again")
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(kwargs["file"])
        if len(calls) in (2, 4):
            raise KeyboardInterrupt
        return sweep(*args, **kwargs)

    monkeypatch.setattr(tool, "sweep", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            tool.main()
    tool.main()
    assert (small / "league.npz").read_bytes() == whole
    stored = league.stored()
    assert stored.made["settings"] == league.settings() and set(stored.test) == {
        ("one", "momentum"), ("one", "Adam"), ("two", "momentum"), ("two", "Adam"), ("two", "schedule-free")}
    assert stored.test["two", "Adam"]["cosine"].shape == (2,)
