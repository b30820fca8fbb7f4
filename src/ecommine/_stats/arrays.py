"""Types of arrays, and operations on groups and means that every module here needs."""

from itertools import pairwise
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
LONG_RUN = 10_000
"""Mean length of runs from which each is worth a call of its own."""


def divide(numerator: Any, denominator: Any) -> Floats:
    """Return the ratio, NaN where the denominator is not above zero.

    Examples
    --------
    >>> divide(np.array([1, 1]), np.array([2, 0])).tolist()
    [0.5, nan]
    """
    denominator = np.asarray(denominator, dtype=np.float64)
    return np.asarray(numerator / np.where(denominator > 0, denominator, np.nan), dtype=np.float64)


def known_mean(values: Floats) -> Floats:
    """Return the mean of the known values of each row, NaN without one.

    Examples
    --------
    >>> known_mean(np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])).tolist()
    [2.0, nan]
    """
    is_known = ~np.isnan(values)
    return divide(np.where(is_known, values, 0.0).sum(axis=1), is_known.sum(axis=1))


def run_starts(ordered: Ints) -> Ints:
    """Return the index at which each run of equal values begins.

    Examples
    --------
    >>> run_starts(np.array([3, 3, 5])).tolist()
    [0, 2]
    """
    is_start = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_start[1:])
    return np.flatnonzero(is_start)


def products_by_run(one: Floats, other: Floats, starts: Ints) -> Floats:
    """Sum the products of two arrays over runs that begin at ``starts``, of which the first is 0.

    Examples
    --------
    >>> products_by_run(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0]), np.array([0, 2])).tolist()
    [3.0, 6.0]
    """
    if len(starts) * LONG_RUN > len(one):
        return np.asarray(np.add.reduceat(one * other, starts) if len(starts) else np.zeros(0))
    bounds = [*starts.tolist(), len(one)]
    return np.array([one[first:end] @ other[first:end] for first, end in pairwise(bounds)])


def sums_by_group(group: Ints, values: Any, n_groups: int) -> Floats:
    """Sum values by group, as floats also where there is no value at all.

    Parameters
    ----------
    group : int array of shape (n,)
        Number of the group, from 0.
    values : array of shape (n,)
        What is summed.
    n_groups : int
        Length of the result.

    Examples
    --------
    >>> sums_by_group(np.array([0, 2, 2]), np.array([1, 2, 3]), 3).tolist()
    [1.0, 0.0, 5.0]
    """
    return np.bincount(group, values, minlength=n_groups).astype(np.float64)  # bincount of nothing gives integers
