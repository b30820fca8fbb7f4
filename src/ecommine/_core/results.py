"""How a result is seen: as text, as HTML, as pandas, as a workbook."""

from collections.abc import Mapping
from html import escape
from os import PathLike
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from .frames import collect, opened
from .optional import require

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 5
SHOWN_NOTES = 3


class Result:
    """Display of a frozen result with ``notes``, ``headline`` and named ``tables`` (the main table first)."""

    __slots__ = ()

    if TYPE_CHECKING:
        notes: tuple[str, ...]

        @property
        def headline(self) -> str: ...
        @property
        def tables(self) -> Mapping[str, Any]: ...

    def to_pandas(self) -> "pd.DataFrame":
        """Return the main table as pandas; a lazy table is computed."""
        return to_pandas(next(iter(self.tables.values())))

    def to_excel(self, path: str | PathLike[str]) -> None:
        """Write a workbook: the notes on the first sheet, then one sheet a table.

        Raises
        ------
        ModuleNotFoundError
            If openpyxl is not installed (``pip install 'ecommine[excel]'``).
        """
        require("openpyxl", extra="excel")
        import pandas as pd

        first = pd.DataFrame({type(self).__name__: [self.headline, *self.notes]})
        with pd.ExcelWriter(path, engine="openpyxl") as book:
            first.to_excel(book, sheet_name="notes", index=False)
            for name, table in self.tables.items():
                to_pandas(table).to_excel(book, sheet_name=name[:31], index=False)
            for cell in (cell for sheet in book.sheets.values() for row in sheet.iter_rows() for cell in row):
                if cell.data_type == "f":  # a title that begins with = is a text, and no formula to run
                    cell.data_type = "s"

    def __repr__(self) -> str:
        """Return at most twelve lines: what it is, what was left out, the head of the table."""
        return "\n".join([f"{type(self).__name__}: {self.headline}", *self._shown_notes(), *_head(self._main())])

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        main = self._main()
        if isinstance(main, nw.LazyFrame):
            body = f"<pre>{escape(' '.join(_head(main)))}</pre>"
        else:
            body = to_pandas(main.head(SHOWN_ROWS).to_native()).to_html(index=False)
        return f"<p><b>{type(self).__name__}</b>: {escape(self.headline)}</p><ul>{lines}</ul>{body}"

    def _main(self) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
        return opened(next(iter(self.tables.values())), argument="table")

    def _shown_notes(self) -> list[str]:
        shown = [f"  note: {note}" for note in self.notes[:SHOWN_NOTES]]
        hidden = len(self.notes) - len(shown)
        return [*shown, f"  note: {hidden} more in .notes"] if hidden > 0 else shown


def to_pandas(table: Any) -> "pd.DataFrame":
    """Turn any library's table into pandas, computing it where it is lazy."""
    return collect(opened(table, argument="table")).to_pandas()


def _head(frame: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> list[str]:
    if isinstance(frame, nw.LazyFrame):  # showing rows would run the query
        return [f"  lazy table with columns {', '.join(frame.collect_schema().names())}"]
    head = frame.head(SHOWN_ROWS).to_pandas().to_string(index=False, max_cols=9, line_width=None)
    return [*head.splitlines(), f"[{len(frame):,} rows]"]
