"""The loop and its History: the rate that is recorded is the rate that trained."""

from dataclasses import dataclass

import numpy as np
import pytest

from lrcourse import training
from lrcourse.optimizers import OPTIMIZERS, SGD, Adam, Momentum, Optimizer
from lrcourse.problems import NoisyQuadratic, digits, ravine, two_minima
from lrcourse.ranges import Positive
from lrcourse.schedules import (ReduceLROnPlateau, constant, cosine_decay, cosine_restarts, exponential_decay,
                                inverse_sqrt_decay, inverse_time_decay, join, linear_decay, lr_range, multistep_decay,
                                one_cycle, polynomial_decay, rex_decay, schedule, staircase, step_decay, triangular, warmup, wsd)
from lrcourse.training import train

SCHEDULES = [constant(0.1), inverse_time_decay(0.1, 0.5), exponential_decay(0.1), step_decay(0.1, step_size=1),
             multistep_decay(0.1, [1, 1.5]), polynomial_decay(0.1, 2, power=2), linear_decay(0.1, 2),
             cosine_decay(0.1, 2), cosine_restarts(0.1, 0.5), inverse_sqrt_decay(0.1, 1), wsd(0.1, 2, 1, warmup=0.5),
             rex_decay(0.1, 2), one_cycle(0.1, 2), triangular(0.0, 0.1, 0.5), lr_range(1e-3, 0.1, 2),
             warmup(linear_decay(0.1, 1), 1), join([constant(0.1), linear_decay(0.1, 1)], [1]),
             2 * constant(0.05), constant(0.1) * linear_decay(1.0, 2), staircase(linear_decay(0.1, 2))]
SMALL = digits(hidden=4, batch_size=100)


@dataclass
class Recorder(Optimizer):
    """SGD that notes the rates that reach its step."""

    seen: list

    def update(self, w, g, lr):
        self.seen.append(lr.ravel().copy())
        w -= lr * g


@pytest.mark.parametrize("each", SCHEDULES, ids=repr)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.__name__)
def test_the_recorded_rate_is_the_schedule_exactly(each, optimizer):
    for problem in (SMALL, NoisyQuadratic([1.0])):
        history = train(problem, optimizer(), each, epochs=2, seeds=[0, 1])
        t = np.arange(2 * problem.updates_per_epoch) / problem.updates_per_epoch
        np.testing.assert_array_equal(history.t, t)
        np.testing.assert_array_equal(history.lr, [each(t)] * 2)


@pytest.mark.parametrize("problem", [SMALL, ravine()], ids=repr)
def test_the_recorded_rate_is_the_rate_of_the_step(problem):
    seen = []
    history = train(problem, Recorder(seen), cosine_decay(0.1, 2), epochs=2, seeds=[0, 1])
    np.testing.assert_array_equal(np.asarray(history.lr, problem.start([0]).dtype), np.transpose(seen))


def test_sgd_on_a_quadratic_is_known():
    """On f = x^2/2 a step multiplies x by 1 - lr."""
    rates = linear_decay(0.5, total=10)
    history = train(NoisyQuadratic([1.0], noise=0.0), SGD(), rates, epochs=10)
    expected = np.cumprod(np.concatenate([[1.0], 1 - rates(np.arange(10.0))]))
    np.testing.assert_allclose(history.path[0, :, 0], expected, rtol=1e-14)
    np.testing.assert_allclose(history.train_loss[0], expected[:-1] ** 2 / 2, rtol=1e-14)
    np.testing.assert_allclose(history.test_loss[0], expected[1:] ** 2 / 2, rtol=1e-14)
    assert np.isnan(history.test_error).all()


def test_train_figures_are_the_means_over_the_epoch():
    """With a rate of (almost) nothing, the mean over an epoch's batches is the loss over the epoch's images."""
    problem = digits(hidden=5, batch_norm=False, shift=0, batch_size=100, dtype="float64")
    history = train(problem, SGD(), constant(1e-300), epochs=1)
    whole = digits(hidden=5, batch_norm=False, shift=0, batch_size=1000, dtype="float64")
    loss, error, _ = whole.loss_and_gradient(problem.start([0]), np.arange(1000)[None])
    np.testing.assert_allclose(history.train_loss[:, 0], loss, rtol=1e-12)
    np.testing.assert_allclose(history.train_error[:, 0], error, rtol=1e-12)


@pytest.mark.parametrize("problem", [digits(hidden=8, dtype="float64"), two_minima(noise=0.5)], ids=repr)
def test_a_run_does_not_depend_on_the_runs_beside_it(problem):
    alone = train(problem, Momentum(0.9), cosine_decay(0.05, 3), epochs=3, seeds=5)
    among = train(problem, Momentum(0.9), cosine_decay(0.05, 3), epochs=3, seeds=[2, 5, 11])
    for name in ("train_loss", "train_error", "test_loss", "test_error", "w"):
        np.testing.assert_allclose(getattr(among, name)[1], getattr(alone, name)[0], rtol=1e-9)
    assert not np.allclose(among.train_loss[0], among.train_loss[1])


def test_the_same_call_gives_the_same_numbers():
    one, two = (train(SMALL, Adam(), constant(0.01), epochs=2, seeds=[0, 3]) for _ in range(2))
    np.testing.assert_array_equal(one.w, two.w)
    np.testing.assert_array_equal(one.test_loss, two.test_loss)


# ---- runs that diverge -----------------------------------------------------------------------------------------------

def test_a_diverged_run_is_recorded_from_then_on():
    problem = digits(hidden=8, batch_norm=False, batch_size=100)
    history = train(problem, SGD(), constant(1e12), epochs=3)
    assert history.diverged.tolist() == [True]
    for loss in (history.train_loss, history.test_loss):
        assert np.isinf(loss[0, 1:]).all() and not np.isnan(loss).any()
    for error in (history.train_error, history.test_error):
        assert (error[0, 1:] == 1).all()


def test_a_diverged_run_does_not_disturb_the_others():
    """One minimum holds at this rate and the other doesn't: each run must end as it does alone."""
    problem = NoisyQuadratic([1.0], noise=1.0)
    seeds, rates = [0, 1, 2], [0.1, 5.0, 0.2]
    together = training.run(problem, SGD(), [constant(rate) for rate in rates], seeds, 2000, problem.start(seeds))
    assert together.diverged.tolist() == [False, True, False]
    for run in (0, 2):
        alone = train(problem, SGD(), constant(rates[run]), 2000, seeds[run])
        np.testing.assert_array_equal(together.test_loss[run], alone.test_loss[0])


def test_no_warning_escapes_from_divergence(recwarn):
    train(ravine(), Adam(), constant(1e30), epochs=20)
    train(ravine(), SGD(), constant(1e30), epochs=20)
    assert not recwarn.list


# ---- ReduceLROnPlateau -----------------------------------------------------------------------------------------------

def plateau_by_hand(losses, lr, factor, patience, threshold, cooldown, min_lr):
    """PyTorch's rule (mode min, relative threshold), one run, in plain Python: the rate in force after each report."""
    best, bad, rest, rates = float("inf"), 0, 0, []
    for loss in losses:
        if loss < best * (1 - threshold):
            best, bad = loss, 0
        else:
            bad += 1
        if rest > 0:
            rest, bad = rest - 1, 0
        if bad > patience:
            new = max(lr * factor, min_lr)
            lr = new if lr - new > 1e-8 else lr
            rest, bad = cooldown, 0
        rates.append(lr)
    return rates


@pytest.mark.parametrize("settings", [
    dict(lr=0.2, factor=0.3, patience=0, threshold=1e-4, cooldown=0, min_lr=0.0),
    dict(lr=0.2, factor=0.5, patience=1, threshold=0.05, cooldown=2, min_lr=0.04)], ids=repr)
def test_plateau_watches_each_run_by_itself(settings):
    history = train(SMALL, Momentum(), ReduceLROnPlateau(**settings), epochs=12, seeds=range(4))
    n = SMALL.updates_per_epoch
    for lr, losses in zip(history.lr, history.test_loss):
        in_force = [settings["lr"], *plateau_by_hand(losses.tolist(), **settings)[:-1]]
        np.testing.assert_array_equal(lr.reshape(12, n), np.repeat(np.reshape(in_force, (12, 1)), n, axis=1))
    assert (history.lr[:, -1] < settings["lr"]).any(), "nothing was cut: this tested nothing"
    assert len(np.unique(history.lr, axis=0)) > 1, "all runs were cut alike: this tested too little"


def test_plateau_agrees_with_pytorch():
    torch = pytest.importorskip("torch")
    history = train(SMALL, Momentum(), ReduceLROnPlateau(0.2, factor=0.3, patience=1), epochs=12)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.2)
    watch = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.3, patience=1)
    for epoch in range(12):
        assert optimizer.param_groups[0]["lr"] == history.lr[0, epoch * SMALL.updates_per_epoch]
        watch.step(history.test_loss[0, epoch])
    assert optimizer.param_groups[0]["lr"] < 0.2


def test_what_is_passed_in_stays_as_it_is():
    optimizer, watch = Adam(), ReduceLROnPlateau(0.01, patience=0)
    train(SMALL, optimizer, watch, epochs=4)
    assert optimizer == Adam() and optimizer.steps == 0 and not hasattr(optimizer, "m")
    assert vars(watch) == vars(ReduceLROnPlateau(0.01, patience=0))


# ---- input -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, value, allowed", [
    ("problem", 3, "a problem, such as digits()"),
    ("problem", digits, "a problem, such as digits()"),
    ("optimizer", "adam", "an optimizer, such as Momentum(0.9)"),
    ("optimizer", SGD, "an optimizer, such as Momentum(0.9)"),
    ("schedule", 0.1, "a schedule, such as constant(0.1)"),
    ("schedule", constant, "a schedule, such as constant(0.1)"),
    ("epochs", 0, "a whole number from 1 up"),
    ("epochs", 2.5, "a whole number from 1 up"),
    ("seeds", [], "a whole number from 0 up, or a list of them"),
    ("seeds", -1, "a whole number from 0 up, or a list of them"),
    ("seeds", [0, 0.5], "a whole number from 0 up, or a list of them"),
    ("seeds", "3", "a whole number from 0 up, or a list of them"),
    ("seeds", 1.5, "a whole number from 0 up, or a list of them"),
    ("seeds", True, "a whole number from 0 up, or a list of them"),
    ("seeds", 2 ** 63, "a whole number from 0 up, or a list of them"),
    ("seeds", [0, 0, 0], "no seed twice, since it would give the same run twice")])
def test_bad_input_is_refused_by_name(name, value, allowed):
    good = dict(problem=ravine(), optimizer=SGD(), schedule=constant(0.1), epochs=1, seeds=0)
    with pytest.raises((ValueError, TypeError)) as caught:
        train(**{**good, name: value})
    assert str(caught.value) == f"{name}={value!r} is not allowed in train: {allowed}"


@pytest.mark.parametrize("start", [[1.0, 1.0], [[1.0, 1.0]], 0.0])
def test_first_weights_of_a_wrong_shape_are_refused(start):
    with pytest.raises(ValueError, match=r"start has the shape .*, not allowed in train: weights \(2, 2\)"):
        train(ravine(), SGD(), constant(0.1), epochs=1, seeds=range(2), start=start)


@pytest.mark.parametrize("start", ["here", [["1", "2"], ["1", "2"]], [[None, None]] * 2])
def test_first_weights_that_are_no_numbers_are_refused(start):
    with pytest.raises(TypeError, match="start=.* is not allowed in train: weights"):
        train(ravine(), SGD(), constant(0.1), epochs=1, seeds=range(2), start=start)


@pytest.mark.parametrize("problem", [SMALL, ravine()], ids=repr)
def test_a_rate_below_zero_is_refused_before_the_first_update(problem):
    @schedule
    def sinking(t, lr: Positive, total: Positive = 3):
        return lr * (1 - t / total)

    with pytest.raises(ValueError, match=r"the rate -0.0\d+ at t=3.\d* is not allowed: sinking\(lr=0.1, total=3\) has to give a finite"):
        train(SMALL, SGD(), sinking(0.1), epochs=5)


@pytest.mark.parametrize("problem", [SMALL, ravine(start_point=(1, 1))], ids=repr)
def test_whole_numbers_are_real_numbers(problem):
    """1 for 1.0, wherever a setting is a real number: the same rates and the same weights."""
    plateau = dict(factor=0.5, patience=0, threshold=0.5)
    pairs = [(ReduceLROnPlateau(1, **plateau), ReduceLROnPlateau(1.0, **plateau)),
             (step_decay(1, gamma=0.5, step_size=1), step_decay(1.0, gamma=0.5, step_size=1.0)), (constant(1), constant(1.0)),
             (multistep_decay(1, [1, 2]), multistep_decay(1.0, [1.0, 2.0]))]
    for whole, real in pairs:
        one, two = (train(problem, Momentum(0), each, epochs=4) for each in (whole, real))
        np.testing.assert_array_equal(one.lr, two.lr)
        np.testing.assert_array_equal(one.w, two.w)
        assert one.lr.dtype == np.float64 and (whole == constant(1) or 0 < one.lr.min() < 1)


def test_what_has_been_used_before_begins_anew_and_is_named_as_it_began():
    watch, optimizer = ReduceLROnPlateau(0.3, patience=0), Momentum(0.5)
    for _ in range(3):
        watch.step(1.0)
        optimizer.step(np.ones(3), np.ones(3), 0.1)
    used, unused = (train(ravine(), o, s, epochs=5) for o, s in ((optimizer, watch), (Momentum(0.5), ReduceLROnPlateau(0.3, patience=0))))
    np.testing.assert_array_equal(used.lr, unused.lr)
    assert repr(used) == repr(unused) and "lr=0.3" in repr(used) and used.optimizer.steps == 0
    assert watch.lr < 0.01 and optimizer.steps == 3


@pytest.mark.parametrize("problem", [SMALL, ravine()], ids=repr)
def test_a_setting_that_was_changed_to_what_is_not_allowed_is_refused(problem):
    optimizer = Momentum(0.5)
    optimizer.beta = 5
    with pytest.raises(ValueError, match="beta=5 is not allowed in Momentum"):
        train(problem, optimizer, constant(0.1), epochs=1)


def test_the_staircase_on_seeds_that_nobody_tuned_on():
    """What the course rests on: each cut of the rate cuts the test error, more than 2x and then more than 1.3x."""
    history = train(digits(), Momentum(0.9), multistep_decay(0.3, milestones=[25, 45]), epochs=60, seeds=range(7000, 7016))
    plateaus = [history.test_error[:, begin:begin + 5].mean(axis=1) for begin in (20, 40, 55)]
    assert (plateaus[0] / plateaus[1] > 2).sum() >= 15
    assert (plateaus[1] / plateaus[2] > 1.3).sum() >= 15


def test_a_history_says_what_it_was():
    history = train(SMALL, Momentum(0.9), constant(0.1), epochs=2, seeds=[0, 3])
    assert repr(history) == "History(digits, Momentum, constant(lr=0.1): 2 runs, 2 epochs, 20 updates)"
    assert repr(train(ravine(), SGD(), constant(0.1), epochs=3)) == "History(ravine, SGD, constant(lr=0.1): 1 run, 3 epochs, 3 updates)"
    assert history.seeds == (0, 3) and history.path is None and history != train(SMALL, Momentum(0.9), constant(0.1), 2, [0, 3])
    assert (history.lr.shape, history.train_loss.shape, history.w.shape) == ((2, 20), (2, 2), SMALL.start([0, 3]).shape)


def test_the_loop_step_by_step():
    """A run of two seeds, written out: batches, noise and test of each epoch, and the path of all weights."""
    problem = NoisyQuadratic([1.0, 3.0], noise=0.5)
    history = train(problem, SGD(), linear_decay(0.2, 4), epochs=4, seeds=[5, 2])
    for run, seed in enumerate((5, 2)):
        noise, w = np.random.default_rng([seed, 1]).normal(size=(4, 2)), np.ones(2)
        for k in range(4):
            assert history.path[run, k].tolist() == pytest.approx(w.tolist())
            assert history.train_loss[run, k] == pytest.approx(problem.value(w))
            w = w - 0.2 * (1 - k / 4) * (w * [1.0, 3.0] + 0.5 * noise[k])
            assert history.test_loss[run, k] == pytest.approx(problem.value(w))
        assert history.path.shape == (2, 5, 2) and history.path[run, 4].tolist() == history.w[run].tolist() == pytest.approx(w.tolist())


def test_the_loop_to_read_trains_digits_as_the_fast_one_does():
    for optimizer in (Momentum(0.9), SGD()):
        fast = train(SMALL, optimizer, constant(0.05), epochs=2, seeds=[1, 2])
        train_, test, w, path = training.run_loop(SMALL, optimizer, [1, 2], fast.lr.copy(), None, SMALL.start([1, 2]))
        np.testing.assert_allclose(train_, [fast.train_loss, fast.train_error], rtol=1e-3, atol=2e-3)
        np.testing.assert_allclose(test, [fast.test_loss, fast.test_error], rtol=1e-3, atol=2e-3)
        np.testing.assert_allclose(w, fast.w, rtol=1e-2, atol=1e-4)
        assert path is None


def test_the_loop_to_read_shows_a_plateau_the_loss_of_each_epoch():
    watch, lr = ReduceLROnPlateau(0.3, factor=0.5, patience=0, threshold=0.9), np.full((2, 40), 0.3)      # only the first is better
    _, test, _, _ = training.run_loop(SMALL, SGD(), [0, 1], lr, watch.fresh(), SMALL.start([0, 1]))
    rates = [np.full(2, 0.3)]
    again = watch.fresh()
    for epoch in range(3):
        rates.append(again.step(test[0][:, epoch]))
    assert np.array_equal(lr, np.repeat(np.transpose(rates), 10, axis=1)) and lr[0, ::10].tolist() == [0.3, 0.3, 0.15, 0.075]


def test_the_loop_to_read_shows_a_plateau_the_loss_and_not_the_error():
    """A surface has no error: shown nan, the plateau would cut each time; its loss falls at every epoch."""
    lr = np.full((1, 5), 0.3)
    training.run_loop(NoisyQuadratic([1.0], noise=0.0), SGD(), [0], lr, ReduceLROnPlateau(0.3, patience=0), np.ones((1, 1)))
    assert lr.tolist() == [[0.3] * 5]


def test_going_on_from_given_weights():
    first = train(ravine(), SGD(), constant(0.05), epochs=3, seeds=[0, 1])
    on = train(ravine(), SGD(), constant(0.05), epochs=2, seeds=[0, 1], start=first.w)
    whole = train(ravine(), SGD(), constant(0.05), epochs=5)
    assert on.w[0].tolist() == whole.w[0].tolist() and on.t.tolist() == [0.0, 1.0] and on.path[1, 0].tolist() == first.w[1].tolist()
    assert first.path[0, -1].tolist() == first.w[0].tolist()       # what was given stays as it is


def test_a_run_that_is_lost_stays_lost():
    class Once(NoisyQuadratic):
        def evaluate(self, w):
            self.__dict__["told"] = self.__dict__.get("told", 0) + 1
            return np.array([np.nan if self.told == 2 else 0.5, 0.5]), np.array([0.25, 0.125])

    history = train(Once([1.0]), SGD(), constant(0.1), epochs=4, seeds=[0, 1])
    assert history.test_loss.tolist() == [[0.5, np.inf, np.inf, np.inf], [0.5] * 4] and history.diverged.tolist() == [True, False]
    assert history.test_error.tolist() == [[0.25, 1.0, 1.0, 1.0], [0.125] * 4]
    assert train(Once([1.0]), SGD(), constant(0.1), epochs=2, seeds=[0, 1]).diverged.tolist() == [True, False]      # in the last
    history.test_loss = np.array([[1.0, 1.0, np.inf], [1.0, 1.0, 1.0]])
    assert history.diverged.tolist() == [True, False]       # in the last of three


@pytest.mark.parametrize("seeds", [[0, True], [False], (0, -1), [2 ** 63], [[0]]])
def test_seeds_are_whole_numbers_from_0_to_below_2_to_the_63(seeds):
    with pytest.raises(ValueError, match="seeds="):
        train(ravine(), SGD(), constant(0.1), epochs=1, seeds=seeds)
    assert train(ravine(), SGD(), constant(0.1), epochs=1, seeds=(2 ** 63 - 1, np.int64(0))).seeds == (2 ** 63 - 1, 0)
    assert train(ravine(), SGD(), constant(0.1), epochs=1).seeds == (0,)
