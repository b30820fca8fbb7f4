"""Taobao and Tmall: the order report of the seller's backend (ExportOrderList), and its report of items."""

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
    first_present,
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

_SYSTEM = "Taobao orders"
_MONEY = ("买家应付货款", "买家应付邮费", "总金额", "买家实际支付金额", "退款金额", "宝贝总数量", "宝贝种类")


@tell_library_errors
def from_taobao_orders(
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
    """Map the order report of a Taobao or Tmall shop (订单报表), with its report of items (宝贝报表), to a shop.

    Needed columns of the orders: 订单编号, 订单创建时间, and 总金额 or 买家应付货款. Read where they are there:
    买家会员名, 买家支付宝账号, 联系手机, 买家应付邮费, 订单状态, 买家实际支付金额, 订单付款时间, 退款金额, 宝贝标题,
    宝贝种类, 宝贝总数量, 店铺名称. Of the items: 订单编号 or 主订单编号, 标题 or 商品标题, 价格 or 商品价格, 购买数量;
    商家编码, 外部系统编号, 商品ID, 订单状态.

    Parameters
    ----------
    orders : pandas, Polars, PyArrow, DuckDB or PySpark table
        One row per order. Read the file with its codes as text: ``pd.read_csv(path, encoding="gb18030", dtype=str)``.
    items : table of the same library, optional
        One row per item. Without it an order is one line, whose product is known where the order has no other.
    format : str, optional
        How 订单创建时间 is written; found in the data where all times are written alike.
    customer : str, optional
        The column that tells customers apart. By default it is 买家会员名, or else 买家支付宝账号 or 联系手机.
    cancelled : {"drop", "keep"}, default "drop"
        What becomes of orders that were closed (交易关闭) or are not paid (等待买家付款; without a
        state those whose 买家实际支付金额 is 0 and that have no 订单付款时间).
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``orders`` and ``products``. A buyer whose name is masked ("张**") is a guest: several people may share it.

    Raises
    ------
    SchemaError
        If columns are missing, money is not a number, two orders have one number, or values fail their checks.

    Notes
    -----
    The lines of an order add up to its 总金额: its items, a shipping line of its 买家应付邮费, and a discount line of
    what the total is below these. Minus the 退款金额 is an adjustment line on the day of the order. Where it is in
    full, each line is taken back instead, with negative quantity and amount; of an order with a refund in part the
    items whose own 订单状态 is 交易关闭 are, and the adjustment line is the rest. Items that are no goods
    (补差价, 邮费) have a type of their own.

    References
    ----------
    The columns are those of the files that Qianniu (千牛) exports under 已卖出的宝贝, 批量导出.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"订单编号": ['="1930679858170647"'], "买家会员名": ["幸福1627"], "买家应付货款": ["598.00"],
    ...                     "买家应付邮费": ["10.00"], "总金额": ["608.00"], "订单状态": ["交易成功"],
    ...                     "订单创建时间": ["2016/5/23 22:02"], "宝贝标题": ["洗面奶"], "宝贝种类": ["1"],
    ...                     "宝贝总数量": ["1"]})
    >>> schema.from_taobao_orders(raw).orders[["order_id", "line_type", "amount"]]
               order_id line_type  amount
    0  1930679858170647   product   598.0
    1  1930679858170647  shipping    10.0
    """
    export = Export(check, _SYSTEM, decimal)
    frame = with_known_headings(opened(orders, argument="orders"), export, _SYSTEM)
    require_columns(frame, _SYSTEM, "订单编号", "订单创建时间")
    total = find_spelling(frame, _SYSTEM, "总金额", "买家应付货款")
    frame = clean_codes(frame, "订单编号", "买家会员名", "买家支付宝账号", "联系手机", "订单状态", "宝贝标题")
    frame = clean_money(frame, export, *_MONEY)
    refuse_two_orders_of_a_number(frame, _SYSTEM, "订单编号", ("订单创建时间", "买家会员名", total))
    frame = drop_copies(frame, export, _SYSTEM, "orders", "订单编号")
    frame = with_customers(frame, export, _SYSTEM, ("买家会员名", "买家支付宝账号", "联系手机"), customer)
    heads = _heads(frame, total)
    lines_of = (partial(_goods, frame, heads), partial(_items, heads=heads, export=export))
    time = "订单创建时间"
    return shop_of_files(
        frame, items, export, heads, lines_of, total=total, time=time, format=format, cancelled=cancelled
    )


def _heads(frame: Frame, total: str) -> Frame:
    shop = first_present(frame, "店铺名称")
    shipping = money_of(frame, "买家应付邮费")
    full = money_of(frame, total) + (0.0 if total == "总金额" else shipping)
    return frame.select(
        order_id=nw.col("订单编号"),
        customer_id=nw.col("customer_id"),
        ordered_at=nw.col("订单创建时间"),
        **({} if shop is None else {"store_id": nw.col(shop)}),
        __shipping=shipping,
        __total=full,
        __refund=money_of(frame, "退款金额"),
        __state=state_of(frame, "订单状态"),
        __unpaid=unpaid(frame, "订单状态", paid="买家实际支付金额", time="订单付款时间", total=full),
    )


def _goods(frame: Frame, heads: Frame) -> Frame:
    """Return one line of goods for each order."""
    names = frame.collect_schema().names()
    title = nw.col("宝贝标题") if "宝贝标题" in names else nw.lit(None, dtype=nw.String)
    columns = {"__title": title, "__kinds": money_of(frame, "宝贝种类")}
    if "宝贝总数量" in names:
        columns["__units"] = nw.col("宝贝总数量")
    goods = frame.select(order_id=nw.col("订单编号"), **columns, __goods=money_of(frame, "买家应付货款", "总金额"))
    return line_of_order(heads, goods)


def _items(items: Frame, heads: Frame, export: Export) -> Frame:
    order = find_spelling(items, _SYSTEM, "主订单编号", "订单编号")
    title, price = find_spelling(items, _SYSTEM, "商品标题", "标题"), find_spelling(items, _SYSTEM, "商品价格", "价格")
    require_columns(items, _SYSTEM, "购买数量")
    items = clean_codes(items, order, title, "商家编码", "外部系统编号", "商品ID", "订单状态").with_columns(
        order_id=nw.col(order)
    )
    items = clean_money(items, export, price, "购买数量", "买家应付货款")
    line = (title, "购买数量", price)
    items = items_taken_once(items, heads, export, line, price=price, units="购买数量", paid="买家应付货款")
    full = nw.col(price) * nw.col("购买数量")
    paid = nw.coalesce("买家应付货款", full) if "买家应付货款" in items.collect_schema().names() else full
    codes, state = ("商家编码", "外部系统编号", "商品ID"), first_present(items, "订单状态")
    return lines_of_items(
        items,
        heads,
        title=title,
        code=codes,
        price=nw.col(price),
        units=nw.col("购买数量"),
        paid=paid,
        closed=None if state is None else nw.col(state).str.contains("交易关闭"),
    )
