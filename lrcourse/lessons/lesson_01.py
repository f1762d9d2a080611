from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice

FIGURES = {
    "ten-digits": (
        "Ten digits, nine positions, ten mistakes",
        "Three rows of small grey pictures of 8 by 8 pixels. One handwritten digit of each kind; a 3 in nine positions, each "
        "moved by at most one pixel; and ten held-out digits with what they are and what the network read.",
    ),
    "four-rates": (
        "Too low crawls, too high gives up",
        "Training loss of four learning rates over 30 epochs on a logarithmic axis. Too low: a slow straight descent. Good: "
        "falls fastest and ends lowest. High: falls less and ends several times higher. Too high: starts far above the others "
        "and ends flat, at the loss of guessing.",
    ),
    "fair-trial": (
        "Faster first and higher later: from about 0.6 to 0.9",
        "Loss as a multiple of that at rate 0.3, against rate, for rates from 0.3 to 1.5. After 2 epochs it sinks below one, "
        "lowest near 0.6, and crosses one near 0.95. After 30 epochs it sinks below one near 0.4, crosses one near 0.6 and "
        "rises to more than four.",
    ),
    "where-too-high": (
        "One side arrives, the other flies away",
        "Distance from the minimum after 20 updates against the learning rate, logarithmic. It falls steeply towards one "
        "half, rises again symmetrically, and passes its starting value of one exactly at rate one.",
    ),
    "ravine-paths": (
        "The same ravine, with and without a zig-zag",
        "Contours of a long valley and three paths. Rate 0.03 turns into the valley and follows it without crossing. Rate "
        "0.09 jumps from wall to wall with shrinking jumps. Rate 0.101 jumps from wall to wall with jumps that grow slowly.",
    ),
    "fastest-rate": (
        "The fastest fixed rate lies where it zig-zags",
        "Loss after 60 updates in the ravine against the rate, logarithmic. It falls in a smooth curve past the mark of one "
        "over the steep curvature, has a sharp minimum shortly before the mark of two over it, and shoots up there.",
    ),
    "turned-paths": (
        "The same two paths, turned with the valley",
        "Contours of a valley that rises to the right by 30 degrees, and two paths from its lower left end: one turns into "
        "the valley, the other jumps from wall to wall with shrinking jumps, in both weights at once.",
    ),
}

PREDICTIONS = {
    "four-rates": Choice(
        {"All of it": "It is how the curves are usually drawn. But follow 1.5 from the left edge: it is above 0.3 after the "
                      "first epoch already, and never below.",
         "Only that the much too high rate shoots up": "So it is, for these four. Whether the high curve is always so is "
                                                       "another question.",
         "Only that the high rate falls faster at first": "A longer step on a smooth slope does go further, hence the drawing. "
                                                          "At 1.5 the first epoch ends above that of 0.3; and 5 does shoot up.",
         "Nothing": "Too strict: at 5 the first epoch's loss is more than twice that of guessing, so it does shoot up."},
        right="Only that the much too high rate shoots up",
        out="The rate 5 shot up to more than twice the loss of guessing. The rate 1.5 was above 0.3 from the first epoch on, "
            "in all eight runs."),
    "fair-trial": Choice(
        {"For none of them": "The first trial was against it, but that was one rate. At 0.7 the early loss is about a tenth "
                             "below that of 0.3, and the late one above it.",
         "For some of them, in the middle of the range": "Around 0.7 and 0.9. Below that 0.3 loses both early and late, above it "
                                                         "wins both.",
         "For all of them above 0.3": "At 0.4 the loss is lower late as well, so 0.3 is not the best rate; from 1.1 on it is "
                                      "higher early as well.",
         "For those near 1.5": "The higher the rate, the clearer the effect, one may think. But at 1.1 and 1.5 the curve of "
                               "the early loss is above 1."},
        right="For some of them, in the middle of the range",
        out="The drawing is right at 0.7 and 0.9: early 0.91 and 0.97 times the loss at 0.3, late 1.1 and 1.4 times. "
            "At 0.4 and 0.5 the higher rate is lower throughout; from 1.1 on it is higher throughout. Against 0.4, the best of them, "
            "0.7 leads by only 3 % early, and 0.9 not at all."),
    "where-too-high": Choice(
        {"At 0.5": "That is 1/λ, the best place there is: one update leads straight to the minimum. Above it the run jumps "
                   "to the other side, but nearer.",
         "At 1": "The curve passes 1, where it started, exactly there.",
         "At 2": "That would be λ itself. At 2 the factor of an update is 1 - 2 · 2 = -3: three times as far each time.",
         "It never does; it only gets slower": "True of rates that are too low. On the right side of the picture the distance "
                                               "grows with each update."},
        right="At 1", out="Below the rate 1 the run ends nearer than it began, above 1 farther away."),
    "ravine-paths": Choice(
        {"All three: it is a ravine": "You often read it so. Follow the path of 0.03: it turns into the valley once and never "
                                      "crosses the floor.",
         "0.09 and 0.101": "Each of their updates lands on the other wall; 0.03 never crosses.",
         "Only 0.101, which is above the limit": "The limit says whether the jumps shrink or grow. At 0.09 they shrink, and "
                                                 "still every one of them crosses.",
         "None: the gradient has no noise": "Noise can make a path jagged, but look at 0.09: from wall to wall at every "
                                            "update, without any."},
        right="0.09 and 0.101", out="0.03 never crosses the floor of the valley; 0.09 and 0.101 cross it in each of their "
                                    "20 updates, the one with shrinking, the other with growing jumps."),
    "fastest-rate": Choice(
        {"No: zig-zagging wastes steps": "Across the valley it does. But the loss keeps falling to the right of 1/λ₂: what "
                                         "the higher rate gains along the valley is worth more.",
         "Yes": "Its minimum lies well to the right of 1/λ₂, where every update crosses.",
         "It is exactly where the zig-zag begins": "There the steep direction is done in one update, which looks ideal. It is "
                                                   "the flat direction that is slow, and it wants more."},
        right="Yes", out="The fastest rate was near 0.095; the zig-zag begins at 0.05."),
    "turned-paths": Choice(
        {"The limit is another, so it may fly away": "Each weight now has another second derivative. But the path is the old "
                                                     "one, turned: the limit belongs to the steepest direction.",
         "The zig-zag ends, since no weight is steep alone": "Look at the path: it still jumps from wall to wall, now in both "
                                                             "weights.",
         "Nothing but the picture's orientation": "The loss is the same at every update, to rounding."},
        right="Nothing but the picture's orientation",
        out="The path was the old one, turned by 30°, with the same loss at every update."),
}

EXERCISES = {
    "one-update": Exercise(
        answer=lambda w: abs(w) < 1e-9,
        right="With the rate 1/λ one update goes straight to the minimum.",
        wrong=(
            (1.0, "You went uphill: the step is subtracted."),
            (0.4, "The step is the rate times the *gradient*, and the gradient here is λw = 5 · 0.5, not w."),
            (-2.0, "That is w minus the gradient. How much of the gradient does the rate let through?"),
            (0.5, "That is where it started. The gradient is not zero there."),
        ),
        hint="Write the gradient λw as a number first, then w - α · gradient.",
    ),
    "best-fixed-rate": Exercise(
        answer=2 / 21,
        right="Both directions then shrink by 19/21 per update, one of them jumping.",
        wrong=(
            (2 / 20, "That is the limit: the steep direction doesn't shrink at all there."),
            (1 / 20, "There the steep direction is done at once, and the flat one keeps 19/20 per update. Can you trade?"),
            (1.0, "That is the best rate for the flat direction alone. The steep one flies away."),
            (0.095, "As the picture has it, to two digits. Derive it: when are the two factors equally large?"),
        ),
        hint="Draw |1 - α| and |1 - 20α| against α. The slower direction is the upper of the two lines: where is it lowest?",
    ),
    "limit-of-turned": Exercise(
        answer=2 / 8,
        right="The steepest direction, (1, 1), has the curvature 8.",
        wrong=(
            (2 / 5, "That takes the 5 of the diagonal for the curvature. A curvature belongs to a direction: try (1, 1)."),
            (2 / 3, "The 3 alone is no curvature. What does H do to the vectors (1, 1) and (1, -1)?"),
            (2 / 2, "2 is the smaller eigenvalue. The steepest direction sets the limit."),
            (1 / 8, "That is 1/λ: above it the steep direction zig-zags, but it still arrives."),
            (2 / 10, "10 is the sum of the eigenvalues. Only the largest sets the limit."),
        ),
        hint="Find the eigenvalues of [[5, 3], [3, 5]], for instance with np.linalg.eigvalsh. The larger one decides.",
    ),
}
