"""Tests of every pair of frequent products against chance: counts, expectations, both tails, customers."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.codes import Labels
from ..._core.notes import Note
from ..._core.texts import counted
from ..._core.threads import Progress
from ..._stats.multiple_testing import Correction, adjust_p_values
from .._mining.baskets import Baskets
from .._mining.postings import Postings
from .._mining.sparse import matrix_by_row
from .._mining.threshold import count_of_support
from .clusters import Clusters
from .conditions import Conditions, Season
from .customer_squares import RuleLists
from .expected import HALF, Chance, clip_to_margins, lower_tail, remaining_room, upper_tail
from .order_lists import OrderLists, lists_of_products
from .rule_tests import PRESCREEN_P
from .strata import Strata, stratify_orders
from .variances import design_effects

MAX_PRODUCTS = 1_000
"""The most frequent products that are paired when no support is given."""
PAIRS_PER_BLOCK = 1 << 22
"""Pairs computed at once."""
MIN_EXPECTED_IF_NEVER = 3.0
"""Expected orders from which a pair that was never bought together is listed: below, chance alone has p > .05."""
RELATIONS = ("complement", "substitute", "none")
COMPLEMENT, SUBSTITUTE, NONE = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOptions:
    """Which products are paired, and how pairs are tested.

    ``alpha`` is the rate of false discoveries; with ``progress`` bars show how far the work is.
    """

    min_support: float | None
    clustered: bool
    season: Season | None
    correction: Correction | None
    alpha: float
    progress: bool = False

    @property
    def prescreen_p(self) -> float:
        """P-value from which on customers are not looked at."""
        return max(PRESCREEN_P, self.alpha)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairResults:
    """Pairs in product codes, in the order of the table, one array per column; ``relation`` indexes RELATIONS."""

    a: Ints
    b: Ints
    count: Ints
    expected: Floats
    lift: Floats
    p: Floats
    q: Floats
    design_effect: Floats
    relation: Ints

    def columns(self, side: str, labels: Labels) -> dict[str, Any]:
        """Return the columns of the table of pairs."""
        return {
            f"{side}_a": labels[self.a].tolist(),
            f"{side}_b": labels[self.b].tolist(),
            "count": self.count,
            "expected": self.expected,
            "lift": self.lift,
            "adjusted_lift": self.count / np.where(self.expected > 0, self.expected, np.nan),
            "p_value": self.p,
            "q_value": self.q,
            "design_effect": self.design_effect,
            "relation": [RELATIONS[kind] for kind in self.relation],
        }


def test_pairs(baskets: Baskets, options: PairOptions) -> tuple[PairResults, list[Note]]:
    """Test every two frequent products against chance, and note what is not listed."""
    conditions = Conditions.of(baskets, options.season, clustered=options.clustered)
    baskets = conditions.sample(baskets)
    items, notes = frequent_products(baskets, options.min_support)
    strata = stratify_orders(baskets, conditions)
    shares, by_order = shares_by_stratum(baskets, items, strata)
    counting = Progress("count pairs", len(items), "products", is_shown=options.progress)
    blocks = list(_expected_pairs(shares, by_order, strata, counting))
    a, b, count, mean, variance = (
        np.concatenate([np.zeros(0, dtype), *(block[column] for block in blocks)])
        for column, dtype in enumerate("iiidd")
    )
    n_tests = len(items) * (len(items) - 1) // 2
    notes += [*_not_listed_note(n_tests - len(a), n_tests), *conditions.notes]
    is_above = count > mean
    pairs = _Pairs(a=a, b=b, count=count, mean=mean, dispersion=Chance(mean=mean, variance=variance).dispersion)
    p, effect = pairs.p_values(), pairs.dispersion
    customer_of_order = baskets.cluster_of_order if options.clustered else np.arange(baskets.n_orders)
    clusters = Clusters.make(customer_of_order, strata, conditions.time_blocks(baskets))
    if not clusters.are_independent:
        lists = OrderLists.make(lists_of_products(Postings(baskets), items.tolist(), clusters), clusters)
        p, effect = _adjust_for_clusters(p, pairs, lists, shares, clusters, options)
    if not conditions.can_test:
        p = np.full(len(a), np.nan)
    q = np.empty(len(p))
    for side in (is_above, ~is_above):
        q[side] = adjust_p_values(p[side], options.correction, n_tests=2 * n_tests)  # either tail could be small
    relation = np.where(q < options.alpha, np.where(is_above, COMPLEMENT, SUBSTITUTE), NONE)
    product_counts = baskets.count_orders()[items]
    by_independence = product_counts[a].astype(np.float64) * product_counts[b] / max(baskets.n_orders, 1)
    order = _order_of_table(a, b, count, mean, p, effect, relation)
    columns = {"a": items[a], "b": items[b], "count": count, "expected": mean, "lift": count / by_independence}
    columns |= {"p": p, "q": q, "design_effect": effect, "relation": relation}
    return PairResults(**{name: values[order] for name, values in columns.items()}), notes


def frequent_products(baskets: Baskets, min_support: float | None) -> tuple[Ints, list[Note]]:
    """Choose the products that are paired, and note which are not."""
    counts = baskets.count_orders()
    if min_support is not None:
        return np.flatnonzero(counts >= count_of_support(min_support, baskets.n_orders)), []
    items = np.sort(np.lexsort((np.arange(len(counts)), -counts))[:MAX_PRODUCTS])
    n_left_out = int((counts > 0).sum()) - len(items)
    if n_left_out <= 0:
        return items, []
    text = f"{counted(n_left_out, 'less frequent product')} left out: give `min_support` to choose"
    return items, [Note(text, code="rare_products_left_out", count=n_left_out)]


def shares_by_stratum(baskets: Baskets, items: Ints, strata: Strata) -> tuple[Floats, Any]:
    """Compute the share of each product in each stratum, and the matrix of orders by product."""
    column_of_item = np.full(len(baskets.products), -1)
    column_of_item[items] = np.arange(len(items))
    is_kept = column_of_item[baskets.items] >= 0
    ends = np.concatenate([[0], np.cumsum(is_kept)])[baskets.starts]
    by_order = matrix_by_row(ends, column_of_item[baskets.items[is_kept]], len(items), dtype=np.int32)
    stratum = np.repeat(strata.stratum_of_order, np.diff(ends))
    shape = (strata.n_strata, len(items))
    cells = np.bincount(stratum * len(items) + by_order.indices, minlength=shape[0] * shape[1]).reshape(shape)
    return strata.shares(cells.T).T, by_order


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pairs:
    """Pairs as columns of the matrix, with counted and expected orders, and the dispersion of independent orders."""

    a: Ints
    b: Ints
    count: Ints
    mean: Floats
    dispersion: Floats

    def take(self, rows: Ints) -> "_Pairs":
        return _Pairs(**{field.name: getattr(self, field.name)[rows] for field in fields(_Pairs)})

    def p_values(self, design_effect: Floats | float = 1.0) -> Floats:
        """Compute the tail that the count is in."""
        counts = (self.count, self.mean, self.dispersion * design_effect)
        return np.where(self.count > self.mean, upper_tail(*counts), lower_tail(*counts))


def _not_listed_note(n_not_listed: int, n_tests: int) -> list[Note]:
    if not n_not_listed:
        return []
    text = (
        f"{n_not_listed:,} of {counted(n_tests, 'pair')} not listed: never bought together, "
        f"with fewer than {MIN_EXPECTED_IF_NEVER:g} orders expected"
    )
    return [Note(text, code="unexpected_pairs_not_listed", count=n_not_listed)]


def _order_of_table(a: Ints, b: Ints, count: Ints, mean: Floats, p: Floats, effect: Floats, relation: Ints) -> Ints:
    """Sort complements by lift and substitutes by p-value, since the strongest of these are simply never there.

    Where p is too small for a float, the standard score decides.
    """
    lift = np.where(mean > 0, count / np.where(mean > 0, mean, 1.0), np.inf)
    is_substitute = relation == SUBSTITUTE
    score = np.divide(count - mean, np.sqrt(mean * effect), out=-lift, where=is_substitute)
    return np.lexsort((b, a, score.round(9), np.where(is_substitute, p, 0.0), relation))


def _expected_pairs(
    shares: Floats, by_order: Any, strata: Strata, counting: Progress
) -> Iterator[tuple[Ints, Ints, Ints, Floats, Floats]]:
    """Count and expect every pair, a block of products at a time; yield those that were bought or expected together.

    The last column is the variance of independent orders, see :func:`.expected.expect_orders`.
    """
    n_items, n_with_pairs = by_order.shape[1], strata.n_orders_with_pairs
    weighted, uncertain = shares * n_with_pairs[:, None], shares * (1 - shares)
    crowded = uncertain * (n_with_pairs * strata.crowding)[:, None]
    imbalance = 1 - 2 * shares
    weighted_uncertain, skewed = uncertain * n_with_pairs[:, None], uncertain * imbalance
    crowded_skewed = crowded * imbalance
    nonlinear = np.flatnonzero((strata.crowding > HALF) & (n_with_pairs > 0))
    by_item, step = by_order.tocsc(), max(PAIRS_PER_BLOCK // max(n_items, 1), 1)
    orders = strata.n_orders @ shares
    for first in range(0, n_items, step):
        block = slice(first, min(first + step, n_items))
        count = (by_item[:, block].T @ by_order).toarray()
        mean = weighted[:, block].T @ shares - crowded[:, block].T @ uncertain
        variance = weighted_uncertain[:, block].T @ uncertain - crowded_skewed[:, block].T @ skewed
        for stratum in nonlinear:  # the room that products leave is no product of two numbers there
            excess = _excess_room(shares[stratum, block], shares[stratum], strata.crowding[stratum])
            mean += excess * n_with_pairs[stratum]
            variance += excess * n_with_pairs[stratum] * np.outer(imbalance[stratum, block], imbalance[stratum])
        mean = clip_to_margins(mean, orders[block, None], orders[None, :])
        is_upper = np.arange(n_items)[None, :] > np.arange(n_items)[block, None]
        a, b = np.nonzero(is_upper & ((count > 0) | (mean >= MIN_EXPECTED_IF_NEVER)))
        counting.advance(block.stop - block.start)
        yield a + first, b, count[a, b].astype(np.int64), mean[a, b], variance[a, b]


def _excess_room(left: Floats, right: Floats, crowding: float) -> Floats:
    """Compute what is added in one stratum to pairs whose products take more than half of each other's room."""
    taken = crowding * np.outer(1 - left, 1 - right)
    return np.asarray(np.outer(left, right) * (remaining_room(taken) - (1 - taken)))


def _adjust_for_clusters(
    p: Floats,
    pairs: _Pairs,
    lists: OrderLists,
    shares: Floats,
    clusters: Clusters,
    options: PairOptions,
) -> tuple[Floats, Floats]:
    """Raise p-values by design effects, and return these; NaN where p was not small to begin with."""
    rows = np.flatnonzero(p < options.prescreen_p)
    screened = pairs.take(rows)
    testing = Progress("test", len(rows), "pairs", is_shown=options.progress)
    by_item, a, b = np.ascontiguousarray(shares.T), screened.a, screened.b
    rules = RuleLists(lists=lists, left=a, right=b, shares=by_item, left_row=a, right_row=b, progress=testing)
    effects = design_effects(rules, clusters, screened.mean * screened.dispersion)
    raised, known = p.copy(), np.full(len(p), np.nan)
    raised[rows] = screened.p_values(effects)
    known[rows] = screened.dispersion * effects
    return raised, known
