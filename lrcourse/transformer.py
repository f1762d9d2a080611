r"""A language model that is small enough to train in a cell: a transformer that learns to write like this course.

It is built like the large ones (Radford et al., Language models are unsupervised multitask learners, 2019): characters
and places become vectors; blocks of causal attention and of a layer of ReLUs each add to them what they find, reading a
normalised copy; and a last matrix turns every vector into a guess at the next character.

>>> from lrcourse import AdamW, Clip, linear_decay, train, warmup
>>> schedule = warmup(linear_decay(1e-2, total=1.9), length=0.1)      # an epoch is 100 updates
>>> run = train(language(), Clip(AdamW(beta2=0.99, weight_decay=0.1)), schedule, epochs=2)
>>> 2.2 < run.test_loss[0, -1] < 2.8        # before training: log(96) = 4.6
True

The gradient is written by hand, each step backwards beside its step forwards: ``normalise``, ``attend`` and the two
products around the ReLUs are all there is. Arrays are (runs, batch * context, width) wherever possible, so that a product
with a matrix per run is one ``@``.
"""

import functools
import math
from dataclasses import dataclass
from importlib import resources

import numpy as np

from lrcourse.ranges import Choice, Count, Positive, Range, Whole, check_all, check_fields

ALPHABET = "\n" + "".join(map(chr, range(32, 127)))
PIECE = 500         # characters: of each ten pieces of the text the fifth is for validation, the tenth for testing


@dataclass(frozen=True)
class language:
    """A transformer that learns to guess the next character of a text.

    The texts: "course", the prose of this course's lessons (95,000 characters), and
    "code", functions and docstrings of this package (45,000), to go on with. Both are written in the 96 characters of
    ``ALPHABET``. Of every 5000 characters 500 are held out to choose by ("validation") and 500 to report ("test").

    Each update sees ``batch_size`` windows of ``context`` characters from random places. A language model is trained for
    about one pass over its text, or less, so nobody counts passes: an *epoch* here is ``updates_per_epoch`` updates, after
    which the held-out loss is measured. The loss is the cross-entropy in nats per character, the error the share of
    characters that are not the most probable one.

    ``width`` is that of the vectors, shared by the ``heads``; the layer of ReLUs is four times as wide. No biases.
    ``decays`` says on which weights an optimizer's weight decay acts: on matrices, not on the scales of the
    normalisations, as is usual. ``dtype`` "float64" is for tests of exactness.

    >>> problem = language()
    >>> w = problem.start(seeds=range(3))
    >>> w.shape, {name: part.shape[1:] for name, part in problem.parameters(w).items()}     # doctest: +NORMALIZE_WHITESPACE
    ((3, 19552), {'characters': (96, 32), 'places': (32, 32), 'scale_a0': (32,), 'qkv0': (32, 96), 'out0': (32, 32),
                  'scale_b0': (32,), 'up0': (32, 128), 'down0': (128, 32), 'scale': (32,), 'guess': (32, 96)})
    """

    text: Choice(("course", "code")) = "course"
    width: Count = 32
    blocks: Range(1, 4, whole=True) = 1
    heads: Count = 4
    context: Range(2, PIECE - 1, whole=True) = 32
    batch_size: Count = 16
    updates_per_epoch: Count = 100
    held_out: Choice(("all", "validation", "test")) = "all"
    dtype: Choice(("float32", "float64")) = "float32"
    keeps_path = False

    def __post_init__(self):
        check_fields(self)
        if self.width % self.heads:
            raise ValueError(f"heads={self.heads!r} is not allowed in language: a divisor of the width, {self.width}")

    # ---- weights

    @property
    def shapes(self):
        d = self.width
        shapes = {"characters": (len(ALPHABET), d), "places": (self.context, d)}
        for b in range(self.blocks):
            shapes |= {f"scale_a{b}": (d,), f"qkv{b}": (d, 3 * d), f"out{b}": (d, d),
                       f"scale_b{b}": (d,), f"up{b}": (d, 4 * d), f"down{b}": (4 * d, d)}
        return shapes | {"scale": (d,), "guess": (d, len(ALPHABET))}

    def parameters(self, w):
        """The parts of flat weights (..., P), as views: changing one changes w."""
        parts, begin = {}, 0
        for name, shape in self.shapes.items():
            end = begin + math.prod(shape)
            parts[name] = w[..., begin:end].reshape(*w.shape[:-1], *shape)
            begin = end
        return parts

    def start(self, seeds):
        """The first weights, (runs, P): deviation 1 / sqrt(inputs) for matrices, 0.1 for the vectors of characters and
        places, and scales of 1."""
        size = sum(math.prod(shape) for shape in self.shapes.values())
        w = np.ones((len(seeds), size), self.dtype)
        for run, seed in zip(w, seeds):
            generator = np.random.default_rng([seed, 0])
            for name, part in self.parameters(run).items():
                if part.ndim == 2:
                    deviation = 0.1 if name in ("characters", "places") else part.shape[0] ** -0.5
                    part[:] = generator.normal(0, deviation, part.shape)
        return w

    @property
    def decays(self):
        """1 for each weight that weight decay acts on, 0 for the others, (P,)."""
        ones = [np.full(math.prod(shape), len(shape) == 2, self.dtype) for shape in self.shapes.values()]
        return np.concatenate(ones)

    # ---- text

    def batches(self, generators):
        """For each update of an epoch, where its windows begin in ``train_text``: (runs, batch_size)."""
        last = len(self.train_text) - self.context
        at = [g.integers(last, size=(self.updates_per_epoch, self.batch_size)) for g in generators]
        yield from np.stack(at, axis=1)

    @property
    def train_text(self):
        """The text to learn, as places in ``ALPHABET``."""
        return _texts(self.text)["train"]

    @property
    def test_windows(self):
        """All that is held out, in windows that don't overlap, (windows, context + 1), from within its pieces."""
        return _windows(self.text, self.held_out, self.context)

    # ---- forwards and backwards

    def loss_and_gradient(self, w, batch):
        """Per run: the loss and the error of a batch, (runs,), and the gradient, (runs, P)."""
        windows = self.train_text[batch[..., None] + np.arange(self.context + 1)]
        x, y = windows[..., :-1].reshape(len(w), -1), windows[..., 1:].reshape(len(w), -1)
        p, grad = self.parameters(w), np.empty_like(w)
        g = self.parameters(grad)
        logits, blocks, (last, back) = self.forward(p, x)
        loss, error, d = cross_entropy(logits, y)

        g["guess"][:] = last.swapaxes(1, 2) @ d
        d, g["scale"][:] = back(d @ p["guess"].swapaxes(1, 2))
        for b in reversed(range(self.blocks)):
            (a, back_a, attended, back_attend), (c, back_c, up) = blocks[b]
            g[f"down{b}"][:] = up.swapaxes(1, 2) @ d
            d_up = d @ p[f"down{b}"].swapaxes(1, 2) * (up > 0)
            g[f"up{b}"][:] = c.swapaxes(1, 2) @ d_up
            d_c, g[f"scale_b{b}"][:] = back_c(d_up @ p[f"up{b}"].swapaxes(1, 2))
            d = d + d_c
            g[f"out{b}"][:] = attended.swapaxes(1, 2) @ d
            d_qkv = back_attend(d @ p[f"out{b}"].swapaxes(1, 2))
            g[f"qkv{b}"][:] = a.swapaxes(1, 2) @ d_qkv
            d_a, g[f"scale_a{b}"][:] = back_a(d_qkv @ p[f"qkv{b}"].swapaxes(1, 2))
            d = d + d_a
        g["places"][:] = d.reshape(len(w), -1, self.context, self.width).sum(axis=1)
        one_hot = np.arange(len(ALPHABET))[:, None] == x[:, None]
        g["characters"][:] = one_hot.astype(w.dtype) @ d
        return loss, error, grad

    def gradient(self, w, batch):
        return self.loss_and_gradient(w, batch)[2]

    def forward(self, p, x):
        """From characters (runs, windows * context) to logits (runs, windows * context, 96), and what the way back needs."""
        h = np.take_along_axis(p["characters"], x[..., None], axis=1)
        h = (h.reshape(len(x), -1, self.context, self.width) + p["places"][:, None]).reshape(h.shape)
        blocks = []
        for b in range(self.blocks):
            a, back_a = normalise(h, p[f"scale_a{b}"])
            attended, back_attend = attend(a @ p[f"qkv{b}"], self.heads, self.context)
            h = h + attended @ p[f"out{b}"]
            c, back_c = normalise(h, p[f"scale_b{b}"])
            up = np.maximum(c @ p[f"up{b}"], 0)
            h = h + up @ p[f"down{b}"]
            blocks.append(((a, back_a, attended, back_attend), (c, back_c, up)))
        last, back = normalise(h, p["scale"])
        return last @ p["guess"], blocks, (last, back)

    def evaluate(self, w):
        """Per run: the loss and the error on the held-out windows, (runs,)."""
        p, windows, total = self.parameters(w), self.test_windows, np.zeros((2, len(w)))
        for begin in range(0, len(windows), 32):
            some = windows[begin:begin + 32]
            x = np.broadcast_to(some[:, :-1].ravel(), (len(w), some[:, 1:].size))
            total += np.multiply(cross_entropy(self.forward(p, x)[0], some[:, 1:].ravel())[:2], len(some))
        return total / len(windows)

    def sample(self, w, length=200, prompt="The learning rate ", temperature=0.7, seed=0):
        """What the weights of a run, (P,), write after ``prompt``; ``temperature`` divides the logits.

        >>> language().sample(language().start(seeds=[0])[0], length=8, prompt="The rate")
        "The ratex3;C=4]'"
        """
        check_all("sample", {"length": Count, "temperature": Positive, "seed": Whole},
                  {"length": length, "temperature": temperature, "seed": seed})
        if not prompt or not set(prompt) <= set(ALPHABET):
            raise ValueError(f"prompt={prompt!r} is not allowed in sample: some characters, printable ASCII or line breaks")
        generator, p, written = np.random.default_rng(seed), self.parameters(w[None]), list(map(ALPHABET.index, prompt))
        for _ in range(length):
            seen = written[-self.context:]
            x = np.array([seen + [0] * (self.context - len(seen))])      # what comes later isn't seen
            logits = self.forward(p, x)[0][0, len(seen) - 1] / temperature
            chances = np.exp(logits - logits.max(), dtype=np.float64)
            written.append(int(generator.choice(len(ALPHABET), p=chances / chances.sum())))
        return "".join(ALPHABET[place] for place in written)


# ---- the parts: each returns its result, and a function that takes the gradient back ---------------------------------

def normalise(h, scale, eps=1e-5):
    """Layer norm, without a bias: each vector less its mean, over its deviation, times ``scale`` (runs, width).

    Ba, Kiros, Hinton, Layer normalization, 2016; before a layer rather than after it: Xiong et al., On layer
    normalization in the transformer architecture, 2020.
    """
    centred = h - h.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + eps)
    normal = centred * inverse

    def back(d):
        d_normal = d * scale[:, None]
        d_h = d_normal - d_normal.mean(axis=-1, keepdims=True) - normal * (d_normal * normal).mean(axis=-1, keepdims=True)
        return d_h * inverse, (d * normal).sum(axis=1)

    return normal * scale[:, None], back


def attend(qkv, heads, context):
    r"""Causal attention: each place's answer is $\sum_j s_{ij} v_j$, with $s_i = \text{softmax}_{j \le i}(q_i \cdot k_j / \sqrt{d})$.

    ``qkv`` (runs, windows * context, 3 * width) holds queries, keys and values, each cut into ``heads``.
    Vaswani et al., Attention is all you need, 2017.
    """
    runs, places, width = len(qkv), qkv.shape[1], qkv.shape[2] // 3
    q, k, v = qkv.reshape(runs, -1, context, 3, heads, width // heads).transpose(3, 0, 1, 4, 2, 5)
    root = (width // heads) ** -0.5
    s = q @ k.swapaxes(-1, -2) * root
    s += np.triu(np.full((context, context), -np.inf, s.dtype), 1)
    s -= s.max(axis=-1, keepdims=True)
    np.exp(s, out=s)
    s /= s.sum(axis=-1, keepdims=True)

    def together(parts):      # (runs, windows, heads, context, width / heads) for each of the parts: side by side again
        return np.stack(parts).transpose(1, 2, 4, 0, 3, 5).reshape(runs, places, -1)

    def back(d):
        d = d.reshape(runs, -1, context, heads, width // heads).swapaxes(2, 3)
        d_s = d @ v.swapaxes(-1, -2)
        d_s = s * (d_s - (d_s * s).sum(axis=-1, keepdims=True)) * root
        return together([d_s @ k, d_s.swapaxes(-1, -2) @ q, s.swapaxes(-1, -2) @ d])

    return together([s @ v]), back


def cross_entropy(logits, y):
    """Mean loss and error, (runs,), of ``logits`` (runs, places, characters), and the gradient of the loss."""
    logits = logits - logits.max(axis=-1, keepdims=True)
    right = np.broadcast_to(y, logits.shape[:2])[..., None]
    error = (logits.argmax(axis=-1) != right[..., 0]).mean(axis=-1)
    wanted = np.take_along_axis(logits, right, axis=-1)[..., 0]
    np.exp(logits, out=logits)
    total = logits.sum(axis=-1, keepdims=True)
    logits /= total
    np.put_along_axis(logits, right, np.take_along_axis(logits, right, axis=-1) - 1, axis=-1)
    return (np.log(total[..., 0]) - wanted).mean(axis=-1), error, logits / logits.shape[1]


# ---- the texts -------------------------------------------------------------------------------------------------------

@functools.cache
def _texts(name):
    """The parts of a text, as places in ALPHABET: "train", (characters,), and the pieces that are held out, (pieces, PIECE)."""
    text = resources.files("lrcourse").joinpath(f"data/{name}.txt").read_text("ascii")
    places = np.array([ALPHABET.index(character) for character in text])
    pieces = places[:len(places) // PIECE * PIECE].reshape(-1, PIECE)
    number = np.arange(len(pieces)) % 10
    return {"train": pieces[(number != 4) & (number != 9)].ravel(), "validation": pieces[number == 4], "test": pieces[number == 9]}


@functools.cache
def _windows(name, held_out, context):
    names = ("validation", "test") if held_out == "all" else (held_out,)
    pieces = np.concatenate([_texts(name)[each] for each in names])
    count = (PIECE - 1) // context
    starts = context * np.arange(count)
    return pieces[:, starts[:, None] + np.arange(context + 1)].reshape(-1, context + 1)
