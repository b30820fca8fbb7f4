"""Counts of slow movers: an exponentially weighted rate, and counts around it that scatter more than by chance."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Floats
from ..._core.checks import number
from .base import Recorded, dispersed_scales

ALPHAS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)
MAX_SERIES_FOR_ALPHA = 1_000
"""Series, evenly spaced, from which a shared smoothing parameter is chosen."""
MIN_PERIODS_BEFORE_LOSS = 4
"""Periods of history before one-step forecasts count in the choice of the smoothing parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeBinomial:
    r"""Counts with an exponentially weighted mean and a variance in proportion to it.

    Parameters
    ----------
    alpha : float or None
        Weight of the last period, the weights before fall by :math:`1 - \alpha`; None chooses the one with the least
        Poisson deviance of one-step forecasts over all series, since a slow series alone cannot show it.

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
            number("alpha", self.alpha, low=0, high=1)

    def fit(self, demand: Floats, season_length: int) -> Recorded:  # noqa: ARG002  # there is no season
        """Choose alpha where it is not given, and compute the rate at every origin."""
        values = np.ascontiguousarray(demand.T)
        alpha = _best_alpha(values) if self.alpha is None else self.alpha
        rates = weighted_rates(values, alpha)
        parameters = {"alpha": np.full(len(demand), alpha)}
        scales = dispersed_scales(values, rates)
        return Recorded(name=type(self).__name__, rates=rates, scales=scales, parameters=parameters)


def weighted_rates(values: Floats, alpha: float) -> Floats:
    """Return the exponentially weighted mean before each origin, of shape (n_periods + 1, n_series)."""
    rates = np.full((len(values) + 1, values.shape[1]), np.nan)
    total, weight = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    is_known, known = ~np.isnan(values), np.nan_to_num(values)
    for period in range(len(values)):
        seen = is_known[period]
        decay = np.where(seen, 1 - alpha, 1.0)
        total = total * decay + known[period]
        weight = weight * decay + seen
        np.divide(total, weight, out=rates[period + 1], where=weight > 0)
    return rates


def _best_alpha(values: Floats) -> float:
    step = -(-values.shape[1] // MAX_SERIES_FOR_ALPHA)
    sample = values[:, ::step]
    losses = [_deviance(sample, weighted_rates(sample, alpha)) for alpha in ALPHAS]
    return ALPHAS[int(np.argmin(losses))]


def _deviance(values: Floats, rates: Floats) -> float:
    """Return the mean Poisson deviance of one-step forecasts, each series in units of its own mean."""
    expected, seen = rates[MIN_PERIODS_BEFORE_LOSS:-1], values[MIN_PERIODS_BEFORE_LOSS:]
    is_compared = ~np.isnan(seen) & ~np.isnan(expected)
    if not is_compared.any():
        return 0.0
    expected = np.where(is_compared, np.maximum(expected, 1e-3), 1.0)
    seen = np.where(is_compared, seen, 1.0)
    deviance = np.where(seen > 0, seen * np.log(np.where(seen > 0, seen, 1.0) / expected), 0.0) - (seen - expected)
    by_series = (deviance * is_compared).sum(axis=0) / np.maximum(is_compared.sum(axis=0), 1)
    mean = np.maximum((seen * is_compared).sum(axis=0) / np.maximum(is_compared.sum(axis=0), 1), 1e-9)
    return float((by_series / np.sqrt(mean)).mean())
