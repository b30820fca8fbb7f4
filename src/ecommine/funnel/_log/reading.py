"""How events come into memory: what is left out, rows of any library, ids and groups as numbers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.checks import counted
from ..._core.frames import Frame, collect
from ..._core.moments import moment
from ..._core.notes import Note
from .._cores import equal_shares, map_on_cores
from .._match.sort import Ints

BATCH = 122_880
"""Rows of a group of DuckDB's: handed over as they are, none waits for others to fill a larger batch."""


def resolve_as_of(frame: Frame, unit: str, as_of: Any) -> tuple[datetime | None, list[Note]]:
    """Return the moment up to which events count, and notes of what is left out."""
    at = nw.col("occurred_at")
    given = None if as_of is None else moment(as_of)
    named = {"_lost": unit, "_nameless": "event", "_timeless": "occurred_at"}
    if given is None:  # libraries know how many nulls a column has
        counts = {name: nw.len() - nw.col(column).count() for name, column in named.items()}
    else:
        is_late = (at > nw.lit(given)).fill_null(False)
        counts = {name: (nw.col(column).is_null() & ~is_late).cast(nw.Int64).sum() for name, column in named.items()}
        counts["_late"] = is_late.cast(nw.Int64).sum()
    row = collect(frame.select(at.max(), **counts))
    lost, nameless, timeless, late = (int(row[name].item() or 0) if name in counts else 0 for name in (*named, "_late"))
    if timeless:
        raise ValueError(
            f'`occurred_at` is missing in {timeless:,} events: split them off with schema.quarantine("events", raw)'
        )
    notes = []
    if lost:
        text = f"{counted(lost, 'event')} without {unit} left out"
        notes.append(Note(text, code="events_without_id", count=lost))
    if nameless:
        text = f"{counted(nameless, 'event')} without a name left out"
        notes.append(Note(text, code="events_without_name", count=nameless))
    if given is not None:
        if late:
            text = f"{counted(late, 'event')} after {given:%Y-%m-%d %H:%M} left out"
            notes.append(Note(text, code="rows_after_as_of", count=late))
        return given, notes
    return (None if row["occurred_at"].null_count() else moment(row["occurred_at"].item())), notes


def load_rows(frame: Frame) -> nw.DataFrame[Any]:
    """Bring rows into memory; DuckDB's as Arrow, where text needs no Python object a row."""
    if isinstance(frame, nw.LazyFrame) and frame.implementation.is_duckdb():
        return nw.from_native(frame.to_native().to_arrow_table(BATCH), eager_only=True)
    return collect(frame)


def comparable_values(frame: Frame, by: str) -> nw.Expr:
    """Take categories as the text that they are, and floats with one zero and one unknown."""
    dtype, column = frame.collect_schema()[by], nw.col(by)
    if isinstance(dtype, (nw.Categorical, nw.Enum)):
        return column.cast(nw.String)
    if dtype.is_float():  # adding zero would do, but some engines see nothing to add
        return nw.when(~column.is_nan()).then(nw.when(column == 0).then(nw.lit(0.0, dtype)).otherwise(column))
    return column


def example_value(dtype: nw.dtypes.DType) -> Any:
    """Return a value of a type, by which a column is of that type where it holds none."""
    if dtype.is_integer():
        return 0
    samples = {nw.Float64: 0.0, nw.Float32: 0.0, nw.Boolean: False, nw.Date: date(1970, 1, 1)}
    return samples.get(type(dtype), datetime(1970, 1, 1) if isinstance(dtype, nw.Datetime) else "")


def category_order(frame: Frame, by: str) -> list[str]:
    """Return the values of ordered categories in their order, as text; nothing where values have an order themselves.

    They are sorted by what the library knows: text of a number is not always what it is in the list of categories.
    """
    if not isinstance(frame.collect_schema()[by], nw.Enum):
        return []
    found = collect(frame.select(by).unique().sort(by))
    return [value for value in found.select(comparable_values(found, by))[by].to_list() if isinstance(value, str)]


def factorize(ids: nw.Series[Any]) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    """Give each id a number, -1 where it is unknown; return the numbers and the ids that they stand for."""
    if ids.implementation.is_pandas() and not has_arrow_memory(ids):
        codes, labels = pd.factorize(ids.to_native())
        return codes, np.asarray(labels)
    if ids.dtype.is_integer() and not ids.null_count():
        codes, labels = pd.factorize(ids.to_numpy())
        return codes, np.asarray(labels)
    return _encoded(ids.to_arrow())


def has_arrow_memory(values: nw.Series[Any]) -> bool:
    """Tell whether text lies in Arrow's memory, where every core can read it."""
    if not values.implementation.is_pandas():
        return True
    dtype = values.to_native().dtype
    return isinstance(dtype, pd.StringDtype) and dtype.storage.startswith("pyarrow")


def readable_arrow(values: Any) -> Any:
    """Take Arrow's values in a layout that its own functions read: text views and codes of categories are not."""
    import pyarrow as pa

    is_view = getattr(pa.types, "is_string_view", lambda _: False)(values.type)
    is_code = pa.types.is_dictionary(values.type)
    return values.cast(pa.large_string() if is_view else values.type.value_type) if is_view or is_code else values


def _encoded(values: Any) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    """Give numbers to Arrow's values on all cores, each with labels of its own, and then the labels."""
    import pyarrow as pa

    values = readable_arrow(values)
    if pa.types.is_null(values.type):
        return np.full(len(values), -1), np.zeros(0, dtype=object)

    def encoded(first: int, end: int) -> Any:
        part = values.slice(first, end - first).dictionary_encode()
        return part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part

    def numbers(part: Any, begin: int) -> Ints:
        mine: Ints = rank[begin : begin + len(part.dictionary)]
        found: Ints = np.append(mine, -1)[part.indices.fill_null(-1).to_numpy()]
        return found

    parts = map_on_cores(encoded, *zip(*equal_shares(len(values)), strict=True))
    labels = pa.concat_arrays([part.dictionary for part in parts]).dictionary_encode()
    rank = labels.indices.to_numpy()
    begins = np.cumsum([0, *(len(part.dictionary) for part in parts[:-1])]).tolist()
    return np.concatenate(map_on_cores(numbers, parts, begins)), labels.dictionary.to_numpy(zero_copy_only=False)


def factorize_sorted(
    ids: nw.Series[Any], name: str = "`by` or ids", given: Sequence[str] = ()
) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    """Turn ids into numbers in the order of the ids, or in the one given; -1 where unknown."""
    codes, labels = factorize(ids)
    place = {value: place for place, value in enumerate(given)}
    order = order_of_labels(np.array([place[label] for label in labels]) if given else labels, name)
    ranks = np.empty(len(labels) + 1, dtype=np.int64)
    ranks[order], ranks[-1] = np.arange(len(labels)), -1
    return ranks[codes], labels[order]


def fill_from_group(group: Ints, value: Ints) -> tuple[Ints, int]:
    """Give rows without a value, below 0, that of their group where it is one; count the groups of several values.

    Examples
    --------
    >>> filled, several = fill_from_group(np.array([0, 0, 1, 1, 1]), np.array([-1, 5, 6, 7, -1]))
    >>> filled.tolist(), several
    ([5, 5, 6, 7, -1], 1)
    """
    known = value >= 0
    if not known.any():
        return value, 0
    n = int(group.max()) + 1
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(low, group[known], value[known])
    np.maximum.at(high, group[known], value[known])
    return np.where(~known & (low == high)[group], high[group], value), int((low < high).sum())


def order_of_labels(labels: "np.ndarray[Any, Any]", name: str = "`by` or ids") -> Ints:
    """Return the order of ids."""
    try:
        return np.argsort(labels, kind="stable")
    except TypeError:
        one_of_each = {type(label): label for label in labels[::-1]}
        shown = " and ".join(map(repr, one_of_each.values()))
        raise TypeError(f"{name} of mixed types, such as {shown}: make them text") from None


def factorize_groups(values: nw.Series[Any], given: Sequence[str] = ()) -> tuple[Ints, tuple[Any, ...]]:
    """Turn the values of a column of groups into numbers, and name them; what is unknown is the last group.

    They are in their own order, or in the one given, see :func:`category_order`.
    """
    codes, labels = factorize_sorted(values, given=given)
    if labels.dtype.kind == "M":
        labels = labels.astype("datetime64[us]")  # as finer ones NumPy makes numbers of them
    if (codes < 0).any():
        return np.where(codes < 0, len(labels), codes), (*labels.tolist(), None)
    return codes, tuple(labels.tolist())
