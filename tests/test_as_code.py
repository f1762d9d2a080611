"""The lines of as_code, executed: each gives the rates that it promises, in its own framework."""

import sys
import types

import numpy as np
import pytest
from drawn import any_schedule, oracle, schedules
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcourse.frameworks import as_code, from_keras
from lrcourse.frameworks.code import Steps
from lrcourse.ranges import Positive
from lrcourse.schedules import (COMBINATORS, SCHEDULES, constant, cosine_decay, cosine_restarts, exponential_decay,
                                inverse_sqrt_decay, inverse_time_decay, join, linear_decay, lr_range, multistep_decay,
                                one_cycle, polynomial_decay, rex_decay, schedule, staircase, step_decay, triangular,
                                warmup, wsd)

quick = settings(max_examples=4, deadline=None, database=None, derandomize=True)
FRAMEWORKS = ["torch", "hf", "keras", "optax"]
ALL = [pytest.param(factory, id=factory.__name__) for factory in (*SCHEDULES, *COMBINATORS)]


def executed(s, framework, updates, n, epochs=100):
    """The rates that the text of as_code gives."""
    oracle("torch" if framework == "hf" else framework)
    text = as_code(s, framework, n, epochs)
    compile(text, "snippet", "exec")
    return RUNNERS[framework](text, updates)


def run_torch(text, updates):
    import torch
    names = {"model": torch.nn.Linear(1, 1).double()}
    exec(text, names)
    optimizer, scheduler = names["optimizer"], names["scheduler"]
    assert isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler) and scheduler.optimizer is optimizer
    rates = []
    for update in range(updates):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if update < updates - 1:
            scheduler.step()
    return rates


WHOLE = [constant(1), inverse_time_decay(1, 1), exponential_decay(1, 0), step_decay(1, gamma=0.5, step_size=2), step_decay(1, 1, 3),
         multistep_decay(1, [2, 4], 0), polynomial_decay(2, 10, 2, 1), linear_decay(1, total=10), cosine_decay(1, total=10),
         cosine_decay(2, 10, end=1), cosine_restarts(1, period=4, mult=2), inverse_sqrt_decay(1, 5), wsd(1, 10, 4, 2), wsd(1, 10, 4, end=1),
         rex_decay(1, 10), one_cycle(1, 10, div_factor=2, final_div_factor=2), triangular(0, 1, 4), triangular(1, 2, 3), lr_range(1, 2, 10),
         warmup(cosine_decay(1, 10), 4), warmup(constant(1), 4, start=1), join([constant(1), linear_decay(1, 10)], [3]),
         staircase(linear_decay(1, 10)), constant(1) * linear_decay(1, 10), 2 * constant(1)]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("s", WHOLE, ids=repr)
def test_whole_numbers_are_real_numbers(s, framework):
    assert np.allclose(executed(s, framework, 11, 1), s(np.arange(11)), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_formula_that_gives_no_rate_is_refused(framework):
    @schedule
    def sinking(t, lr: Positive):
        return lr * (1 - t / 50)

    with pytest.raises(ValueError, match="the rate .* at t=50.1 is not allowed"):
        as_code(sinking(0.1), framework)
    assert "formula" in as_code(sinking(0.1), framework, epochs=50)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_jumps_are_on_time(framework):
    for s in (step_decay(1.0, 0.5, 0.4), multistep_decay(1.0, [100 * 0.03, 5.5]), join([constant(1.0), constant(0.5)], [100 * 0.03])):
        assert np.allclose(executed(s, framework, 80, 10), s(np.arange(80) / 10), rtol=2e-5), s
    assert as_code(step_decay(1.0, 0.5, 0.37), "torch", 10).count("1e-09") == 1


def run_hf(text, updates):
    """Without transformers: a Trainer that keeps what it is given. The scheduler is PyTorch's."""
    given = {}
    fake = types.ModuleType("transformers")
    fake.Trainer = lambda **arguments: given.update(arguments)
    before = sys.modules.get("transformers")
    sys.modules["transformers"] = fake
    try:
        rates = run_torch(text, updates)
    finally:
        sys.modules.pop("transformers") if before is None else sys.modules.update(transformers=before)
    assert [type(part).__name__ for part in given["optimizers"]][0] == "SGD" and hasattr(given["optimizers"][1], "step")
    return rates


def run_keras(text, updates):
    names = {}
    exec(text, names)
    rate = names["rate"]
    if isinstance(rate, float):
        assert float(names["optimizer"].learning_rate) == np.float32(rate)
        return [rate] * updates
    assert names["optimizer"]._learning_rate is rate
    return [float(rate(step)) for step in range(updates)]


def run_optax(text, updates):
    import jax
    names = {}
    exec(text, names)
    optimizer = names["optimizer"]
    body = lambda state, _: optimizer.update(jax.numpy.ones(()), state)[::-1]
    return -jax.lax.scan(body, optimizer.init(0.0), None, updates)[1]


RUNNERS = {"torch": run_torch, "hf": run_hf, "keras": run_keras, "optax": run_optax}


def length(s, n, limit=60):
    """For how many updates the lines promise the rates: some of PyTorch's schedulers may not go on after the end."""
    inner = s.parameters["schedule"] if s.name == "warmup" else s
    if inner.name in ("cosine_decay", "one_cycle"):
        before = s.parameters["length"] if s.name == "warmup" else 0
        return min(limit, int((before + inner.parameters["total"]) * n) + 1)
    return limit


def same(s, framework, n, limit=60):
    updates = length(s, n, limit) if framework in ("torch", "hf") else limit
    meant = s(np.arange(updates) / n)
    got = executed(s, framework, updates, n, epochs=-(-limit // n))
    tolerance = (1e-9, 1e-12) if framework in ("torch", "hf") else (2e-5, 1e-6)     # Keras and Optax count in float32
    np.testing.assert_allclose(got, meant, rtol=tolerance[0], atol=tolerance[1] * meant.max(),
                               err_msg=f"{s}\n{as_code(s, framework, n)}")


@pytest.mark.parametrize("framework", ["torch", "keras", "optax"])
@pytest.mark.parametrize("factory", ALL)
@quick
@given(data=st.data(), n=st.integers(1, 6))
def test_random_parameters(factory, framework, data, n):
    same(data.draw(schedules(factory)), framework, n)


# each on an update, so that a scheduler of the framework's own is the same
WHOLE = [constant(0.1), inverse_time_decay(0.2, 0.3), exponential_decay(0.4, gamma=0.9), step_decay(0.3, step_size=4),
         multistep_decay(0.3, milestones=[3, 7.5]), polynomial_decay(0.5, total=8, power=2), linear_decay(0.4, total=9, end=0.1),
         cosine_decay(0.3, total=10, end=0.01), cosine_restarts(0.5, period=4), cosine_restarts(0.5, period=2, mult=2, end=0.05),
         inverse_sqrt_decay(0.2, timescale=3), wsd(0.4, total=10, decay=3, warmup=2, end=0.01), wsd(0.4, total=10, decay=4),
         one_cycle(0.5, total=10), triangular(0.1, 0.4, half_period=3), lr_range(0.01, 1.0, total=9), rex_decay(0.2, total=8),
         warmup(cosine_decay(0.4, total=8), length=2), warmup(cosine_decay(0.4, total=8, end=0.1), length=2, start=0.25),
         warmup(step_decay(0.4, step_size=3), length=2, start=0.1), warmup(inverse_sqrt_decay(0.4, timescale=2), length=2),
         warmup(constant(0.4), length=4, start=0.5), warmup(one_cycle(0.4, total=8), length=2, start=0.5),
         join([constant(0.4), cosine_decay(0.4, total=6)], [4]), 2.0 * (0.5 * rex_decay(0.3, total=5)) * (0.5 * rex_decay(1.0, total=5)),
         0.5 * cosine_decay(0.4, total=6) * step_decay(1.0, step_size=3)]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("s", WHOLE, ids=str)
def test_round_numbers(s, framework):
    same(s, framework, n=4)


OWN = {
    "torch": {"constant": "LambdaLR", "exponential_decay": "ExponentialLR", "step_decay": "StepLR",
              "multistep_decay": "MultiStepLR", "polynomial_decay": "PolynomialLR", "linear_decay": "LinearLR",
              "cosine_decay": "CosineAnnealingLR", "cosine_restarts": "CosineAnnealingWarmRestarts",
              "triangular": "CyclicLR", "one_cycle": "OneCycleLR", "inverse_time_decay": "LambdaLR", "rex_decay": "LambdaLR",
              "wsd": "LambdaLR", "lr_range": "LambdaLR", "inverse_sqrt_decay": "LambdaLR", "join": "LambdaLR",
              "product": "LambdaLR"},
    "keras": {"inverse_time_decay": "InverseTimeDecay", "exponential_decay": "ExponentialDecay", "step_decay": "staircase=True",
              "multistep_decay": "PiecewiseConstantDecay", "polynomial_decay": "PolynomialDecay", "constant": "rate = 0.1",
              "linear_decay": "PolynomialDecay", "cosine_decay": "CosineDecay", "wsd": "class Rate", "one_cycle": "class Rate"},
    "optax": {"constant": "constant_schedule", "exponential_decay": "exponential_decay", "step_decay": "staircase=True",
              "multistep_decay": "piecewise_constant_schedule", "polynomial_decay": "polynomial_schedule",
              "linear_decay": "linear_schedule", "cosine_decay": "cosine_decay_schedule", "join": "join_schedules",
              "one_cycle": "cosine_onecycle_schedule", "wsd": "join_schedules", "inverse_time_decay": "lambda count",
              "rex_decay": "table["},
}


@pytest.mark.parametrize("framework", OWN)
def test_their_own_schedulers_are_used(framework):
    for s in WHOLE:
        if s.name in OWN[framework]:
            assert OWN[framework][s.name] in as_code(s, framework, 4), (s, as_code(s, framework, 4))
    warm = as_code(WHOLE[18], framework, 4)
    assert {"torch": "SequentialLR", "keras": "warmup_target=0.4, warmup_steps=2 * updates_per_epoch",
            "optax": "warmup_cosine_decay_schedule"}[framework] in warm
    if framework == "keras":
        assert "decay_steps=8 *" in warm      # without the warm-up
    if framework == "optax":
        assert "decay_steps=10 *" in warm     # with it


def test_lines_need_nothing_of_ours():
    for framework in FRAMEWORKS:
        for s in WHOLE:
            assert "lrcourse" not in as_code(s, framework)


def test_time_off_an_update_falls_back_to_the_formula():
    assert "StepLR" in as_code(step_decay(0.1, step_size=2.5), "torch", updates_per_epoch=4)
    assert "LambdaLR" in as_code(step_decay(0.1, step_size=2.6), "torch", updates_per_epoch=4)


FORMULA = {"torch": "LambdaLR", "keras": "class Rate", "optax": "table["}


@pytest.mark.parametrize("framework, s", [
    ("torch", polynomial_decay(0.5, 8, 2, end=0.1)), ("torch", polynomial_decay(0.5, 8.3, 2)), ("torch", cosine_restarts(0.5, 4, mult=1.5)),
    ("torch", cosine_restarts(0.5, 4.3)), ("torch", one_cycle(0.5, 10, pct_start=0)), ("torch", one_cycle(0.5, 10, pct_start=1)),
    ("torch", one_cycle(0.5, 10.3)), ("torch", warmup(constant(0.4), 2.3, 0.5)), ("torch", warmup(constant(0.4), 2)),
    ("torch", warmup(one_cycle(0.4, 8), 2, 0.5)),
    ("keras", multistep_decay(0.1, [])), ("keras", multistep_decay(0.1, [2.3])), ("keras", warmup(cosine_decay(0.4, 8.3), 2)),
    ("keras", warmup(cosine_decay(0.4, 8), 2.3)), ("keras", warmup(linear_decay(0.4, 8), 2)), ("keras", cosine_restarts(0.5, 2, mult=2)),
    ("keras", cosine_restarts(0.5, 4.3)),
    ("optax", step_decay(1.0, 0, 2)), ("optax", step_decay(1.0, 0.5, 2.3)), ("optax", one_cycle(0.5, 10, pct_start=1)),
    ("optax", one_cycle(0.5, 10, pct_start=0.23)), ("optax", one_cycle(0.5, 10.3)), ("optax", wsd(0.4, 10, 3.3)),
    ("optax", wsd(0.4, 10, 3, shape="1-sqrt")), ("optax", wsd(0.4, 4, 4)), ("optax", wsd(0.4, 10, 3, warmup=1.3)),
    ("optax", wsd(0.4, 10, 3, warmup=7)), ("optax", warmup(cosine_decay(0.4, 8.3), 2)), ("optax", warmup(cosine_decay(0.4, 8), 2.3)),
    ("optax", warmup(rex_decay(0.4, 8), 2))], ids=str)
def test_where_theirs_is_not_the_same_the_formula_is_written_out(framework, s):
    assert FORMULA[framework] in as_code(s, framework)
    same(s, framework, n=1, limit=14)


def test_a_time_is_whole_to_a_billionth_of_an_update_and_after_the_first():
    whole = Steps(4).whole
    assert whole() and whole(0.25) and whole(3, 7.5) and not whole(3, 7.6) and not whole(0.0) and not whole(1e-11)
    assert whole(1 + 0.2e-9) and not whole(1 + 0.4e-9) and whole(1 - 0.2e-9) and not whole(1 - 0.4e-9)
    assert Steps(4).each([3, 5.0]) == "[m * updates_per_epoch for m in [3, 5]]" and Steps(4)(3.0) == "3 * updates_per_epoch"
    assert Steps(4).each([3, 7.5], " - 1") == "[round(m * updates_per_epoch) - 1 for m in [3, 7.5]]"


def test_a_formula_is_refused_for_what_it_gives_at_the_very_start():
    @schedule
    def early(t, lr: Positive):
        return lr * (t - 0.5)

    for framework in FRAMEWORKS:
        with pytest.raises(ValueError, match="the rate -0.05 at t=0 is not allowed"):
            as_code(early(0.1), framework)


def test_the_formula_says_what_it_is_once_and_nothing_more():
    for s in (rex_decay(0.2, total=8), warmup(rex_decay(0.2, total=8), 2), triangular(0.1, 0.4, half_period=3.3)):
        text = as_code(s, "torch")
        noted = [line for line in text.splitlines() if line.endswith("# the learning rate after t epochs")]
        assert len(noted) == 1 and noted[0].startswith("def formula(t, ") and "raise" not in text and "\\alpha" not in text


def test_keras_lines_train():
    oracle("keras")
    names = {}
    exec(as_code(wsd(0.4, total=5, decay=2), "keras", 4, epochs=6), names)
    recorded = from_keras(names["rate"], updates=20)
    assert np.allclose(recorded.lr, wsd(0.4, total=5, decay=2)(np.arange(20) / 4), rtol=1e-6)


@schedule
def sunk(t, lr: Positive):
    r"""$\alpha_t = \alpha_0 / c$"""
    return lr / len(FRAMEWORKS) + 0 * t


@schedule
def bouncing(t, lr: Positive, depth: Positive = 0.5):
    r"""$\alpha_t = \alpha_0 (1 - d\sin^2 t)$"""
    swing = np.sin(t) ** 2
    return lr * (1 - depth * swing)


def test_a_schedule_of_your_own():
    for framework in FRAMEWORKS:
        same(warmup(bouncing(0.3), length=2), framework, n=3)
        with pytest.raises(TypeError, match=r"schedule=.* is not allowed in as_code: its formula uses FRAMEWORKS"):
            as_code(sunk(0.1), framework)


@quick
@given(s=any_schedule(also=(warmup, join, staircase)))
def test_bad_input(s):
    for arguments, error in [((s, "jax"), ValueError), ((s, None), ValueError), ((0.1, "torch"), TypeError),
                             ((s, "torch", 0), ValueError), ((s, "keras", 1.5), TypeError), ((s, "keras", 1, 0), ValueError)]:
        with pytest.raises(error, match="is not allowed in as_code"):
            as_code(*arguments)
