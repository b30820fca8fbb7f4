"""Searches in sorted pairs of key and time: the last record at or before a moment, and the nearest ones."""

import numpy as np

from .._log.log import run_starts
from .._match.sort import Ints


def places(key: Ints, time: Ints, at_key: Ints, at_time: Ints) -> Ints:
    """Count the records at or before each pair of key and time.

    ``key`` and ``time`` are sorted by key, then time. The count is also the place of the first record after the pair,
    and, less one, that of the last record at or before it.

    Examples
    --------
    >>> places(np.array([1, 1, 2]), np.array([5, 9, 3]), np.array([1, 1, 2]), np.array([5, 4, 9]))
    array([1, 0, 3])
    """
    moments = np.sort(time)
    moments = moments[run_starts(moments)]  # ranks of moments, so that key and time fit into one number
    rank = np.searchsorted(moments, time) + 1
    wanted = np.searchsorted(moments, at_time, side="right")
    scale = len(moments) + 1
    return np.searchsorted(key * scale + rank, at_key * scale + wanted, side="right")


def latest(key: Ints, time: Ints, at_key: Ints, at_time: Ints) -> Ints:
    """Find the last record of each key at or before a moment, -1 where there is none.

    Examples
    --------
    >>> latest(np.array([1, 1, 2]), np.array([5, 9, 3]), np.array([1, 1, 2]), np.array([7, 4, 9]))
    array([ 0, -1,  2])
    """
    found = places(key, time, at_key, at_time) - 1
    if not len(key):
        return found
    return np.where((found >= 0) & (key[found] == at_key), found, -1)


def nearest_pairs(key: Ints, time: Ints, at_key: Ints, at_time: Ints, most: int) -> Ints:
    """Pair each moment with a record of its key, the nearest two first and each once; -1 where none is left.

    Both sides are sorted by key, then time; what is further apart than ``most`` is no pair. Of two as near, the earlier
    moment comes first, and it takes the earlier record.

    Examples
    --------
    >>> one = np.zeros(3, dtype=np.int64)
    >>> nearest_pairs(one[:2], np.array([5, 15]), one, np.array([4, 6, 14]), 10)
    array([ 0, -1,  1])
    """
    found = np.full(len(at_key), -1)
    mine, theirs = np.arange(len(at_key)), np.arange(len(key))
    while len(mine) and len(theirs):
        near = _nearest(key[theirs], time[theirs], at_key[mine], at_time[mine], most)
        back = _nearest(at_key[mine], at_time[mine], key[theirs], time[theirs], most)
        # Each other's nearest are a pair whatever becomes of the others; the nearest two of all always are.
        paired = (near >= 0) & (back[near] == np.arange(len(mine)))
        found[mine[paired]] = theirs[near[paired]]
        back[near[paired]] = -1
        mine, theirs = mine[(near >= 0) & ~paired], theirs[back >= 0]
    return found


def _nearest(key: Ints, time: Ints, at_key: Ints, at_time: Ints, most: int) -> Ints:
    """Find the record of each key that is nearest to a moment, -1 where all are too far.

    Of equal records the first is for the first of equal moments, the second for the second, and so on, the last for all
    that are left: one after the other would take as many rounds.
    """
    begins = _begins(key, time)
    after = places(key, time, at_key, at_time)
    ends = np.minimum(np.stack([begins[after - 1], after]), len(key) - 1)
    apart = np.where(key[ends] == at_key, np.abs(time[ends] - at_time), most + 1)
    each = np.arange(len(at_key))
    which = apart.argmin(axis=0)
    first = ends[which, each]
    last = places(key, time, key[first], time[first]) - 1
    return np.where(apart[which, each] <= most, np.minimum(first + each - _begins(at_key, at_time), last), -1)


def _begins(key: Ints, time: Ints) -> Ints:
    """Find the first record that is equal to each."""
    return np.maximum.accumulate(np.where(run_starts(key, time), np.arange(len(key)), 0))
