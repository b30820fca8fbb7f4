r"""Bootstrap of clusters: intervals of any smooth function of sums, such as a ratio of means or a difference of ratios.

Clusters, as customers, are drawn with replacement, so that what belongs together stays together. Drawing G clusters is
drawing how often each is taken from a multinomial distribution: sums of a resample are the product of these weights and
the sums of the clusters, a matrix product in the place of copies of the data. Intervals are quantiles of the estimates
(percentile), or these corrected for bias and skewness (BCa, Efron 1987), at the levels

.. math:: \Phi\Bigl(z_0 + \frac{z_0 + z_\alpha}{1 - a (z_0 + z_\alpha)}\Bigr)

with :math:`z_0` from the share of estimates below the one of the data, and a from the skewness of the jackknife's.

References
----------
Efron, B. (1987). Better bootstrap confidence intervals. Journal of the American Statistical Association 82(397),
171-185. https://doi.org/10.1080/01621459.1987.10478410

Field, C. A. and Welsh, A. H. (2007). Bootstrapping clustered data. Journal of the Royal Statistical Society B 69(3),
369-390. https://doi.org/10.1111/j.1467-9868.2007.00593.x
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .arrays import Floats

CELLS = 4_000_000
"""Weights that are in memory at once."""
MIN_CLUSTERS = 2
"""Clusters below which there is no interval."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BootstrapEstimate:
    """An estimate with its bootstrap interval; NaN where it is unknown.

    Attributes
    ----------
    estimate : float
        Of the data.
    low, high : float
        Limits of the interval.
    standard_error : float
        Standard deviation of the estimates of the resamples.
    """

    estimate: float
    low: float
    high: float
    standard_error: float


def bootstrap_sums(
    sums: Floats,
    n_resamples: int,
    *,
    counts: Floats | None = None,
    rng: int | np.random.Generator = 0,
    cells: int = CELLS,
) -> Floats:
    """Draw the sums of resampled clusters.

    Parameters
    ----------
    sums : float array of shape (n_clusters, n_columns)
        Sums of each cluster, one column for each quantity.
    n_resamples : int
        How often the clusters are drawn.
    counts : float array of shape (n_clusters,), optional
        How many clusters have these sums, where many are alike; one each by default.
    rng : int or Generator
        Source of chance.
    cells : int
        Weights that are in memory at once; the result does not depend on it.

    Returns
    -------
    float array of shape (n_resamples, n_columns)

    Examples
    --------
    >>> bootstrap_sums(np.ones((5, 1)), 3).ravel().tolist()  # five clusters of one each
    [5.0, 5.0, 5.0]
    """
    generator, n = np.random.default_rng(rng), len(sums)
    weights = np.ones(n) if counts is None else counts
    n_clusters = int(weights.sum())
    step = max(cells // max(n, 1), 1)
    blocks = [
        generator.multinomial(n_clusters, weights / n_clusters, size=min(step, n_resamples - first)) @ sums
        for first in range(0, n_resamples, step)
    ]
    return np.concatenate(blocks).astype(np.float64)


def cluster_bootstrap(
    sums: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    counts: Floats | None = None,
    n_resamples: int = 2_000,
    level: float = 0.95,
    method: Literal["bca", "percentile"] = "bca",
    rng: int | np.random.Generator = 0,
) -> BootstrapEstimate:
    """Estimate a function of sums with a bootstrap interval over clusters.

    Parameters
    ----------
    sums : float array of shape (n_clusters, n_columns)
        Sums of each cluster, one column for each quantity.
    statistic : callable
        Takes sums of shape (n, n_columns), gives values of shape (n,).
    counts : float array of shape (n_clusters,), optional
        How many clusters have these sums, where many are alike; one each by default.
    n_resamples : int
        How often the clusters are drawn.
    level : float
        Level of the interval.
    method : {"bca", "percentile"}
        Quantiles of the estimates with or without Efron's correction. The percentile interval where the jackknife's
        estimates do not vary.
    rng : int or Generator
        Source of chance.

    Returns
    -------
    BootstrapEstimate
        No interval with fewer than two clusters. Resamples without a value, as with a denominator of 0, are left out.

    Examples
    --------
    The mean order value of four customers, over their orders:

    >>> money_and_orders = np.array([[20.0, 1.0], [90.0, 3.0], [25.0, 2.0], [30.0, 1.0]])
    >>> found = cluster_bootstrap(money_and_orders, lambda sums: sums[:, 0] / sums[:, 1])
    >>> round(found.estimate, 2), found.low < found.estimate < found.high
    (23.57, True)
    """
    weights = np.ones(len(sums)) if counts is None else counts
    estimate = float(statistic((weights @ sums)[None, :])[0])
    if weights.sum() < MIN_CLUSTERS:
        return BootstrapEstimate(estimate=estimate, low=np.nan, high=np.nan, standard_error=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = statistic(bootstrap_sums(sums, n_resamples, counts=counts, rng=rng))
    draws = draws[np.isfinite(draws)]
    if len(draws) < 2 or not np.isfinite(estimate):
        return BootstrapEstimate(estimate=estimate, low=np.nan, high=np.nan, standard_error=np.nan)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _bca_tails(tails, draws, estimate, sums, weights, statistic)
    low, high = np.quantile(draws, tails)
    return BootstrapEstimate(
        estimate=estimate, low=float(low), high=float(high), standard_error=float(draws.std(ddof=1))
    )


def _bca_tails(
    tails: Floats,
    draws: Floats,
    estimate: float,
    sums: Floats,
    weights: Floats,
    statistic: Callable[[Floats], Floats],
) -> Floats:
    """Move the levels of the quantiles by bias and skewness; leave them where either is unknown."""
    from scipy.special import ndtr, ndtri

    with np.errstate(divide="ignore", invalid="ignore"):
        jackknife = statistic(weights @ sums - sums)
    distance = weights @ jackknife / weights.sum() - jackknife
    squares = float(weights @ distance**2)
    below = (np.count_nonzero(draws < estimate) + np.count_nonzero(draws <= estimate)) / (2 * len(draws))
    if not np.isfinite(squares) or squares <= 0 or not 0 < below < 1:
        return tails
    acceleration = float(weights @ distance**3) / (6 * squares**1.5)
    shifted = ndtri(below) + ndtri(tails)
    return np.asarray(ndtr(ndtri(below) + shifted / (1 - acceleration * shifted)), dtype=np.float64)
