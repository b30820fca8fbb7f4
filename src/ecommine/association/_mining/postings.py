"""Which orders hold a set of products."""

from collections.abc import Sequence

import numpy as np

from .._encoding import Ints, Mask
from .baskets import Baskets
from .sparse import by_row


class Postings:
    """Sorted lists of orders, one for each product; those of larger sets are intersections, made when asked for."""

    def __init__(self, baskets: Baskets) -> None:
        held = by_row(baskets.starts, baskets.items, len(baskets.products)).tocsc()
        self.starts, self.orders = held.indptr, held.indices
        self.n_orders = baskets.n_orders

    def of(self, items: Sequence[int] | Ints) -> Ints:
        """Return the orders that hold all of the items, ascending; all orders where there are none."""
        lists = sorted((self._one(item) for item in items), key=len)
        if not lists:
            return np.arange(self.n_orders)
        found = lists[0]
        for longer in lists[1:]:
            found = found[is_in(found, longer)]
        return found

    def _one(self, item: int) -> Ints:
        found: Ints = self.orders[self.starts[item] : self.starts[item + 1]]
        return found


def is_in(few: Ints, many: Ints) -> Mask:
    """Tell which of a few sorted numbers are among many sorted ones."""
    if not len(many):
        return np.zeros(len(few), dtype=bool)
    places = np.minimum(np.searchsorted(many, few), len(many) - 1)
    return np.asarray(many[places] == few)
