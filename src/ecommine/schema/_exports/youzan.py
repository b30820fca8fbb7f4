"""Youzan: the order export of the shop's backend, one row per order, and its export of items."""

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
    items_taken_once,
    line_of_order,
    lines_of_items,
    money_of,
    shop_of_files,
    state_of,
    unpaid,
)
from .._export_steps.repeated import refuse_two_orders_of_a_number
from .._map.map import Check
from .._model.shop import Shop
from .base import Export, drop_copies, find_spelling, require_columns

_SYSTEM = "Youzan orders"
_MONEY = ("商品金额合计", "运费", "应收订单金额", "订单实付金额", "订单已退款金额", "商品种类数")
_CUSTOMER = ("买家手机号", "收货人手机号/提货人手机号", "收货人手机号", "买家昵称")
_STATE = ("订单状态",)
_CODES = ("规格编码", "商品编码", "商品条码")


@tell_library_errors
def from_youzan_orders(
    orders: IntoFrame,
    items: IntoFrame | None = None,
    /,
    *,
    format: str | None = None,
    customer: str | None = None,
    cancelled: Literal["drop", "keep"] = "drop",
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
) -> Shop:
    """Map the order export of a Youzan shop (订单导出), with its export of items (商品导出), to a shop.

    Needed columns of the orders: 订单号, 订单创建时间 or 买家付款时间, 订单实付金额 or 应收订单金额. Read where they
    are there: 商品金额合计, 运费, 订单已退款金额, 订单状态, 全部商品名称, 商品种类数, 买家手机号, 买家昵称,
    收货人手机号/提货人手机号, 付款方式, 归属店铺. Of the items: 订单号, 商品名称, 商品单价, 商品数量; 规格编码,
    商品编码, 商品条码, 商品实际成交金额.

    Parameters
    ----------
    orders : pandas, Polars, PyArrow, DuckDB or PySpark table
        One row per order, with codes as text: ``pd.read_csv(path, dtype=str)``.
    items : table of the same library, optional
        One row per item. Without it an order is one line, whose product is known where the order has no other.
    format : str, optional
        How times are written; found in the data where all are written alike.
    customer : str, optional
        The column that tells customers apart. By default it is the 买家手机号, or else the telephone of who receives
        the order, or the 买家昵称.
    cancelled : {"drop", "keep"}, default "drop"
        What becomes of orders that were closed (交易关闭) or are not paid (待付款).
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders`` and ``products``. A masked number ("138****1234") is no customer, since several people may share it.

    Raises
    ------
    SchemaError
        If columns are missing, money is not a number, two orders have one number, or values fail their checks.

    Notes
    -----
    The lines of an order add up to its 订单实付金额: its items (商品实际成交金额, or else 商品单价 x 商品数量), a
    shipping line of its 运费, and a discount line of what the total is below these. Minus the 订单已退款金额 is an
    adjustment line on its day; where it is in full, each line is taken back instead, with negative quantity and amount.

    References
    ----------
    The columns are those of the files that the shop's backend exports under 订单, 批量导出.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"订单号": ["E20250720164254"], "订单创建时间": ["2025-07-20 16:42:54"],
    ...                     "商品金额合计": ["560.00"], "运费": ["0.00"], "订单实付金额": ["539.10"],
    ...                     "订单状态": ["交易完成"], "商品种类数": ["1"],
    ...                     "全部商品名称": ["山参"], "买家手机号": ["13900000001"]})
    >>> schema.from_youzan_orders(raw).orders[["order_id", "customer_id", "line_type", "amount"]]
              order_id  customer_id line_type  amount
    0  E20250720164254  13900000001   product   560.0
    1  E20250720164254  13900000001  discount   -20.9
    """
    export = Export(check, _SYSTEM, decimal)
    frame = with_known_headings(opened(orders, argument="orders"), export, _SYSTEM)
    require_columns(frame, _SYSTEM, "订单号")
    time = find_spelling(frame, _SYSTEM, "订单创建时间", "买家付款时间")
    total = find_spelling(frame, _SYSTEM, "订单实付金额", "应收订单金额")
    frame = clean_codes(frame, "订单号", "订单状态", "全部商品名称", *_CUSTOMER)
    frame = clean_money(frame, export, *_MONEY)
    refuse_two_orders_of_a_number(frame, _SYSTEM, "订单号", (time, "买家手机号", total))
    frame = drop_copies(frame, export, _SYSTEM, "orders", "订单号")
    frame = with_customers(frame, export, _SYSTEM, _CUSTOMER, customer)
    heads = _heads(frame, time, total)
    lines_of = (partial(_goods, frame, heads, total), partial(_items, heads=heads, export=export))
    return shop_of_files(
        frame, items, export, heads, lines_of, total=total, time=time, format=format, cancelled=cancelled
    )


def _heads(frame: Frame, time: str, total: str) -> Frame:
    texts, names = {"payment_method": "付款方式", "store_id": "归属店铺"}, frame.collect_schema().names()
    owed = money_of(frame, "应收订单金额", "商品金额合计")
    return frame.select(
        order_id=nw.col("订单号"),
        customer_id=nw.col("customer_id"),
        ordered_at=nw.col(time),
        **{name: nw.col(source) for name, source in texts.items() if source in names},
        __shipping=money_of(frame, "运费"),
        __total=money_of(frame, total),
        __refund=money_of(frame, "订单已退款金额"),
        __state=state_of(frame, *_STATE),
        __unpaid=unpaid(frame, "订单状态", paid="订单实付金额", time="买家付款时间", total=owed),
    )


def _goods(frame: Frame, heads: Frame, total: str) -> Frame:
    """Return one line of goods for each order."""
    names = frame.collect_schema().names()
    title = nw.col("全部商品名称") if "全部商品名称" in names else nw.lit(None, dtype=nw.String)
    money = money_of(frame, "商品金额合计") if "商品金额合计" in names else nw.col(total) - money_of(frame, "运费")
    columns = {"__title": title, "__kinds": money_of(frame, "商品种类数"), "__goods": money}
    return line_of_order(heads, frame.select(order_id=nw.col("订单号"), **columns))


def _items(items: Frame, heads: Frame, export: Export) -> Frame:
    require_columns(items, _SYSTEM, "订单号", "商品名称", "商品单价", "商品数量")
    items = clean_codes(items, "订单号", "商品名称", *_CODES).with_columns(order_id=nw.col("订单号"))
    items = clean_money(items, export, "商品单价", "商品数量", "商品实际成交金额")
    line = ("商品名称", "商品数量", "商品单价")
    items = items_taken_once(items, heads, export, line, price="商品单价", units="商品数量", paid="商品实际成交金额")
    price, units = nw.col("商品单价"), nw.col("商品数量")
    known = items.collect_schema().names()
    paid = nw.coalesce("商品实际成交金额", price * units) if "商品实际成交金额" in known else price * units
    return lines_of_items(items, heads, title="商品名称", code=_CODES, price=price, units=units, paid=paid)
