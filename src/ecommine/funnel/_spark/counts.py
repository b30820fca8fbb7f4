"""The sums of a funnel from counts by second: what is counted where the units are, and what is made of it.

Units lie in many places, and a survival curve needs all of them. So they are gone through twice: first they are
counted by the second in which they reach a step, or until which they were seen; these counts are the curves. Then the
influence of each unit on the curves is known, and the products of influences are summed up. Windows are compared with
the exact times; only where a curve falls is known to the second, which is exact where all times are whole seconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.arrays import Ints
from ..._core.moments import SECOND
from ..._stats.clusters import count_clusters
from ..._stats.quantiles import quantiles_of_counts
from ..._stats.survival import KaplanMeier
from .._curves import Floats, covariance, exposure_of, products_of, survival_of
from .._match.plan import NOT_REACHED, Plan, StepTimes
from .._steps.curves import StepCurve, read_curve
from .._steps.estimates import QUARTILE_COLUMNS, FunnelSums, count_trend_halves

REACHED, REACHED_OPEN, SKIPPED, REACHES, WAITS, TAKEN, HOURS, SECONDS = range(8)
HOUR = 3_600
ALL = -1
"""The part of all units."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """How many units did what, by part, step and second; int arrays of shape (n_rows,).

    Attributes
    ----------
    part : int array
        The part of the units.
    kind : int array
        REACHED and REACHED_OPEN (those whose window is not over) a step; SKIPPED it; REACHES a step within the window,
        so many seconds after the first entry; WAITS for it, seen for so many seconds; TAKEN, seconds from the entry of
        the attempt; and, of those whose window is over, the HOURS, or SECONDS, since 1970 of the first entry.
    step, second, n : int arrays
        The step, the second, and the number of units.
    """

    part: Ints
    kind: Ints
    step: Ints
    second: Ints
    n: Ints

    def of(self, kind: int, step: int) -> tuple[Ints, Ints]:
        """Return the seconds of one kind in their order, and the numbers."""
        rows = np.flatnonzero((self.kind == kind) & (self.step == step))
        seconds, place = np.unique(self.second[rows], return_inverse=True)
        return seconds, added(place, self.n[rows], len(seconds))

    def by_step(self, kind: int, n_steps: int) -> Ints:
        """Return the number of units of one kind, step by step."""
        rows = (self.kind == kind) & (self.step < n_steps)
        return added(self.step[rows], self.n[rows], n_steps)

    def whole(self) -> "Tally":
        """Take all parts together."""
        return replace(self, part=np.full_like(self.part, ALL))

    def parts(self) -> Iterator[tuple[int, "Tally"]]:
        """Take the parts one by one, in their order."""
        order = np.argsort(self.part, kind="stable")
        values, first = np.unique(self.part[order], return_index=True)
        for value, rows in zip(values.tolist(), np.split(order, first[1:]), strict=False):
            yield value, Tally(**{name: getattr(self, name)[rows] for name in COLUMNS})


COLUMNS = ("part", "kind", "step", "second", "n")


def added(place: Ints, number: Ints, n: int) -> Ints:
    """Add up numbers by place."""
    found = np.zeros(n, dtype=np.int64)
    np.add.at(found, place, number)
    return found


def tally_of(reach: StepTimes, part: Ints, plan: Plan, until: int) -> Tally:
    """Count units, each in one part."""
    entry = reach.first_entry_at
    seen_for = np.minimum(until - entry, plan.window)
    is_open = seen_for < plan.window
    found = [_counted(part, HOURS, 0, np.flatnonzero(~is_open), entry // (HOUR * SECOND))]
    for step in range(plan.n_steps):
        times = reach.reached_at[:, step]
        there = times != NOT_REACHED
        went = np.flatnonzero(there)
        found += [
            _counted(part, REACHED, step, went),
            _counted(part, REACHED_OPEN, step, np.flatnonzero(there & is_open)),
            _counted(part, SKIPPED, step, np.flatnonzero(reach.skipped[:, step])),
        ]
        waits = is_open & ~there if step else is_open
        found.append(_counted(part, WAITS, step, np.flatnonzero(waits), seen_for // SECOND))
        if step:
            taken = times - entry
            early = went[taken[went] < plan.window]
            found += [
                _counted(part, REACHES, step, early, taken // SECOND),
                _counted(part, TAKEN, step, went, (times - reach.entry_at[:, step]) // SECOND),
            ]
    return joined(found)


def joined(tallies: list[Tally]) -> Tally:
    """Put the rows of several tallies one under the other."""
    return Tally(**{name: np.concatenate([getattr(one, name) for one in tallies]) for name in COLUMNS})


def _counted(part: Ints, kind: int, step: int, rows: Ints, second: Ints | None = None) -> Tally:
    """Count some units by part, and by second where one is given."""
    at = np.zeros(len(rows), dtype=np.int64) if second is None else second[rows]
    low = int(at.min(initial=0))
    width = int(at.max(initial=0)) - low + 1
    keys, number = np.unique(part[rows].astype(np.int64) * width + (at - low), return_counts=True)
    return Tally(
        part=keys // width,
        kind=np.full_like(keys, kind),
        step=np.full_like(keys, step),
        second=keys % width + low,
        n=number,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One survival curve: how much a unit moves it, by the seconds in which it falls.

    Attributes
    ----------
    share : float
        Conversion at the window.
    at : int array of shape (n_seconds,)
        The seconds in which units reach the step before the window.
    gained, waited : float array of shape (n_seconds + 1,)
        Influence of units that reached the step then, and of those that were seen until then without; the last of each
        is the window.
    """

    share: float
    at: Ints
    gained: Floats
    waited: Floats


def lines_of(tally: Tally, n_steps: int) -> list[Line]:
    """Make the curves of one part."""
    reached = tally.by_step(REACHED, n_steps)
    n = int(reached[0])
    zero = np.zeros(1)
    lines = [Line(share=1.0 if n else 0.0, at=np.zeros(0, dtype=np.int64), gained=zero, waited=zero)]
    for step in range(1, n_steps):
        (at, events), (until, waits) = (tally.of(kind, step) for kind in (REACHES, WAITS))
        seconds = np.union1d(at, until)
        events, waits = (
            added(np.searchsorted(seconds, second), number, len(seconds))
            for second, number in ((at, events), (until, waits))
        )
        passed = (events + waits).astype(np.float64)
        found = survival_of(events.astype(np.float64), passed, int(reached[step] - events.sum()), n)
        falls = np.append(np.flatnonzero(events), len(events))
        lines.append(
            Line(share=found.share, at=seconds[falls[:-1]], gained=found.gained[falls], waited=found.waited[falls])
        )
    return lines


def growth_from(tally: Tally, label: dict[str, Any], step: int, window: int) -> StepCurve:
    """Make the curve of a plot from counts."""
    (at, number), (until, waits) = (tally.of(kind, step) for kind in (REACHES, WAITS))
    seconds = np.union1d(at, until)
    events = added(np.searchsorted(seconds, at), number, len(seconds))
    censored = added(np.searchsorted(seconds, until), waits, len(seconds))
    reached = tally.by_step(REACHED, step + 1)
    late = int(reached[step] - events.sum())
    curve = KaplanMeier.from_counts(seconds * SECOND, events, censored, late=late, n=int(reached[0]), horizon=window)
    observed, count = tally.of(WAITS, 0)
    return read_curve(label, step, curve, observed * SECOND, count)


def influences_of(reach: StepTimes, lines: list[Line], plan: Plan, until: int) -> Floats:
    """Return how much each unit moves each curve, of shape (n_steps, n_units)."""
    entry = reach.first_entry_at
    seen_for = np.minimum(until - entry, plan.window)
    found = np.empty((plan.n_steps, len(entry)))
    for step, line in enumerate(lines):
        times, into = reach.reached_at[:, step], found[step]
        into[:] = line.waited[-1]
        there = times != NOT_REACHED
        into[there] = line.gained[-1]
        early = np.flatnonzero(there & (times - entry < plan.window))
        waits = np.flatnonzero(~there & (seen_for < plan.window))
        if step:
            into[early] = line.gained[np.searchsorted(line.at, (times - entry)[early] // SECOND)]
            place = np.searchsorted(line.at, seen_for[waits] // SECOND, side="right") - 1
            into[waits] = np.where(place < 0, 0.0, line.waited[np.maximum(place, 0)])
    return found


def products(reach: StepTimes, cluster: Ints | None, lines: list[Line], plan: Plan, until: int, median: int) -> Floats:
    """Return the sums of products of influences, the halves of the trend, and the number of clusters, in one row.

    ``median`` is twice the median of the entries whose window is over, in seconds.
    """
    found = products_of(influences_of(reach, lines, plan, until), cluster)
    over = until - reach.first_entry_at >= plan.window
    later = over & (2 * (reach.first_entry_at // SECOND) > median)
    halves = count_trend_halves(reach.first_entry_at, reach.reached_at[:, -1], over, later, plan.window)
    return np.concatenate([found.ravel(), halves.ravel(), [0 if cluster is None else count_clusters(cluster)]])


def sums_from(tally: Tally, lines: list[Line], row: Floats, window: int, until: int) -> FunnelSums:
    """Put together the counts of one part, its curves, and the sum of the rows of products."""
    n_steps = len(lines)
    reached, reached_open = (tally.by_step(kind, n_steps) for kind in (REACHED, REACHED_OPEN))
    n, known = int(reached[0]), reached[0] > reached_open[0]
    seconds, number = tally.of(WAITS, 0)
    seen_for = np.minimum(seconds * SECOND + until % SECOND, window)  # exact where entries are whole seconds
    first = np.full(len(QUARTILE_COLUMNS), 0.0 if n else np.nan)  # the entry itself takes no time
    return FunnelSums(
        mean_at_risk=exposure_of(seen_for, number, n, window),
        entrants=n,
        open=int(reached_open[0]),
        clusters=int(np.rint(row[-1])) or None,
        reached=reached,
        reached_open=reached_open,
        skipped=tally.by_step(SKIPPED, n_steps),
        conversion=np.array([line.share if known else np.nan for line in lines]),
        covariance=covariance(row[: n_steps**2].reshape(n_steps, n_steps) * known, n),
        seconds=np.array([first, *(quantiles_of_counts(*tally.of(TAKEN, step)) for step in range(1, n_steps))]),
        halves=np.rint(row[n_steps**2 : -1]).astype(np.int64).reshape(2, 2),
    )


def hours_of_the_median(tally: Tally) -> tuple[list[int], list[int]]:
    """Return the hours in which the two middle entries lie, and their ranks within them; none where nobody entered."""
    hours, number = tally.of(HOURS, 0)
    ends = np.cumsum(number)
    n = int(ends[-1]) if len(ends) else 0
    ranks = np.array([(n - 1) // 2, n // 2]) if n else np.zeros(0, dtype=np.int64)
    place = np.searchsorted(ends, ranks, side="right")
    return hours[place].tolist(), (ranks - np.append(0, ends)[place]).tolist()


def seconds_of(reach: StepTimes, part: Ints, wanted: Mapping[int, list[int]], plan: Plan, until: int) -> Tally:
    """Count the entries of some hours by second, for each part its own hours."""
    over = until - reach.first_entry_at >= plan.window
    second = reach.first_entry_at // SECOND
    found = [_counted(part, SECONDS, 0, np.zeros(0, dtype=np.int64), second)]
    for one, hours in wanted.items():
        mine = over & np.isin(second // HOUR, hours) & (part == one if one != ALL else True)
        found.append(_counted(np.full_like(part, one), SECONDS, 0, np.flatnonzero(mine), second))
    return joined(found)


def median_of(tally: Tally, hours: list[int], ranks: list[int]) -> int:
    """Return twice the median of the entries, from the counts of its hours."""
    seconds, number = tally.of(SECONDS, 0)
    found = 0
    for hour, rank in zip(hours, ranks, strict=True):
        mine = seconds // HOUR == hour
        found += int(seconds[mine][np.searchsorted(np.cumsum(number[mine]), rank, side="right")])
    return found
