"""Trends of the share that each product has of the shop: tested, with their size."""

from typing import NamedTuple

import numpy as np

from ..._core.arrays import Floats
from ..._stats.arrays import divide
from ..._stats.common_factor import CommonFactor, common_factor
from ..._stats.trend import growth_rates, mann_kendall, noise_decay
from .._demand.shared import comparable
from .._panel import Panel

MAX_PERIODS = 120
"""Periods that are tested; of longer histories several are taken together, in which a trend shows as well."""
MIN_KNOWN_SHARE = 0.5
"""Share of a period that must be known."""
DAYS_OF_YEAR = 365.25
_BLOCK = 2_000


class Rates(NamedTuple):
    """Units and known days of periods that are long enough to test."""

    units: Floats
    days: Floats
    time: Floats


class ShareTrends(NamedTuple):
    """Trends of all series: arrays of shape (n_series,), NaN where not tested.

    Growth is a logarithm per year, or per period where these are numbers.
    """

    tau: Floats
    p_value: Floats
    growth: Floats
    growth_low: Floats
    growth_high: Floats


def rates_for_trends(panel: Panel) -> Rates:
    """Return the panel in whole weeks where it is of days, and in at most about 120 periods; early days are left out.

    Time is in years, or in periods where these are numbers.
    """
    n_periods = len(panel.periods)
    step = 7 if panel.periods.every == "1d" else 1
    width = step * max(-(-n_periods // (step * MAX_PERIODS)), 1)
    n = n_periods // width
    known = comparable(panel.demand)[:, n_periods - n * width :]
    days = panel.periods.days[n_periods - n * width :]
    units = np.where(known, panel.demand[:, n_periods - n * width :], 0).reshape(panel.n_series, n, width).sum(axis=2)
    known_days = (known * days).reshape(panel.n_series, n, width).sum(axis=2)
    length = days.reshape(n, width).sum(axis=1)
    known_days = np.where(known_days >= MIN_KNOWN_SHARE * length, known_days, 0)
    middle = np.cumsum(length) - length / 2
    return Rates(units, known_days, middle / DAYS_OF_YEAR if panel.periods.is_dated else middle)


def share_trends(rates: Rates, quantile_level: float) -> ShareTrends:
    """Test the share of the shop that each series has, which leaves out the season and growth that all share."""
    shared = common_factor(rates.units, rates.days)
    sample = slice(None, None, -(-len(rates.units) // _BLOCK))
    decay = noise_decay(_relative(rates, shared, sample))
    blocks = [
        _trends_of_block(rates, shared, slice(start, start + _BLOCK), decay, quantile_level)
        for start in range(0, len(rates.units), _BLOCK)
    ]
    return ShareTrends(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def _expected(rates: Rates, shared: CommonFactor, rows: slice) -> Floats:
    """Return what units are proportional to where a share stays, NaN where not known."""
    days = rates.days[rows]
    expected = shared.of_others(rates.units[rows], days, rows) * np.where(days > 0, days, np.nan)
    return np.where(expected > 0, expected, np.nan)


def _relative(rates: Rates, shared: CommonFactor, rows: slice) -> Floats:
    return divide(rates.units[rows], _expected(rates, shared, rows))


def _trends_of_block(
    rates: Rates, shared: CommonFactor, rows: slice, decay: float, quantile_level: float
) -> ShareTrends:
    from scipy.special import stdtrit

    units, expected = rates.units[rows], _expected(rates, shared, rows)
    test = mann_kendall(divide(units, expected), decay=decay)
    known_units = np.where(rates.days[rows] > 0, units, np.nan)
    rate = growth_rates(known_units, expected, rates.time, test.autocorrelation, decay=decay)
    margin = stdtrit(rate.df, (1 + quantile_level) / 2) * rate.error
    is_tested = ~np.isnan(test.p_value)
    size = (
        np.where(is_tested, part, np.nan) for part in (rate.estimate, rate.estimate - margin, rate.estimate + margin)
    )
    return ShareTrends(test.tau, test.p_value, *size)
