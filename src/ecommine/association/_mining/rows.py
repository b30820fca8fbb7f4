"""Baskets made ready for mining: only frequent products, numbered from the rarest, by order and by product."""

from dataclasses import dataclass

import numpy as np

from .._encoding import Ints
from .baskets import Baskets
from .sparse import by_row


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
    codes, counts, rank = frequent_items(baskets, least)
    items = rank[baskets.items]
    kept = items >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[baskets.starts]
    sizes = np.diff(ends)
    if bool((sizes < 2).any()):
        kept &= np.repeat(sizes >= 2, np.diff(baskets.starts))
        sizes = sizes[sizes >= 2]
    starts: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32 if len(items) < 2**31 else np.int64)
    by_item = by_row(starts, items[kept], len(codes)).tocsc()  # each turn of the matrix sorts, in linear time
    everything = np.arange(len(by_item.indices), dtype=starts.dtype)
    by_item.data = everything
    by_order = by_item.tocsr()
    places = np.empty_like(everything)
    places[by_order.data] = everything
    return Rows(
        starts=by_order.indptr,
        items=by_order.indices,
        item_starts=by_item.indptr,
        orders=by_item.indices,
        places=places,
        codes=codes.astype(np.int32),
        counts=counts,
    )


def frequent_items(baskets: Baskets, least: int) -> tuple[Ints, Ints, Ints]:
    """Return the codes of frequent products from the rarest, their counts, and the rank of each code or -1."""
    counts = np.bincount(baskets.items, minlength=len(baskets.products))
    frequent = np.flatnonzero(counts >= least)
    codes = frequent[np.argsort(counts[frequent], kind="stable")]
    rank = np.full(len(counts), -1, dtype=np.int32)
    rank[codes] = np.arange(len(codes))
    return codes, counts[codes], rank
