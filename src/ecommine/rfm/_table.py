"""Recency, frequency and monetary value of every customer from order lines, and notes of what was left out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Literal, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from .._core.checks import one_of
from .._core.durations import Duration
from .._core.engines import tell_library_errors
from .._core.frames import (
    MICRO,
    Frame,
    collect,
    day_number,
    day_of,
    divided,
    hand_back,
    is_lazy,
    micro,
    opened,
    summable,
    whole_number,
)
from .._core.moments import moment
from .._core.notes import Note
from .._core.texts import counted
from ..schema._for_topics import SchemaError, Shop, is_numpy, one_currency, read_columns, warn
from ._left_out import lines_left_out, micro_without_orders, notes_left_out, totals_left_out
from ._scale import MAX_MONEY

Returns = Literal["net", "drop", "keep"]
_REQUIRED = ("order_id", "customer_id", "ordered_at", "amount")
COLUMNS = (
    "customer_id",
    "recency",
    "frequency",
    "monetary",
    "first_order_at",
    "last_order_at",
    "average_order_value",
)
CHARGES = ("shipping", "fee", "adjustment", "discount")
"""Types of lines whose money belongs to an order but which make none; products and gifts do."""
MAX_DAYS_AFTER_DATA = 365
"""Days from the last line to `as_of` above which a note asks whether `as_of` is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMeasures:
    """One row per customer with the measures: computed, or a lazy plan where the engine keeps it (Spark).

    Beside them, the number and the money in micro-units of customers without an order, who have no row.
    """

    frame: Frame
    like: Frame
    as_of: datetime | None
    notes: tuple[Note, ...]
    without_orders: tuple[int, int]
    currency: str | None

    def to_native(self, frame: Frame) -> Any:
        """Return a table made from these customers in the caller's library."""
        return frame.to_native() if isinstance(frame, nw.LazyFrame) else hand_back(frame, like=self.like)


@tell_library_errors
def table(
    orders: IntoFrameT,
    /,
    *,
    as_of: datetime | date | str | None = None,
    period: str | timedelta | None = None,
    returns: Returns = "net",
) -> IntoFrameT:
    r"""Compute recency, frequency and monetary value of every customer.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price. Where it
        has line_type, lines of shipping, fees, adjustments and discounts count as money but make no order.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out of everything. A bare date means the end of that day.
    period : str or timedelta, optional
        Count only lines in (as_of - period, as_of], such as ``"1y"`` or ``"90d"``. All columns are then of these
        lines: first_order_at too is the first order in the period.
    returns : {"net", "drop", "keep"}
        A return is a line with negative quantity or amount. "net": it reduces money, never counts as an order and
        never moves recency; "drop": it is left out; "keep": it counts as any other line.

    Returns
    -------
    table of the caller's library, one row per customer, sorted by customer_id (a Spark table is not sorted)
        customer_id; recency (calendar days from the last order to `as_of`); frequency (orders); monetary (money);
        first_order_at; last_order_at; average_order_value (money per order, below zero where returns exceed it). A
        lazy table comes back lazy.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines that count are of several currencies.
    ValueError
        If `as_of`, `period` or `returns` cannot be read, `as_of` is before all lines, or a customer's money is
        infinite or above 9e12.

    Warns
    -----
    ecommine.DataWarning
        Once, with counts, if lines or customers were left out: guests, customers without an order (returns or
        charges only), lines outside the period; and if `as_of` is more than a year after the last line. Its
        ``.notes`` have codes, see :mod:`ecommine.rfm`.

    Notes
    -----
    With :math:`O_c` the orders of customer :math:`c` and :math:`T` the day of `as_of`,
    recency is :math:`T - \max_{o \in O_c} \text{day}(o)`, frequency is :math:`|O_c|` and monetary is the sum of
    all amounts of the customer.

    References
    ----------
    Hughes, A. M. (1994). Strategic Database Marketing. Probus.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 1, 2, 3],
    ...     "customer_id": ["ann", "ann", "ann", "bob"],
    ...     "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-21", "2024-01-31"]),
    ...     "amount": [10.0, 5.0, 25.0, 7.0],
    ... })
    >>> table(orders)[["customer_id", "recency", "frequency", "monetary"]]
      customer_id  recency  frequency  monetary
    0         ann       10          2      40.0
    1         bob        0          1       7.0
    """
    measures = customers(orders, as_of=as_of, period=period, returns=returns)
    warn(measures.notes, stacklevel=3)
    return cast("IntoFrameT", measures.to_native(measures.frame))


def customers(
    orders: object,
    /,
    *,
    as_of: datetime | date | str | None,
    period: str | timedelta | None,
    returns: Returns,
) -> CustomerMeasures:
    """Aggregate order lines once, in the caller's engine, and count what was left out."""
    one_of("returns", returns, ("net", "drop", "keep"))
    length = None if period is None else Duration.parse(period, argument="period")
    if isinstance(orders, Shop):
        raise TypeError("`orders` must be a table, got a Shop: give its orders, shop.orders")
    like = opened(orders, argument="orders")
    lines = read_columns(_lazy_if_polars(like), "orders", _REQUIRED, optional=("quantity", "line_type", "currency"))
    extent = _extent(lines)
    inside, until, notes = _lines_in_period(lines, extent, None if as_of is None else moment(as_of), length)
    currency = one_currency(inside)
    sums = _sums(inside, returns, may_overflow=extent.may_overflow)
    if not _is_kept_lazy(like):
        sums = collect(sums)
    totals = totals_left_out(sums)
    _check_money(int(totals["broken"]), "customer")
    frame = _measures(sums, until)
    return CustomerMeasures(
        frame=frame,
        like=like,
        as_of=until,
        notes=(*notes, *notes_left_out(totals)),
        without_orders=(int(totals["without_order"]), micro_without_orders(totals)),
        currency=currency,
    )


def _lazy_if_polars(frame: Frame) -> Frame:
    """Return the table itself, but for Polars its lazy form: one optimised plan takes half the time of eager steps."""
    return frame.lazy() if frame.implementation.is_polars() else frame


def _is_kept_lazy(frame: Frame) -> bool:
    """Return whether customers are not computed here: on Spark they may not fit into this process."""
    kind = frame.implementation
    return is_lazy(frame) and not (kind.is_polars() or kind.is_duckdb())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """First and last time of all lines, and whether the money of a customer may leave 64 bits."""

    first: datetime | None
    last: datetime | None
    may_overflow: bool


def _lines_in_period(
    lines: Frame, extent: _Extent, until: datetime | None, length: Duration | None
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


def _extent(lines: Frame) -> _Extent:
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
    _check_money(whole_number(row["broken"]), "line")
    first, last = (None if row[name].null_count() else moment(row[name].item()) for name in ("first", "last"))
    # If all lines together could not leave 64 bits, no customer has to be looked at.
    most = 0.0 if row["most"].null_count() else float(row["most"].item())
    return _Extent(first=first, last=last, may_overflow=most * whole_number(row["lines"]) > MAX_MONEY)


def _sums(lines: Frame, returns: Returns, *, may_overflow: bool) -> Frame:
    """Sum up each customer, the null customer (guests) too, with one aggregation over plain columns."""
    order, at = nw.col("order_id"), nw.col("ordered_at")
    if returns == "drop":
        lines = lines.filter(~_is_return(lines))
    not_orders = _not_orders(lines, returns)
    if not_orders is not None:
        # Orders and times of these lines are masked, so that plain distinct counts and extremes pass them over.
        order, at = _masked(lines, ~not_orders), nw.when(~not_orders).then(at)
    money = micro(nw.col("amount"))
    columns = {"_order": order, "_at": at, "_micro": summable(money, lines) if may_overflow else money}
    totals = {
        "lines": nw.len(),
        "orders": nw.col("_order").n_unique(),
        "micro": nw.col("_micro").sum(),
        "first_order_at": nw.col("_at").min(),
        "last_order_at": nw.col("_at").max(),
    }
    if not_orders is not None:
        columns["_not_orders"] = not_orders.cast(nw.Int64)
        totals["not_orders"] = nw.col("_not_orders").sum()
    if may_overflow:
        columns["_about"] = nw.col("amount")
        totals["about"] = nw.col("_about").sum()
    sums = lines.select("customer_id", **columns).group_by("customer_id").agg(**totals)
    return _orders_and_money(sums, masked=not_orders is not None, may_overflow=may_overflow)


def _orders_and_money(sums: Frame, *, masked: bool, may_overflow: bool) -> Frame:
    """Turn the sums into orders and money, and mark money that 64 bits do not hold."""
    orders, lines = nw.col("orders").cast(nw.Int64), nw.col("lines").cast(nw.Int64)
    if masked:  # the masked order is one more distinct value wherever a customer has a line that makes no order
        orders = orders - (nw.col("not_orders") > 0).cast(nw.Int64)
    if not may_overflow:
        measures = sums.with_columns(
            lines=lines, frequency=orders, monetary=_exact_money(nw.col("micro")), broken=lines * 0
        )
    else:
        fits = nw.col("about").abs() <= MAX_MONEY
        whole = (
            nw.when(fits).then(nw.col("micro")).otherwise(0)
        )  # the others are refused later, and must not raise here
        measures = sums.with_columns(
            lines=lines, frequency=orders, monetary=_exact_money(whole), broken=(~fits).cast(nw.Int64)
        )
    return measures.select("customer_id", "lines", "first_order_at", "last_order_at", "frequency", "monetary", "broken")


def _exact_money(micros: nw.Expr) -> nw.Expr:
    """Turn whole millionths into money: unlike sums of floats they depend on no order of lines and on no library."""
    whole = micros.cast(nw.Int64)
    units = whole // MICRO  # apart from the rest, since PyArrow makes no float of a whole number above 2^53
    return units.cast(nw.Float64) + divided(whole - units * MICRO, MICRO)


def _not_orders(lines: Frame, returns: Returns) -> nw.Expr | None:
    """Return which lines are money but make no order, None where all do."""
    parts = [_is_return(lines)] if returns == "net" else []
    if "line_type" in lines.collect_schema().names():
        parts.append(nw.col("line_type").is_in(CHARGES).fill_null(False))
    return reduce(or_, parts) if parts else None


def _is_return(lines: Frame) -> nw.Expr:
    negative = nw.col("amount") < 0
    if "quantity" in lines.collect_schema().names():
        negative = negative | (nw.col("quantity") < 0)
    return negative.fill_null(False)


def _masked(lines: Frame, is_order: nw.Expr) -> nw.Expr:
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


def _check_money(broken: int, noun: str) -> None:
    if broken:
        raise ValueError(
            f"`orders` has {counted(broken, noun)} whose money is not a number, infinite or "
            f"above {MAX_MONEY:.0e}: correct the prices, or give money in a larger unit"
        )


def _measures(sums: Frame, until: datetime | None) -> Frame:
    """Keep customers with an order, and compute their measures."""
    today = 0 if until is None else day_of(until)
    eager = isinstance(sums, nw.DataFrame)
    plan = sums.lazy() if eager and sums.implementation.is_polars() else sums  # one plan takes less than its steps
    kept = plan.filter(~nw.col("customer_id").is_null(), nw.col("frequency") > 0)
    money = nw.col("monetary")
    frame = kept.select(
        "customer_id",
        "frequency",
        "first_order_at",
        "last_order_at",
        recency=(today - day_number(nw.col("last_order_at"))).cast(nw.Int64),
        monetary=money,
        average_order_value=money / nw.col("frequency"),
    ).select(*COLUMNS)
    return nw.maybe_reset_index(collect(frame.sort("customer_id"))) if eager else frame
