"""Which engine mines, what is frequent enough, and which itemsets are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from types import ModuleType
from typing import Literal

import numpy as np

from ..._core.checks import counted
from .._encoding import Ints
from .._sorting import places_by
from .baskets import Baskets
from .threshold import MOST, Bar, TooManyError
from .tree import Level, Tree, closed_and_maximal, one_after_another

Kind = Literal["all", "closed", "maximal"]
KINDS = ("all", "closed", "maximal")
COMPILED_FROM = 300_000
"""Pairs of products in baskets from which loading compiled code (.4 s) pays."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mined:
    """Frequent itemsets, size by size, and the least count that they reach."""

    levels: tuple[Level, ...]
    least: int
    left_out: int | None
    """Itemsets of the last count that were cut off; None where nothing was cut."""

    @property
    def size(self) -> int:
        """How many itemsets there are."""
        return sum(len(level.counts) for level in self.levels)


def least_count(min_support: float, n_orders: int) -> int:
    """Count the orders that a share means; what is a whole number but for rounding is that number.

    Examples
    --------
    >>> 0.28 * 25, least_count(0.28, 25)
    (7.000000000000001, 7)
    """
    exact = min_support * n_orders
    nearest = round(exact)
    return max(nearest if abs(exact - nearest) <= 1e-9 * max(exact, 1.0) else ceil(exact), 1)


def mine(
    baskets: Baskets,
    /,
    *,
    least: int = 1,
    top: int | None = None,
    shortest: int = 1,
    longest: int | None = None,
    ties: bool = False,
    engine: ModuleType | None = None,
) -> Mined:
    """Find itemsets in at least ``least`` orders; with ``top`` only the most frequent of ``shortest`` products and up.

    Subsets of what is found are always there too, since they are at least as frequent. ``ties`` keeps all itemsets of
    the last count.
    """
    most = int(np.bincount(baskets.items, minlength=1).max(initial=0))
    bar = Bar(least, top=top, most=max(most, least))
    counts = np.bincount(baskets.items, minlength=len(baskets.products))
    if shortest == 1:
        bar.admit(counts[counts > 0])
    engine = engine or _engine(baskets)
    rows = engine.frequent_rows(baskets, bar.least)
    size = len(rows.codes) if longest is None else longest
    try:
        deeper = engine.mine(rows, bar, size)
    except TooManyError:
        raise ValueError(
            f"`min_support` asks for more than {MOST:,} itemsets (all in {counted(least, 'order')} or more): "
            "raise it, limit `max_size`, or leave it out and give `top`"
        ) from None
    n = len(rows.codes)
    tree = Tree(
        parent=np.concatenate([np.full(n, -1), deeper.parent]),
        item=np.concatenate([np.arange(n), deeper.item]),
        count=np.concatenate([rows.counts, deeper.count]),
        depth=np.concatenate([np.ones(n, dtype=np.int32), deeper.depth]),
    )
    found = engine.levels(tree, rows.codes)
    if top is None:
        return Mined(levels=tuple(found), least=bar.least, left_out=None)
    return _cut([level.take(level.counts >= bar.least) for level in found], bar.least, least, top, shortest, ties)


def _engine(baskets: Baskets) -> ModuleType:
    pairs = float((baskets.sizes.astype(np.float64) ** 2).sum()) / 2
    if pairs >= COMPILED_FROM and find_spec("numba"):
        from . import engine_numba as _engine_numba

        return _engine_numba
    from . import engine_numpy as _engine_numpy

    return _engine_numpy


def _cut(found: Sequence[Level], reached: int, least: int, top: int, shortest: int, ties: bool) -> Mined:
    """Keep the first ``top`` itemsets of at least ``shortest`` products; a subset always comes before its supersets."""
    order, sizes, rows = ranked([level for level in found if level.items.shape[1] >= shortest])
    top = len(order) if ties else top
    left_out = max(len(order) - top, 0)
    if left_out or reached > least:
        kept = []
        for level in found:
            size = level.items.shape[1]
            mine_rows = np.sort(rows[order[:top]][sizes[order[:top]] == size])
            kept.append(level if size < shortest else level.take(mine_rows))
        return Mined(levels=tuple(level for level in kept if len(level.counts)), least=reached, left_out=left_out)
    return Mined(levels=tuple(level for level in found if len(level.counts)), least=reached, left_out=None)


def ranked(found: Sequence[Level]) -> tuple[Ints, Ints, Ints]:
    """Sort itemsets by falling count, then size, then product ids.

    Returns
    -------
    order : array
        The order of all itemsets, size after size.
    sizes, rows : arrays
        The size of each itemset, and its row in the matrix of that size.
    """
    sizes = np.concatenate([np.zeros(0, dtype=np.int64), *(np.full(len(x.counts), x.items.shape[1]) for x in found)])
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(len(x.counts)) for x in found)])
    counts = np.concatenate([np.zeros(0, dtype=np.int64), *(level.counts for level in found)])
    by_name = one_after_another([level.items for level in found])
    return by_name[places_by(counts.max(initial=0) - counts[by_name])], sizes, rows


def of_kind(found: Sequence[Level], kind: Kind, n_products: int) -> list[Level]:
    """Keep closed or maximal itemsets."""
    if kind == "all":
        return list(found)
    marks = closed_and_maximal(found, n_products)
    return [level.take(mark[kind == "maximal"]) for level, mark in zip(found, marks, strict=True)]
