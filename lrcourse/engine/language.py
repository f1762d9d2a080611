"""What joins transformer.c to ``language``: losses and gradients of its runs, computed by the kernel.

The loop around them, the optimizers, and the random places in the text stay numpy's: beside a gradient they take little time.
"""

import numpy as np

from lrcourse.engine import kernel

# the struct Language of transformer.c: every field has 8 bytes
LANGUAGE = np.dtype([(name, "u8") for name in ("weights", "gradient", "windows", "figures", "memory",
                                               "count", "width", "heads", "blocks", "context", "batch")])
_memories = {}          # what no run is using now, by size


def figures(problem, w, windows, grad=None):
    """The loss and the error of each run, (2, runs), on its windows (runs, count, context + 1); gradients are written into ``grad``."""
    found, one = kernel(), np.zeros((), LANGUAGE)
    count = windows.shape[1]
    for name in ("width", "heads", "blocks", "context"):
        one[name] = getattr(problem, name)
    one["count"], one["batch"] = count, count if grad is not None else min(count, 32)
    windows, results = windows.astype(np.uint8), np.empty((len(w), 2))
    size = found.call("language_memory", found.put(one))

    def run(number):
        with found.room():
            free = _memories.setdefault(size, [])
            memory = free.pop() if free else np.zeros(size, np.float32)
            mine, parts = one.copy(), {"weights": found.put(np.ascontiguousarray(w[number])), "figures": found.put(np.zeros(2)),
                                       "windows": found.put(windows[number % len(windows)])}
            if grad is not None:
                parts["gradient"] = found.put(np.empty_like(w[number]))
            for name, part in parts.items():
                mine[name] = part.address
            mine["memory"] = found.keep(memory)
            found.call("language_gradient", found.put(mine))
            results[number] = parts["figures"].read()
            if grad is not None:
                grad[number] = parts["gradient"].read()
            free.append(memory)

    with found.room():
        found.spread(run, len(w))
    return results.T / (count * problem.context)
