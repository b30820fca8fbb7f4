"""Checks of arguments: each error names the argument, the value and the way out."""

import math
from collections.abc import Sequence
from numbers import Real

from .texts import counted

__all__ = ["confidence_level", "counted", "integer", "number", "one_of"]


def one_of(name: str, value: object, options: Sequence[object]) -> None:
    """Raise unless ``value`` is one of the options, shown in the given order.

    Examples
    --------
    >>> one_of("returns", "net", ("net", "drop", "keep"))
    """
    if value not in options:
        shown = ", ".join(repr(option) for option in options)
        raise ValueError(f"`{name}` must be one of {shown}, got {value!r}")


def number(name: str, value: object, *, low: float = -math.inf, high: float = math.inf) -> float:
    """Return ``value`` as a float in [low, high]; booleans and text are not numbers.

    Examples
    --------
    >>> number("level", 0.95, low=0, high=1)
    0.95
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"`{name}` must be a number, got {value!r} of type {type(value).__name__}")
    if not low <= float(value) <= high:  # also refuses NaN
        raise ValueError(f"`{name}` must be {_range(low, high)}, got {value!r}")
    return float(value)


def integer(name: str, value: object, *, low: int, high: float = math.inf) -> int:
    """Return ``value`` as an int in [low, high].

    Examples
    --------
    >>> integer("bins", 5, low=2)
    5
    """
    read = number(name, value, low=low, high=high)
    if read % 1:
        raise ValueError(f"`{name}` must be a whole number, got {value!r}")
    return int(read)


def confidence_level(level: object) -> float:
    """Return the level of an interval as a float in [.5, .999999].

    Examples
    --------
    >>> confidence_level(0.95)
    0.95
    """
    return number("level", level, low=0.5, high=0.999999)


def _range(low: float, high: float) -> str:
    if high == math.inf:
        return f"at least {low:g}"
    return f"at most {high:g}" if low == -math.inf else f"between {low:g} and {high:g}"
