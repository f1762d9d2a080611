"""A deck for each lesson, in build/slides: HTML for the lecture, PDF to hand out, PPTX to change. ``decks.py`` says what is on it."""

import base64
import html
import io
import re
import shutil

from decks import CROSS, deck
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from redrawn import redraw
from shared import BUILD, SITE, browser, lessons, packages

from lrcourse.lessons.ui import DECK

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").use(
    dollarmath_plugin, renderer=lambda text, options: html.escape(f"\\[{text}\\]" if options["display_mode"] else f"\\({text}\\)"))


def slides(pdf=False):
    """build/slides/NN_name.html, with all they need in build/slides/assets; with ``pdf``, a .pdf and a .pptx beside each.

    These are the decks to lecture from, so for them figures are drawn anew (redrawn.py).
    """
    out = BUILD / "slides"
    if pdf:
        redraw(lessons())
    shutil.rmtree(out, ignore_errors=True)
    modules = packages()
    for part in ("dist", "plugin/notes"):
        shutil.copytree(modules / "reveal.js" / part, out / "assets" / part)
    (out / "assets" / "mathjax").mkdir()
    shutil.copy(modules / "mathjax" / "es5" / "tex-svg.js", out / "assets" / "mathjax")
    for name in ("deck.css", "deck.js"):
        shutil.copy(SITE / "lrslides" / name, out / "assets")
    made = {path.stem: deck(path) for path in lessons()}
    for name, deck_ in made.items():
        (out / f"{name}.html").write_text(page(deck_), encoding="utf-8")
    if pdf:
        with browser() as chromium:
            for name, deck_ in made.items():
                printed(out / f"{name}.html", deck_, chromium)
    return out


# ---- HTML --------------------------------------------------------------------------------------------------------------

def page(slides):
    frame = (SITE / "lrslides" / "deck.html").read_text(encoding="utf-8")
    title = html.escape(plain(slides[0].title))
    return frame.replace("%TITLE%", title).replace("%SLIDES%", "\n".join(section(slide) for slide in slides))


def section(slide):
    parts = {
        "picture": lambda: f'<div class="stage"><img src="data:image/png;base64,{base64.b64encode(slide.picture).decode()}" '
                           f'alt="{html.escape(slide.alt)}"></div>',
        "explorer": lambda: f'<div class="live">{slide.html}</div>',
        "code": lambda: f'<div class="body">{coded(slide.body)}</div>',
        "formula": lambda: f'<div class="body">{text(slide.body)}' + "".join(
            f'<div class="step{" fragment" * (number > 0)}">{text(lead)}{text(step)}</div>'
            for number, (lead, step) in enumerate(zip(slide.leads, slide.steps))) + "</div>",
    }
    wrong = '<i aria-hidden="true">✗</i>'      # seen from the last row: this is not what came out
    choices = "".join(f"<li><b>{letter}</b><span>{inline(choice)}</span>{wrong * (slide.kind == 'why' and letter != CROSS)}</li>"
                      for letter, choice in slide.choices)
    choices = f'<ul class="choices">{choices}</ul>' if choices else ""
    if slide.kind == "poll" and slide.steps:
        choices = f'<div class="scale">{"".join(f"<span>{step}</span>" for step in slide.steps)}</div>'
    inner = parts[slide.kind]() if slide.kind in parts else f'<div class="body">{in_order(slide, choices)}</div>'
    mark = "h1" if slide.kind == "title" else "h2"
    notes = "".join([f"<p><b>{DECK['minutes'].format(minutes=f'{slide.minutes:g}')}</b></p>", *map(text, slide.notes)])
    title = inline(re.sub(r"(?<=[a-z])-(?=[a-z\d])", "\u2060-\u2060", slide.title))        # warm-up stays on a line, too
    asked = f'<p class="asked">{inline(slide.asked)}</p>' if slide.asked else ""
    return (f'<section class="k-{slide.kind}">{asked}<{mark}>{title}</{mark}>{inner}'
            f'<aside class="notes">{notes}</aside></section>')


def in_order(slide, choices):
    """Of a poll the lead and then the choices, of why the tempting choice and then what is said to it."""
    return choices + text(slide.body) if slide.kind == "why" else text(slide.body) + choices


def from_deck_to_deck(markdown):
    """Links lead to decks; a number and its % or ± stay on a line."""
    markdown = re.sub(r"(?<=\d) (?=[%±])|(?<=±) (?=\d)", "\u00a0", markdown)
    markdown = re.sub(r"(?<!\$)\$([^$\n]+)\$([,.])(?=\s|$)", r"$\1\2$", markdown)      # else a line may begin with the comma
    return re.sub(r"\((\d\d_\w+)\.ipynb(#[^)]*)?\)", r"(\1.html)", markdown)


def text(markdown):
    return MARKDOWN.render(from_deck_to_deck(markdown))


def inline(markdown):
    return MARKDOWN.renderInline(from_deck_to_deck(markdown))


def coded(source):
    return f"<pre>{highlight(source, PythonLexer(), HtmlFormatter(nowrap=True, noclasses=True))}</pre>"


# ---- PDF and PPTX ------------------------------------------------------------------------------------------------------

def printed(path, slides, chromium):
    """A PDF beside a deck, a page for each slide, and a PPTX, whose formulas are taken from the print."""
    page = chromium.new_page(device_scale_factor=2)
    page.goto(f"{path.as_uri()}?print-pdf")
    page.wait_for_function("window.fitted")
    page.pdf(path=path.with_suffix(".pdf"), prefer_css_page_size=True, print_background=True)
    steps = page.query_selector_all("section .step mjx-container")
    pictures = iter([step.screenshot() for step in steps])
    page.close()
    powerpoint(slides, pictures).save(path.with_suffix(".pptx"))


def powerpoint(slides, formulas):
    """The deck as a presentation to be changed: native titles, texts and tables, pictures with alt texts, and notes."""
    from pptx import Presentation
    from pptx.util import Emu, Inches, Pt

    show = Presentation()
    show.slide_width, show.slide_height = Inches(13.333), Inches(7.5)
    layout = show.slide_layouts[5]
    area = Inches(0.6), Inches(1.55), Inches(12.13), Inches(5.5)

    def put(page, picture, alt, box):
        left, top, width, height = box
        shape = page.shapes.add_picture(io.BytesIO(picture), left, top)
        scale = min(width / shape.width, height / shape.height)
        shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
        shape.left, shape.top = Emu(int(left + (width - shape.width) / 2)), Emu(int(top + (height - shape.height) / 2))
        shape._element._nvXxPr.cNvPr.set("descr", alt)

    def write(page, lines, box, size, font=None):
        frame = page.shapes.add_textbox(*box).text_frame
        frame.word_wrap = True
        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text, run.font.size, paragraph.space_after = line, Pt(size), Pt(0 if font else 10)
            if font:
                run.font.name = font

    for slide in slides:
        page = show.slides.add_slide(layout)
        title = page.shapes.title
        title.left, title.top, title.width, title.height = area[0], Inches(0.3), area[2], Inches(1.15)
        title.text_frame.text, title.text_frame.word_wrap = plain(slide.title), True
        title.text_frame.paragraphs[0].runs[0].font.size = Pt(40 if slide.kind == "title" else 30)
        body = [plain(line) for line in re.split(r"\n+", slide.body) if line.strip()]
        if slide.kind == "picture":
            put(page, slide.picture, slide.alt, area)
        elif slide.kind == "explorer":
            if found := re.search(r'<img[^>]*src="data:image/png;base64,([^"]+)"', slide.html):
                put(page, base64.b64decode(found[1]), slide.alt or plain(slide.title), area)
            else:
                write(page, [DECK["live"]], area, 24)
        elif slide.kind == "formula":
            write(page, body, area, 24)
            share = (area[3] - Inches(1.2) * bool(body)) // len(slide.steps)
            for number, step in enumerate(slide.steps):
                box = area[0], area[1] + Inches(1.2) * bool(body) + number * share, area[2], share - Inches(0.2)
                put(page, next(formulas), " ".join(step.strip("$ \n").split()), box)
        elif slide.kind == "table":
            rows = [[plain(each) for each in row.strip().strip("|").split("|")] for row in slide.body.strip().split("\n")]
            rows = [row for row in rows if not all(re.fullmatch(r"\s*:?-*:?\s*", each) for each in row)]
            table = page.shapes.add_table(len(rows), max(map(len, rows)), *area).table
            for i, row in enumerate(rows):
                for j, each in enumerate(row):
                    table.cell(i, j).text = each.strip()
                    for paragraph in table.cell(i, j).text_frame.paragraphs:
                        paragraph.font.size = Pt(18)
        elif slide.kind == "code":
            write(page, slide.body.split("\n"), area, 18, font="Consolas")
        else:
            choices = [f"{letter}   {plain(choice)}" for letter, choice in slide.choices]
            choices += ["   ·   ".join(slide.steps)] * bool(slide.steps)
            write(page, choices + body if slide.kind == "why" else body + choices, area, 26)
        page.notes_slide.notes_text_frame.text = "\n\n".join(
            [DECK["minutes"].format(minutes=f"{slide.minutes:g}"), *map(plain, slide.notes)])
    return show


def plain(markdown):
    """Markdown as plain text, its formulas in Unicode."""
    from pylatexenc.latex2text import LatexNodes2Text

    def formula(found):
        tex = re.sub(r"\\[td]frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}", found[1] or found[2]).replace("\\tfrac", "\\frac")
        return " ".join(LatexNodes2Text(math_mode="text").latex_to_text(tex).split())
    markdown = re.sub(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", formula, markdown, flags=re.S)
    markdown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    markdown = re.sub(r"\*\*|```(python)?\n?|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|`|\\(?=[*])", "", markdown)
    return re.sub(r"^- ", "• ", markdown, flags=re.M).strip()
