"""Design effects of rules, and the variances of their lifts, from sums of squares over customers."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.clusters import upper_limit_factor
from .._mining.sparse import expand_ranges
from .clusters import Clusters
from .customer_squares import CustomerSquares, RuleLists, order_squares, order_squares_of_lift, sum_squares
from .order_lists import OrderLists
from .strata import Strata

CELLS_PER_BLOCK = 1 << 20
"""Shares of rules by stratum, or orders, gone through at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleVariances:
    """Design effects and variances of both logarithms, of shape (n_rules,); NaN where they are not wanted."""

    design_effect: Floats
    log_lift: Floats
    log_adjusted: Floats

    @classmethod
    def unknown(cls, n_rules: int) -> "RuleVariances":
        """Return variances of rules that are all unknown."""
        design_effect, log_lift, log_adjusted = np.full((3, n_rules), np.nan)
        return cls(design_effect=design_effect, log_lift=log_lift, log_adjusted=log_adjusted)


def design_effects(rules: RuleLists, clusters: Clusters, variance: Floats) -> Floats:
    r"""Compute how much repeated orders inflate the variance of :math:`\sum (x_A - P_s(A)) (x_B - P_s(B))` per rule.

    That is the variance from sums over customers, or over blocks of time if that is larger, over that from single
    orders, or the one of chance if that is larger, since products that are never together leave single orders little;
    at least 1. Few clusters do not estimate a variance well: its upper limit is taken.
    """
    if clusters.are_independent:
        return np.ones(len(rules.left))
    sums = sum_squares(rules, clusters, [None], with_blocks=True, with_orders=True)
    return _effects(sums, np.maximum(sums.by_order, variance), clusters)


def effects_of_squares(by_customer: Floats, by_order: Floats) -> Floats:
    """Compute design effects from the sums of squares of customers and of orders; at least 1, and 1 without variation.

    Examples
    --------
    >>> effects_of_squares(np.array([6.0, 2.0, 1.0]), np.array([4.0, 4.0, 0.0])).tolist()
    [1.5, 1.0, 1.0]
    """
    varies = by_order > 0
    return np.maximum(np.divide(by_customer, by_order, out=np.ones(len(varies)), where=varies), 1.0)


def rule_variances(
    rules: RuleLists,
    counts: tuple[Ints, Ints, Ints],
    clusters: Clusters,
    strata: Strata,
    scale: Floats,
    variance: Floats,
    wanted: tuple[Bools, Bools, Bools],
) -> RuleVariances:
    """Estimate what is wanted of each rule, in one pass over its orders.

    Parameters
    ----------
    rules : RuleLists
    counts : three int arrays of shape (n_rules, n_strata)
        Orders with both sides, the left and the right one.
    clusters : Clusters
    strata : Strata
    scale : float array of shape (n_rules, n_strata)
        Weight of the expected orders in the adjusted lift.
    variance : float array of shape (n_rules,)
        Of the count by chance.
    wanted : three bool arrays of shape (n_rules,)
        Whether the design effect, the variance of the log lift and that of the log adjusted lift are wanted. A rule
        whose variance of the log lift is wanted must have an order with both sides.
    """
    result, (has_effect, has_lift, has_adjusted) = RuleVariances.unknown(len(scale)), wanted
    both = counts[0].sum(axis=1)
    if clusters.are_independent:
        lift = order_squares_of_lift(both, counts[1].sum(axis=1), counts[2].sum(axis=1), len(clusters.customer))
        adjusted = order_squares(*counts, strata.n_orders, rules, scale)
        effects = np.ones(len(scale))
    else:
        weights = [None] * bool(has_effect.any()) + [scale] * bool(has_adjusted.any())
        with_blocks = bool(has_effect.any())
        sums = sum_squares(rules, clusters, weights, with_lift=bool(has_lift.any()), with_blocks=with_blocks)
        lift, adjusted = sums.lift, sums.squares[-1] if weights else result.log_adjusted
        by_order = np.maximum(order_squares(*counts, strata.n_orders, rules), variance)
        effects = _effects(sums, by_order, clusters) if with_blocks else result.design_effect
    finite = clusters.n_customers / max(clusters.n_customers - 1, 1)
    result.design_effect[has_effect] = effects[has_effect]
    result.log_lift[has_lift] = lift[has_lift] * finite
    result.log_adjusted[has_adjusted] = adjusted[has_adjusted] / both[has_adjusted] ** 2 * finite
    return result


def _effects(sums: CustomerSquares, by_order: Floats, clusters: Clusters) -> Floats:
    """Return the design effects of customers or of blocks of time, whichever are larger, at their upper limits."""
    effects = np.ones(len(by_order))
    if not clusters.are_single:
        effects = effects_of_squares(sums.squares[0] * upper_limit_factor(clusters.n_effective), by_order)
    if clusters.blocks is not None:
        of_blocks = sums.by_block * upper_limit_factor(clusters.blocks.n_effective)
        effects = np.maximum(effects, effects_of_squares(of_blocks, by_order))
    return effects


def log_lift_variances(rules: RuleLists, clusters: Clusters, count: Floats, lift: Floats) -> Floats:
    """Estimate the variance of the logarithm of each lift within strata; each rule must have an order with both sides.

    Shares are those of each stratum alone: then :math:`U_c`, with the lift for a weight, is the influence of customer c
    on the logarithm, times the count.
    """
    weight = np.repeat(lift[:, None], clusters.by_stratum.shape[1], axis=1)
    squares = sum_squares(rules, clusters, [weight]).squares[0]
    return np.asarray(squares / count**2 * clusters.n_customers / max(clusters.n_customers - 1, 1))


def design_effects_within(
    lists: OrderLists, given: Ints, with_item: Ints, with_consequent: Ints, n_strata: int
) -> Floats:
    """Compute the design effect of an item and a consequent among the orders with a given set of products.

    Parameters
    ----------
    lists : OrderLists
    given, with_item, with_consequent : int arrays of shape (n_rules,)
        The lists of the given set, alone, with the item and with the consequent.
    n_strata : int

    Returns
    -------
    float array of shape (n_rules,)
    """
    effects, sizes = np.ones(len(given)), lists.sizes[given]
    ends = np.cumsum(np.maximum(sizes, n_strata))
    cuts = np.searchsorted(ends, np.arange(CELLS_PER_BLOCK, ends[-1] if len(ends) else 0, CELLS_PER_BLOCK))
    for rows in np.split(np.arange(len(given)), np.unique(cuts)):
        if len(rows):
            effects[rows] = _block_within(lists, given[rows], with_item[rows], with_consequent[rows], n_strata)
    return effects


def _block_within(lists: OrderLists, given: Ints, with_item: Ints, with_consequent: Ints, n_strata: int) -> Floats:
    row, entry = expand_ranges(lists.starts[given], lists.starts[given + 1])
    keys, cell = _order_keys(lists, row, entry), row * n_strata + lists.stratum[entry]
    n_cells = len(given) * n_strata
    n_orders = np.maximum(np.bincount(cell, minlength=n_cells), 1)
    score = np.ones(len(row))
    for part in (with_item, with_consequent):
        is_there = np.zeros(len(row))
        part_row, part_entry = expand_ranges(lists.starts[part], lists.starts[part + 1])
        is_there[np.searchsorted(keys, _order_keys(lists, part_row, part_entry))] = 1.0
        score *= is_there - (np.bincount(cell, is_there, minlength=n_cells) / n_orders)[cell]
    first_run = lists.run_starts[given]
    n_runs = lists.run_starts[given + 1] - first_run
    starts = np.cumsum(n_runs) - n_runs
    by_run = np.bincount(lists.run[entry] + starts[row], score, minlength=int(n_runs.sum()))
    by_customer = np.add.reduceat(by_run**2, starts)
    return effects_of_squares(by_customer, np.bincount(row, score**2, minlength=len(given)).astype(np.float64))


def _order_keys(lists: OrderLists, row: Ints, entry: Ints) -> Ints:
    """Return ascending numbers of orders of lists one after the other."""
    return row << 32 | lists.orders[entry]
