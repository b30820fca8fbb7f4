"""What is computed rule by rule from lists of orders: counts by stratum, design effects, variances of lifts.

Every function has a compiled twin of the same name in ``_per_rule_numba``, which takes over for many rules.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from .._encoding import Ints
from .._mining.postings import Postings, is_in
from .._output.measures import Floats
from .clusters import Clusters
from .expected import Strata

COMPILED_FROM = 500
"""Rules from which loading compiled code (.4 s) pays."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One side of several rules: sets of products, shape (n_rules, size), and the orders that hold each product."""

    postings: Postings
    sets: Ints

    def take(self, rows: Ints) -> "Side":
        """Keep some rules."""
        return Side(postings=self.postings, sets=self.sets[rows])


def stratum_counts(side: Side, strata: Strata) -> Ints:
    """Count the orders with each set, stratum by stratum: shape (n_sets, n_strata)."""
    return np.asarray(_engine(_stratum_counts, len(side.sets))(side, strata))


def design_effects(
    clusters: Clusters, left: Side, right: Side, left_shares: Floats, right_shares: Floats, strata: Strata
) -> Floats:
    """Return the design effect of each rule, see :meth:`._clusters.Clusters.design_effect`; shares by rule, stratum."""
    run = _engine(_design_effects, len(left.sets))
    return np.asarray(run(clusters, left, right, left_shares, right_shares, strata))


def squares(
    clusters: Clusters, left: Side, right: Side, on_left: Floats, on_right: Floats, on_all: Floats, strata: Strata
) -> Floats:
    """Return squares of customers' sums for each rule, see :meth:`._clusters.Clusters.squares`; weights by stratum."""
    run = _engine(_squares, len(left.sets))
    return np.asarray(run(clusters, left, right, on_left, on_right, on_all, strata))


def design_effects_within(clusters: Clusters, given: Side, item: Side, consequent: Side, *, strata: Strata) -> Floats:
    """Return that of an item and a consequent among the orders with a given set."""
    run = _engine(_design_effects_within, len(given.sets))
    return np.asarray(run(clusters, given, item, consequent, strata=strata))


def log_lift_variances(clusters: Clusters, left: Side, right: Side, n_orders: int) -> Floats:
    """Return the variance of the logarithm of each lift; sides that are never together are not allowed."""
    return np.asarray(_engine(_log_lift_variances, len(left.sets))(clusters, left, right, n_orders))


def _engine(plain: Callable[..., Any], rules: int) -> Callable[..., Any]:
    if rules < COMPILED_FROM or not find_spec("numba"):
        return plain
    from . import per_rule_numba as _per_rule_numba

    compiled: Callable[..., Any] = getattr(_per_rule_numba, plain.__name__.removeprefix("_"))
    return compiled


def _stratum_counts(side: Side, strata: Strata) -> Ints:
    found = np.empty((len(side.sets), strata.n), dtype=np.int64)
    for row, items in enumerate(side.sets):
        found[row] = np.bincount(strata.of_order[side.postings.of(items)], minlength=strata.n)
    return found


def _design_effects(
    clusters: Clusters, left: Side, right: Side, left_shares: Floats, right_shares: Floats, strata: Strata
) -> Floats:
    found = np.empty(len(left.sets))
    for row, (one, other) in enumerate(zip(left.sets, right.sets, strict=True)):
        a, b = left.postings.of(one), right.postings.of(other)
        found[row] = clusters.design_effect(a, b, a[is_in(a, b)], left_shares[row], right_shares[row], strata)
    return found


def _squares(
    clusters: Clusters, left: Side, right: Side, on_left: Floats, on_right: Floats, on_all: Floats, strata: Strata
) -> Floats:
    found = np.empty(len(left.sets))
    for row, (one, other) in enumerate(zip(left.sets, right.sets, strict=True)):
        a, b = left.postings.of(one), right.postings.of(other)
        found[row] = clusters.squares(a, b, a[is_in(a, b)], on_left[row], on_right[row], on_all[row], strata)
    return found


def _design_effects_within(clusters: Clusters, given: Side, item: Side, consequent: Side, *, strata: Strata) -> Floats:
    found = np.empty(len(given.sets))
    for row, sets in enumerate(zip(given.sets, item.sets, consequent.sets, strict=True)):
        orders, with_item, with_consequent = (given.postings.of(one) for one in sets)
        masks = (is_in(orders, with_item), is_in(orders, with_consequent))
        found[row] = clusters.design_effect_within(orders, *masks, strata)
    return found


def _log_lift_variances(clusters: Clusters, left: Side, right: Side, n_orders: int) -> Floats:
    found = np.empty(len(left.sets))
    for short, long, rows in by_long_side(left, right):
        before: object = None
        orders: Ints = np.zeros(0, dtype=np.int64)
        held = np.zeros(n_orders, dtype=bool)
        for row, one, other in zip(rows.tolist(), short.sets, long.sets.tolist(), strict=True):
            if other != before:
                held[orders] = False
                orders, before = long.postings.of(other), other
                held[orders] = True
            mine = short.postings.of(one)
            found[row] = clusters.log_lift_variance(mine, orders, mine[held[mine]], n_orders)
    return found


def by_long_side(left: Side, right: Side) -> Iterator[tuple[Side, Side, Ints]]:
    """Sort rules by the side that is likely in more orders; gives the other side, that side, and the rules."""
    least = [_least(side) for side in (left, right)]
    for short, long, rows in (
        (left, right, np.flatnonzero(least[0] <= least[1])),
        (right, left, np.flatnonzero(least[0] > least[1])),
    ):
        order = rows[np.lexsort(long.sets[rows].T)]
        if len(order):
            yield short.take(order), long.take(order), order


def _least(side: Side) -> Ints:
    """Count the orders with the rarest product of each set."""
    return np.asarray(np.diff(side.postings.starts)[side.sets].min(axis=1))
