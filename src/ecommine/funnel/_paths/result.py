"""The result of paths: tables, sentences and plots."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from ..._core.checks import integer, one_of
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.texts import LOCALES, Locale, counted
from .read import PathUnit
from .summary import headline, summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["flow", "matrix", "before", "after"]
KINDS = ("flow", "matrix", "before", "after")
DEFAULT_TOP = {"flow": 8, "matrix": 14}
MAX_DRAWN_STATES = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Paths(Result):
    """Paths through a shop; made by :func:`ecommine.funnel.paths`.

    Attributes
    ----------
    table : eager table, one row per state and next state
        state, next_state, transitions (count, from visits that ended before the last gap);
        share (of all that follows the state), share_low, share_high;
        seconds_p25, seconds_median, seconds_p75 (from the visit to the next one). The state "(start)" stands before the
        first visit of each path, the next state "(end)" after the last one of a path that is over.
    states : eager table, one row per state, "(start)" first, which stands for all paths
        - events, visits (repeats are one visit, with ``collapse``), paths (that come to it), entries (paths that begin
          with it), exits (paths that end with it), timed (visits whose length is known); position (of the first visit
          in its path, on average);
        - bounce_rate (paths of a single event among those that begin with it), exit_rate (visits that are the last one
          of their path), seconds_p25, seconds_median, seconds_p75 (from the visit to the next one; unknown for the last
          visit of a path);
        - goal_chance (share that reaches the goal if only the present state mattered) and goal_observed (of the
          finished paths that came to the state before the goal, the share that reached it); p_value (of their
          difference); steps_to_goal and steps_to_end (expected steps of the paths that reach the goal, and of the
          others, if only the present state mattered). Rates, chances and steps have ``_low`` and ``_high``.
    before, after : eager tables, one row per sequence, or None
        What comes before the first visit to the focus of each path, and after it: path (as text), step_1 (the nearest)
        and so on, null beyond the end of the path; paths (count), share (of the paths with the focus), share_low,
        share_high; goal_share (of those that are over, the share that reaches the goal after the focus: again, where
        the focus is the goal; null before the goal and before "(end)"), goal_share_low, goal_share_high. "(open)" is
        the end of a path that may still go on.
    state, goal, focus, unit, level
        The options of the call.
    visitors : int
        Visitors (or customers) of the paths.
    as_of : datetime or None
        The moment up to which events count.
    notes : tuple of Note
        What was left out, what is not decided yet, and where earlier steps matter; see Notes for their codes.

    Notes
    -----
    Codes of ``notes``, with the count that the sentence names:

    ========================= =====================================================================
    code                      meaning
    ========================= =====================================================================
    events_without_id         events without a visitor_id or customer_id
    events_without_name       events without a name
    rows_after_as_of          events after `as_of`
    sessions_by_id            sessions are those of session_id (no count)
    sessions_by_gap           no event has a session_id: a pause ends a session (no count)
    events_without_session_id events without a session_id, in a log where others have one
    paths_without_end         paths of visitors or customers without a gap are never over (no count)
    events_without_state      events without a value of the column of states
    goal_not_found            no event is the goal (no count)
    open_paths                paths that may still go on
    states_pooled             values that are taken together as "(other)"
    rare_sequences_before     sequences before the focus that are not listed
    rare_sequences_after      sequences after the focus that are not listed
    history_matters           states after which the chain and the observed share differ
    ========================= =====================================================================

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": ["ann", "ann", "bob"], "event": ["view_item", "purchase", "view_item"],
    ...     "occurred_at": pd.to_datetime(["2024-03-01 10:00", "2024-03-01 10:05", "2024-03-02 09:00"]),
    ... })
    >>> found = funnel.paths(events, as_of="2024-03-31")
    >>> found.headline
    'as of 2024-03-31 23:59, 2 sessions of 2 visitors, 2 states, 50% reach purchase'
    >>> found.states[["state", "visits", "exits", "goal_chance", "goal_observed"]]
           state  visits  exits  goal_chance  goal_observed
    0    (start)       2      0          0.5            0.5
    1  view_item       2      1          0.5            0.5
    2   purchase       1      1          NaN            NaN
    """

    table: Any
    states: Any
    before: Any
    after: Any
    state: str
    goal: tuple[str, ...]
    focus: str | None
    unit: PathUnit
    visitors: int
    level: float
    as_of: datetime | None
    notes: tuple[Note, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        owners = f" of {counted(self.visitors, 'visitor')}" if self.unit == "session_id" else ""
        return headline(self._rows("states"), self.goal, self._noun, owners, self.as_of)

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        tables = {"transitions": self.table, "states": self.states, "before": self.before, "after": self.after}
        return {name: table for name, table in tables.items() if table is not None}

    def summary(self, *, locale: Locale = "en") -> str:
        """Write two to five sentences: how many paths reach the goal, where they begin and end, and what leads on."""
        one_of("locale", locale, LOCALES)
        states, transitions = self._rows("states"), self._rows("transitions")
        return summarize(states, transitions, self.goal, self.focus, self._noun, self.level, locale)

    def plot(
        self, ax: "Axes | None" = None, *, kind: Kind = "flow", top: int | None = None, locale: Locale = "en"
    ) -> "Axes":
        """Draw the paths.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"flow", "matrix", "before", "after"}
            The most frequent states from left to right with the steps between them; the shares of all next states in
            numbers; or what comes before and after the focus.
        top : int, optional
            States that are drawn; the others are taken together. By default 8 in a flow and 14 in a matrix. Not used
            before and after.
        locale : {"en", "zh"}
            The language of all text but the states.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ValueError
            If there is no such kind or locale, `top` is not in 1 to 40, or the kind is "before" or "after" and there is
            no such table: without a focus, before "(start)", after "(end)".
        ModuleNotFoundError
            If matplotlib is not installed.
        """
        one_of("kind", kind, KINDS)
        one_of("locale", locale, LOCALES)
        if kind in ("flow", "matrix"):
            n_states = integer("top", DEFAULT_TOP[kind] if top is None else top, low=1, high=MAX_DRAWN_STATES)
            return self._draw_transitions(ax, kind, n_states, locale)
        from .plot_sequences import draw_sequences

        if self.tables.get(kind) is None or self.focus is None:
            raise ValueError(f"`kind` {kind!r} needs paths(..., focus=) with an event that has something {kind} it")
        return draw_sequences(self._rows(kind), self.focus, self.goal, kind == "after", ax, locale)

    def _draw_transitions(self, ax: "Axes | None", kind: Kind, top: int, locale: Locale) -> "Axes":
        from .flow_layout import select_states
        from .plot import draw_flow, draw_matrix

        drawn = select_states(self._rows("states"), self._rows("transitions"), self.goal, top)
        return (draw_flow if kind == "flow" else draw_matrix)(drawn, self.goal, ax, locale)

    @property
    def _noun(self) -> str:
        return self.unit.removesuffix("_id")

    def _rows(self, name: str) -> list[dict[str, Any]]:
        frame = opened(self.tables[name], argument=name)
        assert isinstance(frame, nw.DataFrame)
        return frame.rows(named=True)
