"""The animation in README.md, from the site's front page: a curve is drawn, and a network answers. (make picture)

Chromium drags over the explorer TrainIt of build/site, as a visitor would; what it shows is what it trained.
"""

import io
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "site"))
from shared import BUILD, browser  # noqa: E402

OUT = ROOT / "site" / "train_it.webp"
# where the hand goes, in parts of the canvas's width and height: high for long, then down
CURVE = [(0.14, 0.31), (0.20, 0.32), (0.32, 0.34), (0.45, 0.36), (0.58, 0.40), (0.70, 0.46), (0.80, 0.53), (0.90, 0.62), (0.97, 0.72)]
WIDTH, EDGE, BETWEEN, LAST = 860, 12, 350, 3000       # of the picture and around it in pixels, of its frames in milliseconds


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


def frames(page):
    page.wait_for_function("document.querySelector('.lrx data[data-name=error]')", timeout=60_000)
    page.wait_for_timeout(8000)             # the rivals are trained when the page is idle
    box, top, last = (page.locator(part).first.bounding_box() for part in ("canvas.lrx-rate", ".lrx", "canvas.lrx-wrong"))
    area = {"x": top["x"] - EDGE, "y": top["y"] - EDGE, "width": top["width"] + 2 * EDGE,
            "height": last["y"] + last["height"] - top["y"] + 2 * EDGE}
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in CURVE]

    def shot():
        page.wait_for_timeout(300)
        shot = Image.open(io.BytesIO(page.screenshot(clip=area))).convert("RGB")
        return shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)))

    yield shot()
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=4)
        yield shot()
    page.mouse.up()
    yield shot()


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=BUILD / "site"))
    Thread(target=server.serve_forever, daemon=True).start()
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1000, "height": 1000}, color_scheme="light")
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        shots = list(frames(page))
    shots[0].save(OUT, save_all=True, append_images=shots[1:], duration=[BETWEEN] * (len(shots) - 1) + [LAST], loop=0, quality=70)
    print(OUT, f"{OUT.stat().st_size / 1000:.0f} kB")
    server.shutdown()


if __name__ == "__main__":
    main()
