"""The notebooks of the four assignments: for a student without answers, for the instructor with one solution each.

Cells carry nbgrader's metadata (schema 3): task and set-up are locked, the answer is a solution cell, and the words at the
end are graded by hand. ``lrcourse grade`` reads answers by their names, so it wants no nbgrader.
"""

import nbformat

from lrcourse.grading.variants import PER_EPOCH, given, key
from lrcourse.lessons.graded import ASSIGNMENTS, CLOCKS, LABELS, RUBRIC

HEAD = """# {title}

Variant of student **{student}**. Put your answers in place of the dots, and keep their names: the grader reads them by name. \
It runs all cells of this notebook from top to bottom, in at most a minute and without a network, and then trains and compares \
anew, with seeds that nobody has seen. {of} points by the grader, {hand} for your own words."""

TASK = {
    "rate": """**Task.** The network below trains for {epochs} epochs with momentum 0.9. Find

1. `constant_rate`: the constant rate with the lowest error after the last epoch,
2. `linear_peak`: the first rate with the lowest error, if from there the rate falls in a straight line to zero at the last epoch,
3. `batch_rate`: what you would try first as a constant rate if the batch were four times as large.

You are judged on images and seeds that you haven't seen, so choose on `"validation"`. A rate is as good as the best if its error
can't be told from it, or is within one percentage point.""",
    "curves": """**Task.** Five runs of the same network on the digits, 30 epochs with momentum 0.9, each the mean of four seeds.
Nobody kept the rates. Say from the curves which run is which. Each label fits at most one:

{labels}

`labels` is a list of five of these, in the order of the curves.""",
    "translate": """**Task.** A framework makes its rates one after another, as `theirs` does below.

1. Write `translated(k, {names})`: the rate of update $k$, counted from 0, as a formula, without a loop over the updates before.
   It has to hold for other settings, too.
2. `record` holds the rates of a real run with your settings, {per_epoch} updates per epoch. Something went wrong there.
   `parted` is the first update at which the record differs from what was meant by more than a thousandth;
   `clock` says what happened: {clocks}.

Prove it as lesson 13 does: compare the two at every update. If you have PyTorch, `lrcourse.frameworks.from_torch` records
what its scheduler trains with; it isn't needed.""",
    "league": """**Task.** Put a schedule of your own into a league of three. It trains the network below for {epochs} epochs with
momentum 0.9, and runs against the best constant rate and against a straight line to zero at its best first rate.

1. `my_schedule`: a schedule of this course, one that you made with `@schedule`, or any function of $t$ in epochs.
2. `claimed_error`: the percentage of test images that it will read wrongly after the last epoch, on average.

Tune on `"validation"`. Your schedule is taken over as its values at all updates and trained again with other seeds, so what
counts is what it does. A claim within one percentage point is right.""",
}
WHY = {
    "rate": "**In your own words** ({points} points): how did you search, and how sure are you?",
    "curves": "**In your own words** ({points} points): for each curve one sentence that says what you saw.",
    "translate": "**In your own words** ({points} points): why is your formula the same at every update, and how did you check it?",
    "league": "**In your own words** ({points} points): why this schedule, and what would make you change your mind?",
}
THEIRS = {
    "line": """def theirs(updates, peak, warm, total, end):
    rates, lr = [], peak / 10
    for k in range(updates):
        rates.append(lr)
        if k < warm:
            lr += (peak - peak / 10) / warm
        elif k < total:
            lr -= (peak - end) / (total - warm)
    return rates""",
    "step": """def theirs(updates, peak, every, factor):
    rates, lr = [], peak
    for k in range(updates):
        rates.append(lr)
        if (k + 1) % every == 0:
            lr *= factor
    return rates""",
    "cosine": """def theirs(updates, peak, total, end):      # for updates <= total
    rates, lr = [], peak
    for k in range(updates):
        rates.append(lr)
        lr = end + (lr - end) * (1 + np.cos(np.pi * (k + 1) / total)) / (1 + np.cos(np.pi * k / total))
    return rates""",
}
FORMULA = {
    "line": """    return np.where(k < warm, peak * (0.1 + 0.9 * k / warm),
                    np.maximum(end, peak - (peak - end) * (k - warm) / (total - warm)))""",
    "step": "    return peak * factor ** (k // every)",
    "cosine": "    return end + (peak - end) * (1 + np.cos(np.pi * min(k, total) / total)) / 2",
}
NAMES = {"line": "peak, warm, total, end", "step": "peak, every, factor", "cosine": "peak, total, end"}


def setup(assignment, task):
    """The code that a student begins with."""
    if assignment in ("rate", "league"):
        return f"""import numpy as np
from lrcourse import *
from lrcourse.figures import error_curve

def problem(held_out="validation"):
    return digits(hidden={task["hidden"]}, batch_size={task["batch_size"]}, label_noise={task["label_noise"]},
                  batch_norm=False, weight_decay=0.0, held_out=held_out)

epochs = {task["epochs"]}
run = train(problem(), Momentum(0.9), constant(0.01), epochs=epochs, seeds=range(8))
100 * run.test_error[:, -1].mean()"""
    if assignment == "curves":
        return f"""import matplotlib.pyplot as plt

curves = {task["curves"]!r}
figure, axes = plt.subplots(2, 5, figsize=(15, 5), sharex=True, sharey="row")
for number, curve in enumerate(curves):
    axes[0, number].semilogy(curve["loss"])
    axes[1, number].plot(curve["error"])
    axes[0, number].set_title(f"curve {{number + 1}}")
axes[0, 0].set_ylabel("training loss")
axes[1, 0].set_ylabel("test error")"""
    return f"""import numpy as np

{THEIRS[task["kind"]]}

settings = {task["settings"]!r}
record = {task["record"]!r}
theirs(5, **settings)"""


def blank(assignment, task):
    if assignment == "translate":
        return f"def translated(k, {NAMES[task['kind']]}):\n    ...\n\nparted = ...\nclock = ..."
    return "\n".join(f"{name} = ..." for name in {"rate": ("constant_rate", "linear_peak", "batch_rate"), "curves": ("labels",),
                                                  "league": ("my_schedule", "claimed_error")}[assignment])


def solution(assignment, task, hidden):
    """One good answer; where there is a key it holds it, so it is for the instructor alone."""
    if assignment == "rate":
        return """grid = np.geomspace(0.01, 0.64, 13)
error = lambda schedule: train(problem(), Momentum(0.9), schedule, epochs=epochs, seeds=range(32)).test_error[:, -1].mean()
constant_rate = grid[np.argmin([error(constant(rate)) for rate in grid])]
linear_peak = grid[np.argmin([error(linear_decay(rate, total=epochs)) for rate in grid])]
batch_rate = 4 * constant_rate"""
    if assignment == "curves":
        return f"labels = {hidden['labels']!r}"
    if assignment == "translate":
        return f"""def translated(k, {NAMES[task["kind"]]}):
{FORMULA[task["kind"]]}

meant = np.array([translated(k, **settings) for k in range(len(record))])
assert np.allclose(theirs(len(record), **settings), meant, rtol=1e-6)
parted = np.flatnonzero(np.abs(np.array(record) - meant) > 1e-3 * meant)[0]
clock = {hidden["clock"]!r}"""
    return """grid = np.geomspace(0.02, 0.32, 13)
shape = lambda peak: warmup(linear_decay(peak, total=epochs - 1), length=1)
runs = lambda peak, half: train(problem(half), Momentum(0.9), shape(peak), epochs=epochs, seeds=range(32))
peak = grid[np.argmin([runs(peak, "validation").test_error[:, -1].mean() for peak in grid])]
my_schedule = shape(peak)
claimed_error = 100 * runs(peak, "test").test_error[:, -1].mean()"""


def notebook(assignment, student, secret, solved=False):
    """One assignment of one student; ``solved`` with a solution, for the instructor."""
    task, hidden = given(assignment, student, secret), key(assignment, student, secret)
    points = RUBRIC[assignment]
    hand = points["why"][0]
    head = HEAD.format(title=ASSIGNMENTS[assignment], student=student, of=sum(each for each, _ in points.values()) - hand, hand=hand)
    text = TASK[assignment].format(epochs=task.get("epochs"), labels="\n".join(f"- `{label}`" for label in LABELS), per_epoch=PER_EPOCH,
                                   names=NAMES.get(task.get("kind")), clocks=", ".join(f"`{clock}`" for clock in CLOCKS))
    answer = solution(assignment, task, hidden) if solved else blank(assignment, task)
    cells = [cell("markdown", "head", head, locked=True), cell("markdown", "task", text, locked=True),
             cell("code", "setup", setup(assignment, task), locked=True), cell("code", "answer", answer, solution=True),
             cell("markdown", "why", WHY[assignment].format(points=hand) + "\n\n...", solution=True, grade=True, points=hand)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(made)
    return nbformat.writes(made)


def cell(kind, name, source, locked=False, solution=False, grade=False, points=None):
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    made["id"] = name
    made.metadata["nbgrader"] = {"schema_version": 3, "grade_id": name, "cell_type": kind, "locked": locked, "solution": solution,
                                 "grade": grade, "task": False, **({"points": points} if grade else {})}
    return made


def rubric():
    """What is judged in the four assignments, as markdown."""
    lines = []
    for name, points in RUBRIC.items():
        lines += [f"## {ASSIGNMENTS[name]}", "", "| criterion | points | what |", "|---|---|---|",
                  *(f"| {criterion} | {most} | {what} |" for criterion, (most, what) in points.items()), ""]
    return "\n".join(lines)
