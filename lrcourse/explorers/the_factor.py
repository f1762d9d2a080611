"""The factor: one weight under gradient descent, and how its updates depend on rate times curvature."""

import json

import numpy as np

from lrcourse.explorers.base import Clamped, Explorer
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.lessons.ui import THE_FACTOR as WORDS
from lrcourse.optimizers import SGD
from lrcourse.problems import NoisyQuadratic
from lrcourse.quiet import matplotlib
from lrcourse.schedules import constant
from lrcourse.training import train

UPDATES, WIDE = 20, 1.7


class TheFactor(Explorer):
    r"""One weight starts at 1 on the loss $\tfrac12\lambda w^2$; drag the rate and see 20 updates, each of which multiplies it by
    $1 - \alpha\lambda$. What is shown is ``train(NoisyQuadratic(curvature), SGD(), constant(rate), epochs=20)``, number for number.

    >>> TheFactor(rate=0.9).history().path[0, :4, 0].round(3).tolist()
    [1.0, -0.8, 0.64, -0.512]
    """

    view = "the_factor.js"
    shared = ("parts.js", "view.js")
    rate = Clamped(0.1, 0.01, 3.0)
    curvature = Clamped(2.0, 0.5, 5.0)

    def history(self):
        """The 20 updates, as a History."""
        return train(NoisyQuadratic(curvature=[self.curvature], noise=0.0), SGD(), constant(self.rate), epochs=UPDATES)

    @classmethod
    def constants(cls):
        return f"export const WORDS = {json.dumps(WORDS)}, UPDATES = {UPDATES}, WIDE = {WIDE};"

    @property
    def alt(self):
        return WORDS["alt"].format(updates=UPDATES, rate=self.rate, curvature=self.curvature, factor=1 - self.rate * self.curvature,
                                   last=self.history().path[0, -1, 0])

    def figure(self):
        path, w = self.history().path[0, :, 0], np.linspace(-WIDE, WIDE, 200)
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(8.6, 3.2))
            bowl, weight = figure.subplots(1, 2)
            bowl.plot(w, self.curvature * w ** 2 / 2, color="#555555", lw=1.2)
            bowl.plot(path, self.curvature * path ** 2 / 2, "o-", color=COLORS[1], lw=1.2, ms=4)
            weight.axhline(0, color="#555555", lw=1)
            weight.plot(path, "o-", color=COLORS[1], lw=1.2, ms=4)
            bowl.set(title=WORDS["bowl_short"], xlabel="w", xlim=(-WIDE, WIDE), ylim=(0, self.curvature * WIDE ** 2 / 2))
            weight.set(title=WORDS["weight"], xlabel=WORDS["update"], xlim=(0, UPDATES), ylim=(-WIDE, WIDE))
        figure.alt = self.alt
        return figure
