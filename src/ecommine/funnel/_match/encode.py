"""Which events matter to a funnel, and what each is: its steps and exclusions as the bits of one number."""

from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import Frame
from .._cores import equal_shares, map_on_cores
from .._definition import Funnel, is_one_of
from .._log.reading import factorize, has_arrow_memory, load_rows, readable_arrow
from .sort import Ints, distinct_codes

MARKS = "_marks"
"""The column of the bits: steps first, exclusions above them; -1 for what does not count."""
NARROW = 15
"""Bits up to which the marks are looked up in a table of all of them."""
Marked = tuple[dict[str, nw.Series[Any]], Ints, Ints]


def marked(frame: Frame, funnel: Funnel, columns: dict[str, nw.Expr], *, spare: float) -> Marked:
    """Bring events into memory: the columns asked for, codes of what each event is, and the bits that these stand for.

    Only events that count, unless these are more than ``1 - spare`` of a table that is in memory already: taking rows
    would cost more than leaving them out later. There the name of an event is looked up once, whatever the number of
    steps; engines compare where the rows are, and Polars works as one.
    """
    if not isinstance(frame, nw.DataFrame):
        return coded_rows(load_rows(marking(frame, funnel, columns)), funnel)
    rows = frame.select(**columns)
    if frame.implementation.is_polars():
        code, masks = _coded(frame.select(**{MARKS: _bits(funnel)})[MARKS].to_numpy(), funnel)
    else:
        code, masks = _looked_up(frame, funnel)
    if spare < 1:
        kept = np.flatnonzero(masks[code] >= 0)
    if spare == 1 or len(kept) > len(code) * (1 - spare):
        return {name: rows[name] for name in columns}, code, masks
    return {name: rows[name][kept] for name in columns}, code[kept], masks  # whole rows are slower to take


def marking(frame: nw.LazyFrame[Any], funnel: Funnel, columns: dict[str, nw.Expr]) -> nw.LazyFrame[Any]:
    """Keep the events that count, with the columns asked for and their marks, where the rows are."""
    return frame.select(**columns, **{MARKS: _bits(funnel)}).filter(nw.col(MARKS) >= 0)


def coded_rows(found: nw.DataFrame[Any], funnel: Funnel) -> Marked:
    """Take marked events apart: their columns, codes of what each is, and the bits that these stand for."""
    rows = {name: found[name] for name in found.columns if name != MARKS}
    return rows, *_coded(found[MARKS].to_numpy(), funnel)


def _bits(funnel: Funnel) -> nw.Expr:
    """Make the marks where the rows are, in the least of numbers."""
    every, n_bits = (
        funnel.order == "strict",
        len(funnel.steps_and_exclusions),
    )  # there any event may lie between two steps
    kind = nw.Int8 if n_bits < 8 else nw.Int16 if n_bits <= NARROW else nw.Int64
    none = nw.lit(0 if every else -1, kind)
    if any(one.where for one in funnel.steps_and_exclusions):
        bits = [
            one.matches().cast(kind) * nw.lit(1 << bit, kind) for bit, one in enumerate(funnel.steps_and_exclusions)
        ]
        found = sum(bits[1:], start=bits[0])
        found = found if every else nw.when(found > 0).then(found).otherwise(none)
    else:
        found = none
        for mask, names in sorted(_names(funnel).items(), reverse=True):  # what is commonest, mostly, is asked first
            is_one = nw.col("event") == names[0] if len(names) == 1 else nw.col("event").is_in(names)
            found = nw.when(is_one).then(nw.lit(mask, kind)).otherwise(found)
    return nw.when(nw.col("event").is_null()).then(nw.lit(-1, kind)).otherwise(found) if every else found


def _names(funnel: Funnel) -> dict[int, list[str]]:
    """Return the names of events by their bits."""
    bits: dict[str, int] = {}
    for bit, one in enumerate(funnel.steps_and_exclusions):
        bits |= {name: bits.get(name, 0) | 1 << bit for name in one.event}
    return {mask: [name for name, mine in bits.items() if mine == mask] for mask in set(bits.values())}


def _coded(marks: Ints, funnel: Funnel) -> tuple[Ints, Ints]:
    n_bits = len(funnel.steps_and_exclusions)
    if n_bits > NARROW:
        return distinct_codes(marks)
    masks = np.arange(-1, 1 << n_bits)
    return marks, np.roll(masks, -1)  # what is marked -1 finds the last


def _looked_up(frame: nw.DataFrame[Any], funnel: Funnel) -> tuple[Ints, Ints]:
    """Mark the events of a table in memory by their names."""
    names = _names(funnel)
    code = _places(frame["event"], [name for mine in names.values() for name in mine])
    masks = np.array([*(mask for mask, mine in names.items() for _ in mine), 0, -1])
    if any(one.where for one in funnel.steps_and_exclusions):
        code, masks = _filtered(frame, funnel, masks[code])
    if funnel.order != "strict":  # there any event may lie between two steps
        masks[masks == 0] = -1
    return code, masks


def _places(events: nw.Series[Any], names: list[str]) -> Ints:
    """Find the name of each event in a list: past its end if it is not there, -1 if there is no name."""
    if not has_arrow_memory(events):
        codes, labels = factorize(events)
        known = {name: place for place, name in enumerate(names)}
        return np.array([*(known.get(label, len(names)) for label in labels), -1])[codes]
    import pyarrow as pa
    import pyarrow.compute as pc

    values = readable_arrow(events.to_arrow())

    def found(first: int, end: int) -> Ints:
        part = values.slice(first, end - first)
        code = pc.index_in(part, value_set=pa.array(names, part.type)).fill_null(len(names)).to_numpy()
        return np.where(part.is_null().to_numpy(zero_copy_only=False), -1, code) if part.null_count else code

    return np.concatenate(map_on_cores(found, *zip(*equal_shares(len(values)), strict=True)))


def _filtered(frame: nw.DataFrame[Any], funnel: Funnel, marks: Ints) -> tuple[Ints, Ints]:
    """Take back the bits whose conditions do not hold."""
    for bit, one in enumerate(funnel.steps_and_exclusions):
        if one.where:
            holds = reduce(and_, [is_one_of(column, values) for column, values in one.where])
            fails = ~frame.select(_=holds.fill_null(False))["_"].to_numpy().astype(bool)
            marks[fails & (marks > 0)] &= ~np.int64(1 << bit)
    return distinct_codes(marks)
