"""What a table of customers leaves out: guests, and customers without an order, whose money counts all the same."""

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from .._core.frames import MICRO, Frame, collect, money_parts
from .._core.notes import Note
from .._core.texts import counted
from ..schema._for_topics import lines_left_out


def totals_left_out(sums: Frame) -> dict[str, Any]:
    """Count guests, customers without an order, and money that cannot be compared, over the sums of customers."""
    guest = nw.col("customer_id").is_null()
    without_order = ~guest & (nw.col("frequency") == 0)
    money = nw.col("monetary")
    units, millionths = money_parts(nw.when(without_order).then(money).otherwise(0.0))
    columns = sums.select(
        guest_lines=nw.when(guest).then(nw.col("lines")).otherwise(0),
        guest_orders=nw.when(guest).then(nw.col("frequency")).otherwise(0),
        guest_money=nw.when(guest).then(money).otherwise(0.0),
        without_order=without_order.cast(nw.Int64),
        without_order_units=units,
        without_order_millionths=millionths,
        broken=nw.col("broken"),
    )
    row = collect(columns.select(nw.all().sum())).to_dict(as_series=False)
    return {name: values[0] or 0 for name, values in row.items()}


def micro_without_orders(totals: Mapping[str, Any]) -> int:
    """Return the money in micro-units of customers without an order."""
    return int(totals["without_order_units"]) * MICRO + int(totals["without_order_millionths"])


def notes_left_out(totals: Mapping[str, Any]) -> list[Note]:
    """Return notes of guests and of customers without an order."""
    notes = []
    if totals["guest_lines"]:
        count, orders = int(totals["guest_lines"]), counted(int(totals["guest_orders"]), "order")
        words = f"of guests ({orders}, money {_money(totals['guest_money'])})"
        notes.append(lines_left_out(count, words, code="guests_left_out"))
    if totals["without_order"]:
        count, money = int(totals["without_order"]), _money(micro_without_orders(totals) / MICRO)
        have = f"(money {money}) {'has' if count == 1 else 'have'} no row, for want of an order"
        text = f"{counted(count, 'customer')} with returns or charges only {have}"
        notes.append(Note(text, code="customers_without_orders", count=count))
    return notes


def _money(amount: float) -> str:
    return f"{round(amount, 2) + 0.0:,.2f}"  # never -0.00
