"""TrainIt: what its JavaScript trains has the bits of ``train`` in Python; what it copies is what it shows."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from test_explorers_js import NODE, RUNNERS

from lrcourse.engine import kernel
from lrcourse.engine.build import library
from lrcourse.explorers import TrainIt
from lrcourse.explorers.base import HERE
from lrcourse.explorers.javascript import schedules_module
from lrcourse.explorers.train_it import EPOCHS, SHAPES
from lrcourse.explorers.working import OPTIMIZERS, data, kernel_settings, script
from lrcourse.schedules import constant, cosine_decay, exponential_decay, join, linear_decay, lr_range

pytestmark = pytest.mark.skipif(NODE is None or kernel() is None or not library("wasm").exists(),
                                reason="node, the kernel or kernel.wasm is missing")

BENT = [0.02, 0.3, 1.0, 1.0, 1.0, 0.4, 0.5, 0.2, 0.05, 0.01, 0.001]
EXPLORERS = [TrainIt(peak=0.2), TrainIt(shape="drawn", points=BENT, peak=0.37, weight_decay=0.0),
             TrainIt(shape="constant", peak=3.0, optimizer="SGD"), TrainIt(shape="warm-up", optimizer="Adam", peak=0.01, hidden=40),
             TrainIt(shape="wsd", optimizer="AdamW", peak=0.02, batch_size=128),
             TrainIt(shape="step", optimizer="Nesterov", hidden=128, batch_size=61),
             TrainIt(shape="linear", hidden=8, batch_size=8, peak=0.03)]


def runs():
    for number, explorer in enumerate(EXPLORERS):
        seed, problem = (0, 1, 2, 100, 104, 101, 102)[number], explorer.problem
        history = explorer.history(seeds=seed)
        figures = [history.train_loss, history.train_error, history.test_loss, history.test_error]
        parts = problem.parameters(history.w)
        with np.errstate(all="ignore"):
            x = problem.test_images.astype(np.float64)
            mean, covariance = problem.images.mean(axis=0, dtype=np.float64), np.cov(problem.images.T.astype(np.float64), bias=True)
            W1 = parts["W1"][0].astype(np.float64)
            factor = parts["scale"][0] / np.sqrt((W1 * (covariance @ W1)).sum(axis=0) + 1e-5)
            hidden = np.maximum((x - mean) @ W1 * factor + parts["b1"][0], 0)
            answers = (hidden @ parts["W2"][0].T + parts["b2"][0]).argmax(axis=1)
        assert (answers != problem.test_labels).mean() == history.test_error[0, -1]
        yield {"state": {name: getattr(explorer, name) for name in explorer.settings()}, "seed": seed, "part": [0, 398],
               "setting": {"hidden": problem.hidden, "batch": problem.batch_size, "decay": problem.weight_decay,
                           "optimizer": kernel_settings(OPTIMIZERS[explorer.optimizer])},
               "sha256": hashlib.sha256(history.w.tobytes()).hexdigest(), "wrong": answers.tolist(),
               "figures": np.stack(figures, axis=-1).ravel().tolist()}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """node's tests pass; what it would copy, for each of EXPLORERS."""
    folder = tmp_path_factory.mktemp("train_it")
    for file in HERE.glob("*.js"):
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "schedules.js").write_text(schedules_module(), encoding="utf-8")
    (folder / "limits.js").write_text("export const LIMITS = {};")
    (folder / "setting.js").write_text(TrainIt.constants(), encoding="utf-8")
    (folder / "runs.json").write_text(json.dumps({"digits": data(), "runs": list(runs())}))
    done = subprocess.run([NODE, "--test", str(Path(__file__).with_name("trainer.test.mjs"))], text=True, timeout=120,
                          env={**os.environ, "LRCOURSE_EXPLORERS": str(folder)}, capture_output=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return json.loads((folder / "copied.json").read_text())


def test_the_browser_trains_bit_for_bit(copied):
    assert {explorer.optimizer for explorer in EXPLORERS} == set(OPTIMIZERS)


@pytest.mark.parametrize("framework", ["lrcourse", "torch", "keras", "optax"])
def test_copied_code_gives_the_rates_that_are_drawn(copied, framework):
    if framework != "lrcourse":
        pytest.importorskip(framework)
    epochs = np.arange(EPOCHS)
    for explorer, texts in zip(EXPLORERS, copied):
        wanted = explorer.schedule(epochs)
        np.testing.assert_allclose(RUNNERS[framework](texts[framework], epochs), wanted, atol=1e-7 * wanted.max(),
                                   rtol=1e-9 if framework in ("lrcourse", "torch") else 2e-5, err_msg=texts[framework])


def test_the_schedule_is_read_and_set():
    explorer = TrainIt()
    for name, shape in SHAPES.items():
        explorer.schedule = shape(0.25)
        assert (explorer.shape, explorer.peak, explorer.schedule) == (name, 0.25, shape(0.25))
    explorer.schedule = linear_decay(0.1, total=30)
    assert explorer.shape == "drawn"
    t = np.arange(0, EPOCHS, 2)
    np.testing.assert_allclose(explorer.schedule(t), linear_decay(0.1, total=30)(t))
    drawn = TrainIt(explorer.schedule)
    np.testing.assert_allclose(drawn.schedule(np.arange(EPOCHS)), explorer.schedule(np.arange(EPOCHS)))
    explorer = TrainIt(shape="drawn", peak=0.5, points=[0.1, 1, 1, 1, *[0.25] * 7])
    assert explorer.schedule == join([lr_range(0.05, 0.5, total=2), constant(0.5), exponential_decay(0.5, gamma=0.5), constant(0.125)],
                                     boundaries=[2, 6, 8])
    assert TrainIt(shape="drawn", peak=0.5).schedule == constant(0.5)


def test_what_is_not_allowed():
    with pytest.raises(TypeError, match="schedule=0.1 is not allowed in TrainIt"):
        TrainIt(0.1)
    with pytest.raises(ValueError, match="a rate above 0"):
        TrainIt().schedule = cosine_decay(1e-300, total=20) * constant(1e-300)
    explorer = TrainIt(points=[np.nan, 7, -1, *[0.5] * 8])
    assert explorer.points == [1.0, 1.0, 1e-3, *[0.5] * 8] and "must be parts of the peak" in explorer.word


def test_it_is_small():
    assert len(script()) < 110_000 and len(TrainIt.module()) < 110_000
    assert 100 < len(TrainIt().alt) and TrainIt().figure().png()
