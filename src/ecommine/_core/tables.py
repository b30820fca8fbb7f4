"""Small tables of results in the caller's library, and products in them as text with their names."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .frames import Frame, build, collect, opened
from .notes import Note

SEPARATOR = " + "
"""Between the products of a list that is written as text."""


def build_table(
    columns: Mapping[str, Any],
    *,
    like: Frame,
    samples: Mapping[str, Any] = MappingProxyType({}),
    keys: Collection[str] = (),
) -> Any:
    """Return a small eager table in the caller's library, with NaN as null where the library knows nulls.

    A column keeps its type where it is empty or holds no value. Whole numbers stay whole, and true and false stay so,
    where some are missing.

    Parameters
    ----------
    columns : mapping of name to list, array or Arrow array, all of one length
        None is a missing value, and so is NaN.
    like : narwhals frame
        In whose library: pandas, Polars and PyArrow stay as they are; of lazy tables Polars stays, others give pandas.
    samples : mapping of name to value
        A value of the type of a list, an array of objects or an Arrow array, for when it holds none; text by default.
    keys : names
        Of columns that hold values of the caller's column of the name, such as groups; those of ids need not be named.
        In PyArrow they have the very type of that column, so that they can be joined.

    Returns
    -------
    table of the caller's library

    Examples
    --------
    >>> like = nw.from_native(pd.DataFrame())
    >>> build_table({"customer_id": [9007199254740993, None], "share": [0.5, 0.5]}, like=like)
            customer_id  share
    0  9007199254740993    0.5
    1              <NA>    0.5
    >>> build_table({"n_orders": [None]}, like=like, samples={"n_orders": 0}).dtypes.to_dict()
    {'n_orders': Int64Dtype()}
    """
    n = len(next(iter(columns.values())))
    known = {name: _plain(values) for name, values in columns.items()}
    if any(_is_blank(values) for values in known.values()):  # one row more gives the types, and is left out again
        known = {name: _with_one_more(values, samples.get(name, "")) for name, values in known.items()}
    table = build({name: _exact(values, like) for name, values in known.items()}, like=like, keys=keys)
    return nan_as_null(table if len(table) == n else table.head(n)).to_native()


def with_bounds(name: str, bounds: Iterable[Any]) -> dict[str, Any]:
    """Return the columns of an estimate, its low and its high.

    Examples
    --------
    >>> with_bounds("share", (0.5, 0.4, 0.6))
    {'share': 0.5, 'share_low': 0.4, 'share_high': 0.6}
    """
    return {f"{name}{ending}": values for ending, values in zip(("", "_low", "_high"), bounds, strict=True)}


def nan_as_null(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Return a frame with null for NaN, but in pandas, where they are one: in Polars NaN is above every number."""
    if frame.implementation.is_pandas_like():
        return frame
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in floats)


def product_names(names: object) -> Mapping[Any, str]:
    """Read names of products from a table with product_id and title, or a mapping; none from None.

    A title that several products share is followed by the id.

    Raises
    ------
    ValueError
        If a column of the table is missing.

    Examples
    --------
    >>> product_names(pd.DataFrame({"product_id": [1, 2, 3], "title": ["tea", "tea", None]}))
    {1: 'tea (1)', 2: 'tea (2)'}
    """
    if names is None:
        return {}
    if isinstance(names, Mapping):
        return _told_apart(dict(names))
    frame = opened(names, argument="names")
    absent = [name for name in ("product_id", "title") if name not in frame.collect_schema().names()]
    if absent:
        raise ValueError(f"`names` must have the columns product_id and title, `{absent[0]}` is missing")
    rows = collect(frame.select("product_id", "title").filter(~nw.col("title").is_null()))
    try:
        titles = dict(zip(rows["product_id"].to_list(), rows["title"].to_list(), strict=True))
    except TypeError:
        raise TypeError("`names` must have product_id as text or numbers, got what cannot be looked up") from None
    return _told_apart(titles)


def _told_apart(titles: Mapping[Any, Any]) -> Mapping[Any, str]:
    """Return titles as text, one that several products share with the id behind it."""
    shared = Counter(str(title) for title in titles.values())
    return {
        product: str(title) if shared[str(title)] == 1 else f"{title} ({product})" for product, title in titles.items()
    }


def join_products(products: Iterable[Any], names: Mapping[Any, str]) -> str:
    """Return several products as one text; a product without a name keeps its id.

    Examples
    --------
    >>> join_products([1, 2], {1: "tea"})
    'tea + 2'
    """
    return SEPARATOR.join(str(names.get(product, product)) for product in products)


def product_text(products: Any, names: Mapping[Any, str]) -> str:
    """Return one product, or a list of them, as text.

    Examples
    --------
    >>> product_text("a", {}), product_text(["a", "b"], {"a": "tea"})
    ('a', 'tea + b')
    """
    if isinstance(products, (list, tuple, np.ndarray)):  # a list that was in a Parquet file comes back as an array
        return join_products(products, names)
    return str(names.get(products, products))


def flatten_products(table: Any, columns: Sequence[str], names: Mapping[Any, str]) -> Any:
    """Return a table whose columns of products, or of lists of products, are text: for CSV files and spreadsheets.

    Examples
    --------
    >>> flatten_products(pd.DataFrame({"itemset": [["a"], ["a", "b"]], "count": [3, 2]}), ["itemset"], {"a": "tea"})
       itemset  count
    0      tea      3
    1  tea + b      2
    """
    frame = opened(table, argument="table")
    assert isinstance(frame, nw.DataFrame)
    texts = {name: [product_text(products, names) for products in frame[name].to_list()] for name in columns}
    made = nw.from_native(build_table(texts, like=frame.drop(*columns)), eager_only=True)
    return frame.with_columns(made[name].alias(name) for name in columns).to_native()


_PRODUCTS = (
    "product_id",
    "product_a",
    "product_b",
    "antecedent",
    "antecedents",
    "consequent",
    "consequents",
    "itemset",
    "recommended_id",
    "because_id",
)
"""Columns of results that hold products, or lists of them."""


def with_product_names(table: pd.DataFrame, names: Mapping[Any, str]) -> pd.DataFrame:
    """Return a table with the names of products in place of their ids, as it is where there are no names.

    Examples
    --------
    >>> with_product_names(pd.DataFrame({"product_id": [1, 2], "units": [5, 3]}), {1: "tea"})
      product_id  units
    0        tea      5
    1          2      3
    """
    columns = [name for name in _PRODUCTS if name in table.columns]
    if not names or not columns:
        return table
    texts = {name: [_named(value, names) for value in table[name]] for name in columns}
    return table.assign(**texts)


def unused_names(tables: Iterable[pd.DataFrame], names: Mapping[Any, str]) -> list[Note]:
    """Return a note where names are given and no product of the tables has one.

    Examples
    --------
    >>> table = pd.DataFrame({"product_id": [1, 2]})
    >>> [note.code for note in unused_names([table], {"1": "tea"})], unused_names([table], {1: "tea"})
    (['names_without_products'], [])
    """
    if not names:
        return []
    seen: list[Any] = []
    for column in (table[name] for table in tables for name in _PRODUCTS if name in table):
        for value in column:
            one = value if isinstance(value, (list, tuple, np.ndarray)) else [value]
            if any(product in names for product in one):
                return []
            seen += one[: 1 - len(seen)]
    example = f"the first is {seen[0]!r}, and `names` has {next(iter(names))!r}" if seen else "it has no products"
    text = f"none of {len(names):,} names is of a product of this result: {example}"
    return [Note(text, code="names_without_products", count=len(names))]


def _named(products: Any, names: Mapping[Any, str]) -> Any:
    return (
        products
        if not isinstance(products, (list, tuple, np.ndarray)) and pd.isna(products)
        else product_text(products, names)
    )


def _plain(values: Any) -> Any:
    """Return lists of numbers as arrays, and arrays of objects, but for lists, as lists."""
    if isinstance(values, list) and values and all(isinstance(value, (bool, int, float)) for value in values):
        numbers = np.asarray(values)
        return numbers if numbers.dtype.kind in "biuf" else values
    if isinstance(values, np.ndarray) and values.dtype.hasobject and len(values) and not isinstance(values[0], list):
        return values.tolist()
    return values


def _is_blank(values: Any) -> bool:
    """Return whether a column has no value to tell its type by."""
    return not len(values) or (isinstance(values, list) and all(value is None for value in values))


def _with_one_more(values: Any, sample: Any) -> Any:
    """Return a column with a value more, which is one of its own if it has any."""
    if isinstance(values, list):
        return [*values, next((value for value in values if value is not None), sample)]
    if len(values):
        return values.take(np.append(np.arange(len(values)), 0))
    has_type = isinstance(values, np.ndarray) and not values.dtype.hasobject
    return np.zeros(1, dtype=values.dtype) if has_type else [sample]


def _exact(values: Any, like: Frame) -> Any:
    """Keep whole numbers whole, and true and false, where some are missing: pandas would make floats and objects."""
    kinds = set(map(type, values)) if isinstance(values, list) else set()
    if type(None) not in kinds:
        return values
    kinds.remove(type(None))
    if kinds == {int, float}:
        return np.array(values, dtype=np.float64)
    if like.implementation.is_polars() or like.implementation.is_pyarrow() or kinds not in ({int}, {bool}):
        return values
    is_large = kinds == {int} and any(value is not None and value >= 2**63 for value in values)
    return pd.array(values, dtype="boolean" if kinds == {bool} else "UInt64" if is_large else "Int64")
