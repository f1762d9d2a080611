// The numbers behind the explorers. Nothing here knows of a page: every function is held against Python by the tests.
import { CATALOGUE, FORMULAS } from "./schedules.js";

// ---- schedules ------------------------------------------------------------------------------------------------------

/** The rates at the times 0, 1, ..., count - 1. */
export function rates(name, parameters, count) {
  return Float64Array.from({ length: count }, (_, t) => FORMULAS[name](t, parameters));
}

/** The upper end of a parameter's range: a number, another parameter, or a difference such as "total - decay". */
export function upperEnd(parameter, values) {
  if (typeof parameter.high !== "string") return parameter.high ?? Infinity;
  return parameter.high.split(" - ").map(name => values[name]).reduce((a, b) => a - b);
}

/** Parameters brought into their ranges, and a word about each that wasn't: {values, words}. */
export function clampParameters(name, given) {
  const values = {}, words = [];
  for (const parameter of CATALOGUE[name].parameters) {
    const value = given[parameter.name];
    let kept = value;
    if (parameter.kind === "choice") {
      if (!parameter.options.includes(value)) kept = parameter.options[0];
    } else if (parameter.kind === "times") {
      kept = [...new Set(value.filter(m => m > 0 && Number.isFinite(m)))].sort((a, b) => a - b);
      if (kept.length === value.length && kept.every((m, i) => m === value[i])) kept = value;
    } else {
      const high = upperEnd(parameter, { ...given, ...values });
      const least = parameter.open ? Math.min(1e-6, high) : parameter.low;
      kept = Number.isFinite(value) ? Math.min(Math.max(value, least), high) : parameter.default ?? least;
    }
    if (kept !== value) words.push(`${parameter.name} ${value} is not allowed here, ${kept} is used`);
    values[parameter.name] = kept;
  }
  return { values, words };
}

/** ReduceLROnPlateau: more than `patience` reports without a new best, then the rate is cut. PyTorch's counting. */
export class ReduceLROnPlateau {
  constructor({ lr, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, min_lr = 0 }) {
    Object.assign(this, { lr, factor, patience, threshold, cooldown, min_lr, best: Infinity, bad: 0, resting: 0 });
  }
  step(metric) {
    const better = metric < this.best * (1 - this.threshold);
    if (better) this.best = metric;
    this.bad = better || this.resting > 0 ? 0 : this.bad + 1;
    this.resting = Math.max(this.resting - 1, 0);
    if (this.bad > this.patience) {
      const lower = Math.max(this.lr * this.factor, this.min_lr);
      if (this.lr - lower > 1e-8) this.lr = lower;
      this.resting = this.cooldown;
      this.bad = 0;
    }
    return this.lr;
  }
}

/** What a list of rates comes to: their sum, and when they first fall to half of the largest (null: never). */
export function summary(lr) {
  let sum = 0, peak = 0;
  lr.forEach((rate, t) => { sum += rate; if (rate > lr[peak]) peak = t; });
  const half = lr.findIndex((rate, t) => t > peak && rate <= lr[peak] / 2);
  return { sum, halfLife: half < 0 ? null : half };
}

// ---- optimizers -----------------------------------------------------------------------------------------------------
// One weight at a time: s is what is remembered of it, k the number of the step from 1, p the settings.

export const OPTIMIZERS = {
  SGD: {
    settings: {},
    update: (s, w, g, lr) => w - lr * g,
  },
  Momentum: {
    settings: { beta: 0.9 },
    update: (s, w, g, lr, k, p) => { s.v = p.beta * (s.v ?? 0) + g; return w - lr * s.v; },
  },
  Nesterov: {
    settings: { beta: 0.9 },
    update: (s, w, g, lr, k, p) => { s.v = p.beta * (s.v ?? 0) + g; return w - lr * (g + p.beta * s.v); },
  },
  AdaGrad: {
    settings: { eps: 1e-10 },
    update: (s, w, g, lr, k, p) => { s.s = (s.s ?? 0) + g * g; return w - lr * g / (Math.sqrt(s.s) + p.eps); },
  },
  RMSProp: {
    settings: { rho: 0.99, eps: 1e-8 },
    update: (s, w, g, lr, k, p) => {
      s.s = p.rho * (s.s ?? 0) + (1 - p.rho) * g * g;
      return w - lr * g / (Math.sqrt(s.s) + p.eps);
    },
  },
  Adam: { settings: { beta1: 0.9, beta2: 0.999, eps: 1e-8 }, update: adam },
  AdamW: {
    settings: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 },
    update: (s, w, g, lr, k, p) => adam(s, w - lr * p.weight_decay * w, g, lr, k, p),
  },
  ScheduleFreeSGD: {
    settings: { beta: 0.9 },
    update: (s, w, g, lr, k, p) => {
      if (k === 1) Object.assign(s, { z: w, x: w, total: 0 });
      s.z -= lr * g;
      s.total += lr * lr;
      const c = lr * lr / Math.max(s.total, 2.2250738585072014e-308);
      s.x = (1 - c) * s.x + c * s.z;
      return (1 - p.beta) * s.z + p.beta * s.x;
    },
  },
};

function adam(s, w, g, lr, k, p) {
  s.m = p.beta1 * (s.m ?? 0) + (1 - p.beta1) * g;
  s.s = p.beta2 * (s.s ?? 0) + (1 - p.beta2) * g * g;
  const m = s.m / (1 - p.beta1 ** k), v = s.s / (1 - p.beta2 ** k);
  return w - lr * m / (Math.sqrt(v) + p.eps);
}

/** Largest stable rate on a quadratic of curvature L, or null where no single number says it. */
export function stabilityLimit(optimizer, beta, L) {
  if (optimizer === "SGD") return 2 / L;
  if (optimizer === "Momentum") return 2 * (1 + beta) / L;
  if (optimizer === "Nesterov") return 2 * (1 + beta) / ((1 + 2 * beta) * L);
  return null;
}

// ---- surfaces -------------------------------------------------------------------------------------------------------

const WELLS = [[1, 1.2, 0, 0.8], [0.8, -1, 0, 0.25]];       // depth, centre x, centre y, width

/** A point turned about the origin, counterclockwise, by an angle in degrees. */
export function turned(x, y, angle) {
  if (!angle) return [x, y];
  const c = Math.cos(angle * Math.PI / 180), s = Math.sin(angle * Math.PI / 180);
  return [c * x - s * y, s * x + c * y];
}

export const SURFACES = {
  ravine: {
    start: [-1.9, 1], x: [-2.2, 2.2], y: [-1.4, 1.4], minima: [[0, 0]],
    value: (x, y, L, angle) => {
      const [along, across] = turned(x, y, -angle);
      return 0.5 * (along * along + L * across * across);
    },
    gradient: (x, y, L, angle) => {
      const [along, across] = turned(x, y, -angle);
      return turned(along, L * across, angle);
    },
  },
  saddle: {
    start: [-1.5, 0.01], x: [-2.2, 2.2], y: [-1.4, 1.4], minima: [[0, -1], [0, 1]],
    value: (x, y) => 0.5 * x * x - 0.5 * y * y + 0.25 * y ** 4,
    gradient: (x, y) => [x, y ** 3 - y],
  },
  two_minima: {
    start: [-1.7, 0.6], x: [-2.2, 2.2], y: [-1.4, 1.4], minima: [[1.195, 0], [-0.975, 0]],
    value: (x, y) => WELLS.reduce((sum, [depth, a, b, width]) =>
      sum - depth * Math.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * width ** 2)), 0.05 * (x * x + y * y)),
    gradient: (x, y) => WELLS.reduce(([gx, gy], [depth, a, b, width]) => {
      const well = depth * Math.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * width ** 2)) / width ** 2;
      return [gx + well * (x - a), gy + well * (y - b)];
    }, [0.1 * x, 0.1 * y]),
  },
};

/** A run on a surface: path (2 (n + 1) numbers) and loss (n + 1) of the weights to test with; infinite once diverged. */
export function descend({ surface, curvature, angle, optimizer, settings, lr, noise, normals, start }) {
  const { value, gradient } = SURFACES[surface], { update, settings: defaults } = OPTIMIZERS[optimizer];
  const p = { ...defaults, ...settings }, n = lr.length, sx = {}, sy = {};
  const path = new Float64Array(2 * n + 2), loss = new Float64Array(n + 1).fill(Infinity);
  let [x, y] = start;
  path[0] = x; path[1] = y; loss[0] = value(x, y, curvature, angle);
  for (let k = 0; k < n; k++) {
    const [gx, gy] = gradient(x, y, curvature, angle);
    x = update(sx, x, gx + noise * normals[2 * k], lr[k], k + 1, p);
    y = update(sy, y, gy + noise * normals[2 * k + 1], lr[k], k + 1, p);
    path[2 * k + 2] = x; path[2 * k + 3] = y;
    const now = optimizer === "ScheduleFreeSGD" ? value(sx.x, sy.x, curvature, angle) : value(x, y, curvature, angle);
    if (Number.isFinite(now) && Number.isFinite(loss[k])) loss[k + 1] = now;
  }
  return { path, loss };
}

// ---- the noisy quadratic --------------------------------------------------------------------------------------------

/** Expected loss before each update and after the last, n + 1 numbers: E w^2 <- (1 - lr h)^2 E w^2 + lr^2 s^2. */
export function expectedLoss({ curvature, noise, start }, lr) {
  const loss = new Float64Array(lr.length + 1);
  for (let i = 0; i < curvature.length; i++) {
    const h = curvature[i], variance = noise[i] ** 2;
    let square = start[i] ** 2;
    loss[0] += 0.5 * h * square;
    for (let k = 0; k < lr.length; k++) {
      square = (1 - lr[k] * h) ** 2 * square + lr[k] ** 2 * variance;
      loss[k + 1] += 0.5 * h * square;
    }
  }
  return loss;
}

/** One run of plain SGD with the given normal numbers, and its loss before each update and after the last. */
export function sampledLoss({ curvature, noise, start }, lr, normals) {
  const d = curvature.length, loss = new Float64Array(lr.length + 1);
  for (let i = 0; i < d; i++) {
    const h = curvature[i];
    let w = start[i];
    loss[0] += 0.5 * h * w * w;
    for (let k = 0; k < lr.length; k++) {
      w -= lr[k] * (h * w + noise[i] * normals[k * d + i]);
      loss[k + 1] += 0.5 * h * w * w;
    }
  }
  return loss;
}

/** The loss at which a constant rate stays for ever, infinite where it is not stable. */
export function noiseFloor({ curvature, noise }, lr) {
  return curvature.reduce((sum, h, i) => sum + (lr * h < 2 ? 0.5 * lr * noise[i] ** 2 / (2 - lr * h) : Infinity), 0);
}

/** Rates that a ReduceLROnPlateau chooses in one run, watching the loss after every update. */
export function plateauRates({ curvature, noise, start }, settings, count, normals) {
  const watch = new ReduceLROnPlateau(settings), w = [...start], lr = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    lr[k] = watch.lr;
    let loss = 0;
    for (let i = 0; i < w.length; i++) {
      w[i] -= lr[k] * (curvature[i] * w[i] + noise[i] * normals[k * w.length + i]);
      loss += 0.5 * curvature[i] * w[i] * w[i];
    }
    watch.step(loss);
  }
  return lr;
}

/**
 * The rates with the smallest expected final loss, none above `highest`. With all others fixed that loss is a parabola
 * in one rate, so each in turn is set to its minimum; every sweep over them makes the loss smaller or leaves it.
 */
export function bestRates({ curvature, noise, start }, highest, count, sweeps = 30) {
  const d = curvature.length, lr = new Float64Array(count).fill(Math.min(highest, 1 / Math.max(...curvature)) / 2);
  const later = new Float64Array(count * d);      // how much of E w^2 after update k is left at the end
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let i = 0; i < d; i++) {
      let left = 1;
      for (let k = count - 1; k >= 0; k--) { later[k * d + i] = left; left *= (1 - lr[k] * curvature[i]) ** 2; }
    }
    const square = start.map(w => w * w);
    for (let k = 0; k < count; k++) {
      let slope = 0, bend = 0;
      for (let i = 0; i < d; i++) {
        const weight = curvature[i] * later[k * d + i];
        slope += weight * curvature[i] * square[i];
        bend += weight * (curvature[i] ** 2 * square[i] + noise[i] ** 2);
      }
      if (bend > 0) lr[k] = Math.min(slope / bend, highest);
      for (let i = 0; i < d; i++) {
        square[i] = (1 - lr[k] * curvature[i]) ** 2 * square[i] + lr[k] ** 2 * noise[i] ** 2;
      }
    }
  }
  return lr;
}

/** Rates that start at `lr` and are multiplied by `factor` at each of the `cuts`. */
export function cutRates(lr, factor, cuts, count) {
  return rates("multistep_decay", { lr, milestones: cuts, gamma: factor }, count);
}

/** The best times for `number` cuts (0, 1 or 2) in steps of `every` updates: {cuts, loss}. */
export function bestCuts(problem, lr, factor, number, count, every) {
  const { curvature, noise, start } = problem;
  let best = { cuts: [], loss: Infinity };
  // n updates at one rate are a geometric series: E w^2 <- a^n E w^2 + lr^2 s^2 (1 - a^n) / (1 - a), a = (1 - lr h)^2
  const visit = (cuts, squares) => {
    const rate = lr * factor ** cuts.length, from = cuts.at(-1) ?? 0;
    const after = n => squares.map((square, i) => {
      const a = (1 - rate * curvature[i]) ** 2, left = a ** n;
      return left * square + rate ** 2 * noise[i] ** 2 * (a === 1 ? n : (1 - left) / (1 - a));
    });
    if (cuts.length === number) {
      const loss = after(count - from).reduce((sum, square, i) => sum + 0.5 * curvature[i] * square, 0);
      if (loss < best.loss) best = { cuts, loss };
      return;
    }
    for (let cut = from + every; cut < count; cut += every) visit([...cuts, cut], after(cut - from));
  };
  visit([], start.map(w => w * w));
  return best;
}
