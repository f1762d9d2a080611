from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number

FIGURES = {
    "equal-factors": (
        "Equal factors make a straight line",
        "Learning rate against epoch on a logarithmic axis: four straight lines, the steeper the smaller gamma; with 0.95 the "
        "line reaches a tenth at epoch 45. One over t falls steeply first and then flattens, and crosses two of the lines.",
    ),
    "gamma-per-update": (
        "Per update, the run is over after two epochs",
        "Test error over 20 epochs. 0.95 per epoch, smooth or as stairs: falls to about six percent, both alike. 0.95 per "
        "update: stops at more than a fifth after two epochs and stays there exactly. Below, the rates: the last falls "
        "straight down and out of use.",
    ),
    "stuck-at-epoch": (
        "The decayed run gets stuck at epoch 5 of the other",
        "Test error over 40 epochs. The constant rate falls quickly and goes on falling slowly, to about nine percent. The "
        "decayed run falls less and less and stays at about a fifth from epoch 15 on; the constant run passes that height at "
        "epoch 5.",
    ),
    "how-far-left": (
        "One is stuck at 0.36, the other keeps going",
        "Distance from the minimum against update, both logarithmic. Exponential: falls to 0.36 within a hundred updates and "
        "is flat from there. One over t: keeps falling in a straight line, to two thousandths.",
    ),
    "gamma-slider": (
        "γ = {gamma:.2f}: the rates sum to {road:.1f}, {left:.2f} is left",
        "Distance from the minimum over 300 updates, for γ = {gamma:.2f} and for the constant rate: {left:.2f} of it is left at the end.",
    ),
    "what-is-left": (
        "Both budgets want to end at about a fifth",
        "Test error against the ratio of last to first rate, for 10 and 30 epochs: both curves are lowest at 0.2, and rise to "
        "both sides; the one of 30 epochs lies far lower.",
    ),
}

PREDICTIONS = {
    "equal-factors": Number(
        right=44.9, low=5, high=300, log=True, unit="epochs", within=0.12,
        feedback=((5, 17, "Each epoch takes only 5 percent away, and of ever less."),
                  (17, 20, "90 percent have to go and 5 go at a time: that would be 18. But the 5 percent are taken of what is left, "
                           "and after 18 epochs that is still 40 percent of the first rate."),
                  (20, 40, "You saw that it slows down. Take logarithms: ln 0.1 / ln 0.95."),
                  (40, 51, "ln 0.1 / ln 0.95."),
                  (51, 85, "It loses more than that: a half goes in 13.5 epochs, and a tenth is a bit more than three halvings."),
                  (85, 95, "That is when a hundredth is left: a tenth of a tenth."),
                  (95, 300, "A half goes in 13.5 epochs, and a tenth is a bit more than three halvings.")),
        out="After 44.9 epochs. In the figure the line of 0.95 reaches a tenth of its start at the right edge.",
    ),
    "gamma-per-update": Choice(
        {
            "It falls more slowly, and needs more epochs":
                "So it was with 1/t, whose tail is long. Here the tail is not long but gone: less than 1 percent of "
                "the rate is left after three "
                "epochs, and each further epoch takes four fifths of the rest. The curve is flat.",
            "It stops within a few epochs, flat and quiet":
                "No rate, no step, and so not even a wobble.",
            "It stops falling and wobbles at a constant height":
                "That is a noise floor, which comes from too much rate. Look at the curve: no wobble at all, since there is no rate "
                "that could turn noise into a step.",
            "Hardly a difference: momentum carries it on":
                "Momentum remembers about ten updates, which is a third of an epoch.",
        },
        right="It stops within a few epochs, flat and quiet",
        out="It stops after two or three epochs, and nothing moves any more. The error stays at more than a fifth.",
    ),
    "stuck-at-epoch": Choice(
        {
            "At the same error, only later":
                "Later is what smaller steps usually mean. But these become smaller so fast that all to come are worth no more "
                "than 5 epochs at the first rate. The curve is flat for more than half of the figure.",
            "Lower, since it has less noise":
                "Less noise it has; look how smooth it is. But it pays only for a run that has arrived, and at 0.005 this network "
                "is far from there after 5 epochs.",
            "Where the constant one is after about 5 epochs":
                "The road of all its epochs is 1/(1 - 0.8) = 5 epochs long, and it gets about as far as that.",
        },
        right="Where the constant one is after about 5 epochs",
        out="Where the constant run is after about 5 epochs, at about a fifth, and it never gets lower.",
    ),
    "how-far-left": Choice(
        {
            "About equally near: both fall by 5 percent at first":
                "They begin alike. But the exponential loses 5 percent of the rate each time, and 1/t ever less. Only one of the two "
                "curves is still falling at the right edge.",
            "1/t, by a factor of more than a hundred":
                "0.002 against 0.363. One sum of rates ends and the other doesn't.",
            "1/t, by a factor of two or three":
                "That is how it looks after 100 updates. But the exponential has used up its road by then, and 1/t goes on.",
            "The exponential: its rates are higher at the start":
                "For a few updates they are. But 0.95 to the power of 45 is a tenth, where 1/t still has three tenths.",
        },
        right="1/t, by a factor of more than a hundred",
        out="1/t, at 0.002. The exponential has stood at 0.363 since update 1000, and always will.",
    ),
    "what-is-left": Choice(
        {
            "The best γ: 0.95, or whatever it is, suits both":
                "A number that the textbooks print should do for any run. But 0.95 ends the short run at r = 0.6, to the right of the "
                "lowest point of its curve, about a point higher.",
            "The best r: both want to end at the same part of the first rate":
                "So choose r, and compute γ from the number of epochs.",
            "Neither: the short run wants more left, because it has less time":
                "It has less road, so why give any away? It takes a higher first rate instead. Both curves have their "
                "lowest point at the same r, "
                "as far as these four values can say.",
            "Neither: the long run wants more left":
                "Then γ would have to be much closer to 1 in the long run. The two curves have their lowest point at the same r.",
        },
        right="The best r: both want to end at the same part of the first rate",
        out="r = 0.2 is the lowest point of both curves, and 0.03 costs only half a point or so. The γ that goes with it is 0.95 for 30 "
            "epochs and 0.85 for 10.",
    ),
    "zero-or-a-fifth": Choice(
        {
            "Yes: the line to zero ends higher than both others":
                "In the last figure everything below a fifth cost something. But there the whole run was lower, too. "
                "Look at the two lines, "
                "which differ at the end only.",
            "No: the line to zero is not worse than either":
                "Where the road is kept, ending at zero costs nothing that 48 runs could show.",
            "It depends: worse than the line to a fifth, better than the exponential":
                "A compromise between road and noise might lie at a fifth for any shape. The two lines tie within a point, though.",
        },
        right="No: the line to zero is not worse than either",
        out="The two lines tie within a point, and the exponential to a fifth does not beat them. The exponential to "
            "0.003 is worse by more "
            "than a point.",
        shown=(),
    ),
}

EXERCISES = {
    "per-update": Exercise(
        answer=0.9 ** (1 / 31),
        tolerance=2e-5,
        right="The 31st root of 0.9.",
        wrong=(
            (0.9 ** 31, "That is what is left after an epoch if you pass 0.9 and step 31 times: about 4 %."),
            (0.9, "Then 0.9 acts 31 times in every epoch, and about 4 % is left after the first."),
            (0.9 / 31, "31 factors are multiplied, not added: take the root."),
            (1 - 0.1 / 31, "Close: that is the straight line through the curve's start. Exactly, it is a root."),
        ),
        hint="31 of these factors, multiplied, have to make 0.9.",
    ),
    "three-flat-curves": Exercise(
        answer="floor done road",
        right="Noise wobbles and answers to a cut; a run without road is quiet and answers to more rate.",
        wrong=(
            ("road done floor", "The other way round: a run without road is quiet, and a cut can't help it."),
            ("floor road done", "B does not answer to the first rate again; a run without road would. C does."),
            ("floor road road", "B does not answer to the first rate again; a run without road would."),
            ("floor done done", "C falls when it gets its first rate back. So it had not finished."),
            ("done done road", "A falls when the rate is cut. So it had not finished: what kept it up?"),
        ),
        hint="Who wobbles has noise. Of the two quiet ones, one answers to more rate. Three words in one string, such as "
             '"done done done".',
    ),
    "exact-road": Exercise(
        answer=3 * (1 - 0.1 ** (1 / 39)) / (1 - 0.1 ** (40 / 39)),
        right="The sum of the forty rates, α₀ (1 - γ⁴⁰)/(1 - γ), is 3.",
        wrong=(
            (3 * (1 - 0.1 ** (1 / 39)), "That is the first rate of an endless run. This one stops after 40 updates."),
            (3 * (1 - 0.1 ** (1 / 40)) / 0.9, "Between the first of 40 rates and the last lie 39 factors, not 40."),
            (3 / 40, "That is the constant rate which gets there. Here the rates fall to a tenth."),
            (0.3, "Then the road is longer than 3. Sum the rates."),
        ),
        hint="γ is the 39th root of 0.1. Sum the forty rates: α₀ (1 - γ⁴⁰)/(1 - γ) has to be 3.",
    ),
    "five-epochs": Exercise(
        answer=0.003,
        right="It gives its road away, and in five epochs there is none to give. The other three can't be told apart.",
        wrong=(
            (0.03, "Look at the differences with their standard errors: one of the four is worse than all others by two points."),
            (0.2, "Look at the differences with their standard errors: one of the four is worse than all others by two points."),
            (0.6, "It hardly decays, but in so short a run that costs little. Look at the differences with their standard errors."),
        ),
        hint="Take five = tuned(with_left(5), 5), and print the mean of each, and the differences with their standard errors.",
    ),
}
