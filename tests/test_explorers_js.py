"""The JavaScript of the explorers against Python: node runs explorers.test.mjs on vectors that are made here."""

import json
import math
import os
import shutil
import subprocess
import warnings
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import traitlets
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lrcourse import explorers, optimizers
from lrcourse.explorers import Ravine, ScheduleExplorer, TrainIt, YouDecayIt
from lrcourse.explorers.base import HERE
from lrcourse.explorers.javascript import function_in_javascript, schedules_module
from lrcourse.ranges import Positive
from lrcourse.schedules import (SCHEDULES, constant, cosine_decay, cosine_restarts, exponential_decay,
                                inverse_sqrt_decay, inverse_time_decay, join, linear_decay, lr_range, multistep_decay,
                                one_cycle, polynomial_decay, rex_decay, schedule, step_decay, triangular, wsd)

os.environ.setdefault("KERAS_BACKEND", "jax")
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

EXAMPLES = [
    constant(0.3), inverse_time_decay(0.2, decay_rate=0.07), inverse_time_decay(0.2, decay_rate=0),
    exponential_decay(0.4), exponential_decay(0.4, gamma=0), exponential_decay(0.4, gamma=1),
    step_decay(0.5), step_decay(0.5, gamma=0.3, step_size=7.5),
    multistep_decay(0.5, milestones=[30, 45.5]), multistep_decay(0.5, milestones=[]),
    polynomial_decay(0.5, total=80, power=0.7, end=0.01), polynomial_decay(0.5, total=30, power=2),
    linear_decay(0.5, total=64), linear_decay(0.5, total=33, end=0.5),
    cosine_decay(0.5, total=64), cosine_decay(0.5, total=90, end=0.02),
    cosine_restarts(0.5, period=12.5), cosine_restarts(0.5, period=10, mult=2, end=0.05),
    inverse_sqrt_decay(0.5, timescale=9), rex_decay(0.5, total=70),
    *(wsd(0.5, total=100, decay=30, warmup=10, shape=shape, end=0.01)
      for shape in ("linear", "cosine", "1-sqrt", "square")),
    wsd(0.5, total=50, decay=50), one_cycle(0.5, total=80), one_cycle(0.5, total=60, pct_start=0),
    one_cycle(0.5, total=60, pct_start=1, div_factor=10, final_div_factor=100),
    triangular(0.01, 0.5, half_period=12.5), lr_range(1e-3, 1.0, total=75)]


def plain(array):
    """Numbers for JSON, where None stands for what is not finite."""
    return [float(v) if np.isfinite(v) else None for v in np.ravel(array)]


def parameters(example):
    return {name: list(v) if isinstance(v, tuple) else v for name, v in example.parameters.items()}


def schedule_vectors():
    t = np.unique(np.concatenate([np.arange(0, 120, 0.5), [7.5, 12.5, 33.3, 64, 99.9, 1e3]]))
    for example in EXAMPLES:
        yield {"name": example.name, "parameters": parameters(example), "t": t.tolist(), "lr": example(t).tolist()}


def optimizer_vectors():
    generator = np.random.default_rng(0)
    grads, lr = generator.normal(size=(8, 40)), generator.uniform(0, 0.3, size=40)
    for kind, own in zip(optimizers.OPTIMIZERS, grads):
        optimizer, w = kind(), np.array([1.5])
        path = [1.5]
        for g, rate in zip(own, lr):
            optimizer.step(w, np.array([g]), rate)
            path.append(float(w[0]))
        defaults = {f.name: f.default for f in fields(kind) if f.name != "weight_decay" or f.default}
        yield {"name": kind.__name__, "settings": {}, "defaults": defaults, "start": 1.5, "grads": own.tolist(),
               "lr": lr.tolist(), "path": path}


def normal_vectors():
    for seed in (0, 1, 2 ** 31):
        numbers = np.random.default_rng([seed, 1]).normal(size=20_000)      # enough for the ziggurat's tail
        yield {"seed": seed, "numbers": numbers[:500].tolist(), "count": len(numbers), "sum": np.abs(numbers).sum()}


def ravine_vectors():
    explorers = [Ravine(optimizer=kind.__name__, lr=0.06, decay=0.05, noise=0.5, seed=3)
                 for kind in optimizers.OPTIMIZERS]
    explorers += [Ravine(surface=surface, lr=0.2, noise=0.3, seed=4) for surface in ("saddle", "two_minima")]
    explorers += [Ravine(lr=1.0, curvature=100, steps=300), Ravine(optimizer="Nesterov", momentum=0.5, steps=10),
                  Ravine(start=[0.3, -1.1], lr=0.101, steps=200)]
    explorers += [Ravine(optimizer=kind.__name__, lr=0.06, noise=noise, angle=angle, seed=5)
                  for kind in optimizers.OPTIMIZERS for noise, angle in ((0.0, 30), (0.3, 12.5))]
    for explorer in explorers:
        history = explorer.history()
        start = explorer.problem.value(np.array(explorer.start))
        state = {name: getattr(explorer, name) for name in explorer.settings()}
        yield {"state": state, "path": plain(history.path[0]), "lr": history.lr[0].tolist(),
               "loss": plain([start, *history.test_loss[0]])}


def quadratic_vectors():
    for seed, example in enumerate([constant(0.4), cosine_decay(0.7, total=150), step_decay(0.9, step_size=40)]):
        explorer = ScheduleExplorer(example, epochs=150, seed=seed)
        problem, lr = explorer.problem, example(np.arange(150))
        sampled = np.append(problem.value(problem.start([0])), explorer.history().test_loss[0])
        h, noise = np.array(problem.curvature), np.array(problem.noise)
        floor = np.sum(lr[-1] * noise ** 2 / (2 * (2 - lr[-1] * h)))
        yield {"problem": {"curvature": problem.curvature, "noise": problem.noise, "start": problem.start_point},
               "lr": lr.tolist(), "expected": explorer.expected_loss().tolist(), "sampled": sampled.tolist(),
               "floor": floor, "seed": seed}


def contest_vectors():
    for game in (YouDecayIt(cuts=[150, 210], updates=300, seed=5), YouDecayIt(lr=0.2, factor=0.5, updates=120)):
        state = {name: getattr(game, name) for name in game.settings()}
        yield {"state": state, "ends": game.contest(), "rates": {k: lr.tolist() for k, lr in game.rates().items()}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The modules as the explorers import them, the vectors, and what node wrote after its tests had passed."""
    folder = tmp_path_factory.mktemp("explorers")
    for file in [*HERE.glob("*.js"), HERE / "parts.css"]:
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "schedules.js").write_text(schedules_module(), encoding="utf-8")
    (folder / "limits.js").write_text("export const LIMITS = {};")
    vectors = {"schedules": list(schedule_vectors()), "optimizers": list(optimizer_vectors()),
               "normals": list(normal_vectors()), "ravine": list(ravine_vectors()),
               "quadratics": list(quadratic_vectors()), "contests": list(contest_vectors()),
               "code": [{"name": e.name, "parameters": parameters(e)} for e in EXAMPLES]}
    (folder / "vectors.json").write_text(json.dumps(vectors))
    done = subprocess.run([NODE, "--test", str(Path(__file__).with_name("explorers.test.mjs"))], text=True, timeout=120,
                          env={**os.environ, "LRCOURSE_EXPLORERS": str(folder)}, capture_output=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return folder


def test_javascript_equals_python(folder):
    assert {e.name for e in EXAMPLES} == {factory.__name__ for factory in SCHEDULES}


def test_a_schedule_chosen_in_the_browser_is_allowed(folder):
    chosen = json.loads((folder / "chosen.json").read_text())
    for factory in SCHEDULES:
        assert factory(**chosen[factory.__name__])(0) >= 0


@pytest.mark.parametrize("framework", ["lrcourse", "torch", "keras", "optax"])
def test_copied_code_gives_the_rates_that_are_shown(folder, framework):
    if framework != "lrcourse":
        pytest.importorskip(framework)
    for item in json.loads((folder / "code.json").read_text()):
        example = next(e for e in EXAMPLES if parameters(e) == item["curve"]["parameters"]
                       and e.name == item["curve"]["name"])
        steps = np.arange(30)
        got = RUNNERS[framework](item["texts"][framework], steps)
        # optax and Keras count in float32
        tolerance = 1e-12 if framework in ("lrcourse", "torch") else 2e-5
        np.testing.assert_allclose(got, example(steps), rtol=tolerance, atol=1e-7 * example(0.0) + 1e-9,
                                   err_msg=f"{example}\n{item['texts'][framework]}")


def run_lrcourse(text, steps):
    names = {}
    exec(text, names)
    return names["schedule"](steps)


def run_torch(text, steps):
    import torch
    names = {"model": torch.nn.Linear(1, 1)}
    exec(text, names)
    rates = []
    for _ in steps:
        rates.append(names["optimizer"].param_groups[0]["lr"])
        names["optimizer"].step()
        names["scheduler"].step()
    return rates


def run_keras(text, steps):
    names = {}
    exec(text, names)
    rates = []
    for step in steps:
        names["optimizer"].iterations.assign(int(step))
        rates.append(float(names["optimizer"].learning_rate))
    return rates


def run_optax(text, steps):
    import jax.numpy as jnp
    names = {}
    exec(text, names)
    optimizer, w = names["optimizer"], jnp.array(0.0)
    state, rates = optimizer.init(w), []
    for _ in steps:
        update, state = optimizer.update(jnp.array(-1.0), state)
        rates.append(float(update))
    return rates


RUNNERS = {"lrcourse": run_lrcourse, "torch": run_torch, "keras": run_keras, "optax": run_optax}


def test_what_can_not_be_translated_is_refused():
    @schedule
    def odd(t, lr: Positive):
        return lr * np.tanh(t)
    with pytest.raises(TypeError, match="tanh"):
        function_in_javascript(odd)
    with pytest.raises(TypeError, match="can.t be written"):
        function_in_javascript(join)


# ---- settings that are brought inside --------------------------------------------------------------------------------

def wild(trait):
    odd = [math.nan, math.inf, -math.inf, 1e300, -1e300, 0.0]
    return [[value, value] for value in odd] if isinstance(trait, traitlets.List) else odd


@pytest.mark.parametrize("kind", [Ravine, ScheduleExplorer, TrainIt, YouDecayIt])
def test_any_number_is_brought_inside_and_can_be_drawn(kind):
    for name, trait in kind.class_traits(sync=True).items():
        if name not in kind.settings() or name == "curves" or not isinstance(trait, (traitlets.Float, traitlets.List)):
            continue
        for value in [[v[0]] * 11 for v in wild(trait)] if name == "points" else wild(trait) if name != "cuts" else [[-5, 10 ** 9, 3, 3]]:
            explorer = kind(**{name: value})
            kept = getattr(explorer, name)
            assert np.isfinite(kept).all() and (explorer.word.startswith(f"{name} ") or kept == value), (name, value, explorer.word)
            if name in ("start", "curvature"):
                with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("error")
                    assert explorer.figure().png() and json.loads(json.dumps(explorer.alt))


@pytest.mark.parametrize("kind", [getattr(explorers, name) for name in explorers.__all__])
def test_no_word_of_the_picture_is_cut(kind):
    figure = kind().figure()
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    for axes in figure.axes:
        for words in [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]:
            box = words.get_window_extent(renderer)
            assert not words.get_text() or figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and figure.bbox.y0 <= box.y0 \
                and box.y1 <= figure.bbox.y1, words


def test_a_word_is_taken_back():
    explorer = Ravine(lr=7)
    assert explorer.word.startswith("lr 7 is outside")
    explorer.noise = 1
    assert explorer.word.startswith("lr 7 is outside")
    explorer.lr = 0.5
    assert explorer.word == ""


def test_a_diverged_curve_ends():
    explorer = ScheduleExplorer(constant(3.0), constant(0.5))
    figure = explorer.figure()
    loss = [line for line in figure.axes[1].lines if line.get_label() == "constant"]
    assert len(loss[0].get_ydata()) < 101 == len(loss[1].get_ydata()) and np.isfinite(loss[0].get_ydata()).all()
    assert "constant (diverged)" in [text.get_text() for text in figure.axes[1].texts]
