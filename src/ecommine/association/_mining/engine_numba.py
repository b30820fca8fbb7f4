"""Frequent itemsets, compiled: the same search as in :mod:`.engine_numpy`, on all cores.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from typing import Any

import numpy as np
from numba import njit

from ..._core.arrays import Ints
from ..._core.threads import map_on_cores
from .matrix import FrequentMatrix, frequent_matrix
from .threshold import MAX_ITEMSETS, SupportThreshold, TooManyItemsetsError
from .tree import Level, Tree

__all__ = ["frequent_matrix", "mine", "tree_to_levels"]

N_SHARES = 32
"""Shares of the products, which the threads take in turn."""


def mine(matrix: FrequentMatrix, threshold: SupportThreshold, max_size: int) -> Tree:
    """Find all itemsets of two and more products that reach the threshold."""
    n_items = len(matrix.codes)
    arrays = (matrix.starts, matrix.items, matrix.item_starts, matrix.orders, matrix.positions)
    limits = np.array(
        [threshold.min_count, threshold.n_reaching, threshold.top or 0, threshold.max_kept or 0], dtype=np.int64
    )
    n_found = np.zeros(1, dtype=np.int64)  # itemsets of all shares so far

    def mine_share(first: int, step: int) -> Any:
        options: tuple[Any, ...] = (n_items, first, step, max_size, limits, threshold.histogram, n_found, MAX_ITEMSETS)
        return _mine_share(*arrays, *options)

    if max_size < 2 or n_items < 2:
        parts: list[tuple[Any, ...]] = []
    elif threshold.top is not None:  # the threads would raise one threshold
        parts = [mine_share(0, 1)]
        threshold.min_count, threshold.n_reaching = int(limits[0]), int(limits[1])
    else:
        parts = map_on_cores(mine_share, range(N_SHARES), [N_SHARES] * N_SHARES)
    if n_found[0] > MAX_ITEMSETS:
        raise TooManyItemsetsError
    return _join_trees(parts, n_items)


def _join_trees(parts: list[tuple[Any, ...]], n_items: int) -> Tree:
    parents, offset = [np.zeros(0, dtype=np.int64)], 0
    for parent, *_ in parts:
        parents.append(np.where(parent >= n_items, parent + offset, parent))
        offset += len(parent)
    item, count, depth = (
        np.concatenate([np.zeros(0, dtype=dtype), *(part[column] for part in parts)])
        for column, dtype in ((1, np.int32), (2, np.int64), (3, np.int32))
    )
    return Tree(parent=np.concatenate(parents), item=item, count=count, depth=depth)


def tree_to_levels(tree: Tree, codes: Ints) -> list[Level]:
    """Write a tree out, size by size; as :func:`.tree.tree_to_levels` does."""
    n = np.bincount(tree.depth)
    firsts = np.cumsum(n * np.arange(len(n))) - n * np.arange(len(n))  # where the rows of each size begin
    rows, counts = np.empty(int(tree.depth.sum()), dtype=np.int32), np.empty(len(tree.count), dtype=np.int64)
    _write_rows(tree.parent, tree.item, tree.count, tree.depth, codes, firsts, np.cumsum(n) - n, rows, counts)
    ends = np.cumsum(n)
    return [
        Level(
            items=rows[firsts[size] : firsts[size] + n[size] * size].reshape(n[size], size),
            counts=counts[ends[size] - n[size] : ends[size]],
        )
        for size in range(1, len(n))
    ]


@njit(nogil=True, cache=True)
def _write_rows(
    parent: Any, item: Any, count: Any, depth: Any, codes: Any, firsts: Any, row_at: Any, rows: Any, counts: Any
) -> None:
    """Write the products of each node, ascending: those of its parent, which stands before it, and its own."""
    starts, free = np.empty(len(parent), dtype=np.int64), firsts.copy()
    for node in range(len(parent)):
        size, new = depth[node], codes[item[node]]
        target = free[size]
        starts[node] = target
        free[size] += size
        counts[row_at[size]] = count[node]
        row_at[size] += 1
        position = size - 1
        if position > 0:
            above = starts[parent[node]]
            while position > 0 and rows[above + position - 1] > new:
                rows[target + position] = rows[above + position - 1]
                position -= 1
            for before in range(position):
                rows[target + before] = rows[above + before]
        rows[target + position] = new


@njit(nogil=True, cache=True)
def _popcount(word: Any) -> Any:
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(nogil=True, cache=True)
def _intersect(bitsets: Any, left: Any, right: Any, target: Any, n_words: Any) -> Any:
    """Write the orders of two siblings that are the same, and count them."""
    # Slices, since only then does the compiler know that no index is negative, and takes several words at a time.
    first, second = bitsets[left : left + n_words], bitsets[right : right + n_words]
    both = bitsets[target : target + n_words]
    total = np.int64(0)
    for word in range(n_words):
        both[word] = first[word] & second[word]
        total += _popcount(both[word])
    return total


@njit(nogil=True, cache=True)
def _grown(array: Any, needed: int) -> Any:
    if needed <= len(array):
        return array
    larger = np.empty(max(needed, 2 * len(array)), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@njit(nogil=True, cache=True)
def _admit(count: Any, limits: Any, histogram: Any) -> Any:
    """Return whether a count reaches the threshold, which it may raise; as :class:`.threshold.SupportThreshold` does.

    The limits are the threshold, the itemsets that reach it, the itemsets wanted and the most that may be kept.
    """
    if count < limits[0]:
        return False
    if limits[2] > 0:
        histogram[count] += 1
        limits[1] += 1
        while (limits[1] > limits[2] and limits[1] - histogram[limits[0]] >= limits[2]) or limits[1] > limits[3]:
            limits[1] -= histogram[limits[0]]
            limits[0] += 1
    return count >= limits[0]


@njit(nogil=True, cache=True)
def _mine_share(
    starts: Any,
    items: Any,
    item_starts: Any,
    orders: Any,
    positions: Any,
    n_items: int,
    share: int,
    step: int,
    max_size: int,
    limits: Any,
    histogram: Any,
    n_found: Any,
    max_itemsets: int,
) -> Any:
    """Find the itemsets that begin with every ``step``-th product: their parents, items, counts and sizes."""
    parent, item = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int32)
    count, depth = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int32)
    size = 0
    counts, row_of_item = np.zeros(n_items, dtype=np.int64), np.full(n_items, -1, dtype=np.int32)
    bitsets = np.empty(1024, dtype=np.uint64)
    ids, nodes = np.empty(n_items, dtype=np.int32), np.empty(n_items, dtype=np.int64)
    stack = np.zeros((4, n_items + 2), dtype=np.int64)
    for prefix in range(n_items - 1 - share, -1, -step):  # the most frequent first, to raise the threshold
        if n_found[0] > max_itemsets:
            break
        size_before = size
        first, last = item_starts[prefix], item_starts[prefix + 1]
        _count_pairs(starts, items, orders, positions, first, last, counts[prefix:], prefix)
        needed = size + n_items - prefix
        parent, item = _grown(parent, needed), _grown(item, needed)
        count, depth = _grown(count, needed), _grown(depth, needed)
        n = _add_pairs(
            prefix, n_items, counts, limits, histogram, parent, item, count, depth, size, ids, nodes, row_of_item
        )
        size += n
        if n > 1 and max_size > 2:
            n_words = (last - first + 63) >> 6
            bitsets = _grown(bitsets, n * n_words)
            bitsets[: n * n_words] = 0
            _write_words(starts, items, orders, positions, first, last, row_of_item, bitsets, n_words)
            stack[:, 0] = 0, n, 0, 0
            level = 0
            while level >= 0:
                # Where room runs out the search comes back for more: arrays that change inside a loop are counted
                # references there, which take longer than what is computed.
                level, size = _search(
                    level, size, stack, ids, nodes, bitsets, n_words, parent, item, count, depth,
                    n_items, max_size, limits, histogram, size_before + max_itemsets,
                )  # fmt: skip
                if level >= 0:
                    wider, longer = _room_needed(stack, level, n_words)
                    bitsets, ids, nodes = _grown(bitsets, wider), _grown(ids, longer), _grown(nodes, longer)
                    needed = size + stack[1, level]
                    parent, item = _grown(parent, needed), _grown(item, needed)
                    count, depth = _grown(count, needed), _grown(depth, needed)
        n_found[0] += size - size_before
        for row in range(n):
            row_of_item[ids[row]] = -1
    return parent[:size], item[:size], count[:size], depth[:size]


@njit(nogil=True, cache=True)
def _add_pairs(
    prefix: int,
    n_items: int,
    counts: Any,
    limits: Any,
    histogram: Any,
    parent: Any,
    item: Any,
    count: Any,
    depth: Any,
    size: int,
    ids: Any,
    nodes: Any,
    row_of_item: Any,
) -> int:
    """Add the pairs of a product with later ones that are frequent, and return how many there are."""
    n = 0
    for later in range(prefix + 1, n_items):
        if counts[later] > 0 and counts[later] >= limits[0] and _admit(counts[later], limits, histogram):
            row = size + n
            parent[row], item[row], count[row], depth[row] = prefix, later, counts[later], 2
            ids[n], nodes[n] = later, n_items + row
            row_of_item[later] = n
            n += 1
    return n


@njit(nogil=True, cache=True)
def _count_pairs(
    starts: Any, items: Any, orders: Any, positions: Any, first: int, last: int, counts: Any, prefix: int
) -> None:
    """Count the products that come after a prefix in its orders."""
    counts[:] = 0
    for position in range(first, last):
        for later in range(positions[position] + 1, starts[orders[position] + 1]):
            counts[items[later] - prefix] += 1


@njit(nogil=True, cache=True)
def _write_words(
    starts: Any,
    items: Any,
    orders: Any,
    positions: Any,
    first: int,
    last: int,
    row_of_item: Any,
    bitsets: Any,
    n_words: int,
) -> None:
    """Write the orders of a prefix that hold each of its siblings, one bit each."""
    for position in range(first, last):
        word, bit = (position - first) >> 6, np.uint64(1) << np.uint64((position - first) & 63)
        for later in range(positions[position] + 1, starts[orders[position] + 1]):
            row = row_of_item[items[later]]
            if row >= 0:
                bitsets[row * n_words + word] |= bit


@njit(nogil=True, cache=True)
def _room_needed(stack: Any, level: int, n_words: int) -> Any:
    """Return how many words and siblings need room if those of a level are combined into the next."""
    begin, length, following, word_at = stack[:, level]
    children = length - following - 1
    return word_at + (length + children) * n_words, begin + length + children


@njit(nogil=True, cache=True)
def _search(
    level: int,
    size: int,
    stack: Any,
    ids: Any,
    nodes: Any,
    bitsets: Any,
    n_words: int,
    parent: Any,
    item: Any,
    count: Any,
    depth: Any,
    n_items: int,
    max_size: int,
    limits: Any,
    histogram: Any,
    max_itemsets: int,
) -> Any:
    """Combine siblings, depth first, until there are none (level -1) or room runs out.

    The stack has groups of siblings: where their ids and their words begin, how many they are, which one is next.
    """
    begin, length, next_of, word_at = stack[0], stack[1], stack[2], stack[3]
    while level >= 0:
        first = next_of[level]
        if first >= length[level] - 1:
            level -= 1
            continue
        base = word_at[level] + first * n_words
        child_begin, child_words = begin[level] + length[level], word_at[level] + length[level] * n_words
        children = length[level] - first - 1
        short = child_words + children * n_words > len(bitsets) or child_begin + children > len(ids)
        if short or size + children > len(parent):
            break
        next_of[level] += 1
        m = 0
        for sibling in range(first + 1, length[level]):
            target = child_words + m * n_words
            total = _intersect(bitsets, base, word_at[level] + sibling * n_words, target, n_words)
            if total > 0 and total >= limits[0] and _admit(total, limits, histogram):
                parent[size], count[size] = nodes[begin[level] + first], total
                item[size], depth[size] = ids[begin[level] + sibling], level + 3
                ids[child_begin + m], nodes[child_begin + m] = item[size], n_items + size
                size += 1
                m += 1
        if size > max_itemsets:
            return -1, size
        if m > 1 and level + 4 <= max_size:
            level += 1
            begin[level], length[level], next_of[level], word_at[level] = child_begin, m, 0, child_words
    return level, size
