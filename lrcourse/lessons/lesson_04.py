from lrcourse.lessons.exercises import Exercise

EXERCISES = {
    "rate-at-30": Exercise(
        answer=0.03,
        right="One milestone has passed, so 0.3 was multiplied by 0.1 once.",
        wrong=(
            (0.3, "That is the rate before epoch 25. The first milestone has passed at t = 30."),
            (0.003, "That is the rate after both milestones. The second one is at 45."),
            (0.3 - 0.1, "A milestone multiplies by 0.1, it does not subtract 0.1."),
        ),
        hint="Count the milestones that are at or before 30, and multiply 0.3 by 0.1 once for each.",
    ),
    "half-the-floor": Exercise(
        answer=0.0513,
        tolerance=0.05,
        right="About half the rate, half the floor (exactly 0.0513).",
        wrong=(
            (0.2, "That doubles the floor: it rises with the rate."),
            (0.025, "A quarter of the rate leaves about a quarter of the floor."),
            (0.0132, "That is the floor you want. Which rate has it?"),
        ),
        hint="Set α/(2(2 - α)) to half of its value at 0.1 and solve for α, or try: half the rate is almost right.",
    ),
    "batch-instead": Exercise(
        answer=64,
        right="A quarter of the rate and four times the batch give the same rate divided by batch size.",
        wrong=(
            (4, "The other way round: less noise needs a larger batch."),
            (160, "Ten times the batch replaces a tenth of the rate. Here the rate is multiplied by 1/4."),
            (32, "The noise falls with the square root of the batch, but its variance, which sets the floor, with it."),
        ),
        hint="What has to stay equal is the rate divided by the batch size: 0.25 α / 16 = α / B.",
    ),
}
