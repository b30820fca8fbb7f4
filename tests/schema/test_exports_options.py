"""Options of known exports: serials and counts as times, decimal commas that a spreadsheet wrote."""

import inspect

import pandas as pd
import pytest

from ecommine import SchemaError, schema
from libraries import to_pandas
from notes import note_counts

DAY = pd.Timestamp("2024-05-01 12:00:00")
SHOPIFY = pd.DataFrame(
    {
        "Name": ["#1", "#2"],
        "Email": ["a@x.de", "b@x.de"],
        "Created at": "2024-05-01 12:00:00 +0200",
        "Subtotal": ["1.010,00", "20,50"],
        "Shipping": ["0,00", "4,90"],
        "Total": ["1.010,00", "25,40"],
        "Lineitem quantity": "1",
        "Lineitem name": ["Tee", "Mug"],
        "Lineitem sku": ["100.200", "010.020"],
        "Lineitem price": ["1.010,00", "20,50"],
    }
)
WOO = pd.DataFrame(
    {"order_id": [71], "order_date": "2024-05-01 12:00:00", "status": "completed", "customer_id": 3,
     "shipping_total": "5,00", "order_total": "1.031,00", "item_name": "Tee", "item_quantity": "2",
     "item_subtotal": "1.026,00", "item_total": "1.026,00"}
)  # fmt: skip
TAOBAO = pd.DataFrame(
    {"订单编号": ["1"], "买家会员名": ["ann"], "总金额": ["1.608,00"], "订单状态": ["交易成功"],
     "订单创建时间": ["2024-05-01 12:00:00"], "宝贝标题": ["杯"], "宝贝种类": ["1"]}
)  # fmt: skip
YOUZAN = pd.DataFrame(
    {
        "订单号": ["E1"],
        "订单创建时间": ["2024-05-01 12:00:00"],
        "订单实付金额": ["1.560,00"],
        "买家手机号": ["13900000001"],
    }
)
JD = pd.DataFrame(
    {"订单号": ["1"], "商品名称": ["水杯"], "订购数量": ["1"], "京东价": ["1.050,00"], "订单金额": ["1.050,00"],
     "下单时间": ["2024-05-01 12:00:00"], "下单帐号": ["ann"]}
)  # fmt: skip
UCI = pd.DataFrame(
    {"InvoiceNo": ["1"], "StockCode": ["85123A"], "Quantity": ["2"], "InvoiceDate": [DAY], "UnitPrice": ["1.002,50"],
     "CustomerID": [17850]}
)  # fmt: skip
CDNOW = pd.DataFrame({"customer_id": [1], "date": [19970101], "quantity": [1], "amount": ["1.011,77"]})
REES46 = pd.DataFrame(
    {"event_time": ["2019-10-01 00:00:00 UTC"], "event_type": ["purchase"], "product_id": [1], "category_id": [2],
     "category_code": ["x"], "brand": ["y"], "price": ["1.130,76"], "user_id": [5], "user_session": ["s"]}
)  # fmt: skip
EXPORTS = {
    "Shopify": (schema.from_shopify, SHOPIFY, "Created at", 1035.4),
    "WooCommerce": (schema.from_woocommerce, WOO, "order_date", 1031.0),
    "Taobao": (schema.from_taobao_orders, TAOBAO, "订单创建时间", 1608.0),
    "Youzan": (schema.from_youzan_orders, YOUZAN, "订单创建时间", 1560.0),
    "JD": (schema.from_jd_orders, JD, "下单时间", 1050.0),
    "UCI": (schema.from_uci_online_retail, UCI, "InvoiceDate", 2005.0),
    "CDNOW": (schema.from_cdnow, CDNOW, None, 1011.77),
    "REES46": (schema.from_rees46, REES46, None, 1130.76),
}


def money(shop):
    return round(float(to_pandas(shop.orders)["amount"].sum()), 2)


@pytest.mark.parametrize("export", EXPORTS)
def test_decimal_commas_are_read_where_they_are_told(local_library, export):
    read, raw, _, total = EXPORTS[export]
    shop = read(local_library(raw), decimal=",")
    assert money(shop) == total
    assert "decimal_without_effect" not in note_counts(shop.notes)


@pytest.mark.parametrize("export", ["Shopify", "WooCommerce", "Taobao", "Youzan", "JD", "CDNOW", "REES46"])
def test_the_error_of_a_decimal_comma_names_the_option(export):
    read, raw, _, _ = EXPORTS[export]
    with pytest.raises(SchemaError, match="a comma is the decimal mark there: give `decimal=','`"):
        read(raw)


def test_skus_with_a_dot_stay_as_they_are():
    shop = schema.from_shopify(SHOPIFY, decimal=",")
    assert set(shop.products.product_id) == {"100.200", "010.020"}


def test_thousands_that_may_be_decimals_need_a_mark_too():
    raw = YOUZAN.assign(订单实付金额="1.560")
    with pytest.raises(SchemaError, match=r"give `decimal='.'` if 1.234 is between 1 and 2, `decimal=','`"):
        schema.from_youzan_orders(raw)
    assert [money(schema.from_youzan_orders(raw, decimal=mark)) for mark in ".,"] == [1.56, 1560.0]


def test_numbers_that_were_read_before_are_told():
    raw = SHOPIFY.assign(Total=[1.01, 25.4], Subtotal=[1.01, 20.5])
    shop = schema.from_shopify(raw, decimal=",")
    assert note_counts(shop.notes)["decimal_without_effect"] == 2


@pytest.mark.parametrize("export", [name for name, parts in EXPORTS.items() if parts[2]])
@pytest.mark.parametrize(
    ("format", "value"),
    [("excel", 45413.5), ("excel1904", 43951.5), ("unix_s", 1714564800), ("unix_ms", 1714564800000),
     ("%Y%m%d", 20240501), ("excel", "45413,5"), ("excel", "45413.5")],
)  # fmt: skip
def test_times_that_are_numbers_are_read_by_their_format(local_library, export, format, value):
    read, raw, column, _ = EXPORTS[export]
    shop = read(local_library(raw.assign(**{column: value})), format=format, decimal=",")
    expected = DAY.normalize() if format == "%Y%m%d" else DAY
    assert set(to_pandas(shop.orders)["ordered_at"]) == {expected}


def test_serials_without_a_format_are_told_the_format():
    with pytest.raises(SchemaError, match="give `format='excel'`, or 'excel1904'"):
        schema.from_shopify(SHOPIFY.assign(**{"Created at": 45413.5}), decimal=",")


def test_every_export_that_has_money_takes_the_option():
    exports = [name for name in schema.__all__ if name.startswith("from_") and name != "from_taobao_user_behavior"]
    assert all("decimal" in inspect.signature(getattr(schema, name)).parameters for name in exports)
