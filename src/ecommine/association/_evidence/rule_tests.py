"""Tests of rules: against chance, against every shorter rule, and the variances for the intervals of both lifts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.threads import Progress
from ..._stats.multiple_testing import Correction, adjust_p_values
from .._mining.baskets import Baskets
from .._mining.postings import Postings
from .._mining.splits import RuleSplit
from .._mining.tree import ItemsetIndex, Level
from .clusters import MIN_CUSTOMERS_FOR_INTERVAL, MIN_ORDERS_FOR_INTERVAL, MIN_PRODUCTS_FOR_INTERVAL, Clusters
from .conditions import Conditions
from .customer_squares import RuleLists
from .expected import Chance, expect_orders, remaining_room, upper_tail
from .order_lists import OrderLists, lists_of_itemsets
from .set_shares import SetShares
from .strata import CELLS_PER_BLOCK, Strata, stratify_orders
from .variances import RuleVariances, design_effects_within, rule_variances

Test = Literal["adjusted", "fisher"]
TESTS = ("adjusted", "fisher", None)
DEFAULT_ALPHA = 0.05
"""Rate of false discoveries where no level is given."""
MIN_TESTED_ORDERS = 5
"""Orders with a rule below which it is not tested, where those of a large customer are left out.

A set that is in one order of its size and season is taken to be in all such orders.
"""
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
    conditions : Conditions
    correction : {"bh", "holm", "bonferroni"} or None
    level : float or None
        Of the intervals; None for none.
    """

    test: Test
    clustered: bool
    conditions: Conditions
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
    """Test rules, with the baskets at hand by stratum, by itemset and by customer.

    Parameters
    ----------
    baskets : Baskets
    levels : sequence of Level
        All itemsets that the rules are made of.
    index : ItemsetIndex
        Of these.
    options : RuleTestOptions
    progress : Progress
        What counts the hypotheses that are tested.
    """

    def __init__(
        self,
        baskets: Baskets,
        levels: Sequence[Level],
        index: ItemsetIndex,
        options: RuleTestOptions,
        progress: Progress,
    ) -> None:
        self.progress = progress
        baskets = options.conditions.sample(baskets)
        self.baskets, self.index, self.options = baskets, index, options
        self.prescreen_p = max(PRESCREEN_P, options.alpha)
        self.strata: Strata = stratify_orders(baskets, options.conditions)
        customer_of_order = baskets.cluster_of_order if options.clustered else np.arange(baskets.n_orders)
        time_blocks = options.conditions.time_blocks(baskets)
        self.clusters = Clusters.make(customer_of_order, self.strata, time_blocks)
        self.lists = OrderLists.make(lists_of_itemsets(Postings(baskets), levels, index, self.clusters), self.clusters)
        sizes = np.concatenate([np.zeros(0, np.int64), *(np.full(len(level.counts), level.size) for level in levels)])
        self.sets = SetShares(self.lists, sizes, self.strata)

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
        options = self.options
        count, mean, p, largest_p, log_lift, log_adjusted = self._test_in_blocks(split)
        if not options.conditions.can_test:
            p, largest_p = np.full((2, len(p)), np.nan)
        elif len(options.conditions.customers_apart):
            p, largest_p, mean = (np.where(count < MIN_TESTED_ORDERS, np.nan, one) for one in (p, largest_p, mean))
        q = _adjust_by_hypothesis(split, p, n_tests, options.correction)
        # Against shorter rules a rule is no longer its reverse, but for those of two products.
        q_productive = q
        if split.shape != (1, 1):
            q_productive = adjust_p_values(largest_p, options.correction, n_tests=n_tests)
        return Evidence(
            adjusted_lift=np.divide(count, mean, out=np.full(len(mean), np.nan), where=mean > 0),
            p_value=p,
            q_value=q,
            productive=(q < options.alpha) & (q_productive < options.alpha),
            log_lift_variance=log_lift,
            log_adjusted_variance=log_adjusted,
        )

    def _test_in_blocks(self, split: RuleSplit) -> Floats:
        """Compute counts, expectations, both p-values and variances, some rules at a time: shape (6, n_rules)."""
        order = np.lexsort((split.antecedent_index, split.consequent_index))
        both = self.index.find(self.index.hash_of(split.antecedents) + self.index.hash_of(split.consequents))
        split = replace(split, count=self.lists.sizes[both])  # of the orders that are tested
        columns = np.empty((6, len(order)))
        for rows in np.array_split(order, max(len(order) * self.strata.n_strata // CELLS_PER_BLOCK, 1)):
            n_done = self.progress.done + len(rows)
            columns[:, rows] = self._test_block(split.take(rows))
            self.progress.reach(n_done)
        return columns

    def _test_block(self, split: RuleSplit) -> Floats:
        options, rules = self.options, self._rule_lists(split)
        left, right = self._complement(split.antecedents), self._complement(split.consequents)
        room = remaining_room(self.strata.crowding * left * right) * (self.strata.n_orders_with_pairs > 0)
        chance = expect_orders(rules.left_share, rules.right_share, room, self.strata.n_orders_with_pairs)
        is_adjusted, count, mean, dispersion = options.test == "adjusted", split.count, chance.mean, chance.dispersion
        p = upper_tail(count, mean, dispersion) if is_adjusted else fisher_p(split, self.baskets.n_orders)
        is_tested = (p < self.prescreen_p) & (is_adjusted and not self.clusters.are_independent)
        variances = self._variances(split, rules, room, chance, is_tested)
        effects = variances.design_effect[is_tested] * dispersion[is_tested]
        p[is_tested] = upper_tail(count[is_tested], mean[is_tested], effects)
        largest_p = p if split.shape[0] == 1 else self._productivity_p(split, p)
        return np.stack([count, mean, p, largest_p, variances.log_lift, variances.log_adjusted])

    def _variances(
        self, split: RuleSplit, rules: RuleLists, room: Floats, chance: Chance, is_tested: Bools
    ) -> RuleVariances:
        """Estimate the design effects of tested rules, and the variances of lifts where the data are enough.

        The room that products leave is taken as known.
        """
        mean, n_customers = chance.mean, self.clusters.n_customers
        is_small_shop = len(self.baskets.products) < MIN_PRODUCTS_FOR_INTERVAL
        has_lift = (split.count >= MIN_ORDERS_FOR_INTERVAL) & (n_customers >= MIN_CUSTOMERS_FOR_INTERVAL)
        has_lift &= self.options.level is not None
        has_adjusted = has_lift & (mean > 0) & (not is_small_shop)
        rows = np.flatnonzero(is_tested | has_lift)
        result = RuleVariances.unknown(len(mean))
        if not len(rows):
            return result
        both = self.index.find(
            self.index.hash_of(split.antecedents[rows]) + self.index.hash_of(split.consequents[rows])
        )
        sets = both, split.antecedent_index[rows], split.consequent_index[rows]
        scale = np.divide(split.count, mean, out=np.zeros(len(mean)), where=mean > 0)[rows, None] * room[rows]
        variance = mean[rows] * chance.dispersion[rows]
        wanted = is_tested[rows], has_lift[rows], has_adjusted[rows]
        counts = self.sets.counts(sets[0]), self.sets.counts(sets[1]), self.sets.counts(sets[2])
        part = rule_variances(rules.take(rows), counts, self.clusters, self.strata, scale, variance, wanted)
        for field in fields(RuleVariances):
            getattr(result, field.name)[rows] = getattr(part, field.name)
        return result

    def _productivity_p(self, split: RuleSplit, p: Floats) -> Floats:
        """Test each rule of several products against every rule with one product less, and return the largest p-value.

        Among the orders with the shorter antecedent, the product left out must still go with the consequent.
        """
        largest = p.copy()
        for column in range(split.shape[0]):
            shorter = np.delete(split.antecedents, column, axis=1)
            given, with_rest = (
                self.index.find(self.index.hash_of(items))
                for items in (shorter, np.column_stack([shorter, split.consequents]))
            )
            chance = self._chance_within(given, split.antecedent_index, with_rest, split.shape[1])
            dispersion = chance.dispersion
            largest = np.maximum(largest, upper_tail(split.count, chance.mean, dispersion))
            if self.options.clustered and not self.clusters.are_single:
                rows = np.flatnonzero(largest < self.prescreen_p)
                sets = (given[rows], split.antecedent_index[rows], with_rest[rows])
                effects = design_effects_within(self.lists, *sets, self.strata.n_strata) * dispersion[rows]
                clustered = upper_tail(split.count[rows], chance.mean[rows], effects)
                largest[rows] = np.maximum(largest[rows], clustered)
        return largest

    def _chance_within(self, given: Ints, with_item: Ints, with_rest: Ints, n_consequents: int) -> Chance:
        """Compute how many orders with a shorter antecedent have the rest of the rule by chance."""
        item = self.sets.shares_within(with_item, given, size=1)
        consequent = self.sets.shares_within(with_rest, given, size=n_consequents)
        room = remaining_room(self.strata.crowding * (1 - item) * (1 - consequent))
        return expect_orders(item, consequent, room, self.sets.counts(given))

    def _rule_lists(self, split: RuleSplit) -> RuleLists:
        left, right = split.antecedent_index, split.consequent_index
        sides, row = np.unique(np.stack([left, right]), return_inverse=True)
        left_row, right_row = row.reshape(2, -1)
        shares = self.sets.shares(sides)
        return RuleLists(
            lists=self.lists,
            left=left,
            right=right,
            shares=shares,
            left_row=left_row,
            right_row=right_row,
            progress=self.progress,
        )

    def _complement(self, items: Ints) -> Floats:
        """Sum the shares of orders without each product of a set, by stratum."""
        sets = (self.index.find(self.index.hash_of(items[:, [column]])) for column in range(items.shape[1]))
        return sum((1 - self.sets.shares(products) for products in sets), np.zeros(1))


def count_tests(splits: Iterable[RuleSplit]) -> int:
    """Count what :meth:`RuleTester.test` goes through: a rule of two products and its reverse once."""
    return sum(len(_without_direction(split)[0]) if split.shape == (1, 1) else len(split.count) for split in splits)


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
