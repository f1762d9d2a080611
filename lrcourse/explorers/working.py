"""What the explorers share that train a real network in the browser: the kernel and the digits, and who brings them."""

import base64
import json
import re
import zlib
from functools import cache

import numpy as np

from lrcourse import engine
from lrcourse.engine.build import library
from lrcourse.explorers.base import HERE, Explorer
from lrcourse.optimizers import SGD, Adam, AdamW, Momentum, Nesterov
from lrcourse.problems import TRAIN, digits
from lrcourse.problems import _digits as drawn_digits

OPTIMIZERS = {"SGD": SGD(), "Momentum": Momentum(0.9), "Nesterov": Nesterov(0.9), "Adam": Adam(), "AdamW": AdamW()}


class Trainer(Explorer):
    """An explorer that trains the digits in a worker of the browser, with the course's own kernel."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.on_msg(self._answer)

    @classmethod
    def constants(cls):
        codes = {name: kernel_settings(optimizer) for name, optimizer in OPTIMIZERS.items()}
        return f"export const CODES = {json.dumps(codes)}, WORKER = {json.dumps(worker())};"

    def _answer(self, widget, content, buffers):
        """The browser asks for what it trains with, which no notebook needs to store."""
        if content == "digits":
            try:
                self.send({"digits": data()})
            except OSError as error:
                self.send({"missing": str(error)})

    def html(self, digits=None):
        """As ``Explorer.html``. ``digits``: the address of a script (``script()``) that is loaded when it is wanted."""
        return super().html(_digits={"script": digits} if digits else data())


def worker():
    """The module that a worker runs, as text."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in ("unpack.js", "random.js", "trainer.js")]
    return re.sub(r"^import .*\n|^export ", "", "\n".join([*texts, "serve(self);"]), flags=re.MULTILINE)


def kernel_settings(optimizer):
    """An optimizer as the kernel knows it."""
    one = engine.settings(digits(), optimizer)
    return {"number": int(one["optimizer"]), "settings": [float(one[name]) for name in ("own_decay", "beta1", "beta2", "eps")]}


@cache
def data():
    """What the browser trains with: the kernel and the digits, packed, some 90 kB in JSON. OSError where there is no kernel.wasm."""
    path = library("wasm")
    if not path.exists():
        raise OSError("this installation has no kernel.wasm, which trains in the browser: with the package ziglang, "
                      "python -m lrcourse.engine.build makes it")
    pixels, labels = drawn_digits()
    shown, given = digits().images.reshape(-1, TRAIN, 64)[4], pixels[:TRAIN]        # copy 4 is not moved
    levels = [float(shown[given == level][0] - np.float32(engine.blank())) for level in range(17)]
    mean, covariance = engine._moments(1)
    pack = lambda array: base64.b64encode(zlib.compress(bytes(array), 9)).decode()
    return {"kernel": pack(path.read_bytes()), "pixels": pack(pixels.astype("u1").tobytes()), "labels": pack(labels.astype("u1").tobytes()),
            "moments": pack(np.vstack([mean, covariance]).astype("<f4").tobytes()), "levels": levels, "blank": float(engine.blank())}


def script():
    """``data()`` as a script, for a page that loads it later, from a server or from a file."""
    return f"globalThis.lrcourseDigits = {json.dumps(data())};\n"
