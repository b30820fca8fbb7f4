"""The whole log as arrays, sorted by visitor and time: what paths, carts and searches are read from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, Times, run_starts, sort_order
from ..._core.codes import Labels, factorize_sorted
from ..._core.frames import Frame, opened
from ..._core.moments import column_to_microseconds
from ..._core.notes import Note
from ...schema._for_topics import EVENT_NAMES, NO_CLOCK, Clock, clock_of, instant_column, read_columns
from .reading import in_groups_having, load_rows, resolve_cutoff


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventLog:
    """Events by unit and time; those of one moment in the order of GA4's names, others by name, then by `ties`."""

    unit: Ints  # shape (n_events,): position of the unit in ``units``
    time: Times
    """Shape (n_events,): microseconds since 1970; instants where the table has them, so that no clock change is in
    between."""
    event: Ints  # shape (n_events,): position of the event's name in ``names``
    units: Labels  # shape (n_units,): ids, ascending
    names: tuple[str, ...]  # names of events: those of GA4 in its order, then others by name
    rows: nw.DataFrame[Any]  # the other columns, in the order in which they were read
    order: Ints  # shape (n_events,): where each event stands in ``rows``, which may have others
    as_of: datetime | None  # the moment up to which events count, in the shop's own time
    until: int  # the same on the scale of ``time``; 0 where there is none
    clock: Clock  # the way from ``time`` to the shop's own time
    notes: tuple[Note, ...]  # what was left out

    def take(self, rows: Ints) -> "EventLog":
        """Return some events, in this order."""
        taken = {name: getattr(self, name)[rows] for name in ("unit", "time", "event", "order")}
        return replace(self, **taken)

    def is_event(self, *names: str) -> Bools:
        """Return which events have one of the names."""
        return _is_among(self.names, names)[self.event]

    def has(self, column: str) -> bool:
        """Return whether the table has a column."""
        return column in self.rows.columns

    def codes(self, column: str) -> tuple[Ints, Labels]:
        """Turn a column into numbers in the order of its values, -1 where unknown; and the values.

        Values are read where they stand, and only their numbers are put in order: that moves no text.
        """
        codes, values = factorize_sorted(self.rows[column], argument=f"`{column}`")
        codes = codes.take(self.order)
        if len(codes) == len(self.rows):
            return codes, values
        is_present = np.bincount(codes + 1, minlength=len(values) + 1)[1:] > 0  # not what only events left out have
        return np.append(np.cumsum(is_present) - 1, -1)[codes], values[is_present]

    def floats(self, column: str) -> Floats | None:
        """Return a column of numbers, NaN where unknown; None where the table has none."""
        if not self.has(column):
            return None
        values = pd.to_numeric(self.rows[column].cast(nw.Float64).to_numpy())
        return np.asarray(values, dtype=np.float64).take(self.order)


def read_log(
    events: object,
    *,
    unit: str = "visitor_id",
    columns: Sequence[str] = (),
    optional: Sequence[str] = (),
    others: Sequence[str] = (),
    ties: Sequence[str] = (),
    having: Sequence[str] | None = None,
    as_of: Any = None,
) -> EventLog:
    """Read events of any library into memory.

    ``columns`` must be there, ``optional`` ones come along where they are, ``others`` are the caller's own. By the
    columns of ``ties`` events of one unit, moment and name are ordered. With ``having``, the events of units that have
    an event of one of these names are kept.
    """
    required = tuple(dict.fromkeys((unit, "event", "occurred_at", *columns)))
    frame = opened(events, argument="events")
    instants = [name for name in [instant_column(frame, "occurred_at")] if name is not None]
    frame = read_columns(frame, "events", required, optional=optional, others=[*others, *instants])
    cutoff = resolve_cutoff(frame.select(unit, "event", "occurred_at", *instants), unit, as_of)
    rows = load_rows(_filter_counted(frame, unit, cutoff.as_of))
    codes, units = factorize_sorted(rows[unit])
    names, event = _encode_names(rows["event"])
    moments = column_to_microseconds(rows["occurred_at"])
    time = column_to_microseconds(rows[instants[0]]) if instants else moments
    clock = clock_of(time, moments) if instants else NO_CLOCK
    rows = rows.drop(unit, "event", "occurred_at", *instants)
    order = sort_order(codes, time)
    if having is not None:
        order = order[in_groups_having(codes, _is_among(names, having)[event])[order]]
    codes, time = codes.take(order), time.take(order)
    _order_ties(order, ~run_starts(codes, time), rows, event, [column for column in ties if column in rows.columns])
    return EventLog(
        unit=codes,
        time=time,
        event=event.take(order),
        units=units,
        names=names,
        rows=rows,
        order=order,
        as_of=cutoff.as_of,
        until=cutoff.until(clock),
        clock=clock,
        notes=tuple(cutoff.notes),
    )


def _filter_counted(frame: Frame, unit: str, as_of: datetime | None) -> Frame:
    """Leave out events that do not count; rows in memory are copied only where there is such an event."""
    counts = ~nw.col(unit).is_null() & ~nw.col("event").is_null()
    if as_of is not None:
        counts = counts & (nw.col("occurred_at") <= nw.lit(as_of))
    if isinstance(frame, nw.DataFrame) and frame.select(counts=counts)["counts"].all():
        return frame
    return frame.filter(counts)


def _order_ties(order: Ints, is_tied: Bools, rows: nw.DataFrame[Any], event: Ints, ties: Sequence[str]) -> None:
    """Order events of one moment by name and the columns of ``ties``, in place; look at no others.

    ``is_tied`` marks all events of a moment but the first.
    """
    positions = np.flatnonzero(is_tied | np.append(is_tied, False)[1:])
    if not len(positions):
        return
    tied = order[positions]
    tied_rows = rows[tied] if ties else rows
    keys = [factorize_sorted(tied_rows[column], argument=f"`{column}`")[0] for column in ties]
    order[positions] = tied[sort_order(np.cumsum(~is_tied, dtype=np.int64)[positions], event[tied], *keys)]


def _is_among(names: Sequence[str], wanted: Sequence[str]) -> Bools:
    return np.array([name in wanted for name in names], dtype=bool)


def _encode_names(events: nw.Series[Any]) -> tuple[tuple[str, ...], Ints]:
    """Give each name of an event a number: GA4's names in its order, then others by name."""
    codes, labels = factorize_sorted(events)
    names = [str(label) for label in labels]
    ga4_rank = {name: rank for rank, name in enumerate(EVENT_NAMES)}
    order = sorted(range(len(names)), key=lambda code: (ga4_rank.get(names[code], len(ga4_rank)), names[code]))
    ranks = np.empty(len(names), dtype=np.int32)
    ranks[order] = np.arange(len(names))
    return tuple(names[code] for code in order), ranks[codes]
