"""Known exports as files have them: headings with blanks, masked customers, orders without a state, items alone."""

import pandas as pd
import pytest

from ecommine import DataWarning, SchemaError, schema
from libraries import to_pandas
from notes import note_counts

SHOPIFY = pd.DataFrame(
    {
        "Name": ["#1", "#2"],
        "Email": ["a@x.de", "b@x.de"],
        "Created at": "2024-05-01 09:00:00 +0200",
        "Subtotal": [10.0, 20.0],
        "Shipping": 0.0,
        "Total": [10.0, 20.0],
        "Lineitem quantity": 1.0,
        "Lineitem name": ["Tee", "Mug"],
        "Lineitem price": [10.0, 20.0],
        "Refunded Amount": [4.0, 0.0],
        "Cancelled at": [None, "2024-05-02 09:00:00 +0200"],
    }
)
TAOBAO = pd.DataFrame(
    {
        "订单编号": ["1", "2", "3"],
        "买家会员名": ["王*明", "王*明", "*明"],
        "总金额": ["178.8", "21.0", "37.0"],
        "买家实际支付金额": ["0", "21", "37"],
        "订单创建时间": ["2020-02-21 00:00:00"] * 3,
        "订单付款时间 ": [None, "2020-02-21 00:00:02", "2020-02-21 00:00:02"],
        "退款金额 ": ["0", "21", "0"],
        "宝贝标题 ": ["杯"] * 3,
        "宝贝种类": "1",
    }
)
ITEMS = pd.DataFrame({"订单编号": ["2", "3", "9", "9"], "标题": "杯", "价格": ["21", "37", "5", "6"], "购买数量": "1"})
YOUZAN = pd.DataFrame(
    {
        "订单号": ["E1", "E2", "E3"],
        "订单创建时间": ["2025-07-20 16:42:54"] * 3,
        "买家付款时间": ["2025-07-20 16:43:54", None, "2025-07-20 16:43:54"],
        "应收订单金额": ["560.00", "120.00", "0.00"],
        "订单实付金额": ["560.00", "0.00", "0.00"],
        "全部商品名称": ["山参", "茶", "样品"],
        "商品种类数": "1",
        "买家手机号": ["139xxxx0001", "139xxxx0001", "13900000003"],
    }
)
YOUZAN_ITEMS = pd.DataFrame({"订单号": ["E1", "X"], "商品名称": "茶", "商品单价": "560", "商品数量": "1"})
JD = pd.DataFrame(
    {
        "订单号": ["1", "2"],
        "商品名称": ["水杯", "勺"],
        "订购数量": ["1", "1"],
        "京东价": ["50.00", "9.00"],
        "订单金额": ["50.00", "9.00"],
        "结算金额": ["50.00", "0.00"],
        "下单时间": ["2026-01-15 10:00:00"] * 2,
        "付款确认时间": ["2026-01-15 10:05:00", ""],
        "下单帐号": ["jd_＊＊n", "jd_bob"],
    }
)


def money(shop):
    return round(float(to_pandas(shop.orders)["amount"].sum()), 2)


SPELLINGS = {
    "blanks": lambda name: f" {name}  ",
    "wide blanks and a byte order mark": lambda name: f"\ufeff\u3000{name}\u00a0",
    "capitals": str.upper,
    "tabs": lambda name: f"{name}\t",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_headings_are_read_without_regard_to_blanks_and_capitals(library, spelling):
    shop = schema.from_shopify(library(SHOPIFY.rename(columns=SPELLINGS[spelling])))
    assert money(shop) == 6.0  # 10 less the refund of 4; the other was cancelled
    counts = note_counts(shop.notes)
    assert counts["headings_mended"] == SHOPIFY.shape[1]
    assert counts["cancelled_left_out"] == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_headings_of_other_exports_too(spelling):
    woo = pd.DataFrame(
        {"order_id": [71], "order_date": "2024-05-01 09:58:12", "status": "completed", "customer_id": 3,
         "shipping_total": 5.0, "order_total": 31.0, "item_name": "Tee", "item_quantity": 2, "item_subtotal": 26.0,
         "item_total": 26.0, "refunded_total": 1.0}
    )  # fmt: skip
    uci = pd.DataFrame(
        {"InvoiceNo": ["1"], "StockCode": ["85123A"], "Description": ["HEART"], "Quantity": [6],
         "InvoiceDate": [pd.Timestamp("2010-12-01")], "UnitPrice": [2.5], "CustomerID": [17850]}
    )  # fmt: skip
    for read, table, total in (
        (schema.from_woocommerce, woo, 30.0),
        (schema.from_uci_online_retail, uci, 15.0),
        (schema.from_youzan_orders, YOUZAN, 560.0),
        (schema.from_jd_orders, JD, 50.0),
    ):
        shop = read(table.rename(columns=SPELLINGS[spelling]))
        assert money(shop) == total
        assert spelling == "capitals" or note_counts(shop.notes)["headings_mended"] == table.shape[1]


def test_headings_that_are_known_are_not_renamed():
    both = SHOPIFY.assign(**{"total": 99.0, "Lineitem name ": "x"})
    shop = schema.from_shopify(both)
    assert (money(shop), "headings_mended" in note_counts(shop.notes)) == (6.0, False)


def test_needed_headings_that_are_missing_are_sought_by_their_likeness():
    with pytest.raises(SchemaError) as error:
        schema.from_shopify(SHOPIFY.rename(columns={"Lineitem price": "Line item price", "Subtotal": "SubTotl"}))
    text = str(error.value)
    assert "'Subtotal' is not a column of the export; did you mean 'SubTotl'" in text
    assert "'Lineitem price' is not a column of the export; did you mean 'Line item price'" in text
    assert text.count("it has 'Name', 'Email'") == 1
    assert "schema.orders(raw, order_id='...', ...)" in text


def test_titles_above_the_headings_are_told():
    raw = pd.DataFrame([["Export of May", None, None], ["Name", "Total", "Subtotal"]])
    raw.columns = ["Export of May", "Unnamed: 1", "Unnamed: 2"]
    for read in (schema.from_shopify, schema.orders, schema.from_jd_orders):
        with pytest.raises(SchemaError, match="the headings seem to stand below a title"):
            read(raw)


def test_taobao_orders_without_a_state_of_which_nothing_was_paid_are_left_out(library):
    shop = schema.from_taobao_orders(library(TAOBAO))
    assert money(shop) == 37.0  # 178.80 was never paid, 21 refunded
    counts = note_counts(shop.notes)
    assert (counts["cancelled_left_out"], counts["headings_mended"], counts["customers_masked"]) == (1, 3, 3)
    assert to_pandas(shop.orders)["customer_id"].isna().all()


def test_unpaid_orders_of_youzan_and_jd_without_a_state(local_library):
    youzan = schema.from_youzan_orders(local_library(YOUZAN))
    assert set(to_pandas(youzan.orders)["order_id"]) == {"E1", "E3"}  # E3 is free, and was paid at a time
    assert note_counts(youzan.notes)["cancelled_left_out"] == 1
    jd = schema.from_jd_orders(local_library(JD))
    assert to_pandas(jd.orders)["order_id"].tolist() == ["1"]
    assert to_pandas(jd.orders)["customer_id"].isna().all()


def test_a_state_tells_more_than_what_was_paid():
    shop = schema.from_taobao_orders(TAOBAO.assign(订单状态=["交易成功", "交易成功", None]))
    assert money(shop) == 215.8


def test_items_whose_order_is_not_there_are_told(local_library):
    taobao = schema.from_taobao_orders(local_library(TAOBAO), local_library(ITEMS))
    assert note_counts(taobao.notes)["items_without_order"] == 2
    youzan = schema.from_youzan_orders(local_library(YOUZAN), local_library(YOUZAN_ITEMS))
    assert note_counts(youzan.notes)["items_without_order"] == 1


MASKED = [
    "王*明",
    "*明",
    "王＊明",
    "＊＊＊",
    "138xxxx1234",
    "138****1234",
    "t●●b",
    "t*b",
    "a*@x.de",
    "1**@qq.com",
    "张**",
]
OPEN = ["12*34", "王明", "0xABC", "13800001234", "Alex Xxavier", "阿凡提·买买提", "ann@x.de", "xxl-shirt"]


@pytest.mark.parametrize("name", MASKED)
def test_masks_are_recognised(local_library, name):
    raw = pd.DataFrame({"order_id": [1, 2], "customer_id": [name, "ok"], "ordered_at": pd.Timestamp("2024-05-01")})
    with pytest.warns(DataWarning, match="1 row with a `customer_id` that is masked"):
        schema.orders(local_library(raw.assign(amount=1.0)))
    assert note_counts(schema.from_jd_orders(JD.assign(下单帐号=[name, "jd_bob"])).notes)["customers_masked"] == 1


@pytest.mark.parametrize("name", OPEN)
def test_names_that_are_not_masked_are_customers(local_library, name):
    raw = pd.DataFrame({"order_id": [1, 2], "customer_id": [name, "ok"], "ordered_at": pd.Timestamp("2024-05-01")})
    schema.orders(local_library(raw.assign(amount=1.0)))  # without a warning
    assert "customers_masked" not in note_counts(schema.from_jd_orders(JD.assign(下单帐号=name)).notes)


def test_a_masked_telephone_is_told_only_where_no_name_stands_before_it():
    raw = TAOBAO.assign(买家会员名=["ann", "bob", None], 联系手机="138****1234")
    assert note_counts(schema.from_taobao_orders(raw).notes)["customers_masked"] == 1
