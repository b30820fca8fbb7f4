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

from ._moves import Ints

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """The estimate at the window, and how much each unit moves it (times the number of units)."""

    share: float
    influence: Floats


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
    n, seen = len(time), np.minimum(time, window)
    if not n:
        return Curve(share=0.0, influence=np.zeros(0))
    early = np.flatnonzero(seen < window)  # the others all belong to the last moment, which needs no sort
    moments, place = np.unique(seen[early], return_inverse=True)
    events = np.bincount(place, reached[early], minlength=len(moments) + 1)
    events[-1] = np.count_nonzero(reached) - events.sum()
    passed = np.cumsum(np.bincount(place, minlength=len(moments) + 1))
    at_risk = n - np.concatenate([[0.0], passed[:-1]])
    left = at_risk - events
    if not at_risk[-1]:  # nobody was seen to the end of the window
        events, at_risk, left = events[:-1], at_risk[:-1], left[:-1]
    survival = float(np.prod(left / at_risk))
    if survival <= 0:
        return Curve(share=1.0, influence=np.zeros(n))
    spent = np.cumsum(events / (at_risk * left))
    influence = np.where(reached, 1 / left[-1], 0.0) - spent[-1]
    influence[early] = np.where(reached[early], 1 / left[place], 0.0) - spent[place]
    influence *= survival * n
    return Curve(share=1.0 - survival, influence=influence)


def covariance(influences: list[Floats], cluster: Ints | None) -> Floats:
    """Return the covariance of estimates from their influence functions, summed up by cluster where one is given."""
    n = len(influences[0])
    sums = [one if cluster is None or not n else np.bincount(cluster, one) for one in influences]
    return np.array([[one @ other for other in sums] for one in sums]) / max(n, 1) ** 2


def effective(share: float, influence: Floats, cluster: Ints | None, otherwise: float) -> float:
    """Return how many independent units would know the share as well; ``otherwise`` where all or none reach it.

    ``cluster`` numbers what belongs together, None where every unit stands alone.
    """
    n = len(influence)
    sums = influence if cluster is None or not n else np.bincount(cluster, influence)
    variance = float(sums @ sums) / max(n, 1) ** 2
    return share * (1 - share) / variance if variance > 0 and 0 < share < 1 else otherwise


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
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
