"""Visits to states, path by path: events that repeat a state are one visit, and rare states are pooled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Ints, Times, run_bounds, run_numbers, run_starts
from ..._core.frames import Frame
from ..._core.notes import Note
from ..._core.texts import counted
from .read import NO_STATE, OTHER, PathEvents, PathOptions, read_path_events


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

    @property
    def visitor_of_visit(self) -> Ints:
        """Code of the visitor of each visit."""
        return self.visitor[self.path]


def read_visits(events: Frame, options: PathOptions) -> Visits:
    """Read events of any library, cut them into paths, and name the states."""
    return make_visits(read_path_events(events, options), options)


def make_visits(events: PathEvents, options: PathOptions) -> Visits:
    """Keep events that are a state, and make one visit of those that repeat a state."""
    is_state: Any = events.state != NO_STATE  # a pause is one between all events, so that the others go only now
    rows = slice(None) if is_state.all() else is_state
    state, path = events.state[rows], events.path[rows]
    starts_path = run_starts(path)
    starts_visit = starts_path | run_starts(state) if options.collapse else np.ones(len(state), dtype=bool)
    n_events, n_visits = (np.bincount(values, minlength=len(events.states)) for values in (state, state[starts_visit]))
    ranks, states, n_pooled = _rank_states(n_visits, events.states, (*options.goal, options.focus), options.top)
    first_event = np.flatnonzero(starts_path)
    visit_event = np.arange(len(events.state))[rows][starts_visit]
    return Visits(
        state=ranks[state[starts_visit]],
        path=run_numbers(path)[starts_visit],
        time=events.time[visit_event],
        is_settled=_is_settled(events, visit_event),
        first=np.flatnonzero(starts_path[starts_visit]),
        visitor=events.visitor[rows][first_event],
        is_open=events.is_open[path[first_event]],
        is_single_event=np.diff(first_event, append=len(state)) == 1,
        states=states,
        n_events=np.bincount(ranks, n_events, minlength=len(states)).astype(np.int64),
        is_goal=np.array([name in options.goal for name in states], dtype=bool),
        as_of=events.as_of,
        notes=(*events.notes, *_notes_on_pooled(n_pooled, len(states) - 1, options.state)),
    )


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


def _is_settled(events: PathEvents, visit_event: Ints) -> Bools:
    """Return of which visits it is known what follows: their last event is long enough ago, whatever came then."""
    path, ends = events.path[visit_event], run_bounds(events.path)[1:]
    last_event = np.minimum(np.append(visit_event, len(events.path))[1:], ends[path]) - 1
    return np.asarray(~events.is_open[path] | (events.time[last_event] < events.settled_before))


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
