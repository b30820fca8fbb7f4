"""Tables of numbers per product that a caller gives beside the sales: prices, and limits of prices."""

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.arrays import Floats, Ints
from ..._core.frames import collect, opened
from .._panel import Panel, as_floats


def read_given(
    table: object, panel: Panel, columns: tuple[str, ...], *, argument: str, otherwise: str = ""
) -> tuple[Ints, list[object], Mapping[str, Floats]]:
    """Return the group of each row, -1 where the sales do not have its product, its id, and the columns of numbers.

    Parameters
    ----------
    otherwise : str
        What else the argument may be, as its error says.

    Raises
    ------
    TypeError, ValueError
        If it is no table, or a column is missing or holds no numbers.
    """
    frame = opened(table, argument=argument)
    names = ("product_id", *columns)
    absent = [name for name in names if name not in frame.collect_schema().names()]
    if absent:
        wanted = f"{', '.join(names[:-1])} and {names[-1]}"
        raise ValueError(f"`{argument}` must be {otherwise}a table with {wanted}: {absent[0]!r} is missing")
    rows = collect(frame.select(*names))
    numbers = {name: _numbers(rows[name], argument) for name in columns}
    ids = rows["product_id"]
    return panel.places(ids, argument=argument), ids.to_list(), numbers


def _numbers(column: nw.Series[Any], argument: str) -> Floats:
    """Return a column of numbers, which pandas may hold as objects."""
    problem = f"`{argument}` must hold numbers in {column.name}, got the type {column.dtype}"
    if not (column.dtype.is_numeric() or column.dtype == nw.Object):
        raise TypeError(problem)
    try:
        return as_floats(column)
    except Exception as error:  # each library has a kind of its own
        raise TypeError(f"{problem}: {str(error)[:80]}") from error
