"""A column that must keep its value: each value of a unit has a log of its own, and the best one counts."""

from typing import Any

import numpy as np

from .ordered import first_of
from .plan import NOT_REACHED, StepTimes
from .sort import Ints

MOST_COPIES = 20_000_000
"""Copies of events, beside a few times the events, from which memory is not enough."""


def split(unit: Ints, value: Ints, steps: Ints) -> tuple[Ints, Ints, Ints]:
    """Give every unit a log a value.

    Parameters
    ----------
    unit, value, steps : int arrays of shape (n_events,)
        The unit of each event, the value that it holds (-1 where it has none), and the steps that it is.

    Returns
    -------
    rows : int array
        The events that matter, one or several times: one without a value lies in all logs of its unit.
    log : int array, as long
        Their logs.
    owner : int array of shape (n_logs,)
        The unit of each log.

    Examples
    --------
    >>> rows, log, owner = split(np.array([0, 0, 0]), np.array([5, 7, -1]), np.array([1, 1, 0]))
    >>> rows.tolist(), log.tolist(), owner.tolist()
    ([0, 1, 2, 2], [0, 1, 0, 1], [0, 0])
    """
    n_values = int(value.max(initial=0)) + 1
    known = np.flatnonzero(value >= 0)
    logs, log = np.unique(unit[known].astype(np.int64) * n_values + value[known], return_inverse=True)
    owner = logs // n_values
    free = np.flatnonzero((value < 0) & (steps == 0))
    first, last = np.searchsorted(owner, unit[free]), np.searchsorted(owner, unit[free], side="right")
    copies = last - first
    if copies.sum() > MOST_COPIES + 4 * len(unit):
        n = np.count_nonzero(unit[free] == unit[free[np.argmax(copies)]])
        raise ValueError(
            f"`hold_constant`, or `by` with attribution='step': one unit has {copies.max():,} values and {n:,} "
            "events without one, each of which lies in the log of every value: leave such units, mostly bots, out"
        )
    begin = np.cumsum(copies) - copies
    spread = np.repeat(first - begin, copies) + np.arange(copies.sum())
    return np.concatenate([known, np.repeat(free, copies)]), np.concatenate([log, spread]), owner


def put_together(reach: StepTimes, owner: Ints, *, by_group: bool) -> StepTimes:
    """Put the logs of each unit together: for each step the earliest moment; apart by group where that is asked for."""
    unit = owner[reach.unit]
    apart = reach.group[:, 0].astype(np.int64) if by_group else np.zeros(len(unit), dtype=np.int64)
    key = unit * (int(apart.max(initial=0)) + 1) + apart
    keys, rows = np.unique(key, return_inverse=True)
    n, n_steps = len(keys), reach.reached_at.shape[1]
    found = StepTimes(
        unit=np.zeros(n, dtype=np.int64),
        reached_at=np.full((n, n_steps), NOT_REACHED),
        entry_at=np.full((n, n_steps), NOT_REACHED),
        skipped=np.zeros((n, n_steps), dtype=bool),
        group=np.full((n, n_steps), -1, dtype=np.int32),
    )
    found.unit[rows] = unit
    for step in range(n_steps):
        first = _earliest(rows, reach.reached_at[:, step], reach.entry_at[:, step], reach.group[:, step])
        for mine, theirs in (
            (found.reached_at, reach.reached_at),
            (found.entry_at, reach.entry_at),
            (found.group, reach.group),
        ):
            mine[:, step] = theirs[first, step]
        found.skipped[:, step] = np.bincount(rows, reach.skipped[:, step], minlength=n) > 0
    np.logical_and(found.skipped, found.reached_at == NOT_REACHED, out=found.skipped)
    return found


def _earliest(rows: Ints, at: Ints, since: Ints, group: Ints) -> "np.ndarray[Any, np.dtype[np.intp]]":
    order = np.lexsort((group, -since, at, rows))
    return order[first_of(rows[order])]
