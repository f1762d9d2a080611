from lrcourse.lessons.exercises import Exercise
from lrcourse.schedules import cosine_decay, warmup

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
