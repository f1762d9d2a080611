"""Time lrcourse beside what you would use instead: ``make bench``, or ``python benchmarks/run.py --quick``.

Each measurement is a process of its own, confined to as many cores as it may use; inside it the engines take turns, and
the median over the rounds counts. With one thread it is processor time that counts, which on an idle machine is the time
on the clock, and on a busy one is disturbed less. Writes RESULTS.md and speed.png beside this file.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
GROWTH, WIDTHS = (1, 8, 64, 256), (32, 64, 128)
STACKED = ("lrcourse", "JAX jit(vmap(scan))", "torch baddbmm", "torch.func.vmap", "numpy, the plain loop")
TWO = ("lrcourse", "JAX jit(vmap(scan))", "torch baddbmm", "torch.func.vmap")


# ---- in the process that measures --------------------------------------------------------------------------------------

def flops(job):
    """Of one run and update: five products."""
    return 2 * job.problem.batch_size * (2 * 64 * job.hidden + 3 * 10 * job.hidden)


def peak(clock):
    """This core's sgemm, in flop per second: the best of ten."""
    import numpy as np
    a = np.random.default_rng(0).random((1024, 1024), np.float32)
    out, best = np.empty_like(a), np.inf
    for _ in range(10):
        began = clock()
        np.matmul(a, a, out=out)
        best = min(best, clock() - began)
    return 2 * 1024 ** 3 / best


def race(names, rounds, clock, **settings):
    """Microseconds per run and update, the largest difference of a final loss from lrcourse's, and compile seconds."""
    import numpy as np
    from engines import ENGINES, ONE_BY_ONE, Job
    jobs, trains = {}, {}
    for name in names:
        jobs[name] = Job(**settings | ({"runs": min(settings.get("runs", 64), ONE_BY_ONE[name])} if name in ONE_BY_ONE else {}))
        trains[name] = ENGINES[name](jobs[name])
        trains[name]()      # once to warm up
    times, ends = {name: [] for name in names}, {}
    for _ in range(rounds):
        for name in names:
            began = clock()
            losses = trains[name]()
            times[name].append(1e6 * (clock() - began) / jobs[name].runs / jobs[name].updates)
            ends[name] = losses()
    reference = ends["lrcourse"]
    return {name: {"us": float(np.median(times[name])), "spread": float(np.ptp(times[name]) / np.median(times[name])),
                   "difference": float(np.abs(ends[name] - reference[:len(ends[name])]).max()),
                   "loss": float(reference.mean()), "compiling": getattr(trains[name], "compiling", 0.0)} for name in names}


def schedules(clock):
    """Seconds for the rates of a million updates of a cosine."""
    import jax
    import numpy as np
    import optax
    import torch
    from lrcourse import cosine_decay
    n = 1_000_000

    def best(work):
        times = []
        for _ in range(7):
            began = clock()
            work()
            times.append(clock() - began)
        return float(np.median(times))

    steps, t = np.arange(n), np.arange(n, dtype=np.float64)
    t32, ours = t.astype(np.float32), cosine_decay(0.1, total=n)
    theirs = jax.jit(jax.vmap(optax.cosine_decay_schedule(0.1, n)))
    on_device = jax.numpy.asarray(steps)
    began = clock()
    jax.block_until_ready(theirs(on_device))
    compiling = clock() - began
    some = n // 50
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=n)
    optimizer.step()

    def step():
        for _ in range(some):
            scheduler.step()
    assert np.allclose(ours(t32), theirs(on_device), atol=1e-7)
    return {"lrcourse, float64": best(lambda: ours(t)), "lrcourse, float32": best(lambda: ours(t32)),
            "optax jit(vmap), float32": best(lambda: jax.block_until_ready(theirs(on_device))),
            "optax, compiling": compiling, "torch scheduler.step()": best(step) * n / some}


def memory():
    """What training 256 runs adds to the memory of the process at its highest, in MB."""
    import resource
    from engines import Job
    from lrcourse import train
    train(Job().problem, Job().method, Job().schedule, epochs=1)
    highest = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    before = highest()
    job = Job(runs=256)
    train(job.problem, job.method, job.schedule, epochs=3, seeds=job.seeds)
    return {"before": before, "added": highest() - before}


def second_thread(rounds):
    """How many times faster lrcourse is with two threads than with one, on the clock, with nothing else in the process."""
    import numpy as np
    from engines import Job, lrcourse
    result = {}
    for optimizer in ("sgd", "momentum", "adam"):
        trains = {threads: lrcourse(Job(optimizer, epochs=6, threads=threads)) for threads in (1, 2)}
        times = {threads: [] for threads in trains}
        for _ in range(rounds + 1):         # the first to warm up
            for threads, train in trains.items():
                began = time.perf_counter()
                train()
                times[threads].append(time.perf_counter() - began)
        result[optimizer] = float(np.median(times[1][1:]) / np.median(times[2][1:]))
    return result


def browser(rounds):
    """Microseconds per run and update of the native kernel and of kernel.wasm in node, in turns; None without node."""
    import numpy as np
    from engines import Job, untested_settings
    from lrcourse import engine
    from lrcourse.engine import native
    from lrcourse.engine.browser import Kernel
    sys.path.insert(0, str(HERE.parent / "tests"))
    import webassembly
    if shutil.which("node") is None:
        return None
    times = {}
    with webassembly.node() as program, webassembly.as_browser(program):
        kernels = [native.Kernel(), Kernel()]
        for name, job in {f"hidden {hidden}": Job(hidden=hidden) for hidden in WIDTHS}.items():
            one, per_epoch, rates = untested_settings(job.problem, job.method), job.problem.updates_per_epoch, np.full(310, 0.01)
            trainings = [engine.Training(each, engine.placed(each, job.problem, one), 0, job.problem.start([0])[0], 10, per_epoch)
                         for each in kernels]
            took = np.full((2, 20 * rounds), np.inf)
            for turn in range(20 * rounds):
                for which, training in enumerate(trainings):
                    began = time.perf_counter()
                    training.train(rates)
                    took[which, turn] = 1e6 * (time.perf_counter() - began) / rates.size
            times[name] = took.min(axis=1).tolist()
    return {"times": times, "node": subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()}


def transformer(rounds):
    """Milliseconds for the loss and gradient of one batch of ``language``: the fastest of many turns of each."""
    from unittest import mock

    import numpy as np
    import torch
    from lrcourse import language
    from lrcourse.engine import text as compiled
    from lrcourse.engine.browser import Kernel
    sys.path.insert(0, str(HERE.parent / "tests"))
    import webassembly
    from test_language import in_torch, windows_of
    problem = language()
    w, batch = problem.start([0]), next(problem.batches([np.random.default_rng(0)]))
    tensor, windows = torch.tensor(w[0], requires_grad=True), torch.tensor(windows_of(problem, batch[0]))

    def plain():
        with mock.patch.object(language, "_compiled", lambda self, w: None):
            problem.loss_and_gradient(w, batch)

    works = {"lrcourse": lambda: problem.loss_and_gradient(w, batch), "numpy, as transformer.py has it": plain,
             "torch eager": lambda: in_torch(problem, tensor, windows).backward()}
    times = {name: [] for name in works}
    for _ in range(100 * rounds):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - began)
    if shutil.which("node"):
        with webassembly.node() as program, webassembly.as_browser(program):
            kernel = Kernel()
            call = kernel.call
            # what it was last asked, to ask again without the copies that node costs
            kernel.call = lambda name, *held: last.append((name, *held)) or call(name, *held)
            last, times["lrcourse, kernel.wasm in node"] = [], []
            with mock.patch.object(compiled, "kernel", lambda: kernel):
                works["lrcourse"]()
            for _ in range(100 * rounds):
                began = time.perf_counter()
                call(*last[-1])
                times["lrcourse, kernel.wasm in node"].append(time.perf_counter() - began)
    return {name: 1e3 * min(each) for name, each in times.items()}


def measure(part, threads, rounds):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    sys.path.insert(0, str(HERE))
    if part not in ("memory", "second thread", "browser"):
        import torch
        torch.set_num_threads(threads)
    from engines import ENGINES
    clock = time.process_time if threads == 1 else time.perf_counter
    settings = dict(rounds=rounds, clock=clock, threads=threads)
    if part == "engines":
        names, epochs = (list(ENGINES), 10) if threads == 1 else (TWO, 6)
        if not (shutil.which("g++") or shutil.which("clang++")):
            names = [name for name in names if name != "torch.compile of vmap"]
        result = {opt: race(names, optimizer=opt, epochs=epochs, **settings) for opt in ("sgd", "momentum", "adam")}
    elif part == "growth":
        result = {runs: race(STACKED, runs=runs, epochs=4, **settings) for runs in GROWTH}
    elif part == "widths":
        from engines import Job
        result = {hidden: race(STACKED, hidden=hidden, epochs=5, **settings) for hidden in WIDTHS}
        for hidden, row in result.items():
            row["flop"] = flops(Job(hidden=hidden))
        result["peak"] = peak(clock)
    elif part == "schedules":
        result = schedules(clock)
    elif part == "browser":
        result = browser(rounds)
    elif part == "second thread":
        result = second_thread(rounds)
    elif part == "transformer":
        result = transformer(rounds)
    else:
        result = memory()
    print("RESULT " + json.dumps(result))


# ---- in the process that reports ---------------------------------------------------------------------------------------

def part(name, threads=1, rounds=5):
    number = str(threads)
    environment = os.environ | {"OPENBLAS_NUM_THREADS": number, "OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number,
                                "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}      # so that compiling counts
    done = subprocess.run([sys.executable, __file__, "--measure", name, "--threads", number, "--rounds", str(rounds)],
                          env=environment, check=True, capture_output=True, text=True)
    print(f"{name}, {threads} thread{'s' * (threads > 1)}: done", flush=True)
    return json.loads(done.stdout.split("RESULT ")[1])


def machine():
    import importlib.metadata
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.processor()) if Path("/proc/cpuinfo").exists() else platform.processor()
    versions = ", ".join(f"{name} {importlib.metadata.version(name).split('+')[0]}" for name in ("numpy", "torch", "jax", "optax"))
    return f"{cpu}, {os.cpu_count()} cores; {platform.system()}, Python {platform.python_version()}, {versions}"


def table(head, rows):
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def report(engines, two, alone, growth, widths, rates, space, web, text, busy):
    ours = {opt: row["lrcourse"]["us"] for opt, row in engines.items()}
    times = lambda opt, name: f"{engines[opt][name]['us']:.1f} ({engines[opt][name]['us'] / ours[opt]:.1f}x)"
    first = table(["us per run and update (times lrcourse)", "SGD", "momentum", "Adam", "largest difference of a final loss"], [
        [name, *(times(opt, name) for opt in ours), f"{max(engines[opt][name]['difference'] for opt in ours):.0e}"]
        for name in engines["sgd"]])
    compiling = {name: [engines[opt][name]["compiling"] for opt in ours] for name in engines["sgd"] if engines["sgd"][name]["compiling"]}
    updates = 64 * 40 * 31      # of 40 epochs, over which compiling is spread
    whole = lambda row: row["us"] + 1e6 * row["compiling"] / updates
    with_compiling = [[name, f"{min(seconds):.1f} to {max(seconds):.1f} s",
                       *(f"{whole(engines[opt][name]) / ours[opt]:.1f}x" for opt in ours)] for name, seconds in compiling.items()]
    second = table(["compiling", "takes", "SGD", "momentum", "Adam"], with_compiling)
    gained = "{sgd:.2f} (SGD), {momentum:.2f} (momentum) and {adam:.2f} (Adam)".format(**alone)
    third = table(["two threads, on the clock", "SGD", "momentum", "Adam"], [
        [name, *(f"{two[opt][name]['us']:.1f} ({two[opt][name]['us'] / two[opt]['lrcourse']['us']:.1f}x)" for opt in two)]
        for name in two["sgd"]])
    fourth = table(["us per run and update", *(f"{runs} runs" if runs != "1" else "1 run" for runs in growth)], [
        [name, *(f"{growth[runs][name]['us']:.1f}" for runs in growth)] for name in growth["64"]])
    top = widths.pop("peak")
    fifth = table(["us per run and update", *(f"hidden {hidden}" for hidden in widths)], [
        *([name, *(f"{row[name]['us']:.1f}" for row in widths.values())] for name in STACKED),
        ["lrcourse, part of the peak", *(f"{100 * row['flop'] / row['lrcourse']['us'] * 1e6 / top:.0f} %" for row in widths.values())]])
    browser, node_version = (table(["us per run and update", "native", "WebAssembly", "times"], [
        [name, f"{a:.1f}", f"{b:.1f}", f"{b / a:.1f}"] for name, (a, b) in web["times"].items()]), web["node"]) if web else (
        "Not measured: there was no node.", "")
    seventh = table(["ms for a loss and its gradient", "one run", "times lrcourse"], [
        [name, f"{ms:.2f}", f"{ms / text['lrcourse']:.1f}x"] for name, ms in text.items()])
    reference = rates["optax jit(vmap), float32"]
    sixth = table(["rates of a million updates", "ms", "times optax"], [
        [name, f"{1e3 * seconds:.1f}", f"{seconds / reference:.1f}"] for name, seconds in rates.items()])
    spread = max(row["lrcourse"]["spread"] for row in engines.values())
    return f"""# How fast

{machine()}. {busy}Written by `make bench`.

A network 64-64-10 on the digits, batches of 32, float32, a cosine by the update; 64 runs with seeds of their own. Every
engine starts from the same weights and sees the same batches and rates, and nobody tests while training, except where it
says so. One-by-one engines were timed on {", ".join(f"{runs} ({name})" for name, runs in one_by_one().items())} of the runs.

## One thread

{first}

lrcourse's own times spread by up to {100 * spread:.0f} % of the median over the rounds. Where compiling
counts, spread over a job of 40 epochs:

{second}

## Two threads

{third}

The engines of this table share a process, and so do the threads that PyTorch and JAX keep. Alone in its process lrcourse is
{gained} times as fast with two threads as with one. A run is one call
of the kernel, which does not hold Python's lock.

## As the work grows

Momentum, one thread.

{fourth}

{fifth}

This core's sgemm peak, measured beside it: {top / 1e9:.0f} Gflop/s, with fused multiply-adds, which the kernel does without so that
its bits are the same everywhere. The part of the peak counts the products as if they were dense; the kernel skips blank pixels.

## In the browser

{browser}

kernel.wasm in node {node_version}, whose engine is Chromium's, against the native kernel on the same core, momentum, untested, fastest of
many rounds.

Training 256 runs adds {space["added"]:.0f} MB to the {space["before"]:.0f} MB of the process.

## The transformer

`language()`, 19,552 weights, 8 windows of 32 characters, one thread; fastest of many turns.

{seventh}

## Schedules

{sixth}

![Time per run and update against the number of runs, and against the engine](speed.png)
"""


def one_by_one():
    sys.path.insert(0, str(HERE))
    from engines import ONE_BY_ONE
    return ONE_BY_ONE


def draw(engines, growth):
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot
    from lrcourse.figures import COLORS, DASHES, STYLE
    with matplotlib.rc_context(STYLE):
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.6), width_ratios=[1.15, 1])
        names = [name for name in engines["momentum"] if name != "lrcourse, tested every epoch"]
        values = [engines["momentum"][name]["us"] / engines["momentum"]["lrcourse"]["us"] for name in names]
        left.barh(names[::-1], values[::-1], color=[COLORS[0] if name == "lrcourse" else "#B8B8B8" for name in names[::-1]])
        for index, value in enumerate(values[::-1]):
            left.text(value * 1.08, index, f"{value:.1f}" if value < 10 else f"{value:.0f}", va="center")
        ratios, times = (1, 2, 5, 10, 20, 50), (10, 20, 50, 100, 200, 500, 1000)
        left.set(xscale="log", xlim=(0.7, max(values) * 2.2), xticks=ratios, xticklabels=ratios,
                 xlabel="times as long as lrcourse (momentum, 64 runs, one thread)",
                 title="The same training, other engines")
        left.grid(False, axis="y")
        runs = [int(number) for number in growth]
        for name, color, dash in zip(STACKED, COLORS, DASHES):
            right.plot(runs, [growth[number][name]["us"] for number in growth], color=color, linestyle=dash, marker="o", label=name)
        right.set(xscale="log", yscale="log", xticks=runs, xticklabels=runs, yticks=times, yticklabels=times,
                  xlabel="runs at once", ylabel="us per run and update",
                  title="Stacking pays, up to some 64 runs")
        left.minorticks_off()
        right.minorticks_off()
        right.legend(frameon=False, fontsize=9)
        figure.savefig(HERE / "speed.png", dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two rounds, nothing written")
    parser.add_argument("--shared", action="store_true", help="say in the report that the machine was busy")
    parser.add_argument("--measure")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.measure:
        return measure(options.measure, options.threads, options.rounds)
    rounds = 2 if options.quick else options.rounds
    engines, growth = part("engines", rounds=rounds), part("growth", rounds=rounds)
    text = report(engines, part("engines", 2, rounds), part("second thread", 2, 2 * rounds + 1), growth,
                  part("widths", rounds=rounds), part("schedules"), part("memory"), part("browser", rounds=rounds),
                  part("transformer", rounds=rounds),
                  "The machine was shared with other work while this ran. " if options.shared else "")
    print(text)
    if not options.quick:
        (HERE / "RESULTS.md").write_text(text)
        draw(engines, growth)


if __name__ == "__main__":
    main()
