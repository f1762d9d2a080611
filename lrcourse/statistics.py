"""Which differences between runs are real: a test by flipped signs, Holm's correction for many tests, and how well orders agree.

Runs are compared in pairs: the same seed gives the same start weights and the same batches, so what is left of
``a[seed] - b[seed]`` is what the two settings did.

>>> a = [0.051, 0.048, 0.055, 0.050, 0.049, 0.053, 0.052, 0.047, 0.050, 0.054]
>>> b = [0.045, 0.046, 0.047, 0.044, 0.046, 0.045, 0.049, 0.044, 0.043, 0.048]
>>> round(float(sign_flip_test(np.subtract(a, b))), 3)
0.002
"""

import itertools

import numpy as np

from lrcourse.ranges import Count, Range, Whole, as_numbers, check_all


def sign_flip_test(differences, flips=50_000, seed=0):
    r"""The p-value of "the mean is zero": how often random signs give a mean at least as far from zero.

    If two settings didn't differ, each difference could as well have had the other sign. ``differences`` is (runs,) or
    (runs, comparisons); the result has one p-value for each comparison. All $2^{n}$ signs are tried if they are at most
    ``flips``, else so many drawn at random, with the true signs counted among them, so that no p-value is 0.
    Fisher, The design of experiments, 1935, section 21.

    >>> float(sign_flip_test([1.0, 2.0, 3.0, 4.0]))       # 2 of the 16 ways to choose signs
    0.125
    """
    differences = finite(differences, "differences")
    check_all("sign_flip_test", {"flips": Count, "seed": Whole}, {"flips": flips, "seed": seed})
    runs = len(differences)
    if 2 ** runs <= flips:
        signs = np.array(list(itertools.product([1.0, -1.0], repeat=runs)))
    else:
        signs = np.random.default_rng(seed).choice([1.0, -1.0], size=(flips, runs))
        signs[0] = 1.0
    margin = np.abs(differences.sum(axis=0)) * (1 - 1e-9)     # ties count, whatever order a sum was taken in
    return (np.abs(signs @ differences) >= margin).mean(axis=0)


def holm(p_values):
    r"""P-values made larger so that, of all the tests together, the chance of a single false alarm is what each says.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none may come out below one before it.
    Holm, A simple sequentially rejective multiple test procedure, 1979.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = finite(p_values, "p_values", least=1)
    if p.ndim != 1 or (p < 0).any() or (p > 1).any():
        raise ValueError(f"p_values={p_values!r} is not allowed in holm: a list of numbers from 0 to 1")
    order = np.argsort(p)
    corrected = np.empty(p.size)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1)
    return corrected


def compare_all(results, flips=50_000, seed=0):
    """Every pair of ``results``, a dict of name: (runs,), tested by flipped signs and corrected by ``holm`` for all.

    Gives a dict of (name, name): p-value, each pair in both orders.

    >>> p = compare_all({"a": [1.0, 2.0, 3.0, 2.0, 1.0, 3.0], "b": [1.1, 2.2, 3.1, 2.2, 1.1, 3.2]})
    >>> p["a", "b"] == p["b", "a"] == 2 / 2 ** 6
    True
    """
    if not isinstance(results, dict) or len(results) < 2:
        raise TypeError(f"results={results!r} is not allowed in compare_all: a dict of name: numbers, at least two")
    results = {name: finite(values, f"results[{name!r}]") for name, values in results.items()}
    if len({values.shape for values in results.values()}) > 1 or any(values.ndim > 1 for values in results.values()):
        raise ValueError(f"results of the lengths {[np.size(v) for v in results.values()]} are not allowed in "
                         "compare_all: one number for each of the same seeds")
    pairs = list(itertools.combinations(results, 2))
    differences = np.stack([np.subtract(results[a], results[b]) for a, b in pairs], axis=1)
    p = holm(sign_flip_test(differences, flips, seed)).tolist()
    return dict(zip(pairs, p)) | {(b, a): value for (a, b), value in zip(pairs, p)}


def bootstrap_interval(values, level=0.95, draws=10_000, seed=0):
    """Where the mean of ``values`` (runs,) would lie with other seeds: (low, high), from means of values drawn anew.

    Efron, Bootstrap methods: another look at the jackknife, 1979.

    >>> low, high = bootstrap_interval([1.0, 2.0, 3.0, 2.0, 1.0, 3.0])
    >>> round(float(low), 1), round(float(high), 1)
    (1.3, 2.7)
    """
    values = finite(values, "values")
    check_all("bootstrap_interval", {"draws": Count, "seed": Whole}, {"draws": draws, "seed": seed})
    check_all("bootstrap_interval", {"level": Range(0.0, 1.0, open_low=True, open_high=True)}, {"level": level})
    picks = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    return np.quantile(values[picks].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])


def finite(values, name, least=2):
    """``values`` as an array, or a ValueError that names them."""
    array = as_numbers(values)
    if array is None or array.ndim == 0 or len(array) < least or not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name}={values!r} is not allowed: finite numbers, at least {least}")
    return array.astype(np.float64)


def ranks(x):
    """How many numbers are smaller, ties counted by half, (n,)."""
    x = np.asarray(x)
    return (x[:, None] > x).sum(axis=1) + 0.5 * (x[:, None] == x).sum(axis=1)


def rank_correlation(x, y, draws=1000, seed=0):
    r"""How far two lists put the same things into the same order: 1 for the same, -1 for the reverse, 0 for chance.

    The correlation of the ranks (Spearman, The proof and measurement of association between two things, 1904), and the
    middle 95 % of what it is when the things are drawn anew, with repetition, ``draws`` times (Efron's bootstrap, 1979):
    three numbers, the correlation, low and high.

    >>> print(rank_correlation([1, 2, 3, 4, 5], [10, 20, 30, 50, 40])[0].round(2))
    0.9
    """
    x, y = finite(x, "x", least=3), finite(y, "y", least=3)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"y={y!r} is not allowed in rank_correlation: as many numbers as x, {x.size}")
    check_all("rank_correlation", {"draws": Count, "seed": Whole}, {"draws": draws, "seed": seed})
    drawn = np.random.default_rng(seed).integers(x.size, size=(draws, x.size))
    with np.errstate(invalid="ignore"):         # a draw may be of one thing alone, which has no order
        found = [np.corrcoef(ranks(x[draw]), ranks(y[draw]))[0, 1] for draw in [np.arange(x.size), *drawn]]
    return found[0], *np.nanquantile(found[1:], [0.025, 0.975])
