"""What conditions ask for, against what the columns of a table can hold."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw

from ._definition import Exclude, Funnel, Step

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
    marks: tuple[Step | Exclude, ...] = (*funnel.steps, *funnel.exclude)
    for column, values in (pair for one in marks for pair in one.where):
        dtype = schema[column]
        fits = next((types for holds, types in _KINDS if holds(dtype)), None)
        wrong = [one for one in values if fits and (not isinstance(one, fits[1]) or isinstance(one, fits[2]))]
        if fits and wrong:
            raise ValueError(f"`where`: the column {column!r} holds {fits[0]}, got {wrong[0]!r}")
