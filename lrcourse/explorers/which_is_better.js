// Which is better: two schedules' errors appear seed by seed; one says A, B or "can't tell", and then sees all 32 seeds.
import { KEYS, make } from "./parts.js";
import { IMAGES, MISREAD, NAMES, PAIRS, WORDS } from "./setting.js";
import { button, canvas, dot, figure, line, stage } from "./view.js";

// ---- the game, without a page ---------------------------------------------------------------------------------------

const SEEDS = MISREAD[0].length, CHOICES = ["A", "B", "neither"], GROUPS = [[1, 3], [4, 10], [11, SEEDS]];
const mean = list => list.reduce((sum, each) => sum + each, 0) / list.length;

/** The errors of A and of B in percent, over the first `seeds`. */
export const errorsOf = (round, seeds) => PAIRS[round].map(each => MISREAD[each].slice(0, seeds).map(count => 100 * count / IMAGES));

/** Mean difference A - B in points, its standard error, and who is ahead by more than two of them: "A", "B" or "neither". */
export function truth(round) {
  const [a, b] = errorsOf(round, SEEDS), d = a.map((each, k) => each - b[k]), m = mean(d);
  const error = Math.sqrt(mean(d.map(each => (each - m) ** 2)) / (SEEDS - 1));
  return { mean: m, error, ahead: Math.abs(m) <= 2 * error ? "neither" : m < 0 ? "A" : "B" };
}

/** right, wrong (the other one, or a winner where 32 seeds see none) or careful ("can't tell" where 32 seeds can). */
export const judged = (choice, ahead) => choice === ahead ? "right" : choice === "neither" ? "careful" : "wrong";

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** What is said: the state of mind, the verdict, and why. */
export function verdict({ round, shown, choice }) {
  const seeds = choice ? SEEDS : shown, [a, b] = errorsOf(round, seeds).map(list => mean(list).toFixed(1));
  if (!choice) {
    return { mood: "calm", text: fill(shown === 1 ? WORDS.one_seed : WORDS.seeds, { shown }), why: fill(WORDS.so_far, { a, b }) };
  }
  const { mean: m, error, ahead } = truth(round), how = judged(choice, ahead), [first, second] = PAIRS[round].map(each => NAMES[each]);
  const values = { shown, a, b, first, second, points: Math.abs(m).toFixed(1), error: error.toFixed(1), ahead, seeds: SEEDS };
  return { mood: how === "wrong" ? "hot" : how === "right" ? "good" : "calm", text: fill(WORDS[how], values),
    why: fill(ahead === "neither" ? WORDS.not_apart : WORDS.apart, values) };
}

/** The tally by the number of seeds that were seen: [rounds, of which wrong] for each group. */
export function counted(played) {
  return GROUPS.map(([low, high]) => {
    const those = played.filter(({ shown }) => shown >= low && shown <= high);
    return [those.length, those.filter(({ how }) => how === "wrong").length];
  });
}

// ---- the view -------------------------------------------------------------------------------------------------------

function renderWhichIsBetter({ model, el }) {
  const self = stage({ model, el }, { label: WORDS.label, traits: ["round", "shown", "choice"], update });
  const { root, state } = self, played = [];
  root.classList.add("lrx-which");
  const title = make("div", { class: "lrx-verdict" }), why = make("div", { class: "lrx-why" });
  const panel = make("div", { class: "lrx-panel" }), buttons = make("div", { class: "lrx-row" }), tally = make("table", { class: "lrx-tally" });
  root.append(make("div", { class: "lrx-head" }, title, why), panel, self.word, buttons, tally, self.spoken);
  const surface = canvas(self, panel, { class: "lrx-seeds", role: "img", style: "height: 212px" });

  const more = button(self, buttons, WORDS.more, () => { self.change("shown", Math.min(state.shown + 1, SEEDS)); self.release("shown"); });
  const say = CHOICES.map(choice => button(self, buttons, WORDS[`say_${choice}`], () => {
    if (state.choice) return;
    played.push({ shown: state.shown, how: judged(choice, truth(state.round).ahead) });
    self.change("choice", choice);
    self.release("choice");
    next.focus();
  }));
  const next = button(self, buttons, WORDS.next, () => {
    state.round = (state.round + 1) % PAIRS.length;
    state.choice = "";
    self.change("shown", 1);
    self.release("round", "shown", "choice");
    more.focus();
  });

  function update() {
    const { theme } = self, { ctx, width } = surface, top = 24, height = surface.height - top, done = Boolean(state.choice), rows = errorsOf(state.round, done ? SEEDS : state.shown);
    const left = 34, most = 2 * Math.ceil(Math.max(8, ...errorsOf(state.round, SEEDS).flat()) / 2);
    const X = error => left + (width - left - 16) * error / most, Y = (row, seed) => (height - 30) * (0.27 + 0.46 * row) + 26 * ((seed * 0.618) % 1 - 0.5);
    ctx.clearRect(0, 0, width, surface.height);
    Object.assign(ctx, { fillStyle: theme.ink, font: "600 12px system-ui, sans-serif", textAlign: "left", textBaseline: "alphabetic" });
    ctx.fillText(WORDS.axis, left, 14);
    ctx.translate(0, top);          // taken back by the next fit
    Object.assign(ctx, { lineWidth: 1, font: "12px system-ui, sans-serif", textAlign: "center" });
    for (let tick = 0; tick <= most; tick += most > 10 ? 4 : 2) {
      ctx.strokeStyle = theme.grid;
      line(ctx, X(tick), 8, X(tick), height - 24);
      ctx.fillStyle = theme.dim;
      ctx.fillText(`${tick} %`, X(tick), height - 8);
    }
    rows.forEach((errors, row) => {
      const color = theme.series[row], middle = Y(row, 0) + 13, m = mean(errors);
      Object.assign(ctx, { fillStyle: color, font: "700 18px system-ui, sans-serif" });
      ctx.fillText("AB"[row], 16, middle + 6);
      ctx.globalAlpha = 0.55;
      errors.forEach((error, seed) => dot(ctx, X(error), Y(row, seed), 4.5, color));
      ctx.globalAlpha = 1;
      if (errors.length > 1) {        // one alone is its own mean
        ctx.strokeStyle = theme.ink;
        ctx.lineWidth = 2.5;
        line(ctx, X(m), middle - 20, X(m), middle + 20);
        const bar = 2 * Math.sqrt(mean(errors.map(each => (each - m) ** 2)) / (errors.length - 1));
        ctx.lineWidth = 1.5;
        line(ctx, X(Math.max(m - bar, 0)), middle, X(Math.min(m + bar, most)), middle);
      }
    });
    const said = verdict(state);
    title.textContent = said.text;
    title.dataset.mood = said.mood;
    why.textContent = said.why;
    title.append(make("span", { class: "lrx-spoken" }, ...rows.map((errors, row) => figure("ab"[row], mean(errors), ""))));
    surface.node.setAttribute("aria-label", `${WORDS.chart} ${said.why}`);
    more.disabled = done || state.shown >= SEEDS;
    say.forEach((node, i) => { node.disabled = done; node.setAttribute("aria-pressed", String(state.choice === CHOICES[i])); });
    next.disabled = !done;
    tally.replaceChildren(make("tbody", {}, make("tr", {}, make("th", { scope: "row" }, WORDS.stopped), ...GROUPS.map(([low, high]) =>
      make("th", { scope: "col" }, fill(WORDS.group, { low, high })))), make("tr", {}, make("th", { scope: "row" }, WORDS.wrong_calls),
      ...counted(played).map(([all, wrong]) => make("td", {}, all ? fill(WORDS.of, { wrong, all }) : "–")))));
    self.speak(`${said.text}. ${said.why}`);
  }
  for (const node of [more, ...say, next]) node.setAttribute(Object.keys(KEYS)[0], Object.values(KEYS)[0]);
  return () => self.close();
}

export default { render: renderWhichIsBetter };
