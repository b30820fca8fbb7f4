"""How small tables of results are made in the caller's library."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .._core.frames import build


def built(columns: Mapping[str, Any], like: Any, samples: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Make the table in the caller's library; lists are text, or numbers where there are any, or as their samples are.

    Columns keep their types when they are empty: a row is added that is taken away again.
    """
    n = len(next(iter(columns.values())))
    padded = {name: exact(_padded(values, samples.get(name, "")), like) for name, values in columns.items()}
    return with_nulls(build(padded, like=like).head(n)).to_native()


def exact(values: Any, like: Any) -> Any:
    """Keep whole numbers whole, and true and false, where some are unknown."""
    known = {type(one) for one in values if one is not None} if isinstance(values, list) and None in values else set()
    if known == {int}:
        return whole_numbers(values, like)
    is_pandas = not (like.implementation.is_polars() or like.implementation.is_pyarrow())
    return pd.array(values, dtype="boolean") if known == {bool} and is_pandas else values


def _padded(values: Any, sample: Any) -> Any:
    if isinstance(values, list) and (not values or None in values or not isinstance(values[0], (bool, int, float))):
        return [*values, next((one for one in values if one is not None), sample)]  # of their type, such as a moment
    known = np.asarray(values)
    return np.append(known, np.zeros(1, dtype=known.dtype))


def whole_numbers(values: Any, like: Any) -> Any:
    """Keep ids whole where some are unknown: in pandas they would be floats, and lose their last digits."""
    is_exact = like.implementation.is_polars() or like.implementation.is_pyarrow()
    if is_exact or not isinstance(values, list) or None not in values:
        return values
    large = any(value is not None and value >= 2**63 for value in values)
    return pd.array(values, dtype="UInt64" if large else "Int64")


def with_nulls(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Make unknown numbers null where that is not NaN: in Polars NaN is above every number."""
    if frame.implementation.is_pandas_like():
        return frame
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in floats)
