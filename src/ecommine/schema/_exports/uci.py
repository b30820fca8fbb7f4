"""UCI Online Retail, and Online Retail II: one table of invoice lines of a British gift wholesaler."""

from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, collect, join, opened
from .._export_steps.headings import with_known_headings
from .._export_steps.repeated import drop_repeated_orders
from .._map.map import Check
from .._model.shop import Shop
from .base import OTHER_LINES, Export, fill_false, find_spelling, first_match, most_frequent, present_columns

_SYSTEM = "UCI Online Retail"

_SURE_LINES = 3
"""Lines of an invoice all of which are there twice that make it a repeated one."""
UCI_CODES = {
    "shipping": ("POST", "DOT", "C2", "C3"),
    "fee": ("BANK CHARGES", "AMAZONFEE", "CRUK"),
    "adjustment": ("M", "B", "S", "ADJUST", "ADJUST2", "TEST001", "TEST002"),
    "discount": ("D",),
}
"""Stock codes that are not products, in capitals: postage, carriage; bank, Amazon's and a charity's commission; manual
entries, bad debt, samples, tests; discounts."""


@tell_library_errors
def from_uci_online_retail(
    raw: IntoFrame, /, *, format: str | None = None, decimal: Literal[".", ","] | None = None, check: Check = "values"
) -> Shop:
    """Map UCI Online Retail (or Online Retail II) to a shop.

    Both spellings of the columns are read: InvoiceNo or Invoice, StockCode, Description, Quantity, InvoiceDate,
    UnitPrice or Price, CustomerID or "Customer ID", Country.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The lines as UCI publishes them, nothing left out.
    format : str, optional
        How ``InvoiceDate`` is written where it is text, such as "%d/%m/%Y %H:%M".
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders``, every line of the export, and ``products``, one row per stock code that is a product.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or values fail their checks.

    Notes
    -----
    ``line_type`` follows the stock code: POST, DOT, C2 shipping; BANK CHARGES, AMAZONFEE, CRUK fees; ``gift_...`` gift
    vouchers; D discounts; M (manual), B (bad debt), S (samples), ADJUST... and tests adjustments. Lines at price zero
    without a customer ("check", "damages", "found") are movements of the stock, hence adjustments too. PADS and DCGS...
    are products. A code in two spellings (85123a) is written in capitals. Invoices that are in both sheets of Online
    Retail II, with all their lines, are taken once.

    Invoices that begin with C are cancellations. Their quantities are negative in the file already, so that they are
    returns as they stand; only their own numbers distinguish them from invoices. A product's title is its most frequent
    description, the first in the alphabet of equally frequent ones.

    References
    ----------
    D. Chen, "Online Retail", UCI Machine Learning Repository 352, https://doi.org/10.24432/C5BW33; "Online Retail II",
    502, https://doi.org/10.24432/C5CG6D.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"InvoiceNo": ["536365", "536365", "C536379"], "StockCode": ["85123A", "POST", "85123A"],
    ...                     "Description": ["HEART HOLDER", "POSTAGE", "HEART HOLDER"], "Quantity": [6, 1, -1],
    ...                     "InvoiceDate": pd.to_datetime(["2010-12-01 08:26"] * 3), "UnitPrice": [2.55, 18.0, 2.55],
    ...                     "CustomerID": [17850, 17850, None], "Country": ["United Kingdom"] * 3})
    >>> shop = schema.from_uci_online_retail(raw)
    >>> shop.orders[["order_id", "line_type", "amount"]]
      order_id line_type  amount
    0   536365   product   15.30
    1   536365  shipping   18.00
    2  C536379   product   -2.55
    >>> shop.notes[0]
    '1 line of cancelled invoices (C...) read as returns, with the negative quantity in the file'
    """
    export = Export(check, _SYSTEM, decimal)
    frame = with_known_headings(opened(raw, argument="raw"), export, _SYSTEM)
    names = {
        "order_id": find_spelling(frame, _SYSTEM, "InvoiceNo", "Invoice"),
        "customer_id": find_spelling(frame, _SYSTEM, "CustomerID", "Customer ID"),
        "unit_price": find_spelling(frame, _SYSTEM, "UnitPrice", "Price"),
        "product_id": find_spelling(frame, _SYSTEM, "StockCode"),
        "quantity": find_spelling(frame, _SYSTEM, "Quantity"),
        "ordered_at": find_spelling(frame, _SYSTEM, "InvoiceDate"),
    }
    orders = export.table(frame, "orders", format=format, **names, **present_columns(frame, country="Country"))
    orders = _without_repeated_invoices(_with_codes_in_capitals(orders, export), export)
    orders = orders.with_columns(line_type=_line_type())
    _note_lines(orders, export)
    return export.shop(orders=orders, products=_products(orders, export))


def _with_codes_in_capitals(orders: Frame, export: Export) -> Frame:
    """Write codes such as 85123a as the file does elsewhere."""
    if orders.collect_schema()["product_id"] != nw.String:
        return orders
    small = fill_false(nw.col("product_id").str.contains("^[0-9]{5}.*[a-z]"))
    count = export.count(orders, rows=small)["rows"]
    export.note("codes_in_capitals", count, "line", "whose stock code has small letters read with capitals")
    if not count:
        return orders
    told = [note for note in export.notes if note.code == "ids_differ_in_capitals" and "`product_id`" in note]
    export.notes[:] = [note for note in export.notes if note not in told]  # they are one from here on
    upper = nw.col("product_id").str.to_uppercase()
    return orders.with_columns(product_id=nw.when(small).then(upper).otherwise(nw.col("product_id")))


def _without_repeated_invoices(orders: Frame, export: Export) -> Frame:
    """Take once the invoices that are in both sheets of Online Retail II.

    An invoice all of whose lines are there twice is repeated for certain where it has several; one of fewer lines may
    have them twice by itself, unless it lies between invoices that are repeated.
    """

    def confirm(repeated: Frame) -> Frame:
        times = orders.group_by("order_id").agg(__at=nw.col("ordered_at").min())
        repeated = join(repeated, times, on=["order_id"], how="left")
        sure = repeated.filter(nw.col("__lines") >= _SURE_LINES)
        span = collect(sure.select(first=nw.col("__at").min(), last=nw.col("__at").max()))
        if span["first"].null_count():
            return repeated.head(0).drop("__at")
        first, last = span["first"].to_list()[0], span["last"].to_list()[0]
        within = (nw.col("__at") >= nw.lit(first)) & (nw.col("__at") <= nw.lit(last))
        return repeated.filter(within).drop("__at")

    return drop_repeated_orders(orders, export, "order_id", ("product_id", "quantity", "unit_price"), confirm)


def _line_type() -> nw.Expr:
    stock = nw.col("customer_id").is_null() & (nw.col("unit_price") == 0)
    return first_match([*_rules_of_codes(), (stock, "adjustment")], otherwise="product")


def _rules_of_codes() -> list[tuple[nw.Expr, str]]:
    code = nw.col("product_id").cast(nw.String).str.to_uppercase()
    return [*((code.is_in(codes), name) for name, codes in UCI_CODES.items()), (code.str.starts_with("GIFT"), "gift")]


def _products(orders: Frame, export: Export) -> Frame:
    of_product = first_match(_rules_of_codes(), otherwise="product") == "product"
    codes = orders.filter(of_product & ~nw.col("product_id").is_null()).select("product_id").unique()
    if "Description" not in orders.collect_schema().names():
        return export.table(codes, "products")
    sold = orders.filter(nw.col("line_type") == "product")  # movements of the stock are not described by the product
    titles = most_frequent(sold, "product_id", "Description")
    return export.table(join(codes, titles, on=["product_id"], how="left"), "products", title="Description")


def _note_lines(orders: Frame, export: Export) -> None:
    kind, guest = nw.col("line_type"), nw.col("customer_id").is_null()
    free = nw.col("unit_price") == 0
    counts = export.count(
        orders,
        cancelled=fill_false(nw.col("order_id").cast(nw.String).str.starts_with("C")),
        guests=guest,
        stock=fill_false(guest & free & (kind == "adjustment")),
        **{name: kind == name for name in OTHER_LINES},
        free=fill_false(free & (kind == "product")),
    )
    returns = "of cancelled invoices (C...) read as returns, with the negative quantity in the file"
    export.note("cancelled_invoices", counts["cancelled"], "line", returns)
    export.note("guest_lines", counts["guests"], "line", "without a customer read as guest orders")
    for name in OTHER_LINES:
        export.note(f"read_as_{name}", counts[name], "line", f"read as {name}")
    export.note("stock_adjustments", counts["stock"], "adjustment", "of the stock: price zero and no customer")
    export.note("free_lines", counts["free"], "product line", "at price zero")
