r"""Conversion within the window when some windows are not over yet.

Who entered yesterday and has not bought may still do so. Leaving them out selects, counting them as lost is wrong.
Kaplan and Meier's estimate uses each unit for as long as it was seen:

.. math:: \hat F(W) = 1 - \prod_{t \le W} \Bigl(1 - \frac{d_t}{Y_t}\Bigr)

with :math:`d_t` units that reach the step at time t after their first entry, and :math:`Y_t` units seen for so long
without. Its influence function gives the variance, sums of it over visitors where units are sessions, and the variance
of the ratio of two steps, whose curves both start at the entry. Intervals are Wilson's with the effective sample size
:math:`F (1 - F) / \mathrm{Var}`. Without open windows all of it is the binomial share and Wilson's interval.

References
----------
Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the American
Statistical Association 53(282), 457-481. https://doi.org/10.1080/01621459.1958.10501452

Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
Statistical Association 22(158), 209-212. https://doi.org/10.1080/01621459.1927.10502953
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import Ints
from .._core.moments import SECOND

Floats = np.ndarray[Any, np.dtype[np.float64]]
ROUNDING = 1e-20
"""Sums of squares below this, a unit, are rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """The estimate at the window, and how much each unit moves it (times the number of units)."""

    share: float
    influence: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survival:
    """The estimate at the window, and how much a unit moves it (times the number of units), by moments.

    Attributes
    ----------
    share : float
        The share that reaches the step.
    gained : float array of shape (n_moments + 1,)
        Influence of a unit that reached the step at a moment; the last is the window.
    waited : float array of shape (n_moments + 1,)
        Influence of a unit that was seen for so long without; both are 0 where nothing happened.
    """

    share: float
    gained: Floats
    waited: Floats


def survival_of(events: Floats, passed: Floats, late: int, n: int) -> Survival:
    """Estimate the share that reaches a step, from counts.

    Parameters
    ----------
    events : float array of shape (n_moments,)
        Units that reach the step, by the time since their entry; moments before the window, in their order.
    passed : float array of shape (n_moments,)
        Those, and the units that were seen no longer.
    late : int
        Units that reach the step at the window.
    n : int
        Units that entered.
    """
    happened = np.flatnonzero(passed)
    at, width = np.append(happened, len(events)), len(events) + 1
    events = np.append(events[happened], late)
    at_risk = n - np.concatenate([[0.0], np.cumsum(passed[happened])])
    left = at_risk - events
    going = at_risk > 0  # nobody may be seen to the end of the window
    survival = float(np.prod(left[going] / at_risk[going]))
    if survival <= 0:
        return Survival(share=1.0, gained=np.zeros(width), waited=np.zeros(width))
    scale, gained, waited = survival * n, np.zeros(width), np.zeros(width)
    with np.errstate(divide="ignore", invalid="ignore"):
        spent = np.cumsum(np.where(going, events / (at_risk * left), 0.0))
        gained[at] = (np.where(going, 1 / left, 0.0) - spent) * scale
    waited[at] = -spent * scale
    return Survival(share=1.0 - survival, gained=gained, waited=waited)


def places_of(time: Ints, end: int) -> tuple[Ints, Ints]:
    """Give each time before ``end`` the number of its moment; return the numbers, and the moments in their order.

    Whole seconds need no sort, unless there are far more of them than times.
    """
    seconds = -(-end // SECOND)
    if seconds <= 4 * len(time):
        whole = time // SECOND
        if np.array_equal(whole * SECOND, time):
            return whole, np.arange(seconds) * SECOND
    moments, place = np.unique(time, return_inverse=True)
    return place, moments


def curve_at(time: Ints, reached: "np.ndarray[Any, np.dtype[np.bool_]]", window: int) -> Curve:
    """Estimate the share that reaches a step within the window.

    Parameters
    ----------
    time : int64 array of shape (n,)
        From the first entry to the step, or for how long the unit was seen without it; at most the window counts.
    reached : bool array of shape (n,)
        Whether the step was reached.
    window : int
        The window, in the same unit.

    Examples
    --------
    >>> found = curve_at(np.array([1, 2, 9, 9]), np.array([True, False, False, True]), 9)
    >>> found.share  # one of four goes at once; of the two seen to the end one more
    0.625
    """
    n = len(time)
    if not n:
        return Curve(share=0.0, influence=np.zeros(0))
    early = np.flatnonzero(time < window)  # the others all belong to the last moment, which needs no sort
    went = reached[early]
    place, moments = places_of(time[early], window)
    events = np.bincount(place[went], minlength=len(moments)).astype(np.float64)
    passed = np.bincount(place, minlength=len(moments)).astype(np.float64)
    found = survival_of(events, passed, int(np.count_nonzero(reached)) - len(place[went]), n)
    influence = np.where(reached, found.gained[-1], found.waited[-1])
    influence[early] = np.where(went, found.gained[place], found.waited[place])
    return Curve(share=found.share, influence=influence)


def covariance(products: Floats, n: int) -> Floats:
    """Return the covariance of estimates from the sums of products of their influences.

    The influences of all units add up to zero. Where all belong together nothing is left of them but rounding, which
    is no variance.
    """
    varies = np.diag(products) > ROUNDING * n
    return np.where(np.outer(varies, varies), products, 0.0) / max(n, 1) ** 2


def products_of(influences: Floats, cluster: Ints | None) -> Floats:
    """Return the sums of products of influences, of shape (n_steps, n_units), summed up by cluster where one is given.

    ``cluster`` numbers what belongs together, None where every unit stands alone.
    """
    if cluster is not None and len(cluster):
        influences = np.array([np.bincount(cluster, one) for one in influences])
    return np.asarray(influences @ influences.T)


def exposure_of(seen_for: Ints, number: Ints, n: int, window: int) -> float:
    """Return how many units seen to the end of the window know as much of a step that nobody reached.

    That is the harmonic mean, over the window, of the units still seen: what the variance of the estimate tends to for
    a step that is seldom reached, at any time of the window alike.

    Parameters
    ----------
    seen_for, number : int arrays
        Times before the window until which units were seen, in their order, and how many units each.
    n, window : int
        All units, and the window.

    Examples
    --------
    >>> round(exposure_of(np.array([5]), np.array([90]), 100, 10), 4)  # 100 in the one half, 10 in the other
    18.1818
    """
    at_risk = n - np.append(0, np.cumsum(number))
    if at_risk[-1] <= 0:
        return 0.0
    return window / float(np.sum(np.diff(seen_for, prepend=0, append=window) / at_risk))


def effective(share: float, influence: Floats, cluster: Ints | None, otherwise: float) -> float:
    """Return how many independent units would know the share as well; ``otherwise`` where all or none reach it.

    ``cluster`` numbers what belongs together, None where every unit stands alone. The units of one visitor may all be
    alike: they are no more than the visitors where nothing tells how they vary, and of one visitor a single trial.
    """
    n = len(influence)
    variance = float(covariance(products_of(influence[None, :], cluster), n)[0, 0])
    if cluster is None or not n:
        return float(effective_of(share, variance, otherwise))
    clusters = int(np.count_nonzero(np.bincount(cluster)))
    return float(effective_of(share, variance, min(otherwise, clusters)))


def effective_of(share: Any, variance: Any, otherwise: Any) -> Floats:
    """Return how many independent units have this variance; ``otherwise`` where there is none.

    Examples
    --------
    >>> effective_of(np.array([0.5, 1.0]), np.array([0.01, 0.0]), 30).tolist()
    [25.0, 30.0]
    """
    with np.errstate(invalid="ignore"):
        varies = (variance > 0) & (share > 0) & (share < 1)
    return np.asarray(np.where(varies, share * (1 - share) / np.where(varies, variance, 1.0), otherwise))


def normal_quantile(level: float) -> float:
    """Return how many standard errors a two-sided interval of this level has.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Return Wilson's interval of a share of n units, which need not be a whole number.

    Examples
    --------
    >>> low, high = wilson(0.0, 10, 1.959964)
    >>> round(low, 4), round(high, 4)
    (0.0, 0.2775)
    """
    low, high = wilson_each(np.array([share]), np.array([n], dtype=np.float64), z)
    return float(low[0]), float(high[0])


def wilson_each(share: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    """Return Wilson's interval of each share; NaN where there are no units."""
    n = np.where(n > 0, n, np.nan)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
    return np.where(share == 0, 0.0 * n, low), np.where(share == 1, 1.0 + 0.0 * n, high)  # without rounding
