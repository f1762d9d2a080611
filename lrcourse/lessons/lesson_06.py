from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "equal-factors": (
        "Equal factors make a straight line",
        "Learning rate against epoch on a logarithmic axis: four straight lines, the steeper the smaller gamma; with 0.95 the "
        "line reaches a tenth at epoch 45. One over t falls steeply first and then flattens, and crosses two of the lines.",
    ),
    "gamma-per-update": (
        "Per update, the run is over after two epochs",
        "Test error over 20 epochs. 0.95 per epoch, smooth or as stairs: falls to about six percent, both alike. 0.95 per "
        "update: stops at more than a fifth after two epochs and stays there exactly. Below, the rates: the last falls "
        "straight down and out of use.",
    ),
    "stuck-at-epoch": (
        "The decayed run gets stuck at epoch 5 of the other",
        "Test error over 40 epochs. The constant rate falls quickly and goes on falling slowly, to about nine percent. The "
        "decayed run falls less and less and stays at about a fifth from epoch 15 on; the constant run passes that height at "
        "epoch 5.",
    ),
    "how-far-left": (
        "One is stuck at 0.36, the other keeps going",
        "Distance from the minimum against update, both logarithmic. Exponential: falls to 0.36 within a hundred updates and "
        "is flat from there. One over t: keeps falling in a straight line, to two thousandths.",
    ),
    "gamma-slider": (
        "γ = {gamma:.2f}: the rates sum to {road:.1f}, {left:.2f} is left",
        "Distance from the minimum over 300 updates, for γ = {gamma:.2f} and for the constant rate: {left:.2f} of it is left at the end.",
    ),
    "what-is-left": (
        "Both budgets want to end at about a fifth",
        "Test error against the ratio of last to first rate, for 10 and 30 epochs: both curves are lowest at 0.2, and rise to "
        "both sides; the one of 30 epochs lies far lower.",
    ),
}

EXERCISES = {
    "hundredth-at-30": Exercise(
        answer=0.01 ** (1 / 30),
        right="The 30th root of a hundredth, about 0.858.",
        wrong=(
            (1 - 0.99 / 30, "That takes the same *amount* away each epoch. Here it is the same factor each epoch."),
            (0.99 ** (1 / 30), "That leaves 99 % at the end. What should be left is 0.01."),
            (0.01 / 30, "A product of 30 factors has to be 0.01, so take the 30th root, not a 30th part."),
            (0.95, "0.95 is the blog's. After 30 epochs it still leaves about a fifth."),
            (0.01 ** 30, "The other way round: γ to the power of 30 has to be 0.01."),
            (0.1 ** (1 / 30), "That leaves a tenth."),
        ),
        hint="Thirty factors γ have to make 0.01. Solve γ³⁰ = 0.01.",
    ),
    "per-update": Exercise(
        answer=0.9 ** (1 / 31),
        tolerance=2e-5,
        right="The 31st root of 0.9.",
        wrong=(
            (0.9 ** 31, "That is what is left after an epoch if you pass 0.9 and step 31 times: about 4 %."),
            (0.9, "Then 0.9 acts 31 times in every epoch, and about 4 % is left after the first."),
            (0.9 / 31, "31 factors are multiplied, not added: take the root."),
            (1 - 0.1 / 31, "Close: that is the straight line through the curve's start. Exactly, it is a root."),
        ),
        hint="31 of these factors, multiplied, have to make 0.9.",
    ),
    "just-enough": Exercise(
        answer=1 - 0.1 / 3,
        right="0.1 / (1 - γ) = 3.",
        wrong=(
            (0.1 / 3, "That is 1 - γ."),
            (0.7, "That has the road 0.1 / 0.3, a third of one. Divide the other way."),
            (0.95, "The road would be 0.1 · 20 = 2, and the run would stop before the minimum."),
            (0.9, "The road would be 0.1 / 0.1 = 1. You need 3."),
            (1, "That gets there, as a constant rate does. What is the smallest γ that still does?"),
        ),
        hint="The whole road is α₀ / (1 - γ). It has to be 3.",
    ),
}
