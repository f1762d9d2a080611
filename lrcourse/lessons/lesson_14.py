from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "sharpness": (
        "Two runs stay below the limit, two live on it",
        "The rate times the sharpness over 450 updates of gradient descent. For the rates 0.1 and 0.2 it stays between a half "
        "and one and a half. For 0.4 it lies on the limit of 2, for 0.8 it jumps about above it.",
    ),
    "sharpness-after-cut": (
        "Cut the rate, and the sharpness grows into the new limit",
        "Sharpness over 900 updates. At the rate 0.8 it jumps around and above its limit of 2.5. After the cut to 0.4 the "
        "limit is 5, and the sharpness climbs towards it for the remaining 450 updates.",
    ),
    "one-floor": (
        "Three different settings, one floor",
        "Mean loss of four settings over 400 updates, on a logarithmic axis. A settles at the highest floor. B, C and D "
        "settle together at a fifth of that; C is there after some 30 updates, B and D after more than 100.",
    ),
    "knowing-the-end": (
        "Who knows the end does better, the more the longer",
        "Expected loss at the end against the length of the run, both logarithmic. All three fall. Constant is highest, 1/t "
        "below it, linear to zero lowest, and the gaps widen from left to right.",
    ),
    "best-shape": (
        "A straight line comes out, and once a warm-up",
        "Two schedules found by going downhill on the bound. With even gradients it lies on linear decay. With longer "
        "gradients at first it rises for some fifty updates, and then falls in a straight line.",
    ),
    "river": (
        "The cooldown shows what the plateau had done",
        "Mean loss over 600 updates, logarithmic. The high rate falls quickly and stays near one. The low rate falls slowly "
        "and meets it at the end. WSD lies on the high rate's curve until update 480, then drops to a fifth.",
    ),
    "hard-and-easy": (
        "The same shapes, and the winner flips",
        "Final loss of four shapes relative to the best, against s. On the left, hard, WSD is at 1 and the squared decay "
        "above 2. They cross near s = 0.65. On the right, easy, the squared decay is at 1 and WSD more than a third above it.",
    ),
    "rate-times-decay": (
        "Rate and decay apart: only the product stays",
        "Angle turned in each update, logarithmic, for three pairs of rate and weight decay. Two with the same product start "
        "far apart and meet after some 1000 updates; the third, with four times the product, settles at twice their angle.",
    ),
    "forecasts": (
        "Points from two other runs, lines from the real ones",
        "Training loss over 20 epochs under momentum for cosine restarts and WSD with a cooldown of 20 %, measured as lines "
        "with bands, and the forecasts as points. The points follow the lines through restart and cooldown, too low before "
        "the restart and too high after it.",
    ),
    "forecast-errors": (
        "Most forecasts are right to a few percent",
        "Forecast against measured final training loss for 42 schedules under SGD, momentum and Adam. Most points lie on the "
        "diagonal or a little above it; those of the highest losses lie further above.",
    ),
    "model-choice": (
        "What the model would do",
        "Learning rate over 20 epochs of the designed schedule beside WSD and linear decay: it keeps to the highest rate for "
        "a while, falls more slowly than linear decay, and cools down quickly at the end.",
    ),
}

EXERCISES = {
    "edge-with-momentum": Exercise(
        answer=2 * 1.9 / 0.1,
        right="The rate is 2(1 + β)/λ at the edge, so λ = 3.8 / 0.1 = 38.",
        wrong=(
            (2 / 0.1, "That is the edge of plain gradient descent. Momentum, which cancels back and forth, bears more."),
            (2 * 1.9, "That is the limit for the rate where the curvature is 1. Here the rate is 0.1."),
            (2 * 1.9 / 0.1 / 0.1, "That is for the averaging form of momentum, v = βv + (1 - β)g. PyTorch's, used here, adds g whole."),
            (2 * 0.1 / 0.1, "That would make the *effective* rate 2/λ. The stability limit is far above it."),
        ),
        hint="Solve 0.1 = 2(1 + β)/λ for λ, with β = 0.9.",
    ),
    "floor-with-more-momentum": Exercise(
        answer=0.025,
        right="1 - β halves from 0.1 to 0.05, so the rate has to halve as well.",
        wrong=(
            (0.05, "With the old rate the effective rate α/(1 - β) doubles, and the floor with it."),
            (0.1, "The other way round: more momentum makes each gradient count more, so the rate must come down."),
            (0.05 * 0.9 / 0.95, "β itself doesn't matter, 1 - β does: it halves."),
            (0.05 * 0.95 / 0.9, "β itself doesn't matter, 1 - β does; and more momentum needs a lower rate."),
            (0.0025, "That divides by 20. It is 1 - β that changes, from 0.1 to 0.05."),
        ),
        hint="α/(1 - β) has to stay the same. What is it before, 0.05/(1 - 0.9)?",
    ),
    "same-angle": Exercise(
        answer=0.0025,
        right="A fifth of the rate with five times the decay turns by the same √(2αλ).",
        wrong=(
            (0.0005, "Then αλ falls to a fifth, and the weights turn more slowly by √5."),
            (0.0001, "The other way round: the product of rate and decay has to stay, so the decay goes up."),
            (0.0005 * 5 ** 0.5, "The angle has a root, but rate and decay stand under it together: keep their product."),
            (0.0125, "That is 25 times the decay. The rate goes down by 5."),
        ),
        hint="Keep αλ = 0.1 · 0.0005 and solve for λ with α = 0.02.",
    ),
    "carry-the-rate": Exercise(
        answer=1.125,
        tolerance=0.02,
        right="Linear decay bears a first rate almost three times as high as constant.",
        wrong=(
            (0.4, "The same first rate would give linear decay half the travel. The bound wants a higher one."),
            (0.8, "That gives the same sum of rates. But linear decay also leaves less noise behind, and bears even more."),
            (0.1422, "The other way round: the best scale of linear decay divided by that of constant."),
            (2.8125, "That is the ratio of the two scales. Multiply the tuned rate by it."),
        ),
        hint="best_scale(linear_decay(1.0, total=620), 620) divided by best_scale(constant(1.0), 620), times 0.4.",
    ),
}
