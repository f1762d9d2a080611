"""Which is better: two schedules' errors appear seed by seed, and one says when one knows enough."""

import json

import numpy as np
import traitlets

from lrcourse.explorers.base import Clamped, Explorer
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.lessons.league import HALVES, stored
from lrcourse.lessons.ui import WHICH_IS_BETTER as WORDS
from lrcourse.quiet import matplotlib

SEEDS, ROUNDS = 32, 100
IMAGES = HALVES["test"]


def league():
    """The names of the schedules, and the digits that each of 32 seeds misread, (schedules, 32), of 399."""
    errors = stored().test["plain", "momentum"]
    return list(errors), np.rint(IMAGES * np.array(list(errors.values()))).astype(int)


def pairs():
    """The schedules of each round, (100, 2): two different ones, drawn once and for all."""
    generator, (names, _) = np.random.default_rng(10), league()
    return np.array([generator.choice(len(names), 2, replace=False) for _ in range(ROUNDS)])


class WhichIsBetter(Explorer):
    """Two schedules, A and B, and their errors seed by seed: say which is better, or that one can't tell, when you know enough.

    The errors are those of lesson 10's league: the plain network under momentum, each schedule at its own best peak, measured
    on the test half of the held-out digits. ``round`` chooses the two out of nineteen, ``shown`` is the number of seeds that
    are shown, and ``choice`` is "A", "B" or "neither" once it was made; then all 32 seeds and both names are shown, and
    the explorer keeps count of how often a choice after so few seeds was wrong. Told apart are two schedules whose mean difference,
    seed by seed, is more than two standard errors from zero.

    >>> game = WhichIsBetter(round=3, shown=4)
    >>> game.errors().shape, game.errors(all=True).shape
    ((2, 4), (2, 32))
    """

    view = "which_is_better.js"
    shared = ("parts.js", "view.js")
    round = Clamped(0, 0, ROUNDS - 1, whole=True)
    shown = Clamped(1, 1, SEEDS, whole=True)
    choice = traitlets.Enum(["", "A", "B", "neither"], "").tag(sync=True)

    def names(self):
        """The names of A and B."""
        names, _ = league()
        return [names[each] for each in pairs()[int(self.round)]]

    def errors(self, all=False):
        """The digits that A and B misread in percent, (2, seeds), of the seeds that are shown, or of all 32."""
        _, misread = league()
        return 100 / IMAGES * misread[pairs()[int(self.round)], :SEEDS if all else int(self.shown)]

    def difference(self):
        """The mean of A minus B over all 32 seeds in points, and its standard error."""
        a, b = self.errors(all=True)
        return (a - b).mean(), (a - b).std(ddof=1) / np.sqrt(SEEDS)

    @classmethod
    def constants(cls):
        names, misread = league()
        return (f"export const NAMES = {json.dumps(names)}, MISREAD = {json.dumps(misread.tolist(), separators=(',', ':'))}, "
                f"PAIRS = {json.dumps(pairs().tolist(), separators=(',', ':'))}, IMAGES = {IMAGES}, WORDS = {json.dumps(WORDS)};")

    @property
    def alt(self):
        a, b = self.errors(all=bool(self.choice)).mean(axis=1)
        said = WORDS["alt"].format(seeds=SEEDS if self.choice else int(self.shown), a=a, b=b)
        if self.choice:
            mean, error = self.difference()
            said += " " + WORDS["alt_end"].format(a=self.names()[0], b=self.names()[1], mean=mean, error=error)
        return said

    def figure(self):
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(7.2, 2.2))
            axes = figure.subplots()
            for row, (name, errors) in enumerate(zip("AB", self.errors(all=bool(self.choice)))):
                axes.plot(errors, np.full(len(errors), -row), "o", color=COLORS[row], alpha=0.5)
                axes.plot([errors.mean()] * 2, [-row - 0.3, -row + 0.3], color=COLORS[row])
            axes.set(title=WORDS["picture"], xlabel=WORDS["axis"], ylim=(-1.6, 0.6), xlim=(0, 14))
            axes.set_yticks([0, -1], list("AB"))
        figure.alt = self.alt
        return figure
