"""Frequent itemsets as engines find them, a tree, and as everything else reads them, a matrix for each size."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .._encoding import Ints


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

    def take(self, rows: "np.ndarray[Any, Any]") -> "Level":
        """Keep the rows of a mask or of positions."""
        return Level(items=self.items[rows], counts=self.counts[rows])


def levels(tree: Tree, codes: Ints) -> list[Level]:
    """Write a tree out, size by size; ``codes`` names the product of each item of the tree."""
    found: list[Level] = []
    place = np.empty(len(tree.parent), dtype=np.int64)
    above = np.empty((1, 0), dtype=np.int32)
    for depth in range(1, int(tree.depth.max(initial=0)) + 1):
        here = np.flatnonzero(tree.depth == depth)
        stems = above[place[tree.parent[here]]] if depth > 1 else np.empty((len(here), 0), dtype=np.int32)
        above = np.column_stack([stems, codes[tree.item[here]]])
        place[here] = np.arange(len(here))
        found.append(Level(items=np.sort(above, axis=1), counts=tree.count[here]))
    return found


def sorted_rows(items: Ints) -> Ints:
    """Return the places of different rows of product codes, sorted by the first column, then the second, and so on.

    Examples
    --------
    >>> sorted_rows(np.array([[3, 4], [0, 9], [3, 2]])).tolist()
    [1, 2, 0]
    """
    bits = max(int(items.max(initial=0)).bit_length(), 1)
    keys = []
    for first in range(0, items.shape[1], 63 // bits):  # as many codes as 63 bits hold are one number
        key = np.zeros(len(items), dtype=np.int64)
        for column in range(first, min(first + 63 // bits, items.shape[1])):
            key = key << bits | items[:, column]
        keys.append(key)
    return np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(keys[::-1])


def one_after_another(matrices: Sequence[Ints]) -> Ints:
    """Sort the rows of each matrix, and return their places in all matrices, one after the other."""
    firsts = np.cumsum([0, *(len(items) for items in matrices)])
    places = [first + sorted_rows(items) for first, items in zip(firsts[:-1], matrices, strict=True)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *places])


class Lookup:
    """Find itemsets by a sum of random numbers, one for each product: that of a subset is a subtraction away."""

    def __init__(self, found: Sequence[Level], n_products: int) -> None:
        seed = 0
        while True:
            draw = np.random.default_rng(seed)
            self.weights = draw.integers(0, 2**64, n_products, dtype=np.uint64)
            self.hashes = [self.of(level.items) for level in found]
            everything = np.concatenate([np.zeros(0, dtype=np.uint64), *self.hashes])
            self._order = np.argsort(everything)
            self._sorted = everything[self._order]
            if not (self._sorted[1:] == self._sorted[:-1]).any():  # two itemsets of one sum would be taken for one
                break
            seed += 1
        bits = max(len(everything).bit_length(), 1)
        self._shift = np.uint64(64 - bits)  # sums are spread evenly: their first bits tell nearly where they stand
        self._firsts = np.cumsum(np.bincount((self._sorted >> self._shift).astype(np.int64), minlength=1 << bits))
        self._firsts -= np.diff(self._firsts, prepend=0)
        self.counts = np.concatenate([np.zeros(0, dtype=np.int64), *(level.counts for level in found)])

    def of(self, items: Ints) -> "np.ndarray[Any, np.dtype[np.uint64]]":
        """Sum the random numbers of each row."""
        return np.asarray(self.weights[items].sum(axis=1, dtype=np.uint64))

    def find(self, hashes: "np.ndarray[Any, np.dtype[np.uint64]]") -> Ints:
        """Return the positions, in all levels one after the other, of itemsets that are all there."""
        places = self._firsts[hashes >> self._shift]
        short = np.flatnonzero(self._sorted[places] != hashes)
        while len(short):
            places[short] += 1
            short = short[self._sorted[places[short]] != hashes[short]]
        return np.asarray(self._order[places])


def closed_and_maximal(
    found: Sequence[Level], n_products: int
) -> "list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]":
    """Mark, for each size, itemsets without a superset of the same count, and those without any frequent superset."""
    lookup = Lookup(found, n_products)
    closed = np.ones(len(lookup.counts), dtype=bool)
    maximal = closed.copy()
    for level, hashes in zip(found[1:], lookup.hashes[1:], strict=True):
        for place in range(level.items.shape[1]):
            subsets = lookup.find(hashes - lookup.weights[level.items[:, place]])
            maximal[subsets] = False
            closed[subsets[lookup.counts[subsets] == level.counts]] = False
    ends = np.cumsum([0, *(len(level.counts) for level in found)])
    return [(closed[first:last], maximal[first:last]) for first, last in pairwise(ends)]
