"""Baskets sorted and made ready for mining, compiled: what ``_baskets`` and ``_rows`` do with SciPy, in less memory.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from typing import Any

import numpy as np
from numba import njit

from .._encoding import Ints
from .._threads import cores, each, shares
from .baskets import Baskets
from .rows import Rows, frequent_items

SHORT = 48
"""Rows of up to as many items are sorted by insertion."""


def sort_rows(starts: Ints, items: Ints) -> tuple[Ints, Ints]:
    """Sort the items of each order, each once. The array of items is sorted in place and cannot be used again."""
    sizes = np.zeros(len(starts) - 1, dtype=np.int64)
    first, last = shares(starts, 4 * cores())
    each(lambda a, b: _sort_some(starts, items, sizes, a, b), first, last)
    ends = np.zeros(len(starts), dtype=np.int64)
    np.cumsum(sizes, out=ends[1:])
    if ends[-1] == len(items):
        return starts, items
    _close_up(starts, items, ends)
    return ends, items[: ends[-1]].copy()


def frequent_rows(baskets: Baskets, least: int) -> Rows:
    """Keep products in at least ``least`` orders, and number them from the rarest; see :func:`._rows.frequent_rows`."""
    codes, counts, rank = frequent_items(baskets, least)
    given, n = baskets.items, len(codes)
    first, last = shares(baskets.starts, 4 * cores())
    sizes = np.zeros(baskets.n_orders, dtype=np.int64)
    each(lambda a, b: _count_some(baskets.starts, given, rank, sizes, a, b), first, last)
    kept = np.flatnonzero(sizes)
    whole: Any = np.int32 if len(given) < 2**31 else np.int64
    starts = np.zeros(len(kept) + 1, dtype=whole)
    np.cumsum(sizes[kept], out=starts[1:])
    items = np.empty(starts[-1], dtype=np.int32)
    if len(kept):
        first, last = shares(starts, 4 * cores())
        each(lambda a, b: _fill_some(baskets.starts, given, rank, kept, starts, items, a, b), first, last)
    item_starts = np.zeros(n + 1, dtype=whole)
    np.cumsum(np.bincount(items, minlength=n), out=item_starts[1:])
    orders, places = np.empty(len(items), dtype=np.int32), np.empty(len(items), dtype=whole)
    if len(items):
        first, last = shares(item_starts, cores())  # each share reads all rows: no more of them than cores
        each(lambda a, b: _turn_some(starts, items, item_starts, orders, places, a, b), first, last)
    return Rows(
        starts=starts,
        items=items,
        item_starts=item_starts,
        orders=orders,
        places=places,
        codes=codes.astype(np.int32),
        counts=counts,
    )


@njit(nogil=True, cache=True)
def _sort(items: Any, low: int, high: int) -> None:
    if high - low > SHORT:
        items[low:high].sort()
        return
    for place in range(low + 1, high):
        item = items[place]
        to = place
        while to > low and items[to - 1] > item:
            items[to] = items[to - 1]
            to -= 1
        items[to] = item


@njit(nogil=True, cache=True)
def _sort_some(starts: Any, items: Any, sizes: Any, first: int, last: int) -> None:
    """Sort some rows, move what is left of each to its front, and count it."""
    for row in range(first, last):
        low, high = starts[row], starts[row + 1]
        _sort(items, low, high)
        end = low
        for place in range(low, high):
            if place == low or items[place] != items[end - 1]:
                items[end] = items[place]
                end += 1
        sizes[row] = end - low


@njit(nogil=True, cache=True)
def _close_up(starts: Any, items: Any, ends: Any) -> None:
    """Move rows left, over the room of what each lost."""
    for row in range(len(starts) - 1):
        for place in range(ends[row + 1] - ends[row]):
            items[ends[row] + place] = items[starts[row] + place]


@njit(nogil=True, cache=True)
def _count_some(starts: Any, items: Any, rank: Any, sizes: Any, first: int, last: int) -> None:
    """Count the frequent items of some rows; a row with one has none to go with it."""
    for row in range(first, last):
        n = 0
        for place in range(starts[row], starts[row + 1]):
            n += rank[items[place]] >= 0
        sizes[row] = n if n > 1 else 0


@njit(nogil=True, cache=True)
def _fill_some(
    starts: Any, items: Any, rank: Any, kept: Any, new_starts: Any, new_items: Any, first: int, last: int
) -> None:
    """Write the ranks of the frequent items of some rows, ascending."""
    for row in range(first, last):
        to = new_starts[row]
        for place in range(starts[kept[row]], starts[kept[row] + 1]):
            one = rank[items[place]]
            if one >= 0:
                new_items[to] = one
                to += 1
        _sort(new_items, new_starts[row], to)


@njit(nogil=True, cache=True)
def _turn_some(starts: Any, items: Any, item_starts: Any, orders: Any, places: Any, first: int, last: int) -> None:
    """Write the rows of some items, and where each stands in them."""
    free = item_starts[first:last].copy()
    for row in range(len(starts) - 1):
        for place in range(starts[row], starts[row + 1]):
            item = items[place]
            if first <= item < last:
                to = free[item - first]
                orders[to] = row
                places[to] = place
                free[item - first] = to + 1
