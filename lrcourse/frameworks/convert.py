"""Ours to theirs: a schedule of this course as PyTorch, Keras and Optax want it."""

import functools
import math
import sys

import numpy as np

from lrcourse.frameworks.found import framework
from lrcourse.ranges import Choice, Count, Epochs, check_all
from lrcourse.schedules import One, Schedule


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
    if not isinstance(optimizer, framework("torch").optim.Optimizer):
        raise TypeError(f"optimizer={optimizer!r} is not allowed in to_torch: an optimizer of PyTorch")
    return _torch_scheduler()(optimizer, given["schedule"], given["updates_per_epoch"] if per == "update" else 1)


def to_keras(schedule, updates_per_epoch, epochs):
    r"""A Keras LearningRateSchedule whose rate at step k is :math:`\alpha(k / n)`, for any optimizer of Keras.

    A run of ``epochs`` epochs is looked up in a table (see ``lrcourse.frameworks``); beyond them the rate stays at that of
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

    A run of ``epochs`` epochs is looked up in a table (see ``lrcourse.frameworks``), in float32, or in float64 where JAX
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
        return jnp.take(table, count, mode="clip")

    return rate


def _run(owner, schedule, updates_per_epoch, epochs):
    ranges = {"schedule": One(), "updates_per_epoch": Count, "epochs": Epochs}
    given = {"schedule": schedule, "updates_per_epoch": updates_per_epoch, "epochs": epochs}
    given = check_all(owner, ranges, given)
    if epochs * updates_per_epoch > 2 ** 31:
        raise ValueError(f"epochs={epochs!r} is not allowed in {owner}: at most 2**31 updates")
    return given.values()


def _table(schedule, updates_per_epoch, epochs):
    """The rate of every update of a run and of the time at its end, float64."""
    return schedule(np.arange(math.ceil(epochs * updates_per_epoch) + 1) / updates_per_epoch)


@functools.cache
def _torch_scheduler():
    torch = framework("torch")

    class TorchSchedule(torch.optim.lr_scheduler.LRScheduler):
        def __init__(self, optimizer, schedule, updates_per_epoch):
            self.schedule, self.updates_per_epoch = schedule, updates_per_epoch
            self.shares(getattr(optimizer, "param_groups", ()))
            super().__init__(optimizer)

        def shares(self, groups):
            """Each group's proportion to the rate of the group that was the first when it was built, whatever becomes of
            that one. What it needs stands in the groups, so that an optimizer's state brings it along."""
            for group in groups:
                if "first_lr" not in group:     # a new one. Groups share a tensor that was given for all: each gets its own
                    group["lr"] = group["lr"].clone() if torch.is_tensor(group["lr"]) else group["lr"]
                    group["initial_lr"] = float(group.get("initial_lr", group["lr"]))
                    group["first_lr"] = groups[0].get("first_lr", groups[0]["initial_lr"])
            own, first = ([float(group[name]) for group in groups] for name in ("initial_lr", "first_lr"))
            if any(share and not whole for share, whole in zip(own, first)):
                raise ValueError(f"lr={own} is not allowed in to_torch: the first group's must be above 0, since the others "
                                 "keep their proportion to it")
            return list(zip(own, first))

        def get_lr(self):
            lr = self.schedule(self.last_epoch / self.updates_per_epoch)    # what PyTorch counts here are steps
            return [lr if own == first else lr * own / first for own, first in self.shares(self.optimizer.param_groups)]

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
    """Let a class that was made in a function be found, and pickled, by its name in ``lrcourse.frameworks``."""
    kind.__module__, kind.__qualname__ = "lrcourse.frameworks", kind.__name__
    return kind


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


CLASSES = {"TorchSchedule": _torch_scheduler, "KerasSchedule": _keras_schedule}
