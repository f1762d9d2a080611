// The maths of the explorers against Python: run by test_explorers_js.py, which writes the modules and vectors.json.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

const folder = process.env.LRCOURSE_EXPLORERS;
const load = name => import(pathToFileURL(path.join(folder, name)));
const maths = await load("maths.js"), { normals } = await load("random.js"), { asCode } = await load("code.js"), { CATALOGUE, FORMULAS } = await load("schedules.js");
const { ravineRun, ravineVerdict } = await load("ravine.js"), game = await load("you_decay_it.js");
const explorer = await load("schedule_explorer.js"), view = await load("view.js");
const vectors = JSON.parse(fs.readFileSync(path.join(folder, "vectors.json"), "utf8"));

/** Equal to 1e-12 of the value, or of `unit` where a long run passes through zero; null is what is not finite. */
function equal(actual, wanted, what, { tolerance = 1e-12, unit = 0 } = {}) {
  const got = Array.from(actual);
  assert.equal(got.length, wanted.length, `${what}: length`);
  got.forEach((value, i) => {
    const right = wanted[i];
    const near = right === null ? !Number.isFinite(value) : Math.abs(value - right) <= tolerance * Math.max(Math.abs(right), unit);
    assert.ok(near, `${what}[${i}]: ${value}, in Python ${right}`);
  });
}

test("every schedule gives Python's rates", () => {
  assert.deepEqual([...new Set(vectors.schedules.map(v => v.name))].sort(), Object.keys(CATALOGUE).sort());
  for (const { name, parameters, t, lr } of vectors.schedules) {
    equal(t.map(time => FORMULAS[name](time, parameters)), lr, `${name} ${JSON.stringify(parameters)}`);
  }
});

test("every optimizer makes Python's updates", () => {
  assert.deepEqual([...new Set(vectors.optimizers.map(v => v.name))].sort(), Object.keys(maths.OPTIMIZERS).sort());
  for (const { name, settings, start, grads, lr, path: wanted } of vectors.optimizers) {
    const { update, settings: defaults } = maths.OPTIMIZERS[name], s = {}, w = [start];
    grads.forEach((g, k) => w.push(update(s, w[k], g, lr[k], k + 1, { ...defaults, ...settings })));
    equal(w, wanted, name);
  }
});

test("the defaults of the optimizers are Python's", () => {
  for (const { name, defaults } of vectors.optimizers) assert.deepEqual(maths.OPTIMIZERS[name].settings, defaults, name);
});

test("a seed gives numpy's normal numbers", () => {
  for (const { seed, numbers, sum, count } of vectors.normals) {
    equal(normals(seed, numbers.length), numbers, `seed ${seed}`);
    equal([normals(seed, count).reduce((a, b) => a + Math.abs(b), 0)], [sum], `sum for seed ${seed}`);
  }
});

test("a run on a surface is the one that train() makes", () => {
  for (const { state, path: wanted, loss, lr } of vectors.ravine) {
    const run = ravineRun(state, normals(state.seed, 2 * state.steps)), what = JSON.stringify(state);
    equal(run.lr, lr, `rates of ${what}`);
    equal(run.loss, loss, `loss of ${what}`, { unit: 1 });
    equal(run.path, wanted, `path of ${what}`, { unit: 1 });
  }
});

test("a turn leaves SGD's loss as it is, and Adam's not", () => {
  const state = { surface: "ravine", optimizer: "SGD", lr: 0.05, decay: 0, momentum: 0.9, noise: 0, curvature: 20, steps: 60, seed: 0, angle: 0, start: [-1.9, 1] };
  const loss = change => ravineRun({ ...state, ...change }, normals(0, 120)).loss.at(-1);
  const askew = { angle: 30, start: maths.turned(-1.9, 1, 30) };
  assert.ok(Math.abs(loss(askew) / loss({}) - 1) < 1e-9);
  assert.ok(loss({ ...askew, optimizer: "RMSProp" }) > 2 * loss({ optimizer: "RMSProp" }));
  assert.match(ravineVerdict({ ...state, ...askew, optimizer: "Adam" }, ravineRun({ ...state, ...askew, optimizer: "Adam" }, normals(0, 120))).why, /turned by 30°/);
});

test("expected loss, sampled loss, floor, and what a schedule comes to", () => {
  for (const { problem, lr, expected, sampled, floor, seed } of vectors.quadratics) {
    equal(maths.expectedLoss(problem, lr), expected, "expected loss");
    equal(maths.sampledLoss(problem, lr, normals(seed, lr.length * problem.curvature.length)), sampled, "sampled loss");
    equal([maths.noiseFloor(problem, lr.at(-1))], [floor], "floor");
    assert.deepEqual(Object.keys(maths.summary(lr)), ["sum", "halfLife"]);
    equal([maths.summary(lr).sum], [lr.reduce((a, b) => a + b, 0)], "sum");
  }
  assert.deepEqual(maths.summary([0.1, 0.4, 0.3, 0.2, 0.1]).halfLife, 3);
  assert.equal(maths.summary([0.1, 0.1]).halfLife, null);
});

test("all who take part in the contest have Python's rates and ends", () => {
  for (const { state, rates, ends } of vectors.contests) {
    const results = game.contest(state, normals(state.seed, state.updates * state.curvature.length));
    for (const name in rates) {
      equal(results[name].rate, rates[name], `rates of ${name}`);
      equal([results[name].final], [ends[name]], `end of ${name}`);
    }
  }
});

test("no small change of the best rates makes them better", () => {
  const state = vectors.contests[0].state, problem = game.gameProblem(state), lr = maths.bestRates(problem, state.lr, state.updates);
  const best = maths.expectedLoss(problem, lr)[state.updates];
  for (let k = 0; k < state.updates; k += 7) {
    for (const factor of [0.97, 1.03]) {
      const other = lr.map((rate, i) => i === k ? Math.min(rate * factor, state.lr) : rate);
      assert.ok(maths.expectedLoss(problem, other)[state.updates] >= best * (1 - 1e-6), `update ${k}`);
    }
  }
});

test("the best cuts are at least as good as any other pair on their grid", () => {
  const state = vectors.contests[0].state, problem = game.gameProblem(state), every = state.updates / 12;
  const best = maths.bestCuts(problem, state.lr, state.factor, 2, state.updates, every);
  equal([best.loss], [maths.expectedLoss(problem, maths.cutRates(state.lr, state.factor, best.cuts, state.updates))[state.updates]], "its loss");
  for (let a = every; a < state.updates; a += every) {
    for (let b = a + every; b < state.updates; b += every) {
      const loss = maths.expectedLoss(problem, maths.cutRates(state.lr, state.factor, [a, b], state.updates))[state.updates];
      assert.ok(loss >= best.loss * (1 - 1e-12));
    }
  }
});

test("parameters are brought into their ranges, with a word", () => {
  const { values, words } = maths.clampParameters("wsd", { lr: -1, total: 50, decay: 80, warmup: 10, shape: "round", end: NaN });
  assert.deepEqual(values, { lr: 1e-6, total: 50, decay: 50, warmup: 0, shape: "linear", end: 0 });
  assert.equal(words.length, 5);
  assert.ok(words.some(word => word.includes("decay 80 is not allowed here, 50 is used")));
  assert.deepEqual(maths.clampParameters("multistep_decay", { lr: 0.1, milestones: [9, -3, 4, NaN, 4], gamma: 0.5 }).values.milestones, [4, 9]);
  assert.deepEqual(maths.clampParameters("cosine_decay", { lr: 0.5, total: 10, end: 0 }).words, []);
});

test("whatever schedule is chosen, its first parameters are allowed in Python", () => {
  const chosen = Object.fromEntries(Object.keys(CATALOGUE).map(name => [name, explorer.firstParameters(name, 0.5, 100)]));
  fs.writeFileSync(path.join(folder, "chosen.json"), JSON.stringify(chosen));       // the Python side builds each of them
});

test("the verdict says where the rate stands to the curvature", () => {
  const state = { surface: "ravine", optimizer: "SGD", decay: 0, momentum: 0.9, noise: 0, curvature: 20, steps: 60, seed: 0, start: [-1.9, 1] };
  const kind = change => {
    const s = { ...state, ...change };
    return ravineVerdict(s, ravineRun(s, normals(s.seed, 2 * s.steps))).kind;
  };
  assert.equal(kind({ lr: 0.04 }), "glides");
  assert.equal(kind({ lr: 0.08 }), "oscillates");
  assert.equal(kind({ lr: 0.2 }), "diverges");
  assert.equal(kind({ lr: 0.102, steps: 10 }), "unstable");
  assert.equal(kind({ lr: 0.15, decay: 0.2 }), "unstable");
  assert.equal(kind({ lr: 0.08, noise: 1 }), "floor");
  assert.equal(kind({ lr: 0.03, noise: 1 }), "shaken");
  assert.equal(kind({ lr: 0.08, noise: 1, optimizer: "Momentum", steps: 200 }), "floor");
  assert.equal(kind({ lr: 0.15, optimizer: "Momentum" }), "swings");
  assert.equal(kind({ lr: 0.3, optimizer: "Momentum" }), "diverges");
  assert.equal(kind({ surface: "saddle", lr: 0.01, start: [-1.5, 0] }), "stuck");
  assert.equal(kind({ surface: "saddle", lr: 0.3, start: [-1.5, 0.01] }), "escaped");
  assert.equal(kind({ surface: "two_minima", lr: 0.05, start: [-1.1, 0.1] }), "narrow");
  assert.equal(kind({ surface: "two_minima", lr: 0.3, noise: 0.3, start: [-1.7, 0.6] }), "bounces");
  assert.equal(kind({ surface: "two_minima", lr: 0.05, start: [1.5, 0.1] }), "wide");
});

test("the code for each library is written out for Python to run", () => {
  const texts = vectors.code.map(curve => ({ curve, texts: Object.fromEntries(["lrcourse", "torch", "keras", "optax"].map(f => [f, asCode(curve, f)])) }));
  fs.writeFileSync(path.join(folder, "code.json"), JSON.stringify(texts));
});

test("text and curves stand out from their panel, and dashes tell curves apart where colours do not", () => {
  const css = fs.readFileSync(path.join(folder, "parts.css"), "utf8");
  const [light, dark] = [...css.matchAll(/--panel: (#[0-9a-f]{6})/g)].map(found => found[1]);
  const luminance = color => [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16) / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => p - q); return (y + 0.05) / (x + 0.05); };
  for (const [theme, panel] of [[view.LIGHT, light], [view.DARK, dark]]) {
    for (const color of [theme.ink, theme.dim, theme.hot, theme.good]) assert.ok(contrast(color, panel) >= 4.5, `${color} on ${panel}: text`);
    for (const color of [...theme.series, theme.calm]) assert.ok(contrast(color, panel) >= 3, `${color} on ${panel}: curve`);
    assert.ok(theme.series.length <= view.DASHES.length);
  }
  assert.equal(new Set(view.DASHES.map(String)).size, view.DASHES.length);
});
