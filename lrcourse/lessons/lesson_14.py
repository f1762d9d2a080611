from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number

FIGURES = {
    "at-the-limit": (
        "Two runs stay below the limit, two live on it",
        "The rate times the sharpness over 450 updates of gradient descent. All fall at first. For the rates 0.1 and 0.2 it "
        "stays between a half "
        "and one and a half. For 0.4 it lies on the limit of 2, for 0.8 it jumps about above it.",
    ),
    "sharpness-after-cut": (
        "Cut the rate, and the sharpness grows into the new limit",
        "Sharpness over 900 updates. At the rate 0.8 it jumps around and above its limit of 2.5. After the cut to 0.4 the "
        "limit is 5, and the sharpness climbs towards it for the remaining 450 updates.",
    ),
    "one-floor": (
        "Three different settings, one floor",
        "Mean loss of four settings over 400 updates, on a logarithmic axis. P settles at the highest floor. Q, R and S "
        "settle together at a fifth of that; R is there after some 30 updates, Q and S after more than 100.",
    ),
    "river": (
        "The cooldown shows what the plateau had done",
        "Mean loss over 600 updates, logarithmic. The high rate falls quickly and stays near one. The low rate falls slowly "
        "and meets it at the end. WSD lies on the high rate's curve until update 480, then drops to a fifth.",
    ),
    "rate-times-decay": (
        "Rate and decay apart: only the product stays",
        "Angle turned in each update, logarithmic, for three pairs of rate and weight decay. Two with the same product start "
        "far apart and meet after some 1000 updates; the third, with four times the product, settles at twice their angle.",
    ),
}

PREDICTIONS = {
    "at-the-limit": Choice(
        {"They diverge, as the bowl does": "On the bowl that is all that can happen, so it is the natural guess. Look at the "
             "curve of 0.8: it jumps above 2 again and again and comes back each time.",
         "They stop learning: the loss stays where it is": "A run that swings looks stuck. But the mean of the loss over the last "
             "30 updates is lower than early in the run, for all four rates.",
         "They find a place that is less curved": "The swing itself carries them there: the rate chooses how curved a place "
             "the run can live in."},
        right="They find a place that is less curved",
        out="At 0.4 rate times sharpness comes to 2 and stays; at 0.8 it jumps between about 2 and 3. Nothing diverges.",
    ),
    "sharpness-after-cut": Choice(
        {"It stays near 3: the run has found a flat place": "Why should it leave? Because nothing pushes it out of sharper places "
             "any more. The curve climbs from the first epochs after the cut.",
         "It climbs towards 5": "Steps half as long fit into places twice as sharp, and downhill leads there.",
         "It falls: a smaller rate finds flatter places": "That is a common picture of small rates, and it is the wrong way round "
             "here: it is the large rate that keeps a run out of sharp places."},
        right="It climbs towards 5",
        out="From near 3 it climbs slowly, to between 4 and 5 after 450 updates.",
    ),
    "one-floor": Choice(
        {"Q and R": "A fifth of the rate and five times the batch: yes. But S, too: momentum 0.9 makes each gradient count "
             "ten times, and ten times 0.002 is Q's rate.",
         "Q, R and S": "All three have the same α/((1 - β)B), 0.02.",
         "P and R, which have the same rate": "The rate is the same, but R's gradient carries a fifth of the variance. Its curve "
             "ends at a fifth of P's height.",
         "None: each has its own floor": "Three curves lie on top of each other for the second half of the figure."},
        right="Q, R and S",
        out="Q, R and S rest at the same height, P five times as high.",
    ),
    "river": Choice(
        {"The high rate": "It has travelled furthest, together with WSD. But its loss is progress plus swing, and its swing costs "
             "more than twenty times as much as that of the low rate.",
         "The low rate": "It swings little, and that is why it looks good. But it has moved little: at the end three units down "
             "the river where the others have gone ten.",
         "All three are about level": "What the high rate wins along the river it pays across it, and from the loss alone "
             "nobody can tell."},
        right="All three are about level",
        out="At update 450 all have about the same loss. At the end WSD has less than a third of the others'.",
    ),
    "rate-times-decay": Number(
        right=1.0, low=0.1, high=10, log=True, within=0.15, unit="times",
        out="Both turn by the same angle at each update: once. Only the product of rate and decay counts.",
        feedback=((2.5, 4.5, "√10 would be right if the decay were the same for both."),
                  (5.0, 10.0, "Ten times the rate makes steps ten times as long, but the weights grow too: the angle is step over length."),
                  (0.1, 0.7, "Less decay lets the weights grow longer, which slows the turning. But the rate makes up for it exactly.")),
    ),
}

EXERCISES = {
    "edge-with-momentum": Exercise(
        answer=2 * 1.9 / 0.1,
        right="The rate is 2(1 + β)/λ at the edge, so λ = 3.8 / 0.1 = 38.",
        wrong=(
            (2 / 0.1, "That is the edge of plain gradient descent. Momentum, which cancels back and forth, bears more."),
            (2 * 1.9, "That is the limit for the rate where the curvature is 1. Here the rate is 0.1."),
            (2 * 1.9 / 0.1 / 0.1, "That is for the averaging form of momentum, v = βv + (1 - β)g. PyTorch's, used here, adds g whole."),
            (2 * 0.1 / 0.1, "That would make the *effective* rate 2/λ. The stability limit is far above it."),
        ),
        hint="Solve 0.1 = 2(1 + β)/λ for λ, with β = 0.9.",
    ),
    "floor-with-more-momentum": Exercise(
        answer=0.025,
        right="1 - β halves from 0.1 to 0.05, so the rate has to halve as well.",
        wrong=(
            (0.05, "With the old rate the effective rate α/(1 - β) doubles, and the floor with it."),
            (0.1, "The other way round: more momentum makes each gradient count more, so the rate must come down."),
            (0.05 * 0.9 / 0.95, "β itself doesn't matter, 1 - β does: it halves."),
            (0.05 * 0.95 / 0.9, "β itself doesn't matter, 1 - β does; and more momentum needs a lower rate."),
            (0.0025, "That divides by 20. It is 1 - β that changes, from 0.1 to 0.05."),
        ),
        hint="α/(1 - β) has to stay the same. What is it before, 0.05/(1 - 0.9)?",
    ),
    "same-angle": Exercise(
        answer=[0.0025, 20_000],
        tolerance=0.02,
        right="The product αλ stays, so the angle √(2αλ) stays, and so does the time to settle, 1/(αλ).",
        wrong=(
            ([0.0005, 20_000], "With the old decay αλ falls to a fifth, and the weights turn more slowly by √5."),
            ([0.0001, 20_000], "The other way round: the product of rate and decay has to stay, so the decay goes up."),
            ([0.0025, 100_000], "The decay is right. The time to settle is 1/(αλ) with the new decay too, and the product has stayed."),
            ([0.0025, 400], "The decay is right. The time to settle is 1/(αλ), not 1/λ."),
            (0.0025, "The decay is right. Answer with a pair: (decay, updates)."),
        ),
        hint="Keep αλ = 0.1 · 0.0005: solve for λ with α = 0.02. It settles in about 1/(αλ) updates.",
    ),
}
