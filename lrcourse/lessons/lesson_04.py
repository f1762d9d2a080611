from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice

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
        "Test error over 15 more epochs. As before: it wanders between five and six and a half percent. A tenth of the rate, and a "
        "batch ten times as large: both fall within a few epochs to about four percent, and stay together.",
    ),
    "rates-without-decay": (
        "Without decay, rates from 0.025 to 0.1 look alike",
        "Validation error against a constant learning rate: level from 0.025 to 0.1, a little higher at 0.0125, rising steeply above 0.1.",
    ),
    "rates-with-cuts": (
        "Decay pays at rates that look too high without it",
        "Validation error against the first learning rate. The constant curve is level from 0.025 to 0.1. The curve with two "
        "cuts lies above it or level at the smallest rates and well below it from 0.1 on, with its minimum near 0.1 and 0.2.",
    ),
    "clean-digits": (
        "With nothing left to average out, decay changes nothing",
        "Test error over 40 epochs for a network that fits every training image: the curves with and without cuts lie on top "
        "of each other.",
    ),
}

PREDICTIONS = {
    "cut": Choice(
        {
            "It stays where it is: the network has learned what it can":
                "Nothing had moved for twenty epochs, and a network with nothing left to learn looks just like that. The epochs "
                "right after the cut speak against it: no new images came, only the steps got shorter, and the error drops.",
            "It falls slowly, because every step is now a tenth as long":
                "A shorter step covers less ground, and that would matter if there were far to go. But the curve is down within a "
                "few epochs. It can't have been far; the long steps jumped over it again and again.",
            "It falls at once":
                "It does. Stay surprised for a moment: the steps got shorter, and progress got faster. The next section asks why.",
        },
        right="It falls at once",
        out="Within a few epochs the error of the middle run fell to about a quarter of what it was, and at least 15 of the 16 runs "
            "lost more than half of it. The second cut halved it again. The constant rate stayed where it was.",
    ),
    "two-walks": Choice(
        {
            "Both rest at the minimum; the decayed one took longer":
                "Without noise it would be so: the gradient fades, and the steps with it. Look at the blue path near the minimum. "
                "Its steps don't fade, because there each gradient is mostly noise.",
            "The constant one is at the minimum, the decayed one still on its way":
                "That is the usual worry about decay, and a rate that falls too fast can make it true: lesson 06 asks when. Here the "
                "green path has arrived: it covered most of the way at the start, while its rate was still high.",
            "The constant one wanders around the minimum, the decayed one ends closer to it":
                "Both meet the same noise at every update. The rate decides how long a step it is turned into.",
            "The constant one has left the valley, the decayed one is at the minimum":
                "Too high a rate does that. But here the limit for the steep direction is 2/4, and 0.15 is far below it: the blue "
                "path stays near the minimum, and never settles.",
        },
        right="The constant one wanders around the minimum, the decayed one ends closer to it",
        out="Both reach the minimum. The constant rate keeps jumping around it: in the last fifty updates of two hundred runs its "
            "loss was on average about seven times that of the decayed one.",
    ),
    "larger-batch": Choice(
        {
            "It goes on as before: a larger batch only makes each update dearer":
                "So it would be if the network were stuck at a place. Averaging ten times as many images takes noise out of each "
                "gradient, and the error falls.",
            "It falls, but less than with a tenth of the rate":
                "Why should two handles that have nothing to do with each other pull equally hard? Because the floor holds their "
                "product. The third curve lies on the second one, up to what twelve runs can tell apart.",
            "It falls as it does with a tenth of the rate":
                "The floor is the rate times the variance of the gradient, up to a factor, and one of the two was divided by ten.",
            "It falls further than with a tenth of the rate":
                "It still takes the long steps, but only a tenth as many in an epoch: it travels as far as the small rate does, with "
                "the same noise, and the third curve lies on the second one.",
        },
        right="It falls as it does with a tenth of the rate",
        out="Both fall within a few epochs, by more than 1.2 percentage points on average, and together: what is left between them "
            "is at most a third of that.",
    ),
    "rates-with-cuts": Choice(
        {
            "At the rate that was tuned: it is the best one":
                "Lowest without cuts means: low enough to keep the floor down by itself. So there is little floor left that a cut "
                "could take away. See how close the two curves are at 0.025.",
            "Everywhere about as much":
                "Each rate is divided by ten, so why not? Because a cut takes away the noise floor, and that rises with the rate. "
                "The gap between the curves opens from left to right.",
            "At lower rates: they are closest to the minimum":
                "They have the lowest floor, but they travel slowly and have the longest way to go. Cut them, and they arrive even "
                "later: at the left end the curve with cuts lies above the other.",
            "At higher rates, which look too high without cuts":
                "There the floor is high and the way is soon covered, which is just what a cut late in the run can use.",
        },
        right="At higher rates, which look too high without cuts",
        out="At the rate that was lowest without cuts they change little. At 0.0125 they hurt; from 0.1 on they help the more, the higher "
            "the rate, and the lowest point moves to a rate at least twice as high.",
    ),
    "clean-digits": Choice(
        {
            "Far: the cut run ends at a fraction of the error, as in the first experiment":
                "There the images were shifted at random each time, and no network could fit all of them, so their gradients went "
                "on disagreeing. Here they all agree at the end. The lower panel shows the same cuts, the upper one nothing.",
            "A little: the cut run ends somewhat lower":
                "A shorter step seems never to hurt at the end. But it helps only against noise, and there is hardly any left here: "
                "the curve with the cuts is not on the better side.",
            "They end together":
                "Where every single gradient has faded, a step is short by itself, at any rate.",
            "A little: the cut run ends higher, because it stops learning early":
                "A cut that comes before the network has arrived does that. Here both had nearly arrived at epoch 15: what lies "
                "between them is far below 0.3 points.",
        },
        right="They end together",
        out="They end together, within less than 0.3 percentage points, two standard errors included. All training images, but "
            "for one at most, are read correctly without any cut.",
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
        answer=0.2 / 3.9,
        tolerance=0.01,
        right="A little more than half the rate: the floor rises faster than in proportion.",
        wrong=(
            (0.05, "Half the rate, half the floor holds for small rates and is 2.5 % off here. Solve for α, exactly."),
            (0.2, "That doubles the floor: it rises with the rate."),
            (0.025, "A quarter of the rate leaves about a quarter of the floor."),
            (0.0132, "That is the floor you want. Which rate has it?"),
        ),
        hint="Set α/(2(2 - α)) to half of its value at 0.1 and solve for α.",
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
    "momentum-floor": Exercise(
        answer=0.0955,
        tolerance=0.09,
        figures=1,
        right="Ten times the rate: with momentum 0.9 each gradient acts with ten times its weight.",
        wrong=(
            (0.01, "So it would be if momentum added nothing. Measure its floor: it is far above that of SGD at 0.01."),
            (0.025, "That is the floor that you measured. Which rate of SGD has it?"),
            (0.001, "The other way round: momentum makes the floor higher, so SGD needs a higher rate for the same one."),
        ),
        hint="Measure it, then solve floor = α/(2(2 - α)) for α, as in the exercise before.",
    ),
}
