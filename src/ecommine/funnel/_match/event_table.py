"""The table of events and the options, opened and checked once, with the columns that a funnel needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import narwhals.stable.v2 as nw

from ..._core.checks import show
from ..._core.frames import Frame, opened
from ..._core.notes import Note
from ..._core.texts import did_you_mean, quote_names
from ...schema._for_topics import TABLES, Every, instant_column, read
from .._definition import Funnel
from .._log.reading import Cutoff, category_order, comparable_values, resolve_cutoff
from .conditions import Types, check_conditions, match_column_types

Unit = Literal["visitor_id", "customer_id", "session_id"]
SHOP_TIME = "_shop_at"
"""The column of the shop's own times, of tables with instants."""
RESERVED = (
    "period_at",
    "complete",
    "step",
    "reached",
    *(f"{name}conversion{end}" for name in ("", "step_") for end in ("", "_low", "_high")),
    "dropped",
    "pending",
    "skipped",
    "naive_conversion",
    *(f"seconds_{name}" for name in ("p25", "median", "p75")),
    "deepest_step",
    *(f"{name}_at" for name in ("first_entered", "entered", "deepest")),
)
"""Columns of the results, whose names no group may have."""
_DECLARED = tuple(column.name for column in TABLES["events"].columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseOptions:
    """The options of :func:`ecommine.funnel.analyse`, checked."""

    unit: Unit
    by: str | None
    attribution: str
    every: Every | None
    as_of: datetime | date | str | None
    level: float

    @property
    def names_group(self) -> bool:
        """Whether each unit is of one group at most, and its ids do not name it."""
        ids = (self.unit, "visitor_id") if self.unit == "session_id" else (self.unit,)
        return self.by is not None and self.attribution != "step" and self.by not in ids


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventTable:
    """The caller's events, opened and checked."""

    caller: Frame  # the table as it came
    frame: Frame  # events that have a unit, up to ``as_of``, with the columns that are needed, in canonical types
    funnel: Funnel  # its conditions are in the types of their columns
    cutoff: Cutoff  # the moment up to which events count
    at: str  # the column that measures time: the instants where the table has them
    notes: tuple[Note, ...]  # what was left out

    @property
    def as_of(self) -> datetime | None:
        """The moment up to which events count, in the shop's own time."""
        return self.cutoff.as_of

    @property
    def is_spark(self) -> bool:
        """Whether it is a table of Spark."""
        return self.caller.implementation.is_pyspark() or self.caller.implementation.is_pyspark_connect()

    @property
    def has_instants(self) -> bool:
        """Whether the table has instants beside the shop's own times."""
        return self.at != "occurred_at"

    def category_order(self, by: str | None) -> list[str]:
        """Return the values of ordered categories in their order, also where these are read as text."""
        return [] if by is None else category_order(self.frame, by) or category_order(self.caller, by)


def open_events(events: object, funnel: Funnel, options: AnalyseOptions) -> EventTable:
    """Open the table of events, check its columns and conditions, and leave out events that do not count.

    It raises as :func:`ecommine.funnel.analyse` describes.
    """
    caller = opened(events, argument="events")
    types = caller.collect_schema()
    funnel, unit = match_column_types(types, funnel), options.unit
    extra = _extra_columns(types, funnel, options.by)
    check_conditions(types, funnel)
    required = tuple(dict.fromkeys((unit, "visitor_id", "event", "occurred_at")))
    declared = [column for column in extra if column in _DECLARED]
    at = instant_column(caller, "occurred_at") or "occurred_at"
    others = [column for column in extra if column not in _DECLARED]
    others += [at] if at not in (*others, "occurred_at") else []
    frame = read(caller, "events", required, optional=declared, others=others, argument="events")
    cutoff = resolve_cutoff(frame, unit, options.as_of)
    if cutoff.notes or not isinstance(frame, nw.DataFrame):  # a table in memory of which all events count is not copied
        counts, as_of = ~nw.col(unit).is_null(), cutoff.as_of
        frame = frame.filter(counts if as_of is None else counts & (nw.col("occurred_at") <= nw.lit(as_of)))
    return EventTable(caller=caller, frame=frame, funnel=funnel, cutoff=cutoff, at=at, notes=tuple(cutoff.notes))


def _extra_columns(types: Types, funnel: Funnel, by: str | None) -> list[str]:
    """Return the columns that conditions, constants and groups name; raise where one is not as it must be."""
    given: object = by
    if given is not None and (not isinstance(given, str) or not given):
        raise TypeError(f"`by` must be the name of one column, got {show(by)}: put several into one column first")
    extra = list(dict.fromkeys([*funnel.extra_columns, *([] if by is None else [by])]))
    names: Sequence[str] = list(types)
    missing = [column for column in extra if column not in names]
    if missing:
        hint = did_you_mean(missing[0], names, most=1, before=": ") or f"; it has {quote_names(names)}"
        of_funnel = "`where` or `hold_constant`" if missing[0] in funnel.extra_columns else "`by`"
        raise ValueError(f"`events` has no column {missing[0]!r}, which {of_funnel} names{hint}")
    nested = [column for column in extra if types[column].is_nested()]
    if nested:
        raise ValueError(
            f"`by`, `hold_constant` and `where` need single values, and {nested[0]!r} holds {types[nested[0]]}"
        )
    if by in RESERVED:
        raise ValueError(f"`by`: {by!r} is a column of the result; rename it first")
    return extra


def columns_needed(table: EventTable, options: AnalyseOptions) -> dict[str, nw.Expr]:
    """Return what is needed of each event, by the names that it has from here on."""
    columns = {"_unit": nw.col(options.unit), "_at": nw.col(table.at)}
    if table.has_instants and not table.is_spark:
        columns[SHOP_TIME] = nw.col("occurred_at")
    if options.by is not None:
        columns["_by"] = comparable_values(table.frame, options.by)
    if options.unit != "visitor_id":
        columns["_visitor"] = nw.col("visitor_id")
    constants = enumerate(table.funnel.hold_constant)
    return columns | {f"_constant{place}": comparable_values(table.frame, column) for place, column in constants}
