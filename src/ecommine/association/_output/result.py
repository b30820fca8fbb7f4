"""What the results of this topic share: one eager table whose first columns are products, also as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats
from ..._core.frames import opened
from ..._core.results import Result
from ..._core.tables import flatten_products, product_names

if TYPE_CHECKING:
    from ..._core.notes import Note


class ProductTable(Result):
    """A result with an eager ``table``; its first columns, two unless a class says so, hold products or lists of them.

    A class adds its fields and its headline.
    """

    __slots__ = ()
    if TYPE_CHECKING:
        notes: tuple[Note, ...]
    table: Any
    _N_SIDES: ClassVar[int] = 2
    _NAME: ClassVar[str]

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {self._NAME: self.table}

    def to_flat(self, *, names: object = None) -> Any:
        """Return the table with products as text, lists of them joined, for CSV files and spreadsheets.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            A table with product_id and title; products without a name keep their id.
        """
        return flatten_products(self.table, self._frame().columns[: self._N_SIDES], product_names(names))

    def _frame(self) -> nw.DataFrame[Any]:
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        return frame


def as_of_prefix(as_of: datetime | None) -> str:
    """Return how a headline begins: with the moment up to which orders count."""
    return "" if as_of is None else f"as of {as_of:%Y-%m-%d %H:%M}, "


def column_as_floats(frame: nw.DataFrame[Any], name: str) -> Floats:
    """Return a column of numbers as floats, whatever the library and its nulls."""
    return np.asarray(frame[name].cast(nw.Float64).to_numpy(), dtype=np.float64)
