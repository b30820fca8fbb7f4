"""Steps in their order: how far each sequence gets, exactly, by one sorted search per step.

Needs NumPy only: Spark's workers run it. Events of a sequence stand in the order of time, those of one moment in the
order of the steps, and no event is used twice. For each event of a step the best event of the step before is the latest
one that is valid itself: it comes from the latest entry, and so has the most time left, and the least lies between the
two. Whatever an earlier one allows, this one allows too, so that one search suffices. It holds with steps that may be
left out as well: the latest of all that may come before is the best, since every way to them leads through the last
step that may not be left out.
"""

import numpy as np

from ..._core.arrays import Bools, Ints, Times, run_starts
from .plan import NOT_REACHED, Plan, StepTimes
from .sort import SortedEvents

ValidEvents = tuple[Ints, Ints]
"""Positions of events that validly reach a step, and the times of the entries that lead to them."""
LONG_AGO = np.iinfo(np.int64).min


def begin_attempts(events: SortedEvents, starts: Ints, plan: Plan) -> tuple[StepTimes, Ints, Ints]:
    """Find who enters, by the positions of events that may begin an attempt.

    Return times of which only the first step is known, the row of each sequence in these (-1 where it does not enter),
    and the positions of events that do begin an attempt.
    """
    entries = starts[first_rows(events.sequence[starts])]
    n, n_steps = len(entries), plan.n_steps
    reached_at, entry_at = (np.full((n_steps, n), NOT_REACHED).T for _ in range(2))  # steps are looked at one by one
    reached_at[:, 0] = entry_at[:, 0] = events.time[entries]
    group = np.full((n, n_steps), -1, dtype=np.int32)
    group[:, 0] = events.group[entries]
    row_of = np.full(int(events.sequence[-1]) + 1 if len(events.sequence) else 0, -1, dtype=np.int64)
    row_of[events.sequence[entries]] = np.arange(n)
    times = StepTimes(
        unit=events.sequence[entries],
        reached_at=reached_at,
        entry_at=entry_at,
        skipped=np.zeros((n, n_steps), dtype=bool),
        group=group,
    )
    return times, row_of, starts if plan.reentry else entries


def follow_in_order(events: SortedEvents, plan: Plan) -> StepTimes:
    """Find when each sequence reaches each step, one step after the other."""
    times, row_of, starts = begin_attempts(events, np.flatnonzero(events.step_bitmask & 1), plan)
    valid: list[ValidEvents] = [(starts, events.time[starts])]
    last_exclusions = exclusions_by_step(events, plan)
    for step in range(1, plan.n_steps):
        before = _merged(valid[plan.required_before(step) :])
        if step < plan.n_steps - 1:
            later = np.flatnonzero(events.step_bitmask >> (step + 1))
            follows, _ = _followers(events, later, before, plan.window, None, None)
            times.skipped[row_of[events.sequence[later[follows]]], step] = True
        candidates = np.flatnonzero(events.step_bitmask >> step & 1)
        max_gap, last_exclusion = plan.max_gaps[step], last_exclusions[step]
        follows, followed = _followers(events, candidates, before, plan.window, max_gap, last_exclusion)
        reached, entry_at = candidates[follows], before[1][followed]
        valid.append((reached, entry_at))
        _write_first(times, events, row_of, step, reached, entry_at)
    finish_skipped(times, plan)
    return times


def _write_first(
    times: StepTimes, events: SortedEvents, row_of: Ints, step: int, reached: Ints, entry_at: Ints
) -> None:
    """Write when each sequence reached a step first; of one moment, from the latest entry."""
    first = _first_moments(events, reached)
    rows = row_of[events.sequence[reached[first]]]
    times.reached_at[rows, step], times.entry_at[rows, step] = events.time[reached[first]], entry_at[first]
    times.group[rows, step] = events.group[reached[first]]


def _first_moments(events: SortedEvents, positions: Ints) -> Ints:
    """Find, for each sequence, the last of its events of the first moment: of one moment the latest entry counts."""
    sequence, time = events.sequence[positions], events.time[positions]
    first = first_rows(sequence)
    length = np.diff(first, append=len(positions))
    early = np.flatnonzero(time == np.repeat(time[first], length))
    return early[np.append(first_rows(sequence[early])[1:], len(early)) - 1] if len(early) else early


def finish_skipped(times: StepTimes, plan: Plan) -> None:
    """Count as skipped only what was not reached; a step that may be left out, by who reached the next required one."""
    for step in np.flatnonzero(plan.optional):
        after = next(later for later in range(step + 1, plan.n_steps) if not plan.optional[later])
        times.skipped[:, step] = times.reached_at[:, after] != NOT_REACHED
    np.logical_and(times.skipped, times.reached_at == NOT_REACHED, out=times.skipped)


def _merged(valid: list[ValidEvents]) -> ValidEvents:
    """Merge the valid events of several steps; an event that is two of them counts from its latest entry."""
    if len(valid) == 1:
        return valid[0]
    positions, entry_at = (np.concatenate(part) for part in zip(*valid, strict=True))
    order = np.lexsort((entry_at, positions))
    return positions[order], entry_at[order]


def _followers(
    events: SortedEvents,
    candidates: Ints,
    before: ValidEvents,
    window: int,
    max_gap: int | None,
    last_exclusion: Times | None,
) -> tuple[Ints, Ints]:
    """Find the events that validly follow: which of the candidates, and which of ``before`` each follows."""
    positions, entry_at = before
    followed = np.searchsorted(positions, candidates) - 1
    known = np.flatnonzero(followed >= 0)
    candidates, followed = candidates[known], followed[known]
    is_valid = events.sequence[positions[followed]] == events.sequence[candidates]
    is_valid &= events.time[candidates] - entry_at[followed] <= window
    if max_gap is not None:
        is_valid &= events.time[candidates] - events.time[positions[followed]] <= max_gap
    if last_exclusion is not None:
        is_valid &= events.time[positions[followed]] >= last_exclusion[candidates]
    return known[is_valid], followed[is_valid]


def exclusions_by_step(events: SortedEvents, plan: Plan) -> list[Times | None]:
    """Return, for each step, the last exclusion before each event; None where nothing is excluded."""
    if plan.order == "strict":
        return [last_before(events, np.ones(len(events.sequence), dtype=bool))] * plan.n_steps
    masks = set(plan.exclusion_masks) - {0}
    of_mask = {mask: last_before(events, (events.exclusion_bitmask & mask) > 0) for mask in masks}
    return [of_mask.get(mask) for mask in plan.exclusion_masks]


def last_before(events: SortedEvents, is_excluded: Bools) -> Times:
    """Return the time of the last excluded event of each event's sequence before its moment, LONG_AGO if there is none.

    Only what lies strictly between two moments counts: of one moment nobody knows what came first.
    """
    rows = np.arange(len(events.sequence))
    moment_start = np.maximum.accumulate(np.where(run_starts(events.sequence, events.time), rows, 0))
    latest = np.append(-1, np.maximum.accumulate(np.where(is_excluded, rows, -1)))[moment_start]
    is_same = (latest >= 0) & (events.sequence[latest] == events.sequence)
    return np.where(is_same, events.time[latest], LONG_AGO)


def first_rows(sequence: Ints) -> Ints:
    """Return where each run of one sequence begins."""
    return np.flatnonzero(run_starts(sequence))
