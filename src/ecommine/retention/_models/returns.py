"""Time to the second purchase of each customer, shares that return within some days, and tests between groups."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import Shares, equal_shares_p_values
from ..._stats.survival import KaplanMeier
from .._read.days import CustomerDays

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

    def curve(self, members: Bools, longest: int) -> KaplanMeier:
        """Estimate the curve of the return of some customers."""
        return KaplanMeier.from_durations(self.gap[members], self.returned[members], longest + 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReturnShares:
    """Shares that return within each number of days, of one group; NaN where nobody is observed so long."""

    share: Floats
    n_effective: Floats
    at_risk: Ints
    observed: Floats


def share_within(returns: Returns, members: Bools, within: Ints) -> ReturnShares:
    """Estimate by Kaplan and Meier the share of some customers that returns on days 1 to N, for each N."""
    n = int(members.sum())
    age, gap = returns.age[members], returns.gap[members]
    full = (age[None, :] >= within[:, None]).sum(axis=1)
    at_risk = (gap[None, :] >= within[:, None]).sum(axis=1)
    if not n:
        nothing = np.full(len(within), np.nan)
        return ReturnShares(share=nothing, n_effective=np.zeros(len(within)), at_risk=at_risk, observed=nothing)
    share, variance = returns.curve(members, int(within.max())).share_at(within)
    share = np.where(full > 0, share, np.nan)
    size = effective_sample_size(share, variance, full.astype(np.float64))
    return ReturnShares(share=share, n_effective=size, at_risk=at_risk, observed=full / n)


def p_values_against_rest(share: ReturnShares, rest: ReturnShares) -> Floats:
    """Test one group against all others; NaN where too few returns are expected on a side for the test to hold."""
    sides = [Shares.of(side.share, side.n_effective, 1.0) for side in (share, rest)]
    total = share.n_effective + rest.n_effective
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (share.share * share.n_effective + rest.share * rest.n_effective) / total
        rarer = np.minimum(pooled, 1 - pooled) * np.minimum(share.n_effective, rest.n_effective)
    return np.where(rarer >= MIN_EXPECTED, equal_shares_p_values(*sides), np.nan)
