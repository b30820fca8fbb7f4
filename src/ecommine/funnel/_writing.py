"""How small tables of results are made in the caller's library."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.frames import build


def built(columns: dict[str, Any], like: Any) -> Any:
    """Make the table in the caller's library."""
    frame = build({name: _array(values) for name, values in columns.items()}, like=like)
    return with_nulls(frame).to_native()


def _array(values: list[Any]) -> Any:
    return np.array(values) if values and isinstance(values[0], (bool, int, float)) else values


def with_nulls(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Make unknown numbers null where that is not NaN: in Polars NaN is above every number."""
    if frame.implementation.is_pandas_like():
        return frame
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in floats)
