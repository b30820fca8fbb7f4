"""Conversions in SQL: DuckDB and Spark."""

import re
from collections.abc import Callable, Mapping

from ..._core.frames import Frame, wrap
from .formats import EPOCHS, EXCEL_DAYS, MAX_MICROSECONDS, Conversion, quote_text, to_java
from .numbers import ABBREVIATION_REGEX, NEGATIVE_REGEX, NUMBER_REGEX, number_regex
from .time_texts import BLANKS


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
        return _duckdb_to_number(name, conversion)
    if conversion.operation == "localise":
        return f"timezone({zone}, {name})"
    if conversion.is_count:
        whole = f"CASE WHEN NOT contains(lower({name}), 'e') THEN {name} END"  # of powers most digits are lost
        counts = _duckdb_to_number(f"({whole})", conversion) if conversion.is_text else f"TRY_CAST({name} AS DOUBLE)"
        time = f"make_timestamp({_to_microseconds(counts, str(conversion.format))})"
        return f"timezone({zone}, timezone('UTC', {time}))" if conversion.format in EPOCHS else time
    how = conversion.text
    digits = f"CAST(TRY_CAST({name} AS BIGINT) AS VARCHAR)" if conversion.is_number else name
    text = f"trim({digits}, '{BLANKS}')"
    known = f"regexp_full_match({text}, {quote_text(how.regex)})"
    for regex, replacement in how.steps:
        text = f"regexp_replace({text}, {quote_text(regex)}, {quote_text(replacement)})"
    parsed = f"CASE WHEN {known} THEN try_strptime({text}, {quote_text(how.pattern)}) END"
    return f"timezone({zone}, {parsed})" if conversion.has_instants else f"CAST({parsed} AS TIMESTAMP)"


def _duckdb_to_number(name: str, conversion: Conversion) -> str:
    text, mark = f"CAST({name} AS VARCHAR)", conversion.decimal or "."
    regex = number_regex(conversion.decimal, is_money=conversion.is_money)
    digits = f"regexp_replace({text}, {quote_text(ABBREVIATION_REGEX)}, '', 'g')"
    digits = f"replace(regexp_replace({digits}, '[^0-9{mark}]', '', 'g'), ',', '.')"
    sign = f"CASE WHEN regexp_matches({text}, {quote_text(NEGATIVE_REGEX)}) THEN -1.0::DOUBLE ELSE 1.0::DOUBLE END"
    plain = f"WHEN regexp_full_match({text}, '{NUMBER_REGEX}') THEN TRY_CAST(trim({text}, '{BLANKS}') AS DOUBLE)"
    written = f"WHEN regexp_full_match({text}, {quote_text(regex)}) THEN ({sign}) * TRY_CAST({digits} AS DOUBLE)"
    return f"CASE {plain if mark == '.' else ''} {written} END"


def spark_sql(name: str, conversion: Conversion) -> str:
    """Return the SQL that converts a column in Spark."""
    if conversion.operation == "text":
        return f"CAST({name} AS STRING)"
    if conversion.operation == "whole":
        text = f"regexp_replace(CAST({name} AS STRING), '[.]0+$', '')"
        return f"CASE WHEN NOT contains({text}, '.') THEN try_cast({text} AS BIGINT) END"
    if conversion.operation == "number":
        return _spark_to_number(name, conversion)
    zone = quote_text(conversion.timezone or "UTC")
    if conversion.operation == "localise":
        return _spark_local_time(name, zone if conversion.timezone else "current_timezone()")
    if conversion.is_count:
        whole = f"(CASE WHEN NOT contains(lower({name}), 'e') THEN {name} END)"
        counts = _spark_to_number(whole, conversion) if conversion.is_text else f"try_cast({name} AS DOUBLE)"
        in_utc = zone if conversion.format in EPOCHS else "'UTC'"
        return _spark_local_time(f"timestamp_micros({_to_microseconds(counts, str(conversion.format))})", in_utc)
    return _spark_texts_to_times(name, conversion, zone)


def _spark_texts_to_times(name: str, conversion: Conversion, zone: str) -> str:
    how = conversion.text
    digits = f"CAST(try_cast({name} AS BIGINT) AS STRING)" if conversion.is_number else name
    text, pattern = f"trim(BOTH '{BLANKS}' FROM {digits})", to_java(how.pattern)
    known = _spark_matches(text, how.regex)
    for regex, replacement in how.steps:
        java = re.sub(r"\\([0-9])", r"$\1", replacement)
        text = f"regexp_replace({text}, {_spark_text(regex)}, {_spark_text(java)})"
    if not conversion.has_instants:  # read as if in UTC: the session's own zone may skip an hour
        text, pattern, zone = f"concat({text}, ' Z')", f"{pattern} X", "'UTC'"
    return _spark_local_time(f"CASE WHEN {known} THEN try_to_timestamp({text}, {_spark_text(pattern)}) END", zone)


def _spark_to_number(name: str, conversion: Conversion) -> str:
    text, mark = f"CAST({name} AS STRING)", conversion.decimal or "."
    regex = number_regex(conversion.decimal, is_money=conversion.is_money)
    digits = f"regexp_replace({text}, {_spark_text(ABBREVIATION_REGEX)}, '')"
    digits = f"replace(regexp_replace({digits}, '[^0-9{mark}]', ''), ',', '.')"
    sign = f"CASE WHEN {text} RLIKE {_spark_text(NEGATIVE_REGEX)} THEN -1.0D ELSE 1.0D END"
    plain = f"WHEN {_spark_matches(text, NUMBER_REGEX)} THEN try_cast({name} AS DOUBLE)" if mark == "." else ""
    return f"CASE {plain} WHEN {_spark_matches(text, regex)} THEN ({sign}) * try_cast({digits} AS DOUBLE) END"


def _spark_matches(text: str, pattern: str) -> str:
    return f"{text} RLIKE {_spark_text(f'^({pattern}){chr(92)}z')}"


def _spark_text(text: str) -> str:
    """Return a text in quotation marks for Spark, to which a backslash is the beginning of a sign."""
    return quote_text(text.replace(chr(92), chr(92) * 2))


def _to_microseconds(counts: str, unit: str) -> str:
    """Return the SQL of whole microseconds; null where that is more than every library can count."""
    if unit in EPOCHS:
        micros = f"{counts} * {EPOCHS[unit]} + 0.5"
        return f"CASE WHEN abs({micros}) < {MAX_MICROSECONDS} THEN CAST(floor({micros}) AS BIGINT) END"
    micros = f"(floor({counts} * 86400000 + 0.5) - {EXCEL_DAYS[unit] * 86_400_000}) * 1000"
    return f"CASE WHEN abs({micros}) < {MAX_MICROSECONDS} THEN CAST({micros} AS BIGINT) END"


def _spark_local_time(instant: str, zone: str) -> str:
    """Return the SQL of the local time in the zone at an instant, without a detour through the session's own zone."""
    seconds = f"CAST(unix_micros({instant}) AS DECIMAL(24, 6)) / 1000000"
    in_utc = f"TIMESTAMP_NTZ '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST({seconds} AS DECIMAL(18, 6)))"
    return f"convert_timezone('UTC', {zone}, {in_utc})"
