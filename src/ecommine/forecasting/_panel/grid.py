"""The grid of periods: their length, the ones that follow, their days, and the season that they may have."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.checks import integer, one_of, show
from ..._core.moments import moment
from ...schema._for_topics import Every

SEASON_LENGTHS: dict[Every | None, int] = {"1d": 7, "1w": 52, "1mo": 12, "1q": 4, "1y": 1, None: 1}
"""Periods after which demand may repeat, by the length of a period; whole numbers without `every` have none."""
_MONTHS: dict[str, int] = {"1mo": 1, "1q": 3, "1y": 12}
_DAYS: dict[str, int] = {"1d": 1, "1w": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Consecutive periods of one length.

    Attributes
    ----------
    starts : array of shape (n,), datetime64[us] or int64
        First moment of each period, or its number where the caller counts periods.
    every : {"1d", "1w", "1mo", "1q", "1y"} or None
        Length of a period; None for numbered periods of unknown length.

    Examples
    --------
    >>> months = Periods(starts=np.array(["2024-01-01", "2024-02-01"], dtype="datetime64[us]"), every="1mo")
    >>> months.days.tolist(), months.following(1).starts
    ([31.0, 29.0], array(['2024-03-01T00:00:00.000000'], dtype='datetime64[us]'))
    """

    starts: Any
    every: Every | None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def is_dated(self) -> bool:
        """Return whether periods are dates rather than numbers."""
        return bool(self.starts.dtype.kind == "M")

    @property
    def days(self) -> Floats:
        """Return the length of each period in days; 1 for numbered periods."""
        if not self.is_dated:
            return np.ones(len(self.starts))
        ends = np.append(self.starts[1:], self.following(1).starts)
        return np.asarray((ends - self.starts) / np.timedelta64(1, "D"), dtype=np.float64)

    def following(self, n: int) -> "Periods":
        """Return the n periods after the last one."""
        return Periods(starts=_shift(self.starts[-1:], np.arange(1, n + 1), self.every), every=self.every)

    def until(self, n: int) -> "Periods":
        """Return the first n periods."""
        return Periods(starts=self.starts[:n], every=self.every)

    def season_length(self, requested: int | str, n_periods: int | None = None) -> int:
        """Return the number of periods in a season: as given, or the calendar's where two of them were seen."""
        if requested != "auto":
            return int(requested)
        length = SEASON_LENGTHS[self.every]
        return length if (len(self) if n_periods is None else n_periods) >= 2 * length else 1


def number_starts(starts: Any, every: Every | None, first: Any) -> Ints:
    """Return the position of each period in a grid that begins with ``first``."""
    if starts.dtype.kind != "M":
        return np.asarray(starts.astype(np.int64) - int(first))
    if every in _MONTHS:
        months = starts.astype("datetime64[M]").astype(np.int64) - np.datetime64(first, "M").astype(np.int64)
        return np.asarray(months // _MONTHS[str(every)])
    days = (starts - first) // np.timedelta64(1, "D")
    return np.asarray(days.astype(np.int64) // _DAYS[str(every)])


def make_grid(first: Any, n: int, every: Every | None) -> Periods:
    """Return n consecutive periods from the first one on."""
    start = np.asarray([first], dtype="datetime64[us]" if isinstance(first, np.datetime64) else np.int64)
    return Periods(starts=_shift(start, np.arange(n), every), every=every)


def first_start(starts: Any, every: Every | None) -> Any:
    """Return the start of the period of the earliest row: in months, quarters and years the first day of these."""
    first = starts.min()
    if every not in _MONTHS or starts.dtype.kind != "M":
        return first
    month = int(np.datetime64(first, "M").astype(np.int64))
    return np.datetime64(month - month % _MONTHS[str(every)], "M").astype("datetime64[us]")


def misplaced_starts(starts: Any, every: Every | None, first: Any) -> Any:
    """Return the starts that begin no period of the grid, distinct ones in ascending order."""
    distinct = np.unique(starts)
    if distinct.dtype.kind != "M":
        return distinct[:0]
    numbers = number_starts(distinct, every, first)
    return distinct[_shift(np.asarray([first]), numbers, every) != distinct]


def infer_every(starts: Any) -> Every | None:
    """Return the length of a period that dates show: at least half of the steps between them are of that length.

    Examples
    --------
    >>> infer_every(np.array(["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-29"], dtype="datetime64[us]"))
    '1w'
    """
    distinct = np.unique(starts)
    if len(distinct) < 3:
        return None
    days = (np.diff(distinct) / np.timedelta64(1, "D")).astype(np.float64)
    if (np.mod(days, 1) == 0).all():
        for every, length in reversed(_DAYS.items()):
            if (np.mod(days, length) == 0).all() and (days == length).mean() >= 0.5:
                return _named(every)
    if not (distinct == distinct.astype("datetime64[M]")).all():
        return None
    months = np.diff(distinct.astype("datetime64[M]").astype(np.int64))
    for every, length in reversed(_MONTHS.items()):
        if (np.mod(months, length) == 0).all() and (months == length).mean() >= 0.5:
            return _named(every)
    return None


def check_every(every: object) -> None:
    """Raise unless `every` is a length of a period or None."""
    if every is not None:
        one_of("every", every, get_args(Every))


def last_complete(periods: Periods, as_of: datetime | date | str | int) -> int:
    """Return how many periods of the grid are over at a moment, or lie up to a number."""
    if not periods.is_dated:
        return int((periods.starts <= integer("as_of", as_of, low=-(2**62))).sum())
    if isinstance(as_of, int):
        raise TypeError(f"`as_of` must be a datetime, a date or ISO 8601 text where `period_at` is, got {show(as_of)}")
    after = np.datetime64(moment(as_of), "us") + np.timedelta64(1, "us")
    ends = np.append(periods.starts[1:], periods.following(1).starts)
    return int((ends <= after).sum())


def _named(every: str) -> Every:
    return next(name for name in get_args(Every) if name == every)


def _shift(starts: Any, steps: Ints, every: Every | None) -> Any:
    """Move starts by whole periods."""
    if starts.dtype.kind != "M":
        return starts.astype(np.int64) + steps
    if every in _MONTHS:
        months = starts.astype("datetime64[M]") + steps * np.timedelta64(_MONTHS[str(every)], "M")
        return months.astype("datetime64[us]")
    return starts.astype("datetime64[us]") + steps * np.timedelta64(_DAYS[str(every)], "D")
