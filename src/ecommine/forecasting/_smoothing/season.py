"""Seasonal adjustment of many series at once, as in the M competitions: test, classical decomposition, shrinkage."""

from dataclasses import dataclass

import numpy as np

from ..._stats.arrays import Bools, Floats

MIN_SEASONS = 3
"""Seasons of history that the test of a season needs."""
CRITICAL = 1.645
"""Normal quantile of the test of the autocorrelation at the seasonal lag (90 %, two-sided)."""
MAX_LOG_RATIO = 20.0
"""Logs of forecasts stay within this distance of the logs of demand, so that no exponential overflows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """Seasonally adjusted demand, in logs where told so, and the way back.

    Attributes
    ----------
    values : float array of shape (n_series, n_periods)
    indices : float array of shape (n_series, season_length)
        Of each phase: factors around 1 where ``is_factor``, else terms around 0.
    is_log, is_factor : bool arrays of shape (n_series,)
    """

    values: Floats
    indices: Floats
    is_log: Bools
    is_factor: Bools

    def restore(self, forecasts: Floats) -> Floats:
        """Return forecasts of adjusted demand, of shape (n_series, horizon), in the unit of demand."""
        phases = (self.values.shape[1] + np.arange(forecasts.shape[1])) % self.indices.shape[1]
        index = self.indices[:, phases]
        restored = np.where(self.is_factor[:, None], forecasts * index, forecasts + index)
        return _unlogged(restored, self.is_log, self.values)

    def restore_scale(self, error: Floats, forecasts: Floats) -> Floats:
        """Return errors in the unit of demand: those of logs are relative, and are multiplied by the level."""
        level = np.abs(_unlogged(forecasts[:, :1], self.is_log, self.values)[:, 0])
        return np.where(self.is_log, error * level, error)


def adjust(demand: Floats, season_length: int, *, log: Bools, is_additive: bool = False) -> Adjusted:
    """Take the season out of each series that has one.

    In logs the indices are terms, shrunk to 0 by the rule of James and Stein; else they are the factors of the
    classical decomposition, or terms where demand has zeros or ``is_additive``.

    References
    ----------
    Makridakis, S. and Hibon, M. (2000). The M3-Competition. International Journal of Forecasting 16(4), 451-476.

    Miller, D. M. and Williams, D. (2003). Shrinkage estimators of time series seasonal factors and their effect on
    forecasting accuracy. International Journal of Forecasting 19(4), 669-684.
    """
    is_positive = ~(demand <= 0).any(axis=1)
    is_log = log & is_positive
    is_factor = is_positive & ~is_log & (not is_additive)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(is_log[:, None], np.log(np.where(is_log[:, None], demand, 1.0)), demand)
    if season_length == 1 or demand.shape[1] < MIN_SEASONS * season_length:
        indices = np.where(is_factor[:, None], 1.0, np.zeros((len(demand), 1)))
        return Adjusted(values=values, indices=indices, is_log=is_log, is_factor=is_factor)
    filled = interpolate(values)
    indices = _indices(filled, season_length, is_factor=is_factor, is_shrunk=is_log)
    neutral = np.where(is_factor, 1.0, 0.0)[:, None]
    indices = np.where(is_seasonal(filled, season_length)[:, None], indices, neutral)
    index = indices[:, np.arange(demand.shape[1]) % season_length]
    adjusted = np.where(is_factor[:, None], values / np.where(is_factor[:, None], index, 1.0), values - index)
    return Adjusted(values=adjusted, indices=indices, is_log=is_log, is_factor=is_factor)


def is_seasonal(values: Floats, season_length: int) -> Bools:
    """Test the autocorrelation at the seasonal lag against the bound of Bartlett's formula."""
    if season_length == 1 or values.shape[1] < MIN_SEASONS * season_length:
        return np.zeros(len(values), dtype=bool)
    is_known = ~np.isnan(values)
    n = is_known.sum(axis=1)
    mean = np.where(is_known, values, 0).sum(axis=1) / np.maximum(n, 1)
    centred = np.where(is_known, values - mean[:, None], 0.0)
    variance = (centred**2).sum(axis=1)
    lags = range(1, season_length + 1)
    products = np.stack([(centred[:, lag:] * centred[:, :-lag]).sum(axis=1) for lag in lags], axis=1)
    r = products / np.where(variance > 0, variance, 1.0)[:, None]
    bound = CRITICAL * np.sqrt((1 + 2 * (r[:, :-1] ** 2).sum(axis=1)) / np.maximum(n, 1))
    return np.asarray((r[:, -1] > bound) & (n >= MIN_SEASONS * season_length))


def interpolate(values: Floats) -> Floats:
    """Fill holes between known values on straight lines; values before the first one stay NaN."""
    has_hole = np.isnan(values).any(axis=1) & ~np.isnan(values).all(axis=1)
    filled = values.copy()
    steps = np.arange(values.shape[1])
    for row in np.flatnonzero(has_hole):
        known = np.flatnonzero(~np.isnan(values[row]))
        inside = steps[known[0] :]
        if len(known) < len(inside):
            filled[row, known[0] :] = np.interp(inside, known, values[row, known])
    return filled


def _indices(values: Floats, season_length: int, *, is_factor: Bools, is_shrunk: Bools) -> Floats:
    """Return the mean deviation from the centred moving average by phase, which are 1 or 0 on average."""
    trend = _centred_average(values, season_length)
    with np.errstate(divide="ignore", invalid="ignore"):  # factors of positive demand only
        deviation = np.where(is_factor[:, None], values / trend, values - trend)
    is_known = ~np.isnan(deviation)
    known = np.where(is_known, deviation, 0.0)
    phases = [slice(phase, None, season_length) for phase in range(season_length)]
    counts = np.maximum(np.stack([is_known[:, phase].sum(axis=1) for phase in phases], axis=1), 1)
    means = np.stack([known[:, phase].sum(axis=1) for phase in phases], axis=1) / counts
    average = means.mean(axis=1, keepdims=True)
    terms = means - average
    index = means[:, np.arange(values.shape[1]) % season_length]
    residual = np.where(is_known, deviation - index, 0.0)
    noise = (residual**2).sum(axis=1) / np.maximum(is_known.sum(axis=1) - season_length, 1) / counts.mean(axis=1)
    spread = (terms**2).sum(axis=1)
    weight = 1 - np.clip((season_length - 3) * noise / np.where(spread > 0, spread, 1.0), 0.0, 1.0)
    terms *= np.where(is_shrunk, weight, 1.0)[:, None]
    factors = means / np.where(average > 0, average, 1.0)
    return np.asarray(np.where(is_factor[:, None], np.maximum(factors, 1e-3), terms))


def _centred_average(values: Floats, season_length: int) -> Floats:
    """Return the moving average over one season, centred on each period; NaN where it is not complete."""
    is_even = season_length % 2 == 0
    weights = np.full(season_length + is_even, 1.0 / season_length)
    if is_even:
        weights[[0, -1]] /= 2
    width = len(weights)
    average = np.full(values.shape, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, width, axis=1)
    average[:, width // 2 : width // 2 + windows.shape[1]] = windows @ weights
    return average


def _unlogged(values: Floats, is_log: Bools, history: Floats) -> Floats:
    if not is_log.any():
        return values
    known = np.where(np.isnan(history), -np.inf, history)
    most = known.max(axis=1, initial=-np.inf) + MAX_LOG_RATIO
    bounded = np.minimum(values, np.where(np.isfinite(most), most, 0.0)[:, None])
    with np.errstate(over="ignore"):
        return np.where(is_log[:, None], np.exp(np.where(is_log[:, None], bounded, 0.0)), values)
