"""Counts of slow movers: an exponentially weighted rate, and counts around it that scatter more than by chance."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Floats
from ..._core.checks import number
from .._smoothing.base import Recorded, checked_history
from .._smoothing.intermittent import best_alpha, recorded, weighted_rates


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeBinomial:
    r"""Counts with an exponentially weighted mean and a variance in proportion to it.

    Parameters
    ----------
    alpha : float or None
        Weight of the last period, the weights before fall by :math:`1 - \alpha`; None chooses the one with the least
        Poisson deviance of one-step forecasts over all series, since a slow series alone cannot show it; .1 for
        fewer than 20 series.

    Notes
    -----
    The rate is :math:`\mu = \sum_i w_i y_i / \sum_i w_i` with :math:`w_i = (1-\alpha)^{t-i}`: the mean while a product
    is new, exponential smoothing later. The variance is :math:`\varphi \mu` with :math:`\varphi \ge 1` from one-step
    errors; absolute errors choose no model here, as 0 minimises them wherever most periods are empty.

    References
    ----------
    Snyder, R. D., Ord, J. K. and Beaumont, A. (2012). Forecasting the intermittent demand for slow-moving inventories.
    International Journal of Forecasting 28(2), 485-496. https://doi.org/10.1016/j.ijforecast.2011.03.009

    Kolassa, S. (2016). Evaluating predictive count data distributions in retail sales forecasting. International
    Journal of Forecasting 32(3), 788-803. https://doi.org/10.1016/j.ijforecast.2015.12.004

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine.forecasting import NegativeBinomial
    >>> fitted = NegativeBinomial(alpha=0.5).fit(np.array([[0.0, 0, 3]]), 1)
    >>> fitted.forecasts(np.array([1, 3]), 1).mean[0, :, 0].round(2).tolist()
    [0.0, 1.71]
    """

    alpha: float | None = None

    def __post_init__(self) -> None:
        """Check the parameters."""
        if self.alpha is not None:
            object.__setattr__(self, "alpha", number("alpha", self.alpha, low=0, high=1))

    def fit(self, demand: Floats, season_length: int) -> Recorded:
        """Choose alpha where it is not given, and compute the rate at every origin; there is no season."""
        demand, _ = checked_history(demand, season_length)
        values = np.ascontiguousarray(demand.T)
        alpha = best_alpha(values) if self.alpha is None else self.alpha
        return recorded(type(self).__name__, demand, weighted_rates(values, alpha), alpha)
