"""One currency: money of several cannot be added up."""

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from .._model.errors import SchemaError

MAX_NAMED = 5
"""Currencies that an error names; of more it gives the number."""


def one_currency(lines: Frame, /) -> str | None:
    """Return the currency of order lines, None where it is not known; several are a `SchemaError`."""
    if "currency" not in lines.collect_schema().names():
        return None
    found = collect(lines.select(nw.col("currency")).unique())["currency"].drop_nulls().cast(nw.String).to_list()
    if len(found) > 1:
        raise SchemaError("orders", [several_currencies(len(found), found)])
    return str(found[0]) if found else None


def several_currencies(count: int, named: list[str] | None = None) -> str:
    """Return the problem of lines of several currencies, which are named where they are few."""
    names = f" ({', '.join(sorted(named))})" if named and count <= MAX_NAMED else ""
    return f"`currency` holds {count} currencies{names}, whose money cannot be summed: convert it to one"
