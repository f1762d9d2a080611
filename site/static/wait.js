// What answers a prediction is covered until the reader has chosen or asked; what was seen once stays in sight.
(() => {
  "use strict";
  // where the predictions are kept too (kept.js), so that one switch and one "forget" hold for both
  const KEPT = "lrcourse.progress", ALWAYS = "lrcourse.always";
  const read = (key, otherwise) => {
    try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
  };
  const write = (key, value) => {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* then it holds for this page alone */ }
  };
  const kept = read(KEPT, {}), seen = Object.entries(kept.prediction ?? {}).filter(([, answer]) => answer.seen);
  const shown = new Set([...kept.shown ?? [], ...seen.map(([name]) => name)]);
  let always = read(ALWAYS, false);

  const covers = () => [...document.querySelectorAll("details.lr-wait")];
  function set(cover) {
    const lifted = always || shown.has(cover.dataset.for);
    cover.classList.toggle("lr-lifted", lifted);
    cover.open = lifted;
  }

  // all that belongs to a prediction opens, and what the reader looks at stays where it is
  function show(name, at) {
    const before = at.getBoundingClientRect().top;
    shown.add(name);
    const now = read(KEPT, { keep: true, prediction: {}, exercise: {} });
    if (now.keep) write(KEPT, { ...now, shown: [...new Set([...now.shown ?? [], name])] });
    covers().filter(cover => cover.dataset.for === name).forEach(set);
    scrollBy({ top: at.getBoundingClientRect().top - before, behavior: "instant" });
  }

  // while the page loads, before anything is painted
  const arriving = new MutationObserver(records => records.forEach(record => record.addedNodes.forEach(node => {
    if (node.matches?.("details.lr-wait")) set(node);
  })));
  arriving.observe(document, { childList: true, subtree: true });

  for (const type of ["lrcourse:committed", "lrcourse:shown"]) {
    document.addEventListener(type, event => show(event.detail.name, event.target));
  }
  document.addEventListener("click", event => {
    const cover = event.target.closest("details.lr-wait > summary")?.parentElement;
    if (!cover) return;
    event.preventDefault();
    show(cover.dataset.for, cover);
    cover.tabIndex = -1;        // its summary, which had the focus, is gone
    cover.focus({ preventScroll: true });
  });
  // opened by a search in the page, or by a link into it
  document.addEventListener("toggle", event => {
    const cover = event.target;
    if (cover.matches("details.lr-wait:not(.lr-lifted)") && cover.open) show(cover.dataset.for, cover);
  }, true);

  document.addEventListener("DOMContentLoaded", () => {
    arriving.disconnect();
    const setting = document.querySelector(".lr-setting"), box = setting.querySelector("input");
    setting.hidden = false;
    box.checked = always;
    box.addEventListener("change", () => {
      write(ALWAYS, always = box.checked);
      covers().forEach(set);
    });
  });
})();
