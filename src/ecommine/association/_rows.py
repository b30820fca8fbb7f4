"""Baskets made ready for mining: only frequent products, numbered from the rarest, by order and by product."""

from dataclasses import dataclass

import numpy as np

from ._baskets import Baskets
from ._encoding import Ints
from ._sparse import by_row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The matrix of orders by frequent products, in both directions.

    Products are numbered 0, 1, ... from the rarest to the most frequent, so that the products after a prefix in its
    orders, in which the search goes on, are few (Zaki 2000; Uno 2004).

    Attributes
    ----------
    starts, items : arrays
        Row by row: items ascending within an order. Orders with fewer than two frequent products are left out.
    item_starts, orders, places : arrays
        Column by column: the orders of each product, ascending, and where in ``items`` the product stands in each.
    codes, counts : arrays of shape (n_items,)
        The product code of each item, and the orders that hold it (all of them).
    """

    starts: Ints
    items: Ints
    item_starts: Ints
    orders: Ints
    places: Ints
    codes: Ints
    counts: Ints


def frequent_rows(baskets: Baskets, least: int) -> Rows:
    """Keep products in at least ``least`` orders, and number them from the rarest."""
    counts = np.bincount(baskets.items, minlength=len(baskets.products))
    frequent = np.flatnonzero(counts >= least)
    codes = frequent[np.argsort(counts[frequent], kind="stable")]
    rank = np.full(len(counts), -1, dtype=np.int32)
    rank[codes] = np.arange(len(codes))
    items = rank[baskets.items]
    kept = items >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[baskets.starts]
    sizes = np.diff(ends)
    if bool((sizes < 2).any()):
        kept &= np.repeat(sizes >= 2, np.diff(baskets.starts))
        sizes = sizes[sizes >= 2]
    starts: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32 if len(items) < 2**31 else np.int64)
    sorted_rows = by_row(starts, items[kept], len(codes)).tocsc().tocsr()  # each turn sorts, in linear time
    places = np.arange(len(sorted_rows.indices), dtype=starts.dtype)
    by_item = by_row(sorted_rows.indptr, sorted_rows.indices, len(codes), places).tocsc()
    return Rows(
        starts=sorted_rows.indptr,
        items=sorted_rows.indices,
        item_starts=by_item.indptr,
        orders=by_item.indices,
        places=by_item.data,
        codes=codes.astype(np.int32),
        counts=counts[codes],
    )
