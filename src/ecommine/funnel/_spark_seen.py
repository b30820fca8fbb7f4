"""The units of a funnel on Spark: a lazy table, and what a picture or a comparison asks of them later."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw

from ._reading import numbered
from ._spark_jobs import Units
from ._spark_sums import ALL
from ._spark_work import reach_of, unit_rows
from ._table import Part, Seen

MOST_DRAWN = 8
"""Groups that can be told apart in a picture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenOnSpark:
    """Units that stay in Spark, and are followed anew when they are asked for.

    Attributes
    ----------
    whole, in_parts : Units
        All units, and those of the groups, which differ where each group has a funnel of its own events.
    parts : tuple of int
        The groups and periods by their numbers; of a result that is one of them, its number alone.
    labels : tuple of dict
        What names them.
    only : int
        The part that the result is of.
    """

    whole: Units
    in_parts: Units
    parts: tuple[int, ...]
    labels: tuple[dict[str, Any], ...]
    only: int = ALL

    def alone(self, place: int) -> "SeenOnSpark":
        """Take one part as a whole."""
        part = self.parts[place]
        return replace(self, whole=self.in_parts, parts=(part,), labels=({},), only=part)

    def table(self, unit: str, like: Any) -> Any:  # noqa: ARG002  # units in memory need the library
        """Return the lazy table of units, in any order."""
        from pyspark.sql.types import StringType, StructField, StructType, TimestampNTZType

        frame = self.whole.frame
        fields = [StructField("unit", frame.schema["unit"].dataType), StructField("deepest_step", StringType())]
        times = ("first_entered_at", "entered_at", "deepest_at")
        schema = StructType([*fields, *(StructField(name, TimestampNTZType()) for name in times)])
        work = partial(unit_rows, job=self.whole.job, part=self.only)
        return frame.mapInArrow(work, schema).withColumnRenamed("unit", unit)

    def age(self) -> float | None:
        """Return how long the units were seen since their first entry, at the median."""
        from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

        entry = self._rows.agg(F.percentile("at0", F.lit(0.5)).alias("entry")).toArrow()["entry"][0].as_py()
        return None if entry is None else float(self.whole.job.until - entry)

    def n_shared(self, other: object) -> int | None:
        """Count the units that another funnel on Spark has as well; None where the other one is not there."""
        if not isinstance(other, SeenOnSpark):
            return None
        mine, theirs = (one._rows.select("unit").distinct() for one in (self, other))
        return int(mine.join(theirs, on="unit").count())

    def in_memory(self) -> Seen:
        """Bring the units, for a picture that needs the time of each."""
        whole = self._fetched(self._rows, {})
        parts = [
            self._fetched(self.in_parts.frame.where(f"part = {part}"), label)
            for part, label in zip(self.parts[:MOST_DRAWN], self.labels, strict=False)
        ]
        job = self.whole.job
        return Seen(whole=whole, plan=job.plan, names=job.funnel.names, until=job.until, parts=parts)

    @property
    def _rows(self) -> Any:
        frame = self.whole.frame
        return frame if self.only == ALL else frame.where(f"part = {self.only}")

    def _fetched(self, rows: Any, label: dict[str, Any]) -> Part:
        """Bring the rows of some units."""
        job = self.whole.job
        table = rows.drop("unit").toArrow()
        visitor = numbered(nw.from_native(table["visitor"], series_only=True))[0] if job.has_visitors else None
        return Part(label=label, reach=reach_of(table, job.plan.n_steps), units=None, visitor=visitor)
