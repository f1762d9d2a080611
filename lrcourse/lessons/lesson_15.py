from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number

FIGURES = {
    "knowing-the-end": (
        "Who knows the end does better, the more the longer",
        "Expected loss at the end against the length of the run, both logarithmic. All three fall. Constant is highest, 1/t "
        "below it, linear to zero lowest, and the gaps widen from left to right.",
    ),
    "best-shape": (
        "A straight line comes out, and once a warm-up",
        "Two schedules found by going downhill on the bound. With even gradients it lies on linear decay. With longer "
        "gradients at first it rises for some fifty updates, and then falls in a straight line.",
    ),
    "hard-and-easy": (
        "What is hard for a short run is easy for a long one",
        "Final loss of WSD relative to that of the squared decay, against s, for runs of 400, 1600 and 6400 updates. Each curve "
        "rises from well below 1 on the left, hard, to above 1.3 on the right, easy; the longer the run, the further left it "
        "crosses 1.",
    ),
    "forecasts": (
        "Points from two other runs, lines from the real ones",
        "Training loss over 20 epochs under momentum for cosine restarts and WSD with a cooldown of 20 %, measured as lines "
        "with bands, and the forecasts as points. The points follow the lines through restart and cooldown, too low before "
        "the restart and too high after it.",
    ),
    "forecast-errors": (
        "In about the right order, in too narrow a range",
        "Forecast against measured final training loss of the twelve unseen shapes at their best peaks, for SGD, momentum and "
        "Adam. The points rise together, but less steeply than the diagonal: the best shapes lie above it, the worst below.",
    ),
    "model-choice": (
        "What the model would do",
        "Learning rate over 20 epochs of the designed schedule beside WSD and linear decay: it keeps to the highest rate for "
        "a while, falls more slowly than linear decay, and cools down quickly at the end.",
    ),
}

PREDICTIONS = {
    "knowing-the-end": Choice(
        {"It grows": "The longer the run, the more there is to know about its end.",
         "It shrinks: 1/t is right in the long run": "That is what Robbins and Monro promise, for runs without end: both go to zero. "
             "But the ratio of the two lines grows from left to right.",
         "It stays the same": "On logarithmic axes that would be parallel lines. These open like scissors."},
        right="It grows",
        out="Below 10 % at 50 updates, above 20 % at 3200, and larger at every step between.",
    ),
    "best-shape": Choice(
        {"A warm-up, and then the straight line": "A step along a long gradient costs more, so the rate waits until they are shorter.",
         "A higher rate at first, to use the long gradients": "Long gradients do carry further. But their cost grows with the square, "
             "and the bound weighs both.",
         "The same straight line, at a lower scale": "That would be the answer if all gradients were longer. Here only the first are, "
             "and the curve dips only there."},
        right="A warm-up, and then the straight line",
        out="It begins below 0.4 of the peak, rises for some fifty updates, and falls in a straight line.",
    ),
    "hard-and-easy": Choice(
        {"WSD still: a hard task stays hard": "The task has not changed, true. But a run sixteen times as long gets through most of what "
             "there was to learn, and then the noise decides.",
         "The decay that ends flat": "Hard means: much left to learn at the end of this run. A longer run leaves less.",
         "They come out level": "Somewhere between 400 and 6400 updates they do, for each s: that is where a curve crosses 1."},
        right="The decay that ends flat",
        out="The border between the two moves left with the length of the run: at 400 updates WSD wins up to s = 0.65, at 6400 up to 0.35.",
    ),
    "order-by-bound": Number(
        right=(0.4, 0.85), low=-1, high=1,
        out="About 0.6 for SGD and 0.8 for momentum; for Adam about 0.4, whose interval includes chance.",
        shown=(),
        feedback=((-1, 0.2, "It has never heard of digits, so chance is a fair guess. But the worst case and this network agree on much: "
                   "that the rate should be high first and low at the end."),
                  (0.9, 1, "Its worst case is no digits: it understates every schedule that cools down late."))),
    "forecast-errors": Choice(
        {"About a tenth of a percent": "The curves of training loss are smooth, so it looks possible. But a fixed quadratic is not a "
             "network, and two runs with other seeds differ by more than that.",
         "One or two percent": "Enough to tell a good shape from a bad one, not enough to tell two good ones apart.",
         "Five to ten percent": "At rates far from those it has seen it misses by that much and more. At the peaks that count, less.",
         "Tens of percent": "At four times the fitted rate it does, since the quadratic is unstable there. Not at the peaks that count."},
        right="One or two percent",
        out="Half of the forecasts miss by less than one or two percent, where 5 to 10 percent were to be told apart.",
    ),
    "model-choice": Choice(
        {"It wins: it is the best of all": "By its own forecast it is. But whoever picks the best of many forecasts picks "
             "one whose errors are "
             "in its favour.",
         "It ends level with them": "Near the best, the shape matters little.",
         "It loses clearly: the model is only a quadratic": "The model is crude, but the design it draws is sensible: high "
             "for long, a quick end. "
             "All three curves end within noise of each other."},
        right="It ends level with them",
        out="All three end at about 1.10; the differences are within their standard errors or little more.",
    ),
}

EXERCISES = {
    "carry-the-rate": Exercise(
        answer=1.125,
        tolerance=0.02,
        right="Linear decay bears a first rate almost three times as high as constant.",
        wrong=(
            (0.4, "The same first rate would give linear decay half the travel. The bound wants a higher one."),
            (0.8, "That gives the same sum of rates. But linear decay also leaves less noise behind, and bears even more."),
            (0.1422, "The other way round: the best scale of linear decay divided by that of constant."),
            (2.8125, "That is the ratio of the two scales. Multiply the tuned rate by it."),
        ),
        hint="best_scale(linear_decay(1.0, total=620), 620) divided by best_scale(constant(1.0), 620), times 0.4.",
    ),
    "sixteen-times": Exercise(
        answer=lambda percent: 20 < percent < 36,
        right="On the longer run WSD with so short a cooldown is behind: for 6400 updates the task is no longer hard.",
        wrong=(
            (lambda percent: -50 < percent < -20, "That is the comparison after 400 updates. Use T = 6400 for both shapes."),
            (lambda percent: 0.2 < percent < 0.36, "Right as a fraction; as a percentage, multiply by 100."),
            (lambda percent: 1.2 < percent < 1.36, "That is the ratio of the losses. By how many percent is it above 1?"),
            (lambda percent: percent < 0, "Check the order: WSD's loss divided by that of linear decay."),
        ),
        hint="end_of(wsd(1.0, total=6400, decay=640), 0.35, 6400), divided by the same for linear_decay(1.0, total=6400).",
    ),
    "cost-of-advice": Exercise(
        answer=lambda cost: 1.5 < cost < 4,
        right="That is what following the model would have cost you, beside some five percent for a constant rate.",
        wrong=(
            (lambda cost: 0.9 < cost < 1.1, "That may be a ratio. Subtract 1, and multiply by 100."),
            (lambda cost: cost < 0, "Nothing is lower than the lowest measured loss: divide by was[\"Adam\"].min()."),
        ),
        hint="said[\"Adam\"].argmin() is where the lowest forecast stands; np.unravel_index turns it into a row and a column of "
        "was[\"Adam\"].",
    ),
}
