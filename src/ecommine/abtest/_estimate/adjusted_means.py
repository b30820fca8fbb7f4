r"""Means of an arm from its moments: with a covariate (CUPED), as a ratio (delta method), over strata.

With the moments of each stratum h and weights :math:`W_h`, the adjusted mean of an arm is
:math:`\sum_h W_h (\bar y_h - \theta (\bar x_h - \bar X))`, where the slope :math:`\theta` is that of both arms within
strata, and :math:`\bar X` the covariate's mean over both. A ratio :math:`R = \sum_h W_h \bar y_h / \sum_h W_h \bar x_h`
has the variance of the mean of :math:`y - R x`, over :math:`(\sum_h W_h \bar x_h)^2`.

References
----------
Deng, A., Xu, Y., Kohavi, R. and Walker, T. (2013). Improving the sensitivity of online controlled experiments by
utilizing pre-experiment data. WSDM 2013, 123-132. https://doi.org/10.1145/2433396.2433413

Deng, A., Knoblich, U. and Lu, J. (2018). Applying the delta method in metric analytics: a practical guide with novel
ideas. KDD 2018, 233-242. https://doi.org/10.1145/3219819.3219919

Miratrix, L. W., Sekhon, J. S. and Yu, B. (2013). Adjusting treatment effect estimates by post-stratification in
randomized experiments. Journal of the Royal Statistical Society B 75(2), 369-396.
https://doi.org/10.1111/j.1467-9868.2012.01048.x
"""

from dataclasses import dataclass

import numpy as np

from ..._stats.arrays import Floats
from .mean_differences import NORMAL, ArmMean, stratified_mean


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StrataMoments:
    """Counts, means, and sums of squares and products about the means, of each stratum of one arm.

    Attributes
    ----------
    n, value, second : float array of shape (n_strata,)
        Units, and the means of the value and of a second column: its covariate or denominator, or the value again.
    squares, products, second_squares : float array of shape (n_strata,)
        Sums about these means.

    Examples
    --------
    >>> y, x = np.array([1.0, 2.0, 6.0]), np.array([1.0, 1.0, 4.0])
    >>> StrataMoments.of(y, x).products.tolist()
    [9.0]
    """

    n: Floats
    value: Floats
    second: Floats
    squares: Floats
    products: Floats
    second_squares: Floats

    @classmethod
    def of(cls, value: Floats, second: Floats) -> "StrataMoments":
        """Compute the moments of the units of one stratum."""
        y, x = value - value.mean(), second - second.mean()
        names = ("n", "value", "second", "squares", "products", "second_squares")
        numbers = (len(value), value.mean(), second.mean(), y @ y, y @ x, x @ x)
        return cls(**{name: np.array([number], dtype=np.float64) for name, number in zip(names, numbers, strict=True)})


def covariate_slope(control: StrataMoments, treatment: StrataMoments) -> tuple[float, float]:
    """Compute the slope of the value on its covariate within arms and strata, and the share that it explains.

    Examples
    --------
    >>> arm = StrataMoments.of(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    >>> covariate_slope(arm, arm)
    (0.5, 1.0)
    """
    arms = (control, treatment)
    products = sum(float(arm.products.sum()) for arm in arms)
    squares = sum(float(arm.second_squares.sum()) for arm in arms)
    values = sum(float(arm.squares.sum()) for arm in arms)
    if not (squares > 0 and values > 0):
        return 0.0, 0.0
    return products / squares, products**2 / (squares * values)


def covariate_mean(control: StrataMoments, treatment: StrataMoments, weights: Floats) -> tuple[float, float]:
    """Compute the mean of the covariate over both arms, and its variance.

    Examples
    --------
    >>> arm = StrataMoments.of(np.zeros(3), np.array([1.0, 2.0, 3.0]))
    >>> mean, variance = covariate_mean(arm, arm, np.ones(1))
    >>> mean, round(variance, 4)
    (2.0, 0.1667)
    """
    n = np.maximum(control.n + treatment.n, 1.0)
    sums = control.n * control.second + treatment.n * treatment.second
    squares = control.second_squares + treatment.second_squares
    return float((weights * sums / n).sum()), float((weights**2 * squares / (n * np.maximum(n - 2, 1.0))).sum())


def adjusted_mean(moments: StrataMoments, weights: Floats, slope: float, centre: float, *, is_share: bool) -> ArmMean:
    """Compute the mean of an arm as if its covariate had the mean ``centre``; of a share the variance is p (1 - p) / n.

    A share over strata has the variance of a mean: in cells of few units p (1 - p) / n is too small by 1 / n of it.

    Examples
    --------
    >>> arm = StrataMoments.of(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
    >>> adjusted_mean(arm, np.ones(1), 0.5, 1.0, is_share=False).mean
    1.5
    """
    mean = float((weights * (moments.value - (slope * (moments.second - centre) if slope else 0.0))).sum())
    squares = moments.squares - 2 * slope * moments.products + slope**2 * moments.second_squares
    if is_share and len(weights) == 1:
        return ArmMean(mean, float(squares[0] / moments.n[0] ** 2), NORMAL, 1.0)
    return stratified_mean(mean, weights, squares, moments.n)


def ratio_of_means(moments: StrataMoments, weights: Floats) -> ArmMean:
    """Compute the ratio of two means of an arm by the delta method; NaN where the denominator is not above zero.

    Examples
    --------
    >>> arm = StrataMoments.of(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0]))
    >>> ratio_of_means(arm, np.ones(1)).mean
    1.5
    """
    denominator = float((weights * moments.second).sum())
    if not denominator > 0:
        return ArmMean(float("nan"), float("nan"))
    ratio = float((weights * moments.value).sum()) / denominator
    squares = moments.squares - 2 * ratio * moments.products + ratio**2 * moments.second_squares
    return stratified_mean(ratio, weights, squares / denominator**2, moments.n)


def residual_std(moments: StrataMoments, *, is_ratio: bool, has_covariate: bool) -> float:
    """Compute the standard deviation of one unit's part in a mean, an adjusted mean or a ratio of one stratum.

    Examples
    --------
    >>> arm = StrataMoments.of(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    >>> [residual_std(arm, is_ratio=ratio, has_covariate=not ratio) for ratio in (True, False)]
    [0.0, 0.0]
    """
    n = float(moments.n[0])
    if is_ratio:
        return float(np.sqrt(ratio_of_means(moments, np.ones(1)).variance * n))
    explained = covariate_slope(moments, moments)[1] if has_covariate else 0.0
    return float(np.sqrt(moments.squares[0] * (1 - explained) / (n - 1)))
