from lrcourse.lessons.exercises import Exercise

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
    "third-epoch": Exercise(
        answer=1e-4,
        right="After 62 updates three full twenties have passed.",
        wrong=(
            (0.1, "That would be right if it were stepped once per epoch. Here 62 steps have been made."),
            (0.1 * 0.1 ** 3.1, "Between the drops the rate stays: round 62/20 down."),
            (0.01, "That is after one epoch, 31 updates. The third epoch starts after two."),
            (0.001, "That is after two drops. How many full twenties are in 62?"),
            (1e-5, "The third epoch starts after *two* epochs, 62 updates, not 93."),
        ),
        hint="How many updates have been made before the third epoch, and how many full twenties are in that number?",
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
}
