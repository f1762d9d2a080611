from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "plateau": (
        "At a constant rate the error stops falling early",
        "Test error of sixteen runs over 60 epochs at the constant rate 0.3: after a few epochs it wanders around a quarter "
        "and gets no better.",
    ),
    "cut": (
        "Cutting the rate cuts the error, at once",
        "Test error over 60 epochs. Until epoch 25 both curves wander together around a quarter. When the rate is divided by "
        "ten, the error falls to a fraction within two or three epochs; a second cut at epoch 45 lowers it again. The "
        "constant rate stays where it was.",
    ),
    "two-walks": (
        "One wanders, the other arrives",
        "Contours of a valley with two paths from the left. The blue path, at a constant rate, reaches the minimum and "
        "wanders all around it. The green path, whose rate decays, ends close to the minimum.",
    ),
    "noise-floor": (
        "The floor rises with the rate, as computed",
        "Loss at rest against learning rate on logarithmic axes: the measured points lie on the formula's curve, which rises "
        "a little faster than in proportion.",
    ),
    "larger-batch": (
        "A batch ten times as large does what a tenth of the rate does",
        "Test error over 15 more epochs. As before: around six percent. A tenth of the rate, and a batch ten times as large: "
        "both fall within a few epochs to about three and a half percent, and stay together.",
    ),
    "rates-without-decay": (
        "Without decay, a small rate wins",
        "Validation error against a constant learning rate: lowest near 0.025 and 0.05, rising to both sides.",
    ),
    "rates-with-cuts": (
        "Decay pays at rates that look too high without it",
        "Validation error against the first learning rate. The constant curve is lowest at small rates. The curve with two "
        "cuts lies above it or level at the smallest rates and well below it from 0.1 on, with its minimum at a several times "
        "higher rate.",
    ),
    "nothing-to-average": (
        "With nothing left to average out, decay changes nothing",
        "Test error over 40 epochs for a network that fits every training image: the curves with and without cuts lie on top "
        "of each other.",
    ),
}

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
