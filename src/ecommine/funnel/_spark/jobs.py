"""The jobs of a funnel on Spark: units followed once, then gone through for counts and for products."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._curves import Floats
from .._steps.estimates import FunnelSums
from .._steps.table import MIN_ENTRANTS_FOR_TREND
from .counts import ALL, COLUMNS, HOURS, REACHED, Tally, hours_of_the_median, lines_of, median_of, sums_from
from .worker import GROUPS, Curves, Job, follow_rows, product_rows, second_rows, tally_rows

TALLY = "part long, kind long, step long, second long, n long"
PRODUCTS = "part long, place long, value double"
Work = Callable[[Iterable[Any]], Iterator[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Units that stay in Spark.

    Attributes
    ----------
    frame : Spark DataFrame
        One row a unit (and group); see :mod:`._spark_work`.
    job : Job
        How they were followed.
    """

    frame: Any
    job: Job

    def of(self, parts: Sequence[int]) -> "Units":
        """Keep the units of some parts."""
        return Units(frame=self.frame.where(f"part in ({', '.join(map(str, parts))})"), job=self.job)

    def over_periods(self) -> "Units":
        """Take the periods of each group together."""
        return Units(frame=self.frame.selectExpr("* except (part)", f"part % {GROUPS} as part"), job=self.job)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the units while they are gone through several times."""
        self.frame.persist()
        try:
            yield
        finally:
            self.frame.unpersist()


def followed(marks: nw.LazyFrame[Any], job: Job) -> Units:
    """Bring the events of each unit together, and follow all units of a partition at once."""
    from pyspark.sql.types import LongType, StructField, StructType

    rows = marks.to_native()
    fields = [StructField("unit", rows.schema["_unit"].dataType)]
    fields += [StructField("visitor", rows.schema["_visitor"].dataType)] if job.has_visitors else []
    names = ["part", "skipped", *(f"{name}{step}" for name in ("at", "since") for step in range(job.plan.n_steps))]
    schema = StructType([*fields, *(StructField(name, LongType()) for name in names)])
    return Units(frame=rows.repartition("_unit").mapInArrow(partial(follow_rows, job=job), schema), job=job)


def sums_of_units(whole: Units, parts: Units) -> tuple[dict[int, FunnelSums], dict[int, FunnelSums], int]:
    """Sum up all units and those of each part, and those of each group over all periods; count those in no group."""
    asked = whole.job.asked
    keys = [key for key in (asked.by, asked.every) if key is not None]
    with parts.kept():
        found, lost = _summed(parts, whole=parts is whole, apart=bool(keys))
        over_all = _summed(parts.over_periods(), whole=False, apart=True)[0] if len(keys) == 2 else {}
    if parts is not whole:
        with whole.kept():
            found |= _summed(whole, whole=True, apart=False)[0]
    return found, over_all, lost


def _summed(units: Units, *, whole: bool, apart: bool) -> tuple[dict[int, FunnelSums], int]:
    """Go through the units for counts, for the median of the entries and for products."""
    every = counted(units)
    tallies = {ALL: every.whole()} if whole else {}
    tallies |= {part: one for part, one in every.parts() if apart and part % GROUPS}
    curves = _curves(units, tallies)
    rows = _products(units, curves)
    window, until = units.job.plan.window, units.job.until
    sums = {part: sums_from(one, curves[part][0], rows[part], window, until) for part, one in tallies.items()}
    return sums, sum(int(one.by_step(REACHED, 1)[0]) for part, one in every.parts() if not part % GROUPS)


def counted(units: Units) -> Tally:
    """Count what all units did."""
    return _tally(units, partial(tally_rows, job=units.job))


def _tally(units: Units, work: Work) -> Tally:
    """Count units on all workers, and bring the counts."""
    from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

    rows = units.frame.mapInArrow(work, TALLY).groupBy("part", "kind", "step", "second")
    table = rows.agg(F.sum("n").alias("n")).toArrow()
    return Tally(**{name: table[name].to_numpy() for name in COLUMNS})


def _curves(units: Units, tallies: dict[int, Tally]) -> Curves:
    """Make the curves of each part, and find twice the median of its entries where a trend can be looked for."""
    enough = {part: one for part, one in tallies.items() if one.of(HOURS, 0)[1].sum() >= MIN_ENTRANTS_FOR_TREND}
    middle = {part: hours_of_the_median(one) for part, one in enough.items()}
    wanted = {part: hours for part, (hours, _) in middle.items()}
    seconds = dict(_tally(units, partial(second_rows, job=units.job, wanted=wanted)).parts()) if wanted else {}
    medians = {part: median_of(seconds[part], *of) for part, of in middle.items()}
    n_steps = units.job.plan.n_steps
    return {part: (lines_of(one, n_steps), medians.get(part, 0)) for part, one in tallies.items()}


def _products(units: Units, curves: Curves) -> dict[int, Floats]:
    """Sum up the products of influences of each part; those of one visitor lie in one partition."""
    frame = units.frame.repartition("visitor") if units.job.has_visitors else units.frame
    table = frame.mapInArrow(partial(product_rows, job=units.job, curves=curves), PRODUCTS).toArrow()
    part, place, value = (table[name].to_numpy() for name in ("part", "place", "value"))
    order = np.lexsort((value, place, part))  # the same sum in whatever order they come
    parts = sorted(curves)
    found = np.zeros((len(parts), units.job.plan.n_steps**2 + 5))
    np.add.at(found, (np.searchsorted(parts, part[order]), place[order]), value[order])
    return dict(zip(parts, found, strict=True))
