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

from lrcourse.optimizers import SGD
from lrcourse.problems import NoisyQuadratic
from lrcourse.schedules import constant, cosine_decay, linear_decay, wsd
from lrcourse.schedules import warmup as warm_up
from lrcourse.theory import _nonnegative, convergence_bound, expected_loss

WARMUP = 300        # steps, of source A


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


def means(runs, steps, schedule):
    """A dict of peak: loss; runs of the same setting are averaged."""
    return {peak: sum(values) / len(values) for peak, values in losses(runs, steps, schedule).items()}


def best(runs, steps, schedule):
    """The peak with the lowest loss, and that loss.

    >>> best(load("A"), 50_000, "linear")
    (0.002, 2.9535)
    """
    found = means(runs, steps, schedule)
    peak = min(found, key=found.get)
    return peak, found[peak]


def shapes(total, warmup):
    """The schedules of source A for a run of any length: a dict of name: function of the peak.

    >>> shapes(total=30, warmup=1.5)["wsd, last 20 %"](0.1)
    wsd(lr=0.1, total=30, decay=6.0, warmup=1.5, shape='linear', end=0.0)
    """
    rest = total - warmup
    found = {
        "constant": lambda peak: warm_up(constant(peak), warmup),
        "cosine to 10 %": lambda peak: warm_up(cosine_decay(peak, rest, end=peak / 10), warmup),
        "cosine to 0": lambda peak: warm_up(cosine_decay(peak, rest), warmup),
        "linear": lambda peak: warm_up(linear_decay(peak, rest), warmup),
        "wsd, 1-sqrt, last 20 %": lambda peak: wsd(peak, total, 0.2 * total, warmup, "1-sqrt"),
    }
    for percent in (10, 20, 40, 60, 80, 90):
        found[f"wsd, last {percent} %"] = lambda peak, percent=percent: wsd(peak, total, percent * total / 100, warmup)
    return found


def schedule_of(run):
    """The schedule that a run of source A followed, in steps.

    >>> schedule_of(load("A")[0])
    warmup(schedule=cosine_decay(lr=0.001, total=14700, end=0.0001), length=300, start=0.0)
    """
    return shapes(run.steps, WARMUP)[run.schedule](run.peak)


def coarse_rates(run, every=100):
    """The rates of a run of source A, one for each ``every`` steps, (steps / every,)."""
    return schedule_of(run)((np.arange(run.steps // every) + 0.5) * every)


# ---- forecasts -------------------------------------------------------------------------------------------------------

def bound_forecast(seen, others):
    r"""Losses of ``others``, forecast by the bound of ``theory.convergence_bound`` fitted to the runs that were ``seen``.

    $L \approx L_\infty + a \cdot \text{travel} + b \cdot \text{noise}$, the three by least squares, none below 0.
    """
    def columns(runs):
        rates = [coarse_rates(run) for run in runs]
        travel = np.array([convergence_bound(each, len(each), grad_norms=0.0)[-1] for each in rates])
        both = np.array([convergence_bound(each, len(each))[-1] for each in rates])
        return np.column_stack([np.ones(len(runs)), travel, both - travel])
    return columns(others) @ _nonnegative(columns(seen), np.array([run.loss for run in seen]))


def quadratic_forecast(seen, others, directions=4):
    r"""Losses of ``others``, forecast by a noisy quadratic as ``theory.fit`` has it, but fitted to final losses alone.

    $L \approx L_\infty + \sum_i a_i \cdot \text{what is left of the start} + c_i \cdot \text{the noise}$ in ``directions`` whose
    curvatures are spread evenly, in their logarithm, between what the longest and what the fastest of the seen runs reach.
    """
    longest, highest = (max(f(coarse_rates(run)) for run in seen) for f in (np.sum, np.max))
    curvatures = np.geomspace(0.3 / longest, 1 / highest, directions)

    def columns(runs):
        parts = [[expected_loss(NoisyQuadratic([h], noise, start), SGD(), coarse_rates(run), run.steps // 100)[-1]
                  for h in curvatures for start, noise in ((1.0, 0.0), (0.0, 1.0))] for run in runs]
        return np.column_stack([np.ones(len(runs)), parts])
    return columns(others) @ _nonnegative(columns(seen), np.array([run.loss for run in seen]))
