"""Mine frequent itemsets from baskets: choose the engine, cut after the top ones, keep closed or maximal ones."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from math import comb
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np

from ..._core.arrays import Bools, Ints, sort_order
from ..._core.codes import Labels
from ..._core.notes import Note
from ..._core.texts import counted, join_words
from . import engine_numpy
from .baskets import Baskets
from .threshold import MAX_ITEMSETS, SupportThreshold, TooManyItemsetsError
from .tree import Level, Tree, closed_and_maximal, order_within_matrices

Kind = Literal["all", "closed", "maximal"]
KINDS = ("all", "closed", "maximal")
MIN_PAIRS_TO_LOAD = 6_000_000
"""Pairs of products in baskets from which loading code that is compiled already pays, which takes .4 s."""
MIN_PAIRS_TO_COMPILE = 300_000_000
"""Pairs from which compiling it pays, which takes ten seconds."""

MAX_ORDERS_TO_COMPARE = 100
"""Smallest count of an itemset up to which the largest orders are looked at before mining."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinedItemsets:
    """Frequent itemsets.

    Attributes
    ----------
    levels : tuple of Level
        Size by size, from 1.
    min_count : int
        The smallest count that they reach.
    n_cut_off : int or None
        Itemsets of that count that are left out, as only the top ones were wanted; None where nothing was left out.
    """

    levels: tuple[Level, ...]
    min_count: int
    n_cut_off: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinedOrders:
    """What any engine returns for a table of orders: itemsets in product codes, and the products.

    Attributes
    ----------
    itemsets : MinedItemsets
    products : array of shape (n_products,)
        The id of each code.
    n_orders : int
        Orders with at least one product.
    as_of : datetime or None
        The moment up to which orders count.
    notes : tuple of Note
        What was left out.
    baskets : Baskets or None
        The orders themselves; None where they stay on Spark.
    """

    itemsets: MinedItemsets
    products: Labels
    n_orders: int
    as_of: datetime | None
    notes: tuple[Note, ...]
    baskets: Baskets | None


def mine(
    baskets: Baskets,
    /,
    *,
    min_count: int = 1,
    top: int | None = None,
    min_size: int = 1,
    max_size: int | None = None,
    keep_ties: bool = False,
    engine: ModuleType | None = None,
) -> MinedItemsets:
    """Find itemsets in at least ``min_count`` orders; with ``top`` only the most frequent of ``min_size`` and more.

    Subsets of an itemset are always mined too, since they are at least as frequent. ``keep_ties`` keeps all itemsets of
    the last count.
    """
    counts = baskets.count_orders()
    threshold = SupportThreshold(min_count, top=top, max_count=max(int(counts.max(initial=0)), min_count))
    if min_size == 1:
        threshold.admit(counts[counts > 0])
    if top is None:
        _refuse_subsets_of_large_orders(baskets, counts >= min_count, min_count, max_size)
    engine = engine or _engine(baskets)
    matrix = engine.frequent_matrix(baskets, threshold.min_count)
    n_items = len(matrix.codes)
    try:
        larger = engine.mine(matrix, threshold, n_items if max_size is None else max_size)
    except TooManyItemsetsError:
        raise ValueError(
            f"`min_support` gives more than {MAX_ITEMSETS:,} itemsets (all in {counted(min_count, 'order')} or more): "
            "raise it, limit `max_size`, or leave it out and give `top`"
        ) from None
    tree = Tree(
        parent=np.concatenate([np.full(n_items, -1), larger.parent]),
        item=np.concatenate([np.arange(n_items), larger.item]),
        count=np.concatenate([matrix.counts, larger.count]),
        depth=np.concatenate([np.ones(n_items, dtype=np.int32), larger.depth]),
    )
    levels = engine.tree_to_levels(tree, matrix.codes)
    if top is None:
        return MinedItemsets(levels=tuple(levels), min_count=threshold.min_count, n_cut_off=None)
    levels = [level.take(level.counts >= threshold.min_count) for level in levels]
    rose = threshold.min_count > min_count
    return _cut_after_top(levels, threshold.min_count, None if keep_ties else top, min_size, rose=rose)


def cut_off_notes(itemsets: MinedItemsets, top: int | None) -> list[Note]:
    """Note what the number of itemsets wanted left out."""
    if itemsets.n_cut_off is None or top is None:
        return []
    orders = counted(itemsets.min_count, "order")
    left_out = [f"{itemsets.n_cut_off:,} in exactly {orders}"] if itemsets.n_cut_off else []
    left_out += [f"all in fewer than {orders}"] if itemsets.min_count > 1 else []
    text = f"only the top {counted(top, 'itemset')} listed; left out: {join_words(left_out)}"
    return [Note(text, code="truncated", count=top)]


def rank_itemsets(levels: Sequence[Level]) -> tuple[Ints, Ints, Ints]:
    """Rank itemsets by falling count, then size, then product ids.

    Returns
    -------
    order : array
        The order of all itemsets, size after size.
    sizes, rows : arrays
        The size of each itemset, and its row in the matrix of that size.
    """
    nothing = np.zeros(0, dtype=np.int64)
    sizes = np.concatenate([nothing, *(np.full(len(level.counts), level.size) for level in levels)])
    rows = np.concatenate([nothing, *(np.arange(len(level.counts)) for level in levels)])
    counts = np.concatenate([nothing, *(level.counts for level in levels)])
    by_products = order_within_matrices([level.items for level in levels])
    return by_products[sort_order(counts.max(initial=0) - counts[by_products])], sizes, rows


def keep_kind(levels: Sequence[Level], kind: Kind, n_products: int) -> list[Level]:
    """Keep closed or maximal itemsets."""
    if kind == "all":
        return list(levels)
    masks = closed_and_maximal(levels, n_products)
    return [level.take(mask[kind == "maximal"]) for level, mask in zip(levels, masks, strict=True)]


def _refuse_subsets_of_large_orders(baskets: Baskets, is_frequent: Bools, min_count: int, max_size: int | None) -> None:
    """Refuse at once where the products that enough of the largest orders share have too many subsets."""
    if min_count > MAX_ORDERS_TO_COMPARE or min_count > baskets.n_orders:
        return
    ends = np.concatenate([[0], np.cumsum(is_frequent[baskets.items])])[baskets.starts]
    largest = np.argsort(-np.diff(ends), kind="stable")[:min_count]
    items = baskets.take(largest).items
    n_shared = int((np.bincount(items[is_frequent[items]]) == min_count).sum())
    n_itemsets, sizes = 0, iter(range(1, min(n_shared, n_shared if max_size is None else max_size) + 1))
    while n_itemsets <= MAX_ITEMSETS and (size := next(sizes, None)) is not None:
        n_itemsets += comb(n_shared, size)
    if n_itemsets > MAX_ITEMSETS:
        orders = "one order has" if min_count == 1 else f"{counted(min_count, 'order')} share"
        raise ValueError(
            f"`min_support` is reached by {counted(min_count, 'order')} here, and {orders} "
            f"{counted(n_shared, 'product')}, with more than {MAX_ITEMSETS:,} itemsets: "
            "raise it, limit them with `max_size=`, or leave it out and give `top=`"
        )


def _engine(baskets: Baskets) -> ModuleType:
    n_pairs = float((baskets.sizes.astype(np.float64) ** 2).sum()) / 2
    if n_pairs < MIN_PAIRS_TO_LOAD or not find_spec("numba"):
        return engine_numpy
    if n_pairs < MIN_PAIRS_TO_COMPILE and not is_compiled(Path(__file__).with_name("engine_numba.py")):
        return engine_numpy
    from . import engine_numba

    return engine_numba


def is_compiled(source: Path) -> bool:
    """Return whether numba keeps code of a module, compiled since it was last changed, beside it."""
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    kept = list((source.parent / "__pycache__").glob(f"{source.stem}.*{version}.nbi"))
    return bool(kept) and max(path.stat().st_mtime for path in kept) >= source.stat().st_mtime


def _cut_after_top(
    levels: Sequence[Level], min_count: int, top: int | None, min_size: int, *, rose: bool
) -> MinedItemsets:
    """Keep the first ``top`` itemsets of at least ``min_size`` products; a subset comes before its supersets."""
    order, sizes, rows = rank_itemsets([level for level in levels if level.size >= min_size])
    n_cut_off = 0 if top is None else max(len(order) - top, 0)
    if not n_cut_off and not rose:
        return MinedItemsets(levels=_not_empty(levels), min_count=min_count, n_cut_off=None)
    first = order[:top]
    kept = [
        level if level.size < min_size else level.take(np.sort(rows[first][sizes[first] == level.size]))
        for level in levels
    ]
    return MinedItemsets(levels=_not_empty(kept), min_count=min_count, n_cut_off=n_cut_off)


def _not_empty(levels: Sequence[Level]) -> tuple[Level, ...]:
    return tuple(level for level in levels if len(level.counts))
