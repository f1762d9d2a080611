"""The sliders of ``interact`` without Python: each answers by keyboard and mouse, in a page that holds all, from a file."""

import re

import nbformat
import pytest
from editions import chromium, drive, shared, watched
from ipywidgets import FloatLogSlider, FloatSlider, IntSlider
from stops import code_cells, drawn, has_slider, stand_in, values

SLIDERS = [pytest.param(path, cell.id, id=path.stem[:2]) for path in shared.lessons() for cell in code_cells(path) if has_slider(cell)]


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.mark.parametrize("path, cell", SLIDERS)
def test_it_answers_in_a_file_of_its_own(path, cell, browser, tmp_path):
    file = tmp_path / "deck.html"
    file.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title><body>{stand_in(path, cell)}', encoding="utf-8")
    page, complaints = watched(browser, java_script_enabled=False)
    page.goto(file.as_uri())
    assert page.locator("img").get_attribute("alt") and not page.locator("input").count()
    page.context.close()
    page, found = watched(browser, viewport={"width": 400, "height": 800}, color_scheme="dark")
    page.goto(file.as_uri())
    drive(page, page.locator(".lr-stops"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.context.close()
    assert complaints + found == []


def test_the_stops_are_those_of_the_slider():
    at, start = values(FloatLogSlider(0.1, min=-3, max=0.5, step=0.25))
    assert len(at) == 15 and at[0] == 1e-3 and at[start] == pytest.approx(0.1) and at[-1] == pytest.approx(10 ** 0.5)
    assert values(IntSlider(2, min=1, max=29)) == (list(range(1, 30)), 1)
    assert values(FloatSlider(0.9, min=0.8, max=1.0, step=0.01))[0][7] == 0.87
    with pytest.raises(ValueError, match="201 stops"):
        values(FloatSlider(min=0, max=1, step=0.005))


def test_more_than_one_slider_is_refused(tmp_path):
    sources = "from ipywidgets import interact", "interact(lambda a, b: a, a=(0, 3), b=(0, 3));"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each, id=f"cell-{len(each)}") for each in sources]),
                   tmp_path / "99_x.ipynb")
    with pytest.raises(ValueError, match="99_x.ipynb, cell cell-45: it must call interact once, with one slider"):
        drawn(tmp_path / "99_x.ipynb", "cell-45")


def test_each_stop_has_its_picture_and_words():
    for path, cell in (param.values for param in SLIDERS):
        stops = drawn(path, cell)
        assert len(set(stops["pictures"])) == len(stops["texts"]) == len(set(stops["texts"])) == len(set(stops["alts"]))
        for text, picture in zip(stops["texts"], stops["pictures"]):
            assert picture.startswith("<?xml") and not re.search(r'(?:href|src)="(?!#)', picture)
        assert stops["first"].startswith("<img")
