"""From nothing to a lesson at work: installed in odd places, opened, typed into, killed, opened again. (make test-long)"""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from labserver import CHROMIUM, FLAGS, READY

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.long
# without its UTF-8 mode, Python 3.12 and newer can't load numpy from a folder with Hangul under LC_ALL=C
HOMELESS = {"HOME": "/dev/null/home", "LC_ALL": "C"}
if sys.version_info < (3, 12):
    HOMELESS |= {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
OURS = ("JUPYTER", "IPYTHON", "MPL", "PYTHON", "OPENBLAS", "XDG", "VIRTUAL_ENV", "COVERAGE", "PYTEST", "LANG", "LC_")


def environment(**more):
    """Ours without what these tests themselves run under."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | more


def do(*command, cwd, **more):
    done = subprocess.run([str(each) for each in command], cwd=cwd, env=environment(**more),
                          capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    """The sources as they are now, in a repository of one commit."""
    folder = tmp_path_factory.mktemp("repository")
    for name in do("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git = ["git", "-c", "user.name=n", "-c", "user.email=e"]
    do(*git, "init", "-q", cwd=folder), do(*git, "add", ".", cwd=folder), do(*git, "commit", "-qm", "all", cwd=folder)
    return folder


@pytest.fixture(scope="session", params=["a clone, make lab", "the wheel"])
def installed(request, repository, tmp_path_factory):
    """(where to call it, the command, whether this is a clone), in a folder with Hangul and spaces."""
    place = tmp_path_factory.mktemp("place") / "내 수업 é"
    place.mkdir()
    if request.param == "the wheel":
        do(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", place, repository, cwd=place)
        do(sys.executable, "-m", "venv", "venv", cwd=place)
        [wheel] = place.glob("*.whl")
        pins = ["-c", ROOT / "constraints.txt"]
        do("venv/bin/python", "-m", "pip", "install", "-q", *pins, "uv", cwd=place)
        do("venv/bin/uv", "pip", "install", "-q", "--python", "venv/bin/python", *pins, f"lrcourse[lab] @ {wheel.as_uri()}", cwd=place)
        return place, place / "venv" / "bin" / "lrcourse", False
    do("git", "clone", "-q", "-c", "core.autocrlf=true", repository, "lr course", cwd=place)
    clone = place / "lr course"
    do("make", ".venv/.lab", f"PYTHON={sys.executable}", cwd=clone, **{name: value for name, value in HOMELESS.items() if name != "HOME"})
    return clone, clone / ".venv" / "bin" / "lrcourse", True


@contextmanager
def started(command, place):
    """The address of JupyterLab, as ``lrcourse start`` opens it under an unwritable home and an ASCII locale; killed at the end."""
    process = subprocess.Popen([command, "start", "--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=",
                                "--LabApp.expose_app_in_browser=True"], cwd=place,
                               env=environment(**HOMELESS), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
                               start_new_session=True)
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"(http://localhost:\d+/lab\S*)", line):
                break
        else:
            raise AssertionError("".join(lines))
        yield found[1]
    finally:
        os.killpg(process.pid, 9)
        process.wait()


CELL = "jupyterapp.shell.currentWidget.content.widgets.find(cell => cell.model.sharedModel.source.includes('check(\"time-of-update\"'))"


def test_a_learner_works_is_killed_and_goes_on(installed):
    from playwright.sync_api import sync_playwright

    place, command, clone = installed
    lesson = place / "course" / "00_start_here.ipynb"
    shutil.rmtree(place / "course", ignore_errors=True)
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with started(command, place) as address:
            began = time.monotonic()
            assert address.endswith("/lab/tree/00_start_here.ipynb")
            page = chromium.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(address + "?reset")
            page.wait_for_function(READY, arg=3, timeout=120_000)
            page.wait_for_selector("h1:has-text('What is learning-rate decay')", timeout=60_000)
            page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
            page.wait_for_selector(".lrx canvas", state="attached", timeout=180_000)
            print(f"{time.monotonic() - began:.0f} s to the first explorer")
            page.wait_for_function(f"{CELL}.outputArea.node.innerText.includes('Not yet: put your answer')", timeout=180_000)
            page.evaluate(f"""async () => {{ const {{ content }} = jupyterapp.shell.currentWidget;
              content.activeCellIndex = content.widgets.indexOf({CELL}); await content.scrollToCell({CELL}); content.mode = 'edit'; }}""")
            page.keyboard.press("Control+a")
            page.keyboard.type('t = 125 / 50\ncheck("time-of-update", t)')
            page.keyboard.press("Shift+Enter")
            page.wait_for_function(f"{CELL}.outputArea.node.innerText.includes('Right.')", timeout=60_000)
            page.screenshot(path=place.parent / "lab.png")
            page.keyboard.press("Control+s")
            until = time.monotonic() + 30
            while not any(cell.source.startswith("t = 125 / 50\ncheck") for cell in nbformat.read(lesson, 4).cells):
                assert time.monotonic() < until
                time.sleep(0.2)
            page.close()
        before = lesson.read_bytes()
        with started(command, place) as address:        # after a kill -9 of all of it
            assert lesson.read_bytes() == before and address.endswith("/lab")
        chromium.close()
    if clone:
        assert do("git", "status", "--porcelain", "--untracked-files=all", cwd=place) == ""
        assert b"\r" not in (place / ".ci" / "run").read_bytes() + (place / "Makefile").read_bytes()


def test_the_doctor_of_an_install(installed):
    place, command, clone = installed
    engine = command.parent.parent.glob("lib/python3*/site-packages/lrcourse/engine/kernel*")
    assert {"kernel.c", "kernel_baseline.so", "kernel.wasm"} <= {path.name for path in engine}, "explorers train with kernel.wasm"
    said = do(command, "doctor", cwd=place, BROWSER="true")
    assert said.endswith("All is well.\n") and "site-packages/lrcourse" in said
    bare = subprocess.run([command.with_name("python"), "-m", "pip", "uninstall", "-q", "-y", "anywidget", "ipykernel"], env=environment())
    assert bare.returncode == 0
    broken = subprocess.run([command, "doctor"], cwd=place, env=environment(BROWSER="true"), capture_output=True,
                            text=True, encoding="utf-8")
    assert broken.returncode == 1 and "missing or too old: anywidget, ipykernel. Mend it:  " in broken.stdout
    assert "notebooks don't run with this Python" in broken.stdout


def test_a_pull_installs_anew_and_a_developer_keeps_an_editable_one(repository, tmp_path):
    """What make would do, without doing it: the installs of a learner and of a developer, and what each waits for."""
    clone = tmp_path / "a b"
    do("git", "clone", "-q", repository, clone, cwd=tmp_path)
    (clone / ".venv").mkdir()
    made = [clone / ".venv" / name for name in (".made", ".lab")]

    def planned(target):
        return do("make", "-n", target, cwd=clone)
    for each in made:
        each.touch()
    assert "up to date" in planned(".venv/.lab")
    (clone / "notebooks" / "00_start_here.ipynb").touch()
    assert "--reinstall-package lrcourse" in planned("lab") and planned("lab").rstrip().endswith("lrcourse start")
    made[1].touch()
    (clone / ".venv" / ".light").touch()
    (clone / "lrcourse" / "training.py").touch()
    assert "uv" not in planned("lab"), "an editable install follows its sources"
    (clone / "pyproject.toml").touch()
    assert "uv" in planned("lab") and "-e" in planned("lab")
