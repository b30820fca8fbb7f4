"""Events sorted by sequence and time. Needs NumPy only: Spark's workers run it.

Those of a sequence, a unit or a unit and a value that is held constant, are followed together.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import PACKED_BITS, Ints, run_starts, sort_order
from ..._core.moments import SECOND

MILLISECOND = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """Events in any order, as they were read."""

    sequence: Ints
    """Shape (n_events,): any number of the sequence that each belongs to: a unit, or a unit and a constant value."""
    time: Ints  # shape (n_events,): microseconds
    kind: Ints  # shape (n_events,): what each event is, as a position in ``bitmasks``
    bitmasks: Ints
    """Shape (n_kinds,): the steps that a kind is, one bit each, and the exclusions above them; -1 for what does not
    count."""
    n_steps: int  # the number of steps
    group: Ints | None  # shape (n_events,): the value of `by`

    def take(self, rows: Ints, sequence: Ints) -> "Events":
        """Return some events, some of them several times, in other sequences."""
        group = None if self.group is None else self.group[rows]
        return replace(self, sequence=sequence, time=self.time[rows], kind=self.kind[rows], group=group)

    def counted(self) -> "Events":
        """Return the events that count."""
        rows = np.flatnonzero(self.bitmasks[self.kind] >= 0)
        return self if len(rows) == len(self.sequence) else self.take(rows, self.sequence[rows])

    def bitmasks_present(self) -> Ints:
        """Return the bitmasks that any event has, ascending."""
        is_present = np.zeros(len(self.bitmasks), dtype=bool)
        is_present[self.kind] = True
        return np.unique(self.bitmasks[is_present])

    def steps_present(self) -> int:
        """Return the steps that any event is, one bit each."""
        bitmasks = np.maximum(self.bitmasks_present(), 0)
        return int(np.bitwise_or.reduce(step_bits(bitmasks, self.n_steps), initial=0))

    @property
    def step_bitmask(self) -> Ints:
        """The steps that each event is."""
        return step_bits(self.bitmasks, self.n_steps)[self.kind]


def step_bits(bitmasks: Ints, n_steps: int) -> Ints:
    """Return the bits of the steps, without those of the exclusions."""
    return bitmasks & ((1 << n_steps) - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SortedEvents:
    """Events that count, by sequence, time, lowest step, all steps, exclusions, group: arrays of shape (n_events,)."""

    sequence: Ints  # number of the sequence, from 0 without gaps
    time: Ints  # microseconds
    step_bitmask: Ints  # the steps that the event is, one bit each; 0 where it is none
    exclusion_bitmask: Ints  # the exclusions, likewise
    group: Ints  # the value of `by`; 0 where there is none


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
    group, sequence = counted.group, counted.sequence
    bitmasks, place_of_kind = _ordered_bitmasks(counted)
    n_groups = 1 if group is None else int(group.max(initial=0)) + 1
    rank: Ints = place_of_kind[counted.kind] * n_groups + (0 if group is None else group)
    sequence, time, rank = _sorted(np.asarray(sequence).astype(np.int64, copy=False), counted.time, rank)
    bitmask_of, group_of = np.repeat(bitmasks, n_groups), np.tile(np.arange(n_groups, dtype=np.int32), len(bitmasks))
    steps_of = step_bits(bitmask_of, events.n_steps).astype(np.min_scalar_type((1 << events.n_steps) - 1))
    is_first = run_starts(sequence)
    in_order = SortedEvents(
        sequence=np.cumsum(is_first) - 1,
        time=time,
        step_bitmask=steps_of[rank],  # in few bytes: it is gone through once or twice per step
        exclusion_bitmask=(bitmask_of >> events.n_steps)[rank],
        group=group_of[rank],
    )
    return in_order, sequence[is_first]


def _ordered_bitmasks(events: Events) -> tuple[Ints, Ints]:
    """Return the bitmasks that occur, the lowest step first, and the place of each kind of event among them."""
    bitmasks = events.bitmasks_present()
    steps = step_bits(bitmasks, events.n_steps)
    order = np.lexsort((bitmasks, steps, steps & -steps))
    places = np.zeros(len(order) + 1, dtype=np.int64)  # the last one is of kinds that do not occur
    places[order] = np.arange(len(order))
    return bitmasks[order], places[np.searchsorted(bitmasks, events.bitmasks)]


def _sorted(sequence: Ints, time: Ints, rank: Ints) -> tuple[Ints, Ints, Ints]:
    """Sort by sequence, time and rank: where 63 bits hold all three, nothing is fetched by an order afterwards."""
    if not len(sequence):
        return sequence, time, rank
    low, start = int(sequence.min()), int(time.min())
    offset, unit = _in_largest_unit(time - start)
    time_bits, rank_bits = int(offset.max()).bit_length(), int(rank.max()).bit_length()
    if (int(sequence.max()) - low).bit_length() + time_bits + rank_bits > PACKED_BITS:
        order = sort_order(sequence, time, rank)
        return sequence[order], time[order], rank[order]
    packed: Ints = ((sequence - low) << time_bits | offset) << rank_bits | rank
    packed.sort()
    time = (packed >> rank_bits & ((1 << time_bits) - 1)) * unit + start
    return (packed >> (time_bits + rank_bits)) + low, time, packed & ((1 << rank_bits) - 1)


def _in_largest_unit(offset: Ints) -> tuple[Ints, int]:
    """Return microseconds in the largest unit of which all are whole numbers, and the unit."""
    for unit in (SECOND, MILLISECOND):
        whole = offset // unit
        if (whole * unit == offset).all():  # several times as fast as the remainder
            return whole, unit
    return offset, 1
