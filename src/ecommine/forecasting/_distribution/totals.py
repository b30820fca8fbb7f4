"""Quantiles of totals over periods and products, from the rolling-origin errors of the totals themselves."""

from dataclasses import dataclass

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints
from .blocks import MIN_ORIGINS, Projections
from .conformal import conformal_rank, normal_of

MIN_TOTALS_POOLED = 20
"""Errors of totals alike, over products and origins, that they need for quantiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTotals:
    """Forecasts and demand of rolling origins, in units.

    Attributes
    ----------
    errors, means : float32 arrays of shape (n_series, n_origins, horizon)
        Demand less forecast, NaN where not known; forecasts.
    """

    errors: Floats
    means: Floats

    def of(self, rows: Ints, n_steps: int | None = None) -> "PastTotals":
        """Return those of some series, and of the first steps."""
        return PastTotals(errors=self.errors[rows][:, :, :n_steps], means=self.means[rows][:, :, :n_steps])


def past_totals(projections: Projections, factor: Floats | None) -> PastTotals:
    """Return rolling-origin errors and forecasts in units of demand, with the factors of their periods."""
    horizon = projections.mean.shape[1]
    if factor is None:
        return PastTotals(errors=projections.past_errors, means=projections.past_means)
    full = np.broadcast_to(factor, (len(projections.mean), factor.shape[-1]))
    padded = np.concatenate([full, np.ones((len(full), horizon))], axis=1).astype(np.float32)
    at_origin = padded[:, projections.origins[:, None] + np.arange(horizon)]
    return PastTotals(errors=projections.past_errors * at_origin, means=projections.past_means * at_origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTotals:
    """Totals of series and their scales.

    Attributes
    ----------
    mean, scale : float arrays of shape (n_series,)
    past_scale : float array of shape (n_series, n_origins)
    group : int array of shape (n_series,)
        Series of one group share errors.
    is_count : bool array of shape (n_series,)
    """

    mean: Floats
    scale: Floats
    past_scale: Floats
    group: Ints
    is_count: Bools


def own_quantiles(past: PastTotals, steps: slice, mean: float, levels: Floats) -> Floats:
    """Return the quantiles of one total over all series and some steps, NaN with fewer than 20 origins.

    Errors are taken in proportion to the forecast of their origin: shops grow.
    """
    errors, means = past.errors[:, :, steps], past.means[:, :, steps]
    is_known = ~np.isnan(errors)
    complete = is_known.any(axis=0).all(axis=-1)
    error = np.where(is_known, errors, 0.0).sum(axis=(0, 2), dtype=np.float64)
    expected = np.where(is_known, means, 0.0).sum(axis=(0, 2), dtype=np.float64)
    relative = (error / np.where(expected > 0, expected, np.nan))[complete]
    relative = relative[~np.isnan(relative)]
    if len(relative) < MIN_ORIGINS:
        return np.full(len(levels), np.nan)
    return np.asarray(np.maximum(mean * (1 + ranked(relative[None], levels)[0]), 0.0))


def widened(quantiles: Floats, mean: Floats, std: Floats, levels: Floats) -> Floats:
    """Fold in what is not known of events and promotions, as a normal error that all parts of a total share.

    Parameters
    ----------
    quantiles : float array of shape (n, n_levels)
    mean, std : float arrays of shape (n,)
        Of the totals, and the standard error of what events add to them.
    levels : float array of shape (n_levels,)

    Examples
    --------
    >>> widened(np.array([[7.0, 13.0]]), np.array([10.0]), np.array([3.12122]), np.array([0.1, 0.9])).round(2).tolist()
    [[5.0, 15.0]]
    """
    if not (std > 0).any():
        return quantiles
    distance = np.array([normal_of(float(p)) for p in levels]) * std[:, None]
    own = quantiles - mean[:, None]
    moved = mean[:, None] + np.sign(distance) * np.sqrt(own**2 + distance**2)
    # A quantile on the other side of the mean, or the median, only moves by the normal error.
    aside = quantiles + distance
    return np.asarray(np.maximum(np.where((std > 0)[:, None] & (own * distance > 0), moved, aside), 0.0))


def n_own_origins(past: PastTotals) -> int:
    """Return the number of origins from which every step is known for at least one series."""
    return int((~np.isnan(past.errors)).any(axis=0).all(axis=-1).sum())


def pooled_quantiles(past: PastTotals, totals: SeriesTotals, levels: Floats) -> Floats:
    """Return the quantiles of each series' total over the steps of ``past``, of shape (n_series, n_levels).

    Errors of the totals of rolling origins, in units of the scale of their series and origin, are pooled over the
    series of a group. Of counts a total lies between two quantiles exactly if it lies between the whole numbers within
    them, which are returned.
    """
    errors = past.errors.sum(axis=2, dtype=np.float64)
    quantiles = np.full((len(totals.mean), len(levels)), np.nan)
    for name in np.unique(totals.group):
        rows = np.flatnonzero(totals.group == name)
        scaled = errors[rows] / np.where(totals.past_scale[rows] > 0, totals.past_scale[rows], np.nan)
        known = scaled[~np.isnan(scaled)]
        if len(known) >= MIN_TOTALS_POOLED:
            quantiles[rows] = totals.mean[rows, None] + totals.scale[rows, None] * ranked(known[None], levels)[0]
    quantiles = np.maximum(quantiles, 0.0)
    return np.maximum.accumulate(np.where(totals.is_count[:, None], _whole(quantiles, levels), quantiles), axis=1)


def _whole(quantiles: Floats, levels: Floats) -> Floats:
    return np.where(levels < 0.5, np.ceil(quantiles), np.floor(quantiles))


def ranked(errors: Floats, levels: Floats) -> Floats:
    """Return the quantiles of each row by conformal ranks, NaN where a row does not reach so far."""
    ordered = np.sort(errors, axis=1)
    n = ordered.shape[1]
    ranks = np.array([conformal_rank(n, float(p)) for p in levels])
    inside = (ranks >= 1) & (ranks <= n)
    return np.where(inside, ordered[:, np.clip(ranks, 1, n) - 1], np.nan)


def null_reason(quantiles: Floats, n_origins: int) -> str | None:
    """Return why quantiles are null: a code, None where all are known."""
    if not np.isnan(quantiles).any():
        return None
    return "level_beyond_errors" if n_origins >= MIN_ORIGINS else "fewer_than_20_origins"


def reasons_of_series(mean: Floats, quantiles: Floats) -> list[str | None]:
    """Return why quantiles of the totals of single series are null."""
    return [
        "no_demand_known" if np.isnan(total) else null_reason(values, 0)
        for total, values in zip(mean, quantiles, strict=True)
    ]
