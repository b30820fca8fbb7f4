"""Baskets sorted and made ready for mining, compiled: as :mod:`.read` and :mod:`.matrix` do, in less time and memory.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from typing import Any

import numpy as np
from numba import njit

from ..._core.arrays import Ints
from ..._core.threads import balanced_shares, core_count, map_on_cores
from .baskets import Baskets
from .matrix import FrequentMatrix, rank_frequent_items

MAX_INSERTION_SORT = 48
"""Rows of up to as many items are sorted by insertion."""


def sort_rows(starts: Ints, items: Ints) -> tuple[Ints, Ints]:
    """Sort the items of each order, each once. The array of items is sorted in place and cannot be used again."""
    sizes = np.zeros(len(starts) - 1, dtype=np.int64)
    shares = balanced_shares(starts, 4 * core_count())
    map_on_cores(lambda first, end: _sort_share(starts, items, sizes, first, end), *zip(*shares, strict=True))
    ends = np.zeros(len(starts), dtype=np.int64)
    np.cumsum(sizes, out=ends[1:])
    if ends[-1] == len(items):
        return starts, items
    _close_gaps(starts, items, ends)
    return ends, items[: ends[-1]].copy()


def frequent_matrix(baskets: Baskets, min_count: int) -> FrequentMatrix:
    """Keep products in at least ``min_count`` orders, numbered from the rarest; as :func:`.matrix.frequent_matrix`."""
    codes, counts, rank = rank_frequent_items(baskets, min_count)
    basket_starts, basket_items = baskets.starts, baskets.items
    sizes = np.zeros(baskets.n_orders, dtype=np.int64)
    shares = balanced_shares(basket_starts, 4 * core_count())
    map_on_cores(lambda a, b: _count_share(basket_starts, basket_items, rank, sizes, a, b), *zip(*shares, strict=True))
    kept = np.flatnonzero(sizes)
    index_type: Any = np.int32 if len(basket_items) < 2**31 else np.int64
    starts = np.zeros(len(kept) + 1, dtype=index_type)
    np.cumsum(sizes[kept], out=starts[1:])
    items = np.empty(starts[-1], dtype=np.int32)
    if len(kept):
        shares = balanced_shares(starts, 4 * core_count())
        arrays = (basket_starts, basket_items, rank, kept, starts, items)
        map_on_cores(lambda a, b: _fill_share(*arrays, a, b), *zip(*shares, strict=True))
    item_starts, orders, positions = _transpose(starts, items, len(codes), index_type)
    return FrequentMatrix(
        starts=starts,
        items=items,
        item_starts=item_starts,
        orders=orders,
        positions=positions,
        codes=codes.astype(np.int32),
        counts=counts,
    )


def _transpose(starts: Ints, items: Ints, n_items: int, index_type: Any) -> tuple[Ints, Ints, Ints]:
    item_starts = np.zeros(n_items + 1, dtype=index_type)
    np.cumsum(np.bincount(items, minlength=n_items), out=item_starts[1:])
    orders, positions = np.empty(len(items), dtype=np.int32), np.empty(len(items), dtype=index_type)
    if len(items):
        shares = balanced_shares(item_starts, core_count())  # each share reads all rows: no more of them than cores
        arrays = (starts, items, item_starts, orders, positions)
        map_on_cores(lambda a, b: _transpose_share(*arrays, a, b), *zip(*shares, strict=True))
    return item_starts, orders, positions


@njit(nogil=True, cache=True)
def _sort(items: Any, low: int, high: int) -> None:
    if high - low > MAX_INSERTION_SORT:
        items[low:high].sort()
        return
    for position in range(low + 1, high):
        item = items[position]
        target = position
        while target > low and items[target - 1] > item:
            items[target] = items[target - 1]
            target -= 1
        items[target] = item


@njit(nogil=True, cache=True)
def _sort_share(starts: Any, items: Any, sizes: Any, first: int, last: int) -> None:
    """Sort a share of the rows, move the distinct items of each to its front, and count them."""
    for row in range(first, last):
        low, high = starts[row], starts[row + 1]
        _sort(items, low, high)
        end = low
        for position in range(low, high):
            if position == low or items[position] != items[end - 1]:
                items[end] = items[position]
                end += 1
        sizes[row] = end - low


@njit(nogil=True, cache=True)
def _close_gaps(starts: Any, items: Any, ends: Any) -> None:
    """Move rows left, over the room that duplicates took."""
    for row in range(len(starts) - 1):
        for offset in range(ends[row + 1] - ends[row]):
            items[ends[row] + offset] = items[starts[row] + offset]


@njit(nogil=True, cache=True)
def _count_share(starts: Any, items: Any, rank: Any, sizes: Any, first: int, last: int) -> None:
    """Count the frequent items of a share of the rows; a single one counts as none, as it makes no pair."""
    for row in range(first, last):
        n = 0
        for position in range(starts[row], starts[row + 1]):
            n += rank[items[position]] >= 0
        sizes[row] = n if n > 1 else 0


@njit(nogil=True, cache=True)
def _fill_share(
    starts: Any, items: Any, rank: Any, kept: Any, new_starts: Any, new_items: Any, first: int, last: int
) -> None:
    """Write the ranks of the frequent items of a share of the rows, ascending."""
    for row in range(first, last):
        target = new_starts[row]
        for position in range(starts[kept[row]], starts[kept[row] + 1]):
            item_rank = rank[items[position]]
            if item_rank >= 0:
                new_items[target] = item_rank
                target += 1
        _sort(new_items, new_starts[row], target)


@njit(nogil=True, cache=True)
def _transpose_share(
    starts: Any, items: Any, item_starts: Any, orders: Any, positions: Any, first: int, last: int
) -> None:
    """Write the rows of a share of the items, and where each item stands in them."""
    free = item_starts[first:last].copy()
    for row in range(len(starts) - 1):
        for position in range(starts[row], starts[row + 1]):
            item = items[position]
            if first <= item < last:
                target = free[item - first]
                orders[target] = row
                positions[target] = position
                free[item - first] = target + 1
