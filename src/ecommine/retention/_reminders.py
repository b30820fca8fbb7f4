"""Reminders as tables: by customer and product, by message, and by product."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Floats, Ints, run_starts
from .._core.codes import Labels, whole_ids
from .._core.frames import MICROSECONDS_PER_DAY, Frame
from .._core.notes import Note
from .._core.tables import build_table
from ._models.buying import NOT_PREDICTABLE, ON_TRACK, STATUSES
from ._models.gaps import TypicalGaps

NO_DAY = -(10**9)
BY_PAIR = ("customer", "item", "purchases", "usual_gap", "last", "due", "due_low", "due_high", "remind", "probability",
           "status", "substitute")  # fmt: skip
"""What is known of each pair."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Due:
    """What is expected of the pairs of customer and item with several days of purchase, most probable first.

    Attributes
    ----------
    customers : array of shape (n_customers,)
    items : mapping of column to array of shape (n_items,)
    customer, item, purchases, usual_gap, last, due, due_low, due_high, remind, probability, status, substitute : arrays
        By pair. Dates are days since 1970, NO_DAY where there is none; substitute is an item, -1 without one.
    n_single : int
        Pairs with one day of purchase.
    typical : TypicalGaps
    predictability : float array of shape (n_items,)
    """

    customers: Labels
    items: dict[str, Any]
    customer: Ints
    item: Ints
    purchases: Ints
    usual_gap: Floats
    last: Ints
    due: Ints
    due_low: Ints
    due_high: Ints
    remind: Ints
    probability: Floats
    status: Ints
    substitute: Ints
    n_single: int
    typical: TypicalGaps
    predictability: Floats
    power: float
    today: int
    until: datetime | None
    like: Frame
    notes: tuple[Note, ...]

    @property
    def n_pairs(self) -> int:
        """Pairs of customer and item."""
        return len(self.customer) + self.n_single


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SinglePurchases:
    """The pairs with one day of purchase, in the order of customers and items."""

    customer: Ints
    item: Ints
    last: Ints
    substitute: Ints


def messages(due: Due, most: int) -> tuple[Ints, Ints]:
    """Return the rows of what is due to be reminded of, at most so many of a customer, and the rank of each."""
    ready = np.flatnonzero((due.status >= ON_TRACK) & (due.remind <= due.today + 1))
    order = np.argsort(due.customer[ready], kind="stable")  # rows are in the order of their probability
    starts = run_starts(due.customer[ready][order]) if len(ready) else np.zeros(0, dtype=bool)
    begins = np.flatnonzero(starts)
    rank = np.empty(len(ready), dtype=np.int64)
    rank[order] = np.arange(len(ready)) - np.repeat(begins, np.diff(np.append(begins, len(ready))))
    best = np.empty(len(ready), dtype=np.int64)
    best[order] = np.repeat(order[begins], np.diff(np.append(begins, len(ready))))
    kept = np.flatnonzero(rank < most)
    kept = kept[np.lexsort((rank[kept], best[kept]))]
    return ready[kept], rank[kept] + 1


def messages_table(due: Due, rows: Ints, rank: Ints) -> Any:
    """Make a table of some pairs with several days of purchase, and the rank of each for its customer."""
    several = replace(due, **{name: getattr(due, name)[rows] for name in BY_PAIR})
    return _table(several, None, rank=rank)


def reminders_table(due: Due, single: SinglePurchases) -> Any:
    """Make a table of all pairs, those with one day of purchase last."""
    return _table(due, single)


def _table(due: Due, single: SinglePurchases | None, **first: Ints) -> Any:
    """Make a table column by column, which holds no column twice.

    Ids and texts are taken from the few distinct ones, which is far faster than lists.
    """
    n_single = 0 if single is None else len(single.customer)
    products = whole_ids(due.items["product_id"]).tolist() if "product_id" in due.items else []

    def both(name: str) -> Ints:
        values: Ints = getattr(due, name)
        return values if single is None else np.concatenate([values, getattr(single, name)])

    def several(values: Any, otherwise: Any) -> Any:
        return _followed(values, n_single, otherwise)

    def taken(name: str, labels: Any, codes: Ints) -> nw.Series[Any]:
        if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu":
            return _column(name, labels[codes], due.like)
        column = _column(name, labels, due.like)
        return column[codes] if len(column) else column

    def dates(name: str, days: Ints) -> nw.Series[Any]:
        return _column(name, several(_times(days), np.datetime64("NaT", "us")), due.like)

    item, other = both("item"), both("substitute")
    rows = _column("purchases", several(due.purchases, 1), due.like).to_frame()
    columns = [
        taken("customer_id", whole_ids(due.customers), both("customer")),
        *(_column(name, values, due.like) for name, values in first.items()),
        *(taken(name, whole_ids(values), item) for name, values in due.items.items()),
        rows["purchases"],
        _column("usual_gap", several(due.usual_gap, np.nan), due.like),
        _column("last_at", _times(both("last")), due.like),
        dates("due_at", due.due),
        dates("due_low", due.due_low),
        dates("due_high", due.due_high),
        dates("remind_at", due.remind),
        _column("probability", several(due.probability, np.nan), due.like),
        taken("status", [*STATUSES], several(due.status, NOT_PREDICTABLE)),
        taken("substitute", [*products, None], np.where(other < 0, len(products), other)),
    ]
    return rows.with_columns(*columns).select(column.name for column in columns).to_native()


def _column(name: str, values: Any, like: Frame) -> nw.Series[Any]:
    column: nw.Series[Any] = nw.from_native(build_table({name: values}, like=like), eager_only=True)[name]
    return column


def _followed(values: Any, n: int, value: Any) -> Any:
    """Return values, and behind them one value so many times."""
    if not n:
        return values
    column = np.full(len(values) + n, value, dtype=values.dtype)
    column[: len(values)] = values
    return column


def _times(day: Ints) -> Any:
    """Return days as times, NaT for NO_DAY."""
    times = (day * MICROSECONDS_PER_DAY).view("datetime64[us]")
    times[day == NO_DAY] = np.datetime64("NaT", "us")
    return times


def products_table(due: Due) -> Any:
    columns = {
        **{name: whole_ids(values) for name, values in due.items.items()},
        "customers": due.typical.customers,
        "repeat_customers": due.typical.repeaters,
        "typical_gap": due.typical.median,
        "predictability": due.predictability,
    }
    return build_table(columns, like=due.like)
