"""Customer-days: a purchase is one customer on one day of the shop; refunds and charges are money alone."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Floats, Ints, run_starts, sort_order
from ..._core.codes import Labels, factorize, factorize_sorted
from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import counted
from .lines import Lines, buys_in_full_returns, read_lines

STRAY = 0.001
"""Share of customer-days that may come before the data begin, such as wrong dates."""
MIXED = "mixed"
"""The group of a customer whose first order has several values."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CustomerDays:
    """One row per customer and day with a line, sorted by customer, then day.

    Attributes
    ----------
    customers : array of shape (n_customers,)
        The ids in their order, only of customers with a purchase.
    customer, day : int arrays of shape (n_rows,)
        The position of the customer, and days since 1970.
    money : float array of shape (n_rows,)
        Of all lines of the day: refunds are below zero.
    is_purchase : bool array of shape (n_rows,)
        Whether something was bought that was not taken back in full under its own order id.
    first_day : int array of shape (n_customers,)
        The day of the first purchase.
    seen_day : int array of shape (n_customers,)
        The day of the first line of any kind.
    cancelled : set of pairs
        Customer and id of the orders that were taken back in full.
    start, today : int
        The day on which the lines of customers begin, but for a few stray ones, and that of `as_of`.
    """

    customers: Labels
    customer: Ints
    day: Ints
    money: Floats
    is_purchase: Bools
    first_day: Ints
    seen_day: Ints
    start: int
    today: int
    until: datetime | None
    like: Frame
    cancelled: frozenset[tuple[Any, Any]]
    notes: tuple[Note, ...]

    @property
    def n_customers(self) -> int:
        """Customers with a purchase."""
        return len(self.customers)

    def purchases(self) -> tuple[Ints, Ints]:
        """Return customer and day of each purchase."""
        return self.customer[self.is_purchase], self.day[self.is_purchase]


def read_days(
    orders: object, as_of: datetime | date | str | None, *, others: tuple[str, ...] = ()
) -> tuple[CustomerDays, Lines]:
    """Reduce order lines to customer-days on the caller's engine."""
    lines = read_lines(orders, as_of, others=others)
    keys = ["customer_id", "_day"]
    money = lines.frame.with_columns(_units=lines.units)
    sums = money.group_by(keys).agg(money=nw.col("_units").sum(), buys=nw.col("_buys").sum())
    table = collect(sums.select(*keys, nw.col("money").cast(nw.Int64), nw.col("buys").cast(nw.Int64)))
    undone = buys_in_full_returns(lines, keys)
    codes, labels = factorize_sorted(table["customer_id"], argument="`orders`: ids of customers")
    day, units, buys = (table[name].to_numpy().astype(np.int64) for name in ("_day", "money", "buys"))
    order = sort_order(codes, day)
    codes, day, units, buys = codes[order], day[order], units[order], buys[order]
    notes = list(lines.notes)
    cancelled: frozenset[tuple[Any, Any]] = frozenset()
    if undone is not None:
        buys = buys - _undone_by_row(undone, labels, codes, day)
        cancelled = frozenset(zip(undone["customer_id"].to_list(), undone["order_id"].to_list(), strict=True))
        n_orders = len(cancelled)
        text = f"{counted(n_orders, 'order')} taken back in full under the same order id: no purchase, money counts"
        notes.append(Note(text, code="cancelled_orders", count=n_orders))
    days = _with_purchases(labels, codes, day, units / lines.per_unit, buys > 0, lines, notes)
    return replace(days, cancelled=cancelled), lines


def _undone_by_row(undone: nw.DataFrame[Any], labels: Labels, codes: Ints, day: Ints) -> Ints:
    """Return for each customer-day the lines of orders that were taken back."""
    customer = positions(labels, undone["customer_id"])
    low = int(day.min(initial=0))
    span = int(day.max(initial=0)) - low + 1
    at = np.searchsorted(codes * span + day - low, customer * span + undone["_day"].to_numpy().astype(np.int64) - low)
    counts = undone["undone"].to_numpy().astype(np.int64)
    return np.bincount(at, weights=counts, minlength=len(codes)).astype(np.int64)


def _with_purchases(
    labels: Labels, codes: Ints, day: Ints, money: Floats, is_purchase: Bools, lines: Lines, notes: list[Note]
) -> CustomerDays:
    """Leave out customers who never bought, and find the first days of the others."""
    buys = np.bincount(codes, weights=is_purchase, minlength=len(labels)) > 0
    start = int(np.partition(day, int(len(day) * STRAY))[int(len(day) * STRAY)]) if len(day) else 0
    n_without = int((~buys).sum())
    if n_without:
        lost = round(float(money[~buys[codes]].sum()), 2) + 0.0
        text = f"{counted(n_without, 'customer')} without a purchase (money {lost:,.2f}): returns, charges or cancelled"
        notes.append(Note(f"{text} orders only, left out", code="customers_without_purchase", count=n_without))
    rows = buys[codes]
    codes = (np.cumsum(buys) - 1)[codes[rows]]
    day, money, is_purchase = day[rows], money[rows], is_purchase[rows]
    bought = np.flatnonzero(is_purchase)
    first = bought[run_starts(codes[bought])] if len(bought) else bought
    starts = np.flatnonzero(run_starts(codes)) if len(codes) else bought
    return CustomerDays(
        customers=labels[buys],
        customer=codes,
        day=day,
        money=money,
        is_purchase=is_purchase,
        first_day=day[first],
        seen_day=day[starts],
        start=start,
        today=lines.last_day,
        until=lines.until,
        like=lines.like,
        cancelled=frozenset(),
        notes=tuple(notes),
    )


def positions(labels: Labels, ids: nw.Series[Any]) -> Ints:
    """Return the position of each id among distinct labels, -1 where it is none of them.

    Examples
    --------
    >>> import pandas as pd
    >>> positions(np.array(["a", "b"], dtype=object), nw.from_native(pd.Series(["b", "c"]), series_only=True)).tolist()
    [1, -1]
    """
    codes, distinct = factorize(ids)
    place = {label: position for position, label in enumerate(labels.tolist())}
    return np.array([*(place.get(label, -1) for label in distinct.tolist()), -1], dtype=np.int64)[codes]


def value_at_first_order(days: CustomerDays, lines: Lines, column: str) -> list[str | None]:
    """Return a column's value on each customer's first day of purchase as text; "mixed" where it has several.

    Orders that were taken back in full do not count.
    """
    keys = ["customer_id", "_day", column, *(("order_id",) if days.cancelled else ())]
    table = collect(lines.frame.filter(nw.col("_buys") > 0).select(*keys).unique())
    if days.cancelled:
        orders = zip(table["customer_id"].to_list(), table["order_id"].to_list(), strict=True)
        table = table.filter([order not in days.cancelled for order in orders])
    customer = positions(days.customers, table["customer_id"])
    is_first = customer >= 0
    is_first &= (
        days.first_day[np.where(is_first, customer, 0)] == table["_day"].to_numpy() if days.n_customers else False
    )
    codes, distinct = factorize(table[column])
    customer, codes = customer[is_first], codes[is_first]
    low, high = np.full(days.n_customers, len(distinct)), np.full(days.n_customers, -1)
    np.minimum.at(low, customer, codes)
    np.maximum.at(high, customer, codes)
    texts: list[str | None] = [*map(str, distinct.tolist()), None]
    return [texts[one] if one == other else MIXED for one, other in zip(low.tolist(), high.tolist(), strict=True)]
