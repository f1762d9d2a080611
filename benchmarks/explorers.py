"""How fast the explorers answer, beside ipywidgets.interact with matplotlib, in JupyterLab and Chromium.

    python benchmarks/explorers.py            prints three tables: of the machine as it is, and with one and two processes
                                              that compute all the time; --write puts them into benchmarks/EXPLORERS.md

A hand drags for three seconds, at 125 moves per second. In every frame of the browser the script reads the pixels back and
notes where the slider stands. It counts

- frames/s: how often the picture changed while dragging;
- lag: from the frame in which the slider shows a value to the frame in which the picture shows it, in ms. Of an explorer
  we know the value of a picture from its figures, and that they belong together by setting a few values again afterwards
  and comparing the pixels; the picture of the baseline carries its value in a row of black and white squares;
- event to draw: of a slider from its `input` event, of a cut from the move of the mouse, which waits for the next frame;
- key to draw, key to pixels: from pressing an arrow key until the drawing is done, and until a frame shows it;
- blank frames, layout shift (Chromium's own measure), and the script's share of the machine: the rate of empty frames
  of the page while nothing happens.
"""

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import async_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]
from labserver import CHROMIUM, FLAGS, READY, jupyterlab  # noqa: E402

SECONDS = 3.0
CELLS = {
    "explorers": "from IPython.display import display\nfrom lrcourse.explorers import Ravine, ScheduleExplorer, YouDecayIt",
    "Ravine": "Ravine(noise=0.5)",
    "ScheduleExplorer": "ScheduleExplorer()",
    "YouDecayIt": "YouDecayIt(cuts=[390, 480])",
    "interact": """
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import IntSlider, interact
from lrcourse import SGD, constant, ravine, train
%matplotlib inline

x, y = np.meshgrid(np.linspace(-2.2, 2.2, 160), np.linspace(-1.4, 1.4, 110))
problem = ravine(curvature=(1.0, 20.0), noise=0.5)
surface = np.log(problem.value(np.stack([x, y], axis=-1)) + 0.04)

def draw(k):
    history = train(problem, SGD(), constant(10 ** (-3 + 3 * k / 1000)), epochs=60, seeds=0)
    figure = plt.figure(figsize=(8.6, 4.2))
    grid = figure.add_gridspec(2, 2, width_ratios=[1.55, 1], top=0.88)
    axes = [figure.add_subplot(part) for part in (grid[:, 0], grid[0, 1], grid[1, 1])]
    axes[0].contourf(x, y, surface, 14, cmap="Blues_r", alpha=0.6)
    axes[0].plot(*history.path[0].T, color="#222222", marker="o", ms=2.6)
    axes[0].set(xlim=(-2.2, 2.2), ylim=(-1.4, 1.4))
    axes[1].semilogy(history.test_loss[0])
    axes[2].plot(history.lr[0])
    bits = [[1, 0] + [k >> i & 1 for i in range(10)]]
    figure.add_axes([0, 0.94, 1, 0.06]).imshow(bits, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    figure.axes[-1].axis("off")
    plt.show()

interact(draw, k=IntSlider(500, 0, 1000));
""",
}

# per frame: time, where the slider stands, what the picture shows (a hash, or the number in its squares), the figures
INSTRUMENT = """(() => {
  const probe = document.createElement('canvas'), draw = probe.getContext('2d', { willReadFrequently: true });
  const hash = ({ data }) => {
    const words = new Uint32Array(data.buffer);
    let h = 2166136261, any = 0;
    for (let i = 0; i < words.length; i += 3) { h = Math.imul(h ^ words[i], 16777619); any |= words[i]; }
    return any ? h : null;
  };
  const bench = window.bench = { on: false, frames: [], drawn: [], shifts: [],
    explorer(root) {
      const canvas = root.querySelector('.lrx-mapcanvas, canvas.lrx-loss'), c = canvas.getContext('2d');
      bench.slider = () => root.querySelector('.bench-slider')?.getAttribute('aria-valuenow') ?? root.querySelector('.bench-slider').value;
      bench.picture = () => canvas.width ? hash(c.getImageData(0, 0, canvas.width, canvas.height)) : null;
      bench.figures = () => [...root.querySelectorAll('data')].map(d => d.value).join(' ');
      bench.signature = () => root.querySelector('.bench-slider').getAttribute('aria-valuetext');
    },
    baseline(root) {
      bench.slider = () => root.querySelector('.noUi-handle').getAttribute('aria-valuetext');
      bench.signature = () => String(Math.round(Number(bench.slider())));
      bench.picture = () => {
        const image = root.querySelector('.jp-OutputArea-output img'), width = image?.naturalWidth;
        if (!width) return null;
        probe.width = 12; probe.height = 1;
        draw.imageSmoothingEnabled = false;
        draw.drawImage(image, 0, image.naturalHeight * 0.03, width, 1, 0, 0, 12, 1);
        const { data } = draw.getImageData(0, 0, 12, 1), bit = i => data[4 * i] > 127 ? 1 : 0;
        if (!bit(0) || bit(1)) return null;
        let k = 0;
        for (let i = 0; i < 10; i++) k |= bit(i + 2) << i;
        return k;
      };
      bench.figures = () => String(bench.picture());
    },
  };
  addEventListener('keydown', event => { bench.key = event.timeStamp; }, true);
  for (const type of ['input', 'pointermove']) {      // the last to hear of an event: all drawing is done by then
    addEventListener(type, event => { if (bench.on) bench.drawn.push(performance.now() - event.timeStamp); });
  }
  addEventListener('input', () => { bench.keyDrawn = performance.now() - bench.key; });
  new PerformanceObserver(list => { for (const { value } of list.getEntries()) if (bench.on) bench.shifts.push(value); })
    .observe({ type: 'layout-shift' });
  const look = () => {
    if (bench.on) bench.frames.push([performance.now(), bench.signature(), bench.picture(), bench.figures()]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""


async def hertz(page):
    return await page.evaluate("""() => new Promise(resolve => { let frames = 0; const start = performance.now(), count = () => {
      frames++;
      const passed = performance.now() - start;
      passed > 1000 ? resolve(frames / passed * 1000) : requestAnimationFrame(count); }; count(); })""")


async def drag(page, session, from_, to):
    """Three seconds from one place to another, without waiting for anything."""
    await page.mouse.move(*from_)
    await page.mouse.down()
    await page.evaluate("Object.assign(bench, { on: true, frames: [], drawn: [], shifts: [] })")
    start, sent = time.perf_counter(), []
    while (part := (time.perf_counter() - start) / SECONDS) < 1:
        x, y = (a + part * (b - a) for a, b in zip(from_, to))
        sent.append(asyncio.ensure_future(session.send("Input.dispatchMouseEvent", {
            "type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1})))
        await asyncio.sleep(0.008)
    end = await page.evaluate("performance.now()")
    await asyncio.gather(*sent)
    await page.wait_for_timeout(600)
    await page.mouse.up()
    data = await page.evaluate("bench.on = false, { frames: bench.frames, drawn: bench.drawn, shifts: bench.shifts }")
    return data, end


def study(data, end, baseline):
    """What one drag came to."""
    frames = data["frames"]
    during = [frame for frame in frames if frame[0] <= end]
    pictures = [frame[2] for frame in during]
    seconds = (during[-1][0] - during[0][0]) / 1000
    changes = sum(a != b and b is not None for a, b in zip(pictures, pictures[1:]))
    first_asked, lags, before = {}, [], None
    for now, asked, picture, _ in frames:
        first_asked.setdefault(asked, now)
        shows = str(picture) if baseline else asked      # an explorer's picture and slider change in one go, see `agrees`
        if picture is not None and picture != before and shows in first_asked:
            lags.append(now - first_asked[shows])
        before = picture
    return {"frames/s": changes / seconds, "browser frames/s": len(during) / seconds,
            "lag": statistics.median(lags) + 1000 / 60,       # and one frame until it is on the screen
            "event to draw": statistics.median(data["drawn"]) if data["drawn"] and not baseline else None,
            "blank": sum(p is None for p in pictures), "shift": sum(data["shifts"])}


async def keys(page, node, count=30):
    """From an arrow key to the end of drawing, and to a frame that shows it; in ms."""
    await node.focus()
    drawn, seen = [], []
    for k in range(count + 2):
        before = await page.evaluate("Object.assign(bench, { on: true, frames: [] }), bench.picture()")
        await page.keyboard.press("ArrowRight" if k % 2 else "ArrowLeft")
        found = await page.evaluate("""before => new Promise(resolve => { const start = performance.now(), wait = () => {
          const hit = bench.frames.find(frame => frame[0] > bench.key && frame[2] !== null && frame[2] !== before);
          hit || performance.now() - start > 3000 ? resolve([bench.keyDrawn, hit && hit[0] - bench.key]) : setTimeout(wait, 5);
        }; wait(); })""", before)
        if k > 1 and found[1]:
            drawn.append(found[0])
            seen.append(found[1])
        await page.wait_for_timeout(60)
    return drawn, seen


async def measure(page, session, name, index, repeats):
    baseline = name == "interact"
    cell = (await page.query_selector_all(".jp-CodeCell"))[index]
    root = await cell.query_selector(".jp-OutputArea-child" if baseline else ".lrx")
    await root.evaluate("node => node.scrollIntoView({ block: 'start' })")
    if baseline:
        root = cell
        slider = await cell.query_selector(".noUi-handle")
        track = await (await cell.query_selector(".noUi-base")).bounding_box()
    else:
        slider = await root.query_selector(".lrx-cutmark" if name == "YouDecayIt" else "[data-name=lr] input[type=range]")
        await slider.evaluate("node => node.classList.add('bench-slider')")
        track = await (await root.query_selector("canvas.lrx-rate") if name == "YouDecayIt" else slider).bounding_box()
    await root.evaluate(f"root => bench.{'baseline' if baseline else 'explorer'}(root)")
    results = []
    for _ in range(repeats):
        box = await slider.bounding_box()
        y = box["y"] + box["height"] / 2
        left, right = track["x"] + 0.15 * track["width"], track["x"] + 0.7 * track["width"]
        if name == "YouDecayIt":
            left = box["x"] + box["width"] / 2
            far = 0.5 * track["width"]      # two updates a frame; at one, a frame may find nothing changed
            right = left - far if left > track["x"] + far else left + far
        elif baseline:
            left = box["x"] + box["width"] / 2
            right = track["x"] + (0.95 if left < track["x"] + 0.5 * track["width"] else 0.05) * track["width"]
        data, end = await drag(page, session, (left, y), (right, y))
        await page.mouse.move(2, 2)
        if baseline:
            await page.wait_for_timeout(2500)
        results.append(study(data, end, baseline))
    if name == "Ravine":
        await agrees(page, root, data)
    drawn, seen = await keys(page, slider)
    row = {key: statistics.median(r[key] for r in results) if results[0][key] is not None else None for key in results[0]}
    row["blank"], row["shift"] = sum(r["blank"] for r in results), max(r["shift"] for r in results)
    return {**row, "key to draw": None if baseline else statistics.median(drawn), "key to pixels": statistics.median(seen),
            "key p95": sorted(seen)[int(0.95 * len(seen))]}


async def agrees(page, root, data):
    """The picture of a frame is the picture of the value that the slider showed in that frame."""
    field = await root.query_selector("[data-name=lr] input[type=text]")
    frames = data["frames"]
    for _, asked, picture, _ in frames[20:: max(1, len(frames) // 8)]:
        await field.fill(asked)
        await field.press("Enter")
        assert await page.evaluate("bench.picture()") == picture, f"another picture at {asked}"


@contextmanager
def busy(processes):
    """Meanwhile, so many processes that compute without pause."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: sum(range(100_000))"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


async def main(repeats):
    rows = {}
    with tempfile.TemporaryDirectory() as home, jupyterlab(Path(home), list(CELLS.values())) as address:
        async with async_playwright() as running:
            browser = await running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await browser.new_page(viewport={"width": 1280, "height": 1000})
            await page.goto(address)
            await page.wait_for_function(READY, arg=len(CELLS), timeout=90_000)
            await page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
            await page.wait_for_function("document.querySelectorAll('.lrx').length === 3 && document.querySelector('.noUi-handle')"
                                         " && document.querySelector('.widget-output img, .jp-OutputArea-output img')", timeout=90_000)
            await page.wait_for_timeout(2000)
            await page.evaluate(INSTRUMENT)
            session = await page.context.new_cdp_session(page)
            loads = [os.getloadavg()[0]]
            idle = await hertz(page)
            for index, name in enumerate(CELLS):
                if name != "explorers":
                    rows[name] = await measure(page, session, name, index, repeats)
                    loads.append(os.getloadavg()[0])
            await browser.close()
    return rows, idle, loads


NAMES = {"Ravine": "`Ravine`, slider", "ScheduleExplorer": "`ScheduleExplorer`, slider", "YouDecayIt": "`YouDecayIt`, a cut",
         "interact": "`interact` with matplotlib"}


def table(rows):
    say = lambda value, digits=0: "" if value is None else f"{value:.{digits}f}"
    lines = ["| | frames/s while dragging | lag, ms | event to draw, ms | key to draw, ms | key to pixels, ms (p95) "
             "| blank frames | layout shift |", "|---|---|---|---|---|---|---|---|"]
    for name, row in rows.items():
        cells = [NAMES[name], say(row["frames/s"], 1), say(row["lag"]), say(row["event to draw"], 1), say(row["key to draw"], 1),
                 f"{say(row['key to pixels'])} ({say(row['key p95'])})", say(row["blank"]), say(row["shift"], 3)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="drags of each; the median is told")
    parser.add_argument("--write", action="store_true", help="write benchmarks/EXPLORERS.md")
    options = parser.parse_args()
    report = []
    for title, processes in (("Idle", 0), ("One process computing beside it", 1), ("Two processes computing beside it", 2)):
        with busy(processes):
            rows, idle, loads = asyncio.run(main(options.repeats))
        where = f"Load average {min(loads):.1f} to {max(loads):.1f}; an idle page in this browser reached {idle:.0f} frames/s."
        report += [f"## {title}", table(rows), where]
        print(*report[-3:], sep="\n\n", end="\n\n")
    report.append(f"{os.cpu_count()} cores ({platform.machine()}), no GPU, {time.strftime('%Y-%m-%d')}; medians of {options.repeats} "
                  f"drags of {SECONDS:.0f} s, pixels read back in every frame.")
    if options.write:
        about = ROOT / "benchmarks" / "EXPLORERS.md"
        intro = about.read_text(encoding="utf-8").split("<!-- measured -->")[0]
        about.write_text("\n\n".join([intro + "<!-- measured -->", *report]) + "\n", encoding="utf-8")
