import copy
import math
import warnings
from dataclasses import dataclass

import numpy as np

from lrcourse.lessons.exercises import Exercise
from lrcourse.frameworks import Recorded, compare, framework, from_keras, from_optax, from_torch
from lrcourse.schedules import (ReduceLROnPlateau, constant, cosine_decay, cosine_restarts, linear_decay, multistep_decay,
                                one_cycle, step_decay, warmup)


def cosine(k, T=10):
    """CosineAnnealingLR's rate at step k, to be exact: three figures are right, and so are more."""
    return (1 + math.cos(math.pi * k / T)) / 2


@dataclass(frozen=True)
class Trap(Exercise):
    """An answer is a pair: the predicted rates, and the fix, which is run. ``meant`` is what the fix has to train with.

    ``record`` runs a fix and gives the Recorded; ``updates_per_epoch`` is for the clock of ``meant``.
    """

    meant: object = None
    record: object = None
    updates_per_epoch: int = 1
    tolerance: float = 0.02

    def verdict(self, answer):
        pair = isinstance(answer, tuple) and len(answer) == 2 and not isinstance(answer[1], (int, float))     # not two rates
        predicted, fixed = answer if pair else (answer, ...)
        said = super().verdict(predicted)
        if not said.startswith("Right"):
            return said
        if fixed is None or fixed is ...:
            return "The prediction is right. Now the fix: put it in place of the second dots."
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = compare(self.meant, self.record(fixed), self.updates_per_epoch)
        except Exception as error:
            found = f"it raises {type(error).__name__}: {error}"
        if found.startswith("The same at all"):
            return said
        return f"Not quite. The prediction is right; what the fix trains with, beside what was meant: {found}"


def in_torch(updates, **more):
    return lambda make: from_torch(make, updates, **more)


def in_keras(updates, **more):
    return lambda schedule: from_keras(schedule, updates, **more)


def in_optax(updates):
    return lambda schedule: from_optax(schedule, updates)


def new_optimizer(lr=1.0):
    torch = framework("torch")
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def followed(optimizer, updates, step):
    """The rates of a loop whose update is ``step()``."""
    rates, make_step = [], optimizer.step

    def step_that_is_seen(*args, **kwargs):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        return make_step(*args, **kwargs)

    optimizer.step = step_that_is_seen
    for _ in range(updates):
        step()
    return Recorded("The fix", np.array(rates))


def one_update(fix):
    """A fix that makes one update with an optimizer and a StepLR."""
    optimizer = new_optimizer()
    scheduler = framework("torch").optim.lr_scheduler.StepLR(optimizer, step_size=3)
    return followed(optimizer, 9, lambda: fix(optimizer, scheduler))


def resumed(updates, total):
    """A fix that makes a scheduler from a new optimizer and a checkpoint, written after five updates of a cosine over 10.

    It is to follow a cosine over ``total`` from there; the five updates before count as right.
    """
    def record(fix):
        optimizer = new_optimizer()
        scheduler = framework("torch").optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
        for _ in range(5):
            optimizer.step()
            scheduler.step()
        saved = copy.deepcopy({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()})
        optimizer = new_optimizer()
        scheduler = fix(optimizer, saved)

        def step():
            optimizer.step()
            scheduler.step()

        rates = followed(optimizer, updates, step).lr
        return Recorded("The fix", np.append(cosine_decay(1.0, total)(np.arange(5)), rates))
    return record


def momentum_of(make):
    """The momentum, in the place of the rate; a fix that changes the rates as well is shown those."""
    recorded = from_torch(make, 10)
    cycle = from_torch(lambda o: framework("torch").optim.lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=10), 10)
    if not np.allclose(recorded.lr, cycle.lr):
        return Recorded("The rate of the fix", recorded.lr)
    return Recorded("The momentum of the fix", recorded.momentum)


METRICS = [1.0, math.nan, math.nan, 0.9, math.nan, 0.8, 0.8, 0.8, math.nan, 0.8, 0.8]


def reported(fix):
    """A fix that reports a metric, or doesn't, to a ReduceLROnPlateau."""
    optimizer = new_optimizer()
    scheduler = framework("torch").optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    metrics, rates = iter(METRICS), []
    for metric in metrics:
        rates.append(float(optimizer.param_groups[0]["lr"]))
        fix(scheduler, metric)
    finite = [metric for metric in METRICS if math.isfinite(metric)]
    kept = [rate for rate, metric in zip(rates, METRICS) if math.isfinite(metric)]
    return Recorded("The fix", np.array(kept), metrics=np.array(finite))


def four_processes(make):
    """Four processes, each of which steps the scheduler after every update."""
    optimizer = new_optimizer()
    scheduler = make(optimizer)

    def step():
        optimizer.step()
        for process in range(4):
            scheduler.step()

    return followed(optimizer, 10, step)


FIGURES = {
    "double-step": (
        "The rate comes down four times instead of once",
        "Learning rate against epoch. The plotted one is half a cosine from one to zero over ten epochs. The one that was "
        "trained goes down to zero and up to one again three and a half times in the same ten epochs.",
    ),
    "keras-velocity": (
        "In Keras the old rate lives on in the velocity",
        "Length of the step against update. Both curves rise together to ten. At update 60 the rate falls to a tenth: "
        "PyTorch's step falls to one at once, Keras's falls to nine and then glides down over twenty more updates.",
    ),
    "t-max-in-updates": (
        "With the whole run in T_max the rate never comes down",
        "Learning rate of ten updates. Both rise from a tenth to one at update 4. With T_max = 10 the rate is still one half "
        "at the last update; with T_max = 6 it comes down to 0.07.",
    ),
    "broken-off": (
        "A run broken off after update 4 takes another way down",
        "Rates of updates 0 to 9; the run is broken off after update 4. Meant: on from one half down to 0.02. With "
        "last_epoch=5: from one half to zero, below it. With the scheduler's state alone: back to one, and twice as high "
        "throughout.",
    ),
    "cycled-momentum": (
        "The momentum goes down when the rate goes up",
        "Rate and momentum of ten updates of OneCycleLR. The rate rises from 0.04 to one at update 2 and falls to zero. The "
        "momentum falls from 0.95 to 0.85 at update 2 and rises to 0.95.",
    ),
    "keras-patience": (
        "Keras loses its patience an epoch earlier, each time",
        "Learning rate against epoch, logarithmic, for a metric that stands still. PyTorch cuts at epochs 4, 7 and 10, Keras "
        "at epochs 3, 5, 7, 9 and 11.",
    ),
}

EXERCISES = {
    "t-max": Trap(
        answer=[cosine(9), 0, cosine(9), 0.5], meant=cosine_decay(1.0, total=10), record=in_torch(20),
        right="T_max is half a period of a cosine that goes on for ever.",
        wrong=(
            ([cosine(9), 0, 0, 0],
             "That is what most people mean, and what lrcourse, Keras and Optax do. PyTorch takes the "
             "cosine at its word: what does cos do after π?"),
            ([0, 0, 0, 0], "The end value comes at T_max, which is update 10. Update 9 is one short of it."),
            ([cosine(9), 0, 1, 1],
             "That would be a restart (CosineAnnealingWarmRestarts). This one climbs back as it came."),
        ),
        hint="The rate is (1 + cos(πk/10))/2, for every k: 9, 10, 11 and 15."),
    "per-batch": Trap(
        answer=[cosine(7), cosine(6), cosine(1)], meant=cosine_decay(1.0, total=10), record=in_torch(70), updates_per_epoch=7,
        right="A scheduler counts its own steps, and knows nothing of epochs.",
        wrong=(
            ([cosine(1), cosine(2), cosine(3)],
             "That is the curve on paper. But step() runs after each batch, so epoch 1 begins at "
             "step 7, not at step 1."),
            ([cosine(7), 0, 0],
             "Seven steps into the cosine is right for epoch 1. At step 14 it is past T_max: what does it do there?"),
        ),
        hint="Epochs 1, 2 and 3 begin after 7, 14 and 21 steps of a scheduler that has its zero at step 10 and its peak at 20."),
    "first-update": Trap(
        answer=[0, 0.2, 0.4], meant=warmup(constant(1.0), length=4, start=0.2), record=in_torch(12),
        right="(k + 1)/5 starts at a fifth and is at the full rate for update 4.",
        wrong=(
            ([0.2, 0.4, 0.6], "That is what was meant. But k is 0 at the first update."),
            ([0, 0.25, 0.5], "The warm-up takes 5 steps, so each adds a fifth."),
        ),
        hint="Put k = 0, 1, 2 into min(1, k/5)."),
    "warm-then-cosine": Trap(
        answer=0.5, meant=warmup(cosine_decay(1.0, total=6), length=4, start=0.1), record=in_torch(10),
        right="The second scheduler starts its own clock, so it has 6 updates, not 10.",
        wrong=(
            (cosine(5, 6), "That is what was meant: the cosine over the 6 updates that are left. This one has T_max=10."),
            (cosine(9), "That would be update 9 of the cosine's own clock. Its clock starts after the warm-up, at update 4."),
            (0.0, "It ends at zero when its own clock says 10. At update 9 that clock says 5."),
        ),
        hint="At update 9 the cosine has been running for 5 of its 10 steps."),
    "keras-decay-steps": Trap(
        answer=0.5, meant=warmup(cosine_decay(1.0, total=6), length=4), record=in_keras(10),
        right="In Keras decay_steps begin after the warm-up, so 10 updates in all are 4 + 6.",
        wrong=(
            (cosine(5, 6), "That would be right in Optax, where decay_steps include the warm-up."),
            (0.0, "The zero comes at update 4 + 10 in Keras."),
        ),
        hint="The cosine starts at update 4. At update 9, how many of its 10 steps has it made?"),
    "optax-no-warm-up": Trap(
        answer=[0, 0, 0], meant=constant(1.0), record=in_optax(30),
        right="A ramp of no steps never leaves its first value.",
        wrong=(
            ([1, 1, 1], "That is what was meant by no warm-up. But the ramp from 0 to 1 in 0 steps is never begun."),
            ([0, 1, 1], "It does not get there by update 1 either: without steps there is no ramp at all."),
        ),
        hint="polynomial_schedule, which makes the ramp, holds its first value when transition_steps is 0. The first value is 0."),
    "milestones": Trap(
        answer=[1, 1, 0.1, 0.1, 0.1, 0.01], meant=multistep_decay(1.0, milestones=[3, 6]), record=in_keras(12),
        right="Keras still uses the old rate at the boundary itself.",
        wrong=(
            ([1, 0.1, 0.1, 0.1, 0.01, 0.01], "That is PyTorch (and Optax, and lrcourse): the drop is in force at the milestone."),
            ([0.1, 0.1, 0.1, 0.01, 0.01, 0.01], "Too early: update 2 comes before the first boundary in every framework."),
        ),
        hint="In Keras the value changes after the boundary, at updates 4 and 7."),
    "order": Trap(
        answer=[1, 1, 0.1, 0.1, 0.1, 0.01], meant=step_decay(1.0, step_size=3), record=one_update,
        right="optimizer.step() first: the rate in force is used before the next one is made.",
        wrong=(
            ([1, 1, 1, 0.1, 0.1, 0.1], "That is the right order. Here the scheduler has stepped once before the first update."),
            ([1, 0.1, 0.1, 0.1, 0.01, 0.01], "It is early by one update, not by two."),
        ),
        hint="Before the first update the scheduler has made 1 step, so update k uses the rate of step k + 1. It drops at step 3."),
    "last-epoch": Trap(
        answer=[cosine(k) * 0.5 / cosine(6) for k in (6, 7, 8, 9, 10)], meant=cosine_decay(1.0, total=10), record=resumed(5, total=10),
        right="Both states, and no last_epoch.",
        wrong=(
            ([0.5, cosine(6), cosine(7), cosine(8), cosine(9)],
             "That is the run without a break. With last_epoch=5 the constructor makes one step "
             "more, to 6: its clock is ahead of the rate that was loaded."),
            ([cosine(6), cosine(7), cosine(8), cosine(9), 0],
             "The first one is the loaded 0.5. CosineAnnealingLR doesn't read its rate off the "
             "clock, it multiplies the last one."),
            ([1, cosine(1), cosine(2), cosine(3), cosine(4)],
             "That would be a start from the beginning. The optimizer's state brought 0.5 with it."),
        ),
        hint="It starts at the 0.5 that was loaded, and reaches 0 one update early, since its clock is one ahead."),
    "longer-run": Trap(
        answer=[0.5, 0, 0.5], meant=cosine_decay(1.0, total=20), record=resumed(15, total=20),
        right="The clock was loaded and the length was not.",
        wrong=(
            ([cosine(2.5), 0.5, cosine(7.5)],
             "That is what was meant: a cosine over 20. But load_state_dict brings T_max=10 back with it."),
            ([0.5, 0.25, 0.0], "Nothing bends the old curve: after load_state_dict, T_max is 10 again."),
            ([0.5, 0, 0], "T_max is 10 again, and after it this scheduler rises."),
        ),
        hint="load_state_dict replaces all that the scheduler knows, T_max included. It is the old curve, and you know how that goes on."),
    "1cycle-end": Trap(
        answer=[0.000004, 0.0495], tolerance=0.05,
        meant=one_cycle(1.0, total=10, pct_start=2.3 / 10), record=in_torch(11),
        right="total_steps is the number of updates.",
        wrong=(
            ([0.0495, 0.000004], "The lowest rate is at update 9, the tenth and last of total_steps. What does one more do?"),
            ([0.000004, 0.000004], "That would be an end value that stays. The formula goes on, past its end."),
        ),
        hint="The smallest rate, 4e-6, is reached at update 9. One step on, the cosine is as high as one step before: 0.0495."),
    "1cycle-momentum": Trap(
        answer=[0.95, 0.85, 0.95], meant=constant(0.9), record=momentum_of,
        right="cycle_momentum=False leaves it alone.",
        wrong=(
            ([0.9, 0.9, 0.9], "That is what the optimizer was built with. OneCycleLR has max_momentum=0.95 and base_momentum=0.85."),
            ([0.85, 0.95, 0.85], "The other way round: momentum is low where the rate is high."),
        ),
        hint="It moves between 0.95 and 0.85, against the rate: where the rate is lowest the momentum is highest."),
    "patience": Trap(
        answer=[1, 1, 1, 0.1, 0.1, 0.01, 0.01], meant=ReduceLROnPlateau(1.0, patience=2), record=in_keras(12, metrics=1.0),
        right="More than 2 bad reports in PyTorch, at least 2 in Keras.",
        wrong=(
            ([1, 1, 1, 1, 0.1, 0.1, 0.1], "That is PyTorch, which waits for more than 2 bad epochs. Keras waits for 2."),
            ([1, 1, 0.1, 0.1, 0.01, 0.01, 0.001], "The first report is not a bad one: there was nothing to be better than."),
        ),
        hint="The report of epoch 0 is the best so far. Those of epochs 1 and 2 are bad, which makes 2, so epoch 3 has a lower rate."),
    "negative": Trap(
        answer=1.0, meant=ReduceLROnPlateau(1.0, patience=2), record=lambda make: Recorded(
            "The fix", from_torch(make, 12, metrics=-1.0).lr, metrics=np.ones(12)),
        right="With threshold_mode=\"abs\" the sign no longer matters.",
        wrong=(
            (0.01, "So it would be with +1.0. Better means below best · (1 - 0.0001). With best = -1, is -1 below that?"),
            (0.1, "It is not cut even once. Better means below best · (1 - 0.0001); put best = -1 in."),
        ),
        hint="A report is better if it is below best · (1 - 1e-4) = -0.9999. And -1 is."),
    "nan": Trap(
        answer=[1, 1, 0.1, 0.1, 0.01, 0.01], meant=ReduceLROnPlateau(1.0, patience=1), record=reported,
        right="What can't be compared isn't reported.",
        wrong=(
            ([1, 1, 1, 1, 1, 1], "A nan is not better than anything, so each counts as a bad epoch."),
            ([1, 1, 1, 0.1, 0.1, 0.01], "Not even the first nan counts as a best one: it is the first bad report."),
        ),
        hint="nan < best is false, so every report is bad. With patience=1 the second bad one in a row cuts."),
    "chained": Trap(
        answer=1.0, meant=warmup(constant(1.0), length=4, start=0.1) * cosine_restarts(1.0, period=10), record=in_torch(25),
        right="A product has to be written as one.",
        wrong=(
            (0.1, "That is the product. But CosineAnnealingWarmRestarts doesn't multiply: it sets the rate."),
        ),
        hint="The schedulers act one after the other, and the last one computes the rate anew from the optimizer's first rate."),
    "processes": Trap(
        answer=[1, 0.6, 0.2, 0], meant=linear_decay(1.0, total=10), record=four_processes,
        right="The horizon is counted in steps of the scheduler: 10 updates are 40.",
        wrong=(
            ([1, 0.9, 0.8, 0.7], "That is one process. Here the scheduler makes 4 steps per update."),
            ([1, 0.975, 0.95, 0.925], "The other way round: it is four times too fast, not too slow."),
        ),
        hint="After each update four steps are made, and each takes 0.1 off."),
}
