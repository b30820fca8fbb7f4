"""Counts of units by what they did and when, to the second: made where the units are, and added up anywhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np

from ..._core.arrays import Ints
from ..._core.moments import SECOND
from .._match.plan import NOT_REACHED, Plan, StepTimes

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
