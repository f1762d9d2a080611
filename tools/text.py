"""Write the two texts that ``language`` learns from: lrcourse/data/course.txt and lrcourse/data/code.txt.

    python tools/text.py

The first is the lessons' prose, the second code of the package, both as they are now. The texts in git were made once and
stay: a new text is a new problem, and every result on it (the league of lesson 12, and what that lesson says) has to be
made again.
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "lrcourse" / "data"
MODULES = ("schedules", "optimizers", "training", "ranges", "sweeping")
PLAIN = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "×": "x", "·": "*", "…": "...",
                       "é": "e", "ä": "ae", "ö": "oe", "ü": "ue", "\t": " "})


def prose(markdown):
    """The paragraphs that are sentences, without markup; those with a table, a formula, code or a link are left out.

    >>> prose("# A title\\n\\nIt **falls** by `0.1`.\\n\\n| a | table |\\n\\nWith $x$ in it.")
    'A title\\n\\nIt falls by 0.1.'
    """
    paragraphs = re.split(r"\n\s*\n", markdown)
    kept = [each for each in paragraphs if not re.search(r"\$|\||<|```|arXiv|https?:", each)]
    text = re.sub(r"^#+ |\*\*|`|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)", "", "\n\n".join(kept), flags=re.M)
    return re.sub(r"(?<=\S) +", " ", plain(text)).strip()


def plain(text):
    """Only printable ASCII and line breaks; what has no likeness there becomes a blank.

    >>> plain("α is 0.1 – 0.2")
    '  is 0.1 - 0.2'
    """
    return re.sub(r"[^\n -~]", " ", text.translate(PLAIN))


def texts():
    """What the two files would hold today, by their names."""
    cells = [cell for path in sorted((ROOT / "notebooks").glob("*.ipynb")) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    course = "\n\n".join(filter(None, (prose("".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown")))
    code = "\n\n".join(plain((ROOT / "lrcourse" / f"{module}.py").read_text("utf-8")).strip() for module in MODULES)
    return {"course": course + "\n", "code": code + "\n"}


def main():
    for name, text in texts().items():
        (DATA / f"{name}.txt").write_text(text, "ascii")
        print(f"{name}.txt: {len(text)} characters")


if __name__ == "__main__":
    main()
