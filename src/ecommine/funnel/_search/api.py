"""Searches: what visitors search for, what they find, and which queries to improve first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..._core.checks import confidence_level, integer, one_of
from ..._core.durations import fixed_length
from ..._core.engines import tell_library_errors
from ..._core.frames import opened
from ..._core.moments import length_to_microseconds
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.tables import build_table
from ..._core.texts import LOCALES, Locale
from .opportunities import GainUnit, gain_unit, opportunity_columns, reason_columns
from .outcomes import find_outcomes
from .position_bias import MAX_POSITIONS, read_positions
from .read import NONE, Attribution, SearchOptions, read_search_log
from .summary import headline, notes_on_searches, summarize, total_searches
from .table import measure_searches, position_columns, query_columns, reformulation_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["opportunities", "positions"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Searches(Result):
    """Searches measured; made by :func:`ecommine.funnel.search`.

    Attributes
    ----------
    table : eager table, one row per query, most searched first
        query (in one spelling: folded case, single spaces, NFKC); spelling (the most frequent one); searches; visitors;
        pending (searches whose session is not over); zero_result_rate (of searches whose results are known); click_rate
        (any click before the next search); relative_click_rate (clicks over those that the positions shown would bring
        a typical query); reformulation_rate (replaced soon by another query, without a click); top_reformulation;
        conversion (a purchase is credited); revenue; revenue_per_search; exit_rate (nothing follows). Shares and
        revenue_per_search have ``_low`` and ``_high``.
    opportunities : eager table, one row per query, largest potential gain first
        query, spelling, reason ("zero_results", "few_clicks", "reformulated", "few_purchases"), searches (that the
        reason is about), rate, rate_low, rate_high, typical (of all queries), shrunk (the rate drawn to the typical
        one, the more the rarer the query), potential_gain (what a typical rate would add), p_value, q_value (worse than
        the rest; corrected for the queries tested for the same reason).
    reasons : eager table, one row per query and reason
        The same columns, for all reasons, in the order of ``table``.
    reformulations : eager table, one row per query and the query that replaced it, most frequent first
        query, next_query, searches, share (of the searches of the first), next_found_rate, next_click_rate (how often
        the second had results, and a click).
    positions : eager table, one row per position
        position, shown and clicked (searches), click_rate, examination (clicks per search of a typical query),
        examination_low, examination_high; empty where positions are not known.
    potential_gain_in : {"money", "purchases", "clicks"}
        What ``potential_gain`` counts.
    searches : int
        Searches that have a query.
    level : float
        Level of the intervals.
    as_of : datetime or None
        The moment up to which events count.
    notes : tuple of Note
        What was left out, merged and assumed; see Notes for their codes.

    Notes
    -----
    Codes of ``notes``, with the count that the sentence names:

    ======================== =====================================================================
    code                     meaning
    ======================== =====================================================================
    events_without_id        events without a visitor_id
    events_without_name      events without a name
    rows_after_as_of         events after `as_of`
    repeated_searches_merged events that repeat a search
    searches_without_query   searches without a query
    unknown_result_count     searches without a result_count
    clicks_before_search     clicks before any search of their session
    sessions_in_progress     searches whose session is not over: they are in no rate of what follows
    open_window              searches that may still be credited with a purchase
    rare_queries             queries with fewer than `min_searches`, which have no row
    no_select_item           view_item is taken as a click (no count)
    no_purchases             there are no purchases (no count)
    no_purchase_values       no purchase has a value (no count)
    purchases_without_value  purchases without a value, where others have one
    credited_to_last_search  clicks or purchases name no products (no count)
    purchases_without_search purchases that are credited to no search
    no_positions             there is no `position` (no count)
    few_positions            clicks with a position, too few for the relative click rate
    clicks_without_position  clicks without a position
    clicks_beyond_page       clicks beyond the page
    assumed_page_size        results on a page, as the clicks show
    ======================== =====================================================================

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
    opportunities: Any
    reasons: Any
    reformulations: Any
    positions: Any
    potential_gain_in: GainUnit
    searches: int
    level: float
    as_of: datetime | None
    notes: tuple[Note, ...]
    _totals: dict[str, Any]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        return headline(self._totals, self.as_of)

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        names = ("opportunities", "reasons", "reformulations", "positions")
        return {"queries": self.table, **{name: getattr(self, name) for name in names}}

    def summary(self, *, locale: Locale = "en") -> str:
        """Write two to four sentences: how searches end, and which queries to improve first."""
        one_of("locale", locale, LOCALES)
        opportunities = opened(self.opportunities, argument="opportunities")
        return summarize(self._totals, opportunities, self.potential_gain_in, locale)

    def plot(self, ax: "Axes | None" = None, *, kind: Kind = "opportunities", locale: Locale = "en") -> "Axes":
        """Draw the queries to improve first, or the clicks by position.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"opportunities", "positions"}
            The potential gain by query, in the colour of its reason; or the plain click rate and the examination curve
            by position.
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
        from .plot import draw_opportunities, draw_positions

        one_of("kind", kind, get_args(Kind))
        one_of("locale", locale, LOCALES)
        if kind == "positions":
            return draw_positions(opened(self.positions, argument="positions"), self.level, ax, locale)
        opportunities = opened(self.opportunities, argument="opportunities")
        return draw_opportunities(opportunities, self.potential_gain_in, ax, locale)


@tell_library_errors
def search(
    events: object,
    /,
    *,
    gap: str | timedelta = "30min",
    within: str | timedelta | None = None,
    attribution: Attribution = "clicked",
    dedupe_within: str | timedelta = "10s",
    reformulation_within: str | timedelta = "5min",
    page_size: int | None = None,
    min_searches: int = 10,
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> Searches:
    r"""Measure how searches end, query by query: found, clicked, left, replaced, bought.

    Parameters
    ----------
    events : table of events
        Any library's table with visitor_id, event, occurred_at and query; session_id, result_count, position,
        product_id and value are used if present. Searches are the events search and view_search_results.
    gap : str or timedelta
        A longer pause begins a new session, for events without a session_id, see :func:`ecommine.funnel.sessions`; and
        a session is over after it.
    within : str or timedelta, optional
        How long after a search a purchase is credited to it, across sessions; by default within its session.
    attribution : {"clicked", "last"}
        Which search a purchase is credited to: the one under which its product was opened last, or the last one before
        it.
    dedupe_within : str or timedelta
        Events of one query with no click between and no longer pause are one search.
    reformulation_within : str or timedelta
        The time within which another query replaces one.
    page_size : int, optional
        Results on a page; by default the last position clicked, at most 50.
    min_searches : int
        Queries with fewer searches have no row; they count among the other queries.
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

    Shares have Jeffreys' intervals with an effective number of searches, as those of one visitor are correlated.
    The relative click rate fits :math:`c_{qk} \sim \text{Poisson}(n_{qk} r_q e_k)` for clicks of query q at position k.
    Revenue per search has an interval on the logarithmic scale, null below ten visitors with purchases.

    ``potential_gain`` ranks queries; it is no forecast: what a query would bring if it did as well as the typical one
    is not known until it is tried.

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
    one_of("attribution", attribution, get_args(Attribution))
    options = SearchOptions(
        gap=fixed_length(gap, argument="gap"),
        within=None if within is None else _microseconds(within, "within"),
        attribution=attribution,
        dedupe_within=_microseconds(dedupe_within, "dedupe_within"),
        reformulation_within=_microseconds(reformulation_within, "reformulation_within"),
        page_size=None if page_size is None else integer("page_size", page_size, low=1, high=MAX_POSITIONS),
        min_searches=integer("min_searches", min_searches, low=1),
        as_of=as_of,
        level=confidence_level(level),
    )
    frame = opened(events, argument="events")
    log = read_search_log(frame, options)
    outcomes = find_outcomes(log, options)
    has_query = outcomes.query != NONE
    positions, notes_on_positions = read_positions(log, outcomes.is_over & has_query, options.page_size)
    measures = measure_searches(
        outcomes.with_query(),
        None if positions is None else positions.take(has_query),
        len(log.texts),
        options.min_searches,
    )
    reasons = reason_columns(measures, log.texts, log.spellings, options.level)
    notes_on_log = notes_on_searches(log, outcomes, measures, options.min_searches)
    return Searches(
        table=build_table(query_columns(measures, log.texts, log.spellings, options.level), like=frame),
        opportunities=build_table(opportunity_columns(reasons), like=frame),
        reasons=build_table(reasons, like=frame),
        reformulations=build_table(reformulation_columns(measures, outcomes, log.texts), like=frame),
        positions=build_table(position_columns(measures.positions, options.level), like=frame),
        potential_gain_in=gain_unit(measures.outcomes),
        searches=len(measures.outcomes),
        level=options.level,
        as_of=log.events.as_of,
        notes=(*log.events.notes, *notes_on_log, *outcomes.notes, *notes_on_positions),
        _totals=total_searches(measures),
    )


def _microseconds(length: str | timedelta, argument: str) -> int:
    return length_to_microseconds(fixed_length(length, argument=argument))
