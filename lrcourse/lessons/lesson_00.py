from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice

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

PREDICTIONS = {
    "with-and-without-decay": Choice(
        {"The constant rate": "It took longer steps, so it might have learned more. But long steps also overshoot, to the very end: "
             "its curve wanders at about ten percent and gets no lower.",
         "The falling rate": "In the first epochs the two are about level. As the steps get shorter, the error goes on falling.",
         "No difference that you could see": "In the first epochs you would be right. Look at the last ones: the bands no "
             "longer touch."},
        right="The falling rate",
        out="At a constant rate about ten percent of the digits are read wrongly at the end, with the falling rate about four: fewer from "
            "each of the eight starts.",
    ),
    "lower-constant": Choice(
        {"It goes down, too": "A lower rate ends lower here. But at the beginning it is slower: the curve comes down later.",
         "It stays the same": "The first step starts from the same place, but every step is shorter, so the curve comes down more slowly.",
         "It falls more slowly": "What is won at the end is paid for at the beginning."},
        right="It falls more slowly",
        out="At 0.3 the constant rate ends lower than at 0.5, and takes longer to get there.",
        shown=(),
    ),
}

EXERCISES = {
    "half-the-time": Exercise(
        answer=lambda percent: 5.5 < percent < 7.6,
        right="In half the epochs, and still better than the constant rate at the end of all of them.",
        wrong=(
            (lambda share: 0.055 < share < 0.076, "Right as a share. As a percentage, multiply by 100."),
            (lambda percent: 7.6 <= percent < 12, "That looks like the constant rate, or like a line that isn't at zero yet: "
                "total=10, epochs=10."),
            (lambda percent: 3 < percent <= 5.5, "That looks like the run over 20 epochs. Here both the schedule and the run have 10."),
        ),
        hint="train(problem, Momentum(0.9), linear_decay(0.2, total=10), epochs=10, seeds=range(8)), then its test_error[:, -3:].",
    ),
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
        answer=0.2 / 400,
        right="The end value, 0, would come one update later.",
        wrong=(
            (0.0, "The rate is 0 at t = 8. The last update comes one step before that."),
            (0.025, "That is the rate at t = 7, where the last epoch begins. Inside an epoch time goes on."),
            (0.2, "That is the first one."),
            (0.2 / 50, "That is one epoch's share of 50 updates. The whole run has 400 updates."),
        ),
        hint="The last of 400 updates happens at t = 399/50. Put that into 0.2 · (1 - t/8), or call the schedule.",
    ),
}
