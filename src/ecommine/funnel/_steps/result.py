"""The result of a funnel: the table, the units, one group of it, sentences and plots."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import narwhals.stable.v2 as nw
import pandas as pd

from ..._core.checks import one_of, show
from ..._core.frames import Frame, opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.tables import build_table
from ..._core.texts import LOCALES, Locale, counted, is_known, percent, within_in_words
from .._definition import Funnel
from .._log.reading import example_value
from .._match.conditions import STEP_WITHOUT_EVENTS
from .groups import ENTRY_ATTRIBUTIONS
from .summary import data_quality_notes, funnel_sentences
from .table import FunnelEstimates, Labelled, StepEstimates, stack_rows
from .units import UnitStore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["steps", "panels", "time", "periods"]
DISPLAYED_COLUMNS = ("step", "reached", "conversion", "conversion_low", "conversion_high", "dropped", "pending")
"""Columns that fit on a screen."""
MAX_NAMED_GROUPS = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FunnelResult(Result):
    """Measured funnel; made by :func:`ecommine.funnel.analyse`, `from_counts` and `from_reached`.

    Attributes
    ----------
    table : eager table, one row per step (and group)
        period_at and complete (with `every`: start of the period, and whether it is over); the column of `by`; step;
        reached (units); conversion (share of entrants), conversion_low, conversion_high; step_conversion (share of
        those that reached the step before), step_conversion_low, step_conversion_high; dropped (units that reached the
        step before but not this one within a window that is over); pending (not reached yet, window still open);
        skipped (units with a later step but not this one); naive_conversion (reached over entrants, open windows
        counted as lost); seconds_p25, seconds_median, seconds_p75 (from the entry to the step, of the attempt that
        reached it first).
    definition : Funnel or None
        The funnel; None for one of totals or columns.
    unit : str
        What is counted.
    entrants : int
        Units that entered.
    by : str or None
        The column of groups.
    attribution : str
        Which event decides the group of a unit.
    every : str or None
        The length of the periods.
    level : float
        Level of the intervals.
    as_of : datetime or None
        The moment up to which events count.
    notes : tuple of Note
        What is left out, what is still open, and what to be careful about, by code.

    Notes
    -----
    ======================= ============================================================================================
    code of a note          meaning (count)
    ======================= ============================================================================================
    events_without_id       events without the id of a unit are left out (events)
    events_without_name     events without a name are left out (events)
    rows_after_as_of        events after `as_of` are left out (events)
    events_without_constant events without a value of `hold_constant` cannot be a step (events)
    users_without_entry     users without the first step are left out (users)
    step_without_events     no event matches a step (number of the step, from 1)
    open_window             units that may still get further, the sum of pending; survival curves estimate conversion
    all_windows_open        all windows are still open; conversion is null (units)
    later_attempts          units that reached the last step only after the window of their first entry (units)
    few_visitors            intervals of sessions or customers are from few visitors (visitors)
    conversion_changes      earlier and later entrants convert differently
    groups_by_outcome       groups depend on how far a unit got
    units_without_group     units never reached the step that decides the group (units)
    periods_of_unequal_age  earlier periods had more time for another attempt
    periods_by_first_entry  units belong to the period of their first entry, also those that come often
    one_group               the result is one group of a larger one
    ======================= ============================================================================================

    Examples
    --------
    >>> from ecommine import funnel
    >>> result = funnel.from_counts({"home": 90_400, "search": 45_200, "payment": 6_030, "confirmation": 452})
    >>> result.headline
    '4 steps, 90,400 users entered, 0.5% reached confirmation'
    """

    table: Any
    definition: Funnel | None
    unit: str
    entrants: int
    by: str | None
    attribution: str = "first"
    every: str | None
    level: float
    as_of: datetime | None
    notes: tuple[Note, ...]
    _estimates: StepEstimates
    _group_estimates: tuple[tuple[Any, StepEstimates], ...] = ()
    _period_estimates: tuple[Labelled, ...] = ()
    _store: UnitStore | None

    @property
    def units(self) -> Any:
        """One row per unit that entered, sorted by id, as an eager table; None for a funnel of totals or columns.

        Its id; the column of `by`, null where the group is unknown (absent with ``attribution="step"``); deepest_step;
        first_entered_at, entered_at (of the attempt that reached the deepest step first) and deepest_at; pending
        (whether the unit may get further). Computed on access; on Spark a lazy table, in any order.
        """
        if self._store is None:
            return None
        return self._store.table(self.unit, self.by, opened(self.table, argument="table"))

    @property
    def headline(self) -> str:
        """Moment, steps, window, entrants and conversion."""
        when = "" if self.as_of is None else f"as of {self.as_of:%Y-%m-%d %H:%M}, "
        noun = self.unit.removesuffix("_id")
        last = self._estimates.rows[-1]
        is_decided = is_known(last["conversion"])
        share = last["conversion" if is_decided else "naive_conversion"]
        reached = f", {percent(share)} reached {last['step']}{'' if is_decided else ' so far'}"
        end = reached if is_known(share) else ""
        window = "" if self.definition is None else f" {within_in_words(self.definition.window)}"
        return f"{when}{len(self._estimates.rows)} steps{window}, {counted(self.entrants, noun)} entered{end}"

    def _main(self) -> Any:
        return self.table

    def _shown(self) -> nw.DataFrame[Any]:
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        keys = [name for name in frame.columns if name in ("period_at", self.by)]
        return frame.select(*keys, *DISPLAYED_COLUMNS)

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"steps": self.table} if self._store is None else {"steps": self.table, "units": self.units}

    def group(self, value: object) -> "FunnelResult":
        """Return one group of `by`, or one period, as a result of its own, such as for a comparison.

        With groups and periods it is the group with its periods, of which another call returns one.

        Parameters
        ----------
        value : object
            The value of the column `by`, None for units whose value is unknown; or when the period begins.

        Raises
        ------
        ValueError
            If the funnel has no groups, or none with this value, or the value is a period and no group is chosen yet.
        """
        if self.by is None and self.every is None:
            raise ValueError("the funnel has no groups: measure it with by=... or every=...")
        if not isinstance(value, Hashable):
            raise TypeError(f"`value` must be one value of {self.by or 'period_at'!r}, got {show(value)}")
        key = self.by or "period_at"
        labels = [label for label, _ in self._group_estimates]
        index = _find_label(labels, value)
        if index is None:
            if _find_label([label["period_at"] for label, _ in self._period_estimates], value) is not None:
                raise ValueError(f"{value!r} is a period: choose the group first, result.group(...).group({value!r})")
            named = ", ".join(
                [*map(_format_label, labels[:MAX_NAMED_GROUPS]), *(["…"] if labels[MAX_NAMED_GROUPS:] else [])]
            )
            raise ValueError(f"`value`: {key!r} has no group {show(value)}; it has {named}")
        estimates = self._group_estimates[index][1]
        parts = self._period_estimates if self.by is not None else ()
        of_group = [(i, part) for i, part in enumerate(parts) if part[0][key] == labels[index]]
        periods = [({name: label[name] for name in label if name != key}, part) for _, (label, part) in of_group]
        columns = stack_rows(periods or [({}, estimates)])
        store = None if self._store is None else self._store.select([i for i, _ in of_group] or [index])
        return replace(
            self,
            table=build_table(columns, like=opened(self.table, argument="table")),
            entrants=estimates.entrants,
            by=None,
            every=self.every if periods else None,
            notes=self._group_notes(f"{key} {_format_label(labels[index])}", estimates),
            _estimates=estimates,
            _group_estimates=tuple((label["period_at"], part) for label, part in periods),
            _period_estimates=tuple(periods),
            _store=store,
        )

    def _group_notes(self, group: str, estimates: StepEstimates) -> tuple[Note, ...]:
        """Return the notes of one group: open windows and trends are its own, what was left out is not."""
        own_to_all = data_quality_notes(self._estimates, self.unit)
        left_out = [note for note in self.notes if note not in own_to_all]
        text = f"only {group}" + ("; other notes of what was left out are about all groups" if left_out else "")
        return (Note(text, code="one_group"), *left_out, *data_quality_notes(estimates, self.unit))

    def summary(self, *, locale: Locale = "en") -> str:
        """Return in a few sentences how many convert, where most are lost, which group does best, and what is open.

        Groups by a later step (`attribution`) are not ranked, as they depend on how far a unit got.
        """
        one_of("locale", locale, LOCALES)
        steps = [] if self.definition is None else [step.name for step in self.definition.steps]
        missing = [note.count for note in self.notes if note.code == STEP_WITHOUT_EVENTS]
        return funnel_sentences(
            self._estimates,
            self.unit,
            locale,
            groups=self._group_estimates if self.attribution in ENTRY_ATTRIBUTIONS else (),
            missing=[steps[number - 1] for number in missing if number is not None],
            any_order=self.definition is not None and self.definition.order == "any",
        )

    def plot(self, ax: "Axes | None" = None, *, kind: Kind | None = None, locale: Locale = "en") -> "Axes":
        """Draw the funnel.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"steps", "panels", "time", "periods"}, optional
            "steps": bars with intervals, groups side by side. "panels": one plot per group, in a new figure. "time":
            the share that has reached each step by the time since the entry; with groups, the last step only (for
            sessions on Spark this collects the units). "periods": conversion to the last step by period. By default
            "periods" with `every`, else "steps".
        locale : {"en", "zh"}
            The language of all text.

        Returns
        -------
        matplotlib Axes
            The axes, of panels the first.

        Raises
        ------
        ValueError
            If this kind does not fit the result: panels without groups, times of totals, no periods.
        """
        from .plot import draw_panels, draw_periods, draw_steps, draw_time

        one_of("locale", locale, LOCALES)
        kind = ("periods" if self.every else "steps") if kind is None else kind
        one_of("kind", kind, get_args(Kind))
        if kind == "time":
            return draw_time(self._store_of_times(), self.by, self.level, ax, locale)
        groups = self._group_estimates if self.by is not None and self._group_estimates else ((None, self._estimates),)
        if kind == "periods":
            if self.every is None:
                raise ValueError("`kind` 'periods' needs periods: measure with every='1w'")
            return draw_periods(self._period_estimates, groups, self.by, self.level, ax, locale)
        if self.every is not None:
            raise ValueError(f"`kind` {kind!r} shows one period: measure without `every`")
        if kind == "panels":
            if self.by is None or ax is not None:
                raise ValueError("`kind` 'panels' needs groups (`by`) and a figure of its own (no `ax`)")
            return draw_panels(groups, self.by, self.level, locale)
        return draw_steps(groups, self.by, self.level, ax, locale)

    def _store_of_times(self) -> UnitStore:
        if self._store is None:
            raise ValueError("`kind` 'time' needs times, and totals have none: measure events with analyse")
        if self.by is not None and self.every is not None:
            raise ValueError("`kind` 'time' has too many curves for groups in periods: measure without `every` or `by`")
        return self._store


def make_result(
    estimates: FunnelEstimates, like: Frame, *, by: str | None = None, every: str | None = None, **settings: Any
) -> FunnelResult:
    """Return the result of estimates, with its table in the library of ``like``."""
    whole, groups, key = estimates.whole, estimates.groups, by or "period_at"
    if not groups:  # nobody entered, so that no group is known
        names = [*(("period_at", "complete") if every else ()), *([] if by is None else [by])]
        groups = [(dict.fromkeys(names), whole)]
    samples = {} if by is None else {by: example_value(like.collect_schema()[by])}
    by_group = estimates.over_periods or [(label[key], part) for label, part in estimates.groups if label]
    return FunnelResult(
        table=build_table(stack_rows(groups), like=like, samples=samples, keys=samples),
        entrants=whole.entrants,
        by=by,
        every=every,
        _estimates=whole,
        _group_estimates=tuple(by_group),
        _period_estimates=() if every is None else tuple(estimates.groups),
        _store=estimates.store,
        **settings,
    )


def _find_label(labels: Sequence[Any], value: Any) -> int | None:
    """Return the place of a group by its value; None and any missing value find the group of unknown values."""
    is_missing = value is None or value is pd.NA or (isinstance(value, (float, datetime)) and value != value)
    if any(isinstance(label, datetime) for label in labels) and not is_missing:
        value = _to_moment(value)
    matches = (label is None if is_missing else label is not None and label == value for label in labels)
    return next((index for index, is_match in enumerate(matches) if is_match), None)


def _to_moment(value: Any) -> Any:
    """Return a date or ISO 8601 text as the moment that it is, and other values as they are."""
    if type(value) is date:
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _format_label(label: Any) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, datetime) else repr(label)
