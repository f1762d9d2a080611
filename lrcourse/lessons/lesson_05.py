from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number, Order

FIGURES = {
    "per-update": (
        "The same k, per update, stops the run early",
        "Test error of twelve runs each over 20 epochs. Constant: falls to about a quarter and wanders there. k per epoch: falls quickly "
        "and then slowly, to about six percent. k per update: falls more and more slowly and is still near a fifth at the end. "
        "Below, the three rates on a logarithmic axis: the third falls by a factor of thirty within the first epoch.",
    ),
    "inverse-time-shapes": (
        "It falls quickly first, and then hardly",
        "Learning rate against epoch, from 0 to 100, on a logarithmic axis for five values of k: each curve falls steeply at "
        "first and then flattens. With k = 0.1 a half is reached at epoch 10 and a tenth at epoch 90.",
    ),
    "five-walks": (
        "Two arrive, one hovers, two are stuck",
        "Mean loss of sixty runs against update, both logarithmic. Exponential flattens first and highest, constant flattens "
        "at about an eighth, step decay below it after its second drop. One over the square root of t keeps falling slowly, "
        "and one over t falls fastest at the end.",
    ),
    "best-rates-one-weight": (
        "The best rates are one over the time, exactly",
        "The best rate for each of 200 updates as points on a logarithmic axis: every point lies on the curve of inverse time "
        "decay, which falls steeply and flattens; an exponential with the same ends is a straight line far above.",
    ),
    "tuning-k": (
        "A k too large costs much more than one too small",
        "Expected loss after 1000 updates against k as a multiple of the best one, both logarithmic: lowest at 1, rising in a "
        "straight line to the left and several times as steeply to the right.",
    ),
    "best-rates-two-weights": (
        "For two weights, the best rates end with a drop",
        "Learning rate against update on a logarithmic axis. The best rates of all lie on the one over t of the flat weight "
        "alone for most of the way, and in the last fifth fall steeply below it. The tuned one over t starts lower and is "
        "above the best at the end.",
    ),
    "what-k-buys": (
        "k = 1 buys nothing, k = 0.1 does",
        "Test error with two standard errors to each side for four tuned schedules: constant and k = 1 overlap; k = 0.1 is "
        "lower by about a point, linear lower still.",
    ),
}

PREDICTIONS = {
    "inverse-rate-at-10": Choice(
        {
            "0.1, half of the first":
                "That is the rate at epoch 1. The denominator goes on growing: it is 2 at epoch 1 and 11 at epoch 10.",
            "About 0.018":
                "0.2/11. The time divides, so ten epochs take more than nine tenths away.",
            "About 0.0002, halved ten times":
                "The first epoch does halve it, which makes it look like a rule. But the second takes only a third, "
                "and the tenth hardly a tenth. Halving each time is the exponential decay of lesson 06.",
        },
        right="About 0.018",
        out="0.0182, which is 0.2/11.",
        shown=(),
    ),
    "per-update": Choice(
        {
            "It is unstable: the rate jumps about":
                "Many changes of the rate sound like unrest. But they all go down; look at the lower panel, a smooth curve. "
                "Too small a rate never makes a run unstable.",
            "It still falls at the end, far above the right run":
                "The rate is small, not zero, and its tail is long: the run crawls on, and looks like one that needs more time.",
            "It ends close to the right run: late, both rates are small":
                "Late is too late. After the first epoch the mistaken rate is down to 0.2/32, when the right one has just been "
                "halved, and the way that was not travelled then is not made up for: the curves stay apart.",
            "It is worse than the constant rate of 0.2":
                "Too little rate can be worse than too much. Here 0.2 is so high for this network that its floor lies above "
                "even the crawling run.",
        },
        right="It still falls at the end, far above the right run",
        out="The mistaken run falls and goes on falling, and ends with more than twice the error of the run that was meant.",
    ),
    "inverse-time-shapes": Number(
        right=90, low=10, high=1000, log=True, unit="epochs", within=0.15,
        feedback=((10, 25, "A half and a tenth are far apart here."),
                  (26, 45, "If every halving took 10 epochs, a tenth would be left after some 33. But each halving takes twice as "
                           "long as the one before: look how the curves bend."),
                  (46, 77, "You saw that it slows down. The denominator has to be 10, so k times t has to be 9."),
                  (78, 104, "1 + k t has to be 10."),
                  (105, 1000, "It is slow, but not so slow: 1 + k t has to be 10.")),
        out="At t = 90: nine times as long as to the half. A hundredth is reached only at 99/k.",
    ),
    "five-walks": Choice(
        {
            "1/t alone: it meets both conditions":
                "So you would conclude if the conditions were necessary. They are enough, and no more. Look at 1/√t: it is behind, "
                "and still falling, in a straight line down to the right edge.",
            "1/t and 1/√t":
                "Both have rates that go to zero and a sum without end; that is what counts here.",
            "All whose rates go to zero: every one but the constant rate":
                "A rate that goes to zero takes the noise out, but it can do so before the run has arrived. The exponential is flat "
                "from update 100 on, at the highest loss of all, and step decay after its second drop.",
            "1/t and step decay: both have a finite sum of squares":
                "Little noise is taken in, that is right. But the sum of the step decay's rates ends at 56, and where that sum "
                "ends the run ends: its curve is flat from 200 updates on.",
        },
        right="1/t and 1/√t",
        out="1/t and, more slowly, 1/√t. Constant hovers on its floor; exponential and step decay stand still, the first far above that "
            "floor and the second below it.",
    ),
    "best-rates-one-weight": Choice(
        {
            "A straight line":
                "On this axis that would be an exponential: the same part is taken off each time. The points bend away from it: "
                "the less noise is left in the weight, the less there is to gain from a smaller rate.",
            "Steep first, then flatter and flatter":
                "As one over the time does, and it is exactly that.",
            "Flat first, then a steep fall":
                "High as long as there is a way to go, low at the end: so it is with more than one weight, as you will see. "
                "This weight covers half of its way in the first update; from then on it is about noise.",
        },
        right="Steep first, then flatter and flatter",
        out="One over the time, to all digits, with k = λα₀.",
    ),
    "tuning-k": Choice(
        {
            "Ten times too small":
                "It leaves too much noise in, for as long as you look. But a floor that is a few times too high is all that it costs: "
                "compare the two ends of the curve.",
            "Ten times too large":
                "It stops the run on its way, and what is left of a way can be far more than a noise floor.",
            "About the same: only the factor counts":
                "On a logarithmic axis the two mistakes are equally far from the best k. The curve is not symmetric, though: one side "
                "is about noise, the other about distance.",
        },
        right="Ten times too large",
        out="Ten times too large: about eighty times the loss, against 5 times. (With more noise and only 100 updates "
            "the two cost about the same.)",
    ),
    "pair-race": Order(
        ("1/t", "exponential", "linear", "constant"),
        right=("exponential", "linear", "1/t", "constant"),
        wrong=((("1/t", "exponential"), "For one weight 1/t was the best of all, so why not for two? Because each of the two wants "
                                        "another k. A schedule that stays high and then comes down serves both in turn."),
               (("linear", "exponential"), "The straight line is higher for longer and ends at zero. But it has only one number to "
                                           "tune; the exponential can choose its end as well."),
               (("constant", "1/t"), "A constant rate has to be low all the time to keep the steep weight's noise down.")),
        feedback="All three decays beat the constant rate, and they lie close together.",
        out="The exponential has 0.88 and the straight line 0.95 times the loss of the best 1/t; the constant rate has 1.9 times.",
        shown=(),
    ),
    "best-rates-two-weights": Choice(
        {
            "1/t once more, with a k between the two":
                "A compromise for all 200 updates is what the tuned 1/t had to make. Free rates need none: they serve "
                "one weight first and "
                "the other at the end. See where the two curves part.",
            "1/t for most of the way, then a steep drop":
                "First the flat weight, which needs all the time that it can get, then the steep one, which needs little.",
            "High and flat, then a single step down":
                "Nearly, and lesson 07 tries it. But the flat weight has noise of its own, so its rates should fall all the way.",
        },
        right="1/t for most of the way, then a steep drop",
        out="For most of the way the 1/t of the flat weight alone, then a steep drop. The loss is 17 % below that of the best 1/t.",
    ),
    "what-k-buys": Order(
        ("constant", "1/t, k = 1", "1/t, k = 0.1", "linear"),
        right=("linear", "1/t, k = 0.1", ("constant", "1/t, k = 1")),
        wrong=((("1/t, k = 1", "1/t, k = 0.1"), "k = 1 is everybody's example. But it takes most of its rate away in "
                                                "the first five epochs, "
                                                "when the run still has to travel, and even its best first rate does "
                                                "not make up for that."),
               (("1/t, k = 0.1", "linear"), "k = 0.1 leaves a quarter of the rate at the end, and that much of its noise. "
                                            "In the figure the two intervals lie apart.")),
        feedback="In the figure: linear lowest, then k = 0.1; constant and k = 1 can't be told apart.",
        out="Linear, then k = 0.1, which gains about a point over constant. k = 1 is a tie with the constant rate.",
    ),
}

EXERCISES = {
    "fifth-pass": Exercise(
        answer=0.3 / 3.5,
        right="The fifth pass is epoch 5 when counted from 1: 0.3 / (1 + 0.5 · 5).",
        wrong=(
            (0.1, "That is epoch 4, the fifth pass counted from 0. This report counts from 1."),
            (0.3 / 6, "That is k = 1. Here k is 0.5: it multiplies the epoch, not the 1."),
            (0.3 / 2.5, "The 1 in the denominator is missing: 1 + k · epoch."),
            (0.3 * 0.5 ** 5, "That halves the rate five times, which is exponential decay. Here the time is divided by."),
        ),
        hint="Decide which number the fifth pass has when counted from 1, then put it into 0.3 / (1 + 0.5 · epoch).",
    ),
    "read-the-log": Exercise(
        answer=48,
        right="The clock counted updates: 1 + 0.5 n is 25 after the first pass.",
        wrong=(
            (25, "25 is by how much the rate was divided: 1 + 0.5 n. Solve for n."),
            (24, "That is 0.5 n: the rate was divided by 25, which is 1 + 0.5 n. What is n?"),
            (50, "Nearly: 0.5 n is 24, not 25, since the formula has a 1 in it."),
            (12.5, "Divide by k, don't multiply: 1 + 0.5 n is 25."),
        ),
        hint="The second pass should have started with 0.2. Suppose that the clock counted updates: 0.3 / (1 + 0.5 n) = 0.012.",
    ),
    "down-to-a-hundredth": Exercise(
        answer=99,
        right="1/A grows by λ²/σ² = 0.25 each time, from 0.25 to 25.",
        wrong=(
            (100, "That starts from 1/A = 0. It starts from 1/4 already."),
            (15.84, "That takes A down by 0.25 each time. It is 1/A that grows by the same amount."),
            (49.5, "That grows by λ each time. Put the best rate into the update: it is λ²/σ²."),
            (24.75, "That is by how much 1/A has to grow, not in how many steps of 0.25."),
        ),
        hint="1/A has to go from 1/4 to 1/0.04, and each update adds λ²/σ².",
    ),
    "exponential-at-2000": Exercise(
        answer=0.97,
        tolerance=0.012,
        figures=2,
        right="From 0.88 to about 0.97: late in a long run the flat weight decides, and for one weight 1/t is best.",
        wrong=(
            (0.88, "That is after 200 updates. Both families have to run for 2000."),
            (1.03, "The other way round: the exponential's loss, divided by that of 1/t."),
            (1.17, "That is the straight line. The question is about the exponential."),
        ),
        hint="Compute expected_loss(pair, SGD(), lr, steps=2000)[:, -1] for both families, with lr of 2000 rates "
             "each, and take the minima.",
    ),
}
