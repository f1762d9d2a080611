"""Figures of runs that diverge, in a course on learning rates: what is drawn, what is said, and that nothing warns; and their paper."""

import base64
import io
import re
import warnings

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure as MatplotlibFigure
from PIL import Image

from lrcourse import SGD, Momentum, NoisyQuadratic, constant, digits, ravine, step_decay, train
from lrcourse.figures import (LABEL, TITLE, agreement_chart, dot_chart, error_curve, forecast_chart, _in_lines, league_chart, line_chart,
                              loss_curve, path_chart, schedule_curve, schedule_grid)

DIGITS = digits(hidden=8, batch_norm=False, batch_size=100)
LOST = train(DIGITS, SGD(), constant(1e12), epochs=4, seeds=range(4))
FINE = train(DIGITS, Momentum(0.9), constant(0.03), epochs=4, seeds=range(4))
LATE = train(ravine(), SGD(), constant(0.3), epochs=600, seeds=range(2))


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        yield


def some_lost():
    """Three runs of four that diverge at different times, put together from their losses."""
    history = train(NoisyQuadratic([1.0]), SGD(), constant(0.1), epochs=10, seeds=range(4))
    history.train_loss[:], history.test_loss[:] = 1.0, 1.0
    for run, epoch in ((0, 3), (1, 5), (2, 7)):
        history.train_loss[run, epoch:] = history.test_loss[run, epoch:] = np.inf
    return history


def texts(figure):
    return [" ".join(text.get_text().split()) for axes in figure.axes for text in axes.texts]


def test_all_runs_lost_at_once():
    for curve in (loss_curve, error_curve):
        for options in ({}, {"show_lr": False}, {"log": True}, {"log": False}):
            figure = curve(LOST, **options)
            assert texts(figure) == ["diverged, epoch 1"] and figure.alt.endswith(" diverged, epoch 1.") and figure.png()


def test_a_run_that_is_lost_beside_one_that_is_not():
    for curve in (loss_curve, error_curve):
        figure = curve({"high": LOST, "low": FINE})
        lines = {line.get_label(): line for line in figure.axes[0].lines}
        assert set(texts(figure)) == {"high (diverged, epoch 1)", "low"} and figure.png()
        assert len(lines["low"].get_ydata()) == 4 and len(lines["high (diverged, epoch 1)"].get_ydata()) == 0
        assert "high: diverged, epoch 1." in figure.alt
        alone = curve({"low": FINE})
        np.testing.assert_array_equal(lines["low"].get_ydata(), alone.axes[0].lines[0].get_ydata())


def test_a_loss_that_grows_for_long_ends_with_a_cross_and_says_when():
    figure = loss_curve({"high": LATE, "low": train(ravine(), SGD(), constant(0.02), epochs=600, seeds=range(2))})
    high, cross, low = figure.axes[0].lines
    first = np.argmax(LATE.test_loss[0] > 1000 * LATE.test_loss[0, 0]) + 1
    assert texts(figure) == [f"high (diverged, epoch {first})", "low"] and 2 < first < 10
    assert cross.get_marker() == "x" and cross.get_xdata() == high.get_xdata()[-1] and 2 <= len(high.get_xdata()) <= first
    assert len(low.get_xdata()) == 600 and figure.axes[0].get_ylim()[1] < 1e6


def test_some_runs_lost():
    figure = loss_curve({"some": some_lost()})
    line = figure.axes[0].lines[0]
    assert texts(figure) == ["some (3 of 4 diverged, epoch 4)"] and "some: 3 of 4 diverged, epoch 4." in figure.alt
    assert line.get_xdata().tolist() == [1, 2, 3, 4, 5], "up to where the half of them is lost"
    history = some_lost()
    history.train_loss[1:] = history.test_loss[1:] = 1.0
    line = loss_curve({"some": history}).axes[0].lines[0]
    assert len(line.get_xdata()) == 10 and line.get_label() == "some (1 of 4 diverged, epoch 4)"


def test_nothing_is_said_where_nothing_is_lost():
    figure = error_curve(FINE)
    assert texts(figure) == [] and "diverged" not in figure.alt and len(figure.axes[0].lines) == 1


def test_a_surface_has_no_errors():
    with pytest.raises(ValueError, match="histories: History.ravine.* is not allowed in error_curve, since it has no errors"):
        error_curve(LATE)


def test_other_charts_say_what_diverged():
    inf = np.inf
    figure = line_chart([1, 2, 3], {"end": [1, 2, inf], "all": [inf] * 3, "first": [inf, 1, 2], "none": [1, 2, 3]}, "x", "y", log="y")
    assert texts(figure) == ["end (diverged)", "all (diverged)", "first (diverged)", "none"] and figure.png()
    for chart in (dot_chart({"a": [1, inf, inf], "b": [1, 2]}, "x"), league_chart({"c": {"a": [1, inf, inf], "b": [1, 2, 3]}}, "x")):
        assert "2 of 3 diverged" in texts(chart) and chart.png()
    figure = forecast_chart({"a": ([[1, inf], [1, inf]], [1, 2]), "b": ([[1, 2]], [1, inf]), "c": ([[1, 2], [1, inf], [1, 2]], [1, 2])},
        "y")
    assert texts(figure) == ["a (diverged)", "b (diverged)", "c"] and figure.png()
    figure = agreement_chart({"a": ([1, inf, 3], [1, 2, inf]), "b": ([inf], [inf])}, "x", "y")
    shown = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert shown == ["a (2 of 3 diverged)", "b (1 of 1 diverged)"] and figure.png()
    figure = path_chart(ravine(), {"high": LATE})
    assert figure.axes[0].get_legend().get_texts()[0].get_text() == "high (diverged)" and figure.png()
    assert path_chart(ravine(), LATE, last=5).png() and schedule_grid({"a": LATE, "b": FINE}).png()


def test_a_rate_of_zero_can_be_drawn():
    zero = train(ravine(), SGD(), step_decay(0.1, gamma=0, step_size=1), epochs=3)
    zero.lr[:] = 0
    assert schedule_grid({"zero": zero}).png() and loss_curve(zero, log_lr=False).png()


@pytest.mark.parametrize("call, said", [
    (lambda: schedule_curve([constant(0.1)], 3), r"schedules=\[constant\(lr=0.1\)\] is not allowed in schedule_curve: a schedule, "),
    (lambda: schedule_curve({}, 3), "schedules={} is not allowed in schedule_curve"),
    (lambda: error_curve({}), "histories={} is not allowed in"),
    (lambda: error_curve([FINE]), r"histories=\[History.* is not allowed in error_curve: a History, or a dict of name: History"),
    (lambda: line_chart([1, 2], {"a": [1, 2, 3]}, "x", "y"), r"lines\['a'\] has 3 numbers, not allowed in line_chart beside x with 2"),
    (lambda: path_chart(DIGITS, FINE), "problem=digits.* is not allowed in path_chart"),
    (lambda: path_chart(ravine(), FINE), "no path of two")])
def test_what_is_no_curve_is_refused_by_name(call, said):
    with pytest.raises((ValueError, TypeError), match=said):
        call()


# ---- the paper -------------------------------------------------------------------------------------------------------

def test_a_figure_has_two_dots_for_each_pixel_that_it_asks_for():
    figure = schedule_curve(constant(0.1), 3, "My own")
    data, _ = figure._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width == 2 * int(re.search(r'width="(\d+)"', data["text/html"])[1]) and data["image/png"] in data["text/html"]


def test_jupyter_stores_our_picture_where_matplotlib_would_draw_its_own():
    figure, shell = schedule_curve(constant(0.1), 3, "My own"), InteractiveShell.instance()
    formatter = shell.display_formatter.formatters["image/png"]
    before = dict(formatter.type_printers)
    formatter.enabled = True
    try:        # as the inline backend does
        formatter.for_type(MatplotlibFigure, lambda figure: b"another picture")
        data, _ = shell.display_formatter.format(figure)
        assert base64.b64decode(data["image/png"]) == figure.png()
    finally:
        formatter.type_printers.clear()
        formatter.type_printers.update(before)
        InteractiveShell.clear_instance()


def test_what_is_too_long_for_a_line_takes_two_as_long():
    assert _in_lines("high (diverged)", LABEL) == "high (diverged)" and _in_lines("", LABEL) == ""
    assert _in_lines("wsd, linear to 10 % of it", LABEL) == "wsd, linear\nto 10\N{NO-BREAK SPACE}% of it"
    assert _in_lines("one-word-that-is-longer-than-a-line", LABEL) == "one-word-that-is-longer-than-a-line"
    # no title leaves its paper, whatever letters it has
    long = "Where the rate is wide, WSD and warm-up make more room for a mean that was missed"
    figure = line_chart([1, 2], {"a name at the end of a curve that is long": np.array([1, 2])}, "x", "y", long)
    figure.png()
    for text in (figure._suptitle, *figure.axes[0].texts):
        box = text.get_window_extent()
        assert text.get_text().count("\n") == 1 and 0 <= box.x0 and box.x1 <= figure.bbox.x1
    assert len(long) > TITLE


def test_a_band_keeps_its_hue_in_the_palette():
    x, rng = np.arange(1, 31), np.random.default_rng(0)
    bands = {f"run {n}": 3 + n / 2 + rng.normal(size=(12, 30)) for n in range(5)}
    figure = line_chart(x, bands, "epoch", "error", "Five bands that lie over each other")
    stored = np.asarray(Image.open(io.BytesIO(figure.png())).convert("RGB")).astype(int)
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    assert stored.shape == drawn.shape and np.abs(stored - drawn).max(axis=2).mean() < 1
    even = (drawn[:, 1:] == drawn[:, :-1]).all(axis=2)         # within a band or on the ground: no edge
    assert (np.abs(stored - drawn)[:, 1:].max(axis=2)[even] > 16).mean() < 0.0005
