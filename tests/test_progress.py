"""What was predicted and solved is kept on this machine alone, survives what files survive, and is shown as a map."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from lrcourse.lessons import Choice, Free, check, course, kept, lesson_04, predict, predictions, progress, words
from lrcourse.lessons.ui import LESSONS, MAP

ROOT = Path(__file__).parent.parent
OWN = {"cut-x": Choice({"stays": "Tempting.", "at once": "So it was."}, right="at once", out="It fell."), "why-x": Free(out="Noise.")}


@pytest.fixture(autouse=True)
def kernel(monkeypatch, tmp_path):
    """A new kernel in a folder that nothing is known of."""
    monkeypatch.setattr(lesson_04, "PREDICTIONS", OWN, raising=False)
    monkeypatch.delenv("LRCOURSE_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    new_kernel()
    yield tmp_path
    monkeypatch.undo()
    new_kernel()


def new_kernel():
    words.gathered.cache_clear()
    predictions.answered_by.cache_clear()
    predictions.ASKED.clear()
    kept.MEMORY.update(kept.nothing())
    kept.REFUSED.clear()


@pytest.fixture
def learner(kernel):
    """In a course folder, as ``lrcourse start`` makes it."""
    (kernel / ".lrcourse").write_text("")
    return kernel / ".lrcourse-progress.jsonl"


def test_outside_a_course_folder_nothing_is_written(kernel):
    predict("cut-x", "stays")
    check("rate-at-30", 0.03)
    assert list(kernel.iterdir()) == [] and kept.place() is None
    assert kept.read()["prediction"]["cut-x"]["choice"] == "stays" and kept.read()["exercise"]["rate-at-30"]["right"]
    assert MAP["keep_kernel"] in course.where()


def test_in_the_checkout_nothing_is_written(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    assert kept.place() is None


def test_another_kernel_finds_it(learner):
    predict("cut-x", "stays")
    predictions.drawn("cut-x")
    predict("cut-x", "at once")
    for answer in (..., None, 0.3, 0.003, 0.03, 0.03, 0.3):
        check("rate-at-30", answer)
    new_kernel()
    assert predict("cut-x").entry == {"choice": "stays", "seen": True, "changed": "at once"}
    found = kept.read()
    assert found["prediction"]["cut-x"]["right"] is False
    assert {key: found["exercise"]["rate-at-30"][key] for key in ("right", "tries")} == {"right": True, "tries": 3}
    size = learner.stat().st_size
    check("rate-at-30", 0.03), predict("cut-x")
    assert learner.stat().st_size == size           # what is kept already is not written again
    assert "Kept in this folder alone, in .lrcourse-progress.jsonl" in course.where()


def test_in_a_folder_of_the_course_folder(learner, monkeypatch):
    (learner.parent / "mine").mkdir()
    monkeypatch.chdir(learner.parent / "mine")
    assert kept.place() == learner


def test_looking_without_choosing_is_not_an_answer(learner):
    predict("cut-x")
    predictions.drawn("cut-x")
    assert not learner.exists() and kept.read()["prediction"] == {}


def test_the_environment_decides(learner, monkeypatch):
    monkeypatch.setenv("LRCOURSE_PROGRESS", "off")
    predict("cut-x", "stays")
    assert not learner.exists()
    monkeypatch.setenv("LRCOURSE_PROGRESS", str(learner.parent / "other"))
    predict("cut-x", "at once")
    assert (learner.parent / "other").exists() and not learner.exists()


def test_several_kernels_at_once_lose_nothing(learner):
    code = ("import sys\nfrom lrcourse.lessons import kept\n"
            "for i in range(60): kept.add('exercise', f'{sys.argv[1]}-{i}', {'right': True, 'tries': 1, 'words': 'x' * 3000})")
    running = [subprocess.Popen([sys.executable, "-c", code, name], env={**os.environ, "PYTHONPATH": str(ROOT)}) for name in "abc"]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert set(kept.read()["exercise"]) == {f"{name}-{i}" for name in "abc" for i in range(60)}


def test_torn_and_strange_lines_say_nothing(learner):
    predict("cut-x", "stays")
    with learner.open("ab") as file:
        file.write(b'\n{"prediction": "why-x", "cho\xff\n[1, 2]\nnull\n{"prediction": 3}\n{"exercise": "rate-at-30", "right": tr')
    predict("why-x", "line\nand\u2028another\u0085line é")
    new_kernel()
    assert list(kept.read()["prediction"]) == ["cut-x", "why-x"]
    assert predict("why-x").entry == {"choice": "line\nand\u2028another\u0085line é"}


def test_an_answer_that_the_course_no_longer_has_is_asked_again(learner, monkeypatch):
    predict("cut-x", "stays")
    monkeypatch.setattr(lesson_04, "PREDICTIONS", {"cut-x": Choice({"up": "No.", "down": "Yes."}, right="down", out="Down.")})
    new_kernel()
    assert predict("cut-x").entry == {}


def test_a_folder_that_can_not_be_written_is_no_error(kernel, monkeypatch):
    monkeypatch.setenv("LRCOURSE_PROGRESS", str(kernel))        # a folder is no file
    assert predict("cut-x", "stays").entry == {"choice": "stays"}
    assert kept.read()["prediction"]["cut-x"]["choice"] == "stays"
    assert course.where().startswith("Not kept: ")
    assert str(check("rate-at-30", 0.03)).startswith("Right")


def test_one_line_turns_it_off_and_one_forgets(learner):
    predict("cut-x", "stays")
    progress(keep=False)
    check("rate-at-30", 0.03)
    assert kept.read()["exercise"] == {} and kept.read()["prediction"]["cut-x"]["choice"] == "stays"
    new_kernel()
    check("rate-at-30", 0.03)
    assert kept.read()["exercise"] == {} and course.where() == MAP["keep_off"]
    progress(forget=True)
    assert kept.read() == {"keep": False, "prediction": {}, "exercise": {}} and predict("cut-x").entry == {}
    progress(keep=True)
    check("rate-at-30", 0.03)
    assert kept.read()["exercise"]["rate-at-30"]["right"]
    progress(forget=True)
    assert not learner.exists()
    with pytest.raises(ValueError, match="keep='no' is not allowed in progress"):
        progress(keep="no")


def test_it_is_turned_off_where_there_is_no_file_too():
    progress(keep=False)
    predict("cut-x", "stays")
    assert kept.read() == {"keep": False, "prediction": {}, "exercise": {}}


def test_in_the_browser_the_page_is_told(monkeypatch):
    """The other side, in JavaScript, is tried in the live edition."""
    said, channels = [], []

    class Channel:
        new = classmethod(lambda cls, name: channels.append(cls()) or said.append(name) or channels[-1])
        postMessage = lambda self, text: said.append(json.loads(text))

    monkeypatch.setitem(sys.modules, "js", SimpleNamespace(BroadcastChannel=Channel))
    monkeypatch.setitem(sys.modules, "pyodide", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "pyodide.ffi", SimpleNamespace(create_proxy=lambda function: function))
    assert kept.connect() is None           # not in a browser
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(kept, "CHANNEL_OF_PAGE", kept.connect())
    assert said == ["lrcourse.progress", {"ask": True}]
    cut = predict("cut-x")
    hear = lambda message: channels[0].onmessage(SimpleNamespace(data=json.dumps(message)))
    hear({"all": {"keep": True, "prediction": {"cut-x": {"choice": "stays", "seen": True, "at": "2030"}}, "exercise": {}}})
    assert cut.entry == {"choice": "stays", "seen": True}       # the answer comes after the cell has run
    check("rate-at-30", 0.03)
    assert said[-1]["line"]["exercise"] == "rate-at-30" and kept.read()["exercise"]["rate-at-30"]["right"]
    hear({"line": {"exercise": "half-the-floor", "right": True, "tries": 1}})          # another kernel
    assert kept.read()["exercise"]["half-the-floor"]["right"]
    assert MAP["keep_browser"] in course.where()
    progress(keep=False), progress(forget=True)
    assert said[-2:] == [{"line": {"keep": False}}, {"forget": True}]        # the page stays turned off by itself
    assert kept.read() == {"keep": False, "prediction": {}, "exercise": {}}


# ---- the map ---------------------------------------------------------------------------------------------------------

def test_the_map_names_every_lesson():
    titles = {path.stem: nbformat.read(path, as_version=4).cells[0].source.partition("\n")[0].removeprefix("# ")
              for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    assert LESSONS == titles


def test_an_empty_map_knows_no_numbers_so_that_what_is_stored_stays(monkeypatch):
    before = course.listed()
    monkeypatch.setattr(lesson_04, "PREDICTIONS", {})
    assert course.listed() == before and not re.search(r"\d of \d", before[0])
    assert all(title in before[0] for title in LESSONS.values())


def test_the_map_as_text(learner):
    predict("cut-x", "at once"), predict("why-x", "noise"), check("rate-at-30", 0.03), check("half-the-floor", 7)
    text, html = course.listed()
    exercises = len(words.lesson_modules()[4].EXERCISES)
    line = ("04 The error stops falling. Is the network done?: 2 of 2 predictions made, 1 came out; "
            f"1 of {exercises} exercises solved")
    assert line in text and f"<li>{line}</li>" in html
    assert text.count(" of ") < 5       # the others are only named


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_javascript_counts_as_python_does(learner, tmp_path):
    predict("cut-x", "at once"), predict("why-x", "noise"), check("rate-at-30", 0.03), check("half-the-floor", 7)
    for path in (ROOT / "lrcourse/explorers/parts.js", ROOT / "lrcourse/lessons/kept.js", ROOT / "lrcourse/lessons/progress.js"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    found = kept.read()
    found["prediction"] |= {f"p{i}": {"choice": "a", "right": i % 3 == 0, "at": f"2030-01-{40 - i}"} for i in range(12)}
    lessons = [*course.course(), {"file": "99_x", "title": "x", "prediction": [f"p{i}" for i in range(15)], "exercise": []}]
    (tmp_path / "given.json").write_text(json.dumps([lessons, found]))
    script = """import fs from "node:fs"; import { counts, inTime } from "./progress.js";
      const [lessons, found] = JSON.parse(fs.readFileSync("given.json", "utf8"));
      console.log(JSON.stringify([lessons.map(lesson => counts([lesson], found)), inTime(lessons, found)]))"""
    done = subprocess.run(["node", "--input-type=module", "-e", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    each, in_time = json.loads(done.stdout)
    assert each == [course.counts(lesson, found) for lesson in lessons]
    assert in_time == [True, *(i % 3 == 0 for i in reversed(range(12)))]
