"""What comes before a state and after it: the most frequent sequences, and how many of them go on to the goal."""

from itertools import compress

import numpy as np

from ..._core.arrays import Bools, Ints, distinct_rows, run_starts
from ..._core.tables import with_bounds
from ..._stats.clustered_shares import shares_by_category, shares_by_group
from .read import END, OPEN, START
from .transitions import Columns
from .visits import Visits

MAX_SEQUENCES = 1_000
"""Sequences that are listed."""
ARROW = " → "
_NOTHING = -1


def find_focus(visits: Visits, focus: str) -> tuple[Ints, Ints]:
    """Return the first visit to the focus in each path that has one, and the paths.

    The start stands before the first visit of a path, the end after the last one of a path that is over.
    """
    if focus == START:
        return visits.first - 1, np.arange(visits.n_paths)
    if focus == END:
        return visits.last[~visits.is_open] + 1, np.flatnonzero(~visits.is_open)
    visit = np.flatnonzero(visits.state == (visits.states.index(focus) if focus in visits.states else _NOTHING))
    path = visits.path[visit]
    is_first = run_starts(path)
    return visit[is_first], path[is_first]


def sequence_columns(visits: Visits, focus: str, *, forward: bool, depth: int, z: float) -> tuple[Columns, int]:
    """Return one row per sequence, the most frequent first; and the number of sequences that are not listed."""
    visit, path = find_focus(visits, focus)
    steps = _neighbours(visits, visit, path, forward, depth)
    kind, example = distinct_rows(*steps.T)
    n_kinds, visitor, is_over = len(example), visits.visitor[path], ~visits.is_open[path]
    shares = shares_by_category(kind, max(n_kinds, 1), visitor, z)
    reaches_goal = _has_goal_after(visits, visit, path)
    _, *goal_shares = shares_by_group(kind[is_over], reaches_goal[is_over], n_kinds, visitor[is_over], z)
    if not forward and focus in (END, *compress(visits.states, visits.is_goal)):
        goal_shares = [np.full(n_kinds, np.nan)] * 3  # what leads there does not come to the goal later
    order = np.lexsort((shares.category, -shares.count))[:MAX_SEQUENCES]
    names = [*visits.states, START, END, OPEN]
    rows = [[None if code == _NOTHING else names[code] for code in row] for row in steps[example[order]].tolist()]
    known = [[name for name in row if name is not None] for row in rows]
    columns = {
        "path": [ARROW.join([focus, *row] if forward else [*row[::-1], focus]) for row in known],
        **{f"step_{k + 1}": [row[k] for row in rows] for k in range(depth)},
        "paths": shares.count[order].astype(np.int64),
        **with_bounds("share", (bound[order] for bound in (shares.share, shares.low, shares.high))),
        **with_bounds("goal_share", (bound[order] for bound in goal_shares)),
    }
    return columns, n_kinds - len(order)


def _neighbours(visits: Visits, visit: Ints, path: Ints, forward: bool, depth: int) -> Ints:
    """Return the states next to the focus, the nearest first: of shape (n_paths, depth), -1 beyond the ends."""
    n = len(visits.states)
    steps = np.full((len(visit), depth), _NOTHING, dtype=np.int64)
    first, last = visits.first[path], visits.last[path]
    for k in range(1, depth + 1):
        near = visit + k if forward else visit - k
        is_inside = (near >= first) & (near <= last)
        steps[is_inside, k - 1] = visits.state[near[is_inside]]
        is_edge = near == (last + 1 if forward else first - 1)
        steps[is_edge, k - 1] = np.where(visits.is_open[path[is_edge]], n + 2, n + 1) if forward else n
    return steps


def _has_goal_after(visits: Visits, visit: Ints, path: Ints) -> Bools:
    n_goals = np.concatenate([[0], np.cumsum(visits.is_goal[visits.state])])
    end = visits.last[path] + 1
    return np.asarray(n_goals[end] > n_goals[np.minimum(visit + 1, end)])
