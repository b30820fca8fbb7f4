r"""How the share that has reached a step grows with the time since the entry: the curves of a picture.

The share by a moment is Kaplan and Meier's estimate at it, and its variance Greenwood's sum, which is that of the
influence functions where every unit stands alone:

.. math:: \hat F(t) = 1 - \prod_{s \le t} \Bigl(1 - \frac{d_s}{Y_s}\Bigr), \quad
    \mathrm{Var} = (1 - \hat F(t))^2 \sum_{s \le t} \frac{d_s}{Y_s (Y_s - d_s)}

Where units belong together, as sessions of a visitor do, their influences are summed up moment by moment.

References
----------
Greenwood, M. (1926). The natural duration of cancer. Reports on Public Health and Medical Subjects 33, 1-26.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._curves import Floats, covariance, curve_at, effective_of, products_of, wilson_each
from .._match.plan import NOT_REACHED, StepTimes
from .._match.sort import Ints
from .estimates import cluster_of, number_of

MOMENTS = 40
"""Points of a curve."""
MOST_DRAWN = 8
"""Curves that can be told apart."""
Counted = tuple[Ints, Ints]
"""Times in their order, and the number of units of each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Growth:
    """One curve.

    Attributes
    ----------
    label : dict
        The group, by its column; empty where the curve is of all units.
    step : int
        The step that is reached.
    at : int array of shape (n_moments,)
        Time since the entry, microseconds.
    share, variance : float array of shape (n_moments,)
        The share that has reached the step, and its variance; NaN where nobody was seen for so long.
    over : int array of shape (n_moments,)
        Units that were seen for so long.
    """

    label: dict[str, Any]
    step: int
    at: Ints
    share: Floats
    variance: Floats
    over: Ints

    def limits(self, z: float) -> tuple[Floats, Floats]:
        """Return Wilson's interval at each moment."""
        return wilson_each(self.share, effective_of(self.share, self.variance, self.over), z)


def moments_of(window: int) -> Ints:
    """Choose the moments of a curve; most that happens, happens soon.

    The last but one is right before the window, at which later attempts count: the curve jumps there.
    """
    early = window * np.geomspace(1e-4, 1, MOMENTS // 2)
    return np.unique(np.concatenate([np.linspace(0, window, MOMENTS + 1), early, [window - 1]]).astype(np.int64))


def growth(
    label: dict[str, Any], step: int, went: Counted, waits: Counted, seen_for: Counted, n: int, window: int
) -> Growth:
    """Make the curve of units that stand alone.

    Parameters
    ----------
    label, step
        What it is of.
    went, waits, seen_for : pair of int arrays
        Times since the entry in their order, at most the window, each with the number of units: that reached the step
        then; that were seen until then without, their window not over; and all whose window is not over.
    n, window : int
        The number of units, and the window (microseconds).
    """
    times, events = went
    at_risk = n - _before(went, times) - _before(waits, times)
    at = moments_of(window)
    place = np.searchsorted(times, at, side="right")
    with np.errstate(divide="ignore"):
        spent = np.append(0.0, np.cumsum(events / (at_risk * (at_risk - events))))[place]
    left = np.append(1.0, np.cumprod(1 - events / at_risk))[place]
    over = n - _before(seen_for, at)
    variance = np.where(left > 0, left**2 * np.where(left > 0, spent, 0.0), 0.0)
    share = np.where(over > 0, 1 - left, np.nan)
    return Growth(label=label, step=step, at=at, share=share, variance=variance, over=over)


def _before(counted: Counted, moments: Ints) -> Ints:
    """Count the units before each moment."""
    times, number = counted
    found: Ints = np.append(0, np.cumsum(number))[np.searchsorted(times, moments)]
    return found


def growth_of(
    reach: StepTimes, visitor: Ints | None, label: dict[str, Any], step: int, until: int, window: int
) -> Growth:
    """Make a curve of units in memory."""
    there, seen_for = reach.reached_at[:, step] != NOT_REACHED, until - reach.first_entry_at
    taken = np.where(there, reach.reached_at[:, step] - reach.first_entry_at, seen_for)
    if visitor is not None:
        return _together(label, step, taken, there, seen_for, cluster_of(visitor[reach.unit]), window)
    is_open = seen_for < window
    went, *others = (
        np.unique(one, return_counts=True)
        for one in (np.minimum(taken[there], window), taken[~there & is_open], seen_for[is_open])
    )
    return growth(label, step, went, others[0], others[1], len(taken), window)


def _together(
    label: dict[str, Any], step: int, taken: Ints, there: Any, seen_for: Ints, cluster: Ints, window: int
) -> Growth:
    """Make the curve of units that belong together."""
    at, n = moments_of(window), len(taken)
    share, variance = np.zeros(len(at)), np.zeros(len(at))
    for place, moment in enumerate(at.tolist()):
        curve = curve_at(taken, there & ((taken <= moment) | (moment == window)), moment)
        share[place] = curve.share
        variance[place] = covariance(products_of(curve.influence[None, :], cluster), n)[0, 0]
    over = np.minimum([(seen_for >= moment).sum() for moment in at.tolist()], number_of(cluster))
    return Growth(label=label, step=step, at=at, share=np.where(over > 0, share, np.nan), variance=variance, over=over)
