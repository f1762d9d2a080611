"""The cheat sheet has every schedule, its text stays inside its column, and the names on it exist."""

import importlib
import re

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lrcourse.schedules import SCHEDULES
from lrcourse.lessons.cheat_sheet import SHEET, cheat_sheet


def test_every_schedule_is_on_it():
    names = [line.name for line in SHEET]
    assert set(names) >= {factory.__name__ for factory in SCHEDULES} | {"warmup", "ReduceLROnPlateau"}
    assert len(set(names)) == len(names)
    assert all(line.when and line.torch and line.keras and line.optax for line in SHEET)


def test_texts_do_not_run_into_each_other():
    figure = cheat_sheet()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.texts]
    page = figure.bbox
    assert all(box.x1 < page.x1 and box.y0 > page.y0 for box in boxes)
    for number, box in enumerate(boxes):
        for other, text in zip(boxes[number + 1:], figure.texts[number + 1:]):
            assert not box.padded(-1).overlaps(other.padded(-1)), text.get_text()


PLACES = {"torch": ["torch.optim.lr_scheduler"], "keras": ["keras.optimizers.schedules", "keras.callbacks"],
          "optax": ["optax", "optax.contrib"]}


@pytest.mark.parametrize("framework", PLACES)
def test_the_names_exist(framework):
    pytest.importorskip(framework)
    modules = [importlib.import_module(place) for place in PLACES[framework]]
    for line in SHEET:
        name = getattr(line, framework).partition("; ")[0]
        if not name.startswith("("):
            assert re.fullmatch(r"\w+", name) and any(hasattr(module, name) for module in modules), name
