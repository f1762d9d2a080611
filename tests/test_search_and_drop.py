"""The explorers of lessons 01, 03, 07, 08, 09 and 10: their words in node, and each by hand in a page without a kernel, against Python."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import traitlets
from test_explorers_js import NODE
from test_explorers_lab import COLORS, Explorer, browser, listening, walk  # noqa: F401

from lrcourse.engine import kernel
from lrcourse.engine.build import library
from lrcourse.explorers import (FindTheRate, Ravine, ScheduleExplorer, TheFactor, TooFastAStart, UnknownEnd, WhereToDrop,
                                WhichIsBetter)
from lrcourse.explorers.base import HERE
from lrcourse.explorers.find_the_rate import GRID

pytestmark = pytest.mark.skipif(NODE is None or kernel() is None or not library("wasm").exists(),
                                reason="node, the kernel or kernel.wasm is missing")


def test_in_node(tmp_path):
    for kind in (FindTheRate, WhereToDrop, WhichIsBetter, TooFastAStart, UnknownEnd, TheFactor):
        folder = tmp_path / kind.view.removesuffix(".js")
        shutil.copytree(HERE, folder, ignore=lambda _, names: [name for name in names if not name.endswith(".js")])
        (folder / "limits.js").write_text("export const LIMITS = {};")
        (folder / "setting.js").write_text(kind.constants(), encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    t = np.arange(30 * 31) / 31
    curves = [WhereToDrop(lr=lr, drops=drops) for lr, drops in ((0.1, [2]), (0.37, [1, 29]), (0.05, [7, 8]))]
    curves = [{"lr": one.lr, "drops": one.drops, "rates": one.schedule(t).tolist()} for one in curves]
    (tmp_path / "curves.json").write_text(json.dumps(curves))
    starts = [TooFastAStart(peak=peak, updates=updates) for peak, updates in ((0.15, 0), (0.003, 1), (0.5, 60), (0.07, 13))]
    starts = [{"peak": one.peak, "updates": one.updates, "rates": one.schedule(np.arange(120) / 4).tolist()} for one in starts]
    (tmp_path / "starts.json").write_text(json.dumps(starts))
    plans = [UnknownEnd(begins=begins, length=length) for begins, length in ((0, 1), (12, 6), (40, 20), (7, 3))]
    plans = [{"begins": one.begins, "length": one.length, "rates": one.schedule(np.arange(40 * 31) / 31).tolist()} for one in plans]
    (tmp_path / "cooldowns.json").write_text(json.dumps(plans))
    falls = [TheFactor(rate=rate, curvature=curvature)
             for rate, curvature in ((0.1, 2), (0.5, 2), (0.9, 2), (1.0, 2), (1.07, 2), (3, 5), (0.123, 0.77))]
    falls = [{"rate": one.rate, "curvature": one.curvature, "path": one.history().path[0, :, 0].tolist()} for one in falls]
    (tmp_path / "falls.json").write_text(json.dumps(falls))
    done = subprocess.run([NODE, "--test", str(Path(__file__).with_name("search_and_drop.test.mjs"))], text=True, timeout=120,
                          env={**os.environ, "LRCOURSE_EXPLORERS": str(tmp_path)}, capture_output=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.fixture
def shown(browser, tmp_path):  # noqa: F811
    """Opens an explorer in a page of its own, from a file; it must not complain."""
    heard, opened = [], []

    def show(explorer, **options):
        page = listening(browser.new_page(**{"viewport": {"width": 940, "height": 900}, **options}), heard)
        text = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title>{explorer.html()}'
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"file://{tmp_path / 'page.html'}")
        page.wait_for_function("[...document.querySelectorAll('.lrx canvas')].every(canvas => canvas.width > 100)")
        opened.append(page)
        return page, Explorer(page, page.query_selector(".lrx"))

    yield show
    for page in opened:
        page.close()
    assert heard == []


def errors(explorer, count):
    """The errors of the first tries, when they are all there."""
    explorer.page.wait_for_function("([root, count]) => JSON.parse(root.dataset.errors).filter(e => e !== null).length === count",
                                    arg=[explorer.root, count], timeout=30_000)
    return json.loads(explorer.root.get_attribute("data-errors"))


def test_a_search_by_mouse_and_keys_gives_what_python_trains(shown):
    page, explorer = shown(FindTheRate(budget=4))
    surface = explorer.canvas("search")
    assert "4 trainings" in explorer.verdict
    for part in (0.25, 0.55):
        box = explorer.box(surface)
        page.mouse.click(box["x"] + part * box["width"], box["y"] + 150)
    explorer.press(surface, "Home", "PageUp", "ArrowRight", "Enter", "Enter")           # the same rate twice costs once
    found = errors(explorer, 3)
    assert explorer.verdict.startswith("One training left")
    assert surface.get_attribute("aria-valuetext") == "rate 0.0035"
    explorer.press(surface, "End", "Enter")
    page.wait_for_function("root => root.dataset.known >= 34 && /best|lowest/.test(root.querySelector('.lrx-verdict').textContent)",
                           arg=explorer.root, timeout=60_000)
    found = errors(explorer, 4)
    assert explorer.canvas("search").evaluate(COLORS) > 3
    twin = FindTheRate(rates=[0.0035, 2.0])
    np.testing.assert_allclose(found[2:], twin.errors(), rtol=1e-12)
    rates, curve = twin.curve()
    assert f"{curve.min():.1f} %" in explorer.root.query_selector(".lrx-why").inner_text()
    explorer.button("Begin again").click()
    assert "4 trainings" in explorer.verdict


def test_a_search_by_touch_in_the_dark_on_a_phone(shown):
    page, explorer = shown(FindTheRate(optimizer="Adam"), viewport={"width": 400, "height": 800}, has_touch=True, color_scheme="dark")
    surface = explorer.canvas("search")
    box = explorer.box(surface)
    page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + 150)
    assert 5 < errors(explorer, 1)[0] < 30 and "7 trainings" in explorer.verdict
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    walk(explorer, 100, seed=5)
    assert explorer.root.evaluate("root => [...root.querySelectorAll('button, canvas')].every(each => each.dataset.lmSuppressShortcuts)")


def test_what_is_tried_is_brought_inside():
    search = FindTheRate(rates=[np.nan, 7, 0.0312, 0.0314])
    assert search.rates == [0.001, 2.0, 0.031] and "must be rates" in search.word
    search.rates = [0.1]
    assert search.word == "" and not search.over
    search.budget = 1
    assert search.over and search.figure().png() and "lowest at 0.04" in search.alt
    with pytest.raises(traitlets.TraitError):
        search.optimizer = "Lion"
    assert GRID[0] == 0.001 and GRID[-1] == 2.0 and len(set(GRID)) == 34 and FindTheRate().errors().shape == (0,)
    assert len(FindTheRate.module()) < 50_000


def ends_at(explorer, error):
    """The error that is shown becomes this."""
    explorer.page.wait_for_function("([root, error]) => Math.abs(root.querySelector('data[data-name=error]')?.value - error) < 1e-9",
                                    arg=[explorer.root, error], timeout=30_000)


def at_the_end(**settings):
    return 100 * WhereToDrop(**settings).history().test_error[:, -1].mean()


def test_drops_by_mouse_and_keys_give_what_python_trains(shown):
    page, explorer = shown(WhereToDrop())
    ends_at(explorer, at_the_end())
    handle, other = explorer.root.query_selector_all(".lrx-handle")
    explorer.press(handle, "PageUp", "ArrowRight")
    ends_at(explorer, at_the_end(drops=[8]))
    assert handle.get_attribute("aria-valuetext") == "epoch 8" and not other.is_visible()
    at = explorer.box(handle)
    page.mouse.move(at["x"] + 12, at["y"] + 12)
    page.mouse.down()
    page.mouse.move(at["x"] + 120, at["y"] + 12, steps=6)
    page.mouse.up()
    place = int(handle.get_attribute("aria-valuenow"))
    assert 12 <= place <= 22
    ends_at(explorer, at_the_end(drops=[place]))
    explorer.button("Two drops").click()
    explorer.press(other, "End", "ArrowLeft")
    explorer.number("lr", "0.2")
    ends_at(explorer, at_the_end(drops=[place, 28], lr=0.2))
    explorer.button("One drop").click()
    explorer.button("Show all places").click()
    page.wait_for_function("root => root.dataset.places === '29' && /lowest/.test(root.querySelector('.lrx-why').textContent)",
                           arg=explorer.root, timeout=60_000)
    found = WhereToDrop(lr=0.2).places()
    assert f"epoch {1 + found.argmin()}, with {found.min():.1f} %" in explorer.root.query_selector(".lrx-why").inner_text()
    assert all(explorer.canvas(name).evaluate(COLORS) > 3 for name in ("rate", "error", "places"))


def test_drops_by_touch_in_the_dark_on_a_phone(shown):
    page, explorer = shown(WhereToDrop(drops=[5, 9]), viewport={"width": 400, "height": 900}, has_touch=True, color_scheme="dark")
    ends_at(explorer, at_the_end(drops=[5, 9]))
    box = explorer.box(explorer.canvas("rate"))
    page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + 90)
    assert explorer.root.query_selector_all(".lrx-handle")[1].get_attribute("aria-valuenow") in ("26", "27", "28")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    walk(explorer, 100, seed=6)
    assert explorer.root.evaluate("root => [...root.querySelectorAll('button, input')].every(each => each.dataset.lmSuppressShortcuts)")


def test_a_drop_is_where_the_pointer_is_on_a_slide_shown_larger(shown):
    page, explorer = shown(WhereToDrop())
    page.evaluate("document.body.style.cssText = 'transform: scale(1.5); transform-origin: 0 0; width: 600px'")
    page.wait_for_function("canvas => canvas.getBoundingClientRect().width > 1.2 * canvas.offsetWidth", arg=explorer.canvas("rate"))
    handle = explorer.root.query_selector(".lrx-handle")
    at = explorer.box(handle)
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    page.mouse.down()
    page.mouse.move(at["x"] + 200, at["y"], steps=8)
    page.mouse.up()
    after = explorer.box(handle)
    assert abs(after["x"] + after["width"] / 2 - at["x"] - 200) < 12       # half an epoch


def test_drops_are_brought_inside():
    explorer = WhereToDrop(drops=[40, 0])
    assert explorer.drops == [1, 29] and "must be increasing epochs" in explorer.word
    explorer.drops, explorer.lr = [3, 3], 7
    assert explorer.drops == [3] and explorer.lr == 0.4
    with pytest.raises(traitlets.TraitError):
        explorer.drops = [1, 2, 3]
    shown = WhereToDrop(drops=[16], revealed=True)
    assert shown.figure().png() and "best at epoch" in shown.alt and len(WhereToDrop.module()) < 50_000


def test_a_pair_by_mouse_and_keys_is_the_league_of_python(shown):
    page, explorer = shown(WhichIsBetter(round=3))
    assert explorer.verdict.startswith("One seed each")
    explorer.button("One more seed").click()
    explorer.button("One more seed").press("Enter")
    means = [float(each.get_attribute("value")) for each in explorer.root.query_selector_all(".lrx-verdict data")]
    twin = WhichIsBetter(round=3, shown=3)
    np.testing.assert_allclose(means, twin.errors().mean(axis=1), rtol=1e-12)
    mean, error = twin.difference()
    assert abs(mean) > 2 * error and mean > 0
    explorer.button("A is better").click()
    why = explorer.root.query_selector(".lrx-why").inner_text()
    assert explorer.verdict.startswith("Not so") and f"{mean:.1f} ± {error:.1f} points" in why
    assert all(name in explorer.root.inner_text() for name in twin.names()) and "1 of 1" in explorer.root.inner_text()
    assert explorer.canvas("seeds").evaluate(COLORS) > 3
    assert explorer.button("Next pair").evaluate("node => node === document.activeElement")
    page.keyboard.press("Enter")
    assert explorer.verdict.startswith("One seed each") and "1 of 1" in explorer.root.inner_text()


def test_a_pair_by_touch_in_the_dark_on_a_phone(shown):
    page, explorer = shown(WhichIsBetter(), viewport={"width": 400, "height": 800}, has_touch=True, color_scheme="dark")
    explorer.button("Can’t tell").tap()
    assert " points" in explorer.root.query_selector(".lrx-why").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    walk(explorer, 100, seed=8)
    assert explorer.root.evaluate("root => [...root.querySelectorAll('button')].every(each => each.dataset.lmSuppressShortcuts)")


def test_pairs_are_different_and_what_is_set_is_brought_inside():
    game = WhichIsBetter(round=1000, shown=0)
    assert (game.round, game.shown) == (99, 1) and "is outside" in game.word
    assert all(a != b for a, b in (WhichIsBetter(round=k).names() for k in range(100)))
    game.choice = "A"
    assert game.figure().png() and "32 seeds" in game.alt and game.names()[0] in game.alt
    with pytest.raises(traitlets.TraitError):
        game.choice = "C"
    assert len(WhichIsBetter.module()) < 50_000


def test_a_start_by_keys_gives_what_python_trains(shown):
    page, explorer = shown(TooFastAStart())
    ends_at(explorer, 100 * TooFastAStart().history().test_error[:, -1].mean())
    assert explorer.verdict.startswith("8 of 8") and explorer.root.query_selector("[data-name=broken]").get_attribute("value") == "8"
    explorer.number("updates", "12")
    ends_at(explorer, 100 * TooFastAStart(updates=12).history().test_error[:, -1].mean())
    assert explorer.verdict.startswith("All 8")
    explorer.number("peak", "0.02")
    ends_at(explorer, 100 * TooFastAStart(peak=0.02, updates=12).history().test_error[:, -1].mean())
    assert all(explorer.canvas(name).evaluate(COLORS) > 3 for name in ("rate", "error"))


def test_a_start_in_the_dark_on_a_phone(shown):
    page, explorer = shown(TooFastAStart(peak=0.3), viewport={"width": 400, "height": 900}, has_touch=True, color_scheme="dark")
    ends_at(explorer, 100 * TooFastAStart(peak=0.3).history().test_error[:, -1].mean())
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    walk(explorer, 100, seed=9)


def test_a_start_is_brought_inside():
    explorer = TooFastAStart(peak=7, updates=1000)
    assert (explorer.peak, explorer.updates) == (0.5, 60) and "is outside" in explorer.word
    assert explorer.figure().png() and f"{explorer.broken().sum()} of 8" in explorer.alt and len(TooFastAStart.module()) < 50_000


def test_ends_by_keys_give_what_python_trains(shown):
    page, explorer = shown(UnknownEnd(begins=12))
    assert explorer.verdict.startswith("Nobody knows")

    def agrees(**settings):
        found = UnknownEnd(**settings).errors()
        page.wait_for_function("""([root, found]) => Object.entries(found).every(([name, error]) =>
            Math.abs(root.querySelector(`data[data-name=${name}]`)?.value - error) < 1e-9)""",
                               arg=[explorer.root, {name: each.mean() for name, each in found.items()}], timeout=30_000)

    explorer.button("Draw an end").click()
    agrees(begins=12, drawn=1)
    assert explorer.verdict.startswith("End at 32")
    explorer.button("Draw an end").press("Enter")
    explorer.number("begins", "20")
    explorer.number("length", "3")
    agrees(begins=20, length=3, drawn=2)
    explorer.button("Draw all twenty").click()
    agrees(begins=20, length=3, drawn=20)
    assert explorer.button("Draw an end").is_disabled() and all(explorer.canvas(name).evaluate(COLORS) > 3 for name in ("rate", "error"))
    explorer.button("Begin again").click()
    assert explorer.verdict.startswith("Nobody knows")


def test_ends_in_the_dark_on_a_phone(shown):
    page, explorer = shown(UnknownEnd(), viewport={"width": 400, "height": 900}, has_touch=True, color_scheme="dark")
    explorer.button("Draw an end").tap()
    page.wait_for_function("root => root.querySelector('data[data-name=told]')", arg=explorer.root, timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    walk(explorer, 100, seed=10)
    assert explorer.root.evaluate("root => [...root.querySelectorAll('button, input')].every(each => each.dataset.lmSuppressShortcuts)")


def test_a_cooldown_is_brought_inside():
    explorer = UnknownEnd(begins=-3, length=99, drawn=1000)
    assert (explorer.begins, explorer.length, explorer.drawn) == (0, 20, 20) and "is outside" in explorer.word
    assert explorer.figure().png() and "Over 20 ends" in explorer.alt and len(UnknownEnd.module()) < 50_000
    late = UnknownEnd(begins=34, drawn=20).errors()
    assert late["told"].mean() < late["cosine"].mean() < late["mine"].mean()


def test_a_factor_by_mouse_and_keys_is_what_python_trains(shown):
    page, explorer = shown(TheFactor())
    assert explorer.verdict == "Walks in"
    handle = explorer.root.query_selector(".lrx-handle")
    twin = TheFactor()

    def same():
        twin.rate, twin.curvature = (float(explorer.slider(name).get_attribute("aria-valuetext")) for name in ("rate", "curvature"))
        found = explorer.root.query_selector("data[data-name=last]").get_attribute("value")
        assert float(found) == pytest.approx(twin.history().path[0, -1, 0], rel=1e-9, abs=1e-300)
        return twin.rate * twin.curvature

    same()
    at, wide = explorer.box(handle), explorer.box(explorer.canvas("bowl"))["width"]
    page.mouse.move(at["x"] + 12, at["y"] + 12)
    page.mouse.down()
    page.mouse.move(at["x"] + 12 - 0.4 * wide, at["y"] + 12, steps=5)
    page.mouse.up()
    assert 1 < same() < 2 and explorer.verdict == "Zig-zags in"
    explorer.press(handle, "PageDown", "PageDown", "PageDown", "PageDown", "PageDown")
    assert same() > 2 and explorer.verdict == "Flies away"
    explorer.number("rate", "0.5")
    assert same() == 1 and explorer.verdict == "There in one update"
    explorer.number("curvature", "4")
    assert same() == 2 and explorer.verdict == "Jumps to and fro for ever"
    assert all(explorer.canvas(name).evaluate(COLORS) > 3 for name in ("bowl", "weight"))


def test_a_factor_in_the_dark_on_a_phone(shown):
    page, explorer = shown(TheFactor(rate=3.0, curvature=5.0), viewport={"width": 400, "height": 900}, has_touch=True, color_scheme="dark")
    assert explorer.verdict == "Flies away" and page.evaluate("document.documentElement.scrollWidth") <= 400
    walk(explorer, 100, seed=11)
    assert explorer.root.evaluate("root => [...root.querySelectorAll('button, input')].every(each => each.dataset.lmSuppressShortcuts)")


def test_a_factor_is_brought_inside():
    explorer = TheFactor(rate=7, curvature=np.nan)
    assert (explorer.rate, explorer.curvature) == (3.0, 2.0) and "is outside" in explorer.word
    assert explorer.figure().png() and "multiplies it by -5" in explorer.alt and len(TheFactor.module()) < 40_000


def test_a_ravine_is_turned_with_its_start(shown):
    page, explorer = shown(Ravine(lr=0.09))
    flat = explorer.shown["loss"]
    explorer.number("angle", "30")
    twin = Ravine(lr=0.09, angle=30)
    same = lambda value: pytest.approx(value, rel=1e-9, abs=1e-300)
    assert explorer.shown["loss"] == same(twin.history().test_loss[0, -1])
    assert [explorer.shown["loss"], explorer.shown["unturned"]] == same([flat, flat])
    place = explorer.root.query_selector(".lrx-handle").get_attribute("aria-label").split(" at ")[1].split(". ")[0]
    assert [float(v) for v in place.split(", ")] == pytest.approx(twin.start, abs=0.006)
    explorer.control("optimizer").query_selector("select").select_option("Adam")
    explorer.number("lr", "0.3")
    there = explorer.shown
    twin.optimizer, twin.lr = "Adam", 0.3
    assert there["loss"] == same(twin.history().test_loss[0, -1])
    assert there["unturned"] == same(Ravine(optimizer="Adam", lr=0.3).history().test_loss[0, -1])
    assert there["loss"] != same(there["unturned"])
    assert "turned by 30°" in twin.alt and twin.figure().png()
    explorer.press(explorer.slider("angle"), "Home")                # back where it was, start and all
    assert "unturned" not in explorer.shown and explorer.shown["loss"] == same(there["unturned"])
    explorer.number("angle", "20")
    there = explorer.shown["loss"]
    surface = explorer.control("surface").query_selector("select")
    surface.select_option("saddle")
    assert explorer.slider("angle").is_disabled() and "unturned" not in explorer.shown
    surface.select_option("ravine")
    assert explorer.shown["loss"] == same(there)


@pytest.mark.parametrize("kind, canvases", [(Ravine, ("mapcanvas", "loss", "rate")), (ScheduleExplorer, ("rate", "loss"))])
def test_a_swipe_scrolls_and_a_grip_is_dragged(shown, kind, canvases):
    """On a phone a finger that moves up on a picture scrolls the page and changes nothing; on the grip it moves the rate."""
    page, explorer = shown(kind(), viewport={"width": 400, "height": 700}, has_touch=True)
    page.evaluate("document.body.style.paddingBottom = '900px'")
    touch = page.context.new_cdp_session(page)
    settings = lambda: explorer.root.evaluate("""root => [...root.querySelectorAll('input')].map(each => each.value).join()
      + (root.querySelector('.lrx-handle')?.getAttribute('aria-label') ?? '')""")

    def finger(node, up):
        node.evaluate("node => node.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(60)
        box, before = node.bounding_box(), page.evaluate("scrollY")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in range(1, 9):
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - up * part / 8}]})
            page.wait_for_timeout(20)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(300)
        return page.evaluate("scrollY") - before

    before = settings()
    for name in canvases:
        assert finger(explorer.canvas(name), 120) > 60, name
    assert settings() == before
    assert abs(finger(explorer.root.query_selector(".lrx-grip"), 30)) < 10
    assert settings() != before


def test_a_tap_on_the_ravine_moves_the_start(shown):
    page, explorer = shown(Ravine(), viewport={"width": 400, "height": 700}, has_touch=True)
    box = explorer.box(explorer.canvas("mapcanvas"))
    page.touchscreen.tap(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    place = explorer.root.query_selector(".lrx-handle").get_attribute("aria-label")
    assert [float(v) for v in place.split(" at ")[1].split(". ")[0].split(", ")] == pytest.approx([1.1, 0.7], abs=0.03)
