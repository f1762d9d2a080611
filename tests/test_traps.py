"""Bugs that people report, reproduced by running the framework, with the rates of conformance.json.

Those that a scheduler shows by itself (T_max, patience, milestones, a second schedule's clock, ...) stand in the tables of
test_frameworks.py; here are those that need a loop, a checkpoint or a second process.
"""

import copy
import json
import math
import re
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
from drawn import oracle

from lrcourse.lessons import check
from lrcourse.lessons.lesson_13 import EXERCISES, Trap, three_records
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


# ---- lesson 13: every trap that it tells, by number -------------------------------------------------------------------

def seventeen():
    """{number in the lesson: (what the framework trains with, what the lesson says)}, each as it is written there."""
    keras, optax, S = oracle("keras"), oracle("optax"), L()
    K, callbacks = keras.optimizers.schedules, keras.callbacks
    cosine = lambda o, **more: S.CosineAnnealingLR(o, T_max=10, **more)
    ramp = lambda o: S.LinearLR(o, start_factor=0.1, total_iters=4)
    cycle = from_torch(lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=10), 11)
    watch = lambda patience: lambda o: S.ReduceLROnPlateau(o, patience=patience)
    optax_watch = lambda patience: optax.chain(optax.sgd(1.0), optax.contrib.reduce_on_plateau(patience=patience))
    chain = lambda *parts: lambda o: S.ChainedScheduler([part(o) for part in parts])
    restarts = lambda o: S.CosineAnnealingWarmRestarts(o, T_0=10)
    product = lambda low: [cosine_decay(1.0, total=10, end=low)(k) * min(1, 0.1 + 0.9 * k / 4) for k in range(10)]
    zero_at = lambda recorded: 1 + int(recorded.lr[1:].argmin())
    broken, meant = RESUMED["CosineAnnealingLR(10)"], cosine_decay(1.0, total=10)(range(5, 10))
    full = lambda recorded: int((recorded.lr == 1).sum())       # reports until the first cut

    def early():
        optimizer = sgd()
        scheduler, rates = S.StepLR(optimizer, 3), []
        for _ in range(6):
            scheduler.step()
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
        return rates

    def longer():
        optimizer, fresh = sgd(), sgd()
        scheduler, again = cosine(optimizer), S.CosineAnnealingLR(fresh, T_max=20)
        follow(optimizer, scheduler, 5)
        fresh.load_state_dict(optimizer.state_dict())
        again.load_state_dict(scheduler.state_dict())
        return np.array(follow(fresh, again, 15))[[0, 5, 10]]

    def four():
        optimizer = sgd()
        scheduler = S.LambdaLR(optimizer, lambda k: max(0.0, 1 - k / 10))
        return follow(optimizer, scheduler, 4, lambda update: [scheduler.step() for _ in range(3)] if update else None)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            1: (from_torch(cosine, 22).lr[[7, 14, 21]], [0.206, 0.345, 0.976]),
            2: ([from_torch(lambda o: S.SequentialLR(o, [ramp(o), cosine(o)], [4]), 10).lr[9],
                 zero_at(from_keras(K.CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4), 15)),
                 zero_at(from_optax(optax.warmup_cosine_decay_schedule(0.0, 1.0, 4, 10), 15))], [0.5, 14, 10]),
            3: (longer(), [0.5, 0, 0.5]),
            4: (cycle.momentum[[0, 2, 9]], [0.95, 0.85, 0.95]),
            5: ([from_torch(watch(2), 12, metrics=m).lr[11] for m in (-1.0, -1e-3, 0.0, 1.0)], [1, 1, 0.001, 0.001]),
            6: (four(), [1, 0.6, 0.2, 0]),
            7: (from_torch(cosine, 21).lr[[9, 10, 11, 15, 20]], [0.0245, 0, 0.0245, 0.5, 1]),
            8: ([from_torch(lambda o: S.LambdaLR(o, lambda k: min(1, k / 5)), 6).lr[0],
                 from_optax(optax.warmup_constant_schedule(0.3, 1.0, 5), 6).lr[0]], [0, 0.3]),
            9: (from_optax(optax.warmup_constant_schedule(0.0, 1.0, warmup_steps=0), 1001).lr[[0, 1, 1000]], [0, 0, 0]),
            10: (from_keras(K.PiecewiseConstantDecay([3, 6], [1.0, 0.1, 0.01]), 8).lr[2:], [1, 1, 0.1, 0.1, 0.1, 0.01]),
            11: (early(), [1, 1, 0.1, 0.1, 0.1, 0.01]),
            12: (resumed(broken, "last_epoch_eq_sched_last_epoch"), [0.5, 0.298, 0.138, 0.035, 0]),
            13: ([*resumed(broken, "only_sched_state"), *resumed(RESUMED["LambdaLR(0.9**t)"], "only_sched_state")[:2]],
                 [*2 * meant, 1, 0.531]),
            14: (cycle.lr[[9, 10]], [4e-6, 0.0495]),
            15: ([full(from_torch(watch(2), 12, metrics=1.0)),
                  full(from_keras(callbacks.ReduceLROnPlateau(patience=2), 12, metrics=1.0)),
                  full(from_keras(callbacks.ReduceLROnPlateau(patience=3), 12, metrics=1.0))], [4, 3, 4]),
            16: ([from_torch(watch(1), 6, metrics=math.nan).lr[5], from_keras(
                callbacks.ReduceLROnPlateau(patience=1), 6, metrics=math.nan).lr[5] < 0.01,
                from_optax(optax_watch(1), 6, metrics=math.nan).lr[5] < 0.01], [0.01, True, True]),
            17: ([from_torch(chain(ramp, restarts), 10).lr[0], *from_torch(chain(ramp, cosine), 10).lr,
                  np.allclose(from_torch(chain(ramp, lambda o: cosine(o, eta_min=0.2)), 10).lr, product(0.2))],
                 [1, *product(0.0), False]),
        }


def test_every_trap_that_the_lesson_tells():
    lesson = nbformat.read(Path(__file__).parent.parent / "notebooks" / "13_in_your_framework.ipynb", as_version=4)
    told = [int(a or b) for cell in lesson.cells if cell.cell_type == "markdown"
            for a, b in re.findall(r"\*\*Trap (\d+)|^\| (\d+) \|", cell.source, re.M)]
    known = seventeen()
    assert sorted(told) == sorted(known) == list(range(1, 18))
    for number, (trained, said) in known.items():
        assert np.allclose(trained, said, rtol=2e-3, atol=6e-4 if number != 14 else 1e-6), (number, trained)


def test_versions_that_the_lesson_names_are_those_that_ran():
    root = Path(__file__).parent.parent
    named = nbformat.read(root / "notebooks" / "13_in_your_framework.ipynb", as_version=4).metadata["lrcourse"]["numbers"]
    pinned = (root / "constraints.txt").read_text()
    for version, source in named.items():
        library = {"PyTorch": "torch"}.get(source.split()[3], source.split()[3].lower())
        assert re.search(rf"^{library}=={re.escape(version)}(\.|$)", pinned, re.M), (library, version)


def test_three_records_are_of_the_rows_that_the_exercise_says():
    known, broken = seventeen(), cosine_decay(1.0, total=10)(range(5))
    records = dict(zip(EXERCISES["three-records"].answer, three_records().values()))
    assert np.allclose(records[13], [*broken, *known[13][0][:5]]) and np.allclose(records[12], [*broken, *known[12][0]])
    assert np.allclose(records[11], cosine_decay(1.0, total=10)(range(1, 11)))


def test_the_glide_of_keras_is_as_long_as_the_exercise_says():
    keras = oracle("keras")
    place, steps = keras.Variable(np.zeros(1)), []
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.PiecewiseConstantDecay([99], [1.0, 0.1]), momentum=0.9)
    for _ in range(160):
        before = float(keras.ops.convert_to_numpy(place)[0])
        optimizer.apply([keras.ops.ones((1,), place.dtype)], [place])
        steps.append(before - float(keras.ops.convert_to_numpy(place)[0]))
    assert math.isclose(steps[99], 10, rel_tol=1e-3)
    assert 1 + int(np.argmax(np.array(steps[100:]) < 1.1)) == EXERCISES["keras-glide"].answer


# ---- lesson 13: what check says to a fix that is none ----------------------------------------------------------------

TRAPS_TO_FIX = [name for name, exercise in EXERCISES.items() if isinstance(exercise, Trap)]


def unfixed():
    """For each exercise with a fix, the bug itself as the fix, and what check says to it."""
    S = L()

    def longer(optimizer, saved):
        scheduler = S.CosineAnnealingLR(optimizer, T_max=20)
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
        return scheduler

    return {
        "per-batch": (lambda o: S.CosineAnnealingLR(o, T_max=10), "its clock runs 7 times too fast"),
        "longer-run": (longer, "at the last update at"),
        "negative": (lambda o: S.ReduceLROnPlateau(o, patience=2), "trains at 1, yours at 0.1"),
        "processes": (lambda o: S.LambdaLR(o, lambda k: max(0.0, 1 - k / 10)), "trains at 0.6, yours at 0.9"),
    }


def test_the_bug_itself_is_not_a_fix():
    bugs = unfixed()
    assert sorted(bugs) == sorted(TRAPS_TO_FIX)
    for name, (bug, said) in bugs.items():
        answer = EXERCISES[name].answer
        verdict = check(name, (answer, bug))
        assert verdict.startswith("Not quite. The prediction is right; what the fix trains with") and said in verdict, verdict
        assert "raises TypeError" in check(name, (answer, lambda: None))


def test_a_plateau_of_the_highest_metric_is_not_a_fix():
    S, answer = L(), EXERCISES["negative"].answer
    for fix in (lambda o: S.ReduceLROnPlateau(o, "max", patience=2, threshold_mode="abs"), lambda o: S.StepLR(o, 3)):
        assert check("negative", (answer, fix)).startswith("Not quite. The prediction is right")
    for fix in (lambda o: S.ReduceLROnPlateau(o, patience=2, threshold_mode="abs"),
                lambda o: S.ReduceLROnPlateau(o, patience=2, threshold=0)):
        assert check("negative", (answer, fix)).startswith("Right")


@pytest.mark.parametrize("name", TRAPS_TO_FIX)
def test_a_prediction_is_judged_before_the_fix_and_without_a_framework(name):
    trap = EXERCISES[name]
    assert check(name, (..., ...)).startswith("Not yet") and check(name, (..., print)).startswith("Not yet")
    assert check(name, (trap.answer, ...)) == check(name, trap.answer) == (
        "The prediction is right. Now the fix: put it in place of the second dots.")
    for mistake, hint in trap.wrong:
        assert check(name, (mistake, print)) == f"Not quite. {hint}"
