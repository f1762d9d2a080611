"""Every public function, called with things of a wrong kind, one argument at a time.

Only two ends are accepted: a result, or a ValueError or TypeError that names the argument. No warning of numpy escapes.
A function that is new needs a line in CALLS, with arguments that are right.
"""

import inspect
import math
import re
import signal
import types
import warnings
from collections import namedtuple

import numpy as np
import pytest

import lrcourse
from lrcourse import figures, frameworks, lessons, schedules, statistics, theory
from lrcourse.lessons import league
from lrcourse.optimizers import OPTIMIZERS
from lrcourse.ranges import Positive

Case = namedtuple("Case", "function arguments")
DIGITS = lrcourse.digits(hidden=2, batch_size=500, batch_norm=False)
BOWL = lrcourse.NoisyQuadratic([1.0, 2.0])
FLAT, RAVINE = lrcourse.constant(0.1), lrcourse.ravine()
RUN = lrcourse.train(RAVINE, lrcourse.SGD(), FLAT, epochs=3, seeds=range(2))
LEARNT = lrcourse.train(DIGITS, lrcourse.SGD(), FLAT, epochs=3, seeds=range(2))
SWEPT = lrcourse.sweep(BOWL, lrcourse.SGD(), [FLAT, lrcourse.constant(0.2)], seeds=range(2), epochs=2, progress=False)
FOUND = theory.fit([LEARNT])
RIGHT = {       # a value for each parameter of a schedule
    "lr": 0.1, "total": 10, "decay_rate": 1.0, "gamma": 0.5, "step_size": 2, "milestones": [1, 2], "power": 2.0, "end": 0.01, "period": 2,
    "mult": 2, "timescale": 3, "decay": 4, "warmup": 1, "shape": "cosine", "pct_start": 0.3, "div_factor": 25, "final_div_factor": 100,
    "min_lr": 0.01, "max_lr": 0.1, "half_period": 2, "schedule": FLAT, "schedules": [FLAT, FLAT], "length": 2, "start": 0.1,
    "boundaries": [1], "factor": 0.5, "rates": [0.1, 0.2], "every": 1.0}


def formula(t, lr: Positive):
    return lr


CALLS = {factory.__name__: Case(factory, {name: RIGHT[name] for name in factory.ranges})
         for factory in (*schedules.SCHEDULES, *schedules.COMBINATORS, theory.listed)}
CALLS |= {kind.__name__: Case(kind, {name: field.default for name, field in kind.__dataclass_fields__.items()}) for kind in OPTIMIZERS}
CALLS |= {
    "schedule": Case(schedules.schedule, {"function": formula}), "a schedule": Case(FLAT, {"t": 1.0}),
    "step": Case(lambda w, grad, lr: lrcourse.Adam().step(w, grad, lr), {"w": np.ones(2), "grad": np.ones(2), "lr": 0.1}),
    "ReduceLROnPlateau": Case(lrcourse.ReduceLROnPlateau, {"lr": 0.1, "factor": 0.5, "patience": 1, "threshold": 0.1, "cooldown": 1,
    "min_lr": 0}),
    "ReduceLROnPlateau.step": Case(lambda metric: lrcourse.ReduceLROnPlateau(0.1).step(metric), {"metric": 1.0}),
    "Clip": Case(lrcourse.Clip, {"optimizer": lrcourse.SGD(), "norm": 1.0}),
    "EMA": Case(lrcourse.EMA, {"optimizer": lrcourse.SGD(), "beta": 0.9}),
    "Clip.step": Case(lambda w, grad, lr: lrcourse.Clip(lrcourse.SGD()).step(w, grad, lr),
    {"w": np.ones(2), "grad": np.ones(2), "lr": 0.1}),
    "EMA.step": Case(lambda w, grad, lr: lrcourse.EMA(lrcourse.SGD()).step(w, grad, lr), {"w": np.ones(2), "grad": np.ones(2), "lr": 0.1}),
    "language": Case(lrcourse.language, {name: field.default for name, field in lrcourse.language.__dataclass_fields__.items()}),
    "NoisyQuadratic": Case(lrcourse.NoisyQuadratic, {"curvature": [1.0, 2.0], "noise": 1.0, "start_point": 1.0}),
    "digits": Case(lrcourse.digits, {name: field.default for name, field in lrcourse.digits.__dataclass_fields__.items()}),
    "ravine": Case(lrcourse.ravine, {"curvature": (1, 2), "start_point": (1, 2), "noise": 0.1, "angle": 0.0}),
    "saddle": Case(lrcourse.saddle, {"start_point": (1, 2), "noise": 0.1}),
    "two_minima": Case(lrcourse.two_minima, {"start_point": (1, 2), "noise": 0.1}),
    "train": Case(lrcourse.train, {"problem": RAVINE, "optimizer": lrcourse.SGD(), "schedule": FLAT, "epochs": 2, "seeds": 0,
                                   "start": [[1.0, 1.0]]}),
    "sweep": Case(lrcourse.sweep, {"problem": RAVINE, "optimizers": lrcourse.SGD(), "schedules": [FLAT], "seeds": [0, 1], "epochs": 2,
                                   "executor": None, "file": None, "progress": False}),
    "Sweep.where": Case(SWEPT.where, {"optimizer": "SGD", "schedule": "constant", "lr": 0.1}),
    "Sweep.rows": Case(SWEPT.rows, {"chosen": [0]}),
    "Sweep.like": Case(SWEPT.like, {"other": SWEPT}), "Sweep.final": Case(SWEPT.final, {"metric": "test_loss", "last": 1}),
    "Sweep.best": Case(SWEPT.best, {"metric": "test_loss", "last": 1}),
    "Sweep.table": Case(SWEPT.table, {"metric": "test_loss", "last": 1, "best": True}),
    "Sweep.load": Case(lrcourse.Sweep.load, {"file": "no such"}),
    "stability_limit": Case(theory.stability_limit, {"optimizer": lrcourse.Momentum(), "curvature": 1.0, "averaging": False}),
    "sharpness": Case(theory.sharpness, {"gradient": RAVINE.gradient, "w": [1.0, 1.0], "iterations": 2}),
    "noise_floor": Case(theory.noise_floor, {"optimizer": lrcourse.SGD(), "lr": 0.1, "curvature": 1.0, "noise": 1.0, "batch_size": 1}),
    "expected_loss": Case(theory.expected_loss, {"problem": BOWL, "optimizer": lrcourse.SGD(), "schedule": FLAT, "steps": 3}),
    "convergence_bound": Case(theory.convergence_bound, {"schedule": FLAT, "steps": 3, "grad_norms": 1.0, "distance": 1.0}),
    "best_scale": Case(theory.best_scale, {"schedule": FLAT, "steps": 3, "grad_norms": 1.0, "distance": 1.0}),
    "best_schedule": Case(theory.best_schedule, {"problem": BOWL, "steps": 3, "highest": 1.0, "rounds": 2}),
    "fit": Case(theory.fit, {"histories": [LEARNT], "directions": 2}),
    "Fitted.predict": Case(FOUND.predict, {"schedule": FLAT, "epochs": 2}),
    "Fitted.best_schedule": Case(FOUND.best_schedule, {"epochs": 2, "highest": 1.0}),
    "sign_flip_test": Case(statistics.sign_flip_test, {"differences": [1.0, 2.0, 3.0], "flips": 100, "seed": 0}),
    "holm": Case(statistics.holm, {"p_values": [0.1, 0.2]}),
    "rank_correlation": Case(statistics.rank_correlation, {"x": [1, 2, 3], "y": [1, 3, 2], "draws": 5, "seed": 0}),
    "compare_all": Case(statistics.compare_all, {"results": {"a": [1, 2, 3], "b": [2, 3, 5]}, "flips": 10, "seed": 0}),
    "bootstrap_interval": Case(statistics.bootstrap_interval, {"values": [1, 2, 3], "level": 0.9, "draws": 10, "seed": 0}),
    "contenders": Case(league.contenders, {"total": 30}), "rates": Case(league.rates, {"optimizer": "momentum", "task": "plain"}),
    "check": Case(lambda name: lessons.check(name, 1), {"name": "per-batch"}),
    "check, its answer": Case(lambda answer: [lessons.check(name, answer) for name in lessons.all_exercises()], {"answer": 1}),
    "schedule_curve": Case(figures.schedule_curve, {"schedules": FLAT, "epochs": 3, "words": "", "log": False}),
    "error_curve": Case(figures.error_curve, {"histories": LEARNT, "words": "", "log": False, "train": False, "show_lr": True,
    "log_lr": True}),
    "loss_curve": Case(figures.loss_curve, {"histories": {"a": RUN, "b": LEARNT}, "words": "", "log": True, "show_lr": False}),
    "line_chart": Case(figures.line_chart, {"x": [1, 2], "lines": {"a": [1, 2]}, "xlabel": "x", "ylabel": "y", "words": "", "log": "x",
                                            "marks": {"m": 1}, "points": ["a"], "percent": False}),
    "dot_chart": Case(figures.dot_chart, {"rows": {"a": [1, 2]}, "xlabel": "x", "words": "", "log": False}),
    "spread_chart": Case(figures.spread_chart, {"rows": {"a": [1, 2]}, "xlabel": "x", "words": ""}),
    "digit_grid": Case(figures.digit_grid, {"rows": {"a": (np.zeros((2, 64)), ["1", "2"])}, "words": ""}),
    "schedule_grid": Case(figures.schedule_grid, {"histories": {"a": RUN}, "words": "", "columns": 2}),
    "league_chart": Case(figures.league_chart, {"columns": {"a": {"b": [0.1, 0.2]}}, "xlabel": "x", "words": "", "apart": {"a": ["b"]}}),
    "forecast_chart": Case(figures.forecast_chart, {"pairs": {"a": ([[1, 2], [2, 3]], [1, 2])}, "ylabel": "y", "words": "", "log": False}),
    "agreement_chart": Case(figures.agreement_chart, {"groups": {"a": ([1, 2], [2, 3])}, "xlabel": "x", "ylabel": "y", "words": ""}),
    "path_chart": Case(figures.path_chart, {"problem": RAVINE, "histories": RUN, "words": "", "extent": (-1, 1, -1, 1), "last": 2,
                                            "colors": ["#123456"]}),
    "as_code": Case(frameworks.as_code, {"schedule": FLAT, "framework": "torch", "updates_per_epoch": 2, "epochs": 3}),
}


def torch_parts():
    torch = pytest.importorskip("torch")
    optimizer = lambda: torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    return torch, optimizer, lambda o: torch.optim.lr_scheduler.StepLR(o, 2)


def framework_calls():
    """Those that need a framework, made where they are asked for."""
    torch, optimizer, step_lr = torch_parts()
    keras, optax = pytest.importorskip("keras"), pytest.importorskip("optax")
    record = frameworks.from_torch(step_lr, 4)
    return {
        "to_torch": Case(frameworks.to_torch, {"schedule": FLAT, "optimizer": optimizer(), "updates_per_epoch": 2, "per": "update"}),
        "to_keras": Case(frameworks.to_keras, {"schedule": FLAT, "updates_per_epoch": 2, "epochs": 3}),
        "to_optax": Case(frameworks.to_optax, {"schedule": FLAT, "updates_per_epoch": 2, "epochs": 3}),
        "from_torch": Case(frameworks.from_torch, {"make": step_lr, "updates": 3, "lr": 0.1, "metrics": None}),
        "from_keras": Case(frameworks.from_keras, {"schedule": keras.optimizers.schedules.CosineDecay(1.0, 10), "updates": 3, "lr": 0.1,
                                                   "metrics": None}),
        "from_optax": Case(frameworks.from_optax, {"schedule": optax.constant_schedule(0.1), "updates": 3, "metrics": None}),
        "compare": Case(frameworks.compare, {"schedule": FLAT, "recorded": record, "updates_per_epoch": 2}),
        "framework": Case(frameworks.framework, {"name": "optax"}),
    }


def odd_values():
    ragged = [[1.0], [1.0, 2.0]]
    return [None, "x", "0.1", "", b"x", math.nan, math.inf, -math.inf, -1, 0, 1.5, True, False, 1j, 10 ** 400, -10 ** 400, 1e308, [], (),
        {},
            set(), [None], ["a"], ragged, [math.nan], [math.inf, 1.0], [-1.0, -2.0], np.array([]), np.ones(2), np.ones((2, 2)),
                np.ones((1, 2, 3)),
            np.array("x"), np.array([None, 1]), np.full(3, math.nan), FLAT, [FLAT, 3], {"a": None}, {"a": []}, {"a": math.nan}, {3: FLAT},
            lrcourse.ReduceLROnPlateau(0.1), lrcourse.SGD(), lrcourse.SGD, RAVINE, RUN, SWEPT, object(), lambda: 0, len, iter(()), range(0)]


def complaint(case, name, value):
    """What is wrong with how the call ends, or None."""
    before = {key: np.copy(kept) if isinstance(kept, np.ndarray) else kept for key, kept in case.arguments.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)      # of keras, at numpy's newer __array__
        warnings.filterwarnings("ignore", "Detected call of|The NumPy module was reloaded", UserWarning)
        signal.setitimer(signal.ITIMER_REAL, 10)
        try:
            result = case.function(**before | {name: value})
            if isinstance(result, figures.Figure):
                result.draw_without_rendering()
        except (ValueError, TypeError) as error:
            return None if re.search(rf"(?<!\w){name}(?!\w)", str(error)) else f"{type(error).__name__}: {error}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def hangs(number, frame):
    raise RuntimeError("it takes more than ten seconds")


@pytest.fixture(autouse=True, scope="module")
def alarm():
    before = signal.signal(signal.SIGALRM, hangs)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Some take a string for the name of a file."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("label", CALLS)
def test_things_of_a_wrong_kind_are_refused_by_name(label):
    case = CALLS[label]
    if label != "Sweep.load":
        case.function(**{name: value.copy() if isinstance(value, np.ndarray) else value for name, value in case.arguments.items()})
    found = [f"{name}={value!r:.60}: {said:.160}" for name in case.arguments for value in odd_values() if (said := complaint(case, name,
        value))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("label", ["to_torch", "to_keras", "to_optax", "from_torch", "from_keras", "from_optax", "compare", "framework"])
def test_things_of_a_wrong_kind_are_refused_by_name_where_a_framework_is_asked_for(label):
    case = framework_calls()[label]
    case.function(**case.arguments)
    found = [f"{name}={value!r:.60}: {said:.160}" for name in case.arguments for value in odd_values() if (said := complaint(case, name,
        value))]
    assert not found, "\n".join(found)


def public(module):
    """The functions and classes that a module defines for others."""
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    return {name for name in names if callable(getattr(module, name)) and not isinstance(getattr(module, name), types.ModuleType)
            and (hasattr(module, "__all__") or getattr(getattr(module, name), "__module__", "") == module.__name__)}


def test_the_table_knows_every_public_function():
    within = {"Fitted", "Figure", "History", "Sweep", "Recorded", "Missing", "Results", "Task",      # results: nobody calls these
              "styled", "looks", "training_curve", "plain_numbers", "label_ends", "still_there", "when_lost", "of_names", "numbers_of",
              "pair_of", "draw_dot", "ranks", "predict", "progress", "Choice", "Free", "Number", "Order", "finite", "stored", "settings",
              "all_exercises",
              "Exercise"}      # the modules' own, or without arguments
    known = set(CALLS) | {"to_torch", "to_keras", "to_optax", "from_torch", "from_keras", "from_optax", "compare", "framework"}
    for module in (lrcourse, theory, statistics, figures, frameworks, league, lessons):
        assert public(module) - within <= known, module.__name__
    for name, case in CALLS.items():
        if name in vars(lrcourse) or name in vars(theory) or name in vars(statistics):
            given = set(inspect.signature(case.function).parameters)
            assert set(case.arguments) == given, name
