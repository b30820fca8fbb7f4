"""Tables that somebody may give by mistake, in every library: odd columns, odd names, odd shapes."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from libraries import LIBRARIES

Column = Callable[[int], Any]
"""Makes a column of so many rows: a pandas column or a PyArrow array."""
OddTable = tuple[pd.DataFrame, dict[str, Any]]
"""A pandas table, and the PyArrow arrays that stand in place of its columns, or beside them."""
TABLES = ("pandas-numpy", "pandas-nullable", "pandas-pyarrow", "polars", "polars-lazy", "pyarrow", "duckdb")


def _objects(*values: Any) -> Column:
    def make(n: int) -> Any:
        cells = np.empty(n, dtype=object)
        for i in range(n):
            cells[i] = values[i % len(values)]
        return pd.Series(cells, dtype=object)

    return make


def _typed(dtype: Any, *values: Any) -> Column:
    return lambda n: pd.Series([values[i % len(values)] for i in range(n)], dtype=dtype)


def _arrow(dtype: str, *values: Any) -> Column:
    def make(n: int) -> Any:
        import pyarrow as pa

        types = {
            "null": pa.null(), "list": pa.list_(pa.int64()), "struct": pa.struct([("a", pa.int64())]),
            "map": pa.map_(pa.string(), pa.int64()), "dictionary": pa.dictionary(pa.int32(), pa.string()),
            "large text": pa.large_string(), "binary": pa.binary(), "decimal": pa.decimal128(20, 3),
            "uint64": pa.uint64(), "int8": pa.int8(), "float32": pa.float32(),
            "time": pa.time64("us"), "duration": pa.duration("us"), "date": pa.date32(), "bool": pa.bool_(),
            "aware": pa.timestamp("ns", "Asia/Shanghai"), "seconds": pa.timestamp("s"), "int64": pa.int64(),
            "fixed list": pa.list_(pa.int64(), 2), "text": pa.string(),
            "nested": pa.list_(pa.struct([("a", pa.bool_())])),
        }  # fmt: skip
        return pa.array([values[i % len(values)] for i in range(n)], types[dtype])

    return make


DAY = datetime(2024, 5, 1)
COLUMNS: dict[str, Column] = {
    "numbers and text": _objects(1, "a", 2.5, None),
    "NA in objects": _objects("a", pd.NA, "b"),
    "NA and numbers in objects": _objects(1, pd.NA, 2),
    "NaT in objects": _objects(pd.NaT, DAY),
    "None alone": _objects(None),
    "NaN alone": _typed("float64", float("nan")),
    "infinite": _typed("float64", float("inf"), -float("inf"), 1.0),
    "huge": _typed("float64", 1e308, -1e308, 5e-324, -0.0),
    "decimals": _objects(Decimal("1.5"), Decimal("NaN"), None),
    "bytes": _objects(b"a", b"\xff"),
    "dates in objects": _objects(date(2024, 5, 1), None, date(1, 1, 1)),
    "times of two zones": _objects(DAY.replace(tzinfo=UTC), DAY.replace(tzinfo=timezone(timedelta(hours=8)))),
    "naive and aware": _objects(DAY, DAY.replace(tzinfo=UTC)),
    "booleans in objects": _objects(True, None, False),
    "lists in objects": _objects([1], [], None),
    "dicts in objects": _objects({"a": 1}, None),
    "sets in objects": _objects({1}, frozenset()),
    "arrays in objects": _objects(np.array([1]), np.array([])),
    "tuples in objects": _objects((1, 2), ("a",)),
    "beyond 64 bits": _objects(2**70, -(2**70), 1),
    "functions": _objects(len, int),
    "surrogates": _objects("\ud800", "a"),
    "complex": _typed("complex128", 1j),
    "categories": _typed("category", "a", "b", None),
    "categories of numbers": _typed("category", 1, 2),
    "ordered categories": lambda n: pd.Series(pd.Categorical(["x", "y"] * n, ["y", "x"], ordered=True)[:n]),
    "intervals": lambda n: pd.Series(pd.arrays.IntervalArray.from_breaks(np.arange(n + 1))),
    "periods": lambda n: pd.Series(pd.period_range("2024-01", periods=n, freq="M")),
    "sparse": lambda n: pd.Series(pd.arrays.SparseArray([0, 1] * n)[:n]),
    "lengths of time": _typed("timedelta64[us]", timedelta(1), None),
    "aware": _typed("datetime64[us, UTC]", DAY),
    "times of nanoseconds": lambda n: pd.Series(np.datetime64("2024-05-01", "ns") + np.arange(n)),
    "no time": _typed("datetime64[us]", None),
    "early times": _typed("datetime64[us]", datetime(1, 1, 1), datetime(9999, 12, 31)),
    "text type": _typed("string", "a", None, ""),
    "empty text": _objects("", " ", "\x00"),
    "long text": _objects("x" * 40_000),
    "digits": _objects("1" * 5_000, "2"),
    "nullable booleans": _typed("boolean", True, None),
    "booleans": _typed("bool", True, False),
    "nullable whole numbers": _typed("Int64", 1, None),
    "nullable uint64": _typed("UInt64", 2**64 - 1, None),
    "uint64": _typed("uint64", 2**64 - 1, 2**63, 0),
    "whole ends": _typed("int64", 2**63 - 1, -(2**63)),
    "int8": _typed("int8", 1, -1),
    "float16": _typed("float16", 1.5, float("nan")),
    "equal values": _typed("int64", 1),
    "equal text": _objects("a"),
    "negative": _typed("float64", -1.0),
    **{
        f"arrow {name}": _arrow(name, *values)
        for name, values in {
            "null": [None], "list": [[1], None, []], "struct": [{"a": 1}, None], "map": [[("k", 1)], None],
            "dictionary": ["a", None], "large text": ["a", None], "binary": [b"a", b"\xff", None],
            "decimal": [Decimal("1.5"), None], "uint64": [2**64 - 1, None],
            "int8": [1, None], "float32": [1.5, float("nan"), None], "time": [time(1), None], "bool": [True, None],
            "duration": [timedelta(1), None], "date": [date(2024, 5, 1), None], "aware": [DAY, None],
            "seconds": [DAY, None], "fixed list": [[1, 2], None], "int64": [2**63 - 1, None],
            "nested": [[{"a": True}], None],
        }.items()
    },
}  # fmt: skip


def _with_names(names: Callable[[list[Any]], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.set_axis(names(list(table.columns)), axis=1)


def _added(name: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{name: 1})


SHAPES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "no rows": lambda table: table.iloc[:0],
    "one row": lambda table: table.iloc[:1],
    "two rows": lambda table: table.iloc[[0, -1]],
    "backwards": lambda table: table.iloc[::-1],
    "rows twice": lambda table: pd.concat([table, table]),
    "one row often": lambda table: table.iloc[[0] * 7],
    "no columns": lambda table: table[[]],
    "one column": lambda table: table.iloc[:, :1],
    "names twice": _with_names(lambda names: [*names[:-1], names[0]]),
    "names of numbers": _with_names(lambda names: [*names[:-1], 0]),
    "pairs of names": _with_names(lambda names: pd.MultiIndex.from_tuples([(name, "a") for name in names])),
    "capitals": _with_names(lambda names: [str(name).upper() for name in names]),
    "a capital beside": lambda table: table.assign(**{str(table.columns[0]).upper(): 1}),
    "labels of text": lambda table: table.set_axis([f"r{i}" for i in range(len(table))]),
    "pairs of labels": lambda table: table.set_index([table.columns[0], table.columns[-1]], drop=False),
    **{
        f"a column {name!r}": _added(name)
        for name in (
            "*", "", " ", "^a$", "a`b", 'a"b', "a'b", "a.b", "a\\b", "名", "x" * 300, "%", "{a}", "__ecommine_row",
            "index", "level_0", "key", "n", "len", "count", "literal", "value", "visitor", "unit", "event", "segment",
            "step",
        )
    },
}  # fmt: skip


def odd_tables(table: pd.DataFrame) -> Iterator[tuple[str, Callable[[], OddTable]]]:
    """Yield the name of each odd version of a table, and what makes it."""
    for name, change in SHAPES.items():
        yield name, lambda change=change: (change(table), {})
    for column in (*table.columns, "extra"):
        for name, make in COLUMNS.items():
            yield f"{column}: {name}", lambda column=column, make=make: _with_column(table, column, make(len(table)))


def _with_column(table: pd.DataFrame, column: str, values: Any) -> OddTable:
    if isinstance(values, pd.Series):
        return table.assign(**{column: values.set_axis(table.index)}), {}
    return table, {column: values}


def in_library(library: str, table: pd.DataFrame, arrays: dict[str, Any]) -> Any:
    """Return a table in a library; what the library itself refuses to hold raises its own error."""
    if not arrays:
        return LIBRARIES[library](table)
    import pyarrow as pa

    held = pa.Table.from_pandas(table.drop(columns=list(arrays), errors="ignore"), preserve_index=False)
    held = held.replace_schema_metadata(None)
    for name, values in arrays.items():
        held = held.append_column(name, values)
    if library == "pyarrow":
        return held
    if library == "duckdb":
        import duckdb

        return duckdb.connect().from_arrow(held)
    if library.startswith("polars"):
        import polars as pl

        frame = pl.from_arrow(held)
        return frame.lazy() if library == "polars-lazy" else frame
    return held.to_pandas(types_mapper=pd.ArrowDtype if library == "pandas-pyarrow" else None)
