"""Exponential smoothing with additive errors: level, damped trend, and a season that is fixed or moves."""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Literal

import numpy as np

from ..._core.arrays import Bools, Floats
from ..._core.checks import number, one_of
from .base import Projection, Rerun
from .search import minimise
from .season import adjust

Trend = Literal["damped"] | None
Season = Literal["fixed", "additive"] | None

MIN_OBSERVATIONS_FOR_TREND = 6
"""Fewest observations of a series whose first slope is estimated; below it is 0."""
_GRIDS = {
    "alpha": (0.05, 0.15, 0.3, 0.5, 0.7, 0.9),
    "beta": (0.03, 0.1, 0.3, 0.6),
    "phi": (0.8, 0.9, 0.95, 0.98),
    "gamma": (0.02, 0.1, 0.3),
}
_BOUNDS = {"alpha": (0.005, 0.995), "beta": (0.001, 0.95), "phi": (0.8, 0.98), "gamma": (0.001, 0.95)}
_NAMES = ("alpha", "beta", "phi", "gamma")


@dataclass(frozen=True, slots=True, kw_only=True)
class ETS:
    r"""Exponential smoothing in innovations form; the first level and slope come from least squares.

    Parameters
    ----------
    trend : {"damped", None}
        None is simple exponential smoothing.
    season : {"fixed", "additive", None}
        "fixed" takes seasonal indices of the history out first, where a test finds a season; "additive" lets them
        move from there with :math:`\gamma`.
    alpha, beta, phi, gamma : float or None
        Smoothing of the level, of the slope (as a share of alpha), damping, and smoothing of the season (as a share of
        1 - alpha); None chooses each for each series.
    log : bool, default False
        Fit the logs of series without zeros.

    Notes
    -----
    .. math::

        \hat y_t &= \ell_{t-1} + \phi b_{t-1} + s_{t-m}, \qquad e_t = y_t - \hat y_t, \\
        \ell_t &= \ell_{t-1} + \phi b_{t-1} + \alpha e_t, \quad
        b_t = \phi b_{t-1} + \alpha \beta e_t, \quad
        s_t = s_{t-m} + (1 - \alpha) \gamma e_t.

    References
    ----------
    Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: Principles and Practice, 3rd edition, chapter 8.
    https://otexts.com/fpp3/

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import ETS
    >>> fitted = ETS(trend=None, alpha=0.5).fit(np.array([[4.0, 8, 6, 6]]), 1)
    >>> fitted.forecasts(np.array([4]), 2).mean.round(2).tolist()
    [[[6.09, 6.09]]]
    """

    trend: Trend = "damped"
    season: Season = "fixed"
    alpha: float | None = None
    beta: float | None = None
    phi: float | None = None
    gamma: float | None = None
    log: bool = False

    def __post_init__(self) -> None:
        """Check the parameters."""
        one_of("trend", self.trend, ("damped", None))
        one_of("season", self.season, ("fixed", "additive", None))
        for name in _NAMES:
            if getattr(self, name) is not None:
                number(name, getattr(self, name), low=0, high=1)

    def fit(self, demand: Floats, season_length: int) -> Rerun:
        """Choose the parameters that are not given, by least squares of the one-step errors."""
        log = np.full(len(demand), self.log)
        length = 1 if self.season is None else season_length
        is_moving = self.season == "additive" and length > 1
        values = adjust(demand, length, log=log, is_additive=is_moving).values
        has_trend = self.trend is not None
        run = partial(_run, season_length=length if is_moving else 1, has_trend=has_trend)
        chosen = self._choices(has_trend=has_trend, is_moving=is_moving)
        points = list(product(*chosen))
        smoothing = np.repeat(np.array(points[:1], dtype=np.float64).T, len(demand), axis=1)
        if len(points) > 1:
            bounds = [
                _BOUNDS[name] if len(grid) > 1 else (grid[0], grid[0])
                for name, grid in zip(_NAMES, chosen, strict=True)
            ]
            smoothing = minimise(lambda x: run(values, x).squared_error, points, bounds, len(demand), rounds=4)
        state = run(values, smoothing)

        def project(adjusted: Floats, horizon: int) -> Projection:
            at_origin = run(adjusted, smoothing)
            return Projection(at_origin.forecast(horizon), at_origin.root_mean_squared_error())

        names = [name for name, is_used in zip(_NAMES, (True, has_trend, has_trend, is_moving), strict=True) if is_used]
        parameters = {name: smoothing[_NAMES.index(name)] for name in names}
        return Rerun(
            name=type(self).__name__,
            demand=demand,
            season_length=length,
            log=log,
            project=project,
            parameters={**parameters, "level": state.initial[0], "slope": state.initial[1]},
            is_additive=is_moving,
        )

    def _choices(self, *, has_trend: bool, is_moving: bool) -> list[tuple[float, ...]]:
        """Return the values to try of each parameter: those given as they are, 0 of those that are not used."""
        is_used = (True, has_trend, has_trend, is_moving)
        given = [getattr(self, name) for name in _NAMES]
        return [
            (0.0,) if not used else _GRIDS[name] if value is None else (float(value),)
            for name, used, value in zip(_NAMES, is_used, given, strict=True)
        ]


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
