"""An unknown end: one cooldown is placed in a run that nobody knows the end of, and ends are drawn."""

import json
from functools import lru_cache

import numpy as np

from lrcourse.explorers.base import Clamped
from lrcourse.explorers.javascript import function_in_javascript
from lrcourse.explorers.working import Trainer
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.lessons.ui import UNKNOWN_END as WORDS
from lrcourse.optimizers import Momentum
from lrcourse.problems import digits
from lrcourse.quiet import matplotlib
from lrcourse.schedules import cosine_decay, wsd
from lrcourse.training import train

EPOCHS, EARLIEST, WARNING, SEEDS = 40, 10, 6, range(6)
PEAKS = {"wsd": 0.1, "cosine": 0.2}         # those of lesson 09
ENDS = np.random.default_rng(9).permutation(np.linspace(EARLIEST, EPOCHS, 20).round().astype(int)).tolist()


class UnknownEnd(Trainer):
    """Place the one cooldown of a run whose end is drawn between epochs 10 and 40; six networks on digits train under it.

    The network, the peak and the momentum are lesson 09's. The rate stays at 0.1 until epoch ``begins``, falls in a straight
    line to zero over ``length`` epochs, and stays there. ``drawn`` of twenty ends, evenly spread, have come. Beside the
    learner's errors at these ends stand those of a cosine planned for epoch 40, and of who is told six epochs before.
    ``errors`` has the three from Python.

    >>> explorer = UnknownEnd(begins=12, drawn=3)
    >>> explorer.schedule
    wsd(lr=0.1, total=18, decay=6, warmup=0.0, shape='linear', end=0.0)
    >>> {name: round(float(errors.mean()), 1) for name, errors in explorer.errors().items()}
    {'mine': 4.8, 'cosine': 4.9, 'told': 4.1}
    """

    view = "unknown_end.js"
    shared = ("parts.js", "unpack.js", "view.js", "working.js")
    begins = Clamped(20, 0, EPOCHS, whole=True)
    length = Clamped(6, 1, 20, whole=True)
    drawn = Clamped(0, 0, len(ENDS), whole=True)

    @property
    def schedule(self):
        """The rate, as one of the course's schedules."""
        return wsd(PEAKS["wsd"], total=int(self.begins + self.length), decay=int(self.length))

    def errors(self):
        """The errors in percent at the ends that were drawn, mean of six networks: {"mine", "cosine", "told": (drawn,)}."""
        ends = ENDS[:int(self.drawn)]
        mine, cosine = (error_by_epoch(each) for each in (self.schedule, cosine_decay(PEAKS["cosine"], total=EPOCHS)))
        told = [error_by_epoch(wsd(PEAKS["wsd"], total=end, decay=WARNING))[end - 1] for end in ends]
        at = np.array(ends, int) - 1
        return {"mine": mine[at], "cosine": cosine[at], "told": np.array(told)}

    @classmethod
    def constants(cls):
        formulas = ", ".join(f"{each.__name__}: {function_in_javascript(each)}" for each in (cosine_decay, wsd))
        return (f"{super().constants()}\nexport const WORDS = {json.dumps(WORDS)}, ENDS = {ENDS}, PEAKS = {json.dumps(PEAKS)};\n"
                f"export const COOLDOWNS = {{ linear: z => 1 - z }}, FORMULAS = {{ {formulas} }};")

    @property
    def alt(self):
        said = WORDS["alt"].format(begins=int(self.begins), length=int(self.length))
        if self.drawn:
            means = {name: float(each.mean()) for name, each in self.errors().items()}
            said += " " + WORDS["alt_ends"].format(ends=int(self.drawn), **means)
        return said

    def figure(self):
        epochs, t = np.arange(1, EPOCHS + 1), np.linspace(0, EPOCHS, 401)
        plans = {"you": self.schedule, "cosine": cosine_decay(PEAKS["cosine"], total=EPOCHS)}
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(8.6, 3.2))
            rate, error = figure.subplots(1, 2)
            for (name, plan), color, dash in zip(plans.items(), (COLORS[1], "#777777"), ("-", "--")):
                rate.plot(t, plan(t), color=color, ls=dash)
                error.plot(epochs, error_by_epoch(plan), color=color, ls=dash, label=WORDS[name])
            for end in ENDS[:int(self.drawn)]:
                error.axvline(end, color="#999999", lw=1, ls=":")
            rate.set(title=WORDS["rate"], xlabel=WORDS["epoch"], xlim=(0, EPOCHS), ylim=(0, None))
            error.set(title=WORDS["error"], xlabel=WORDS["epoch"], xlim=(0, EPOCHS), ylim=(0, 15))
            error.legend(frameon=False)
        figure.alt = self.alt
        return figure


@lru_cache(maxsize=128)
def error_by_epoch(schedule):
    """In percent, the mean of the six networks, after each epoch."""
    run = train(digits(hidden=64, weight_decay=1e-3), Momentum(0.9), schedule, EPOCHS, seeds=SEEDS)
    return 100 * run.test_error.mean(axis=0)
