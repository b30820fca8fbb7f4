"""Shopify: the orders CSV of the admin, one row per line item, with the totals of the order on its first row only."""

from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, computed_once, join, opened
from .._convert.formats import EPOCHS
from .._export_steps.customers import with_customers
from .._export_steps.headings import with_known_headings
from .._export_steps.line_types import is_tip, line_type_of
from .._export_steps.refunds import with_refunds
from .._export_steps.repeated import drop_repeated_orders, refuse_two_orders_of_a_number
from .._export_steps.states import note_unknown_states
from .._map.map import Check, check_zone
from .._model.shop import Shop
from .base import (
    Export,
    drop_cancelled,
    fill_false,
    format_for,
    note_line_types,
    note_missing_rows,
    null_column,
    order_level_lines,
    present_columns,
    products_of_lines,
    read_as_numbers,
    read_as_text,
    require_columns,
    require_times,
)

_SYSTEM = "Shopify"
_ORDER = {
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
_ONCE = ("Id", "Email", "Created at", "Total")
"""What an order has once, on the first of its rows or on all."""
_CHANGING = (
    "Financial Status", "Fulfillment Status", "Refunded Amount", "Cancelled at", "Paid at", "Fulfilled at", "Subtotal",
    "Accepts Marketing", "Shipping", "Taxes", "Discount Amount", "Outstanding Balance",
)  # fmt: skip
"""What an order has once at a time, on the first of its rows or on all."""
_KNOWN_STATES = "^(?i:paid|unpaid|partially[ _]paid|partially[ _]refunded|refunded|pending|authorized|voided|expired)$"
_LINE = ("Lineitem name", "Lineitem sku", "Vendor")


@tell_library_errors
def from_shopify(
    raw: IntoFrame,
    /,
    *,
    timezone: str | None = None,
    format: str | None = None,
    customer: str | None = None,
    cancelled: Literal["drop", "keep"] = "drop",
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
) -> Shop:
    """Map Shopify's orders CSV to a shop whose lines add up to the total of each order.

    Needed columns: Name, Created at, Subtotal, Shipping, Total, Lineitem quantity, Lineitem name, Lineitem
    price. Read where they are there: Lineitem sku, Lineitem discount, Refunded Amount, Cancelled at, Financial Status,
    Currency, Discount Code, Payment Method, Shipping Country, Source, Location, Vendor, Phone, Id.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The CSV as it was exported ("Plain CSV file"), with its rows in any order.
    timezone : str, optional
        The shop's zone; only for a ``Created at`` that the reader of the file turned into times with a zone. Text
        ("2024-05-01 09:58:12 +0800") is the shop's wall clock as it stands.
    format : str, optional
        How ``Created at`` is written where a spreadsheet has changed it, such as "%m/%d/%Y %H:%M".
    customer : str, optional
        The column that tells customers apart, such as "Phone". By default it is the Email; an order without one, as of
        cash on delivery, is of the customer who has its Phone.
    cancelled : {"drop", "keep"}, default "drop"
        What becomes of orders with a ``Cancelled at``, or whose payment was voided or expired.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders`` and ``products``. ``order_id`` is the Name ("#1001"), ``customer_id`` the Email or Phone, so that
        orders without both (often of the point of sale) are guests, ``product_id`` the SKU or, without one, the name.

    Raises
    ------
    SchemaError
        If columns are missing, money is not a number, two orders have one Name, or values fail their checks.

    Notes
    -----
    The rows of an order share its Name; money and time of the order stand on the row that has a ``Total``, and are
    given to all its lines. To the lines of its products, quantity x price - line discount, each order gets

    - a shipping line, the Shipping;
    - a discount line, what Subtotal is below the sum of its products: codes and automatic discounts that the lines do
      not carry. Where Subtotal is above it the line is an adjustment, and a note asks whether rows are missing;
    - a fee line, Total - Subtotal - Shipping: taxes and duties. Where prices include the tax there is none, since
      Total holds no more then; where it is negative (free shipping by a code), the line is a discount;
    - an adjustment line, minus the Refunded Amount, on the day of the order, since the file does not tell a later one.
      An order that was refunded in full has no such line: each of its lines is taken back instead, once more with
      negative quantity and amount.

    Without what was refunded the amounts of an order add up to its Total. Items that are no goods have a type of their
    own: tips, donations and insurance of parcels are fees (Shopify leaves tips out of the Subtotal), gift cards gifts,
    rounding an adjustment. An order that is there twice with all its rows, as in files that overlap, is taken once. A
    Shipping that is missing counts as 0, a missing
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
    export = Export(check, _SYSTEM, decimal)
    frame = _read(with_known_headings(opened(raw, argument="raw"), export, _SYSTEM), export, is_own=format is None)
    refuse_two_orders_of_a_number(frame, _SYSTEM, "Name", _ONCE, _CHANGING, ("Created at", "Total"))
    frame = drop_repeated_orders(frame, export, "Name", ("Lineitem name", "Lineitem quantity", "Lineitem price"))
    heads = computed_once(_heads(frame, export, customer))
    note_unknown_states(heads, export, "Financial Status", _KNOWN_STATES)
    dead = nw.col("__cancelled") == 1
    kept = drop_cancelled(heads, export, dead, cancelled, "cancelled, voided or expired")
    require_times(kept, _SYSTEM, "Created at")
    _note_missing(kept, export)
    goods = computed_once(_goods(frame, heads))
    if cancelled == "drop":
        goods = goods.filter(~fill_false(dead))
    marked = goods.drop("title", "__cancelled", *present_columns(goods, brand="brand"))
    lines = marked.drop("__tip")
    is_text = lines.collect_schema()["ordered_at"] == nw.String
    with_sums = join(kept, _sums_of_lines(marked), on=["order_id"], how="left")
    orders = export.table(
        with_refunds([lines, *_implied(lines, with_sums, export)], kept, nw.col("Refunded Amount"), export),
        "orders",
        timezone=None if is_text and format not in EPOCHS else timezone,
        format=format_for(lines, "ordered_at", format, "%Y-%m-%d %H:%M:%S"),
    )
    note_line_types(orders, export)
    return export.shop(
        orders=orders, products=products_of_lines(goods.filter(nw.col("line_type") == "product"), export)
    )


def _read(frame: Frame, export: Export, *, is_own: bool) -> Frame:
    """Return the columns that are used in their types, with neutral values for optional ones that are absent."""
    needed = ("Created at", "Subtotal", "Shipping", "Total")
    require_columns(frame, _SYSTEM, "Name", *needed, "Lineitem quantity", "Lineitem name", "Lineitem price")
    names = frame.collect_schema().names()
    absent = {name: nw.lit(0.0) for name in ("Lineitem discount", "Refunded Amount") if name not in names}
    absent |= {name: null_column(nw.String) for name in (*_STATES, "Lineitem sku") if name not in names}
    frame = frame.with_columns(**absent) if absent else frame
    texts = [name for name in _ORDER.values() if name != "Created at"]
    frame = read_as_text(frame, "Name", "Email", *texts, "Financial Status", *_LINE)
    frame = read_as_numbers(frame, export, *_MONEY, "Lineitem quantity", "Lineitem price", "Lineitem discount")
    if is_own and frame.collect_schema()["Created at"] == nw.String:
        frame = frame.with_columns(nw.col("Created at").str.slice(0, 19))
    return frame


def _heads(frame: Frame, export: Export, customer: str | None) -> Frame:
    """Return the columns of each order, from the row that has its total."""
    if frame.collect_schema()["Cancelled at"] == nw.String:
        frame = read_as_text(frame, "Cancelled at")
    dead = ~nw.col("Cancelled at").is_null() | fill_false(nw.col("Financial Status").is_in(["voided", "expired"]))
    of_order = {canonical: nw.col(source) for canonical, source in present_columns(frame, **_ORDER).items()}
    heads = frame.filter(~nw.col("Total").is_null()).with_columns(**of_order, __cancelled=dead.cast(nw.Int64))
    heads = heads.unique(subset=["Name"], keep="any").with_columns(order_id=nw.col("Name"))
    heads = with_customers(heads, export, _SYSTEM, ("Email", "Phone"), customer)
    return heads.select("order_id", *_MONEY, "Financial Status", "__cancelled", "customer_id", *of_order)


def _goods(frame: Frame, heads: Frame) -> Frame:
    paid = nw.col("Lineitem quantity") * nw.col("Lineitem price") - nw.col("Lineitem discount").abs().fill_null(0.0)
    price, units = nw.col("Lineitem price"), nw.col("Lineitem quantity")
    sold = ~nw.col("Lineitem name").is_null() | ~(price.is_null() | units.is_null())
    lines = frame.filter(sold).select(
        order_id=nw.col("Name"),
        product_id=nw.coalesce("Lineitem sku", "Lineitem name"),
        title=nw.col("Lineitem name"),
        quantity=nw.col("Lineitem quantity"),
        unit_price=nw.col("Lineitem price"),
        discount=nw.col("Lineitem discount").abs().fill_null(0.0),
        amount=paid,
        line_type=line_type_of(nw.col("Lineitem name")),
        __tip=is_tip(nw.col("Lineitem name")).cast(nw.Int64),
        **{canonical: nw.col(source) for canonical, source in present_columns(frame, brand="Vendor").items()},
    )
    return join(lines, heads.drop(*_MONEY, "Financial Status"), on=["order_id"], how="left")


def _note_missing(heads: Frame, export: Export) -> None:
    counts = export.count(heads, subtotal=nw.col("Subtotal").is_null(), shipping=nw.col("Shipping").is_null())
    export.note("missing_subtotal", counts["subtotal"], "order", "without a Subtotal: the sum of the products is used")
    export.note("missing_shipping", counts["shipping"], "order", "without a Shipping: read as 0")


def _sums_of_lines(lines: Frame) -> Frame:
    """Return the money of each order's goods, and of its tips, which the Subtotal leaves out."""
    tip = nw.when(nw.col("__tip") == 1)
    parts = lines.with_columns(__tips=tip.then(nw.col("amount")).otherwise(0.0))
    parts = parts.with_columns(__goods=nw.col("amount") - nw.col("__tips"))
    return parts.group_by("order_id").agg(nw.col("__goods").sum(), nw.col("__tips").sum())


def _implied(lines: Frame, heads: Frame, export: Export) -> list[Frame]:
    goods, tips = nw.col("__goods").fill_null(0.0), nw.col("__tips").fill_null(0.0)
    shipping = nw.col("Shipping").fill_null(0.0)
    subtotal = nw.coalesce(nw.col("Subtotal"), goods)
    left, rest = subtotal - goods, nw.col("Total") - subtotal - shipping - tips
    note_missing_rows(heads.with_columns(__above=left), export, "Subtotal")
    return [
        order_level_lines(lines, heads, shipping, "shipping"),
        order_level_lines(lines, heads, left, "adjustment", "discount"),
        order_level_lines(lines, heads, rest, "fee", "discount"),
    ]
