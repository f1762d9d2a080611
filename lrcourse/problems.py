r"""Problems: what is trained. Surfaces to look at, a noisy quadratic to compute with, and a network on real digits.

A problem holds settings and no weights. Runs are stacked: ``start(seeds)`` gives weights of shape (runs, parameters),
one run per seed, and all that follows keeps that leading axis. What a seed gives doesn't depend on the seeds beside it.

>>> problem = ravine(curvature=(1, 20))
>>> w = problem.start(seeds=[0])
>>> problem.value(w), problem.gradient(w)
(array([11.805]), array([[-1.9, 20. ]]))
"""

import functools
import math
from dataclasses import dataclass
from importlib import resources

import numpy as np

from lrcourse.ranges import Choice, Count, Flag, Fraction, NonNegative, Range, Vector, check_fields
from lrcourse.transformer import language as language


# ---- surfaces: a formula of a few weights ----------------------------------------------------------------------------

class Surface:
    """A loss that is a formula of d weights; its gradient may carry normal noise of deviation ``noise``.

    ``value(w)`` (...), ``gradient(w)`` (..., d) and ``hessian(w)`` (..., d, d) take weights of shape (..., d).
    One update is one epoch. There is nothing to classify, so errors are nan.
    """

    updates_per_epoch = 1
    keeps_path = True

    def __post_init__(self):
        check_fields(self)

    def start(self, seeds):
        """The first weights, (runs, d): the same point for every seed."""
        return np.tile(np.asarray(self.start_point, np.float64), (len(seeds), 1))

    def batches(self, generators, epochs=1):
        """For each update of some epochs, the noise of its gradients, (runs, d), before it is scaled."""
        yield from np.stack([generator.normal(size=(epochs, len(self.start_point))) for generator in generators], axis=1)

    def loss_and_gradient(self, w, batch):
        return self.value(w), np.full(len(w), np.nan), self.gradient(w) + np.multiply(self.noise, batch)

    def evaluate(self, w):
        return self.value(w), np.full(len(w), np.nan)


class Quadratic(Surface):

    def value(self, w):
        return 0.5 * (np.asarray(w) ** 2 @ self.curvature)

    def gradient(self, w):
        return self.curvature * np.asarray(w)

    def hessian(self, w):
        return np.broadcast_to(np.diag(self.curvature), (*np.shape(w), len(self.curvature)))


@dataclass(frozen=True)
class ravine(Quadratic):
    r"""$f(x, y) = \tfrac12\,(\lambda_1 x^2 + \lambda_2 y^2)$

    A long valley with its minimum at (0, 0); ``curvature`` holds lambda_1 and lambda_2. ``angle``, in degrees, turns it
    about the minimum together with ``start_point``: then x and y are not the weights but coordinates along its two axes,
    the eigenvectors of the Hessian, and lambda_1 and lambda_2 are still the eigenvalues.

    >>> ravine().gradient([1.0, 1.0])
    array([ 1., 20.])
    >>> ravine(angle=90).gradient([1.0, 1.0]).round(9)
    array([20.,  1.])
    """

    curvature: Vector(2, low=0.0) = (1.0, 20.0)
    start_point: Vector(2) = (-1.9, 1.0)
    noise: NonNegative = 0.0
    angle: Range(-180.0, 180.0) = 0.0

    def start(self, seeds):
        return turned(super().start(seeds), self.angle)

    def value(self, w):
        return super().value(turned(w, -self.angle))

    def gradient(self, w):
        return turned(super().gradient(turned(w, -self.angle)), self.angle)

    def hessian(self, w):
        along = turned(np.eye(2), self.angle)       # its rows are the eigenvectors
        return np.broadcast_to(along.T * self.curvature @ along, (*np.shape(w), 2))


def turned(w, angle):
    """Points (..., 2), turned about the origin, counterclockwise; at an angle of 0 untouched, infinite ones too."""
    if not angle:
        return w
    x, y = np.moveaxis(np.asarray(w), -1, 0)
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.stack([c * x - s * y, s * x + c * y], axis=-1)


@dataclass(frozen=True)
class NoisyQuadratic(Quadratic):
    r"""$f(w) = \tfrac12 \textstyle\sum_i \lambda_i w_i^2, \qquad
    g_i = \lambda_i w_i + \sigma_i\,\xi_i, \quad \xi_i \sim N(0, 1)$

    What a loss looks like near a minimum, with the noise of small batches. ``curvature`` holds the lambda_i; ``noise``
    the sigma_i, or one number for all. Its expected loss under any schedule is known without sampling (theory.py).

    >>> NoisyQuadratic(curvature=[1.0, 4.0], noise=0.5).value([[1.0, 1.0], [2.0, 0.0]])
    array([2.5, 2. ])
    """

    curvature: Vector(low=0.0)
    noise: object = 1.0
    start_point: object = 1.0

    def __post_init__(self):
        check_fields(self)
        d = len(self.curvature)
        for name, allowed in [("noise", Vector(d, low=0.0)), ("start_point", Vector(d))]:
            value = getattr(self, name)
            try:
                vars(self)[name] = allowed.check(name, [value] * d if np.ndim(value) == 0 else value, {})
            except (TypeError, ValueError) as error:
                raise type(error)(f"{name}={value!r} is not allowed in NoisyQuadratic: a number, or {error}") from None


@dataclass(frozen=True)
class saddle(Surface):
    r"""$f(x, y) = \tfrac12 x^2 - \tfrac12 y^2 + \tfrac14 y^4$

    A pass at (0, 0) between two minima at (0, -1) and (0, 1), where f = -1/4. The start is almost on the ridge.

    >>> saddle().gradient([1.0, 1.0])
    array([1., 0.])
    """

    start_point: Vector(2) = (-1.5, 0.01)
    noise: NonNegative = 0.0

    def value(self, w):
        x, y = np.moveaxis(np.asarray(w), -1, 0)
        return 0.5 * x ** 2 - 0.5 * y ** 2 + 0.25 * y ** 4

    def gradient(self, w):
        x, y = np.moveaxis(np.asarray(w), -1, 0)
        return np.stack([x, y ** 3 - y], axis=-1)

    def hessian(self, w):
        x, y = np.moveaxis(np.asarray(w), -1, 0)
        zero = np.zeros_like(x)
        return np.moveaxis(np.array([[zero + 1, zero], [zero, 3 * y ** 2 - 1]]), [0, 1], [-2, -1])


@dataclass(frozen=True)
class two_minima(Surface):
    r"""$f(w) = \tfrac1{20}\lVert w\rVert^2 - e^{-\lVert w - a\rVert^2 / (2 \cdot 0.8^2)}
    - \tfrac45\,e^{-\lVert w - b\rVert^2 / (2 \cdot 0.25^2)}$

    A wide deep basin around a = (1.2, 0) and a narrow, shallower one around b = (-1, 0), where the curvature is about
    eight times as large: a rate that is stable in the wide one can be too large to stay in the narrow one.

    >>> two_minima().value([[1.2, 0.0], [-1.0, 0.0]]).round(2)
    array([-0.93, -0.77])
    """

    start_point: Vector(2) = (-1.7, 0.6)
    noise: NonNegative = 0.0
    wells = ((1.0, (1.2, 0.0), 0.8), (0.8, (-1.0, 0.0), 0.25))     # depth, centre, width

    def value(self, w):
        return 0.05 * np.sum(np.square(w), axis=-1) - sum(well for well, _, _ in self._wells(w))

    def gradient(self, w):
        return 0.1 * np.asarray(w) + sum(well[..., None] * away / width ** 2 for well, away, width in self._wells(w))

    def hessian(self, w):
        both = 0.1 * np.eye(2)
        for well, away, width in self._wells(w):
            outer = away[..., :, None] * away[..., None, :]
            both = both + well[..., None, None] * (np.eye(2) / width ** 2 - outer / width ** 4)
        return both

    def _wells(self, w):
        for depth, centre, width in self.wells:
            away = np.asarray(w) - centre
            yield depth * np.exp(-np.sum(away ** 2, axis=-1) / (2 * width ** 2)), away, width


# ---- a network on real digits ----------------------------------------------------------------------------------------

PIXELS, CLASSES, TRAIN = 64, 10, 1000


@dataclass(frozen=True)
class digits:
    """A small network that learns to read handwritten digits: 8 x 8 pixels, one hidden layer of ReLUs, ten classes.

    The data: 1797 digits of 13 writers (Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI, its test
    part), permuted once; the first 1000 are trained on, the other 797, of the same writers, held out. In every batch each
    image is moved by up to ``shift`` pixels. The loss is the cross-entropy; ``weight_decay`` times the weights (not biases)
    is added to the gradient. With ``batch_norm`` the hidden layer is normalised by its batch (Ioffe and Szegedy, 2015); for
    testing, by the exact mean and variance over all training images and shifts.

    ``label_noise`` is the fraction of training labels drawn anew at random, the same for every seed. ``held_out`` is
    "all" 797, or one half of them: "validation" (398) to choose by, "test" (399) to report. ``dtype`` "float64" is for
    tests of exactness.

    The weights of a run are one flat vector: ``parameters(w)`` shows its parts.

    >>> problem = digits(hidden=16)
    >>> w = problem.start(seeds=range(3))
    >>> {name: part.shape for name, part in problem.parameters(w).items()}
    {'W1': (3, 64, 16), 'scale': (3, 16), 'b1': (3, 16), 'W2': (3, 10, 16), 'b2': (3, 10)}
    >>> problem.updates_per_epoch
    31
    """

    hidden: Count = 128
    batch_norm: Flag = True
    weight_decay: NonNegative = 1e-2
    batch_size: Range(1, TRAIN, whole=True) = 32
    shift: Range(0, 3, whole=True) = 1
    label_noise: Fraction = 0.0
    held_out: Choice(("all", "validation", "test")) = "all"
    dtype: Choice(("float32", "float64")) = "float32"
    keeps_path = False

    def __post_init__(self):
        check_fields(self)
        if self.batch_norm and self.batch_size == 1:
            raise ValueError("batch_size=1 is not allowed in digits with batch_norm: a whole number from 2 to 1000, since one image "
                             "has no spread to be normalised by")

    @property
    def updates_per_epoch(self):
        """Full batches in the 1000 training images; what is left over waits for the next epoch's shuffle."""
        return TRAIN // self.batch_size

    @property
    def shapes(self):
        shapes = {"W1": (PIXELS, self.hidden), "scale": (self.hidden,), "b1": (self.hidden,),
                  "W2": (CLASSES, self.hidden), "b2": (CLASSES,)}
        if not self.batch_norm:
            del shapes["scale"]
        return shapes

    def parameters(self, w):
        """The parts of flat weights (..., P), as views: changing one changes w."""
        parts, begin = {}, 0
        for name, shape in self.shapes.items():
            end = begin + math.prod(shape)
            parts[name] = w[..., begin:end].reshape(*w.shape[:-1], *shape)
            begin = end
        return parts

    def start(self, seeds):
        """The first weights, (runs, P): deviation sqrt(2 / inputs). He et al., Delving deep into rectifiers, 2015."""
        size = sum(math.prod(shape) for shape in self.shapes.values())
        w = np.zeros((len(seeds), size), self.dtype)
        for run, seed in zip(w, seeds):
            generator, parts = np.random.default_rng([seed, 0]), self.parameters(run)
            parts["W1"][:] = generator.normal(0, np.sqrt(2 / PIXELS), parts["W1"].shape)
            parts["W2"][:] = generator.normal(0, np.sqrt(2 / self.hidden), parts["W2"].shape)
            if self.batch_norm:
                parts["scale"][:] = 1
        return w

    def batches(self, generators):
        """For each update of an epoch, which images: (runs, batch_size) rows of ``images``."""
        n, b, copies = self.updates_per_epoch, self.batch_size, (2 * self.shift + 1) ** 2
        rows = [g.permutation(TRAIN)[:n * b] + TRAIN * g.integers(copies, size=n * b) for g in generators]
        yield from np.stack(rows).reshape(len(rows), n, b).swapaxes(0, 1)

    @property
    def images(self):
        """All shifted training images, (copies * 1000, 64), standardised; row c * 1000 + i is image i in shift c."""
        return _images(self.shift, self.dtype)[0]

    @property
    def labels(self):
        """The training labels, (1000,), some of them drawn anew if there is ``label_noise``."""
        return _labels(self.label_noise)[0]

    @property
    def test_images(self):
        return _images(self.shift, self.dtype)[1][self._held_out]

    @property
    def test_labels(self):
        return _labels(self.label_noise)[1][self._held_out]

    @property
    def _held_out(self):
        return {"all": slice(None), "validation": slice(398), "test": slice(398, None)}[self.held_out]

    def loss_and_gradient(self, w, batch):
        """Per run: the loss and the error of a batch, (runs,), and the gradient, (runs, P), weight decay included."""
        p = self.parameters(w)
        x, y = self.images[batch], self.labels[batch % TRAIN]
        a = x @ p["W1"]
        if self.batch_norm:
            deviation = np.sqrt(a.var(axis=1, keepdims=True) + 1e-5)
            normal = (a - a.mean(axis=1, keepdims=True)) / deviation
            z = p["scale"][:, None] * normal + p["b1"][:, None]
        else:
            z = a + p["b1"][:, None]
        h = np.maximum(z, 0)
        loss, error, probabilities = _cross_entropy(h @ p["W2"].swapaxes(1, 2) + p["b2"][:, None], y)

        grad = np.empty_like(w)
        g = self.parameters(grad)
        d_logits = (probabilities - np.eye(CLASSES, dtype=self.dtype)[y]) / self.batch_size
        g["W2"][:] = d_logits.swapaxes(1, 2) @ h + self.weight_decay * p["W2"]
        g["b2"][:] = d_logits.sum(axis=1)
        d_z = d_logits @ p["W2"] * (z > 0)
        g["b1"][:] = d_z.sum(axis=1)
        d_a = d_z
        if self.batch_norm:
            g["scale"][:] = (d_z * normal).sum(axis=1)
            d_normal = d_z * p["scale"][:, None]
            d_a = (d_normal - d_normal.mean(axis=1, keepdims=True)
                   - normal * (d_normal * normal).mean(axis=1, keepdims=True)) / deviation
        g["W1"][:] = x.swapaxes(1, 2) @ d_a + self.weight_decay * p["W1"]
        return loss, error, grad

    def gradient(self, w, batch):
        return self.loss_and_gradient(w, batch)[2]

    def penalty(self, w):
        """What ``weight_decay`` adds to the loss, unreported, (runs,): half of it times the squared weights."""
        p = self.parameters(w)
        return 0.5 * self.weight_decay * (np.square(p["W1"]).sum((1, 2)) + np.square(p["W2"]).sum((1, 2)))

    def evaluate(self, w):
        """Per run: the loss and the error on the held-out images, (runs,)."""
        p = self.parameters(w)
        W1, b1 = p["W1"], p["b1"]
        if self.batch_norm:
            mean, covariance = _moments(self.shift, self.dtype)
            variance = (W1 * (covariance @ W1)).sum(axis=1)
            factor = p["scale"] / np.sqrt(variance + 1e-5)
            W1, b1 = W1 * factor[:, None], b1 - factor * (mean @ W1)
        h = np.maximum(self.test_images @ W1 + b1[:, None], 0)
        return _cross_entropy(h @ p["W2"].swapaxes(1, 2) + p["b2"][:, None], self.test_labels)[:2]


def _cross_entropy(logits, y):
    """Mean loss and error over the images, (runs,), and the probabilities, for logits (runs, images, classes)."""
    logits = logits - logits.max(axis=-1, keepdims=True)
    e = np.exp(logits)
    total = e.sum(axis=-1, keepdims=True)
    right = np.take_along_axis(logits, np.broadcast_to(y, logits.shape[:2])[..., None], axis=-1)
    error = (logits.argmax(axis=-1) != y).mean(axis=-1)
    return (np.log(total) - right).mean(axis=(1, 2)), error, e / total


def _frozen(*arrays):
    """Arrays that are kept for all problems: who could change them would change every run to come."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


@functools.cache
def _digits():
    with resources.files("lrcourse").joinpath("data/digits.npz").open("rb") as file, np.load(file) as data:
        order = np.random.default_rng(1234).permutation(len(data["labels"]))
        return _frozen(data["pixels"][order].astype(np.float64), data["labels"][order].astype(np.intp))


@functools.cache
def _images(shift, dtype):
    pixels, _ = _digits()
    mean, deviation = pixels[:TRAIN].mean(), pixels[:TRAIN].std()
    padded = np.pad(pixels[:TRAIN].reshape(-1, 8, 8), [(0, 0), (shift, shift), (shift, shift)])
    moves = range(2 * shift + 1)
    moved = [padded[:, down:down + 8, right:right + 8] for down in moves for right in moves]
    train = np.concatenate(moved).reshape(-1, PIXELS)
    return _frozen(*(np.ascontiguousarray((images - mean) / deviation, dtype) for images in (train, pixels[TRAIN:])))


@functools.cache
def _moments(shift, dtype):
    images = _images(shift, "float64")[0]
    return _frozen(images.mean(axis=0).astype(dtype), np.cov(images.T, bias=True).astype(dtype))


@functools.cache
def _labels(noise):
    labels = _digits()[1].copy()
    generator = np.random.default_rng([1234, 1])
    drawn = generator.random(TRAIN) < noise
    labels[:TRAIN][drawn] = generator.integers(CLASSES, size=drawn.sum())
    return _frozen(labels[:TRAIN], labels[TRAIN:])
