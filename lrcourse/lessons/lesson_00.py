from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "with-and-without-decay": (
        "The same run, with and without decay",
        "Share of unseen digits read wrongly over 20 epochs, eight runs each. The constant rate wanders around ten percent. "
        "The falling rate is about level with it at first and sinks to about four percent. Below, the two rates that were "
        "used.",
    ),
    "ten-epochs": (
        "Ten epochs from a rate of {rate:.2g} to zero",
        "Test error over ten epochs of a run whose rate falls from {rate:.2g} to zero, and below it that rate.",
    ),
}

EXERCISES = {
    "time-of-update": Exercise(
        answer=2.5,
        right="Counted from 0 the 126th is update 125, and 125/50 = 2.5.",
        wrong=(
            (2.52, "Almost: updates are counted from 0, so the first has k = 0 and the 126th has k = 125."),
            (125, "That is the number of the update. Time is counted in epochs of 50 updates."),
            (126, "That counts updates, and from 1. Time is counted in epochs of 50 updates."),
            (3, "Time is a real number: inside the third epoch it runs from 2 to 3."),
            (2, "Time is a real number: the third epoch begins at 2, and this update is in the middle of it."),
        ),
        hint="Which k has the 126th update if the first has k = 0? Then t = k/50.",
    ),
    "last-rate": Exercise(
        answer=0.3 / 310,
        right="The end value, 0, would come one update later.",
        wrong=(
            (0.0, "The rate is 0 at t = 10. The last update comes one step before that."),
            (0.03, "That is the rate at t = 9, where the last epoch begins. Inside an epoch time goes on."),
            (0.3, "That is the first one."),
            (0.3 / 31, "That is one epoch's share of 31 updates. The whole run has 310 updates."),
        ),
        hint="The last of 310 updates happens at t = 309/31. Put that into 0.3 · (1 - t/10), or call the schedule.",
    ),
}
