"""Events sorted by log and time, by one sort of packed numbers. Needs NumPy only: Spark's workers run it.

A log is what a funnel is followed in: a unit, or a unit and a held value. Log, time and what the event is are packed
into one 63-bit number, so that the sort carries everything and nothing has to be fetched by an order afterwards.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
Shape = tuple[int, int, int, int, int]
FEW = 1 << 16
"""Numbers below this are counted in a table instead of sorted."""
MOST_BITS = 63
COMPILED_FROM = 2_000_000
"""Events from which compiled code is loaded, which takes half a second, if numba is there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """Events in any order, as they were read.

    Attributes
    ----------
    log : int array of shape (n_events,)
        Any number of the log that each belongs to: a unit, or a unit and a held value.
    time : int64 array of shape (n_events,)
        Microseconds.
    code : int array of shape (n_events,)
        What each event is, as a place in ``masks``.
    masks : int64 array
        What the codes stand for: the steps, one bit each, and the exclusions above them; -1 for what does not count.
    n_steps : int
        The number of steps.
    group : int array of shape (n_events,), or None
        The value of `by`.
    """

    log: Ints
    time: Ints
    code: Ints
    masks: Ints
    n_steps: int
    group: Ints | None

    def rows(self, kept: Ints, log: Ints) -> "Events":
        """Keep some events, some of them several times, in other logs."""
        group = None if self.group is None else self.group[kept]
        return replace(self, log=log, time=self.time[kept], code=self.code[kept], group=group)

    def counting(self) -> "Events":
        """Keep the events that count."""
        kept = np.flatnonzero(self.masks[self.code] >= 0)
        return self if len(kept) == len(self.log) else self.rows(kept, self.log[kept])

    def seen(self) -> int:
        """Return the steps that there are; mostly the first rows have them all."""
        steps, found, every = steps_of(np.maximum(self.masks, 0), self.n_steps), 0, (1 << self.n_steps) - 1
        for first in range(0, len(self.code), FEW):
            found |= int(np.bitwise_or.reduce(steps[self.code[first : first + FEW]]))
            if found == every:
                break
        return found

    @property
    def steps(self) -> Ints:
        """The steps that each event is."""
        return steps_of(self.masks, self.n_steps)[self.code]

    @property
    def bars(self) -> Ints | None:
        """The exclusions that each event is; None where there are none."""
        return (self.masks >> self.n_steps)[self.code] if (self.masks >> self.n_steps > 0).any() else None


def steps_of(masks: Ints, n_steps: int) -> Ints:
    """Return the bits of the steps."""
    return masks & ((1 << n_steps) - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SortedEvents:
    """Events sorted by log, time, lowest step, all steps, exclusions, group.

    Attributes
    ----------
    log : int array of shape (n_events,)
        Number of the log, from 0 without gaps.
    time : int64 array of shape (n_events,)
        Microseconds.
    steps : int array of shape (n_events,)
        The steps that the event is, one bit each; 0 where it is none.
    bars : int array of shape (n_events,), or None
        The exclusions that the event is, one bit each.
    group : int array of shape (n_events,), or None
        The value of `by`.
    """

    log: Ints
    time: Ints
    steps: Ints
    bars: Ints | None
    group: Ints | None


def sort_events(events: Events) -> tuple[SortedEvents, Ints]:
    """Sort the events that count; return them, and the numbers of their logs."""
    kept = events.counting()
    return sort_moves(kept.log, kept.time, kept.steps, kept.bars, kept.group)


def sort_moves(log: Ints, time: Ints, steps: Ints, bars: Ints | None, group: Ints | None) -> tuple[SortedEvents, Ints]:
    """Sort events by any number of their log; return them, and the numbers of the logs that were given.

    Examples
    --------
    >>> found, logs = sort_moves(np.array([7, 5, 7]), np.array([9, 3, 2]), np.array([2, 1, 1]), None, None)
    >>> logs.tolist(), found.log.tolist(), found.time.tolist(), found.steps.tolist()
    ([5, 7], [0, 1, 1], [3, 2, 9], [1, 1, 2])
    """
    kind, tables = _kinds(steps, bars, group)
    first = np.zeros(len(log), dtype=bool)
    log, time, kind = _sorted(np.asarray(log).astype(np.int64, copy=False), time, kind, max(len(tables[0]) - 1, 0))
    first[:1] = True
    np.not_equal(log[1:], log[:-1], out=first[1:])
    found = [None if table is None else table[kind] for table in tables]
    assert found[0] is not None
    moves = SortedEvents(log=np.cumsum(first) - 1, time=time, steps=found[0], bars=found[1], group=found[2])
    return moves, log[first]


def _kinds(steps: Ints, bars: Ints | None, group: Ints | None) -> tuple[Ints, tuple[Any, ...]]:
    """Return what each event is by its number, lowest step first, and what the numbers stand for."""
    code, distinct = distinct_codes(steps)
    order = np.array(sorted(range(len(distinct)), key=lambda one: lowest_first(int(distinct[one]))), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    code, tables = rank[code], [distinct[order]]
    for part in (bars, group):
        if part is None:
            continue
        more, values = distinct_codes(part)
        code = code * len(values) + more
        tables = [np.repeat(table, len(values)) for table in tables] + [np.tile(values, len(tables[0]))]
    found = iter(tables[1:])
    return code, (tables[0], None if bars is None else next(found), None if group is None else next(found))


def distinct_codes(values: Ints) -> tuple[Ints, Ints]:
    """Return each value by its number, in the order of values, and the values that the numbers stand for."""
    if len(values) and values.min() >= 0 and values.max() < FEW:
        there = np.bincount(values) > 0
        return (np.cumsum(there) - 1)[values], np.flatnonzero(there)
    distinct, code = np.unique(values, return_inverse=True)
    return code, distinct


def lowest_first(mask: int) -> tuple[int, int]:
    return (mask & -mask, mask)


def _sorted(log: Ints, time: Ints, kind: Ints, last: int) -> tuple[Ints, Ints, Ints]:
    """Sort by log, time, kind; by one packed number where 63 bits hold it."""
    if not len(log):
        return log, time, kind
    shape, moments = shape_of((int(log.min()), int(log.max())), (int(time.min()), int(time.max())), 1, last), None
    if shape is None:
        time, moments = ranks_of(time)
        shape = shape_of((int(log.min()), int(log.max())), (0, len(moments) - 1), 1, last)
    if shape is None:
        order = np.lexsort((kind, time, log))
        log, time, kind = log[order], time[order], kind[order]
    else:
        packed = _pack(log, time, kind, shape)
        packed.sort()
        log, time, kind = _unpack(packed, shape)
    return log, time if moments is None else moments[time], kind


def shape_of(logs: tuple[int, int], times: tuple[int, int], step: int, last: int) -> Shape | None:
    """Return how log, time and kind are packed: their least values, the step of time and the bits; None if too many."""
    low, start, length = logs[0], times[0], (times[1] - times[0]) // step
    shape = (low, start, step, length.bit_length(), last.bit_length())
    return shape if (logs[1] - low).bit_length() + shape[3] + shape[4] <= MOST_BITS else None


def _pack(log: Ints, time: Ints, kind: Ints, shape: Shape) -> Ints:
    """Pack log, time and kind into one number each; ``shape`` says how many bits each takes."""
    low, start, step, time_bits, bits = shape
    packed: Ints = ((log - low) << time_bits | (time - start) // step) << bits | kind
    return packed


def _unpack(packed: Ints, shape: Shape) -> tuple[Ints, Ints, Ints]:
    low, start, step, time_bits, bits = shape
    since = packed >> bits & ((1 << time_bits) - 1)
    return (packed >> (time_bits + bits)) + low, since * step + start, packed & ((1 << bits) - 1)


def ranks_of(time: Ints) -> tuple[Ints, Ints]:
    """Return each moment by its number, and the moments; a log is mostly in the order of time already."""
    if (time[1:] >= time[:-1]).all():
        new = np.concatenate([[True], time[1:] != time[:-1]])
        return np.cumsum(new) - 1, time[new]
    moments, rank = np.unique(time, return_inverse=True)
    return rank, moments
