"""Tests of rules: against chance, against every shorter rule, and the variances for the intervals of both lifts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.multiple_testing import Correction, adjust_p_values
from .._mining.baskets import Baskets
from .._mining.postings import Postings, RuleSide
from .._mining.splits import RuleSplit
from .._mining.tree import ItemsetIndex, Level
from .clusters import MIN_CUSTOMERS_FOR_INTERVAL, MIN_ORDERS_FOR_INTERVAL, MIN_PRODUCTS_FOR_INTERVAL, Clusters
from .expected import expected_orders, poisson_upper_tail, remaining_room
from .strata import CELLS_PER_BLOCK, Season, Strata, stratify_orders
from .variances import design_effects, design_effects_within, log_lift_variances, stratum_counts, sums_of_squares

Test = Literal["adjusted", "fisher"]
TESTS = ("adjusted", "fisher", None)
DEFAULT_ALPHA = 0.05
"""Rate of false discoveries where no level is given."""
PRESCREEN_P = 0.05
"""P-value of independent orders from which on customers are not looked at, since they can only raise it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTestOptions:
    """How rules are tested.

    Attributes
    ----------
    test : {"adjusted", "fisher"}
    clustered : bool
        Whether orders of one customer belong together.
    season : {"week", "month", "quarter"} or None
    correction : {"bh", "holm", "bonferroni"} or None
    level : float or None
        Of the intervals; None for none.
    """

    test: Test
    clustered: bool
    season: Season | None
    correction: Correction | None
    level: float | None

    @property
    def alpha(self) -> float:
        """The rate of false discoveries."""
        return DEFAULT_ALPHA if self.level is None else 1 - self.level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """The results of the tests, one array per column, in the order of the rules; variances are NaN where unknown."""

    adjusted_lift: Floats
    p_value: Floats
    q_value: Floats
    productive: Bools
    log_lift_variance: Floats
    log_adjusted_variance: Floats


class RuleTester:
    """Test rules, with the baskets at hand by stratum, by product and by customer.

    Parameters
    ----------
    baskets : Baskets
    levels : sequence of Level
        All itemsets that the rules are made of.
    index : ItemsetIndex
        Of these.
    options : RuleTestOptions
    """

    def __init__(
        self, baskets: Baskets, levels: Sequence[Level], index: ItemsetIndex, options: RuleTestOptions
    ) -> None:
        self.baskets, self.index, self.options = baskets, index, options
        self.prescreen_p = max(PRESCREEN_P, options.alpha)
        self.strata: Strata = stratify_orders(baskets, options.season)
        self.postings = Postings(baskets)
        customer_of_order = baskets.cluster_of_order if options.clustered else np.arange(baskets.n_orders)
        self.clusters = Clusters.make(customer_of_order, self.strata)
        counts = [stratum_counts(self._side(level.items), self.strata) for level in levels]
        self._counts = np.concatenate([np.zeros((0, self.strata.n_strata), np.int64), *counts])

    def test(self, split: RuleSplit, n_tests: int) -> Evidence:
        """Test the rules of one shape; a rule of two products and its reverse are tested once.

        ``n_tests`` is the size of the family of hypotheses.
        """
        if split.shape != (1, 1):
            return self._test(split, n_tests)
        first, inverse = _without_direction(split)
        evidence = self._test(split.take(first), n_tests)
        return Evidence(**{field.name: getattr(evidence, field.name)[inverse] for field in fields(Evidence)})

    def _test(self, split: RuleSplit, n_tests: int) -> Evidence:
        options, mean = self.options, self._expected_orders(split)
        p = self._adjusted_p(split, mean) if options.test == "adjusted" else fisher_p(split, self.baskets.n_orders)
        q = _adjust_by_hypothesis(split, p, n_tests, options.correction)
        # Against shorter rules a rule is no longer its reverse, but for those of two products.
        q_productive = q
        if split.shape != (1, 1):
            q_productive = adjust_p_values(self._productivity_p(split, p), options.correction, n_tests=n_tests)
        unknown = np.full(len(mean), np.nan)
        return Evidence(
            adjusted_lift=np.divide(split.count, mean, out=unknown.copy(), where=mean > 0),
            p_value=p,
            q_value=q,
            productive=(q < options.alpha) & (q_productive < options.alpha),
            log_lift_variance=unknown if options.level is None else self._log_lift_variance(split),
            log_adjusted_variance=unknown if options.level is None else self._log_adjusted_variance(split, mean),
        )

    def _expected_orders(self, split: RuleSplit) -> Floats:
        """Compute how many orders have both sides by chance."""
        a, b = split.antecedents, split.consequents
        return expected_orders(self._shares(a), self._shares(b), self._complement(a), self._complement(b), self.strata)

    def _adjusted_p(self, split: RuleSplit, mean: Floats) -> Floats:
        """Test each rule against chance, given basket sizes and customers."""
        p = poisson_upper_tail(split.count, mean)
        if not self.options.clustered:
            return p
        left, right = self._shares(split.antecedents), self._shares(split.consequents)
        rows = np.flatnonzero(p < self.prescreen_p)
        sides = (self._side(split.antecedents[rows]), self._side(split.consequents[rows]))
        effects = design_effects(self.clusters, *sides, left[rows], right[rows], self.strata)
        p[rows] = poisson_upper_tail(split.count[rows] / effects, mean[rows] / effects)
        return p

    def _productivity_p(self, split: RuleSplit, p: Floats) -> Floats:
        """Test each rule of several products against every rule with one product less, and return the largest p-value.

        Among the orders with the shorter antecedent, the product left out must still go with the consequent.
        """
        largest = p.copy()
        if split.shape[0] == 1:
            return largest
        with_all = self._stratum_counts(split.antecedents)
        for column in range(split.shape[0]):
            shorter = np.delete(split.antecedents, column, axis=1)
            mean = self._expected_within(shorter, with_all, split)
            largest = np.maximum(largest, poisson_upper_tail(split.count, mean))
            if self.options.clustered:
                rows = np.flatnonzero(largest < self.prescreen_p)
                products = (shorter, split.antecedents[:, [column]], split.consequents)
                sides = (self._side(sets[rows]) for sets in products)
                effects = design_effects_within(self.clusters, *sides, strata=self.strata)
                clustered = poisson_upper_tail(split.count[rows] / effects, mean[rows] / effects)
                largest[rows] = np.maximum(largest[rows], clustered)
        return largest

    def _expected_within(self, shorter: Ints, with_all: Ints, split: RuleSplit) -> Floats:
        """Compute how many orders with a shorter antecedent have the rest of the rule by chance."""
        within, with_rule = (
            self._stratum_counts(sets) for sets in (shorter, np.column_stack([shorter, split.consequents]))
        )
        item = self.strata.shares(with_all, within)
        consequent = self.strata.shares(with_rule, within, size=split.shape[1])
        room = remaining_room(self.strata.crowding * (1 - item) * (1 - consequent))
        return np.asarray((within * item * consequent * room).sum(axis=1))

    def _log_lift_variance(self, split: RuleSplit) -> Floats:
        """Estimate the variance of each log lift; NaN where the data are too few."""
        variances = np.full(len(split.count), np.nan)
        if self.clusters.n_customers < MIN_CUSTOMERS_FOR_INTERVAL:
            return variances
        rows = np.flatnonzero(split.count >= MIN_ORDERS_FOR_INTERVAL)
        sides = (self._side(split.antecedents[rows]), self._side(split.consequents[rows]))
        variances[rows] = log_lift_variances(self.clusters, *sides, self.baskets.n_orders)
        return variances

    def _log_adjusted_variance(self, split: RuleSplit, mean: Floats) -> Floats:
        """Estimate the variance of each log adjusted lift, likewise; the room that products leave is taken as known."""
        variances, n_customers = np.full(len(mean), np.nan), self.clusters.n_customers
        is_small_shop = len(self.baskets.products) < MIN_PRODUCTS_FOR_INTERVAL
        if n_customers < MIN_CUSTOMERS_FOR_INTERVAL or is_small_shop:
            return variances
        rows = np.flatnonzero((split.count >= MIN_ORDERS_FOR_INTERVAL) & (mean > 0))
        n_blocks = max(len(rows) * self.strata.n_strata // CELLS_PER_BLOCK, 1)
        for block in np.array_split(rows, n_blocks):
            sums = self._squares_of_residuals(split.take(block), mean[block])
            variances[block] = sums / split.count[block] ** 2 * n_customers / (n_customers - 1)
        return variances

    def _squares_of_residuals(self, split: RuleSplit, mean: Floats) -> Floats:
        a, b = split.antecedents, split.consequents
        p, q = self._shares(a), self._shares(b)
        room = remaining_room(self.strata.crowding * self._complement(a) * self._complement(b))
        scale = room * (self.strata.n_orders_with_pairs > 0) * (split.count / mean)[:, None]
        sides = (self._side(a), self._side(b))
        return sums_of_squares(self.clusters, *sides, scale * q, scale * p, scale * p * q, self.strata)

    def _stratum_counts(self, items: Ints) -> Ints:
        """Return the orders with each set of products by stratum."""
        return self._counts[self.index.find(self.index.hash_of(items))]

    def _shares(self, items: Ints) -> Floats:
        """Compute the share of orders with each set of products by stratum."""
        return self.strata.shares(self._stratum_counts(items), size=items.shape[1])

    def _complement(self, items: Ints) -> Floats:
        """Sum the shares of orders without each product of a set, by stratum."""
        return sum((1 - self._shares(items[:, [column]]) for column in range(items.shape[1])), np.zeros(1))

    def _side(self, sets: Ints) -> RuleSide:
        return RuleSide(postings=self.postings, sets=sets)


def fisher_p(split: RuleSplit, n_orders: int) -> Floats:
    """Compute the one-sided p-value of Fisher's exact test, which takes all orders as alike."""
    from scipy.stats import hypergeom

    return np.asarray(hypergeom.sf(split.count - 1, n_orders, split.antecedent_count, split.consequent_count))


def _adjust_by_hypothesis(split: RuleSplit, p: Floats, n_tests: int, correction: Correction | None) -> Floats:
    """Adjust p-values; a rule and its reverse are one hypothesis where both sides are of one size."""
    if split.shape[0] != split.shape[1]:
        return adjust_p_values(p, correction, n_tests=n_tests)
    first, inverse = _without_direction(split)
    return adjust_p_values(p[first], correction, n_tests=n_tests)[inverse]


def _without_direction(split: RuleSplit) -> tuple[Ints, Ints]:
    """Return the first of the rules that differ in more than their direction, and which of these each rule is."""
    both = np.concatenate([split.antecedents, split.consequents])
    keys = np.unique(both, axis=0, return_inverse=True)[1].reshape(2, -1)
    _, first, inverse = np.unique(np.sort(keys, axis=0), axis=1, return_index=True, return_inverse=True)
    return first, inverse.ravel()
