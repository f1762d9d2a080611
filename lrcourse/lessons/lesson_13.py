import copy
import math
import warnings
from dataclasses import dataclass

import numpy as np

from lrcourse.frameworks import Recorded, compare, framework, from_torch
from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number
from lrcourse.schedules import ReduceLROnPlateau, cosine_decay, linear_decay


def cosine(k, T=10):
    """CosineAnnealingLR's rate at step k, to be exact: three figures are right, and so are more."""
    return (1 + math.cos(math.pi * k / T)) / 2


FALLEN = np.array([1.5] + 11 * [1.0])


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


def four_processes(make):
    """Four processes, each of which steps the scheduler after every update."""
    optimizer = new_optimizer()
    scheduler = make(optimizer)

    def step():
        optimizer.step()
        for process in range(4):
            scheduler.step()

    return followed(optimizer, 10, step)


def three_records():
    """The rates of ten updates that were to be a cosine from 1 to 0, of three loops with a bug each."""
    schedulers = framework("torch").optim.lr_scheduler

    def new_optimizer_forgotten(optimizer, saved):
        scheduler = schedulers.CosineAnnealingLR(optimizer, T_max=10)
        scheduler.load_state_dict(saved["scheduler"])
        return scheduler

    def clock_given(optimizer, saved):
        optimizer.load_state_dict(saved["optimizer"])
        return schedulers.CosineAnnealingLR(optimizer, T_max=10, last_epoch=5)

    optimizer = new_optimizer()
    scheduler = schedulers.CosineAnnealingLR(optimizer, T_max=10)

    def other_order():
        scheduler.step()
        optimizer.step()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        early, again = followed(optimizer, 10, other_order), resumed(5, total=10)
        return {"A": again(new_optimizer_forgotten).lr, "B": early.lr, "C": again(clock_given).lr}


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
        "With the whole run in T_max the rate comes down half the way",
        "Learning rate of ten updates. Both rise from a tenth to one at update 4. With T_max = 10 the rate is still one half "
        "at the last update; with T_max = 6 it comes down to 0.07.",
    ),
    "longer-run": (
        "A longer run gets its old schedule back",
        "Learning rate of twenty updates; the run is broken off after update 4. Meant: on from 0.85 along a cosine over twenty, to "
        "zero. Trained: on from one half to zero at update 10, and up again to nearly one at update 19.",
    ),
    "cycled-momentum": (
        "The momentum goes down when the rate goes up",
        "Rate and momentum of ten updates of OneCycleLR. The rate rises from 0.04 to one at update 2 and falls to zero. The "
        "momentum falls from 0.95 to 0.85 at update 2 and rises to 0.95.",
    ),
    "three-records": (
        "Three loops, one plan",
        "Rates of updates 0 to 9. The plan is a cosine from one to zero. A follows it up to update 4, jumps to one at update 5 and "
        "then is twice as high. B is below it from update 0 on, and at zero at update 9. C follows it up to update 5, is below it "
        "from update 6 on, and at zero at update 9.",
    ),
}

PREDICTIONS = {
    "double-step": Choice(
        {"The curve that was plotted: the framework knows its epochs":
             "It would be convenient. But nothing in these two lines says how many batches an epoch has, so the scheduler can't know.",
         "It comes down seven times too fast, then stays at 0":
             "Seven times too fast is right. But look at epoch 2: this scheduler does not stay where it has come down.",
         "It comes down and goes up, again and again":
             "Yes, and both halves are needed: a clock that counts batches, and a formula that goes on past its end.",
         "A staircase, one step per epoch":
             "So it is if the scheduler is stepped once per epoch. Here it is stepped after every batch."},
        right="It comes down and goes up, again and again",
        out="The rate is at 0 after 10 updates and back at 1 after 20: three and a half rounds in ten epochs.",
    ),
    "three-libraries": Choice(
        {"Visibly: other libraries, other sums, and training amplifies it":
             "It does amplify, but three epochs are short, and in double precision a difference begins at the sixteenth decimal.",
         "Not at all, to the last bit":
             "The formulas are the same, the order in which their sums are added up is not, and that moves the last bit.",
         "By rounding, and a little more":
             "Yes: last bits that differ, amplified a little. Where the arithmetic is single precision, the last bit comes earlier."},
        right="By rounding, and a little more",
        out="PyTorch and Optax agree to 9 decimals, Keras to 6: it multiplies matrices in single precision here.",
        shown=(),
    ),
    "keras-velocity": Choice(
        {"1 in both: the rate has fallen, so the step has":
             "In PyTorch, yes: there the rate multiplies the velocity when it is used. Keras's velocity has old rates inside.",
         "1 in PyTorch, about 9 in Keras":
             "Yes. Keras keeps 0.9 of a velocity of 10 and adds the small new gradient; PyTorch multiplies all of it by 0.1.",
         "About 9 in both: the momentum carries it on":
             "It carries on the gradients in both. Only in Keras it carries on the rates that they came in with.",
         "About 9 in PyTorch, 1 in Keras":
             "The other way round. In whose formula does the rate stand in front of g, before it is added up?"},
        right="1 in PyTorch, about 9 in Keras",
        out="1 in PyTorch, 9.1 in Keras, which comes below 2 only 20 updates later.",
    ),
    "t-max-in-updates": Number(
        right=0.5, low=0, high=1, within=0.1,
        out="0.5: at update 9 the cosine has made 5 of its 10 steps.",
        feedback=(
            (0, 0.03, "Zero would come at step 10 of a clock that both share. The cosine's own clock starts at update 4."),
            (0.03, 0.2, "That is what was meant: a cosine over the 6 updates that are left. This one has T_max=10."),
            (0.9, 1, "The warm-up ends at 1, at update 4. Then the cosine has five steps to come down in."),
        ),
    ),
    "cycled-momentum": Choice(
        {"0.9 throughout: that is what the optimizer was built with":
             "So one should think. The scheduler overwrites it when it is built, and at each step; the curve never touches 0.9.",
         "It goes up and down with the rate":
             "It does move, but against the rate: where the rate is at its peak the momentum is lowest.",
         "It goes down while the rate goes up, and back":
             "Yes: `cycle_momentum=True` is the default, and the settings of the optimizer are not asked."},
        right="It goes down while the rate goes up, and back",
        out="From 0.95 down to 0.85 at the peak of the rate, and back to 0.95. The 0.9 is never used.",
    ),
}

EXERCISES = {
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
    "keras-glide": Exercise(
        answer=43,
        right="1 + 9 · 0.9ⁿ is below 1.1 from n = 43 on: a velocity forgets slowly.",
        wrong=(
            (42, "That is where 1 + 9 · 0.9ⁿ is 1.108, not yet below 1.1. (Or you counted the first of the updates as number 0.)"),
            (math.log(90) / -math.log(0.9), "The formula is right. Updates are whole: which is the first that is short enough?"),
            (22, "After 22 updates a tenth of the gap of 9 is left. Asked is when the step, not the gap, is within a tenth."),
            (20, "That is where the step comes below 2."),
        ),
        hint="The step of update 59 is 10, and for ever at the new rate it would be 1. Each update keeps 0.9 of what lies between: "
             "solve 1 + 9 · 0.9ⁿ < 1.1."),
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
    "negative": Trap(
        answer=1.0, meant=ReduceLROnPlateau(1.0, patience=2), record=lambda make: Recorded(
            # falls once, then stands still: who watches for the highest metric cuts too early
            "The fix", from_torch(make, 12, metrics=FALLEN - 2.0).lr, metrics=FALLEN),
        right="With threshold_mode=\"abs\" the sign no longer matters.",
        wrong=(
            (0.01, "So it would be with +1.0. Better means below best · (1 - 0.0001). With best = -1, is -1 below that?"),
            (0.1, "It is not cut even once. Better means below best · (1 - 0.0001); put best = -1 in."),
        ),
        hint="A report is better if it is below best · (1 - 1e-4) = -0.9999. And -1 is."),
    "processes": Trap(
        answer=[1, 0.6, 0.2, 0], meant=linear_decay(1.0, total=10), record=four_processes,
        right="The horizon is counted in steps of the scheduler: 10 updates are 40.",
        wrong=(
            ([1, 0.9, 0.8, 0.7], "That is one process. Here the scheduler makes 4 steps per update."),
            ([1, 0.975, 0.95, 0.925], "The other way round: it is four times too fast, not too slow."),
        ),
        hint="After each update four steps are made, and each takes 0.1 off."),
    "three-records": Exercise(
        answer=[13, 11, 12],
        right="Where they part tells more than how far: at the break, from the start, and one update after the break.",
        wrong=(
            ([13, 12, 11], "A is right. B and C are both at zero one update early. Which of them was right before the break?"),
            ([12, 11, 13], "B is right. With the optimizer's state loaded the rate goes on from one half; without it, it can't."),
            ([11, 13, 12], "C is right. One update early from the start, or a jump at the break: which is A?"),
        ),
        hint="Take the place where each parts from the plan: from update 0, 5 or 6. The run of two of them was broken off after update 4."),
}
