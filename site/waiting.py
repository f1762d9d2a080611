"""What a page keeps back: the answer to a prediction until the reader has chosen or asked, and the checks, folded.

Both are ``<details>``, so that they open without a script, by a search in the page and by a link into them; ``static/wait.js``
opens all that belongs to a prediction at once, and remembers it.
"""

import ast
import copy
import html
import re
from itertools import groupby

import nbformat
from markdown_it import MarkdownIt

FIRST = "Choose first, or <span>just show me</span>"
MORE = "This waits as well. <span>Show it</span>"
FAR = 12             # blanks before a line that goes on below a bracket: on a phone they would leave it half the screen
CHECK = "The check, {} {}"
ALWAYS = "Always show what came out"
SETTING = f"""<div class="lr-setting" hidden><label><input type="checkbox"> {ALWAYS}</label></div>
<script src="_static/wait.js"></script>"""
NAME = re.compile(r"""^predict\(\s*["']([\w-]+)["']""", re.M)


def tagged(cell, tag):
    return tag in cell.metadata.get("tags", [])


def prediction(cell):
    """The name of the prediction that a cell asks for, or ""."""
    found = cell.cell_type == "code" and tagged(cell, "predict") and NAME.search(cell.source)
    return found[1] if found else ""


def statements(cell):
    """The code of a cell as a list of statements; none where it isn't Python alone."""
    try:
        return ast.parse(cell.source).body if cell.cell_type == "code" else []
    except SyntaxError:
        return []


def asserts(cell):
    return any(isinstance(node, ast.Assert) for statement in statements(cell) for node in ast.walk(statement))


def is_check(cell):
    """Whether a cell is there for its assertions: it ends with one, and what stands before only computes what they need.

    A cell that defines something, or whose loop computes, is there to be read, whatever it ends with.
    """
    code = statements(cell)
    if not code or not isinstance(code[-1], ast.Assert) or tagged(cell, "exercise"):
        return False
    return all(isinstance(each, (ast.Assign, ast.Assert, ast.Expr)) or isinstance(each, ast.For) and any(map(says, ast.walk(each)))
               for each in code)


def says(node):
    return isinstance(node, ast.Assert) or isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"


# ---- covers and folds ------------------------------------------------------------------------------------------------

def waiting(cells):
    """The cells of a lesson as its page shows them.

    From a prediction to the next one, or to the next heading, outputs, assertions, exercises and prose are covered. The
    code of the runs stays in sight, and so does the next question, which begins with "**Predict.**".
    """
    shown, name = [], ""            # pairs: the prediction by which a cell is covered, or "", and the cell
    for cell in cells:
        if prediction(cell):
            name = prediction(cell)
            cell = copy.deepcopy(cell)
            cell.metadata["tags"] = [*cell.metadata["tags"], "remove-input"]
            shown.append(("", cell))
            continue
        for part in parts(cell):
            if part.cell_type == "markdown" and part.source.startswith("#"):
                name = ""
            if not name or part.cell_type == "markdown" and part.source.startswith("**Predict."):
                shown.append(("", part))
            elif part.cell_type == "markdown" or asserts(part) or tagged(part, "exercise"):
                shown.append((name, part))
            else:
                code, outputs = apart(part)
                shown += [("", code), *([(name, outputs)] if outputs.outputs else [])]
    seen, page = set(), []
    for name, group in groupby(shown, key=lambda pair: pair[0]):
        group = folded([cell for _, cell in group])
        if name:
            more, words = (" lr-more", MORE) if name in seen else ("", FIRST)
            opening = f'<details class="lr-wait{more}" data-for="{name}"><summary>{words}</summary>'
            group = [raw(opening, f"{group[0].id}-wait"), *group, raw("</details>", f"{group[0].id}-end")]
            seen.add(name)
        page += group
    return page


def folded(cells):
    """The cells, with checks that follow on each other in one fold; what they print stands below it."""
    result = []
    for check, group in groupby(cells, key=is_check):
        group = list(group)
        if check:
            codes, outputs = zip(*map(apart, group))
            count = sum(bool(line.strip()) for code in codes for line in code.source.split("\n"))
            title = CHECK.format(count, "line" if count == 1 else "lines")
            group = [raw(f'<details class="lr-check"><summary>{title}</summary>', f"{group[0].id}-fold"), *codes,
                     raw("</details>", f"{group[0].id}-folded"), *(each for each in outputs if each.outputs)]
        result += group
    return result


def raw(text, name):
    return nbformat.v4.new_markdown_cell(text, id=name)


def apart(cell):
    """A cell's code, and what came out of it, as two cells."""
    code, outputs = copy.deepcopy(cell), copy.deepcopy(cell)
    code.outputs = []
    outputs.id, outputs.metadata["tags"] = f"{cell.id}-out", [*cell.metadata.get("tags", []), "remove-input"]
    return code, outputs


def parts(cell):
    """A cell of prose, cut where a heading or a question begins."""
    if cell.cell_type != "markdown":
        return [cell]
    tokens = MarkdownIt().parse(cell.source)
    begins = sorted({0, *(token.map[0] for token, inside in zip(tokens, tokens[1:]) if token.level == 0 and (
        token.type == "heading_open" and token.markup.startswith("#") or inside.content.startswith("**Predict.")))})
    lines = cell.source.split("\n")
    pieces = ["\n".join(lines[begin:end]).strip() for begin, end in zip(begins, [*begins[1:], None])]
    if len(pieces) == 1:
        return [cell]
    return [nbformat.v4.new_markdown_cell(piece, id=f"{cell.id}-{number}", metadata=cell.metadata)
            for number, piece in enumerate(pieces) if piece]


# ---- lines -----------------------------------------------------------------------------------------------------------

def hanging(page):
    """A page whose lines of code and of output are elements of their own, which know how far they are indented.

    So one that is too long for a screen goes on below itself, further in (``lrcourse.css``), broken behind a dot, a comma or
    a bracket rather than in a name.
    """
    def block(found):
        lines = found[1].removesuffix("\n").split("\n")
        if any(text.count("<span") != text.count("</span>") or "<div" in text for text in lines):
            return found[0]         # the source code of the package has elements that go over lines
        return f"<pre>{''.join(map(line, lines))}</pre>"

    def line(text):
        words = html.unescape(re.sub(r"<[^>]*>", "", text))
        indent = len(words) - len(words.lstrip(" "))
        # the blanks that a line begins with, wherever its first element is: on a phone they are half as wide
        text = re.sub(r"^((?:<span[^>]*>)?)( +)", r'\1<span class="lr-in">\2</span>', text)
        text = re.sub(r'( {2,})(</span>)?(?=<span class="c1">)', r'<span class="lr-gap">\1</span>\2', text)        # before a comment
        text = re.sub(r'(<span class="[op]">[^<]*[.,(\[{=]</span>)(?=.)', r"\1<wbr>", text)
        far = " lr-far" * (indent > FAR)
        return f'<span class="lr-line{far}"{f" style=--in:{indent}" * bool(indent)}>{text}\n</span>'

    return re.sub(r"<pre>(.*?)</pre>", block, page, flags=re.S)
