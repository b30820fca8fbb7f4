"""What narwhals lacks, one branch a library: text to numbers, text to times, aware to shop time, object columns.

Every function turns what it cannot read into null; the caller compares with the raw column and tells the row.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..._core.frames import Frame, wrap
from .formats import BLANKS, EPOCHS, LAST_COUNT, LONG_FRACTION, NUMBER, Conversion, time_regex
from .objects import as_whole
from .polars import polars_expr
from .sql import duckdb_sql, quoted, spark_sql


def convert(frame: Frame, conversions: Mapping[str, Conversion]) -> Frame:
    """Read the named columns anew, in their own library."""
    if not conversions:
        return frame
    kind = frame.implementation
    if kind.is_duckdb():
        return _with_sql(frame, conversions, duckdb_sql)
    if kind.is_pyspark() or kind.is_pyspark_connect():
        return _with_sql(frame, conversions, spark_sql)
    if kind.is_polars():
        return wrap(frame.to_native().with_columns(**{c: polars_expr(c, v) for c, v in conversions.items()}))
    table = frame.to_native()
    if kind.is_pyarrow():
        for name, conversion in conversions.items():
            read = _pandas(table[name].to_pandas(), conversion)
            table = table.set_column(table.schema.get_field_index(name), name, _arrow(read))
        return wrap(table)
    return wrap(table.assign(**{c: _like(_pandas(table[c], v), table[c]) for c, v in conversions.items()}))


def session_zone(frame: Frame) -> str | None:
    """Name the zone in which a Spark session shows instants; asked anew, since a session may change it."""
    if not (frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect()):
        return None
    return str(frame.to_native().sparkSession.conf.get("spark.sql.session.timeZone"))


def _pandas(column: Any, how: Conversion) -> Any:
    if how.job == "number":
        return _numbers(column)
    if how.job in ("integer", "whole", "boolean"):
        return _exact(column, how.job)
    if how.job == "text":
        return _texts(column)
    if how.job == "naive":
        times = [None if missing else time for time, missing in zip(column, column.isna(), strict=True)]
        return pd.Series(np.array(times, dtype="datetime64[us]"), index=column.index)
    if how.job == "parse" and how.format in EPOCHS:
        column = _counted(_numbers(column), EPOCHS[how.format])
    elif how.job == "parse":
        text = _written(column, str(how.format))
        column = pd.to_datetime(text, format=how.format, errors="coerce", utc="%z" in str(how.format))
    elif column.dtype == object:
        column = pd.to_datetime(column, errors="coerce", utc=how.timezone is not None)
    elif isinstance(column.dtype, pd.ArrowDtype):  # whose zones older pandas drops without converting
        column = column.array.__arrow_array__().to_pandas().set_axis(column.index)
    if column.dt.tz is None:
        return column
    return (column.dt.tz_convert(how.timezone) if how.timezone else column).dt.tz_localize(None)


def _exact(column: Any, job: str) -> Any:
    if job == "boolean":
        return column.astype("boolean")
    if job == "whole":
        return pd.Series([as_whole(value) for value in column], dtype="Int64", index=column.index)
    held = column.dropna().between(-(2**63), 2**63 - 1).all()
    return column.astype("Int64") if held else _texts(column)  # no integer of pandas holds more


def _texts(column: Any) -> Any:
    return column.map(_as_text, na_action="ignore").astype("string" if pd.__version__ < "3" else "str")


def _written(column: Any, pattern: str) -> Any:
    """Keep the texts that are times of the format; pandas reads "now" by any format."""
    known = column.str.fullmatch(time_regex(pattern), na=False).astype(bool)
    if not known.all():
        column = column.str.strip(BLANKS)
        column = column.where(column.str.fullmatch(time_regex(pattern), na=False).astype(bool))
    return column.str.replace(LONG_FRACTION, r"\1", regex=True) if "%f" in pattern else column


def _numbers(column: Any) -> Any:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if column.dtype == object:
        return column.map(_as_number, na_action="ignore").astype("float64")
    if pd.api.types.is_string_dtype(column.dtype):
        column = column.where(column.str.fullmatch(NUMBER, na=False))
    return pd.to_numeric(column, errors="coerce")


def _as_number(value: Any) -> float:
    if isinstance(value, str) and not re.fullmatch(NUMBER, value):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _counted(counts: Any, unit: int) -> Any:
    micros = np.floor(counts.to_numpy(dtype="float64", na_value=np.nan) * unit + 0.5)
    known = np.abs(micros) < LAST_COUNT  # false for missing ones too
    times = np.where(known, micros, 0).astype("int64").astype("datetime64[us]")
    times[~known] = np.datetime64("NaT", "us")
    return pd.Series(times, index=counts.index).dt.tz_localize("UTC")


def _as_text(value: object) -> str | None:
    """Write an id as text; Excel's 85123.0 beside '85123A' is '85123'."""
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else None


def _like(column: Any, before: Any) -> Any:
    """Keep a column of pandas in Arrow where it was: older pandas compares no Arrow times with others."""
    if not isinstance(before.dtype, pd.ArrowDtype):
        return column
    return pd.Series(pd.arrays.ArrowExtensionArray(_arrow(column)), index=column.index, name=column.name)


def _arrow(column: Any) -> Any:
    import pyarrow as pa

    if pd.api.types.is_datetime64_dtype(column.dtype):  # nanoseconds are cut, which Arrow would refuse
        column = column.dt.as_unit("us")
    return pa.chunked_array([pa.Array.from_pandas(column)])


def _with_sql(frame: Frame, conversions: Mapping[str, Conversion], sql: Callable[[str, Conversion], str]) -> Frame:
    native = frame.to_native()
    if frame.implementation.is_duckdb():
        swaps = ", ".join(f"{sql(quoted(c, chr(34)), v)} AS {quoted(c, chr(34))}" for c, v in conversions.items())
        return wrap(native.project(f"* REPLACE ({swaps})"))
    from pyspark.sql.functions import expr

    return wrap(native.withColumns({c: expr(sql(quoted(c, "`"), v)) for c, v in conversions.items()}))
