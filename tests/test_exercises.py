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
    "last-rate": [linear_decay(0.2, total=8)(399 / 50), linear_decay(0.2, total=8)(np.arange(400) / 50)[-1:], 0.0005, "5e-4"],
    "one-update": [0, 0.0, 1e-12, -1e-17, "0", [0.0], np.zeros(1), 0.5 * (1 - 0.2 * 5), np.float32(0)],
    "best-fixed-rate": [2 / 21, 0.0952, "0.0952", 1 / 10.5, 2 / (1 + 20)],
    "limit-of-turned": [0.25, 2 / 8, "0.250", 2 / np.linalg.eigvalsh([[5, 3], [3, 5]])[-1], 1 / 4],
    "best-beta": [0.67, 0.669, (9 / 11) ** 2, 81 / 121, "0.67", ((10 - 1) / (10 + 1)) ** 2],
    "effective-rate": [0.01, 0.2 / 20, 0.2 * 0.05],
    "adagrad-step": [0.02, 0.1 / np.sqrt(25), 0.1 * 3 / np.sqrt(25 * 9)],
    "saddle-exits": [[0, 50], (0, 50), np.array([0, 50]), "0, 50"],
    "third-of-seven": [np.geomspace(0.001, 1, 7)[2], 0.001 * 10, 0.0100, "1e-2"],
    "different-rates": [7.8, 7.77, 27 - 27 * (26 / 27) ** 9, "7.8", 7.78, 27 * (1 - (26 / 27) ** 9), "7.776"],
    "adam-at-512": [0.032, 0.008 * 16 ** 0.52, 0.008 * 4, 0.008 * math.sqrt(16), "0.032", 0.008 * 16 ** 0.5],
    "rate-under-label-noise": [0.47, 0.5, "0.6", np.float32(0.55), [0.62], np.array(0.5)],
    "rate-at-30": [multistep_decay(0.3, milestones=[25, 45])(30), multistep_decay(0.3, milestones=[25, 45])([30]), 0.3 * 0.1, "0.03"],
    "half-the-floor": [0.0513, 2 * 0.1 / (4 - 0.1), "0.0513"],
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
    "warmup-batch-norm": [1.07, 0.9, "1.1", np.float64(1.3), 1.0, "1.2", [0.9], np.array(1.5)],
    "cosine-tail": [0.00637, 2 / math.pi * 0.01, math.acos(1 - 2e-4) / math.pi, "6.37e-3", 2 / math.pi / 100, 0.0064],
    "three-logs": [[60, 30, 15], (60.0, 30.0, 15.0), "60, 30, 15", np.array([60, 30, 15]), (60, 30, 15)],
    "branch-cost": [460, 320 + 20 + 40 + 80, "460"],
    "schedule-free-beta": [0, 0.0, "0", [0.0], np.zeros(1)],
    "line-leaves": [2.1, 441 / 210, 2 * 21 / 20, "2.10", "2.1"],
    "seeds-at-least": [6, 6.0, "6", math.ceil(math.log2(2 / 0.05))],
    "twelve-epochs": [0.059, 0.062, np.float32(0.06), "0.058", 0.06, "0.055", [0.062], np.array(0.05)],
    "per-batch": [[(1 + cos(k / 10)) / 2 for k in (7, 14, 21)], [0.206, 0.345, 0.976], [0.206, 0.346, 0.976],
                  np.array([0.21, 0.345, 0.98])],
    "keras-glide": [43, 43.0, math.ceil(math.log(1 / 90) / math.log(0.9)), "43"],
    "longer-run": [[0.5, 0, 0.5], (0.5, 0.0, 0.5)],
    "negative": [1, 1.0, "1"],
    "processes": [[1, 0.6, 0.2, 0], linear_decay(1.0, 10)(4 * np.arange(4))],
    "three-records": [[13, 11, 12], (13, 11, 12), "13, 11, 12", np.array([13.0, 11, 12])],
    "edge-with-momentum": [38, 3.8 / 0.1, 2 * (1 + 0.9) / 0.1, 38.0],
    "floor-with-more-momentum": [0.025, 0.05 / 2, 0.05 * 0.05 / 0.1],
    "carry-the-rate": [1.125, 0.4 * 2.8125, 1.12, 1.13],
    "start-plan": [warmup(linear_decay(0.1 * 3, total=57), length=3), warmup(linear_decay(0.3, total=60 - 3), 3.0),
                   warmup(polynomial_decay(0.3, total=57, power=1), length=3), wsd(0.3, total=60, decay=57, warmup=3),
                   3 * warmup(linear_decay(0.1, 57), 3), join([warmup(constant(0.3), 3), linear_decay(0.3, 57)], [3]),
                   lambda t: min(0.1 * t, 0.3 * max(60 - t, 0) / 57)],
    "open-end": ["wsd", "WSD", " wsd ", "'wsd'", "wsd.", wsd],
    "adam-worse": ["raise the rate", "Raise the rate.", "raise_the_rate", " RAISE  THE RATE"],
    "half-the-time": [6.5, "6.5", np.array([6.5]), 100 * 0.065],
    "llm-yardstick": [1.18, 0.002 / (2 ** 0.5 * 0.0012), 0.002 / math.hypot(0.0012, 0.0012), 1.2],
    "llm-best-cooldown": [40, 40.0, "40"],
    "llm-too-low": [0.0157, 0.016, 2.9670 - 2.9513, "0.0157"],
    "half-at-120-epochs": [0.96, 1.0, "1.1", np.float32(0.94), [1.13], np.array(0.9)],
    "lm-warmup-length": [40, 2 / (1 - 0.95), "40"],
    "lm-equal-text": [0.093, 0.09, "0.1", np.float32(0.08), [0.12]],
    "lm-memory": [0.1, 1 / (0.002 * 0.1) / 50_000, "0.1"],
    "lm-fraction": [0.3, "0.3"],
    "same-angle": [[0.0025, 20000], (0.0025, 20_000), np.array([0.0025, 20000.0]), [0.1 * 0.0005 / 0.02, 1 / (0.1 * 0.0005)]],
    "sixteen-times": [28, 28.4, "28", [28.0]],
    "cost-of-advice": [2.5, "2.5", [2.5]],
    "your-choice": [9.1, 8.5, "9.1", np.float32(9.4), 100 * 0.093, [10.4]],
}
# and those of a person who is wrong, beside what the exercise itself lists
WRONG = {
    "time-of-update": [2.4, 0.4, 126 / 50], "last-rate": [0.2 * (1 - 398 / 400), 0.000502], "one-update": [1e-3, -0.5, [0, 0], "none"],
    "best-fixed-rate": [0.09, 1 / 21, 0.095, 0.1, 0.0957], "limit-of-turned": [0.3, 0.2, 0.4], "best-beta": [0.65, 0.82],
    "saddle-exits": [[0, 49], 50, [50, 0], {0, 50}], "effective-rate": [0.011, 0.1], "adagrad-step": [0.0205, 0.2],
    "third-of-seven": [0.0126, 0.02], "different-rates": [7.5, 8.1, 5, 9, 8, 7], "adam-at-512": [0.025, 0.04, 0.064, 0.05],
    "rate-under-label-noise": [1.0, 2.1, 0.018, 0.2, 4, "lower"],
    "rate-at-30": [0.031, "0.3", multistep_decay(0.3, [25, 45])([30, 50])], "half-the-floor": [0.06, 0.04, 0.05],
    "batch-instead": [63, 65, "sixty-four"], "fifth-pass": [0.09, 0.0833],
    "per-update": [0.9967, 0.996, 0.99],
    "three-rates": [[0.4, 0.2], [0.4, 0.2, 0.05, 0], [0.05, 0.2, 0.4], {0.4, 0.2, 0.05}, 0.4],
    "first-cut": [11.5, 14], "momentum-floor": [0.3, 0.08, 0.12], "settling": [113, 100], "patience-at-60": ["tie", "level or better"],
    "read-the-log": [47, 49, 0.5], "down-to-a-hundredth": [98, 99.5, 396], "exponential-at-2000": [0.95, 1.0, 0.9],
    "three-flat-curves": ["floor", "floor done", "road road road"], "exact-road": [0.18, 0.2, 0.1875], "five-epochs": [0.3, 0.0003],
    "warm-cosine": [warmup(cosine_decay(0.21, total=25), length=5), warmup(linear_decay(0.2, total=25), 5), cosine_decay, 0.2,
                    warmup(cosine_decay(0.2, total=25, end=0.01), length=5), warmup(cosine_decay(0.2, 25), 5, start=0.1), lambda t: "x"],
    "warmup-batch-norm": [0.1, 10, -0.1, 40, -1, 0.01], "cosine-tail": [0.006, 0.0069, 0.0001, 0.01, 0.0066],
    "three-logs": [[30, 15, 60], [60, 30], 60, [15, 30, 60], {60, 30, 15}], "schedule-free-beta": [0.1, 1, [0, 0.5], False, 0.9, [0, 0]],
    "line-leaves": [2.05, 2.2, 2.0, 1.05], "twelve-epochs": [0.4, 0.08, -0.06, 6, 0.2, 0.03], "branch-cost": [459, 480],
    "seeds-at-least": [7, 3], "per-batch": [[0.2, 0.345, 0.976]], "keras-glide": [44, 41, 7, 103, [43, 43]],
    "longer-run": [[0.5, 0.1, 0.5]], "negative": [0.9, 0], "processes": [[1, 0.6, 0.2, -0.2]],
    "three-records": [[11, 12, 13], [13, 11], [13, 11, 12, 7], "A, B, C"], "edge-with-momentum": [37, 36],
    "floor-with-more-momentum": [0.03], "carry-the-rate": [1.2, 1.0],
    "start-plan": [warmup(linear_decay(0.3, 57), 3.5), warmup(linear_decay(0.3, 57), 3, start=0.1), warmup(cosine_decay(0.3, 57), 3), 0.3,
                   warmup(linear_decay(0.3, 57, end=0.001), 3), linear_decay, warmup(linear_decay(0.301, 57), 3)],
    "open-end": ["wsd linear", "", 3, linear_decay], "adam-worse": ["raise", "raise the rates and the decay", 3],
    "half-the-time": [0.065, 9, 4, 30, "six"], "llm-yardstick": [1.67, 0.83, 1.3], "llm-best-cooldown": [20, 41, 0.4],
    "half-at-120-epochs": [1.43, 2.2, 0.09, 0.7, 3, "one"], "lm-equal-text": [-0.15, 2.45, 0.01, -0.09, "the small one"],
    "llm-too-low": [-0.0157, 0.02, 0.0277], "lm-warmup-length": [20, 38, 41], "lm-memory": [10, 5000, 0.2], "lm-fraction": [0.1, 1, 3],
    "same-angle": [[0.0025], 0.0025, [20000, 0.0025], [0.003, 20000]], "sixteen-times": [0.28, 1.28, -35], "cost-of-advice": [1.02, -1, 6],
    "your-choice": [12.3, 0.093, 5, 60, [9.1, 9.4], "nine"],
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
    for name in ("rate-at-99", None, 3, ["per-batch"]):
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
