"""Outlier flags: against NumPy and a slow version, on every library; nothing is removed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, schema
from libraries import to_pandas
from notes import warning_counts

TABLE = pd.DataFrame(
    {
        "product_id": ["a"] * 6 + ["b"] * 6,
        "amount": [1.0, 2.0, 3.0, 4.0, 5.0, 40.0, 30.0, 40.0, 50.0, 40.0, 45.0, np.nan],
    }
)


def slow_fence(values: list[float], rule: str, limit: float) -> tuple[float, float]:
    known = np.array([value for value in values if value == value])
    if rule == "quartile_fence":
        low, high = np.percentile(known, [25, 75])
        return low - limit * (high - low), high + limit * (high - low)
    middle = np.median(known)
    reach = limit * 1.4826 * np.median(np.abs(known - middle))
    return middle - reach, middle + reach


@pytest.mark.parametrize("rule", ["quartile_fence", "robust_z"])
@pytest.mark.parametrize("by", [None, "product_id"])
def test_equals_the_slow_version(library, rule, by):
    flagged = to_pandas(schema.outliers(library(TABLE), rule=rule, by=by), sort=["product_id", "amount"])
    assert len(flagged) == len(TABLE)
    limit = 1.5 if rule == "quartile_fence" else 3.5
    for key, group in flagged.groupby(by) if by else [("all", flagged)]:
        low, high = slow_fence(group["amount"].tolist(), rule, limit)
        assert group["outlier_low"].tolist() == pytest.approx([low] * len(group)), key
        assert group["outlier_high"].tolist() == pytest.approx([high] * len(group)), key
        assert group["outlier"].tolist() == [bool(value < low or value > high) for value in group["amount"]]


@pytest.mark.call("schema.outliers")
def test_groups_are_judged_by_themselves(library):
    together = to_pandas(schema.outliers(library(TABLE)))
    apart = to_pandas(schema.outliers(library(TABLE), by="product_id"))
    assert together["outlier"].sum() == 0
    assert sorted(apart["amount"][apart["outlier"]]) == [30.0, 40.0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 5))
def test_a_wider_limit_flags_no_more(values, limit):
    table = pd.DataFrame({"amount": values})
    narrow = schema.outliers(table, limit=limit)["outlier"]
    wide = schema.outliers(table, limit=limit + 1)["outlier"]
    assert not (wide & ~narrow).any()


def test_edges(library):
    empty = to_pandas(schema.outliers(library(TABLE[:0])))
    assert len(empty) == 0
    one = to_pandas(schema.outliers(library(TABLE[:1])))
    assert one["outlier"].tolist() == [False]


def test_errors_name_the_way_out():
    with pytest.raises(SchemaError, match=r"`column='price'`.*product_id, amount"):
        schema.outliers(TABLE, column="price")
    with pytest.raises(SchemaError, match="`product_id` holds String"):
        schema.outliers(TABLE, column="product_id")
    with pytest.raises(ValueError, match="`limit` must be at least 0, got -1"):
        schema.outliers(TABLE, limit=-1)
    with pytest.raises(ValueError, match="`rule` must be one of"):
        schema.outliers(TABLE, rule="three sigma")  # type: ignore[arg-type]


def test_rows_without_a_group_are_told_and_large_ids_stay_apart(library):
    big = 2**60
    group = pd.array([big + 1] * 5 + [big + 2] * 5 + [None], dtype="Int64")
    amounts = [1.0, 1.1, 1.2, 1.3, 1000.0, 1000.0, 1001.0, 1002.0, 1003.0, 1004.0, 5.0]
    table = library(pd.DataFrame({"group": group, "amount": amounts}))
    result, found = warning_counts(schema.outliers, table, by="group")
    flagged = to_pandas(result)
    assert found == {"rows_without_group": 1}
    assert list(flagged["amount"][flagged["outlier"]]) == [1000.0]


def test_rows_stay_in_their_order(library):
    if library.lazy:
        pytest.skip("a lazy table has no order of rows")
    mixed = TABLE.iloc[[7, 0, 11, 3, 9, 1]].reset_index(drop=True)
    flagged = to_pandas(schema.outliers(library(mixed), by="product_id"))
    assert flagged["product_id"].tolist() == mixed["product_id"].tolist()


def test_nan_is_a_missing_value():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    flagged = schema.outliers(pl.DataFrame({"amount": [1.0, 2.0, 3.0, float("nan")]}))
    assert flagged["outlier"].to_list() == [False] * 4


def test_a_second_look_is_refused_rather_than_mixed_with_the_first():
    with pytest.raises(SchemaError, match="'outlier_low'"):
        schema.outliers(schema.outliers(TABLE), limit=10)
    with pytest.raises(SchemaError, match="`by` and `column` are both"):
        schema.outliers(TABLE, by="amount")
    with pytest.raises(SchemaError, match="`day` holds"):
        schema.outliers(TABLE.assign(day=pd.Timestamp("2024-05-01")), by="day")


SIGNED = [-50.0, -40.0, -30.0, -20.0, -10.0, -0.0, 0.0, 10.0, 20.0, 30.0, 500.0]


@pytest.mark.parametrize("dtype", ["float[pyarrow]", "double[pyarrow]", "int64[pyarrow]", "Float64", "Int32"])
@pytest.mark.parametrize("rule", ["quartile_fence", "robust_z"])
def test_the_sign_of_a_value_makes_no_group(dtype, rule):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    flagged = schema.outliers(pd.DataFrame({"amount": pd.Series(SIGNED).astype(dtype)}), rule=rule)
    low, high = slow_fence(SIGNED, rule, {"quartile_fence": 1.5, "robust_z": 3.5}[rule])
    assert flagged["outlier_low"].astype(float).tolist() == pytest.approx([low] * len(SIGNED))
    assert flagged["outlier_high"].astype(float).tolist() == pytest.approx([high] * len(SIGNED))


def test_groups_of_both_zeros_are_one(library):
    frame = pd.DataFrame({"size": [0.0, -0.0] * 4, "amount": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 90.0]})
    flagged = to_pandas(schema.outliers(library(frame), by="size"), sort=["amount"])
    low, high = slow_fence(frame["amount"].tolist(), "quartile_fence", 1.5)
    assert flagged["outlier_low"].tolist() == pytest.approx([low] * 8)
    assert flagged["outlier"].tolist() == [False] * 7 + [True]
    assert high < 90


def test_both_zeros_are_one_group_in_arrow_types_of_pandas():
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    frame = pd.DataFrame({"size": [0.0, -0.0] * 4, "amount": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 90.0]})
    flagged = schema.outliers(frame.astype("double[pyarrow]"), by="size")
    assert flagged["outlier"].tolist() == [False] * 7 + [True]
