"""Theirs, recorded: the rates that a framework's own scheduler trains with, and where they part from what was meant."""

import inspect
from dataclasses import dataclass, field

import numpy as np

from lrcourse.frameworks.found import framework
from lrcourse.ranges import Count, Positive, as_numbers, check_all
from lrcourse.schedules import ReduceLROnPlateau, Schedule


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a framework's scheduler did, update by update.

    ``lr`` (U,) is the rate of each update, measured: the length of the step that the framework's plain SGD made along a
    gradient of 1. ``momentum`` (U,) is what the optimizer said its momentum was, where a scheduler may move it (PyTorch).
    ``name`` says whose it is, ``settings`` holds the whole numbers that the scheduler was built with, and ``metrics`` (U,)
    what was reported to it after each update.
    """

    name: str
    lr: np.ndarray
    settings: dict = field(default_factory=dict)
    momentum: np.ndarray | None = None
    metrics: np.ndarray | None = None

    def __repr__(self):
        rates = ", ".join(f"{rate:.4g}" for rate in self.lr[:8])
        return f"{self.name}: {rates}{', ...' if len(self.lr) > 8 else ''} ({len(self.lr)} updates)"


def from_torch(make, updates, lr=1.0, metrics=None):
    """The rates that PyTorch's optimizer trains with under the scheduler ``make(optimizer)``.

    The optimizer is SGD at the rate ``lr`` with momentum 0.9; the scheduler steps between two of the ``updates``.
    ``metrics``, one number or one for each update, are for a scheduler that wants to be shown one, and for no other.

    >>> from torch.optim.lr_scheduler import StepLR
    >>> from_torch(lambda optimizer: StepLR(optimizer, step_size=2, gamma=0.5), updates=5, lr=0.8)
    PyTorch's StepLR: 0.8, 0.8, 0.4, 0.4, 0.2 (5 updates)
    """
    updates, metrics, lr = _checked("from_torch", make, updates, metrics, lr)
    torch = framework("torch")
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=lr, momentum=0.9)
    try:
        scheduler = make(optimizer)
    except TypeError as error:
        raise TypeError(f"make={make!r} is not allowed in from_torch, optimizer -> scheduler: {error}") from error
    if not hasattr(scheduler, "step"):
        raise TypeError(f"make={make!r} is not allowed in from_torch: optimizer -> scheduler")
    kind = type(scheduler).__name__
    if getattr(scheduler, "optimizer", optimizer) is not optimizer:
        raise ValueError(f"make={make!r} is not allowed in from_torch: its {kind} sets the rate of another optimizer than it was given")
    asks = any(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in inspect.signature(scheduler.step).parameters.values())
    _asked("from_torch", kind, asks, metrics)
    settings = _whole_numbers(vars(scheduler))
    rates, momenta = np.empty(updates), np.empty(updates)
    for update in range(updates):
        momenta[update] = optimizer.param_groups[0]["momentum"]
        optimizer.state.clear()         # no velocity from before: the step is the rate times the gradient
        weight.data.zero_()
        weight.grad = torch.ones_like(weight)
        optimizer.step()
        rates[update] = 0.0 - weight.item()
        if update < updates - 1:
            scheduler.step() if metrics is None else scheduler.step(metrics[update])
    return Recorded(f"PyTorch's {type(scheduler).__name__}", rates, settings, momenta, metrics)


def from_keras(schedule, updates, lr=1.0, metrics=None):
    """The rates that Keras's SGD trains with under a LearningRateSchedule, or a Callback that sets the rate.

    A callback is told of the beginning and the end of one epoch for each update, with ``metrics``, one number or one for
    each update, as the loss and the val_loss; the optimizer then begins with the rate ``lr``.

    >>> from keras.optimizers.schedules import PiecewiseConstantDecay
    >>> from_keras(PiecewiseConstantDecay([2], [1.0, 0.5]), updates=5)
    Keras's PiecewiseConstantDecay: 1, 1, 1, 0.5, 0.5 (5 updates)
    """
    updates, metrics, lr = _checked("from_keras", schedule, updates, metrics, lr, kind=object)
    keras = framework("keras")
    callback = schedule if isinstance(schedule, keras.callbacks.Callback) else None
    if callback is None and not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        raise TypeError(f"schedule={schedule!r} is not allowed in from_keras: a LearningRateSchedule or a Callback{_theirs(schedule)}")
    monitored = getattr(callback, "monitor", None)
    if monitored not in (None, "loss", "val_loss"):
        raise ValueError(f"schedule={schedule!r} is not allowed in from_keras: it watches {monitored!r}, and what is reported here "
                         "are 'loss' and 'val_loss'")
    if callback is None or monitored:
        _asked("from_keras", type(schedule).__name__, bool(monitored), metrics)
    weight = keras.Variable(np.zeros(1))
    optimizer = keras.optimizers.SGD(lr if callback else schedule)
    gradient = keras.ops.ones((1,), weight.dtype)
    if callback:
        model = keras.Sequential()
        model.optimizer = optimizer
        callback.set_model(model)
        callback.on_train_begin({})
    rates = np.empty(updates)
    for update in range(updates):
        logs = {} if metrics is None else {"loss": metrics[update], "val_loss": metrics[update]}
        if callback:
            callback.on_epoch_begin(update, {})
        weight.assign(np.zeros(1))
        optimizer.apply([gradient], [weight])
        rates[update] = 0.0 - float(keras.ops.convert_to_numpy(weight)[0])
        if callback:
            callback.on_epoch_end(update, logs)
    settings = {} if callback else _whole_numbers(schedule.get_config())
    return Recorded(f"Keras's {type(schedule).__name__}", rates, settings, metrics=metrics)


def from_optax(schedule, updates, metrics=None):
    """The rates that Optax trains with: ``schedule`` is a function of the count, or a whole gradient transformation.

    A function drives optax.sgd. ``metrics``, one number or one for each update, are passed to a transformation as
    ``value``; Optax sees the metric of an update before it makes it, PyTorch and Keras after. All runs inside one
    jax.lax.scan, as a compiled training does.

    >>> import optax
    >>> from_optax(optax.linear_schedule(0.0, 1.0, transition_steps=4), updates=6)
    Optax's polynomial_schedule: 0, 0.25, 0.5, 0.75, 1, 1 (6 updates)
    """
    optax, jax = framework("optax"), framework("jax")
    own = isinstance(schedule, optax.GradientTransformation)
    updates, metrics, _ = _checked("from_optax", schedule, updates, metrics, 1.0, kind=object if own else None)
    if metrics is not None and not isinstance(schedule, optax.GradientTransformationExtraArgs):
        _asked("from_optax", "what takes no value", False, metrics)
    optimizer = optax.with_extra_args_support(schedule if own else optax.sgd(schedule))
    values = jax.numpy.zeros(updates) if metrics is None else jax.numpy.asarray(metrics)

    def update(state, value):
        told = {} if metrics is None else {"value": value}
        step, state = optimizer.update(jax.numpy.ones(()), state, jax.numpy.zeros(()), **told)
        return state, 0 - step

    try:
        rates = jax.lax.scan(update, optimizer.init(jax.numpy.zeros(())), values)[1]
    except TypeError as error:
        if metrics is None and "'value'" in str(error):
            _asked("from_optax", "what takes a value", True, metrics)
        raise TypeError(f"schedule={schedule!r} is not allowed in from_optax: {error}") from error
    name = "gradient transformation" if own else getattr(schedule, "__qualname__", "schedule").split(".")[0]
    return Recorded(f"Optax's {name}", np.asarray(rates, np.float64), metrics=metrics)


def _checked(owner, make, updates, metrics, lr, kind=None):
    if kind is None and (not callable(make) or isinstance(make, Schedule)):
        name, what = ("make", "optimizer -> scheduler") if owner == "from_torch" else ("schedule", "a function of the count")
        raise TypeError(f"{name}={make!r} is not allowed in {owner}: {what}{_theirs(make)}")
    given = check_all(owner, {"updates": Count, "lr": Positive}, {"updates": updates, "lr": lr})
    if metrics is not None:
        reported = as_numbers(metrics)
        if reported is None or reported.shape not in ((), (updates,)):
            raise ValueError(f"metrics={metrics!r} is not allowed in {owner}: a number, or one for each update")
        metrics = np.broadcast_to(reported.astype(np.float64), (updates,))
    return given["updates"], metrics, float(given["lr"])


def _theirs(given):
    """Where a schedule of this course was handed over bare, how it is handed over."""
    return ". A schedule of this course goes through to_torch, to_keras or to_optax first" if isinstance(given, Schedule) else ""


def _asked(owner, kind, asks, metrics):
    """Metrics where they are asked for, and nowhere else: without them, or with them, a record would show nothing."""
    if asks != (metrics is not None):
        wanted = "which wants one, or one for each update" if asks else "which asks for none: leave it out"
        raise ValueError(f"metrics={'None' if metrics is None else metrics.tolist()} is not allowed in {owner} with {kind}, {wanted}")


def _whole_numbers(settings):
    return {name: value for name, value in settings.items() if isinstance(value, int) and not isinstance(value, bool)
            and not name.startswith("_") and name not in ("last_epoch", "verbose")}


# ---- where they part -------------------------------------------------------------------------------------------------

class Words(str):
    """Text that a notebook shows without quotes."""

    __repr__ = str.__str__


def compare(schedule, recorded, updates_per_epoch=1):
    """In words, where the recorded rates part from those that a schedule means, and what they look like instead.

    ``schedule`` may be a ReduceLROnPlateau, which is then shown the metrics of the record.

    >>> from torch.optim.lr_scheduler import MultiStepLR
    >>> from lrcourse import multistep_decay
    >>> recorded = from_torch(lambda optimizer: MultiStepLR(optimizer, milestones=[3, 6], gamma=0.1), updates=9)
    >>> compare(multistep_decay(1.0, milestones=[3, 6]), recorded)
    The same at all 9 updates.
    >>> compare(multistep_decay(1.0, milestones=[2, 5]), recorded)
    The same for the first 2 updates. PyTorch's MultiStepLR is your schedule, 1 update late.
    """
    check_all("compare", {"updates_per_epoch": Count}, {"updates_per_epoch": updates_per_epoch})
    if not isinstance(schedule, (Schedule, ReduceLROnPlateau)):
        raise TypeError(f"schedule={schedule!r} is not allowed in compare: a schedule, such as constant(0.1)")
    if not isinstance(recorded, Recorded):
        raise TypeError(f"recorded={recorded!r} is not allowed in compare: what from_torch, from_keras or from_optax gave")
    theirs, steps = recorded.lr, np.arange(len(recorded.lr))
    ours = _reported(schedule, recorded) if isinstance(schedule, ReduceLROnPlateau) else schedule(steps / updates_per_epoch)
    parted = np.flatnonzero(~_near(ours, theirs))
    if not parted.size:
        return Words(f"The same at all {len(theirs)} updates.")
    k = parted[0]
    found = f"The same for the first {k} updates. " if k > 1 else "The same at the first update. " if k else ""
    return Words(found + _difference(schedule, recorded, ours, theirs, k, updates_per_epoch))


def _reported(watch, recorded):
    """The rates of a ReduceLROnPlateau that sees the recorded metrics."""
    if recorded.metrics is None:
        raise ValueError(f"recorded.metrics=None is not allowed in compare with schedule={watch!r}, which needs metrics to follow")
    watch = watch.fresh()
    return np.array([watch.lr, *(watch.step(metric) for metric in recorded.metrics[:-1])])


def _near(a, b):
    """Equal to float32, the precision that Keras and Optax count in."""
    return np.isclose(a, b, rtol=2e-5, atol=1e-6 * max(np.max(np.abs(a), initial=0), np.max(np.abs(b), initial=0)))


def _difference(schedule, recorded, ours, theirs, k, updates_per_epoch):
    """One sentence: the first explanation, of those that people report, that covers every update."""
    name = recorded.name
    if isinstance(schedule, Schedule):
        for clock, what in ((1, f"its clock runs {updates_per_epoch} times too fast: it takes each update for an epoch"),
                            (updates_per_epoch ** 2, f"its clock runs {updates_per_epoch} times too slow: it takes "
                                                     "each epoch for an update")):
            other = schedule(np.arange(len(theirs)) / clock)
            parted = np.append(np.flatnonzero(~_near(other, theirs)), len(theirs))[0]
            if parted == len(theirs):
                return f"{name} is your schedule, but {what}."
            if parted > max(2 * k, 3):
                rest = _difference(schedule, recorded, other, theirs, parted, 1)
                return f"{name} begins as your schedule does, but {what}. {rest}"
    if not theirs.any():
        return f"{name} trains at the rate 0 throughout."
    if ours[0] and _near(ours * theirs[0] / ours[0], theirs).all():
        return f"{name} is your schedule times {theirs[0] / ours[0]:.4g}."
    for shift in range(1, len(ours) // 4 + 1):
        for here, there, what in ((ours[:-shift], theirs[shift:], "late"), (ours[shift:], theirs[:-shift], "early")):
            if np.ptp(here) and _near(here, there).all():
                zero = ", and its first update has the rate 0" if theirs[0] == 0 < ours[0] else ""
                return f"{name} is your schedule, {shift} update{'s' * (shift > 1)} {what}{zero}."
    if k and np.ptp(ours[k - 1:]) <= 1e-6 * ours.max() and theirs[k] > theirs[k - 1]:
        return f"After {_setting(recorded, k - 1)} {name} rises again; yours stays at {_number(ours[-1])}."
    if k == 0 and theirs[0] == 0:
        return f"{name} makes its first update at the rate 0, which changes nothing; yours begins at {_number(ours[0])}."
    return (f"At update {k}{_time(k, updates_per_epoch)} {name} trains at {_number(theirs[k])}, yours at {_number(ours[k])}; "
            f"at the last update at {_number(theirs[-1])}, yours at {_number(ours[-1])}.")


def _setting(recorded, k):
    """An update by the name of the setting that holds its number, if one does."""
    named = [name for name, value in recorded.settings.items() if value == k]
    return f"{named[0]} = {k}" if named else f"update {k}"


def _time(k, updates_per_epoch):
    return f" (t = {k / updates_per_epoch:g})" if updates_per_epoch > 1 else ""


def _number(lr):
    return "0" if abs(lr) < 1e-12 else f"{lr:.4g}"
