"""Every optimizer against PyTorch's, against the paper's equations, and against itself run by run."""

import copy
import math
import pickle

import numpy as np
import pytest
from drawn import oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcourse.optimizers import EMA, OPTIMIZERS, SGD, Adam, AdamW, AdaGrad, Clip, Momentum, Nesterov, RMSProp, ScheduleFreeSGD
from lrcourse.ranges import Range
from lrcourse.schedules import cosine_decay, one_cycle, step_decay, triangular

ALL = pytest.mark.parametrize("kind", OPTIMIZERS)
STEPS = 300
RATES = {
    "constant": lambda lr: np.full(STEPS, lr),
    "cosine": lambda lr: cosine_decay(lr, total=STEPS - 1)(np.arange(STEPS)),      # ends at a rate of exactly 0
    "staircase": lambda lr: step_decay(lr, step_size=80)(np.arange(STEPS)),
    "one cycle": lambda lr: one_cycle(lr, total=STEPS)(np.arange(STEPS)),
    "from 0 and back": lambda lr: triangular(0.0, lr, half_period=40)(np.arange(STEPS)),
}

# the same in PyTorch: (class, what its settings are called there)
PYTORCH = {
    SGD: ("SGD", lambda o: {}),
    Momentum: ("SGD", lambda o: {"momentum": o.beta}),
    Nesterov: ("SGD", lambda o: {"momentum": o.beta, "nesterov": True}),
    AdaGrad: ("Adagrad", lambda o: {"eps": o.eps}),
    RMSProp: ("RMSprop", lambda o: {"alpha": o.rho, "eps": o.eps}),
    Adam: ("Adam", lambda o: {"betas": (o.beta1, o.beta2), "eps": o.eps}),
    AdamW: ("AdamW", lambda o: {"betas": (o.beta1, o.beta2), "eps": o.eps}),
}
DRAWN = {"beta": st.floats(0.1, 0.99), "rho": st.floats(0.5, 0.999), "beta1": st.floats(0.0, 0.99),
         "beta2": st.floats(0.5, 0.9999), "eps": st.sampled_from([1e-10, 1e-8, 1e-3]),
         "weight_decay": st.sampled_from([0.0, 1e-3, 0.1])}


def drawn(kind):
    return st.builds(kind, **{name: DRAWN[name] for name in kind.__dataclass_fields__})


def gradients(seed, steps=STEPS, size=7):
    """A gradient of a bowl with noise: a function of the weights and the step."""
    generator = np.random.default_rng(seed)
    curvature, noise = generator.uniform(0.1, 2, size), generator.normal(size=(steps, size))
    return lambda w, k: curvature * w + noise[k]


def run(optimizer, gradient, rates, start):
    w, path = start.copy(), []
    for k, lr in enumerate(rates):
        optimizer.step(w, gradient(w, k), lr)
        path.append(w.copy())
    return np.array(path)


START = np.random.default_rng(5).normal(size=7)


@pytest.mark.parametrize("kind", PYTORCH)
@settings(max_examples=8, deadline=None, database=None, derandomize=True)
@given(data=st.data())
def test_same_as_pytorch(kind, data):
    torch = oracle("torch")
    optimizer = data.draw(drawn(kind))
    rates = RATES[data.draw(st.sampled_from(list(RATES)))](data.draw(st.floats(1e-3, 0.2)))
    gradient = gradients(data.draw(st.integers(0, 1000)))
    weight = torch.nn.Parameter(torch.tensor(START))
    name, names = PYTORCH[kind]
    theirs = getattr(torch.optim, name)([weight], lr=1.0, weight_decay=optimizer.weight_decay, **names(optimizer))
    w = START.copy()
    for k, lr in enumerate(rates):
        optimizer.step(w, gradient(w, k), lr)
        weight.grad = torch.tensor(gradient(weight.detach().numpy(), k))
        theirs.param_groups[0]["lr"] = float(lr)
        theirs.step()
        assert np.allclose(w, weight.detach().numpy(), rtol=1e-10, atol=1e-12), k


@pytest.mark.parametrize("kind", PYTORCH)
def test_defaults_are_pytorchs(kind):
    torch = oracle("torch")
    name, names = PYTORCH[kind]
    default = getattr(torch.optim, name)([torch.nn.Parameter(torch.zeros(1))], lr=1.0).defaults
    assert default["weight_decay"] == kind().weight_decay
    if kind not in (Momentum, Nesterov):     # PyTorch has no momentum until it is asked for
        assert {key: default[key] for key in names(kind())} == names(kind())


@ALL
@pytest.mark.parametrize("shape", [(4, 7), (4, 2, 3)])
def test_a_stack_of_runs_is_as_many_single_runs(kind, shape):
    generator = np.random.default_rng(2)
    starts, noise = generator.normal(size=shape), generator.normal(size=(100, *shape))
    rates = np.array([0.01, 0.1, 0.3, 0.0])[:, None] * RATES["one cycle"](1.0)[:100]
    stack, one = starts.copy(), kind(weight_decay=0.01)
    singles, own = [start.copy() for start in starts], [one.fresh() for _ in starts]
    for k in range(100):
        one.step(stack, stack + noise[k], rates[:, k])
        for r, w in enumerate(singles):
            own[r].step(w, w + noise[k, r], rates[r, k])
    assert np.allclose(stack, singles, rtol=1e-12, atol=1e-15)
    assert np.allclose(one.evaluation_weights(stack), [o.evaluation_weights(w) for o, w in zip(own, singles)], rtol=1e-12)


@ALL
def test_works_in_place_and_leaves_the_gradient_alone(kind):
    w, optimizer = START.copy(), kind()
    same, grad = w, np.ones(7)
    assert optimizer.step(w, grad, 0.1) is None
    assert same is w and not np.array_equal(w, START) and (grad == 1).all()
    view = np.zeros((3, 7))
    kind().step(view[1], grad, 0.1)
    assert view[1].any() and not view[[0, 2]].any()


@ALL
def test_a_rate_of_zero_moves_nothing(kind):
    w, optimizer = START.copy(), kind(weight_decay=0.1)
    for _ in range(3):
        optimizer.step(w, np.ones(7), 0.0)
    assert np.allclose(w, START, rtol=1e-15) and np.allclose(optimizer.evaluation_weights(w), START, rtol=1e-15)


@ALL
def test_fresh_has_the_settings_and_no_memory(kind):
    used = kind(weight_decay=0.02)
    first = run(used, gradients(3), RATES["cosine"](0.1), START)
    fresh = used.fresh()
    assert fresh == used and fresh.steps == 0 and used.steps == STEPS
    assert np.array_equal(run(fresh, gradients(3), RATES["cosine"](0.1), START), first)
    assert not np.array_equal(run(used, gradients(3), RATES["cosine"](0.1), START), first) or kind is SGD


@ALL
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_goes_on_where_the_first_was(kind, copied):
    rates, gradient = RATES["staircase"](0.1), gradients(4)
    optimizer, w = kind(), START.copy()
    for k in range(50):
        optimizer.step(w, gradient(w, k), rates[k])
    other, w2 = copied(optimizer), w.copy()
    for k in range(50, 100):
        optimizer.step(w, gradient(w, k), rates[k])
        other.step(w2, gradient(w2, k), rates[k])
    assert np.array_equal(w, w2)


@ALL
def test_float32_stays_float32(kind):
    w, optimizer = START.astype(np.float32), kind()
    for _ in range(5):
        optimizer.step(w, np.ones(7), 0.1)
    assert w.dtype == optimizer.evaluation_weights(w).dtype == np.float32
    assert all(getattr(optimizer, name).dtype == np.float32 for name in kind.memory)


def test_a_diverged_run_leaves_the_others_alone():
    with np.errstate(all="ignore"):
        for kind in OPTIMIZERS:
            w, optimizer = np.array([[1.0, -1.0], [1.0, -1.0]]), kind()
            alone, own = w[1].copy(), kind()
            for _ in range(400):
                optimizer.step(w, w, [1e200 if kind is AdaGrad else 50.0, 0.1])
                own.step(alone, alone, 0.1)
            assert np.allclose(w[1], alone, rtol=1e-12), kind


# ---- schedule-free: the equations of the paper, with every iterate kept ---------------------------------------------

@settings(max_examples=8, deadline=None, database=None, derandomize=True)
@given(beta=st.floats(0, 0.98), decay=st.sampled_from([0.0, 0.05]), name=st.sampled_from(list(RATES)),
       lr=st.floats(0.01, 0.5), seed=st.integers(0, 99))
def test_schedule_free_follows_the_paper(beta, decay, name, lr, seed):
    """y = (1 - beta) z + beta x, z steps from the gradient at y, x is the mean of all z weighted by squared rates."""
    gradient, rates = gradients(seed), RATES[name](lr)
    optimizer, w = ScheduleFreeSGD(beta=beta, weight_decay=decay), START.copy()
    zs, weights = [], []
    z = x = START
    for k, lr in enumerate(rates):
        y = (1 - beta) * z + beta * x
        z = z - lr * (gradient(y, k) + decay * y)
        zs.append(z)
        weights.append(lr ** 2)
        x = np.average(zs, axis=0, weights=weights) if sum(weights) else START
        optimizer.step(w, gradient(w, k), lr)
        assert np.allclose(optimizer.evaluation_weights(w), x, rtol=1e-9, atol=1e-11), k
        assert np.allclose(w, (1 - beta) * z + beta * x, rtol=1e-9, atol=1e-11), k


def test_schedule_free_without_momentum_is_averaged_sgd():
    path = run(SGD(), gradients(1), RATES["constant"](0.1), START)
    optimizer = ScheduleFreeSGD(beta=0.0)
    assert np.allclose(run(optimizer, gradients(1), RATES["constant"](0.1), START), path, rtol=1e-12)
    assert np.allclose(optimizer.evaluation_weights(None), path.mean(axis=0), rtol=1e-10)


def test_schedule_free_averages_the_noise_away():
    optimizer, plain = ScheduleFreeSGD(), SGD()
    noise = np.random.default_rng(0).normal(size=(2000, 500))
    free, w = np.zeros(500), np.zeros(500)
    for k in range(2000):
        optimizer.step(free, free + noise[k], 0.1)
        plain.step(w, w + noise[k], 0.1)
    assert (optimizer.evaluation_weights(free) ** 2).mean() < 0.05 * (w ** 2).mean()


def test_same_as_the_schedulefree_package():
    schedulefree, torch = pytest.importorskip("schedulefree"), pytest.importorskip("torch")
    weight = torch.nn.Parameter(torch.tensor(START))
    theirs, ours, w = schedulefree.SGDScheduleFree([weight], lr=0.1), ScheduleFreeSGD(), START.copy()
    theirs.train()
    gradient = gradients(8)
    for k in range(STEPS):
        ours.step(w, gradient(w, k), 0.1)
        weight.grad = torch.tensor(gradient(weight.detach().numpy(), k))
        theirs.step()
        assert np.allclose(w, weight.detach().numpy(), rtol=1e-9, atol=1e-11)


# ---- bad input ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, name", [(kind, name) for kind in OPTIMIZERS for name in kind.__dataclass_fields__])
def test_bad_settings(kind, name):
    allowed = kind.__dataclass_fields__[name].type
    assert isinstance(allowed, Range)
    for value, error in [("x", TypeError), (None, TypeError), (True, TypeError), ([0.1], TypeError),
                         (math.nan, ValueError), (math.inf, ValueError), (allowed.low - 1e-6, ValueError),
                         *[(allowed.high, ValueError)] * allowed.open_high, *[(allowed.low, ValueError)] * allowed.open_low]:
        with pytest.raises(error) as caught:
            kind(**{name: value})
        assert str(caught.value).startswith(f"{name}={value!r} is not allowed in {kind.__name__}: ")
    with pytest.raises(TypeError):
        kind(no_such=1)


@ALL
@pytest.mark.parametrize("w, grad, lr, error, said", [
    ([1.0], [1.0], 0.1, TypeError, r"w=\[1.0\] is not allowed"),
    (np.array([1]), [1.0], 0.1, TypeError, "array of floats"),
    (np.zeros(3), np.zeros(2), 0.1, ValueError, r"grad has the shape \(2,\), w has \(3,\)"),
    (np.zeros(3), np.zeros(3), -0.1, ValueError, "lr=-0.1 is not allowed"),
    (np.zeros(3), np.zeros(3), math.nan, ValueError, "lr=nan is not allowed"),
    (np.zeros((2, 3)), np.zeros((2, 3)), [0.1, -1], ValueError, r"lr=\[0.1, -1\] is not allowed"),
    (np.zeros((2, 3)), np.zeros((2, 3)), [0.1] * 3, ValueError, r"lr has the shape \(3,\), w has \(2, 3\)"),
    (np.zeros(3), np.zeros(3), math.inf, ValueError, "lr=inf is not allowed: a finite learning rate"),
    (np.zeros(3), np.zeros(3), "0.1", TypeError, "lr='0.1' is not allowed"),
    (np.zeros(3), np.zeros(3), None, TypeError, "lr=None is not allowed"),
    (np.zeros(3), None, 0.1, TypeError, "grad None is not allowed"),
    (np.zeros(1), ["1"], 0.1, TypeError, "grad .* is not allowed"),
    (np.zeros(3), [[1.0], [1.0, 2.0]], 0.1, TypeError, "grad .* is not allowed"),
])
def test_bad_steps(kind, w, grad, lr, error, said):
    optimizer = kind()
    with pytest.raises(error, match=said):
        optimizer.step(w, grad, lr)
    assert optimizer.steps == 0


@pytest.mark.parametrize("made, said", [
    (lambda: Adam(0.001), r"^Adam\(0.001\) is not allowed: the learning rate goes to train or step, and settings by keyword \(beta1, "),
    (lambda: SGD(0.1), r"^SGD\(0.1\) is not allowed: .* \(weight_decay\)$"), (lambda: RMSProp(0.001, 0.9), "RMSProp"),
    (lambda: AdamW(lr=0.1), r"^AdamW\(lr=0.1\) is not allowed: the learning rate goes to train"), (lambda: AdaGrad(0.1), "AdaGrad"),
    (lambda: Momentum(0.1, 0.9), r"^Momentum\(0.1, 0.9\) is not allowed: .* \(beta, weight_decay\)$"),
    (lambda: Nesterov(0.1, 0.9), "Nesterov"),
    (lambda: Momentum(learning_rate=0.1), "Momentum"), (lambda: ScheduleFreeSGD(0.1), "ScheduleFreeSGD")])
def test_a_learning_rate_is_no_setting(made, said):
    with pytest.raises(TypeError, match=said):
        made()


def test_beta_of_momentum_may_go_without_its_name():
    assert Momentum(0.5) == Momentum(beta=0.5) and Nesterov(0.5) == Nesterov(beta=0.5)


@pytest.mark.parametrize("kind", [*(kind for kind in OPTIMIZERS if kind is not SGD), lambda: Clip(Momentum()), lambda: EMA(SGD())])
def test_a_memory_of_other_weights_is_refused(kind):
    optimizer = kind()
    optimizer.step(np.ones(1), np.ones(1), 0.1)
    for w in (np.ones(3), np.ones((1, 1)), np.ones(1, np.float32)):
        with pytest.raises(ValueError, match=r"this \w+ remembers steps of .*Its fresh.. remembers none"):
            optimizer.step(w, np.ones(w.shape), 0.1)
        optimizer.fresh().step(w, np.ones(w.shape), 0.1)
    optimizer.step(np.ones(1), np.ones(1), 0.1)


def test_defaults():
    assert {kind.__name__: {name: field.default for name, field in kind.__dataclass_fields__.items()} for kind in OPTIMIZERS} == {
        "SGD": {"weight_decay": 0.0}, "Momentum": {"beta": 0.9, "weight_decay": 0.0}, "Nesterov": {"beta": 0.9, "weight_decay": 0.0},
        "AdaGrad": {"eps": 1e-10, "weight_decay": 0.0}, "RMSProp": {"rho": 0.99, "eps": 1e-8, "weight_decay": 0.0},
        "Adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0},
        "AdamW": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}, "ScheduleFreeSGD": {"beta": 0.9, "weight_decay": 0.0}}
    assert Clip(SGD()).norm == 1.0 and EMA(SGD()).beta == 0.99 and SGD().decays == 1.0
    with pytest.raises(TypeError, match="beta"):
        SGD(beta=0.9)


@ALL
def test_only_momentum_and_nesterov_take_a_number_without_its_name(kind):
    if kind not in (Momentum, Nesterov):
        with pytest.raises(TypeError, match="the learning rate goes to train or step"):
            kind(0.5)
    with pytest.raises(TypeError, match="the learning rate goes to train or step"):
        kind(0.5, 0.5)


@ALL
def test_what_decays_is_the_problems_to_say(kind):
    """A weight_decay that acts on the first weight alone is that of a problem of the first weight, and none of the second."""
    masked, whole, none = kind(weight_decay=0.3), kind(weight_decay=0.3), kind(weight_decay=0.0)
    masked.decays = np.array([1.0, 0.0])
    both, first, second = np.array([1.0, -2.0]), np.array([1.0]), np.array([-2.0])
    for _ in range(5):
        masked.step(both, np.array([0.5, 0.2]), 0.1)
        whole.step(first, [0.5], 0.1)
        none.step(second, [0.2], 0.1)
    assert both.tolist() == pytest.approx([*first, *second], rel=1e-12) and first[0] != pytest.approx(1.0)


@pytest.mark.parametrize("wrapped", [lambda: Clip(SGD(weight_decay=0.5), norm=1e9), lambda: EMA(SGD(weight_decay=0.5))])
def test_what_decays_goes_on_to_the_optimizer_inside(wrapped):
    w, optimizer = np.ones(2), wrapped()
    optimizer.decays = np.array([1.0, 0.0])
    optimizer.step(w, np.zeros(2), 0.1)
    assert w.tolist() == [0.95, 1.0]


def test_clip():
    w = np.zeros((3, 2, 2))
    grad = np.zeros((3, 2, 2))
    grad[0, 0], grad[1, 1], grad[2, 0, 0] = (3.0, 4.0), (0.3, 0.4), 1e-6
    Clip(SGD(), norm=1.0).step(w, grad, [1.0, 1.0, 2.0])
    assert w[0, 0].tolist() == pytest.approx([-0.6, -0.8], rel=1e-5) and w[1, 1].tolist() == [-0.3, -0.4] and w[2, 0, 0] == -2e-6
    w = np.zeros(1)
    Clip(SGD(), norm=1e-6).step(w, [1e-6], 1.0)         # as PyTorch does: a millionth is added to the length
    assert w[0] == pytest.approx(-0.5e-6, rel=1e-9)
    used = Clip(Momentum(0.5), norm=2.0)
    used.step(np.zeros(1), [1.0], 0.1)
    assert used.fresh().optimizer.steps == 0 and used.optimizer.steps == 1 and used.fresh() == Clip(Momentum(0.5), 2.0)
    free = Clip(ScheduleFreeSGD(beta=0.0))
    w = np.zeros(1)
    for _ in range(2):
        free.step(w, [1.0], 0.1)
    assert free.evaluation_weights(w)[0] == pytest.approx(-0.15, rel=1e-5)
    for kind in (Clip, EMA):
        with pytest.raises(TypeError, match="optimizer=3 is not allowed in"):
            kind(3)


def test_ema():
    w, averaged = np.array([1.0]), EMA(SGD(), beta=0.75)
    assert averaged.evaluation_weights(w) is w
    shown = []
    for _ in range(3):
        averaged.step(w, [1.0], 0.5)
        shown.append(averaged.evaluation_weights(w)[0])
    assert shown == [0.5, 0.375, 0.1875 + 0.09375 - 0.125] and w[0] == -0.5 and averaged.steps == averaged.optimizer.steps == 3
    assert averaged.fresh().steps == averaged.fresh().optimizer.steps == 0 and averaged.fresh() == EMA(SGD(), beta=0.75)


def test_schedule_free_at_a_rate_of_zero_begins_later():
    w, optimizer = np.array([1.0]), ScheduleFreeSGD(beta=0.5)
    assert optimizer.evaluation_weights(w) is w
    for lr in (0.0, 0.1, 0.1):
        optimizer.step(w, [1.0], lr)
    assert optimizer.evaluation_weights(w)[0] == pytest.approx(0.85) and w[0] == pytest.approx((0.8 + 0.85) / 2)


def test_rates_of_the_runs_reach_all_axes():
    w = np.ones((2, 3, 2))
    SGD().step(w, np.ones((2, 3, 2)), [0.25, 0.5])
    assert (w[0] == 0.75).all() and (w[1] == 0.5).all()
    for lr in ([0.1], [[0.1], [0.2]], [0.1] * 3):
        with pytest.raises(ValueError, match="lr has the shape"):
            SGD().step(w, w, lr)
