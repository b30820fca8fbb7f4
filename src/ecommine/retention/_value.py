"""What a new customer brings in the first days, weeks and year: the mean cumulative money by age."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.arrays import Floats, Ints
from .._core.checks import confidence_level, one_of
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from .._stats.arrays import sums_by_group
from .._stats.clusters import effective_clusters
from .._stats.intervals import student_quantiles
from ._models.mean_cumulative import MeanCumulative
from ._options import shown_moment, whole_days
from ._read.first_orders import Customers, read_customers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_WATCHED = 30
"""Customers still watched at an age, below whom its value is null."""
POINTS = 60
"""Ages at which the curve is computed."""
MILESTONES = (0, 7, 30, 90, 180, 365)
MIN_EFFECTIVE = 10.0
"""Customers of equal money that the customers must be worth, below which a note says so."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CustomerValue(Result):
    """What a new customer brings within a horizon; made by :func:`ecommine.retention.value`.

    Attributes
    ----------
    table : eager table of the caller's library, one row per group and first_seen
        The columns of `by`; first_seen (whether the customers may be old ones, who were only first seen); customers;
        watched (customers observed to the horizon); value (money per customer up to the horizon, first order and
        refunds included) with value_low and value_high; first_order (money of the first day); later (the rest);
        purchases (days of purchase per customer, the first included).
    curve : eager table, one row per group, first_seen and age
        age (days since the first purchase), watched, value with its limits.
    as_of, first_orders_from : datetime or None
    horizon : int
        Days.
    level : float
    notes : tuple of Note
        See the codes in :mod:`ecommine.retention`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import retention
    >>> orders = pd.DataFrame({"order_id": range(40), "customer_id": range(40), "amount": 9.0,
    ...                        "ordered_at": pd.Timestamp("2024-03-01")})
    >>> retention.value(orders, horizon="9d", first_orders_from="2024-03-01", as_of="2024-03-31").summary()
    'A new customer brings 9.00 in the first 9 days (9.00 to 9.00); the first order is 9.00 of it, and 0% come later.'
    """

    table: Any
    curve: Any
    as_of: datetime | None
    first_orders_from: datetime | None
    horizon: int
    level: float
    notes: tuple[Note, ...]
    _rows: tuple["ValueRow", ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n = sum(row.customers for row in self._rows)
        who = f"{counted(n, 'customer')}, value within {counted(self.horizon, 'day')}"
        return f"as of {shown_moment(self.as_of)}, {who}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"value": self.table, "curve": self.curve}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return one to three sentences: what a new customer brings, and how much of it with the first order."""
        from ._summary import value_sentences

        return value_sentences(self._rows, self.horizon, one_of("locale", locale, LOCALES))

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the money per customer against the days since the first purchase, with its interval."""
        from ._plot import draw_values

        return draw_values(self._rows, ax, one_of("locale", locale, LOCALES))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueRow:
    """One group of customers, new or first seen; NaN where fewer than 30 are watched."""

    group: tuple[str | None, ...]
    first_seen: bool
    customers: int
    age: Ints
    watched: Ints
    value: Floats
    low: Floats
    high: Floats
    purchases: float


@tell_library_errors
def value(
    orders: IntoFrame,
    /,
    *,
    horizon: str | timedelta = "365d",
    by: str | Sequence[str] | None = None,
    customers: IntoFrame | None = None,
    first_orders_from: datetime | date | str | None = None,
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> CustomerValue:
    r"""Estimate what a new customer brings within a horizon, from customers who are watched for different times.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price.
    horizon : str or timedelta
        Whole days since the first purchase; that day is age 0.
    by, customers, first_orders_from, as_of
        As in :func:`ecommine.retention.curve`.
    level : float
        Of the intervals.

    Returns
    -------
    CustomerValue
        Frozen, with ``.table``, ``.curve``, ``.summary()`` and ``.plot()``.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines are of several currencies.
    ValueError
        If an option cannot be read or `as_of` is before all lines.

    Notes
    -----
    The value is :math:`\sum_{a \le t} \sum_i m_i(a) / Y(a)`: the money of each day of age over the customers who are
    still watched then. The plain mean of all money per customer is too low, as recent customers had little time; the
    mean of "complete" customers is of the oldest cohorts. Below 30 watched customers the value is null. The variance
    adds up customers, so that purchases of one customer may depend on each other.

    References
    ----------
    Nelson, W. B. (2003). Recurrent Events Data Analysis. ASA-SIAM.
    Lin, D. Y., Wei, L. J., Yang, I. and Ying, Z. (2000). Semiparametric regression for the mean and rate functions of
    recurrent events. Journal of the Royal Statistical Society B 62(4), 711-730.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": range(80),
    ...     "customer_id": [*range(40), *range(40)],
    ...     "ordered_at": [pd.Timestamp("2024-01-01")] * 40 + [pd.Timestamp("2024-02-01")] * 40,
    ...     "amount": [20.0] * 40 + [5.0, 15.0] * 20,
    ... })
    >>> result = value(orders, horizon="31d", first_orders_from="2024-01-01")
    >>> result.table[["customers", "value", "value_low", "value_high", "first_order", "later"]].round(2)
       customers  value  value_low  value_high  first_order  later
    0         40   30.0       28.4        31.6         20.0   10.0
    """
    days, level = whole_days(horizon, argument="horizon"), confidence_level(level)
    people = read_customers(orders, by=by, customers=customers, first_orders_from=first_orders_from, as_of=as_of)
    ages = np.unique([0, days, *(age for age in MILESTONES if age <= days), *np.linspace(0, days, POINTS).round()])
    rows = _rows(people, ages.astype(np.int64), level)
    return CustomerValue(
        table=_table(people, rows),
        curve=_curve_table(people, rows),
        as_of=people.days.until,
        first_orders_from=people.first_orders_from,
        horizon=days,
        level=level,
        notes=(*people.notes, *_notes(people, rows, days)),
        _rows=rows,
    )


def _rows(people: Customers, ages: Ints, level: float) -> tuple[ValueRow, ...]:
    """Estimate the value of each group's new customers, and of those first seen where there are any."""
    days, n_parts = people.days, 2 * len(people.groups)
    part = 2 * people.group + ~people.is_new
    members = np.argsort(part, kind="stable")
    place = np.empty(days.n_customers, dtype=np.int64)
    place[members] = np.arange(days.n_customers)
    # Money before the first purchase belongs to an earlier one, which was not seen.
    kept = np.flatnonzero(days.day >= days.first_day[days.customer])
    kept = kept[np.argsort(part[days.customer[kept]], kind="stable")]
    of_members, of_rows = (
        np.searchsorted(values, np.arange(n_parts + 1)) for values in (part[members], part[days.customer[kept]])
    )
    rows = []
    for code in range(n_parts):
        chosen, lines = members[of_members[code] : of_members[code + 1]], kept[of_rows[code] : of_rows[code + 1]]
        if code % 2 == 0 or len(chosen):
            customer = place[days.customer[lines]] - of_members[code]
            row = _row(people, chosen, lines, customer, ages, level)
            rows.append(replace(row, group=people.groups[code // 2], first_seen=bool(code % 2)))
    return tuple(rows)


def _row(people: Customers, chosen: Ints, rows: Ints, customer: Ints, ages: Ints, level: float) -> ValueRow:
    """Estimate the value of some customers from their rows."""
    days = people.days
    age, watched_until = days.day[rows] - days.first_day[days.customer[rows]], days.today - days.first_day[chosen]
    parts = (customer, age, days.money[rows], watched_until, ages)
    estimate = MeanCumulative.estimate(*parts)
    counts = MeanCumulative.estimate(parts[0], age, days.is_purchase[rows].astype(np.float64), watched_until, ages[-1:])
    is_known = estimate.watched >= MIN_WATCHED
    half = student_quantiles(level, np.asarray(estimate.watched - 1.0, dtype=np.float64)) * estimate.error
    mean = np.where(is_known, estimate.mean, np.nan)
    return ValueRow(
        group=(),
        first_seen=False,
        customers=len(chosen),
        age=ages,
        watched=estimate.watched,
        value=mean,
        low=mean - half,
        high=mean + half,
        purchases=float(counts.mean[-1]) if is_known[-1] else np.nan,
    )


def _table(people: Customers, rows: Sequence[ValueRow]) -> Any:
    columns: dict[str, Any] = {name: [row.group[i] for row in rows] for i, name in enumerate(people.by)}
    value, first = (np.array([row.value[at] for row in rows], dtype=np.float64) for at in (-1, 0))
    columns |= {
        "first_seen": np.array([row.first_seen for row in rows], dtype=bool),
        "customers": np.array([row.customers for row in rows], dtype=np.int64),
        "watched": np.array([row.watched[-1] for row in rows], dtype=np.int64),
        "value": value,
        "value_low": np.array([row.low[-1] for row in rows], dtype=np.float64),
        "value_high": np.array([row.high[-1] for row in rows], dtype=np.float64),
        "first_order": first,
        "later": value - first,
        "purchases": np.array([row.purchases for row in rows], dtype=np.float64),
    }
    return build_table(columns, like=people.days.like)


def _curve_table(people: Customers, rows: Sequence[ValueRow]) -> Any:
    n = len(rows[0].age) if rows else 0
    columns: dict[str, Any] = {
        name: [row.group[i] for row in rows for _ in range(n)] for i, name in enumerate(people.by)
    }
    columns["first_seen"] = np.repeat(np.array([row.first_seen for row in rows], dtype=bool), n)
    for name, kind in (("age", np.int64), ("watched", np.int64), ("value", float), ("low", float), ("high", float)):
        parts = [getattr(row, name) for row in rows]
        label = f"value_{name}" if name in ("low", "high") else name
        columns[label] = np.concatenate(parts).astype(kind) if parts else np.zeros(0, dtype=kind)
    return build_table(columns, like=people.days.like)


def _notes(people: Customers, rows: Sequence[ValueRow], horizon: int) -> list[Note]:
    notes, days = [], people.days
    short = sum(bool(np.isnan(row.value[-1])) for row in rows)
    if short and days.n_customers:
        text = f"{counted(short, 'row')} with fewer than {MIN_WATCHED} customers watched for {counted(horizon, 'day')}"
        notes.append(Note(f"{text}: their value is null, take a shorter `horizon`", code="few_watched", count=short))
    age = days.day - days.first_day[days.customer]
    counted_rows = people.is_new[days.customer] & (age >= 0) & (age <= horizon)
    money = sums_by_group(days.customer[counted_rows], np.maximum(days.money[counted_rows], 0), days.n_customers)
    effective = effective_clusters(money)
    if int(people.is_new.sum()) >= MIN_WATCHED and 0 < effective < MIN_EFFECTIVE:
        share = f"{money.max() / money.sum():.0%}"
        text = f"the largest new customer brings {share} of the money, and all are worth {effective:.1f} of one size"
        notes.append(Note(f"{text}: set resellers apart first", code="dominant_customer", count=1))
    before = days.day < days.first_day[days.customer]
    if before.any():
        n = len(np.unique(days.customer[before]))
        text = f"{counted(n, 'customer')} with money before the first purchase, such as refunds: it is left out"
        notes.append(Note(text, code="money_before_first_purchase", count=n))
    return notes
