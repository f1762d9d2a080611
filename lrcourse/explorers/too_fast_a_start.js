// Too fast a start: the learner moves the peak and the length of a warm-up, and eight networks train, or break.
import { LIMITS } from "./limits.js";
import { make } from "./parts.js";
import { BROKEN, CODES, FORMULAS, WORDS } from "./setting.js";
import { canvas, chart, figure, say, slider, stage } from "./view.js";
import { crew, errors, fetched, mean, percent, whenSeen } from "./working.js";

// ---- without a page -------------------------------------------------------------------------------------------------

const EPOCHS = 30, EVERY = 4, SEEDS = [0, 1, 2, 3, 4, 5, 6, 7], HEIGHT = "height: 220px";

/** The rate of each update: a straight line up, then the cosine over what is left. */
export const rates = (peak, updates) => Float64Array.from({ length: EPOCHS * EVERY }, (_, k) => k < updates ? peak * (k / updates)
  : FORMULAS.cosine_decay((k - updates) / EVERY, { lr: peak, total: EPOCHS - updates / EVERY, end: 0 }));

/** What is said: the state of mind, the verdict, and why. ends: the errors of the runs at the end, in percent. */
export function verdict({ peak, updates }, ends) {
  if (!ends) return { mood: "calm", text: WORDS.begin, why: WORDS.how };
  const broken = ends.filter(error => error > BROKEN).length;
  const values = { peak: say(peak), updates, error: percent(mean(ends)), broken, runs: ends.length, best: percent(Math.min(...ends)) };
  const fill = text => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  return { mood: broken > ends.length / 2 ? "hot" : broken ? "calm" : "good", text: fill(broken ? WORDS.broken : WORDS.whole), why: fill(WORDS.why) };
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderTooFastAStart({ model, el }) {
  const self = stage({ model, el }, { label: WORDS.label, traits: ["peak", "updates"], update });
  const { root, state } = self;
  root.classList.add("lrx-start");
  const title = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const [ratePanel, errorPanel] = [0, 1].map(() => make("div", { class: "lrx-panel" })), controls = make("div", { class: "lrx-controls" });
  root.append(make("div", { class: "lrx-head" }, title, why), make("div", { class: "lrx-views", style: "grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr))" }, ratePanel, errorPanel), controls, self.word, self.spoken);
  const rateChart = canvas(self, ratePanel, { class: "lrx-rate", role: "img", style: HEIGHT }), errorChart = canvas(self, errorPanel, { class: "lrx-error", role: "img", style: HEIGHT });
  const workers = crew(text => { trouble = text; self.soon(); });
  const known = new Map();         // peak and updates -> errors of each run by epoch, in percent
  let trouble = "", begun = false, asked = "";

  for (const [name, options] of [["peak", { log: true }], ["updates", { whole: true }]]) {
    slider(self, controls, { name, label: WORDS[name], min: LIMITS[name][0], max: LIMITS[name][1], value: state[name], ...options,
      input: value => self.change(name, value), release: () => self.release(name) });
  }

  function update() {
    const { theme } = self, { peak, updates } = state, key = `${peak} ${updates}`, lr = rates(peak, updates);
    if (begun && asked !== key && !known.has(key)) {
      asked = key;
      workers.now({ seeds: SEEDS, part: [0, 797], rates: lr, setting: { hidden: 64, batch: 250, decay: 0, norm: false, optimizer: CODES.Adam } },
        ({ figures }) => { known.set(key, errors(figures)); self.soon(); });
    }
    const runs = known.get(key), ends = runs?.map(run => run.at(-1));
    chart(rateChart, theme, { title: WORDS.rate, count: EPOCHS, unit: WORDS.epoch, low: 0, high: 1.1 * peak, log: false, room: 12,
      series: [{ color: theme.calm, width: 2.6, y: Array.from({ length: EPOCHS }, (_, e) => lr[e * EVERY]).concat(lr.at(-1)) }] });
    chart(errorChart, theme, { title: WORDS.error, count: EPOCHS, unit: WORDS.epoch, low: 0, high: 100, log: false, room: 12, levels: [0, 20, 40, 60, 80, 100],
      rules: [{ y: BROKEN, text: WORDS.rule, color: theme.dim }],
      series: (runs ?? []).map(run => ({ color: run.at(-1) > BROKEN ? theme.hot : theme.good, width: 1.6, alpha: 0.8, y: [NaN, ...run] })) });
    rateChart.node.setAttribute("aria-label", `${WORDS.rate}: ${WORDS.peak} ${say(peak)}, ${WORDS.updates} ${updates}`);
    const said = trouble ? { mood: "hot", text: WORDS.trouble, why: trouble } : verdict(state, ends);
    errorChart.node.setAttribute("aria-label", `${WORDS.error}: ${said.text}`);
    title.textContent = said.text;
    title.dataset.mood = said.mood;
    why.textContent = said.why;
    if (ends) title.append(make("span", { class: "lrx-spoken" }, figure("error", mean(ends), ""), figure("broken", ends.filter(error => error > BROKEN).length, "")));
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

export default { render: renderTooFastAStart };
