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
"""

from dataclasses import dataclass, replace

import numpy as np

from lrcourse.ranges import BelowOne, NonNegative, Positive, check_fields


class Optimizer:
    """What all optimizers share: checks, a memory that starts at zero, and one rate per run."""

    memory = ()     # the names of the arrays that it keeps between steps, each of the shape of w

    def __post_init__(self):
        check_fields(self)
        self.steps = 0

    def fresh(self):
        """An optimizer with the same settings that has made no step."""
        return replace(self)

    def step(self, w, grad, lr):
        """Change ``w`` in place. ``lr`` is a number, or an array (runs,) where w has the shape (runs, ...)."""
        if not isinstance(w, np.ndarray) or w.dtype.kind != "f":
            raise TypeError(f"w={w!r} is not allowed: an array of floats, which is changed in place")
        grad = np.asarray(grad, w.dtype)
        if grad.shape != w.shape:
            raise ValueError(f"grad has the shape {grad.shape}, w has {w.shape}: they must be the same")
        rates = np.asarray(lr, w.dtype)
        if not (rates >= 0).all():
            raise ValueError(f"lr={lr!r} is not allowed: a learning rate from 0 up")
        if rates.ndim:
            if rates.shape != w.shape[:1]:
                raise ValueError(f"lr has the shape {rates.shape}, w has {w.shape}: one rate, or one for each run")
            rates = rates.reshape(-1, *[1] * (w.ndim - 1))
        if self.steps == 0:
            for name in self.memory:
                setattr(self, name, np.zeros_like(w))
        self.steps += 1
        self.update(w, grad, rates)

    def evaluation_weights(self, w):
        """The weights to test with: ``w`` itself, for all but the schedule-free method."""
        return w


@dataclass
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
        g = g + self.weight_decay * w
        w -= lr * g


@dataclass
class Momentum(Optimizer):
    r"""$v \leftarrow \beta v + g, \qquad w \leftarrow w - \alpha\,v$

    A step follows all earlier gradients, each forgotten by a factor beta per step; under a steady gradient the
    velocity v grows to g/(1 - beta). Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """

    beta: BelowOne = 0.9
    weight_decay: NonNegative = 0.0
    memory = ("v",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * w
        self.v = self.beta * self.v + g
        w -= lr * self.v


@dataclass
class Nesterov(Optimizer):
    r"""$v \leftarrow \beta v + g, \qquad w \leftarrow w - \alpha\,(g + \beta v)$

    Momentum that looks one step ahead. Nesterov, 1983, in the form of Sutskever et al., On the importance of
    initialization and momentum in deep learning, 2013.
    """

    beta: BelowOne = 0.9
    weight_decay: NonNegative = 0.0
    memory = ("v",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * w
        self.v = self.beta * self.v + g
        w -= lr * (g + self.beta * self.v)


@dataclass
class AdaGrad(Optimizer):
    r"""$s \leftarrow s + g^2, \qquad w \leftarrow w - \alpha\,\dfrac{g}{\sqrt{s} + \epsilon}$

    Each weight's step shrinks with all the gradients it has seen: a decay of its own, which never ends.
    Duchi, Hazan and Singer, Adaptive subgradient methods, 2011.
    """

    eps: Positive = 1e-10
    weight_decay: NonNegative = 0.0
    memory = ("s",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * w
        self.s = self.s + g ** 2
        w -= lr * g / (np.sqrt(self.s) + self.eps)


@dataclass
class RMSProp(Optimizer):
    r"""$s \leftarrow \rho s + (1 - \rho)\,g^2, \qquad w \leftarrow w - \alpha\,\dfrac{g}{\sqrt{s} + \epsilon}$

    AdaGrad that forgets. Tieleman and Hinton, Lecture 6.5: rmsprop, 2012.
    """

    rho: BelowOne = 0.99
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    memory = ("s",)

    def update(self, w, g, lr):
        g = g + self.weight_decay * w
        self.s = self.rho * self.s + (1 - self.rho) * g ** 2
        w -= lr * g / (np.sqrt(self.s) + self.eps)


@dataclass
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
        g = g + self.weight_decay * w
        self.adapt(w, g, lr)

    def adapt(self, w, g, lr):
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.s = self.beta2 * self.s + (1 - self.beta2) * g ** 2
        m = self.m / (1 - self.beta1 ** self.steps)
        s = self.s / (1 - self.beta2 ** self.steps)
        w -= lr * m / (np.sqrt(s) + self.eps)


@dataclass
class AdamW(Adam):
    r"""$w \leftarrow w - \alpha\,\lambda\,w, \quad$ then Adam's step

    The weight decay acts on the weights, not through the gradient. It is multiplied by the rate, as in PyTorch; in the
    paper it is multiplied by the schedule's factor alone, so that a lambda from there has to be divided by alpha here.
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
    """

    weight_decay: NonNegative = 0.01

    def update(self, w, g, lr):
        w -= lr * self.weight_decay * w
        self.adapt(w, g, lr)


@dataclass
class ScheduleFreeSGD(Optimizer):
    r"""$z \leftarrow z - \alpha\,g, \quad x \leftarrow (1 - c)\,x + c\,z, \quad
    w \leftarrow (1 - \beta)\,z + \beta\,x, \qquad c = \alpha_k^2 / \textstyle\sum_{i \le k} \alpha_i^2$

    The gradient is taken at w, between the plain steps z and their average x; x is what to test with. The averaging
    takes the place of a decay. Defazio et al., The road less scheduled, 2024.
    """

    beta: BelowOne = 0.9
    weight_decay: NonNegative = 0.0

    def update(self, w, g, lr):
        if self.steps == 1:
            self.z, self.x, self.total = w.copy(), w.copy(), 0.0
        g = g + self.weight_decay * w
        self.z = self.z - lr * g
        self.total = self.total + lr ** 2
        c = lr ** 2 / np.maximum(self.total, np.finfo(w.dtype).tiny)    # at a rate of 0 nothing moves
        self.x = (1 - c) * self.x + c * self.z
        w[...] = (1 - self.beta) * self.z + self.beta * self.x

    def evaluation_weights(self, w):
        return self.x if self.steps else w


OPTIMIZERS = (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, ScheduleFreeSGD)
