"""What follows each order: the products of the customer's later orders within a window, and after how long."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from ..._core.arrays import Ints, run_numbers, run_starts, sort_order
from ..._core.moments import SECOND, length_to_microseconds, moment_to_microseconds
from .._mining.baskets import Baskets
from .._mining.sparse import expand_ranges

LINES_PER_BLOCK = 1 << 22
"""Lines of later orders that are looked at together."""


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
        The moment at which windows must be over.
    n_guest_orders, n_open_orders : int
        Orders of guests, and orders of customers whose window is still open; both left out.
    """

    orders: Baskets
    later: Baskets
    gaps: Ints
    as_of: datetime
    n_guest_orders: int
    n_open_orders: int


def follow_orders(baskets: Baskets, as_of: datetime, window: timedelta) -> FollowedOrders:
    """Follow each order of a known customer for the length of a window."""
    assert baskets.customers is not None
    assert baskets.times is not None
    seconds = baskets.times.astype(np.int64) // SECOND
    is_known = baskets.customers >= 0
    order = np.lexsort((np.arange(baskets.n_orders), seconds, baskets.customers))
    order = order[is_known[order]]
    length = length_to_microseconds(window) // SECOND
    is_over = seconds[order] + length <= moment_to_microseconds(as_of) // SECOND
    timeline = _Timeline.make(baskets, order, seconds, length)
    rows = np.flatnonzero(is_over)
    starts, items, gaps = timeline.later_products(rows)
    orders = baskets.take(order[rows])
    return FollowedOrders(
        orders=orders,
        later=replace(orders, starts=starts, items=items),
        gaps=gaps,
        as_of=as_of,
        n_guest_orders=int((~is_known).sum()),
        n_open_orders=int((~is_over).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Timeline:
    """Orders by customer and time, and the range of later orders within the window of each."""

    baskets: Baskets
    order: Ints
    seconds: Ints
    first: Ints
    last: Ints

    @classmethod
    def make(cls, baskets: Baskets, order: Ints, seconds: Ints, length: int) -> "_Timeline":
        assert baskets.customers is not None
        seconds = seconds[order]
        keys, ends = _time_keys(baskets.customers[order], seconds, length)
        return cls(
            baskets=baskets,
            order=order,
            seconds=seconds,
            first=np.searchsorted(keys, keys, side="right"),
            last=np.searchsorted(keys, ends, side="right"),
        )

    def later_products(self, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """Collect the products of later orders, each with the gap to its first one, a block of orders at a time."""
        ends = np.concatenate([[0], np.cumsum(self.baskets.sizes[self.order])])
        n_lines = ends[self.last[rows]] - ends[self.first[rows]]
        parts = [self._block(rows[block]) for block in _blocks(n_lines)]
        counts, items, gaps = (
            np.concatenate([np.zeros(0, np.int64), *columns]) for columns in zip(*parts, strict=True)
        )
        return np.concatenate([[0], np.cumsum(counts)]), items.astype(np.int32), gaps

    def _block(self, rows: Ints) -> tuple[Ints, Ints, Ints]:
        row, later = expand_ranges(self.first[rows], self.last[rows])
        orders, baskets = self.order[later], self.baskets
        pair, position = expand_ranges(baskets.starts[orders], baskets.starts[orders + 1])
        item = baskets.items[position].astype(np.int64)
        gap = (self.seconds[later] - self.seconds[rows[row]])[pair]
        by_gap = sort_order(row[pair], item, gap)
        row, item, gap = row[pair][by_gap], item[by_gap], gap[by_gap]
        is_first = run_starts(row, item)
        return np.bincount(row[is_first], minlength=len(rows)), item[is_first], gap[is_first]


def _time_keys(customer: Ints, seconds: Ints, length: int) -> tuple[Ints, Ints]:
    """Return one ascending number of customer and time, and the last one that each window reaches."""
    if not len(customer):
        return customer, customer
    codes = run_numbers(customer)
    low = int(seconds.min())
    span = int(seconds.max()) - low + 1
    offset = seconds - low
    return codes * span + offset, codes * span + np.minimum(offset + length, span - 1)


def _blocks(n_lines: Ints) -> Iterator[slice]:
    """Cut orders into blocks of about as many later lines; at least one block, which may be empty."""
    cuts = np.cumsum(n_lines) // LINES_PER_BLOCK
    edges = [0, *(np.flatnonzero(cuts[1:] != cuts[:-1]) + 1).tolist(), len(n_lines)]
    for start, stop in pairwise(edges):
        yield slice(start, stop)
