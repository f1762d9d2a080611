"""What holds for the package as a whole: what its import needs, and what environment.yml asks for."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
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
    for name in set(pip) - {own}:
        assert metadata.version(name), name


@pytest.mark.parametrize("name", ["numpy", "matplotlib"])
def test_declared_bounds_are_those_that_make_test_oldest_installs(name):
    declared = re.findall(rf"{name}>=([\d.]+)", (ROOT / "pyproject.toml").read_text())
    assert declared == re.findall(rf"'{name}==(\d+\.\d+)", (ROOT / "Makefile").read_text())
