"""Cohorts by calendar period: who bought in each period since the first purchase, and the money so far."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows, run_starts
from ..._stats.arrays import sums_by_group
from .._read.first_orders import Customers

_MONTHS = {"1mo": 1, "1q": 3, "1y": 12}
_TO_MONDAY = 3
"""Days from a Monday to 1970-01-01, a Thursday."""


def period_of(day: Ints, every: str) -> Ints:
    """Return the calendar period of days since 1970, counted from 1970; weeks begin on Monday.

    Examples
    --------
    >>> period_of(np.array([0, 31, 59]), "1mo").tolist(), period_of(np.array([3, 4]), "1w").tolist()
    ([0, 1, 2], [0, 1])
    """
    if every in _MONTHS:
        return np.asarray(day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // _MONTHS[every]
    return np.asarray(day) if every == "1d" else (np.asarray(day) + _TO_MONDAY) // 7


def first_day_of(period: Ints, every: str) -> Ints:
    """Return the first day, since 1970, of periods.

    Examples
    --------
    >>> first_day_of(np.array([0, 1, 2]), "1mo").tolist(), first_day_of(np.array([1]), "1w").tolist()
    ([0, 31, 59], [4])
    """
    if every in _MONTHS:
        months = (np.asarray(period) * _MONTHS[every]).astype("datetime64[M]")
        return months.astype("datetime64[D]").astype(np.int64)
    return np.asarray(period) if every == "1d" else np.asarray(period) * 7 - _TO_MONDAY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Triangle:
    """Cells by group, cohort and first_seen (a block of rows), and within these by period.

    Attributes
    ----------
    group, cohort, customers : int arrays of shape (n_blocks,)
        Position of the group, number of the calendar period of the first purchase, customers.
    first_seen : bool array of shape (n_blocks,)
    member : int array of shape (n_customers,)
        The block of each customer.
    block, period : int arrays of shape (n_cells,)
        The period counts from that of the first purchase, 0.
    active : int array of shape (n_cells,)
        Customers who bought in the period.
    money, squares : float arrays of shape (n_cells,)
        Sums over customers of the money up to the end of the period, and of its squares.
    observed : float array of shape (n_cells,)
        Share of the days of the period that are over; 1 for a period that is over.
    """

    group: Ints
    cohort: Ints
    customers: Ints
    first_seen: Bools
    member: Ints
    block: Ints
    period: Ints
    active: Ints
    money: Floats
    squares: Floats
    observed: Floats

    @property
    def is_complete(self) -> Bools:
        """Whether the period of a cell is over."""
        return self.observed >= 1


def make_triangle(people: Customers, every: str) -> Triangle:
    """Count the cells up to the period of `as_of`."""
    days = people.days
    member, first = distinct_rows(people.group, period_of(days.first_day, every), 1 - people.is_new)
    cohort = period_of(days.first_day, every)
    first_of_block = cohort[first]
    last = int(period_of(np.array([days.today]), every)[0])
    sizes = last - first_of_block + 1
    start = np.cumsum(sizes) - sizes
    block = np.repeat(np.arange(len(first)), sizes)
    period = np.arange(len(block)) - start[block]
    kept = days.day >= days.first_day[days.customer]
    customer, money = days.customer[kept], days.money[kept]
    age = period_of(days.day[kept], every) - cohort[customer]
    cell = start[member[customer]] + age
    bought = days.is_purchase[kept]
    once = run_starts(customer[bought], age[bought]) if bought.any() else bought[bought]
    active = np.bincount(cell[bought][once], minlength=len(block))
    return Triangle(
        group=people.group[first],
        cohort=first_of_block,
        customers=np.bincount(member, minlength=len(first)),
        first_seen=~people.is_new[first],
        member=member,
        block=block,
        period=period,
        active=active,
        money=_running(sums_by_group(cell, money, len(block)), start, block),
        squares=_running(_squares(customer, cell, money, len(block)), start, block),
        observed=_observed(first_of_block[block] + period, every, days.today),
    )


def _observed(number: Ints, every: str, today: int) -> Floats:
    first, end = first_day_of(number, every), first_day_of(number + 1, every)
    return np.clip((today + 1 - first) / (end - first), 0.0, 1.0)


def _squares(customer: Ints, cell: Ints, money: Floats, n_cells: int) -> Floats:
    """Return by cell how much the squares of all customers' money so far grow in it.

    Rows are sorted by customer and day, and so by customer and cell.
    """
    if not len(cell):
        return np.zeros(n_cells)
    begins = np.flatnonzero(run_starts(customer))
    total = np.cumsum(money)
    before_customer = np.repeat(total[begins] - money[begins], np.diff(np.append(begins, len(cell))))
    after = total - before_customer
    return sums_by_group(cell, after**2 - (after - money) ** 2, n_cells)


def _running(values: Floats, start: Ints, block: Ints) -> Floats:
    """Return sums of cells up to each period, within the blocks."""
    if not len(values):
        return values
    total = np.cumsum(values)
    return total - (total[start] - values[start])[block]


def cohort_times(number: Ints, every: str) -> list[datetime]:
    """Return the first moments of periods."""
    days = first_day_of(number, every).astype("datetime64[D]").astype("datetime64[us]")
    moments: list[datetime] = days.tolist()
    return moments
