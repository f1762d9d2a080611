// The explorers of lessons 03 and 07 without a page: run by test_search_and_drop.py, which writes the modules.
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

const load = name => import(pathToFileURL(path.join(process.env.LRCOURSE_EXPLORERS, name)));
const search = await load("find_the_rate.js"), { GRID } = await load("setting.js");

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
