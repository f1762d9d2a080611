"""The same training, written the ways that a user would write it. Every engine gets the same start weights, the same
batches in the same order and the same rates, and gives the loss on the held-out digits of every run at the end.

An engine is a function ``prepare(job)`` that returns another, ``train()``, which is timed, and returns a third,
which gives the losses. What can be made beforehand
(tensors, batches, compiled code) is made in ``prepare``; only lrcourse draws its batches inside the timed part. No engine
tests while it trains, lrcourse included.
"""

import time
import warnings
from dataclasses import dataclass

import numpy as np

from lrcourse import SGD, Adam, Momentum, cosine_decay, digits, engine, training

OPTIMIZERS = {"sgd": (SGD(), 0.1), "momentum": (Momentum(0.9), 0.02), "adam": (Adam(), 0.002)}


class Untested(digits):
    """The digits for the plain loop, without the test after each epoch."""

    def evaluate(self, w):
        return np.zeros((2, len(w)))


def untested_settings(problem, optimizer, settings=engine.settings):
    """The same for the kernel: no held-out images."""
    one = settings(problem, optimizer)
    one["tests"] = 0
    return one


@dataclass
class Job:
    optimizer: str = "momentum"
    runs: int = 64
    hidden: int = 64
    epochs: int = 8
    threads: int = 1

    def __post_init__(self):
        self.problem = digits(hidden=self.hidden, batch_norm=False, weight_decay=0.0)
        self.method, rate = OPTIMIZERS[self.optimizer]
        self.schedule = cosine_decay(rate, total=self.epochs)
        self.seeds = tuple(range(self.runs))
        n = self.problem.updates_per_epoch
        self.updates = self.epochs * n
        self.rates = self.schedule(np.arange(self.updates) / n)

    def rows(self):
        """All batches, (updates, runs, 32), as lrcourse draws them."""
        generators = [np.random.default_rng([seed, 1]) for seed in self.seeds]
        return np.concatenate([np.stack(list(self.problem.batches(generators))) for _ in range(self.epochs)])

    def labels(self):
        return np.tile(self.problem.labels, 9)

    def start(self):
        """The start weights as a list (W1, b1, W2, b2); W2 is (runs, 10, hidden)."""
        parts = self.problem.parameters(self.problem.start(self.seeds))
        return [parts[name].copy() for name in ("W1", "b1", "W2", "b2")]

    def losses(self, W1, b1, W2, b2):
        """The loss of every run on the held-out digits, from stacked weights. (Not timed.)"""
        w = np.concatenate([np.asarray(part).reshape(self.runs, -1) for part in (W1, b1, W2, b2)], axis=1)
        return self.of_weights(w)

    def of_weights(self, w):
        return self.problem.evaluate(w)[0]


# ---- lrcourse ----------------------------------------------------------------------------------------------------------

def lrcourse(job):
    def train():
        tested, engine.settings = engine.settings, untested_settings
        try:
            history = training.run(job.problem, job.method, [job.schedule] * job.runs, job.seeds, job.epochs,
                                   job.problem.start(job.seeds), job.threads)
        finally:
            engine.settings = tested
        return lambda: job.of_weights(history.w)
    return train


def lrcourse_tested(job):
    """``train`` as it is, which tests after every epoch."""
    def train():
        history = training.run(job.problem, job.method, [job.schedule] * job.runs, job.seeds, job.epochs,
                               job.problem.start(job.seeds), job.threads)
        return lambda: history.test_loss[:, -1]
    return train


def plain_loop(job):
    problem = Untested(hidden=job.hidden, batch_norm=False, weight_decay=0.0)

    def train():
        w = training.run(problem, job.method, [job.schedule] * job.runs, job.seeds, job.epochs, problem.start(job.seeds)).w
        return lambda: job.of_weights(w)
    return train


def plain_loop_one_by_one(job):
    problem = Untested(hidden=job.hidden, batch_norm=False, weight_decay=0.0)

    def train():
        ends = [training.run(problem, job.method, [job.schedule], (seed,), job.epochs, problem.start([seed])).w for seed in job.seeds]
        return lambda: job.of_weights(np.concatenate(ends))
    return train


# ---- PyTorch -----------------------------------------------------------------------------------------------------------

def torch_optimizer(job, parameters):
    import torch
    if job.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=job.rates[0])
    return torch.optim.SGD(parameters, lr=job.rates[0], momentum=0.9 if job.optimizer == "momentum" else 0.0)


def torch_eager(job, loader=False):
    """A module, torch.optim, a scheduler that steps after every update; one run after the other."""
    import torch
    from torch import nn
    x, y = torch.from_numpy(job.problem.images), torch.from_numpy(job.labels())
    rows, starts = torch.from_numpy(job.rows()), [torch.from_numpy(part) for part in job.start()]

    def batches(run):
        if not loader:
            return ((x[batch], y[batch]) for batch in rows[:, run])
        data = torch.utils.data.TensorDataset(x, y)
        return torch.utils.data.DataLoader(data, batch_sampler=rows[:, run].tolist())

    def train():
        ends = [[], [], [], []]
        for run in range(job.runs):
            model = nn.Sequential(nn.Linear(64, job.hidden), nn.ReLU(), nn.Linear(job.hidden, 10))
            W1, b1, W2, b2 = (part[run] for part in starts)
            with torch.no_grad():
                for parameter, value in zip(model.parameters(), (W1.T, b1, W2, b2)):
                    parameter.copy_(value)
            optimizer = torch_optimizer(job, model.parameters())
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=job.updates)
            loss_of = nn.CrossEntropyLoss()
            for images, labels in batches(run):
                optimizer.zero_grad()
                loss = loss_of(model(images), labels)
                loss.backward()
                optimizer.step()
                scheduler.step()
            W1, b1, W2, b2 = (parameter.detach().numpy() for parameter in model.parameters())
            for end, part in zip(ends, (W1.T, b1, W2, b2)):
                end.append(part)
        return lambda: job.losses(*map(np.stack, ends))
    return train


def torch_eager_loader(job):
    """The same with a DataLoader."""
    return torch_eager(job, loader=True)


def torch_baddbmm(job, compiled=False):
    """Runs stacked by hand: batched products, autograd, torch.optim on the stacks."""
    import torch
    x, y = torch.from_numpy(job.problem.images), torch.from_numpy(job.labels())
    rows, starts = torch.from_numpy(job.rows()), [torch.from_numpy(part) for part in job.start()]

    def loss_of(W1, b1, W2, b2, images, labels):
        hidden = torch.baddbmm(b1[:, None], images, W1).relu()
        logits = torch.baddbmm(b2[:, None], hidden, W2.transpose(1, 2))
        return torch.nn.functional.cross_entropy(logits.reshape(-1, 10), labels.reshape(-1)) * job.runs

    def train():
        parameters = [part.clone().requires_grad_() for part in starts]
        optimizer = torch_optimizer(job, parameters)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=job.updates)
        for batch in rows:
            optimizer.zero_grad()
            loss_of(*parameters, x[batch], y[batch]).backward()
            optimizer.step()
            scheduler.step()
        return lambda: job.losses(*(part.detach().numpy() for part in parameters))
    return train


def functional_step(job):
    """Gradient by torch.func.vmap of one run's loss, and the update written out on stacks, for vmap and for compile."""
    import torch

    def loss_of(W1, b1, W2, b2, images, labels):
        hidden = (images @ W1 + b1).relu()
        return torch.nn.functional.cross_entropy(hidden @ W2.T + b2, labels)

    gradients = torch.func.vmap(torch.func.grad(loss_of, argnums=(0, 1, 2, 3)))

    def step(parameters, memory, images, labels, lr, count):
        grads, new, kept = gradients(*parameters, images, labels), [], []
        for index, (w, g) in enumerate(zip(parameters, grads)):
            if job.optimizer == "sgd":
                new.append(w - lr * g)
            elif job.optimizer == "momentum":
                kept.append(0.9 * memory[index] + g)
                new.append(w - lr * kept[-1])
            else:
                m, s = 0.9 * memory[2 * index] + 0.1 * g, 0.999 * memory[2 * index + 1] + 0.001 * g * g
                kept += [m, s]
                new.append(w - lr * (m / (1 - 0.9 ** count)) / ((s / (1 - 0.999 ** count)).sqrt() + 1e-8))
        return new, kept
    return step


def torch_vmap(job, compiled=False):
    """torch.func: grad of one run's loss, vmap over runs, the update on stacks."""
    import torch
    x, y = torch.from_numpy(job.problem.images), torch.from_numpy(job.labels())
    rows, starts = torch.from_numpy(job.rows()), [torch.from_numpy(part) for part in job.start()]
    rates = torch.from_numpy(job.rates.astype(np.float32))
    counts = torch.arange(1.0, job.updates + 1)
    step = functional_step(job)
    if compiled:
        step = torch.compile(step)

    def train(updates=None):
        per_weight = {"sgd": 0, "momentum": 1, "adam": 2}[job.optimizer]
        parameters, memory = starts, [torch.zeros_like(part) for part in starts for _ in range(per_weight)]
        with torch.no_grad():
            for batch, lr, count in zip(rows[:updates], rates, counts):
                parameters, memory = step(parameters, memory, x[batch], y[batch], lr, count)
        return lambda: job.losses(*(part.numpy() for part in parameters))

    if compiled:
        began = time.perf_counter()
        train(2)
        train.compiling = time.perf_counter() - began
    return train


def torch_compiled(job):
    """torch.compile of the vmapped step."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch_vmap(job, compiled=True)


# ---- JAX ---------------------------------------------------------------------------------------------------------------

def jax_scan(job):
    """jit(vmap(scan)): one run is a scan over its updates; all of it compiled."""
    import jax
    import jax.numpy as jnp

    def loss_of(w, images, labels):
        W1, b1, W2, b2 = w
        logits = jax.nn.relu(images @ W1 + b1) @ W2.T + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()

    each = jax.tree_util.tree_map

    def one_run(w, rows, rates, x, y):
        def step(state, now):
            w, m, s = state
            batch, lr, count = now
            g = jax.grad(loss_of)(w, x[batch], y[batch])
            if job.optimizer == "sgd":
                return (each(lambda w, g: w - lr * g, w, g), m, s), None
            if job.optimizer == "momentum":
                m = each(lambda m, g: 0.9 * m + g, m, g)
                return (each(lambda w, m: w - lr * m, w, m), m, s), None
            m = each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            s = each(lambda s, g: 0.999 * s + 0.001 * g * g, s, g)
            w = each(lambda w, m, s: w - lr * (m / (1 - 0.9 ** count)) / (jnp.sqrt(s / (1 - 0.999 ** count)) + 1e-8), w, m, s)
            return (w, m, s), None
        zero = each(jnp.zeros_like, w)
        memory = {"sgd": ((), ()), "momentum": (zero, ()), "adam": (zero, zero)}[job.optimizer]
        return jax.lax.scan(step, (w, *memory), (rows, rates, jnp.arange(1.0, job.updates + 1)))[0][0]

    w = tuple(jnp.asarray(part) for part in job.start())
    arguments = (w, jnp.asarray(job.rows().swapaxes(0, 1).astype(np.int32)), jnp.asarray(job.rates, jnp.float32),
                 jnp.asarray(job.problem.images), jnp.asarray(job.labels().astype(np.int32)))
    began = time.perf_counter()
    run_all = jax.jit(jax.vmap(one_run, in_axes=(0, 0, None, None, None))).lower(*arguments).compile()
    compiling = time.perf_counter() - began

    def train():
        w = jax.block_until_ready(run_all(*arguments))
        return lambda: job.losses(*w)
    train.compiling = compiling
    return train


ENGINES = {
    "lrcourse": lrcourse,
    "lrcourse, tested every epoch": lrcourse_tested,
    "JAX jit(vmap(scan))": jax_scan,
    "torch.compile of vmap": torch_compiled,
    "torch baddbmm": torch_baddbmm,
    "torch.func.vmap": torch_vmap,
    "numpy, the plain loop": plain_loop,
    "numpy, one run at a time": plain_loop_one_by_one,
    "torch eager": torch_eager,
    "torch eager, DataLoader": torch_eager_loader,
}
ONE_BY_ONE = {"numpy, one run at a time": 8, "torch eager": 3, "torch eager, DataLoader": 2}     # timed on so many runs
