from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number, Order

FIGURES = {
    "one-rate": (
        "Rate {rate:.2g}: {percent:.0f} % after 12 epochs",
        "Validation error over 12 epochs at the constant rate {rate:.2g}: it ends at {percent:.0f} percent.",
    ),
    "three-valleys": (
        "Three optimizers, three valleys",
        "Validation error against learning rate on a logarithmic axis: three U-shaped curves. Adam is lowest near 0.01, "
        "momentum near 0.04, SGD near 0.4. Each rises slowly to the left and steeply to the right.",
    ),
    "two-errors": (
        "More runs: the same spread, a surer mean",
        "Two rows of points, 8 runs and 64 runs, with bars around their means. The thin bars, one standard deviation to each "
        "side, are about equally long. The thick bar, two standard errors, is about a third as long for 64 runs.",
    ),
    "range-test": (
        "The loss falls, turns, and explodes",
        "Loss against a learning rate that rises during the run, both logarithmic: flat at first, then falling to a minimum "
        "and rising steeply. Adam turns at the lowest rate, momentum next, SGD at the highest.",
    ),
    "three-readings": (
        "A third of the turn is the best of the three readings",
        "Error at the rate that was read off, for three optimizers and three rules, sixteen runs each. A third of the turn is "
        "near 9 to 10 percent for all and hardly scatters; a tenth is one to three points higher; the steepest fall "
        "is about one point higher and scatters more.",
    ),
    "peak-and-batch": (
        "In proportion to the batch, and to its root",
        "Best constant rate against batch size from 8 to 64, both logarithmic, beside two straight lines. Momentum rises "
        "along the line of proportion, Adam along the flatter one of the square root.",
    ),
    "valley-under-decay": (
        "Under a decay the valley lies further right",
        "Validation error against the first rate for momentum, constant and falling to zero. The falling curve is above the "
        "constant one at small rates, crosses it, and has its minimum lower and at about twice the rate.",
    ),
}

PREDICTIONS = {
    "tries-by-hand": Number(
        right=(2, 5), low=1, high=12, whole=True, unit="tries", shown="one-rate",
        out="By factors of three it takes four tries or so: from 0.001 the fourth is in the valley.",
        feedback=((1, 1.5, "With luck: the first is 0.001, which ends far above."),
                  (6, 12, "Go by factors of three: the fourth rate is in the valley. A factor of ten can step over it."))),
    "three-valleys": Order(
        ("SGD", "momentum", "Adam"), right=("Adam", "momentum", "SGD"),
        out="Adam's best rate was the lowest, near 0.01, then momentum's, near 0.04, and SGD's, near 0.4.",
        feedback="Momentum multiplies its rate by ten, and Adam's first steps are as long as its rate.",
        wrong=((("SGD", "momentum"), "Momentum steps ten times as far at the same rate (lesson 02), so it wants the lower one."),
               (("momentum", "Adam"), "Adam's step is up to as long as its rate, for each weight, however small the gradient: it wants "
                                      "the lowest."))),
    "two-errors": Choice(
        {"How far single runs lie apart": "More data, less scatter, it seems. But the next run doesn't know how many came before: "
                                          "the thin bars are about equally long.",
         "How uncertain their mean is": "By the root of eight, to about a third.",
         "Both": "The mean becomes surer. The scatter of single runs is a property of the network: compare the thin bars."},
        right="How uncertain their mean is",
        out="The standard deviation stayed about the same; the standard error of the mean fell to about a third."),
    "range-test": Choice(
        {"At the best constant rate, to within a factor of 1.5": "So it is for SGD. Momentum and Adam turned at three to four times "
                                                                 "that rate.",
         "Below it": "A run that has just begun might be fragile. But each rate is used for a few updates only, too few to do much harm.",
         "Two times or more above it": "Each high rate gets a few updates only, so the harm comes late."},
        right="Two times or more above it",
        out="It turned at three to four times the best constant rate for momentum and Adam, and at about that rate for SGD."),
    "three-readings": Choice(
        {"A tenth of the turn": "The cautious and usual one. On the left slope of the valley a factor of three still costs a point "
                                "or more.",
         "A third of the turn": "For all three optimizers.",
         "The steepest fall": "It sounds best: where learning is fastest. But the loss falls fastest well before the rate is best, at a "
                               "tenth to a fifth of the turn."},
        right="A third of the turn",
        out="A third of the turn came within 2 points of the grid's best for all three optimizers. A tenth cost one to three points "
            "more, the steepest fall about one."),
    "peak-and-batch": Choice(
        {"Both do": "Momentum's exponent is 0.92 ± 0.03, Adam's 0.52 ± 0.04.",
         "Only momentum": "Its line follows the one of proportion. Adam's follows the root.",
         "Only Adam": "Its line follows the one of the root. Momentum's follows the one of proportion.",
         "Neither": "Rules derived for small rates could well fail in real training. In this range they nearly hold."},
        right="Both do",
        out="The best rate grew with the batch to the power 0.92 ± 0.03 for momentum and 0.52 ± 0.04 for Adam."),
    "valley-under-decay": Choice(
        {"They stay": "Then one could tune first and add the decay later. The minimum of the falling curve lies further right.",
         "They move up": "The average rate of a falling line is half its first, and the end is quiet anyway.",
         "They move down": "A decay is meant for rates that are too high, so one may expect it to want less. It *allows* more."},
        right="They move up",
        out="They moved up by one step of the grid, about a factor of two; the old rate costs more than a point. The best error was "
            "lower, for SGD too."),
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
        answer=27 * (1 - (26 / 27) ** 9),
        right="About 7.8 of the nine are different.",
        tolerance=0.02,
        wrong=(
            (9, "Nine draws, but with replacement: some come twice."),
            (1 - (26 / 27) ** 9, "That is the chance that a given rate is found. There are 27 of them."),
            (27 * (26 / 27) ** 9, "That many are *not* found. The rest are."),
            (8, "Rounded. Keep two digits."),
        ),
        hint="A given rate is missed by one draw with the chance 26/27, by nine with (26/27)**9. Then add up over the rates.",
    ),
    "adam-at-512": Exercise(
        answer=0.032,
        right="Sixteen times the batch, four times the rate.",
        tolerance=0.08,
        wrong=(
            (0.128, "That is in proportion: the rule of SGD and momentum. For Adam it is the root."),
            (0.002, "A larger batch has less noise, so it bears a *higher* rate."),
            (0.008, "As if the batch didn't matter. Look at the exponent of Adam above."),
        ),
        hint="The batch grows by 512/32 = 16. By which power of that does Adam's best rate grow?",
    ),
    "rate-under-label-noise": Exercise(
        answer=lambda quotient: 0.35 < float(quotient) < 0.8,
        right="About a half: more noise in the gradient, so the compromise between travelling and shaking moves down.",
        wrong=(
            (lambda quotient: 1.25 < float(quotient) < 3, "The other way round: the noisy task's best rate over the clean one's."),
            (lambda quotient: 0.8 <= float(quotient) <= 1.25, "As if nothing had changed. Did it train with label_noise=0.2?"),
            (lambda quotient: 0 < float(quotient) < 0.1, "That looks like a rate. Divide it by that of clean labels."),
        ),
        hint="sweep(noisy, Momentum(0.9), [constant(rate) for rate in grids['momentum'][1]], ...), then bottom(rates, mean errors), "
             "divided by np.mean(peaks('momentum')).",
    ),
}
