"""Paths: what visitors do next, where they leave, and what leads to the goal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from ..._core.arrays import run_starts
from ..._core.checks import confidence_level, counted, integer, one_of
from ..._core.frames import opened
from ..._core.results import Result
from ..._core.texts import Locale
from .._curves import normal_quantile
from .._log.sessions import parse_gap
from .._writing import built
from .markov import chain_of
from .sequences import sequence_columns
from .summary import apart, known, over_of, path_sentences, percent_of
from .transitions import Columns, first_visits, state_columns, steps_of, transition_columns
from .visits import END, START, PathUnit, Visits, read_visits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["flow", "matrix", "before", "after"]
UNITS = ("session_id", "visitor_id", "customer_id")
MOST_STATES, DEEPEST = 200, 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Paths(Result):
    """Paths through a shop; made by :func:`ecommine.funnel.paths`.

    Attributes
    ----------
    table : eager table, one row a state and next state
        state, next_state, transitions (count, of the visits that ended before the last gap);
        share (of all that follows the state), share_low, share_high;
        seconds_p25, seconds_median, seconds_p75 (from the visit to the next one). The state "(start)" stands before the
        first visit of each path, the next state "(end)" after the last one of a path that is over.
    states : eager table, one row a state, "(start)" first, which stands for all paths
        events, visits (repeats are one visit, with ``collapse``), paths (that come to it), entries (paths that begin
        with it), exits (paths that end with it), timed (visits of which it is known how long they took); position (of
        the first visit in its path, on average); bounce_rate (paths of a single event among those that begin with it),
        exit_rate (visits that are the last one of their path), seconds_p25, seconds_median, seconds_p75 (from the visit
        to the next one; of the last visit of a path it is unknown); goal_chance (share that reaches the goal if only
        the present state mattered) beside goal_observed (of the finished paths that came to the state before the goal,
        the share that reached it); p_value (of their difference); steps_to_goal and steps_to_end (expected steps of
        those that reach the goal, and of the others, if only the present state mattered). Rates, chances and steps have
        ``_low`` and ``_high``.
    before, after : eager tables, one row a sequence, or None
        What comes before the first visit to the focus of each path, and after it: path (as text), step_1 (the nearest)
        and so on, null beyond the end of the path; paths (count), share (of the paths with the focus), share_low,
        share_high; goal_share (of those that are over, the share that reaches the goal after the focus: again, where
        the focus is the goal; null before the goal and before "(end)"), goal_share_low, goal_share_high. "(open)" is
        the end of a path that may still go on.
    of, goal, focus, unit, level
        As given.
    visitors : int
        Visitors (or customers) whose paths they are.
    as_of : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out, what is not decided yet, and where the present state is not all that matters.

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
    of: str
    goal: tuple[str, ...]
    focus: str | None
    unit: PathUnit
    visitors: int
    level: float
    as_of: datetime | None
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        states = self._rows("states")
        start, when = states[0], "" if self.as_of is None else f"as of {self.as_of:%Y-%m-%d %H:%M}, "
        share = start["goal_observed"]
        over = over_of(states)
        among = "" if over == start["visits"] else f" of the {over:,} that are over"
        end = f", {percent_of(share)}{among} reach {' or '.join(self.goal)}" if known(share) else ""
        noun = "customer" if self.unit == "customer_id" else "visitor"
        whose = f" of {counted(self.visitors, noun)}" if self.unit == "session_id" else ""
        n_states = counted(len(states) - 1, "state")
        return f"{when}{counted(start['visits'], self.unit.removesuffix('_id'))}{whose}, {n_states}{end}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        all_tables = {"transitions": self.table, "states": self.states, "before": self.before, "after": self.after}
        return {name: table for name, table in all_tables.items() if table is not None}

    def summary(self, *, locale: Locale = "en") -> str:
        """Say in two to five sentences how many reach the goal, where paths begin and end, and what leads on."""
        one_of("locale", locale, ("en", "zh"))
        states, transitions = self._rows("states"), self._rows("transitions")
        return path_sentences(states, transitions, self.goal, self.focus, self.unit, self.level, locale)

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
            States that are shown, the others are taken together: by default 8 in a flow, 14 in a matrix. No use before
            and after.
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
        one_of("kind", kind, ("flow", "matrix", "before", "after"))
        one_of("locale", locale, ("en", "zh"))
        if kind in ("flow", "matrix"):
            from .plot import draw_flow, draw_matrix

            shown = integer("top", top if top is not None else 8 if kind == "flow" else 14, low=1, high=40)
            draw = draw_flow if kind == "flow" else draw_matrix
            return draw(self._rows("states"), self._rows("transitions"), self.goal, shown, ax, locale)
        from .plot_sequences import draw_sequences

        if self.tables.get(kind) is None or self.focus is None:
            raise ValueError(f"`kind`: nothing is known {kind} a focus: give paths(..., focus=) an event to look at")
        return draw_sequences(self._rows(kind), self.focus, self.goal, kind == "after", ax, locale)

    def _rows(self, name: str) -> list[dict[str, Any]]:
        frame = opened(self.tables[name], argument=name)
        assert isinstance(frame, nw.DataFrame)
        return frame.rows(named=True)


def paths(
    events: object,
    /,
    *,
    focus: str | None = None,
    of: str = "event",
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
        Any library's table with visitor_id, event and occurred_at, and the column that `of` names.
    focus : str, optional
        A state whose surroundings are told: the sequences before its first visit in each path and after it. "(start)"
        gives how paths begin, "(end)" how those end that are over.
    of : str, default "event"
        The column whose values are the states, such as "event", "page" or "category".
    goal : str or sequence of str, default "purchase"
        What a path is to reach: names of events, or states. Where `of` is another column, an event of the goal is a
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
        The most frequent states that are told apart, at most 200; the others are "(other)". The goal and the focus are
        always told apart, and count among them.
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
        If `goal` is no name or names, `focus` or `of` no text, or the values of a column are of types that have no
        order.
    ValueError
        If an option is out of its range, there is no such focus or column, or a state is named "(start)", "(end)" or
        "(open)".

    Notes
    -----
    Events of one moment are taken in the order of GA4's names, others by name. Intervals are Wilson's; what one visitor
    does belongs together (the effective number of trials comes from sums over visitors), and where all trials are
    alike, visitors count. Times are quartiles of what was seen.

    A path whose last event is no longer before `as_of` than the gap may go on: nothing follows its last visit, it is
    no exit and no bounce, and it counts neither for nor against the goal.

    The chances are those of an absorbing Markov chain of the paths that are over, up to the first goal of each: with
    :math:`Q` from state to state, :math:`r` to the goal, and :math:`N = (I - Q)^{-1}`, the goal is reached with chance
    :math:`b = N r`, by those that reach it in :math:`(N b)_i / b_i` steps. A chain forgets how a state was come to;
    ``goal_observed`` does not. ``p_value`` compares them, from 50 paths on, and a note names the states where they
    differ by a tenth or more, and by more than chance after Bonferroni's correction.

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
    goals = _goals(goal)
    _check_text("of", of, "the name of a column, such as 'event' or 'page'")
    if focus is not None:
        _check_text("focus", focus, f"the name of a state as text, such as {str(focus)!r}")
    one_of("unit", unit, UNITS)
    one_of("collapse", collapse, (True, False))
    steps_near, most = integer("depth", depth, low=1, high=DEEPEST), integer("top", top, low=1, high=MOST_STATES)
    confidence = confidence_level(level)
    z = normal_quantile(confidence)
    visits = read_visits(
        events,
        of=of,
        goal=goals,
        focus=focus,
        unit=unit,
        gap=None if gap is None else parse_gap(gap),
        collapse=collapse,
        top=most,
        as_of=as_of,
    )
    like = opened(events, argument="events")
    steps, firsts = steps_of(visits, z), first_visits(visits)
    states = state_columns(visits, steps, firsts, chain_of(visits, firsts, z), z)
    around, notes = _around(visits, focus, steps_near, z)
    return Paths(
        table=built(transition_columns(visits, steps), like),
        states=built(states, like),
        before=None if around[0] is None else built(around[0], like),
        after=None if around[1] is None else built(around[1], like),
        of=of,
        goal=goals,
        focus=focus,
        unit=unit,
        visitors=int(run_starts(visits.visitor).sum()),
        level=confidence,
        as_of=visits.until,
        notes=(*visits.notes, *notes, *_memory(states, confidence)),
    )


def _goals(goal: object) -> tuple[str, ...]:
    names: tuple[object, ...] = (goal,) if isinstance(goal, str) or not isinstance(goal, Iterable) else tuple(goal)
    found = [one for one in names if isinstance(one, str) and one]
    if not found or len(found) < len(names):
        raise TypeError(f"`goal` must be the name of an event, or several, got {goal!r}")
    return tuple(dict.fromkeys(found))


def _check_text(argument: str, value: object, what: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"`{argument}` must be {what}, got {value!r} of type {type(value).__name__}")


def _around(
    visits: Visits, focus: str | None, depth: int, z: float
) -> tuple[tuple[Columns | None, Columns | None], list[str]]:
    """Write what comes before the focus, and after it."""
    found: list[Columns | None] = []
    notes = []
    for forward, nothing in ((False, START), (True, END)):
        if focus is None or focus == nothing:
            found.append(None)
            continue
        columns, hidden = sequence_columns(visits, focus, forward=forward, depth=depth, z=z)
        found.append(columns)
        if hidden:
            notes.append(f"{counted(hidden, 'rarer sequence')} {'after' if forward else 'before'} {focus} not listed")
    return (found[0], found[1]), notes


def _memory(states: Columns, level: float) -> list[str]:
    """Name the states where the chain and what was observed disagree."""
    rows = [dict(zip(states, row, strict=True)) for row in zip(*states.values(), strict=True)]
    found = apart(rows, level)
    if not found:
        return []
    told = [
        f"{row['state']} ({percent_of(row['goal_observed'])} observed, {percent_of(row['goal_chance'])} by the chain)"
        for row in found[:3]
    ]
    more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
    return [f"what came before matters: the chance to reach the goal differs after {', '.join(told)}{more}"]
