from lrcourse.lessons.exercises import Exercise

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
