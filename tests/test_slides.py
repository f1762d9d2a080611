"""A deck is a lecture; every slide fits its page, can be read from the last row, and loads nothing from elsewhere."""

import base64
import io
import itertools
import os
import re
import unicodedata
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pypdfium2
import pytest
from editions import LESSONS, PUBLISHED, WORD, built, chromium, shared, watched
import decks as decks_module
import slides as slides_module
from PIL import Image, ImageFont

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
    if (size < 24 && !holder.closest('pre, .lrx, table, mjx-container')) found.push(`can't be read from the last row, ${size} px: ${text}`);
  }
  for (const thing of current.querySelectorAll('img, mjx-container, .lrx, svg')) {
    const box = thing.getBoundingClientRect();
    if (thing.closest('aside, noscript') || !box.width) continue;
    if (thing.tagName === 'IMG' && !(thing.complete && thing.naturalWidth)) found.push('picture not shown');
    if (box.bottom > page.bottom + 1 || box.right > page.right + 1) found.push(thing.tagName + ' is cut off');
  }
  const head = current.querySelector('h1, h2').getBoundingClientRect().bottom;
  for (const thing of current.querySelectorAll('.body > *, .live, .stage')) {
    const box = thing.getBoundingClientRect();
    if (box.height && box.top < head - 1) found.push('lies on the headline: ' + thing.textContent.slice(0, 30));
  }
  for (const canvas of current.querySelectorAll('.lrx canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    if (new Set(new Uint32Array(data.buffer)).size < 3) found.push('an explorer shows nothing');
  }
  // what is read beside a figure or a formula: all but the headline and what stands in them
  if (current.querySelector('.stage, .step')) {
    const beside = document.createTreeWalker(current, NodeFilter.SHOW_TEXT);
    let count = 0;
    while (beside.nextNode()) {
      const holder = beside.currentNode.parentElement;
      if (!holder.closest('h1, h2, aside, mjx-container') && holder.checkVisibility()) {
        count += beside.currentNode.data.split(/\\s+/).filter(Boolean).length;
      }
    }
    if (count > MOST_WORDS) found.push(`${count} words beside a figure or a formula`);
  }
  return found;
}"""
PROBLEMS = PROBLEMS.replace("MOST_WORDS", str(decks_module.BESIDE))
# what belongs to no slide
FRAME = ".slide-number, .controls, .progress { display: none !important; }"
PICTURE = "!!Reveal.getCurrentSlide().querySelector('.stage')"
CELL = 40           # pixels of a square in which something is painted, or nothing
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


def filled(screenshot):
    """The part of a slide on which something is painted: of its squares, those that are not all white."""
    picture = np.asarray(Image.open(io.BytesIO(screenshot)).convert("RGB")).min(axis=-1)
    rows, columns = (size // CELL for size in picture.shape)
    return (picture[:rows * CELL, :columns * CELL].reshape(rows, CELL, columns, CELL) < 250).any(axis=(1, 3)).mean()


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
        page.evaluate("([h, v]) => Reveal.slide(h, v, 99)", [h, v])        # with all its steps
        page.wait_for_function("window.fitted")
        complaints += [f"slide {number}: {problem}" for problem in page.evaluate(PROBLEMS)[:3]]
        screenshot = page.screenshot(style=FRAME)
        stored = not PUBLISHED and not decks_module.redrawn.figures(shared.NOTEBOOKS / f"{name}.ipynb") and page.evaluate(PICTURE)
        if (part := filled(screenshot)) < 1 / 3 and not stored:         # a picture of the notebook has the notebook's shape
            complaints.append(f"slide {number}: only {part:.0%} of it is painted on")
        if pictures:
            Path(pictures, f"{name}-{number:02d}.png").write_bytes(screenshot)
    page.context.close()
    assert complaints == []


def test_only_what_is_painted_fills_a_slide():
    page = np.full((720, 1280, 3), 255, "uint8")

    def part():
        Image.fromarray(page).save(buffer := io.BytesIO(), "png")
        return round(filled(buffer.getvalue()) * 18 * 32)
    assert part() == 0
    page[100:110, 100:110] = page[700:, 1270:] = 0          # corners of a large, empty box
    assert part() == 2
    page[:40, :] = 240                                      # a pale bar from side to side
    assert part() == 34


@pytest.fixture(scope="module")
def made(decks):
    """The slides of each lesson, as decks.py lists them; those that were built where ``decks`` built them."""
    return {path.stem: decks_module.deck(path) for path in shared.lessons()}


@pytest.mark.parametrize("name", LESSONS)
def test_a_deck_is_a_lecture(name, made):
    slides = made[name]
    assert 6 <= len(slides) <= decks_module.MOST and slides[0].kind == "title"
    assert sum(slide.kind in ("picture", "poll", "explorer", "formula") for slide in slides) >= len(slides) / 3
    for slide in slides:
        beside = decks_module.words(slide.body) if slide.kind in ("picture", "formula", "explorer") else 0
        assert beside <= decks_module.BESIDE and slide.title.strip() and slide.minutes >= 0.5, slide.title
        assert slide.kind != "picture" or slide.picture and len(slide.alt) > 40, slide.title
        if slide.kind == "picture":
            width, height = Image.open(io.BytesIO(slide.picture)).size
            assert width > height, f"{slide.title}: no shape for a slide"
        assert slide.kind != "code" or slide.body.count("\n") < decks_module.CODE
        assert len(slide.title) < 220 and "<details" not in "".join([slide.body, *slide.notes])
    said = "\n".join(text for slide in slides for text in [slide.body, *slide.notes])
    for cell in nbformat.read(shared.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells:
        if "solution" in cell.metadata.get("tags", []):
            assert cell.source.split("</summary>")[1][:60] not in said


@pytest.mark.parametrize("name", LESSONS)
def test_each_question_is_a_poll_and_what_came_out_follows(name, made):
    slides = made[name]
    asked = [decks_module.prediction(cell) for cell in nbformat.read(shared.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells]
    polls = [number for number, slide in enumerate(slides) if slide.kind == "poll"]
    assert len(polls) == len(list(filter(None, asked)))
    for number, prediction in zip(polls, filter(None, asked)):
        answer = all_predictions()[prediction]
        if isinstance(answer, Choice):
            assert [text for _, text in slides[number].choices] == list(answer.options)
        before = "".join([slides[number].title, slides[number].body, *slides[number].notes])
        assert answer.out not in before, "the poll gives its answer away"
        rest = slides[number + 1:]
        assert any(answer.out in "\n".join([slide.title, slide.body, *slide.notes]) for slide in rest), prediction
        titles = [decks_module.gathered("FIGURES")[figure][0] for figure in answer.figures(prediction)]
        if shown := [each for each, slide in enumerate(slides) if slide.title in titles]:
            assert min(shown) > number, prediction


@pytest.mark.parametrize("name", LESSONS)
def test_what_is_said_to_a_wrong_choice_goes_last(name, made):
    asked = list(filter(None, map(decks_module.prediction, nbformat.read(shared.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells)))
    wrong = {prediction: decks_module.mistakes(all_predictions()[prediction].data())[0] for prediction in asked}
    kinds = [slide.kind for slide in made[name]]
    said = sum(bool(slide.choices) for slide in made[name] if slide.kind == "why")
    full = len(kinds) == decks_module.MOST and not {"code", "table", "statement", "formula"} & set(kinds)
    assert full or said == sum(map(bool, wrong.values()))
    outs = {all_predictions()[prediction].out: prediction for prediction in asked}
    for slide in made[name]:
        if slide.kind == "why":
            prediction = outs[slide.notes[0]]
            assert slide.asked in [each.title for each in made[name] if each.kind == "poll"], "an answer stands below its question"
            assert slide.notes[0] == slide.title or slide.notes[0].startswith(f"{slide.title} ") and slide.title[-1] in ".?!)"
            assert not wrong[prediction] or (*slide.choices[0], slide.body) in wrong[prediction]


def test_the_wrong_choice_that_is_said_to_be_common_is_taken():
    said = {name: next(decks_module.why(name, None)) for name in ("two-walks", "cut", "adam-steps", "three-valleys")}
    assert said["two-walks"].choices[0][0] == "B" and said["two-walks"].body.startswith("That is the usual worry")
    assert said["cut"].choices[0][0] == "A"                                  # none is, so the first
    assert said["adam-steps"].choices == [("✗", "0.6 to 1.5 times the rate")]       # a number
    assert said["three-valleys"].choices == [("✗", "SGD before momentum")]          # an order


def test_a_headline_is_whole_and_a_formula_ends_no_sentence():
    text = "Four. Of six, that is, i.e. most. And (what else?) this."
    assert decks_module.sentence(text) == "Four."
    assert decks_module.sentence(text, 40) == "Four. Of six, that is, i.e. most."
    assert [decks_module.END.sub("", f"$${tex}$$") for tex in ("a ,\n", "b\\,.", "c\\;,", "\\frac{1}{2}")] == [
        "$$a$$", "$$b$$", "$$c$$", "$$\\frac{1}{2}$$"]
    assert decks_module.one_by_one("$$a = 1, \\qquad b = 2 .$$") == ["$$a = 1$$", "$$b = 2$$"]
    assert decks_module.one_by_one("$$a \\qquad\\text{and}\\qquad \\text{so } b$$") == ["$$a$$", "$$\\text{so } b$$"]
    for step in (step for name in LESSONS for slide in decks_module.deck(shared.NOTEBOOKS / f"{name}.ipynb") for step in slide.steps):
        assert not step.rstrip("$ \n").endswith((".", ",", ";")), step


def test_a_question_says_what_its_it_is():
    nearest = decks_module.nearest
    assert nearest("Long ago.\n\nWe wait. Turn the valley by 30°.") == "We wait. Turn the valley by 30°."
    assert nearest(f"{'Far ' * 40}away. Turn the valley.") == "Turn the valley."
    for text in ("where $t$ counts.", "It is\n\n$$a$$", "Three are left:", "Pan et al. (2022) did it.", "Call `train` again.", ""):
        assert nearest(text) == "", text
    for name in LESSONS:        # a question that tells to do something has no question mark
        for slide in decks_module.deck(shared.NOTEBOOKS / f"{name}.ipynb"):
            assert slide.kind != "poll" or not slide.title.startswith(("Order ", "Put ")) or not slide.title.endswith("?"), slide.title


def test_each_formula_says_why_it_follows_and_no_lead_is_empty_words():
    prose = "We begin. It is\n\n$$a$$\n\nso all is well. This shrinks only if\n\n$$b$$\n\nand\n\n$$c$$"
    slide, = decks_module.spoken("Heading", prose, print)
    assert slide.body == "We begin. It is" and slide.steps == ["$$a$$", "$$b$$", "$$c$$"]
    assert slide.leads == ["", "This shrinks only if", ""]
    assert decks_module.claims("It is **the condition number**.") == []         # a name is no claim
    assert decks_module.claims("So **half the rate makes half the floor**.")


def test_many_formulas_are_two_slides_and_a_sentence_does_not_end_after_et_al():
    step = "so long as each of them stays $a$, that is\n\n$$a \\qquad b$$\n\n"
    prose = f"Take them all, as they come and go:\n\n$$a$$\n\nand so on. Then {step} And now {step}"
    first, second = decks_module.spoken("Heading", prose, print)
    assert len(first.steps) == 3 and first.leads[1] and len(second.steps) == 2 and second.body and len(second.leads) == 2
    assert decks_module.leading("Wen et al. (2024) explain such curves with a valley:\n\n$$a$$").startswith("Wen")
    assert decks_module.claims("So Wen et al. (2024) found that **half the rate makes half the floor**.")[0].startswith("So Wen")


def test_a_short_summary_is_shown_whole():
    short, long = "- One is so. And thus.\n- Two.", f"- One is so. And {'so ' * 40}it goes.\n- Two."
    assert [slide.body for slide in decks_module.summed_up("Summary", short)] == [short]
    assert [slide.body for slide in decks_module.summed_up("Summary", long)] == ["- One is so.\n- Two."]


def test_what_a_question_is_about_stands_before_it():
    lines, table = "```python\nfirst = 1\nsecond = 2\nthird = 3\n```", "| run | rate |\n|---|---|\n| P | 0.1 |\n| Q | 0.2 |"
    code, rows = decks_module.given("Heading", f"Somebody writes\n\n{lines}", f" Which?\n\n{table}")
    assert code.kind == "code" and code.body.endswith("third = 3") and rows.kind == "table" and "| Q | 0.2 |" in rows.body
    assert list(decks_module.given("Heading", lines, "")) == []         # nothing is asked
    name = next(name for name, asked in all_predictions().items() if isinstance(asked, Choice))
    asked = decks_module.poll(name, f" Which?\n\n{table}", "Somebody writes\n\n```python\nfirst = 1      # one\n```\n\nand plots it.")
    assert asked.title == "Which?" and asked.body == "Somebody writes `first = 1` and plots it."


def test_quotes_are_typographic_but_not_in_code():
    from powerpoint import plain

    assert plain("The \"too high\", `x['a'] = \"b\"` and $f'(x)$: don't.") == "The “too high”, x['a'] = \"b\" and f'(x): don’t."
    assert plain(r"$\gamma^t$, $\gamma^{1/n}$, $10^{-13}$, $\lambda^2 w_1$, $w^{\top}$") == "γᵗ, γ^(1/n), 10⁻¹³, λ² w₁, w^⊤"
    from slides import inline

    assert inline("The \"too high\" don't `x['a']`") == "The “too high” don’t <code>x['a']</code>"


def test_what_stands_before_a_colon_may_be_the_question_or_not():
    name = next(name for name, asked in all_predictions().items() if isinstance(asked, Choice))
    far = "of all the runs that were trained at all the rates of the lesson before this one with all their seeds"
    asked = decks_module.poll(name, f"Under momentum {far} and of those of the one before: what does it cost?")
    assert asked.title == "What does it cost?" and asked.body.startswith("Under momentum of all") and asked.body.endswith("before.")
    asked = decks_module.poll(name, f"How many of these hold {far}, and in which order: decay pays; the peak moves?")
    assert asked.title.startswith("How many") and asked.title.endswith("order?") and asked.body == "Decay pays; the peak moves."
    assert decks_module.poll(name, f"Order them {far}, by what they cost you in the end: one, two.").title.endswith("end.")


def test_of_a_long_table_only_what_can_be_read_is_shown():
    small = "| a | b |\n| --- | --- |\n| $x$ | y |"
    assert list(decks_module.readable("Heading", small)) == [decks_module.Slide("table", "Heading", small)]
    rows = [f"| row {n} | {'some ' * 8}| {'more ' * 8}|" for n in range(6)]
    [table] = decks_module.readable("Heading", "\n".join(["| a | b | c |", "|---|---|---|", *rows]))
    assert table.kind == "table" and table.body.startswith("| a | b |\n| --- | --- |\n| row 0 | some") and "more" not in table.body
    # with one of two sides left out it would say something else
    both = [f"{row} {'third ' * 9}|" for row in rows]
    column = "\n".join(f"- row {n}" for n in range(6))
    assert list(decks_module.readable("Heading", "\n".join(["| a | b | c | d |", "|---|---|---|---|", *both]))) == [
        decks_module.Slide("list", "Heading", column)]
    pairs = [f"| row {n} | {'some ' * 25}|" for n in range(6)]
    parts = list(decks_module.readable("Heading", "\n".join(["| a | b |", "|---|---|", *pairs])))
    assert [[part.body.count(f"row {n}") for n in range(6)] for part in parts] == [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]
    assert all(part.kind == "table" and part.body.startswith("| a | b |") for part in parts)
    for name in LESSONS:
        for slide in decks_module.deck(shared.NOTEBOOKS / f"{name}.ipynb"):
            assert slide.kind != "table" or decks_module.words(slide.body.replace("|", " ")) < 100, slide.title


@pytest.mark.skipif(bool(PUBLISHED), reason="made from the notebooks as they are")
def test_a_word_changed_in_a_notebook_is_changed_in_its_deck(decks):
    assert WORD in (decks / f"{LESSONS[0]}.html").read_text(encoding="utf-8")


def test_a_title_is_cut_from_its_figure_and_nothing_else_is():
    import matplotlib

    from lrcourse.figures import line_chart

    matplotlib.use("agg")
    figure = line_chart([1, 2, 3], {"one": np.array([1.0, 2, 4])}, "time", "loss", "A learner's own title")
    titled = Image.open(io.BytesIO(figure.png())).convert("L")
    whole, cut = (Image.open(io.BytesIO(decks_module.trimmed(figure.png(), titled=each))) for each in (False, True))
    assert cut.width == whole.width and 20 < whole.height - cut.height < 60
    dark = lambda picture: int((np.asarray(picture.convert("L")) < 128).sum())
    assert dark(whole) == dark(titled)      # only white was cut off
    figure.axes[0].set_title("")
    assert dark(cut) < dark(whole)


def test_a_figure_is_drawn_in_the_shape_of_a_slide_and_without_its_title(tmp_path, monkeypatch, capfd):
    redrawn = decks_module.redrawn
    monkeypatch.setattr(redrawn, "FOLDER", tmp_path / "redrawn")
    chart = 'line_chart([0, 9], {"one": [0.0, 1]}, "time", "loss", "ten-epochs")'
    cells = map(nbformat.v4.new_code_cell, ("from lrcourse.figures import line_chart", chart, "1 / 0", chart.replace("ten-epochs", "cut")))
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path := tmp_path / "lesson.ipynb")
    assert redrawn.figures(path) == {}
    redrawn.redraw([path])
    assert list(drawn := redrawn.figures(path)) == ["ten-epochs"] and "lesson.ipynb stopped" in capfd.readouterr().out
    picture = Image.open(io.BytesIO(drawn["ten-epochs"])).convert("L")
    assert abs(picture.width / picture.height - redrawn.SHAPE) < 0.01
    # where a title would stand there are at most the pale lines of the grid
    assert np.asarray(picture.crop((picture.width // 6, 0, picture.width // 2, picture.height // 12))).min() > 128


def test_words_in_each_others_way_are_seen():
    from lrcourse.figures import line_chart

    figure = line_chart([1, 2, 3], {"one": np.array([1.0, 2, 4])}, "time", "loss")

    def crowded():
        figure.png()        # only what was drawn has a place
        return decks_module.redrawn.crowded(figure)
    assert not crowded()
    figure.axes[0].text(2, 1, "here")
    assert not crowded()
    figure.axes[0].text(2.02, 1, "there")
    assert crowded()


def test_words_that_nobody_sees_are_in_nobodys_way():
    """Digits without axes were drawn small, since the numbers of the axes that are switched off lay on each other."""
    from lrcourse.figures import digit_grid

    figure = digit_grid({"zeros": (np.zeros((10, 64)), [f"{n}, as 8" for n in range(10)])})
    figure.png()
    assert not decks_module.redrawn.crowded(figure)


def test_the_name_of_a_mark_gives_way():
    from lrcourse.figures import line_chart

    figure = line_chart([1, 2, 3], {"a run": np.array([1.0, 2, 4])}, "time", "loss", marks={"the limit": 2.7, "end": 2.9})
    figure.png()
    mark = next(text for text in figure.axes[0].texts if text.get_text() == "the limit")
    assert decks_module.redrawn.crowded(figure) and mark.get_ha() == "left"
    decks_module.redrawn.turn_marks(figure)
    assert not decks_module.redrawn.crowded(figure) and mark.get_ha() == "right"


def test_a_number_is_pointed_at_on_a_scale():
    assert decks_module.scale(0, 6, False, whole=True) == ["0", "2", "4", "6"]
    assert decks_module.scale(1, 12, False, whole=True) == ["1", "4", "6", "9", "12"]
    assert decks_module.scale(0.001, 10, True) == ["0.001", "0.01", "0.1", "1", "10"]


def test_plain_text_has_no_markup():
    said = slides_module.plain("**Half** of $\\tfrac12 \\lambda w_0^2$, see [lesson 04](04_why_decay.ipynb), `train`, *now*:\n- "
                               "$2/(1-\\beta)$")
    assert said == "Half of 1/2 λw₀², see lesson 04, train, now:\n• 2/(1-β)"


@pytest.mark.parametrize("name", LESSONS[:1] if PUBLISHED else LESSONS)
def test_the_presentation_can_be_changed(name, made):
    """Native titles and texts, pictures with their descriptions, and notes, on as many slides as the deck has."""
    from pptx.enum.shapes import MSO_SHAPE_TYPE

    from_print = [DOT] * sum(len(slide.steps) for slide in made[name] if slide.kind == "formula")
    show = slides_module.powerpoint(made[name], iter(from_print))
    assert len(show.slides) == len(made[name])
    for page, slide in zip(show.slides, made[name]):
        assert page.shapes.title.text_frame.text == slides_module.plain(slide.title)
        assert page.notes_slide.notes_text_frame.text.startswith("Minutes: ")
        texts = "\n".join(shape.text_frame.text for shape in page.shapes if shape.has_text_frame)
        assert all(slides_module.plain(text) in texts for _, text in slide.choices)
        for shape in page.shapes:
            assert 0 <= shape.left and shape.left + shape.width <= show.slide_width and shape.top + shape.height <= show.slide_height
            if shape.shape_type == MSO_SHAPE_TYPE.PICTURE:
                assert shape._element._nvXxPr.cNvPr.get("descr").strip()
        assert slide.kind != "picture" or any(shape.shape_type == MSO_SHAPE_TYPE.PICTURE for shape in page.shapes)
        told = [shape for shape in page.shapes if shape.has_text_frame and shape.text_frame.text]
        for shape in told:
            assert height_of(shape.text_frame, slide.kind == "code") <= shape.height.pt + 1, shape.text_frame.text
            assert all(run.font.size.pt >= (13 if slide.kind == "code" else 16) for paragraph in shape.text_frame.paragraphs
                       for run in paragraph.runs), shape.text_frame.text
        blocks = [*told, *(shape for shape in page.shapes if shape.shape_type in (MSO_SHAPE_TYPE.PICTURE, MSO_SHAPE_TYPE.TABLE))]
        for one, other in itertools.combinations(blocks, 2):
            apart = (one.left + one.width <= other.left or other.left + other.width <= one.left
                     or one.top + one.height <= other.top or other.top + other.height <= one.top)
            assert apart, f"{slide.title}: {one.name} lies on {other.name}"


def height_of(frame, code):
    """What a text takes, in points, in DejaVu, which is wider than the fonts that it asks for."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    letters = ImageFont.truetype(folder / ("DejaVuSansMono.ttf" if code else "DejaVuSans.ttf"), 100)
    room, high = frame._parent.width.pt - frame.margin_left.pt - frame.margin_right.pt, frame.margin_top.pt + frame.margin_bottom.pt
    for paragraph in frame.paragraphs:
        size = max((run.font.size.pt for run in paragraph.runs), default=18)
        hangs = int(paragraph._p.get_or_add_pPr().get("marL", 0)) / 12700
        lines = [""]
        for word in re.findall(r"\s*\S+", paragraph.text.partition("\t")[2] if hangs else paragraph.text):
            fits = letters.getlength(lines[-1] + word) * size / 100 <= room - hangs
            lines = [*lines[:-1], lines[-1] + word] if fits else [*lines, word.lstrip()]
        high += len(lines) * size * 1.2 + paragraph.space_after.pt
    return high


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
    const left = 'aside, style, script, noscript, mjx-container, svg, .lrx-spoken, .lrx-stops';     // the last has no use on paper
    if (!text || holder.closest(left) || !holder.checkVisibility()) continue;
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
        slides_module.printed(deck, decks_module.deck(shared.NOTEBOOKS / f"{name}.ipynb"), browser)
    with pypdfium2.PdfDocument(deck.with_suffix(".pdf")) as pdf:
        printed = [each.get_textpage().get_text_bounded() for each in pdf]
    assert len(printed) == len(shown) == slides
    for number, (slide, text) in enumerate(zip(shown, map(characters, printed)), 1):
        complaints += [f"page {number}: cut off: {piece}" for piece in slide["cut"]]
        complaints += [f"page {number} lacks {word}" for word in slide["texts"] if characters(word) not in text]
    assert complaints == []
