"""``lrcourse grade FOLDER``: assignments that were handed in, judged; a table, and feedback for each student.

FOLDER holds a folder for each student, named by the number the variant was made with, and somewhere in it the notebooks
rate.ipynb, curves.ipynb, translate.ipynb, league.ipynb, as nbgrader collects them into ``submitted`` too. What a notebook
computes is computed in a process that can do no harm (jail.py); what it is worth is judged here, with seeds and keys that
never were in that process (judge.py).
"""

import csv
import json
import re
from pathlib import Path

from lrcourse.grading import inside, jail
from lrcourse.grading.judge import marks, wanted
from lrcourse.grading.variants import NAMES, given, key
from lrcourse.lessons.graded import ASSIGNMENTS, RUBRIC, SAYS

FIELDS = ["student", "assignment", "points", "of", *dict.fromkeys(name for rubric in RUBRIC.values() for name in rubric), "note"]
TEXT = {"encoding": "utf-8", "errors": "backslashreplace"}     # a student's words may hold what UTF-8 has not, lone surrogates


def protected():
    """Whether this system can keep a student's code from other files: Linux with Landlock, version 3 or later (6.2)."""
    return inside.landlock_version() >= 3


def read_secret(path):
    """The secret in a key file. ValueError if it has none."""
    try:
        secret = json.loads(Path(path).read_text(encoding="utf-8"))["secret"]
    except (OSError, ValueError, KeyError, TypeError):
        secret = None
    if not isinstance(secret, str) or len(secret) < 16:
        raise ValueError(f"key={str(path)!r} is not allowed in grade: the key.json of the instructor's edition")
    return secret


def grade(folder, secret, out, protect=True, say=lambda text: None):
    """Grade every student in ``folder``; writes ``grades.csv`` and feedback into ``out``, student by student.

    Returns the rows of the table. ``protect=False`` runs students' code where it can reach the files that you can.
    """
    folder, out = Path(folder), Path(out)
    students = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    with (out / "grades.csv").open("w", newline="", **TEXT) as file:
        table = csv.DictWriter(file, FIELDS, restval="")
        table.writeheader()
        for student in students:
            handed = {name: next(found(student, f"{name}.ipynb"), None) for name in NAMES}
            pages = []
            for name, path in handed.items():
                row, page = graded(name, student.name, secret, path, protect)
                table.writerow(row)
                rows.append(row)
                pages.append(page)
            file.flush()        # what is done stays done, whatever comes
            (out / f"{student.name}.md").write_text("\n".join(pages), **TEXT)
            say(SAYS["progress"].format(student=student.name, points=" ".join(f"{row['points']:g}" for row in rows[-len(NAMES):])))
    return rows


def found(student, file):
    """The files of that name in a student's folder; no pipe or device, which may never end, and no link to another's folder."""
    own = lambda path: path.is_file() and path.resolve().is_relative_to(student.resolve())
    return filter(own, sorted(student.rglob(file)))


def graded(assignment, student, secret, path, protect=True, **limits):
    """One assignment of one student: a row of the table, and the feedback as markdown."""
    task, hidden = given(assignment, student, secret), key(assignment, student, secret)
    values, errors, note = {}, {}, SAYS["none"].format(file=f"{assignment}.ipynb")
    if path is not None and (cells := code_of(path)) is None:
        note = SAYS["unreadable"]
    elif path is not None:
        values, errors, ended = jail.run(cells, wanted(assignment, task, hidden), protect=protect, **limits)
        why, _, reason = ended.partition(": ")
        note = SAYS[why].format(wall=(jail.LIMITS | limits)["wall"], reason=reason) if ended else ""
    judged = marks(assignment, task, hidden, values)
    points = sum(each for each, _ in judged.values())
    most = {name: of for name, (of, _) in RUBRIC[assignment].items()}
    row = {"student": student, "assignment": assignment, "points": points, "of": sum(most[name] for name in judged),
           **{name: each for name, (each, _) in judged.items()}, "note": note}
    lines = [SAYS["head"].format(title=ASSIGNMENTS[assignment], points=points, of=row["of"]), ""]
    lines += [note, ""] if note else []
    lines += [SAYS["cell"].format(number=number, error=error) for number, error in errors.items()] + [""] * bool(errors)
    lines += [SAYS["line"].format(what=RUBRIC[assignment][name][1], points=f"{each:g}", of=most[name], say=said)
              for name, (each, said) in judged.items()]
    return row, "\n".join([*lines, "", SAYS["head_hand"].format(points=most["why"]), ""])


def code_of(path):
    """The code cells of a notebook as pairs (number, source), without the lines that are IPython's; None if it is no notebook."""
    try:
        cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
        sources = [(number, "".join(cell["source"])) for number, cell in enumerate(cells, 1) if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return [(number, as_python(source)) for number, source in sources]


def as_python(source):
    """A cell without its lines that are IPython's: magics, commands of the shell and questions such as ``train?``."""
    try:
        compile(source, "cell", "exec")
        return source       # where it is Python as it stands, a line may begin with %
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return re.sub(r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??[ \t]*)$", r"\1pass", source, flags=re.M)
