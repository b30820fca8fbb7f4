r"""Many shares at once with intervals for clustered trials: of successes by group, and of categories within groups.

The share of a group is a ratio of sums over clusters, such as visitors with several sessions:

.. math:: \hat p = \frac{\sum_g x_g}{\sum_g n_g}, \qquad
    \widehat{\mathrm{Var}} = \frac{\sum_g (x_g - \hat p \, n_g)^2}{(\sum_g n_g)^2}

with the successes :math:`x_g` among the trials :math:`n_g` of cluster g. Wilson's interval takes the effective sample
size :math:`\hat p (1 - \hat p) / \widehat{\mathrm{Var}}`, at most the number of trials. Where no trial differs from
another the clusters count, since the trials of one may all be alike.

References
----------
Cochran, W. G. (1977). Sampling techniques, 3rd edition, section 9A.2. Wiley.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .arrays import Bools, Floats, Ints, divide, run_starts, sums_by_group
from .intervals import wilson_interval

ROUNDING = 1e-9
"""A sum of squares below this, per trial, is rounding."""


class GroupShares(NamedTuple):
    """Share of successes by group; NaN for a group without trials. Arrays of shape (n_groups,)."""

    trials: Ints
    share: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CategoryShares:
    """How the trials of each group are shared out among categories, for the pairs that occur, sorted.

    Attributes
    ----------
    group, category : int array of shape (n_pairs,)
        The pair.
    count, trials, clusters : int array of shape (n_pairs,)
        Trials of the pair, and trials and clusters of its group.
    share, low, high : float array of shape (n_pairs,)
        Count over trials with its interval.
    """

    group: Ints
    category: Ints
    count: Ints
    trials: Ints
    clusters: Ints
    share: Floats
    low: Floats
    high: Floats

    def joined(self, other: "CategoryShares") -> "CategoryShares":
        """Put the pairs of two one after the other."""
        names = self.__dataclass_fields__
        return CategoryShares(**{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names})


def shares_by_group(group: Ints, success: Bools, n_groups: int, cluster: Ints, z: float) -> GroupShares:
    """Estimate the share of successes of each group.

    Parameters
    ----------
    group, success, cluster : array of shape (n_trials,)
        Number of the group of each trial, whether it succeeds, and number of its cluster.
    n_groups : int
        Number of groups.
    z : float
        Quantile of the level.

    Examples
    --------
    >>> found = shares_by_group(np.array([0, 0]), np.array([True, False]), 2, np.array([5, 6]), 1.96)
    >>> found.trials.tolist(), found.share.tolist(), found.low.round(3).tolist()
    ([2, 0], [0.5, nan], [0.095, nan])
    """
    ordered = np.sort((cluster * n_groups + group) << 1 | success)
    start = run_starts(ordered >> 1)  # one run is a cluster within a group
    group_of, trials = (ordered[start] >> 1) % max(n_groups, 1), np.diff(start, append=len(ordered))
    successes = np.add.reduceat(ordered & 1, start) if len(start) else trials
    total = sums_by_group(group_of, trials, n_groups)
    share = divide(sums_by_group(group_of, successes, n_groups), total)
    squares = np.bincount(group_of, (successes - share[group_of] * trials) ** 2, minlength=n_groups)
    clusters = np.bincount(group_of, minlength=n_groups)
    n = effective_trials(share, total, squares, clusters)
    return GroupShares(total.astype(np.int64), share, *wilson_interval(share, n, z))


def shares_by_category(pair: Ints, n_categories: int, cluster: Ints, z: float) -> CategoryShares:
    """Estimate the share of each category among the trials of each group.

    Parameters
    ----------
    pair : int array of shape (n_trials,)
        Number of the group of each trial times ``n_categories``, plus that of its category.
    n_categories : int
        Number of categories.
    cluster : int array of shape (n_trials,)
        Number of the cluster of each trial.
    z : float
        Quantile of the level.

    Examples
    --------
    >>> found = shares_by_category(np.array([1, 1, 0, 1]), 2, np.array([0, 1, 2, 3]), 1.96)
    >>> found.share.tolist(), found.low.round(3).tolist()
    ([0.25, 0.75], [0.046, 0.301])
    """
    n_pairs = (int(pair.max(initial=-1)) // n_categories + 1) * n_categories
    cells, in_cell = _counted(cluster * n_pairs + pair)  # trials of each cluster by pair
    pair_of_cell = cells % max(n_pairs, 1)
    start = run_starts(cells // n_categories)  # cells of one cluster and group follow each other
    in_group = np.add.reduceat(in_cell, start) if len(start) else in_cell
    whole = np.repeat(in_group, np.diff(start, append=len(cells)))
    count, own, mixed = (
        sums_by_group(pair_of_cell, values, n_pairs) for values in (in_cell, in_cell * in_cell, in_cell * whole)
    )
    pairs = np.flatnonzero(count)
    count, own, mixed, group = count[pairs], own[pairs], mixed[pairs], pairs // n_categories
    group_of_run = pair_of_cell[start] // n_categories
    n_groups = n_pairs // n_categories
    total, squares = (sums_by_group(group_of_run, values, n_groups)[group] for values in (in_group, in_group**2))
    clusters, share = np.bincount(group_of_run)[group], count / total
    n = effective_trials(share, total, own - 2 * share * mixed + share**2 * squares, clusters)
    low, high = wilson_interval(share, n, z)
    return CategoryShares(
        group=group,
        category=pairs % n_categories,
        count=count.astype(np.int64),
        trials=total.astype(np.int64),
        clusters=clusters,
        share=share,
        low=low,
        high=high,
    )


def effective_trials(share: Floats, trials: Any, squares: Any, clusters: Ints) -> Floats:
    """Compute the effective sample size of shares from sums of squared residuals over clusters.

    Parameters
    ----------
    share, trials : array of shape (n_groups,)
        Share of successes, and trials.
    squares : array of shape (n_groups,)
        Sum over clusters of (successes - share x trials) squared.
    clusters : array of shape (n_groups,)
        Clusters with a trial.

    Returns
    -------
    float array of shape (n_groups,)
        At most the trials; the clusters where nothing varies.

    Examples
    --------
    >>> effective_trials(np.array([0.5, 1.0]), np.array([4, 4]), np.array([2.0, 0.0]), np.array([2, 2])).tolist()
    [2.0, 2.0]
    """
    varies = (squares > ROUNDING * trials) & (share > 0) & (share < 1)
    n = divide(share * (1 - share) * np.square(trials, dtype=np.float64), np.where(varies, squares, np.nan))
    return np.where(varies, np.minimum(n, trials), clusters)


def _counted(keys: Ints) -> tuple[Ints, Ints]:
    """Return each key once, ascending, and how often it occurs."""
    ordered = np.sort(keys)
    start = run_starts(ordered)
    return ordered[start], np.diff(start, append=len(ordered))
