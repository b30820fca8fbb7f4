"""Checks of arguments: each error names the argument, the value and the way out.

What a check returns is the value in its plain form, so that no other spelling of it goes further than the edge.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, SupportsFloat, TypeVar

import numpy as np

__all__ = [
    "confidence_level",
    "flag",
    "hashable_values",
    "instance",
    "instances",
    "integer",
    "names",
    "number",
    "one_of",
    "several",
    "show",
    "text",
]

MAX_WHOLE = 2**53
"""Up to here a float tells every whole number from the next."""
MAX_SHOWN = 120
"""Characters of a value that an error shows."""
_NO_NUMBERS: tuple[type, ...] = (np.timedelta64,)
"""What counts as a whole number for Python though it has a unit."""
Option = TypeVar("Option")
Kind = TypeVar("Kind")


def show(value: object) -> str:
    """Return a value as an error shows it: on one line, cut where it is long, and never an error of its own.

    Examples
    --------
    >>> show("net"), show("9" * 500)[-12:]
    ("'net'", '99999999999…')
    >>> show(10**5000)
    'an object of type int'
    """
    try:
        shown = repr(value)
    except Exception:  # a value may refuse to be shown, as whole numbers of 5,000 digits do
        return f"an object of type {type(value).__name__}"
    if "\n" in shown:
        return f"an object of type {type(value).__name__}"
    shown = shown.encode("utf8", "backslashreplace").decode()
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}…"


def one_of(name: str, value: object, options: Sequence[Option]) -> Option:
    """Return the option that equals ``value``; raise if none does, and show them in the given order.

    True and 1 are two values, and so are False, 0 and None.

    Examples
    --------
    >>> one_of("returns", "net", ("net", "drop", "keep"))
    'net'
    """
    for option in options:
        if _is_same(value, option):
            return option
    shown = ", ".join(repr(option) for option in options)
    raise ValueError(f"`{name}` must be one of {shown}, got {show(value)}")


def _is_same(value: object, option: object) -> bool:
    """Return whether a value is an option; what is of another kind may not even be comparable."""
    if isinstance(option, str):
        return isinstance(value, str) and value == option
    if isinstance(option, bool):
        return _is_boolean(value) and bool(value) is option
    if option is None:
        return value is None
    return type(value) is type(option) and value == option


def _is_boolean(value: object) -> bool:
    return isinstance(value, (bool, np.bool_))


def flag(name: str, value: object) -> bool:
    """Return ``value`` if it is true or false, and nothing that only counts as such.

    Examples
    --------
    >>> flag("stores", True)
    True
    """
    if not _is_boolean(value):
        raise TypeError(f"`{name}` must be True or False, got {show(value)}")
    return bool(value)


def number(name: str, value: object, *, low: float = -math.inf, high: float = math.inf, cap: float = math.inf) -> float:
    """Return ``value`` as a finite float in [low, high]; booleans and text are not numbers.

    Parameters
    ----------
    cap : float, optional
        Where the argument has no largest value by its nature: what is beyond it cannot be computed with.

    Examples
    --------
    >>> number("level", 0.95, low=0, high=1)
    0.95
    """
    if isinstance(value, (bool, *_NO_NUMBERS)) or not isinstance(value, Real):
        raise TypeError(f"`{name}` must be a number, got {show(value)} of type {type(value).__name__}")
    as_float = _as_float(value)
    if not low <= as_float <= high:  # also refuses NaN
        raise ValueError(f"`{name}` must be {_range(low, high)}, got {show(value)}")
    if as_float > cap:
        raise ValueError(f"`{name}` must be at most {cap:,g}, got {show(value)}")
    if math.isinf(as_float):
        raise ValueError(f"`{name}` must be finite, got {show(value)}")
    return as_float


def _as_float(value: Any) -> float:
    """Return a real number as a float, infinite where it is beyond them."""
    reading: SupportsFloat = value
    try:
        return float(reading)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def integer(name: str, value: object, *, low: int, high: float = math.inf, cap: float = MAX_WHOLE) -> int:
    """Return ``value`` as an int in [low, high], and at most ``cap``, as in :func:`number`.

    Examples
    --------
    >>> integer("bins", 5, low=2)
    5
    """
    if isinstance(value, Real) and not isinstance(value, Integral) and _as_float(value) % 1 != 0:
        raise ValueError(f"`{name}` must be a whole number, got {show(value)}")
    return int(number(name, value, low=low, high=high, cap=cap))


def confidence_level(level: object) -> float:
    """Return the level of an interval as a float in [.5, .999999].

    Examples
    --------
    >>> confidence_level(0.95)
    0.95
    """
    return number("level", level, low=0.5, high=0.999999)


def text(name: str, value: object, *, example: str = "") -> str:
    """Return ``value`` if it is text that is not empty.

    Examples
    --------
    >>> text("name", "loyal")
    'loyal'
    """
    hint = f" such as {example}" if example else ""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be text{hint}, got {show(value)}")
    if not value:
        raise ValueError(f"`{name}` must be text{hint}, got ''")
    return str(value)


def instance(name: str, value: object, kind: type[Kind] | tuple[type[Kind], ...], *, noun: str = "") -> Kind:
    """Return ``value`` if it is an object of the class, and not the class itself.

    Parameters
    ----------
    noun : str, optional
        What an error asks for, by default the name of the class.

    Examples
    --------
    >>> instance("limit", 3, int)
    3
    """
    if isinstance(value, kind):
        return value
    classes = kind if isinstance(kind, tuple) else (kind,)
    wanted = noun or " or ".join(known.__name__ for known in classes)
    if isinstance(value, type) and issubclass(value, classes):
        raise TypeError(f"`{name}` must be {_article(wanted)}, got the class {value.__name__}: make one with it")
    raise TypeError(f"`{name}` must be {_article(wanted)}, got {show(value)}")


def _article(noun: str) -> str:
    return noun if noun.startswith(("a ", "an ", "the ")) else f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def instances(name: str, value: object, kind: type[Kind]) -> tuple[Kind, ...]:
    """Return the members of a list, all of them objects of the class.

    Examples
    --------
    >>> instances("limits", [1, 2], int)
    (1, 2)
    """
    return tuple(instance(name, member, kind) for member in several(name, value, of=f"{kind.__name__} objects"))


def several(name: str, value: object, *, of: str) -> tuple[Any, ...]:
    """Return the members of a list, an array or a column; text and tables are not lists.

    Examples
    --------
    >>> several("items", ["tea", "pot"], of="products")
    ('tea', 'pot')
    """
    is_scalar = isinstance(value, (str, bytes, bytearray, Mapping, type)) or hasattr(value, "columns")
    if is_scalar or not isinstance(value, Iterable):
        raise TypeError(f"`{name}` must be a list of {of}, got {show(value)}")
    try:
        return tuple(value.tolist() if hasattr(value, "tolist") else value)
    except TypeError:  # an array without a dimension
        raise TypeError(f"`{name}` must be a list of {of}, got {show(value)}") from None


def hashable_values(name: str, value: object, *, of: str) -> tuple[Any, ...]:
    """Return the members of a list, such as ids, each of which can be looked up.

    Examples
    --------
    >>> hashable_values("items", [1, 2], of="products")
    (1, 2)
    """
    members = several(name, value, of=of)
    for member in members:
        if isinstance(member, Iterable) and not isinstance(member, (str, bytes, tuple)):
            raise TypeError(f"`{name}` must be a list of {of}, got {show(member)} in it")
        try:
            is_known = bool(member == member)
            hash(member)
        except TypeError:  # pandas.NA is neither equal to itself nor not
            is_known = False
        if member is None or not is_known:
            raise TypeError(f"`{name}` must be a list of {of}, got {show(member)} in it")
    return members


def names(name: str, value: object, *, of: str) -> tuple[str, ...]:
    """Return one name, or several, as a tuple.

    Examples
    --------
    >>> names("goal", "purchase", of="events"), names("goal", ["sign_up", "purchase"], of="events")
    (('purchase',), ('sign_up', 'purchase'))
    """
    if not isinstance(value, Iterable):
        raise TypeError(f"`{name}` must be one or several names of {of}, got {show(value)}")
    members = (value,) if isinstance(value, str) else several(name, value, of=f"names of {of}")
    for member in members:
        if not isinstance(member, str) or not member:
            raise TypeError(f"`{name}` must be names of {of}, got {show(member)}")
    return tuple(map(str, members))


def _range(low: float, high: float) -> str:
    if high == math.inf:
        return f"at least {low:g}" if low > -math.inf else "a finite number"
    return f"at most {high:g}" if low == -math.inf else f"between {low:g} and {high:g}"
