from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number
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
        "rate, a little over two points tuned again. Adam: a loss of about one point at the same rate, a gain of nearly two points tuned "
        "again.",
    ),
}

PREDICTIONS = {
    "adam-gain": Choice(
        {"Both, for both optimizers": "Decay helps, so one more of it helps? At the rate that was best without it a run has only half its "
             "travel left. Under Adam the first of the two rows lies left of zero.",
         "Both for momentum, neither for Adam": "The old saying. Look at the last row: tuned again, Adam gains well over a point.",
         "The second for both; the first helps less, or hurts": "The rate that is best without decay is too low with it."},
        right="The second for both; the first helps less, or hurts",
        out="Tuned again, decay saves 2.2 points under momentum and 1.7 under Adam (each ± 0.2). At the old rate it saves 0.8, and "
            "under Adam it costs about one.",
    ),
    "half-the-epochs": Choice(
        {"The constant rate over 20 epochs": "Twice the updates ought to count. But past the first epochs most of them are "
            "spent at the noise floor.",
         "About level": "Decay is worth about a factor of two in epochs here, if the peak is tuned for the short run.",
         "The decayed run, clearly": "It would be with 15 epochs. With 10 it has to do all its travelling in five or six."},
        right="About level",
        out="Level or a little better for momentum, of errors of about 6 percent; for Adam level only "
            "if the peak is tuned again for the short run.",
        shown=(),
    ),
    "what-carries-over": Number(
        right=(3.5, 4.5), low=0, high=6, whole=True, unit="of six",
        out="Four. Half the best peak, dear on the digits, cost little there; zero was better than a tenth by 0.028, more "
            "than twenty times the noise.",
        feedback=((0, 2, "The digits are small, but the first four effects are large: what comes from noise in the gradient comes in every "
                         "network that has noise left at the end."),
                  (3, 3, "One more held: all but the last two."),
                  (5, 6, "The large effects held. But half the best peak was cheap there, and the last tenth of the rate mattered: these "
                  "two turned round.")),
        shown=(),
    ),
    "price-of-no-end": Choice(
        {"A good part of what decay brings": "WSD looks bad for most of the run, and that is what one remembers. Its cooldown "
            "brings nearly all of it.",
         "Next to nothing": "With a cooldown of half the run or so, WSD ends where linear ends.",
         "Nothing in loss, but twice the compute": "Only if you branch many times. One cooldown is part of the run, not on top of it."},
        right="Next to nothing",
        out="On the digits level or ahead; at 124 million weights 0.002 ahead of linear, within the noise.",
        shown=(),
    ),
}

EXERCISES = {
    "your-choice": Exercise(
        answer=lambda percent: 8.2 < percent < 11,
        right="As good as the recipe of this page. Is your reason one that you could have written before the trials?",
        wrong=(
            (lambda percent: 11 <= percent < 40, "There is more to be had: is the peak chosen with the decay in place, and is "
                "the rate at zero at epoch 12?"),
            (lambda share: 0.082 < share < 0.11, "Right as a share. In percent, multiply by 100."),
            (lambda percent: 1 < percent <= 8.2, "That is better than anything we found. Is it the test half, after 12 "
                "epochs, the mean of eight seeds?"),
        ),
        hint="Try four peaks a factor of two apart under linear_decay(peak, total=12) on the validation half, then report the "
            "best on the test half.",
    ),
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
