"""The engine: kernel.c, all of the digits' training in one piece of C, and what joins it to Python; and transformer.c, the
losses and gradients of ``language``, which text.py here joins.

``train`` and ``sweep`` take it by themselves where it knows the problem and the optimizer. It gives the same bits on every
machine, on any number of threads, and in the browser; the plain loop of training.py gives the same to rounding. Where the
kernel can't be had the plain loop takes over, after one warning. The environment variable LRCOURSE_ENGINE chooses: "plain" for
the plain loop, "avx2" or "baseline" for a kernel with shorter vectors than the longest that this processor has.

Everything that is computed for the digits is computed in kernel.c. Here are the structs that it is given, and the arrays that it reads.
"""

import functools
import os
import sys
import warnings

import numpy as np

from lrcourse.optimizers import SGD, Adam, AdamW, AdaGrad, Momentum, Nesterov, RMSProp, ScheduleFreeSGD
from lrcourse.problems import PIXELS, digits, language
from lrcourse.problems import _moments as moments

OPTIMIZERS = (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, ScheduleFreeSGD)      # numbered as in kernel.c
ARRAYS = ("images", "ink", "labels", "test_images", "test_ink", "test_labels", "mean", "covariance")
# the structs of kernel.c: every field has 8 bytes, an address in the browser's 32 bits too
PROBLEM = np.dtype([(name, "u8") for name in (*ARRAYS, "hidden", "batch", "copies", "tests", "batch_norm", "optimizer")]
                   + [(name, "f8") for name in ("blank", "decay", "own_decay", "beta1", "beta2", "eps")])
RUN = np.dtype([(name, "u8") for name in ("weights", "rates", "figures", "memory", "epochs",
                                          "high", "low", "high_step", "low_step", "kept", "half")]
               + [(name, "f8") for name in ("power1", "power2", "total")])


def loop(problem, optimizer):
    """What trains this in place of ``training.run_loop``, or None. A subclass may do anything, so it takes the plain loop."""
    from lrcourse.engine import text
    if type(problem) is digits:
        known, faster = type(optimizer) in OPTIMIZERS, run_loop
    else:
        known, faster = type(problem) is language and text.peeled(optimizer), text.run_loop
    return faster if known and problem.dtype == "float32" and kernel() is not None else None


@functools.cache
def kernel():
    """The kernel, loaded once, or None; why there is none is said once."""
    wanted = os.environ.get("LRCOURSE_ENGINE", "")
    if wanted == "plain":
        return None
    from lrcourse.engine.build import version
    try:
        if sys.platform == "emscripten":
            from lrcourse.engine.browser import Kernel
        else:
            from lrcourse.engine.native import Kernel
        found = Kernel(wanted)
        if found.version() != version():
            raise OSError("it was built from another kernel.c; python -m lrcourse.engine.build builds it again")
        problem, seed = digits(), 7
        if not np.array_equal(Training(found, settings(problem, SGD()), seed).draw(problem), next_epoch(problem, seed)):
            raise OSError(f"numpy {np.__version__} draws other random numbers than kernel.c")
        return found
    except OSError as error:
        warnings.warn(f"lrcourse trains with its plain loop, which takes several times as long: {error}", RuntimeWarning, stacklevel=2)
        return None


def run_loop(problem, optimizer, seeds, lr, watching, w, threads=None):
    """As ``training.run_loop``: the train and the test figures, (2, runs, epochs), and the weights to test with."""
    per_epoch = problem.updates_per_epoch
    epochs, found, one = lr.shape[1] // per_epoch, kernel(), settings(problem, optimizer)
    figures, w = np.empty((len(seeds), epochs, 4)), np.array(w, order="C")
    with found.room():
        one = placed(found, problem, one)
        if watching is None:
            def whole(run):
                with found.room():
                    training = Training(found, one, seeds[run], w[run], epochs, per_epoch)
                    figures[run] = training.train(lr[run])
                    w[run] = training.weights()
            found.spread(whole, len(seeds), threads)
        else:                   # all runs side by side, since after each epoch all are looked at
            trainings = [Training(found, one, seed, row, 1, per_epoch) for seed, row in zip(seeds, w)]
            for epoch in range(epochs):
                begin, end = epoch * per_epoch, (epoch + 1) * per_epoch

                def one_epoch(run, epoch=epoch, now=slice(begin, end)):
                    figures[run, epoch] = trainings[run].train(lr[run, now])
                found.spread(one_epoch, len(seeds), threads)
                lr[:, end:] = np.reshape(watching.step(figures[:, epoch, 2]), (-1, 1))
            w[:] = [training.weights() for training in trainings]
    figures = figures.transpose(2, 0, 1).copy()
    return figures[:2], figures[2:], w


class Training:
    """One run, which lies in the kernel's memory and goes on with each ``train``."""

    def __init__(self, kernel, problem, seed, w=(0,), epochs=0, per_epoch=0):
        self.kernel, one = kernel, np.zeros((), RUN)
        self.problem = kernel.put(problem)
        self.w, self.rates = kernel.put(np.array(w, np.float32)), kernel.put(np.zeros(epochs * per_epoch, np.float32))
        self.figures = kernel.put(np.zeros((epochs, 4)))
        self.memory = kernel.put(np.zeros(kernel.call("memory_needed", self.problem), np.float32))
        state = np.random.default_rng([seed, 1]).bit_generator.state
        one["epochs"], one["kept"], one["half"] = epochs, state["has_uint32"], state["uinteger"]
        for name, value in [("", state["state"]["state"]), ("_step", state["state"]["inc"])]:
            one["high" + name], one["low" + name] = divmod(value, 2 ** 64)
        for name in ("rates", "figures", "memory"):
            one[name] = getattr(self, name).address
        one["weights"] = self.w.address
        self.run = kernel.put(one)
        if epochs:
            kernel.call("begin", self.problem, self.run)

    def train(self, rates):
        """The figures, (epochs, 4), of training under these rates."""
        self.rates.write(rates.astype(np.float32))
        self.kernel.call("train", self.problem, self.run)
        return self.figures.read()

    def weights(self):
        """Those to test with. This ends the training."""
        self.kernel.call("end", self.problem, self.run)
        return self.w.read()

    def draw(self, problem):
        """The batches of the next epoch, one after the other."""
        order = self.kernel.put(np.zeros(1000, np.int32))
        self.kernel.call("draw", self.problem, self.run, order)
        return order.read()[:problem.updates_per_epoch * problem.batch_size]


def next_epoch(problem, seed):
    """The same from numpy."""
    return np.concatenate(list(problem.batches([np.random.default_rng([seed, 1])])), axis=None)


def settings(problem, optimizer):
    """The struct Problem of kernel.c, still without the addresses of its arrays."""
    one = np.zeros((), PROBLEM)
    one["hidden"], one["batch"], one["batch_norm"] = problem.hidden, problem.batch_size, problem.batch_norm
    one["copies"], one["tests"] = (2 * problem.shift + 1) ** 2, len(problem.test_labels)
    one["blank"], one["decay"] = blank(), problem.weight_decay
    of_optimizer(one, optimizer)
    return one


def of_optimizer(one, optimizer):
    """What the struct says of the optimizer."""
    one["own_decay"], one["optimizer"] = optimizer.weight_decay, OPTIMIZERS.index(type(optimizer))
    for name in ("beta1", "beta2", "eps"):
        one[name] = getattr(optimizer, name, 0.0)
    one["beta1"] = getattr(optimizer, "beta", getattr(optimizer, "rho", one["beta1"]))


def placed(kernel, problem, one):
    """The struct with the addresses of the arrays, which stay where they are for the next time."""
    one = one.copy()
    parts = *_images(problem.shift), _labels(problem.label_noise), *_test_images(problem.held_out), *_moments(problem.shift)
    for name, array in zip(ARRAYS, parts):
        one[name] = kernel.keep(array)
    return one


# ---- what kernel.c reads, in the order of ARRAYS ------------------------------------------------------------------------

@functools.cache
def blank():
    """What a pixel without ink has become by standardising."""
    return digits().images.min()


def _inked(images):
    """Images as kernel.c wants them: column by column, blank pixels 0; and for each image a bit for each other pixel."""
    images = images.reshape(-1, 8, 8).swapaxes(1, 2).reshape(-1, PIXELS)
    images = np.ascontiguousarray(images - images.dtype.type(blank()))
    return images, np.packbits(images != 0, axis=1, bitorder="little").view("<u8").ravel().astype(np.uint64)


@functools.cache
def _images(shift):
    return _inked(digits(shift=shift).images)


@functools.cache
def _test_images(held_out):
    problem = digits(held_out=held_out)
    return *_inked(problem.test_images), problem.test_labels.astype(np.uint8)


@functools.cache
def _labels(noise):
    return digits(label_noise=noise).labels.astype(np.uint8)


@functools.cache
def _moments(shift):
    mean, covariance = moments(shift, "float32")
    columns = np.arange(PIXELS).reshape(8, 8).T.ravel()
    return mean[columns] - np.float32(blank()), np.ascontiguousarray(covariance[np.ix_(columns, columns)])
