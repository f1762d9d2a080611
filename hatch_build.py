"""Compiles the engine's kernel when lrcourse is installed or a wheel of it is made (lrcourse/engine/build.py).

LRCOURSE_TARGET names another target than this machine, one of build.TARGETS: ``make wheels``, and "wasm" for the browser.
"""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags


def build_module(root):
    """lrcourse/engine/build.py alone: lrcourse itself wants numpy, which isn't here yet."""
    spec = importlib.util.spec_from_file_location("build", Path(root) / "lrcourse" / "engine" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CustomBuildHook(BuildHookInterface):
    def dependencies(self):
        """A compiler of 90 MB, only where there is none, and for other machines."""
        build = build_module(self.root)
        target = os.environ.get("LRCOURSE_TARGET")
        wanted = target not in (None, build.here()) or not build.compilers()
        return ["ziglang"] if wanted and self.target_name == "wheel" else []

    def initialize(self, version, build_data):
        if self.target_name != "wheel":
            return
        build, target = build_module(self.root), os.environ.get("LRCOURSE_TARGET")
        if target is not None and target not in build.TARGETS:
            raise ValueError(f"LRCOURSE_TARGET={target} is not allowed: one of {', '.join(build.TARGETS)}")
        if version == "editable":               # beside kernel.c, where git doesn't see it
            folder = Path(self.root) / "lrcourse" / "engine"
        else:
            self.tmp = tempfile.TemporaryDirectory()
            folder = Path(self.tmp.name)
        try:
            made = build.compile(target, folder)
        except OSError as error:
            if target:
                raise
            print(f"lrcourse will train with its plain loop, which takes several times as long: {error}", file=sys.stderr)
            return
        if version != "editable":
            build_data["force_include"].update({str(path): f"lrcourse/engine/{path.name}" for path in made})
            build_data["pure_python"] = target == "wasm"
            build_data["tag"] = f"py3-none-{build.TARGETS[target][1] if target else next(platform_tags())}"

    def finalize(self, version, build_data, artifact_path):
        if hasattr(self, "tmp"):
            self.tmp.cleanup()
