"""The lessons as a web site, in build/site."""

import base64
import html
import itertools
import pkgutil
import re
import shutil
import sys

import nbformat
from markdown_it import MarkdownIt
from shared import BUILD, ROOT, SITE, broken, lessons, packages, prepared, run
from waiting import SETTING, hanging, prediction, tagged, waiting

from lrcourse.copies import without_outputs

FRONT = """---
hide-toc: true
---
<nav class="lr-top" aria-label="The course, in short">
<a href="index.html">lrcourse</a> <a href="#the-lessons">Lessons</a> <a href="cheat-sheet.html">Cheat sheet</a>
<a href="api.html">The package</a> <a href="search.html">Search</a>
</nav>

# {title}

<div class="lr-lede">

{invitation}

</div>

~~~{{raw}} html
{explorer}
~~~

<p class="start"><a href="{start}.html">Start reading</a><a href="live/lab/index.html?path={start}.ipynb">Run it in your browser</a></p>

<div class="lr-about">

{first}

<div class="lr-promise">

{promise}

</div>

</div>

{able}

## The lessons

{lessons}

{pages}
"""
CONTENTS = """```{{toctree}}
:hidden:
:caption: {part}
{pages}
```
"""
INVITATION = "Drag the blue curve. Three small networks learn to read digits at the rate that you draw, here and now."
# the course's parts, by the number of the lesson with which each begins
PARTS = {"00": "The rate", "04": "Why it should fall, and the kinds of decay", "08": "Today’s schedules", "11": "At work", "14": "Theory",
         "16": "All of it"}
REFERENCE = "To look things up"
LINKS = ('<p class="lesson-links"><span>Lesson {1} · {2}</span>'
         '<a href="live/lab/index.html?path={0}.ipynb">Open live</a><a href="slides/{0}.html">Slides</a>'
         '<a href="slides/{0}.pdf" aria-label="Slides as PDF">PDF</a><a href="slides/{0}.pptx" aria-label="Slides as PPTX">PPTX</a>'
         '<a href="notebooks/{0}.ipynb" download>Notebook</a></p>')
CHEAT_SHEET = """# Cheat sheet

<p class="lesson-links"><a href="javascript:print()">Print</a></p>
"""
FOOT = ('Code: BSD 3-Clause. Prose and figures: CC BY 4.0. Made with <a href="https://www.sphinx-doc.org/">Sphinx</a> and '
        '<a href="https://github.com/pradyunsg/furo">Furo</a>.')
QUESTION = '<div class="lr-question">\n\n{}\n\n</div>'
NARROW = 60             # characters that the columns of a table may have together before they are too narrow on a phone
BROAD = 720             # as wide as most figures are, in CSS pixels: a wider one may use the margin
ANCHOR = re.compile(r"(?<=\]\()([\w.]*#)([^)\s]+)")        # a link to a heading, as JupyterLab wants it
NEEDS = re.compile(r'^\(Needs the sections? (.+?)\.\)$', re.M)      # where one begins in the middle; a page may set it aside
OPENING = {"shape": "constant", "peak": 0.1}         # a curve that asks to be bent
MODULES = ["schedules", "optimizers", "problems", "training", "sweeping", "theory", "statistics", "figures", "explorers", "frameworks",
           "lessons"]


def slug(link):
    """The same link as MyST wants it: lower case, and no punctuation."""
    return link[1] + re.sub(r"[^\w-]", "", link[2].lower())


def needs(found):
    """What a section builds on, as a note with links."""
    linked = re.sub('(?:the section )?"([^"$`]+)"', lambda title: f"[{title[1]}](#{title[1].replace(' ', '-')})", found[1])
    return f'<div class="lr-needs">\n\nBuilds on {linked}\n\n</div>'


def together(markdown):
    """Markdown whose numbers stay on a line with their %, but in code."""
    parts = re.split(r"(```.*?```|`[^`\n]*`)", markdown, flags=re.S)
    return "".join(part if number % 2 else re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", part) for number, part in enumerate(parts))


def about(notebook):
    """Title, first paragraph (as HTML) and minutes of a lesson."""
    title, first, *rest = notebook.cells[0].source.split("\n\n")
    time = re.search(r"\*\*Time\*\*:\s*(\d+ minutes)?", "\n".join(rest))
    curly = MarkdownIt("commonmark", {"typographer": True}).enable("smartquotes")
    return title.removeprefix("# "), curly.renderInline(first), time[1] or "" if time else ""


def introduction(text):
    """What stands below a lesson's title: its first words, larger, and what it teaches, needs and takes, set apart."""
    first, found, brief = text.strip().partition("**What you'll learn")
    brief = f'\n\n<div class="lr-brief">\n\n{found}{brief}\n\n</div>' * bool(found)
    return f'<div class="lr-lede">\n\n{first.strip()}\n\n</div>{brief}'


def readme(pattern):
    return re.search(pattern, (ROOT / "README.md").read_text(encoding="utf-8"), re.S | re.M)[1].strip()


def site():
    """build/site: the lessons as pages, with search, the package's documentation, and all links relative."""
    source, out = BUILD / "source", BUILD / "site"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(SITE / "static", source / "_static")
    (source / "_static" / "mathjax").mkdir()
    shutil.copy(packages() / "mathjax" / "es5" / "tex-svg.js", source / "_static" / "mathjax")
    shutil.copy(SITE / "conf.py", source)
    items, pages, sheet, minutes = [], [], [], {}
    for path in lessons():
        notebook = prepared(path, static=source / "_static")
        title, first, time = about(notebook)
        sheet += [cell for cell in notebook.cells if "cheat-sheet" in cell.metadata.get("tags", [])]
        head, _, rest = notebook.cells[0].source.partition("\n")
        setting = f"\n\n{SETTING}" * any(map(prediction, notebook.cells))
        number, minutes[path.stem] = path.stem[:2], time
        notebook.cells[0].source = f"{head}\n\n{LINKS.format(path.stem, number, time)}{setting}\n\n{introduction(rest)}"
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = ANCHOR.sub(slug, NEEDS.sub(needs, together(cell.source)))
            elif tagged(cell, "exercise"):      # "Not yet: run the cell again": nothing is run here
                cell.outputs = [output for output in cell.outputs if set(output.get("data", ())) != {"text/plain"}]
        notebook.cells = waiting(notebook.cells)
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and cell.source.startswith("**Predict."):
                cell.source = QUESTION.format(cell.source)
        nbformat.write(notebook, source / path.name)
        if number in PARTS or not items:
            pages.append([PARTS.get(number, "The lessons")])
            items.append(f'{"</ol>" * bool(items)}<h3 class="lesson-part">{PARTS.get(number, "")}</h3><ol class="lesson-list">')
        pages[-1].append(f"{number} {title} <{path.stem}>")
        items.append(f'<li><span class="number" aria-hidden="true">{number}</span><a class="title" href="{path.stem}.html">{title}</a>'
                     f'<span class="time">{time}</span><span class="about">{first}</span></li>')
    if sheet:
        nbformat.write(cheat_sheet(sheet), source / "cheat-sheet.ipynb")
    pages.append([REFERENCE, *["cheat-sheet"] * bool(sheet), "api"])
    from lrcourse.engine import build
    from lrcourse.explorers import TrainIt
    from lrcourse.explorers.working import script

    # what it trains with is loaded when the page is there; its picture, for where no script runs, by nobody else
    if not build.library("wasm").exists():
        build.compile("wasm")
    (source / "_static" / "digits.js").write_text(script(), encoding="utf-8")
    explorer, _, end = TrainIt(**OPENING).html("_static/digits.js").partition("data:image/png;base64,")
    picture, _, end = end.partition('"')
    (source / "_static" / "train-it.png").write_bytes(base64.b64decode(picture))
    (source / "index.md").write_text(FRONT.format(
        # no line of the title ends after a hyphen
        title=readme(r"^# lrcourse: (.*?)$").capitalize().replace("-", "\N{NON-BREAKING HYPHEN}"), first=readme(r"^# .*?\n\n(.*?)\n\n"),
        promise=readme(r"^(Our promise: .*?)\n\n").replace(".** The", ".**\n\nThe"),
        able=readme(r"^(## What you will be able to do.*?)^## "),
        start=lessons()[0].stem, explorer=f'{explorer}_static/train-it.png"{end}', invitation=INVITATION, lessons="".join(items) + "</ol>",
        pages="".join(CONTENTS.format(part=part, pages="\n".join(names)) for part, *names in pages)), encoding="utf-8")
    (source / "api.md").write_text(api(), encoding="utf-8")
    run("-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", source, out)
    (out / "notebooks").mkdir()
    for path in lessons():
        nbformat.write(without_outputs(nbformat.read(path, as_version=4)), out / "notebooks" / path.name)
    for unused in (".doctrees", "_sources"):
        shutil.rmtree(out / unused, ignore_errors=True)
    for path in out.rglob("*.html"):
        page = signed(stacked(accessible(path.read_text(encoding="utf-8"))))
        path.write_text(broad(held(hanging(neighbours(page, minutes)))), encoding="utf-8")
    silent(out / "_static" / "searchtools.js")
    wrong = broken(out, elsewhere=("slides/", "live/"))
    if wrong:
        sys.exit("\n".join(wrong))
    return out


def silent(script):
    """The search, whose excerpts no longer quote what a page covers."""
    text, changed = re.subn(r'\[(?="\.headerlink", "script", "style"\])', '[".lr-wait", ', script.read_text(encoding="utf-8"))
    assert changed == 1, "Sphinx's search has changed"
    script.write_text(text, encoding="utf-8")


def accessible(page):
    """A page of the theme, with what axe-core finds missing: names for its two sides, and a heading; a part's name is none."""
    for old, new in (('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="The course">'),
                     ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
                     ('<p class="caption" role="heading">', '<p class="caption">'),
                     ('<div id="search-results"', '<h1>Search</h1>\n<div id="search-results"')):
        page = page.replace(old, new)
    return page


def signed(page):
    """A page at whose foot the licence stands, before the theme's makers."""
    return re.sub(r'(<div class="left-details">).*?Made with.*?(?=</div>)', rf"\1{FOOT}", page, flags=re.S)


def stacked(page):
    """A page whose tables of sentences have, on a phone, their cells below each other, each with its column's name."""
    def cells(part, kind):
        return re.findall(rf"<{kind}\b[^>]*>(.*?)</{kind}>", part, re.S)

    def plain(cell):
        return re.sub(r"<[^>]+>", "", cell).strip()

    def table(found):
        names = [plain(name) for name in cells(found[0], "th")]
        rows = [list(map(plain, cells(row, "td"))) for row in cells(found[0], "tr")]
        longest = [max(len(row[i]) for row in rows if len(row) > i) for i in range(len(names))] if any(rows) else []
        if len(names) < 3 or sum(longest) <= NARROW:
            return found[0]
        columns = itertools.cycle(html.escape(name) for name in names)
        return re.sub(r"<td\b", lambda cell: f'{cell[0]} data-column="{next(columns)}"',
                      found[0].replace('<table class="', '<table class="lr-stack ', 1))

    return re.sub(r"<table class=\"docutils.*?</table>", table, page, flags=re.S)


def neighbours(page, minutes):
    """A page whose links to the lessons before and after it say how long those take."""
    def longer(found):
        time = minutes.get(found[2])
        return f"{found[1]}{found[3]}{f' · {time}' * bool(time)}</span>"

    link = r'(<a class="(?:next|prev)-page" href="([\w-]+)\.html">(?:(?!</a>).)*?<span>)(Next|Previous)</span>'
    return re.sub(link, longer, page, flags=re.S)


def held(page):
    """A page where no line begins with the comma behind a formula, which a browser takes for a picture."""
    return re.sub(r"(<span class=\"math [^>]*>[^<]*</span>)([,.;:?!)”’]+)", r'<span class="lr-held">\1\2</span>', page)


def broad(page):
    """A page whose wide figures may use the margin (``lrcourse.css``); all others are as wide as the column of prose."""
    return re.sub(r'<img (?=[^>]*? width="(\d+)")', lambda found: '<img class="lr-broad" ' if int(found[1]) > BROAD else found[0], page)


def cheat_sheet(cells):
    """The cells tagged ``cheat-sheet`` as a page of their own, without their code."""
    for cell in cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = ["remove-input"]
        else:       # their own heading stands one level below the page's title, whatever it was in the lesson
            cell.source = re.sub(r"^#+ Cheat sheet\s*\n", "", cell.source, flags=re.I)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(CHEAT_SHEET, id="title"), *cells])


def api():
    """The package's documentation, a section for each module in the order in which they build on each other."""
    import lrcourse

    found = [module.name for module in pkgutil.iter_modules(lrcourse.__path__)]
    names = [name for name in MODULES if name in found] + sorted(set(found) - set(MODULES))
    options = dict.fromkeys(("explorers", "frameworks", "lessons"), ":imported-members:\n")
    return "# The package\n\n" + "\n".join(
        f"## {name}\n\n```{{eval-rst}}\n.. automodule:: lrcourse.{name}\n   {options.get(name, '')}```\n" for name in names)
