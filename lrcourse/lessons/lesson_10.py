from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "nineteen-schedules": (
        "Nineteen ways from a peak to the end, as they were trained",
        "Nineteen small pictures of a learning rate over a run: constant, two of one over t, inverse square root, "
        "exponential, two staircases, one that falls on a plateau, linear, quadratic, cosine, three of them with warm-up, two "
        "with three cycles, 1cycle, two that stay up and fall at the end, and REX.",
    ),
    "luck": (
        "Chance alone seldom gets this far",
        "How often random sign flips give which mean difference: a bell around zero, almost gone at the measured difference "
        "of not quite two images.",
    ),
    "league-plain": (
        "Many share the lead, some are behind",
        "Nineteen schedules in order of their mean test error, in a column for momentum and one for Adam. The best, WSD with "
        "a long cooldown, has 3.7 percent; about ten more are filled like it. An early step, three cosine cycles, constant "
        "and one over t with k = 1 are hollow in both columns, at 4.6 to 6 percent.",
    ),
    "league-tasks": (
        "The same schedules lead, in another order",
        "The same chart for the second task. WSD with a long cooldown, REX, linear, cosine and both of these with a warm-up "
        "are filled in both columns, at about 2.5 to 2.8 percent. The constant rate, at 3.9 percent, and both one over t are "
        "hollow in both columns.",
    ),
    "league-gain": (
        "The task decides the gain, not the optimizer",
        "Error saved by linear decay on four tasks, for momentum and for Adam. Easy: almost none. Plain and batch norm: about "
        "one point. Noisy labels: about two. The two columns look alike.",
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
    "holm-first": Exercise(
        answer=0.05 / 171,
        tolerance=0.003, figures=2,
        right="The smallest of 171 is multiplied by 171. One pair alone would have passed at 0.05.",
        wrong=(
            (0.05, "That is the bar for a single test. Holm multiplies the smallest of m p-values by m."),
            (0.05 / 19, "You divided by the number of schedules. What is tested are the pairs: 19 * 18 / 2."),
            (0.05 / 342, "You counted each pair twice: linear against cosine is the same test as cosine against linear."),
            (0.05 / 170, "The second smallest is multiplied by 170. The smallest by the number of all pairs."),
        ),
        hint="The smallest of m p-values is multiplied by m, and has to stay below 0.05. Here m is the number of pairs, 171.",
    ),
    "errors-apart": Exercise(
        answer=0.5 / 0.18 ** 0.5,
        tolerance=0.02,
        right="A difference has the variance of both, so its standard error is 0.3 times the square root of 2. "
              "That is well below 2: no finding.",
        wrong=(
            (0.5 / 0.3, "You divided by the standard error of one mean. The difference of two means has the variance of both."),
            (0.5 / 0.6, "Standard errors don't add up, their squares do."),
            (0.5 / 0.15, "The average of two standard errors, halved, belongs to a mean of both. Here is a difference."),
            (0.5, "That is the difference in percentage points. How many of its standard errors is it?"),
        ),
        hint="Divide the difference, 0.5, by its standard error, which is the square root of 0.3² + 0.3².",
    ),
}
