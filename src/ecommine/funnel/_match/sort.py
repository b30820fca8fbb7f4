"""Events sorted by sequence and time. Needs NumPy only: Spark's workers run it.

Those of a sequence, a unit or a unit and a value that is held constant, are followed together.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import PACKED_BITS, TABLE_SIZE, Bools, Ints, run_starts, sort_order
from ..._core.moments import SECOND

MILLISECOND = 1_000
Layout = tuple[int, int, int, int, int]
"""How events are packed: least sequence, first time, microseconds in a unit of time, bits of time, bits of kind."""


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
    def n_groups(self) -> int:
        """The number of values of `by`; 1 where there is none."""
        return 1 if self.group is None else int(self.group.max(initial=0)) + 1


def step_bits(bitmasks: Ints, n_steps: int) -> Ints:
    """Return the bits of the steps, without those of the exclusions."""
    return bitmasks & ((1 << n_steps) - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankedKinds:
    """What ranked kinds of events stand for: int64 arrays of shape (n_bitmasks * n_groups,), the lowest step first."""

    steps: Ints  # the steps that the kind is, one bit each
    exclusions: Ints  # the exclusions, one bit each
    group: Ints  # the value of `by`


def rank_kinds(events: Events, is_present: Bools) -> tuple[Ints, RankedKinds]:
    """Rank the bitmasks that occur and count, the lowest step first; return the rank of each, -1 of the others.

    With the groups they are the kinds, numbered by rank and group.
    """
    bitmasks = np.unique(events.bitmasks[is_present])
    steps = step_bits(bitmasks, events.n_steps)
    bitmasks = bitmasks[np.lexsort((bitmasks, steps, steps & -steps))]
    rank_of = {bitmask: rank for rank, bitmask in enumerate(bitmasks.tolist())}
    ranks = np.array([rank_of.get(bitmask, -1) for bitmask in events.bitmasks.tolist()], dtype=np.int64)
    return ranks, RankedKinds(
        steps=np.repeat(step_bits(bitmasks, events.n_steps), events.n_groups),
        exclusions=np.repeat(bitmasks >> events.n_steps, events.n_groups),
        group=np.tile(np.arange(events.n_groups), len(bitmasks)),
    )


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
    is_present = np.zeros(len(events.bitmasks), dtype=bool)
    is_present[counted.kind] = True
    ranks, kinds = rank_kinds(counted, is_present)
    kind: Ints = ranks[counted.kind] * counted.n_groups + (0 if counted.group is None else counted.group)
    sequence, time, kind = _sorted(np.asarray(counted.sequence).astype(np.int64, copy=False), counted.time, kind)
    is_first = run_starts(sequence)
    in_order = SortedEvents(
        sequence=np.cumsum(is_first) - 1,
        time=time,
        step_bitmask=kinds.steps[kind],
        exclusion_bitmask=kinds.exclusions[kind],
        group=kinds.group[kind],
    )
    return in_order, sequence[is_first]


def _sorted(sequence: Ints, time: Ints, kind: Ints) -> tuple[Ints, Ints, Ints]:
    """Sort by sequence, time and kind: where 63 bits hold all three, nothing is fetched by an order afterwards."""
    if not len(sequence):
        return sequence, time, kind
    start = int(time.min())
    unit = next(unit for unit in (SECOND, MILLISECOND, 1) if not ((time - start) % unit).any())
    sequences, times = (int(sequence.min()), int(sequence.max())), (start, int(time.max()))
    layout = choose_layout(sequences, times, unit, int(kind.max()))
    if layout is None:
        order = sort_order(sequence, time, kind)
        return sequence[order], time[order], kind[order]
    low, start, unit, time_bits, kind_bits = layout
    packed: Ints = ((sequence - low) << time_bits | (time - start) // unit) << kind_bits | kind
    packed.sort()
    time = (packed >> kind_bits & ((1 << time_bits) - 1)) * unit + start
    return (packed >> (time_bits + kind_bits)) + low, time, packed & ((1 << kind_bits) - 1)


def choose_layout(sequences: tuple[int, int], times: tuple[int, int], unit: int, last_kind: int) -> Layout | None:
    """Choose how events are packed, by the least and largest sequence and time; None if they take more than 63 bits."""
    low, start = sequences[0], times[0]
    time_bits, kind_bits = ((times[1] - start) // unit).bit_length(), last_kind.bit_length()
    fits = (sequences[1] - low).bit_length() + time_bits + kind_bits <= PACKED_BITS
    return (low, start, unit, time_bits, kind_bits) if fits else None
