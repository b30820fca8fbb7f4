"""Time to the second purchase of each customer, shares that return within some days, and tests between groups."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import divide
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import wilson_interval
from ..._stats.survival import survival_by_row
from .._read.days import CustomerDays

MIN_OBSERVED = 10
"""Customers observed for so long, returned or not, below whom the share is null unless all are observed.

A limit on those who have not returned would show the shares of the samples in which few return, and these are too low.
"""
MIN_EXPECTED = 5.0
"""Returns, and customers without one, that a test expects on each side; below it there is no test."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Returns:
    """When each customer bought again, or until when it is known that she did not.

    Attributes
    ----------
    age : int array of shape (n_customers,)
        Days from the first purchase to `as_of`.
    gap : int array of shape (n_customers,)
        Days to the second purchase, the age without one.
    returned : bool array of shape (n_customers,)
    """

    age: Ints
    gap: Ints
    returned: Bools

    @classmethod
    def of(cls, days: CustomerDays) -> "Returns":
        """Find the second purchase of each customer."""
        customer, day = days.purchases()
        first = np.searchsorted(customer, np.arange(days.n_customers))
        second = np.minimum(first + 1, max(len(customer) - 1, 0))
        age = days.today - days.first_day
        if not days.n_customers:
            return cls(age=age, gap=age, returned=np.zeros(0, dtype=bool))
        returned = (second > first) & (customer[second] == np.arange(days.n_customers))
        return cls(age=age, gap=np.where(returned, day[second] - days.first_day, age), returned=returned)

    def counts(self, group: Ints, n_groups: int, longest: int) -> "ReturnCounts":
        """Count by group, up to an age, who returns and who is seen no longer; customers of group -1 are left out."""
        width = longest + 2  # the last column is all that is later
        kept = group >= 0
        group, late = group[kept], longest + 1
        gap, age, returned = (values[kept] for values in (self.gap, self.age, self.returned))
        key = group * width + np.minimum(gap, late)

        def count(keys: Ints) -> Ints:
            return np.bincount(keys, minlength=n_groups * width).reshape(n_groups, width)

        ages = count(group * width + np.minimum(age, late))
        return ReturnCounts(count(key[returned]), count(key[~returned]), ages)


@dataclass(frozen=True, slots=True, eq=False)
class ReturnCounts:
    """Customers by group and day: those who return then, those seen until then without, and all by their age.

    Attributes
    ----------
    events, censored, age : int arrays of shape (n_groups, longest + 2)
        The last column is all that is later.
    """

    events: Ints
    censored: Ints
    age: Ints

    @property
    def n(self) -> Ints:
        """Customers of each group."""
        return np.asarray(self.age.sum(axis=1))

    def rows(self, chosen: Any) -> "ReturnCounts":
        """Return the counts of some groups."""
        return ReturnCounts(self.events[chosen], self.censored[chosen], self.age[chosen])

    def rest(self, shop: Ints) -> "ReturnCounts":
        """Return for each group the counts of all others of its shop, whose number is given."""
        parts = []
        for values in (self.events, self.censored, self.age):
            total = np.zeros((int(shop.max(initial=-1)) + 1, values.shape[1]), dtype=np.int64)
            np.add.at(total, shop, values)
            parts.append(total[shop] - values)
        return ReturnCounts(*parts)

    def share_within(self, within: Ints, z: float) -> "ReturnShares":
        """Estimate by Kaplan and Meier the share that returns on days 1 to N, for each N, with Wilson's limits."""
        n, events, gone = self.n[:, None], self.events[:, :-1], (self.events + self.censored)[:, :-1]
        until = np.cumsum(gone, axis=1)
        at_risk = n - until + gone
        survival, greenwood = (sums[:, within] for sums in survival_by_row(at_risk, events))
        observed = n - np.cumsum(self.age, axis=1)[:, within - 1]
        at_risk = n - until[:, within - 1]
        share = np.where((n > 0) & ((observed == n) | (observed >= MIN_OBSERVED)), 1 - survival, np.nan)
        size = effective_sample_size(share, survival**2 * greenwood, observed.astype(np.float64))
        low, high = wilson_interval(share, size, z)
        return ReturnShares(
            share=share,
            low=low,
            high=high,
            n_effective=size,
            at_risk=at_risk,
            observed=divide(observed, n),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReturnShares:
    """Shares that return within each number of days, of each group; NaN where too few are observed.

    Attributes
    ----------
    share, low, high, n_effective, observed : float arrays of shape (n_groups, n_lengths)
    at_risk : int array of shape (n_groups, n_lengths)
    """

    share: Floats
    low: Floats
    high: Floats
    n_effective: Floats
    at_risk: Ints
    observed: Floats

    def events_of(self, chosen: Bools) -> tuple[Floats, Floats]:
        """Return the whole numbers of returns, and of customers, that some of the shares are worth."""
        n = np.rint(self.n_effective[chosen])
        return np.rint(self.share[chosen] * n), n

    def row(self, group: int) -> "ReturnShares":
        """Return those of one group, arrays of shape (n_lengths,)."""
        return ReturnShares(**{field.name: getattr(self, field.name)[group] for field in fields(self)})


def p_values_against_rest(counts: ReturnCounts, shop: Ints, within: Ints) -> Floats:
    """Test each group against all others of its shop; NaN where too few returns are expected for the test to hold."""
    one, other = counts.share_within(within, 1.0), counts.rest(shop).share_within(within, 1.0)
    total = one.n_effective + other.n_effective
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (one.share * one.n_effective + other.share * other.n_effective) / total
        rarer = np.minimum(pooled, 1 - pooled) * np.minimum(one.n_effective, other.n_effective)
    p, has_test = np.full(rarer.shape, np.nan), rarer >= MIN_EXPECTED
    p[has_test] = _mid_p_values(*(side for shares in (one, other) for side in shares.events_of(has_test)))
    return p


def _mid_p_values(x: Floats, n: Floats, x_rest: Floats, n_rest: Floats) -> Floats:
    """Return twice the smaller tail of the hypergeometric distribution, half of what was seen itself left out.

    The counts are those of the effective sample sizes, in whole numbers. A normal test finds too much in the upper
    tail of small cohorts.
    """
    from scipy.stats import hypergeom

    total, events = n + n_rest, x + x_rest
    seen = hypergeom.pmf(x, total, events, n)
    below, above = hypergeom.cdf(x, total, events, n), hypergeom.sf(x - 1, total, events, n)
    return np.asarray(np.minimum(2 * (np.minimum(below, above) - seen / 2), 1.0), dtype=np.float64)
