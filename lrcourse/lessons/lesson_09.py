from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number

FIGURES = {
    "three-ways-to-zero": (
        "Three ways to be at zero after 30 epochs",
        "Rate against epoch for the straight line, the half cosine and REX, from 0.2 to zero at epoch 30. REX lies above "
        "the line throughout and bends down towards the end.",
    ),
    "wsd-and-linear": (
        "WSD is behind for most of the run and level at the end",
        "Test error of WSD and linear decay over 30 epochs and the rates used. WSD's error falls slowly, to six percent "
        "at epoch 24, where the linear run has four. In WSD's cooldown it falls to the same level.",
    ),
    "length-or-shape": (
        "Too short costs; the shapes are hard to tell apart",
        "Difference in test error to a linear cooldown of six epochs. The three shapes lie near zero. One epoch is more "
        "than a point worse, three epochs a little worse, fifteen a little better.",
    ),
    "three-branches": (
        "Three branches of one run match three runs",
        "Test error against budget. The stable run, where the cooldowns leave it, falls from ten to six percent. Its branches "
        "reach six, four and three percent at 10, 20 and 40 epochs, as do three separate cosines.",
    ),
    "unknown-end": (
        "Of the cooldowns placed blindly, an early one is the best bet",
        "Mean test error over all ends from epoch 10 to 40, against the epoch at which a cooldown of six epochs begins. It is "
        "lowest near epoch 12, about a point higher at 4 and at 26. A flat line one point below the lowest: told six epochs before.",
    ),
    "tail-average": (
        "The mean of ten does what a cooldown does",
        "Test error. The last ten networks of the constant run, one by one: six and a half percent. The one with their mean "
        "weights, the moving average, a cooldown and a straight line from the start: all between three and four.",
    ),
    "averaging": (
        "Averaging does the work of a decay, at every epoch",
        "Error over 30 epochs and the rates used. Schedule-free SGD falls fastest and is near three percent from epoch 20 "
        "on. Linear decay reaches the same level at epoch 30. The constant rate stays near six percent.",
    ),
    "pyramid": (
        "On a pyramid only the schedule can shorten the step",
        "Height above the tip against update, logarithmic. The constant rate arrives last and stays near 0.01, the "
        "inverse root a little below. The straight line arrives first, and in the last updates falls below a thousandth.",
    ),
    "weight-of-noise": (
        "The straight line spreads the noise evenly",
        "The term of each step in the bound, logarithmic. For the constant rate it rises steeply over the last steps; for "
        "the cosine it is highest in the middle; for the straight line it is flat.",
    ),
}

PREDICTIONS = {
    "wsd-and-linear": Choice(
        {"Level at 24 and level at 30":
             "Same network, same peak, so why not? But at epoch 24 their rates differ by a factor of five, and so do the noise floors.",
         "Behind at 24, level at 30":
             "Yes. Six epochs bring out what the 24 before had done.",
         "Behind at 24, and still behind at 30":
             "Six epochs look short for more than a point. But the fall in the figure is steep: it isn't learning from nothing, it "
             "is noise going away.",
         "Ahead at 24: its rate was higher all along":
             "It has travelled further, that is right. The error shows the bank of the river, though, not how far down it is."},
        right="Behind at 24, level at 30",
        out="About 2 points behind before the cooldown, level within half a point after it.",
    ),
    "length-or-shape": Choice(
        {"The length":
             "Yes, at its short end: from one epoch to six it is more than a point. From six to fifteen it is as little as from shape "
             "to shape.",
         "The shape":
             "Papers compare shapes with care. In the figure the three lie within a third of a point.",
         "Neither: any way to zero will do":
             "For the shapes that is nearly so, and for lengths from 6 to 15. One epoch of cooldown, though, is clearly too short."},
        right="The length",
        out="One epoch instead of six costs 1.6 ± 0.1 points; fifteen gain 0.3, and the shapes are within 0.3 of linear (48 seeds).",
    ),
    "three-branches": Choice(
        {"Worse by a point or more: they share one trunk with one peak":
             "A fair worry: each cosine has its own run. But what a branch needs, travel and then a cooldown, it has had.",
         "As good, within half a point":
             "Yes, for 49 epochs in place of 70.",
         "Better: the trunk has trained for longer than the budget":
             "It hasn't: each branch stops at its budget, trunk included. Before the cooldown the trunk is far above."},
        right="As good, within half a point",
        out="Within half a point: 0.2, 0.2 and 0.1 points behind at 10, 20 and 40 epochs, each ± 0.1 (96 seeds).",
    ),
    "unknown-end": Choice(
        {"Near epoch 4, to be ready for the earliest end":
             "It is ready for all of them, and has seen too little: later ends find a run that has stood still since epoch 10.",
         "Near epoch 12":
             "Yes. Earlier, and the run has travelled too little; later, and more of the ends meet the noise of the high rate.",
         "Near epoch 25, the middle of the ends":
             "It is fair to the ends. But half of them come before it and meet the noise, and noise costs more than lost travel.",
         "Near epoch 34, to travel as far as possible":
             "Then nearly all ends come before the cooldown is over."},
        right="Near epoch 12",
        out="Lowest near 12, about 5 %; told six epochs before, it is about 4 %.",
    ),
    "tail-average": Choice(
        {"About the mean of their errors":
             "That would be so for the mean of their errors. This is the error of the mean: one network, at a place where none of "
             "the ten has been.",
         "Higher: a mean of networks is no network":
             "For ten networks trained from different starts you would be right. These ten are neighbours on one path.",
         "Lower by a little, less than a tenth":
             "The right direction. But what the ten have wrong is mostly noise, and noise averages out.",
         "Lower by a lot, by a third or more":
             "Yes: near what a cooldown reaches."},
        right="Lower by a lot, by a third or more",
        out="The ten have 6.5 % wrong on average, the network of their mean weights 3.3 %, as after a cooldown of the same run.",
    ),
    "averaging": Choice(
        {"Schedule-free at 15, level at 30":
             "Yes: the average is ready at any epoch.",
         "Schedule-free at 15, linear at 30":
             "It would be natural, since the line was made for epoch 30. There the two curves meet.",
         "Linear at both":
             "At epoch 15 the line is still at half of its peak rate, and its noise with it.",
         "Schedule-free at both":
             "At 15 by more than a point. At 30 the two curves have met."},
        right="Schedule-free at 15, level at 30",
        out="More than 1 point ahead at epoch 15, level within half a point at 30.",
    ),
    "pyramid": Number(
        right=(20, 200), low=1, high=1000, log=True, unit="times",
        out="Some 60 times with rates on a fine grid; more than 20 on this one.",
        feedback=(
            (1, 3, "That is what decay gains on the digits, where the gradient shrinks by itself. Here it doesn't."),
            (3, 20, "Enough for many networks. Here the last steps of the line are a hundred times shorter than the best constant one."),
            (200, 1000, "It could be, if the run were longer: the gain grows with its length."),
        ),
    ),
}

EXERCISES = {
    "branch-cost": Exercise(
        answer=460,
        right="320 for the trunk, and 20 + 40 + 80 for the cooldowns.",
        wrong=(
            (700, "That is three separate runs. The trunk is shared."),
            (540, "The trunk can stop where the longest cooldown begins, at epoch 320."),
            (320, "That is the trunk. The three cooldowns come on top."),
            (140, "Those are the cooldowns. They branch off a trunk, which has to be trained too."),
            (400, "That is the longest run alone: its trunk and its cooldown. The two other cooldowns are missing."),
        ),
        hint="The trunk runs to the start of the longest cooldown. Add the three cooldowns.",
    ),
    "schedule-free-beta": Exercise(
        answer=lambda beta: beta == 0,
        right="There the gradient is taken at z alone, and a rate of 4 is too high for plain SGD: the average is one of broken weights.",
        wrong=(
            (0.98, "That is the slow one: the gradient is taken at the average, which hardly moves. Another is far worse."),
            (0.9, "That is the default, and at the rate 4 it is among the best. Compare the errors of the last epoch."),
            (0.5, "It copes, a little worse than 0.9. Which value leaves z without the calm point?"),
        ),
        hint="Train the four with warmup(constant(4.0), length=2) for 30 epochs and compare test_error[:, -1].mean().",
    ),
    "line-leaves": Exercise(
        answer=2.1,
        right="2j/(j - 1), and 2 for large j: each step leaves the same, but for the last few.",
        wrong=(
            (2.0, "That is where it goes for large j. At j = 21 it is a little more."),
            (441 / 231, "The step itself is not among those to come: the sum ends at j - 1."),
            (21 / 20, "The sum of 1 to j - 1 is j (j - 1)/2. Mind the half."),
        ),
        hint="1 + 2 + ... + (j - 1) = j (j - 1)/2. Divide j² by it and put in 21.",
    ),
}
