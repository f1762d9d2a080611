"""The grader: full marks for the key, the right part of them for ten others, and nothing that a notebook does reaches us."""

import csv
import json
import os
import sys
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("resource")

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "lecture"))

import assignments  # noqa: E402

from lrcourse import command, grading  # noqa: E402
from lrcourse.grading import jail, judge, variants  # noqa: E402
from lrcourse.lessons.commands import FAILED  # noqa: E402
from lrcourse.lessons.graded import CLOCKS, LABELS, RUBRIC, SAYS  # noqa: E402

SECRET = "a secret of the tests"
NUMBER = {"x": {"kind": "number"}}
protected = pytest.mark.skipif(not grading.protected(), reason="wants Linux 6.2 with Landlock")
PROTECT = grading.protected()


def handed(folder, assignment, student, answer=None):
    """A student's notebook with this in the answer cell; without, with the instructor's solution."""
    made = json.loads(assignments.notebook(assignment, student, SECRET, solved=answer is None))
    if answer is not None:
        made["cells"][3]["source"] = answer
        if assignment == "curves":
            made["cells"][2]["source"] = ""     # the pictures, which take a second
    path = folder / student / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made))
    return path


def points(assignment, student, values):
    """What an answer gets, by criterion, without running a notebook."""
    values = {name: {"value": value} for name, value in values.items()}
    found = judge.marks(assignment, variants.given(assignment, student, SECRET), variants.key(assignment, student, SECRET), values)
    return {name: each for name, (each, _) in found.items()}


# ---- marks -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("assignment", ["curves", "translate"])
def test_the_key_gets_full_marks(tmp_path, assignment):
    row, page = grading.graded(assignment, "17", SECRET, handed(tmp_path, assignment, "17"), PROTECT)
    assert row["points"] == row["of"] == 10 and row["note"] == "", page


@pytest.mark.long
@pytest.mark.parametrize("student", ["1", "2", "3"])
@pytest.mark.parametrize("assignment", ["rate", "league"])
def test_the_key_of_what_is_trained_gets_full_marks(tmp_path, assignment, student):
    row, page = grading.graded(assignment, student, SECRET, handed(tmp_path, assignment, student), PROTECT)
    assert row["points"] == 10, page


def test_every_label_and_clock_can_be_had():
    seen, clocks, kinds = set(), set(), set()
    for student in range(40):
        seen |= set(variants.labels(student, SECRET))
        hidden = variants.key("translate", student, SECRET)
        clocks.add(hidden["clock"])
        kinds.add(variants.given("translate", student, SECRET)["kind"])
    assert seen == set(LABELS) and clocks == set(CLOCKS) and kinds == set(variants.KINDS)


@pytest.mark.parametrize("kind", variants.KINDS)
def test_the_frameworks_loop_gives_what_is_meant(kind):
    """The loop that a student is shown, the formula of the solution and the course's own schedule are one."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        settings, names = variants.setting(kind, rng), {"np": np}
        exec(assignments.THEIRS[kind] + f"\ndef translated(k, {assignments.NAMES[kind]}):\n{assignments.FORMULA[kind]}", names)
        meant = variants.rates(kind, np.arange(variants.UPDATES), **settings)
        assert np.allclose(names["theirs"](variants.UPDATES, **settings), meant, rtol=1e-9)
        assert np.allclose([names["translated"](k, **settings) for k in range(variants.UPDATES)], meant, rtol=1e-9)


PREPARED = {       # ten files: assignment, the answer cell, and what each criterion is worth
    "one curve wrong": ("curves", lambda key: f"labels = {[*key['labels'][:4], next(x for x in LABELS if x not in key['labels'])]}",
                        [2, 2, 2, 2, 0]),
    "two curves swapped": ("curves", lambda key: f"labels = {[*key['labels'][1::-1], *key['labels'][2:]]}", [0, 0, 2, 2, 2]),
    "four labels": ("curves", lambda key: f"labels = {key['labels'][:4]}", [0, 0, 0, 0, 0]),
    "capitals": ("curves", lambda key: f"labels = {[label.title() for label in key['labels']]}", [2, 2, 2, 2, 2]),
    "not answered": ("curves", lambda key: "labels = ...", [0, 0, 0, 0, 0]),
    "an error first": ("curves", lambda key: f"labels = {key['labels']}\nlabels[9]", [2, 2, 2, 2, 2]),
    "copied from the record": ("translate", lambda key: "translated = lambda k, **settings: record[k]", [0, 0, 0, 0]),
    "theirs, called": ("translate", lambda key: f"translated = lambda k, **s: theirs(k + 1, **s)[-1]\nparted, clock = {key['parted']}, 'x'",
                       [3, 3, 2, 0]),
    "right at one setting": ("translate", lambda key: "known = theirs(len(record), **settings)\ntranslated = lambda k, **s: known[k]\n"
                             f"parted = {key['parted']} + 1\nclock = {key['clock']!r}", [3, 0, 0, 2]),
    "late by one": ("translate", lambda key: f"translated = lambda k, **s: theirs(max(k, 1), **s)[-1]\nparted = {key['parted']}",
                    None),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if number < 3 else pytest.mark.long) for number, name in enumerate(PREPARED)])
def test_ten_prepared_files_get_their_part(tmp_path, name):
    assignment, answer, expected = PREPARED[name]
    path = handed(tmp_path, assignment, "17", answer(variants.key(assignment, "17", SECRET)))
    row, page = grading.graded(assignment, "17", SECRET, path, PROTECT)
    found = [row[criterion] for criterion in RUBRIC[assignment] if criterion != "why"]
    if expected is None:        # a step of which every update but a few is right gets a point of three; parted is right
        assert found[0] < 3 and found[1] < 3 and found[2:] == [2, 0], page
    else:
        assert found == expected, page
    assert row["points"] == sum(found) and f"{row['points']:g} of 10" in page


def test_a_rate_is_judged_by_what_it_reaches(monkeypatch):
    monkeypatch.setattr(judge, "GRID", [0.02, 0.04, 0.08])
    task, seeds = variants.given("rate", "5", SECRET), variants.key("rate", "5", SECRET)["seeds"]
    (_, flat), (_, line) = judge.best(task, "constant", seeds), judge.best(task, "linear", seeds)
    right = points("rate", "5", {"constant_rate": flat, "linear_peak": line, "batch_rate": 4 * flat})
    assert right == {"constant": 4, "linear": 4, "batch": 2}
    wrong = points("rate", "5", {"constant_rate": 0.0005, "linear_peak": float("inf"), "batch_rate": 0.002})
    assert wrong == {"constant": 0, "linear": 0, "batch": 2}


@pytest.mark.parametrize("forged", ["schedule", [0.1], [float("nan")] * 375, [-1.0] * 375, {"a": 1}, None, True, [[]] * 375, 10 ** 400])
def test_no_value_is_worth_more_than_it_is(forged):
    assert sum(points("league", "5", {"my_schedule": forged, "claimed_error": 0.0}).values()) == 0
    assert sum(points("rate", "5", {"constant_rate": forged, "linear_peak": forged, "batch_rate": forged}).values()) == 0
    assert sum(points("translate", "5", {"translated": forged, "parted": forged, "clock": forged}).values()) == 0
    assert sum(points("curves", "5", {"labels": forged}).values()) == 0


def test_a_forged_result_is_trained_again(tmp_path, monkeypatch):
    """A notebook that writes its own result into the pipe, marks and all: only values are read, and the claim is checked."""
    forged = """
import json, os
task = json.dumps({"values": {"my_schedule": {"value": [0.0001] * 375}, "claimed_error": {"value": 0.1}}, "points": 10, "constant": 4})
for number in range(3, 20):
    try:
        os.write(number, task.encode())
        os._exit(0)
    except OSError:
        pass
"""
    monkeypatch.setattr(judge, "GRID", [0.03, 0.06])
    count = variants.EPOCHS["league"] * judge.problem(variants.given("league", "5", SECRET), "test").updates_per_epoch
    path = handed(tmp_path, "league", "5", forged.replace("375", str(count)))
    row, page = grading.graded("league", "5", SECRET, path, PROTECT)
    assert row["valid"] == 1 and row["constant"] == row["linear"] == row["claim"] == 0, page


# ---- hostile notebooks -----------------------------------------------------------------------------------------------

def leftovers():
    """Processes that still run in the folder of a jail that is gone."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = os.readlink(process / "cwd")
        except OSError:
            continue
        if "lrcourse-" in where and where.endswith("(deleted)"):
            found.append((process.name, where))
    return found


@pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(60)"])
def test_an_endless_loop_ends(source):
    began = time.monotonic()
    assert jail.run([(1, source)], NUMBER, wall=2, cpu=1, protect=PROTECT) == ({}, {}, "time")
    assert time.monotonic() - began < 6


def test_a_fork_loop_ends_and_leaves_nothing():
    bomb = "import os\nwhile True:\n    try:\n        os.fork()\n        os.setsid()\n    except OSError:\n        pass"
    assert jail.run([(1, bomb)], NUMBER, wall=2, protect=PROTECT)[2] == "time"
    assert leftovers() == []


def test_what_outlives_the_notebook_is_ended():
    values, errors, ended = jail.run([(1, "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nx = 1")], NUMBER,
                                     protect=PROTECT)
    assert values == {"x": {"value": 1.0}} and ended == "" and leftovers() == []


def test_a_memory_hog_is_refused():
    values, errors, ended = jail.run([(1, "hog = b'x' * (3 << 30)"), (2, "x = 1")], NUMBER, memory=2 << 30, protect=PROTECT)
    assert values == {"x": {"value": 1.0}} and errors["1"].startswith("MemoryError")


def test_a_large_file_is_refused():
    values, errors, _ = jail.run([(1, "open('large', 'wb').write(bytes(1 << 22))"), (2, "x = 1")], NUMBER, protect=PROTECT)
    assert values == {"x": {"value": 1.0}} and "1" in errors


@protected
def test_a_file_deleter_reaches_nothing(tmp_path):
    """It walks the submissions, the key and our own files, tries to read, write, rename and delete each, and to list folders."""
    (tmp_path / "key.json").write_text(json.dumps({"secret": SECRET}))
    path = handed(tmp_path, "rate", "17", "labels = 1")
    targets = [str(tmp_path / "key.json"), str(path), str(ROOT / "README.md"), str(ROOT / "tests" / "test_grading.py")]
    ours = str(ROOT / "lrcourse" / "grading" / "judge.py")      # can be read, as the whole package, and no more
    attack = f"""
import os, shutil
done = []
def attempt(what):
    try:
        what()
        done.append(1)
    except OSError:
        pass
for path in {targets}:
    attempt(lambda: open(path).read())
    attempt(lambda: os.listdir(os.path.dirname(path)))
for path in {[*targets, ours]}:
    attempt(lambda: open(path, "a").write("x"))
    attempt(lambda: os.truncate(path, 0))
    attempt(lambda: os.rename(path, path + ".gone"))
    attempt(lambda: os.link(path, "mine"))
    attempt(lambda: os.remove(path))
attempt(lambda: shutil.rmtree({str(tmp_path)!r}))
attempt(lambda: os.kill(os.getppid(), 9))
x = len(done)
"""
    before = {each: Path(each).read_bytes() for each in [*targets, ours]}
    values, errors, ended = jail.run([(1, attack)], NUMBER)
    assert (values, errors, ended) == ({"x": {"value": 0.0}}, {}, "")
    assert {each: Path(each).read_bytes() for each in before} == before


@protected
def test_nothing_of_the_graders_own_gets_in(monkeypatch):
    monkeypatch.setenv("LRCOURSE_TEST_TOKEN", SECRET)
    look = "import os, socket\nx = sum('TOKEN' in name for name in os.environ)\nsocket.create_connection(('127.0.0.1', 9), 1)"
    values, errors, _ = jail.run([(1, look)], NUMBER)
    assert values == {"x": {"value": 0.0}} and "PermissionError" in errors["1"]


@pytest.mark.parametrize("source, said", [
    ("import sys\nsys.exit(0)", "SystemExit: 0"),
    ("class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd", "Odd"),
    ("raise ValueError('# 10\\n\\n# of 10')", "ValueError: # 10 # of 10"),
    ("raise ValueError('\\ud800')", "ValueError: \ud800"),
    ("import threading, time\nfor _ in range(9):\n    threading.Thread(target=time.sleep, args=(60,)).start()", None),
    ("print('x' * 50_000_000)", None),
    ("import lrcourse.grading.judge as judge\njudge.JUDGES.clear()\njudge.marks = lambda *given: {'x': (10, '')}", None),
    ("import os, signal\ntry:\n    os.kill(-1, signal.SIGKILL)\nexcept OSError:\n    pass", None),
])
@protected
def test_an_odd_cell_spoils_neither_the_next_nor_us(source, said):
    before, began = dict(judge.JUDGES), time.monotonic()
    values, errors, ended = jail.run([(1, source), (2, "x = 1")], NUMBER, wall=20)
    assert (values, ended) == ({"x": {"value": 1.0}}, "") and errors == ({"1": said} if said else {})
    assert judge.JUDGES == before and leftovers() == [] and time.monotonic() - began < 15


@protected
def test_the_memory_of_the_grader_can_not_be_read():
    """Hidden seeds are in the grader's memory alone, and neither it nor the process that watches can be opened."""
    look = f"""
import os
x = 0
for pid in (os.getppid(), {os.getpid()}):
    for what in ("mem", "maps", "environ", "cmdline", "fd/0"):
        try:
            open(f"/proc/{{pid}}/{{what}}", "rb")
            x += 1
        except OSError:
            pass
"""
    assert jail.run([(1, look)], NUMBER) == ({"x": {"value": 0.0}}, {}, "")


@pytest.mark.parametrize("status, text, expected", [
    (0, "", "killed"), (3, '{"refused"', "killed"), (3, '["refused"]', "killed"), (3, '{"refused": [1]}', "refused: [1]"),
])
def test_a_forged_end_is_no_error_of_ours(status, text, expected):
    forged = f"""
import os
for number in range(3, 30):
    try:
        os.write(number, {text.encode()!r})
    except OSError:
        pass
os._exit({status})
"""
    assert jail.run([(1, forged)], NUMBER, protect=PROTECT) == ({}, {}, expected)


@pytest.mark.parametrize("text", [
    "", "[]", "{", "null", '{"cells": 5}', '{"cells": [5]}', '{"cells": [{"cell_type": "code", "source": null}]}', "[" * 100_000,
    '{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]}', "\ufeff{}",
])
def test_a_broken_notebook_is_said_to_be_none(tmp_path, text):
    (tmp_path / "curves.ipynb").write_text(text, encoding="utf-8")
    row, page = grading.graded("curves", "17", SECRET, tmp_path / "curves.ipynb", PROTECT)
    assert row["points"] == 0 and row["note"] == SAYS["unreadable"] and row["note"] in page


@pytest.mark.parametrize("source, meant", [
    ("x = (7\n % 4)", "x = (7\n % 4)"), ("%matplotlib inline\nx = 1", "pass\nx = 1"), ("if 1:\n    !ls\nx = 1", "if 1:\n    pass\nx = 1"),
    ("train?\nx = 1  # right?", "pass\nx = 1  # right?"), ("?train\nx = 1", "pass\nx = 1"), ("x =", "x ="),
    ("x = '\ud800'\n%m", "x = '\ud800'\npass"),
])
def test_what_is_ipythons_is_left_out(source, meant):
    assert grading.as_python(source) == meant


def test_a_class_with_odd_files_is_graded_to_its_end(tmp_path):
    """Folders in Hangul and as macOS writes it, with spaces and with bytes that are no text; links, a pipe, a huge output."""
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    handed(submitted, "curves", "17")
    name = "김 철수"
    made = handed(tmp_path, "curves", name, f"labels = {variants.key('curves', name, SECRET)['labels']}")
    deep = submitted / unicodedata.normalize("NFD", name) / "내 과제 (1)"
    deep.mkdir(parents=True)
    notebook = json.loads(made.read_text())
    notebook["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}]
    (deep / "curves.ipynb").write_text(json.dumps(notebook))
    raw = os.fsdecode(b"20\xff") if sys.platform == "linux" else "20"      # macOS has no such names
    for other in ("18", "19", raw):
        (submitted / other).mkdir()
    (submitted / "18" / "curves.ipynb").symlink_to(submitted / "17" / "curves.ipynb")
    (submitted / "18" / "rate.ipynb").mkdir()
    os.mkfifo(submitted / "19" / "curves.ipynb")
    (submitted / "19" / "rate.ipynb").symlink_to("/dev/zero")
    handed(submitted, "curves", raw, "labels = ['\ud800'] * 5")
    rows = {(row["student"], row["assignment"]): row for row in grading.grade(submitted, SECRET, out, PROTECT)}
    assert len(rows) == 20 and rows["17", "curves"]["points"] == rows[unicodedata.normalize("NFD", name), "curves"]["points"] == 10
    for missing in (("18", "curves"), ("18", "rate"), ("19", "curves"), ("19", "rate")):
        assert rows[missing]["note"] == SAYS["none"].format(file=f"{missing[1]}.ipynb")
    assert rows[raw, "curves"]["points"] == 0 and len(list(out.iterdir())) == 6


def test_hidden_things_are_never_sent(monkeypatch):
    """What goes to the student's process holds no seed, no label, no record of what went wrong, and not the secret."""
    sent = []
    monkeypatch.setattr(jail.subprocess.Popen, "communicate", lambda self, text, timeout: (sent.append(text), self.kill(), self.wait()))
    for name in variants.NAMES:
        hidden = variants.key(name, "17", SECRET)
        jail.run([], judge.wanted(name, variants.given(name, "17", SECRET), hidden), protect=PROTECT)
        text = sent.pop().decode()
        assert SECRET not in text and not any(str(seed) in text for seed in hidden.get("seeds", []))
        assert not any(label in text for label in [*hidden.get("labels", []), f'"{hidden.get("clock", "-")}"'])


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b'{"values": 3}', b"[" * 100_000, b'{"values": {"x": 1}}', b"9" * 5000, b"\xff"])
def test_rubbish_is_no_answer(text):
    assert jail.read(text, NUMBER) == ({}, {})


# ---- the command -----------------------------------------------------------------------------------------------------

def test_the_command_writes_a_table_and_feedback(tmp_path, capsys):
    submitted, out, key = tmp_path / "submitted", tmp_path / "graded", tmp_path / "key.json"
    key.write_text(json.dumps({"secret": SECRET}))
    handed(submitted, "curves", "17")
    (submitted / "18" / "deep").mkdir(parents=True)
    (submitted / "18" / "deep" / "translate.ipynb").write_text("no notebook")
    flags = [] if PROTECT else ["--unprotected"]
    assert command.main(["grade", str(submitted), "--key", str(key), "--out", str(out), *flags]) == 0
    rows = {(row["student"], row["assignment"]): row for row in csv.DictReader((out / "grades.csv").open())}
    assert len(rows) == 8 and rows["17", "curves"]["points"] == "10" and rows["17", "curves"]["why"] == ""
    assert rows["18", "translate"]["note"] == SAYS["unreadable"]
    assert rows["18", "rate"]["note"] == SAYS["none"].format(file="rate.ipynb")
    assert "10 of 10" in (out / "17.md").read_text() and "2 students" in capsys.readouterr().out
    assert SECRET not in "".join(path.read_text() for path in out.iterdir())


def test_the_command_says_what_is_wrong(tmp_path, capsys, monkeypatch):
    assert command.main(["grade", str(tmp_path / "none")]) == 1
    (tmp_path / "key.json").write_text("{}")
    assert command.main(["grade", str(tmp_path), "--key", str(tmp_path / "key.json"), "--unprotected"]) == 1
    assert "is no key" in capsys.readouterr().err
    monkeypatch.setattr(grading, "protected", lambda: False)
    assert command.main(["grade", str(tmp_path)]) == 1
    assert capsys.readouterr().err.strip() == FAILED["unprotected"]
