"""The share that has reached a step by the time since the entry (Kaplan and Meier): the curves of a plot."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.moments import SECOND
from ..._stats.clusters import count_clusters, effective_sample_size, influence_covariance, influence_products
from ..._stats.intervals import wilson_interval
from ..._stats.survival import KaplanMeier, count_before, kaplan_meier_estimate
from .._match.plan import NOT_REACHED, StepTimes
from .estimates import compact_clusters

N_MOMENTS = 40
"""Moments of a curve, without the additional early ones."""
FIRST_MOMENT = 1e-4
"""The earliest of the additional moments, as a share of the window."""
MAX_CURVES = 8
"""Curves, or groups, that a reader can tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepCurve:
    """One curve of a plot: the share that has reached a step, by the time since the entry."""

    label: dict[str, Any]  # the group by its column; empty for all units
    step: int
    time: Ints  # microseconds; the last is the window
    share: Floats  # NaN where nobody was observed for so long
    variance: Floats
    n_observed: Ints  # units that were observed for so long; of clustered units at most the clusters

    def limits(self, z: float) -> tuple[Floats, Floats]:
        """Compute Wilson's interval at each moment."""
        return wilson_interval(self.share, effective_sample_size(self.share, self.variance, self.n_observed), z)


def curve_moments(window: int) -> Ints:
    """Return the moments of a curve, more of them early, when most happens.

    The last but one is right before the window, at which later attempts count: the curve jumps there.
    """
    early = window * np.geomspace(FIRST_MOMENT, 1, N_MOMENTS // 2)
    return np.unique(np.concatenate([np.linspace(0, window, N_MOMENTS + 1), early, [window - 1]]).astype(np.int64))


def read_curve(label: dict[str, Any], step: int, curve: KaplanMeier, open_time: Ints, open_count: Ints) -> StepCurve:
    """Read a curve of independent units at the moments of a plot; units with an open window are counted by time."""
    time = curve_moments(int(curve.time[-1]))
    share, variance = curve.share_at(time)
    n_observed = curve.n - count_before(open_time, open_count, time)
    share = np.where(n_observed > 0, share, np.nan)
    return StepCurve(label=label, step=step, time=time, share=share, variance=variance, n_observed=n_observed)


def step_curve(
    times: StepTimes, visitor: Ints | None, label: dict[str, Any], step: int, until: int, window: int
) -> StepCurve:
    """Compute the curve of units in memory."""
    reached, observed = times.reached_at[:, step] != NOT_REACHED, until - times.first_entry_at
    duration = np.where(reached, times.reached_at[:, step] - times.first_entry_at, observed)
    if visitor is not None:
        return _clustered_curve(label, step, duration, reached, observed, compact_clusters(visitor[times.unit]), window)
    curve = KaplanMeier.from_durations(duration, reached, window, resolution=SECOND)
    return read_curve(label, step, curve, *np.unique(observed[observed < window], return_counts=True))


def _clustered_curve(
    label: dict[str, Any], step: int, duration: Ints, reached: Bools, observed: Ints, cluster: Ints, window: int
) -> StepCurve:
    """Compute the curve of units of which several may be of one visitor."""
    time, n = curve_moments(window), len(duration)
    share, variance = np.zeros(len(time)), np.zeros(len(time))
    for index, moment in enumerate(time.tolist()):
        event = reached & ((duration <= moment) | (moment == window))
        estimate = kaplan_meier_estimate(duration, event, moment, resolution=SECOND)
        share[index] = estimate.share
        products = influence_products(estimate.influence[None, :], cluster)
        variance[index] = influence_covariance(products, n)[0, 0]
    n_observed = np.array([np.count_nonzero(observed >= moment) for moment in time.tolist()])
    share = np.where(n_observed > 0, share, np.nan)
    n_observed = np.minimum(n_observed, count_clusters(cluster))
    return StepCurve(label=label, step=step, time=time, share=share, variance=variance, n_observed=n_observed)
