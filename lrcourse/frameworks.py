r"""The same schedule in PyTorch, Keras and Optax, and what their own schedulers really do.

``to_torch``, ``to_keras`` and ``to_optax`` hand any schedule of this course to a framework; ``as_code`` writes the lines
to paste instead. ``from_torch``, ``from_keras`` and ``from_optax`` record the rates that a framework's own scheduler
trains with, measured from the steps of its optimizer. ``compare`` says in words where those part from what was meant.

>>> from torch.optim.lr_scheduler import CosineAnnealingLR
>>> from lrcourse import cosine_decay
>>> recorded = from_torch(lambda optimizer: CosineAnnealingLR(optimizer, T_max=10), updates=16)
>>> recorded.lr[[9, 10, 11, 15]].round(3).tolist()
[0.024, 0.0, 0.024, 0.5]
>>> compare(cosine_decay(1.0, total=10), recorded)
The same for the first 11 updates. After T_max = 10 PyTorch's CosineAnnealingLR rises again; yours stays at 0.

**How the rates stay exact.** PyTorch asks for a rate in Python, once per update, so the schedule itself is called. Keras
and Optax ask inside a compiled graph, most often in float32, where t = k/n is rounded and a jump can come one update early or
late. So their rates are computed beforehand, all updates of the run in float64, and the graph looks them up in a table,
rounded once to the framework's precision. The table is why ``epochs`` has to be known; beyond it the rate stays.

PyTorch, Keras (with a backend) and JAX with Optax are optional, and none is imported before it is asked for.
"""

import functools
import importlib
import math
import sys
from dataclasses import dataclass, field

import numpy as np

from lrcourse.ranges import Choice, Count, Epochs, Positive, check_all
from lrcourse.schedules import One, ReduceLROnPlateau, Schedule
from lrcourse.snippets import as_code  # noqa: F401

INSTALL = {"torch": "pip install torch", "keras": "pip install keras torch", "optax": "pip install optax", "jax": "pip install jax"}


class Missing(ImportError):
    """A framework that isn't installed. A notebook shows what to do about it, without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


def framework(name):
    """Import a framework, "torch", "keras", "optax" or "jax"; where it is missing, the ImportError says what to install.

    >>> framework("optax").__name__
    'optax'
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if error.name == name:
            why = (f"This needs {name}, which is not installed: {INSTALL[name]}, or make lab-frameworks for all of them. "
                   "In a browser they can't be installed; the outputs that are stored in the lesson show what they do.")
        elif name == "keras":
            why = (f"Keras is installed and its backend is not ({error}). Set the environment variable KERAS_BACKEND to "
                   "torch or jax, whichever you have, before Keras is imported.")
        else:
            raise
        raise Missing(why, name=error.name) from None


# ---- ours to theirs --------------------------------------------------------------------------------------------------

def to_torch(schedule, optimizer, updates_per_epoch=1, per="update"):
    r"""A PyTorch LRScheduler that sets the optimizer's rate to :math:`\alpha(k / n)` at update k.

    Call its ``step()`` after ``optimizer.step()``: after each one with ``per="update"``, or once at the end of each
    epoch with ``per="epoch"``, and then the schedule is held inside an epoch, as ``staircase(schedule)`` is, and
    ``updates_per_epoch`` does not matter. The first parameter group trains with the schedule's rate and the others keep
    the proportion to it that they were built with. The schedule replaces the optimizer's own ``lr``.

    To resume, build both as before and load the state of each, in either order. The state holds where the clock stands,
    not the schedule: where the scheduler's is loaded last, a longer or another schedule holds from the next update on.

    Raises ImportError where PyTorch is missing, ValueError or TypeError for what is not allowed.

    >>> import torch
    >>> from lrcourse import step_decay
    >>> weight = torch.nn.Parameter(torch.zeros(1))
    >>> optimizer = torch.optim.SGD([weight], lr=0.4)
    >>> scheduler = to_torch(step_decay(0.4, gamma=0.5, step_size=1), optimizer, updates_per_epoch=2)
    >>> for update in range(5):
    ...     print(optimizer.param_groups[0]["lr"], end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.4 0.4 0.2 0.2 0.1
    """
    ranges = {"schedule": One(), "updates_per_epoch": Count, "per": Choice(("update", "epoch"))}
    given = check_all("to_torch", ranges, {"schedule": schedule, "updates_per_epoch": updates_per_epoch, "per": per})
    framework("torch")
    return _torch_scheduler()(optimizer, given["schedule"], given["updates_per_epoch"] if per == "update" else 1)


def to_keras(schedule, updates_per_epoch, epochs):
    r"""A Keras LearningRateSchedule whose rate at step k is :math:`\alpha(k / n)`, for any optimizer of Keras.

    A run of ``epochs`` epochs is looked up in a table (see the top of this module); beyond them the rate stays at that of
    ``t = epochs``. It is saved with a model. To load such a model in a new process, import the class first:
    ``from lrcourse.frameworks import KerasSchedule``. A schedule of your own has to be imported, too.

    >>> from lrcourse import linear_decay
    >>> rate = to_keras(linear_decay(0.4, total=2), updates_per_epoch=4, epochs=2)
    >>> [round(float(rate(step)), 6) for step in (0, 1, 7, 8, 9)]
    [0.4, 0.35, 0.05, 0.0, 0.0]
    """
    return _keras_schedule()(*_run("to_keras", schedule, updates_per_epoch, epochs))


def to_optax(schedule, updates_per_epoch, epochs):
    r"""A function of Optax's update count with the rate :math:`\alpha(k / n)`; it can be jitted, scanned and vmapped.

    A run of ``epochs`` epochs is looked up in a table (see the top of this module), in float32, or in float64 where JAX
    has that switched on; beyond it the rate stays at that of ``t = epochs``.

    >>> import jax, optax
    >>> from lrcourse import linear_decay
    >>> rate = to_optax(linear_decay(0.4, total=2), updates_per_epoch=4, epochs=2)
    >>> np.asarray(jax.jit(jax.vmap(rate))(np.array([0, 1, 7, 8, 9])), float).round(3)
    array([0.4 , 0.35, 0.05, 0.  , 0.  ])
    >>> optimizer = optax.sgd(learning_rate=rate)
    """
    framework("optax")
    jnp = framework("jax").numpy
    schedule, updates_per_epoch, epochs = _run("to_optax", schedule, updates_per_epoch, epochs)
    table = jnp.asarray(_table(schedule, updates_per_epoch, epochs))

    def rate(count):
        return table[jnp.clip(count, 0, len(table) - 1)]

    return rate


def _run(owner, schedule, updates_per_epoch, epochs):
    ranges = {"schedule": One(), "updates_per_epoch": Count, "epochs": Epochs}
    given = {"schedule": schedule, "updates_per_epoch": updates_per_epoch, "epochs": epochs}
    return check_all(owner, ranges, given).values()


def _table(schedule, updates_per_epoch, epochs):
    """The rate of every update of a run and of the time at its end, float64."""
    return schedule(np.arange(math.ceil(epochs * updates_per_epoch) + 1) / updates_per_epoch)


@functools.cache
def _torch_scheduler():
    torch = framework("torch")

    class TorchSchedule(torch.optim.lr_scheduler.LRScheduler):
        def __init__(self, optimizer, schedule, updates_per_epoch):
            self.schedule, self.updates_per_epoch = schedule, updates_per_epoch
            rates = [float(group.get("initial_lr", group["lr"])) for group in getattr(optimizer, "param_groups", ())]
            if rates and rates[0] == 0 and any(rates):
                raise ValueError(f"lr={rates} is not allowed in to_torch: the first group's must be above 0, since the others "
                                 "keep their proportion to it")
            super().__init__(optimizer)

        def get_lr(self):
            lr = self.schedule(self.last_epoch / self.updates_per_epoch)    # what PyTorch counts here are steps
            # a group that was added later has its own first rate, too
            first = [float(group.setdefault("initial_lr", group["lr"])) for group in self.optimizer.param_groups]
            return [lr if own == first[0] else lr * own / first[0] for own in first]

        def state_dict(self):
            state = super().state_dict()
            return {name: value for name, value in state.items() if name not in ("schedule", "updates_per_epoch")}

        def load_state_dict(self, state_dict):
            before, groups = self._last_lr, self.optimizer.param_groups
            super().load_state_dict(state_dict)
            # the rates are set anew where they are this scheduler's: those of a moment ago, or those of the saved state,
            # if the optimizer's was loaded first. Inside a SequentialLR they may be another scheduler's.
            if self.last_epoch >= 0 and [group["lr"] for group in groups] in (before, self._last_lr):
                self._last_lr = self.get_lr()
                for group, lr in zip(groups, self._last_lr):
                    group["lr"] = group["lr"].fill_(lr) if torch.is_tensor(group["lr"]) else lr

    return _public(TorchSchedule)


@functools.cache
def _keras_schedule():
    keras = framework("keras")

    class KerasSchedule(keras.optimizers.schedules.LearningRateSchedule):
        def __init__(self, schedule, updates_per_epoch, epochs):
            self.schedule, self.updates_per_epoch, self.epochs = schedule, updates_per_epoch, epochs
            precise = "float64" if keras.config.floatx() == "float64" else "float32"
            self.table = keras.ops.convert_to_tensor(_table(schedule, updates_per_epoch, epochs), precise)

        def __call__(self, step):
            step = keras.ops.cast(step, "int32")
            return keras.ops.take(self.table, keras.ops.clip(step, 0, len(self.table) - 1))

        def get_config(self):
            return {"schedule": _to_config(self.schedule), "updates_per_epoch": self.updates_per_epoch, "epochs": self.epochs}

        @classmethod
        def from_config(cls, config):
            return cls(**{**config, "schedule": _from_config(config["schedule"])})

    return keras.saving.register_keras_serializable("lrcourse")(_public(KerasSchedule))


def _public(kind):
    """Let a class that was made in a function be found, and pickled, by its name in this module."""
    kind.__module__, kind.__qualname__ = __name__, kind.__name__
    return kind


def __getattr__(name):
    makers = {"TorchSchedule": _torch_scheduler, "KerasSchedule": _keras_schedule}
    if name in makers:
        return makers[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _to_config(value):
    """A schedule, and those inside it, as what JSON can hold."""
    if isinstance(value, Schedule):
        return {"schedule": value.name, "module": value.factory.__module__,
                "parameters": {name: _to_config(part) for name, part in value.parameters.items()}}
    return [_to_config(part) for part in value] if isinstance(value, tuple) else value


def _from_config(config):
    if isinstance(config, list):
        return [_from_config(part) for part in config]
    if not isinstance(config, dict):
        return config
    name, module = config["schedule"], sys.modules.get(config["module"])    # importing what a file names would not be safe
    factory = getattr(module, name, None)
    if not hasattr(factory, "ranges"):
        raise ValueError(f"schedule={name!r} is not allowed here: {config['module']} defines it, so import that first")
    return factory(**{key: _from_config(part) for key, part in config["parameters"].items()})


# ---- theirs, recorded ------------------------------------------------------------------------------------------------

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
    scheduler = make(optimizer)
    if not hasattr(scheduler, "step"):
        raise TypeError(f"make={make!r} is not allowed in from_torch: optimizer -> scheduler")
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
        raise TypeError(f"schedule={schedule!r} is not allowed in from_keras: a LearningRateSchedule or a Callback")
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
    optimizer = optax.with_extra_args_support(schedule if own else optax.sgd(schedule))
    values = jax.numpy.zeros(updates) if metrics is None else jax.numpy.asarray(metrics)

    def update(state, value):
        step, state = optimizer.update(jax.numpy.ones(()), state, jax.numpy.zeros(()), value=value)
        return state, 0 - step

    rates = jax.lax.scan(update, optimizer.init(jax.numpy.zeros(())), values)[1]
    name = "gradient transformation" if own else getattr(schedule, "__qualname__", "schedule").split(".")[0]
    return Recorded(f"Optax's {name}", np.asarray(rates, np.float64), metrics=metrics)


def _checked(owner, make, updates, metrics, lr, kind=None):
    if kind is None and not callable(make):
        raise TypeError(f"{make!r} is not allowed in {owner}: a function")
    given = check_all(owner, {"updates": Count, "lr": Positive}, {"updates": updates, "lr": lr})
    if metrics is not None:
        try:
            metrics = np.broadcast_to(np.asarray(metrics, np.float64), (updates,))
        except (TypeError, ValueError):
            raise ValueError(f"metrics={metrics!r} is not allowed in {owner}: a number, or one for each update") from None
    return given["updates"], metrics, given["lr"]


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
        raise ValueError("recorded.metrics=None is not allowed in compare: a ReduceLROnPlateau needs the metrics to follow")
    watch = watch.fresh()
    return np.array([watch.lr, *(watch.step(metric) for metric in recorded.metrics[:-1])])


def _near(a, b):
    """Equal to float32, the precision that Keras and Optax count in."""
    return np.isclose(a, b, rtol=2e-5, atol=1e-6 * max(np.max(np.abs(a), initial=0), np.max(np.abs(b), initial=0)))


def _difference(schedule, recorded, ours, theirs, k, updates_per_epoch):
    """One sentence: the first explanation, of those that people report, that covers every update."""
    name = recorded.name
    timed = isinstance(schedule, Schedule)
    if timed and updates_per_epoch > 1:
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
    ratio = theirs[0] / ours[0] if ours[0] else 0
    if ratio and _near(ours * ratio, theirs).all():
        return f"{name} is your schedule times {ratio:.4g}."
    for shift in range(1, len(ours) // 4 + 1):
        for here, there, what in ((ours[:-shift], theirs[shift:], "late"), (ours[shift:], theirs[:-shift], "early")):
            if np.ptp(here) and _near(here, there).all():
                zero = ", and its first update has the rate 0" if theirs[0] == 0 < ours[0] else ""
                return f"{name} is your schedule, {shift} update{'s' * (shift > 1)} {what}{zero}."
    rest = np.diff(theirs[max(k - 1, 0):])
    if k and np.ptp(ours[k - 1:]) <= 1e-6 * ours.max() and rest.size and rest[0] > 0:
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
