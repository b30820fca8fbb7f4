"""Counts by stratum, design effects and variances of many rules, from lists of orders.

Every function has a compiled twin of the same name in :mod:`.variances_numba`, which takes over for many rules.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from .._mining.postings import RuleSide, by_longer_side, is_among
from .clusters import Clusters
from .strata import Strata

MIN_RULES_TO_COMPILE = 500
"""Rules from which loading compiled code (.4 s) pays."""


def stratum_counts(side: RuleSide, strata: Strata) -> Ints:
    """Count the orders with each set by stratum: shape (n_sets, n_strata)."""
    return np.asarray(_engine(_stratum_counts, len(side.sets))(side, strata))


def design_effects(
    clusters: Clusters, left: RuleSide, right: RuleSide, left_shares: Floats, right_shares: Floats, strata: Strata
) -> Floats:
    """Compute the design effect of each rule, see :meth:`.clusters.Clusters.design_effect`.

    Shares are of shape (n_rules, n_strata).
    """
    run = _engine(_design_effects, len(left.sets))
    return np.asarray(run(clusters, left, right, left_shares, right_shares, strata))


def design_effects_within(
    clusters: Clusters, given: RuleSide, item: RuleSide, consequent: RuleSide, *, strata: Strata
) -> Floats:
    """Compute the design effect of an item and a consequent among the orders with a given set."""
    run = _engine(_design_effects_within, len(given.sets))
    return np.asarray(run(clusters, given, item, consequent, strata=strata))


def sums_of_squares(
    clusters: Clusters,
    left: RuleSide,
    right: RuleSide,
    left_weight: Floats,
    right_weight: Floats,
    constant: Floats,
    strata: Strata,
) -> Floats:
    """Sum the squares of customers' sums for each rule, see :meth:`.clusters.Clusters.sum_of_squares`.

    Weights and constants are of shape (n_rules, n_strata).
    """
    run = _engine(_sums_of_squares, len(left.sets))
    return np.asarray(run(clusters, left, right, left_weight, right_weight, constant, strata))


def log_lift_variances(clusters: Clusters, left: RuleSide, right: RuleSide, n_orders: int) -> Floats:
    """Estimate the variance of the logarithm of each lift; each rule must have an order with both sides."""
    return np.asarray(_engine(_log_lift_variances, len(left.sets))(clusters, left, right, n_orders))


def _engine(plain: Callable[..., Any], n_rules: int) -> Callable[..., Any]:
    if n_rules < MIN_RULES_TO_COMPILE or not find_spec("numba"):
        return plain
    from . import variances_numba

    compiled: Callable[..., Any] = getattr(variances_numba, plain.__name__.removeprefix("_"))
    return compiled


def _stratum_counts(side: RuleSide, strata: Strata) -> Ints:
    counts = np.empty((len(side.sets), strata.n_strata), dtype=np.int64)
    for row, orders in enumerate(side.orders()):
        counts[row] = strata.count(orders)
    return counts


def _design_effects(
    clusters: Clusters, left: RuleSide, right: RuleSide, left_shares: Floats, right_shares: Floats, strata: Strata
) -> Floats:
    effects = np.empty(len(left.sets))
    for row, (a, b) in enumerate(zip(left.orders(), right.orders(), strict=True)):
        effects[row] = clusters.design_effect(a, b, a[is_among(a, b)], left_shares[row], right_shares[row], strata)
    return effects


def _design_effects_within(
    clusters: Clusters, given: RuleSide, item: RuleSide, consequent: RuleSide, *, strata: Strata
) -> Floats:
    effects = np.empty(len(given.sets))
    sides = zip(given.orders(), item.orders(), consequent.orders(), strict=True)
    for row, (orders, with_item, with_consequent) in enumerate(sides):
        masks = (is_among(orders, with_item), is_among(orders, with_consequent))
        effects[row] = clusters.design_effect_within(orders, *masks, strata)
    return effects


def _sums_of_squares(
    clusters: Clusters,
    left: RuleSide,
    right: RuleSide,
    left_weight: Floats,
    right_weight: Floats,
    constant: Floats,
    strata: Strata,
) -> Floats:
    sums = np.empty(len(left.sets))
    for row, (a, b) in enumerate(zip(left.orders(), right.orders(), strict=True)):
        both = a[is_among(a, b)]
        sums[row] = clusters.sum_of_squares(a, b, both, left_weight[row], right_weight[row], constant[row], strata)
    return sums


def _log_lift_variances(clusters: Clusters, left: RuleSide, right: RuleSide, n_orders: int) -> Floats:
    variances = np.empty(len(left.sets))
    for short, long, rows in by_longer_side(left, right):
        previous: object = None
        long_orders: Ints = np.zeros(0, dtype=np.int64)
        is_long = np.zeros(n_orders, dtype=bool)
        for row, short_orders, products in zip(rows.tolist(), short.orders(), long.sets.tolist(), strict=True):
            if products != previous:
                is_long[long_orders] = False
                long_orders, previous = long.postings.orders_with(products), products
                is_long[long_orders] = True
            both = short_orders[is_long[short_orders]]
            variances[row] = clusters.log_lift_variance(short_orders, long_orders, both, n_orders)
    return variances
