"""What the tests of slides, site and live edition share: the build, a browser without a network, a server under a sub-path.

They build from notebooks in which one word was changed, so that they see the change arrive. With ``PUBLISHED=build/publish``
they look at that folder, which ``make publish`` made.
"""

import functools
import http.server
import os
import re
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "site"))

import build  # noqa: E402
import shared  # noqa: E402

if not os.environ.get("CI"):
    pytest.importorskip("playwright")
    if not any(map(shutil.which, shared.BROWSERS)) or not shutil.which("npm"):
        pytest.skip("slides, site and live edition are built with npm and looked at in chromium", allow_module_level=True)

LESSONS = [path.stem for path in shared.lessons()]
WORD = "Wanderfalke"
PUBLISHED = os.environ.get("PUBLISHED")
# no address but this machine's can be found
FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@contextmanager
def built(part, tmp, **options):
    """One of the three forms, made from notebooks in which a word was added to the first lesson."""
    if PUBLISHED:
        yield (ROOT / PUBLISHED / part) if part != "site" else ROOT / PUBLISHED
        return
    originals, shared.NOTEBOOKS = shared.NOTEBOOKS, tmp / "notebooks"
    shutil.copytree(originals, shared.NOTEBOOKS, ignore=shutil.ignore_patterns(".*"))
    edited = shared.lessons()[0]
    notebook = nbformat.read(edited, as_version=4)
    notebook.cells[0].source = notebook.cells[0].source.replace("\n\n", f"\n\n{WORD} ", 1)
    nbformat.write(notebook, edited)
    try:
        yield getattr(build, part)(**options)
    finally:
        shared.NOTEBOOKS = originals


@contextmanager
def served(folder, tmp):
    """The address of ``folder`` on a server of static files, which has it under a path of its own."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    (tmp / "some").mkdir()
    (tmp / "some" / "where").symlink_to(folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/some/where/"
        server.shutdown()


def answers(name):
    """What must not be read before the prediction ``name`` is answered: titles and descriptions of the figures that answer it."""
    from lrcourse.lessons.predictions import all_predictions
    from lrcourse.lessons.words import gathered

    texts = [text for figure in all_predictions()[name].figures(name) for text in gathered("FIGURES").get(figure, ())]
    return [max(re.split(r"\{.*?\}", text), key=len) for text in texts]       # without the fields that are filled in later


def chromium():
    return shared.browser(*FLAGS)


def watched(browser, home="file:", **options):
    """A new page and a list that fills with what goes wrong on it: errors, failed requests, requests that leave ``home``."""
    page, complaints = browser.new_context(**options).new_page(), []
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda said: complaints.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("request", lambda request: None if request.url.startswith((home, "data:", "blob:", "about:"))
            else complaints.append(f"asks for {request.url}"))
    # what is still on its way when a page is left is aborted; what can't be had fails otherwise
    page.on("requestfailed", lambda request: None if "ERR_ABORTED" in request.failure
            else complaints.append(f"failed: {request.url} {request.failure}"))
    page.on("response", lambda reply: complaints.append(f"{reply.status}: {reply.url}") if reply.status >= 400 else None)
    return page, complaints


def drive(page, slider):
    """Move the slider of an interact by keyboard and by mouse: picture and words follow."""
    control, image = slider.locator("input"), slider.locator("img")
    count, start = int(control.get_attribute("max")), int(control.input_value())
    seen = {(image.get_attribute("src"), image.get_attribute("alt"))}

    def moved(to):
        page.wait_for_function("([image, text]) => image.dataset.stop === text && image.complete && image.naturalWidth > 0",
                               arg=[image.element_handle(), control.get_attribute("aria-valuetext")], timeout=20_000)
        assert int(control.input_value()) == to and slider.locator("output").inner_text() == control.get_attribute("aria-valuetext")
        seen.add((image.get_attribute("src"), image.get_attribute("alt")))

    control.focus()
    page.keyboard.press("ArrowRight")
    moved(start + 1)
    page.keyboard.press("End")
    moved(count)
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 9, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + (box["width"] - 16) * 0.2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    moved(round(0.2 * count))
    assert len(seen) == 4 and len({alt for _, alt in seen}) == 4
    spoken = slider.locator("[role=status]")
    page.wait_for_function("([node, alt]) => node.textContent === alt", arg=[spoken.element_handle(), image.get_attribute("alt")])


def slowness():
    """How much slower than when idle this machine is: 1 alone, more where others work beside the tests."""
    began = time.perf_counter()
    sum(number * number for number in range(1_000_000))
    return max(1.0, (time.perf_counter() - began) / 0.07)
