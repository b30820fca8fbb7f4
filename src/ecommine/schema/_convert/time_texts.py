"""Times as text: which texts are a time of a format, and the steps that make them one that every library reads."""

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

ISO = "iso8601"
"""The format of ISO 8601, with or without a time of day, a fraction, and a zone."""

BLANKS = " \t"
"""Characters that may stand around a number or a time that is text."""

PARTS = re.compile(r"%.|[^%]+|%")
"""Directives, and what stands between them."""

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
    "%p": "([AaPp][.]?[Mm][.]?|上午|下午)",
    "%b": f"(?i:{'|'.join(month[:3] for month in _MONTHS)})",
    "%B": f"(?i:{'|'.join(_MONTHS)})",
    "%z": "(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])",
}
_OFFSET = "[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?"
_ZONE_WORD = f"(?:Z|Etc/UTC|(?:UTC|GMT)(?:{_OFFSET})?|{_OFFSET})"
_LITERAL_ZONE = re.compile(rf"[ ]?[(\[]?(?<![A-Za-z0-9])({_ZONE_WORD})(?: (?:Z|UTC|GMT))?[)\]]?(?![A-Za-z0-9])")
_OTHER_ZONE = re.compile(
    r"(?<![A-Za-z])([ECMP][SD]T|A[EWC][SD]T|[CEW]ES?T|CES?T|ME[SZ]Z?|BST|IST|JST|KST|MSK|HKT|SGT|NZ[SD]T|[A-Z][a-z]+/[A-Z]\w+)"
    r"(?![A-Za-z])"
)
_ISO_ZONE = f"[ ]?(?:[Zz]|UTC|GMT|{_OFFSET})"
_ISO_DATE = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_ISO_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_ISO_DENSE = "[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?"
ISO_REGEX = f"(?:{_ISO_DATE}(?:[Tt ]{_ISO_TIME}(?:{_ISO_ZONE})?)?|{_ISO_DENSE}(?:[.,][0-9]+)?(?:{_ISO_ZONE})?)"
"""ISO 8601 with signs between the parts, or a date and a time without any."""

ISO_ZONED_REGEX = f"[Tt ][0-9].*(?:[Zz]|UTC|GMT|{_OFFSET})[ \t]*$"
"""A text of ISO 8601 with a zone."""

_ISO_STEPS = (
    ("^([0-9]{4})-?([0-9]{2})-?([0-9]{2})[Tt ]?", r"\1-\2-\3 "),
    ("^(.{10}) $", r"\1 00:00"),
    ("^(.{11})([0-9]{2}):?([0-9]{2})", r"\1\2:\3"),
    ("^(.{16}):?([0-9]{2})", r"\1:\2"),
    ("^(.{16})([^:]|$)", r"\1:00\2"),
    ("^(.{19})[.,]?([0-9]*)", r"\1.\2x"),
    ("x", "000000"),
    ("^(.{26})[0-9]*", r"\1"),
)
_ISO_ZONE_STEPS = (
    ("[ ]?(?:[Zz]|UTC|GMT)$", "+00:00"),
    ("[ ]?([+-][0-9]{2})$", r"\1:00"),
    ("[ ]?([+-][0-9]{2}):?([0-9]{2})$", r"\1:\2"),
)


@dataclass(frozen=True, slots=True)
class TimeText:
    r"""How texts of a format are read: those that match ``regex``, after the ``steps``, by the strptime ``pattern``.

    A step is a regular expression and what replaces its first match, with ``\1`` for its first group.
    """

    regex: str
    steps: tuple[tuple[str, str], ...]
    pattern: str


@lru_cache(maxsize=64)
def time_text(pattern: str, *, has_zone: bool = False) -> TimeText:
    """Return how texts of a format are read; a zone that the format spells out is an offset like any other.

    Examples
    --------
    >>> time_text("%Y-%m-%d %H:%M:%S UTC").steps
    ((' UTC$', '+00:00'),)
    >>> time_text("%Y-%m-%d %H:%M:%S UTC").pattern
    '%Y-%m-%d %H:%M:%S%z'
    """
    if pattern == ISO:
        zone = "%z" if has_zone else ""
        return TimeText(ISO_REGEX, _ISO_STEPS + (_ISO_ZONE_STEPS if has_zone else ()), f"%Y-%m-%d %H:%M:%S.%f{zone}")
    steps: list[tuple[str, str]] = []
    if "%p" in pattern:
        steps += [("上午", "AM"), ("下午", "PM"), ("([AaPp])[.]?([Mm])[.]?", r"\1\2")]
    if "%f" in pattern:
        steps.append(("([.][0-9]{6})[0-9]+", r"\1"))  # of more digits than microseconds have
    read, zone_steps = _with_zone_as_offset(pattern)
    if "%z" in read:
        steps += zone_steps or [("Z$", "+00:00")]
    return TimeText(_regex(pattern), tuple(steps), read)


def _with_zone_as_offset(pattern: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a format with %z at its end for the zone that it spells out, and the steps that rewrite the texts."""
    parts = PARTS.findall(pattern)
    for position, part in enumerate(parts):
        found = None if part[0] == "%" else _LITERAL_ZONE.search(part)
        if found is None or "%z" in pattern:
            continue
        is_last = position == len(parts) - 1
        rest = part[: found.start()] + part[found.end() :]
        steps = [(escaped(part) + ("$" if is_last else ""), rest + (offset_of(found[1]) if is_last else ""))]
        if not is_last:
            steps.append(("$", offset_of(found[1])))
        return "".join([*parts[:position], rest, *parts[position + 1 :], "%z"]), steps
    return pattern, []


def offset_of(zone: str) -> str:
    """Return a zone that is written out as a distance from UTC.

    Examples
    --------
    >>> offset_of("Z"), offset_of("UTC+8"), offset_of("+0530")
    ('+00:00', '+00:00', '+05:30')
    """
    found = re.search(r"([+-][0-9]{2}):?([0-9]{2})?$", zone)
    return f"{found[1]}:{found[2] or '00'}" if found else "+00:00"


def spells_zone(pattern: str) -> str | None:
    """Return the zone of a format whose distance from UTC a name alone does not tell, such as CST.

    Examples
    --------
    >>> spells_zone("%Y-%m-%d %H:%M CST"), spells_zone("%Y-%m-%d %H:%M UTC")
    ('CST', None)
    """
    literal = (part for part in PARTS.findall(pattern) if part[0] != "%")
    return next((found[1] for found in map(_OTHER_ZONE.search, literal) if found), None)


def escaped(text: str) -> str:
    """Return a text as a regular expression of every library."""
    return re.sub(r"([.^$|?*+()\[\]{}\\])", r"\\\1", text)


def time_regex(pattern: str) -> str:
    """Return the pattern of a time of that format, since each library by itself would read some other texts too.

    Examples
    --------
    >>> time_regex("%Y%m%d")
    '[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])'
    """
    return time_text(pattern).regex


def _regex(pattern: str) -> str:
    parts = PARTS.findall(pattern)
    text = "".join(_REGEXES.get(part) or escaped(part) for part in parts)
    return text.replace("]?[", "][").replace("0?", "0") if has_adjacent_digits(parts) else text


def has_adjacent_digits(parts: list[str]) -> bool:
    """Return whether digits follow digits without a sign between them, so that each needs its full width."""
    return any(part in _DIGITS and following in _DIGITS for part, following in itertools.pairwise(parts))
