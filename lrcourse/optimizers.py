r"""Optimizers: what to do with a gradient ``g`` and a learning rate ``alpha``.

``optimizer.step(w, grad, lr)`` changes the weights ``w`` in place. The learning rate comes from outside at every step,
so any optimizer can be trained under any schedule. Each class holds its update as formula and as code, side by side:

>>> w = np.array([1.0, -2.0])
>>> optimizer = Momentum(beta=0.5)
>>> optimizer.step(w, grad=w, lr=0.1)
>>> w
array([ 0.9, -1.8])

``w`` may be a stack of runs, shape (runs, ...), with one rate per run:

>>> w = np.array([[1.0, -2.0], [1.0, -2.0]])
>>> SGD().step(w, grad=w, lr=[0.1, 0.5])
>>> w
array([[ 0.9, -1.8],
       [ 0.5, -1. ]])

Conventions and defaults are PyTorch's, and so are the results, to rounding. ``weight_decay`` adds ``weight_decay * w``
to the gradient; only AdamW keeps it apart. An optimizer remembers; ``fresh()`` makes one like it without a memory.

Settings go by keyword, but for the beta of Momentum and Nesterov: elsewhere the first argument is the learning rate, and
here there is none.

>>> Adam(0.001)
Traceback (most recent call last):
TypeError: Adam(0.001) is not allowed: the learning rate goes to train or step, and settings by keyword (beta1, beta2, eps, weight_decay)
"""

import inspect
from dataclasses import dataclass, field, replace

import numpy as np

from lrcourse.ranges import BelowOne, NonNegative, Positive, as_numbers, check_fields


class Optimizer:
    """What all optimizers share: checks, a memory that starts at zero, and one rate per run."""

    memory = ()     # the names of the arrays that it keeps between steps, each of the shape of w
    decays = 1.0    # on which weights weight_decay acts: all, or an array (P,) of ones and zeros that the problem gives

    def __new__(cls, *given, **settings):
        own = inspect.signature(cls.__init__)
        try:
            own.bind(None, *given, **settings) if given or settings else None      # a copy is made without any
        except TypeError:
            written = ", ".join([*map(repr, given), *(f"{name}={value!r}" for name, value in settings.items())])
            raise TypeError(f"{cls.__name__}({written}) is not allowed: the learning rate goes to train or step, and settings "
                            f"by keyword ({', '.join(list(own.parameters)[1:])})") from None
        return super().__new__(cls)

    def __post_init__(self):
        check_fields(self)
        self.steps = 0

    def fresh(self):
        """An optimizer with the same settings that has made no step."""
        return replace(self)

    def step(self, w, grad, lr):
        """Change ``w`` in place. ``lr`` is a number, or an array (runs,) where w has the shape (runs, ...)."""
        grad, rates = self.checked(w, grad, lr)
        for name in self.memory:
            if self.steps == 0:
                setattr(self, name, np.zeros_like(w))
        self.steps += 1
        with np.errstate(all="ignore"):     # a run that diverges overflows, and that is a result
            self.update(w, grad, rates)

    def checked(self, w, grad, lr):
        """What ``step`` is given: the gradient and the rates as arrays for w, and w of the shape that is remembered."""
        if not isinstance(w, np.ndarray) or w.dtype.kind != "f":
            raise TypeError(f"w={w!r} is not allowed: an array of floats, which is changed in place")
        given, grad, rates = grad, as_numbers(grad), as_numbers(lr)
        if grad is None or grad.shape != w.shape:
            what = f"{given!r} is not allowed" if grad is None else f"has the shape {grad.shape}, w has {w.shape}"
            raise (TypeError if grad is None else ValueError)(f"grad {what}: an array of numbers of the shape of w")
        if rates is None or not ((rates >= 0) & (rates < np.inf)).all():
            raise (TypeError if rates is None else ValueError)(f"lr={lr!r} is not allowed: a finite learning rate from 0 up")
        if rates.ndim:
            if rates.shape != w.shape[:1]:
                raise ValueError(f"lr has the shape {rates.shape}, w has {w.shape}: one rate, or one for each run")
            rates = rates.reshape(rates.shape + (1,) * (w.ndim - 1))
        for kept in (getattr(self, name) for name in self.memory if self.steps):
            if (kept.shape, kept.dtype) != (w.shape, w.dtype):
                raise ValueError(f"w of the shape {w.shape} and {w.dtype} is not allowed: this {type(self).__name__} remembers steps "
                                 f"of {kept.shape} and {kept.dtype}. Its fresh() remembers none")
        return np.asarray(grad, w.dtype), np.asarray(rates, w.dtype)

    def evaluation_weights(self, w):
        """The weights to test with: ``w`` itself, for all but the schedule-free method."""
        return w


@dataclass(kw_only=True)
class SGD(Optimizer):
    r"""$w \leftarrow w - \alpha\,g$

    Stochastic gradient descent. Robbins and Monro, A stochastic approximation method, 1951.

    >>> w = np.array([1.0])
    >>> SGD().step(w, grad=[2.0], lr=0.25)
    >>> w
    array([0.5])
    """

    weight_decay: NonNegative = 0.0

    def update(self, w, g, lr):
        g = g + self.weight_decay * self.decays * w
        w -= lr * g


@dataclass
class Momentum(Optimizer):
    r"""$v \leftarrow \beta v + g, \qquad w \leftarrow w - \alpha\,v$

    A step follows all earlier gradients, each forgotten by a factor beta per step; under a steady gradient the
    velocity v grows to g/(1 - beta). Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """

    beta: BelowOne = 0.9
    weight_decay: NonNegative = field(default=0.0, kw_only=True)
    memory = ("v",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * self.decays * w
        self.v = self.beta * self.v + g
        w -= lr * self.v


@dataclass
class Nesterov(Optimizer):
    r"""$v \leftarrow \beta v + g, \qquad w \leftarrow w - \alpha\,(g + \beta v)$

    Momentum that looks one step ahead. Nesterov, 1983, in the form of Sutskever et al., On the importance of
    initialization and momentum in deep learning, 2013.
    """

    beta: BelowOne = 0.9
    weight_decay: NonNegative = field(default=0.0, kw_only=True)
    memory = ("v",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * self.decays * w
        self.v = self.beta * self.v + g
        w -= lr * (g + self.beta * self.v)


@dataclass(kw_only=True)
class AdaGrad(Optimizer):
    r"""$s \leftarrow s + g^2, \qquad w \leftarrow w - \alpha\,\dfrac{g}{\sqrt{s} + \epsilon}$

    Each weight's step shrinks with all the gradients it has seen: a decay of its own, which never ends.
    Duchi, Hazan and Singer, Adaptive subgradient methods, 2011.
    """

    eps: Positive = 1e-10
    weight_decay: NonNegative = 0.0
    memory = ("s",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * self.decays * w
        self.s = self.s + g ** 2
        w -= lr * g / (np.sqrt(self.s) + self.eps)


@dataclass(kw_only=True)
class RMSProp(Optimizer):
    r"""$s \leftarrow \rho s + (1 - \rho)\,g^2, \qquad w \leftarrow w - \alpha\,\dfrac{g}{\sqrt{s} + \epsilon}$

    AdaGrad that forgets. Tieleman and Hinton, Lecture 6.5: rmsprop, 2012.
    """

    rho: BelowOne = 0.99
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    memory = ("s",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * self.decays * w
        self.s = self.rho * self.s + (1 - self.rho) * g ** 2
        w -= lr * g / (np.sqrt(self.s) + self.eps)


@dataclass(kw_only=True)
class Adam(Optimizer):
    r"""$m \leftarrow \beta_1 m + (1 - \beta_1)\,g, \quad s \leftarrow \beta_2 s + (1 - \beta_2)\,g^2, \quad
    w \leftarrow w - \alpha\,\dfrac{m / (1 - \beta_1^k)}{\sqrt{s / (1 - \beta_2^k)} + \epsilon}$

    k counts the steps from 1: dividing by 1 - beta^k makes up for m and s having started at zero.
    Kingma and Ba, Adam: a method for stochastic optimization, 2015.
    """

    beta1: BelowOne = 0.9
    beta2: BelowOne = 0.999
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    memory = ("m", "s")

    def update(self, w, g, lr):
        g = g + self.weight_decay * self.decays * w
        self.adapt(w, g, lr)

    def adapt(self, w, g, lr):
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.s = self.beta2 * self.s + (1 - self.beta2) * g ** 2
        m = self.m / (1 - self.beta1 ** self.steps)
        s = self.s / (1 - self.beta2 ** self.steps)
        w -= lr * m / (np.sqrt(s) + self.eps)


@dataclass(kw_only=True)
class AdamW(Adam):
    r"""$w \leftarrow w - \alpha\,\lambda\,w, \quad$ then Adam's step

    The weight decay acts on the weights, not through the gradient. It is multiplied by the rate, as in PyTorch; in the
    paper it is multiplied by the schedule's factor alone, so that a lambda from there has to be divided by alpha here.
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
    """

    weight_decay: NonNegative = 0.01

    def update(self, w, g, lr):
        w -= lr * self.weight_decay * self.decays * w
        self.adapt(w, g, lr)


@dataclass(kw_only=True)
class ScheduleFreeSGD(Optimizer):
    r"""$z \leftarrow z - \alpha\,g, \quad x \leftarrow (1 - c)\,x + c\,z, \quad
    w \leftarrow (1 - \beta)\,z + \beta\,x, \qquad c = \alpha_k^2 / \textstyle\sum_{i \le k} \alpha_i^2$

    The gradient is taken at w, between the plain steps z and their average x; x is what to test with. The averaging
    takes the place of a decay. Defazio et al., The road less scheduled, 2024.
    """

    beta: BelowOne = 0.9
    weight_decay: NonNegative = 0.0
    memory = ("z", "x")

    def update(self, w, g, lr):
        if self.steps == 1:
            self.z, self.x, self.total = w.copy(), w.copy(), 0.0
        g = g + self.weight_decay * self.decays * w
        self.z = self.z - lr * g
        self.total = self.total + lr ** 2
        c = lr ** 2 / np.maximum(self.total, np.finfo(w.dtype).tiny)    # at a rate of 0 nothing moves
        self.x = (1 - c) * self.x + c * self.z
        w[...] = (1 - self.beta) * self.z + self.beta * self.x

    def evaluation_weights(self, w):
        return self.x if self.steps else w


@dataclass
class Clip(Optimizer):
    r"""$g \leftarrow g \cdot \min\!\left(1, \dfrac{c}{\lVert g \rVert}\right), \quad$ then a step of ``optimizer``

    A gradient longer than c, which is ``norm``, is made that long; each run's by itself. One bad batch then can't throw a
    run far away. Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.

    >>> w = np.array([[1.0, 1.0]])
    >>> Clip(SGD(), norm=5.0).step(w, grad=[[30.0, 40.0]], lr=0.1)
    >>> w.round(4)
    array([[0.7, 0.6]])
    """

    optimizer: Optimizer
    norm: Positive = 1.0

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.optimizer, Optimizer):
            raise TypeError(f"optimizer={self.optimizer!r} is not allowed in Clip: an optimizer, such as AdamW()")

    def fresh(self):
        return replace(self, optimizer=self.optimizer.fresh())

    def step(self, w, grad, lr):
        grad, _ = self.checked(w, grad, lr)
        with np.errstate(all="ignore"):     # a run that has diverged has no length
            length = np.sqrt(np.square(grad).sum(axis=tuple(range(1, grad.ndim)), keepdims=True))
            grad = grad * np.minimum(1, self.norm / (length + 1e-6))
        self.optimizer.decays = self.decays
        self.optimizer.step(w, grad, lr)

    def evaluation_weights(self, w):
        return self.optimizer.evaluation_weights(w)


@dataclass
class EMA(Optimizer):
    r"""A step of ``optimizer``, then $\;x \leftarrow \beta\,x + (1 - \beta)\,w, \qquad x_0 = w_1$

    An exponential moving average of the weights beside the training, which it leaves alone; x is what to test with. It
    reaches back some 1/(1 - beta) steps. Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992;
    in this form from PyTorch's ``swa_utils``.

    >>> w = np.array([1.0])
    >>> averaged = EMA(SGD(), beta=0.5)
    >>> for _ in range(2):
    ...     averaged.step(w, grad=[1.0], lr=0.25)
    >>> w, averaged.evaluation_weights(w)
    (array([0.5]), array([0.625]))
    """

    optimizer: Optimizer
    beta: BelowOne = 0.99
    memory = ("x",)

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.optimizer, Optimizer):
            raise TypeError(f"optimizer={self.optimizer!r} is not allowed in EMA: an optimizer, such as AdamW()")

    def fresh(self):
        return replace(self, optimizer=self.optimizer.fresh())

    def step(self, w, grad, lr):
        self.checked(w, grad, lr)
        self.optimizer.decays = self.decays
        self.optimizer.step(w, grad, lr)
        self.x = self.beta * self.x + (1 - self.beta) * w if self.steps else w.copy()
        self.steps += 1

    def evaluation_weights(self, w):
        return self.x if self.steps else w


OPTIMIZERS = (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, ScheduleFreeSGD)
