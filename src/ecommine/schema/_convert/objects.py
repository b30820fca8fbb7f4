"""Types inside object columns of pandas, which only a look at every value shows."""

from decimal import Decimal
from numbers import Real
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.frames import Frame, wrap

_SHOWN_KINDS = 3


def holds_objects(frame: Frame, name: str) -> bool:
    """Return whether a pandas column holds Python objects, whose types only a look at every value shows."""
    return frame.implementation.is_pandas_like() and frame.to_native()[name].dtype == object


def object_type_of(frame: Frame, name: str) -> str:
    """Return the type of the values of a pandas object column, such as "string", "mixed-integer" or "datetime"."""
    values = frame.to_native()[name].dropna()
    kind = str(pd.api.types.infer_dtype(values))
    scalar = not kind.startswith("mixed") or values.map(_is_scalar).all()
    return kind if scalar else "nested or various objects"


def kinds_in(frame: Frame, name: str) -> str:
    """Return the kinds of values of a pandas object column, the commonest first, with an example of each."""
    values = frame.to_native()[name].dropna()
    kinds = values.map(lambda value: type(value).__name__)
    names = kinds.value_counts().index[:_SHOWN_KINDS]
    return " and ".join(f"{kind} ({str(values[(kinds == kind).to_numpy()].iloc[0])[:40]!r})" for kind in names)


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, Real, Decimal)) and not isinstance(value, bool)


def is_numpy(frame: Frame, name: str) -> bool:
    """Return whether a pandas column is a NumPy array, which has no missing integers."""
    return frame.implementation.is_pandas() and isinstance(frame.to_native()[name].dtype, np.dtype)


def holds_number_categories(frame: Frame, name: str) -> bool:
    """Return whether the categories of a pandas column are numbers, which a cast beside a null writes as "1.0"."""
    dtype = frame.to_native()[name].dtype if frame.implementation.is_pandas_like() else None
    return isinstance(dtype, pd.CategoricalDtype) and not pd.api.types.is_string_dtype(dtype.categories.dtype)


def holds_json(frame: Frame, name: str) -> bool:
    """Return whether a DuckDB column is JSON, which compares with no text."""
    if not frame.implementation.is_duckdb():
        return False
    relation = frame.to_native()
    return str(relation.types[relation.columns.index(name)]) == "JSON"


def has_inexact_ids(frame: Frame, name: str) -> bool:
    """Return whether a NumPy column of floats has ids that no integer, or more than one, stands for."""
    values = frame.to_native()[name].to_numpy()
    limit = 2.0 ** (np.finfo(values.dtype).nmant + 1)  # from there on floats skip whole numbers
    with np.errstate(invalid="ignore"):
        return bool(((values != np.floor(values)) & ~np.isnan(values)).any() or (np.abs(values) >= limit).any())


def with_nullable_integers(frame: Frame, name: str) -> Frame:
    """Return whole numbers of NumPy as nullable ones, since a join without a match would turn them into floats."""
    if not (is_numpy(frame, name) and frame.collect_schema()[name].is_integer()):
        return frame
    table = frame.to_native()
    return wrap(table.assign(**{name: table[name].astype("Int64")}))


def is_all_missing(frame: Frame, name: str) -> bool:
    """Return whether a column of numbers in memory has none, which is how pandas reads a column of empty cells."""
    return isinstance(frame, nw.DataFrame) and frame[name].dtype.is_numeric() and bool(frame[name].is_null().all())


def zones_of(frame: Frame, name: str) -> set[str | None]:
    """Return the zones of an object column of times; None stands for naive ones."""
    zones = (getattr(value, "tzinfo", None) for value in frame.to_native()[name].dropna())
    return {None if zone is None else str(zone) for zone in zones}


def whole_number(value: Any) -> int | None:
    """Return a whole number that 64 bits hold, of a `Decimal` too; None for others."""
    return int(value) if not pd.isna(value) and abs(value) < 2**63 and value == int(value) else None
