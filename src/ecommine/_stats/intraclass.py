r"""Trials of many small groups, alike within clusters: one correlation for all, an effective sample size for each.

Who searches for one thing five times tells less of it than five visitors do. A rare group (a query) says nothing of how
alike the trials (searches) of one cluster (visitor) are, so that the correlation :math:`\rho` of two trials of one
cluster and group is estimated from all groups together, by moments. Then n trials, with m ordered pairs of trials of
one cluster, tell as much as

.. math:: n_\text{eff} = \frac{n}{1 + \rho \, m / n}

independent ones (Kish 1965). The mean of a group is estimated from the same trials, which draws the product of two
residuals down by variance / n on average: that is added back.

References
----------
Kish, L. (1965). Survey sampling. Wiley.

Ridout, M. S., Demétrio, C. G. B. and Firth, D. (1999). Estimating intraclass correlation for binary data. Biometrics
55(1), 137-148. https://doi.org/10.1111/j.0006-341X.1999.00137.x
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .arrays import Bools, Floats, Ints, divide, sums_by_group


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClustersOfGroups:
    """Which trials are of one group and one cluster.

    Attributes
    ----------
    group : int array of shape (n_trials,)
        Number of the group of each trial, from 0.
    n_groups : int
        Number of groups.
    cell : int array of shape (n_trials,)
        Number of the pair of group and cluster of each trial, from 0 and without gaps.
    group_of_cell : int array of shape (n_cells,)
        Its group.

    Examples
    --------
    >>> found = ClustersOfGroups.of(np.array([0, 0, 1]), np.array([7, 7, 7]), 2)
    >>> found.cell.tolist(), found.group_of_cell.tolist(), found.n_clusters.tolist()
    ([0, 0, 1], [0, 1], [1.0, 1.0])
    >>> found.sums_of_pairs(np.ones(3)).tolist()
    [2.0, 0.0]
    """

    group: Ints
    n_groups: int
    cell: Ints
    group_of_cell: Ints

    @classmethod
    def of(cls, group: Ints, cluster: Ints, n_groups: int) -> "ClustersOfGroups":
        """Make it from the numbers of clusters.

        Where the pairs of group and cluster are numbered already, build the class from these.
        """
        width = int(cluster.max(initial=0)) + 1
        keys, cell = np.unique(group * width + cluster, return_inverse=True)
        return cls(group=group, n_groups=n_groups, cell=cell, group_of_cell=keys // width)

    @property
    def n_clusters(self) -> Floats:
        """Clusters of each group."""
        return np.bincount(self.group_of_cell, minlength=self.n_groups).astype(np.float64)

    def sums_of_cells(self, values: Any) -> Floats:
        """Sum values of trials by group and cluster."""
        return sums_by_group(self.cell, values, len(self.group_of_cell))

    def sums_of_groups(self, values: Any) -> Floats:
        """Sum values of trials by group."""
        return sums_by_group(self.group, values, self.n_groups)

    def sums_of_pairs(self, values: Any) -> Floats:
        """Sum the products of the values of two different trials of one cluster, each pair in both orders, by group."""
        squares = np.bincount(self.group_of_cell, self.sums_of_cells(values) ** 2, minlength=self.n_groups)
        return np.asarray(squares - self.sums_of_groups(values**2), dtype=np.float64)


class GroupTrials(NamedTuple):
    """Successes, trials and effective trials by group; float arrays of shape (n_groups,)."""

    successes: Floats
    n: Floats
    n_effective: Floats


def pooled_effective_trials(success: Bools, counted: Bools, clusters: ClustersOfGroups) -> GroupTrials:
    """Compute the effective sample size of the share of successes of each group.

    Parameters
    ----------
    success, counted : bool array of shape (n_trials,)
        Whether each trial succeeds, and whether it counts.
    clusters : ClustersOfGroups
        The groups and clusters of all trials.

    Examples
    --------
    >>> clusters = ClustersOfGroups.of(np.zeros(4, dtype=int), np.array([0, 0, 1, 1]), 1)
    >>> success = np.array([True, True, False, False])
    >>> pooled_effective_trials(success, success | True, clusters).n_effective.tolist()
    [2.0]
    """
    weight = counted.astype(np.float64)
    n = clusters.sums_of_groups(weight)
    successes = clusters.sums_of_groups((success & counted) * 1.0)
    mean = np.asarray(np.nan_to_num(divide(successes, n)), dtype=np.float64)
    residual: Floats = np.asarray(np.where(counted, success - mean[clusters.group], 0.0))
    pairs_per_trial = np.nan_to_num(divide(clusters.sums_of_pairs(weight), n))
    variance = np.asarray(mean * (1 - mean), dtype=np.float64)
    correlation = min(correlation_within(residual, weight, n, variance, clusters), 1.0)
    return GroupTrials(successes, n, n / (1 + correlation * pairs_per_trial))


def correlation_within(
    residual: Floats, weight: Floats, size: Floats, variance: Floats | float, clusters: ClustersOfGroups
) -> float:
    """Estimate, from all groups together, how alike two trials of one cluster are; at least 0.

    Parameters
    ----------
    residual : float array of shape (n_trials,)
        Outcome less the mean of its group as estimated from these trials; 0 where a trial does not count.
    weight : float array of shape (n_trials,)
        1 for a trial that counts, or its expected count; 0 for one that does not.
    size : float array of shape (n_groups,)
        Sum of the weights.
    variance : float, or float array of shape (n_groups,)
        Variance of a trial of weight 1, against which products of residuals are measured.

    Returns
    -------
    float
        Sum of products of residuals over the one that is expected at correlation 1. 0 where no cluster has two trials.
    """
    products = clusters.sums_of_pairs(weight)
    residual_products = clusters.sums_of_pairs(residual) + variance * np.nan_to_num(divide(products, size))
    expected = float((products * variance).sum())
    return max(float(residual_products.sum()) / expected, 0.0) if expected > 0 else 0.0
