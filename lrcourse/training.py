"""Training: the loop that joins a problem, an optimizer and a schedule, and the history of what it did.

>>> from lrcourse.optimizers import Momentum
>>> from lrcourse.problems import digits
>>> from lrcourse.schedules import linear_decay
>>> history = train(digits(hidden=16), Momentum(0.9), linear_decay(0.1, total=3), epochs=3, seeds=range(2))
>>> history
History(digits, Momentum, linear_decay(lr=0.1, total=3, end=0.0): 2 runs, 3 epochs, 93 updates)
>>> history.lr.shape, history.test_error.shape
((2, 93), (2, 3))
>>> np.array_equal(history.lr[0], linear_decay(0.1, total=3)(history.t))
True
"""

import numbers
from dataclasses import dataclass

import numpy as np

from lrcourse import engine
from lrcourse.optimizers import Optimizer
from lrcourse.ranges import Count, as_numbers, check_all
from lrcourse.schedules import ReduceLROnPlateau, Schedule


@dataclass(eq=False)
class History:
    """What a training did. R runs, U updates, E epochs.

    ``t`` (U,) is the time of each update in epochs, ``lr`` (R, U) the rate that it *used*. Per epoch, (R, E):
    ``train_loss`` and ``train_error``, the means over the epoch's batches while it ran, and ``test_loss`` and
    ``test_error`` on the held-out data after it. Errors are fractions. A run that diverges has infinite losses and an
    error of 1 from then on. ``w`` holds the last weights, (R, P), those to test with; ``path`` (R, U + 1, P), on
    surfaces, all of them from the start.
    """

    problem: object
    optimizer: Optimizer
    schedule: object
    seeds: tuple
    t: np.ndarray
    lr: np.ndarray
    train_loss: np.ndarray
    train_error: np.ndarray
    test_loss: np.ndarray
    test_error: np.ndarray
    w: np.ndarray
    path: np.ndarray | None = None

    @property
    def diverged(self):
        """Which runs did, (R,)."""
        return ~np.isfinite(self.test_loss[:, -1])

    def __repr__(self):
        runs, epochs = self.test_loss.shape
        names = f"{type(self.problem).__name__}, {type(self.optimizer).__name__}, {self.schedule}"
        return f"History({names}: {runs} run{'s' * (runs > 1)}, {epochs} epochs, {len(self.t)} updates)"


def train(problem, optimizer, schedule, epochs, seeds=0, start=None):
    """Train ``problem`` for some ``epochs`` and return the History; one run for each of ``seeds``.

    ``schedule`` gives the rate of update k as ``schedule(k / problem.updates_per_epoch)``. A ReduceLROnPlateau is shown
    each run's held-out loss after every epoch. The optimizer and the ReduceLROnPlateau passed in stay as they are.
    ``start`` gives first weights, (runs, P), such as ``history.w``, to go on from; the clock and the optimizer's memory
    begin anew.

    >>> from lrcourse.optimizers import SGD
    >>> from lrcourse.problems import ravine
    >>> from lrcourse.schedules import constant
    >>> train(ravine(), SGD(), constant(0.101), epochs=600).diverged
    array([False])
    >>> train(ravine(), SGD(), constant(0.3), epochs=600).diverged
    array([ True])
    """
    epochs, seeds = check_setting("train", problem, {"optimizer": optimizer}, {"schedule": schedule}, epochs, seeds)
    first = problem.start(seeds)
    if start is not None:
        given = as_numbers(start)
        if given is None:
            raise TypeError(f"start={start!r} is not allowed in train: weights {first.shape}")
        if given.shape != first.shape:
            raise ValueError(f"start has the shape {given.shape}, not allowed in train: weights {first.shape}")
        first[:] = given
    return run(problem, optimizer, [schedule] * len(seeds), seeds, epochs, first)


def run(problem, optimizer, schedules, seeds, epochs, w, threads=None):
    """Train from the weights ``w``, each run under a schedule of its own; with ReduceLROnPlateau, all under the same."""
    t = np.arange(epochs * problem.updates_per_epoch) / problem.updates_per_epoch
    optimizer = optimizer.fresh()
    schedule, watching = schedules[0], None
    if isinstance(schedule, ReduceLROnPlateau):
        schedule, watching = schedule.fresh(), schedule.fresh()     # what it began with, should it have watched something before
        lr = np.full((len(seeds), t.size), float(watching.lr))
    else:
        rates = {each: each(t) for each in set(schedules)}
        lr = np.stack([rates[each] for each in schedules])
    path = None
    if faster := engine.loop(problem, optimizer):       # the same as below, fused
        train, test, w = faster(problem, optimizer, seeds, lr, watching, w, threads)
    else:
        train, test, w, path = run_loop(problem, optimizer, seeds, lr, watching, w)
    for loss, error in (train, test):
        lost = np.maximum.accumulate(~np.isfinite(loss), axis=1)
        loss[lost] = np.inf
        error[lost & ~np.isnan(error)] = 1.0
    return History(problem, optimizer, schedule, seeds, t, lr, *train, *test, w, path)


def run_loop(problem, optimizer, seeds, lr, watching, w):
    """Forward, backward, step: the loop to read. All runs at once, on a leading axis."""
    per_epoch = problem.updates_per_epoch
    epochs = lr.shape[1] // per_epoch
    train, test = np.empty((2, len(seeds), epochs)), np.empty((2, len(seeds), epochs))
    generators = [np.random.default_rng([seed, 1]) for seed in seeds]
    optimizer = optimizer.fresh()
    optimizer.decays = getattr(problem, "decays", optimizer.decays)
    path = [w.copy()]
    noise = problem.batches(generators, epochs) if problem.keeps_path else None     # all at once, which a browser feels
    with np.errstate(all="ignore"):     # a diverging run overflows; the others don't notice
        for epoch in range(epochs):
            seen = np.zeros((2, len(seeds)))
            updates = range(epoch * per_epoch, (epoch + 1) * per_epoch)
            for k, batch in zip(updates, noise or problem.batches(generators)):
                loss, error, grad = problem.loss_and_gradient(w, batch)
                optimizer.step(w, grad, lr[:, k])
                seen += loss, error
                if problem.keeps_path:
                    path.append(w.copy())
            train[:, :, epoch] = seen / per_epoch
            test[:, :, epoch] = problem.evaluate(optimizer.evaluation_weights(w))
            if watching:
                lr[:, (epoch + 1) * per_epoch:] = watching.step(test[0, :, epoch])[:, None]
    return train, test, optimizer.evaluation_weights(w), np.stack(path, axis=1) if problem.keeps_path else None


def check_setting(owner, problem, optimizers, schedules, epochs, seeds):
    """Check what ``owner`` was given; optimizers and schedules come by the names to complain under."""
    if isinstance(problem, type) or not hasattr(problem, "loss_and_gradient"):
        raise TypeError(f"problem={problem!r} is not allowed in {owner}: a problem, such as digits()")
    for name, optimizer in optimizers.items():
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{name}={optimizer!r} is not allowed in {owner}: an optimizer, such as Momentum(0.9)")
    for name, schedule in schedules.items():
        if not isinstance(schedule, (Schedule, ReduceLROnPlateau)):
            raise TypeError(f"{name}={schedule!r} is not allowed in {owner}: a schedule, such as constant(0.1)")
    check_all(owner, {"epochs": Count}, {"epochs": epochs})
    given, seeds = seeds, tuple(seeds) if np.iterable(seeds) else (seeds,)
    if not seeds or not all(isinstance(s, numbers.Integral) and not isinstance(s, bool) and 0 <= s < 2 ** 63 for s in seeds):
        raise ValueError(f"seeds={given!r} is not allowed in {owner}: a whole number from 0 up, or a list of them")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds={given!r} is not allowed in {owner}: no seed twice, since it would give the same run twice")
    return int(epochs), tuple(map(int, seeds))
