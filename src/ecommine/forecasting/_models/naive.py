"""The seasonal naive forecast as a small object."""

from dataclasses import dataclass

from ..._core.arrays import Floats
from .._smoothing.base import checked_history
from .._smoothing.naive import FittedNaive


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalNaive:
    """Repeat the last season; the last value where there is no season.

    References
    ----------
    Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: Principles and Practice, 3rd edition, section 5.2.
    https://otexts.com/fpp3/simple-methods.html

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import SeasonalNaive
    >>> fitted = SeasonalNaive().fit(np.array([[5.0, 9, 6, 8]]), 2)
    >>> fitted.forecasts(np.array([4]), 3).mean.tolist()
    [[[6.0, 8.0, 6.0]]]
    """

    def fit(self, demand: Floats, season_length: int) -> FittedNaive:
        """Keep the history: there is nothing to estimate."""
        demand, season_length = checked_history(demand, season_length)
        return FittedNaive(demand=demand, season_length=season_length)
