"""Events brought into memory: what is left out, rows of any library, groups as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Ints
from ..._core.codes import factorize_sorted
from ..._core.frames import Frame, collect, whole_number
from ..._core.moments import moment, moment_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import Clock, instant_column

DUCKDB_BATCH = 122_880
"""Rows of a row group of DuckDB: handed over as they are, none waits for others to fill a larger batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """The moment up to which events count in the shop's own time, and what is left out.

    ``last_instant`` is the last instant of all where the moment was not given and the table has instants.
    """

    as_of: datetime | None
    last_instant: datetime | None
    notes: list[Note]

    def until(self, clock: Clock) -> int:
        """Return it as an instant (microseconds) by the clock of the events, 0 where there is none."""
        if self.last_instant is not None:
            return moment_to_microseconds(self.last_instant)
        return int(clock.to_instant(np.array([moment_to_microseconds(self.as_of)]))[0])


def resolve_cutoff(frame: Frame, unit: str, as_of: Any) -> Cutoff:
    """Return the moment up to which events count, by default the last time of all, and notes of what is left out.

    Raise where an event has no time.
    """
    at = nw.col("occurred_at")
    given = None if as_of is None else moment(as_of)
    instant = instant_column(frame, "occurred_at")
    missing = {"_without_id": unit, "_without_name": "event", "_without_time": "occurred_at"}
    missing |= {} if instant is None else {"_without_instant": instant}
    if given is None:  # libraries know how many nulls a column has
        counts = {name: nw.len() - nw.col(column).count() for name, column in missing.items()}
    else:
        is_late = (at > nw.lit(given)).fill_null(False)
        counts = {name: (nw.col(column).is_null() & ~is_late).cast(nw.Int64).sum() for name, column in missing.items()}
        counts["_late"] = is_late.cast(nw.Int64).sum()
    row = collect(frame.select(at.max(), **counts, **({} if instant is None else {"_last": nw.col(instant).max()})))
    n = {name: whole_number(row[name]) for name in counts}
    if n["_without_time"]:
        raise ValueError(
            f"`occurred_at` is missing in {n['_without_time']:,} events: split them off with "
            'schema.quarantine("events", raw)'
        )
    if n.get("_without_instant"):
        raise ValueError(
            f"`{instant}` is missing in {n['_without_instant']:,} events that have a time: map all events at once, or "
            "drop the column"
        )
    notes = [
        *_left_out(n["_without_id"], f"without {unit}", "events_without_id"),
        *_left_out(n["_without_name"], "without a name", "events_without_name"),
    ]
    if given is not None:
        notes += _left_out(n["_late"], f"after {given:%Y-%m-%d %H:%M}", "rows_after_as_of")
        return Cutoff(as_of=given, last_instant=None, notes=notes)
    last, last_instant = (
        None if name not in row.columns or row[name].null_count() else moment(row[name].item())
        for name in ("occurred_at", "_last")
    )
    return Cutoff(as_of=last, last_instant=last_instant, notes=notes)


def _left_out(n: int, reason: str, code: str) -> list[Note]:
    return [Note(f"{counted(n, 'event')} {reason} left out", code=code, count=n)] if n else []


def load_rows(frame: Frame) -> nw.DataFrame[Any]:
    """Bring rows into memory; DuckDB's as Arrow, where text needs no Python object per row."""
    if isinstance(frame, nw.LazyFrame) and frame.implementation.is_duckdb():
        return nw.from_native(frame.to_native().to_arrow_table(DUCKDB_BATCH), eager_only=True)
    return collect(frame)


def comparable_values(frame: Frame, by: str) -> nw.Expr:
    """Return an expression of a column whose equal values are one: categories as text, one zero, no NaN."""
    dtype, column = frame.collect_schema()[by], nw.col(by)
    if isinstance(dtype, (nw.Categorical, nw.Enum)):
        return column.cast(nw.String)
    if dtype.is_float():  # adding zero would do, but some engines see nothing to add
        return nw.when(~column.is_nan()).then(nw.when(column == 0).then(nw.lit(0.0, dtype)).otherwise(column))
    return column


def example_value(dtype: nw.dtypes.DType) -> Any:
    """Return a value of a type, which gives a column its type where it holds no value."""
    if dtype.is_integer():
        return 0
    samples = {nw.Float64: 0.0, nw.Float32: 0.0, nw.Boolean: False, nw.Date: date(1970, 1, 1)}
    return samples.get(type(dtype), datetime(1970, 1, 1) if isinstance(dtype, nw.Datetime) else "")


def category_order(frame: Frame, by: str) -> list[str]:
    """Return the values of ordered categories in their order, as text; nothing where values have an order themselves.

    The library sorts them: text of a number is not always what it is in the list of categories.
    """
    if not isinstance(frame.collect_schema()[by], nw.Enum):
        return []
    in_order = collect(frame.select(by).unique().sort(by))
    values = in_order.select(comparable_values(in_order, by))[by].to_list()
    return [value for value in values if isinstance(value, str)]


def fill_from_group(group: Ints, value: Ints) -> tuple[Ints, int]:
    """Fill in the value of rows that have none (-1) from their group where it has one; count groups of several values.

    Examples
    --------
    >>> filled, several = fill_from_group(np.array([0, 0, 1, 1, 1]), np.array([-1, 5, 6, 7, -1]))
    >>> filled.tolist(), several
    ([5, 5, 6, 7, -1], 1)
    """
    is_known = value >= 0
    if not is_known.any():
        return value, 0
    n = int(group.max()) + 1
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(low, group[is_known], value[is_known])
    np.maximum.at(high, group[is_known], value[is_known])
    return np.where(~is_known & (low == high)[group], high[group], value), int((low < high).sum())


def in_groups_having(group: Ints, is_wanted: Bools) -> Bools:
    """Return which rows are of a group, numbered from 0, of which any row is wanted.

    Examples
    --------
    >>> in_groups_having(np.array([0, 1, 0]), np.array([True, False, False])).tolist()
    [True, False, True]
    """
    has_wanted = np.zeros(int(group.max(initial=-1)) + 1, dtype=bool)
    has_wanted[group[is_wanted]] = True
    return has_wanted[group]


def factorize_groups(values: nw.Series[Any], order: Sequence[str] = ()) -> tuple[Ints, tuple[Any, ...]]:
    """Give each value of a column of groups a number; return the numbers and the values.

    They are in their own order, or in the one given, see :func:`category_order`. What is unknown is the last group.
    """
    codes, labels = factorize_sorted(values, order=order)
    if labels.dtype.kind == "M":
        labels = labels.astype("datetime64[us]")  # as finer ones NumPy makes numbers of them
    if (codes < 0).any():
        return np.where(codes < 0, len(labels), codes), (*labels.tolist(), None)
    return codes, tuple(labels.tolist())
