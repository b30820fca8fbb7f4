"""All series block by block, so that memory grows with the results and not with the work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints, divide, known_mean
from .._smoothing.base import Model

BLOCK = 2_000
"""Series that a model runs over at once."""
MIN_ORIGINS = 20
"""Rolling origins that a total of its own needs for quantiles."""
MAX_ORIGINS = 24
"""Rolling origins of each series: enough for quantiles of a total's own errors."""
MIN_SHARE_BEFORE_ORIGIN = 0.5
"""Share of a series' known periods that an origin must have seen for its errors to stand for those of today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projections:
    """Forecasts of all series from the last period, and those from the rolling origins before it.

    Attributes
    ----------
    mean : float array of shape (n_series, horizon)
    scale : float array of shape (n_series,)
    is_slow : bool array of shape (n_series,)
    labels : object array of shape (n_series,)
        Names of the models.
    origins : int array of shape (n_origins,)
        Periods seen, ascending.
    past_means : float32 array of shape (n_series, n_origins, horizon)
    past_errors : float32 array of shape (n_series, n_origins, horizon)
        Demand less forecast, NaN where demand is not known or the origin saw too little.
    past_scales : float array of shape (n_series, n_origins)
    n_known : int array of shape (n_series,)
        Periods with known demand.
    """

    mean: Floats
    scale: Floats
    is_slow: Bools
    labels: Any
    origins: Ints
    past_means: Floats
    past_errors: Floats
    past_scales: Floats
    n_known: Ints

    @property
    def spacing(self) -> int:
        """Return the number of periods from an origin to the next."""
        return int(self.origins[1] - self.origins[0]) if len(self.origins) > 1 else 1


def rolling_origins(n_periods: int, horizon: int) -> Ints:
    """Return origins that leave a whole horizon, evenly spaced; where history is too short, the last ones.

    Examples
    --------
    >>> rolling_origins(12, 3).tolist(), rolling_origins(4, 12).tolist()
    ([4, 5, 6, 7, 8, 9], [2, 3])
    """
    least = max(2, -(-n_periods // 3))
    last = n_periods - horizon
    if last < least:
        return np.arange(min(least, n_periods), n_periods)[-MAX_ORIGINS:]
    step = max(1, (last - least) // MAX_ORIGINS)
    first_counted = int(np.ceil(MIN_SHARE_BEFORE_ORIGIN * n_periods))
    if last - first_counted >= MIN_ORIGINS - 1:  # so many of those that count for a whole history
        step = min(step, max(1, (last - first_counted) // (MIN_ORIGINS - 1)))
    return np.arange(last, least - 1, -step)[:MAX_ORIGINS][::-1]


def project(
    model: Model,
    demand: Floats,
    season_length: int,
    horizon: int,
    *,
    on_block: Callable[[int], None] = lambda _: None,
) -> Projections:
    """Fit a model to all series and return its forecasts; ``on_block`` gets the number of series done each time."""
    n_series, n_periods = demand.shape
    origins = rolling_origins(n_periods, horizon)
    shape = (n_series, len(origins), horizon)
    made = Projections(
        mean=np.full((n_series, horizon), np.nan),
        scale=np.full(n_series, np.nan),
        is_slow=np.zeros(n_series, dtype=bool),
        labels=np.full(n_series, "", dtype=object),
        origins=origins,
        past_means=np.full(shape, np.nan, dtype=np.float32),
        past_errors=np.full(shape, np.nan, dtype=np.float32),
        past_scales=np.full(shape[:2], np.nan),
        n_known=(~np.isnan(demand)).sum(axis=1),
    )
    for first in range(0, n_series, BLOCK):
        rows = slice(first, min(first + BLOCK, n_series))
        _fill(made, model, demand[rows], season_length, rows)
        on_block(rows.stop - rows.start)
    return made


def _fill(made: Projections, model: Model, demand: Floats, season_length: int, rows: slice) -> None:
    fitted = model.fit(demand, season_length)
    forecasts = fitted.forecasts(np.append(made.origins, demand.shape[1]), made.mean.shape[1])
    made.mean[rows], made.scale[rows] = forecasts.mean[:, -1], forecasts.scale[:, -1]
    made.is_slow[rows], made.labels[rows] = fitted.is_slow, fitted.labels
    made.past_means[rows], made.past_scales[rows] = forecasts.mean[:, :-1], forecasts.scale[:, :-1]
    horizon = made.mean.shape[1]
    padded = np.concatenate([demand, np.full((len(demand), horizon), np.nan)], axis=1)
    actual = padded[:, made.origins[:, None] + np.arange(horizon)]
    n_seen = np.cumsum(~np.isnan(demand), axis=1)
    is_enough = n_seen[:, made.origins - 1] >= MIN_SHARE_BEFORE_ORIGIN * n_seen[:, -1:]
    made.past_errors[rows] = np.where(is_enough[:, :, None], actual - forecasts.mean[:, :-1], np.nan)


def scaled_errors(projections: Projections, demand: Floats) -> tuple[Floats, Ints]:
    """Return the root mean squared scaled error of rolling origins, and how many of these each series has.

    The scale is the root mean squared step of demand from a period to the next; NaN where demand is flat.
    """
    errors = projections.past_errors
    rmsse, n_origins = np.full(len(demand), np.nan), np.zeros(len(demand), dtype=np.int64)
    for first in range(0, len(demand), BLOCK):
        rows = slice(first, first + BLOCK)
        squared, steps = errors[rows].astype(np.float64) ** 2, np.diff(demand[rows], axis=1) ** 2
        rmsse[rows] = np.sqrt(divide(known_mean(squared.reshape(len(squared), -1)), known_mean(steps)))
        n_origins[rows] = (~np.isnan(squared)).any(axis=2).sum(axis=1)
    return rmsse, n_origins
