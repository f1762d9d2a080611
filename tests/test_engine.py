"""The kernel against the plain loop, against torch, and against itself: the same bits from everything that compiles it."""

import hashlib
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import webassembly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrcourse import engine
from lrcourse.engine import build, native, text
from lrcourse.engine.browser import Kernel as BrowserKernel
from lrcourse.optimizers import EMA, OPTIMIZERS, SGD, Adam, AdaGrad, AdamW, Clip, Momentum, Nesterov, RMSProp, ScheduleFreeSGD
from lrcourse.problems import digits, language, ravine
from lrcourse.schedules import ReduceLROnPlateau, cosine_decay
from lrcourse.training import run, run_loop, train

RATES = {SGD: 0.1, Momentum: 0.03, Nesterov: 0.03, AdaGrad: 0.03, RMSProp: 0.003, Adam: 0.01, AdamW: 0.01, ScheduleFreeSGD: 0.3}
MADE = [optimizer() for optimizer in OPTIMIZERS] + [
    SGD(weight_decay=0.02), Momentum(beta=0.5, weight_decay=0.02), Nesterov(beta=0.5, weight_decay=0.02),
    AdaGrad(eps=1e-3, weight_decay=0.02), RMSProp(rho=0.9, eps=1e-3, weight_decay=0.02),
    Adam(beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.02), AdamW(beta1=0.0, beta2=0.0, weight_decay=0.0),
    ScheduleFreeSGD(beta=0.0, weight_decay=0.02)]
FIGURES = ("train_loss", "train_error", "test_loss", "test_error")


def test_there_is_a_kernel():
    """It is compiled where lrcourse is installed; in a checkout by python -m lrcourse.engine.build."""
    assert engine.kernel() is not None and engine.loop(digits(), SGD())


@pytest.fixture(scope="session")
def libraries(tmp_path_factory):
    """This kernel.c, compiled for every instruction set that this machine has."""
    made = build.compile(folder=tmp_path_factory.mktemp("engine"))
    return [path for path in made if path.stem.removeprefix("kernel_") in native.kinds()]


# ---- against the plain loop ----------------------------------------------------------------------------------------------

def both(problem, optimizer, lr, seeds=(4, 0), watching=None):
    """What the plain loop and the kernel give for rates (runs, updates): train, test, weights, rates used."""
    results = []
    for loop in (lambda *args: run_loop(*args)[:3], engine.run_loop):
        rates = lr.copy()
        results.append([*loop(problem, optimizer, seeds, rates, watching and watching.fresh(), problem.start(seeds)), rates])
    return results


def random_rates(problem, optimizer, epochs, seed=0):
    """Another for each run and update, 0 among them."""
    updates = epochs * problem.updates_per_epoch
    lr = RATES[type(optimizer)] * np.random.default_rng(seed).random((2, updates)) * [[1.0], [2.0]]
    lr[:, [0, updates // 2]] = 0.0
    return lr


def assert_close(problem, optimizer, lr):
    """In float32 the last bits differ, and training makes more of that; so the plain loop in float64 is the judge: the kernel
    must be as near to it as the plain loop in float32 is, or a few times that."""
    plain, fast = both(problem, optimizer, lr)
    exact = run_loop(digits(**vars(problem) | {"dtype": "float64"}), optimizer, (4, 0), lr.copy(), None,
                     problem.start((4, 0)).astype(np.float64))[:3]
    for name, one, two, truth in zip(("train", "test", "weights"), plain, fast, exact):
        loss = slice(None) if name == "weights" else 0
        error, theirs = np.abs(two[loss] - truth[loss]).max(), np.abs(one[loss] - truth[loss]).max()
        assert error <= 10 * theirs + 1e-5, f"{name}: {error:.1e} from float64, the plain loop in float32 {theirs:.1e}"
    if problem.batch_size < 500:
        assert np.ptp(plain[0][0]) > 0.02, "nothing was learnt: this tested nothing"


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("optimizer", MADE, ids=repr)
def test_equals_the_plain_loop(optimizer, batch_norm):
    problem = digits(hidden=33, batch_size=100, batch_norm=batch_norm)
    assert_close(problem, optimizer, random_rates(problem, optimizer, 4))


@settings(deadline=None, max_examples=25)
@given(hidden=st.integers(1, 140), batch_size=st.integers(1, 1000), batch_norm=st.booleans(), optimizer=st.sampled_from(MADE),
       shift=st.integers(0, 2), held_out=st.sampled_from(["all", "validation", "test"]), label_noise=st.sampled_from([0.0, 0.3]),
       weight_decay=st.sampled_from([0.0, 1e-2]), seed=st.integers(0, 99))
def test_any_size(hidden, batch_size, batch_norm, optimizer, shift, held_out, label_noise, weight_decay, seed):
    if batch_norm:
        batch_size = max(batch_size, 8)         # of a batch of one or two nothing is left, and rounding decides
    problem = digits(hidden, batch_norm, weight_decay, batch_size, shift, label_noise, held_out)
    epochs = 1 + problem.batch_size // 100
    lr = random_rates(problem, optimizer, epochs, seed) / (1 + 1000 // (20 * problem.batch_size))
    plain, fast = both(problem, optimizer, lr)
    np.testing.assert_allclose(fast[0][0], plain[0][0], rtol=2e-2, atol=1e-3)
    np.testing.assert_allclose(fast[1][0][:, :1], plain[1][0][:, :1], rtol=5e-2, atol=1e-2)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("hidden", [1, 16, 40, 64, 100])
def test_one_gradient_is_torch_s(hidden, batch_norm):
    """One update of SGD at rate 1 gives the gradient itself: w0 - w1."""
    torch = pytest.importorskip("torch")
    problem = digits(hidden=hidden, batch_size=1000, batch_norm=batch_norm, weight_decay=0.03)
    start = problem.start([5])
    after = engine.run_loop(problem, SGD(), [5], np.ones((1, 1)), None, start)[2]
    rows = next(problem.batches([np.random.default_rng([5, 1])]))[0]
    parts = {name: torch.tensor(part[0], dtype=torch.float64, requires_grad=True) for name, part in problem.parameters(start).items()}
    x, y = torch.tensor(problem.images[rows], dtype=torch.float64), torch.tensor(problem.labels[rows % 1000])
    z = x @ parts["W1"]
    if batch_norm:
        z = torch.nn.functional.batch_norm(z, None, None, parts["scale"], parts["b1"], training=True)
    else:
        z = z + parts["b1"]
    loss = torch.nn.functional.cross_entropy(z.relu() @ parts["W2"].T + parts["b2"], y)
    (loss + 0.5 * 0.03 * (parts["W1"].square().sum() + parts["W2"].square().sum())).backward()
    for name, part in problem.parameters(start - after).items():
        gradient = parts[name].grad.numpy()
        np.testing.assert_allclose(part[0], gradient, rtol=0, atol=1e-6 + 2e-6 * np.abs(gradient).max(), err_msg=name)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("optimizer", [SGD(), Momentum(), Adam(), ScheduleFreeSGD()], ids=repr)
def test_plateau_cuts_the_same_runs_at_the_same_time(optimizer, batch_norm):
    problem = digits(hidden=9, batch_size=200, batch_norm=batch_norm)
    watching = ReduceLROnPlateau(RATES[type(optimizer)], factor=0.5, patience=0, threshold=0.03)
    lr = np.full((3, 12 * problem.updates_per_epoch), watching.lr)
    plain, fast = both(problem, optimizer, lr, seeds=(0, 1, 2), watching=watching)
    np.testing.assert_array_equal(fast[3], plain[3])
    np.testing.assert_allclose(fast[1][0], plain[1][0], rtol=1e-3)
    assert len(np.unique(fast[3], axis=0)) > 1, "all were cut alike: this tested too little"


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.__name__)
def test_diverging_runs(optimizer, batch_norm, monkeypatch):
    """One run leaves and one stays: both loops say the same of both."""
    problem = digits(hidden=6, batch_size=100, batch_norm=batch_norm)
    schedules, start = [cosine_decay(RATES[optimizer], 4), cosine_decay(1e30, 4)], problem.start([0, 0])
    fast = run(problem, optimizer(), schedules, (0, 0), 3, start.copy())
    monkeypatch.setattr(engine, "loop", lambda *args: None)
    plain = run(problem, optimizer(), schedules, (0, 0), 3, start.copy())
    assert not plain.diverged[0] and not fast.diverged[0]
    assert (np.isfinite(fast.w) | np.isnan(fast.w) | np.isinf(fast.w)).all()
    for name in ("diverged", "lr", *FIGURES):
        one, two = getattr(plain, name), getattr(fast, name)
        np.testing.assert_array_equal(np.isinf(one), np.isinf(two), err_msg=name)
        np.testing.assert_allclose(two[0], one[0], rtol=1e-4, atol=1e-3, err_msg=name)
    np.testing.assert_array_equal(fast.test_error[fast.diverged], plain.test_error[fast.diverged])


def test_every_optimizer_is_known_and_what_is_not_is_left_alone():
    class Other(SGD):
        def update(self, w, g, lr):
            w += 0

    assert engine.OPTIMIZERS == OPTIMIZERS == tuple(dict.fromkeys(type(optimizer) for optimizer in MADE))
    assert all(engine.loop(digits(), optimizer()) for optimizer in OPTIMIZERS)
    assert engine.loop(digits(), Clip(SGD())) is None and engine.loop(language(), EMA(Clip(EMA(SGD())))) is None
    assert engine.loop(language(dtype="float64"), SGD()) is None and engine.loop(language(), Clip(SGD())) is text.run_loop
    assert not engine.loop(digits(), Other()) and not engine.loop(ravine(), SGD()) and not engine.loop(digits(dtype="float64"), SGD())
    problem = digits(hidden=3, batch_size=500)
    np.testing.assert_array_equal(train(problem, Other(), cosine_decay(1.0, 2), epochs=2).w, problem.start([0]))


def test_ties_go_to_the_first_class():
    """With all hidden units off and no bias every logit is 0: the answer is class 0."""
    problem = digits(hidden=4, batch_size=500, batch_norm=False, weight_decay=0.0)
    start = problem.start([0])
    start[:] = 0
    train_figures, test_figures, w = engine.run_loop(problem, SGD(), [0], np.zeros((1, 2)), None, start)
    assert test_figures[1, 0, 0] == np.mean(problem.test_labels != 0)
    assert train_figures[0, 0, 0] == pytest.approx(np.log(10), rel=1e-6)
    np.testing.assert_array_equal(w, start)


# ---- the transformer --------------------------------------------------------------------------------------------------------

def some_text(problem, seeds=(0, 1), moved=0.05):
    """Weights that are not quite the first ones, so that no two gradients cancel; and a batch."""
    w = problem.start(seeds)
    w += moved * np.random.default_rng(3).normal(size=w.shape).astype(w.dtype)
    return w, next(problem.batches([np.random.default_rng(seed) for seed in seeds]))


def plain(monkeypatch, problem, w, batch):
    with monkeypatch.context() as patch:
        patch.setattr(language, "_compiled", lambda self, w: None)
        return *problem.loss_and_gradient(w, batch), problem.evaluate(w)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 20), heads=st.integers(1, 3), blocks=st.integers(1, 4), context=st.integers(2, 70), batch_size=st.integers(1, 9),
       written=st.sampled_from(["course", "code"]), held_out=st.sampled_from(["all", "validation", "test"]), seed=st.integers(0, 99))
def test_a_transformer_of_any_size(size, heads, blocks, context, batch_size, written, held_out, seed, monkeypatch):
    """float64 is the judge, as above."""
    sizes = dict(text=written, width=size * heads, heads=heads, blocks=blocks, context=context, batch_size=batch_size, held_out=held_out)
    problem, exact = language(**sizes), language(**sizes, dtype="float64")
    w, batch = some_text(problem, (seed, seed + 1))
    fast = *problem.loss_and_gradient(w, batch), problem.evaluate(w)
    slow, truth = plain(monkeypatch, problem, w, batch), plain(monkeypatch, exact, w.astype(np.float64), batch)
    for name, one, two, true in zip(("loss", "error", "gradient", "held out"), fast, slow, truth):
        error, theirs, size = np.abs(one - true).max(), np.abs(two - true).max(), np.abs(true).max()
        if name == "error":         # two characters may be equally probable
            assert error <= 2 / (batch_size * context)
        else:
            assert error <= 10 * theirs + 2e-6 * (1 + size), (name, error, theirs)


WRAPPED = [Clip(AdamW(beta2=0.99, weight_decay=0.1)), EMA(Clip(Momentum(weight_decay=0.02), norm=0.5), beta=0.9), EMA(Adam(), beta=0.0),
           Clip(ScheduleFreeSGD(weight_decay=0.02), norm=1e9)]


def trained_text(problem, optimizer, epochs, loop, seeds=(0, 5), watching=None, **options):
    inner = optimizer
    while hasattr(inner, "optimizer"):
        inner = inner.optimizer
    lr = watching.lr + np.zeros((2, epochs * problem.updates_per_epoch)) if watching else random_rates(problem, inner, epochs)
    results = loop(problem, optimizer, seeds, lr, watching and watching.fresh(), problem.start(seeds), **options)
    return [*results[:3], lr]


@pytest.mark.parametrize("optimizer", [*MADE, *WRAPPED], ids=repr)
def test_a_transformer_trains_as_the_plain_loop_does(optimizer):
    """The gradients are the kernel's in both; the steps round differently."""
    problem = language(updates_per_epoch=15, batch_size=3, context=11)
    fast, slow = [trained_text(problem, optimizer, 2, loop) for loop in (engine.loop(problem, optimizer), run_loop)]
    assert np.abs(slow[2] - problem.start([0, 5])).max() > 1e-3, "nothing was learnt: this tested nothing"
    for name, one, two in zip(("train", "test", "weights"), fast, slow):
        np.testing.assert_allclose(one, two, rtol=2e-3, atol=2e-3, err_msg=name)
    np.testing.assert_allclose(fast[0][0][:, 0], slow[0][0][:, 0], rtol=1e-5)


def test_a_plateau_cuts_a_transformer_at_the_same_time():
    problem, watching = language(updates_per_epoch=5, batch_size=2), ReduceLROnPlateau(0.5, factor=0.5, patience=0, threshold=0.02)
    fast, slow = [trained_text(problem, SGD(), 8, loop, watching=watching) for loop in (engine.loop(problem, SGD()), run_loop)]
    np.testing.assert_array_equal(fast[3], slow[3])
    assert len(np.unique(fast[3])) > 2, "nothing was cut: this tested nothing"


def test_a_transformer_trains_to_the_same_bits_on_any_number_of_threads():
    problem, seeds = language(updates_per_epoch=5), tuple(range(5))
    lr = np.full((5, 10), 0.01)
    one, two = [engine.loop(problem, Adam())(problem, Adam(), seeds, lr, None, problem.start(seeds), threads) for threads in (1, 3)]
    for a, b in zip(one, two):
        np.testing.assert_array_equal(a, b)
    alone = engine.loop(problem, Adam())(problem, Adam(), seeds[3:4], lr[:1], None, problem.start(seeds[3:4]))
    np.testing.assert_array_equal(alone[2][0], one[2][3])


def test_a_transformer_that_diverges():
    problem = language(updates_per_epoch=5)
    history = train(problem, Momentum(), cosine_decay(1e20, 3), epochs=3, seeds=(0, 1))
    assert history.diverged.all() and (history.test_error[:, -1] == 1).all()


def test_a_transformer_gives_the_same_bits_everywhere(libraries, browser, monkeypatch):
    for sizes in ({}, dict(width=30, heads=3, blocks=2, context=21, batch_size=5), dict(width=128, heads=2, context=64, batch_size=2)):
        problem = language(**sizes)
        w, batch = some_text(problem)
        for spoilt in (1, 1e30):
            found = set()
            for kernel in [native.Kernel(path=path) for path in libraries] + [browser]:
                monkeypatch.setattr(text, "kernel", lambda kernel=kernel: kernel)
                parts = [*problem.loss_and_gradient(spoilt * w, batch), problem.evaluate(spoilt * w)]
                if problem.batch_size < 8:
                    short = language(**sizes, updates_per_epoch=3)
                    for optimizer in (AdamW(), WRAPPED[1], ScheduleFreeSGD()):
                        parts += trained_text(short, optimizer, 1, engine.loop(short, optimizer))[:3]
                found.add(b"".join(np.where(np.isnan(part), np.nan, part).tobytes() for part in parts))
            assert len(found) == 1, (sizes, spoilt)


def test_a_transformer_of_one_s_own_is_not_compiled():
    class Silent(language):
        def forward(self, p, x):
            logits, *others = super().forward(p, x)
            return 0 * logits, *others

    problem = Silent()
    w, batch = some_text(problem)
    assert problem.loss_and_gradient(w, batch)[0] == pytest.approx(np.log(96)) and problem.evaluate(w)[0] == pytest.approx(np.log(96))


def test_a_child_process_has_threads_of_its_own(monkeypatch):
    """A forked one inherits a pool whose threads are not there."""
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    code = ("import os, numpy as np\nproblem = language(batch_size=1)\nw = problem.start([0, 1])\nbatch = np.zeros((2, 1), int)\n"
            "one = problem.loss_and_gradient(w, batch)[0]\nchild = os.fork()\n"
            "if child == 0: os._exit(0 if (problem.loss_and_gradient(w, batch)[0] == one).all() else 3)\nprint(os.waitpid(child, 0)[1])")
    assert fresh(code, OMP_NUM_THREADS="2")[0] == "0\n"


# ---- the same bits --------------------------------------------------------------------------------------------------------

def fingerprint(history):
    """Of all that was computed."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(getattr(history, name)).tobytes() for name in (*FIGURES, "w"))).hexdigest()


def jobs(epochs):
    """Every optimizer, with and without batch norm, sizes that fill vectors and sizes that don't."""
    for number, optimizer in enumerate(MADE):
        hidden, batch_size = [(33, 32), (64, 32), (100, 47), (7, 90), (128, 32)][number % 5]
        for batch_norm in (True, False):
            yield digits(hidden=hidden, batch_size=batch_size, batch_norm=batch_norm), optimizer, epochs


def trained(problem, optimizer, epochs, seeds=(3, 1), threads=None, rate=1.0):
    return run(problem, optimizer, [cosine_decay(rate * RATES[type(optimizer)], epochs)] * len(seeds), seeds, epochs,
               problem.start(seeds), threads)


def test_the_same_bits_from_all_instruction_sets_and_from_webassembly(libraries, browser, monkeypatch):
    for rate, epochs in [(1.0, 3), (1e6, 2)]:       # most of the second diverge
        for job in jobs(epochs):
            found = []
            for kernel in [native.Kernel(path=path) for path in libraries] + [browser]:
                monkeypatch.setattr(engine, "kernel", lambda kernel=kernel: kernel)
                found.append(fingerprint(trained(*job, rate=rate)))
            assert len(set(found)) == 1, (rate, *job)


@pytest.mark.long
def test_the_same_bits_after_sixty_epochs(libraries, browser, monkeypatch):
    for job in jobs(60):
        found = []
        for kernel in [native.Kernel(path=path) for path in libraries] + [browser]:
            monkeypatch.setattr(engine, "kernel", lambda kernel=kernel: kernel)
            found.append(fingerprint(trained(*job)))
        print(job[0].hidden, job[0].batch_norm, job[1], found[0][:16])
        assert len(found) > 1 == len(set(found)), job


def test_the_same_bits_on_any_number_of_threads_and_beside_any_other_run():
    problem, seeds = digits(hidden=33), tuple(range(7))
    one = trained(problem, Adam(), 3, seeds, 1)
    for threads in (2, 3, 9):
        assert fingerprint(trained(problem, Adam(), 3, seeds, threads)) == fingerprint(one)
    for seed in seeds:
        np.testing.assert_array_equal(trained(problem, Adam(), 3, (seed,), 1).w[0], one.w[seed])
    watched = [run(problem, SGD(), [ReduceLROnPlateau(0.3, patience=0, threshold=0.1)] * 7, seeds, 4, problem.start(seeds), threads)
               for threads in (1, 2)]
    assert fingerprint(watched[0]) == fingerprint(watched[1])


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2 ** 32), shift=st.integers(0, 3), batch_size=st.integers(1, 1000))
def test_the_batches_are_numpy_s(seed, shift, batch_size):
    problem, kernel = digits(shift=shift, batch_size=batch_size, batch_norm=False), engine.kernel()
    training, generator = engine.Training(kernel, engine.settings(problem, SGD()), seed), np.random.default_rng([seed, 1])
    for epoch in range(3):
        np.testing.assert_array_equal(training.draw(problem), np.concatenate(list(problem.batches([generator])), axis=None))


# ---- WebAssembly ----------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="session")
def browser():
    """browser.py's kernel, with node in the place of the browser."""
    if shutil.which("node") is None:
        if os.environ.get("CI"):
            pytest.fail("there is no node to run kernel.wasm")
        pytest.skip("there is no node to run kernel.wasm")
    with webassembly.node() as program, webassembly.as_browser(program):
        yield BrowserKernel()


# ---- loading and building -------------------------------------------------------------------------------------------------

def fresh(code, **environment):
    """What Python prints, and warns of, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", "from lrcourse import *; from lrcourse import engine\n" + code], text=True,
                          capture_output=True, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


SMALL = "print(train(digits(hidden=4, batch_size=100), Momentum(), constant(0.1), 2).test_loss[0, -1])\n"


def test_the_environment_variable_chooses():
    kernel, said = fresh(SMALL)
    assert not said
    for kind in native.kinds():
        printed, said = fresh(SMALL + "print(engine.kernel().path.stem)", LRCOURSE_ENGINE=kind)
        assert not said and printed == f"{kernel}kernel_{kind}\n"
    plain, said = fresh(SMALL + "print(engine.kernel())", LRCOURSE_ENGINE="plain")
    assert not said and plain.split()[1] == "None" and float(plain.split()[0]) == pytest.approx(float(kernel), rel=1e-4)


@pytest.mark.parametrize("spoilt, reason", [
    ("native.library = lambda kind: Path('missing')", "was not compiled"),
    ("native.library = lambda kind: Path(native.__file__)", "invalid ELF header" if sys.platform == "linux" else ""),
    ("native.Kernel.version = lambda self: 1", "another kernel.c"),
    ("engine.next_epoch = lambda problem, seed: 0", "draws other random numbers")])
def test_without_a_kernel_the_plain_loop_trains_and_it_is_said_once(spoilt, reason):
    out, said = fresh(f"from pathlib import Path\nfrom lrcourse.engine import native\n{spoilt}\n{SMALL}{SMALL}")
    assert said.count("RuntimeWarning") == 1 and reason in said
    assert float(out.split()[0]) == pytest.approx(float(fresh(SMALL)[0]), rel=1e-4)


def test_importing_takes_numpy_alone_and_loads_no_kernel():
    code = "import sys; print('ctypes' in sys.modules, 'lrcourse.engine.native' in sys.modules, engine.kernel.cache_info().currsize)"
    assert fresh(code)[0].split()[1:] == ["False", "0"]


def test_ziglang_compiles_without_a_home(tmp_path, monkeypatch):
    pytest.importorskip("ziglang")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert build.zig_caches("elsewhere") == {}
    monkeypatch.setenv("HOME", os.devnull + "/home")
    [made] = build.compile("wasm", tmp_path)
    assert made.read_bytes().startswith(b"\0asm")


def test_what_was_compiled_from_another_source_is_noticed(tmp_path, monkeypatch):
    before, sources = build.version(), []
    for source in build.SOURCES:
        sources.append(tmp_path / source.name)
        sources[-1].write_text(source.read_text() + "\n")
    for changed in (build.SOURCES[:1] + tuple(sources[1:]), tuple(sources)):
        monkeypatch.setattr(build, "SOURCES", changed)
        assert build.version() != before
    assert native.Kernel(path=build.compile(folder=tmp_path)[0]).version() == build.version()


def test_no_compiler_is_said_plainly(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "compilers", lambda target=None: [])
    with pytest.raises(OSError, match="no C compiler here"):
        build.compile(folder=tmp_path)
    monkeypatch.setattr(build, "compilers", lambda target=None: [["false"], [sys.executable, "-c", "import sys; sys.exit('oh no')"]])
    with pytest.raises(OSError, match="oh no"):
        build.compile(folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_reader_finds_no_library_in_it():
    """No header, no intrinsics: whoever reads the kernel needs C and nothing else."""
    for source in build.SOURCES:
        text = source.read_text(encoding="utf-8")
        assert re.findall("#include.*", text) == ([] if source.name == "kernel.c" else ['#include "kernel.c"'])
        assert "_mm" not in text and "asm" not in text.replace("WebAssembly", "")
        assert max(map(len, text.splitlines())) <= 140
