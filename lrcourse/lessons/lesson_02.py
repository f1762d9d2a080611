from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number

FIGURES = {
    "which-memory": (
        "Each ravine has a memory of its own",
        "Loss at the best rate against beta, logarithmic, in the short and the long ravine. Momentum falls to a sharp minimum, "
        "near beta 0.4 in the short one, near 0.8 in the long one, and rises on both sides. Nesterov has its minimum at a "
        "higher beta. At 0.9 momentum in the short ravine is above beta 0, in the long one far below it.",
    ),
    "effective-rates": (
        "Equal effective rates give equal curves",
        "Training error of eight runs each over 15 epochs: SGD at 0.2 and momentum at 0.02 fall together; momentum at 0.2 "
        "stays far above them. Below, the rates that were used.",
    ),
    "adam-steps": (
        "After the first updates Adam's step is about a tenth of its rate",
        "Median step of a weight as a multiple of the rate, against update, both logarithmic, for three rates. All begin at "
        "one, fall within about a hundred updates and level off near a tenth.",
    ),
    "at-rest": (
        "RMSProp at a constant rate never stops jumping",
        "Distance from the minimum against update, logarithmic. SGD and AdaGrad fall steadily to the bottom of the picture, "
        "Adam swings down more slowly. RMSProp dives, comes back up and stays at 0.05. With linear decay it comes back too, "
        "and then goes down to the end.",
    ),
    "adam-at-rest": (
        "Adam lies still, and is thrown out",
        "Distance from the minimum over 10,000 updates, logarithmic. The default Adam dives to the bottom of the picture, stays "
        "there until about update 7,000, jumps up to 0.09 and falls again. With beta 2 at 0.9 it stays near 0.003 "
        "throughout.",
    ),
    "quiet-and-loud": (
        "Adam's weight decay depends on the noise, AdamW's doesn't",
        "Mean weight against update from 0 to 500. Under Adam the quiet weight falls to zero within some hundred updates and the "
        "loud one stays near one. Under AdamW both fall together to about 0.6.",
    ),
    "turned-race": (
        "A turn takes the magic away from AdaGrad and RMSProp",
        "Loss at the best rate after 150 updates against the angle of the ravine, logarithmic. SGD, momentum and Nesterov are "
        "flat lines. AdaGrad and RMSProp begin at the bottom of the picture and rise within ten degrees by many orders "
        "of magnitude, to about SGD's loss at 45. Adam rises a little; AdamW stays lowest.",
    ),
}

PREDICTIONS = {
    "which-memory": Choice(
        {"Momentum with 0.9": "The usual value, and in the long ravine a good one. In the short one its curve at 0.9 is above that "
                              "at β = 0, which is SGD.",
         "Nesterov with 0.9": "It does beat SGD, and momentum with 0.9. But the curve of momentum dips much lower, near 0.4.",
         "Momentum with another β": "Near 0.4 it ends more than ten orders of magnitude below SGD.",
         "SGD: so short a ravine needs no memory": "It beats 0.9 here, after 60 updates. But look at how low the curve of momentum "
                                                   "dips for a smaller β."},
        right="Momentum with another β",
        out="Momentum with β near 0.4 ended lowest by far; at 0.9 it ended above plain SGD, and Nesterov at 0.9 below it."),
    "effective-rates": Choice(
        {"0.2, the same number": "The velocity adds up ten gradients' worth, so at 0.2 momentum steps ten times as far: its curve "
                                 "is far above.",
         "0.02, a tenth": "Its effective rate, 0.02/(1 - 0.9), is SGD's 0.2.",
         "Neither": "Momentum is more than a larger rate, in a ravine. On the digits the curves of 0.02 and of SGD's 0.2 can "
                    "hardly be told apart."},
        right="0.02, a tenth", out="Momentum at 0.02 ended within a few percent of SGD at 0.2; at 0.2 its loss was more than twice as "
                                   "high."),
    "adam-steps": Number(
        right=0.1, low=0.001, high=10, log=True, within=1.0, unit="times the rate",
        out="It was 1 at the first update, and about 0.1 after a few hundred, at all three rates.",
        feedback=((0.6, 1.5, "That is the first step, and the rule of thumb that Adam's rate is the length of its step. Gradients that "
                             "disagree cancel in m and still add up in s."),
                  (0.15, 0.35, "The noise alone would give a root mean square of 0.23; the median of its size is lower, and some weights "
                               "get few gradients."),
                  (0.001, 0.03, "m and s fade together when the gradients do, so their quotient doesn't go to zero."),
                  (2, 10, "m is at most about as large as √s, so a step much longer than the rate is rare."))),
    "at-rest": Choice(
        {"They fade, as SGD's do": "The gradient fades, but so does what it is divided by. The curve comes back up and stays at 0.05.",
         "They stay as long as the rate, and it jumps for ever": "From one side to the other, at half the rate from the minimum.",
         "They grow, and it flies away": "Thrown out it is, for a moment. But no step is much longer than the rate."},
        right="They stay as long as the rate, and it jumps for ever",
        out="RMSProp went on jumping at the distance 0.05, half its rate. With a falling rate it came to rest."),
    "adam-at-rest": Choice(
        {"It stays at rest: its momentum cancels the jumping": "So it looks for 7,000 updates. With β₂ = 0.9 Adam has the same "
                                                               "momentum and never rests.",
         "It is thrown out again, later": "Near update 7,070, to 0.09: as far as its rate.",
         "It jumps like RMSProp, only too little to be seen": "With β₂ = 0.9 it does, at 0.003. The default lies at the bottom of "
                                                              "the picture, until it is thrown out."},
        right="It is thrown out again, later",
        out="It lay still until about update 7,000 and was then thrown out to a distance of 0.09."),
    "quiet-and-loud": Choice(
        {"0.61 of both": "That is AdamW. In Adam the pull is part of the gradient, and the gradient is divided by its size.",
         "Less of the quiet one": "Its gradients are small, so Adam enlarges them, and the pull with them.",
         "Less of the loud one": "Loud gradients make √s large, and the pull is divided by it: the loud weight hardly feels it."},
        right="Less of the quiet one",
        out="Adam left nothing of the quiet weight and nearly all of the loud one; AdamW left 0.61 of both."),
    "turned-race": Choice(
        {"Nobody's: it is the same ravine": "True of SGD, momentum and Nesterov. A rule that divides each weight's gradient by its own "
                                            "size looks at the axes.",
         "That of the adaptive rules": "AdaGrad and RMSProp lose everything they had gained; Adam loses a part.",
         "Everybody's": "The lines of SGD, momentum and Nesterov are flat."},
        right="That of the adaptive rules",
        out="AdaGrad and RMSProp went from below 1e-50 to about SGD's loss, and Adam lost a part of its lead. SGD, momentum and "
            "Nesterov did not notice."),
}

EXERCISES = {
    "best-beta": Exercise(
        answer=(9 / 11) ** 2,
        right="Nine elevenths squared: the swing then fades by 9/11 per update.",
        tolerance=0.015,
        wrong=(
            (9 / 11, "That is √β, what is left per update. Square it."),
            (99 / 101, "That is what SGD's best rate leaves per update. Momentum gets the root of κ."),
            ((99 / 101) ** 2, "The formula takes the root of κ: √100 = 10."),
            (0.9, "The habit. Try it against 0.67 with best(...)."),
        ),
        hint="√κ = (1 + √β)/(1 - √β). Put 10 on the left and solve for √β first.",
    ),
    "effective-rate": Exercise(
        answer=0.2 * (1 - 0.95),
        right="Momentum with β = 0.95 steps 20 times as far as plain SGD at the same α, so α is 0.2 / 20 = 0.01.",
        wrong=(
            (0.2, "That would make the effective rate 0.2 / 0.05 = 4. The velocity already multiplies by 1/(1 - β)."),
            (0.2 / (1 - 0.95), "The other way round: α / (1 - β) is the effective rate. You are given that, and want α."),
            (0.02, "That is right for β = 0.9. Here 1 - β is 0.05."),
            (0.2 * 0.95, "Multiply by 1 - β, what is forgotten at each update, not by β, what is kept."),
        ),
        hint="Solve α / (1 - β) = 0.2 for α, with β = 0.95.",
    ),
    "adagrad-step": Exercise(
        answer=0.1 / 5,
        right="The step is α/√k, whatever the size of the gradient: 0.1 / 5.",
        wrong=(
            (0.1, "That is the first step. By the 25th, s has grown to 25 squares."),
            (0.1 / 25, "s grows like k, but the step divides by its *root*."),
        ),
        hint="Write s after k gradients of the same g, then α · g / √s. What becomes of g?",
    ),
    "saddle-exits": Exercise(
        answer=[0, 50],
        right="Without noise none, with noise all of them.",
        wrong=(
            ([0, 0], "Did the noise reach the problem? It is saddle(..., noise=0.1), and each seed has its own."),
            ([50, 50], "Start exactly on the ridge: start_point=(-1.5, 0.0). By default it is 0.01 off."),
            ([50, 0], "The other way round: first without noise, then with."),
        ),
        hint="Train once with noise=0.0 and once with 0.1, seeds=range(50), and count with .sum().",
    ),
}
