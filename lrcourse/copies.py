"""Copies of the lessons to work in: made without outputs, and brought up to date without losing what was typed.

A copy is merged with a new edition of its lesson cell by cell, known by their ids, and line by line within a cell. For that
the course folder holds a file ``.lrcourse``, with the text that each copy was made from; a copy's metadata name that text.
A file is replaced by a finished one or not at all, and the text is kept before a copy names it: so work that is cut off at
any point is taken up by the next call.

(Only the standard library here: hatch_build.py runs this file before anything is installed.)
"""

import hashlib
import json
import os
import re
import secrets
import shutil
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path

HERE = Path(__file__).parent
MARKER = ".lrcourse"


def folder_of_originals():
    """In a checkout notebooks/; an installed package carries them, without outputs."""
    return HERE.parent / "notebooks" if (HERE.parent / "pyproject.toml").is_file() else HERE / "notebooks"


def originals(folder=None):
    """The course's lessons by their names without number: {"why_decay": ("04_why_decay.ipynb", the copy to make of it)}."""
    paths = sorted(Path(folder or folder_of_originals()).glob("[0-9]*_*.ipynb"))
    return {stem(path.name): (path.name, fresh(read(path))) for path in paths}


def stem(name):
    """What stays of a lesson's name when the lessons are numbered anew."""
    return re.sub(r"^\d+_|\.ipynb$", "", name)


def without_outputs(notebook):
    """The same notebook, changed to one that was never run."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def fresh(notebook):
    """A copy to work in, of a lesson: its metadata name its own text."""
    notebook = without_outputs(notebook)
    notebook["metadata"] = {key: notebook["metadata"][key] for key in ("kernelspec", "language_info") if key in notebook["metadata"]}
    name = hashlib.sha256(json.dumps(notebook, sort_keys=True).encode()).hexdigest()[:16]
    notebook["metadata"]["lrcourse"] = {"text": name}
    return notebook


# ---- files ----------------------------------------------------------------------------------------------------------------

def read(path):
    """A notebook whose sources are strings. Raises ValueError where the file is none, for example half of one."""
    try:
        notebook = json.loads(Path(path).read_bytes())
        for cell in notebook["cells"]:
            cell["source"], cell["metadata"] = "".join(cell["source"]), dict(cell["metadata"])
            if cell["cell_type"] not in ("code", "markdown", "raw"):
                raise ValueError(cell["cell_type"])
        notebook["metadata"] = dict(notebook["metadata"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"{Path(path).name} is not a notebook") from error
    return notebook


def written(notebook):
    """As JupyterLab writes it."""
    cells = [cell | {"source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps(notebook | {"cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def replace(path, text):
    """Write a file, whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    with open(beside, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, path)


def set_aside(path, copy=False):
    """Keep a learner's file under a name of its own, ``04_why_decay.mine-2026-11-25.ipynb``; returns the name."""
    kept = sorted(path.parent.glob(f"{path.stem}.mine-*.ipynb"))
    same = [each for each in kept if each.read_bytes() == path.read_bytes()]        # from a call that was cut off
    name = f"{path.stem}.mine-{date.today()}"
    names = [name, *(f"{name}-{number}" for number in range(2, len(kept) + 3))]
    free = same[0] if same else next(each for each in (path.with_name(f"{name}.ipynb") for name in names) if not each.exists())
    if not copy:
        os.replace(path, free)
    else:
        part = path.with_name(f".{path.name}.part")
        shutil.copyfile(path, part)
        os.replace(part, free)
    return free.name


# ---- merging --------------------------------------------------------------------------------------------------------------

def merged_lines(base, mine, new):
    """One text with the changes of both, or None where both changed the same lines.

    >>> merged_lines("rate = ...\\ncheck('x', rate)", "rate = 0.3\\ncheck('x', rate)", "rate = ...\\ncheck('y', rate)")
    "rate = 0.3\\ncheck('y', rate)"
    """
    lines, changes = base.split("\n"), set()
    for text in (mine.split("\n"), new.split("\n")):
        for what, begin, end, a, b in SequenceMatcher(None, lines, text, autojunk=False).get_opcodes():
            if what != "equal":
                changes.add((begin, end, tuple(text[a:b])))
    whole, at, inserted = [], 0, -1
    for begin, end, text in sorted(changes):
        if begin < at or begin == end == inserted:
            return None
        whole += [*lines[at:begin], *text]
        at, inserted = end, begin if begin == end else -1
    return "\n".join(whole + lines[at:])


def merged_keys(base, mine, new):
    """A dict with the changes of both; where both changed a key, mine stays."""
    merged = {key: (new if mine.get(key) == base.get(key) else mine).get(key) for key in {**mine, **new}}
    return {key: value for key, value in merged.items() if value is not None}


def merged_order(base, mine, new):
    """All names of ``mine`` and ``new``: in the order of ``new``, or in the order of ``mine`` if only that was changed."""
    def shared(names):
        return [name for name in names if name in base and name in mine and name in new]
    order, others = (mine, new) if shared(mine) != shared(base) == shared(new) else (new, mine)
    order = list(order)
    for before, name in zip([None, *others], others):
        if name not in order:
            order.insert(order.index(before) + 1 if before else 0, name)
    return order


def with_ids(notebook, base):
    """The cells by id. A cell without one, or with another's, gets that of the cell with its text, or a new one."""
    cells, same = {}, {cell["source"]: name for name, cell in base.items()}
    for cell in notebook["cells"]:
        for name in (cell.get("id"), same.get(cell["source"]), secrets.token_hex(4)):
            if name and name not in cells:
                cells[name] = cell | {"id": name}
                break
    return cells


def merge(base, mine, new):
    """A learner's notebook with what changed from ``base`` to ``new``; and the ids of the cells that could not be merged.

    Answers, edits, moved, new and deleted cells of the learner stay; where we and the learner changed the same lines of a
    cell, ours stand. A cell whose code is still the learner's keeps its outputs.
    """
    old = {cell["id"]: cell for cell in base["cells"]}
    ours = {cell["id"]: cell for cell in new["cells"]}
    theirs = with_ids(mine, old)
    cells, lost = [], []
    for name in merged_order(list(old), list(theirs), list(ours)):
        a, b, c = old.get(name), theirs.get(name), ours.get(name)
        if b is None or c is None:
            known = a is not None and (b is None or (a["source"], a["cell_type"]) == (b["source"], b["cell_type"]))
            if not known:       # otherwise one of us deleted it
                cells.append(b or c)
            continue
        cell = merged_keys(a or {}, b, c)
        cell["metadata"] = merged_keys(a["metadata"] if a else {}, b["metadata"], c["metadata"])
        text = merged_lines(a["source"] if a else "", b["source"], c["source"])
        if text is None:
            lost.append(name)
        cell["source"] = c["source"] if text is None else text
        if cell["cell_type"] == "code":
            same = cell["source"] == b["source"]
            cell["outputs"], cell["execution_count"] = (b.get("outputs", []), b.get("execution_count")) if same else ([], None)
        cells.append(cell)
    whole = merged_keys(base, mine, new)
    whole["metadata"] = merged_keys(base["metadata"], mine["metadata"], new["metadata"]) | {"lrcourse": new["metadata"]["lrcourse"]}
    return whole | {"cells": cells, "nbformat": new["nbformat"], "nbformat_minor": new["nbformat_minor"]}, lost


# ---- the course folder ----------------------------------------------------------------------------------------------------

def marked(folder):
    """What the folder's ``.lrcourse`` says; without one, or with a broken one, nothing."""
    try:
        said = json.loads((Path(folder) / MARKER).read_text(encoding="utf-8"))
        return said if isinstance(said.get("texts"), dict) else {}
    except (OSError, ValueError, AttributeError):
        return {}


def bring(folder, version, lessons=None):
    """Make the course folder, or bring it up to date. Returns what was done: pairs (a word, the names that it needs).

    Raises ValueError where the folder holds other things than a course, and OSError where it cannot be written.
    """
    folder, lessons = Path(folder), originals() if lessons is None else lessons
    if not (folder / MARKER).exists() and folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"folder={str(folder)!r} is not allowed in start: a new or empty one, or one that start has made")
    folder.mkdir(parents=True, exist_ok=True)
    marker = marked(folder)
    texts = {name: dict(marker.get("texts", {}).get(name, {})) for name in {**marker.get("texts", {}), **lessons}}
    for name, (_, new) in lessons.items():
        texts[name].setdefault(new["metadata"]["lrcourse"]["text"], new)
    marker |= {"version": version, "texts": texts}
    replace(folder / MARKER, json.dumps(marker, ensure_ascii=False))
    done = [("gone", {"lesson": name}) for name in texts if name not in lessons]
    for name, (file, new) in lessons.items():
        done += bring_one(folder / file, texts[name], new)
    marker["texts"] = {name: {new["metadata"]["lrcourse"]["text"]: new} for name, (_, new) in lessons.items()}
    replace(folder / MARKER, json.dumps(marker, ensure_ascii=False))
    return done


def bring_one(path, texts, new):
    """One lesson of ``bring``; ``texts`` are those that the copy may have been made from, the latest but one last."""
    done, name, text = [], path.stem, new["metadata"]["lrcourse"]["text"]
    for old in sorted(each for each in path.parent.glob(f"*_{stem(path.name)}.ipynb")
                      if stem(each.name) == stem(path.name) and each.name != path.name):
        if path.exists():       # two numbers, one lesson
            done.append(("aside", {"lesson": old.stem, "kept": set_aside(old)}))
        else:
            os.replace(old, path)
            done.append(("renumbered", {"was": old.stem, "lesson": name}))
    if not path.exists():
        replace(path, written(new))
        return [*done, ("copied", {"lesson": name})]
    try:
        mine = read(path)
    except ValueError:
        done.append(("unreadable", {"lesson": name, "kept": set_aside(path)}))
        replace(path, written(new))
        return done
    made_from = mine["metadata"].get("lrcourse", {}).get("text")
    if made_from == text:
        return done
    earlier = [base for key, base in texts.items() if key != text]
    base = texts.get(made_from) or (earlier or [None])[-1]
    if base is None:
        done.append(("unknown", {"lesson": name, "kept": set_aside(path)}))
        replace(path, written(new))
        return done
    whole, lost = merge(base, mine, new)
    if lost:
        done.append(("conflict", {"lesson": name, "count": len(lost), "kept": set_aside(path, copy=True)}))
    replace(path, written(whole))
    return [*done, ("merged", {"lesson": name})]
