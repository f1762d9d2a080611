"""What joins transformer.c to ``language``: its losses and gradients, and whole trainings, by the kernel."""

from contextlib import contextmanager

import numpy as np

from lrcourse.engine import OPTIMIZERS, PROBLEM, RUN, kernel, of_optimizer
from lrcourse.optimizers import EMA, Clip

# the structs of transformer.c: every field has 8 bytes
LANGUAGE = np.dtype([(name, "u8") for name in ("weights", "gradient", "windows", "figures", "memory",
                                               "count", "width", "heads", "blocks", "context", "batch")])
TEXT = np.dtype([(name, "u8") for name in ("how", "run", "text", "starts", "state", "tested",
                                           "size", "updates", "begun", "clipped", "averaged")]
                + [("norm", "f8"), ("beta", "f8")])
SOME = 32               # windows at a time, where no gradient is wanted
_memories = {}          # what no run is using now, by size


def figures(problem, w, windows, grad=None):
    """The loss and the error of each run, (2, runs), on its windows (runs, count, context + 1); gradients are written into ``grad``."""
    found, results = kernel(), np.empty((len(w), 2))
    windows = windows.astype(np.uint8)

    def run(number):
        with found.room():
            weights, mine = found.put(np.ascontiguousarray(w[number])), found.put(windows[number % len(windows)])
            back = None if grad is None else found.put(np.empty_like(w[number]))
            results[number] = computed(found, problem, weights, mine, windows.shape[1], back)
            if back:
                grad[number] = back.read()

    found.spread(run, len(w))
    return results.T


def computed(found, problem, weights, windows, count, back=None):
    """The same of one run, of arrays that lie in the kernel's memory."""
    result = found.put(np.zeros(2))
    with struct(found, problem, count if back else min(count, SOME)) as one:
        one["weights"], one["windows"], one["figures"] = weights.address, windows.address, result.address
        one["gradient"], one["count"] = back.address if back else 0, count
        found.call("language_gradient", found.put(one))
    return result.read() / (count * problem.context)


@contextmanager
def struct(found, problem, batch):
    """The struct Language, with room for so many windows at a time."""
    one = np.zeros((), LANGUAGE)
    for name in ("width", "heads", "blocks", "context"):
        one[name] = getattr(problem, name)
    one["batch"] = batch
    size = found.call("language_memory", found.put(one))
    free = _memories.setdefault(size, [])
    memory = free.pop() if free else np.zeros(size, np.float32)
    one["memory"] = found.keep(memory)
    yield one
    free.append(memory)


# ---- training ----------------------------------------------------------------------------------------------------------

def peeled(optimizer):
    """EMA and Clip, or None, and what they are wrapped around, where the kernel knows that; else None."""
    average, optimizer = (optimizer, optimizer.optimizer) if type(optimizer) is EMA else (None, optimizer)
    clip, optimizer = (optimizer, optimizer.optimizer) if type(optimizer) is Clip else (None, optimizer)
    return (average, clip, optimizer) if type(optimizer) in OPTIMIZERS else None


def run_loop(problem, optimizer, seeds, lr, watching, w, threads=None):
    """As ``training.run_loop``: the train and the test figures, (2, runs, epochs), and the weights to test with."""
    found, per_epoch = kernel(), problem.updates_per_epoch
    figures = np.empty((len(seeds), lr.shape[1] // per_epoch, 4))
    generators, windows = [np.random.default_rng([seed, 1]) for seed in seeds], problem.test_windows.astype(np.uint8)
    with found.room():
        text, tests = found.put(problem.train_text.astype(np.uint8)), found.put(windows)
        trainings = [Training(found, problem, optimizer, text, row) for row in w]
        for epoch in range(figures.shape[1]):
            now = slice(epoch * per_epoch, (epoch + 1) * per_epoch)
            starts = np.stack(list(problem.batches(generators)), axis=1)        # (runs, updates, batch)

            def one_epoch(run, epoch=epoch, now=now, starts=starts):
                training = trainings[run]
                figures[run, epoch, :2] = training.train(lr[run, now], starts[run])
                with found.room():
                    figures[run, epoch, 2:] = computed(found, problem, training.tested, tests, len(windows))
            found.spread(one_epoch, len(seeds), threads)
            if watching is not None:
                lr[:, now.stop:] = np.reshape(watching.step(figures[:, epoch, 2]), (-1, 1))
        w = np.stack([training.tested.read().copy() for training in trainings]) if figures.size else w
    figures = figures.transpose(2, 0, 1).copy()
    return figures[:2], figures[2:], w


class Training:
    """One run, which lies in the kernel's memory and goes on with each ``train``."""

    def __init__(self, found, problem, optimizer, text, w):
        self.found, self.problem = found, problem
        average, clip, optimizer = peeled(optimizer)
        how, run, one = np.zeros((), PROBLEM), np.zeros((), RUN), np.zeros((), TEXT)
        of_optimizer(how, optimizer)
        self.w, self.tested, self.figures = found.put(w.copy()), found.put(w.copy()), found.put(np.zeros(2))
        self.rates = found.put(np.zeros(problem.updates_per_epoch, np.float32))
        self.starts = found.put(np.zeros((problem.updates_per_epoch, problem.batch_size), np.int32))
        self.state = found.put(np.zeros(4 * w.size + problem.batch_size * (problem.context + 1), np.float32))
        run["weights"], run["rates"], run["figures"] = self.w.address, self.rates.address, self.figures.address
        self.how, self.run, self.text = found.put(how), found.put(run), text
        for name in ("how", "run", "text", "starts", "state", "tested"):
            one[name] = getattr(self, name).address
        one["size"], one["updates"] = w.size, problem.updates_per_epoch
        one["clipped"], one["norm"] = (1, clip.norm) if clip else (0, 0)
        one["averaged"], one["beta"] = (1, average.beta) if average else (0, 0)
        self.one = found.put(one)

    def train(self, rates, starts):
        """An epoch; its mean loss and error."""
        self.rates.write(rates)
        self.starts.write(starts)
        with self.found.room(), struct(self.found, self.problem, self.problem.batch_size) as language:
            self.found.call("language_train", self.found.put(language), self.one)
        return self.figures.read() / (starts.size * self.problem.context)
