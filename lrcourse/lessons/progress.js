// The map of the course: what was predicted and solved, and how well one's predictions did over time.
import { KEYS, followTheme, make } from "./parts.js";
import { forget, kept, switchTo } from "./kept.js";

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const svg = (tag, attributes, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

/** How a prediction and an exercise stand: right, wrong, said or open; solved, tried or open. */
export const standing = {
  prediction: record => record?.choice === undefined || record.choice === null ? "open" : record.right === null ? "said" : record.right ? "right" : "wrong",
  exercise: record => !record ? "open" : record.right ? "solved" : "tried",
};

/** How much of some lessons is done; as `counts` in course.py. */
export function counts(lessons, found) {
  const stand = kind => lessons.flatMap(lesson => lesson[kind].map(name => standing[kind](found[kind][name])));
  const [predictions, exercises] = [stand("prediction"), stand("exercise")], many = (list, what) => list.filter(each => each === what).length;
  return { made: predictions.length - many(predictions, "open"), predictions: predictions.length, right: many(predictions, "right"),
    solved: many(exercises, "solved"), exercises: exercises.length };
}

/** Whether each prediction that somebody could judge came out, in order of time. */
export function inTime(lessons, found) {
  const names = new Set(lessons.flatMap(lesson => lesson.prediction));
  return Object.entries(found.prediction).filter(([name, record]) => names.has(name) && ["right", "wrong"].includes(standing.prediction(record)))
    .sort(([, a], [, b]) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(([, record]) => record.right);
}

function render({ model, el }) {
  const [lessons, words, live] = ["lessons", "words", "live"].map(key => model.get(key));
  const closing = new AbortController();
  const root = make("div", { class: "lrx lrm", role: "group", "aria-label": words.map });
  el.append(root);
  followTheme(el, root, closing.signal)();

  const SIGNS = { right: "✓", wrong: "✕", said: "…", open: "", solved: "✓", tried: "•" };
  const mark = (kind, stand) => make("span", { class: `lrm-mark lrm-${kind} lrm-${stand}`, "aria-hidden": "true" }, SIGNS[stand]);

  function draw() {
    const found = live ? model.get("kept") : kept();
    const total = counts(lessons, found), empty = !total.made && !Object.keys(found.exercise).length;
    const list = make("ol", { class: "lrm-lessons" });
    for (const lesson of lessons) {
      const heard = fill(words.counts, counts([lesson], found));
      const title = live ? lesson.title : make("a", { href: `${lesson.file}.html` }, lesson.title);
      list.append(make("li", {}, make("span", { class: "lrm-number" }, lesson.file.slice(0, 2)), make("span", { class: "lrm-title" }, title),
        make("span", { class: "lrm-marks", role: "img", "aria-label": heard, title: heard },
          ...["prediction", "exercise"].map(kind => make("span", {}, ...lesson[kind].map(name => mark(kind, standing[kind](found[kind][name]))))))));
    }
    const key = [["prediction", ["right", "wrong", "said"]], ["exercise", ["solved", "tried"]]].map(([kind, stands]) =>
      make("p", { class: "lrm-key" }, make("strong", {}, `${words[`${kind}s`]}:`),
        ...[...stands, "open"].map(stand => make("span", {}, mark(kind, stand), words[`legend_${stand}`]))));
    root.replaceChildren(make("p", { class: "lrm-head" }, words.map), make("p", {}, empty ? words.map_empty : fill(words.total, total)),
      list, ...key, ...overTime(inTime(lessons, found)), ...foot(found));
  }

  /** Each prediction as a step up or down, so that a run of them is a slope. */
  function overTime(marks) {
    if (!marks.length) return [];
    const parts = [make("p", { class: "lrm-head" }, words.time)], right = marks.filter(Boolean).length;
    const gap = Math.min(16, 600 / marks.length), width = Math.max(gap * marks.length, 60);
    const picture = svg("svg", { class: "lrm-time", viewBox: `0 0 ${width} 40`, width, height: 40, role: "img", "aria-label": fill(words.time_alt, { count: marks.length }) },
      svg("line", { x1: 0, x2: width, y1: 20, y2: 20, class: "lrm-line" }));
    marks.forEach((came, i) => picture.append(svg("rect", { x: (i + 0.15) * gap, width: 0.7 * gap, rx: 1.5, y: came ? 4 : 22, height: 14, class: came ? "lrm-came" : "lrm-not" })));
    const ten = list => list.filter(Boolean).length;
    const said = [fill(words.time_all, { right, count: marks.length }),
      marks.length < 10 ? words.time_few : marks.length < 20 ? "" : fill(words.time_ends, { first: ten(marks.slice(0, 10)), last: ten(marks.slice(-10)) })];
    parts.push(picture, make("p", {}, said.join(" ").trim()));
    return parts;
  }

  function foot(found) {
    if (live) return [make("p", { class: "lrm-where" }, model.get("where"))];
    const act = (text, action) => {
      const node = make("button", { type: "button", class: "lrx-button", ...KEYS }, text);
      node.addEventListener("click", () => { action(); draw(); root.querySelector(".lrm-row button").focus(); });
      return node;
    };
    return [make("p", { class: "lrm-where" }, found.keep ? words.page_on : words.page_off),
      make("div", { class: "lrm-row" }, act(found.keep ? words.turn_off : words.turn_on, () => switchTo(!found.keep)), act(words.forget, forget))];
  }

  const again = () => draw();
  model.on("change:kept", again);
  if (!live) for (const type of ["storage", "lrcourse:committed"]) (type === "storage" ? window : document).addEventListener(type, again, { signal: closing.signal });
  draw();
  return () => {
    closing.abort();
    model.off("change:kept", again);
    root.remove();
  };
}

export default { render };
