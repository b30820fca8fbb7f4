"""How many steps each log does, in any order. Imports NumPy only: Spark's workers run it.

Every event of a step begins an attempt. From there the next event of each step is found by a sorted search; the k-th
earliest of them is when k steps are done. Of a step that is asked for twice, the next two events are found.
"""

import numpy as np

from .ordered import bars_of, blank, first_of
from .plan import NOT_REACHED, Plan, StepTimes
from .sort import Ints, SortedEvents

PART = 1 << 20
"""Attempts that are looked at together, so that memory stays bounded."""


def walk_any(moves: SortedEvents, plan: Plan) -> StepTimes:
    """Find how many steps each log does within the window, and when."""
    starts = np.flatnonzero(moves.steps)
    entered = starts[first_of(moves.log[starts])]
    found = blank(moves, entered, plan.n_steps)
    starts = starts if plan.reentry else entered
    events: dict[int, Ints] = {step: np.flatnonzero(moves.steps >> step & 1) for step in set(plan.first_equal)}
    row_of = np.full(int(moves.log[-1]) + 1 if len(moves.log) else 0, -1, dtype=np.int64)
    row_of[moves.log[entered]] = np.arange(len(entered))
    for low in range(0, len(starts), PART):
        part = starts[low : low + PART]
        _update(found, moves, row_of[moves.log[part]], part, _next_steps(moves, plan, part, events))
    return found


def _next_steps(moves: SortedEvents, plan: Plan, starts: Ints, events: dict[int, Ints]) -> Ints:
    """Return the places at which one, two, ... steps are done from each start; as many as there are events if never."""
    never = len(moves.log)
    found = np.full((len(starts), plan.n_steps), never)
    for step, same in enumerate(plan.first_equal):
        again = plan.first_equal[:step].count(same)
        at = np.searchsorted(events[same], starts) + again
        known = np.flatnonzero(at < len(events[same]))
        place = events[same][at[known]]
        mine = moves.log[place] == moves.log[starts[known]]
        found[known[mine], step] = place[mine]
    found.sort(axis=1)
    until = np.minimum(moves.time[starts] + plan.window, _next_bar(moves, plan, starts))
    late = np.append(moves.time, NOT_REACHED)[found] > until[:, None]
    found[late] = never
    return found


def _next_bar(moves: SortedEvents, plan: Plan, starts: Ints) -> Ints:
    """Return the first moment after each start at which something happened that must not."""
    found = np.full(len(starts), NOT_REACHED)
    mask = max(plan.exclusion_masks)
    if not mask:
        return found
    bars = bars_of(moves, mask)
    of = np.searchsorted(bars, _ends(moves)[starts])
    known = np.flatnonzero(of < len(bars))
    bar = bars[of[known]]
    same = moves.log[bar] == moves.log[starts[known]]
    found[known[same]] = moves.time[bar[same]]
    return found


def _ends(moves: SortedEvents) -> Ints:
    """Return, for each event, the place after the last event of its log and moment."""
    n = len(moves.log)
    last = np.ones(n, dtype=bool)
    last[:-1] = (moves.log[1:] != moves.log[:-1]) | (moves.time[1:] != moves.time[:-1])
    ends = np.where(last, np.arange(1, n + 1), n)
    return np.minimum.accumulate(ends[::-1])[::-1]


def _update(found: StepTimes, moves: SortedEvents, rows: Ints, starts: Ints, places: Ints) -> None:
    """Keep, for each log and number of steps, the earliest moment, and of equal ones the latest start."""
    for step in range(places.shape[1]):
        there = np.flatnonzero(places[:, step] < len(moves.log))
        place, row, since = places[there, step], rows[there], moves.time[starts[there]]
        order = np.lexsort((-since, moves.time[place], row))
        first = order[first_of(row[order])]
        row, at, since, place = row[first], moves.time[place[first]], since[first], place[first]
        better = (at < found.reached_at[row, step]) | (
            (at == found.reached_at[row, step]) & (since > found.entry_at[row, step])
        )
        row, place = row[better], place[better]
        found.reached_at[row, step], found.entry_at[row, step] = at[better], since[better]
        found.group[row, step] = 0 if moves.group is None else moves.group[place]
