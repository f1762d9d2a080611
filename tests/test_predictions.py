"""Predictions: what may stand in a lesson, how a choice is judged, in Python and in JavaScript, and that every one is used."""

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lrcourse.lessons import Choice, Free, Number, Order, kept, lesson_04, predict, predictions, words
from lrcourse.lessons.ui import UI

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))

CUT = Choice({"stays": "Tempting.", "slowly": "Shorter steps.", "at once": "So it was."}, right="at once", out="It fell.")
TWO = Choice({"a": "1", "b": "2", "c": "3"}, right=("a", "b"), out="Both.", shown="figure-of-two")
FLOOR = Number(right=6.0, low=1, high=100, log=True, unit="times", within=0.25, out="Six.",
               feedback=((1, 2, "Little noise."), (5, 7, "Well seen."), (20, 100, "Much.")))
NOTHING = Number(right=(0, 0.3), low=-5, high=5, unit="points", out="Nothing.")
COUNT = Number(right=9, low=0, high=171, whole=True, out="Nine.")
RANKING = Order(("constant", "linear", "cosine", "step"), right=(("linear", "cosine"), "step", "constant"), out="So.",
                feedback="The constant rate is last.", wrong=((("constant", "linear"), "It looks best at first."),))
WHY = Free(out="Noise.")
ALL = {"cut-x": CUT, "two-x": TWO, "floor-x": FLOOR, "nothing-x": NOTHING, "count-x": COUNT, "ranking-x": RANKING, "why-x": WHY,
       "nobody-x": Choice({"a": "1", "b": "2"}, right="a", out="One.", shown=())}
CHOICES = {"cut-x": ["stays", "slowly", "at once"], "two-x": ["a", "b", "c"],
           "floor-x": [1, 1.5, 4.79, 4.81, 6, 7.49, 7.6, 12, 99.95, 100], "nothing-x": [-5, -0.001, 0, 0.123456, 0.3, 0.31],
           "count-x": [0, 7, 9, 10, 11, 171], "why-x": ["noise"], "nobody-x": ["b"],
           "ranking-x": [["constant", "linear", "cosine", "step"], ["cosine", "linear", "step", "constant"],
                         ["linear", "step", "cosine", "constant"], ["linear", "cosine", "constant", "step"]]}


@pytest.fixture(autouse=True)
def lesson(monkeypatch):
    """A lesson with predictions of these tests' own, and a kernel that has asked nothing."""
    monkeypatch.setattr(lesson_04, "PREDICTIONS", {**getattr(lesson_04, "PREDICTIONS", {}), **ALL}, raising=False)
    forget = lambda: [words.gathered.cache_clear(), predictions.answered_by.cache_clear(), predictions.ASKED.clear(),
                      kept.MEMORY.update(kept.nothing())]
    forget()
    yield
    monkeypatch.undo()
    forget()


# ---- what may stand in a lesson -------------------------------------------------------------------------------------

@pytest.mark.parametrize("make, said", [
    (lambda: Choice({"a": "x"}, right="a", out="o"), "options={'a': 'x'} is not allowed in Choice: a dict of at least two"),
    (lambda: Choice({"a": "x", "b": ""}, right="a", out="o"), r"options\['b'\]='' is not allowed in Choice: a text"),
    (lambda: Choice({"a": "x", "b": "y"}, right="c", out="o"), "right='c' is not allowed in Choice: of a, b"),
    (lambda: Choice({"a": "x", "b": "y"}, right=(), out="o"), r"right=\(\) is not allowed in Choice"),
    (lambda: Choice({"a": "x", "b": "y"}, right="a", out=" "), "out=' ' is not allowed in Choice: a text"),
    (lambda: Choice({"a": "x", "b": "y"}, right="a", out="o", shown=(1,)), r"shown=\(1,\) is not allowed in Choice"),
    (lambda: Number(right=1, low=2, high=1, out="o"), "high=1 is not allowed in Number: a number above low=2"),
    (lambda: Number(right=1, low=0, high=3, log=True, out="o"), "low=0 is not allowed in Number: a number above 0, since log"),
    (lambda: Number(right=5, low=0, high=3, out="o"), "right=5 is not allowed in Number: between low=0 and high=3"),
    (lambda: Number(right=0, low=-1, high=3, out="o"), "right=0 is not allowed in Number: a pair"),
    (lambda: Number(right=(2, 1), low=-1, high=3, out="o"), r"right=\(2, 1\) is not allowed in Number: a number, or a pair"),
    (lambda: Number(right="1", low=-1, high=3, out="o"), "right='1' is not allowed in Number"),
    (lambda: Number(right=1, low=-1, high=float("nan"), out="o"), "high=nan is not allowed in Number"),
    (lambda: Number(right=1, low=0, high=3, within=0, out="o"), "within=0 is not allowed in Number: a number above 0"),
    (lambda: Number(right=1, low=0, high=3, out="o", feedback=((2, 1, "x"),)), r"feedback=\(2, 1, 'x'\) is not allowed in Number"),
    (lambda: Order(("a", "a"), right=("a", "a"), out="o", feedback="f"), r"options=\('a', 'a'\) is not allowed in Order"),
    (lambda: Order(("a", "b"), right=("a", "c"), out="o", feedback="f"), r"right=\('a', 'c'\) is not allowed in Order: all of a, b"),
    (lambda: Order(("a", "b"), right=("a", "b"), out="o", feedback=""), "feedback='' is not allowed in Order"),
    (lambda: Order(("a", "b"), right=("a", "b"), out="o", feedback="f", wrong=((("a", "b"), "x"),)), "where b came out before a"),
    (lambda: Free(out=""), "out='' is not allowed in Free"),
])
def test_what_is_wrong_is_named(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_predictions_are_values():
    assert Choice({"a": "x", "b": "y"}, right="a", out="o") == Choice({"a": "x", "b": "y"}, right="a", out="o")
    with pytest.raises(AttributeError):
        CUT.out = "else"


# ---- how a choice is judged ------------------------------------------------------------------------------------------

def test_verdicts():
    assert CUT.verdict("at once") == (True, "So it was.") and CUT.verdict("stays") == (False, "Tempting.")
    assert [TWO.verdict(each)[0] for each in "abc"] == [True, True, False]
    assert FLOOR.verdict(6.5) == (True, "Well seen.") and FLOOR.verdict(7.4) == (True, UI["close"])
    assert FLOOR.verdict(1.5) == (False, "Too low: 6 times came out. Little noise.")
    assert FLOOR.verdict(12) == (False, "Too high: 6 times came out.")
    assert [FLOOR.verdict(6 * by)[0] for by in (1 / 1.26, 1 / 1.24, 1.24, 1.26)] == [False, True, True, False]
    assert [COUNT.verdict(each)[0] for each in (7, 8, 10, 11)] == [False, True, True, False]
    assert NOTHING.verdict(0.2)[0] and not NOTHING.verdict(0.4)[0]
    for tied in (["cosine", "linear"], ["linear", "cosine"]):
        assert RANKING.verdict([*tied, "step", "constant"]) == (True, "")
    assert RANKING.verdict(["constant", "linear", "cosine", "step"]) == (
        False, "2 of 5 pairs stand in the right order. It looks best at first.")
    assert RANKING.verdict(["linear", "cosine", "constant", "step"])[1].endswith("right order. The constant rate is last.")
    assert WHY.verdict("anything") == (None, "")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_javascript_judges_as_python_does(tmp_path):
    here = ROOT / "lrcourse"
    for path in (here / "explorers" / "parts.js", here / "lessons" / "kept.js", here / "lessons" / "prediction.js"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "vectors.json").write_text(json.dumps({name: [ALL[name].data(), choices] for name, choices in CHOICES.items()}))
    (tmp_path / "words.json").write_text(json.dumps(UI))
    script = """import fs from "node:fs"; import { accepts, said, verdict } from "./prediction.js";
      const [vectors, words] = ["vectors", "words"].map(name => JSON.parse(fs.readFileSync(`${name}.json`, "utf8")));
      console.log(JSON.stringify(Object.fromEntries(Object.entries(vectors).map(([name, [spec, choices]]) => [name, choices.map(choice => {
        const { right, say } = verdict(spec, choice, words);
        return [right, say, said(spec, choice, words), accepts(spec, choice), accepts(spec, "nonsense"), accepts(spec, -99)]; })]))));"""
    done = subprocess.run(["node", "--input-type=module", "-e", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, found in json.loads(done.stdout).items():
        one = ALL[name]
        assert found == [[*one.verdict(choice), one.said(choice), True, one.accepts("nonsense"), False] for choice in CHOICES[name]]


# ---- asking ----------------------------------------------------------------------------------------------------------

def test_a_name_or_a_choice_that_can_not_be():
    with pytest.raises(ValueError, match="name='cut-y' is not allowed in predict: one of .*cut-x"):
        predict("cut-y")
    for name, choice in [("cut-x", "perhaps"), ("floor-x", 0.5), ("floor-x", True), ("floor-x", float("nan")),
                         ("ranking-x", ["linear"]), ("why-x", " ")]:
        with pytest.raises(ValueError, match="choice=.* is not allowed in predict"):
            predict(name, choice)


@pytest.mark.parametrize("widgets", [True, False])
def test_a_figure_that_is_shown_reveals(monkeypatch, widgets):
    if widgets:
        pytest.importorskip("anywidget")
    else:
        monkeypatch.setitem(sys.modules, "anywidget", None)
        monkeypatch.delitem(sys.modules, "lrcourse.lessons.widget", raising=False)
    predictions.drawn("cut-x")                      # nothing was asked yet
    cut, two = predict("cut-x"), predict("two-x", "c")
    assert cut.entry == {} and two.entry == {"choice": "c"}
    predictions.drawn("two-x"), predictions.drawn("no figure of any lesson")
    assert two.entry == {"choice": "c"}             # another figure answers it
    predictions.drawn("figure-of-two"), predictions.drawn("cut-x"), predictions.drawn("cut-x")
    assert two.entry == {"choice": "c", "seen": True} and cut.entry == {"seen": True}
    assert predict("two-x") is two
    nobody = predict("nobody-x", "a")
    predictions.drawn("nobody-x")
    assert nobody.entry == {"choice": "a"}          # no figure shows it: its button does
    assert predict("two-x", "a").entry == {"choice": "c", "seen": True, "changed": "a"}
    assert predict("cut-x", "stays").entry == {"seen": True, "changed": "stays"}
    if not widgets:
        assert repr(two) == "What came out: Both.\nFirst: c 3\nChanged after the run: a 1"
        assert repr(cut) == "What came out: It fell.\nChosen after the run: stays Tempting."


def test_as_text_it_gives_nothing_away():
    for name, prediction in ALL.items():
        for text in predictions.listed(name):
            assert prediction.out not in text and UI["label"] in text
            assert all(option in text for option in getattr(prediction, "options", ()))
    assert "- stays\n" in predictions.listed("cut-x")[0] and "<li>stays</li>" in predictions.listed("cut-x")[1]
    assert predictions.listed("floor-x")[0].splitlines()[1] == "A number from 1 to 100 times."


def test_lessons_import_without_widgets():
    code = ("import sys, lrcourse.lessons; lrcourse.lessons.predictions.all_predictions()\n"
            "print(*{name.partition('.')[0] for name in sys.modules})")
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert not {"anywidget", "IPython", "ipywidgets", "matplotlib", "traitlets"} & set(loaded)


# ---- every Predict of every lesson -----------------------------------------------------------------------------------

def asked_in(path):
    """[(the Predict's text, the name its cell asks, the names that later cells say before the next Predict or heading)]."""
    cells, found = nbformat.read(path, as_version=4).cells, []
    for place, cell in enumerate(cells):
        if cell.cell_type == "markdown" and "**Predict.**" in cell.source:
            below = cells[place + 1] if place + 1 < len(cells) else None
            name = below is not None and below.cell_type == "code" and re.fullmatch(r'predict\("([a-z\d-]+)"\)', below.source.strip())
            later = [each.source for each in cells[place + 2:] if each.cell_type == "code"]
            found.append((cell.source, name and name[1], name and "predict" in below.metadata.get("tags", []), "\n".join(later)))
    return found


def own_predictions(path):
    lesson = importlib.import_module(f"lrcourse.lessons.lesson_{path.name[:2]}")
    return {name: prediction for name, prediction in lesson.PREDICTIONS.items() if name not in ALL}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in LESSONS])
def test_every_predict_asks_and_is_answered(path):
    own = own_predictions(path)
    for text, name, tagged, later in asked_in(path):
        assert name and tagged, f"no cell predict(...), tagged predict, right below: {text[:80]}"
        said = {node.value for node in ast.walk(ast.parse(re.sub(r"^[%!].*$", "", later, flags=re.M)))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        for figure in own[name].figures(name):
            assert figure in said, f"{name}: no later cell draws {figure!r}, which answers it"


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in LESSONS])
def test_numbers_that_are_told_stand_in_the_lesson(path):
    """In its code, or in its prose, whose numbers code carries."""
    from test_notebooks import carried, numbers

    cells = nbformat.read(path, as_version=4).cells
    said = "\n".join(cell.source for cell in cells)
    for prediction in own_predictions(path).values():
        assert [(number, text) for text in told(prediction) for number in numbers(text) if not carried(number, said)] == []


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in LESSONS])
def test_neither_code_nor_what_stands_in_front_gives_it_away(path):
    cells, figures = nbformat.read(path, as_version=4).cells, words.gathered("FIGURES")
    for name, prediction in own_predictions(path).items():
        asks = next((place for place, cell in enumerate(cells) if cell.source.strip() == f'predict("{name}")'), 0)
        shown = [str(output.get("data", {}).get("text/plain", output.get("text", ""))) for cell in cells[:asks + 1]
                 for output in cell.get("outputs", [])]
        visible = "\n".join([cell.source for place, cell in enumerate(cells) if place <= asks or cell.cell_type == "code"] + shown)
        for text in [*told(prediction), *(text for figure in prediction.figures(name) for text in figures.get(figure, ()))]:
            assert " ".join(text.split()) not in " ".join(visible.split()), (name, text)


def told(prediction):
    """What came out, and all that is said of choices."""
    said = {Choice: lambda: prediction.options.values(), Number: lambda: [zone[2] for zone in prediction.feedback],
            Order: lambda: [prediction.feedback, *(say for _, say in prediction.wrong)], Free: lambda: []}
    return [prediction.out, *said[type(prediction)]()]


def test_names_of_predictions_are_used_once_and_defined_once():
    asked = [name for path in LESSONS for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
             for name in re.findall(r'\bpredict\("([^"]*)"', cell.source)]
    defined = [name for module in words.lesson_modules()
               for name in getattr(module, "PREDICTIONS", {}) if name not in ALL]
    assert sorted(asked) == sorted(defined) == sorted(set(defined))
    assert all(re.fullmatch(r"[a-z\d]+(-[a-z\d]+)*", name) for name in defined)
