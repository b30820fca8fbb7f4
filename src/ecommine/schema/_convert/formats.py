"""Conversions of one column, and the strptime directives of Python in the language of other engines."""

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from ..._core.checks import show

Operation = Literal["number", "integer", "whole", "boolean", "text", "parse", "naive", "localise"]


@dataclass(frozen=True, slots=True)
class Conversion:
    """The conversion of one column: to numbers, to text, to times of a format, or from a zone to shop time.

    ``is_text``: the counts of time are text.
    """

    operation: Operation
    format: str | None = None
    timezone: str | None = None
    is_text: bool = False


EPOCHS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Formats of times that are counted since 1970-01-01 UTC, and the microseconds of one count."""

MAX_MICROSECONDS = 2**53
"""Microseconds (until the year 2255) up to which every library counts exactly; later counts are not read."""

NUMBER_REGEX = r"[ \t]*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?[ \t]*"
"""A number as text. Each library by itself would read some other texts too ("5d", "1_000", "0x1F")."""

BLANKS = " \t"
"""Characters that may stand around a number or a time that is text."""

LONG_FRACTION_REGEX = "([.][0-9]{6})[0-9]+"
"""A fraction of a second with more digits than microseconds have; the first six are kept."""

_JAVA = {
    "%Y": "yyyy", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss", "%f": "SSSSSS", "%p": "a",
    "%b": "MMM", "%B": "MMMM", "%z": "[XXX][XX][X]",
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DIGITS = {
    "%Y": "[0-9]{4}", "%m": "(0?[1-9]|1[0-2])", "%d": "(0?[1-9]|[12][0-9]|3[01])", "%H": "([01]?[0-9]|2[0-3])",
    "%I": "(0?[1-9]|1[0-2])", "%M": "[0-5]?[0-9]", "%S": "[0-5]?[0-9]", "%f": "[0-9]+",
}  # fmt: skip
_REGEXES = {
    **_DIGITS,
    "%p": "(AM|PM)",
    "%b": f"({'|'.join(month[:3] for month in _MONTHS)})",
    "%B": f"({'|'.join(_MONTHS)})",
    "%z": "(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])",
}
_CLOCKS = ("", "HM", "HMS", "HMSf", "IMp", "IMSp", "IMSfp")
_VALID_DIRECTIVES = {frozenset(f"Y{month}d{clock}") for month in "mbB" for clock in _CLOCKS}
_PARTS = re.compile(r"%.|[^%]+|%")


def check_format(pattern: object) -> None:
    """Raise for a format that some library would read in its own way.

    Examples
    --------
    >>> check_format("%d.%m.%y")
    Traceback (most recent call last):
    ValueError: `format` knows %Y, %m, %d, %H, %I, %M, %S, %f, %p, %b, %B, %z, got '%y': years need four digits
    """
    if pattern is None:
        return
    if not isinstance(pattern, str):
        raise TypeError(f"`format` must be text such as '%d.%m.%Y', got {show(pattern)}")
    if pattern in EPOCHS:
        return
    directives = [part for part in _PARTS.findall(pattern) if part[0] == "%"]
    if not directives:
        known = ", ".join(map(repr, EPOCHS))
        raise ValueError(f"`format` must be a pattern such as '%d.%m.%Y', or be one of {known}, got {show(pattern)}")
    unknown = [part for part in directives if part not in _JAVA]
    if unknown:
        why = ": years need four digits" if unknown[0] == "%y" else ""
        raise ValueError(f"`format` knows {', '.join(_JAVA)}, got {unknown[0]!r}{why}")
    if not _is_unambiguous(pattern, directives):
        raise ValueError(
            "`format` must hold %Y, one of %m, %b and %B, and %d, each once; then %H, or %I with %p, goes with %M; "
            f"%f follows '%S.', and %z stands at the end of a time of day, got {show(pattern)}"
        )


def _is_unambiguous(pattern: str, directives: list[str]) -> bool:
    letters = [part[1] for part in directives]
    named = frozenset(letters) - {"z"}
    zone = "z" not in letters or (pattern.endswith("%z") and "M" in letters)
    fraction = "f" not in letters or re.search(r"%S[.]%f($|%z|[^%0-9])", pattern) is not None
    return len(letters) == len(set(letters)) and named in _VALID_DIRECTIVES and zone and fraction


def time_regex(pattern: str) -> str:
    """Return the pattern of a time of that format, since each library by itself would read some other texts too.

    Examples
    --------
    >>> time_regex("%Y%m%d")
    '[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])'
    """
    parts = _PARTS.findall(pattern)
    text = "".join(_REGEXES.get(part) or re.sub(r"([.^$|?*+()\[\]{}\\])", r"\\\1", part) for part in parts)
    return text.replace("]?[", "][").replace("0?", "0") if _has_adjacent_digits(parts) else text


def _has_adjacent_digits(parts: list[str]) -> bool:
    """Return whether digits follow digits without a sign between them, so that each needs its full width."""
    return any(part in _DIGITS and following in _DIGITS for part, following in itertools.pairwise(parts))


def to_chrono(pattern: str) -> str:
    """Return the format for Polars, which writes the dot of a fraction inside the directive.

    Examples
    --------
    >>> to_chrono("%H:%M:%S.%f")
    '%H:%M:%S%.f'
    """
    return pattern.replace(".%f", "%.f")


def to_java(pattern: str) -> str:
    """Return Spark's date-time pattern, where one letter reads one or two digits.

    Examples
    --------
    >>> to_java("%d.%m.%Y %H:%M")
    "d'.'M'.'yyyy' 'H':'m"
    >>> to_java("%Y%m%d")
    'yyyyMMdd'
    """
    parts = _PARTS.findall(pattern)
    adjacent = _has_adjacent_digits(parts)
    return "".join(
        _directive(part, fixed=adjacent) if part[0] == "%" else "'" + part.replace("'", "''") + "'" for part in parts
    )


def _directive(part: str, *, fixed: bool) -> str:
    letters = _JAVA[part]
    return letters[0] if part in ("%m", "%d", "%H", "%I", "%M", "%S") and not fixed else letters


def quote_text(text: str) -> str:
    """Return a text in quotation marks for SQL.

    Examples
    --------
    >>> quote_text("o'clock")
    "'o''clock'"
    """
    return "'" + text.replace("'", "''") + "'"
