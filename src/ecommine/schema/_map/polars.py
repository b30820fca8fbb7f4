"""Columns read anew in Polars."""

from typing import Any

from .formats import BLANKS, EPOCHS, LAST_COUNT, LONG_FRACTION, NUMBER, Conversion, chrono, time_regex


def polars_expr(name: str, how: Conversion) -> Any:
    """Read a column anew in Polars."""
    import polars as pl

    column = pl.col(name)
    if how.job == "whole":
        return column.cast(pl.String).str.replace("[.]0+$", "").cast(pl.Int64, strict=False)
    if how.job == "number":
        return _polars_number(column)
    if how.job == "text":
        return column.cast(pl.String)
    zone = how.timezone or "UTC"
    if how.job == "localise":
        return column.dt.convert_time_zone(zone).dt.replace_time_zone(None).dt.cast_time_unit("us")
    if how.format in EPOCHS:
        counts = _polars_number(column) if how.text else column.cast(pl.Float64, strict=False)
        micros = (counts * EPOCHS[how.format] + 0.5).floor()
        known = pl.when(micros.abs() < LAST_COUNT).then(micros).cast(pl.Int64)
        return known.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone).dt.replace_time_zone(None)
    text, pattern = column.str.strip_chars(BLANKS), str(how.format)
    text = pl.when(text.str.contains(f"^({time_regex(pattern)})$")).then(text)
    text = text.str.replace(LONG_FRACTION, "${1}") if "%f" in pattern else text
    text = text.str.replace("Z$", "+00:00") if "%z" in pattern else text
    times = text.str.to_datetime(chrono(pattern), time_unit="us", strict=False)
    return times.dt.convert_time_zone(zone).dt.replace_time_zone(None) if "%z" in pattern else times


def _polars_number(column: Any) -> Any:
    import polars as pl

    text = column.cast(pl.String)
    return pl.when(text.str.contains(f"^{NUMBER}$")).then(text.str.strip_chars(BLANKS)).cast(pl.Float64, strict=False)
