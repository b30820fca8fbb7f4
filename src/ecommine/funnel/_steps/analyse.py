"""A funnel measured: how many reach each step, what is not decided yet, and how long it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from ..._core.checks import confidence_level, one_of
from ..._core.frames import opened
from ..._core.notes import Note
from ...schema._for_topics import Every
from .._definition import Funnel, Step, funnel_of
from .._log.reading import example_value
from .._match.conditions import match_column_types
from .._match.events import (
    UNITS,
    EventSequences,
    Unit,
    hold_group_constant,
    make_plan,
    nullable_group_column,
    read_sequences,
)
from .._match.options import AnalyseOptions, FunnelEstimates
from .._match.plan import StepTimes
from .._match.sort import Ints
from .._micro import moment_to_microseconds
from .._spark.analyse import answer_on_spark, is_spark
from .._writing import built
from .groups import (
    EVERY,
    Attribution,
    attribution_notes,
    check_attribution,
    check_groups,
    group_of,
    label_of,
    period_of,
    values_of,
)
from .notes import data_quality_notes, period_notes
from .result import FunnelResult
from .table import Measured, MemoryUnitStore, Part, empty, measure, merged


def analyse(
    events: object,
    definition: Funnel | Sequence[str | Step],
    /,
    *,
    by: str | None = None,
    attribution: Attribution | str = "first",
    unit: Unit = "visitor_id",
    every: Every | None = None,
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
        A column of groups, at most 50. Ordered categories (of pandas, Enum of Polars, enum of DuckDB) keep their order.
    attribution : {"first", "last", "step"} or the name of a step
        Which group a unit belongs to: that of its first entry, of the event by which it reached its deepest step, or of
        the event by which it reached the named step. With "step" each group has a funnel of its own events, and a unit
        counts in each group that it enters.
    unit : {"visitor_id", "customer_id", "session_id"}
        What is counted. Sessions of one visitor are taken together in the intervals.
    every : {"1d", "1w", "1mo", "1q", "1y"}, optional
        Measure the units that entered first in each period; weeks begin on Monday, and the last period is marked if it
        is not over. Use ``reentry=False`` to compare periods: earlier ones had longer to come back.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Events after it are left out.
    level : float
        Level of the intervals, .5 to .999999.

    Returns
    -------
    FunnelResult
        Frozen; ``.table`` and ``.units`` are eager: of the caller's library, Polars for a LazyFrame, else pandas; on
        Spark ``.units`` stays there.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    TypeError
        If `by` is no name, or the definition is no funnel and no list of steps.
    ValueError
        If an option is out of its range, `by` or a condition names a column that is not there, or a condition asks for
        what its column cannot hold.

    Notes
    -----
    Other events between two steps do not matter, unless the order is strict or they are excluded; what happens at the
    very moment of a step is not between. No event is used for two steps; events of one moment are taken in the order of
    the steps. A unit reaches a step if any of its entries leads to it within the window (with ``reentry=False``, its
    first entry).

    An entrant whose window is not over at `as_of`, counted from the first entry, may still convert. Conversion is
    Kaplan and Meier's estimate at the window, from the entry to each step; from step to step it is the ratio of two
    such estimates. Intervals are Wilson's with the effective sample size from influence functions. It assumes that
    earlier and later entrants convert alike; a note tells if they do not. While every window is open, conversion is
    null and only the naive count is known.

    On Spark the units are followed by the workers, a partition at once, so that the events of a partition must fit a
    worker's memory. Neither events nor units come to the caller's process, only counts (by group, step and second) and
    small matrices. Windows are compared with the exact times; the curves, the quartiles of the times and the halves of
    the trend know them to the second. ``.units`` is a lazy table of Spark. The events are read several times, and once
    more for ``.units`` and pictures of times: cache them if they are costly to make.

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
    if every is not None:
        one_of("every", every, EVERY)
    confidence = confidence_level(level)
    funnel = funnel_of(definition)
    check_attribution(attribution, funnel, by)
    asked = AnalyseOptions(unit=unit, by=by, attribution=attribution, every=every, as_of=as_of, level=confidence)
    like = opened(events, argument="events")
    fit = match_column_types(like.collect_schema(), funnel)
    answer = answer_on_spark(events, fit, asked) if is_spark(like) else _in_memory(events, fit, asked)
    samples = {} if by is None else {by: example_value(like.collect_schema()[by])}
    keys, whole, found = [key for key in (by, every) if key is not None], answer.whole, answer.groups
    return FunnelResult(
        table=built(merged(iter(found)) if found else empty(whole, by, every), like, samples),
        definition=funnel,
        unit=unit,
        entrants=whole.entrants,
        by=by,
        attribution=attribution,
        every=every,
        level=confidence,
        as_of=answer.until,
        notes=(
            *answer.notes,
            *data_quality_notes(whole, unit),
            *period_notes(every, unit, reentry=funnel.reentry),
        ),
        _all=whole,
        _groups=tuple(answer.over_all or ((label[by or "period_at"], one) for label, one in found)) if keys else (),
        _parts=tuple(found) if answer.over_all else (),
        _seen=answer.seen,
    )


def _in_memory(events: object, funnel: Funnel, asked: AnalyseOptions) -> FunnelEstimates:
    """Measure events that are brought into memory."""
    tracks = read_sequences(events, funnel, unit=asked.unit, by=asked.by, as_of=asked.as_of)
    seen = MemoryUnitStore(
        whole=_part(tracks, tracks.walk(funnel), asked),
        plan=make_plan(funnel),
        names=funnel.step_labels,
        until=moment_to_microseconds(tracks.until),
    )
    parts, said = _grouped(events, seen.whole, tracks, funnel, asked)
    seen = _named(events, seen, tracks.labels, funnel, asked)
    over_all: list[tuple[Any, Measured]] = []
    if asked.every is not None:
        over_all = [(part.label[asked.by], measure(part, seen, asked.level)) for part in parts if asked.by]
        parts = [piece for part in parts for piece in _periods(part, asked.every, tracks.until)]
        parts.sort(key=lambda part: part.label["period_at"])
    seen = replace(seen, parts=parts)
    whole = measure(seen.whole, seen, asked.level)
    groups = [(part.label, whole if part is seen.whole else measure(part, seen, asked.level)) for part in parts]
    notes = [*tracks.notes, *said]
    return FunnelEstimates(whole=whole, groups=groups, over_all=over_all, until=tracks.until, notes=notes, seen=seen)


def _part(tracks: EventSequences, reach: StepTimes, asked: AnalyseOptions) -> Part:
    """Take all units together; sessions are known by their visitor as well, since several may have the same id."""
    visitors = tracks.visitors if asked.unit == "session_id" else None
    return Part(label={}, reach=reach, units=tracks.units, visitor=tracks.visitor, visitors=visitors)


def _grouped(
    events: object, whole: Part, tracks: EventSequences, funnel: Funnel, asked: AnalyseOptions
) -> tuple[list[Part], list[Note]]:
    """Part the units by their group; those that are in no group are told."""
    by, labels = asked.by, tracks.labels
    if by is None:
        return [whole], []
    check_groups(by, len(labels))
    if asked.attribution == "step":
        held = hold_group_constant(funnel, by)
        again = read_sequences(
            events, held, unit=asked.unit, by=by, as_of=asked.as_of, own=nullable_group_column(funnel, by)
        )
        whole = _part(again, again.walk(held, by_group=True), asked)
        labels = again.labels
    group = group_of(whole.reach, asked.attribution, funnel)
    parts = [replace(whole, label={by: labels[code]}, reach=reach) for code, reach in _parted(whole.reach, group)]
    lost = len(group) - sum(len(part.reach.unit) for part in parts)
    return parts, attribution_notes(asked.attribution, asked.unit, lost)


def _named(
    events: object, seen: MemoryUnitStore, labels: tuple[Any, ...], funnel: Funnel, asked: AnalyseOptions
) -> MemoryUnitStore:
    """Note the group of each unit for the table of units."""
    if asked.by is None or not asked.names_group:
        return seen
    group = values_of(group_of(seen.whole.reach, asked.attribution, funnel), labels)
    kind = opened(events, argument="events").collect_schema()[asked.by]
    return replace(seen, whole=replace(seen.whole, group=group), sample=example_value(kind))


def _periods(part: Part, every: Every, until: datetime | None) -> Iterator[Part]:
    """Part the units of a group by the period of their first entry."""
    code, starts = period_of(part.reach.first_entry_at, every)
    for place, reach in _parted(part.reach, code):
        yield replace(part, label=label_of(starts[place], every, until, part.label), reach=reach)


def _parted(reach: StepTimes, code: Ints) -> Iterator[tuple[int, StepTimes]]:
    """Part units by a number from 0; those below it are in no part."""
    order = np.argsort(code, kind="stable")
    ends = np.cumsum(np.bincount(code + 1))
    for place, (first, end) in enumerate(pairwise(ends.tolist())):
        if end > first:
            yield place, reach.take(order[first:end])
