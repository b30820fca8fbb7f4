"""The walk in one pass over the events, compiled: what ``_walk.walk`` does with a search a step.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from typing import Any

import numpy as np
from numba import njit

from .._cores import map_on_cores
from .numba_sort import Packed, packed_somehow
from .ordered import finish_skipped
from .plan import NOT_REACHED, Plan, StepTimes
from .sort import Events, Ints

LONG_AGO = np.iinfo(np.int64).min
NO_LIMIT = np.iinfo(np.int64).max


def walk(events: Events, plan: Plan) -> StepTimes | None:
    """Find how far each log gets, by steps in their order; None where events cannot be packed.

    See :func:`._walk.walk`; here the numbers of logs are those that were given.
    """
    packed, logs = packed_somehow(events)
    if packed is None:
        return None
    ends = np.cumsum([0, *map_on_cores(lambda part: _entered(part, packed.shape, packed.steps), packed.parts)])
    n, n_steps, by = int(ends[-1]), plan.n_steps, events.group is not None
    at, since = (np.empty((n_steps, n), dtype=np.int64) for _ in range(2))
    group = np.empty((n_steps, n if by else 0), dtype=np.int32)
    unit, skipped = np.empty(n, dtype=np.int64), np.empty((n_steps, n), dtype=np.bool_)
    into, tables, rules = (unit, at, since, skipped, group), _tables(packed), _rules(plan)
    map_on_cores(
        lambda part, row: _walk(part, packed.shape, tables, rules, row, into), packed.parts, ends[:-1].tolist()
    )
    found = StepTimes(
        unit=unit if logs is None else logs[unit],
        reached_at=at.T,
        entry_at=since.T,
        skipped=skipped.T,
        group=group.T if by else np.broadcast_to(np.int32(0), (n, n_steps)),
    )
    finish_skipped(found, plan)
    return found


def _tables(packed: Packed) -> tuple[Ints, ...]:
    below = [(2 << max(mask.bit_length() - 1, 0)) - 1 for mask in packed.steps.tolist()]  # up to the last step
    return packed.moments, packed.steps, np.array(below, dtype=np.int64), packed.bars, packed.group


def _rules(plan: Plan) -> tuple[Any, ...]:
    limits = [NO_LIMIT if limit is None else limit for limit in plan.max_gaps]
    base = [plan.required_before(step) for step in range(plan.n_steps)]
    opens = [
        sum(1 << after for after in range(step + 1, plan.n_steps) if base[after] <= step)
        for step in range(plan.n_steps)
    ]
    arrays = (np.array(one, dtype=np.int64) for one in (limits, base, opens, plan.exclusion_masks))
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


# What is called for each event is put in line: passing so many arrays would cost more than the work on them.


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

    ``row`` is the first that is written. Sets of steps are bits: ``valid``, those that have a valid event; ``can``,
    those that may follow one of these; ``reached`` and ``skipped``.
    """
    moments, steps, below, bars, groups = tables
    n_steps, opens, reentry, has_bars = len(rules[1]), rules[3], rules[6], bars.any()
    # Of each step the latest valid event, and the first one: its moment, the entry that leads to it, place or group.
    latest = (np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64))
    first = (np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64))
    last_bar, open_bar = np.full(64, LONG_AGO), np.full(64, LONG_AGO)  # the latest of each exclusion, see _bar
    before = moment = np.int64(LONG_AGO)
    current, entered = np.int64(-1), False
    valid = can = reached = skipped = np.int64(0)
    for place in range(len(part)):
        log, now, kind = _unpacked(part[place], shape, moments)
        if log != current and entered:
            _write(row, current + shape[0], first, reached, skipped, found)
            row, entered, can = row + 1, False, np.int64(0)
        if has_bars:
            _bar(log != current, now != moment, now, bars[kind], last_bar, open_bar)
        if log != current or now != moment:
            before, moment = moment if log == current else np.int64(LONG_AGO), now
        current, mask = log, steps[kind]
        asked = (mask | ~(reached | skipped)) & can & below[kind]  # the steps that it may be, or show to be skipped
        if asked:
            event = (mask, moment, place, before, groups[kind])
            valid, reached, skipped = _follow(event, asked, rules, latest, last_bar, first, valid, reached, skipped)
            can = _open(valid, opens)
        if mask & 1 and (reentry or not entered):
            _put(latest, 0, moment, moment, place)
            if not entered:
                entered, valid, reached, skipped = True, np.int64(0), np.int64(1), np.int64(0)
                _put(first, 0, moment, moment, groups[kind])
            valid, can = valid | 1, can | opens[0]
    if entered:
        _write(row, current + shape[0], first, reached, skipped, found)


@njit(nogil=True, inline="always")
def _unpacked(one: Any, shape: tuple[int, ...], moments: Ints) -> tuple[Any, Any, Any]:
    """Return log, moment and kind of an event."""
    _, start, length, time_bits, bits = shape
    now = (one >> bits & ((1 << time_bits) - 1)) * length + start
    return one >> (time_bits + bits), moments[now] if len(moments) else now, one & ((1 << bits) - 1)


@njit(nogil=True, cache=True)
def _bar(is_new: bool, is_later: bool, moment: Any, bars: int, last_bar: Ints, open_bar: Ints) -> None:
    """Keep the latest moment of each exclusion; called only where there are any."""
    if is_new:
        last_bar[:] = open_bar[:] = LONG_AGO
    elif is_later:
        last_bar[:] = open_bar
    for bit in range(64):
        if bars >> bit & 1:
            open_bar[bit] = moment


@njit(nogil=True, inline="always")
def _put(into: tuple[Ints, ...], step: int, moment: Any, entry: Any, what: Any) -> None:
    into[0][step], into[1][step], into[2][step] = moment, entry, what


@njit(nogil=True, inline="always")
def _follow(
    event: tuple[Any, ...],
    asked: Any,
    rules: tuple[Any, ...],
    latest: tuple[Ints, ...],
    last_bar: Ints,
    first: tuple[Ints, ...],
    valid: Any,
    reached: Any,
    skipped: Any,
) -> tuple[Any, Any, Any]:
    """Let one event follow those before it, by its last step first, so that it follows none of its own."""
    mask, moment, place, before, group = event
    window, limits, base, _, bars_of, strict, _ = rules
    highest = _highest(mask)
    for step in range(highest, 0, -1):
        if not asked >> step & 1:
            continue
        among = valid & ((1 << step) - (1 << base[step]))
        last = _latest(among, base[step], step, latest)
        if last < 0 or moment - latest[1][last] > window:
            valid &= ~among  # nothing can follow these any more
            continue
        if step < highest:
            skipped |= 1 << step
        came, entry = latest[0][last], latest[1][last]
        if not mask >> step & 1 or moment - came > limits[step] or (strict and came < before):
            continue
        if bars_of[step] and _barred(bars_of[step], came, last_bar):
            continue
        _put(latest, step, moment, entry, place)
        valid |= 1 << step
        if not reached >> step & 1 or first[0][step] == moment:  # of one moment the latest entry counts
            _put(first, step, moment, entry, group)
            reached |= 1 << step
    return valid, reached, skipped


@njit(nogil=True, inline="always")
def _latest(among: Any, low: int, high: int, latest: tuple[Ints, ...]) -> int:
    """Return the step of the latest valid event; of one event that is two steps, that from the later entry."""
    found = -1
    for step in range(low, high):
        if among >> step & 1:
            here, entry = latest[2][step], latest[1][step]
            if found < 0 or here > latest[2][found] or (here == latest[2][found] and entry > latest[1][found]):
                found = step
    return found


@njit(nogil=True, inline="always")
def _open(valid: Any, opens: Ints) -> Any:
    """Return the steps that may follow one of those that have a valid event."""
    found = np.int64(0)
    for step in range(len(opens)):
        if valid >> step & 1:
            found |= opens[step]
    return found


@njit(nogil=True, inline="always")
def _write(row: int, log: Any, first: tuple[Ints, ...], reached: Any, skipped: Any, found: tuple[Any, ...]) -> None:
    """Write what is known of a log."""
    unit, at, since, skipped_of, group = found
    unit[row] = log
    for step in range(len(first[0])):
        there = reached >> step & 1
        at[step, row] = first[0][step] if there else NOT_REACHED
        since[step, row] = first[1][step] if there else NOT_REACHED
        skipped_of[step, row] = skipped >> step & 1
        if group.shape[1]:
            group[step, row] = first[2][step] if there else -1


@njit(nogil=True, cache=True)
def _highest(mask: int) -> int:
    found = 0
    while mask >> (found + 1):
        found += 1
    return found


@njit(nogil=True, cache=True)
def _barred(mask: int, came: int, last_bar: Ints) -> bool:
    found = False
    for bit in range(64):
        found = found or bool(mask >> bit & 1 and last_bar[bit] > came)
    return found
