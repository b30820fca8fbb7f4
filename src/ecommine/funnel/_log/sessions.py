"""Sessions: runs of events of one visitor without a long pause, each with an id that means the same tomorrow."""

from datetime import timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.frames import Frame, day_number, native, opened
from ...schema._for_topics import read
from .._lengths import parse_fixed_duration
from .._micro import SECOND, length_to_microseconds
from .log import order_by_unit_and_time, session_starts
from .reading import factorize_sorted

_BEFORE, _BEGINS = "__ecommine_before", "__ecommine_begins"
_NO_BEGIN = -(2**62)
"""Stands for the beginning of a session in events that begin none; every time is later."""


def sessions(events: IntoFrameT, /, *, gap: str | timedelta = "30min") -> IntoFrameT:
    """Cut the events of each visitor into sessions, wherever the visitor pauses for longer than ``gap``.

    Parameters
    ----------
    events : table of events
        Any library's table with visitor_id and occurred_at, and without session_id. Rows may come in any order.
    gap : str or timedelta, default "30min"
        The longest pause within a session, such as "30min"; at least one second.

    Returns
    -------
    table of the same library, lazy where it was lazy
        All events with all their columns, and ``session_id``: the visitor, a point, and the second in which the session
        began, counted from 1970 in the shop's time, such as "ann.1709287200". It is null where the visitor or the time
        is not known. Eager rows stay in their order.

    Raises
    ------
    ecommine.SchemaError
        If visitor_id or occurred_at is missing or of the wrong type.
    ValueError
        If there is a session_id already, or the gap is no fixed length of time.

    Notes
    -----
    This is GA4's definition: 30 minutes without an event end a session, and midnight does not; Universal Analytics,
    before it, cut at midnight as well. GA4 counts on the visitor's device, so that its own ids, where they were
    recorded, are to be preferred.

    The id does not depend on the order of rows or on the library, and since it tells when the session began instead of
    counting sessions, it stays as it is when later events, or those of years before, are added: join on it. Events of
    one moment always belong to one session. A session that goes on at the first event of an excerpt begins there.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": ["ann", "bob", "ann", "ann"], "event": ["view_item", "view_item", "add_to_cart", "view_item"],
    ...     "occurred_at": pd.to_datetime(["2024-03-01 10:00", "2024-03-01 10:01", "2024-03-01 10:30",
    ...                                    "2024-03-01 11:30"]),
    ... })
    >>> funnel.sessions(events).session_id.tolist()
    ['ann.1709287200', 'bob.1709287260', 'ann.1709287200', 'ann.1709292600']
    """
    pause = parse_gap(gap)
    frame = opened(events, argument="events")
    names = frame.collect_schema().names()
    _check_names(names)
    others = [name for name in names if name not in ("visitor_id", "occurred_at")]
    frame = read(events, "events", ("visitor_id", "occurred_at"), others=others, argument="events")
    if isinstance(frame, nw.DataFrame):
        return native(frame.select(*names, _in_memory(frame, pause)), events)
    return native(_in_engine(frame, pause).select(*names, _session_id(frame)), events)


def parse_gap(gap: str | timedelta) -> timedelta:
    """Read the longest pause within a session: at least a second, since ids count in seconds."""
    pause = parse_fixed_duration(gap, "gap")
    if pause < timedelta(seconds=1):
        raise ValueError(f"`gap` must be at least one second, got {gap!r}")
    return pause


def _check_names(names: list[str]) -> None:
    if "session_id" in names:
        raise ValueError(
            "`events` has a session_id already: drop or rename it to have the sessions cut anew, or use it as it is"
        )
    taken = [name for name in names if name in (_BEFORE, _BEGINS)]
    if taken:
        raise ValueError(f"`events` has a column {taken[0]!r}, a name that is needed here: rename it first")


def _session_id(frame: Frame) -> nw.Expr:
    visitor, known = nw.col("visitor_id"), ~nw.col("visitor_id").is_null() & ~nw.col("occurred_at").is_null()
    if frame.collect_schema()["visitor_id"].is_float():  # whole numbers beside missing ones, as NumPy holds them
        visitor = visitor.fill_null(0).cast(nw.Int64)
    joined = nw.concat_str(visitor.cast(nw.String), nw.col(_BEGINS).cast(nw.String), separator=".")
    return nw.when(known).then(joined).alias("session_id")


def _in_engine(frame: nw.LazyFrame[Any], gap: timedelta) -> nw.LazyFrame[Any]:
    """Cut sessions in the engine of the table.

    A running maximum of beginnings orders events of one moment at will, so that some of them may miss a beginning that
    another one has; the maximum over the moment repairs it.
    """
    at, visitor = nw.col("occurred_at"), "visitor_id"
    frame = frame.with_columns(at.shift(1).over(visitor, order_by="occurred_at").alias(_BEFORE))
    late = at > nw.col(_BEFORE).dt.offset_by(f"{length_to_microseconds(gap)}us")
    new = nw.col(_BEFORE).is_null() | late
    begin = nw.when(new & ~at.is_null()).then(_seconds(at)).otherwise(nw.lit(_NO_BEGIN, dtype=nw.Int64))
    frame = frame.with_columns(begin.alias(_BEGINS))
    frame = frame.with_columns(nw.col(_BEGINS).cum_max().over(visitor, order_by="occurred_at"))
    return frame.with_columns(nw.col(_BEGINS).max().over(visitor, "occurred_at"))


def _seconds(at: nw.Expr) -> nw.Expr:
    """Count the whole seconds since 1970."""
    hour, minute, second = (part.cast(nw.Int64) for part in (at.dt.hour(), at.dt.minute(), at.dt.second()))
    return day_number(at) * 86_400 + hour * 3_600 + minute * 60 + second


def _in_memory(frame: nw.DataFrame[Any], gap: timedelta) -> nw.Series[Any]:
    """Cut sessions by one sort, and write each id once: events take theirs by the number of the session."""
    times = frame["occurred_at"].to_numpy().astype("datetime64[us]", copy=False)
    lost, time, visitor = np.isnat(times), times.view(np.int64), factorize_sorted(frame["visitor_id"])[0]
    if lost.any():
        time, visitor = np.where(lost, 0, time), np.where(lost, -1, visitor)
    order = order_by_unit_and_time(visitor, time)
    time = time.take(order)
    first = session_starts(visitor.take(order), time, gap)
    session = np.empty(len(order), dtype=np.int64)
    session[order] = np.cumsum(first) - 1
    begin = nw.new_series(_BEGINS, time[first] // SECOND, nw.Int64, backend=frame.implementation)
    few = frame.select("visitor_id", "occurred_at")[order[first]]
    ids = few.with_columns(begin).select(_session_id(few))["session_id"]
    return ids[session]
