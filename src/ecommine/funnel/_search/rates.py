r"""Shares of many queries at once: intervals for correlated searches, tests against the rest, shrinkage.

Five searches of one visitor tell less than those of five visitors. The outcomes of two searches of one visitor for one
query have the correlation :math:`\rho`, estimated from all queries together, since a rare query tells nothing of it.
Then :math:`n` searches of a query tell as much as :math:`n_\text{eff} = n / (1 + \rho\, m / n)`
independent ones, with :math:`m` ordered pairs of searches of one visitor (Kish 1965). Intervals are Jeffreys'
(quantiles of a beta distribution; Brown, Cai and DasGupta 2001), which hold their level for rare queries and small
shares; the p-value is the posterior chance of the same distribution to lie on the other side of the rest.

References
----------
Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation for a binomial proportion. Statistical Science
16(2), 101-133. https://doi.org/10.1214/ss/1009213286

Kish, L. (1965). Survey sampling. Wiley.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import divide, sums_by_group
from ..._stats.intervals import jeffreys_interval, log_interval, normal_quantile
from ..._stats.intraclass import ClustersOfGroups, pooled_effective_trials
from ..._stats.shrinkage import shrink_shares

MIN_BUYERS_FOR_INTERVAL = 10
"""Visitors with money from which revenue per search has an interval."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryRates:
    """A share of searches by query: arrays of shape (n_queries,)."""

    successes: Floats  # searches that succeed
    n: Floats  # all searches
    n_effective: Floats  # the number of independent ones that tell as much
    all_successes: float  # of all queries, also where only some of them are kept
    all_n: float

    @property
    def share(self) -> Floats:
        """The share, NaN where there is no search."""
        return divide(self.successes, self.n)

    @property
    def overall(self) -> float:
        """The share of all queries together."""
        return self.all_successes / self.all_n if self.all_n else float("nan")

    @property
    def rest(self) -> Floats:
        """The share of all other queries together, with half a search to either side, so that it is neither 0 nor 1."""
        others = self.all_n - self.n
        return np.where(others > 0, (self.all_successes - self.successes + 0.5) / (others + 1), np.nan)

    def take(self, rows: Ints) -> "QueryRates":
        """Return some queries."""
        return replace(self, successes=self.successes[rows], n=self.n[rows], n_effective=self.n_effective[rows])

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Compute Jeffreys' intervals; NaN where there is no search."""
        return jeffreys_interval(self._effective_successes(), self.n_effective, level)

    def p_values(self, *, above: bool) -> Floats:
        """Compute the posterior chance that the query is no worse than the rest: worse is above it, or below it."""
        from scipy.special import betainc, betaincc

        successes, rest = self._effective_successes(), np.nan_to_num(self.rest)
        no_worse = (betainc if above else betaincc)(successes + 0.5, self.n_effective - successes + 0.5, rest)
        varies = 0 < self.all_successes < self.all_n
        return np.where((self.n > 0) & ~np.isnan(self.rest) & varies, no_worse, np.nan)

    def shrunk(self) -> Floats:
        """Estimate the shares with rare queries drawn to the share of all (beta-binomial)."""
        return shrink_shares(self.share, self.n_effective, self.overall)

    def _effective_successes(self) -> Floats:
        return np.nan_to_num(self.share) * self.n_effective


def estimate_rates(is_success: Bools, is_counted: Bools, searches: ClustersOfGroups) -> QueryRates:
    """Estimate a share by query over the searches that count."""
    trials = pooled_effective_trials(is_success, is_counted, searches)
    return QueryRates(
        successes=trials.successes,
        n=trials.n,
        n_effective=trials.n_effective,
        all_successes=float(trials.successes.sum()),
        all_n=float(trials.n.sum()),
    )


def money_per_search(
    money: Floats, is_counted: Bools, searches: ClustersOfGroups, level: float
) -> tuple[Floats, Floats, Floats]:
    """Return money per search with its interval on the logarithmic scale, NaN where few visitors brought money."""
    weight, counted_money = is_counted * 1.0, np.where(is_counted, money, 0.0)
    n, total = searches.sums_of_groups(weight), searches.sums_of_groups(counted_money)
    mean = divide(total, n)
    residuals = searches.sums_of_cells(np.where(is_counted, money - np.nan_to_num(mean)[searches.group], 0.0))
    of_cells = (searches.sums_of_cells(counted_money) > 0, searches.sums_of_cells(weight) > 0, residuals**2)
    n_buyers, n_visitors, squares = (
        sums_by_group(searches.group_of_cell, values, searches.n_groups) for values in of_cells
    )
    variance = squares * divide(n_visitors, n_visitors - 1)
    has_interval = (n_buyers >= MIN_BUYERS_FOR_INTERVAL) & (total > 0)
    log_error = np.where(has_interval, divide(np.sqrt(variance), total), np.nan)
    return mean, *log_interval(mean, log_error, normal_quantile(level))
