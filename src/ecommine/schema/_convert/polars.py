"""Conversions in Polars."""

from typing import Any

from .formats import (
    BLANKS,
    EPOCHS,
    LONG_FRACTION_REGEX,
    MAX_MICROSECONDS,
    NUMBER_REGEX,
    Conversion,
    time_regex,
    to_chrono,
)


def polars_expr(name: str, conversion: Conversion) -> Any:
    """Return the expression that converts a column in Polars."""
    import polars as pl

    column = pl.col(name)
    if conversion.operation == "whole":
        return column.cast(pl.String).str.replace("[.]0+$", "").cast(pl.Int64, strict=False)
    if conversion.operation == "number":
        return _polars_to_number(column)
    if conversion.operation == "text":
        return column.cast(pl.String)
    zone = conversion.timezone or "UTC"
    if conversion.operation == "localise":
        return column.dt.convert_time_zone(zone).dt.replace_time_zone(None).dt.cast_time_unit("us")
    if conversion.format in EPOCHS:
        counts = _polars_to_number(column) if conversion.is_text else column.cast(pl.Float64, strict=False)
        micros = (counts * EPOCHS[conversion.format] + 0.5).floor()
        known = pl.when(micros.abs() < MAX_MICROSECONDS).then(micros).cast(pl.Int64)
        return known.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone).dt.replace_time_zone(None)
    text, pattern = column.str.strip_chars(BLANKS), str(conversion.format)
    text = pl.when(text.str.contains(f"^({time_regex(pattern)})$")).then(text)
    text = text.str.replace(LONG_FRACTION_REGEX, "${1}") if "%f" in pattern else text
    text = text.str.replace("Z$", "+00:00") if "%z" in pattern else text
    times = text.str.to_datetime(to_chrono(pattern), time_unit="us", strict=False)
    return times.dt.convert_time_zone(zone).dt.replace_time_zone(None) if "%z" in pattern else times


def _polars_to_number(column: Any) -> Any:
    import polars as pl

    text = column.cast(pl.String)
    return (
        pl.when(text.str.contains(f"^{NUMBER_REGEX}$"))
        .then(text.str.strip_chars(BLANKS))
        .cast(pl.Float64, strict=False)
    )
