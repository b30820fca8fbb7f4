r"""Quantiles of an array, of groups at once, and of values that come with counts.

All but :func:`inverted_cdf` interpolate as NumPy does (definition 7 of Hyndman and Fan 1996): of n values in ascending
order the quantile q lies at rank :math:`(n - 1) q`, counted from 0, between the two values beside it.

References
----------
Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages. The American Statistician 50(4), 361-365.
https://doi.org/10.1080/00031305.1996.10473566
"""

from typing import Any

import numpy as np

from .arrays import Floats, Ints

QUARTILES = (0.25, 0.5, 0.75)


def quantiles(values: Any, levels: tuple[float, ...] = QUARTILES, *, unit: float = 1) -> Floats:
    """Compute quantiles of an array; NaN where it is empty.

    Parameters
    ----------
    values : array of shape (n,)
        In any order.
    levels : tuple of float
        In [0, 1].
    unit : float
        What the values are divided by, as a million for microseconds in seconds.

    Returns
    -------
    float array of shape (n_levels,)

    Examples
    --------
    >>> quantiles(np.array([3_000, 1_000, 2_000]), unit=1_000).tolist()
    [1.5, 2.0, 2.5]
    """
    if not len(values):
        return np.full(len(levels), np.nan)
    low, high, weight = _ranks(len(values), levels)
    ordered = np.partition(values, np.union1d(low, high))
    return _interpolated(ordered[low] / unit, ordered[high] / unit, weight)


def quantiles_by_group(
    group: Ints, values: Ints, n_groups: int, levels: tuple[float, ...] = QUARTILES, *, unit: float = 1
) -> Floats:
    """Compute quantiles of whole numbers by group; NaN for a group without values.

    Parameters
    ----------
    group, values : int array of shape (n,)
        Number of the group, from 0, and the value.
    n_groups : int
        Number of groups.
    levels, unit
        As in :func:`quantiles`.

    Returns
    -------
    float array of shape (n_levels, n_groups)

    Examples
    --------
    >>> quantiles_by_group(np.array([0, 0, 2]), np.array([1, 3, 7]), 3).tolist()
    [[1.5, nan, 7.0], [2.0, nan, 7.0], [2.5, nan, 7.0]]
    """
    ordered = _sorted_within(group, values) / unit
    n = np.bincount(group, minlength=n_groups)
    has_values, first = n > 0, np.cumsum(n) - n
    low, high, weight = _ranks(n[has_values], levels)
    result = np.full((len(levels), n_groups), np.nan)
    start = first[has_values]
    result[:, has_values] = _interpolated(ordered[start + low], ordered[start + high], weight)
    return result


def quantiles_of_counts(values: Any, counts: Any, levels: tuple[float, ...] = QUARTILES) -> Floats:
    """Compute quantiles of values in ascending order, each as often as its count; NaN where there are none.

    Examples
    --------
    >>> quantiles_of_counts(np.array([1, 4, 9]), np.array([1, 1, 2]), (0.5,)).tolist()
    [6.5]
    """
    ends = np.cumsum(counts)
    if not len(ends) or not ends[-1]:
        return np.full(len(levels), np.nan)
    low, high, weight = _ranks(int(ends[-1]), levels)
    at_low, at_high = (np.asarray(values)[np.searchsorted(ends, rank, side="right")] for rank in (low, high))
    return _interpolated(at_low.astype(np.float64), at_high.astype(np.float64), weight)


def middle_ranks(n: int) -> Ints:
    """Return the ranks, from 0, of the two middle ones of n values in ascending order; none for n = 0.

    Examples
    --------
    >>> middle_ranks(4).tolist(), middle_ranks(5).tolist(), middle_ranks(0).tolist()
    ([1, 2], [2, 2], [])
    """
    return np.array([(n - 1) // 2, n // 2] if n else [], dtype=np.int64)


def twice_the_median(values: Ints) -> int:
    """Return the sum of the two middle values, which is a whole number; 0 where there are no values.

    Examples
    --------
    >>> twice_the_median(np.array([4, 1, 2, 9]))
    6
    """
    if not len(values):
        return 0
    middle = middle_ranks(len(values))
    return int(np.partition(values, middle)[middle].sum())


def inverted_cdf(ordered: Any, n_classes: int) -> Any:
    """Return the values that cut an ascending array into classes of about equal size.

    Cut i of k is the smallest value that at least the share i / k does not exceed: always one of the values (definition
    1 of Hyndman and Fan), by whole numbers alone.

    Examples
    --------
    >>> inverted_cdf(np.array([1, 2, 3, 4, 5]), 2).tolist(), inverted_cdf(np.array([5, 6, 7, 8]), 4).tolist()
    ([3], [5, 6, 7])
    """
    steps = np.arange(1, n_classes)
    return ordered[(len(ordered) * steps + n_classes - 1) // n_classes - 1]


def _ranks(n: "int | Ints", levels: tuple[float, ...]) -> tuple[Ints, Ints, Floats]:
    """Return the ranks beside each quantile and how far it is from the lower one; of several n at once."""
    rank = np.multiply.outer(np.array(levels, dtype=np.float64), n - 1)
    low = np.floor(rank).astype(np.int64)
    return low, np.minimum(low + 1, n - 1), rank - low


def _interpolated(low: Floats, high: Floats, weight: Floats) -> Floats:
    """Interpolate with the rounding of NumPy's quantiles."""
    return np.where(weight < 0.5, low + (high - low) * weight, high - (high - low) * (1 - weight))


def _sorted_within(group: Ints, values: Ints) -> Ints:
    """Sort values within groups; as one packed number where 63 bits hold it, which is several times as fast."""
    bits = int(values.max(initial=0)).bit_length()
    if int(group.max(initial=0)).bit_length() + bits < 63 and int(values.min(initial=0)) >= 0:
        return np.sort(group << bits | values) & ((1 << bits) - 1)
    return values[np.lexsort((values, group))]
