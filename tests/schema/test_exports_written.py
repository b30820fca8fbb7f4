"""What happens to exports on their way: files that overlap, two shops, rows that got lost, lines that are no goods."""

import pandas as pd
import pytest

from ecommine import SchemaError, schema
from libraries import to_pandas
from notes import note_counts
from schema.test_exports_shops import SHOPIFY, WOO, text


def lines(shop):
    orders = to_pandas(shop.orders, sort=["order_id", "line_type", "amount"])
    return [tuple(row) for row in orders[["order_id", "line_type", "amount"]].round(6).to_numpy().tolist()]


def shopify(*names, price=10.0, **columns):
    n = len(names)
    head = {"Name": "#1", "Email": "a@example.com", "Created at": "2024-01-05 10:00:00 +0000"}
    money = {"Subtotal": [price * n, *[None] * (n - 1)], "Shipping": [0.0, *[None] * (n - 1)]}
    money["Total"] = money["Subtotal"]
    item = {"Lineitem quantity": 1, "Lineitem name": list(names), "Lineitem price": price}
    return pd.DataFrame({**{key: [value] * n for key, value in head.items()}, **money, **item, **columns})


def test_an_order_in_two_files_is_taken_once(local_library):
    frame = text(SHOPIFY)
    shop = schema.from_shopify(local_library(pd.concat([frame, frame.iloc[:2]], ignore_index=True)))
    assert lines(shop) == lines(schema.from_shopify(local_library(frame)))
    assert note_counts(shop.notes)["orders_repeated"] == 1


def test_equal_lines_of_an_order_that_is_there_twice_stay_two(local_library):
    frame = shopify("Tee", "Tee", "Mug")
    shop = schema.from_shopify(local_library(pd.concat([frame] * 3, ignore_index=True)))
    assert sorted(lines(shop)) == [("#1", "product", 10.0)] * 3


def test_a_woocommerce_order_in_two_files_is_taken_once(local_library):
    frame = text(WOO)
    shop = schema.from_woocommerce(local_library(pd.concat([frame, frame], ignore_index=True)))
    assert lines(shop) == lines(schema.from_woocommerce(local_library(frame)))


def test_two_equal_items_of_woocommerce_that_the_total_holds_stay_two():
    row = {
        "order_id": 71, "order_date": "2024-05-01 09:58:12", "status": "completed", "customer_id": 5,
        "shipping_total": 0.0, "order_total": 36.0,
        "item_name": "Tee", "item_quantity": 1, "item_subtotal": 18.0, "item_total": 18.0,
    }  # fmt: skip
    assert lines(schema.from_woocommerce(pd.DataFrame([row, row]))) == [(71, "product", 18.0)] * 2


@pytest.mark.parametrize("column", ["Email", "Id", "Total", "Created at"])
def test_one_number_of_two_orders_is_refused_with_what_differs(local_library, column):
    other = {"Email": "z@example.com", "Id": 9, "Total": 11.0, "Created at": "2024-02-05 10:00:00 +0000"}
    frame = pd.concat([shopify("Tee", Id=8), shopify("Tee", Id=8).assign(**{column: other[column]})], ignore_index=True)
    with pytest.raises(
        SchemaError, match=f"1 order number such as #1 stands for several orders, which differ in {column}"
    ):
        schema.from_shopify(local_library(frame))


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Tip", "fee"), ("Gratuity", "fee"), ("Donation", "fee"), ("小费", "fee"),
        ("Shipping Protection by Route", "fee"), ("Gift Card", "gift"), ("$50 Gift Card", "gift"),
        ("E-Gift card - €25", "gift"), ("礼品卡 100元", "gift"), ("Cash rounding", "adjustment"),
        ("补差价", "adjustment"), ("邮费补拍", "shipping"),
        ("Postage", "shipping"), ("Gift card holder", "product"), ("Tip Top Tee", "product"),
        ("Rounding tool", "product"), ("Donation box", "product"),
    ],
)  # fmt: skip
def test_lines_that_are_no_goods_have_a_type_by_their_whole_title(title, kind):
    tip = title in ("Tip", "Gratuity", "小费")
    frame = shopify("Tee", title)
    if tip:
        frame["Subtotal"] = [10.0, None]
    orders = schema.from_shopify(frame).orders
    assert sorted(orders["line_type"]) == sorted(["product", kind])
    assert orders["amount"].sum() == 20.0


def test_rows_that_got_lost_are_told(local_library):
    shop = schema.from_shopify(local_library(shopify("Tee", "Mug").iloc[:1]))
    assert lines(shop) == [("#1", "adjustment", 10.0), ("#1", "product", 10.0)]
    assert note_counts(shop.notes)["rows_missing"] == 1
    woo = text(WOO)
    assert "rows_missing" not in note_counts(schema.from_woocommerce(woo).notes)


def test_guests_are_known_by_what_the_export_has(local_library):
    frame = pd.concat(
        [
            shopify("Tee", Phone="'+49 170 1"),
            shopify("Mug", Phone="+491701").assign(Name="#2", Email=None),
            shopify("Cup", Phone="+49 999 9").assign(Name="#3", Email=None),
            shopify("Pin", Phone=None).assign(Name="#4", Email=None),
        ],
        ignore_index=True,
    )
    shop = schema.from_shopify(local_library(frame))
    orders = to_pandas(shop.orders, sort=["order_id"])
    assert [None if pd.isna(one) else one for one in orders["customer_id"]] == [
        "a@example.com",
        "a@example.com",
        "+499999",
        None,
    ]
    assert note_counts(shop.notes)["customers_by_contact"] == 2
    by_phone = to_pandas(schema.from_shopify(local_library(frame), customer="Phone").orders, sort=["order_id"])
    assert by_phone["customer_id"].tolist()[:3] == ["+491701", "+491701", "+499999"]
    with pytest.raises(SchemaError, match="`customer='Fone'` is not a column of the export; did you mean 'Phone'"):
        schema.from_shopify(frame, customer="Fone")


def test_float_codes_of_an_export_name_the_way_to_read_them(local_library):
    frame = shopify("Tee", "Mug").assign(**{"Lineitem sku": [1.5, 2.0**60]})
    with pytest.raises(
        SchemaError, match=r"'Lineitem sku' is a float, and no exact code, in 2 rows.*(dtype|schema_overrides)="
    ):
        schema.from_shopify(local_library(frame))


def uci(rows):
    names = ["InvoiceNo", "StockCode", "Quantity", "UnitPrice", "CustomerID", "InvoiceDate"]
    frame = pd.DataFrame([(*row, 7, pd.Timestamp(f"2010-12-0{row[0][-1]}")) for row in rows], columns=names)
    return frame.assign(Description=frame["StockCode"], Country="UK")


def test_invoices_of_two_sheets_are_taken_once_and_equal_lines_of_one_stay(local_library):
    first = [("36501", code, 1, 2.0) for code in ("10002", "10080", "10120")]
    last = [("36505", code, 1, 2.0) for code in ("10002", "10080", "10133")]
    single, later = [("36503", "10002", 1, 2.0)], [("36507", "10002", 1, 2.0)]
    rows = [*first, *single, *last, *first, *single, *last, *later, *later]
    shop = schema.from_uci_online_retail(local_library(uci(rows)))
    assert note_counts(shop.notes)["orders_repeated"] == 3
    assert to_pandas(shop.orders).groupby("order_id").size().to_dict() == {
        "36501": 3,
        "36503": 1,
        "36505": 3,
        "36507": 2,
    }


def test_invoices_that_are_twice_by_themselves_stay_where_none_is_repeated_for_certain(local_library):
    rows = [("36501", "10002", 1, 2.0), ("36502", "10080", 1, 2.0)]
    shop = schema.from_uci_online_retail(local_library(uci([*rows, *rows])))
    assert "orders_repeated" not in note_counts(shop.notes)
    assert to_pandas(shop.orders).groupby("order_id").size().to_dict() == {"36501": 2, "36502": 2}


def test_stock_codes_in_small_letters_are_the_same_product():
    shop = schema.from_uci_online_retail(uci([("36501", "85123A", 1, 2.0), ("36502", "85123a", 1, 2.0)]))
    assert set(shop.orders["product_id"]) == {"85123A"}
    assert note_counts(shop.notes)["codes_in_capitals"] == 1


def test_baskets_need_nothing_but_orders_and_products(local_library):
    raw = pd.DataFrame({"bon": ["1", "1", "2"], "artikel": ["a", "b", "a"]})
    out = schema.baskets(local_library(raw), order_id="bon", product_id="artikel")
    assert sorted(to_pandas(out).columns) == ["order_id", "product_id"]
    with pytest.raises(SchemaError, match=r"a table of baskets alone is read by schema\.baskets"):
        schema.orders(local_library(raw), order_id="bon", product_id="artikel")


@pytest.mark.parametrize(
    ("column", "later"),
    [("Financial Status", "refunded"), ("Refunded Amount", 10.0), ("Cancelled at", "2024-01-06 10:00:00 +0000")],
)
def test_one_order_at_two_times_is_refused(local_library, column, later):
    first = shopify("Tee", **{"Financial Status": "paid", "Refunded Amount": 0.0, "Cancelled at": None})
    frame = pd.concat([first, first.assign(**{column: later})], ignore_index=True)
    with pytest.raises(SchemaError, match=f"or for one at several times, which differ in {column}"):
        schema.from_shopify(local_library(frame))


def test_one_woocommerce_order_at_two_times_is_refused():
    first = text(WOO)
    later = first.assign(status="refunded", refunded_total=2.0)
    with pytest.raises(SchemaError, match="which differ in status and refunded_total"):
        schema.from_woocommerce(pd.concat([first, later], ignore_index=True))


def test_order_numbers_that_a_spreadsheet_rounded_are_told_to_be_so():
    frame = pd.concat([shopify("Tee"), shopify("Mug").assign(Email="z@example.com")]).assign(Name="1.93068E+15")
    with pytest.raises(SchemaError, match="were rounded by a spreadsheet"):
        schema.from_shopify(frame)
