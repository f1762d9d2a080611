import numpy as np

from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice

FIGURES = {
    "llm-noise": (
        "Two runs of one setting differ in the third decimal",
        "Sixteen differences between two runs of the same setting, in order: from 0.0002 to 0.0038, half of them below 0.0015.",
    ),
    "llm-peaks": (
        "Under decay the best peak is higher, and the loss lower",
        "Final loss of the 124 M model after 50,000 steps at five peaks, on a logarithmic axis. The constant rate is "
        "lowest at 5e-4 and "
        "rises steeply to the right. Cosine and linear decay lie together, far below it except at 1e-4, and are lowest "
        "at 2e-3.",
    ),
    "llm-zero-or-tenth": (
        "Zero wins where the peak is high, a tenth where it is too low",
        "Final loss at four peaks for a cosine that ends at a tenth and one that ends at zero. At 1e-4 the tenth is a "
        "little lower; "
        "from 5e-4 on zero is lower, and at 2e-3 the gap is widest.",
    ),
    "llm-cooldown": (
        "The higher the peak, the longer the best cooldown",
        "Loss above the best cooldown, against the length of the cooldown in percent, for four peaks. At 1e-4 the "
        "curve is lowest at 20 "
        "percent and rises to the right; at 2e-3 it falls steeply from 10 percent and is flat from 60 percent on; the "
        "others lie between.",
    ),
    "llm-families": (
        "At the best peak three ways to zero end together",
        "Final loss after 50,000 steps at four peaks. Cosine to zero, linear and WSD with 60 percent meet at the peaks "
        "1e-3 and 2e-3; "
        "at 1e-4 WSD is lower. The cosine to a tenth lies above them at high peaks and turns upwards.",
    ),
    "llm-steps": (
        "15,000 decayed steps beat 50,000 constant ones",
        "Final loss of decayed runs of 15,000, 25,000, 35,000 and 50,000 steps as points, falling from 3.09 to 2.95. "
        "All lie below a "
        "horizontal line at 3.11, the constant rate after 50,000 steps.",
    ),
    "llm-wrong-peak": (
        "At 124 M half the best peak costs little",
        "Loss above each schedule's own best, at five peaks. Cosine and linear decay: near zero at 1e-3 and 2e-3, a "
        "little at 3e-3, 0.03 "
        "at 5e-4, 0.18 at 1e-4. The constant rate: zero at 5e-4, rising steeply to the right.",
    ),
    "llm-forecast": (
        "Forecasts get the order, coarsely, and miss the losses",
        "Published losses of 132 runs against their forecasts, with the line where both agree. Both clouds rise along "
        "the line. Where the "
        "published loss is low, most of the bound's forecasts lie near 3.05, too high; the quadratic's scatter from "
        "2.9 to 3.15.",
    ),
    "llm-size": (
        "The gain from decay does not shrink with size",
        "Gain over the constant rate for 25, 100 and 400 million weights. Both cooldowns of WSD: from 0.07 to over "
        "0.09, rising. The "
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
        right="The same as at 50,000 steps; 60 % is 0.003 behind, too little to tell from two single runs.",
        wrong=(
            (20, "Close: 3.0495. Look at the others at this peak, too."),
            (60, "3.0474: by two single runs a tie. But one of the others is a little lower."),
            (0.4, "In percent of the run, please."),
        ),
        hint='means(runs, 25_000, f"wsd, last {share} %")[5e-4] for each of the shares; which is lowest?',
    ),
    "llm-too-low": Exercise(
        answer=2.9670 - 2.9513,
        tolerance=0.03,
        right="0.016, half of what linear decay loses there.",
        wrong=(
            (2.9513 - 2.9670, "The other way round: loss at 5e-4 less loss at the best."),
            (2.9812 - 2.9535, "That is linear decay. Ask for \"wsd, last 60 %\"."),
            (2.9670, "That is the loss there. How far above the best is it?"),
        ),
        hint='means(...)[5e-4] less best(...)[1], both of "wsd, last 60 %" at 50_000 steps.',
    ),
    "half-at-120-epochs": Exercise(
        answer=lambda ratio: 0.8 < float(ratio) < 1.3,
        right="About as good as the best, on this grid. Does that make half the peak cheap? The lowest point lies between the two.",
        wrong=(
            (lambda ratio: 1.3 <= float(ratio) < 1.6, "That is what 30 epochs gave. Is the third argument of on_digits 120?"),
            (lambda ratio: 1.6 <= float(ratio) < 2.6, "That is a quarter of the best peak in 30 epochs, or a loss far from the best."),
            (lambda ratio: 0 < float(ratio) < 0.2, "That is a loss. Divide it by the loss at the best peak."),
        ),
        hint='runs = {peak: on_digits("linear", peak, 120) for peak in small_peaks}: choose the best peak by the mean of the first of '
             "each pair, then divide the means of the second, at half of it and at it.",
    ),
}


PREDICTIONS = {
    "llm-noise": Choice(
        {"about 0.0015": "In the middle of the sixteen; the largest difference is 0.004.",
         "about 0.015": "That is what one expects from small models, and a tenth of what decay brings here. The axis ends at 0.004.",
         "about 0.15": "On the digits two runs do differ by such a part of their loss. Here 0.15 would be as much as "
                       "decay itself "
                       "brings; the axis ends at 0.004."},
        right="about 0.0015", out="Half of the sixteen differences are below 0.0015, and none is above 0.004."),
    "llm-peaks": Choice(
        {"lower": "AdamW does scale each weight's step, but it doesn't shrink them together. Look at 1e-4: there "
                  "decayed and constant "
                  "runs end at the same height, far above the best.",
         "the same": "The peak is the same number, but it means another thing when the end takes care of the noise: at "
                     "5e-4 the decayed "
                     "curves are still falling.",
         "higher": "Decayed runs do best at 2e-3, four times the constant rate's best."},
        right="higher", out="The constant rate is best at 5e-4, the decayed runs at 2e-3."),
    "llm-zero-or-tenth": Choice(
        {"a tenth is better": "At 1e-4 it is, where the run hasn't travelled far enough. At the peaks one would "
                              "choose, zero is lower.",
         "level": "On the digits they were. Here the curves are well apart at 1e-3 and 2e-3, by more than ten times "
                  "the 0.0012 to which one run is known.",
         "zero is better, by more than ten times the noise": "2.954 against 2.982, each at its best peak."},
        right="zero is better, by more than ten times the noise",
        out="Zero ends 0.028 below a tenth at the best peaks; at 1e-4 it is the other way round."),
    "llm-cooldown": Choice(
        {"longer at the low peak": "A low rate does settle slowly, but it has little to settle: what it lacks is "
                                   "travel. The curve of "
                                   "1e-4 rises from 20 % on.",
         "the same share": "Rules of thumb give one share. Follow the lowest points: 60 %, 60 %, 40 %, 20 %.",
         "shorter at the low peak": "20 % at 1e-4, 60 % at 2e-3."},
        right="shorter at the low peak", out="At 2e-3 the last 60 % was best, at 1e-4 the last 20 %."),
    "llm-families": Choice(
        {"less than 0.004": "At 50,000 steps it is 0.003. (At 25,000 WSD leads the cosine by 0.012.)",
         "about 0.03": "That is the distance to those that don't reach zero, or reach it in a hurry. The three that do "
                       "lie together.",
         "about 0.15": "That is decay against none. Which way down matters far less than going down."},
        right="less than 0.004", out="2.9543, 2.9535 and 2.9513: within 0.003."),
    "llm-steps": Choice(
        {"about 45,000": "The loss curve is flat at the end, so it looks as if decay only saved the last bit. But the "
                         "constant run is held up by its noise.",
         "about 30,000": "Between 25,000 and 35,000 the decayed runs are far below the line already.",
         "15,000 or fewer": "3.091 after 15,000 steps, against 3.110."},
        right="15,000 or fewer", out="The decayed run of 15,000 steps ends at 3.091, below the 3.110 of 50,000 "
                                     "constant steps."),
    "llm-wrong-peak": Choice(
        {"under 0.001": "The curve is flat there, but not that flat: 0.007 is several times the noise of one run.",
         "under 0.01": "0.007.",
         "about 0.05": "That is more than a quarter of the best peak costs (0.028). To the left the curve rises slowly."},
        right="under 0.01", out="Half the best peak costs 0.007, a quarter 0.028, and two and a half times lost the run."),
    "llm-forecast": Choice(
        {"about 0.002": "It would be lovely. Convexity is a strong wish for a transformer: the points lie some "
                        "hundredths off the line.",
         "about 0.05": "For both; without theory, linear decay's loss at the same peak is off by 0.06.",
         "about 0.3": "All losses lie within 0.34 of each other, and the clouds follow the line: something carries over."},
        right="about 0.05", out="Off by 0.05 on average, with the order right in the rough."),
    "llm-size": Choice(
        {"smaller": "Larger models do tolerate more, but all three lines rise.",
         "the same": "From the first to the last it grows by 0.024. Four losses, each good to 0.005, leave 0.01 of doubt, "
                    "and all three lines rise.",
         "larger": "0.095 at 400 million. One run each, one peak: an observation."},
        right="larger", out="The gain grew from 0.071 to 0.095."),
}
