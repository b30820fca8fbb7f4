"""Rows of orders, sales and stock in the codes of the events; unusable ones are left out, and counted by kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, Times, count_until, latest_record, run_starts
from ..._core.codes import Labels, factorize_sorted
from ..._core.frames import Frame, collect
from ..._core.moments import DAY, column_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted, join_words
from ...schema._for_topics import check_same_library, common_type, read
from .._log.reading import load_rows
from .events import NONE, CartIds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unusable:
    """Rows that are left out, by what they are and a code for their note.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = nw.from_native(pd.DataFrame({"price": [2.0, None, -1.0]}))
    >>> kinds = (incomplete("lines", "price"), Unusable(words="of debts", code="debts", holds=nw.col("price") < 0))
    >>> kept, notes = leave_out(lines, "line", kinds)
    >>> len(kept), notes[1], notes[1].code
    (1, '1 line of debts is left out', 'debts')
    """

    words: str
    code: str
    holds: nw.Expr


def incomplete(table: str, *columns: str) -> Unusable:
    """Return the kind of rows in which one of the columns is missing."""
    holds = nw.any_horizontal(*(nw.col(name).is_null() for name in columns), ignore_nulls=True)
    words = f"without {join_words(columns, conjunction='or')}"
    return Unusable(words=words, code=f"incomplete_{table}_left_out", holds=holds)


def leave_out(frame: Frame, row: str, kinds: tuple[Unusable, ...]) -> tuple[Frame, list[Note]]:
    """Leave out the rows of some kinds; return the others, and a note per kind that occurs.

    ``row`` is what a row is called. A row of several kinds counts as the first of them.
    """
    kept, sums = nw.lit(True), {}
    for position, kind in enumerate(kinds):
        sums[f"kind{position}"] = (kept & kind.holds).cast(nw.Int64).sum()
        kept = kept & ~kind.holds
    totals = collect(frame.select(**sums))
    counts = [int(totals[name].item() or 0) for name in sums]
    notes = [_left_out(kind, row, count) for kind, count in zip(kinds, counts, strict=True) if count]
    return frame.filter(kept) if notes else frame, notes


def _left_out(kind: Unusable, row: str, count: int) -> Note:
    verb = "is" if count == 1 else "are"
    return Note(f"{counted(count, row)} {kind.words} {verb} left out", code=kind.code, count=count)


def check_ids(events: Frame, frame: Frame, keys: tuple[str, ...], argument: str) -> None:
    """Raise unless a table is of the library of the events, and ids of both are text or both are numbers."""
    check_same_library(events, frame, argument=argument, like="events")
    known, other = events.collect_schema(), frame.collect_schema()
    for name in keys:
        has_type = name in known and name in other and known[name] not in (nw.Object, nw.Unknown)
        if has_type:  # a column of nothing has no type
            common_type(events, frame, name, argument=argument, like="events")


def find_codes(labels: Labels, known: Labels) -> Ints:
    """Return the position of each label among the known ones, -1 where it is unknown."""
    return np.asarray(pd.Index(known.astype(object)).get_indexer(labels.astype(object)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """A value of a product from a moment on, sorted by product and time; arrays of shape (n_records,)."""

    product: Ints
    time: Times
    value: Floats

    def latest(self, product: Ints, time: Times) -> Floats:
        """Return the value of the last record of each product at or before a moment; NaN where there is none."""
        return np.append(self.value, np.nan)[latest_record(self.product, self.time, product, time)]

    def count_between(self, product: Ints, since: Times, until: Times, *, where: Bools | None = None) -> Ints:
        """Count the records of each product from ``since`` to ``until``, of those that ``where`` marks."""
        rows = slice(None) if where is None else where
        before, after = (count_until(self.product[rows], self.time[rows], product, end) for end in (since - 1, until))
        return after - before


def read_prices(sales: Frame, events: Frame, ids: CartIds) -> tuple[Records, list[Note]]:
    """Read the price of each product in each period, the mean of its stores."""
    records, notes = _read_records(sales, "sales", ("product_id", "period_at", "price"), events, ids)
    return _combine(records, lambda total, sizes: total / sizes), notes


def read_stock(stock: Frame, events: Frame, ids: CartIds) -> tuple[Records, list[Note]]:
    """Read the units of each product on each day (days since 1970), of all stores."""
    records, notes = _read_records(stock, "stock", ("product_id", "stocked_at", "on_hand"), events, ids)
    days = Records(product=records.product, time=records.time // DAY, value=records.value)
    return _combine(days, lambda total, _: total), notes


def _read_records(
    table: Frame, name: str, columns: tuple[str, str, str], events: Frame, ids: CartIds
) -> tuple[Records, list[Note]]:
    frame = read(table, name, columns, argument=name)
    check_ids(events, frame, ("product_id",), name)
    complete, notes = leave_out(frame, f"{name} row", (incomplete(name, *columns),))
    rows = load_rows(complete)
    code, labels = factorize_sorted(rows["product_id"])
    product = np.append(find_codes(labels, ids.products), NONE)[code]
    time = column_to_microseconds(rows[columns[1]])
    value = rows[columns[2]].cast(nw.Float64).to_numpy().astype(np.float64)
    is_in_log = product != NONE
    return Records(product=product[is_in_log], time=time[is_in_log], value=value[is_in_log]), notes


def _combine(records: Records, combine: Callable[[Floats, Ints], Any]) -> Records:
    """Make one record of those of several stores."""
    order = np.lexsort((records.value, records.time, records.product))
    product, time, value = records.product[order], records.time[order], records.value[order]
    first = np.flatnonzero(run_starts(product, time))
    if not len(first):
        return records
    sizes = np.diff(np.append(first, len(order)))
    return Records(product=product[first], time=time[first], value=combine(np.add.reduceat(value, first), sizes))
