"""The league of lesson 12: six schedules train the small transformer at five peaks, in two lengths, from six seeds; and
linear decay trains it with two batches at eight peaks, from sixteen.

>>> contenders(total=10)["cosine to 10 %"](0.01)
warmup(schedule=cosine_decay(lr=0.01, total=9.5, end=0.001), length=0.5, start=0.0)

``stored()`` holds what ``make league`` measured. The peak is chosen on the validation part of what is held out, and the
loss reported on the test part, by the same runs:

>>> league = stored()
>>> league.validation["long"]["linear"].shape       # one loss for each of PEAKS and of SEEDS
(5, 6)
>>> peak, losses = league.best("long", "linear")
>>> peak in PEAKS, losses.shape
(True, (6,))
>>> league.batches["validation"][8].shape       # one for each of BATCH_PEAKS and of BATCH_SEEDS
(8, 16)
"""

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np

from lrcourse.optimizers import AdamW, Clip
from lrcourse.schedules import constant, cosine_decay, linear_decay, warmup, wsd
from lrcourse.transformer import language

UPDATES = {"short": 400, "long": 2000}
EPOCHS = 4                                      # the losses are measured that often
PEAKS = (1.5e-3, 3e-3, 6e-3, 1.2e-2, 2.4e-2)
SEEDS = range(6)
BATCHES = (2, 8)                                # windows; each in runs of BATCH_EPOCHS * 100 updates
BATCH_EPOCHS = 2
BATCH_PEAKS = tuple(0.003 * 2 ** (k / 2) for k in range(8))
BATCH_SEEDS = range(16)
OPTIMIZER = Clip(AdamW(beta1=0.9, beta2=0.99, weight_decay=0.1), norm=1.0)
FILE = resources.files("lrcourse").joinpath("data/language_league.npz")


def problem(length, held_out="validation"):
    """What is trained in a run that is "short" or "long"."""
    return language(updates_per_epoch=UPDATES[length] // EPOCHS, held_out=held_out)


def of_batch(size, held_out="validation"):
    """What is trained with batches of that many windows."""
    return language(batch_size=size, held_out=held_out)


def falling(peak):
    """The schedule of the runs of ``of_batch``."""
    return contenders(BATCH_EPOCHS)["linear"](peak)


def contenders(total=EPOCHS):
    """A dict of name: function of the peak rate. All warm up over a twentieth of the run."""
    w = total / 20
    return {
        "constant": lambda peak: warmup(constant(peak), w),
        "cosine to 10 %": lambda peak: warmup(cosine_decay(peak, total - w, end=peak / 10), w),
        "cosine to 0": lambda peak: warmup(cosine_decay(peak, total - w), w),
        "linear": lambda peak: warmup(linear_decay(peak, total - w), w),
        "wsd, last 20 %": lambda peak: wsd(peak, total, decay=0.2 * total, warmup=w),
        "wsd, last 60 %": lambda peak: wsd(peak, total, decay=0.6 * total, warmup=w),
    }


@dataclass(frozen=True)
class Results:
    """By length, each a dict by contender: held-out losses (peaks, seeds) at the end. ``made`` says from what.

    ``batches`` has the same by part ("validation", "test") and size of the batch.
    """

    validation: dict
    test: dict
    batches: dict
    made: dict

    def best(self, length, name):
        """The peak with the lowest mean loss on the validation part, and the losses on the test part there, (seeds,)."""
        place = self.validation[length][name].mean(axis=1).argmin()
        return PEAKS[place], self.test[length][name][place]


def stored():
    """The results that ``make league`` last wrote."""
    with FILE.open("rb") as file, np.load(file) as data:
        named = {half: {length: dict(zip(contenders(), data[f"{length}/{half}"])) for length in UPDATES}
                 for half in ("validation", "test")}
        batches = {half: {size: data[f"batch {size}/{half}"] for size in BATCHES} for half in named}
        return Results(**named, batches=batches, made=json.loads(str(data["made"])))


def settings():
    """What decides the results, in words, by length and batch: stored with them, so that a change is noticed."""
    schedules = "; ".join(f"{name}: {make(1.0)!r}" for name, make in contenders().items())
    return {length: f"{problem(length)!r}, {OPTIMIZER!r}, {EPOCHS} epochs, peaks {PEAKS}, seeds {SEEDS}: {schedules}"
            for length in UPDATES} | {
        f"batch {size}": f"{of_batch(size)!r}, {OPTIMIZER!r}, {BATCH_EPOCHS} epochs, peaks {BATCH_PEAKS}, "
                         f"seeds {BATCH_SEEDS}: {falling(1.0)!r}" for size in BATCHES}
