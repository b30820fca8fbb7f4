"""Durations: one grammar for every window, gap and period; fixed lengths are those without months."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

from .checks import show

_UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_LONGEST_DAYS = 36_525
"""A hundred years: before and after stay within the times that every library knows."""
_MAX_DIGITS = 12
"""More digits are too many of every unit."""
_GRAMMAR = re.compile(r"(0|[1-9][0-9]*)(s|min|h|d|w|mo|q|y)")
_FIXED = re.compile(r"[0-9]+(s|min|h|d|w)")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: whole months (calendar arithmetic) or exact seconds, never both.

    Examples
    --------
    >>> Duration.parse("1mo", argument="period").before(datetime(2024, 3, 31))
    datetime.datetime(2024, 2, 29, 0, 0)
    """

    text: str
    months: int = 0
    exact: timedelta = timedelta(0)

    @classmethod
    def parse(cls, value: str | timedelta, *, argument: str) -> "Duration":
        """Read "30min", "2h", "7d", "1w", "1mo", "1q", "1y" or a timedelta."""
        if isinstance(value, timedelta):
            if not timedelta(0) < value <= timedelta(days=_LONGEST_DAYS):
                raise ValueError(f"`{argument}` must be longer than zero and at most 100 years, got {show(value)}")
            return cls(text=str(value), exact=value)
        if not isinstance(value, str):
            raise TypeError(f"`{argument}` must be a duration such as '7d' or a timedelta, got {show(value)}")
        match = _GRAMMAR.fullmatch(value)
        if match is None:
            raise ValueError(
                f"`{argument}` must be a whole number and a unit (s, min, h, d, w, mo, q, y), "
                f"such as '30min', '7d' or '1mo'; got {show(value)}"
            )
        count, unit = int(match[1][:_MAX_DIGITS]), match[2]
        if not count:
            raise ValueError(f"`{argument}` must be longer than zero, got {show(value)}")
        centuries = count * _MONTHS[unit] / 1200 if unit in _MONTHS else count * _UNITS[unit] / 86_400 / _LONGEST_DAYS
        if centuries > 1:
            raise ValueError(f"`{argument}` must be at most 100 years, got {show(value)}")
        if unit in _MONTHS:
            return cls(text=value, months=count * _MONTHS[unit])
        return cls(text=value, exact=timedelta(seconds=count * _UNITS[unit]))

    def before(self, moment: datetime) -> datetime:
        """Return the moment one duration earlier; months back from a month's last day end on a month's last day.

        So that half a year up to 31 December and half a year up to 30 June share no day.

        Examples
        --------
        >>> Duration.parse("6mo", argument="period").before(datetime(2024, 6, 30))
        datetime.datetime(2023, 12, 31, 0, 0)
        """
        is_last = bool(self.months) and moment.day == monthrange(moment.year, moment.month)[1]
        return _shift(moment, -self.months, day=31 if is_last else moment.day) - self.exact

    def after(self, moment: datetime) -> datetime:
        """Return the moment one duration later; a month after the 31st ends on the month's last day."""
        return _shift(moment, self.months, day=moment.day) + self.exact


def fixed_length(value: str | timedelta, *, argument: str) -> timedelta:
    """Read a length of time that is the same wherever it begins: no months, quarters and years.

    Raises
    ------
    TypeError
        If it is neither text nor a timedelta.
    ValueError
        If it is not in the grammar, varies, or is not above zero and at most 100 years.

    Examples
    --------
    >>> fixed_length("30min", argument="gap")
    datetime.timedelta(seconds=1800)
    """
    if isinstance(value, str) and not _FIXED.fullmatch(value):
        raise ValueError(
            f"`{argument}` must be a fixed length of time, a whole number and s, min, h, d or w, such as '30min' or "
            f"'30d' for a month; got {show(value)}"
        )
    return Duration.parse(value, argument=argument).exact


def _shift(moment: datetime, months: int, *, day: int) -> datetime:
    if not months:
        return moment
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(day, monthrange(year, month + 1)[1]))
