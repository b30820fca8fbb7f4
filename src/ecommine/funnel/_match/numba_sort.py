"""Events filtered, packed and sorted on all cores, compiled: what ``_moves.sort_events`` does with NumPy.

The order of the logs does not matter, only that the events of each lie together and in time. So rows are dealt out by a
hash of their log: first into parts that fit a core's own cache, then, within a part, into buckets of about one log.
What is left to be sorted there are a few events, mostly in the order of time already. Each core deals a share of the
rows, and then sorts a share of the parts. Time grows with the number of events alone.

References
----------
Knuth, D. E. (1998). The art of computer programming, volume 3: Sorting and searching, second edition. Addison-Wesley.
Section 6.4, multiplicative hashing; section 5.2.5, distribution sorting.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numba import njit

from .._cores import equal_shares, map_on_cores
from .._micro import SECOND
from .sort import Events, Ints, Shape, lowest_first, ranks_of, shape_of, steps_of

PART_BITS = 14
"""A part has about half as many rows as these bits count, 64 to 128 kB, unless there would be too many parts."""
MOST_PARTS_BITS = 12
"""More parts than these bits count cannot be written to at once without missing the cache."""
BUCKET_BITS = 13
"""More buckets than these bits count would not fit a core's cache beside their part."""
ROUGH = 16
"""Moves an event from which a part is not worth sorting by insertion."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: its multiples spread numbers that follow each other as evenly as can be."""
MOST = np.iinfo(np.int64).max
LEAST = np.iinfo(np.int64).min
MILLI = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packed:
    """Events that count, one 63-bit number each; those of a log lie together, sorted by time and kind.

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
    given, bits = equal_shares(len(events.log)), _part_bits(len(events.log))
    there = np.zeros((len(given), len(events.masks)), dtype=np.uint8)
    counts = np.zeros((len(given), 1 << bits), dtype=np.int64)
    facts = map_on_cores(lambda *one: _survey(rows, one[0], one[1], one[2], bits), given, list(there), list(counts))
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
        parts=_sorted_parts(events, rank, groups, shape, given, counts),
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


def _part_bits(n: int) -> int:
    return min(max((n >> PART_BITS).bit_length(), 1), MOST_PARTS_BITS)


def _sorted_parts(
    events: Events, rank: Ints, groups: int, shape: Shape, given: list[tuple[int, int]], counts: Ints
) -> list[Ints]:
    """Pack the rows into parts of whole logs, sort these, and return as many runs of parts as there are shares."""
    group = np.zeros(0, dtype=np.int64) if events.group is None else events.group
    rows, bits = (events.log, events.time, events.code, group), _part_bits(len(events.log))
    begins = list(np.cumsum(counts.T).reshape(counts.T.shape).T - counts)  # part by part, in each share by share
    found = np.empty(int(counts.sum()), dtype=np.int64)
    map_on_cores(lambda share, begin: _pack(rows, rank, groups, shape, share, begin, found, bits), given, begins)
    ends = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    cuts = np.searchsorted(ends, len(found) * np.arange(len(given) + 1) // len(given)).tolist()
    runs = [ends[first : last + 1] for first, last in pairwise(cuts)]
    map_on_cores(lambda run: _sort_run(found, run, shape, bits), runs)
    return [found[run[0] : run[-1]] for run in runs]


def _sort_run(found: Ints, ends: Ints, shape: Shape, bits: int) -> None:
    """Sort the parts between these ends; by comparison what is too rough for insertion."""
    largest = int(np.diff(ends).max(initial=0))
    width = (bits, min(BUCKET_BITS, largest.bit_length() + 1))
    for part in np.flatnonzero(_sort_parts(found, ends, shape, width, np.empty(largest, np.int64))).tolist():
        found[ends[part] : ends[part + 1]].sort()


@njit(nogil=True, cache=True)
def _survey(rows: tuple[Any, ...], share: tuple[int, int], there: Any, counts: Ints, bits: int) -> tuple[Any, ...]:
    """Look at some rows: how many count, the least and the last log and moment, and whether moments are round.

    What there is of the masks, and how many rows of each part, is written to ``there`` and ``counts``.
    """
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
        counts[_hashed(mine, bits)] += 1
        low, high, start, last = min(low, mine), max(high, mine), min(start, moment), max(last, moment)
        if is_milli:
            since = moment - time[0]
            is_milli, is_whole = since % MILLI == 0, is_whole and since % SECOND == 0
    return kept, low, high, start, last, is_milli, is_whole and is_milli


@njit(nogil=True, inline="always")
def _hashed(log: Any, bits: int) -> Any:
    """Return the upper bits of a log's hash."""
    return np.int64((np.uint64(log) * GOLDEN) >> np.uint64(64 - bits))


@njit(nogil=True, cache=True)
def _pack(
    rows: tuple[Any, ...],
    rank: Ints,
    groups: int,
    shape: tuple[int, ...],
    share: tuple[int, int],
    begins: Ints,
    found: Ints,
    part_bits: int,
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
        mine, since = np.int64(log[place]), time[place] - start
        if step == SECOND:  # dividing by what the compiler knows is several times faster
            since //= SECOND
        elif step == MILLI:
            since //= MILLI
        part = _hashed(mine, part_bits)
        found[begins[part]] = ((mine - low) << time_bits | since) << bits | kind
        begins[part] += 1


@njit(nogil=True, cache=True)
def _sort_parts(found: Ints, ends: Ints, shape: tuple[int, ...], width: tuple[int, int], spare: Ints) -> Any:
    """Sort each part by buckets of logs; tell which are left as they are, since their buckets are long and rough."""
    bucket_ends = np.zeros((1 << width[1]) + 1, np.int64)
    rough = np.zeros(len(ends) - 1, np.bool_)
    for part in range(len(ends) - 1):
        mine = found[ends[part] : ends[part + 1]]
        _deal(mine, spare, bucket_ends, shape, width)
        rough[part] = not _insert(spare[: len(mine)], bucket_ends[:-1])
        mine[:] = spare[: len(mine)]
    return rough


@njit(nogil=True, cache=True)
def _deal(part: Ints, into: Ints, ends: Ints, shape: tuple[int, ...], width: tuple[int, int]) -> None:
    """Deal events out by the bits of their log's hash that follow those of the part; write the ends of the buckets.

    ``ends`` has one more place than there are buckets: while they are counted each stands behind its own.
    """
    low, low_bits, bits = shape[0], shape[3] + shape[4], width[0] + width[1]
    last = (1 << width[1]) - 1
    ends[:] = 0
    for one in part:
        ends[(_hashed((one >> low_bits) + low, bits) & last) + 1] += 1
    for bucket in range(last):
        ends[bucket + 1] += ends[bucket]
    for one in part:
        bucket = _hashed((one >> low_bits) + low, bits) & last
        into[ends[bucket]] = one
        ends[bucket] += 1


@njit(nogil=True, cache=True)
def _insert(values: Ints, ends: Ints) -> bool:
    """Sort each bucket by insertion; give up, and return False, if that takes too many moves."""
    first, moves_left = np.int64(0), ROUGH * len(values)
    for end in ends:
        for place in range(first + 1, end):
            one, at = values[place], place
            while at > first and values[at - 1] > one:
                values[at] = values[at - 1]
                at -= 1
            values[at] = one
            moves_left -= place - at
            if moves_left < 0:
                return False
        first = end
    return True
