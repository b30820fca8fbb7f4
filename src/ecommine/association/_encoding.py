"""Ids of any type as whole numbers 0, 1, 2, ..., in the order of the ids themselves."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
_DENSE = 4
"""Whole numbers within a span of this many times their number are counted in a table, without hashing."""


def encode(column: nw.Series[Any]) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    """Give each distinct id of a column a number.

    Returns
    -------
    codes : int32 array of shape (n,)
        Position in ``labels`` of each id, -1 where it is missing.
    labels : array of shape (n_distinct,)
        The ids in ascending order: int64, or objects (text).
    """
    if column.dtype.is_integer() and not column.null_count():
        values = column.to_numpy()
        if len(values) and _is_dense(values):
            return _counted(values)
        return _sorted(*pd.factorize(values))
    return _sorted(*_factorized(column))


def encode_runs(column: nw.Series[Any]) -> tuple[Ints, int]:
    """Give each distinct id a number, in any order; ids that stand sorted, as exports have them, need no hashing."""
    if column.dtype.is_integer() and not column.null_count() and len(column):
        values = column.to_numpy()
        steps = np.flatnonzero(values[1:] != values[:-1])
        if bool((values[steps + 1] > values[steps]).all()):
            runs = np.diff(steps, prepend=-1, append=len(values) - 1)
            return np.repeat(np.arange(len(runs), dtype=np.int32), runs), len(runs)
    codes, labels = encode(column)
    return codes, len(labels)


def _is_dense(values: Ints) -> bool:
    low, high = int(values.min()), int(values.max())
    return high < 2**63 and high - low < max(_DENSE * len(values), 1 << 16)


def _counted(values: Ints) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    low = int(values.min())
    places = values if low == 0 else values.astype(np.int64, copy=False) - low  # short integers would overflow
    seen = np.zeros(int(values.max()) - low + 1, dtype=bool)
    seen[places] = True
    positions = np.cumsum(seen, dtype=np.int32) - np.int32(1)
    return positions[places], np.flatnonzero(seen) + low


def _factorized(column: nw.Series[Any]) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    if column.implementation.is_pandas():
        codes, labels = pd.factorize(column.to_native())
        return codes, np.asarray(labels)
    encoded = column.to_arrow().dictionary_encode()
    whole = encoded.combine_chunks() if hasattr(encoded, "combine_chunks") else encoded
    return whole.indices.fill_null(-1).to_numpy(), whole.dictionary.to_numpy(zero_copy_only=False)


def _sorted(codes: Ints, labels: "np.ndarray[Any, Any]") -> tuple[Ints, "np.ndarray[Any, Any]"]:
    if labels.dtype.kind == "f":  # pandas holds whole-number ids beside a missing one as floats
        labels = labels.astype(np.int64)
    order = np.argsort(labels)
    ranks = np.empty(len(labels) + 1, dtype=np.int32)
    ranks[order], ranks[-1] = np.arange(len(labels)), -1  # the code -1 of a missing id takes the last rank
    return ranks[codes], labels[order]
