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

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .arrays import Floats, Ints, divide, sums_by_group
from .multiple_testing import adjust_p_values

BISECTIONS = 120
"""Halvings of a range of logarithms: to the last bits."""
NEWTON_STEPS = 100
"""Steps towards a spread; ten are usual."""
SIGNIFICANCE = 0.05
"""Of the test whether a group has the spread of the others."""
MIN_TO_SHRINK = 4
"""Estimates, with fewer of which the spread between them is not known."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """Several estimates of one quantity that differs from group to group.

    Attributes
    ----------
    mean, standard_error : float
        Of the mean over groups, NaN without estimates.
    spread : float
        Standard deviation of the true values between groups.
    fixed_mean : float
        Weighted by inverse variance alone, as if all groups were alike.
    q, df, p_value : float
        Cochran's test that all groups are alike.
    """

    mean: float
    standard_error: float
    spread: float
    fixed_mean: float
    q: float
    df: int
    p_value: float


def combine_estimates(estimate: Floats, variance: Floats, *, method: Literal["dl", "pm"] = "dl") -> Combined:
    """Combine estimates as in a meta-analysis of random effects: DerSimonian and Laird, or Paule and Mandel.

    Parameters
    ----------
    estimate, variance : float array of shape (n_groups,)
        NaN estimates and variances are no groups.

    Examples
    --------
    >>> combine_estimates(np.array([1.0, 2.0, 6.0]), np.array([1.0, 1.0, 1.0])).spread
    2.449489742783178
    """
    from scipy.special import chdtrc

    is_known = np.isfinite(estimate) & (variance > 0)
    x, v = estimate[is_known], variance[is_known]
    if not len(x):
        return Combined(
            mean=np.nan, standard_error=np.nan, spread=np.nan, fixed_mean=np.nan, q=np.nan, df=0, p_value=np.nan
        )
    one = np.zeros(len(x), dtype=np.int64)
    fixed_mean, q = float(np.average(x, weights=1 / v)), squares_beyond(x, v, one, 0.0)
    if method == "dl":
        weight = 1 / v
        scale = float(weight.sum() - (weight**2).sum() / weight.sum())
        between = max((q - (len(x) - 1)) / scale, 0.0) if scale > 0 and len(x) > 1 else 0.0
    else:
        between = spread_within(x, v, one) ** 2
    weight = 1 / (v + between)
    return Combined(
        mean=float(np.average(x, weights=weight)),
        standard_error=float(weight.sum() ** -0.5),
        spread=between**0.5,
        fixed_mean=fixed_mean,
        q=q,
        df=len(x) - 1,
        p_value=float(chdtrc(len(x) - 1, q)) if len(x) > 1 else np.nan,
    )


def squares_beyond(estimate: Floats, variance: Floats, group: Ints, between: float) -> float:
    """Return the sum of squares around the mean of each group, in units of the variance of an estimate.

    Examples
    --------
    >>> squares_beyond(np.array([1.0, 3.0, 7.0]), np.ones(3), np.array([0, 0, 1]), 1.0)
    1.0
    """
    weight = 1 / (variance + between)
    n_groups = int(group.max()) + 1
    mean = divide(sums_by_group(group, weight * estimate, n_groups), sums_by_group(group, weight, n_groups))
    return float((weight * (estimate - mean[group]) ** 2).sum())


def spread_within(estimate: Floats, variance: Floats, group: Ints, freedom: Floats | float = np.inf) -> float:
    """Estimate the standard deviation of true values within groups, one for all groups (Paule and Mandel).

    It is the one at which the squares around the means of the groups are as large as is to be expected: their degrees
    of freedom, and a little more where variances are estimates themselves, with ``freedom`` degrees of freedom each,
    since squares over a variance that is too small by chance are large.

    Examples
    --------
    >>> spread_within(np.array([1.0, 5.0, 11.0, 15.0]), np.ones(4), np.array([0, 0, 1, 1])).__round__(4)
    2.6458
    """
    df = len(estimate) - len(np.unique(group))
    n_groups = int(group.max(initial=-1)) + 1
    between = 0.0
    for _ in range(NEWTON_STEPS if df > 0 else 0):  # squares fall ever more slowly, so that no step goes too far
        weight = 1 / (variance + between)
        mean = divide(sums_by_group(group, weight * estimate, n_groups), sums_by_group(group, weight, n_groups))
        squares = weight * (estimate - mean[group]) ** 2
        beyond = float(squares.sum()) - df * float((1 + 2 * (weight * variance) ** 2 / freedom).mean())
        step = beyond / max(float((weight * squares).sum()), 1e-300)
        between = max(between + step, 0.0)
        if abs(step) <= 1e-13 * between or not between:
            break
    return float(between**0.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shrunk:
    """Estimates drawn to the mean of their group.

    Attributes
    ----------
    mean, variance : float array of shape (n,)
        Of the posterior; those of the estimate itself where it cannot be shrunk.
    weight : float array of shape (n,)
        Of the estimate's own data, in [0, 1].
    center : float array of shape (n,)
        What it is drawn to.
    spread : float array of shape (n,)
        Standard deviation of true values around the center.
    """

    mean: Floats
    variance: Floats
    weight: Floats
    center: Floats
    spread: Floats

    @property
    def is_drawn(self) -> bool:
        """Whether any estimate is drawn to a mean."""
        return bool((self.weight < 1).any())


def shrink_normal(estimate: Floats, variance: Floats, group: Ints, *, freedom: Floats | None = None) -> Shrunk:
    r"""Estimate normal means by their posterior, drawn to the mean of their group, with intervals that hold.

    The true value of i is normal around the mean of its group, with one spread in all groups, unless the squares of a
    group contradict it (Holm's 5 % over groups): then it has its own. With four groups or more their means are drawn
    to the mean of all in the same way. As in Morris (1983) the weight of the mean is reduced by (d - 2) / d, with d
    degrees of freedom of the spread, and the variance holds that of the mean and of the spread:

    .. math:: B_i^2 \operatorname{var}(\hat\mu) + V_i (1 - B_i)
        + \frac{2 B_i^2}{d - 2} \frac{\bar V + \tau^2}{V_i + \tau^2} (x_i - \hat\mu)^2

    Parameters
    ----------
    estimate, variance : float array of shape (n,)
        NaN or without a variance: not shrunk, and no part of any mean.
    group : int array of shape (n,)
        Numbers; negative ones are a group of their own.
    freedom : float array of shape (n,), optional
        Degrees of freedom of the variances, where these are estimates.

    References
    ----------
    Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications. Journal of the American
    Statistical Association 78(381), 47-55. https://doi.org/10.1080/01621459.1983.10477920

    Examples
    --------
    >>> shrunk = shrink_normal(np.array([-1.0, -2.0, -3.0, -4.0, -5.0]), np.full(5, 1.0), np.zeros(5, dtype=np.int64))
    >>> shrunk.mean.round(2).tolist(), shrunk.weight.round(2).tolist()
    ([-1.4, -2.2, -3.0, -3.8, -4.6], [0.8, 0.8, 0.8, 0.8, 0.8])
    """
    is_known = np.isfinite(estimate) & np.isfinite(variance) & (variance > 0)
    whole = Shrunk(
        mean=estimate.copy(),
        variance=variance.copy(),
        weight=np.where(np.isfinite(estimate), 1.0, np.nan),
        center=np.full(len(estimate), np.nan),
        spread=np.full(len(estimate), np.nan),
    )
    if is_known.sum() < MIN_TO_SHRINK:
        return whole
    known_group = np.unique(group[is_known], return_inverse=True)[1]
    known_freedom = np.full(int(is_known.sum()), np.inf) if freedom is None else freedom[is_known]
    part = _shrink_known(estimate[is_known], variance[is_known], known_group, known_freedom)
    for name in ("mean", "variance", "weight", "center", "spread"):
        getattr(whole, name)[is_known] = getattr(part, name)
    return whole


def _shrink_known(x: Floats, v: Floats, group: Ints, known: Floats) -> Shrunk:
    n_groups = int(group.max()) + 1
    tau, df = _spreads(x, v, group, known)
    weight = 1 / (v + tau[group] ** 2)
    total = sums_by_group(group, weight, n_groups)
    mean = sums_by_group(group, weight * x, n_groups) / total
    center, center_variance = _shrunk_centers(mean, 1 / total)
    center, center_variance = center[group], center_variance[group]
    freedom, between = df[group], tau[group] ** 2
    factor = np.where(freedom > 2, (freedom - 2) / np.maximum(freedom, 1), 0.0)
    share = factor * v / (v + between)
    typical = len(v) / float((1 / v).sum())
    doubt = 2 * share**2 / np.maximum(freedom - 2, 1) * (typical + between) / (v + between)
    return Shrunk(
        mean=x - share * (x - center),
        variance=v * (1 - share) + share**2 * center_variance + doubt * (x - center) ** 2,
        weight=1 - share,
        center=center,
        spread=tau[group],
    )


def _spreads(x: Floats, v: Floats, group: Ints, known: Floats) -> tuple[Floats, Ints]:
    """Return the spread within each group and its degrees of freedom: the common one, or its own.

    One group after the other that contradicts the common spread is taken out of it, the worst first.
    """
    n = np.bincount(group)
    is_own = np.zeros(len(n), dtype=bool)
    while True:
        rows = ~is_own[group]
        common = spread_within(x[rows], v[rows], np.unique(group[rows], return_inverse=True)[1], known[rows])
        p_values = np.where(is_own | (n < MIN_TO_SHRINK), np.nan, _fit_p_values(x, v, group, common))
        adjusted = np.nan_to_num(adjust_p_values(p_values, "holm", n_tests=len(n)), nan=1.0)
        if (~is_own).sum() < 2 or adjusted.min() >= SIGNIFICANCE:
            break
        is_own[np.argmin(adjusted)] = True
    tau = np.full(len(n), common)
    for g in np.flatnonzero(is_own):
        rows = group == g
        tau[g] = spread_within(x[rows], v[rows], group[rows] * 0, known[rows])
    others = int(n[~is_own].sum()) - int((~is_own).sum())
    return tau, np.where(is_own, n - 1, others)


def _fit_p_values(x: Floats, v: Floats, group: Ints, spread: float) -> Floats:
    """Return the two-sided p-value of each group's squares at a spread."""
    from scipy.special import chdtr, chdtrc

    n, weight = np.bincount(group), 1 / (v + spread**2)
    mean = divide(sums_by_group(group, weight * x, len(n)), sums_by_group(group, weight, len(n)))
    squares = sums_by_group(group, weight * (x - mean[group]) ** 2, len(n))
    df = np.maximum(n - 1, 1)
    p_values = 2 * np.minimum(chdtr(df, squares), chdtrc(df, squares))
    return np.asarray(np.minimum(p_values, 1.0), dtype=np.float64)


def _shrunk_centers(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Draw the means of groups to the mean of all, where there are enough of them."""
    if len(mean) < MIN_TO_SHRINK:
        return mean, variance
    part = _shrink_known(mean, variance, np.zeros(len(mean), dtype=np.int64), np.full(len(mean), np.inf))
    return part.mean, part.variance


def moderate_variances(variance: Floats, df: Floats) -> tuple[Floats, float]:
    """Draw variances to their geometric mean by as much as they are alike (Smyth 2004).

    Parameters
    ----------
    variance, df : float array of shape (n,)
        Estimates and their degrees of freedom; NaN stays NaN.

    Returns
    -------
    variance : float array of shape (n,)
    prior_df : float
        Degrees of freedom that each variance gains; infinite where they differ no more than by chance.

    References
    ----------
    Smyth, G. K. (2004). Linear models and empirical Bayes methods for assessing differential expression in microarray
    experiments. Statistical Applications in Genetics and Molecular Biology 3(1).
    https://doi.org/10.2202/1544-6115.1027

    Examples
    --------
    >>> moderated, prior_df = moderate_variances(np.array([0.8, 1.0, 1.25, 1.1]), np.full(4, 10.0))
    >>> moderated.round(2).tolist(), prior_df
    ([1.14, 1.14, 1.14, 1.14], inf)
    """
    from scipy.special import polygamma, psi

    is_known = (variance > 0) & (df >= 1)
    if is_known.sum() < MIN_TO_SHRINK:
        return variance.copy(), 0.0
    half = df[is_known] / 2
    centered = np.log(variance[is_known]) - psi(half) + np.log(half)
    excess = float(centered.var(ddof=1) - polygamma(1, half).mean())
    if excess <= 0:
        return np.where(is_known, float(np.exp(centered.mean())), variance), np.inf
    prior_df = 2 * _inverse_trigamma(excess)
    prior = float(np.exp(centered.mean() + psi(prior_df / 2) - np.log(prior_df / 2)))
    moderated = variance.copy()
    moderated[is_known] = (prior_df * prior + df[is_known] * variance[is_known]) / (prior_df + df[is_known])
    return moderated, prior_df


def _inverse_trigamma(value: float) -> float:
    """Return the number whose trigamma function is ``value``, which falls from infinity to 0."""
    from scipy.special import polygamma

    low, high = 1e-8, 1e8
    for _ in range(BISECTIONS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if float(polygamma(1, middle)) > value else (low, middle)
    return float((low * high) ** 0.5)
