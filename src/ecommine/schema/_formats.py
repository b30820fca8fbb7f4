"""How columns are to be read anew, and what other engines call Python's strptime directives."""

import itertools
import re
from dataclasses import dataclass
from typing import Literal

Job = Literal["number", "integer", "boolean", "text", "parse", "naive", "localise"]


@dataclass(frozen=True, slots=True)
class Conversion:
    """One column to be read anew: as numbers, as text, as times of a format, or from a zone to shop time."""

    job: Job
    format: str | None = None
    timezone: str | None = None


EPOCHS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Formats of times that are counted since 1970-01-01 UTC, and the microseconds of one count."""

LAST_COUNT = 2**53
"""Microseconds (until the year 2255) up to which every library counts exactly; later counts are not read."""

NUMBER = r"[ \t]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[ \t]*"
"""What a number looks like as text. Each library by itself would read some other texts too ("5d", "1_000", "0x1F")."""

_JAVA = {
    "%Y": "yyyy", "%y": "yy", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss",
    "%f": "SSSSSS", "%p": "a", "%b": "MMM", "%B": "MMMM", "%z": "[XXX][XX][X]", "%j": "DDD", "%%": "%",
}  # fmt: skip
_PARTS = re.compile(r"%.|[^%]+")


def chrono(pattern: str) -> str:
    """Translate to Polars, which writes the dot of a fraction inside the directive.

    Examples
    --------
    >>> chrono("%H:%M:%S.%f")
    '%H:%M:%S%.f'
    """
    return pattern.replace(".%f", "%.f")


def java(pattern: str) -> str:
    """Translate to Spark's date-time pattern, where one letter reads one or two digits.

    Examples
    --------
    >>> java("%d.%m.%Y %H:%M")
    "d'.'M'.'yyyy' 'H':'m"
    >>> java("%Y%m%d")
    'yyyyMMdd'
    """
    parts = _PARTS.findall(pattern)
    unknown = [part for part in parts if part[0] == "%" and part not in _JAVA]
    if unknown:
        raise ValueError(f"`format` on Spark knows {', '.join(_JAVA)}, got {unknown[0]!r}")
    directives = [part[0] == "%" for part in parts]
    touching = any(one and two for one, two in itertools.pairwise(directives))
    return "".join(
        _directive(part, fixed=touching) if part[0] == "%" else "'" + part.replace("'", "''") + "'" for part in parts
    )


def _directive(part: str, *, fixed: bool) -> str:
    theirs = _JAVA[part]
    return theirs[0] if part in ("%m", "%d", "%H", "%I", "%M", "%S") and not fixed else theirs


def sql_text(text: str) -> str:
    """Quote a text for SQL.

    Examples
    --------
    >>> sql_text("o'clock")
    "'o''clock'"
    """
    return "'" + text.replace("'", "''") + "'"
