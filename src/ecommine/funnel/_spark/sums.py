"""The sums of a funnel from counts of units by what they did and when, to the second, added up anywhere.

Units lie in many places, and a survival curve needs all of them. So they are gone through twice: first they are
counted by the second in which they reach a step, or until which they were observed; these counts are the curves. Then
the influence of each unit on the curves is known, and the products of influences are summed up. Windows are compared
with the exact times; only where a curve falls is known to the second, which is exact where all times are whole seconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.moments import SECOND
from ..._stats.clusters import count_clusters, influence_covariance, influence_products
from ..._stats.quantiles import quantiles_of_counts
from ..._stats.survival import KaplanMeier, harmonic_mean_at_risk
from .._match.plan import NOT_REACHED, Plan, StepTimes
from .._steps.estimates import QUARTILE_COLUMNS, FunnelSums, StepCurve, count_trend_halves, read_curve

ALL = -1
"""The part of all units."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitCounts:
    """Numbers of units by part, :class:`Kind`, step, and second or hour; int arrays of shape (n_rows,)."""

    part: Ints
    kind: Ints
    step: Ints
    second: Ints
    n: Ints

    def by_second(self, kind: Kind, step: int) -> tuple[Ints, Ints]:
        """Return the seconds of one kind, ascending, and the number of units in each."""
        rows = np.flatnonzero((self.kind == kind) & (self.step == step))
        seconds, index = np.unique(self.second[rows], return_inverse=True)
        return seconds, sum_at(index, self.n[rows], len(seconds))

    def by_step(self, kind: Kind, n_steps: int) -> Ints:
        """Return the number of units of one kind in each step."""
        rows = (self.kind == kind) & (self.step < n_steps)
        return sum_at(self.step[rows], self.n[rows], n_steps)

    def merged(self) -> "UnitCounts":
        """Return the counts of all parts as those of one."""
        return replace(self, part=np.full_like(self.part, ALL))

    def by_part(self) -> Iterator[tuple[int, "UnitCounts"]]:
        """Return the counts of each part, in the order of parts."""
        order = np.argsort(self.part, kind="stable")
        parts, first = np.unique(self.part[order], return_index=True)
        for part, rows in zip(parts.tolist(), np.split(order, first[1:]), strict=False):
            yield part, UnitCounts(**{name: getattr(self, name)[rows] for name in COLUMNS})


COLUMNS = tuple(field.name for field in fields(UnitCounts))


def sum_at(index: Ints, n: Ints, size: int) -> Ints:
    """Return the sums of numbers by index.

    Examples
    --------
    >>> sum_at(np.array([0, 2, 0]), np.array([1, 5, 2]), 3).tolist()
    [3, 0, 5]
    """
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, index, n)
    return sums


def concatenate(counts: Iterable[UnitCounts]) -> UnitCounts:
    """Return the rows of several counts as one."""
    parts = list(counts)
    return UnitCounts(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS})


def count_units(times: StepTimes, part: Ints, plan: Plan, until: int) -> UnitCounts:
    """Count units, each in one part; events count until a moment (microseconds)."""
    return concatenate(_count_each(times, part, plan, until))


def _count_each(times: StepTimes, part: Ints, plan: Plan, until: int) -> Iterator[UnitCounts]:
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


def _count(part: Ints, kind: Kind, step: int, rows: Ints, second: Ints | None = None) -> UnitCounts:
    """Count some units by part, and by second where one is given."""
    seconds = np.zeros(len(rows), dtype=np.int64) if second is None else second[rows]
    low = int(seconds.min(initial=0))
    width = int(seconds.max(initial=0)) - low + 1
    keys, n = np.unique(part[rows].astype(np.int64) * width + (seconds - low), return_counts=True)
    return UnitCounts(
        part=keys // width,
        kind=np.full_like(keys, kind),
        step=np.full_like(keys, step),
        second=keys % width + low,
        n=n,
    )


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
