"""What goes into a wheel besides lrcourse/: the lessons, without outputs."""

import runpy
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "editable":       # there notebooks/ itself is used
            return
        copies = runpy.run_path(str(Path(self.root) / "lrcourse" / "copies.py"))
        self.lessons = tempfile.TemporaryDirectory()
        for name, notebook in copies["originals"](Path(self.root) / "notebooks").values():
            copies["replace"](Path(self.lessons.name) / name, copies["written"](notebook))
        build_data["force_include"][self.lessons.name] = "lrcourse/notebooks"
