"""Frequent itemsets as engines find them, a tree, and as everything else reads them, a matrix per size."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Ints

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
KEY_BITS = 63


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """Itemsets as nodes: each is its parent's itemset and one product more.

    Attributes
    ----------
    parent : int64 array
        Position of the parent, which comes before the node; -1 for a single product.
    item, count, depth : int32, int64 and int32 arrays
        The product added, the orders that hold the whole itemset, its size.
    """

    parent: Ints
    item: Ints
    count: Ints
    depth: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """All itemsets of one size: ``items`` of shape (n, size), ascending in each row, and ``counts`` of shape (n,)."""

    items: Ints
    counts: Ints

    @property
    def size(self) -> int:
        """Number of products of each itemset."""
        return int(self.items.shape[1])

    def take(self, rows: "Bools | Ints") -> "Level":
        """Keep the rows of a mask or of positions."""
        return Level(items=self.items[rows], counts=self.counts[rows])


def tree_to_levels(tree: Tree, codes: Ints) -> list[Level]:
    """Write a tree out, size by size; ``codes`` has the product of each item of the tree."""
    levels: list[Level] = []
    row_of_node = np.empty(len(tree.parent), dtype=np.int64)
    parents = np.empty((1, 0), dtype=np.int32)
    for depth in range(1, int(tree.depth.max(initial=0)) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        stems = parents[row_of_node[tree.parent[nodes]]] if depth > 1 else np.empty((len(nodes), 0), dtype=np.int32)
        parents = np.column_stack([stems, codes[tree.item[nodes]]])
        row_of_node[nodes] = np.arange(len(nodes))
        levels.append(Level(items=np.sort(parents, axis=1), counts=tree.count[nodes]))
    return levels


def order_of_rows(items: Ints) -> Ints:
    """Return the order of distinct rows of product codes by the first column, then the second, and so on.

    Examples
    --------
    >>> order_of_rows(np.array([[3, 4], [0, 9], [3, 2]])).tolist()
    [1, 2, 0]
    """
    bits = max(int(items.max(initial=0)).bit_length(), 1)
    keys = []
    for first in range(0, items.shape[1], KEY_BITS // bits):  # as many codes as 63 bits hold are one number
        key = np.zeros(len(items), dtype=np.int64)
        for column in range(first, min(first + KEY_BITS // bits, items.shape[1])):
            key = key << bits | items[:, column]
        keys.append(key)
    return np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(keys[::-1])


def order_within_matrices(matrices: Sequence[Ints]) -> Ints:
    """Return the order of the rows within each matrix, as positions in all matrices one after the other."""
    firsts = np.cumsum([0, *(len(items) for items in matrices)])
    orders = [first + order_of_rows(items) for first, items in zip(firsts[:-1], matrices, strict=True)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *orders])


class ItemsetIndex:
    """Find itemsets by a hash: a sum of random numbers, one per product, so that a subset's is a subtraction away.

    Attributes
    ----------
    weights : uint64 array of shape (n_products,)
        The random number of each product.
    hashes : list of uint64 arrays
        The hash of each itemset, level by level.
    counts : int64 array
        Orders with each itemset, of all levels one after the other.
    """

    def __init__(self, levels: Sequence[Level], n_products: int) -> None:
        seed = 0
        while True:
            self.weights = np.random.default_rng(seed).integers(0, 2**64, n_products, dtype=np.uint64)
            self.hashes = [self.hash_of(level.items) for level in levels]
            all_hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *self.hashes])
            self._order = np.argsort(all_hashes)
            self._sorted = all_hashes[self._order]
            if not (self._sorted[1:] == self._sorted[:-1]).any():  # two itemsets of one hash would be taken for one
                break
            seed += 1
        bits = max(len(all_hashes).bit_length(), 1)
        self._shift = np.uint64(64 - bits)  # hashes are spread evenly: their first bits nearly give their rank
        self._firsts = np.cumsum(np.bincount((self._sorted >> self._shift).astype(np.int64), minlength=1 << bits))
        self._firsts -= np.diff(self._firsts, prepend=0)
        self.counts = np.concatenate([np.zeros(0, dtype=np.int64), *(level.counts for level in levels)])

    def hash_of(self, items: Ints) -> Hashes:
        """Return the hash of each row of product codes."""
        return np.asarray(self.weights[items].sum(axis=1, dtype=np.uint64))

    def find(self, hashes: Hashes) -> Ints:
        """Return the positions, in all levels one after the other, of itemsets that are in the index."""
        ranks = self._firsts[hashes >> self._shift]
        too_low = np.flatnonzero(self._sorted[ranks] != hashes)
        while len(too_low):
            ranks[too_low] += 1
            too_low = too_low[self._sorted[ranks[too_low]] != hashes[too_low]]
        return np.asarray(self._order[ranks])


def closed_and_maximal(levels: Sequence[Level], n_products: int) -> list[tuple[Bools, Bools]]:
    """Return, per size, which itemsets have no superset of the same count, and which have no frequent superset."""
    index = ItemsetIndex(levels, n_products)
    is_closed = np.ones(len(index.counts), dtype=bool)
    is_maximal = is_closed.copy()
    for level, hashes in zip(levels[1:], index.hashes[1:], strict=True):
        for column in range(level.size):
            subsets = index.find(hashes - index.weights[level.items[:, column]])
            is_maximal[subsets] = False
            is_closed[subsets[index.counts[subsets] == level.counts]] = False
    ends = np.cumsum([0, *(len(level.counts) for level in levels)])
    return [(is_closed[first:last], is_maximal[first:last]) for first, last in pairwise(ends)]
