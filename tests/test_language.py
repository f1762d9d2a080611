"""The small transformer against PyTorch: its loss, its gradient, and whole trainings under schedules; its texts; its league."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from lrcourse import EMA, SGD, AdamW, Clip, Momentum, constant, cosine_decay, digits, language, linear_decay, train, warmup, wsd
from lrcourse.lessons import language_league as league
from lrcourse.transformer import ALPHABET, PIECE, _texts

ROOT = Path(__file__).parent.parent
SMALL = dict(width=12, heads=3, context=8, batch_size=3, dtype="float64")


def tool(name):
    spec = importlib.util.spec_from_file_location(f"{name}_tool", ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_torch(problem, w, windows):
    """The same loss by PyTorch's own layers: w (P,) a tensor, windows (windows, context + 1)."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    p, x, y = problem.parameters(w), windows[:, :-1], windows[:, 1:]
    norm = lambda h, scale: functional.layer_norm(h, (problem.width,), scale)
    h = p["characters"][x] + p["places"]
    for b in range(problem.blocks):
        qkv = (norm(h, p[f"scale_a{b}"]) @ p[f"qkv{b}"]).reshape(*x.shape, 3, problem.heads, -1).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(*qkv, is_causal=True)
        h = h + found.transpose(1, 2).reshape(h.shape) @ p[f"out{b}"]
        h = h + functional.relu(norm(h, p[f"scale_b{b}"]) @ p[f"up{b}"]) @ p[f"down{b}"]
    return functional.cross_entropy((norm(h, p["scale"]) @ p["guess"]).flatten(0, 1), y.flatten())


def windows_of(problem, batch):
    return problem.train_text[np.asarray(batch)[:, None] + np.arange(problem.context + 1)]


def a_batch(problem, seeds):
    return next(problem.batches([np.random.default_rng([seed, 1]) for seed in seeds]))


# ---- against PyTorch -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("text", ["course", "code"])
def test_loss_and_gradient_are_pytorchs(blocks, text):
    torch = pytest.importorskip("torch")
    problem = language(text=text, blocks=blocks, **SMALL)
    w = problem.start([3, 4])
    w += np.random.default_rng(0).normal(0, 0.2, w.shape)       # scales that aren't 1
    batch = a_batch(problem, [3, 4])
    loss, error, grad = problem.loss_and_gradient(w, batch)
    for r in range(2):
        tensor = torch.tensor(w[r], requires_grad=True)
        theirs = in_torch(problem, tensor, torch.tensor(windows_of(problem, batch[r])))
        theirs.backward()
        assert loss[r] == pytest.approx(theirs.item(), rel=1e-12) and 0 < error[r] <= 1
        np.testing.assert_allclose(grad[r], tensor.grad.numpy(), rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(problem.gradient(w, batch), grad)


@pytest.mark.parametrize("schedule", [warmup(linear_decay(0.02, total=0.9), length=0.1), wsd(0.02, total=1, decay=0.3),
                                      cosine_decay(0.02, total=1), warmup(constant(0.05), length=0.05)], ids=repr)
def test_a_training_of_100_updates_is_pytorchs(schedule):
    """Schedule, clipping, AdamW and its two groups together, in float64."""
    torch = pytest.importorskip("torch")
    problem, optimizer = language(**SMALL, updates_per_epoch=100), Clip(AdamW(beta2=0.95, weight_decay=0.1), norm=1.0)
    ours = train(problem, optimizer, schedule, epochs=1, seeds=[7])

    start = {name: torch.tensor(part[0], requires_grad=True) for name, part in problem.parameters(problem.start([7])).items()}
    decayed = [each for each in start.values() if each.ndim == 2]
    plain = [each for each in start.values() if each.ndim == 1]
    theirs = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}],
                               lr=1.0, betas=(0.9, 0.95), eps=1e-8)
    losses, clipped = [], 0
    for k, [batch] in enumerate(problem.batches([np.random.default_rng([7, 1])])):
        for group in theirs.param_groups:
            group["lr"] = float(schedule(k / 100))
        theirs.zero_grad()
        w = torch.cat([each.flatten() for each in start.values()])
        loss = in_torch(problem, w, torch.tensor(windows_of(problem, batch)))
        loss.backward()
        clipped += torch.nn.utils.clip_grad_norm_(list(start.values()), 1.0).item() > 1
        theirs.step()
        losses.append(loss.item())
    assert 5 < clipped <= 100
    assert ours.train_loss[0, 0] == pytest.approx(np.mean(losses), rel=1e-9)
    w = np.concatenate([each.detach().numpy().ravel() for each in start.values()])
    np.testing.assert_allclose(ours.w[0], w, rtol=1e-6, atol=1e-8)


# ---- what holds for every problem ------------------------------------------------------------------------------------

def test_the_gradient_is_the_slope():
    problem = language(blocks=2, **SMALL)
    w, batch = problem.start([0]), a_batch(problem, [0])
    direction = np.random.default_rng(1).normal(size=w.shape)
    slope = (problem.loss_and_gradient(w + 1e-6 * direction, batch)[0] - problem.loss_and_gradient(w - 1e-6 * direction, batch)[0]) / 2e-6
    assert slope[0] == pytest.approx((problem.gradient(w, batch) * direction).sum(), rel=1e-6)


def test_a_run_does_not_depend_on_the_runs_beside_it():
    setting = (Clip(AdamW()), warmup(constant(0.03), length=0.2))
    alone, beside = (train(language(updates_per_epoch=15), *setting, epochs=2, seeds=seeds) for seeds in ([5], [2, 5, 9]))
    np.testing.assert_array_equal(beside.w[1], alone.w[0])
    np.testing.assert_array_equal(beside.test_loss[1], alone.test_loss[0])
    assert len(set(beside.test_loss[:, -1])) == 3


def test_it_learns_and_a_rate_too_high_is_no_traceback():
    problem = language(updates_per_epoch=50)
    before = problem.evaluate(problem.start([0]))[0]
    good = train(problem, Clip(AdamW()), warmup(constant(0.01), length=0.2), epochs=2)
    assert 4 < before < 6 and good.test_loss[0, -1] < 3.2 < good.train_loss[0, 0]
    lost = train(problem, SGD(), constant(1e4), epochs=1, seeds=range(2))       # normalised, so that nothing overflows
    assert (lost.test_loss > 4).all() and not lost.diverged.any()
    with np.errstate(all="raise"):
        assert (train(problem, SGD(), constant(1e35), epochs=2).test_error[:, -1] > 0.8).all()


def test_no_place_sees_what_comes_later():
    problem = language(**SMALL)
    p, x = problem.parameters(problem.start([0])[0]), np.arange(40, 48)
    changed = x.copy()
    changed[5:] = 3
    logits, other = problem.forward(p, x)[0], problem.forward(p, changed)[0]
    np.testing.assert_array_equal(logits[:5], other[:5])
    assert not np.isclose(logits[5:], other[5:]).all(axis=1).any()


def test_evaluate_is_the_mean_over_all_held_out_windows():
    problem = language(held_out="validation")
    w = problem.start([0, 1])
    windows = problem.test_windows
    loss, error = problem.evaluate(w)
    for run in range(2):
        logits = problem.forward(problem.parameters(w[run]), windows[:, :-1].ravel())[0].astype(np.float64)
        y = windows[:, 1:].ravel()
        surprise = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(y.size), y]
        assert loss[run] == pytest.approx(surprise.mean(), rel=1e-5)
        assert error[run] == pytest.approx((logits.argmax(axis=1) != y).mean(), abs=1e-3)


def test_weight_decay_acts_on_matrices_alone():
    problem = language(**SMALL)
    w, before = problem.start([0]), problem.start([0])
    for optimizer in (Clip(AdamW(weight_decay=0.5)), AdamW(weight_decay=0.5), SGD(weight_decay=0.5)):
        optimizer.decays = problem.decays
        optimizer.step(w, np.zeros_like(w), lr=0.1)
    for name, part in problem.parameters(w).items():
        kept = part / problem.parameters(before)[name]
        np.testing.assert_allclose(kept, 1 if part.ndim == 2 else 0.95 ** 3, rtol=1e-12)


# ---- the texts -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("text", ["course", "code"])
def test_texts_are_small_and_plain(text):
    raw = (ROOT / "lrcourse" / "data" / f"{text}.txt").read_bytes()
    assert len(raw) <= 100_000 and set(raw.decode("ascii")) <= set(ALPHABET)


@pytest.mark.parametrize("text", ["course", "code"])
def test_what_is_held_out_is_trained_on_nowhere(text):
    validation, test = (language(text=text, held_out=half).test_windows for half in ("validation", "test"))
    assert len(language(text=text).test_windows) == len(validation) + len(test)
    written = ["".join(ALPHABET[place] for place in part.ravel()) for part in (_texts(text)["train"], validation, test)]
    train_text, *held = written
    whole = (ROOT / "lrcourse" / "data" / f"{text}.txt").read_text("ascii")
    assert train_text[:4 * PIECE] == whole[:4 * PIECE] and train_text[4 * PIECE:8 * PIECE] == whole[5 * PIECE:9 * PIECE]
    for part in held:
        window = part[:33]
        assert window in whole and window not in train_text
    assert abs(sum(map(len, written)) / len(whole) - 1) < 0.02


def test_the_text_of_a_lesson_without_its_markup():
    prose = tool("text").prose
    assert prose("## A *small* title\n\n**Predict.** It is `0.1`.\n\n$$x$$\n\n[a](https://b.c)") == "A small title\n\nPredict. It is 0.1."
    assert prose("α – β × 2") == "- x 2"


def test_the_texts_could_be_written_anew_today():
    texts = tool("text").texts()
    assert set(texts) == {"course", "code"}
    assert all(len(text) > 40_000 and set(text) <= set(ALPHABET) for text in texts.values())


def test_samples():
    run = train(language(), Clip(AdamW(beta2=0.99)), warmup(linear_decay(0.01, total=4.8), length=0.2), epochs=5)
    text = run.problem.sample(run.w[0], length=300, prompt="The rate", seed=1)
    assert text.startswith("The rate") and len(text) == 308 and text == run.problem.sample(run.w[0], 300, "The rate", seed=1)
    assert 0.1 < text.count(" ") / 300 < 0.3 and "the" in text


# ---- bad input -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, value", [("text", "novel"), ("width", 0), ("blocks", 9), ("heads", 5), ("context", 1), ("context", 500),
                                         ("batch_size", 0), ("updates_per_epoch", 1.5), ("held_out", "train"), ("dtype", "int")])
def test_bad_settings(name, value):
    with pytest.raises((TypeError, ValueError), match=f"{name}={value!r} is not allowed in language"):
        language(**{name: value})


@pytest.mark.parametrize("given, name", [({"prompt": ""}, "prompt"), ({"prompt": "é"}, "prompt"), ({"length": 0}, "length"),
                                         ({"temperature": 0}, "temperature"), ({"seed": -1}, "seed")])
def test_bad_samples(given, name):
    with pytest.raises(ValueError, match=f"{name}={given[name]!r} is not allowed in sample"):
        language().sample(language().start([0])[0], **given)


def test_clip():
    optimizer = Clip(Momentum(beta=0.5), norm=1.0)
    w = np.zeros((2, 2))
    for _ in range(2):
        optimizer.step(w, [[3.0, 4.0], [0.3, 0.4]], lr=[0.1, 1.0])
    np.testing.assert_allclose(w, [[-0.15, -0.2], [-0.75, -1.0]], rtol=1e-5)
    assert optimizer.fresh() is not optimizer and optimizer.fresh().optimizer.steps == 0 < optimizer.optimizer.steps
    with pytest.raises(TypeError, match="optimizer=3 is not allowed in Clip"):
        Clip(3)
    with pytest.raises(ValueError, match="norm=0 is not allowed in Clip"):
        Clip(SGD(), norm=0)


def test_clip_changes_nothing_where_gradients_are_short():
    bare, clipped = (train(digits(hidden=8), optimizer, constant(0.1), epochs=1).w for optimizer in (SGD(), Clip(SGD(), norm=1e3)))
    np.testing.assert_allclose(clipped, bare, rtol=1e-3, atol=1e-5)     # by the fused kernel, and by the plain loop


def test_the_average_is_pytorchs():
    torch = pytest.importorskip("torch")
    swa = pytest.importorskip("torch.optim.swa_utils")
    parameter = torch.nn.Linear(3, 1, bias=False, dtype=torch.float64)
    averaged = swa.AveragedModel(parameter, multi_avg_fn=swa.get_ema_multi_avg_fn(0.9))
    optimizer, theirs = EMA(AdamW(), beta=0.9), torch.optim.AdamW(parameter.parameters(), lr=0.1)
    w = parameter.weight.detach().numpy().copy()
    for k in range(20):
        grad = np.sin(np.arange(3.0) + k)[None]
        optimizer.step(w, grad, 0.1)
        parameter.weight.grad = torch.tensor(grad)
        theirs.step()
        averaged.update_parameters(parameter)
    np.testing.assert_allclose(w, parameter.weight.detach().numpy(), rtol=1e-7)
    np.testing.assert_allclose(optimizer.evaluation_weights(w), averaged.module.weight.detach().numpy(), rtol=1e-7)


def test_the_average_is_what_is_tested_and_leaves_the_training_alone():
    setting = dict(schedule=constant(0.01), epochs=2, seeds=range(2))
    problem = language(updates_per_epoch=10)
    plain, averaged = train(problem, AdamW(), **setting), train(problem, EMA(AdamW(), beta=0.5), **setting)
    np.testing.assert_array_equal(averaged.train_loss, plain.train_loss)
    assert (averaged.test_loss != plain.test_loss).all()
    np.testing.assert_array_equal(train(problem, EMA(AdamW(), beta=0.0), **setting).w, plain.w)
    with pytest.raises(TypeError, match="optimizer=3 is not allowed in EMA"):
        EMA(3)


# ---- the league ------------------------------------------------------------------------------------------------------

def test_stored_results_are_of_these_settings():
    assert league.stored().made["settings"] == league.settings(), "the league has changed: run make league again"


def test_stored_results_are_whole_and_no_peak_is_at_an_edge():
    stored = league.stored()
    assert league.FILE.stat().st_size < 50_000
    for length in league.UPDATES:
        for name in league.contenders():
            for part in (stored.validation, stored.test):
                losses = part[length][name]
                assert losses.shape == (len(league.PEAKS), len(league.SEEDS)) and (losses > 1.5).all() and (losses < 3).all()
            assert stored.best(length, name)[0] in league.PEAKS[1:-1], (length, name)
    for part in stored.batches.values():
        for losses in part.values():
            assert losses.shape == (len(league.BATCH_PEAKS), len(league.BATCH_SEEDS)) and (losses > 2.3).all() and (losses < 3.3).all()
            assert losses.mean(axis=1).argmin() in range(2, 6)


@pytest.mark.parametrize("name, peak", [("cosine to 10 %", 0.006), ("wsd, last 60 %", 0.003)])
def test_stored_results_come_out_again(name, peak):
    run = train(league.problem("short", "test"), league.OPTIMIZER, league.contenders()[name](peak), league.EPOCHS, seeds=range(2))
    again, place = run.test_loss[:, -1], league.PEAKS.index(peak)
    assert np.abs(again - league.stored().test["short"][name][place][:2]).max() < 0.03      # rounding, amplified
    np.testing.assert_allclose(league.problem("short").evaluate(run.w)[0], league.stored().validation["short"][name][place][:2], atol=0.03)


@pytest.mark.parametrize("size, place", [(2, 3), (8, 6)])
def test_stored_batches_come_out_again(size, place):
    run = train(league.of_batch(size), league.OPTIMIZER, league.falling(league.BATCH_PEAKS[place]), league.BATCH_EPOCHS, seeds=range(2))
    stored = league.stored().batches
    np.testing.assert_allclose(run.test_loss[:, -1], stored["validation"][size][place][:2], atol=0.03)
    np.testing.assert_allclose(league.of_batch(size, "test").evaluate(run.w)[0], stored["test"][size][place][:2], atol=0.03)


def test_stopping_the_league_loses_nothing(monkeypatch, tmp_path):
    runner = tool("language_league")
    small = {"SEEDS": range(2), "PEAKS": (0.003, 0.03), "UPDATES": {"short": 8}, "FILE": tmp_path / "league.npz",
             "BATCHES": (1,), "BATCH_PEAKS": (0.01,), "BATCH_SEEDS": range(1),
             "contenders": lambda total=4: {"constant": constant, "linear": lambda peak: linear_decay(peak, total)}}
    for name, value in small.items():
        for module in (league, runner):
            monkeypatch.setattr(module, name, value)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setattr(runner, "FINISHED", tmp_path / "whole")
    runner.main()
    whole = (tmp_path / "league.npz").read_bytes()
    monkeypatch.setattr(runner, "FINISHED", tmp_path / "stopped")
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(args)
        if len(calls) in (2, 6):        # a run of the schedules, and that of the batch
            raise KeyboardInterrupt
        return train(*args, **kwargs)

    monkeypatch.setattr(runner, "train", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            runner.main()
    runner.main()
    assert len(calls) == 7 and (tmp_path / "league.npz").read_bytes() == whole
    monkeypatch.setattr(league, "SEEDS", range(3))
    with pytest.raises(SystemExit, match="of another league"):
        runner.main()
