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

from lrcourse.frameworks.code import as_code
from lrcourse.frameworks.convert import CLASSES, to_keras, to_optax, to_torch
from lrcourse.frameworks.found import Missing, framework
from lrcourse.frameworks.record import Recorded, compare, from_keras, from_optax, from_torch

__all__ = ["Missing", "Recorded", "as_code", "compare", "framework", "from_keras", "from_optax", "from_torch",
           "to_keras", "to_optax", "to_torch"]


def __getattr__(name):
    if name in CLASSES:     # each is made when it is asked for, since its base class is the framework's
        return CLASSES[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
