"""What check() says, as a person would judge: the value counts and not its form, and each mistake gets a hint of its own.

(test_notebooks.py runs the solutions.) A new exercise needs a line in RIGHT and one in WRONG.
"""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from lrcourse.lessons import Exercise, all_exercises, check
from lrcourse.lessons.exercises import COMMA, flat
from lrcourse.schedules import (Schedule, constant, cosine_decay, inverse_time_decay, join, linear_decay, multistep_decay,
                                polynomial_decay, step_decay, warmup, wsd)

ALL = all_exercises()
every = pytest.mark.parametrize("name", ALL)
cos = lambda z: math.cos(math.pi * z)
half_cosine = lambda t: 0.1 * (1 + np.cos(np.pi * np.clip((t - 5) / 25, 0, 1)))

# for every exercise, what a person may answer who is right: by another formula, from a schedule, rounded, built otherwise
RIGHT = {
    "time-of-update": [125 / 50, 2 + 25 / 50, "2.5", "2.50"],
    "last-rate": [linear_decay(0.3, total=10)(309 / 31), linear_decay(0.3, total=10)(np.arange(310) / 31)[-1:], 0.000968, "9.68e-4"],
    "one-update": [0, 0.0, 1e-12, -1e-17, "0", [0.0], np.zeros(1), 0.5 * (1 - 0.2 * 5), np.float32(0)],
    "limit-of-two": [0.25, 1 / 4, "0.250", 2 / max(0.5, 8)],
    "zigzag-from": [0.05, 0.1 / 2, "0.05"],
    "effective-rate": [0.01, 0.2 / 20, 0.2 * 0.05],
    "adagrad-step": [0.02, 0.1 / np.sqrt(25), 0.1 * 3 / np.sqrt(25 * 9)],
    "limit-of-momentum": [0.475, 3.8 / 8, 2 * (1 + 0.9) / 8],
    "third-of-seven": [np.geomspace(0.001, 1, 7)[2], 0.001 * 10, 0.0100, "1e-2"],
    "different-rates": [(5, 25), [5.0, 25.0], np.array([5, 25]), "5, 25", ["5", "25"]],
    "half-way": [math.sqrt(0.0001 * 10), np.geomspace(1e-4, 10, 3)[1], 10 ** -1.5, 0.0316, 0.03162],
    "rate-at-30": [multistep_decay(0.3, milestones=[25, 45])(30), multistep_decay(0.3, milestones=[25, 45])([30]), 0.3 * 0.1, "0.03"],
    "half-the-floor": [0.0513, 2 * 0.1 / (4 - 0.1), 0.05],
    "momentum-floor": [0.1, 0.0955, "0.1", 0.095, 4 * 0.025 / (1 + 2 * 0.025)], "batch-instead": [64, 4 * 16, 64.0, 16 / 0.25, "64"],
    "fifth-pass": [inverse_time_decay(0.3, 0.5)(5), inverse_time_decay(0.3, 0.5)([5]), 0.0857, "0.0857", 0.6 / 7],
    "read-the-log": [48, 24 / 0.5, 2 * (0.3 / 0.012 - 1), "48"],
    "down-to-a-hundredth": [99, (25 - 0.25) / 0.25, "99", 4 * 24.75],
    "exponential-at-2000": [0.97, 0.972, 0.9718, 0.96, 0.98, "0.97"],
    "per-update": [math.exp(math.log(0.9) / 31), 0.9966, 0.99661, 0.997],
    "three-flat-curves": ["floor done road", "Floor done road.", " floor  done road", "floor_done_road"],
    "exact-road": [0.19, 0.1899, "0.190", 3 / (0.1 ** (np.arange(40) / 39)).sum()],
    "five-epochs": [0.003, "0.003", 3e-3],
    "three-rates": [step_decay(0.4, 0.5, 10)([9, 10, 35]), (0.4, 0.2, 0.05), np.array([[0.4], [0.2], [0.05]]), "0.4, 0.2, 0.05",
                    ["0.4", "0.2", "0.05"], [0.4, 0.4 * 0.5, 0.4 * 0.5 ** 3]],
    "settling": [114, 113.98, np.log(100) / (-2 * np.log(0.98)), "114"], "patience-at-60": ["level", "Level.", " 'level' "],
    "first-cut": [12, 1 + 11, 12.0, "12"],
    "warm-cosine": [warmup(cosine_decay(0.1 * 2, total=30 - 5), length=5), warmup(cosine_decay(0.2, 25, end=0.0), 5, start=0),
                    2 * warmup(cosine_decay(0.1, total=25), length=5), wsd(0.2, total=30, decay=25, warmup=5, shape="cosine"),
                    lambda t: 0.2 * t / 5 if t < 5 else float(half_cosine(t)), lambda t: np.where(t < 5, 0.04 * t, half_cosine(t)),
                    constant(1.0) * warmup(cosine_decay(0.2, total=25), length=5)],
    "pytorch-rise": [0.2, 0.4 * (1 + cos(1.5)) / 2, 0.4 / 2],
    "noam-half": [16000, 4 * 4000, 16000.0, 1.6e4],
    "wsd-rate": [wsd(0.2, total=40, decay=10)(35), 0.1, 0.2 * 0.5],
    "rex-half": [20, 30 * 2 / 3, 20.0, "20"],
    "branch-cost": [460, 320 + 20 + 40 + 80, "460"],
    "seeds-at-least": [6, 6.0, "6", math.ceil(math.log2(2 / 0.05))],
    "holm-first": [0.00029, 0.05 / (19 * 18 / 2), 0.000292, "2.9e-4", 0.00029240],
    "errors-apart": [1.18, 0.5 / (0.3 * 2 ** 0.5), 0.5 / math.hypot(0.3, 0.3), 1.1785],
    "t-max": [[0.0245, 0, 0.0245, 0.5], [0.024, 0, 0.024, 0.5], [(1 + cos(k / 10)) / 2 for k in (9, 10, 11, 15)],
    (0.02447, 0.0, 0.02447, 0.5)],
    "per-batch": [[(1 + cos(k / 10)) / 2 for k in (7, 14, 21)], [0.206, 0.345, 0.976], [0.206, 0.346, 0.976],
    np.array([0.21, 0.345, 0.98])],
    "first-update": [[0, 0.2, 0.4], [k / 5 for k in range(3)], (0.0, 0.2, 0.4)],
    "warm-then-cosine": [0.5, (1 + cos(0.5)) / 2, "0.5"],
    "keras-decay-steps": [0.5, (1 + cos(0.5)) / 2, "0.5"],
    "optax-no-warm-up": [[0, 0, 0], [0.0] * 3, np.zeros(3), (0, 0, 0)],
    "milestones": [[1, 1, 0.1, 0.1, 0.1, 0.01], [1.0, 1.0, 0.1, 0.1, 0.1, 0.1 ** 2]],
    "order": [[1, 1, 0.1, 0.1, 0.1, 0.01], step_decay(1.0, step_size=3)(np.arange(1, 7))],
    "last-epoch": [[0.5, 0.298, 0.138, 0.0354, 0], [0.5, 0.298, 0.138, 0.035, 0],
    [0.5 * (1 + cos(k / 10)) / (1 + cos(0.6)) for k in range(6, 11)]],
    "longer-run": [[0.5, 0, 0.5], (0.5, 0.0, 0.5)],
    "1cycle-end": [[4e-6, 0.0495], (0.000004, 0.0495), ["4e-6", "0.0495"], [4e-6, 0.05]],
    "1cycle-momentum": [[0.95, 0.85, 0.95], (0.95, 0.85, 0.95)],
    "patience": [[1, 1, 1, 0.1, 0.1, 0.01, 0.01], 0.1 ** np.array([0, 0, 0, 1, 1, 2, 2])],
    "negative": [1, 1.0, "1"],
    "nan": [[1, 1, 0.1, 0.1, 0.01, 0.01], 0.1 ** np.array([0, 0, 1, 1, 2, 2])],
    "chained": [1, 1.0, "1.0"],
    "processes": [[1, 0.6, 0.2, 0], linear_decay(1.0, 10)(4 * np.arange(4))],
    "edge-with-momentum": [38, 3.8 / 0.1, 2 * (1 + 0.9) / 0.1, 38.0],
    "floor-with-more-momentum": [0.025, 0.05 / 2, 0.05 * 0.05 / 0.1],
    "same-angle": [0.0025, 0.0005 * 5, 0.1 * 0.0005 / 0.02, "2.5e-3"],
    "carry-the-rate": [1.125, 0.4 * 2.8125, 1.12, 1.13],
    "start-plan": [warmup(linear_decay(0.1 * 3, total=57), length=3), warmup(linear_decay(0.3, total=60 - 3), 3.0),
                   warmup(polynomial_decay(0.3, total=57, power=1), length=3), wsd(0.3, total=60, decay=57, warmup=3),
                   3 * warmup(linear_decay(0.1, 57), 3), join([warmup(constant(0.3), 3), linear_decay(0.3, 57)], [3]),
                   lambda t: min(0.1 * t, 0.3 * max(60 - t, 0) / 57)],
    "open-end": ["wsd", "WSD", " wsd ", "'wsd'", "wsd.", wsd],
    "adam-worse": ["raise the rate", "Raise the rate.", "raise_the_rate", " RAISE  THE RATE"],
}
# and those of a person who is wrong, beside what the exercise itself lists
WRONG = {
    "time-of-update": [2.4, 0.4, 126 / 50], "last-rate": [0.3 * (1 - 308 / 310), 0.001], "one-update": [1e-3, -0.5, [0, 0], "none"],
    "limit-of-two": [0.3, 0.2], "zigzag-from": [0.06, 1 / 21], "effective-rate": [0.011, 0.1], "adagrad-step": [0.0205, 0.2],
    "limit-of-momentum": [0.47, 0.45, 3.8], "third-of-seven": [0.0126, 0.02], "different-rates": [[5, 24], [25, 5, 25], 5, {5, 25}],
    "half-way": [0.031, 0.032, 0.3], "rate-at-30": [0.031, "0.3", multistep_decay(0.3, [25, 45])([30, 50])],
    "half-the-floor": [0.06, 0.04], "momentum-floor": [0.3, 0.08, 0.12], "batch-instead": [63, 65, "sixty-four"],
    "fifth-pass": [0.09, 0.0833],
    "read-the-log": [47, 49, 0.5], "down-to-a-hundredth": [98, 99.5, 396],
    "exponential-at-2000": [0.95, 1.0, 0.9], "per-update": [0.9967, 0.996, 0.99],
    "three-flat-curves": ["floor", "floor done", "road road road"],
    "exact-road": [0.18, 0.2, 0.1875], "five-epochs": [0.3, 0.0003],
    "three-rates": [[0.4, 0.2], [0.4, 0.2, 0.05, 0], [0.05, 0.2, 0.4], {0.4, 0.2, 0.05}, 0.4],
    "settling": [113, 100], "patience-at-60": ["tie", "level or better"], "first-cut": [11.5, 14],
    "warm-cosine": [warmup(cosine_decay(0.21, total=25), length=5), warmup(linear_decay(0.2, total=25), 5), cosine_decay, 0.2,
                    warmup(cosine_decay(0.2, total=25, end=0.01), length=5), warmup(cosine_decay(0.2, 25), 5, start=0.1), lambda t: "x"],
    "pytorch-rise": [0.19, 0.21], "noam-half": [15900, 16100], "wsd-rate": [0.11, 0.15], "rex-half": [19, 21, 0.667],
    "branch-cost": [459, 480], "seeds-at-least": [7, 3], "holm-first": [0.0003, 0.00028, 0.00029 * 1.02], "errors-apart": [1.1, 1.25],
    "t-max": [[0.03, 0, 0.03, 0.5], [0.0245, 0, 0.0245], [0.0245, 0.01, 0.0245, 0.5], 0.0245], "per-batch": [[0.2, 0.345, 0.976]],
    "first-update": [[0, 0.2, 0.6], [0, 0.21, 0.4]], "warm-then-cosine": [0.52, 0.45], "keras-decay-steps": [0.45, 1],
    "optax-no-warm-up": [[0, 0, 1], [0, 0], 0, [0, 0, 0.001]], "milestones": [[1, 1, 1, 0.1, 0.1, 0.01]],
    "order": [[1, 1, 0.1, 0.1, 0.01, 0.01]],
    "last-epoch": [[0.5, 0.3, 0.15, 0.035, 0]], "longer-run": [[0.5, 0.1, 0.5]], "1cycle-end": [[4e-6, 0.06], [4e-5, 0.0495]],
    "1cycle-momentum": [[0.95, 0.9, 0.95]], "patience": [[1, 1, 1, 0.1, 0.1, 0.1, 0.01]], "negative": [0.9, 0], "chained": [0.9, 0],
    "nan": [[1, 1, 0.1, 0.1, 0.1, 0.01]], "processes": [[1, 0.6, 0.2, -0.2]], "edge-with-momentum": [37, 36],
    "floor-with-more-momentum": [0.03],
    "same-angle": [0.002, 0.003], "carry-the-rate": [1.2, 1.0],
    "start-plan": [warmup(linear_decay(0.3, 57), 3.5), warmup(linear_decay(0.3, 57), 3, start=0.1), warmup(cosine_decay(0.3, 57), 3), 0.3,
                   warmup(linear_decay(0.3, 57, end=0.001), 3), linear_decay, warmup(linear_decay(0.301, 57), 3)],
    "open-end": ["wsd linear", "", 3, linear_decay], "adam-worse": ["raise", "raise the rates and the decay", 3],
}


def forms(answer):
    """One answer in the forms in which Python may hold it."""
    if isinstance(answer, (list, tuple)):
        exact = [float(part) for part in answer]
        yield from (list(exact), tuple(exact), np.array(exact), np.array(exact)[:, None], [np.float64(part) for part in exact])
        yield from ([[part] for part in exact], [str(part) for part in exact], ", ".join(map(repr, exact)), repr(exact),
            (part for part in exact))
        yield [np.array(part) for part in exact]
        yield [float(f"{part:.3g}") for part in exact]
    elif isinstance(answer, (int, float)):
        yield from (float(answer), np.float64(answer), np.array(answer), np.array([answer]), np.array([[answer]]), [answer], (answer,))
        yield from (repr(float(answer)), f" {answer:.7g} ", Fraction(answer), Decimal(answer), float(f"{answer:.3g}"),
            float(f"{answer:.4g}"))
        yield np.float32(answer)
        if answer == int(answer):
            yield from (int(answer), np.int64(answer), str(int(answer)))


def right(name, answer):
    """Whether an answer is right; in lesson 13 the fix is then asked for."""
    said = check(name, answer)
    return said.startswith(("Right.", "The prediction is right. Now the fix"))


def test_the_tables_know_every_exercise():
    assert set(RIGHT) == set(WRONG) == set(ALL)


@every
def test_equivalent_answers_are_right(name):
    for answer in RIGHT[name]:
        assert right(name, answer), (answer, check(name, answer))
    for answer in forms(ALL[name].answer):
        assert right(name, answer), (answer, check(name, answer))


@every
def test_tensors_are_numbers(name):
    torch = pytest.importorskip("torch")
    wanted = ALL[name].answer
    if isinstance(wanted, (int, float, list)):
        assert right(name, torch.tensor(wanted, dtype=torch.float64)) and right(name,
            torch.tensor(wanted, dtype=torch.float64, requires_grad=True))


@every
def test_wrong_answers_stay_wrong(name):
    for answer in [*WRONG[name], *(answer for answer, _ in ALL[name].wrong if not callable(answer) or isinstance(answer, Schedule)),
                   "nonsense", object(), [], [1, 2, "x"], math.nan, math.inf, -math.inf, {}, {"a": 1}, True, False, 1j, constant(0.123),
                   check, np.nan,
                   [None], ["x"], -7.7, "", constant, Exercise, [math.nan] * 3, [True] * 3]:
        assert check(name, answer).startswith("Not quite."), (answer, check(name, answer))


@every
def test_wrong_answers_get_their_own_hint(name):
    exercise = ALL[name]
    assert exercise.right and exercise.hint and exercise.wrong
    for answer, hint in exercise.wrong:
        if not callable(answer) or isinstance(answer, Schedule):
            assert check(name, answer) == f"Not quite. {hint}"
        for form in forms(answer):
            assert check(name, form) == f"Not quite. {hint}" or name == "per-update", form     # 0.997 is right, rounded from either


@every
def test_a_decimal_comma_gets_its_own_hint(name):
    wanted = ALL[name].answer
    if isinstance(wanted, (int, float)):
        whole, _, part = f"{float(wanted):.3f}".partition(".")
        for answer in (f"{whole},{part}", (int(whole), int(part))):
            assert check(name, answer) in (f"Not quite. {COMMA}", *(f"Not quite. {hint}" for _, hint in ALL[name].wrong)), answer
    if isinstance(wanted, list):
        assert check(name, [f"{part:.3f}".replace(".", ",") for part in map(float, wanted)]) == f"Not quite. {COMMA}"
        assert check(name, [0, 4] * len(wanted)) == f"Not quite. {COMMA}"


@every
def test_nothing_is_not_an_answer(name):
    assert check(name, ...).startswith("Not yet") and check(name, None).startswith("Not yet")


def test_a_name_that_no_lesson_has():
    for name in ("rate-at-99", None, 3, ["t-max"]):
        with pytest.raises(ValueError, match="name=.* is not allowed in check: one of .*one-update"):
            check(name, 1)


def test_answers_may_miss_by_the_tolerance_or_be_rounded():
    exercise = Exercise(answer=2.0, right="", hint="no", tolerance=0.1)
    assert exercise.verdict(2.1).startswith("Right") and exercise.verdict(2.3).startswith("Not quite")
    exercise = Exercise(answer=0.123456, right="", hint="no", tolerance=1e-6)
    for answer in (0.123, 0.1235, 0.12346, 0.123456):
        assert exercise.verdict(answer).startswith("Right"), answer
    for answer in (0.12, 0.124, 0.1234, 0.1236, 0.122):
        assert exercise.verdict(answer).startswith("Not quite"), answer


def test_numbers_are_found_in_any_form_and_in_nothing_else():
    assert flat("\u22120.5") == [-0.5] and flat(range(3)) == [0, 1, 2] and flat([[1, "2"], np.array([3])]) == [1, 2, 3]
    for odd in (True, [True], None, {}, {1}, "x", object(), np.array([True]), 1j):
        with pytest.raises((TypeError, ValueError)):
            flat(odd)
