"""The units table: its columns, the rows of the experiment, and the state of each unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.codes import factorize_sorted
from ..._core.frames import Frame, collect, join, whole_number
from ..._core.notes import Note
from ..._core.texts import counted, did_you_mean, quote_names
from ...schema._for_topics import SchemaError
from .._metrics import Metric, second_column, value_column
from .cells import EXCLUDED, PENDING, Keys

UNIT = "customer_id"
MAX_IDS_IN_MEMORY = 50_000_000
"""Ids of DuckDB that are collected to be counted: 400 MB."""
"""The column of the unit's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsTable:
    """The rows of one experiment with their ``_state``, and notes of what was found."""

    frame: Frame
    notes: tuple[Note, ...]


def read_units(frame: Frame, experiment: str, metrics: Sequence[Metric], keys: Keys) -> UnitsTable:
    """Check the columns of a units table, keep the rows of the experiment, and mark units that are not read."""
    names = frame.collect_schema().names()
    columns = _needed(names, metrics, keys)
    _check_columns(frame, columns, metrics)
    notes: list[Note] = []
    if "experiment" in names:
        frame, left_out = _of_experiment(frame, experiment)
        notes += left_out
    frame = _with_state(frame.select(*columns, *(name for name in ("pending", "excluded") if name in names)))
    return UnitsTable(frame=_exclude_units_in_two_arms(frame), notes=tuple(notes))


def _needed(names: Sequence[str], metrics: Sequence[Metric], keys: Keys) -> list[str]:
    columns = [UNIT, "variant", *(name for name in ("assigned_at",) if name in names)]
    for metric in metrics:
        columns += [name for name in (value_column(metric), second_column(metric)) if name is not None]
    columns += [*keys.strata, *keys.by, *([keys.cluster] if keys.cluster else [])]
    return list(dict.fromkeys(columns))


def _check_columns(frame: Frame, columns: Sequence[str], metrics: Sequence[Metric]) -> None:
    schema = frame.collect_schema()
    missing = [name for name in columns if name not in schema.names()]
    if missing:
        raise SchemaError("units", [_missing(name, schema.names()) for name in missing])
    used = {name for metric in metrics for name in (value_column(metric), second_column(metric)) if name}
    problems = [
        f"`{name}` of a metric must hold numbers or true and false, got {schema[name]}"
        for name in sorted(used)
        if not (schema[name].is_numeric() or schema[name] == nw.Boolean)
    ]
    if "assigned_at" in columns and schema["assigned_at"] not in (nw.Datetime, nw.Date):
        problems.append(f"`assigned_at` must hold times, got {schema['assigned_at']}: map it with schema.assignments")
    if problems:
        raise SchemaError("units", problems)


def _missing(name: str, names: Sequence[str]) -> str:
    if name in (UNIT, "variant"):
        return f"`{name}` is missing: map the table once with schema.assignments(raw, {name}='...')"
    return f"`{name}` is missing{did_you_mean(name, names)}"


def _of_experiment(frame: Frame, experiment: str) -> tuple[Frame, list[Note]]:
    """Keep the rows of the named experiment; raise where the table has only others."""
    counts = collect(frame.select("experiment").group_by("experiment").agg(nw.len().alias("_n")))
    rows = dict(zip(counts["experiment"].to_list(), counts["_n"].to_list(), strict=True))
    own = [name for name in rows if str(name) == experiment]
    if rows and not own:
        known = quote_names(sorted(map(str, rows)))
        raise ValueError(
            f"`units` holds the experiments {known}, and none is {experiment!r}: give the experiment one of "
            "these names, or leave the column out"
        )
    if len(rows) <= 1:
        return frame, []
    left_out = int(sum(rows.values()) - rows[own[0]])
    text = f"{counted(left_out, 'row')} of other experiments {'was' if left_out == 1 else 'were'} left out"
    return frame.filter(nw.col("experiment") == own[0]), [Note(text, code="other_experiments", count=left_out)]


def _with_state(frame: Frame) -> Frame:
    schema = frame.collect_schema()
    state = nw.lit(0, dtype=nw.Int64)
    for name, value in (("pending", PENDING), ("excluded", EXCLUDED)):
        if name in schema:
            flag = _flag(frame, name, schema[name])
            state = nw.when(flag.fill_null(False)).then(nw.lit(value, dtype=nw.Int64)).otherwise(state)
    return frame.with_columns(_state=state)


def _flag(frame: Frame, name: str, dtype: nw.dtypes.DType) -> nw.Expr:
    """Return a column of true and false, or 1 and 0; raise where it is another one."""
    flag = nw.col(name)
    if dtype in (nw.Boolean, nw.Object):
        return flag
    problem = f"`{name}` must hold true and false, or 1 and 0, got"
    if not dtype.is_numeric():
        raise SchemaError("units", [f"{problem} {dtype}"])
    is_other = (~flag.is_null() & ~((flag == 0) | (flag == 1))).fill_null(False)
    if n := whole_number(collect(frame.select(_n=is_other.cast(nw.Int64).sum()))["_n"]):
        raise SchemaError("units", [f"{problem} other numbers in {counted(n, 'row')}"])
    return flag == 1


def _exclude_units_in_two_arms(frame: Frame) -> Frame:
    """Mark units that are in two arms; raise where a unit has several rows in one."""
    n, n_units = _sizes(frame)
    if n == n_units:
        return frame
    pairs = frame.select(UNIT, "variant").group_by(UNIT, "variant").agg(nw.len().alias("_rows"))
    per_unit = pairs.group_by(UNIT).agg(nw.len().alias("_arms"), nw.col("_rows").max().alias("_rows"))
    worst = collect(per_unit.select(_repeated=(nw.col("_rows") > 1).cast(nw.Int64)).select(nw.all().sum()))
    if n_repeated := whole_number(worst["_repeated"]):
        text = (
            f"`{UNIT}` is repeated: {counted(n_repeated, 'unit')} with several rows in one arm; make one row per unit"
        )
        raise SchemaError("units", [text])
    joined = join(frame, per_unit.select(UNIT, "_arms"), on=[UNIT], how="left")
    state = nw.when(nw.col("_arms") > 1).then(nw.lit(EXCLUDED, dtype=nw.Int64)).otherwise(nw.col("_state"))
    return joined.with_columns(_state=state)


def _sizes(frame: Frame) -> tuple[int, int]:
    """Return the numbers of rows and of units; raise where a unit has no id."""
    unit, ids = nw.col(UNIT), _whole_ids(frame)
    if ids is not None and not ids.null_count():
        return len(ids), len(factorize_sorted(ids)[1])  # which needs no hashing where numbers are dense
    row = collect(frame.select(_missing=unit.is_null().cast(nw.Int64).sum(), _n=nw.len(), _units=unit.n_unique()))
    if missing := whole_number(row["_missing"]):
        raise SchemaError(
            "units", [f"`{UNIT}` is missing in {counted(missing, 'row')}: leave them out, or give them ids"]
        )
    return whole_number(row["_n"]), whole_number(row["_units"])


def _whole_ids(frame: Frame) -> nw.Series[Any] | None:
    """Return the ids where they are whole numbers in memory, or of DuckDB and not too many; None otherwise.

    To count distinct numbers takes DuckDB longer than all sums together.
    """
    if not frame.collect_schema()[UNIT].is_integer():
        return None
    if isinstance(frame, nw.DataFrame):
        return frame[UNIT]
    if not frame.implementation.is_duckdb():
        return None
    n = whole_number(collect(frame.select(_n=nw.len()))["_n"])
    return frame.select(UNIT).collect("pyarrow")[UNIT] if n <= MAX_IDS_IN_MEMORY else None
