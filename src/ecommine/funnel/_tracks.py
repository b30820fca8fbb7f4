"""Events of the steps, as arrays sorted by unit and time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from .._core.frames import Frame, collect, opened
from ..schema._reading import read
from ..schema._tables import TABLES
from ._definition import Funnel
from ._reading import Ints, coded, facts, gathered, grouped, plain

Unit = Literal["visitor_id", "customer_id", "session_id"]
UNITS = ("visitor_id", "customer_id", "session_id")
RESERVED = (
    "step",
    "reached",
    *(f"{name}conversion{end}" for name in ("", "step_") for end in ("", "_low", "_high")),
    "dropped",
    "immature",
    "skipped",
    "naive_conversion",
    *(f"seconds_{name}" for name in ("p25", "median", "p75")),
)
_KINDS: tuple[tuple[Callable[[Any], bool], tuple[str, Any, Any]], ...] = (
    (lambda dtype: bool(dtype.is_numeric()), ("numbers", (int, float, Decimal), bool)),
    (lambda dtype: dtype == nw.Boolean, ("true and false", bool, ())),
    (lambda dtype: isinstance(dtype, (nw.String, nw.Categorical, nw.Enum)), ("text", str, ())),
    (lambda dtype: isinstance(dtype, nw.Datetime), ("times", datetime, ())),
    (lambda dtype: dtype == nw.Date, ("dates", date, datetime)),
)
"""What a column may be asked for: its name, what its values may be, and what they may not."""
_DECLARED = tuple(column.name for column in TABLES["events"].columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracks:
    """Events that are a step, sorted by unit, time and lowest step.

    Attributes
    ----------
    unit : int array of shape (n_events,)
        Position of the unit in ``units``.
    time : int64 array of shape (n_events,)
        Microseconds.
    steps : int64 array of shape (n_events,)
        The steps that the event is, one bit each.
    units : array of shape (n_units,)
        Ids, ascending.
    visitor : int array of shape (n_units,), or None
        Whose unit it is: units of one visitor are not independent; None where units are visitors.
    groups : int array of shape (n_events,), and its labels
        The value of `by` of each event; None where there is none.
    until : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out.
    """

    unit: Ints
    time: Ints
    steps: Ints
    units: "np.ndarray[Any, Any]"
    visitor: Ints | None
    groups: Ints | None
    labels: tuple[Any, ...]
    until: datetime | None
    notes: tuple[str, ...]


def read_tracks(events: object, funnel: Funnel, *, unit: Unit, by: str | None, as_of: Any) -> Tracks:
    """Read the events of any library; only those of a step are brought into memory."""
    frame = _opened(events, funnel, unit, by)
    until, notes = facts(frame, unit, as_of)
    steps = sum(
        (step.matches().cast(nw.Int64) * (1 << place) for place, step in enumerate(funnel.steps)), start=nw.lit(0)
    )
    extra = {} if by is None else {"_by": plain(frame, by)}
    whose = {} if unit == "visitor_id" else {"_visitor": nw.col("visitor_id")}
    kept = frame.select(_unit=nw.col(unit), _at=nw.col("occurred_at"), _steps=steps, **extra, **whose)
    kept = kept.filter(nw.col("_steps") > 0, ~nw.col("_unit").is_null())
    if until is not None:
        kept = kept.filter(nw.col("_at") <= nw.lit(until))
    rows = gathered(kept)
    notes += _unseen(frame, funnel, rows["_steps"].to_numpy())
    codes, units = coded(rows["_unit"])
    time = rows["_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    masks = rows["_steps"].to_numpy()
    groups: Ints | None = None
    labels: tuple[Any, ...] = ()
    if by is not None:
        groups, labels = grouped(rows["_by"])
    order = _order(codes, time, masks, groups)
    visitor: Ints | None = None
    if whose:
        visitor = np.zeros(len(units), dtype=np.int64)
        visitor[codes] = coded(rows["_visitor"])[0]
    return Tracks(
        unit=codes[order],
        time=time[order],
        steps=masks[order],
        units=units,
        visitor=visitor,
        groups=None if groups is None else groups[order],
        labels=labels,
        until=until,
        notes=tuple(notes),
    )


def _opened(events: object, funnel: Funnel, unit: Unit, by: str | None) -> Frame:
    wanted = [column for step in funnel.steps for column, _ in step.where] + ([] if by is None else [by])
    names = opened(events, argument="events").collect_schema().names()
    missing = [column for column in wanted if column not in names]
    if missing:
        near = get_close_matches(missing[0], names, 1)
        raise ValueError(
            f"`events` has no column {missing[0]!r}, which `where` or `by` names"
            + (f": did you mean {near[0]!r}?" if near else "")
        )
    if by in RESERVED:
        raise ValueError(f"`by`: {by!r} is a column of the result; rename it first")
    _check_values(opened(events, argument="events").collect_schema(), funnel)
    declared = [column for column in wanted if column in _DECLARED]
    others = [column for column in wanted if column not in _DECLARED]
    columns = dict.fromkeys((unit, "visitor_id", "event", "occurred_at"))
    return read(events, "events", tuple(columns), optional=declared, others=others, argument="events")


def _check_values(schema: Any, funnel: Funnel) -> None:
    """Raise where a condition asks a column for what it cannot hold: libraries differ in what they make of it."""
    for column, values in (one for step in funnel.steps for one in step.where):
        dtype = schema[column]
        fits = next((types for holds, types in _KINDS if holds(dtype)), None)
        wrong = [one for one in values if fits and (not isinstance(one, fits[1]) or isinstance(one, fits[2]))]
        if fits and wrong:
            raise ValueError(f"`where`: the column {column!r} holds {fits[0]}, got {wrong[0]!r}")


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


def _order(unit: Ints, time: Ints, masks: Ints, groups: Ints | None) -> Ints:
    """Sort by unit, time, lowest step, all steps, group; by one packed number where 63 bits hold it."""
    ranks = {mask: rank for rank, mask in enumerate(sorted(np.unique(masks).tolist(), key=_lowest_first))}
    kinds = np.array(sorted(ranks), dtype=np.int64)
    rank = np.array([ranks[kind] for kind in kinds.tolist()], dtype=np.int64)[np.searchsorted(kinds, masks)]
    if groups is not None:
        rank = rank * (int(groups.max(initial=0)) + 1) + groups
    if not len(time):
        return np.zeros(0, dtype=np.int64)
    since, unit = time - time.min(), unit.astype(np.int64)
    if not (time % 1_000_000).any():
        since = since // 1_000_000 if not (time.min() % 1_000_000) else since
    bits = [int(one.max()).bit_length() for one in (since, rank)]
    if int(unit.max()).bit_length() + sum(bits) < 63:
        return np.argsort(((unit << bits[0]) | since) << bits[1] | rank)
    return np.lexsort((rank, since, unit))


def _lowest_first(mask: int) -> tuple[int, int]:
    return (mask & -mask, mask)
