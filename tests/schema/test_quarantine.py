"""Quarantine: every row is in one of two tables, and each rejected one with all its reasons."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, schema
from libraries import to_pandas
from notes import warning_counts
from raw_orders import orders, texts
from schema_slow import reasons
from strategies import broken


def split(native, name, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", schema.DataWarning)
        return schema.quarantine(name, native, **how)


def as_held(library, frame, held):
    """Know that pandas' own conversion to nullable types makes whole floats whole numbers."""
    if library.name not in ("pandas-nullable", "pandas-pyarrow"):
        return held
    return {name: "whole" if how == "float" and all_whole(frame[name]) else how for name, how in held.items()}


def all_whole(column):
    known = column.dropna()
    return bool(np.isfinite(known).all() and (known == known.astype("int64")).all())


@pytest.mark.parametrize("name", schema.TABLES)
@settings(max_examples=8)
@given(data=st.data())
def test_rows_and_reasons_agree_with_the_slow_version(local_library, name, data):
    frame, held = data.draw(broken(name))
    held = as_held(local_library, frame, held)
    expected = {i: found for i, found in enumerate(reasons(name, frame, held)) if found}
    native = local_library(frame)
    out = split(native, name)
    assert type(out.valid) is type(out.rejected) is type(native)
    valid, rejected = to_pandas(out.valid), to_pandas(out.rejected, sort=["row"])
    assert sorted([*valid["row"], *rejected["row"]]) == frame["row"].tolist()
    found = {row: set(text.split("; ")) for row, text in zip(rejected["row"], rejected["reason"], strict=True)}
    assert found == expected


@pytest.mark.call("schema.quarantine")
def test_rejected_rows_are_as_they_came(library):
    frame = orders(amount=texts("9.5", "n/a", "3"), note=texts("x", "很", None)).rename(columns={"amount": "Total"})
    out = split(library(frame), "orders", amount="Total")
    rejected = to_pandas(out.rejected)
    assert list(rejected.columns) == ["order_id", "customer_id", "ordered_at", "Total", "note", "reason"]
    assert rejected["Total"].tolist() == ["n/a"]
    assert rejected["note"].tolist() == ["很"]
    valid = to_pandas(out.valid)
    assert list(valid.columns) == ["order_id", "customer_id", "ordered_at", "amount", "note"]
    assert valid["amount"].tolist() == [9.5, 3.0]


def test_valid_rows_pass_the_reader(library):
    frame = orders(amount=[np.inf, 1.0, 2.0], order_id=texts("a", "", "c"))
    out = split(library(frame), "orders")
    assert to_pandas(schema.orders(out.valid))["amount"].tolist() == [2.0]


def test_rejected_rows_say_every_reason_in_the_order_of_the_columns(library):
    frame = orders(amount=[np.inf, 1.0, 2.0], order_id=texts("", "b", "c"), line_type=texts("x", None, "gift"))
    (reason,) = to_pandas(split(library(frame), "orders").rejected)["reason"]
    line_types = ", ".join(schema.TABLES["orders"].column("line_type").choices)
    assert reason == f"order_id is empty text; amount is infinite; line_type is none of {line_types}"


def test_an_empty_table_is_two_empty_tables(library):
    out = split(library(orders().iloc[:0]), "orders")
    assert len(to_pandas(out.valid)) == len(to_pandas(out.rejected)) == 0


def test_a_column_called_reason_is_asked_to_be_renamed(library):
    with pytest.raises(SchemaError, match="'reason'"):
        split(library(orders(reason=texts("a", "b", "c"))), "orders")
    assert "reason" in to_pandas(schema.orders(library(orders(reason=texts("a", "b", "c")))))


def test_names_of_tables_and_columns_are_checked():
    with pytest.raises(ValueError, match=r"`table` must be one of 'orders', 'baskets', 'events', .*, got 'order'"):
        split(orders(), "order")
    with pytest.raises(TypeError, match=r"`custmer_id`.*order_id, customer_id"):
        split(orders(), "orders", custmer_id="x")


def test_what_was_assumed_is_said():
    frame = orders(order_id=texts("a", 2, 3))
    _, found = warning_counts(schema.quarantine, "orders", frame)
    assert found == {"mixed_ids_read_as_text": None}


def test_copies_are_rejected_where_rows_have_numbers(library):
    frame = (
        orders(order_id=texts("a", "b", "c"), note=texts("x", None, "y"))
        .iloc[[0, 1, 0, 2, 1, 1]]
        .reset_index(drop=True)
    )
    if library.lazy:
        with pytest.raises(TypeError, match=r"`duplicates='drop'`.*schema.orders\(split.valid"):
            split(library(frame), "orders", duplicates="drop")
        return
    out = split(library(frame), "orders", duplicates="drop")
    assert to_pandas(out.valid)["order_id"].tolist() == ["a", "b", "c"]
    assert to_pandas(out.rejected)["order_id"].tolist() == ["a", "b", "b"]
    assert to_pandas(out.rejected)["reason"].tolist() == ["is an exact copy of another row"] * 3


def test_copies_of_a_thing_do_not_reject_it(library):
    frame = orders(order_id=texts("a", "b", "a")).iloc[[0, 1, 0]].reset_index(drop=True)
    if not library.lazy:
        products = frame.rename(columns={"order_id": "product_id"})
        out = split(library(products), "products", duplicates="drop")
        assert to_pandas(out.valid)["product_id"].tolist() == ["a", "b"]


def test_check_is_no_option():
    with pytest.raises(TypeError, match="`check`"):
        split(orders(), "orders", check="types")
