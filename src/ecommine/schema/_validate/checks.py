"""What can be wrong with a value: one null-safe condition a fault, each with its words and its way out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from .._map.plan import TypePlan, exact_limit, inexact
from .._model.columns import Column, Table

RAW = "__raw__"
"""Prefix of the copies that keep what a column held before it was converted."""

EARLIEST, LATEST = datetime(1970, 1, 2), datetime(2100, 1, 1)
"""Times outside are markers of missing ones (1899-12-30, 1970-01-01, 9999-12-31)."""

SHOWN = 3

_MEND = "mend it or set it null"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be wrong with the values of one column."""

    column: str
    words: str
    bad: nw.Expr
    way_out: str

    @property
    def reason(self) -> str:
        return f"{self.column} {self.words}"


@dataclass(frozen=True, slots=True)
class _Look:
    """One column to look at: as it is now, and as it came."""

    column: Column
    here: nw.Expr
    raw: nw.Expr
    dtype: nw.dtypes.DType
    raw_dtype: nw.dtypes.DType


def faults_of(table: Table, frame: Frame, plan: TypePlan, sources: Mapping[str, str]) -> list[Fault]:
    """List what is looked for in the columns that the frame has."""
    types = dict(frame.collect_schema())
    present = [column for column in _as_asked(table, sources) if column.name in types]
    code = _strip_code(frame)
    found = [
        fault
        for column in present
        for fault in _column_faults(column, types, plan, code.format(repr(sources.get(column.name, column.name))))
    ]
    if table.unique in types:
        key = nw.col(str(table.unique))
        repeated = ~key.is_null() & (nw.len().over(str(table.unique)) > 1)
        if types[str(table.unique)].is_float():  # ids that floats cannot hold cannot be told apart
            repeated = repeated & ~inexact(key)
        found.append(Fault(str(table.unique), "is repeated", repeated, f"keep one row for each {table.row[2:]}"))
    return found


def _as_asked(table: Table, sources: Mapping[str, str]) -> Iterator[Column]:
    """Ask for the parts of an amount that is not given itself, rather than for the amount."""
    computed = table.name == "orders" and "amount" not in sources
    for column in table.columns:
        if computed and column.name in ("quantity", "unit_price"):
            yield replace(column, nullable=False)
        elif not (computed and column.name == "amount"):
            yield column


def _strip_code(frame: Frame) -> str:
    """Write how a library strips a sign out of a text column."""
    kind = frame.implementation
    if kind.is_polars():
        return "pl.col({}).str.replace_all(',', '')"
    return "raw[{}].str.replace(',', '')" if kind.is_pandas() else "replace({}, ',', '')"


def _column_faults(column: Column, types: dict[str, nw.dtypes.DType], plan: TypePlan, strip: str) -> Iterator[Fault]:
    name, here = column.name, nw.col(column.name)
    raw = nw.col(RAW + name) if name in plan.touched else here
    raw_type = types[RAW + name] if name in plan.touched else types[name]
    unreadable = ~raw.is_null() & here.is_null()
    if raw_type.is_float():  # a missing number is not an unreadable one
        unreadable = unreadable & ~raw.is_nan().fill_null(False)
    if not column.nullable:
        missing = here.is_null() & ~unreadable
        yield Fault(name, "is missing", missing, "every row needs one")
    if name in plan.conversions and not (column.kind == "id" and raw_type.is_float()):
        way_out = _WAYS[column.kind].format(format=plan.conversions[name].format, strip=strip)
        yield Fault(name, f"is not {_WORDS[column.kind]}", unreadable, way_out)
    if column.kind in _KIND_FAULTS:
        yield from _KIND_FAULTS[column.kind](_Look(column, here, raw, types[name], raw_type))


def _id_faults(look: _Look) -> Iterator[Fault]:
    number, dtype = (look.here, look.dtype) if look.dtype.is_float() else (look.raw, look.raw_dtype)
    if dtype.is_float():
        words, limit = "is a float that is not an exact id", exact_limit(dtype)
        yield Fault(look.column.name, words, inexact(number.fill_nan(None), limit), "read ids as text")
    if look.dtype == nw.String:
        yield _empty_text(look)


def _empty_text(look: _Look) -> Fault:
    return Fault(look.column.name, "is empty text", _true(look.here == ""), "a missing value is a null")


def _text_faults(look: _Look) -> Iterator[Fault]:
    if not look.column.nullable:
        yield _empty_text(look)


def _boolean_faults(look: _Look) -> Iterator[Fault]:
    if look.raw_dtype.is_integer():
        yield Fault(look.column.name, "is not 0 or 1", _true((look.raw < 0) | (look.raw > 1)), _WAYS["boolean"])


def _number_faults(look: _Look) -> Iterator[Fault]:
    low, high = (0.0, 1.0) if look.column.kind == "share" else (look.column.low, look.column.high)
    if look.dtype.is_float():
        yield Fault(
            look.column.name, "is infinite", _true(look.here.abs() == inf), "give the number, or null if it is unknown"
        )
    if low is not None:
        yield Fault(
            look.column.name,
            f"is below {low:g}",
            _true((look.here < low) & (look.here > -inf)),
            _MEND,
        )
    if high is not None:
        yield Fault(
            look.column.name,
            f"is above {high:g}",
            _true((look.here > high) & (look.here < inf)),
            _MEND,
        )


def _time_faults(look: _Look) -> Iterator[Fault]:
    outside = _true((look.here < nw.lit(EARLIEST)) | (look.here >= nw.lit(LATEST)))
    yield Fault(look.column.name, "is before 1970-01-02 or after 2099", outside, "a missing time is a null")


def _choice_faults(look: _Look) -> Iterator[Fault]:
    unknown = ~look.here.is_null() & ~look.here.is_in(list(look.column.choices))
    yield Fault(look.column.name, f"is none of {', '.join(look.column.choices)}", unknown, "map your values to these")


def _true(condition: nw.Expr) -> nw.Expr:
    """Take an unknown comparison as not true."""
    return condition.fill_null(False)


_KIND_FAULTS: dict[str, Callable[[_Look], Iterator[Fault]]] = {
    "id": _id_faults,
    "number": _number_faults,
    "money": _number_faults,
    "share": _number_faults,
    "time": _time_faults,
    "text": _text_faults,
    "choice": _choice_faults,
    "boolean": _boolean_faults,
}
_WORDS = {
    "id": "an exact id",
    "number": "a number",
    "money": "a number",
    "share": "a number",
    "time": "a time that can be read",
    "text": "text or a whole number",
    "choice": "text or a whole number",
    "boolean": "yes or no",
}
_WAYS = {
    "id": "read ids as text",
    "number": "strip signs and separators first, such as {strip}",
    "money": "strip signs and separators first, such as {strip}",
    "share": "strip signs and separators first, such as {strip}",
    "time": "check `format={format!r}`",
    "text": "convert it to text",
    "choice": "convert it to text",
    "boolean": "convert it to true or false",
}


def count_faults(frame: Frame, faults: list[Fault]) -> tuple[list[int], int]:
    """Count the rows of each fault, and the currencies where the frame has that column, in one pass."""
    marks = [fault.bad.cast(nw.Int64).alias(f"f{i}") for i, fault in enumerate(faults)]
    sums = [nw.col(f"f{i}").sum() for i in range(len(faults))]
    if "currency" in frame.collect_schema().names():
        marks += [nw.col("currency"), nw.col("currency").is_null().cast(nw.Int64).alias("unknown")]
        sums += [nw.col("currency").n_unique(), nw.col("unknown").sum()]
    if not marks:
        return [], 0
    found = {
        name: values[0] for name, values in collect(frame.select(*marks).select(*sums)).to_dict(as_series=False).items()
    }
    currencies = int(found.get("currency", 0)) - (int(found.get("unknown") or 0) > 0)
    return [int(found[f"f{i}"] or 0) for i in range(len(faults))], currencies


def describe_faults(frame: Frame, table: Table, faults: list[Fault], counts: list[int]) -> list[str]:
    """Write one sentence for each fault that occurs, with its first rows, in one more pass."""
    found = [(fault, count) for fault, count in zip(faults, counts, strict=True) if count]
    if isinstance(frame, nw.DataFrame):
        frame = frame.with_row_index(f"{RAW}row")
    heads = [_first_rows(frame, table, fault).with_columns(fault=nw.lit(i)) for i, (fault, _) in enumerate(found)]
    rows = collect(nw.concat(heads)).to_dict(as_series=False)
    shown: dict[int, list[str]] = {}
    for where, key, value, number in zip(rows["where"], rows["key"], rows["value"], rows["fault"], strict=True):
        place = f"row {where}" if where is not None and where == where else f"key {key}"
        shown.setdefault(number, []).append(f"{place} ({value})")
    return [
        f"`{fault.column}` {fault.words} in {count:,} row{'s' if count > 1 else ''}, "
        f"first {', '.join(shown[i])}: {fault.way_out}"
        for i, (fault, count) in enumerate(found)
    ]


def _first_rows(frame: Frame, table: Table, fault: Fault) -> Any:
    names = frame.collect_schema().names()
    value = RAW + fault.column if RAW + fault.column in names else fault.column
    row = nw.col(f"{RAW}row").cast(nw.Int64) if f"{RAW}row" in names else nw.lit(None, dtype=nw.Int64)
    return (
        frame.filter(fault.bad)
        .head(SHOWN)
        .select(where=row, key=nw.col(table.columns[0].name).cast(nw.String), value=nw.col(value).cast(nw.String))
    )
