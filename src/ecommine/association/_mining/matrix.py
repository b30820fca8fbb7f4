"""Baskets made ready for mining: only frequent products, numbered from the rarest, by order and by product."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Ints
from .baskets import Baskets
from .sparse import matrix_by_row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrequentMatrix:
    """The matrix of orders by frequent products, in both directions.

    Products are numbered 0, 1, ... from the rarest to the most frequent, so that the products after a prefix in its
    orders, in which the search goes on, are few (Zaki 2000; Uno 2004).

    Attributes
    ----------
    starts, items : arrays
        Row by row: items ascending within an order. Orders with fewer than two frequent products are left out.
    item_starts, orders, positions : arrays
        Column by column: the orders of each product, ascending, and where in ``items`` the product stands in each.
    codes, counts : arrays of shape (n_items,)
        The product code of each item, and the orders that hold it (all of them).
    """

    starts: Ints
    items: Ints
    item_starts: Ints
    orders: Ints
    positions: Ints
    codes: Ints
    counts: Ints


def frequent_matrix(baskets: Baskets, min_count: int) -> FrequentMatrix:
    """Keep products in at least ``min_count`` orders, and number them from the rarest."""
    codes, counts, rank = rank_frequent_items(baskets, min_count)
    items = rank[baskets.items]
    is_kept = items >= 0
    ends = np.concatenate([[0], np.cumsum(is_kept)])[baskets.starts]
    sizes = np.diff(ends)
    if bool((sizes < 2).any()):
        is_kept &= np.repeat(sizes >= 2, np.diff(baskets.starts))
        sizes = sizes[sizes >= 2]
    starts: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32 if len(items) < 2**31 else np.int64)
    by_item = matrix_by_row(starts, items[is_kept], len(codes)).tocsc()  # each transposition sorts, in linear time
    cell = np.arange(len(by_item.indices), dtype=starts.dtype)
    by_item.data = cell
    by_order = by_item.tocsr()
    positions = np.empty_like(cell)
    positions[by_order.data] = cell
    return FrequentMatrix(
        starts=by_order.indptr,
        items=by_order.indices,
        item_starts=by_item.indptr,
        orders=by_item.indices,
        positions=positions,
        codes=codes.astype(np.int32),
        counts=counts,
    )


def rank_frequent_items(baskets: Baskets, min_count: int) -> tuple[Ints, Ints, Ints]:
    """Rank the frequent products from the rarest.

    Returns
    -------
    codes, counts : int arrays of shape (n_frequent,)
        The product code and the orders of each rank.
    rank : int32 array of shape (n_products,)
        The rank of each product code, -1 where it is not frequent.
    """
    counts = baskets.count_orders()
    frequent = np.flatnonzero(counts >= min_count)
    codes = frequent[np.argsort(counts[frequent], kind="stable")]
    rank = np.full(len(counts), -1, dtype=np.int32)
    rank[codes] = np.arange(len(codes))
    return codes, counts[codes], rank
