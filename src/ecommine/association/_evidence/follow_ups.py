"""What follows each order: the products of the customer's later orders within a window, and after how long.

A line of an order is the first of its product to follow those orders of the customer that were placed since the line
before of the same product, and within the window: a range of orders. The work is therefore that of the result, however
many orders a customer has.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from ..._core.arrays import Ints, run_numbers, run_starts, sort_order
from ..._core.moments import SECOND, length_to_microseconds
from ..._core.texts import counted
from .._mining.baskets import Baskets
from .._mining.sparse import expand_ranges

MAX_FOLLOW_UPS = 200_000_000
"""Products that follow orders, of all orders together, beyond which they do not fit into memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FollowedOrders:
    """Orders of known customers whose window is over, and what follows them.

    Attributes
    ----------
    orders : Baskets
        These orders.
    later : Baskets
        Row by row, the products that the same customer bought in later orders within the window.
    gaps : int64 array, one per product of ``later``
        Seconds from the order to the first of them.
    as_of : datetime
        The moment at which windows must be over, in the shop's own time.
    n_guest_orders, n_open_orders : int
        Orders of guests, and orders of customers whose window is still open; both left out.
    """

    orders: Baskets
    later: Baskets
    gaps: Ints
    as_of: datetime
    n_guest_orders: int
    n_open_orders: int


def follow_orders(baskets: Baskets, window: timedelta) -> FollowedOrders:
    """Follow each order of a known customer for the length of a window."""
    assert baskets.customers is not None
    assert baskets.instants is not None
    assert baskets.as_of is not None
    assert baskets.until is not None
    seconds = baskets.instants.astype(np.int64) // SECOND
    is_known = baskets.customers >= 0
    order = np.lexsort((np.arange(baskets.n_orders), seconds, baskets.customers))
    order = order[is_known[order]]
    length = length_to_microseconds(window) // SECOND
    is_over = seconds[order] + length <= baskets.until // SECOND
    timeline = _Timeline.make(baskets, order, seconds[order], length)
    rows = np.flatnonzero(is_over)
    starts, items, gaps = timeline.later_products(is_over)
    orders = baskets.take(order[rows])
    return FollowedOrders(
        orders=orders,
        later=replace(orders, starts=starts, items=items),
        gaps=gaps,
        as_of=baskets.as_of,
        n_guest_orders=int((~is_known).sum()),
        n_open_orders=int((~is_over).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Timeline:
    """Orders by customer and time, and their lines by customer, product and time.

    Attributes
    ----------
    customer, seconds : int arrays of shape (n_orders,)
        Of each order.
    row, item : int arrays of shape (n_lines,)
        The order and the product of each line.
    first, end : int arrays of shape (n_lines,)
        The first order that the line is the next one of its product to follow, and the end of these.
    """

    customer: Ints
    seconds: Ints
    row: Ints
    item: Ints
    first: Ints
    end: Ints

    @classmethod
    def make(cls, baskets: Baskets, order: Ints, seconds: Ints, length: int) -> "_Timeline":
        assert baskets.customers is not None
        customer = run_numbers(baskets.customers[order]) if len(order) else order
        row, position = expand_ranges(baskets.starts[order], baskets.starts[order + 1])
        item = baskets.items[position].astype(np.int64)
        by_product = sort_order(customer[row], item)  # rows ascend by time, and stay so within a product
        row, item = row[by_product], item[by_product]
        moment = seconds - seconds.min(initial=np.iinfo(np.int64).max)
        keys = customer * (int(moment.max(initial=0)) + 1) + moment
        earliest = keys[row] - np.minimum(moment[row], length)
        is_next = ~run_starts(customer[row], item)
        earliest[is_next] = np.maximum(earliest[is_next], keys[row[:-1][is_next[1:]]])
        first, end = np.searchsorted(keys, earliest), np.searchsorted(keys, keys[row])
        return cls(customer=customer, seconds=seconds, row=row, item=item, first=first, end=end)

    def later_products(self, is_over: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> tuple[Ints, Ints, Ints]:
        """List the products that follow each order whose window is over, with the gap to the first of them.

        Returns
        -------
        starts, items, gaps : int arrays
            As in :class:`FollowedOrders`.
        """
        from scipy.sparse import coo_array

        rank = np.concatenate([[0], np.cumsum(is_over)])
        first, end = rank[self.first], rank[self.end]
        self._check_size(np.maximum(end - first, 0))
        line, row = expand_ranges(first, end)
        gap = self.seconds[self.row[line]] - self.seconds[np.flatnonzero(is_over)[row]]
        shape = int(rank[-1]), int(self.item.max(initial=0)) + 1
        later = coo_array((gap, (row, self.item[line])), shape=shape).tocsr()
        return later.indptr.astype(np.int64), later.indices.astype(np.int32), later.data

    def _check_size(self, n_orders_of_line: Ints) -> None:
        """Refuse more follow-ups than memory holds, and name the customer with the most."""
        total = int(n_orders_of_line.sum())
        if total <= MAX_FOLLOW_UPS:
            return
        by_customer = np.bincount(self.customer[self.row], n_orders_of_line)
        n_largest = int((self.customer == by_customer.argmax()).sum())
        raise ValueError(
            f"`within`: {total:,} products follow orders, more than {MAX_FOLLOW_UPS:,}; one customer has "
            f"{counted(n_largest, 'order')}: shorten `within`, or set customer_id to missing where it is no person"
        )
