"""New customers: who was first seen when a first order could be told from the return of an old customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Ints
from ..._core.checks import names as checked_names
from ..._core.frames import collect, day_number, day_of, opened
from ..._core.moments import moment
from ..._core.notes import Note
from ..._core.texts import counted
from ..._stats.quantiles import quantiles
from ...schema._for_topics import SchemaError, common_type, read_columns
from .days import CustomerDays, positions, read_days, value_at_first_order
from .lines import check_groups

_OUTPUT = (
    "first_seen", "within", "customers", "observed", "at_risk", "returned", "returned_low", "returned_high", "on_day",
    "on_day_low", "on_day_high", "p_value", "q_value", "cohort", "cohorts", "period", "active", "retention",
    "retention_low", "retention_high", "revenue_per_customer", "revenue_per_customer_low",
    "revenue_per_customer_high", "watched", "value", "value_low", "value_high", "first_order", "later", "purchases",
    "age", "registered_at",
)  # fmt: skip
"""Names of columns of the results, which a group cannot have too."""
GAP_QUANTILE = 0.9
"""Of closed gaps: a customer seen for the first time later than this after the first line is mostly new."""
EPOCH = datetime(1970, 1, 1)
UNKNOWN_DAY = -(10**9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Customers:
    """Customers of the shop by group, and which of them are new.

    Attributes
    ----------
    days : CustomerDays
    group : int array of shape (n_customers,)
        The position in ``groups``.
    groups : list of tuple
        Distinct values of the columns of `by`, in order; one empty tuple without `by`.
    is_new : bool array of shape (n_customers,)
        Whether the first order seen is taken for the first one ever.
    by : tuple of str
    """

    days: CustomerDays
    group: Ints
    groups: list[tuple[str | None, ...]]
    is_new: Bools
    by: tuple[str, ...]
    first_orders_from: datetime | None
    notes: tuple[Note, ...]


def read_customers(
    orders: object,
    *,
    by: str | Sequence[str] | None,
    customers: object | None,
    first_orders_from: datetime | date | str | None,
    as_of: datetime | date | str | None,
) -> Customers:
    """Read customer-days, the group of each customer at the first order, and who is new."""
    columns = () if by is None else checked_names("by", by, of="columns")
    since = None if first_orders_from is None else moment(first_orders_from, argument="first_orders_from")
    of = "of groups of customers, such as 'channel'"
    in_orders = check_groups(columns, orders, customers, argument="customers", output=_OUTPUT, of=of)
    days, lines = read_days(orders, as_of, others=in_orders)
    table = _CustomerTable.read(customers, days, tuple(name for name in columns if name not in in_orders))
    values = [value_at_first_order(days, lines, name) if name in in_orders else table.values[name] for name in columns]
    groups = list(zip(*values, strict=True)) if columns else [()] * days.n_customers
    distinct = sorted(set(groups), key=lambda group: [(value is None, value or "") for value in group])
    place = {group: number for number, group in enumerate(distinct)}
    is_new, begin, notes = _new_customers(days, since, table)
    return Customers(
        days=days,
        group=np.array([place[group] for group in groups], dtype=np.int64),
        groups=distinct if distinct or columns else [()],
        is_new=is_new,
        by=columns,
        first_orders_from=begin,
        notes=(*days.notes, *table.notes, *notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _CustomerTable:
    """Of each of our customers: the day of registration, or UNKNOWN_DAY, and the columns to group by."""

    registered: Ints | None
    values: dict[str, list[str | None]]
    notes: tuple[Note, ...]

    @classmethod
    def read(cls, customers: object | None, days: CustomerDays, columns: tuple[str, ...]) -> "_CustomerTable":
        if customers is None:
            return cls(registered=None, values={}, notes=())
        frame = opened(customers, argument="customers")
        read = read_columns(frame, "customers", ("customer_id",), optional=("registered_at",), others=_own(columns))
        common_type(days.like, read, "customer_id", argument="customers", like="orders")
        has_date = "registered_at" in read.collect_schema().names()
        if has_date:
            known = ~nw.col("registered_at").is_null()
            read = read.with_columns(
                _at=nw.when(known).then(nw.col("registered_at")).otherwise(nw.lit(EPOCH)), _known=known.cast(nw.Int64)
            ).with_columns(_day=day_number(nw.col("_at")))
        table = collect(read)
        place = positions(days.customers, table["customer_id"])
        counts = np.bincount(place[place >= 0], minlength=days.n_customers)
        if (counts > 1).any():
            raise SchemaError(
                "customers",
                [f"`customer_id` is there more than once for {counted(int((counts > 1).sum()), 'customer')}"],
            )
        row = np.full(days.n_customers, -1)
        row[place[place >= 0]] = np.flatnonzero(place >= 0)
        registered = None
        if has_date:
            day = np.where(table["_known"].to_numpy() > 0, table["_day"].to_numpy().astype(np.int64), UNKNOWN_DAY)
            registered = np.append(day, UNKNOWN_DAY)[row]
        values = {name: _texts(table[name], row) for name in columns}
        return cls(registered=registered, values=values, notes=_unmatched(row))


def _own(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in columns if name not in ("customer_id", "registered_at"))


def _texts(column: nw.Series[Any], row: Ints) -> list[str | None]:
    texts: list[str | None] = [None if value is None or value != value else str(value) for value in column.to_list()]
    texts.append(None)
    return [texts[place] for place in row.tolist()]


def _unmatched(row: Ints) -> tuple[Note, ...]:
    absent = int((row < 0).sum())
    if not absent:
        return ()
    text = (
        f"{counted(absent, 'customer')} of {len(row):,} not in `customers`: without a group or a date of registration"
    )
    return (Note(text, code="customers_not_matched", count=absent),)


def _new_customers(
    days: CustomerDays, since: datetime | None, table: _CustomerTable
) -> tuple[Bools, datetime | None, list[Note]]:
    """Return who is new, from when on first orders count as such, and notes."""
    if not days.n_customers:
        return np.zeros(0, dtype=bool), since, []
    begin = _default_begin(days) if since is None else day_of(since)
    is_new = days.first_day >= begin
    if since is None and table.registered is not None:
        is_known = table.registered > UNKNOWN_DAY
        is_new = np.where(is_known, table.registered >= days.start, is_new)
    is_new &= days.seen_day >= days.first_day  # who returns something first has bought before
    notes = _notes_of_new(days, is_new, begin, is_given=since is not None, by_registration=table.registered is not None)
    return is_new, EPOCH + timedelta(days=begin), notes


def _default_begin(days: CustomerDays) -> int:
    """Return the first day plus the 90 % point of closed gaps."""
    customer, day = days.purchases()
    gaps = np.diff(day)[customer[1:] == customer[:-1]]
    if not len(gaps):
        return days.start
    return days.start + int(np.ceil(quantiles(gaps, (GAP_QUANTILE,))[0]))


def _notes_of_new(
    days: CustomerDays, is_new: Bools, begin: int, *, is_given: bool, by_registration: bool
) -> list[Note]:
    old = int((~is_new).sum())
    if not old:
        return []
    when = f"{EPOCH + timedelta(days=begin):%Y-%m-%d}"
    if is_given or not by_registration:
        reason = f"first seen before {when}"
    else:
        reason = f"registered before the data begin or, without a date, first seen before {when}"
    text = f"{counted(old, 'customer')} {reason} (or by a return) may be old customers: marked first_seen, not pooled"
    notes = [Note(text, code="first_seen", count=old)]
    if old == days.n_customers:
        text = f"no customer is first seen from {when} on: give `first_orders_from`, such as the first day of the data"
        notes.append(Note(f"{text} if all of them were new", code="no_new_customers", count=0))
    return notes
