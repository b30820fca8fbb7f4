r"""Two shares set against each other: difference, ratio, and whether they may be equal.

Each share comes with Wilson's interval and the number of independent units that would know it as well. Intervals of a
difference and of a ratio take the distance of each share to its own limit in the place of the standard error (Newcombe
1998, Donner and Zou 2012): with many units that is the delta method, and with few it keeps its level, also where nobody
or everybody goes on. The test takes the variance of the share of both together, which is
that of equal shares; with the variances apart, the test of small counts would find too much.

References
----------
Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of eleven
methods. Statistics in Medicine 17(8), 873-890.

Donner, A. and Zou, G. Y. (2012). Closed-form confidence intervals for functions of the normal mean and standard
deviation. Statistical Methods in Medical Research 21(4), 347-359. https://doi.org/10.1177/0962280210383082

Campbell, I. (2007). Chi-squared and Fisher-Irwin tests of two-by-two tables with small sample recommendations.
Statistics in Medicine 26(19), 3661-3675. https://doi.org/10.1002/sim.2832
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .._core.arrays import Floats
from ._curves import wilson_each

Correction = Literal["bh", "holm", "bonferroni"]
CORRECTIONS = ("bh", "holm", "bonferroni", None)
Interval = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Shares with Wilson's intervals, and of how many independent units each is; all of shape (n,), NaN if unknown."""

    value: Floats
    low: Floats
    high: Floats
    n: Floats

    @classmethod
    def of(cls, value: Floats, n: Floats, z: float) -> "Shares":
        """Add the intervals."""
        low, high = wilson_each(value, n, z)
        return cls(value=value, low=low, high=high, n=n)

    @property
    def below(self) -> Floats:
        """How far the lower limit is away."""
        return np.maximum(self.value - self.low, 0.0)

    @property
    def above(self) -> Floats:
        """How far the upper limit is away."""
        return np.maximum(self.high - self.value, 0.0)


def difference(before: Shares, after: Shares) -> Interval:
    """Return after minus before with Newcombe's interval.

    Examples
    --------
    >>> shares = (Shares.of(np.array([share]), np.array([n]), 1.959964) for share, n in ((48 / 80, 80), (56 / 70, 70)))
    >>> [round(float(one[0]), 4) for one in difference(*shares)]  # Newcombe's first example, the other way round
    [0.2, 0.0524, 0.3339]
    """
    found = after.value - before.value
    return found, found - np.hypot(after.below, before.above), found + np.hypot(after.above, before.below)


def relative(before: Shares, after: Shares) -> Interval:
    """Return after over before, less one, with Donner and Zou's interval; unknown where nobody goes on before."""
    a, b = before.value, after.value
    product = a * b
    lower = after.low * (2 * b - after.low)
    upper = after.high * (2 * b - after.high)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where((a > 0) & ~np.isnan(b), 1.0, np.nan)
        root = np.sqrt(np.maximum(product**2 - lower * before.high * (2 * a - before.high), 0.0))
        low = np.where(b > 0, lower / (product + root), 0.0)
        scale = before.low * (2 * a - before.low)
        high = (product + np.sqrt(np.maximum(product**2 - upper * scale, 0.0))) / scale
        return (b / a - 1) * known, (low - 1) * known, (high - 1) * known


def p_values(before: Shares, after: Shares) -> Floats:
    """Return the p-values of equal shares: the pooled test of two shares, with n - 1 for n (Campbell 2007)."""
    from scipy.special import ndtr

    n = before.n + after.n
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (before.n * before.value + after.n * after.value) / n
        variance = pooled * (1 - pooled) * (1 / before.n + 1 / after.n) * n / (n - 1)
        z = np.where(variance > 0, (after.value - before.value) / np.sqrt(variance), 0.0)  # none or all in both
    is_known = (before.n > 0) & (after.n > 0) & ~np.isnan(pooled)
    return np.where(is_known, 2 * ndtr(-np.abs(z)), np.nan)


def q_values(p: Floats, correction: Correction | None) -> Floats:
    """Correct p-values for their number; unknown ones are no tests.

    Examples
    --------
    >>> q_values(np.array([0.01, np.nan, 0.04]), "holm").tolist()
    [0.02, nan, 0.04]
    """
    order = np.argsort(p, kind="stable")[: int((~np.isnan(p)).sum())]
    ordered, m, place = p[order], len(order), np.arange(1, len(order) + 1)
    if correction == "bonferroni":
        ordered = ordered * m
    elif correction == "holm":
        ordered = np.maximum.accumulate(ordered * (m - place + 1))
    elif correction == "bh":
        ordered = np.minimum.accumulate((ordered * m / place)[::-1])[::-1]
    found = np.full(len(p), np.nan)
    found[order] = np.minimum(ordered, 1.0)
    return found
