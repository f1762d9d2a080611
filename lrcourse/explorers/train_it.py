"""Train it: the learner draws the rate's curve, and the network on digits is trained under it, in the browser."""

import json

import numpy as np
import traitlets

from lrcourse.explorers.base import SHARED, Clamped, between
from lrcourse.explorers.working import OPTIMIZERS, Trainer
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.problems import digits
from lrcourse.quiet import matplotlib
from lrcourse.schedules import Schedule, constant, cosine_decay, exponential_decay, join, linear_decay, lr_range, step_decay, wsd
from lrcourse.training import train

EPOCHS, EVERY = 20, 2           # the curve's points stand two epochs apart
LOWEST = 1e-3                   # of the peak: how far down the curve can be drawn
SHAPES = {
    "constant": lambda lr: constant(lr),
    "linear": lambda lr: linear_decay(lr, total=EPOCHS),
    "cosine": lambda lr: cosine_decay(lr, total=EPOCHS),
    "step": lambda lr: step_decay(lr, gamma=0.2, step_size=7),
    "wsd": lambda lr: wsd(lr, total=EPOCHS, decay=6),
    "warm-up": lambda lr: wsd(lr, total=EPOCHS, decay=16, warmup=4),
}
DRAWN = "drawn"


class Points(traitlets.List):
    """The curve's points, as parts of the peak."""

    def __init__(self):
        count = EPOCHS // EVERY + 1
        super().__init__(traitlets.Float(), [1.0] * count, minlen=count, maxlen=count)
        self.tag(sync=True)

    def validate(self, obj, value):
        given = super().validate(obj, value)
        kept = [between(v, LOWEST, 1.0, 1.0) for v in given]
        obj.say(self.name, kept, kept != given and f"{given} must be parts of the peak, from {LOWEST:g} to 1, {kept} are used")
        return kept


class TrainIt(Trainer):
    """Draw the rate's curve; three networks are trained on digits under it, for 20 epochs, while the hand moves.

    The browser runs the course's own kernel, so its numbers are those of ``history()``. ``shape`` is one of the course's
    schedules ("constant", "linear", "cosine", "step", "wsd", "warm-up"), with the largest rate ``peak``; or "drawn": then
    ``points`` holds the rates at the epochs 0, 2, ..., 20, as parts of the peak, between which it runs geometrically.
    ``schedule`` reads and sets the curve. While one draws, seeds 0 to 2 show the error on one half of the held-out digits;
    tries are judged by other seeds, on the other half.

    >>> explorer = TrainIt(peak=0.2)
    >>> explorer.schedule
    cosine_decay(lr=0.2, total=20, end=0.0)
    >>> explorer.schedule = linear_decay(0.1, total=10, end=0.01)
    >>> explorer.shape, [round(part, 2) for part in explorer.points]
    ('drawn', [1.0, 0.82, 0.64, 0.46, 0.28, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    """

    view = "train_it.js"
    shared = (*SHARED, "working.js")
    shape = traitlets.Enum([*SHAPES, DRAWN], "cosine").tag(sync=True)
    peak = Clamped(0.1, 1e-3, 3.0)
    points = Points()
    optimizer = traitlets.Enum(list(OPTIMIZERS), "Momentum").tag(sync=True)
    hidden = Clamped(64, 8, 128, whole=True)
    batch_size = Clamped(32, 8, 128, whole=True)
    weight_decay = Clamped(1e-2, 0.0, 0.1)

    def __init__(self, schedule=None, **settings):
        super().__init__(**settings)
        if schedule is not None:
            self.schedule = schedule

    @property
    def schedule(self):
        """The curve, as one of the course's schedules."""
        if self.shape != DRAWN:
            return SHAPES[self.shape](self.peak)
        rates = [float(f"{self.peak * part:.12g}") for part in self.points]       # as one would write them, in code too
        pieces, boundaries = [], []
        for i, (a, b) in enumerate(zip(rates, rates[1:])):
            piece = constant(a) if a == b else exponential_decay(a, gamma=(b / a) ** (1 / EVERY)) if b < a else lr_range(a, b, total=EVERY)
            if pieces and piece == pieces[-1] == constant(a):
                continue
            boundaries += [i * EVERY] * bool(pieces)
            pieces.append(piece)
        return join(pieces, boundaries=boundaries) if boundaries else pieces[0]

    @schedule.setter
    def schedule(self, schedule):
        if not isinstance(schedule, Schedule):
            raise TypeError(f"schedule={schedule!r} is not allowed in TrainIt: a schedule, such as cosine_decay(0.1, total=20)")
        rates = schedule(np.arange(0, EPOCHS + 1, EVERY))
        if not 0 < np.max(rates) < np.inf:
            raise ValueError(f"schedule={schedule!r} is not allowed in TrainIt: one with a rate above 0 in its {EPOCHS} epochs")
        same = [name for name, shape in SHAPES.items() if shape(np.max(rates)) == schedule]
        with self.hold_trait_notifications():
            self.peak = float(np.max(rates))
            self.shape = same[0] if same else DRAWN
            if not same:
                self.points = [max(float(part), LOWEST) for part in rates / np.max(rates)]

    @property
    def problem(self):
        return digits(hidden=int(self.hidden), batch_size=int(self.batch_size), weight_decay=self.weight_decay, held_out="validation")

    def history(self, seeds=range(3)):
        """The runs that are shown, or others."""
        return train(self.problem, OPTIMIZERS[self.optimizer], self.schedule, epochs=EPOCHS, seeds=seeds)

    @classmethod
    def constants(cls):
        shapes = {name: {"name": shape(1.0).name, "parameters": dict(shape(1.0).parameters)} for name, shape in SHAPES.items()}
        return f"{super().constants()}\nexport const SHAPES = {json.dumps(shapes)};"

    @property
    def alt(self):
        error = 100 * self.history().test_error[:, -1]
        return (f"Learning rate over {EPOCHS} epochs ({self.shape}, at most {self.peak:g}), and the error of three networks trained "
                f"under it on handwritten digits with {self.optimizer}. At the end they misread {error.min():.1f} to {error.max():.1f} % "
                "of the held-out digits.")

    def figure(self):
        history = self.history()
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(8.6, 3.4))
            rate, error = figure.subplots(1, 2)
            rate.plot(history.t, np.maximum(history.lr[0], LOWEST * self.peak), color=COLORS[0])
            epochs = np.arange(1, EPOCHS + 1)
            percent = np.maximum(100 * history.test_error, 0.1)
            error.fill_between(epochs, percent.min(axis=0), percent.max(axis=0), color=COLORS[1], alpha=0.25, lw=0)
            error.plot(epochs, percent.mean(axis=0), color=COLORS[1])
            rate.set(title="learning rate", xlabel="epoch", yscale="log", xlim=(0, EPOCHS))
            error.set(title="held-out error in %, three seeds", xlabel="epoch", yscale="log", xlim=(0, EPOCHS))
        figure.alt = self.alt
        return figure
