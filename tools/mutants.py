"""Change one operator, comparison, number or flag at a time, and see whether the tests notice.

    python tools/mutants.py [--sample 100] [--seed 0] [--show] [MODULE ...]

MODULE is schedules, ranges, ... (all of TESTS without one). First the tests of a module run once, traced: which of them touch
which line. Then each change is made in a copy, in a fresh process that has imported nothing of lrcourse, and the tests that
touch its line run, the quickest first, until one fails. Printed are the changes that no test noticed, and the score: the
share that was noticed, without those that EQUIVALENT says no test could notice. Messages of errors are left alone.
"""

import argparse
import ast
import contextlib
import functools
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

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


class Touches:
    """A pytest plugin: which lines of a file each test runs, and how long it takes."""

    def __init__(self, path):
        self.path, self.lines, self.seconds, self.passed = str(path), {}, {}, set()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        found = self.lines.setdefault(item.nodeid, set())

        def inside(frame, event, _):
            found.add(frame.f_lineno)
            return inside

        began = time.perf_counter()
        sys.settrace(lambda frame, event, _: inside if frame.f_code.co_filename == self.path else None)
        yield
        sys.settrace(None)
        self.seconds[item.nodeid] = time.perf_counter() - began

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)


def forked(work, limit):
    """What ``work`` returns, in a process of its own; None where it takes too long or dies."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.setpgrp()
        with contextlib.suppress(BaseException), os.fdopen(writes, "w") as stream:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1), os.dup2(quiet, 2)
            json.dump(work(), stream)
        os._exit(0)
    os.close(writes)
    os.set_blocking(reads, False)
    began, said = time.monotonic(), b""
    while time.monotonic() - began < limit:
        with contextlib.suppress(BlockingIOError):
            if not (piece := os.read(reads, 1 << 20)):
                break
            said += piece
            continue
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reads)
    with contextlib.suppress(ValueError):
        return json.loads(said)


def run_tests(folder, arguments, plugin=None):
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ.update(PYTHONPATH=str(folder), OPENBLAS_NUM_THREADS="1", TQDM_DISABLE="1", PYTHONDONTWRITEBYTECODE="1", CI="1")
    with contextlib.redirect_stdout(io.StringIO()):
        return pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-n", "0", *arguments], plugins=[plugin] if plugin else [])


def touched(folder, path, arguments):
    plugin = Touches(path)
    code = run_tests(folder, [*arguments, "--maxfail=1000"], plugin)
    return code, {name: sorted(lines) for name, lines in plugin.lines.items() if name in plugin.passed}, plugin.seconds


def tried(folder, path, data, change, tests):
    """Whether a test fails under a change: True, False, or None where it takes too long, which is noticed too."""
    _, begin, end, new = change
    path.write_bytes(data[:begin] + new.encode() + data[end:])
    return run_tests(folder, tests) != 0


def examine(module, folder, options):
    path = folder / "lrcourse" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    data = source.encode()
    arguments = [f"tests/{name}.py" for name in TESTS[module]]
    arguments += [] if module in DOCTESTS else ["--doctest-modules", f"lrcourse/{module}.py"]
    began = time.monotonic()
    baseline = forked(lambda: touched(folder, path, arguments), 3000)
    if not baseline or not baseline[1]:
        sys.exit(f"{module}: its tests don't run")
    _, lines, seconds = baseline
    print(f"{module}: {len(lines)} tests, {time.monotonic() - began:.0f} s", flush=True)
    every = list(changes(source))
    chosen = every if options.sample is None else random.Random(options.seed).sample(every, min(options.sample, len(every)))
    at_import = set(range(1, source.count("\n") + 2)) - {line for found in lines.values() for line in found}
    noticed, equal = 0, 0
    for change in chosen:
        line, begin, end, new = change
        before, text = data[:begin].decode(), source.splitlines()[line - 1].strip()
        column = len(before) - before.rfind("\n") - 1
        whole = (data[:begin] + new.encode() + data[end:]).decode().splitlines()[before.count("\n")].strip()
        if f"{module}: {text} -> {whole}" in EQUIVALENT:
            equal += 1
            continue
        touching = sorted((name for name, found in lines.items() if line in found or line in at_import), key=seconds.get)
        limit = 60 + 5 * sum(seconds[name] for name in touching)
        result = forked(functools.partial(tried, folder, path, data, change, touching[:400]), limit) if touching else False
        path.write_bytes(data)
        if result is False:
            print(f"{module}.py:{line}:{column}: {text}\n{'':8}-> {whole}", flush=True)
        noticed += result is not False
    counted = len(chosen) - equal
    print(f"{module}: {noticed} of {counted} noticed, {100 * noticed / max(counted, 1):.1f} %, {equal} equivalent, "
          f"{time.monotonic() - began:.0f} s", flush=True)
    return noticed, counted, equal


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help=", ".join(TESTS))
    parser.add_argument("--sample", type=int, help="so many changes of each module, drawn at random (all without this)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.modules) - set(TESTS):
        parser.error(f"there is no module {', '.join(sorted(unknown))}: {', '.join(TESTS)}")
    import hypothesis  # noqa: F401  what every test wants is imported once, before the processes part
    import numpy  # noqa: F401
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
