"""Which events matter to a funnel, and what each is: its steps and exclusions as the bits of one number."""

from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.frames import Frame
from ._definition import Exclude, Funnel, Step
from ._moves import Ints
from ._reading import gathered, numbered

MARKS = "_marks"
"""The column of the bits: steps first, exclusions above them."""


def marked(frame: Frame, funnel: Funnel, columns: dict[str, nw.Expr]) -> dict[str, nw.Series[Any]]:
    """Bring the events that matter into memory: the columns asked for, and the bits.

    In memory the name of an event is looked up once, whatever the number of steps; engines compare where the rows are,
    and Polars works as one.
    """
    every = funnel.order == "strict"  # there any event may lie between two steps
    if isinstance(frame, nw.DataFrame) and not frame.implementation.is_polars():
        marks = _looked_up(frame, funnel)
        kept = np.flatnonzero(marks >= 0 if every else marks > 0)
        rows = frame.select(**columns)
        series = nw.new_series(MARKS, marks[kept], nw.Int64, backend=frame.implementation)
        return {name: rows[name][kept] for name in columns} | {MARKS: series}  # whole rows are slower to take
    bits = ((one.matches().cast(nw.Int64) * (1 << bit)) for bit, one in enumerate(_all(funnel)))
    plan = frame.lazy().select(nw.col("event"), **columns, **{MARKS: sum(bits, start=nw.lit(0))})
    plan = plan.filter(~nw.col("event").is_null()) if every else plan.filter(nw.col(MARKS) > 0)
    found = gathered(plan.drop("event"))
    return {name: found[name] for name in (*columns, MARKS)}


def _all(funnel: Funnel) -> tuple[Step | Exclude, ...]:
    return (*funnel.steps, *funnel.exclude)


def _looked_up(frame: nw.DataFrame[Any], funnel: Funnel) -> Ints:
    """Mark the events of a table in memory; -1 where an event has no name."""
    codes, labels = numbered(frame["event"])
    table = np.zeros(len(labels) + 1, dtype=np.int64)
    for bit, one in enumerate(_all(funnel)):
        table[:-1][np.isin(labels.astype(object), list(one.event))] |= 1 << bit
    table[-1] = -1
    marks: Ints = table[codes]
    for bit, one in enumerate(_all(funnel)):
        if one.where:
            holds = reduce(and_, [nw.col(column).is_in(list(values)) for column, values in one.where])
            fails = ~frame.select(_=holds.fill_null(False))["_"].to_numpy().astype(bool)
            marks[fails & (marks > 0)] &= ~np.int64(1 << bit)
    return marks
