r"""Shares of many queries at once: intervals that know of visitors, tests against the rest, shrinkage.

A visitor who searches for one thing five times tells less than five visitors. Of two searches of one visitor for one
query the outcomes have the correlation :math:`\rho`, estimated from all queries together, since a rare query tells
nothing of it. Then :math:`n` searches of a query tell as much as :math:`n_\text{eff} = n / (1 + \rho\, m / n)`
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
from functools import cached_property
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows
from .._curves import normal_quantile
from .._shares import divided

Weights = np.ndarray[Any, np.dtype[Any]]
BUYERS = 10
"""Visitors with money from which the interval of money a search is given."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rate:
    """One share for each query: ``hits`` of ``n`` searches, which tell as much as ``n_eff`` independent ones.

    ``all_hits`` of ``all_n`` are those of all queries, also where only some of them are kept.
    """

    hits: Floats
    n: Floats
    n_eff: Floats
    all_hits: float
    all_n: float

    @property
    def share(self) -> Floats:
        """The share, NaN where there is no search."""
        return divided(self.hits, self.n)

    @property
    def whole(self) -> float:
        """The share of all queries together."""
        return self.all_hits / self.all_n if self.all_n else float("nan")

    @property
    def rest(self) -> Floats:
        """The share of all other queries together, with half a search to either side: never 0, which nothing is."""
        others = self.all_n - self.n
        return np.where(others > 0, (self.all_hits - self.hits + 0.5) / (others + 1), np.nan)

    def take(self, rows: Ints) -> "Rate":
        """Keep some queries."""
        return replace(self, hits=self.hits[rows], n=self.n[rows], n_eff=self.n_eff[rows])

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Return Jeffreys' interval; the whole of [0, 1] is never given: no search, no interval."""
        from scipy.special import betaincinv

        tail, hits = (1 - level) / 2, self._effective_hits()
        left = np.where(self.n > 0, self.n_eff - hits, np.nan)
        low = np.where(hits > 0, betaincinv(hits + 0.5, left + 0.5, tail), 0.0)
        high = np.where(left > 0, betaincinv(hits + 0.5, left + 0.5, 1 - tail), 1.0)
        return np.where(self.n > 0, low, np.nan), np.where(self.n > 0, high, np.nan)

    def p_values(self, *, above: bool) -> Floats:
        """Return how likely the query is no worse than the rest: worse is above it, or below it."""
        from scipy.special import betainc, betaincc

        hits, rest = self._effective_hits(), np.nan_to_num(self.rest)
        no_worse = (betainc if above else betaincc)(hits + 0.5, self.n_eff - hits + 0.5, rest)
        differ = 0 < self.all_hits < self.all_n
        return np.where((self.n > 0) & ~np.isnan(self.rest) & differ, no_worse, np.nan)

    def shrunk(self) -> Floats:
        """Draw rare queries to the share of all, by as much as queries are alike (beta-binomial, moments)."""
        typical, n = self.whole, self.n_eff
        if not 0 < typical < 1 or not n.sum():
            return np.where(self.n > 0, typical, np.nan)
        spread = between(self.share, n, typical, typical * (1 - typical))
        if spread <= 0:
            return np.where(self.n > 0, typical, np.nan)
        weight = max(typical * (1 - typical) / spread - 1, 1e-9)
        return np.where(self.n > 0, (self._effective_hits() + weight * typical) / (n + weight), np.nan)

    def _effective_hits(self) -> Floats:
        return np.nan_to_num(self.share) * self.n_eff


class Pairs:
    """Searches of one query by one visitor, taken together."""

    def __init__(self, query: Ints, unit: Ints, count: int) -> None:
        """Give each pair of query and visitor a number."""
        self.query, self.count = query, count
        self.number, first = distinct_rows(query * (int(unit.max(initial=0)) + 1) + unit)
        self.query_of = query[first]

    @cached_property
    def visitors(self) -> Floats:
        """Visitors of each query."""
        return np.bincount(self.query_of, minlength=self.count).astype(np.float64)

    def within(self, weights: Weights) -> Floats:
        """Sum weights by query and visitor."""
        return np.bincount(self.number, weights, minlength=len(self.query_of)).astype(np.float64)

    def by_query(self, weights: Weights) -> Floats:
        """Sum weights of searches by query."""
        return np.bincount(self.query, weights, minlength=self.count).astype(np.float64)

    def crossed(self, weights: Weights) -> Floats:
        """Sum the products of two different searches of one visitor and query, by query."""
        squares = np.bincount(self.query_of, self.within(weights) ** 2, minlength=self.count)
        return np.asarray(squares - self.by_query(weights**2), dtype=np.float64)


def rate(hit: Bools, seen: Bools, pairs: Pairs) -> Rate:
    """Measure a share by query over the searches that are ``seen``."""
    n, hits = pairs.by_query(seen * 1.0), pairs.by_query((hit & seen) * 1.0)
    share = np.nan_to_num(divided(hits, n))
    variance, twins = share * (1 - share), pairs.crossed(seen * 1.0)
    residual = np.where(seen, hit - share[pairs.query], 0.0)
    # The share is estimated from the same searches, which draws products of residuals down by variance / n.
    crossed = pairs.crossed(residual) + variance * np.nan_to_num(divided(twins, n))
    expected = float((twins * variance).sum())
    alike = min(max(float(crossed.sum()) / expected, 0.0), 1.0) if expected > 0 else 0.0
    n_eff = n / (1 + alike * np.nan_to_num(divided(twins, n)))
    return Rate(hits=hits, n=n, n_eff=n_eff, all_hits=float(hits.sum()), all_n=float(n.sum()))


def money_interval(money: Floats, seen: Bools, pairs: Pairs, level: float) -> tuple[Floats, Floats, Floats]:
    """Return money a search with its interval on the logarithmic scale, null where few visitors brought money."""
    n, total = pairs.by_query(seen * 1.0), pairs.by_query(np.where(seen, money, 0.0))
    each = divided(total, n)
    sums = pairs.within(np.where(seen, money - np.nan_to_num(each)[pairs.query], 0.0))
    buyers = np.bincount(pairs.query_of, pairs.within(np.where(seen, money, 0.0)) > 0, minlength=pairs.count)
    visitors = np.bincount(pairs.query_of, pairs.within(seen * 1.0) > 0, minlength=pairs.count)
    variance = np.bincount(pairs.query_of, sums**2, minlength=pairs.count) * divided(visitors, visitors - 1)
    known = (buyers >= BUYERS) & (total > 0)
    half = normal_quantile(level) * divided(np.sqrt(variance), total)
    factor = np.exp(np.where(known, half, np.nan))
    return each, each / factor, each * factor


def between(value: Floats, n: Floats, mean: float, noise: float) -> float:
    """Estimate how much queries differ in truth: their variance less that of chance, by moments."""
    known = n > 0
    n, value = n[known], value[known]
    freedom = float(n.sum() - (n**2).sum() / n.sum())
    squares = float((n * (value - mean) ** 2).sum())
    return max((squares - (len(n) - 1) * noise) / freedom, 0.0) if freedom > 0 else 0.0
