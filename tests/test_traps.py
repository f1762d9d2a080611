"""Bugs that people report, reproduced by running the framework, with the rates of conformance.json.

Those that a scheduler shows by itself (T_max, patience, milestones, a second schedule's clock, ...) stand in the tables of
test_frameworks.py; here are those that need a loop, a checkpoint or a second process.
"""

import copy
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from drawn import oracle

from lrcourse.lessons import check
from lrcourse.lessons.lesson_13 import EXERCISES
from lrcourse.frameworks import from_keras, from_optax, from_torch, to_torch
from lrcourse.schedules import cosine_decay

FACTS = json.loads((Path(__file__).parent / "data" / "conformance.json").read_text())
TRAPS = FACTS["traps"]


def sgd(lr=1.0, **settings):
    torch = oracle("torch")
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, **settings)


def follow(optimizer, scheduler, updates, each=lambda update: None):
    rates = []
    for update in range(updates):
        each(update)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def L():
    return oracle("torch").optim.lr_scheduler


def close(rates, trap, **tolerance):
    return np.allclose(rates, TRAPS[trap], **{"rtol": 1e-5, "atol": 1e-7, **tolerance})


def test_counted_in_epochs_and_stepped_per_batch():
    oracle("torch")
    rates = from_torch(lambda o: L().CosineAnnealingLR(o, T_max=10), 22).lr
    assert close(rates[[7, 14, 21]], "per batch, cosine", rtol=1e-4)
    rates = from_torch(lambda o: L().StepLR(o, step_size=30), 151).lr
    assert close(rates[[50, 100, 150]], "per batch, step", atol=1e-12)


def test_scheduler_before_optimizer():
    optimizer = sgd()
    scheduler, rates = L().StepLR(optimizer, 3), []
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()
    for _ in range(9):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert close(rates, "scheduler before optimizer")


def test_only_the_first_wrong_order_is_warned_of():
    optimizer = sgd()
    scheduler = L().StepLR(optimizer, 3)
    optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(4):
            scheduler.step()


@pytest.mark.parametrize("name, make", [
    ("StepLR", lambda o: L().StepLR(o, 3)), ("CosineAnnealingLR", lambda o: L().CosineAnnealingLR(o, 10)),
    ("LambdaLR", lambda o: L().LambdaLR(o, lambda t: 0.1 ** (t // 3)))])
def test_a_rate_set_by_hand_is_kept_or_forgotten(name, make):
    def halve(update):
        if update == 3:
            optimizer.param_groups[0]["lr"] *= 0.5

    optimizer = sgd()
    meant = TRAPS[f"halved by hand, {name}"]
    assert np.allclose(follow(optimizer, make(optimizer), len(meant), halve), meant, rtol=1e-9, atol=1e-12)


RESUMED = {
    "StepLR(3,.1)": lambda o, **k: L().StepLR(o, 3, **k), "ExponentialLR(.9)": lambda o, **k: L().ExponentialLR(o, 0.9, **k),
    "CosineAnnealingLR(10)": lambda o, **k: L().CosineAnnealingLR(o, 10, **k),
    "LambdaLR(0.9**t)": lambda o, **k: L().LambdaLR(o, lambda t: 0.9 ** t, **k),
    "LinearLR(.1,1,10)": lambda o, **k: L().LinearLR(o, 0.1, 1.0, 10, **k),
    "PolynomialLR(10,1)": lambda o, **k: L().PolynomialLR(o, 10, 1, **k),
    "CosineAnnealingWarmRestarts(4)": lambda o, **k: L().CosineAnnealingWarmRestarts(o, 4, **k),
    "ConstantLR(.5,5)": lambda o, **k: L().ConstantLR(o, 0.5, 5, **k),
    "MultiStepLR([5,7],.1)": lambda o, **k: L().MultiStepLR(o, [5, 7], **k)}


def resumed(make, variant):
    """The five rates after a break at update 5, resumed in one of the ways that people try."""
    optimizer = sgd()
    scheduler = make(optimizer)
    follow(optimizer, scheduler, 5)
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    fresh = sgd()
    if variant == "uninterrupted":
        return follow(optimizer, scheduler, 5)
    if variant in ("last_epoch_eq_sched_last_epoch", "last_epoch_minus1"):
        fresh.load_state_dict(saved[0])
        return follow(fresh, make(fresh, last_epoch=5 if variant.endswith("last_epoch") else 4), 5)
    if variant == "opt_loaded_before_sched_ctor":
        fresh.load_state_dict(saved[0])
    again = make(fresh)
    if variant == "state_dict_both":
        fresh.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    return follow(fresh, again, 5)


@pytest.mark.parametrize("name", FACTS["resume"])
def test_ways_to_resume(name):
    for variant, values in FACTS["resume"][name].items():
        assert np.allclose(resumed(RESUMED[name], variant), values, rtol=1e-8, atol=1e-12), variant


def test_ours_resumes_as_if_uninterrupted():
    make = lambda optimizer: to_torch(cosine_decay(1.0, total=10), optimizer)
    for variant in ("state_dict_both", "opt_loaded_before_sched_ctor", "only_sched_state"):
        assert resumed(make, variant) == resumed(make, "uninterrupted")


def test_state_brings_the_old_settings_back():
    optimizer = sgd()
    scheduler = L().CosineAnnealingLR(optimizer, T_max=10)
    follow(optimizer, scheduler, 5)
    longer = sgd()
    again = L().CosineAnnealingLR(longer, T_max=20)
    longer.load_state_dict(optimizer.state_dict())
    again.load_state_dict(scheduler.state_dict())
    assert again.T_max == 10 and close(follow(longer, again, 8), "restored T_max")
    tuned = sgd(lr=0.01)
    tuned.load_state_dict({**optimizer.state_dict(), "param_groups": [{**optimizer.state_dict()["param_groups"][0], "lr": 0.125}]})
    assert tuned.param_groups[0]["lr"] == TRAPS["new optimizer, old state"] and L().StepLR(tuned, 3).base_lrs == [1.0]


def test_1cycle_takes_the_momentum_and_one_step_too_many():
    oracle("torch")
    recorded = from_torch(lambda o: L().OneCycleLR(o, 1.0, total_steps=10), 11)
    assert close(recorded.momentum[:10], "1cycle, momentum", atol=6e-5) and recorded.lr[10] > 1000 * recorded.lr[9]
    with pytest.raises(ValueError, match="Tried to step 11 times"):
        from_torch(lambda o: L().OneCycleLR(o, 1.0, total_steps=10), 12)
    still = sgd(momentum=0)
    L().OneCycleLR(still, 1.0, total_steps=10)
    assert still.param_groups[0]["momentum"] == 0.95 and math.isclose(still.param_groups[0]["lr"], 0.04)


def test_a_scheduler_stepped_by_every_process():
    optimizer, rates = sgd(), []
    scheduler = L().LambdaLR(optimizer, lambda t: max(0.0, 1 - t / 10))
    for _ in range(8):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for process in range(4):
            scheduler.step()
    assert close(rates, "four processes, linear")


def test_groups_that_are_added_later():
    torch = oracle("torch")
    group = lambda: {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.1}
    optimizer = sgd()
    scheduler = L().CosineAnnealingLR(optimizer, 10)
    optimizer.add_param_group(group())
    optimizer.step()
    scheduler.step()
    assert close([g["lr"] for g in optimizer.param_groups], "groups added, CosineAnnealingLR")
    optimizer = sgd()
    scheduler = L().LambdaLR(optimizer, lambda t: 0.9 ** t)
    optimizer.add_param_group(group())
    optimizer.step()
    with pytest.raises(ValueError, match="zip"):
        scheduler.step()


def test_settings_that_are_refused_or_fail_later():
    with pytest.raises(ValueError, match="Starting multiplicative factor"):
        L().LinearLR(sgd(), start_factor=0)
    with pytest.raises(ZeroDivisionError):
        from_torch(lambda o: L().ConstantLR(o, factor=0, total_iters=3), 5)
    with pytest.raises(KeyError, match="initial_lr"):
        L().StepLR(sgd(), 3, last_epoch=4)


def test_smallest_absolute_or_a_fraction():
    keras, optax = oracle("keras"), oracle("optax")
    rates = [from_torch(lambda o: L().CosineAnnealingLR(o, 10, eta_min=0.1), 11, lr=2.0).lr[10],
             from_keras(keras.optimizers.schedules.CosineDecay(2.0, 10, alpha=0.1), 11).lr[10],
             from_optax(optax.cosine_decay_schedule(2.0, 10, alpha=0.1), 11).lr[10]]
    assert np.allclose(rates, [0.1, 0.2, 0.2])
    rising = from_torch(lambda o: L().CosineAnnealingLR(o, 10, eta_min=0.1), 11, lr=0.01).lr
    assert rising[0] == 0.01 and rising[10] == pytest.approx(0.1)


def test_keras_refuses_a_new_rate_where_a_schedule_was_given():
    keras = oracle("keras")
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(1.0, 10))
    with pytest.raises(TypeError, match="not settable"):
        optimizer.learning_rate = 0.5
    with pytest.raises(TypeError, match="not settable"):
        model = keras.Sequential()
        model.optimizer = optimizer
        watch = keras.callbacks.ReduceLROnPlateau(patience=0)
        watch.set_model(model)
        watch.on_train_begin({})
        for epoch in range(3):
            watch.on_epoch_end(epoch, {"val_loss": 1.0})


def test_keras_callback_counts_each_fit_from_zero():
    keras = oracle("keras")
    seen = []
    callback = keras.callbacks.LearningRateScheduler(lambda epoch, lr: seen.append(epoch) or 0.1)
    for _ in range(2):
        from_keras(callback, 2)
    assert seen == [0, 1, 0, 1]


def test_optax_counts_updates_and_not_small_batches():
    optax, jax = oracle("optax"), oracle("jax")
    recorded = from_optax(optax.linear_schedule(0.0, 1.0, 4), 6)
    assert close(recorded.lr, "first update of optax.sgd") and recorded.lr[0] == 0
    optimizer = optax.MultiSteps(optax.sgd(optax.exponential_decay(1.0, 1, 0.5)), 2)
    state, steps = optimizer.init(jax.numpy.zeros(())), []
    for _ in range(8):
        step, state = optimizer.update(jax.numpy.ones(()), state, jax.numpy.zeros(()))
        steps.append(-float(step))
    assert close(steps, "MultiSteps")


def test_negative_and_missing_metrics():
    """A loss that may be negative, or nan: what the three do with it."""
    optax, keras = oracle("optax"), oracle("keras")
    watch = lambda o: L().ReduceLROnPlateau(o, patience=2)
    assert (from_torch(watch, 12, metrics=-1.0).lr == 1.0).all()
    chain = optax.chain(optax.sgd(1.0), optax.contrib.reduce_on_plateau(patience=2))
    assert (from_optax(chain, 12, metrics=-1.0).lr == 1.0).all()
    assert from_keras(keras.callbacks.ReduceLROnPlateau(patience=2), 12, metrics=-1.0).lr[-1] < 1e-4
    assert from_torch(watch, 12, metrics=math.nan).lr[-1] < 0.01
    assert from_optax(chain, 12, metrics=math.nan).lr[-1] < 1e-4


# ---- lesson 13: what check says to a fix that is none ----------------------------------------------------------------

def unfixed():
    """For each exercise of the lesson, the bug itself as the fix, and what check says to it."""
    keras, optax, S = oracle("keras"), oracle("optax"), oracle("torch").optim.lr_scheduler
    K = keras.optimizers.schedules

    def last_epoch(optimizer, saved):
        optimizer.load_state_dict(saved["optimizer"])
        return S.CosineAnnealingLR(optimizer, T_max=10, last_epoch=5)

    def longer(optimizer, saved):
        scheduler = S.CosineAnnealingLR(optimizer, T_max=20)
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
        return scheduler

    cosine = lambda o: S.CosineAnnealingLR(o, T_max=10)
    cycle = lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=10)
    return {
        "t-max": (cosine, "After T_max = 10 PyTorch's CosineAnnealingLR rises again"),
        "per-batch": (cosine, "its clock runs 7 times too fast"),
        "first-update": (lambda o: S.LambdaLR(o, lambda k: min(1, k / 5)), "1 update late"),
        "warm-then-cosine": (lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, 1.0, 4), cosine(o)], [4]), "at the last update at 0.5"),
        "keras-decay-steps": (K.CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4), "at the last update at 0.5"),
        "optax-no-warm-up": (optax.warmup_constant_schedule(0.0, 1.0, 0), "the rate 0 throughout"),
        "milestones": (K.PiecewiseConstantDecay([3, 6], [1.0, 0.1, 0.01]), "1 update late"),
        "order": (lambda o, s: (s.step(), o.step()), "1 update early"),
        "last-epoch": (last_epoch, "The same for the first 6 updates"), "longer-run": (longer, "at the last update at"),
        "1cycle-end": (cycle, "The same at the first update"), "1cycle-momentum": (cycle, "The momentum of the fix trains at 0.95"),
        "patience": (keras.callbacks.ReduceLROnPlateau(patience=2), "The same for the first 3 updates"),
        "negative": (lambda o: S.ReduceLROnPlateau(o, patience=2), "trains at 1, yours at 0.1"),
        "nan": (lambda scheduler, metric: scheduler.step(metric), "The fix trains at 0.1"),
        "chained": (lambda o: S.ChainedScheduler([S.LinearLR(o, 0.1, 1.0, 4), S.CosineAnnealingWarmRestarts(o, 10)]), "At update 0"),
        "processes": (lambda o: S.LambdaLR(o, lambda k: max(0.0, 1 - k / 10)), "trains at 0.6, yours at 0.9"),
    }


def test_the_bug_itself_is_not_a_fix():
    bugs = unfixed()
    assert set(bugs) == set(EXERCISES)
    for name, (bug, said) in bugs.items():
        answer = EXERCISES[name].answer
        verdict = check(name, (answer, bug))
        assert verdict.startswith("Not quite. The prediction is right; what the fix trains with") and said in verdict, verdict
        assert "raises TypeError" in check(name, (answer, lambda: None)) or name in ("milestones", "keras-decay-steps", "patience")


@pytest.mark.parametrize("name", EXERCISES)
def test_a_prediction_is_judged_before_the_fix_and_without_a_framework(name):
    trap = EXERCISES[name]
    assert check(name, (..., ...)).startswith("Not yet") and check(name, (..., print)).startswith("Not yet")
    assert check(name, (trap.answer, ...)) == check(name, trap.answer) == (
        "The prediction is right. Now the fix: put it in place of the second dots.")
    for mistake, hint in trap.wrong:
        assert check(name, (mistake, print)) == f"Not quite. {hint}"
