"""Itemsets as lists of product ids, a column of a table in whatever form the caller's library takes fastest."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..._core.frames import Frame
from .._encoding import Ints


class Lists:
    """Sets of products as lists of their ids, each made once, however many rows of a table hold it.

    Parameters
    ----------
    products : array of shape (n_products,)
        The id of each code.
    sets : sequence of int32 arrays of shape (n, size)
        Product codes, one matrix for each size. A set's place is its row in all matrices, one after the other.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine._core.frames import opened
    >>> lists = Lists(np.array(["jam", "tea"], dtype=object), [np.array([[0], [1]]), np.array([[0, 1]])])
    >>> lists.column(np.array([2, 0]), opened(pd.DataFrame({"order_id": [1]}), argument="orders"))
    array([list(['jam', 'tea']), list(['jam'])], dtype=object)
    """

    def __init__(self, products: "np.ndarray[Any, Any]", sets: Sequence[Ints]) -> None:
        self.products, self.sets = products, sets
        self._made: Any = None

    @property
    def sample(self) -> list[Any]:
        """A list that has the type of all of them."""
        return self.products[:1].tolist() or [""]

    def column(self, places: Ints, like: Frame) -> Any:
        """Return some sets as a column for a table in the library of ``like``."""
        if like.implementation.is_polars() or like.implementation.is_pyarrow():
            self._made = self._as_arrow() if self._made is None else self._made
            return self._made.take(places)
        self._made = self._as_objects() if self._made is None else self._made
        return self._made[places]

    def _as_objects(self) -> "np.ndarray[Any, Any]":
        ids = self.products.astype(object)  # one object a product, whatever number of lists it is in
        with collector_paused():
            made = [one for items in self.sets for one in ids[items].tolist()]
            return np.fromiter(made, dtype=object, count=len(made))

    def _as_arrow(self) -> Any:
        import pyarrow as pa

        sizes = np.concatenate([np.zeros(1, np.int32), *(np.full(len(x), x.shape[1], np.int32) for x in self.sets)])
        codes = np.concatenate([np.zeros(0, np.int32), *(items.ravel() for items in self.sets)])
        return pa.ListArray.from_arrays(np.cumsum(sizes, dtype=np.int32), pa.array(self.products.tolist()).take(codes))


@contextmanager
def collector_paused() -> Iterator[None]:
    """Make many lists without Python's search for cycles among them: it would go through all objects several times."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
