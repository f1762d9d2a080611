"""How the tests spread over processes, which random examples they draw, and with which backends the frameworks run."""

import os
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from unittest import mock

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from lrcourse.doctor import own_home

# CI draws the same examples every time; at home new ones are tried
hypothesis.settings.register_profile("ci", derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")

own_home(Path(__file__).parent / "build" / "home")      # else matplotlib complains in the first cell of a lesson
os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# no examples in docstrings of frameworks that aren't installed
MODULES = ("__init__", "code", "convert", "found", "record")
collect_ignore = [] if all(map(find_spec, ("torch", "keras", "optax"))) else [f"lrcourse/frameworks/{name}.py" for name in MODULES]


class Spread(LoadFileScheduling):
    """A file stays in one process, since a notebook has one kernel; but each lesson's check is on its own."""

    def _split_scope(self, nodeid):
        return nodeid if "::test_stored_outputs" in nodeid else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return Spread(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """nbval's kernels run as those that stored the outputs: what numpy trains (lesson 12) differs from processor to processor."""
    fixed = {}
    if item.path.suffix == ".ipynb":
        spec = spec_from_file_location("notebooks", Path(__file__).parent / "tools" / "notebooks.py")
        spec.loader.exec_module(tool := module_from_spec(spec))
        fixed = {} if tool.unpinned() else tool.FIXED
    with mock.patch.dict(os.environ, fixed):
        return (yield)
