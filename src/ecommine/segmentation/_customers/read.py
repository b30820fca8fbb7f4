"""Order lines of known customers up to a moment, and the days on which each customer bought."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints, run_bounds, sort_order
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.durations import Duration
from ..._core.frames import MICRO, Frame, collect, day_number, hand_back, micro, opened
from ..._core.moments import moment
from ..._core.notes import Note
from ..._core.tables import build_table
from ..._core.texts import counted
from ...schema._for_topics import (
    CHARGES,
    MAX_MONEY,
    Returns,
    SchemaError,
    Shop,
    check_money,
    extent_of,
    lines_in_period,
    lines_left_out,
    not_orders,
    one_currency,
    read_columns,
)

Moment = datetime | date | str | None
Days = Ints
"""Calendar days since 1970-01-01."""
_COLUMNS = ("order_id", "customer_id", "ordered_at", "amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLines:
    """Order lines of known customers, up to a moment that is known, and notes of what was left out."""

    frame: Frame
    like: Frame
    as_of: datetime
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseDays:
    """Days with an order of every customer that has one, sorted by customer and day.

    ``customer`` is a position in ``labels``; ``bounds`` are the first row of each customer, and the number of rows.
    """

    labels: Labels
    customer: Ints
    day: Days
    bounds: Ints


def read_lines(
    orders: object,
    *,
    as_of: Moment,
    period: str | timedelta | None = None,
    optional: tuple[str, ...] = (),
) -> CustomerLines:
    """Read the order lines of known customers in (as_of - period, as_of], and count the others."""
    length = None if period is None else Duration.parse(period, argument="period")
    if isinstance(orders, Shop):
        raise TypeError("`orders` must be a table, got a Shop: give its orders, shop.orders")
    until = None if as_of is None else moment(as_of)
    like = opened(orders, argument="orders")
    plan = like.lazy() if like.implementation.is_polars() else like  # one optimised plan in place of eager steps
    lines = read_columns(plan, "orders", _COLUMNS, optional=("quantity", "line_type", "currency", *optional))
    extent = extent_of(lines)
    lines, until, notes = lines_in_period(lines, extent, until, length)
    if until is None:
        raise ValueError("`orders` has no lines, so there is no last time to count back from: give `as_of`")
    if extent.may_overflow:
        _check_overflow(lines)
    one_currency(lines)  # raises where there are several
    known, guests = _without_guests(lines)
    return CustomerLines(frame=known, like=like, as_of=until, notes=(*notes, *guests))


def _check_overflow(lines: Frame) -> None:
    """Raise where the money of a customer leaves 64 bits."""
    sums = (
        lines.select("customer_id", _about=nw.col("amount").abs()).group_by("customer_id").agg(nw.col("_about").sum())
    )
    broken = collect(sums.filter(nw.col("_about") > MAX_MONEY))
    check_money(len(broken), "customer")


def _without_guests(lines: Frame) -> tuple[Frame, list[Note]]:
    is_guest = nw.col("customer_id").is_null()
    row = collect(lines.select(guests=is_guest.cast(nw.Int64)).select(nw.col("guests").sum()))
    count = int(row["guests"].item() or 0)
    if not count:
        return lines, []
    passed_over = not_orders(lines, "net")
    of_guests = lines.filter(is_guest)
    ordered = of_guests if passed_over is None else of_guests.filter(~passed_over)
    n_orders = int(collect(ordered.select(nw.col("order_id").n_unique()))["order_id"].item() or 0)
    money = int(collect(of_guests.select(money=micro(nw.col("amount"))).select(nw.col("money").sum()))["money"].item())
    words = f"of guests ({counted(n_orders, 'order')}, money {money / MICRO:,.2f})"
    return lines.filter(~is_guest), [lines_left_out(count, words, code="guests_left_out")]


def check_unique(frame: Frame, table: str, key: str) -> None:
    """Raise where an id stands in several rows of a table."""
    row = collect(frame.select(rows=nw.len(), keys=nw.col(key).n_unique()))
    extra = int(row["rows"].item() or 0) - int(row["keys"].item() or 0)
    if extra > 0:
        raise SchemaError(table, [f"`{key}` stands in several rows, {counted(extra, 'row')} too many: keep one each"])


def order_lines(lines: Frame, returns: Returns = "net") -> Frame:
    """Return the lines that make an order: neither returns nor charges."""
    passed_over = not_orders(lines, "keep" if returns == "keep" else "net")
    return lines if passed_over is None else lines.filter(~passed_over)


def product_money(lines: Frame) -> Frame:
    """Return the lines of products with their discounts and returns; shipping, fees and gifts are left out."""
    if "line_type" not in lines.collect_schema().names():
        return lines
    others = [*(name for name in CHARGES if name != "discount"), "gift"]
    return lines.filter(~nw.col("line_type").is_in(others).fill_null(False))


def purchase_days(lines: CustomerLines) -> tuple[PurchaseDays, tuple[Note, ...]]:
    """Return the days with an order of each customer, and a note of the customers who have none."""
    days = order_lines(lines.frame).select("customer_id", _day=day_number(nw.col("ordered_at")))
    counts = collect(days.group_by("customer_id", "_day").agg(nw.len().alias("_lines")))
    codes, labels = factorize_sorted(counts["customer_id"], argument="`customer_id`")
    day = counts["_day"].to_numpy().astype(np.int64)
    order = sort_order(codes, day)
    codes, day = codes[order], day[order]
    bounds = run_bounds(codes) if len(codes) else np.zeros(1, dtype=np.int64)
    made = PurchaseDays(labels=whole_ids(labels), customer=codes, day=day, bounds=bounds)
    return made, without_orders(lines, len(labels))


def without_orders(lines: CustomerLines, n_with: int) -> tuple[Note, ...]:
    """Return a note of customers with returns or charges only."""
    n_all = int(collect(lines.frame.select(nw.col("customer_id").n_unique()))["customer_id"].item() or 0)
    return note_without_orders(n_all - n_with)


def note_without_orders(count: int) -> tuple[Note, ...]:
    """Return the note of so many customers without an order."""
    if count <= 0:
        return ()
    have = "has" if count == 1 else "have"
    text = f"{counted(count, 'customer')} with returns or charges only {have} no row, for want of an order"
    return (Note(text, code="customers_without_orders", count=count),)


def hand_back_customers(columns: dict[str, Any], *, like: Frame, samples: dict[str, Any] | None = None) -> Any:
    """Return a table of all customers in the caller's library, lazy where that is lazy."""
    table = build_table(columns, like=like, samples=samples or {})
    return hand_back(nw.from_native(table, eager_only=True), like=like)
