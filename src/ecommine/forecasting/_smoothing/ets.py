"""Exponential smoothing with additive errors: level, damped trend, and a season that is fixed or moves."""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from ..._stats.arrays import Bools, Floats
from .base import Projection, Rerun
from .search import minimise
from .season import adjust

MIN_OBSERVATIONS_FOR_TREND = 6
"""Fewest observations of a series whose first slope is estimated; below it is 0."""
_GRIDS = {
    "alpha": (0.05, 0.15, 0.3, 0.5, 0.7, 0.9),
    "beta": (0.03, 0.1, 0.3, 0.6),
    "phi": (0.8, 0.9, 0.95, 0.98),
    "gamma": (0.02, 0.1, 0.3),
}
_BOUNDS = {"alpha": (0.005, 0.995), "beta": (0.001, 0.95), "phi": (0.8, 0.98), "gamma": (0.001, 0.95)}


class Smoothing(NamedTuple):
    """Smoothing parameters: of the level, of the slope and the season as shares, and damping; None is to be chosen."""

    alpha: float | None
    beta: float | None
    phi: float | None
    gamma: float | None


def fit_ets(
    demand: Floats, season_length: int, smoothing: Smoothing, *, has_trend: bool, is_moving: bool, log: bool
) -> Rerun:
    """Fit exponential smoothing; parameters that are None are chosen by least squares of the one-step errors.

    Parameters
    ----------
    demand : float array of shape (n_series, n_periods)
    season_length : int
    smoothing : Smoothing
    has_trend : bool
        Whether there is a damped trend.
    is_moving : bool
        Whether the season moves from its indices.
    log : bool
        Whether logs of series without zeros are fitted.
    """
    is_moving = is_moving and season_length > 1
    is_log = np.full(len(demand), log)
    values = adjust(demand, season_length, log=is_log, is_additive=is_moving).values
    run = partial(_run, season_length=season_length if is_moving else 1, has_trend=has_trend)
    is_used = dict(zip(Smoothing._fields, (True, has_trend, has_trend, is_moving), strict=True))
    grids = _grids(smoothing, is_used)
    bounds = [_BOUNDS[name] if len(grids[name]) > 1 else (grids[name][0],) * 2 for name in grids]
    points = list(product(*grids.values()))
    n_rounds = 4 if len(points) > 1 else 0

    def loss(parameters: Floats) -> Floats:
        n_copies = parameters.shape[1] // max(len(values), 1)
        return run(np.tile(values, (n_copies, 1)) if n_copies > 1 else values, parameters).squared_error

    chosen = minimise(loss, points, bounds, len(demand), rounds=n_rounds)
    state = run(values, chosen)

    def project(adjusted: Floats, horizon: int) -> Projection:
        at_origin = run(adjusted, chosen)
        return Projection(at_origin.forecast(horizon), at_origin.root_mean_squared_error())

    parameters = {name: values for name, values in zip(Smoothing._fields, chosen, strict=True) if is_used[name]}
    return Rerun(
        name="ETS",
        demand=demand,
        season_length=season_length,
        log=is_log,
        project=project,
        parameters={**parameters, "level": state.initial[0], "slope": state.initial[1]},
        is_additive=is_moving,
    )


def _grids(smoothing: Smoothing, is_used: dict[str, bool]) -> dict[str, tuple[float, ...]]:
    """Return the values to try of each parameter: those given as they are, 0 of those that are not used."""
    given = smoothing._asdict()
    tried = {name: _GRIDS[name] if value is None else (float(value),) for name, value in given.items()}
    return {name: values if is_used[name] else (0.0,) for name, values in tried.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The recursion after the last period."""

    initial: Floats
    level: Floats
    slope: Floats
    season: Floats
    phi: Floats
    period: int
    n: Floats
    squared_error: Floats

    def root_mean_squared_error(self) -> Floats:
        """Return the root of the mean squared one-step error."""
        return np.asarray(np.sqrt(self.squared_error / np.maximum(self.n - 1, 1)))

    def forecast(self, horizon: int) -> Floats:
        """Return forecasts of shape (n_series, horizon)."""
        damping = np.cumsum(self.phi[:, None] ** np.arange(1, horizon + 1), axis=1)
        phases = (self.period + np.arange(horizon)) % len(self.season)
        return np.asarray(self.level[:, None] + damping * self.slope[:, None] + self.season[phases].T)


def _run(values: Floats, smoothing: Floats, *, season_length: int, has_trend: bool) -> _State:
    """Run the recursion three times side by side: on the data from zero, and on zeros from a level and a slope of one.

    The recursion is linear, so that the errors from any first level and slope are a sum of these three.
    """
    alpha, beta, phi, gamma = smoothing
    beta, gamma = alpha * beta, (1 - alpha) * gamma
    parts = 3 if has_trend else 2
    is_known = ~np.isnan(values)
    has_begun = np.logical_or.accumulate(is_known, axis=1)
    data = np.zeros((parts, len(values)))
    level, slope = np.zeros(data.shape), np.zeros(data.shape)
    level[1] = 1.0
    if has_trend:
        slope[2] = 1.0
    season = np.zeros((season_length, *data.shape))
    products = np.zeros((parts, parts, len(values)))
    for period in range(values.shape[1]):
        data[0] = values[:, period]
        expected = level + phi * slope
        error = np.where(is_known[:, period], data - expected - season[period % season_length], 0.0)
        products += error[:, None] * error[None]
        level = np.where(has_begun[:, period], expected + alpha * error, level)
        if has_trend:
            slope = np.where(has_begun[:, period], phi * slope + beta * error, slope)
        if season_length > 1:
            season[period % season_length] += gamma * error
    n = is_known.sum(axis=1).astype(np.float64)
    initial = _initial_states(products, n >= MIN_OBSERVATIONS_FOR_TREND)
    weights = np.stack([np.ones(len(values)), *initial[: parts - 1]])
    return _State(
        initial=initial,
        level=np.where(n > 0, (weights * level).sum(axis=0), np.nan),
        slope=(weights * slope).sum(axis=0),
        season=(weights * season).sum(axis=1),
        phi=phi,
        period=values.shape[1],
        n=n,
        squared_error=np.maximum(np.einsum("in,jn,ijn->n", weights, weights, products), 0.0),
    )


def _initial_states(products: Floats, has_slope: Bools) -> Floats:
    """Return the first level and slope of the least squared errors, of shape (2, n_series)."""
    ll = np.where(products[1, 1] > 0, products[1, 1], 1.0)
    level_alone = -products[0, 1] / ll
    if len(products) == 2:
        return np.stack([level_alone, np.zeros(len(ll))])
    lb, bb, yl, yb = products[1, 2], products[2, 2], -products[0, 1], -products[0, 2]
    determinant = ll * bb - lb**2
    is_regular = has_slope & (determinant > 1e-10 * ll * bb)
    slope = np.where(is_regular, (ll * yb - lb * yl) / np.where(is_regular, determinant, 1.0), 0.0)
    return np.stack([(yl - slope * lb) / ll, slope])
