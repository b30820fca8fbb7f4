"""The jobs of a funnel on Spark: units followed once, then gone through for counts and for products."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
    followed : Spark DataFrame
        All units that were followed, and where each group has a funnel of its own, units and groups as well.
    frame : Spark DataFrame
        Those of them that are counted; see :mod:`.worker`.
    job : Job
        How they were followed.
    """

    followed: Any
    frame: Any
    job: Job

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

    Returns
    -------
    whole, of_groups : Units
        All units, and those of the groups, which differ where each group has a funnel of its own events.
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
    every = counted(units)
    tallies = {ALL: every.whole()} if whole else {}
    tallies |= {part: one for part, one in every.parts() if in_parts and part % GROUPS}
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
