from lrcourse.lessons.exercises import Exercise

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
