"""CDNOW: the purchases of 23,570 customers of an early music shop, the test case of repeat-buying models."""

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.frames import Frame, collect, opened
from .._map.formats import Conversion
from .._map.map import Check
from .._map.native import convert
from .._model.errors import SchemaError
from .._model.shop import Shop
from .base import Export, as_numbers, spelled, whole_text

_SYSTEM = "CDNOW"


def from_cdnow(raw: IntoFrame, /, *, check: Check = "values") -> Shop:
    """Map the CDNOW transactions to a shop.

    Columns: ``customer_id``, ``date`` and either ``quantity`` and ``amount`` or, as in the master file,
    ``number_of_cds`` and ``dollar_value``. Dates are times, or yyyymmdd as a number or text.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        One row a transaction.
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders``, one line a transaction. All lines are products; the export does not say which.

    Raises
    ------
    SchemaError
        If columns are missing, or values cannot be.

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
    ('3 transactions in 2 orders: an order is what a customer bought on a day',)
    """
    frame = opened(raw, argument="raw")
    customer, date = spelled(frame, _SYSTEM, "customer_id"), spelled(frame, _SYSTEM, "date")
    quantity, amount = (
        spelled(frame, _SYSTEM, ours, theirs)
        for ours, theirs in (("quantity", "number_of_cds"), ("amount", "dollar_value"))
    )
    frame = _with_days(frame, date)
    day = nw.col(date).dt.year() * 10_000 + nw.col(date).dt.month().cast(nw.Int64) * 100 + nw.col(date).dt.day()
    made = nw.concat_str(whole_text(frame, customer), day.cast(nw.String), separator="-")
    frame = as_numbers(frame, _SYSTEM, amount).with_columns(order_id=made, line_type=nw.lit("product"))
    export = Export(check)
    orders = export.table(frame, "orders", customer_id=customer, ordered_at=date, quantity=quantity, amount=amount)
    _describe(orders.select("order_id", "amount"), export)
    return export.shop(orders=orders)


def _with_days(frame: Frame, date: str) -> Frame:
    """Read yyyymmdd as days, and tell how many rows hold something else."""
    dtype = frame.collect_schema()[date]
    if not (dtype.is_numeric() or dtype == nw.String):
        return frame
    frame = frame.with_columns(**{"__date": nw.col(date), date: whole_text(frame, date)})
    frame = convert(frame, {date: Conversion("parse", format="%Y%m%d")})
    bad = Export("types").count(frame, rows=~nw.col("__date").is_null() & nw.col(date).is_null())["rows"]
    if bad:
        raise SchemaError(_SYSTEM, [f"{date!r} is no day such as 19970101 in {bad:,} row{'' if bad == 1 else 's'}"])
    return frame.drop("__date")


def _describe(orders: Frame, export: Export) -> None:
    marks = orders.with_columns(free=(nw.col("amount") == 0).cast(nw.Int64))
    facts = collect(marks.select(lines=nw.len(), orders=nw.col("order_id").n_unique(), free=nw.col("free").sum()))
    lines, count, free = (int(facts[name].to_list()[0] or 0) for name in ("lines", "orders", "free"))
    export.say(lines, "transaction", f"in {count:,} orders: an order is what a customer bought on a day")
    export.say(free, "transaction", "of no money")
