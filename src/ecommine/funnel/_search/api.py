"""What visitors search for, what they find of it, and which queries to mend first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..._core.checks import confidence_level, counted, integer, one_of
from ..._core.durations import fixed_length
from ..._core.frames import opened
from ..._core.pictures import percent
from ..._core.results import Result
from ..._core.texts import Locale
from .._writing import built
from .opportunities import Unit, reason_columns, to_fix_columns, unit_of
from .outcomes import Credit, Followed, follow
from .position_bias import MOST_PLACES, read_places
from .read import SEARCHING, Trail, read_trail
from .summary import Totals, search_sentences
from .table import Measured, measure, position_columns, query_columns, reformulation_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["to_fix", "positions"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Searches(Result):
    """Searches measured; made by :func:`ecommine.funnel.search`.

    Attributes
    ----------
    table : eager table, one row a query, most searched first
        query (in one spelling: folded case, single spaces, NFKC); spelling (as it is written most); searches; visitors;
        immature (searches whose session is not over); zero_result_rate (of searches whose results are known);
        click_rate (any click before the next search); relative_click_rate (clicks over those that the places shown
        would bring a typical query); reformulation_rate (replaced soon by another query, without a click);
        top_reformulation; conversion (a purchase is credited); revenue; revenue_per_search; exit_rate (nothing
        follows). Beside each share, and revenue_per_search, stand ``_low`` and ``_high``.
    to_fix : eager table, one row a query, most at stake first
        query, spelling, reason ("zero_results", "few_clicks", "reformulated", "few_purchases"), searches (that the
        reason is about), rate, rate_low, rate_high, typical (of all queries), shrunk (the rate drawn to the typical
        one, the more the rarer the query), at_stake (what a typical rate would add), p_value, q_value (worse than the
        rest; corrected for the queries tested for the same reason).
    reasons : eager table, one row a query and reason
        The same columns, for all reasons, in the order of ``table``.
    reformulations : eager table, one row a query and the query that replaced it, most frequent first
        query, next_query, searches, share (of the searches of the first), next_found_rate, next_click_rate (how often
        the second had results, and a click).
    positions : eager table, one row a place
        position, shown and clicked (searches), click_rate, examination (clicks a search of a typical query),
        examination_low, examination_high; empty where positions are not known.
    at_stake_in : {"money", "purchases", "clicks"}
        What ``at_stake`` counts.
    searches : int
        Searches that have a query.
    level : float
        Level of the intervals.
    as_of : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out, taken together, and assumed.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": ["ann", "ann", "bob"], "event": ["search", "select_item", "search"],
    ...     "query": ["Red dress", None, "red  DRESS"],
    ...     "occurred_at": pd.date_range("2024-03-01 10:00", periods=3, freq="min"),
    ... })
    >>> funnel.search(events, min_searches=1, as_of="2024-03-02").headline
    'as of 2024-03-02 23:59, 2 searches for 1 query by 2 visitors, 50% with a click'
    """

    table: Any
    to_fix: Any
    reasons: Any
    reformulations: Any
    positions: Any
    at_stake_in: Unit
    searches: int
    level: float
    as_of: datetime | None
    notes: tuple[str, ...]
    _totals: Totals

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        when = "" if self.as_of is None else f"as of {self.as_of:%Y-%m-%d %H:%M}, "
        all_ = self._totals
        clicked = f", {percent(all_.click_rate)} with a click" if all_.click_rate == all_.click_rate else ""
        queries, visitors = counted(all_.queries, "query", "queries"), counted(all_.visitors, "visitor")
        return f"{when}{_searches(self.searches)} for {queries} by {visitors}{clicked}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        names = ("to_fix", "reasons", "reformulations", "positions")
        return {"queries": self.table, **{name: getattr(self, name) for name in names}}

    def summary(self, *, locale: Locale = "en") -> str:
        """Say in two to five sentences how searches end, and which queries to mend first."""
        one_of("locale", locale, ("en", "zh"))
        fix = opened(self.to_fix, argument="to_fix")
        return search_sentences(self._totals, fix.head(3), self.at_stake_in, locale)

    def plot(self, ax: "Axes | None" = None, *, kind: Kind = "to_fix", locale: Locale = "en") -> "Axes":
        """Draw the queries to mend first, or the clicks by position.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"to_fix", "positions"}
            What is at stake by query and why; or the plain click rate and the examination curve by place.
        locale : {"en", "zh"}
            The language of all text but queries.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ValueError
            If there is no such kind or locale.
        ModuleNotFoundError
            If matplotlib is not installed.
        """
        from .plot import draw_positions, draw_to_fix

        one_of("kind", kind, ("to_fix", "positions"))
        one_of("locale", locale, ("en", "zh"))
        if kind == "positions":
            return draw_positions(opened(self.positions, argument="positions"), self.level, ax, locale)
        return draw_to_fix(opened(self.to_fix, argument="to_fix"), self.at_stake_in, ax, locale)


def search(
    events: object,
    /,
    *,
    gap: str | timedelta = "30min",
    within: str | timedelta | None = None,
    credit: Credit = "clicked",
    merge: str | timedelta = "10s",
    retry: str | timedelta = "5min",
    page_size: int | None = None,
    min_searches: int = 10,
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> Searches:
    r"""Measure what becomes of searches, query by query: found, clicked, given up, replaced, bought.

    Parameters
    ----------
    events : table of events
        Any library's table with visitor_id, event, occurred_at and query; session_id, result_count, position,
        product_id and value are used where they are there. Searches are the events search and view_search_results.
    gap : str or timedelta
        A longer pause begins a new session, for events without a session_id.
    within : str or timedelta, optional
        How long after a search a purchase is credited to it, across sessions; by default within its session.
    credit : {"clicked", "last"}
        The search under which the product bought was opened last, or the last search before the purchase.
    merge : str or timedelta
        Events of one query with no click between and no longer pause are one search.
    retry : str or timedelta
        The time within which another query replaces one.
    page_size : int, optional
        Results on a page; by default the last place clicked, at most 50.
    min_searches : int
        Queries with fewer searches have no row; they count in all that concerns the rest.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Events after it are left out.
    level : float
        Level of the intervals, 0.5 to 0.999999.

    Returns
    -------
    Searches
        Frozen; its tables are eager: of the caller's library, Polars for a LazyFrame, else pandas.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    ValueError
        If an option is out of its range.

    Notes
    -----
    A click is select_item, or view_item where the log has no select_item. Searches of sessions that are not over count
    as searches, and in no share of what follows; with `within`, conversion is of searches at least so old.

    Shares have Jeffreys' intervals with an effective number of searches, as those of one visitor are alike.
    The relative click rate fits :math:`c_{qk} \sim \text{Poisson}(n_{qk} r_q e_k)` for clicks of query q at place k.
    Revenue a search has an interval on the logarithmic scale, null below ten visitors with purchases.

    ``at_stake`` ranks; it promises nothing: what a query would bring if it did as well as the typical one is not
    known until it is tried.

    References
    ----------
    Zhang, W. V. and Jones, R. (2007). Comparing click logs and editorial labels for training query rewriting. WWW '07
    workshop on query log analysis.

    Craswell, N., Zoeter, O., Taylor, M. and Ramsey, B. (2008). An experimental comparison of click position-bias
    models. WSDM '08, 87-94. https://doi.org/10.1145/1341531.1341545

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": ["ann", "ann", "ann", "ann", "bob"],
    ...     "event": ["search", "search", "select_item", "purchase", "view_search_results"],
    ...     "query": ["sokcs", "Socks", None, None, "socks "], "result_count": [0, 12, None, None, 12],
    ...     "value": [None, None, None, 9.0, None],
    ...     "occurred_at": pd.date_range("2024-03-01 10:00", periods=5, freq="min"),
    ... })
    >>> found = funnel.search(events, min_searches=1, as_of="2024-03-02")
    >>> found.table[["query", "searches", "zero_result_rate", "click_rate", "conversion", "revenue"]]
       query  searches  zero_result_rate  click_rate  conversion  revenue
    0  socks         2               0.0         0.5         0.5      9.0
    1  sokcs         1               1.0         0.0         0.0      0.0
    >>> found.reformulations[["query", "next_query", "searches", "next_found_rate"]]
       query next_query  searches  next_found_rate
    0  sokcs      socks         1              1.0
    """
    one_of("credit", credit, ("clicked", "last"))
    pause, together, soon = (
        fixed_length(gap, argument="gap"),
        fixed_length(merge, argument="merge"),
        fixed_length(retry, argument="retry"),
    )
    window = None if within is None else fixed_length(within, argument="within")
    page = None if page_size is None else integer("page_size", page_size, low=1, high=MOST_PLACES)
    least = integer("min_searches", min_searches, low=1)
    confidence = confidence_level(level)
    like = opened(events, argument="events")
    trail = read_trail(events, gap=pause, merge=together, as_of=as_of)
    found = follow(trail, gap=pause, within=window, retry=soon, credit=credit)
    places, told = read_places(trail, found.over & (found.query >= 0), page)
    measured = measure(found, places, len(trail.texts), least)
    reasons = reason_columns(measured, trail.texts, trail.spellings, confidence)
    return Searches(
        table=built(query_columns(measured, trail.texts, trail.spellings, confidence), like),
        to_fix=built(to_fix_columns(reasons), like),
        reasons=built(reasons, like),
        reformulations=built(reformulation_columns(measured, found, trail.texts), like),
        positions=built(position_columns(measured.examined, confidence), like),
        at_stake_in=unit_of(measured.found),
        searches=len(measured.found.query),
        level=confidence,
        as_of=trail.log.until,
        notes=(*trail.log.notes, *_notes(trail, found, measured, least), *found.notes, *told),
        _totals=_totals(measured),
    )


def _totals(measured: Measured) -> Totals:
    found, rates = measured.found, measured.rates
    return Totals(
        searches=len(found.query),
        queries=int(np.count_nonzero(np.bincount(found.query))),
        visitors=int(np.count_nonzero(np.bincount(found.unit))),
        zero_result_rate=rates["zero_result_rate"].whole,
        click_rate=rates["click_rate"].whole,
        conversion=rates["conversion"].whole,
        revenue=float(found.money.sum()) if found.has_money else float("nan"),
    )


def _notes(trail: Trail, found: Followed, measured: Measured, least: int) -> Iterator[str]:
    """Say what was left out, taken together, and assumed."""
    again = int(trail.is_event(*SEARCHING).sum()) - len(trail.head)
    if again:
        yield f"{counted(again, 'event')} of a search that had begun already: taken together with it"
    if nameless := int((found.query < 0).sum()):
        yield f"{_searches(nameless)} without a query left out"
    if unknown := int(np.isnan(measured.found.results).sum()):
        yield f"{_searches(unknown)} without result_count: not in the zero-result rate, taken to show a full page"
    if early := int((trail.is_event(trail.click) & (trail.search < 0)).sum()):
        yield f"{counted(early, 'click')} before any search of their session: not counted"
    yield from _undecided(measured.found)
    yield from _rare(measured, least)
    yield from _missing(trail, found)


def _undecided(named: Followed) -> Iterator[str]:
    """Say of how many searches it is not known yet what follows."""
    if still := int((~named.over).sum()):
        yield f"{_searches(still)} of sessions that are not over: counted, but in no share of what follows"
    if young := int((~named.mature & named.over).sum()):
        yield f"{_searches(young)} that may still be credited with a purchase: not in the conversion"


def _rare(measured: Measured, least: int) -> Iterator[str]:
    """Say how many queries have no row."""
    count = measured.pairs.by_query(np.ones(len(measured.found.query)))
    rare = count[(count > 0) & (count < least)]
    if len(rare):
        queries = counted(len(rare), "query", "queries")
        yield f"{queries} of fewer than {_searches(least)} ({_searches(int(rare.sum()))}) without a row"


def _missing(trail: Trail, found: Followed) -> Iterator[str]:
    """Say which events and values are not there."""
    if trail.click != "select_item" and len(trail.head):
        yield "there is no select_item: a click is a view_item after the search"
    if not found.has_purchases:
        yield "there are no purchases: conversion and revenue are null"
    elif not found.has_money:
        yield "purchases have no value: revenue is null"


def _searches(number: int) -> str:
    return counted(number, "search", "searches")
