from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number, Order
from lrcourse.schedules import cosine_decay, warmup

FIGURES = {
    "first-epochs": (
        "Five slow epochs save the run",
        "Test error of sixteen runs each over 30 epochs. At the full rate at once the error stays above one third to the "
        "end, with a wide band. With five epochs of warm-up it falls quickly and ends below ten percent. Below, the rates "
        "used.",
    ),
    "warmup-length": (
        "Two dozen updates of warm-up are enough, in both runs",
        "Error at the end against the updates of warm-up, both logarithmic, for 30 and for 120 epochs. With one update the short run ends "
        "near one half, the long one near a sixth; both are down at 24, at seven and five percent. At 96 the short one is "
        "up again.",
    ),
    "warmup-and-rate": (
        "Warm-up makes high rates usable",
        "Validation error against the peak rate, both logarithmic. Up to 0.025 the curves agree. Without warm-up the "
        "error then rises to two thirds; with it it stays low up to 0.1.",
    ),
    "cosine-shape": (
        "The cosine stays high, then stays low",
        "Rate against epoch for a half cosine and a straight line from one to zero. The cosine is above the line in the "
        "first half and below it in the second, flat at both ends.",
    ),
    "cosine-end": (
        "Zero or a tenth: the curves lie on each other",
        "Validation error against the peak rate for a cosine to zero and one to a tenth. The curves can hardly be told "
        "apart: lowest at 0.1 and 0.2, broken at 0.8.",
    ),
    "wrong-t-max": (
        "Half and double cost something, rising again costs most",
        "Test error over 30 epochs of five cosines, and the rates used. Right and a quarter too long end lowest. Half "
        "with a stay at zero stops at epoch 15; twice as long still falls at the end. With the rise the error climbs "
        "back.",
    ),
    "t-max-by-peak": (
        "Too long is worse at high peaks, too short at low ones",
        "Points lost against the right T, by peak, with bands. A quarter too long stays near zero. Twice too long climbs from "
        "zero to several points. Half the time falls a little.",
    ),
    "restarts": (
        "Each restart loses ground, each cycle regains it",
        "Test error over 30 epochs. One cosine falls steadily. With restarts at epochs 2, 6 and 14 the error dips below it at "
        "the end of each cycle, jumps above it after, and both end together. Below, the rates.",
    ),
    "one-cycle-peaks": (
        "1cycle's best peak is the cosine's",
        "Validation error against the peak rate for the cosine and both shapes of 1cycle. The three curves lie on each "
        "other: lowest at 0.1 and 0.2, broken at 0.8.",
    ),
}

PREDICTIONS = {
    "first-epochs": Choice(
        {"Together: the first epochs are forgotten by then":
             "Tempting, because 25 good epochs follow, and on a bowl the start is indeed forgotten. But the curve without warm-up "
             "comes to a stop high up: the network that goes on learning is no longer the same.",
         "With warm-up a little behind, for it lost five epochs":
             "If only the distance travelled counted, yes. The figure has it the other way round, and by far.",
         "With warm-up a little ahead":
             "The right side, and about what Goyal and others saw on large networks. Ours, without batch norm, breaks outright.",
         "Far apart, with warm-up ahead":
             "Yes, in nearly every one of the sixteen runs."},
        right="Far apart, with warm-up ahead",
        out="Over 30 % wrong without warm-up, under 10 % with it.",
    ),
    "active-share": Number(
        right=(2, 10), low=0, high=100, unit="%",
        out="About 5 % of the images, down from about half; with warm-up still over 35 %.",
        shown=(),
        feedback=(
            (40, 60, "That is the random start. Four updates sound like little, but each of them moves every weight by as much as "
                     "the weights were large, and all in step."),
            (10, 40, "The right direction. Updates of Adam at this rate are so long that even this is too hopeful."),
            (60, 100, "It might have gone that way, with biases pushed up. The gradient pushed them down: a loud wrong answer is "
                      "lowered by turning off the units that gave it."),
        ),
    ),
    "warmup-length": Choice(
        {"Four times as long: it is a share of the run":
             "That is what \"5 % of the run\" says. But in the figure the long run gains next to nothing between 24 updates "
             "and four times as many.",
         "As long: it is a number of updates":
             "Yes: what the warm-up waits for takes updates, whatever comes after.",
         "Shorter: a long run has more time to repair":
             "There is something in it: with very few updates the long run is hurt far less. But from 12 to 24 it still gains, "
             "with 48 seeds as much as the short one."},
        right="As long: it is a number of updates",
        out="Some 24 updates in both; that is a fifth of the short run and a twentieth of the long one.",
    ),
    "warmup-and-rate": Choice(
        {"More than 5 points: at 0.15 it was some forty":
             "At a common rate, yes. But without warm-up the low rates are as good as with it: look at the left of the figure.",
         "Something, but less than 2 points":
             "Yes. Most of what warm-up gave was the freedom to use a high rate, and here nobody has to.",
         "Less than nothing: it costs five epochs":
             "At the lowest rates that is so, by up to a point: there a run is short of travel. At the best ones it isn't."},
        right="Something, but less than 2 points",
        out="A few tenths of a point; with 64 seeds 0.5 ± 0.2. At the common rate 0.1 it is more than 5 points.",
    ),
    "cosine-end": Choice(
        {"Zero: a tenth leaves noise behind":
             "It does, but a tenth of the rate leaves about a tenth of the floor, and at 30 epochs that is too little to see.",
         "A tenth: the last epochs at zero are wasted":
             "With very many seeds you would be right, by 0.2 points. It takes a hundred to see it, and our margin is half a point.",
         "A tie":
             "Yes, at this length of training."},
        right="A tie",
        out="A tie: with 96 seeds the tenth is ahead by 0.2 ± 0.06 points, within our half point.",
    ),
    "wrong-t-max": Order(
        ("T right", "a quarter too long", "twice too long", "half, then zero", "half, then rising"),
        right=(("T right", "a quarter too long"), ("twice too long", "half, then zero"), "half, then rising"),
        wrong=(
            (("half, then rising", "twice too long"), "Rising sounds like more learning. But at epoch 30 the rate is back at its peak, "
                                                      "and so is the noise floor: the last curve climbs to where it began."),
            (("half, then rising", "half, then zero"), "Better to stand still than to rise? Here yes: until epoch 15 the two are the "
                                                       "same run, and then one of them loses all it had gained."),
            (("twice too long", "a quarter too long"), "The further from right, the worse: at epoch 30 one is at a tenth of its peak "
                                                       "and the other still at half."),
            (("half, then zero", "T right"), "Half the time at zero is half the training given away: from epoch 15 on its curve is flat."),
        ),
        feedback="Look at the rate that each has at epoch 30, and at how long it had one at all.",
        out="Right and a quarter too long lead together; half and twice cost a point or two; the rise costs about seven.",
    ),
    "t-max-by-peak": Choice(
        {"At low peaks: there the run is slow, and now late as well":
             "A slow run is short of travel, and a longer cosine keeps the rate up for longer. That helps it.",
         "At high peaks: it ends at half of a high rate":
             "Yes: what it leaves is the floor of half the peak, and that grows with the peak.",
         "The same at all peaks":
             "Then one comparison at one peak would do. The curve in the figure climbs by several points."},
        right="At high peaks: it ends at half of a high rate",
        out="Twice too long costs nothing that shows at 0.05 and over six points at 0.4. Half costs over "
            "two points at 0.05 and still over one at 0.4 (24 seeds).",
    ),
    "restarts": Choice(
        {"Better: a jump can find a better minimum":
             "The common reading, and a good story. Gotmare and others found no evidence for it, and at epoch 30 the curves meet.",
         "As good, within half a point":
             "Yes. The last cycle is more than half of the run, and it ends like any cosine.",
         "Worse: each jump throws away what was learned":
             "The jumps in the figure are large, but what they throw away is the low noise, not the progress: each cycle ends lower."},
        right="As good, within half a point",
        out="Level within half a point: 0.25 ± 0.07 behind with 64 seeds. At epoch 6 the restarts are ahead, by several points.",
    ),
    "one-cycle-peaks": Choice(
        {"The same, within a factor of two":
             "Yes: three curves on each other.",
         "About four times as high":
             "The slow rise helps at the start, as warm-up did above. But here the start is not what breaks runs: at 0.8 fastai's "
             "shape learns well for some epochs, and breaks as the rate climbs.",
         "Ten times as high or more":
             "So the paper found on its networks. Here at 0.8 all three have broken."},
        right="The same, within a factor of two",
        out="0.1 to 0.2 for all three, at the same error; at 0.8 all are broken.",
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
    "warmup-batch-norm": Exercise(
        answer=lambda points: 0.3 < float(points) < 2.5,
        right="About one point at 0.15, where it was forty without batch norm; none at 0.05. Batch norm moves the cliff to higher "
              "rates. It doesn't take it away: try 0.3.",
        wrong=(
            (lambda points: 0.003 < float(points) < 0.025, "Nearly: that is a fraction. In percentage points it is 100 times as much."),
            (lambda points: float(points) > 20, "That is the network without batch norm. Set batch_norm=True."),
            (lambda points: -2.5 < float(points) < -0.3, "Mind the sign: error without warm-up minus error with it."),
        ),
        hint="digits(hidden=64, weight_decay=0.0, batch_size=250) has batch norm. Train it twice with Adam at the peak 0.15, as in "
             "the first section, and take 100 times the difference of test_error[:, -1].mean().",
    ),
    "cosine-tail": Exercise(
        answer=2 / 3.141592653589793 * 0.01,
        tolerance=0.01,
        right="2/π times the square root of 1/10000. Four hundred times less rate than a tenth, but only thirty times less time.",
        wrong=(
            (1e-4, "That is the straight line. The cosine is flat at its end: 1 - cos(πu) is about (πu)²/2."),
            (0.01, "The square root is right. What becomes of the factor π²/4?"),
            (2 / 3.141592653589793 * 1e-4, "Solve (π²/4) u² = 1/10000 for u: there is a square root to take."),
            (0.64, "That is in percent. As a fraction of the run?"),
        ),
        hint="With u = 1 - t/T the rate is (1 - cos πu)/2 of its peak. For small u that is (π²/4) u². When is it 1/10000?",
    ),
    "three-logs": Exercise(
        answer=[60, 30, 15],
        right="A ends at half of its peak, C at the peak again. Only B was told the length of the run.",
        wrong=(
            ([30, 60, 15], "B is at 0 at epoch 30: that is the right one."),
            ([60, 30, 3], "With T_max=3 the rate goes down and up five times, and fits C's four entries, too. The longest that fits?"),
            ([60, 30, 7.5], "That fits C's four entries, too: two waves up and down. The longest that fits?"),
            ([60, 6, 15], "With T_max=6 the rate is at B's four entries as well. The longest that fits?"),
            ([60, 6, 3], "B and C fit, by waves that go up and down between the entries. The longest that fit?"),
            ([60, 30, 20], "With T_max=20 C would be at 0 at epoch 20, and at half of its peak at 30."),
            ([60, 30, 10], "With T_max=10 C would be at 0 at epoch 10, and back at its peak at 20."),
            ([60, 30, 30], "C was low in the middle and high at both ends. Where was it at zero?"),
            ([15, 30, 60], "A falls slowest: which of the waves is the longest?"),
        ),
        hint="Where is the rate at half of its peak, where at zero? Half is at T_max/2, zero at T_max, and at 2 T_max it is back up.",
    ),
}
