"""Searches: what visitors search for, what they find, and which queries to improve first."""

from datetime import date, datetime, timedelta

from ..._core.checks import confidence_level, integer, one_of
from ..._core.durations import fixed_length
from ..._core.engines import tell_library_errors
from ..._core.frames import opened
from ..._core.moments import length_to_microseconds
from ..._core.tables import build_table
from .opportunities import gain_unit, opportunity_columns, reason_columns
from .outcomes import find_outcomes
from .position_bias import MAX_POSITIONS, read_positions
from .read import NONE, Attribution, SearchOptions, read_search_log
from .result import Searches
from .summary import notes_on_searches, total_searches
from .table import measure_searches, position_columns, query_columns, reformulation_columns

ATTRIBUTIONS = ("clicked", "last")


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
    one_of("attribution", attribution, ATTRIBUTIONS)
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
