from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "momentum-race": (
        "In a short ravine momentum overshoots and loses",
        "Loss against update on a logarithmic axis in the ravine of curvatures 1 and 20. SGD falls in a straight line. "
        "Momentum swings up and down and ends above SGD. Nesterov swings less and ends far below both.",
    ),
    "effective-rates": (
        "Equal effective rates give equal curves",
        "Training error of eight runs each over 15 epochs: SGD at 0.2 and momentum at 0.02 fall together; momentum at 0.2 "
        "stays far above them. Below, the rates that were used.",
    ),
    "rmsprop-at-rest": (
        "RMSProp at a constant rate never stops jumping",
        "Distance from the minimum against update, logarithmic. SGD and AdaGrad fall steadily to the bottom of the picture, "
        "Adam swings down more slowly. RMSProp dives, comes back up and stays at 0.05. With linear decay it comes back too, "
        "and then goes down to the end.",
    ),
    "cliff-and-slope": (
        "SGD has a cliff, RMSProp a slope",
        "How far from the minimum the last 20 of 300 updates were, against learning rate, both logarithmic. SGD ends at rate "
        "1 and is said to have diverged. RMSProp rises in proportion to the rate over the whole range. Adam is lowest in the "
        "middle and rises slowly; AdaGrad has not arrived at low rates and is at the bottom at all higher ones.",
    ),
    "skewed-ravine": (
        "Four rules cross a ravine that lies askew",
        "Contours of a valley at 45 degrees with four paths from its lower left. SGD and RMSProp jump across once or twice "
        "and then creep along the floor; Nesterov swings into the floor and arrives; Adam sets off in the direction of the "
        "diagonal and swings around the minimum.",
    ),
    "two-basins": (
        "A high rate leaves the narrow basin",
        "Contours with a narrow basin at the left and a wide one at the right, and four paths from the upper left. SGD and "
        "Adam at rate 0.03 run into the narrow basin and stay. At rate 0.7 both jump over it and end in the wide one.",
    ),
}

EXERCISES = {
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
            (0.3 / 5, "The gradient 3 stands above and, inside √s, below. Does it matter?"),
            (0.3, "That is plain SGD's step. AdaGrad divides by √s."),
            (0.3 / 75 ** 0.5, "s is the sum of the *squares*, 25 times 9, not of the gradients."),
            (0.3 / 225, "You divided by s. AdaGrad divides by its root."),
        ),
        hint="Write s after 25 gradients of 3 as a number, then α · 3 / √s.",
    ),
    "limit-of-momentum": Exercise(
        answer=2 * 1.9 / 8,
        right="2(1 + β)/λ = 0.475, almost twice the limit of plain SGD.",
        wrong=(
            (2 / 8, "That is plain SGD's limit. Momentum, which cancels back and forth, bears almost twice as much."),
            (2 * 1.9 / 0.8, "That is the limit for the averaging form of momentum, whose rate means a tenth as much."),
            (2 * 1.9 / (2.8 * 8), "That is Nesterov's limit, which is lower."),
            (2 * 0.1 / 8, "That makes the *effective* rate 2/λ. It is stable, but the limit is far above it."),
        ),
        hint="Put λ = 8 and β = 0.9 into the second line of the table.",
    ),
}
