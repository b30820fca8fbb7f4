"""Outlier flags: against NumPy and a slow version, on every library; nothing is removed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, schema
from libraries import to_pandas

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
    with pytest.raises(SchemaError, match="`column='price'` is no column of the table: it has product_id, amount"):
        schema.outliers(TABLE, column="price")
    with pytest.raises(SchemaError, match="`product_id` holds String, not numbers"):
        schema.outliers(TABLE, column="product_id")
    with pytest.raises(ValueError, match="`limit` must be at least 0, got -1"):
        schema.outliers(TABLE, limit=-1)
    with pytest.raises(ValueError, match="`rule` must be one of"):
        schema.outliers(TABLE, rule="three sigma")  # type: ignore[arg-type]
