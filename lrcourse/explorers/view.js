// What the explorers share on the page: a stage that redraws, controls, canvases, charts.

import { KEYS, followTheme, ids, make } from "./parts.js";

// ---- the stage ------------------------------------------------------------------------------------------------------

export const LIGHT = {
  dark: false, ink: "#1f2933", dim: "#5b6672", grid: "#00000014", frame: "#00000030", back: "#ffffff",
  low: [134, 181, 219], high: [247, 249, 252],
  series: ["#0072B2", "#D55E00", "#009E73", "#B4558F"], hot: "#B84F00", calm: "#0072B2", good: "#00805D",
};
export const DARK = {
  dark: true, ink: "#e8edf2", dim: "#9aa7b4", grid: "#ffffff17", frame: "#ffffff38", back: "#14181d",
  low: [38, 104, 155], high: [18, 24, 31],
  series: ["#56B4E9", "#F0904D", "#2DBE95", "#D98BBA"], hot: "#F0904D", calm: "#56B4E9", good: "#2DBE95",
};
export const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/**
 * The frame around an explorer: its state (one entry per trait), its redrawing, and its end.
 * `update` recomputes and paints. A learner's input calls it at once, all else waits for the next frame.
 */
export function stage({ model, el }, { label, traits, update }) {
  const closing = new AbortController(), { signal } = closing;
  const root = make("div", { class: "lrx", role: "group", "aria-label": label });
  const spoken = make("div", { class: "lrx-spoken", role: "status", "aria-live": "polite" });
  const word = make("div", { class: "lrx-word", role: "status" });
  const state = Object.fromEntries(traits.map(name => [name, model.get(name)]));
  const canvases = [];
  let frame = 0, speech = 0, theme = LIGHT;

  const self = {
    root, state, signal, canvases, controls: {}, spoken, word,
    get theme() { return theme; },
    now() {
      cancelAnimationFrame(frame);
      frame = 0;
      if (canvases.some(c => !c.width)) return;       // not on the page yet
      canvases.forEach(c => c.fit());
      update();
    },
    soon() { frame ||= requestAnimationFrame(() => self.now()); },
    on(target, types, handler) {
      for (const type of types.split(" ")) target.addEventListener(type, handler, { signal });
    },
    /** A learner's input: shown at once, told to Python only on release. */
    change(name, value) { state[name] = value; self.warn(""); self.now(); },
    release(...names) { names.forEach(name => model.set(name, state[name])); model.save_changes(); },
    warn(text) { if (word.textContent !== text) word.textContent = text; },
    /** For a screen reader, once the learner pauses. */
    speak(text) { clearTimeout(speech); speech = setTimeout(() => { spoken.textContent = text; }, 500); },
  };

  const changes = traits.map(name => [`change:${name}`, () => {
    state[name] = model.get(name);
    self.controls[name]?.set(state[name]);
    self.soon();
  }]);
  changes.forEach(([event, handler]) => model.on(event, handler));
  const word_from_python = () => self.warn(model.get("word"));
  model.on("change:word", word_from_python);

  const restyle = followTheme(el, root, signal, dark => {
    theme = dark ? DARK : LIGHT;
    self.soon();
  });
  const sizes = new ResizeObserver(() => { restyle(); self.now(); });
  self.watch = node => sizes.observe(node);

  el.append(root);
  restyle();
  self.warn(model.get("word") ?? "");
  self.close = () => {
    closing.abort();
    sizes.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(speech);
    changes.forEach(([event, handler]) => model.off(event, handler));
    model.off("change:word", word_from_python);
    root.remove();
  };
  return self;
}

// ---- controls -------------------------------------------------------------------------------------------------------

export function button(stage, parent, text, action, attributes = {}) {
  const node = make("button", { type: "button", class: "lrx-button", ...KEYS, ...attributes }, text);
  stage.on(node, "click", action);
  parent.append(node);
  return node;
}

export function select(stage, parent, { name, label, options, names = {}, value, change }) {
  const id = ids(), node = make("select", { id, ...KEYS });
  for (const option of options) node.append(make("option", { value: option }, names[option] ?? option));
  const row = make("div", { class: "lrx-control", "data-name": name }, make("label", { for: id }, label), node);
  parent.append(row);
  node.value = value;
  stage.on(node, "change", () => change(node.value));
  const control = { row, node, set(to) { node.value = to; } };
  stage.controls[name] = control;
  return control;
}

/**
 * A slider with a number to type beside it. `input` is called at every move, `release` when the hand lets go.
 * Values come in three significant digits, so that what is shown is exactly what is used.
 */
export function slider(stage, parent, { name, label, min, max, log = false, whole = false, value, input, release }) {
  const id = ids();
  const range = make("input", { id, type: "range", step: whole && !log ? 1 : "any", ...KEYS });
  const number = make("input", { type: "text", inputmode: "decimal", "aria-label": `${label}, as a number`, ...KEYS });
  const track = make("div", { class: "lrx-track" }, range);
  const row = make("div", { class: "lrx-control", "data-name": name }, make("label", { for: id }, label), number, track);
  parent.append(row);
  const to = v => log ? Math.log10(v) : v, from = p => log ? 10 ** p : p;
  const neat = v => whole ? Math.round(v) : Number(v.toPrecision(3));
  let low = min, high = max;
  const control = {
    row, range, number,
    set(v) {
      range.value = to(Math.max(v, low));
      show(v);
    },
    limits(from_, to_) {
      [low, high] = [from_, to_];
      range.min = to(low);
      range.max = to(high);
    },
    enable(on, why = "") {
      range.disabled = number.disabled = !on;
      row.title = why;
    },
    marks(list) {           // [value, text, side of the tick on which it stands], drawn under the track
      row.classList.add("lrx-marked");
      track.querySelectorAll(".lrx-mark").forEach((node, i) => { if (i >= list.length) node.remove(); });
      list.forEach(([at, text, side = ""], i) => {
        const node = track.querySelectorAll(".lrx-mark")[i] ?? track.appendChild(make("span", { class: "lrx-mark" }));
        const part = (to(at) - to(low)) / (to(high) - to(low));
        node.textContent = text;
        node.dataset.side = side;
        node.style.left = `calc(8px + ${part} * (100% - 16px))`;
        node.hidden = !(part >= 0 && part <= 1);
      });
    },
  };
  const show = v => {
    const text = String(v);
    if (document.activeElement !== number) number.value = text;
    range.setAttribute("aria-valuetext", text);
    range.style.setProperty("--part", (to(Math.max(v, low)) - to(low)) / (to(high) - to(low) || 1));
  };
  control.limits(low, high);
  control.set(value);
  stage.on(range, "input", () => {
    const v = Math.min(Math.max(neat(from(Number(range.value))), low), high);
    show(v);
    input(v);
  });
  stage.on(range, "change", () => release());
  const take = () => {
    const typed = Number(number.value), valid = number.value.trim() !== "" && Number.isFinite(typed);
    const asked = !valid ? neat(from(Number(range.value))) : whole ? Math.round(typed) : typed;
    const v = Math.min(Math.max(asked, low), high);
    const was = number.value;
    number.value = String(v);
    control.set(v);
    input(v);
    release();
    if (!valid) stage.warn(`${label}: “${was}” is not a number`);
    else if (v !== typed) stage.warn(`${label}: ${was} is outside ${low} to ${high}, ${v} is used`);
  };
  stage.on(number, "change", take);
  stage.on(number, "keydown", event => {
    if (event.key !== "Enter") return;
    take();
    event.preventDefault();
    event.stopPropagation();        // JupyterLab has plans of its own with it
  });
  stage.controls[name] = control;
  return control;
}

// ---- canvases -------------------------------------------------------------------------------------------------------

export function canvas(stage, parent, attributes) {
  const node = make("canvas", attributes), ctx = node.getContext("2d");
  const self = {
    node, ctx, ratio: 0,
    get width() { return node.clientWidth; },
    get height() { return node.clientHeight; },
    fit() {                 // as many dots as the screen has
      const ratio = window.devicePixelRatio || 1;
      const w = Math.round(self.width * ratio), h = Math.round(self.height * ratio);
      if (node.width !== w || node.height !== h) { node.width = w; node.height = h; }
      self.ratio = ratio;
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    },
  };
  parent.append(node);
  stage.canvases.push(self);
  stage.watch(node);
  return self;
}

const FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/**
 * A line chart. series: {y, color, width, dash, alpha, label, steps}, where y[i] is the value at time i, or with
 * `steps` from i to i + 1; rules: {y or x, text, color, below}; levels: the ticks at the left, ticks: [time, text] of those
 * below, where the evenly spaced won't do; unit: what is counted there. Returns how to go from a pixel to a time and back.
 */
export function chart(surface, theme, { title, count, low, high, log, series, rules = [], cursor = null, room, levels, ticks, unit = "" }) {
  const { ctx, width, height } = surface;
  ctx.clearRect(0, 0, width, height);
  ctx.font = `600 11px ${FONT}`;
  const labels = series.filter(s => s.label && s.y.length);
  const right = room ?? (labels.length ? 12 + Math.max(...labels.map(s => ctx.measureText(s.label).width)) : 10);
  const box = { x: 46, y: 30, w: width - 46 - right, h: height - 30 - 20 };
  const X = t => box.x + t / count * box.w;
  const scale = log ? v => Math.log10(Math.max(v, 1e-300)) : v => v;
  const bottom = scale(low), span = scale(high) - bottom;
  const Y = v => box.y + box.h - Math.max(Math.min((scale(v) - bottom) / span, 50), -50) * box.h;

  ctx.lineWidth = 1;
  ctx.font = `11px ${FONT}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  for (const tick of levels ?? (log ? decades(low, high, box.h) : evenly(low, high, Math.max(2, box.h / 34)))) {
    const y = Math.round(Y(tick)) + 0.5;
    ctx.strokeStyle = theme.grid;
    line(ctx, box.x, y, box.x + box.w, y);
    ctx.fillStyle = theme.dim;
    ctx.fillText(log ? power(tick) : String(Number(tick.toPrecision(3))).replace("-", "−"), box.x - 9, y);
  }
  ctx.strokeStyle = theme.frame;
  line(ctx, box.x, box.y + box.h + 0.5, box.x + box.w, box.y + box.h + 0.5);
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  ctx.fillStyle = theme.dim;
  for (const [tick, text] of ticks ?? evenly(0, count, Math.max(2, box.w / 70)).map(t => [t, String(t)])) ctx.fillText(text, X(tick), box.y + box.h + 6);
  ctx.textAlign = "right";
  ctx.fillText(unit, box.x - 8, box.y + box.h + 6);      // before the first of the figures: epoch 0 5 10
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.font = `600 12px ${FONT}`;
  ctx.fillStyle = theme.ink;
  ctx.fillText(title, Math.max(8, Math.min(box.x, width - 8 - ctx.measureText(title).width)), 14);       // where the plot begins, if there is room

  ctx.save();
  ctx.beginPath();
  ctx.rect(box.x, box.y - 3, box.w + 3, box.h + 6);
  ctx.clip();
  ctx.font = `11px ${FONT}`;
  for (const rule of rules) {
    ctx.strokeStyle = ctx.fillStyle = rule.color ?? theme.dim;
    ctx.setLineDash([4, 4]);
    if (rule.y !== undefined) {
      line(ctx, box.x, Y(rule.y), box.x + box.w, Y(rule.y));
      ctx.textAlign = "right";
      ctx.fillText(rule.text, box.x + box.w - 4, Y(rule.y) + (rule.below ? 13 : -4));
    } else {
      line(ctx, X(rule.x), box.y, X(rule.x), box.y + box.h);
    }
  }
  ctx.lineJoin = "round";
  for (const s of series) {
    ctx.strokeStyle = s.color;
    ctx.globalAlpha = s.alpha ?? 1;
    ctx.lineWidth = s.width ?? 2;
    ctx.setLineDash(s.dash ?? []);
    ctx.beginPath();
    let drawnX = -9, drawnY = 0;
    s.y.forEach((v, i) => {
      if (!Number.isFinite(v)) return;
      const x = X(i), y = Y(v);
      if (s.steps && i && Math.abs(y - Y(s.y[i - 1])) > 5) ctx.lineTo(x, Y(s.y[i - 1]));   // smaller steps look like a slope
      else if (x - drawnX < 3 && Math.abs(y - drawnY) < 0.4 && i < s.y.length - 1) return;  // nothing to see, but time to draw
      ctx.lineTo(drawnX = x, drawnY = y);
    });
    if (s.steps) ctx.lineTo(X(s.y.length), Y(s.y.at(-1)));
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  if (cursor !== null) {
    ctx.strokeStyle = theme.dim;
    ctx.lineWidth = 1;
    line(ctx, X(cursor), box.y, X(cursor), box.y + box.h);
    for (const s of series) {
      const v = s.y[Math.min(cursor, s.y.length - 1)];
      if (!s.silent && Number.isFinite(v)) dot(ctx, X(cursor), Y(v), 3.5, s.color, theme.back);
    }
  }
  ctx.restore();

  ctx.font = `600 11px ${FONT}`;
  const ends = labels.map(s => {
    const last = s.y.findLastIndex(Number.isFinite);
    return { s, x: X(last) + 6, y: Math.max(box.y + 5, Math.min(Y(s.y[last]), box.y + box.h - 5)) };
  }).sort((a, b) => a.y - b.y);
  ends.forEach((end, i) => { if (i) end.y = Math.max(end.y, ends[i - 1].y + 13); });
  let limit = box.y + box.h;
  for (const end of ends.reverse()) {           // labels that were pushed out at the bottom move up again
    end.y = Math.min(end.y, limit);
    limit = end.y - 13;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillStyle = end.s.color;
    ctx.fillText(end.s.label, end.x, end.y);
  }
  const value = y => { const part = bottom + (box.y + box.h - y) / box.h * span; return log ? 10 ** part : part; };
  return { box, X, Y, value, time: x => Math.max(0, Math.min(count, Math.round((x - box.x) / box.w * count))) };
}

export function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

export function dot(ctx, x, y, radius, fill, rim) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = fill;
  ctx.fill();
  if (rim) { ctx.strokeStyle = rim; ctx.lineWidth = 1.5; ctx.stroke(); }
}

function evenly(low, high, wanted) {
  const rough = (high - low) / wanted, ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(m => m * ten).find(s => s >= rough) ?? 10 * ten;
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

function decades(low, high, pixels) {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first) * 18 / pixels)), ticks = [];
  for (let k = last; k >= first; k -= every) ticks.push(10 ** k);
  return ticks;
}

function power(value) {
  const k = Math.round(Math.log10(value));
  if (k >= -2 && k <= 2) return String(Number(value.toPrecision(3)));
  return "10" + [...String(k)].map(c => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join("");
}

/** A number as one says it: three digits, and powers of ten only where they help. */
export function say(value) {
  if (value === Infinity) return "∞";
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) {
    const [digits, k] = value.toExponential(1).split("e");
    return `${digits}·10${[...k].map(c => c === "-" ? "⁻" : c === "+" ? "" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join("")}`;
  }
  return String(Number(value.toPrecision(3)));
}

/** A figure in a readout: three digits to see, all of them in its value. */
export function figure(name, value, text = say(value)) {
  return make("data", { "data-name": name, value: String(value) }, text);
}

/** A piece of a curve, to stand beside its name. */
export function swatch(color, dash) {
  const [node, path] = ["svg", "path"].map(tag => document.createElementNS("http://www.w3.org/2000/svg", tag));
  const put = (on, attributes) => { for (const [name, value] of Object.entries(attributes)) on.setAttribute(name, value); };
  put(node, { class: "lrx-swatch", viewBox: "0 0 26 8", "aria-hidden": "true" });
  put(path, { d: "M0 4H26", stroke: color, "stroke-width": 3, "stroke-dasharray": dash.join(" ") });
  node.append(path);
  return node;
}

/**
 * The curve of a chart is moved up and down as a whole: by the mouse anywhere, by a finger at the grip alone, so that a swipe
 * elsewhere scrolls the page. `begin` and `move` get the value at the pointer. The grip is placed by `put`, at a time and a value.
 */
export function lifted(stage, parent, surface, { begin, move, end }) {
  const grip = make("div", { class: "lrx-grip", "aria-hidden": "true" });
  const value = event => surface.axes.value(event.clientY - surface.node.getBoundingClientRect().top);
  parent.append(grip);
  for (const target of [surface.node, grip]) {
    stage.on(target, "pointerdown", event => {
      if (event.button || !surface.axes || event.pointerType === "touch" && target !== grip) return;
      target.setPointerCapture(event.pointerId);
      begin(value(event));
      event.preventDefault();
    });
    stage.on(target, "pointermove", event => { if (target.hasPointerCapture(event.pointerId) && !(event.pointerType === "touch" && target !== grip)) move(value(event)); });
    stage.on(target, "pointerup pointercancel", end);
  }
  return { put(time, at, color) {
    grip.style.borderColor = color;
    grip.style.left = `${6 + surface.axes.X(time)}px`;
    grip.style.top = `${6 + surface.axes.Y(at)}px`;
  } };
}

/** Times on a chart under the pointer, or moved by the arrow keys: calls `move` with a time or null. */
export function scrub(stage, surface, { label, count, get, move }) {
  const { node } = surface, attributes = { tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": 0, ...KEYS };
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  stage.on(node, "pointermove", event => move(surface.axes?.time(event.offsetX) ?? null));
  stage.on(node, "pointerleave blur", () => move(null));
  stage.on(node, "keydown", event => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? count() : steps && (get() ?? 0) + steps;
    if (event.key === "Escape") move(null);
    else if (to === undefined) return;
    else move(Math.max(0, Math.min(count(), to)));
    event.preventDefault();
    event.stopPropagation();
  });
}
