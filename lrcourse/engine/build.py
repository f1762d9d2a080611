"""Compile kernel.c and transformer.c, which includes it: ``python -m lrcourse.engine.build``.

Makes the libraries for this machine beside them, with the C compiler at hand (CC, cc, gcc or clang) or else with the
``ziglang`` package, and with ziglang kernel.wasm too, for the browser. hatch_build.py does the same when the package is
installed, or for another machine.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = HERE / "transformer.c", HERE / "kernel.c"     # the first is compiled and includes the second
# no contraction, no other order: so the results do not depend on the compiler (kernel.c says why)
FLAGS = ["-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fno-builtin",
         "-fvisibility=hidden"]
WASM = ["-msimd128", "-mbulk-memory", "-nostdlib", "-Wl,--no-entry", "-Wl,--export-dynamic", "-Wl,--export=__heap_base", "-Wl,--strip-all"]
ENDINGS = {"linux": ".so", "macos": ".dylib", "windows": ".dll"}
KINDS = {"x86_64": {"baseline": ["-DLANES=4"], "avx2": ["-DLANES=8", "-mavx2"],      # elsewhere: baseline alone
                    "avx512": ["-DLANES=16", *(f"-mavx512{part}" for part in ("f", "vl", "dq", "bw")), "-mprefer-vector-width=512"]}}
TARGETS = {     # for wheels: ziglang's name of the target, and the tag of the wheel
    "linux-x86_64": ("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64.manylinux2014_x86_64"),
    "linux-aarch64": ("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64.manylinux2014_aarch64"),
    "macos-x86_64": ("x86_64-macos.11.0", "macosx_11_0_x86_64"),
    "macos-aarch64": ("aarch64-macos.11.0", "macosx_11_0_arm64"),
    "windows-x86_64": ("x86_64-windows-gnu", "win_amd64"),
    "windows-aarch64": ("aarch64-windows-gnu", "win_arm64"),
    "wasm": ("wasm32-freestanding", "any"),
}


def here():
    """This machine, by the names in TARGETS where it is one of them."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    machine = platform.machine().lower()
    return f"{system}-{ {'amd64': 'x86_64', 'arm64': 'aarch64'}.get(machine, machine)}"


def version():
    """What the compiled kernel calls itself: the first 8 bytes of the sha256 of its sources."""
    sources = b"".join(source.read_bytes().replace(b"\r\n", b"\n") for source in SOURCES)
    return int.from_bytes(hashlib.sha256(sources).digest()[:8])


def library(kind, folder=HERE, target=None):
    """Where a library lies; its kind is "baseline", "avx2", "avx512" or "wasm"."""
    return folder / ("kernel.wasm" if kind == "wasm" else f"kernel_{kind}{ENDINGS.get((target or here()).partition('-')[0], '.so')}")


def compilers(target=None):
    """Commands that may compile for the target, or without one for this machine; ziglang's, which can do all, comes last."""
    found = []
    if target in (None, here()):
        found = [os.environ["CC"].split()] if os.environ.get("CC") else []
        found += [[path] for path in map(shutil.which, ("cc", "gcc", "clang")) if path]
    if find_spec("ziglang"):
        name = target or here()
        found += [[sys.executable, "-m", "ziglang", "cc", *(["-target", TARGETS[name][0]] if name in TARGETS else [])]]
    return found


def zig_caches(folder):
    """Zig keeps what it made in the home folder; where nothing can be written there, in this folder."""
    home = Path(os.path.expanduser("~")).absolute()
    there = next(each for each in (home, *home.parents) if os.path.exists(each))
    return {} if there.is_dir() and os.access(there, os.W_OK) else {"ZIG_GLOBAL_CACHE_DIR": folder}


def compile(target=None, folder=HERE):
    """Compile for a target of TARGETS, or for this machine, into the folder; returns the files.

    Raises OSError, with what the compilers said, where none can.
    """
    name, said = target or here(), ["there is no C compiler here (cc, gcc, clang), and no ziglang package"]
    kinds = {"wasm": WASM} if target == "wasm" else KINDS.get(name.partition("-")[2], {"baseline": ["-DLANES=4"]})
    with tempfile.TemporaryDirectory() as tmp:
        for command in compilers(target):
            made = {kind: library(kind, Path(tmp), name) for kind in kinds}
            for kind, path in made.items():
                shared = [] if kind == "wasm" else ["-shared"] if name.startswith("windows") else ["-shared", "-fPIC"]
                if not name.startswith("macos") or "ziglang" in command:        # Apple's linker insists on its library
                    shared = [*shared, "-nostdlib"]
                done = subprocess.run([*command, *FLAGS, *shared, *kinds[kind], f"-DVERSION={version()}ULL", str(SOURCES[0]),
                                       "-o", str(path)], capture_output=True, text=True,
                                      cwd=tmp, env=zig_caches(tmp) | os.environ | {"ZIG_LOCAL_CACHE_DIR": tmp})
                if done.returncode:
                    said.append(f"{' '.join(command)}: {done.stderr.strip()}")
                    break
            else:
                for path in made.values():      # beside the old one first: it may be in use
                    beside = folder / (path.name + ".part")
                    shutil.copy(path, beside)
                    os.replace(beside, folder / path.name)
                return [folder / path.name for path in made.values()]
    raise OSError(f"the kernel was not compiled for {name}: " + "; ".join(said[1:] or said))


def main():
    print(*compile(), sep="\n")
    if find_spec("ziglang"):
        print(*compile("wasm"), sep="\n")


if __name__ == "__main__":
    main()
