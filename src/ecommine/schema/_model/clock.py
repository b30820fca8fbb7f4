"""Clock changes: the instants that a map keeps beside times in the shop's own time, and the way between both.

On the night when clocks go back an hour comes twice, and when they go forward one is missing, so that the shop's own
times neither order events nor measure what lies between them. Where the map converts a time with a zone to a zone with
clock changes, it keeps the instant too, in a column of the same name and ``_utc``.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints, Times, distinct_rows
from ..._core.frames import Frame, collect, seconds_since_1970
from ..._core.moments import DAY, SECOND
from .errors import SchemaError

TIMES_WITH_INSTANTS = ("occurred_at", "linked_at", "ordered_at")
"""Ints that are set against each other within hours."""
_SUFFIX = "_utc"
_YEARS = range(1995, 2038)
"""Years in which a shop on the internet may have events."""
_MISSING = np.iinfo(np.int64).min
"""NumPy's NaT as a number."""


@lru_cache(maxsize=64)
def has_clock_changes(zone: str) -> bool:
    """Return whether clocks of a zone change in any of the years in which shops on the internet have events.

    Examples
    --------
    >>> has_clock_changes("Europe/Berlin"), has_clock_changes("Asia/Shanghai"), has_clock_changes("UTC+02:00")
    (True, False, False)
    """
    try:
        clock = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False  # a fixed distance from UTC
    months = (datetime(year, month, 1, tzinfo=UTC) for year in _YEARS for month in range(1, 13))
    return len({month.astimezone(clock).utcoffset() for month in months}) > 1


def instant_name(name: str) -> str:
    """Return the name of the column with the instants of a time."""
    return name + _SUFFIX


def instant_column(frame: Frame, name: str) -> str | None:
    """Return the column with the instants of a time, None where the table has none.

    Raises
    ------
    SchemaError
        If it does not hold times without a zone.
    """
    instant, types = instant_name(name), frame.collect_schema()
    if instant not in types.names():
        return None
    dtype = types[instant]
    if not (isinstance(dtype, nw.Datetime) and dtype.time_zone is None):
        problem = f"`{instant}` holds {dtype}, not times in UTC without a zone: convert it, or drop or rename it"
        raise SchemaError("table", [problem])
    return instant


def times_as(frame: Frame, name: str, target: str) -> dict[str, str]:
    """Return the columns of a time and of its instants, if any, by the names that they get in another table."""
    instant = instant_column(frame, name)
    return {target: name, **({} if instant is None else {instant_name(target): instant})}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clock:
    """How far the shop's time is from UTC; arrays of shape (n_changes + 1,), both empty where no instant is known.

    Attributes
    ----------
    since : int64 array
        From which instant on (microseconds), ascending.
    offset : int64 array
        The shop's time less the instant (microseconds).
    """

    since: Times
    offset: Times

    @property
    def is_known(self) -> bool:
        """Whether any instant is known."""
        return bool(len(self.since))

    def to_shop(self, instants: Ints) -> Times:
        """Return the shop's own time of instants (microseconds); missing ones stay missing.

        Examples
        --------
        >>> clock = Clock(since=np.array([0, 100]), offset=np.array([20, 10]))
        >>> clock.to_shop(np.array([99, 100])).tolist()
        [119, 110]
        """
        if not self.is_known:
            return np.asarray(instants, dtype=np.int64)
        place = np.maximum(np.searchsorted(self.since, instants, side="right") - 1, 0)
        return np.where(instants == _MISSING, _MISSING, np.maximum(instants, _MISSING // 2) + self.offset[place])

    def to_instant(self, moments: Ints) -> Times:
        """Return the instants of the shop's own times (microseconds), the later one where an hour comes twice.

        Examples
        --------
        >>> clock = Clock(since=np.array([0, 100]), offset=np.array([20, 10]))
        >>> clock.to_instant(np.array([60, 115])).tolist()
        [40, 105]
        """
        if not self.is_known:
            return np.asarray(moments, dtype=np.int64)
        latest = np.zeros(len(moments), dtype=np.int64)
        for place, begin in enumerate(self.since + self.offset):  # a few changes a year
            latest[moments >= begin] = place
        return np.where(moments == _MISSING, _MISSING, np.maximum(moments, _MISSING // 2) - self.offset[latest])


NO_CLOCK = Clock(since=np.zeros(0, dtype=np.int64), offset=np.zeros(0, dtype=np.int64))
"""Of tables without instants: the shop's own times stand for them."""


def clock_of(instants: Ints, moments: Ints) -> Clock:
    """Return the clock of a shop by instants and the shop's own time of each (microseconds), in any order.

    Examples
    --------
    >>> clock = clock_of(np.array([7, 3, 9]), np.array([17, 23, 19]))
    >>> clock.since.tolist(), clock.offset.tolist()
    ([3, 7], [20, 10])
    """
    if not len(instants):
        return NO_CLOCK
    offset = moments - instants
    codes, first = distinct_rows(instants // DAY, offset)
    since = np.full(len(first), np.iinfo(np.int64).max)
    np.minimum.at(since, codes, instants)
    return _without_repeats(since, offset[first])


def clock_of_frame(frame: Frame, name: str) -> Clock:
    """Return the clock of a shop by a table that stays in its engine."""
    instant = instant_column(frame, name)
    if instant is None:
        return NO_CLOCK
    seconds, moments = seconds_since_1970(nw.col(instant)), seconds_since_1970(nw.col(name))
    rows = frame.filter(~nw.col(instant).is_null() & ~nw.col(name).is_null())
    rows = rows.select(_instant=seconds, _offset=moments - seconds, _day=seconds // 86_400)
    found = collect(rows.group_by("_day", "_offset").agg(nw.col("_instant").min().alias("_since")))
    since, offset = (found[column].to_numpy().astype(np.int64) * SECOND for column in ("_since", "_offset"))
    return _without_repeats(since, offset)


def _without_repeats(since: Times, offset: Times) -> Clock:
    order = np.argsort(since, kind="stable")
    since, offset = since[order], offset[order]
    is_change = np.diff(offset, prepend=offset[:1] - 1) != 0
    return Clock(since=since[is_change], offset=offset[is_change])
