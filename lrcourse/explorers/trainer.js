// digits trained by the course's own kernel, in a worker of the browser: what lrcourse/engine/__init__.py does, for a page.
import { normals, seeded } from "./random.js";
import { unpack } from "./unpack.js";

const PIXELS = 64, CLASSES = 10, TRAIN = 1000, SIDE = 8, PAGE = 65536;

/** A trainer from what TrainIt.data() in Python gives. */
export async function trainer({ kernel, pixels, labels, moments, levels, blank }) {
  const [code, drawn, named, means] = await Promise.all([kernel, pixels, labels, moments].map(unpack));
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(code));
  const { memory } = exports;
  let top = Number(exports.__heap_base.value);
  const room = size => {          // room in the kernel's memory
    const at = Math.ceil(top / 64) * 64;
    top = at + size;
    const short = top - memory.buffer.byteLength;
    if (short > 0) memory.grow(Math.ceil(short / PAGE));
    return at;
  };
  const put = values => {
    const at = room(values.byteLength);
    new Uint8Array(memory.buffer, at).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return at;
  };

  // the images as the kernel wants them: column by column, with a bit for each pixel that has ink
  const total = named.length, tests = total - TRAIN;
  const inked = (count, pixel) => {
    const images = new Float32Array(count * PIXELS), ink = new BigUint64Array(count);
    for (let i = 0; i < count; i++) {
      for (let q = 0; q < PIXELS; q++) {
        const level = pixel(i, q % SIDE, q / SIDE | 0);
        images[i * PIXELS + q] = levels[level];
        if (level) ink[i] |= 1n << BigInt(q);
      }
    }
    return { images, at: put(images), ink: put(ink) };
  };
  const inside = v => v >= 0 && v < SIDE;
  const moved = inked(9 * TRAIN, (i, row, column) => {          // each image nine times, moved by up to one pixel
    const copy = i / TRAIN | 0, r = row + (copy / 3 | 0) - 1, c = column + copy % 3 - 1;
    return inside(r) && inside(c) ? drawn[i % TRAIN * PIXELS + r * SIDE + c] : 0;
  });
  const tested = inked(tests, (i, row, column) => drawn[(TRAIN + i) * PIXELS + row * SIDE + column]);
  const label = put(named), moment = new Float32Array(means.buffer), at_mean = put(moment), first = new Map();
  const always = top;

  /** digits(hidden).start([seed]): He's deviations, and with batch norm a scale of 1. */
  function start(seed, hidden, norm) {
    const biases = norm ? 2 : 1, weights = new Float32Array((PIXELS + biases + CLASSES) * hidden + CLASSES), count = PIXELS * hidden;
    if ((first.get(seed)?.length ?? 0) < count + CLASSES * hidden) first.set(seed, normals(seed, count + CLASSES * hidden, 0));
    const numbers = first.get(seed), wide = Math.sqrt(2 / PIXELS), narrow = Math.sqrt(2 / hidden);
    for (let j = 0; j < count; j++) weights[j] = wide * numbers[j];
    if (norm) weights.fill(1, count, count + hidden);
    for (let j = 0; j < CLASSES * hidden; j++) weights[count + biases * hidden + j] = narrow * numbers[count + j];
    return weights;
  }

  /** A run: (epochs, 4) figures, training loss and error, held-out loss and error; the weights; the answers. */
  function train({ hidden, batch, decay, optimizer, norm = true }, rates, seed, [from, to]) {
    top = always;
    const epochs = rates.length / Math.floor(TRAIN / batch), M = (1n << 64n) - 1n, big = BigInt;
    const problem = room(160), run = room(136), figures = room(32 * epochs), weights = start(seed, hidden, norm), w = put(weights);
    const lr = put(Float32Array.from(rates)), { state, increment } = seeded([seed, 1]);
    const struct = (at, whole, real) => {
      const view = new DataView(memory.buffer);
      whole.forEach((v, i) => view.setBigUint64(at + 8 * i, big(v), true));
      real.forEach((v, i) => view.setFloat64(at + 8 * (whole.length + i), v, true));
    };
    struct(problem, [moved.at, moved.ink, label, tested.at + 4 * PIXELS * from, tested.ink + 8 * from, label + TRAIN + from, at_mean,
      at_mean + 4 * PIXELS, hidden, batch, 9, to - from, norm ? 1 : 0, optimizer.number], [blank, decay, ...optimizer.settings]);
    const net = room(4 * Number(exports.memory_needed(problem)));
    struct(run, [w, lr, figures, net, epochs, state >> 64n, state & M, increment >> 64n, increment & M, 0, 0], [0, 0, 0]);
    for (const step of ["begin", "train", "end"]) exports[step](problem, run);
    const last = new Float32Array(memory.buffer, w, weights.length).slice();
    return { figures: new Float64Array(memory.buffer, figures, 4 * epochs).slice(), weights: last };
  }

  /** What the network with these weights reads in the held-out images, one digit each. */
  function answers(weights, hidden, [from, to]) {
    const W1 = new Float64Array(PIXELS * hidden), part = at => weights.subarray(at, at + hidden), n = PIXELS * hidden;
    const scale = part(n), b1 = part(n + hidden), W2 = weights.subarray(n + 2 * hidden), b2 = weights.subarray(n + (2 + CLASSES) * hidden);
    for (let q = 0; q < PIXELS; q++) W1.set(weights.subarray((q % SIDE * SIDE + (q / SIDE | 0)) * hidden, (q % SIDE * SIDE + (q / SIDE | 0) + 1) * hidden), q * hidden);
    const factor = new Float64Array(hidden), begin = new Float64Array(hidden), z = new Float64Array(hidden);
    for (let h = 0; h < hidden; h++) {
      let variance = 0, mean = 0;
      for (let q = 0; q < PIXELS; q++) {
        let product = 0;
        for (let p = 0; p < PIXELS; p++) product += moment[PIXELS * (q + 1) + p] * W1[p * hidden + h];
        variance += product * W1[q * hidden + h];
        mean += moment[q] * W1[q * hidden + h];
      }
      factor[h] = scale[h] / Math.sqrt(variance + 1e-5);
      begin[h] = b1[h] - factor[h] * mean;
    }
    return Uint8Array.from({ length: to - from }, (_, i) => {
      z.fill(0);
      for (let q = 0, at = (from + i) * PIXELS; q < PIXELS; q++) {
        const x = tested.images[at + q];
        if (x) for (let h = 0; h < hidden; h++) z[h] += x * W1[q * hidden + h];
      }
      for (let h = 0; h < hidden; h++) z[h] = Math.max(z[h] * factor[h] + begin[h], 0);
      let best = 0, most = -Infinity;
      for (let c = 0; c < CLASSES; c++) {
        let logit = b2[c];
        for (let h = 0; h < hidden; h++) logit += z[h] * W2[c * hidden + h];
        if (logit > most) { most = logit; best = c; }
      }
      return best;
    });
  }
  return { train, answers };
}

/** In a worker: first {digits}, then jobs {setting, rates, seeds, part, reading}; each is answered when it is done, or with {error}. */
export function serve(port) {
  let ready;
  port.onmessage = async ({ data: job }) => {
    try {
      if (job.digits) {
        ready = await trainer(job.digits);
        port.postMessage({});
        return;
      }
      const { setting, rates, seeds, part, reading } = job, runs = seeds.map(seed => ready.train(setting, rates, seed, part));
      port.postMessage({ figures: runs.map(run => run.figures),
        answers: reading ? runs.map(run => ready.answers(run.weights, setting.hidden, part)) : [] });
    } catch (error) {
      port.postMessage({ error: String(error) });
    }
  };
}
