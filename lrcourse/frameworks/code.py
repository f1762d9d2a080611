"""A schedule as the lines that you would paste into a PyTorch, Keras, Optax or Hugging Face program.

Where the framework's own scheduler is the same, it is used, with its own names. Where it is not, the lines hold the
formula: PyTorch calls it (LambdaLR), Keras and Optax look up a table of it, made in float64, so that no jump comes an
update early or late. The lines need nothing of lrcourse.

>>> from lrcourse import step_decay
>>> print(as_code(step_decay(0.1, step_size=20), "torch", updates_per_epoch=31))
import torch
from torch.optim import lr_scheduler
<BLANKLINE>
updates_per_epoch = 31      # how often your loop calls optimizer.step() in one epoch
<BLANKLINE>
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = lr_scheduler.StepLR(optimizer, step_size=20 * updates_per_epoch, gamma=0.1)
# in the loop: optimizer.step(), then scheduler.step()
"""

import ast
import builtins
import inspect
import textwrap

import numpy as np

from lrcourse.ranges import Choice, Count, Epochs, Range, check_all
from lrcourse.schedules import COOLDOWNS, One, Schedule


def as_code(schedule, framework, updates_per_epoch=1, epochs=100):
    """The lines for ``framework``, "torch", "keras", "optax" or "hf", as text. They expect a ``model`` where theirs do.

    ``updates_per_epoch`` and ``epochs``, the length of a table where one is needed, stand in the lines as numbers to
    change. ``rate`` (Keras, Optax) or ``scheduler`` (PyTorch, Hugging Face) is the result, and ``optimizer`` uses it.

    Raises TypeError for a formula that uses more than numpy and its own parameters, ValueError for bad parameters.

    >>> from lrcourse import cosine_decay, warmup
    >>> print(as_code(warmup(cosine_decay(0.4, total=10), length=4), "optax"))
    import optax
    <BLANKLINE>
    updates_per_epoch = 1       # calls of optimizer.update() in one epoch
    <BLANKLINE>
    rate = optax.warmup_cosine_decay_schedule(
        init_value=0.0, peak_value=0.4, warmup_steps=4 * updates_per_epoch, decay_steps=14 * updates_per_epoch, end_value=0.0)
    optimizer = optax.sgd(learning_rate=rate)
    """
    check_all("as_code", {"schedule": One(), "framework": Choice(tuple(WRITERS)), "updates_per_epoch": Count, "epochs": Count},
              {"schedule": schedule, "framework": framework, "updates_per_epoch": updates_per_epoch, "epochs": epochs})
    schedule(np.linspace(0, epochs, 1001))      # a formula that gives no rate is refused here, not where it is pasted
    return WRITERS[framework](_with_real_numbers(schedule), updates_per_epoch, epochs)


def _with_real_numbers(value, allowed=None):
    """The same schedule with 1.0 for 1 wherever that is no time: Keras counts on in the type of a number that it is given."""
    if isinstance(value, tuple):
        return tuple(_with_real_numbers(part) for part in value)
    if isinstance(value, Schedule):
        ranges = value.ranges
        return value.factory(**{name: _with_real_numbers(part, ranges[name]) for name, part in value.parameters.items()})
    time = allowed == Epochs or "total" in str(getattr(allowed, "high", ""))
    return float(value) if isinstance(allowed, Range) and not allowed.whole and not time else value


TABLE = "the table below is that long; then the rate stays"


class Steps:
    """Times in epochs as code for a number of updates, for the parts of a schedule that a framework counts in updates."""

    def __init__(self, updates_per_epoch):
        self.n = updates_per_epoch

    def whole(self, *times):
        """Whether each of these times falls on an update."""
        return all(abs(t * self.n - round(t * self.n)) < 1e-9 and round(t * self.n) > 0 for t in times)

    def __call__(self, time):
        if time == int(time):
            return f"{int(time)} * updates_per_epoch"
        return f"round({time!r} * updates_per_epoch)"

    def each(self, times, shift=""):
        if all(t == int(t) for t in times):
            return f"[m * updates_per_epoch{shift} for m in {[int(t) for t in times]}]"
        return f"[round(m * updates_per_epoch){shift} for m in {list(times)}]"


# ---- PyTorch ---------------------------------------------------------------------------------------------------------

def torch_own(s, steps):
    """(the optimizer's rate, the scheduler as code, a warning) if PyTorch has the same, or None.

    Asks for the parameters of the schedule by name, so a schedule that it doesn't know has no own scheduler.
    """
    p = s.parameters
    match s.name:
        case "constant":
            return p["lr"], "lr_scheduler.LambdaLR(optimizer, lambda k: 1.0)", "ConstantLR is something else: lr / 3, five times"
        case "exponential_decay":
            return p["lr"], f"lr_scheduler.ExponentialLR(optimizer, gamma={p['gamma']!r} ** (1 / updates_per_epoch))", ""
        case "step_decay" if steps.whole(p["step_size"]):
            return p["lr"], f"lr_scheduler.StepLR(optimizer, step_size={steps(p['step_size'])}, gamma={p['gamma']!r})", ""
        case "multistep_decay" if steps.whole(*p["milestones"]):
            milestones = steps.each(p["milestones"])
            return p["lr"], f"lr_scheduler.MultiStepLR(optimizer, milestones={milestones}, gamma={p['gamma']!r})", ""
        case "polynomial_decay" if steps.whole(p["total"]) and not p["end"]:
            return p["lr"], f"lr_scheduler.PolynomialLR(optimizer, total_iters={steps(p['total'])}, power={p['power']!r})", ""
        case "linear_decay" if steps.whole(p["total"]):
            end = p["end"] / p["lr"]
            return p["lr"], ("lr_scheduler.LinearLR(\n    optimizer, start_factor=1.0, "
                             f"end_factor={end!r}, total_iters={steps(p['total'])})"), ""
        case "cosine_decay" if steps.whole(p["total"]):
            return p["lr"], (f"lr_scheduler.CosineAnnealingLR(optimizer, T_max={steps(p['total'])}, eta_min={p['end']!r})"
                             ), "stop training at T_max: after it this scheduler rises again"
        case "cosine_restarts" if steps.whole(p["period"]) and p["mult"] == int(p["mult"]):
            return p["lr"], ("lr_scheduler.CosineAnnealingWarmRestarts(\n    optimizer, "
                             f"T_0={steps(p['period'])}, T_mult={int(p['mult'])}, eta_min={p['end']!r})"), ""
        case "triangular" if steps.whole(p["half_period"]):
            return p["max_lr"], (f"lr_scheduler.CyclicLR(\n    optimizer, base_lr={p['min_lr']!r}, max_lr={p['max_lr']!r}, "
                                 f"step_size_up={steps(p['half_period'])}, cycle_momentum=False)"), ""
        case "one_cycle" if steps.whole(p["total"]) and 0 < p["pct_start"] < 1:
            total = steps(p["total"])
            return p["lr"], (
                f"lr_scheduler.OneCycleLR(\n    optimizer, max_lr={p['lr']!r}, total_steps={total} + 1,\n"
                f"    pct_start=({p['pct_start']!r} * {total} + 1) / ({total} + 1),\n"
                f"    div_factor={p['div_factor']!r}, final_div_factor={p['final_div_factor']!r}, cycle_momentum=False)"
            ), "its end value comes at the last of total_steps, hence + 1; one step more raises an error"
        case "warmup" if steps.whole(p["length"]) and p["start"] and p["schedule"].name in BEHIND_WARMUP:
            after = torch_own(p["schedule"], steps)
            if after:
                length = steps(p["length"])
                rise = f"lr_scheduler.LinearLR(optimizer, start_factor={p['start']!r}, end_factor=1.0, total_iters={length})"
                return after[0], (f"lr_scheduler.SequentialLR(optimizer, [\n    {rise},\n    {_deeper(after[1])},\n"
                                  f"], milestones=[{length}])"), after[2].replace("at T_max", "T_max after the warm-up")
    return None


BEHIND_WARMUP = ("constant", "exponential_decay", "step_decay", "multistep_decay", "polynomial_decay", "linear_decay",
                 "cosine_decay", "cosine_restarts")      # those whose first rate is the optimizer's


def torch_code(schedule, updates_per_epoch, epochs, counted="how often your loop calls optimizer.step() in one epoch",
               end="# in the loop: optimizer.step(), then scheduler.step()\n"):
    own = torch_own(schedule, Steps(updates_per_epoch))
    count = _setting("updates_per_epoch", updates_per_epoch, counted)
    imports = "import torch\nfrom torch.optim import lr_scheduler\n"
    if own:
        lr, scheduler, warning = own
        note = f"# {warning}\n" if warning else ""
        return (f"{imports}\n{count}\noptimizer = torch.optim.SGD(model.parameters(), lr={lr!r})\n"
                f"{note}scheduler = {scheduler}\n{end}")
    return with_formula(
        schedule, f"import numpy as np\n{imports}", count,
        "optimizer = torch.optim.SGD(model.parameters(), lr=1.0)     # times the formula\n"
        f"scheduler = lr_scheduler.LambdaLR(optimizer, lambda k: float(formula(k / updates_per_epoch)))\n{end}")


def hf_code(schedule, updates_per_epoch, epochs):
    """Hugging Face's Trainer takes a PyTorch optimizer and its scheduler, and steps both itself."""
    end = ("# Trainer calls scheduler.step() itself, after every optimizer.step()\n\nfrom transformers import Trainer\n\n"
           "trainer = Trainer(model=model, optimizers=(optimizer, scheduler))     # and your arguments and data\n")
    return torch_code(schedule, updates_per_epoch, epochs, "optimizer steps in one epoch: batches / accumulated batches", end)


# ---- Keras -----------------------------------------------------------------------------------------------------------

def keras_own(s, steps):
    p, K = s.parameters, "keras.optimizers.schedules."
    match s.name:
        case "constant":
            return repr(p["lr"])
        case "inverse_time_decay":
            return f"{K}InverseTimeDecay({p['lr']!r}, decay_steps=updates_per_epoch, decay_rate={p['decay_rate']!r})"
        case "exponential_decay":
            return f"{K}ExponentialDecay({p['lr']!r}, decay_steps=updates_per_epoch, decay_rate={p['gamma']!r})"
        case "step_decay" if steps.whole(p["step_size"]):
            return (f"{K}ExponentialDecay(\n    {p['lr']!r}, decay_steps={steps(p['step_size'])}, decay_rate={p['gamma']!r}, "
                    "staircase=True)")
        case "multistep_decay" if p["milestones"] and steps.whole(*p["milestones"]):
            values = [float(f"{p['lr'] * p['gamma'] ** i:.12g}") for i in range(len(p["milestones"]) + 1)]
            return (f"{K}PiecewiseConstantDecay(     # it changes after a boundary, hence - 1\n"
                    f"    boundaries={steps.each(p['milestones'], ' - 1')},\n    values={values})")
        case "polynomial_decay" | "linear_decay" if steps.whole(p["total"]):
            return (f"{K}PolynomialDecay(\n    {p['lr']!r}, decay_steps={steps(p['total'])}, "
                    f"end_learning_rate={p['end']!r}, power={p.get('power', 1.0)!r})")
        case "cosine_decay" if steps.whole(p["total"]):
            return f"{K}CosineDecay({p['lr']!r}, decay_steps={steps(p['total'])}, alpha={p['end'] / p['lr']!r})"
        case "warmup" if (p["schedule"].name == "cosine_decay"
                          and steps.whole(p["length"], p["schedule"].parameters["total"])):
            after = p["schedule"].parameters
            return (f"{K}CosineDecay(     # decay_steps come after the warm-up\n    {p['start'] * after['lr']!r}, "
                    f"decay_steps={steps(after['total'])}, alpha={after['end'] / after['lr']!r},\n"
                    f"    warmup_target={after['lr']!r}, warmup_steps={steps(p['length'])})")
        case "cosine_restarts" if steps.whole(p["period"]) and p["mult"] == 1:
            return (f"{K}CosineDecayRestarts(\n    {p['lr']!r}, first_decay_steps={steps(p['period'])}, t_mul=1.0, m_mul=1.0, "
                    f"alpha={p['end'] / p['lr']!r})")
    return None


def keras_code(schedule, updates_per_epoch, epochs):
    own = keras_own(schedule, Steps(updates_per_epoch))
    count = _setting("updates_per_epoch", updates_per_epoch, "batches in one epoch")
    end = "optimizer = keras.optimizers.SGD(learning_rate=rate)\n"
    if own:
        return f"import keras\n\n{count}\nrate = {own}\n{end}"
    return with_formula(
        schedule, "import keras\nimport numpy as np\n", count + _setting("epochs", epochs, TABLE), (
            "class Rate(keras.optimizers.schedules.LearningRateSchedule):\n"
            "    def __init__(self):\n"
            "        t = np.arange(epochs * updates_per_epoch + 1) / updates_per_epoch\n"
            '        self.table = keras.ops.convert_to_tensor(np.broadcast_to(formula(t), t.shape), "float32")\n\n'
            "    def __call__(self, step):\n"
            '        step = keras.ops.minimum(keras.ops.cast(step, "int32"), len(self.table) - 1)\n'
            "        return keras.ops.take(self.table, step)\n\n"
            "    def get_config(self):\n"
            f"        return {{}}\n\nrate = Rate()\n{end}"))


# ---- Optax -----------------------------------------------------------------------------------------------------------

def optax_own(s, steps):
    p = s.parameters
    match s.name:
        case "constant":
            return f"optax.constant_schedule({p['lr']!r})"
        case "inverse_time_decay":
            return f"lambda count: {p['lr']!r} / (1 + {p['decay_rate']!r} * count / updates_per_epoch)"
        case "exponential_decay" if p["gamma"]:     # decay_rate=0 would mean a constant rate
            return f"optax.exponential_decay({p['lr']!r}, transition_steps=updates_per_epoch, decay_rate={p['gamma']!r})"
        case "step_decay" if steps.whole(p["step_size"]) and p["gamma"]:
            return (f"optax.exponential_decay(\n    {p['lr']!r}, transition_steps={steps(p['step_size'])}, "
                    f"decay_rate={p['gamma']!r}, staircase=True)")
        case "multistep_decay" if steps.whole(*p["milestones"]):
            return f"optax.piecewise_constant_schedule({p['lr']!r}, {{m: {p['gamma']!r} for m in {steps.each(p['milestones'])}}})"
        case "polynomial_decay" if steps.whole(p["total"]):
            return (f"optax.polynomial_schedule(\n    {p['lr']!r}, {p['end']!r}, power={p['power']!r}, "
                    f"transition_steps={steps(p['total'])})")
        case "linear_decay" if steps.whole(p["total"]):
            return f"optax.linear_schedule({p['lr']!r}, {p['end']!r}, transition_steps={steps(p['total'])})"
        case "cosine_decay" if steps.whole(p["total"]):
            return (f"optax.cosine_decay_schedule({p['lr']!r}, decay_steps={steps(p['total'])}, "
                    f"alpha={p['end'] / p['lr']!r})")
        case "inverse_sqrt_decay":
            return f"lambda count: {p['lr']!r} * ({p['timescale']!r} / (count / updates_per_epoch + {p['timescale']!r})) ** 0.5"
        case "one_cycle" if steps.whole(p["total"], p["pct_start"] * p["total"]) and p["pct_start"] < 1:
            return (f"optax.cosine_onecycle_schedule(\n    transition_steps={steps(p['total'])}, peak_value={p['lr']!r}, "
                    f"pct_start={p['pct_start']!r},\n    div_factor={p['div_factor']!r}, "
                    f"final_div_factor={p['final_div_factor']!r})")
        case "wsd" if steps.whole(p["decay"], p["total"]) and p["shape"] == "linear" and steps.whole(p["total"] - p["decay"]):
            return _optax_wsd(p, steps)
        case "warmup" if steps.whole(p["length"]):
            return _optax_warmup(p, steps)
        case "join" if steps.whole(*p["boundaries"]):
            parts = [optax_own(part, steps) for part in p["schedules"]]
            if all(parts):
                return _joined(parts, [steps(b) for b in p["boundaries"]])
    return None


def _optax_wsd(p, steps):
    parts = [f"optax.constant_schedule({p['lr']!r})",
             f"optax.linear_schedule({p['lr']!r}, {p['end']!r}, transition_steps={steps(p['decay'])})"]
    boundaries = [steps(p["total"] - p["decay"])]
    if p["warmup"]:
        if not steps.whole(p["warmup"]) or p["warmup"] >= p["total"] - p["decay"]:
            return None
        parts.insert(0, f"optax.linear_schedule(0.0, {p['lr']!r}, transition_steps={steps(p['warmup'])})")
        boundaries.insert(0, steps(p["warmup"]))
    return _joined(parts, boundaries)


def _optax_warmup(p, steps):
    after, q, first = p["schedule"], p["schedule"].parameters, p["schedule"](0.0)
    if after.name == "cosine_decay" and steps.whole(q["total"], p["length"] + q["total"]):
        return (f"optax.warmup_cosine_decay_schedule(\n    init_value={p['start'] * first!r}, peak_value={first!r}, "
                f"warmup_steps={steps(p['length'])}, decay_steps={steps(p['length'] + q['total'])}, end_value={q['end']!r})")
    inner = optax_own(after, steps)
    rise = f"optax.linear_schedule({p['start'] * first!r}, {first!r}, transition_steps={steps(p['length'])})"
    return inner and _joined([rise, inner], [steps(p["length"])])


def _joined(parts, boundaries):
    inside = "".join(f"\n    {_deeper(part)}," for part in parts)
    return f"optax.join_schedules([     # each part counts from its own boundary{inside}\n], boundaries=[{', '.join(boundaries)}])"


def optax_code(schedule, updates_per_epoch, epochs):
    own = optax_own(schedule, Steps(updates_per_epoch))
    count = _setting("updates_per_epoch", updates_per_epoch, "calls of optimizer.update() in one epoch")
    end = "optimizer = optax.sgd(learning_rate=rate)\n"
    if own:
        return f"import optax\n\n{count}\nrate = {own}\n{end}"
    return with_formula(
        schedule, "import jax.numpy as jnp\nimport numpy as np\nimport optax\n", count + _setting("epochs", epochs, TABLE), (
            "t = np.arange(epochs * updates_per_epoch + 1) / updates_per_epoch\n"
            "table = jnp.asarray(np.broadcast_to(formula(t), t.shape))\n"
            f"rate = lambda count: table[jnp.minimum(count, len(table) - 1)]\n{end}"))


WRITERS = {"torch": torch_code, "keras": keras_code, "optax": optax_code, "hf": hf_code}


# ---- the formula itself ----------------------------------------------------------------------------------------------

def with_formula(schedule, imports, settings, end):
    """Imports, settings, ``formula(t)`` and what uses it; the functions of schedules inside a combinator come first."""
    functions, names = [], {}
    _write(schedule, "formula", functions, names)
    text = "\n\n".join(functions)
    if "functools." in text:
        imports = "import functools\n" + imports
    return f"{imports}\n{settings}\n{text}\n\n{end}"


def _write(schedule, name, lines, names):
    given = {}
    for key, value in schedule.parameters.items():
        if isinstance(value, Schedule):
            given[key] = _named(value, lines, names)
        elif isinstance(value, tuple) and value and isinstance(value[0], Schedule):
            given[key] = f"[{', '.join(_named(part, lines, names) for part in value)}]"
        else:
            given[key] = repr(list(value) if isinstance(value, tuple) else value)
    cooldown = ""
    if schedule.name == "wsd":
        cooldown = f"    cooldown = {_lambda(COOLDOWNS[given.pop('shape')[1:-1]])}\n"
    body = textwrap.indent(_body(schedule), "    ").replace("COOLDOWNS[shape](z)", "cooldown(z)")
    header = f"def {name}(t, {', '.join(f'{key}={value}' for key, value in given.items())}):"
    note = "     # the learning rate after t epochs" if name == "formula" else ""
    text = f"{header}{note}\n{cooldown}{body}"
    unknown = _unknown_names(text, {"np", "functools", *names.values()})
    if unknown:
        raise TypeError(f"schedule={schedule!r} is not allowed in as_code: its formula uses {', '.join(sorted(unknown))}, "
                        "and only numpy and its own parameters can be written out")
    lines.append(text)


def _named(part, lines, names):
    """The name of the function of a schedule inside another, which is written first."""
    if part not in names:
        names[part] = f"{part.name}_{len(names) + 1}"
        _write(part, names[part], lines, names)
    return names[part]


def _body(schedule):
    """The statements of a formula, without its docstring and without the checks that its parameters have passed."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(schedule.factory.function))).body
    kept = [line for line in definition.body
            if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            and not (isinstance(line, ast.If) and isinstance(line.body[-1], ast.Raise))]
    return "\n".join(map(ast.unparse, kept))


def _lambda(function):
    line = inspect.getsource(function).strip().rstrip(",")
    return next(ast.unparse(node) for node in ast.walk(ast.parse("{" + line + "}")) if isinstance(node, ast.Lambda))


def _unknown_names(text, known):
    tree = ast.parse(text)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)} | {arg.arg for arg in ast.walk(tree)
                                                                           if isinstance(arg, ast.arg)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {node.id for node in names} - own - known - set(dir(builtins))


def _setting(name, value, meaning):
    return f"{f'{name} = {value}':27} # {meaning}\n"


def _deeper(code):
    return code.replace("\n", "\n    ")
