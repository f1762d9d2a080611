from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "three-rates": (
        "Too low crawls, too high gives up",
        "Training loss of four learning rates over 30 epochs on a logarithmic axis. Too low: a slow straight descent. Good: "
        "falls fastest and ends lowest. High: falls less and ends several times higher. Too high: starts far above the others "
        "and ends flat, at the loss of guessing.",
    ),
    "two-sides-of-the-limit": (
        "One side arrives, the other flies away",
        "Distance from the minimum after 20 updates against the learning rate, logarithmic. It falls steeply towards one "
        "half, rises again symmetrically, and passes its starting value of one exactly at rate one.",
    ),
    "ravine-paths": (
        "The same ravine, with and without a zig-zag",
        "Contours of a long valley and three paths. Rate 0.03 turns into the valley and follows it without crossing. Rate "
        "0.09 jumps from wall to wall with shrinking jumps. Rate 0.101 jumps from wall to wall with jumps that grow slowly.",
    ),
}

EXERCISES = {
    "one-update": Exercise(
        answer=lambda w: abs(w) < 1e-9,
        right="With the rate 1/λ one update goes straight to the minimum.",
        wrong=(
            (1.0, "You went uphill: the step is subtracted."),
            (0.4, "The step is the rate times the *gradient*, and the gradient here is λw = 5 · 0.5, not w."),
            (-2.0, "That is w minus the gradient. How much of the gradient does the rate let through?"),
            (0.5, "That is where it started. The gradient is not zero there."),
        ),
        hint="Write the gradient λw as a number first, then w - α · gradient.",
    ),
    "limit-of-two": Exercise(
        answer=2 / 8,
        right="The steepest direction sets the limit: 2/8 = 0.25.",
        wrong=(
            (4.0, "That is 2/0.5, the limit of the flat direction. The steep one is long gone at this rate."),
            (1 / 8, "That is 1/λ: above it the steep direction zig-zags, but it still arrives."),
            (2 / 8.5, "Curvatures don't add up: each direction has its own factor 1 - αλ."),
            (2 / 4.25, "The mean curvature decides nothing. Each direction has its own factor, and both must shrink."),
        ),
        hint="Both factors, 1 - 0.5α and 1 - 8α, have to stay between -1 and 1. Which one leaves first?",
    ),
    "zigzag-from": Exercise(
        answer=1 / 20,
        right="Above 1/20 the factor 1 - 20α is negative, so every update crosses the valley.",
        wrong=(
            (2 / 20, "That is where it stops arriving. The crossing from wall to wall begins earlier."),
            (1.0, "That is 1/λ of the flat direction. The one that zig-zags first is the steep one."),
            (0.09, "At 0.09 it does zig-zag, but so it does at lower rates. Where does 1 - 20α change its sign?"),
        ),
        hint="A direction crosses the minimum when its factor 1 - αλ is negative. Solve for α in the steep direction.",
    ),
}
