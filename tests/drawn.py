"""What several test files share: parameters drawn from the declared ranges, and the frameworks to compare with."""

import importlib
import math
import os

import pytest
from hypothesis import strategies as st

from lrcourse.ranges import Choice, Range, Times
from lrcourse.schedules import SCHEDULES, Many, One


def oracle(name):
    """A framework to compare with. Where it is missing the test is skipped, except under CI, where it fails."""
    return importlib.import_module(name) if os.environ.get("CI") else pytest.importorskip(name)


@st.composite
def number(draw, allowed, others):
    """A number in a range, in six digits so that none is so small that dividing by it overflows."""
    named = isinstance(allowed.high, str)
    high = allowed.limit(others)
    low = max(allowed.low, 0 if named else allowed.slider[0] / 10 if allowed.log or allowed.open_low else allowed.low)
    high = high if named or high < math.inf else allowed.slider[1] * 3
    if allowed.whole:
        return draw(st.integers(math.ceil(low), math.floor(high) - allowed.open_high))
    if allowed.open_low:
        low = max(low, high / 100) if named else low
    return low + (high - low) * draw(st.integers(0, 999999 if allowed.open_high else 1000000)) / 1000000


@st.composite
def parameters(draw, factory, depth=1, **fixed):
    """Arguments for a schedule's factory, each from its declared range, those that others depend on first."""
    given, waiting = dict(fixed), {k: v for k, v in factory.ranges.items() if k not in fixed}
    if "boundaries" in waiting:
        given["schedules"] = draw(st.lists(any_schedule(depth - 1), min_size=1, max_size=3))
        gaps = draw(st.lists(st.integers(1, 30), min_size=len(given["schedules"]) - 1,
                             max_size=len(given["schedules"]) - 1))
        return {**given, "boundaries": [sum(gaps[:i + 1]) / 2 for i in range(len(gaps))]}
    while waiting:
        for name, allowed in list(waiting.items()):
            needs = allowed.high.split(" - ") if isinstance(getattr(allowed, "high", None), str) else []
            if all(need in given for need in needs):
                given[name] = draw(argument(waiting.pop(name), given, depth))
    return given


def argument(allowed, others, depth):
    if isinstance(allowed, Range):
        return number(allowed, others)
    if isinstance(allowed, Choice):
        return st.sampled_from(allowed.options)
    if isinstance(allowed, Times):
        return st.sets(st.integers(1, 120), max_size=4).map(lambda halves: [h / 2 for h in sorted(halves)])
    if isinstance(allowed, One):
        return any_schedule(depth - 1)
    if isinstance(allowed, Many):
        return st.lists(any_schedule(depth - 1), min_size=1, max_size=3)
    raise NotImplementedError(f"no way to draw from {allowed!r}: add one here")


def schedules(factory, **fixed):
    """Random schedules from one factory."""
    return parameters(factory, **fixed).map(lambda given: factory(**given))


def any_schedule(depth=0, also=()):
    """Random schedules of any kind; from the combinators in ``also``, too."""
    return st.sampled_from((*SCHEDULES, *also)).flatmap(schedules)


def torch_rates(make, updates, lr=1.0):
    """The rate of each update, read from a PyTorch optimizer that a scheduler drives."""
    import torch
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=lr, momentum=0.9)
    scheduler, rates = make(optimizer), []
    for _ in range(updates):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        weight.grad = torch.zeros(1)
        optimizer.step()
        scheduler.step()
    return rates
