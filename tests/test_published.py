"""The table of published runs: what it must hold, the schedules of its runs, and the forecasts that are made from some."""

from collections import Counter

import numpy as np
import pytest

from lrcourse.lessons.published import (bound_forecast, best, coarse_rates, load, losses, means, quadratic_forecast, schedule_of,
                                        shapes)

A = load("A")


def test_how_many_runs():
    settings = Counter((run.steps, run.schedule, run.peak) for run in A)
    assert len(A) == 147 and Counter(settings.values()) == {1: 115, 2: 16}
    assert len(load("B")) == 18 and {run.million_parameters for run in load("B")} == {25, 100, 400}
    assert {run.steps for run in A} == {15_000, 25_000, 35_000, 50_000}
    with pytest.raises(ValueError, match="source='C' is not allowed in load"):
        load("C")


def test_spot_checks_against_the_sources():
    assert losses(A, 50_000, "cosine to 0")[5e-3] == [7.5850] and losses(A, 15_000, "wsd, last 90 %")[2e-3] == [3.0968]
    assert losses(A, 50_000, "wsd, 1-sqrt, last 20 %")[1e-4] == [3.0668, 3.0666]
    assert means(A, 50_000, "constant")[5e-4] == pytest.approx(3.1102) and best(A, 25_000, "wsd, last 60 %") == (2e-3, 3.0234)
    with pytest.raises(ValueError, match="schedule='cosine'"):
        losses(A, 50_000, "cosine")


@pytest.mark.parametrize("name", shapes(50_000, 300))
def test_schedules_are_those_of_the_runs(name):
    schedule = shapes(50_000, 300)[name](1e-3)
    rates = schedule(np.arange(50_001))
    assert rates[0] == 0 and rates[150] == pytest.approx(5e-4) and rates.max() == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx({"constant": 1e-3, "cosine to 10 %": 1e-4}.get(name, 0), abs=1e-12)
    if name.startswith("wsd"):
        falling = (rates[301:] < rates.max() * (1 - 1e-9)).sum() / 50_000
        assert falling == pytest.approx(int(name.split()[-2]) / 100, abs=1e-3)


def test_every_run_has_its_schedule():
    assert all(schedule_of(run)(300) == pytest.approx(run.peak) for run in A)
    assert len(coarse_rates(A[0])) == 150 and coarse_rates(A[0]).max() < A[0].peak


@pytest.mark.parametrize("forecast", [bound_forecast, quadratic_forecast])
def test_forecasts_fit_what_they_saw_and_know_no_more(forecast):
    seen = [run for run in A if run.steps == 50_000 and run.schedule in ("constant", "linear")]
    said, was = forecast(seen, seen), np.array([run.loss for run in seen])
    assert np.abs(said - was).mean() < 0.75 * np.abs(was - was.mean()).mean()
    others = [run for run in A if run not in seen][:5]
    changed = [type(run)(**{**vars(run), "loss": 9.9}) for run in others]
    np.testing.assert_array_equal(forecast(seen, others), forecast(seen, changed))
