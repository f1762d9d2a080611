// Train it: the learner draws the rate's curve, and networks are trained on digits under it while the hand moves.
import { LIMITS } from "./limits.js";
import { asCode, drawnCode } from "./code.js";
import { KEYS, make, within } from "./parts.js";
import { FORMULAS } from "./schedules.js";
import { CODES, SHAPES } from "./setting.js";
import { unpack } from "./unpack.js";
import { DASHES, button, canvas, chart, figure, say, select, slider, stage, swatch } from "./view.js";
import { against, crew, errors, fetched, mean, percent, whenSeen } from "./working.js";

// ---- the curve, without a page --------------------------------------------------------------------------------------

const TRAITS = ["shape", "peak", "points", "optimizer", "hidden", "batch_size", "weight_decay"];
const EPOCHS = 20, EVERY = 2, LOWEST = 1e-3, AXIS = [1e-4, 3], KNOTS = EPOCHS / EVERY + 1;
const NAMES = { constant: "constant", linear: "linear", cosine: "cosine", step: "steps", wsd: "WSD", "warm-up": "warm-up" };
const WATCHED = { seeds: [0, 1, 2], part: [0, 398] }, UNSEEN = { seeds: [100, 101, 102, 103, 104], part: [398, 797] };
const RIVALS = ["constant", "linear", "cosine"], PEAKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** The rate of point i, without the last digits, which rounding makes: so it stands in code as well. */
const pointOf = ({ peak, points }, i) => Number((peak * points[i]).toPrecision(12));
const named = ({ shape, peak }) => ({ name: SHAPES[shape].name, parameters: { ...SHAPES[shape].parameters, lr: peak } });

/** The rate at a time in epochs. */
function rateAt({ shape, peak, points }, t) {
  if (shape !== "drawn") { const { name, parameters } = named({ shape, peak }); return FORMULAS[name](t, parameters); }
  const i = Math.min(Math.floor((t + 1e-9) / EVERY), KNOTS - 2), since = Math.max(t - i * EVERY, 0);
  const a = pointOf({ peak, points }, i), b = pointOf({ peak, points }, i + 1);
  return a === b ? a : b < a ? FORMULAS.exponential_decay(since, { lr: a, gamma: (b / a) ** (1 / EVERY) })
    : FORMULAS.lr_range(since, { min_lr: a, max_lr: b, total: EVERY });
}

/** The rate of each update. */
export function curve(state) {
  const every = Math.floor(1000 / state.batch_size);
  return Float64Array.from({ length: EPOCHS * every }, (_, k) => rateAt(state, k / every));
}

/** What a worker is asked to train. */
const job = (state, whom) => ({ ...whom, rates: curve(state),
  setting: { hidden: state.hidden, batch: state.batch_size, decay: state.weight_decay, optimizer: CODES[state.optimizer] } });

export function asDrawnCode(state, framework) {
  return state.shape === "drawn" ? drawnCode(state.points.map((_, i) => pointOf(state, i)), EVERY, framework) : asCode(named(state), framework);
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderTrainIt({ model, el }) {
  const self = stage({ model, el }, { label: "Train it: draw the learning rate of a network", traits: TRAITS, update });
  const { root, state } = self;
  root.classList.add("lrx-train");
  const verdict = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const shapes = make("div", { class: "lrx-row lrx-shapes", role: "group", "aria-label": "The curve to begin with" });
  const ratePanel = make("div", { class: "lrx-panel" }), errorPanel = make("div", { class: "lrx-panel" }), wrongPanel = make("div", { class: "lrx-panel" });
  const controls = make("div", { class: "lrx-controls" }), buttons = make("div", { class: "lrx-row" }), tabs = make("div", { class: "lrx-row" });
  const table = make("table", { class: "lrx-table" }), code = make("pre", { class: "lrx-code", tabindex: 0, "aria-label": "The curve as code", ...KEYS });
  code.hidden = tabs.hidden = true;
  root.append(make("div", { class: "lrx-head" }, verdict, why), make("div", { class: "lrx-views" }, ratePanel, errorPanel), shapes, wrongPanel,
    controls, self.word, buttons, make("div", { class: "lrx-wide-table" }, table), tabs, code, self.spoken);
  const rateChart = canvas(self, ratePanel, { class: "lrx-rate", role: "img" });
  const errorChart = canvas(self, errorPanel, { class: "lrx-error", role: "img" });
  const wrongDigits = canvas(self, wrongPanel, { class: "lrx-wrong", role: "img" });
  const workers = crew(text => { trouble = text; self.soon(); });
  let trouble = "", answer = null, asked = "", timer = 0, pen = null, framework = "lrcourse", drawn = null, begun = false;
  const tries = [], rivals = new Map();         // rivals: for each setting, of each shape its best peak and what came of it

  // ---- controls

  for (const shape of Object.keys(SHAPES)) {
    button(self, shapes, NAMES[shape], () => { self.change("shape", shape); self.release("shape"); }, { "data-shape": shape });
  }
  const control = (name, label, more) => slider(self, controls, { name, label, min: LIMITS[name][0], max: LIMITS[name][1], value: state[name],
    input: v => self.change(name, v), release: () => self.release(name), ...more });
  control("peak", "peak rate", { log: true });
  select(self, controls, { name: "optimizer", label: "optimizer", options: Object.keys(CODES), value: state.optimizer,
    change: v => { self.change("optimizer", v); self.release("optimizer"); } });
  control("hidden", "hidden units", { whole: true });
  control("batch_size", "batch", { whole: true });
  control("weight_decay", "weight decay", {});
  const judge = button(self, buttons, "Judge this curve", () => judged(), { class: "lrx-button lrx-main" });
  button(self, buttons, "As code", () => { code.hidden = tabs.hidden = !code.hidden; self.now(); }, { class: "lrx-button lrx-as-code" });
  for (const [name, label] of [["lrcourse", "lrcourse"], ["torch", "PyTorch"], ["keras", "Keras"], ["optax", "Optax"]]) {
    button(self, tabs, label, () => { framework = name; self.now(); }, { "data-framework": name });
  }
  const copied = button(self, tabs, "Copy as code", async () => {
    const said = text => { copied.textContent = text; setTimeout(() => { copied.textContent = "Copy as code"; }, 1500); };
    try {
      await navigator.clipboard.writeText(code.textContent);
      said("Copied");
    } catch {
      getSelection().selectAllChildren(code);
      said(document.execCommand("copy") ? "Copied" : "Selected");
    }
  });

  // ---- drawing

  const rateOf = i => Math.max(rateAt(state, Math.min(i * EVERY, EPOCHS - 1e-6)), LOWEST * state.peak, AXIS[0]);
  /** The points get these rates, {index: rate}. */
  function bend(changes) {
    const rates = Array.from({ length: KNOTS }, (_, i) => changes[i] ?? (state.shape === "drawn" ? pointOf(state, i) : rateOf(i)));
    const kept = rates.map(v => Number(Math.min(Math.max(v, AXIS[0]), AXIS[1]).toPrecision(3))), peak = Math.max(...kept, LIMITS.peak[0]);
    Object.assign(state, { shape: "drawn", peak, points: kept.map(v => Math.max(v / peak, LOWEST)) });
    self.controls.peak.set(peak);
    self.warn("");
    self.now();
  }
  const tell = () => self.release("shape", "peak", "points");
  const place = event => {
    const { x, y } = within(rateChart.node, event), { axes } = rateChart;
    return { at: Math.min(Math.max((x - axes.box.x) / axes.box.w * (KNOTS - 1), 0), KNOTS - 1), rate: axes.value(y) };
  };
  // a finger that moves up or down scrolls the page: only what moves sideways, taps, or begins on a point draws
  const undecided = event => pen.finger && Math.abs(event.clientX - pen.finger.x) < 6;
  function down(event, knot = null) {
    if (!rateChart.axes || event.button) return;
    const now = place(event), finger = event.pointerType === "touch" && knot === null ? { x: event.clientX } : null;
    rateChart.node.setPointerCapture(event.pointerId);
    pen = { knot, finger, ...now };
    if (knot === null && !finger) bend({ [Math.round(now.at)]: now.rate });
    if (!finger) event.preventDefault();
  }
  self.on(rateChart.node, "pointerdown", event => down(event));
  self.on(rateChart.node, "pointermove", event => {
    if (!pen || undecided(event)) return;
    const now = place(event), changes = {};
    if (pen.knot !== null) changes[pen.knot] = now.rate;
    else {
      if (pen.finger) changes[Math.round(pen.at)] = pen.rate;
      changes[Math.round(now.at)] = now.rate;
      const [from, to] = [pen, now].sort((a, b) => a.at - b.at);
      for (let i = Math.ceil(from.at); i <= to.at; i++) {
        const part = to.at > from.at ? (i - from.at) / (to.at - from.at) : 1;
        changes[i] = from.rate ** (1 - part) * to.rate ** part;
      }
    }
    pen = { ...pen, ...now, finger: null };
    bend(changes);
  });
  self.on(rateChart.node, "pointerup pointercancel", event => {
    if (!pen) return;
    const { finger, at, rate } = pen;
    pen = null;
    if (finger && event.type === "pointercancel") return;
    if (finger) bend({ [Math.round(at)]: rate });
    tell();
    self.now();
  });
  const knots = Array.from({ length: KNOTS }, (_, i) => {
    const knot = make("button", { type: "button", class: "lrx-knot", role: "slider", "aria-orientation": "vertical", "aria-valuemin": AXIS[0], "aria-valuemax": AXIS[1],
      "aria-label": `Learning rate at epoch ${i * EVERY}. Up and down change it, left and right go to its neighbours.`, ...KEYS });
    self.on(knot, "keydown", event => {
      const factor = { ArrowUp: 1.1, ArrowDown: 1 / 1.1, PageUp: 2, PageDown: 0.5 }[event.key], step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (factor) bend({ [i]: rateOf(i) * factor });
      else if (step) knots[Math.min(Math.max(i + step, 0), KNOTS - 1)].focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    self.on(knot, "keyup", event => { if (/Arrow|Page/.test(event.key)) tell(); });
    self.on(knot, "pointerdown", event => { down(event, i); knot.focus({ preventScroll: true }); });
    ratePanel.append(knot);
    return knot;
  });

  // ---- training

  const settingOf = ({ optimizer, hidden, batch_size, weight_decay }) => JSON.stringify([optimizer, hidden, batch_size, weight_decay]);
  function train() {
    const key = JSON.stringify(TRAITS.map(name => state[name]));
    if (key === asked) return;
    asked = key;
    const posed = { ...state }, began = performance.now();
    workers.now(job(posed, { ...WATCHED, reading: true }), ({ figures, answers }) => {
      answer = { errors: errors(figures), answers, key, posed, took: performance.now() - began };
      root.dataset.answers = Number(root.dataset.answers ?? 0) + 1;
      root.dataset.key = key;
      self.soon();
    });
    clearTimeout(timer);
    timer = setTimeout(compare, 400);
  }

  /** The best of each rival in this setting: its peak is chosen by the seeds and digits that are watched, then the unseen judge it. */
  function compare() {
    const key = settingOf(state), setting = { ...state };
    workers.forget();
    for (const one of tries) if (!one.final) judging(one);
    if (!rivals.has(key)) rivals.set(key, {});
    const found = rivals.get(key);
    for (const shape of RIVALS) {
      if (found[shape]?.final) continue;
      const entry = found[shape] = { shape, runs: [] };
      for (const peak of PEAKS) {
        const posed = { ...setting, shape, peak };
        workers.then(job(posed, WATCHED), ({ figures }) => {
          entry.runs.push({ peak, curve: errors(figures), loss: mean(figures.map(run => Number.isFinite(run.at(-2)) ? run.at(-2) : 1e9)) });
          if (entry.runs.length < PEAKS.length) return;
          const last = run => mean(run.curve.map(list => list.at(-1)));
          entry.best = entry.runs.reduce((a, b) => last(b) < last(a) || last(b) === last(a) && b.loss < a.loss ? b : a);
          entry.error = last(entry.best);
          workers.then(job({ ...posed, peak: entry.best.peak }, UNSEEN), ({ figures: judged }) => {
            entry.final = errors(judged).map(list => list.at(-1));
            self.soon();
          });
          self.soon();
        });
      }
    }
  }

  function judging(one) {
    workers.then(job(one.posed, UNSEEN), ({ figures }) => {
      one.final = errors(figures).map(list => list.at(-1));
      self.soon();
    });
  }
  function judged() {
    begin();
    const key = JSON.stringify(TRAITS.map(name => state[name]));
    if (tries.some(one => one.key === key)) return;
    const one = { key, number: (tries.at(-1)?.number ?? 0) + 1, posed: { ...state } };
    tries.push(one);
    if (tries.length > 5) tries.shift();
    judging(one);
    self.now();
  }

  // ---- what is shown

  function update() {
    const { theme } = self, narrow = errorPanel.clientWidth < 380, found = rivals.get(settingOf(state)) ?? {};
    train();
    const looks = { constant: [theme.dim, DASHES[2]], linear: [theme.series[3], DASHES[1]], cosine: [theme.series[2], DASHES[3]] };
    rateChart.axes = chart(rateChart, theme, { title: narrow ? "learning rate: draw it" : "learning rate: draw it, or bend it by its points", count: EPOCHS, low: AXIS[0], high: AXIS[1], log: true, series: [], room: 12, unit: "epoch" });
    const { ctx } = rateChart, { X, Y, box } = rateChart.axes;
    const rates = curve(state), every = rates.length / EPOCHS;
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.x, box.y - 2, box.w + 3, box.h + 4);
    ctx.clip();
    ctx.beginPath();
    rates.forEach((v, k) => {
      if (state.shape === "step" && k && v < rates[k - 1]) ctx.lineTo(X(k / every), Y(rates[k - 1]));
      ctx.lineTo(X(k / every), Y(v));
    });
    Object.assign(ctx, { strokeStyle: theme.calm, lineWidth: 2.8, lineJoin: "round" });
    ctx.stroke();
    ctx.restore();
    knots.forEach((knot, i) => {
      knot.style.left = `${6 + X(i * EVERY)}px`;
      knot.style.top = `${6 + Y(rateOf(i))}px`;
      knot.setAttribute("aria-valuenow", rateOf(i));
      knot.setAttribute("aria-valuetext", say(rateOf(i)));
    });
    rateChart.node.setAttribute("aria-label", `Learning rate, ${NAMES[state.shape] ?? "drawn"}, at most ${say(state.peak)}`);

    const mine = answer?.errors ?? [], middle = mine.length ? [NaN, ...Array.from({ length: EPOCHS }, (_, e) => mean(mine.map(run => run[e])))] : [];
    const others = Object.values(found).filter(entry => entry.best).map(({ shape, best, error }) => ({ color: looks[shape][0], dash: looks[shape][1], width: 1.5, silent: true,
      label: narrow ? undefined : `${shape} ${percent(error)}`, y: [NaN, ...Array.from({ length: EPOCHS }, (_, e) => mean(best.curve.map(run => run[e])))] }));
    const axes = chart(errorChart, theme, { title: narrow ? "misread, in %" : "held-out digits misread, in %: three seeds", count: EPOCHS, low: 1, high: 100, log: true, unit: "epoch", room: narrow ? 12 : 92,
      series: [...others, { y: middle, color: theme.series[1], width: 2.8, label: narrow || !mine.length ? undefined : `you ${percent(middle[EPOCHS])}` }] });
    if (mine.length) {
      const pen = errorChart.ctx, spread = pick => Array.from({ length: EPOCHS }, (_, e) => [axes.X(e + 1), axes.Y(Math.max(pick(...mine.map(run => run[e])), 1))]);
      pen.beginPath();
      [...spread(Math.max), ...spread(Math.min).reverse()].forEach(([x, y]) => pen.lineTo(x, y));
      Object.assign(pen, { fillStyle: theme.series[1], globalAlpha: 0.22 });
      pen.fill();
      pen.globalAlpha = 1;
    }
    errorChart.node.setAttribute("aria-label", mine.length ? `Held-out digits misread after each epoch, from ${percent(middle[1])} % to ${percent(middle[EPOCHS])} %, the mean of three seeds`
      : "Held-out digits misread after each epoch: nothing is trained yet");
    drawWrong(theme);
    headline(found, mine.map(run => run.at(-1)), narrow);
    drawTable(looks, found);
    for (const node of shapes.children) node.setAttribute("aria-pressed", node.dataset.shape === state.shape);
    for (const node of tabs.children) if (node.dataset.framework) node.setAttribute("aria-pressed", node.dataset.framework === framework);
    if (!code.hidden) { const text = asDrawnCode(state, framework); if (code.textContent !== text) code.textContent = text; }
    judge.disabled = tries.some(one => one.key === JSON.stringify(TRAITS.map(name => state[name])));
  }

  /** The digits that the networks misread, those first that most of them do, with what one of them reads. */
  function drawWrong(theme) {
    const { ctx, width, height } = wrongDigits, size = 32, gap = 12, room = Math.max(1, Math.floor((width - 8) / (size + gap)));
    ctx.clearRect(0, 0, width, height);
    Object.assign(ctx, { fillStyle: theme.ink, textAlign: "left", textBaseline: "alphabetic", font: "600 12px system-ui, sans-serif" });
    if (!answer || !drawn) {
      const soon = "the digits that it will still get wrong";
      ctx.fillText(soon, 8, 14);
      wrongDigits.node.setAttribute("aria-label", soon);
      return;
    }
    const missed = [];
    for (let i = 0; i < drawn.count; i++) {
      const by = answer.answers.filter(list => list[i] !== drawn.labels[i]);
      if (by.length) missed.push({ i, by: by.length, as: by[0][i] });
    }
    missed.sort((a, b) => b.by - a.by || a.i - b.i);
    ctx.fillText(width < 480 ? `${missed.length} of 398 misread: as what, by how many`
      : `${missed.length} of 398 digits are misread by at least one of the three; below each, as what and by how many`, 8, 14);
    const rows = 2;
    ctx.textAlign = "center";
    missed.slice(0, rows * room).forEach(({ i, by, as }, k) => {
      const x = 8 + k % room * (size + gap), y = 24 + Math.floor(k / room) * (size + 20);
      ctx.fillStyle = theme.ink;
      for (let q = 0; q < 64; q++) {
        ctx.globalAlpha = drawn.pixels[64 * (1000 + i) + q] / 16;
        ctx.fillRect(x + q % 8 * 4, y + (q >> 3) * 4, 4, 4);
      }
      ctx.globalAlpha = 1;
      ctx.fillStyle = theme.hot;
      ctx.font = "600 11px system-ui, sans-serif";
      ctx.fillText(`${as}${by > 1 ? ` ×${by}` : ""}`, x + size / 2, y + size + 12);
    });
    wrongDigits.node.setAttribute("aria-label", `${missed.length} of 398 digits are misread by at least one of the three networks, ${missed.filter(one => one.by === 3).length} by all of them`);
  }

  function headline(found, last, narrow) {
    if (trouble) { verdict.textContent = "It can't train here"; why.textContent = trouble; return; }
    if (!last.length) {
      verdict.textContent = "Draw the rate, and it trains";
      verdict.dataset.mood = "calm";
      why.textContent = "Three networks learn to read digits, for 20 epochs, each time you move the curve.";
      return;
    }
    const error = mean(last), better = Object.values(found).filter(entry => entry.best);
    verdict.replaceChildren(figure("error", error, percent(error)), " % misread");
    const blown = error > 50;
    verdict.dataset.mood = blown ? "hot" : better.length && better.every(entry => error <= entry.error) ? "good" : "calm";
    const reach = `The three networks end between ${percent(Math.min(...last))} and ${percent(Math.max(...last))} %.`;
    const list = better.map(({ shape, error: e, best }) => `${shape} ${percent(e)}${narrow ? "" : ` (peak ${say(best.peak)})`}`).join(", ");
    why.textContent = blown ? "The rate is too large: they unlearn faster than they learn. Bend it down, above all at the start."
      : `${narrow ? "" : `${reach} `}${better.length === 3 ? `At their best peaks: ${list}.${state.shape === "drawn" ? "" : " Can you draw a better curve?"}` : "Constant, linear and cosine are looking for their best peaks …"}`;
    if (!pen) self.speak(`${verdict.textContent}. ${why.textContent}`);
  }

  let rows = "";
  function drawTable(looks, found) {
    const entries = [...tries.map(one => ({ label: `try ${one.number}: ${NAMES[one.posed.shape] ?? "drawn"}, ${one.posed.optimizer}, peak ${say(one.posed.peak)}`, ...one, mine: true })),
      ...RIVALS.filter(shape => found[shape]).map(shape => ({ label: `${shape}, best peak ${found[shape].best ? say(found[shape].best.peak) : "…"}`, shape, final: found[shape].final }))];
    const text = JSON.stringify([entries.map(({ label, final }) => [label, final]), self.theme.dark]);
    if (text === rows) return;
    rows = text;
    entries.sort((a, b) => (a.final ? mean(a.final) : 1e3) - (b.final ? mean(b.final) : 1e3));
    const line = found.linear?.final;
    table.replaceChildren(make("caption", {}, "judged by five seeds and 399 digits that nobody saw while drawing"), make("tbody", {}, ...entries.map(entry =>
      make("tr", entry.mine ? { class: "lrx-mine" } : {}, make("th", { scope: "row" }, swatch(...(entry.mine ? [self.theme.series[1], []] : looks[entry.shape])), entry.label),
        make("td", {}, ...(entry.final ? [figure("judged", mean(entry.final), percent(mean(entry.final))), " %"] : ["…"])),
        make("td", {}, entry.mine && entry.final && line ? `${against(entry.final, line)} linear` : "")))));
  }

  // ---- begin when it is seen or touched, and the page itself is there

  async function begin() {
    if (begun) return;
    begun = true;
    try {
      const digits = await fetched(model), [pixels, labels] = await Promise.all([digits.pixels, digits.labels].map(unpack));
      drawn = { pixels, labels: labels.subarray(1000), count: 398 };
      workers.begin(digits);
    } catch (error) {
      trouble = error.message;
    }
    self.soon();
  }
  const watch = whenSeen(self, begin);
  return () => { clearTimeout(timer); watch.disconnect(); workers.close(); self.close(); };
}

export default { render: renderTrainIt };
