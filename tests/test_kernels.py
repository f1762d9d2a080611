"""The fast engine against the plain loop, and that a run's bits don't depend on what is beside it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lrcourse import kernels
from lrcourse.optimizers import OPTIMIZERS, SGD, Adam, AdaGrad, AdamW, Momentum, Nesterov, RMSProp, ScheduleFreeSGD
from lrcourse.problems import digits, ravine
from lrcourse.schedules import ReduceLROnPlateau, cosine_decay
from lrcourse.training import run, run_loop, train

SETTINGS = [digits(hidden=9, batch_size=100, dtype="float64"),
            digits(hidden=9, batch_size=100, dtype="float64", batch_norm=False),
            digits(hidden=5, batch_size=83, shift=0, label_noise=0.3, weight_decay=0.0, held_out="test", dtype="float64"),
            digits(hidden=1, batch_size=1000, shift=2, weight_decay=0.1, held_out="validation", batch_norm=False, dtype="float64")]
RATES = {SGD: 0.1, Momentum: 0.03, Nesterov: 0.03, AdaGrad: 0.03, RMSProp: 0.003, Adam: 0.01, AdamW: 0.01, ScheduleFreeSGD: 0.3}
MADE = [optimizer() for optimizer in OPTIMIZERS] + [
    SGD(weight_decay=0.02), Momentum(0.5, weight_decay=0.02), Nesterov(0.5, weight_decay=0.02), AdaGrad(eps=1e-3, weight_decay=0.02),
    RMSProp(rho=0.9, eps=1e-3, weight_decay=0.02), Adam(beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.02),
    AdamW(beta1=0.0, beta2=0.0, weight_decay=0.0),
    ScheduleFreeSGD(beta=0.0, weight_decay=0.02)]


def both(problem, optimizer, lr, seeds=(4, 0), watching=None):
    """What the plain loop and the twin give for rates (runs, updates): train, test, weights, rates used."""
    results = []
    for loop in (lambda *args: run_loop(*args)[:3], kernels.run_loop):
        rates = lr.copy()
        results.append([*loop(problem, optimizer, seeds, rates, watching and watching.fresh(), problem.start(seeds)), rates])
    return results


@pytest.mark.parametrize("problem", SETTINGS, ids=repr)
@pytest.mark.parametrize("optimizer", MADE, ids=repr)
def test_equals_the_plain_loop(problem, optimizer):
    """Many rates, 0 among them, another for each run and update; to rounding, which training amplifies."""
    updates = 4 * problem.updates_per_epoch
    lr = RATES[type(optimizer)] * np.random.default_rng(0).random((2, updates)) * [[1.0], [2.0]]
    lr[:, [0, updates // 2]] = 0.0
    plain, fast = both(problem, optimizer, lr)
    assert np.ptp(plain[0][0]) > 0.05, "nothing was learnt: this tested nothing"
    # where no image has any ink a gradient is nothing but rounding, 1e-17, and an eps of 1e-8 or 1e-10 blows it up
    atol = 1e-6 if getattr(optimizer, "eps", 1) <= 1e-8 else 1e-9
    for name, one, two in zip(("train", "test", "weights"), plain, fast):
        np.testing.assert_allclose(two, one, rtol=1e-8, atol=atol, err_msg=name)


def test_every_optimizer_has_a_twin():
    assert all(kernels.knows(digits(), optimizer()) for optimizer in OPTIMIZERS)
    assert {type(optimizer) for optimizer in MADE} == set(OPTIMIZERS)


def test_what_it_does_not_know_it_leaves_alone():
    class Other(SGD):
        def update(self, w, g, lr):
            w += 0

    assert not kernels.knows(digits(), Other()) and not kernels.knows(ravine(), SGD())
    problem = digits(hidden=3, batch_size=500)
    np.testing.assert_array_equal(train(problem, Other(), cosine_decay(1.0, 2), epochs=2).w, problem.start([0]))


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("optimizer", [SGD(), Momentum(), Adam(), ScheduleFreeSGD()], ids=repr)
def test_plateau_cuts_the_same_runs_at_the_same_time(optimizer, batch_norm):
    problem = digits(hidden=9, batch_size=200, batch_norm=batch_norm, dtype="float64")
    watching = ReduceLROnPlateau(RATES[type(optimizer)], factor=0.5, patience=0, threshold=0.03)
    lr = np.full((3, 12 * problem.updates_per_epoch), watching.lr)
    plain, fast = both(problem, optimizer, lr, seeds=(0, 1, 2), watching=watching)
    np.testing.assert_array_equal(fast[3], plain[3])
    np.testing.assert_allclose(fast[1], plain[1], rtol=1e-6)
    assert len(np.unique(fast[3], axis=0)) > 1, "all were cut alike: this tested too little"


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.__name__)
def test_diverging_runs(optimizer, batch_norm, monkeypatch):
    """One run leaves and one stays: both loops say the same of both, in float32 as in float64."""
    problem = digits(hidden=6, batch_size=100, batch_norm=batch_norm, dtype="float64")
    schedules, start = [cosine_decay(RATES[optimizer], 4), cosine_decay(1e100, 4)], problem.start([0, 0])
    fast = run(problem, optimizer(), schedules, (0, 0), 3, start.copy())
    monkeypatch.setattr(kernels, "knows", lambda *args: False)
    plain = run(problem, optimizer(), schedules, (0, 0), 3, start.copy())
    assert not plain.diverged[0]
    for name in ("diverged", "lr", "train_loss", "train_error", "test_loss", "test_error"):
        one, two = getattr(plain, name), getattr(fast, name)
        np.testing.assert_array_equal(np.isinf(one), np.isinf(two), err_msg=name)
        np.testing.assert_allclose(two[0], one[0], rtol=1e-8, err_msg=name)
    np.testing.assert_array_equal(fast.test_error[fast.diverged], plain.test_error[fast.diverged])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_the_same_bits_whatever_is_beside_it(batch_norm, dtype, monkeypatch):
    problem = digits(hidden=33, batch_norm=batch_norm, dtype=dtype)
    seeds, results = tuple(range(7)), []
    for runs, threads in [(32, 1), (1, 1), (3, 1), (3, 3), (2, 2)]:
        monkeypatch.setattr(kernels, "CHUNK_RUNS", runs)
        results.append(run(problem, Adam(), [cosine_decay(0.02, 3)] * 7, seeds, 2, problem.start(seeds), threads))
    for other in results[1:]:
        for name in ("train_loss", "train_error", "test_loss", "test_error", "w"):
            np.testing.assert_array_equal(getattr(other, name), getattr(results[0], name), err_msg=name)


def test_chunks_cover_all_runs_once_and_fill_the_threads():
    for runs in (1, 2, 7, 16, 33, 64, 256):
        for threads in (1, 2, 8):
            for problem in (digits(), digits(hidden=1000, batch_size=1000)):
                parts = kernels._chunks(problem, runs, threads)
                assert [row for part in parts for row in range(runs)[part]] == list(range(runs))
                sizes = [part.stop - part.start for part in parts]
                assert max(sizes) <= kernels.CHUNK_RUNS and max(sizes) - min(sizes) <= 1
                assert len(parts) >= min(runs, threads)


def test_blas_is_held_while_it_works_and_restored_after():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    counts = lambda: [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if 2 not in counts():
            pytest.skip("this BLAS has no threads")
        with kernels._one_blas_thread() as free:
            assert free == 2 and set(counts()) == {1}
            with kernels._one_blas_thread() as free:
                assert free == 1
            assert set(counts()) == {1}
        assert 2 in counts()
        with ThreadPoolExecutor(3) as pool:
            problem = digits(hidden=4, batch_size=100)
            list(pool.map(lambda seed: train(problem, SGD(), cosine_decay(0.1, 2), 2, seed), range(9)))
        assert 2 in counts()
        with pytest.raises(KeyError), kernels._one_blas_thread():
            raise KeyError
        assert 2 in counts()


def test_works_without_threadpoolctl(monkeypatch):
    problem = digits(hidden=4, batch_size=100)
    expected = train(problem, Momentum(), cosine_decay(0.1, 2), epochs=2, seeds=range(3))
    monkeypatch.setitem(__import__("sys").modules, "threadpoolctl", None)
    alone = train(problem, Momentum(), cosine_decay(0.1, 2), epochs=2, seeds=range(3))
    np.testing.assert_array_equal(alone.w, expected.w)
