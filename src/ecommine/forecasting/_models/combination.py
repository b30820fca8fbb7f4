"""The default: a mean of several models for series that sell in most periods, counts around a rate for the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..._core.arrays import Floats
from .._smoothing.base import Model, checked_history, checked_models
from .._smoothing.classes import classify_demand
from .._smoothing.combination import FittedCombination, Member, are_fast
from .ets import ETS
from .negative_binomial import NegativeBinomial
from .theta import Theta


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

    def __post_init__(self) -> None:
        """Check the models."""
        for name in ("fast", "slow"):
            object.__setattr__(self, name, checked_models(name, getattr(self, name)))

    def fit(self, demand: Floats, season_length: int) -> FittedCombination:
        """Fit the models of its class to each series."""
        demand, season_length = checked_history(demand, season_length)
        is_fast = are_fast(demand, classify_demand(demand), season_length)
        members = []
        for is_member, models in ((is_fast, self.fast), (~is_fast, self.slow)):
            rows = np.flatnonzero(is_member)
            if len(rows):
                members.append(Member(rows, tuple(model.fit(demand[rows], season_length) for model in models)))
        return FittedCombination(n_series=len(demand), members=tuple(members))
