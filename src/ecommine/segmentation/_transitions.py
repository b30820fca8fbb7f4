"""Transitions: how many customers go from one stage of their life to another, counted by day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from .._core.arrays import Floats, Ints, distinct_rows
from .._core.checks import one_of
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted, duration_in_words
from .._stats.bootstrap import cluster_bootstrap
from ..schema._for_topics import Every, first_open, number_of, start_of
from ._customers.read import Moment
from ._life.careers import Careers, read_careers
from ._life.stages import STAGES, StageChanges, Stages, as_times, stage_changes
from ._summary import transition_sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIMITS = Stages()
LEVEL = 0.95
OUTSIDE = "none"
"""In place of the stage before the first one."""
FIRST_SEEN = "first_seen"
"""In place of new, where registrations are not known."""
_SAMPLES: dict[str, Any] = {
    "from_stage": "",
    "to_stage": "",
    "entries": 0,
    "of": 0,
    "rate": 0.0,
    "rate_low": 0.0,
    "rate_high": 0.0,
    "period_at": np.datetime64("2024-01-01", "us"),
    "complete": True,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Transitions(Result):
    """Flows between the stages of customers' lives; made by :func:`ecommine.segmentation.transitions`.

    Attributes
    ----------
    table : eager table, one row per pair of stages with a flow, of all complete periods together
        from_stage ("none" for the first stage of a customer), to_stage, entries (count), of (stays in from_stage in a
        period, summed over the periods; one that ends on the first day of a period counts in it, as does the entry
        that ends it), rate (entries / of; null from "none"), rate_low, rate_high (95 %, customers resampled).
    periods : eager table, one row per period and pair of stages
        period_at, from_stage, to_stage, entries, complete (whether the period was over at `as_of`).
    every : str
        The length of a period.
    as_of : datetime
        The moment up to which orders count.
    notes : tuple of Note
        What was left out; :mod:`ecommine.segmentation` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> orders = pd.DataFrame({"order_id": range(4), "customer_id": list("abab"), "amount": 9.0,
    ...                        "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-02-01", "2024-12-31"])})
    >>> segmentation.transitions(orders).headline
    'as of 2024-12-31 00:00, 2 customers, 5 complete periods of 1 month'
    """

    table: Any
    periods: Any
    every: str
    as_of: datetime
    notes: tuple[Note, ...]
    _flows: tuple[tuple[str, str, int, float], ...]
    _n_customers: int
    _n_periods: int

    @property
    def headline(self) -> str:
        """The first line of the display."""
        return (
            f"as of {self.as_of:%Y-%m-%d %H:%M}, {counted(self._n_customers, 'customer')}, "
            f"{counted(self._n_periods, 'complete period')} of {duration_in_words(self.every)}"
        )

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"transitions": self.table, "periods": self.periods}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two or three sentences: the largest flows, and how many come back."""
        one_of("locale", locale, LOCALES)
        return transition_sentences(self._flows, self._n_periods, self.every, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the share of stays in each stage that end in a period by going on to each other one.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_transitions

        one_of("locale", locale, LOCALES)
        return draw_transitions(self._flows, self.every, ax, locale)


@tell_library_errors
def transitions(
    orders: object,
    /,
    *,
    every: Every = "1mo",
    customers: object = None,
    as_of: Moment = None,
) -> Transitions:
    """Count how many customers enter each stage from each other one, by day.

    Counted at month ends, four of five new customers are never seen as new; so every customer is followed by day, and
    each change of stage counts in the period of its day. Stages are those of :func:`ecommine.segmentation.lifecycle`
    with its default limits.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price.
    every : {"1d", "1w", "1mo", "1q", "1y"}
        Length of a period; weeks start on Monday.
    customers : table of customers, optional
        Of the same library, with customer_id and registered_at. Without it, the first order in the data need not be a
        customer's first: flows start 180 days after the first line, and the stage "new" is called "first_seen". They
        start so late too where customers registered before the first line, whose earlier orders are unknown.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Orders and registrations after it are left out. A bare date means the end of that day.

    Returns
    -------
    Transitions
        Frozen. ``.table`` has the flows of all complete periods with rates and intervals, ``.periods`` the entries of
        each period.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or a customer stands in `customers` twice.
    ValueError
        If `every` is none of these, or `as_of` cannot be read or is before all lines.

    Notes
    -----
    A rate is the share of stays in a stage that end in a period by going on to another; a customer may have several
    stays of one stage in a period. A customer counts in many periods, so intervals resample customers (Field and Welsh
    2007), not months: an interval that takes months of one customer as independent covers 80 % where it says 95 %.

    References
    ----------
    Field, C. A. and Welsh, A. H. (2007). Bootstrapping clustered data. Journal of the Royal Statistical Society B
    69(3), 369-390. https://doi.org/10.1111/j.1467-9868.2007.00593.x

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> customers = pd.DataFrame({"customer_id": ["ann", "bob"], "registered_at": pd.to_datetime(["2024-01-01"] * 2)})
    >>> orders = pd.DataFrame({"order_id": [1, 2, 3], "customer_id": ["ann", "bob", "ann"], "amount": [9.0, 5.0, 7.0],
    ...                        "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-04-30"])})
    >>> result = segmentation.transitions(orders, customers=customers, as_of="2024-04-30")
    >>> result.table[["from_stage", "to_stage", "entries", "of"]]
      from_stage   to_stage  entries  of
    0       none        new        2   0
    1        new    growing        2   2
    2    growing     mature        1   7
    3    growing  declining        1   7
    4     mature  declining        1   2
    5  declining     mature        1   3
    """
    one_of("every", every, get_args(Every))
    careers = read_careers(orders, customers, as_of)
    limits = LIMITS.days
    changes = stage_changes(careers.customer, careers.day, careers.start, limits, careers.today)
    begin = careers.first_line + (0 if careers.has_registrations and careers.knows_past else limits[-1])
    window = _Window.of(careers, begin, every)
    names = STAGES if careers.has_registrations else (FIRST_SEEN, *STAGES[1:])
    pooled, flows = _pooled(changes, window, names)
    return Transitions(
        table=build_table(pooled, like=careers.like, samples=_SAMPLES),
        periods=build_table(_by_period(changes, window, names), like=careers.like, samples=_SAMPLES),
        every=every,
        as_of=careers.as_of,
        notes=(*careers.notes, *_notes(careers, window)),
        _flows=flows,
        _n_customers=len(careers.labels),
        _n_periods=window.n_complete,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """The periods by number: the first whole one, the first that is not over, and the last that has begun."""

    every: Every
    first: int
    first_open: int
    last: int

    @property
    def n_complete(self) -> int:
        return max(self.first_open - self.first, 0)

    @classmethod
    def of(cls, careers: Careers, begin: int, every: Every) -> "_Window":
        begins = as_times(np.array([begin])).tolist()[0]
        first, last = number_of(begins, every), number_of(careers.as_of, every)
        is_whole = start_of(first, every) == begins
        is_open = number_of(first_open(careers.as_of, every), every)
        return cls(every=every, first=first if is_whole else first + 1, first_open=is_open, last=last)


def _notes(careers: Careers, window: _Window) -> list[Note]:
    notes = []
    if not careers.has_registrations:
        text = (
            f"registrations are unknown: flows start {LIMITS.days[-1]} days after the first order line, and a customer "
            "is first seen with the first order in the data, which need not be the first one"
        )
        notes.append(Note(text, code="first_seen", count=None))
    if not window.n_complete:
        text = "no period is complete, so that there are no rates: give more data or shorter periods"
        notes.append(Note(text, code="no_complete_period", count=0))
    return notes


def _by_period(changes: StageChanges, window: _Window, names: tuple[str, ...]) -> dict[str, Any]:
    number = period_numbers(changes.day, window.every)
    kept = (number >= window.first) & (number <= window.last)
    number, origin, stage = number[kept], changes.origin[kept], changes.stage[kept]
    code, example = distinct_rows(number, origin, stage)
    starts = [start_of(i, window.every) for i in number[example].tolist()]
    return {
        "period_at": np.array(starts, dtype="datetime64[us]"),
        "from_stage": [_name(i, names) for i in origin[example].tolist()],
        "to_stage": [_name(i, names) for i in stage[example].tolist()],
        "entries": np.bincount(code, minlength=len(example)),
        "complete": number[example] < window.first_open,
    }


def _name(stage: int, names: tuple[str, ...]) -> str:
    return OUTSIDE if stage < 0 else names[stage]


def _pooled(
    changes: StageChanges, window: _Window, names: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[tuple[str, str, int, float], ...]]:
    """Return all flows of the complete periods together, with rates by resampled customers."""
    number = period_numbers(changes.day, window.every)
    is_counted = (number >= window.first) & (number < window.first_open)
    n_customers = int(changes.customer.max()) + 1 if len(changes.customer) else 0
    exposure = _exposure(changes, number, window)
    rows = []
    for origin in range(-1, len(names)):
        of = np.bincount(changes.customer, weights=exposure * (changes.stage == origin), minlength=n_customers)
        for stage in range(len(names)):
            is_flow = is_counted & (changes.origin == origin) & (changes.stage == stage)
            if is_flow.any():
                entries = np.bincount(changes.customer[is_flow], minlength=n_customers).astype(np.float64)
                rows.append((_name(origin, names), names[stage], *_rate(entries, of)))
    columns = ("from_stage", "to_stage", "entries", "of", "rate", "rate_low", "rate_high")
    table = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
    return table, tuple((row[0], row[1], row[2], row[4]) for row in rows)


def _exposure(changes: StageChanges, number: Ints, window: _Window) -> Ints:
    """Return in how many complete periods each stay in a stage was, the period of its end included."""
    if not len(number):
        return number
    is_last = np.append(changes.customer[1:] != changes.customer[:-1], True)
    end = np.append(number[1:], 0)
    end[is_last] = window.first_open
    n_periods: Ints = np.minimum(end, window.first_open - 1) - np.maximum(number, window.first) + 1
    return np.maximum(n_periods, 0)


def _rate(entries: Floats, of: Floats) -> tuple[int, int, float, float, float]:
    """Return entries, what they are a share of, the share, and its interval."""
    total = int(of.sum())
    if not total:
        return int(entries.sum()), 0, np.nan, np.nan, np.nan
    # Customers with the same two numbers are drawn together: their number is what is drawn.
    code, example = distinct_rows(entries.astype(np.int64), of.astype(np.int64))
    sums = np.column_stack([entries, of])[example]
    found = cluster_bootstrap(
        sums, lambda sums: sums[:, 0] / sums[:, 1], counts=np.bincount(code).astype(np.float64), level=LEVEL
    )
    return int(entries.sum()), total, found.estimate, found.low, found.high


def period_numbers(days: Ints, every: Every) -> Ints:
    """Return the number of the period of each day.

    Examples
    --------
    >>> period_numbers(np.array([0, 30, 31, 366]), "1q").tolist(), period_numbers(np.array([3, 4]), "1w").tolist()
    ([7880, 7880, 7880, 7884], [0, 1])
    """
    distinct, code = np.unique(days, return_inverse=True)
    numbers = [number_of(moment, every) for moment in as_times(distinct).tolist()]
    return np.array(numbers, dtype=np.int64)[code]
