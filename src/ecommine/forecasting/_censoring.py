r"""Demand behind sales that ended with the stock: the censored likelihood, by expectation and maximisation.

A period that sold :math:`s` of what it had is worth :math:`P(D = s)` while something was left, and
:math:`P(D \ge s)` where nothing was. Demand has a mean of :math:`\lambda_t` and the variance :math:`\phi \lambda_t`:
a Poisson distribution where :math:`\phi = 1`, a negative binomial one above. Its expectation where only
:math:`D \ge s` is known follows from the upper tails :math:`Q` of distributions one and two demands further on,

.. math:: E[D \mid D \ge s] = \lambda \, Q_{+1}(s - 1) \, / \, Q(s)

With it in the place of what was sold, :math:`\lambda_t` is estimated anew, as the level around the period times the
factor of its place in the season that all series share, until neither changes. Where each sale emptied the shelf only
:math:`P(D > 0)` shows, which any :math:`\phi` fits: demand is taken as Poisson there.

References
----------
Nahmias, S. (1994). Demand estimation in lost sales inventory systems. Naval Research Logistics 41(6), 739-757.
https://doi.org/10.1002/1520-6750(199410)41:6<739::AID-NAV3220410605>3.0.CO;2-A

Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from incomplete data via the EM algorithm.
Journal of the Royal Statistical Society B 39(1), 1-38. https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
"""

from dataclasses import dataclass

import numpy as np

from .._stats.arrays import Bools, Floats, Ints, divide
from .._stats.shrinkage import shrink_rates

SMOOTHING = 0.03
"""Weight of the next period in the level, from either side: about 65 periods count."""
MAX_STEPS = 300
TOLERANCE = 1e-4
"""Relative change of the mean level at which the estimate stands."""
MAX_DISPERSION = 50.0
MIN_SEASONS = 4
"""Seasons from which on a place in the season has a factor of its own."""
_MIN_RATE, _MIN_CHANCE, _MIN_FACTOR = 1e-9, 1e-300, 0.01
_POISSON = 1.001
"""Dispersion up to which demand is Poisson."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncensored:
    """Expected demand of each period.

    Attributes
    ----------
    demand : float array of shape (n_series, n_periods)
        What was sold, the expectation where it sold out, NaN where nothing is known.
    rate : float array of shape (n_series, n_periods)
        Mean demand at the time, also where nothing is known.
    dispersion : float array of shape (n_series,)
        Variance of demand over its mean.
    """

    demand: Floats
    rate: Floats
    dispersion: Floats


def uncensored_demand(sold: Floats, is_censored: Bools, *, season_length: int = 1) -> Uncensored:
    """Estimate demand from sales that in some periods ended with the stock.

    Parameters
    ----------
    sold : float array of shape (n_series, n_periods)
        Units, NaN where nothing could be sold or nothing is known.
    is_censored : bool array of shape (n_series, n_periods)
        Where all that was there was sold.
    season_length : int, default 1
        Periods after which demand repeats, such as 7 days.

    Examples
    --------
    >>> sold = np.array([[4.0, 3.0, 2.0, 5.0, 4.0, 3.0, 4.0, 2.0]])
    >>> uncensored_demand(sold, sold == 2).demand.round(1).tolist()
    [[4.0, 3.0, 4.3, 5.0, 4.0, 3.0, 4.0, 4.3]]
    """
    is_known = ~np.isnan(sold)
    is_censored = is_censored & is_known
    demand, dispersion = sold.copy(), np.ones(len(sold))
    season = _Season(demand, is_known, season_length)
    every = np.arange(len(sold))
    rate, last = season.rates(every, demand, is_known, dispersion), np.zeros(len(sold))
    has_spread = (~is_censored & (demand > 0)).any(axis=1)
    rows = np.flatnonzero(is_censored.any(axis=1))
    for _ in range(MAX_STEPS):
        if not len(rows):
            break
        # Most series stand after a few steps: only those that still change are estimated anew.
        known, censored, around = is_known[rows], is_censored[rows], dispersion[rows]
        demand[rows], second = _expected(sold[rows], rate[rows], around, censored)
        rate[rows] = season.rates(rows, demand[rows], known, dispersion)
        spread = _dispersions(demand[rows], rate[rows], known, censored, second)
        dispersion[rows] = np.where(has_spread[rows], spread, 1.0)
        level = _mean(demand[rows], known)
        is_open = np.abs(level - last[rows]) > TOLERANCE * np.maximum(level, _MIN_RATE)
        last[rows] = level
        rows = rows[is_open]
    rate = season.rates(every, demand, is_known, dispersion)
    return Uncensored(demand=demand, rate=rate, dispersion=dispersion)


def _expected(sold: Floats, rate: Floats, dispersion: Floats, is_censored: Bools) -> tuple[Floats, Floats]:
    """Return demand, its expectation where it sold out, and the expected squares there."""
    demand = sold.copy()
    series = np.nonzero(is_censored)[0]
    demand[is_censored], second = _moments_beyond(sold[is_censored], rate[is_censored], dispersion[series])
    return demand, second


def _moments_beyond(sold: Floats, rate: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
    """Return E[D | D >= s] and E[D^2 | D >= s]."""
    rate = np.maximum(rate, _MIN_RATE)
    chance, below, second_below = _upper_tails(sold, rate, dispersion)
    is_possible = chance > _MIN_CHANCE
    safe = np.where(is_possible, chance, 1.0)
    first = rate * (chance + below) / safe
    # The second factorial moment of a negative binomial of size r is rate^2 (r + 1) / r, with r = rate / (phi - 1).
    factorial = (rate**2 + rate * (dispersion - 1)) * (chance + below + second_below) / safe
    first = np.where(is_possible, np.maximum(first, sold), sold)
    second = np.where(is_possible, np.maximum(factorial + first, first**2), sold**2)
    return first, second


def _upper_tails(least: Floats, rate: Floats, dispersion: Floats) -> tuple[Floats, Floats, Floats]:
    """Return P(D >= least), what P(D >= least - 1) of one demand more adds to it, and two of two more to that.

    One incomplete beta function is enough: the others are neighbours of it, a term each apart (DLMF 8.17.20, 8.8.5).
    """
    from scipy.special import betainc, gammainc, gammaln

    is_over, positive = dispersion > _POISSON, np.maximum(least, 1e-9)
    size, share = rate / np.where(is_over, dispersion - 1, 1.0), np.where(is_over, 1 - 1 / dispersion, 0.5)
    chance, log_term = np.empty(len(rate)), np.empty(len(rate))
    over, plain = np.flatnonzero(is_over), np.flatnonzero(~is_over)
    chance[over] = betainc(positive[over], size[over], share[over])
    chance[plain] = gammainc(positive[plain], rate[plain])
    log_term[plain] = (positive[plain] - 1) * np.log(rate[plain]) - rate[plain]
    log_term[over] = (positive[over] - 1) * np.log(share[over]) + size[over] * np.log1p(-share[over])
    log_term[over] += gammaln(positive[over] + size[over]) - gammaln(size[over] + 1)
    term = np.exp(log_term - gammaln(positive))
    further = term * (positive - 1) * np.where(is_over, (1 - share) / share / (size + 1), 1 / rate)
    # At least nothing is certain, and at least one less than that is as well.
    chance, term = np.where(least <= 0, 1.0, chance), np.where(least <= 0, 0.0, term)
    return chance, term, np.where(least <= 1, 0.0, further)


class _Season:
    """The level of each series times the factor of a period's place in the season, which all series share."""

    __slots__ = ("factor", "length", "nearness", "sums")

    def __init__(self, demand: Floats, is_known: Bools, season_length: int) -> None:
        n_series, n_periods = demand.shape
        self.length = season_length if n_periods >= MIN_SEASONS * season_length else 1
        self.nearness = _near(is_known)
        self.sums = np.zeros((2, n_series, self.length))
        self._count(np.arange(n_series), demand, is_known)

    def rates(self, rows: Ints, demand: Floats, is_known: Bools, dispersion: Floats) -> Floats:
        """Return the mean demand of some series; the others stand as they were counted last."""
        if self.length == 1:
            return self._levels(rows, demand, is_known)
        self._count(rows, demand, is_known)
        units, expected = self.sums.sum(axis=1) / dispersion.mean()
        factor = np.maximum(shrink_rates(units, expected), _MIN_FACTOR)
        in_period = np.resize(factor / factor.mean(), demand.shape[1])
        return self._levels(rows, demand / in_period, is_known) * in_period

    def _count(self, rows: Ints, demand: Floats, is_known: Bools) -> None:
        """Add up demand, and the level that does not know the season, by place in the season."""
        level = self._levels(rows, demand, is_known)
        place = np.eye(self.length)[np.arange(demand.shape[1]) % self.length]
        self.sums[:, rows] = np.where(is_known, demand, 0) @ place, np.where(is_known, level, 0) @ place

    def _levels(self, rows: Ints, demand: Floats, is_known: Bools) -> Floats:
        """Return means of demand around each period, weighted by how near it is, on both sides."""
        weight = self.nearness[rows]
        return np.divide(_near(np.where(is_known, demand, 0)), weight, out=np.zeros(weight.shape), where=weight > 1e-12)


def _near(values: "Floats | Bools") -> Floats:
    """Return sums of values around each period, weighted by how near they are, on both sides."""
    from scipy.signal import lfilter

    ahead, back = (lfilter([1.0], [1.0, SMOOTHING - 1], side, axis=1) for side in (values, values[:, ::-1]))
    return np.asarray(ahead + back[:, ::-1] - values, dtype=np.float64)


def _dispersions(demand: Floats, rate: Floats, is_known: Bools, is_censored: Bools, second: Floats) -> Floats:
    """Return the variance over the mean of each series, from the expected squares where demand is not known."""
    square = np.where(is_known, demand, 0) ** 2
    square[is_censored] = second
    deviation = np.where(is_known, square - 2 * np.nan_to_num(demand) * rate + rate**2, 0).sum(axis=1)
    expected = np.where(is_known, rate, 0).sum(axis=1)
    ratio = np.divide(deviation, expected, out=np.ones(len(demand)), where=expected > 0)
    return np.asarray(np.clip(ratio, 1.0, MAX_DISPERSION))


def _mean(demand: Floats, is_known: Bools) -> Floats:
    return np.nan_to_num(divide(np.where(is_known, demand, 0).sum(axis=1), is_known.sum(axis=1)))
