"""Orders as baskets: which products each order holds, as a sparse matrix in three arrays."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from ..._core.arrays import Ints
from ..._core.codes import Labels
from ..._core.notes import Note
from .sparse import expand_ranges


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baskets:
    """Baskets of products, one row of a sparse matrix each.

    Attributes
    ----------
    starts : int64 array of shape (n_orders + 1,)
        Where the products of each order start in ``items``.
    items : int32 array
        Product codes, ascending and distinct within an order.
    products : array of shape (n_products,)
        The id of each code, ascending.
    customers : int32 array of shape (n_orders,) or None
        Customer code of each order, -1 for a guest; None where the table has no customer_id.
    times : array of shape (n_orders,) of datetime64[us], or None
        When each order was placed, in the shop's own time; None unless the times were read.
    instants : array of shape (n_orders,) of datetime64[us], or None
        The instants of these, which clock changes do not touch; None unless they were read. The times themselves where
        the table has no instants.
    as_of : datetime or None
        The moment up to which orders count; None where the table has no times.
    until : int or None
        The instant of that moment (microseconds); None unless instants were read.
    notes : tuple of Note
        What was left out.
    """

    starts: Ints
    items: Ints
    products: Labels
    customers: Ints | None = None
    times: "np.ndarray[Any, Any] | None" = None
    instants: "np.ndarray[Any, Any] | None" = None
    as_of: datetime | None = None
    until: int | None = None
    notes: tuple[Note, ...] = ()

    @property
    def n_orders(self) -> int:
        """Number of orders with at least one product."""
        return len(self.starts) - 1

    @property
    def sizes(self) -> Ints:
        """Number of distinct products in each order."""
        return np.diff(self.starts)

    @property
    def cluster_of_order(self) -> Ints:
        """Customer code of each order; every order of a guest is a customer of its own."""
        if self.customers is None:
            return np.arange(self.n_orders)
        is_guest = self.customers < 0
        n_known = int(self.customers.max(initial=-1)) + 1
        return np.where(is_guest, n_known + np.cumsum(is_guest) - 1, self.customers)

    def count_orders(self) -> Ints:
        """Count the orders with each product: shape (n_products,)."""
        return np.bincount(self.items, minlength=len(self.products))

    def take(self, orders: Ints) -> "Baskets":
        """Return some of the orders, in the order given."""
        row, position = expand_ranges(self.starts[orders], self.starts[orders + 1])
        starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(orders)))])
        customers = None if self.customers is None else self.customers[orders]
        times = None if self.times is None else self.times[orders]
        instants = None if self.instants is None else self.instants[orders]
        items = self.items[position]
        return replace(self, starts=starts, items=items, customers=customers, times=times, instants=instants)
