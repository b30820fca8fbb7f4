"""What the results of this topic share: one eager table whose first columns are products, also as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from ..._core.frames import build, opened
from ..._core.results import Result
from .._names import as_text, named


class ProductTable(Result):
    """A result with an eager ``table``; its first columns, two unless a class says so, hold products or lists of them.

    A class adds its fields and its headline.
    """

    __slots__ = ()
    table: Any
    _SIDES: ClassVar[int] = 2
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
        frame, known = self._frame(), named(names)
        sides = frame.columns[: self._SIDES]
        texts = {f"{name} as text": [as_text(one, known) for one in frame[name].to_list()] for name in sides}
        made = build(texts, like=frame)
        return frame.with_columns(made[text].alias(name) for text, name in zip(texts, sides, strict=True)).to_native()

    def _frame(self) -> nw.DataFrame[Any]:
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        return frame


def dated(as_of: datetime | None) -> str:
    """Begin a headline with the moment up to which orders count."""
    return "" if as_of is None else f"as of {as_of:%Y-%m-%d %H:%M}, "
