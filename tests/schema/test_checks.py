"""Errors of values: each names the column, counts the rows, shows the first ones and says the way out."""

from decimal import Decimal

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, schema
from libraries import few_on_spark, to_pandas
from notes import warning_counts
from raw_orders import orders, texts


def problems(native, reader=schema.orders, **options):
    with pytest.raises(SchemaError) as caught:
        reader(native, **options)
    assert "split the rows with schema.quarantine(" in caught.value.way_out
    return caught.value.problems


def test_null_order_ids(library):
    (problem,) = problems(library(orders(order_id=texts("A1", None, None))))
    assert problem.startswith("`order_id` is missing in 2 rows, first ")
    assert problem.endswith("every row needs one")


def test_first_rows_are_shown_by_number_where_rows_have_one_and_by_key_where_not(library):
    frame = orders(amount=np.array([np.inf, 1.0, -np.inf]))
    (problem,) = problems(library(frame))
    shown = "key A1 (inf), key A2 (-inf)" if library.lazy else "row 0 (inf), row 2 (-inf)"
    assert problem.lower() == (
        f"`amount` is infinite in 2 rows, first {shown}: correct the value, or take the row out"
    ).lower().replace("(inf)", "(infinity)" if library.name == "pyspark" else "(inf)").replace(
        "(-inf)", "(-infinity)" if library.name == "pyspark" else "(-inf)"
    )


def test_three_rows_are_shown_of_many(library):
    frame = pd.DataFrame({"product_id": range(9), "price": -1.0})
    (problem,) = problems(library(frame), schema.products)
    assert problem.startswith("`price` is below 0 in 9 rows, first ")
    assert problem.count("(-1") == 3


def test_every_problem_is_in_one_error(library):
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
        "`ordered_at` is before 1970-03-01 or after 2099",
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
        pytest.skip("convert_dtypes makes whole floats integers before the reader sees them")
    (problem,) = problems(native)
    assert problem.startswith("`customer_id` is a float that is not an exact id in 2 rows, first ")
    assert problem.endswith(("such as pd.read_csv(..., dtype=str)", "such as pl.read_csv(..., infer_schema=False)"))


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
    ("reader", "key"),
    [(schema.products, "product_id"), (schema.customers, "customer_id"), (schema.reviews, "review_id")],
)
def test_repeated_ids_where_each_thing_has_one_row(library, reader, key):
    frame = pd.DataFrame({key: texts("a", "b", "a"), "text": texts("x", "y", "z")})
    (problem,) = problems(library(frame), reader)
    assert problem.startswith(f"`{key}` is repeated in 2 rows, first ")
    assert f"keep one row for each {key.removesuffix('_id')}" in problem


@pytest.mark.parametrize(
    "guests",
    few_on_spark(
        2, np.array([np.nan] * 3), texts(None, None, None), texts(np.nan, np.nan, np.nan), texts(pd.NA, pd.NA, pd.NA)
    ),
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
    out = schema.orders(orders(order_id=texts("x", "y", "z"), customer_id=texts("a", missing, "b")))
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
    frame["product_id"] = "tea"
    mapped, found = warning_counts(schema.orders, library(frame), duplicates="drop")
    out = to_pandas(mapped)
    assert found == {"copies_dropped": 2}
    assert sorted(out["amount"]) == [-4.0, 3.0, 9.5]
    kept, found = warning_counts(schema.orders, library(frame))
    assert (len(to_pandas(kept)), found) == (5, {"copies_kept": 2})
    schema.orders(library(frame.drop(columns="product_id")))  # without a warning: other products may cost the same
    assert len(to_pandas(schema.orders(library(orders()), duplicates="drop"))) == 3


def test_copies_that_differ_in_any_column_are_no_copies(library):
    frame = pd.concat([orders(note=texts("x", "y", None)), orders(note=texts("z", "y", None))], ignore_index=True)
    mapped, found = warning_counts(schema.orders, library(frame), duplicates="drop")
    assert len(to_pandas(mapped)) == 4
    assert found == {"copies_dropped": 2}


@pytest.mark.parametrize(("option", "value"), [("check", "all"), ("duplicates", True), ("timezone", "Mars/Base")])
def test_options_name_themselves(option, value):
    with pytest.raises(ValueError, match=f"`{option}` must be"):
        schema.orders(orders(), **{option: value})


@pytest.mark.parametrize("table", [None, [1, 2], {"a": [1]}, "orders.csv", pd.Series([1])])
def test_no_table_at_all(table):
    with pytest.raises(TypeError, match="`raw` must be a pandas, Polars, PyArrow, DuckDB or PySpark table, got"):
        schema.orders(table)


EXACT = [2**53 + 1, 2**53 + 2, 2**62 + 1]


def typed(native, held):
    """Give the id column of a table in memory another type of Arrow."""
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = pa.table({"product_id": pa.array(held[1], held[0]), "price": pa.array([1.0] * len(held[1]))})
    if native.name == "pyarrow":
        return table
    if native.name == "duckdb":
        return pytest.importorskip("duckdb", reason="duckdb is not installed").from_arrow(table)
    if native.name.startswith("polars"):
        frame = pytest.importorskip("polars", reason="polars is not installed").from_arrow(table)
        return frame.lazy() if native.lazy else frame
    return table.to_pandas(types_mapper=pd.ArrowDtype if native.name == "pandas-pyarrow" else None)


@pytest.mark.parametrize("scale", [0, 2])
def test_decimal_ids_are_exact(local_library, scale):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    native = typed(local_library, (pa.decimal128(30, scale), [Decimal(one) for one in EXACT]))
    assert sorted(to_pandas(schema.products(native))["product_id"]) == EXACT


def test_decimal_ids_that_are_not_exact_are_errors(local_library):
    """They must not become guests."""
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    native = typed(local_library, (pa.decimal128(38, 2), [Decimal("1.50"), Decimal(2**63), Decimal(1)]))
    (problem,) = [one for one in problems(native, schema.products) if "missing" not in one]
    assert problem.startswith("`product_id` is not an exact id in 2 rows, first ")
    assert problem.endswith(("such as pd.read_csv(..., dtype=str)", "such as pl.read_csv(..., infer_schema=False)"))


def test_sums_of_duckdb_are_ids_and_numbers():
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    one = "9007199254740993::hugeint"
    native = duckdb.sql(f"select {one} as product_id, 'x' as category, {one} as price")
    back = to_pandas(schema.products(native))
    assert back["product_id"].tolist() == [2**53 + 1]
    with pytest.raises(SchemaError, match="is not an exact id in 1 row"):
        schema.products(duckdb.sql("select 170141183460469231731687303715884105727 as product_id"))


def test_json_and_half_floats_are_no_ids():
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    with pytest.raises(SchemaError, match="`product_id` holds JSON"):
        schema.products(duckdb.sql("select '1'::json as product_id"))
    with pytest.raises(SchemaError, match="`product_id` holds Float16"):
        schema.products(pd.DataFrame({"product_id": np.array([1, 2], dtype="float16")}))


def test_objects_beyond_64_bits_are_text():
    out = schema.products(pd.DataFrame({"product_id": texts(2**63 + 5, 2**63 + 6)}))
    assert out["product_id"].tolist() == ["9223372036854775813", "9223372036854775814"]


def test_unsigned_ids_stay(local_library):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    native = typed(local_library, (pa.uint64(), [2**63 + 5, 2**63 + 6]))
    out = nw.from_native(schema.products(native)).lazy().collect()
    assert sorted(out["product_id"].to_list()) == [2**63 + 5, 2**63 + 6]


def test_categories_of_numbers_beside_a_guest_are_whole():
    out = schema.orders(orders(customer_id=pd.Categorical([2**53 + 1, 2, None])))
    assert out["customer_id"].tolist()[:2] == [str(2**53 + 1), "2"]
    assert out["customer_id"].isna().tolist() == [False, False, True]


def test_text_codes_with_a_fraction_are_told():
    (problem,) = problems(orders(channel=[1.5, 2.0, np.nan]))
    assert problem == "`channel` is not text or a whole number in 1 row, first row 0 (1.5): convert it to text"


def test_an_amount_that_is_missing_text_is_filled(library):
    frame = orders(amount=texts(None, "7", "n/a"), quantity=[2, 1, 1], unit_price=[5.0, 3.0, 4.0])
    (problem,) = problems(library(frame))
    assert problem.startswith("`amount` is not a number in 1 row")
    out = schema.orders(library(frame.iloc[:2]))
    assert to_pandas(out)["amount"].tolist() == [10.0, 7.0]


def test_a_decimal_comma_is_told_to_be_one(library):
    (problem,) = problems(library(orders(Total=texts("1", "1,5", "2")).drop(columns="amount")), amount="Total")
    assert problem.endswith("give `decimal=','`, since a comma is the decimal mark of numbers such as '1,5'")


def test_money_of_several_currencies_has_a_note(library):
    _, found = warning_counts(schema.orders, library(orders(currency=texts("EUR", None, "USD"))))
    assert found == {"several_currencies": 2}
    schema.orders(library(orders(currency=texts("EUR", None, "EUR"))))


@pytest.mark.parametrize(
    ("option", "value"), [("timezone", 8), ("format", 5), ("order_id", 5), ("order_id", ["order_id"])]
)
def test_options_of_another_type_name_themselves(option, value):
    with pytest.raises(TypeError, match=f"`{option}` must be"):
        schema.orders(orders(), **{option: value})


def test_names_that_are_needed_or_are_patterns():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    for name in ("*", "^amount$"):
        with pytest.raises(ValueError, match=r"`raw`.*rename it first"):
            schema.products(pl.DataFrame({"product_id": [1], name: [1]}))
    with pytest.raises(ValueError, match="'__raw__amount'"):
        schema.products(pd.DataFrame({"product_id": [1], "__raw__amount": [1]}))


def test_copies_of_lists_cannot_be_compared():
    with pytest.raises(TypeError, match="`duplicates='drop'` cannot compare lists and dicts"):
        schema.orders(orders(items=texts([1], [1], {})), duplicates="drop")


def test_a_shop_is_no_table():
    with pytest.raises(TypeError, match=r"got Shop: pass one of its tables, such as shop\.orders"):
        schema.orders(schema.Shop(orders=orders()))
