"""What Spark's workers do with one partition of a funnel: follow its units, count them, multiply influences.

Rows come and go as Arrow batches. A followed unit is one row: its id, its visitor where it is no visitor itself,
whether it is counted in a group that has a funnel of its own, its part, the skipped steps as bits, and for each step
when it was reached and from which entry (microseconds).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.codes import factorize
from ..._stats.survival import KaplanMeier
from ...schema._for_topics import Clock
from .._definition import Funnel
from .._match.encode import split_bitmask
from .._match.event_table import AnalyseOptions
from .._match.events import EventSequences, build_sequences
from .._match.plan import Plan, StepTimes, make_plan
from .._steps.estimates import compact_clusters
from .._steps.groups import attributed_group, period_numbers
from .._steps.units import UnitGroup, unit_columns
from .sums import ALL, count_units, sum_products

GROUPS = 64
"""A part is the number of the group, from 1, plus this many times the periods that it lies back; group 0 is none."""
ROWS_PER_BATCH = 1 << 16
"""Rows that are handed to Spark at once."""
Curves = Mapping[int, tuple[list[KaplanMeier], int]]
"""By part, the curves of the steps after the first one, and twice the median of the entries (seconds)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """What a worker needs to know.

    ``labels`` are the values of `by` in their order, ``until`` is the moment up to which events count (microseconds),
    and ``as_of`` is the same in the shop's own time, to which ``clock`` is the way.
    """

    funnel: Funnel
    options: AnalyseOptions
    labels: tuple[Any, ...]
    until: int
    as_of: int
    clock: Clock

    @property
    def plan(self) -> Plan:
        """The funnel in numbers."""
        return make_plan(self.funnel)

    @property
    def has_visitors(self) -> bool:
        """Whether units belong to visitors."""
        return self.options.unit != "visitor_id"

    @property
    def is_by_step(self) -> bool:
        """Whether each group has a funnel of its own events, so that a unit may be in several."""
        return self.options.attribution == "step"


def follow_rows(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Follow the units of one partition; where each group has a funnel of its own, units and groups as well."""
    table = _table(batches)
    if table is None:
        return
    units = _load(table, job)
    yield from _unit_batches(table, units.whole()[0], job, by_group=False)
    if job.is_by_step and job.options.by is not None:
        yield from _unit_batches(table, units.of_groups(job.options.by), job, by_group=True)


def _load(table: Any, job: Job) -> EventSequences:
    import pyarrow as pa

    encoded = split_bitmask(nw.from_native(table, eager_only=True), job.funnel)
    is_split = job.is_by_step or bool(job.funnel.hold_constant)
    has_plain_ids = not job.has_visitors and not is_split and pa.types.is_integer(table["_unit"].type)
    return build_sequences(encoded, job.funnel, job.options.unit, has_plain_ids=has_plain_ids)


def _unit_batches(table: Any, sequences: EventSequences, job: Job, *, by_group: bool) -> Iterator[Any]:
    """Follow sequences, and write a row per unit, with ``by_group`` per unit and group."""
    import pyarrow as pa

    times = _in_groups(sequences.step_times(by_group=by_group), sequences.labels, job)
    units = UnitGroup(
        label={}, times=times, units=sequences.units, visitor=sequences.visitor, visitors=sequences.visitors
    )
    columns = {"unit": pa.array(units.ids, type=table["_unit"].type)}
    if job.has_visitors:
        columns["visitor"] = pa.array(units.visitor_ids, type=table["_visitor"].type)
    columns |= {
        "by_group": np.full(len(times.unit), int(by_group)),
        "part": _part_of(times, job),
        "skipped": times.skipped @ (1 << np.arange(job.plan.n_steps)),
    }
    for name, values in (("reached", times.reached_at), ("entry", times.entry_at)):
        columns |= {f"{name}{step}": np.ascontiguousarray(of_step) for step, of_step in enumerate(values.T)}
    yield from pa.table(columns).to_batches(max_chunksize=ROWS_PER_BATCH)


def _table(batches: Iterable[Any]) -> Any:
    """Return the batches of a partition as one table; None where there are no rows."""
    import pyarrow as pa

    with_rows = [batch for batch in batches if batch.num_rows]
    return pa.Table.from_batches(with_rows) if with_rows else None


def clusters_of(table: Any, job: Job) -> Ints | None:
    """Return the number of each unit's visitor; each unit whose visitor is unknown has one of its own."""
    if not job.has_visitors:
        return None
    code = factorize(nw.from_native(table["visitor"], series_only=True))[0].astype(np.int64)
    unknown = np.flatnonzero(code < 0)
    code[unknown] = code.max(initial=-1) + 1 + np.arange(len(unknown))
    return code


def _in_groups(times: StepTimes, labels: tuple[Any, ...], job: Job) -> StepTimes:
    """Give groups the numbers that all workers give them; NaN, which is no label, is unknown."""
    if job.options.by is None:
        return times
    codes = {label: code for code, label in enumerate(job.labels)}
    rank = np.array([*(codes.get(label, codes.get(None, -1)) for label in labels), -1])
    return replace(times, group=rank[times.group])


def _part_of(times: StepTimes, job: Job) -> Ints:
    group = np.zeros(len(times.unit), dtype=np.int64)
    if job.options.by is not None:
        group = attributed_group(times, job.options.attribution, job.funnel).astype(np.int64)
    if job.options.every is None:
        return group + 1
    last = period_numbers(np.array([job.as_of]), job.options.every)
    entry = job.clock.to_shop(times.first_entry_at)
    return group + 1 + GROUPS * (last - period_numbers(entry, job.options.every))


def times_of_rows(table: Any, n_steps: int) -> StepTimes:
    """Return the times of rows of units, numbered in their order."""
    reached_at, entry_at = (
        np.array([table[f"{name}{step}"].to_numpy() for step in range(n_steps)]).T for name in ("reached", "entry")
    )
    skipped = np.array([table["skipped"].to_numpy() >> step & 1 for step in range(n_steps)], dtype=bool).T
    n = len(reached_at)
    group = np.zeros((n, n_steps), dtype=np.int32)
    return StepTimes(unit=np.arange(n), reached_at=reached_at, entry_at=entry_at, skipped=skipped, group=group)


def count_rows(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Count the units of one partition."""
    import pyarrow as pa

    table = _table(batches)
    if table is not None:
        counts = count_units(times_of_rows(table, job.plan.n_steps), table["part"].to_numpy(), job.plan, job.until)
        yield from pa.Table.from_pandas(counts, preserve_index=False).to_batches(max_chunksize=ROWS_PER_BATCH)


def product_rows(batches: Iterable[Any], job: Job, curves: Curves) -> Iterator[Any]:
    """Sum up the products of influences in one partition, for each part by its own curves."""
    import pyarrow as pa

    table = _table(batches)
    if table is None:
        return
    times, visitor = times_of_rows(table, job.plan.n_steps), clusters_of(table, job)
    products: dict[int, Floats] = {}
    for part, rows in _rows_by_part(table["part"].to_numpy(), curves):
        cluster = None if visitor is None else compact_clusters(visitor[rows])
        of_steps, median = curves[part]
        products[part] = sum_products(times.take(rows), cluster, of_steps, job.plan, job.until, median)
    if products:
        values = np.concatenate(list(products.values()))
        n = len(values) // len(products)
        columns = {
            "part": np.repeat(list(products), n),
            "position": np.tile(np.arange(n), len(products)),
            "value": values,
        }
        yield pa.table(columns).to_batches()[0]


def _rows_by_part(part: Ints, wanted: Iterable[int]) -> Iterator[tuple[int, Any]]:
    """Return the rows of each wanted part that has any."""
    order = np.argsort(part, kind="stable")
    present, first = np.unique(part[order], return_index=True)
    rows_of = dict(zip(present.tolist(), np.split(order, first[1:]), strict=True))
    for number in wanted:
        if number == ALL:
            yield number, slice(None)
        elif number in rows_of:
            yield number, rows_of[number]


def unit_rows(batches: Iterable[Any], job: Job, group_type: Any) -> Iterator[Any]:
    """Write the table of units, with their groups as values of an Arrow type unless it is None."""
    import pyarrow as pa

    table = _table(batches)
    if table is None:
        return
    is_number = pa.types.is_integer(table["unit"].type)
    ids = table["unit"].to_numpy() if is_number else np.array(table["unit"].to_pylist(), dtype=object)
    units = UnitGroup(label={}, times=times_of_rows(table, job.plan.n_steps), units=ids, visitor=None)
    if job.options.unit == "session_id":
        visitors = np.array([*table["visitor"].to_pylist(), None], dtype=object)[:-1]
        units = replace(units, visitor=np.arange(len(visitors)), visitors=visitors)
    if group_type is not None:
        groups = np.array([*job.labels, None], dtype=object)  # the last one is unknown
        units = replace(units, group=groups[table["part"].to_numpy() % GROUPS - 1])
    columns = unit_columns(units, job.funnel.step_labels, job.plan, job.until, job.clock)
    for name in ("unit", "visitor", "group"):
        if name in columns:
            columns[name] = pa.array(columns[name], type=group_type if name == "group" else table[name].type)
    yield from pa.table(columns).to_batches(max_chunksize=ROWS_PER_BATCH)
