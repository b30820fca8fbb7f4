"""How a result is seen: as text, as HTML, as pandas, as a workbook."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from html import escape
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from .checks import one_of, show
from .engines import check_pickles, tell_library_errors
from .frames import collect, opened
from .notes import Note, warn_of_notes
from .output.headings import heading, sheet_name
from .output.workbook import workbook
from .tables import product_names, unused_names, with_product_names
from .texts import LOCALES, Locale, counted

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 5
SHOWN_NOTES = 3
MAX_ROWS = 2**20 - 1
"""Rows of a sheet below its header."""
MAX_COLUMNS = 2**14
MAX_CHARACTERS = 32_767
"""In one cell."""
MAX_DIGITS = 10**15
"""Whole numbers from here on lose their last digits."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CUT = "…"


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
    def to_excel(self, path: str | PathLike[str], *, names: object = None, locale: Locale = "en") -> None:
        """Write a workbook: what the result says on the first sheet, its notes with their codes, a sheet per table.

        Parameters
        ----------
        path : str or path
            The file, which is replaced where it is there.
        names : table of products, mapping of id to name, or None
            A table with product_id and title: products are written by their names, one without a name by its id. A
            warning tells where no product of the result has one.
        locale : {"en", "zh"}
            The language of the sentences, and with "zh" of the headings too.

        Raises
        ------
        TypeError, ValueError
            If an option is wrong, or a table has more rows or columns than a sheet: nothing is written then.
        """
        checked, titles = check_path(path), product_names(names)
        one_of("locale", locale, LOCALES)
        plain = {name: to_pandas(table) for name, table in self._sheets(locale).items()}
        tables = {name: with_product_names(table, titles) for name, table in plain.items()}
        unused = unused_names(plain.values(), titles)
        notes = (*self.notes, *check_sheets(tables), *unused)
        warn_of_notes(unused, UserWarning, stacklevel=2)
        sentences = self._sentences(locale)
        lines = sentences if locale == "zh" and sentences else [self.headline, *sentences]
        first = _sheet_of_notes(type(self).__name__, lines, notes)
        sheets = {"notes": first, **{name: for_excel(table) for name, table in tables.items()}}
        if locale == "zh":
            checked.write_bytes(workbook({sheet_name(name): table for name, table in sheets.items()}, heading))
        else:
            checked.write_bytes(workbook(sheets))

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

    def _sheets(self, locale: Locale) -> Mapping[str, Any]:  # noqa: ARG002  # a class may have words of its own
        """Return the tables of a workbook by name."""
        return self.tables

    def _sentences(self, locale: Locale) -> list[str]:
        """Return what the result says in a language, where it has a summary."""
        summary = getattr(self, "summary", None)
        return [] if summary is None else [summary(locale=locale)]

    def _main(self) -> Any:
        """Return the main table; a result whose other tables are made when asked for returns it without them."""
        return next(iter(self.tables.values()))

    def _shown(self) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
        return opened(self._main(), argument="table")

    def _shown_notes(self) -> list[str]:
        shown = [f"  note: {note}" for note in self.notes[:SHOWN_NOTES]]
        hidden = len(self.notes) - len(shown)
        return [*shown, f"  note: {hidden} more in .notes"] if hidden > 0 else shown


def _sheet_of_notes(title: str, lines: Sequence[str], notes: Sequence[str]) -> "pd.DataFrame":
    """Return one row per sentence, the headline first; a sentence without a code leaves its cells empty."""
    import pandas as pd

    codes = [note.code if isinstance(note, Note) else None for note in notes]
    counts = [note.count if isinstance(note, Note) else None for note in notes]
    return pd.DataFrame(
        {
            title: [*lines, *map(str, notes)],
            "code": [*[None] * len(lines), *codes],
            "count": pd.array([*[None] * len(lines), *counts], dtype="Int64"),
        }
    )


def to_pandas(table: Any) -> "pd.DataFrame":
    """Turn any library's table into pandas, computing it where it is lazy."""
    return collect(opened(table, argument="table")).to_pandas()


def _head(frame: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> list[str]:
    if isinstance(frame, nw.LazyFrame):  # showing rows would run the query
        return [f"  lazy table with columns {', '.join(frame.collect_schema().names())}"]
    head = frame.head(SHOWN_ROWS).to_pandas().to_string(index=False, max_cols=9, line_width=None)
    return [*head.splitlines(), f"[{len(frame):,} rows]"]


def check_path(path: object) -> Path:
    """Return the path of a file.

    Raises
    ------
    TypeError, ValueError
        If it is no path, or has characters that no path has.

    Examples
    --------
    >>> check_path("result.xlsx").suffix
    '.xlsx'
    """
    if not isinstance(path, (str, PathLike)):
        raise TypeError(f"`path` must be the path of a file such as 'result.xlsx', got {show(path)}")
    checked = Path(path)
    if not checked.name or _CONTROL.search(str(checked)):
        raise ValueError(f"`path` must be the path of a file such as 'result.xlsx', got {show(path)}")
    return checked


def check_sheets(tables: "Mapping[str, pd.DataFrame]") -> Iterator[Note]:
    """Raise for a table that no sheet holds, and return a note of texts that are cut."""
    for name, table in tables.items():
        n_rows, n_columns = table.shape
        if n_rows > MAX_ROWS or n_columns > MAX_COLUMNS:
            raise ValueError(
                f"a sheet of Excel holds {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns, and the table {name!r} has "
                f"{n_rows:,} and {n_columns:,}: write `tables[{name!r}]` as Parquet or CSV, or take fewer rows"
            )
    n_cut = sum(_is_long(value) for table in tables.values() for value in _objects(table))
    if n_cut:
        text = f"{counted(n_cut, 'text')} cut at {MAX_CHARACTERS:,} characters, the most that a cell of Excel holds"
        yield Note(text, code="texts_cut", count=n_cut)


def for_excel(table: "pd.DataFrame") -> "pd.DataFrame":
    """Turn into text what Excel does not keep: lists and other objects, and whole numbers of more than 15 digits.

    Examples
    --------
    >>> import pandas as pd
    >>> for_excel(pd.DataFrame({"id": [10**17], "items": [["a", "b"]]})).to_dict("records")
    [{'id': '100000000000000000', 'items': 'a + b'}]
    """
    shown: dict[str, Any] = {}
    for name, column in table.items():
        if column.dtype.kind in "iu":
            if bool(((column >= MAX_DIGITS) | (column <= -MAX_DIGITS)).any()):
                shown[str(name)] = column.astype(str)
        elif column.dtype.kind == "O":
            shown[str(name)] = column.map(_cell)
    return table.assign(**shown)


def _objects(table: "pd.DataFrame") -> Iterator[object]:
    for _, column in table.items():
        if column.dtype.kind == "O":
            yield from column


def _is_long(value: object) -> bool:
    return isinstance(value, (str, list, tuple)) and len(_text(value)) > MAX_CHARACTERS


def _text(value: object) -> str:
    text = " + ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return _CONTROL.sub("", text)


def _cell(value: object) -> object:
    """Return a value as a cell holds it: dates and numbers as they are, all else as text that fits."""
    is_plain = (
        isinstance(value, (Real, Decimal, date, time, timedelta)) or value is None or type(value).__name__ == "NAType"
    )
    if is_plain and not _is_large(value):
        return value
    text = _text(value)
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - len(_CUT)] + _CUT


def _is_large(value: object) -> bool:
    return isinstance(value, int) and abs(value) >= MAX_DIGITS
