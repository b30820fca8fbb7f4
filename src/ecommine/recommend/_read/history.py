"""What is known at a moment: who bought what how often and when, and what sells."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints, run_starts
from .purchases import Purchases


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Pairs of customer and product, sorted by customer and product, and sums by customer and by product.

    Attributes
    ----------
    day : int
        What was bought later is not known.
    bounds : int array of shape (n_customers + 1,)
        First pair of each customer.
    product, count, first, last : int arrays of shape (n_pairs,)
        Distinct orders, and days of the first and the last.
    decayed : float array of shape (n_pairs,)
        Orders, each halved with every half-life that has passed.
    orders, last_order, first_order : int arrays of shape (n_customers,)
    recent : int array of shape (n_products,)
        Distinct customers, guests' orders among them, of the latest window.
    buyers : int array of shape (n_products,)
        The same of all time.
    """

    day: int
    bounds: Ints
    product: Ints
    count: Ints
    first: Ints
    last: Ints
    decayed: Floats
    orders: Ints
    first_order: Ints
    last_order: Ints
    recent: Ints
    buyers: Ints

    @property
    def n_products(self) -> int:
        """Products of the whole table."""
        return len(self.recent)

    @property
    def n_customers(self) -> int:
        """Customers of the whole table."""
        return len(self.orders)

    def matrix(self, values: Any = None, *, customers: Ints | None = None) -> Any:
        """Return a sparse matrix of customers by products, of ones unless values are given."""
        from scipy.sparse import csr_array

        data = np.ones(len(self.product), dtype=np.float32) if values is None else values.astype(np.float32)
        if customers is None:
            return csr_array((data, self.product, self.bounds), shape=(self.n_customers, self.n_products))
        first, counts = self.bounds[customers], np.diff(self.bounds)[customers]
        bounds = np.append(0, np.cumsum(counts))
        pair = np.repeat(first - bounds[:-1], counts) + np.arange(bounds[-1])
        return csr_array((data[pair], self.product[pair], bounds), shape=(len(customers), self.n_products))


def history_at(purchases: Purchases, day: int, *, half_life: float, window: int) -> History:
    """Return what was known at the end of a day."""
    known = purchases.up_to(day)
    is_customer = known.customer >= 0
    customer, product, when = (getattr(known, name)[is_customer] for name in ("customer", "product", "day"))
    n_customers = len(known.customers)
    starts = np.flatnonzero(run_starts(customer, product)) if len(customer) else customer
    weight = 0.5 ** ((day - when) / half_life)
    count = np.diff(np.append(starts, len(customer)))
    pair_customer = customer[starts]
    last = when[starts + count - 1]
    orders, first_order, last_order = _orders_of(purchases.orders_of_customers, day, n_customers)
    return History(
        day=day,
        bounds=np.searchsorted(pair_customer, np.arange(n_customers + 1)),
        product=product[starts].astype(np.int32),
        count=count.astype(np.int32),
        first=when[starts].astype(np.int32),
        last=last.astype(np.int32),
        decayed=(np.add.reduceat(weight, starts) if len(starts) else weight).astype(np.float32),
        orders=orders,
        first_order=first_order,
        last_order=last_order,
        recent=_buyers(product[starts], last, known, day - window),
        buyers=_buyers(product[starts], last, known, np.iinfo(np.int64).min),
    )


def _orders_of(orders: tuple[Ints, Ints], until: int, n_customers: int) -> tuple[Ints, Ints, Ints]:
    """Count the distinct orders of each customer up to a day, and find the days of the first and the last."""
    customer, day = (part[orders[1] <= until] for part in orders)
    low, high = np.full(n_customers, np.iinfo(np.int64).max), np.full(n_customers, np.iinfo(np.int64).min)
    np.minimum.at(low, customer, day)
    np.maximum.at(high, customer, day)
    return np.bincount(customer, minlength=n_customers), low, high


def _buyers(product: Ints, last: Ints, known: Purchases, after: int) -> Ints:
    """Count distinct customers of each product after a day; each order of a guest is a customer of its own."""
    of_guests = known.product[(known.customer < 0) & (known.day > after)]
    n = len(known.products)
    return np.bincount(product[last > after], minlength=n) + np.bincount(of_guests, minlength=n)
