"""Schedule explorer: up to four schedules, their rates, what they do to the expected loss, and one noisy run."""

import numpy as np
import traitlets

from lrcourse.explorers.base import Clamped, ClampedList, Explorer, between, sloping_noise, until_lost
from lrcourse.figures import COLORS, DASHES, STYLE, Figure, label_ends
from lrcourse.optimizers import SGD
from lrcourse.problems import NoisyQuadratic
from lrcourse.quiet import matplotlib
from lrcourse.schedules import SCHEDULES, Schedule, constant, cosine_decay, step_decay
from lrcourse.theory import expected_loss
from lrcourse.training import train

NAMED = {factory.__name__: factory for factory in SCHEDULES}


class ScheduleExplorer(Explorer):
    r"""Any of lrcourse's schedules, with sliders made from the ranges in its signature; up to four side by side.

    They train a noisy quadratic by plain SGD, one update per epoch, ``epochs`` updates in all. Direction i has
    curvature $h_i$ and gradient noise $\sigma\sqrt{h_i}$, where sigma is ``noise``, and starts at ``start``. The thick
    curves are the exact expected loss, the thin one is ``train(problem, SGD(), schedule, epochs, seeds=seed)``.

    >>> explorer = ScheduleExplorer(cosine_decay(0.5, total=100), constant(0.5))
    >>> explorer.schedules
    (cosine_decay(lr=0.5, total=100, end=0.0), constant(lr=0.5))
    >>> explorer.schedule(50)
    0.25
    """

    view = "schedule_explorer.js"
    curves = traitlets.List(traitlets.Dict(), minlen=1, maxlen=4).tag(sync=True)
    selected = Clamped(0, 0, 3, whole=True)
    epochs = Clamped(100, 10, 1000, whole=True)
    noise = Clamped(0.4, 0.0, 2.0)
    seed = Clamped(1, 0, 2 ** 31, whole=True)
    log = traitlets.Bool(False, help="whether the axis of the rate is logarithmic").tag(sync=True)
    curvature = ClampedList([0.05, 0.1, 0.22, 0.47, 1.0], 1e-4, 100.0)
    start = Clamped(2.0, 0.01, 100.0)

    def __init__(self, *schedules, **settings):
        if not schedules:
            limits = type(self).epochs
            total = round(between(float(settings.get("epochs", 100)), limits.low, limits.high, limits.default_value))
            schedules = cosine_decay(0.5, total=total), step_decay(0.5, gamma=0.2, step_size=total / 2), constant(0.5)
        super().__init__(**{"curves": [as_curve(schedule) for schedule in schedules], **settings})

    @traitlets.validate("curves")
    def _known(self, proposal):
        try:
            return [as_curve(NAMED[curve["name"]](**curve["parameters"])) for curve in proposal["value"]]
        except KeyError as error:
            raise traitlets.TraitError(f"curves={proposal['value']!r} is not allowed: no {error}") from None
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(f"curves: {error}") from None

    @property
    def schedules(self):
        """The schedules that are shown, with the parameters that their sliders have now."""
        return tuple(NAMED[curve["name"]](**curve["parameters"]) for curve in self.curves)

    @schedules.setter
    def schedules(self, schedules):
        self.curves = [as_curve(schedule) for schedule in schedules]

    @property
    def schedule(self):
        """The one that is selected."""
        return self.schedules[min(int(self.selected), len(self.curves) - 1)]

    @property
    def problem(self):
        return NoisyQuadratic(self.curvature, sloping_noise(self.curvature, self.noise), self.start)

    def history(self):
        """The noisy run that is shown."""
        return train(self.problem, SGD(), self.schedule, epochs=int(self.epochs), seeds=int(self.seed))

    def expected_loss(self, schedule=None):
        """The exact expected loss under a schedule (by default the selected one), epochs + 1 numbers."""
        return expected_loss(self.problem, SGD(), schedule or self.schedule, int(self.epochs))

    @property
    def alt(self):
        ends = ", ".join(f"{schedule.name} at {self.expected_loss(schedule)[-1]:.3g}" for schedule in self.schedules)
        return (f"Learning rate against update, and beside it the expected loss on a noisy quadratic with one noisy run, "
                f"for {len(self.curves)} schedules over {self.epochs:g} updates. Expected loss at the end: {ends}.")

    def figure(self):
        t = np.arange(self.epochs)
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(8.6, 3.6))
            rate, loss = figure.subplots(1, 2)
            history, lost = self.history(), []
            color = COLORS[min(int(self.selected), len(self.curves) - 1)]
            loss.plot(until_lost([self.expected_loss()[0], *history.test_loss[0]]), color=color, lw=0.9, alpha=0.6)
            for schedule, color, dash in zip(self.schedules, COLORS, DASHES):
                rate.plot(t, schedule(t), color=color, linestyle=dash, drawstyle="steps-post")
                expected = self.expected_loss(schedule)
                loss.plot(until_lost(expected), color=color, linestyle=dash, label=schedule.name)
                lost += [schedule.name] if len(until_lost(expected)) < len(expected) else []
            rate.set(title="learning rate", xlabel="update", xlim=(0, self.epochs), ylim=(0, None))
            loss.set(title="expected loss, and one run", xlabel="update", xlim=(0, self.epochs), yscale="log")
            label_ends(loss, lost)
        figure.alt = self.alt
        return figure


def as_curve(schedule):
    """A schedule as the browser knows it."""
    if not isinstance(schedule, Schedule) or schedule.name not in NAMED:
        raise TypeError(f"{schedule!r} is not allowed in ScheduleExplorer: one of lrcourse's schedules "
                        f"({', '.join(NAMED)}), such as constant(0.1)")
    parameters = {name: list(value) if isinstance(value, tuple) else value
                  for name, value in schedule.parameters.items()}
    return {"name": schedule.name, "parameters": parameters}
