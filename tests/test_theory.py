"""Theory against running, against sampling, and against derivations by another way."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

from lrcourse import (SGD, Adam, AdamW, AdaGrad, Momentum, Nesterov, NoisyQuadratic, ReduceLROnPlateau, RMSProp, constant,
                      cosine_decay, digits, exponential_decay, linear_decay, multistep_decay, saddle, train, warmup, wsd)
from lrcourse.theory import (Fitted, _nonnegative, best_scale, best_schedule, convergence_bound, expected_loss, fit, listed,
                             noise_floor, sharpness, stability_limit)


def test_needs_numpy_alone():
    code = "import sys, lrcourse.theory; sys.exit(any(m in sys.modules for m in ('matplotlib', 'anywidget', 'scipy')))"
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- stability: run on both sides of the limit ----------------------------------------------------------------------

class AveragingMomentum(Momentum):

    def update(self, w, g, lr):
        self.v = self.beta * self.v + (1 - self.beta) * g
        w -= lr * self.v


def end(optimizer, lr, curvature, steps=20_000, start=1.0):
    """How far from the minimum of a quadratic without noise a run ends, in units of its start."""
    w = np.array([start])
    for _ in range(300):        # until Adam's bias corrections are over, which make its first steps ten times as long
        optimizer.step(w, curvature * w, 0.0)
    for _ in range(steps):
        optimizer.step(w, curvature * w, lr)
        if abs(w[0]) > 1e6 * start:
            break
    return abs(w[0]) / start


@pytest.mark.parametrize("optimizer, averaging", [
    (SGD(), False), (SGD(weight_decay=0.5), False), (Momentum(0.9), False), (Momentum(0.5, weight_decay=1.0), False),
    (AveragingMomentum(0.9), True), (Nesterov(0.9), False), (Nesterov(0.3, weight_decay=1.0), False),
    (Adam(eps=1.0), False), (Adam(beta1=0.5, eps=1.0, weight_decay=1.0), False), (RMSProp(eps=1.0), False),
    (AdamW(eps=1.0, weight_decay=0.1), False)], ids=str)
def test_stable_below_the_limit_and_not_above(optimizer, averaging):
    # gradients far below eps leave Adam a preconditioner of 1 that stands still, so that its limit is sharp
    start = 1e-30 if hasattr(optimizer, "eps") else 1.0
    stated = Momentum(optimizer.beta) if averaging else optimizer
    limit = stability_limit(stated, 3.0, averaging=averaging)
    assert end(optimizer.fresh(), 0.998 * limit, 3.0, start=start) < 1e-3
    assert end(optimizer.fresh(), 1.002 * limit, 3.0, start=start) > 1e3


def test_limits_as_published():
    assert stability_limit(Momentum(0.9), 1.0) == pytest.approx(3.8)
    assert stability_limit(Momentum(0.9), 1.0, averaging=True) == pytest.approx(38)
    assert stability_limit(Adam(), 1.0) == pytest.approx(38)
    assert stability_limit(Nesterov(0.9), 1.0) == pytest.approx(1.357, abs=5e-4)
    assert stability_limit(SGD(), [[0.0, 4.0]]).tolist() == [[math.inf, 0.5]]


def test_sharpness_is_the_largest_eigenvalue_of_the_hessian():
    problem = digits(hidden=3, batch_norm=False, weight_decay=0.0, batch_size=1000, shift=0, dtype="float64")
    w = train(problem, SGD(), constant(0.2), epochs=50, seeds=range(2)).w
    gradient = lambda w: problem.gradient(w, np.tile(np.arange(1000), (len(w), 1)))
    steps = 1e-7 * np.eye(w.shape[1])
    found = sharpness(gradient, w)
    for run in (0, 1):
        hessian = (gradient(w[run] + steps) - gradient(w[run] - steps)) / 2e-7
        assert found[run] == pytest.approx(np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1], rel=0.01)
    assert sharpness(saddle().gradient, [[0.3, 0.0], [0.3, 2.0]]).round(3).tolist() == [1.0, 11.0]


# ---- the noise floor and the exact expectation ------------------------------------------------------------------------

def sampled(problem, optimizer, lr, runs, seed=0):
    """The losses of many runs by the optimizer that trains, (runs, steps + 1)."""
    generator, optimizer = np.random.default_rng(seed), optimizer.fresh()
    w = problem.start(range(runs))
    losses = [problem.value(w)]
    for rate in lr:
        optimizer.step(w, problem.gradient(w) + np.multiply(problem.noise, generator.normal(size=w.shape)), rate)
        losses.append(problem.value(w))
    return np.transpose(losses)


@pytest.mark.parametrize("optimizer", [SGD(), SGD(weight_decay=0.5), Momentum(0.9), Momentum(0.5, weight_decay=0.3)], ids=str)
@pytest.mark.parametrize("schedule", [constant(0.3), warmup(cosine_decay(0.6, total=50), 10), listed([0.5, 0.0, 0.9, 0.1] * 15)],
                         ids=["constant", "warmup", "jumps"])
def test_expected_loss_is_the_mean_of_many_runs(optimizer, schedule):
    problem = NoisyQuadratic([0.2, 1.0, 0.0], [0.3, 0.6, 1.0], [1.0, -2.0, 5.0])
    losses = sampled(problem, optimizer, schedule(np.arange(60)), runs=40_000)
    error = losses.std(axis=0) / np.sqrt(len(losses))
    exact = expected_loss(problem, optimizer, schedule, 60)
    assert exact.shape == (61,) and exact[0] == losses[0, 0]
    assert np.all(np.abs(losses.mean(axis=0) - exact)[1:] < 5 * error[1:] + 1e-12)
    assert np.all(error[10:] < 0.02 * exact[10:])       # so sharp that a factor of 2 in any term would show


def test_expected_loss_without_noise_is_the_run():
    problem = NoisyQuadratic([0.5, 2.0], 0.0, [3.0, 1.0])
    for optimizer in (SGD(), Momentum(0.8)):
        run = train(problem, optimizer, linear_decay(0.4, total=40), epochs=40)
        assert np.allclose(expected_loss(problem, optimizer, linear_decay(0.4, total=40), 40)[1:], run.test_loss[0])


def test_stacked_rates_give_what_each_gives():
    problem = NoisyQuadratic([0.1, 1.0], 0.5)
    lr = np.stack([constant(0.3)(np.arange(30)), linear_decay(0.3, total=30)(np.arange(30))])
    for optimizer in (SGD(), Momentum(0.9)):
        both = expected_loss(problem, optimizer, lr, 30)
        assert both.shape == (2, 31)
        assert np.allclose(both, [expected_loss(problem, optimizer, row, 30) for row in lr], rtol=1e-12)


@pytest.mark.parametrize("optimizer", [SGD(), SGD(weight_decay=0.4), Momentum(0.9), Momentum(0.6, weight_decay=0.4)], ids=str)
def test_floor_is_where_the_expectation_comes_to_rest(optimizer):
    problem = NoisyQuadratic([0.5, 2.0], [1.0, 3.0])
    for lr in (0.01, 0.2, 0.75):
        rest = expected_loss(problem, optimizer, constant(lr), 20_000)[-1]
        assert noise_floor(optimizer, lr, problem.curvature, problem.noise).sum() == pytest.approx(rest, rel=1e-9)


def test_floor_and_batches():
    assert noise_floor(SGD(), 0.1, 2.0, 3.0, batch_size=9) == pytest.approx(noise_floor(SGD(), 0.1, 2.0, 1.0))
    small = noise_floor(Momentum(0.9), [1e-4, 1e-3], 1.0, 2.0, [1, 10])
    assert np.allclose(small, 1e-4 / 0.1 * 2.0 ** 2 / 4, rtol=1e-3)         # alpha / (1 - beta) sigma^2 / B / 4
    assert noise_floor(SGD(), [1.0, 2.0, 2.1], 1.0, 1.0).tolist() == [0.5, math.inf, math.inf]
    assert noise_floor(SGD(weight_decay=1.0), 0.1, [0.0, 1.0], 1.0)[0] == 0
    assert noise_floor(Momentum(), 3.9, 1.0, 0.0) == noise_floor(SGD(), 2.0, 1.0, 0.0) == math.inf


def test_divergence_is_infinite():
    for optimizer in (SGD(), Momentum(0.9)):
        loss = expected_loss(NoisyQuadratic([1.0, 0.0], 1.0), optimizer, constant(9.0), 2000)
        assert loss[-1] == math.inf and not np.isnan(loss).any()


# ---- the bound ---------------------------------------------------------------------------------------------------------

def published(lr, squares, distance):
    """Theorem 1 of Schaipp et al. (2025) as printed, with its double sum: slow, and exact."""
    T = len(lr)
    tail = [math.fsum(lr[k:]) for k in range(T + 1)]
    energy = [math.fsum(a * a * g for a, g in zip(lr[k:], squares[k:])) for k in range(T + 1)]
    terms = [lr[k] / tail[k + 1] / tail[k] * energy[k] for k in range(T - 1)]
    return distance ** 2 / (2 * tail[0]) + energy[0] / (2 * tail[0]) + 0.5 * math.fsum(terms)


RATES = {"constant": constant(0.3), "cosine": cosine_decay(0.3, total=200), "wsd": wsd(0.3, total=200, decay=40, warmup=10),
         "exponential": exponential_decay(0.3, gamma=0.9), "steps": multistep_decay(0.3, [50, 100], gamma=1e-4)}


@pytest.mark.parametrize("name", RATES)
def test_bound_is_the_published_one(name):
    squares = np.random.default_rng(0).uniform(0.5, 3.0, 200)
    bound = convergence_bound(RATES[name], 200, grad_norms=np.sqrt(squares), distance=1.7)
    lr = RATES[name](np.arange(200))
    wanted = [published(lr[:T], squares[:T], 1.7) if lr[T - 1] > 0 else math.inf for T in range(1, 201)]
    assert np.allclose(bound, wanted, rtol=1e-10)


def test_bound_in_closed_form():
    T, D, G, c = 1000, 2.0, 3.0, 0.05
    harmonic = math.fsum(1 / k for k in range(1, T))
    # constant: G D sqrt((1 + H) / T) at its best rate, the growth with log T
    flat = c * G ** 2 / 2 * (1 + harmonic) + D ** 2 / (2 * c * T)
    assert convergence_bound(constant(c), T, G, D)[-1] == pytest.approx(flat, rel=1e-12)
    best = best_scale(constant(1.0), T, G, D)
    assert convergence_bound(constant(best), T, G, D)[-1] == pytest.approx(G * D * math.sqrt((1 + harmonic) / T), rel=1e-12)
    # linear decay to zero, from rates c (m + 1)/T whose sums over the last m are c m (m + 1)/(2 T)
    straight = D ** 2 / (c * (T + 1)) + c * G ** 2 * (2 * (T - 1) + 2 * harmonic + 1) / (2 * T)
    assert convergence_bound(linear_decay(c, total=T), T, G, D)[-1] == pytest.approx(straight, rel=1e-12)


def test_bound_holds_and_is_met():
    # one step from the start: f = G |x| is as bad as the bound allows
    assert convergence_bound(constant(2.0 / 3.0), 1, grad_norms=3.0, distance=2.0)[0] == pytest.approx(3.0 * 2.0)
    # |x| under constant steps ends by jumping across its minimum; no rate or length may break the bound
    for lr, T in itertools.product([0.03, 0.1, 0.4], [10, 100, 300]):
        x = [1.0]
        for _ in range(T - 1):
            x.append(x[-1] - lr * np.sign(x[-1]))
        assert np.all(np.abs(x) <= convergence_bound(constant(lr), T) + 1e-12)


@pytest.mark.parametrize("name", RATES)
def test_no_other_scale_is_better(name):
    squares = np.random.default_rng(1).uniform(0.5, 3.0, 200)
    given = {"grad_norms": np.sqrt(squares), "distance": 0.4}
    best = best_scale(RATES[name], 200, **given)
    bounds = [convergence_bound(c * RATES[name], 200, **given)[-1] for c in (best, 0.99 * best, 1.01 * best)]
    assert bounds[0] == min(bounds)
    assert best_scale(2 * RATES[name], 200, **given) == pytest.approx(best / 2)


def test_long_schedules_do_not_cancel():
    # rates over 40 powers of ten: sums that were taken as differences of sums from the start would be all rounding
    T = 2000
    lr = np.geomspace(1.0, 1e-40, T)
    last = published(lr, np.ones(T), 1.0)
    assert convergence_bound(lr, T)[-1] == pytest.approx(last, rel=1e-9)
    T = 100_000
    lr = linear_decay(1.0, total=T)(np.arange(T))
    harmonic = math.fsum(1 / k for k in range(1, T))
    assert best_scale(lr, T) == pytest.approx(math.sqrt(2 / (T + 1) / ((2 * (T - 1) + 2 * harmonic + 1) / T)), rel=1e-11)


def test_rates_of_zero():
    bound = convergence_bound(warmup(constant(0.3), 3), 6)
    assert bound[0] == math.inf and np.isfinite(bound[1:]).all()
    assert np.allclose(bound[1:], convergence_bound([0.1, 0.2, 0.3, 0.3, 0.3], 5))
    assert convergence_bound([0.3, 0.0, 0.3], 3)[1] == math.inf
    with pytest.raises(ValueError, match="last rate is 0"):
        best_scale([0.3, 0.0], 2)


# ---- the best schedule -------------------------------------------------------------------------------------------------

def test_best_schedule_of_one_direction_is_1_over_t():
    best = best_schedule(NoisyQuadratic([2.0], noise=3.0, start_point=0.5), steps=50)(np.arange(50))
    c = 3.0 ** 2 / (2.0 ** 2 * 0.5 ** 2)
    assert np.allclose(best, 1 / (2.0 * (np.arange(50) + 1 + c)), rtol=1e-9)


def test_best_schedule_beyond_one_direction():
    """An optimizer that knows nothing of parabolas, from two starts, finds nothing better."""
    optimize = pytest.importorskip("scipy.optimize")
    problem, steps = NoisyQuadratic([0.02, 0.2, 1.0], [0.1, 0.3, 0.5], 2.0), 12
    best = best_schedule(problem, steps, rounds=100)
    least = expected_loss(problem, SGD(), best, steps)[-1]
    generator = np.random.default_rng(0)
    found = [optimize.minimize(lambda lr: expected_loss(problem, SGD(), np.abs(lr), steps)[-1], generator.uniform(0, 1, steps),
                               method="L-BFGS-B").fun for _ in range(2)]
    assert least <= min(found) * (1 + 1e-6) and least == pytest.approx(min(found), rel=1e-3)
    # and it isn't 1/t, at any rate and decay
    family = [[a / (1 + k * np.arange(steps))] for a in np.geomspace(0.1, 2, 25) for k in np.geomspace(1e-3, 1, 25)]
    assert expected_loss(problem, SGD(), np.concatenate(family), steps)[:, -1].min() > 1.02 * least


def test_best_schedule_keeps_below_the_highest_rate():
    problem = NoisyQuadratic([0.01, 1.0], [0.05, 0.5], 3.0)
    best = best_schedule(problem, 100, highest=0.8)(np.arange(100))
    assert best.max() == 0.8
    assert expected_loss(problem, SGD(), best, 100)[-1] < expected_loss(problem, SGD(), 0.8 * np.linspace(1, 0, 100), 100)[-1]
    assert train(problem, SGD(), best_schedule(problem, 10), epochs=10).lr.shape == (1, 10)


# ---- a network as a noisy quadratic --------------------------------------------------------------------------------------

def exact(problem, schedule, steps):
    """A history whose losses are the exact expectation."""
    history = train(problem, SGD(), schedule, epochs=steps)
    history.train_loss[0] = expected_loss(problem, SGD(), schedule, steps)[:-1]
    return history


def test_fit_finds_what_predicts_other_schedules():
    problem, steps = NoisyQuadratic([0.013, 0.09, 0.5], [0.1, 0.2, 0.5], [3.0, 2.0, 1.0]), 300
    found = fit([exact(problem, constant(0.5), steps), exact(problem, linear_decay(0.9, total=steps), steps)], directions=7)
    for schedule in (constant(0.25), cosine_decay(0.8, total=steps), wsd(0.7, total=steps, decay=60)):
        predicted, wanted = found.predict(schedule, steps), exact(problem, schedule, steps).train_loss[0]
        assert np.abs(predicted / wanted - 1)[20:].max() < 0.15, schedule      # no curvature of the problem is on its grid
    assert found.floor == pytest.approx(0, abs=0.003)


def test_fit_counts_time_and_noise_as_the_network_does():
    """A spectrum on the grid itself comes back, and epochs of several updates are means over them."""
    problem = NoisyQuadratic([0.02, 0.5], [0.1, 0.7], [2.0, 1.0])
    steps, n = 240, 4

    class Epochs(NoisyQuadratic):
        updates_per_epoch = n

    rates = [constant(0.4), linear_decay(1.0, total=steps / n)]
    histories = []
    for schedule in rates:
        history = train(Epochs(problem.curvature, problem.noise, problem.start_point), SGD(), schedule, epochs=steps // n)
        loss = expected_loss(problem, SGD(), history.lr[0], steps)[:-1] + 0.25
        history.train_loss[0] = loss.reshape(-1, n).mean(axis=1)
        histories.append(history)
    found = fit(histories, directions=7)
    schedule = cosine_decay(0.7, total=steps / n)
    wanted = expected_loss(problem, SGD(), schedule(np.arange(steps) / n), steps)[:-1].reshape(-1, n).mean(axis=1) + 0.25
    assert np.allclose(found.predict(schedule, steps // n)[2:], wanted[2:], rtol=0.03)
    best = found.best_schedule(steps // n, highest=1.0)
    assert best(np.arange(steps) / n).tolist() == list(best.parameters["rates"])
    assert found.predict(best, steps // n)[-1] <= found.predict(schedule, steps // n)[-1]


def test_fit_on_the_digits():
    problem = digits(hidden=16, batch_norm=False, weight_decay=0.0, label_noise=0.2)
    runs = [train(problem, Momentum(0.9), schedule, epochs=12, seeds=range(6))
            for schedule in (constant(0.06), linear_decay(0.1, total=12), wsd(0.06, total=12, decay=4))]
    found = fit(runs[:2])
    unseen = runs[2].train_loss.mean(axis=0)
    assert np.abs(found.predict(runs[2].schedule, 12) / unseen - 1)[2:].max() < 0.08
    assert found.predict(runs[2].schedule, 12)[0] < 3 * unseen[0]       # not fitted, but not nonsense either
    assert unseen[-1] < 0.95 * unseen[7] and found.predict(runs[2].schedule, 12)[-1] < 0.95 * unseen[7]    # it sees the cooldown


def test_nonnegative_least_squares():
    optimize = pytest.importorskip("scipy.optimize")
    generator = np.random.default_rng(0)
    for _ in range(50):
        A = np.abs(generator.normal(size=(30, 12))) * 10 ** generator.uniform(-3, 3, 12)
        y = generator.normal(size=30) + 1
        x = _nonnegative(A, y)
        assert (x >= 0).all() and np.linalg.norm(A @ x - y) == pytest.approx(optimize.nnls(A, y)[1], rel=1e-9)


# ---- what is refused ---------------------------------------------------------------------------------------------------

quadratic = NoisyQuadratic([1.0])


@pytest.mark.parametrize("call, error, said", [
    (lambda: stability_limit(AdaGrad(), 1.0), TypeError, "optimizer=AdaGrad.* in stability_limit: one of SGD"),
    (lambda: stability_limit(SGD(), -1.0), ValueError, "curvature=-1.0 is not allowed in stability_limit"),
    (lambda: stability_limit(SGD(), 1.0, averaging=True), ValueError, "averaging=True"),
    (lambda: noise_floor(Adam(), 0.1, 1.0, 1.0), TypeError, "optimizer=Adam"),
    (lambda: noise_floor(SGD(), -0.1, 1.0, 1.0), ValueError, "lr=-0.1 is not allowed in noise_floor"),
    (lambda: noise_floor(SGD(), 0.1, 1.0, 1.0, batch_size=0), ValueError, "batch_size=0 is not allowed"),
    (lambda: noise_floor(SGD(), math.nan, 1.0, 1.0), ValueError, "lr=nan"),
    (lambda: expected_loss(digits(), SGD(), constant(0.1), 5), TypeError, "problem=digits.*: a NoisyQuadratic"),
    (lambda: expected_loss(quadratic, Nesterov(), constant(0.1), 5), TypeError, "optimizer=Nesterov"),
    (lambda: expected_loss(quadratic, SGD(), 0.1, 5), TypeError, "schedule=0.1 is not allowed in expected_loss: a schedule"),
    (lambda: expected_loss(quadratic, SGD(), ReduceLROnPlateau(0.1), 5), TypeError, "schedule=ReduceLROnPlateau"),
    (lambda: expected_loss(quadratic, SGD(), [0.1, 0.2], 5), ValueError, "5, finite, from 0 up"),
    (lambda: expected_loss(quadratic, SGD(), [0.1, -0.2], 2), ValueError, "2, finite, from 0 up"),
    (lambda: expected_loss(quadratic, SGD(), constant(0.1), 0), ValueError, "steps=0 is not allowed in expected_loss"),
    (lambda: convergence_bound(constant(0.1), 5, grad_norms=[1, 2]), ValueError, "grad_norms=.*: one number, or 5"),
    (lambda: convergence_bound(constant(0.1), 5, distance=0), ValueError, "distance=0 is not allowed in convergence_bound"),
    (lambda: best_scale([[0.1]], 1), ValueError, "grad_norms|rates"),
    (lambda: best_schedule(digits(), 5), TypeError, "problem=digits"),
    (lambda: best_schedule(quadratic, 5, highest=0), ValueError, "highest=0 is not allowed in best_schedule"),
    (lambda: fit(constant(0.1)), TypeError, "histories: constant.* a History"),
    (lambda: fit([3]), TypeError, "histories: 3 is not allowed in fit: a History"),
    (lambda: fit(train(quadratic, SGD(), constant(9.0), epochs=2000)), ValueError, "none diverged"),
    (lambda: fit(train(quadratic, SGD(), constant(0.1), epochs=1)), ValueError, "two epochs or more"),
    (lambda: Fitted(0.0, quadratic, 1).predict(0.1, 5), TypeError, "schedule=0.1 is not allowed in predict"),
    (lambda: Fitted(0.0, quadratic, 1).predict(constant(0.1), 0), ValueError, "epochs=0 is not allowed in predict"),
])
def test_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("name, value, said", [
    ("batch_size", 0, "numbers above 0"), ("batch_size", [1, -1], "numbers above 0"), ("lr", -0.1, "numbers from 0 up"),
    ("curvature", math.inf, "numbers from 0 up"), ("noise", math.nan, "numbers from 0 up"), ("lr", "0.1", "numbers from 0 up")])
def test_what_is_allowed_is_said(name, value, said):
    with pytest.raises((ValueError, TypeError), match=f"^{name}=.* is not allowed in noise_floor: finite {said}$"):
        noise_floor(SGD(), **{"lr": 0.1, "curvature": 1.0, "noise": 1.0, name: value})
    assert noise_floor(SGD(), lr=0, curvature=0, noise=0, batch_size=0.5) == 0


def test_only_a_last_rate_of_zero_has_no_best_scale():
    assert best_scale([0.1, 0.0, 0.1], 3) > 0 and best_scale([0.0, 0.0, 0.1], 3) > 0
    with pytest.raises(ValueError, match="the last rate is 0"):
        best_scale([0.1, 0.1, 0.0], 3)


def test_limits_in_closed_form():
    decay = 0.5
    assert stability_limit(Momentum(0.6, weight_decay=decay), 1.5) == pytest.approx(2 * 1.6 / 2)
    assert stability_limit(Momentum(0.6, weight_decay=decay), 1.5, averaging=True) == pytest.approx(2 * 1.6 / (0.4 * 2))
    assert stability_limit(Nesterov(0.6, weight_decay=decay), 1.5) == pytest.approx(2 * 1.6 / (2.2 * 2))
    assert stability_limit(Adam(beta1=0.6, weight_decay=decay), 1.5) == pytest.approx(2 * 1.6 / (0.4 * 2))
    assert stability_limit(AdamW(beta1=0.6, weight_decay=decay), 1.5) == pytest.approx(2 * 1.6 / (0.4 * 1.5 + 1.6 * 0.5))
    assert stability_limit(RMSProp(weight_decay=decay), 1.5) == pytest.approx(1.0) and type(stability_limit(SGD(), 1)) is float
    for optimizer in (Nesterov(), Adam()):
        with pytest.raises(ValueError, match="averaging=True"):
            stability_limit(optimizer, 1.0, averaging=True)


def test_sharpness_counts_and_refuses():
    calls = []

    def gradient(w):
        calls.append(w)
        return w * np.array([3.0, 1.0, 0.5])

    assert sharpness(gradient, [1.0, 2.0, 3.0], iterations=3) == pytest.approx(3.0, rel=1e-6) and len(calls) == 1 + 3
    calls.clear()
    assert sharpness(gradient, np.ones((2, 3))).tolist() == pytest.approx([3.0, 3.0], rel=1e-5) and len(calls) == 1 + 12
    assert max(np.linalg.norm(w[0] - 1) for w in calls) == pytest.approx(1e-8, rel=1e-5)
    v = np.random.default_rng(0).normal(size=3)      # one iteration: the curvature along the first direction
    assert sharpness(gradient, np.ones(3), iterations=1) == pytest.approx(v ** 2 @ [3.0, 1.0, 0.5] / (v @ v), rel=1e-6)
    # what is left of H v beside v, when it is below 1e-9, is rounding and no second direction
    h, v = np.array([3.0, 1.0, 0.5]), v / np.linalg.norm(v)
    along = h @ v ** 2
    for left, found in ((1.5e-9, 3.0), (0.9e-9, along)):
        scale = left / np.linalg.norm(h * v - along * v)
        assert sharpness(lambda w, scale=scale: scale * h * w, np.zeros(3)) == pytest.approx(scale * found, rel=1e-6)
    for w, error, said in ((3.0, ValueError, "w=3.0"), ([], ValueError, r"w=\[\]"), ([math.inf], ValueError, r"w=\[inf\]"),
                           ("x", TypeError, "w='x'"), ([1.0, 2.0], ValueError, "gradient=")):
        with pytest.raises(error, match=f"^{said}.* in sharpness"):
            sharpness(gradient, w)
    for shape in ((3,), (1, 3), (2, 1, 3)):
        assert np.shape(sharpness(gradient, np.ones(shape))) == shape[:-1]
    with pytest.raises(TypeError, match="gradient=3 is not allowed in sharpness: a function of the weights"):
        sharpness(3, [1.0])
    with pytest.raises(ValueError, match="it gives no numbers of that shape"):
        sharpness(lambda w: "x", [1.0])
    with pytest.raises(TypeError, match="iterations|sharpness"):
        sharpness(gradient, np.ones(3), iterations=1.5)


def test_floor_in_closed_form():
    assert noise_floor(SGD(), 0.2, 3.0, 2.0, 4) == pytest.approx(0.2 * 1.0 / (2 * (2 - 0.6)))
    assert noise_floor(Momentum(0.6), 0.2, 3.0, 2.0, 4) == pytest.approx(0.2 / (2 * 0.4) * 1.6 / (2 * 1.6 - 0.6))
    assert noise_floor(SGD(weight_decay=1.0), 0.2, 3.0, 2.0, 4) == pytest.approx(0.2 / (2 * (2 - 0.8)) * 3 / 4)
    assert type(noise_floor(SGD(), 0.2, 3.0, 2.0)) is float and noise_floor(SGD(), 0.2, 3.0, 2.0) == noise_floor(SGD(), 0.2, 3.0, 2.0, 1)
    with pytest.raises(ValueError, match=r"lr \(2,\).*they don't broadcast"):
        noise_floor(SGD(), [0.1, 0.2], [1.0, 2.0, 3.0], 1.0)


def test_defaults():
    problem = NoisyQuadratic([0.1, 1.0], 0.5, 2.0)
    assert (convergence_bound(constant(0.1), 9) == convergence_bound(constant(0.1), 9, 1.0, 1.0)).all()
    assert best_scale(constant(0.1), 9) == best_scale(constant(0.1), 9, 1.0, 1.0)
    assert best_schedule(problem, 9) == best_schedule(problem, 9, math.inf, 30) != best_schedule(problem, 9, rounds=29)
    assert listed([0.1]).parameters["every"] == 1.0


def test_listed_rates_are_on_time():
    s = listed([0.4, 0.2, 0.1], every=1)
    assert s([0, 1 - 1.5e-9, 1 - 0.4e-9, 1, 2, 50]).tolist() == [0.4, 0.4, 0.2, 0.2, 0.1, 0.1]
    assert listed([0.4, 0.0], every=0.1)([0.3 - 0.2 - 1e-17, 0.25]).tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="rates="):
        listed([0.1, -0.1])


def test_best_schedule_in_short():
    """Two updates in two directions, by brute force; without curvature nothing helps."""
    problem = NoisyQuadratic([0.3, 1.0], [0.4, 0.8], [2.0, 1.0])
    grid = np.linspace(0, 1.5, 301)
    lr = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    loss = expected_loss(problem, SGD(), lr, 2)[..., -1]
    best = best_schedule(problem, 2)
    assert expected_loss(problem, SGD(), best, 2)[-1] <= loss.min()
    assert best([0, 1]) == pytest.approx(lr.reshape(-1, 2)[loss.argmin()], abs=0.006)
    assert best_schedule(NoisyQuadratic([0.0]), 2)([0, 1]).tolist() == [0.0, 0.0]
    assert best_schedule(problem, 1, rounds=1)(0) == pytest.approx(
        (0.3 ** 2 * 4 + 1.0) / (0.3 ** 3 * 4 + 0.3 * 0.16 + 1.0 + 0.64))


@pytest.mark.parametrize("highest, begun", [(math.inf, 0.25), (0.3, 0.15)])
def test_best_schedule_begins_at_half_the_fastest_rate(highest, begun):
    """One round over two updates: the first rate is the best one before an update at the rate that all begin with."""
    first = best_schedule(NoisyQuadratic([0.3, 2.0], [0.4, 0.8], [2.0, 1.0]), 2, highest=highest, rounds=1)(0)
    slow, fast = 0.3 * (1 - 0.3 * begun) ** 2, 2 * (1 - 2 * begun) ** 2
    best = (slow * 0.3 * 4 + fast * 2) / (slow * (0.09 * 4 + 0.16) + fast * (4 + 0.64))
    assert first == pytest.approx(min(best, highest), rel=1e-12)


def test_what_was_fitted_stays():
    with pytest.raises(AttributeError):
        Fitted(0.0, quadratic, 1).floor = 1.0


@pytest.mark.parametrize("updates, at_home", [(60, False), (72, True)])
def test_a_direction_that_is_home_within_the_first_epoch_is_left_out(updates, at_home):
    """A loss that is the second direction's alone; after the first epoch it is above or below a thousandth of its start."""
    class Epochs(NoisyQuadratic):
        updates_per_epoch = updates

    run = train(Epochs([1.0]), SGD(), constant(0.1), epochs=3)
    h = math.sqrt(0.3 / (3 * updates)) / 0.1        # between 0.3 over all rates and 1 over the highest
    shape = NoisyQuadratic([h], 0.0, 2.0)
    run.train_loss[0] = expected_loss(shape, SGD(), constant(0.1), 3 * updates)[:-1].reshape(3, updates).mean(axis=1)
    start = fit(run, directions=3).problem.start_point
    assert start[1] == 0 if at_home else start == pytest.approx([0, 2, 0], rel=1e-6)


def test_fit_refuses_what_does_not_belong_together():
    one, two = (train(NoisyQuadratic([1.0]), SGD(), constant(0.1), epochs=epochs) for epochs in (2, 3))
    with pytest.raises(ValueError, match="none twice"):
        fit([one, one])
    with pytest.raises(ValueError, match="none twice"):
        fit([])
    small = train(digits(hidden=2, batch_size=500), SGD(), constant(0.1), epochs=2)
    with pytest.raises(ValueError, match=r"\[1, 2\] updates per epoch are not allowed"):
        fit([one, small])
    assert len(fit([one, two]).problem.curvature) == 4 and len(fit(one, directions=2).problem.curvature) == 2


def test_the_grid_of_a_fit():
    """From what hardly moves in the longest run to what is home in one step at the highest rate."""
    runs = [train(NoisyQuadratic([1.0]), SGD(), schedule, epochs=20) for schedule in (constant(0.1), linear_decay(0.5, total=4))]
    h = np.array(fit(runs, directions=3).problem.curvature)
    assert h == pytest.approx([0.3 / 2, math.sqrt(0.15 * 2), 2.0])


def test_nonnegative_least_squares_by_hand():
    assert _nonnegative(np.eye(2), np.array([1.0, -1.0])).tolist() == [1.0, 0.0]
    assert _nonnegative(np.array([[2.0, 0.0], [0.0, 0.0]]), np.array([1.0, 1.0])).tolist() == [0.5, 0.0]
    assert _nonnegative(np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]), np.array([3.0, 2.0, 1.0])) == pytest.approx([2.0, 0.0])
    assert _nonnegative(np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]), np.array([1.0, 3.0, 5.0])) == pytest.approx([0.0, 22 / 14])
    # what could lower the distance by less than a billionth of y stays 0
    for y, x in (([1, 1.5e-9], 1.5e-9), ([1, 1e-9], 1e-9), ([1, 0.9e-9], 0), ([10, 15e-9], 15e-9), ([10, 5e-9], 0)):
        assert _nonnegative(np.eye(2), np.array(y)).tolist() == [y[0], x]


@pytest.mark.parametrize("call, said", [
    (lambda: convergence_bound(np.ones((2, 3)), 3), "3 in a row"),
    (lambda: convergence_bound(constant(0.1), 3, distance=1.1e150), "distance"),
    (lambda: convergence_bound(constant(0.1), 3, grad_norms=1e150), "grad_norms=.*finite"),
    (lambda: convergence_bound(constant(0.1), 3, grad_norms=-1e150), "grad_norms=.*finite"),
    (lambda: convergence_bound(constant(0.1), 3, grad_norms=np.ones((3, 1))), "grad_norms="),
    (lambda: expected_loss(quadratic, SGD(), [math.inf, 0.1], 2), "2, finite"),
    (lambda: expected_loss(quadratic, SGD(), [math.nan], 1), "1, finite"),
    (lambda: best_schedule(quadratic, 2, rounds=0), "rounds=0"), (lambda: best_schedule(quadratic, 2, highest=-math.inf), "highest=-inf"),
    (lambda: best_schedule(quadratic, 0), "steps=0"), (lambda: fit(quadratic, directions=0), "directions=0"),
    (lambda: Fitted(0.0, quadratic, 1).best_schedule(0), "epochs=0")])
def test_refused_too(call, said):
    with pytest.raises((ValueError, TypeError), match=said):
        call()


def test_no_rate_is_a_rate():
    assert expected_loss(quadratic, SGD(), [0.0, 0.0], 2).tolist() == [0.5, 0.5, 0.5]
    assert convergence_bound([0.5, 0.5], 2, grad_norms=0.0).tolist() == [1.0, 0.5]
    assert convergence_bound([0.5, 0.0], 2, grad_norms=0.0).tolist() == [1.0, math.inf]
    assert convergence_bound([0.5, 0.5], 2, grad_norms=[-2.0, 1.0]).tolist() == [2.0, 0.5 + 0.25 + 1.0]


def test_a_prediction_is_the_mean_over_each_epoch():
    found = Fitted(0.25, quadratic, 3)
    rates = linear_decay(0.5, total=2)(np.arange(6) / 3)
    wanted = 0.25 + expected_loss(quadratic, SGD(), rates, 6)[:-1].reshape(2, 3).mean(axis=1)
    assert found.predict(linear_decay(0.5, total=2), 2).tolist() == wanted.tolist()
    best = found.best_schedule(2)
    assert best.parameters["rates"] == best_schedule(quadratic, 6).parameters["rates"] and best.parameters["every"] == 1 / 3
