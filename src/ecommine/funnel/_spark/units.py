"""The units of a funnel on Spark: a lazy table, and what a plot or a comparison needs of them later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .._match.plan import Plan
from .._steps.curves import MAX_CURVES, StepCurve
from .._steps.units import MemoryUnitStore, UnitGroup
from .counts import Kind
from .jobs import Units, count_on_workers
from .sums import plot_curve_from_counts
from .worker import clusters_of, times_of_rows, unit_rows


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
            whole = count_on_workers(self._units).merged()
            steps = range(1, last + 1)[:MAX_CURVES]
            return [plot_curve_from_counts(whole, {}, step, window) for step in steps], last
        counts, labels = (
            dict(count_on_workers(self.of_groups).by_part()),
            dict(zip(self.parts, self.labels, strict=True)),
        )
        largest = sorted(labels, key=lambda part: -int(counts[part].by_step(Kind.REACHED, 1)[0]))[:MAX_CURVES]
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
        """Bring the units into memory."""
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
