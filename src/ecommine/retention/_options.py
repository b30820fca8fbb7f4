"""Options of the public calls, checked: lengths in whole days, levels, corrections."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from .._core.checks import confidence_level, one_of, several, show
from .._core.durations import fixed_length
from .._stats.multiple_testing import CORRECTIONS, Correction

ONE_DAY = timedelta(days=1)
UNITS = {
    "1d": ("day", "天"),
    "1w": ("week", "周"),
    "1mo": ("month", "个月"),
    "1q": ("quarter", "个季度"),
    "1y": ("year", "年"),
}
"""The words of a calendar period, in English and after a Chinese number."""


def whole_days(value: object, *, argument: str) -> int:
    """Return a length of time in days.

    Examples
    --------
    >>> whole_days("2w", argument="window")
    14
    """
    if not isinstance(value, (str, timedelta)):
        raise TypeError(f"`{argument}` must be a duration such as '30d' or a timedelta, got {show(value)}")
    length = fixed_length(value, argument=argument)
    if length % ONE_DAY:
        raise ValueError(f"`{argument}` must be whole days, such as '30d', got {show(value)}")
    return length.days


def several_lengths(value: object, *, argument: str) -> tuple[int, ...]:
    """Return one or several lengths in days, ascending, each once."""
    is_one = isinstance(value, (str, timedelta)) or not isinstance(value, Iterable)
    members = (value,) if is_one else several(argument, value, of="durations such as '30d'")
    if not members:
        raise ValueError(f"`{argument}` must be at least one duration such as '30d', got none")
    return tuple(sorted({whole_days(member, argument=argument) for member in members}))


def checked(level: object, correction: object = None) -> tuple[float, Correction | None]:
    """Return a level of intervals and a correction of many tests."""
    return confidence_level(level), cast("Correction | None", one_of("correction", correction, CORRECTIONS))


def shown_moment(moment: datetime | None) -> str:
    """Return a moment as the first line of a result shows it.

    Examples
    --------
    >>> shown_moment(datetime(2024, 3, 31, 12)), shown_moment(None)
    ('2024-03-31 12:00', '–')
    """
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
