"""Conversions in SQL: DuckDB and Spark."""

from collections.abc import Callable, Mapping

from ..._core.frames import Frame, wrap
from .formats import (
    BLANKS,
    EPOCHS,
    LONG_FRACTION_REGEX,
    MAX_MICROSECONDS,
    NUMBER_REGEX,
    Conversion,
    quote_text,
    time_regex,
    to_java,
)


def convert_by_sql(frame: Frame, conversions: Mapping[str, Conversion], sql: Callable[[str, Conversion], str]) -> Frame:
    """Convert the named columns of a DuckDB or Spark table, each by the SQL of its conversion."""
    native = frame.to_native()
    if frame.implementation.is_duckdb():
        swaps = ", ".join(
            f"{sql(quote_name(c, chr(34)), v)} AS {quote_name(c, chr(34))}" for c, v in conversions.items()
        )
        return wrap(native.project(f"* REPLACE ({swaps})"))
    from pyspark.sql.functions import expr

    return wrap(native.withColumns({c: expr(sql(quote_name(c, "`"), v)) for c, v in conversions.items()}))


def quote_name(name: str, mark: str) -> str:
    """Return the name of a column in quotation marks."""
    return mark + name.replace(mark, mark * 2) + mark


def duckdb_sql(name: str, conversion: Conversion) -> str:
    """Return the SQL that converts a column in DuckDB."""
    zone = quote_text(conversion.timezone or "UTC")
    if conversion.operation == "text":
        return f"CAST({name} AS VARCHAR)"
    if conversion.operation == "whole":
        text = f"regexp_replace(CAST({name} AS VARCHAR), '[.]0+$', '')"
        return f"CASE WHEN NOT contains({text}, '.') THEN TRY_CAST({text} AS BIGINT) END"
    if conversion.operation == "number":
        return _duckdb_to_number(name)
    if conversion.operation == "localise":
        return f"timezone({zone}, {name})"
    if conversion.format in EPOCHS:
        counts = _duckdb_to_number(name) if conversion.is_text else f"TRY_CAST({name} AS DOUBLE)"
        micros = _to_microseconds(counts, EPOCHS[conversion.format])
        return f"timezone({zone}, timezone('UTC', make_timestamp({micros})))"
    text, pattern = f"trim({name}, '{BLANKS}')", str(conversion.format)
    known = f"regexp_full_match({text}, {quote_text(time_regex(pattern))})"
    if "%f" in pattern:
        text = f"regexp_replace({text}, '{LONG_FRACTION_REGEX}', '\\1')"
    if "%z" in pattern:
        text = f"regexp_replace({text}, 'Z$', '+00:00')"
    parsed = f"CASE WHEN {known} THEN try_strptime({text}, {quote_text(pattern)}) END"
    return f"timezone({zone}, {parsed})" if "%z" in pattern else f"CAST({parsed} AS TIMESTAMP)"


def _duckdb_to_number(name: str) -> str:
    text = f"CAST({name} AS VARCHAR)"
    return (
        f"CASE WHEN regexp_full_match({text}, '{NUMBER_REGEX}') THEN TRY_CAST(trim({text}, '{BLANKS}') AS DOUBLE) END"
    )


def spark_sql(name: str, conversion: Conversion) -> str:
    """Return the SQL that converts a column in Spark."""
    if conversion.operation == "text":
        return f"CAST({name} AS STRING)"
    if conversion.operation == "whole":
        text = f"regexp_replace(CAST({name} AS STRING), '[.]0+$', '')"
        return f"CASE WHEN NOT contains({text}, '.') THEN try_cast({text} AS BIGINT) END"
    if conversion.operation == "number":
        return _spark_to_number(name)
    zone = quote_text(conversion.timezone or "UTC")
    if conversion.operation == "localise":
        return _spark_local_time(name, zone if conversion.timezone else "current_timezone()")
    if conversion.format in EPOCHS:
        counts = _spark_to_number(name) if conversion.is_text else f"try_cast({name} AS DOUBLE)"
        return _spark_local_time(f"timestamp_micros({_to_microseconds(counts, EPOCHS[conversion.format])})", zone)
    text, pattern = f"trim(BOTH '{BLANKS}' FROM {name})", to_java(str(conversion.format))
    known = _spark_matches(text, time_regex(str(conversion.format)))
    if "%f" in str(conversion.format):
        text = f"regexp_replace({text}, '{LONG_FRACTION_REGEX}', '$1')"
    if "%z" not in str(conversion.format):  # read as if in UTC: the session's own zone may skip an hour
        text, pattern, zone = f"concat({text}, ' Z')", f"{pattern} X", "'UTC'"
    return _spark_local_time(f"CASE WHEN {known} THEN try_to_timestamp({text}, {_spark_text(pattern)}) END", zone)


def _spark_to_number(name: str) -> str:
    return f"CASE WHEN {_spark_matches(f'CAST({name} AS STRING)', NUMBER_REGEX)} THEN try_cast({name} AS DOUBLE) END"


def _spark_matches(text: str, pattern: str) -> str:
    return f"{text} RLIKE {_spark_text(f'^({pattern}){chr(92)}z')}"


def _spark_text(text: str) -> str:
    """Return a text in quotation marks for Spark, to which a backslash is the beginning of a sign."""
    return quote_text(text.replace(chr(92), chr(92) * 2))


def _to_microseconds(counts: str, unit: int) -> str:
    """Return the SQL of whole microseconds; null where that is more than every library can count."""
    micros = f"{counts} * {unit} + 0.5"
    return f"CASE WHEN abs({micros}) < {MAX_MICROSECONDS} THEN CAST(floor({micros}) AS BIGINT) END"


def _spark_local_time(instant: str, zone: str) -> str:
    """Return the SQL of the local time in the zone at an instant, without a detour through the session's own zone."""
    seconds = f"CAST(unix_micros({instant}) AS DECIMAL(24, 6)) / 1000000"
    in_utc = f"TIMESTAMP_NTZ '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST({seconds} AS DECIMAL(18, 6)))"
    return f"convert_timezone('UTC', {zone}, {in_utc})"
