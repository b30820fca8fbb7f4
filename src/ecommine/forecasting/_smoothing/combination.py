"""The mean of several models, with different ones for different series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints
from .base import Fitted, Forecasts
from .classes import LIFECYCLES, PATTERNS, DemandClasses
from .season import is_seasonal

MIN_OBSERVATIONS_OF_FAST = 8
"""Known periods from which on a series gets the models of fast movers."""

MIN_MEAN_OF_FAST = 50.0
"""Units per period from which on a series without a season gets the models of fast movers."""


class Member(NamedTuple):
    """Fitted models and the rows of the series that they are for."""

    rows: Ints
    models: tuple[Fitted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCombination:
    """Fitted models with the series that each is for."""

    n_series: int
    members: tuple[Member, ...]

    @property
    def is_slow(self) -> Bools:
        """Return which series have models of counts only."""
        is_slow = np.zeros(self.n_series, dtype=bool)
        for rows, models in self.members:
            is_slow[rows] = np.all([model.is_slow for model in models], axis=0)
        return is_slow

    @property
    def labels(self) -> Any:
        """Return the names of the models of each series, such as "Theta + ETS"."""
        labels = np.full(self.n_series, "", dtype=object)
        for rows, models in self.members:
            labels[rows] = [" + ".join(names) for names in zip(*(model.labels for model in models), strict=True)]
        return labels

    @property
    def parameters(self) -> Mapping[str, Floats]:
        """Return the parameters of each model by its number and name, NaN for series of other models."""
        parameters: dict[str, Floats] = {}
        for rows, models in self.members:
            for number, model in enumerate(models):
                for name, values in model.parameters.items():
                    spread = parameters.setdefault(
                        f"{type(model).__name__}{number}_{name}", np.full(self.n_series, np.nan)
                    )
                    spread[rows] = values
        return parameters

    def forecasts(self, origins: Ints, horizon: int) -> Forecasts:
        """Return the mean of the forecasts of each series' models, and the mean of their scales."""
        mean = np.full((self.n_series, len(origins), horizon), np.nan)
        scale = np.full((self.n_series, len(origins)), np.nan)
        for rows, models in self.members:
            made = [model.forecasts(origins, horizon) for model in models]
            mean[rows] = np.mean([one.mean for one in made], axis=0)
            scale[rows] = np.mean([one.scale for one in made], axis=0)
        return Forecasts(mean, scale)


def are_fast(demand: Floats, classes: DemandClasses, season_length: int) -> Bools:
    """Return which series sell in most periods, for long enough, and either much or with a season.

    Without a season, trends of a few units are chance: a rate and its counts predict them better.
    """
    is_frequent = (classes.pattern == PATTERNS.index("smooth")) | (classes.pattern == PATTERNS.index("erratic"))
    is_old = (classes.lifecycle == LIFECYCLES.index("active")) & (classes.n_periods >= MIN_OBSERVATIONS_OF_FAST)
    mean = np.nansum(demand, axis=1) / np.maximum(classes.n_periods, 1)
    return np.asarray(is_frequent & is_old & ((mean >= MIN_MEAN_OF_FAST) | is_seasonal(demand, season_length)))
