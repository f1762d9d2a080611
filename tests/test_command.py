"""The command lrcourse: copies of the lessons that keep what was typed, and a doctor that names what is broken."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import types
import warnings
from datetime import date
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_notebooks import tool

import lrcourse
from lrcourse import command, copies, doctor
from lrcourse.lessons import commands

ROOT = Path(__file__).parent.parent
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
KEPT = f"mine-{date.today()}"


def lrcourse_(*arguments, cwd, **environment):
    return subprocess.run([sys.executable, "-m", "lrcourse.command", *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          encoding="utf-8", env=os.environ | {"PYTHONPATH": str(ROOT)} | environment)


# ---- merging --------------------------------------------------------------------------------------------------------------

BASE = [("title", "# Title\n\nA text."), ("setup", "a = 1\nb = 2"), ("predict", "**Predict.**"), ("stub", 'x = ...\ncheck("x", x)'),
        ("figure", "plot(a)"), ("summary", "Summary")]
CODE = ("setup", "stub", "figure")


def notebook(cells):
    """An edition of a lesson, as copied."""
    made = [{"id": name, "source": text, "metadata": {}, **({"cell_type": "code", "outputs": [], "execution_count": None}
            if name.rstrip("0123456789") in (*CODE, "code") else {"cell_type": "markdown"})} for name, text in cells]
    return copies.fresh({"cells": made, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
                         "nbformat": 4, "nbformat_minor": 5})


def edit(cells, name, text):
    return [(each, text if each == name else old) for each, old in cells]


def delete(cells, name):
    return [each for each in cells if each[0] != name]


def add(cells, after, *new):
    at = [name for name, _ in cells].index(after) + 1
    return [*cells[:at], *new, *cells[at:]]


def move(cells, name, after):
    return add(delete(cells, name), after, *[each for each in cells if each[0] == name])


ANSWER = edit(BASE, "stub", 'x = 3\ncheck("x", x)')
CASES = {       # theirs, ours, what comes of it, cells in which both changed the same
    "nothing typed": (BASE, edit(BASE, "title", "# Other"), edit(BASE, "title", "# Other"), []),
    "an answer and our text": (ANSWER, edit(BASE, "predict", "Better"), edit(ANSWER, "predict", "Better"), []),
    "an answer and our check below it": (ANSWER, edit(BASE, "stub", 'x = ...\ncheck("y", x)'),
                                        edit(BASE, "stub", 'x = 3\ncheck("y", x)'), []),
    "both add in one place": (add(BASE, "stub", ("code1", "1")), add(BASE, "stub", ("new1", "N")),
                              add(BASE, "stub", ("code1", "1"), ("new1", "N")), []),
    "both add at the end": (add(BASE, "summary", ("code1", "1")), add(BASE, "summary", ("new1", "N")),
                            add(BASE, "summary", ("code1", "1"), ("new1", "N")), []),
    "they add at the top": ([("code1", "1"), *BASE], edit(BASE, "title", "T"), [("code1", "1"), *edit(BASE, "title", "T")], []),
    "we move what they answered": (ANSWER, move(BASE, "stub", "figure"), move(ANSWER, "stub", "figure"), []),
    "they move what we edit": (move(BASE, "figure", "setup"), edit(BASE, "figure", "plot(b)"),
                               move(edit(BASE, "figure", "plot(b)"), "figure", "setup"), []),
    "both move the same": (move(BASE, "figure", "setup"), move(BASE, "figure", "title"), move(BASE, "figure", "title"), []),
    "they add where we move": (add(BASE, "setup", ("code1", "1")), move(BASE, "setup", "figure"),
                               add(move(BASE, "setup", "figure"), "setup", ("code1", "1")), []),
    "they delete what we edit": (delete(BASE, "figure"), edit(BASE, "figure", "plot(b)"), delete(BASE, "figure"), []),
    "we delete what they answered": (ANSWER, delete(BASE, "stub"), ANSWER, []),
    "we delete what they only ran": (BASE, delete(BASE, "figure"), delete(BASE, "figure"), []),
    "we delete, they add below": (add(BASE, "figure", ("code1", "1")), delete(BASE, "figure"),
                                  add(delete(BASE, "figure"), "stub", ("code1", "1")), []),
    "both the same": (ANSWER, ANSWER, ANSWER, []),
    "both edit one line": (edit(BASE, "figure", "plot(a, 2)"), edit(BASE, "figure", "plot(a, 1)"),
                           edit(BASE, "figure", "plot(a, 1)"), ["figure"]),
    "both insert between two lines": (edit(BASE, "setup", "a = 1\nc\nb = 2"), edit(BASE, "setup", "a = 1\nd\nb = 2"),
                                      edit(BASE, "setup", "a = 1\nd\nb = 2"), ["setup"]),
    "all around an answer is new": (ANSWER, add(add(edit(BASE, "predict", "All new"), "predict", ("code1", "y")), "stub", ("new1", "N")),
                                    add(add(edit(ANSWER, "predict", "All new"), "predict", ("code1", "y")), "stub", ("new1", "N")), []),
}


@pytest.mark.parametrize("mine, new, wanted, lost", CASES.values(), ids=CASES)
def test_merge(mine, new, wanted, lost):
    whole, missed = copies.merge(notebook(BASE), notebook(mine), notebook(new))
    assert ([(cell["id"], cell["source"]) for cell in whole["cells"]], missed) == (wanted, lost)
    nbformat.validate(nbformat.reads(copies.written(whole), as_version=4))


def random_edition(draw, cells, whose):
    """Up to five changes; a new text or cell is one that nobody else has."""
    cells = list(cells)
    for number in range(draw(st.integers(0, 5))):
        kind, names = draw(st.sampled_from(["edit", "delete", "add", "move"])), [name for name, _ in cells]
        at, word = draw(st.integers(0, 99)), f"{whose}{number}"
        if kind == "add" or len(cells) < 2:
            cells.insert(at % (len(cells) + 1), (f"{'code' if whose[0] == 'm' else 'new'}{whose[1:]}{number}", word))
            continue
        name = names[at % len(names)]
        if kind == "edit":
            lines = dict(cells)[name].split("\n")
            line = draw(st.integers(0, len(lines)))
            lines[line:line + draw(st.integers(0, 1))] = [word]
            cells = edit(cells, name, "\n".join(lines))
        elif kind == "delete":
            cells = delete(cells, name)
        else:
            cells = move(cells, name, draw(st.sampled_from(delete(cells, name)))[0])
    return cells


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_merging_twice_loses_nothing(data):
    base, mine, old = notebook(BASE), notebook(BASE), BASE
    for turn in "12":
        before = [(cell["id"], cell["source"]) for cell in mine["cells"]]
        typed = random_edition(data.draw, before, f"m{turn}")
        edition = random_edition(data.draw, old, f"n{turn}")
        new = notebook(edition)
        whole, lost = copies.merge(base, notebook(typed), new)
        got, theirs, ours, was = dict((cell["id"], cell["source"]) for cell in whole["cells"]), dict(typed), dict(edition), dict(old)
        assert len(got) == len(whole["cells"])
        for name, text in theirs.items():
            if text == was.get(name):           # not touched by the learner: our text moves on
                assert got.get(name) == ours.get(name)
            elif name not in lost:              # every line that they typed is there
                kept = got[name].split("\n")
                assert all(line in kept for line in text.split("\n") if line not in was.get(name, "").split("\n")), (text, got[name])
        for name, text in ours.items():
            if name not in theirs:              # a new cell comes, a deleted one stays away
                assert (name in got) == (name not in was)
        assert copies.merge(new, whole, new) == (whole, [])
        order = [name for name in got if name in was and name in theirs and name in ours]
        places = [[name for name in names if name in order] for names in (was, theirs, ours)]
        assert order == (places[1] if places[0] == places[2] else places[2])
        base, mine, old = new, whole, edition


def test_what_was_run_stays_until_its_code_changes():
    mine, printed = notebook(BASE), [{"output_type": "stream", "name": "stdout", "text": "7"}]
    for cell in mine["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"execution_count": 7, "outputs": printed, "metadata": {"scrolled": True}}
    mine["cells"][0]["attachments"] = {"image.png": {"image/png": "AA=="}}
    mine["metadata"]["kernelspec"] = {"name": "mine", "display_name": "Mine"}
    new = notebook(edit(BASE, "figure", "plot(b)"))
    new["cells"][3]["metadata"] = new["cells"][1]["metadata"] = {"tags": ["ours"]}
    whole, _ = copies.merge(notebook(BASE), mine, new)
    cells = {cell["id"]: cell for cell in whole["cells"]}
    assert cells["stub"]["metadata"] == {"tags": ["ours"], "scrolled": True}
    assert cells["setup"]["execution_count"] == 7 and cells["setup"]["outputs"] and cells["setup"]["metadata"]["tags"] == ["ours"]
    assert cells["figure"]["execution_count"] is None and cells["figure"]["outputs"] == []
    assert cells["title"]["attachments"] and whole["metadata"]["kernelspec"]["name"] == "mine"


def test_cells_that_lost_their_ids_are_known_by_their_text():
    mine = notebook(ANSWER)
    for cell in mine["cells"]:
        del cell["id"]
    whole, lost = copies.merge(notebook(BASE), mine, notebook(edit(BASE, "title", "New")))
    assert [cell["source"] for cell in whole["cells"]] == [text for _, text in edit(ANSWER, "title", "New")] and not lost


# ---- the course folder ----------------------------------------------------------------------------------------------------

def edition(**lessons):
    """Lessons as ``originals`` gives them: _04_why_decay=cells."""
    return {copies.stem(name[1:]): (f"{name[1:]}.ipynb", notebook(cells)) for name, cells in lessons.items()}


def typed(path, cells):
    """A learner saves these cells, as JupyterLab does."""
    saved = notebook(cells)
    saved["metadata"] = copies.read(path)["metadata"]
    copies.replace(path, copies.written(saved))


def texts(path):
    return [(cell["id"], cell["source"]) for cell in copies.read(path)["cells"]]


def bring(folder, **lessons):
    return copies.bring(folder, "1", edition(**lessons))


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_two_updates_keep_what_was_typed(tmp_path):
    folder = tmp_path / "course"
    assert bring(folder, _04_why=BASE) == [("copied", {"lesson": "04_why"})]
    path = folder / "04_why.ipynb"
    typed(path, add(ANSWER, "figure", ("code1", "mine")))
    before = files(folder)
    assert bring(folder, _04_why=BASE) == [] and files(folder) == before
    second = edit(move(BASE, "figure", "setup"), "title", "Second")
    assert bring(folder, _04_why=second) == [("merged", {"lesson": "04_why"})]
    assert texts(path) == edit(add(edit(second, "stub", ANSWER[3][1]), "figure", ("code1", "mine")), "title", "Second")
    typed(path, edit(texts(path), "title", "My title"))
    assert bring(folder, _04_why=edit(second, "title", "Third")) == [
        ("conflict", {"lesson": "04_why", "count": 1, "kept": f"04_why.{KEPT}.ipynb"}), ("merged", {"lesson": "04_why"})]
    assert dict(texts(path))["title"] == "Third" and dict(texts(path))["code1"] == "mine"
    assert dict(texts(folder / f"04_why.{KEPT}.ipynb"))["title"] == "My title"
    typed(path, edit(texts(path), "title", "Mine again"))
    assert bring(folder, _04_why=edit(second, "title", "Fourth"))[0][1]["kept"] == f"04_why.{KEPT}-2.ipynb"
    assert dict(texts(folder / f"04_why.{KEPT}.ipynb"))["title"] == "My title"


@pytest.mark.parametrize("broken", ["", "{", '{"cells": 3, "metadata": {}}', "[]", '{"cells": [{"source": 1}], "metadata": {}}', "half",
                                    "\x00" * 999])
def test_an_unreadable_copy_is_kept_beside_a_new_one(tmp_path, broken):
    bring(tmp_path, _04_why=BASE)
    path = tmp_path / "04_why.ipynb"
    broken = path.read_text(encoding="utf-8")[:400] if broken == "half" else broken
    path.write_text(broken, encoding="utf-8")
    assert bring(tmp_path, _04_why=ANSWER) == [("unreadable", {"lesson": "04_why", "kept": f"04_why.{KEPT}.ipynb"})]
    assert texts(path) == ANSWER and (tmp_path / f"04_why.{KEPT}.ipynb").read_text(encoding="utf-8") == broken


def test_lessons_that_are_numbered_anew(tmp_path):
    bring(tmp_path, _04_why=BASE, _05_how=BASE, _06_gone=BASE)
    typed(tmp_path / "04_why.ipynb", ANSWER)
    done = bring(tmp_path, _07_why=edit(BASE, "title", "New"), _04_how=BASE)
    assert done == [("gone", {"lesson": "gone"}), ("renumbered", {"was": "04_why", "lesson": "07_why"}), ("merged", {"lesson": "07_why"}),
                    ("renumbered", {"was": "05_how", "lesson": "04_how"})]
    assert set(files(tmp_path)) == {copies.MARKER, "04_how.ipynb", "06_gone.ipynb", "07_why.ipynb"}
    assert texts(tmp_path / "07_why.ipynb") == edit(ANSWER, "title", "New")
    typed(tmp_path / "07_why.ipynb", ANSWER)
    shutil.copy(tmp_path / "07_why.ipynb", tmp_path / "04_why.ipynb")       # an old file, back from somewhere
    assert bring(tmp_path, _07_why=edit(BASE, "title", "New"), _04_how=BASE) == [
        ("aside", {"lesson": "04_why", "kept": f"04_why.{KEPT}.ipynb"})]
    assert texts(tmp_path / f"04_why.{KEPT}.ipynb") == ANSWER


def test_a_deleted_lesson_comes_anew_and_other_files_stay(tmp_path):
    bring(tmp_path, _04_why=BASE, _05_how=BASE)
    (tmp_path / "04_why.ipynb").unlink()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "04_why-Copy1.ipynb").write_text("mine")
    marker = json.loads((tmp_path / copies.MARKER).read_text(encoding="utf-8"))
    (tmp_path / copies.MARKER).write_text(json.dumps(marker | {"other": 1}), encoding="utf-8")
    assert bring(tmp_path, _04_why=BASE, _05_how=BASE) == [("copied", {"lesson": "04_why"})]
    assert (tmp_path / "notes.txt").read_text() == (tmp_path / "04_why-Copy1.ipynb").read_text() == "mine"
    assert json.loads((tmp_path / copies.MARKER).read_text(encoding="utf-8"))["other"] == 1


def test_without_the_text_it_was_made_from_a_copy_is_kept_aside(tmp_path):
    bring(tmp_path, _04_why=BASE, _05_how=BASE)
    typed(tmp_path / "04_why.ipynb", ANSWER)
    (tmp_path / copies.MARKER).write_text("{")
    new = edit(BASE, "title", "New")
    assert bring(tmp_path, _04_why=new, _05_how=BASE) == [("unknown", {"lesson": "04_why", "kept": f"04_why.{KEPT}.ipynb"})]
    assert texts(tmp_path / "04_why.ipynb") == new and texts(tmp_path / f"04_why.{KEPT}.ipynb") == ANSWER


def test_a_tool_that_strips_metadata_costs_nothing(tmp_path):
    bring(tmp_path, _04_why=BASE)
    copies.replace(tmp_path / "04_why.ipynb", copies.written(notebook(ANSWER) | {"metadata": {}}))
    assert bring(tmp_path, _04_why=edit(BASE, "title", "New")) == [("merged", {"lesson": "04_why"})]
    assert texts(tmp_path / "04_why.ipynb") == edit(ANSWER, "title", "New")


def test_a_crash_anywhere_is_mended_by_the_next_start(tmp_path, monkeypatch):
    """Cut off before and after each change of a file's name, on the way to an edition with one of every kind."""
    title = edit(BASE, "title", "New")
    new = {"_04_why": title, "_05_clash": edit(BASE, "figure", "ours"), "_07_moved": title, "_08_new": BASE, "_09_broken": BASE}
    start = tmp_path / "start"
    bring(start, _04_why=BASE, _05_clash=BASE, _06_moved=BASE, _09_broken=BASE)
    typed(start / "04_why.ipynb", edit(ANSWER, "setup", "a = 1\nb = 2\nc = 3"))
    typed(start / "05_clash.ipynb", edit(ANSWER, "figure", "mine"))
    typed(start / "06_moved.ipynb", ANSWER)
    (start / "09_broken.ipynb").write_text("half")
    shutil.copytree(start, tmp_path / "whole")
    bring(tmp_path / "whole", **new)
    wanted, real, cuts = files(tmp_path / "whole"), os.replace, 0
    assert len(wanted) == 8 and texts(tmp_path / "whole" / "05_clash.ipynb") == edit(ANSWER, "figure", "ours")
    for after in (False, True):
        for cut in range(99):
            folder, calls = tmp_path / f"cut{after}{cut}", iter(range(99))
            shutil.copytree(start, folder)

            def replace(a, b, cut=cut, calls=calls, after=after):
                now = next(calls)
                if now == cut and not after:
                    raise KeyboardInterrupt
                real(a, b)
                if now == cut:
                    raise KeyboardInterrupt
            monkeypatch.setattr(os, "replace", replace)
            try:
                bring(folder, **new)
                break
            except KeyboardInterrupt:
                cuts += 1
            finally:
                monkeypatch.setattr(os, "replace", real)
            done = bring(folder, **new)
            assert files(folder) == wanted, cut
            assert all(names["kept"] in wanted for _, names in done if "kept" in names)
    assert cuts == 2 * 10       # the marker twice, four lessons written, one renamed, one copied aside, one moved aside, one new


@pytest.mark.parametrize("cut", [2, 3])     # the marker, the lesson, the marker
def test_an_edition_after_one_that_was_cut_off(tmp_path, monkeypatch, cut):
    bring(tmp_path, _04_why=BASE)
    typed(tmp_path / "04_why.ipynb", ANSWER)
    real, calls = os.replace, []

    def replace(a, b):
        calls.append(b)
        if len(calls) == cut:
            raise KeyboardInterrupt
        real(a, b)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        bring(tmp_path, _04_why=edit(BASE, "title", "Second"))
    monkeypatch.setattr(os, "replace", real)
    assert bring(tmp_path, _04_why=edit(BASE, "title", "Third")) == [("merged", {"lesson": "04_why"})]
    assert texts(tmp_path / "04_why.ipynb") == edit(ANSWER, "title", "Third")


def test_a_write_that_fails_halfway_leaves_the_old_file(tmp_path, monkeypatch):
    bring(tmp_path, _04_why=BASE)
    typed(tmp_path / "04_why.ipynb", ANSWER)
    before = (tmp_path / "04_why.ipynb").read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        bring(tmp_path, _04_why=edit(BASE, "title", "New"))
    assert (tmp_path / "04_why.ipynb").read_bytes() == before


# ---- the real lessons -----------------------------------------------------------------------------------------------------

LESSONS = copies.originals()


@pytest.mark.parametrize("name", LESSONS)
def test_copies_have_no_outputs_folded_solutions_and_whole_links(name):
    file, copy = LESSONS[name]
    for cell in copy["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        if "solution" in cell["metadata"].get("tags", []):
            assert cell["source"].startswith("<details><summary>") and cell["source"].endswith("</details>")
        if cell["cell_type"] == "markdown":
            links = re.findall(r"\]\(([^)#:]+\.ipynb)", cell["source"])
            assert set(links) <= {file for file, _ in LESSONS.values()}
    assert "widgets" not in copy["metadata"] and nbformat.validate(nbformat.reads(copies.written(copy), as_version=4)) is None


def test_start_update_and_what_they_say(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command.main(["update"]) == 1 and "lrcourse start course" in capsys.readouterr().err
    assert command.main(["start", "--no-lab"]) == 0
    assert capsys.readouterr().out == command.FIRST.format(folder="course", lesson="00_start_here") + "\n"
    assert {path.name for path in Path("course").iterdir()} == {copies.MARKER} | {file for file, _ in LESSONS.values()}
    assert command.main(["update"]) == 0 and capsys.readouterr().out == "The copies in course are up to date.\n"
    Path("course/04_why_decay.ipynb").write_text("half")
    assert command.main(["start", "course", "--no-lab"]) == 0
    assert capsys.readouterr().out == (f"04_why_decay could not be read as a notebook. It is kept as 04_why_decay.{KEPT}.ipynb, "
                                       "and a new copy stands in its place.\n")


def test_every_word_that_bring_gives_has_a_sentence():
    given = set(re.findall(r'\("(\w+)", \{"(?:lesson|was)"', Path(copies.__file__).read_text(encoding="utf-8")))
    assert given == set(command.DONE) and len(given) == 8


def test_where_no_course_may_be_made(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "essay.txt").write_text("mine")
    for folder, word in [("other", "holds other files"), (ROOT / "notebooks", "where the lessons themselves are"),
                         ("other/essay.txt", "can't be written"), ("other/essay.txt/course", "can't be written")]:
        assert command.main(["start", str(folder), "--no-lab"]) == 1
        said = capsys.readouterr()
        assert word in said.err and not said.out
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["essay.txt"]
    for wrong in ([], ["begin"], ["start", "a", "b"], ["update", "--no-lab"], ["start", "--no-lab", "--port=1"]):
        with pytest.raises(SystemExit) as left:
            command.main(wrong)
        assert left.value.code == 2


def test_folders_that_ascii_cannot_write(tmp_path):
    place = tmp_path / "내 수업 é"
    place.mkdir()
    for environment in (ASCII, {"LC_ALL": "C"}, {}):
        for _ in range(2):
            done = lrcourse_("start", "학습률 λ", "--no-lab", cwd=place, **environment)
            assert done.returncode == 0 and not done.stderr, done.stderr
    assert copies.read(place / "학습률 λ" / "00_start_here.ipynb")["cells"][-1]["source"].count("Gunu")


@pytest.mark.skipif(not shutil.which("git"), reason="no git here")
def test_git_sees_nothing_of_a_learners_work(tmp_path, monkeypatch):
    def git(*arguments):
        return subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", *arguments], cwd=tmp_path, capture_output=True,
                              text=True, check=True).stdout
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copy(ROOT / ".gitignore", tmp_path)
    git("init", "-q"), git("add", "."), git("commit", "-qm", "the course")
    assert lrcourse_("start", "--no-lab", cwd=tmp_path).returncode == 0
    path = tmp_path / "course" / "00_start_here.ipynb"
    lesson = nbformat.read(path, as_version=4)
    stub, after = next(pair for pair in zip(lesson.cells, lesson.cells[1:]) if "exercise" in pair[0].metadata.get("tags", []))
    stub.source = re.search(r"```python\n(.*?)```", after.source, re.S)[1].strip()
    lesson.cells = lesson.cells[:lesson.cells.index(stub) + 1]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    nbformat.write(tool.execute(lesson, path.parent), path)
    assert "Right." in stub.outputs[0].data["text/plain"]
    assert git("status", "--porcelain", "--untracked-files=all") == ""
    before = path.read_bytes()
    assert lrcourse_("start", "--no-lab", cwd=tmp_path).returncode == 0 and path.read_bytes() == before


# ---- the doctor -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def course(tmp_path, capsys):
    command.main(["start", str(tmp_path / "course"), "--no-lab"])
    capsys.readouterr()
    return tmp_path / "course"


def kernel_called_python3(tmp_path, *argv):
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Other", "language": "python"}))
    return str(tmp_path)


def test_the_doctor_finds_nothing_where_all_is_well(course):
    done = lrcourse_("doctor", course, cwd=course.parent, BROWSER="true")
    if doctor.engine(course)[0]:
        assert done.returncode == 0 and "MEND" not in done.stdout and done.stdout.endswith("All is well.\n"), done.stdout
    else:       # no compiler here
        assert done.returncode == 1 and re.findall("MEND  .*", done.stdout) == ["MEND  " + said(doctor.engine, course)[1]]
    assert done.stdout.count("ok    ") + done.returncode == len(doctor.CHECKS)


def said(check, course):
    well, names = check(Path(course))
    return well, doctor.DOCTOR[check.__name__][0 if well else 1].format(**names)


def test_the_doctor_names_broken_packages(monkeypatch, course):
    needs = ["numpy>=1.26", 'no-such-package; extra == "lab"', 'matplotlib>=99.8; extra == "lab"', 'no-other; extra == "test"']
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: needs)
    well, text = said(doctor.packages, course)
    assert not well and re.search(r"no-such-package, matplotlib [\d.]+ \(needs 99.8\)\. Mend it: ", text) and "no-other" not in text


def test_the_doctor_names_broken_kernels(monkeypatch, course, tmp_path):
    ends = kernel_called_python3(tmp_path / "ends", sys.executable, "-c", "1")
    monkeypatch.setenv("JUPYTER_PATH", ends)
    assert re.search(r"don't run with this Python: the kernel doesn't start \(.*died.*\)", said(doctor.kernel, course)[1])
    missing = kernel_called_python3(tmp_path / "missing", str(tmp_path / "no-python"), "-f", "{connection_file}")
    monkeypatch.setenv("JUPYTER_PATH", missing)
    assert re.search(r"the kernel doesn't start \(.*no-python.*\)", said(doctor.kernel, course)[1])
    other = tmp_path / "elsewhere" / "python"
    other.parent.mkdir()
    other.symlink_to(sys.executable)
    code = (f"import sys; sys.executable = {str(other)!r}; sys.path.append({str(Path(nbformat.__file__).parent.parent)!r}); "
            "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()")
    monkeypatch.setenv("JUPYTER_PATH", kernel_called_python3(tmp_path / "other", str(other), "-c", code, "-f", "{connection_file}"))
    assert f"they run with {other}" in said(doctor.kernel, course)[1]


def test_the_doctor_names_a_missing_browser(monkeypatch, course):
    def none(using=None):
        raise doctor.webbrowser.Error("could not locate runnable browser")
    monkeypatch.setattr(doctor.webbrowser, "get", none)
    well, text = said(doctor.browser, course)
    assert not well and "lrcourse start --no-browser" in text


def test_the_doctor_names_a_missing_engine(monkeypatch, course):
    def kernel():
        warnings.warn("lrcourse trains with its plain loop: no C compiler here", RuntimeWarning, stacklevel=2)
    broken = types.ModuleType("lrcourse.engine")
    broken.kernel, broken.__spec__ = kernel, object()
    monkeypatch.setitem(sys.modules, "lrcourse.engine", broken)
    well, text = said(doctor.engine, course)
    assert not well and "no C compiler here" in text
    broken.kernel = lambda: types.SimpleNamespace(path="kernel.so")
    assert said(doctor.engine, course) == (True, "the engine: kernel.so")
    monkeypatch.undo()
    monkeypatch.setenv("LRCOURSE_ENGINE", "plain")
    kernel = importlib.import_module("lrcourse.engine").kernel
    kernel.cache_clear()
    assert not said(doctor.engine, course)[0] and "LRCOURSE_ENGINE=plain" in said(doctor.engine, course)[1]
    kernel.cache_clear()


def test_the_doctor_names_what_is_wrong_with_the_course_folder(course, monkeypatch):
    assert said(doctor.folder, course) == (True, f"the course folder {course}: {len(LESSONS)} lessons")
    assert said(doctor.folder, course / "none") == (True, f"the course folder {course / 'none'}: {doctor.REASONS['no folder']}")
    (course / "random.py").touch(), (course / "numpy.py").touch(), (course / "my_helpers.py").touch()
    assert "numpy.py, random.py there hide packages" in said(doctor.folder, course)[1]
    (course / "random.py").unlink(), (course / "numpy.py").unlink()
    (course / "04_why_decay.ipynb").write_text("{")
    assert "not readable as notebooks: 04_why_decay.ipynb" in said(doctor.folder, course)[1]
    (course / "04_why_decay.ipynb").unlink()
    marker = json.loads((course / copies.MARKER).read_text(encoding="utf-8"))
    marker["texts"]["why_decay"] = {"older": {}}
    (course / copies.MARKER).write_text(json.dumps(marker | {"version": "0.0.9"}), encoding="utf-8")
    assert f"made by version 0.0.9.  lrcourse update  brings it to {lrcourse.__version__}" in said(doctor.folder, course)[1]
    (course / copies.MARKER).write_text("half")
    assert ".lrcourse is missing or can't be read" in said(doctor.folder, course)[1]
    monkeypatch.setattr(doctor, "writable", lambda folder: False)
    assert "it can't be written" in said(doctor.folder, course)[1]


def test_the_doctor_names_an_unwritable_home_and_an_ascii_locale(course):
    done = lrcourse_("doctor", course, cwd=course.parent, HOME="/dev/null/home", BROWSER="true", **ASCII)
    mend = 2 + (not doctor.engine(course)[0])
    assert done.returncode == 1 and done.stdout.endswith(f"{mend} to mend.\n"), done.stdout + done.stderr
    assert "MEND  /dev/null/home" in done.stdout and "PYTHONUTF8=1" in done.stdout


def test_without_a_home_nothing_complains_in_a_cell(tmp_path):
    code = ("import sys; from pathlib import Path; from lrcourse.doctor import own_home; "
            "print(own_home(Path(sys.argv[1]))); import matplotlib.pyplot; print(own_home(Path('other')))")
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "home"], cwd=tmp_path, capture_output=True, text=True, check=True,
                          env={name: value for name, value in os.environ.items() if name not in doctor.OWN_HOME and name[:4] != "XDG_"}
                          | {"HOME": "/dev/null/home", "PYTHONPATH": str(ROOT)})
    assert (done.stdout, done.stderr) == ("True\nFalse\n", "") and not (tmp_path / "other").exists()
    assert {path.name for path in (tmp_path / "home").iterdir()} == set(doctor.OWN_HOME.values())


def test_start_without_jupyterlab_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert command.main(["start", str(tmp_path / "course")]) == 1
    assert "no JupyterLab here" in capsys.readouterr().err and (tmp_path / "course" / copies.MARKER).is_file()


@pytest.mark.parametrize("user, options, status, told", [
    (0, [], 1, True), (0, ["--allow-root"], 1, False), (0, [], 0, False), (7, [], 1, False)])
def test_start_as_root_says_what_jupyterlab_wants(tmp_path, monkeypatch, capsys, user, options, status, told):
    monkeypatch.setattr(command.os, "geteuid", lambda: user, raising=False)
    monkeypatch.setattr(command, "find_spec", lambda name: True)
    monkeypatch.setattr(doctor, "own_home", lambda folder: False)
    monkeypatch.setattr(command.subprocess, "Popen", lambda *_, **__: types.SimpleNamespace(wait=lambda: status, terminate=lambda: None))
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    assert command.main(["start", str(tmp_path / "course"), *options]) == status
    assert ("lrcourse start --allow-root" in capsys.readouterr().err) == told


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
def test_publish_builds_a_clone_and_says_what_is_missing(tmp_path, monkeypatch, capfd):
    assert command.main(["publish", str(tmp_path)]) == 1
    assert f"{tmp_path} is no clone" in capfd.readouterr().err
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "build.py").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(3)\n", encoding="utf-8")
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert command.main(["publish", str(tmp_path)]) == 1
    assert sys.executable in capfd.readouterr().err
    there = {"sphinx", "fcntl"}
    monkeypatch.setattr(command, "find_spec", lambda name: name in there or None)
    monkeypatch.setattr(command.shutil, "which", lambda name: name if name in tools else None)
    for tools, missing in [((), "npm and chromium missing"), (("npm",), "chromium missing"), (("google-chrome",), "npm missing")]:
        assert command.main(["publish", str(tmp_path)]) == 1
        assert capfd.readouterr().err.startswith(missing)
    there.remove("fcntl")
    assert command.main(["publish", str(tmp_path)]) == 1
    assert "on Windows" in capfd.readouterr().err
    there.add("fcntl")
    tools = "npm", "google-chrome"
    assert command.main(["publish", str(tmp_path)]) == 3      # the status of what builds
    first, built = capfd.readouterr().out.strip().split("\n")       # what takes minutes says so before
    assert first == commands.PUBLISHING and built == "['publish']"
    (tmp_path / "site" / "build.py").write_text("", encoding="utf-8")
    assert command.main(["publish", str(tmp_path)]) == 0
    assert f'-m http.server -d "{tmp_path / "build" / "publish"}"' in capfd.readouterr().out


def test_every_clone_has_the_same_line_endings():
    said = subprocess.run(["git", "check-attr", "eol", "text", "--", ".ci/run", "Makefile", "notebooks/00_start_here.ipynb",
                           "lrcourse/data/digits.npz"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.count("eol: lf") == 4 and said.count("text: auto") == 3 and "digits.npz: text: unset" in said


def test_writable(tmp_path):
    assert doctor.writable(tmp_path / "not" / "yet") and not doctor.writable(Path("/dev/null/x"))
    assert list(tmp_path.iterdir()) == []
