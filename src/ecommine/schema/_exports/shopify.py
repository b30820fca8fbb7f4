"""Shopify: the orders CSV of the admin, one row per line item, with the totals of the order on its first row only."""

from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, join, opened
from .._map.map import Check, check_zone
from .._model.shop import Shop
from .base import (
    Export,
    drop_cancelled,
    fill_false,
    note_line_types,
    null_column,
    order_level_lines,
    present_columns,
    products_of_lines,
    read_as_numbers,
    read_as_text,
    require_columns,
    stack,
)

_SYSTEM = "Shopify"
_ORDER = {
    "customer_id": "Email",
    "ordered_at": "Created at",
    "country": "Shipping Country",
    "channel": "Source",
    "currency": "Currency",
    "store_id": "Location",
    "coupon": "Discount Code",
    "payment_method": "Payment Method",
}
_MONEY = ("Subtotal", "Shipping", "Total", "Refunded Amount")
_STATES = ("Financial Status", "Cancelled at")
_LINE = ("Lineitem name", "Lineitem sku", "Vendor")


@tell_library_errors
def from_shopify(
    raw: IntoFrame,
    /,
    *,
    timezone: str | None = None,
    cancelled: Literal["drop", "keep"] = "drop",
    check: Check = "values",
) -> Shop:
    """Map Shopify's orders CSV to a shop whose lines add up to the total of each order.

    Needed columns: Name, Email, Created at, Subtotal, Shipping, Total, Lineitem quantity, Lineitem name, Lineitem
    price. Read where they are there: Lineitem sku, Lineitem discount, Refunded Amount, Cancelled at, Financial Status,
    Currency, Discount Code, Payment Method, Shipping Country, Source, Location, Vendor.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The CSV as it was exported ("Plain CSV file"), with its rows in any order.
    timezone : str, optional
        The shop's zone; only for a ``Created at`` that the reader of the file turned into times with a zone. Text
        ("2024-05-01 09:58:12 +0800") is the shop's wall clock as it stands.
    cancelled : {"drop", "keep"}, default "drop"
        What becomes of orders with a ``Cancelled at``, or whose payment was voided or expired.
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders`` and ``products``. ``order_id`` is the Name ("#1001"), ``customer_id`` the Email, so that orders
        without one (often of the point of sale) are guests, ``product_id`` the SKU or, without one, the name.

    Raises
    ------
    SchemaError
        If columns are missing, money is not a number, or values fail their checks.

    Notes
    -----
    The rows of an order share its Name; money and time of the order stand on the row that has a ``Total``, and are
    given to all its lines. To the lines of its products, quantity x price - line discount, each order gets

    - a shipping line, the Shipping;
    - a discount line, what Subtotal is below the sum of its products: codes and automatic discounts that the lines do
      not carry. Where Subtotal is above it (an edited order), the line is an adjustment;
    - a fee line, Total - Subtotal - Shipping: taxes, duties, tips. Where prices include the tax there is none, since
      Total holds no more then; where it is negative (free shipping by a code), the line is a discount;
    - an adjustment line, minus the Refunded Amount, on the day of the order, since the file does not tell a later one.

    Without the last line the amounts of an order add up to its Total. A Shipping that is missing counts as 0, a missing
    Subtotal as the sum of the products; both are counted in a note.

    References
    ----------
    Shopify Help Center, "Exporting orders",
    https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"Name": ["#1001", "#1001"], "Email": ["ann@example.com", None],
    ...                     "Created at": ["2024-05-01 09:58:12 +0800", None], "Subtotal": [27.0, None],
    ...                     "Shipping": [5.0, None], "Taxes": [2.7, None], "Total": [34.7, None],
    ...                     "Lineitem quantity": [2, 1], "Lineitem name": ["Tee", "Mug"],
    ...                     "Lineitem price": [10.0, 10.0], "Lineitem sku": ["TEE", None]})
    >>> shop = schema.from_shopify(raw)
    >>> shop.orders[["order_id", "customer_id", "line_type", "amount"]]
      order_id      customer_id line_type  amount
    0    #1001  ann@example.com   product    20.0
    1    #1001  ann@example.com   product    10.0
    2    #1001  ann@example.com  shipping     5.0
    3    #1001  ann@example.com  discount    -3.0
    4    #1001  ann@example.com       fee     2.7
    """
    check_zone(timezone)
    export = Export(check)
    frame = _read(opened(raw, argument="raw"))
    heads = _heads(frame)
    dead = nw.col("__cancelled") == 1
    kept = drop_cancelled(heads, export, dead, cancelled, "cancelled, voided or expired")
    _note_missing(kept, export)
    goods = _goods(frame, heads)
    if cancelled == "drop":
        goods = goods.filter(~fill_false(dead))
    lines = goods.drop("title", "__cancelled", *present_columns(goods, brand="brand"))
    written = lines.collect_schema()["ordered_at"] == nw.String
    orders = export.table(
        stack([lines, *_implied(lines, kept)]),
        "orders",
        timezone=None if written else timezone,
        format="%Y-%m-%d %H:%M:%S" if written else None,
    )
    note_line_types(orders, export)
    return export.shop(orders=orders, products=products_of_lines(goods, export))


def _read(frame: Frame) -> Frame:
    """Return the columns that are used in their types, with neutral values for optional ones that are absent."""
    needed = ("Email", "Created at", "Subtotal", "Shipping", "Total")
    require_columns(frame, _SYSTEM, "Name", *needed, "Lineitem quantity", "Lineitem name", "Lineitem price")
    names = frame.collect_schema().names()
    absent = {name: nw.lit(0.0) for name in ("Lineitem discount", "Refunded Amount") if name not in names}
    absent |= {name: null_column(nw.String) for name in (*_STATES, "Lineitem sku") if name not in names}
    frame = frame.with_columns(**absent) if absent else frame
    texts = [name for name in _ORDER.values() if name != "Created at"]
    frame = read_as_text(frame, "Name", *texts, "Financial Status", *_LINE)
    frame = read_as_numbers(frame, _SYSTEM, *_MONEY, "Lineitem quantity", "Lineitem price", "Lineitem discount")
    if frame.collect_schema()["Created at"] == nw.String:
        frame = frame.with_columns(nw.col("Created at").str.slice(0, 19))
    return frame


def _heads(frame: Frame) -> Frame:
    """Return the columns of each order, from the row that has its total."""
    if frame.collect_schema()["Cancelled at"] == nw.String:
        frame = read_as_text(frame, "Cancelled at")
    dead = ~nw.col("Cancelled at").is_null() | fill_false(nw.col("Financial Status").is_in(["voided", "expired"]))
    of_order = {canonical: nw.col(source) for canonical, source in present_columns(frame, **_ORDER).items()}
    heads = frame.filter(~nw.col("Total").is_null()).select(
        "Name", *_MONEY, __cancelled=dead.cast(nw.Int64), **of_order
    )
    return heads.unique(subset=["Name"], keep="any").rename({"Name": "order_id"})


def _goods(frame: Frame, heads: Frame) -> Frame:
    paid = nw.col("Lineitem quantity") * nw.col("Lineitem price") - nw.col("Lineitem discount").fill_null(0.0)
    price, units = nw.col("Lineitem price"), nw.col("Lineitem quantity")
    sold = ~nw.col("Lineitem name").is_null() | ~(price.is_null() | units.is_null())
    lines = frame.filter(sold).select(
        order_id=nw.col("Name"),
        product_id=nw.coalesce("Lineitem sku", "Lineitem name"),
        title=nw.col("Lineitem name"),
        quantity=nw.col("Lineitem quantity"),
        unit_price=nw.col("Lineitem price"),
        discount=nw.col("Lineitem discount").fill_null(0.0),
        amount=paid,
        line_type=nw.lit("product"),
        **{canonical: nw.col(source) for canonical, source in present_columns(frame, brand="Vendor").items()},
    )
    return join(lines, heads.drop(*_MONEY), on=["order_id"], how="left")


def _note_missing(heads: Frame, export: Export) -> None:
    counts = export.count(heads, subtotal=nw.col("Subtotal").is_null(), shipping=nw.col("Shipping").is_null())
    export.note("missing_subtotal", counts["subtotal"], "order", "without a Subtotal: the sum of the products is used")
    export.note("missing_shipping", counts["shipping"], "order", "without a Shipping: read as 0")


def _implied(lines: Frame, heads: Frame) -> list[Frame]:
    sums = lines.group_by("order_id").agg(nw.col("amount").sum().alias("__goods"))
    heads = join(heads, sums, on=["order_id"], how="left")
    goods, shipping = nw.col("__goods").fill_null(0.0), nw.col("Shipping").fill_null(0.0)
    subtotal = nw.coalesce(nw.col("Subtotal"), goods)
    left, rest = subtotal - goods, nw.col("Total") - subtotal - shipping
    return [
        order_level_lines(lines, heads, shipping, "shipping"),
        order_level_lines(lines, heads, left, "adjustment", "discount"),
        order_level_lines(lines, heads, rest, "fee", "discount"),
        order_level_lines(lines, heads, -nw.col("Refunded Amount"), "adjustment"),
    ]
