"""What a parameter may be, declared once in a signature: it checks the argument and sets the slider."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass, fields

import numpy as np


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
        return first - sum(others)

    def check(self, name, value, values):
        kind = numbers.Integral if self.whole else numbers.Real
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(str(self))
        high = self.limit(values)
        low_enough = value < high if self.open_high else value <= high * (1 + 1e-12)  # 0.1 + 0.2 is at most 0.3
        high_enough = value > self.low if self.open_low else value >= self.low
        if not (low_enough and high_enough) or value == math.inf:
            named = f" ({self.high} = {high:g})" if isinstance(self.high, str) else ""
            raise ValueError(f"{self}{named}")
        return value.item() if isinstance(value, np.generic) else value

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
        if value not in self.options:
            raise ValueError(f"one of {', '.join(map(repr, self.options))}")
        return value


@dataclass(frozen=True)
class Times:
    """A strictly increasing list of times, all above 0."""

    def check(self, name, value, values):
        try:
            times = tuple(v.item() if isinstance(v, np.generic) else v for v in value)
        except TypeError:
            raise TypeError("a list of increasing times above 0") from None
        if any(isinstance(v, bool) or not isinstance(v, numbers.Real) for v in times):
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
        try:
            numbers_ = tuple(float(v) for v in value)
        except (TypeError, ValueError):
            raise TypeError(str(self)) from None
        if not numbers_ or self.length not in (None, len(numbers_)):
            raise ValueError(str(self))
        if not all(self.low <= v < math.inf for v in numbers_):
            raise ValueError(str(self))
        return numbers_

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
