"""CDNOW: the purchases of 23,570 customers of an early music shop, the test case of repeat-buying models."""

from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, collect, opened
from ..._core.texts import counted
from .._convert.convert import convert
from .._convert.formats import Conversion
from .._export_steps.headings import with_known_headings
from .._map.map import Check
from .._model.errors import SchemaError
from .._model.shop import Shop
from .base import Export, find_spelling, read_as_numbers, whole_number_text

_SYSTEM = "CDNOW"


@tell_library_errors
def from_cdnow(raw: IntoFrame, /, *, decimal: Literal[".", ","] | None = None, check: Check = "values") -> Shop:
    """Map the CDNOW transactions to a shop.

    Columns: ``customer_id``, ``date`` and either ``quantity`` and ``amount`` or, as in the master file,
    ``number_of_cds`` and ``dollar_value``. Dates are times, or yyyymmdd as a number or text.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        One row per transaction.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders``, one line per transaction. All lines are products; the export does not say which.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or values fail their checks.

    Notes
    -----
    The export has days and no order ids. An order is all that a customer bought on a day: its id is made of both, such
    as "17-19970101", so that it is the same in any order of the rows.

    References
    ----------
    P. S. Fader and B. G. S. Hardie, "Forecasting Repeat Sales at CDNOW: A Case Study", Interfaces 31, 2001;
    https://www.brucehardie.com/datasets/

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"customer_id": [1, 2, 2], "date": [19970101, 19970112, 19970112], "quantity": [1, 1, 5],
    ...                     "amount": [11.77, 12.0, 77.0]})
    >>> shop = schema.from_cdnow(raw)
    >>> shop.orders.order_id.tolist()
    ['1-19970101', '2-19970112', '2-19970112']
    >>> shop.notes
    ('3 transactions read as 2 orders: an order is everything that a customer bought on one day',)
    """
    export = Export(check, _SYSTEM, decimal)
    frame = with_known_headings(opened(raw, argument="raw"), export, _SYSTEM)
    customer, date = find_spelling(frame, _SYSTEM, "customer_id"), find_spelling(frame, _SYSTEM, "date")
    quantity, amount = (
        find_spelling(frame, _SYSTEM, canonical, source)
        for canonical, source in (("quantity", "number_of_cds"), ("amount", "dollar_value"))
    )
    frame = _with_days(frame, date)
    day = nw.col(date).dt.year() * 10_000 + nw.col(date).dt.month().cast(nw.Int64) * 100 + nw.col(date).dt.day()
    made = nw.concat_str(whole_number_text(frame, customer), day.cast(nw.String), separator="-")
    frame = read_as_numbers(frame, export, amount).with_columns(order_id=made, line_type=nw.lit("product"))
    orders = export.table(frame, "orders", customer_id=customer, ordered_at=date, quantity=quantity, amount=amount)
    _note_lines(orders.select("order_id", "amount"), export)
    return export.shop(orders=orders)


def _with_days(frame: Frame, date: str) -> Frame:
    """Read yyyymmdd as days; raise with the number of rows that hold something else."""
    dtype = frame.collect_schema()[date]
    if not (dtype.is_numeric() or dtype == nw.String):
        return frame
    frame = frame.with_columns(**{"__date": nw.col(date), date: whole_number_text(frame, date)})
    frame = convert(frame, {date: Conversion("parse", format="%Y%m%d")})
    bad = Export("types").count(frame, rows=~nw.col("__date").is_null() & nw.col(date).is_null())["rows"]
    if bad:
        raise SchemaError(_SYSTEM, [f"{date!r} is not a day such as 19970101 in {counted(bad, 'row')}"])
    return frame.drop("__date")


def _note_lines(orders: Frame, export: Export) -> None:
    marks = orders.with_columns(free=(nw.col("amount") == 0).cast(nw.Int64))
    totals = collect(marks.select(lines=nw.len(), orders=nw.col("order_id").n_unique(), free=nw.col("free").sum()))
    lines, count, free = (int(totals[name].to_list()[0] or 0) for name in ("lines", "orders", "free"))
    text = f"read as {counted(count, 'order')}: an order is everything that a customer bought on one day"
    export.note("orders_by_day", lines, "transaction", text)
    export.note("free_transactions", free, "transaction", "with an amount of zero")
