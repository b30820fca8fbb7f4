"""Customers from their registration or first order on: days with an order, and the day from which their age counts."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Ints
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.frames import Frame, collect, day_number, day_of, opened
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import check_same_library, common_type, read_columns
from .._customers.read import CustomerLines, Moment, check_unique, purchase_days, read_lines
from .stages import FAR, NO_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Careers:
    """Customers sorted by id; days with an order sorted by customer and day.

    ``start`` is the day from which the age counts, NO_DAY where neither an order nor a registration is known;
    ``first`` and ``last`` are those of the orders, FAR and NO_DAY without one; ``first_line`` is the day of the first
    order of all, and ``knows_past`` whether nobody registered before it.
    """

    labels: Labels
    customer: Ints
    day: Ints
    start: Ints
    first: Ints
    last: Ints
    first_line: int
    has_registrations: bool
    knows_past: bool
    like: Frame
    as_of: datetime
    notes: tuple[Note, ...]

    @property
    def today(self) -> int:
        """The day of `as_of`."""
        return day_of(self.as_of)


def read_careers(orders: object, customers: object, as_of: Moment) -> Careers:
    """Read the days with an order, and the registrations where a table of customers has them."""
    lines = read_lines(orders, as_of=as_of)
    table = None if customers is None else _read_customers(customers, lines)
    if table is not None:
        kind = common_type(lines.frame, table, "customer_id", argument="customers", like="orders")
        key = nw.col("customer_id").cast(kind)
        table = table.with_columns(key)
        lines = replace(lines, frame=lines.frame.with_columns(key))
    bought, notes = purchase_days(lines)
    labels, at, known, more = _registrations(table, lines, bought.labels)
    position = np.searchsorted(labels, bought.labels) if len(labels) else np.zeros(0, dtype=np.int64)
    customer = position[bought.customer]
    first, last = np.full(len(labels), FAR), np.full(len(labels), NO_DAY)
    if len(bought.day):
        first[position], last[position] = bought.day[bought.bounds[:-1]], bought.day[bought.bounds[1:] - 1]
    start = np.where(known, np.minimum(at, first), np.where(first < FAR, first, NO_DAY))
    first_line = int(first.min()) if len(bought.day) else day_of(lines.as_of)
    early = int((known & (at < first_line)).sum())
    return Careers(
        labels=labels,
        customer=customer,
        day=bought.day,
        start=start,
        first=first,
        last=last,
        first_line=first_line,
        has_registrations=bool(known.any()),
        knows_past=not early,
        like=lines.like,
        as_of=lines.as_of,
        notes=(*lines.notes, *notes, *more, *_note_of_past(early)),
    )


def _read_customers(customers: object, lines: CustomerLines) -> nw.DataFrame[Any]:
    theirs = opened(customers, argument="customers")
    check_same_library(lines.like, theirs, argument="customers", like="orders")
    table = collect(read_columns(theirs, "customers", ("customer_id", "registered_at")))
    table = table.filter(~nw.col("customer_id").is_null())
    check_unique(table, "customers", "customer_id")
    return table


def _registrations(
    table: nw.DataFrame[Any] | None, lines: CustomerLines, buyers: Labels
) -> tuple[Labels, Ints, Bools, tuple[Note, ...]]:
    """Return all customers with the day of their registration and whether it is known; later ones are left out."""
    if table is None:
        return buyers, np.zeros(len(buyers), dtype=np.int64), np.zeros(len(buyers), dtype=bool), ()
    is_late = (nw.col("registered_at") > nw.lit(lines.as_of)).fill_null(False)
    late = table.filter(is_late)
    codes, ids = factorize_sorted(table["customer_id"], argument="`customer_id`")
    ids = whole_ids(ids)
    day = table.select(
        day=day_number(nw.col("registered_at").fill_null(nw.lit(lines.as_of))),
        known=(~nw.col("registered_at").is_null() & ~is_late).cast(nw.Int64),
        late=is_late.cast(nw.Int64),
    )
    by_id = np.empty(len(ids), dtype=np.int64)
    by_id[codes] = np.arange(len(codes))
    at, known, is_after = (day[name].to_numpy().astype(np.int64)[by_id] for name in ("day", "known", "late"))
    stays = (is_after == 0) | np.isin(ids, buyers)
    labels = np.union1d(ids[stays], buyers) if len(buyers) else ids[stays]
    place = np.searchsorted(labels, ids[stays])
    all_at, all_known = np.zeros(len(labels), dtype=np.int64), np.zeros(len(labels), dtype=bool)
    all_at[place], all_known[place] = at[stays], known[stays] == 1
    return labels, all_at, all_known, _notes(len(late), len(labels) - int(all_known.sum()))


def _note_of_past(count: int) -> tuple[Note, ...]:
    if not count:
        return ()
    text = (
        f"{counted(count, 'customer')} registered before the first order line: orders before it are unknown, so that "
        "never ordered reads not in these data"
    )
    return (Note(text, code="registered_before_data", count=count),)


def _notes(n_late: int, n_unknown: int) -> tuple[Note, ...]:
    notes = []
    if n_late:
        text = f"{counted(n_late, 'registration')} after `as_of` {'was' if n_late == 1 else 'were'} left out"
        notes.append(Note(text, code="registrations_after_as_of", count=n_late))
    if n_unknown:
        text = f"the registration of {counted(n_unknown, 'customer')} is unknown: age counts from the first order"
        notes.append(Note(text, code="registrations_unknown", count=n_unknown))
    return tuple(notes)
