"""Ravine: where an optimizer goes on a surface, and at which rates it gets there."""

import numpy as np
import traitlets

from lrcourse import optimizers
from lrcourse.explorers.base import Clamped, Explorer, between, until_lost
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.problems import ravine, saddle, turned, two_minima
from lrcourse.quiet import matplotlib
from lrcourse.schedules import inverse_time_decay
from lrcourse.training import train

SURFACES = {"ravine": ravine, "saddle": saddle, "two_minima": two_minima}
MOMENTUM = {"Momentum": "beta", "Nesterov": "beta", "Adam": "beta1", "AdamW": "beta1", "ScheduleFreeSGD": "beta"}
WIDE, HIGH = (-2.2, 2.2), (-1.4, 1.4)


class Ravine(Explorer):
    r"""Loss contours with a start to drag, the path of an optimizer, its loss and its rate.

    The rate of step t is ``lr / (1 + decay * t)``; the gradient carries normal noise of deviation ``noise``.
    ``curvature`` is L, the steepness of the ravine $\tfrac12(x^2 + L y^2)$; ``angle``, in degrees, turns the ravine, and in the
    browser the start with it. ``momentum`` is beta (beta1 in Adam).
    What is shown is ``train(problem, optimizer, schedule, epochs=steps, seeds=seed)``, number for number:

    >>> explorer = Ravine(lr=0.08, steps=20)
    >>> explorer.history()
    History(ravine, SGD, inverse_time_decay(lr=0.08, decay_rate=0.0): 1 run, 20 epochs, 20 updates)
    >>> explorer.lr = 7
    >>> explorer.lr, explorer.word
    (1.0, 'lr 7 is outside 0.001 to 1, 1 is used')
    """

    view = "ravine.js"
    surface = traitlets.Enum(list(SURFACES), "ravine").tag(sync=True)
    optimizer = traitlets.Enum([kind.__name__ for kind in optimizers.OPTIMIZERS], "SGD").tag(sync=True)
    lr = Clamped(0.08, 1e-3, 1.0)
    decay = Clamped(0.0, 0.0, 1.0)
    momentum = Clamped(0.9, 0.0, 0.99)
    noise = Clamped(0.0, 0.0, 5.0)
    curvature = Clamped(20.0, 1.0, 100.0)
    angle = Clamped(0.0, 0.0, 45.0)
    steps = Clamped(60, 10, 300, whole=True)
    seed = Clamped(0, 0, 2 ** 31, whole=True)
    start = traitlets.List(traitlets.Float(), minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, **settings):
        own = SURFACES.get(settings.get("surface", "ravine"), ravine)().start_point
        super().__init__(**{**settings, "start": list(own)})
        self.start = settings.get("start", turned(np.array(own), self.turn).tolist())

    @traitlets.validate("start")
    def _inside(self, proposal):
        given = proposal["value"]
        kept = [float(between(v, *inside, own))
                for v, inside, own in zip(given, (WIDE, HIGH), SURFACES[self.surface]().start_point)]
        self.say("start", kept, kept != given and f"{given} is outside the picture, {kept} is used")
        return kept

    @property
    def turn(self):
        """The angle of the surface: only the ravine is turned."""
        return self.angle if self.surface == "ravine" else 0.0

    @property
    def problem(self):
        settings = {"curvature": (1.0, self.curvature), "angle": self.angle} if self.surface == "ravine" else {}
        start = turned(np.array(self.start), -self.turn).tolist()       # the problem turns its own start point
        return SURFACES[self.surface](start_point=start, noise=self.noise, **settings)

    @property
    def schedule(self):
        return inverse_time_decay(self.lr, decay_rate=self.decay)

    def history(self):
        """The training that is shown, as a History: ``path`` has one point more than ``test_loss``, the start."""
        kind, setting = getattr(optimizers, self.optimizer), MOMENTUM.get(self.optimizer)
        optimizer = kind(**{setting: self.momentum}) if setting else kind()
        return train(self.problem, optimizer, self.schedule, epochs=int(self.steps), seeds=int(self.seed))

    @property
    def alt(self):
        history = self.history()
        first, last = self.problem.value(np.array(self.start)), history.test_loss[0, -1]
        end = "it diverges" if history.diverged[0] else f"the loss goes from {first:.3g} to {last:.3g}"
        L = max(1.0, self.curvature)
        limits = f" (1/L is {1 / L:.3g}, 2/L is {2 / L:.3g})" if self.surface == "ravine" else ""
        turn = f", turned by {self.turn:g}°," if self.turn else ""
        return (f"Contours of the loss surface {self.surface.replace('_', ' ')}{turn} with the path of {self.optimizer} from "
                f"({self.start[0]:g}, {self.start[1]:g}), beside it the loss and the learning rate at each step. "
                f"Learning rate {self.lr:g}{limits}, decay {self.decay:g}, noise {self.noise:g}: in {self.steps:g} "
                f"steps {end}.")

    def figure(self):
        history, problem = self.history(), self.problem
        path = np.clip(history.path[0], -1e3, 1e3)
        loss = [problem.value(np.array(self.start)), *history.test_loss[0]]
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(8.6, 3.9))
            grid = figure.add_gridspec(2, 2, width_ratios=[1.55, 1])
            surface, curve, rate = (figure.add_subplot(part) for part in (grid[:, 0], grid[0, 1], grid[1, 1]))
            x, y = np.meshgrid(np.linspace(*WIDE, 160), np.linspace(*HIGH, 110))
            values = problem.value(np.stack([x, y], axis=-1))
            height = np.log(values - values.min() + 0.004 * np.ptp(values))
            surface.contourf(x, y, height, 14, cmap="Blues_r", alpha=0.6)
            surface.plot(*path.T, color="#222222", lw=1.4, marker="o", ms=2.6)
            surface.plot(*self.start, "o", color=COLORS[1], mec="white", mew=2, ms=12)
            surface.set(xlim=WIDE, ylim=HIGH, title=self.surface.replace("_", " "))
            surface.grid(False)
            curve.plot(until_lost(loss), color=COLORS[0])
            curve.set(title="loss", xlim=(0, self.steps))
            if self.surface == "ravine" and max(loss) > 0:      # from the minimum itself nothing moves
                curve.set_yscale("log")
            rate.plot(history.t, history.lr[0], color=COLORS[1])
            rate.set(title="learning rate", xlabel="step", xlim=(0, self.steps), ylim=(0, 1.25 * self.lr))
        figure.alt = self.alt
        return figure
