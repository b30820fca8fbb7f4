"""One side of several rules: sets of products of one size, and the orders that hold each product."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Ints
from .._mining.postings import Postings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleSide:
    """Sets of products, shape (n_rules, size), as product codes, and the postings of all products."""

    postings: Postings
    sets: Ints

    def take(self, rows: Ints) -> "RuleSide":
        """Keep some rules."""
        return RuleSide(postings=self.postings, sets=self.sets[rows])

    def orders(self) -> Iterator[Ints]:
        """Yield the orders with each set, rule by rule."""
        return (self.postings.orders_with(products) for products in self.sets)


def by_longer_side(left: RuleSide, right: RuleSide) -> Iterator[tuple[RuleSide, RuleSide, Ints]]:
    """Sort rules by the side that is likely in more orders; yield the other side, that side, and the rules."""
    left_bound, right_bound = (_bound_of_orders(side) for side in (left, right))
    for short, long, rows in (
        (left, right, np.flatnonzero(left_bound <= right_bound)),
        (right, left, np.flatnonzero(left_bound > right_bound)),
    ):
        order = rows[np.lexsort(long.sets[rows].T)]
        if len(order):
            yield short.take(order), long.take(order), order


def _bound_of_orders(side: RuleSide) -> Ints:
    """Count the orders with the rarest product of each set."""
    return np.asarray(np.diff(side.postings.starts)[side.sets].min(axis=1))
