"""How a result is seen: as text, as HTML, as pandas, as a workbook."""

from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from os import PathLike
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from .engines import check_pickles
from .excel import check_path, check_sheets, for_excel
from .frames import collect, opened
from .library_errors import tell_library_errors
from .notes import Note
from .optional import require

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 5
SHOWN_NOTES = 3


class Result:
    """Display of a frozen result with ``notes``, ``headline`` and named ``tables`` (the main table first)."""

    __slots__ = ()

    if TYPE_CHECKING:
        notes: tuple[str, ...]  # of Note, where a class says so

        @property
        def headline(self) -> str: ...
        @property
        def tables(self) -> Mapping[str, Any]: ...

    @tell_library_errors
    def to_pandas(self) -> "pd.DataFrame":
        """Return the main table as pandas; a lazy table is computed."""
        return to_pandas(self._main())

    @tell_library_errors
    def to_excel(self, path: str | PathLike[str]) -> None:
        """Write a workbook: the notes with their codes and counts on the first sheet, then one sheet per table.

        Raises
        ------
        ModuleNotFoundError
            If openpyxl is not installed (``pip install 'ecommine[excel]'``).
        TypeError, ValueError
            If `path` is no path, or a table has more rows or columns than a sheet: nothing is written then.
        """
        require("openpyxl", extra="excel")
        checked = check_path(path)
        sheets = {name: to_pandas(table) for name, table in self.tables.items()}
        notes = (*self.notes, *check_sheets(sheets))
        first = _sheet_of_notes(type(self).__name__, self.headline, notes)
        checked.write_bytes(_workbook({"notes": first, **sheets}))

    def __repr__(self) -> str:
        """Return at most twelve lines: what it is, what was left out, the head of the table."""
        return "\n".join([f"{type(self).__name__}: {self.headline}", *self._shown_notes(), *_head(self._shown())])

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Return what a pickle holds of the result; one on DuckDB or Spark has none."""
        check_pickles(self, self._main())
        return super().__reduce_ex__(protocol)

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        main = self._shown()
        if isinstance(main, nw.LazyFrame):
            body = f"<pre>{escape(' '.join(_head(main)))}</pre>"
        else:
            body = to_pandas(main.head(SHOWN_ROWS).to_native()).to_html(index=False)
        return f"<p><b>{type(self).__name__}</b>: {escape(self.headline)}</p><ul>{lines}</ul>{body}"

    def _main(self) -> Any:
        """Return the main table; a result whose other tables are made when asked for returns it without them."""
        return next(iter(self.tables.values()))

    def _shown(self) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
        return opened(self._main(), argument="table")

    def _shown_notes(self) -> list[str]:
        shown = [f"  note: {note}" for note in self.notes[:SHOWN_NOTES]]
        hidden = len(self.notes) - len(shown)
        return [*shown, f"  note: {hidden} more in .notes"] if hidden > 0 else shown


def _workbook(sheets: "Mapping[str, pd.DataFrame]") -> bytes:
    """Return the whole workbook: a file that cannot be finished is not begun."""
    import pandas as pd

    content = BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as book:
        for name, table in sheets.items():
            for_excel(table).to_excel(book, sheet_name=name[:31], index=False)
        for sheet in book.sheets.values():
            _make_readable(sheet)
    return content.getvalue()


def _sheet_of_notes(title: str, headline: str, notes: Sequence[str]) -> "pd.DataFrame":
    """Return one row per sentence, the headline first; a sentence without a code leaves its cells empty."""
    import pandas as pd

    codes = [note.code if isinstance(note, Note) else None for note in notes]
    counts = [note.count if isinstance(note, Note) else None for note in notes]
    return pd.DataFrame(
        {
            title: [headline, *map(str, notes)],
            "code": [None, *codes],
            "count": pd.array([None, *counts], dtype="Int64"),
        }
    )


def _make_readable(sheet: Any) -> None:
    sheet.freeze_panes = "A2"
    for column in sheet.iter_cols():
        sheet.column_dimensions[column[0].column_letter].width = max(12, len(str(column[0].value)) + 2)
        for cell in column:
            if cell.data_type == "f":  # a title that begins with = is a text, and no formula to run
                cell.data_type = "s"


def to_pandas(table: Any) -> "pd.DataFrame":
    """Turn any library's table into pandas, computing it where it is lazy."""
    return collect(opened(table, argument="table")).to_pandas()


def _head(frame: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> list[str]:
    if isinstance(frame, nw.LazyFrame):  # showing rows would run the query
        return [f"  lazy table with columns {', '.join(frame.collect_schema().names())}"]
    head = frame.head(SHOWN_ROWS).to_pandas().to_string(index=False, max_cols=9, line_width=None)
    return [*head.splitlines(), f"[{len(frame):,} rows]"]
