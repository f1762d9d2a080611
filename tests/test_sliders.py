"""Every cell with ipywidgets.interact: its function is driven through all corners of its sliders, and is pure."""

import contextlib
import io
import itertools
import sys
from pathlib import Path

import ipywidgets
import nbformat
import pytest

from lrcourse.figures import Figure

sys.path.insert(0, str(Path(__file__).parent.parent / "site"))

from stops import INTERACT, calls, code_cells  # noqa: E402

PATHS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
SLIDERS = [pytest.param(path, k, id=f"{path.stem[:2]}-{cell.id}") for path in PATHS for k, cell in enumerate(code_cells(path))
           if INTERACT.search(cell.source)]


def ends(widget):
    """The values at both ends of a control; of a choice, all."""
    if hasattr(widget, "options"):
        return [option[1] if isinstance(option, tuple) else option for option in widget.options]
    if hasattr(widget, "base"):
        return [widget.base ** widget.min, widget.base ** widget.max]
    if hasattr(widget, "min"):
        return [widget.min, widget.max]
    return [False, True] if isinstance(widget.value, bool) else [widget.value]


def shown(function, values):
    """What a call shows: its printed text, and its picture or its value."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        result = function(**values)
    return printed.getvalue(), result.png() if isinstance(result, Figure) else repr(result)


@pytest.mark.parametrize("path, k", SLIDERS)
def test_a_slider_can_be_moved_anywhere(path, k):
    found = calls(path, k)
    assert len(found) == len(INTERACT.findall(code_cells(path)[k].source))
    for function, settings in found:
        *controls, _ = ipywidgets.interactive(function, **settings).children
        sides = {name: ends(control) for name, control in zip(settings, controls, strict=True)}
        corners = [dict(zip(sides, values)) for values in itertools.product(*sides.values())]
        assert 2 <= len(corners) <= 64, f"{len(corners)} corners are too few or too many to try"
        seen = [shown(function, corner) for corner in corners]
        assert all(text or value != "None" for text, value in seen)
        assert len(set(seen)) > 1, "moving the sliders changes nothing"
        assert shown(function, corners[0]) == seen[0], "it is not a pure function: moving away and back changed what it shows"


def test_no_slider_is_overlooked():
    """As many as the stored outputs hold."""
    shown = {path.stem: path.read_text(encoding="utf-8").count('"interactive(children=') for path in PATHS}
    called = {path.stem: sum(len(INTERACT.findall(cell.source)) for cell in code_cells(path)) for path in PATHS}
    assert shown == called and SLIDERS


def test_what_is_not_pure_is_noticed(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (
        "from ipywidgets import interact, IntSlider\nmoves = []\nunused = 1 / 0", "def f(k):\n    moves.append(k)\n    return len(moves)",
        "interact(f, k=IntSlider(1, 0, 3));")])
    nbformat.write(notebook, tmp_path / "99_x.ipynb")
    with pytest.raises(AssertionError, match="not a pure function"):
        test_a_slider_can_be_moved_anywhere(tmp_path / "99_x.ipynb", 2)
