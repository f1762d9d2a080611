// Where to drop: the learner drags one or two drops of the rate, and the digits' network is trained again under them.
import { LIMITS } from "./limits.js";
import { KEYS, make, within } from "./parts.js";
import { CODES, FORMULAS, WORDS } from "./setting.js";
import { DASHES, button, canvas, chart, dot, figure, say, slider, stage } from "./view.js";
import { against, crew, fetched, mean, percent, whenSeen } from "./working.js";

// ---- without a page -------------------------------------------------------------------------------------------------

const EPOCHS = 30, EVERY = 31, SEEDS = [0, 1, 2, 3, 4, 5], HELD = [398, 797], RATES = [1e-4, 0.5], ERRORS = [2.5, 100];

/** The rate of each update. */
export const rates = (lr, drops) => Float64Array.from({ length: EPOCHS * EVERY },
  (_, k) => drops.length ? FORMULAS.multistep_decay(k / EVERY, { lr, milestones: drops, gamma: 0.1 }) : lr);

/** The drops after one of them was moved: inside the run, and none past its neighbour. */
export function moved(drops, i, to) {
  const low = i ? drops[i - 1] + 1 : 1, high = i < drops.length - 1 ? drops[i + 1] - 1 : EPOCHS - 1;
  return drops.map((at, j) => j === i ? Math.min(Math.max(Math.round(to), low), high) : at);
}

/** One drop becomes two, or two become the first. */
export function toggled(drops) {
  if (drops.length > 1) return drops.slice(0, 1);
  const [at] = drops, other = Math.round((at + EPOCHS) / 2);
  return other > at && other < EPOCHS ? [at, other] : [at - 5, at];
}

/** What is said: the state of mind, the verdict, and why. mine, never: errors at the end; places: [epoch, errors] of one drop each. */
export function verdict({ drops, revealed }, mine, never, places) {
  if (!mine) return { mood: "calm", text: WORDS.begin, why: WORDS.how };
  const values = { at: drops.join(WORDS.and), error: percent(mean(mine)), never: never && percent(mean(never)) };
  const fill = text => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  let why = fill(drops.length > 1 ? WORDS.two_at : WORDS.one_at) + (never ? ` ${fill(WORDS.against_never)}` : ""), mood = "calm";
  if (revealed && places.length < EPOCHS - 1) { values.missing = EPOCHS - 1 - places.length; why += ` ${fill(WORDS.wait)}`; }
  else if (revealed) {
    const [place, best] = places.reduce((a, b) => mean(b[1]) < mean(a[1]) ? b : a), said = against(mine, best);
    Object.assign(values, { place, best: percent(mean(best)) });
    why += ` ${fill(WORDS.best_place)} ${said === "a tie with" ? WORDS.tie : said === "better than" ? WORDS.better : WORDS.worse}`;
    if (said !== "worse than") mood = "good";
  }
  return { mood, text: fill(WORDS.misread), why };
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderWhereToDrop({ model, el }) {
  const self = stage({ model, el }, { label: WORDS.label, traits: ["drops", "lr", "revealed"], update });
  const { root, state } = self;
  root.classList.add("lrx-drop");
  const title = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const [ratePanel, errorPanel, placePanel] = [0, 1, 2].map(() => make("div", { class: "lrx-panel" }));
  const controls = make("div", { class: "lrx-controls" }), buttons = make("div", { class: "lrx-row" });
  root.append(make("div", { class: "lrx-head" }, title, why), make("div", { class: "lrx-views" }, ratePanel, errorPanel), placePanel, controls,
    self.word, buttons, self.spoken);
  const rateChart = canvas(self, ratePanel, { class: "lrx-rate", role: "img" });
  const errorChart = canvas(self, errorPanel, { class: "lrx-error", role: "img" });
  const placeChart = canvas(self, placePanel, { class: "lrx-places", role: "img" });
  const workers = crew(text => { trouble = text; self.soon(); });
  const known = new Map(), asked = new Set();         // of each key (rate and drops): a list of errors in percent for each run
  let trouble = "", begun = false, pressed = -1, last = null;

  slider(self, controls, { name: "lr", label: WORDS.first_rate, min: LIMITS.lr[0], max: LIMITS.lr[1], log: true, value: state.lr,
    input: v => { workers.forget(); asked.clear(); self.change("lr", v); }, release: () => self.release("lr") });
  const two = button(self, buttons, WORDS.two, () => { self.change("drops", toggled(state.drops)); self.release("drops"); });
  const all = button(self, buttons, WORDS.reveal, () => { self.change("revealed", !state.revealed); self.release("revealed"); });

  // ---- dragging

  const move = (i, to) => self.change("drops", moved(state.drops, i, to));
  const placeOf = event => {
    const { box } = rateChart.axes;
    return (within(rateChart.node, event).x - box.x) / box.w * EPOCHS;
  };
  function down(event, i) {
    if (!rateChart.axes || event.button) return;
    const to = placeOf(event);
    pressed = i ?? state.drops.reduce((a, at, j) => Math.abs(at - to) < Math.abs(state.drops[a] - to) ? j : a, 0);
    rateChart.node.setPointerCapture(event.pointerId);
    if (i === undefined) move(pressed, to);
    event.preventDefault();
  }
  self.on(rateChart.node, "pointerdown", event => down(event));
  self.on(rateChart.node, "pointermove", event => { if (pressed >= 0) move(pressed, placeOf(event)); });
  self.on(rateChart.node, "pointerup pointercancel", () => { if (pressed >= 0) { pressed = -1; self.release("drops"); self.now(); } });
  const handles = [0, 1].map(i => {
    const handle = make("button", { type: "button", class: "lrx-handle", role: "slider", "aria-orientation": "horizontal", "aria-valuemin": 1,
      "aria-valuemax": EPOCHS - 1, "aria-label": i ? WORDS.second_drop : WORDS.first_drop, ...KEYS });
    self.on(handle, "keydown", event => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5, Home: -EPOCHS, End: EPOCHS }[event.key];
      if (!step) return;
      move(i, state.drops[i] + step);
      event.preventDefault();
      event.stopPropagation();
    });
    self.on(handle, "keyup", event => { if (/Arrow|Page|Home|End/.test(event.key)) self.release("drops"); });
    self.on(handle, "pointerdown", event => { down(event, i); handle.focus({ preventScroll: true }); });
    ratePanel.append(handle);
    return handle;
  });

  // ---- training

  const keyOf = (lr, drops) => JSON.stringify([lr, drops]);
  function train(lr, drops, now = false) {
    const key = keyOf(lr, drops);
    if (known.has(key) || asked.has(key)) return;
    if (!now) asked.add(key);
    workers[now ? "now" : "then"]({ seeds: SEEDS, part: HELD, rates: rates(lr, drops),
      setting: { hidden: 64, batch: 32, decay: 0, norm: false, optimizer: CODES.Momentum } }, ({ figures }) => {
      known.set(key, figures.map(run => Array.from({ length: EPOCHS }, (_, e) => 100 * run[4 * e + 3])));
      self.soon();
    });
  }
  const end = runs => runs?.map(run => run[EPOCHS - 1]);

  // ---- what is shown

  function update() {
    const { theme } = self, { lr, drops, revealed } = state, narrow = errorChart.width < 340, key = keyOf(lr, drops);
    if (begun) {
      if (last !== key && !known.has(key)) train(lr, drops, true);
      last = key;
      train(lr, []);
      if (revealed) for (let at = 1; at < EPOCHS; at++) train(lr, [at]);
    }
    const mine = known.get(key), never = known.get(keyOf(lr, []));
    const places = Array.from({ length: EPOCHS - 1 }, (_, i) => [i + 1, end(known.get(keyOf(lr, [i + 1])))]).filter(([, errors]) => errors);
    rateChart.axes = chart(rateChart, theme, { title: rateChart.width < 290 ? WORDS.rate_short : WORDS.rate, count: EPOCHS, low: RATES[0], high: RATES[1], log: true, room: 12, unit: WORDS.epoch, series: [] });
    const { ctx } = rateChart, { X, Y } = rateChart.axes, level = i => lr * 0.1 ** i;
    ctx.beginPath();
    [0, ...drops].forEach((at, i) => { ctx.lineTo(X(at), Y(level(i))); ctx.lineTo(X([...drops, EPOCHS][i]), Y(level(i))); });
    Object.assign(ctx, { strokeStyle: theme.calm, lineWidth: 2.8, lineJoin: "round" });
    ctx.stroke();
    handles.forEach((handle, i) => {
      handle.hidden = i >= drops.length;
      if (handle.hidden) return;
      handle.style.left = `${6 + X(drops[i])}px`;
      handle.style.top = `${6 + Y(level(i + 0.5))}px`;
      handle.setAttribute("aria-valuenow", drops[i]);
      handle.setAttribute("aria-valuetext", `${WORDS.epoch} ${drops[i]}`);
    });
    rateChart.node.setAttribute("aria-label", `${WORDS.rate_short}: ${say(lr)}, ${drops.map((at, i) => `${WORDS.epoch} ${at}: ${say(level(i + 1))}`).join(", ")}`);

    const middle = runs => [NaN, ...Array.from({ length: EPOCHS }, (_, e) => mean(runs.map(run => run[e])))];
    const label = text => narrow ? undefined : text;
    const axes = chart(errorChart, theme, { title: WORDS.error, count: EPOCHS, unit: WORDS.epoch, low: ERRORS[0], high: ERRORS[1], log: true, levels: [3, 5, 10, 20, 50, 100], room: narrow ? 12 : 76,
      series: [...(never ? [{ color: theme.dim, dash: DASHES[1], width: 1.5, y: middle(never), label: label(`${WORDS.no_drop} ${percent(mean(end(never)))}`) }] : []),
        ...(mine ? [{ color: theme.series[1], width: 2.6, y: middle(mine), label: label(`${WORDS.you} ${percent(mean(end(mine)))}`) }] : [])] });
    if (mine) {
      const pen = errorChart.ctx, spread = pick => Array.from({ length: EPOCHS }, (_, e) => [axes.X(e + 1), axes.Y(Math.max(pick(...mine.map(run => run[e])), ERRORS[0]))]);
      pen.beginPath();
      [...spread(Math.max), ...spread(Math.min).reverse()].forEach(([x, y]) => pen.lineTo(x, y));
      Object.assign(pen, { fillStyle: theme.series[1], globalAlpha: 0.22 });
      pen.fill();
      pen.globalAlpha = 1;
    }
    errorChart.node.setAttribute("aria-label", mine ? `${WORDS.error}: ${percent(mean(end(mine)))}` : WORDS.error);

    const high = Math.max(12, ...places.map(([, errors]) => mean(errors)), never ? mean(end(never)) : 0), two_now = drops.length > 1 && mine;
    const map = chart(placeChart, theme, { title: placeChart.width < 480 ? WORDS.places_short : WORDS.places, count: EPOCHS, unit: WORDS.epoch, low: 2.5, high: high * 1.1, log: true, levels: [3, 5, 10, 20, 50].filter(v => v < high * 1.1), room: 12,
      rules: [...(never ? [{ y: mean(end(never)), text: WORDS.no_drop, color: theme.dim }] : []), ...(two_now ? [{ y: mean(end(mine)), text: WORDS.your_two, color: theme.series[1], below: true }] : [])],
      series: places.length === EPOCHS - 1 ? [{ color: theme.calm, width: 1.5, y: [NaN, ...places.map(([, errors]) => mean(errors))] }] : [] });
    for (const [at, errors] of places) {
      const here = drops.length === 1 && at === drops[0];
      dot(placeChart.ctx, map.X(at), map.Y(mean(errors)), here ? 6 : 3.5, here ? theme.series[1] : theme.calm, here ? theme.back : undefined);
    }
    placeChart.node.setAttribute("aria-label", `${WORDS.places}: ${places.map(([at, errors]) => `${at}: ${percent(mean(errors))}`).join(", ") || WORDS.none_yet}`);

    const said = trouble ? { mood: "hot", text: WORDS.trouble, why: trouble } : verdict(state, end(mine), end(never), places);
    title.replaceChildren(...(mine && !trouble ? [figure("error", mean(end(mine)), "")] : []), said.text);
    title.dataset.mood = said.mood;
    why.textContent = said.why;
    root.dataset.places = places.length;
    two.textContent = drops.length > 1 ? WORDS.one : WORDS.two;
    all.setAttribute("aria-pressed", revealed);
    if (pressed < 0) self.speak(`${said.text}. ${said.why}`);
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

export default { render: renderWhereToDrop };
