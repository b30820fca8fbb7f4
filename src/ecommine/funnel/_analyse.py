"""The funnel of a table of events, measured in memory or on Spark."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from typing import get_args

import numpy as np

from .._core.arrays import Ints
from .._core.checks import confidence_level, one_of, several
from .._core.engines import tell_library_errors
from ..schema._for_topics import Clock, Every
from ._definition import Funnel, Step
from ._log.reading import example_value
from ._match.event_table import AnalyseOptions, EventTable, Unit, open_events
from ._match.events import EventSequences, load_events
from ._match.plan import StepTimes, make_plan
from ._steps.estimates import sum_units
from ._steps.groups import (
    PERIOD_LENGTHS,
    Attribution,
    attributed_group,
    attribution_notes,
    check_attribution,
    check_group_count,
    check_period_count,
    period_label,
    period_numbers,
    period_starts,
)
from ._steps.result import FunnelResult, make_result
from ._steps.summary import data_quality_notes, period_notes
from ._steps.table import FunnelEstimates, StepEstimates, estimate_steps
from ._steps.units import MemoryUnitStore, UnitGroup


@tell_library_errors
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
    r"""Measure a funnel: how many units reach each step, how long it takes, and where they are lost.

    Parameters
    ----------
    events : table of events
        A table of any library with visitor_id, event and occurred_at, and the columns that `by` and the steps use.
    definition : Funnel, or sequence of steps
        A list of event names is a funnel with a window of 7 days and re-entry.
    by : str, optional
        A column of at most 50 groups. Ordered categories (pandas, Enum of Polars, enum of DuckDB) keep their order.
    attribution : {"first", "last", "step"} or the name of a step
        The group of a unit is that of its first entry, of the event with which it reached its deepest step, or of the
        event with which it reached the named step. With "step" each group has a funnel of its own events, and a unit
        counts in every group that it enters.
    unit : {"visitor_id", "customer_id", "session_id"}
        What is counted. Intervals allow for the correlation of sessions of one visitor.
    every : {"1d", "1w", "1mo", "1q", "1y"}, optional
        Measure the units by the period of their first entry; weeks begin on Monday, and the last period is marked if it
        is not over. Use ``reentry=False`` to compare periods: earlier ones had more time for another attempt.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Events after it are left out.
    level : float
        Level of the intervals, .5 to .999999.

    Returns
    -------
    FunnelResult
        Frozen; ``.table`` and ``.units`` are eager: of the caller's library, Polars for a LazyFrame, else pandas. On
        Spark ``.units`` stays there.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    TypeError
        If `by` is not a name, or the definition is neither a funnel nor a list of steps.
    ValueError
        If an option is out of its range, `by` or a condition names a missing column, or the value of a condition does
        not fit its column.

    Notes
    -----
    Each event counts for one step only; other events between two steps do not matter, unless the order is strict or
    they are excluded. A unit reaches a step if any of its entries leads to it within the window (with
    ``reentry=False``, its first entry).

    An entrant whose window, counted from the first entry, is still open at `as_of` may still convert. Conversion from
    the entry to a step is Kaplan and Meier's estimate at the end of the window; from step to step it is the ratio of
    two such estimates. Intervals are Wilson's with the effective sample size from influence functions. This assumes
    that earlier and later entrants convert alike; a note appears if they do not. While all windows are open, conversion
    is null and only naive_conversion is known.

    On Spark neither events nor units come to the caller's process; those of a partition must fit into a worker's
    memory. The events are read several times: cache them if they are costly to compute.

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
    >>> result = funnel.analyse(events, ["view_item", "add_to_cart", "purchase"], as_of="2024-02-01")
    >>> result.table[["step", "reached", "dropped", "skipped", "seconds_median"]]
              step  reached  dropped  skipped  seconds_median
    0    view_item        3        0        0             0.0
    1  add_to_cart        1        2        1           300.0
    2     purchase        1        0        0         82800.0
    """
    one_of("unit", unit, get_args(Unit))
    if every is not None:
        one_of("every", every, PERIOD_LENGTHS)
    confidence = confidence_level(level)
    funnel = _as_funnel(definition)
    check_attribution(attribution, funnel, by)
    options = AnalyseOptions(unit=unit, by=by, attribution=attribution, every=every, as_of=as_of, level=confidence)
    table = open_events(events, funnel, options)
    if table.is_spark:
        from ._spark.analyse import estimate_on_spark

        estimates = estimate_on_spark(table, options)
    else:
        estimates = _estimate_in_memory(table, options)
    return make_result(
        estimates,
        table.caller,
        by=by,
        every=every,
        definition=funnel,
        unit=unit,
        attribution=attribution,
        level=confidence,
        as_of=table.as_of,
        notes=(
            *table.notes,
            *estimates.notes,
            *data_quality_notes(estimates.whole, unit),
            *period_notes(every, unit, reentry=funnel.reentry),
        ),
    )


def _as_funnel(definition: object) -> Funnel:
    """Return the funnel of a list of steps; what is wrong with them is wrong with the argument of this name."""
    if isinstance(definition, Funnel):
        return definition
    steps = several("definition", definition, of="steps")
    try:
        return Funnel(steps)
    except (TypeError, ValueError) as error:
        raise type(error)(f"`definition`: {error}") from None


def _estimate_in_memory(table: EventTable, options: AnalyseOptions) -> FunnelEstimates:
    by, every = options.by, options.every
    units, event_notes = load_events(table, options)
    sequences, constant_notes = units.whole()
    notes = [*event_notes, *constant_notes]
    store = MemoryUnitStore(
        whole=_all_units(sequences, sequences.step_times(), options),
        plan=make_plan(table.funnel),
        step_labels=table.funnel.step_labels,
        until=table.cutoff.until(units.clock),
        clock=units.clock,
    )
    groups, over_periods = [store.whole], []
    if by is not None:
        groups, codes = _split_by_group(units, store.whole, by, options)
        notes += attribution_notes(options.attribution, options.unit, int(np.count_nonzero(codes < 0)))
        if options.names_group:
            whole = replace(store.whole, group=np.array([*units.labels, None], dtype=object)[codes])
            store = replace(store, whole=whole, example=example_value(table.caller.collect_schema()[by]))
    if every is not None:
        if by is not None:
            over_periods = [(group.label[by], _estimate_group(group, store, options.level)) for group in groups]
        groups = [period for group in groups for period in _split_by_period(group, every, table.as_of, units.clock)]
        groups.sort(key=lambda group: group.label["period_at"])
    estimates = _estimate_group(store.whole, store, options.level)
    of_groups = [_estimate_group(group, store, options.level) if group.label else estimates for group in groups]
    return FunnelEstimates(
        whole=estimates,
        groups=[(group.label, part) for group, part in zip(groups, of_groups, strict=True)],
        over_periods=over_periods,
        notes=notes,
        store=replace(store, groups=groups),
    )


def _estimate_group(group: UnitGroup, store: MemoryUnitStore, level: float) -> StepEstimates:
    sums = sum_units(group.times, store.plan, store.until, group.visitor)
    return estimate_steps(sums, store.plan, store.step_labels, level)


def _all_units(sequences: EventSequences, times: StepTimes, options: AnalyseOptions) -> UnitGroup:
    """Return all units as one group; sessions are identified with their visitor, since several may have one id."""
    visitors = sequences.visitors if options.unit == "session_id" else None
    return UnitGroup(label={}, times=times, units=sequences.units, visitor=sequences.visitor, visitors=visitors)


def _split_by_group(
    units: EventSequences, whole: UnitGroup, by: str, options: AnalyseOptions
) -> tuple[list[UnitGroup], Ints]:
    """Return the units by their group, and the code of the group of each, -1 of those in no group."""
    check_group_count(by, len(units.labels))
    if options.attribution == "step":
        sequences = units.of_groups(by)
        whole = _all_units(sequences, sequences.step_times(by_group=True), options)
    codes = attributed_group(whole.times, options.attribution, units.funnel)
    parts = _split(whole.times, codes)
    return [replace(whole, label={by: units.labels[code]}, times=times) for code, times in parts], codes


def _split_by_period(group: UnitGroup, every: Every, until: datetime | None, clock: Clock) -> Iterator[UnitGroup]:
    """Return the units of a group by the period of their first entry, in the shop's own time."""
    entry = clock.to_shop(group.times.first_entry_at)
    numbers, codes = np.unique(period_numbers(entry, every), return_inverse=True)
    check_period_count(every, len(numbers))
    starts = period_starts(numbers, every)
    for code, times in _split(group.times, codes):
        yield replace(group, label=period_label(starts[code], every, until, group.label), times=times)


def _split(times: StepTimes, codes: Ints) -> Iterator[tuple[int, StepTimes]]:
    """Return the units by their code, from 0; units with a code below 0 are in no part."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes + 1))
    for code, (first, end) in enumerate(pairwise(ends.tolist())):
        if end > first:
            yield code, times.take(order[first:end])
