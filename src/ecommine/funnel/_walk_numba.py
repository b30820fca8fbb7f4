"""The walk in one pass over the events, compiled: what ``_walk.walk`` does with a search a step.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from typing import Any

import numpy as np
from numba import njit

from ._cores import on_cores
from ._moves import Events, Ints
from ._moves_numba import Packed, packed_somehow
from ._walk import NEVER, Plan, Reach, finish_skipped

LONG_AGO = np.iinfo(np.int64).min
NO_LIMIT = np.iinfo(np.int64).max


def walk(events: Events, plan: Plan) -> Reach | None:
    """Find how far each log gets, by steps in their order; None where events cannot be packed.

    See :func:`._walk.walk`; here the numbers of logs are those that were given.
    """
    packed, logs = packed_somehow(events)
    if packed is None:
        return None
    ends = np.cumsum([0, *on_cores(lambda part: _entered(part, packed.shape, packed.steps), packed.parts)])
    n, n_steps, by = int(ends[-1]), plan.n_steps, events.group is not None
    at, since = (np.empty((n_steps, n), dtype=np.int64) for _ in range(2))
    group = np.empty((n_steps, n if by else 0), dtype=np.int32)
    unit, skipped = np.empty(n, dtype=np.int64), np.empty((n_steps, n), dtype=np.bool_)
    into, tables, rules = (unit, at, since, skipped, group), _tables(packed), _rules(plan)
    on_cores(lambda part, row: _walk(part, packed.shape, tables, rules, row, into), packed.parts, ends[:-1].tolist())
    found = Reach(
        unit=unit if logs is None else logs[unit],
        at=at.T,
        since=since.T,
        skipped=skipped.T,
        group=group.T if by else np.broadcast_to(np.int32(0), (n, n_steps)),
    )
    finish_skipped(found, plan)
    return found


def _tables(packed: Packed) -> tuple[Ints, ...]:
    return packed.moments, packed.steps, packed.bars, packed.group


def _rules(plan: Plan) -> tuple[Any, ...]:
    limits = [NO_LIMIT if limit is None else limit for limit in plan.limits]
    base = [plan.base(step) for step in range(plan.n_steps)]
    arrays = (np.array(one, dtype=np.int64) for one in (limits, base, plan.bars))
    return (plan.window, *arrays, plan.order == "strict", plan.reentry)


@njit(nogil=True, cache=True)
def _entered(part: Ints, shape: tuple[int, ...], steps: Ints) -> int:
    """Count the logs that enter."""
    low_bits, bits = shape[3] + shape[4], shape[4]
    last, found = np.int64(-1), 0
    for one in part:
        log = one >> low_bits
        if log != last and steps[one & ((1 << bits) - 1)] & 1:
            last, found = log, found + 1
    return found


@njit(nogil=True, cache=True)
def _walk(
    part: Ints,
    shape: tuple[int, ...],
    tables: tuple[Ints, ...],
    rules: tuple[Any, ...],
    row: int,
    found: tuple[Any, ...],
) -> None:
    """Go through the events of some logs once, with the latest valid event of each step in hand.

    ``row`` is the first that is written.
    """
    low, start, length, time_bits, bits = shape
    moments, steps, bars, groups = tables
    n_steps, has_bars, reentry = len(rules[1]), bars.any(), rules[5]
    current, entered = np.int64(-1), False
    latest = np.empty((3, n_steps), dtype=np.int64)  # its moment, the entry that leads to it, and its place
    reached = np.empty((3, n_steps), dtype=np.int64)  # the first moment, the entry that leads to it, and its group
    skipped = np.empty(n_steps, dtype=np.bool_)
    last_bar = np.full(64, LONG_AGO)  # the latest moment before this one with each exclusion
    open_bar = np.full(64, LONG_AGO)  # the latest moment, this one too
    before = moment = np.int64(LONG_AGO)
    for place in range(len(part)):
        one = part[place]
        log, since, kind = one >> (time_bits + bits), one >> bits & ((1 << time_bits) - 1), one & ((1 << bits) - 1)
        now = moments[since] if len(moments) else since * length + start
        if log != current:
            if entered:
                _write(row, current + low, reached, skipped, found)
                row += 1
            current, entered = log, False
            before, moment = np.int64(LONG_AGO), now
            if has_bars:
                last_bar[:] = open_bar[:] = LONG_AGO
        elif now != moment:
            before, moment = moment, now
            if has_bars:
                last_bar[:] = open_bar
        if has_bars and bars[kind]:
            _note(bars[kind], moment, open_bar)
        mask = steps[kind]
        if entered and mask > 1:
            _follow(mask, moment, place, before, latest, last_bar, rules, groups[kind], reached, skipped)
        if mask & 1 and (reentry or not entered):
            if not entered:
                entered = True
                latest[2], reached[0], reached[1], reached[2], skipped[:] = -1, NEVER, NEVER, -1, False
                reached[0, 0], reached[1, 0], reached[2, 0] = moment, moment, groups[kind]
            latest[0, 0], latest[1, 0], latest[2, 0] = moment, moment, place
    if entered:
        _write(row, current + low, reached, skipped, found)


@njit(nogil=True, cache=True)
def _write(row: int, log: int, reached: Ints, skipped: Any, found: tuple[Any, ...]) -> None:
    unit, at, since, skipped_of, group = found
    unit[row] = log
    for step in range(len(skipped)):
        at[step, row], since[step, row], skipped_of[step, row] = reached[0, step], reached[1, step], skipped[step]
    if group.shape[1]:
        for step in range(len(skipped)):
            group[step, row] = reached[2, step]


@njit(nogil=True, cache=True)
def _follow(
    mask: int,
    moment: Any,
    place: int,
    before: Any,
    latest: Ints,
    last_bar: Ints,
    rules: tuple[Any, ...],
    group: int,
    reached: Ints,
    skipped: Any,
) -> None:
    """Let one event follow those before it, by its last step first, so that it follows none of its own."""
    window, limits, base, bars_of, strict, _ = rules
    highest = _highest(mask)
    for step in range(highest, 0, -1):
        is_step = mask >> step & 1
        if not is_step and (skipped[step] or reached[0, step] != NEVER):
            continue
        last = _latest(latest, base[step], step)
        if last < 0 or moment - latest[1, last] > window:
            continue
        if step < highest:
            skipped[step] = True
        came = latest[0, last]
        if not is_step or moment - came > limits[step] or (strict and came < before):
            continue
        if bars_of[step] and _barred(bars_of[step], came, last_bar):
            continue
        latest[0, step], latest[1, step], latest[2, step] = moment, latest[1, last], place
        if reached[0, step] == NEVER:
            reached[0, step], reached[1, step], reached[2, step] = moment, latest[1, last], group


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
