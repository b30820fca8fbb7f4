"""Events path by path, and the state that each is: what visits are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Ints, is_sorted, sort_order
from ..._core.frames import Frame
from ..._core.notes import Note
from ..._core.texts import counted, did_you_mean, duration_in_words
from ...schema._for_topics import TABLES
from .._log.log import EventLog, read_log
from .._log.sessions import number_log_sessions

PathUnit = Literal["session_id", "visitor_id", "customer_id"]
START, END, OTHER, OPEN = "(start)", "(end)", "(other)", "(open)"
DEFAULT_GAP = timedelta(minutes=30)
NO_STATE = -1
_NOT_A_STATE = ("visitor_id", "session_id", "customer_id", "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathOptions:
    """The options of a call that say what a path is, checked."""

    state: str
    goal: tuple[str, ...]
    focus: str | None
    unit: PathUnit
    gap: timedelta | None
    collapse: bool
    top: int
    as_of: Any

    @property
    def pause(self) -> timedelta | None:
        """The pause after which a path is over; None where paths never are."""
        return self.gap or (DEFAULT_GAP if self.unit == "session_id" else None)

    @property
    def noun(self) -> str:
        """What a path is, such as session."""
        return self.unit.removesuffix("_id")


def read_paths(events: Frame, options: PathOptions) -> tuple[EventLog, Ints, list[Note]]:
    """Read events of any library path by path; return them, the path of each, and notes on what a path is."""
    log = _read_log(events, options)
    if options.unit != "session_id":
        text = f"a path holds all events of a {options.noun}, who may come back after the last one"
        return log, log.unit, [] if options.gap else [Note(text, code="paths_without_end")]
    gap = options.gap or DEFAULT_GAP
    path, n_without_id = number_log_sessions(log, gap)
    if not is_sorted(path):
        order = sort_order(path)
        log, path = log.take(order), path[order]
    return log, path, _notes_on_sessions(len(path), n_without_id, gap)


def _read_log(events: Frame, options: PathOptions) -> EventLog:
    state, unit, schema = options.state, options.unit, events.collect_schema()
    if state not in schema.names():
        raise ValueError(f"`state`: `events` has no column {state!r}{did_you_mean(state, schema.names(), most=1)}")
    if state in _NOT_A_STATE or isinstance(schema[state], (nw.Datetime, nw.Date)):
        raise ValueError(f"`state` must be a column of actions or places, such as 'event' or 'page', got {state!r}")
    is_declared = state in TABLES["events"].names
    return read_log(
        events,
        unit="customer_id" if unit == "customer_id" else "visitor_id",
        optional=(*(("session_id",) if unit == "session_id" else ()), *((state,) if is_declared else ())),
        others=() if is_declared else (state,),
        ties=() if state == "event" else (state,),
        as_of=options.as_of,
    )


def _notes_on_sessions(n_events: int, n_without_id: int, gap: timedelta) -> list[Note]:
    pause = f"a pause of more than {duration_in_words(gap)}"
    if n_without_id == n_events:
        return [Note(f"sessions end after {pause}", code="sessions_by_gap")]
    notes = [Note("sessions are those of session_id", code="sessions_by_id")]
    if n_without_id:
        events = f"{counted(n_without_id, 'event')} without session_id"
        text = f"{events}: taken as part of the session before, or as a new one after {pause}"
        notes.append(Note(text, code="events_without_session_id", count=n_without_id))
    return notes


def notes_on_states(state: Ints, states: Sequence[str], options: PathOptions) -> list[Note]:
    """Return notes of events that are no state, and of a goal that no event is."""
    notes = []
    if n_without := int((state == NO_STATE).sum()):
        text = f"{counted(n_without, 'event')} without {options.state} left out"
        notes.append(Note(text, code="events_without_state", count=n_without))
    for name in options.goal:
        if states and name not in states:
            text = f"no event matches the goal {name!r}{did_you_mean(name, states, most=1)}"
            notes.append(Note(text, code="goal_not_found"))
    return notes


def notes_on_open_paths(is_open: Bools, options: PathOptions) -> list[Note]:
    """Return a note of the paths that may still go on."""
    n_open = int(is_open.sum())
    if not n_open:
        return []
    text = (
        f"{n_open:,} of {counted(len(is_open), options.noun)} may still go on: the last event is no exit, and "
        f"steps from visits in the last {duration_in_words(options.pause or DEFAULT_GAP)} are not counted"
    )
    return [Note(text, code="open_paths", count=n_open)]


def name_states(log: EventLog, options: PathOptions) -> tuple[Ints, tuple[str, ...]]:
    """Return the state of each event: the value of the column, or the goal that the event is; and all names."""
    codes, states = log.event, list(log.names)
    if options.state != "event":
        codes, values = log.codes(options.state)
        states = [_state_name(value) for value in values.tolist()]
    reserved = sorted({START, END, OPEN} & set(states))
    if reserved:
        raise ValueError(f"`state`: {options.state!r} has the reserved value {reserved[0]!r}: rename it first")
    state = codes.astype(np.int64)
    for name in options.goal:
        if name in log.names:
            if name not in states:
                states.append(name)
            state[log.is_event(name)] = states.index(name)
    if options.focus is not None and states and options.focus not in (START, END, *states):
        suggestion = did_you_mean(options.focus, states, most=1)
        raise ValueError(f"`focus`: no {options.state} is {options.focus!r}{suggestion}")
    return state, tuple(states)


def _state_name(value: object) -> str:
    """Return a value as text; whole numbers are floats where some are missing."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
