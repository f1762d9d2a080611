"""The sliders of ``interact`` where there is no Python: the figure of each stop, drawn when the pages are built.

``drawn`` runs the function of a cell at every stop of its slider, ``stand_in`` makes of that a piece of HTML: the picture
that the notebook shows first, and a slider that loads the others once it is touched. Without a script the picture remains.
"""

import ast
import base64
import contextlib
import hashlib
import io
import json
import re
import zlib
from pathlib import Path
from unittest import mock

import nbformat

from lrcourse import explorers, figures
from lrcourse.engine import build as kernel
from lrcourse.lessons.ui import SLIDER

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "stops"
INTERACT = re.compile(r"\binteract(?:_manual)?\(")
MOST = 60           # stops of a slider: more would be too much to load
PIECE = """<div class="lr-stops"><style>%s</style>%s</div>
<script>(() => { "use strict";
%s
stops(document.currentScript.previousElementSibling, %s);
})();</script>"""


# ---- what a cell with interact calls ---------------------------------------------------------------------------------

def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def has_slider(cell):
    return cell.cell_type == "code" and bool(INTERACT.search(cell.source))


def names(node, kind):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, kind)}


def binds(statement):
    """The names that a statement gives a value."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    return names(statement, ast.Store)


def statements(cell):
    """Its lines of Python; those that only Jupyter knows are left out."""
    return ast.parse("\n".join(line for line in cell.source.splitlines() if line[:1] not in ("%", "!"))).body


def before(cells, k):
    """The statements of earlier cells that cell k needs, and no more: not the trainings that it doesn't use."""
    needed, kept = set().union(*(names(s, ast.Load) for s in statements(cells[k]))), []
    for statement in reversed([s for cell in cells[:k] if "exercise" not in cell.metadata.get("tags", []) for s in statements(cell)]):
        if binds(statement) & needed:
            needed |= names(statement, ast.Load)
            kept.append(statement)
    return kept[::-1]


def calls(path, k):
    """(function, settings) of each interact in code cell k, which runs with an ``interact`` that only takes them down."""
    import ipywidgets

    cells, found = code_cells(path), []

    def interact(function=None, **settings):
        if function is None:        # used as a decorator
            return lambda function: interact(function, **settings)
        found.append((function, settings))
        return function

    module = ast.Module([*before(cells, k), *statements(cells[k])], [])
    with mock.patch.multiple(ipywidgets, interact=interact, interact_manual=interact), contextlib.redirect_stdout(io.StringIO()):
        exec(compile(module, f"{path.stem}[{k}]", "exec"), {})
    return found


# ---- every stop ------------------------------------------------------------------------------------------------------

def values(slider):
    """The value of each stop of a slider of ipywidgets, and the number of the one where it stands."""
    count = round((slider.max - slider.min) / slider.step) + 1
    if not 2 <= count <= MOST:
        raise ValueError(f"the slider of {slider.description} has {count} stops; from 2 to {MOST} can be drawn beforehand")
    at = [slider.min + i * slider.step for i in range(count)]
    found = [slider.base ** v for v in at] if hasattr(slider, "base") else [round(v, 12) for v in at]
    return found, min(range(count), key=lambda i: abs(found[i] - slider.value))


def svg(figure):
    """A figure as SVG, with coordinates to a tenth of a point."""
    import matplotlib

    text = io.StringIO()
    with matplotlib.rc_context(figures.STYLE | {"svg.hashsalt": "lrcourse"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    rounded = lambda found: re.sub(r"-?\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), found[0])
    return re.sub(r' (?:d|x|y)="[^"]*"', rounded, text.getvalue())


def source():
    """A fingerprint of what a figure depends on beside its cell."""
    package = Path(figures.__file__).parent
    files = [*sorted(package.rglob("*.py")), *kernel.SOURCES, Path(__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def drawn(path, cell_id):
    """All stops of the slider in a cell: {label, texts, start, first (HTML), alts, pictures (SVG)}; kept in build/stops."""
    import ipywidgets

    cells = code_cells(path)
    k = next(k for k, cell in enumerate(cells) if cell.id == cell_id)
    code = "\n".join(map(ast.unparse, [*before(cells, k), *statements(cells[k])]))
    kept = KEPT / f"{hashlib.sha256((source() + code).encode()).hexdigest()[:24]}.json"
    if kept.exists():
        return json.loads(kept.read_text(encoding="utf-8"))
    found = calls(path, k)
    if len(found) != 1 or len(found[0][1]) != 1:
        raise ValueError(f"{path.name}, cell {cell_id}: it must call interact once, with one slider")
    (function, settings), = found
    slider = ipywidgets.interactive(function, **settings).children[0]
    at, start = values(slider)
    with contextlib.redirect_stdout(io.StringIO()):
        shown = [function(**{name: value for name in settings}) for value in at]
    result = {"label": slider.description, "texts": [format(value, slider.readout_format) for value in at], "start": start,
              "first": shown[start]._repr_mimebundle_()[0]["text/html"], "alts": [figure.alt for figure in shown],
              "pictures": [svg(figure) for figure in shown]}
    KEPT.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{id(result)}")           # tests build side by side
    part.write_text(json.dumps(result), encoding="utf-8")
    part.replace(kept)
    return result


# ---- a piece of HTML -------------------------------------------------------------------------------------------------

def stand_in(path, cell_id, static=None):
    """What stands on a page or a slide in place of the slider in a cell.

    ``static``: the folder ``_static`` beside the page, for what is loaded when the slider is touched. Without it the piece holds all.
    """
    stops = drawn(path, cell_id)
    pictures = [picture.split("\n") for picture in stops["pictures"]]
    lines = {line: number for number, line in enumerate(dict.fromkeys(sum(pictures, [])))}     # most are in all of the pictures
    pictures = [[lines[line] for line in picture] for picture in pictures]
    packed = base64.b64encode(zlib.compress(json.dumps([stops["alts"], list(lines), pictures]).encode(), 9)).decode()
    about = {name: stops[name] for name in ("label", "texts", "start")} | {"words": SLIDER}
    name = f"stops-{path.stem[:2]}-{cell_id[:8]}"
    if static:
        (static / f"{name}.js").write_text(f'(globalThis.lrcourseStops ??= {{}})["{name}"] = "{packed}";\n', encoding="utf-8")
        about |= {"name": name, "script": f"_static/{name}.js"}
    else:
        about |= {"packed": packed}
    parts = [explorers.base.HERE / file for file in ("parts.js", "unpack.js")] + [Path(__file__).with_suffix(".js")]
    script = re.sub(r"^import .*\n|^export ", "", "\n".join(part.read_text(encoding="utf-8") for part in parts), flags=re.M)
    style = "".join(file.read_text(encoding="utf-8") for file in (explorers.base.HERE / "parts.css", Path(__file__).with_suffix(".css")))
    return PIECE % (style, stops["first"], script.replace("</", "<\\/"), json.dumps(about).replace("</", "<\\/"))
