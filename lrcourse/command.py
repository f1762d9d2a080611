"""The command ``lrcourse``: start, update, doctor, grade, publish."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import lrcourse
from lrcourse import copies, doctor
from lrcourse.lessons.commands import DONE, FAILED, FIRST, GRADED, HELP, HOME, NOTHING, PUBLISHED, PUBLISHING


def main(arguments=None):
    """Run the command with these arguments; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):     # a folder's name may hold what this terminal can't write
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser("lrcourse", description=HELP["lrcourse"])
    parser.add_argument("--version", action="version", version=f"lrcourse {lrcourse.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="start | update | doctor | grade | publish")
    for name in ("start", "update", "doctor"):
        command = commands.add_parser(name, help=HELP[name], description=HELP[name])
        command.add_argument("folder", nargs="?", default="course", type=Path, help=HELP["folder"])
        if name == "start":
            command.add_argument("--no-browser", action="store_true", help=HELP["no-browser"])
            command.add_argument("--no-lab", action="store_true", help=HELP["no-lab"])
    command = commands.add_parser("grade", help=HELP["grade"], description=HELP["grade"])
    command.add_argument("folder", type=Path, help=HELP["submitted"])
    command.add_argument("--key", default="key.json", type=Path, help=HELP["key"])
    command.add_argument("--out", default="graded", type=Path, help=HELP["out"])
    command.add_argument("--unprotected", action="store_true", help=HELP["unprotected"])
    command = commands.add_parser("publish", help=HELP["publish"], description=HELP["publish"])
    command.add_argument("clone", nargs="?", default=".", type=Path, help=HELP["clone"])
    options, others = parser.parse_known_args(arguments)
    if others and (options.command != "start" or options.no_lab or not all(each.startswith("--") for each in others)):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    if options.command == "grade":
        return grade(options)
    if options.command == "publish":
        return publish(options.clone)
    if options.command == "doctor":
        return doctor.examine(options.folder)
    if options.command == "update" and not (options.folder / copies.MARKER).is_file():
        return failed("missing", folder=options.folder)
    first = not (options.folder / copies.MARKER).is_file()
    if status := make(options.folder):
        return status
    if options.command == "start" and not options.no_lab:
        return lab(options.folder.resolve(), first, ["--no-browser"] * options.no_browser + others)
    return 0


# what builds the pages beside Python: for formulas and slides; for PDFs, under any of its names (site/shared.py)
TOOLS = [("npm",), ("chromium", "chromium-browser", "google-chrome")]


def failed(why, **names):
    print(FAILED[why].format(**names), file=sys.stderr)
    return 1


def make(folder):
    """The course folder, made or brought up to date, and what that did in words; returns the exit status."""
    if folder.resolve() == copies.folder_of_originals().resolve():
        return failed("originals", folder=folder)
    first = not (folder / copies.MARKER).is_file()
    try:
        done = copies.bring(folder, lrcourse.__version__)
    except ValueError:
        return failed("folder", folder=folder)
    except OSError as error:
        return failed("write", path=error.filename or folder, reason=error.strerror)
    if first:
        print(FIRST.format(folder=folder, lesson=min(names["lesson"] for _, names in done)))
        done = [each for each in done if each[0] != "copied"]
    elif not done:
        print(NOTHING.format(folder=folder))
    for word in ("copied", "merged"):
        if lessons := [names["lesson"] for each, names in done if each == word]:
            print(DONE[word].format(lessons=", ".join(lessons)))
    for word, names in done:
        if word not in ("copied", "merged"):
            print(DONE[word].format(**names))
    return 0


def grade(options):
    """Grade what was handed in, a line for each student; returns the exit status."""
    try:
        from lrcourse import grading
    except ImportError as error:        # no limits for processes, as on Windows
        if error.name != "resource":
            raise
        return failed("system")
    if not options.folder.is_dir():
        return failed("submitted", folder=options.folder)
    if not options.unprotected and not grading.protected():
        return failed("unprotected")
    try:
        secret = grading.read_secret(options.key)
    except ValueError:
        return failed("key", path=options.key)
    try:
        rows = grading.grade(options.folder, secret, options.out, not options.unprotected, say=lambda text: print(text, flush=True))
    except OSError as error:
        return failed("write", path=error.filename or options.out, reason=error.strerror)
    print(GRADED.format(count=len({row["student"] for row in rows}), file=options.out / "grades.csv"))
    return 0


def publish(clone):
    """Site, slides and live edition in build/publish of a clone, which alone has what makes them; returns the exit status."""
    if not (clone / "site" / "build.py").is_file():
        return failed("clone", folder=clone)
    if find_spec("sphinx") is None:
        return failed("site", python=sys.executable)
    if find_spec("fcntl") is None:
        return failed("publishing")
    if missing := [names[0] for names in TOOLS if not any(map(shutil.which, names))]:
        return failed("tools", missing=" and ".join(missing))
    print(PUBLISHING, flush=True)
    status = subprocess.call([sys.executable, clone / "site" / "build.py", "publish"])
    if not status:
        print(PUBLISHED.format(python=sys.executable, folder=clone / "build" / "publish"))
    return status


def lab(folder, first, options):
    """JupyterLab in the folder, until it is left; at first with the first lesson open. Returns its exit status."""
    if find_spec("jupyterlab") is None:
        return failed("lab", folder=folder)
    if doctor.own_home(folder / ".home"):
        print(HOME.format(folder=folder / ".home"), flush=True)
    if first:
        lesson = min(each.name for each in folder.glob("[0-9]*_*.ipynb"))
        options = [f"--LabApp.default_url=/lab/tree/{lesson}", *options]
    # -P: a learner's random.py is not for JupyterLab. In UTF-8 mode, for a kernel takes over what JupyterLab has
    process = subprocess.Popen([sys.executable, "-P", "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *options],
                               cwd=folder, env=os.environ | {"PYTHONUTF8": "1"})
    signal.signal(signal.SIGINT, signal.SIG_IGN)        # JupyterLab asks what Ctrl-C means
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    # its own word on that is one of many lines
    if status == 1 and hasattr(os, "geteuid") and os.geteuid() == 0 and not any(each.startswith("--allow-root") for each in options):
        return failed("root")
    return status


if __name__ == "__main__":
    sys.exit(main())
