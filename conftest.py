"""How the tests spread over processes, and which random examples they draw."""

import os

import hypothesis
from xdist.scheduler import LoadFileScheduling

# CI draws the same examples every time; at home new ones are tried
hypothesis.settings.register_profile("ci", derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


class Spread(LoadFileScheduling):
    """A file stays in one process, since a notebook has one kernel; but each lesson's check is on its own."""

    def _split_scope(self, nodeid):
        return nodeid if "::test_stored_outputs" in nodeid else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return Spread(config, log)
