from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number

FIGURES = {
    "where-to-cut": (
        "Where would you cut?",
        "Test error of sixteen runs over 30 epochs at the constant rate 0.1: a steep fall in the first five epochs, then a "
        "slow and noisy one to about nine percent. No clear point where it becomes flat.",
    ),
    "drop-place": (
        "In the middle, the place hardly matters",
        "Test error after 30 epochs against the epoch of the single drop: high for a drop in the first few epochs, low and "
        "almost flat from about 12 to 24, rising at the very end. Without a drop it is about twice as high.",
    ),
    "drop-place-rates": (
        "A low rate wants it late, a high one early",
        "Test error after 30 epochs against the epoch of the single drop, for three first rates. 0.05: falling to about epoch 24. "
        "0.1: high at both ends and flat in the middle. 0.2: lowest for a drop after the first epoch, and rising steadily.",
    ),
    "drop-slider": (
        "A drop at epoch {epoch} ends at {error:.1f} %",
        "Test error of a run whose rate drops at epoch {epoch}: it ends at {error:.1f} percent.",
    ),
    "how-many-drops": (
        "One drop does it, unless it is too deep",
        "Test error with two standard errors for no drop and six ways to come down, all tuned. No drop is worst, a single "
        "drop to a hundredth second worst; the other five overlap.",
    ),
    "plateau-scheduler": (
        "Without patience it cuts in the middle of the fall",
        "Error on the watched half over 30 epochs. Patience 0: its rate falls from epoch 5 on, again and again; the error "
        "stops at about six percent. Patience 3: falls on to about four percent. Patience 10: its rate hardly ever falls, and "
        "the error stays higher and noisy.",
    ),
    "four-staircases": (
        "Four runs, four staircases",
        "The learning rates of four runs with patience 3 on a logarithmic axis: each is halved two or three times, at "
        "different epochs, between 10 and 29.",
    ),
}

PREDICTIONS = {
    "both-sides-of-a-step": Choice(
        {
            "0.1, 0.1, 0.01":
                "If epoch 20 still belonged to the first twenty, it would be so, and some libraries count like that. But counted from 0 "
                "the first twenty are 0 to 19, and at 45 two full twenties have passed.",
            "0.1, 0.01, 0.001":
                "At 20 one full twenty has passed, at 45 two.",
            "0.1, 0.01, and something between 0.01 and 0.001":
                "45 lies between 40 and 60, so why not the rate? Because it stays between the drops. Moving in between is what the "
                "exponential of lesson 06 does.",
        },
        right="0.1, 0.01, 0.001",
        out="0.1 at epoch 19, 0.01 at 20, 0.001 at 45.",
        shown=(),
    ),
    "drop-place": Choice(
        {
            "At epoch 4 to 8, where the curve becomes flat":
                "There the progress seems to end, so that a cut seems to cost nothing. But the slow part of the way "
                "still lies ahead, and it "
                "needs the high rate: the points at 4 and 8 lie above those that follow.",
            "In the middle, and it hardly matters where":
                "From 12 to 24 sixteen runs can barely order the places.",
            "In the middle, and a few epochs off are expensive":
                "A best place should have a sharp valley round it. This one is a plain: the places from 12 to 24 lie within one point.",
            "In the last epoch, to keep the high rate as long as possible":
                "It is surprising how much even that gains over no drop. But 31 updates don't settle all the noise: the last point "
                "lies well above the middle.",
        },
        right="In the middle, and it hardly matters where",
        out="From 12 to 24 the places lie within 1 percentage point of each other; at the ends it costs one to two points.",
    ),
    "drop-place-rates": Choice(
        {
            "It stays in the middle at both":
                "The middle looked like a matter of the budget alone. But place and rate belong together: the three "
                "curves have their lowest points "
                "at three different places.",
            "Later at the lower rate, earlier at the higher one":
                "With a low rate the road is what is scarce; the high one does damage while it lasts.",
            "Earlier at the lower rate, later at the higher one":
                "A higher rate has more noise to be rid of, but that is quickly done. And a lower rate has a longer "
                "way to go, so an early "
                "cut hurts it more: see the left end of its curve.",
        },
        right="Later at the lower rate, earlier at the higher one",
        out="At 0.05 late is best, up to the last few epochs. At 0.2 the earlier the better, from the first epoch on.",
    ),
    "how-many-drops": Choice(
        {
            "The smoother the better: four drops and the exponential lead":
                "Fewer jolts sound healthier. In the figure the smooth one and the single drop to a tenth overlap, "
                "and nothing orders them by "
                "smoothness.",
            "A single drop to a hundredth leads: it ends with the least noise":
                "It does end with little noise. But ten epochs at a hundredth are no road at all, and it is behind all the others "
                "that decay.",
            "Most overlap; a single drop to a hundredth is behind":
                "How one comes down matters little, as long as some road is left after each drop.",
            "Two drops lead, as in the ResNet paper":
                "That recipe is for a run whose length was chosen with it. Here two drops and one overlap.",
        },
        right="Most overlap; a single drop to a hundredth is behind",
        out="Five of the six lie within a point of each other. A single drop to a hundredth is behind by almost a "
            "point, and no drop at all by "
            "about one.",
    ),
    "first-cut-report": Number(
        right=5, low=1, high=6, whole=True, within=0.1,
        feedback=((1, 3, "The best is 0.7, from report 2. Patience 2 allows two reports in a row that don't beat it."),
                  (4, 4, "At report 4 only two have failed to beat 0.7, and two are allowed. It takes one more."),
                  (5, 5, "Three in a row, and three is more than two."),
                  (6, 6, "Perhaps you counted report 4, an equal 0.7, as a new best. It is not: it would have to be lower.")),
        out="After the fifth: reports 3, 4 and 5 don't beat the 0.7 of report 2.",
        shown=(),
    ),
    "plateau-scheduler": Choice(
        {
            "Patience 0":
                "At once sounds efficient. But one noisy report is enough for a cut: look at its rate, which begins "
                "to fall while the error "
                "is still falling fast.",
            "Patience 3":
                "Patient enough for the noise, and quick enough for 30 epochs.",
            "Patience 10":
                "A default should be a safe choice. But ten reports are a third of this run: its rate hardly ever "
                "falls, and the error stays high.",
        },
        right="Patience 3",
        out="Patience 3. On the half that was not watched, patience 0 is about a point behind and 10 more than two.",
    ),
    "four-reports": Choice(
        {
            "The loss at 0.7 alone":
                "So it should be. But the device knows only one question: is the report lower than the best, by a "
                "small factor? Ask it of "
                "each of the other three.",
            "The two that stand still":
                "They stand still alike. But the device compares with a little less than one time the best, and for a "
                "negative best that is above it: "
                "standing still counts as progress.",
            "The loss at 0.7, nan, and the accuracy":
                "nan is never lower than the best, and a rising accuracy isn't either.",
            "All four":
                "None of the four falls. Still, one of them counts as falling: a negative best, made a little smaller "
                "in size, lies above itself.",
        },
        right="The loss at 0.7, nan, and the accuracy",
        out="Three of four cut three times, down to 0.0001: all but the loss at -0.7.",
        shown=(),
    ),
}

EXERCISES = {
    "three-rates": Exercise(
        answer=[0.4, 0.2, 0.05],
        right="No halving at 9, one at 10, three at 35.",
        wrong=(
            ([0.4, 0.4, 0.05], "At epoch 10 ten epochs have passed (0 to 9), so the drop is in force there."),
            ([0.4, 0.2, 0.1], "Epoch 35 comes after three drops, at 10, 20 and 30."),
            ([0.2, 0.2, 0.05], "At epoch 9 only nine full epochs have passed. Round down, not up."),
            ([0.4, 0.2, 0.025], "That is four halvings at 35. Round 3.5 down."),
            (lambda rates: abs(rates[2] - 0.4 * 0.5 ** 3.5) < 1e-4, "Between the drops the rate stays: round 3.5 down to 3."),
        ),
        hint="Count the full tens that have passed at each epoch, and halve 0.4 that often.",
    ),
    "settling": Exercise(
        answer=114,
        right="A factor of 100 at 0.98² for each update: the low rate needs its time.",
        wrong=(
            (228, "The mean square, and with it the loss, shrinks by (1 - αλ)² for each update: the square halves the time."),
            (57, "The excess is ten times the new floor and has to fall to a tenth of it: a factor of 100, not 10."),
            (11, "That is the old rate's factor, 0.8². After the drop the rate is 0.02."),
            (115, "One more than is needed."),
        ),
        hint="The excess is multiplied by (1 - 0.02)² at each update. How often until it is a tenth of the new floor?",
    ),
    "first-cut": Exercise(
        answer=12,
        right="One report to set the best, then eleven without a new one: more than ten.",
        wrong=(
            (10, "Patience 10 *allows* ten reports without a new best. And the very first report is a new best."),
            (11, "That is how Keras and Optax count. Here, as in PyTorch, it takes *more* than ten reports without a new best."),
            (9, "Patience 10 *allows* ten reports without a new best. And the very first report is a new best."),
            (13, "One too many. The first report sets the best; the eleventh after it is the one too much."),
        ),
        hint="Count: the first report is a new best. How many more that are not better does it take to exceed ten?",
    ),
    "patience-at-60": Exercise(
        answer="level",
        right="Ten reports are a third of 30 epochs and a sixth of 60. Patience has to fit the length of the run.",
        wrong=(
            ("worse", "So it was in 30 epochs. In 60 there is time to wait for ten reports, more than once."),
            ("better", "More than a point better, with two standard errors? Take the differences seed by seed."),
        ),
        hint='One of "worse", "better", "level": take the difference seed by seed, its mean, and two standard errors to each side.',
    ),
}
