r"""Effects of promotions and prices on each product, drawn to those of all products by as much as products are alike.

A promotion multiplies what a product would sell by :math:`r_i`, estimated by the ratio of the units of its promoted
periods to those expected there, of a gamma distribution around the ratio of all products. A price :math:`p` beside the
last one :math:`p_0` multiplies it by :math:`(p / p_0)^{b_i}`, with elasticities normally distributed around that of
all. Prices count outside promotions only, whose ratio contains their discount.

References
----------
Clayton, D. and Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for use in disease
mapping. Biometrics 43(3), 671-681. https://doi.org/10.2307/2532003
"""

from typing import NamedTuple

import numpy as np

from ..._stats.arrays import Bools, Floats, divide
from ..._stats.shrinkage import variance_between

MIN_PROMOTED_UNITS = 5.0
"""Expected units of all promoted periods together below which promotions have no effect that could be told."""
MAX_ELASTICITY = 6.0
_STEPS = 8


class ProductEffects(NamedTuple):
    """One effect of each product and the standard error of its logarithm: arrays of shape (n_series,)."""

    log_effect: Floats
    log_std: Floats


def promotion_effects(
    demand: Floats, promotion: Floats, shape: Floats, weight: Floats, repeat_std: tuple[float, float]
) -> ProductEffects | None:
    """Estimate by how much promotions raise the demand of each product; None where hardly any was seen.

    Parameters
    ----------
    demand, promotion : float arrays of shape (n_series, n_periods)
        Units, and the share of a period with a promotion; NaN where not known.
    shape : float array of shape (n_periods,)
        What all series did in a period: the common factor times its days.
    weight : float array of shape (n_series,)
        One over the dispersion of each series.
    repeat_std : pair of floats
        Standard deviation between promotions, and its part that grows with the effect.
    """
    is_known = ~np.isnan(demand) & ~np.isnan(promotion)
    share = np.where(is_known, promotion, 0)
    units, time = np.where(is_known, demand, 0), shape * is_known
    plain_time, promoted_time = ((1 - share) * time).sum(axis=1), (share * time).sum(axis=1)
    rate = divide(((1 - share) * units).sum(axis=1), plain_time)
    expected = np.nan_to_num(rate * promoted_time)
    promoted = np.where(expected > 0, (share * units).sum(axis=1), 0)
    # The rate is an estimate too: together both are worth as many units as this.
    worth = weight / (1 + np.nan_to_num(divide(promoted_time, plain_time)))
    if (expected * worth).sum() < MIN_PROMOTED_UNITS:
        return None
    return _shrunk_ratios(promoted, expected, worth, repeat_std)


def _shrunk_ratios(units: Floats, expected: Floats, worth: Floats, repeat_std: tuple[float, float]) -> ProductEffects:
    mean = float((units * worth).sum() / (expected * worth).sum())
    events, exposure = units * worth, expected * worth * max(mean, 1e-9)
    ratio = np.divide(events, exposure, out=np.ones(len(units)), where=exposure > 0)
    spread = max(variance_between(ratio, exposure, 1.0, 1.0), 1e-6)
    posterior = (events + 1 / spread) / (exposure + 1 / spread)
    log_effect = np.log(np.maximum(mean * posterior, 1e-3))
    low, share = repeat_std
    variance = 1 / (events + 1 / spread) + low**2 + (share * log_effect) ** 2
    return ProductEffects(log_effect, np.sqrt(variance))


def price_elasticities(
    demand: Floats, log_price: Floats, is_used: Bools, shape: Floats, weight: Floats
) -> ProductEffects | None:
    """Estimate the elasticity of each product's units; None where prices hardly moved.

    Parameters
    ----------
    demand, log_price : float arrays of shape (n_series, n_periods)
    is_used : bool array of the same shape
        Where both are known and no promotion ran.
    shape, weight
        As for promotions.
    """
    units = np.where(is_used, demand, 0)
    time = shape * is_used
    x = np.where(is_used, log_price, 0)
    x = np.where(is_used, x - np.nan_to_num(divide(x.sum(axis=1), is_used.sum(axis=1)))[:, None], 0)
    pooled = 0.0
    for _ in range(_STEPS):
        score, information = _price_score(units, time, x, pooled)
        total = float((weight * information).sum())
        if total < 1e-6:
            return None
        step = float((weight * score).sum() / total)
        pooled = float(np.clip(pooled + np.clip(step, -1, 1), -MAX_ELASTICITY, MAX_ELASTICITY))
    n = weight * information
    own = pooled + np.nan_to_num(divide(score, information))
    spread = variance_between(own, n, pooled, 1.0)
    kept = n * spread / (1 + n * spread)
    elasticity = np.clip(pooled + kept * (own - pooled), -MAX_ELASTICITY, MAX_ELASTICITY)
    return ProductEffects(elasticity, np.sqrt(1 / max(total, 1e-9) + spread / (1 + n * spread)))


def _price_score(units: Floats, time: Floats, x: Floats, elasticity: float) -> tuple[Floats, Floats]:
    """Return the derivative of each product's likelihood by its elasticity, and the information, level fitted."""
    weighted = time * np.exp(np.clip(elasticity * x, -20, 20))
    level = np.nan_to_num(divide(units.sum(axis=1), weighted.sum(axis=1)))
    fitted = weighted * level[:, None]
    centre = np.nan_to_num(divide((fitted * x).sum(axis=1), fitted.sum(axis=1)))
    centred = np.where(fitted > 0, x - centre[:, None], 0)
    return ((units - fitted) * centred).sum(axis=1), (fitted * centred**2).sum(axis=1)
