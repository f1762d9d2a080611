// The trainer of TrainIt against Python: run by test_train_it.py, which writes the modules, what it trains with, and what Python got.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

const folder = process.env.LRCOURSE_EXPLORERS;
const load = name => import(pathToFileURL(path.join(folder, name)));
const { trainer } = await load("trainer.js");
const { curve, asDrawnCode } = await load("train_it.js");
const { digits, runs } = JSON.parse(fs.readFileSync(path.join(folder, "runs.json"), "utf8"));
const { train, answers } = await trainer(digits);

test("the weights and the figures have Python's bits", () => {
  for (const { state, setting, seed, part, sha256, figures, wrong } of runs) {
    const run = train(setting, curve(state), seed, part), what = `${JSON.stringify(state)}, seed ${seed}`;
    assert.equal(createHash("sha256").update(new Uint8Array(run.weights.buffer)).digest("hex"), sha256, what);
    assert.deepEqual([...run.figures], figures, what);
    assert.deepEqual([...answers(run.weights, setting.hidden, part)], wrong, what);
  }
});

test("what is copied", () => {
  const texts = runs.map(({ state }) => Object.fromEntries(["lrcourse", "torch", "keras", "optax"].map(name => [name, asDrawnCode(state, name)])));
  fs.writeFileSync(path.join(folder, "copied.json"), JSON.stringify(texts));
});
