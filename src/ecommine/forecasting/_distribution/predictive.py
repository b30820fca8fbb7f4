"""Predictive distributions of all series and steps: quantiles, and the mean that belongs to them."""

from dataclasses import dataclass, replace

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints
from .blocks import BLOCK, Projections
from .conformal import error_quantiles, errors_of_all_periods, finite_errors, grid_levels, normal_of, pool, rising
from .counts import count_quantiles

MIN_SERIES_OF_GROUP = 100
"""Series that a group needs to have error quantiles of its own: errors of one series are alike."""
RELATIVE_SCALES = (0.05, 0.1, 0.2)
"""Limits between groups of series by their scale relative to their forecast: large errors lean upwards, as none is
below minus the forecast."""
MAX_SPREAD_OF_ROUNDED = 3.0
"""Scale in units below which rounding to whole units shows in the mean."""
MAX_SERIES_FOR_GROWTH = 5_000
"""Slow movers, evenly spaced, whose errors show how variance grows with the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What acts on the forecasts of a block beside the model.

    Attributes
    ----------
    factor, log_std : float arrays of shape (n_series, horizon)
        Events, promotions, prices and days of each period, and the standard error of the logarithm of it.
    is_count : bool array of shape (n_series,)
    """

    factor: Floats
    log_std: Floats
    is_count: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictive:
    """Mean (n_series, horizon) and quantiles (n_series, horizon, n_levels) of demand."""

    mean: Floats
    quantiles: Floats


def predict(projections: Projections, group: Ints, horizon: Horizon, levels: Floats) -> Predictive:
    """Return the distribution of demand of all series.

    Slow movers with counts are negative binomial around their rate, with the variance that rolling-origin errors have
    at each step. All others are point + scale x e with the pooled errors e of their group, cut off at 0.

    Parameters
    ----------
    projections : Projections
    group : int array of shape (n_series,)
        As :func:`error_groups` returns it.
    horizon : Horizon
    levels : float array of shape (n_levels,)
        Ascending.
    """
    scale = known_scales(projections)
    is_slow = projections.is_slow & horizon.is_count
    mean = np.full(projections.mean.shape, np.nan)
    quantiles = np.full((*projections.mean.shape, len(levels)), np.nan)
    growth = variance_growth(projections, is_slow)
    tables = None if is_slow.all() else _ErrorTables.of(projections, group, ~is_slow, levels)
    for first in range(0, len(mean), BLOCK):
        block = slice(first, first + BLOCK)
        slow, fast = (first + np.flatnonzero(is_member) for is_member in (is_slow[block], ~is_slow[block]))
        if len(slow):
            inputs = _Inputs.of(projections.mean, scale, horizon, slow)
            mean[slow], quantiles[slow] = _slow(inputs, growth, levels)
        if tables is not None and len(fast):
            inputs = _Inputs.of(projections.mean, scale, horizon, fast)
            mean[fast], quantiles[fast] = _fast(inputs, tables, fast, levels)
    return Predictive(mean=mean, quantiles=quantiles)


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Point forecasts, scales and drivers of some series."""

    point: Floats
    scale: Floats
    factor: Floats
    log_std: Floats
    is_count: Bools

    @classmethod
    def of(cls, mean: Floats, scale: Floats, horizon: Horizon, rows: Ints) -> "_Inputs":
        return cls(
            np.maximum(mean[rows], 0.0),
            scale[rows],
            horizon.factor[rows],
            horizon.log_std[rows],
            horizon.is_count[rows],
        )


def with_borrowed_rates(projections: Projections, is_unsold: Bools, is_new: Bools) -> Projections:
    r"""Return the projections where new series without a sale have the rate that other slow movers lead to expect.

    With rates of a gamma distribution with the mean and the variance of those of the others, :math:`n` periods of 0
    have the expected rate :math:`a / (b + n)`. Without others it is that of Jeffreys' prior, :math:`a = 1/2, b = 0`.

    Parameters
    ----------
    projections : Projections
    is_unsold : bool array of shape (n_series,)
        New series that were known, and sold nothing.
    is_new : bool array of shape (n_series,)
        All new series, which others borrow nothing from.
    """
    if not is_unsold.any():
        return projections
    rates = projections.mean[projections.is_slow & ~is_new, 0]
    rates = rates[np.isfinite(rates)]
    mean, variance = (float(rates.mean()), float(rates.var())) if len(rates) else (0.0, 0.0)
    shape, rate = (mean**2 / variance, mean / variance) if variance > 0 else (0.5, 0.0)
    borrowed = shape / (rate + projections.n_known[is_unsold])
    means, scale = projections.mean.copy(), projections.scale.copy()
    means[is_unsold], scale[is_unsold] = borrowed[:, None], np.sqrt(borrowed)
    return replace(projections, mean=means, scale=scale, is_slow=projections.is_slow | is_unsold)


def error_groups(projections: Projections) -> Ints:
    """Return the group of each series, whose errors are pooled: by relative scale, slow movers in the last one."""
    level = np.abs(projections.mean[:, 0])
    relative = np.divide(known_scales(projections), level, out=np.zeros(len(level)), where=level > 0)
    return np.where(projections.is_slow, len(RELATIVE_SCALES) + 1, np.digitize(relative, RELATIVE_SCALES))


def known_scales(projections: Projections) -> Floats:
    """Return the scales, where a series has none or forecasts all its past exactly in proportion to its level.

    The proportion is the median of the other series; without any it is that of chance in counts. A level of few periods
    is an estimate: counts around a rate of one period have twice the variance of those around a known one.
    """
    level = np.abs(projections.mean[:, 0])
    scale = projections.scale
    is_known = (scale > 0) & np.isfinite(scale) & (level > 0)
    relative = np.sort(scale[is_known] / level[is_known])
    usual = level * relative[len(relative) // 2] if len(relative) else np.sqrt(level)
    own = np.where(np.isfinite(scale) & ((scale > 0) | (level == 0)), scale, usual)
    return np.asarray(own * np.sqrt(1 + _level_variance(projections)))


def _level_variance(projections: Projections) -> Floats:
    """Return the variance of each level, as a part of that of its demand, beyond what rolling origins show already."""
    n_known = projections.n_known.astype(np.float64)
    has_errors = (~np.isnan(projections.past_errors)).any(axis=(1, 2))
    shown = 1 / float(np.median(n_known[has_errors])) if has_errors.any() else 0.0
    return np.maximum(np.divide(1.0, n_known, out=np.zeros(len(n_known)), where=n_known > 0) - shown, 0.0)


def variance_growth(projections: Projections, is_slow: Bools) -> Floats:
    """Return the ratio of squared rolling-origin errors to the variance of one step at each step, of shape (horizon,).

    The variance is in proportion to the forecast, as it is from the last period; forecasts of 0 count no errors.
    """
    rows = np.flatnonzero(is_slow)
    rows = rows[:: -(-len(rows) // MAX_SERIES_FOR_GROWTH) or 1]
    errors = projections.past_errors[rows].astype(np.float64)
    expected_mean = projections.past_means[rows].astype(np.float64)
    level = projections.mean[rows, :1]
    ratio = np.divide(projections.scale[rows, None] ** 2, level, out=np.full(level.shape, np.nan), where=level > 0)
    is_known = ~np.isnan(errors) & (expected_mean > 0) & (ratio > 0)[:, :, None]
    weight = np.divide(1.0, ratio * level, out=np.zeros(level.shape), where=ratio * level > 0)[:, :, None]
    squared = np.where(is_known, errors**2 * weight, 0.0).sum(axis=(0, 1))
    expected = np.where(is_known, expected_mean * ratio[:, :, None] * weight, 0.0).sum(axis=(0, 1))
    growth = np.divide(squared, expected, out=np.full(len(squared), np.nan), where=expected > 0)
    if projections.spacing > 1:  # each step saw other periods: errors grow, and only chance lets them fall
        growth = rising(growth, expected)
    seen = np.flatnonzero(~np.isnan(growth))
    if not len(seen):
        return np.ones(len(growth))
    last_seen = np.array([seen[seen <= step].max(initial=seen[0]) for step in range(len(growth))])
    return np.asarray(growth[last_seen])


def _slow(inputs: _Inputs, growth: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """Return the mean and the quantiles of counts around a rate; equal steps are computed once."""
    mean = inputs.point * inputs.factor
    variance = (inputs.scale**2)[:, None] * growth * inputs.factor + (mean * inputs.log_std) ** 2
    variance = np.where(mean > 0, variance, 0.0)
    same = (mean == mean[:, :1]) & (np.abs(variance - variance[:, :1]) <= 1e-12 * variance[:, :1])
    if same.all():
        return mean, np.repeat(count_quantiles(mean[:, :1], variance[:, :1], levels), mean.shape[1], axis=1)
    return mean, count_quantiles(mean, variance, levels)


@dataclass(frozen=True, slots=True)
class _ErrorTables:
    """Quantiles of errors by pool, step and level, with the median last; a grid of them; and their means."""

    place: Ints
    quantiles: Floats
    grid: Floats
    mean: Floats

    @classmethod
    def of(cls, projections: Projections, group: Ints, is_used: Bools, levels: Floats) -> "_ErrorTables":
        errors = finite_errors(projections.past_errors, projections.past_scales)
        errors[~is_used] = np.nan
        has_errors = np.asarray((~np.isnan(errors)).any(axis=(1, 2)))
        pools = pool(group, has_errors, MIN_SERIES_OF_GROUP)
        names, place = np.unique(pools, return_inverse=True)
        quantiles, grids, means = [], [], []
        for name in names:
            members = errors if name < 0 else errors[group == name]
            flat = errors_of_all_periods(members, projections.spacing)
            median = error_quantiles(flat, np.array([0.5]))  # alone: quantiles of one call ascend
            quantiles.append(np.concatenate([error_quantiles(flat, levels), median], axis=1))
            grids.append(error_quantiles(flat, grid_levels()))
            means.append(_mean_errors(flat, grids[-1]))
        return cls(place, np.stack(quantiles), np.stack(grids), np.stack(means))


def _mean_errors(errors: Floats, grid: Floats) -> Floats:
    """Return the mean error of each step, that of the grid where no origin has seen the step."""
    is_known = ~np.isnan(errors)
    counts = is_known.sum(axis=0)
    sums = np.where(is_known, errors, 0.0).sum(axis=0)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), grid.mean(axis=1)))


def _fast(inputs: _Inputs, tables: _ErrorTables, rows: Ints, levels: Floats) -> tuple[Floats, Floats]:
    """Return the mean and the quantiles of point + scale x error."""
    place = tables.place[rows]
    values = inputs.point[:, :, None] + inputs.scale[:, None, None] * tables.quantiles[place]
    values *= inputs.factor[:, :, None]
    median = values[:, :, -1:]
    wider = _widened(values[:, :, :-1], median, inputs.log_std, levels)
    quantiles = _allowed(wider, inputs.is_count)
    mean = (inputs.point + inputs.scale[:, None] * tables.mean[place]) * inputs.factor
    least = (inputs.point + inputs.scale[:, None] * tables.grid[place, :, 0]) * inputs.factor
    is_rounded = inputs.is_count & (inputs.scale < MAX_SPREAD_OF_ROUNDED)
    for row in np.flatnonzero((least < 0).any(axis=1) | is_rounded):
        grid = (inputs.point[row, :, None] + inputs.scale[row] * tables.grid[place[row]]) * inputs.factor[row][:, None]
        tail = inputs.scale[row] * (tables.mean[place[row]] - tables.grid[place[row]].mean(axis=1)) * inputs.factor[row]
        allowed = _allowed(grid[None], inputs.is_count[row : row + 1])[0]
        mean[row] = np.maximum(allowed.mean(axis=1) + np.maximum(tail, 0.0), 0.0)
    return np.maximum(mean, 0.0), quantiles


def _widened(values: Floats, median: Floats, log_std: Floats, levels: Floats) -> Floats:
    """Fold the uncertainty of the factor into the distance of each quantile from the median."""
    if not log_std.any():
        return values
    normal = np.array([normal_of(float(p)) for p in levels])
    own, added = values - median, normal * (np.abs(median) * log_std[:, :, None])
    return np.asarray(median + np.sign(normal) * np.sqrt(own**2 + added**2))


def _allowed(values: Floats, is_count: Bools) -> Floats:
    """Return values of demand: none below 0, whole numbers where demand is counted."""
    positive = np.maximum(values, 0.0)
    return np.where(is_count[:, None, None], np.rint(positive), positive)
