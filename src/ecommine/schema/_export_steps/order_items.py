"""Exports with one table of orders and perhaps one of their items: lines that add up to the total of each order."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.frames import Frame, computed_once, join
from .._convert.suggest import formats_of, sample
from .._exports.base import (
    MIN_MONEY,
    Export,
    drop_cancelled,
    fill_false,
    format_for,
    note_line_types,
    note_missing_rows,
    null_column,
    open_table_of_export,
    order_level_lines,
    present_columns,
    products_of_lines,
    read_as_numbers,
    read_as_text,
    refuse_repeated_headings,
    require_times,
)
from .._model.shop import Shop
from .headings import with_known_headings
from .line_types import line_type_of
from .refunds import with_refunds
from .repeated import drop_repeated_orders
from .states import note_unknown_states

CLOSED = "关闭|取消|等待买家付款|待付款|等待付款|未付款|未支付|删除"
"""Part of the states of orders that nobody paid, or that were closed."""
KNOWN = f"{CLOSED}|成功|完成|已付款|已支付|已发货|发货|待收货|确认收货|出库|待发货|退款|售后|评价|锁定|暂停|已签收|妥投"
"""Part of all states that are known: these, and those of orders that were paid."""


def clean_codes(frame: Frame, *names: str) -> Frame:
    """Return codes without what Excel is made to keep them as text with: ="123", '123, and tabs."""
    frame = read_as_text(frame, *names)
    present = [name for name in names if name in frame.collect_schema().names()]
    return frame.with_columns(**{name: nw.col(name).str.replace_all("^[=\"'\t ]+|[\"'\t ]+$", "") for name in present})


def clean_money(frame: Frame, export: Export, *names: str) -> Frame:
    """Return money as numbers; a remark in words ("无退款申请") is none."""
    types = frame.collect_schema()
    written = [name for name in names if name in types and types[name] == nw.String]
    refuse_repeated_headings(frame, export.system, written)
    in_words = {name: nw.when(fill_false(nw.col(name).str.contains("[0-9]"))).then(nw.col(name)) for name in written}
    return computed_once(read_as_numbers(frame.with_columns(**in_words) if in_words else frame, export, *names))


def first_present(frame: Frame, *names: str) -> str | None:
    """Return the first of these columns that the table has."""
    known = frame.collect_schema().names()
    return next((name for name in names if name in known), None)


def money_of(frame: Frame, *names: str) -> nw.Expr:
    """Return the first of these columns that a row has a number in, 0 where it has none."""
    known = frame.collect_schema().names()
    return nw.coalesce(*[nw.col(name) for name in names if name in known], nw.lit(0.0))


def format_of_times(frame: Frame, name: str, format: str | None) -> str | None:
    """Return the format of times that are text: the one that is given, or the one that they all have."""
    if format is not None or frame.collect_schema()[name] != nw.String:
        return format_for(frame, name, format)
    groups = formats_of([str(value) for value in sample(frame, name)])
    names = next(iter(groups), ())
    return names[0] if len(groups) == 1 and len(names) == 1 else None


def lines_of_items(
    items: Frame,
    heads: Frame,
    *,
    title: str,
    code: Sequence[str],
    price: nw.Expr,
    units: nw.Expr,
    paid: nw.Expr,
    closed: nw.Expr | None = None,
) -> Frame:
    """Return one line for each item, with what its order (column ``order_id``) says about all its lines.

    ``closed``: whether the item was closed by itself; it stands in a column ``__closed`` then.
    """
    known = items.collect_schema().names()
    codes = [nw.col(name) for name in (*code, title) if name in known]
    lines = items.select(
        order_id=nw.col("order_id"),
        product_id=nw.coalesce(*codes),
        title=nw.col(title),
        quantity=units,
        unit_price=price,
        discount=price * units - paid,
        amount=paid,
        line_type=line_type_of(nw.col(title)),
        **({} if closed is None else {"__closed": fill_false(closed).cast(nw.Int64)}),
    )
    return join(lines, heads.select(*_of_order(heads)), on=["order_id"], how="inner")


def line_of_order(heads: Frame, goods: Frame) -> Frame:
    """Return one line of goods for each order, of a product only where the order has no other.

    ``goods`` have ``order_id``, ``__title``, ``__kinds``, ``__goods`` and perhaps ``__units``.
    """
    lines = join(heads.select(*_of_order(heads)), goods, on=["order_id"], how="left")
    units = nw.col("__units") if "__units" in goods.collect_schema().names() else null_column(nw.Float64())
    is_known = fill_false(nw.col("__kinds") == 1)
    return lines.select(
        *_of_order(heads),
        product_id=nw.when(is_known).then(nw.col("__title")),
        title=nw.col("__title"),
        quantity=units,
        unit_price=nw.when(is_known & fill_false(units > 0)).then(nw.col("__goods") / units),
        discount=nw.lit(0.0),
        amount=nw.col("__goods"),
        line_type=nw.lit("product"),
    )


def _of_order(heads: Frame) -> list[str]:
    return [name for name in heads.collect_schema().names() if not name.startswith("__")]


def items_taken_once(
    items: Frame, heads: Frame, export: Export, line: Sequence[str], *, price: str, units: str, paid: str
) -> Frame:
    """Return the items (column ``order_id``) without those of orders that a file of items has several times in whole.

    Two equal items of one order are both kept where the total of the order (``heads``) holds both.
    """
    lost = join(items.select("order_id"), heads.select("order_id", __order=nw.lit(1)), on=["order_id"], how="left")
    count = export.count(lost, rows=nw.col("__order").is_null())["rows"]
    export.note("items_without_order", count, "item", "of orders that are not in `orders` left out")
    full = nw.col(price) * nw.col(units)
    item = nw.coalesce(paid, full) if paid in items.collect_schema().names() else full
    sums = heads.select("order_id", "__total", "__shipping")
    of_order = join(items, sums, on=["order_id"], how="inner")
    total, other = nw.col("__total"), nw.col("__shipping")
    often = partial(too_dear, items=of_order, key="order_id", total=total, other=other, item=item)
    return drop_repeated_orders(of_order, export, "order_id", line, often).drop("__total", "__shipping")


def shop_of_files(
    orders: Frame,
    items: IntoFrame | None,
    export: Export,
    heads: Frame,
    lines_of: tuple[Callable[[], Frame], Callable[[Frame], Frame]],
    *,
    total: str,
    time: str,
    format: str | None,
    cancelled: Literal["drop", "keep"],
) -> Shop:
    """Return the shop of a file of orders, and of one of items where there is one, by the lines that each is read as.

    ``lines_of`` are what makes lines of the orders alone, and what makes them of the items.
    """
    table = open_table_of_export(orders, items, argument="items")
    if table is not None:
        table = with_known_headings(table, export, export.system)
    lines = lines_of[0]() if table is None else lines_of[1](table)
    written = format_of_times(orders, time, format)
    return shop_of_orders(heads, lines, export, total=total, time=time, format=written, cancelled=cancelled)


def shop_of_orders(
    heads: Frame,
    lines: Frame,
    export: Export,
    *,
    total: str,
    time: str,
    format: str | None,
    cancelled: Literal["drop", "keep"],
) -> Shop:
    """Return the shop: lines of items, shipping, what the total differs by, and minus what was refunded.

    ``heads`` have ``order_id``, ``customer_id``, ``ordered_at`` and ``__total``, ``__shipping``, ``__refund``,
    ``__state``, ``__unpaid``. ``total`` and ``time`` are the names of the total and of the time in the export.
    """
    heads, lines = computed_once(heads), computed_once(lines)
    note_unknown_states(heads, export, "__state", KNOWN)
    is_closed = fill_false(nw.col("__state").str.contains(CLOSED)) | (nw.col("__unpaid") == 1)
    heads = heads.with_columns(__closed=is_closed.cast(nw.Int64))
    kept = drop_cancelled(heads, export, nw.col("__closed") == 1, cancelled, "closed, cancelled or not paid")
    require_times(kept, export.system, time)
    lines = join(lines, kept.select("order_id"), on=["order_id"], how="inner")
    goods = lines.drop("title")
    implied = _implied(goods.drop(*present_columns(goods, closed="__closed").values()), kept, export, total)
    every_line = with_refunds([goods, *implied], kept, nw.col("__refund"), export)
    orders = export.table(every_line, "orders", format=format)
    note_line_types(orders, export)
    return export.shop(
        orders=orders, products=products_of_lines(lines.filter(nw.col("line_type") == "product"), export)
    )


def _implied(lines: Frame, heads: Frame, export: Export, total: str) -> list[Frame]:
    sums = lines.group_by("order_id").agg(nw.col("amount").sum().alias("__goods"))
    heads = join(heads, sums, on=["order_id"], how="left")
    rest = nw.col("__total") - nw.col("__goods").fill_null(0.0) - nw.col("__shipping")
    note_missing_rows(heads.with_columns(__above=rest), export, total)
    return [
        order_level_lines(lines, heads, nw.col("__shipping"), "shipping"),
        order_level_lines(lines, heads, rest, "adjustment", "discount"),
    ]


def too_dear(orders: Frame, items: Frame, key: str, *, total: nw.Expr, other: nw.Expr, item: nw.Expr) -> Frame:
    """Keep repeated orders whose items, taken once, are nearer to the total than as often as they are there.

    ``total`` and ``other`` (what else is in it, such as shipping) are of the order, on each of its rows.
    """
    marked = items.with_columns(__item=item, __room=total - other.fill_null(0.0) + MIN_MONEY)
    sums = marked.group_by(key).agg(nw.col("__item").sum(), nw.col("__room").max())
    orders = join(orders, sums, on=[key], how="left")
    once = (nw.col("__item") / nw.col("__times") - nw.col("__room")).abs()
    every = (nw.col("__item") - nw.col("__room")).abs()
    return orders.filter(fill_false(once < every)).select(key, "__times", "__lines")


def unpaid(frame: Frame, state: str, *, paid: str, time: str, total: nw.Expr) -> nw.Expr:
    """Return 1 for an order without a state of which nothing was paid, nor at any time, and which is not free."""
    names = frame.collect_schema().names()
    if paid not in names or time not in names:
        return nw.lit(0)
    stateless = is_blank(frame, state) if state in names else nw.lit(value=True)
    nothing = fill_false((nw.col(paid) == 0) & (total >= MIN_MONEY))
    return (stateless & is_blank(frame, time) & nothing).cast(nw.Int64)


def is_blank(frame: Frame, name: str) -> nw.Expr:
    """Return whether a value is missing, or empty text."""
    missing = nw.col(name).is_null()
    if frame.collect_schema()[name] != nw.String:
        return missing
    return missing | fill_false(nw.col(name).str.replace_all("[ \t'=\"]", "") == "")


def state_of(frame: Frame, *names: str) -> nw.Expr:
    """Return the state of an order in words, missing where the export has none."""
    name = first_present(frame, *names)
    return null_column(nw.String) if name is None else nw.col(name)
