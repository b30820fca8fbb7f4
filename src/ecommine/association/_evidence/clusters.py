r"""Orders of one customer are not independent: variances from sums over customers.

A customer who likes both products buys them together again and again, and many orders of few customers then look like
strong evidence. Variances here are sums of squares over customers, so that what one customer does counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._encoding import Ints, Mask
from .._mining.sparse import counted
from .._output.measures import Floats
from .expected import Strata

MIN_TOGETHER = 50
"""Orders with both sides below which a lift has no interval: its logarithm is not near enough to normal."""
MIN_PRODUCTS = 50
"""Products below which an adjusted lift has none: a pair then has much to say in what is expected of it."""
MIN_CUSTOMERS = 200
"""Customers below which it has none: their sums do not tell the variance well."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """Which customer placed each order, and what all of them together come to."""

    of_order: Ints
    n: int
    orders: Floats
    by_stratum: Any
    cross: Any

    @classmethod
    def make(cls, of_order: Ints, strata: Strata) -> "Clusters":
        """Sum up the orders of each customer by stratum."""
        n = int(of_order.max(initial=-1)) + 1
        by_stratum = counted(of_order, strata.of_order, n, strata.n)
        cross = (by_stratum.T @ by_stratum).tocsr()
        orders = np.bincount(of_order, minlength=n).astype(np.float64)
        return cls(of_order=of_order, n=n, orders=orders, by_stratum=by_stratum, cross=cross)

    def design_effect(
        self, left: Ints, right: Ints, both: Ints, left_share: Floats, right_share: Floats, strata: Strata
    ) -> float:
        r"""Return how much repeated orders inflate the variance of :math:`\sum (x_A - P_s(A)) (x_B - P_s(B))`.

        That is the variance from sums over customers, over that from single orders; at least 1. ``left``, ``right``
        and ``both`` are orders, the shares are those of each stratum.
        """
        by_customer = self.squares(left, right, both, right_share, left_share, left_share * right_share, strata)
        a, b, ab = (np.bincount(strata.of_order[one], minlength=strata.n) for one in (left, right, both))
        cells = (ab, a - ab, b - ab, strata.orders - a - b + ab)
        scores = (
            (1 - left_share) * (1 - right_share),
            (1 - left_share) * right_share,
            left_share * (1 - right_share),
            left_share * right_share,
        )
        return _ratio(by_customer, sum(float(n @ score**2) for n, score in zip(cells, scores, strict=True)))

    def squares(
        self,
        left: Ints,
        right: Ints,
        both: Ints,
        on_left: Floats,
        on_right: Floats,
        on_all: Floats,
        strata: Strata,
    ) -> float:
        """Sum the squares of customers' sums of x_AB - on_left x_A - on_right x_B + on_all; weights by stratum."""
        weights = [np.ones(len(both)), -on_left[strata.of_order[left]], -on_right[strata.of_order[right]]]
        customers, ours = self._summed((both, left, right), weights)
        # A customer with neither has the weight of all alone: their squares are those of all less those of ours.
        ours_alone = self.by_stratum[customers] @ on_all
        others = on_all @ (self.cross @ on_all) - ours_alone @ ours_alone
        return float(((ours + ours_alone) ** 2).sum() + max(others, 0.0))

    def log_lift_variance(self, left: Ints, right: Ints, both: Ints, n_orders: int) -> float:
        """Return the variance of the logarithm of the lift (delta method, sums over customers)."""
        parts = ((both, 1.0), (left, -1.0), (right, -1.0))
        weights = [np.full(len(orders), sign / len(orders)) for orders, sign in parts]
        customers, ours = self._summed((both, left, right), weights)
        share = self.orders[customers] / n_orders
        others = (self.orders @ self.orders) / n_orders**2 - share @ share
        return float((((ours + share) ** 2).sum() + max(others, 0.0)) * self.n / max(self.n - 1, 1))

    def _summed(self, orders: Sequence[Ints], weights: Sequence[Floats]) -> tuple[Ints | slice, Floats]:
        """Sum weights of orders by customer: those customers, and their sums."""
        customer, weight = self.of_order[np.concatenate(orders)], np.concatenate(weights)
        if self.n <= len(customer):  # most customers are there, and sorting them would take longer
            return slice(None), np.bincount(customer, weight, minlength=self.n).astype(np.float64)
        customers, places = np.unique(customer, return_inverse=True)
        return customers, np.bincount(places, weight, minlength=len(customers)).astype(np.float64)

    def design_effect_within(self, orders: Ints, left: Mask, right: Mask, strata: Strata) -> float:
        """Return the same among some orders only; ``left`` and ``right`` are masks of them."""
        stratum, customer = strata.of_order[orders], self.of_order[orders]
        held = np.maximum(np.bincount(stratum, minlength=strata.n), 1)
        parts = [mask - (np.bincount(stratum, mask, minlength=strata.n) / held)[stratum] for mask in (left, right)]
        scores = parts[0] * parts[1]
        few = self.n <= len(customer)
        places = customer if few else np.unique(customer, return_inverse=True)[1]
        sums = np.bincount(places, scores)
        return _ratio(float(sums @ sums), float(scores @ scores))


def _ratio(by_customer: float, by_order: float) -> float:
    return max(by_customer / by_order, 1.0) if by_order > 0 else 1.0
