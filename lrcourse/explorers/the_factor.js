// The factor: one weight on a parabola; each update of gradient descent multiplies it by 1 - rate * curvature.
import { LIMITS } from "./limits.js";
import { KEYS, make } from "./parts.js";
import { UPDATES, WIDE, WORDS } from "./setting.js";
import { canvas, chart, dot, figure, line, say, slider, stage } from "./view.js";

// ---- without a page -------------------------------------------------------------------------------------------------

/** The weight before each update and after the last, from 1. */
export function weights({ rate, curvature }) {
  const w = new Float64Array(UPDATES + 1);
  w[0] = 1;
  for (let k = 0; k < UPDATES; k++) w[k + 1] = w[k] - rate * (curvature * w[k]);
  return w;
}

/** The rate whose first update lands at a place. */
export const rateFor = (place, curvature, [low, high]) => Number(Math.min(Math.max((1 - place) / curvature, low), high).toPrecision(3));

/** What is said: the state of mind, the verdict, and why. */
export function verdict({ rate, curvature }) {
  const product = rate * curvature, near = value => Math.abs(product - value) < 1e-9;
  const [text, mood] = near(1) ? [WORDS.once, "good"] : near(2) ? [WORDS.turns, "hot"] : product < 1 ? [WORDS.walks, "good"]
    : product < 2 ? [WORDS.zigzags, "calm"] : [WORDS.flies, "hot"];
  const neat = value => near(1) ? "0" : say(value).replace(/^-/, "−");
  const values = { rate: say(rate), curvature: say(curvature), factor: neat(1 - product), updates: UPDATES, last: neat(weights({ rate, curvature })[UPDATES]) };
  return { mood, text, why: WORDS.why.replace(/\{(\w+)\}/g, (_, name) => values[name]) };
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderTheFactor({ model, el }) {
  const self = stage({ model, el }, { label: WORDS.label, traits: ["rate", "curvature"], update });
  const { root, state } = self;
  root.classList.add("lrx-factor");
  const title = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const [bowlPanel, weightPanel] = [0, 1].map(() => make("div", { class: "lrx-panel" })), controls = make("div", { class: "lrx-controls" });
  root.append(make("div", { class: "lrx-head" }, title, why), make("div", { class: "lrx-views" }, bowlPanel, weightPanel), controls, self.word, self.spoken);
  const bowl = canvas(self, bowlPanel, { class: "lrx-bowl", role: "img" }), weight = canvas(self, weightPanel, { class: "lrx-weight", role: "img" });

  for (const name of ["rate", "curvature"]) {
    slider(self, controls, { name, label: WORDS[name], min: LIMITS[name][0], max: LIMITS[name][1], value: state[name],
      input: value => self.change(name, value), release: () => self.release(name) });
  }

  // where the first update lands, to drag
  const handle = make("button", { type: "button", class: "lrx-handle", role: "slider", "aria-orientation": "horizontal", "aria-label": WORDS.handle,
    "aria-valuemin": -WIDE, "aria-valuemax": 1, ...KEYS });
  bowlPanel.append(handle);
  const land = place => {
    const rate = rateFor(Math.min(Math.max(place, -WIDE), 1), state.curvature, LIMITS.rate);
    self.controls.rate.set(rate);
    self.change("rate", rate);
  };
  self.on(handle, "pointerdown", event => {
    if (event.button) return;
    handle.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
  });
  self.on(handle, "pointermove", event => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const { box } = bowl.axes;
    land(((event.clientX - bowl.node.getBoundingClientRect().left - box.x) / box.w * 2 - 1) * WIDE);
  });
  self.on(handle, "pointerup pointercancel", () => self.release("rate"));
  self.on(handle, "keydown", event => {
    const step = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, PageDown: -0.25, PageUp: 0.25 }[event.key];
    if (!step) return;
    land(1 - state.rate * state.curvature + step);
    event.preventDefault();
    event.stopPropagation();
  });
  self.on(handle, "keyup", event => { if (/Arrow|Page/.test(event.key)) self.release("rate"); });

  function update() {
    const { theme } = self, { rate, curvature } = state, w = weights(state), color = theme.series[1], narrow = bowl.width < 340;
    const loss = v => 0.5 * curvature * v * v, places = 100, time = v => (v / WIDE + 1) * places;
    bowl.axes = chart(bowl, theme, { title: narrow ? WORDS.bowl_short : WORDS.bowl, count: 2 * places, low: 0, high: loss(WIDE), log: false, room: 14,
      ticks: [-1, 0, 1].map(v => [time(v), v === 0 ? "w = 0" : String(v).replace("-", "−")]),
      series: [{ color: theme.dim, width: 1.6, y: Array.from({ length: 2 * places + 1 }, (_, i) => loss((i / places - 1) * WIDE)) }] });
    const { ctx } = bowl, { X, Y, box } = bowl.axes, put = v => [X(time(Math.max(-9, Math.min(v, 9)))), Y(loss(Math.max(-9, Math.min(v, 9))))];
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.x, box.y, box.w, box.h + 5);
    ctx.clip();
    Object.assign(ctx, { strokeStyle: color, lineWidth: 1.2 });
    w.forEach((v, k) => { if (k && Math.abs(w[k - 1]) < 9) line(ctx, ...put(w[k - 1]), ...put(v)); });
    w.forEach(v => { if (Math.abs(v) < 9) dot(ctx, ...put(v), 3.4, color); });
    ctx.restore();
    dot(ctx, ...put(1), 5, theme.ink, theme.back);
    const first = Math.max(-WIDE, w[1]);
    handle.style.left = `${6 + X(time(first))}px`;
    handle.style.top = `${6 + Y(loss(first))}px`;
    handle.setAttribute("aria-valuenow", first);
    handle.setAttribute("aria-valuetext", `w = ${say(w[1])}, ${WORDS.rate} ${say(rate)}`);
    const chartOf = chart(weight, theme, { title: WORDS.weight, count: UPDATES, low: -WIDE, high: WIDE, log: false, room: 14, levels: [-1, 0, 1],
      series: [{ color, width: 1.4, y: w.map(v => Math.max(-99, Math.min(v, 99))) }] });
    Object.assign(weight.ctx, { strokeStyle: theme.dim, lineWidth: 1 });
    line(weight.ctx, chartOf.box.x, chartOf.Y(0), chartOf.box.x + chartOf.box.w, chartOf.Y(0));
    w.forEach((v, k) => { if (Math.abs(v) <= WIDE) dot(weight.ctx, chartOf.X(k), chartOf.Y(v), 3.4, color); });
    self.controls.rate.marks([[1 / curvature, "1/λ", "left"], [2 / curvature, "2/λ", "right"]]);

    const said = verdict(state);
    title.textContent = said.text;
    title.dataset.mood = said.mood;
    why.textContent = said.why;
    title.append(make("span", { class: "lrx-spoken" }, figure("factor", 1 - rate * curvature, ""), figure("last", w[UPDATES], "")));
    bowl.node.setAttribute("aria-label", `${WORDS.bowl_short}. ${said.text}. ${said.why}`);
    weight.node.setAttribute("aria-label", `${WORDS.weight}: ${Array.from(w.slice(0, 6), say).join(", ")}, …`);
    self.speak(`${said.text}. ${said.why}`);
  }
  return self.close;
}

export default { render: renderTheFactor };
