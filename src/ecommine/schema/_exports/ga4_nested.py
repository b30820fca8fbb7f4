"""The nested columns of GA4: parameters by key and items as rows, one branch a library, since narwhals has neither."""

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import Frame, wrap
from ..._core.optional import require
from .._convert.formats import quote_text
from .._model.errors import SchemaError

_VALUES = ("string_value", "int_value", "double_value", "float_value")


def in_arrow(frame: Frame, names: Sequence[str]) -> Frame:
    """Take the named columns, without dots; of a pandas table with a nested one as an Arrow table, which knows them."""
    frame = _without_dots(frame).select(*map(plain, names))
    if not frame.implementation.is_pandas():
        return frame
    table = frame.to_native()
    if not any(_is_nested(table[name]) for name in table):
        return frame
    pa = require("pyarrow", extra="duckdb")
    return wrap(pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None))


def plain(path: str) -> str:
    """Write ``device.category`` without its dot, which Spark takes for a field of a struct."""
    return path.replace(".", "__")


def _without_dots(frame: Frame) -> Frame:
    names = frame.collect_schema().names()
    dotted = {name: plain(name) for name in names if "." in name}
    if dotted and (frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect()):
        return wrap(frame.to_native().toDF(*map(plain, names)))
    if dotted and frame.implementation.is_duckdb():
        return wrap(frame.to_native().project(", ".join(f'"{name}" AS "{plain(name)}"' for name in names)))
    return frame.rename(dotted) if dotted else frame


def _is_nested(column: Any) -> bool:
    if column.dtype == object:
        return bool(column.map(lambda value: isinstance(value, dict | list | np.ndarray)).any())
    return str(column.dtype).startswith(("list", "large_list", "struct"))


def as_before(frame: Frame, like: Frame) -> Frame:
    """Turn an Arrow table made by `in_arrow` back into pandas, with the kind of types that it came with."""
    if not like.implementation.is_pandas() or frame.implementation.is_pandas():
        return frame
    import pandas as pd

    arrow = any(isinstance(dtype, pd.ArrowDtype) for dtype in like.to_native().dtypes)
    return wrap(frame.to_native().to_pandas(types_mapper=pd.ArrowDtype if arrow else None))


def field(frame: Frame, path: str) -> nw.Expr | None:
    """Find ``device.category`` as a column (its name without the dot) or as a field of a struct, else give None."""
    types = frame.collect_schema()
    if plain(path) in types:
        return nw.col(plain(path))
    name, _, inner = path.partition(".")
    dtype = types.get(name)
    if isinstance(dtype, nw.Struct) and inner in {field_of.name for field_of in dtype.fields}:
        return nw.col(name).struct.field(inner)
    return None


def with_parameter(frame: Frame, key: str, name: str) -> Frame:
    """Add the event parameter of that key as text, null where an event has none."""
    fields = _fields(frame)
    kind = frame.implementation
    if kind.is_polars():
        return wrap(frame.to_native().with_columns(_polars(key, fields).alias(name)))
    if kind.is_pyarrow():
        table = frame.to_native()
        return wrap(table.append_column(name, _arrow(table["event_params"], key, fields)))
    if kind.is_duckdb():
        value = f"[p.value for p in event_params if p.key = {quote_text(key)}][1]"
        return wrap(frame.to_native().project(f"*, {_sql(value, fields, 'VARCHAR')} AS {name}"))
    from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

    value = f"get(filter(event_params, p -> p.key = {quote_text(key)}), 0).value"
    return wrap(frame.to_native().withColumn(name, F.expr(_sql(value, fields, "STRING"))))


def _fields(frame: Frame) -> list[str]:
    """Return the kinds of values that parameters have in this file; raise where they cannot be read."""
    dtype = frame.collect_schema()["event_params"]
    if isinstance(dtype, nw.List) and isinstance(dtype.inner, nw.Struct):
        value = {item.name: item.dtype for item in dtype.inner.fields}.get("value")
        if isinstance(value, nw.Struct):
            names = {item.name for item in value.fields}
            return [name for name in _VALUES if name in names]
    words = (
        f"`event_params` holds {dtype}, not a list of key and value: export to Parquet or JSON, since CSV cannot nest"
    )
    raise SchemaError("GA4", [words])


def _sql(value: str, fields: Sequence[str], text: str) -> str:
    return f"coalesce({', '.join(f'CAST(({value}).{name} AS {text})' for name in fields)}, NULL)"


def _polars(key: str, fields: Sequence[str]) -> Any:
    import polars as pl

    of_key = pl.element().filter(pl.element().struct.field("key") == key).struct.field("value")
    value = pl.col("event_params").list.eval(of_key).list.first()
    return pl.coalesce([value.struct.field(name).cast(pl.String) for name in fields])


def _arrow(params: Any, key: str, fields: Sequence[str]) -> Any:
    import pyarrow as pa

    pc: Any = require("pyarrow.compute", extra="duckdb")  # its functions are made when it is loaded
    lists = params.combine_chunks()
    owner, flat = pc.list_parent_indices(lists).to_numpy(), pc.list_flatten(lists)
    value = pc.struct_field(flat, "value")
    texts = pc.coalesce(*[_arrow_text(pc.struct_field(value, name), name) for name in fields])
    index = np.flatnonzero(
        pc.fill_null(pc.equal(pc.struct_field(flat, "key"), key), False).to_numpy(zero_copy_only=False)
    )
    position = np.full(len(lists), -1)
    position[owner[index[::-1]]] = index[::-1]  # of a key given twice the first counts, as in the other libraries
    return texts.take(pa.array(position, mask=position < 0))


def _arrow_text(values: Any, name: str) -> Any:
    import pyarrow as pa

    if name == "int_value" and pa.types.is_floating(
        values.type
    ):  # which is how pandas reads integers beside missing ones
        values = values.cast(pa.int64())
    return values.cast(pa.string())


def exploded(frame: Frame, name: str) -> Frame:
    """Return one row per element of a list, none where the list is empty or missing."""
    if not frame.implementation.is_pyarrow():
        return frame.explode(name).filter(~nw.col(name).is_null())
    pc: Any = require("pyarrow.compute", extra="duckdb")
    table = frame.to_native()
    lists = table[name].combine_chunks()
    rows = table.drop_columns([name]).take(pc.list_parent_indices(lists))
    return wrap(rows.append_column(name, pc.list_flatten(lists)))
