"""Steps in their order in one pass over the events, compiled: what ``ordered.follow_in_order`` does with searches.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from typing import Any

import numpy as np
from numba import njit

from ..._core.arrays import Ints
from ..._core.threads import map_on_cores
from .numba_sort import PackedEvents, pack_events
from .ordered import LONG_AGO, finish_skipped
from .plan import NOT_REACHED, Plan, StepTimes
from .sort import Events

NO_LIMIT = np.iinfo(np.int64).max


def follow_in_order(events: Events, plan: Plan) -> StepTimes | None:
    """Find when each sequence reaches each step, one step after the other; None where events cannot be packed.

    See :func:`.ordered.follow_in_order`; here the numbers of sequences are those that were given.
    """
    packed, sequences = pack_events(events)
    if packed is None:
        return None
    n_entered = map_on_cores(lambda part: _count_entered(part, packed.layout, packed.kinds.steps), packed.parts)
    first_row = np.cumsum([0, *n_entered])
    n, n_steps, has_groups = int(first_row[-1]), plan.n_steps, events.group is not None
    reached_at, entry_at = (np.empty((n_steps, n), dtype=np.int64) for _ in range(2))
    group = np.empty((n_steps, n if has_groups else 0), dtype=np.int32)
    unit, skipped = np.empty(n, dtype=np.int64), np.empty((n_steps, n), dtype=np.bool_)
    output, tables, rules = (unit, reached_at, entry_at, skipped, group), _tables_of(packed), _rules_of(plan)
    map_on_cores(
        lambda part, row: _follow_part(part, packed.layout, tables, rules, row, output),
        packed.parts,
        first_row[:-1].tolist(),
    )
    times = StepTimes(
        unit=unit if sequences is None else sequences[unit],
        reached_at=reached_at.T,
        entry_at=entry_at.T,
        skipped=skipped.T,
        group=group.T if has_groups else np.broadcast_to(np.int32(0), (n, n_steps)),
    )
    finish_skipped(times, plan)
    return times


def _tables_of(packed: PackedEvents) -> tuple[Ints, ...]:
    """Return what times and kinds stand for; of each kind its steps and all steps up to its last one as well."""
    kinds = packed.kinds
    up_to_last = [(2 << max(steps.bit_length() - 1, 0)) - 1 for steps in kinds.steps.tolist()]
    return packed.moments, kinds.steps, np.array(up_to_last, dtype=np.int64), kinds.exclusions, kinds.group


def _rules_of(plan: Plan) -> tuple[Any, ...]:
    """Return the plan as numbers and arrays, with the steps that may follow each step."""
    max_gaps = [NO_LIMIT if gap is None else gap for gap in plan.max_gaps]
    required = [plan.required_before(step) for step in range(plan.n_steps)]
    may_follow = [
        sum(1 << later for later in range(step + 1, plan.n_steps) if required[later] <= step)
        for step in range(plan.n_steps)
    ]
    of_steps = (max_gaps, required, may_follow, plan.exclusion_masks)
    arrays = (np.array(numbers, dtype=np.int64) for numbers in of_steps)
    return (plan.window, *arrays, plan.order == "strict", plan.reentry)


@njit(nogil=True, cache=True)
def _count_entered(part: Ints, layout: tuple[int, ...], steps: Ints) -> int:
    """Count the sequences that enter."""
    low_bits, kind_bits = layout[3] + layout[4], layout[4]
    last, n_entered = np.int64(-1), 0
    for packed in part:
        sequence = packed >> low_bits
        if sequence != last and steps[packed & ((1 << kind_bits) - 1)] & 1:
            last, n_entered = sequence, n_entered + 1
    return n_entered


# What is called for each event is put in line: passing so many arrays would cost more than the work on them.


@njit(nogil=True, cache=True)
def _follow_part(
    part: Ints,
    layout: tuple[int, ...],
    tables: tuple[Ints, ...],
    rules: tuple[Any, ...],
    row: int,
    output: tuple[Any, ...],
) -> None:
    """Go through the events of some sequences once, with the latest valid event of each step in hand.

    ``row`` is the first that is written. Sets of steps are bits: ``valid``, those that have a valid event; ``can``,
    those that may follow one of these; ``reached`` and ``skipped``.
    """
    moments, steps, up_to_last, exclusions, groups = tables
    n_steps, may_follow, reentry, has_exclusions = len(rules[1]), rules[3], rules[6], exclusions.any()
    # Of each step the latest valid event, and the first: its moment, the entry that leads to it, position or group.
    latest = (np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64))
    first = (np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64))
    # The latest moment of each exclusion before this moment, and up to it, see _note_exclusions.
    excluded_before, excluded_at = np.full(64, LONG_AGO), np.full(64, LONG_AGO)
    moment_before = moment = np.int64(LONG_AGO)
    current, has_entered = np.int64(-1), False
    valid = can = reached = skipped = np.int64(0)
    for position in range(len(part)):
        sequence, now, kind = _unpacked(part[position], layout, moments)
        if sequence != current and has_entered:
            _write(row, current + layout[0], first, reached, skipped, output)
            row, has_entered, can = row + 1, False, np.int64(0)
        if has_exclusions:
            _note_exclusions(sequence != current, now != moment, now, exclusions[kind], excluded_before, excluded_at)
        if sequence != current or now != moment:
            moment_before, moment = moment if sequence == current else np.int64(LONG_AGO), now
        current, mask = sequence, steps[kind]
        candidates = (mask | ~(reached | skipped)) & can & up_to_last[kind]  # it may be these, or show them as skipped
        if candidates:
            event = (mask, moment, position, moment_before, groups[kind])
            valid, reached, skipped = _follow_event(
                event, candidates, rules, latest, excluded_before, first, valid, reached, skipped
            )
            can = _steps_after(valid, may_follow)
        if mask & 1 and (reentry or not has_entered):
            _put(latest, 0, moment, moment, position)
            if not has_entered:
                has_entered, valid, reached, skipped = True, np.int64(0), np.int64(1), np.int64(0)
                _put(first, 0, moment, moment, groups[kind])
            valid, can = valid | 1, can | may_follow[0]
    if has_entered:
        _write(row, current + layout[0], first, reached, skipped, output)


@njit(nogil=True, inline="always")
def _unpacked(packed: Any, layout: tuple[int, ...], moments: Ints) -> tuple[Any, Any, Any]:
    """Return sequence, moment and kind of an event."""
    _, start, unit, time_bits, kind_bits = layout
    now = (packed >> kind_bits & ((1 << time_bits) - 1)) * unit + start
    return packed >> (time_bits + kind_bits), moments[now] if len(moments) else now, packed & ((1 << kind_bits) - 1)


@njit(nogil=True, cache=True)
def _note_exclusions(
    is_new: bool, is_later: bool, moment: Any, exclusions: int, excluded_before: Ints, excluded_at: Ints
) -> None:
    """Keep the latest moment of each exclusion; called only where there are any."""
    if is_new:
        excluded_before[:] = excluded_at[:] = LONG_AGO
    elif is_later:
        excluded_before[:] = excluded_at
    for bit in range(64):
        if exclusions >> bit & 1:
            excluded_at[bit] = moment


@njit(nogil=True, inline="always")
def _put(into: tuple[Ints, ...], step: int, moment: Any, entry: Any, position_or_group: Any) -> None:
    into[0][step], into[1][step], into[2][step] = moment, entry, position_or_group


@njit(nogil=True, inline="always")
def _follow_event(
    event: tuple[Any, ...],
    candidates: Any,
    rules: tuple[Any, ...],
    latest: tuple[Ints, ...],
    excluded_before: Ints,
    first: tuple[Ints, ...],
    valid: Any,
    reached: Any,
    skipped: Any,
) -> tuple[Any, Any, Any]:
    """Let one event follow those before it, by its last step first, so that it follows none of its own."""
    mask, moment, position, moment_before, group = event
    window, max_gaps, required, _, exclusion_masks, strict, _ = rules
    highest = _highest_step(mask)
    for step in range(highest, 0, -1):
        if not candidates >> step & 1:
            continue
        among = valid & ((1 << step) - (1 << required[step]))
        before = _latest_step(among, required[step], step, latest)
        if before < 0 or moment - latest[1][before] > window:
            valid &= ~among  # nothing can follow these any more
            continue
        if step < highest:
            skipped |= 1 << step
        previous, entry = latest[0][before], latest[1][before]
        if not mask >> step & 1 or moment - previous > max_gaps[step] or (strict and previous < moment_before):
            continue
        if exclusion_masks[step] and _is_excluded(exclusion_masks[step], previous, excluded_before):
            continue
        _put(latest, step, moment, entry, position)
        valid |= 1 << step
        if not reached >> step & 1 or first[0][step] == moment:  # of one moment the latest entry counts
            _put(first, step, moment, entry, group)
            reached |= 1 << step
    return valid, reached, skipped


@njit(nogil=True, inline="always")
def _latest_step(among: Any, low: int, high: int, latest: tuple[Ints, ...]) -> int:
    """Return the step of the latest valid event; of one event that is two steps, that from the later entry."""
    best = -1
    for step in range(low, high):
        if among >> step & 1:
            position, entry = latest[2][step], latest[1][step]
            if best < 0 or position > latest[2][best] or (position == latest[2][best] and entry > latest[1][best]):
                best = step
    return best


@njit(nogil=True, inline="always")
def _steps_after(valid: Any, may_follow: Ints) -> Any:
    """Return the steps that may follow one of those that have a valid event."""
    steps = np.int64(0)
    for step in range(len(may_follow)):
        if valid >> step & 1:
            steps |= may_follow[step]
    return steps


@njit(nogil=True, inline="always")
def _write(
    row: int, sequence: Any, first: tuple[Ints, ...], reached: Any, skipped: Any, output: tuple[Any, ...]
) -> None:
    """Write the times of a sequence."""
    unit, reached_at, entry_at, is_skipped, group = output
    unit[row] = sequence
    for step in range(len(first[0])):
        is_reached = reached >> step & 1
        reached_at[step, row] = first[0][step] if is_reached else NOT_REACHED
        entry_at[step, row] = first[1][step] if is_reached else NOT_REACHED
        is_skipped[step, row] = skipped >> step & 1
        if group.shape[1]:
            group[step, row] = first[2][step] if is_reached else -1


@njit(nogil=True, cache=True)
def _highest_step(mask: int) -> int:
    step = 0
    while mask >> (step + 1):
        step += 1
    return step


@njit(nogil=True, cache=True)
def _is_excluded(mask: int, previous: int, excluded_before: Ints) -> bool:
    """Return whether one of some exclusions happened after the event before."""
    is_excluded = False
    for bit in range(64):
        is_excluded = is_excluded or bool(mask >> bit & 1 and excluded_before[bit] > previous)
    return is_excluded
