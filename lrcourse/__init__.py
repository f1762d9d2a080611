"""lrcourse: learning-rate schedules, optimizers and small problems to see what decay does. Needs numpy alone."""

from lrcourse.optimizers import EMA, SGD, Adam, AdamW, AdaGrad, Clip, Momentum, Nesterov, RMSProp, ScheduleFreeSGD
from lrcourse.problems import NoisyQuadratic, digits, language, ravine, saddle, two_minima
from lrcourse.schedules import (
    ReduceLROnPlateau,
    constant,
    cosine_decay,
    cosine_restarts,
    exponential_decay,
    inverse_sqrt_decay,
    inverse_time_decay,
    join,
    linear_decay,
    lr_range,
    multistep_decay,
    one_cycle,
    polynomial_decay,
    rex_decay,
    schedule,
    staircase,
    step_decay,
    triangular,
    warmup,
    wsd,
)
from lrcourse.sweeping import Sweep, sweep
from lrcourse.training import History, train

__version__ = "0.2.0"
__all__ = [
    "EMA", "SGD", "Adam", "AdamW", "AdaGrad", "Clip", "Momentum", "Nesterov", "RMSProp", "ScheduleFreeSGD",
    "NoisyQuadratic", "digits", "language", "ravine", "saddle", "two_minima",
    "ReduceLROnPlateau", "constant", "cosine_decay", "cosine_restarts", "exponential_decay", "inverse_sqrt_decay",
    "inverse_time_decay", "join", "linear_decay", "lr_range", "multistep_decay", "one_cycle", "polynomial_decay",
    "rex_decay", "schedule", "staircase", "step_decay", "triangular", "warmup", "wsd",
    "History", "Sweep", "sweep", "train",
]
