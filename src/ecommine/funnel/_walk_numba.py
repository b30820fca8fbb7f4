"""The walk in one pass over the events, compiled: what ``_walk.walk`` does with a search a step.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit

from ._moves import Ints, Moves
from ._walk import NEVER, Plan, Reach, blank, first_of

LONG_AGO = np.iinfo(np.int64).min
NO_LIMIT = np.iinfo(np.int64).max


def walk(moves: Moves, plan: Plan) -> Reach:
    """Find how far each log gets, by steps in their order; see :func:`._walk.by_search`."""
    place = np.flatnonzero(moves.steps & 1)
    entered = place[first_of(moves.log[place])]
    found = blank(moves, entered, plan.n_steps)
    skipped = np.zeros(found.at.shape, dtype=np.uint8)
    nothing = np.zeros(0, dtype=np.int64)
    limits = [NO_LIMIT if limit is None else limit for limit in plan.limits]
    rules = (
        int(plan.window),
        np.array(limits, dtype=np.int64),
        np.array([plan.base(step) for step in range(plan.n_steps)], dtype=np.int64),
        np.array(plan.bars, dtype=np.int64),
        plan.order == "strict",
    )
    bars = nothing if moves.bars is None else moves.bars
    group = nothing if moves.group is None else moves.group
    events = (moves.log, moves.time, moves.steps, bars, group)
    into = (found.at, found.since, found.group, skipped)
    cuts = _cuts(moves.log)
    rows = np.searchsorted(entered, cuts) - 1
    parts = [(int(a), int(b), int(row)) for a, b, row in zip(cuts[:-1], cuts[1:], rows, strict=False)]
    with ThreadPoolExecutor(max(len(parts), 1)) as pool:  # the compiled code runs beside Python's lock
        list(pool.map(lambda part: _walk(part, events, rules, plan.reentry, into), parts))
    np.not_equal(skipped, 0, out=found.skipped)
    return found


def _cuts(log: Ints) -> Ints:
    """Cut the events into parts of whole logs, one a core."""
    n, cores = len(log), os.cpu_count() or 1
    near = np.arange(1, cores) * n // cores
    inner = np.searchsorted(log, log[near]) if n else near
    return np.unique(np.concatenate([[0], inner, [n]]))


@njit(nogil=True, cache=True)
def _walk(
    part: tuple[int, int, int], events: tuple[Any, ...], rules: tuple[Any, ...], reentry: bool, found: tuple[Any, ...]
) -> None:
    """Go through some events once, with the latest valid event of each step in hand.

    ``part``: the first event and the end, and the row of the log that entered last before them.
    """
    log, time, steps, bars, group = events
    first, end, row = part
    n_steps, current, entered, has_bars = len(rules[1]), np.int64(-1), False, len(bars) > 0
    latest = np.empty((3, n_steps), dtype=np.int64)  # its moment, the entry that leads to it, and its place
    last_bar = np.empty(64, dtype=np.int64)  # the latest moment before this one with each exclusion
    open_bar = np.empty(64, dtype=np.int64)  # the latest moment, this one too
    before = moment = np.int64(LONG_AGO)
    for place in range(first, end):
        if log[place] != current:
            current, entered = log[place], False
            before, moment = np.int64(LONG_AGO), time[place]
            latest[2] = -1
            if has_bars:
                last_bar[:] = open_bar[:] = LONG_AGO
        elif time[place] != moment:
            before, moment = moment, time[place]
            if has_bars:
                last_bar[:] = open_bar
        if has_bars and bars[place]:
            _note(bars[place], moment, open_bar)
        mask = steps[place]
        if entered and mask > 1:
            label = group[place] if len(group) else 0
            _follow(mask, moment, place, before, latest, last_bar, rules, row, label, found)
        if mask & 1 and (reentry or not entered):
            row, entered = row if entered else row + 1, True
            latest[0, 0], latest[1, 0], latest[2, 0] = moment, moment, place


@njit(nogil=True, cache=True)
def _follow(
    mask: int,
    moment: Any,
    place: int,
    before: Any,
    latest: Ints,
    last_bar: Ints,
    rules: tuple[Any, ...],
    row: int,
    label: int,
    found: tuple[Any, ...],
) -> None:
    """Let one event follow those before it, by its last step first, so that it follows none of its own."""
    window, limits, base, bars_of, strict = rules
    at, since, groups, skipped = found
    highest = _highest(mask)
    for step in range(highest, 0, -1):
        is_step = mask >> step & 1
        if not is_step and (skipped[row, step] or at[row, step] != NEVER):
            continue
        last = _latest(latest, base[step], step)
        if last < 0 or moment - latest[1, last] > window:
            continue
        if step < highest:
            skipped[row, step] = 1
        came = latest[0, last]
        if not is_step or moment - came > limits[step] or (strict and came < before):
            continue
        if bars_of[step] and _barred(bars_of[step], came, last_bar):
            continue
        latest[0, step], latest[1, step], latest[2, step] = moment, latest[1, last], place
        if at[row, step] == NEVER:
            at[row, step], since[row, step], groups[row, step] = moment, latest[1, last], label


@njit(nogil=True, cache=True)
def _latest(latest: Ints, first: int, last: int) -> int:
    """Return the step of the latest valid event; of one event that is two steps, that from the later entry."""
    found = -1
    for step in range(first, last):
        here = latest[2, step]
        if here < 0:
            continue
        if found < 0 or here > latest[2, found] or (here == latest[2, found] and latest[1, step] > latest[1, found]):
            found = step
    return found


@njit(nogil=True, cache=True)
def _highest(mask: int) -> int:
    found = 0
    while mask >> (found + 1):
        found += 1
    return found


@njit(nogil=True, cache=True)
def _note(mask: int, moment: Any, open_bar: Ints) -> None:
    for bit in range(64):
        if mask >> bit & 1:
            open_bar[bit] = moment


@njit(nogil=True, cache=True)
def _barred(mask: int, came: int, last_bar: Ints) -> bool:
    found = False
    for bit in range(64):
        found = found or bool(mask >> bit & 1 and last_bar[bit] > came)
    return found
