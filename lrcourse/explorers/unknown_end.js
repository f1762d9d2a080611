// An unknown end: the learner places the one cooldown of a run, and its end is drawn.
import { LIMITS } from "./limits.js";
import { make } from "./parts.js";
import { CODES, ENDS, FORMULAS, PEAKS, WORDS } from "./setting.js";
import { DASHES, button, canvas, chart, dot, figure, slider, stage } from "./view.js";
import { crew, errors, fetched, mean, percent, whenSeen } from "./working.js";

// ---- without a page -------------------------------------------------------------------------------------------------

const EPOCHS = 40, EVERY = 31, WARNING = 6, SEEDS = [0, 1, 2, 3, 4, 5], HEIGHT = "height: 220px";

const along = (name, setting) => Float64Array.from({ length: EPOCHS * EVERY }, (_, k) => FORMULAS[name](k / EVERY, setting));

/** The rate of each update, with a cooldown that begins at an epoch and takes some. */
export const rates = (begins, length) => along("wsd", { lr: PEAKS.wsd, total: begins + length, decay: length, warmup: 0, shape: "linear", end: 0 });
const cosine = () => along("cosine_decay", { lr: PEAKS.cosine, total: EPOCHS, end: 0 });

/** What is said: the state of mind, the verdict, and why. mine, cosine, told: errors in percent at the ends, or null. */
export function verdict(ends, mine, cosine, told) {
  if (!ends.length || !mine || !cosine || told.includes(null)) return { mood: "calm", text: WORDS.begin, why: WORDS.how };
  const of = { mine: mean(mine), cosine: mean(cosine), told: mean(told) };
  const values = { end: ends[0], ends: ends.length, mine: percent(of.mine), cosine: percent(of.cosine), told: percent(of.told) };
  const fill = text => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  return { mood: of.mine <= of.cosine ? "good" : "hot", text: fill(ends.length > 1 ? WORDS.many : WORDS.one), why: fill(WORDS.why) };
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderUnknownEnd({ model, el }) {
  const self = stage({ model, el }, { label: WORDS.label, traits: ["begins", "length", "drawn"], update });
  const { root, state } = self;
  root.classList.add("lrx-end");
  const title = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const [ratePanel, errorPanel] = [0, 1].map(() => make("div", { class: "lrx-panel" }));
  const controls = make("div", { class: "lrx-controls" }), buttons = make("div", { class: "lrx-row" });
  root.append(make("div", { class: "lrx-head" }, title, why), make("div", { class: "lrx-views", style: "grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr))" }, ratePanel, errorPanel),
    controls, self.word, buttons, self.spoken);
  const rateChart = canvas(self, ratePanel, { class: "lrx-rate", role: "img", style: HEIGHT }), errorChart = canvas(self, errorPanel, { class: "lrx-error", role: "img", style: HEIGHT });
  const workers = crew(text => { trouble = text; self.soon(); });
  const known = new Map(), asked = new Set();          // of each plan: the mean error by epoch, in percent
  let trouble = "", begun = false, last = "";

  for (const name of ["begins", "length"]) {
    slider(self, controls, { name, label: WORDS[name], min: LIMITS[name][0], max: LIMITS[name][1], value: state[name], whole: true,
      input: value => self.change(name, value), release: () => self.release(name) });
  }
  const draw = (label, to) => button(self, buttons, label, () => { self.change("drawn", to()); self.release("drawn"); });
  const one = draw(WORDS.draw, () => Math.min(state.drawn + 1, ENDS.length)), all = draw(WORDS.all, () => ENDS.length);
  const again = draw(WORDS.again, () => 0);

  function train(key, lr, how = "then") {
    if (known.has(key) || asked.has(key)) return;
    if (how === "then") asked.add(key);
    workers[how]({ seeds: SEEDS, part: [0, 797], rates: lr, setting: { hidden: 64, batch: 32, decay: 1e-3, norm: true, optimizer: CODES.Momentum } }, ({ figures }) => {
      const runs = errors(figures);
      known.set(key, Array.from({ length: EPOCHS }, (_, e) => mean(runs.map(run => run[e]))));
      self.soon();
    });
  }

  function update() {
    const { theme } = self, { begins, length, drawn } = state, ends = ENDS.slice(0, drawn), key = `${begins} ${length}`, lr = rates(begins, length);
    const warned = end => `${end - WARNING} ${WARNING}`;
    if (begun) {
      if (last !== key) train(key, lr, "now");
      last = key;
      train("cosine", cosine());
      for (const end of ends) train(warned(end), rates(end - WARNING, WARNING));
    }
    const mine = known.get(key), plan = known.get("cosine"), at = curve => curve && ends.map(end => curve[end - 1]);
    const told = ends.map(end => known.get(warned(end))?.[end - 1] ?? null);
    const narrow = errorChart.width < 340, label = (text, curve) => narrow || !curve ? undefined : text, of = curve => [NaN, ...curve ?? []];
    const each = list => Array.from({ length: EPOCHS }, (_, e) => list[e * EVERY]).concat(list.at(-1));
    chart(rateChart, theme, { title: WORDS.rate, count: EPOCHS, unit: WORDS.epoch, low: 0, high: 0.22, log: false, room: 12, levels: [0, 0.05, 0.1, 0.15, 0.2],
      series: [{ color: theme.dim, dash: DASHES[1], width: 1.5, y: each(cosine()) }, { color: theme.series[1], width: 2.6, y: each(lr) }] });
    const axes = chart(errorChart, theme, { title: WORDS.error, count: EPOCHS, unit: WORDS.epoch, low: 0, high: 15, log: false, levels: [0, 5, 10, 15], room: narrow ? 12 : 94,
      series: [{ color: theme.dim, dash: DASHES[1], width: 1.5, y: of(plan), label: label(WORDS.cosine, plan) }, { color: theme.series[1], width: 2.6, y: of(mine), label: label(WORDS.you, mine) }] });
    ends.forEach((end, i) => {
      if (told[i] !== null) dot(errorChart.ctx, axes.X(end), axes.Y(told[i]), 4, theme.good, theme.back);
      if (mine) dot(errorChart.ctx, axes.X(end), axes.Y(mine[end - 1]), 4, theme.series[1], theme.back);
    });
    if (ends.length && !narrow && told[ends.length - 1] !== null) {
      Object.assign(errorChart.ctx, { fillStyle: theme.good, textAlign: "left", textBaseline: "alphabetic", font: "11px system-ui, sans-serif" });
      errorChart.ctx.fillText(WORDS.told, axes.box.x + axes.box.w + 8, axes.Y(1));
    }
    const said = trouble ? { mood: "hot", text: WORDS.trouble, why: trouble } : verdict(ends, at(mine), at(plan), told);
    rateChart.node.setAttribute("aria-label", `${WORDS.rate}: ${WORDS.begins} ${begins}, ${WORDS.length} ${length}`);
    errorChart.node.setAttribute("aria-label", `${WORDS.ends}: ${ends.map((end, i) => `${WORDS.epoch} ${end}: ${mine ? percent(mine[end - 1]) : ""}`).join(", ") || WORDS.begin}`);
    title.textContent = said.text;
    title.dataset.mood = said.mood;
    why.textContent = said.why;
    root.dataset.known = [...known.keys()].join();
    const named = { mine: at(mine), cosine: at(plan), told };
    if (said.why !== WORDS.how && !trouble) title.append(make("span", { class: "lrx-spoken" }, ...Object.entries(named).map(([name, list]) => figure(name, mean(list), ""))));
    one.disabled = all.disabled = drawn >= ENDS.length;
    again.disabled = !drawn;
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

export default { render: renderUnknownEnd };
