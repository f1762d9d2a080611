"""Every slide fits its page, can be read from the last row, and loads nothing from elsewhere."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if not os.environ.get("CI"):
    pytest.importorskip("playwright")
    if not CHROMIUM or not shutil.which("npm"):
        pytest.skip("slides are looked at in chromium, and built with npm", allow_module_level=True)

spec = importlib.util.spec_from_file_location("build", ROOT / "site" / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)

# what sticks out of the page and what is too small, on the slide that is shown
PROBLEMS = """() => {
  const page = document.querySelector('.reveal .slides').getBoundingClientRect(), scale = page.width / 1280, found = [];
  const current = Reveal.getCurrentSlide();
  const words = document.createTreeWalker(current, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode.data.trim(), holder = words.currentNode.parentElement;
    if (!text || holder.closest('aside, style, script, noscript, mjx-assistive-mml, .lrx, svg')) continue;
    const range = document.createRange(); range.selectNodeContents(words.currentNode);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    if (box.bottom > page.bottom + 1 || box.right > page.right + 1 || box.left < page.left - 1) found.push('sticks out: ' + text);
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < 18) found.push(`${size} px: ${text}`);
  }
  for (const thing of current.querySelectorAll('img, mjx-container, .lrx')) {
    const box = thing.getBoundingClientRect();
    if (thing.closest('aside, noscript') || !box.width) continue;
    if (thing.tagName === 'IMG' && !(thing.complete && thing.naturalWidth)) found.push('picture not shown');
    if (box.bottom > page.bottom + 1 || box.right > page.right + 1) found.push(thing.tagName + ' is cut off');
  }
  return found;
}"""


@pytest.fixture(scope="module")
def decks():
    return build.slides()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("name", [path.stem for path in build.lessons()])
def test_deck(name, decks, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
    page.goto(f"file://{decks / name}.html")
    page.wait_for_function("window.Reveal && Reveal.isReady() && window.MathJax && MathJax.startup.promise")
    page.evaluate("MathJax.startup.promise")
    places = page.evaluate("Reveal.getSlides().map(slide => { const i = Reveal.getIndices(slide); return [i.h, i.v || 0]; })")
    assert len(places) > 8
    pictures = os.environ.get("SLIDE_PICTURES")
    for number, (h, v) in enumerate(places, 1):
        page.evaluate("([h, v]) => Reveal.slide(h, v)", [h, v])
        problems = page.evaluate(PROBLEMS)
        complaints += [f"slide {number}: {problem}" for problem in problems[:3]]
        if pictures:
            page.screenshot(path=f"{pictures}/{name}-{number:02d}.png")
    page.close()
    assert complaints == []
