"""A deck as a presentation to be changed: native titles, texts and tables, pictures with alt texts, and notes.

Font, colours and the place of the titles stand in the master, so what a lecturer changes there changes on all slides. A text
is as large as its box allows, measured in a font that is wider than the one it's shown in.
"""

import base64
import copy
import io
import itertools
import re
from functools import cache
from pathlib import Path

import matplotlib
from decks import CROSS
from PIL import Image, ImageFont
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pylatexenc.latex2text import LatexNodes2Text

from lrcourse.lessons.ui import DECK

FONT, CODE = "Arial", "Consolas"
BLUE, HOT = MSO_THEME_COLOR.ACCENT_1, MSO_THEME_COLOR.ACCENT_2
SOFT, DIM = RGBColor(0xF1, 0xF5, 0xF8), RGBColor(0x5C, 0x67, 0x73)
# what stands in the theme of python-pptx, and what we put there; its colours are used for nothing but accents
THEME = {b'typeface="Calibri"': f'typeface="{FONT}"'.encode(), b'val="4F81BD"': b'val="0B4A73"', b'val="C0504D"': b'val="D55E00"'}
PAGE = Inches(13.333), Inches(7.5)
HEAD = Inches(0.7), Inches(0.25), Inches(12.0), Inches(1.45)
BODY = Inches(0.6), Inches(1.85), Inches(12.1), Inches(5.35)
EDGE = 8            # points inside a box's border
# points, the largest and the smallest
SIZES = {"title": (48, 30), "statement": (48, 26), "head": (34, 20), "code": (26, 13), "table": (26, 14)}
TEXT = (36, 20)     # all other texts
SPACE = 0.5         # between paragraphs, in their size
HANG = 1.3          # how far a line hangs behind its letter, in its size


def powerpoint(slides, formulas):
    """``slides`` as a presentation; ``formulas`` are the pictures of their formulas, in order."""
    show = Presentation()
    show.slide_width, show.slide_height = PAGE
    with_text, without = mastered(show)
    for slide in slides:
        native = slide.kind in ("title", "statement", "list", "poll", "why")
        page = show.slides.add_slide(with_text if native else without)
        fill(page.shapes.title, [[(plain(slide.title), {})]], *SIZES["title" if slide.kind == "title" else "head"], space=0)
        PAINTED[slide.kind if slide.kind in PAINTED else "text"](page, slide, formulas)
        page.notes_slide.notes_text_frame.text = "\n\n".join(
            [DECK["minutes"].format(minutes=f"{slide.minutes:g}"), *map(plain, slide.notes)])
    return show


def mastered(show):
    """The two layouts that are used, with a text and without, after the master has got the course's looks."""
    theme = show.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    for old, new in THEME.items():
        assert old in theme.blob, old
        theme._blob = theme.blob.replace(old, new)
    styles = show.slide_master._element.find(qn("p:txStyles"))
    head = styles.find(f"{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    head.set("algn", "l")
    letters = head.find(qn("a:defRPr"))
    letters.set("b", "1")
    letters.find(f"{qn('a:solidFill')}/{qn('a:schemeClr')}").set("val", "accent1")
    text = styles.find(f"{qn('p:bodyStyle')}/{qn('a:lvl1pPr')}")
    text.set("marL", "0"), text.set("indent", "0")
    bullet = text.find(qn("a:buChar"))
    text.replace(bullet, bullet.makeelement(qn("a:buNone"), {}))
    layouts = show.slide_layouts[1], show.slide_layouts[5]
    bar = show.slides.add_slide(layouts[1]).shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(0.5), HEAD[1] + Inches(0.1), Inches(0.1),
                                                             HEAD[3] - Inches(0.2))
    painted(bar, HOT)
    for layout in layouts:
        layout.shapes._spTree.append(copy.deepcopy(bar._element))
        for holder, box in zip(layout.placeholders, (HEAD, BODY) if layout is layouts[0] else (HEAD,)):
            holder.left, holder.top, holder.width, holder.height = box
        layout.placeholders[0].text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    first = show.slides._sldIdLst[0]        # it was there to make the bar
    show.part.drop_rel(first.rId)
    show.slides._sldIdLst.remove(first)
    return layouts


def painted(shape, color):
    shape.fill.solid()
    shape.line.fill.background()
    shape.shadow.inherit = False
    if isinstance(color, RGBColor):
        shape.fill.fore_color.rgb = color
    else:
        shape.fill.fore_color.theme_color = color


# ---- the kinds of slides -----------------------------------------------------------------------------------------------

def text(page, slide, formulas):
    """A title's list, a statement, a list, a poll, or why a choice is wrong."""
    body = [spans(line) for line in re.split(r"\n+", slide.body) if line.strip()]
    poll = slide.kind == "poll"
    choices = [[(letter, {"bold": True, "color": BLUE if poll else HOT}), (f"\t{plain(choice)}", {}),
                *([("  " + CROSS, {"color": HOT})] if not poll and letter != CROSS else [])] for letter, choice in slide.choices]
    asked = [[(plain(slide.asked), {"color": DIM})]] if slide.asked else []
    holder = page.placeholders[1]
    if slide.steps:
        scale(page, slide.steps)
        holder.left, holder.top, holder.width, holder.height = *BODY[:3], BODY[3] // 2
    if slide.kind == "statement":
        holder.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    fill(holder, body + choices if poll else asked + choices + body, *(SIZES["statement"] if slide.kind == "statement" else TEXT))


def scale(page, steps):
    """A line with marks and numbers, for hands that point at it."""
    left, top, width, height = BODY
    top += height * 5 // 8
    painted(page.shapes.add_shape(MSO_SHAPE.RECTANGLE, left + Inches(0.5), top, width - Inches(1), Inches(0.08)), BLUE)
    for number, step in enumerate(steps):
        at = left + Inches(0.5) + (width - Inches(1)) * number // (len(steps) - 1)
        painted(page.shapes.add_shape(MSO_SHAPE.RECTANGLE, at - Inches(0.05), top - Inches(0.15), Inches(0.1), Inches(0.38)), HOT)
        label = page.shapes.add_textbox(at - Inches(0.75), top + Inches(0.3), Inches(1.5), Inches(0.7))
        fill(label, [[(step, {"bold": True, "color": BLUE})]], 28, 20)
        label.text_frame.paragraphs[0].alignment = PP_ALIGN.CENTER


def picture(page, slide, formulas):
    put(page, slide.picture, slide.alt, BODY)


def explorer(page, slide, formulas):
    if found := re.search(r'<img[^>]*src="data:image/png;base64,([^"]+)"', slide.html):
        put(page, base64.b64decode(found[1]), slide.alt or plain(slide.title), BODY)
    else:
        fill(page.shapes.add_textbox(*BODY), [[(DECK["live"], {})]], *TEXT)


def formula(page, slide, formulas):
    left, top, width, height = BODY
    if slide.body:
        box = page.shapes.add_textbox(left, top, width, Inches(1.5))
        fill(box, [spans(line) for line in re.split(r"\n+", slide.body) if line.strip()], 28, 20)
        top, height = top + Inches(1.5), height - Inches(1.5)
    pictures = [next(formulas) for _ in slide.steps]
    lines = [Inches(0.55) if lead else 0 for lead in slide.leads]
    tall = [Image.open(io.BytesIO(each)).height for each in pictures]          # all are as large as each other: a fraction needs more
    for lead, step, each, line, rows in zip(slide.leads, slide.steps, pictures, lines, tall):
        if lead:
            fill(page.shapes.add_textbox(left, top, width, line), [spans(lead)], 26, 16)
        share = (height - sum(lines)) * rows // sum(tall)
        put(page, each, " ".join(step.strip("$ \n").split()), (left, top + line, width, share - Inches(0.1)), most=0.7)
        top += line + share


def code(page, slide, formulas):
    style, lines = get_style_by_name("default"), [[]]
    for kind, value in PythonLexer(stripnl=False).get_tokens(slide.body):
        looks = style.style_for_token(kind)
        color = RGBColor.from_string(looks["color"].upper()) if looks["color"] else None
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((part, {"color": color, "bold": looks["bold"]}))
    while not lines[-1]:
        lines.pop()
    box = page.shapes.add_textbox(*BODY)
    painted(box, SOFT)
    fill(box, lines, *SIZES["code"], space=0, font=CODE)


def table(page, slide, formulas):
    rows = [[plain(each) for each in row.strip().strip("|").split("|")] for row in slide.body.strip().split("\n")]
    rows = [row for row in rows if not all(re.fullmatch(r"\s*:?-*:?\s*", each) for each in row)]
    left, top, width, height = BODY
    longest = [min(max(len(row[column]) for row in rows), 40) + 7 for column in range(len(rows[0]))]
    widths = [width * each // sum(longest) for each in longest]
    inside = [each / 12700 - 2 * EDGE for each in widths]
    high = lambda size: [size * 1.2 * max(len(wrapped(each, size, wide)) for each, wide in zip(row, inside)) + EDGE for row in rows]
    size = largest(lambda size: sum(high(size)) <= 0.94 * height / 12700, *SIZES["table"])
    shown = page.shapes.add_table(len(rows), len(rows[0]), left, top, width, Pt(round(sum(high(size))))).table
    for column, wide in zip(shown.columns, widths):
        column.width = wide
    for row, cells, tall in zip(shown.rows, rows, high(size)):
        row.height = Pt(round(tall))
        for cell, each in zip(row.cells, cells):
            cell.text_frame.text, cell.vertical_anchor = each, MSO_ANCHOR.MIDDLE
            cell.text_frame.paragraphs[0].font.size = Pt(size)


PAINTED = {"text": text, "picture": picture, "explorer": explorer, "formula": formula, "code": code, "table": table}


def put(page, image, alt, box, most=None):
    """A picture in the middle of a box, as large as the box allows; ``most`` is how much of its height it takes at most."""
    left, top, width, height = box
    shape = page.shapes.add_picture(io.BytesIO(image), left, top)
    scale = min(width / shape.width, height * (most or 1) / shape.height)
    shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
    shape.left, shape.top = Emu(int(left + (width - shape.width) / 2)), Emu(int(top + (height - shape.height) / 2))
    shape._element._nvXxPr.cNvPr.set("descr", alt)


# ---- texts -------------------------------------------------------------------------------------------------------------

def fill(shape, paragraphs, most, least, space=SPACE, font=None):
    """Write paragraphs, lists of (text, looks), as large as fits; what follows a tab hangs behind it."""
    frame = shape.text_frame
    frame.word_wrap, box = True, (shape.width / 12700 - 2 * EDGE, shape.height / 12700 - EDGE)
    frame.margin_left = frame.margin_right = Pt(EDGE)
    frame.margin_top = frame.margin_bottom = Pt(EDGE / 2)
    said = ["".join(part for part, _ in paragraph) for paragraph in paragraphs]
    size = largest(lambda size: height(said, size, box[0], space, font) <= box[1], most, least)
    for number, spans_ in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(size * space if number < len(paragraphs) - 1 else 0)
        if "\t" in said[number]:
            paragraph._p.get_or_add_pPr().set("marL", str(Pt(HANG * size)))
            paragraph._p.get_or_add_pPr().set("indent", str(-Pt(HANG * size)))
        for part, looks in spans_:
            run = paragraph.add_run()
            run.text, run.font.size, run.font.name = part, Pt(size), font
            if looks.get("bold"):
                run.font.bold = True
            if isinstance(color := looks.get("color"), RGBColor):
                run.font.color.rgb = color
            elif color:
                run.font.color.theme_color = color


def largest(fits, most, least):
    return next((size for size in range(most, least, -1) if fits(size)), least)


def height(texts, size, width, space=SPACE, font=None):
    """Of paragraphs one below the other, in points."""
    lines = sum(len(wrapped(text.partition("\t")[2], size, width - HANG * size) if "\t" in text else wrapped(text, size, width, font))
                for text in texts)
    return size * (1.2 * lines + space * (len(texts) - 1))


def wrapped(text, size, width, font=None):
    """The lines that a text takes."""
    wide = lambda words: letters(font == CODE).getlength(words) * size / 100
    lines = [""]
    for word in text.split(" ") if font == CODE else text.split():
        if lines[-1] and wide(f"{lines[-1]} {word}") > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


@cache
def letters(code):
    """DejaVu is wider than Arial, DejaVu Sans Mono than Consolas, and matplotlib has both."""
    name = "DejaVuSansMono.ttf" if code else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, 100)


def spans(markdown):
    """One paragraph as (text, looks); what was bold stays so, and a point of a list hangs behind its bullet."""
    found = []
    for number, part in enumerate(re.split(r"\*\*(.+?)\*\*", re.sub(r"^- ", "", markdown))):
        shown = f"{part[:len(part) - len(part.lstrip())]}{plain(part)}{part[len(part.rstrip()):]}"
        if part:
            found.append((shown, {"bold": number % 2 == 1}))
    return [("•", {"color": HOT}), ("\t", {}), *found] if markdown.startswith("- ") else found


RAISED = str.maketrans("-0123456789tknuT", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵗᵏⁿᵘᵀ")


def curled(markdown):
    """Markdown with typographic quotes, but in code and formulas."""
    parts = re.split(r"(```.*?```|`[^`]*`|\$\$.+?\$\$|\$[^$\n]+?\$)", markdown, flags=re.S)
    opening = r'(?<!\w)"(?=[\w$`(*±−-]|$)'
    return "".join(part if code else re.sub(opening, "“", part).replace('"', "”").replace("'", "’")
                   for part, code in zip(parts, itertools.cycle((False, True))))


def plain(markdown):
    """Markdown as plain text, with typographic quotes and formulas in Unicode."""
    def formula(found):
        tex = re.sub(r"\\[td]frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}", found[1] or found[2]).replace("\\tfrac", "\\frac")
        # γ^{1/n} is no γ^1/n
        tex = re.sub(r"\^\{(-?\d+)\}", lambda power: power[1].translate(RAISED), tex)
        tex = re.sub(r"\^\{(?!\\\w+\})([^{}]{2,})\}", r"^{(\1)}", tex)
        shown = " ".join(LatexNodes2Text(math_mode="text").latex_to_text(tex).split())
        shown = re.sub(r"\^([\dtknuT])(?!\w)", lambda power: power[1].translate(RAISED), shown)
        return re.sub(r"_(\d)", lambda small: "₀₁₂₃₄₅₆₇₈₉"[int(small[1])], shown)
    markdown = re.sub(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", formula, curled(markdown), flags=re.S)
    markdown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    markdown = re.sub(r"\*\*|```(python)?\n?|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|`|\\(?=[*])", "", markdown)
    return re.sub(r"^- ", "• ", markdown, flags=re.M).strip()
