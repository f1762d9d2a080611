// A schedule as Python: its own formula, in the arithmetic of the library that is to use it.
import { CATALOGUE, COOLDOWN_SOURCES } from "./schedules.js";

const python = value => Array.isArray(value) ? `[${value.join(", ")}]` : typeof value === "string" ? `"${value}"` : String(value);

const TEMPLATES = {
  torch: rate => `import numpy as np
import torch

updates_per_epoch = 1       # how often your loop calls optimizer.step() in one epoch

${rate}

optimizer = torch.optim.SGD(model.parameters(), lr=1.0)     # times rate(t)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: float(rate(k / updates_per_epoch)))
# in the loop: optimizer.step(), then scheduler.step()
`,
  keras: rate => `import math
import keras
from keras import ops

updates_per_epoch = 1       # batches in one epoch

${rate.replaceAll("np.pi", "math.pi").replaceAll("np.", "ops.")}

class Rate(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return rate(ops.cast(step, "float32") / updates_per_epoch)

    def get_config(self):
        return {}

optimizer = keras.optimizers.SGD(learning_rate=Rate())
`,
  optax: rate => `import jax.numpy as jnp
import optax

updates_per_epoch = 1       # calls of optimizer.update() in one epoch

${rate.replaceAll("np.", "jnp.")}

optimizer = optax.sgd(learning_rate=lambda count: rate(count / updates_per_epoch))
`,
};

/** A schedule as code for "lrcourse", "torch", "keras" or "optax". */
export function asCode({ name, parameters }, framework) {
  const given = Object.entries(parameters);
  if (framework === "lrcourse") {
    return `from lrcourse import ${name}\n\nschedule = ${name}(${given.map(([key, value]) => `${key}=${python(value)}`).join(", ")})\n`;
  }
  const settings = given.filter(([key]) => key !== "shape").map(([key, value]) =>
    `${key}=${Array.isArray(value) ? `np.array(${python(value)})` : python(value)}`);
  const body = CATALOGUE[name].python.replace("COOLDOWNS[shape](z)", "cooldown(z)").split("\n").map(line => `    ${line}`);
  const cooldown = "shape" in parameters ? `    cooldown = ${COOLDOWN_SOURCES[parameters.shape]}\n` : "";
  return TEMPLATES[framework](`def rate(t, ${settings.join(", ")}):     # the learning rate after t epochs\n${cooldown}${body.join("\n")}`);
}

/** A curve through points `every` epochs apart, between which it runs geometrically, as code. */
export function drawnCode(rates, every, framework) {
  if (framework === "lrcourse") {
    const pieces = [], used = new Set(["join"]);
    rates.slice(0, -1).forEach((a, i) => {
      const b = rates[i + 1], name = a === b ? "constant" : b < a ? "exponential_decay" : "lr_range";
      const text = { constant: `constant(${a})`, exponential_decay: `exponential_decay(${a}, gamma=(${b} / ${a}) ** (1 / ${every}))`,
        lr_range: `lr_range(${a}, ${b}, total=${every})` }[name];
      used.add(name);
      if (name !== "constant" || pieces.at(-1)?.text !== text) pieces.push({ text, at: i * every });
    });
    if (pieces.length === 1) used.delete("join");
    const list = pieces.map(({ text }) => `    ${text},\n`).join("");
    return `from lrcourse import ${[...used].sort().join(", ")}\n\nschedule = ${pieces.length === 1 ? pieces[0].text
      : `join([\n${list}], boundaries=[${pieces.slice(1).map(({ at }) => at).join(", ")}])`}\n`;
  }
  const steps = rates.slice(1).map((b, i) => Number(Math.log(b / rates[i]).toPrecision(12)));
  return TEMPLATES[framework](`steps = np.array([${steps.join(", ")}])     # of log(rate), every ${every} epochs
begins = np.array([${steps.map((_, i) => i * every).join(", ")}])

def rate(t):     # the learning rate after t epochs
    return ${rates[0]} * np.exp(np.sum(steps * np.clip((t - begins) / ${every}, 0, 1)))`);
}
