"""Sequences with events of one moment of which some are several steps: a to b to a, where b and an a are tied.

Needs NumPy only: Spark's workers run it. Nobody knows in which order the events of a moment happened, so that they are
taken in the one that gets furthest, and no event is used twice. Between moments the latest valid one is best, as in
:mod:`.ordered`; within a moment steps are given to its events as far as these suffice, and the more of them it has, the
later is the entry.
"""

from collections.abc import Sequence

import numpy as np

from ..._core.arrays import Bools, Ints, Times, distinct_rows, run_starts
from .ordered import LONG_AGO, begin_attempts, exclusions_by_step, finish_skipped, first_rows
from .plan import Plan, StepTimes
from .sort import Events, SortedEvents, step_bits

EventMasks = tuple[int, ...]
"""The events of a moment: the steps that each is, one bit each."""


def split_tied(events: Events) -> tuple[Events | None, Events]:
    """Split off the sequences in which an event that is several steps is tied with another step; None where none is."""
    steps = step_bits(np.maximum(events.bitmasks, 0), events.n_steps)
    is_several = (steps & (steps - 1)) != 0
    if not is_several.any() or not (of_several := np.flatnonzero(is_several[events.kind])).size:
        return None, events
    rows = np.flatnonzero(np.isin(events.sequence, events.sequence[of_several], kind="sort") & (steps[events.kind] > 0))
    rows = rows[np.lexsort((events.time[rows], events.sequence[rows]))]
    is_first = run_starts(events.sequence[rows], events.time[rows])
    moment = np.cumsum(is_first) - 1
    is_tied = (np.bincount(moment) > 1) & (np.bincount(moment, is_several[events.kind[rows]]) > 0)
    tied = np.isin(events.sequence, events.sequence[rows[is_first]][is_tied], kind="sort")
    if not tied.any():
        return None, events
    parts = [np.flatnonzero(tied), np.flatnonzero(~tied)]
    first, rest = (events.take(part, events.sequence[part]) for part in parts)
    return first, rest


class TiedMoments:
    """Moments of sequences in order: arrays of shape (n_moments,), and of shape (n_steps, n_moments) by step."""

    def __init__(self, events: SortedEvents, plan: Plan) -> None:
        self.events, self.plan = events, plan
        self.first = np.flatnonzero(run_starts(events.sequence, events.time))
        self.sequence, self.time = events.sequence[self.first], events.time[self.first]
        self.steps = np.bitwise_or.reduceat(events.step_bitmask, self.first)
        self.kinds, self.kind_of = _kinds_of_moments(events, self.first, plan.n_steps)
        self.last_exclusion = exclusions_by_step(events, plan)
        # The entry that leads to a step at a moment, LONG_AGO where it is not validly reached then; the same where the
        # step is the first one of the moment.
        self.entry_at = np.full((plan.n_steps, len(self.first)), LONG_AGO)
        self.entry_before = self.entry_at.copy()

    def follow(self) -> StepTimes:
        """Find when each sequence reaches each step, one step after the other."""
        times, row_of, starts = begin_attempts(self.events, np.flatnonzero(self.events.step_bitmask & 1), self.plan)
        begins = np.searchsorted(self.first, starts, side="right") - 1
        self.entry_at[0, begins] = self.entry_before[0, begins] = self.time[begins]
        for step in range(1, self.plan.n_steps):
            if step < self.plan.n_steps - 1:
                times.skipped[row_of[self.sequence[self._shows_as_skipped(step)]], step] = True
            self.entry_before[step] = self._entry_from_before(step)
            for first_step in range(step + 1):
                can = self._can_take([*self._path(first_step, step)])
                better = np.where(can, self.entry_before[first_step], LONG_AGO)
                np.maximum(self.entry_at[step], better, out=self.entry_at[step])
            self._write(times, row_of, step)
        finish_skipped(times, self.plan)
        return times

    def _path(self, first_step: int, step: int) -> list[int]:
        """Return the steps, as bits, that a moment must have from one step to another."""
        between = [1 << mid for mid in range(first_step + 1, step) if not self.plan.optional[mid]]
        return [1 << first_step, *between, *([1 << step] if step > first_step else [])]

    def _can_take(self, needed: Sequence[int]) -> Bools:
        """Return the moments with an event of its own for each of some steps, each given as the bits that will do."""
        return np.array([can_assign(needed, kinds) for kinds in self.kinds], dtype=bool)[self.kind_of]

    def _latest_before(self, step: int) -> tuple[Ints, Bools]:
        """Return the latest earlier moment that a step may follow, and whether there is one in the window."""
        entry_at = self.entry_at[self.plan.required_before(step) : step].max(axis=0)
        rows = np.arange(len(entry_at))
        latest = np.append(-1, np.maximum.accumulate(np.where(entry_at > LONG_AGO, rows, -1)))[:-1]
        is_valid = (latest >= 0) & (self.sequence[latest] == self.sequence)
        is_valid &= self.time - np.maximum(entry_at[latest], self.time.min(initial=0)) <= self.plan.window
        return latest, is_valid

    def _entry_from_before(self, step: int) -> Times:
        """Return the entry of a step that is the first of its moment, LONG_AGO where it follows nothing."""
        latest, is_valid = self._latest_before(step)
        entry_at = self.entry_at[self.plan.required_before(step) : step].max(axis=0)
        max_gap, last_exclusion = self.plan.max_gaps[step], self.last_exclusion[step]
        if max_gap is not None:
            is_valid &= self.time - self.time[latest] <= max_gap
        if last_exclusion is not None:
            is_valid &= self.time[latest] >= last_exclusion[self.first]
        return np.where(is_valid, entry_at[latest], LONG_AGO)

    def _shows_as_skipped(self, step: int) -> Ints:
        """Return the moments with an event of a later step that follows the one before."""
        later = sum(1 << after for after in range(step + 1, self.plan.n_steps))
        is_shown = ((self.steps & later) > 0) & self._latest_before(step)[1]
        for before in range(self.plan.required_before(step), step):
            for first_step in range(before + 1):
                can = self._can_take([*self._path(first_step, before), later])
                is_shown |= can & (self.entry_before[first_step] > LONG_AGO)
        return np.flatnonzero(is_shown)

    def _write(self, times: StepTimes, row_of: Ints, step: int) -> None:
        """Write when each sequence reached a step first, and the group of the last event of it at that moment."""
        reached = np.flatnonzero(self.entry_at[step] > LONG_AGO)
        reached = reached[first_rows(self.sequence[reached])]
        rows = row_of[self.sequence[reached]]
        times.reached_at[rows, step], times.entry_at[rows, step] = self.time[reached], self.entry_at[step, reached]
        of_step = np.flatnonzero(self.events.step_bitmask >> step & 1)
        ends = np.append(self.first, len(self.events.sequence))[reached + 1]
        times.group[rows, step] = self.events.group[of_step[np.searchsorted(of_step, ends) - 1]]


def _kinds_of_moments(events: SortedEvents, first: Ints, n_steps: int) -> tuple[list[EventMasks], Ints]:
    """Return the different sets of events that moments have, and which of them each moment has.

    More events of a kind than there are steps are of no use.
    """
    bitmasks, kind = np.unique(events.step_bitmask, return_inverse=True)
    counts = np.zeros((len(first), len(bitmasks)), dtype=np.int64)
    np.add.at(counts, (np.repeat(np.arange(len(first)), np.diff(first, append=len(kind))), kind), 1)
    counts = np.minimum(counts, n_steps)
    kind_of, of_kind = distinct_rows(*counts.T)
    sets = [tuple(np.repeat(bitmasks, row).tolist()) for row in counts[of_kind]]
    return sets, kind_of


def can_assign(needed: Sequence[int], events: Sequence[int]) -> bool:
    """Return whether each of some steps, given as the bits that will do, can have an event of its own.

    Examples
    --------
    >>> can_assign([0b001, 0b010], [0b101, 0b010]), can_assign([0b001, 0b100], [0b101, 0b010])
    (True, False)
    """
    step_of: dict[int, int] = {}

    def place(step: int, tried: set[int]) -> bool:
        for event, mask in enumerate(events):
            if mask & needed[step] and event not in tried:
                tried.add(event)
                if event not in step_of or place(step_of[event], tried):
                    step_of[event] = step
                    return True
        return False

    return all(place(step, set()) for step in range(len(needed)))
