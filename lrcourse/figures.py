"""Figures: a history or a schedule in, a matplotlib Figure with a description out. One style sheet for the course.

Every function returns a ``Figure``; a notebook that ends a cell with it shows it. Its ``words`` are the short name under
which a lesson has a title and a description (``lrcourse.lessons``), so that no code cell gives the answer away; any other
string is a title. ``figure.alt`` says what is seen, for those who can't see it; without a lesson's words it is a plain one.

Where training is shown, the learning rate in the lower panel is ``History.lr``: the one that was used.

>>> from lrcourse import cosine_decay, step_decay
>>> figure = schedule_curve({"cosine": cosine_decay(0.1, total=30), "step": step_decay(0.1, step_size=10)}, epochs=30)
>>> figure.alt
'Learning rate against epoch, from 0 to 30, for: cosine, step.'
"""

import base64
import functools
import html
import inspect
import io
import itertools
import sys
import textwrap

import numpy as np
from PIL import Image

from lrcourse.quiet import matplotlib       # first, before any other import of matplotlib
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import is_color_like
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from lrcourse.lessons.predictions import drawn
from lrcourse.lessons.words import figure_words
from lrcourse.ranges import Choice, Count, Flag, Range, Vector, as_numbers, check_all
from lrcourse.schedules import Schedule
from lrcourse.training import History

# Okabe and Ito's colours, which the colour-blind can tell apart, each with a line style of its own
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555"]
DASHES = ["-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)),
          (0, (2, 3))]
PALETTE = 96        # colours of a stored picture; with 64 the pale band of one curve took the hue of another
PERCENT = FuncFormatter(lambda y, _: f"{100 * y:g} %")
INK, FAINT = "#222222", "#999999"

STYLE = {
    "font.family": "DejaVu Sans", "font.size": 11, "axes.titlesize": 12.5, "axes.titlelocation": "left",
    "axes.titleweight": "bold", "axes.titlepad": 10, "figure.titlesize": 11.5,
    "figure.titleweight": "bold", "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": INK, "axes.labelcolor": INK, "axes.titlecolor": INK, "xtick.color": INK, "ytick.color": INK,
    "text.color": INK, "axes.grid": True, "grid.color": "#E4E4E4", "grid.linewidth": 0.8, "axes.axisbelow": True,
    "lines.linewidth": 2.0, "lines.solid_capstyle": "round", "figure.dpi": 130, "figure.facecolor": "white",
    "figure.constrained_layout.use": True, "figure.constrained_layout.h_pad": 0.06,
}
# inches: on a phone, some 380 pixels, 11 points are 10 pixels high then; and twice as many dots as a column of prose has pixels
WIDTH, DPI = 5.8, 200
# letters in a line of a title, of a name beside an axis, and of one at the end of a curve: more take another line, and not the curve's room
TITLE, AXIS, LABEL = 56, 27, 20


class Figure(MatplotlibFigure):
    """A matplotlib figure that a notebook shows with its description."""

    alt = words = ""

    def png(self):
        """The picture as PNG, in a palette: a third of the size, and no difference to be seen."""
        with matplotlib.rc_context(STYLE):
            canvas = FigureCanvasAgg(self)
            canvas.draw()
            picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        buffer = io.BytesIO()
        # maximum coverage keeps the colour of a thin line that has few pixels; median cut gives it to its neighbours
        picture = picture.quantize(PALETTE, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        picture.save(buffer, "png", optimize=True)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        drawn(self.words)
        _ours_alone()
        png = base64.b64encode(self.png()).decode()
        width = round(self.get_figwidth() * 100)
        image = (f'<img src="data:image/png;base64,{png}" alt="{html.escape(self.alt)}" width="{width}" '
                 'style="max-width: 100%; background: white">')
        return {"image/png": png, "text/html": image, "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def _ours_alone():
    """Once matplotlib's inline backend is there (ipywidgets brings it), Jupyter would store its picture in place of ours."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell:
        shell.display_formatter.formatters["image/png"].for_type(Figure, lambda figure: None)


def styled(draw):
    """Let a function draw in the course's style, and under the title that ``words`` stands for; ``fill`` fills its fields."""
    signature = inspect.signature(draw)

    @functools.wraps(draw)
    def figure_function(*args, fill=None, **kwargs):
        given = signature.bind(*args, **kwargs)
        for label in ("words", "xlabel", "ylabel"):
            if not isinstance(given.arguments.get(label, ""), str):
                raise TypeError(f"{label}={given.arguments[label]!r} is not allowed in {draw.__name__}: a string")
        name, alt = given.arguments.get("words", ""), ""
        if name:
            given.arguments["words"], alt = figure_words(name, fill)
        with matplotlib.rc_context(STYLE):
            figure = draw(*given.args, **given.kwargs)
        figure.alt, figure.words = alt or figure.alt, name
        return figure
    return figure_function


def _canvas(height, rows=0):
    """An empty figure, as wide as a notebook's column. On a slide it has the slide's shape, and room for so many ``rows``."""
    return Figure(figsize=(WIDTH, height), dpi=DPI)


def _entitle(figure, words):
    """The title begins where the figure does, and so the prose above it; it takes a second line where it needs one."""
    if words:
        figure.suptitle(_in_lines(words, TITLE), x=0.006, ha="left")


def _in_lines(text, most):
    """A text in lines of at most ``most`` letters, as few and as even as that goes."""
    wrap = functools.partial(textwrap.wrap, text.replace(" %", "\N{NO-BREAK SPACE}%"), break_long_words=False, break_on_hyphens=False)
    few = len(wrap(most))
    return "\n".join(next(found for width in range(1, most + 1) if len(found := wrap(width)) <= few))


def looks():
    """The colour and line style of each next curve, for ever."""
    return zip(itertools.cycle(COLORS), itertools.cycle(DASHES))


# ---- curves over time ------------------------------------------------------------------------------------------------

@styled
def schedule_curve(schedules, epochs, words="", log=False):
    """The rate against time, one curve for each of ``schedules`` (one, or a dict of name: schedule)."""
    named = of_names("schedule_curve", "schedules", schedules, Schedule, "a schedule, or a dict of name: schedule",
                     getattr(schedules, "name", None))
    check_all("schedule_curve", {"epochs": Range(0.0, 1e9, open_low=True), "log": Flag}, {"epochs": epochs, "log": log})
    figure = _canvas(3.0)
    axes = figure.subplots()
    t = np.linspace(0, epochs, 2001)
    for (name, schedule), (color, dash) in zip(named.items(), looks()):
        axes.plot(t, schedule(t), color=color, linestyle=dash, label=name)
    axes.set(xlabel="epoch", ylabel="learning rate", xlim=(0, epochs))
    _entitle(figure, words)
    if log:
        axes.set_yscale("log")
        plain_numbers(axes.yaxis)
    else:
        axes.set_ylim(bottom=0)
    label_ends(axes)
    figure.alt = f"Learning rate against epoch, from 0 to {epochs:g}, for: {', '.join(named)}."
    return figure


def error_curve(histories, words="", **options):
    """The error on held-out data after each epoch, and below it the learning rate that was used.

    ``histories`` is a History or a dict of name: History. A line is the median of the runs, a band holds the middle
    80 % of them. A run that diverges is drawn up to there, and its name says when it did. ``log=True`` makes the upper axis
    logarithmic; ``train=True`` shows the training error instead; ``log_lr=False`` draws the rate on a linear axis, for
    schedules that begin or end at zero.
    """
    return training_curve(histories, "error", words, **options)


def loss_curve(histories, words="", **options):
    """The training loss of each epoch, and below it the learning rate that was used; else as ``error_curve``."""
    return training_curve(histories, "loss", words, **{"train": True, **options})


@styled
def training_curve(histories, kind, words="", log=None, train=False, show_lr=True, log_lr=True):
    named = of_names(f"{kind}_curve", "histories", histories, History, "a History, or a dict of name: History", "")
    flags = {"train": train, "show_lr": show_lr, "log_lr": log_lr} | ({} if log is None else {"log": log})
    check_all(f"{kind}_curve", dict.fromkeys(flags, Flag), flags)
    figure = _canvas(4.2 if show_lr else 3.1)
    heights = [2.4, 1] if show_lr else [1]
    axes, *below = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    said, longest = [], 1
    for (name, history), (color, dash) in zip(named.items(), looks()):
        values = getattr(history, f"{'train' if train else 'test'}_{kind}")
        if np.isnan(values).any():
            raise ValueError(f"histories: {history!r} is not allowed in error_curve, since it has no errors: loss_curve shows its loss")
        epochs = np.arange(1, values.shape[1] + 1)
        longest = max(longest, len(epochs))
        low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0, method="nearest")
        ok = still_there(history, middle)
        if lost := when_lost(history):
            said.append(f"{name}: {lost}" if name else lost)
        axes.plot(epochs[ok], middle[ok], color=color, linestyle=dash, label=f"{name} ({lost})" if name and lost else name or lost)
        if not ok.all():
            axes.plot(epochs[ok][-1:], middle[ok][-1:], color=color, linestyle="", marker="x", ms=8, mew=2)
        if len(values) > 1 and ok.any():
            high = np.minimum(high, 10 * middle[ok].max())
            axes.fill_between(epochs[ok], low[ok], high[ok], color=color, alpha=0.18, lw=0)
        if below:
            below[0].plot(history.t, np.median(history.lr, axis=0), color=color, linestyle=dash, drawstyle="steps-post")
    what = f"{'training' if train else 'test'} {kind}"
    axes.set(ylabel=what, xlim=(0, longest))
    _entitle(figure, words)
    logarithmic = log if log is not None else kind == "loss"
    if logarithmic and any(len(line.get_ydata()) for line in axes.lines):       # an empty axis has no logarithm
        axes.set_yscale("log")
        plain_numbers(axes.yaxis)
    elif kind == "error":
        axes.set_ylim(bottom=0)
    if kind == "error":
        axes.yaxis.set_major_formatter(PERCENT)
    if below:
        below[0].set(ylabel="learning rate")
        if log_lr:
            below[0].set_yscale("log")
            plain_numbers(below[0].yaxis, between=30)
        else:
            below[0].set_ylim(bottom=0)
    (below or [axes])[0].set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    label_ends(axes)
    runs = max(len(history.lr) for history in named.values())
    figure.alt = (f"{what.capitalize()} against epoch{', ' + str(runs) + ' runs each' if runs > 1 else ''}"
                  f"{': ' + ', '.join(filter(None, named)) if any(named) else ''}."
                  f"{' Below it, the learning rate that was used.' if below else ''}"
                  f"{' ' + '; '.join(said) + '.' if said else ''}")
    return figure


def still_there(history, middle):
    """The epochs at which the middle run can be drawn: before it diverged, or is on its way and a thousand times its start."""
    gone = ~np.isfinite(history.test_loss)
    ok = np.isfinite(middle) & (gone.mean(axis=0) < 0.5)
    if gone.any() and ok.any():
        ok &= np.logical_and.accumulate(middle <= 1000 * max(middle[ok][0], 1e-3))
    return ok


def when_lost(history):
    """In words, how many runs diverged, and when the first of them was a thousand times its start; "" where none did."""
    lost = history.test_loss[history.diverged]
    if not len(lost):
        return ""
    first = (lost > 1000 * np.maximum(lost[:, :1], 1e-3)) | np.isinf(lost)
    which = "" if history.diverged.all() else f"{len(lost)} of {len(history.diverged)} "
    return f"{which}diverged, epoch {first.any(axis=0).argmax() + 1}"


@styled
def line_chart(x, lines, xlabel, ylabel, words="", log="", marks=None, points=False, percent=False):
    """Named curves over ``x``: ``lines`` is a dict of name: y, or of name: (runs, len(x)) for a median and middle 80 %.

    ``log`` names the logarithmic axes ("x", "y" or "xy"). ``marks`` is a dict of name: x for vertical lines. A y that
    is infinite is left out, and a line that ends in one is said to have diverged. ``points=True`` marks each point, and
    a list of names draws those as points alone. ``percent`` writes a y of 0.02 as 2 %.
    """
    x = numbers_of("line_chart", "x", x, 1)
    lines = of_names("line_chart", "lines", lines, object, "a dict of name: y, or of name: (runs, len(x))")
    check_all("line_chart", {"log": Choice(("", "x", "y", "xy", "yx")), "percent": Flag}, {"log": log, "percent": percent})
    marks = of_names("line_chart", "marks", {} if marks is None else marks, object, "a dict of name: x", least=0)
    marks = {name: float(numbers_of("line_chart", f"marks[{name!r}]", where, 0)) for name, where in marks.items()}
    if not isinstance(points, (bool, list, tuple)) or (
            not isinstance(points, bool) and not all(name in list(lines) for name in points)):
        raise TypeError(f"points={points!r} is not allowed in line_chart: True, False, or a list of names of lines")
    if "x" in log and not (x > 0).any():
        raise ValueError(f"x={x!r} is not allowed in line_chart with log={log!r}: numbers above 0")
    figure = _canvas(3.2)
    axes = figure.subplots()
    lost = []
    for (name, y), (color, dash) in zip(lines.items(), looks()):
        y = numbers_of("line_chart", f"lines[{name!r}]", y, 1, 2)
        if y.shape[-1] != len(x):
            raise ValueError(f"lines[{name!r}] has {y.shape[-1]} numbers, not allowed in line_chart beside x with {len(x)}")
        low, middle, high = np.quantile(np.atleast_2d(y), [0.1, 0.5, 0.9], axis=0, method="nearest")
        ok = np.isfinite(middle)
        lost += [] if ok[-1] and not np.isinf(middle).any() else [name]
        alone = points is not True and name in (points or ())
        axes.plot(x[ok], middle[ok], color=color, linestyle="" if alone else dash, label=name,
                  marker="o" if alone or points is True else None, ms=6 if alone else 4.5)
        if np.ndim(y) > 1:
            high = np.where(np.isfinite(high), high, middle)
            axes.fill_between(x[ok], low[ok], high[ok], color=color, alpha=0.18, lw=0)
    axes.set(xlabel=xlabel, ylabel=_in_lines(ylabel, AXIS))
    axes.locator_params(axis="x", nbins=7)
    _entitle(figure, words)
    for axis in log:
        getattr(axes, f"set_{axis}scale")("log")
        plain_numbers(getattr(axes, f"{axis}axis"))
    if percent:
        axes.yaxis.set_major_formatter(PERCENT)
    for name, where in marks.items():
        axes.axvline(where, color=FAINT, lw=1.3, linestyle=(0, (3, 2)), zorder=1)
        # on the left of a line at the right edge, where the curves have their names
        late = axes.transAxes.inverted().transform(axes.transData.transform((where, axes.get_ylim()[0])))[0] > 0.85
        axes.annotate(name, (where, 1), xycoords=("data", "axes fraction"), xytext=(-4 if late else 4, -2), textcoords="offset points",
                      ha="right" if late else "left", va="top", color="#666666", fontsize=10)
    label_ends(axes, lost)
    figure.alt = f"{ylabel} against {xlabel}: {', '.join(lines)}."
    return figure


@styled
def dot_chart(rows, xlabel, words="", log=False):
    """One row for each name, the mean of its numbers and two standard errors to each side: dict of name: (runs,)."""
    rows = of_names("dot_chart", "rows", rows, object, "a dict of name: (runs,)")
    check_all("dot_chart", {"log": Flag}, {"log": log})
    figure = _canvas(0.9 + 0.3 * len(rows), rows=len(rows))
    axes = figure.subplots()
    for place, (name, values) in enumerate(rows.items()):
        draw_dot(axes, place, numbers_of("dot_chart", f"rows[{name!r}]", values, 0, 1), color=COLORS[0], ms=6, lw=2)
    axes.set(yticks=range(len(rows)), yticklabels=list(rows), ylim=(len(rows) - 0.4, -0.6), xlabel=xlabel)
    _entitle(figure, words)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    if log:
        axes.set_xscale("log")
    figure.alt = f"{xlabel}, with two standard errors to each side, for: {', '.join(rows)}."
    return figure


@styled
def spread_chart(rows, xlabel, words=""):
    """One row for each name: every run, a thin bar of one standard deviation to each side of the mean, and a thick one of
    two standard errors: dict of name: (runs,), of fractions that are shown as percentages."""
    rows = {name: numbers_of("spread_chart", f"rows[{name!r}]", values, 1)
            for name, values in of_names("spread_chart", "rows", rows, object, "a dict of name: (runs,)").items()}
    figure = _canvas(1.0 + 0.44 * len(rows), rows=len(rows))
    axes = figure.subplots()
    for place, values in enumerate(rows.values()):
        if values.size == 1 or not np.isfinite(values).all():
            draw_dot(axes, place, values, color=COLORS[0], ms=5, lw=5)
            continue
        mean, deviation = values.mean(), values.std(ddof=1)
        apart = place + 0.3 * ((np.arange(values.size) * 0.618) % 1 - 0.5)      # so that equal runs don't hide each other
        axes.plot(values, apart, "o", ms=4, color=FAINT, mec="none", alpha=max(0.08, 0.7 / np.ceil(values.size / 50)), zorder=1)
        axes.errorbar(mean, place, xerr=deviation, color=COLORS[0], lw=1.2, capsize=4, zorder=3)
        axes.errorbar(mean, place, xerr=2 * deviation / np.sqrt(values.size), fmt="o", color=COLORS[0], ms=5, lw=5, zorder=3)
    axes.set(yticks=range(len(rows)), yticklabels=list(rows), ylim=(len(rows) - 0.4, -0.6), xlabel=xlabel)
    _entitle(figure, words)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PERCENT)
    figure.alt = (f"{xlabel}: single runs, their standard deviation and two standard errors of their mean, for: "
                  f"{', '.join(rows)}.")
    return figure


@styled
def schedule_grid(histories, words="", columns=3):
    """A small picture for each of ``histories``, a dict of name: History: the rate that its first run used."""
    histories = of_names("schedule_grid", "histories", histories, History, "a dict of name: History")
    check_all("schedule_grid", {"columns": Count}, {"columns": columns})
    figure = _canvas(0.5 + 0.74 * -(-len(histories) // columns))
    panels = figure.subplots(-(-len(histories) // columns), columns, squeeze=False).ravel()
    for axes, (name, history) in zip(panels, histories.items()):
        axes.fill_between(history.t, history.lr[0], color=COLORS[0], alpha=0.15, lw=0, step="post")
        axes.plot(history.t, history.lr[0], color=COLORS[0], lw=1.6, drawstyle="steps-post")
        axes.set(xticks=[], yticks=[], ylim=(0, 1.08 * history.lr[0].max() or 1), xlim=(0, history.t[-1] or 1))
        axes.set_title(name, fontsize=9.5, fontweight="normal", pad=3)
    for axes in panels[len(histories):]:
        axes.set_axis_off()
    _entitle(figure, words)
    figure.alt = f"The learning rate over the run, in a small picture each, for: {', '.join(histories)}."
    return figure


@styled
def league_chart(columns, xlabel, words="", apart=None):
    """Dot charts side by side with the same rows, best first: ``columns`` is a dict of name: {row: (runs,)}.

    A dot is the mean of fractions, shown as a percentage, with two standard errors to each side. Rows are in the order
    of their mean over the columns. ``apart``, a dict of column: names, leaves those dots hollow and grey.
    """
    columns = of_names("league_chart", "columns", columns, dict, "a dict of name: {row: (runs,)}")
    apart = of_names("league_chart", "apart", {} if apart is None else apart, object, "a dict of column: names", least=0)
    for column, names in apart.items():
        if isinstance(names, str) or not np.iterable(names):
            raise TypeError(f"apart[{column!r}]={names!r} is not allowed in league_chart: names of rows")
    columns = {title: {name: numbers_of("league_chart", f"columns[{title!r}][{name!r}]", values, 1)
                       for name, values in column.items()} for title, column in columns.items()}
    rows = sorted(set().union(*columns.values()),
                  key=lambda name: np.mean([np.mean(column[name]) for column in columns.values() if name in column]))
    figure = _canvas(1.3 + 0.24 * len(rows), rows=len(rows))
    panels = figure.subplots(1, len(columns), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (column, results), color in zip(panels, columns.items(), COLORS):
        for place, name in enumerate(rows):
            if name in results:
                behind = name in apart.get(column, ())
                draw_dot(axes, place, results[name], ms=6, lw=1.6, color="#888888" if behind else color,
                         markerfacecolor="white" if behind else color)
        axes.set(xlabel=xlabel, yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.4, -0.6))
        axes.set_title(column, fontsize=11, fontweight="normal", pad=6)
        axes.xaxis.set_major_formatter(PERCENT)
        axes.grid(axis="y", color="#F2F2F2")
        axes.tick_params(axis="y", length=0)
    if panels[0].get_xlim()[0] < 0:
        for axes in panels:
            axes.axvline(0, color=FAINT, lw=1.3, linestyle=(0, (3, 2)), zorder=1)
    _entitle(figure, words)
    figure.alt = f"{xlabel}, with two standard errors to each side, in the columns {', '.join(columns)}: {', '.join(rows)}."
    return figure


@styled
def forecast_chart(pairs, ylabel, words="", log=False):
    """Losses as measured, lines, and as forecast, points: ``pairs`` is a dict of name: ((runs, epochs), (epochs,))."""
    pairs = of_names("forecast_chart", "pairs", pairs, (tuple, list), "a dict of name: ((runs, epochs), (epochs,))")
    check_all("forecast_chart", {"log": Flag}, {"log": log})
    figure = _canvas(3.4)
    axes = figure.subplots()
    lost = []
    for (name, pair), (color, dash) in zip(pairs.items(), looks()):
        measured, forecast = pair_of("forecast_chart", f"pairs[{name!r}]", pair, 2, 1)
        epochs = np.arange(1, len(forecast) + 1)
        low, middle, high = np.quantile(measured, [0.1, 0.5, 0.9], axis=0, method="nearest")
        ok, high = np.isfinite(middle), np.where(np.isfinite(high), high, middle)
        lost += [] if ok.all() and np.isfinite(forecast).all() else [name]
        axes.fill_between(epochs[ok], low[ok], high[ok], color=color, alpha=0.18, lw=0)
        axes.plot(epochs[ok], middle[ok], color=color, linestyle=dash, label=name)
        ok = np.isfinite(forecast)
        axes.plot(epochs[ok], forecast[ok], color=color, linestyle="", marker="o", ms=5, mec=INK, mew=0.6)
    axes.set(xlabel="epoch", ylabel=_in_lines(ylabel, AXIS))
    _entitle(figure, words)
    axes.xaxis.get_major_locator().set_params(integer=True)
    if log:
        axes.set_yscale("log")
        plain_numbers(axes.yaxis)
    label_ends(axes, lost)
    figure.alt = f"{ylabel} against epoch, measured as lines and forecast as points, for: {', '.join(pairs)}."
    return figure


@styled
def agreement_chart(groups, xlabel, ylabel, words=""):
    """Points, and the line on which both are equal: ``groups`` is a dict of name: (x, y), arrays of the same length."""
    groups = of_names("agreement_chart", "groups", groups, (tuple, list), "a dict of name: (x, y)")
    groups = {name: np.stack(pair_of("agreement_chart", f"groups[{name!r}]", pair, 1, 1)) for name, pair in groups.items()}
    figure = _canvas(3.8)
    axes = figure.subplots()
    ends = []
    for (name, pair), color, marker in zip(groups.items(), itertools.cycle(COLORS), itertools.cycle("os^D")):
        ok = np.isfinite(pair).all(axis=0)
        label = name if ok.all() else f"{name} ({(~ok).sum()} of {ok.size} diverged)"
        axes.plot(*pair[:, ok], linestyle="", marker=marker, ms=6, color=color, alpha=0.85, label=label)
        ends += [pair[:, ok].min(), pair[:, ok].max()] if ok.any() else []
    low, high = (min(ends), max(ends)) if ends else (0, 1)
    axes.plot([low, high], [low, high], color=FAINT, lw=1.3, linestyle=(0, (3, 2)), zorder=1)
    axes.set(xlabel=xlabel, ylabel=_in_lines(ylabel, AXIS))
    _entitle(figure, words)
    axes.legend(loc="upper left", frameon=False, handletextpad=0.2)
    figure.alt = f"{ylabel} against {xlabel}, for: {', '.join(groups)}."
    return figure


# ---- pictures of the data --------------------------------------------------------------------------------------------

@styled
def digit_grid(rows, words=""):
    """Rows of small pictures: ``rows`` is a dict of name: (images (n, 64), captions (n,)), such as ``digits().test_images``."""
    for name, pair in of_names("digit_grid", "rows", rows, (tuple, list), "a dict of name: (images (n, 64), captions (n,))").items():
        if len(pair) != 2 or numbers_of("digit_grid", f"rows[{name!r}]", pair[0], 2).shape[1] != 64 or not np.iterable(pair[1]):
            raise ValueError(f"rows[{name!r}] is not allowed in digit_grid: images (n, 64), and a caption for each")
    columns = max(len(images) for images, _ in rows.values())
    figure = _canvas(0.4 + 0.92 * len(rows))
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, (name, (images, captions)) in zip(parts, rows.items()):
        part.suptitle(name, x=0.006, ha="left", fontsize=10, fontweight="normal")
        panels = part.subplots(1, columns, squeeze=False)[0]
        for axes in panels:
            axes.set_axis_off()
        for axes, image, caption in zip(panels, images, captions):
            axes.imshow(np.reshape(image, (8, 8)), cmap="Greys", interpolation="nearest")
            axes.set_title(str(caption), fontsize=9, fontweight="normal", loc="center", pad=2)
    _entitle(figure, words)
    figure.alt = f"Small pictures of digits in rows: {', '.join(rows)}."
    return figure


# ---- paths over a surface --------------------------------------------------------------------------------------------

@styled
def path_chart(problem, histories, words="", extent=(-2.2, 2.2, -1.5, 1.5), last=None, colors=COLORS):
    """Where runs went on a 2-D surface: contours, and the path of the first run of each History.

    ``histories`` is one or a dict of name: History; ``extent`` is (left, right, bottom, top); ``last`` shows only so
    many updates at the end; ``colors`` are for those who mean something by them.
    """
    named = of_names("path_chart", "histories", histories, History, "a History of a surface, or a dict of name: History", "")
    if not callable(getattr(problem, "value", None)) or isinstance(problem, type) or len(getattr(problem, "start_point", ())) != 2:
        raise TypeError(f"problem={problem!r} is not allowed in path_chart: a surface of two weights, such as ravine()")
    for history in named.values():
        if history.path is None or history.path.shape[-1] != 2:
            raise ValueError(f"histories: {history!r} is not allowed in path_chart: it has no path of two weights")
    check_all("path_chart", {"extent": Vector(4)} | ({} if last is None else {"last": Count}), {"extent": extent, "last": last})
    if not extent[0] < extent[1] or not extent[2] < extent[3]:
        raise ValueError(f"extent={extent!r} is not allowed in path_chart: (left, right, bottom, top)")
    if not isinstance(colors, (list, tuple)) or not colors or not all(map(is_color_like, colors)):
        raise TypeError(f"colors={colors!r} is not allowed in path_chart: a list of colours")
    figure = _canvas(3.6)
    axes = figure.subplots()
    left, right, bottom, top = extent
    x, y = np.meshgrid(np.linspace(left, right, 241), np.linspace(bottom, top, 181))
    height = problem.value(np.stack([x, y], axis=-1))
    levels = height.min() + (height.max() - height.min()) * np.linspace(0, 1, 16) ** 2
    axes.contourf(x, y, height, levels, cmap=colormaps["Greys"], alpha=0.35)
    axes.contour(x, y, height, levels, colors="#BBBBBB", linewidths=0.7)
    for (name, history), color, (_, dash) in zip(named.items(), colors, looks()):
        path = history.path[0] if last is None else history.path[0][-last:]
        path = path[(np.abs(path) < 1e6).all(axis=1)]
        lost = name and history.diverged[0] and " (diverged)" or ""
        axes.plot(*path.T, color=color, linestyle=dash, lw=1.3, marker="o", ms=3, label=name + lost, clip_on=True)
        if last is None and len(path):
            axes.plot(*path[0], marker="s", color=INK, ms=6, zorder=4)
    axes.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(left, right), ylim=(bottom, top))
    _entitle(figure, words)
    axes.grid(False)
    if any(named):
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, handlelength=2.5, borderaxespad=0)
    figure.alt = f"Contours of {type(problem).__name__} with the path of: {', '.join(named)}."
    return figure


# ---- what is asked of the arguments ----------------------------------------------------------------------------------

def of_names(owner, parameter, given, kind, what, name=None, least=1):
    """A dict of name: thing of a ``kind``; one thing alone goes by ``name``, where there is one."""
    if name is not None and isinstance(given, kind):
        return {name: given}
    if not isinstance(given, dict) or not all(isinstance(key, str) and isinstance(each, kind) for key, each in given.items()):
        raise TypeError(f"{parameter}={given!r} is not allowed in {owner}: {what}")
    if len(given) < least:
        raise ValueError(f"{parameter}={{}} is not allowed in {owner}: {what}, at least one")
    return given


def numbers_of(owner, parameter, given, *dimensions):
    """An array of numbers, at least one, of so many dimensions."""
    array = as_numbers(given)
    if array is None or array.ndim not in dimensions or not array.size:
        many = " or ".join(map(str, dimensions))
        raise (TypeError if array is None else ValueError)(
            f"{parameter}={given!r} is not allowed in {owner}: an array of numbers, of {many} dimensions")
    return array.astype(float)


def pair_of(owner, parameter, given, *dimensions):
    """Two arrays whose last axes are as long."""
    if len(given) != 2:
        raise ValueError(f"{parameter}={given!r} is not allowed in {owner}: two arrays")
    one, two = (numbers_of(owner, parameter, part, d) for part, d in zip(given, dimensions))
    if one.shape[-1] != two.shape[-1]:
        raise ValueError(f"{parameter} of the shapes {one.shape} and {two.shape} is not allowed in {owner}: as many numbers in each")
    return one, two


def draw_dot(axes, place, values, **look):
    """The mean and two standard errors to each side, or in words how many are none."""
    lost = ~np.isfinite(values)
    if lost.any():
        axes.annotate(f"{lost.sum()} of {lost.size} diverged", (0.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=9)
        return
    error = 2 * values.std(ddof=1) / np.sqrt(values.size) if values.size > 1 else 0
    axes.errorbar(values.mean(), place, xerr=error, fmt="o", **look)


# ---- labels ----------------------------------------------------------------------------------------------------------

def plain_numbers(axis, between=300):
    """0.01 rather than 10 to the -2, on a logarithmic axis, and 2 and 5 too where it spans less than ``between``."""
    low, high = axis.get_view_interval()
    if high / low < between:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    if 1e-5 <= low and high <= 1e5:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def label_ends(axes, lost=()):
    """Write each curve's name at its right end, pushed apart where ends are close; names in ``lost`` diverged."""
    named = [line for line in axes.lines if line.get_label() and not line.get_label().startswith("_")]
    if not named:
        return
    scale, limits = axes.yaxis.get_transform(), np.array(axes.get_ylim())
    last = np.array([line.get_ydata()[-1] if len(line.get_ydata()) else limits[1] for line in named])
    bottom, top = scale.transform(limits)
    ends = (scale.transform(np.clip(last, *limits)) - bottom) / (top - bottom)
    height = axes.bbox.height / axes.figure.bbox.height * axes.figure.get_figheight() * 72     # in points
    names = [_in_lines(line.get_label() + (" (diverged)" if line.get_label() in lost else ""), LABEL) for line in named]
    halves = [(1 + 13.5 * (name.count("\n") + 1)) / 2 / height for name in names]
    places, previous = {}, -np.inf
    for index in np.argsort(ends, kind="stable"):
        places[index] = max(ends[index], previous + halves[index])
        previous = places[index] + halves[index]
    down = max(0, max(places.values()) - 1)
    for index, (line, name) in enumerate(zip(named, names)):
        axes.annotate(name, (1, places[index] - down), xycoords="axes fraction", xytext=(8, 0), textcoords="offset points",
                      va="center", color=line.get_color(), fontsize=10.5, linespacing=1.1)
