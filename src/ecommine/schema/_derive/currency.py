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
    currencies = collect(lines.select(nw.col("currency")).unique())["currency"].drop_nulls().cast(nw.String).to_list()
    if len(currencies) > 1:
        raise SchemaError("orders", [several_currencies(len(currencies), currencies)])
    return str(currencies[0]) if currencies else None


def several_currencies(count: int, named: list[str] | None = None) -> str:
    """Return the problem of lines of several currencies, which are named where they are few."""
    names = f" ({', '.join(sorted(named))})" if named and count <= MAX_NAMED else ""
    return f"`currency` holds {count} currencies{names}, whose money cannot be summed: convert it to one"
