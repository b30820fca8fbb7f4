"""Itemsets as lists of product ids, a column of a table in whatever form the caller's library takes fastest."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..._core.arrays import Ints
from ..._core.codes import Labels
from ..._core.frames import Frame


class ProductLists:
    """Sets of products as lists of their ids, each made once, however many rows of a table hold it.

    Parameters
    ----------
    products : array of shape (n_products,)
        The id of each code.
    sets : sequence of int32 arrays of shape (n, size)
        Product codes, one matrix per size. A set's position is its row in all matrices, one after the other.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine._core.frames import opened
    >>> lists = ProductLists(np.array(["jam", "tea"], dtype=object), [np.array([[0], [1]]), np.array([[0, 1]])])
    >>> lists.column(np.array([2, 0]), opened(pd.DataFrame({"order_id": [1]}), argument="orders"))
    array([list(['jam', 'tea']), list(['jam'])], dtype=object)
    """

    def __init__(self, products: Labels, sets: Sequence[Ints]) -> None:
        self.products, self.sets = products, sets
        self._lists: Any = None

    @property
    def sample(self) -> list[Any]:
        """A list that has the type of all of them."""
        return self.products[:1].tolist() or [""]

    def column(self, positions: Ints, like: Frame) -> Any:
        """Return some sets as a column for a table in the library of ``like``."""
        if like.implementation.is_polars() or like.implementation.is_pyarrow():
            self._lists = self._as_arrow() if self._lists is None else self._lists
            return self._lists.take(positions)
        self._lists = self._as_objects() if self._lists is None else self._lists
        return self._lists[positions]

    def _as_objects(self) -> "np.ndarray[Any, Any]":
        ids = self.products.astype(object)  # one object per product, however many lists it is in
        with collector_paused():
            lists = [products for items in self.sets for products in ids[items].tolist()]
            return np.fromiter(lists, dtype=object, count=len(lists))

    def _as_arrow(self) -> Any:
        import pyarrow as pa

        sizes = [np.full(len(items), items.shape[1], np.int32) for items in self.sets]
        offsets = np.cumsum(np.concatenate([np.zeros(1, np.int32), *sizes]), dtype=np.int32)
        codes = np.concatenate([np.zeros(0, np.int32), *(items.ravel() for items in self.sets)])
        return pa.ListArray.from_arrays(offsets, pa.array(self.products.tolist()).take(codes))


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause Python's search for cycles, which would go through many new lists several times."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
