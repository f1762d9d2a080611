"""Schedules in PyTorch, Keras and Optax: exact at every update, through saving and a new process; and theirs, recorded."""

import copy
import json
import math
import os
import pickle
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from drawn import any_schedule, oracle, schedules
from hypothesis import given, settings
from hypothesis import strategies as st

import lrcourse.frameworks as module
from lrcourse.frameworks import convert, found
import lrcourse.schedules
from lrcourse.frameworks import Recorded, compare, from_keras, from_optax, from_torch, to_keras, to_optax, to_torch
from lrcourse.ranges import Fraction, Positive
from lrcourse.schedules import (COMBINATORS, SCHEDULES, ReduceLROnPlateau, constant, cosine_decay, cosine_restarts,
                                exponential_decay, join, linear_decay, multistep_decay, one_cycle, schedule, staircase,
                                step_decay, warmup)

FACTS = json.loads((Path(__file__).parent / "data" / "conformance.json").read_text())
ALL = [pytest.param(factory, id=factory.__name__) for factory in (*SCHEDULES, *COMBINATORS)]
every = pytest.mark.parametrize("factory", ALL)
UPDATES = 75
quick = settings(max_examples=5, deadline=None, database=None, derandomize=True)
per_epoch = st.integers(1, 9)


def build(expression):
    return eval(expression, dict(vars(lrcourse.schedules)))


def two_groups(lr=0.4, own=0.04):
    torch = oracle("torch")
    weights = [torch.nn.Parameter(torch.ones(1, dtype=torch.float64)) for _ in range(2)]
    return torch.optim.SGD([{"params": weights[:1]}, {"params": weights[1:], "lr": own}], lr=lr)


def run(optimizer, scheduler, updates):
    """The rates of both groups over some updates."""
    rates = []
    for _ in range(updates):
        rates.append([float(group["lr"]) for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return np.array(rates).reshape(updates, len(optimizer.param_groups))


# ---- PyTorch ---------------------------------------------------------------------------------------------------------

@every
@quick
@given(data=st.data(), n=per_epoch, k=st.integers(0, UPDATES - 1))
def test_torch_has_the_same_rates_also_after_a_resume(factory, data, n, k):
    s = data.draw(schedules(factory))
    meant = [s(update / n) for update in range(UPDATES)]
    optimizer = two_groups()
    scheduler = to_torch(s, optimizer, n)
    assert isinstance(scheduler, oracle("torch").optim.lr_scheduler.LRScheduler)
    before = run(optimizer, scheduler, k)
    state = pickle.loads(pickle.dumps((optimizer.state_dict(), scheduler.state_dict())))

    resumed = two_groups(lr=0.123)
    again = to_torch(s, resumed, n)
    resumed.load_state_dict(state[0])
    again.load_state_dict(state[1])
    rates = np.concatenate([before, run(resumed, again, UPDATES - k)])
    assert np.array_equal(rates[:, 0], meant)
    assert np.allclose(rates[:, 1], np.divide(meant, 10), rtol=1e-12)


@quick
@given(s=any_schedule(also=COMBINATORS), n=per_epoch)
def test_torch_once_per_epoch_is_the_staircase(s, n):
    optimizer = two_groups()
    scheduler = to_torch(s, optimizer, per="epoch")
    rates = []
    for epoch in range(8):
        for batch in range(n):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
        scheduler.step()
    assert rates == [staircase(s)(update / n) for update in range(8 * n)]


@quick
@given(a=any_schedule(), b=any_schedule(), n=per_epoch, change=st.integers(1, 40), k=st.integers(0, UPDATES - 1))
def test_torch_inside_sequential_lr(a, b, n, change, k):
    """Each part on its own clock, as join has it, through saving as well."""
    SequentialLR = oracle("torch").optim.lr_scheduler.SequentialLR

    def make():
        optimizer = two_groups()
        return optimizer, SequentialLR(optimizer, [to_torch(a, optimizer, n), to_torch(b, optimizer, n)], [change])

    optimizer, scheduler = make()
    before = run(optimizer, scheduler, k)
    state = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    optimizer, scheduler = make()
    optimizer.load_state_dict(state[0])
    scheduler.load_state_dict(state[1])
    rates = np.concatenate([before, run(optimizer, scheduler, UPDATES - k)])[:, 0]
    assert rates.tolist() == [a(u / n) if u < change else b((u - change) / n) for u in range(UPDATES)]


def test_torch_beside_a_scheduler_of_its_own():
    L = oracle("torch").optim.lr_scheduler
    optimizer = two_groups()
    scheduler = L.SequentialLR(optimizer, [L.LinearLR(optimizer, 0.1, 1.0, 4), to_torch(cosine_decay(0.4, total=6), optimizer)], [4])
    meant = warmup(cosine_decay(0.4, total=6), length=4, start=0.1)
    assert np.allclose(run(optimizer, scheduler, 20)[:, 0], meant(np.arange(20)), rtol=1e-12, atol=1e-16)


def test_torch_state_holds_the_clock_and_not_the_schedule():
    """A longer schedule is followed at once: PyTorch's own schedulers bring their old settings back."""
    optimizer = two_groups()
    scheduler = to_torch(cosine_decay(0.4, total=10), optimizer)
    run(optimizer, scheduler, 5)
    state = optimizer.state_dict(), scheduler.state_dict()
    assert not any(isinstance(value, lrcourse.schedules.Schedule) for value in state[1].values())

    longer, resumed = cosine_decay(0.4, total=20), two_groups()
    again = to_torch(longer, resumed)
    resumed.load_state_dict(state[0])
    again.load_state_dict(state[1])
    assert again.get_last_lr() == [longer(5), longer(5) * 0.04 / 0.4]
    assert run(resumed, again, 5)[:, 0].tolist() == [longer(t) for t in range(5, 10)]


def test_another_schedule_is_followed_at_once_from_the_first_update_on():
    optimizer, resumed = two_groups(), two_groups()
    state = to_torch(constant(0.4), optimizer).state_dict()
    again = to_torch(constant(0.2), resumed)
    resumed.load_state_dict(optimizer.state_dict())
    again.load_state_dict(state)
    assert again.get_last_lr() == [group["lr"] for group in resumed.param_groups] == [0.2, pytest.approx(0.02)]


def test_torch_groups_added_later_and_rates_of_zero():
    torch = oracle("torch")
    s = step_decay(0.4, gamma=0.5, step_size=2)
    optimizer = two_groups()
    scheduler = to_torch(s, optimizer)
    run(optimizer, scheduler, 3)
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.2})
    assert run(optimizer, scheduler, 4)[1:, 2] == pytest.approx([s(t) / 2 for t in range(4, 7)])
    zero = two_groups(lr=0.0, own=0.0)
    assert run(zero, to_torch(s, zero), 4).tolist() == [[s(t)] * 2 for t in range(4)]


def step_lr(optimizer):
    return oracle("torch").optim.lr_scheduler.StepLR(optimizer, 2)


def keras_cosine():
    return oracle("keras").optimizers.schedules.CosineDecay(1.0, 10)


@pytest.mark.parametrize("lr", ["a number", "a tensor"])
@pytest.mark.parametrize("added", ["before", "at update 2", "at update 2, with a rate of its own"])
def test_torch_groups_with_the_rate_in_a_tensor_train_as_with_a_number(lr, added):
    """A tensor is one object in the optimizer's defaults and in all its groups, and PyTorch writes into it."""
    torch = oracle("torch")
    weight = lambda: torch.nn.Parameter(torch.zeros(1))
    s = linear_decay(0.4, total=10)
    rate = torch.tensor(0.4, dtype=torch.float64) if lr == "a tensor" else 0.4
    optimizer = torch.optim.SGD([weight()], lr=rate)
    own = {} if added in ("before", "at update 2") else {"lr": rate * 0.5}
    if added == "before":
        optimizer.add_param_group({"params": [weight()], "lr": rate})
    scheduler = to_torch(s, optimizer)
    run(optimizer, scheduler, 2)
    if added != "before":
        optimizer.add_param_group({"params": [weight()], **own})
    rates = run(optimizer, scheduler, 5)[1:]
    assert np.allclose(rates[:, 0], s(np.arange(3, 7)), rtol=1e-12)
    assert np.allclose(rates[:, 1], s(np.arange(3, 7)) * (0.5 if own else 1), rtol=1e-12)
    assert float(rate) == 0.4 == float(optimizer.defaults["lr"])


def test_torch_groups_follow_their_own_rate_when_the_first_is_gone():
    s = linear_decay(0.4, total=10)
    optimizer = two_groups(lr=0.4, own=0.04)
    scheduler = to_torch(s, optimizer)
    run(optimizer, scheduler, 2)
    del optimizer.param_groups[0]
    assert np.allclose(run(optimizer, scheduler, 4)[:, 0], s(np.arange(2, 6)) / 10, rtol=1e-12)
    state = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    again = two_groups(lr=0.4, own=0.04)
    del again.param_groups[0]
    resumed = to_torch(s, again)
    again.load_state_dict(state[0])
    resumed.load_state_dict(state[1])
    assert np.allclose(run(again, resumed, 4)[:, 0], s(np.arange(6, 10)) / 10, rtol=1e-12), "the state brings the proportion along"
    optimizer.param_groups.clear()
    scheduler.step()


def test_torch_groups_whose_rate_is_zero_stay_at_zero_or_are_refused():
    torch = oracle("torch")
    group = lambda lr: {"params": [torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], "lr": lr}
    s = linear_decay(0.4, total=10)
    optimizer = two_groups(lr=0.4, own=0.0)
    scheduler = to_torch(s, optimizer)
    assert (run(optimizer, scheduler, 3)[:, 1] == 0).all()
    del optimizer.param_groups[0]
    assert (run(optimizer, scheduler, 3) == 0).all()
    optimizer = torch.optim.SGD([group(0.0)], lr=0.1)
    scheduler = to_torch(s, optimizer)
    optimizer.add_param_group(group(0.1))
    with pytest.raises(ValueError, match=r"lr=\[0.0, 0.1\] is not allowed in to_torch: the first group's must be above 0"):
        scheduler.step()


def test_a_bare_schedule_inside_a_framework_says_how_it_is_handed_over():
    keras, jax, optax = oracle("keras"), oracle("jax"), oracle("optax")
    optimizer = keras.optimizers.SGD(cosine_decay(0.1, 10))
    with pytest.raises(TypeError, match=r"Keras gets to_keras\(schedule, ...\) from lrcourse.frameworks"):
        optimizer.apply([keras.ops.ones((1,))], [keras.Variable(np.zeros(1))])
    with pytest.raises(TypeError, match=r"JAX and Optax get to_optax\(schedule, ...\) from lrcourse.frameworks"):
        jax.jit(cosine_decay(0.1, 10))(3)
    chain = optax.sgd(cosine_decay(0.1, 10))
    state = chain.init(jax.numpy.zeros(()))
    with pytest.raises(TypeError, match="to_optax"):
        jax.jit(chain.update)(jax.numpy.ones(()), state)


def test_whole_numbers_for_the_rate_of_a_record():
    oracle("torch"), oracle("keras")
    assert from_torch(step_lr, 4, lr=1).lr == pytest.approx([1, 1, 0.1, 0.1])
    watch = dict(monitor="loss", patience=1)
    ours, theirs = from_keras(plateau("keras", **watch), 5, lr=1, metrics=1), from_keras(plateau("keras", **watch), 5, lr=1.0, metrics=1.0)
    assert np.array_equal(ours.lr, theirs.lr) and 0 < ours.lr[-1] < 1


def test_torch_rate_in_a_tensor():
    torch = oracle("torch")
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=torch.tensor(0.4, dtype=torch.float64))
    scheduler = to_torch(linear_decay(0.4, total=4), optimizer)
    held = optimizer.param_groups[0]["lr"]
    run(optimizer, scheduler, 1)
    assert optimizer.param_groups[0]["lr"] is held and float(held) == pytest.approx(0.3)


def test_torch_scheduler_can_be_pickled_by_name():
    oracle("torch")
    optimizer = two_groups()
    scheduler = to_torch(linear_decay(0.4, total=4), optimizer)
    kind = type(scheduler)
    assert module.TorchSchedule is kind and pickle.loads(pickle.dumps(kind)) is kind


def test_torch_measured_from_the_steps():
    oracle("torch")
    s = warmup(multistep_decay(0.3, milestones=[3, 5]), length=2)
    recorded = from_torch(lambda optimizer: to_torch(s, optimizer, 4), updates=40)
    assert recorded.lr.tolist() == [s(update / 4) for update in range(40)] and (recorded.momentum == 0.9).all()


# ---- Keras and Optax -------------------------------------------------------------------------------------------------

@every
@quick
@given(data=st.data(), n=per_epoch)
def test_keras_looks_up_the_same_rates(factory, data, n):
    keras = oracle("keras")
    s = data.draw(schedules(factory))
    rate = to_keras(s, n, epochs=UPDATES / n)
    meant = s(np.arange(UPDATES) / n).astype(np.float32)
    assert np.array_equal([float(rate(k)) for k in range(UPDATES)], meant)
    text = json.dumps(keras.saving.serialize_keras_object(rate))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert again.schedule == s and np.array_equal([float(again(k)) for k in range(0, UPDATES, 7)], meant[::7])


@every
@quick
@given(data=st.data(), n=per_epoch)
def test_optax_looks_up_the_same_rates(factory, data, n):
    jax = oracle("jax")
    oracle("optax")
    s = data.draw(schedules(factory))
    rate, steps = to_optax(s, n, epochs=UPDATES / n), np.arange(UPDATES)
    assert np.array_equal(jax.vmap(rate)(steps), s(steps / n).astype(np.float32))
    with jax.enable_x64(True):
        assert np.array_equal(jax.vmap(to_optax(s, n, epochs=UPDATES / n))(steps), s(steps / n))


def test_trained_with_in_keras_and_optax():
    oracle("keras"), oracle("optax")
    s = warmup(cosine_restarts(0.3, period=2.5, mult=2), length=1.5, start=0.2)
    meant = s(np.arange(30) / 4).astype(np.float32)
    assert np.array_equal(from_keras(to_keras(s, 4, epochs=8), updates=30).lr, meant)
    recorded = from_optax(to_optax(s, 4, epochs=8), updates=30)         # inside a jitted scan
    assert np.array_equal(recorded.lr, meant) and compare(s, recorded, 4) == "The same at all 30 updates."


def test_optax_rate_that_can_be_read_from_the_state():
    optax, jax = oracle("optax"), oracle("jax")
    optimizer = optax.inject_hyperparams(optax.sgd)(to_optax(linear_decay(0.4, total=2), 4, epochs=2))
    state = optimizer.init(0.0)
    for k in range(4):
        _, state = jax.jit(optimizer.update)(1.0, state)
        assert float(state.hyperparams["learning_rate"]) == np.float32(linear_decay(0.4, total=2)(k / 4))


def test_beyond_the_table_the_rate_stays():
    oracle("keras"), oracle("optax")
    s = exponential_decay(0.4, gamma=0.5)
    for rate in (to_keras(s, 4, epochs=2.5), to_optax(s, 4, epochs=2.5)):
        assert float(rate(10)) == float(rate(11)) == float(rate(10 ** 6)) == np.float32(s(2.5))


def test_keras_in_double_precision():
    keras = oracle("keras")
    usual = keras.config.floatx()
    try:
        keras.config.set_floatx("float64")
        s = cosine_decay(0.3, total=3)
        assert from_keras(to_keras(s, 4, epochs=3), updates=12).lr.tolist() == s(np.arange(12) / 4).tolist()
    finally:
        keras.config.set_floatx(usual)


@schedule
def own_schedule(t, lr: Positive, depth: Fraction = 0.5):
    r"""$\alpha_t = \alpha_0 (1 - d\sin^2 t)$"""
    return lr * (1 - depth * np.sin(t) ** 2)


def test_a_schedule_of_your_own():
    oracle("torch"), oracle("keras"), oracle("optax")
    s = warmup(own_schedule(0.3), length=2)
    meant = s(np.arange(20) / 3)
    assert np.allclose(from_torch(lambda o: to_torch(s, o, 3), 20).lr, meant, rtol=1e-13, atol=1e-15)
    for rate in (to_keras(s, 3, epochs=7), to_optax(s, 3, epochs=7)):
        assert np.array_equal([float(rate(k)) for k in range(20)], meant.astype(np.float32))
    config = to_keras(s, 3, epochs=7).get_config()
    assert module.KerasSchedule.from_config(json.loads(json.dumps(config))).schedule == s
    config["schedule"]["parameters"]["schedule"]["module"] = "not_imported"
    with pytest.raises(ValueError, match="schedule='own_schedule' is not allowed here: not_imported defines it"):
        module.KerasSchedule.from_config(config)


# ---- a new process ---------------------------------------------------------------------------------------------------

CHILD = """
    import json, pickle, sys
    from pathlib import Path
    import numpy as np
    from lrcourse.frameworks import to_optax, to_torch
    folder = Path(sys.argv[1])
    cases = pickle.loads((folder / "cases.pickle").read_bytes())
    rates = {}

    import torch
    states = torch.load(folder / "torch.pt")        # weights_only, its default: no code is loaded
    rates["torch"] = []
    for (s, n, k, updates), state in zip(cases, states):
        weights = [torch.nn.Parameter(torch.ones(1, dtype=torch.float64)) for _ in range(2)]
        optimizer = torch.optim.SGD([{"params": weights[:1]}, {"params": weights[1:], "lr": 0.5}], lr=1.0)
        scheduler = to_torch(s, optimizer, n)
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        rates["torch"].append([])
        for _ in range(k, updates):
            rates["torch"][-1].append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
            scheduler.step()

    import jax, optax
    states = pickle.loads((folder / "optax.pickle").read_bytes())
    rates["optax"] = []
    for (s, n, k, updates), leaves in zip(cases, states):
        optimizer = optax.sgd(to_optax(s, n, epochs=updates / n))
        state = jax.tree.unflatten(jax.tree.structure(optimizer.init(0.0)), leaves)
        body = lambda state, _: optimizer.update(jax.numpy.ones(()), state)[::-1]
        rates["optax"].append((-jax.lax.scan(body, state, None, updates - k)[1]).tolist())

    import keras
    from lrcourse.frameworks import KerasSchedule
    rates["keras"], rates["model"] = [], []
    for (s, n, k, updates), config in zip(cases, json.loads((folder / "keras.json").read_text())):
        rate = keras.saving.deserialize_keras_object(config)
        rates["keras"].append([float(rate(step)) for step in range(k, updates)])
    for file, (s, n, k, updates) in zip(sorted(folder.glob("*.keras")), cases[::5]):
        model = keras.models.load_model(file)
        rates["model"].append([])
        for _ in range(k, updates):
            rates["model"][-1].append(float(model.optimizer.learning_rate))
            model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    (folder / "rates.json").write_text(json.dumps(rates))
"""


def drawn_cases():
    """Every schedule and combinator with random parameters, updates per epoch, and place to stop."""
    found = []

    @settings(max_examples=1, deadline=None, database=None, derandomize=True)
    @given(data=st.data())
    def draw(data):
        for factory in (*SCHEDULES, *COMBINATORS):
            n = data.draw(per_epoch)
            found.append((data.draw(schedules(factory)), n, data.draw(st.integers(1, 40)), 60))

    draw()
    rng = np.random.default_rng(0)      # the first example that is drawn is the simplest: a random one beside each
    return [(s, int(rng.integers(1, 10)), int(rng.integers(1, 50)), 60) for s, *_ in found] + RANDOM


RANDOM = [(build(text), n, k, 60) for text, n, k in [
    ("inverse_time_decay(0.317, decay_rate=0.731)", 7, 13), ("exponential_decay(0.21, gamma=0.83)", 3, 31),
    ("step_decay(0.7, gamma=0.31, step_size=2.6)", 9, 22), ("multistep_decay(0.5, milestones=[1.5, 4, 6.5])", 8, 33),
    ("polynomial_decay(0.4, total=6.3, power=1.7, end=0.02)", 7, 40), ("cosine_decay(0.3, total=7.7, end=0.01)", 6, 17),
    ("cosine_restarts(0.6, period=1.3, mult=1.6, end=0.1)", 5, 23), ("inverse_sqrt_decay(0.2, timescale=2.7)", 4, 11),
    ("wsd(0.4, total=8.1, decay=3.3, warmup=1.1, shape='1-sqrt', end=0.01)", 6, 45), ("rex_decay(0.3, total=9)", 6, 29),
    ("one_cycle(0.5, total=7.5, pct_start=0.37)", 8, 9), ("triangular(0.01, 0.4, half_period=1.9)", 7, 37),
    ("warmup(cosine_restarts(0.4, period=2, mult=2), length=1.7, start=0.1)", 5, 26),
    ("join([linear_decay(0.4, total=2), constant(0.1), rex_decay(0.3, total=4)], boundaries=[2.5, 5])", 6, 18),
    ("2.0 * staircase(linear_decay(0.2, total=7)) * step_decay(1.0, gamma=0.5, step_size=1.5)", 7, 34)]]


def test_saved_and_resumed_in_a_new_process(tmp_path):
    torch, optax, jax, keras = oracle("torch"), oracle("optax"), oracle("jax"), oracle("keras")
    cases = drawn_cases()
    assert {s.name for s, *_ in cases} == {factory.__name__ for factory in (*SCHEDULES, *COMBINATORS)}
    (tmp_path / "cases.pickle").write_bytes(pickle.dumps(cases))
    states, leaves, configs = [], [], []
    for number, (s, n, k, updates) in enumerate(cases):
        optimizer = two_groups(lr=1.0, own=0.5)
        scheduler = to_torch(s, optimizer, n)
        run(optimizer, scheduler, k)
        states.append({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()})
        optimizer = optax.sgd(to_optax(s, n, epochs=updates / n))
        state = optimizer.init(0.0)
        for _ in range(min(k, 3)):
            _, state = optimizer.update(jax.numpy.ones(()), state)
        state = jax.tree.map(lambda count: count + k - min(k, 3), state)        # noqa: B023
        leaves.append([np.asarray(leaf) for leaf in jax.tree.leaves(state)])
        configs.append(keras.saving.serialize_keras_object(to_keras(s, n, epochs=updates / n)))
        if number % 5 == 0:
            model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
            model.compile(keras.optimizers.SGD(to_keras(s, n, epochs=updates / n)), "mse")
            for _ in range(k):
                model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
            model.save(tmp_path / f"{number:03}.keras")
    torch.save(states, tmp_path / "torch.pt")
    (tmp_path / "optax.pickle").write_bytes(pickle.dumps(leaves))
    (tmp_path / "keras.json").write_text(json.dumps(configs))
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path)], capture_output=True, text=True,
                          env={**os.environ, "KERAS_BACKEND": keras.backend.backend()})
    assert done.returncode == 0, done.stderr[-3000:]
    rates = json.loads((tmp_path / "rates.json").read_text())
    meant = [s(np.arange(k, updates) / n) for s, n, k, updates in cases]
    for want, both, in_optax, in_keras in zip(meant, rates["torch"], rates["optax"], rates["keras"], strict=True):
        assert np.allclose(both, np.stack([want, want / 2], axis=1), rtol=1e-13, atol=1e-15)
        assert np.array_equal(in_optax, want.astype(np.float32)) and np.array_equal(in_keras, want.astype(np.float32))
    for want, got in zip(meant[::5], rates["model"], strict=True):
        assert np.array_equal(got, want.astype(np.float32))


COMPILED = """
    import numpy as np
    import keras
    from lrcourse import cosine_decay, warmup
    from lrcourse.frameworks import from_keras, to_keras
    s = warmup(cosine_decay(0.3, total=3), length=1.5)
    meant = s(np.arange(24) / 5).astype(np.float32)
    assert keras.backend.backend() == "jax"
    assert np.array_equal(from_keras(to_keras(s, 5, epochs=5), 24).lr, meant)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(to_keras(s, 5, epochs=5)), loss=lambda y, output: -output)      # a gradient of -1
    weights = [0.0]
    for _ in range(24):
        model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
        weights.append(float(model.get_weights()[0][0, 0]))
    assert np.allclose(np.diff(weights), meant, atol=1e-6), np.diff(weights) - meant
"""


def test_trained_with_in_a_compiled_graph_of_keras():
    oracle("keras"), oracle("jax")
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(COMPILED)], capture_output=True, text=True,
                          env={**os.environ, "KERAS_BACKEND": "jax"})
    assert done.returncode == 0, done.stderr[-3000:]


# ---- theirs, recorded ------------------------------------------------------------------------------------------------

MADE = [pytest.param(f, id=f["id"]) for f in FACTS["schedules"] if f["make"]]


@pytest.mark.parametrize("fact", MADE)
def test_recorded_as_in_the_table(fact):
    name = fact["id"].split(".")[0]
    oracle(name)
    updates, text = len(fact["values"]), fact["make"]
    if name == "torch":
        from torch.optim import lr_scheduler
        recorded = from_torch(lambda optimizer: eval(text, vars(lr_scheduler), {"optimizer": optimizer}), updates, fact["lr"])
    elif name == "keras":
        recorded = from_keras(eval(text, vars(oracle("keras").optimizers.schedules)), updates)
    else:
        recorded = from_optax(eval(text, vars(oracle("optax"))), updates)
    assert np.allclose(recorded.lr, fact["values"], rtol=2e-6, atol=2e-7)
    if fact["ours"]:
        same = fact.get("agree", updates)
        said = compare(build(fact["ours"]), recorded)
        assert said.startswith(f"The same at all {updates} updates." if same == updates else f"The same for the first {same} updates.")


def plateau(name, **settings):
    if name == "torch":
        return lambda optimizer: oracle("torch").optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
    if name == "keras":
        return oracle("keras").callbacks.ReduceLROnPlateau(**settings)
    optax = oracle("optax")
    return optax.chain(optax.sgd(1.0), optax.contrib.reduce_on_plateau(**settings))


@pytest.mark.parametrize("fact", [pytest.param(f, id=f["id"]) for f in FACTS["plateau_elsewhere"]])
def test_plateau_recorded_as_in_the_table(fact):
    """The table holds the rate after each report: that of the next update, and in Optax, which is told first, of this one."""
    record = {"keras": from_keras, "optax": from_optax}[fact["framework"]]
    metrics = [math.nan if metric is None else metric for metric in fact["metrics"]]
    recorded = record(plateau(fact["framework"], **fact["settings"]), len(metrics), metrics=metrics)
    meant = fact["values"] if fact["framework"] == "optax" else [1.0, *fact["values"][:-1]]
    assert np.allclose(recorded.lr, meant, rtol=1e-5)


@pytest.mark.parametrize("fact", [pytest.param(f, id=f["id"]) for f in FACTS["plateau"]])
def test_plateau_of_pytorch(fact):
    oracle("torch")
    metrics = [math.nan if metric is None else metric for metric in fact["metrics"]]
    recorded = from_torch(plateau("torch", **fact["settings"]), len(metrics), lr=fact["lr"], metrics=metrics)
    assert np.allclose(recorded.lr, [fact["lr"], *fact["values"][:-1]], rtol=1e-12)
    assert compare(ReduceLROnPlateau(fact["lr"], **fact["settings"]), recorded) == f"The same at all {len(metrics)} updates."


def test_a_record_shows_itself():
    recorded = Recorded("PyTorch's StepLR", np.array([0.1, 0.05]))
    assert repr(recorded) == "PyTorch's StepLR: 0.1, 0.05 (2 updates)"
    assert repr(Recorded("X", np.linspace(1, 0, 11))).endswith("0.4, 0.3, ... (11 updates)")


# ---- in words --------------------------------------------------------------------------------------------------------

def record(lr, **more):
    return Recorded("Theirs", np.array(lr, float), **more)


STEPS = np.arange(30)


@pytest.mark.parametrize("s, lr, n, said", [
    (constant(0.1), [0.1] * 30, 1, "The same at all 30 updates."),
    (cosine_decay(1.0, total=10), 0.5 + 0.5 * np.cos(np.pi * STEPS / 10), 1,
     "The same for the first 11 updates. After update 10 Theirs rises again; yours stays at 0."),
    (cosine_decay(1.0, total=10), cosine_decay(1.0, total=10)(STEPS), 3,
     "The same at the first update. Theirs is your schedule, but its clock runs 3 times too fast: it takes each update for an epoch."),
    (cosine_decay(1.0, total=3), cosine_decay(1.0, total=3)(STEPS / 9), 3,
     "The same at the first update. Theirs is your schedule, but its clock runs 3 times too slow: it takes each epoch for an update."),
    (step_decay(1.0, step_size=5), step_decay(0.5, step_size=5)(STEPS), 1, "Theirs is your schedule times 0.5."),
    (multistep_decay(1.0, [4, 9]), multistep_decay(1.0, [3, 8])(STEPS), 1,
     "The same for the first 3 updates. Theirs is your schedule, 1 update early."),
    (multistep_decay(1.0, [4, 9]), multistep_decay(1.0, [6, 11])(STEPS), 1,
     "The same for the first 4 updates. Theirs is your schedule, 2 updates late."),
    (constant(0.1), [0.0] * 30, 1, "Theirs trains at the rate 0 throughout."),
    (warmup(constant(1.0), 4, 0.2), np.minimum(STEPS / 5, 1), 1,
     "Theirs is your schedule, 1 update late, and its first update has the rate 0."),
    (cosine_decay(1.0, total=4), 0.5 + 0.5 * np.cos(np.pi * STEPS / 4), 3,
     "The same at the first update. Theirs begins as your schedule does, but its clock runs 3 times too fast: it takes each update "
     "for an epoch. After update 4 Theirs rises again; yours stays at 0."),
    (constant(0.1), np.minimum(STEPS / 5, 1) * 0.1, 1,
     "Theirs makes its first update at the rate 0, which changes nothing; yours begins at 0.1."),
    (linear_decay(1.0, total=3), linear_decay(1.0, total=5)(STEPS), 10,
     "The same at the first update. At update 1 (t = 0.1) Theirs trains at 0.98, yours at 0.9667; "
     "at the last update at 0.42, yours at 0.03333."),
])
def test_words(s, lr, n, said):
    if "0.42" in said:
        lr = linear_decay(1.0, total=5)(STEPS / n)
    assert compare(s, record(lr), n) == said


def test_words_name_the_setting():
    oracle("torch")
    from torch.optim.lr_scheduler import CosineAnnealingLR
    recorded = from_torch(lambda o: CosineAnnealingLR(o, T_max=10), updates=30)
    assert compare(cosine_decay(1.0, total=10), recorded) == (
        "The same for the first 11 updates. After T_max = 10 PyTorch's CosineAnnealingLR rises again; yours stays at 0.")


@quick
@given(s=any_schedule(also=COMBINATORS), n=per_epoch)
def test_a_record_of_the_same_is_the_same(s, n):
    lr = s(np.arange(UPDATES) / n)
    assert compare(s, record(lr.astype(np.float32)), n) == f"The same at all {UPDATES} updates."
    lr[UPDATES // 2] = 2 * lr.max()
    assert "update" in compare(s, record(lr), n) and "The same at all" not in compare(s, record(lr), n)


# ---- what is missing and what is wrong -------------------------------------------------------------------------------

def test_importing_imports_no_framework():
    code = ("import sys, lrcourse.frameworks; sys.exit(any(name in sys.modules for name in "
            "('torch', 'keras', 'tensorflow', 'jax', 'optax', 'transformers')))")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("name, call", [
    ("torch", lambda: to_torch(constant(0.1), None)), ("keras", lambda: to_keras(constant(0.1), 1, 1)),
    ("optax", lambda: to_optax(constant(0.1), 1, 1)), ("jax", lambda: to_optax(constant(0.1), 1, 1)),
    ("torch", lambda: from_torch(lambda optimizer: None, 3)), ("keras", lambda: from_keras(None, 3)),
    ("optax", lambda: from_optax(lambda count: 0.1, 3)),
])
def test_what_is_missing_is_named(monkeypatch, name, call):
    if name == "jax":
        oracle("optax")
    monkeypatch.setitem(sys.modules, name, None)
    convert._keras_schedule.cache_clear()
    with pytest.raises(ImportError, match=f"needs {name}, which is not installed: pip install {name}"):
        call()


def test_what_a_framework_misses_itself_is_its_own_error(monkeypatch):
    def broken(name):
        raise ImportError("no tensorflow", name="tensorflow")

    monkeypatch.setattr(found, "importlib", SimpleNamespace(import_module=broken))
    with pytest.raises(found.Missing, match="its backend is not .no tensorflow.. Set the environment variable KERAS_BACKEND"):
        found.framework("keras")
    with pytest.raises(ImportError, match="^no tensorflow$") as caught:
        found.framework("torch")
    assert type(caught.value) is ImportError


def test_keras_without_a_backend(monkeypatch):
    code = ("import sys; sys.modules['tensorflow'] = None\nfrom lrcourse import constant\n"
            "from lrcourse.frameworks import to_keras\nto_keras(constant(0.1), 1, 1)")
    oracle("keras")
    env = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert "Set the environment variable KERAS_BACKEND to torch or jax" in done.stderr


@pytest.mark.parametrize("call, error, said", [
    (lambda: to_torch(0.1, two_groups()), TypeError, "schedule=0.1 is not allowed in to_torch: a schedule"),
    (lambda: to_torch(constant(0.1), two_groups(), 0), ValueError, "updates_per_epoch=0 is not allowed in to_torch"),
    (lambda: to_torch(constant(0.1), two_groups(), 2.5), TypeError, "updates_per_epoch=2.5 is not allowed in to_torch"),
    (lambda: to_torch(constant(0.1), two_groups(lr=0.0)), ValueError, r"lr=\[0.0, 0.04\] is not allowed in to_torch: the first"),
    (lambda: to_torch(constant(0.1), 3), TypeError, "optimizer=3 is not allowed in to_torch: an optimizer of PyTorch"),
    (lambda: to_torch(constant(0.1), two_groups(), per="batch"), ValueError, "per='batch' is not allowed in to_torch"),
    (lambda: to_keras(constant(0.1), 3, 0), ValueError, "epochs=0 is not allowed in to_keras"),
    (lambda: to_keras(ReduceLROnPlateau(0.1), 3, 1), TypeError, "schedule=.* is not allowed in to_keras"),
    (lambda: to_optax(constant(0.1), 3, math.inf), ValueError, "epochs=inf is not allowed in to_optax"),
    (lambda: to_optax(lambda count: 0.1, 3, 1), TypeError, "schedule=.* is not allowed in to_optax"),
    (lambda: from_torch(3, 5), TypeError, "make=3 is not allowed in from_torch: optimizer -> scheduler"),
    (lambda: from_torch(step_lr, 6, metrics=1.0), ValueError,
    r"metrics=\[1.0.* is not allowed in from_torch with StepLR, which asks for none"),
    (lambda: from_torch(plateau("torch"), 6), ValueError, "metrics=None is not allowed in from_torch with ReduceLROnPlateau, which wants"),
    (lambda: from_torch(lambda o: step_lr(two_groups()), 6), ValueError, "make=.* its StepLR sets the rate of another optimizer"),
    (lambda: from_torch(constant(0.1), 5), TypeError, r"make=constant\(lr=0.1\) is not allowed in from_torch: .* through to_torch, "),
    (lambda: from_keras(constant(0.1), 5), TypeError, r"schedule=constant\(lr=0.1\) is not allowed in from_keras: .*, to_keras or"),
    (lambda: from_optax(constant(0.1), 5), TypeError, r"schedule=constant\(lr=0.1\) is not allowed in from_optax: .* or to_optax first"),
    (lambda: from_keras(plateau("keras"), 5), ValueError, "metrics=None is not allowed in from_keras with ReduceLROnPlateau, which wants"),
    (lambda: from_keras(keras_cosine(), 5, metrics=1.0), ValueError,
    "metrics=.* is not allowed in from_keras with CosineDecay, which asks"),
    (lambda: from_keras(plateau("keras", monitor="val_accuracy"), 5, metrics=1.0), ValueError, "it watches 'val_accuracy'"),
    (lambda: from_optax(plateau("optax"), 5), ValueError, "metrics=None is not allowed in from_optax with what takes a value, which wants"),
    (lambda: from_optax(lambda count: 0.1, 5, metrics=1.0), ValueError, "metrics=.* is not allowed in from_optax with what takes no value"),
    (lambda: from_torch(plateau("torch"), 5, metrics="1"), ValueError, "metrics='1' is not allowed in from_torch"),
    (lambda: from_torch(plateau("torch"), 5, metrics=[[1.0] * 5]), ValueError, "metrics=.* is not allowed in from_torch"),
    (lambda: from_torch(lambda optimizer: 3, 5), TypeError, "is not allowed in from_torch: optimizer -> scheduler"),
    (lambda: from_torch(lambda optimizer: 3, 0), ValueError, "updates=0 is not allowed in from_torch"),
    (lambda: from_torch(plateau("torch"), 5, metrics=[1, 2]), ValueError, "metrics=.* is not allowed in from_torch"),
    (lambda: from_keras(0.1, 5), TypeError, "schedule=0.1 is not allowed in from_keras"),
    (lambda: from_optax(0.1, 5), TypeError, "0.1 is not allowed in from_optax: a function"),
    (lambda: from_optax(lambda: 0.1, 5), TypeError, "schedule=.* is not allowed in from_optax: .* positional argument"),
    (lambda: compare(0.1, record([0.1])), TypeError, "schedule=0.1 is not allowed in compare"),
    (lambda: compare(constant(0.1), [0.1]), TypeError, "recorded=.* is not allowed in compare"),
    (lambda: compare(ReduceLROnPlateau(0.1), record([0.1])), ValueError, "recorded.metrics=None is not allowed in compare"),
    (lambda: module.NoSuchSchedule, AttributeError, "has no attribute 'NoSuchSchedule'"),
])
def test_bad_input_is_named(call, error, said):
    oracle("torch"), oracle("keras"), oracle("optax")
    with pytest.raises(error, match=said):
        call()


def test_other_schedules_may_be_joined():
    """A whole recipe: warm-up, plateau, restarts, scaled and stepped once per epoch."""
    oracle("torch")
    s = warmup(join([constant(0.2), 0.5 * one_cycle(0.4, total=3)], [2]) * staircase(step_decay(1.0, step_size=3)), 2)
    assert np.allclose(from_torch(lambda o: to_torch(s, o, 5), 50).lr, s(np.arange(50) / 5), rtol=1e-13, atol=1e-15)


def test_a_record_of_eight_shows_all():
    assert repr(Recorded("X", np.ones(8))) == "X: 1, 1, 1, 1, 1, 1, 1, 1 (8 updates)" and repr(Recorded("X", np.ones(9))).count("...") == 1
    assert (Recorded("X", np.ones(1)).settings, Recorded("X", np.ones(1)).momentum, Recorded("X", np.ones(1)).metrics) == ({}, None, None)


@pytest.mark.parametrize("off, same", [(1 + 1.5e-5, True), (1 + 3e-5, False), (1 - 1.5e-5, True), (1 - 3e-5, False)])
def test_the_same_is_to_float32(off, same):
    said = "The same at all 3 updates." if same else "The same at the first "
    assert compare(constant(0.1), record([0.1, 0.1 * off, 0.1])).startswith(said)
    tiny = abs(off - 1) / 15       # of the highest rate: a millionth is the limit
    assert compare(multistep_decay(0.1, [1], 0.0), record([0.1, tiny * 0.1, 0.0])).startswith(said)


@pytest.mark.parametrize("s, lr, n, said", [
    (multistep_decay(1.0, [2]), [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1], 1,
     "The same for the first 2 updates. Theirs is your schedule, 2 updates late."),
    (multistep_decay(1.0, [4]), [1.0, 1.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 1,
     "The same for the first 2 updates. Theirs is your schedule, 2 updates early."),
    (multistep_decay(1.0, [1]), [1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1], 1,
     "The same at the first update. At update 1 Theirs trains at 1, yours at 0.1; at the last update at 0.1, yours at 0.1."),
    (multistep_decay(1.0, [1], 0.0), [1.0, 0.5, 1e-11], 1,
     "The same at the first update. At update 1 Theirs trains at 0.5, yours at 0; at the last update at 1e-11, yours at 0."),
    (constant(0.5), [0.5, 0.25, 1e-13], 1,
     "The same at the first update. At update 1 Theirs trains at 0.25, yours at 0.5; at the last update at 0, yours at 0.5."),
    (constant(0.5), [0.5, 0.75, 0.75], 1, "The same at the first update. After update 0 Theirs rises again; yours stays at 0.5."),
    (constant(0.5), [0.25, 0.5, 0.5], 2,
     "At update 0 (t = 0) Theirs trains at 0.25, yours at 0.5; at the last update at 0.5, yours at 0.5."),
    (constant(0.5), [1.0, 1.0], 1, "Theirs is your schedule times 2."),
    (linear_decay(1.0, 4), [0.5, 0.375, 0.25, 0.125], 1, "Theirs is your schedule times 0.5."),
    (multistep_decay(1.0, [1], 0.0), [2.0, 0.0, 0.0], 1, "Theirs is your schedule times 2."),
    (warmup(constant(1.0), 4), [0.0, 0.0, 0.25, 0.5, 0.75, 1.0], 1,
     "The same at the first update. Theirs is your schedule, 1 update late."),
    (warmup(constant(1.0), 4), [0.5, 1.0, 1.0], 1,
     "At update 0 Theirs trains at 0.5, yours at 0; at the last update at 1, yours at 0.5."),
    (multistep_decay(1.0, [2], 0.5), [1.0, 1.0, 1.5, 1.5], 1,
     "The same for the first 2 updates. At update 2 Theirs trains at 1.5, yours at 0.5; at the last update at 1.5, yours at 0.5."),
    (multistep_decay(10.0, [3], 1 - 0.5e-6), [10.0, 10.0, 15.0, 10.0], 1,
     "The same for the first 2 updates. After update 1 Theirs rises again; yours stays at 10."),
    (multistep_decay(10.0, [3], 1 - 1.5e-6), [10.0, 10.0, 15.0, 10.0], 1,
     "The same for the first 2 updates. At update 2 Theirs trains at 15, yours at 10; at the last update at 10, yours at 10."),
    (constant(0.5), [0.0], 1, "Theirs trains at the rate 0 throughout.")])
def test_words_of_short_records(s, lr, n, said):
    assert compare(s, record(lr), n) == said


@pytest.mark.parametrize("s, n, same, said", [
    (linear_decay(1.0, 10), 3, 3, False), (linear_decay(1.0, 10), 3, 4, True),      # parted from ours at update 1, from theirs at 3 or 4
    (multistep_decay(1.0, [1.5, 2.5, 3.5, 4.5, 5.5], 0.5), 2, 4, False),            # at 2, and at 4 or 5
    (multistep_decay(1.0, [1.5, 2.5, 3.5, 4.5, 5.5], 0.5), 2, 5, True)])
def test_another_clock_is_named_if_it_holds_for_twice_as_long_and_more_than_three(s, n, same, said):
    theirs = np.append(s(np.arange(same)), [2.0, 3.0])
    words = compare(s, record(theirs), n)
    clock = f"Theirs begins as your schedule does, but its clock runs {n} times too fast: it takes each update for an epoch. "
    assert (clock in words) is said
    if said:        # and from then on in updates, by that clock
        here, last = (f"{rate:.4g}" for rate in s(np.array([same, same + 1])))
        assert words.endswith(f"{clock}At update {same} Theirs trains at 2, yours at {here}; at the last update at 3, yours at {last}.")


def test_a_schedule_that_begins_at_zero_divides_nothing_by_it():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for theirs in ([0.5, 1.0, 1.0], [0.0, 1.0, 1.0]):
            assert "times" not in compare(warmup(constant(1.0), 4), record(theirs))


def test_a_rate_that_is_as_good_as_zero_is_shown_as_zero():
    assert list(map(module.record._number, (0.9e-12, 1e-12, 1.5e-12, -0.5e-12))) == ["0", "1e-12", "1.5e-12", "0"]


def test_a_record_holds_whole_numbers_and_is_itself_alone():
    settings = {"T_max": 3, "gamma": 0.5, "cycle": True, "_step_count": 4, "last_epoch": 5, "verbose": 0}
    assert module.record._whole_numbers(settings) == {"T_max": 3}
    one, two = record([0.1]), record([0.1])
    assert one != two and len({one, two}) == 2
    with pytest.raises(AttributeError):
        one.lr = np.zeros(1)


def test_a_scheduler_of_torch_steps_between_two_updates():
    oracle("torch")
    steps = []

    class Counting:
        def step(self):
            steps.append(len(steps))

    assert from_torch(lambda optimizer: Counting(), 5).lr.tolist() == [1.0] * 5 and steps == [0, 1, 2, 3]


def test_words_name_the_update_that_a_setting_holds():
    rises = [1.0, 0.5, 0.0, 0.5, 1.0]
    named = record(rises, settings={"other": 3, "T_max": 2})
    assert compare(linear_decay(1.0, 2), named).endswith("After T_max = 2 Theirs rises again; yours stays at 0.")
    assert compare(linear_decay(1.0, 2), record(rises)).startswith("The same for the first 3 updates. After update 2 Theirs")


def test_a_plateau_beside_a_record():
    watch = ReduceLROnPlateau(1.0, factor=0.5, patience=0)
    metrics = np.array([1.0, 1.0, 0.5, 0.5])
    assert compare(watch, record([1.0, 1.0, 0.5, 0.5], metrics=metrics)) == "The same at all 4 updates."
    assert compare(watch, record([1.0, 0.5, 0.5, 0.5], metrics=metrics)).startswith("The same at the first update. ")
    assert watch.best == math.inf


def test_a_table_has_at_most_two_to_the_31_updates():
    assert tuple(convert._run("to_keras", constant(0.1), 2 ** 30, 2)) == (constant(0.1), 2 ** 30, 2)
    with pytest.raises(ValueError, match="epochs=2 is not allowed in to_keras: at most 2"):
        convert._run("to_keras", constant(0.1), 2 ** 30 + 1, 2)
    assert convert._table(linear_decay(1.0, 2), 2, 1.25).tolist() == [1.0, 0.75, 0.5, 0.25]


def test_records_of_torch_begin_at_one_with_momentum():
    oracle("torch")
    recorded = from_torch(step_lr, 2)
    assert recorded.lr[0] == 1.0 and recorded.momentum.tolist() == [0.9, 0.9] and recorded.metrics is None
    assert all(type(value) is int and name not in ("last_epoch", "verbose") for name, value in recorded.settings.items())


def test_json_holds_a_schedule_and_those_inside():
    s = warmup(join([constant(0.2), linear_decay(0.2, 3)], [2]), 1)
    config = json.loads(json.dumps(convert._to_config(s)))
    assert convert._from_config(config) == s and config["module"] == "lrcourse.schedules" and config["parameters"]["length"] == 1
    for wrong in ({"module": "no such"}, {"schedule": "no_such"}, {"schedule": "np"}):
        with pytest.raises(ValueError, match="schedule=.* is not allowed here: .* defines it, so import that first"):
            convert._from_config(config | wrong)
