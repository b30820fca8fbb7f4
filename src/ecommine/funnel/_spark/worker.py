"""What Spark's workers do with one partition of a funnel, once each: follow units, count them, multiply influences.

Rows come and go as Arrow batches. Of the walk a row a unit is left: its id, its visitor where it is a session, its
part, the skipped steps as bits, and for each step when it was reached and from which entry (microseconds).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._curves import Floats
from .._definition import Funnel
from .._log.reading import factorize
from .._match.encode import coded_rows
from .._match.events import EventSequences, build_sequences, held, make_plan
from .._match.options import AnalyseOptions
from .._match.plan import Plan, StepTimes
from .._match.sort import Ints
from .._steps.estimates import compact_clusters
from .._steps.groups import attributed_group, group_values, period_numbers
from .._steps.units import UnitGroup, unit_columns
from .counts import ALL, COLUMNS, Line, Tally, products, seconds_of, tally_of

GROUPS = 64
"""A part is a group, from 1, and this many times the periods that it lies back; group 0 is none."""
ROWS = 1 << 16
"""Rows that are handed to Spark at once."""
Curves = Mapping[int, tuple[list[Line], int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """What a worker has to know.

    Attributes
    ----------
    funnel : Funnel
        The funnel.
    asked : AnalyseOptions
        The options.
    labels : tuple
        The values of `by`, in their order.
    until : int
        The moment up to which events count, microseconds.
    by_group : bool
        Whether a unit counts in each of its groups.
    own : str or None
        The held column whose unknown values are a value of their own.
    """

    funnel: Funnel
    asked: AnalyseOptions
    labels: tuple[Any, ...]
    until: int
    by_group: bool = False
    own: str | None = None

    @property
    def plan(self) -> Plan:
        """The funnel in numbers."""
        return make_plan(self.funnel)

    @property
    def has_visitors(self) -> bool:
        """Whether units belong to visitors."""
        return self.asked.unit != "visitor_id"


def follow_rows(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Follow the units of one partition."""
    import pyarrow as pa

    table = _table(batches)
    if table is None:
        return
    rows, code, masks = coded_rows(nw.from_native(table, eager_only=True), job.funnel)
    tracks = build_sequences((rows, code, masks), job.funnel, unit=job.asked.unit, by=job.asked.by)
    tracks = held(tracks, rows, job.funnel.hold_constant, job.own) if job.funnel.hold_constant else tracks
    reach = _in_groups(tracks.walk(job.funnel, by_group=job.by_group), tracks.labels, job)
    ids = reach.unit if tracks.units is None else tracks.units[reach.unit]
    columns = {"unit": pa.array(ids, type=table["_unit"].type)}
    if job.has_visitors:
        columns["visitor"] = _visitor_column(tracks, reach, table["_visitor"].type)
    columns |= {"part": _part_of(reach, job), "skipped": reach.skipped @ (1 << np.arange(job.plan.n_steps))}
    for name, times in (("at", reach.reached_at), ("since", reach.entry_at)):
        columns |= {f"{name}{step}": np.ascontiguousarray(one) for step, one in enumerate(times.T)}
    yield from pa.table(columns).to_batches(max_chunksize=ROWS)


def _table(batches: Iterable[Any]) -> Any:
    """Put the batches of a partition together; None where there are no rows."""
    import pyarrow as pa

    found = [batch for batch in batches if batch.num_rows]
    return pa.Table.from_batches(found) if found else None


def _visitor_column(tracks: EventSequences, reach: StepTimes, kind: Any) -> Any:
    """Write whose each unit is, null where nobody knows."""
    import pyarrow as pa

    assert tracks.visitor is not None
    assert tracks.visitors is not None
    ids = np.array([*tracks.visitors, None], dtype=object)
    return pa.array(ids[np.minimum(tracks.visitor[reach.unit], len(tracks.visitors))], type=kind)


def clusters_of(table: Any, job: Job) -> Ints | None:
    """Give numbers to the visitors of units; units whose visitor is unknown stand alone."""
    if not job.has_visitors:
        return None
    code = factorize(nw.from_native(table["visitor"], series_only=True))[0].astype(np.int64)
    unknown = np.flatnonzero(code < 0)
    code[unknown] = code.max(initial=-1) + 1 + np.arange(len(unknown))
    return code


def _in_groups(reach: StepTimes, labels: tuple[Any, ...], job: Job) -> StepTimes:
    """Give groups the numbers that all workers give them; NaN, which is no label, is unknown."""
    if job.asked.by is None:
        return reach
    codes = {label: code for code, label in enumerate(job.labels)}
    rank = np.array([*(codes.get(label, codes.get(None, -1)) for label in labels), -1])
    return replace(reach, group=rank[reach.group])


def _part_of(reach: StepTimes, job: Job) -> Ints:
    group = np.zeros(len(reach.unit), dtype=np.int64)
    if job.asked.by is not None:
        group = attributed_group(reach, job.asked.attribution, job.funnel).astype(np.int64)
    if job.asked.every is None:
        return group + 1
    last = period_numbers(np.array([job.until]), job.asked.every)
    return group + 1 + GROUPS * (last - period_numbers(reach.first_entry_at, job.asked.every))


def reach_of(table: Any, n_steps: int) -> StepTimes:
    """Make what the walk found of rows of units, numbered in their order."""
    at, since = (np.array([table[f"{name}{step}"].to_numpy() for step in range(n_steps)]).T for name in ("at", "since"))
    skipped = np.array([table["skipped"].to_numpy() >> step & 1 for step in range(n_steps)], dtype=bool).T
    n = len(at)
    return StepTimes(
        unit=np.arange(n), reached_at=at, entry_at=since, skipped=skipped, group=np.zeros((n, n_steps), dtype=np.int32)
    )


def tally_rows(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Count the units of one partition."""
    table = _table(batches)
    if table is not None:
        part = table["part"].to_numpy()
        yield from _tally_batches(tally_of(reach_of(table, job.plan.n_steps), part, job.plan, job.until))


def second_rows(batches: Iterable[Any], job: Job, wanted: Mapping[int, list[int]]) -> Iterator[Any]:
    """Count the entries of some hours by second, for each part its own hours."""
    table = _table(batches)
    if table is not None:
        part = table["part"].to_numpy()
        yield from _tally_batches(seconds_of(reach_of(table, job.plan.n_steps), part, wanted, job.plan, job.until))


def _tally_batches(tally: Tally) -> Iterator[Any]:
    import pyarrow as pa

    yield from pa.table({name: getattr(tally, name) for name in COLUMNS}).to_batches(max_chunksize=ROWS)


def product_rows(batches: Iterable[Any], job: Job, curves: Curves) -> Iterator[Any]:
    """Sum up the products of influences in one partition, for each part by its own curves."""
    import pyarrow as pa

    table = _table(batches)
    if table is None:
        return
    reach, part = reach_of(table, job.plan.n_steps), table["part"].to_numpy()
    visitor = clusters_of(table, job)
    found: dict[int, Floats] = {}
    for one, rows in _rows_of(part, curves):
        cluster = None if visitor is None else compact_clusters(visitor[rows])
        found[one] = products(reach.take(rows), cluster, curves[one][0], job.plan, job.until, curves[one][1])
    if found:
        values = np.concatenate(list(found.values()))
        n = len(values) // len(found)
        columns = {"part": np.repeat(list(found), n), "place": np.tile(np.arange(n), len(found)), "value": values}
        yield pa.table(columns).to_batches()[0]


def _rows_of(part: Ints, wanted: Iterable[int]) -> Iterator[tuple[int, Any]]:
    """Return the rows of each part that is wanted and there."""
    order = np.argsort(part, kind="stable")
    values, first = np.unique(part[order], return_index=True)
    rows = dict(zip(values.tolist(), np.split(order, first[1:]), strict=True))
    for one in wanted:
        if one == ALL:
            yield one, slice(None)
        elif one in rows:
            yield one, rows[one]


def unit_rows(batches: Iterable[Any], job: Job, kind: Any) -> Iterator[Any]:
    """Write the table of units, with their groups as values of the Arrow type ``kind`` unless it is None."""
    import pyarrow as pa

    table = _table(batches)
    if table is None:
        return
    reach = reach_of(table, job.plan.n_steps)
    given, is_number = table["unit"], pa.types.is_integer(table["unit"].type)
    ids = given.to_numpy() if is_number else np.array(given.to_pylist(), dtype=object)
    part = UnitGroup(label={}, times=reach, units=ids, visitor=None)
    if job.asked.unit == "session_id":
        whose = np.array([*table["visitor"].to_pylist(), None], dtype=object)[:-1]
        part = replace(part, visitor=np.arange(len(whose)), visitors=whose)
    if kind is not None:
        part = replace(part, group=group_values(table["part"].to_numpy() % GROUPS - 1, job.labels))
    columns = unit_columns(part, job.funnel.step_labels, job.plan, job.until)
    for name in ("unit", "visitor", "group"):
        if name in columns:
            columns[name] = pa.array(columns[name], type=kind if name == "group" else table[name].type)
    yield from pa.table(columns).to_batches(max_chunksize=ROWS)
