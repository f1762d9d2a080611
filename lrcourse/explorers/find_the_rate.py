"""Find the rate: a learning rate is searched for with a budget of trainings, then the whole curve shows how near one came."""

import json
from functools import lru_cache

import numpy as np
import traitlets

from lrcourse.explorers.base import Clamped, between
from lrcourse.explorers.working import OPTIMIZERS, Trainer
from lrcourse.figures import COLORS, STYLE, Figure
from lrcourse.lessons.ui import FIND_THE_RATE as WORDS
from lrcourse.problems import digits
from lrcourse.quiet import matplotlib
from lrcourse.schedules import constant
from lrcourse.sweeping import sweep

EPOCHS, SEEDS = 12, range(8)
LOW, HIGH, PER_TEN = 1e-3, 2.0, 10
GRID = [float(f"{LOW * 10 ** (i / PER_TEN):.2g}") for i in range(34)]      # to HIGH


class Rates(traitlets.List):
    """The rates that were tried, each once, as many as the budget at most."""

    def __init__(self):
        super().__init__(traitlets.Float(), maxlen=100)
        self.tag(sync=True)

    def validate(self, obj, value):
        given = super().validate(obj, value)
        kept = list(dict.fromkeys(float(f"{between(v, LOW, HIGH, LOW):.2g}") for v in given))
        obj.say(self.name, kept, kept != given and f"{given} must be rates from {LOW:g} to {HIGH:g}, with two digits, "
                f"each once; {kept} are used")
        return kept


class FindTheRate(Trainer):
    """Spend a budget of trainings on the search for a learning rate; then the whole curve shows how near you came.

    Each try trains the digits' network of lesson 03, 64 units without batch norm, at a constant rate for 12 epochs from eight
    starts, and shows the error on one half of the held-out digits, in percent, averaged over the last two epochs. ``rates``
    are the tries, from 0.001 to 2 with two digits. When ``budget`` tries are made, or ``revealed`` is set, the curve of 34
    rates is trained as well. ``errors`` and ``curve`` are the same numbers from Python.

    >>> search = FindTheRate(budget=3, rates=[0.001, 0.03])
    >>> search.errors().round(1)
    array([33.5,  9.8])
    """

    view = "find_the_rate.js"
    shared = ("parts.js", "unpack.js", "view.js", "working.js")
    rates = Rates()
    budget = Clamped(8, 1, 20, whole=True)
    optimizer = traitlets.Enum(list(OPTIMIZERS), "Momentum").tag(sync=True)
    revealed = traitlets.Bool(False).tag(sync=True)

    def errors(self):
        """The error of each try in percent, (tries,)."""
        return trained(self.optimizer, *self.rates)

    def curve(self):
        """The rates of the whole curve, (34,), and the error at each in percent, (34,)."""
        return np.array(GRID), trained(self.optimizer, *GRID)

    @property
    def over(self):
        """Whether the curve is shown."""
        return self.revealed or len(self.rates) >= self.budget

    @classmethod
    def constants(cls):
        return f"{super().constants()}\nexport const GRID = {json.dumps(GRID)}, WORDS = {json.dumps(WORDS)};"

    @property
    def alt(self):
        said = WORDS["alt"].format(budget=int(self.budget), optimizer=self.optimizer)
        if self.rates:
            said += " " + ", ".join(WORDS["alt_try"].format(rate=rate, error=error) for rate, error in zip(self.rates, self.errors())) + "."
        if self.over:
            rates, error = self.curve()
            said += " " + WORDS["alt_curve"].format(rate=rates[error.argmin()], error=error.min())
        return said

    def figure(self):
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(7.2, 3.4))
            axes = figure.subplots()
            if self.over:
                axes.plot(*self.curve(), color=COLORS[0])
            for number, (rate, error) in enumerate(zip(self.rates, self.errors()), start=1):
                axes.plot(rate, error, "o", color=COLORS[1])
                axes.annotate(str(number), (rate, error), (0, 7), textcoords="offset points", ha="center", color=COLORS[1])
            axes.set(title=WORDS["chart_short"], xlabel=WORDS["axis"], xscale="log", yscale="log", xlim=(LOW, HIGH), ylim=(4, 100))
            axes.set_yticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"], minor=False)
            axes.minorticks_off()
        figure.alt = self.alt
        return figure


@lru_cache(maxsize=64)
def trained(optimizer, *rates):
    """The mean error at each rate in percent, (rates,)."""
    if not rates:
        return np.empty(0)
    problem = digits(hidden=64, batch_norm=False, weight_decay=0.0, held_out="validation")
    tried = sweep(problem, OPTIMIZERS[optimizer], [constant(rate) for rate in rates], seeds=SEEDS, epochs=EPOCHS, progress=False)
    return 100 * tried.final(last=2).reshape(len(rates), len(SEEDS)).mean(axis=1)
