"""Frequent itemsets, compiled: the same search as in ``_engine_numpy``, one thread a share of the products.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from typing import Any

import numpy as np
from numba import njit

from .._encoding import Ints
from .._threads import each
from .rows import Rows
from .rows_numba import frequent_rows
from .threshold import MOST, Bar, TooManyError
from .tree import Level, Tree

__all__ = ["frequent_rows", "levels", "mine"]

SHARES = 32
"""Shares of the products, taken in turn by the threads."""


def mine(rows: Rows, bar: Bar, longest: int) -> Tree:
    """Find all itemsets of two and more products that reach the bar."""
    n_items = len(rows.codes)
    arrays = (rows.starts, rows.items, rows.item_starts, rows.orders, rows.places)
    rising = np.array([bar.least, bar.above, bar.top or 0, bar.limit or 0], dtype=np.int64)
    held = np.zeros(1, dtype=np.int64)  # itemsets of all shares so far

    def share(first: int, step: int) -> Any:
        return _mine(*arrays, n_items, first, step, longest, rising, bar.seen, held, MOST)

    if longest < 2 or n_items < 2:
        parts: list[tuple[Any, ...]] = []
    elif bar.top is not None:  # the threads would raise one bar
        parts = [share(0, 1)]
        bar.least, bar.above = int(rising[0]), int(rising[1])
    else:
        parts = each(share, range(SHARES), [SHARES] * SHARES)
    if held[0] > MOST:
        raise TooManyError
    return _joined(parts, n_items)


def _joined(parts: list[tuple[Any, ...]], n_items: int) -> Tree:
    parents, offset = [np.zeros(0, dtype=np.int64)], 0
    for parent, *_ in parts:
        parents.append(np.where(parent >= n_items, parent + offset, parent))
        offset += len(parent)
    item, count, depth = (
        np.concatenate([np.zeros(0, dtype=kind), *(part[place] for part in parts)])
        for place, kind in ((1, np.int32), (2, np.int64), (3, np.int32))
    )
    return Tree(parent=np.concatenate(parents), item=item, count=count, depth=depth)


def levels(tree: Tree, codes: Ints) -> list[Level]:
    """Write a tree out, size by size; as :func:`._trie.levels` does."""
    n = np.bincount(tree.depth)
    firsts = np.cumsum(n * np.arange(len(n))) - n * np.arange(len(n))  # where the rows of each size begin
    rows, counts = np.empty(int(tree.depth.sum()), dtype=np.int32), np.empty(len(tree.count), dtype=np.int64)
    _write_out(tree.parent, tree.item, tree.count, tree.depth, codes, firsts, np.cumsum(n) - n, rows, counts)
    ends = np.cumsum(n)
    return [
        Level(
            items=rows[firsts[size] : firsts[size] + n[size] * size].reshape(n[size], size),
            counts=counts[ends[size] - n[size] : ends[size]],
        )
        for size in range(1, len(n))
    ]


@njit(nogil=True, cache=True)
def _write_out(
    parent: Any, item: Any, count: Any, depth: Any, codes: Any, firsts: Any, at: Any, rows: Any, counts: Any
) -> None:
    """Write the products of each node, ascending: those of its parent, which stands before it, and its own."""
    starts, free = np.empty(len(parent), dtype=np.int64), firsts.copy()
    for node in range(len(parent)):
        size, new = depth[node], codes[item[node]]
        to = free[size]
        starts[node] = to
        free[size] += size
        counts[at[size]] = count[node]
        at[size] += 1
        place = size - 1
        if place > 0:
            above = starts[parent[node]]
            while place > 0 and rows[above + place - 1] > new:
                rows[to + place] = rows[above + place - 1]
                place -= 1
            for before in range(place):
                rows[to + before] = rows[above + before]
        rows[to + place] = new


@njit(nogil=True, cache=True)
def _popcount(word: Any) -> Any:
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(nogil=True, cache=True)
def _intersect(words_of: Any, left: Any, right: Any, target: Any, words: Any) -> Any:
    """Write the orders of two siblings that are the same, and count them."""
    # Slices, since only then does the compiler know that no index is negative, and takes several words at a time.
    one, other = words_of[left : left + words], words_of[right : right + words]
    both = words_of[target : target + words]
    total = np.int64(0)
    for word in range(words):
        both[word] = one[word] & other[word]
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
def _admit(count: Any, rising: Any, seen: Any) -> Any:
    """Tell whether a count reaches the bar, which it may raise; see :class:`._bar.Bar`."""
    if count < rising[0]:
        return False
    if rising[2] > 0:
        seen[count] += 1
        rising[1] += 1
        while (rising[1] > rising[2] and rising[1] - seen[rising[0]] >= rising[2]) or rising[1] > rising[3]:
            rising[1] -= seen[rising[0]]
            rising[0] += 1
    return count >= rising[0]


@njit(nogil=True, cache=True)
def _mine(
    starts: Any,
    items: Any,
    item_starts: Any,
    orders: Any,
    places: Any,
    n_items: int,
    share: int,
    step: int,
    longest: int,
    rising: Any,
    seen: Any,
    held: Any,
    most: int,
) -> Any:
    """Find the itemsets that begin with every so-manieth product: their parents, items, counts and sizes."""
    parent, item = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int32)
    count, depth = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int32)
    size = 0
    counts, local = np.zeros(n_items, dtype=np.int64), np.full(n_items, -1, dtype=np.int32)
    words_of = np.empty(1024, dtype=np.uint64)
    ids, nodes = np.empty(n_items, dtype=np.int32), np.empty(n_items, dtype=np.int64)
    stack = np.zeros((4, n_items + 2), dtype=np.int64)
    for prefix in range(n_items - 1 - share, -1, -step):  # the most frequent first, which raises a bar fastest
        if held[0] > most:
            break
        size_before = size
        first, last = item_starts[prefix], item_starts[prefix + 1]
        _count_pairs(starts, items, orders, places, first, last, counts[prefix:], prefix)
        room = size + n_items - prefix
        parent, item, count, depth = _grown(parent, room), _grown(item, room), _grown(count, room), _grown(depth, room)
        n = 0
        for other in range(prefix + 1, n_items):
            if counts[other] > 0 and counts[other] >= rising[0] and _admit(counts[other], rising, seen):
                parent[size], item[size], count[size], depth[size] = prefix, other, counts[other], 2
                ids[n], nodes[n] = other, n_items + size
                local[other] = n
                size += 1
                n += 1
        if n > 1 and longest > 2:
            words = (last - first + 63) >> 6
            words_of = _grown(words_of, n * words)
            words_of[: n * words] = 0
            _write_words(starts, items, orders, places, first, last, local, words_of, words)
            stack[:, 0] = 0, n, 0, 0
            level = 0
            while level >= 0:
                # Where room runs out the search comes back for more: arrays that change inside a loop are counted
                # references there, which take longer than what is computed.
                level, size = _search(
                    level, size, stack, ids, nodes, words_of, words, parent, item, count, depth,
                    n_items, longest, rising, seen, size_before + most,
                )  # fmt: skip
                if level >= 0:
                    wider, longer = _room(stack, level, words)
                    words_of, ids, nodes = _grown(words_of, wider), _grown(ids, longer), _grown(nodes, longer)
                    room = size + stack[1, level]
                    parent, item = _grown(parent, room), _grown(item, room)
                    count, depth = _grown(count, room), _grown(depth, room)
        held[0] += size - size_before
        for one in range(n):
            local[ids[one]] = -1
    return parent[:size], item[:size], count[:size], depth[:size]


@njit(nogil=True, cache=True)
def _count_pairs(
    starts: Any, items: Any, orders: Any, places: Any, first: int, last: int, counts: Any, prefix: int
) -> None:
    """Count the products that come after a prefix in its orders."""
    counts[:] = 0
    for place in range(first, last):
        for other in range(places[place] + 1, starts[orders[place] + 1]):
            counts[items[other] - prefix] += 1


@njit(nogil=True, cache=True)
def _write_words(
    starts: Any, items: Any, orders: Any, places: Any, first: int, last: int, local: Any, words_of: Any, words: int
) -> None:
    """Write the orders of a prefix that hold each of its siblings, one bit each."""
    for place in range(first, last):
        word, bit = (place - first) >> 6, np.uint64(1) << np.uint64((place - first) & 63)
        for other in range(places[place] + 1, starts[orders[place] + 1]):
            one = local[items[other]]
            if one >= 0:
                words_of[one * words + word] |= bit


@njit(nogil=True, cache=True)
def _room(stack: Any, level: int, words: int) -> Any:
    """Tell how many words and siblings there must be room for, where those of a level are combined with the next."""
    begin, length, at, word_at = stack[:, level]
    children = length - at - 1
    return word_at + (length + children) * words, begin + length + children


@njit(nogil=True, cache=True)
def _search(
    level: int,
    size: int,
    stack: Any,
    ids: Any,
    nodes: Any,
    words_of: Any,
    words: int,
    parent: Any,
    item: Any,
    count: Any,
    depth: Any,
    n_items: int,
    longest: int,
    rising: Any,
    seen: Any,
    most: int,
) -> Any:
    """Combine siblings, depth first, until there are none (level -1) or room runs out.

    The stack has groups of siblings: where their ids and their words begin, how many they are, which one is next.
    """
    begin, length, at, word_at = stack[0], stack[1], stack[2], stack[3]
    while level >= 0:
        first = at[level]
        if first >= length[level] - 1:
            level -= 1
            continue
        base = word_at[level] + first * words
        child_begin, child_words = begin[level] + length[level], word_at[level] + length[level] * words
        children = length[level] - first - 1
        short = child_words + children * words > len(words_of) or child_begin + children > len(ids)
        if short or size + children > len(parent):
            break
        at[level] += 1
        m = 0
        for sibling in range(first + 1, length[level]):
            target = child_words + m * words
            total = _intersect(words_of, base, word_at[level] + sibling * words, target, words)
            if total > 0 and total >= rising[0] and _admit(total, rising, seen):
                parent[size], count[size] = nodes[begin[level] + first], total
                item[size], depth[size] = ids[begin[level] + sibling], level + 3
                ids[child_begin + m], nodes[child_begin + m] = item[size], n_items + size
                size += 1
                m += 1
        if size > most:
            return -1, size
        if m > 1 and level + 4 <= longest:
            level += 1
            begin[level], length[level], at[level], word_at[level] = child_begin, m, 0, child_words
    return level, size
