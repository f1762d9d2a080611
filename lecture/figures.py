"""The figures of the lessons as files: PNG as their notebooks store them, SVG from running the notebooks, light and dark.

A dark figure has the lightness of each colour turned round, its hue and its strength kept: what was white is nearly black.
"""

import base64
import html
import io
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image

from lrcourse.lessons.words import gathered

NIGHT = 18      # the darkest grey, so that black on a dark slide can still be seen
KEEP = """
import matplotlib as _matplotlib
from lrcourse import figures as _figures
def _keep(self, words):
    self.__dict__["_words"] = words
    if words:
        with _matplotlib.rc_context(_figures.STYLE | {{"svg.hashsalt": "lrcourse"}}):
            self.savefig(f"{folder}/{{words}}.svg", format="svg", metadata={{"Date": None}})
_figures.Figure.words = property(lambda self: self.__dict__.get("_words", ""), _keep)
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


def vector(path):
    """The figures with a name as SVG, {name: text}, by running the notebook: seconds, for some lessons a minute.

    Each is written when it gets its name, which is when it is complete; an explorer draws none.
    """
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(KEEP.format(folder=folder)))
        nbformat.write(notebook, Path(folder) / "run.ipynb")
        subprocess.run([sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(Path(folder) / "run.ipynb")],
                       capture_output=True, check=True, stdin=subprocess.DEVNULL, timeout=600)
        return {each.stem: each.read_text(encoding="utf-8") for each in Path(folder).glob("*.svg")}


def pack(paths, out, svg=False):
    """``out``/NN_name.png and .dark.png (with ``svg`` also .svg and .dark.svg), and index.html and alt.json with their alt texts."""
    texts, body = {}, ""
    for path in paths:
        found = list(stored(path))
        drawn = vector(path) if svg else {}
        used = set()
        for number, (name, title, alt, png) in enumerate(found):
            file = f"{path.stem[:2]}_{name}" + (f"_{number + 1}" if name in used or name == "figure" else "")
            used.add(name)
            (out / f"{file}.png").write_bytes(png)
            (out / f"{file}.dark.png").write_bytes(dark_png(png))
            if name in drawn:
                (out / f"{file}.svg").write_text(drawn[name], encoding="utf-8")
                (out / f"{file}.dark.svg").write_text(dark_svg(drawn[name]), encoding="utf-8")
            texts[file] = {"title": title, "alt": alt}
            body += (f'<section><h3>{html.escape(title or file)}</h3><img src="{file}.png" alt="{html.escape(alt)}">'
                     f"<p>{html.escape(file)}: {html.escape(alt)}</p></section>\n")
    (out / "alt.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False), encoding="utf-8")
    return body
