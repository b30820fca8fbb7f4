"""Columns read anew in SQL: DuckDB and Spark."""

from .formats import BLANKS, EPOCHS, LAST_COUNT, LONG_FRACTION, NUMBER, Conversion, java, sql_text, time_regex


def quoted(name: str, mark: str) -> str:
    """Quote the name of a column."""
    return mark + name.replace(mark, mark * 2) + mark


def duckdb_sql(name: str, how: Conversion) -> str:
    """Read a column anew in DuckDB."""
    zone = sql_text(how.timezone or "UTC")
    if how.job == "text":
        return f"CAST({name} AS VARCHAR)"
    if how.job == "whole":
        text = f"regexp_replace(CAST({name} AS VARCHAR), '[.]0+$', '')"
        return f"CASE WHEN NOT contains({text}, '.') THEN TRY_CAST({text} AS BIGINT) END"
    if how.job == "number":
        return _duckdb_number(name)
    if how.job == "localise":
        return f"timezone({zone}, {name})"
    if how.format in EPOCHS:
        counts = _duckdb_number(name) if how.text else f"TRY_CAST({name} AS DOUBLE)"
        micros = _micros(counts, EPOCHS[how.format])
        return f"timezone({zone}, timezone('UTC', make_timestamp({micros})))"
    text, pattern = f"trim({name}, '{BLANKS}')", str(how.format)
    known = f"regexp_full_match({text}, {sql_text(time_regex(pattern))})"
    if "%f" in pattern:
        text = f"regexp_replace({text}, '{LONG_FRACTION}', '\\1')"
    if "%z" in pattern:
        text = f"regexp_replace({text}, 'Z$', '+00:00')"
    parsed = f"CASE WHEN {known} THEN try_strptime({text}, {sql_text(pattern)}) END"
    return f"timezone({zone}, {parsed})" if "%z" in pattern else f"CAST({parsed} AS TIMESTAMP)"


def _duckdb_number(name: str) -> str:
    text = f"CAST({name} AS VARCHAR)"
    return f"CASE WHEN regexp_full_match({text}, '{NUMBER}') THEN TRY_CAST(trim({text}, '{BLANKS}') AS DOUBLE) END"


def spark_sql(name: str, how: Conversion) -> str:
    """Read a column anew in Spark."""
    if how.job == "text":
        return f"CAST({name} AS STRING)"
    if how.job == "whole":
        text = f"regexp_replace(CAST({name} AS STRING), '[.]0+$', '')"
        return f"CASE WHEN NOT contains({text}, '.') THEN try_cast({text} AS BIGINT) END"
    if how.job == "number":
        return _spark_number(name)
    zone = sql_text(how.timezone or "UTC")
    if how.job == "localise":
        return _spark_wall(name, zone if how.timezone else "current_timezone()")
    if how.format in EPOCHS:
        counts = _spark_number(name) if how.text else f"try_cast({name} AS DOUBLE)"
        return _spark_wall(f"timestamp_micros({_micros(counts, EPOCHS[how.format])})", zone)
    text, pattern = f"trim(BOTH '{BLANKS}' FROM {name})", java(str(how.format))
    known = _spark_match(text, time_regex(str(how.format)))
    if "%f" in str(how.format):
        text = f"regexp_replace({text}, '{LONG_FRACTION}', '$1')"
    if "%z" not in str(how.format):  # read as if in UTC: the session's own zone may skip an hour
        text, pattern, zone = f"concat({text}, ' Z')", f"{pattern} X", "'UTC'"
    return _spark_wall(f"CASE WHEN {known} THEN try_to_timestamp({text}, {sql_text(pattern)}) END", zone)


def _spark_number(name: str) -> str:
    return f"CASE WHEN {_spark_match(f'CAST({name} AS STRING)', NUMBER)} THEN try_cast({name} AS DOUBLE) END"


def _spark_match(text: str, pattern: str) -> str:
    return f"{text} RLIKE {sql_text(f'^({pattern}){chr(92)}z'.replace(chr(92), chr(92) * 2))}"


def _micros(counts: str, unit: int) -> str:
    """Count whole microseconds; null where that is more than every library can count."""
    micros = f"{counts} * {unit} + 0.5"
    return f"CASE WHEN abs({micros}) < {LAST_COUNT} THEN CAST(floor({micros}) AS BIGINT) END"


def _spark_wall(instant: str, zone: str) -> str:
    """Tell what a clock in the zone shows at an instant, without a detour over the session's own zone."""
    seconds = f"CAST(unix_micros({instant}) AS DECIMAL(24, 6)) / 1000000"
    in_utc = f"TIMESTAMP_NTZ '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST({seconds} AS DECIMAL(18, 6)))"
    return f"convert_timezone('UTC', {zone}, {in_utc})"
