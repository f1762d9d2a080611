"""Every page of the site works from a sub-path and without a network, is accessible in light and dark, and fits a phone."""

import re
import time

import nbformat
import pytest
from editions import LESSONS, PUBLISHED, WORD, built, chromium, served, shared, slowness, watched

# what a page may not have, by the rules of WCAG 2.2 AA and axe's best practices
AXE = """only => axe.run(document, { resultTypes: ['violations'], ...only }).then(found => found.violations.flatMap(
  rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`)))"""
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
# a lesson's explorers and pictures
BLANK = """() => [...document.querySelectorAll('.lrx canvas')].filter(canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size < 3; }).length"""
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_in_chromium(site, browser, scheme):
    folder, address = site
    axe = (shared.packages() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    # pages that are made alike: one lesson tells of the dark colours of all, one page of source code of all of them
    alike = set(LESSONS[1:]) if scheme == "dark" else set()
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


def test_on_a_phone_nothing_sticks_out(site, browser):
    folder, address = site
    page, complaints = watched(browser, home=address, viewport={"width": 390, "height": 844})
    for name in pages(folder):
        page.goto(address + name)
        page.wait_for_function("!window.MathJax || MathJax.startup?.promise?.then(() => true)")
        if page.evaluate(WIDE) > 0:
            complaints.append(f"{name} is wider than the screen")
    page.context.close()
    assert complaints == []


def test_the_front_page_is_light_and_its_explorer_answers(site, browser):
    folder, address = site
    page, complaints = watched(browser, home=address, viewport={"width": 1280, "height": 900})
    size = []
    page.on("requestfinished", lambda request: size.append(request.sizes()["responseBodySize"]))
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_function("document.querySelector('.lrx canvas')?.width")
    took = time.perf_counter() - began
    before = page.inner_text(".lrx-facts")
    slider = page.locator(".lrx input[type=range]").nth(1)
    assert "decay" in slider.evaluate("node => node.labels[0].textContent")
    slider.fill(slider.get_attribute("max"))
    assert page.inner_text(".lrx-facts") != before
    page.context.close()
    assert complaints == []
    assert sum(size) < 300_000
    assert took < 1.5 * slowness()


def test_solutions_are_collapsed_and_links_lead_to_the_other_forms(site):
    folder, _ = site
    for name in LESSONS:
        page = (folder / f"{name}.html").read_text(encoding="utf-8")
        cells = nbformat.read(shared.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
        assert page.count("<details><summary>Solution") == sum("solution" in cell.metadata.get("tags", []) for cell in cells)
        assert "<details open" not in page
        for link in (f"live/lab/index.html?path={name}.ipynb", f"slides/{name}.html", f"slides/{name}.pdf", f"notebooks/{name}.ipynb"):
            assert f'href="{link}"' in page
    assert not shared.broken(folder, elsewhere=() if PUBLISHED else ("slides/", "live/"))


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
