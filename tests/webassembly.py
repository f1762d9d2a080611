"""kernel.wasm in node, through lrcourse/engine/browser.py itself: ``as_browser`` gives it as much of Pyodide's ``js`` as it uses."""

import json
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode, b64encode
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from lrcourse.engine import build

HERE = Path(__file__).parent


@contextmanager
def node():
    """A function that asks node (kernel.mjs)."""
    process = subprocess.Popen([shutil.which("node"), HERE / "kernel.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(*request):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        yield ask
    finally:
        process.stdin.close()
        process.wait(60)


@contextmanager
def as_browser(ask):
    """browser.Kernel() works inside, with kernel.wasm compiled now."""
    with tempfile.TemporaryDirectory() as tmp:
        wasm, = build.compile("wasm", Path(tmp))
        with mock.patch.dict(sys.modules, js=JavaScript(ask)), mock.patch("lrcourse.engine.browser.library", lambda kind: wasm):
            yield


class JavaScript:
    """As much of Pyodide's module ``js`` as browser.py uses."""

    def __init__(self, ask):
        base64 = lambda data: b64encode(bytes(data)).decode()

        class Exports:
            def __getattr__(self, name):
                return lambda *addresses: ask("call", name, *addresses)

        class Memory:
            grow = staticmethod(lambda pages: ask("grow", pages))
            buffer = property(lambda self: SimpleNamespace(byteLength=ask("length")))

        exports = Exports()
        exports.memory = Memory()

        def instance(module):
            exports.__dict__["__heap_base"] = SimpleNamespace(value=ask("value", "__heap_base"))
            return SimpleNamespace(exports=exports)

        def view(buffer, at=None, size=None):
            if at is None:
                return buffer

            def assign_to(values):
                values[:] = b64decode(ask("read", at, size))
            return SimpleNamespace(assign=lambda data: ask("write", at, base64(data)), assign_to=assign_to)

        self.Uint8Array = SimpleNamespace(new=view)
        self.WebAssembly = SimpleNamespace(Module=SimpleNamespace(new=lambda code: ask("load", base64(code))),
                                           Instance=SimpleNamespace(new=instance))
