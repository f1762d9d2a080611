"""Every slide fits its page, can be read from the last row, and loads nothing from elsewhere."""

import os
import re
import unicodedata

import nbformat
import pypdfium2
import pytest
from editions import LESSONS, PUBLISHED, WORD, built, chromium, shared, watched
import slides as slides_module

from lrcourse.lessons.predictions import Choice, all_predictions

# of which each slide is looked at by make test; of all by make test-long
SAMPLE = [name if name[:2] in ("00", "01", "04", "08") or PUBLISHED else pytest.param(name, marks=pytest.mark.long) for name in LESSONS]

# what sticks out of the page and what is too small, on the slide that is shown
PROBLEMS = """() => {
  const page = document.querySelector('.reveal .slides').getBoundingClientRect(), found = [];
  const current = Reveal.getCurrentSlide();
  const words = document.createTreeWalker(current, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode.data.trim(), holder = words.currentNode.parentElement;
    if (!text || holder.closest('aside, style, script, noscript, mjx-assistive-mml, .lrx, svg')) continue;
    const range = document.createRange(); range.selectNodeContents(words.currentNode);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    const slack = holder.closest('pre') ? 14 : 1;       // in code, the space at which a line breaks hangs over
    if (box.bottom > page.bottom + 1 || box.right > page.right + slack || box.left < page.left - 1) found.push('sticks out: ' + text);
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < 18) found.push(`${size} px: ${text}`);
  }
  for (const thing of current.querySelectorAll('img, mjx-container, .lrx, svg')) {
    const box = thing.getBoundingClientRect();
    if (thing.closest('aside, noscript') || !box.width) continue;
    if (thing.tagName === 'IMG' && !(thing.complete && thing.naturalWidth)) found.push('picture not shown');
    if (box.bottom > page.bottom + 1 || box.right > page.right + 1) found.push(thing.tagName + ' is cut off');
  }
  for (const canvas of current.querySelectorAll('.lrx canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    if (new Set(new Uint32Array(data.buffer)).size < 3) found.push('an explorer shows nothing');
  }
  return found;
}"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    with built("slides", tmp_path_factory.mktemp("slides")) as folder:
        yield folder


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.mark.parametrize("name", SAMPLE)
def test_every_slide_fits(name, decks, browser):
    page, complaints = watched(browser, viewport={"width": 1280, "height": 720})
    page.goto(f"file://{decks / name}.html")
    page.wait_for_function("window.fitted")
    places = page.evaluate("Reveal.getSlides().map(slide => { const i = Reveal.getIndices(slide); return [i.h, i.v || 0]; })")
    assert len(places) > 5
    pictures = os.environ.get("SLIDE_PICTURES")
    for number, (h, v) in enumerate(places, 1):
        page.evaluate("([h, v]) => Reveal.slide(h, v)", [h, v])
        complaints += [f"slide {number}: {problem}" for problem in page.evaluate(PROBLEMS)[:3]]
        if pictures:
            page.screenshot(path=f"{pictures}/{name}-{number:02d}.png")
    page.context.close()
    assert complaints == []


@pytest.mark.parametrize("name", LESSONS)
def test_a_deck_has_notes_and_exercises_but_no_solutions(name, decks):
    deck = (decks / f"{name}.html").read_text(encoding="utf-8")
    cells = nbformat.read(shared.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    tagged = {tag: [cell for cell in cells if tag in cell.metadata.get("tags", [])] for tag in ("solution", "hide-input")}
    assert '<aside class="notes">' in deck
    assert deck.count("<strong>Exercise ") == sum("**Exercise " in cell.source for cell in cells)
    assert "<summary>" not in deck and not any(cell.id in deck for cell in tagged["solution"])
    for cell in tagged["hide-input"]:
        assert not re.search(rf'id="cell-id={cell.id}">\s*<div class="jp-Cell-inputWrapper', deck), cell.source


@pytest.mark.skipif(bool(PUBLISHED), reason="made from the notebooks as they are")
def test_a_word_changed_in_a_notebook_is_changed_in_its_deck(decks):
    assert WORD in (decks / f"{LESSONS[0]}.html").read_text(encoding="utf-8")


def test_a_question_and_its_choices_are_a_slide_and_what_came_out_is_the_next():
    name, answer = next((name, each) for name, each in all_predictions().items() if isinstance(each, Choice))
    md, code, slide = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell, slides_module.slide
    picture = nbformat.v4.new_output("display_data", {"image/png": "", "text/plain": ""})
    for before, expected in (("## Short\n\n", [("slide", "## Short"), ("-", "predict(")]),
                             ("Long. " * 60, [("slide", "Long. Lo"), ("subslide", "**Predic"), ("-", "predict(")])):
        cells = [slide(md(f"{before}**Predict.** What?"), "slide"), code(f'predict("{name}")', metadata={"tags": ["predict"]}),
                 slide(code("run()", outputs=[picture]), "fragment")]
        deck = slides_module.deck(nbformat.v4.new_notebook(cells=cells)).cells
        *shown, notes, result = [(cell.metadata["slideshow"]["slide_type"], cell.source) for cell in deck]
        assert [(kind, source[:8]) for kind, source in shown] == expected
        assert notes[0] == "notes" and answer.out in notes[1]
        assert all(f"**{option}** {say}" in notes[1] for option, say in answer.options.items())
        assert result == ("subslide", "run()")


def test_a_long_end_is_split_at_its_headings_and_a_derivation_goes_to_the_notes():
    long, fold = "Much. " * 250, "told\n\n<details><summary>Why</summary>\n\nBecause.\n</details>\n\nmore"
    cells = [slides_module.slide(nbformat.v4.new_markdown_cell(text), "slide") for text in
             (f"## Summary\n\n{long}\n\n## Further", "## Short\n\n## Shorter", fold)]
    cells.append(nbformat.v4.new_markdown_cell(f"{fold}\n\n**Exercise 1.** Do."))
    deck = slides_module.deck(nbformat.v4.new_notebook(cells=cells)).cells
    assert [(cell.metadata["slideshow"]["slide_type"], " ".join(cell.source.split())[:12]) for cell in deck] == [
        ("slide", "## Summary M"), ("subslide", "## Further"), ("slide", "## Short ## "), ("slide", "told more"), ("notes", "**Why** Beca"),
        ("notes", "told **Why**"), ("subslide", "**Exercise 1")]


@pytest.mark.parametrize("name", all_predictions())
def test_the_notes_say_what_came_out_whatever_was_asked(name):
    assert all_predictions()[name].out in slides_module.spoken(all_predictions()[name].data())


# the text of each page of the print, one string for each piece, and what isn't wholly on its page
PRINTED = """() => [...document.querySelectorAll('.pdf-page')].map(page => {
  const box = page.getBoundingClientRect(), texts = [], cut = [];
  const inside = (range, name) => {
    const { left, top, right, bottom } = range.getBoundingClientRect();
    if (left < box.left - 1 || top < box.top - 1 || right > box.right + 1 || bottom > box.bottom + 1) cut.push(name);
  };
  const words = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode.data.trim(), holder = words.currentNode.parentElement;
    if (!text || holder.closest('aside, style, script, noscript, mjx-container, svg, .lrx-spoken') || !holder.checkVisibility()) continue;
    const range = document.createRange(); range.selectNodeContents(words.currentNode);
    inside(range, text);
    texts.push(...text.split(/\\s+/));
  }
  page.querySelectorAll('img, canvas, mjx-container').forEach(thing => thing.closest('aside, noscript') || inside(thing, thing.tagName));
  return { texts, cut };
})"""


def characters(text):
    """Letters and digits alone, since a PDF breaks lines and joins letters in its own way, and no Hangul: not every machine has a font."""
    return "".join(each for each in unicodedata.normalize("NFKC", text) if each.isalnum() and "HANGUL" not in unicodedata.name(each, ""))


@pytest.mark.parametrize("name", SAMPLE)
def test_the_pdf_has_a_whole_page_for_each_slide(name, decks, browser):
    deck = decks / f"{name}.html"
    page, complaints = watched(browser)
    page.goto(deck.as_uri())
    slides = page.evaluate("Reveal.getSlides().length")
    page.goto(f"{deck.as_uri()}?print-pdf")
    page.wait_for_function("window.fitted")
    shown = page.evaluate(PRINTED)
    page.context.close()
    if not PUBLISHED:
        slides_module.print_pdfs([deck], browser)
    with pypdfium2.PdfDocument(deck.with_suffix(".pdf")) as pdf:
        printed = [each.get_textpage().get_text_bounded() for each in pdf]
    assert len(printed) == len(shown) == slides
    for number, (slide, text) in enumerate(zip(shown, map(characters, printed)), 1):
        complaints += [f"page {number}: cut off: {piece}" for piece in slide["cut"]]
        complaints += [f"page {number} lacks {word}" for word in slide["texts"] if characters(word) not in text]
    assert complaints == []
