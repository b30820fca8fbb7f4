"""Errors of values: each names the column, counts the rows, shows the first ones and says the way out."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import DataWarning, SchemaError, schema
from libraries import to_pandas
from raw_orders import orders, texts


def problems(native, door=schema.orders, **how):
    with pytest.raises(SchemaError) as caught:
        door(native, **how)
    assert caught.value.problems[-1].startswith("split the rows with schema.quarantine(")
    return caught.value.problems[:-1]


def test_null_order_ids(library):
    (problem,) = problems(library(orders(order_id=texts("A1", None, None))))
    assert problem.startswith("`order_id` is missing in 2 rows, first ")
    assert problem.endswith("every row needs one")


def test_first_rows_are_shown_by_number_where_rows_have_one_and_by_key_where_not(library):
    frame = orders(amount=np.array([np.inf, 1.0, -np.inf]))
    (problem,) = problems(library(frame))
    shown = "key A1 (inf), key A2 (-inf)" if library.lazy else "row 0 (inf), row 2 (-inf)"
    assert problem.lower() == (
        f"`amount` is infinite in 2 rows, first {shown}: give the number, or null if it is unknown"
    ).lower().replace("(inf)", "(infinity)" if library.name == "pyspark" else "(inf)").replace(
        "(-inf)", "(-infinity)" if library.name == "pyspark" else "(-inf)"
    )


def test_three_rows_are_shown_of_many(library):
    frame = pd.DataFrame({"product_id": range(9), "price": -1.0})
    (problem,) = problems(library(frame), schema.products)
    assert problem.startswith("`price` is below 0 in 9 rows, first ")
    assert problem.count("(-1") == 3


def test_every_problem_is_told_at_once(library):
    frame = orders(
        order_id=texts("", "b", None),
        amount=np.array([np.nan, np.inf, 1.0]),
        ordered_at=np.array(["1899-12-30", "NaT", "2024-05-01"], dtype="datetime64[us]"),
        line_type=texts("Product", None, "gift"),
    )
    found = {problem.split(" in ")[0] for problem in problems(library(frame))}
    assert found == {
        "`order_id` is missing",
        "`order_id` is empty text",
        "`ordered_at` is missing",
        "`ordered_at` is before 1970-01-02 or after 2099",
        "`amount` is missing",
        "`amount` is infinite",
        "`line_type` is none of product, shipping, fee, adjustment, gift, discount",
    }


def test_nineteen_digit_ids_as_floats(library):
    """Two ids of 19 digits beside a null become floats, and one and the same float."""
    ids = np.array([1234567890123456789, 1234567890123456788, np.nan])
    assert ids[0] == ids[1]
    native = library(orders(customer_id=ids))
    if library.name in ("pandas-nullable", "pandas-pyarrow"):
        pytest.skip("convert_dtypes makes whole floats integers before the door sees them")
    (problem,) = problems(native)
    assert problem.startswith("`customer_id` is a float that is not an exact id in 2 rows, first ")
    assert problem.endswith("read ids as text")


def test_ids_with_a_fraction(library):
    (problem,) = problems(library(orders(customer_id=np.array([7.5, np.nan, 8.0]))))
    assert "is a float that is not an exact id in 1 row, first" in problem


def test_single_precision_ids_are_exact_only_up_to_2_to_the_24():
    frame = orders(customer_id=np.array([2.0**24, 2.0**24 - 1, np.nan], dtype="float32"))
    (problem,) = problems(frame)
    assert "is a float that is not an exact id in 1 row, first row 0" in problem


def test_whole_float_ids_are_integers_and_guests_are_null(library):
    out = schema.orders(library(orders()))
    assert to_pandas(out)["customer_id"].tolist()[:2] == [7, 7]
    assert to_pandas(out)["customer_id"].isna().tolist() == [False, False, True]
    kept_as_float = library.name == "pandas-numpy"
    assert nw.from_native(out).collect_schema()["customer_id"] == (nw.Float64 if kept_as_float else nw.Int64)


@pytest.mark.parametrize(
    ("door", "key"),
    [(schema.products, "product_id"), (schema.customers, "customer_id"), (schema.reviews, "review_id")],
)
def test_repeated_ids_where_each_thing_has_one_row(library, door, key):
    frame = pd.DataFrame({key: texts("a", "b", "a"), "text": texts("x", "y", "z")})
    (problem,) = problems(library(frame), door)
    assert problem.startswith(f"`{key}` is repeated in 2 rows, first ")
    assert f"keep one row for each {key.removesuffix('_id')}" in problem


@pytest.mark.parametrize(
    "guests",
    [
        np.array([np.nan] * 3),
        texts(None, None, None),
        texts(np.nan, np.nan, np.nan),
        texts(pd.NA, pd.NA, pd.NA),
    ],
    ids=["float NaN", "None", "object NaN", "NA"],
)
def test_an_all_null_customer_column_is_all_guests(library, guests):
    if guests.dtype == object and not library.is_pandas:
        guests = texts(None, None, None)
    out = schema.orders(library(orders(customer_id=guests)))
    assert to_pandas(out)["customer_id"].isna().all()
    assert len(to_pandas(schema.orders(out))) == 3


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_a_guest_among_text_ids_is_any_missing_value_of_pandas(missing):
    out = schema.orders(orders(customer_id=texts("a", missing, "b")))
    assert out["customer_id"].isna().tolist() == [False, True, False]


def test_an_empty_table_is_an_empty_canonical_table(library):
    out = to_pandas(schema.orders(library(orders().iloc[:0])))
    assert list(out.columns) == ["order_id", "customer_id", "ordered_at", "amount"]
    assert len(out) == 0


@pytest.mark.parametrize("name", schema.TABLES)
def test_an_empty_table_without_types_passes(name):
    """pandas makes every column of an empty table an object column."""
    out = getattr(schema, name)(pd.DataFrame(columns=list(schema.TABLES[name].names)))
    types = nw.from_native(out).collect_schema()
    for column in schema.TABLES[name].columns:
        if column.kind == "time":
            assert types[column.name] == nw.Datetime("us")
        if column.kind in ("money", "share"):
            assert types[column.name] == nw.Float64


def test_one_row(library):
    assert to_pandas(schema.orders(library(orders().iloc[:1])))["amount"].tolist() == [9.5]


def test_amount_is_quantity_times_price_less_discount_where_it_is_not_given(library):
    frame = orders(quantity=[2, 1, -1], unit_price=[5.0, 3.0, 4.0], discount=[0.5, np.nan, 0.0]).drop(columns="amount")
    assert to_pandas(schema.orders(library(frame)))["amount"].tolist() == [9.5, 3.0, -4.0]


def test_a_missing_amount_is_filled_and_a_given_one_stays(library):
    frame = orders(amount=[np.nan, 1.0, np.nan], quantity=[2, 2, 1], unit_price=[5.0, 3.0, 4.0])
    assert to_pandas(schema.orders(library(frame)))["amount"].tolist() == [10.0, 1.0, 4.0]


def test_parts_of_a_computed_amount_are_needed(library):
    frame = orders(quantity=[np.nan, 1.0, 1.0], unit_price=[5.0, np.nan, np.inf]).drop(columns="amount")
    found = [problem.split(" in ")[0] for problem in problems(library(frame))]
    assert found == ["`quantity` is missing", "`unit_price` is missing", "`unit_price` is infinite"]


def test_check_types_leaves_values_alone(library):
    out = to_pandas(schema.orders(library(orders(amount=[np.inf, 1.0, np.nan])), check="types"))
    assert np.isinf(out["amount"][0])
    assert np.isnan(out["amount"][2])


def test_exact_copies_can_be_dropped(library):
    frame = pd.concat([orders(), orders().iloc[[0, 2]]], ignore_index=True)
    with pytest.warns(DataWarning, match="2 exact copies of a line were dropped"):
        out = to_pandas(schema.orders(library(frame), duplicates="drop"))
    assert sorted(out["amount"]) == [-4.0, 3.0, 9.5]
    assert len(to_pandas(schema.orders(library(frame)))) == 5
    assert len(to_pandas(schema.orders(library(orders()), duplicates="drop"))) == 3


def test_copies_that_differ_in_any_column_are_no_copies(library):
    frame = pd.concat([orders(note=texts("x", "y", None)), orders(note=texts("z", "y", None))], ignore_index=True)
    with pytest.warns(DataWarning, match="2 exact copies"):
        assert len(to_pandas(schema.orders(library(frame), duplicates="drop"))) == 4


@pytest.mark.parametrize(("option", "value"), [("check", "all"), ("duplicates", True), ("timezone", "Mars/Base")])
def test_options_name_themselves(option, value):
    with pytest.raises(ValueError, match=f"`{option}` must be"):
        schema.orders(orders(), **{option: value})


@pytest.mark.parametrize("table", [None, [1, 2], {"a": [1]}, "orders.csv", pd.Series([1])])
def test_no_table_at_all(table):
    with pytest.raises(TypeError, match="`raw` must be a pandas, Polars, PyArrow, DuckDB or PySpark table, got"):
        schema.orders(table)
