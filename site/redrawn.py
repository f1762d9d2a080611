"""The lessons' figures drawn anew for slides: small paper, in the shape of a slide, so that letters are large; no title, which is
the headline.

That runs the notebooks, two at a time, which takes a minute or two; what was drawn is kept in build/redrawn until the notebook or
the package changes. ``make slides`` and ``make publish`` ask for it; without it a deck shows the notebooks' stored pictures.
"""

import hashlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path

import nbformat
from stops import source

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "build" / "redrawn"
SHAPE = 1212 / 590                            # what a headline of one line leaves of a slide
HEIGHT, ROW, AROUND = 3.1, 0.18, 0.8          # inches: 11 points are 29 pixels of a slide then; a row and its name; what is below
SCALES, DPI = (1, 1.1, 1.2, 1.35, 1.5), 260   # of the paper: the first at which no words are in each other's way
WATCH = "import sys; sys.path.insert(0, {site!r}); import redrawn; redrawn.watch({folder!r})"


# ---- for the builder ---------------------------------------------------------------------------------------------------

def place(path):
    """The folder for the figures of a notebook."""
    known = hashlib.sha256((source() + Path(__file__).read_text(encoding="utf-8")).encode())
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            known.update(cell.source.encode())
    return FOLDER / f"{path.stem}_{known.hexdigest()[:16]}"


def figures(path):
    """{name: PNG}, what has been drawn of a notebook: nothing, before ``redraw``."""
    return {each.stem: each.read_bytes() for each in place(path).glob("*.png")}


def redraw(paths):
    """Draw what is missing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [path for path in paths if not place(path).is_dir()]))


def run(path):
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        notebook, pictures = nbformat.read(path, as_version=4), Path(folder) / "pictures"
        pictures.mkdir()
        notebook.cells.insert(0, nbformat.v4.new_code_cell(WATCH.format(site=str(HERE), folder=str(pictures))))
        nbformat.write(notebook, Path(folder) / "run.ipynb")
        done = subprocess.run([sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(Path(folder) / "run.ipynb")],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900)
        if done.returncode:         # lesson 13 without the frameworks, say
            print(f"{path.name} stopped, so its later figures are the stored ones: {(done.stderr or done.stdout).strip()[-300:]}")
        pictures.rename(place(path))


# ---- in the notebook ---------------------------------------------------------------------------------------------------

def watch(folder):
    """From now on each figure is drawn when it gets its name, which is when it is complete."""
    from lrcourse import figures
    from lrcourse.figures import Figure

    def canvas(height, rows=0):
        tall = max(HEIGHT, AROUND + ROW * rows)
        return Figure(figsize=(SHAPE * tall, tall))

    figures._canvas = canvas

    def named(figure, name):
        vars(figure)["name"] = name
        if name:
            draw(figure, f"{folder}/{name}.png")
    Figure.words = property(lambda figure: vars(figure).get("name", ""), named)


def draw(figure, path):
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from lrcourse.figures import STYLE

    with matplotlib.rc_context(STYLE):
        # over panels that have titles of their own there is one for all
        size, title = figure.get_size_inches(), figure._suptitle or figure.axes[0]._left_title
        text = title.get_text()
        title.set_text("")
        for scale in SCALES:
            figure.set_size_inches(size * scale)
            FigureCanvasAgg(figure).draw()
            turn_marks(figure)
            if not crowded(figure):
                break
        figure.savefig(path, dpi=DPI)
        figure.set_size_inches(size)
        title.set_text(text)


def turn_marks(figure):
    """The name of a vertical line goes to the left of it where it would lie on another."""
    marks = [text for axes in figure.axes for text in axes.texts if getattr(text, "xycoords", "") == ("data", "axes fraction")]
    for mark in reversed(marks):
        if not crowded(figure):
            break
        mark.set_ha("right")
        mark.xyann = -abs(mark.xyann[0]), mark.xyann[1]


def crowded(figure):
    """Whether words leave the paper, or lie on each other."""
    texts = list(figure.texts)
    for axes in figure.axes:
        texts += [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        texts += axes.get_legend().get_texts() if axes.get_legend() else []
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            low, high = sorted(axis.get_view_interval())
            texts += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [text.get_window_extent() for text in texts if text.get_visible() and text.get_text().strip()]
    page = figure.bbox
    if any(box.x0 < page.x0 - 1 or box.y0 < page.y0 - 1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1 for box in boxes):
        return True
    apart = lambda a, b: min(a.x1, b.x1) - max(a.x0, b.x0) < -6 or min(a.y1, b.y1) - max(a.y0, b.y0) < 2
    return not all(apart(a, b) for a, b in combinations(boxes, 2))
