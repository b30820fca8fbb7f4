r"""Correlated observations: variances from sums over clusters, design effects, effective sample sizes.

Sessions of one visitor, or orders of one customer, are alike, so that n of them tell less than n independent ones. An
estimate that is a mean of influences :math:`\psi_i` has the variance

.. math:: \widehat{\mathrm{Var}} = \frac{1}{n^2} \sum_{g} \Bigl(\sum_{i \in g} \psi_i\Bigr)^2

over clusters g (the sandwich of Liang and Zeger 1986). Over the variance of independent observations that is the design
effect (Kish 1965). A share p with this variance is as well known as one of :math:`p (1 - p) / \mathrm{Var}` independent
trials, its effective sample size, which Wilson's interval takes in the place of n. Clusters of sizes :math:`m_g` are
worth :math:`(\sum m_g)^2 / \sum m_g^2` clusters of one size.

References
----------
Kish, L. (1965). Survey sampling. Wiley.

Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models. Biometrika 73(1),
13-22. https://doi.org/10.1093/biomet/73.1.13
"""

from typing import Any

import numpy as np

from .arrays import Floats, Ints

UPPER_QUANTILE = 1.645
"""Of the normal distribution, 95 %."""
ROUNDING = 1e-20
"""A sum of squared influences below this, per unit, is rounding."""


def effective_sample_size(share: Any, variance: Any, otherwise: Any) -> Floats:
    """Compute how many independent trials have this variance; ``otherwise`` where it is 0 or the share is 0 or 1.

    Parameters
    ----------
    share, variance : float or float array of shape (n_shares,)
        Shares in [0, 1] and the variances of their estimates.
    otherwise : float or float array of shape (n_shares,)
        The sample size where the data show no variation.

    Examples
    --------
    >>> effective_sample_size(np.array([0.5, 1.0]), np.array([0.01, 0.0]), 30).tolist()
    [25.0, 30.0]
    """
    with np.errstate(invalid="ignore"):
        varies = (variance > 0) & (share > 0) & (share < 1)
    return np.asarray(np.where(varies, share * (1 - share) / np.where(varies, variance, 1.0), otherwise))


def clustered_sample_size(share: float, influence: Floats, cluster: Ints | None, otherwise: float) -> float:
    """Compute the effective sample size of a share from the influences of its units.

    Units of one cluster may all be alike: where the data show no variation, they count as no more than the clusters.

    Parameters
    ----------
    share : float
        The estimate.
    influence : float array of shape (n_units,)
        Influence of each unit on it, times the number of units.
    cluster : int array of shape (n_units,), or None
        Number of the cluster of each unit, from 0; None where units are independent.
    otherwise : float
        The sample size where the data show no variation.

    Examples
    --------
    >>> influence = np.array([0.5, 0.5, -0.5, -0.5])
    >>> clustered_sample_size(0.5, influence, None, 4), clustered_sample_size(0.5, influence, np.array([0, 0, 1, 1]), 4)
    (4.0, 2.0)
    """
    n = len(influence)
    variance = float(influence_covariance(influence_products(influence[None, :], cluster), n)[0, 0])
    most = otherwise if cluster is None or not n else min(otherwise, count_clusters(cluster))
    return float(effective_sample_size(share, variance, most))


def influence_products(influences: Floats, cluster: Ints | None) -> Floats:
    """Compute the sums of products of influences, summed by cluster before where clusters are given.

    Sums over parts of the units, each cluster in one part, add up to those of all.

    Parameters
    ----------
    influences : float array of shape (n_estimates, n_units)
        Influence of each unit on each estimate, times the number of units.
    cluster : int array of shape (n_units,), or None
        Number of the cluster of each unit, from 0; None where units are independent.

    Returns
    -------
    float array of shape (n_estimates, n_estimates)

    Examples
    --------
    >>> influence_products(np.array([[1.0, 1.0, -2.0]]), np.array([0, 0, 1])).tolist()
    [[8.0]]
    """
    if cluster is not None and len(cluster):
        influences = np.array([np.bincount(cluster, influence) for influence in influences])
    # Not by BLAS: on few rows its threads wait for each other far longer than they work.
    return np.asarray(np.einsum("in,jn->ij", influences, influences))


def influence_covariance(products: Floats, n: int) -> Floats:
    """Compute the covariance of estimates from the sums of products of their influences.

    The influences of all units add up to zero. Where all units are of one cluster only rounding is left of them, which
    is no variance.

    Examples
    --------
    >>> influence_covariance(np.array([[8.0, 0.0], [0.0, 1e-25]]), 4).tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    varies = np.diag(products) > ROUNDING * n
    return np.where(np.outer(varies, varies), products, 0.0) / max(n, 1) ** 2


def variance_of_sum(values: Floats, cluster: Ints) -> float:
    r"""Estimate the variance of the sum of a sample of clusters; NaN with fewer than two.

    That is :math:`\frac{G}{G - 1} \sum_g (s_g - \bar s)^2` with the sums :math:`s_g` of G clusters.

    Examples
    --------
    >>> variance_of_sum(np.array([1.0, 1.0, 4.0]), np.array([0, 0, 1]))
    4.0
    """
    sums = _sums_of_clusters(values, cluster)
    n = len(sums)
    return float(((sums - sums.mean()) ** 2).sum() * n / (n - 1)) if n > 1 else float("nan")


def variance_of_ratio(numerator: Floats, denominator: Floats, cluster: Ints) -> float:
    r"""Estimate the variance of a ratio r of sums: :math:`\mathrm{Var} \sum_i (a_i - r b_i) / (\sum_i b_i)^2`.

    Parameters
    ----------
    numerator, denominator : float array of shape (n_units,)
        What is summed; the ratio is of the sums.
    cluster : int array of shape (n_units,)
        Number of the cluster of each unit, from 0.

    Returns
    -------
    float
        NaN with fewer than two clusters, or where the sum of the denominator is 0.

    Examples
    --------
    >>> variance_of_ratio(np.array([1.0, 0.0, 1.0]), np.array([1.0, 1.0, 2.0]), np.array([0, 1, 2]))
    0.046875
    """
    whole = float(denominator.sum())
    if not whole:
        return float("nan")
    residual = numerator - numerator.sum() / whole * denominator
    return variance_of_sum(residual, cluster) / whole**2


def design_effect(scores: Floats, cluster: Ints) -> float:
    """Compute how much clusters inflate the variance of a sum of scores whose mean is zero; at least 1.

    Examples
    --------
    >>> design_effect(np.array([0.5, 0.5, -0.5, -0.5]), np.array([0, 0, 1, 1]))
    2.0
    """
    sums = np.bincount(cluster, scores)
    return design_effect_of_squares(float(sums @ sums), float(scores @ scores))


def design_effect_of_squares(by_cluster: float, by_unit: float) -> float:
    """Compute the design effect from the sums of squares of clusters and of units; at least 1, and 1 without variation.

    Examples
    --------
    >>> design_effect_of_squares(6.0, 4.0), design_effect_of_squares(0.0, 0.0)
    (1.5, 1.0)
    """
    return max(by_cluster / by_unit, 1.0) if by_unit > 0 else 1.0


def effective_clusters(size: Any) -> float:
    """Compute how many clusters of one size are worth as much as clusters of these sizes (Kish), 0 for none.

    Examples
    --------
    >>> effective_clusters(np.array([5, 5])), round(effective_clusters(np.array([98, 1, 1])), 2)
    (2.0, 1.04)
    """
    size = np.asarray(size, dtype=np.float64)
    squares = float(size @ size)
    return float(size.sum()) ** 2 / squares if squares else 0.0


def upper_limit_factor(n_clusters: float) -> float:
    r"""Return how many times a variance estimated from clusters its upper limit is, :math:`1 + 1.645 \sqrt{2 / n}`.

    The limit holds with 95 % for n clusters of one size; clusters that differ are worth fewer.

    Examples
    --------
    >>> round(upper_limit_factor(50), 3), round(upper_limit_factor(10), 3)
    (1.329, 1.736)
    """
    return 1.0 + UPPER_QUANTILE * float(np.sqrt(2.0 / max(n_clusters, 1.0)))


def dominant_clusters(size: Any, min_effective: float) -> Ints:
    """Return the largest clusters without which the others are worth enough clusters of one size.

    Parameters
    ----------
    size : int or float array of shape (n_clusters,)
        Units of each cluster.
    min_effective : float
        How many clusters of one size the others must be worth.

    Returns
    -------
    int array
        The positions of as few clusters as it takes, ascending; all that have a unit where the others never suffice.

    Examples
    --------
    >>> dominant_clusters(np.array([1, 98, 1, 1]), 3).tolist(), dominant_clusters(np.array([5, 5]), 3).tolist()
    ([1], [0, 1])
    """
    size = np.asarray(size, dtype=np.float64)
    order = np.argsort(-size, kind="stable")[: int((size > 0).sum())]
    left = size[order][::-1]  # of the clusters from the smallest, the effective number of those up to each
    effective = np.append((np.cumsum(left) ** 2 / np.cumsum(left**2))[::-1], 0.0)
    is_enough = effective >= min_effective
    return np.sort(order[: int(is_enough.argmax()) if is_enough.any() else len(order)])


def count_clusters(cluster: Ints) -> int:
    """Count the clusters that have a unit.

    Examples
    --------
    >>> count_clusters(np.array([4, 0, 4]))
    2
    """
    return int(np.count_nonzero(np.bincount(cluster)))


def _sums_of_clusters(values: Floats, cluster: Ints) -> Floats:
    """Sum values by cluster, clusters without a unit left out."""
    return np.bincount(cluster, values)[np.bincount(cluster) > 0].astype(np.float64)
