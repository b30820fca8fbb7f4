"""Conversions of one column, and the strptime directives of Python in the language of other engines."""

import re
from dataclasses import dataclass
from typing import Literal

from ..._core.checks import show
from .time_texts import ISO, PARTS, TimeText, has_adjacent_digits, spells_zone, time_text

Operation = Literal["number", "integer", "whole", "boolean", "text", "parse", "naive", "localise"]


@dataclass(frozen=True, slots=True)
class Conversion:
    """The conversion of one column: to numbers, to text, to times of a format, or from a zone to shop time.

    ``is_text``: the counts of time are text. ``is_number``: times of a format are numbers, such as 20240105.
    ``has_zone``: times of ISO 8601 have a zone. ``decimal``, ``is_money``: how numbers are written, see `numbers`.
    """

    operation: Operation
    format: str | None = None
    timezone: str | None = None
    is_text: bool = False
    is_number: bool = False
    has_zone: bool = False
    decimal: str | None = None
    is_money: bool = False

    @property
    def has_instants(self) -> bool:
        """Whether the times are instants, and converted to a zone."""
        return self.format in EPOCHS or "%z" in self.text.pattern

    @property
    def text(self) -> TimeText:
        """How texts of the format are read."""
        return time_text(str(self.format), has_zone=self.has_zone)

    @property
    def is_count(self) -> bool:
        """Whether times of the format are numbers: counts of a unit, or Excel's days."""
        return self.format in EPOCHS or self.format in EXCEL_DAYS


EPOCHS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Formats of times that are counted since 1970-01-01 UTC, and the microseconds of one count."""

EXCEL = "excel"
"""The format of times that Excel counts: days since 1899-12-30, in the shop's own time."""

EXCEL_1904 = "excel1904"
"""The format of days since 1904-01-01, which workbooks of older Macs count."""

EXCEL_DAYS = {EXCEL: 25_569, EXCEL_1904: 24_107}
"""Formats of days that Excel counts, and the days from the first of them to 1970-01-01."""

EXCEL_1970 = EXCEL_DAYS[EXCEL]

NAMED_FORMATS = (*EPOCHS, *EXCEL_DAYS, ISO)

MAX_MICROSECONDS = 2**53
"""Microseconds (until the year 2255) up to which every library counts exactly; later counts are not read."""

_JAVA = {
    "%Y": "yyyy", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss", "%f": "SSSSSS", "%p": "a",
    "%b": "MMM", "%B": "MMMM", "%z": "[XXX][XX][X]",
}  # fmt: skip
_CLOCKS = ("", "HM", "HMS", "HMSf", "IMp", "IMSp", "IMSfp")
_VALID_DIRECTIVES = {frozenset(f"Y{month}d{clock}") for month in "mbB" for clock in _CLOCKS}


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
    if named_format(pattern) in NAMED_FORMATS:
        return
    directives = [part for part in PARTS.findall(pattern) if part[0] == "%"]
    if not directives:
        known = ", ".join(map(repr, NAMED_FORMATS))
        raise ValueError(f"`format` must be a pattern such as '%d.%m.%Y', or be one of {known}, got {show(pattern)}")
    unknown = [part for part in directives if part not in _JAVA]
    if unknown:
        why = ": years need four digits" if unknown[0] == "%y" else ""
        raise ValueError(f"`format` knows {', '.join(_JAVA)}, got {unknown[0]!r}{why}")
    if re.search("(?<![A-Za-z])[AP][.]?M|上午|下午", re.sub("%.", "%", pattern), re.IGNORECASE):
        raise ValueError(
            f"`format` spells the half of the day: write %I for the hour and %p for it, got {show(pattern)}"
        )
    if zone := spells_zone(pattern):
        raise ValueError(
            f"`format` has the zone {zone!r}, which alone does not tell how far it is from UTC: cut it off the texts, "
            f"whose times are the shop's own then, or write the distance and read it by %z, got {show(pattern)}"
        )
    if not _is_unambiguous(time_text(pattern).pattern):
        raise ValueError(
            "`format` must hold %Y, one of %m, %b and %B, and %d, each once; then %H, or %I with %p, goes with %M; "
            f"%f follows '%S.', and %z stands at the end of a time of day, got {show(pattern)}"
        )


def named_format(pattern: str | None) -> str | None:
    """Return a format in the spelling in which the library knows it.

    Examples
    --------
    >>> named_format("ISO8601"), named_format("%d.%m.%Y")
    ('iso8601', '%d.%m.%Y')
    """
    return pattern.lower() if pattern is not None and pattern.lower() in NAMED_FORMATS else pattern


def _is_unambiguous(pattern: str) -> bool:
    letters = [part[1] for part in PARTS.findall(pattern) if part[0] == "%"]
    named = frozenset(letters) - {"z"}
    zone = "z" not in letters or (pattern.endswith("%z") and "M" in letters)
    fraction = "f" not in letters or re.search(r"%S[.]%f($|%z|[^%0-9])", pattern) is not None
    return len(letters) == len(set(letters)) and named in _VALID_DIRECTIVES and zone and fraction


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
    parts = PARTS.findall(pattern)
    adjacent = has_adjacent_digits(parts)
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
