"""Events sorted by log and time, by one sort of packed numbers. Needs NumPy only: Spark's workers run it.

A log is what a funnel is followed in: a unit, or a unit and a held value. Log, time and what the event is are packed
into one 63-bit number, so that the sort carries everything and nothing has to be fetched by an order afterwards.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
SECOND = 1_000_000
FEW = 1 << 16
"""Numbers below this are counted in a table instead of sorted."""
MOST_BITS = 63
COMPILED_FROM = 1_000_000
"""Events from which compiled code is loaded, which takes half a second, if numba is there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
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


def sort_moves(log: Ints, time: Ints, steps: Ints, bars: Ints | None, group: Ints | None) -> tuple[Moves, Ints]:
    """Sort events by any number of their log; return them, and the numbers of the logs that were given.

    Examples
    --------
    >>> found, logs = sort_moves(np.array([7, 5, 7]), np.array([9, 3, 2]), np.array([2, 1, 1]), None, None)
    >>> logs.tolist(), found.log.tolist(), found.time.tolist(), found.steps.tolist()
    ([5, 7], [0, 1, 1], [3, 2, 9], [1, 1, 2])
    """
    kind, tables = _kinds(steps, bars, group)
    first = np.zeros(len(log), dtype=bool)
    log, time, kind = _sorted(np.asarray(log, dtype=np.int64), time, kind, max(len(tables[0]) - 1, 0))
    first[:1] = True
    np.not_equal(log[1:], log[:-1], out=first[1:])
    found = [None if table is None else table[kind] for table in tables]
    assert found[0] is not None
    moves = Moves(log=np.cumsum(first) - 1, time=time, steps=found[0], bars=found[1], group=found[2])
    return moves, log[first]


def _kinds(steps: Ints, bars: Ints | None, group: Ints | None) -> tuple[Ints, tuple[Any, ...]]:
    """Return what each event is by its number, lowest step first, and what the numbers stand for."""
    code, distinct = distinct_of(steps)
    order = np.array(sorted(range(len(distinct)), key=lambda one: _lowest_first(int(distinct[one]))), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    code, tables = rank[code], [distinct[order]]
    for part in (bars, group):
        if part is None:
            continue
        more, values = distinct_of(part)
        code = code * len(values) + more
        tables = [np.repeat(table, len(values)) for table in tables] + [np.tile(values, len(tables[0]))]
    found = iter(tables[1:])
    return code, (tables[0], None if bars is None else next(found), None if group is None else next(found))


def distinct_of(values: Ints) -> tuple[Ints, Ints]:
    """Return each value by its number, in the order of values, and the values that the numbers stand for."""
    if len(values) and values.min() >= 0 and values.max() < FEW:
        there = np.bincount(values) > 0
        return (np.cumsum(there) - 1)[values], np.flatnonzero(there)
    distinct, code = np.unique(values, return_inverse=True)
    return code, distinct


def _lowest_first(mask: int) -> tuple[int, int]:
    return (mask & -mask, mask)


def _sorted(log: Ints, time: Ints, kind: Ints, last: int) -> tuple[Ints, Ints, Ints]:
    """Sort by log, time, kind; by one packed number where 63 bits hold it."""
    if not len(log):
        return log, time, kind
    low, start = int(log.min()), int(time.min())
    span, bits = int(log.max()) - low, last.bit_length()
    is_long = len(log) >= COMPILED_FROM and find_spec("numba") is not None
    step = SECOND if _whole_seconds(time, start, is_long) else 1
    moments: Ints | None = None
    length = (int(time.max()) - start) // step
    if span.bit_length() + length.bit_length() + bits > MOST_BITS:
        time, moments = _ranks(time)
        start, step, length = 0, 1, len(moments)
    if span.bit_length() + length.bit_length() + bits > MOST_BITS:
        order = np.lexsort((kind, time, log))
        log, time, kind = log[order], time[order], kind[order]
        return log, time if moments is None else moments[time], kind
    shape = (low, start, step, length.bit_length(), bits)
    if is_long:
        from . import _moves_numba as fast

        packed = fast.pack(log, time, kind, shape)
        packed.sort()
        log, time, kind = fast.unpack(packed, shape)
    else:
        packed = _pack(log, time, kind, shape)
        packed.sort()
        log, time, kind = _unpack(packed, shape)
    return log, time if moments is None else moments[time], kind


def _pack(log: Ints, time: Ints, kind: Ints, shape: tuple[int, ...]) -> Ints:
    """Pack log, time and kind into one number each; ``shape`` says how many bits each takes."""
    low, start, step, time_bits, bits = shape
    packed: Ints = ((log - low) << time_bits | (time - start) // step) << bits | kind
    return packed


def _unpack(packed: Ints, shape: tuple[int, ...]) -> tuple[Ints, Ints, Ints]:
    low, start, step, time_bits, bits = shape
    since = packed >> bits & ((1 << time_bits) - 1)
    return (packed >> (time_bits + bits)) + low, since * step + start, packed & ((1 << bits) - 1)


def _whole_seconds(time: Ints, start: int, is_long: bool) -> bool:
    """Tell whether all times are whole seconds apart."""
    if is_long:
        from ._moves_numba import whole_seconds

        return bool(whole_seconds(time, start))
    return not ((time - start) % SECOND).any()


def _ranks(time: Ints) -> tuple[Ints, Ints]:
    """Return each moment by its number, and the moments; a log is mostly in the order of time already."""
    if (time[1:] >= time[:-1]).all():
        new = np.concatenate([[True], time[1:] != time[:-1]])
        return np.cumsum(new) - 1, time[new]
    moments, rank = np.unique(time, return_inverse=True)
    return rank, moments
