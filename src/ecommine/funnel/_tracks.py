"""Events that matter to a funnel, read from any library, as arrays sorted by log and time."""

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import counted
from .._core.frames import Frame, collect, opened
from ..schema._reading import read
from ..schema._tables import TABLES
from ._conditions import check_values
from ._definition import Funnel
from ._held import put_together, split
from ._marks import MARKS, marked
from ._moves import SECOND, Ints, Moves, distinct_of, sort_moves
from ._reading import facts, grouped, numbered, plain
from ._walk import Plan, Reach, walk
from ._walk_any import walk_any

Unit = Literal["visitor_id", "customer_id", "session_id"]
UNITS = ("visitor_id", "customer_id", "session_id")
RESERVED = (
    "period_at",
    "complete",
    "step",
    "reached",
    *(f"{name}conversion{end}" for name in ("", "step_") for end in ("", "_low", "_high")),
    "dropped",
    "immature",
    "skipped",
    "naive_conversion",
    *(f"seconds_{name}" for name in ("p25", "median", "p75")),
)
_DECLARED = tuple(column.name for column in TABLES["events"].columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracks:
    """Events that matter to a funnel, sorted.

    Attributes
    ----------
    moves : Moves
        The events by log and time. A log is a unit, or a unit and a held value.
    units : array of shape (n_units,)
        Ids, in any order.
    owner : int array of shape (n_logs,), or None
        Whose log it is; None where logs are units.
    visitor : int array of shape (n_units,), or None
        Whose unit it is: units of one visitor are not independent; None where units are visitors.
    labels : tuple
        The values of `by`, as ``moves.group`` numbers them.
    until : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out.
    """

    moves: Moves
    units: "np.ndarray[Any, Any]"
    owner: Ints | None
    visitor: Ints | None
    labels: tuple[Any, ...]
    until: datetime | None
    notes: tuple[str, ...]

    def walk(self, funnel: Funnel, *, by_group: bool = False) -> Reach:
        """Find how far each unit gets, with ``by_group`` each unit in each of its groups."""
        found = walk_any(self.moves, plan_of(funnel)) if funnel.order == "any" else walk(self.moves, plan_of(funnel))
        return found if self.owner is None else put_together(found, self.owner, by_group=by_group)


def plan_of(funnel: Funnel) -> Plan:
    """Write a funnel in numbers."""
    steps = [(step.event, step.where) for step in funnel.steps]
    limits = [step.seconds for step in funnel.steps]
    bars = [0] * len(steps)
    for bit, one in enumerate(funnel.exclude):
        after = 0 if one.after is None else funnel.place(one.after)
        before = len(steps) - 1 if one.before is None else funnel.place(one.before)
        for place in range(after + 1, before + 1):
            bars[place] |= 1 << bit
    return Plan(
        window=int(funnel.length.total_seconds() * SECOND),
        limits=tuple(None if limit is None else int(limit * SECOND) for limit in limits),
        same=tuple(steps.index(one) for one in steps),
        optional=tuple(step.name in funnel.optional for step in funnel.steps),
        bars=tuple(bars),
        order=funnel.order,
        reentry=funnel.reentry,
    )


def read_tracks(events: object, funnel: Funnel, *, unit: Unit, by: str | None, as_of: Any) -> Tracks:
    """Read the events of any library; only those that matter are brought into memory."""
    frame = _opened(events, funnel, unit, by)
    until, notes = facts(frame, unit, as_of)
    rows = marked(_counting(frame, unit, until, bool(notes)), funnel, _columns(frame, funnel, unit, by))
    taken, labels = _taken(rows, funnel, by)
    notes += _unseen(frame, funnel, taken.steps)
    if funnel.order == "any":
        _check_overlap(taken.steps, funnel)
    ids, owner = rows["_unit"], None
    if unit == "visitor_id" and not funnel.hold and ids.dtype.is_integer():  # ids that are numbers need no others
        log, units = ids.to_numpy(), None
    else:
        log, units = numbered(ids)
    visitor = None if unit == "visitor_id" else _visitors(rows, log)
    if funnel.hold:
        taken, log, owner, lost = _held(rows, taken, log, funnel.hold)
        notes += lost
    moves, keys = sort_moves(log, taken.time, taken.steps, taken.bars, taken.group)
    if owner is None:
        units, visitor = (
            keys.astype(log.dtype) if units is None else units[keys],
            None if visitor is None else visitor[keys],
        )
    assert units is not None
    return Tracks(
        moves=moves, units=units, owner=owner, visitor=visitor, labels=labels, until=until, notes=tuple(notes)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Taken:
    """Events in any order: microseconds, and what each is, one bit each."""

    time: Ints
    steps: Ints
    bars: Ints | None
    group: Ints | None

    def rows(self, kept: Ints) -> "Taken":
        """Keep some events, some of them several times."""
        return Taken(
            time=self.time[kept],
            steps=self.steps[kept],
            bars=None if self.bars is None else self.bars[kept],
            group=None if self.group is None else self.group[kept],
        )


def _columns(frame: Frame, funnel: Funnel, unit: Unit, by: str | None) -> dict[str, nw.Expr]:
    columns = {"_unit": nw.col(unit), "_at": nw.col("occurred_at")}
    columns |= {} if by is None else {"_by": plain(frame, by)}
    columns |= {} if unit == "visitor_id" else {"_visitor": nw.col("visitor_id")}
    return columns | {f"_hold{place}": plain(frame, column) for place, column in enumerate(funnel.hold)}


def _counting(frame: Frame, unit: Unit, until: datetime | None, some_lost: bool) -> Frame:
    """Leave out events that do not count; a table in memory that has none is not copied."""
    if isinstance(frame, nw.DataFrame) and not some_lost:
        return frame
    known = ~nw.col(unit).is_null()
    return frame.filter(known if until is None else known & (nw.col("occurred_at") <= nw.lit(until)))


def _taken(rows: dict[str, nw.Series[Any]], funnel: Funnel, by: str | None) -> tuple[Taken, tuple[Any, ...]]:
    marks, n_steps = rows[MARKS].to_numpy().astype(np.int64, copy=False), len(funnel.steps)
    group, labels = (None, ()) if by is None else grouped(rows["_by"])
    taken = Taken(
        time=rows["_at"].to_numpy().astype("datetime64[us]").view(np.int64),
        steps=marks & ((1 << n_steps) - 1) if funnel.exclude else marks,
        bars=marks >> n_steps if funnel.exclude else None,
        group=group,
    )
    return taken, labels


def _visitors(rows: dict[str, nw.Series[Any]], unit: Ints) -> Ints:
    """Tell whose each unit is."""
    visitor = np.zeros(int(unit.max(initial=-1)) + 1, dtype=np.int64)
    visitor[unit] = numbered(rows["_visitor"])[0]
    return visitor


def _held(
    rows: dict[str, nw.Series[Any]], taken: Taken, unit: Ints, columns: tuple[str, ...]
) -> tuple[Taken, Ints, Ints, list[str]]:
    """Give each unit a log a held value."""
    value = np.zeros(len(unit), dtype=np.int64)
    for place in range(len(columns)):
        code, labels = numbered(rows[f"_hold{place}"])
        value = np.where((code < 0) | (value < 0), -1, value * len(labels) + code)
        value = np.where(value < 0, -1, distinct_of(np.maximum(value, 0))[0])
    lost = int(((value < 0) & (taken.steps > 0)).sum())
    said = [f"{counted(lost, 'event')} without {' or '.join(columns)} can be no step"] if lost else []
    kept, log, owner = split(unit, value, taken.steps)
    return taken.rows(kept), log, owner, said


def _check_overlap(steps: Ints, funnel: Funnel) -> None:
    """Refuse events that are two steps, which no order tells apart; but a step may be asked for twice."""
    same = plan_of(funnel).same
    for mask in distinct_of(steps)[1].tolist():
        found = [place for place in range(len(same)) if mask >> place & 1]
        if len({same[place] for place in found}) > 1:
            names = " and ".join(repr(funnel.steps[place].name) for place in found[:2])
            raise ValueError(f"an event is both {names}: with order='any' every event must be one step only")


def _opened(events: object, funnel: Funnel, unit: Unit, by: str | None) -> Frame:
    wanted = list(dict.fromkeys([*funnel.needed, *([] if by is None else [by])]))
    schema = opened(events, argument="events").collect_schema()
    missing = [column for column in wanted if column not in schema.names()]
    if missing:
        near = get_close_matches(missing[0], schema.names(), 1)
        raise ValueError(
            f"`events` has no column {missing[0]!r}, which `where`, `hold` or `by` names"
            + (f": did you mean {near[0]!r}?" if near else "")
        )
    if by in RESERVED:
        raise ValueError(f"`by`: {by!r} is a column of the result; rename it first")
    check_values(schema, funnel)
    columns = dict.fromkeys((unit, "visitor_id", "event", "occurred_at"))
    declared = [column for column in wanted if column in _DECLARED]
    others = [column for column in wanted if column not in _DECLARED]
    return read(events, "events", tuple(columns), optional=declared, others=others, argument="events")


def _unseen(frame: Frame, funnel: Funnel, masks: Ints) -> list[str]:
    """Tell of steps that no event is, with a name that is near."""
    seen = int(np.bitwise_or.reduce(masks)) if len(masks) else 0
    unseen = [step for place, step in enumerate(funnel.steps) if not seen >> place & 1]
    if not unseen:
        return []
    there = sorted(str(one) for one in collect(frame.select("event").unique())["event"].to_list())
    notes = []
    for step in unseen:
        near = [] if set(step.event) & set(there) else get_close_matches(step.event[0], there, 1, cutoff=0.5)
        notes.append(f"no event is the step {step.name!r}" + (f": did you mean {near[0]!r}?" if near else ""))
    return notes
