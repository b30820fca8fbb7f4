"""The smallest count of a frequent itemset: given, or raised while the most frequent ones are mined."""

from math import ceil

import numpy as np

from ..._core.arrays import Bools, Ints

MAX_TIES_PER_TOP = 100
"""Itemsets that may share the last count, per itemset wanted, before all of that count are left out."""
MAX_ITEMSETS = 20_000_000
"""Itemsets beyond which mining gives up: nobody reads them, and they no longer fit into memory."""


class TooManyItemsetsError(Exception):
    """More itemsets than :data:`MAX_ITEMSETS`."""


def count_of_support(min_support: float, n_orders: int) -> int:
    """Return the smallest count of orders that is at least a share; rounding of floats makes no difference.

    Examples
    --------
    >>> 0.28 * 25, count_of_support(0.28, 25)
    (7.000000000000001, 7)
    """
    exact = min_support * n_orders
    nearest = round(exact)
    return max(nearest if abs(exact - nearest) <= 1e-9 * max(exact, 1.0) else ceil(exact), 1)


class SupportThreshold:
    """The count that an itemset must reach; for the ``top`` most frequent it rises, whatever the order of the search.

    The threshold ends at the highest count that ``top`` itemsets reach, so that all of the last count are kept. Where
    those are more than a hundred times as many (every subset of one large basket, say), it ends one higher.

    Parameters
    ----------
    min_count : int
        Where it starts.
    top : int or None
        Number of itemsets wanted; None for a threshold that stays.
    max_count : int
        The largest count of any itemset.

    Examples
    --------
    >>> threshold = SupportThreshold(1, top=2, max_count=9)
    >>> threshold.admit(np.array([9, 5, 5, 1])).tolist(), threshold.min_count
    ([True, True, True, False], 5)
    """

    def __init__(self, min_count: int, *, top: int | None, max_count: int) -> None:
        self.min_count, self.top = min_count, top
        self.max_kept = None if top is None else MAX_TIES_PER_TOP * top
        self.histogram: Ints = np.zeros(max_count + 2 if top else 0, dtype=np.int64)  # itemsets of each count
        self.n_reaching = 0  # itemsets so far that reach the threshold

    def admit(self, counts: Ints) -> Bools:
        """Return which itemsets reach the threshold, after they have raised it."""
        if self.top is None:
            return np.asarray(counts >= self.min_count)
        high = counts[counts >= self.min_count]
        np.add.at(self.histogram, high, 1)
        self.n_reaching += len(high)
        self._rise(self.top, MAX_TIES_PER_TOP * self.top)
        return np.asarray(counts >= self.min_count)

    def _rise(self, top: int, max_kept: int) -> None:
        # Nothing is left out before there are more than wanted, so that a threshold that rose tells of a cut.
        while (
            self.n_reaching > top and self.n_reaching - self.histogram[self.min_count] >= top
        ) or self.n_reaching > max_kept:
            self.n_reaching -= int(self.histogram[self.min_count])
            self.min_count += 1
