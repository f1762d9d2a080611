"""Every schedule: what all have in common, its formula, and the same schedule in PyTorch, Keras and Optax.

A schedule that is added to SCHEDULES gets the first two parts by itself, with parameters drawn from its ranges.
"""

import copy
import inspect
import json
import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from drawn import any_schedule, oracle, parameters, schedules, torch_rates
from hypothesis import given, settings
from hypothesis import strategies as st

import lrcourse.schedules as module
from lrcourse.ranges import Below, Choice, Flag, Fraction, Positive, Range, Times, Vector, plain
from lrcourse.schedules import COMBINATORS, SCHEDULES, Many, One, ReduceLROnPlateau, Schedule, constant, schedule

FACTS = json.loads((Path(__file__).parent / "data" / "conformance.json").read_text())
ALL = [pytest.param(factory, id=factory.__name__) for factory in (*SCHEDULES, *COMBINATORS)]
every = pytest.mark.parametrize("factory", ALL)
TIMES = np.concatenate([np.arange(0, 60) / 4, np.linspace(0, 400, 41), [1e6]])
quick = settings(max_examples=10, deadline=None, database=None, derandomize=True)


def build(expression):
    return eval(expression, dict(vars(module)))


# ---- what all schedules have in common ------------------------------------------------------------------------------

@every
@quick
@given(data=st.data())
def test_is_a_pure_function_of_time(factory, data):
    s = data.draw(schedules(factory))
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        lr = s(TIMES)
    assert np.isfinite(lr).all() and (lr >= 0).all()
    assert np.array_equal(s(TIMES[::-1])[::-1], lr)                                    # the order does not matter
    assert np.allclose([s(t) for t in TIMES], lr, rtol=1e-12, atol=1e-12 * lr.max())   # nor does one by one
    assert np.array_equal(s(TIMES), lr)


@every
@quick
@given(data=st.data())
def test_keeps_shape_and_kind(factory, data):
    s = data.draw(schedules(factory))
    assert type(s(3)) is type(s(3.5)) is type(s(np.int64(3))) is type(s(np.float32(3))) is float
    for shape in [(0,), (3,), (2, 3), (2, 0, 1)]:
        lr = s(np.ones(shape))
        assert lr.shape == shape and lr.dtype == np.float64 and lr.flags.writeable
    assert s([0, 1]).dtype == s(np.array([0, 1], np.uint8)).dtype == np.float64
    lr = s(np.arange(5, dtype=np.float32))
    assert lr.dtype == np.float32


@every
@quick
@given(data=st.data())
def test_is_a_value(factory, data):
    s = data.draw(schedules(factory))
    for same in (factory(**s.parameters), pickle.loads(pickle.dumps(s)), copy.deepcopy(s), build(repr(s))):
        assert same == s and hash(same) == hash(s) and np.array_equal(same(TIMES), s(TIMES))
    assert s != 1.0 and s != constant(0.123) and len({s, factory(**s.parameters)}) == 1
    with pytest.raises(AttributeError, match="frozen"):
        s.lr = 3
    with pytest.raises(AttributeError, match="frozen"):
        s.parameters = {}


@every
@quick
@given(data=st.data())
def test_numpy_scalars_do_as_well(factory, data):
    s = data.draw(schedules(factory))
    wrapped = {k: np.float64(v) if isinstance(v, float) else v for k, v in s.parameters.items()}
    assert factory(**wrapped) == s and "np." not in repr(factory(**wrapped))


@pytest.mark.parametrize("factory", [param for param in ALL if "total" in param.values[0].ranges])
@quick
@given(data=st.data())
def test_after_total_stays(factory, data):
    s = data.draw(schedules(factory))
    total = s.parameters["total"]
    assert (s(total + np.array([0.0, 1e-9, 1, total, 1e9])) == s(total)).all()
    if "end" in s.parameters:
        assert math.isclose(s(total), s.parameters["end"], abs_tol=1e-15 * s.parameters["lr"], rel_tol=1e-12)


@quick
@given(s=any_schedule(also=COMBINATORS))
def test_staircase_holds_inside_an_epoch(s):
    t = np.linspace(0, 30, 121)
    assert np.array_equal(module.staircase(s)(t), s(np.floor(t)))


@quick
@given(a=any_schedule(), b=any_schedule(), c=st.floats(0.01, 100))
def test_scaling_and_products(a, b, c):
    assert np.array_equal((c * a)(TIMES), c * a(TIMES)) and c * a == a * c
    assert np.allclose((a * b)(TIMES), a(TIMES) * b(TIMES), rtol=1e-14)
    for other in ("x", None, [1]):
        with pytest.raises(TypeError):
            a * other


@quick
@given(s=any_schedule(), length=st.integers(1, 20), start=st.floats(0, 1))
def test_warmup_shifts_the_clock(s, length, start):
    warm = module.warmup(s, length, start)
    assert math.isclose(warm(0), start * s(0), abs_tol=1e-15)
    assert math.isclose(warm(length / 2), (1 + start) / 2 * s(0), rel_tol=1e-12)
    assert np.array_equal(warm(length + TIMES), s(length + TIMES - length))


@quick
@given(parts=st.lists(any_schedule(), min_size=3, max_size=3))
def test_join_runs_each_part_on_its_own_clock(parts):
    joined = module.join(parts, boundaries=[2, 7.5])
    for t in (0, 1.99, 2, 5, 7.49, 7.5, 30):
        part, began = (parts[0], 0) if t < 2 else (parts[1], 2) if t < 7.5 else (parts[2], 7.5)
        assert joined(t) == part(t - began)


@every
def test_documents_itself(factory):
    assert factory.formula and "$" not in factory.formula and factory.formula in " ".join(factory.__doc__.split())
    assert ">>>" in factory.__doc__ and len(factory.ranges) == len(inspect.signature(factory).parameters)


def test_a_schedule_of_your_own():
    @schedule
    def bouncing(t, lr: Positive, depth: Fraction = 0.5):
        r"""$\alpha_t = \alpha_0 (1 - d\sin^2 t)$"""
        return lr * (1 - depth * np.sin(t) ** 2)

    assert bouncing(0.1, depth=1)(np.pi / 2) == pytest.approx(0, abs=1e-17)
    with pytest.raises(ValueError, match="depth=2 is not allowed in bouncing: a number from 0 to 1"):
        bouncing(0.1, depth=2)
    assert module.warmup(bouncing(0.1), 5)(5) == 0.1

    @schedule
    def halving(t, lr: Positive, end: Below("lr"), until: Below("lr - end") = 0.0):
        return np.maximum(lr / 2 ** t, end + until)

    assert halving(0.4, end=0.1)([0, 1, 9]).tolist() == [0.4, 0.2, 0.1]


@pytest.mark.parametrize("annotation, said", [
    (float, "the annotation float"), (inspect.Parameter.empty, "no annotation"), (Range, "the annotation Range"), ("nonsense", "nonsense"),
    (0.1, "the annotation 0.1"), (Range(0.0, "other"), "up to 'other' is not allowed in mine: it has no other")])
def test_a_schedule_of_your_own_says_what_its_parameters_may_be(annotation, said):
    def mine(t, lr):
        return lr

    mine.__annotations__ = {} if annotation is inspect.Parameter.empty else {"lr": annotation}
    with pytest.raises(TypeError, match=f"is not allowed in mine.*{said}|lr (with )?{said}"):
        schedule(mine)


@pytest.mark.parametrize("function", [3, None, "x", np.sin, constant(0.1), type, lambda: 0.1, lambda *t: 0.1, lambda t, **p: 0.1])
def test_what_is_no_formula_is_refused(function):
    with pytest.raises(TypeError, match=r"^function=.* is not allowed in schedule: a function f\(t, "):
        schedule(function)


@pytest.mark.parametrize("formula, error, said", [
    (lambda t: 1 - t, ValueError, r"the rate -1 at t=2 is not allowed: .* has to give a finite one from 0 up"),
    (lambda t: np.where(t > 3, np.nan, 1.0), ValueError, "the rate nan at t=4"),
    (lambda t: np.where(t > 3, np.inf, 1.0), ValueError, "inf at t=4"),
    (lambda t: None, TypeError, "gives None for the times"), (lambda t: "1", TypeError, "gives '1' for the times"),
    (lambda t: np.ones(3), TypeError, "gives array.* for the times"), (lambda t: 1j * t, TypeError, "a number for each is wanted")])
def test_a_formula_that_gives_no_rate_is_refused_with_time_and_value(formula, error, said):
    with pytest.raises(error, match=said):
        schedule(formula)()(np.arange(6))
    with pytest.raises(error):
        s = schedule(formula)()
        [s(t) for t in range(6)]
    with pytest.raises(error):
        module.warmup(schedule(formula)(), 1)(np.arange(9))


def test_jumps_are_on_time():
    """Where rounding puts t/s, a milestone or a boundary just beside the update that should have it."""
    for n in (1, 3, 7, 10, 31, 100):
        for k in range(1, 200):
            size = k / n
            for times in (np.arange(1, 60) * size, np.arange(1, 60) * k / n):
                drops = module.step_decay(1.0, gamma=0.5, step_size=size)(times)
                assert np.array_equal(drops, 0.5 ** np.arange(1, 60)), (k, n)
                assert module.staircase(module.step_decay(1.0, 0.5, 1))(np.round(times * n / k) / 10 * 10).tolist() == drops.tolist()
    for part in range(1, 1000):
        milestone = 100 * (part / 100)
        for m in (milestone, np.nextafter(milestone, np.inf), np.nextafter(milestone, 0)):
            for t in (part, milestone):
                assert module.multistep_decay(1.0, [m])(t) == 0.1
                assert module.join([constant(1.0), constant(0.5)], [m])(t) == 0.5
                assert module.join([constant(1.0), module.step_decay(1.0, 0.5, 1)], [m])(t + 1) == 0.5
                assert module.warmup(module.step_decay(1.0, 0.5, 1), m)(t + 1) == 0.5
    assert module.step_decay(1.0, gamma=0.5, step_size=0.4)(1.2) == 0.125 and module.multistep_decay(1.0, [100 * 0.55])(55) == 0.1


def test_a_jump_is_not_early_either():
    for n in (1, 10, 1000, 10 ** 6):
        before = 3 - 1 / n
        assert module.step_decay(1.0, 0.5, 3)(before) == module.multistep_decay(1.0, [3], 0.5)(before) == 1.0
        assert module.join([constant(1.0), constant(0.5)], [3])(before) == 1.0
        assert module.staircase(module.linear_decay(1.0, 10))(before) == 0.8


def test_parameters_and_ranges_are_read_only():
    s = module.multistep_decay(0.1, [1, 2])
    for change in (lambda: s.parameters.update(lr=1), lambda: s.ranges.clear(), lambda: constant.ranges.pop("lr")):
        with pytest.raises(AttributeError):
            change()
    for held in (s.parameters, s.ranges):
        with pytest.raises(TypeError):
            held["lr"] = -5
    assert s == module.multistep_decay(0.1, [1, 2]) and hash(s) == hash(module.multistep_decay(0.1, (1, 2)))


def test_deep_nesting_takes_linear_time():
    s, deep = constant(0.1), module.DEEPEST - 1
    for _ in range(deep):
        s = module.warmup(s, 1)
    assert s(600) == 0.1 and s(0) == 0 and s(deep - 0.5) == pytest.approx(0.05) and (s(np.arange(3)) == 0).all()
    assert repr(s).count("warmup") == deep and s == pickle.loads(pickle.dumps(s)) and len({s, copy.deepcopy(s)}) == 1
    with pytest.raises(ValueError, match=f"more than {module.DEEPEST} schedules, one inside the other"):
        module.warmup(s, 1)


# ---- bad input, from the ranges -------------------------------------------------------------------------------------

def bad_values(allowed, others):
    """Values that a range must refuse, with the error it must raise."""
    if isinstance(allowed, One):
        return [(value, TypeError) for value in (0.1, None, "x", [constant(1.0)], np.cos)]
    if isinstance(allowed, Many):
        return [([], ValueError), (0.1, TypeError), ([constant(1.0), 2], TypeError), (None, TypeError)]
    if isinstance(allowed, Times):
        return [([3, 2], ValueError), ([0, 1], ValueError), ([2, 2], ValueError), ([-1], ValueError), (5, TypeError),
                ([1, math.nan], ValueError), ([1, math.inf], ValueError), ("ab", TypeError), ([True], TypeError),
                ([1, 10 ** 400], ValueError), (constant(1.0), TypeError), (np.ones((2, 2)), TypeError),
                ([None], TypeError), (None, TypeError)]
    if isinstance(allowed, Choice):
        return [("no such", ValueError), (None, ValueError), (1, ValueError), ([], ValueError), (np.ones(2), ValueError)]
    assert isinstance(allowed, Range), f"say here what {allowed!r} must refuse"
    high = allowed.limit(others)
    found = [(value, TypeError) for value in (None, "0.1", [0.1], True, 1j, np.ones(2), constant(1.0))]
    found += [(value, ValueError) for value in (math.nan, math.inf, -math.inf, allowed.low - 0.001, -10 ** 400)]
    found += [(10 ** 400, ValueError)]
    found += [(allowed.low, ValueError)] * allowed.open_low
    found += [(high * 1.001 + 1e-9, ValueError), (2 * high + 1, ValueError)] * (high < math.inf)
    found += [(high, ValueError)] * allowed.open_high
    if allowed.whole:
        found = [(value, TypeError if isinstance(value, float) else error) for value, error in found] + [(1.5, TypeError)]
    return found


@every
@settings(quick, max_examples=3)
@given(data=st.data())
def test_bad_values_are_named(factory, data):
    good = data.draw(parameters(factory))
    for name, allowed in factory.ranges.items():
        for value, error in bad_values(allowed, good):
            with pytest.raises(error) as caught:
                factory(**{**good, name: value})
            assert str(caught.value).startswith(f"{name}={value!r} is not allowed in {factory.__name__}: ")


@every
def test_missing_and_unknown_arguments(factory):
    for arguments in ({"no_such": 1}, {}):
        with pytest.raises(TypeError, match=factory.__name__):
            factory(**arguments)


@every
@settings(quick, max_examples=2)
@given(data=st.data())
def test_bad_times(factory, data):
    s = data.draw(schedules(factory))
    for t in (-1, -1e-9, math.nan, math.inf, [0, -1], [0, math.nan]):
        with pytest.raises(ValueError, match="time"):
            s(t)
    for t in ("1", None, True, [True], ["x"], 1j, {}):
        with pytest.raises(TypeError, match="time"):
            s(t)


def test_boundaries_must_fit_the_schedules():
    with pytest.raises(ValueError, match="boundaries=.* is not allowed in join: one less than the 2 schedules"):
        module.join([constant(0.1), constant(0.2)], boundaries=[1, 2])


# ---- closed forms, written a second time in plain Python ------------------------------------------------------------

def cosine(z):
    return (1 + math.cos(math.pi * min(z, 1))) / 2


def restarts(t, period, mult):
    while t >= period * (1 - 1e-12):
        t, period = max(t - period, 0), period * mult
    return cosine(t / period)


COOL = {"linear": lambda z: 1 - z, "cosine": cosine, "1-sqrt": lambda z: 1 - math.sqrt(z), "square": lambda z: (1 - z)**2}


def wsd(t, lr, total, decay, warmup, shape, end):
    fall = COOL[shape](min(max((t - total + decay) / decay, 0), 1))
    return (t / warmup if t < warmup else 1) * (end + (lr - end) * fall)


def one_cycle(t, lr, total, pct_start, div_factor, final_div_factor):
    peak = pct_start * total
    if t < peak:
        return lr / div_factor + (lr - lr / div_factor) * (1 - cosine(t / peak))
    last = lr / div_factor / final_div_factor
    return last + (lr - last) * (cosine((t - peak) / (total - peak)) if total > peak else 1)


def triangular(t, min_lr, max_lr, half_period):
    phase = math.fmod(t, 2 * half_period) / half_period
    return min_lr + (max_lr - min_lr) * (phase if phase < 1 else 2 - phase)


CLOSED = {
    "constant": lambda t, lr: lr,
    "inverse_time_decay": lambda t, lr, decay_rate: lr / (1 + decay_rate * t),
    "exponential_decay": lambda t, lr, gamma: lr * (math.exp(t * math.log(gamma)) if gamma else float(t == 0)),
    "step_decay": lambda t, lr, gamma, step_size: lr * gamma ** int(t / step_size),
    "multistep_decay": lambda t, lr, milestones, gamma: lr * math.prod(gamma for m in milestones if m <= t),
    "polynomial_decay": lambda t, lr, total, power, end: end + (lr - end) * (1 - min(t, total) / total) ** power,
    "linear_decay": lambda t, lr, total, end: lr + (end - lr) * min(t, total) / total,
    "cosine_decay": lambda t, lr, total, end: end + (lr - end) * cosine(t / total),
    "cosine_restarts": lambda t, lr, period, mult, end: end + (lr - end) * restarts(t, period, mult),
    "inverse_sqrt_decay": lambda t, lr, timescale: lr / math.sqrt(1 + t / timescale),
    "wsd": wsd,
    "rex_decay": lambda t, lr, total: lr * (1 - min(t / total, 1)) / (1 - min(t / total, 1) / 2),
    "one_cycle": one_cycle,
    "triangular": triangular,
    "lr_range": lambda t, min_lr, max_lr, total: min_lr * math.exp(
        math.log(max_lr / min_lr) * min(t / total, 1)),
}


@pytest.mark.parametrize("name", CLOSED)
@settings(quick, max_examples=40)
@given(data=st.data())
def test_closed_form(name, data):
    s = data.draw(schedules(getattr(module, name)))
    peak = s.parameters.get("lr", s.parameters.get("max_lr"))
    for t in [0, *data.draw(st.lists(st.integers(0, 800).map(lambda n: n / 8), max_size=12))]:
        assert math.isclose(s(t), CLOSED[name](t, **s.parameters), rel_tol=1e-9, abs_tol=1e-9 * peak), t


@pytest.mark.parametrize("shape, rates", [("linear", [1, 0.75, 0.5, 0.25, 0]), ("square", [1, 0.5625, 0.25, 0.0625, 0]),
                                          ("cosine", [1, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125), 0]),
                                          ("1-sqrt", [1, 0.5, 1 - math.sqrt(0.5), 1 - math.sqrt(0.75), 0])])
def test_the_shapes_of_a_cooldown(shape, rates):
    assert module.wsd(2.0, total=10, decay=4, shape=shape, end=1.0)([6, 7, 8, 9, 10]) == pytest.approx(1 + np.array(rates), abs=1e-15)
    assert set(module.COOLDOWNS) == {"linear", "square", "cosine", "1-sqrt"}


@pytest.mark.parametrize("fact", [pytest.param(f, id=f["id"]) for f in FACTS["schedules"] if f["ours"]])
def test_recorded_rates_of_other_libraries(fact):
    values = fact["values"][:fact.get("agree")]
    assert np.allclose(build(fact["ours"])(np.arange(len(values))), values, rtol=2e-6, atol=2e-7)


# ---- PyTorch, run beside ours ---------------------------------------------------------------------------------------
# one update is one epoch here; whole lengths, since theirs have to be

whole, rate = st.integers(1, 30), st.floats(1e-3, 2)
part = st.floats(0.01, 0.99)
UPDATES = 75


def low(lr):
    return st.floats(0, 0.9).map(lambda fraction: fraction * lr)


PYTORCH = {}


def pytorch(*strategies):
    def keep(function):
        PYTORCH[function.__name__] = (strategies, function)
        return function
    return keep


# each gives ours, theirs, and the number of updates for which they are the same
@pytorch(rate, part, whole)
def step_lr(L, lr, gamma, size):
    return module.step_decay(lr, gamma, size), lambda o: L.StepLR(o, size, gamma), UPDATES


@pytorch(rate, part, st.lists(whole, unique=True, max_size=4).map(sorted))
def multistep_lr(L, lr, gamma, milestones):
    return module.multistep_decay(lr, milestones, gamma), lambda o: L.MultiStepLR(o, milestones, gamma), UPDATES


@pytorch(rate, part)
def exponential_lr(L, lr, gamma):
    return module.exponential_decay(lr, gamma), lambda o: L.ExponentialLR(o, gamma), UPDATES


@pytorch(rate, whole, st.floats(0.3, 4))
def polynomial_lr(L, lr, total, power):
    return module.polynomial_decay(lr, total, power), lambda o: L.PolynomialLR(o, total, power), UPDATES


@pytorch(rate, whole, part)
def linear_lr(L, lr, total, end):
    return (module.linear_decay(lr, total, end=end * lr),
            lambda o: L.LinearLR(o, start_factor=1, end_factor=end, total_iters=total), UPDATES)


@pytorch(rate, whole, part)
def cosine_annealing_lr(L, lr, total, end):
    return (module.cosine_decay(lr, total, end=end * lr),
            lambda o: L.CosineAnnealingLR(o, total, eta_min=end * lr), total + 1)


@pytorch(rate, whole, st.integers(1, 3), part)
def cosine_annealing_warm_restarts(L, lr, period, mult, end):
    return (module.cosine_restarts(lr, period, mult, end=end * lr),
            lambda o: L.CosineAnnealingWarmRestarts(o, period, mult, eta_min=end * lr), UPDATES)


@pytorch(rate, st.integers(4, 60), st.floats(0.3, 0.9), st.floats(1, 100), st.floats(1, 1e5))
def one_cycle_lr(L, lr, total, pct, div, final):
    """PyTorch reaches its end value one update early, and its peak, too."""
    ours = module.one_cycle(lr, total, (pct * (total + 1) - 1) / total, div, final)
    return ours, lambda o: L.OneCycleLR(o, lr, total_steps=total + 1, pct_start=pct, div_factor=div,
                                        final_div_factor=final), total + 1


@pytorch(rate, st.floats(0, 1), whole)
def cyclic_lr(L, lr, low, half):
    return (module.triangular(low * lr, lr, half), lambda o: L.CyclicLR(o, low * lr, lr, step_size_up=half), UPDATES)


@pytorch(rate, whole, part, part)
def warmup_lr(L, lr, length, start, gamma):
    return (module.warmup(module.exponential_decay(lr, gamma), length, start),
            lambda o: L.SequentialLR(o, [L.LinearLR(o, start, 1, length), L.ExponentialLR(o, gamma)], [length]), UPDATES)


@pytorch(rate, part, st.integers(2, 30), whole)
def product_lr(L, lr, gamma, total, size):
    return (module.linear_decay(lr, total) * module.step_decay(1.0, gamma, size),
            lambda o: L.ChainedScheduler([L.PolynomialLR(o, total), L.StepLR(o, size, gamma)]), UPDATES)


@pytorch(rate, part, st.floats(0, 3))
def lambda_lr(L, lr, scale, k):
    return (scale * module.inverse_time_decay(lr, k),
            lambda o: L.LambdaLR(o, lambda t: scale / (1 + k * t)), UPDATES)


@pytest.mark.parametrize("name", PYTORCH)
@settings(quick, max_examples=25)
@given(data=st.data())
def test_same_as_pytorch(name, data):
    L = oracle("torch").optim.lr_scheduler
    strategies, function = PYTORCH[name]
    drawn = [data.draw(strategy) for strategy in strategies]
    ours, theirs, updates = function(L, *drawn)
    rates = torch_rates(theirs, updates, lr=drawn[0])
    assert np.allclose(ours(np.arange(updates)), rates, rtol=1e-9, atol=1e-12 * drawn[0])


@settings(quick, max_examples=150)
@given(metrics=st.lists(st.sampled_from([1.0, 0.9, 0.8999999, 0.5, 0.0, -0.3, -1.0, 2.0, math.nan, math.inf, -math.inf]),
                        max_size=40),
       lr=st.sampled_from([1.0, 0.1, 3e-8]), factor=st.floats(0, 0.99), patience=st.integers(0, 4),
       threshold=st.sampled_from([0.0, 1e-4, 0.2]), cooldown=st.integers(0, 4), floor=st.sampled_from([0.0, 0.02]))
def test_plateau_counts_as_pytorch_does(metrics, lr, factor, patience, threshold, cooldown, floor):
    torch = oracle("torch")
    floor = min(floor, lr)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, min_lr=floor)
    ours = ReduceLROnPlateau(lr, factor, patience, threshold, cooldown, floor)
    stacked = ours.fresh()
    for metric in metrics:
        theirs.step(metric)
        assert ours.step(metric) == optimizer.param_groups[0]["lr"]
        with np.errstate(invalid="ignore"):
            assert (stacked.step([metric, metric]) == ours.lr).all()


@pytest.mark.parametrize("fact", [pytest.param(f, id=f["id"]) for f in FACTS["plateau"]])
def test_plateau_recorded(fact):
    ours = ReduceLROnPlateau(fact["lr"], **fact["settings"])
    metrics = [math.nan if metric is None else metric for metric in fact["metrics"]]
    assert np.allclose([ours.step(metric) for metric in metrics], fact["values"], rtol=1e-12)


def test_plateau_watches_each_run_for_itself():
    ours = ReduceLROnPlateau(1.0, factor=0.5, patience=1)
    rates = np.array([ours.step([1.0, 1.0 - k / 10, -1.0, math.nan]) for k in range(6)])
    assert rates[-1].tolist() == [0.25, 1.0, 1.0, 0.125]
    again = ours.fresh()
    assert again == ReduceLROnPlateau(1.0, factor=0.5, patience=1) and again.step(1.0) == 1.0


@pytest.mark.parametrize("metric", [None, "0.5", True, [None], ["1"], [[1], [1, 2]], constant(0.1)])
def test_plateau_refuses_what_is_no_metric(metric):
    watch = ReduceLROnPlateau(0.1, patience=0)
    with pytest.raises(TypeError, match=r"^metric=.* is not allowed in ReduceLROnPlateau: a number"):
        watch.step(metric)
    assert watch == ReduceLROnPlateau(0.1, patience=0) and watch.bad == 0


def test_plateau_watches_one_shape():
    watch = ReduceLROnPlateau(0.1)
    watch.step([1.0, 2.0])
    for metric in (1.0, [1.0], [1.0] * 3):
        with pytest.raises(ValueError, match=r"has watched metrics of the shape \(2,\). Its fresh"):
            watch.step(metric)
    watch.fresh().step(1.0)


@pytest.mark.parametrize("name", ReduceLROnPlateau.__dataclass_fields__)
def test_plateau_bad_values(name):
    allowed = ReduceLROnPlateau.__dataclass_fields__[name].type
    for value, error in bad_values(allowed, {"lr": 1.0}):
        with pytest.raises(error, match=f"^{name}=.* is not allowed in ReduceLROnPlateau: "):
            ReduceLROnPlateau(**{"lr": 1.0, name: value})


# ---- Optax and Keras ------------------------------------------------------------------------------------------------

OPTAX = {
    "exponential_decay": ((part, whole), lambda X, lr, gamma, steps: (
        module.exponential_decay(lr, gamma ** (1 / steps)), X.exponential_decay(lr, steps, gamma))),
    "exponential_decay, staircase": ((part, whole), lambda X, lr, gamma, steps: (
        module.step_decay(lr, gamma, steps), X.exponential_decay(lr, steps, gamma, staircase=True))),
    "piecewise_constant_schedule": ((part, st.lists(whole, unique=True, max_size=4).map(sorted)),
                                    lambda X, lr, gamma, milestones: (
        module.multistep_decay(lr, milestones, gamma),
        X.piecewise_constant_schedule(lr, dict.fromkeys(milestones, gamma)))),
    "polynomial_schedule": ((whole, st.floats(0.3, 4), part), lambda X, lr, total, power, end: (
        module.polynomial_decay(lr, total, power, end * lr), X.polynomial_schedule(lr, end * lr, power, total))),
    "linear_schedule": ((whole, part), lambda X, lr, total, end: (
        module.linear_decay(lr, total, end * lr), X.linear_schedule(lr, end * lr, total))),
    "cosine_decay_schedule": ((whole, part), lambda X, lr, total, end: (
        module.cosine_decay(lr, total, end * lr), X.cosine_decay_schedule(lr, total, alpha=end))),
    "cosine_onecycle_schedule": ((st.integers(1, 6), st.floats(1.1, 50), st.floats(1.1, 1e4)),
                                 lambda X, lr, tens, div, final: (
        module.one_cycle(lr, 10 * tens, 0.3, div, final),
        X.cosine_onecycle_schedule(10 * tens, lr, 0.3, div, final))),
    "warmup_cosine_decay_schedule": ((whole, whole, part, part), lambda X, lr, total, length, start, end: (
        module.warmup(module.cosine_decay(lr, total, end * lr), length, start),
        X.warmup_cosine_decay_schedule(start * lr, lr, length, length + total, end * lr))),
    "join_schedules": ((whole, whole, part), lambda X, lr, first, second, gamma: (
        module.join([module.linear_decay(lr, first), module.exponential_decay(lr, gamma)], [second]),
        X.join_schedules([X.linear_schedule(lr, 0.0, first), X.exponential_decay(lr, 1, gamma)], [second]))),
    "constant_schedule": ((), lambda X, lr: (module.constant(lr), X.constant_schedule(lr))),
}


@pytest.mark.parametrize("name", OPTAX)
@settings(quick, max_examples=8)
@given(data=st.data())
def test_same_as_optax(name, data):
    optax, jax = oracle("optax"), oracle("jax")
    strategies, function = OPTAX[name]
    lr = data.draw(rate)
    with jax.enable_x64(True):
        ours, theirs = function(optax, lr, *(data.draw(strategy) for strategy in strategies))
        rates = np.asarray(jax.vmap(theirs)(jax.numpy.arange(UPDATES)))
    assert np.allclose(ours(np.arange(UPDATES)), rates, rtol=1e-6, atol=1e-7 * lr)


KERAS = {
    "ExponentialDecay": ((part, whole), lambda K, lr, gamma, steps: (
        module.exponential_decay(lr, gamma ** (1 / steps)), K.ExponentialDecay(lr, steps, gamma))),
    "ExponentialDecay, staircase": ((part, whole), lambda K, lr, gamma, steps: (
        module.step_decay(lr, gamma, steps), K.ExponentialDecay(lr, steps, gamma, staircase=True))),
    "InverseTimeDecay": ((st.floats(0, 3), whole), lambda K, lr, k, steps: (
        module.inverse_time_decay(lr, k / steps), K.InverseTimeDecay(lr, steps, k))),
    "PiecewiseConstantDecay": ((part, whole, whole), lambda K, lr, gamma, first, more: (
        module.multistep_decay(lr, [first, first + more], gamma),
        K.PiecewiseConstantDecay([first - 1, first + more - 1], [lr, lr * gamma, lr * gamma ** 2]))),
    "PolynomialDecay": ((whole, st.floats(0.3, 4), part), lambda K, lr, total, power, end: (
        module.polynomial_decay(lr, total, power, end * lr), K.PolynomialDecay(lr, total, end * lr, power))),
    "CosineDecay": ((whole, part), lambda K, lr, total, end: (
        module.cosine_decay(lr, total, end * lr), K.CosineDecay(lr, total, alpha=end))),
    "CosineDecay, warm-up": ((whole, whole, part, part), lambda K, lr, total, length, start, end: (
        module.warmup(module.cosine_decay(lr, total, end * lr), length, start),
        K.CosineDecay(start * lr, total, alpha=end, warmup_target=lr, warmup_steps=length))),
    "CosineDecayRestarts": ((whole, part), lambda K, lr, period, end: (
        module.cosine_restarts(lr, period, 1.0, end * lr), K.CosineDecayRestarts(lr, period, t_mul=1.0, alpha=end))),
}


@pytest.mark.parametrize("name", KERAS)
@settings(quick, max_examples=5)
@given(data=st.data())
def test_same_as_keras(name, data):
    K = oracle("keras").optimizers.schedules
    strategies, function = KERAS[name]
    lr = data.draw(rate)
    ours, theirs = function(K, lr, *(data.draw(strategy) for strategy in strategies))
    rates = [float(theirs(k)) for k in range(0, UPDATES, 2)]
    assert np.allclose(ours(np.arange(0, UPDATES, 2)), rates, rtol=2e-5, atol=1e-6 * lr)


@pytest.mark.parametrize("lr, cut", [(3e-8, True), (2.1e-8, True), (1.9e-8, False), (1e-8, False), (1.0, True)])
def test_plateau_makes_no_cut_below_a_hundred_millionth(lr, cut):
    watch = ReduceLROnPlateau(lr, factor=0.5, patience=0)
    assert [watch.step(1.0) for _ in range(2)][-1] == (lr / 2 if cut else lr)
    exactly = ReduceLROnPlateau(1e-8, factor=0.0, patience=0)
    assert [exactly.step(1.0) for _ in range(2)] == [1e-8, 1e-8]


def test_ranges_are_values_and_set_sliders():
    import lrcourse.ranges as r
    for allowed in (r.Positive, r.Choice(("a",)), Times(), r.Vector(), One(), Many()):
        with pytest.raises(AttributeError):
            allowed.low = 3
        assert hash(allowed) == hash(type(allowed)(**vars(allowed)))
    sliders = {name: (getattr(r, name).low, getattr(r, name).high, getattr(r, name).slider, getattr(r, name).log, getattr(r, name).whole)
               for name in ("Positive", "Factor", "NonNegative", "Fraction", "BelowOne", "Epochs", "Power", "Growth", "Count", "Whole")}
    inf = math.inf
    assert sliders == {
        "Positive": (0, inf, (1e-4, 1.0), True, False), "Factor": (1, inf, (1.0, 1e4), True, False),
        "NonNegative": (0, inf, (0.0, 2.0), False, False), "Fraction": (0, 1, (0.0, 1.0), False, False),
        "BelowOne": (0, 1, (0.0, 1.0), False, False), "Epochs": (0, inf, (1.0, 100.0), False, False),
        "Power": (0, inf, (0.25, 4.0), False, False), "Growth": (1, inf, (1.0, 3.0), False, False),
        "Count": (1, inf, (1, 256), True, True), "Whole": (0, inf, (0, 10), False, True)}
    assert {name: str(getattr(r, name)) for name in sliders} == {
        "Positive": "a number above 0", "Factor": "a number from 1 up", "NonNegative": "a number from 0 up",
        "Fraction": "a number from 0 to 1", "BelowOne": "a number from 0 to below 1", "Epochs": "a number above 0",
        "Power": "a number above 0", "Growth": "a number from 1 up", "Count": "a whole number from 1 up",
        "Whole": "a whole number from 0 up"}
    own = [module.lr_range.ranges["min_lr"], module.wsd.ranges["decay"], module.wsd.ranges["warmup"]]
    assert own == [Range(0.0, "max_lr", open_low=True, slider=(1e-4, 1.0), log=True), Range(0.0, "total", open_low=True),
                   Range(0.0, "total - decay")]


def test_defaults():
    found = {factory.__name__: {name: p.default for name, p in inspect.signature(factory).parameters.items() if p.default is not p.empty}
             for factory in (*SCHEDULES, *COMBINATORS, ReduceLROnPlateau)}
    end = {"end": 0.0}
    assert {name: defaults for name, defaults in found.items() if defaults} == {
        "exponential_decay": {"gamma": 0.95}, "step_decay": {"gamma": 0.1, "step_size": 20}, "multistep_decay": {"gamma": 0.1},
        "polynomial_decay": {"power": 1.0} | end, "linear_decay": end, "cosine_decay": end, "cosine_restarts": {"mult": 1.0} | end,
        "wsd": {"warmup": 0.0, "shape": "linear"} | end, "one_cycle": {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4},
        "warmup": {"start": 0.0},
        "ReduceLROnPlateau": {"factor": 0.1, "patience": 10, "threshold": 1e-4, "cooldown": 0, "min_lr": 0.0}}


@pytest.mark.parametrize("jumps", [module.step_decay(1.0, 0.5, 1), module.multistep_decay(1.0, [1], 0.5), module.cosine_restarts(0.5, 1),
                                   module.cosine_restarts(0.5, 1, mult=2), module.join([constant(1.0), constant(0.5)], [1]),
                                   module.staircase(module.inverse_time_decay(1.0, 1))], ids=lambda s: s.name)
def test_a_jump_is_early_by_a_billionth_at_most(jumps):
    early, late = jumps(1 - 1.5e-9), jumps(1 - 0.4e-9)
    assert late == pytest.approx(0.5) and early == pytest.approx(0.0 if jumps.name == "cosine_restarts" else 1.0)


def test_so_many_inside_each_other_and_no_more():
    deepest = module.DEEPEST
    assert deepest == (200 if sys.version_info[:2] == (3, 12) else 500)
    s = constant(0.1)
    for _ in range(deepest - 1):
        s = module.scale(s, 1)
    assert s.depth == deepest and s(3) == 0.1 and constant(0.1).depth == 1 and (s.parameters["schedule"] * constant(1.0)).depth == deepest
    with pytest.raises(ValueError, match=f"more than {deepest}"):
        module.scale(s, 1)


def test_python_is_asked_for_more_calls_only_where_many_are_inside_each_other():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    try:
        s, limits = constant(0.1), []
        for _ in range(42):
            s = module.scale(s, 1)
            limits.append(sys.getrecursionlimit())
        module.scale(constant(0.1), 1)
        assert limits[38:] == [1000, 1010, 1020, 1030] and s.depth == 43 and sys.getrecursionlimit() == 1030
    finally:
        sys.setrecursionlimit(before)


def test_what_begins_or_ends_begins_on_time_to_the_bit():
    assert module.join([constant(1.0), constant(0.5)], [1e-9])(0) == 0.5
    assert module.warmup(constant(0.1), 3, start=0.3)(3) == 0.1      # 0.3 + (1 - 0.3) * 3 / 3 isn't 1


class Traced:
    """What JAX hands in place of a time while it compiles: it can't be made an array."""

    __module__ = "jaxlib"

    def __array__(self, *args, **kwargs):
        raise TypeError


@pytest.mark.parametrize("t, hint", [(None, ". Keras gets to_keras(schedule, ...) from lrcourse.frameworks"), ("1", ""), (Schedule, ""),
                                     (Traced(), ". JAX and Optax get to_optax(schedule, ...) from lrcourse.frameworks")])
def test_a_framework_that_was_handed_a_schedule_is_told_what_it_needs(t, hint):
    with pytest.raises(TypeError) as caught:
        constant(0.1)(t)
    assert str(caught.value) == f"t={t!r} is not allowed: a time in epochs, or an array of times{hint}"


def test_a_limit_forgives_rounding_alone():
    assert module.linear_decay(1.0, 1, end=1 + 0.5e-12) and module.wsd(0.1, total=0.3, decay=0.1 + 0.2)
    assert Range(0.0, 0.0).check("x", 0, {}) == 0 and Range(0.0, 1.0).check("x", 1 * (1 + 1e-12), {}) > 1
    for end in (1 + 1.5e-12, 1 + 1e-9):
        with pytest.raises(ValueError, match="end="):
            module.linear_decay(1.0, 1, end=end)


def test_the_first_rate_is_kept_for_a_float_alone():
    s = module.linear_decay(0.4, 10)
    assert s.first == 0.4 and s(0.0) is s.first and s(0) == 0.4 and s(np.zeros(2)).tolist() == [0.4, 0.4] and s(-0.0) == 0.4


def test_plateau_begins_with_nothing_seen():
    watch = ReduceLROnPlateau(0.5)
    assert (watch.best, watch.bad, watch.resting, watch.start) == (math.inf, 0, 0, 0.5)
    assert type(watch.step(1.0)) is float and type(watch.step(2.0)) is float and (watch.bad, watch.resting) == (1, 0)


@pytest.mark.parametrize("allowed, said", [
    (Range(1.0), "a number from 1 up"), (Range(1.0, open_low=True), "a number above 1"), (Range(0.0, 2.0), "a number from 0 to 2"),
    (Range(0.0, 2.0, open_high=True), "a number from 0 to below 2"), (Range(1, 3, whole=True), "a whole number from 1 to 3"),
    (Range(0.0, "lr", open_low=True), "a number above 0 to lr"), (Vector(), "a list of numbers"), (Vector(2), "a list of 2 numbers"),
    (Vector(low=0.5), "a list of numbers, each from 0.5 up")], ids=str)
def test_a_range_says_what_it_allows(allowed, said):
    assert str(allowed) == said


@pytest.mark.parametrize("value", ["c", "", 1, None, [], ["a"], np.ones(2), np.array("a"), {"a"}], ids=repr)
def test_a_choice_says_what_there_is(value):
    with pytest.raises(ValueError, match="^one of 'a', 'b'$"):
        Choice(("a", "b")).check("x", value, {})
    assert Choice(("a", "b")).check("x", np.str_("b"), {}) == "b" and type(Choice(("a", "b")).check("x", np.str_("b"), {})) is str
    assert Flag.options == (True, False) and [Flag.check("x", flag, {}) for flag in (np.True_, 0)] == [True, False]


def test_numbers_are_taken_exactly():
    values = [plain(value) for value in (3, np.int64(3), 0.1, np.float32(0.5), True, "3", None, 10 ** 400, -10 ** 400)]
    assert values == [3, 3, 0.1, 0.5, None, None, None, math.inf, -math.inf]
    assert type(values[1]) is int and type(values[3]) is float
    assert Range(0.0, "a - b - c").limit({"a": 10, "b": 2, "c": 3}) == 5
    assert Range().slider == (0.0, 1.0) and (Range().low, Range().high, Range().log, Range().whole) == (0.0, math.inf, False, False)
    assert not Range().open_low and not Range().open_high and Below("lr").low == 0 and not Below("lr").open_low


def test_vectors():
    assert Vector().check("x", np.array([1, 2]), {}) == (1.0, 2.0) and Vector(1, low=0.0).check("x", iter([0]), {}) == (0.0,)
    for value, error in [([], ValueError), ([1, 2, 3], ValueError), ([-1, 1], ValueError), ([1, math.inf], ValueError),
                         ([math.nan, 1], ValueError), (3, TypeError), ([[1, 2]], TypeError), (["1", "2"], TypeError)]:
        with pytest.raises(error, match="a list of 2 numbers, each from 0 up"):
            Vector(2, low=0.0).check("x", value, {})
