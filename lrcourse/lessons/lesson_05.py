from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "per-update": (
        "The same k, per update, stops the run early",
        "Test error of twelve runs each over 20 epochs. Constant: wanders above a quarter. k per epoch: falls quickly and "
        "then slowly, to about six percent. k per update: falls more and more slowly and is still near a fifth at the end. "
        "Below, the three rates on a logarithmic axis: the third falls by a factor of thirty within the first epoch.",
    ),
    "inverse-time-shapes": (
        "It falls quickly first, and then hardly",
        "Learning rate against epoch on a logarithmic axis for five values of k: each curve falls steeply at first and then "
        "flattens. With k = 3 most of the fall is over after five epochs.",
    ),
    "four-walks": (
        "Two arrive, one hovers, one is stuck",
        "Mean loss of sixty runs against update, both logarithmic. Exponential flattens first and highest, constant flattens "
        "at about an eighth. One over the square root of t keeps falling slowly, and one over t falls fastest at the end.",
    ),
    "best-rates-one-weight": (
        "The best rates are one over the time, exactly",
        "The best rate for each of 200 updates as points on a logarithmic axis: every point lies on the curve of inverse time "
        "decay.",
    ),
    "tuning-k": (
        "A k too large costs much more than one too small",
        "Expected loss after 1000 updates against k as a multiple of the best one, both logarithmic: lowest at 1, rising in a "
        "straight line to the left and several times as steeply to the right.",
    ),
    "best-rates-two-weights": (
        "For two weights, the best rates end with a drop",
        "Learning rate against update on a logarithmic axis. The best rates of all lie on the one over t of the flat weight "
        "alone for most of the way, and in the last fifth fall steeply below it. The tuned one over t starts lower and is "
        "above the best at the end.",
    ),
    "what-k-buys": (
        "k = 1 buys nothing, k = 0.1 does",
        "Test error with two standard errors to each side for four tuned schedules: constant and k = 1 overlap; k = 0.1 is "
        "lower by about a point, linear lower still.",
    ),
}

EXERCISES = {
    "fifth-pass": Exercise(
        answer=0.3 / 3.5,
        right="The fifth pass is epoch 5 when counted from 1: 0.3 / (1 + 0.5 · 5).",
        wrong=(
            (0.1, "That is epoch 4, the fifth pass counted from 0. This report counts from 1."),
            (0.3 / 6, "That is k = 1. Here k is 0.5: it multiplies the epoch, not the 1."),
            (0.3 / 2.5, "The 1 in the denominator is missing: 1 + k · epoch."),
            (0.3 * 0.5 ** 5, "That halves the rate five times, which is exponential decay. Here the time is divided by."),
        ),
        hint="Decide which number the fifth pass has when counted from 1, then put it into 0.3 / (1 + 0.5 · epoch).",
    ),
    "a-fifth-at-30": Exercise(
        answer=4 / 30,
        right="1 + 30k has to be 5.",
        wrong=(
            (5 / 30, "Then 1 + 30k is 6, and the rate ends at a sixth. What about the 1?"),
            (1 / 30, "Then 1 + 30k is 2: that is the k which halves the rate."),
            (1 / 5, "That is the fraction, not the k that leads to it. Put k = 0.2 in: the rate ends at a seventh."),
            (30 / 4, "The other way round: 30k has to be 4, so k is smaller than 1."),
        ),
        hint="Set 1/(1 + 30k) equal to 1/5 and solve for k.",
    ),
    "best-k": Exercise(
        answer=0.2,
        right="k = λα₀ = 0.5 · 0.4.",
        wrong=(
            (0.5, "That is λ alone. How does the first rate come in?"),
            (0.4, "That would be right for a curvature of 1."),
            (0.8, "That is α₀/λ. A steeper bowl arrives sooner, so it may decay sooner: k grows with λ."),
            (1.25, "That is λ/α₀. Which of the two belongs into the denominator: neither."),
        ),
        hint="The best k is the product of two numbers that you are given.",
    ),
}
