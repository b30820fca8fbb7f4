"""Names of products, and lists of products as text."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from .._core.frames import build, collect, opened

SEPARATOR = " + "


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


def flat(table: Any, column: str, names: Mapping[Any, str]) -> Any:
    """Write a column of lists as text, product by product."""
    frame = opened(table, argument="table")
    assert isinstance(frame, nw.DataFrame)
    if not len(frame):
        return frame.with_columns(nw.lit("").alias(column)).to_native()
    texts = [SEPARATOR.join(str(names.get(one, one)) for one in products) for products in frame[column].to_list()]
    made = build({"text": texts}, like=frame)
    return frame.with_columns(made["text"].alias(column)).to_native()
