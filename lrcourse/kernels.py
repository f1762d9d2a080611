r"""The fast twin of ``training.run_loop`` for the digits. Nothing else in lrcourse knows of it, and you need not read it.

It computes what the plain loop computes, to rounding; a test holds the two equal for every optimizer, with and without
batch norm. A run gives the same bits whichever runs are beside it, and however many threads there are. What follows
says why each piece is as it is. Times are per run and update for 64 hidden-64 runs with momentum and without batch norm,
on one core of an EPYC (benchmarks/RESULTS.md): the plain loop needs about 27 us, this 13 to 15, of which 7 go into the five
matrix products, nearly at the speed of this processor's sgemm. What is left is mostly memory traffic.

**Stacks.** Runs are stacked as in the plain loop, so that one numpy call works on all of them, and the 0.5 us that a
call costs are shared. ``matmul`` on (runs, batch, features) is one BLAS call per run. (einsum: 70 times slower. One
wide product over shared inputs: nothing to share, since every run has its own batches.)

**In place.** Every array is made once; each call has ``out=``. A fresh array of 250 kB costs more than the arithmetic.

**Chunks** of runs go one after another or to a thread each, so small that their arrays stay in the cache (4 MB), and
so large that the cost of calls is shared (32; below 16 it shows). While we work BLAS is held to one thread, since its
own threads only get in each other's way on products this small; numpy releases the GIL in products and in long passes.
Without threadpoolctl BLAS can't be held, and there is one chunk at a time. In the browser there are no threads at all.

**One flat buffer** holds all weights of a run, another the gradient, so that an optimizer is a few passes over two long
rows. The order of the weights differs from that of ``digits``: the biases lie where they are the last row of the first
matrix and the last column of the second. With a column of ones on the images and on the hidden layer, both products
then add the biases, and both gradient products give the biases' gradients, for nothing.

**The class axis first.** Logits are (classes, runs * batch): maximum and sum over ten classes are ten passes over
contiguous rows, not 1024 reductions of ten numbers (1.4 us against 0.2). ``matmul`` writes to this shape and reads from
it directly, through a swapped view. The second weight is stored (classes, hidden), as this wants it.

**The loss** is not needed to go on. Each update leaves the right logit (relative to the largest) and the sum of
exponentials behind; once per epoch they become losses in one go. An image is wrong if its logit isn't the largest. Of
equal logits the first counts, as with argmax: that happens where all hidden units are off and no bias has moved.

**ReLU** is ``maximum`` with an array of zeros, since numpy's maximum with a scalar takes three times as long. Its
gradient multiplies with booleans; masked writes (putmask, copyto, where=) take five times as long.

**1/batch** goes into the scale of the softmax, which is a pass over (runs * batch), not over all weights.

**Batch norm** is linear in the images once the deviation is known: (x - mean x) W is x W less its mean, so we centre
the 64 pixels. As the centred columns sum to zero, the gradient's own mean drops out of the product with them. Means
over the batch are products with ones (0.2 us; numpy's sum over a middle axis: 0.7).

**Optimizers** have in-place twins here. m and s of Adam are kept without their factors (1 - beta), which go into the
rate and eps instead: two passes less. Rates, one per run, broadcast over a row. (Putting the rate, or the powers of
momentum's beta, into the softmax's scale saves a pass over the weights, and gained nothing that could be measured.)

**Testing** folds batch norm into the first weights, then runs one run at a time with the images as columns: then the
second product reads the hidden layer along its rows (0.3 us against 1.2).
"""

import functools
import math
import os
from contextlib import contextmanager

import numpy as np

from lrcourse.optimizers import SGD, Adam, AdamW, AdaGrad, Momentum, Nesterov, RMSProp, ScheduleFreeSGD
from lrcourse.problems import CLASSES, PIXELS, _moments, digits

CHUNK_RUNS, CHUNK_BYTES = 32, 4_000_000


def knows(problem, optimizer):
    """Whether there is a twin for this. A subclass may do anything, so it takes the plain loop."""
    return type(problem) is digits and type(optimizer) in TWINS


def run_loop(problem, optimizer, seeds, lr, watching, w, threads=None):
    """As ``training.run_loop``: the train and the test figures, (2, runs, epochs), and the weights to test with."""
    with _one_blas_thread() as free:
        parts = _chunks(problem, len(seeds), threads or free)
        tasks = [(problem, optimizer, seeds[part], lr[part], watching and watching.fresh(), w[part]) for part in parts]
        if (threads or free) == 1 or len(tasks) == 1:
            done = [_train(*task) for task in tasks]
        else:
            from concurrent.futures import ThreadPoolExecutor
            with ThreadPoolExecutor(threads or free) as pool:
                done = list(pool.map(_train, *zip(*tasks)))
    train, test, w = zip(*done)
    return np.concatenate(train, axis=1), np.concatenate(test, axis=1), np.concatenate(w)


def _chunks(problem, runs, threads):
    """Slices of the runs, of (almost) the same size, as many as keep all threads busy."""
    row = sum(math.prod(shape) for shape in problem.shapes.values())
    each = np.dtype(problem.dtype).itemsize * (4 * row + problem.batch_size * (PIXELS + 4 * problem.hidden))
    count = math.ceil(runs / max(1, min(CHUNK_RUNS, CHUNK_BYTES // each)))
    count = min(runs, math.ceil(count / threads) * threads)
    ends = [runs * i // count for i in range(count + 1)]
    return [slice(begin, end) for begin, end in zip(ends, ends[1:])]


def _train(problem, optimizer, seeds, lr, watching, w):
    per_epoch = problem.updates_per_epoch
    epochs = lr.shape[1] // per_epoch
    train, test = np.empty((2, len(seeds), epochs)), np.empty((2, len(seeds), epochs))
    generators = [np.random.default_rng([seed, 1]) for seed in seeds]
    network = Network(problem, w)
    step = Step(optimizer, network.w)
    with np.errstate(all="ignore"):
        for epoch in range(epochs):
            rates = np.ascontiguousarray(lr[:, epoch * per_epoch:(epoch + 1) * per_epoch].T, w.dtype)[:, :, None]
            network.shuffle(generators)
            for k in range(per_epoch):
                network.gradient(k)
                step(network.w, network.grad, rates[k])
            train[:, :, epoch] = network.train_figures()
            test[:, :, epoch] = network.evaluate(step.evaluation_weights(network.w))
            if watching:
                lr[:, (epoch + 1) * per_epoch:] = np.reshape(watching.step(test[0, :, epoch]), (-1, 1))
    return train, test, network.in_order_of_digits(step.evaluation_weights(network.w))


class Network:
    """The network of ``digits`` for a chunk of runs: its weights, its gradient, and room for all between."""

    def __init__(self, problem, w):
        self.problem, (runs, row), dtype = problem, w.shape, w.dtype
        b, hidden, self.n = problem.batch_size, problem.hidden, problem.updates_per_epoch
        self.inputs, self.test_inputs = _inputs(problem)
        at = problem.parameters(np.arange(row))
        self.order = np.concatenate([*(at[name].ravel() for name in ("W1", "scale", "b1") if name in at),
                                     np.column_stack([at["W2"], at["b2"]]).ravel()])
        self.w = w.take(self.order, axis=1)
        self.grad, spare = np.zeros_like(self.w), np.empty_like(self.w)
        self.p, self.g, spare = self.parts(self.w), self.parts(self.grad), self.parts(spare)
        self.decayed = [(self.p[name][part], self.g[name][part], spare[name][part])
                        for name, part in [("W1", np.s_[:, :PIXELS]), ("W2", np.s_[:, :, :hidden])]]

        self.x = np.empty((runs, b, self.inputs.shape[1]), dtype)
        # the hidden layer with a column of ones; where batch norm goes over it many times, it does so without the column
        self.wide = np.ones((runs, b, hidden + 1), dtype)
        self.hidden = self.wide[:, :, :hidden] if problem.batch_norm else self.wide
        self.z = np.empty((runs, b, hidden), dtype) if problem.batch_norm else self.wide
        self.d, self.zeros, self.active = np.empty_like(self.z), np.zeros_like(self.z), np.empty(self.z.shape, bool)
        self.logits = np.empty((CLASSES, runs * b), dtype)
        self.by_run = self.logits.reshape(CLASSES, runs, b).swapaxes(0, 1)
        self.largest, self.scale = np.empty((2, runs * b), dtype)
        self.right, self.total = np.empty((2, self.n, runs * b), dtype)
        self.tied = {}
        if problem.batch_norm:
            self.ones, self.mean = np.ones((1, b), dtype), np.full((1, b), 1 / b, dtype)
            self.a, self.product = np.empty((2, runs, b, hidden), dtype)

        images = self.test_inputs.shape[1]
        self.test_hidden = np.ones((hidden + 1, images), dtype)
        self.test_zeros = np.zeros((hidden, images), dtype)
        self.test_logits, self.test_total = np.empty((CLASSES, images), dtype), np.empty(images, dtype)
        self.test_labels = problem.test_labels * images + np.arange(images)

    def parts(self, w):
        """W1 (runs, 65, hidden) with the biases as the last row, or with batch norm W1 (runs, 64, hidden), scale and
        b1 (runs, 1, hidden); W2 (runs, classes, hidden + 1) with the biases as the last column. All are views."""
        h, norm = self.problem.hidden, self.problem.batch_norm
        rows = lambda begin, end: w[:, begin * h:end * h].reshape(len(w), end - begin, h)
        parts = {"W1": rows(0, PIXELS), "scale": rows(PIXELS, PIXELS + 1), "b1": rows(PIXELS + 1, PIXELS + 2)}
        if not norm:
            parts = {"W1": rows(0, PIXELS + 1)}
        return parts | {"W2": w[:, -CLASSES * (h + 1):].reshape(len(w), CLASSES, h + 1)}

    def in_order_of_digits(self, w):
        result = np.empty_like(w)
        result[:, self.order] = w
        return result

    def shuffle(self, generators):
        """Draw an epoch's batches, and where in the logits the right class of each image will stand."""
        self.rows = np.stack(list(self.problem.batches(generators))).astype(np.intp)    # 32 bits wide in the browser
        size = self.logits.shape[1]
        self.labels = _places(self.problem, size).take(self.rows.reshape(self.n, size)) + np.arange(size)

    def gradient(self, k):
        """The gradient of update k of the epoch, into ``grad``."""
        norm, W1, W2, by_run, logits = self.problem.batch_norm, self.p["W1"], self.p["W2"], self.by_run, self.logits
        self.inputs.take(self.rows[k], axis=0, out=self.x, mode="clip")
        if norm:
            self.x -= np.matmul(self.mean, self.x)
            np.matmul(self.x, W1, out=self.a)
            np.multiply(self.a, self.a, out=self.product)
            deviation = np.matmul(self.mean, self.product)
            deviation += 1e-5
            np.sqrt(deviation, out=deviation)
            factor = self.p["scale"] / deviation
            np.multiply(self.a, factor, out=self.z)
            self.z += self.p["b1"]
        else:
            np.matmul(self.x, W1, out=self.z[:, :, :-1])
        np.maximum(self.z, self.zeros, out=self.hidden)
        np.matmul(W2, self.wide.swapaxes(1, 2), out=by_run)

        np.maximum.reduce(logits, axis=0, out=self.largest)
        logits -= self.largest
        logits.take(self.labels[k], out=self.right[k], mode="clip")
        if np.count_nonzero(logits == 0) > logits.shape[1]:     # a tie
            self.tied[k] = logits.argmax(axis=0) != self.labels[k] // logits.shape[1]
        np.exp(logits, out=logits)
        np.add.reduce(logits, axis=0, out=self.total[k])
        np.divide(1 / self.problem.batch_size, self.total[k], out=self.scale)
        logits *= self.scale
        logits.reshape(-1)[self.labels[k]] -= logits.dtype.type(1 / self.problem.batch_size)

        np.matmul(by_run, self.wide, out=self.g["W2"])
        np.matmul(by_run.swapaxes(1, 2), W2[:, :, :self.d.shape[2]], out=self.d)
        np.greater(self.z, self.zeros, out=self.active)
        self.d *= self.active
        if norm:
            np.matmul(self.ones, self.d, out=self.g["b1"])
            np.multiply(self.d, self.a, out=self.product)
            np.matmul(self.ones, self.product, out=self.g["scale"])
            self.g["scale"] /= deviation
            deviation *= self.problem.batch_size
            self.a *= self.g["scale"] / deviation
            self.d -= self.a
            self.d *= factor
        np.matmul(self.x.swapaxes(1, 2), self.d[:, :, :self.problem.hidden], out=self.g["W1"])
        if self.problem.weight_decay:
            for w, grad, spare in self.decayed:
                np.multiply(w, self.problem.weight_decay, out=spare)
                grad += spare

    def train_figures(self):
        """The loss and the error of the epoch, (2, runs)."""
        shape, images = (self.n, len(self.w), -1), self.n * self.problem.batch_size
        loss = (np.log(self.total) - self.right).reshape(shape).sum(axis=2)
        loss = loss.T.astype(np.float64, order="C").sum(axis=1)     # each run's updates in a row: in the same order always
        wrong = self.right < 0
        for k, wrong_in_k in self.tied.items():
            wrong[k] = wrong_in_k
        self.tied.clear()
        return loss / images, wrong.reshape(shape).sum(axis=2).sum(axis=0) / images

    def evaluate(self, w):
        """The loss and the error on the held-out images, (2, runs)."""
        figures, p = np.empty((2, len(w))), self.parts(w)
        W1, hidden, logits, total = p["W1"], self.test_hidden, self.test_logits, self.test_total
        if self.problem.batch_norm:
            mean, covariance = _moments(self.problem.shift, self.problem.dtype)
            variance = (W1 * (covariance @ W1)).sum(axis=1, keepdims=True)
            factor = p["scale"] / np.sqrt(variance + w.dtype.type(1e-5))
            W1 = np.concatenate([W1 * factor, p["b1"] - factor * (mean @ W1)[:, None]], axis=1)
        for run in range(len(w)):
            np.matmul(W1[run].T, self.test_inputs, out=hidden[:-1])
            np.maximum(hidden[:-1], self.test_zeros, out=hidden[:-1])
            np.matmul(p["W2"][run], hidden, out=logits)
            np.maximum.reduce(logits, axis=0, out=total)
            logits -= total
            right = logits.take(self.test_labels)
            wrong = right < 0
            if np.count_nonzero(logits == 0) > len(right):
                wrong = logits.argmax(axis=0) != self.test_labels // len(right)
            np.exp(logits, out=logits)
            np.add.reduce(logits, axis=0, out=total)
            np.log(total, out=total)
            total -= right
            figures[:, run] = total.sum() / len(total), np.count_nonzero(wrong) / len(total)
        return figures


@functools.cache
def _inputs(problem):
    """The training images as rows, without batch norm with a column of ones; the test images as columns, with a row."""
    train = problem.images if problem.batch_norm else np.pad(problem.images, [(0, 0), (0, 1)], constant_values=1)
    return train, np.pad(problem.test_images.T, [(0, 1), (0, 0)], constant_values=1)


@functools.cache
def _places(problem, size):
    """For each row of the images, where the row of its class begins in logits of (classes, size)."""
    return np.tile(problem.labels * size, (2 * problem.shift + 1) ** 2)


# ---- optimizers: the update in place; t is spare -----------------------------------------------------------------------

class Step:
    """An optimizer's twin with its memory, for flat weights (runs, P) and rates (runs, 1). It overwrites the gradient."""

    def __init__(self, optimizer, w):
        self.optimizer, self.updates = optimizer, 0
        self.update, memory = TWINS[type(optimizer)]
        self.spare, self.memory = np.empty_like(w), np.zeros((memory, *w.shape), w.dtype)
        if isinstance(optimizer, ScheduleFreeSGD):
            self.memory[:], self.total = w, np.zeros((len(w), 1), w.dtype)

    def __call__(self, w, g, lr):
        self.updates += 1
        if self.optimizer.weight_decay and not isinstance(self.optimizer, AdamW):
            np.multiply(w, self.optimizer.weight_decay, out=self.spare)
            g += self.spare
        self.update(self, self.optimizer, w, g, lr, self.spare, *self.memory)

    def evaluation_weights(self, w):
        return self.memory[1] if isinstance(self.optimizer, ScheduleFreeSGD) else w

    def sgd(self, o, w, g, lr, t):
        g *= lr
        w -= g

    def momentum(self, o, w, g, lr, t, v):
        v *= o.beta
        v += g
        np.multiply(v, lr, out=t)
        w -= t

    def nesterov(self, o, w, g, lr, t, v):
        v *= o.beta
        v += g
        np.multiply(v, o.beta, out=t)
        t += g
        t *= lr
        w -= t

    def adagrad(self, o, w, g, lr, t, s):
        np.multiply(g, g, out=t)
        s += t
        np.sqrt(s, out=t)
        t += o.eps
        g *= lr
        g /= t
        w -= g

    def rmsprop(self, o, w, g, lr, t, s):
        """s here is s / (1 - rho)."""
        c = math.sqrt(1 - o.rho)
        s *= o.rho
        np.multiply(g, g, out=t)
        s += t
        np.sqrt(s, out=t)
        t += o.eps / c
        g *= lr / c
        g /= t
        w -= g

    def adam(self, o, w, g, lr, t, m, s):
        """m here is m / (1 - beta1), and s is s / (1 - beta2)."""
        c = math.sqrt((1 - o.beta2) / (1 - o.beta2 ** self.updates))
        m *= o.beta1
        m += g
        s *= o.beta2
        g *= g
        s += g
        np.sqrt(s, out=t)
        t += o.eps / c
        np.divide(m, t, out=t)
        t *= lr * ((1 - o.beta1) / (1 - o.beta1 ** self.updates) / c)
        w -= t

    def adamw(self, o, w, g, lr, t, m, s):
        w *= 1 - lr * o.weight_decay
        self.adam(o, w, g, lr, t, m, s)

    def schedule_free(self, o, w, g, lr, t, z, x):
        g *= lr
        z -= g
        self.total += lr * lr
        c = lr * lr / np.maximum(self.total, np.finfo(w.dtype).tiny)
        x *= 1 - c
        np.multiply(z, c, out=t)
        x += t
        np.multiply(z, 1 - o.beta, out=w)
        np.multiply(x, o.beta, out=t)
        w += t


TWINS = {SGD: (Step.sgd, 0), Momentum: (Step.momentum, 1), Nesterov: (Step.nesterov, 1), AdaGrad: (Step.adagrad, 1),
         RMSProp: (Step.rmsprop, 1), Adam: (Step.adam, 2), AdamW: (Step.adamw, 2),
         ScheduleFreeSGD: (Step.schedule_free, 2)}      # and how many arrays each remembers


# ---- threads -----------------------------------------------------------------------------------------------------------

@contextmanager
def _one_blas_thread():
    """Hold BLAS to one thread, and restore it. Gives the number of threads that we may use instead: what BLAS was set to,
    so OPENBLAS_NUM_THREADS and the like hold for us too. (threadpoolctl sees to it that threads don't fight over this.)"""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        yield 1
        return
    blas = ThreadpoolController().select(user_api="blas")
    free = max([pool.num_threads for pool in blas.lib_controllers], default=os.cpu_count() or 1)
    with blas.limit(limits=1):
        yield free
