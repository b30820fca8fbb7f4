"""Paths: what visitors do next, where they leave, and what leads to the goal."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ..._core.arrays import run_starts
from ..._core.checks import confidence_level, integer, names, one_of, show
from ..._core.engines import tell_library_errors
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.tables import build_table
from ..._core.texts import counted
from ..._stats.intervals import normal_quantile
from .._log.sessions import parse_gap
from .markov import estimate_chain
from .read import END, START, PathOptions, PathUnit
from .result import Paths
from .sequences import sequence_columns
from .summary import notes_on_history
from .transitions import Columns, count_transitions, state_columns, transition_columns
from .visits import Visits, first_visits, read_visits

UNITS = ("session_id", "visitor_id", "customer_id")
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
    one_of("unit", unit, UNITS)
    collapse = one_of("collapse", collapse, (True, False))
    confidence = confidence_level(level)
    n_steps = integer("depth", depth, low=1, high=MAX_DEPTH)
    options = PathOptions(
        state=_text("state", state, "the name of a column, such as 'event' or 'page'"),
        goal=_goals(goal),
        focus=None if focus is None else _text("focus", focus, "the name of a state as text, such as 'view_item'"),
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


def _text(argument: str, value: object, description: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`{argument}` must be {description}, got {show(value)} of type {type(value).__name__}")
    return value


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
            text = f"{counted(n_rest, 'rarer sequence')} {name} {focus} not listed"
            notes.append(Note(text, code=f"rare_sequences_{name}", count=n_rest))
    return tables, notes


def _rows(columns: Columns) -> list[Columns]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
