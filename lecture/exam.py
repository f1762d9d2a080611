"""An exam of thirty questions with its key. Every number of the key is computed here, by the course's own functions.

>>> every = exam()
>>> len(every), every["exam-step"].verdict(1.0)[0], every["exam-milestones"].verdict(0.04)[0]
(30, True, True)
"""

from dataclasses import replace
from functools import cache

import numpy as np
from questions import Option, Question, Zone, around

from lrcourse.schedules import (ReduceLROnPlateau, cosine_decay, exponential_decay, inverse_time_decay, linear_decay, multistep_decay,
                                step_decay, warmup, wsd)


def number(name, lesson, text, answer, out, *wrong, other="Not this number.", within=0.02):
    """A question for a number; ``wrong`` are pairs (number, what is said to it)."""
    near = lambda value, *rest: [Zone(*ends, *rest) for ends in around(value, within, 3)]
    zones = [*near(answer, True, out), *(zone for mistake, say in wrong for zone in near(mistake, False, say))]
    return Question(name, lesson, "", text, out, zones=tuple(zones), other=other)


def choice(name, lesson, text, right, out, *wrong):
    """A question with answers to choose from; ``wrong`` are pairs (answer, what is said to it)."""
    options = [Option(right, True, out), *(Option(mistake, False, say) for mistake, say in wrong)]
    return Question(name, lesson, "", text, out, options=tuple(sorted(options, key=lambda option: option.text)))


@cache
def exam():
    """The thirty by name, in the order of the lessons."""
    reports = [0.9, 0.6, 0.5, 0.55, 0.5, 0.52, 0.4, 0.45]
    watch = ReduceLROnPlateau(0.1, factor=0.1, patience=2)
    cut = next(place for place, report in enumerate(reports, 1) if watch.step(report) < 0.1)
    every = [
        number("step", "01_learning_rate", "The loss is $\\tfrac12 \\cdot 5\\,w^2$ and $w = 2$. Where is $w$ after one update at the rate 0.1?",
               2 - 0.1 * 5 * 2, "The gradient is 5 · 2 = 10, and 2 - 0.1 · 10 = 1.",
               (-8.0, "The rate is missing: the gradient is multiplied by 0.1."), (3.0, "Uphill: the step is subtracted."),
               (1.8, "The gradient of ½ · 5 w² is 5 w, so 10.")),
        number("limit", "01_learning_rate", "A bowl has the curvature 8. From which rate on does gradient descent fly away?", 2 / 8,
               "The limit is 2/λ.", (1 / 8, "There one update goes straight to the minimum."), (0.5, "Half of that: 2/λ with λ = 8.")),
        number("best-rate", "01_learning_rate", "A ravine has the curvatures 2 and 18. Which fixed rate is fastest in the long run?",
               2 / (2 + 18), "Both directions then shrink by the same factor, one with a change of sign: 2/(2 + 18).",
               (2 / 18, "That is the limit, where the steep direction never shrinks."),
               (1 / 18, "There the steep direction is done at once, but the flat one is slower than it has to be.")),
        choice("zig-zag", "01_learning_rate", "In one direction a weight changes its sign at each update and comes closer to zero. Where "
               "is $1 - \\alpha\\lambda$?", "between -1 and 0", "Negative, so the sign changes; smaller than 1 in size, so it shrinks.",
               ("between 0 and 1", "Then it would come closer without a change of sign."),
               ("below -1", "Then it would fly away, changing its sign."), ("above 1", "That takes a negative rate or curvature.")),
        number("momentum-rate", "02_optimizers", "SGD works well at the rate 0.3. At which rate does momentum with $\\beta = 0.9$ take "
               "steps of the same length in the long run?", 0.3 * (1 - 0.9), "The effective rate is α/(1 - β).",
               (0.3, "Each gradient then acts with ten times its weight."), (3.0, "The other way round: momentum makes steps longer."),
               (0.27, "0.3 · 0.9: it is 1 - β that counts.")),
        number("adagrad", "02_optimizers", "AdaGrad at the rate 0.2 has seen 16 equal gradients. How long is its 16th step?",
               0.2 / np.sqrt(16), "The sum of squares is 16 g², its root 4 g, and 0.2 g / 4 g = 0.05.",
               (0.2 / 16, "The root of the sum is divided by, not the sum."), (0.2, "That was the first step.")),
        choice("adam-first", "02_optimizers", "How long is the very first step of Adam, for each weight?",
               "as long as the rate, whatever the gradient", "Both averages hold but one gradient, corrected for their start: g/|g| = ±1.",
               ("the rate times the gradient", "That is SGD. Adam divides by the gradient's size."),
               ("a tenth of the rate, since β₁ = 0.9", "The bias correction undoes exactly that."),
               ("almost zero, since its averages begin at zero", "So it would be without the bias correction.")),
        number("grid", "03_finding_a_learning_rate", "Five rates from 0.001 to 0.1, each a fixed factor above the last. Which is the "
               "third?", np.geomspace(0.001, 0.1, 5)[2], "The middle on a logarithmic scale: the root of 0.001 · 0.1.",
               (0.0505, "That is the middle of equal differences."), (0.00316, "That is the second.")),
        number("error-of-mean", "03_finding_a_learning_rate", "16 runs have a standard deviation of 0.8 percentage points. What is the "
               "standard error of their mean, in points?", 0.8 / np.sqrt(16), "0.8 divided by the root of 16.",
               (0.8, "That is how far single runs lie apart; their mean is surer."), (0.8 / 16, "By the root of 16, not by 16.")),
        number("adam-batch", "03_finding_a_learning_rate", "Adam is best at 0.002 with batches of 32. What would you try first with "
               "batches of 128?", 0.002 * np.sqrt(128 / 32), "With Adam the rate goes with the root of the batch, as a first try.",
               (0.008, "In proportion is the rule for SGD and momentum."), (0.002, "A larger batch has less noise, so a longer step pays.")),
        number("floor", "04_why_decay", "On one weight with $\\lambda = \\sigma = 1$ the noise floor of SGD is "
               "$\\alpha/(2(2 - \\alpha))$. How high is it at the rate 0.2?", 0.2 / (2 * (2 - 0.2)), "0.2/(2 · 1.8), about a quarter of the rate.",
               (0.05, "That is α/4, which holds for small rates only."), (0.2 / 1.8, "The 2 in front of the bracket is missing.")),
        number("milestones", "04_why_decay", "`multistep_decay(0.4, milestones=[30, 60], gamma=0.1)`: which rate has it at $t = 45$?",
               float(multistep_decay(0.4, milestones=[30, 60], gamma=0.1)(45)), "One milestone has passed.",
               (0.4, "The milestone at 30 has passed."), (0.004, "The one at 60 has not.")),
        choice("cut", "04_why_decay", "A run with noisy gradients has wandered at one error for twenty epochs, at a constant rate. The rate "
               "is divided by ten. What do you expect?", "The error falls within a few epochs, then stays",
               "The plateau was a noise floor, and the floor goes with the rate.",
               ("Nothing: the network is done", "The weights wander around a minimum that shorter steps come closer to."),
               ("It falls ten times as slowly as before", "It wasn't falling. What was left was noise."),
               ("It rises, since short steps get stuck", "Near the minimum short steps get closer.")),
        choice("batch-for-rate", "04_why_decay", "A fixed rate is to be kept. What lowers the noise floor as much as a quarter of the rate?",
               "four times the batch", "What counts is the rate divided by the batch size.",
               ("a quarter of the batch", "The other way round: smaller batches are noisier."),
               ("twice the batch", "The variance sets the floor, and it goes with one over the batch."),
               ("four times the epochs", "At the floor more time changes nothing.")),
        number("inverse-time", "05_time_based_decay", "`inverse_time_decay(0.4, decay_rate=0.5)`: which rate has it at $t = 6$?",
               float(inverse_time_decay(0.4, decay_rate=0.5)(6)), "0.4/(1 + 0.5 · 6).",
               (0.4 / 3.5, "That is at t = 5: time is counted from 0."), (0.4 / 3, "The 1 in the denominator is missing.")),
        choice("robbins-monro", "05_time_based_decay", "Which rates have an infinite sum and a finite sum of squares?", "1/(1 + t)",
               "The harmonic series grows for ever, that of 1/t² doesn't.",
               ("1/√(1 + t)", "Its squares are 1/(1 + t), whose sum is infinite."), ("0.9 to the t", "Its sum is 10: it can get stuck."),
               ("a constant", "The sum of its squares is infinite: it never comes to rest.")),
        number("half-life", "06_exponential_decay", "After how many epochs has a rate that loses 5 percent per epoch fallen to a half?",
               np.log(0.5) / np.log(0.95), "ln 0.5 / ln 0.95.", (10.0, "Five percent of what is left, not of the first rate.")),
        number("road", "06_exponential_decay", "A rate begins at 0.1 and is multiplied by 0.9 after each epoch. To what do the rates of all "
               "epochs add up, for ever?", float(exponential_decay(0.1, gamma=0.9)(np.arange(2000)).sum()),
               "A geometric series: 0.1/(1 - 0.9).", (0.9, "Without its first term."), other="It is finite: 0.1/(1 - 0.9)."),
        number("stairs", "07_step_decay", "`step_decay(0.8, gamma=0.5, step_size=10)`: which rate has it at $t = 29.9$?",
               float(step_decay(0.8, gamma=0.5, step_size=10)(29.9)), "Two steps have passed, at 10 and 20.",
               (0.1, "The third step comes at 30."), (0.4, "Two steps have passed, not one.")),
        number("patience", "07_step_decay", f"ReduceLROnPlateau with patience 2 is told {', '.join(map(str, reports))}. After which report, "
               "counted from 1, does it cut for the first time?", cut,
               "Reports 4, 5 and 6 don't beat 0.5, and three in a row are more than two. An equal value is no better one.",
               (5, "Two bad reports in a row are allowed."), (7, "Report 7 is a new best. The cut came before it."), within=0.001),
        number("cosine", "08_warmup_and_cosine", "`cosine_decay(0.4, total=40)`: which rate has it at $t = 10$?",
               float(cosine_decay(0.4, total=40)(10)), "0.2 (1 + cos(π/4)).", (0.3, "That is the straight line; the cosine begins flat.")),
        number("warm-up", "08_warmup_and_cosine", "`warmup(linear_decay(0.3, total=45), length=5)`: which rate has it at $t = 3$?",
               float(warmup(linear_decay(0.3, total=45), length=5)(3)), "Three fifths of the way up to 0.3.",
               (0.28, "That is the line without its warm-up.")),
        choice("t-max", "08_warmup_and_cosine", "PyTorch's CosineAnnealingLR is given a T_max of half of the run. Where is the rate at the "
               "end of the run?", "back at its peak", "The wave goes on: it was at zero in the middle.",
               ("at zero", "It was at zero in the middle, and this one rises again."), ("at half of its peak", "So it would be with twice "
               "the run for T_max."), ("it stopped with an error", "Nothing complains, which is the trap.")),
        number("line", "09_linear_and_wsd", "`linear_decay(0.2, total=50)`: which rate has it at $t = 45$?",
               float(linear_decay(0.2, total=50)(45)), "A tenth of the way is left.", (0.18, "That has been lost; 0.02 is left.")),
        number("wsd", "09_linear_and_wsd", "`wsd(0.1, total=100, decay=20)`: which rate has it at $t = 90$?",
               float(wsd(0.1, total=100, decay=20)(90)), "Half of the cooldown is over.", (0.1, "The cooldown began at 80."),
               (0.01, "The line falls from 80 to 100 alone.")),
        choice("open-end", "09_linear_and_wsd", "You don't know yet how long you will train. Which schedule lets you decide later?", "WSD",
               "Its stable phase is the same for every length; the cooldown can begin from any point of it.",
               ("cosine", "Its rate at every update depends on the length."), ("linear", "Its slope is set by the length."),
               ("1cycle", "Its peak and its fall are set by the length.")),
        number("false-alarms", "10_which_schedule", "15 schedules, all equally good, are compared in pairs, each at $p < 0.05$. How many "
               "pairs differ by chance, on average?", 15 * 14 / 2 * 0.05, "105 pairs, one in twenty.",
               (0.75, "There are 105 pairs, not 15."), (10.5, "Each pair counts once: 15 · 14/2.")),
        choice("undecided", "10_which_schedule", "Two schedules differ by 0.3 percentage points; the standard error of the difference is 0.2. "
               "What can you say?", "These runs can't decide it", "0.3 is one and a half standard errors, so zero is within two.",
               ("The first is better", "A difference that large comes by chance about one time in seven."),
               ("They are equal", "A difference of 0.7 is within two standard errors as well: a tie needs a narrow interval."),
               ("The second is better", "The data lean the other way, if anything.")),
        number("double-step", "13_in_your_framework", "A cosine from 0.1 to zero over 20 steps is stepped twice per epoch. Which rate has it "
               "after 10 epochs? (Write 0 for none.)", float(cosine_decay(0.1, total=20)(20)), "20 steps have passed: it is at its end.",
               (float(cosine_decay(0.1, total=20)(10)), "That is what was meant: its clock runs twice too fast.")),
        choice("peak-under-decay", "16_summary", "You found the best constant rate and now add a decay to zero. What do you do about the "
               "first rate?", "try higher ones", "Under a decay the best first rate is higher: the end takes care of the noise.",
               ("keep it: it was the best", "It was the best for a rate that has to do for the whole run."),
               ("try lower ones", "The decay lowers it already."), ("it doesn't matter", "The peak matters more than the shape.")),
    ]
    return {f"exam-{each.name}": replace(each, name=f"exam-{each.name}") for each in every}
