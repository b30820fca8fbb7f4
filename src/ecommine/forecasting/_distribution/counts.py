"""Quantiles of counts: the negative binomial distribution, and the Poisson where it scatters no more than by chance."""

import numpy as np

from ..._stats.arrays import Floats

MIN_OVERDISPERSION = 1.001
"""Least ratio of the variance to the mean that the negative binomial distribution is used with."""
MIN_RATE = 1e-9
MAX_COUNT_SUMMED = 64
"""Counts whose probabilities are summed one by one; quantiles above come from the inverse of the beta function."""
_ROUNDING = 1e-10


def count_quantiles(mean: Floats, variance: Floats, levels: Floats) -> Floats:
    r"""Return the quantiles of negative binomial counts, a new last axis of levels: the least k with F(k) >= p.

    With the ratio :math:`\varphi` of variance to mean, at least 1, the counts have :math:`r = \mu / (\varphi - 1)` and
    :math:`p = 1 / \varphi`.

    Parameters
    ----------
    mean, variance : float arrays of one shape
        NaN gives NaN; a mean of 0 gives 0.
    levels : float array of shape (n_levels,)

    Examples
    --------
    >>> count_quantiles(np.array([0.0, 2.0]), np.array([0.0, 2.0]), np.array([0.1, 0.5, 0.9])).tolist()
    [[0.0, 0.0, 0.0], [0.0, 2.0, 4.0]]
    """
    is_positive = mean > MIN_RATE
    quantiles = np.where(np.isnan(mean)[..., None], np.nan, np.zeros((*mean.shape, len(levels))))
    rate = mean[is_positive]
    ratio = np.maximum(variance[is_positive] / rate, MIN_OVERDISPERSION)
    quantiles[is_positive] = _quantiles(rate / (ratio - 1), 1 / ratio, levels)
    return quantiles


def _quantiles(size: Floats, share: Floats, levels: Floats) -> Floats:
    """Sum probabilities from 0 on until all levels are reached; those that are not by then are inverted."""
    counts = np.zeros((len(size), len(levels)))
    active = np.arange(len(size))
    with np.errstate(under="ignore"):
        probability = np.exp(size * np.log(share))
    cumulative = probability.copy()
    for count in range(MAX_COUNT_SUMMED):
        is_below = cumulative[:, None] < levels - _ROUNDING
        counts[active] += is_below
        is_open = is_below.any(axis=1)
        if not is_open.all():
            active, probability, cumulative = active[is_open], probability[is_open], cumulative[is_open]
        if not len(active):
            return counts
        probability = probability * (count + size[active]) / (count + 1) * (1 - share[active])
        cumulative = cumulative + probability
    counts[active] = _inverted(size[active], share[active], levels)
    return counts


def _inverted(size: Floats, share: Floats, levels: Floats) -> Floats:
    from scipy.special import nbdtrik

    counts = np.ceil(nbdtrik(levels, size[:, None], share[:, None]) - 1e-6)
    return np.asarray(np.maximum(np.nan_to_num(counts), 0.0))
