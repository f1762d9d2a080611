from lrcourse.lessons.exercises import Exercise
from lrcourse.schedules import linear_decay, warmup

FIGURES = {
    "adam-peaks": (
        "Decay wants a higher rate, under Adam too",
        "Validation error against peak rate for momentum and Adam, constant and linear decay. Both constant curves are lowest "
        "at low rates and rise steeply. Both linear curves lie above them at the lowest rate, cross, and are lowest at rates "
        "about four times as high.",
    ),
    "adam-gain": (
        "With its rate tuned again, decay saves more",
        "What linear decay saves over the best constant rate, with two standard errors. Momentum: about one point at the same "
        "rate, three points tuned again. Adam: a loss of about one point at the same rate, a gain of nearly two points tuned "
        "again.",
    ),
}

EXERCISES = {
    "start-plan": Exercise(
        answer=warmup(linear_decay(0.3, total=57), length=3),
        right="3 epochs up and 57 down make 60.",
        wrong=(
            (warmup(linear_decay(0.3, total=60), length=3),
             "That line is at zero at epoch 63: inside warmup it begins at epoch 3, on its own clock."),
            (linear_decay(0.3, total=60), "That has no warm-up. Wrap it in warmup(..., length=3)."),
            (linear_decay(0.3, total=57), "That has no warm-up, and is at zero at epoch 57. Wrap it in warmup(..., length=3)."),
            (warmup(linear_decay(0.3, total=57), length=5), "The warm-up should take 3 epochs."),
        ),
        hint="warmup(linear_decay(0.3, total=...), length=...): the two lengths together are 60.",
    ),
    "open-end": Exercise(
        answer="wsd",
        right="Its stable phase does not depend on where the run ends.",
        wrong=(
            ("linear", "Its formula needs T. Planned for 50 it is at zero when you want to go on; planned for 200 it is too high at 50."),
            ("cosine", "Its formula needs T, and lesson 08 measured what a wrong one costs."),
            ("step", "Its milestones are the end in disguise: where would you put the last drop?"),
        ),
        hint="Which of the four can run on at its peak until you say that it's time to come down?",
    ),
    "adam-worse": Exercise(
        answer="raise the rate",
        right="Under decay a run has only half the travel at the same peak, so the best peak is higher.",
        wrong=(
            ("drop the decay",
             "That is what most people do, and why Adam is said to need none. Look at the picture: where is the line's best rate?"),
            ("lower the rate", "The run was still on its way when it ended. A lower rate leaves it even further back."),
        ),
        hint='One of "drop the decay", "raise the rate", "lower the rate". Was the run too noisy, or not there yet?',
    ),
}
