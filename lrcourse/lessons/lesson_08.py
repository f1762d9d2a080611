from lrcourse.lessons.exercises import Exercise
from lrcourse.schedules import cosine_decay, warmup

FIGURES = {
    "first-epochs": (
        "Five slow epochs save the run",
        "Test error of sixteen runs each over 30 epochs. Started at the full rate, the error stays above one third to the "
        "end, with a wide band. With five epochs of warm-up it falls quickly and ends below ten percent. Below, the rates "
        "that were used: a straight rise over five epochs, then a half cosine, and the same half cosine without the rise.",
    ),
    "warmup-length": (
        "Twelve updates of warm-up are enough",
        "Error at the end against the length of the warm-up. At a quarter of an epoch about one half, at one epoch a good "
        "tenth; from two or three epochs on it is flat, at seven or eight percent.",
    ),
    "warmup-and-rate": (
        "Warm-up makes high rates usable",
        "Validation error against the peak rate, both logarithmic. Up to 0.025 the two curves agree. Without warm-up the "
        "error then rises steeply to more than one half; with warm-up it stays low up to 0.1.",
    ),
    "cosine-shape": (
        "The cosine stays high, then stays low",
        "Rate against epoch for a half cosine and a straight line from one to zero over 100 epochs. They cross in the middle; "
        "the cosine is above the line in the first half and below it in the second, flat at both ends.",
    ),
    "wrong-t-max": (
        "Half and double cost something, rising again costs most",
        "Test error over 30 epochs of five cosines, and the rates that were used. The right length and the one a quarter too "
        "long end lowest, together. Half the length with a stay at zero stops improving at epoch 15. Twice the length still "
        "falls at the end, above the others. With the rise the error climbs back to where it began.",
    ),
    "restarts": (
        "Each restart loses ground, each cycle regains it",
        "Test error over 30 epochs. One cosine falls steadily. With restarts at epochs 2, 6 and 14 the error dips at the end "
        "of each cycle, jumps up after it, and both end together. Below, the rates: four cosines, each twice as long.",
    ),
    "one-cycle-shapes": (
        "Three ways up, three ways down",
        "Rate against epoch. 1cycle rises along a half cosine until epoch 9 and falls along another to zero at 30. Warm-up "
        "and cosine rise in a straight line until epoch 3, then fall to zero. The inverse root rises the same way, falls fast "
        "at first, then ever more slowly, and is still at a third of the peak at the end.",
    ),
    "cosine-league": (
        "Only the constant rate is clearly behind",
        "Difference to the tuned cosine in test error, with two standard errors to each side. Warm-up and cosine, 1cycle and "
        "restarts: around zero. The inverse root: above, its bar touching zero. The constant rate: clearly above.",
    ),
}

EXERCISES = {
    "warm-cosine": Exercise(
        answer=warmup(cosine_decay(0.2, total=25), length=5),
        right="5 epochs of rise and 25 of cosine make 30.",
        wrong=(
            (warmup(cosine_decay(0.2, total=30), length=5),
             "That cosine ends at epoch 35: inside warmup it begins at epoch 5, on its own clock. At epoch 30 the rate is not 0."),
            (cosine_decay(0.2, total=30), "That falls from the first update on. Wrap it in warmup(..., length=5)."),
            (cosine_decay(0.2, total=25), "That falls from the first update on. Wrap it in warmup(..., length=5)."),
            (warmup(cosine_decay(0.2, total=25), length=25), "The rise should take 5 epochs, and the cosine the other 25."),
        ),
        hint="warmup(cosine_decay(0.2, total=...), length=...): the two lengths together are 30.",
    ),
    "pytorch-rise": Exercise(
        answer=0.2,
        right="cos(1.5 π) = 0: half of the peak, on its way up again.",
        wrong=(
            (0.0, "That is where this course's cosine stays. PyTorch's follows the wave beyond T_max."),
            (0.4, "Not yet: the wave is back at its peak at 2 · T_max = 40."),
            (0.1, "The wave is symmetric about T_max: epoch 30 has the rate of epoch 10, which is half of the way down."),
        ),
        hint="Put t = 30 and T = 20 into 0.4 · (1 + cos(π t / T)) / 2, without any minimum.",
    ),
    "noam-half": Exercise(
        answer=16000,
        right="√(w/k) is 1/2 at k = 4 w.",
        wrong=(
            (12000, "That counts from the end of the warm-up. From the beginning it is 4000 more."),
            (8000, "At twice w the rate has fallen by √2, not by 2: it is a square root."),
            (2000, "That is halfway up. Where is it halfway down?"),
            (4000, "There the rate is at its peak."),
        ),
        hint="After the warm-up the rate is the peak times √(4000/k). For which k is the root one half?",
    ),
}
