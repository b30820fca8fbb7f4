"""A funnel on Spark: units are followed where their events are, and only counts and small matrices come back.

The engine marks the events that matter and brings those of a unit together. Of each one row stays in Spark, and the
counts and products of influences of these are the sums of :mod:`.sums`.
"""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import collect, whole_number
from ..._core.moments import moment_to_microseconds
from ..._core.notes import Note
from ...schema._for_topics import NO_CLOCK, clock_of_frame
from .._log.reading import factorize_groups
from .._match.conditions import check_overlap, missing_steps_notes, without_constant_notes
from .._match.encode import STEP_BITMASK, with_step_bitmask
from .._match.event_table import AnalyseOptions, EventTable, columns_needed
from .._match.sort import step_bits
from .._steps.groups import (
    attribution_notes,
    check_group_count,
    check_period_count,
    period_label,
    period_numbers,
    period_starts,
)
from .._steps.table import FunnelEstimates, estimate_steps
from .sums import ALL
from .units import SparkUnitStore, follow_units, sums_of_units
from .worker import GROUPS, Job


def estimate_on_spark(table: EventTable, options: AnalyseOptions) -> FunnelEstimates:
    """Measure a funnel without bringing events or units into this process."""
    funnel, by = table.funnel, options.by
    assert isinstance(table.frame, nw.LazyFrame)
    marked = with_step_bitmask(table.frame, funnel, columns_needed(table, options))
    group_type = marked.to_native().schema["_by"].dataType if options.names_group else None
    notes = _event_notes(table, marked)
    clock = clock_of_frame(table.frame, "occurred_at") if table.has_instants else NO_CLOCK
    job = Job(
        funnel=funnel,
        options=options,
        labels=_group_labels(marked, by),
        until=table.cutoff.until(clock),
        as_of=moment_to_microseconds(table.as_of),
        clock=clock,
    )
    whole, of_groups = follow_units(marked, job)
    sums, sums_over_periods, n_without_group = sums_of_units(whole, of_groups)
    if by is not None:
        notes += attribution_notes(options.attribution, options.unit, n_without_group)
    estimates, of_groups_over_periods = (
        {
            part: estimate_steps(of_part, job.plan, funnel.step_labels, options.level)
            for part, of_part in sums_by_part.items()
        }
        for sums_by_part in (sums, sums_over_periods)
    )
    labels = _part_labels(list(estimates), job, table.as_of)
    return FunnelEstimates(
        whole=estimates[ALL],
        groups=[(label, estimates[part]) for part, label in labels.items()],
        over_periods=[(job.labels[group - 1], of_group) for group, of_group in sorted(of_groups_over_periods.items())],
        notes=notes,
        store=SparkUnitStore(
            whole=whole,
            of_groups=of_groups,
            parts=tuple(labels),
            labels=tuple(labels.values()),
            group_type=group_type,
        ),
    )


def _event_notes(table: EventTable, marked: nw.LazyFrame[Any]) -> list[Note]:
    """Return notes of steps without events and of events without a constant, by counts of all bitmasks."""
    funnel = table.funnel
    is_unknown = [nw.col(f"_constant{place}").is_null() for place in range(len(funnel.hold_constant))]
    flagged = marked.select(STEP_BITMASK, _is_unknown=reduce(or_, is_unknown, nw.lit(False)))
    rows = collect(flagged.group_by(STEP_BITMASK, "_is_unknown").agg(nw.len().alias("_n")))
    steps = step_bits(rows[STEP_BITMASK].to_numpy().astype(np.int64), len(funnel.steps))
    if funnel.order == "any":
        check_overlap(steps, funnel)
    n_without = int(rows["_n"].to_numpy()[(steps > 0) & rows["_is_unknown"].to_numpy().astype(bool)].sum())
    return [
        *missing_steps_notes(table.frame, funnel, int(np.bitwise_or.reduce(steps))),
        *without_constant_notes(n_without, funnel.hold_constant),
    ]


def _group_labels(marked: nw.LazyFrame[Any], by: str | None) -> tuple[Any, ...]:
    """Return the values of `by`, in their order; what is unknown is the last."""
    if by is None:
        return ()
    values = marked.select("_by").unique()
    rows = values.head(GROUPS).collect("pyarrow")
    if len(rows) == GROUPS:
        check_group_count(by, whole_number(collect(values.select(nw.len()))["len"]))
    known = [label for label in factorize_groups(rows["_by"])[1] if label == label and label is not None]
    labels = (*known, *([None] if len(known) < len(rows) else []))
    check_group_count(by, len(labels))
    return labels


def _part_labels(parts: list[int], job: Job, as_of: datetime | None) -> dict[int, dict[str, Any]]:
    """Return the labels of the parts, period after period and group after group."""
    by, every = job.options.by, job.options.every
    if by is None and every is None:
        return {ALL: {}}
    in_order = sorted((part for part in parts if part != ALL), key=lambda part: (-(part // GROUPS), part % GROUPS))
    labels = {part: {} if by is None else {by: job.labels[part % GROUPS - 1]} for part in in_order}
    if every is None:
        return labels
    for group in {part % GROUPS for part in in_order}:
        check_period_count(every, sum(part % GROUPS == group for part in in_order))
    periods_back = np.array([part // GROUPS for part in in_order], dtype=np.int64)
    starts = period_starts(period_numbers(np.array([job.as_of]), every) - periods_back, every)
    return {part: period_label(start, every, as_of, labels[part]) for part, start in zip(in_order, starts, strict=True)}
