"""What conditions ask for, against what the columns of a table can hold."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import narwhals.stable.v2 as nw
import numpy as np

from .._definition import Exclude, Funnel, Step

Mark = TypeVar("Mark", Step, Exclude)
_KINDS: tuple[tuple[Callable[[Any], bool], tuple[str, Any, Any]], ...] = (
    (lambda dtype: bool(dtype.is_numeric()), ("numbers", (int, float, Decimal), bool)),
    (lambda dtype: dtype == nw.Boolean, ("true and false", bool, ())),
    (lambda dtype: isinstance(dtype, (nw.String, nw.Categorical, nw.Enum)), ("text", str, ())),
    (lambda dtype: isinstance(dtype, nw.Datetime), ("times", datetime, ())),
    (lambda dtype: dtype == nw.Date, ("dates", date, datetime)),
)
"""What a column may be asked for: its name, what its values may be, and what they may not."""


def check_values(schema: Any, funnel: Funnel) -> None:
    """Raise where a condition asks a column for what it cannot hold: libraries differ in what they make of it."""
    for column, values in (pair for one in funnel.steps_and_exclusions for pair in one.where):
        dtype = schema[column]
        if dtype.is_nested() or dtype in (nw.Object, nw.Unknown):
            raise ValueError(
                f"`where`: the column {column!r} holds {dtype}, not single values of one type: convert it first"
            )
        fits = next((types for holds, types in _KINDS if holds(dtype)), None)
        wrong = [one for one in values if fits and (not isinstance(one, fits[1]) or isinstance(one, fits[2]))]
        if fits and wrong:
            raise ValueError(f"`where`: the column {column!r} holds {fits[0]}, got {wrong[0]!r}")
        _check_range(column, dtype, values)


def _check_range(column: str, dtype: Any, values: tuple[Any, ...]) -> None:
    """Refuse what is of the right kind and yet never in the column."""
    if dtype.is_integer():
        low, high = _ends_of(dtype)
        wrong = [one for one in values if not math.isfinite(one) or one != int(one) or not low <= one <= high]
        if wrong:
            raise ValueError(f"`where`: the column {column!r} holds whole numbers ({dtype}), got {wrong[0]!r}")
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is None:
        wrong = [one for one in values if one.tzinfo is not None]
        if wrong:
            raise ValueError(f"`where`: the column {column!r} holds times without a zone, got {wrong[0]!r}")


def _ends_of(dtype: Any) -> tuple[int, int]:
    """Return the least and the largest number of a type such as UInt8."""
    bits = int("".join(letter for letter in str(dtype) if letter.isdigit()))
    return (0, 2**bits - 1) if str(dtype).startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def match_column_types(schema: Any, funnel: Funnel) -> Funnel:
    """Write the numbers of conditions as the columns hold them, since libraries differ in how they compare others."""
    if not any(step.where for step in funnel.steps) and not any(one.where for one in funnel.exclude):
        return funnel
    steps = tuple(_fitted(schema, step) for step in funnel.steps)
    return replace(funnel, steps=steps, exclude=tuple(_fitted(schema, one) for one in funnel.exclude))


def _fitted(schema: Any, one: Mark) -> Mark:
    where = {column: [_number(schema.get(column), value) for value in values] for column, values in one.where}
    return replace(one, where=where) if where else one


def _number(dtype: Any, value: Any) -> Any:
    if dtype is None or isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return value
    if dtype == nw.Float32:
        return float(np.float32(value))
    if dtype.is_float():
        return float(value)
    return int(value) if dtype.is_integer() and value == value // 1 else value
