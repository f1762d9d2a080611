"""What the grader of assignments says: to a student in the feedback, to a lecturer in the table."""

ASSIGNMENTS = {"rate": "Find the rate", "curves": "Diagnose five curves", "translate": "Translate and prove", "league": "Into the league"}
LABELS = {
    "rate too low": "It still falls in the last epochs about as fast as in the middle: every step was too short to get there.",
    "rate too high": "It stays far above the others from the first epochs on, and jumps.",
    "noise floor": "It falls fast, then wanders at one height without a trend: a good rate that was never lowered.",
    "cut too early": "It is smooth and nearly flat, far above what the others reach: the steps became short before it had arrived.",
    "cut in time": "It wanders like one at the noise floor, and then drops within an epoch or two.",
    "falls in a line": "Nothing sudden happens, and its noise shrinks to nothing: the rate went to zero in a straight line.",
}
CLOCKS = {
    "early": "It is at update k where it should be at update k + 1: somebody stepped before the first update.",
    "per epoch": "It stays the same for a whole epoch, then moves by one step: it was stepped once per epoch.",
    "twice": "At update k it is where it should be at 2k: it was stepped twice.",
}
# by assignment, what is judged: name: (points, what it is)
RUBRIC = {
    "rate": {"constant": (4, "the best constant rate"), "linear": (4, "the best first rate of a straight line to zero"),
             "batch": (2, "a first try for four times the batch"), "why": (2, "how you searched, and how sure you are: by hand")},
    "curves": {"curve 1": (2, "curve 1"), "curve 2": (2, "curve 2"), "curve 3": (2, "curve 3"), "curve 4": (2, "curve 4"),
               "curve 5": (2, "curve 5"), "why": (2, "what you saw in each: by hand")},
    "translate": {"yours": (3, "your formula at your settings"), "others": (3, "your formula at settings that you haven't seen"),
                  "parted": (2, "the first update at which the record parts"), "clock": (2, "what went wrong in the record"),
                  "why": (2, "your proof: by hand")},
    "league": {"valid": (1, "a schedule that can be trained"), "constant": (4, "better than the best constant rate"),
               "linear": (3, "level with a straight line at its best rate"), "claim": (2, "the error that you claimed"),
               "why": (2, "why you chose it: by hand")},
}
SAYS = {
    "missing": "There is no answer called {name}.",
    "error": "{name} could not be read: {error}.",
    "kind": "{name} is not {allowed}.",
    "near": "Your rate {rate:.3g} ends at {error:.1f} %, the best that we found at {best:.1f} %: as good as can be told.",
    "off": "Your rate {rate:.3g} ends at {error:.1f} %, the best that we found at {best:.1f} %. Look again at rates {way} yours.",
    "above": "above", "below": "below",
    "batch": "With momentum the rate goes with the batch: four times {rate:.3g}.",
    "batch off": "With momentum a first try goes in proportion to the batch: four times the rate that was good before (lesson 03).",
    "label": "Right: {label}. {why}",
    "label off": "You said {said}. Look at its end: is it still falling, flat and smooth, flat and noisy, or did it drop?",
    "label unknown": "{said} is none of the labels: {labels}.",
    "formula": "The same at all {count} updates that were tried.",
    "formula off": "Not the same at {wrong} of {count} updates that were tried. At update {k} yours is {said:.4g}, theirs {meant:.4g}.",
    "parted": "Update {k}.",
    "parted off": "Not there: compare update by update, counted from 0, and look for the first that differs by more than a thousandth.",
    "clock off": "Not that. Plot record and formula in one picture: which of them stays the same for a while, or gets there sooner?",
    "valid": "{count} rates, from {low:.3g} to {high:.3g}.",
    "valid off": "Every rate has to be a number from 0 up, and not all of them zero.",
    "better": "It ends at {error:.2f} %, the best constant rate at {best:.2f} %; the difference is {se:.1f} standard errors.",
    "level": "It ends at {error:.2f} %, the straight line at its best rate at {best:.2f} %; the difference is {se:.1f} standard errors.",
    "claim": "You claimed {said:.2f} %; trained again, with other seeds, it is {error:.2f} %.",
    "time": "Your notebook ran for more than {wall} seconds and was stopped, so its answers could not be read.",
    "killed": "Your notebook's process was ended, by itself or by the system: too much memory or processor time, for example.",
    "refused": "Your notebook was not run: {reason}.",
    "unreadable": "The file is no notebook that can be read.",
    "none": "No notebook {file} was handed in.",
    "cell": "Cell {number} stopped with {error}.",
    "by hand": "read by your lecturer",
    "head": "# {title}: {points:g} of {of}",
    "head_hand": "Up to {points:g} more for your own words, which your lecturer reads.",
    "line": "- **{what}**: {points} of {of}. {say}",
    "progress": "{student}: {points}",
}
