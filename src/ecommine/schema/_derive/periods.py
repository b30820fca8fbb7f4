"""Calendar periods: which one a time falls into, and whether it is over."""

from datetime import MAXYEAR, datetime, timedelta
from typing import Literal

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, day_number

Every = Literal["1d", "1w", "1mo", "1q", "1y"]
"""Lengths of a period; weeks start on Monday."""


def period_key(every: Every) -> nw.Expr:
    """Give each order line a key of its period, to group by."""
    ordered = nw.col("ordered_at")
    if every == "1w":
        return (day_number(ordered) + 3) // 7  # 1970-01-01 was a Thursday
    return _truncated(ordered, every)


def _truncated(moment: nw.Expr, every: str) -> nw.Expr:
    return moment.dt.truncate(every).cast(nw.Datetime("us"))  # Spark gives an aware time back


def with_period_start(panel: Frame, every: Every, *, first: str) -> Frame:
    """Add ``period_at``, made from the first time in each period (on the grouped table, where it costs nothing)."""
    day = _truncated(nw.col(first), "1d" if every == "1w" else every)
    if every != "1w" or (isinstance(panel, nw.DataFrame) and not len(panel)):  # pandas cannot move no days at all
        return panel.with_columns(period_at=day)
    number = day_number(nw.col(first)) + 3
    start, weekday = day, number - number // 7 * 7  # Spark's own weekday of a Sunday is 0, that of others is 7
    for days in range(1, 7):
        start = nw.when(weekday == days).then(day.dt.offset_by(f"-{days}d")).otherwise(start)
    return panel.with_columns(period_at=start.cast(nw.Datetime("us")))


def start_of(moment: datetime, every: Every) -> datetime:
    """Give the start of the period of one moment."""
    day = datetime(moment.year, moment.month, moment.day)
    if every == "1w":
        return day - timedelta(days=day.weekday())
    month = {"1mo": day.month, "1q": day.month - (day.month - 1) % 3, "1y": 1}.get(every, day.month)
    return day if every == "1d" else day.replace(month=month, day=1)


def first_open(until: datetime, every: Every) -> datetime:
    """Give the start of the first period that is not over: all before it were seen to their last microsecond."""
    last = until.year == MAXYEAR  # there is no later moment
    return start_of(until + timedelta(microseconds=0 if last else 1), every)
