r"""Two independent means against each other: Welch's test, Fieller's interval of their ratio, clusters by CR2.

An estimate of each arm has a variance :math:`v` with :math:`\nu` degrees of freedom. The variance of a difference has
Satterthwaite's :math:`(w_t + w_c)^2 / (w_t^2 / \nu_t + w_c^2 / \nu_c)` degrees of freedom, where :math:`w = v`.

Fieller's interval of a ratio holds all :math:`\rho` for which the difference :math:`m_t - \rho m_c` is not different
from zero. It is an interval only where the control is; elsewhere it is the whole line or two rays.

Where clusters were randomised, the variance of a mean of N values is

.. math:: v = \frac{1}{N^2} \sum_g \frac{r_g^2}{1 - h_g}, \qquad h_g = n_g / N

with the sums :math:`r_g` of residuals of each cluster: the CR2 estimator of Bell and McCaffrey for one mean. It needs
no matrix, since the leverage of a cluster is its share of the arm. Its degrees of freedom are Satterthwaite's under
independent errors, where :math:`w = 1 / N`.

References
----------
Welch, B. L. (1947). The generalization of "Student's" problem when several different population variances are involved.
Biometrika 34(1-2), 28-35. https://doi.org/10.1093/biomet/34.1-2.28

Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal Statistical Society B 16(2), 175-185.
https://doi.org/10.1111/j.2517-6161.1954.tb00159.x

Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression with multi-stage
samples. Survey Methodology 28(2), 169-181.

Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis
testing in fixed effects models. Journal of Business and Economic Statistics 36(4), 672-683.
https://doi.org/10.1080/07350015.2016.1247004
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..._stats.arrays import Floats
from ..._stats.intervals import normal_quantile, student_quantile
from .sequential import boundary, sequential_p_values

NORMAL = float("inf")
"""Degrees of freedom of a variance that is taken as known."""


class ArmMean(NamedTuple):
    """An estimate of one arm: its value, variance, degrees of freedom, and the weight that these have in a difference.

    ``shared`` is the part of the variance that both arms have in common; it cancels in a difference, not in a ratio.
    """

    mean: float
    variance: float
    df: float = NORMAL
    weight: float = float("nan")
    shared: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceTest:
    """How differences are tested: once, by Student's t, or at any time, by a confidence sequence.

    Parameters
    ----------
    level : float
        Level of intervals.
    is_sequential : bool
        Whether the test is right at all times at once.
    planned : float
        Units of both arms at which a confidence sequence is narrowest.

    Examples
    --------
    >>> once = DifferenceTest(level=0.95, is_sequential=False, planned=0.0)
    >>> always = DifferenceTest(level=0.95, is_sequential=True, planned=1_000.0)
    >>> round(once.quantile(NORMAL, 500.0), 3), round(always.quantile(NORMAL, 500.0), 3)
    (1.96, 3.084)
    """

    level: float
    is_sequential: bool
    planned: float

    def quantile(self, df: float, n: float) -> float:
        """Return the half-width of intervals in standard errors, with n units in both arms."""
        if self.is_sequential:
            return float(boundary(n, 1 - self.level, self.planned))
        return student_quantile(self.level, df) if np.isfinite(df) else normal_quantile(self.level)

    def p_value(self, t: float, df: float, n: float) -> float:
        """Return the two-sided p-value of a difference of t standard errors."""
        if self.is_sequential:
            return float(sequential_p_values(t, n, 1 - self.level, self.planned))
        return float(t_test_p_values(t, df))


def stratified_mean(mean: float, weights: Floats, squares: Floats, n: Floats) -> ArmMean:
    """Compute the variance of a weighted mean of strata with Welch's degrees of freedom.

    Parameters
    ----------
    mean : float
        The estimate.
    weights, squares, n : float array of shape (n_strata,)
        Weights, sums of squares about the mean of each stratum, and numbers of units.

    Examples
    --------
    >>> one = stratified_mean(1.0, np.array([1.0]), np.array([90.0]), np.array([10.0]))
    >>> one.variance, round(one.df, 6)
    (1.0, 9.0)
    """
    parts = weights**2 * np.maximum(squares, 0.0) / (n * (n - 1))
    variance = float(parts.sum())
    scale = float((parts**2 / (n - 1)).sum())
    return ArmMean(mean, variance, variance**2 / scale if scale > 0 else NORMAL, variance)


def skewness_of_difference(n: Floats, squares: Floats, cubes: Floats) -> float:
    r"""Compute the skewness of the difference of two means, from the skewness g of both arms pooled.

    That is :math:`g (n_1 - n_2) / \sqrt{n_1 n_2 (n_1 + n_2)}`. Moments of each arm alone would not do: they are calm
    where the smaller arm has missed its outliers, and these are the very runs that give false finds.

    Parameters
    ----------
    n, squares, cubes : float array of shape (2,)
        Units of each arm, and sums of squares and cubes about its mean; the result is 0 without variation.

    Examples
    --------
    >>> round(skewness_of_difference(np.array([900.0, 100.0]), np.array([900.0, 100.0]), np.array([4e3, 1e3])), 3)
    0.422
    """
    total, variance = float(n.sum()), float(squares.sum())
    if not variance > 0:
        return 0.0
    skewness = float(cubes.sum()) / total / (variance / total) ** 1.5
    return float(skewness * (n[0] - n[1]) / np.sqrt(n[0] * n[1] * total))


def satterthwaite_df(control: ArmMean, treatment: ArmMean) -> float:
    """Compute the degrees of freedom of the variance of a difference.

    Examples
    --------
    >>> round(satterthwaite_df(ArmMean(0.0, 2.0, 9.0, 2.0), ArmMean(0.0, 1.0, 4.0, 1.0)), 3)
    12.96
    """
    weights = np.array([control.weight, treatment.weight])
    parts = float((weights**2 / np.array([control.df, treatment.df])).sum())
    return float(weights.sum() ** 2 / parts) if parts > 0 else NORMAL


def t_test_p_values(t: Any, df: Any) -> Floats:
    """Compute two-sided p-values of Student's t; those of the normal distribution where ``df`` is infinite.

    Examples
    --------
    >>> t_test_p_values(np.array([2.262, 1.96]), np.array([9.0, np.inf])).round(3).tolist()
    [0.05, 0.05]
    """
    from scipy.special import ndtr, stdtr

    below = -np.abs(np.asarray(t, dtype=np.float64))
    df = np.asarray(df, dtype=np.float64)
    finite = np.where(np.isfinite(df), df, 1.0)
    return np.asarray(2 * np.where(np.isfinite(df), stdtr(finite, below), ndtr(below)), dtype=np.float64)


def fieller_interval(control: ArmMean, treatment: ArmMean, quantile: float) -> tuple[float, float, float]:
    r"""Compute treatment over control, less one, with Fieller's interval.

    Parameters
    ----------
    control, treatment : ArmMean
        Their variances without the shared part, which is the covariance of the two.
    quantile : float
        Half-width of an interval in standard errors.

    Returns
    -------
    relative_difference, low, high
        NaN where the control is not clearly above zero, :math:`m_c \le q \sqrt{v_c}`.

    Examples
    --------
    >>> control, treatment = ArmMean(10.0, 1.0), ArmMean(12.0, 1.0)
    >>> [round(value, 3) for value in fieller_interval(control, treatment, 1.959964)]
    [0.2, -0.068, 0.564]
    >>> fieller_interval(ArmMean(1.0, 1.0), treatment, 1.959964)
    (nan, nan, nan)
    """
    square, shared = quantile**2, control.shared
    a = control.mean**2 - square * (control.variance + shared)
    if not (control.mean > 0 and a > 0):
        return float("nan"), float("nan"), float("nan")
    b = control.mean * treatment.mean - square * shared
    c = treatment.mean**2 - square * (treatment.variance + shared)
    root = float(np.sqrt(max(b**2 - a * c, 0.0)))
    return treatment.mean / control.mean - 1, (b - root) / a - 1, (b + root) / a - 1


def clustered_mean(mean: float, residual_sums: Floats, sizes: Floats) -> ArmMean:
    """Compute the variance of a mean whose clusters were randomised (CR2), with its degrees of freedom.

    Parameters
    ----------
    mean : float
        The estimate.
    residual_sums : float array of shape (n_clusters,)
        Sums over each cluster of what its values differ from the mean; they add up to 0.
    sizes : float array of shape (n_clusters,)
        Units of each cluster.

    Returns
    -------
    ArmMean
        NaN variance with fewer than two clusters.

    Examples
    --------
    >>> clusters = clustered_mean(2.0, np.array([-2.0, 0.0, 2.0]), np.array([2.0, 2.0, 2.0]))
    >>> round(clusters.variance, 4), round(clusters.df, 4)
    (0.3333, 2.0)
    """
    n = float(sizes.sum())
    if len(sizes) < 2:
        return ArmMean(mean, float("nan"), float("nan"), float("nan"))
    leverage = sizes / n
    variance = float((residual_sums**2 / (1 - leverage)).sum()) / n**2
    inflated = sizes * leverage / (1 - leverage)
    square_norm = float((sizes**2).sum() + inflated.sum() ** 2 - (inflated**2).sum())
    return ArmMean(mean, variance, n**2 / square_norm, 1 / n)


def pooled_share_error(n: Floats, shares: Floats) -> float:
    """Compute the standard error of a difference of two shares, if both are one.

    Examples
    --------
    >>> round(pooled_share_error(np.array([100.0, 100.0]), np.array([0.4, 0.6])), 4)
    0.0707
    """
    pooled = float(n @ shares / n.sum())
    return float(np.sqrt(pooled * (1 - pooled) * (1 / n).sum()))


def non_inferiority_t(
    control: ArmMean, treatment: ArmMean, *, sign: int, margin: float | None, relative_margin: float | None
) -> float:
    """Compute by how many standard errors the treatment is on the good side of a margin.

    Parameters
    ----------
    control, treatment : ArmMean
    sign : {1, -1}
        Whether more or less is better.
    margin, relative_margin : float or None
        How much worse is acceptable, in units of the mean or as a share of the control: one of them.

    Returns
    -------
    float
        NaN without variance, and for a relative margin of a control that is not above zero.

    Examples
    --------
    >>> control, treatment = ArmMean(10.0, 0.5), ArmMean(9.8, 0.5)
    >>> round(non_inferiority_t(control, treatment, sign=1, margin=1.0, relative_margin=None), 3)
    0.8
    >>> round(non_inferiority_t(control, treatment, sign=1, margin=None, relative_margin=0.1), 3)
    0.841
    """
    factor = 1.0 if relative_margin is None else 1 - sign * relative_margin
    gap = sign * (treatment.mean - factor * control.mean) + (margin or 0.0)
    error = contrast_error(control, treatment, factor)
    is_unknown = relative_margin is not None and not control.mean > 0
    return gap / error if error > 0 and not is_unknown else float("nan")


def contrast_error(control: ArmMean, treatment: ArmMean, factor: float = 1.0) -> float:
    """Compute the standard error of the treatment less ``factor`` times the control.

    Examples
    --------
    >>> contrast_error(ArmMean(0.0, 9.0), ArmMean(0.0, 16.0))
    5.0
    """
    own = treatment.variance + factor**2 * control.variance
    return float(np.sqrt(max(own + (1 - factor) ** 2 * control.shared, 0.0)))
