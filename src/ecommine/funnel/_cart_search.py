"""Searches in sorted pairs: the last record of a key at or before a moment."""

import numpy as np

from ._log import runs
from ._moves import Ints


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
    moments = moments[runs(moments)]  # ranks of moments, so that key and time fit into one number
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
