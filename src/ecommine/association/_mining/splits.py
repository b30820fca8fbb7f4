"""From itemsets to rules: every way to split an itemset in two, with the counts of both sides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

import numpy as np

from .._encoding import Ints, Mask
from .tree import Level, Lookup


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Rules of one shape, as product codes of both sides.

    Attributes
    ----------
    antecedents, consequents : int32 arrays of shape (n, size of the side)
        Ascending in each row.
    left, right : int64 arrays of shape (n,)
        The positions of both sides among all itemsets.
    count, with_antecedent, with_consequent : int64 arrays of shape (n,)
        Orders with both sides, with the first, with the second.
    """

    antecedents: Ints
    consequents: Ints
    left: Ints
    right: Ints
    count: Ints
    with_antecedent: Ints
    with_consequent: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Sizes of the two sides."""
        return self.antecedents.shape[1], self.consequents.shape[1]

    def take(self, rows: "Mask | Ints") -> "Split":
        """Keep the rows of a mask or of positions."""
        return Split(
            antecedents=self.antecedents[rows],
            consequents=self.consequents[rows],
            left=self.left[rows],
            right=self.right[rows],
            count=self.count[rows],
            with_antecedent=self.with_antecedent[rows],
            with_consequent=self.with_consequent[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which rules are asked for."""

    least_confidence: float
    least_lift: float | None
    antecedent: Collection[int] | None
    consequent: Collection[int] | None
    max_antecedent: int | None
    max_consequent: int | None

    def shapes(self, size: int) -> list[tuple[int, int]]:
        """List the sizes of the two sides that an itemset is split into."""
        both = [(size - right, right) for right in range(1, size)]
        return [
            (left, right)
            for left, right in both
            if (self.max_antecedent is None or left <= self.max_antecedent)
            and (self.max_consequent is None or right <= self.max_consequent)
        ]

    def keeps(self, split: Split, n_orders: int) -> Mask:
        """Tell which rules reach the least confidence and lift, in whole numbers but for rounding."""
        kept = split.count >= self.least_confidence * split.with_antecedent * (1 - 1e-12)
        if self.least_lift is not None:
            chance = split.with_antecedent.astype(np.float64) * split.with_consequent / n_orders
            kept &= split.count >= self.least_lift * chance * (1 - 1e-12)
        for side, allowed in ((split.antecedents, self.antecedent), (split.consequents, self.consequent)):
            if allowed is not None:
                kept &= np.isin(side, list(allowed)).all(axis=1)
        return np.asarray(kept)


def splits(found: Sequence[Level], lookup: Lookup, wish: Wish, n_orders: int) -> list[Split]:
    """Split all itemsets of two and more products, shape by shape."""
    by_shape: dict[tuple[int, int], list[Split]] = {}
    for level, hashes in zip(found[1:], lookup.hashes[1:], strict=True):
        size = level.items.shape[1]
        seen: dict[tuple[int, ...], Ints] = {}
        for shape in wish.shapes(size):
            for right in combinations(range(size), shape[1]):
                split = _split(level, hashes, lookup, right, seen)
                kept = wish.keeps(split, n_orders)
                by_shape.setdefault(shape, []).append(split if kept.all() else split.take(kept))
    joined = [_joined(parts) for _, parts in sorted(by_shape.items())]
    return [split for split in joined if len(split.count)]


def _split(
    level: Level,
    hashes: "np.ndarray[Any, np.dtype[np.uint64]]",
    lookup: Lookup,
    right: tuple[int, ...],
    seen: dict[tuple[int, ...], Ints],
) -> Split:
    """Split itemsets by columns; ``seen`` keeps where the parts were found, as each is a left and a right side."""
    left = tuple(place for place in range(level.items.shape[1]) if place not in right)
    if right not in seen:
        ours = lookup.of(level.items[:, right])
        seen[left], seen[right] = lookup.find(hashes - ours), lookup.find(ours)
    antecedent, consequent = seen[left], seen[right]
    return Split(
        antecedents=level.items[:, left],
        consequents=level.items[:, right],
        left=antecedent,
        right=consequent,
        count=level.counts,
        with_antecedent=lookup.counts[antecedent],
        with_consequent=lookup.counts[consequent],
    )


def _joined(parts: Sequence[Split]) -> Split:
    return Split(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Split)}
    )
