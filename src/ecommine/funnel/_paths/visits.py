"""Paths as arrays: visits to states, one path after the other, in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Ints, is_sorted, run_starts, sort_order
from ..._core.checks import counted
from ..._core.frames import opened
from ..._core.moments import length_to_microseconds, moment_to_microseconds
from ...schema._for_topics import TABLES
from .._log.log import EventLog, read_log
from .._log.sessions import sessions_of

PathUnit = Literal["session_id", "visitor_id", "customer_id"]
START, END, OTHER, OPEN = "(start)", "(end)", "(other)", "(open)"
GAP = timedelta(minutes=30)
MOST = np.iinfo(np.int64).max
_NO_STATE = ("visitor_id", "session_id", "customer_id", "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """Visits to states, path by path.

    Attributes
    ----------
    state, path : int array of shape (n_visits,)
        Positions in ``names`` and among the paths.
    time : int64 array of shape (n_visits,)
        When the visit began, in microseconds.
    first : int array of shape (n_paths,)
        Where each path begins among the visits.
    visitor : int array of shape (n_paths,)
        Whose path it is.
    open : bool array of shape (n_paths,)
        Whether the path may still go on.
    settled : bool array of shape (n_visits,)
        Whether it is known what follows, or that nothing does: the path is over, or the last event of the visit is so
        long ago that it would be. Of later visits only those that went on at once could be seen to do so.
    alone : bool array of shape (n_paths,)
        Whether the path is a single event.
    names : tuple of str
        The states: the most visited first, then by name; "(other)" is the last one.
    events : int array of shape (n_states,)
        Events of each state.
    goal : bool array of shape (n_states,)
        Which states are the goal.
    until : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out, and how paths were cut.
    """

    state: Ints
    path: Ints
    time: Ints
    first: Ints
    visitor: Ints
    open: Bools
    settled: Bools
    alone: Bools
    names: tuple[str, ...]
    events: Ints
    goal: Bools
    until: datetime | None
    notes: tuple[str, ...]

    @property
    def n_paths(self) -> int:
        """How many paths there are."""
        return len(self.first)

    @property
    def last(self) -> Ints:
        """Where each path ends among the visits."""
        return np.append(self.first, len(self.state)).astype(np.int64)[1:] - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Steps:
    """Events of all paths in order, with the state that each is, -1 where it is none, and its path."""

    state: Ints
    path: Ints
    time: Ints
    visitor: Ints
    names: tuple[str, ...]
    open: Bools
    settled_until: int
    until: datetime | None
    notes: tuple[str, ...]


def read_visits(
    events: object,
    *,
    of: str,
    goal: Sequence[str],
    focus: str | None,
    unit: PathUnit,
    gap: timedelta | None,
    collapse: bool,
    top: int,
    as_of: Any,
) -> Visits:
    """Read events of any library, cut them into paths, and name the states."""
    steps = _read(events, of, goal, unit, gap, as_of)
    missing = _goal_missing(goal, steps.names)
    if focus is not None and focus not in (START, END, *steps.names) and steps.names:
        raise ValueError(f"`focus`: no {of} is {focus!r}{_near(focus, steps.names)}")
    return _visits(steps, goal=goal, focus=focus, collapse=collapse, top=top, of=of, notes=missing)


def _read(events: object, of: str, goal: Sequence[str], unit: PathUnit, gap: timedelta | None, as_of: Any) -> _Steps:
    log = _log(events, of, unit, as_of)
    order, path, notes = _paths(log, unit, gap)
    state, names, nameless = _states(log, of, goal)
    if nameless:
        notes.append(f"{counted(nameless, 'event')} without {of} left out")
    time = log.time[order]
    pause = gap or (GAP if unit == "session_id" else None)
    settled_until = (
        MOST
        if log.until is None or pause is None
        else moment_to_microseconds(log.until) - length_to_microseconds(pause)
    )
    is_open = time[np.append(np.flatnonzero(run_starts(path)), len(path))[1:] - 1] >= settled_until
    if is_open.any():
        noun = counted(len(is_open), unit.removesuffix("_id"))
        notes.append(
            f"{int(is_open.sum()):,} of {noun} may still go on: the last event there is no exit, and what follows the "
            f"visits of the last {_length(pause or GAP)} is not counted"
        )
    return _Steps(
        state=state[order],
        path=path,
        time=time,
        visitor=log.unit[order],
        names=names,
        open=is_open,
        settled_until=settled_until,
        until=log.until,
        notes=(*log.notes, *notes),
    )


def _log(events: object, of: str, unit: PathUnit, as_of: Any) -> EventLog:
    """Read the events, with the column of the states and what sessions are cut by."""
    schema = opened(events, argument="events").collect_schema()
    if of not in schema.names():
        raise ValueError(f"`of`: `events` has no column {of!r}{_near(of, schema.names())}")
    if of in _NO_STATE or isinstance(schema[of], (nw.Datetime, nw.Date)):
        raise ValueError(f"`of` must be a column that says what is seen, such as 'event' or 'page', got {of!r}")
    declared = of in TABLES["events"].names
    return read_log(
        events,
        unit="customer_id" if unit == "customer_id" else "visitor_id",
        optional=(*(("session_id",) if unit == "session_id" else ()), *((of,) if declared else ())),
        others=() if declared else (of,),
        ties=() if of == "event" else (of,),
        as_of=as_of,
    )


def _paths(log: EventLog, unit: PathUnit, gap: timedelta | None) -> tuple[Any, Ints, list[str]]:
    """Order the events path by path; return where each stands in the log, its path, and what the paths are."""
    if unit != "session_id":
        noun = unit.removesuffix("_id")
        later = [] if gap else [f"a path holds all events of a {noun}, who may come back after the last one"]
        return slice(None), log.unit, later
    session, without_id = sessions_of(log, gap or GAP)
    order: Any = slice(None) if is_sorted(session) else sort_order(session)
    return order, session[order], _cut(len(session), without_id, gap or GAP)


def _cut(events: int, without_id: int, gap: timedelta) -> list[str]:
    """Say how sessions were cut."""
    if without_id == events:
        return [_told(gap)]
    cut = [f"{counted(without_id, 'event')} without session_id: cut by pauses of more than {_length(gap)}"]
    return ["sessions are those of session_id", *(cut if without_id else [])]


def _told(gap: timedelta) -> str:
    return f"a session ends with a pause of more than {_length(gap)}"


def _length(gap: timedelta) -> str:
    minutes, seconds = divmod(int(gap.total_seconds()), 60)
    return counted(minutes, "minute") if not seconds else str(gap)


def _states(log: EventLog, of: str, goal: Sequence[str]) -> tuple[Ints, tuple[str, ...], int]:
    """Give each event its state: the value of the column, or the goal that it is; -1 where it is none."""
    codes, names = (log.event, list(log.names)) if of == "event" else _values(log, of)
    reserved = sorted({START, END, OPEN} & set(names))
    if reserved:
        raise ValueError(f"`of`: {of!r} has the value {reserved[0]!r}, which has a meaning here: rename it first")
    state = codes.astype(np.int64)
    for name in [one for one in goal if one in log.names]:
        if name not in names:
            names.append(name)
        state[log.is_event(name)] = names.index(name)
    return state, tuple(names), int((state < 0).sum())


def _values(log: EventLog, of: str) -> tuple[Ints, list[str]]:
    codes, values = log.codes(of)
    return codes, [_text(value) for value in values.tolist()]


def _text(value: object) -> str:
    """Write a value as text; whole numbers are held as floats where some are missing."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _visits(
    steps: _Steps, *, goal: Sequence[str], focus: str | None, collapse: bool, top: int, of: str, notes: list[str]
) -> Visits:
    """Keep events that are a state, and make one visit of those that repeat a state."""
    known: Any = steps.state >= 0  # a pause is one between all events, so that the others are left out only now
    known = slice(None) if known.all() else known
    state, old = steps.state[known], steps.path[known]
    begun = run_starts(old)
    new = begun | run_starts(state) if collapse else np.ones(len(state), dtype=bool)
    n_events = np.bincount(state, minlength=len(steps.names))
    asked = [name for name in (*goal, focus) if name in steps.names]
    rank, names, pooled = _ranked(np.bincount(state[new], minlength=len(steps.names)), steps.names, asked, top)
    if pooled:
        kept = f"beyond the {len(names) - 1:,} most frequent or asked for"
        notes = [*notes, f"{counted(pooled, 'value')} of {of} {kept}: put together as {OTHER}"]
    first = np.flatnonzero(begun)
    begins_at = np.arange(len(steps.state))[known][new]
    return Visits(
        state=rank[state[new]],
        path=(np.cumsum(begun) - 1)[new],
        time=steps.time[begins_at],
        first=np.flatnonzero(begun[new]),
        visitor=steps.visitor[known][first],
        open=steps.open[old[first]],
        settled=_settled(steps, begins_at),
        alone=np.diff(first, append=len(state)) == 1,
        names=names,
        events=np.bincount(rank, n_events, minlength=len(names)).astype(np.int64),
        goal=np.array([name in goal for name in names], dtype=bool),
        until=steps.until,
        notes=(*steps.notes, *notes),
    )


def _settled(steps: _Steps, begins_at: Ints) -> Bools:
    """Tell of which visits it is settled what follows: their last event is long enough ago, whatever came then."""
    path, ends = steps.path[begins_at], np.append(np.flatnonzero(run_starts(steps.path)), len(steps.path))[1:]
    last = np.minimum(np.append(begins_at, len(steps.path))[1:], ends[path]) - 1
    return np.asarray(~steps.open[path] | (steps.time[last] < steps.settled_until))


def _ranked(visits: Ints, names: tuple[str, ...], asked: Sequence[str], top: int) -> tuple[Ints, tuple[str, ...], int]:
    """Rank states by visits, then by name; those beyond the first ones, but for what is asked for, become one."""
    order = sorted(
        range(len(names)), key=lambda one: (names[one] == OTHER, names[one] not in asked, -int(visits[one]), names[one])
    )
    order = [one for one in order if visits[one]]
    most = max(top, sum(names[one] in asked and names[one] != OTHER for one in order))
    kept = sorted(order[:most], key=lambda one: (names[one] == OTHER, -int(visits[one]), names[one]))
    rest = order[most:]
    own_other = [one for one in kept if names[one] == OTHER]
    rank = np.full(len(names), len(kept) - len(own_other), dtype=np.int64)
    rank[kept] = np.arange(len(kept))
    shown = tuple(names[one] for one in kept)
    return rank, (*shown, OTHER) if rest and not own_other else shown, len(rest)


def _goal_missing(goal: Sequence[str], names: tuple[str, ...]) -> list[str]:
    missing = [one for one in goal if one not in names]
    return [f"no event is the goal {one!r}{_near(one, names)}" for one in missing] if names else []


def _near(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, 1)
    return f": did you mean {near[0]!r}?" if near else ""
