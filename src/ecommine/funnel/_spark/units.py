"""The units of a funnel on Spark: a lazy table, and what a picture or a comparison asks of them later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .._match.plan import Plan
from .._steps.curves import MAX_CURVES, StepCurve
from .._steps.units import MemoryUnitStore, UnitGroup
from .counts import REACHED, growth_from
from .jobs import Units, counted
from .worker import clusters_of, times_of_rows, unit_rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SparkUnitStore:
    """Units that stay in Spark, and are followed anew when they are asked for.

    Attributes
    ----------
    whole, in_parts : Units
        All units, and those of the groups, which differ where each group has a funnel of its own events.
    parts : tuple of int
        The groups and periods by their numbers; of a result that is one of them, its numbers alone.
    labels : tuple of dict
        What names them.
    only : tuple of int
        The parts that the result is of; none where it is of all units.
    kind : Spark type, or None
        That of `by`, where the table of units has it.
    """

    whole: Units
    in_parts: Units
    parts: tuple[int, ...]
    labels: tuple[dict[str, Any], ...]
    only: tuple[int, ...] = ()
    kind: Any = None

    def select(self, groups: Sequence[int]) -> "SparkUnitStore":
        """Take one group as a whole, or all its periods."""
        parts, labels = tuple(self.parts[one] for one in groups), tuple(self.labels[one] for one in groups)
        return replace(self, whole=self.in_parts, parts=parts, labels=labels, only=parts)

    def table(self, unit: str, by: str | None, _like: Any) -> Any:
        """Return the lazy table of units, in any order; only units in memory need to know the library."""
        from pyspark.sql.pandas.types import to_arrow_type
        from pyspark.sql.types import BooleanType, StringType, StructField, StructType, TimestampNTZType

        frame, kind = self._units.frame, None if by is None else self.kind
        types = {name: frame.schema[name].dataType for name in self._ids}
        types |= {} if kind is None else {"group": kind}
        times = dict.fromkeys(("first_entered_at", "entered_at", "deepest_at"), TimestampNTZType())
        types |= {"deepest_step": StringType(), **times, "pending": BooleanType()}
        schema = StructType([StructField(name, one) for name, one in types.items()])
        work = partial(unit_rows, job=self.whole.job, kind=None if kind is None else to_arrow_type(kind))
        names = {"unit": unit, "visitor": "visitor_id", **({} if kind is None else {"group": by})}
        return frame.mapInArrow(work, schema).withColumnsRenamed(names)

    def median_age(self) -> float | None:
        """Return how long the units were seen since their first entry, at the median."""
        from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

        entry = self._units.frame.agg(F.percentile("reached0", F.lit(0.5)).alias("entry")).toArrow()["entry"][0].as_py()
        return None if entry is None else float(self.whole.job.until - entry)

    def count_shared(self, other: object) -> int | None:
        """Count the units that another funnel on Spark has as well; None where the other one is not there."""
        if not isinstance(other, SparkUnitStore):
            return None
        mine, theirs = (one._units.frame.select(*self._ids) for one in (self, other))
        return int(mine.intersect(theirs).count())

    def curves(self, *, by_group: bool) -> tuple[list[StepCurve], int]:
        """Return the curves of a picture, and how many there could be; see :meth:`.MemoryUnitStore.curves`.

        Of visitors they are made from counts. Sessions of a visitor belong together at each moment, so that they are
        brought, for this picture alone.
        """
        if self.whole.job.has_visitors:
            return self._brought(by_group=by_group).curves(by_group=by_group)
        last, window = len(self.step_labels) - 1, self.plan.window
        if not by_group:
            whole = counted(self._units).whole()
            return [growth_from(whole, {}, step, window) for step in range(1, last + 1)][:MAX_CURVES], last
        tallies, labels = dict(counted(self.in_parts).parts()), dict(zip(self.parts, self.labels, strict=True))
        largest = sorted(labels, key=lambda part: -int(tallies[part].by_step(REACHED, 1)[0]))[:MAX_CURVES]
        drawn = [part for part in labels if part in largest]
        return [growth_from(tallies[part], labels[part], last, window) for part in drawn], len(labels)

    @property
    def step_labels(self) -> tuple[str, ...]:
        """The steps."""
        return self.whole.job.funnel.step_labels

    @property
    def plan(self) -> Plan:
        """The funnel in numbers."""
        return self.whole.job.plan

    @property
    def _ids(self) -> tuple[str, ...]:
        """The columns that tell units apart: several visitors may have a session of one id."""
        return ("unit", "visitor") if self.whole.job.options.unit == "session_id" else ("unit",)

    @property
    def _units(self) -> Units:
        return self.whole.of(self.only) if self.only else self.whole

    def _brought(self, *, by_group: bool) -> MemoryUnitStore:
        """Bring the units."""
        table = (self.in_parts if by_group else self._units).frame.drop("unit").toArrow()
        reach = times_of_rows(table, self.plan.n_steps)
        whole = UnitGroup(label={}, times=reach, units=None, visitor=clusters_of(table, self.whole.job))
        part = table["part"].to_numpy()
        parts = [
            replace(whole, label=label, times=reach.take(np.flatnonzero(part == one)))
            for one, label in zip(self.parts, self.labels, strict=True)
        ]
        return MemoryUnitStore(
            whole=whole, plan=self.plan, step_labels=self.step_labels, until=self.whole.job.until, groups=parts
        )
