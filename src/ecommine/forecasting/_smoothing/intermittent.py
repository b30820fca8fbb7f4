"""Rates of intermittent demand at every origin: Croston's method, its descendant TSB, and weighted means."""

import numpy as np

from ..._stats.arrays import Floats
from .base import Recorded, dispersed_scales

ALPHAS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)
USUAL_ALPHA, MIN_SERIES_FOR_ALPHA = 0.1, 20
"""Smoothing parameter of panels with fewer series: these cannot show a better one."""
MAX_SERIES_FOR_ALPHA = 300
"""Series, evenly spaced, from which a shared smoothing parameter is chosen."""
MIN_PERIODS_BEFORE_LOSS = 4
"""Periods of history before one-step forecasts count in the choice of the smoothing parameter."""


def recorded(name: str, demand: Floats, rates: Floats, alpha: float) -> Recorded:
    """Return a fitted model of its rates, of shape (n_periods + 1, n_series)."""
    scales = dispersed_scales(np.ascontiguousarray(demand.T), rates)
    return Recorded(name=name, rates=rates, scales=scales, parameters={"alpha": np.full(len(demand), alpha)})


def croston_rates(demand: Floats, alpha: float) -> Floats:
    """Return the forecast at each origin, of shape (n_periods + 1, n_series): 0 until the first demand."""
    values = np.ascontiguousarray(demand.T)
    size, interval = np.full(len(demand), np.nan), np.full(len(demand), np.nan)
    since, rates = np.zeros(len(demand)), np.full((len(values) + 1, len(demand)), np.nan)
    for period, value in enumerate(values):
        is_known = ~np.isnan(value)
        since = since + is_known
        is_demand = value > 0
        is_first = is_demand & np.isnan(size)
        size = np.where(is_first, value, np.where(is_demand, size + alpha * (value - size), size))
        interval = np.where(is_first, since, np.where(is_demand, interval + alpha * (since - interval), interval))
        rates[period + 1] = np.where(np.isnan(size), np.where(is_known, 0.0, rates[period]), size / interval)
        since = np.where(is_demand, 0.0, since)
    return rates


def tsb_rates(demand: Floats, alpha: float, beta: float) -> Floats:
    """Return the forecast at each origin, of shape (n_periods + 1, n_series): 0 until the first demand."""
    values = np.ascontiguousarray(demand.T)
    size, probability = np.full(len(demand), np.nan), np.full(len(demand), np.nan)
    rates = np.full((len(values) + 1, len(demand)), np.nan)
    for period, value in enumerate(values):
        is_known, is_demand = ~np.isnan(value), value > 0
        size = np.where(is_demand, np.where(np.isnan(size), value, size + alpha * (value - size)), size)
        moved = np.where(np.isnan(probability), is_demand, probability + beta * (is_demand - probability))
        probability = np.where(is_known, moved, probability)
        rates[period + 1] = np.where(np.isnan(size), probability * 0.0, size * probability)
    return rates


def weighted_rates(values: Floats, alpha: float) -> Floats:
    """Return the exponentially weighted mean before each origin, of shape (n_periods + 1, n_series)."""
    rates = np.full((len(values) + 1, values.shape[1]), np.nan)
    total, weight = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    is_known, known = ~np.isnan(values), np.nan_to_num(values)
    for period in range(len(values)):
        seen = is_known[period]
        decay = np.where(seen, 1 - alpha, 1.0)
        total = total * decay + known[period]
        weight = weight * decay + seen
        np.divide(total, weight, out=rates[period + 1], where=weight > 0)
    return rates


def best_alpha(values: Floats) -> float:
    """Return the weight with the least Poisson deviance of one-step forecasts; ``values`` is (n_periods, n_series)."""
    if values.shape[1] < MIN_SERIES_FOR_ALPHA:
        return USUAL_ALPHA
    step = -(-values.shape[1] // MAX_SERIES_FOR_ALPHA)
    sample = values[:, ::step]
    losses = [_deviance(sample, weighted_rates(sample, alpha)) for alpha in ALPHAS]
    return ALPHAS[int(np.argmin(losses))]


def _deviance(values: Floats, rates: Floats) -> float:
    """Return the mean Poisson deviance of one-step forecasts, each series in units of its own mean."""
    expected, seen = rates[MIN_PERIODS_BEFORE_LOSS:-1], values[MIN_PERIODS_BEFORE_LOSS:]
    is_compared = ~np.isnan(seen) & ~np.isnan(expected)
    if not is_compared.any():
        return 0.0
    expected = np.where(is_compared, np.maximum(expected, 1e-3), 1.0)
    seen = np.where(is_compared, seen, 1.0)
    deviance = np.where(seen > 0, seen * np.log(np.where(seen > 0, seen, 1.0) / expected), 0.0) - (seen - expected)
    by_series = (deviance * is_compared).sum(axis=0) / np.maximum(is_compared.sum(axis=0), 1)
    mean = np.maximum((seen * is_compared).sum(axis=0) / np.maximum(is_compared.sum(axis=0), 1), 1e-9)
    return float((by_series / np.sqrt(mean)).mean())
