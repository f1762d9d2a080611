// Ravine: where an optimizer goes on a surface, and at which rates it gets there.
import { LIMITS } from "./limits.js";
import { OPTIMIZERS, SURFACES, descend, expectedLoss, noiseFloor, rates, stabilityLimit, turned } from "./maths.js";
import { normals } from "./random.js";
import { KEYS, make } from "./parts.js";
import { DASHES, button, canvas, chart, dot, figure, lifted, say, scrub, select, slider, stage } from "./view.js";

// ---- what is shown, without a page ----------------------------------------------------------------------------------

const TRAITS = ["surface", "optimizer", "lr", "decay", "momentum", "noise", "curvature", "angle", "steps", "seed", "start"];

const NARROW = 2 / 12.7;       // the rate at which gradient descent can no longer rest in the narrow minimum

/** Which settings the momentum slider turns, per optimizer. */
export const MOMENTUM = { Momentum: "beta", Nesterov: "beta", Adam: "beta1", AdamW: "beta1", ScheduleFreeSGD: "beta" };

export function ravineRun(state, random) {
  const lr = rates("inverse_time_decay", { lr: state.lr, decay_rate: state.decay }, state.steps);
  const setting = MOMENTUM[state.optimizer], settings = setting ? { [setting]: state.momentum } : {};
  return { lr, ...descend({ ...state, settings, lr, normals: random }) };
}

/** The loss at which plain SGD stays on the ravine at a constant rate. */
export function ravineFloor({ curvature, noise }, lr) {
  return noiseFloor({ curvature: [1, curvature], noise: [noise, noise] }, lr);
}

/** In words: {kind, title, why, mood}. */
export function ravineVerdict(state, { lr, path, loss }) {
  const { surface, optimizer, momentum, noise, curvature, angle, steps } = state;
  const last = loss[steps], quadratic = surface === "ravine", L = Math.max(1, curvature);
  const limit = quadratic ? stabilityLimit(optimizer, momentum, L) : null, one = 1 / L;
  const [name, formula] = { SGD: ["2/L", "2/L"], Momentum: ["2(1+β)/L", "2(1+β)/L"],
    Nesterov: ["2(1+β)/((1+2β)L)", "2(1+β)/((1+2β)L)"] }[optimizer] ?? [];
  if (!Number.isFinite(last) || last > 100 * Math.max(1, loss[0])) {
    return { kind: "diverges", mood: "hot", title: "Diverges",
      why: limit === null ? "The steps are so long that each one leads further up."
        : `The rate is above ${name} = ${say(limit)}: every step across the ravine lands higher than it began.` };
  }
  if (limit !== null && lr[0] >= limit) {
    const safe = lr.findIndex(rate => rate < limit);
    return { kind: "unstable", mood: "hot", title: safe < 0 ? "Diverges slowly" : "Leaps, then settles",
      why: safe < 0 ? `The rate is above ${formula} = ${say(limit)}; a few more steps and it is gone.`
        : `Up to step ${safe} the rate is above ${formula} = ${say(limit)} and the path grows; decay brings it back.` };
  }
  if (noise > 0 && quadratic) {
    const shaken = shakenVerdict(state, lr, loss);
    if (shaken) return shaken;
  }
  if (!quadratic) return elsewhere(state, path, lr[steps - 1]);
  if (optimizer === "SGD") {
    const x = Math.abs(1 - lr[0]) * 100;
    return lr[0] > one
      ? { kind: "oscillates", mood: "calm", title: "Oscillates: 1/L < rate < 2/L",
          why: `Every step overshoots across the ravine, and still lands ${say((1 - Math.abs(1 - lr[0] * L)) * 100)} % closer.` }
      : { kind: "glides", mood: "good", title: "Glides: rate < 1/L",
          why: `No overshoot. Along the flat direction each step keeps ${say(x)} % of the way still to go.` };
  }
  if (optimizer === "Momentum" || optimizer === "Nesterov") {
    return { kind: "swings", mood: "calm", title: "Stable, with memory",
      why: `The rate is below ${formula} = ${say(limit)}; the velocity carries it along the flat direction, and past the minimum.` };
  }
  return { kind: "adapts", mood: "calm", title: last < 1e-3 * loss[0] ? "Reaches the valley floor" : "On its way",
    why: optimizer === "ScheduleFreeSGD" ? "It steps on at the full rate; the loss is that of the average of its places."
      : angle ? `${optimizer} has a rate for each weight, but turned by ${say(angle)}° the ravine lies along neither.`
        : `${optimizer} divides by the size of past gradients, so the two directions move at similar speed.` };
}

/** Under noise: has it arrived on its floor, or is it still on its way there? */
function shakenVerdict({ optimizer, curvature, angle, noise, steps, start }, lr, loss) {
  const mean = part => part.reduce((a, b) => a + b, 0) / part.length, quarter = Math.max(2, Math.floor(steps / 4));
  const recent = mean(loss.subarray(steps + 1 - quarter)), before = mean(loss.subarray(steps + 1 - 2 * quarter, steps + 1 - quarter));
  const floor = { kind: "floor", mood: "calm", title: "Wanders on its noise floor" };
  if (optimizer !== "SGD") {
    return recent > 0.8 * before && recent < 0.5 * loss[0]
      ? { ...floor, why: `The noise throws it back as fast as it falls, near loss ${say(recent)}. A smaller rate lowers the floor.` } : null;
  }
  const problem = { curvature: [1, curvature], noise: [noise, noise], start: turned(...start, -angle) };      // plain SGD: the expectation is known exactly
  const expected = expectedLoss(problem, lr)[steps], distance = expectedLoss({ ...problem, noise: [0, 0] }, lr)[steps];
  if (distance < 0.3 * expected) {
    return { ...floor, why: `The noise throws it back as fast as it falls: loss ${say(recent)} of late, ${say(expected)} expected. A smaller rate lowers the floor.` };
  }
  return { kind: "shaken", mood: "calm", title: "On its way, shaken by noise",
    why: `Of the expected loss ${say(expected)}, ${say(distance)} is distance not yet covered and ${say(expected - distance)} noise. A smaller rate shrinks the noise, and slows it down.` };
}

function elsewhere({ surface, optimizer, noise, steps }, path, rate) {
  const x = path[2 * steps], y = path[2 * steps + 1];
  const floor = noise > 0 ? " Noise keeps it moving." : "";
  if (surface === "saddle") {
    const escape = Array.from({ length: steps + 1 }, (_, k) => Math.abs(path[2 * k + 1])).findIndex(v => v > 0.5);
    return escape < 0
      ? { kind: "stuck", mood: "hot", title: "Stuck at the saddle",
          why: "The gradient there is almost zero; the way out, up or down, opens only exponentially slowly." }
      : { kind: "escaped", mood: "good", title: `Left the saddle at step ${escape}`,
          why: `It ends near (${say(x)}, ${say(y)}).${floor}` };
  }
  const narrow = Math.hypot(x + 1, y) < 0.4, wide = Math.hypot(x - 1.2, y) < 0.9;
  if (narrow && optimizer === "SGD" && rate > NARROW) {
    return { kind: "bounces", mood: "hot", title: "Bounces about in the narrow minimum",
      why: `The rate is above 2/L = ${say(NARROW)} in there: it can't come to rest, and a longer step throws it out.` };
  }
  return { kind: narrow ? "narrow" : wide ? "wide" : "between", mood: narrow ? "hot" : "good",
    title: narrow ? "Caught in the narrow minimum" : wide ? "In the wide minimum" : "Between the minima",
    why: `It ends near (${say(x)}, ${say(y)}).${floor}`
      + (narrow ? " The curvature in there is about eight times that of the wide minimum." : "") };
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderRavine({ model, el }) {
  const self = stage({ model, el }, { label: "Ravine: an optimizer on a surface", traits: TRAITS, update });
  const { root, state } = self;
  root.classList.add("lrx-ravine");
  const verdict = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const mapPanel = make("div", { class: "lrx-panel lrx-map" }), charts = make("div", { class: "lrx-charts" });
  const lossPanel = make("div", { class: "lrx-panel" }), ratePanel = make("div", { class: "lrx-panel" });
  charts.append(lossPanel, ratePanel);
  const controls = make("div", { class: "lrx-controls" }), facts = make("div", { class: "lrx-facts" });
  const row = make("div", { class: "lrx-row" });
  root.append(make("div", { class: "lrx-head", "aria-hidden": "true" }, verdict, why),
    make("div", { class: "lrx-views" }, mapPanel, charts), controls, row, self.word, self.spoken);
  const map = canvas(self, mapPanel, { role: "img", class: "lrx-mapcanvas" });
  const lossChart = canvas(self, lossPanel, { class: "lrx-loss" });
  const rateChart = canvas(self, ratePanel, { class: "lrx-rate", role: "img" });
  const first = { ...state };
  let run = null, pinned = null, cursor = null, held = null, top = 0, own = null, ownFor = null, tapped = null, dragged = false, random = null, randomFor = "", field = null, fieldFor = "";

  // the start, to drag
  const handle = make("button", { type: "button", class: "lrx-handle", ...KEYS });
  const hint = make("span", { class: "lrx-hint", "aria-hidden": "true" }, "drag me");
  mapPanel.append(handle, hint);
  const place = event => {
    const box = map.node.getBoundingClientRect(), { x, y } = SURFACES[state.surface];
    const part = (v, low, high) => low + Math.min(Math.max(v, 0), 1) * (high - low);
    dragged = true;
    self.change("start", [part((event.clientX - box.left) / box.width, ...x), part(1 - (event.clientY - box.top) / box.height, ...y)]
      .map(v => Number(v.toFixed(3))));
  };
  for (const target of [map.node, handle]) {
    self.on(target, "pointerdown", event => {
      if (event.button) return;
      if (event.pointerType === "touch" && target === map.node) { tapped = event; return; }     // a swipe scrolls the page
      target.setPointerCapture(event.pointerId);
      if (target === map.node) place(event);
      handle.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
    });
    self.on(target, "pointermove", event => { if (!tapped && target.hasPointerCapture(event.pointerId)) place(event); });
    self.on(target, "pointerup pointercancel", event => {
      if (tapped && event.type === "pointerup" && Math.hypot(event.clientX - tapped.clientX, event.clientY - tapped.clientY) < 10) place(event);
      tapped = null;
      self.release("start");
    });
  }
  self.on(handle, "keydown", event => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!move) return;
    const by = event.shiftKey ? 0.2 : 0.05, { x, y } = SURFACES[state.surface];
    dragged = true;
    const kept = (v, [low, high]) => Number(Math.min(Math.max(v, low), high).toFixed(3));
    self.change("start", [kept(state.start[0] + by * move[0], x), kept(state.start[1] + by * move[1], y)]);
    event.preventDefault();
    event.stopPropagation();
  });
  self.on(handle, "keyup", event => { if (event.key.startsWith("Arrow")) self.release("start"); });

  const control = (name, label, more = {}) => slider(self, controls, {
    name, label, min: LIMITS[name][0], max: LIMITS[name][1], value: state[name],
    input: v => self.change(name, v), release: () => self.release(name), ...more });
  control("lr", "learning rate", { log: true });
  control("decay", "decay k").row.title = "rate of step t: learning rate / (1 + k t)";
  control("noise", "noise");
  control("momentum", "momentum β");
  control("curvature", "steepness L", { log: true });
  control("angle", "turned by, °", { input: turn, release: () => self.release("angle", "start") });
  control("steps", "steps", { whole: true });
  const choose = (name, label, options, names) => select(self, controls, { name, label, options, names, value: state[name],
    change: v => {
      if (name === "surface") { state.start = turned(...SURFACES[v].start, v === "ravine" ? state.angle : 0); cursor = null; }
      self.change(name, v);
      self.release("surface", "optimizer", "start");
    } });
  choose("optimizer", "optimizer", Object.keys(OPTIMIZERS));
  choose("surface", "surface", Object.keys(SURFACES), { two_minima: "two minima" });
  const pin = button(self, row, "Pin", () => { pinned = pinned ? null : { ...state }; self.now(); },
    { title: "Keep this run in sight, and compare the next ones with it under the same noise" });
  button(self, row, "New noise", () => { self.change("seed", state.seed + 1); self.release("seed"); });
  button(self, row, "Start over", () => {
    Object.assign(state, first);
    pinned = null;
    for (const name in first) self.controls[name]?.set(first[name]);
    self.change("lr", state.lr);
    self.release(...Object.keys(first));
  });
  row.append(facts);

  const move = to => { if (to !== cursor) { cursor = to; self.now(); } };
  scrub(self, lossChart, { label: "Loss, step by step", count: () => state.steps, get: () => cursor, move });

  const grip = lifted(self, ratePanel, rateChart, {
    begin: from => { held = { from, lr: state.lr }; },
    move: value => {
      const kept = Number(Math.min(Math.max(held.lr + value - held.from, LIMITS.lr[0]), LIMITS.lr[1]).toPrecision(3));
      self.controls.lr.set(kept);
      self.change("lr", kept);
    },
    end: () => { if (held) { held = null; self.release("lr"); self.now(); } },
  });
  self.on(rateChart.node, "pointermove", event => { if (!held) move(rateChart.axes?.time(event.offsetX) ?? null); });
  self.on(rateChart.node, "pointerleave", () => { if (!held) move(null); });

  /** Turns the ravine, and the start with it as long as it stays in the picture. */
  function turn(angle) {
    if (state.start !== ownFor) own = turned(...state.start, -state.angle);
    const { x, y } = SURFACES.ravine, inside = (v, [low, high]) => Math.min(Math.max(v, low), high), [a, b] = turned(...own, angle);
    state.start = ownFor = [inside(a, x), inside(b, y)];
    self.change("angle", angle);
  }

  function update() {
    const { theme } = self, needs = `${state.seed} ${state.steps}`;
    if (needs !== randomFor) { random = normals(state.seed, 2 * state.steps); randomFor = needs; }
    run = ravineRun(state, random);
    if (pinned?.surface !== state.surface || pinned.steps !== state.steps) pinned = null;
    const ghost = pinned && ravineRun(pinned, random);
    pin.textContent = pinned ? "Unpin" : "Pin";
    pin.setAttribute("aria-pressed", pinned !== null);
    if (cursor > state.steps) cursor = null;
    drawMap(theme, ghost);
    drawCharts(theme, ghost);
    const words = ravineVerdict(state, run), { start, steps } = state;
    verdict.textContent = words.title;
    verdict.dataset.mood = words.mood;
    verdict.dataset.kind = words.kind;
    why.textContent = words.why;
    const at = cursor ?? steps, quadratic = state.surface === "ravine";
    facts.replaceChildren(cursor === null ? "loss at the end " : `step ${at}: loss `, figure("loss", run.loss[at]),
      cursor === null ? ", last rate " : ", rate ", figure("rate", run.lr[Math.min(at, steps - 1)]),
      ...(quadratic && state.angle && !state.noise ? ["; not turned ", figure("unturned", ravineRun({ ...state, angle: 0, start: turned(...state.start, -state.angle) }, random).loss[at])] : []),
      ...(ghost ? [`; pinned (${state.optimizer === pinned.optimizer ? "" : `${pinned.optimizer}, `}rate ${say(pinned.lr)}): `, figure("pinned", ghost.loss[at])] : []));
    self.speak(`${words.title}. ${words.why}`);
    map.node.setAttribute("aria-label", `Path of ${state.optimizer} from (${start}) on the surface ${state.surface}. ${words.title}. ${words.why}`);
    handle.setAttribute("aria-label", `Start point at ${say(start[0])}, ${say(start[1])}. Arrow keys move it, with shift further.`);
    lossChart.node.setAttribute("aria-valuemax", steps);
    lossChart.node.setAttribute("aria-valuenow", at);
    lossChart.node.setAttribute("aria-valuetext", `step ${at}, loss ${say(run.loss[at])}`);
    rateChart.node.setAttribute("aria-label", `Learning rate from ${say(run.lr[0])} to ${say(run.lr[steps - 1])}`);
    const L = Math.max(1, state.curvature);
    const limit = quadratic ? stabilityLimit(state.optimizer, state.momentum, L) : null;
    self.controls.lr.marks(limit === null ? [] : state.optimizer === "SGD" ? [[1 / L, "1/L", "left"], [limit, "2/L", "right"]] : [[limit, "limit"]]);
    self.controls.curvature.enable(quadratic, quadratic ? "" : "Only the ravine has a steepness to set");
    self.controls.angle.enable(quadratic, quadratic ? "" : "Only the ravine can be turned");
    self.controls.momentum.enable(state.optimizer in MOMENTUM, state.optimizer in MOMENTUM ? "" : `${state.optimizer} has no momentum`);
  }

  function drawMap(theme, ghost) {
    const { ctx, width, height, ratio } = map, surface = SURFACES[state.surface];
    const key = [state.surface, state.curvature, state.angle, width, height, ratio, theme.dark].join();
    if (key !== fieldFor) { field = landscape(surface, [state.curvature, state.angle], width, height, ratio, theme); fieldFor = key; }
    const X = x => (x - surface.x[0]) / (surface.x[1] - surface.x[0]) * width;
    const Y = y => (surface.y[1] - y) / (surface.y[1] - surface.y[0]) * height;
    ctx.drawImage(field, 0, 0, width, height);
    ctx.lineJoin = "round";
    for (const [x, y] of surface.minima) cross(ctx, X(x), Y(y), theme.good);
    const far = v => Math.max(-1e4, Math.min(1e4, v)), count = state.steps;
    const lastOf = path => { const lost = path.findIndex(v => !Number.isFinite(v)); return lost < 0 ? count : Math.floor(lost / 2) - 1; };
    const trace = (path, color, thick, dash = []) => {
      ctx.strokeStyle = color;
      ctx.lineWidth = thick;
      ctx.setLineDash(dash);
      ctx.beginPath();
      for (let k = 0, last = lastOf(path); k <= last; k++) ctx.lineTo(far(X(path[2 * k])), far(Y(path[2 * k + 1])));
      ctx.stroke();
      ctx.setLineDash([]);
    };
    if (state.surface === "ravine") axisNames(ctx, theme, width, height, state);
    if (ghost) trace(ghost.path, theme.series[3], 2, DASHES[1]);
    const end = lastOf(run.path);
    trace(run.path, theme.dark ? "#0009" : "#fffc", 4.5);
    trace(run.path, theme.ink, 1.8);
    for (let k = 1; k <= end; k++) dot(ctx, far(X(run.path[2 * k])), far(Y(run.path[2 * k + 1])), k === end ? 4.5 : 2.4, k === end ? theme.calm : theme.ink, k === end ? theme.back : null);
    if (cursor !== null && cursor <= end) dot(ctx, far(X(run.path[2 * cursor])), far(Y(run.path[2 * cursor + 1])), 6, theme.hot, theme.back);
    handle.style.left = `${6 + X(state.start[0])}px`;
    handle.style.top = `${6 + Y(state.start[1])}px`;
    hint.hidden = dragged;
    hint.style.left = `${16 + X(state.start[0])}px`;
    hint.style.top = `${Y(state.start[1]) - 14}px`;
  }

  function drawCharts(theme, ghost) {
    const { surface, steps, curvature, optimizer, momentum } = state, log = surface === "ravine", L = Math.max(1, curvature);
    const floor = log && optimizer === "SGD" && state.noise > 0 ? ravineFloor(state, run.lr[steps - 1]) : 0;
    const [low, high] = log ? [1e-6, 1e3] : surface === "saddle" ? [-0.4, 2] : [-1.2, 1];
    lossChart.axes = chart(lossChart, theme, { title: "loss at each step", count: steps, low, high, log, cursor, room: 12,
      rules: floor > 0 ? [{ y: floor, text: `noise floor of the last rate: ${say(floor)}`, color: theme.good, below: true }] : [],
      series: [...(ghost ? [{ y: ghost.loss, color: theme.series[3], dash: DASHES[1], width: 1.6 }] : []), { y: run.loss, color: theme.calm }] });
    const limit = log ? stabilityLimit(optimizer, momentum, L) : null;
    const rules = limit === null ? [] : [...(optimizer === "SGD" ? [{ y: 1 / L, text: "1/L" }] : []),
      { y: limit, text: optimizer === "SGD" ? "2/L: above, it diverges" : "limit: above, it diverges", color: theme.hot }];
    if (!held) top = 1.25 * Math.max(run.lr[0], limit ?? 0);
    rateChart.axes = chart(rateChart, theme, { title: "learning rate of each step: drag it", count: steps, low: 0, high: top, rules, cursor, room: 12,
      series: [...(ghost ? [{ y: ghost.lr, color: theme.series[3], dash: DASHES[1], width: 1.6, steps: true }] : []),
        { y: run.lr, color: theme.series[1], steps: true }] });
    const early = Math.round(steps / 10);       // clear of the figures at the axis
    grip.put(early, run.lr[early], theme.series[1]);
  }

  return self.close;
}

/** Which way is flat and which is steep, at the edges of the map. */
function axisNames(ctx, theme, width, height, { curvature, angle }) {
  ctx.font = "11px system-ui, -apple-system, 'Segoe UI', sans-serif";
  ctx.fillStyle = theme.dim;
  ctx.textBaseline = "alphabetic";
  ctx.textAlign = "right";
  ctx.fillText(angle ? "curvature 1 along" : "→ curvature 1", width - 10, height - 10);
  ctx.textAlign = "left";
  ctx.fillText(angle ? `across the valley: curvature L = ${say(curvature)}` : `↑ curvature L = ${say(curvature)}`, 10, height - 10);
}

function cross(ctx, x, y, color) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 2.5;
  ctx.beginPath();
  for (const [dx, dy] of [[6, 0], [0, 6]]) { ctx.moveTo(x - dx, y - dy); ctx.lineTo(x + dx, y + dy); }
  ctx.stroke();
}

/** The surface as a picture: shaded by loss, with contour lines. Drawn anew only when it changes. */
function landscape(surface, shape, width, height, ratio, theme) {
  const nx = 120, ny = Math.round(nx * height / width), values = new Float64Array((nx + 1) * (ny + 1));
  const at = (low, high, part) => low + (high - low) * part;
  for (let j = 0; j <= ny; j++) {
    for (let i = 0; i <= nx; i++) {
      values[j * (nx + 1) + i] = surface.value(at(...surface.x, i / nx), at(surface.y[1], surface.y[0], j / ny), ...shape);
    }
  }
  const least = Math.min(...surface.minima.map(([x, y]) => surface.value(x, y, ...shape)));
  const most = values.reduce((a, b) => Math.max(a, b)), floor = 0.004 * (most - least);
  const shade = values.map(v => Math.log((v - least + floor) / floor) / Math.log((most - least + floor) / floor));
  const picture = document.createElement("canvas"), small = document.createElement("canvas");
  picture.width = Math.round(width * ratio);
  picture.height = Math.round(height * ratio);
  small.width = nx + 1;
  small.height = ny + 1;
  const ctx = picture.getContext("2d"), thumb = small.getContext("2d"), image = thumb.createImageData(nx + 1, ny + 1);
  shade.forEach((part, i) => {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = theme.low[c] + (theme.high[c] - theme.low[c]) * part;
    image.data[4 * i + 3] = 255;
  });
  thumb.putImageData(image, 0, 0);
  ctx.imageSmoothingQuality = "high";
  const sx = picture.width / nx, sy = picture.height / ny;
  ctx.drawImage(small, -sx / 2, -sy / 2, picture.width + sx, picture.height + sy);
  ctx.strokeStyle = theme.dark ? "#a9c9e638" : "#1b4a7330";
  ctx.lineWidth = ratio;
  ctx.beginPath();
  for (let level = 0.08; level < 1; level += 0.08) contour(ctx, shade, nx, ny, level, sx, sy);
  ctx.stroke();
  return picture;
}

/** Marching squares: the line on which `values` is `level`, one piece per cell. */
function contour(ctx, values, nx, ny, level, sx, sy) {
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const k = j * (nx + 1) + i, corners = [values[k], values[k + 1], values[k + nx + 2], values[k + nx + 1]];
      const places = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], points = [];
      for (let c = 0; c < 4; c++) {
        const a = corners[c], b = corners[(c + 1) % 4];
        if (a < level === b < level) continue;
        const part = (level - a) / (b - a), [x0, y0] = places[c], [x1, y1] = places[(c + 1) % 4];
        points.push([(x0 + part * (x1 - x0)) * sx, (y0 + part * (y1 - y0)) * sy]);
      }
      for (let p = 0; p + 1 < points.length; p += 2) { ctx.moveTo(...points[p]); ctx.lineTo(...points[p + 1]); }
    }
  }
}

export default { render: renderRavine };
