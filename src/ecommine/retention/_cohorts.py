"""Cohorts of customers by the calendar period of their first purchase: who is still active, and the money so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.arrays import Floats, Ints
from .._core.checks import one_of
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from .._stats.arrays import divide, sums_by_group
from .._stats.intervals import normal_quantile, student_quantiles, wilson_interval
from .._stats.multiple_testing import Correction, adjust_p_values
from ..schema._for_topics import Every
from ._models.returns import Returns, p_values_against_rest
from ._models.triangle import Triangle, cohort_times, make_triangle
from ._options import UNITS, checked, shown_moment
from ._read.first_orders import Customers, read_customers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TESTED_DAYS = 30
"""Within which the return of cohorts is compared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Cohorts(Result):
    """The triangle of cohorts; made by :func:`ecommine.retention.cohorts`.

    Attributes
    ----------
    table : eager table of the caller's library, one row per group, cohort, first_seen and period
        The columns of `by`; cohort (first moment of the calendar period of the first purchase); period (0 is the
        cohort's own); customers; active (who bought in the period); retention with its limits; revenue_per_customer
        (money so far, refunds included) with its limits; observed (share of the period that is over: all but the
        counts of customers are null below 1); first_seen (whether these customers may be old ones).
    pooled : eager table, one row per group and period
        customers, cohorts, active and retention with its limits: all new customers of the cohorts whose period is over.
    returns : eager table, one row per group, cohort and first_seen
        customers, observed, returned (within 30 days, Kaplan and Meier) with its limits, p_value and q_value against
        the new customers of all other cohorts of the group.
    as_of, first_orders_from : datetime or None
    every : str
    correction : {"bh", "holm", "bonferroni"} or None
    level : float
    notes : tuple of Note
        See the codes in :mod:`ecommine.retention`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import retention
    >>> orders = pd.DataFrame({"order_id": [1, 2], "customer_id": ["ann", "bob"], "amount": [9.0, 5.0],
    ...                        "ordered_at": pd.to_datetime(["2024-03-01", "2024-04-01"])})
    >>> retention.cohorts(orders).headline
    'as of 2024-04-01 00:00, 2 customers in 2 cohorts by month'
    """

    table: Any
    pooled: Any
    returns: Any
    as_of: datetime | None
    first_orders_from: datetime | None
    every: Every
    correction: Correction | None
    level: float
    notes: tuple[Note, ...]
    _triangle: Triangle
    _returned: "CohortReturns"

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n, cohorts = int(self._triangle.customers.sum()), len(np.unique(self._triangle.cohort))
        groups = f"{counted(n, 'customer')} in {counted(cohorts, 'cohort')} by {UNITS[self.every][0]}"
        return f"as of {shown_moment(self.as_of)}, {groups}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"cohorts": self.table, "pooled": self.pooled, "returns": self.returns}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return one to four sentences: how many come back, whether that changes, and which cohort differs."""
        from ._summary import cohort_sentences

        is_corrected, locale = self.correction is not None, one_of("locale", locale, LOCALES)
        return cohort_sentences(self._triangle, self._returned, self.every, is_corrected, self.level, locale)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        kind: Literal["retention", "revenue"] = "retention",
        locale: Locale = "en",
    ) -> "Axes":
        """Draw the triangle of all groups together; cells whose period is not over are hatched.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"retention", "revenue"}
            The share of active customers, or the money per customer so far.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_triangle

        one_of("kind", kind, ("retention", "revenue"))
        return draw_triangle(self._triangle, self.every, kind, ax, one_of("locale", locale, LOCALES))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortReturns:
    """The return within 30 days of each block of the triangle, with the names of the columns."""

    observed: Floats
    returned: Floats
    returned_low: Floats
    returned_high: Floats
    p_value: Floats
    q_value: Floats


@tell_library_errors
def cohorts(
    orders: IntoFrame,
    /,
    *,
    every: Every = "1mo",
    by: str | Sequence[str] | None = None,
    customers: IntoFrame | None = None,
    first_orders_from: datetime | date | str | None = None,
    as_of: datetime | date | str | None = None,
    correction: Correction | None = "bh",
    level: float = 0.95,
) -> Cohorts:
    r"""Count by calendar period of the first purchase who is still active later, and the money so far.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price.
    every : {"1d", "1w", "1mo", "1q", "1y"}
        Length of a period; weeks begin on Monday.
    by, customers, first_orders_from, as_of
        As in :func:`ecommine.retention.curve`.
    correction : {"bh", "holm", "bonferroni"} or None
        For the tests of all cohorts.
    level : float
        Of the intervals.

    Returns
    -------
    Cohorts
        Frozen, with ``.table``, ``.pooled``, ``.returns``, ``.summary()`` and ``.plot()``.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines are of several currencies.
    ValueError
        If an option cannot be read or `as_of` is before all lines.

    Notes
    -----
    A cell is a share of active customers, :math:`\text{active} / \text{customers}`, with Wilson's interval. A cell
    whose period is not over is null, never 0. Pooled rows divide sums by sums, so that large cohorts weigh more and
    cohorts at 0 % count; the mean of the cohorts' shares is another number. A calendar month is not 30 days since the
    first purchase: the return within 30 days is in ``.returns`` and in :func:`ecommine.retention.curve`.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": range(5),
    ...     "customer_id": ["ann", "bob", "ann", "eve", "bob"],
    ...     "ordered_at": pd.to_datetime(["2024-01-05", "2024-01-09", "2024-02-09", "2024-02-02", "2024-03-31"]),
    ...     "amount": [40.0, 25.0, 60.0, 10.0, 20.0],
    ... })
    >>> result = cohorts(orders, first_orders_from="2024-01-01")
    >>> result.table[["cohort", "period", "customers", "active", "retention", "revenue_per_customer"]]
          cohort  period  customers  active  retention  revenue_per_customer
    0 2024-01-01       0          2       2        1.0                  32.5
    1 2024-01-01       1          2       1        0.5                  62.5
    2 2024-01-01       2          2       1        0.5                  72.5
    3 2024-02-01       0          1       1        1.0                  10.0
    4 2024-02-01       1          1       0        0.0                  10.0
    >>> result.pooled[["period", "customers", "retention"]].round(3)
       period  customers  retention
    0       0          3      1.000
    1       1          3      0.333
    2       2          2      0.500
    """
    every = one_of("every", every, get_args(Every))
    level, method = checked(level, correction)
    people = read_customers(orders, by=by, customers=customers, first_orders_from=first_orders_from, as_of=as_of)
    triangle = make_triangle(people, every)
    returned = _returns(people, triangle, method, level)
    return Cohorts(
        table=_table(people, triangle, every, level),
        pooled=_pooled(people, triangle, level),
        returns=_returns_table(people, triangle, returned, every),
        as_of=people.days.until,
        first_orders_from=people.first_orders_from,
        every=every,
        correction=method,
        level=level,
        notes=(*people.notes, *_notes(triangle)),
        _triangle=triangle,
        _returned=returned,
    )


def _table(people: Customers, cells: Triangle, every: Every, level: float) -> Any:
    block, n = cells.block, cells.customers[cells.block].astype(np.float64)
    known = np.where(cells.is_complete, 1.0, np.nan)
    retention = cells.active / n * known
    low, high = wilson_interval(retention, n, normal_quantile(level))
    low = np.where(cells.period == 0, retention, low)  # all are active in the period of their first purchase
    revenue = cells.money / n * known
    variance = np.maximum(cells.squares - cells.money**2 / n, 0.0) / np.maximum(n - 1, 1) / n
    half = student_quantiles(level, n - 1) * np.sqrt(variance)
    active = [int(count) if is_known else None for count, is_known in zip(cells.active, cells.is_complete, strict=True)]
    columns = {
        **_groups(people, cells.group[block]),
        "cohort": _times(cells.cohort, every)[block],
        "period": cells.period,
        "customers": cells.customers[block],
        "active": active,
        "retention": retention,
        "retention_low": low,
        "retention_high": high,
        "revenue_per_customer": revenue,
        "revenue_per_customer_low": revenue - half,
        "revenue_per_customer_high": revenue + half,
        "observed": cells.observed,
        "first_seen": cells.first_seen[block],
    }
    return build_table(columns, like=people.days.like, samples={"active": 0})


def _pooled(people: Customers, cells: Triangle, level: float) -> Any:
    """Add up the cells of new customers by group and period; a group without any keeps no row."""
    kept = np.flatnonzero(cells.is_complete & ~cells.first_seen[cells.block])
    group, period = cells.group[cells.block[kept]], cells.period[kept]
    width = int(period.max(initial=-1)) + 1
    keys, index = np.unique(group * max(width, 1) + period, return_inverse=True)
    n, active = (
        sums_by_group(index, values[kept], len(keys)) for values in (cells.customers[cells.block], cells.active)
    )
    share = divide(active, n)
    low, high = wilson_interval(share, n, normal_quantile(level))
    low = np.where(keys % max(width, 1) == 0, share, low)
    columns = {
        **_groups(people, keys // max(width, 1)),
        "period": keys % max(width, 1),
        "cohorts": np.bincount(index, minlength=len(keys)),
        "customers": n.astype(np.int64),
        "active": active.astype(np.int64),
        "retention": share,
        "retention_low": low,
        "retention_high": high,
    }
    return build_table(columns, like=people.days.like)


def _returns(people: Customers, cells: Triangle, method: Correction | None, level: float) -> CohortReturns:
    """Estimate the return within 30 days of each block, and test those of new customers against the group's others."""
    within, z = np.array([TESTED_DAYS]), normal_quantile(level)
    counts = Returns.of(people.days).counts(cells.member, len(cells.cohort), TESTED_DAYS)
    new = np.flatnonzero(~cells.first_seen)
    p = np.full(len(cells.cohort), np.nan)
    p[new] = p_values_against_rest(counts.rows(new), cells.group[new], within)[:, 0]
    shares = counts.share_within(within, z)
    return CohortReturns(
        observed=shares.observed[:, 0],
        returned=shares.share[:, 0],
        returned_low=shares.low[:, 0],
        returned_high=shares.high[:, 0],
        p_value=p,
        q_value=adjust_p_values(p, method),
    )


def _returns_table(people: Customers, cells: Triangle, returned: CohortReturns, every: Every) -> Any:
    columns = {
        **_groups(people, cells.group),
        "cohort": _times(cells.cohort, every),
        "customers": cells.customers,
        **{field.name: getattr(returned, field.name) for field in fields(returned)},
        "first_seen": cells.first_seen,
    }
    return build_table(columns, like=people.days.like)


def _groups(people: Customers, group: Ints) -> dict[str, list[str | None]]:
    return {name: [people.groups[code][i] for code in group.tolist()] for i, name in enumerate(people.by)}


def _times(number: Ints, every: Every) -> Any:
    return np.array(cohort_times(number, every), dtype="datetime64[us]")


def _notes(cells: Triangle) -> list[Note]:
    n_open = int((~cells.is_complete).sum())
    if not n_open:
        return []
    text = f"{counted(n_open, 'cell')} of a period that is not over at `as_of`: null, see the column observed"
    return [Note(text, code="open_period", count=n_open)]
