"""From itemsets to rules: every way to split an itemset in two, with the counts of both sides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from itertools import combinations

import numpy as np

from ..._core.arrays import Bools, Ints
from .tree import Hashes, ItemsetIndex, Level

ROUNDING = 1e-12
"""Relative error of a product of floats that a limit allows for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleSplit:
    """Rules of one shape, as product codes of both sides.

    Attributes
    ----------
    antecedents, consequents : int32 arrays of shape (n_rules, size of the side)
        Ascending in each row.
    antecedent_index, consequent_index : int64 arrays of shape (n_rules,)
        The positions of both sides among all itemsets.
    count, antecedent_count, consequent_count : int64 arrays of shape (n_rules,)
        Orders with both sides, with the first, with the second.
    """

    antecedents: Ints
    consequents: Ints
    antecedent_index: Ints
    consequent_index: Ints
    count: Ints
    antecedent_count: Ints
    consequent_count: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Sizes of the two sides."""
        return self.antecedents.shape[1], self.consequents.shape[1]

    def take(self, rows: "Bools | Ints") -> "RuleSplit":
        """Keep the rows of a mask or of positions."""
        return RuleSplit(**{field.name: getattr(self, field.name)[rows] for field in fields(RuleSplit)})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFilter:
    """Which rules are wanted: limits of confidence and lift, product codes and sizes of each side."""

    min_confidence: float
    min_lift: float | None
    antecedent: Collection[int] | None
    consequent: Collection[int] | None
    max_antecedent: int | None
    max_consequent: int | None

    def shapes(self, size: int) -> list[tuple[int, int]]:
        """List the sizes of the two sides that an itemset is split into."""
        every = [(size - right, right) for right in range(1, size)]
        return [
            (left, right)
            for left, right in every
            if (self.max_antecedent is None or left <= self.max_antecedent)
            and (self.max_consequent is None or right <= self.max_consequent)
        ]

    def mask(self, split: RuleSplit, n_orders: int) -> Bools:
        """Return which rules reach the limits; what is equal but for rounding reaches them."""
        kept = split.count >= self.min_confidence * split.antecedent_count * (1 - ROUNDING)
        if self.min_lift is not None:
            by_chance = split.antecedent_count.astype(np.float64) * split.consequent_count / n_orders
            kept &= split.count >= self.min_lift * by_chance * (1 - ROUNDING)
        for side, allowed in ((split.antecedents, self.antecedent), (split.consequents, self.consequent)):
            if allowed is not None:
                kept &= np.isin(side, list(allowed)).all(axis=1)
        return np.asarray(kept)


def split_itemsets(
    levels: Sequence[Level], index: ItemsetIndex, rule_filter: RuleFilter, n_orders: int
) -> list[RuleSplit]:
    """Split all itemsets of two and more products, and return the rules shape by shape."""
    by_shape: dict[tuple[int, int], list[RuleSplit]] = {}
    for level, hashes in zip(levels[1:], index.hashes[1:], strict=True):
        positions: dict[tuple[int, ...], Ints] = {}
        for shape in rule_filter.shapes(level.size):
            for right in combinations(range(level.size), shape[1]):
                split = _split(level, hashes, index, right, positions)
                kept = rule_filter.mask(split, n_orders)
                by_shape.setdefault(shape, []).append(split if kept.all() else split.take(kept))
    joined = [_concatenate(parts) for _, parts in sorted(by_shape.items())]
    return [split for split in joined if len(split.count)]


def _split(
    level: Level,
    hashes: Hashes,
    index: ItemsetIndex,
    right: tuple[int, ...],
    positions: dict[tuple[int, ...], Ints],
) -> RuleSplit:
    """Split itemsets by columns; ``positions`` keeps those of the parts, as each is a left and a right side."""
    left = tuple(column for column in range(level.size) if column not in right)
    if right not in positions:
        right_hashes = index.hash_of(level.items[:, right])
        positions[left], positions[right] = index.find(hashes - right_hashes), index.find(right_hashes)
    antecedent, consequent = positions[left], positions[right]
    return RuleSplit(
        antecedents=level.items[:, left],
        consequents=level.items[:, right],
        antecedent_index=antecedent,
        consequent_index=consequent,
        count=level.counts,
        antecedent_count=index.counts[antecedent],
        consequent_count=index.counts[consequent],
    )


def _concatenate(parts: Sequence[RuleSplit]) -> RuleSplit:
    return RuleSplit(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(RuleSplit)}
    )


def count_hypotheses(levels: Sequence[Level], shape: tuple[int, int], rule_filter: RuleFilter) -> int:
    """Count the hypotheses of one shape: pairs of frequent itemsets of the two sizes, mined together or not."""
    left, right = (
        _is_allowed(levels[size - 1], allowed)
        for size, allowed in zip(shape, (rule_filter.antecedent, rule_filter.consequent), strict=True)
    )
    if shape[0] != shape[1]:
        return int(left.sum() * right.sum())
    n_both = int((left & right).sum())
    return int(left.sum() * right.sum()) - n_both * (n_both + 1) // 2


def _is_allowed(level: Level, allowed: Collection[int] | None) -> Bools:
    if allowed is None:
        return np.ones(len(level.items), dtype=bool)
    return np.asarray(np.isin(level.items, list(allowed)).all(axis=1))
