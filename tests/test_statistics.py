"""The statistics of lesson 10, against SciPy and by what they promise."""

import numpy as np
import pytest

from lrcourse.statistics import bootstrap_interval, compare_all, holm, rank_correlation, ranks, sign_flip_test


def test_all_signs_give_scipys_p_value():
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(0).normal(0.4, 1, size=(11, 5))
    for column, p in zip(differences.T, sign_flip_test(differences)):
        wanted = stats.permutation_test((column,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
        assert p == pytest.approx(wanted, abs=1e-12)


def test_drawn_signs_come_near_all_signs():
    differences = np.random.default_rng(1).normal(0.5, 1, size=14)
    assert sign_flip_test(differences, flips=10_000, seed=3) == pytest.approx(sign_flip_test(differences), abs=0.01)


def test_near_students_t_where_differences_are_normal():
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(2).normal(0.35, 1, size=(32, 20))
    assert np.allclose(sign_flip_test(differences), stats.ttest_1samp(differences, 0).pvalue, atol=0.015)


def test_no_p_value_is_zero_and_equal_runs_give_one():
    assert sign_flip_test(np.ones(40), flips=1000) == 1 / 1000
    assert sign_flip_test(np.zeros(12)) == 1


def test_holm_by_its_definition():
    p = np.random.default_rng(3).random(12) ** 4
    corrected = holm(p)
    for level in (0.01, 0.05, 0.2):     # reject the smallest while p <= level / (how many are left)
        rejected = np.zeros(12, bool)
        for left, place in zip(range(12, 0, -1), np.argsort(p)):
            if p[place] > level / left:
                break
            rejected[place] = True
        assert ((corrected <= level) == rejected).all()


def test_one_false_alarm_in_twenty_where_nothing_differs():
    """Of 200 leagues of five equal contenders, about 5 % name any difference; without Holm a third would."""
    generator, alarms, naive = np.random.default_rng(4), 0, 0
    for league in range(200):
        results = dict(zip("abcde", generator.normal(size=(5, 24))))
        alarms += min(compare_all(results, flips=1000).values()) < 0.05
        pairs = [results[a] - results[b] for a, b in ("ab", "ac", "ad", "ae", "bc", "bd", "be", "cd", "ce", "de")]
        naive += sign_flip_test(np.transpose(pairs), flips=1000).min() < 0.05
    assert alarms <= 20 and naive >= 40


def test_a_real_difference_is_found_and_pairing_finds_it():
    generator = np.random.default_rng(5)
    seeds = generator.normal(size=24)
    p = compare_all({"a": seeds, "b": seeds + 0.3 + 0.1 * generator.normal(size=24), "c": seeds + 0.1 * generator.normal(size=24)})
    assert p["a", "b"] < 0.001 and p["b", "c"] < 0.001 and p["a", "c"] > 0.05 and p["b", "a"] == p["a", "b"]


def test_interval_covers_as_often_as_it_says():
    generator = np.random.default_rng(6)
    inside = 0
    for repeat in range(400):
        low, high = bootstrap_interval(generator.normal(1.0, 1, size=32), draws=1000, seed=repeat)
        inside += low < 1.0 < high
    assert 0.90 < inside / 400 < 0.97


@pytest.mark.parametrize("call, said", [
    (lambda: sign_flip_test([1.0]), "differences=.*at least 2"),
    (lambda: sign_flip_test([1.0, np.inf]), "differences=.*finite"),
    (lambda: sign_flip_test(["a", "b"]), "differences=.*finite"),
    (lambda: sign_flip_test([1.0, 2.0], flips=0), "flips=0"),
    (lambda: sign_flip_test([1.0, 2.0], seed=-1), "seed=-1"),
    (lambda: holm([0.5, 1.5]), "p_values=.*0 to 1"),
    (lambda: compare_all({"a": [1.0, 2.0], "b": [1.0, 2.0, 3.0]}), "lengths"),
    (lambda: bootstrap_interval([1.0, 2.0], level=1.0), "level=1.0"),
    (lambda: bootstrap_interval([1.0, 2.0], draws=0), "draws=0"),
])
def test_bad_input(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_one_result_is_nothing_to_compare():
    with pytest.raises(TypeError, match="results=.*at least two"):
        compare_all({"a": [1.0, 2.0]})


def test_as_many_flips_as_signs_are_all_of_them():
    assert {float(sign_flip_test([1.0, 2.0, 3.0, 4.0], flips=16, seed=seed)) for seed in range(5)} == {0.125}
    assert sign_flip_test([1.0] * 5, flips=1) == 1       # one flip is the true signs themselves


def test_what_is_a_tie():
    assert sign_flip_test([0.1, 0.2, 0.3]) == sign_flip_test([0.3, 0.2, 0.1]) == 0.25
    assert sign_flip_test([1.0, 0.75e-9]) == 0.5        # 1 - d is less than 1 + d by more than a billionth


def test_defaults():
    values = np.random.default_rng(7).normal(0.5, 1, 20)
    assert sign_flip_test(values) == sign_flip_test(values, 50_000, 0)
    results = {"a": values, "b": values[::-1] + 0.3}
    assert compare_all(results) == compare_all(results, 50_000, 0)
    assert bootstrap_interval(values).tolist() == bootstrap_interval(values, 0.95, 10_000, 0).tolist()
    assert rank_correlation(values, values[::-1]) == rank_correlation(values, values[::-1], 1000, 0)


def test_ranks_and_their_correlation():
    stats = pytest.importorskip("scipy.stats")
    x, y = np.random.default_rng(8).integers(0, 5, size=(2, 12))
    assert ranks([3, 1, 3, 7]).tolist() == [2.0, 0.5, 2.0, 3.5]
    drawn = np.random.default_rng(4).integers(12, size=(3, 12))
    wanted = [stats.spearmanr(x[draw], y[draw]).statistic for draw in [np.arange(12), *drawn]]
    assert rank_correlation(x, y, draws=3, seed=4) == pytest.approx((wanted[0], *np.quantile(wanted[1:], [0.025, 0.975])))
    assert rank_correlation([1, 2, 3], [4, 5, 9])[0] == pytest.approx(1)       # three are enough


def test_interval_by_its_definition():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    means = np.sort(values[np.random.default_rng(2).integers(4, size=(5, 4))].mean(axis=1))
    assert bootstrap_interval(values, level=0.5, draws=5, seed=2).tolist() == means[[1, 3]].tolist()


@pytest.mark.parametrize("call, said", [
    (lambda: holm([[0.1, 0.2]]), "p_values=.*a list of numbers from 0 to 1"), (lambda: holm([-0.1]), "p_values=.*from 0 to 1"),
    (lambda: holm([]), "p_values=.*at least 1"), (lambda: holm(0.5), "p_values=0.5"),
    (lambda: compare_all({"a": [[1.0], [2.0]], "b": [[1.0], [2.0]]}), "one number for each"),
    (lambda: bootstrap_interval([1.0, 2.0], level=0), "level=0"), (lambda: bootstrap_interval([1.0]), "values=.*at least 2"),
    (lambda: sign_flip_test(np.ones((2, 0))), "differences="), (lambda: sign_flip_test(3.0), "differences="),
    (lambda: rank_correlation([1, 2], [1, 2, 3]), "x=.*at least 3"), (lambda: rank_correlation([1, 2, 3], [1, 2]), "y=.*at least 3"),
    (lambda: rank_correlation([1, 2, 3], [1, 2, 3, 4]), "y=.*as many numbers as x, 3"),
    (lambda: rank_correlation(np.ones((3, 2)), np.ones((3, 2))), r"(?s)y=.*as many numbers"),
    (lambda: rank_correlation([1, 2, 3], [1, 2, 3], draws=0), "draws=0"),
    (lambda: rank_correlation([1, 2, 3], [1, 2, 3], seed=-1), "seed=-1")])
def test_bad_shapes(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_the_smallest_that_are_allowed():
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0] and holm([0.0]).tolist() == [0.0] and holm([1.0]).tolist() == [1.0]
    assert sign_flip_test([1.0, 2.0]) == 0.5
    assert compare_all({"a": [1.0, 2.0], "b": [1.0, 2.0]}) == {("a", "b"): 1.0, ("b", "a"): 1.0}
