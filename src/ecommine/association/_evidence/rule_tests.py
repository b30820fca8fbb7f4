"""Is a rule real? The test against chance, the test against every shorter rule, and the interval of the lift."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from .._correction import Correction, q_values
from .._encoding import Ints
from .._mining.baskets import Baskets
from .._mining.postings import Postings
from .._mining.splits import Split
from .._mining.tree import Level, Lookup
from .._output.measures import Floats
from .clusters import MIN_CUSTOMERS, MIN_PRODUCTS, MIN_TOGETHER, Clusters
from .expected import CELLS, Season, Strata, expected, left_over, strata, upper_tail
from .per_rule import Side, design_effects, design_effects_within, log_lift_variances, squares, stratum_counts

Test = Literal["adjusted", "fisher"]
WORTH = 0.05
"""Only below this p-value of independent orders are customers looked at, who can but raise it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What the tests say, one array a column, in the order of the rules."""

    adjusted_lift: Floats
    p_value: Floats
    q_value: Floats
    productive: "np.ndarray[Any, Any]"
    log_lift_variance: Floats
    log_adjusted_variance: Floats


class Court:
    """Everything that judging rules needs: the baskets by stratum, by product and by customer."""

    def __init__(
        self,
        baskets: Baskets,
        found: Sequence[Level],
        lookup: Lookup,
        *,
        clustered: bool,
        season: Season | None,
        alpha: float,
    ) -> None:
        self.baskets, self.lookup, self.worth = baskets, lookup, max(WORTH, alpha)
        self.strata: Strata = strata(baskets, season)
        self.postings = Postings(baskets)
        of_order = baskets.clusters if clustered else np.arange(baskets.n_orders)
        self.clustered = clustered
        self.clusters = Clusters.make(of_order, self.strata)
        self._by_stratum = np.concatenate(
            [
                np.zeros((0, self.strata.n), np.int64),
                *(stratum_counts(self.side(one.items), self.strata) for one in found),
            ]
        )

    def counts(self, items: Ints) -> Ints:
        """Return the orders with each set of products by stratum."""
        return self._by_stratum[self.lookup.find(self.lookup.of(items))]

    def shares(self, items: Ints) -> Floats:
        """Return the share of orders with each set of products by stratum."""
        return self.strata.shares(self.counts(items), size=items.shape[1])

    def rooms(self, items: Ints) -> Floats:
        """Return the sum of the shares of orders without each product of a set, by stratum."""
        return sum((1 - self.shares(items[:, [place]]) for place in range(items.shape[1])), np.zeros(1))

    def expectation(self, split: Split) -> Floats:
        """Return how many orders would hold both sides by chance."""
        a, b = split.antecedents, split.consequents
        return expected(self.shares(a), self.shares(b), self.rooms(a), self.rooms(b), self.strata)

    def p_adjusted(self, split: Split, mean: Floats) -> Floats:
        """Test each rule against chance, given basket sizes and customers."""
        p = upper_tail(split.count, mean)
        if not self.clustered:
            return p
        left, right = self.shares(split.antecedents), self.shares(split.consequents)
        rows = np.flatnonzero(p < self.worth)
        sides = (self.side(split.antecedents[rows]), self.side(split.consequents[rows]))
        effects = design_effects(self.clusters, *sides, left[rows], right[rows], self.strata)
        p[rows] = upper_tail(split.count[rows] / effects, mean[rows] / effects)
        return p

    def p_productive(self, split: Split, p: Floats) -> Floats:
        """Test each rule of several products against every rule with one product less; the largest p-value.

        Among the orders that hold the shorter antecedent, the product left out must still go with the consequent.
        """
        worst = p.copy()
        if split.shape[0] == 1:
            return worst
        whole = self.counts(split.antecedents)
        for place in range(split.shape[0]):
            shorter = np.delete(split.antecedents, place, axis=1)
            short, both = self.counts(shorter), self.counts(np.column_stack([shorter, split.consequents]))
            item, joint = self.strata.shares(whole, short), self.strata.shares(both, short, size=split.shape[1])
            mean = (short * item * joint * left_over(self.strata.crowding * (1 - item) * (1 - joint))).sum(axis=1)
            tail = upper_tail(split.count, mean)
            worst = np.maximum(worst, tail)
            if self.clustered:
                rows = np.flatnonzero(worst < self.worth)
                parts = (shorter, split.antecedents[:, [place]], split.consequents)
                sides = (self.side(one[rows]) for one in parts)
                effects = design_effects_within(self.clusters, *sides, strata=self.strata)
                worst[rows] = np.maximum(worst[rows], upper_tail(split.count[rows] / effects, mean[rows] / effects))
        return worst

    def side(self, sets: Ints) -> Side:
        """Return sets of products with the orders that hold each product."""
        return Side(postings=self.postings, sets=sets)

    def log_lift_variance(self, split: Split) -> Floats:
        """Return the variance of each log lift; NaN where the data are too few."""
        found = np.full(len(split.count), np.nan)
        if self.clusters.n < MIN_CUSTOMERS:
            return found
        rows = np.flatnonzero(split.count >= MIN_TOGETHER)
        sides = (self.side(split.antecedents[rows]), self.side(split.consequents[rows]))
        found[rows] = log_lift_variances(self.clusters, *sides, self.baskets.n_orders)
        return found

    def log_adjusted_variance(self, split: Split, mean: Floats) -> Floats:
        """Return the variance of each log adjusted lift, likewise; what products leave each other is taken as known."""
        found = np.full(len(mean), np.nan)
        if self.clusters.n < MIN_CUSTOMERS or len(self.baskets.products) < MIN_PRODUCTS:
            return found
        rows = np.flatnonzero((split.count >= MIN_TOGETHER) & (mean > 0))
        for some in np.array_split(rows, max(len(rows) * self.strata.n // CELLS, 1)):
            a, b = split.antecedents[some], split.consequents[some]
            p, q = self.shares(a), self.shares(b)
            left = left_over(self.strata.crowding * self.rooms(a) * self.rooms(b)) * (self.strata.with_pairs > 0)
            scale = left * (split.count[some] / mean[some])[:, None]
            sums = squares(self.clusters, self.side(a), self.side(b), scale * q, scale * p, scale * p * q, self.strata)
            found[some] = sums / split.count[some] ** 2 * self.clusters.n / (self.clusters.n - 1)
        return found


def judged(
    court: Court, split: Split, *, test: Test, family: int, correction: Correction | None, level: float | None
) -> Evidence:
    """Judge the rules of one shape; a rule of two products and its reverse are judged once."""
    options = {"test": test, "family": family, "correction": correction, "level": level}
    if split.shape != (1, 1):
        return _judged(court, split, **options)
    first, inverse = _unordered(split)
    found = _judged(court, split.take(first), **options)
    return Evidence(**{field.name: getattr(found, field.name)[inverse] for field in fields(Evidence)})


def _judged(court: Court, split: Split, *, test: Any, family: Any, correction: Any, level: Any) -> Evidence:
    mean = court.expectation(split)
    p = court.p_adjusted(split, mean) if test == "adjusted" else fisher(split, court.baskets.n_orders)
    q = _corrected(split, p, family, correction)
    # Against shorter rules a rule is no longer its reverse, but for those of two products.
    q_worst = q if split.shape == (1, 1) else q_values(court.p_productive(split, p), family, correction)
    alpha, unknown = 0.05 if level is None else 1 - level, np.full(len(mean), np.nan)
    return Evidence(
        adjusted_lift=np.divide(split.count, mean, out=np.full(len(mean), np.nan), where=mean > 0),
        p_value=p,
        q_value=q,
        productive=(q < alpha) & (q_worst < alpha),
        log_lift_variance=unknown if level is None else court.log_lift_variance(split),
        log_adjusted_variance=unknown if level is None else court.log_adjusted_variance(split, mean),
    )


def fisher(split: Split, n_orders: int) -> Floats:
    """Return the one-sided p-value of Fisher's exact test, which takes all orders for alike."""
    from scipy.stats import hypergeom

    return np.asarray(hypergeom.sf(split.count - 1, n_orders, split.with_antecedent, split.with_consequent))


def _corrected(split: Split, p: Floats, family: int, correction: Correction | None) -> Floats:
    """Correct p-values; a rule and its reverse are one hypothesis where both sides are of one size."""
    if split.shape[0] != split.shape[1]:
        return q_values(p, family, correction)
    first, inverse = _unordered(split)
    return q_values(p[first], family, correction)[inverse]


def _unordered(split: Split) -> tuple[Ints, Ints]:
    """Find rules that differ in more than their direction: the first of each, and which one each rule is."""
    together = np.concatenate([split.antecedents, split.consequents])
    keys = np.unique(together, axis=0, return_inverse=True)[1].reshape(2, -1)
    _, first, inverse = np.unique(np.sort(keys, axis=0), axis=1, return_index=True, return_inverse=True)
    return first, inverse.ravel()
