from lrcourse.lessons.exercises import Exercise
from lrcourse.lessons.predictions import Choice

FIGURES = {
    "lm-long": (
        "After 2,000 updates decay wins, at a higher peak",
        "Test loss against the peak, on a logarithmic axis, after 2,000 updates. The constant rate is lowest at 0.003 "
        "and rises to the "
        "right. Linear decay and WSD are lowest at 0.006, a tenth of a nat below it, and rise slowly.",
    ),
    "lm-short": (
        "After 400 updates the constant rate is ahead of linear decay",
        "Test loss against the peak after 400 updates. The constant rate is lowest at 0.006; linear decay only reaches "
        "its lowest value, "
        "above that, at 0.012, and is far above it at low peaks. WSD with the last 20 percent is lowest of all, at 0.006.",
    ),
    "lm-steps": (
        "Adam's first steps are its longest",
        "Mean step of a weight divided by the rate, over 200 updates on a logarithmic axis. Both curves begin at 0.7 or 0.8 "
        "at the second update "
        "and fall to between 0.1 and 0.2; without warm-up within about twenty updates, with it in thirty.",
    ),
    "lm-warmup": (
        "Without warm-up the runs fall behind",
        "Training loss over 200 updates at the rate 0.05. At first the runs without warm-up are ahead; from update 40 "
        "on they lie above those with 50 updates of it.",
    ),
    "lm-clip": (
        "Clipping turns a crash into an ordinary curve",
        "Training loss over 200 updates, cut off at 8. Momentum at the rate 1 without clipping leaves the picture "
        "within fifty updates and "
        "comes back as a flat line at 4.6. With clipping it falls like the curve of the rate 0.2, and ends a little above it.",
    ),
    "lm-spike": (
        "Three bad batches: with clipping a smaller jump",
        "Training loss on good batches from update 60 to 160. After three bad batches at update 120 the bare runs jump "
        "by half a nat and "
        "need some thirty updates to come back; the clipped runs rise by about a tenth.",
    ),
    "lm-weight-decay": (
        "0.4 ends lowest, 1.6 highest",
        "Test loss at 100, 200, 300 and 400 updates for three weight decays. At the end 0.4 is lowest, then 0.1; 1.6 is highest "
        "from update 300 on.",
    ),
    "lm-batch": (
        "The larger batch is better everywhere, and flatter to the right",
        "Test loss against eight peaks for batches of 2 and of 8 windows. Batch 2 is lowest near 0.01 and rises to the right. "
        "Batch 8, about 0.15 lower, is flat from 0.0085 to 0.024 and rises less.",
    ),
    "lm-ema": (
        "The average ends where the decay ends",
        "Test loss at 100, 200, 300 and 400 updates. At 100 the average is above linear decay. At 400 the two end "
        "together, below the end of the constant rate, a dot.",
    ),
    "lm-extend": (
        "From the full peak the run goes on, from a tenth it stays",
        "Test loss every 100 updates up to 800. Two runs decayed to zero at 400. Re-warmed to a tenth of the peak, the "
        "loss flattens out "
        "near 2.3. Re-warmed to the whole peak it stands still for 100 updates, then falls nearly to the run planned for 800.",
    ),
    "lm-fine": (
        "What is learned and what is kept pull apart",
        "Test loss after fine-tuning against the fraction of the old peak. On the code it falls from a tenth to the "
        "whole peak and rises "
        "at three times. On the prose it rises all the way.",
    ),
}

EXERCISES = {
    "lm-warmup-length": Exercise(
        answer=40,
        right="40 updates, whatever the length of the run.",
        wrong=(
            (20, "That is 1/(1 - β₂), the memory of s. The rule takes twice that."),
            (38, "2/(1 - β₂), without a β₂ on top: 2/0.05."),
            (2000, "That would be β₂ = 0.999."),
            (200, "That is β₂ = 0.99, as in this lesson."),
        ),
        hint="2 divided by 1 - 0.95.",
    ),
    "lm-memory": Exercise(
        answer=0.1,
        right="A tenth of the run.",
        wrong=(
            (5000, "That is the memory in steps. Which share of 50,000 is it?"),
            (10, "The other way round: memory over length."),
        ),
        hint="1/(0.002 · 0.1) steps, divided by 50,000.",
    ),
    "lm-equal-text": Exercise(
        answer=lambda ahead: 0.03 < float(ahead) < 0.17,
        right="About 0.07 at equal text. At equal updates it was the other way round, by 0.15.",
        wrong=(
            (lambda ahead: -0.17 < float(ahead) < -0.03,
             "Mind the sign, or the length: after 200 updates the small batch is 0.15 *behind*. Give it 800."),
            (lambda ahead: float(ahead) > 2, "That is a loss. By how much is it below that of the larger batch?"),
        ),
        hint="train(language(batch_size=2, held_out='test'), OPTIMIZER, line(peak, 8), epochs=8, seeds=range(4)) at both peaks; "
             "then middle[8].min() less the lower of the two mean losses at the end.",
    ),
    "lm-fraction": Exercise(
        answer=0.3,
        right="About a third of a nat is lost there, more than 0.4 at the whole peak.",
        wrong=(
            (0.1, "That keeps more than you have to; the next one does too."),
            (1.0, "Close, but it loses more than 0.4. Compare with what the model had before, not with the lowest point."),
            (3.0, "That loses most of all."),
        ),
        hint='two["on the prose, kept"] less end.mean(), for each of the parts: which are below 0.4?',
    ),
}


PREDICTIONS = {
    "lm-short": Choice(
        {"yes, by about as much": "The rule from long runs doesn't hold at any length: the line of linear decay ends above.",
         "yes, and by more": "Every update counts, and that is why those at a low rate are missed. Its lowest point "
                             "lies above the constant "
                             "rate's.",
         "no": "It ends 0.03 above the constant rate, each at its best peak. A short cooldown still helps."},
        right="no", out="After 400 updates linear decay is 0.03 behind the constant rate, in the mean of six seeds, "
                        "and WSD with the last 20 % is ahead of both."),
    "lm-warmup": Choice(
        {"lost": "In lesson 08 they were. Layer norm and Adam's division bound each step, so nothing explodes: the "
                 "curve falls like the "
                 "others, a little above them.",
         "behind": "By about 0.15, and no sign of it in the curve itself. Clipping doesn't change it.",
         "ahead": "In the first twenty updates they are. Then the curves cross."},
        right="behind", out="Behind by about 0.15 after 200 updates."),
    "lm-clip": Choice(
        {"explodes, later": "A clipped gradient is at most 1 long, so a step of momentum is bounded; nothing in the "
                            "curve explodes. (At a rate of 2 it would.)",
         "trains, and ends about where the rate 0.2 ends": "It looks so at first sight. At the end it lies above, by 0.1.",
         "trains, without any alarm, and ends worse": "An ordinary curve, 0.1 too high."},
        right="trains, without any alarm, and ends worse", out="Clipped, the rate 1 trains and ends about 0.1 above "
                                                               "the rate 0.2."),
    "lm-spike": Choice(
        {"at once": "Three of 200 updates, but three long steps in a row: the bare curve starts half a nat up.",
         "after ten updates": "By then m has lost two thirds of it, but it has carried the weights off: the curve is still up.",
         "later than that": "Some thirty updates. Runs without the bad batches are ahead of them for longer still."},
        right="later than that", out="Bare, the loss is still up by about 0.1 ten updates later; clipped, by a third of that."),
    "lm-weight-decay": Choice(
        {"each helps more than the one before": "It goes on to 0.4. At 1.6 all of it is lost again.",
         "neither changes much": "0.4 gains 0.03, about what a good schedule gains in so short a run, and 16 seeds know it to 0.005.",
         "0.4 helps, 1.6 does harm": "The more the better ends somewhere. At half and at twice the peak 0.4 is best, too."},
        right="0.4 helps, 1.6 does harm", out="0.4 ends 0.03 below 0.1, 1.6 as far above it."),
    "lm-batch": Choice(
        {"the same": "So it looks on a grid of factors of two. With finer steps the parabola of the larger batch is lowest further right, "
                     "in 95 of 100 resamplings by 1.25 at least.",
         "higher, by less than twice": "By 1.4 or so: these runs are too short for noise to be all that limits.",
         "twice as high": "The rule for Adam, where noise is what limits. In 200 updates travel counts as well, and it is 1.4 or so.",
         "four times as high": "The rule for SGD. Both curves have turned before that."},
        right="higher, by less than twice", out="About 1.4 times as high (16 seeds: 1.25 to 1.5)."),
    "lm-ema": Choice(
        {"decay, EMA, constant": "The constant rate is last. Between the other two three seeds can't tell.",
         "EMA, decay, constant": "The constant rate is last. Between the other two three seeds can't tell.",
         "constant, EMA, decay": "Short runs favour the constant rate, but at a lower peak. At 0.012 its noise shows: "
                                 "it is last."},
        right=("decay, EMA, constant", "EMA, decay, constant"), out="EMA and decay level, the constant rate 0.05 above."),
    "lm-extend": Choice(
        {"it stays 0.1 or more behind": "So does the run from a tenth. The first 100 updates from the full peak bring nothing; then "
                                        "it falls as fast as the planned run did.",
         "it ends within 0.05 of the planned run": "0.02 behind, in the mean of eight seeds; from a tenth of the peak 0.17.",
         "it ends 0.1 or more ahead": "Two decays are no better than one: what counts is travel, then rest at the end."},
        right="it ends within 0.05 of the planned run", out="From the full peak 0.02 ± 0.01 behind, from a tenth 0.17 ± 0.01 (8 seeds)."),
    "lm-fine": Choice(
        {"a tenth of the peak": "Good advice for keeping the old text; the other line shows what it saves. The code is "
                                "learned least.",
         "about all of it": "There the line on the code is lowest. At a tenth it is more than 0.25 higher.",
         "three times the peak": "Lower than a tenth, but above the whole peak."},
        right="about all of it", out="On the code the whole peak is best; on the prose the more the worse."),
}
