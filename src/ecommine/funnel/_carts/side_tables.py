"""Rows of orders, sales and stock in the codes of the events; unusable ones are left out, and counted by kind."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, Times, count_until, latest_record, run_bounds
from ..._core.codes import Labels, factorize_sorted
from ..._core.frames import Frame, collect, whole_number
from ..._core.moments import DAY, column_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted, join_words
from ...schema._for_topics import check_same_library, common_type, read
from .._log.reading import load_rows
from .events import NONE, CartLog


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unusable:
    """Rows that are left out: what they are in words, the code of their note, and the condition."""

    words: str
    code: str
    holds: nw.Expr


def incomplete(table: str, *columns: str) -> Unusable:
    """Return the kind of rows in which one of the columns is missing."""
    holds = nw.any_horizontal(*(nw.col(name).is_null() for name in columns), ignore_nulls=True)
    words = f"without {join_words(columns, conjunction='or')}"
    return Unusable(words=words, code=f"incomplete_{table}_left_out", holds=holds)


def leave_out(frame: Frame, row: str, *kinds: Unusable) -> tuple[Frame, list[Note]]:
    """Return the rows of no such kind, and a note per kind that occurs; a row counts as the first kind it is of.

    ``row`` is what a row is called.
    """
    kept, sums = nw.lit(True), {}
    for kind in kinds:
        sums[kind.code] = (kept & kind.holds).cast(nw.Int64).sum()
        kept = kept & ~kind.holds
    totals = collect(frame.select(**sums))
    notes = []
    for kind in kinds:
        if count := whole_number(totals[kind.code]):
            text = f"{counted(count, row)} {kind.words} {'is' if count == 1 else 'are'} left out"
            notes.append(Note(text, code=kind.code, count=count))
    return frame.filter(kept) if notes else frame, notes


def check_ids(events: Frame, frame: Frame, keys: tuple[str, ...], argument: str) -> None:
    """Raise unless a table is of the library of the events, and ids of both are text or both are numbers."""
    check_same_library(events, frame, argument=argument, like="events")
    known, other = events.collect_schema(), frame.collect_schema()
    for name in keys:
        has_type = name in known and name in other and known[name] not in (nw.Object, nw.Unknown)
        if has_type:  # a column of nothing has no type
            common_type(events, frame, name, argument=argument, like="events")


def find_codes(labels: Labels, known: Labels) -> Ints:
    """Return the position of each label among the known ones, NONE where it is unknown."""
    return np.asarray(pd.Index(known.astype(object)).get_indexer(labels.astype(object)))


def codes_of_column(ids: nw.Series[Any], known: Labels) -> Ints:
    """Return the position of each id of a column among the known ones, NONE where it is missing or unknown."""
    code, labels = factorize_sorted(ids)
    return np.append(find_codes(labels, known), NONE)[code]


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


def read_prices(sales: Frame, log: CartLog) -> tuple[Records, list[Note]]:
    """Read the price of each product in each period, the mean of its stores."""
    return _read_records(sales, "sales", ("product_id", "period_at", "price"), log, unit=1, takes_mean=True)


def read_stock(stock: Frame, log: CartLog) -> tuple[Records, list[Note]]:
    """Read the units of each product on each day (days since 1970), of all stores."""
    return _read_records(stock, "stock", ("product_id", "stocked_at", "on_hand"), log, unit=DAY, takes_mean=False)


def _read_records(
    table: Frame, name: str, columns: tuple[str, str, str], log: CartLog, *, unit: int, takes_mean: bool
) -> tuple[Records, list[Note]]:
    """Read one record per product and time (in ``unit`` microseconds), the total or the mean of its rows."""
    frame = read(table, name, columns, argument=name)
    check_ids(log.frame, frame, ("product_id",), name)
    complete, notes = leave_out(frame, f"{name} row", incomplete(name, *columns))
    rows = load_rows(complete)
    product, time = codes_of_column(rows["product_id"], log.products), column_to_microseconds(rows[columns[1]]) // unit
    value = rows[columns[2]].cast(nw.Float64).to_numpy().astype(np.float64)
    order = np.lexsort((value, time, product))  # by value too, so that sums do not depend on the order of rows
    order = order[product[order] != NONE]
    product, time, value = product[order], time[order], value[order]
    bounds = run_bounds(product, time)
    first = bounds[:-1]
    total = np.add.reduceat(value, first)
    value = total / np.diff(bounds) if takes_mean else total
    return Records(product=product[first], time=time[first], value=value), notes
