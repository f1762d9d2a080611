"""Change one operator, comparison, number or flag at a time, and see whether the tests notice.

    python tools/mutants.py [--sample 100] [--seed 0] [--own] [MODULE ...]

MODULE is schedules, ranges, ... (all of TESTS without one). A process collects a module's tests and runs them once, traced:
which of them touch which line. For each change it then parts in two: the child exchanges the code of the changed function and
runs the tests that touch its line, the module's own and the quickest first, until one fails. A change outside functions (a
default, a constant) is tried in a process that imports the changed file. All of it happens in a copy. Printed are the changes
that no test noticed, and the score: the share that was noticed, or took too long, without those that EQUIVALENT says no test
could notice. Messages of errors are left alone.
"""

import argparse
import ast
import contextlib
import functools
import gc
import importlib
import inspect
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import types
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ["test_figures", "test_fuzz"]
TESTS = {
    "schedules": ["test_schedules", "test_fuzz", "test_training", "test_as_code"],
    "ranges": ["test_schedules", "test_problems", "test_fuzz"],
    "optimizers": ["test_optimizers", "test_fuzz"], "problems": ["test_problems", "test_fuzz"], "training": ["test_training", "test_fuzz"],
    "theory": ["test_theory", "test_fuzz"], "statistics": ["test_statistics", "test_fuzz"], "sweeping": ["test_sweeping", "test_fuzz"],
    "frameworks/convert": ["test_frameworks"], "frameworks/record": ["test_frameworks"], "frameworks/found": ["test_frameworks"],
    "frameworks/code": ["test_as_code"], "lessons/exercises": ["test_exercises"]}
DOCTESTS = {"sweeping", "training"}      # whose examples are slow, and tell nothing that the tests don't
SWAPS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.Mod: "*", ast.FloorDiv: "*", ast.MatMult: "*",
         ast.BitAnd: "|", ast.BitOr: "&", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
         ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is", ast.And: "or", ast.Or: "and"}
LONGEST = 20     # seconds of tests for one change: what they didn't notice by then, few others do
# {(module, the line without its indent, what it becomes): why no test could notice}
EQUIVALENT = json.loads((Path(__file__).parent / "equivalent.json").read_text(encoding="utf-8"))


def changes(source):
    """All changes of a module: (line, first character, last, the new text)."""
    lines = source.splitlines(keepends=True)
    at = [0]
    for line in lines:
        at.append(at[-1] + len(line.encode()))
    place = lambda line, column: at[line - 1] + column

    def visit(node):
        if isinstance(node, (ast.Raise, ast.JoinedStr)):
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return      # a docstring
        pairs = []
        if isinstance(node, ast.BinOp):
            pairs = [(node.left, node.op, node.right)]
        if isinstance(node, ast.Compare):
            pairs = zip([node.left, *node.comparators], node.ops, node.comparators)
        if isinstance(node, ast.BoolOp):
            pairs = zip(node.values, [node.op] * len(node.values), node.values[1:])
        for left, op, right in pairs:
            begin, end = place(left.end_lineno, left.end_col_offset), place(right.lineno, right.col_offset)
            between = data[begin:end].decode()
            words = between.replace("(", " ").replace(")", " ").replace("\\", " ").split()
            if " ".join(words) in TEXT.values() and type(op) in SWAPS:
                old = next(w for w in (" ".join(words), words[0]) if w in between)
                yield right.lineno, begin, end, between.replace(old, SWAPS[type(op)], 1)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
            begin = place(node.lineno, node.col_offset)
            yield node.lineno, begin, begin + (3 if isinstance(node.op, ast.Not) else 1), ""
        if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
            value = node.value
            new = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else 2 * value or 1.0
            yield node.lineno, place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset), repr(new)
        for child in ast.iter_child_nodes(node):
            yield from visit(child)

    data = source.encode()
    yield from visit(ast.parse(source))


TEXT = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.Mod: "%", ast.FloorDiv: "//", ast.MatMult: "@",
        ast.BitAnd: "&", ast.BitOr: "|", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
            ast.In: "in",
        ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.And: "and", ast.Or: "or"}


class Session:
    """A pytest plugin: once all tests are collected, ``work(session, self)`` runs in place of them."""

    def __init__(self, work):
        self.work, self.failed = work, False

    def pytest_runtestloop(self, session):
        if not session.testsfailed:     # by an error while collecting
            self.work(session, self)
        return True

    def pytest_runtest_logreport(self, report):
        self.failed |= report.failed

    def passes(self, item, following):
        self.failed = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return not self.failed

    def all_pass(self, items):
        return all(self.passes(*pair) for pair in zip(items, [*items[1:], None]))


def collect(folder, arguments, plugin):
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ.update(PYTHONPATH=str(folder), OPENBLAS_NUM_THREADS="1", TQDM_DISABLE="1", PYTHONDONTWRITEBYTECODE="1", CI="1",
                      PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    sys.dont_write_bytecode = True
    return pytest.main(["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "xdist", "-p", "_hypothesis_pytestplugin",
                        "--hypothesis-profile=mutants", f"--basetemp={folder}-tmp", *arguments], plugins=[plugin])


def forked(work, limit):
    """The exit status of a process of its own that does ``work``; None where that takes too long."""
    child = os.fork()
    if not child:
        try:
            os.setpgrp()
            quiet = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(quiet, stream)
            os._exit(int(work()))
        finally:
            os._exit(3)
    began, ended = time.monotonic(), 0
    while not ended and time.monotonic() - began < limit:
        time.sleep(0.003)
        ended, status = os.waitpid(child, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not ended:
        os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if ended else None


def touched(session, plugin, path, result, caches):
    """Write which lines of the file at ``path`` each test runs, and how long it takes; of those that pass."""
    lines, seconds = {}, {}
    for item in session.items:
        found = set()

        def inside(frame, event, _, found=found):
            found.add(frame.f_lineno)
            return inside

        for cache in caches:        # else only the first test that wants what is kept runs the lines that make it
            cache.cache_clear()
        began = time.perf_counter()
        sys.settrace(lambda frame, event, _, inside=inside: inside if frame.f_code.co_filename == str(path) else None)
        passed = plugin.passes(item, None)
        sys.settrace(None)
        if passed:
            lines[item.nodeid], seconds[item.nodeid] = sorted(found), time.perf_counter() - began
    result.write_text(json.dumps([lines, seconds]))


def codes(code):
    """All code objects inside one: {(name, first line): code}; False where two share a line."""
    found = {(code.co_qualname, code.co_firstlineno): code}
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            for key, inner in codes(part).items():
                found[key] = False if key in found else inner
    return found


def outside(found):
    """What runs at import: the code of the module and of its classes, without that of the functions in it."""
    return [(key, code.co_code, [repr(part) for part in code.co_consts if not isinstance(part, types.CodeType)])
            for key, code in found.items() if code and not code.co_flags & inspect.CO_OPTIMIZED]


def exchange(functions, new):
    for function in functions:
        code = function.__code__
        function.__code__ = new[code.co_qualname, code.co_firstlineno]


def examine(module, folder, options):
    path = folder / "lrcourse" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    data = source.encode()
    arguments = [f"tests/{name}.py" for name in (TESTS[module][:1] if options.own else TESTS[module])]
    arguments += [] if module in DOCTESTS else ["--doctest-modules", f"lrcourse/{module}.py"]
    began = time.monotonic()
    every = list(changes(source))
    chosen = every if options.sample is None else random.Random(options.seed).sample(every, min(options.sample, len(every)))
    traces, kept = folder.parent / "traces", folder.parent / "noticed"

    def shown(change):
        line, begin, end, new = change
        before = data[:begin].decode()
        whole = (data[:begin] + new.encode() + data[end:]).decode().splitlines()[before.count("\n")].strip()
        return source.splitlines()[line - 1].strip(), whole, len(before) - before.rfind("\n") - 1

    equal = [change for change in chosen if f"{module}: {' -> '.join(shown(change)[:2])}" in EQUIVALENT]
    chosen = [change for change in chosen if change not in equal]

    loaded = lambda: json.loads(traces.read_text())

    def touching(change, lines, seconds):
        at_import = not any(change[0] in found for found in lines.values())
        names = [name for name, found in lines.items() if at_import or change[0] in found]
        place = lambda name: arguments.index(name.split("::")[0])      # the first is about this module, and mostly enough
        names = sorted(names, key=lambda name: (place(name), seconds[name]))
        spent = itertools.accumulate(map(seconds.get, names))
        return [name for name, until in zip(names, spent) if until < LONGEST]

    def write(change):
        _, begin, end, new = change
        path.write_bytes(changed := data[:begin] + new.encode() + data[end:])
        return changed

    def inside(session, plugin):
        """Of the changes inside functions, which are noticed."""
        global lines, seconds
        objects = gc.get_objects()
        caches = [each for each in objects if type(each) is type(functools.cache(len)) and each.__module__.startswith("lrcourse")]
        forked(lambda: touched(session, plugin, path, traces, caches), 3000)
        lines, seconds = loaded()
        items = {item.nodeid: item for item in session.items}
        functions = [each for each in objects if type(each) is types.FunctionType and each.__code__.co_filename == str(path)]
        old, results = codes(compile(data, path, "exec")), {}
        for number, change in enumerate(chosen):
            new = codes(compile(write(change), path, "exec"))
            if outside(new) != outside(old) or not all(new.values()):
                continue

            names = touching(change, lines, seconds)

            def tried(names=names, new=new):
                exchange(functions, new)
                for cache in caches:
                    cache.cache_clear()
                return not plugin.all_pass([items[name] for name in names])

            results[number] = forked(tried, 20 + 5 * sum(map(seconds.get, names)))
            if results[number] == 0:
                tell(change)
        kept.write_text(json.dumps(results))

    def tell(change):
        old, new, column = shown(change)
        os.write(said, f"{module}.py:{change[0]}:{column}: {old}\n{'':8}-> {new}\n".encode())

    for file in (traces, kept):
        file.unlink(missing_ok=True)
    said = os.dup(1)
    status = forked(lambda: collect(folder, arguments, Session(inside)), 36000)
    path.write_bytes(data)
    if not kept.exists():
        sys.exit(f"{module}: its tests don't run ({status})")
    results = {int(number): status for number, status in json.loads(kept.read_text()).items()}
    global lines, seconds
    lines, seconds = loaded()
    within = time.monotonic() - began
    for number, change in enumerate(chosen):
        if number not in results:
            write(change)
            tests = touching(change, lines, seconds)
            files = sorted({name.split("::")[0] for name in tests}, key=arguments.index)
            for part in files:

                def tried(session, plugin, tests=tests):
                    items = {item.nodeid: item for item in session.items}
                    plugin.missed = plugin.all_pass([items[name] for name in tests if name in items])

                def whole(part=part, tried=tried):
                    plugin = Session(tried)
                    plugin.missed = False
                    collect(folder, ["--doctest-modules", part], plugin)
                    return not plugin.missed

                results[number] = forked(whole, 60 + 5 * sum(map(seconds.get, tests)))
                if results[number] != 0:
                    break
            path.write_bytes(data)
            if results[number] == 0:
                tell(change)
    noticed, counted = sum(status != 0 for status in results.values()), len(chosen)
    late, after = sum(status is None for status in results.values()), time.monotonic() - began - within
    print(f"{module}: {noticed} of {counted} noticed, {100 * noticed / max(counted, 1):.1f} %, {len(equal)} equivalent, "
          f"{late} took too long; {len(lines)} tests, {within:.0f} + {after:.0f} s", flush=True)
    return noticed, counted, len(equal)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help=", ".join(TESTS))
    parser.add_argument("--sample", type=int, help="so many changes of each module, drawn at random (all without this)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own", action="store_true", help="only the module's own test file: quicker, and the score is a lower bound")
    options = parser.parse_args()
    if unknown := set(options.modules) - set(TESTS):
        parser.error(f"there is no module {', '.join(sorted(unknown))}: {', '.join(TESTS)}")
    # what the tests want is imported once, before the processes part
    os.environ.update(KERAS_BACKEND="torch", JAX_PLATFORMS="cpu", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    for name in ("numpy", "matplotlib.pyplot", "matplotlib.backends.backend_agg", "torch", "keras", "optax", "IPython",
                 "nbformat", "scipy.stats", "scipy.optimize"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=20,
                                         phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate])
    total = [0, 0, 0]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "copy"
        ignored = shutil.ignore_patterns("__pycache__", ".*", "build", "course")
        shutil.copytree(ROOT, folder, ignore=ignored, symlinks=True)
        for module in options.modules or TESTS:
            total = [a + b for a, b in zip(total, examine(module, folder, options))]
    print(f"score: {total[0]} of {total[1]} changes noticed, {100 * total[0] / max(total[1], 1):.1f} %; {total[2]} equivalent")


if __name__ == "__main__":
    main()
