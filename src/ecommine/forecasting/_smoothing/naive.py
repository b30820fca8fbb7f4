"""The seasonal naive forecast: the last known value of the same phase of the season."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints
from .base import Forecasts


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedNaive:
    """The history of all series."""

    demand: Floats
    season_length: int

    @property
    def parameters(self) -> Mapping[str, Floats]:
        """Return no parameters."""
        return {}

    @property
    def is_slow(self) -> Bools:
        """Return that no series is a slow mover's."""
        return np.zeros(len(self.demand), dtype=bool)

    @property
    def labels(self) -> Any:
        """Return the name of the model, for each series."""
        return np.full(len(self.demand), "SeasonalNaive", dtype=object)

    def forecasts(self, origins: Ints, horizon: int) -> Forecasts:
        """Return forecasts made when only the periods before each origin were seen."""
        length = self.season_length
        difference = self.demand[:, length:] - self.demand[:, :-length]
        is_known = ~np.isnan(difference)
        squares = np.cumsum(np.where(is_known, difference, 0.0) ** 2, axis=1)
        counts = np.cumsum(is_known, axis=1)
        mean_squares = np.divide(squares, counts, out=np.full(squares.shape, np.nan), where=counts > 0)
        means, scales = [], []
        for origin in origins:
            last = self._last_values(int(origin))
            means.append(last[:, (origin + np.arange(horizon)) % length])
            seen = origin - length - 1
            scales.append(np.sqrt(mean_squares[:, seen]) if seen >= 0 else np.full(len(last), np.nan))
        return Forecasts(np.stack(means, axis=1), np.stack(scales, axis=1))

    def _last_values(self, origin: int) -> Floats:
        """Return the last known value of each phase; of a phase without one the last value of all."""
        values = _last_known(self.demand[:, :origin])
        phases = [
            _last_known(self.demand[:, phase : origin : self.season_length]) for phase in range(self.season_length)
        ]
        by_phase = np.stack(phases, axis=1)
        return np.where(np.isnan(by_phase), values[:, None], by_phase)


def _last_known(values: Floats) -> Floats:
    """Return the last value of each row that is known, NaN without one."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    reverse = ~np.isnan(values[:, ::-1])
    column = values.shape[1] - 1 - reverse.argmax(axis=1)
    return np.where(reverse.any(axis=1), values[np.arange(len(values)), column], np.nan)
