"""Orders and shares of itemsets by stratum, computed once for each set as far as memory allows."""

import numpy as np

from ..._core.arrays import Floats, Ints
from .order_lists import OrderLists
from .strata import Strata

MAX_KEPT_CELLS = 1 << 24
"""Sets by strata that are kept, those of few products first; of others they are computed again when needed."""


class SetShares:
    """Orders with each set by stratum, and their shares of the orders of the stratum.

    Parameters
    ----------
    lists : OrderLists
        Of all sets, those of single products first.
    sizes : int array of shape (n_sets,)
        Products of each set.
    strata : Strata
    """

    def __init__(self, lists: OrderLists, sizes: Ints, strata: Strata) -> None:
        self.lists, self.sizes, self.strata = lists, sizes, strata
        shape = min(len(sizes), MAX_KEPT_CELLS // max(strata.n_strata, 1)), strata.n_strata
        self._counts, self._shares = np.empty(shape, dtype=np.int32), np.empty(shape)
        self._has_counts, self._has_shares = np.zeros((2, shape[0]), dtype=bool)

    def counts(self, sets: Ints) -> Ints:
        """Return the orders with each set by stratum: shape (n_sets, n_strata)."""
        distinct, row = np.unique(sets, return_inverse=True)
        is_known = self._is_known(distinct, self._has_counts)
        result = np.empty((len(distinct), self.strata.n_strata), dtype=np.int64)
        result[is_known] = self._counts[distinct[is_known]]
        result[~is_known] = self.lists.take(distinct[~is_known]).count_by_stratum(self.strata.n_strata)
        self._keep(distinct[~is_known], result[~is_known], self._counts, self._has_counts)
        return np.asarray(result[row])

    def shares(self, sets: Ints) -> Floats:
        """Return the share of the orders of each stratum with each set: shape (n_sets, n_strata)."""
        distinct, row = np.unique(sets, return_inverse=True)
        is_known = self._is_known(distinct, self._has_shares)
        result = np.empty((len(distinct), self.strata.n_strata))
        result[is_known] = self._shares[distinct[is_known]]
        for size in np.unique(self.sizes[distinct[~is_known]]).tolist():
            rows = np.flatnonzero(~is_known & (self.sizes[distinct] == size))
            result[rows] = self.strata.shares(self.counts(distinct[rows]), size=size)
        self._keep(distinct[~is_known], result[~is_known], self._shares, self._has_shares)
        return np.asarray(result[row])

    def shares_within(self, sets: Ints, given: Ints, *, size: int) -> Floats:
        """Return the shares of the orders with each given set that have ``size`` more products, those of each set."""
        pairs, row = np.unique(np.stack([sets, given]), axis=1, return_inverse=True)
        counts, among = self.counts(pairs[0]), self.counts(pairs[1])
        return np.asarray(self.strata.shares(counts, among, size=size)[row.ravel()])

    def _is_known(self, sets: Ints, has: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Ints:
        is_known = np.zeros(len(sets), dtype=bool)
        can_be = sets < len(has)
        is_known[can_be] = has[sets[can_be]]
        return is_known

    def _keep(
        self,
        sets: Ints,
        values: "Ints | Floats",
        table: "Ints | Floats",
        has: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    ) -> None:
        is_kept = sets < len(has)
        table[sets[is_kept]] = values[is_kept]
        has[sets[is_kept]] = True
