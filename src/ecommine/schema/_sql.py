"""Columns read anew in SQL: DuckDB and Spark."""

from ._formats import EPOCHS, LAST_COUNT, NUMBER, Conversion, java, sql_text


def quoted(name: str, mark: str) -> str:
    """Quote the name of a column."""
    return mark + name.replace(mark, mark * 2) + mark


def duckdb_sql(name: str, how: Conversion) -> str:
    """Read a column anew in DuckDB."""
    zone = sql_text(how.timezone or "UTC")
    if how.job == "text":
        return f"CAST({name} AS VARCHAR)"
    if how.job == "number":
        text = f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN regexp_full_match({text}, '{NUMBER}') THEN TRY_CAST(trim({text}, ' \t') AS DOUBLE) END"
    if how.job == "localise":
        return f"timezone({zone}, {name})"
    if how.format in EPOCHS:
        micros = _micros(f"TRY_CAST({name} AS DOUBLE)", EPOCHS[how.format])
        return f"timezone({zone}, timezone('UTC', make_timestamp({micros})))"
    parsed = f"try_strptime({name}, {sql_text(str(how.format))})"
    return f"timezone({zone}, {parsed})" if "%z" in str(how.format) else f"CAST({parsed} AS TIMESTAMP)"


def spark_sql(name: str, how: Conversion) -> str:
    """Read a column anew in Spark."""
    if how.job == "text":
        return f"CAST({name} AS STRING)"
    if how.job == "number":
        pattern = sql_text(f"^{NUMBER}$".replace("\\", "\\\\"))
        return f"CASE WHEN {name} RLIKE {pattern} THEN try_cast({name} AS DOUBLE) END"
    zone = sql_text(how.timezone or "UTC")
    if how.job == "localise":
        return _spark_wall(name, zone if how.timezone else "current_timezone()")
    if how.format in EPOCHS:
        micros = _micros(f"try_cast({name} AS DOUBLE)", EPOCHS[how.format])
        return _spark_wall(f"timestamp_micros({micros})", zone)
    text, pattern = name, java(str(how.format))
    if "%z" not in str(how.format):  # read as if in UTC: the session's own zone may skip an hour
        text, pattern, zone = f"concat({name}, ' Z')", f"{pattern} X", "'UTC'"
    return _spark_wall(f"try_to_timestamp({text}, {sql_text(pattern)})", zone)


def _micros(counts: str, unit: int) -> str:
    """Count whole microseconds; null where that is more than every library can count."""
    micros = f"{counts} * {unit} + 0.5"
    return f"CASE WHEN abs({micros}) < {LAST_COUNT} THEN CAST(floor({micros}) AS BIGINT) END"


def _spark_wall(instant: str, zone: str) -> str:
    """Tell what a clock in the zone shows at an instant, without a detour over the session's own zone."""
    seconds = f"CAST(unix_micros({instant}) AS DECIMAL(24, 6)) / 1000000"
    in_utc = f"TIMESTAMP_NTZ '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST({seconds} AS DECIMAL(18, 6)))"
    return f"convert_timezone('UTC', {zone}, {in_utc})"
