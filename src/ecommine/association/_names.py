"""Small tables of products, and products as text, with their names."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.frames import Frame, build, collect, opened

SEPARATOR = " + "


def typed(columns: Mapping[str, Any], samples: Mapping[str, Any], like: Frame) -> Any:
    """Build a small table in the caller's library; an empty one has the types of the samples of ids, lists, texts."""
    if len(next(iter(columns.values()))):
        return _with_nulls(build(columns, like=like)).to_native()
    # Of an empty column only this tells the type: one row is made, and left out again.
    one = {
        name: [samples[name]] if name in samples else np.zeros(1, np.asarray(values).dtype)
        for name, values in columns.items()
    }
    return build(one, like=like).head(0).to_native()


def _with_nulls(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Make unknown numbers null where that is not NaN: in Polars NaN is above every number."""
    if frame.implementation.is_pandas_like():
        return frame
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in floats)


def named(names: object) -> Mapping[Any, str]:
    """Read names of products: a table with product_id and title, or a mapping; titles of several get their ids."""
    if names is None:
        return {}
    if isinstance(names, Mapping):
        return names
    frame = opened(names, argument="names")
    absent = [name for name in ("product_id", "title") if name not in frame.collect_schema().names()]
    if absent:
        raise ValueError(f"`names` must have the columns product_id and title, `{absent[0]}` is missing")
    rows = collect(frame.select("product_id", "title").filter(~nw.col("title").is_null()))
    titles = dict(zip(rows["product_id"].to_list(), map(str, rows["title"].to_list()), strict=True))
    shared = Counter(titles.values())
    return {one: title if shared[title] == 1 else f"{title} ({one})" for one, title in titles.items()}


def as_text(products: Any, names: Mapping[Any, str]) -> str:
    """Write one product, or a list of them, as text."""
    if isinstance(products, (list, tuple, np.ndarray)):  # a list that was in a Parquet file comes back as an array
        return joined(products, names)
    return str(names.get(products, products))


def joined(products: Iterable[Any], names: Mapping[Any, str]) -> str:
    """Write products as one text."""
    return SEPARATOR.join(str(names.get(one, one)) for one in products)
