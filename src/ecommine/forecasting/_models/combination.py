"""The default: a mean of several models for series that sell in most periods, counts around a rate for the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.codes import Labels
from .._demand.classes import LIFECYCLES, PATTERNS, DemandClasses, classify_demand
from .base import Fitted, Forecasts, Model
from .ets import ETS
from .negative_binomial import NegativeBinomial
from .season import is_seasonal
from .theta import Theta

MIN_OBSERVATIONS_OF_FAST = 8
"""Known periods from which on a series gets the models of fast movers."""

MIN_MEAN_OF_FAST = 50.0
"""Units per period from which on a series without a season gets the models of fast movers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """The mean of several models, by class of demand.

    Parameters
    ----------
    fast : sequence of models
        For smooth and erratic demand of 50 units per period or more, or with a season.
    slow : sequence of models
        For all other demand, and for products that are new or have ended.

    Notes
    -----
    Combinations of simple models beat the choice of one: the errors of each are its own.

    References
    ----------
    Petropoulos, F. and Svetunkov, I. (2020). A simple combination of univariate models. International Journal of
    Forecasting 36(1), 110-115. https://doi.org/10.1016/j.ijforecast.2019.01.006

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import Combination
    >>> demand = np.array([[50.0, 52, 49, 51, 50, 48, 52, 50, 51, 49], [0, 0, 3, 0, 0, 0, 0, 2, 0, 0]])
    >>> Combination().fit(demand, 1).forecasts(np.array([10]), 1).mean[:, 0, 0].round(1).tolist()
    [50.0, 0.5]
    """

    fast: Sequence[Model] = field(default_factory=lambda: (Theta(log=True), ETS(log=True)))
    slow: Sequence[Model] = field(default_factory=lambda: (NegativeBinomial(),))

    def fit(self, demand: Floats, season_length: int) -> "FittedCombination":
        """Fit the models of its class to each series."""
        is_fast = are_fast(demand, classify_demand(demand), season_length)
        members = []
        for is_member, models in ((is_fast, self.fast), (~is_fast, self.slow)):
            rows = np.flatnonzero(is_member)
            if len(rows):
                members.append(Member(rows, tuple(model.fit(demand[rows], season_length) for model in models)))
        return FittedCombination(n_series=len(demand), members=tuple(members))


class Member(NamedTuple):
    """Fitted models and the rows of the series that they are for."""

    rows: Ints
    models: tuple[Fitted, ...]


def are_fast(demand: Floats, classes: DemandClasses, season_length: int) -> Bools:
    """Return which series sell in most periods, for long enough, and either much or with a season.

    Without a season, trends of a few units are chance: a rate and its counts predict them better.
    """
    is_frequent = (classes.pattern == PATTERNS.index("smooth")) | (classes.pattern == PATTERNS.index("erratic"))
    is_old = (classes.lifecycle == LIFECYCLES.index("active")) & (classes.n_periods >= MIN_OBSERVATIONS_OF_FAST)
    mean = np.nansum(demand, axis=1) / np.maximum(classes.n_periods, 1)
    return np.asarray(is_frequent & is_old & ((mean >= MIN_MEAN_OF_FAST) | is_seasonal(demand, season_length)))


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
    def labels(self) -> Labels:
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
