"""Train it: the learner draws the rate's curve, and the network on digits is trained under it, in the browser."""

import base64
import json
import re
import zlib
from functools import cache

import numpy as np
import traitlets

from lrcourse import engine
from lrcourse.engine.build import library
from lrcourse.explorers.base import HERE, Clamped, Explorer, between
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.optimizers import SGD, Adam, AdamW, Momentum, Nesterov
from lrcourse.problems import TRAIN, digits
from lrcourse.problems import _digits as drawn_digits
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
OPTIMIZERS = {"SGD": SGD(), "Momentum": Momentum(0.9), "Nesterov": Nesterov(0.9), "Adam": Adam(), "AdamW": AdamW()}
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


class TrainIt(Explorer):
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
    shape = traitlets.Enum([*SHAPES, DRAWN], "cosine").tag(sync=True)
    peak = Clamped(0.1, 1e-3, 3.0)
    points = Points()
    optimizer = traitlets.Enum(list(OPTIMIZERS), "Momentum").tag(sync=True)
    hidden = Clamped(64, 8, 128, whole=True)
    batch_size = Clamped(32, 8, 128, whole=True)
    weight_decay = Clamped(1e-2, 0.0, 0.1)

    def __init__(self, schedule=None, **settings):
        super().__init__(**settings)
        self.on_msg(self._answer)
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
        codes = {name: kernel_settings(optimizer) for name, optimizer in OPTIMIZERS.items()}
        return f"export const SHAPES = {json.dumps(shapes)}, CODES = {json.dumps(codes)}, WORKER = {json.dumps(worker())};"

    def _answer(self, widget, content, buffers):
        """The browser asks for what it trains with, which no notebook needs to store."""
        if content == "digits":
            try:
                self.send({"digits": data()})
            except OSError as error:
                self.send({"missing": str(error)})

    def html(self, digits=None):
        """As ``Explorer.html``. ``digits``: the address of a script (``script()``) that is loaded when it is wanted."""
        return super().html(_digits={"script": digits} if digits else data())

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


def worker():
    """The module that a worker runs, as text."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in ("unpack.js", "random.js", "trainer.js")]
    return re.sub(r"^import .*\n|^export ", "", "\n".join([*texts, "serve(self);"]), flags=re.MULTILINE)


def kernel_settings(optimizer):
    """An optimizer as the kernel knows it."""
    one = engine.settings(digits(), optimizer)
    return {"number": int(one["optimizer"]), "settings": [float(one[name]) for name in ("own_decay", "beta1", "beta2", "eps")]}


@cache
def data():
    """What the browser trains with: the kernel and the digits, packed, some 90 kB in JSON. OSError where there is no kernel.wasm."""
    path = library("wasm")
    if not path.exists():
        raise OSError("this installation has no kernel.wasm, which trains in the browser: with the package ziglang, "
                      "python -m lrcourse.engine.build makes it")
    pixels, labels = drawn_digits()
    shown, given = digits().images.reshape(-1, TRAIN, 64)[4], pixels[:TRAIN]        # copy 4 is not moved
    levels = [float(shown[given == level][0] - np.float32(engine.blank())) for level in range(17)]
    mean, covariance = engine._moments(1)
    pack = lambda array: base64.b64encode(zlib.compress(bytes(array), 9)).decode()
    return {"kernel": pack(path.read_bytes()), "pixels": pack(pixels.astype("u1").tobytes()), "labels": pack(labels.astype("u1").tobytes()),
            "moments": pack(np.vstack([mean, covariance]).astype("<f4").tobytes()), "levels": levels, "blank": float(engine.blank())}


def script():
    """``data()`` as a script, for a page that loads it later, from a server or from a file."""
    return f"globalThis.lrcourseDigits = {json.dumps(data())};\n"
