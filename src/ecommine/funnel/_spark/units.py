"""The units of a funnel on Spark: followed once, gone through for counts and for products, and kept as a lazy table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Floats
from ..._core.moments import SECOND
from .._match.plan import Plan
from .._steps.estimates import MAX_CURVES, FunnelSums, StepCurve
from .._steps.units import MemoryUnitStore, UnitGroup
from .sums import (
    ALL,
    N_TREND_AND_CLUSTERS,
    Kind,
    by_step,
    curves_of_steps,
    plot_curve_from_counts,
    sums_from_counts,
)
from .worker import GROUPS, Curves, Job, clusters_of, count_rows, follow_rows, product_rows, times_of_rows, unit_rows

COUNTS_SCHEMA = "part long, kind long, step long, second long, n long"
PRODUCTS_SCHEMA = "part long, position long, value double"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Units that stay in Spark."""

    followed: Any
    """All units that were followed, and where each group has a funnel of its own, units and groups as well."""
    frame: Any  # those of them that are counted; see :mod:`.worker`
    job: Job  # how they were followed

    def of(self, parts: Sequence[int]) -> "Units":
        """Keep the units of some parts."""
        return replace(self, frame=self.frame.where(f"part in ({', '.join(map(str, parts))})"))

    def over_periods(self) -> "Units":
        """Merge the periods of each group."""
        return replace(self, frame=self.frame.selectExpr("* except (part)", f"part % {GROUPS} as part"))


def follow_units(marked: nw.LazyFrame[Any], job: Job) -> tuple[Units, Units]:
    """Bring the events of each unit together once, and follow all units of a partition at once.

    Return all units, and those of the groups, which differ where each group has a funnel of its own events.
    """
    from pyspark.sql.types import LongType, StructField, StructType

    rows, steps = marked.to_native(), range(job.plan.n_steps)
    fields = [StructField("unit", rows.schema["_unit"].dataType)]
    fields += [StructField("visitor", rows.schema["_visitor"].dataType)] if job.has_visitors else []
    names = ["by_group", "part", "skipped", *(f"{name}{step}" for name in ("reached", "entry") for step in steps)]
    schema = StructType([*fields, *(StructField(name, LongType()) for name in names)])
    followed = rows.repartition("_unit").mapInArrow(partial(follow_rows, job=job), schema)
    if not job.is_by_step:
        units = Units(followed=followed, frame=followed, job=job)
        return units, units
    whole, of_groups = (Units(followed=followed, frame=followed.where(f"by_group = {i}"), job=job) for i in (0, 1))
    return whole, of_groups


def sums_of_units(whole: Units, of_groups: Units) -> tuple[dict[int, FunnelSums], dict[int, FunnelSums], int]:
    """Sum up all units and those of each part, and those of each group over all periods; count those in no group."""
    options = whole.job.options
    keys = [key for key in (options.by, options.every) if key is not None]
    whole.followed.persist()  # it is gone through several times
    try:
        sums, n_without_group = _summed(of_groups, whole=of_groups is whole, in_parts=bool(keys))
        over_periods = _summed(of_groups.over_periods(), whole=False, in_parts=True)[0] if len(keys) == 2 else {}
        if of_groups is not whole:
            sums |= _summed(whole, whole=True, in_parts=False)[0]
    finally:
        whole.followed.unpersist()
    return sums, over_periods, n_without_group


def _summed(units: Units, *, whole: bool, in_parts: bool) -> tuple[dict[int, FunnelSums], int]:
    """Go through the units for counts, for the median of the entries and for products."""
    counts = count_on_workers(units)
    by_part = _by_part(counts)
    counts_of = {ALL: counts} if whole else {}
    counts_of |= {part: of_part for part, of_part in by_part.items() if in_parts and part % GROUPS}
    curves = _curves_of_parts(units, counts_of)
    products = _products_of_parts(units, curves)
    window, until = units.job.plan.window, units.job.until
    sums = {
        part: sums_from_counts(of_part, curves[part][0], products[part], window, until)
        for part, of_part in counts_of.items()
    }
    without_group = [of_part for part, of_part in by_part.items() if not part % GROUPS]
    return sums, sum(int(by_step(of_part, Kind.REACHED, 1)[0]) for of_part in without_group)


def count_on_workers(units: Units) -> pd.DataFrame:
    """Count what units did, where they are, and bring the counts."""
    from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

    counts = units.frame.mapInArrow(partial(count_rows, job=units.job), COUNTS_SCHEMA)
    table = counts.groupBy("part", "kind", "step", "second").agg(F.sum("n").alias("n")).toArrow()
    totals: pd.DataFrame = table.to_pandas()
    return totals


def _by_part(counts: pd.DataFrame) -> dict[int, pd.DataFrame]:
    groups: Any = counts.groupby("part")
    return {int(part): of_part for part, of_part in groups}


def _curves_of_parts(units: Units, counts_of: dict[int, pd.DataFrame]) -> Curves:
    """Estimate the curves of each part, and twice the median of the entries whose window is closed (seconds)."""
    from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

    plan, until = units.job.plan, units.job.until
    closed = units.frame.where(f"{until} - reached0 >= {plan.window}")
    second = F.expr(f"(reached0 - pmod(reached0, {SECOND})) div {SECOND}")
    rows = closed.rollup("part").agg(F.percentile(second, F.lit(0.5)).alias("median")).toArrow().to_pylist()
    medians = {ALL if row["part"] is None else row["part"]: round(2 * row["median"]) for row in rows}
    return {
        part: (curves_of_steps(counts, plan.n_steps, plan.window), medians.get(part, 0))
        for part, counts in counts_of.items()
    }


def _products_of_parts(units: Units, curves: Curves) -> dict[int, Floats]:
    """Sum up the products of influences of each part; those of one visitor lie in one partition."""
    frame = units.frame.repartition("visitor") if units.job.has_visitors else units.frame
    table = frame.mapInArrow(partial(product_rows, job=units.job, curves=curves), PRODUCTS_SCHEMA).toArrow()
    part, position, value = (table[name].to_numpy() for name in ("part", "position", "value"))
    order = np.lexsort((value, position, part))  # the same sum in whatever order they come
    parts = sorted(curves)
    sums = np.zeros((len(parts), units.job.plan.n_steps**2 + N_TREND_AND_CLUSTERS))
    np.add.at(sums, (np.searchsorted(parts, part[order]), position[order]), value[order])
    return dict(zip(parts, sums, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SparkUnitStore:
    """Units that stay in Spark, and are followed anew when they are needed."""

    whole: Units  # all units
    of_groups: Units  # those of the groups, which differ where each group has a funnel of its own events
    parts: tuple[int, ...]  # the numbers of the groups and periods; of a result that is one of them, its numbers alone
    labels: tuple[dict[str, Any], ...]  # the labels of these
    selected: tuple[int, ...] = ()  # the parts that the result is of; none where it is of all units
    group_type: Any = None  # the Spark type of `by`, where the table of units has it

    def select(self, groups: Sequence[int]) -> "SparkUnitStore":
        """Return the units of some groups, given by their places, as a whole of its own."""
        parts, labels = tuple(self.parts[group] for group in groups), tuple(self.labels[group] for group in groups)
        return replace(self, whole=self.of_groups, parts=parts, labels=labels, selected=parts)

    def table(self, unit: str, by: str | None, _like: Any) -> Any:
        """Return the lazy table of units, in any order; only units in memory need to know the library."""
        from pyspark.sql.pandas.types import to_arrow_type
        from pyspark.sql.types import BooleanType, StringType, StructField, StructType, TimestampNTZType

        frame, group_type = self._units.frame, None if by is None else self.group_type
        types = {name: frame.schema[name].dataType for name in self._ids}
        types |= {} if group_type is None else {"group": group_type}
        times = dict.fromkeys(("first_entered_at", "entered_at", "deepest_at"), TimestampNTZType())
        types |= {"deepest_step": StringType(), **times, "pending": BooleanType()}
        schema = StructType([StructField(name, dtype) for name, dtype in types.items()])
        arrow_type = None if group_type is None else to_arrow_type(group_type)
        work = partial(unit_rows, job=self.whole.job, group_type=arrow_type)
        names = {"unit": unit, "visitor": "visitor_id", **({} if group_type is None else {"group": by})}
        return frame.mapInArrow(work, schema).withColumnsRenamed(names)

    def median_age(self) -> float | None:
        """Return for how long units were observed since their first entry (median, microseconds)."""
        from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

        entry = self._units.frame.agg(F.percentile("reached0", F.lit(0.5)).alias("entry")).toArrow()["entry"][0].as_py()
        return None if entry is None else float(self.whole.job.until - entry)

    def count_shared(self, other: object) -> int | None:
        """Count the units that another store on Spark has as well; None where the other one is elsewhere."""
        if not isinstance(other, SparkUnitStore):
            return None
        ids, other_ids = (store._units.frame.select(*self._ids) for store in (self, other))
        return int(ids.intersect(other_ids).count())

    def curves(self, *, by_group: bool) -> tuple[list[StepCurve], int]:
        """Return the curves of a plot, and how many there could be; see :meth:`.MemoryUnitStore.curves`.

        Those of visitors are made from counts. Sessions of a visitor belong together at each moment, so that they are
        brought, for this plot alone.
        """
        if self.whole.job.has_visitors:
            return self._in_memory(by_group=by_group).curves(by_group=by_group)
        last, window = len(self.step_labels) - 1, self.plan.window
        if not by_group:
            whole = count_on_workers(self._units)
            steps = range(1, last + 1)[:MAX_CURVES]
            return [plot_curve_from_counts(whole, {}, step, window) for step in steps], last
        labels = dict(zip(self.parts, self.labels, strict=True))
        counts = _by_part(count_on_workers(self.of_groups))
        largest = sorted(labels, key=lambda part: -int(by_step(counts[part], Kind.REACHED, 1)[0]))[:MAX_CURVES]
        drawn = [part for part in labels if part in largest]
        return [plot_curve_from_counts(counts[part], labels[part], last, window) for part in drawn], len(labels)

    @property
    def step_labels(self) -> tuple[str, ...]:
        """The labels of the steps."""
        return self.whole.job.funnel.step_labels

    @property
    def plan(self) -> Plan:
        """The funnel in numbers."""
        return self.whole.job.plan

    @property
    def _ids(self) -> tuple[str, ...]:
        """The columns that identify a unit: several visitors may have a session of one id."""
        return ("unit", "visitor") if self.whole.job.options.unit == "session_id" else ("unit",)

    @property
    def _units(self) -> Units:
        return self.whole.of(self.selected) if self.selected else self.whole

    def _in_memory(self, *, by_group: bool) -> MemoryUnitStore:
        table = (self.of_groups if by_group else self._units).frame.drop("unit").toArrow()
        times = times_of_rows(table, self.plan.n_steps)
        whole = UnitGroup(label={}, times=times, units=None, visitor=clusters_of(table, self.whole.job))
        part_of_units = table["part"].to_numpy()
        groups = [
            replace(whole, label=label, times=times.take(np.flatnonzero(part_of_units == part)))
            for part, label in zip(self.parts, self.labels, strict=True)
        ]
        return MemoryUnitStore(
            whole=whole,
            plan=self.plan,
            step_labels=self.step_labels,
            until=self.whole.job.until,
            clock=self.whole.job.clock,
            groups=groups,
        )
