"""Look-ups among records sorted by key and time: how many there are until a moment, and the latest one."""

import numpy as np

from ..._core.arrays import Ints, Times, run_starts
from .events import NONE


def count_until(key: Ints, time: Times, at_key: Ints, at_time: Times) -> Ints:
    """Count the records up to each pair of key and time, those of smaller keys included.

    ``key`` and ``time`` are sorted by key, then time. The count is also the position of the first record after the
    pair, and, less one, that of the last record at or before it.

    Examples
    --------
    >>> count_until(np.array([1, 1, 2]), np.array([5, 9, 3]), np.array([1, 1, 2]), np.array([5, 4, 9]))
    array([1, 0, 3])
    """
    moments = np.sort(time)
    moments = moments[run_starts(moments)]  # ranks of moments, so that key and time fit into one number
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
    return np.where((position >= 0) & (key[position] == at_key), position, NONE)


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
        return np.full(len(at_key), NONE)
    after = count_until(key, time, at_key, at_time)
    last_before = np.maximum(after - 1, 0)
    before = count_until(key, time, key[last_before], time[last_before] - 1)  # the first of its moment
    sides = np.stack([before, np.minimum(after, len(key) - 1)])
    distance = np.where(key[sides] == at_key, np.abs(time[sides] - at_time), tolerance + 1)
    side = distance.argmin(axis=0), np.arange(len(at_key))
    return np.where(distance[side] <= tolerance, sides[side], NONE)
