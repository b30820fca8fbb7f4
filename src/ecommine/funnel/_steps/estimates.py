"""Counts, survival estimates and their covariance over the units of a funnel, and the curves of a plot."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.moments import SECOND
from ..._stats.clusters import count_clusters, effective_sample_size, influence_covariance, influence_products
from ..._stats.intervals import wilson_interval
from ..._stats.quantiles import quantiles, twice_the_median
from ..._stats.survival import KaplanMeier, count_before, harmonic_mean_at_risk, kaplan_meier_estimate
from .._match.plan import NOT_REACHED, Plan, StepTimes

QUARTILE_COLUMNS = ("seconds_p25", "seconds_median", "seconds_p75")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelSums:
    """What the table of some units is computed from; arrays have one element, row or column per step."""

    entrants: int
    open: int  # entrants whose window is still open
    clusters: int | None  # visitors of the units; None where units are independent
    reached: Ints
    reached_open: Ints  # those of them whose window is still open
    skipped: Ints
    late: int  # units that reached the last step, but not within the window of their first entry
    first_conversion: float  # to the last step, of what is within that window
    conversion: Floats  # from the entry, by the end of the window; NaN while all windows are open
    covariance: Floats  # of the conversions; zero while all windows are open
    mean_at_risk: float  # how many units with closed windows say as much of a step that nobody reached
    seconds: Floats  # shape (n_steps, 3): quartiles of the time from the entry, NaN where nobody reached the step
    halves: Ints  # as count_trend_halves returns them


def sum_units(times: StepTimes, plan: Plan, until: int, visitor: Ints | None) -> FunnelSums:
    """Compute the sums of units in memory, of events until a moment (microseconds)."""
    reached_at = np.ascontiguousarray(times.reached_at.T)  # read step by step, several times
    n_steps, n = reached_at.shape
    observed = np.minimum(until - reached_at[0], plan.window)
    is_open = observed < plan.window
    reached = reached_at != NOT_REACHED
    influences, conversion = np.zeros(reached_at.shape), np.full(n_steps, 1.0 if n else 0.0)
    n_open = int(np.count_nonzero(is_open))
    for step in range(1, n_steps if n_open < n else 0):
        duration = np.where(reached[step], reached_at[step] - reached_at[0], observed)
        estimate = kaplan_meier_estimate(duration, reached[step], plan.window, resolution=SECOND)
        conversion[step], influences[step] = estimate.share, estimate.influence
    duration = np.where(reached[-1], reached_at[-1] - reached_at[0], observed)
    n_late, first_conversion = int(np.count_nonzero(reached[-1] & (duration > plan.window))), float(conversion[-1])
    if n_late:
        curve = KaplanMeier.from_durations(duration, reached[-1], plan.window, resolution=SECOND)
        first_conversion = curve.estimate_without(n_late)
    is_later = ~is_open & (2 * reached_at[0] > twice_the_median(reached_at[0][~is_open]))
    cluster = None if visitor is None else compact_clusters(visitor[times.unit])
    return FunnelSums(
        entrants=n,
        open=n_open,
        clusters=None if cluster is None else count_clusters(cluster),
        reached=np.count_nonzero(reached, axis=1),
        reached_open=np.count_nonzero(reached & is_open, axis=1),
        skipped=np.count_nonzero(times.skipped, axis=0),
        late=n_late,
        first_conversion=first_conversion if n_open < n else np.nan,
        conversion=conversion if n_open < n else np.full(n_steps, np.nan),
        covariance=influence_covariance(influence_products(influences, cluster), n),
        mean_at_risk=harmonic_mean_at_risk(*np.unique(observed[is_open], return_counts=True), n, plan.window),
        seconds=np.array([_quartiles(times, step, reached[step]) for step in range(n_steps)]),
        halves=count_trend_halves(reached_at[0], reached_at[-1], ~is_open, is_later, plan.window),
    )


def _quartiles(times: StepTimes, step: int, reached: Bools) -> Floats:
    if not step and len(reached):
        return np.zeros(len(QUARTILE_COLUMNS))  # the entry itself takes no time
    rows = np.flatnonzero(reached)
    return quantiles(times.reached_at[rows, step] - times.entry_at[rows, step], unit=SECOND)


def compact_clusters(visitor: Ints) -> Ints:
    """Return numbers of clusters that are not much larger than there are units."""
    is_small = visitor.max(initial=0) < 4 * len(visitor)
    return visitor if is_small else np.unique(visitor, return_inverse=True)[1]


def count_trend_halves(
    first_entry_at: Ints, last_step_at: Ints, is_closed: Bools, is_later: Bools, window: int
) -> Ints:
    """Count units with closed windows by the half of their entry (rows): all, and those that converted (columns).

    Only what they do within the window of the first entry counts, since earlier ones had more time for other attempts.
    """
    reached = np.flatnonzero(last_step_at != NOT_REACHED)
    converted = reached[last_step_at[reached] - first_entry_at[reached] <= window]
    n, n_later = np.count_nonzero(is_closed), np.count_nonzero(is_later)
    n_converted, n_converted_later = np.count_nonzero(is_closed[converted]), np.count_nonzero(is_later[converted])
    return np.array([[n - n_later, n_converted - n_converted_later], [n_later, n_converted_later]])


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
