"""The sums of a funnel from counts by second.

Units lie in many places, and a survival curve needs all of them. So they are gone through twice: first they are
counted by the second in which they reach a step, or until which they were observed; these counts are the curves. Then
the influence of each unit on the curves is known, and the products of influences are summed up. Windows are compared
with the exact times; only where a curve falls is known to the second, which is exact where all times are whole seconds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.moments import SECOND
from ..._stats.clusters import count_clusters, influence_covariance, influence_products
from ..._stats.quantiles import quantiles_of_counts
from ..._stats.survival import KaplanMeier, harmonic_mean_at_risk
from .._match.plan import NOT_REACHED, Plan, StepTimes
from .._steps.curves import StepCurve, read_curve
from .._steps.estimates import QUARTILE_COLUMNS, FunnelSums, count_trend_halves
from .counts import Kind, UnitCounts, sum_at

N_TREND_AND_CLUSTERS = 5
"""Numbers of a row of products behind the products themselves: the halves of the trend, and the clusters."""


def step_curve_from_counts(counts: UnitCounts, step: int, window: int) -> KaplanMeier:
    """Estimate the curve of one step from counts; times in microseconds, whole seconds but for the window."""
    reached_after, n_reached = counts.by_second(Kind.REACHED_AFTER, step)
    observed_for, n_observed = counts.by_second(Kind.OBSERVED_FOR, step)
    seconds = np.union1d(reached_after, observed_for)
    events = sum_at(np.searchsorted(seconds, reached_after), n_reached, len(seconds))
    censored = sum_at(np.searchsorted(seconds, observed_for), n_observed, len(seconds))
    reached = counts.by_step(Kind.REACHED, step + 1)
    late = int(reached[step] - events.sum())
    return KaplanMeier.from_counts(seconds * SECOND, events, censored, late=late, n=int(reached[0]), horizon=window)


def curves_of_steps(counts: UnitCounts, n_steps: int, window: int) -> list[KaplanMeier]:
    """Estimate the curves of the steps after the first one, in as few numbers as there can be."""
    return [step_curve_from_counts(counts, step, window).only_events() for step in range(1, n_steps)]


def plot_curve_from_counts(counts: UnitCounts, label: dict[str, Any], step: int, window: int) -> StepCurve:
    """Return the curve of a plot."""
    observed_for, n_observed = counts.by_second(Kind.OBSERVED_FOR, 0)
    return read_curve(label, step, step_curve_from_counts(counts, step, window), observed_for * SECOND, n_observed)


def influences_on(curves: Sequence[KaplanMeier], times: StepTimes, plan: Plan, until: int) -> Floats:
    """Return the influence of each unit on the conversion to each step, of shape (n_steps, n_units)."""
    entry = times.first_entry_at
    observed = np.minimum(until - entry, plan.window)
    influences = np.zeros((plan.n_steps, len(entry)))  # nothing moves the first step, which all units reach
    for step, curve in enumerate(curves, 1):
        is_reached = times.reached_at[:, step] != NOT_REACHED
        duration = np.where(is_reached, np.minimum(times.reached_at[:, step] - entry, plan.window), observed)
        duration = np.where(duration < plan.window, duration // SECOND * SECOND, plan.window)
        influences[step] = curve.influence_of(duration, is_reached)
    return influences


def sum_products(
    times: StepTimes, cluster: Ints | None, curves: Sequence[KaplanMeier], plan: Plan, until: int, median: int
) -> Floats:
    """Return the sums of products of influences, the halves of the trend, and the number of clusters, in one row.

    ``median`` is twice the median of the entries whose window is closed, in seconds.
    """
    products = influence_products(influences_on(curves, times, plan, until), cluster)
    is_closed = until - times.first_entry_at >= plan.window
    is_later = is_closed & (2 * (times.first_entry_at // SECOND) > median)
    halves = count_trend_halves(times.first_entry_at, times.reached_at[:, -1], is_closed, is_later, plan.window)
    return np.concatenate([products.ravel(), halves.ravel(), [0 if cluster is None else count_clusters(cluster)]])


def sums_from_counts(
    counts: UnitCounts, curves: Sequence[KaplanMeier], products: Floats, window: int, until: int
) -> FunnelSums:
    """Return the sums of one part, from its counts, its curves, and the sum of the rows of :func:`sum_products`."""
    n_steps = len(curves) + 1
    reached, reached_open = (counts.by_step(kind, n_steps) for kind in (Kind.REACHED, Kind.REACHED_OPEN))
    n, has_closed = int(reached[0]), reached[0] > reached_open[0]
    seconds, n_observed = counts.by_second(Kind.OBSERVED_FOR, 0)
    observed = np.minimum(seconds * SECOND + until % SECOND, window)  # exact where entries are whole seconds
    conversion = np.array([1.0 if n else 0.0, *(curve.estimate for curve in curves)])
    n_late = int(counts.by_step(Kind.LATE, n_steps)[-1])
    first = np.full(len(QUARTILE_COLUMNS), 0.0 if n else np.nan)  # the entry itself takes no time
    times_to_steps = [counts.by_second(Kind.TIME_TO_STEP, step) for step in range(1, n_steps)]
    return FunnelSums(
        mean_at_risk=harmonic_mean_at_risk(observed, n_observed, n, window),
        entrants=n,
        open=int(reached_open[0]),
        clusters=int(np.rint(products[-1])) or None,
        reached=reached,
        reached_open=reached_open,
        skipped=counts.by_step(Kind.SKIPPED, n_steps),
        late=n_late,
        first_conversion=curves[-1].estimate_without(n_late) if has_closed else np.nan,
        conversion=conversion if has_closed else np.full(n_steps, np.nan),
        covariance=influence_covariance(products[: n_steps**2].reshape(n_steps, n_steps) * has_closed, n),
        seconds=np.array([first, *(quantiles_of_counts(*of_step) for of_step in times_to_steps)]),
        halves=np.rint(products[n_steps**2 : -1]).astype(np.int64).reshape(2, 2),
    )
