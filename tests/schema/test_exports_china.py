"""Order exports of Taobao, JD and Youzan: the columns that their back offices write, lines that add up."""

import pandas as pd
import pytest

from ecommine import SchemaError, schema
from libraries import to_pandas
from notes import note_counts

TAOBAO = pd.DataFrame(
    {
        "订单编号": ['="3001"', '="3002"', '="3003"', '="3004"'],
        "买家会员名": ["幸福蔓岩", "幸福蔓岩", "张**", "小李"],
        "联系手机": ["'18600000001", "'18600000001", "'18600000003", "'18600000004"],
        "买家应付货款": ["598.00", "1,200.00", "30.00", "50.00"],
        "买家应付邮费": ["10.00", "0.00", "0.00", "0.00"],
        "总金额": ["608.00", "￥1,200.00", "30.00", "50.00"],
        "订单状态": ["交易成功", "卖家已发货，等待买家确认", "交易成功", "交易关闭"],
        "退款金额": ["无退款申请", "200.00", "0.00", "50.00"],
        "订单创建时间": ["2026/5/23 22:02", "2026/5/24 8:15", "2026/5/25 9:00", "2026/5/26 9:00"],
        "宝贝标题": ["洗面奶", "洗面奶，化妆水", "手机壳", "手机壳"],
        "宝贝种类": ["1", "2", "1", "1"],
        "宝贝总数量": ["2", "3", "1", "1"],
    }
)
TAOBAO_ITEMS = pd.DataFrame(
    {
        "订单编号": ['="3001"', '="3002"', '="3002"', '="3003"', '="3003"', '="3004"'],
        "标题": ["洗面奶", "洗面奶", "化妆水", "手机壳", "补差价专拍", "手机壳"],
        "价格": ["299.00", "299.00", "700.00", "25.00", "5.00", "50.00"],
        "购买数量": ["2", "2", "1", "1", "1", "1"],
        "商家编码": ["XMN", "XMN", "HZS", "SJK", None, "SJK"],
    }
)
JD = pd.DataFrame(
    {
        "订单号": ["2001", "2001", "2002", "2003"],
        "商品ID": ["11", "12", "11", "13"],
        "商品名称": ["水杯", "杯盖", "水杯", "勺"],
        "订购数量": ["1", "2", "1", "1"],
        "支付方式": "在线支付",
        "下单时间": ["2026-01-15 10:00:00", "2026-01-15 10:00:00", "2026-01-16 11:30:00", "2026-01-17 09:00:00"],
        "京东价": ["50.00", "5.00", "50.00", "9.00"],
        "订单金额": ["66.00", "66.00", "50.00", "9.00"],
        "结算金额": ["61.00", "61.00", "50.00", "9.00"],
        "运费金额": ["6.00", "6.00", "0.00", "0.00"],
        "订单状态": ["完成", "完成", "等待出库", "已取消"],
        "下单帐号": ["jd_ann", "jd_ann", None, "jd_bob"],
        "联系电话": ["138****1234", "138****1234", "13800000001", "13800000002"],
    }
)
YOUZAN = pd.DataFrame(
    {
        "订单号": ["E1", "E2", "E3"],
        "订单状态": ["交易完成", "已发货", "交易关闭"],
        "订单创建时间": ["2025-07-20 16:42:54", "2025-07-21 09:00:00", "2025-07-22 09:00:00"],
        "商品种类数": ["1", "2", "1"],
        "商品金额合计": ["560.00", "120.00", "10.00"],
        "运费": ["0.00", "8.00", "0.00"],
        "订单实付金额": ["539.10", "128.00", "10.00"],
        "全部商品名称": ["山参(1件)", "茶(1件)；杯(1件)", "茶(1件)"],
        "买家手机号": ["13900000001", None, "13900000001"],
        "收货人手机号/提货人手机号": ["13900000001", "13900000001", "13900000001"],
    }
)
YOUZAN_ITEMS = pd.DataFrame(
    {
        "订单号": ["E1", "E2", "E2"],
        "商品名称": ["山参", "茶", "杯"],
        "规格编码": ["SS", None, "BEI"],
        "商品单价": ["560.00", "100.00", "20.00"],
        "商品数量": ["1", "1", "1"],
        "商品实际成交金额": ["539.10", "100.00", "20.00"],
    }
)


def lines(shop):
    orders = to_pandas(shop.orders, sort=["order_id", "line_type", "amount"])
    return [tuple(row) for row in orders[["order_id", "line_type", "amount"]].to_numpy().tolist()]


@pytest.mark.call("schema.from_taobao_orders")
def test_taobao_orders_without_their_items(library):
    shop = schema.from_taobao_orders(library(TAOBAO))
    assert lines(shop) == [
        ("3001", "product", 598.0), ("3001", "shipping", 10.0), ("3002", "adjustment", -200.0),
        ("3002", "product", 1200.0), ("3003", "product", 30.0),
    ]  # fmt: skip
    assert note_counts(shop.notes) == {
        "customers_masked": 1, "customers_by_contact": 1, "cancelled_left_out": 1, "read_as_shipping": 1,
        "read_as_adjustment": 1,
    }  # fmt: skip
    orders = to_pandas(shop.orders, sort=["order_id", "line_type"])
    assert orders["customer_id"].tolist() == ["幸福蔓岩"] * 4 + ["18600000003"]
    assert orders["ordered_at"].iloc[0] == pd.Timestamp("2026-05-23 22:02")


def test_taobao_items_are_lines_and_the_difference_is_a_discount(local_library):
    shop = schema.from_taobao_orders(local_library(TAOBAO), local_library(TAOBAO_ITEMS))
    assert lines(shop) == [
        ("3001", "product", 598.0), ("3001", "shipping", 10.0), ("3002", "adjustment", -200.0),
        ("3002", "discount", -98.0), ("3002", "product", 598.0), ("3002", "product", 700.0),
        ("3003", "adjustment", 5.0), ("3003", "product", 25.0),
    ]  # fmt: skip
    products = to_pandas(shop.products, sort=["product_id"])
    assert products["product_id"].tolist() == ["HZS", "SJK", "XMN"]


@pytest.mark.call("schema.from_jd_orders")
def test_jd_lines_add_up_to_what_the_shop_is_paid(library):
    shop = schema.from_jd_orders(library(JD))
    assert lines(shop) == [
        ("2001", "discount", -5.0), ("2001", "product", 10.0), ("2001", "product", 50.0), ("2001", "shipping", 6.0),
        ("2002", "product", 50.0),
    ]  # fmt: skip
    orders = to_pandas(shop.orders, sort=["order_id", "line_type", "amount"])
    assert orders["customer_id"].tolist() == ["jd_ann"] * 4 + ["13800000001"]
    assert "customers_masked" not in note_counts(shop.notes)  # the telephone, where the account is known


@pytest.mark.call("schema.from_youzan_orders")
def test_youzan_lines_add_up_with_their_items(library):
    shop = schema.from_youzan_orders(library(YOUZAN), library(YOUZAN_ITEMS))
    assert lines(shop) == [
        ("E1", "product", 539.1), ("E2", "product", 20.0), ("E2", "product", 100.0), ("E2", "shipping", 8.0),
    ]  # fmt: skip
    assert set(to_pandas(shop.orders)["customer_id"]) == {"13900000001"}


def test_youzan_lines_add_up_without_their_items(local_library):
    shop = schema.from_youzan_orders(local_library(YOUZAN))
    assert lines(shop) == [
        ("E1", "discount", -20.9), ("E1", "product", 560.0), ("E2", "product", 120.0), ("E2", "shipping", 8.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "table"),
    [(schema.from_taobao_orders, TAOBAO), (schema.from_jd_orders, JD), (schema.from_youzan_orders, YOUZAN)],
)
def test_files_that_overlap_are_taken_once_and_two_orders_of_a_number_are_refused(read, table):
    once = read(table)
    twice = read(pd.concat([table, table.iloc[:2]], ignore_index=True))
    assert sorted(lines(twice)) == sorted(lines(once))
    assert {"orders_repeated", "copies_dropped"} & set(note_counts(twice.notes))
    time = next(name for name in ("订单创建时间", "下单时间") if name in table)
    other = table.iloc[:1].assign(**{time: "2027/1/1 10:00" if "/" in table[time].iloc[0] else "2027-01-01 10:00:00"})
    with pytest.raises(SchemaError, match=f"stands for several orders, which differ in {time}"):
        read(pd.concat([table, other], ignore_index=True))


@pytest.mark.parametrize(
    ("read", "wrong", "reader"),
    [
        (schema.from_taobao_orders, JD, "from_jd_orders"),
        (schema.from_jd_orders, YOUZAN, "from_youzan_orders"),
        (schema.from_shopify, TAOBAO, "from_taobao_orders"),
    ],
)
def test_another_export_is_named(read, wrong, reader):
    with pytest.raises(SchemaError, match=f"it looks like an export that schema.{reader} reads"):
        read(wrong)


def test_a_reader_that_is_given_a_known_export_names_its_own():
    with pytest.raises(SchemaError, match=r"schema\.from_jd_orders reads"):
        schema.orders(JD)
