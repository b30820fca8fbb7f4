"""The whole log as arrays, sorted by visitor and time: what paths, carts and searches are read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..schema._event_names import EVENT_NAMES
from ..schema._reading import read
from ._moves import Ints
from ._reading import coded, facts, gathered

Times = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Log:
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
        The other columns, rows in the same order.
    until : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out.
    """

    unit: Ints
    time: Times
    event: Ints
    units: "np.ndarray[Any, Any]"
    names: tuple[str, ...]
    rows: nw.DataFrame[Any]
    until: datetime | None
    notes: tuple[str, ...]

    def is_event(self, *names: str) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Tell which events have one of the names."""
        return np.isin(self.event, [place for place, name in enumerate(self.names) if name in names])

    def codes(self, column: str) -> tuple[Ints, "np.ndarray[Any, Any]"]:
        """Turn a column into numbers in the order of its values, -1 where unknown; and the values."""
        return coded(self.rows[column])


def read_log(
    events: object,
    *,
    unit: str = "visitor_id",
    columns: Sequence[str] = (),
    optional: Sequence[str] = (),
    others: Sequence[str] = (),
    ties: Sequence[str] = (),
    only: Sequence[str] | None = None,
    having: Sequence[str] | None = None,
    as_of: Any = None,
) -> Log:
    """Read events of any library into memory.

    ``columns`` must be there, ``optional`` come where they are; ``others`` are the caller's own columns. ``ties`` are
    columns by which events of one unit, moment and name are ordered. ``only`` keeps events of these names; ``having``
    keeps all events of the units that have an event of one of these names.
    """
    wanted = tuple(dict.fromkeys((unit, "event", "occurred_at", *columns)))
    frame = read(events, "events", wanted, optional=optional, others=others, argument="events")
    until, notes = facts(frame, unit, as_of)
    kept = frame.filter(~nw.col(unit).is_null(), ~nw.col("event").is_null())
    if only is not None:
        kept = kept.filter(nw.col("event").is_in(list(only)))
    if until is not None:
        kept = kept.filter(nw.col("occurred_at") <= nw.lit(until))
    rows = gathered(kept)
    codes, units = coded(rows[unit])
    names, event = _named(rows["event"])
    if having is not None:
        mine = np.flatnonzero(_having(codes, event, [place for place, name in enumerate(names) if name in having]))
        rows, codes, event = rows[mine], codes[mine], event[mine]
    time = rows["occurred_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    order = _untied(_in_time(codes, time), (codes, time), rows, event, ties)
    return Log(
        unit=codes[order],
        time=time[order],
        event=event[order],
        units=units,
        names=names,
        rows=rows[order],
        until=until,
        notes=tuple(notes),
    )


def _having(unit: Ints, event: Ints, wanted: Sequence[int]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Tell which events are of a unit that has one of the wanted events."""
    there = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    there[unit[np.isin(event, wanted)]] = True
    return there[unit]


def _in_time(unit: Ints, time: Times) -> Ints:
    """Order by unit and time: units with the place of the row in one packed number, since a log is in time mostly."""
    place = np.arange(len(unit))
    order: Ints = place if (time[1:] >= time[:-1]).all() else np.argsort(time, kind="stable")
    bits = len(unit).bit_length()
    packed: Ints = unit[order].astype(np.int64) << bits | place
    packed.sort()
    found: Ints = order[packed & ((1 << bits) - 1)]
    return found


def _untied(order: Ints, keys: tuple[Ints, ...], rows: nw.DataFrame[Any], event: Ints, ties: Sequence[str]) -> Ints:
    """Order what the keys leave equal by event and the columns of ``ties``; only those rows are looked at."""
    there = [column for column in ties if column in rows.columns]
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    place = np.flatnonzero(np.concatenate([[False], same]) | np.concatenate([same, [False]])) if len(order) else order
    if not len(place):
        return order
    tied = order[place]
    run = np.cumsum(np.concatenate([[True], ~same]))[place]
    few = rows[tied]
    order[place] = tied[np.lexsort([*(coded(few[column])[0] for column in reversed(there)), event[tied], run])]
    return order


def _named(events: nw.Series[Any]) -> tuple[tuple[str, ...], Ints]:
    """Give each event a number: GA4's names in its order, then others by name."""
    codes, labels = coded(events)
    names = [str(label) for label in labels]
    known = {name: place for place, name in enumerate(EVENT_NAMES)}
    order = sorted(range(len(names)), key=lambda one: (known.get(names[one], len(known)), names[one]))
    ranks = np.empty(len(names), dtype=np.int64)
    ranks[order] = np.arange(len(names))
    return tuple(names[one] for one in order), ranks[codes]


def begins(unit: Ints, time: Times, gap: timedelta) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Tell which events begin a session: the first of a unit, and those after a pause longer than ``gap``."""
    if not len(unit):
        return np.zeros(0, dtype=bool)
    pause = np.diff(time) > gap // timedelta(microseconds=1)
    return np.concatenate([[True], (unit[1:] != unit[:-1]) | pause])
