from lrcourse.lessons.exercises import Exercise

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
