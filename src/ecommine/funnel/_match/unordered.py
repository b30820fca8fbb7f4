"""Steps in any order: how many each sequence does, and when. Needs NumPy only: Spark's workers run it.

Every event of a step begins an attempt. From there the next event of each step is found by a sorted search; the k-th
earliest of them is when k steps are done. Of a step that is listed twice, the next two events are taken.
"""

from collections.abc import Mapping

import numpy as np

from ..._core.arrays import Ints, run_starts
from .ordered import exclusions_of, first_rows, new_step_times, rows_by_sequence
from .plan import NOT_REACHED, Plan, StepTimes
from .sort import SortedEvents

ATTEMPTS_PER_BLOCK = 1 << 20
"""Attempts that are looked at together, so that memory stays bounded."""


def follow_in_any_order(events: SortedEvents, plan: Plan) -> StepTimes:
    """Find how many steps each sequence does within the window, and when."""
    starts = np.flatnonzero(events.step_bitmask)
    entries = starts[first_rows(events.sequence[starts])]
    times = new_step_times(events, entries, plan.n_steps)
    starts = starts if plan.reentry else entries
    events_of = {step: np.flatnonzero(events.step_bitmask >> step & 1) for step in set(plan.first_equal)}
    row_of = rows_by_sequence(events, entries)
    for low in range(0, len(starts), ATTEMPTS_PER_BLOCK):
        block = starts[low : low + ATTEMPTS_PER_BLOCK]
        _update(times, events, row_of[events.sequence[block]], block, _next_steps(events, plan, block, events_of))
    return times


def _next_steps(events: SortedEvents, plan: Plan, starts: Ints, events_of: Mapping[int, Ints]) -> Ints:
    """Return where one, two, ... steps are done from each start; the number of events where they never are."""
    never = len(events.sequence)
    positions = np.full((len(starts), plan.n_steps), never)
    for step, equal_step in enumerate(plan.first_equal):
        of_step, n_taken = events_of[equal_step], plan.first_equal[:step].count(equal_step)
        following = np.searchsorted(of_step, starts) + n_taken
        known = np.flatnonzero(following < len(of_step))
        position = of_step[following[known]]
        is_same = events.sequence[position] == events.sequence[starts[known]]
        positions[known[is_same], step] = position[is_same]
    positions.sort(axis=1)
    end = np.minimum(events.time[starts] + plan.window, _next_exclusion(events, plan, starts))
    is_late = np.append(events.time, NOT_REACHED)[positions] > end[:, None]
    positions[is_late] = never
    return positions


def _next_exclusion(events: SortedEvents, plan: Plan, starts: Ints) -> Ints:
    """Return the first moment after each start at which something happened that must not."""
    next_time = np.full(len(starts), NOT_REACHED)
    mask = max(plan.exclusion_masks)
    if not mask:
        return next_time
    excluded = exclusions_of(events, mask)
    following = np.searchsorted(excluded, _moment_ends(events)[starts])
    known = np.flatnonzero(following < len(excluded))
    exclusion = excluded[following[known]]
    is_same = events.sequence[exclusion] == events.sequence[starts[known]]
    next_time[known[is_same]] = events.time[exclusion[is_same]]
    return next_time


def _moment_ends(events: SortedEvents) -> Ints:
    """Return, for each event, the position after the last event of its sequence and moment."""
    n = len(events.sequence)
    is_last = np.append(run_starts(events.sequence, events.time)[1:], True)[:n]
    ends = np.where(is_last, np.arange(1, n + 1), n)
    return np.minimum.accumulate(ends[::-1])[::-1]


def _update(times: StepTimes, events: SortedEvents, rows: Ints, starts: Ints, positions: Ints) -> None:
    """Keep, for each sequence and number of steps, the earliest moment, and of equal ones the latest start."""
    for step in range(positions.shape[1]):
        done = np.flatnonzero(positions[:, step] < len(events.sequence))
        position, row, entry_at = positions[done, step], rows[done], events.time[starts[done]]
        order = np.lexsort((-entry_at, events.time[position], row))
        first = order[first_rows(row[order])]
        row, position, entry_at = row[first], position[first], entry_at[first]
        reached_at, known_at = events.time[position], times.reached_at[row, step]
        is_better = (reached_at < known_at) | ((reached_at == known_at) & (entry_at > times.entry_at[row, step]))
        row, position = row[is_better], position[is_better]
        times.reached_at[row, step], times.entry_at[row, step] = reached_at[is_better], entry_at[is_better]
        times.group[row, step] = events.group[position]
