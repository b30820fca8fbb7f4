"""Reminders as tables: by customer and product, by message, and by product."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Floats, Ints, run_starts
from .._core.codes import whole_ids
from .._core.tables import build_table
from ._models.buying import ON_TRACK, STATUSES
from ._models.gaps import TypicalGaps
from ._read.pairs import PairDays

NO_DAY = -(10**9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Due:
    """The columns of the table as arrays, in its order; dates are days since 1970, NO_DAY where there is none."""

    days: PairDays
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
    typical: TypicalGaps
    predictability: Floats


def messages(due: Due, most: int) -> tuple[Ints, Ints]:
    """Return the rows of what is due to be reminded of, at most so many of a customer, and the rank of each."""
    ready = np.flatnonzero((due.status >= ON_TRACK) & (due.remind <= due.days.today + 1))
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


def reminders_table(due: Due, rows: Ints | slice, **first: Ints) -> Any:
    """Make a table of some rows; ids and texts are taken from the few distinct ones, which is far faster than lists."""
    days, item, other = due.days, due.item[rows], due.substitute[rows]
    products = whole_ids(days.items["product_id"]).tolist() if "product_id" in days.items else []
    numbers = build_table(
        {
            **first,
            "purchases": due.purchases[rows],
            "usual_gap": due.usual_gap[rows],
            "last_at": _times(due.last[rows]),
            "due_at": _times(due.due[rows]),
            "due_low": _times(due.due_low[rows]),
            "due_high": _times(due.due_high[rows]),
            "remind_at": _times(due.remind[rows]),
            "probability": due.probability[rows],
        },
        like=days.like,
    )
    columns = [
        _taken("customer_id", whole_ids(days.customers), due.customer[rows], days),
        *(_taken(name, whole_ids(values), item, days) for name, values in days.items.items()),
        _taken("status", [*STATUSES], due.status[rows], days),
        _taken("substitute", [*products, None], np.where(other < 0, len(products), other), days),
    ]
    frame = nw.from_native(numbers, eager_only=True)
    n_first = 1 + len(days.items)
    names = [column.name for column in columns]
    return (
        frame.with_columns(*columns)
        .select(names[0], *first, *names[1:n_first], *frame.columns[len(first) :], *names[n_first:])
        .to_native()
    )


def _taken(name: str, labels: Any, codes: Ints, days: PairDays) -> nw.Series[Any]:
    """Return a column of labels by their codes."""
    distinct = nw.from_native(build_table({name: labels}, like=days.like), eager_only=True)
    column: nw.Series[Any] = distinct[name]
    return column[codes] if len(distinct) else column


def _times(day: Ints) -> Any:
    known = day > NO_DAY // 2
    times = np.where(known, day, 0).astype("datetime64[D]").astype("datetime64[us]")
    return np.where(known, times, np.datetime64("NaT", "us"))


def products_table(due: Due) -> Any:
    columns = {
        **{name: whole_ids(values) for name, values in due.days.items.items()},
        "customers": due.typical.customers,
        "repeat_customers": due.typical.repeaters,
        "typical_gap": due.typical.median,
        "predictability": due.predictability,
    }
    return build_table(columns, like=due.days.like)
