"""Order lines summed up by customer in the caller's engine: orders, money, times, and counts by weekday and hour."""

from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect, day_number, micro
from ...schema._for_topics import Returns, is_return, not_orders
from .read import CustomerLines

WEEKDAYS = tuple(range(1, 8))
HOURS = tuple(range(24))
TO_THURSDAY = 3
"""Days from a Monday to 1970-01-01, a Thursday."""


def customer_sums(lines: CustomerLines, returns: Returns) -> nw.DataFrame[Any]:
    """Return one row per customer, sorted by customer_id, also of those without an order.

    Columns: orders, days (distinct days with an order), first_order_at, last_order_at, micro (net money), bought and
    returned (money in micro-units), timed (orders not at midnight), and orders by weekday (w1 to w7) and hour (h0 to
    h23).
    """
    orders = _order_sums(lines.frame, returns)
    is_order = ~nw.col("_at").is_null()
    safe = nw.col("_at").fill_null(nw.lit(lines.as_of))  # a day and an hour need a time
    timing = orders.with_columns(_safe=safe, _is_order=is_order)
    day = day_number(nw.col("_safe"))
    clock = nw.col("_safe").dt
    is_timed = (clock.hour() > 0) | (clock.minute() > 0) | (clock.second() > 0)
    since_monday = day + TO_THURSDAY  # narwhals' own weekday is 0 for Sundays on Spark, and Arrow has no remainder
    weekday = since_monday - since_monday // 7 * 7 + 1
    flags = {f"w{number}": weekday == number for number in WEEKDAYS}
    flags |= {f"h{hour}": clock.hour() == hour for hour in HOURS}
    flags |= {"timed": is_timed}
    counts = {name: (flag & nw.col("_is_order")).cast(nw.Int64) for name, flag in flags.items()}
    columns = timing.select(
        "customer_id",
        "_at",
        "micro",
        "bought",
        "returned",
        orders=nw.col("_is_order").cast(nw.Int64),
        _other=(~nw.col("_is_order")).cast(nw.Int64),
        _day=nw.when(nw.col("_is_order")).then(day),
        **counts,
    )
    names = ("orders", "_other", "micro", "bought", "returned", *flags)
    sums = {name: nw.col(name).sum() for name in names}
    by_customer = columns.group_by("customer_id").agg(
        days=nw.col("_day").n_unique(),
        first_order_at=nw.col("_at").min(),
        last_order_at=nw.col("_at").max(),
        **sums,
    )
    # Lines without an order have a missing day, which counts as one more distinct value.
    days = nw.col("days").cast(nw.Int64) - (nw.col("_other") > 0).cast(nw.Int64)
    whole = by_customer.with_columns(days=days, **{name: nw.col(name).cast(nw.Int64) for name in sums})
    return collect(whole.drop("_other")).sort("customer_id")


def _order_sums(lines: Frame, returns: Returns) -> Frame:
    """Return the time and the money of each order; an order of returns alone has no time."""
    passed_over = not_orders(lines, "keep" if returns == "keep" else "net")
    is_back = is_return(lines)
    at = nw.col("ordered_at")
    money = micro(nw.col("amount"))
    is_sale = ~is_back if passed_over is None else ~is_back & ~passed_over
    columns = lines.select(
        "customer_id",
        "order_id",
        _at=at if passed_over is None else nw.when(~passed_over).then(at),
        micro=nw.when(~is_back).then(money).otherwise(0) if returns == "drop" else money,
        bought=nw.when(is_sale).then(money).otherwise(0),
        returned=nw.when(is_back & (money < 0)).then(-money).otherwise(0),
    )
    return columns.group_by("customer_id", "order_id").agg(
        nw.col("_at").min(), nw.col("micro").sum(), nw.col("bought").sum(), nw.col("returned").sum()
    )
