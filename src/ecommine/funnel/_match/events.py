"""Events in memory as the sequences in which a funnel is followed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints, distinct_codes
from ..._core.codes import Labels, factorize, factorize_sorted
from ..._core.moments import column_to_microseconds
from ..._core.notes import Note
from .._definition import Funnel
from .._log.reading import factorize_groups, fill_from_group
from .encode import EncodedEvents, encode_events
from .engine import follow
from .event_table import EventTable, columns_needed
from .hold import merge_sequences, split_by_value
from .notes import check_overlap, missing_steps_notes, without_constant_notes
from .options import AnalyseOptions, Unit
from .plan import StepTimes, make_plan
from .sort import Events


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventSequences:
    """Events that matter to a funnel.

    Attributes
    ----------
    events : Events
        In any order. A sequence is that of a unit, or of a unit and a constant value.
    units : array of shape (n_units,), or None
        Ids, in any order; None where the numbers of the units are the ids.
    owner : int array of shape (n_sequences,), or None
        The unit of each sequence; None where sequences are units.
    visitor : int array of shape (n_units,), or None
        The visitor of each unit: units of one visitor are not independent; None where units are visitors.
    visitors : array of shape (n_visitors,), or None
        Ids of these; numbers from its length on are of units whose visitor is unknown, each its own.
    labels : tuple
        The values of `by`, as ``events.group`` numbers them.
    """

    events: Events
    units: Labels | None
    owner: Ints | None
    visitor: Ints | None
    visitors: Labels | None
    labels: tuple[Any, ...]

    def step_times(self, funnel: Funnel, *, by_group: bool = False) -> StepTimes:
        """Find when each unit reaches each step, with ``by_group`` each unit in each of its groups."""
        times = follow(self.events, make_plan(funnel))
        return times if self.owner is None else merge_sequences(times, self.owner, by_group=by_group)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedEvents:
    """Events in memory, read once.

    Attributes
    ----------
    funnel : Funnel
        The funnel.
    encoded : EncodedEvents
        What each event is.
    units : EventSequences
        One sequence per unit.
    notes : list of Note
        Steps without events.
    """

    funnel: Funnel
    encoded: EncodedEvents
    units: EventSequences
    notes: list[Note]

    def whole(self) -> tuple[EventSequences, list[Note]]:
        """Return the sequences of all units, and a note of events without a value that must be held constant."""
        constants = constant_columns(self.encoded, self.funnel)
        if not constants:
            return self.units, self.notes
        sequences, n_without = split_sequences(self.units, constants)
        return sequences, [*self.notes, *without_constant_notes(n_without, self.funnel.hold_constant)]

    def of_groups(self, by: str) -> EventSequences:
        """Return the sequences of units and groups, where each group has a funnel of its own events."""
        constants = {**constant_columns(self.encoded, self.funnel), by: self.encoded.columns["_by"]}
        return split_sequences(self.units, constants, nullable_group(self.funnel, by))[0]


def load_events(table: EventTable, options: AnalyseOptions) -> LoadedEvents:
    """Bring the events that matter to a funnel into memory."""
    funnel, is_by_step = table.funnel, options.attribution == "step"
    is_alone = options.unit == "visitor_id" and not funnel.hold_constant  # nothing else is to be known of a unit
    has_plain_ids = is_alone and not is_by_step and table.frame.collect_schema()[options.unit].is_integer()
    max_uncounted = 0 if options.by or not is_alone else 1 if has_plain_ids else 0.5
    encoded = encode_events(table.frame, funnel, columns_needed(table, options), max_uncounted=max_uncounted)
    order = table.category_order(options.by)
    units = build_sequences(encoded, funnel, options.unit, order, has_plain_ids=has_plain_ids)
    if funnel.order == "any":
        check_overlap(units.events.counted().step_bitmask, funnel)
    notes = missing_steps_notes(table.frame, funnel, units.events.steps_present())
    return LoadedEvents(funnel=funnel, encoded=encoded, units=units, notes=notes)


def constant_columns(encoded: EncodedEvents, funnel: Funnel) -> dict[str, nw.Series[Any]]:
    """Return the columns that must keep their value, by their names."""
    return {column: encoded.columns[f"_constant{place}"] for place, column in enumerate(funnel.hold_constant)}


def nullable_group(funnel: Funnel, by: str) -> str | None:
    """Return the column of groups, unless it is held constant anyhow: its unknown values are a group as well."""
    return None if by in funnel.hold_constant else by


def build_sequences(
    encoded: EncodedEvents, funnel: Funnel, unit: Unit, order: Sequence[str] = (), *, has_plain_ids: bool = False
) -> EventSequences:
    """Make a sequence of each unit.

    Parameters
    ----------
    encoded : EncodedEvents
        Events of whole units.
    funnel : Funnel
        The funnel.
    unit : str
        What is counted.
    order : sequence of str
        The values of `by` in their order, where that is not their own.
    has_plain_ids : bool
        Whether ids are whole numbers that can stand for themselves.
    """
    columns = encoded.columns
    unit_code, units = (columns["_unit"].to_numpy(), None) if has_plain_ids else factorize(columns["_unit"])
    group, labels = factorize_groups(columns["_by"], order) if "_by" in columns else (None, ())
    visitor, visitors = None, None
    if units is not None and unit != "visitor_id":
        visitor_code, visitors = factorize_sorted(columns["_visitor"])
        if unit == "session_id":
            if (visitor_code < 0).any():
                visitor_code = fill_from_group(unit_code, visitor_code)[0]
            unit_code, units = _split_by_visitor(unit_code, units, visitor_code)
        visitor = _visitor_of_units(unit_code, visitor_code, len(visitors))
    events = Events(
        sequence=unit_code,
        time=column_to_microseconds(columns["_at"]),
        kind=encoded.kind,
        bitmasks=encoded.bitmasks,
        n_steps=len(funnel.steps),
        group=group,
    )
    return EventSequences(events=events, units=units, owner=None, visitor=visitor, visitors=visitors, labels=labels)


def _split_by_visitor(session: Ints, ids: Labels, visitor: Ints) -> tuple[Ints, Labels]:
    """Split sessions of several visitors that have the same id: numbers of sessions repeat among visitors."""
    any_visitor = np.zeros(len(ids), dtype=np.int64)
    any_visitor[session] = visitor
    if (any_visitor[session] == visitor).all():
        return session, ids
    n = int(visitor.max(initial=-1)) + 2
    pair, keys = distinct_codes(session.astype(np.int64) * n + visitor + 1)
    return pair, ids[keys // n]


def _visitor_of_units(unit: Ints, visitor_code: Ints, n_visitors: int) -> Ints:
    """Return the visitor of each unit: the first by id where there are several, one of its own where none is known."""
    visitor = np.full(int(unit.max(initial=-1)) + 1, n_visitors)
    np.minimum.at(visitor, unit, np.where(visitor_code < 0, n_visitors, visitor_code))
    unknown = np.flatnonzero(visitor == n_visitors)
    visitor[unknown] += np.arange(len(unknown))
    return visitor


def split_sequences(
    sequences: EventSequences, constants: Mapping[str, nw.Series[Any]], nullable: str | None = None
) -> tuple[EventSequences, int]:
    """Split the sequence of each unit into one per value of some columns; count events of steps without a value.

    In the column ``nullable`` what is unknown is a value of its own.
    """
    events = sequences.events
    value, steps = np.zeros(len(events.sequence), dtype=np.int64), events.step_bitmask
    for column, values in constants.items():
        code, labels = factorize(values)
        code = np.where(code < 0, len(labels), code) if column == nullable else code
        value = np.where((code < 0) | (value < 0), -1, value * (len(labels) + 1) + code)
        value = np.where(value < 0, -1, distinct_codes(np.maximum(value, 0))[0])
    rows, sequence, owner = split_by_value(events.sequence, value, steps)
    n_without = int(((value < 0) & (steps > 0)).sum())
    return replace(sequences, events=events.take(rows, sequence), owner=owner), n_without
