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
from ...schema._for_topics import NO_CLOCK, Clock, clock_of
from .._definition import Funnel
from .._log.reading import factorize_groups, fill_from_group
from .conditions import check_overlap, missing_steps_notes, without_constant_notes
from .encode import EncodedEvents, encode_events
from .event_table import SHOP_TIME, AnalyseOptions, EventTable, Unit, columns_needed
from .hold import merge_sequences, split_by_value
from .ordered import follow_in_order
from .plan import Plan, StepTimes, make_plan, stack_times
from .sort import Events, sort_events
from .tied import TiedMoments, split_tied
from .unordered import follow_in_any_order


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventSequences:
    """Events that matter to a funnel, in memory."""

    funnel: Funnel
    columns: dict[str, nw.Series[Any]]  # the columns of the events, see :func:`.event_table.columns_needed`
    events: Events  # in any order. A sequence is that of a unit, or of a unit and a constant value
    units: Labels | None  # shape (n_units,): ids, in any order; None where the numbers of the units are the ids
    visitor: Ints | None
    """Shape (n_units,): the visitor of each unit: units of one visitor are not independent; None where units are
    visitors."""
    visitors: Labels | None
    """Shape (n_visitors,): ids of these; numbers from its length on are of units whose visitor is unknown, each its
    own."""
    labels: tuple[Any, ...]  # the values of `by`, as ``events.group`` numbers them
    owner: Ints | None = None  # shape (n_sequences,): the unit of each sequence; None where sequences are units
    clock: Clock = NO_CLOCK  # the way from the times of the events to the shop's own

    def whole(self) -> tuple["EventSequences", list[Note]]:
        """Return the sequences of all units, and a note of events without a value that must be held constant."""
        constants = self._constants()
        if not constants:
            return self, []
        sequences, n_without = self._split_by(constants)
        return sequences, without_constant_notes(n_without, self.funnel.hold_constant)

    def of_groups(self, by: str) -> "EventSequences":
        """Return the sequences of units and groups, where each group has a funnel of its own events."""
        return self._split_by({**self._constants(), by: self.columns["_by"]}, nullable=by)[0]

    def step_times(self, *, by_group: bool = False) -> StepTimes:
        """Find when each unit reaches each step, with ``by_group`` each unit in each of its groups."""
        times = follow(self.events, make_plan(self.funnel))
        return times if self.owner is None else merge_sequences(times, self.owner, by_group=by_group)

    def _constants(self) -> dict[str, nw.Series[Any]]:
        return {column: self.columns[f"_constant{i}"] for i, column in enumerate(self.funnel.hold_constant)}

    def _split_by(
        self, constants: Mapping[str, nw.Series[Any]], nullable: str | None = None
    ) -> tuple["EventSequences", int]:
        """Split the sequence of each unit into one per value of some columns; count events of steps without a value.

        In the column ``nullable`` what is unknown is a value of its own, unless it must be held constant anyhow.
        """
        value, steps = np.zeros(len(self.events.sequence), dtype=np.int64), self.events.step_bitmask
        for column, values in constants.items():
            code, labels = factorize(values)
            if column == nullable and column not in self.funnel.hold_constant:
                code = np.where(code < 0, len(labels), code)
            value = np.where((code < 0) | (value < 0), -1, value * (len(labels) + 1) + code)
            value = np.where(value < 0, -1, distinct_codes(np.maximum(value, 0))[0])
        rows, sequence, owner = split_by_value(self.events.sequence, value, steps)
        n_without = int(((value < 0) & (steps > 0)).sum())
        return replace(self, events=self.events.take(rows, sequence), owner=owner), n_without


def follow(events: Events, plan: Plan) -> StepTimes:
    """Find when each sequence reaches each step; sequences by the numbers that were given."""
    tied, rest = (None, events) if plan.order == "any" else split_tied(events)
    in_order, sequences = sort_events(rest)
    times = follow_in_any_order(in_order, plan) if plan.order == "any" else follow_in_order(in_order, plan)
    times = replace(times, unit=sequences[times.unit])
    if tied is not None:
        in_order, sequences = sort_events(tied)
        of_tied = TiedMoments(in_order, plan).follow()
        times = stack_times([times, replace(of_tied, unit=sequences[of_tied.unit])])
    return replace(times, unit=times.unit.astype(events.sequence.dtype, copy=False))


def load_events(table: EventTable, options: AnalyseOptions) -> tuple[EventSequences, list[Note]]:
    """Bring the events that matter to a funnel into memory, as one sequence per unit; note steps without events."""
    funnel, is_by_step = table.funnel, options.attribution == "step"
    is_alone = options.unit == "visitor_id" and not funnel.hold_constant  # nothing else is to be known of a unit
    has_plain_ids = is_alone and not is_by_step and table.frame.collect_schema()[options.unit].is_integer()
    max_uncounted = 0 if options.by or not is_alone else 1 if has_plain_ids else 0.5
    encoded = encode_events(table.frame, funnel, columns_needed(table, options), max_uncounted=max_uncounted)
    order = table.category_order(options.by)
    units = build_sequences(encoded, funnel, options.unit, order, has_plain_ids=has_plain_ids)
    if table.has_instants:
        moments = column_to_microseconds(encoded.columns[SHOP_TIME])
        units = replace(units, clock=clock_of(units.events.time, moments))
    if funnel.order == "any":
        check_overlap(units.events.counted().step_bitmask, funnel)
    return units, missing_steps_notes(table.frame, funnel, units.events.steps_present())


def build_sequences(
    encoded: EncodedEvents, funnel: Funnel, unit: Unit, order: Sequence[str] = (), *, has_plain_ids: bool = False
) -> EventSequences:
    """Make a sequence of each unit; with ``has_plain_ids`` ids are whole numbers that stand for themselves.

    ``order`` is that of the values of `by`, where it is not their own.
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
    return EventSequences(
        funnel=funnel,
        columns=columns,
        events=events,
        units=units,
        visitor=visitor,
        visitors=visitors,
        labels=labels,
    )


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
