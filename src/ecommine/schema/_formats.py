"""How columns are to be read anew, and what other engines call Python's strptime directives."""

from dataclasses import dataclass
from typing import Literal

Job = Literal["number", "integer", "boolean", "text", "parse", "localise"]


@dataclass(frozen=True, slots=True)
class Conversion:
    """One column to be read anew: as numbers, as text, as times of a format, or from a zone to shop time."""

    job: Job
    format: str | None = None
    timezone: str | None = None


EPOCHS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Formats of times that are counted since 1970-01-01 UTC, and the microseconds of one count."""

_JAVA = {
    "%Y": "yyyy", "%y": "yy", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss",
    "%f": "SSSSSS", "%p": "a", "%b": "MMM", "%B": "MMMM", "%z": "xx", "%j": "DDD", "T": "'T'", "Z": "'Z'",
}  # fmt: skip


def chrono(pattern: str) -> str:
    """Translate to Polars, which writes the dot of a fraction inside the directive.

    Examples
    --------
    >>> chrono("%H:%M:%S.%f")
    '%H:%M:%S%.f'
    """
    return pattern.replace(".%f", "%.f")


def java(pattern: str) -> str:
    """Translate to Spark's date-time pattern.

    Examples
    --------
    >>> java("%d.%m.%Y %H:%M")
    'dd.MM.yyyy HH:mm'
    """
    for ours, theirs in _JAVA.items():
        pattern = pattern.replace(ours, theirs)
    return pattern


def sql_text(text: str) -> str:
    """Quote a text for SQL.

    Examples
    --------
    >>> sql_text("o'clock")
    "'o''clock'"
    """
    return "'" + text.replace("'", "''") + "'"
