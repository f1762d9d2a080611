from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "one-rate": (
        "Rate {rate:.2g}: {percent:.0f} % after 12 epochs",
        "Test error over 12 epochs at the constant rate {rate:.2g}: it ends at {percent:.0f} percent.",
    ),
    "three-valleys": (
        "Three optimizers, three valleys",
        "Validation error against learning rate on a logarithmic axis: three U-shaped curves. Adam is lowest near 0.01, "
        "momentum near 0.05, SGD near 0.5. Each rises slowly to the left and steeply to the right.",
    ),
    "range-test": (
        "The loss falls, turns, and explodes",
        "Loss against a learning rate that rises during the run, both logarithmic: flat at first, then falling to a minimum "
        "and rising steeply. Adam turns at the lowest rate, momentum next, SGD at the highest.",
    ),
    "valley-under-decay": (
        "Under a decay the valley lies further right",
        "Validation error against the first rate for momentum, constant and falling to zero. The falling curve is above the "
        "constant one at small rates, crosses it, and has its minimum lower and at about twice the rate or more.",
    ),
}

EXERCISES = {
    "third-of-seven": Exercise(
        answer=0.01,
        right="Two factors of 3.16 make ten.",
        wrong=(
            (0.001 + 2 * 0.999 / 6, "Those are equal *distances*: then six of the seven rates lie above 0.1. Use equal factors."),
            (0.001 * 1000 ** 0.5, "That is the fourth, the middle of the seven."),
            (0.001 * 1000 ** (1 / 6), "That is the second. The first is 0.001 itself."),
            (0.001 * 1000 ** (2 / 7), "Seven rates have six gaps between them, so the factor is the sixth root of 1000."),
            (0.1, "That is the third from the top."),
        ),
        hint="Six equal factors lead from 0.001 to 1. How large is one, and how many lead to the third rate?",
    ),
    "different-rates": Exercise(
        answer=[5, 25],
        right="Five against twenty-five, for the same price.",
        wrong=(
            ([25, 25], "A square grid of 25 points has 5 values of each number, and repeats each rate five times."),
            ([5, 5], "In random search every try draws its rate anew."),
            ([25, 5], "The other way round."),
            ([5, 20], "All 25 random tries differ in their rate."),
        ),
        hint="Draw both on paper and count how many points you see if you look along the axis of the rate.",
    ),
    "half-way": Exercise(
        answer=(0.0001 * 10) ** 0.5,
        right="Half-way by factors is the root of the product, about 0.0316.",
        wrong=(
            (5.00005, "That is half-way by distance. The test spends half of its updates below 0.03."),
            (5.0, "That is half-way by distance. The test spends half of its updates below 0.03."),
            (0.001, "That is the product of the two ends. Take its root."),
            (0.01, "That is two factors of ten above the start. Half of five is two and a half."),
            (0.1, "That is three factors of ten above the start. Half of five is two and a half."),
        ),
        hint="From 0.0001 to 10 there are five factors of ten. Go up by half of them.",
    ),
}
