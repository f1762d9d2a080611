// The largest text with which a slide fits its page; a picture has what is left.
const MOST = { title: 48, list: 50, poll: 54, why: 58, statement: 72, formula: 84, table: 38, code: 36 }, LEAST = 18, HEIGHT = 664, LARGEST = 1.9;

const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));

async function fit(slide) {
  if (!slide) return;
  const kind = slide.className.match(/k-(\w+)/)[1], live = slide.querySelector(".live"), body = slide.querySelector(".body");
  if (live) {
    if (live.style.zoom) return;
    // the largest that fits: a narrower explorer may be a higher one
    live.style.visibility = "hidden";
    const room = HEIGHT - slide.querySelector("h2").offsetHeight - 24;
    for (let zoom = LARGEST; zoom > 0.5; zoom -= 0.1) {
      live.style.zoom = zoom;
      await drawn();
      if (!live.offsetHeight) live.style.zoom = "";          // who turned the page meanwhile is asked again
      if (live.offsetHeight * zoom <= room) break;
    }
    live.style.visibility = "";
  }
  if (!body) return;
  const lines = [...body.querySelectorAll("pre")].flatMap(code => code.textContent.split("\n").map(line => line.length));
  const widest = Math.floor(1200 / (0.61 * Math.max(1, ...lines)));
  for (let size = Math.min(MOST[kind], widest); size >= LEAST; size -= 1) {
    body.style.fontSize = `${size}px`;
    const inside = box => box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1;
    const wide = thing => thing.getBoundingClientRect().width;
    if (inside(body) && [...body.querySelectorAll(".step svg")].every(svg => wide(svg) <= 0.95 * wide(body))) break;
  }
}

Reveal.initialize({ hash: true, width: 1280, height: 720, margin: 0.02, slideNumber: "c/t", transition: "none", center: false, display: "flex",
  plugins: [RevealNotes], pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1,
  keyboardCondition: () => !document.activeElement.closest?.(".lrx, input, select") });
Reveal.on("slidechanged", async event => {
  window.fitted = false;
  await fit(event.currentSlide);
  window.fitted = true;
});
// the pages of a print stand there some frames after everything has loaded
const pages = new Promise(ready => Reveal.on("pdf-ready", ready));
window.addEventListener("load", () => MathJax.startup.promise.then(async () => {
  if (Reveal.isPrintView()) {
    await pages;
    await Promise.all([...document.querySelectorAll(".pdf-page section")].map(fit));
  } else await fit(Reveal.getCurrentSlide());
  window.fitted = true;
}));
