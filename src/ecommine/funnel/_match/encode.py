"""Events as bitmasks: which steps and exclusions each event is, found where the rows are; and brought into memory."""

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints, distinct_codes
from ..._core.codes import factorize
from ..._core.frames import Frame
from .._definition import Exclude, Funnel, Step
from .._log.reading import load_rows

STEP_BITMASK = "_step_bitmask"
"""The column of the bits: steps first, exclusions above them; -1 for what does not count."""
MAX_BITS_FOR_TABLE = 15
"""Bits up to which all bitmasks are listed in a table; of more, those that occur."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedEvents:
    """Events in memory, in any order."""

    columns: dict[str, nw.Series[Any]]  # see :func:`.event_table.columns_needed`
    kind: Ints  # shape (n_events,): what each event is, as a position in ``bitmasks``
    bitmasks: Ints
    """Shape (n_kinds,): the bits of the steps, those of the exclusions above them; -1 for what does not count."""


def encode_events(
    frame: Frame, funnel: Funnel, columns: dict[str, nw.Expr], *, max_uncounted: float = 0
) -> EncodedEvents:
    """Bring events into memory: the columns that are needed, and what each event is.

    Only events that count come along, unless at most a share of ``max_uncounted`` of a table in memory does not: taking
    rows would cost more than leaving them out later.
    """
    if not isinstance(frame, nw.DataFrame):
        return split_bitmask(load_rows(with_step_bitmask(frame, funnel, columns)), funnel)
    rows = frame.select(**columns)
    if frame.implementation.is_polars():
        bitmask = frame.select(**{STEP_BITMASK: _bitmask(funnel)})[STEP_BITMASK]
        kind, bitmasks = _kinds_of_bitmasks(bitmask.to_numpy(), funnel)
    else:
        kind, bitmasks = _kinds_by_name(frame, funnel)
    counted = np.flatnonzero(bitmasks[kind] >= 0) if max_uncounted < 1 else np.zeros(0, dtype=np.int64)
    if max_uncounted == 1 or len(counted) > len(kind) * (1 - max_uncounted):
        return EncodedEvents(columns={name: rows[name] for name in columns}, kind=kind, bitmasks=bitmasks)
    of_counted = {name: rows[name][counted] for name in columns}  # whole rows are slower to take
    return EncodedEvents(columns=of_counted, kind=kind[counted], bitmasks=bitmasks)


def with_step_bitmask(frame: nw.LazyFrame[Any], funnel: Funnel, columns: dict[str, nw.Expr]) -> nw.LazyFrame[Any]:
    """Keep the events that count, with the columns that are needed and their bitmasks, where the rows are."""
    return frame.select(**columns, **{STEP_BITMASK: _bitmask(funnel)}).filter(nw.col(STEP_BITMASK) >= 0)


def split_bitmask(rows: nw.DataFrame[Any], funnel: Funnel) -> EncodedEvents:
    """Split rows with bitmasks into their columns and what each event is."""
    columns = {name: rows[name] for name in rows.columns if name != STEP_BITMASK}
    kind, bitmasks = _kinds_of_bitmasks(rows[STEP_BITMASK].to_numpy(), funnel)
    return EncodedEvents(columns=columns, kind=kind, bitmasks=bitmasks)


def _bitmask(funnel: Funnel) -> nw.Expr:
    """Return the expression of the bitmasks, in the narrowest type."""
    counts_all = funnel.order == "strict"  # any event may lie between two steps
    n_bits = len(funnel.steps_and_exclusions)
    dtype = nw.Int8 if n_bits < 8 else nw.Int16 if n_bits <= MAX_BITS_FOR_TABLE else nw.Int64
    no_step = nw.lit(0 if counts_all else -1, dtype)
    if any(part.where for part in funnel.steps_and_exclusions):
        bits = [
            _matches(part).cast(dtype) * nw.lit(1 << bit, dtype) for bit, part in enumerate(funnel.steps_and_exclusions)
        ]
        bitmask = sum(bits[1:], start=bits[0])
        bitmask = bitmask if counts_all else nw.when(bitmask > 0).then(bitmask).otherwise(no_step)
    else:
        bitmask = no_step
        bitmask_of = _bitmasks_by_name(funnel)
        for mask in sorted(set(bitmask_of.values()), reverse=True):  # the commonest first, mostly
            names = [name for name, of_name in bitmask_of.items() if of_name == mask]
            is_named = nw.col("event") == names[0] if len(names) == 1 else nw.col("event").is_in(names)
            bitmask = nw.when(is_named).then(nw.lit(mask, dtype)).otherwise(bitmask)
    return nw.when(nw.col("event").is_null()).then(nw.lit(-1, dtype)).otherwise(bitmask) if counts_all else bitmask


def _matches(part: Step | Exclude) -> nw.Expr:
    is_named = nw.col("event").is_in(list(part.event)).fill_null(False)
    return is_named & _meets_conditions(part) if part.where else is_named


def _meets_conditions(part: Step | Exclude) -> nw.Expr:
    """Return the expression of which events meet the conditions; to Arrow zero is two numbers."""
    conditions = []
    for column, values in part.where:
        negative_zeros = [-value for value in values if isinstance(value, float) and not value]
        conditions.append(nw.col(column).is_in([*values, *negative_zeros]))
    return reduce(and_, conditions).fill_null(False)


def _bitmasks_by_name(funnel: Funnel) -> dict[str, int]:
    bitmask_of: dict[str, int] = {}
    for bit, part in enumerate(funnel.steps_and_exclusions):
        bitmask_of |= {name: bitmask_of.get(name, 0) | 1 << bit for name in part.event}
    return bitmask_of


def _kinds_of_bitmasks(bitmask: Ints, funnel: Funnel) -> tuple[Ints, Ints]:
    """Return the kind of each event, and the bitmasks of the kinds."""
    n_bits = len(funnel.steps_and_exclusions)
    if n_bits > MAX_BITS_FOR_TABLE:
        return distinct_codes(bitmask)
    bitmasks = np.arange(-1, 1 << n_bits)
    return bitmask, np.roll(bitmasks, -1)  # -1 as a position is the last


def _kinds_by_name(frame: nw.DataFrame[Any], funnel: Funnel) -> tuple[Ints, Ints]:
    """Return the kind of each event of a table in memory by its name, and the bitmasks of the kinds."""
    kind, names = factorize(frame["event"])
    bitmask_of = _bitmasks_by_name(funnel)
    bitmasks = np.array([*(bitmask_of.get(name, 0) for name in names.tolist()), -1])  # -1 as a position is the last
    if any(part.where for part in funnel.steps_and_exclusions):
        kind, bitmasks = _apply_conditions(frame, funnel, bitmasks[kind])
    if funnel.order != "strict":  # there any event may lie between two steps
        bitmasks[bitmasks == 0] = -1
    return kind, bitmasks


def _apply_conditions(frame: nw.DataFrame[Any], funnel: Funnel, bitmask: Ints) -> tuple[Ints, Ints]:
    """Clear the bits of steps and exclusions whose conditions an event does not meet."""
    for bit, part in enumerate(funnel.steps_and_exclusions):
        if part.where:
            fails = ~frame.select(_=_meets_conditions(part))["_"].to_numpy().astype(bool)
            bitmask[fails & (bitmask > 0)] &= ~np.int64(1 << bit)
    return distinct_codes(bitmask)
