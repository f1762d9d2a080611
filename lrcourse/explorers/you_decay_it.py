"""You decay it: a run that the learner watches, and whose rate the learner cuts."""

from functools import lru_cache

import numpy as np
import traitlets

from lrcourse.explorers.base import Clamped, ClampedList, Explorer, sloping_noise, until_lost
from lrcourse.figures import COLORS, DASHES, STYLE, Figure, label_ends
from lrcourse.optimizers import SGD
from lrcourse.problems import NoisyQuadratic
from lrcourse.quiet import matplotlib
from lrcourse.schedules import ReduceLROnPlateau, constant, cosine_decay, multistep_decay
from lrcourse.theory import best_schedule, expected_loss
from lrcourse.training import train


class YouDecayIt(Explorer):
    r"""Live training on a noisy quadratic; a button, or the key D, multiplies the rate by ``factor``. Beat cosine!

    Plain SGD, one update per epoch, ``updates`` in all. Direction i has curvature $h_i$ and gradient noise
    $\sigma\sqrt{h_i}$, where sigma is ``noise``, and starts at ``start``. ``cuts`` holds the learner's cuts, in updates;
    set it to show a run that is over. At the end their expected loss is compared with that of others.

    >>> game = YouDecayIt(cuts=[390, 480])
    >>> game.schedule
    multistep_decay(lr=0.5, milestones=(390, 480), gamma=0.2)
    >>> {name: round(loss, 4) for name, loss in game.contest().items()}
    {'you': 0.0038, 'never': 0.0385, 'plateau': 0.0073, 'cosine': 0.0045, 'best': 0.0034}
    """

    view = "you_decay_it.js"
    lr = Clamped(0.5, 0.01, 1.0)
    factor = Clamped(0.2, 0.05, 0.9)
    cuts = traitlets.List(traitlets.Int(), maxlen=20).tag(sync=True)
    updates = Clamped(600, 60, 2000, whole=True)
    seed = Clamped(1, 0, 2 ** 31, whole=True)
    seconds = Clamped(15, 3, 60, whole=True)
    curvature = ClampedList([0.005, 0.015, 0.04, 0.12, 0.35, 1.0], 1e-4, 100.0)
    noise = Clamped(0.4, 0.0, 2.0)
    start = Clamped(2.0, 0.01, 100.0)

    @traitlets.validate("cuts")
    def _inside(self, proposal):
        given = list(proposal["value"])
        kept = sorted({min(max(cut, 1), int(self.updates) - 1) for cut in given})
        self.say("cuts", kept, kept != given and f"{given} must be increasing times from 1 to {self.updates - 1:g}, {kept} are used")
        return kept

    @property
    def schedule(self):
        """The learner's schedule."""
        return multistep_decay(self.lr, milestones=self.cuts, gamma=self.factor)

    @property
    def problem(self):
        return NoisyQuadratic(self.curvature, sloping_noise(self.curvature, self.noise), self.start)

    def history(self, schedule=None):
        """The run, under the learner's schedule or another, with the noise that the learner sees."""
        return train(self.problem, SGD(), schedule or self.schedule, epochs=int(self.updates), seeds=int(self.seed))

    def rates(self):
        """The rates of all that are compared, a dict of name: (updates,)."""
        t = np.arange(self.updates)
        plateau = ReduceLROnPlateau(self.lr, self.factor, patience=round(self.updates / 12))
        return {"you": self.schedule(t), "never": constant(self.lr)(t), "plateau": self.history(plateau).lr[0],
                "cosine": cosine_decay(self.lr, total=self.updates)(t),
                "best": best(self.problem, int(self.updates), self.lr)(t)}

    def contest(self):
        """The expected loss at the end under the rates of each, if they were run again: a dict of name: loss."""
        return {name: float(expected_loss(self.problem, SGD(), lr, len(lr))[-1]) for name, lr in self.rates().items()}

    @property
    def alt(self):
        ends = ", ".join(f"{name} {loss:.3g}" for name, loss in self.contest().items())
        cuts = f"cuts at {', '.join(map(str, self.cuts))}" if self.cuts else "no cut"
        return (f"Loss of a run of {self.updates:g} updates with {cuts}, against the expected loss of never cutting, "
                f"ReduceLROnPlateau, cosine and the best possible rates; below it the learning rates. At the end: {ends}.")

    def figure(self):
        names = {"never": "never cut", "plateau": "on plateau", "best": "best possible"}
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(7.2, 4.2))
            loss, rate = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
            history = self.history()
            first = self.problem.value(self.problem.start([0]))
            loss.plot(until_lost([*first, *history.test_loss[0]]), color=COLORS[0], lw=0.6, alpha=0.5)
            looks = zip([COLORS[0], "#777777", *COLORS[3:0:-1]], DASHES)
            for (name, lr), (color, dash) in zip(self.rates().items(), looks):
                expected = expected_loss(self.problem, SGD(), lr, len(lr))
                loss.plot(until_lost(expected), color=color, linestyle=dash, label=names.get(name, name))
                rate.plot(lr, color=color, linestyle=dash, drawstyle="steps-post")
            for axes in (loss, rate):
                for cut in self.cuts:
                    axes.axvline(cut, color="#999999", lw=1, linestyle=(0, (3, 2)))
            loss.set(title="loss", yscale="log", xlim=(0, self.updates))
            rate.set(title="learning rate", xlabel="update", yscale="log", ylim=(1e-4, 1))
            label_ends(loss)
        figure.alt = self.alt
        return figure


best = lru_cache(maxsize=32)(best_schedule)
