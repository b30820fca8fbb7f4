"""What a model is: fitted to all series of a block at once, then asked for forecasts at any origin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..._core.checks import instance, integer, several, show
from ..._stats.arrays import Bools, Floats, Ints
from .season import adjust


class Forecasts(NamedTuple):
    """Forecasts of all series at several origins.

    Attributes
    ----------
    mean : float array of shape (n_series, n_origins, horizon)
    scale : float array of shape (n_series, n_origins)
        Root of the mean squared error of one-step forecasts before the origin, in the unit of demand.
    """

    mean: Floats
    scale: Floats


class Projection(NamedTuple):
    """Forecasts at the end of adjusted demand, (n_series, horizon), and the root of the mean squared one-step error."""

    mean: Floats
    error: Floats


class Fitted(Protocol):
    """A model with its parameters for each series."""

    @property
    def parameters(self) -> Mapping[str, Floats]:
        """Return the parameters by name, each of shape (n_series,)."""
        ...

    @property
    def is_slow(self) -> Bools:
        """Return which series have a model of slow movers, whose demand is counts around a rate."""
        ...

    @property
    def labels(self) -> Any:
        """Return the names of the models of each series."""
        ...

    def forecasts(self, origins: Ints, horizon: int) -> Forecasts:
        """Return forecasts made when only the periods before each origin were seen."""
        ...


class Model(Protocol):
    """A small frozen object of options."""

    def fit(self, demand: Floats, season_length: int) -> Fitted:
        """Fit all series; NaN is demand that is not known."""
        ...


MAX_SEASON = 10_000
"""Periods of the longest season."""


def checked_history(demand: object, season_length: object) -> tuple[Floats, int]:
    """Return the demand (n_series, n_periods) and the length of a season that a model is fitted to.

    Raises
    ------
    TypeError, ValueError
        If demand is no array of numbers of this shape, or is empty or infinite, or the season is no number of periods.
    """
    array = instance("demand", demand, np.ndarray, noun="an array of numbers of shape (n_series, n_periods)")
    if array.ndim != 2 or array.dtype.kind not in "fiu" or not array.size:
        raise ValueError(
            "`demand` must be numbers of shape (n_series, n_periods), at least one of each, got an array of type "
            f"{array.dtype} and shape {array.shape}"
        )
    values = array.astype(np.float64, copy=False)
    if np.isinf(values).any():
        raise ValueError("`demand` must be finite, and NaN where it is not known, got an infinite value")
    return values, checked_season(season_length)


def checked_season(season_length: object) -> int:
    """Return the number of periods in a season."""
    return integer("season_length", season_length, low=1, high=MAX_SEASON)


def checked_models(name: str, models: object) -> tuple[Model, ...]:
    """Return the models of a list, at least one."""
    members = tuple(checked_model(name, model) for model in several(name, models, of="models"))
    if not members:
        raise ValueError(f"`{name}` must have at least one model, such as Theta()")
    return members


def checked_model(name: str, model: Any, *, noun: str = "models such as Theta()") -> Model:
    """Return what can be fitted, and not its class."""
    if isinstance(model, type):
        raise TypeError(f"`{name}` must be {noun}, got the class {model.__name__}: make one with it")
    if not callable(getattr(model, "fit", None)):
        raise TypeError(f"`{name}` must be {noun}, got {show(model)}")
    fitted_by: Model = model
    return fitted_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A fitted model whose recursion starts anew for each origin, on demand before it, with the same parameters.

    Season and initial states are of the periods before the origin only; smoothing parameters are of the whole history.
    """

    name: str
    demand: Floats
    season_length: int
    log: Bools
    project: Callable[[Floats, int], Projection]
    parameters: Mapping[str, Floats]
    is_additive: bool = False

    @property
    def is_slow(self) -> Bools:
        """Return that no series is a slow mover's."""
        return np.zeros(len(self.demand), dtype=bool)

    @property
    def labels(self) -> Any:
        """Return the name of the model, for each series."""
        return np.full(len(self.demand), self.name, dtype=object)

    def forecasts(self, origins: Ints, horizon: int) -> Forecasts:
        """Return forecasts made when only the periods before each origin were seen."""
        made = [self._at(int(origin), horizon) for origin in origins]
        return Forecasts(np.stack([mean for mean, _ in made], axis=1), np.stack([scale for _, scale in made], axis=1))

    def _at(self, origin: int, horizon: int) -> tuple[Floats, Floats]:
        adjusted = adjust(self.demand[:, :origin], self.season_length, log=self.log, is_additive=self.is_additive)
        mean, error = self.project(adjusted.values, horizon)
        return adjusted.restore(mean), adjusted.restore_scale(error, mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fitted model of flat forecasts whose recursion was run once and recorded: it looks at no later period.

    Attributes
    ----------
    rates : float array of shape (n_periods + 1, n_series)
        The forecast made at each origin, for all periods after it.
    scales : float array of shape (n_periods + 1, n_series)
        Root of the mean squared one-step error before each origin, at the rate of that origin.
    parameters : mapping of name to float array of shape (n_series,)
    """

    name: str
    rates: Floats
    scales: Floats
    parameters: Mapping[str, Floats]

    @property
    def is_slow(self) -> Bools:
        """Return that all series are slow movers'."""
        return np.ones(self.rates.shape[1], dtype=bool)

    @property
    def labels(self) -> Any:
        """Return the name of the model, for each series."""
        return np.full(self.rates.shape[1], self.name, dtype=object)

    def forecasts(self, origins: Ints, horizon: int) -> Forecasts:
        """Return forecasts made when only the periods before each origin were seen."""
        rates = self.rates[origins].T
        return Forecasts(np.repeat(rates[:, :, None], horizon, axis=2), self.scales[origins].T)


def dispersed_scales(demand: Floats, rates: Floats) -> Floats:
    """Return the root of the variance before each origin, as a multiple of the rate: errors grow with demand.

    ``demand`` has the shape (n_periods, n_series), ``rates`` one row more.
    """
    is_compared = ~np.isnan(demand) & ~np.isnan(rates[:-1])
    squares = np.where(is_compared, (demand - rates[:-1]) ** 2, 0.0)
    squared, expected = np.cumsum(squares, axis=0), np.cumsum(np.where(is_compared, rates[:-1], 0.0), axis=0)
    ratio = np.divide(squared, expected, out=np.full(squared.shape, np.nan), where=expected > 0)
    return np.sqrt(np.concatenate([np.full((1, demand.shape[1]), np.nan), ratio]) * rates)
