"""Words live apart from code: every name that a lesson's figures use is defined once, and described."""

import ast
import re
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lrcourse import constant, figures
from lrcourse.lessons.words import figure_words, gathered, lesson_modules

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
KINDS = ("FIGURES", "PREDICTIONS", "EXERCISES")


def calls(path):
    """The calls of functions that draw, in a lesson: (cell, call, the words it is given)."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(re.sub(r"^[%!].*$", "", cell.source, flags=re.M))):
                function = getattr(figures, getattr(getattr(node, "func", None), "id", ""), None)
                if hasattr(function, "__wrapped__") or function in (figures.error_curve, figures.loss_curve):
                    yield cell, node, words_of(function, node)


def words_of(function, call):
    import inspect
    names = list(inspect.signature(function).parameters)
    given = dict(zip(names, call.args)) | {keyword.arg: keyword.value for keyword in call.keywords}
    return ast.literal_eval(given["words"]) if "words" in given else None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_figure_has_words_of_its_lesson(path):
    own = next(module.FIGURES for module in lesson_modules() if module.__name__.endswith(path.stem[:2]))
    assert sorted(words for _, call, words in calls(path) if call.func.id != "cheat_sheet") == sorted(own)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_defined_once(kind):
    names = Counter(name for module in lesson_modules() for name in getattr(module, kind, {}))
    assert [name for name, count in names.items() if count > 1] == []


def test_each_figure_is_named_and_described():
    for name, (title, alt) in gathered("FIGURES").items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert 10 < len(title) < 75 and len(alt) > 50, name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_code_names_what_is_seen(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert not re.search(r"\b(title|alt)=", cell.source), cell.source


def test_a_figure_of_ones_own_has_plain_words():
    figure = figures.schedule_curve(constant(0.1), 3, "My own")
    assert figure.get_suptitle() == "My own"
    assert figure.alt == "Learning rate against epoch, from 0 to 3, for: constant."
    assert figures.schedule_curve(constant(0.1), 3).get_suptitle() == ""


def test_fields_are_filled():
    figure = figures.line_chart([1, 2], {"a": np.array([1, 2])}, "x", "y", "one-rate", fill={"rate": 0.1, "percent": 12.3})
    assert figure.get_suptitle() == "Rate 0.1: 12\N{NO-BREAK SPACE}% after 12 epochs" and "12 percent" in figure.alt
    assert figure_words("50 % {of} it", None) == ("50 % {of} it", "")
