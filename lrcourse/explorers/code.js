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
