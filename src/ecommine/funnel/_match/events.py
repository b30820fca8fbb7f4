"""Events that matter to a funnel, read from any library, as arrays sorted by log and time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.checks import counted
from ..._core.frames import Frame, collect, opened
from ..._core.notes import Note
from ...schema._for_topics import TABLES, read
from .._definition import Funnel
from .._log.reading import (
    category_order,
    comparable_values,
    factorize,
    factorize_groups,
    factorize_sorted,
    fill_from_group,
    resolve_as_of,
)
from .._micro import column_to_microseconds, length_to_microseconds
from .conditions import check_values
from .encode import Marked, marked
from .engine import follow
from .hold import put_together, split
from .plan import Plan, StepTimes
from .sort import Events, Ints, distinct_codes

Unit = Literal["visitor_id", "customer_id", "session_id"]
UNITS = ("visitor_id", "customer_id", "session_id")
RESERVED = (
    "period_at",
    "complete",
    "step",
    "reached",
    *(f"{name}conversion{end}" for name in ("", "step_") for end in ("", "_low", "_high")),
    "dropped",
    "pending",
    "skipped",
    "naive_conversion",
    *(f"seconds_{name}" for name in ("p25", "median", "p75")),
    "deepest_step",
    *(f"{name}_at" for name in ("first_entered", "entered", "deepest")),
)
STEP_WITHOUT_EVENTS = "step_without_events"
"""Code of the note of a step that no event matches; its count is the number of the step, from 1."""
_DECLARED = tuple(column.name for column in TABLES["events"].columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventSequences:
    """Events that matter to a funnel.

    Attributes
    ----------
    events : Events
        In any order. A log is a unit, or a unit and a held value.
    units : array of shape (n_units,), or None
        Ids, in any order; None where the numbers of the units are the ids.
    owner : int array of shape (n_logs,), or None
        Whose log it is; None where logs are units.
    visitor : int array of shape (n_units,), or None
        Whose unit it is: units of one visitor are not independent; None where units are visitors.
    visitors : array of shape (n_visitors,), or None
        Ids of these; numbers from its length on are of units whose visitor is unknown, each its own.
    labels : tuple
        The values of `by`, as ``events.group`` numbers them.
    until : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out.
    """

    events: Events
    units: "np.ndarray[Any, Any] | None"
    owner: Ints | None
    visitor: Ints | None
    visitors: "np.ndarray[Any, Any] | None"
    labels: tuple[Any, ...]
    until: datetime | None
    notes: tuple[Note, ...]

    def walk(self, funnel: Funnel, *, by_group: bool = False) -> StepTimes:
        """Find how far each unit gets, with ``by_group`` each unit in each of its groups."""
        found = follow(self.events, make_plan(funnel))
        return found if self.owner is None else put_together(found, self.owner, by_group=by_group)


def make_plan(funnel: Funnel) -> Plan:
    """Write a funnel in numbers."""
    steps = [(step.event, step.where) for step in funnel.steps]
    limits = [step.within_length for step in funnel.steps]
    bars = [0] * len(steps)
    for bit, one in enumerate(funnel.exclude):
        after = 0 if one.after is None else funnel.step_index(one.after)
        before = len(steps) - 1 if one.before is None else funnel.step_index(one.before)
        for place in range(after + 1, before + 1):
            bars[place] |= 1 << bit
    return Plan(
        window=length_to_microseconds(funnel.window_length),
        max_gaps=tuple(None if limit is None else length_to_microseconds(limit) for limit in limits),
        first_equal=tuple(steps.index(one) for one in steps),
        optional=tuple(step.name in funnel.optional for step in funnel.steps),
        exclusion_masks=tuple(bars),
        order=funnel.order,
        reentry=funnel.reentry,
    )


def hold_group_constant(funnel: Funnel, by: str) -> Funnel:
    """Give each group a funnel of its own events: its value is held."""
    return replace(funnel, hold_constant=tuple(dict.fromkeys((*funnel.hold_constant, by))))


def read_sequences(
    events: object, funnel: Funnel, *, unit: Unit, by: str | None, as_of: Any, own: str | None = None
) -> EventSequences:
    """Read the events of any library; only those that matter are brought into memory. For ``own`` see `held`."""
    frame = opened_events(events, funnel, unit, by)
    until, notes = resolve_as_of(frame, unit, as_of)
    is_alone = unit == "visitor_id" and not funnel.hold_constant  # nothing else is to be known of a unit
    is_plain = is_alone and frame.collect_schema()[unit].is_integer()  # ids that are numbers need no others
    columns, frame = columns_of(frame, funnel, unit, by), counting(frame, unit, until, bool(notes))
    found = marked(frame, funnel, columns, spare=0 if by or not is_alone else 1 if is_plain else 0.5)
    order = (
        [] if by is None else category_order(frame, by) or category_order(opened(events, argument="events"), by)
    )  # read as text
    tracks = build_sequences(found, funnel, unit=unit, by=by, order=order)
    notes += unseen(frame, funnel, tracks.events.seen())
    if funnel.order == "any":
        check_overlap(tracks.events.counting().steps, funnel)
    if funnel.hold_constant:
        tracks = held(tracks, found[0], funnel.hold_constant, own)
    return replace(tracks, until=until, notes=(*notes, *tracks.notes))


def build_sequences(
    found: Marked, funnel: Funnel, *, unit: Unit, by: str | None, order: Sequence[str] = ()
) -> EventSequences:
    """Make tracks of events in memory, of which nothing is known but themselves, and an order of groups."""
    rows, code, masks = found
    is_plain = unit == "visitor_id" and not funnel.hold_constant and rows["_unit"].dtype.is_integer()
    log, units = (rows["_unit"].to_numpy(), None) if is_plain else factorize(rows["_unit"])
    group, labels = (None, ()) if by is None else factorize_groups(rows["_by"], order)
    events = Events(
        log=log,
        time=column_to_microseconds(rows["_at"]),
        code=code,
        masks=masks,
        n_steps=len(funnel.steps),
        group=group,
    )
    visitor, visitors = None, None
    if units is not None and unit != "visitor_id":
        code, visitors = factorize_sorted(rows["_visitor"])
        if unit == "session_id":
            code = fill_from_group(log, code)[0] if (code < 0).any() else code
            log, units = _of_one_visitor(log, units, code)
            events = replace(events, log=log)
        visitor = _visitors(log, code, len(visitors))
    return EventSequences(
        events=events,
        units=units,
        owner=None,
        visitor=visitor,
        visitors=visitors,
        labels=labels,
        until=None,
        notes=(),
    )


def _of_one_visitor(session: Ints, ids: Any, visitor: Ints) -> tuple[Ints, Any]:
    """Take the sessions of several visitors that have the same id apart: numbers of sessions repeat among visitors."""
    any_visitor = np.zeros(len(ids), dtype=np.int64)
    any_visitor[session] = visitor
    if (any_visitor[session] == visitor).all():
        return session, ids
    n = int(visitor.max(initial=-1)) + 2
    pair, keys = distinct_codes(session.astype(np.int64) * n + visitor + 1)
    return pair, ids[keys // n]


def columns_of(frame: Frame, funnel: Funnel, unit: Unit, by: str | None) -> dict[str, nw.Expr]:
    """Name the columns that are needed of each event."""
    columns = {"_unit": nw.col(unit), "_at": nw.col("occurred_at")}
    columns |= {} if by is None else {"_by": comparable_values(frame, by)}
    columns |= {} if unit == "visitor_id" else {"_visitor": nw.col("visitor_id")}
    return columns | {
        f"_hold{place}": comparable_values(frame, column) for place, column in enumerate(funnel.hold_constant)
    }


def counting(frame: Frame, unit: Unit, until: datetime | None, some_lost: bool) -> Frame:
    """Leave out events that do not count; a table in memory that has none is not copied."""
    if isinstance(frame, nw.DataFrame) and not some_lost:
        return frame
    known = ~nw.col(unit).is_null()
    return frame.filter(known if until is None else known & (nw.col("occurred_at") <= nw.lit(until)))


def _visitors(unit: Ints, code: Ints, n: int) -> Ints:
    """Tell whose each unit is: the first visitor by id where there are several, one of its own where none is known."""
    visitor = np.full(int(unit.max(initial=-1)) + 1, n)
    np.minimum.at(visitor, unit, np.where(code < 0, n, code))
    unknown = np.flatnonzero(visitor == n)
    visitor[unknown] += np.arange(len(unknown))
    return visitor


def nullable_group_column(funnel: Funnel, by: str) -> str | None:
    """Return the column of groups, unless it is held anyhow: events whose group is unknown are a group as well."""
    return None if by in funnel.hold_constant else by


def held(
    tracks: EventSequences, rows: dict[str, nw.Series[Any]], columns: tuple[str, ...], own: str | None
) -> EventSequences:
    """Give each unit a log a held value; in the column ``own`` what is unknown is a value of its own."""
    events = tracks.events
    value, steps = np.zeros(len(events.log), dtype=np.int64), events.steps
    for place, column in enumerate(columns):
        code, labels = factorize(rows[f"_hold{place}"])
        code = np.where(code < 0, len(labels), code) if column == own else code
        value = np.where((code < 0) | (value < 0), -1, value * (len(labels) + 1) + code)
        value = np.where(value < 0, -1, distinct_codes(np.maximum(value, 0))[0])
    kept, log, owner = split(events.log, value, steps)
    notes = tuple(lost_by(int(((value < 0) & (steps > 0)).sum()), [one for one in columns if one != own]))
    return replace(tracks, events=events.rows(kept, log), owner=owner, notes=notes)


def lost_by(n: int, columns: Sequence[str]) -> list[Note]:
    """Return a note of events of steps without a value that must be held constant."""
    text = f"{counted(n, 'event')} without {' or '.join(columns)} cannot be a step"
    return [Note(text, code="events_without_constant", count=n)] if n else []


def check_overlap(steps: Ints, funnel: Funnel) -> None:
    """Refuse events that are two steps, which no order tells apart; but a step may be asked for twice."""
    same = make_plan(funnel).first_equal
    for mask in distinct_codes(steps)[1].tolist():
        found = [place for place in range(len(same)) if mask >> place & 1]
        if len({same[place] for place in found}) > 1:
            names = " and ".join(repr(funnel.steps[place].name) for place in found[:2])
            raise ValueError(f"an event is both {names}: with order='any' every event must be one step only")


def opened_events(events: object, funnel: Funnel, unit: Unit, by: str | None) -> Frame:
    """Open the table with the columns that are needed, and check that conditions fit them."""
    given: object = by
    if given is not None and (not isinstance(given, str) or not given):
        raise TypeError(f"`by` must be the name of one column, got {given!r}: put several into one column first")
    wanted = list(dict.fromkeys([*funnel.extra_columns, *([] if by is None else [by])]))
    schema = opened(events, argument="events").collect_schema()
    missing = [column for column in wanted if column not in schema.names()]
    if missing:
        near = get_close_matches(missing[0], schema.names(), 1)
        raise ValueError(
            f"`events` has no column {missing[0]!r}, which `where`, `hold_constant` or `by` names"
            + (f": did you mean {near[0]!r}?" if near else f"; it has {', '.join(map(repr, schema.names()[:10]))}")
        )
    nested = [column for column in wanted if schema[column].is_nested()]
    if nested:
        raise ValueError(
            f"`by`, `hold_constant` and `where` need single values, and {nested[0]!r} holds {schema[nested[0]]}"
        )
    if by in RESERVED:
        raise ValueError(f"`by`: {by!r} is a column of the result; rename it first")
    check_values(schema, funnel)
    columns = dict.fromkeys((unit, "visitor_id", "event", "occurred_at"))
    declared = [column for column in wanted if column in _DECLARED]
    others = [column for column in wanted if column not in _DECLARED]
    return read(events, "events", tuple(columns), optional=declared, others=others, argument="events")


def unseen(frame: Frame, funnel: Funnel, seen: int) -> list[Note]:
    """Return a note of each step that no event matches, with a similar name where there is one."""
    unseen = [(place, step) for place, step in enumerate(funnel.steps, 1) if not seen >> (place - 1) & 1]
    if not unseen:
        return []
    there = sorted(str(one) for one in collect(frame.select("event").unique())["event"].to_list())
    notes = []
    for place, step in unseen:
        near = [] if set(step.event) & set(there) else get_close_matches(step.event[0], there, 1, cutoff=0.5)
        text = f"no event matches step {step.name!r}" + (f": did you mean {near[0]!r}?" if near else "")
        notes.append(Note(text, code=STEP_WITHOUT_EVENTS, count=place))
    return notes
