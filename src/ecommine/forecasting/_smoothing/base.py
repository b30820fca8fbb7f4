"""What a model is: fitted to all series of a block at once, then asked for forecasts at any origin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

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
