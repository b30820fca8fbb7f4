"""Paths: what visitors do next, where they leave, and what leads to the goal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

import narwhals.stable.v2 as nw

from ..._core.arrays import run_starts
from ..._core.checks import confidence_level, integer, names, one_of, show, text
from ..._core.engines import tell_library_errors
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.tables import build_table
from ..._core.texts import LOCALES, Locale, counted
from ..._stats.intervals import normal_quantile
from .._log.sessions import parse_gap
from .markov import estimate_chain
from .read import END, START, PathOptions, PathUnit
from .sequences import sequence_columns
from .summary import headline, notes_on_history, summarize
from .transitions import Columns, count_transitions, state_columns, transition_columns
from .visits import Visits, first_visits, read_visits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["flow", "matrix", "before", "after"]
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
        from .flow_layout import select_states
        from .plot import draw_flow, draw_matrix
        from .plot_sequences import draw_sequences

        one_of("kind", kind, get_args(Kind))
        one_of("locale", locale, LOCALES)
        if kind in ("flow", "matrix"):
            n_states = integer("top", DEFAULT_TOP[kind] if top is None else top, low=1, high=MAX_DRAWN_STATES)
            drawn = select_states(self._rows("states"), self._rows("transitions"), self.goal, n_states)
            return (draw_flow if kind == "flow" else draw_matrix)(drawn, self.goal, ax, locale)
        if self.tables.get(kind) is None or self.focus is None:
            raise ValueError(f"`kind` {kind!r} needs paths(..., focus=) with an event that has something {kind} it")
        return draw_sequences(self._rows(kind), self.focus, self.goal, kind == "after", ax, locale)

    @property
    def _noun(self) -> str:
        return self.unit.removesuffix("_id")

    def _rows(self, name: str) -> list[dict[str, Any]]:
        frame = opened(self.tables[name], argument=name)
        assert isinstance(frame, nw.DataFrame)
        return frame.rows(named=True)


MAX_STATES = 200
MAX_DEPTH = 10


@tell_library_errors
def paths(
    events: object,
    /,
    *,
    focus: str | None = None,
    state: str = "event",
    goal: str | Sequence[str] = "purchase",
    depth: int = 3,
    collapse: bool = True,
    unit: PathUnit = "session_id",
    gap: str | timedelta | None = None,
    top: int = 50,
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> Paths:
    r"""Measure what visitors do next, where they enter and leave, how long they stay, and what leads to the goal.

    Parameters
    ----------
    events : table of events
        Any library's table with visitor_id, event and occurred_at, and the column that `state` names.
    focus : str, optional
        A state: the sequences before its first visit in each path, and after it, are counted. "(start)" gives how
        paths begin, "(end)" how those end that are over.
    state : str, default "event"
        The column whose values are the states, such as "event", "page" or "category".
    goal : str or sequence of str, default "purchase"
        What a path is to reach: names of events, or states. Where `state` is another column, an event of the goal is a
        state of its own name.
    depth : int, default 3
        How far before and after the focus, 1 to 10.
    collapse : bool, default True
        Take events that repeat a state, one after the other, as one visit that lasts from the first of them on.
    unit : {"session_id", "visitor_id", "customer_id"}
        What a path is: a session of a visitor, or all events of a visitor or customer.
    gap : str or timedelta, optional
        The pause after which a path is over. A session is that of session_id where an event has one, else it ends with
        a pause of more than this, 30 minutes by default, see :func:`ecommine.funnel.sessions`. Of visitors and
        customers it only tells which paths may still go on; without it, none.
    top : int, default 50
        The most frequent states that are kept, at most 200; the others are pooled as "(other)". The goal and the focus
        are always kept, and count among them.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Events after it are left out.
    level : float
        Level of the intervals, 0.5 to 0.999999.

    Returns
    -------
    Paths
        Frozen; all its tables are eager: of the caller's library, Polars for a LazyFrame, else pandas.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    TypeError
        If `goal` is no name or names, `focus` or `state` no text, or the values of a column are of types that have no
        order.
    ValueError
        If an option is out of its range, there is no such focus or column, or a state is named "(start)", "(end)" or
        "(open)".

    Notes
    -----
    Events of one moment are taken in the order of GA4's names, others by name. Intervals are Wilson's with an
    effective number of trials, as events of one visitor are correlated; where all trials are alike, visitors count.
    Times are quartiles of those observed.

    A path whose last event is no longer before `as_of` than the gap may go on: nothing follows its last visit, it is
    no exit and no bounce, and it counts neither for nor against the goal.

    The chances are those of an absorbing Markov chain of the paths that are over, up to the first goal of each: with
    :math:`Q` from state to state, :math:`r` to the goal, and :math:`N = (I - Q)^{-1}`, the goal is reached with chance
    :math:`b = N r`, by those that reach it in :math:`(N b)_i / b_i` steps. A chain forgets the steps before
    a state; ``goal_observed`` does not. ``p_value`` compares them, from 50 paths on, and a note names the states where
    they differ by a tenth or more, and by more than chance after Bonferroni's correction.

    On Spark the columns that are used are brought into memory.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov chains. Van Nostrand. Chapter III.

    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association 22(158), 209-212. https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": [1, 1, 1, 2, 2, 3],
    ...     "event": ["view_item", "add_to_cart", "purchase", "view_item", "add_to_cart", "view_item"],
    ...     "occurred_at": pd.to_datetime(["2024-01-01 10:00", "2024-01-01 10:05", "2024-01-01 10:06",
    ...                                    "2024-01-03 12:00", "2024-01-03 12:15", "2024-01-04 08:00"]),
    ... })
    >>> found = funnel.paths(events, focus="add_to_cart", as_of="2024-02-01")
    >>> found.table[["state", "next_state", "transitions", "share", "seconds_median"]].round(3)
             state   next_state  transitions  share  seconds_median
    0      (start)    view_item            3  1.000             NaN
    1    view_item  add_to_cart            2  0.667           600.0
    2    view_item        (end)            1  0.333             NaN
    3  add_to_cart     purchase            1  0.500            60.0
    4  add_to_cart        (end)            1  0.500             NaN
    5     purchase        (end)            1  1.000             NaN
    >>> found.after[["path", "paths", "goal_share"]]
                                 path  paths  goal_share
    0  add_to_cart → purchase → (end)      1         1.0
    1             add_to_cart → (end)      1         0.0
    """
    one_of("unit", unit, get_args(PathUnit))
    collapse = one_of("collapse", collapse, (True, False))
    confidence = confidence_level(level)
    n_steps = integer("depth", depth, low=1, high=MAX_DEPTH)
    options = PathOptions(
        state=text("state", state, example="'event' or 'page', the name of a column"),
        goal=_goals(goal),
        focus=None if focus is None else text("focus", focus, example="'view_item', the name of a state"),
        unit=unit,
        gap=None if gap is None else parse_gap(gap),
        collapse=collapse,
        top=integer("top", top, low=1, high=MAX_STATES),
        as_of=as_of,
    )
    frame = opened(events, argument="events")
    visits, z = read_visits(frame, options), normal_quantile(confidence)
    transitions, first = count_transitions(visits, z), first_visits(visits)
    states = state_columns(visits, transitions, first, estimate_chain(visits, first, z), z)
    sequences, notes_on_sequences = _sequences(visits, focus, n_steps, z)
    return Paths(
        table=build_table(transition_columns(visits, transitions), like=frame),
        states=build_table(states, like=frame),
        **{name: None if columns is None else build_table(columns, like=frame) for name, columns in sequences.items()},
        state=options.state,
        goal=options.goal,
        focus=focus,
        unit=unit,
        visitors=int(run_starts(visits.visitor).sum()),
        level=confidence,
        as_of=visits.as_of,
        notes=(*visits.notes, *notes_on_sequences, *notes_on_history(_rows(states), confidence)),
    )


def _goals(goal: object) -> tuple[str, ...]:
    events = names("goal", goal, of="events")
    if not events:
        raise TypeError(f"`goal` must be one or several names of events, got {show(goal)}")
    return tuple(dict.fromkeys(events))


def _sequences(visits: Visits, focus: str | None, depth: int, z: float) -> tuple[dict[str, Columns | None], list[Note]]:
    """Return the tables of what comes before the focus and after it, None where nothing can."""
    tables: dict[str, Columns | None] = {}
    notes = []
    for name, edge in (("before", START), ("after", END)):
        tables[name] = None
        if focus is None or focus == edge:
            continue
        tables[name], n_rest = sequence_columns(visits, focus, forward=name == "after", depth=depth, z=z)
        if n_rest:
            sentence = f"{counted(n_rest, 'rarer sequence')} {name} {focus} not listed"
            notes.append(Note(sentence, code=f"rare_sequences_{name}", count=n_rest))
    return tables, notes


def _rows(columns: Columns) -> list[Columns]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
