r"""Intervals and tests of shares: Wilson, Newcombe (difference), Donner and Zou (ratio), Jeffreys.

Wilson's interval of a share :math:`\hat p` of n independent trials holds all p that the score test does not reject:

.. math:: \frac{\hat p + z^2 / 2n \pm z \sqrt{\hat p (1 - \hat p) / n + z^2 / 4 n^2}}{1 + z^2 / n}

Here n need not be whole: for a share of correlated or censored trials it is the effective sample size (see
``clusters.effective_sample_size``). Intervals of differences and ratios put the distance of each share to its own limit
in the place of the standard error (MOVER: Newcombe 1998, method 10; Donner and Zou 2012). With many trials that is the
delta method; with few, and at shares of 0 and 1, it keeps its level. The test of equal shares pools the variance and
takes n - 1 for n (Campbell 2007).

References
----------
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
Statistical Association 22(158), 209-212. https://doi.org/10.1080/01621459.1927.10502953

Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of eleven
methods. Statistics in Medicine 17(8), 873-890.
https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

Donner, A. and Zou, G. Y. (2012). Closed-form confidence intervals for functions of the normal mean and standard
deviation. Statistical Methods in Medical Research 21(4), 347-359. https://doi.org/10.1177/0962280210383082

Campbell, I. (2007). Chi-squared and Fisher-Irwin tests of two-by-two tables with small sample recommendations.
Statistics in Medicine 26(19), 3661-3675. https://doi.org/10.1002/sim.2832

Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation for a binomial proportion. Statistical Science
16(2), 101-133. https://doi.org/10.1214/ss/1009213286
"""

from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np

from .arrays import Floats


class Interval(NamedTuple):
    """An estimate with its limits, arrays of one shape."""

    estimate: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Shares with Wilson's intervals, NaN where unknown.

    Attributes
    ----------
    estimate, low, high : float array of shape (n_shares,)
        The shares and their limits.
    n : float array of shape (n_shares,)
        Effective sample size of each share.
    """

    estimate: Floats
    low: Floats
    high: Floats
    n: Floats

    @classmethod
    def of(cls, estimate: Floats, n: Floats, z: float) -> "Shares":
        """Compute the intervals of shares with effective sample sizes ``n``."""
        low, high = wilson_interval(estimate, n, z)
        return cls(estimate=estimate, low=low, high=high, n=n)

    @property
    def below(self) -> Floats:
        """Distance of the lower limit."""
        return np.maximum(self.estimate - self.low, 0.0)

    @property
    def above(self) -> Floats:
        """Distance of the upper limit."""
        return np.maximum(self.high - self.estimate, 0.0)


def normal_quantile(level: float) -> float:
    """Return the half-width, in standard errors, of a two-sided normal interval.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def student_quantile(level: float, df: float) -> float:
    """Return the half-width, in standard errors, of a two-sided Student interval with ``df`` degrees of freedom.

    Examples
    --------
    >>> round(student_quantile(0.95, 9), 3)
    2.262
    """
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + level) / 2))


def student_quantiles(level: float, df: Floats) -> Floats:
    """Return :func:`student_quantile` for each number of degrees of freedom; NaN for less than one.

    Examples
    --------
    >>> student_quantiles(0.95, np.array([9.0, 0.0])).round(3).tolist()
    [2.262, nan]
    """
    from scipy.special import stdtrit

    known = np.where(df >= 1, df, np.nan)
    return np.asarray(stdtrit(known, (1 + level) / 2), dtype=np.float64)


def cluster_quantile(level: float, n_clusters: int | None) -> float:
    """Return the quantile for a variance known from clusters: Student's with one degree of freedom less than clusters.

    The normal quantile without clusters (None), and with fewer than two: one cluster says nothing of the variance, and
    its share counts as a single trial.

    Examples
    --------
    >>> round(cluster_quantile(0.95, 10), 3), round(cluster_quantile(0.95, None), 3)
    (2.262, 1.96)
    """
    if n_clusters is None or n_clusters < 2:
        return normal_quantile(level)
    return student_quantile(level, n_clusters - 1)


@overload
def wilson_interval(share: float, n: float, z: float) -> tuple[float, float]: ...
@overload
def wilson_interval(share: Floats, n: Floats, z: float) -> tuple[Floats, Floats]: ...
def wilson_interval(share: float | Floats, n: float | Floats, z: float) -> tuple[float, float] | tuple[Floats, Floats]:
    """Compute Wilson's interval of shares; floats for two numbers, arrays for arrays.

    Parameters
    ----------
    share : float or float array of shape (n_shares,)
        In [0, 1].
    n : float or array of shape (n_shares,)
        Effective sample size, not always whole. NaN limits where it is 0.
    z : float
        Quantile of the level, as of :func:`normal_quantile`.

    Returns
    -------
    low, high
        The limits; exactly 0 and 1 where the share is.

    Examples
    --------
    >>> low, high = wilson_interval(0.0, 10, 1.959964)
    >>> round(low, 4), round(high, 4)
    (0.0, 0.2775)
    >>> [limit.round(4).tolist() for limit in wilson_interval(np.array([0.5, 1.0]), np.array([4.5, 0.0]), 1.959964)]
    [[0.1607, nan], [0.8393, nan]]
    """
    if np.ndim(share) or np.ndim(n):
        return _wilson(np.asarray(share, dtype=np.float64), np.asarray(n, dtype=np.float64), z)
    low, high = _wilson(np.array([share], dtype=np.float64), np.array([n], dtype=np.float64), z)
    return float(low[0]), float(high[0])


def _wilson(share: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    n = np.where(n > 0, n, np.nan)
    center = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = np.maximum(center - half, 0.0), np.minimum(center + half, 1.0)
    return np.where(share == 0, 0.0 * n, low), np.where(share == 1, 1.0 + 0.0 * n, high)  # without rounding


def difference(before: Shares, after: Shares) -> Interval:
    """Compute after minus before with Newcombe's interval.

    Examples
    --------
    >>> before, after = (Shares.of(np.array([x / n]), np.array([n]), 1.959964) for x, n in ((48, 80), (56, 70)))
    >>> [round(float(value[0]), 4) for value in difference(before, after)]  # Newcombe (1998), table II (a), reversed
    [0.2, 0.0524, 0.3339]
    """
    estimate = after.estimate - before.estimate
    return Interval(
        estimate,
        estimate - np.hypot(after.below, before.above),
        estimate + np.hypot(after.above, before.below),
    )


def relative_difference(before: Shares, after: Shares) -> Interval:
    """Compute after over before, less one, with Donner and Zou's interval; NaN where the share before is 0.

    Examples
    --------
    >>> before, after = (Shares.of(np.array([x / n]), np.array([n]), 1.959964) for x, n in ((40, 400), (50, 400)))
    >>> [round(float(value[0]), 3) for value in relative_difference(before, after)]
    [0.25, -0.154, 0.846]
    """
    a, b = before.estimate, after.estimate
    product = a * b
    lower = after.low * (2 * b - after.low)
    upper = after.high * (2 * b - after.high)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where((a > 0) & ~np.isnan(b), 1.0, np.nan)
        root = np.sqrt(np.maximum(product**2 - lower * before.high * (2 * a - before.high), 0.0))
        low = np.where(b > 0, lower / (product + root), 0.0)
        scale = before.low * (2 * a - before.low)
        high = (product + np.sqrt(np.maximum(product**2 - upper * scale, 0.0))) / scale
        return Interval((b / a - 1) * known, (low - 1) * known, (high - 1) * known)


def equal_shares_p_values(before: Shares, after: Shares) -> Floats:
    """Compute two-sided p-values of equal shares: the pooled z-test with n - 1 for n; NaN where a share is unknown.

    Examples
    --------
    >>> before, after = (Shares.of(np.array([x / n]), np.array([n]), 1.959964) for x, n in ((48, 80), (56, 70)))
    >>> round(float(equal_shares_p_values(before, after)[0]), 4)
    0.0083
    """
    n = before.n + after.n
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (before.n * before.estimate + after.n * after.estimate) / n
        variance = pooled * (1 - pooled) * (1 / before.n + 1 / after.n) * n / (n - 1)
        error = np.where(variance > 0, np.sqrt(variance), 0.0)  # no or all successes in both
    is_known = (before.n > 0) & (after.n > 0) & ~np.isnan(pooled)
    return np.where(is_known, z_test_p_values(after.estimate - before.estimate, error), np.nan)


def z_test_p_values(estimate: Floats, error: Floats) -> Floats:
    """Compute two-sided p-values of a zero estimate from its standard error; 1 where the error is 0.

    Examples
    --------
    >>> z_test_p_values(np.array([1.96, 0.3]), np.array([1.0, 0.0])).round(3).tolist()
    [0.05, 1.0]
    """
    from scipy.special import ndtr

    z = np.divide(estimate, error, out=np.zeros(np.shape(error)), where=np.asarray(error) != 0)
    return np.asarray(2 * ndtr(-np.abs(z)), dtype=np.float64)


def log_interval(estimate: Floats, log_error: Floats, z: float) -> tuple[Floats, Floats]:
    """Compute the interval of a positive estimate whose logarithm has the standard error ``log_error``.

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in log_interval(np.array([2.0]), np.array([0.5]), 1.959964)]
    [[0.751], [5.329]]
    """
    factor = np.exp(z * log_error)
    return estimate / factor, estimate * factor


def jeffreys_interval(successes: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Compute Jeffreys' interval of shares, quantiles of Beta(successes + 1/2, failures + 1/2); NaN where n is 0.

    Parameters
    ----------
    successes, n : float array of shape (n_shares,)
        Successes and trials, which may be effective numbers.
    level : float
        Level of the interval.

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in jeffreys_interval(np.array([0.0, 5.0]), np.array([10.0, 10.0]), 0.95)]
    [[0.0, 0.224], [0.217, 0.776]]
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    failures = np.where(n > 0, n - successes, np.nan)
    low = np.where(successes > 0, betaincinv(successes + 0.5, failures + 0.5, tail), 0.0)
    high = np.where(failures > 0, betaincinv(successes + 0.5, failures + 0.5, 1 - tail), 1.0)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def jeffreys_rate_interval(events: Floats, exposure: Floats, level: float) -> tuple[Floats, Floats]:
    """Compute Jeffreys' interval of Poisson rates, quantiles of Gamma(events + 1/2) / exposure; NaN without exposure.

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in jeffreys_rate_interval(np.array([0.0, 5.0]), np.array([10.0, 2.0]), 0.95)]
    [[0.0, 0.954], [0.251, 5.48]]
    """
    from scipy.special import gammaincinv

    from .arrays import divide

    tail = (1 - level) / 2
    low = np.where(events > 0, gammaincinv(events + 0.5, tail), 0.0)
    return divide(low, exposure), divide(gammaincinv(events + 0.5, 1 - tail), exposure)


def gamma_quantiles(shape: Floats, levels: Floats) -> Floats:
    """Return quantiles of gamma variables of scale 1, of each shape and level as arrays go together.

    Examples
    --------
    >>> gamma_quantiles(np.array([[1.0], [2.0]]), np.array([0.5])).round(3).tolist()
    [[0.693], [1.678]]
    """
    from scipy.special import gammaincinv

    found: Floats = gammaincinv(shape, levels)
    return found
