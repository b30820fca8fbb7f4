r"""How many units a test of two arms needs: the inverse of its power.

With the shares :math:`s_c, s_t` of control and treatment among N units, a difference d and the level
:math:`1 - \alpha`, the pooled z-test of a proportion has the power :math:`1 - \beta` where

.. math:: \sqrt{N} |d| = z_{\alpha / 2} \sqrt{\bar p (1 - \bar p) (1 / s_c + 1 / s_t)}
    + z_\beta \sqrt{p_c (1 - p_c) / s_c + p_t (1 - p_t) / s_t}

(R's ``power.prop.test``). Student's t of a mean needs the noncentral distribution. The confidence sequence, looked at
up to N, excludes zero with the power of a Brownian motion whose drift :math:`\theta` does not depend on the metric, so
that :math:`N = (\theta / d)^2 (v_c / s_c + v_t / s_t)`.

References
----------
Fleiss, J. L., Levin, B. and Paik, M. C. (2003). Statistical methods for rates and proportions, 3rd ed., chapter 4.
Wiley. https://doi.org/10.1002/0471445428

Cohen, J. (1988). Statistical power analysis for the behavioral sciences, 2nd ed. Erlbaum.
"""

import math
from collections.abc import Callable

from ..._stats.intervals import normal_quantile, student_quantile

MAX_STUDENT_DF = 100_000
"""Degrees of freedom from which Student's distribution is taken as normal."""
MAX_UNITS = 1e15
Shares = tuple[float, float]
"""Of control and treatment among all units."""


def pooled_z_test_units(p_control: float, p_treatment: float, shares: Shares, *, level: float, power: float) -> float:
    """Compute the units of all arms with which the pooled z-test finds this difference of proportions.

    Examples
    --------
    >>> round(pooled_z_test_units(0.2, 0.25, (0.5, 0.5), level=0.95, power=0.8) / 2, 3)
    1093.739
    """
    control, treatment = shares
    pooled = (control * p_control + treatment * p_treatment) / (control + treatment)
    together = pooled * (1 - pooled) * (1 / control + 1 / treatment)
    apart = share_variance(p_control, p_treatment, shares)
    found = normal_quantile(level) * math.sqrt(together) + normal_quantile(2 * power - 1) * math.sqrt(apart)
    return (found / (p_treatment - p_control)) ** 2


def share_variance(p_control: float, p_treatment: float, shares: Shares) -> float:
    """Compute the variance of a difference of proportions, times the units of all arms.

    Examples
    --------
    >>> share_variance(0.5, 0.5, (0.5, 0.5))
    1.0
    """
    return p_control * (1 - p_control) / shares[0] + p_treatment * (1 - p_treatment) / shares[1]


def t_test_units(std: float, difference: float, shares: Shares, *, level: float, power: float) -> float:
    """Compute the units of all arms with which Welch's test finds this difference of means.

    Examples
    --------
    >>> round(t_test_units(1.0, 0.5, (0.5, 0.5), level=0.95, power=0.8) / 2, 2)
    63.77
    """
    variance = std**2 * (1 / shares[0] + 1 / shares[1])

    def lacking(total: float) -> float:
        z = abs(difference) * math.sqrt(total / variance)
        return t_test_power(z, total * shares[0], total * shares[1], level) - power

    return _root(lacking, 2 / min(shares))


def t_test_power(z: float, control: float, treatment: float, level: float) -> float:
    """Compute the chance that Welch's test finds a difference of z standard errors, at equal standard deviations.

    Examples
    --------
    >>> round(t_test_power(2.8229, 63.7658, 63.7658, 0.95), 3)
    0.8
    """
    from scipy.special import nctdtr, ndtr

    parts = (1 / control, 1 / treatment)
    df = sum(parts) ** 2 / (parts[0] ** 2 / (control - 1) + parts[1] ** 2 / (treatment - 1))
    if df > MAX_STUDENT_DF:
        return float(ndtr(z - normal_quantile(level)))
    return float(1 - nctdtr(df, z, student_quantile(level, df)))


def _root(lacking: Callable[[float], float], least: float) -> float:
    """Return where an increasing function crosses zero; the least value where it is above zero there."""
    from scipy.optimize import brentq

    low, high = least * 1.01, least * 2
    if lacking(low) >= 0:
        return low
    while lacking(high) < 0 and high < MAX_UNITS:
        low, high = high, high * 4
    return float(brentq(lacking, low, high, xtol=1e-9, rtol=1e-12))
