"""Columns that must keep their value: each value of a unit has a sequence of its own, and the best one counts."""

import numpy as np

from ..._core.arrays import Ints
from .ordered import first_rows
from .plan import NOT_REACHED, StepTimes

MAX_COPIES = 20_000_000
"""Copies of events, beside a few times the events, from which memory is not enough."""


def split_by_value(unit: Ints, value: Ints, steps: Ints) -> tuple[Ints, Ints, Ints]:
    """Split the events of each unit into a sequence per value; -1 is none.

    Return the events that matter, one without a value and without a step in all sequences of its unit; their sequences;
    and the unit of each sequence.

    Examples
    --------
    >>> rows, sequence, owner = split_by_value(np.array([0, 0, 0]), np.array([5, 7, -1]), np.array([1, 1, 0]))
    >>> rows.tolist(), sequence.tolist(), owner.tolist()
    ([0, 1, 2, 2], [0, 1, 0, 1], [0, 0])
    """
    n_values = int(value.max(initial=0)) + 1
    known = np.flatnonzero(value >= 0)
    sequences, sequence = np.unique(unit[known].astype(np.int64) * n_values + value[known], return_inverse=True)
    owner = sequences // n_values
    without_value = np.flatnonzero((value < 0) & (steps == 0))
    first, end = (np.searchsorted(owner, unit[without_value], side=side) for side in ("left", "right"))
    copies = end - first
    if copies.sum() > MAX_COPIES + 4 * len(unit):
        n = np.count_nonzero(unit[without_value] == unit[without_value[np.argmax(copies)]])
        raise ValueError(
            f"`hold_constant`, or `by` with attribution='step': one unit has {copies.max():,} values and {n:,} events "
            "without a value, each of which is copied to every value: leave such units, mostly bots, out"
        )
    start = np.cumsum(copies) - copies
    of_copies = np.repeat(first - start, copies) + np.arange(copies.sum())
    return np.concatenate([known, np.repeat(without_value, copies)]), np.concatenate([sequence, of_copies]), owner


def merge_sequences(times: StepTimes, owner: Ints, *, by_group: bool) -> StepTimes:
    """Merge the sequences of each unit: of each step the earliest time; with ``by_group``, of each unit and group."""
    unit = owner[times.unit]
    group = times.group[:, 0].astype(np.int64) if by_group else np.zeros(len(unit), dtype=np.int64)
    keys, rows = np.unique(unit * (int(group.max(initial=0)) + 1) + group, return_inverse=True)
    first = np.stack([_earliest(rows, times, step) for step in range(times.reached_at.shape[1])], axis=1)
    reached_at = np.take_along_axis(times.reached_at, first, axis=0)
    is_skipped = np.stack([np.bincount(rows, skipped, minlength=len(keys)) > 0 for skipped in times.skipped.T], axis=1)
    return StepTimes(
        unit=unit[first[:, 0]],
        reached_at=reached_at,
        entry_at=np.take_along_axis(times.entry_at, first, axis=0),
        skipped=is_skipped & (reached_at == NOT_REACHED),
        group=np.take_along_axis(times.group, first, axis=0),
    )


def _earliest(rows: Ints, times: StepTimes, step: int) -> Ints:
    """Return the sequence of each unit that reached a step first, from the latest entry."""
    order = np.lexsort((times.group[:, step], -times.entry_at[:, step], times.reached_at[:, step], rows))
    return order[first_rows(rows[order])]
