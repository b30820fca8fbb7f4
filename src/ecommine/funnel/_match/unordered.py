"""Steps in any order: how many each sequence does, and when. Needs NumPy only: Spark's workers run it.

Every event of a step begins an attempt. From there the next event of each step is found by a sorted search; the k-th
earliest of them is when k steps are done. Of a step that is listed twice, the next two events are taken.
"""

from collections.abc import Mapping

import numpy as np

from ..._core.arrays import Ints, Times
from .ordered import begin_attempts, first_rows, last_before
from .plan import NOT_REACHED, Plan, StepTimes
from .sort import SortedEvents

ATTEMPTS_PER_BLOCK = 1 << 20
"""Attempts that are looked at together, so that memory stays bounded."""


def follow_in_any_order(events: SortedEvents, plan: Plan) -> StepTimes:
    """Find how many steps each sequence does within the window, and when."""
    times, row_of, starts = begin_attempts(events, np.flatnonzero(events.step_bitmask), plan)
    events_of = {step: np.flatnonzero(events.step_bitmask >> step & 1) for step in set(plan.first_equal)}
    mask = max(plan.exclusion_masks)  # without an order an exclusion lies between all steps
    last_exclusion = last_before(events, (events.exclusion_bitmask & mask) > 0) if mask else None
    for low in range(0, len(starts), ATTEMPTS_PER_BLOCK):
        block = starts[low : low + ATTEMPTS_PER_BLOCK]
        positions = _next_steps(events, plan, block, events_of, last_exclusion)
        _update(times, events, row_of[events.sequence[block]], block, positions)
    return times


def _next_steps(
    events: SortedEvents, plan: Plan, starts: Ints, events_of: Mapping[int, Ints], last_exclusion: Times | None
) -> Ints:
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
    start_at = events.time[starts][:, None]
    is_late = np.append(events.time, NOT_REACHED)[positions] > start_at + plan.window
    if last_exclusion is not None:
        is_late |= np.append(last_exclusion, NOT_REACHED)[positions] > start_at
    positions[is_late] = never
    return positions


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
