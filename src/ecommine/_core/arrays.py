"""Arrays of keys: types, sorting by several keys at once, runs of equal keys, codes of distinct ones, look-ups by time.

NumPy only, since Spark's workers run it. Sorting packs keys and the place of a row into one 63-bit number, whose plain
sort is several times as fast as one of an index.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Times = np.ndarray[Any, np.dtype[np.int64]]
"""Microseconds, since 1970 where they are moments."""
PACKED_BITS = 63
"""Bits of a packed number: those of an int64 that is not negative."""
TABLE_SIZE = 1 << 16
"""Whole numbers from 0 below this are counted in a table instead of sorted."""
_TABLE_PER_VALUE = 8
"""So are those below this many times their count."""
_HEAD = 1_000
"""Rows that mostly tell that the whole is not sorted."""


def is_sorted(values: "Ints | Floats") -> bool:
    """Return whether values ascend, equal ones allowed.

    Examples
    --------
    >>> is_sorted(np.array([1, 1, 2])), is_sorted(np.array([2, 1]))
    (True, False)
    """
    head = values[:_HEAD]
    return bool((head[1:] >= head[:-1]).all()) and bool((values[1:] >= values[:-1]).all())


def sort_order(*keys: Ints) -> Ints:
    """Return the order of rows by whole numbers, the first key first; equal rows stay as they stand.

    Parameters
    ----------
    *keys : int or bool arrays of shape (n,)
        Several keys that fit into 63 bits together, with the place of a row, are sorted at once; else one after the
        other, the last key first.

    Returns
    -------
    int64 array of shape (n,)
        As ``numpy.lexsort(keys[::-1])`` returns it.

    Examples
    --------
    >>> sort_order(np.array([1, 0, 1, 0]), np.array([0, 5, 0, 2])).tolist()
    [3, 1, 0, 2]
    """
    n = len(keys[0])
    while keys and is_sorted(keys[-1]):  # the order of rows is that of the key
        keys = keys[:-1]
    place_bits = n.bit_length()
    order: Any = None
    for packed, bits in _packed_keys(keys, PACKED_BITS - place_bits):
        key = packed if order is None else packed.take(order)
        step = _order_of(key, place_bits) if bits + place_bits <= PACKED_BITS else np.argsort(key, kind="stable")
        order = step if order is None else order.take(step)
    return np.arange(n) if order is None else order


def sort_within_groups(group: Ints, values: Ints) -> Ints:
    """Return whole numbers sorted by group, and by value within each group.

    Examples
    --------
    >>> sort_within_groups(np.array([1, 0, 1, 0]), np.array([7, 5, -3, 2])).tolist()
    [2, 5, -3, 7]
    """
    if not len(values):
        return values
    low, bits = int(values.min()), (int(values.max()) - int(values.min())).bit_length()
    if int(group.min()) < 0 or int(group.max()).bit_length() + bits > PACKED_BITS:
        return values.take(sort_order(group, values))
    packed = group.astype(np.int64) << bits | values.astype(np.int64, copy=False) - low
    packed.sort()
    packed &= (1 << bits) - 1
    packed += low
    return packed


def run_starts(*keys: Ints) -> Bools:
    """Return which rows begin a run: the first one, and each where a key is not that of the row before.

    Examples
    --------
    >>> run_starts(np.array([1, 1, 2]), np.array([5, 6, 6])).tolist()
    [True, True, True]
    """
    is_start = np.ones(len(keys[0]), dtype=bool)
    np.not_equal(keys[0][1:], keys[0][:-1], out=is_start[1:])
    for key in keys[1:]:
        is_start[1:] |= key[1:] != key[:-1]
    return is_start


def run_numbers(*keys: Ints) -> Ints:
    """Return the number of the run that each row is in, from 0.

    Examples
    --------
    >>> run_numbers(np.array([7, 7, 3, 7])).tolist()
    [0, 0, 1, 2]
    """
    return np.cumsum(run_starts(*keys)) - 1


def run_bounds(*keys: Ints) -> Ints:
    """Return the first row of each run, and the number of rows.

    Examples
    --------
    >>> run_bounds(np.array([7, 7, 3, 7])).tolist()
    [0, 2, 3, 4]
    """
    return np.append(np.flatnonzero(run_starts(*keys)), len(keys[0]))


def starts_after_gap(key: Ints, time: Times, gap: int) -> Bools:
    """Return which rows begin a run of one key without a pause longer than ``gap``, in the unit of ``time``.

    Examples
    --------
    >>> starts_after_gap(np.array([1, 1, 1, 2]), np.array([0, 10, 21, 22]), 10).tolist()
    [True, False, True, True]
    """
    is_start = run_starts(key)
    is_start[1:] |= np.diff(time) > gap
    return is_start


def distinct_codes(values: Any) -> tuple[Ints, Any]:
    """Return each value by its number among the distinct ones, ascending from 0, and these.

    Parameters
    ----------
    values : array of shape (n,)
        Numbers or text.

    Returns
    -------
    codes : int64 array of shape (n,)
    distinct : array of shape (n_distinct,)
        Of the type of the values; all NaN are one, the last.

    Examples
    --------
    >>> [part.tolist() for part in distinct_codes(np.array([70, 3, 70]))]
    [[1, 0, 1], [3, 70]]
    """
    if values.dtype.kind not in "iu":
        distinct, inverse = np.unique(values, return_inverse=True)
        return inverse, distinct
    if len(values) and values.min() >= 0 and values.max() < max(TABLE_SIZE, _TABLE_PER_VALUE * len(values)):
        is_there = np.bincount(values.astype(np.int64, copy=False)) > 0
        return (np.cumsum(is_there) - 1)[values], np.flatnonzero(is_there).astype(values.dtype, copy=False)
    codes, first = distinct_rows(values)
    return codes, values[first]


def distinct_rows(*keys: Ints) -> tuple[Ints, Ints]:
    """Return each row by its number among the distinct ones, ascending from 0, and the first row of each of these.

    Examples
    --------
    >>> [part.tolist() for part in distinct_rows(np.array([7, 3, 7]))]
    [[1, 0, 1], [1, 0]]
    """
    order = sort_order(*keys)
    is_start = run_starts(*(key.take(order) for key in keys))
    codes = np.empty(len(order), dtype=np.int64)
    codes[order] = np.cumsum(is_start) - 1
    return codes, order[is_start]


def count_until(key: Ints, time: Times, at_key: Ints, at_time: Times) -> Ints:
    """Count the records up to each pair of key and time, those of smaller keys included.

    ``key`` and ``time`` are sorted by key, then time. The count is also the position of the first record after the
    pair, and, less one, that of the last record at or before it.

    Examples
    --------
    >>> count_until(np.array([1, 1, 2]), np.array([5, 9, 3]), np.array([1, 1, 2]), np.array([5, 4, 9]))
    array([1, 0, 3])
    """
    if not len(key) or not len(at_key):
        return np.zeros(len(at_key), dtype=np.int64)
    first, last = int(time.min()), int(time.max())
    span, keys = last - first + 2, (int(key.min()), int(key.max()), int(at_key.min()), int(at_key.max()))
    if (max(map(abs, keys)) + 1) * span < 2**PACKED_BITS:  # key and time fit into one number
        at_offset = np.clip(at_time, first - 1, last) - (first - 1)  # 0 is before all records of the key
        return np.searchsorted(key * span + (time - (first - 1)), at_key * span + at_offset, side="right")
    moments = np.sort(time)
    moments = moments[run_starts(moments)]  # else key and the rank of the moment do
    rank = np.searchsorted(moments, time) + 1
    at_rank = np.searchsorted(moments, at_time, side="right")
    scale = len(moments) + 1
    return np.searchsorted(key * scale + rank, at_key * scale + at_rank, side="right")


def latest_record(key: Ints, time: Times, at_key: Ints, at_time: Times) -> Ints:
    """Return the position of the last record of each key at or before a moment, -1 where there is none.

    Examples
    --------
    >>> latest_record(np.array([1, 1, 2]), np.array([5, 9, 3]), np.array([1, 1, 2]), np.array([7, 4, 9]))
    array([ 0, -1,  2])
    """
    position = count_until(key, time, at_key, at_time) - 1
    if not len(key):
        return position
    return np.where((position >= 0) & (key[position] == at_key), position, -1)


def nearest_record(key: Ints, time: Times, at_key: Ints, at_time: Times, tolerance: int) -> Ints:
    """Return the record of each key that is nearest to a moment, -1 where all are further away than ``tolerance``.

    Of two as near the earlier one is returned, of several at one moment the first.

    Examples
    --------
    >>> same = np.zeros(4, dtype=np.int64)
    >>> nearest_record(same, np.array([5, 5, 15, 40]), same[:3], np.array([4, 10, 29]), 10)
    array([ 0,  0, -1])
    """
    if not len(key):
        return np.full(len(at_key), -1)
    after = count_until(key, time, at_key, at_time)
    last_before = np.maximum(after - 1, 0)
    before = count_until(key, time, key[last_before], time[last_before] - 1)  # the first of its moment
    sides = np.stack([before, np.minimum(after, len(key) - 1)])
    distance = np.where(key[sides] == at_key, np.abs(time[sides] - at_time), tolerance + 1)
    side = distance.argmin(axis=0), np.arange(len(at_key))
    return np.where(distance[side] <= tolerance, sides[side], -1)


def _order_of(key: Ints, place_bits: int) -> Ints:
    packed: Ints = key << place_bits
    packed |= np.arange(len(key))  # all numbers differ, so that the fastest sort will do
    packed.sort()
    packed &= (1 << place_bits) - 1
    return packed


def _packed_keys(keys: tuple[Ints, ...], room: int) -> Iterator[tuple[Ints, int]]:
    """Pack as many keys as the room holds into one, the last ones first; one that it does not hold stays as it is."""
    packed: Ints = np.zeros(0, dtype=np.int64)
    used = 0
    for key in reversed(keys):
        narrow, bits = _narrowed(key, room)
        if used and used + bits > room:
            yield packed, used
            used = 0
        packed = narrow << used | packed if used else narrow
        used += bits
    if used:
        yield packed, used


def _narrowed(key: Ints, room: int) -> tuple[Ints, int]:
    """Return a key from 0, and its bits; if they are too many, in its largest unit; as it is if they still are."""
    if not len(key):
        return key, 0
    low, high = int(key.min()), int(key.max())
    bits = (high - low).bit_length()
    if bits > PACKED_BITS:
        return key, bits
    narrow = _from_zero(key, low) if low < 0 or high.bit_length() > bits else key.astype(np.int64, copy=False)
    if bits > room:
        narrow = _from_zero(key, low)
        unit = int(np.gcd.reduce(narrow))  # times are whole seconds, mostly
        narrow, bits = narrow // unit, ((high - low) // unit).bit_length()
    return narrow, bits


def _from_zero(key: Ints, low: int) -> Ints:
    if key.dtype == np.uint64:  # its values may be more than those of int64, their differences are not
        return (key - np.uint64(low)).astype(np.int64)
    return key.astype(np.int64, copy=False) - low
