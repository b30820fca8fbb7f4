"""Codes of ids: pandas' own in order of appearance, numpy.unique's in the order of ids, whatever the library."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine._core import codes, threads
from ecommine._core.codes import factorize, factorize_sorted, has_arrow_memory, order_of_labels, whole_ids
from ecommine._core.frames import collect, opened

TEXTS = st.lists(st.none() | st.sampled_from(["b", "a", "茶", "", "A"]), min_size=1, max_size=30)
BIG = 1 << 62


def column(library, values):
    frame = pd.DataFrame({"row": range(len(values)), "id": values})
    return collect(opened(library(frame), argument="orders")).sort("row")["id"]


@given(TEXTS)
def test_texts_are_numbered_as_pandas_numbers_them(local_library, values):
    if all(value is None for value in values):
        values = [*values, "a"]
    ids = column(local_library, np.array(values, dtype=object))
    expected, labels = pd.factorize(np.array(values, dtype=object))
    found, known = factorize(ids)
    assert found.tolist() == expected.tolist()
    assert known.tolist() == labels.tolist()
    distinct = sorted({value for value in values if value is not None})
    found, known = factorize_sorted(ids)
    assert found.tolist() == [-1 if value is None else distinct.index(value) for value in values]
    assert (known.tolist(), found.dtype) == (distinct, np.int64)


@pytest.mark.parametrize(
    "values",
    [[3, 1, 3, 2], [1, 1, 2, 9], [7], [BIG, -BIG, BIG, 0], [100_000, 0, 5, 100_000], [-5, -7, -5],
     [2**40, 2**40 + 1, 2**40]],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_whole_numbers_are_those_of_unique(library, values, dtype):
    ids = column(library, np.array(values, dtype=np.int64))
    labels, inverse = np.unique(values, return_inverse=True)
    found, known = factorize_sorted(ids, dtype=dtype)
    assert found.tolist() == inverse.tolist()
    assert (known.tolist(), known.dtype, found.dtype) == (labels.tolist(), np.int64, dtype)
    assert factorize(ids)[1].tolist() == list(dict.fromkeys(values))


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.uint64])
def test_labels_have_the_type_of_the_ids(kind):
    for values in ([100, 1, 100], [1, 2, 2]):
        ids = nw.from_native(pd.Series(np.array(values, dtype=kind)), series_only=True)
        found, labels = factorize_sorted(ids)
        assert labels[found].tolist() == values
        assert labels.dtype == kind


def test_the_largest_whole_numbers():
    values = np.array([2**64 - 1, 2**63, 2**64 - 1], dtype=np.uint64)
    found, labels = factorize_sorted(nw.from_native(pd.Series(values), series_only=True))
    assert (found.tolist(), labels.tolist()) == ([1, 0, 1], [2**63, 2**64 - 1])
    assert whole_ids(labels).tolist() == labels.tolist()


def test_whole_numbers_beside_a_missing_one(library):
    ids = column(library, pd.array([3, None, 1, 3], dtype="Int64"))
    found, labels = factorize_sorted(ids)
    assert found.tolist() == [1, -1, 0, 1]
    assert whole_ids(labels).tolist() == [1, 3]


@pytest.mark.parametrize(("kind", "whole"), [("float64", "int64"), ("int32", "int64"), ("object", "object")])
def test_whole_ids(kind, whole):
    assert whole_ids(np.array([1, 2], dtype=kind)).dtype == whole


def test_an_order_that_is_given(library):
    ids = column(library, np.array(["low", "high", None, "mid"], dtype=object))
    found, labels = factorize_sorted(ids, order=["low", "mid", "high"])
    assert found.tolist() == [0, 2, -1, 1]
    assert labels.tolist() == ["low", "mid", "high"]


def test_categories_that_no_row_has_are_no_labels():
    category = pd.Series(["b", "a", None], dtype=pd.CategoricalDtype(["z", "b", "a"]))
    assert factorize_sorted(nw.from_native(category, series_only=True))[1].tolist() == ["a", "b"]
    pl = pytest.importorskip("polars", reason="polars is not installed")
    for kind in (pl.Enum(["z", "b", "a"]), pl.Categorical):
        found, labels = factorize_sorted(nw.from_native(pl.Series(["b", "a", None], dtype=kind), series_only=True))
        assert (found.tolist(), labels.tolist()) == ([1, 0, -1], ["a", "b"])


def test_a_column_of_nothing():
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    ids = nw.from_native(pa.chunked_array([pa.nulls(3)]), series_only=True)
    found, labels = factorize_sorted(ids)
    assert (found.tolist(), labels.tolist()) == ([-1, -1, -1], [])


def test_the_cores_number_alike(monkeypatch):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    values = np.random.default_rng(0).choice(["a", "b", "c", None], 1_000)
    ids = nw.from_native(pa.chunked_array([pa.array(values[:300].tolist()), pa.array(values[300:].tolist())]), series_only=True)  # fmt: skip  # noqa: E501
    alone = factorize(ids)
    monkeypatch.setattr(codes, "equal_shares", lambda n: [(0, 10), (10, 10), (10, 700), (700, n)])
    monkeypatch.setattr(threads, "core_count", lambda: 3)
    together = factorize(ids)
    assert [part.tolist() for part in alone] == [part.tolist() for part in together]


def test_ids_of_mixed_types_are_refused():
    ids = nw.from_native(pd.Series(["a", 1, "b"], dtype=object), series_only=True)
    with pytest.raises(TypeError, match=r"^`product_id` of mixed types, such as 'a' and 1: make them text$"):
        factorize_sorted(ids, argument="`product_id`")
    with pytest.raises(TypeError, match="of mixed types"):
        order_of_labels(np.array([1, "a"], dtype=object))


def test_arrow_memory_is_seen():
    assert not has_arrow_memory(nw.from_native(pd.Series([1, 2]), series_only=True))
    pl = pytest.importorskip("polars", reason="polars is not installed")
    assert has_arrow_memory(nw.from_native(pl.Series(["a"]), series_only=True))
