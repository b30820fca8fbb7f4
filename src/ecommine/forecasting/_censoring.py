r"""Demand behind sales that ended with the stock: the censored likelihood, by expectation and maximisation.

A period that sold :math:`s` of what it had is worth :math:`P(D = s)` while something was left, and
:math:`P(D \ge s)` where nothing was. Demand has a mean of :math:`\lambda_t` and the variance :math:`\phi \lambda_t`:
a Poisson distribution where :math:`\phi = 1`, a negative binomial one above. Its expectation where only
:math:`D \ge s` is known follows from the upper tails :math:`Q` of distributions one and two demands further on,

.. math:: E[D \mid D \ge s] = \lambda \, Q_{+1}(s - 1) \, / \, Q(s)

With it in the place of what was sold, :math:`\lambda_t` is estimated anew, as the level around the period times the
factor of its place in the season that all series share, until neither changes.

References
----------
Nahmias, S. (1994). Demand estimation in lost sales inventory systems. Naval Research Logistics 41(6), 739-757.
https://doi.org/10.1002/1520-6750(199410)41:6<739::AID-NAV3220410605>3.0.CO;2-A

Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from incomplete data via the EM algorithm.
Journal of the Royal Statistical Society B 39(1), 1-38. https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
"""

from dataclasses import dataclass

import numpy as np

from .._stats.arrays import Bools, Floats, divide
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
    rate, last = _rates(demand, is_known, season_length, dispersion), np.zeros(len(sold))
    if not is_censored.any():
        return Uncensored(demand=demand, rate=rate, dispersion=dispersion)
    has_censored = is_censored.any(axis=1)
    for _ in range(MAX_STEPS):
        series = np.nonzero(is_censored)[0]
        first, second = _moments_beyond(sold[is_censored], rate[is_censored], dispersion[series])
        demand[is_censored] = first
        rate = _rates(demand, is_known, season_length, dispersion)
        dispersion = _dispersions(demand, rate, is_known, is_censored, second)
        level = _mean(demand, is_known)
        if (np.abs(level - last) <= TOLERANCE * np.maximum(level, _MIN_RATE))[has_censored].all():
            break
        last = level
    return Uncensored(demand=demand, rate=rate, dispersion=dispersion)


def _moments_beyond(sold: Floats, rate: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
    """Return E[D | D >= s] and E[D^2 | D >= s]."""
    rate, chance = np.maximum(rate, _MIN_RATE), _upper_tail(sold, rate, dispersion, 0)
    is_possible = chance > _MIN_CHANCE
    safe = np.where(is_possible, chance, 1.0)
    first = rate * _upper_tail(sold - 1, rate, dispersion, 1) / safe
    # The second factorial moment of a negative binomial of size r is rate^2 (r + 1) / r, with r = rate / (phi - 1).
    factorial = (rate**2 + rate * (dispersion - 1)) * _upper_tail(sold - 2, rate, dispersion, 2) / safe
    first = np.where(is_possible, np.maximum(first, sold), sold)
    second = np.where(is_possible, np.maximum(factorial + first, first**2), sold**2)
    return first, second


def _upper_tail(least: Floats, rate: Floats, dispersion: Floats, more: int) -> Floats:
    """Return P(D >= least), where a negative binomial has ``more`` added to its size."""
    from scipy.special import betainc, gammainc

    is_over = dispersion > _POISSON
    size = rate / np.where(is_over, dispersion - 1, 1.0) + more
    positive = np.maximum(least, 1e-9)
    binomial = betainc(positive, size, np.where(is_over, 1 - 1 / dispersion, 0.5))
    return np.asarray(np.where(least <= 0, 1.0, np.where(is_over, binomial, gammainc(positive, rate))))


def _rates(demand: Floats, is_known: Bools, season_length: int, dispersion: Floats) -> Floats:
    """Return the level around each period times the factor of its place in the season, which all series share."""
    level = _levels(demand, is_known)
    if season_length == 1 or demand.shape[1] < MIN_SEASONS * season_length:
        return level
    factor = _season_factors(demand, level, is_known, season_length, float(dispersion.mean()))
    level = _levels(demand / factor, is_known)
    return np.asarray(level * factor)


def _season_factors(demand: Floats, level: Floats, is_known: Bools, season_length: int, dispersion: float) -> Floats:
    """Return the shared factor of each period's place in the season, drawn to 1 where few demands show it."""
    place = np.arange(demand.shape[1]) % season_length
    units = np.bincount(place, weights=np.where(is_known, demand, 0).sum(axis=0), minlength=season_length)
    expected = np.bincount(place, weights=np.where(is_known, level, 0).sum(axis=0), minlength=season_length)
    factor: Floats = np.maximum(shrink_rates(units / dispersion, expected / dispersion), _MIN_FACTOR)
    return np.asarray((factor / factor.mean())[place])


def _levels(demand: Floats, is_known: Bools) -> Floats:
    """Return means of demand around each period, weighted by how near it is, on both sides."""
    value, weight = np.where(is_known, demand, 0).T.copy(), is_known.T.astype(np.float64)
    total, count = value.copy(), weight.copy()
    for ahead in (True, False):
        order = range(1, len(value)) if ahead else range(len(value) - 2, -1, -1)
        step = -1 if ahead else 1
        one_sided, its_weight = value.copy(), weight.copy()
        for t in order:
            one_sided[t] += (1 - SMOOTHING) * one_sided[t + step]
            its_weight[t] += (1 - SMOOTHING) * its_weight[t + step]
        total += one_sided - value
        count += its_weight - weight
    return np.asarray(np.divide(total, count, out=np.zeros_like(total), where=count > 1e-12).T)


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
