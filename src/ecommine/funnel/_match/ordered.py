"""How far each log gets, exactly, by one sorted search a step. Needs NumPy only: Spark's workers run it.

Events of a log stand in the order of time, those of one moment in the order of the steps, and no event is used twice.
For each event of a step the best step before it is the latest one that is valid itself: it comes from the latest entry,
and so has the most time left, and the least lies between the two. Whatever an earlier one allows, this one allows too,
so that one search finds all. It holds with steps that may be left out as well: the latest of all that may come before
is the best, since every way to them leads through the last step that may not be left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .sort import Ints, Moves

NEVER = np.iinfo(np.int64).max
"""The time of what never happened."""
Places = tuple[Ints, Ints]
"""Places of events, and the times of the entries that lead to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A funnel in numbers.

    Attributes
    ----------
    window : int
        Microseconds.
    limits : tuple of int or None
        The longest time since the step before, by step.
    same : tuple of int
        For each step the first step that is defined as it is.
    optional : tuple of bool
        Which steps may be left out.
    bars : tuple of int
        For each step the exclusions, one bit each, that must not lie between the step before and it.
    order : str
        "ordered", "strict" or "any".
    reentry : bool
        Whether every entry begins an attempt.
    """

    window: int
    limits: tuple[int | None, ...]
    same: tuple[int, ...]
    optional: tuple[bool, ...]
    bars: tuple[int, ...]
    order: str
    reentry: bool

    @property
    def n_steps(self) -> int:
        """The number of steps."""
        return len(self.limits)

    def base(self, step: int) -> int:
        """Return the last step before that may not be left out."""
        return max((place for place in range(step) if not self.optional[place]), default=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """How far each log came that entered.

    Attributes
    ----------
    unit : int array of shape (n,)
        The logs; units, once logs of held values are put together.
    at : int64 array of shape (n, n_steps)
        When each step was reached first (microseconds), NEVER where it was not.
    since : int64 array of shape (n, n_steps)
        The entry from which it was reached.
    skipped : bool array of shape (n, n_steps)
        Whether a later step followed the one before without this one.
    group : int array of shape (n, n_steps)
        The value of `by` at the event by which the step was reached; -1 where it was not, 0 where there is no `by`.
    """

    unit: Ints
    at: Ints
    since: Ints
    skipped: "np.ndarray[Any, np.dtype[np.bool_]]"
    group: Ints

    @property
    def entry(self) -> Ints:
        """When each unit entered first."""
        return self.at[:, 0]

    @property
    def deepest(self) -> Ints:
        """The last step that each unit reached."""
        n_steps = self.at.shape[1]
        return np.asarray(n_steps - 1 - np.argmax(self.at[:, ::-1] != NEVER, axis=1))

    def take(self, rows: "np.ndarray[Any, Any]") -> "Reach":
        """Keep some units."""
        return Reach(
            unit=self.unit[rows],
            at=self.at[rows],
            since=self.since[rows],
            skipped=self.skipped[rows],
            group=self.group[rows],
        )


def blank(moves: Moves, entered: Ints, n_steps: int) -> Reach:
    """Begin with the logs that enter, by the places of their first entries."""
    n = len(entered)
    at, since = np.full((n_steps, n), NEVER).T, np.full((n_steps, n), NEVER).T  # steps are looked at one by one
    at[:, 0] = since[:, 0] = moves.time[entered]
    group = np.full((n, n_steps), -1, dtype=np.int32)
    group[:, 0] = 0 if moves.group is None else moves.group[entered]
    return Reach(unit=moves.log[entered], at=at, since=since, skipped=np.zeros((n, n_steps), dtype=bool), group=group)


def walk(moves: Moves, plan: Plan) -> Reach:
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
        before = _together(valid[plan.base(step) :])
        if step < plan.n_steps - 1:
            later = np.flatnonzero(moves.steps >> (step + 1))
            went, _ = _followed(moves, later, before, plan.window, None, None)
            found.skipped[row_of[moves.log[later[went]]], step] = True
        here = np.flatnonzero(moves.steps >> step & 1)
        went, of = _followed(moves, here, before, plan.window, plan.limits[step], last_bar(step))
        place, start = here[went], before[1][of]
        valid.append((place, start))
        first = _first_moment(moves, place)
        rows = row_of[moves.log[place[first]]]
        found.at[rows, step], found.since[rows, step] = moves.time[place[first]], start[first]
        found.group[rows, step] = 0 if moves.group is None else moves.group[place[first]]
    finish_skipped(found, plan)
    return found


def _first_moment(moves: Moves, place: Ints) -> Ints:
    """Find, for each log, the last of its events of the first moment: of one moment the latest entry counts."""
    log, time = moves.log[place], moves.time[place]
    first = first_of(log)
    length = np.diff(first, append=len(place))
    early = np.flatnonzero(time == np.repeat(time[first], length))
    return early[np.append(first_of(log[early])[1:], len(early)) - 1] if len(early) else early


def finish_skipped(found: Reach, plan: Plan) -> None:
    """Count only what was not reached; a step that may be left out is skipped by who reached the next one."""
    for step in np.flatnonzero(plan.optional):
        after = next(place for place in range(step + 1, plan.n_steps) if not plan.optional[place])
        found.skipped[:, step] = found.at[:, after] != NEVER
    np.logical_and(found.skipped, found.at == NEVER, out=found.skipped)


def _together(valid: list[Places]) -> Places:
    """Put the events of several steps into one order; an event that is two of them counts from its latest entry."""
    if len(valid) == 1:
        return valid[0]
    place, start = (np.concatenate(part) for part in zip(*valid, strict=True))
    order = np.lexsort((start, place))
    return place[order], start[order]


def _followed(
    moves: Moves, here: Ints, before: Places, window: int, limit: int | None, last_bar: Callable[[Ints], Ints] | None
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


def _last_bars(moves: Moves, plan: Plan) -> Callable[[int], Callable[[Ints], Ints] | None]:
    """Make, for a step, what finds the last moment before some events at which something happened that must not.

    Only what lies strictly between two moments counts: of one moment nobody knows what came first.
    """
    if plan.order == "strict":
        head, everything = heads(moves), np.arange(len(moves.log))
        return lambda _: lambda here: _moment_before(moves, everything, head, here)
    if not any(plan.bars):
        return lambda _: None
    head = heads(moves)
    places = {mask: bars_of(moves, mask) for mask in set(plan.bars)}
    return lambda step: (
        (lambda here: _moment_before(moves, places[plan.bars[step]], head, here)) if plan.bars[step] else None
    )


def bars_of(moves: Moves, mask: int) -> Ints:
    """Return the places of some exclusions."""
    return np.zeros(0, dtype=np.int64) if moves.bars is None else np.flatnonzero(moves.bars & mask)


def _moment_before(moves: Moves, bars: Ints, head: Ints, here: Ints) -> Ints:
    of = np.searchsorted(bars, head[here]) - 1
    found = np.full(len(here), np.iinfo(np.int64).min)
    known = np.flatnonzero(of >= 0)
    bar = bars[of[known]]
    same = moves.log[bar] == moves.log[here[known]]
    found[known[same]] = moves.time[bar[same]]
    return found


def heads(moves: Moves) -> Ints:
    """Return, for each event, the place of the first event of its log and moment."""
    new = np.ones(len(moves.log), dtype=bool)
    new[1:] = (moves.log[1:] != moves.log[:-1]) | (moves.time[1:] != moves.time[:-1])
    return np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))


def first_of(log: Ints) -> Ints:
    """Return where each run of one log begins."""
    return np.flatnonzero(np.concatenate([[True], log[1:] != log[:-1]])) if len(log) else np.zeros(0, dtype=np.int64)
