"""What PyArrow and DuckDB need beside narwhals: joins, types of ids, tables handed to a connection."""

from collections.abc import Collection
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

How = Literal["inner", "left", "semi"]

_ARROW_JOINS = {"inner": "inner", "left": "left outer", "semi": "left semi"}
_REPLACEMENTS = "python_enable_replacements"
BUSY = (
    "the DuckDB connection of the table is busy with another query: fetch its rows first, and give each thread a table "
    "of a cursor of its own, such as connection.cursor().table('orders')"
)
"""What to tell where :func:`is_busy`."""


def join_arrow(left: Any, right: Any, *, on: list[str], how: How) -> Any:
    """Join two PyArrow tables in the order of ``left``, beside columns of any type, which PyArrow's own join refuses.

    Only the keys and the positions of rows are joined; all other columns are taken by the positions.

    Examples
    --------
    >>> import pyarrow as pa
    >>> left = pa.table({"id": ["b", "a"], "tags": [[1], [2, 3]]})
    >>> join_arrow(left, pa.table({"id": ["a", "b"], "x": [1, 2]}), on=["id"], how="inner").to_pylist()
    [{'id': 'b', 'tags': [1], 'x': 2}, {'id': 'a', 'tags': [2, 3], 'x': 1}]
    """
    keys = [f"key_{i}" for i in range(len(on))]
    pairs = _keys(left, on, keys, "left").join(_keys(right, on, keys, "right"), keys, join_type=_ARROW_JOINS[how])
    pairs = pairs.sort_by([(name, "ascending") for name in ("left", "right") if name in pairs.column_names])
    rows = pairs["left"]
    is_whole = len(rows) == len(left) and np.array_equal(rows.to_numpy(), np.arange(len(left)))
    joined = left if is_whole else left.take(rows)
    for name in () if how == "semi" else right.column_names:
        if name not in on:
            column = right[name].take(pairs["right"])
            joined = joined.append_column(f"{name}_right" if name in left.column_names else name, column)
    return joined


def _keys(table: Any, on: list[str], keys: list[str], rows: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    def key(column: Any) -> Any:  # to PyArrow's join -0.0 is not 0.0
        return pc.add(column, pa.scalar(0.0, column.type)) if column.type in (pa.float32(), pa.float64()) else column

    return pa.table([*(key(table[name]) for name in on), pa.array(np.arange(len(table)))], names=[*keys, rows])


def with_types_of(table: Any, theirs: Any, *, names: Collection[str]) -> Any:
    """Give columns of a PyArrow table the type that they have in the caller's, where no value is lost by it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> theirs = pa.table({"id": pa.array([1], pa.int8()), "share": [True]})
    >>> with_types_of(pa.table({"id": [1], "share": [0.5]}), theirs, names=["id"]).schema.types
    [DataType(int8), DataType(double)]
    """
    import pyarrow as pa

    for i, name in enumerate(table.column_names):
        type_there = theirs.schema.field(name).type if name in names and name in theirs.column_names else None
        if type_there is not None and _kind(table[name].type) == _kind(type_there):
            try:
                table = table.set_column(i, name, table[name].cast(type_there))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                continue  # a value that the caller's type cannot hold keeps the type it has
    return table


def _kind(dtype: Any) -> str:
    import pyarrow as pa

    if pa.types.is_dictionary(dtype):
        return _kind(dtype.value_type)
    if str(dtype) in ("string", "large_string", "string_view"):
        return "text"
    return "number" if pa.types.is_integer(dtype) or pa.types.is_floating(dtype) else str(dtype)


def hand_to_duckdb(table: Any, theirs: Any) -> Any:
    """Hand a pandas table to the connection of a DuckDB relation, as a relation that can be joined with any other.

    The name that the query finds it by is new each time, so that no table of the caller comes first.

    Raises
    ------
    ValueError
        If the connection reads no tables of Python and its settings are locked.
    """
    name = f"ecommine_{uuid4().hex}"
    scope = {"relation": theirs, "view": f"{name}_view", "query": f"select * from {name}", name: table}
    with _reading_python(theirs):
        # DuckDB looks names up in the variables of its caller: here they are those of the scope, and no others.
        view = eval("relation.query(view, query)", scope)  # noqa: S307
        return view.set_alias(name)  # relations of one alias cannot be joined


@contextmanager
def _reading_python(relation: Any) -> "Iterator[None]":
    """Let a connection that was told to read no tables of Python read one."""
    view = f"ecommine_{uuid4().hex}"
    if relation.query(view, f"select current_setting('{_REPLACEMENTS}')").fetchall()[0][0]:
        yield
        return
    try:
        relation.query(view, f"set {_REPLACEMENTS} = true")
    except Exception as error:
        raise ValueError(f"the result cannot be handed to DuckDB while {_REPLACEMENTS} is false: {error}") from None
    try:
        yield
    finally:
        relation.query(view, f"set {_REPLACEMENTS} = false")


def is_busy(error: BaseException) -> bool:
    """Return whether an error of DuckDB says that its connection runs another query."""
    return type(error).__name__ == "ResourceInUseException"


def check_pickles(result: object, table: object) -> None:
    """Raise for a result whose table is a query of a connection or a session, which no other process has.

    Raises
    ------
    TypeError
        If the table is one of DuckDB or Spark.
    """
    engine = type(table).__module__.lstrip("_").partition(".")[0]
    if engine in ("duckdb", "pyspark"):
        kind = type(result).__name__
        raise TypeError(f"{kind} holds a query of {engine}, which cannot be pickled: pickle its tables as pandas")
