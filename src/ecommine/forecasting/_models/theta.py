"""The Theta method as a small object of options."""

from dataclasses import dataclass

from ..._core.arrays import Floats
from ..._core.checks import flag, number
from .._smoothing.base import Rerun, checked_history
from .._smoothing.theta import fit_theta


@dataclass(frozen=True, slots=True, kw_only=True)
class Theta:
    r"""The Theta method: simple exponential smoothing that drifts along the line through the data.

    Parameters
    ----------
    theta : float or None, default 2
        Curvature of the short-term line, at least 1; None chooses it for each series.
    alpha : float or None
        Smoothing parameter of the level; None chooses it for each series.
    dynamic : bool, default False
        Whether the line is that of the data up to each period rather than of all of them.
    log : bool, default False
        Fit the logs of series without zeros, with shrunk seasonal indices.

    Notes
    -----
    With the level :math:`\ell_t = \alpha y_t + (1 - \alpha) \ell_{t-1}` and the line :math:`A + B t` through the
    seasonally adjusted data, the forecast is

    .. math::

        \hat y_t = \ell_{t-1} + (1 - 1/\theta) \Bigl((1-\alpha)^{t-1} A + \frac{1-(1-\alpha)^t}{\alpha} B\Bigr).

    It is linear in :math:`\ell_0` and in :math:`1 - 1/\theta`, so that both come from least squares for each
    :math:`\alpha`.

    References
    ----------
    Assimakopoulos, V. and Nikolopoulos, K. (2000). The theta model: a decomposition approach to forecasting.
    International Journal of Forecasting 16(4), 521-530. https://doi.org/10.1016/S0169-2070(00)00066-2

    Fiorucci, J. A., Pellegrini, T. R., Louzada, F., Petropoulos, F. and Koehler, A. B. (2016). Models for optimising
    the theta method and their relationship to state space models. International Journal of Forecasting 32(4),
    1151-1161. https://doi.org/10.1016/j.ijforecast.2016.02.005

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import Theta
    >>> fitted = Theta(alpha=0.5).fit(np.array([[10.0, 12, 14, 16, 18, 20]]), 1)
    >>> fitted.forecasts(np.array([6]), 2).mean.round(1).tolist()
    [[[20.0, 21.0]]]
    """

    theta: float | None = 2.0
    alpha: float | None = None
    dynamic: bool = False
    log: bool = False

    def __post_init__(self) -> None:
        """Check the parameters."""
        if self.theta is not None:
            object.__setattr__(self, "theta", number("theta", self.theta, low=1))
        if self.alpha is not None:
            object.__setattr__(self, "alpha", number("alpha", self.alpha, low=1e-6, high=1))
        for name in ("dynamic", "log"):
            object.__setattr__(self, name, flag(name, getattr(self, name)))

    def fit(self, demand: Floats, season_length: int) -> Rerun:
        """Fit all series of an array (n_series, n_periods)."""
        demand, season_length = checked_history(demand, season_length)
        return fit_theta(demand, season_length, theta=self.theta, alpha=self.alpha, dynamic=self.dynamic, log=self.log)
