"""What comes before a state and after it: the most frequent sequences, and how many of them go on to the goal."""

from itertools import compress

import numpy as np

from ..._core.arrays import Bools, Ints, distinct_rows, run_starts
from .._shares import rates, shared_out
from .transitions import Columns
from .visits import END, OPEN, START, Visits

LISTED = 1_000
"""Sequences that are listed at most."""
ARROW = " → "
_NOTHING = -1


def focus_of(visits: Visits, focus: str) -> tuple[Ints, Ints]:
    """Find the first visit to the focus in each path that has one; return where it is, and the paths.

    The start stands before the first visit of a path, the end after the last one of a path that is over.
    """
    if focus == START:
        return visits.first - 1, np.arange(visits.n_paths)
    if focus == END:
        return visits.last[~visits.open] + 1, np.flatnonzero(~visits.open)
    place = np.flatnonzero(visits.state == (visits.names.index(focus) if focus in visits.names else _NOTHING))
    path = visits.path[place]
    new = run_starts(path)
    return place[new], path[new]


def sequence_columns(visits: Visits, focus: str, *, forward: bool, depth: int, z: float) -> tuple[Columns, int]:
    """Write one row a sequence, the most frequent first; and count the sequences that are not listed."""
    place, path = focus_of(visits, focus)
    steps = _steps(visits, place, path, forward, depth)
    code = _coded(steps, len(visits.names) + 4)
    kind, example = distinct_rows(code)
    n_shown = len(example)
    share = shared_out(kind, max(n_shown, 1), visits.visitor[path], z)
    over = ~visits.open[path]
    later = _goal_after(visits, place, path)
    _, *goal = rates(kind[over], later[over], n_shown, visits.visitor[path][over], z)
    order = np.lexsort((share.target, -share.count))[:LISTED]
    rows = steps[example[order]]
    names = [*visits.names, START, END, OPEN]
    texts = [[None if one == _NOTHING else names[one] for one in row] for row in rows.tolist()]
    decided = not forward and focus in (END, *compress(visits.names, visits.goal))
    return {
        "path": [_written(row, focus, forward) for row in texts],
        **{f"step_{k + 1}": [row[k] for row in texts] for k in range(depth)},
        "paths": share.count[order].astype(np.int64),
        **{f"share{end}": of[order] for end, of in zip(ENDS, (share.share, share.low, share.high), strict=True)},
        **{f"goal_share{end}": of[order] * (np.nan if decided else 1) for end, of in zip(ENDS, goal, strict=True)},
    }, n_shown - len(order)


ENDS = ("", "_low", "_high")


def _steps(visits: Visits, place: Ints, path: Ints, forward: bool, depth: int) -> Ints:
    """Return the states next to the focus, the nearest first: of shape (n_paths, depth), -1 beyond the ends."""
    n = len(visits.names)
    steps = np.full((len(place), depth), _NOTHING, dtype=np.int64)
    first, last = visits.first[path], visits.last[path]
    for k in range(1, depth + 1):
        at = place + k if forward else place - k
        inside = (at >= first) & (at <= last)
        steps[inside, k - 1] = visits.state[at[inside]]
        edge = at == (last + 1 if forward else first - 1)
        steps[edge, k - 1] = np.where(visits.open[path[edge]], n + 2, n + 1) if forward else n
    return steps


def _coded(steps: Ints, base: int) -> Ints:
    """Give each sequence a number, in the order of the states; made small again before it could overflow."""
    code: Ints = np.zeros(len(steps), dtype=np.int64)
    limit = 1
    for column in steps.T:
        if limit * base >= 2**62:
            code, first = distinct_rows(code)
            limit = len(first)
        code, limit = code * base + column + 1, limit * base
    return code


def _goal_after(visits: Visits, place: Ints, path: Ints) -> Bools:
    """Tell which paths come to the goal after the focus."""
    goals = np.concatenate([[0], np.cumsum(visits.goal[visits.state])])
    end = visits.last[path] + 1
    return np.asarray(goals[end] > goals[np.minimum(place + 1, end)])


def _written(row: list[str | None], focus: str, forward: bool) -> str:
    there = [one for one in row if one is not None]
    return ARROW.join([focus, *there] if forward else [*reversed(there), focus])
