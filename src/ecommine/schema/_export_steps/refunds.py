"""Refunds: an order that was refunded in full, or an item that was, is taken back line by line."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, computed_once, join
from .._exports.base import MIN_MONEY, Export, fill_false, order_level_lines, present_columns, stack


def with_refunds(parts: Sequence[Frame], heads: Frame, refund: nw.Expr, export: Export) -> Frame:
    """Return the lines of orders (the first of the ``parts``, and those made of totals) with what was refunded.

    An order whose refund is at least what its lines add up to has each of them once more, of negative quantity and
    amount, so that nothing of it was kept; of other orders these are the lines marked in ``__closed``, if there is such
    a column. The rest of the refund is an adjustment line.
    """
    parts = [_with_floats(part) for part in parts]
    lines = computed_once(stack([part.drop(*present_columns(part, closed="__closed").values()) for part in parts]))
    sums = lines.group_by("order_id").agg(__sum=nw.col("amount").sum())
    heads = stack([heads.with_columns(__refunded=refund.abs().fill_null(0.0))])  # of the same types of text
    heads = join(heads, sums, on=["order_id"], how="left")
    money = nw.col("__refunded")
    is_full = fill_false((money >= MIN_MONEY) & (money >= nw.col("__sum").fill_null(0.0) - MIN_MONEY))
    heads = computed_once(heads.with_columns(__full=is_full.cast(nw.Int64)))
    full = heads.filter(nw.col("__full") == 1)
    count = export.count(heads, rows=nw.col("__full") == 1)["rows"]
    export.note("refunded_in_full", count, "order", "refunded in full: each line is taken back under its own order id")
    returned = [_taken_back(lines, full), *_closed(parts[0], heads, export)]
    back = stack(returned)
    sums = back.group_by("order_id").agg(__back=nw.col("amount").sum())
    heads = join(heads, sums, on=["order_id"], how="left")
    rest = order_level_lines(lines, heads, -money - nw.col("__back").fill_null(0.0), "adjustment")
    return computed_once(stack([lines, back, rest]))


_SIGNED = ("quantity", "discount", "amount")


def _with_floats(lines: Frame) -> Frame:
    return lines.with_columns(nw.col(*_SIGNED).cast(nw.Float64))  # DuckDB's zeros are decimals


def _taken_back(lines: Frame, orders: Frame) -> Frame:
    """Return the lines of these orders with the opposite sign."""
    theirs = join(lines, orders.select("order_id"), on=["order_id"], how="inner")
    return theirs.with_columns(*[-nw.col(name) for name in _SIGNED])


def _closed(lines: Frame, heads: Frame, export: Export) -> list[Frame]:
    """Return the items that were closed one by one, taken back where their order has a refund that is not in full."""
    if "__closed" not in lines.collect_schema().names():
        return []
    of_order = heads.select("order_id", "__refunded", "__full")
    lines = stack([lines])
    closed = join(lines.filter(nw.col("__closed") == 1).drop("__closed"), of_order, on=["order_id"], how="inner")
    closed = closed.filter(nw.col("__full") == 0)
    is_paid_back = nw.col("__refunded") >= MIN_MONEY
    counts = export.count(closed, back=is_paid_back, kept=~is_paid_back)
    export.note("items_refunded", counts["back"], "item", "closed after a refund: taken back under its order id")
    text = "closed in orders without a refund: they count as sold"
    export.note("items_closed", counts["kept"], "item", text)
    returned = closed.filter(is_paid_back).drop("__refunded", "__full")
    return [returned.with_columns(*[-nw.col(name) for name in _SIGNED])]
