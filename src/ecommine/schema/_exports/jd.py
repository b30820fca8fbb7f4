"""JD.com: the order export of the seller's backend, one row per item, what belongs to the order on each of its rows."""

from functools import partial
from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, opened
from .._export_steps.customers import with_customers
from .._export_steps.headings import with_known_headings
from .._export_steps.order_items import (
    clean_codes,
    clean_money,
    format_of_times,
    lines_of_items,
    money_of,
    shop_of_orders,
    state_of,
    too_dear,
    unpaid,
)
from .._export_steps.repeated import drop_repeated_orders, refuse_two_orders_of_a_number
from .._map.map import Check
from .._model.shop import Shop
from .base import Export, find_spelling, require_columns

_SYSTEM = "JD orders"
_TOTALS = ("结算金额", "应付金额", "订单金额")
_CHANGING = ("订单状态", "付款确认时间", "订单完成时间", "运费金额", "余额支付")
"""What an order has once at a time, on all its rows."""
_CUSTOMER = ("下单帐号", "下单账号", "联系电话")


@tell_library_errors
def from_jd_orders(
    raw: IntoFrame,
    /,
    *,
    format: str | None = None,
    customer: str | None = None,
    cancelled: Literal["drop", "keep"] = "drop",
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
) -> Shop:
    """Map the order export of a JD.com shop (订单导出) to a shop whose lines add up to the total of each order.

    Needed columns: 订单号 or 订单编号, 商品名称, 订购数量, 京东价, 下单时间, and one of 结算金额, 应付金额,
    订单金额. Read where they are there: 商品ID, 货号, 运费金额, 余额支付, 订单状态, 下单帐号, 联系电话, 支付方式,
    订单渠道.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The file as it was exported, with its codes as text: ``pd.read_excel(path, dtype=str)``.
    format : str, optional
        How 下单时间 is written; found in the data where all times are written alike.
    customer : str, optional
        The column that tells customers apart, such as "客户地址". By default it is the 下单帐号, or else the 联系电话.
    cancelled : {"drop", "keep"}, default "drop"
        What becomes of orders that were cancelled or not paid.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders`` and ``products``; ``product_id`` is the first of 商品ID, 货号 and 商品名称 that an item has. A masked
        account or number ("138****1234") is no customer, since several people may share it.

    Raises
    ------
    SchemaError
        If columns are missing, money is not a number, two orders have one number, or values fail their checks.

    Notes
    -----
    An item is 京东价 x 订购数量. The lines of an order add up to what the shop is paid, 结算金额, or where the file
    lacks that to 应付金额 + 余额支付, or to 订单金额: a shipping line of its 运费金额, and a discount line of what the
    total is below its items. An order that is there twice with all its rows, as in files that overlap, is taken once.

    References
    ----------
    The columns are those of the file that the shop's backend (shop.jd.com) exports under 订单管理, 订单导出.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"订单号": ["2001", "2001"], "商品ID": ["11", "12"], "商品名称": ["水杯", "杯盖"],
    ...                     "订购数量": ["1", "2"], "京东价": ["50.00", "5.00"], "订单金额": ["60.00"] * 2,
    ...                     "结算金额": ["55.00"] * 2, "下单时间": ["2026-01-15 10:00:00"] * 2,
    ...                     "下单帐号": ["jd_ann"] * 2})
    >>> schema.from_jd_orders(raw).orders[["order_id", "customer_id", "line_type", "amount"]]
      order_id customer_id line_type  amount
    0     2001      jd_ann   product    50.0
    1     2001      jd_ann   product    10.0
    2     2001      jd_ann  discount    -5.0
    """
    export = Export(check, _SYSTEM, decimal)
    frame = with_known_headings(opened(raw, argument="raw"), export, _SYSTEM)
    number = find_spelling(frame, _SYSTEM, "订单号", "订单编号")
    require_columns(frame, _SYSTEM, "商品名称", "订购数量", "京东价", "下单时间")
    total = find_spelling(frame, _SYSTEM, *_TOTALS)
    frame = clean_codes(frame, number, "商品ID", "货号", "商品名称", "订单状态", *_CUSTOMER)
    frame = clean_money(frame, export, "订购数量", "京东价", "运费金额", "余额支付", *_TOTALS)
    refuse_two_orders_of_a_number(frame, _SYSTEM, number, ("下单时间", "下单帐号", total), _CHANGING, (total,))
    line = ("商品名称", "订购数量", "京东价")
    paid, other = nw.col("京东价") * nw.col("订购数量"), money_of(frame, "运费金额")
    often = partial(too_dear, items=frame, key=number, total=nw.col(total), other=other, item=paid)
    frame = drop_repeated_orders(frame, export, number, line, often)
    heads = frame.unique(subset=[number], keep="any").with_columns(order_id=nw.col(number))
    heads = _heads(with_customers(heads, export, _SYSTEM, _CUSTOMER, customer), total)
    items = frame.with_columns(order_id=nw.col(number))
    lines = lines_of_items(
        items,
        heads,
        title="商品名称",
        code=("商品ID", "货号"),
        price=nw.col("京东价"),
        units=nw.col("订购数量"),
        paid=paid,
    )
    written = format_of_times(frame, "下单时间", format)
    time = "下单时间"
    return shop_of_orders(heads, lines, export, total=total, time=time, format=written, cancelled=cancelled)


def _heads(frame: Frame, total: str) -> Frame:
    balance = money_of(frame, "余额支付") if total == "应付金额" else 0.0
    texts = {"payment_method": "支付方式", "channel": "订单渠道"}
    names = frame.collect_schema().names()
    return frame.select(
        order_id=nw.col("order_id"),
        customer_id=nw.col("customer_id"),
        ordered_at=nw.col("下单时间"),
        **{name: nw.col(source) for name, source in texts.items() if source in names},
        __shipping=money_of(frame, "运费金额"),
        __total=money_of(frame, total) + balance,
        __refund=nw.lit(0.0),
        __state=state_of(frame, "订单状态"),
        __unpaid=unpaid(frame, "订单状态", paid="结算金额", time="付款确认时间", total=money_of(frame, "订单金额")),
    )
