"""What a sheet of Excel holds: its limits, and the values that it would change or refuse."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checks import show
from .notes import Note
from .texts import counted

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 2**20 - 1
"""Rows of a sheet below its header."""
MAX_COLUMNS = 2**14
MAX_CHARACTERS = 32_767
"""In one cell."""
MAX_DIGITS = 10**15
"""Whole numbers from here on lose their last digits."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CUT = "…"


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
