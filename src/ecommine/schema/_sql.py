"""Columns read anew in SQL: DuckDB and Spark."""

from ._formats import EPOCHS, Conversion, java, sql_text


def quoted(name: str, mark: str) -> str:
    """Quote the name of a column."""
    return mark + name.replace(mark, mark * 2) + mark


def duckdb_sql(name: str, how: Conversion) -> str:
    """Read a column anew in DuckDB."""
    zone = how.timezone or "UTC"
    if how.job in ("number", "text"):
        return f"TRY_CAST({name} AS {'DOUBLE' if how.job == 'number' else 'VARCHAR'})"
    if how.job == "localise":
        return f"timezone('{zone}', {name})"
    if how.format in EPOCHS:
        return f"timezone('{zone}', to_timestamp(round(TRY_CAST({name} AS DOUBLE)) * {EPOCHS[how.format]} / 1e6))"
    parsed = f"try_strptime({name}, {sql_text(str(how.format))})"
    return f"timezone('{zone}', {parsed})" if "%z" in str(how.format) else f"CAST({parsed} AS TIMESTAMP)"


def spark_sql(name: str, how: Conversion) -> str:
    """Read a column anew in Spark."""
    if how.job in ("number", "text"):
        return f"try_cast({name} AS {'DOUBLE' if how.job == 'number' else 'STRING'})"
    zone = f"'{how.timezone}'" if how.timezone else ("current_timezone()" if how.job == "localise" else "'UTC'")
    if how.format in EPOCHS:
        micros = f"timestamp_micros(CAST(round(try_cast({name} AS DOUBLE)) * {EPOCHS[how.format]} AS BIGINT))"
        name = micros
    elif how.job == "parse":
        name = f"try_to_timestamp({name}, {sql_text(java(str(how.format)))})"
        if "%z" not in str(how.format):
            return f"CAST({name} AS TIMESTAMP_NTZ)"
    return f"convert_timezone(current_timezone(), {zone}, CAST({name} AS TIMESTAMP_NTZ))"
