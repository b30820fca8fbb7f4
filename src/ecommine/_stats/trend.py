r"""Trends of many short series whose noise is autocorrelated: a test by ranks, and the size as a rate of growth.

Kendall's :math:`S = \sum_{i < j} \operatorname{sign}(x_j - x_i)` is zero on average without a trend. Noise that lasts
makes it vary more than independent noise does. Of an autoregression with the coefficient :math:`r`, ranks have the
correlation :math:`\rho_k = (6 / \pi) \arcsin(r^k / 2)` at lag :math:`k`, and Hamed and Rao's factor on its variance is

.. math:: 1 + \frac{2}{n (n - 1) (n - 2)} \sum_{k = 1}^{n - 1} (n - k) (n - k - 1) (n - k - 2) \rho_k

Its coefficient is that of the noise, without the line, corrected for the bias of short series (Kendall 1954):
:math:`(n r + 2) / (n - 4)`. Counts add noise that does not last, which hides at lag one how long the rest does:
:math:`\rho_k = \rho_1 c^{k - 1}` with a decay :math:`c` that all series share, see `noise_correlation`. Since it is an
estimate, the test compares with Student's distribution on the degrees of freedom of so many independent periods. With
normal quantiles, or with the sample's own autocorrelations at each lag, a coefficient of .7 makes it reject a true null
several times too often.

References
----------
Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13(3), 245-259. https://doi.org/10.2307/1907187

Hamed, K. H. and Rao, A. R. (1998). A modified Mann-Kendall trend test for autocorrelated data. Journal of Hydrology
204(1-4), 182-196. https://doi.org/10.1016/S0022-1694(97)00125-X

Kendall, M. G. (1954). Note on bias in the estimation of autocorrelation. Biometrika 41(3-4), 403-404.
https://doi.org/10.1093/biomet/41.3-4.403
"""

from typing import NamedTuple

import numpy as np

from .arrays import Floats, divide

MIN_PERIODS_FOR_TREND = 10
"""Known periods below which no trend is tested: the correction for short series explodes."""
MAX_AUTOCORRELATION = 0.97
MIN_OWN_PART = 0.1
MIN_CLEAR_CORRELATION = 0.05
"""Mean autocorrelation from which on its decay can be seen."""
_STEPS = 12
"""Newton's steps to the rate of growth."""
_MAX_STEP = 2.0


class TrendTest(NamedTuple):
    """Kendall's test of each series; NaN with too few known periods, or where all are equal.

    Attributes
    ----------
    tau : float array of shape (n_series,)
        Share of pairs of periods that rise less the share that falls.
    p_value : float array of shape (n_series,)
        Two-sided.
    autocorrelation : float array of shape (n_series,)
        Of the noise, at lag one, corrected for bias; at least 0.
    """

    tau: Floats
    p_value: Floats
    autocorrelation: Floats


class NoiseCorrelation(NamedTuple):
    """Autocorrelation of the noise of many series.

    Attributes
    ----------
    mean, variance : float
        Of the coefficients at lag one, over series, without the error of their estimates.
    decay : float
        Autocorrelation at a lag over that at the lag before.
    """

    mean: float
    variance: float
    decay: float


class GrowthRate(NamedTuple):
    """Growth of each series per unit of time, as a logarithm, with its standard error and degrees of freedom."""

    estimate: Floats
    error: Floats
    df: Floats


def mann_kendall(values: Floats, *, pooled: NoiseCorrelation | None = None) -> TrendTest:
    """Test series for a trend, whatever the autocorrelation of their noise.

    Parameters
    ----------
    values : float array of shape (n_series, n_periods)
        NaN where not known; unknown periods are left out of pairs.
    pooled : NoiseCorrelation, optional
        Of these and other series: each coefficient is drawn to their mean by as much as they are alike.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=(2, 40))
    >>> test = mann_kendall(noise + np.outer([0.0, 0.1], np.arange(40)))
    >>> test.p_value.round(4).tolist()
    [0.6685, 0.0006]
    """
    n = (~np.isnan(values)).sum(axis=1).astype(np.float64)
    score = _kendall_score(values)
    ranks, ties = _ranks_and_ties(values)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    autocorrelation = corrected_autocorrelation(_without_line(ranks))  # of ranks, which no outlier dominates
    own_part = np.ones(len(values))
    if pooled is not None:
        own_part = _own_part(n, pooled)
        autocorrelation = pooled.mean + own_part * (autocorrelation - pooled.mean)
    decay_of_each = np.maximum(autocorrelation, 0.0 if pooled is None else pooled.decay)
    df = effective_periods(n, autocorrelation, decay_of_each)  # more where the coefficient is known from others
    inflated = variance * _variance_factor(n, autocorrelation, decay_of_each)
    is_tested = (n >= MIN_PERIODS_FOR_TREND) & (variance > 0)
    z = divide(score - np.sign(score), np.sqrt(np.where(is_tested, inflated, 0)))
    return TrendTest(
        tau=divide(score, np.where(is_tested, n * (n - 1) / 2, 0)),
        p_value=np.where(is_tested, _student_p(z, df / np.maximum(own_part, MIN_OWN_PART)), np.nan),
        autocorrelation=autocorrelation,
    )


def noise_correlation(values: Floats) -> NoiseCorrelation:
    """Estimate the autocorrelation of noise from all series together.

    Examples
    --------
    >>> noise_correlation(np.random.default_rng(0).normal(size=(50, 40))).decay
    0.0
    """
    noise = _without_line(_ranks_and_ties(values)[0])
    n = (~np.isnan(noise)).sum(axis=1)
    is_used = n >= MIN_PERIODS_FOR_TREND
    if not is_used.any():
        return NoiseCorrelation(0.0, 0.0, 0.0)
    first, second = (_lag_correlation(noise[is_used], lag) for lag in (1, 2))
    mean = float(np.clip(first.mean(), 0, MAX_AUTOCORRELATION))
    variance = max(float(first.var() - ((1 - mean**2) / n[is_used]).mean()), 0.0)
    is_clear = mean > max(MIN_CLEAR_CORRELATION, 5 / np.sqrt(n[is_used].sum()))
    decay = float(np.clip(second.mean() / first.mean(), 0, MAX_AUTOCORRELATION)) if is_clear else 0.0
    return NoiseCorrelation(mean, variance, decay)


def growth_rates(
    counts: Floats, expected: Floats, time: Floats, autocorrelation: Floats, *, decay: float = 0.0
) -> GrowthRate:
    r"""Estimate the growth of counts beside what is expected without any, :math:`E[y_t] = x_t e^{a + b t}`.

    Parameters
    ----------
    counts, expected : float arrays of shape (n_series, n_periods)
        Units at least 0, and a positive number that they are proportional to without a trend. NaN where not known.
    time : float array of shape (n_periods,)
        In the unit of time of the rate.
    autocorrelation : float array of shape (n_series,)
        Of the noise, as `mann_kendall` gives it: the error grows with it, and with the dispersion of the counts.
    decay : float
        Autocorrelation of the noise at a lag over that at the lag before; at least that at lag one.

    Returns
    -------
    GrowthRate
        NaN where nothing was counted, or nothing is known at two times.

    Examples
    --------
    >>> time = np.arange(8.0)
    >>> rate = growth_rates(np.exp(0.1 * time)[None], np.ones((1, 8)), time, np.zeros(1))
    >>> rate.estimate.round(6).tolist()
    [0.1]
    """
    is_known = ~np.isnan(counts) & ~np.isnan(expected)
    y, x = np.where(is_known, counts, 0), np.where(is_known, expected, 0)
    total, n = y.sum(axis=1), is_known.sum(axis=1)
    slope = np.zeros(len(counts))
    reach = max(float(np.ptp(time)), 1e-12) if len(time) else 1.0
    for _ in range(_STEPS):
        fitted, centred, information = _fitted(x, total, slope, time)
        step = divide(((y - fitted) * centred).sum(axis=1), information)
        slope = slope + np.clip(np.nan_to_num(step), -_MAX_STEP / reach, _MAX_STEP / reach)
    fitted, _, information = _fitted(x, total, slope, time)
    squares = np.divide((y - fitted) ** 2, fitted, out=np.zeros_like(y), where=fitted > 0).sum(axis=1)
    dispersion = np.maximum(divide(squares, n - 2.0), 1.0)
    decay_of_each = np.maximum(autocorrelation, decay)
    error = np.sqrt(divide(dispersion * _lasting(autocorrelation, decay_of_each), information))
    is_estimated = (total > 0) & (information > 0) & (n > 2)
    return GrowthRate(
        estimate=np.where(is_estimated, slope, np.nan),
        error=np.where(is_estimated, error, np.nan),
        df=effective_periods(n.astype(np.float64), autocorrelation, decay_of_each),
    )


def corrected_autocorrelation(noise: Floats) -> Floats:
    """Return the autocorrelation at lag one, from 0 up, corrected for the bias of short series.

    Examples
    --------
    >>> corrected_autocorrelation(np.array([[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]])).tolist()
    [0.0]
    """
    return np.asarray(np.clip(np.nan_to_num(_lag_correlation(noise, 1)), 0, MAX_AUTOCORRELATION))


def effective_periods(n: Floats, autocorrelation: Floats, decay: Floats) -> Floats:
    """Return how many independent periods are worth as much, at least 2.

    Examples
    --------
    >>> effective_periods(np.array([60.0]), np.array([0.5]), np.array([0.5])).tolist()
    [20.0]
    """
    return np.maximum(n / _lasting(autocorrelation, decay), 2.0)


def _lasting(autocorrelation: Floats, decay: Floats) -> Floats:
    """Return the factor of autocorrelation on the variance of a mean."""
    return np.asarray(1 + 2 * autocorrelation / (1 - decay))


def _lag_correlation(noise: Floats, lag: int) -> Floats:
    """Return the autocorrelation at a lag, corrected for the bias of short series."""
    n = (~np.isnan(noise)).sum(axis=1)
    centred = noise - divide(np.nansum(noise, axis=1), n)[:, None]
    products = centred[:, lag:] * centred[:, :-lag]
    n_pairs = (~np.isnan(products)).sum(axis=1)
    plain = divide(divide(np.nansum(products, axis=1), n_pairs), divide(np.nansum(centred**2, axis=1), n - 1))
    return np.nan_to_num(divide(n * plain + 2, np.maximum(n - 4, 0)))


def _fitted(x: Floats, total: Floats, slope: Floats, time: Floats) -> tuple[Floats, Floats, Floats]:
    """Return fitted counts that add up to the total, times around their mean, and the information on the slope."""
    weight = x * np.exp(slope[:, None] * (time - time.mean()))
    sums = weight.sum(axis=1)
    fitted = weight * np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
    centre = np.divide((weight * time).sum(axis=1), sums, out=np.zeros_like(sums), where=sums > 0)
    centred = time - centre[:, None]
    return fitted, centred, (fitted * centred**2).sum(axis=1)


def _kendall_score(values: Floats) -> Floats:
    score = np.zeros(len(values))
    for lag in range(1, values.shape[1]):
        score += np.nansum(np.sign(values[:, lag:] - values[:, :-lag]), axis=1)
    return score


def _ranks_and_ties(values: Floats) -> tuple[Floats, Floats]:
    """Return mean ranks within each series, and the sum of t (t - 1) (2 t + 5) over its groups of t equal values."""
    n_series, n_periods = values.shape
    order = np.argsort(values, axis=1, kind="stable")  # NaN last, each a group of its own
    ordered = np.take_along_axis(values, order, axis=1)
    is_start = np.ones(values.shape, dtype=bool)
    is_start[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.flatnonzero(is_start.ravel())
    size = np.diff(np.append(first, values.size))
    mean_rank = np.repeat(first % n_periods + (size - 1) / 2, size).reshape(values.shape)
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, mean_rank, axis=1)
    ties = np.bincount(first // n_periods, weights=size * (size - 1.0) * (2 * size + 5), minlength=n_series)
    return np.where(np.isnan(values), np.nan, ranks), np.asarray(ties, dtype=np.float64)


def _without_line(values: Floats) -> Floats:
    """Return series less their least-squares line."""
    is_known = ~np.isnan(values)
    n = is_known.sum(axis=1)
    time = np.where(is_known, np.arange(values.shape[1], dtype=np.float64), np.nan)
    centred_time = time - divide(np.nansum(time, axis=1), n)[:, None]
    centred = values - divide(np.nansum(values, axis=1), n)[:, None]
    slope = divide(np.nansum(centred_time * centred, axis=1), np.nansum(centred_time**2, axis=1))
    return np.asarray(centred - np.nan_to_num(slope)[:, None] * centred_time)


def _own_part(n: Floats, pooled: NoiseCorrelation) -> Floats:
    """Return how much of a coefficient is its own estimate: the less, the more alike series are beside its error."""
    error = (1 - pooled.mean**2) / np.maximum(n, 1)
    return np.asarray(pooled.variance / (pooled.variance + error))


def _variance_factor(n: Floats, autocorrelation: Floats, decay: Floats) -> Floats:
    """Return Hamed and Rao's factor on the variance of Kendall's score."""
    total = np.zeros(len(n))
    for lag in range(1, int(n.max(initial=0))):
        pairs = np.maximum(n - lag, 0) * np.maximum(n - lag - 1, 0) * np.maximum(n - lag - 2, 0)
        total += pairs * np.arcsin(autocorrelation * decay ** (lag - 1) / 2)
    return 1 + 12 / np.pi * np.nan_to_num(divide(total, n * (n - 1) * (n - 2)))


def _student_p(z: Floats, df: Floats) -> Floats:
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(df, -np.abs(np.nan_to_num(z))))
