"""Events filtered, packed and sorted on all cores, compiled: what ``_moves.sort_events`` does with NumPy.

Each core packs a share of the rows, and then sorts a share of the logs, so that a log lies in one part as a whole.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numba import njit

from ._cores import on_cores, shares
from ._moves import SECOND, Events, Ints, Shape, lowest_first, ranks_of, shape_of, steps_of

SAMPLE = 4_096
"""Logs that are looked at for the cuts between parts."""
MOST = np.iinfo(np.int64).max
LEAST = np.iinfo(np.int64).min
MILLI = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packed:
    """Events that count, one 63-bit number each, sorted by log, time and kind.

    Attributes
    ----------
    parts : list of int64 arrays
        The numbers; each log lies in one part.
    shape : tuple of int
        The least log, the least moment, microseconds a step of time, bits of the time, bits of the kind.
    moments : int64 array
        What the times stand for; empty where they are times themselves.
    steps, bars, group : int64 arrays of shape (n_kinds,)
        What the kinds stand for.
    """

    parts: list[Ints]
    shape: Shape
    moments: Ints
    steps: Ints
    bars: Ints
    group: Ints


def packed(events: Events) -> Packed | None:
    """Filter, pack and sort events; None where 63 bits do not hold log, time and kind."""
    rows = (events.log, events.time, events.code, events.masks)
    parts = shares(len(events.log))
    there = np.zeros((len(parts), len(events.masks)), dtype=np.uint8)
    facts = on_cores(lambda share, mine: _survey(rows, share, mine), parts, list(there))
    _, low, high, start, last, is_milli, is_whole = np.array(facts).T
    if not sum(fact[0] for fact in facts):
        low, high, start, last = (np.zeros(1, dtype=np.int64) for _ in range(4))
    step = SECOND if is_whole.all() else MILLI if is_milli.all() else 1
    rank, masks = _ranks_of_masks(events, there.any(axis=0))
    groups = 1 if events.group is None else int(events.group.max(initial=0)) + 1
    n_kinds = max(len(masks) * groups, 1)
    shape = shape_of((int(low.min()), int(high.max())), (int(start.min()), int(last.max())), step, n_kinds - 1)
    if shape is None:
        return None
    return Packed(
        parts=_sorted_parts(events, rank, groups, shape, parts),
        shape=shape,
        moments=np.zeros(0, dtype=np.int64),
        steps=np.repeat(steps_of(masks, events.n_steps), groups),
        bars=np.repeat(masks >> events.n_steps, groups),
        group=np.tile(np.arange(groups), len(masks)),
    )


def packed_somehow(events: Events) -> tuple[Packed | None, Ints | None]:
    """Pack events, with logs and moments numbered where they take too many bits; and what the logs stand for."""
    found = packed(events)
    if found is not None:
        return found, None
    codes, logs = pd.factorize(events.log)
    found = packed(replace(events, log=codes))
    if found is not None:
        return found, np.asarray(logs)
    time, moments = ranks_of(events.time)
    found = packed(replace(events, log=codes, time=time))
    return None if found is None else replace(found, moments=moments), np.asarray(logs)


def _ranks_of_masks(events: Events, there: Any) -> tuple[Ints, Ints]:
    """Give numbers to the masks that there are, the lowest step first; -1 for the others."""
    steps = dict(zip(events.masks.tolist(), steps_of(events.masks, events.n_steps).tolist(), strict=True))
    order = sorted(set(events.masks[there].tolist()), key=lambda mask: (lowest_first(steps[mask]), mask))
    known = {mask: place for place, mask in enumerate(order)}
    ranks = [known.get(mask, -1) for mask in events.masks.tolist()]
    return np.array(ranks, dtype=np.int64), np.array(order, dtype=np.int64)


def _sorted_parts(events: Events, rank: Ints, groups: int, shape: Shape, given: list[tuple[int, int]]) -> list[Ints]:
    """Pack the rows into as many parts of whole logs as there are shares of rows, and sort each."""
    group = np.zeros(0, dtype=np.int64) if events.group is None else events.group
    rows, cuts = (events.log, events.time, events.code, group), _cuts(events.log, len(given))
    counts = np.array(on_cores(lambda share: _counts(rows, rank, cuts, share), given))
    begins = list(np.cumsum(counts.T).reshape(counts.T.shape).T - counts)  # part by part, in each share by share
    found = np.empty(int(counts.sum()), dtype=np.int64)
    on_cores(lambda share, begin: _pack(rows, rank, groups, shape, cuts, share, begin.copy(), found), given, begins)
    parts: list[Ints] = np.split(found, np.cumsum(counts.sum(axis=0))[:-1])
    on_cores(lambda part: part.sort(), parts)
    return parts


def _cuts(log: Ints, n_parts: int) -> Ints:
    """Find numbers of logs that cut the events into parts of about the same size."""
    sample = np.sort(log[:: max(len(log) // SAMPLE, 1)])
    return sample[np.arange(1, n_parts) * len(sample) // n_parts].astype(np.int64) if len(sample) else sample[:0]


@njit(nogil=True, cache=True)
def _survey(rows: tuple[Any, ...], share: tuple[int, int], there: Any) -> tuple[Any, ...]:
    """Look at some rows: how many count, the least and the last log and moment, and whether moments are round."""
    log, time, code, masks = rows
    kept, low, high = 0, np.int64(MOST), np.int64(LEAST)
    start, last = low, high
    is_milli, is_whole = True, True
    for place in range(share[0], share[1]):
        kind = code[place]
        if masks[kind] < 0:
            continue
        there[kind] = 1
        kept += 1
        mine, moment = np.int64(log[place]), time[place]
        low, high, start, last = min(low, mine), max(high, mine), min(start, moment), max(last, moment)
        if is_milli:
            since = moment - time[0]
            is_milli, is_whole = since % MILLI == 0, is_whole and since % SECOND == 0
    return kept, low, high, start, last, is_milli, is_whole and is_milli


@njit(nogil=True, cache=True)
def _part_of(log: int, cuts: Ints) -> int:
    part = 0
    for cut in cuts:
        part += log >= cut
    return part


@njit(nogil=True, cache=True)
def _counts(rows: tuple[Any, ...], rank: Ints, cuts: Ints, share: tuple[int, int]) -> Ints:
    """Count the rows of each part."""
    log, _, code, _ = rows
    counts = np.zeros(len(cuts) + 1, dtype=np.int64)
    for place in range(share[0], share[1]):
        if rank[code[place]] >= 0:
            counts[_part_of(log[place], cuts)] += 1
    return counts


@njit(nogil=True, cache=True)
def _pack(
    rows: tuple[Any, ...],
    rank: Ints,
    groups: int,
    shape: tuple[int, ...],
    cuts: Ints,
    share: tuple[int, int],
    begins: Ints,
    found: Ints,
) -> None:
    """Pack some rows into their parts; see :func:`._moves._pack`."""
    log, time, code, group = rows
    low, start, step, time_bits, bits = shape
    for place in range(share[0], share[1]):
        kind = rank[code[place]]
        if kind < 0:
            continue
        if len(group):
            kind = kind * groups + group[place]
        since, part = time[place] - start, _part_of(log[place], cuts)
        if step == SECOND:  # dividing by what the compiler knows is several times faster
            since //= SECOND
        elif step == MILLI:
            since //= MILLI
        found[begins[part]] = ((np.int64(log[place]) - low) << time_bits | since) << bits | kind
        begins[part] += 1
