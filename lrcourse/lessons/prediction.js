// A prediction: asks, waits for the run, and says what came out. What it says comes with `spec` and `words`.
import { KEYS, followTheme, ids, make } from "./parts.js";
import { keep, kept } from "./kept.js";

/** Whether a choice came out (null where nobody can tell), and what to say about it; as `verdict` in predictions.py. */
export function verdict(spec, choice, words) {
  if (spec.kind === "choice") return spec.options.find(option => option.text === choice);
  if (spec.kind === "number") {
    const [start, end] = spec.right, said = spec.zones.find(([low, high]) => low <= choice && choice <= high)?.[2] ?? "";
    if (start <= choice && choice <= end) return { right: true, say: said || words.close };
    return { right: false, say: `${fill(choice < start ? words.too_low : words.too_high, { value: spec.value })} ${said}`.trim() };
  }
  if (spec.kind === "order") {
    const before = (a, b) => choice.indexOf(a) < choice.indexOf(b);
    const right = spec.before.filter(pair => before(...pair)).length, all = spec.before.length;
    if (right === all) return { right: true, say: "" };
    return { right: false, say: `${fill(words.pairs, { right, all })} ${spec.wrong.find(([a, b]) => before(a, b))?.[2] ?? spec.say}` };
  }
  return { right: null, say: "" };
}

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/** Three digits, as `plain` in predictions.py. */
export const plain = number => String(Number(Number(number).toPrecision(3)));

/** Whether something that was kept can be chosen today. */
export function accepts(spec, choice) {
  if (spec.kind === "choice") return spec.options.some(option => option.text === choice);
  if (spec.kind === "number") return typeof choice === "number" && spec.low <= choice && choice <= spec.high;
  if (spec.kind === "order") return Array.isArray(choice) && [...choice].sort().join("\n") === [...spec.options].sort().join("\n");
  return typeof choice === "string";
}

/** A choice in words. */
export function said(spec, choice, words) {
  if (spec.kind === "number") return `${plain(choice)} ${spec.unit}`.trim();
  return spec.kind === "order" ? choice.join(words.then) : choice;
}

function render({ model, el }) {
  const [name, spec, words, live] = ["name", "spec", "words", "live"].map(key => model.get(key));
  const closing = new AbortController(), { signal } = closing;
  const root = make("div", { class: "lrx lrp", role: "group", "aria-label": words.label, "data-prediction": name });
  const body = make("div"), spoken = make("div", { class: "lrx-spoken", role: "status" });
  root.append(body, spoken);
  el.append(root);
  followTheme(el, root, signal)();

  // a deck goes on at the space bar, and would keep it from a button
  if (!live) root.addEventListener("keydown", event => { if (event.key === " " && event.target.matches("button, summary")) event.stopPropagation(); });

  const inWords = choice => said(spec, choice, words);
  let editing = false, grab = false, drawnAs = "";

  const put = entry => {
    grab = true;
    editing = false;
    model.set("entry", entry);
    model.save_changes();
    if (!live) keep("prediction", name, { ...entry, right: entry.choice === undefined ? null : verdict(spec, entry.choice, words).right });
    draw();
  };
  const tell = (type, choice = null) => root.dispatchEvent(
    new CustomEvent(`lrcourse:${type}`, { bubbles: true, detail: { name, choice } }));

  const commit = choice => {
    const entry = model.get("entry");
    put(entry.seen ? { ...entry, changed: choice } : live ? { ...entry, choice } : { ...entry, choice, seen: true });
    tell("committed", choice);
  };
  const reveal = () => {
    put({ ...model.get("entry"), seen: true });
    tell("shown");
  };

  function draw() {
    const entry = model.get("entry"), state = entry.seen ? "shown" : entry.choice === undefined ? "open" : "committed";
    const now = JSON.stringify([entry, editing]);
    if (now === drawnAs) return;
    drawnAs = now;
    root.dataset.state = state;
    const head = make("p", { class: "lrp-head", tabindex: -1, ...KEYS });
    const parts = state === "shown" ? outcome(entry, head) : [];
    if (state === "committed" && !editing) parts.push(...waiting(entry, head));
    else if (state !== "shown" || editing) parts.push(...form(entry, state === "shown" ? null : head));
    body.replaceChildren(head, ...parts);
    if (state !== "open") spoken.textContent = state === "shown" ? `${words.out}: ${spec.out}` : head.textContent;
    if (grab && !editing) head.focus({ preventScroll: true });
    else if (grab) body.querySelector(".lrp-form :is(input, textarea, button)")?.focus();
    grab = false;
  }

  // ---- asking -------------------------------------------------------------------------------------------------------

  function form(entry, head) {
    if (head) head.textContent = words.label;
    const start = entry.changed ?? entry.choice;
    const kinds = { choice: asOptions, number: asNumber, order: asOrder, free: asText };
    const word = make("p", { class: "lrp-word", role: "alert" });
    const asked = kinds[spec.kind](start, text => { if (word.textContent !== text) word.textContent = text; });
    const go = make("button", { type: "button", class: "lrx-button lrx-main", ...KEYS }, words.commit);
    const submit = () => {
      const choice = asked.get();
      if (choice === undefined || choice === null) word.textContent = asked.missing;
      else commit(choice);
    };
    go.addEventListener("click", submit);
    const row = make("div", { class: "lrp-row" }, go);
    if (!entry.seen) row.append(link(words.show, reveal));
    return [make("div", { class: "lrp-form" }, asked.node), row, word];
  }

  function link(text, action) {
    const node = make("button", { type: "button", class: "lrp-link", ...KEYS }, text);
    node.addEventListener("click", action);
    return node;
  }

  function asOptions(start, warn) {
    const node = make("div", { class: "lrp-options", role: "radiogroup", "aria-label": words.choose }), group = ids();
    let choice = start;
    for (const { text } of spec.options) {
      const input = make("input", { type: "radio", name: group, value: text, ...KEYS });
      input.checked = text === start;
      const label = make("label", { class: "lrp-option" }, input, make("span", {}, text));
      input.addEventListener("change", () => { choice = text; warn(""); });
      input.addEventListener("keydown", event => {
        if (event.key !== "Enter") return;
        input.click();
        event.preventDefault();
        event.stopPropagation();
      });
      node.append(label);
    }
    return { node, get: () => choice, missing: words.choose_first };
  }

  function asNumber(start, warn) {
    const { low, high, log, whole, unit } = spec;
    const to = v => log ? Math.log10(v) : v, from = p => log ? 10 ** p : p;
    const neat = v => Math.min(Math.max(whole ? Math.round(v) : Number(v.toPrecision(3)), low), high);
    const range = make("input", { type: "range", min: to(low), max: to(high), step: whole && !log ? 1 : "any", "aria-label": words.number, ...KEYS });
    const field = make("input", { type: "text", inputmode: "decimal", "aria-label": `${words.number}, ${plain(low)} – ${plain(high)} ${unit}`.trim(), ...KEYS });
    const node = make("div", { class: "lrp-number" }, make("div", { class: "lrp-field" }, field, make("span", {}, unit)),
      make("div", { class: "lrp-slider" }, range, make("span", {}, plain(low)), make("span", {}, plain(high))));
    let choice;
    const show = v => {
      choice = v;
      node.classList.add("lrp-touched");
      range.setAttribute("aria-valuetext", `${plain(v)} ${unit}`.trim());
      range.style.setProperty("--part", (to(v) - to(low)) / (to(high) - to(low)));
      warn("");
    };
    range.value = (to(low) + to(high)) / 2;
    range.setAttribute("aria-valuetext", "–");
    if (start !== undefined) { range.value = to(start); field.value = plain(start); show(start); }
    const slide = () => { const v = neat(from(Number(range.value))); field.value = plain(v); show(v); };
    range.addEventListener("input", slide);
    range.addEventListener("pointerup", slide);         // where it stands already is a choice, too
    const take = () => {
      const typed = field.value.trim().replace(",", "."), v = Number(typed);
      if (!typed) return;
      if (!Number.isFinite(v)) { choice = undefined; warn(fill(words.not_a_number, { typed })); return; }
      if (v < low || v > high) { choice = undefined; warn(fill(words.outside, { typed, low: plain(low), high: plain(high) })); return; }
      range.value = to(v);
      show(whole ? Math.round(v) : v);
    };
    field.addEventListener("input", take);
    field.addEventListener("keydown", event => {
      if (event.key !== "Enter") return;
      take();
      event.preventDefault();
      event.stopPropagation();
    });
    return { node, get: () => choice, get missing() { return node.nextSibling?.textContent || words.type_first; } };
  }

  function asOrder(start) {
    const list = make("ol", { class: "lrp-order", "aria-label": words.order });
    const order = () => [...list.children].map(item => item.dataset.item);
    const announce = item => {
      spoken.textContent = fill(words.place, { item: item.dataset.item, place: order().indexOf(item.dataset.item) + 1, count: spec.options.length });
    };
    // the neighbour moves, not the item: so it keeps the focus, and the pointer that drags it
    const move = (item, by) => {
      const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (!other) return;
      list.insertBefore(other, by < 0 ? item.nextElementSibling : item);
      announce(item);
    };
    for (const text of start ?? spec.options) {
      const item = make("li", { "data-item": text }), grip = make("span", { class: "lrp-grip", "aria-hidden": "true" }, "⠿");
      const buttons = [[-1, "↑", words.up], [1, "↓", words.down]].map(([by, sign, says]) => {
        const node = make("button", { type: "button", class: "lrx-button", "aria-label": fill(says, { item: text }), ...KEYS }, sign);
        node.addEventListener("click", () => move(item, by));
        return node;
      });
      item.append(grip, make("span", { class: "lrp-item" }, text), ...buttons);
      item.addEventListener("keydown", event => {
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!by) return;
        move(item, by);
        event.preventDefault();
        event.stopPropagation();
      });
      grip.addEventListener("pointerdown", event => {
        grip.setPointerCapture(event.pointerId);
        item.classList.add("lrp-dragged");
        event.preventDefault();
      });
      grip.addEventListener("pointermove", event => {
        if (!grip.hasPointerCapture(event.pointerId)) return;
        const middle = node => { const box = node.getBoundingClientRect(); return box.top + box.height / 2; };
        const [above, below] = [item.previousElementSibling, item.nextElementSibling];
        if (above && event.clientY < middle(above)) move(item, -1);
        else if (below && event.clientY > middle(below)) move(item, 1);
      });
      grip.addEventListener("lostpointercapture", () => item.classList.remove("lrp-dragged"));
      list.append(item);
    }
    return { node: list, get: order, missing: "" };
  }

  function asText(start, warn) {
    const node = make("textarea", { rows: 3, "aria-label": words.free, ...KEYS });
    node.value = start ?? "";
    node.addEventListener("input", () => warn(""));
    node.addEventListener("keydown", event => event.stopPropagation());
    return { node, get: () => node.value.trim() || null, missing: words.write_first };
  }

  // ---- committed, and answered --------------------------------------------------------------------------------------

  function waiting(entry, head) {
    head.textContent = fill(words.committed, { choice: inWords(entry.choice) });
    return [make("p", {}, words.run), make("div", { class: "lrp-row" }, link(words.have_run, reveal),
      link(words.change, () => { editing = grab = true; draw(); }))];
  }

  function outcome({ choice, changed }, head) {
    const parts = [], mine = choice === undefined ? null : verdict(spec, choice, words);
    head.textContent = !mine ? words.no_choice : mine.right === null ? words.free_right : mine.right ? words.right : words.wrong;
    head.dataset.right = mine?.right ?? "";
    parts.push(make("p", { class: "lrp-out" }, make("strong", {}, `${words.out}: `), spec.out));
    if (spec.kind === "order") parts.push(make("p", {}, fill(words.right_order, { order: spec.value })));
    if (spec.kind === "number") parts.push(scale(choice));
    const own = (text, value) => {
      const { right, say } = verdict(spec, value, words);
      parts.push(make("p", { class: "lrp-mine", "data-right": String(right) }, make("strong", {}, fill(text, { choice: inWords(value) })), say));
    };
    if (mine) own(changed === undefined ? words.you_said : words.first, choice);
    if (changed !== undefined) own(mine ? words.changed : words.later, changed);
    const others = spec.kind === "choice" ? spec.options.filter(option => ![choice, changed].includes(option.text)) : [];
    if (others.length) {
      const list = make("dl");
      for (const { text, right, say } of others) list.append(make("dt", { "data-right": String(right) }, text), make("dd", {}, say));
      parts.push(make("details", {}, make("summary", { ...KEYS }, mine ? words.others : words.all), list));
    }
    if (!editing) parts.push(make("div", { class: "lrp-row" }, link(words.change, () => { editing = grab = true; draw(); })));
    return parts;
  }

  /** Where on the scale one's own number lies, and what came out. */
  function scale(choice) {
    const to = v => 100 * (spec.log ? Math.log(v / spec.low) / Math.log(spec.high / spec.low) : (v - spec.low) / (spec.high - spec.low));
    const [start, end] = spec.right.map(v => Math.min(Math.max(to(v), 0), 100));
    const node = make("div", { class: "lrp-scale", "aria-hidden": "true" },
      make("i", { class: "lrp-range", style: `left: ${start}%; width: ${end - start}%` }),
      make("b", { class: "lrp-it", style: `--at: ${(start + end) / 2}` }, make("span", {}, words.it)));
    if (choice !== undefined) node.append(make("b", { class: "lrp-you", style: `--at: ${to(choice)}` }, make("span", {}, words.you)));
    return node;
  }

  const heard = () => draw();
  model.on("change:entry", heard);
  if (!live) {
    const { choice, seen, changed } = kept().prediction[name] ?? {};
    if (seen && [choice, changed].every(value => value === undefined || accepts(spec, value))) {
      model.set("entry", Object.fromEntries(Object.entries({ choice, seen, changed }).filter(([, value]) => value !== undefined)));
      // once whoever covers the answers is listening
      const again = () => tell(choice === undefined ? "shown" : "committed", choice ?? null);
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => again(), { once: true, signal });
      else setTimeout(again);
    }
  }
  draw();
  spoken.textContent = "";
  return () => {
    closing.abort();
    model.off("change:entry", heard);
    root.remove();
  };
}

export default { render };
