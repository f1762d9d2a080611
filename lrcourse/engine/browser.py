"""The kernel as WebAssembly, in Pyodide: the browser's own engine compiles it, and arrays are copied into its memory and out."""

from contextlib import contextmanager

import numpy as np

from lrcourse.engine.build import library

PAGE = 65536


class Kernel:
    """Raises OSError where there is no kernel.wasm, or none that can be loaded."""

    def __init__(self, wanted=""):
        import js
        path = library("wasm")
        if not path.exists():
            raise OSError("this package came without kernel.wasm")
        try:
            module = js.WebAssembly.Module.new(js.Uint8Array.new(memoryview(path.read_bytes())))
            self.exports = js.WebAssembly.Instance.new(module).exports
        except Exception as error:          # whatever the browser says
            raise OSError(f"this browser can't run kernel.wasm: {error}") from error
        self.js, self.kept = js, {}
        self.memory, self.at = self.exports.memory, int(getattr(self.exports, "__heap_base").value)     # no name of this class

    def version(self):
        return int(self.exports.version()) % 2 ** 64

    def call(self, name, *held):
        return int(getattr(self.exports, name)(*(each.address for each in held)) or 0)

    def put(self, array):
        return Held(self, array)

    def keep(self, array):
        """Where this array lies, put there at the first time."""
        if id(array) not in self.kept:
            self.kept[id(array)] = Held(self, array), array
        return self.kept[id(array)][0].address

    @contextmanager
    def room(self):
        """What is put inside is forgotten afterwards, but for what is kept."""
        begin, kept = self.at, len(self.kept)
        try:
            yield
        finally:
            if len(self.kept) == kept:
                self.at = begin

    def spread(self, work, runs, threads=None):
        for run in range(runs):
            work(run)

    def view(self, address, size):
        return self.js.Uint8Array.new(self.memory.buffer, address, size)        # anew, since growing moves the memory


class Held:
    """An array in the kernel's memory."""

    def __init__(self, kernel, array):
        self.kernel, self.dtype, self.shape, self.size = kernel, array.dtype, array.shape, array.nbytes
        self.address = -(-kernel.at // 64) * 64
        kernel.at = self.address + self.size
        short = kernel.at - kernel.memory.buffer.byteLength
        if short > 0:
            kernel.memory.grow(-(-short // PAGE))
        self.write(array)

    def write(self, values):
        values = np.ascontiguousarray(values, self.dtype)
        if self.size:
            self.kernel.view(self.address, self.size).assign(memoryview(values).cast("B") if values.ndim else values.tobytes())

    def read(self):
        values = np.empty(self.shape, self.dtype)
        if self.size:
            self.kernel.view(self.address, self.size).assign_to(memoryview(values).cast("B"))
        return values
