"""How topics read canonical tables: only what they use, or an error that names the reader."""

import narwhals.stable.v2 as nw
import numpy as np
import pytest

from ecommine import SchemaError, schema
from ecommine.schema._derive.reading import read
from libraries import to_pandas
from raw_orders import orders, texts


def test_only_the_columns_asked_for(library):
    frame = read(library(orders(note=texts("x", "y", "z"))), "orders", ("order_id", "amount"))
    assert frame.collect_schema().names() == ["order_id", "amount"]
    assert isinstance(frame, nw.LazyFrame) == library.lazy


def test_columns_that_are_not_asked_for_may_be_wrong(library):
    native = library(orders(ordered_at=texts("a", "b", "c"), quantity=[np.inf, 1.0, 2.0]))
    assert to_pandas(read(native, "orders", ("order_id",)).to_native())["order_id"].tolist() == ["A1", "A1", "A2"]


def test_optional_columns_come_where_they_are(library):
    raw = orders(customer_id=texts("a", "a", None))
    frame = read(library(raw), "orders", ("order_id",), optional=("customer_id", "country"))
    assert frame.collect_schema().names() == ["order_id", "customer_id"]


def test_amount_is_computed_where_it_is_not_there(library):
    native = library(orders(quantity=[2, 1, -1], unit_price=[5.0, 3.0, 4.0]).drop(columns="amount"))
    frame = read(native, "orders", ("order_id", "amount"))
    assert to_pandas(frame.to_native())["amount"].tolist() == [10.0, 3.0, -4.0]


def test_a_missing_column_names_the_reader(library):
    with pytest.raises(SchemaError) as caught:
        read(library(orders().drop(columns="amount")), "orders", ("product_id", "amount"))
    assert caught.value.problems == (
        "`product_id` is missing: map the table once with schema.orders(raw, product_id='...')",
        (
            "`amount` is missing: map the table once with schema.orders(raw, amount='...'), or with quantity='...' and "
            "unit_price='...'"
        ),
    )


def test_types_that_only_the_reader_converts_name_the_reader(library):
    native = library(orders(ordered_at=texts("2024-05-01", "b", "c"), amount=texts("1", "2", "3")))
    with pytest.raises(SchemaError) as caught:
        read(native, "orders", ("ordered_at", "amount"))
    assert caught.value.problems == (
        (
            "`ordered_at` holds text, not times: it mixes formats, read each kind by itself: '%Y-%m-%d' "
            "('2024-05-01'), of no known format ('b')"
        ),
        "`amount` holds text, not numbers: schema.orders(raw, ...) reads it",
    )
    assert caught.value.way_out == "map the table once with schema.orders(raw, ...)"


def test_types_that_need_no_reader_are_cast(library):
    times = np.array(["2024-05-01", "2024-05-02", "2024-05-03"], dtype="datetime64[ms]")
    frame = read(library(orders(ordered_at=times, amount=[1, 2, 3])), "orders", ("ordered_at", "amount"))
    assert dict(frame.collect_schema()) == {"ordered_at": nw.Datetime("us"), "amount": nw.Float64}


def test_no_table_names_the_argument():
    with pytest.raises(TypeError, match="`events` must be a pandas"):
        read("file.csv", "events", ("visitor_id",))
    with pytest.raises(TypeError, match="`before` must be a pandas"):
        read(None, "orders", ("order_id",), argument="before")


def test_missing_amounts_are_computed_as_by_the_reader(library):
    native = library(orders(amount=[np.nan, 3.0, np.nan], quantity=[2, 1, -1], unit_price=[5.0, 4.0, 4.0]))
    frame = read(native, "orders", ("amount",))
    assert to_pandas(frame.to_native())["amount"].tolist() == [10.0, 3.0, -4.0]


def test_floats_that_are_no_ids_name_the_reader(library):
    with pytest.raises(
        SchemaError, match=r"`customer_id` holds floats, not ids\n  map the table once with schema.orders"
    ):
        read(library(orders(customer_id=[1.5, 2.0, 1.5])), "orders", ("customer_id",))
    frame = read(schema.orders(library(orders())), "orders", ("customer_id",))
    assert to_pandas(frame.to_native())["customer_id"].tolist()[:2] == [7, 7]
