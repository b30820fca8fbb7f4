"""The result of searches: tables, sentences and plots."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ..._core.checks import one_of
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.texts import LOCALES, Locale
from .opportunities import GainUnit
from .summary import headline, summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["opportunities", "positions"]
KINDS = ("opportunities", "positions")


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

        one_of("kind", kind, KINDS)
        one_of("locale", locale, LOCALES)
        if kind == "positions":
            return draw_positions(opened(self.positions, argument="positions"), self.level, ax, locale)
        opportunities = opened(self.opportunities, argument="opportunities")
        return draw_opportunities(opportunities, self.potential_gain_in, ax, locale)
