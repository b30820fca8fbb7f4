"""Events sorted by sequence and time, by one sort of packed numbers. Needs NumPy only: Spark's workers run it.

A funnel is followed in one sequence of events at a time: those of a unit, or of a unit and a value that is held
constant. Sequence, time and kind of an event are packed into one 63-bit number, so that the sort carries everything and
nothing has to be fetched by an order afterwards.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.arrays import PACKED_BITS, TABLE_SIZE, Ints, distinct_codes, run_starts

Layout = tuple[int, int, int, int, int]
"""How events are packed: least sequence, first time, microseconds in a unit of time, bits of time, bits of kind."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """Events in any order, as they were read.

    Attributes
    ----------
    sequence : int array of shape (n_events,)
        Any number of the sequence that each belongs to: a unit, or a unit and a constant value.
    time : int64 array of shape (n_events,)
        Microseconds.
    kind : int array of shape (n_events,)
        What each event is, as a position in ``bitmasks``.
    bitmasks : int64 array of shape (n_kinds,)
        The steps that a kind is, one bit each, and the exclusions above them; -1 for what does not count.
    n_steps : int
        The number of steps.
    group : int array of shape (n_events,), or None
        The value of `by`.
    """

    sequence: Ints
    time: Ints
    kind: Ints
    bitmasks: Ints
    n_steps: int
    group: Ints | None

    def take(self, rows: Ints, sequence: Ints) -> "Events":
        """Return some events, some of them several times, in other sequences."""
        group = None if self.group is None else self.group[rows]
        return replace(self, sequence=sequence, time=self.time[rows], kind=self.kind[rows], group=group)

    def counted(self) -> "Events":
        """Return the events that count."""
        rows = np.flatnonzero(self.bitmasks[self.kind] >= 0)
        return self if len(rows) == len(self.sequence) else self.take(rows, self.sequence[rows])

    def steps_present(self) -> int:
        """Return the steps that any event is, one bit each; mostly the first rows have them all."""
        of_kind = step_bits(np.maximum(self.bitmasks, 0), self.n_steps)
        present, all_steps = 0, (1 << self.n_steps) - 1
        for first in range(0, len(self.kind), TABLE_SIZE):
            present |= int(np.bitwise_or.reduce(of_kind[self.kind[first : first + TABLE_SIZE]]))
            if present == all_steps:
                break
        return present

    @property
    def step_bitmask(self) -> Ints:
        """The steps that each event is."""
        return step_bits(self.bitmasks, self.n_steps)[self.kind]

    @property
    def exclusion_bitmask(self) -> Ints | None:
        """The exclusions that each event is; None where there are none."""
        of_kind = self.bitmasks >> self.n_steps
        return of_kind[self.kind] if (of_kind > 0).any() else None


def step_bits(bitmasks: Ints, n_steps: int) -> Ints:
    """Return the bits of the steps, without those of the exclusions."""
    return bitmasks & ((1 << n_steps) - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SortedEvents:
    """Events that count, sorted by sequence, time, lowest step, all steps, exclusions, group.

    Attributes
    ----------
    sequence : int array of shape (n_events,)
        Number of the sequence, from 0 without gaps.
    time : int64 array of shape (n_events,)
        Microseconds.
    step_bitmask : int array of shape (n_events,)
        The steps that the event is, one bit each; 0 where it is none.
    exclusion_bitmask : int array of shape (n_events,), or None
        The exclusions that the event is, one bit each.
    group : int array of shape (n_events,), or None
        The value of `by`.
    """

    sequence: Ints
    time: Ints
    step_bitmask: Ints
    exclusion_bitmask: Ints | None
    group: Ints | None


def sort_events(events: Events) -> tuple[SortedEvents, Ints]:
    """Sort the events that count; return them, and the numbers of their sequences that were given.

    Examples
    --------
    >>> sequence, time, kind = (np.array(values) for values in ([7, 5, 7], [9, 3, 2], [1, 0, 0]))
    >>> events = Events(sequence=sequence, time=time, kind=kind, bitmasks=np.array([1, 2]), n_steps=2, group=None)
    >>> in_order, sequences = sort_events(events)
    >>> sequences.tolist(), in_order.sequence.tolist(), in_order.time.tolist(), in_order.step_bitmask.tolist()
    ([5, 7], [0, 1, 1], [3, 2, 9], [1, 1, 2])
    """
    counted = events.counted()
    kind, tables = _ranked_kinds(counted.step_bitmask, counted.exclusion_bitmask, counted.group)
    sequence = np.asarray(counted.sequence).astype(np.int64, copy=False)
    in_order, time, kind = _sorted(sequence, counted.time, kind, max(len(tables[0]) - 1, 0))
    is_first = run_starts(in_order)
    steps, exclusions, group = (None if table is None else table[kind] for table in tables)
    assert steps is not None
    events_in_order = SortedEvents(
        sequence=np.cumsum(is_first) - 1, time=time, step_bitmask=steps, exclusion_bitmask=exclusions, group=group
    )
    return events_in_order, in_order[is_first]


def _ranked_kinds(steps: Ints, exclusions: Ints | None, group: Ints | None) -> tuple[Ints, tuple[Any, ...]]:
    """Rank the kinds of events, lowest step first; return the kind of each event, and what the kinds stand for."""
    code, distinct = distinct_codes(steps)
    order = np.array(sorted(range(len(distinct)), key=lambda i: lowest_first(int(distinct[i]))), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    kind, tables = rank[code], [distinct[order]]
    for part in (exclusions, group):
        if part is None:
            continue
        more, values = distinct_codes(part)
        kind = kind * len(values) + more
        tables = [np.repeat(table, len(values)) for table in tables] + [np.tile(values, len(tables[0]))]
    rest = iter(tables[1:])
    return kind, (tables[0], None if exclusions is None else next(rest), None if group is None else next(rest))


def lowest_first(bitmask: int) -> tuple[int, int]:
    """Return the key by which bitmasks are sorted: the lowest bit, then all."""
    return (bitmask & -bitmask, bitmask)


def _sorted(sequence: Ints, time: Ints, kind: Ints, last_kind: int) -> tuple[Ints, Ints, Ints]:
    """Sort by sequence, time, kind; by one packed number where 63 bits hold it."""
    if not len(sequence):
        return sequence, time, kind
    sequences = (int(sequence.min()), int(sequence.max()))
    layout, moments = choose_layout(sequences, (int(time.min()), int(time.max())), 1, last_kind), None
    if layout is None:
        time, moments = distinct_codes(time)
        layout = choose_layout(sequences, (0, len(moments) - 1), 1, last_kind)
    if layout is None:
        order = np.lexsort((kind, time, sequence))
        sequence, time, kind = sequence[order], time[order], kind[order]
    else:
        packed = _pack(sequence, time, kind, layout)
        packed.sort()
        sequence, time, kind = _unpack(packed, layout)
    return sequence, time if moments is None else moments[time], kind


def choose_layout(sequences: tuple[int, int], times: tuple[int, int], unit: int, last_kind: int) -> Layout | None:
    """Choose how events are packed, by the least and largest sequence and time; None if they take more than 63 bits."""
    low, start = sequences[0], times[0]
    time_bits, kind_bits = ((times[1] - start) // unit).bit_length(), last_kind.bit_length()
    fits = (sequences[1] - low).bit_length() + time_bits + kind_bits <= PACKED_BITS
    return (low, start, unit, time_bits, kind_bits) if fits else None


def _pack(sequence: Ints, time: Ints, kind: Ints, layout: Layout) -> Ints:
    low, start, unit, time_bits, kind_bits = layout
    packed: Ints = ((sequence - low) << time_bits | (time - start) // unit) << kind_bits | kind
    return packed


def _unpack(packed: Ints, layout: Layout) -> tuple[Ints, Ints, Ints]:
    low, start, unit, time_bits, kind_bits = layout
    units = packed >> kind_bits & ((1 << time_bits) - 1)
    sequence = (packed >> (time_bits + kind_bits)) + low
    return sequence, units * unit + start, packed & ((1 << kind_bits) - 1)
