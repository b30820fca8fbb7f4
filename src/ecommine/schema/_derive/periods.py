"""Calendar periods by number: which one a time falls into, when it begins, and whether it is over."""

from datetime import datetime, timedelta
from typing import Any, Literal

import narwhals.stable.v2 as nw
import pandas as pd

from ..._core.frames import Frame, build, day_number, hand_back, wrap

Every = Literal["1d", "1w", "1mo", "1q", "1y"]
"""Lengths of a period; weeks start on Monday."""

_EPOCH = datetime(1970, 1, 1)
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)
"""No moment comes after it: it ends every period."""
_MONTHS: dict[str, int] = {"1mo": 1, "1q": 3, "1y": 12}
_TO_MONDAY = 3
"""Days from a Monday to 1970-01-01, a Thursday."""


def period_number(time: str, every: Every) -> nw.Expr:
    """Return the number of the period of each time, counted like :func:`number_of`; no time may be missing."""
    column = nw.col(time)
    if every in _MONTHS:
        month = column.dt.year().cast(nw.Int64) * 12 + column.dt.month().cast(nw.Int64) - 1
        return month // _MONTHS[every]
    day = day_number(column)
    return day if every == "1d" else (day + _TO_MONDAY) // 7


def number_of(moment: datetime, every: Every) -> int:
    """Return the number of the period of one moment: days and weeks since 1970, months, quarters and years since 0.

    Examples
    --------
    >>> number_of(datetime(1970, 1, 4), "1w"), number_of(datetime(1970, 1, 5), "1w"), number_of(_EPOCH, "1y")
    (0, 1, 1970)
    """
    if every in _MONTHS:
        return (moment.year * 12 + moment.month - 1) // _MONTHS[every]
    day = (moment - _EPOCH).days
    return day if every == "1d" else (day + _TO_MONDAY) // 7


def start_of(number: int, every: Every) -> datetime:
    """Return the first moment of a period.

    Examples
    --------
    >>> start_of(number_of(datetime(2024, 5, 5, 12), "1w"), "1w"), start_of(2024 * 4 + 1, "1q")
    (datetime.datetime(2024, 4, 29, 0, 0), datetime.datetime(2024, 4, 1, 0, 0))
    """
    if every in _MONTHS:
        year, month = divmod(number * _MONTHS[every], 12)
        return datetime(year, month + 1, 1)
    return _EPOCH + timedelta(days=number if every == "1d" else number * 7 - _TO_MONDAY)


def first_open(until: datetime, every: Every) -> datetime:
    """Return the start of the first period that is not over: all before it were seen to their last microsecond."""
    if until == _LAST:
        return _LAST
    return start_of(number_of(until + timedelta(microseconds=1), every), every)


def calendar(first: datetime, until: datetime, every: Every, *, like: Frame) -> Frame:
    """Return a table of all periods from one moment to another, in the library of ``like``, lazy where that is lazy.

    Returns
    -------
    table
        period (its number), period_at (its first moment) and complete (whether it is over at ``until``).
    """
    numbers = range(number_of(first, every), number_of(until, every) + 1)
    starts, is_open = [start_of(number, every) for number in numbers], first_open(until, every)
    columns: dict[str, list[Any]] = {
        "period": list(numbers),
        "period_at": starts,
        "complete": [start < is_open for start in starts],
    }
    if like.implementation.is_pyspark() or like.implementation.is_pyspark_connect():
        return _on_spark(columns, like)
    table = build(columns, like=like).with_columns(nw.col("period_at").cast(nw.Datetime("us")))
    return _typed(wrap(hand_back(table, like=like)), like)


def _on_spark(columns: dict[str, list[Any]], like: Frame) -> Frame:
    """Make the table from rows with stated types: out of pandas, Spark moves times to the zone of the session."""
    session = like.to_native().sparkSession
    rows = list(zip(*columns.values(), strict=True))
    return wrap(session.createDataFrame(rows, "period long, period_at timestamp_ntz, complete boolean"))


def _typed(table: Frame, like: Frame) -> Frame:
    """Give Arrow's types to the columns of pandas where the caller's have them."""
    if not like.implementation.is_pandas() or not isinstance(like.to_native()["ordered_at"].dtype, pd.ArrowDtype):
        return table
    return wrap(table.to_native().convert_dtypes(dtype_backend="pyarrow"))


def with_every_period(table: Frame, periods: Frame) -> Frame:
    """Return each row of a table once for every period."""
    rows: Frame = table.join(periods, how="cross")  # type: ignore[arg-type]  # both are of the same kind
    return rows
