"""Exponential smoothing as a small object of options."""

from dataclasses import dataclass
from typing import Literal

from ..._core.arrays import Floats
from ..._core.checks import flag, number, one_of
from .._smoothing.base import Rerun, checked_history
from .._smoothing.ets import Smoothing, fit_ets

Trend = Literal["damped"] | None
Season = Literal["fixed", "additive"] | None


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
        for name in Smoothing._fields:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, number(name, getattr(self, name), low=0, high=1))
        object.__setattr__(self, "log", flag("log", self.log))

    def fit(self, demand: Floats, season_length: int) -> Rerun:
        """Fit all series of an array (n_series, n_periods)."""
        demand, season_length = checked_history(demand, season_length)
        return fit_ets(
            demand,
            1 if self.season is None else season_length,
            Smoothing(self.alpha, self.beta, self.phi, self.gamma),
            has_trend=self.trend is not None,
            is_moving=self.season == "additive",
            log=self.log,
        )
