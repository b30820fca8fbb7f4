"""Croston's method and its descendants for intermittent demand, all series at once."""

from dataclasses import dataclass

from ..._core.arrays import Floats
from ..._core.checks import number
from .._smoothing.base import Recorded, checked_history
from .._smoothing.intermittent import croston_rates, recorded, tsb_rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Croston:
    r"""Smooth the size of demands and the interval between them apart; the forecast is their ratio.

    Parameters
    ----------
    alpha : float, default 0.1
        Smoothing parameter of sizes and intervals.

    Notes
    -----
    After a demand of size :math:`y_t` that comes :math:`q` periods after the one before,

    .. math::

        z_t = \alpha y_t + (1 - \alpha) z_{t-1}, \quad p_t = \alpha q + (1 - \alpha) p_{t-1}, \quad
        \hat y = z_t / p_t.

    The ratio is too large on average by :math:`\alpha / (2 - \alpha)`: :class:`SBA` corrects it.

    References
    ----------
    Croston, J. D. (1972). Forecasting and stock control for intermittent demands. Operational Research Quarterly
    23(3), 289-303. https://doi.org/10.1057/jors.1972.50

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import Croston
    >>> fitted = Croston(alpha=0.5).fit(np.array([[0.0, 4, 0, 0, 0, 2]]), 1)
    >>> fitted.forecasts(np.array([6]), 1).mean.tolist()
    [[[1.0]]]
    """

    alpha: float = 0.1

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "alpha", number("alpha", self.alpha, low=1e-6, high=1))

    def fit(self, demand: Floats, season_length: int) -> Recorded:
        """Run the recursion over all periods; there is no season."""
        demand, _ = checked_history(demand, season_length)
        return recorded(type(self).__name__, demand, croston_rates(demand, self.alpha), self.alpha)


@dataclass(frozen=True, slots=True, kw_only=True)
class SBA:
    r"""Croston's method times :math:`1 - \alpha / 2`, which takes most of its bias away.

    Parameters
    ----------
    alpha : float, default 0.1
        Smoothing parameter of sizes and intervals.

    References
    ----------
    Syntetos, A. A. and Boylan, J. E. (2005). The accuracy of intermittent demand estimates. International Journal of
    Forecasting 21(2), 303-314. https://doi.org/10.1016/j.ijforecast.2004.10.001

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import SBA
    >>> fitted = SBA(alpha=0.5).fit(np.array([[0.0, 4, 0, 0, 0, 2]]), 1)
    >>> fitted.forecasts(np.array([6]), 1).mean.tolist()
    [[[0.75]]]
    """

    alpha: float = 0.1

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "alpha", number("alpha", self.alpha, low=1e-6, high=1))

    def fit(self, demand: Floats, season_length: int) -> Recorded:
        """Run the recursion over all periods; there is no season."""
        demand, _ = checked_history(demand, season_length)
        return recorded(
            type(self).__name__, demand, croston_rates(demand, self.alpha) * (1 - self.alpha / 2), self.alpha
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TSB:
    r"""Smooth the size of demands and their probability; the forecast falls while nothing is sold.

    Parameters
    ----------
    alpha : float, default 0.1
        Smoothing parameter of sizes.
    beta : float, default 0.1
        Smoothing parameter of the probability of a demand.

    References
    ----------
    Teunter, R. H., Syntetos, A. A. and Babai, M. Z. (2011). Intermittent demand: linking forecasting to inventory
    obsolescence. European Journal of Operational Research 214(3), 606-615. https://doi.org/10.1016/j.ejor.2011.05.018

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import TSB
    >>> fitted = TSB(alpha=0.5, beta=0.5).fit(np.array([[4.0, 0, 0]]), 1)
    >>> fitted.forecasts(np.array([1, 2, 3]), 1).mean[0, :, 0].tolist()
    [4.0, 2.0, 1.0]
    """

    alpha: float = 0.1
    beta: float = 0.1

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "alpha", number("alpha", self.alpha, low=1e-6, high=1))
        object.__setattr__(self, "beta", number("beta", self.beta, low=1e-6, high=1))

    def fit(self, demand: Floats, season_length: int) -> Recorded:
        """Run the recursion over all periods; there is no season."""
        demand, _ = checked_history(demand, season_length)
        return recorded(type(self).__name__, demand, tsb_rates(demand, self.alpha, self.beta), self.alpha)
