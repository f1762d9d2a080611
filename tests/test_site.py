"""Every page of the site works from a sub-path and without a network, is accessible in light and dark, and fits a phone."""

import base64
import colorsys
import io
import re
import time
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from editions import LESSONS, PUBLISHED, WORD, answers, built, chromium, drive, served, shared, slowness, watched
from PIL import Image
import waiting
from stops import code_cells, has_slider
from waiting import prediction

from lrcourse.figures import COLORS
from lrcourse.lessons.predictions import all_predictions

# what a page may not have, by the rules of WCAG 2.2 AA and axe's best practices
AXE = """only => axe.run(document, { resultTypes: ['violations'], ...only }).then(found => found.violations.flatMap(
  rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`)))"""
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
# a lesson's explorers and pictures
BLANK = """() => [...document.querySelectorAll('.lrx canvas')].filter(canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size < 3; }).length"""
# what runs out of the screen, or out of its box, with all folds open
WIDE = """() => {
  document.querySelectorAll('details').forEach(fold => { fold.open = true; });
  const wide = [...document.querySelectorAll('html, pre, .cell_output')].filter(box => box.scrollWidth > box.clientWidth + 1);
  return wide.map(box => `wider than its place: ${box.tagName} ${box.textContent.slice(0, 80)}`);
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("site")
    with built("site", tmp) as folder, served(folder, tmp) as address:
        yield folder, address


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def pages(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html")
                  if path.relative_to(folder).parts[0] not in ("slides", "live"))


@pytest.mark.parametrize("scheme, lessons", [
    pytest.param("light", LESSONS[4:9:4], id="light"), pytest.param("dark", LESSONS[:1], id="dark"),
    pytest.param("light", LESSONS, id="light, all of it", marks=pytest.mark.long)])
def test_every_page_in_chromium(site, browser, scheme, lessons):
    folder, address = site
    axe = (shared.packages() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    # pages that are made alike: a lesson or two tell of all, and one page of source code of all of them
    alike = set(LESSONS) - set(lessons)
    wrong = []
    page, complaints = watched(browser, home=address, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    for name in pages(folder):
        page.goto(address + name)
        page.wait_for_function("!window.MathJax || MathJax.startup?.promise?.then(() => true)")
        if not name.startswith("_modules/lrcourse") and name.removesuffix(".html") not in alike or name.endswith("ranges.html"):
            page.evaluate(axe)
            complaints += page.evaluate(AXE, RULES[scheme])
        complaints += ["an explorer shows nothing"] * page.evaluate(BLANK)
        wrong += [f"{name}: {complaint}" for complaint in complaints]
        complaints.clear()
    page.context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_sticks_out_and_nobody_scrolls_sideways(site, browser, width):
    folder, address = site
    page, complaints = watched(browser, home=address, viewport={"width": width, "height": 844})
    for name in pages(folder) if width == 400 else [f"{lesson}.html" for lesson in LESSONS]:
        page.goto(address + name)
        page.wait_for_function("!window.MathJax || MathJax.startup?.promise?.then(() => true)")
        complaints += [f"{name}: {found}" for found in page.evaluate(WIDE)]
    page.context.close()
    assert complaints == []


def test_no_sentence_stands_in_a_narrow_column_on_a_phone(site, browser):
    folder, address = site
    page, complaints = watched(browser, home=address, viewport={"width": 390, "height": 844})
    narrow = """[...document.querySelectorAll("table.docutils td")].filter(cell => cell.textContent.trim().length > 40
        && cell.clientWidth < 110 && cell.clientWidth > 0).map(cell => cell.textContent)"""
    labels = """[...document.querySelectorAll(".lr-stack tr")].flatMap(row => [...row.querySelectorAll("td")].filter((cell, i) =>
        cell.dataset.column !== row.closest("table").querySelectorAll("th")[i].textContent.trim()).map(cell => cell.textContent))"""
    for name in [f"{lesson}.html" for lesson in LESSONS]:
        page.goto(address + name)
        complaints += [f"{name}: {found}" for script in (narrow, labels) for found in page.evaluate(script)]
    assert page.locator(".lr-stack").count() > 0        # of the summary, which is last
    page.context.close()
    assert complaints == []


def test_what_a_section_builds_on_stands_beside_it_and_leads_there(site):
    folder, _ = site
    said = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("[01]*.html")}
    assert not [name for name, page in said.items() if "(Needs the" in page]
    notes = [note for page in said.values() for note in re.findall(r'<div class="lr-needs">.*?</div>', page, re.S)]
    assert len(notes) > 20 and all('href="#' in note for note in notes)


def test_the_front_page_is_light_and_its_explorer_answers(site, browser):
    folder, address = site
    page, complaints = watched(browser, home=address, viewport={"width": 1280, "height": 900})
    size = {}
    page.on("requestfinished", lambda request: size.update({request.url: request.sizes()["responseBodySize"]}))
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_function("document.querySelector('.lrx canvas')?.width")
    took = time.perf_counter() - began
    # a real network is trained, and again under what is drawn
    page.wait_for_function("document.querySelector('.lrx data[data-name=error]')", timeout=20_000)
    constant = float(page.get_attribute(".lrx data[data-name=error]", "value"))
    box = page.locator("canvas.lrx-rate").bounding_box()
    page.mouse.move(box["x"] + 0.15 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.97 * box["width"], box["y"] + 0.8 * box["height"], steps=12)
    page.mouse.up()
    page.wait_for_function("was => document.querySelector('.lrx data[data-name=error]').value < was", arg=constant - 1, timeout=20_000)
    late = page.evaluate("""performance.getEntriesByType('resource').filter(each =>
      each.startTime > performance.getEntriesByType('navigation')[0].loadEventStart).map(each => each.name)""")
    page.context.close()
    assert complaints == []
    # the network's data come after the page
    assert sum(size.values()) - sum(size.get(name, 0) for name in late) < 300_000 and sum(size.values()) < 400_000
    assert took < 1.5 * slowness()


def test_every_slider_answers_by_keyboard_and_mouse(site, browser):
    folder, address = site
    sliders = [(path, cell) for path in shared.lessons() for cell in code_cells(path) if has_slider(cell)]
    assert {path.stem[:2] for path, _ in sliders} >= {"00", "03", "06", "07"}
    page, complaints = watched(browser, home=address, viewport={"width": 1280, "height": 900})
    loaded = []
    page.on("response", lambda reply: loaded.append(len(reply.body())) if "/stops-" in reply.url else None)
    for path, _ in sliders:
        loaded.clear()
        page.goto(f"{address}{path.stem}.html")
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
        assert page.locator(".lr-stops").count() == sum(where == path for where, _ in sliders) and loaded == []
        drive(page, page.locator(".lr-stops").first)
        assert len(loaded) == 1 and loaded[0] < 300_000
    page.context.close()
    assert complaints == []
    said = "\n".join((folder / name).read_text(encoding="utf-8") for name in pages(folder) if not name.startswith("_modules"))
    assert not re.search(r"needs? Python:|need Python", said)


# ---- what a page looks like ------------------------------------------------------------------------------------------

ASKING = next((name for name in LESSONS if name.startswith("04")), None)


@pytest.mark.parametrize("width", [1280, 1600])
def test_a_line_of_prose_has_60_to_75_characters(site, browser, width):
    page, complaints = watched(browser, home=site[1], viewport={"width": width, "height": 900})
    page.goto(f"{site[1]}{ASKING}.html")
    lines = page.evaluate("""() => [...document.querySelectorAll('article section > p:not(:has(*))')].flatMap(p => {
      const range = document.createRange(), lines = {};
      for (let i = 0; i < p.firstChild.length; i++) {
        range.setStart(p.firstChild, i);
        range.setEnd(p.firstChild, i + 1);
        const { bottom } = range.getBoundingClientRect();
        lines[bottom] = (lines[bottom] ?? 0) + 1;
      }
      return Object.values(lines).slice(0, -1); })""")        # the last may be short
    page.context.close()
    assert len(lines) > 15 and 60 <= np.median(lines) <= 75 and complaints == []


def test_figures_are_sharp_and_stand_where_the_prose_does_and_so_do_formulas(site, browser):
    page, complaints = watched(browser, home=site[1], viewport={"width": 1440, "height": 900})
    page.goto(f"{site[1]}{ASKING}.html")
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    page.wait_for_function("document.querySelector('mjx-container[display]')")
    places = """selector => [...document.querySelectorAll(selector)].map(node => {
      const { left, right } = node.getBoundingClientRect();
      return [left, right, node.naturalWidth]; })"""
    prose, = {tuple(map(round, place[:2])) for place in page.evaluate(places, "article section > .lr-brief")}
    figures = page.evaluate(places, "article .cell_output img")
    formulas = page.evaluate(places, "article section > .math-wrapper mjx-container[display] > svg")
    assert len(figures) > 5 and all(abs(left - prose[0]) < 2 and dots >= 2 * (right - left) for left, right, dots in figures)
    assert formulas and all(abs(left + right - sum(prose)) < 8 for left, right, _ in formulas)
    page.context.close()
    assert complaints == []


def test_no_line_begins_with_what_stands_behind_a_formula(site):
    text = "".join((site[0] / f"{name}.html").read_text(encoding="utf-8") for name in LESSONS)
    assert not re.search(r'(?<!lr-held">)<span class="math [^>]*>[^<]*</span>[,.;:?!)]', text) and 'class="lr-held"' in text


def swatches(page):
    """What the page makes of the figures' colours: a picture of them in the place of its first figure, in the colours on the screen."""
    picture, buffer = Image.new("RGB", (20 * len(COLORS), 20), "white"), io.BytesIO()
    for place, color in enumerate(COLORS):
        picture.paste(color, (20 * place, 0, 20 * place + 20, 10))
    picture.save(buffer, "png")
    page.evaluate("""address => { const figure = document.querySelector('section > .cell .cell_output img');
      figure.removeAttribute('style'); figure.src = address; figure.id = 'swatches'; return figure.decode(); }""",
                  f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}")
    shot = np.asarray(Image.open(io.BytesIO(page.locator("#swatches").screenshot())).convert("RGB")) / 255
    places = (np.arange(len(COLORS)) + 0.5) / len(COLORS) * shot.shape[1]
    return shot[shot.shape[0] // 4, places.astype(int)], shot[-4, places.astype(int)]


def luminance(color):
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("system, chosen, dark", [("light", None, False), ("dark", None, True), ("light", "dark", True),
                                                  ("dark", "light", False)])
def test_figures_stand_on_the_page_in_light_and_dark_and_keep_their_hues(site, browser, system, chosen, dark):
    page, complaints = watched(browser, home=site[1], viewport={"width": 1280, "height": 900}, color_scheme=system)
    page.goto(f"{site[1]}{ASKING}.html")
    if chosen:
        page.evaluate("theme => { document.body.dataset.theme = theme; }", chosen)
    seen, ground = swatches(page)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(part => part / 255)")
    paper = np.array(paper)
    page.context.close()
    assert np.abs(ground - paper).max() < 0.02 and (luminance(paper) < 0.1) == dark
    for color, shown in zip(COLORS, seen):
        hue, _, much = colorsys.rgb_to_hls(*(int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)))
        turned = abs(colorsys.rgb_to_hls(*shown)[0] - hue)
        assert much == 0 or min(turned, 1 - turned) < 20 / 360, color
        if dark:
            assert (luminance(shown) + 0.05) / (luminance(paper) + 0.05) > 3, color
    assert complaints == []


# until the page has not moved for half a second, however busy the machine
AT_REST = """async () => {
  for (let at = scrollY, since = performance.now(); performance.now() - since < 500;) {
    await new Promise(requestAnimationFrame);
    if (scrollY !== at) [at, since] = [scrollY, performance.now()];
  }
}"""


def test_a_finger_scrolls_over_the_curve_and_draws_sideways(site, browser):
    page, complaints = watched(browser, home=site[1], viewport={"width": 400, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(site[1])
    page.add_style_tag(content="html { scroll-behavior: auto !important; }")
    curve, drawn = page.locator("canvas.lrx-rate"), "!document.querySelector('.lrx-shapes [aria-pressed=true]')"
    curve.scroll_into_view_if_needed()
    fingers = page.context.new_cdp_session(page)

    def swipe(x, y):
        """From the curve's lower middle, where no point is, by as many pixels."""
        box = curve.bounding_box()
        from_x, from_y = box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"]
        for step in range(11):
            at = [{"x": from_x + x * step / 10, "y": from_y + y * step / 10}]
            fingers.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": at})
        page.wait_for_timeout(150)      # a finger that rests before it leaves doesn't fling the page
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.evaluate(AT_REST)

    before = page.evaluate("scrollY")
    swipe(0, -150)
    after = page.evaluate("scrollY")
    assert after - before > 80 and not page.evaluate(drawn)
    swipe(100, 10)
    assert page.evaluate("scrollY") == after and page.evaluate(drawn)
    page.get_by_role("button", name="linear").tap()
    assert not page.evaluate(drawn)
    swipe(0, 0)
    assert page.evaluate(drawn) and complaints == []        # a tap draws, too
    page.context.close()


# what a finger should press, and can't well: links in a sentence, and points on a curve that lie side by side, excepted
SMALL = """() => [...document.querySelectorAll(
    'button, select, summary, label:has(input), .lesson-links a, .start a, .lesson-list li, .related-pages a')]
  .filter(thing => thing.checkVisibility() && !thing.matches('.lrx-knot, .copybtn'))
  .map(thing => [thing, thing.getBoundingClientRect()]).filter(([, box]) => box.width && box.height < 43.5)
  .map(([thing, box]) => `${Math.round(box.height)} px: ${thing.tagName} ${thing.className} ${thing.textContent.slice(0, 40)}`)"""


@pytest.mark.parametrize("name", ["index", ASKING])
def test_a_finger_finds_what_it_presses(site, browser, name):
    page, complaints = watched(browser, home=site[1], viewport={"width": 400, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(f"{site[1]}{name}.html")
    assert page.evaluate(SMALL) == [] and complaints == []
    page.context.close()


def test_solutions_are_collapsed_and_links_lead_to_the_other_forms(site):
    folder, _ = site
    for name in LESSONS:
        page = (folder / f"{name}.html").read_text(encoding="utf-8")
        cells = nbformat.read(shared.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
        assert page.count("<details><summary>Solution") == sum("solution" in cell.metadata.get("tags", []) for cell in cells)
        assert "<details open" not in page
        decks = [f"slides/{name}{form}" for form in (".html", ".pdf", ".pptx")]
        for link in (f"live/lab/index.html?path={name}.ipynb", *decks, f"notebooks/{name}.ipynb"):
            assert f'href="{link}"' in page
    assert not shared.broken(folder, elsewhere=() if PUBLISHED else ("slides/", "live/"))


# ---- what waits for a prediction -------------------------------------------------------------------------------------

class Readable(HTMLParser):
    """All that can be read or heard on a page: with ``covered``, or before anything is chosen or opened."""

    def __init__(self, page, covered):
        super().__init__()
        self.covered, self.within, self.text = covered, [], ""
        self.feed(page)
        self.text = plain(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("details", "script", "style"):
            self.within.append(tag != "details" or not self.covered and "lr-wait" in attributes.get("class", ""))
        if not any(self.within):
            self.text += " ".join(["", *(attributes.get(name) or "" for name in ("alt", "title", "aria-label", "content", "src"))])

    def handle_endtag(self, tag):
        if tag in ("details", "script", "style"):
            self.within.pop()

    def handle_data(self, data):
        if not any(self.within):
            self.text += data


def plain(text):
    return " ".join(text.split())


def test_no_page_gives_an_answer_away(site):
    """Titles, descriptions and outputs of what answers a prediction are there, and covered; a download has no outputs."""
    folder, _ = site
    asked = []
    for name in LESSONS:
        assert not any(cell.get("outputs") for cell in nbformat.read(folder / "notebooks" / f"{name}.ipynb", as_version=4).cells)
        page = (folder / f"{name}.html").read_text(encoding="utf-8")
        everything, uncovered = (Readable(page, covered).text for covered in (True, False))
        current = ""
        for cell in shared.prepared(shared.NOTEBOOKS / f"{name}.ipynb").cells:
            if prediction(cell):
                current = prediction(cell)
                asked.append(current)
                assert [text for text in [*answers(current), all_predictions()[current].out] if plain(text) in uncovered] == [], current
            elif cell.cell_type == "markdown" and re.search("^#", cell.source, re.M):
                current = ""
            for output in cell.get("outputs", []) if current and not prediction(cell) else []:
                told, picture = plain(output.get("text", "")), output.get("data", {}).get("image/png", "").replace("\n", "")[-200:]
                assert told in everything and not any(text and text in uncovered for text in (told, picture)), f"{name}: {told or picture}"
    assert asked


# which covers are open, and for which predictions
OPEN = "() => [...document.querySelectorAll('details.lr-wait[open]')].map(cover => cover.dataset.for)"


@pytest.fixture
def asking(site, browser):
    """A lesson with predictions, and the number of covers of the one that has the most."""
    _, address = site
    page, complaints = watched(browser, home=address, viewport={"width": 1280, "height": 900})
    page.goto(f"{address}{ASKING}.html")
    counts = page.evaluate("""() => [...document.querySelectorAll('details.lr-wait')].reduce(
      (all, { dataset }) => ({ ...all, [dataset.for]: (all[dataset.for] ?? 0) + 1 }), {})""")
    name = max(counts, key=counts.get)
    assert len(counts) >= 5 and counts[name] >= 2 and page.evaluate(OPEN) == []
    yield page, name, counts[name]
    page.context.close()
    assert complaints == []


def test_a_choice_lifts_the_covers_for_good(asking):
    page, name, count = asking
    widget = page.locator(f".lrp[data-prediction={name}]")
    widget.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('details.lr-wait[open]')")
    assert page.evaluate(OPEN) == [name] * count
    page.reload()
    assert page.evaluate(OPEN) == [name] * count
    assert not page.locator(f"details[data-for={name}] > summary").first.is_visible()


def test_who_only_looks_keeps_the_place_and_the_focus(asking):
    page, name, count = asking
    page.add_style_tag(content="html { scroll-behavior: auto !important; }")       # by now, not in half a second
    last = page.locator(f"details[data-for={name}]").last
    last.locator("> summary").focus()
    before = last.bounding_box()["y"]
    page.keyboard.press("Enter")
    page.wait_for_function("count => document.querySelectorAll('details.lr-wait[open]').length === count", arg=count)
    page.evaluate(AT_REST)
    assert page.evaluate(OPEN) == [name] * count
    assert abs(last.bounding_box()["y"] - before) < 2
    assert page.evaluate("document.activeElement.dataset.for") == name
    page.reload()
    assert page.evaluate(OPEN) == [name] * count


def test_a_link_into_a_cover_opens_it(asking):
    page, name, count = asking
    page.evaluate("name => { document.querySelector(`details[data-for=${name}] img`).id = 'there'; location.hash = 'there'; }", name)
    page.wait_for_function("count => document.querySelectorAll('details.lr-wait[open]').length === count", arg=count)
    page.evaluate(AT_REST)
    assert page.evaluate(OPEN) == [name] * count


def test_a_setting_shows_all_always(asking):
    page, _, _ = asking
    box = page.get_by_label(waiting.ALWAYS)
    box.check()
    every = page.locator("details.lr-wait").count()
    assert len(page.evaluate(OPEN)) == every
    page.reload()
    assert len(page.evaluate(OPEN)) == every
    box.uncheck()
    assert page.evaluate(OPEN) == []


def test_on_paper_all_is_shown(asking):
    page, _, _ = asking
    page.emulate_media(media="print")
    frame = ".sidebar-drawer, .toc-drawer, .mobile-header, .related-pages, .lesson-links, .lr-setting, .content-icon-container"
    assert page.evaluate("frame => [...document.querySelectorAll(frame)].filter(thing => thing.checkVisibility()).length", frame) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('.cell_output img')).breakInside") == "avoid"
    hidden = "[...document.querySelectorAll('.lr-wait img, details pre')].filter(thing => !thing.checkVisibility()).length"
    assert page.evaluate(hidden) == 0
    page.emulate_media(media="screen")
    assert page.evaluate(hidden) > 0


def test_without_a_script_covers_are_folds(site, browser):
    _, address = site
    page, complaints = watched(browser, home=address, java_script_enabled=False)
    page.goto(f"{address}{ASKING}.html")
    cover = page.locator("details.lr-wait").first
    assert cover.locator("> summary").is_visible() and not cover.locator("img").first.is_visible()
    cover.locator("> summary").click()
    assert cover.locator("img").first.is_visible()
    assert not page.get_by_label(waiting.ALWAYS).is_visible()
    page.context.close()
    assert complaints == []


def test_the_search_quotes_nothing_that_is_covered(site, browser):
    _, address = site
    page, complaints = watched(browser, home=address)
    page.goto(address + "search.html?q=staircase+ResNets")
    page.wait_for_selector("#search-results li p.context")
    assert "printed this staircase" not in page.inner_text("#search-results")
    page.context.close()
    assert complaints == []


def test_the_cheat_sheet_prints_on_one_page(site, browser, tmp_path):
    folder, address = site
    page, complaints = watched(browser, home=address)
    page.goto(address + "cheat-sheet.html")
    page.pdf(path=tmp_path / "sheet.pdf", format="A4")
    page.context.close()
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "sheet.pdf").read_bytes())) == 1 and complaints == []


def test_search_finds(site, browser):
    _, address = site
    page, complaints = watched(browser, home=address)
    page.goto(address + "search.html?q=plateau")
    page.wait_for_selector("#search-results li a")
    assert complaints == []
    page.context.close()


def test_the_package_page_has_every_public_name_and_its_formulas(site):
    import lrcourse

    folder, _ = site
    page = (folder / "api.html").read_text(encoding="utf-8")
    missing = [name for name in lrcourse.__all__ if not re.search(rf'id="lrcourse\.\w+\.{name}"', page)]
    assert missing == [] and "\\(" in page and "$" not in page.replace("$(", "")


@pytest.mark.skipif(bool(PUBLISHED), reason="made from the notebooks as they are")
def test_a_word_changed_in_a_notebook_is_changed_in_its_page(site):
    assert WORD in (site[0] / f"{LESSONS[0]}.html").read_text(encoding="utf-8")


def test_broken_links_and_mute_pictures_are_found(tmp_path):
    (tmp_path / "one.html").write_text('<a href="two.html">x</a><a href="#there">x</a><a href="#here" id="here">x</a><img src="one.html">')
    assert shared.broken(tmp_path) == ["one.html: #there has no such place", "one.html: a picture without alt text: one.html",
                                      "one.html: two.html doesn't exist"]
