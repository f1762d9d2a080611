"""A deck for each lesson, in build/slides: HTML for the lecture, PDF to hand out, PPTX to change. ``decks.py`` says what is on it."""

import base64
import html
import re
import shutil

from decks import CROSS, deck
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from powerpoint import plain, powerpoint
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from redrawn import redraw
from shared import BUILD, SITE, browser, lessons, packages

from lrcourse.lessons.ui import DECK

MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"]).use(
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
    page.add_style_tag(content=".reveal .step { background: none; }")
    steps = page.query_selector_all("section .step mjx-container[display=true]")      # not those in what leads to one
    assert len(steps) == sum(len(slide.steps) for slide in slides if slide.kind == "formula")
    pictures = iter([step.screenshot() for step in steps])
    page.close()
    powerpoint(slides, pictures).save(path.with_suffix(".pptx"))
