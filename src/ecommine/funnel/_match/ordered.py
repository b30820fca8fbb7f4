"""How far each log gets, exactly, by one sorted search a step. Needs NumPy only: Spark's workers run it.

Events of a log stand in the order of time, those of one moment in the order of the steps, and no event is used twice.
For each event of a step the best step before it is the latest one that is valid itself: it comes from the latest entry,
and so has the most time left, and the least lies between the two. Whatever an earlier one allows, this one allows too,
so that one search finds all. It holds with steps that may be left out as well: the latest of all that may come before
is the best, since every way to them leads through the last step that may not be left out.
"""

from collections.abc import Callable

import numpy as np

from .plan import NOT_REACHED, Plan, StepTimes
from .sort import Ints, SortedEvents

Places = tuple[Ints, Ints]
"""Places of events, and the times of the entries that lead to them."""


def blank(moves: SortedEvents, entered: Ints, n_steps: int) -> StepTimes:
    """Begin with the logs that enter, by the places of their first entries."""
    n = len(entered)
    at, since = (
        np.full((n_steps, n), NOT_REACHED).T,
        np.full((n_steps, n), NOT_REACHED).T,
    )  # steps are looked at one by one
    at[:, 0] = since[:, 0] = moves.time[entered]
    group = np.full((n, n_steps), -1, dtype=np.int32)
    group[:, 0] = 0 if moves.group is None else moves.group[entered]
    return StepTimes(
        unit=moves.log[entered], reached_at=at, entry_at=since, skipped=np.zeros((n, n_steps), dtype=bool), group=group
    )


def walk(moves: SortedEvents, plan: Plan) -> StepTimes:
    """Find how far each log gets, by steps in their order, by a search a step."""
    place = np.flatnonzero(moves.steps & 1)
    entered = place[first_of(moves.log[place])]
    found = blank(moves, entered, plan.n_steps)
    row_of = np.full(int(moves.log[-1]) + 1 if len(moves.log) else 0, -1, dtype=np.int64)
    row_of[moves.log[entered]] = np.arange(len(entered))
    place = place if plan.reentry else entered
    valid: list[Places] = [(place, moves.time[place])]
    last_bar = _last_bars(moves, plan)
    for step in range(1, plan.n_steps):
        before = _together(valid[plan.required_before(step) :])
        if step < plan.n_steps - 1:
            later = np.flatnonzero(moves.steps >> (step + 1))
            went, _ = _followed(moves, later, before, plan.window, None, None)
            found.skipped[row_of[moves.log[later[went]]], step] = True
        here = np.flatnonzero(moves.steps >> step & 1)
        went, of = _followed(moves, here, before, plan.window, plan.max_gaps[step], last_bar(step))
        place, start = here[went], before[1][of]
        valid.append((place, start))
        first = _first_moment(moves, place)
        rows = row_of[moves.log[place[first]]]
        found.reached_at[rows, step], found.entry_at[rows, step] = moves.time[place[first]], start[first]
        found.group[rows, step] = 0 if moves.group is None else moves.group[place[first]]
    finish_skipped(found, plan)
    return found


def _first_moment(moves: SortedEvents, place: Ints) -> Ints:
    """Find, for each log, the last of its events of the first moment: of one moment the latest entry counts."""
    log, time = moves.log[place], moves.time[place]
    first = first_of(log)
    length = np.diff(first, append=len(place))
    early = np.flatnonzero(time == np.repeat(time[first], length))
    return early[np.append(first_of(log[early])[1:], len(early)) - 1] if len(early) else early


def finish_skipped(found: StepTimes, plan: Plan) -> None:
    """Count only what was not reached; a step that may be left out is skipped by who reached the next one."""
    for step in np.flatnonzero(plan.optional):
        after = next(place for place in range(step + 1, plan.n_steps) if not plan.optional[place])
        found.skipped[:, step] = found.reached_at[:, after] != NOT_REACHED
    np.logical_and(found.skipped, found.reached_at == NOT_REACHED, out=found.skipped)


def _together(valid: list[Places]) -> Places:
    """Put the events of several steps into one order; an event that is two of them counts from its latest entry."""
    if len(valid) == 1:
        return valid[0]
    place, start = (np.concatenate(part) for part in zip(*valid, strict=True))
    order = np.lexsort((start, place))
    return place[order], start[order]


def _followed(
    moves: SortedEvents,
    here: Ints,
    before: Places,
    window: int,
    limit: int | None,
    last_bar: Callable[[Ints], Ints] | None,
) -> tuple[Ints, Ints]:
    """Find the events that validly follow: which of ``here``, and which of ``before`` each follows."""
    place, start = before
    of = np.searchsorted(place, here) - 1
    known = np.flatnonzero(of >= 0)
    here, of = here[known], of[known]
    valid = moves.log[place[of]] == moves.log[here]
    valid &= moves.time[here] - start[of] <= window
    if limit is not None:
        valid &= moves.time[here] - moves.time[place[of]] <= limit
    if last_bar is not None:
        valid &= moves.time[place[of]] >= last_bar(here)
    return known[valid], of[valid]


def _last_bars(moves: SortedEvents, plan: Plan) -> Callable[[int], Callable[[Ints], Ints] | None]:
    """Make, for a step, what finds the last moment before some events at which something happened that must not.

    Only what lies strictly between two moments counts: of one moment nobody knows what came first.
    """
    if plan.order == "strict":
        head, everything = heads(moves), np.arange(len(moves.log))
        return lambda _: lambda here: _moment_before(moves, everything, head, here)
    if not any(plan.exclusion_masks):
        return lambda _: None
    head = heads(moves)
    places = {mask: bars_of(moves, mask) for mask in set(plan.exclusion_masks)}
    return lambda step: (
        (lambda here: _moment_before(moves, places[plan.exclusion_masks[step]], head, here))
        if plan.exclusion_masks[step]
        else None
    )


def bars_of(moves: SortedEvents, mask: int) -> Ints:
    """Return the places of some exclusions."""
    return np.zeros(0, dtype=np.int64) if moves.bars is None else np.flatnonzero(moves.bars & mask)


def _moment_before(moves: SortedEvents, bars: Ints, head: Ints, here: Ints) -> Ints:
    of = np.searchsorted(bars, head[here]) - 1
    found = np.full(len(here), np.iinfo(np.int64).min)
    known = np.flatnonzero(of >= 0)
    bar = bars[of[known]]
    same = moves.log[bar] == moves.log[here[known]]
    found[known[same]] = moves.time[bar[same]]
    return found


def heads(moves: SortedEvents) -> Ints:
    """Return, for each event, the place of the first event of its log and moment."""
    new = np.ones(len(moves.log), dtype=bool)
    new[1:] = (moves.log[1:] != moves.log[:-1]) | (moves.time[1:] != moves.time[:-1])
    return np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))


def first_of(log: Ints) -> Ints:
    """Return where each run of one log begins."""
    return np.flatnonzero(np.concatenate([[True], log[1:] != log[:-1]])) if len(log) else np.zeros(0, dtype=np.int64)
