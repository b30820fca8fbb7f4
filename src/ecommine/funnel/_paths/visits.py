"""Visits to states, path by path: events that repeat a state are one visit, and rare states are pooled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Ints, Times, run_bounds, run_numbers, run_starts
from ..._core.frames import Frame
from ..._core.moments import length_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted
from .._log.log import EventLog
from .read import NO_STATE, OTHER, PathOptions, name_states, notes_on_open_paths, notes_on_states, read_paths


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """Visits to states, path by path.

    A visit is settled if it is known what follows, or that nothing does: the path is over, or the last event of the
    visit is so long ago that it would be. Of later visits only those that went on at once could be observed to do so.
    """

    state: Ints  # shape (n_visits,): position in ``states``
    path: Ints  # shape (n_visits,): number of the path
    time: Times  # shape (n_visits,): when the visit began (microseconds)
    is_settled: Bools  # shape (n_visits,)
    first: Ints  # shape (n_paths,): the first visit of each path
    visitor: Ints  # shape (n_paths,): code of the visitor
    is_open: Bools  # shape (n_paths,): whether the path may still go on
    is_single_event: Bools  # shape (n_paths,): whether the path is one event
    states: tuple[str, ...]  # the most visited first, then by name; "(other)" is the last one
    n_events: Ints  # shape (n_states,): events of each state
    is_goal: Bools  # shape (n_states,): which states are the goal
    as_of: datetime | None  # the moment up to which events count
    notes: tuple[Note, ...]  # what was left out, how paths were cut, and what was pooled

    @property
    def n_paths(self) -> int:
        """Number of paths."""
        return len(self.first)

    @property
    def last(self) -> Ints:
        """The last visit of each path."""
        return np.append(self.first, len(self.state)).astype(np.int64)[1:] - 1


def read_visits(events: Frame, options: PathOptions) -> Visits:
    """Read events of any library, cut them into paths, and make one visit of those that repeat a state."""
    log, path_of_event, notes = read_paths(events, options)
    state_of_event, names = name_states(log, options)
    settled_before, bounds = _settled_before(log, options), run_bounds(path_of_event)
    is_open = log.time[bounds[1:] - 1] >= settled_before
    is_state: Any = state_of_event != NO_STATE  # a pause is one between all events, so that the others go only now
    rows = slice(None) if is_state.all() else is_state
    state, path = state_of_event[rows], path_of_event[rows]
    starts_path = run_starts(path)
    starts_visit = starts_path | run_starts(state) if options.collapse else np.ones(len(state), dtype=bool)
    n_events, n_visits = (np.bincount(values, minlength=len(names)) for values in (state, state[starts_visit]))
    ranks, states, n_pooled = _rank_states(n_visits, names, (*options.goal, options.focus), options.top)
    first_event, visit_event = np.flatnonzero(starts_path), np.arange(len(path_of_event))[rows][starts_visit]
    last_event = np.minimum(np.append(visit_event, len(path_of_event))[1:], bounds[path_of_event[visit_event] + 1]) - 1
    notes += [*notes_on_states(state_of_event, names, options), *notes_on_open_paths(is_open, options)]
    return Visits(
        state=ranks[state[starts_visit]],
        path=run_numbers(path)[starts_visit],
        time=log.time[visit_event],
        is_settled=~is_open[path_of_event[visit_event]] | (log.time[last_event] < settled_before),
        first=np.flatnonzero(starts_path[starts_visit]),
        visitor=log.unit[rows][first_event],
        is_open=is_open[path[first_event]],
        is_single_event=np.diff(first_event, append=len(state)) == 1,
        states=states,
        n_events=np.bincount(ranks, n_events, minlength=len(states)).astype(np.int64),
        is_goal=np.array([name in options.goal for name in states], dtype=bool),
        as_of=log.as_of,
        notes=(*log.notes, *notes, *_notes_on_pooled(n_pooled, len(states) - 1, options.state)),
    )


def _settled_before(log: EventLog, options: PathOptions) -> int:
    """Return the moment before which it is known what follows an event (microseconds); one that never comes if all."""
    if log.as_of is None or options.pause is None:
        return np.iinfo(np.int64).max
    return log.until - length_to_microseconds(options.pause)


def first_visits(visits: Visits) -> Ints:
    """Return the first visit of each path to each of its states, by path and state."""
    n = max(len(visits.states), 1)
    within = np.arange(len(visits.state)) - visits.first[visits.path]
    # The visit stands behind path and state in one number, so that the first one comes first.
    bits = int(within.max(initial=0)).bit_length()
    packed = np.sort((visits.path * n + visits.state) << bits | within)
    packed = packed[run_starts(packed >> bits)]
    first: Ints = visits.first[(packed >> bits) // n] + (packed & ((1 << bits) - 1))
    return first


def _rank_states(
    n_visits: Ints, states: tuple[str, ...], required: Sequence[str | None], top: int
) -> tuple[Ints, tuple[str, ...], int]:
    """Rank states by visits, then by name, and pool those beyond the ``top`` ones, but for those that are required.

    Returns the rank of each state, the names by rank, and how many states are pooled.
    """

    def key(index: int) -> tuple[bool, int, str]:
        return states[index] == OTHER, -int(n_visits[index]), states[index]

    visited = [index for index in range(len(states)) if n_visits[index]]
    by_need = sorted(visited, key=lambda index: (states[index] == OTHER, states[index] not in required, key(index)))
    n_required = sum(states[index] in required and states[index] != OTHER for index in visited)
    n_kept = max(top, n_required)
    kept, pooled = sorted(by_need[:n_kept], key=key), by_need[n_kept:]
    has_other = bool(kept) and states[kept[-1]] == OTHER
    ranks = np.full(len(states), len(kept) - has_other, dtype=np.int64)
    ranks[kept] = np.arange(len(kept))
    names = tuple(states[index] for index in kept)
    return ranks, (*names, OTHER) if pooled and not has_other else names, len(pooled)


def _notes_on_pooled(n_pooled: int, n_kept: int, column: str) -> list[Note]:
    if not n_pooled:
        return []
    text = f"{counted(n_pooled, 'value')} of {column} beyond the {n_kept:,} most frequent are pooled as {OTHER}"
    return [Note(text, code="states_pooled", count=n_pooled)]
