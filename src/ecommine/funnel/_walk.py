"""How far each unit gets, exactly, by one sorted search a step.

Events of a unit stand in the order of time, those of one moment in the order of the steps, and no event is used twice.
For each event of a step the best step before it is the latest one that is valid itself: it comes from the latest entry,
and so has the most time left. Whatever an earlier one allows, this one allows too, so that one search finds all.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._definition import Funnel
from ._reading import Ints
from ._tracks import Tracks

NEVER = np.iinfo(np.int64).max
"""The time of what never happened."""
SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """How far each unit came that entered.

    Attributes
    ----------
    unit : int array of shape (n,)
        The units.
    at : int64 array of shape (n, n_steps)
        When each step was reached first (microseconds), NEVER where it was not.
    since : int64 array of shape (n, n_steps)
        The entry from which it was reached.
    skipped : bool array of shape (n, n_steps)
        Whether a later step followed the one before without this one.
    group : int array of shape (n,)
        The value of `by` at the first entry.
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
        return np.asarray((self.at != NEVER).sum(axis=1) - 1)

    def take(self, rows: "np.ndarray[Any, Any]") -> "Reach":
        """Keep some units."""
        return Reach(
            unit=self.unit[rows],
            at=self.at[rows],
            since=self.since[rows],
            skipped=self.skipped[rows],
            group=self.group[rows],
        )


def walk(tracks: Tracks, funnel: Funnel) -> Reach:
    """Find how far each unit gets."""
    n_steps, window = len(funnel.steps), int(funnel.length.total_seconds() * SECOND)
    place = np.flatnonzero(tracks.steps & 1)
    first = _first_of(tracks.unit[place])
    entered = place[first]
    n, row_of = len(entered), np.full(len(tracks.units), -1, dtype=np.int64)
    row_of[tracks.unit[entered]] = np.arange(n)
    at, since = np.full((n, n_steps), NEVER), np.full((n, n_steps), NEVER)
    at[:, 0] = since[:, 0] = tracks.time[entered]
    skipped = np.zeros((n, n_steps), dtype=bool)
    place = place if funnel.reentry else entered
    start = tracks.time[place]
    for step in range(1, n_steps):
        if 1 <= step < n_steps - 1:
            later = np.flatnonzero(tracks.steps >> (step + 1))
            found, _ = _followed(tracks, later, place, start, window, None)
            skipped[row_of[tracks.unit[later[found]]], step] = True
        limit = funnel.steps[step].seconds
        here = np.flatnonzero(tracks.steps >> step & 1)
        found, before = _followed(tracks, here, place, start, window, None if limit is None else int(limit * SECOND))
        place, start = here[found], start[before]
        first = _first_of(tracks.unit[place])
        rows = row_of[tracks.unit[place[first]]]
        at[rows, step], since[rows, step] = tracks.time[place[first]], start[first]
    skipped &= at == NEVER
    group = np.zeros(n, dtype=np.int64) if tracks.groups is None else tracks.groups[entered]
    return Reach(unit=tracks.unit[entered], at=at, since=since, skipped=skipped, group=group)


def _followed(
    tracks: Tracks, here: Ints, place: Ints, start: Ints, window: int, limit: int | None
) -> tuple[Ints, Ints]:
    """Find the events that validly follow the step before: which of ``here``, and which of ``place`` each follows."""
    before = np.searchsorted(place, here) - 1
    known = np.flatnonzero(before >= 0)
    here, before = here[known], before[known]
    valid = tracks.unit[place[before]] == tracks.unit[here]
    valid &= tracks.time[here] - start[before] <= window
    if limit is not None:
        valid &= tracks.time[here] - tracks.time[place[before]] <= limit
    return known[valid], before[valid]


def _first_of(unit: Ints) -> Ints:
    """Return where each run of one unit begins."""
    return np.flatnonzero(np.concatenate([[True], unit[1:] != unit[:-1]])) if len(unit) else np.zeros(0, dtype=np.int64)
