"""Too fast a start: the peak and the length of a warm-up are moved, and eight networks train, or break."""

import json
from functools import lru_cache

import numpy as np

from lrcourse.explorers.base import Clamped
from lrcourse.explorers.javascript import function_in_javascript
from lrcourse.explorers.working import Trainer
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.lessons.ui import TOO_FAST_A_START as WORDS
from lrcourse.optimizers import Adam
from lrcourse.problems import digits
from lrcourse.quiet import matplotlib
from lrcourse.schedules import cosine_decay, warmup
from lrcourse.training import train

EPOCHS, EVERY, SEEDS = 30, 4, range(8)
BROKEN = 20         # percent misread at the end, from which on a run counts as broken


class TooFastAStart(Trainer):
    """Move the peak of the rate and the updates of warm-up; eight networks of lesson 08 train again, and some break.

    The network has 64 units and no batch norm, the batch is a quarter of the training images, so an epoch has four updates, and
    Adam trains it for 30 epochs along a cosine from ``peak`` to zero, after ``updates`` of a straight line up from zero. A run is
    broken if it misreads more than 20 % of the held-out digits at the end. ``history`` has the same runs from Python.

    >>> explorer = TooFastAStart(peak=0.15, updates=12)
    >>> print(explorer.broken().sum(), "and without warm-up", TooFastAStart(peak=0.15, updates=0).broken().sum())
    0 and without warm-up 8
    """

    view = "too_fast_a_start.js"
    shared = ("parts.js", "unpack.js", "view.js", "working.js")
    peak = Clamped(0.15, 0.003, 0.5)
    updates = Clamped(0, 0, 60, whole=True)

    @property
    def schedule(self):
        """The rate, as one of the course's schedules."""
        length = self.updates / EVERY
        decay = cosine_decay(self.peak, total=EPOCHS - length)
        return warmup(decay, length) if length else decay

    def history(self):
        """The eight runs."""
        return trained(self.schedule)

    def broken(self):
        """Whether each run misreads more than 20 % at the end, (8,)."""
        return self.history().test_error[:, -1] > BROKEN / 100

    @classmethod
    def constants(cls):
        return (f"{super().constants()}\nexport const WORDS = {json.dumps(WORDS)}, BROKEN = {BROKEN};\n"
                f"export const FORMULAS = {{ cosine_decay: {function_in_javascript(cosine_decay)} }};")

    @property
    def alt(self):
        error = 100 * self.history().test_error[:, -1].mean()
        return WORDS["alt"].format(peak=self.peak, updates=int(self.updates), error=error, broken=self.broken().sum(), runs=len(SEEDS))

    def figure(self):
        history, percent = self.history(), 100 * self.history().test_error
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(8.6, 3.2))
            rate, error = figure.subplots(1, 2)
            rate.plot(history.t, history.lr[0], color=COLORS[0])
            error.plot(np.arange(1, EPOCHS + 1), percent.T, color=COLORS[1], lw=1, alpha=0.7)
            error.axhline(BROKEN, color="#555555", lw=1, ls=":")
            rate.set(title=WORDS["rate"], xlabel=WORDS["epoch"], xlim=(0, EPOCHS), ylim=(0, None))
            error.set(title=WORDS["error"], xlabel=WORDS["epoch"], xlim=(0, EPOCHS), ylim=(0, 100))
        figure.alt = self.alt
        return figure


@lru_cache(maxsize=64)
def trained(schedule):
    return train(digits(hidden=64, batch_norm=False, weight_decay=0.0, batch_size=250), Adam(), schedule, EPOCHS, seeds=SEEDS)
