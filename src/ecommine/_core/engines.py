"""What table libraries need beside narwhals: PyArrow's joins, tables handed to DuckDB, and errors told as the caller's.

Columns are checked where a table is read. What a library refuses for reasons of its own, such as a type that it has no
arithmetic for, or a connection that is busy, ends in an error of the argument instead of a traceback of its insides.
"""

import inspect
import sys
import traceback
from collections.abc import Callable, Collection, Iterable
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar
from uuid import uuid4

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

How = Literal["inner", "left", "semi"]
Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

LIBRARIES = ("narwhals", "pandas", "polars", "pyarrow", "duckdb", "pyspark", "numpy")
_FILES_OF_NO_FOLDER = (".pyx", ".pxi", ".pxd")
"""Compiled parts of pandas and PyArrow name their files without a folder."""
_PLAIN_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
_MAX_SHOWN = 200
_PACKAGE = Path(__file__).parents[1]

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


def tell_library_errors(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Make a public call raise a ValueError that names its table where a table library refuses the work.

    Of several tables it names the one that was being read, and all of them where they were already at work together.
    The error of the library is its cause. Errors of ecommine itself, of the system and of the caller's objects go
    through as they are.

    Examples
    --------
    >>> @tell_library_errors
    ... def total(orders):
    ...     return orders["amount"].astype(float).sum()
    >>> import pandas as pd
    >>> total(pd.DataFrame({"amount": ["x"]}))
    Traceback (most recent call last):
    ValueError: `orders` cannot be computed by pandas: could not convert string to float: 'x'. Check the types ...
    """
    signature = inspect.signature(function)
    names = [name for name in signature.parameters if name not in ("self", "cls")]
    argument = "raw" if "raw" in names else names[0] if names else "table"

    @wraps(function)
    def told(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        try:
            return function(*args, **kwargs)
        except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, OSError):
            raise
        except BaseException as error:  # a panic of Polars is no Exception
            library = "duckdb" if is_busy(error) else library_of(error)
            if library is None:
                raise
            given = [name for name, value in signature.bind(*args, **kwargs).arguments.items() if _is_table(value)]
            at_fault = _argument_at_fault(error, given) or f"`{argument}`"
            if is_busy(error):
                raise ValueError(f"{at_fault}: {BUSY}") from error
            raise ValueError(
                f"{at_fault} cannot be computed by {library}: {_first_line(error)}. Check the types of its columns, "
                "or map it once with the reader of its table in ecommine.schema"
            ) from error

    return told


def _is_table(value: object) -> bool:
    import narwhals.stable.v2 as nw

    try:
        return isinstance(nw.from_native(value, pass_through=True), (nw.DataFrame, nw.LazyFrame))
    except Exception:  # a table so odd that narwhals refuses it
        return True


def _argument_at_fault(error: BaseException, tables: Collection[str]) -> str:
    """Return the table that was being read as an error was raised, or all of them; "" of none.

    What reads a table has its name in a local variable `argument` or `table`.
    """
    if len(tables) > 1:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]  # the first is the wrapper's own
        for frame in reversed([frame for frame in frames if _PACKAGE in Path(frame.f_code.co_filename).parents]):
            for name in ("argument", "table"):
                value = frame.f_locals.get(name)
                if isinstance(value, str) and value in tables:
                    return f"`{value}`"
    return " or ".join(f"`{name}`" for name in tables)


def library_of(error: BaseException) -> str | None:
    """Return the table library that an error comes from, None for any other.

    Examples
    --------
    >>> library_of(ValueError("mine")) is None
    True
    """
    kind = type(error).__module__.lstrip("_").partition(".")[0]
    if kind in LIBRARIES:
        return kind
    if kind == "pyo3_runtime":
        return "polars"
    if not isinstance(error, _PLAIN_ERRORS):
        return None
    frames = traceback.extract_tb(error.__traceback__)
    return _library_of_file(frames[-1].filename, [frame.filename for frame in frames]) if frames else None


def _library_of_file(file: str, callers: Iterable[str]) -> str | None:
    """Return the library of the file where an error was raised; a compiled file is of the nearest one around it."""
    path = Path(file)
    parts = set(path.parts) & set(LIBRARIES)
    if "site-packages" in path.parts and parts:
        return next(name for name in path.parts if name in parts)
    if path.suffix in _FILES_OF_NO_FOLDER:
        near = [name for caller in callers for name in Path(caller).parts if name in LIBRARIES]
        return near[-1] if near else "pyarrow" if path.suffix == ".pxi" else "pandas"
    return None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_MAX_SHOWN].rstrip(".")


def visible_level(stacklevel: int) -> int:
    """Return the level for :func:`warnings.warn` of the frame so far above the caller, wrappers of calls not counted.

    Examples
    --------
    >>> visible_level(1)
    1
    """
    frame: FrameType | None = sys._getframe(1)
    level = 0
    while frame is not None and stacklevel:
        level += 1
        stacklevel -= frame.f_code.co_filename != __file__
        frame = frame.f_back
    return level
