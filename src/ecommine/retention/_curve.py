"""Which share of new customers returns within some days, by group, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.arrays import Bools, Floats, Ints
from .._core.checks import one_of
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from .._stats.arrays import divide
from .._stats.intervals import normal_quantile, wilson_interval
from .._stats.multiple_testing import Correction, adjust_p_values
from ._models.returns import ReturnCounts, Returns, ReturnShares, p_values_against_rest
from ._options import checked, several_lengths, shown_moment
from ._read.first_orders import Customers, read_customers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ReturnCurve(Result):
    """Shares of customers that return within some days; made by :func:`ecommine.retention.curve`.

    Attributes
    ----------
    table : eager table of the caller's library, one row per group, first_seen and length
        The columns of `by`; first_seen (whether the customers may be old ones, who were only first seen); within
        (days); customers; observed (share of them whose first `within` days are over); at_risk (customers who are
        known not to have returned before that day); returned (share that bought again on days 1 to `within`) with
        returned_low and returned_high; on_day (share that bought on that very day) with its limits; with `by` also
        p_value and q_value against all other groups.
    as_of, first_orders_from : datetime or None
    correction : {"bh", "holm", "bonferroni"} or None
    level : float
    notes : tuple of Note
        See the codes in :mod:`ecommine.retention`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import retention
    >>> orders = pd.DataFrame({"order_id": [1, 2], "customer_id": ["ann", "ann"], "amount": [9.0, 5.0],
    ...                        "ordered_at": pd.to_datetime(["2024-03-01", "2024-03-08"])})
    >>> retention.curve(orders, first_orders_from="2024-03-01").headline
    'as of 2024-03-08 00:00, 1 customer, return within 7 / 30 / 90 days'
    """

    table: Any
    as_of: datetime | None
    first_orders_from: datetime | None
    correction: Correction | None
    level: float
    notes: tuple[Note, ...]
    _rows: tuple["CurveRow", ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n = sum(row.customers for row in self._rows)
        return f"as of {shown_moment(self.as_of)}, {counted(n, 'customer')}, return within {self._lengths()} days"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"curve": self.table}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to four sentences: how many return, how sure that is, and which group differs."""
        from ._summary import curve_sentences

        return curve_sentences(self._rows, self.correction is not None, one_of("locale", locale, LOCALES))

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the share that has returned against the days since the first purchase, with its interval."""
        from ._plot import draw_curves

        return draw_curves(self._rows, self.level, ax, one_of("locale", locale, LOCALES))

    def _lengths(self) -> str:
        return " / ".join(f"{days:,}" for days in self._rows[0].within.tolist()) if self._rows else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveRow:
    """One group of customers, new or first seen."""

    group: tuple[str | None, ...]
    first_seen: bool
    customers: int
    within: Ints
    shares: ReturnShares
    on_day: tuple[Floats, Floats, Floats]
    p_value: Floats
    q_value: Floats
    counts: ReturnCounts


@tell_library_errors
def curve(
    orders: IntoFrame,
    /,
    *,
    within: str | timedelta | Sequence[str | timedelta] = ("7d", "30d", "90d"),
    by: str | Sequence[str] | None = None,
    customers: IntoFrame | None = None,
    first_orders_from: datetime | date | str | None = None,
    as_of: datetime | date | str | None = None,
    correction: Correction | None = "bh",
    level: float = 0.95,
) -> ReturnCurve:
    r"""Estimate which share of new customers buys again within some days of their first purchase.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price.
    within : durations
        Whole days, such as ``"30d"``: a return is a purchase on days 1 to 30. A second order on the first day is none.
    by : name or names of columns, optional
        Groups of customers, by a column of `orders` on the day of their first purchase, such as channel or category
        ("mixed" where it has several values), or by one of `customers`.
    customers : table of customers, optional
        With customer_id, and registered_at or columns for `by`.
    first_orders_from : datetime, date or ISO 8601 text, optional
        Who is first seen from this day on is new. By default those with a registered_at since the data begin, else
        the day of the first line plus the 90 % point of all gaps between purchases.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out of everything. Its day counts as over.
    correction : {"bh", "holm", "bonferroni"} or None
        For the tests of all groups and lengths.
    level : float
        Of the intervals.

    Returns
    -------
    ReturnCurve
        Frozen, with ``.table``, ``.summary()`` and ``.plot()``.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines are of several currencies.
    ValueError
        If an option cannot be read or `as_of` is before all lines.

    Notes
    -----
    With :math:`d_t` customers who return on day t and :math:`Y_t` who are observed so long without a return,
    the share is :math:`1 - \prod_{t \le N} (1 - d_t / Y_t)` (Kaplan and Meier). Its interval is Wilson's at the
    effective number of customers that Greenwood's variance implies. It is null where fewer than ten
    customers have been observed so long, returned or not, unless all of them have.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the American
    Statistical Association 53(282), 457-481.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": range(5),
    ...     "customer_id": ["ann", "bob", "ann", "eve", "eve"],
    ...     "ordered_at": pd.to_datetime(["2024-03-01", "2024-03-01", "2024-03-09", "2024-03-02", "2024-05-01"]),
    ...     "amount": [40.0, 25.0, 60.0, 10.0, 20.0],
    ... })
    >>> result = curve(orders, within=("7d", "30d"), first_orders_from="2024-03-01")
    >>> result.table[["within", "customers", "returned", "on_day"]].round(3)
       within  customers  returned  on_day
    0       7          3     0.000     0.0
    1      30          3     0.333     0.0
    """
    lengths = np.array(several_lengths(within, argument="within"))
    level, method = checked(level, correction)
    people = read_customers(orders, by=by, customers=customers, first_orders_from=first_orders_from, as_of=as_of)
    rows = _rows(people, lengths, method, level)
    return ReturnCurve(
        table=_table(people, rows),
        as_of=people.days.until,
        first_orders_from=people.first_orders_from,
        correction=method,
        level=level,
        notes=people.notes,
        _rows=rows,
    )


def _rows(people: Customers, within: Ints, method: Correction | None, level: float) -> tuple[CurveRow, ...]:
    returns, z, n_groups = Returns.of(people.days), normal_quantile(level), len(people.groups)
    longest = int(within.max())
    new, old = (returns.counts(np.where(chosen, people.group, -1), n_groups, longest)
                for chosen in (people.is_new, ~people.is_new))  # fmt: skip
    p = p_values_against_rest(new, np.zeros(n_groups, dtype=np.int64), within)
    q = adjust_p_values(p.ravel(), method).reshape(p.shape)
    unknown = np.full(len(within), np.nan)
    parts = [
        (counts, counts.n, counts.share_within(within, z), _on_days(people, counts, is_member, within, z))
        for counts, is_member in ((new, people.is_new), (old, ~people.is_new))
    ]
    return tuple(
        CurveRow(
            group=group,
            first_seen=first_seen,
            customers=int(n[i]),
            within=within,
            shares=shares.row(i),
            on_day=(on_day[0][i], on_day[1][i], on_day[2][i]),
            p_value=unknown if first_seen else p[i],
            q_value=unknown if first_seen else q[i],
            counts=counts.rows([i]),
        )
        for i, group in enumerate(people.groups)
        for first_seen, (counts, n, shares, on_day) in zip((False, True), parts, strict=True)
        if n[i] or not first_seen
    )


def _on_days(
    people: Customers, counts: ReturnCounts, members: Bools, within: Ints, z: float
) -> tuple[Floats, Floats, Floats]:
    """Return by group the share that bought on the very day, of customers observed so long, and its limits."""
    customer, day = people.days.purchases()
    age = np.where(members[customer], day - people.days.first_day[customer], -1)
    bought = np.stack([np.bincount(people.group[customer[age == n]], minlength=len(counts.n)) for n in within], axis=1)
    observed = (counts.n[:, None] - np.cumsum(counts.age, axis=1)[:, within - 1]).astype(np.float64)
    share = divide(bought, observed)
    return (share, *wilson_interval(share, observed, z))


def _table(people: Customers, rows: Sequence[CurveRow]) -> Any:
    n = len(rows[0].within) if rows else 0
    columns: dict[str, Any] = {
        name: [row.group[i] for row in rows for _ in range(n)] for i, name in enumerate(people.by)
    }
    columns |= {
        "first_seen": np.repeat(np.array([row.first_seen for row in rows], dtype=bool), n),
        "within": _flat([row.within for row in rows], np.int64),
        "customers": np.repeat(np.array([row.customers for row in rows], dtype=np.int64), n),
        "observed": _flat([row.shares.observed for row in rows]),
        "at_risk": _flat([row.shares.at_risk for row in rows], np.int64),
        "returned": _flat([row.shares.share for row in rows]),
        "returned_low": _flat([row.shares.low for row in rows]),
        "returned_high": _flat([row.shares.high for row in rows]),
    }
    for i, name in enumerate(("on_day", "on_day_low", "on_day_high")):
        columns[name] = _flat([row.on_day[i] for row in rows])
    if people.by:
        columns |= {name: _flat([getattr(row, name) for row in rows]) for name in ("p_value", "q_value")}
    return build_table(columns, like=people.days.like)


def _flat(parts: Sequence[Any], dtype: type = float) -> Any:
    return np.array(parts, dtype=dtype).ravel()
