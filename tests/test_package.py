"""What holds for the package as a whole: what its import needs, and what environment.yml asks for."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def in_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_import_needs_numpy_and_the_standard_library_alone():
    loaded = in_python("import sys, numpy; before = set(sys.modules); import lrcourse; "
                       "print(*{name.partition('.')[0] for name in set(sys.modules) - before})").split()
    assert set(loaded) - {"numpy", "lrcourse"} <= sys.stdlib_module_names, loaded


def test_every_module_can_be_imported_by_itself():
    for path in sorted((ROOT / "lrcourse").glob("*.py")):
        in_python(f"import lrcourse.{path.stem}" if path.stem != "__init__" else "import lrcourse")


def test_environment_yml():
    """No conda here: its syntax, its conda specs by rattler, its pip section against the project's own extras."""
    rattler = pytest.importorskip("rattler")
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert set(environment) == {"name", "channels", "dependencies"} and environment["channels"] == ["conda-forge"]
    conda = [each for each in environment["dependencies"] if isinstance(each, str)]
    assert [rattler.MatchSpec(each).name.normalized for each in conda] == ["python", "pip"]
    [pip] = [each["pip"] for each in environment["dependencies"] if isinstance(each, dict)]
    extras = PROJECT["optional-dependencies"]
    assert f">={re.search('[0-9.]+', PROJECT['requires-python'])[0]}" in conda[0]
    [own] = [each for each in pip if each.startswith(".[")]
    assert set(re.findall(r"[\w-]+", own)) <= set(extras)
    assert set(pip) - {own} == {"jupyter", "numpy", "matplotlib", "nbval", "ipywidgets"}


@pytest.mark.parametrize("name", ["numpy", "matplotlib"])
def test_declared_bounds_are_those_that_make_test_oldest_installs(name):
    declared = re.findall(rf"{name}>=([\d.]+)", (ROOT / "pyproject.toml").read_text())
    assert declared == re.findall(rf"'{name}==(\d+\.\d+)", (ROOT / "Makefile").read_text())


# ---- what is not ours: a home that can't be written to, line endings --------------------------------------------------

@pytest.mark.parametrize("module", ["figures", "explorers"])
def test_nothing_is_said_on_a_home_that_cannot_be_written_to(tmp_path, module):
    """matplotlib would: into the first cell of a notebook, where nbval takes it for another output."""
    (tmp_path / "home").write_text("no folder")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MPL", "XDG_"))}
    environment["HOME"] = str(tmp_path / "home")
    code = f"import logging, lrcourse.{module}; assert logging.getLogger('matplotlib').level == 0"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_line_endings_are_the_same_everywhere(tmp_path):
    """A clone under the setting of git on Windows: a script that ends its lines with CRLF does not start."""
    git = lambda *args: subprocess.run(["git", *args], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    try:
        tracked = git("ls-files", "-z", "--eol").split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git, or no repository")
    for line in filter(None, tracked):
        how, path = line.split("\t")
        index, _, attribute = how.split(maxsplit=2)
        binary = path.endswith((".png", ".npz", ".webp"))
        assert (index == "i/-text" and "-text" in attribute) if binary else (index in ("i/lf", "i/none") and "eol=lf" in attribute), line
