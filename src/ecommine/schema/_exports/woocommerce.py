"""WooCommerce: the orders CSV with one row per item, the fields of the order on each of its rows."""

from functools import partial
from typing import Any, Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, computed_once, join, opened
from .._export_steps.customers import with_customers
from .._export_steps.headings import with_known_headings
from .._export_steps.line_types import line_type_of
from .._export_steps.order_items import too_dear
from .._export_steps.refunds import with_refunds
from .._export_steps.repeated import drop_repeated_orders, refuse_two_orders_of_a_number
from .._export_steps.states import note_unknown_states
from .._map.map import Check
from .._model.shop import Shop
from .base import (
    Export,
    drop_cancelled,
    format_for,
    note_line_types,
    note_missing_rows,
    order_level_lines,
    present_columns,
    products_of_lines,
    read_as_numbers,
    read_as_text,
    require_columns,
    require_times,
)

_SYSTEM = "WooCommerce"
_ORDER = {
    "country": "billing_country",
    "currency": "order_currency",
    "payment_method": "payment_method",
}
_CONTACTS = ("billing_email", "billing_phone")
_MONEY = ("shipping_total", "fee_total", "order_total", "refunded_total")
_ITEM = ("item_quantity", "item_subtotal", "item_total")
_ONCE = ("order_date", "customer_id", "billing_email", "order_total")
"""What an order has once, on all its rows."""
_CHANGING = ("status", "refunded_total", "shipping_total", "fee_total", "tax_total", "discount_total")
"""What an order has once at a time, on all its rows."""
_HIGHEST_TAX = 0.3
"""No tax is a larger share of what an order costs without it."""
_UNPAID = ("cancelled", "failed", "pending", "checkout-draft", "trash")
_PAID = ("completed", "processing", "on-hold", "refunded")
_KNOWN_STATES = f"^(?:{'|'.join((*_UNPAID, *_PAID))})$"


@tell_library_errors
def from_woocommerce(
    raw: IntoFrame,
    /,
    *,
    format: str = "%Y-%m-%d %H:%M:%S",
    customer: str | None = None,
    cancelled: Literal["drop", "keep"] = "drop",
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
) -> Shop:
    """Map a WooCommerce orders CSV with one row per item to a shop whose lines add up to the total of each order.

    The format is "Default - One Row per Item" of the extension Customer / Order / Coupon Export. Needed columns:
    order_id, order_date, status, customer_id, shipping_total, order_total, item_name, item_quantity, item_subtotal,
    item_total. Read where they are there: fee_total, refunded_total, item_product_id, item_sku, order_currency,
    payment_method, billing_country, billing_email, billing_phone.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The CSV as it was exported.
    format : str, default "%Y-%m-%d %H:%M:%S"
        How ``order_date`` is written where it is text; the site's own time.
    customer : str, optional
        The column that tells customers apart, such as "billing_email". By default it is the customer_id; a guest
        checkout (customer 0) is of the customer who has its billing_email, or else its billing_phone.
    cancelled : {"drop", "keep"}, default "drop"
        What becomes of orders that nobody paid: cancelled, failed, pending, drafts.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders`` and ``products``. An order of customer 0 without an e-mail and a telephone number is a guest's; where
        there are such contacts, customers are text. ``product_id`` is the first of item_product_id, item_sku and
        item_name that an item has.

    Raises
    ------
    SchemaError
        If columns are missing, money is not a number, two orders have one number, or values fail their checks.

    Notes
    -----
    ``item_subtotal`` is the price of all units before coupons, ``item_total`` after them, both without tax: the amount
    is item_total, the discount the difference. Each order gets a shipping line, a fee line of its ``fee_total``, a fee
    line of what ``order_total`` has beyond these (taxes), and an adjustment line of minus its ``refunded_total``, on
    the day of the order; of an order that was refunded in full each line is taken back instead, with negative quantity
    and amount. Without what was refunded the amounts of an order add up to its order_total. An order without items
    has its total in these lines alone. Of an item one of whose sums is missing the other stands for it; a missing
    shipping_total or fee_total counts as 0, and an order without an order_total has no line of taxes. All are counted
    in notes, but for fees, which are missing where there are none. Items that are no goods (gift cards, tips) have a
    type of their own. An order that is there twice with all its rows, as in files that overlap, is taken once.

    The CSV of the built-in Analytics pages has one row per order and its items in one cell; it is not read.

    References
    ----------
    WooCommerce, "Customer / Order / Coupon Export",
    https://woocommerce.com/document/ordercustomer-csv-export/

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"order_id": [71, 71], "order_date": ["2024-05-01 09:58:12"] * 2,
    ...                     "status": ["completed"] * 2,
    ...                     "customer_id": [0, 0], "shipping_total": [5.0, 5.0], "order_total": [31.0, 31.0],
    ...                     "item_name": ["Tee", "Mug"], "item_quantity": [2, 1], "item_subtotal": [20.0, 8.0],
    ...                     "item_total": [18.0, 8.0]})
    >>> shop = schema.from_woocommerce(raw)
    >>> shop.orders[["order_id", "line_type", "discount", "amount"]]
       order_id line_type  discount  amount
    0        71   product       2.0    18.0
    1        71   product       0.0     8.0
    2        71  shipping       NaN     5.0
    """
    export = Export(check, _SYSTEM, decimal)
    frame = _read(with_known_headings(opened(raw, argument="raw"), export, _SYSTEM), export)
    refuse_two_orders_of_a_number(frame, _SYSTEM, "order_id", _ONCE, _CHANGING, ("order_total",))
    other = nw.col("shipping_total").fill_null(0.0) + nw.col("fee_total").fill_null(0.0)
    total, item = nw.col("order_total"), _sums()["after"]
    often = partial(too_dear, items=frame, key="order_id", total=total, other=other, item=item)
    frame = drop_repeated_orders(frame, export, "order_id", ("item_name", *_ITEM), often)
    frame = _with_customers(frame, export, customer)
    every = frame.select("order_id", "status").unique(subset=["order_id"], keep="any")
    note_unknown_states(every, export, "status", _KNOWN_STATES)
    unpaid = nw.col("status").is_in(_UNPAID)
    kept = drop_cancelled(every, export, unpaid, cancelled, "cancelled, failed, pending or draft")
    frame = computed_once(join(frame, kept.select("order_id"), on=["order_id"], how="inner"))
    require_times(frame.with_columns(ordered_at=nw.col("order_date")), _SYSTEM, "order_date")
    _note_missing(frame, export)
    goods = _goods(frame)
    lines = goods.drop("title")
    heads = _heads(frame)
    every_line = with_refunds([lines, *_implied(lines, heads, export)], heads, nw.col("refunded_total"), export)
    orders = export.table(every_line, "orders", format=format_for(lines, "ordered_at", format))
    note_line_types(orders, export)
    return export.shop(
        orders=orders, products=products_of_lines(goods.filter(nw.col("line_type") == "product"), export)
    )


def _read(frame: Frame, export: Export) -> Frame:
    """Return the columns that are used in their types, with neutral values for optional ones that are absent."""
    require_columns(frame, _SYSTEM, "order_id", "order_date", "status", "customer_id", "shipping_total", "order_total")
    require_columns(frame, _SYSTEM, "item_name", *_ITEM)
    names = frame.collect_schema().names()
    absent: dict[str, Any] = {name: nw.lit(0.0) for name in ("fee_total", "refunded_total") if name not in names}
    absent |= {name: nw.lit("") for name in ("item_product_id", "item_sku") if name not in names}
    frame = frame.with_columns(**absent) if absent else frame
    frame = read_as_text(frame, "status", "item_product_id", "item_sku", "item_name", *_ORDER.values())
    frame = read_as_numbers(frame, export, *_MONEY, *_ITEM)
    nobody = "0" if frame.collect_schema()["customer_id"] == nw.String else 0
    known = nw.when(nw.col("customer_id") != nobody).then(nw.col("customer_id"))
    bare = nw.col("status").str.to_lowercase().str.replace_all("wc-", "", literal=True)  # as the database writes it
    return frame.with_columns(customer_id=known, status=bare)


def _with_customers(frame: Frame, export: Export, customer: str | None) -> Frame:
    """Return the rows with the customer of each order; without contacts it is the customer_id as it is."""
    contacts = [name for name in _CONTACTS if name in frame.collect_schema().names()]
    if customer is None and not contacts:
        return frame
    frame = read_as_text(frame, "customer_id", *contacts)
    heads = frame.unique(subset=["order_id"], keep="any")
    heads = with_customers(heads, export, _SYSTEM, ("customer_id", *contacts), customer)
    return join(frame.drop("customer_id"), heads.select("order_id", "customer_id"), on=["order_id"], how="left")


def _sums() -> dict[str, nw.Expr]:
    """Return the two sums of an item, each in place of the other where one is missing."""
    before, after = nw.col("item_subtotal"), nw.col("item_total")
    return {"before": nw.coalesce(before, after), "after": nw.coalesce(after, before)}


def _is_item() -> nw.Expr:
    return ~nw.col("item_name").is_null() | ~_sums()["after"].is_null()


def _note_missing(frame: Frame, export: Export) -> None:
    item, before, after = _is_item(), nw.col("item_subtotal").is_null(), nw.col("item_total").is_null()
    marks = frame.with_columns(__item=item.cast(nw.Int64), __half=(item & (before | after)).cast(nw.Int64))
    of_order = marks.group_by("order_id").agg(
        nw.col("__item").max(), nw.col("__half").sum(), nw.col("shipping_total").max(), nw.col("order_total").max()
    )
    counts = export.count(
        of_order,
        empty=nw.col("__item") == 0,
        half=nw.col("__half"),
        shipping=nw.col("shipping_total").is_null(),
        total=nw.col("order_total").is_null(),
    )
    export.note("orders_without_items", counts["empty"], "order", "without items: the total is read as a fee")
    export.note(
        "items_without_total", counts["half"], "item", "without item_subtotal or item_total: the other one is used"
    )
    export.note("missing_shipping", counts["shipping"], "order", "without a shipping_total: read as 0")
    export.note("missing_order_total", counts["total"], "order", "without an order_total: the sum of the lines is used")


def _goods(frame: Frame) -> Frame:
    units, money = nw.col("item_quantity"), _sums()
    product = nw.when(nw.col("item_product_id") != "0").then(nw.col("item_product_id"))
    return frame.filter(_is_item()).select(
        order_id=nw.col("order_id"),
        customer_id=nw.col("customer_id"),
        ordered_at=nw.col("order_date"),
        product_id=nw.coalesce(product, "item_sku", "item_name"),
        title=nw.col("item_name"),
        quantity=units,
        unit_price=nw.when(units != 0).then(money["before"] / units),
        discount=money["before"] - money["after"],
        amount=money["after"],
        line_type=line_type_of(nw.col("item_name")),
        **{canonical: nw.col(source) for canonical, source in present_columns(frame, **_ORDER).items()},
    )


def _heads(frame: Frame) -> Frame:
    """Return the columns of each order."""
    of_order = {canonical: nw.col(source) for canonical, source in present_columns(frame, **_ORDER).items()}
    heads = frame.select("order_id", "customer_id", *_MONEY, ordered_at=nw.col("order_date"), **of_order)
    return computed_once(heads.unique(subset=["order_id"], keep="any"))


def _implied(lines: Frame, heads: Frame, export: Export) -> list[Frame]:
    sums = lines.group_by("order_id").agg(nw.col("amount").sum().alias("__goods"))
    heads = join(heads, sums, on=["order_id"], how="left")
    shipping, fee = nw.col("shipping_total").fill_null(0.0), nw.col("fee_total").fill_null(0.0)
    without_tax = nw.col("__goods").fill_null(0.0) + shipping + fee
    rest = nw.col("order_total") - without_tax
    is_known = ~nw.col("__goods").is_null() & (rest > _HIGHEST_TAX * without_tax)
    note_missing_rows(heads.with_columns(__above=nw.when(is_known).then(rest)), export, "order_total")
    return [
        order_level_lines(lines, heads, shipping, "shipping"),
        order_level_lines(lines, heads, fee, "fee", "discount"),
        order_level_lines(lines, heads, rest, "fee", "discount"),
    ]
