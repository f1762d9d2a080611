// What explorers share that train the digits: the worker, when it begins, and how its errors are compared.
import { make } from "./parts.js";
import { WORKER } from "./setting.js";

// ---- who trains -----------------------------------------------------------------------------------------------------

/** Asks the page, or Python, for the kernel and the digits. */
export function fetched(model) {
  const held = model.get("_digits");
  if (held && !held.script) return Promise.resolve(held);
  return new Promise((resolve, reject) => {
    if (held) {
      if (globalThis.lrcourseDigits) { resolve(globalThis.lrcourseDigits); return; }
      const script = make("script", { src: held.script });
      script.onload = () => resolve(globalThis.lrcourseDigits);
      script.onerror = () => reject(new Error("what it trains with could not be loaded"));
      document.head.append(script);
      return;
    }
    const hear = message => {
      if (!message.digits && !message.missing) return;
      model.off("msg:custom", hear);
      message.digits ? resolve(message.digits) : reject(new Error(message.missing));
    };
    model.on("msg:custom", hear);
    model.send("digits");
  });
}

/** A worker that does the newest job first, forgets those that were overtaken, and does the rest when it has nothing to do. */
export function crew(failed) {
  let worker, busy = null, newest = null, later = [], closed = false;
  const next = () => {
    if (!worker || busy) return;
    busy = newest ?? later.shift() ?? null;
    if (busy === newest) newest = null;
    if (busy) worker.postMessage(busy.job);
  };
  const self = {
    begin(digits) {
      if (closed) return;
      const address = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
      worker = new Worker(address);
      URL.revokeObjectURL(address);
      worker.onerror = event => failed(event.message);
      worker.onmessage = ({ data }) => {
        const { done } = busy;
        busy = null;
        if (data.error) failed(data.error);
        else done(data);
        next();
      };
      busy = { done() {} };
      worker.postMessage({ digits });
    },
    now(job, done) { newest = { job, done }; next(); },
    then(job, done) { later.push({ job, done }); next(); },
    forget() { later = []; },
    close() { closed = true; worker?.terminate(); },
  };
  return self;
}

/** Begin when it is seen or touched, and the page itself is there. */
export function whenSeen(self, begin) {
  self.on(self.root, "pointerenter pointerdown focusin", begin);
  const idle = globalThis.requestIdleCallback ?? (work => setTimeout(work, 200));
  const watch = new IntersectionObserver(entries => {
    if (!entries.at(-1).isIntersecting) return;
    watch.disconnect();
    const when = () => idle(begin);
    document.readyState === "complete" ? when() : addEventListener("load", when, { once: true, signal: self.signal });
  });
  watch.observe(self.root);
  return watch;
}

// ---- errors ---------------------------------------------------------------------------------------------------------

/** Held-out errors in percent, a list for each run; all digits are misread once it has blown up. */
export function errors(figures) {
  return figures.map(run => {
    let lost = false;
    return Array.from({ length: run.length / 4 }, (_, e) => {
      lost ||= !Number.isFinite(run[4 * e]) || !Number.isFinite(run[4 * e + 2]);
      return lost ? 100 : 100 * run[4 * e + 3];
    });
  });
}
export const mean = list => list.reduce((a, b) => a + b, 0) / list.length;
export const percent = v => v.toFixed(1);

/** One list of final errors against another, seed by seed: what can be said of the difference. */
export function against(mine, other) {
  const gaps = mine.map((v, i) => other[i] - v), gap = mean(gaps);
  const spread = Math.sqrt(gaps.reduce((sum, v) => sum + (v - gap) ** 2, 0) / (gaps.length - 1) / gaps.length);
  return Math.abs(gap) <= 2 * spread || gap === 0 ? "a tie with" : gap > 0 ? "better than" : "worse than";
}
