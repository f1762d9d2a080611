// You decay it: a run that the learner watches, and whose rate the learner cuts.
import { LIMITS } from "./limits.js";
import { bestCuts, bestRates, cutRates, expectedLoss, plateauRates, rates, sampledLoss } from "./maths.js";
import { normals } from "./random.js";
import { KEYS, make } from "./parts.js";
import { DASHES, button, canvas, chart, figure, say, slider, stage, swatch } from "./view.js";

// ---- what is shown, without a page ----------------------------------------------------------------------------------

const TRAITS = ["lr", "factor", "cuts", "updates", "seed", "seconds", "curvature", "noise", "start"];

/** The learner's rates and those to compare them with, each with its exact expected loss. */
export function contest(state, random) {
  return { you: played(state, cutRates(state.lr, state.factor, state.cuts, state.updates)), ...rivals(state, random) };
}

export function rivals(state, random) {
  const { lr, factor, updates } = state, problem = gameProblem(state);
  const entries = {
    never: rates("constant", { lr }, updates),
    plateau: plateauRates(problem, { lr, factor, patience: Math.round(updates / 12) }, updates, random),
    cosine: rates("cosine_decay", { lr, total: updates, end: 0 }, updates),
    best: bestRates(problem, lr, updates),
  };
  return Object.fromEntries(Object.entries(entries).map(([name, rate]) => [name, played(state, rate)]));
}

export function played(state, rate) {
  const expected = expectedLoss(gameProblem(state), rate);
  return { rate, expected, final: expected[state.updates] };
}

export function gameProblem({ curvature, noise, start }) {
  return { curvature, noise: curvature.map(h => noise * Math.sqrt(h)), start: curvature.map(() => start) };
}

/** What the cuts teach: a list of sentences. */
export function lessons(state, results) {
  const { lr, factor, cuts, updates } = state, problem = gameProblem(state), out = [];
  const final = at => expectedLoss(problem, cutRates(lr, factor, at, updates))[updates];
  const number = Math.min(Math.max(cuts.length, 1), 2), ideal = bestCuts(problem, lr, factor, number, updates, updates / 60);
  if (!cuts.length) out.push("Without a cut the loss stays on the noise floor of the first rate, however long you wait.");
  cuts.forEach((cut, i) => {
    const gain = final(cuts.filter((_, j) => j !== i)) / results.you.final;
    out.push(gain >= 1.02 ? `Your cut at ${cut} made the end ${say(gain)} times lower.`
      : gain > 0.98 ? `Your cut at ${cut} changed the end by less than 2 %.`
        : `Your cut at ${cut} came too early: without it the end would be ${say(1 / gain)} times lower.`);
  });
  out.push(`The best ${number === 1 ? "time for one cut" : "times for two cuts"}: ${ideal.cuts.join(" and ")}, ending at ${say(ideal.loss)}.`);
  if (cuts.length && ideal.cuts[0] > cuts[0] * 1.25) {
    out.push("That is later than it looks: on the flat stretch the slow directions are still moving, below the noise.");
  }
  return out;
}

/** Running mean over the last `width` values, so that a flat stretch can be seen through the noise. */
export function smooth(values, width) {
  const out = new Float64Array(values.length);
  let sum = 0;
  values.forEach((v, i) => {
    sum += v - (i >= width ? values[i - width] : 0);
    out[i] = sum / Math.min(i + 1, width);
  });
  return out;
}

// ---- the view -------------------------------------------------------------------------------------------------------

const NAMES = { you: "you", never: "never cut", plateau: "ReduceLROnPlateau", cosine: "cosine", best: "best possible" };

function renderYouDecayIt({ model, el }) {
  const self = stage({ model, el }, { label: "You decay it: cut the learning rate by hand", traits: TRAITS, update });
  const { root, state } = self;
  root.classList.add("lrx-game");
  for (const [name, value] of Object.entries({ tabindex: -1, ...KEYS })) root.setAttribute(name, value);    // D, wherever one clicks
  const verdict = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const buttons = make("div", { class: "lrx-row" }), lossPanel = make("div", { class: "lrx-panel" }), ratePanel = make("div", { class: "lrx-panel" });
  const controls = make("div", { class: "lrx-controls" }), result = make("div", { class: "lrx-result" });
  root.append(make("div", { class: "lrx-head" }, verdict, why), buttons, make("div", { class: "lrx-views" }, lossPanel, ratePanel),
    controls, self.word, result, self.spoken);
  const lossChart = canvas(self, lossPanel, { class: "lrx-loss", role: "img" }), rateChart = canvas(self, ratePanel, { class: "lrx-rate", role: "img" });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let t = state.cuts.length ? state.updates : 0, running = false, loop = 0, before = 0, visible = true;
  let random = null, randomFor = "", others = null, othersFor = "", table = null, marks = [], dragged = -1, shown = "";

  const start = button(self, buttons, "Start", () => { if (t >= state.updates) again(); running ? pause() : play(); }, { class: "lrx-button lrx-main lrx-start" });
  const cut = button(self, buttons, "Cut the rate (D)", () => cutNow(), { class: "lrx-button lrx-cut" });
  button(self, buttons, "Step (S)", () => { pause(); advance(state.updates / 20); }, { class: "lrx-button lrx-step" });
  button(self, buttons, "New noise", () => { again(); self.change("seed", state.seed + 1); self.release("seed"); });
  const control = (name, label, more) => slider(self, controls, { name, label, min: LIMITS[name][0], max: LIMITS[name][1], value: state[name],
    input: v => { self.change(name, v); }, release: () => self.release(name), ...more });
  control("lr", "first rate", { log: true });
  control("factor", "cut: rate times");
  control("seconds", "seconds", { whole: true });

  self.on(root, "keydown", event => {
    if (event.target.matches("input[type=text]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "d") { if (!event.repeat) cutNow(); }
    else if (key === "s") { pause(); advance(state.updates / 20); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function again() {
    pause();
    t = 0;
    self.change("cuts", []);
    self.release("cuts");
  }
  function play() {
    running = true;
    before = performance.now();
    loop = requestAnimationFrame(tick);
    self.now();
  }
  function pause() {
    running = false;
    cancelAnimationFrame(loop);
    self.now();
  }
  function tick(time) {
    if (!running) return;
    loop = requestAnimationFrame(tick);
    const pace = state.updates / state.seconds / 1000, due = (time - before) * pace;
    if (!visible) { before = time; return; }
    if (due < (still.matches ? state.updates / 20 : 1)) return;       // without motion: in twenty pictures
    before = time;
    advance(Math.min(due, state.updates / 15));
  }
  let whole = 0;
  function advance(by) {
    whole = Math.max(whole, t);
    whole = Math.min(whole + by, state.updates);
    if (Math.floor(whole) < t || whole - t > state.updates) whole = t + by;
    t = Math.min(Math.floor(whole + 1e-9), state.updates);
    if (t >= state.updates) { pause(); self.release("cuts"); }
    self.now();
  }
  function cutNow() {
    if (t <= 0 || t >= state.updates || state.cuts.includes(t)) return;
    self.change("cuts", [...state.cuts, t]);
    self.release("cuts");
    self.speak(`Cut at update ${t}. The rate is now ${say(rateNow())}.`);
  }
  const rateNow = () => state.lr * state.factor ** state.cuts.filter(c => c <= t).length;

  // a cut that was made can be moved: what would it have done?
  const moveCut = (index, to) => {
    const others = state.cuts.filter((_, i) => i !== index), at = Math.max(1, Math.min(state.updates - 1, to));
    if (others.includes(at)) return index;
    const cuts = [...others, at].sort((a, b) => a - b);
    self.change("cuts", cuts);
    return cuts.indexOf(at);
  };
  for (const surface of [lossChart, rateChart]) {
    self.on(surface.node, "pointerdown", event => {
      if (!state.cuts.length || !surface.axes) return;
      const near = state.cuts.map(c => Math.abs(surface.axes.X(c) - event.offsetX)), best = near.indexOf(Math.min(...near));
      if (near[best] > 14) return;
      dragged = best;
      surface.node.setPointerCapture(event.pointerId);
    });
    self.on(surface.node, "pointermove", event => {
      if (dragged >= 0) dragged = moveCut(dragged, Math.min(surface.axes.time(event.offsetX), t < state.updates ? Math.max(t, 1) : state.updates));
      else surface.node.style.cursor = state.cuts.some(c => surface.axes && Math.abs(surface.axes.X(c) - event.offsetX) < 14) ? "ew-resize" : "";
    });
    self.on(surface.node, "pointerup pointercancel", () => { if (dragged >= 0) { dragged = -1; self.release("cuts"); } });
  }
  function drawMarks() {          // for the keyboard, one handle per cut
    while (marks.length > state.cuts.length) marks.pop().remove();
    while (marks.length < state.cuts.length) {
      const index = marks.length;
      const mark = make("button", { type: "button", class: "lrx-cutmark", role: "slider", "aria-valuemin": 1, ...KEYS });
      self.on(mark, "keydown", event => {
        const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -20, PageUp: 20 }[event.key];
        if (event.key === "Delete" || event.key === "Backspace") {
          self.change("cuts", state.cuts.filter((_, i) => i !== index));
          self.release("cuts");
          (marks[Math.min(index, marks.length - 1)] ?? start).focus();
        } else if (by) {
          marks[moveCut(index, state.cuts[index] + by)].focus();
        } else return;
        event.preventDefault();
        event.stopPropagation();
      });
      self.on(mark, "keyup", event => { if (/Arrow|Page/.test(event.key)) self.release("cuts"); });
      self.on(mark, "pointerdown", event => { dragged = index; ratePanel.querySelector("canvas").setPointerCapture(event.pointerId); mark.focus({ preventScroll: true }); event.preventDefault(); });
      ratePanel.append(mark);
      marks.push(mark);
    }
    state.cuts.forEach((cut, i) => {
      marks[i].style.left = `${6 + rateChart.axes.X(cut)}px`;
      marks[i].style.top = `${6 + rateChart.axes.box.y}px`;
      for (const [name, value] of Object.entries({ "aria-label": `Cut ${i + 1}. Arrow keys move it, Delete removes it.`, "aria-valuemax": state.updates - 1, "aria-valuenow": cut, "aria-valuetext": `update ${cut}` })) marks[i].setAttribute(name, value);
    });
  }

  function update() {
    const { theme } = self, { updates, cuts } = state, problem = gameProblem(state), needs = `${state.seed} ${updates} ${state.curvature.length}`;
    if (needs !== randomFor) { random = normals(state.seed, updates * state.curvature.length); randomFor = needs; }
    t = Math.min(t, updates);
    const over = t >= updates, lr = cutRates(state.lr, state.factor, cuts, updates);
    const mine = sampledLoss(problem, lr, random), width = Math.round(updates / 20);
    const settings = JSON.stringify([state.lr, state.factor, updates, state.seed, state.curvature, state.noise, state.start]);
    if (settings !== othersFor) { others = rivals(state, random); othersFor = settings; }
    const results = over ? { you: played(state, lr), ...others } : null;
    const first = mine[0], low = 1e-3, high = 10 ** Math.ceil(Math.log10(Math.max(first, 1)));
    const narrow = lossPanel.clientWidth < 560;
    const colors = { never: theme.dim, plateau: theme.series[3], cosine: theme.series[2], best: theme.series[1] };
    const looks = { never: DASHES[2], plateau: DASHES[3], cosine: DASHES[1], best: DASHES[2] };
    const drawn = over ? Object.entries(colors).map(([name, color]) => ({ name, color, dash: looks[name], width: 1.6 })) : [];
    const rules = cuts.map(c => ({ x: c, color: theme.dim }));
    const goal = over ? [] : [{ y: others.cosine.final, text: `goal: end below cosine's ${say(others.cosine.final)}`, color: theme.good }];
    const room = narrow ? 12 : 100;
    lossChart.axes = chart(lossChart, theme, { title: `loss at each update${narrow ? "" : over ? ": yours, and the exact expectation of the others" : ", and its running mean"}`,
      count: updates, low, high, log: true, rules: [...rules, ...goal], room, series: [
        { y: mine.subarray(0, t + 1), color: theme.calm, width: 1, alpha: 0.45 },
        ...drawn.map(({ name, ...look }) => ({ ...look, y: results[name].expected, label: narrow ? undefined : name === "plateau" ? "on plateau" : NAMES[name] })),
        over ? { y: results.you.expected, color: theme.calm, width: 2.8, label: narrow ? undefined : "you" }
          : { y: smooth(mine.subarray(0, t + 1), width), color: theme.calm, width: 2.6 }] });
    rateChart.axes = chart(rateChart, theme, { title: "learning rate", count: updates, unit: "update", low: 1e-4, high: 1, log: true, rules, room, series: [
      ...drawn.map(({ name, ...look }) => ({ ...look, y: results[name].rate, steps: true })),
      { y: lr, color: theme.calm, width: 1.4, dash: [2, 4], steps: true },        // what it will be if nothing is cut
      { y: lr.subarray(0, Math.max(t, 1)), color: theme.calm, width: 2.8, steps: true }] });
    lossChart.node.setAttribute("aria-label", `Loss of ${t} of ${updates} updates${t ? `, now ${say(mine[t])}` : ""}`);
    rateChart.node.setAttribute("aria-label", `Learning rate, now ${say(rateNow())}${cuts.length ? `, cut at ${cuts.join(", ")}` : ", not cut"}`);
    drawMarks();
    start.textContent = over ? "Play again" : running ? "Pause" : t ? "Resume" : "Start";
    cut.disabled = t <= 0 || over;
    headline(results, mine);
    if (over) report(results, mine, name => name === "you" ? [theme.calm, []] : [colors[name], looks[name]]);
    else if (result.childElementCount) { result.replaceChildren(); shown = ""; }
  }

  function headline(results, mine) {
    const { updates, cuts } = state;
    if (!results) {
      verdict.textContent = t ? `Update ${t} of ${updates}` : "Beat cosine with two cuts";
      verdict.dataset.mood = "calm";
      why.replaceChildren(...(t ? ["rate ", figure("rate", rateNow()), ", loss ", figure("loss", mine[t]), `, cuts ${cuts.length}. Cut when the curve has flattened, but is it really flat?`]
        : [`Press Start and watch the loss. When it stops falling, cut the rate: the button, or the key D. You have ${updates} updates.`]));
      return;
    }
    const { you, cosine, plateau } = results, won = you.final < cosine.final;
    verdict.textContent = won ? cuts.length <= 2 ? "Cosine beaten, with two cuts" : `Cosine beaten, with ${cuts.length} cuts` : you.final < plateau.final ? "Better than ReduceLROnPlateau" : "Cosine wins this time";
    if (won && cuts.length === 1) verdict.textContent = "Cosine beaten, with one cut";
    verdict.dataset.mood = won ? "good" : "calm";
    why.replaceChildren("Your schedule ends at ", figure("you", you.final), won ? ", cosine at " : "; cosine at ", figure("cosine", cosine.final), ". Drag your cuts and see what they would have done.");
    self.speak(`${verdict.textContent}. ${why.textContent}`);
  }

  function report(results, mine, look) {
    const { updates } = state, order = Object.keys(results).sort((a, b) => results[a].final - results[b].final);
    const longest = Math.log(results.never.final / results.best.final) || 1, tableFor = `${order} ${self.theme.dark}`;
    if (tableFor !== table?.dataset.order) {        // else only its figures change: a table made anew in every frame costs frames
      const rows = order.map(name => make("tr", name === "you" ? { class: "lrx-mine" } : {},
        make("th", { scope: "row" }, swatch(...look(name)), NAMES[name]), make("td", {}, figure(name, 0)),
        make("td", { class: "lrx-barcell" }, make("div", { class: "lrx-bar" }))));
      table = make("table", { class: "lrx-table", "data-order": tableFor },
        make("caption", {}, "expected loss at the end, if each of these rates were run again"), make("tbody", {}, ...rows));
    }
    order.forEach((name, i) => {
      const row = table.tBodies[0].rows[i], { final } = results[name], number = row.querySelector("data");
      number.value = String(final);
      number.textContent = say(final);
      row.querySelector(".lrx-bar").style.width = `${8 + 92 * Math.max(0, Math.min(1, Math.log(final / results.best.final) / longest))}%`;
    });
    const key = JSON.stringify([state.lr, state.factor, state.cuts, updates, state.seed, state.curvature, state.noise, state.start]);
    if (key === shown) return;
    const lesson = dragged >= 0 && shown ? result.querySelector("ul") : make("ul", {}, ...lessons(state, results).map(text => make("li", {}, text)),
      make("li", {}, "This run itself ended at ", figure("sample", mine[updates]), ": luck and all."));
    if (dragged < 0) shown = key;
    if (table.parentNode !== result || lesson.parentNode !== result) result.replaceChildren(table, lesson);
  }

  const watch = new IntersectionObserver(entries => { visible = entries.at(-1).isIntersecting; });
  watch.observe(root);
  return () => { cancelAnimationFrame(loop); running = false; watch.disconnect(); self.close(); };
}

export default { render: renderYouDecayIt };
