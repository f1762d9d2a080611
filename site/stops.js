// A slider whose pictures were drawn beforehand; they are loaded once it is touched.
import { KEYS, followTheme, ids, make } from "./parts.js";
import { unpack } from "./unpack.js";

export function stops(el, { label, texts, start, words, packed, name, script }) {
  const image = el.querySelector("img"), id = ids(), addresses = [];
  const root = make("div", { class: "lrx lrx-stops", role: "group", "aria-label": words.group.replace("{label}", label) });
  const range = make("input", { id, type: "range", min: 0, max: texts.length - 1, step: 1, ...KEYS });
  const value = make("output", { for: id }), spoken = make("div", { class: "lrx-spoken", role: "status" });
  root.append(make("div", { class: "lr-stop" }, make("label", { for: id }, label), value, range), make("div", { class: "lr-note" }, words.note), spoken);
  image.before(root);
  followTheme(el, root, new AbortController().signal)();
  let held = null, speech = 0;

  /** [descriptions, lines of SVG, for each stop the lines of its picture], once. */
  const fetched = () => held ??= new Promise((resolve, reject) => {
    if (packed) { resolve(packed); return; }
    const node = make("script", { src: script });
    node.onload = () => resolve(globalThis.lrcourseStops[name]);
    node.onerror = reject;
    document.head.append(node);
  }).then(unpack).then(bytes => JSON.parse(new TextDecoder().decode(bytes)));

  function tell(at) {
    value.textContent = texts[at];
    range.setAttribute("aria-valuetext", texts[at]);
    range.style.setProperty("--part", at / (texts.length - 1));
  }
  async function show() {
    const at = Number(range.value);
    tell(at);
    try {
      const [alts, lines, pictures] = await fetched();
      if (at !== Number(range.value)) return;         // moved on while it was loading
      addresses[at] ??= URL.createObjectURL(new Blob([pictures[at].map(i => lines[i]).join("\n")], { type: "image/svg+xml" }));
      Object.assign(image, { src: addresses[at], alt: alts[at] });
      image.dataset.stop = texts[at];
      clearTimeout(speech);
      speech = setTimeout(() => { spoken.textContent = alts[at]; }, 500);
    } catch {
      held = null;
      spoken.className = "lr-missing";
      spoken.textContent = words.missing;
    }
  }
  range.value = start;
  tell(start);
  range.addEventListener("input", show);
  for (const touch of ["pointerenter", "focusin"]) root.addEventListener(touch, () => fetched().catch(() => { held = null; }), { once: true });
}
