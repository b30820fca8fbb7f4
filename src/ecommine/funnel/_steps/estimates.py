"""What is summed up of the units of a funnel: all that its table, intervals and trend need, and no unit.

The sums of a few counts, of survival curves and of the products of their influences are small, and can be made where
the units are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._curves import Floats, covariance, exposure_of, places_of, products_of, survival_of
from .._match.plan import NOT_REACHED, Plan, StepTimes
from .._match.sort import Ints
from .._micro import SECOND

QUARTILES = {"seconds_p25": 0.25, "seconds_median": 0.5, "seconds_p75": 0.75}
Counts = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """The sums of some units.

    Attributes
    ----------
    entrants, open : int
        Units that entered, and those of them whose window is not over.
    clusters : int or None
        The visitors whose units these are; None where units stand alone.
    reached, reached_open, skipped : int array of shape (n_steps,)
        Units that reached each step, those of them whose window is not over, and units that went on without it.
    share : float array of shape (n_steps,)
        Conversion from the entry, at the window; NaN while every window is open.
    covariance : float array of shape (n_steps, n_steps)
        Of the conversions; zero while every window is open.
    exposure : float
        How many units seen to the end of their window know as much of a step that nobody reached.
    seconds : float array of shape (n_steps, 3)
        Quartiles of the time from the entry to the step; NaN where nobody reached it.
    halves : int array of shape (2, 2)
        Of the units whose window is over: those that entered until the median of their entries, and later (rows); all,
        and those that reached the last step within the window of their first entry (columns).
    """

    entrants: int
    open: int
    clusters: int | None
    reached: Counts
    reached_open: Counts
    skipped: Counts
    share: Floats
    covariance: Floats
    exposure: float
    seconds: Floats
    halves: Counts


def sums_of(reach: StepTimes, plan: Plan, until: int, visitor: Ints | None) -> Sums:
    """Sum up units in memory.

    Parameters
    ----------
    reach : StepTimes
        How far each unit came.
    plan : Plan
        The funnel in numbers.
    until : int
        The moment up to which events count, microseconds.
    visitor : int array, or None
        Whose each unit is, by its number; None where units are visitors.
    """
    at = np.ascontiguousarray(reach.reached_at.T)  # a step at a time, each of them several times
    seen_for = np.minimum(until - at[0], plan.window)
    is_open = seen_for < plan.window
    still_open = np.flatnonzero(is_open)
    went = [np.flatnonzero(times != NOT_REACHED) for times in at]
    influences = np.zeros(at.shape)
    share = np.full(len(at), 1.0 if at.shape[1] else 0.0)
    n = at.shape[1]
    for step in range(1, len(at) if len(still_open) < n else 0):
        share[step] = _fill(influences[step], at, step, went[step], still_open, seen_for, plan.window)
    later = ~is_open & (2 * at[0] > twice_the_median(at[0][~is_open]))
    cluster = None if visitor is None else cluster_of(visitor[reach.unit])
    return Sums(
        entrants=n,
        open=len(still_open),
        clusters=None if cluster is None else number_of(cluster),
        reached=np.array([len(rows) for rows in went]),
        reached_open=np.array([np.count_nonzero(times[still_open] != NOT_REACHED) for times in at]),
        skipped=np.array([np.count_nonzero(one) for one in reach.skipped.T]),
        share=share if len(still_open) < n else np.full(len(at), np.nan),
        covariance=covariance(products_of(influences, cluster), n),
        exposure=exposure_of(*np.unique(seen_for[still_open], return_counts=True), n, plan.window),
        seconds=np.array([_seconds(reach, at, step, rows) for step, rows in enumerate(went)]),
        halves=halves_of(at[0], at[-1], ~is_open, later, plan.window),
    )


def _fill(into: Floats, at: Ints, step: int, went: Ints, still_open: Ints, seen_for: Ints, window: int) -> float:
    """Write how much each unit moves the share that reaches a step; return the share."""
    taken = at[step, went] - at[0, went]
    late = taken >= window
    early, waits = went[~late], still_open[at[step, still_open] == NOT_REACHED]
    place, moments = places_of(np.concatenate([taken[~late], seen_for[waits]]), window)
    events, others = (np.bincount(one, minlength=len(moments)) for one in (place[: len(early)], place[len(early) :]))
    found = survival_of(
        events.astype(np.float64), (events + others).astype(np.float64), len(went) - len(early), len(into)
    )
    into[:] = found.waited[-1]
    into[went[late]] = found.gained[-1]
    into[early] = found.gained[place[: len(early)]]
    into[waits] = found.waited[place[len(early) :]]
    return found.share


def _seconds(reach: StepTimes, at: Ints, step: int, went: Ints) -> Floats:
    if not step and len(went):
        return np.zeros(len(QUARTILES))  # the entry itself takes no time
    return quartiles(at[step, went] - reach.entry_at[went, step])


def cluster_of(visitor: Ints) -> Ints:
    """Return whose each unit is, by numbers from 0 that are not much larger than there are units."""
    is_small = visitor.max(initial=0) < 4 * len(visitor)
    return visitor if is_small else np.unique(visitor, return_inverse=True)[1]


def number_of(cluster: Ints) -> int:
    """Count the clusters."""
    return int(np.count_nonzero(np.bincount(cluster)))


def halves_of(entry: Ints, last: Ints, over: Any, later: Any, window: int) -> Counts:
    """Count the earlier and the later half of the units whose window is over, and who of them came to the last step.

    Only what they do within the window of the first entry counts, since the earlier ones had longer to come back.
    """
    went = np.flatnonzero(last != NOT_REACHED)
    bought = went[last[went] - entry[went] <= window]
    n, n_later = np.count_nonzero(over), np.count_nonzero(later)
    of, of_later = np.count_nonzero(over[bought]), np.count_nonzero(later[bought])
    return np.array([[n - n_later, of - of_later], [n_later, of_later]])


def twice_the_median(values: Ints) -> int:
    """Return twice the median, which is a whole number; 0 where there are no values."""
    n = len(values)
    if not n:
        return 0
    middle = [(n - 1) // 2, n // 2]
    return int(np.partition(values, middle)[middle].sum())


def quartiles(taken: Ints) -> Floats:
    """Return the quartiles of times (microseconds) in seconds; NaN where there are none.

    Examples
    --------
    >>> quartiles(np.array([3_000_000, 1_000_000, 2_000_000])).tolist()
    [1.5, 2.0, 2.5]
    """
    if not len(taken):
        return np.full(len(QUARTILES), np.nan)
    low, high, weight = ranks(len(taken))
    ordered = np.partition(taken, np.union1d(low, high))
    return between(ordered[low] / SECOND, ordered[high] / SECOND, weight)


def quartiles_counted(seconds: Ints, number: Counts) -> Floats:
    """Return the quartiles of whole seconds, in their order, each with the number of units.

    Examples
    --------
    >>> quartiles_counted(np.array([1, 2, 3]), np.array([1, 1, 1])).tolist()
    [1.5, 2.0, 2.5]
    """
    ends = np.cumsum(number)
    if not len(ends):
        return np.full(len(QUARTILES), np.nan)
    low, high, weight = ranks(int(ends[-1]))
    at_low, at_high = (seconds[np.searchsorted(ends, ranks, side="right")] for ranks in (low, high))
    return between(at_low.astype(np.float64), at_high.astype(np.float64), weight)


def ranks(n: int | Ints) -> tuple[Ints, Ints, Floats]:
    """Return the ranks between which each quartile lies, and how far it is from the lower one; of several n at once."""
    place = np.multiply.outer(list(QUARTILES.values()), n - 1)
    low = np.floor(place).astype(np.int64)
    return low, np.minimum(low + 1, n - 1), place - low


def between(low: Floats, high: Floats, weight: Floats) -> Floats:
    """Return what lies between, rounded as NumPy's quantiles are."""
    return np.where(weight < 0.5, low + (high - low) * weight, high - (high - low) * (1 - weight))
