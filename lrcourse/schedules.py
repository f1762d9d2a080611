r"""Learning-rate schedules: the learning rate as a pure function of time.

Three rules hold for every schedule here:

1. **Time is 0-based** and counted in epochs, as a real number. Update ``k`` of an epoch with ``n`` updates happens at
   ``t = epoch + k/n``, so the very first update has ``t = 0`` and uses ``schedule(0)``.
2. **The end value is reached at** ``t = total``. The last update comes one step before that.
3. **After** ``total`` **the rate stays** where it is.

>>> halving = step_decay(0.8, gamma=0.5, step_size=10)
>>> halving(0), halving(9.99), halving(10)
(0.8, 0.8, 0.4)
>>> halving(np.array([[0, 10], [20, 30]]))
array([[0.8, 0.4],
       [0.2, 0.1]])
>>> warmup(halving, length=5)
warmup(schedule=step_decay(lr=0.8, gamma=0.5, step_size=10), length=5, start=0.0)

Every schedule is a frozen value: two with the same parameters are equal, it can be pickled, and it shows its
``parameters``, their ``ranges``, its ``formula`` (LaTeX) and its ``name``. A parameter outside its range is refused:

>>> step_decay(0.8, gamma=1.5)
Traceback (most recent call last):
ValueError: gamma=1.5 is not allowed in step_decay: a number from 0 to 1
"""

import functools
import inspect
import numbers
import re
import sys
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from lrcourse.ranges import (Below, BelowOne, Choice, Epochs, Factor, Fraction, Growth, NonNegative, Positive, Power,
                             Range, Times, Whole, as_numbers, check_all, check_fields)


# schedules inside each other. Python 3.12 counts its calls of C apart, and then neither repr nor == comes further, whatever the limit
DEEPEST = 200 if sys.version_info[:2] == (3, 12) else 500


# ---- a schedule: a formula with its parameters filled in -------------------------------------------------------------

class Schedule:
    """A learning rate as a function of time: call it with a number or an array of times of any shape, in epochs.

    A number gives a float, an array gives an array of the same shape (float32 stays float32, all else is float64).
    Raises ValueError for a negative or infinite time, or nan, and where the formula gives a rate below 0 or none.
    ``2 * schedule`` scales, ``a * b`` multiplies two schedules.
    """

    __slots__ = ("factory", "parameters", "first", "depth", "__weakref__")

    def __init__(self, factory, parameters):
        object.__setattr__(self, "factory", factory)
        object.__setattr__(self, "parameters", MappingProxyType(parameters))
        object.__setattr__(self, "depth", 1 + max([part.depth for part in self._inside()], default=0))
        if self.depth > DEEPEST:
            raise ValueError(f"schedule={self.name}(...) is not allowed: more than {DEEPEST} schedules, one inside the other")
        # each takes a few of the calls that Python lets stand inside each other, which are 1000 if nobody asked for more
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 600 + 10 * self.depth))
        object.__setattr__(self, "first", None)
        # a formula with a condition of its own raises here, not in the middle of a training. Kept, so that a schedule
        # inside a warmup inside a warmup ... is not asked for it twice at every level
        object.__setattr__(self, "first", self(0.0))

    def __call__(self, t=None):
        if self.first is not None and isinstance(t, float) and t == 0:
            return self.first
        times = as_numbers(t)
        if times is None:
            raise TypeError(f"t={t!r} is not allowed: a time in epochs, or an array of times{_inside_another(t)}")
        if times.size and not (times.min() >= 0 and times.max() < np.inf):
            raise ValueError(f"t={t!r} is not allowed: a finite time from 0 up, in epochs")
        if times.dtype != np.float32:
            times = times.astype(np.float64)
        lr = self._checked(times, self.factory.function(times, **self.parameters))
        return float(lr) if times.ndim == 0 else lr

    def _inside(self):
        """The schedules that it is made of."""
        return [part for value in self.parameters.values() for part in (value if isinstance(value, tuple) else [value])
                if isinstance(part, Schedule)]

    def _checked(self, times, lr):
        """The rates of a formula in the shape of the times, or the first time at which there is none."""
        found = as_numbers(lr)
        if found is None or found.shape not in ((), times.shape):
            raise TypeError(f"{self.name} gives {lr!r} for the times {times!r}: a number for each is wanted, as a formula of "
                            "numpy gives it")
        rates = np.array(np.broadcast_to(found, times.shape), times.dtype)
        bad = ~((rates >= 0) & (rates < np.inf))
        if bad.any():
            raise ValueError(f"the rate {rates[bad][0]:g} at t={times[bad][0]:g} is not allowed: {self!r} has to give a finite one "
                             "from 0 up")
        return rates

    @property
    def name(self):
        return self.factory.__name__

    @property
    def ranges(self):
        """What each parameter may be: Range, Choice, Times or Vector, by name."""
        return self.factory.ranges

    @property
    def formula(self):
        """The formula in LaTeX, without dollar signs."""
        return self.factory.formula

    def __setattr__(self, name, value):
        raise AttributeError(f"a schedule is frozen: make a new one, {self.name}({name}={value!r}, ...)")

    def __eq__(self, other):
        if not isinstance(other, Schedule):
            return NotImplemented
        return self.factory is other.factory and self.parameters == other.parameters

    def __hash__(self):
        return hash((self.name, tuple(self.parameters.items())))

    def __reduce__(self):
        return _rebuild, (self.factory, dict(self.parameters))

    def __repr__(self):
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.parameters.items())})"

    def _repr_markdown_(self):
        return f"`{self!r}`\n\n${self.formula}$"

    def __mul__(self, other):
        if isinstance(other, numbers.Real):
            return scale(self, other)
        return product([self, other]) if isinstance(other, Schedule) else NotImplemented

    __rmul__ = __mul__


def _inside_another(t):
    """What to do where Keras, which asks without a time, or JAX, which asks for a formula, was handed a schedule."""
    if t is None:
        return ". Keras gets to_keras(schedule, ...) from lrcourse.frameworks"
    return ". JAX and Optax get to_optax(schedule, ...) from lrcourse.frameworks" if type(t).__module__.startswith("jax") else ""


def _rebuild(factory, parameters):
    return factory(**parameters)


def schedule(function):
    r"""Turn a formula ``f(t, parameter: Range, ...)`` into a factory of schedules.

    The first ``$...$`` of the docstring is the formula that figures and notebooks show.

    >>> @schedule
    ... def halving(t, lr: Positive, every: Epochs = 10):
    ...     r'''$\alpha_t = \alpha_0\,2^{-t/s}$'''
    ...     return lr * 0.5 ** (t / every)
    >>> halving(0.8)(20), halving(0.8).formula
    (0.2, '\\alpha_t = \\alpha_0\\,2^{-t/s}')
    """
    own = _own_parameters(function)

    @functools.wraps(function)
    def factory(*args, **kwargs):
        try:
            bound = own.bind(*args, **kwargs)
        except TypeError as error:
            bare = [p.replace(annotation=p.empty) for p in own.parameters.values()]
            raise TypeError(f"{function.__name__}{inspect.Signature(bare)}: {error}") from None
        bound.apply_defaults()
        values = check_all(function.__name__, factory.ranges, bound.arguments)
        return Schedule(factory, values)

    factory.function = function
    factory.ranges = MappingProxyType({name: p.annotation for name, p in own.parameters.items()})
    factory.__signature__ = own
    found = re.search(r"\$(.+?)\$", function.__doc__ or "", re.DOTALL)
    factory.formula = " ".join(found[1].split()) if found else ""
    return factory


def _own_parameters(function):
    """The signature of a formula without its time. Each parameter must say what it may be."""
    if not inspect.isfunction(function):
        raise TypeError(f"function={function!r} is not allowed in schedule: a function f(t, parameter: Range, ...)")
    try:
        signature = inspect.signature(function, eval_str=True)
    except NameError as error:
        raise TypeError(f"an annotation is not allowed in {function.__name__}: {error}") from None
    every = list(signature.parameters.values())
    if not every or any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in every):
        raise TypeError(f"function={function.__name__}{signature} is not allowed in schedule: a function f(t, parameter: Range, ...)")
    for p in every[1:]:
        allowed = p.annotation
        if isinstance(allowed, type) or not hasattr(allowed, "check"):
            shown = "no annotation" if allowed is p.empty else f"the annotation {getattr(allowed, '__name__', allowed)!s}"
            raise TypeError(f"{p.name} with {shown} is not allowed in {function.__name__}: what it may be, such as Positive, Epochs, "
                            f"Fraction or Range(0, 10), all from lrcourse.ranges")
        limits = allowed.high.split(" - ") if isinstance(getattr(allowed, "high", None), str) else []
        if unknown := set(limits) - {other.name for other in every[1:]}:
            raise TypeError(f"{p.name} up to {allowed.high!r} is not allowed in {function.__name__}: it has no {', '.join(unknown)}")
    return signature.replace(parameters=every[1:])


@dataclass(frozen=True)
class One:
    """A schedule."""

    def check(self, name, value, values):
        if not isinstance(value, Schedule):
            raise TypeError("a schedule, such as constant(0.1)")
        return value


@dataclass(frozen=True)
class Many:
    """A list of schedules."""

    def check(self, name, value, values):
        value = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        if not value:
            raise ValueError("a list of at least one schedule")
        return tuple(One().check(name, part, values) for part in value)


# ---- the schedules ---------------------------------------------------------------------------------------------------
# alpha_0 is `lr`; every time is in epochs; `end` is a learning rate, in the unit of `lr`.

@schedule
def constant(t, lr: Positive):
    r"""$\alpha_t = \alpha_0$

    The same rate for ever.

    >>> constant(0.1)(7)
    0.1
    """
    return lr


@schedule
def inverse_time_decay(t, lr: Positive, decay_rate: NonNegative):
    r"""$\alpha_t = \dfrac{\alpha_0}{1 + k\,t}$

    ``decay_rate`` is k, per epoch: after 1/k epochs the rate has halved. Also called time-based or 1/t decay.
    Robbins and Monro, A stochastic approximation method, 1951, is where rates of order 1/t come from.

    >>> inverse_time_decay(0.2, decay_rate=1)([0, 1, 3]).tolist()
    [0.2, 0.1, 0.05]
    """
    return lr / (1 + decay_rate * t)


@schedule
def exponential_decay(t, lr: Positive, gamma: Fraction = 0.95):
    r"""$\alpha_t = \alpha_0\,\gamma^{t}$

    Multiplied by ``gamma`` every epoch, smoothly in between. All its rates together come to a finite sum.

    >>> exponential_decay(0.1, gamma=0.5)(2)
    0.025
    """
    return lr * gamma ** t


@schedule
def step_decay(t, lr: Positive, gamma: Fraction = 0.1, step_size: Epochs = 20):
    r"""$\alpha_t = \alpha_0\,\gamma^{\lfloor t/s \rfloor}$

    Multiplied by ``gamma`` at t = s, 2s, 3s, ... where ``step_size`` is s.

    >>> step_decay(1.0, gamma=0.5)([19, 20, 45]).tolist()
    [1.0, 0.5, 0.25]
    """
    return lr * gamma ** np.floor(t / step_size + 1e-9)     # a drop that rounding puts just after its time is on time


@schedule
def multistep_decay(t, lr: Positive, milestones: Times(), gamma: Fraction = 0.1):
    r"""$\alpha_t = \alpha_0\,\gamma^{\,\#\{m \,:\, m \le t\}}$

    Multiplied by ``gamma`` at each of the ``milestones``; the drop is in force at t = m itself.
    He et al., Deep residual learning for image recognition, 2016, divided by ten when the error stopped falling.

    >>> multistep_decay(0.8, milestones=[30, 40], gamma=0.5)([29, 30, 40]).tolist()
    [0.8, 0.4, 0.2]
    """
    return lr * gamma ** np.searchsorted(milestones, t + 1e-9, side="right")    # as above


@schedule
def polynomial_decay(t, lr: Positive, total: Epochs, power: Power = 1.0, end: Below("lr") = 0.0):
    r"""$\alpha_t = \alpha_T + (\alpha_0 - \alpha_T)\,(1 - t/T)^{p}$

    >>> polynomial_decay(1.0, total=10, power=2)([0, 5, 10, 99]).tolist()
    [1.0, 0.25, 0.0, 0.0]
    """
    return end + (lr - end) * (1 - np.minimum(t / total, 1)) ** power


@schedule
def linear_decay(t, lr: Positive, total: Epochs, end: Below("lr") = 0.0):
    r"""$\alpha_t = \alpha_T + (\alpha_0 - \alpha_T)\,(1 - t/T)$

    Defazio et al., Optimal linear decay learning rate schedules and further refinements, 2023.

    >>> linear_decay(0.4, total=10)([0, 5, 10, 99]).tolist()
    [0.4, 0.2, 0.0, 0.0]
    """
    return end + (lr - end) * (1 - np.minimum(t / total, 1))


@schedule
def cosine_decay(t, lr: Positive, total: Epochs, end: Below("lr") = 0.0):
    r"""$\alpha_t = \alpha_T + (\alpha_0 - \alpha_T)\,\tfrac12\left(1 + \cos(\pi\,t/T)\right)$

    Half a wave of the cosine, then flat. Loshchilov and Hutter, SGDR, 2017.

    >>> cosine_decay(0.4, total=10)([0, 5, 10, 20]).round(12).tolist()
    [0.4, 0.2, 0.0, 0.0]
    """
    return end + (lr - end) * 0.5 * (1 + np.cos(np.pi * np.minimum(t / total, 1)))


@schedule
def cosine_restarts(t, lr: Positive, period: Epochs, mult: Growth = 1.0, end: Below("lr") = 0.0):
    r"""$\alpha_t = \alpha_T + (\alpha_0 - \alpha_T)\,\tfrac12\left(1 + \cos(\pi\,t_i/T_i)\right),
    \quad T_i = T_0\,m^{i}$

    A cosine in every cycle; cycle i lasts ``period * mult**i`` epochs, and t_i is the time inside it. Never ends.
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.

    >>> cosine_restarts(1.0, period=4)([0, 2, 4, 6]).round(12).tolist()
    [1.0, 0.5, 1.0, 0.5]
    """
    # 1e-9 of a cycle: a restart that rounding puts just before its time still happens on time
    if mult == 1:
        cycle = np.floor(t / period + 1e-9)
        began, length = cycle * period, period
    else:
        cycle = np.floor(np.log1p(t / period * (mult - 1)) / np.log1p(mult - 1) + 1e-9)
        began = period * np.expm1(cycle * np.log1p(mult - 1)) / (mult - 1)     # exact for a mult close to 1, too
        length = period * mult ** cycle
    z = np.clip((t - began) / length, 0, 1)
    return end + (lr - end) * 0.5 * (1 + np.cos(np.pi * z))


@schedule
def inverse_sqrt_decay(t, lr: Positive, timescale: Epochs):
    r"""$\alpha_t = \alpha_0\,\sqrt{\dfrac{\tau}{t + \tau}}$

    ``timescale`` is tau: at t = 3 tau the rate has halved. Behind ``warmup(..., length=timescale)`` this is the shape
    of Vaswani et al., Attention is all you need, 2017 ("Noam").

    >>> inverse_sqrt_decay(0.4, timescale=5)([0, 15]).tolist()
    [0.4, 0.2]
    """
    return lr * np.sqrt(timescale / (t + timescale))


COOLDOWNS = {
    "linear": lambda z: 1 - z,
    "cosine": lambda z: 0.5 * (1 + np.cos(np.pi * z)),
    "1-sqrt": lambda z: 1 - np.sqrt(z),
    "square": lambda z: (1 - z) ** 2,
}


@schedule
def wsd(t, lr: Positive, total: Epochs, decay: Below("total", open_low=True), warmup: Below("total - decay") = 0.0,
        shape: Choice(tuple(COOLDOWNS)) = "linear", end: Below("lr") = 0.0):
    r"""$\alpha_t = \alpha_0\,\tfrac{t}{w} \;(t < w), \quad \alpha_0 \;(w \le t < T - d),
    \quad \alpha_T + (\alpha_0 - \alpha_T)\,c\!\left(\tfrac{t - (T - d)}{d}\right)$

    Warm-up, stable, decay: rises from 0 for ``warmup`` epochs, stays, and cools down over the last ``decay`` of the
    ``total`` epochs in the given ``shape`` c(z): "linear" 1-z, "cosine", "1-sqrt" 1-sqrt(z), "square" (1-z)^2.
    Hu et al., MiniCPM, 2024; Haegele et al., Scaling laws and compute-optimal training beyond fixed training
    durations, 2024.

    >>> wsd(1.0, total=10, decay=4, warmup=2)([0, 1, 5, 8, 10]).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    z = np.clip(1 - (total - t) / decay, 0, 1)      # exactly 1 at t = total
    rise = np.minimum(t / warmup, 1) if warmup else 1
    return rise * (end + (lr - end) * COOLDOWNS[shape](z))


@schedule
def rex_decay(t, lr: Positive, total: Epochs):
    r"""$\alpha_t = \alpha_0\,\dfrac{1 - t/T}{1 - \tfrac12\,t/T}$

    Slow at first, fast at the end. Chen, Wolfe and Kyrillidis, REX: revisiting budgeted training, 2022.

    >>> rex_decay(0.3, total=10)([0, 5, 10]).round(12).tolist()
    [0.3, 0.2, 0.0]
    """
    z = np.minimum(t / total, 1)
    return lr * (1 - z) / (1 - z / 2)


@schedule
def one_cycle(t, lr: Positive, total: Epochs, pct_start: Fraction = 0.3, div_factor: Factor = 25.0,
              final_div_factor: Factor = 1e4):
    r"""$\alpha_t:\ \tfrac{\alpha}{d} \nearrow \alpha \;\text{ at } t = pT,
    \quad \alpha \searrow \tfrac{\alpha}{d\,f} \;\text{ at } t = T$, half a cosine each

    ``lr`` is the peak, ``pct_start`` p the part of ``total`` spent rising, ``div_factor`` d and ``final_div_factor`` f.
    The rate only: 1cycle as published also moves the momentum. Smith and Topin, Super-convergence, 2019.

    >>> one_cycle(0.5, total=10)([0, 3, 10]).round(9).tolist()
    [0.02, 0.5, 2e-06]
    """
    peak, first, last = pct_start * total, lr / div_factor, lr / div_factor / final_div_factor
    rise = np.clip(t / peak, 0, 1) if peak else np.ones_like(t)
    fall = np.clip((t - peak) / (total - peak), 0, 1) if peak < total else np.zeros_like(t)

    def half_cosine(a, b, z):
        return b + (a - b) * 0.5 * (1 + np.cos(np.pi * z))

    return np.where(rise < 1, half_cosine(first, lr, rise), half_cosine(lr, last, fall))


@schedule
def triangular(t, min_lr: Below("max_lr"), max_lr: Positive, half_period: Epochs):
    r"""$\alpha_t = \alpha_{\min} + (\alpha_{\max} - \alpha_{\min})\,\left(1 - \left|\,(t/h \bmod 2) - 1\right|\right)$

    Up in a straight line for ``half_period`` epochs, down for as long, and so on. Never ends.
    Smith, Cyclical learning rates for training neural networks, 2017.

    >>> triangular(0.0, 1.0, half_period=4)([0, 2, 4, 6, 8]).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return min_lr + (max_lr - min_lr) * (1 - np.abs(t / half_period % 2 - 1))


@schedule
def lr_range(t, min_lr: Range(0.0, "max_lr", open_low=True, slider=(1e-4, 1.0), log=True), max_lr: Positive,
             total: Epochs):
    r"""$\alpha_t = \alpha_{\min}\,(\alpha_{\max}/\alpha_{\min})^{t/T}$

    For a learning-rate range test: every factor of ten takes the same time. The test is Smith's (Cyclical learning rates for
    training neural networks, 2017), who raised the rate in a straight line (``triangular``) and plotted the accuracy; raised
    by factors, with the loss of each batch, it is fastai's.

    >>> lr_range(0.01, 1.0, total=10)([0, 5, 10]).round(12).tolist()
    [0.01, 0.1, 1.0]
    """
    return min_lr * (max_lr / min_lr) ** np.minimum(t / total, 1)


# ---- combinators: schedules made of schedules ------------------------------------------------------------------------

@schedule
def warmup(t, schedule: One(), length: Epochs, start: Fraction = 0.0):
    r"""$\alpha_t = \beta_0\left(s + (1 - s)\,t/w\right) \;(t < w), \quad \beta_{t - w} \;(t \ge w)$

    A straight line from the fraction ``start`` of the schedule's first rate up to it, over ``length`` epochs; then the
    schedule, on its own clock: all of it happens ``length`` epochs later.
    Goyal et al., Accurate, large minibatch SGD, 2017.

    >>> warmup(cosine_decay(0.4, total=10), length=4)([0, 2, 4, 9, 14]).round(12).tolist()
    [0.0, 0.2, 0.4, 0.2, 0.0]
    """
    rise = schedule(0.0) * (start + (1 - start) * t / length)
    return np.where(t < length, rise, schedule(np.maximum(t - length, 0)))


@schedule
def join(t, schedules: Many(), boundaries: Times()):
    r"""$\alpha_t = \beta^{(i)}_{t - b_i} \quad (b_i \le t < b_{i+1},\ b_0 = 0)$

    One schedule after another; part i starts at ``boundaries[i-1]``, on its own clock.

    >>> join([constant(0.4), linear_decay(0.4, total=10)], boundaries=[5])([4, 5, 10, 15]).tolist()
    [0.4, 0.4, 0.2, 0.0]
    """
    if len(boundaries) != len(schedules) - 1:
        count = len(schedules)
        raise ValueError(f"boundaries={boundaries!r} is not allowed in join: one less than the {count} schedules")
    lr = schedules[0](t)
    for part, began in zip(schedules[1:], boundaries):
        lr = np.where(t + 1e-9 < began, lr, part(np.maximum(t - began, 0)))
    return lr


@schedule
def scale(t, schedule: One(), factor: Positive):
    r"""$\alpha_t = c\,\beta_t$

    ``2.0 * schedule`` makes one of these.

    >>> (2.0 * constant(0.1))(3)
    0.2
    """
    return factor * schedule(t)


@schedule
def product(t, schedules: Many()):
    r"""$\alpha_t = \prod_i \beta^{(i)}_t$

    ``a * b`` makes one of these. One of the parts carries the rate, the others are factors.

    >>> (linear_decay(0.4, total=10) * step_decay(1.0, gamma=0.5, step_size=5))(5)
    0.1
    """
    return functools.reduce(np.multiply, [part(t) for part in schedules])


@schedule
def staircase(t, schedule: One()):
    r"""$\alpha_t = \beta_{\lfloor t \rfloor}$

    Constant inside each epoch, which is what a training loop does that sets its rate once per epoch.

    >>> staircase(linear_decay(1.0, total=10))([0, 0.9, 1.0, 1.5]).tolist()
    [1.0, 1.0, 0.9, 0.9]
    """
    return schedule(np.floor(t + 1e-9))


# ---- not a function of time ------------------------------------------------------------------------------------------

@dataclass
class ReduceLROnPlateau:
    r"""$\alpha \leftarrow \max(\alpha\,\gamma,\ \alpha_{\min})$ after more than ``patience`` reports without a new best

    Watches a metric that should fall, so its rate can't be known before training. Counts as PyTorch does: a report is
    better if it is below ``best * (1 - threshold)`` (so a negative metric that stands still counts as better every
    time, and nan never does); during ``cooldown`` reports after a cut nothing is counted; cuts below 1e-8 are not made.

    ``step(metric)`` takes one number, or one per run, and returns the rate to use from now on, as does ``lr``.

    >>> watch = ReduceLROnPlateau(1.0, factor=0.5, patience=2)
    >>> [watch.step(0.7) for report in range(7)]
    [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]
    """

    lr: Positive
    factor: BelowOne = 0.1
    patience: Whole = 10
    threshold: Fraction = 1e-4
    cooldown: Whole = 0
    min_lr: Below("lr") = 0.0

    def __post_init__(self):
        check_fields(self)
        self.start = self.lr
        self.best, self.bad, self.resting = np.inf, 0, 0

    def fresh(self):
        """A new one with the same settings, which has seen no metric."""
        return ReduceLROnPlateau(self.start, self.factor, self.patience, self.threshold, self.cooldown, self.min_lr)

    def step(self, metric):
        given, metric = metric, as_numbers(metric)
        if metric is None:
            raise TypeError(f"metric={given!r} is not allowed in ReduceLROnPlateau: a number, or one for each run")
        if isinstance(self.best, np.ndarray) and self.best.shape != metric.shape:
            raise ValueError(f"metric={given!r} is not allowed: this ReduceLROnPlateau has watched metrics of the shape "
                             f"{self.best.shape}. Its fresh() has watched none")
        metric = metric.astype(np.float64)
        better = metric < self.best * (1 - self.threshold)
        self.best = np.where(better, metric, self.best)
        self.bad = np.where(better, 0, self.bad + 1)
        self.bad = np.where(self.resting > 0, 0, self.bad)
        self.resting = np.maximum(self.resting - 1, 0)
        cut = self.bad > self.patience
        lower = np.maximum(self.lr * self.factor, self.min_lr)
        self.lr = np.where(cut & (self.lr - lower > 1e-8), lower, self.lr)
        self.resting = np.where(cut, self.cooldown, self.resting)
        self.bad = np.where(cut, 0, self.bad)
        if metric.ndim == 0:
            self.lr = float(self.lr)
        return self.lr


SCHEDULES = (constant, inverse_time_decay, exponential_decay, step_decay, multistep_decay, polynomial_decay,
             linear_decay, cosine_decay, cosine_restarts, inverse_sqrt_decay, wsd, rex_decay, one_cycle, triangular,
             lr_range)
COMBINATORS = (warmup, join, scale, product, staircase)
