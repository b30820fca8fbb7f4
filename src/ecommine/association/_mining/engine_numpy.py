"""Frequent itemsets in NumPy and SciPy: pairs by a sparse product, more by bitsets local to each product.

Counting the pairs of a product in its own orders is the occurrence-deliver of LCM (Uno et al. 2004); going deeper by
intersecting sets of orders is Eclat (Zaki 2000), here with one bit per order and the orders of the first product only.

References
----------
Zaki, M. J. (2000). Scalable algorithms for association mining. IEEE TKDE 12(3), 372-390.
Uno, T., Kiyomi, M. and Arimura, H. (2004). LCM ver. 2: Efficient mining algorithms for frequent/closed/maximal
itemsets. FIMI 2004.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..._core.arrays import Ints
from .matrix import FrequentMatrix, frequent_matrix
from .sparse import expand_ranges, matrix_by_column, matrix_by_row
from .threshold import MAX_ITEMSETS, SupportThreshold, TooManyItemsetsError
from .tree import Tree, tree_to_levels

__all__ = ["frequent_matrix", "mine", "tree_to_levels"]

CELLS_PER_BLOCK = 1 << 22
"""Pairs counted at once: a block of the product matrix."""
WORD_BITS = 64
Bitsets = np.ndarray[Any, np.dtype[np.uint64]]


def mine(matrix: FrequentMatrix, threshold: SupportThreshold, max_size: int) -> Tree:
    """Find all itemsets of two and more products that reach the threshold."""
    builder = _TreeBuilder(len(matrix.codes))
    if max_size < 2:
        return builder.tree()
    pairs = list(_frequent_pairs(matrix, threshold))
    for item, others, pair_counts in reversed(pairs):  # the most frequent first, which raises a threshold fastest
        is_frequent = pair_counts >= threshold.min_count
        partners, counts = others[is_frequent], pair_counts[is_frequent]
        nodes = builder.add(item, partners, counts, 2)
        if max_size > 2 and len(partners) > 1:
            _extend(_partner_bitsets(matrix, item, partners), partners, nodes, threshold, builder, 3, max_size)
    return builder.tree()


class _TreeBuilder:
    """Collect itemsets as the search meets them; single products are nodes 0, 1, ... of the whole tree, added later."""

    def __init__(self, n_items: int) -> None:
        self.size = n_items
        self.parts: list[tuple[Ints, Ints, Ints, Ints]] = []

    def add(self, parent: int, items: Ints, counts: Ints, depth: int) -> Ints:
        nodes = np.arange(self.size, self.size + len(items))
        self.parts.append((np.full(len(items), parent), items, counts, np.full(len(items), depth, dtype=np.int32)))
        self.size += len(items)
        if self.size > MAX_ITEMSETS:
            raise TooManyItemsetsError
        return nodes

    def tree(self) -> Tree:
        columns = [np.concatenate([np.zeros(0, dtype=np.int64), *column]) for column in zip(*self.parts, strict=True)]
        parent, item, count, depth = columns or [np.zeros(0, dtype=np.int64)] * 4
        return Tree(parent=parent, item=item, count=count, depth=depth)


def _frequent_pairs(matrix: FrequentMatrix, threshold: SupportThreshold) -> Iterator[tuple[int, Ints, Ints]]:
    """Count the pairs of each product with more frequent ones, a block of products at a time."""
    n_items, n_orders = len(matrix.codes), len(matrix.starts) - 1
    by_order = matrix_by_row(matrix.starts, matrix.items, n_items, dtype=np.int32)
    by_item = matrix_by_column(matrix.item_starts, matrix.orders, n_orders, dtype=np.int32)
    block = max(CELLS_PER_BLOCK // max(n_items, 1), 1)
    for first in range(0, n_items, block):
        last = min(first + block, n_items)
        product = by_item[:, first:last].T.tocsr() @ by_order[:, first:]
        item = np.repeat(np.arange(first, last), np.diff(product.indptr))
        partner = product.indices + first
        upper = np.flatnonzero((partner > item) & (product.data >= threshold.min_count))
        upper = upper[threshold.admit(product.data[upper].astype(np.int64))]
        upper = upper[np.lexsort((partner[upper], item[upper]))]
        item, partner, count = item[upper], partner[upper], product.data[upper].astype(np.int64)
        ends = np.searchsorted(item, np.arange(first, last + 1))
        for left in range(first, last):
            rows = slice(ends[left - first], ends[left - first + 1])
            if rows.stop > rows.start:
                yield left, partner[rows].astype(np.int32), count[rows]


def _partner_bitsets(matrix: FrequentMatrix, item: int, partners: Ints) -> Bitsets:
    """Return in which orders of a product its partners are, one bit per order and one row per partner."""
    column = slice(matrix.item_starts[item], matrix.item_starts[item + 1])
    begin, end = matrix.positions[column] + 1, matrix.starts[matrix.orders[column] + 1]
    order, position = expand_ranges(begin, end)
    row_of_item = np.full(len(matrix.codes), -1, dtype=np.int32)
    row_of_item[partners] = np.arange(len(partners))
    partner = row_of_item[matrix.items[position]]
    n_words = -(-len(begin) // WORD_BITS)
    is_in_order = np.zeros((len(partners), n_words * WORD_BITS), dtype=bool)
    is_in_order[partner[partner >= 0], order[partner >= 0]] = True
    return np.packbits(is_in_order, axis=1).view(np.uint64)


def _extend(
    bitsets: Bitsets,
    items: Ints,
    nodes: Ints,
    threshold: SupportThreshold,
    builder: _TreeBuilder,
    depth: int,
    max_size: int,
) -> None:
    """Join each itemset with its later siblings, and go on with those that reach the threshold."""
    for position in range(len(items) - 1):
        joined = bitsets[position + 1 :] & bitsets[position]
        counts = np.bitwise_count(joined).sum(axis=1, dtype=np.int64)
        is_frequent = threshold.admit(counts)
        if not is_frequent.any():
            continue
        siblings = items[position + 1 :][is_frequent]
        children = builder.add(int(nodes[position]), siblings, counts[is_frequent], depth)
        if depth < max_size and len(children) > 1:
            _extend(joined[is_frequent], siblings, children, threshold, builder, depth + 1, max_size)
