"""The figures of the lessons as files: PNG as their notebooks store them, SVG from running the notebooks, light and dark.

A dark figure has the lightness of each colour turned round, its hue and its strength kept: what was white is nearly black.
"""

import base64
import html
import io
import json
import re

import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image

from lrcourse.lessons.words import gathered

NIGHT = 18      # the darkest grey, so that black on a dark slide can still be seen
KEEP = """
import itertools as _itertools
import matplotlib as _matplotlib
from lrcourse import figures as _figures
_shown, _count = _figures.Figure._repr_mimebundle_, _itertools.count(1)
def _keep(self, include=None, exclude=None):
    with _matplotlib.rc_context(_figures.STYLE | {{"svg.hashsalt": "lrcourse"}}):
        self.savefig(f"{folder}/{{next(_count):02d}}.svg", format="svg", metadata={{"Date": None}})
    return _shown(self)
_figures.Figure._repr_mimebundle_ = _keep
"""


def stored(path):
    """The figures that a notebook shows, in order: (name, title, alt text, PNG)."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                known = [name for name in re.findall(r"""["']([\w-]+)["']""", cell.source) if name in gathered("FIGURES")]
                alt = output.get("metadata", {}).get("image/png", {}).get("alt", output.data.get("text/plain", ""))
                title = gathered("FIGURES")[known[-1]][0] if known else ""
                yield known[-1] if known else "figure", title if "{" not in title else "", alt, base64.b64decode(output.data["image/png"])


def dark(rgb):
    """Colours (..., 3), from 0 to 255, with their lightness turned round."""
    rgb = np.asarray(rgb, float)
    turned = rgb + (255 - rgb.max(-1, keepdims=True) - rgb.min(-1, keepdims=True))
    return (NIGHT + turned * (255 - NIGHT) / 255).round().clip(0, 255).astype(np.uint8)


def dark_png(png):
    """The stored pictures have a palette, so only its 256 colours change."""
    picture = Image.open(io.BytesIO(png)).convert("P", palette=Image.Palette.ADAPTIVE)
    picture.putpalette(dark(np.reshape(picture.getpalette(), (-1, 3))).tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, "png")
    return buffer.getvalue()


def dark_svg(text):
    """Every colour that matplotlib wrote, turned; what has none written is black by SVG's rule, so the whole picture gets one."""
    turn = lambda found: "#" + bytes(dark(list(bytes.fromhex(found[1])))).hex()
    text = re.sub(r"#([0-9a-f]{6})\b", turn, text)
    return re.sub(r"<svg ", f'<svg fill="#{bytes(dark([0, 0, 0])).hex()}" ', text, count=1)


def vector(path, folder):
    """The same figures as SVG, in ``folder``, by running the notebook: some seconds, and for some lessons a minute."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(KEEP.format(folder=folder)))
    NotebookClient(notebook, timeout=600, allow_errors=False, resources={"metadata": {"path": str(path.parent)}}).execute()
    return sorted(folder.glob("*.svg"))


def pack(paths, out, svg=False):
    """``out``/NN_name.png and .dark.png (with ``svg`` also .svg and .dark.svg), and index.html and alt.json with their alt texts."""
    texts, body = {}, ""
    for path in paths:
        found = list(stored(path))
        drawn = vectors(path, out, len(found)) if svg else []
        used = set()
        for number, (name, title, alt, png) in enumerate(found):
            file = f"{path.stem[:2]}_{name}" + (f"_{number + 1}" if name in used or name == "figure" else "")
            used.add(name)
            (out / f"{file}.png").write_bytes(png)
            (out / f"{file}.dark.png").write_bytes(dark_png(png))
            if drawn:
                text = drawn[number].read_text(encoding="utf-8")
                (out / f"{file}.svg").write_text(text, encoding="utf-8")
                (out / f"{file}.dark.svg").write_text(dark_svg(text), encoding="utf-8")
                drawn[number].unlink()
            texts[file] = {"title": title, "alt": alt}
            body += (f'<section><h3>{html.escape(title or file)}</h3><img src="{file}.png" alt="{html.escape(alt)}">'
                     f"<p>{html.escape(file)}: {html.escape(alt)}</p></section>\n")
    (out / "alt.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False), encoding="utf-8")
    return body


def vectors(path, out, count):
    drawn = vector(path, out)
    if len(drawn) != count:
        raise ValueError(f"path={path.name!r} shows {len(drawn)} figures when it is run, and has {count} stored: make outputs")
    return drawn
