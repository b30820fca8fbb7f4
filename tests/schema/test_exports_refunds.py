"""Refunds in known exports: an order refunded in full is taken back line by line, a part is an adjustment."""

import warnings

import pandas as pd
import pytest

from ecommine import DataWarning, schema
from libraries import to_pandas
from notes import note_counts

SHOPIFY = pd.DataFrame(
    {
        "Name": ["#1", "#1", "#2", "#3", "#4", "#5"],
        "Email": ["a@x.de", None, "a@x.de", "b@x.de", "b@x.de", "c@x.de"],
        "Created at": [f"2024-05-0{day} 10:00:00 +0200" for day in (1, 1, 2, 3, 4, 5)],
        "Subtotal": [27.0, None, 20.0, 20.0, 0.0, 20.0],
        "Shipping": [5.0, None, 0.0, 0.0, 0.0, 4.99],
        "Total": [34.7, None, 20.0, 20.0, 0.0, 24.99],
        "Lineitem quantity": [2, 1, 2, 2, 1, 1],
        "Lineitem name": ["Tee", "Mug", "Tee", "Tee", "Sample", "Cap"],
        "Lineitem price": [10.0, 10.0, 10.0, 10.0, 0.0, 20.0],
        "Refunded Amount": [34.7, None, 9.0, 0.0, 0.0, 30.0],
    }
)
"""Refunded in full (#1), in part (#2), not at all (#3), free of charge (#4), by more than it cost (#5)."""
WOO = pd.DataFrame(
    {
        "order_id": [1, 1, 2, 3],
        "order_date": ["2024-05-01 10:00:00", "2024-05-01 10:00:00", "2024-05-02 10:00:00", "2024-05-03 10:00:00"],
        "status": ["refunded", "refunded", "completed", "completed"],
        "customer_id": [7, 7, 7, 8],
        "shipping_total": [5.0, 5.0, 0.0, 0.0],
        "fee_total": [1.0, 1.0, 0.0, 0.0],
        "order_total": [35.7, 35.7, 20.0, 9.0],
        "refunded_total": [-35.7, -35.7, 5.0, 0.0],
        "item_name": ["Tee", "Mug", "Tee", "Mug"],
        "item_quantity": [2, 1, 2, 1],
        "item_subtotal": [20.0, 10.0, 20.0, 9.0],
        "item_total": [18.0, 10.0, 20.0, 9.0],
    }
)
TAOBAO = pd.DataFrame(
    {
        "订单编号": ["1", "2", "3"],
        "买家会员名": ["ann", "ann", "bob"],
        "总金额": ["608.00", "900.00", "30.00"],
        "买家应付邮费": ["10.00", "0.00", "0.00"],
        "订单状态": "交易成功",
        "退款金额": ["608.00", "299.00", "无退款申请"],
        "订单创建时间": ["2026/5/23 22:02", "2026/5/24 8:15", "2026/5/25 9:00"],
        "宝贝标题": ["洗面奶", "洗面奶，化妆水", "手机壳"],
        "宝贝种类": ["1", "2", "1"],
        "宝贝总数量": ["2", "3", "1"],
    }
)
TAOBAO_ITEMS = pd.DataFrame(
    {
        "订单编号": ["1", "2", "2", "3"],
        "标题": ["洗面奶", "洗面奶", "化妆水", "手机壳"],
        "价格": ["299.00", "299.00", "601.00", "30.00"],
        "购买数量": ["2", "1", "1", "1"],
        "订单状态": ["交易关闭", "交易关闭", "交易成功", "交易关闭"],
    }
)
YOUZAN = pd.DataFrame(
    {
        "订单号": ["E1", "E2"],
        "订单状态": ["交易完成", "交易完成"],
        "订单创建时间": ["2025-07-20 16:42:54", "2025-07-21 09:00:00"],
        "商品种类数": ["1", "1"],
        "商品金额合计": ["560.00", "120.00"],
        "运费": ["0.00", "8.00"],
        "订单实付金额": ["539.10", "128.00"],
        "订单已退款金额": ["539.10", "28.00"],
        "全部商品名称": ["山参", "茶"],
        "买家手机号": ["13900000001", "13900000002"],
    }
)


def sums(shop, *types):
    orders = to_pandas(shop.orders)
    kept = orders[orders.line_type.isin(types)] if types else orders
    return {str(order): round(money, 2) for order, money in kept.groupby("order_id").amount.sum().items()}


def units(shop):
    orders = to_pandas(shop.orders)
    return {
        str(order): n for order, n in orders[orders.line_type == "product"].groupby("order_id").quantity.sum().items()
    }


def test_shopify_orders_refunded_in_full_are_taken_back_line_by_line(library):
    shop = schema.from_shopify(library(SHOPIFY))
    assert sums(shop) == {"#1": 0.0, "#2": 11.0, "#3": 20.0, "#4": 0.0, "#5": -5.01}  # as the refunds say
    assert units(shop) == {"#1": 0, "#2": 2, "#3": 2, "#4": 1, "#5": 0}
    assert sums(shop, "shipping") == {"#1": 0.0, "#5": 0.0}
    assert sums(shop, "adjustment") == {"#2": -9.0, "#5": -5.01}
    assert sums(shop, "discount") == {"#1": 0.0}
    assert note_counts(shop.notes)["refunded_in_full"] == 2
    orders = to_pandas(shop.orders)
    back = orders[(orders.order_id == "#1") & (orders.quantity < 0)]
    assert sorted(zip(back.product_id, back.quantity, back.amount, strict=True)) == [
        ("Mug", -1, -10.0),
        ("Tee", -2, -20.0),
    ]
    assert set(back.customer_id) == {"a@x.de"}


@pytest.mark.parametrize("short", [0.0, 0.004, 0.01])
def test_in_full_means_to_the_cent(short):
    shop = schema.from_shopify(SHOPIFY.assign(**{"Refunded Amount": [34.7 - short, None, 9.0, 0.0, 0.0, 0.0]}))
    assert note_counts(shop.notes).get("refunded_in_full", 0) == (short < 0.01)
    assert sums(shop)["#1"] == round(short, 2)


def test_woocommerce_orders_refunded_in_full_are_taken_back_line_by_line(library):
    shop = schema.from_woocommerce(library(WOO))
    assert sums(shop) == {"1": 0.0, "2": 15.0, "3": 9.0}
    assert units(shop) == {"1": 0, "2": 2, "3": 1}
    assert sums(shop, "fee", "shipping") == {"1": 0.0}
    orders = to_pandas(shop.orders)
    back = orders[(orders.order_id == 1) & (orders.quantity == -2)]
    assert back.amount.tolist() == [-18.0]
    assert (back.quantity * back.unit_price - back.discount).tolist() == [-18.0]


def test_taobao_items_that_were_closed_after_a_refund_are_taken_back(local_library):
    shop = schema.from_taobao_orders(local_library(TAOBAO), local_library(TAOBAO_ITEMS))
    assert sums(shop) == {"1": 0.0, "2": 601.0, "3": 30.0}
    assert units(shop) == {"1": 0, "2": 1, "3": 1}
    assert sums(shop, "adjustment") == {}
    counts = note_counts(shop.notes)
    assert (counts["refunded_in_full"], counts["items_refunded"], counts["items_closed"]) == (1, 1, 1)


def test_the_rest_of_a_refund_of_items_is_an_adjustment():
    shop = schema.from_taobao_orders(TAOBAO.assign(退款金额=["0", "310.00", "0"]), TAOBAO_ITEMS)
    assert sums(shop)["2"] == 590.0
    assert sums(shop, "adjustment") == {"2": -11.0}


def test_chinese_orders_without_their_items_are_taken_back_too(local_library):
    taobao = schema.from_taobao_orders(local_library(TAOBAO))
    assert (sums(taobao), units(taobao)) == ({"1": 0.0, "2": 601.0, "3": 30.0}, {"1": 0, "2": 3, "3": 1})
    youzan = schema.from_youzan_orders(local_library(YOUZAN))
    assert sums(youzan) == {"E1": 0.0, "E2": 100.0}
    assert sums(youzan, "product") == {"E1": 0.0, "E2": 120.0}
    assert sums(youzan, "adjustment") == {"E2": -28.0}


def test_a_panel_has_neither_units_nor_money_of_orders_refunded_in_full_and_tells_of_the_others():
    orders = schema.from_shopify(SHOPIFY).orders
    with warnings.catch_warnings(record=True, action="always") as caught:
        panel = schema.to_sales(orders, every="1y")
    tee = panel[panel.product_id == "Tee"].iloc[0]
    assert (tee.units_sold, tee.returned, tee.revenue) == (4, 0, 40.0)
    notes = [note for each in caught if each.category is DataWarning for note in each.message.notes]
    (left_out,) = [note for note in notes if note.code == "lines_not_products"]
    assert "-14.01 of adjustments such as refunds" in left_out
