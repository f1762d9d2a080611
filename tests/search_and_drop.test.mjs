// The explorers of lessons 03, 07, 08, 09 and 10 without a page: run by test_search_and_drop.py, which writes the modules.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

const load = (folder, name) => import(pathToFileURL(path.join(process.env.LRCOURSE_EXPLORERS, folder, name)));
const search = await load("find_the_rate", "find_the_rate.js"), { GRID } = await load("find_the_rate", "setting.js");
const drop = await load("where_to_drop", "where_to_drop.js");
const start = await load("too_fast_a_start", "too_fast_a_start.js");
const unknown = await load("unknown_end", "unknown_end.js"), { ENDS } = await load("unknown_end", "setting.js");
const pair = await load("which_is_better", "which_is_better.js");
const curves = JSON.parse(fs.readFileSync(path.join(process.env.LRCOURSE_EXPLORERS, "curves.json"), "utf8"));

let number = 1;
const random = () => (number = number * 48271 % 2147483647) / 2147483647;     // the same each time
const good = said => {
  for (const text of [said.text, said.why]) assert.ok(text && !/undefined|NaN|null|\{|\}/.test(text), JSON.stringify(said));
  assert.ok(["calm", "good", "hot"].includes(said.mood));
};

test("any place is a rate that can be tried", () => {
  for (let i = 0; i < 500; i++) {
    const place = (random() - 0.3) * 10 ** (4 * random()), rate = search.rateOf(place);
    assert.ok(rate >= 0.001 && rate <= 2 && Number(rate.toPrecision(2)) === rate, `${place}: ${rate}`);
    assert.equal(search.rateOf(search.placeOf(rate)), rate);
  }
});

test("500 searches are put into words", () => {
  for (let i = 0; i < 500; i++) {
    const budget = 1 + Math.floor(20 * random()), rates = [...new Set(Array.from({ length: Math.floor(21 * random()) }, () => search.rateOf(35 * random())))];
    const all = random() < 0.5, list = () => Array.from({ length: 8 }, () => 100 * random() ** 2);
    const errors = new Map([...rates, ...GRID].filter(() => all || random() < 0.5).map(rate => [rate, list()]));
    good(search.verdict({ rates, budget, revealed: random() < 0.3 }, errors));
  }
});

test("what is said of a search", () => {
  const errors = new Map(GRID.map(rate => [rate, Array.from({ length: 8 }, (_, k) => 10 + 20 * Math.abs(Math.log10(rate / 0.04)) + k % 2)]));
  const said = (rates, more = {}) => search.verdict({ rates, budget: 3, revealed: false, ...more }, errors);
  assert.match(said([]).text, /^3 trainings/);
  assert.match(said([0.01, 0.1]).text, /^One training left/);
  assert.match(said([0.01, 0.1]).why, /The last, 0.1, misreads 18.5 %\. Your best is 0.1, with 18.5 %\.$/);
  assert.match(said([0.01, 0.1, 1]).text, /^8.0 points above the best/);
  assert.match(said([0.01, 0.04], { revealed: true }).text, /^You found the lowest/);
  assert.match(said([], { revealed: true }).why, /lowest at 0.04/);
  errors.set(0.04, errors.get(0.05).map((v, k) => v + (k % 2 ? 3 : -3.1)));
  assert.match(said([0.05], { revealed: true }).why, /can't tell them apart/);
});

test("the rates under drops are Python's, as the kernel takes them", () => {       // a power may differ in its last bit
  for (const { lr, drops, rates } of curves) assert.deepEqual(Float32Array.from(drop.rates(lr, drops)), Float32Array.from(rates), `${lr}, ${drops}`);
  assert.ok(drop.rates(0.3, []).every(rate => rate === 0.3));
});

test("500 moves keep the drops in order and inside", () => {
  let drops = [2];
  for (let i = 0; i < 500; i++) {
    drops = random() < 0.2 ? drop.toggled(drops) : drop.moved(drops, Math.floor(drops.length * random()), (random() - 0.3) * 60);
    assert.ok(drops.length <= 2 && drops.every(at => Number.isInteger(at) && at >= 1 && at <= 29) && (drops.length < 2 || drops[0] < drops[1]), `${drops}`);
  }
  assert.deepEqual(drop.moved([5, 9], 0, 40), [8, 9]);
  assert.deepEqual([drop.toggled([4]), drop.toggled([29]), drop.toggled([4, 9])], [[4, 17], [24, 29], [4]]);
});

test("500 runs with drops are put into words", () => {
  const list = () => Array.from({ length: 6 }, () => 100 * random() ** 2);
  for (let i = 0; i < 500; i++) {
    const some = random() < 0.5 ? 29 : Math.floor(29 * random()), places = Array.from({ length: some }, (_, k) => [k + 1, list()]);
    good(drop.verdict({ drops: random() < 0.5 ? [3] : [3, 20], revealed: random() < 0.5 }, random() < 0.9 ? list() : undefined, random() < 0.8 ? list() : undefined, places));
  }
  const flat = v => [v, v + 1, v, v + 1, v, v + 1], places = Array.from({ length: 29 }, (_, k) => [k + 1, flat(4 + Math.abs(k - 15))]);
  const said = drop.verdict({ drops: [16], revealed: true }, flat(4), flat(9), places);
  assert.match(said.why, /epoch 16, with 4.5 %\. Six seeds can't tell/);
  assert.equal(said.mood, "good");
  assert.match(drop.verdict({ drops: [3, 20], revealed: true }, flat(3), flat(9), places).why, /at epochs 3 and 20.*Yours is better/);
  assert.match(drop.verdict({ drops: [3], revealed: true }, flat(8), flat(9), places).why, /Yours is worse/);
});

test("500 pairs are put into words, and judged as 32 seeds say", () => {
  const found = new Set();
  for (let i = 0; i < 500; i++) {
    const round = Math.floor(100 * random()), shown = 1 + Math.floor(32 * random()), choice = ["", "A", "B", "neither"][Math.floor(4 * random())];
    good(pair.verdict({ round, shown, choice }));
    const { mean, error, ahead } = pair.truth(round), [a, b] = pair.errorsOf(round, 32).map(list => list.reduce((x, y) => x + y) / 32);
    assert.ok(Math.abs(mean - (a - b)) < 1e-12 && error > 0);
    assert.equal(ahead, Math.abs(mean) <= 2 * error ? "neither" : a < b ? "A" : "B");
    found.add(ahead);
  }
  assert.equal(found.size, 3);
  assert.deepEqual(["right", "wrong", "careful", "wrong"], [["A", "A"], ["B", "A"], ["neither", "B"], ["A", "neither"]].map(each => pair.judged(...each)));
  assert.deepEqual(pair.counted([{ shown: 3, how: "wrong" }, { shown: 1, how: "right" }, { shown: 11, how: "careful" }]), [[2, 1], [0, 0], [1, 0]]);
});

test("a start has the rates of Python, and 500 are put into words", () => {
  for (const { peak, updates, rates } of JSON.parse(fs.readFileSync(path.join(process.env.LRCOURSE_EXPLORERS, "starts.json"), "utf8"))) {
    start.rates(peak, updates).forEach((rate, k) => assert.ok(Math.abs(rate - rates[k]) < 1e-15, `${peak} ${updates} ${k}`));
  }
  for (let i = 0; i < 500; i++) {
    const state = { peak: 0.003 * 150 ** random(), updates: Math.floor(61 * random()) }, ends = random() < 0.1 ? null : Array.from({ length: 8 }, () => 100 * random() ** 3);
    good(start.verdict(state, ends));
    assert.ok(start.rates(state.peak, state.updates).every(rate => rate >= 0 && rate <= state.peak * (1 + 1e-12)));
  }
  assert.match(start.verdict({ peak: 0.15, updates: 0 }, [21, 19, 5]).text, /^1 of 3 are broken/);
});

test("a cooldown has the rates of Python, and 500 draws are put into words", () => {
  for (const { begins, length, rates } of JSON.parse(fs.readFileSync(path.join(process.env.LRCOURSE_EXPLORERS, "cooldowns.json"), "utf8"))) {
    assert.deepEqual(Float32Array.from(unknown.rates(begins, length)), Float32Array.from(rates), `${begins} ${length}`);
  }
  assert.ok(ENDS.length === 20 && ENDS.every(end => end >= 10 && end <= 40));
  for (let i = 0; i < 500; i++) {
    const ends = ENDS.slice(0, Math.floor(21 * random())), list = () => ends.map(() => 100 * random() ** 3);
    good(unknown.verdict(ends, random() < 0.1 ? undefined : list(), random() < 0.1 ? undefined : list(), random() < 0.1 ? ends.map(() => null) : list()));
  }
  assert.match(unknown.verdict([17], [4.26], [5], [3]).text, /^End at 17: 4.3 % misread/);
  assert.equal(unknown.verdict([17, 20], [4, 8], [5, 6], [3, 3]).mood, "hot");
});
