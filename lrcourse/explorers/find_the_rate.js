// Find the rate: a search with a budget. Each try trains the digits' network; at the end the whole curve is trained, too.
import { KEYS, make, within } from "./parts.js";
import { CODES, GRID, WORDS } from "./setting.js";
import { button, canvas, chart, dot, figure, line, say, stage } from "./view.js";
import { against, crew, fetched, mean, percent, whenSeen } from "./working.js";

// ---- the axis, without a page ---------------------------------------------------------------------------------------

const EPOCHS = 12, EVERY = 31, SEEDS = [0, 1, 2, 3, 4, 5, 6, 7], LOW = GRID[0], HIGH = GRID.at(-1), PER_TEN = 10;
const PLACES = PER_TEN * Math.log10(HIGH / LOW), ERRORS = [4, 100];

/** A rate as it can be tried: two digits, within the axis. */
export const rateOf = place => Number(Math.min(Math.max(LOW * 10 ** (place / PER_TEN), LOW), HIGH).toPrecision(2));
export const placeOf = rate => PER_TEN * Math.log10(rate / LOW);

/** What is said of a search: the state of mind, the verdict, and why. `errors`: rate -> a list over the seeds, in percent. */
export function verdict({ rates, budget, revealed }, errors) {
  const tried = rates.filter(rate => errors.has(rate)), left = Math.max(budget - rates.length, 0);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const of = rate => percent(mean(errors.get(rate)));
  const best = tried.length ? tried.reduce((a, b) => mean(errors.get(b)) < mean(errors.get(a)) ? b : a) : null;
  const below = rates.findIndex(rate => errors.has(rate) && mean(errors.get(rate)) < 10) + 1;
  const values = { left, budget, best: best && say(best), error: best && of(best), last: tried.length && say(tried.at(-1)), of_last: tried.length && of(tried.at(-1)), below };
  const tenth = below ? ` ${fill(WORDS.tenth, values)}` : "";
  if (!revealed && left) {
    if (!tried.length) return { mood: "calm", text: fill(WORDS.begin, values), why: WORDS.how };
    return { mood: "calm", text: fill(left === 1 ? WORDS.one_left : WORDS.left, values), why: fill(WORDS.so_far, values) + tenth };
  }
  const missing = GRID.filter(rate => !errors.has(rate)).length + rates.length - tried.length;
  if (missing) return { mood: "calm", text: WORDS.spent, why: fill(WORDS.wait, { missing }) };
  const lowest = GRID.reduce((a, b) => mean(errors.get(b)) < mean(errors.get(a)) ? b : a);
  const known = { ...values, lowest: say(lowest), of_lowest: of(lowest) };
  if (best === null) return { mood: "calm", text: WORDS.unsearched, why: fill(WORDS.curve_alone, known) };
  const gap = mean(errors.get(best)) - mean(errors.get(lowest)), tie = against(errors.get(best), errors.get(lowest)) === "a tie with";
  known.gap = percent(Math.max(gap, 0));
  const text = gap <= 0 ? WORDS.lower : tie ? WORDS.level : WORDS.off;
  return { mood: tie || gap <= 0 ? "good" : "calm", text: fill(text, known), why: fill(WORDS.compare, known) + (tie && gap > 0 ? ` ${WORDS.tie}` : "") + tenth };
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderFindTheRate({ model, el }) {
  const self = stage({ model, el }, { label: WORDS.label, traits: ["rates", "budget", "optimizer", "revealed"], update });
  const { root, state } = self;
  root.classList.add("lrx-find");
  const title = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const panel = make("div", { class: "lrx-panel" }), buttons = make("div", { class: "lrx-row" });
  root.append(make("div", { class: "lrx-head" }, title, why), panel, self.word, buttons, self.spoken);
  const surface = canvas(self, panel, { class: "lrx-search", role: "slider", tabindex: 0, "aria-valuemin": LOW, "aria-valuemax": HIGH, ...KEYS });
  const all = new Map();          // optimizer -> rate -> errors
  const asked = new Set();
  const workers = crew(text => { trouble = text; self.soon(); });
  let trouble = "", cursor = placeOf(0.001), shown = false, pressed = false, begun = false;

  const show = button(self, buttons, WORDS.reveal, () => { self.change("revealed", true); self.release("revealed"); });
  button(self, buttons, WORDS.again, () => {
    self.change("revealed", false);
    self.change("rates", []);
    self.release("revealed", "rates");
  });

  // ---- trying

  const over = () => state.revealed || state.rates.length >= state.budget;
  function tryRate(rate) {
    begin();
    if (over() || state.rates.includes(rate)) return;
    self.change("rates", [...state.rates, rate]);
    self.release("rates");
  }
  const placeAt = event => Math.min(Math.max((within(surface.node, event).x - surface.axes.box.x) / surface.axes.box.w * PLACES, 0), PLACES);
  const point = event => { if (surface.axes) { cursor = placeAt(event); shown = true; self.now(); } };
  self.on(surface.node, "pointermove", point);
  self.on(surface.node, "pointerdown", event => { pressed = !event.button; point(event); });
  self.on(surface.node, "pointerup", event => { if (pressed && surface.axes) { point(event); tryRate(rateOf(cursor)); } pressed = false; });
  self.on(surface.node, "pointercancel pointerleave", () => { pressed = false; if (document.activeElement !== surface.node) { shown = false; self.now(); } });
  self.on(surface.node, "focus", () => { shown = true; self.now(); });
  self.on(surface.node, "blur", () => { shown = false; self.now(); });
  self.on(surface.node, "keydown", event => {
    const step = { ArrowLeft: -0.5, ArrowDown: -0.5, ArrowRight: 0.5, ArrowUp: 0.5, PageDown: -5, PageUp: 5, Home: -PLACES, End: PLACES }[event.key];
    if (step) { cursor = Math.min(Math.max(Math.round(2 * (cursor + step)) / 2, 0), PLACES); shown = true; self.now(); }
    else if (event.key === "Enter" || event.key === " ") tryRate(rateOf(cursor));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const known = () => all.get(state.optimizer) ?? all.set(state.optimizer, new Map()).get(state.optimizer);
  function train(rate) {
    const { optimizer } = state, key = `${optimizer} ${rate}`;
    if (asked.has(key)) return;
    asked.add(key);
    workers.then({ seeds: SEEDS, part: [0, 398], rates: new Float64Array(EPOCHS * EVERY).fill(rate),
      setting: { hidden: 64, batch: 32, decay: 0, norm: false, optimizer: CODES[optimizer] } }, ({ figures }) => {
      const errors = figures.map(run => 50 * (run[4 * EPOCHS - 5] + run[4 * EPOCHS - 1]));
      (all.get(optimizer) ?? all.set(optimizer, new Map()).get(optimizer)).set(rate, errors);
      self.soon();
    });
  }

  // ---- what is shown

  function update() {
    const { theme } = self, errors = known(), narrow = surface.width < 420, done = over();
    if (begun) [...state.rates, ...(done ? GRID : [])].forEach(train);
    surface.axes = chart(surface, theme, { title: narrow ? WORDS.chart_short : WORDS.chart, count: PLACES, low: ERRORS[0], high: ERRORS[1], log: true, room: 14,
      levels: [5, 10, 20, 50, 100], ticks: [0.001, 0.01, 0.1, 1].map(rate => [placeOf(rate), String(rate)]), rules: [{ y: 10, text: WORDS.rule, below: false }],
      series: done ? [{ color: theme.calm, width: 2.4, y: GRID.map(rate => errors.has(rate) ? mean(errors.get(rate)) : NaN) }] : [] });
    const { ctx } = surface, { X, Y, box } = surface.axes;
    if (shown && !done) {
      const rate = rateOf(cursor), x = X(placeOf(rate)), right = x > box.x + box.w / 2;
      Object.assign(ctx, { strokeStyle: theme.dim, lineWidth: 1, fillStyle: theme.ink, textAlign: right ? "right" : "left", textBaseline: "top", font: "600 12px system-ui, sans-serif" });
      line(ctx, x, box.y, x, box.y + box.h);
      ctx.fillText(`${WORDS.rate} ${say(rate)}`, x + (right ? -6 : 6), box.y + 2);
    }
    state.rates.forEach((rate, i) => {
      const x = X(placeOf(rate)), list = errors.get(rate);
      if (!list) { dot(ctx, x, box.y + box.h - 8, 4, theme.back, theme.series[1]); return; }
      Object.assign(ctx, { strokeStyle: theme.series[1], lineWidth: 1.5, fillStyle: theme.series[1], textAlign: "center", textBaseline: "alphabetic", font: "600 11px system-ui, sans-serif" });
      line(ctx, x, Y(Math.max(Math.min(...list), ERRORS[0])), x, Y(Math.max(...list)));
      dot(ctx, x, Y(mean(list)), 5, theme.series[1], theme.back);
      ctx.fillStyle = theme.series[1];
      ctx.fillText(String(i + 1), x, Y(Math.max(...list)) - 5);
    });
    const said = trouble ? { mood: "hot", text: WORDS.trouble, why: trouble } : verdict(state, errors);
    title.textContent = said.text;
    title.dataset.mood = said.mood;
    why.textContent = said.why;
    root.dataset.known = errors.size;
    const best = state.rates.filter(rate => errors.has(rate)).map(rate => mean(errors.get(rate)));
    root.dataset.errors = JSON.stringify(state.rates.map(rate => errors.has(rate) ? mean(errors.get(rate)) : null));
    if (best.length) title.append(make("span", { class: "lrx-spoken" }, figure("best", Math.min(...best), "")));
    surface.node.setAttribute("aria-label", done ? WORDS.axis_over : WORDS.axis_label);
    surface.node.setAttribute("aria-valuenow", rateOf(cursor));
    surface.node.setAttribute("aria-valuetext", `${WORDS.rate} ${say(rateOf(cursor))}`);
    show.disabled = done;
    self.speak(`${said.text}. ${said.why}`);
  }

  async function begin() {
    if (begun) return;
    begun = true;
    try { workers.begin(await fetched(model)); } catch (error) { trouble = error.message; }
    self.soon();
  }
  const watch = whenSeen(self, begin);
  return () => { watch.disconnect(); workers.close(); self.close(); };
}

export default { render: renderFindTheRate };
