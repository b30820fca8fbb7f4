"""Sessions: the one rule by which all calls of the topic cut events into visits, and the call that writes their ids."""

from datetime import timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.arrays import Ints, Times, run_numbers, run_starts, sort_order, starts_after_gap
from ..._core.codes import factorize_sorted
from ..._core.durations import fixed_length
from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, native, opened, seconds_since_1970
from ..._core.moments import SECOND, length_to_microseconds
from ...schema._for_topics import instant_column, read
from .log import EventLog

_BEFORE, _BEGINS, _ID = "__ecommine_before", "__ecommine_begins", "__ecommine_id"
_NO_BEGIN = -(2**62)
"""Stands for the beginning of a session in events that begin none; every time is later."""


def number_sessions(visitor: Ints, time: Times, session_id: Ints | None, gap: timedelta) -> Ints:
    """Return the number of the session of each event, in the order in which they begin.

    Events are sorted by visitor and time (microseconds); ids are codes in their order, -1 where unknown. Events of one
    moment have no order: those without an id are in the session of the largest id of their moment.

    Examples
    --------
    >>> visitor, time = np.zeros(5, dtype=np.int64), np.array([0, 1, 2, 3, 9]) * 60_000_000
    >>> number_sessions(visitor, time, None, timedelta(minutes=5)).tolist()
    [0, 0, 0, 0, 1]
    >>> number_sessions(visitor, time, np.array([-1, 7, -1, 8, 7]), timedelta(minutes=5)).tolist()
    [0, 1, 1, 2, 1]
    """
    if session_id is None or (session_id < 0).all():
        return np.cumsum(starts_after_gap(visitor, time, length_to_microseconds(gap))) - 1
    label = _labels(visitor, time, session_id, length_to_microseconds(gap))
    is_new = run_starts(visitor, label)
    key = visitor[is_new] * (int(label.max()) + 1) + label[is_new]
    numbers: Ints = pd.factorize(key)[0][np.cumsum(is_new) - 1]
    return numbers


def number_log_sessions(log: EventLog, gap: timedelta) -> tuple[Ints, int]:
    """Return the number of the session of each event of a log, and how many events have no session_id."""
    session_id = log.codes("session_id")[0] if log.has("session_id") else None
    without_id = len(log.unit) if session_id is None else int((session_id < 0).sum())
    return number_sessions(log.unit, log.time, session_id, gap), without_id


def _labels(visitor: Ints, time: Times, session_id: Ints, gap: int) -> Ints:
    """Return the code of each event's id, or of the session without an id in which it is: a number above all ids."""
    is_known = session_id >= 0
    if is_known.all():
        return session_id
    is_first, moment = run_starts(visitor, time), run_numbers(visitor, time)
    id_of_moment = np.full(int(moment[-1]) + 1, -1)
    np.maximum.at(id_of_moment, moment[is_known], session_id[is_known])
    begins_label = starts_after_gap(visitor[is_first], time[is_first], gap) | (id_of_moment >= 0)
    latest = np.maximum.accumulate(np.where(begins_label, np.arange(len(id_of_moment)), 0))
    without_id = int(session_id.max()) + 1 + latest
    label = np.where(id_of_moment[latest] >= 0, id_of_moment[latest], without_id)[moment]
    return np.where(is_known, session_id, label)


@tell_library_errors
def sessions(events: IntoFrameT, /, *, gap: str | timedelta = "30min") -> IntoFrameT:
    """Cut the events of each visitor into sessions: by ``session_id`` where there is one, else wherever they pause.

    Parameters
    ----------
    events : table of events
        Any library's table with visitor_id and occurred_at; session_id is used where it is there. Rows may come in any
        order.
    gap : str or timedelta, default "30min"
        The longest pause within a session, such as "30min"; at least one second.

    Returns
    -------
    table of the same library, lazy where it was lazy
        All events with all their columns, and ``session_id`` as text: what it was where it was known, else the visitor,
        a point, and the second in which the session began, such as "ann.1709287200": counted from 1970 in the shop's
        time, or in UTC where the table has instants. It is null where it was, and the visitor or the time is not known.
        Eager rows stay in their order.

    Raises
    ------
    ecommine.SchemaError
        If visitor_id or occurred_at is missing or of the wrong type.
    ValueError
        If the gap is no fixed length of time.

    Notes
    -----
    Paths, carts and searches count the same sessions. An event with a session_id is in the session of its visitor and
    that id: one id of two visitors is two sessions. An event without one goes on with the session of the visitor's
    event before it; after a pause longer than ``gap`` it begins a session. To have all sessions cut anew, drop
    session_id first.

    This is GA4's definition: 30 minutes without an event end a session, and midnight does not; Universal Analytics,
    before it, cut at midnight as well. GA4 counts on the visitor's device, so that its own ids, where they were
    recorded, are to be preferred.

    The id does not depend on the order of rows or on the library, and since it tells when the session began instead of
    counting sessions, it stays as it is when later events, or those of years before, are added: join on it. Events of
    one moment that have no id always belong to one session. A session that goes on at the first event of an excerpt
    begins there.

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
    >>> funnel.sessions(events.assign(session_id=["s1", None, None, None])).session_id.tolist()
    ['s1', 'bob.1709287260', 's1', 'ann.1709292600']
    """
    pause = parse_gap(gap)
    frame = opened(events, argument="events")
    names = frame.collect_schema().names()
    _check_names(names)
    optional = [name for name in names if name == "session_id"]
    others = [name for name in names if name not in ("visitor_id", "occurred_at", "session_id")]
    at = instant_column(frame, "occurred_at") or "occurred_at"
    frame = read(events, "events", ("visitor_id", "occurred_at"), optional=optional, others=others, argument="events")
    columns = names if optional else [*names, "session_id"]
    if isinstance(frame, nw.DataFrame):
        return native(frame.with_columns(_in_memory(frame, pause, at)).select(columns), events)
    if optional:
        frame = _ids_in_engine(frame, pause, at)
    else:
        frame = _latest(frame, _is_late(pause, at), seconds_since_1970(nw.col(at)), at)
    return native(frame.with_columns(_session_id(frame, at)).select(columns), events)


def parse_gap(gap: str | timedelta) -> timedelta:
    """Read the longest pause within a session: at least a second, since ids count in seconds."""
    pause = fixed_length(gap, argument="gap")
    if pause < timedelta(seconds=1):
        raise ValueError(f"`gap` must be at least one second, got {gap!r}")
    return pause


def _check_names(names: list[str]) -> None:
    taken = [name for name in names if name in (_BEFORE, _BEGINS, _ID)]
    if taken:
        raise ValueError(f"`events` has a column {taken[0]!r}, a name that is needed here: rename it first")


def _session_id(frame: Frame, at: str) -> nw.Expr:
    """Write the id that is given, that of the session in which the event is, or the visitor and the beginning."""
    names, visitor = frame.collect_schema().names(), nw.col("visitor_id")
    is_known = ~visitor.is_null() & ~nw.col(at).is_null()
    begin = nw.col(_BEGINS).cast(nw.String)
    written: nw.Expr = nw.when(is_known).then(nw.concat_str(_text(frame, "visitor_id"), begin, separator="."))
    if _ID in names:
        written = nw.when(is_known & ~nw.col(_ID).is_null()).then(_text(frame, _ID)).otherwise(written)
    if "session_id" in names:
        written = nw.when(~nw.col("session_id").is_null()).then(_text(frame, "session_id")).otherwise(written)
    return written.alias("session_id")


def _text(frame: Frame, column: str) -> nw.Expr:
    """Write ids as text; whole numbers beside missing ones are floats in NumPy."""
    values = nw.col(column)
    if frame.collect_schema()[column].is_float():
        values = values.fill_null(0).cast(nw.Int64)
    return values.cast(nw.String)


def _ids_in_engine(frame: nw.LazyFrame[Any], gap: timedelta, at: str) -> nw.LazyFrame[Any]:
    """Find the latest moment that has an id or begins a session, and the largest id of that moment, if any."""
    time, visitor = nw.col(at), "visitor_id"
    micro = seconds_since_1970(time) * SECOND + time.dt.microsecond().cast(nw.Int64)
    frame = frame.with_columns(nw.col("session_id").max().over(visitor, at).alias(_ID))
    frame = _latest(frame, _is_late(gap, at) | ~nw.col(_ID).is_null(), micro, at)
    frame = frame.with_columns(nw.when(micro == nw.col(_BEGINS)).then(nw.col(_ID)).alias(_ID))
    frame = frame.with_columns(nw.col(_ID).max().over(visitor, _BEGINS))
    return frame.with_columns((nw.col(_BEGINS) // SECOND).cast(nw.Int64).alias(_BEGINS))


def _is_late(gap: timedelta, at: str) -> nw.Expr:
    """Return whether an event is the first of its visitor, or comes after a pause."""
    return nw.col(_BEFORE).is_null() | (nw.col(at) > nw.col(_BEFORE).dt.offset_by(f"{length_to_microseconds(gap)}us"))


def _latest(frame: nw.LazyFrame[Any], is_new: nw.Expr, moment: nw.Expr, at: str) -> nw.LazyFrame[Any]:
    """Find the latest of the visitor's moments that are new, up to the event's own.

    A running maximum of beginnings orders events of one moment at will, so that some of them may miss a beginning that
    another one has; the maximum over the moment repairs it.
    """
    time, visitor = nw.col(at), "visitor_id"
    frame = frame.with_columns(time.shift(1).over(visitor, order_by=at).alias(_BEFORE))
    begin = nw.when(is_new & ~time.is_null()).then(moment).otherwise(nw.lit(_NO_BEGIN, dtype=nw.Int64))
    frame = frame.with_columns(begin.alias(_BEGINS))
    frame = frame.with_columns(nw.col(_BEGINS).cum_max().over(visitor, order_by=at))
    return frame.with_columns(nw.col(_BEGINS).max().over(visitor, at))


def _in_memory(frame: nw.DataFrame[Any], gap: timedelta, at: str) -> nw.Series[Any]:
    """Cut sessions by one sort, and write each id once: events take theirs by the number of the session."""
    times = frame[at].to_numpy().astype("datetime64[us]", copy=False)
    is_lost, time, visitor = np.isnat(times), times.view(np.int64), factorize_sorted(frame["visitor_id"])[0]
    given = factorize_sorted(frame["session_id"])[0] if "session_id" in frame.columns else None
    is_lost |= visitor < 0
    if is_lost.any():  # each such event stands for itself
        time = np.where(is_lost, 0, time)
        visitor = np.where(is_lost, int(visitor.max()) + 1 + np.arange(len(visitor)), visitor)
    order = sort_order(visitor, time)
    time, given = time.take(order), None if given is None else given.take(order)
    numbers = number_sessions(visitor.take(order), time, given, gap)
    session = np.empty(len(order), dtype=np.int64)
    session[order] = numbers
    first = _first_of_each(numbers, given)
    begin = nw.new_series(_BEGINS, time[first] // SECOND, nw.Int64, backend=frame.implementation)
    columns = ("visitor_id", at, *(() if given is None else ("session_id",)))
    firsts = frame.select(columns)[order[first]].with_columns(begin)
    return firsts.select(_session_id(firsts, at))["session_id"][session]


def _first_of_each(numbers: Ints, given: Ints | None) -> Ints:
    """Return the first event of each session, the first one with an id where there is one."""
    first = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=np.int64)
    rows = np.arange(len(numbers))[::-1]
    first[numbers[rows]] = rows  # of several the earliest is written last
    if given is not None:
        rows = np.flatnonzero(given >= 0)[::-1]
        first[numbers[rows]] = rows
    return first
