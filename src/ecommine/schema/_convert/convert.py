"""Conversions that narwhals lacks, one branch per library: text to numbers and times, aware to shop time, objects.

Every function turns what it cannot read into null; the caller compares with the raw column and reports the rows.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..._core.frames import Frame, wrap
from .formats import EPOCHS, EXCEL_DAYS, MAX_MICROSECONDS, Conversion
from .numbers import ABBREVIATION_REGEX, NEGATIVE_REGEX, NUMBER_REGEX, number_regex, read_number
from .objects import whole_number
from .polars import polars_expr
from .sql import convert_by_sql, duckdb_sql, spark_sql
from .time_texts import BLANKS, ISO


def convert(frame: Frame, conversions: Mapping[str, Conversion]) -> Frame:
    """Convert the named columns in their own library."""
    if not conversions:
        return frame
    kind = frame.implementation
    if kind.is_duckdb():
        return convert_by_sql(frame, conversions, duckdb_sql)
    if kind.is_pyspark() or kind.is_pyspark_connect():
        return convert_by_sql(frame, conversions, spark_sql)
    if kind.is_polars():
        return wrap(frame.to_native().with_columns(**{c: polars_expr(c, v) for c, v in conversions.items()}))
    table = frame.to_native()
    if kind.is_pyarrow():
        for name, conversion in conversions.items():
            read = _convert_pandas(table[name].to_pandas(), conversion)
            table = table.set_column(table.schema.get_field_index(name), name, _to_arrow(read))
        return wrap(table)
    return wrap(
        table.assign(**{c: _with_type_of(_convert_pandas(table[c], v), table[c]) for c, v in conversions.items()})
    )


def session_zone(frame: Frame) -> str | None:
    """Return the zone in which a Spark session shows instants, read on each call, since a session may change it."""
    if not (frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect()):
        return None
    return str(frame.to_native().sparkSession.conf.get("spark.sql.session.timeZone"))


def _convert_pandas(column: Any, conversion: Conversion) -> Any:
    if conversion.operation == "number":
        return _to_numbers(column, conversion)
    if conversion.operation in ("integer", "whole", "boolean"):
        return _to_nullable(column, conversion.operation)
    if conversion.operation == "text":
        return _to_text(column)
    if conversion.operation == "naive":
        times = [None if missing else time for time, missing in zip(column, column.isna(), strict=True)]
        return pd.Series(np.array(times, dtype="datetime64[us]"), index=column.index)
    if conversion.operation == "parse" and conversion.is_count:
        column = _counts_to_times(_to_numbers(_without_powers(column), conversion), str(conversion.format))
    elif conversion.operation == "parse":
        column = _texts_to_times(_to_text(column) if conversion.is_number else column, conversion)
    elif column.dtype == object:
        column = pd.to_datetime(column, errors="coerce", utc=conversion.timezone is not None)
    elif isinstance(column.dtype, pd.ArrowDtype):  # whose zones older pandas drops without converting
        column = column.array.__arrow_array__().to_pandas().set_axis(column.index)
    if column.dt.tz is None:
        return column
    return (column.dt.tz_convert(conversion.timezone) if conversion.timezone else column).dt.tz_localize(None)


def _to_nullable(column: Any, operation: str) -> Any:
    if operation == "boolean":
        return column.astype("boolean")
    if operation == "whole":
        return pd.Series([whole_number(value) for value in column], dtype="Int64", index=column.index)
    fits = column.dropna().between(-(2**63), 2**63 - 1).all()
    return column.astype("Int64") if fits else _to_text(column)  # no integer of pandas holds more


def _to_text(column: Any) -> Any:
    return column.map(_id_to_text, na_action="ignore").astype("string" if pd.__version__ < "3" else "str")


def _without_powers(column: Any) -> Any:
    """Drop counts that a spreadsheet wrote as "1.71E+12", of which most digits are lost."""
    if column.dtype == object:
        return column.map(lambda value: None if isinstance(value, str) and "e" in value.lower() else value)
    if not pd.api.types.is_string_dtype(column.dtype):
        return column
    return column.where(~column.str.contains("[eE]", regex=True, na=False).astype(bool))


def _texts_to_times(column: Any, conversion: Conversion) -> Any:
    """Read the texts that are times of the format; pandas by itself reads "now" by any format."""
    how, has_zone = conversion.text, conversion.has_instants
    matches = column.str.fullmatch(how.regex, na=False).astype(bool)
    if not matches.all():
        column = column.str.strip(BLANKS)
        column = column.where(column.str.fullmatch(how.regex, na=False).astype(bool))
    if conversion.format == ISO and not column.str.contains("[,tz]|UTC|GMT| [Z+-]", regex=True, na=False).any():
        return pd.to_datetime(column, format="ISO8601", errors="coerce", utc=has_zone)
    for regex, replacement in how.steps:
        column = column.str.replace(regex, replacement, n=1, regex=True)
    return pd.to_datetime(column, format=how.pattern, errors="coerce", utc=has_zone)


def _to_numbers(column: Any, conversion: Conversion) -> Any:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if column.dtype == object:
        return column.map(lambda value: _number_or_nan(value, conversion), na_action="ignore").astype("float64")
    if not pd.api.types.is_string_dtype(column.dtype):
        return pd.to_numeric(column, errors="coerce")
    plain = column.where(column.str.fullmatch(NUMBER_REGEX, na=False)) if conversion.decimal != "," else None
    if plain is not None and plain.isna().sum() == column.isna().sum():
        return pd.to_numeric(plain, errors="coerce")
    numbers = _written_to_numbers(column, conversion)
    return numbers if plain is None else pd.to_numeric(plain, errors="coerce").astype("float64").fillna(numbers)


def _written_to_numbers(column: Any, conversion: Conversion) -> Any:
    """Read numbers with signs, codes and separators."""
    regex = number_regex(conversion.decimal, is_money=conversion.is_money)
    column = column.where(column.str.fullmatch(regex, na=False).astype(bool))
    digits = column.str.replace(ABBREVIATION_REGEX, "", regex=True)
    digits = digits.str.replace(f"[^0-9{conversion.decimal or '.'}]", "", regex=True).str.replace(",", ".", regex=False)
    is_negative = column.str.contains(NEGATIVE_REGEX, regex=True, na=False).astype(bool)
    numbers = pd.to_numeric(digits, errors="coerce").astype("float64")
    return numbers.where(~is_negative, -numbers)


def _number_or_nan(value: Any, conversion: Conversion) -> float:
    if isinstance(value, str):
        number = read_number(value, conversion.decimal, is_money=conversion.is_money)
        return np.nan if number is None else number
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _counts_to_times(counts: Any, unit: str) -> Any:
    """Return the times that are counted in a unit: since 1970 in UTC, or as Excel does in the shop's own time."""
    numbers = counts.to_numpy(dtype="float64", na_value=np.nan)
    if unit in EPOCHS:
        microseconds = np.floor(numbers * EPOCHS[unit] + 0.5)
    else:  # Excel's fractions are exact to a millisecond
        microseconds = (np.floor(numbers * 86_400_000 + 0.5) - EXCEL_DAYS[unit] * 86_400_000) * 1_000
    is_known = np.abs(microseconds) < MAX_MICROSECONDS  # false for missing ones too
    times = np.where(is_known, microseconds, 0).astype("int64").astype("datetime64[us]")
    times[~is_known] = np.datetime64("NaT", "us")
    column = pd.Series(times, index=counts.index)
    return column.dt.tz_localize("UTC") if unit in EPOCHS else column


def _id_to_text(value: object) -> str | None:
    """Return an id as text; Excel's 85123.0 beside '85123A' is '85123'."""
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else None


def _with_type_of(column: Any, before: Any) -> Any:
    """Return a pandas column in Arrow where it was: older pandas compares no Arrow times with others."""
    if not isinstance(before.dtype, pd.ArrowDtype):
        return column
    return pd.Series(pd.arrays.ArrowExtensionArray(_to_arrow(column)), index=column.index, name=column.name)


def _to_arrow(column: Any) -> Any:
    import pyarrow as pa

    if pd.api.types.is_datetime64_dtype(column.dtype):  # nanoseconds are cut, which Arrow would refuse
        column = column.dt.as_unit("us")
    return pa.chunked_array([pa.Array.from_pandas(column)])
