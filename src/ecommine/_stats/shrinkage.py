r"""Empirical Bayes: estimates of small groups, drawn to the mean of all by as much as groups are alike.

An estimate :math:`x_i` from :math:`n_i` trials has the variance :math:`\tau^2 + \sigma^2 / n_i`: true differences of
groups, and chance. The first is estimated by moments, as in a meta-analysis of DerSimonian and Laird with weights n:

.. math:: \hat\tau^2 = \max \Bigl(\frac{\sum_i n_i (x_i - \mu)^2 - (k - 1) \sigma^2}{N - \sum_i n_i^2 / N}, 0 \Bigr),
    \qquad N = \sum_i n_i

It sets the weight of the mean, in trials: shares have a beta distribution with :math:`\mu (1 - \mu) / \tau^2 - 1`
trials, rates a gamma distribution with :math:`1 / \tau^2` expected events. Then the estimate is the posterior mean. Its
squared error is smaller than that of the plain estimate, most of all for small groups.

References
----------
DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical Trials 7(3), 177-188.
https://doi.org/10.1016/0197-2456(86)90046-2

Kleinman, J. C. (1973). Proportions with extraneous variance: single and independent samples. Journal of the American
Statistical Association 68(341), 46-54. https://doi.org/10.1080/01621459.1973.10481332

Clayton, D. and Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for use in disease
mapping. Biometrics 43(3), 671-681. https://doi.org/10.2307/2532003
"""

import numpy as np

from .arrays import Floats

MIN_PRIOR_TRIALS = 1e-9
"""Least weight of the mean: groups that differ as much as shares can leave it none."""


def variance_between(estimate: Floats, n: Floats, mean: float, noise: float) -> float:
    """Estimate the variance between groups, that of their estimates less that of chance; at least 0.

    Parameters
    ----------
    estimate : float array of shape (n_groups,)
        Of each group; not looked at where ``n`` is 0.
    n : float array of shape (n_groups,)
        Trials of each group, or expected events; may be effective numbers.
    mean : float
        Mean of all groups.
    noise : float
        Variance of a single trial.

    Examples
    --------
    >>> variance_between(np.array([0.2, 0.8]), np.array([100.0, 100.0]), 0.5, 0.25)
    0.1775
    """
    has_trials = n > 0
    n, estimate = n[has_trials], estimate[has_trials]
    total = float(n.sum())
    freedom = total - float((n**2).sum()) / total if total else 0.0
    squares = float((n * (estimate - mean) ** 2).sum())
    return max((squares - (len(n) - 1) * noise) / freedom, 0.0) if freedom > 0 else 0.0


def shrink_shares(share: Floats, n: Floats, mean: float) -> Floats:
    """Estimate shares of groups by the posterior mean of a beta-binomial model.

    Parameters
    ----------
    share : float array of shape (n_groups,)
        Share of successes of each group.
    n : float array of shape (n_groups,)
        Effective sample size of each group.
    mean : float
        Share of successes of all groups together.

    Returns
    -------
    float array of shape (n_groups,)
        Between the share and the mean; NaN where there are no trials.

    Examples
    --------
    >>> shrink_shares(np.array([0.2, 0.8, 1.0, np.nan]), np.array([100.0, 100.0, 1.0, 0.0]), 0.5).round(3).tolist()
    [0.201, 0.799, 0.85, nan]
    """
    noise = mean * (1 - mean)
    spread = variance_between(share, n, mean, noise) if 0 < mean < 1 else 0.0
    if spread <= 0:
        return np.where(n > 0, mean, np.nan)
    prior = max(noise / spread - 1, MIN_PRIOR_TRIALS)
    return np.where(n > 0, (np.nan_to_num(share) * n + prior * mean) / (n + prior), np.nan)


def shrink_rates(events: Floats, expected: Floats) -> Floats:
    """Estimate ratios of events to expected events by the posterior mean of a gamma-Poisson model with mean 1.

    Parameters
    ----------
    events, expected : float array of shape (n_groups,)
        Events of each group, and how many a typical group would have; may be effective numbers.

    Returns
    -------
    float array of shape (n_groups,)
        Between the ratio and 1; NaN where nothing is expected.

    Examples
    --------
    >>> shrink_rates(np.array([5.0, 15.0, 3.0]), np.array([10.0, 10.0, 1.0])).round(3).tolist()
    [0.57, 1.43, 1.76]
    """
    ratio = np.divide(events, expected, out=np.zeros(len(expected)), where=expected > 0)
    spread = variance_between(ratio, expected, 1.0, 1.0)
    if spread <= 0:
        return np.where(expected > 0, 1.0, np.nan)
    return np.where(expected > 0, (events + 1 / spread) / (expected + 1 / spread), np.nan)
