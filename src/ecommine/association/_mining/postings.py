"""Postings: for each product the orders that hold it, for a set of products their intersection."""

from collections.abc import Sequence

import numpy as np

from ..._core.arrays import Bools, Ints
from .baskets import Baskets
from .sparse import matrix_by_row


class Postings:
    """Sorted lists of orders, one per product; those of larger sets are intersections, made on demand.

    Attributes
    ----------
    starts : int array of shape (n_products + 1,)
        Where the list of each product starts in ``orders``.
    orders : int array
        Positions of orders, ascending within each list.
    n_orders : int
        All orders.
    """

    def __init__(self, baskets: Baskets) -> None:
        by_product = matrix_by_row(baskets.starts, baskets.items, len(baskets.products)).tocsc()
        self.starts, self.orders = by_product.indptr, by_product.indices
        self.n_orders = baskets.n_orders

    def orders_with(self, items: Sequence[int] | Ints) -> Ints:
        """Return the orders that hold all of the items, ascending; all orders if there are no items."""
        lists = sorted((self._orders_of_product(item) for item in items), key=len)
        if not lists:
            return np.arange(self.n_orders)
        common = lists[0]
        for longer in lists[1:]:
            common = common[is_among(common, longer)]
        return common

    def _orders_of_product(self, item: int) -> Ints:
        orders: Ints = self.orders[self.starts[item] : self.starts[item + 1]]
        return orders


def is_among(values: Ints, candidates: Ints) -> Bools:
    """Return which of a few sorted numbers are among many sorted ones.

    Examples
    --------
    >>> is_among(np.array([2, 3]), np.array([1, 3, 5])).tolist()
    [False, True]
    """
    if not len(candidates):
        return np.zeros(len(values), dtype=bool)
    positions = np.minimum(np.searchsorted(candidates, values), len(candidates) - 1)
    return np.asarray(candidates[positions] == values)
