"""A deck of slides for each lesson, and a PDF of it, in build/slides."""

import copy
import re
import shutil

import nbformat
from shared import BUILD, SITE, browser, lessons, packages, prepared
from waiting import prediction

from lrcourse.lessons.predictions import all_predictions


FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.S)
LONG = 1200         # characters of prose, from which on a slide with several headings is several slides


def deck(notebook):
    """The notebook as slides: marked cells are slides, the unmarked prose after one becomes its speaker notes."""
    notebook = copy.deepcopy(notebook)
    cells = []
    for cell in asked(split(notebook.cells)):
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        tags = cell.metadata.get("tags", [])
        if "solution" in tags:
            continue
        if kind is None:
            if "exercise" in tags:
                kind = "-"
            elif cell.cell_type == "markdown" and "**Exercise" in cell.source:
                before, stem, exercise = cell.source.partition("**Exercise")
                cells.append(slide(nbformat.v4.new_markdown_cell(FOLD.sub(r"**\1**\2", before)), "notes"))
                cell.source, kind = stem + exercise, "subslide"
            elif cell.cell_type == "markdown":
                kind = "notes"
            else:       # what a slide ends by announcing, with a colon, stands below it
                announced = cells and cells[-1].cell_type == "markdown" and shown(cells[-1]) and cells[-1].source.endswith(":")
                kind = "-" if announced and cell.outputs and not pictured(cell) else "skip"
        # every figure gets a slide of its own: prose, code and figure together don't fit on one
        cells.append(slide(cell, "subslide" if kind == "fragment" else kind))
        if cell.cell_type == "markdown":
            if FOLD.search(cell.source):        # a derivation: the speaker may want it
                folds = "\n\n".join(f"**{title}**\n{text}" for title, text in FOLD.findall(cell.source))
                cell.source = FOLD.sub("", cell.source)
                cells.append(slide(nbformat.v4.new_markdown_cell(folds), "notes"))
            cell.source = re.sub(r"\((\d\d_\w+)\.ipynb(#[^)]*)?\)", r"(\1.html)", cell.source)      # from deck to deck
        else:
            if "exercise" in tags:
                cell.outputs = []
            elif kind != "skip" and not prediction(cell) and ("hide-input" in tags or pictured(cell) and cell.source.count("\n") >= 4):
                # the picture is the point: the code goes to the speaker
                cell.metadata["tags"] = [*tags, "hide-input"]
                cells.append(slide(nbformat.v4.new_markdown_cell(f"```python\n{cell.source}\n```"), "notes"))
    notebook.cells = cells
    return notebook


def split(cells):
    """The cells, with the end of a lesson, its summary and what follows, on a slide for each heading if it's long."""
    for cell in cells:
        kind, pieces = cell.metadata.get("slideshow", {}).get("slide_type"), re.split(r"\n+(?=## )", cell.source)
        if cell.cell_type == "markdown" and kind in ("slide", "subslide") and len(cell.source) > LONG:
            for number, piece in enumerate(pieces):
                yield slide(nbformat.v4.new_markdown_cell(piece), "subslide" if number else kind)
        else:
            yield cell


def asked(cells):
    """The cells, with the choices of each prediction on the slide of its question, apart from a long introduction.

    What came out, and what to say to each choice, goes into the notes.
    """
    result = []
    for cell in cells:
        name = prediction(cell)
        if name and result and "**Predict.**" in result[-1].source:
            question = result.pop()
            kind = question.metadata.get("slideshow", {}).get("slide_type", "subslide")
            before, stem, rest = question.source.partition("**Predict.**")
            if len(before) > 300:       # with more than a heading and a word, the choices would be small
                result.append(slide(nbformat.v4.new_markdown_cell(before.strip()), kind))
                before, kind = "", "subslide"
            question.source = before + stem + rest
            cell.metadata["tags"] = [*cell.metadata["tags"], "hide-input"]
            said = nbformat.v4.new_markdown_cell(spoken(all_predictions()[name].data()))
            result += [slide(question, kind), slide(cell, "-"), slide(said, "notes")]
        else:
            result.append(cell)
    return result


def spoken(answer):
    """The data of a prediction as the speaker wants it."""
    said = {"choice": lambda: [(each["text"], each["say"]) for each in answer["options"]],
            "number": lambda: [(f"{low:g} to {high:g}", say) for low, high, say in answer["zones"]],
            "order": lambda: [(answer["value"], ""), *((f"{a}, {b}", say) for a, b, say in answer["wrong"]), ("", answer["say"])],
            "free": lambda: []}[answer["kind"]]()
    return "\n".join([answer["out"], "", *(f"- **{choice}** {say}" if choice else f"- {say}" for choice, say in said)])


def shown(cell):
    return cell.metadata["slideshow"]["slide_type"] not in ("notes", "skip")


def pictured(cell):
    return any({"image/png", "text/html"} & set(output.get("data", {})) for output in cell.outputs)


def slide(cell, kind):
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


def slides(pdf=False):
    """build/slides/NN_name.html, with all they need in build/slides/assets."""
    from nbconvert import SlidesExporter
    from traitlets.config import Config

    out = BUILD / "slides"
    shutil.rmtree(out, ignore_errors=True)
    modules = packages()
    for part in ("dist", "plugin/notes"):
        shutil.copytree(modules / "reveal.js" / part, out / "assets" / part)
    (out / "assets" / "mathjax").mkdir()
    shutil.copy(modules / "mathjax" / "es5" / "tex-svg.js", out / "assets" / "mathjax")
    config = Config({"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {"hide-input"}},
                     "SlidesExporter": {"reveal_theme": "white", "reveal_url_prefix": "assets"}})
    exporter = SlidesExporter(config=config, template_name="lrslides", extra_template_basedirs=[str(SITE)])
    for path in lessons():
        title = prepared(path).cells[0].source.splitlines()[0].removeprefix("# ")
        notebook = deck(prepared(path))
        notebook.metadata["title"] = title
        html, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem}})
        (out / f"{path.stem}.html").write_text(html, encoding="utf-8")
    if pdf:
        with browser() as chromium:
            print_pdfs(sorted(out.glob("*.html")), chromium)
    return out


def print_pdfs(decks, chromium):
    """A PDF beside each deck, a page for each slide."""
    for deck in decks:
        page = chromium.new_page()
        page.goto(f"{deck.as_uri()}?print-pdf")
        page.wait_for_function("window.fitted")
        page.pdf(path=deck.with_suffix(".pdf"), prefer_css_page_size=True, print_background=True)
        page.close()
