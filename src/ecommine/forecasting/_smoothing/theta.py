r"""The Theta method and its optimised and dynamic forms, in closed form but for one smoothing parameter."""

from dataclasses import dataclass

import numpy as np

from ..._stats.arrays import Floats
from .base import Projection, Rerun
from .search import minimise
from .season import adjust

MIN_OBSERVATIONS_FOR_SLOPE = 4
"""Fewest observations of a series whose line has a slope."""
_ALPHA_BOUNDS = (0.01, 0.995)
_ALPHAS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)


def fit_theta(
    demand: Floats, season_length: int, *, theta: float | None, alpha: float | None, dynamic: bool, log: bool
) -> Rerun:
    """Fit the method of `Theta`; parameters that are None are chosen by least squares of the one-step errors."""
    is_log = np.full(len(demand), log)
    values = adjust(demand, season_length, log=is_log).values
    lines = _lines(values)
    given = None if theta is None else np.full(len(demand), 1 - 1 / theta)

    def loss(parameters: Floats) -> Floats:
        n_copies = parameters.shape[1] // len(values)
        weight = None if given is None else np.tile(given, n_copies)
        copies = np.tile(values, (n_copies, 1)) if n_copies > 1 else values
        return _run(copies, lines.tiled(n_copies), parameters[0], dynamic=dynamic, weight=weight).squared_error

    grid = [(value,) for value in (_ALPHAS if alpha is None else (alpha,))]
    smoothing = minimise(loss, grid, [_ALPHA_BOUNDS], len(demand), rounds=4 if alpha is None else 0)[0]
    state = _run(values, lines, smoothing, dynamic=dynamic, weight=given)

    def project(adjusted: Floats, horizon: int) -> Projection:
        at_origin = _run(adjusted, _lines(adjusted), smoothing, dynamic=dynamic, weight=state.weight)
        return Projection(at_origin.forecast(horizon), at_origin.root_mean_squared_error())

    parameters = {"alpha": smoothing, "theta": 1 / np.maximum(1 - state.weight, 1e-9), "level": state.initial}
    return Rerun(
        name="Theta", demand=demand, season_length=season_length, log=is_log, project=project, parameters=parameters
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """The straight line through each series, by the number of its observations."""

    n: Floats
    intercept: Floats
    slope: Floats

    def tiled(self, n_copies: int) -> "Lines":
        """Return the lines of all series several times."""
        return Lines(np.tile(self.n, n_copies), np.tile(self.intercept, n_copies), np.tile(self.slope, n_copies))


def _lines(values: Floats) -> Lines:
    is_known = ~np.isnan(values)
    n = is_known.sum(axis=1).astype(np.float64)
    count = np.maximum(n, 1)
    t = np.cumsum(is_known, axis=1) - ((count + 1) / 2)[:, None]
    mean = np.where(is_known, values, 0).sum(axis=1) / count
    moment = (np.where(is_known, values - mean[:, None], 0) * t * is_known).sum(axis=1)
    slope = np.where(n >= MIN_OBSERVATIONS_FOR_SLOPE, moment / np.maximum((n**3 - n) / 12, 1), 0.0)
    return Lines(n, mean - slope * (count + 1) / 2, slope)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The recursion after the last period."""

    alpha: Floats
    weight: Floats
    initial: Floats
    level: Floats
    decay: Floats
    lines: Lines
    mean: Floats
    dynamic: bool
    squared_error: Floats

    def root_mean_squared_error(self) -> Floats:
        """Return the root of the mean squared one-step error."""
        return np.sqrt(self.squared_error / np.maximum(self.lines.n - 1, 1))

    def forecast(self, horizon: int) -> Floats:
        """Return forecasts of shape (n_series, horizon); the dynamic line goes on with the forecasts as data."""
        level, decay, mean, lines = self.level, self.decay, self.mean, self.lines
        forecasts = np.empty((len(level), horizon))
        for step in range(horizon):
            forecast = level + self.weight * _drift(self.alpha, decay, lines)
            level = self.alpha * forecast + (1 - self.alpha) * level
            decay = decay * (1 - self.alpha)
            if self.dynamic:
                lines, mean = _updated(lines, mean, forecast)
            forecasts[:, step] = forecast
        return forecasts


def _run(values: Floats, lines: Lines, alpha: Floats, *, dynamic: bool, weight: Floats | None) -> _State:
    """Run the recursion from a level of 0, then add the level and the weight of the line that fit best."""
    n_series = len(values)
    is_known, known = ~np.isnan(values), np.nan_to_num(values)
    total, level, mean = lines, np.zeros(n_series), np.zeros(n_series)
    decay = np.ones(n_series)
    if dynamic:
        lines = Lines(np.zeros(n_series), np.zeros(n_series), np.zeros(n_series))
    sums = np.zeros((6, n_series))
    for period in range(values.shape[1]):
        is_seen, value = is_known[:, period], known[:, period]
        drift = np.where(is_seen, _drift(alpha, decay, lines), 0.0)
        start = np.where(is_seen, decay, 0.0)
        error = np.where(is_seen, value - level, 0.0)
        sums += (start * start, start * drift, drift * drift, start * error, drift * error, error * error)
        level = np.where(is_seen, alpha * value + (1 - alpha) * level, level)
        decay = np.where(is_seen, decay * (1 - alpha), decay)
        if dynamic:
            updated, updated_mean = _updated(lines, mean, value)
            lines, mean = _chosen(is_seen, updated, lines), np.where(is_seen, updated_mean, mean)
    initial, weight = _least_squares(sums, weight)
    ss, sd, dd, se, de, ee = sums
    squared = ee + initial**2 * ss + weight**2 * dd + 2 * initial * weight * sd - 2 * initial * se - 2 * weight * de
    return _State(
        alpha=alpha,
        weight=weight,
        initial=initial,
        level=np.where(total.n > 0, level + initial * decay, np.nan),
        decay=decay,
        lines=lines if dynamic else total,
        mean=mean,
        dynamic=dynamic,
        squared_error=np.maximum(squared, 0.0),
    )


def _least_squares(sums: Floats, weight: Floats | None) -> tuple[Floats, Floats]:
    """Return the initial level and the weight of the line, in [0, 1), of the least squared errors."""
    ss, sd, dd, se, de, _ = sums
    ss = np.where(ss > 0, ss, 1.0)
    if weight is None:
        determinant = ss * dd - sd**2
        is_regular = determinant > 1e-10 * ss * dd
        free = (ss * de - sd * se) / np.where(is_regular, determinant, 1.0)
        weight = np.where(is_regular, np.clip(free, 0.0, 1.0), 0.5)
    return (se - weight * sd) / ss, weight


def _drift(alpha: Floats, decay: Floats, lines: Lines) -> Floats:
    return decay * lines.intercept + (1 - decay * (1 - alpha)) / alpha * lines.slope


def _updated(lines: Lines, mean: Floats, value: Floats) -> tuple[Lines, Floats]:
    """Return the line through one more observation (Fiorucci et al. 2016, equations 13-15)."""
    n = lines.n + 1
    slope = np.where(n >= 2, ((n - 2) * lines.slope + 6 / n * (value - mean)) / (n + 1), 0.0)
    mean = (lines.n * mean + value) / n
    return Lines(n, mean - slope * (n + 1) / 2, slope), mean


def _chosen(is_first: Floats, first: Lines, second: Lines) -> Lines:
    return Lines(
        np.where(is_first, first.n, second.n),
        np.where(is_first, first.intercept, second.intercept),
        np.where(is_first, first.slope, second.slope),
    )
