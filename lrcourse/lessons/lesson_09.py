from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "three-ways-to-zero": (
        "Three ways to be at zero after 30 epochs",
        "Rate against epoch for the straight line, the half cosine and REX, all from 0.2 to zero at epoch 30. REX lies above "
        "the line throughout and bends down towards the end.",
    ),
    "three-shapes": (
        "Linear, cosine and REX come out level",
        "Test error of linear, cosine and REX with two standard errors to each side: all near three percent, the bars overlap.",
    ),
    "cone": (
        "On a cone only the schedule can shorten the step",
        "Height above the tip against update, logarithmic, twenty runs each. The constant rate arrives last and stays on a "
        "floor near 0.01, the inverse root a little below it. The straight line arrives first, sinks slowly, and in the last "
        "updates falls below a thousandth.",
    ),
    "weight-of-noise": (
        "The straight line spreads the noise evenly",
        "The term of each step in the bound against the step, logarithmic. For the constant rate it rises steeply over the "
        "last steps. For the cosine it is highest in the middle and falls towards the end. For the straight line it is flat.",
    ),
    "wsd-and-linear": (
        "WSD is behind for most of the run and level at the end",
        "Test error of WSD and of linear decay over 30 epochs and the rates used. From epoch ten to 24 WSD's error stays near "
        "seven percent while the linear run falls to four. In WSD's six cooldown epochs it falls to the same level.",
    ),
    "bound-in-the-cooldown": (
        "The bound foresees the fall in the cooldown",
        "The convergence bound against epoch for WSD and linear decay at the same peak. WSD's bound flattens out above the "
        "line's until epoch 24, then drops steeply and ends at the same height.",
    ),
    "cooldown-length": (
        "Too short costs; the shapes are hard to tell apart",
        "Difference in test error to a linear cooldown of six epochs, with two standard errors. The three shapes lie near "
        "zero. One epoch of cooldown is more than a point worse, three epochs a little worse, fifteen epochs a little better.",
    ),
    "three-branches": (
        "Three branches of one run match three runs",
        "Test error against budget. The stable run alone stays near ten percent. Its branches, cooled down, reach six, four "
        "and three percent at 10, 20 and 40 epochs, as do three separate cosines.",
    ),
    "averaging": (
        "Averaging does the work of a decay, at every epoch",
        "Error on the held-out half over 30 epochs and the rates used. Schedule-free SGD, at a constant rate after its "
        "warm-up, falls fastest and is near three percent from epoch 20 on. Linear decay reaches the same level at epoch 30. "
        "The constant rate stays near six percent.",
    ),
}

EXERCISES = {
    "wsd-rate": Exercise(
        answer=0.1,
        right="The cooldown runs from epoch 30 to 40, and at 35 it is half done.",
        wrong=(
            (0.2, "The stable phase ends at total - decay = 30. At 35 the cooldown has begun."),
            (0.025, "That is linear decay over all 40 epochs. WSD comes down over the last 10 only."),
            (0.05, "At epoch 35 half of the 10 cooldown epochs are over, not three quarters."),
            (0.0, "It reaches 0 at t = 40."),
        ),
        hint="When does the cooldown begin? Which part of it is over at t = 35?",
    ),
    "rex-half": Exercise(
        answer=20,
        right="z = 2/3: later than the line and the cosine, which are there at 15.",
        wrong=(
            (15, "That is where the line and the cosine are. REX lies above them: there it still has two thirds."),
            (2 / 3, "That is the fraction of the run. Which epoch is it?"),
            (10, "At epoch 10 REX still has 0.8 of its peak."),
            (30, "At T it is zero."),
        ),
        hint="Solve (1 - z)/(1 - z/2) = 1/2 for z = t/T, and multiply by 30.",
    ),
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
}
