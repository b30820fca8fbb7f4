"""The sums of a funnel from counts of units by what they did and when, to the second, added up anywhere.

Units lie in many places, and a survival curve needs all of them. So they are gone through twice: first they are
counted by the second in which they reach a step, or until which they were observed; these counts are the curves. Then
the influence of each unit on the curves is known, and the products of influences are summed up. Windows are compared
with the exact times; only where a curve falls is known to the second, which is exact where all times are whole seconds.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd

from ..._core.arrays import Floats, Ints
from ..._core.moments import SECOND
from ..._stats.arrays import sums_by_group
from ..._stats.clusters import count_clusters, influence_covariance, influence_products
from ..._stats.quantiles import quantiles_of_counts
from ..._stats.survival import KaplanMeier, harmonic_mean_at_risk
from .._match.plan import NOT_REACHED, Plan, StepTimes
from .._steps.estimates import QUARTILE_COLUMNS, FunnelSums, StepCurve, count_trend_halves, read_curve

ALL = -1
"""The part of all units."""
N_TREND_AND_CLUSTERS = 5
"""Numbers of a row of products behind the products themselves: the halves of the trend, and the clusters."""


class Kind(IntEnum):
    """What units are counted by."""

    # They reached a step; the same with a window that is still open; they skipped it.
    REACHED, REACHED_OPEN, SKIPPED = 0, 1, 2
    # They reached a step before the end of the window, so many seconds after the first entry.
    REACHED_AFTER = 3
    # Their window is open, and they were observed for so many seconds without a step (of the first step: in all).
    OBSERVED_FOR = 4
    # They reached a step so many seconds after the entry of the attempt.
    TIME_TO_STEP = 5
    # They reached a step, but not within the window of their first entry.
    LATE = 6


def by_second(counts: pd.DataFrame, kind: Kind, step: int) -> "pd.Series[int]":
    """Return the number of units of one kind by the second, ascending."""
    return counts[(counts["kind"] == kind) & (counts["step"] == step)].groupby("second")["n"].sum()


def by_step(counts: pd.DataFrame, kind: Kind, n_steps: int) -> Ints:
    """Return the number of units of one kind in each step."""
    rows = counts[(counts["kind"] == kind) & (counts["step"] < n_steps)]
    return sums_by_group(rows["step"].to_numpy(), rows["n"].to_numpy(), n_steps).astype(np.int64)


def count_units(times: StepTimes, part: Ints, plan: Plan, until: int) -> pd.DataFrame:
    """Count units, each in one part; events count until a moment (microseconds).

    Columns are part, kind (see :class:`Kind`), step, second or hour, and n, the number of units.
    """
    return pd.concat(list(_count_each(times, part, plan, until)), ignore_index=True)


def _count_each(times: StepTimes, part: Ints, plan: Plan, until: int) -> Iterator[pd.DataFrame]:
    entry = times.first_entry_at
    observed = np.minimum(until - entry, plan.window)
    is_open = observed < plan.window
    for step in range(plan.n_steps):
        reached_at = times.reached_at[:, step]
        is_reached = reached_at != NOT_REACHED
        reached = np.flatnonzero(is_reached)
        yield _count(part, Kind.REACHED, step, reached)
        yield _count(part, Kind.REACHED_OPEN, step, np.flatnonzero(is_reached & is_open))
        yield _count(part, Kind.SKIPPED, step, np.flatnonzero(times.skipped[:, step]))
        is_censored = is_open & ~is_reached if step else is_open
        yield _count(part, Kind.OBSERVED_FOR, step, np.flatnonzero(is_censored), observed // SECOND)
        if step:
            duration = reached_at - entry
            early = reached[duration[reached] < plan.window]
            yield _count(part, Kind.REACHED_AFTER, step, early, duration // SECOND)
            yield _count(part, Kind.LATE, step, reached[duration[reached] > plan.window])
            yield _count(part, Kind.TIME_TO_STEP, step, reached, (reached_at - times.entry_at[:, step]) // SECOND)


def _count(part: Ints, kind: Kind, step: int, rows: Ints, second: Ints | None = None) -> pd.DataFrame:
    """Count some units by part, and by second where one is given."""
    seconds = np.zeros(len(rows), dtype=np.int64) if second is None else second[rows]
    low = int(seconds.min(initial=0))
    width = int(seconds.max(initial=0)) - low + 1
    keys, n = np.unique(part[rows].astype(np.int64) * width + (seconds - low), return_counts=True)
    kinds, steps = np.full_like(keys, kind), np.full_like(keys, step)
    return pd.DataFrame({"part": keys // width, "kind": kinds, "step": steps, "second": keys % width + low, "n": n})


def step_curve_from_counts(counts: pd.DataFrame, step: int, window: int) -> KaplanMeier:
    """Estimate the curve of one step from counts; times in microseconds, whole seconds but for the window."""
    of_kinds = [by_second(counts, kind, step) for kind in (Kind.REACHED_AFTER, Kind.OBSERVED_FOR)]
    seconds = np.union1d(*(of_kind.index.to_numpy() for of_kind in of_kinds))
    events, censored = (of_kind.reindex(seconds, fill_value=0).to_numpy() for of_kind in of_kinds)
    reached = by_step(counts, Kind.REACHED, step + 1)
    late = int(reached[step] - events.sum())
    return KaplanMeier.from_counts(seconds * SECOND, events, censored, late=late, n=int(reached[0]), horizon=window)


def curves_of_steps(counts: pd.DataFrame, n_steps: int, window: int) -> list[KaplanMeier]:
    """Estimate the curves of the steps after the first one, in as few numbers as there can be."""
    return [step_curve_from_counts(counts, step, window).only_events() for step in range(1, n_steps)]


def plot_curve_from_counts(counts: pd.DataFrame, label: dict[str, Any], step: int, window: int) -> StepCurve:
    """Return the curve of a plot."""
    observed, curve = by_second(counts, Kind.OBSERVED_FOR, 0), step_curve_from_counts(counts, step, window)
    return read_curve(label, step, curve, observed.index.to_numpy() * SECOND, observed.to_numpy())


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
    counts: pd.DataFrame, curves: Sequence[KaplanMeier], products: Floats, window: int, until: int
) -> FunnelSums:
    """Return the sums of one part, from its counts, its curves, and the sum of the rows of :func:`sum_products`."""
    n_steps = len(curves) + 1
    reached, reached_open = (by_step(counts, kind, n_steps) for kind in (Kind.REACHED, Kind.REACHED_OPEN))
    n, has_closed = int(reached[0]), reached[0] > reached_open[0]
    n_observed = by_second(counts, Kind.OBSERVED_FOR, 0)
    # Exact where entries are whole seconds.
    observed = np.minimum(n_observed.index.to_numpy() * SECOND + until % SECOND, window)
    conversion = np.array([1.0 if n else 0.0, *(curve.estimate for curve in curves)])
    n_late = int(by_step(counts, Kind.LATE, n_steps)[-1])
    first = np.full(len(QUARTILE_COLUMNS), 0.0 if n else np.nan)  # the entry itself takes no time
    times_to_steps = [by_second(counts, Kind.TIME_TO_STEP, step) for step in range(1, n_steps)]
    return FunnelSums(
        mean_at_risk=harmonic_mean_at_risk(observed, n_observed.to_numpy(), n, window),
        entrants=n,
        open=int(reached_open[0]),
        clusters=int(np.rint(products[-1])) or None,
        reached=reached,
        reached_open=reached_open,
        skipped=by_step(counts, Kind.SKIPPED, n_steps),
        late=n_late,
        first_conversion=curves[-1].estimate_without(n_late) if has_closed else np.nan,
        conversion=conversion if has_closed else np.full(n_steps, np.nan),
        covariance=influence_covariance(products[: n_steps**2].reshape(n_steps, n_steps) * has_closed, n),
        seconds=np.array(
            [first, *(quantiles_of_counts(of_step.index.to_numpy(), of_step.to_numpy()) for of_step in times_to_steps)]
        ),
        halves=np.rint(products[n_steps**2 : -1]).astype(np.int64).reshape(2, 2),
    )
