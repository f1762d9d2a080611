r"""A language model that is small enough to train in a cell: a transformer that learns to write like this course.

It is built like the large ones (Radford et al., Language models are unsupervised multitask learners, 2019): characters
and places become vectors; blocks of causal attention and of a layer of ReLUs each add to them what they find, reading a
normalised copy; and a last matrix turns every vector into a guess at the next character.

>>> from lrcourse import AdamW, Clip, linear_decay, train, warmup
>>> schedule = warmup(linear_decay(1e-2, total=1.9), length=0.1)      # an epoch is 100 updates
>>> run = train(language(), Clip(AdamW(beta2=0.99, weight_decay=0.1)), schedule, epochs=2)
>>> bool(2.2 < run.test_loss[0, -1] < 2.9)  # before training: log(96) = 4.6
True

The gradient is written by hand: ``normalise``, ``attend`` and ``cross_entropy`` each know the way back, and the rest is
products of matrices. All vectors of a batch lie in one array, (windows * context, width). That is what runs in float64;
in float32 engine/transformer.c does the same, in half the time, and in the browser in a small part of it.
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
    heads: Count = 2
    context: Range(2, PIECE - 1, whole=True) = 32
    batch_size: Count = 8
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

    # ---- forwards and backwards, for one run at a time: what lies between two products then stays in the cache

    def _compiled(self, w):
        """The engine, where it does what is written below; what a subclass writes it can't know."""
        from lrcourse.engine import kernel, text as compiled       # which imports problems.py, and that this file
        written = all(getattr(type(self), name) is getattr(language, name) for name in ("shapes", "forward", "backward"))
        return compiled if written and self.dtype == w.dtype == "float32" and kernel() is not None else None

    def loss_and_gradient(self, w, batch):
        """Per run: the loss and the error of a batch, (runs,), and the gradient, (runs, P)."""
        windows = self.train_text[batch[..., None] + np.arange(self.context + 1)]
        grad = np.empty_like(w)
        if compiled := self._compiled(w):
            return *compiled.figures(self, w, windows, grad), grad
        figures = [self.backward(*run) for run in zip(w, windows[..., :-1].reshape(len(w), -1),
                                                      windows[..., 1:].reshape(len(w), -1), grad)]
        return *np.transpose(figures), grad

    def gradient(self, w, batch):
        return self.loss_and_gradient(w, batch)[2]

    def forward(self, p, x):
        """From characters ``x`` (windows * context,) to logits (windows * context, 96), and what the way back needs."""
        h = (p["characters"][x].reshape(-1, self.context, self.width) + p["places"]).reshape(-1, self.width)
        blocks = []
        for b in range(self.blocks):
            a, back_a = normalise(h, p[f"scale_a{b}"])
            found, back_found = attend(a @ p[f"qkv{b}"], self.heads, self.context)
            h = h + found @ p[f"out{b}"]
            c, back_c = normalise(h, p[f"scale_b{b}"])
            on = np.maximum(c @ p[f"up{b}"], 0)
            h = h + on @ p[f"down{b}"]
            blocks.append((a, back_a, found, back_found, c, back_c, on))
        last, back = normalise(h, p["scale"])
        return last @ p["guess"], blocks, last, back

    def backward(self, w, x, y, grad):
        """Loss and error of the weights (P,) where ``y`` follows ``x``; the gradient is written into ``grad``."""
        p, g = self.parameters(w), self.parameters(grad)
        logits, blocks, last, back = self.forward(p, x)
        loss, error, d = cross_entropy(logits, y)
        g["guess"][:] = last.T @ d
        d, g["scale"][:] = back(d @ p["guess"].T)
        for b in reversed(range(self.blocks)):
            a, back_a, found, back_found, c, back_c, on = blocks[b]
            g[f"down{b}"][:] = on.T @ d
            d_on = d @ p[f"down{b}"].T * (on > 0)
            g[f"up{b}"][:] = c.T @ d_on
            d_c, g[f"scale_b{b}"][:] = back_c(d_on @ p[f"up{b}"].T)
            d = d + d_c
            g[f"out{b}"][:] = found.T @ d
            d_qkv = back_found(d @ p[f"out{b}"].T)
            g[f"qkv{b}"][:] = a.T @ d_qkv
            d_a, g[f"scale_a{b}"][:] = back_a(d_qkv @ p[f"qkv{b}"].T)
            d = d + d_a
        g["places"][:] = d.reshape(-1, self.context, self.width).sum(axis=0)
        g["characters"][:] = (np.arange(len(ALPHABET))[:, None] == x).astype(w.dtype) @ d
        return loss, error

    def evaluate(self, w):
        """Per run: the loss and the error on the held-out windows, (runs,)."""
        if compiled := self._compiled(w):
            return compiled.figures(self, w, self.test_windows[None])
        figures, windows = np.zeros((len(w), 2)), self.test_windows
        for figure, run in zip(figures, w):
            for some in np.split(windows, range(32, len(windows), 32)):
                logits = self.forward(self.parameters(run), some[:, :-1].ravel())[0]
                figure += np.multiply(cross_entropy(logits, some[:, 1:].ravel(), backwards=False)[:2], len(some) / len(windows))
        return figures.T

    def sample(self, w, length=200, prompt="The learning rate ", temperature=0.7, seed=0):
        r"""What the weights of a run, (P,), write after ``prompt``; ``temperature`` divides the logits.

        >>> language().sample(language().start(seeds=[0])[0], length=8, prompt="The rate")
        'The rateS&"\nnzYd'
        """
        check_all("sample", {"length": Count, "temperature": Positive, "seed": Whole},
                  {"length": length, "temperature": temperature, "seed": seed})
        if not prompt or not set(prompt) <= set(ALPHABET):
            raise ValueError(f"prompt={prompt!r} is not allowed in sample: some characters, printable ASCII or line breaks")
        generator, p, written = np.random.default_rng(seed), self.parameters(w), list(map(ALPHABET.index, prompt))
        for _ in range(length):
            seen = written[-self.context:]
            x = np.array(seen + [0] * (self.context - len(seen)))       # what comes later isn't seen
            logits = self.forward(p, x)[0][len(seen) - 1].astype(np.float64) / temperature
            chances = np.exp(logits - logits.max())
            written.append(int(generator.choice(len(ALPHABET), p=chances / chances.sum())))
        return "".join(ALPHABET[place] for place in written)


# ---- the parts: each returns its result, and a function that takes the gradient back ---------------------------------

def normalise(h, scale, eps=1e-5):
    """Layer norm, without a bias: each vector less its mean, over its deviation, times ``scale`` (width,).

    Ba, Kiros, Hinton, Layer normalization, 2016; before a layer rather than after it: Xiong et al., On layer
    normalization in the transformer architecture, 2020.
    """
    centred = h - mean(h)
    inverse = 1 / np.sqrt(mean(np.square(centred)) + eps)
    normal = centred * inverse

    def back(d):
        d_normal = d * scale
        return (d_normal - mean(d_normal) - normal * mean(d_normal * normal)) * inverse, (d * normal).sum(axis=0)

    return normal * scale, back


def mean(h):
    """The mean of each row, as a column: a product with a vector is faster than numpy's mean over so few numbers."""
    return (h @ np.full(h.shape[1], 1 / h.shape[1], h.dtype))[:, None]


def attend(qkv, heads, context):
    r"""Causal attention: each place's answer is $\sum_j s_{ij} v_j$, with $s_i = \text{softmax}_{j \le i}(q_i \cdot k_j / \sqrt{d})$.

    ``qkv`` (windows * context, 3 * width) holds queries, keys and values, each cut into ``heads``.
    Vaswani et al., Attention is all you need, 2017.
    """
    size = qkv.shape[1] // 3 // heads
    q, k, v = qkv.reshape(-1, context, 3, heads, size).transpose(2, 0, 3, 1, 4)
    root = size ** -0.5
    s = q @ k.swapaxes(-1, -2)
    s *= root
    s += np.triu(np.full((context, context), -np.inf, s.dtype), 1)
    s -= s.max(axis=-1, keepdims=True)
    np.exp(s, out=s)
    s /= s.sum(axis=-1, keepdims=True)

    def together(parts):        # each (windows, heads, context, size): side by side again
        return np.stack(parts).transpose(1, 3, 0, 2, 4).reshape(len(qkv), -1)

    def back(d):
        d = d.reshape(-1, context, heads, size).swapaxes(1, 2)
        d_s = d @ v.swapaxes(-1, -2)
        d_s = s * (d_s - (d_s * s).sum(axis=-1, keepdims=True)) * root
        return together([d_s @ k, d_s.swapaxes(-1, -2) @ q, s.swapaxes(-1, -2) @ d])

    return together([s @ v]), back


def cross_entropy(logits, y, backwards=True):
    """Mean loss and error of ``logits`` (places, 96) where the characters ``y`` come, and the gradient of the loss."""
    logits = logits - logits.max(axis=1, keepdims=True)
    places = np.arange(len(y))
    wanted, error = logits[places, y], (logits.argmax(axis=1) != y).mean()
    np.exp(logits, out=logits)
    total = logits.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - wanted).mean()
    if backwards:
        logits /= total * len(y)
        logits[places, y] -= 1 / len(y)
    return loss, error, logits


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
