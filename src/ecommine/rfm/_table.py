"""Recency, frequency and monetary value of every customer from order lines, and notes of what was left out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from .._core.checks import one_of
from .._core.durations import Duration
from .._core.engines import tell_library_errors
from .._core.frames import (
    Frame,
    collect,
    day_number,
    day_of,
    hand_back,
    is_lazy,
    micro,
    opened,
    summable,
)
from .._core.moments import moment
from .._core.notes import Note
from ..schema._for_topics import (
    MAX_MONEY,
    Returns,
    Shop,
    check_money,
    exact_money,
    extent_of,
    is_return,
    lines_in_period,
    masked_orders,
    not_orders,
    one_currency,
    read_columns,
    warn,
)
from ._left_out import micro_without_orders, notes_left_out, totals_left_out

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
    extent = extent_of(lines)
    inside, until, notes = lines_in_period(lines, extent, None if as_of is None else moment(as_of), length)
    currency = one_currency(inside)
    sums = _sums(inside, returns, may_overflow=extent.may_overflow)
    if not _is_kept_lazy(like):
        sums = collect(sums)
    totals = totals_left_out(sums)
    check_money(int(totals["broken"]), "customer")
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


def _sums(lines: Frame, returns: Returns, *, may_overflow: bool) -> Frame:
    """Sum up each customer, the null customer (guests) too, with one aggregation over plain columns."""
    order, at = nw.col("order_id"), nw.col("ordered_at")
    if returns == "drop":
        lines = lines.filter(~is_return(lines))
    passed_over = not_orders(lines, returns)
    if passed_over is not None:
        # Orders and times of these lines are masked, so that plain distinct counts and extremes pass them over.
        order, at = masked_orders(lines, ~passed_over), nw.when(~passed_over).then(at)
    money = micro(nw.col("amount"))
    columns = {"_order": order, "_at": at, "_micro": summable(money, lines) if may_overflow else money}
    totals = {
        "lines": nw.len(),
        "orders": nw.col("_order").n_unique(),
        "micro": nw.col("_micro").sum(),
        "first_order_at": nw.col("_at").min(),
        "last_order_at": nw.col("_at").max(),
    }
    if passed_over is not None:
        columns["_not_orders"] = passed_over.cast(nw.Int64)
        totals["not_orders"] = nw.col("_not_orders").sum()
    if may_overflow:
        columns["_about"] = nw.col("amount")
        totals["about"] = nw.col("_about").sum()
    sums = lines.select("customer_id", **columns).group_by("customer_id").agg(**totals)
    return _orders_and_money(sums, masked=passed_over is not None, may_overflow=may_overflow)


def _orders_and_money(sums: Frame, *, masked: bool, may_overflow: bool) -> Frame:
    """Turn the sums into orders and money, and mark money that 64 bits do not hold."""
    orders, lines = nw.col("orders").cast(nw.Int64), nw.col("lines").cast(nw.Int64)
    if masked:  # the masked order is one more distinct value wherever a customer has a line that makes no order
        orders = orders - (nw.col("not_orders") > 0).cast(nw.Int64)
    if not may_overflow:
        measures = sums.with_columns(
            lines=lines, frequency=orders, monetary=exact_money(nw.col("micro")), broken=lines * 0
        )
    else:
        fits = nw.col("about").abs() <= MAX_MONEY
        whole = (
            nw.when(fits).then(nw.col("micro")).otherwise(0)
        )  # the others are refused later, and must not raise here
        measures = sums.with_columns(
            lines=lines, frequency=orders, monetary=exact_money(whole), broken=(~fits).cast(nw.Int64)
        )
    return measures.select("customer_id", "lines", "first_order_at", "last_order_at", "frequency", "monetary", "broken")


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
