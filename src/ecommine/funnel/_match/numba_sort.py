"""Events filtered, packed and sorted on all cores, compiled: what ``sort.sort_events`` does with NumPy.

The order of the sequences does not matter, only that the events of each lie together and in time. So rows are dealt out
by a hash of their sequence: first into parts that fit a core's own cache, then, within a part, into buckets of about
one sequence. What is left to be sorted there are a few events, mostly in the order of time already. Each core deals a
share of the rows, and then sorts a share of the parts. Time grows with the number of events alone.

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

from ..._core.arrays import Ints, distinct_codes
from ..._core.moments import SECOND
from ..._core.threads import Share, equal_shares, map_on_cores
from .sort import MILLISECOND, Events, Layout, RankedKinds, choose_layout, rank_kinds

PART_BITS = 14
"""A part has about half as many rows as these bits count, 64 to 128 kB, unless there would be too many parts."""
MAX_PARTS_BITS = 12
"""More parts than these bits count cannot be written to at once without missing the cache."""
BUCKET_BITS = 13
"""More buckets than these bits count would not fit a core's cache beside their part."""
MAX_MOVES_PER_EVENT = 16
"""Moves per event from which a part is not worth sorting by insertion."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: its multiples spread numbers that follow each other as evenly as can be."""
MAX_INT64 = np.iinfo(np.int64).max
MIN_INT64 = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PackedEvents:
    """Events that count, one 63-bit number each; those of a sequence lie together, sorted by time and kind."""

    parts: list[Ints]  # the numbers; each sequence lies in one part
    layout: Layout  # see :data:`.sort.Layout`
    moments: Ints  # what the times stand for; empty where they are times themselves
    kinds: RankedKinds  # what the kinds stand for


def pack_events(events: Events) -> tuple[PackedEvents | None, Ints | None]:
    """Pack events, with sequences and moments numbered where they take too many bits; and what the numbers stand for.

    Returns
    -------
    packed : PackedEvents or None
        None where 63 bits do not even hold the numbers.
    sequences : int array, or None
        What the sequences stand for; None where they are as given.
    """
    packed = _pack_as_given(events)
    if packed is not None:
        return packed, None
    codes, sequences = pd.factorize(events.sequence)
    packed = _pack_as_given(replace(events, sequence=codes))
    if packed is not None:
        return packed, np.asarray(sequences)
    time, moments = distinct_codes(events.time)
    packed = _pack_as_given(replace(events, sequence=codes, time=time))
    return None if packed is None else replace(packed, moments=moments), np.asarray(sequences)


def _pack_as_given(events: Events) -> PackedEvents | None:
    """Filter, pack and sort events; None where 63 bits do not hold sequence, time and kind."""
    rows = (events.sequence, events.time, events.kind, events.bitmasks)
    shares, part_bits = equal_shares(len(events.sequence)), _part_bits(len(events.sequence))
    is_present = np.zeros((len(shares), len(events.bitmasks)), dtype=np.uint8)
    counts = np.zeros((len(shares), 1 << part_bits), dtype=np.int64)
    surveys = map_on_cores(
        lambda share, present, count: _survey(rows, share, present, count, part_bits),
        shares,
        list(is_present),
        list(counts),
    )
    _, low, high, start, last, is_milli, is_whole = np.array(surveys).T
    if not sum(survey[0] for survey in surveys):
        low, high, start, last = (np.zeros(1, dtype=np.int64) for _ in range(4))
    unit = SECOND if is_whole.all() else MILLISECOND if is_milli.all() else 1
    ranks, kinds = rank_kinds(events, np.asarray(is_present.any(axis=0)))
    sequences, times = (int(low.min()), int(high.max())), (int(start.min()), int(last.max()))
    layout = choose_layout(sequences, times, unit, max(len(kinds.steps) - 1, 0))
    if layout is None:
        return None
    return PackedEvents(
        parts=_sorted_parts(events, ranks, layout, shares, counts),
        layout=layout,
        moments=np.zeros(0, dtype=np.int64),
        kinds=kinds,
    )


def _part_bits(n: int) -> int:
    return min(max((n >> PART_BITS).bit_length(), 1), MAX_PARTS_BITS)


def _sorted_parts(events: Events, ranks: Ints, layout: Layout, shares: list[Share], counts: Ints) -> list[Ints]:
    """Pack the rows into parts of whole sequences, sort these, and return as many runs of parts as there are shares."""
    group = np.zeros(0, dtype=np.int64) if events.group is None else events.group
    rows, part_bits = (events.sequence, events.time, events.kind, group), _part_bits(len(events.sequence))
    starts = list(np.cumsum(counts.T).reshape(counts.T.shape).T - counts)  # part by part, in each share by share
    packed, n_groups = np.empty(int(counts.sum()), dtype=np.int64), events.n_groups
    map_on_cores(
        lambda share, start: _pack(rows, ranks, n_groups, layout, share, start, packed, part_bits), shares, starts
    )
    ends = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    cuts = np.searchsorted(ends, len(packed) * np.arange(len(shares) + 1) // len(shares)).tolist()
    runs = [ends[first : last + 1] for first, last in pairwise(cuts)]
    map_on_cores(lambda run: _sort_run(packed, run, layout, part_bits), runs)
    return [packed[run[0] : run[-1]] for run in runs]


def _sort_run(packed: Ints, ends: Ints, layout: Layout, part_bits: int) -> None:
    """Sort the parts between these ends; by comparison what is too far from sorted for insertion."""
    largest = int(np.diff(ends).max(initial=0))
    bits = (part_bits, min(BUCKET_BITS, largest.bit_length() + 1))
    is_unsorted = _sort_parts(packed, ends, layout, bits, np.empty(largest, np.int64))
    for part in np.flatnonzero(is_unsorted).tolist():
        packed[ends[part] : ends[part + 1]].sort()


@njit(nogil=True, cache=True)
def _survey(rows: tuple[Any, ...], share: Share, is_present: Any, counts: Ints, part_bits: int) -> tuple[Any, ...]:
    """Survey some rows: how many count, the least and largest sequence and moment, and whether moments are round.

    Which kinds occur, and how many rows each part has, is written to ``is_present`` and ``counts``.
    """
    sequences, time, kinds, bitmasks = rows
    n_counted, low, high = 0, np.int64(MAX_INT64), np.int64(MIN_INT64)
    start, last = low, high
    is_milli, is_whole = True, True
    for row in range(share[0], share[1]):
        kind = kinds[row]
        if bitmasks[kind] < 0:
            continue
        is_present[kind] = 1
        n_counted += 1
        sequence, moment = np.int64(sequences[row]), time[row]
        counts[_hashed(sequence, part_bits)] += 1
        low, high, start, last = min(low, sequence), max(high, sequence), min(start, moment), max(last, moment)
        if is_milli:
            offset = moment - time[0]
            is_milli, is_whole = offset % MILLISECOND == 0, is_whole and offset % SECOND == 0
    return n_counted, low, high, start, last, is_milli, is_whole and is_milli


@njit(nogil=True, inline="always")
def _hashed(sequence: Any, bits: int) -> Any:
    """Return the upper bits of a sequence's hash."""
    return np.int64((np.uint64(sequence) * GOLDEN) >> np.uint64(64 - bits))


@njit(nogil=True, cache=True)
def _pack(
    rows: tuple[Any, ...],
    ranks: Ints,
    n_groups: int,
    layout: tuple[int, ...],
    share: Share,
    starts: Ints,
    packed: Ints,
    part_bits: int,
) -> None:
    """Pack some rows into their parts."""
    sequences, time, kinds, group = rows
    low, start, unit, time_bits, kind_bits = layout
    for row in range(share[0], share[1]):
        kind = ranks[kinds[row]]
        if kind < 0:
            continue
        if len(group):
            kind = kind * n_groups + group[row]
        sequence, offset = np.int64(sequences[row]), time[row] - start
        if unit == SECOND:  # dividing by what the compiler knows is several times faster
            offset //= SECOND
        elif unit == MILLISECOND:
            offset //= MILLISECOND
        part = _hashed(sequence, part_bits)
        packed[starts[part]] = ((sequence - low) << time_bits | offset) << kind_bits | kind
        starts[part] += 1


@njit(nogil=True, cache=True)
def _sort_parts(packed: Ints, ends: Ints, layout: tuple[int, ...], bits: tuple[int, int], spare: Ints) -> Any:
    """Sort each part by buckets of sequences; return which stay unsorted, since their buckets are long and rough."""
    bucket_ends = np.zeros((1 << bits[1]) + 1, np.int64)
    is_unsorted = np.zeros(len(ends) - 1, np.bool_)
    for part in range(len(ends) - 1):
        values = packed[ends[part] : ends[part + 1]]
        _deal(values, spare, bucket_ends, layout, bits)
        is_unsorted[part] = not _insert(spare[: len(values)], bucket_ends[:-1])
        values[:] = spare[: len(values)]
    return is_unsorted


@njit(nogil=True, cache=True)
def _deal(part: Ints, into: Ints, ends: Ints, layout: tuple[int, ...], bits: tuple[int, int]) -> None:
    """Deal events out by the bits of their sequence's hash that follow those of the part; write the buckets' ends.

    ``ends`` has one more element than there are buckets: while they are counted each stands behind its own.
    """
    low, low_bits, hash_bits = layout[0], layout[3] + layout[4], bits[0] + bits[1]
    last = (1 << bits[1]) - 1
    ends[:] = 0
    for packed in part:
        ends[(_hashed((packed >> low_bits) + low, hash_bits) & last) + 1] += 1
    for bucket in range(last):
        ends[bucket + 1] += ends[bucket]
    for packed in part:
        bucket = _hashed((packed >> low_bits) + low, hash_bits) & last
        into[ends[bucket]] = packed
        ends[bucket] += 1


@njit(nogil=True, cache=True)
def _insert(values: Ints, ends: Ints) -> bool:
    """Sort each bucket by insertion; give up, and return False, if that takes too many moves."""
    first, moves_left = np.int64(0), MAX_MOVES_PER_EVENT * len(values)
    for end in ends:
        for position in range(first + 1, end):
            value, target = values[position], position
            while target > first and values[target - 1] > value:
                values[target] = values[target - 1]
                target -= 1
            values[target] = value
            moves_left -= position - target
            if moves_left < 0:
                return False
        first = end
    return True
