"""Trends of the share that each of many series has of all: tested beside what all share, with their size."""

from typing import NamedTuple

import numpy as np

from ..._stats.arrays import Floats, divide
from ..._stats.intervals import student_quantiles
from ..._stats.trend import NoiseCorrelation, growth_rates, mann_kendall, noise_correlation
from .._drivers.common_factor import CommonFactor, common_factor
from .._drivers.shared import comparable

MAX_PERIODS = 120
"""Periods that are tested; of longer histories several are taken together, in which a trend shows as well."""
MIN_KNOWN_SHARE = 0.5
"""Share of a period that must be known."""
_BLOCK = 2_000


class ShareTrends(NamedTuple):
    """Trends of all series: arrays of shape (n_series,), NaN where not tested; growth is a logarithm."""

    tau: Floats
    p_value: Floats
    growth: Floats
    growth_low: Floats
    growth_high: Floats


class _Rates(NamedTuple):
    """Units and known days of periods that are long enough to test, and their middles."""

    units: Floats
    days: Floats
    time: Floats


def share_trends(demand: Floats, days: Floats, *, step: int, unit_days: float, level: float) -> ShareTrends:
    """Test the share of each series, which leaves out the season and the growth that all share.

    Parameters
    ----------
    demand : float array of shape (n_series, n_periods)
        NaN where not known: such periods do not count.
    days : float array of shape (n_periods,)
        Length of each period.
    step : int
        Periods that are taken together, such as the days of a week; more where there are more than 120 of them.
    unit_days : float
        Days of the unit of time of the growth.
    level : float
        Of the intervals of growth.

    Examples
    --------
    >>> demand = np.array([[9.0, 10, 11, 10] * 5, [20.0, 21, 19, 20] * 5, np.arange(10, 30)])
    >>> found = share_trends(demand, np.ones(20), step=1, unit_days=10, level=0.95)
    >>> found.p_value.round(3).tolist(), found.growth[2].round(2).item()
    ([0.344, 0.125, 0.0], 0.51)
    """
    rates = _rates(demand, days, step, unit_days)
    shared = common_factor(rates.units, rates.days)
    sample = slice(None, None, -(-len(demand) // _BLOCK))
    pooled = noise_correlation(divide(rates.units[sample], _expected(rates, shared, sample)))
    blocks = [
        _trends_of_block(rates, shared, slice(start, start + _BLOCK), pooled, level)
        for start in range(0, len(demand), _BLOCK)
    ]
    return ShareTrends(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def _rates(demand: Floats, days: Floats, step: int, unit_days: float) -> _Rates:
    """Take periods together, from the last one back."""
    n_series, n_periods = demand.shape
    width = step * max(-(-n_periods // (step * MAX_PERIODS)), 1)
    n = n_periods // width
    kept = slice(n_periods - n * width, None)
    known, shape = comparable(demand)[:, kept], (n_series, n, width)
    units = np.where(known, demand[:, kept], 0).reshape(shape).sum(axis=2)
    known_days = (known * days[kept]).reshape(shape).sum(axis=2)
    length = days[kept].reshape(n, width).sum(axis=1)
    known_days = np.where(known_days >= MIN_KNOWN_SHARE * length, known_days, 0)
    return _Rates(units, known_days, (np.cumsum(length) - length / 2) / unit_days)


def _expected(rates: _Rates, shared: CommonFactor, rows: slice) -> Floats:
    """Return what units are proportional to where a share stays, NaN where not known."""
    days = rates.days[rows]
    expected = shared.of_others(rates.units[rows], days, rows) * np.where(days > 0, days, np.nan)
    return np.where(expected > 0, expected, np.nan)


def _trends_of_block(
    rates: _Rates, shared: CommonFactor, rows: slice, pooled: NoiseCorrelation, level: float
) -> ShareTrends:

    units, expected = rates.units[rows], _expected(rates, shared, rows)
    test = mann_kendall(divide(units, expected), pooled=pooled)
    known_units = np.where(rates.days[rows] > 0, units, np.nan)
    rate = growth_rates(known_units, expected, rates.time, test.autocorrelation, decay=pooled.decay)
    margin = student_quantiles(level, rate.df) * rate.error
    is_tested = ~np.isnan(test.p_value)
    size = (
        np.where(is_tested, part, np.nan) for part in (rate.estimate, rate.estimate - margin, rate.estimate + margin)
    )
    return ShareTrends(test.tau, test.p_value, *size)
