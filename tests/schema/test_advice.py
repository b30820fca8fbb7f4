"""What errors advise can be followed: no circles, no cause that is not there, no option that is not there."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, schema
from libraries import EAGER_AND_LAZY, to_pandas
from notes import note_counts, warning_counts
from raw_orders import orders, texts

both = pytest.mark.parametrize("library", EAGER_AND_LAZY, ids=str)

SHOPIFY = pd.DataFrame(
    {"Name": ["#1"], "Email": ["a@x.org"], "Created at": ["2024-05-01 09:58:12 +0800"], "Subtotal": ["10.00"]}
    | {"Shipping": ["0.00"], "Total": ["10.00"], "Lineitem quantity": ["1"], "Lineitem name": ["Tee"]}
    | {"Lineitem price": ["10.00"], "Financial Status": ["paid"]}
)
WOO = pd.DataFrame(
    {"order_id": ["71"], "order_date": ["2024-05-01 09:58:12"], "status": ["completed"], "customer_id": ["5"]}
    | {"shipping_total": ["0.00"], "order_total": ["10.00"], "item_name": ["Tee"], "item_quantity": ["1"]}
    | {"item_subtotal": ["10.00"], "item_total": ["10.00"]}
)
TAOBAO = pd.DataFrame(
    {"订单编号": ["1"], "买家会员名": ["小明"], "总金额": ["20.00"], "订单创建时间": ["2024-05-01 10:00:00"]}
    | {"订单状态": ["交易成功"]}
)
TAOBAO_ITEMS = pd.DataFrame({"订单编号": ["1"], "标题": ["杯"], "价格": ["10.00"], "购买数量": ["2"]})
YOUZAN = pd.DataFrame(
    {"订单号": ["1"], "订单创建时间": ["2024-05-01 10:00:00"], "订单实付金额": ["20.00"], "订单状态": ["交易完成"]}
)
YOUZAN_ITEMS = pd.DataFrame({"订单号": ["1"], "商品名称": ["杯"], "商品单价": ["10.00"], "商品数量": ["2"]})
JD = pd.DataFrame(
    {"订单号": ["1"], "商品名称": ["杯"], "订购数量": ["2"], "京东价": ["10.00"], "订单金额": ["20.00"]}
    | {"下单时间": ["2024-05-01 10:00:00"], "下单帐号": ["a"], "订单状态": ["完成"]}
)
EXPORTS = {
    "shopify": (schema.from_shopify, SHOPIFY, "Created at", "Total", "Name"),
    "woocommerce": (schema.from_woocommerce, WOO, "order_date", "order_total", "order_id"),
    "taobao": (schema.from_taobao_orders, TAOBAO, "订单创建时间", "总金额", "订单编号"),
    "youzan": (schema.from_youzan_orders, YOUZAN, "订单创建时间", "订单实付金额", "订单号"),
    "jd": (schema.from_jd_orders, JD, "下单时间", "订单金额", "订单号"),
}
exports = pytest.mark.parametrize(("read", "table", "time", "total", "number"), EXPORTS.values(), ids=EXPORTS)


@both
@exports
def test_headings_within_the_file_are_told_as_such(library, read, table, time, total, number):
    joined = pd.concat([table, pd.DataFrame([{name: name for name in table}])])
    with pytest.raises(SchemaError, match="1 row repeats the headings"):
        read(library(joined))


@both
@exports
def test_a_line_of_totals_is_told_by_the_names_of_the_export(library, read, table, time, total, number):
    foot = pd.concat([table, pd.DataFrame([{number: "合计", total: "10.00"}])])
    with pytest.raises(SchemaError, match=f"orders without '{time}', such as '合计'"):
        read(library(foot))


@both
@exports
def test_a_decimal_comma_in_an_export_leads_to_the_reader_of_the_file(library, read, table, time, total, number):
    with pytest.raises(SchemaError, match=rf"'{total}' is not a number in 1 row, such as '1.010,00'.*decimal=','"):
        read(library(table.assign(**{total: "1.010,00"})))


@both
@exports
def test_thousands_by_dots_in_an_export_are_not_decimals(library, read, table, time, total, number):
    with pytest.raises(SchemaError, match=f"'{total}' has three digits behind every dot"):
        read(library(table.assign(**{total: "1.010"})))


@both
@exports
def test_empty_cells_that_a_reader_keeps_as_text_are_missing(library, read, table, time, total, number):
    optional = {"Shopify": "Refunded Amount", "WooCommerce": "refunded_total"}
    empty = table.assign(**{"Refunded Amount": "", "refunded_total": "", "退款金额": "", "运费金额": "", "运费": " "})
    assert len(optional) == 2
    assert to_pandas(read(library(empty)).orders).amount.sum() == pytest.approx(float(table[total][0]))


@both
@pytest.mark.parametrize(
    ("name", "column", "state", "known"),
    [
        ("shopify", "Financial Status", "bezahlt", "Partially_refunded"),
        ("woocommerce", "status", "Storniert", "wc-on-hold"),
        ("taobao", "订单状态", "自定义", "卖家已发货，等待买家确认"),
        ("youzan", "订单状态", "争议中", "待发货"),
        ("jd", "订单状态", "异常", "等待出库"),
    ],
)
def test_states_that_are_not_known_are_told_with_their_counts(library, name, column, state, known):
    read, table, *_ = EXPORTS[name]
    shop = read(library(table.assign(**{column: state})))
    assert note_counts(shop.notes)["states_unknown"] == 1
    assert len(to_pandas(shop.orders)) == 1
    assert "states_unknown" not in note_counts(read(library(table.assign(**{column: known}))).notes)


@both
@pytest.mark.parametrize(
    ("read", "table", "items"),
    [(schema.from_taobao_orders, TAOBAO, TAOBAO_ITEMS), (schema.from_youzan_orders, YOUZAN, YOUZAN_ITEMS)],
)
def test_items_of_files_that_overlap_are_taken_once(library, read, table, items):
    twice = pd.concat([items, items])
    for first in (table, pd.concat([table, table])):
        out = to_pandas(read(library(first), library(twice)).orders)
        assert out[["quantity", "amount"]].to_numpy().tolist() == [[2.0, 20.0]]
    total = next(name for name in ("总金额", "订单实付金额") if name in table)
    both_paid = to_pandas(read(library(table.assign(**{total: "40.00"})), library(twice)).orders)
    assert both_paid[["quantity", "amount"]].to_numpy().tolist() == [[2.0, 20.0], [2.0, 20.0]]


@both
@pytest.mark.parametrize(
    ("times", "given"),
    [
        (["2024-05-01 10:00:00", "2024-05-01"], "%Y-%m-%d"),
        (["2024-05-01 10:00:00", "2024-05-01"], "%Y-%m-%d %H:%M:%S"),
        (["2024-05-01T10:00:00.5", "2024-05-01 10:00"], "%Y-%m-%d %H:%M"),
    ],
)
def test_kinds_of_iso_times_lead_to_the_format_that_reads_all(library, times, given):
    raw = orders(ordered_at=texts(*times, times[0]))
    with pytest.raises(SchemaError, match="or give `format='iso8601'`"):
        schema.orders(library(raw), format=given)
    schema.orders(library(raw), format="iso8601")


@both
@pytest.mark.parametrize("given", ["unix_s", "unix_ms"])
@pytest.mark.parametrize("as_text", [False, True])
def test_counts_of_two_units_are_told_as_such(library, given, as_text):
    counts = np.array([1714556400000, 1714556400, 1714556401])
    raw = orders(ordered_at=texts(*map(str, counts)) if as_text else counts)
    with pytest.raises(SchemaError, match=r"it mixes units, .*'unix_s' \(171455640[01]\), 'unix_ms' \(1714556400000\)"):
        schema.orders(library(raw), format=given)


@pytest.mark.parametrize("date", [datetime(2024, 1, 5), 45413, 45413.5])
@pytest.mark.parametrize("given", [None, "%d/%m/%Y"])
def test_dates_that_a_spreadsheet_made_beside_texts_are_told(date, given):
    raw = orders(ordered_at=pd.Series([date, "13/05/2024", "14/05/2024"], dtype=object))
    with pytest.raises(SchemaError, match="may have swapped their day and month"):
        schema.orders(raw, format=given)


@both
@pytest.mark.parametrize("day", ["45413", "45413.4166667"])
@pytest.mark.parametrize("given", [None, "%d/%m/%Y"])
def test_days_of_a_spreadsheet_beside_texts_are_told(library, day, given):
    with pytest.raises(SchemaError, match="may have swapped their day and month"):
        schema.orders(library(orders(ordered_at=texts(day, "13/05/2024", "14/05/2024"))), format=given)


@both
@pytest.mark.parametrize(("column", "heading"), [("amount", "amount"), ("ordered_at", "ordered_at")])
def test_headings_within_a_table_are_told_as_such(library, column, heading):
    values = {"amount": ("5", "6"), "ordered_at": ("2024-05-01", "2024-05-02")}[column]
    with pytest.raises(SchemaError, match="the headings of the table are repeated in it"):
        schema.orders(library(orders(**{column: texts(values[0], heading, values[1])})), format="%Y-%m-%d")


@both
@pytest.mark.parametrize("value", ["N/A", "-", ""])
@pytest.mark.parametrize("column", ["amount", "unit_price"])
def test_a_null_is_not_advised_where_none_may_be(library, value, column):
    raw = orders(amount=texts(value, "5", "6"))
    raw = raw if column == "amount" else raw.rename(columns={"amount": "unit_price"}).assign(quantity=1)
    with pytest.raises(SchemaError) as error:
        schema.orders(library(raw))
    assert "null" not in str(error.value)


@both
@pytest.mark.parametrize("ids", [["1.93068E+15"] * 3, ["1930679858170640000"] * 3, ["1,93E+12", "2,11E+12", "3e+11"]])
def test_order_numbers_that_are_all_rounded_are_told(library, ids):
    _, counts = warning_counts(schema.orders, library(orders(order_id=texts(*ids))))
    assert counts == {"ids_rounded": 3}


@both
@pytest.mark.parametrize(("last", "told"), [(0, {"ids_rounded": 3}), (1, {})])
def test_whole_numbers_that_a_spreadsheet_rounded_are_told(library, last, told):
    raw = orders(order_id=np.array([193067985817064000, 193067985817065000, 1930679858170640000]) + last)
    if told:
        _, counts = warning_counts(schema.orders, library(raw))
        assert counts == told
    else:
        schema.orders(library(raw))


@pytest.mark.parametrize("amounts", [("1.234", "2.500", "9"), ("€ 1.234", "12.990 kr", "5")])
def test_a_lazy_quarantine_rejects_what_may_be_thousands(library, amounts):
    if not library.lazy:
        return
    raw = orders(amount=texts(*amounts))
    split = schema.quarantine("orders", library(raw))
    assert to_pandas(split.valid).amount.tolist() == [float(amounts[2])]
    reasons = set(to_pandas(split.rejected).reason)
    assert reasons == {"amount has three digits behind a dot, which may be thousands: give `decimal=`"}
    assert len(to_pandas(schema.quarantine("orders", library(raw), decimal=",").valid)) == 3
