"""Where to drop: one or two drops of the rate are dragged over a run, and the networks are trained again."""

import json
from functools import lru_cache

import numpy as np
import traitlets

from lrcourse.explorers.base import Clamped, between
from lrcourse.explorers.javascript import function_in_javascript
from lrcourse.explorers.working import Trainer
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.lessons.ui import WHERE_TO_DROP as WORDS
from lrcourse.optimizers import Momentum
from lrcourse.problems import digits
from lrcourse.quiet import matplotlib
from lrcourse.schedules import multistep_decay
from lrcourse.training import train

EPOCHS, SEEDS = 30, range(6)


class Drops(traitlets.List):
    """One or two epochs, in order, each inside the run."""

    def __init__(self):
        super().__init__(traitlets.Int(), [2], minlen=1, maxlen=2)
        self.tag(sync=True)

    def validate(self, obj, value):
        given = super().validate(obj, value)
        kept = sorted({between(v, 1, EPOCHS - 1, 1) for v in given})
        obj.say(self.name, kept, kept != given and f"{given} must be increasing epochs from 1 to {EPOCHS - 1}, {kept} are used")
        return kept


class WhereToDrop(Trainer):
    """Drag the drop of a rate, or two, over 30 epochs; six networks on digits are trained again under it.

    The network of lesson 07, 64 units without batch norm, momentum 0.9. ``lr`` is the first rate, and each of ``drops``
    multiplies it by a tenth. The error at the end, in percent, is that of the other half of the held-out digits than
    ``FindTheRate`` shows. ``revealed`` trains one drop at every epoch; ``history`` and ``places`` are the same numbers from Python.

    >>> explorer = WhereToDrop(drops=[16])
    >>> explorer.schedule
    multistep_decay(lr=0.1, milestones=(16,), gamma=0.1)
    >>> print(round(100 * explorer.history().test_error[:, -1].mean(), 1))
    4.1
    """

    view = "where_to_drop.js"
    shared = ("parts.js", "unpack.js", "view.js", "working.js")
    drops = Drops()
    lr = Clamped(0.1, 0.02, 0.4)
    revealed = traitlets.Bool(False).tag(sync=True)

    @property
    def schedule(self):
        """The rate, as one of the course's schedules."""
        return multistep_decay(self.lr, self.drops)

    def history(self, schedule=None):
        """The runs under the schedule, or under another."""
        return trained(schedule or self.schedule)

    def places(self):
        """The error in percent after one drop, at each of the epochs 1 to 29, (29,)."""
        return np.array([100 * trained(multistep_decay(self.lr, [place])).test_error[:, -1].mean() for place in range(1, EPOCHS)])

    @classmethod
    def constants(cls):
        return (f"{super().constants()}\nexport const WORDS = {json.dumps(WORDS)};\n"
                f"export const FORMULAS = {{ multistep_decay: {function_in_javascript(multistep_decay)} }};")

    @property
    def alt(self):
        error = 100 * self.history().test_error[:, -1].mean()
        said = WORDS["alt"].format(lr=self.lr, drops=WORDS["and"].join(map(str, self.drops)), error=error)
        if self.revealed:
            found = self.places()
            said += " " + WORDS["alt_places"].format(place=1 + found.argmin(), best=found.min())
        return said

    def figure(self):
        history, percent = self.history(), 100 * self.history().test_error
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(8.6, 3.2))
            rate, error = figure.subplots(1, 2)
            rate.plot(history.t, history.lr[0], color=COLORS[0], drawstyle="steps-post")
            epochs = np.arange(1, EPOCHS + 1)
            error.fill_between(epochs, percent.min(axis=0), percent.max(axis=0), color=COLORS[1], alpha=0.25, lw=0)
            error.plot(epochs, percent.mean(axis=0), color=COLORS[1])
            rate.set(title=WORDS["rate_short"], xlabel=WORDS["epoch"], yscale="log", xlim=(0, EPOCHS), ylim=(1e-4, 0.5))
            error.set(title=WORDS["error"], xlabel=WORDS["epoch"], yscale="log", xlim=(0, EPOCHS), ylim=(2.5, 100))
            error.set_yticks([3, 5, 10, 20, 50, 100], ["3", "5", "10", "20", "50", "100"])
            error.minorticks_off()
        figure.alt = self.alt
        return figure


@lru_cache(maxsize=128)
def trained(schedule):
    return train(digits(hidden=64, batch_norm=False, weight_decay=0.0, held_out="test"), Momentum(0.9), schedule, EPOCHS, seeds=SEEDS)
