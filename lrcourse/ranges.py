"""What a parameter may be, declared once in a signature: it checks the argument and sets the slider."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``. ``high`` may name another parameter, or a difference such as "total - decay".

    ``slider`` is the part that an interactive offers (low, high), and ``log`` whether its scale is logarithmic.
    """

    low: float = 0.0
    high: float | str = math.inf
    open_low: bool = False
    slider: tuple = (0.0, 1.0)
    log: bool = False

    def limit(self, values):
        """The upper end as a number, given all the parameters' ``values``."""
        if not isinstance(self.high, str):
            return self.high
        first, *others = (values[name] for name in self.high.split(" - "))
        return first - sum(others)

    def check(self, name, value, values):
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise TypeError(str(self))
        high = self.limit(values)
        # sums of epochs such as 0.1 + 0.2 may miss their own limit by a rounding error
        if not (self.low < value if self.open_low else self.low <= value) or value > high * (1 + 1e-12) or value == math.inf:
            named = f" ({self.high} = {high:g})" if isinstance(self.high, str) else ""
            raise ValueError(f"{self}{named}")
        return value.item() if isinstance(value, np.generic) else value

    def __str__(self):
        low = f"a number above {self.low:g}" if self.open_low else f"a number from {self.low:g}"
        if self.high == math.inf:
            return low if self.open_low else low + " up"
        return f"{low} to {self.high if isinstance(self.high, str) else f'{self.high:g}'}"


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


Positive = Range(0.0, open_low=True, slider=(1e-4, 1.0), log=True)
Factor = Range(1.0, slider=(1.0, 1e4), log=True)
NonNegative = Range(0.0, slider=(0.0, 2.0))
Fraction = Range(0.0, 1.0)
Epochs = Range(0.0, open_low=True, slider=(1.0, 100.0))
Power = Range(0.0, open_low=True, slider=(0.25, 4.0))
Growth = Range(1.0, slider=(1.0, 3.0))


def Below(other, open_low=False):
    """At least 0, at most another parameter (or a difference of two)."""
    return Range(0.0, other, open_low=open_low)


def check_all(owner, ranges, values):
    """``values`` after each was checked against its range; the error names the parameter, its value and ``owner``."""
    checked = dict(values)
    for name, allowed in ranges.items():
        try:
            checked[name] = allowed.check(name, checked[name], checked)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}={checked[name]!r} is not allowed in {owner}: {error}") from None
    return checked
