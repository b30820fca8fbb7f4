r"""Orders of one customer are correlated: variances from sums over customers.

A customer who likes both products buys them together again and again, and many orders of few customers then look like
strong evidence. Variances here are sums of squares over customers, so that each customer counts once (the sandwich of
:mod:`ecommine._stats.clusters`, for sums over sparse sets of orders).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.clusters import design_effect, design_effect_of_squares
from .._mining.sparse import count_cells
from .strata import Strata

MIN_ORDERS_FOR_INTERVAL = 50
"""Orders with both sides below which a lift has no interval: its logarithm is not near enough to normal."""
MIN_PRODUCTS_FOR_INTERVAL = 50
"""Products below which an adjusted lift has none: a pair then makes up too much of its own expectation."""
MIN_CUSTOMERS_FOR_INTERVAL = 200
"""Customers below which there is none: sums over so few do not estimate a variance well."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """The customer of each order, and the orders of each customer.

    Attributes
    ----------
    customer_of_order : int array of shape (n_orders,)
    n_customers : int
    n_orders : float array of shape (n_customers,)
        Orders of each customer.
    by_stratum : sparse matrix of shape (n_customers, n_strata)
        The same by stratum.
    cross : sparse matrix of shape (n_strata, n_strata)
        Its cross product.
    """

    customer_of_order: Ints
    n_customers: int
    n_orders: Floats
    by_stratum: Any
    cross: Any

    @classmethod
    def make(cls, customer_of_order: Ints, strata: Strata) -> "Clusters":
        """Count the orders of each customer by stratum."""
        n_customers = int(customer_of_order.max(initial=-1)) + 1
        by_stratum = count_cells(customer_of_order, strata.stratum_of_order, n_customers, strata.n_strata)
        return cls(
            customer_of_order=customer_of_order,
            n_customers=n_customers,
            n_orders=np.bincount(customer_of_order, minlength=n_customers).astype(np.float64),
            by_stratum=by_stratum,
            cross=(by_stratum.T @ by_stratum).tocsr(),
        )

    def design_effect(
        self, left: Ints, right: Ints, both: Ints, left_share: Floats, right_share: Floats, strata: Strata
    ) -> float:
        r"""Compute how much repeated orders inflate the variance of :math:`\sum (x_A - P_s(A)) (x_B - P_s(B))`.

        That is the variance from sums over customers, over that from single orders; at least 1. ``left``, ``right``
        and ``both`` are orders, the shares are those of each stratum.
        """
        by_customer = self.sum_of_squares(left, right, both, right_share, left_share, left_share * right_share, strata)
        a, b, ab = (strata.count(orders) for orders in (left, right, both))
        cells = (ab, a - ab, b - ab, strata.n_orders - a - b + ab)
        scores = (
            (1 - left_share) * (1 - right_share),
            (1 - left_share) * right_share,
            left_share * (1 - right_share),
            left_share * right_share,
        )
        by_order = sum(float(n @ score**2) for n, score in zip(cells, scores, strict=True))
        return design_effect_of_squares(by_customer, by_order)

    def design_effect_within(self, orders: Ints, is_left: Bools, is_right: Bools, strata: Strata) -> float:
        """Compute the design effect among some orders only; ``is_left`` and ``is_right`` are masks of them."""
        stratum, customer = strata.stratum_of_order[orders], self.customer_of_order[orders]
        n = np.maximum(np.bincount(stratum, minlength=strata.n_strata), 1)
        residuals = [
            mask - (np.bincount(stratum, mask, minlength=strata.n_strata) / n)[stratum] for mask in (is_left, is_right)
        ]
        are_most = self.n_customers <= len(customer)
        cluster: Any = customer if are_most else np.unique(customer, return_inverse=True)[1]
        return design_effect(residuals[0] * residuals[1], cluster)

    def sum_of_squares(
        self,
        left: Ints,
        right: Ints,
        both: Ints,
        left_weight: Floats,
        right_weight: Floats,
        constant: Floats,
        strata: Strata,
    ) -> float:
        """Sum the squares of customers' sums of x_AB - w_A x_A - w_B x_B + c, with weights and c by stratum."""
        stratum = strata.stratum_of_order
        weights = [np.ones(len(both)), -left_weight[stratum[left]], -right_weight[stratum[right]]]
        customers, sums = self._sum_by_customer((both, left, right), weights)
        # A customer with neither side has the constant alone: their squares are those of all less those of the rest.
        constants = self.by_stratum[customers] @ constant
        of_others = constant @ (self.cross @ constant) - constants @ constants
        return float(((sums + constants) ** 2).sum() + max(of_others, 0.0))

    def log_lift_variance(self, left: Ints, right: Ints, both: Ints, n_orders: int) -> float:
        """Estimate the variance of the logarithm of the lift (delta method, sums over customers)."""
        parts = ((both, 1.0), (left, -1.0), (right, -1.0))
        weights = [np.full(len(orders), sign / len(orders)) for orders, sign in parts]
        customers, sums = self._sum_by_customer((both, left, right), weights)
        share = self.n_orders[customers] / n_orders
        of_others = (self.n_orders @ self.n_orders) / n_orders**2 - share @ share
        squares = ((sums + share) ** 2).sum() + max(float(of_others), 0.0)
        return float(squares * self.n_customers / max(self.n_customers - 1, 1))

    def _sum_by_customer(self, orders: Sequence[Ints], weights: Sequence[Floats]) -> tuple[Ints | slice, Floats]:
        """Sum weights of orders by customer; return these customers, and their sums."""
        customer, weight = self.customer_of_order[np.concatenate(orders)], np.concatenate(weights)
        if self.n_customers <= len(customer):  # these are most customers, and sorting them would take longer
            return slice(None), np.bincount(customer, weight, minlength=self.n_customers).astype(np.float64)
        customers, row = np.unique(customer, return_inverse=True)
        return customers, np.bincount(row, weight, minlength=len(customers)).astype(np.float64)
