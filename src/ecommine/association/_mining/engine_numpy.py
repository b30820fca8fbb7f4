"""Frequent itemsets in NumPy and SciPy: pairs by a sparse product, more by bitsets local to each product.

Counting the pairs of a product in its own orders is the occurrence-deliver of LCM (Uno et al. 2004); going deeper by
intersecting sets of orders is Eclat (Zaki 2000), here with one bit an order and the orders of the first product only.

References
----------
Zaki, M. J. (2000). Scalable algorithms for association mining. IEEE TKDE 12(3), 372-390.
Uno, T., Kiyomi, M. and Arimura, H. (2004). LCM ver. 2: Efficient mining algorithms for frequent/closed/maximal
itemsets. FIMI 2004.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .._encoding import Ints
from .rows import Rows, frequent_rows
from .sparse import by_column, by_row
from .threshold import MOST, Bar, TooManyError
from .tree import Tree, levels

__all__ = ["frequent_rows", "levels", "mine"]

CELLS = 1 << 22
"""Pairs counted at once: a block of the product matrix."""
Bits = np.ndarray[Any, np.dtype[np.uint64]]


def mine(rows: Rows, bar: Bar, longest: int) -> Tree:
    """Find all itemsets of two and more products that reach the bar."""
    found = _Found(len(rows.codes))
    if longest < 2:
        return found.tree()
    pairs = list(_pairs(rows, bar))
    for item, others, together in reversed(pairs):  # the most frequent first, which raises a rising bar fastest
        reach = together >= bar.least
        partners, counts = others[reach], together[reach]
        nodes = found.add(item, partners, counts, 2)
        if longest > 2 and len(partners) > 1:
            _deepen(_bitsets(rows, item, partners), partners, nodes, bar, found, 3, longest)
    return found.tree()


class _Found:
    """Itemsets as they come; single products are nodes 0, 1, ... of the whole tree and are not held here."""

    def __init__(self, n_items: int) -> None:
        self.size = n_items
        self.parts: list[tuple[Ints, Ints, Ints, Ints]] = []

    def add(self, parent: int, items: Ints, counts: Ints, depth: int) -> Ints:
        nodes = np.arange(self.size, self.size + len(items))
        self.parts.append((np.full(len(items), parent), items, counts, np.full(len(items), depth, dtype=np.int32)))
        self.size += len(items)
        if self.size > MOST:
            raise TooManyError
        return nodes

    def tree(self) -> Tree:
        columns = [np.concatenate([np.zeros(0, dtype=np.int64), *column]) for column in zip(*self.parts, strict=True)]
        parent, item, count, depth = columns or [np.zeros(0, dtype=np.int64)] * 4
        return Tree(parent=parent, item=item, count=count, depth=depth)


def _pairs(rows: Rows, bar: Bar) -> Iterator[tuple[int, Ints, Ints]]:
    """Count the pairs of each product with more frequent ones, a block of products at a time."""
    n_items, n_orders = len(rows.codes), len(rows.starts) - 1
    by_order = by_row(rows.starts, rows.items, n_items, dtype=np.int32)
    by_item = by_column(rows.item_starts, rows.orders, n_orders, dtype=np.int32)
    block = max(CELLS // max(n_items, 1), 1)
    for first in range(0, n_items, block):
        last = min(first + block, n_items)
        product = by_item[:, first:last].T.tocsr() @ by_order[:, first:]
        item = np.repeat(np.arange(first, last), np.diff(product.indptr))
        partner = product.indices + first
        upper = np.flatnonzero((partner > item) & (product.data >= bar.least))
        upper = upper[bar.admit(product.data[upper].astype(np.int64))]
        upper = upper[np.lexsort((partner[upper], item[upper]))]
        item, partner, count = item[upper], partner[upper], product.data[upper].astype(np.int64)
        ends = np.searchsorted(item, np.arange(first, last + 1))
        for one in range(first, last):
            here = slice(ends[one - first], ends[one - first + 1])
            if here.stop > here.start:
                yield one, partner[here].astype(np.int32), count[here]


def _bitsets(rows: Rows, item: int, partners: Ints) -> Bits:
    """Write down in which orders of a product its partners are, one bit an order and one row a partner."""
    column = slice(rows.item_starts[item], rows.item_starts[item + 1])
    begin, end = rows.places[column] + 1, rows.starts[rows.orders[column] + 1]
    lengths = end - begin
    order = np.repeat(np.arange(len(lengths)), lengths)
    offsets = np.arange(len(order)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    local = np.full(len(rows.codes), -1, dtype=np.int32)
    local[partners] = np.arange(len(partners))
    partner = local[rows.items[np.repeat(begin, lengths) + offsets]]
    words = -(-len(lengths) // 64)
    held = np.zeros((len(partners), words * 64), dtype=bool)
    held[partner[partner >= 0], order[partner >= 0]] = True
    return np.packbits(held, axis=1).view(np.uint64)


def _deepen(bits: Bits, items: Ints, nodes: Ints, bar: Bar, found: _Found, depth: int, longest: int) -> None:
    """Join each itemset with its later siblings, and go on with those that reach the bar."""
    for place in range(len(items) - 1):
        joined = bits[place + 1 :] & bits[place]
        counts = np.bitwise_count(joined).sum(axis=1, dtype=np.int64)
        reach = bar.admit(counts)
        if not reach.any():
            continue
        children = found.add(int(nodes[place]), items[place + 1 :][reach], counts[reach], depth)
        if depth < longest and len(children) > 1:
            _deepen(joined[reach], items[place + 1 :][reach], children, bar, found, depth + 1, longest)
