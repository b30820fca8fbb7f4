"""The jobs of a funnel on Spark: units followed once, then gone through for counts and for products."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats
from ..._core.moments import SECOND
from .._steps.estimates import FunnelSums
from .counts import ALL, COLUMNS, Kind, UnitCounts
from .sums import N_TREND_AND_CLUSTERS, curves_of_steps, sums_from_counts
from .worker import GROUPS, Curves, Job, count_rows, follow_rows, product_rows

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

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep what was followed while it is gone through several times."""
        self.followed.persist()
        try:
            yield
        finally:
            self.followed.unpersist()


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
    with whole.kept():
        sums, n_without_group = _summed(of_groups, whole=of_groups is whole, in_parts=bool(keys))
        over_periods = _summed(of_groups.over_periods(), whole=False, in_parts=True)[0] if len(keys) == 2 else {}
        if of_groups is not whole:
            sums |= _summed(whole, whole=True, in_parts=False)[0]
    return sums, over_periods, n_without_group


def _summed(units: Units, *, whole: bool, in_parts: bool) -> tuple[dict[int, FunnelSums], int]:
    """Go through the units for counts, for the median of the entries and for products."""
    counts = count_on_workers(units)
    by_part = dict(counts.by_part())
    counts_of = {ALL: counts.merged()} if whole else {}
    counts_of |= {part: of_part for part, of_part in by_part.items() if in_parts and part % GROUPS}
    curves = _curves_of_parts(units, counts_of)
    products = _products_of_parts(units, curves)
    window, until = units.job.plan.window, units.job.until
    sums = {
        part: sums_from_counts(of_part, curves[part][0], products[part], window, until)
        for part, of_part in counts_of.items()
    }
    without_group = [of_part for part, of_part in by_part.items() if not part % GROUPS]
    return sums, sum(int(of_part.by_step(Kind.REACHED, 1)[0]) for of_part in without_group)


def count_on_workers(units: Units) -> UnitCounts:
    """Count what units did, where they are, and bring the counts."""
    from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

    counts = units.frame.mapInArrow(partial(count_rows, job=units.job), COUNTS_SCHEMA)
    table = counts.groupBy("part", "kind", "step", "second").agg(F.sum("n").alias("n")).toArrow()
    return UnitCounts(**{name: table[name].to_numpy() for name in COLUMNS})


def _curves_of_parts(units: Units, counts_of: dict[int, UnitCounts]) -> Curves:
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
