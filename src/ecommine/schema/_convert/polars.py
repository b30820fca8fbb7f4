"""Conversions in Polars."""

import re
from typing import Any

from .formats import EPOCHS, EXCEL_DAYS, MAX_MICROSECONDS, Conversion, to_chrono
from .numbers import ABBREVIATION_REGEX, NEGATIVE_REGEX, NUMBER_REGEX, number_regex
from .time_texts import BLANKS


def polars_expr(name: str, conversion: Conversion) -> Any:
    """Return the expression that converts a column in Polars."""
    import polars as pl

    column = pl.col(name)
    if conversion.operation == "whole":
        return column.cast(pl.String).str.replace("[.]0+$", "").cast(pl.Int64, strict=False)
    if conversion.operation == "number":
        return _to_number(column, conversion)
    if conversion.operation == "text":
        return column.cast(pl.String)
    zone = conversion.timezone or "UTC"
    if conversion.operation == "localise":
        return column.dt.convert_time_zone(zone).dt.replace_time_zone(None).dt.cast_time_unit("us")
    if conversion.is_count:
        whole = pl.when(~column.str.contains("[eE]")).then(column) if conversion.is_text else column
        counts = _to_number(whole, conversion) if conversion.is_text else column.cast(pl.Float64, strict=False)
        return _counts_to_times(counts, str(conversion.format), zone)
    return _texts_to_times(_digits(column) if conversion.is_number else column, conversion, zone)


def _digits(column: Any) -> Any:
    """Return whole numbers as text, those beside missing ones too, which are floats."""
    import polars as pl

    return column.cast(pl.Int64, strict=False).cast(pl.String)


def _counts_to_times(counts: Any, unit: str, zone: str) -> Any:
    import polars as pl

    if unit in EPOCHS:
        micros = (counts * EPOCHS[unit] + 0.5).floor()
    else:
        micros = ((counts * 86_400_000 + 0.5).floor() - EXCEL_DAYS[unit] * 86_400_000) * 1_000
    known = pl.when(micros.abs() < MAX_MICROSECONDS).then(micros).cast(pl.Int64)
    if unit not in EPOCHS:
        return known.cast(pl.Datetime("us"))
    return known.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _texts_to_times(column: Any, conversion: Conversion, zone: str) -> Any:
    import polars as pl

    text, how = column.str.strip_chars(BLANKS), conversion.text
    text = pl.when(text.str.contains(f"^({how.regex})$")).then(text)
    for regex, replacement in how.steps:
        text = text.str.replace(regex, re.sub(r"\\([0-9])", r"${\1}", replacement))
    times = text.str.to_datetime(to_chrono(how.pattern), time_unit="us", strict=False)
    return times.dt.convert_time_zone(zone).dt.replace_time_zone(None) if conversion.has_instants else times


def _to_number(column: Any, conversion: Conversion) -> Any:
    import polars as pl

    text, mark = column.cast(pl.String), conversion.decimal or "."
    written = pl.when(text.str.contains(f"^({number_regex(conversion.decimal, is_money=conversion.is_money)})$"))
    digits = text.str.replace_all(ABBREVIATION_REGEX, "").str.replace_all(f"[^0-9{mark}]", "")
    number = digits.str.replace_all(",", ".", literal=True).cast(pl.Float64, strict=False)
    signed = written.then(pl.when(text.str.contains(NEGATIVE_REGEX)).then(-number).otherwise(number))
    if mark == ",":
        return signed
    plain = pl.when(text.str.contains(f"^({NUMBER_REGEX})$"))
    return plain.then(text.str.strip_chars(BLANKS).cast(pl.Float64, strict=False)).otherwise(signed)
