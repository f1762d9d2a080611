"""Final losses of language models that others trained and published: what lesson 11 asks its questions of.

Source "A", 147 runs: Schaipp, Hägele, Taylor, Simsekli, Bach, *The surprising agreement between convex optimization theory
and learning-rate scheduling for large model training*, ICML 2025, arXiv 2501.18965; its training logs (MIT licence), made
with the code of Hägele et al., 2024, arXiv 2405.18392. A transformer like Llama of 124 million parameters on SlimPajama,
one pass; AdamW (beta2 0.95, weight decay 0.1), clipping at 1; 102,400 tokens a step, warm-up over 300 steps. The
validation loss after the last step; some settings were run twice.

Source "B", 18 runs: Luo et al., *A multi-power law for loss curve prediction across learning rate schedules*, ICLR 2025,
arXiv 2503.12811; its loss curves (MIT licence). Models of 25, 100 and 400 million parameters, peak 3e-4, warm-up over
2,160 steps. The last recorded training loss, which is no finer than 0.005; one run each.

>>> runs = load("A")
>>> len(runs), runs[0]
(147, Run(source='A', million_parameters=124, steps=15000, schedule='cosine to 10 %', peak=0.001, run=1, loss=3.1197))
>>> losses(runs, steps=50_000, schedule="constant")[1e-4]
[3.1295, 3.1304]
"""

import csv
from dataclasses import dataclass
from importlib import resources

import numpy as np

from lrcourse.schedules import constant, cosine_decay, warmup, wsd

WARMUP = 300        # steps, of source A
SCHEDULES = ("constant", "cosine to 10 %", "cosine to 0", "linear", "wsd, 1-sqrt, last 20 %",
             *(f"wsd, last {percent} %" for percent in (10, 20, 40, 60, 80, 90)))


@dataclass(frozen=True)
class Run:
    """One training: how long, under which schedule, to which peak, and the loss that it ended with (nats per token)."""

    source: str
    million_parameters: int
    steps: int
    schedule: str
    peak: float
    run: int
    loss: float


def load(source):
    """All runs of a source, "A" or "B"."""
    if source not in ("A", "B"):
        raise ValueError(f"source={source!r} is not allowed in load: 'A' or 'B'")
    with resources.files("lrcourse").joinpath("data/published.csv").open(encoding="utf-8") as file:
        kinds = Run.__annotations__
        return [Run(**{name: kinds[name](value) for name, value in row.items()}) for row in csv.DictReader(file)
                if row["source"] == source]


def losses(runs, steps, schedule):
    """A dict of peak: the losses of all runs of this length and schedule, in the order of the peaks."""
    found = {}
    for run in sorted(runs, key=lambda run: run.peak):
        if (run.steps, run.schedule) == (steps, schedule):
            found.setdefault(run.peak, []).append(run.loss)
    if not found:
        raise ValueError(f"steps={steps!r}, schedule={schedule!r} is not among these runs")
    return found


def best(runs, steps, schedule):
    """The peak with the lowest loss, and that loss; runs of the same setting are averaged.

    >>> best(load("A"), 50_000, "cosine to 0")
    (0.002, 2.9543)
    """
    means = {peak: float(np.mean(values)) for peak, values in losses(runs, steps, schedule).items()}
    peak = min(means, key=means.get)
    return peak, means[peak]


def schedule_of(run):
    """The schedule that a run of source A followed, in steps.

    >>> schedule_of(load("A")[0])
    warmup(schedule=cosine_decay(lr=0.001, total=14700, end=0.0001), length=300, start=0.0)
    """
    peak, after = run.peak, run.steps - WARMUP
    if run.schedule.startswith("cosine"):
        return warmup(cosine_decay(peak, after, end=peak / 10 if "10 %" in run.schedule else 0.0), WARMUP)
    if run.schedule == "constant":
        return warmup(constant(peak), WARMUP)
    part = after / run.steps if run.schedule == "linear" else int(run.schedule.split()[-2]) / 100
    return wsd(peak, run.steps, part * run.steps, WARMUP, "1-sqrt" if "1-sqrt" in run.schedule else "linear")
