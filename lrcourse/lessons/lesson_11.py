import numpy as np

from lrcourse.lessons.exercises import Exercise

FIGURES = {
    "llm-noise": (
        "Two runs of one setting differ in the third decimal",
        "Sixteen differences between two runs of the same setting, in order: from 0.0002 to 0.0038, half of them below 0.0015.",
    ),
    "llm-peaks": (
        "Under decay the best peak is higher, and the loss lower",
        "Final loss of the 124 M model after 50,000 steps at five peaks, on a logarithmic axis. The constant rate is lowest at 5e-4 and "
        "rises steeply to the right. Cosine and linear decay lie together, far below it except at 1e-4, and are lowest at 2e-3.",
    ),
    "llm-zero-or-tenth": (
        "Zero wins where the peak is high, a tenth where it is too low",
        "Final loss at four peaks for a cosine that ends at a tenth and one that ends at zero. At 1e-4 the tenth is a little lower; "
        "from 5e-4 on zero is lower, and at 2e-3 the gap is widest.",
    ),
    "llm-cooldown": (
        "The higher the peak, the longer the best cooldown",
        "Loss above the best cooldown, against the length of the cooldown in percent, for four peaks. At 1e-4 the curve is lowest at 20 "
        "percent and rises to the right; at 2e-3 it falls steeply from 10 percent and is flat from 60 percent on; the others lie between.",
    ),
    "llm-families": (
        "At the best peak three ways to zero end together",
        "Final loss after 50,000 steps at four peaks. Cosine to zero, linear and WSD with 60 percent meet at the peaks 1e-3 and 2e-3; "
        "at 1e-4 WSD is lower. The cosine to a tenth lies above them at high peaks and turns upwards.",
    ),
    "llm-steps": (
        "15,000 decayed steps beat 50,000 constant ones",
        "Final loss of decayed runs of 15,000, 25,000, 35,000 and 50,000 steps as points, falling from 3.09 to 2.95. All lie below a "
        "horizontal line at 3.11, the constant rate after 50,000 steps.",
    ),
    "llm-wrong-peak": (
        "Half the best peak costs little",
        "Loss above each schedule's own best, at five peaks. Cosine and linear decay: near zero at 1e-3 and 2e-3, a little at 3e-3, 0.03 "
        "at 5e-4, 0.18 at 1e-4. The constant rate: zero at 5e-4, rising steeply to the right.",
    ),
    "llm-forecast": (
        "Forecasts get the order, coarsely, and miss the losses",
        "Published losses of 132 runs against their forecasts, with the line where both agree. Both clouds rise along the line. Where the "
        "published loss is low, most of the bound's forecasts lie near 3.05, too high; the quadratic's scatter from 2.9 to 3.15.",
    ),
    "llm-size": (
        "The gain from decay does not shrink with size",
        "Gain over the constant rate for 25, 100 and 400 million weights. Both cooldowns of WSD: from 0.07 to over 0.09, rising. The "
        "cosine: from 0.04 to 0.08, rising.",
    ),
}

EXERCISES = {
    "llm-yardstick": Exercise(
        answer=0.002 / (np.sqrt(2) * 0.0012),
        tolerance=0.03,
        right="1.2 deviations: two runs of one setting often differ by that much.",
        wrong=(
            (0.002 / 0.0012, "That compares the difference of two runs with the deviation of one. Both runs are noisy."),
            (0.002 / 0.0024, "Deviations of independent runs add in squares: the factor is √2, not 2."),
        ),
        hint="The variance of a difference is the sum of both variances, so its deviation is √2 · 0.0012.",
    ),
    "llm-best-cooldown": Exercise(
        answer=40,
        right="The same as at 50,000 steps.",
        wrong=(
            (20, "Close: 3.0495. Look at the others at this peak, too."),
            (60, "3.0474, almost the best. Which is below it?"),
            (0.4, "In percent of the run, please."),
        ),
        hint='means(runs, 25_000, f"wsd, last {share} %")[5e-4] for each of the shares; which is lowest?',
    ),
    "llm-too-low": Exercise(
        answer=2.9670 - 2.9513,
        tolerance=0.01,
        right="0.016, half of what linear decay loses there.",
        wrong=(
            (2.9513 - 2.9670, "The other way round: loss at 5e-4 less loss at the best."),
            (2.9812 - 2.9535, "That is linear decay. Ask for \"wsd, last 60 %\"."),
            (2.9670, "That is the loss there. How far above the best is it?"),
        ),
        hint='means(...)[5e-4] less best(...)[1], both of "wsd, last 60 %" at 50_000 steps.',
    ),
}
