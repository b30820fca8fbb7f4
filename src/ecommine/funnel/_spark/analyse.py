"""A funnel on Spark: units are followed where their events are, and only counts and small matrices come back.

The engine marks the events that matter and brings those of a unit together. In each partition the walk runs once, over
all its units, and leaves one row a unit, which stays in Spark. What is counted of these rows, and the products of
their influences, are the sums of :mod:`._spark_sums`.
"""

from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import Frame, collect
from ..._core.notes import Note
from .._definition import Funnel
from .._log.reading import factorize_groups, resolve_as_of
from .._match.encode import MARKS, marking
from .._match.events import (
    check_overlap,
    columns_of,
    counting,
    hold_group_constant,
    lost_by,
    nullable_group_column,
    opened_events,
    unseen,
)
from .._match.options import AnalyseOptions
from .._match.sort import steps_of
from .._micro import moment_to_microseconds
from .._steps.groups import (
    attribution_notes,
    check_group_count,
    check_period_count,
    period_label,
    period_numbers,
    period_starts,
)
from .._steps.table import FunnelEstimates, estimate_steps
from .counts import ALL
from .jobs import followed, sums_of_units
from .units import SparkUnitStore
from .worker import GROUPS, Job


def is_spark(frame: Frame) -> bool:
    """Tell whether a table is Spark's."""
    return frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect()


def answer_on_spark(events: object, funnel: Funnel, asked: AnalyseOptions) -> FunnelEstimates:
    """Measure a funnel without bringing events or units into this process."""
    frame = opened_events(events, funnel, asked.unit, asked.by)
    until, notes = resolve_as_of(frame, asked.unit, asked.as_of)
    frame = counting(frame, asked.unit, until, bool(notes))
    marks = _marks(frame, funnel, asked)
    kind = marks.to_native().schema["_by"].dataType if asked.names_group else None
    notes += _told(frame, marks, funnel)
    job = Job(funnel=funnel, asked=asked, labels=_labels(marks, asked.by), until=moment_to_microseconds(until))
    whole = parts = followed(marks, job)
    if asked.by is not None and asked.attribution == "step":
        apart = replace(
            job,
            funnel=hold_group_constant(funnel, asked.by),
            by_group=True,
            own=nullable_group_column(funnel, asked.by),
        )
        parts = followed(_marks(frame, apart.funnel, asked), apart)
    sums, over_all, lost = sums_of_units(whole, parts)
    if asked.by is not None:
        notes += attribution_notes(asked.attribution, asked.unit, lost)
    found, over = (
        {part: estimate_steps(one, job.plan, funnel.step_labels, asked.level) for part, one in some.items()}
        for some in (sums, over_all)
    )
    labels = _names_of(list(found), job, until)
    return FunnelEstimates(
        whole=found[ALL],
        groups=[(label, found[part]) for part, label in labels.items()],
        over_periods=[(job.labels[group - 1], one) for group, one in sorted(over.items())],
        until=until,
        notes=notes,
        store=SparkUnitStore(
            whole=whole, in_parts=parts, parts=tuple(labels), labels=tuple(labels.values()), kind=kind
        ),
    )


def _marks(frame: Frame, funnel: Funnel, asked: AnalyseOptions) -> nw.LazyFrame[Any]:
    assert isinstance(frame, nw.LazyFrame)
    return marking(frame, funnel, columns_of(frame, funnel, asked.unit, asked.by))


def _told(frame: Frame, marks: nw.LazyFrame[Any], funnel: Funnel) -> list[Note]:
    """Tell of steps that no event is and of events without a held value, by counts of all marks."""
    holds = [nw.col(f"_hold{place}").is_null() for place in range(len(funnel.hold_constant))]
    flagged = marks.select(MARKS, _free=reduce(or_, holds, nw.lit(False)))
    rows = collect(flagged.group_by(MARKS, "_free").agg(nw.len().alias("_n")))
    steps = steps_of(rows[MARKS].to_numpy().astype(np.int64), len(funnel.steps))
    if funnel.order == "any":
        check_overlap(steps, funnel)
    lost = rows["_n"].to_numpy()[(steps > 0) & rows["_free"].to_numpy().astype(bool)]
    return [*unseen(frame, funnel, int(np.bitwise_or.reduce(steps))), *lost_by(int(lost.sum()), funnel.hold_constant)]


def _labels(marks: nw.LazyFrame[Any], by: str | None) -> tuple[Any, ...]:
    """Bring the values of `by`, in their order; what is unknown is the last."""
    if by is None:
        return ()
    values = marks.select("_by").unique()
    rows = values.head(GROUPS).collect("pyarrow")
    if len(rows) == GROUPS:
        check_group_count(by, int(collect(values.select(nw.len()))["len"].item()))
    found = [label for label in factorize_groups(rows["_by"])[1] if label == label and label is not None]
    labels = (*found, *([None] if len(found) < len(rows) else []))
    check_group_count(by, len(labels))
    return labels


def _names_of(parts: list[int], job: Job, until: datetime | None) -> dict[int, dict[str, Any]]:
    """Name the parts, period after period and group after group."""
    by, every = job.asked.by, job.asked.every
    if by is None and every is None:
        return {ALL: {}}
    mine = sorted((part for part in parts if part != ALL), key=lambda part: (-(part // GROUPS), part % GROUPS))
    labels = {part: {} if by is None else {by: job.labels[part % GROUPS - 1]} for part in mine}
    if every is None:
        return labels
    for group in {part % GROUPS for part in mine}:
        check_period_count(every, sum(part % GROUPS == group for part in mine))
    back = np.array([part // GROUPS for part in mine], dtype=np.int64)
    starts = period_starts(period_numbers(np.array([job.until]), every) - back, every)
    return {part: period_label(start, every, until, labels[part]) for part, start in zip(mine, starts, strict=True)}
