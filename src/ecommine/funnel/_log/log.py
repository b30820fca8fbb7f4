"""The whole log as arrays, sorted by visitor and time: what paths, carts and searches are read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.frames import Frame
from ..._core.notes import Note
from ...schema._for_topics import EVENT_NAMES, read
from .._match.sort import MOST_BITS, Ints
from .._micro import Times, column_to_microseconds, length_to_microseconds
from .reading import factorize_sorted, load_rows, resolve_as_of

Bools = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventLog:
    """Events sorted by unit and time; those of one moment in the order of GA4's names, others by name, then by `ties`.

    Attributes
    ----------
    unit : int array of shape (n_events,)
        Position of the unit in ``units``.
    time : int64 array of shape (n_events,)
        Microseconds since 1970.
    event : int array of shape (n_events,)
        Position of the event's name in ``names``.
    units : array of shape (n_units,)
        Ids, ascending.
    names : tuple of str
        Names of events: those of GA4 in its order, then others by name.
    rows : narwhals DataFrame
        The other columns, in the order in which they were read.
    order : int array of shape (n_events,)
        Where each event stands in ``rows``, which may have others.
    until : datetime or None
        The moment up to which events count.
    notes : tuple of Note
        What was left out.
    """

    unit: Ints
    time: Times
    event: Ints
    units: "np.ndarray[Any, Any]"
    names: tuple[str, ...]
    rows: nw.DataFrame[Any]
    order: Ints
    until: datetime | None
    notes: tuple[Note, ...]

    def is_event(self, *names: str) -> Bools:
        """Tell which events have one of the names."""
        return self.is_name(*names)[self.event]

    def is_name(self, *names: str) -> Bools:
        """Tell which of ``names`` of the log are among these."""
        return _among(self.names, names)

    def has(self, column: str) -> bool:
        """Tell whether the table has a column."""
        return column in self.rows.columns

    def codes(self, column: str) -> tuple[Ints, "np.ndarray[Any, Any]"]:
        """Turn a column into numbers in the order of its values, -1 where unknown; and the values.

        Values are read where they stand, and only their numbers are put in order: that moves no text.
        """
        codes, values = factorize_sorted(self.rows[column], f"`{column}`")
        codes = codes.take(self.order)
        if len(codes) == len(self.rows):
            return codes, values
        there = np.bincount(codes + 1, minlength=len(values) + 1)[1:] > 0  # not what only events left out have
        return np.append(np.cumsum(there) - 1, -1)[codes], values[there]

    def floats(self, column: str) -> "np.ndarray[Any, np.dtype[np.float64]] | None":
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

    ``columns`` must be there, ``optional`` come where they are; ``others`` are the caller's own columns. ``ties`` are
    columns by which events of one unit, moment and name are ordered. ``having`` keeps all events of the units that have
    an event of one of these names.
    """
    wanted = tuple(dict.fromkeys((unit, "event", "occurred_at", *columns)))
    frame = read(events, "events", wanted, optional=optional, others=others, argument="events")
    until, notes = resolve_as_of(frame.select(unit, "event", "occurred_at"), unit, as_of)
    rows = load_rows(_counting(frame, unit, until))
    codes, units = factorize_sorted(rows[unit])
    names, event = _named(rows["event"])
    time = column_to_microseconds(rows["occurred_at"])
    rows = rows.drop(unit, "event", "occurred_at")
    order = order_by_unit_and_time(codes, time)
    if having is not None:
        order = order[_having(codes, event, _among(names, having))[order]]
    codes, time = codes.take(order), time.take(order)
    _untie(order, ~run_starts(codes, time), rows, event, [column for column in ties if column in rows.columns])
    return EventLog(
        unit=codes,
        time=time,
        event=event.take(order),
        units=units,
        names=names,
        rows=rows,
        order=order,
        until=until,
        notes=tuple(notes),
    )


def _counting(frame: Frame, unit: str, until: datetime | None) -> Frame:
    """Leave out events that do not count; rows in memory are copied only where there is such a row."""
    counts = ~nw.col(unit).is_null() & ~nw.col("event").is_null()
    if until is not None:
        counts = counts & (nw.col("occurred_at") <= nw.lit(until))
    if isinstance(frame, nw.DataFrame) and frame.select(counts=counts)["counts"].all():
        return frame
    return frame.filter(counts)


def _having(unit: Ints, event: Ints, wanted: Bools) -> Bools:
    """Tell which events are of a unit that has an event of a wanted name."""
    there = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    there[unit[wanted[event]]] = True
    return there[unit]


def order_by_unit_and_time(unit: Ints, time: Times) -> Ints:
    """Order by unit and time; a log is in time mostly."""
    if (time[1:] >= time[:-1]).all():
        return sort_order(unit)
    since = time - time.min()
    since //= np.gcd.reduce(since)  # whole seconds, mostly: fewer bits
    first = sort_order(since)
    return first.take(sort_order(unit.take(first)))


def sort_order(key: Ints) -> Ints:
    """Order numbers from -1 on, equal ones as they stand: packed with their places where 63 bits hold both.

    Examples
    --------
    >>> sort_order(np.array([7, 3, 7, 0])).tolist()
    [3, 1, 0, 2]
    """
    bits = len(key).bit_length()
    if int(key.max(initial=0)).bit_length() + bits > MOST_BITS:
        return np.argsort(key, kind="stable")
    packed: Ints = key << bits | np.arange(len(key))
    packed.sort()
    packed &= (1 << bits) - 1
    return packed


def distinct_rows(key: Ints) -> tuple[Ints, Ints]:
    """Give each number its place among those that there are, ascending; and tell where each of these is first.

    Examples
    --------
    >>> [found.tolist() for found in distinct_rows(np.array([7, 3, 7]))]
    [[1, 0, 1], [1, 0]]
    """
    order = sort_order(key)
    new = run_starts(key.take(order))
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = np.cumsum(new) - 1
    return rank, order[new]


def run_starts(*keys: Ints) -> Bools:
    """Tell where a run begins: at the first row, and where one of the keys is another than in the row before.

    Examples
    --------
    >>> run_starts(np.array([1, 1, 2]), np.array([5, 6, 6])).tolist()
    [True, True, True]
    """
    new = np.ones(len(keys[0]), dtype=bool)
    np.not_equal(keys[0][1:], keys[0][:-1], out=new[1:])
    for key in keys[1:]:
        new[1:] |= key[1:] != key[:-1]
    return new


def _untie(order: Ints, again: Bools, rows: nw.DataFrame[Any], event: Ints, ties: Sequence[str]) -> None:
    """Order events of one moment, which are ``again`` there, by name and the columns of ``ties``; look at no others."""
    place = np.flatnonzero(again | np.append(again, False)[1:])
    if not len(place):
        return
    tied = order[place]
    few = rows[tied] if ties else rows
    keys = [factorize_sorted(few[column], f"`{column}`")[0] for column in reversed(ties)]
    order[place] = tied[np.lexsort([*keys, event[tied], np.cumsum(~again)[place]])]


def _among(names: Sequence[str], wanted: Sequence[str]) -> Bools:
    return np.array([name in wanted for name in names], dtype=bool)


def _named(events: nw.Series[Any]) -> tuple[tuple[str, ...], Ints]:
    """Give each event a number: GA4's names in its order, then others by name."""
    codes, labels = factorize_sorted(events)
    names = [str(label) for label in labels]
    known = {name: place for place, name in enumerate(EVENT_NAMES)}
    order = sorted(range(len(names)), key=lambda one: (known.get(names[one], len(known)), names[one]))
    ranks = np.empty(len(names), dtype=np.int32)
    ranks[order] = np.arange(len(names))
    return tuple(names[one] for one in order), ranks[codes]


def session_starts(unit: Ints, time: Times, gap: timedelta) -> Bools:
    """Tell which events begin a session: the first of a unit, and those after a pause longer than ``gap``."""
    new = run_starts(unit)
    new[1:] |= np.diff(time) > length_to_microseconds(gap)
    return new
