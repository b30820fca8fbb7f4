"""Known exports of shop systems: Shopify, WooCommerce, Olist; the lines of an order add up to its total."""

import io

import pandas as pd
import pytest

from ecommine import schema
from libraries import to_pandas
from notes import note_counts


def values(column: pd.Series) -> list:
    """List values with None for whatever a library calls missing."""
    return [None if pd.isna(value) else value for value in column]


def sums(orders: pd.DataFrame, *left_out: str) -> dict[str, float]:
    kept = orders[~orders.line_type.isin(left_out)]
    return kept.groupby("order_id").amount.sum().round(6).to_dict()


def text(rows: list[str]) -> pd.DataFrame:
    return pd.read_csv(io.StringIO("\n".join(rows)))


# Shopify: the columns of the admin's "Plain CSV file" that are used, and some that are not.

SHOPIFY = [
    (
        "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
        "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
        "Shipping Country,Cancelled at,Payment Method,Refunded Amount,Vendor,Location,Id,Source,Lineitem discount"
    ),
    # two items, a code of 10 %, tax on top
    (
        "#1001,ann@example.com,paid,2024-05-01 10:00:00 +0800,fulfilled,USD,27.00,5.00,2.70,34.70,SUMMER10,3.00,"
        "Standard,2024-05-01 09:58:12 +0800,2,Tee,10.00,TEE,US,,Shopify Payments,0.00,Acme,,5001,web,0.00"
    ),
    "#1001,ann@example.com,,,,,,,,,,,,,1,Mug,10.00,,,,,,Acme,,,,0.00",
    # tax included in the price, a discount on the line, refunded in part, after the clocks went back
    (
        "#1002,bob@example.com,partially_refunded,2024-11-03 10:00:00 -0500,fulfilled,USD,18.00,0.00,3.00,18.00,,2.00,,"
        "2024-11-03 01:30:00 -0500,2,Tee,10.00,TEE,CA,,paypal,9.00,Acme,,5002,web,2.00"
    ),
    # point of sale, without an email
    (
        "#1003,,paid,2024-11-04 10:00:00 -0500,fulfilled,USD,8.00,0.00,0.00,8.00,,0.00,,"
        "2024-11-04 10:00:00 -0500,1,Gift Wrap,8.00,,,,cash,0.00,Acme,Main Street,5003,pos,0.00"
    ),
    # cancelled, and voided
    (
        "#1004,cat@example.com,refunded,,unfulfilled,USD,10.00,5.00,0.00,15.00,,0.00,Standard,"
        "2024-11-05 10:00:00 -0500,1,Tee,10.00,TEE,US,2024-11-05 11:00:00 -0500,paypal,15.00,Acme,,5004,web,0.00"
    ),
    (
        "#1005,cat@example.com,voided,,unfulfilled,USD,10.00,5.00,0.00,15.00,,0.00,Standard,"
        "2024-11-05 10:00:00 -0500,1,Tee,10.00,TEE,US,,paypal,0.00,Acme,,5005,web,0.00"
    ),
]
TOTALS = {"#1001": 34.70, "#1002": 18.00, "#1003": 8.00}


@pytest.mark.call("schema.from_shopify")
def test_shopify_lines_add_up_to_the_total_of_each_order(library) -> None:
    raw = library(text(SHOPIFY))
    shop = schema.from_shopify(raw)
    assert type(shop.orders) is type(shop.products) is type(raw)
    orders = to_pandas(shop.orders, sort=["order_id", "line_type", "amount"])
    assert sums(orders, "adjustment") == TOTALS
    assert sums(orders) == {**TOTALS, "#1002": 9.00}
    assert orders[["order_id", "line_type", "amount"]].to_numpy().tolist() == [
        ["#1001", "discount", -3.0],
        ["#1001", "fee", 2.7],
        ["#1001", "product", 10.0],
        ["#1001", "product", 20.0],
        ["#1001", "shipping", 5.0],
        ["#1002", "adjustment", -9.0],
        ["#1002", "product", 18.0],
        ["#1003", "product", 8.0],
    ]


def test_shopify_gives_what_belongs_to_the_order_to_all_its_lines(local_library) -> None:
    orders = to_pandas(
        schema.from_shopify(local_library(text(SHOPIFY))).orders, sort=["order_id", "line_type", "amount"]
    )
    first = orders[orders.order_id == "#1001"]
    assert set(first.customer_id) == {"ann@example.com"}
    assert set(first.ordered_at) == {pd.Timestamp("2024-05-01 09:58:12")}  # the wall clock of the shop
    assert set(first.coupon) == {"SUMMER10"}
    assert set(first.country) == {"US"}
    assert orders[orders.order_id == "#1002"].ordered_at.iloc[0] == pd.Timestamp("2024-11-03 01:30:00")
    assert values(orders.customer_id)[-1] is None
    assert values(orders.store_id)[-1] == "Main Street"


def test_shopify_products_and_notes(local_library) -> None:
    shop = schema.from_shopify(local_library(text(SHOPIFY)))
    products = to_pandas(shop.products, sort=["product_id"])
    assert products[["product_id", "title", "price", "brand"]].to_numpy().tolist() == [
        ["Gift Wrap", "Gift Wrap", 8.0, "Acme"],
        ["Mug", "Mug", 10.0, "Acme"],
        ["TEE", "Tee", 10.0, "Acme"],
    ]
    lines = dict.fromkeys(("shipping", "fee", "adjustment", "discount"), 1)
    assert note_counts(shop.notes) == {"cancelled_left_out": 2} | {f"read_as_{name}": n for name, n in lines.items()}


def test_shopify_cancelled_orders_can_be_kept() -> None:
    shop = schema.from_shopify(text(SHOPIFY), cancelled="keep")
    assert sums(shop.orders, "adjustment") == {**TOTALS, "#1004": 0.0, "#1005": 15.0}
    with pytest.raises(ValueError, match="`cancelled` must be one of 'drop', 'keep', got 'no'"):
        schema.from_shopify(text(SHOPIFY), cancelled="no")


def test_shopify_rows_may_come_in_any_order_and_with_the_total_on_each() -> None:
    frame = text(SHOPIFY)
    expected = to_pandas(schema.from_shopify(frame).orders, sort=True)
    filled = frame.assign(**frame.groupby("Name")[["Subtotal", "Total", "Shipping", "Currency"]].ffill())
    for other in (frame.iloc[::-1], filled):
        shop = schema.from_shopify(other)
        assert sums(shop.orders) == sums(expected)
        assert len(shop.orders) == len(expected)


def test_shopify_edited_order_whose_subtotal_is_above_its_lines() -> None:
    shop = schema.from_shopify(text([*SHOPIFY[:1], SHOPIFY[4].replace("8.00,0.00,0.00,8.00", "9.50,0.00,0.00,9.50")]))
    assert shop.orders[["line_type", "amount"]].to_numpy().tolist() == [["product", 8.0], ["adjustment", 1.5]]


def test_shopify_small_export_without_optional_columns(local_library) -> None:
    frame = text(SHOPIFY)[["Name", "Email", "Created at", "Subtotal", "Shipping", "Total", "Lineitem quantity",
                           "Lineitem name", "Lineitem price"]]  # fmt: skip
    orders = to_pandas(schema.from_shopify(local_library(frame)).orders)
    assert sums(orders) == {**TOTALS, "#1004": 15.0, "#1005": 15.0}
    assert set(values(orders.product_id)) == {"Tee", "Mug", "Gift Wrap", None}


def test_shopify_money_as_text() -> None:
    frame = text(SHOPIFY).astype({"Total": str, "Subtotal": str}).replace({"Total": {"nan": None}})
    frame["Subtotal"] = frame.Subtotal.where(frame.Subtotal != "nan", None)
    assert sums(schema.from_shopify(frame).orders, "adjustment") == TOTALS
    frame["Total"] = frame.Total.str.replace(".", ",", regex=False)
    with pytest.raises(schema.SchemaError, match="'Total' is not a number in 5 rows, such as '34,7': a comma is"):
        schema.from_shopify(frame)


def test_shopify_sums_that_are_missing_lose_no_money(local_library) -> None:
    frame = text(SHOPIFY)
    first = frame.index[0]
    frame.loc[first, ["Subtotal", "Shipping", "Refunded Amount"]] = None
    frame.loc[frame.Name == "#1003", "Lineitem name"] = None
    shop = schema.from_shopify(local_library(frame))
    orders = to_pandas(shop.orders, sort=["order_id", "line_type", "amount"])
    assert sums(orders, "adjustment") == TOTALS
    assert orders.line_type.tolist()[:3] == ["fee", "product", "product"]
    found = note_counts(shop.notes)
    assert (found["missing_subtotal"], found["missing_shipping"]) == (1, 1)


def test_shopify_needs_its_columns_and_the_row_of_each_order() -> None:
    with pytest.raises(schema.SchemaError, match="'Shipping'"):
        schema.from_shopify(text(SHOPIFY).drop(columns=["Shipping", "Total"]))
    with pytest.raises(schema.SchemaError, match="`ordered_at` is missing in 1 row"):
        schema.from_shopify(text([SHOPIFY[0], *SHOPIFY[2:]]))


@pytest.mark.parametrize("reader", ["polars", "duckdb", "pyarrow"])
def test_shopify_file_as_each_reader_of_csv_takes_it(reader, tmp_path) -> None:
    path = tmp_path / "orders_export_1.csv"
    path.write_text("\n".join(SHOPIFY), encoding="utf8")
    module = pytest.importorskip("pyarrow.csv" if reader == "pyarrow" else reader, reason=f"{reader} is not installed")
    if reader == "duckdb":  # which would guess at the offsets of times
        raw = module.sql(f"from read_csv('{path}', auto_type_candidates=['BIGINT', 'DOUBLE', 'VARCHAR'])")
    else:
        raw = module.read_csv(str(path))
    shop = schema.from_shopify(raw)
    orders = to_pandas(shop.orders)
    assert sums(orders, "adjustment") == TOTALS
    assert orders.customer_id.isna().sum() == 1


# WooCommerce: "Default - One Row per Item".

WOO = [
    ("order_id,order_number,order_date,status,shipping_total,fee_total,tax_total,discount_total,order_total,"
    "refunded_total,order_currency,payment_method,customer_id,billing_email,billing_country,item_product_id,item_name,"
    "item_sku,item_quantity,item_subtotal,item_total,item_refunded"),
    ("71,71,2024-05-01 09:58:12,completed,5.00,1.50,3.10,2.00,35.60,0.00,EUR,stripe,12,ann@example.com,DE,901,Tee,TEE,"
    "2,20.00,18.00,0"),
    ("71,71,2024-05-01 09:58:12,completed,5.00,1.50,3.10,2.00,35.60,0.00,EUR,stripe,12,ann@example.com,DE,902,Mug,,"
    "1,8.00,8.00,0"),
    ("72,72,2024-05-02 11:00:00,wc-processing,0.00,0.00,0.00,0.00,8.00,3.00,EUR,cod,0,bob@example.com,FR,0,Mug,,1,"
    "8.00,8.00,3.00"),
    ("73,73,2024-05-03 11:00:00,cancelled,0.00,0.00,0.00,0.00,8.00,0.00,EUR,cod,12,ann@example.com,DE,902,Mug,,1,"
    "8.00,8.00,0"),
]  # fmt: skip


@pytest.mark.call("schema.from_woocommerce")
def test_woocommerce_lines_add_up_to_the_total_of_each_order(library) -> None:
    raw = library(text(WOO))
    shop = schema.from_woocommerce(raw)
    assert type(shop.orders) is type(raw)
    orders = to_pandas(shop.orders, sort=["order_id", "line_type", "amount"])
    assert sums(orders, "adjustment") == {71: 35.6, 72: 8.0}
    assert orders[["order_id", "line_type", "amount"]].to_numpy().tolist() == [
        [71, "fee", 1.5],
        [71, "fee", 3.1],
        [71, "product", 8.0],
        [71, "product", 18.0],
        [71, "shipping", 5.0],
        [72, "adjustment", -3.0],
        [72, "product", 8.0],
    ]
    assert values(orders.customer_id) == ["12"] * 5 + ["bob@example.com"] * 2
    assert values(orders.product_id) == [None, None, "902", "901", None, None, "Mug"]
    goods = orders[orders.line_type == "product"]
    assert (goods.quantity * goods.unit_price - goods.discount).tolist() == goods.amount.tolist()
    assert note_counts(shop.notes)["cancelled_left_out"] == 1
    assert to_pandas(shop.products, sort=["product_id"]).title.tolist() == ["Tee", "Mug", "Mug"]


def test_woocommerce_sums_that_are_missing_lose_no_money(local_library) -> None:
    frame = text([*WOO, WOO[3].replace("72,72", "74,74"), WOO[3].replace("72,72", "75,75")])
    frame.loc[0, "item_total"] = None
    frame.loc[frame.order_id == 71, ["shipping_total", "fee_total"]] = None
    frame.loc[frame.order_id == 74, ["item_name", "item_quantity", "item_subtotal", "item_total"]] = None
    frame.loc[frame.order_id == 75, "order_total"] = None
    frame.loc[frame.order_id == 73, "status"] = "Cancelled"
    shop = schema.from_woocommerce(local_library(frame))
    orders = to_pandas(shop.orders, sort=["order_id", "line_type", "amount"])
    assert sums(orders, "adjustment") == {71: 35.6, 72: 8.0, 74: 8.0, 75: 8.0}
    assert orders[orders.order_id == 71].amount.tolist() == pytest.approx([7.6, 8.0, 20.0])
    expected = ("cancelled_left_out", "orders_without_items", "items_without_total", "missing_shipping")
    found = note_counts(shop.notes)
    assert [found[code] for code in (*expected, "missing_order_total")] == [1] * 5


def test_woocommerce_unpaid_orders_can_be_kept_and_dates_written_otherwise() -> None:
    frame = text(WOO)
    frame["order_date"] = frame.order_date.str.slice(0, 10)
    shop = schema.from_woocommerce(frame, cancelled="keep", format="%Y-%m-%d")
    assert sums(shop.orders, "adjustment") == {71: 35.6, 72: 8.0, 73: 8.0}
    assert shop.orders.ordered_at.max() == pd.Timestamp("2024-05-03")


def test_woocommerce_export_without_items_is_refused() -> None:
    with pytest.raises(schema.SchemaError, match="'item_name'"):
        schema.from_woocommerce(text(WOO).drop(columns=["item_name"]))


# Olist ---------------------------------------------------------------------------------------------------------------

OLIST = {
    "orders": [
        (
            "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
            "order_delivered_customer_date,order_estimated_delivery_date"
        ),
        (
            "o1,c1,delivered,2017-10-02 10:56:33,2017-10-02 11:07:15,2017-10-04 19:55:00,2017-10-10 21:25:13,"
            "2017-10-18 00:00:00"
        ),
        "o2,c2,shipped,2018-07-24 20:41:37,2018-07-26 03:24:27,2018-07-26 14:31:00,,2018-08-13 00:00:00",
        "o3,c3,canceled,2018-08-08 08:38:49,,,,2018-09-04 00:00:00",
        "o4,c4,invoiced,2018-08-09 08:38:49,2018-08-09 08:55:23,,,2018-09-04 00:00:00",
    ],
    "items": [
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
        "o1,1,p1,s1,2017-10-06 11:07:15,29.99,8.72",
        "o1,2,p1,s1,2017-10-06 11:07:15,29.99,8.72",
        "o2,1,p2,s2,2018-07-30 03:24:27,118.7,0.0",
        "o3,1,p2,s2,2018-07-30 03:24:27,118.7,22.76",
    ],
    "customers": [
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
        "c1,u1,3149,sao paulo,SP",
        "c2,u1,3149,barreiras,BA",
        "c3,u2,9790,vianopolis,GO",
        "c4,u2,9790,vianopolis,GO",
    ],
    "products": [
        "product_id,product_category_name,product_name_lenght,product_weight_g",
        "p1,utilidades_domesticas,40,500",
        "p2,,,400",
    ],
    "reviews": [
        (
            "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,"
            "review_answer_timestamp"
        ),
        "r1,o1,4,,Recebi bem antes do prazo,2017-10-11 00:00:00,2017-10-12 03:43:48",
        "r1,o2,1,,,2018-08-08 00:00:00,2018-08-08 18:37:50",
    ],
    "payments": [
        "order_id,payment_sequential,payment_type,payment_installments,payment_value",
        "o1,2,voucher,1,30.0",
        "o1,1,credit_card,1,47.42",
    ],
}


def olist(library, *names: str) -> dict:
    return {name: library(text(OLIST[name])) for name in names}


@pytest.mark.call("schema.from_olist")
def test_olist_tables(library) -> None:
    head, items = (library(text(OLIST[name])) for name in ("orders", "items"))
    shop = schema.from_olist(head, items, **olist(library, "customers", "products", "reviews", "payments"))
    assert all(type(table) is type(head) for table in shop.tables.values())
    orders = to_pandas(shop.orders, sort=["order_id", "line_type"])
    assert orders[["order_id", "customer_id", "line_type"]].to_numpy().tolist() == [
        ["o1", "u1", "product"],
        ["o1", "u1", "product"],
        ["o1", "u1", "shipping"],
        ["o2", "u1", "product"],
    ]
    assert orders.amount.tolist() == pytest.approx([29.99, 29.99, 17.44, 118.7])
    assert values(orders.payment_method) == ["credit_card"] * 3 + [None]
    assert note_counts(shop.notes) == {"cancelled_left_out": 1, "orders_without_items": 1, "read_as_shipping": 1}
    customers = to_pandas(shop.customers, sort=["customer_id"])
    assert customers.city.tolist() == ["barreiras", "vianopolis"]
    reviews = to_pandas(shop.reviews, sort=["review_id"])
    assert reviews.review_id.tolist() == ["r1-o1", "r1-o2"]
    assert values(reviews.text) == ["Recebi bem antes do prazo", None]
    assert reviews.customer_id.tolist() == ["u1", "u1"]
    deliveries = to_pandas(shop.deliveries, sort=["order_id"])
    assert values(deliveries.delivered_at) == [pd.Timestamp("2017-10-10 21:25:13"), None, None]
    assert values(to_pandas(shop.products, sort=["product_id"]).category) == ["utilidades_domesticas", None]


def test_olist_without_the_other_tables_says_what_is_lost() -> None:
    shop = schema.from_olist(text(OLIST["orders"]), text(OLIST["items"]))
    assert shop.orders.customer_id.nunique() == 2
    assert shop.customers is None
    assert "without_customers_table" in note_counts(shop.notes)


def test_olist_copies_are_left_out_and_missing_freight_is_none(local_library) -> None:
    twice = {name: local_library(text([*rows, rows[1]])) for name, rows in OLIST.items() if name != "items"}
    items = text([*OLIST["items"], OLIST["items"][1], "o9,1,p1,s1,2017-10-06 11:07:15,5.0,1.0"])
    items.loc[1, "freight_value"] = None
    shop = schema.from_olist(twice["orders"], local_library(items), customers=twice["customers"])
    orders = to_pandas(shop.orders, sort=["order_id", "line_type"])
    assert orders.amount.tolist() == pytest.approx([29.99, 29.99, 8.72, 118.7])
    copies = [
        (note.count, note.split(" of the ")[1].split()[0]) for note in shop.notes if note.code == "copies_dropped"
    ]
    assert copies == [(1, "orders"), (1, "customers"), (1, "items")]
    found = note_counts(shop.notes)
    assert [found[code] for code in ("cancelled_left_out", "items_without_order", "missing_freight")] == [1, 1, 1]


def test_olist_rows_that_differ_under_one_key_are_refused(local_library) -> None:
    other = text([*OLIST["customers"], "c1,u7,3149,sao paulo,SP"])
    with pytest.raises(schema.SchemaError, match=r"'customer_id'.*1 row of the customers"):
        schema.from_olist(*olist(local_library, "orders", "items").values(), customers=local_library(other))


def test_olist_read_as_text(local_library) -> None:
    tables = {name: local_library(text(OLIST[name]).astype("object").map(_as_text)) for name in ("orders", "items")}
    orders = to_pandas(schema.from_olist(*tables.values()).orders)
    assert orders.amount.sum() == pytest.approx(2 * 29.99 + 2 * 8.72 + 118.7)
    assert note_counts(schema.from_olist(*tables.values()).notes)["read_as_shipping"] == 1


def _as_text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)


def test_olist_tables_of_two_libraries_are_refused() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    words = "`items` is a polars LazyFrame and the first table a pandas DataFrame: convert one"
    with pytest.raises(TypeError, match=words):
        schema.from_olist(text(OLIST["orders"]), polars.LazyFrame({"order_id": ["o1"]}))
