"""What goes into a wheel besides lrcourse/: the engine's kernel, compiled, and the lessons, without outputs.

LRCOURSE_TARGET names another target than this machine, one of build.TARGETS: ``make wheels``, and "wasm" for the browser.
"""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags


def alone(root, *place):
    """A module of lrcourse by its place: lrcourse itself wants numpy, which isn't here yet."""
    spec = importlib.util.spec_from_file_location(place[-1], Path(root, "lrcourse", *place).with_suffix(".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Hook(BuildHookInterface):
    def dependencies(self):
        """A compiler of 90 MB: explorers train in the browser, and few C compilers at hand make WebAssembly.

        On machines for which there is no such package, only the explorers that train are missing.
        """
        build = alone(self.root, "engine", "build")
        return ["ziglang"] if self.target_name == "wheel" and build.here() in build.TARGETS else []

    def initialize(self, version, build_data):
        if self.target_name != "wheel":
            return
        self.folder = tempfile.TemporaryDirectory()
        if version == "editable":       # the kernel lies beside its sources, where git doesn't see it, and notebooks/ itself is used
            self.compiled(Path(self.root) / "lrcourse" / "engine")
            return
        copies, lessons = alone(self.root, "copies"), Path(self.folder.name) / "notebooks"
        lessons.mkdir()
        for name, notebook in copies.originals(Path(self.root) / "notebooks").values():
            copies.replace(lessons / name, copies.written(notebook))
        build_data["force_include"][str(lessons)] = "lrcourse/notebooks"
        made = self.compiled(Path(self.folder.name))
        if made:
            target = os.environ.get("LRCOURSE_TARGET")
            build_data["force_include"].update({str(path): f"lrcourse/engine/{path.name}" for path in made})
            build_data["pure_python"] = target == "wasm"
            tag = alone(self.root, "engine", "build").TARGETS[target][1] if target else next(platform_tags())
            build_data["tag"] = f"py3-none-{tag}"

    def compiled(self, folder):
        """The files of the kernel; none, with a word, where this machine has no compiler."""
        build, target = alone(self.root, "engine", "build"), os.environ.get("LRCOURSE_TARGET")
        if target is not None and target not in build.TARGETS:
            raise ValueError(f"LRCOURSE_TARGET={target} is not allowed: one of {', '.join(build.TARGETS)}")
        try:
            made = build.compile(target, folder)
            if target != "wasm" and build.find_spec("ziglang"):     # for TrainIt, which trains in the browser
                made += build.compile("wasm", folder)
            return made
        except OSError as error:
            if target:
                raise
            print(f"lrcourse will train with its plain loop, which takes several times as long: {error}", file=sys.stderr)
            return []

    def finalize(self, version, build_data, artifact_path):
        if hasattr(self, "folder"):
            self.folder.cleanup()
