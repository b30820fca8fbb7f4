"""Order lines as topics about customers read them: up to a moment, within a period, and which of them make an order."""

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Literal

import narwhals.stable.v2 as nw

from ..._core.durations import Duration
from ..._core.frames import MICRO, Frame, collect, day_of, divided, is_lazy, whole_number
from ..._core.moments import moment
from ..._core.notes import Note
from ..._core.texts import counted
from .._convert.objects import is_numpy
from .._model.errors import SchemaError

Returns = Literal["net", "drop", "keep"]
CHARGES = ("shipping", "fee", "adjustment", "discount")
"""Types of lines whose money belongs to an order but which make none; products and gifts do."""
MAX_MONEY = 9e12
"""Most money of one customer, in currency units: beyond it, integer micro-units leave 64 bits."""
MAX_DAYS_AFTER_DATA = 365
"""Days from the last line to `as_of` above which a note asks whether `as_of` is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """First and last time of all lines, and whether the money of a customer may leave 64 bits."""

    first: datetime | None
    last: datetime | None
    may_overflow: bool


def extent_of(lines: Frame) -> Extent:
    """Return the first and the last time; raise where a line lacks its order, time or money."""
    at = nw.col("ordered_at")
    extremes = {"first": at.min(), "last": at.max(), "most": nw.col("amount").abs().max()}
    counts = {name: nw.col(name).count() for name in ("order_id", "ordered_at", "amount")}
    broken = (~(nw.col("amount").abs() <= MAX_MONEY)).fill_null(False).cast(nw.Int64).sum()
    row = collect(lines.select(**extremes, lines=nw.len(), broken=broken, **counts))
    absent = {name: whole_number(row["lines"]) - whole_number(row[name]) for name in counts}
    if any(absent.values()):
        remedy = 'split them off with schema.quarantine("orders", raw)'
        problems = [f"`{name}` is missing in {counted(n, 'line')}: {remedy}" for name, n in absent.items() if n]
        raise SchemaError("orders", problems)
    check_money(whole_number(row["broken"]), "line")
    first, last = (None if row[name].null_count() else moment(row[name].item()) for name in ("first", "last"))
    # If all lines together could not leave 64 bits, no customer has to be looked at.
    most = 0.0 if row["most"].null_count() else float(row["most"].item())
    return Extent(first=first, last=last, may_overflow=most * whole_number(row["lines"]) > MAX_MONEY)


def check_money(broken: int, noun: str) -> None:
    """Raise where lines or customers have money that cannot be summed."""
    if broken:
        raise ValueError(
            f"`orders` has {counted(broken, noun)} whose money is not a number, infinite or "
            f"above {MAX_MONEY:.0e}: correct the prices, or give money in a larger unit"
        )


def lines_in_period(
    lines: Frame, extent: Extent, until: datetime | None, length: Duration | None
) -> tuple[Frame, datetime | None, tuple[Note, ...]]:
    """Keep the lines in (until - length, until]; where `until` is None it is the last time in the data."""
    first, last = extent.first, extent.last
    until = last if until is None else until
    if until is None or first is None or last is None:
        return lines, until, ()
    notes = _check_as_of(first, last, until)
    if last <= until and length is None:
        return lines, until, tuple(notes)
    at, start = nw.col("ordered_at"), None if length is None else length.before(until)
    late = at > nw.lit(until)
    early = at.is_null() if start is None else at <= nw.lit(start)  # no time is missing here, so nothing is early
    counts = collect(lines.select(late=late.cast(nw.Int64), early=early.cast(nw.Int64)).select(nw.all().sum()))
    n_late, n_early = whole_number(counts["late"]), whole_number(counts["early"])
    if n_late:
        notes.append(lines_left_out(n_late, f"after {until:%Y-%m-%d %H:%M}", code="rows_after_as_of"))
    if n_early:
        words = f"up to {start:%Y-%m-%d %H:%M}, before the period,"
        notes.append(lines_left_out(n_early, words, code="rows_before_period"))
    return (lines.filter(~late, ~early) if n_late or n_early else lines), until, tuple(notes)


def _check_as_of(first: datetime, last: datetime, until: datetime) -> list[Note]:
    """Raise for a moment before all lines, and return a note of one long after them."""
    if until < first:
        raise ValueError(
            f"`as_of` is {until:%Y-%m-%d}, before all lines: the data run from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        )
    days = day_of(until) - day_of(last)
    if days <= MAX_DAYS_AFTER_DATA:
        return []
    text = f"{until:%Y-%m-%d} is {days:,} days after the last order line ({last:%Y-%m-%d}): check `as_of`"
    return [Note(text, code="as_of_long_after_data", count=days)]


def lines_left_out(count: int, words: str, *, code: str) -> Note:
    """Return the note of order lines that were left out."""
    text = f"{counted(count, 'order line')} {words} {'was' if count == 1 else 'were'} left out"
    return Note(text, code=code, count=count)


def is_return(lines: Frame) -> nw.Expr:
    """Return which lines are returns: of negative amount or quantity."""
    negative = nw.col("amount") < 0
    if "quantity" in lines.collect_schema().names():
        negative = negative | (nw.col("quantity") < 0)
    return negative.fill_null(False)


def not_orders(lines: Frame, returns: Returns) -> nw.Expr | None:
    """Return which lines are money but make no order, None where all do."""
    parts = [is_return(lines)] if returns == "net" else []
    if "line_type" in lines.collect_schema().names():
        parts.append(nw.col("line_type").is_in(CHARGES).fill_null(False))
    return reduce(or_, parts) if parts else None


def masked_orders(lines: Frame, is_order: nw.Expr) -> nw.Expr:
    """Return the orders with one value more in place of those of other lines, so that distinct ones can be counted."""
    order = nw.col("order_id")
    if is_lazy(lines) or not (is_numpy(lines, "order_id") and lines.collect_schema()["order_id"].is_integer()):
        return nw.when(is_order).then(order)
    # A missing value would turn NumPy integers into floats, and ids above 2^53 into one another.
    return nw.when(is_order).then(order).otherwise(nw.lit(_unused(lines["order_id"])))


def _unused(ids: nw.Series[Any]) -> int:
    if not len(ids):
        return 0
    high = int(ids.max())
    return high + 1 if high < 2**63 - 1 else int(ids.min()) - 1


def exact_money(micros: nw.Expr) -> nw.Expr:
    """Turn whole millionths into money: unlike sums of floats they depend on no order of lines and on no library."""
    whole = micros.cast(nw.Int64)
    units = whole // MICRO  # apart from the rest, since PyArrow makes no float of a whole number above 2^53
    return units.cast(nw.Float64) + divided(whole - units * MICRO, MICRO)
