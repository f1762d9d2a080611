// Schedule explorer: up to four schedules, their rates, what they do to the expected loss, and one noisy run.
import { LIMITS } from "./limits.js";
import { CATALOGUE } from "./schedules.js";
import { asCode } from "./code.js";
import { clampParameters, expectedLoss, noiseFloor, rates, sampledLoss, summary, upperEnd } from "./maths.js";
import { normals } from "./random.js";
import { KEYS, make } from "./parts.js";
import { DASHES, button, canvas, chart, figure, lifted, say, scrub, select, slider, stage, swatch } from "./view.js";

// ---- what is shown, without a page ----------------------------------------------------------------------------------

const TRAITS = ["curves", "selected", "epochs", "noise", "seed", "log", "curvature", "start"];
const FRAMEWORKS = { lrcourse: "lrcourse", torch: "PyTorch", keras: "Keras", optax: "Optax" };
const HEIGHT = { triangular: "max_lr", lr_range: "max_lr" };      // the parameter that moves the whole curve

/** The noise of each direction grows with its curvature, as that of small batches does. */
export function quadratic({ curvature, noise, start }) {
  return { curvature, noise: curvature.map(h => noise * Math.sqrt(h)), start: curvature.map(() => start) };
}

/** Parameters for a schedule that was just chosen, at the rate and the length that are in use. */
export function firstParameters(name, lr, epochs) {
  const guess = { lr, max_lr: lr, min_lr: lr / 10, total: epochs, decay: epochs / 5, period: epochs / 4,
    half_period: epochs / 8, step_size: epochs / 4, timescale: epochs / 10, decay_rate: 0.1,
    milestones: [Math.round(epochs / 2), Math.round(epochs * 3 / 4)] };
  return clampParameters(name, Object.fromEntries(CATALOGUE[name].parameters.map(p =>
    [p.name, guess[p.name] ?? p.default]))).values;
}

/** Everything about one curve. */
export function study({ name, parameters }, problem, epochs) {
  const lr = rates(name, parameters, epochs), expected = expectedLoss(problem, lr);
  const still = expectedLoss({ ...problem, noise: problem.noise.map(() => 0) }, lr);
  return { lr, expected, ...summary(lr), floor: noiseFloor(problem, lr[epochs - 1]), final: expected[epochs], way: still[epochs] };
}

export function comparison(curves, studies, selected) {
  const mine = studies[selected], finite = studies.every(s => Number.isFinite(s.final) && s.final < 1e6);
  if (!finite) {
    const bad = studies.findIndex(s => !(s.final < 1e6));
    return { mood: "hot", title: `${curves[bad].name} diverges`, why: "Its rate stays above 2 divided by the largest curvature." };
  }
  const best = studies.reduce((a, s, i) => s.final < studies[a].final ? i : a, 0);
  const part = mine.way / mine.final;
  const why = part > 0.65 ? "It cut too early, or its rates are too small."
    : part < 0.35 ? "Its rate was large for too long." : "About as much of the one as of the other.";
  const split = `Of the ${say(mine.final)} left, ${say(mine.way)} is distance not yet covered and ${say(mine.final - mine.way)} noise. `;
  if (studies.length === 1) return { mood: "calm", title: `Ends at ${say(mine.final)}`, why: split + why };
  return { mood: best === selected ? "good" : "calm", title: `${curves[best].name} ends lowest: ${say(studies[best].final)}`,
    why: (best === selected ? "" : `${curves[selected].name}: `) + split + why };
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderScheduleExplorer({ model, el }) {
  const self = stage({ model, el }, { label: "Schedule explorer", traits: TRAITS, update });
  const { root, state } = self;
  root.classList.add("lrx-schedules");
  const verdict = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const chips = make("div", { class: "lrx-row lrx-chips", role: "toolbar", "aria-label": "curves" });
  const ratePanel = make("div", { class: "lrx-panel" }), lossPanel = make("div", { class: "lrx-panel" });
  const own = make("div", { class: "lrx-controls" }), common = make("div", { class: "lrx-controls" });
  const table = make("table", { class: "lrx-table" });
  const code = make("pre", { class: "lrx-code", tabindex: 0, ...KEYS }), tabs = make("div", { class: "lrx-row", role: "group", "aria-label": "code for" });
  root.append(make("div", { class: "lrx-head", "aria-hidden": "true" }, verdict, why), chips,
    make("div", { class: "lrx-views" }, ratePanel, lossPanel), own, common, self.word, make("div", { class: "lrx-wide-table" }, table), tabs, code, self.spoken);
  const rateChart = canvas(self, ratePanel, { class: "lrx-rate" }), lossChart = canvas(self, lossPanel, { class: "lrx-loss" });
  let cursor = null, random = null, randomFor = "", controlsFor = "", framework = "lrcourse", held = null, top = 0;

  const current = () => state.curves[state.selected];
  const setCurve = (index, name, given) => {
    const { values, words } = clampParameters(name, given);
    state.curves = state.curves.map((curve, i) => i === index ? { name, parameters: values } : curve);
    self.change("curves", state.curves);
    if (words.length) self.warn(words.join("; "));
  };

  // chips
  const choose = index => { state.selected = index; self.change("selected", index); self.release("selected"); };
  function drawChips(theme) {
    const key = JSON.stringify([state.curves.map(c => c.name), state.selected, theme.dark]);
    if (chips.dataset.key === key) return;
    const focused = [...chips.children].indexOf(document.activeElement);
    chips.dataset.key = key;
    chips.replaceChildren();
    state.curves.forEach((curve, i) => {
      const chip = button(self, chips, "", () => choose(i), { class: "lrx-button lrx-chip", "aria-pressed": i === state.selected });
      chip.append(swatch(theme.series[i], DASHES[i]), curve.name);
    });
    button(self, chips, "+ Add", () => {
      const { name, parameters } = current(), lr = parameters[HEIGHT[name] ?? "lr"];
      const next = ["cosine_decay", "step_decay", "wsd", "constant"].find(n => !state.curves.some(c => c.name === n)) ?? "linear_decay";
      state.curves = [...state.curves, { name: next, parameters: firstParameters(next, lr, state.epochs) }];
      state.selected = state.curves.length - 1;
      self.change("curves", state.curves);
      self.release("curves", "selected");
    }, { "aria-label": "Add a curve" }).disabled = state.curves.length >= 4;
    button(self, chips, "Remove", () => {
      state.curves = state.curves.filter((_, i) => i !== state.selected);
      state.selected = Math.max(0, state.selected - 1);
      self.change("curves", state.curves);
      self.release("curves", "selected");
    }, { "aria-label": "Remove this curve" }).disabled = state.curves.length < 2;
    if (focused >= 0) chips.children[Math.min(focused, chips.children.length - 1)].focus();
  }

  // the controls of the selected curve, made from the ranges in the schedule's signature
  function drawControls() {
    const { name, parameters } = current(), key = `${name} ${state.selected} ${state.curves.length}`;
    if (key !== controlsFor) {
      controlsFor = key;
      if (own.contains(document.activeElement)) document.activeElement.blur();     // what was typed there counts no more
      for (const parameter of CATALOGUE[name].parameters) delete self.controls[parameter.name];
      own.replaceChildren();
      select(self, own, { name: "schedule", label: "schedule", options: Object.keys(CATALOGUE), value: name, change: to => {
        const { name: was, parameters: old } = current();
        setCurve(state.selected, to, firstParameters(to, old[HEIGHT[was] ?? "lr"], state.epochs));
        self.release("curves");
        own.querySelector("select").focus();
      } });
      CATALOGUE[name].parameters.forEach(parameter => parameterControl(name, parameter));
    }
    for (const parameter of CATALOGUE[name].parameters) {
      const control = self.controls[parameter.name];
      control.limits?.(...sliderEnds(parameter, parameters, state.epochs));
      control.set(parameters[parameter.name]);
    }
  }

  function parameterControl(name, parameter) {
    const { name: key, kind } = parameter, put = value => {
      if (current().name === name) setCurve(state.selected, name, { ...current().parameters, [key]: value });
    };
    const release = () => self.release("curves");
    if (kind === "choice") {
      select(self, own, { name: key, label: key, options: parameter.options, value: current().parameters[key], change: v => { put(v); release(); } });
    } else if (kind === "times") {
      const field = make("input", { type: "text", class: "lrx-wide", "aria-label": `${key}, times separated by commas`, ...KEYS });
      own.append(make("div", { class: "lrx-control", "data-name": key }, make("label", {}, `${key} (times, with commas)`), field));
      const take = () => {
        const times = field.value.split(",").map(part => part.trim()).filter(Boolean).map(Number);
        put(times);
        release();
        field.value = current().parameters[key].join(", ");
      };
      self.on(field, "change", take);
      self.on(field, "keydown", event => { if (event.key === "Enter") { take(); event.preventDefault(); event.stopPropagation(); } });
      self.controls[key] = { set(times) { if (document.activeElement !== field) field.value = times.join(", "); } };
    } else {
      const [min, max] = sliderEnds(parameter, current().parameters, state.epochs);
      slider(self, own, { name: key, label: key, min, max, log: parameter.log, value: current().parameters[key], input: put, release });
    }
  }

  // what all curves share
  const shared = (name, label, more = {}) => slider(self, common, { name, label, min: LIMITS[name][0], max: LIMITS[name][1],
    value: state[name], input: v => self.change(name, v), release: () => self.release(name), ...more });
  shared("epochs", "updates", { whole: true, log: true });
  shared("noise", "noise");
  const buttons = make("div", { class: "lrx-row lrx-span" });
  common.append(buttons);
  button(self, buttons, "New noise", () => { self.change("seed", state.seed + 1); self.release("seed"); });
  const logButton = button(self, buttons, "Log scale", () => { self.change("log", !state.log); self.release("log"); });

  // code
  for (const [key, text] of Object.entries(FRAMEWORKS)) {
    button(self, tabs, text, () => { framework = key; self.now(); }, { "data-framework": key, "aria-pressed": key === framework });
  }
  const copied = button(self, tabs, "Copy as code", async () => {
    const { isSecureContext } = window;
    if (isSecureContext && navigator.clipboard) await navigator.clipboard.writeText(code.textContent).then(() => done("Copied"), () => pick());
    else pick();
  }, { class: "lrx-button lrx-main" });
  const done = text => { copied.textContent = text; setTimeout(() => { copied.textContent = "Copy as code"; }, 1500); };
  const pick = () => {        // where a page may not write to the clipboard itself
    getSelection().selectAllChildren(code);
    done(document.execCommand("copy") ? "Copied" : "Selected");
  };

  // the curve is moved by hand, or by the arrow keys
  const move = to => { if (to !== cursor) { cursor = to; self.now(); } };
  scrub(self, lossChart, { label: "Expected loss, update by update", count: () => state.epochs, get: () => cursor, move });
  const raise = factor => {
    const { name, parameters } = current(), key = HEIGHT[name] ?? "lr";
    const [low, high] = sliderEnds(CATALOGUE[name].parameters.find(p => p.name === key), parameters, state.epochs);
    const lr = Number(Math.min(Math.max(factor, low), high).toPrecision(3));
    setCurve(state.selected, name, { ...parameters, [key]: lr });
  };
  const height = () => current().parameters[HEIGHT[current().name] ?? "lr"];
  for (const [name, value] of Object.entries({ tabindex: 0, role: "slider", "aria-orientation": "vertical", "aria-valuemin": 0, ...KEYS })) rateChart.node.setAttribute(name, value);
  self.on(rateChart.node, "pointermove", event => {
    cursor = rateChart.axes.time(event.offsetX);
    if (!held) self.now();
  });
  const grip = lifted(self, ratePanel, rateChart, {
    begin: from => { held = { from, lr: height() }; },
    move: value => raise(held.lr * value / held.from),
    end: () => { if (held) { held = null; self.release("curves"); self.now(); } },
  });
  self.on(rateChart.node, "pointerleave", () => { if (!held) move(null); });
  self.on(rateChart.node, "keydown", event => {
    const factor = { ArrowUp: 1.05, ArrowDown: 1 / 1.05, PageUp: 1.5, PageDown: 1 / 1.5 }[event.key];
    if (!factor) return;
    raise(height() * factor);
    event.preventDefault();
    event.stopPropagation();
  });
  self.on(rateChart.node, "keyup", event => { if (/Arrow|Page/.test(event.key)) self.release("curves"); });

  function update() {
    const { theme } = self, { epochs, curves, selected } = state, problem = quadratic(state), needs = `${state.seed} ${epochs}`;
    if (needs !== randomFor) { random = normals(state.seed, epochs * problem.curvature.length); randomFor = needs; }
    if (cursor > epochs) cursor = null;
    const studies = curves.map(curve => study(curve, problem, epochs));
    const sample = sampledLoss(problem, studies[selected].lr, random);
    drawChips(theme);
    drawControls();

    const look = i => ({ color: theme.series[i], dash: DASHES[i], width: i === selected ? 2.6 : 1.6 });
    const narrow = ratePanel.clientWidth < 340;
    if (!held) top = niceTop(Math.max(...studies.map(s => s.lr.reduce((a, b) => Math.max(a, b)))));
    rateChart.axes = chart(rateChart, theme, { title: `learning rate: drag ${narrow ? "it" : "the curve up or down"}`, count: epochs, unit: "update", low: state.log ? top / 1e4 : 0, high: top,
      log: state.log, cursor, room: 12, series: studies.map((s, i) => ({ ...look(i), y: s.lr, steps: true })) });
    const mine = studies[selected].lr, peak = mine.reduce((best, rate, t) => rate > mine[best] ? t : best, 0);
    const at_grip = Math.max(peak, Math.round(epochs / 16));        // clear of the figures at the axis
    grip.put(at_grip, mine[at_grip], theme.series[selected]);
    const ends = studies.flatMap(s => [s.expected[0], s.final]).filter(v => v > 0 && v < 1e6);
    const low = 10 ** Math.max(-8, Math.floor(Math.log10(Math.min(...ends)) - 0.2)), high = 10 ** Math.ceil(Math.log10(Math.max(...ends)) + 0.01);
    lossChart.axes = chart(lossChart, theme, { title: "expected loss, exact; thin: one noisy run", count: epochs, unit: "update", low, high, log: true, cursor, room: 12,
      series: [{ y: sample, color: theme.series[selected], width: 1, alpha: 0.55, silent: true }, ...studies.map((s, i) => ({ ...look(i), y: s.expected }))] });

    const words = comparison(curves, studies, selected);
    verdict.textContent = words.title;
    verdict.dataset.mood = words.mood;
    why.textContent = words.why;
    drawTable(theme, studies, sample);
    logButton.setAttribute("aria-pressed", state.log);
    for (const node of tabs.children) if (node.dataset.framework) node.setAttribute("aria-pressed", node.dataset.framework === framework);
    const text = asCode(current(), framework);
    if (code.textContent !== text) code.textContent = text;
    self.speak(`${words.title}. ${words.why}`);
    const at = cursor ?? epochs, { expected, lr } = studies[selected];
    lossChart.node.setAttribute("aria-valuemax", epochs);
    lossChart.node.setAttribute("aria-valuenow", at);
    lossChart.node.setAttribute("aria-valuetext", `update ${at}, expected loss ${say(expected[at])}, rate ${say(lr[Math.min(at, epochs - 1)])}`);
    rateChart.node.setAttribute("aria-label", `Learning rate of ${current().name}. Up and down arrows move the curve.`);
    rateChart.node.setAttribute("aria-valuenow", height());
    rateChart.node.setAttribute("aria-valuemax", 1);
  }

  function drawTable(theme, studies, sample) {
    const { curves, selected, epochs } = state, at = cursor, live = at !== null;
    const head = make("tr", {}, ...["schedule", "sum of rates", "half-life", "floor at last rate", live ? `rate at ${at}` : "last rate",
      live ? `expected at ${at}` : "expected at end"].map(text => make("th", { scope: "col" }, text)));
    table.replaceChildren(make("caption", { class: "lrx-spoken" }, "What each schedule comes to"), make("thead", {}, head), make("tbody", {}, ...studies.map((s, i) => {
      const cell = (name, value, text) => make("td", {}, figure(name, value, text));
      return make("tr", i === selected ? { class: "lrx-mine" } : {}, make("th", { scope: "row" }, swatch(theme.series[i], DASHES[i]), " ", curves[i].name),
        cell("sum", s.sum), cell("half-life", s.halfLife, s.halfLife === null ? "never" : `${s.halfLife}`), cell("floor", s.floor),
        cell("rate", s.lr[Math.min(at ?? epochs, epochs - 1)]), cell("final", s.expected[at ?? epochs]));
    })));
    table.dataset.sample = sample[epochs];
  }

  return self.close;
}

function sliderEnds(parameter, values, epochs) {
  const [low, high] = parameter.slider;
  if (parameter.time) return [low, Math.max(epochs, low)];
  if (typeof parameter.high !== "string") return [low, high];
  const end = upperEnd(parameter, values);
  return parameter.log ? [Math.min(low, end), end] : [parameter.open ? end / 1000 : parameter.low, end];
}

function niceTop(value) {
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 5, 7.5, 10].map(m => m * ten).find(v => v >= value * 1.02) ?? 15 * ten;
}

export default { render: renderScheduleExplorer };
