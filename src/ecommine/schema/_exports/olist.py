"""Olist: a hundred thousand orders of a Brazilian marketplace, in one table per subject."""

from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, join, opened
from ..._core.notes import Note
from .._export_steps.headings import with_known_headings
from .._map.map import Check
from .._model.shop import Shop
from .base import (
    Export,
    drop_cancelled,
    drop_copies,
    note_line_types,
    open_table_of_export,
    order_level_lines,
    read_as_numbers,
    read_as_text,
    require_columns,
    stack,
)

_SYSTEM = "Olist"
_TIMES = (
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)
_MONEY = ("price", "freight_value")
_WRITTEN = "%Y-%m-%d %H:%M:%S"


@tell_library_errors
def from_olist(
    orders: IntoFrame,
    items: IntoFrame,
    /,
    *,
    customers: IntoFrame | None = None,
    products: IntoFrame | None = None,
    reviews: IntoFrame | None = None,
    payments: IntoFrame | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
) -> Shop:
    """Map the tables of the Brazilian E-Commerce Public Dataset by Olist to a shop.

    Parameters
    ----------
    orders, items : pandas, Polars, PyArrow, DuckDB or PySpark table
        ``olist_orders_dataset`` and ``olist_order_items_dataset``.
    customers, products, reviews, payments : table, optional
        ``olist_customers_dataset``, ``olist_products_dataset``, ``olist_order_reviews_dataset`` and
        ``olist_order_payments_dataset``, of the same library. Give ``customers``: a ``customer_id`` of Olist stands for
        one order, and only that table tells who ordered again.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders``, ``deliveries``, and ``customers``, ``products``, ``reviews`` where their tables are given.

    Raises
    ------
    SchemaError
        If columns are missing, an order, an item or a customer is repeated with other values, or values fail their
        checks.
    TypeError
        If the tables are of several libraries.

    Notes
    -----
    An item is one unit at its price. The freight of an order is one shipping line, the sum over its items. Orders that
    were canceled or unavailable are left out and counted, and so are orders without items, which have no lines.
    ``customer_id`` becomes the ``customer_unique_id``; a customer's city and state are the first in the alphabet where
    there are several. A review id belongs to several orders now and then: ``review_id`` is the id and the order's.
    ``payment_method`` is the first payment of an order. Money is in BRL. Exact copies of orders, items and customers,
    and items of no order, are left out and counted.

    References
    ----------
    Olist, "Brazilian E-Commerce Public Dataset by Olist", https://www.kaggle.com/datasets/olistbr/brazilian-ecommerce

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> orders = pd.DataFrame({"order_id": ["o1"], "customer_id": ["c1"], "order_status": ["delivered"],
    ...                        "order_purchase_timestamp": ["2017-10-02 10:56:33"],
    ...                        "order_approved_at": ["2017-10-02 11:07:15"],
    ...                        "order_delivered_carrier_date": ["2017-10-04 19:55:00"],
    ...                        "order_delivered_customer_date": ["2017-10-10 21:25:13"],
    ...                        "order_estimated_delivery_date": ["2017-10-18 00:00:00"]})
    >>> items = pd.DataFrame({"order_id": ["o1"], "order_item_id": [1], "product_id": ["p1"], "seller_id": ["s1"],
    ...                       "price": [29.99], "freight_value": [8.72]})
    >>> customers = pd.DataFrame({"customer_id": ["c1"], "customer_unique_id": ["u1"], "customer_city": ["sao paulo"],
    ...                           "customer_state": ["SP"]})
    >>> shop = schema.from_olist(orders, items, customers=customers)
    >>> shop.orders[["order_id", "customer_id", "line_type", "amount"]]
      order_id customer_id line_type  amount
    0       o1          u1   product   29.99
    1       o1          u1  shipping    8.72
    """
    export = Export(check, _SYSTEM, decimal)
    heads = with_known_headings(opened(orders, argument="orders"), export, _SYSTEM)
    opened(items, argument="items")  # which, unlike the tables after it, must be given
    sold = with_known_headings(open_table_of_export(heads, items, argument="items"), export, _SYSTEM)
    people, goods, opinions, paid = (
        None if table is None else with_known_headings(table, export, _SYSTEM)
        for table in (
            open_table_of_export(heads, customers, argument="customers"),
            open_table_of_export(heads, products, argument="products"),
            open_table_of_export(heads, reviews, argument="reviews"),
            open_table_of_export(heads, payments, argument="payments"),
        )
    )
    require_columns(heads, _SYSTEM, "order_id", "customer_id", "order_status", *_TIMES)
    heads = drop_copies(heads, export, _SYSTEM, "orders", "order_id")
    heads = _identified(heads, people, export)
    dead = nw.col("order_status").is_in(("canceled", "unavailable"))
    kept = drop_cancelled(heads, export, dead, "drop", "canceled or unavailable")
    if paid is not None:
        kept = join(kept, _paid(paid), on=["order_id"], how="left")
    return export.shop(
        orders=_orders(kept, _items(sold, heads, export), export),
        customers=None if people is None else _customers(people, export),
        products=None if goods is None else _products(goods, export),
        reviews=None if opinions is None else _reviews(opinions, heads, export),
        deliveries=_deliveries(kept, export),
    )


def _identified(heads: Frame, people: Frame | None, export: Export) -> Frame:
    if people is None:
        text = "without `customers` every order counts as one of a new customer: give `customers` too"
        export.notes.append(Note(text, code="without_customers_table"))
        return heads
    require_columns(people, _SYSTEM, "customer_id", "customer_unique_id", "customer_city", "customer_state")
    ids = people.select("customer_id", "customer_unique_id")
    ids = drop_copies(ids, export, _SYSTEM, "customers", "customer_id")
    known = join(heads, ids, on=["customer_id"], how="left").drop("customer_id")
    return known.rename({"customer_unique_id": "customer_id"})


def _items(items: Frame, heads: Frame, export: Export) -> Frame:
    """Return each item once, and note the items of no order."""
    require_columns(items, _SYSTEM, "order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value")
    items = read_as_numbers(drop_copies(items, export, _SYSTEM, "items", "order_id", "order_item_id"), export, *_MONEY)
    matched = heads.select("order_id", __order=nw.lit(1))
    known = join(items.select("order_id", "freight_value"), matched, on=["order_id"], how="left")
    lost, free = nw.col("__order").is_null(), nw.col("freight_value").is_null()
    counts = export.count(known, lost=lost, free=free)
    export.note("items_without_order", counts["lost"], "item", "of orders that are not in `orders` left out")
    export.note("missing_freight", counts["free"], "item", "without a freight_value: read as 0")
    return items.with_columns(freight_value=nw.col("freight_value").fill_null(0.0))


def _orders(kept: Frame, items: Frame, export: Export) -> Frame:
    method = [name for name in ("payment_method",) if name in kept.collect_schema().names()]
    of_order = kept.select("order_id", "customer_id", *method, ordered_at=nw.col("order_purchase_timestamp"))
    of_order = of_order.with_columns(currency=nw.lit("BRL"), country=nw.lit("BR"))
    lines = items.select(
        "order_id",
        "product_id",
        "seller_id",
        quantity=nw.lit(1.0),
        unit_price=nw.col("price"),
        amount=nw.col("price"),
        line_type=nw.lit("product"),
    )
    lines = join(lines, of_order, on=["order_id"], how="inner")
    freight = items.group_by("order_id").agg(nw.col("freight_value").sum().alias("freight"))
    heads = join(of_order, freight, on=["order_id"], how="inner")
    shipped = order_level_lines(lines, heads, nw.col("freight"), "shipping")
    orders = export.table(stack([lines, shipped]), "orders", format=_WRITTEN)
    without = join(of_order, freight, on=["order_id"], how="left")
    count = export.count(without, rows=nw.col("freight").is_null())["rows"]
    export.note("orders_without_items", count, "order", "without items left out")
    note_line_types(orders, export)
    return orders


def _paid(payments: Frame) -> Frame:
    require_columns(payments, _SYSTEM, "order_id", "payment_sequential", "payment_type")
    first = payments.group_by("order_id").agg(nw.col("payment_sequential").min())
    chosen = join(payments, first, on=["order_id", "payment_sequential"], how="inner")
    return chosen.group_by("order_id").agg(nw.col("payment_type").min().alias("payment_method"))


def _customers(people: Frame, export: Export) -> Frame:
    homes = people.group_by("customer_unique_id").agg(nw.col("customer_city").min(), nw.col("customer_state").min())
    homes = homes.with_columns(country=nw.lit("BR"))
    return export.table(homes, "customers", customer_id="customer_unique_id", city="customer_city")


def _products(products: Frame, export: Export) -> Frame:
    return export.table(products, "products", category="product_category_name")


def _reviews(reviews: Frame, heads: Frame, export: Export) -> Frame:
    require_columns(
        reviews, _SYSTEM, "review_id", "order_id", "review_score", "review_comment_message", "review_creation_date"
    )
    reviews = read_as_text(reviews, "review_comment_title", "review_comment_message")
    both = nw.concat_str("review_id", "order_id", separator="-")
    reviews = join(reviews, heads.select("order_id", "customer_id"), on=["order_id"], how="left")
    return export.table(
        reviews.with_columns(review_id=both, language=nw.lit("pt")),
        "reviews",
        format=_WRITTEN,
        text="review_comment_message",
        rating="review_score",
        reviewed_at="review_creation_date",
    )


def _deliveries(kept: Frame, export: Export) -> Frame:
    parcels = kept.select(
        "order_id",
        shipped_at=nw.col("order_delivered_carrier_date"),
        delivered_at=nw.col("order_delivered_customer_date"),
        promised_at=nw.col("order_estimated_delivery_date"),
    )
    return export.table(parcels, "deliveries", format=_WRITTEN)
