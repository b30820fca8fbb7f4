"""Time to the second purchase of each customer, shares that return within some days, and tests between groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import divide
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import wilson_interval
from ..._stats.survival import KaplanMeier
from .._read.days import CustomerDays

MIN_AT_RISK = 10
"""Customers known not to have returned yet, below whom the share is null unless all are observed."""
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

    def counts(self, group: Ints, n_groups: int, longest: int) -> "list[ReturnCounts]":
        """Count by group, up to an age, who returns and who is seen no longer; customers of group -1 are left out."""
        width = longest + 2  # the last column is all that is later
        kept = group >= 0
        group, late = group[kept], longest + 1
        gap, age, returned = (values[kept] for values in (self.gap, self.age, self.returned))
        key = group * width + np.minimum(gap, late)

        def count(keys: Ints) -> Ints:
            return np.bincount(keys, minlength=n_groups * width).reshape(n_groups, width)

        events, censored = count(key[returned]), count(key[~returned])
        ages = count(group * width + np.minimum(age, late))
        return [ReturnCounts(*parts) for parts in zip(events, censored, ages, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class ReturnCounts:
    """Customers of one group by day: those who return then, those seen until then without, and all by their age."""

    events: Ints
    censored: Ints
    age: Ints

    @property
    def n(self) -> int:
        """Customers."""
        return int(self.age.sum())

    def __sub__(self, other: "ReturnCounts") -> "ReturnCounts":
        return ReturnCounts(self.events - other.events, self.censored - other.censored, self.age - other.age)

    @classmethod
    def total(cls, parts: "Sequence[ReturnCounts]") -> "ReturnCounts":
        """Add up groups."""
        return cls(*(np.sum([getattr(part, name) for part in parts], axis=0) for name in ("events", "censored", "age")))

    @property
    def curve(self) -> KaplanMeier:
        """The curve of the return."""
        late = len(self.events) - 1
        return KaplanMeier.from_counts(
            np.arange(late), self.events[:-1], self.censored[:-1], late=int(self.events[-1]), n=self.n, horizon=late
        )

    def share_within(self, within: Ints, z: float) -> "ReturnShares":
        """Estimate by Kaplan and Meier the share that returns on days 1 to N, for each N, with Wilson's limits."""
        n = self.n
        observed = n - np.cumsum(self.age)[within - 1]
        share, variance = self.curve.share_at(within)
        at_risk = n - np.cumsum(self.events + self.censored)[within - 1]
        share = np.where((n > 0) & ((observed == n) | (at_risk >= MIN_AT_RISK)), share, np.nan)
        size = effective_sample_size(share, variance, observed.astype(np.float64))
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
    """Shares that return within each number of days, of one group; NaN where too few are at risk."""

    share: Floats
    low: Floats
    high: Floats
    n_effective: Floats
    at_risk: Ints
    observed: Floats


def p_values_against_rest(counts: ReturnCounts, rest: ReturnCounts, within: Ints) -> Floats:
    """Test one group against all others; NaN where too few returns are expected on a side for the test to hold."""
    one, other = counts.share_within(within, 1.0), rest.share_within(within, 1.0)
    total = one.n_effective + other.n_effective
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (one.share * one.n_effective + other.share * other.n_effective) / total
        rarer = np.minimum(pooled, 1 - pooled) * np.minimum(one.n_effective, other.n_effective)
    return np.where(rarer >= MIN_EXPECTED, _mid_p_values(one, other), np.nan)


def _mid_p_values(one: ReturnShares, other: ReturnShares) -> Floats:
    """Return twice the smaller tail of the hypergeometric distribution, half of what was seen itself left out.

    The counts are those of the effective sample sizes, in whole numbers. A normal test finds too much in the upper
    tail of small cohorts.
    """
    from scipy.stats import hypergeom

    shares, sizes = ([getattr(side, name) for side in (one, other)] for name in ("share", "n_effective"))
    n, n_rest = (np.rint(size) for size in sizes)
    x, x_rest = (np.rint(np.nan_to_num(share) * size) for share, size in zip(shares, (n, n_rest), strict=True))
    total, events = n + n_rest, x + x_rest
    seen = hypergeom.pmf(x, total, events, n)
    below, above = hypergeom.cdf(x, total, events, n), hypergeom.sf(x - 1, total, events, n)
    return np.asarray(np.minimum(2 * (np.minimum(below, above) - seen / 2), 1.0), dtype=np.float64)
