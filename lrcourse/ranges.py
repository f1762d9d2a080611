"""What a parameter may be, declared once in a signature: it checks the argument and sets the slider."""

import math
import numbers
from dataclasses import dataclass, fields

import numpy as np


def plain(value):
    """A real number as Python's own int or float, exact; None for what isn't one, and inf for what is too large."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        real = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return int(value) if isinstance(value, numbers.Integral) else real


def as_numbers(value):
    """What holds numbers as an array of them, or None: strings, True and None are no numbers."""
    try:
        array = np.asarray(value)
    except Exception:       # lists of unequal length, and whatever another library's array says of itself
        return None
    return array if array.dtype.kind in "fiu" else None


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``. ``high`` may name another parameter, or a difference such as "total - decay".

    ``slider`` is the part that an interactive offers (low, high), and ``log`` whether its scale is logarithmic.
    """

    low: float = 0.0
    high: float | str = math.inf
    open_low: bool = False
    open_high: bool = False
    whole: bool = False
    slider: tuple = (0.0, 1.0)
    log: bool = False

    def limit(self, values):
        """The upper end as a number, given all the parameters' ``values``."""
        if not isinstance(self.high, str):
            return self.high
        first, *others = (values[name] for name in self.high.split(" - "))
        return max(first - sum(others), self.low)      # 0.3 - (0.1 + 0.2) is below 0

    def check(self, name, value, values):
        given, value = value, plain(value)
        if value is None or self.whole and not isinstance(given, numbers.Integral):
            raise TypeError(str(self))
        high = self.limit(values)
        low_enough = value < high if self.open_high else value <= high * (1 + 1e-12)  # 0.1 + 0.2 is at most 0.3
        high_enough = value > self.low if self.open_low else value >= self.low
        if not (low_enough and high_enough) or value == math.inf:
            named = f" ({self.high} = {high:g})" if isinstance(self.high, str) else ""
            raise ValueError(f"{self}{named}")
        return value

    def __str__(self):
        number = "a whole number" if self.whole else "a number"
        low = f"{number} above {self.low:g}" if self.open_low else f"{number} from {self.low:g}"
        if self.high == math.inf:
            return low if self.open_low else low + " up"
        high = self.high if isinstance(self.high, str) else f"{self.high:g}"
        return f"{low} to below {high}" if self.open_high else f"{low} to {high}"


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: tuple

    def check(self, name, value, values):
        if not isinstance(value, (str, numbers.Number, np.bool_)) or value not in self.options:
            raise ValueError(f"one of {', '.join(map(repr, self.options))}")
        return self.options[self.options.index(value)]


@dataclass(frozen=True)
class Times:
    """A strictly increasing list of times, all above 0."""

    def check(self, name, value, values):
        times = tuple(map(plain, value)) if np.iterable(value) else (None,)
        if None in times:
            raise TypeError("a list of increasing times above 0")
        if not all(a < b < math.inf for a, b in zip((0, *times), times)):
            raise ValueError("a list of increasing times above 0")
        return times


@dataclass(frozen=True)
class Vector:
    """Finite numbers, as many as ``length`` says (None: any), each from ``low`` up. Stored as a tuple of floats."""

    length: int | None = None
    low: float = -math.inf

    def check(self, name, value, values):
        array = as_numbers(list(value) if np.iterable(value) else value)
        if array is None or array.ndim != 1:
            raise TypeError(str(self))
        if not array.size or self.length not in (None, array.size):
            raise ValueError(str(self))
        if not ((self.low <= array) & (np.abs(array) < math.inf)).all():
            raise ValueError(str(self))
        return tuple(array.astype(float).tolist())

    def __str__(self):
        count = "a list of numbers" if self.length is None else f"a list of {self.length} numbers"
        return count if self.low == -math.inf else f"{count}, each from {self.low:g} up"


Positive = Range(0.0, open_low=True, slider=(1e-4, 1.0), log=True)
Factor = Range(1.0, slider=(1.0, 1e4), log=True)
NonNegative = Range(0.0, slider=(0.0, 2.0))
Fraction = Range(0.0, 1.0)
BelowOne = Range(0.0, 1.0, open_high=True)
Epochs = Range(0.0, open_low=True, slider=(1.0, 100.0))
Power = Range(0.0, open_low=True, slider=(0.25, 4.0))
Growth = Range(1.0, slider=(1.0, 3.0))
Count = Range(1, whole=True, slider=(1, 256), log=True)
Whole = Range(0, whole=True, slider=(0, 10))
Flag = Choice((True, False))


def Below(other, open_low=False):
    """At least 0, at most another parameter (or a difference of two)."""
    return Range(0.0, other, open_low=open_low)


def check_all(owner, ranges, values):
    """``values`` after each was checked against its range; the error names the parameter, its value and ``owner``."""
    checked = dict(values)
    named = lambda item: isinstance(getattr(item[1], "high", None), str)
    for name, allowed in sorted(ranges.items(), key=named):     # a limit is checked before what it limits
        try:
            checked[name] = allowed.check(name, checked[name], checked)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}={checked[name]!r} is not allowed in {owner}: {error}") from None
    return checked


def check_fields(settings):
    """Check a dataclass whose annotations are ranges."""
    ranges = {field.name: field.type for field in fields(settings) if hasattr(field.type, "check")}
    vars(settings).update(check_all(type(settings).__name__, ranges, vars(settings)))
