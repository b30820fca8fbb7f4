"""Seasons and peaks of one series of demand: factors of places in a cycle, and runs far above the level."""

from typing import NamedTuple

import numpy as np

from ..._stats.arrays import Floats, Ints, divide
from ..._stats.intervals import student_quantile

MIN_PEAK_FACTOR = 1.25
MIN_PEAK_DEVIATIONS = 3.0
"""How far above the level a peak must be: this factor, and this many deviations of ordinary periods."""


class PlaceFactors(NamedTuple):
    """Factors of the places of a cycle that were seen, with intervals and how often: arrays of shape (n_places,)."""

    place: Ints
    factor: Floats
    low: Floats
    high: Floats
    n_seen: Ints


def running_median(values: Floats, days: Floats, reach: float) -> Floats:
    """Return the median of the periods that begin within so many days before and after each.

    Examples
    --------
    >>> running_median(np.array([1.0, 9.0, 2.0, 3.0]), np.ones(4), 1.0).tolist()
    [5.0, 2.0, 3.0, 2.5]
    """
    begins = np.cumsum(days) - days
    low, high = np.searchsorted(begins, begins - reach), np.searchsorted(begins, begins + reach, side="right")
    known = np.isfinite(values)
    return np.array(
        [np.median(values[i:j][known[i:j]]) if known[i:j].any() else np.nan for i, j in zip(low, high, strict=True)]
    )


def place_factors(place: Ints, ratio: Floats, level: float) -> PlaceFactors:
    """Return geometric means of ratios by place, relative to that of all places, with intervals from their spread.

    Parameters
    ----------
    place : int array of shape (n,)
        Place in the cycle of each period, from 0.
    ratio : float array of shape (n,)
        Demand over its level; NaN and 0 do not count.
    level : float
        Of the intervals.

    Examples
    --------
    >>> place_factors(np.array([0, 1, 0, 1]), np.array([1.0, 4.0, 1.0, 4.0]), 0.95).factor.tolist()
    [0.5, 2.0]
    """
    is_known = ratio > 0
    place, log_ratio = place[is_known], np.log(ratio[is_known])
    count = np.bincount(place)
    mean = np.nan_to_num(divide(np.bincount(place, weights=log_ratio), count))
    squares = np.bincount(place, weights=(log_ratio - mean[place]) ** 2)
    seen = np.flatnonzero(count)
    freedom = max(int(count.sum()) - len(seen), 1)
    error = np.sqrt(squares.sum() / freedom / np.maximum(count[seen], 1))
    margin = student_quantile(level, freedom) * error
    log_factor = mean[seen] - mean[seen].mean()
    return PlaceFactors(
        place=seen,
        factor=np.exp(log_factor),
        low=np.exp(log_factor - margin),
        high=np.exp(log_factor + margin),
        n_seen=count[seen],
    )


def month_factors(month: Ints, factor: Floats, level: float) -> PlaceFactors:
    """Return the factors of the months of the year: their means in each year, beside a line through the logarithms.

    Parameters
    ----------
    month : int array of shape (n,)
        Number of the month of each period since a January.
    factor : float array of shape (n,)
        Demand; NaN does not count.
    level : float
        Of the intervals.

    Examples
    --------
    >>> month = np.arange(24)
    >>> months = month_factors(month, np.exp(0.01 * month) * np.where(month % 12 == 10, 2.0, 1.0), 0.95)
    >>> (months.factor[10] / months.factor[0]).round(3).tolist()
    2.0
    """
    is_known = np.isfinite(factor)
    mean = divide(np.bincount(month[is_known], weights=factor[is_known]), np.bincount(month[is_known]))
    number = np.flatnonzero(mean > 0)
    log_mean, time = np.log(mean[number]), number - number.mean()
    slope = np.linalg.lstsq(np.column_stack([time, np.eye(12)[number % 12]]), log_mean, rcond=None)[0][0]
    return place_factors(number % 12, np.exp(log_mean - slope * time), level)


def means_of_weeks(values: Floats) -> Floats:
    """Return the mean of the known ones of the seven days around each day.

    Examples
    --------
    >>> means_of_weeks(np.array([1.0, np.nan, 4.0])).tolist()
    [2.5, 2.5, 2.5]
    """
    is_known = np.isfinite(values)
    sums, counts = (np.convolve(part, np.ones(7))[3:-3] for part in (np.where(is_known, values, 0), is_known * 1.0))
    return divide(sums, counts)


def raised_runs(ratio: Floats, days: Floats, max_gap: float) -> list[tuple[int, int]]:
    """Return first and last period of each run far above the level; a short gap within does not end it.

    Parameters
    ----------
    ratio : float array of shape (n,)
        Demand over its level.
    days : float array of shape (n,)
        Length of each period.
    max_gap : float
        Ordinary days within a run.

    Examples
    --------
    >>> raised_runs(np.array([1.0, 2.0, 1.0, 2.0, 1.0, 1.0, 1.0]), np.ones(7), 1.0)
    [(1, 3)]
    """
    log_ratio = np.log(ratio[ratio > 0])
    spread = 1.4826 * float(np.median(np.abs(log_ratio - np.median(log_ratio)))) if len(log_ratio) else 0.0
    raised = np.flatnonzero(ratio >= max(MIN_PEAK_FACTOR, float(np.exp(MIN_PEAK_DEVIATIONS * spread))))
    if not len(raised):
        return []
    begins = np.cumsum(days) - days
    pause = begins[raised[1:]] - begins[raised[:-1]] - days[raised[:-1]]
    return [(int(run[0]), int(run[-1])) for run in np.split(raised, np.flatnonzero(pause > max_gap) + 1)]
