"""Small tables: one type per column in every library, whatever is missing; products as text."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from ecommine._core.frames import collect, opened
from ecommine._core.tables import (
    build_table,
    flatten_products,
    join_products,
    nan_as_null,
    product_names,
    product_text,
)

BIG = 9_007_199_254_740_993  # no float holds it
COLUMNS = {
    "id": [BIG, None, 3],
    "whole": [1, 2, 3],
    "share": [0.5, None, 1.0],
    "array": np.array([0.5, np.nan, 1.0]),
    "mixed": [None, 1, 2.5],
    "flag": [True, None, False],
    "text": ["茶", None, "b"],
    "object": np.array(["茶", None, "b"], dtype=object),
    "at": [None, datetime(2024, 5, 1), None],
    "list": [["a"], ["a", "b"], ["b"]],
}
SAMPLES = {"id": 0, "share": 0.0, "mixed": 0.0, "flag": False, "at": datetime(1970, 1, 1), "list": ["a"]}


@pytest.fixture
def like(library):
    return opened(library(pd.DataFrame({"order_id": [1]})), argument="orders")


def kinds_of(table):
    schema = opened(table, argument="table").collect_schema()
    kinds = {name: dtype.__class__.__name__ for name, dtype in schema.items()}
    return {name: {"Object": "List"}.get(kind, kind) for name, kind in kinds.items()}


EXPECTED = {
    "id": "Int64", "whole": "Int64", "share": "Float64", "array": "Float64", "mixed": "Float64", "flag": "Boolean",
    "text": "String", "object": "String", "at": "Datetime", "list": "List",
}  # fmt: skip


def test_values_come_back_with_their_types(like):
    table = build_table(COLUMNS, like=like)
    back = opened(table, argument="table").to_dict(as_series=False)
    missing = {name: [value is None or value != value or value is pd.NaT for value in of] for name, of in back.items()}
    assert back["id"][0] == BIG
    assert back["id"][2] == 3
    assert back["list"] == COLUMNS["list"]
    for name in ("id", "share", "array", "flag", "text", "object"):
        assert missing[name] == [False, True, False] or back[name][1] is pd.NA
    assert missing["at"] == [True, False, True]
    kinds = kinds_of(table)
    assert kinds["text"] in ("String", "Object", "List")  # pandas 2 has objects
    assert {name: kind for name, kind in kinds.items() if name not in ("text", "object")} == {
        name: kind for name, kind in EXPECTED.items() if name not in ("text", "object")
    }


@pytest.mark.parametrize("n", [0, 2])
def test_columns_without_a_value_keep_their_types(like, n):
    blank = {name: [None] * n for name in COLUMNS if name not in ("whole", "array", "list")}
    numbers = {"whole": np.zeros(n, dtype=np.int64), "array": np.full(n, np.nan)}
    table = build_table({**blank, **numbers, "list": [["a"]] * n}, like=like, samples=SAMPLES)
    assert len(opened(table, argument="table")) == n
    kinds, expected = kinds_of(table), kinds_of(build_table(COLUMNS, like=like))
    if n == 0 and opened(table, argument="table").implementation.is_pandas():
        expected["list"] = kinds["list"]  # objects, of which none tells what they are
    assert {name: kinds[name] for name in COLUMNS} == expected


def test_unknown_numbers_are_null_where_there_are_nulls(like):
    table = opened(build_table({"share": np.array([np.nan, 0.5])}, like=like), argument="table")
    assert table["share"].null_count() == 1
    assert collect(nan_as_null(table))["share"].to_list()[1] == 0.5


def test_arrow_lists_of_no_row_have_the_type_of_the_sample():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    like = opened(pl.DataFrame({"order_id": [1]}), argument="orders")
    lists = pa.array([["a"], ["b"]])
    for column, n in ((lists[:0], 0), (lists, 2)):
        columns = {"itemset": column, "status": [None] * n}
        table = build_table(columns, like=like, samples={"itemset": ["a"]})
        assert table.schema == {"itemset": pl.List(pl.String), "status": pl.String}
        assert table["itemset"].to_list() == column.to_pylist()


def test_unsigned_ids_stay_whole():
    like = opened(pd.DataFrame({"order_id": [1]}), argument="orders")
    table = build_table({"id": [2**63 + 1, None]}, like=like)
    assert table["id"].tolist()[0] == 2**63 + 1


def test_names_come_from_a_table_or_a_mapping(library):
    titles = pd.DataFrame({"product_id": ["a", "b", "c", "d"], "title": ["tea", "jam", "tea", None]})
    assert product_names(library(titles)) == {"a": "tea (a)", "b": "jam", "c": "tea (c)"}
    assert product_names({"a": "tea"}) == {"a": "tea"}
    assert product_names(None) == {}
    with pytest.raises(ValueError, match=r"`names` must have the columns product_id and title, `title` is missing"):
        product_names(library(titles[["product_id"]]))


@pytest.mark.parametrize("products", [["a", 2], ("a", 2), np.array(["a", 2], dtype=object)])
def test_lists_of_products_are_one_text(products):
    assert product_text(products, {"a": "tea"}) == join_products(products, {"a": "tea"}) == "tea + 2"


@pytest.mark.parametrize("rows", [0, 2])
def test_a_flat_table_has_text_for_lists(local_library, rows):
    columns = {"left": [["a"], ["a", "b"]][:rows], "right": [1, 2][:rows], "count": np.array([3, 4])[:rows]}
    like = opened(local_library(pd.DataFrame({"order_id": [1]})), argument="orders")
    table = build_table(columns, like=like, samples={"left": ["a"], "right": 0})
    flat = opened(flatten_products(table, ["left", "right"], {"a": "tea", 1: "jam"}), argument="table")
    assert flat.columns == ["left", "right", "count"]
    assert flat["left"].to_list() == ["tea", "tea + b"][:rows]
    assert flat["right"].to_list() == ["jam", "2"][:rows]
    assert flat["count"].to_list() == [3, 4][:rows]
    assert flat.schema["left"] == flat.schema["right"]
    assert flat.implementation.is_pandas() or str(flat.schema["left"]) == "String"


def test_names_that_are_shared_are_told_apart_in_mappings_too():
    assert product_names({1: "tea", 2: "tea", 3: "jam"}) == {1: "tea (1)", 2: "tea (2)", 3: "jam"}
