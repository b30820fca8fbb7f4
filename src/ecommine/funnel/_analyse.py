"""A funnel measured: how many reach each step, what is not decided yet, and how long it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import counted, number, one_of
from .._core.frames import build, opened
from .._core.results import Result
from ._definition import Funnel, Step, funnel_of
from ._summary import Locale, sentences
from ._table import Measured, measure, merged, unit_columns
from ._tracks import UNITS, Unit, read_tracks
from ._walk import Reach, walk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_GROUPS = 50
TREND = 0.01
"""p-value below which a trend is told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FunnelResult(Result):
    """A funnel measured; made by :func:`ecommine.funnel.analyse`, `from_counts` and `from_reached`.

    Attributes
    ----------
    table : eager table, one row a step (and group)
        The column of `by`; step; reached (units); conversion (share of those that entered), conversion_low,
        conversion_high; step_conversion (share of those that reached the step before), step_conversion_low,
        step_conversion_high; dropped (stopped before this step, window over); immature (not here yet, window open);
        skipped (a later step without this one); naive_conversion (reached over entered, open windows counted as lost);
        seconds_p25, seconds_median, seconds_p75 (from the entry to the step, of the attempt that reached it first).
    definition : Funnel or None
        The funnel.
    unit : str
        What is counted.
    entrants : int
        Units that entered.
    by : str or None
        The column of groups.
    level : float
        Level of the intervals.
    as_of : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out, what is not decided yet, and what is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> found = funnel.from_counts({"home": 90_400, "search": 45_200, "payment": 6_030, "confirmation": 452})
    >>> found.headline
    '4 steps, 90,400 users entered, 0.5% reached confirmation'
    >>> found.table[["step", "reached", "conversion", "step_conversion"]].round(4)
               step  reached  conversion  step_conversion
    0          home    90400      1.0000           1.0000
    1        search    45200      0.5000           0.5000
    2       payment     6030      0.0667           0.1334
    3  confirmation      452      0.0050           0.0750
    """

    table: Any
    definition: Funnel | None
    unit: str
    entrants: int
    by: str | None
    level: float
    as_of: datetime | None
    notes: tuple[str, ...]
    _all: Measured
    _groups: tuple[tuple[Any, Measured], ...] = ()
    _reach: Reach | None
    _ids: Any

    @property
    def units(self) -> Any:
        """One row a unit that entered, sorted by id, as an eager table; None for a funnel of totals.

        Its id, deepest_step, first_entered_at, entered_at (of the attempt that reached the deepest step first) and
        deepest_at. Made when asked for.
        """
        if self._reach is None or self.definition is None:
            return None
        return _units(self._reach, self._ids, self.definition, self.unit, opened(self.table, argument="table"))

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        when = "" if self.as_of is None else f"as of {self.as_of:%Y-%m-%d %H:%M}, "
        noun = self.unit.removesuffix("_id")
        last = self._all.rows[-1]
        share = last["conversion"] if last["conversion"] == last["conversion"] else last["naive_conversion"]
        end = f", {share:.1%} reached {last['step']}" if share == share else ""
        window = "" if self.definition is None else f" within {self.definition.text}"
        return f"{when}{len(self._all.rows)} steps{window}, {counted(self.entrants, noun)} entered{end}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"steps": self.table} if self._reach is None else {"steps": self.table, "units": self.units}

    def group(self, value: object) -> "FunnelResult":
        """Take one group of `by` as a funnel of its own, such as one to compare with another.

        Parameters
        ----------
        value : object
            The value of the column `by`; None for units whose value is unknown.

        Raises
        ------
        ValueError
            If the funnel has no groups, or none of this value.
        """
        from ._group import one_group

        return one_group(self, value)

    def summary(self, *, locale: Locale = "en") -> str:
        """Say in two to four sentences how many convert, where most are lost, and what is not decided yet."""
        one_of("locale", locale, ("en", "zh"))
        return sentences(self._all, self.unit, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the conversion to each step with its interval, group beside group.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_steps

        one_of("locale", locale, ("en", "zh"))
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        return draw_steps(frame, self.by, self.level, ax, locale)


def analyse(
    events: object,
    definition: Funnel | Sequence[str | Step],
    /,
    *,
    by: str | None = None,
    unit: Unit = "visitor_id",
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> FunnelResult:
    r"""Measure a funnel: how many units reach each step, within which time, and where they are lost.

    Parameters
    ----------
    events : table of events
        Any library's table with visitor_id, event and occurred_at, and the columns that `by` and the steps name.
    definition : Funnel, or sequence of steps
        A list of names is a funnel with a window of 7 days and re-entry.
    by : str, optional
        A column; each unit belongs to the group of its first entry. At most 50 groups.
    unit : {"visitor_id", "customer_id", "session_id"}
        What is counted. Sessions of one visitor are taken together in the intervals.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Events after it are left out.
    level : float
        Level of the intervals.

    Returns
    -------
    FunnelResult
        Frozen; ``.table`` and ``.units`` are eager: of the caller's library, Polars for a LazyFrame, else pandas.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    ValueError
        If an option is out of its range, or `by` or a condition names a column that is not there.

    Notes
    -----
    Other events between two steps do not matter. No event is used for two steps; events of one moment are taken in the
    order of the steps. A unit reaches a step if any of its entries leads to it in order within the window (with
    ``reentry=False``, its first entry).

    An entrant whose window is not over at `as_of`, counted from the first entry, may still convert. Conversion is
    Kaplan and Meier's estimate at the window, from the entry to each step; from step to step it is the ratio of two
    such estimates. Intervals are Wilson's with the effective sample size from influence functions. It assumes that
    earlier and later entrants convert alike; a note tells if they do not. While every window is open, conversion is
    null and only the naive count is known.

    On Spark the events of the steps are brought into memory.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the American
    Statistical Association 53(282), 457-481. https://doi.org/10.1080/01621459.1958.10501452

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": [1, 1, 1, 2, 2, 3],
    ...     "event": ["view_item", "add_to_cart", "purchase", "view_item", "purchase", "view_item"],
    ...     "occurred_at": pd.to_datetime(["2024-01-01 10:00", "2024-01-01 10:05", "2024-01-02 09:00",
    ...                                    "2024-01-03 12:00", "2024-01-03 12:30", "2024-01-04 08:00"]),
    ... })
    >>> found = funnel.analyse(events, ["view_item", "add_to_cart", "purchase"], as_of="2024-02-01")
    >>> found.table[["step", "reached", "dropped", "skipped", "seconds_median"]]
              step  reached  dropped  skipped  seconds_median
    0    view_item        3        0        0             0.0
    1  add_to_cart        1        2        1           300.0
    2     purchase        1        0        0         82800.0
    """
    one_of("unit", unit, UNITS)
    confidence = number("level", level, low=0.5, high=0.999999)
    funnel = funnel_of(definition)
    like = opened(events, argument="events")
    tracks = read_tracks(events, funnel, unit=unit, by=by, as_of=as_of)
    reach = walk(tracks, funnel)
    if len(tracks.labels) > MOST_GROUPS:
        raise ValueError(f"`by`: {by!r} has {len(tracks.labels):,} values, at most {MOST_GROUPS} can be compared")
    until = int(np.datetime64(tracks.until or datetime(1970, 1, 1), "us").astype(np.int64))
    whole = measure(reach, funnel, tracks.visitor, until, confidence)
    groups = [
        (label, measure(reach.take(reach.group == place), funnel, tracks.visitor, until, confidence))
        for place, label in enumerate(tracks.labels)
    ]
    found = [(None, whole)] if by is None else [pair for pair in groups if pair[1].entrants]
    return FunnelResult(
        table=_built(merged(iter(found), by), like),
        definition=funnel,
        unit=unit,
        entrants=whole.entrants,
        by=by,
        level=confidence,
        as_of=tracks.until,
        notes=(*tracks.notes, *_told(whole, unit)),
        _all=whole,
        _groups=tuple(groups),
        _reach=reach,
        _ids=tracks.units,
    )


def _told(whole: Measured, unit: str) -> list[str]:
    """Say what is not decided yet, and what the estimate cannot know."""
    noun = unit.removesuffix("_id")
    notes = []
    if whole.open and whole.open == whole.entrants:
        notes.append(f"the window of every {noun} is still open: only the naive conversion is known")
    elif whole.open:
        notes.append(f"the window of {counted(whole.open, noun)} is still open: conversion is estimated from all")
    if whole.trend is not None and whole.trend < TREND:
        notes.append(
            f"earlier and later entrants convert differently (p = {whole.trend:.1g}): conversion is that of no one time"
        )
    return notes


def _built(columns: dict[str, Any], like: Any) -> Any:
    frame = build({name: _array(values) for name, values in columns.items()}, like=like)
    return _with_nulls(frame).to_native()


def _array(values: list[Any]) -> Any:
    return np.array(values) if values and isinstance(values[0], (int, float)) else values


def _with_nulls(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Make unknown numbers null where that is not NaN: in Polars NaN is above every number."""
    if frame.implementation.is_pandas_like():
        return frame
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in floats)


def _units(reach: Reach, ids: "np.ndarray[Any, Any]", funnel: Funnel, unit: str, like: Any) -> Any:
    columns = unit_columns(reach, ids, funnel)
    mine = columns.pop("unit")
    if len(mine):
        return build({unit: mine, **columns}, like=like).to_native()
    one = {unit: [0 if ids.dtype.kind in "iu" else ""], "deepest_step": [""]}
    times = {name: np.zeros(1, "datetime64[us]") for name in ("first_entered_at", "entered_at", "deepest_at")}
    return build({**one, **times}, like=like).head(0).to_native()
