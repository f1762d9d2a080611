from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice, Number, Order

FIGURES = {
    "nineteen-schedules": (
        "Nineteen ways from a peak to the end, as they were trained",
        "Nineteen small pictures of a rate over a run: constant, 1/t, inverse root, exponential, stairs, plateau, linear, "
        "quadratic, cosine, some with warm-up, three cycles, 1cycle, WSD and REX.",
    ),
    "league-plain": (
        "Many share the lead, some are behind",
        "Schedules in order of their mean test error, in columns for momentum and Adam. The best, WSD with a long cooldown, has "
        "3.7 percent; about ten more are filled like it. An early step, three cosine cycles, constant and 1/t with k = 1 are "
        "hollow in both, at 4.6 to 6 percent.",
    ),
    "luck": (
        "Chance alone seldom gets this far",
        "How often random sign flips give which mean difference: a bell around zero, almost gone at the measured difference "
        "of not quite two images.",
    ),
    "league-tasks": (
        "The same schedules lead, in another order",
        "The same chart for the second task. WSD with a long cooldown, REX, linear and cosine are filled in both columns, at "
        "about 2.5 to 2.8 percent. The constant rate, at 3.9 percent, and both 1/t are hollow in both.",
    ),
    "fit-or-generalise": (
        "A better fit is a part of the gain, not all of it",
        "Test error with two standard errors. The constant rate after 30 epochs: above five percent. Linear after 21 epochs, at "
        "the same training loss: a little below five. Linear after 30: four.",
    ),
    "league-gain": (
        "The gain differs between tasks, hardly between optimizers",
        "Error saved by linear decay on four tasks, for momentum and for Adam. Easy: almost none. Plain and batch norm: about "
        "one point. Noisy labels: about two. The two columns look alike.",
    ),
}

PREDICTIONS = {
    "league-plain": Choice(
        {"None or one: there is a winner":
             "Most papers have one. Here the best mean has a long row of filled dots below it.",
         "Seven to twelve":
             "Yes, and not quite the same ones under momentum and Adam.",
         "All but the constant rate":
             "Decay is not everything: fast 1/t, steps and cycles are hollow too, so how one decays does matter.",
         "All nineteen":
             "With a few seeds it would look so. With 32 the bars are short enough for some."},
        right="Seven to twelve",
        out="About ten in each column can't be told from the best; the rest can.",
    ),
    "winners": Number(
        right=(14, 18), low=1, high=19, whole=True, unit="schedules",
        out="Sixteen of the nineteen won for somebody, the constant rate among them.",
        shown=(),
        feedback=(
            (1, 4, "That would need differences larger than the luck of one run. The spread between seeds is as large as the whole "
                   "leading group is wide."),
            (5, 13, "Luck reaches further down: even the constant rate has its day."),
            (19, 19, "Nearly. Three are so far behind that no seed in 32 brings them to the top."),
        ),
    ),
    "false-alarms": Number(
        right=(6, 12), low=0, high=60, whole=True, unit="pairs",
        out="Eight or nine on average, one in twenty; in an unlucky league several times as many.",
        shown=(),
        feedback=(
            (0, 5, "p < 0.05 means: so far from zero in one case of twenty, by chance. With 171 tries that adds up."),
            (13, 60, "In an unlucky league, yes, since pairs share schedules. On average it is one in twenty."),
        ),
    ),
    "other-images": Choice(
        {"Hardly wider":
             "Yes: what the spread over seeds shows is already mostly accidents of single images.",
         "About twice as wide":
             "So says a bootstrap that redraws seeds and images together, nearly. It counts the noise of a single image in a single "
             "run three times.",
         "Many times as wide: 399 images are few":
             "For the error itself you would be near. In a difference, an image that is hard for both cancels."},
        right="Hardly wider",
        out="0.1 to 0.7 points in either case; for the constant rate against linear 0.6 to 1.5.",
        shown=(),
    ),
    "league-tasks": Choice(
        {"The same schedules, in the same order":
             "The same groups. But inside a group the order was mostly chance the first time, so it doesn't come back.",
         "Much the same ones, in another order":
             "Yes, though one of the first league's leaders, WSD with the short cooldown, is hollow here under momentum.",
         "Others: to each task its schedule":
             "A natural thought, and true of some tasks (lesson 15). Here six schedules are filled in all four columns, and the constant "
             "rate is hollow in all."},
        right="Much the same ones, in another order",
        out="WSD with a long cooldown, REX, linear and cosine lead both; the constant rate and fast 1/t are behind in both.",
    ),
    "fit-or-generalise": Choice(
        {"The same: what decay does is lower the training loss":
             "That is about half of it. But at the same training loss a gap is left, in this and in other lengths of training.",
         "Linear's, a little":
             "Yes, by 0.6 points, of 1.3 in all.",
         "The constant rate's: it has trained for longer":
             "Longer, but to no better fit, and its last weights are noisier."},
        right="Linear's, a little",
        out="At the same training loss linear is ahead by 0.6 ± 0.2 points, in the same time by 1.3 ± 0.2 (128 seeds).",
    ),
    "league-gain": Order(
        ("plain", "easy", "noisy labels", "batch norm"),
        right=("noisy labels", ("plain", "batch norm"), "easy"),
        wrong=(
            (("easy", "noisy labels"), "Where everything can be fitted, the gradients of the batches agree at the end, and there is no "
                                       "noise left for a decay to remove."),
            (("plain", "noisy labels"), "Wrong labels pull the weights in directions that don't agree: more noise, a higher floor, more "
                                        "to gain."),
            (("batch norm", "noisy labels"), "Wrong labels pull the weights in directions that don't agree: more noise, a higher floor, "
                                             "more to gain."),
        ),
        feedback="Ask on each task what keeps the constant rate up: the noise of the batches at the end.",
        out="Noisy labels about two points, plain and batch norm about one, easy next to none.",
    ),
    "momentum-or-adam": Choice(
        {"Momentum, clearly":
             "It is what one reads. The four intervals all have zero in them, or lie on Adam's side.",
         "Adam, clearly":
             "On the easy task it leans that way. Corrected for four questions, that is no finding.",
         "No difference can be shown":
             "Yes; and Adam gains half a point or more wherever momentum does."},
        right="No difference can be shown",
        out="Momentum minus Adam: 0.0, +0.2, -0.3 and +0.4 points, none of them beyond chance.",
        shown=("league-gain",),
    ),
    "adam-default": Choice(
        {"It helps, by less than at the best peak":
             "It would if there were a floor to remove. At 0.001 the run is still on its way when it ends.",
         "Nothing that shows":
             "It does show: decay halves the distance that the run can travel.",
         "It makes things worse":
             "Yes, by some two to three points."},
        right="It makes things worse",
        out="It costs over two points; at each one's best peak it saves one.",
        shown=(),
    ),
    "peak-or-schedule": Choice(
        {"Less: peaks are forgiving, schedules are chosen with care":
             "Forgiving on the low side, under momentum: half costs half a point. Too high, the run ends on a higher floor, or breaks.",
         "About the same":
             "That is what half the best peak costs. Double costs more.",
         "Several times as much":
             "Yes, so that is where to spend your runs."},
        right="Several times as much",
        out="Under momentum double the best peak costs some 2.5 points and half 0.5; under Adam both cost about 1. The group is 0.5 wide.",
        shown=(),
    ),
}

EXERCISES = {
    "seeds-at-least": Exercise(
        answer=6,
        right="Six seeds have 64 ways to choose signs, and two of them are as extreme: 2/64 = 0.031. Five give 2/32 = 0.063.",
        wrong=(
            (5, "Five seeds have 2⁵ = 32 ways, and all plus or all minus are both as far from zero: 2/32 = 0.063, above 0.05."),
            (4, "Four seeds have 2⁴ = 16 ways, and two of them are as far from zero: 2/16 = 0.125."),
            (20, "That is 1/0.05, but the ways to choose signs double with each seed: you need far fewer."),
            (32, "The league has 32, to find small differences that don't show in every seed. How few could do at best?"),
        ),
        hint="With n seeds there are 2ⁿ ways to choose signs, and two of them, all plus and all minus, are as far from "
             "zero as it gets. Find the first n with 2/2ⁿ below 0.05.",
    ),
    "twelve-epochs": Exercise(
        answer=lambda error: 0.04 < float(error) < 0.07,
        right="As good as the tuned linear, cosine or long WSD of 12 epochs, near 0.06. Is your defence one that you could have "
              "written before the trials?",
        wrong=(
            (lambda error: 0.07 <= float(error) <= 0.3, "Others get to 0.06 in 12 epochs. Does your schedule end at zero at epoch 12, "
                                                        "not 30? Is its peak near 0.1?"),
            (lambda error: 1 < float(error) < 30, "Give it as a fraction: 6 % is 0.06."),
            (lambda error: 0 < float(error) <= 0.04, "That is better than anything we found in 12 epochs. Is it the mean over 16 "
                                                     "seeds, on the test half, after epoch 12?"),
        ),
        hint="run = train(task.half('test'), OPTIMIZERS['momentum'], your_schedule, 12, range(16)); then run.test_error[:, -1].mean().",
    ),
}
