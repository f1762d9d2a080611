"""Build slides, web site, live edition and lecture kit from notebooks/ alone, into build/.

    python site/build.py slides|site|live|lecture|publish [--pyodide DIR] [--students FILE] [--key FILE]
"""

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))      # also where this file is loaded by its path

from lecture import lecture  # noqa: E402
from live import live  # noqa: E402
from pages import site  # noqa: E402
from shared import BUILD, broken  # noqa: E402
from slides import slides  # noqa: E402


def publish(pyodide=None):
    """build/publish: site, slides and live edition in one folder, for any host of static files and under any path."""
    out = BUILD / "publish"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(site(), out)
    shutil.copytree(slides(pdf=True), out / "slides")
    shutil.copytree(live(pyodide), out / "live")
    wrong = broken(out)
    if wrong:
        sys.exit("\n".join(wrong))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["slides", "site", "live", "lecture", "publish"])
    parser.add_argument("--pyodide", help="a folder with Pyodide's packages, for the live edition")
    parser.add_argument("--students", help="a file with a student's number in each line, for the lecture kit")
    parser.add_argument("--key", help="the file with the lecturer's secret, for the lecture kit (default: lecture/key.json)")
    parser.add_argument("--svg", action="store_true", help="the lecture kit's figures as SVG too: minutes")
    options = parser.parse_args()
    build = {"slides": lambda: slides(pdf=True), "site": site, "live": lambda: live(options.pyodide),
             "lecture": lambda: lecture(pdf=True, students=options.students, key=options.key, svg=options.svg),
             "publish": lambda: publish(options.pyodide)}
    print(build[options.what]())


if __name__ == "__main__":
    main()
