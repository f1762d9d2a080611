"""The cheat sheet: every schedule on one page, with its picture, its formula, when to use it and what others call it.

>>> sheet = cheat_sheet()
>>> sheet.get_size_inches().tolist()        # A4, so sheet.savefig("cheat_sheet.pdf") is ready to print
[8.27, 11.69]
"""

from dataclasses import dataclass

import numpy as np

from lrcourse import schedules as s
from lrcourse.figures import COLORS, Figure, styled


@dataclass(frozen=True)
class Line:
    """A line of the sheet. ``schedule`` is drawn over one run, from t = 0 to 1; names of frameworks may have a "; note"."""

    schedule: object
    when: str
    torch: str
    keras: str
    optax: str
    formula: str = ""       # where the schedule's own is too long for a line

    @property
    def name(self):
        return self.schedule.name if isinstance(self.schedule, s.Schedule) else type(self.schedule).__name__


SHEET = (
    Line(s.constant(1.0), "to look: it shows the noise floor;\nfine where a network fits everything", "(no scheduler)", "(a number)",
         "constant_schedule"),
    Line(s.inverse_time_decay(1.0, 9.0), "best for one weight, in theory;\nfalls too early, then too slowly", "LambdaLR",
         "InverseTimeDecay", "(a function)"),
    Line(s.exponential_decay(1.0, 0.2), "choose γ so that about a fifth is left\nat the end of the run", "ExponentialLR",
         "ExponentialDecay", "exponential_decay"),
    Line(s.step_decay(1.0, 0.1, 1 / 3), "as the next, at equal distances", "StepLR", "ExponentialDecay; staircase=True",
         "exponential_decay; staircase=True"),
    Line(s.multistep_decay(1.0, [0.5, 0.75]), "ResNets then, DeepSeek LLM lately;\nput the drops late", "MultiStepLR",
         "PiecewiseConstantDecay; an update late", "piecewise_constant_schedule"),
    Line(s.ReduceLROnPlateau(1.0, factor=0.5, patience=2), "no plan, only a metric to watch;\nnoise wants patience",
         "ReduceLROnPlateau", "ReduceLROnPlateau; patience one less", "reduce_on_plateau; patience one less",
         r"$\alpha \leftarrow \gamma\,\alpha$ after $p$ bad epochs"),
    Line(s.polynomial_decay(1.0, 1.0, 2.0), "p = 1 is linear; p = 2 where little\nis left to learn", "PolynomialLR", "PolynomialDecay",
         "polynomial_schedule"),
    Line(s.linear_decay(1.0, 1.0), "START HERE when you know how long\nyou will train", "LinearLR; start_factor=1, end_factor=0",
         "PolynomialDecay; end_learning_rate=0", "linear_schedule"),
    Line(s.cosine_decay(1.0, 1.0), "as linear; tell it the true end", "CosineAnnealingLR; rises after T_max", "CosineDecay",
         "cosine_decay_schedule"),
    Line(s.rex_decay(1.0, 1.0), "as linear", "LambdaLR", "(a subclass)", "(a function)"),
    Line(s.cosine_restarts(1.0, 1 / 7, 2.0), "a usable network at the end of\neach cycle", "CosineAnnealingWarmRestarts",
         "CosineDecayRestarts; t_mul is 2 by default", "sgdr_schedule",
         r"$\frac{\alpha_0}{2}\,(1 + \cos(\pi\,t_i/T_i)),\ T_i = T_0\,m^i$"),
    Line(s.warmup(s.linear_decay(1.0, 0.9), 0.1), "in front of any other: large batches,\nAdam, high peaks", "SequentialLR; with LinearLR",
         "CosineDecay; with warmup_target", "join_schedules",
         r"$\beta_0\,t/w$ for $t<w$, then $\beta_{t-w}$"),
    Line(s.wsd(1.0, 1.0, 0.5, 0.05), "START HERE when you don't know how\nlong; cool down over 40 to 60 %,\n20 % in a short run",
         "SequentialLR", "(a subclass)", "join_schedules", r"$\alpha_0$ until $T-d$, then $\alpha_0\,c\left(\frac{t-(T-d)}{d}\right)$"),
    Line(s.inverse_sqrt_decay(1.0, 0.05), "no end known; it never arrives", "LambdaLR", "(a subclass)", "(a function)"),
    Line(s.one_cycle(1.0, 1.0), "warm-up and decay in one piece", "OneCycleLR; moves the momentum too", "(a subclass)",
         "cosine_onecycle_schedule", r"$\frac{\alpha}{d} \nearrow \alpha$ until $pT$, then $\searrow \frac{\alpha}{d f}$"),
    Line(s.triangular(0.1, 1.0, 1 / 6), "cyclical rates; seldom now", "CyclicLR", "(a subclass)", "piecewise_interpolate_schedule",
         r"$\alpha_{\min} \nearrow \alpha_{\max} \searrow \alpha_{\min} \nearrow \dots$"),
    Line(s.lr_range(0.001, 1.0, 1.0), "before the run: find the range of\nrates that work", "ExponentialLR; gamma above 1",
         "ExponentialDecay; decay_rate above 1", "exponential_decay; decay_rate above 1"),
)


@styled
def cheat_sheet(lines=SHEET):
    """The sheet as a figure of the size A4."""
    figure = Figure(figsize=(8.27, 11.69), layout="none")
    figure.text(0.04, 0.972, "Learning-rate schedules on one page", fontsize=15, fontweight="bold", va="top")
    figure.text(0.04, 0.948, "t counts epochs from 0; the end is reached at t = T, and kept.   Tune two numbers: "
                "the peak rate (with the decay in place) and the length of the run.", fontsize=7.2, va="top")
    height = 0.915 / len(lines)
    for place, line in enumerate(lines):
        middle = 0.925 - (place + 0.5) * height
        picture = figure.add_axes((0.04, middle - 0.38 * height, 0.11, 0.76 * height))
        draw(picture, line.schedule)
        figure.text(0.17, middle + 0.012, line.name, fontsize=8.6, fontweight="bold", va="center")
        figure.text(0.17, middle - 0.011, line.formula or mathtext(line.schedule.formula), fontsize=8.2, va="center")
        figure.text(0.42, middle, line.when, fontsize=7.6, va="center", color=COLORS[0] if "START" in line.when else None)
        for shift, framework, name in [(0.014, "PyTorch", line.torch), (0.0, "Keras", line.keras), (-0.014, "Optax", line.optax)]:
            name, _, note = name.partition("; ")
            figure.text(0.685, middle + shift, framework, fontsize=6.4, va="center", color="#777777")
            figure.text(0.733, middle + shift, name + (f", {note}" if note else ""), fontsize=6.4, va="center")
        figure.add_artist(rule(middle - 0.5 * height))
    figure.alt = "One line for each schedule, with a small picture of its rate, its formula and when to use it: " + "; ".join(
        f"{line.name}, {' '.join(line.when.split())}" for line in lines) + "."
    return figure


def draw(axes, schedule):
    t = np.linspace(0, 1, 400, endpoint=False)
    if isinstance(schedule, s.ReduceLROnPlateau):
        watch = schedule.fresh()        # shown a metric that stops falling three times
        rate = np.repeat([watch.step(max(metric, floor)) for floor in (0.6, 0.4, 0.2) for metric in np.linspace(1, 0, 9)], 15)
        t = np.linspace(0, 1, rate.size)
    else:
        rate = schedule(t)
    axes.fill_between(t, rate, color=COLORS[0], alpha=0.15, lw=0)
    axes.plot(t, rate, color=COLORS[0], lw=1.4)
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1.08))


def rule(y):
    from matplotlib.lines import Line2D
    return Line2D([0.04, 0.97], [y, y], color="#DDDDDD", lw=0.6)


def mathtext(formula):
    """LaTeX as far as matplotlib's own mathtext understands it."""
    for latex, known in [(r"\tfrac12", r"\frac{1}{2}"), (r"\tfrac", r"\frac"), (r"\dfrac", r"\frac"), (r"\le ", r"\leq ")]:
        formula = formula.replace(latex, known)
    return f"${formula}$"
