"""Errors of names and types, and the types that can be read."""

from datetime import date, datetime
from decimal import Decimal

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import DataWarning, SchemaError, schema
from libraries import few_on_spark, to_pandas
from raw_orders import orders, texts


def problems(native, reader=schema.orders, **options):
    with pytest.raises(SchemaError) as caught:
        reader(native, **options)
    return caught.value.problems


# Names


def test_a_missing_column_is_named_with_what_the_table_has(library):
    (problem,) = problems(library(orders().drop(columns="order_id").rename(columns={"amount": "amount"})))
    assert problem.startswith("`order_id` is missing: name its column, such as order_id='...'")


def test_the_columns_are_listed_once():
    for raw, listed in [
        (pd.DataFrame({"x": [1], "y": [2]}), "the table has 'x', 'y'"),
        (pd.DataFrame(), "the table has no columns"),
        (pd.DataFrame({f"c{i:02}": [0] for i in range(20)}), "'c11', …"),
    ]:
        with pytest.raises(SchemaError) as caught:
            schema.customers(raw, country="Land")
        assert len(caught.value.problems) == 2
        assert str(caught.value).count("the table has") == 1
        assert str(caught.value).endswith(listed)


def test_a_near_name_is_suggested(library):
    frame = orders().rename(columns={"customer_id": "CustomerID"})
    (problem,) = problems(library(frame))
    assert problem.endswith("did you mean 'CustomerID'?")
    (problem,) = problems(library(frame), customer_id="CustomrID")
    assert problem.startswith("`customer_id='CustomrID'`")
    assert problem.endswith("did you mean 'CustomerID'?")
    assert "customer_id" in to_pandas(schema.orders(library(frame), customer_id="CustomerID"))


def test_neither_amount_nor_its_parts(library):
    (problem,) = problems(library(orders().drop(columns="amount")))
    assert problem.startswith("`amount` or `quantity` and `unit_price` ")


@pytest.mark.parametrize("name", [0, ("a", "b")])
def test_column_names_that_are_no_text(name):
    raw = pd.DataFrame([[1, 2]], columns=pd.Index([name, "x"], tupleize_cols=False))
    with pytest.raises(ValueError, match=r"`raw` has a column name that is not text, .*: rename the columns first"):
        schema.products(raw)


def test_one_column_may_be_mapped_twice(library):
    out = schema.orders(
        library(orders(total=[1.0, 2.0, 3.0]).drop(columns="amount")), amount="total", unit_price="total"
    )
    back = to_pandas(out)
    assert back["amount"].tolist() == back["unit_price"].tolist() == [1.0, 2.0, 3.0]
    assert "total" not in back


def test_a_mapped_column_beside_one_of_its_own_name_is_refused(library):
    (problem,) = problems(library(orders(total=[1.0, 2.0, 3.0])), amount="total")
    assert problem.startswith("`amount` is mapped from 'total'")


def test_an_optional_column_that_is_mapped_to_another_is_not_taken_by_its_name(library):
    """The export calls the price of one unit "amount": the money of the line must not be the price."""
    frame = orders(amount=[5.0, 3.0, 4.0], quantity=[2, 1, -1])
    back = to_pandas(schema.orders(library(frame), unit_price="amount"))
    assert back["amount"].tolist() == [10.0, 3.0, -4.0]
    assert back["unit_price"].tolist() == [5.0, 3.0, 4.0]


def test_mapping_a_column_to_itself_is_the_same_as_not_mapping_it(library):
    assert to_pandas(schema.orders(library(orders()), amount="amount"))["amount"].tolist() == [9.5, 3.0, -4.0]


def test_other_columns_stay_in_their_places(library):
    frame = orders(note=texts("x", None, "很")).rename(columns={"amount": "Total"})
    out = to_pandas(schema.orders(library(frame), amount="Total"))
    assert list(out.columns) == ["order_id", "customer_id", "ordered_at", "amount", "note"]
    assert out["note"].tolist() == ["x", None, "很"]


def test_a_computed_amount_beside_a_column_that_differs_in_case_only(library):
    frame = orders(quantity=[1, 1, 1], unit_price=[1.0, 2.0, 3.0]).rename(columns={"amount": "Amount"})
    if library.name in ("duckdb", "pyspark"):  # names there do not tell case apart
        (problem,) = problems(library(frame))
        assert "'Amount'" in problem
    else:
        out = to_pandas(schema.orders(library(frame)))
        assert out["amount"].tolist() == [1.0, 2.0, 3.0]
        assert out["Amount"].tolist() == [9.5, 3.0, -4.0]


def test_two_columns_of_one_name():
    frame = orders()
    frame.columns = ["order_id", "customer_id", "ordered_at", "order_id"]
    with pytest.raises(ValueError, match=r"(?s)`raw`: Expected unique column names.*'order_id' 2 times"):
        schema.orders(frame)


# Types


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("amount", [True, False, True], "`amount` holds Boolean, but must hold numbers"),
        ("amount", pd.to_datetime(["2024-05-01"] * 3).as_unit("us"), "but must hold numbers"),
        ("order_id", [True, False, True], "`order_id` holds Boolean, but must hold text or whole numbers"),
        ("customer_id", pd.to_datetime(["2024-05-01"] * 3).as_unit("us"), "but must hold text or whole numbers"),
        ("ordered_at", [True, False, True], "`ordered_at` holds Boolean, but must hold times"),
        ("country", [True, False, True], "`country` holds Boolean, but must hold text"),
        ("country", pd.to_datetime(["2024-05-01"] * 3).as_unit("us"), "but must hold text"),
    ],
)
def test_wrong_types(library, column, values, words):
    (problem,) = problems(library(orders(**{column: values})))
    assert words in problem
    assert problem.startswith(f"`{column}` holds ")
    assert problem.endswith("convert it, or map another column")


@pytest.mark.parametrize("values", [[1.5, 0.0, 1.0], texts("yes", "no", "yes")])
def test_wrong_types_of_booleans(library, values):
    frame = pd.DataFrame({"product_id": texts("a", "b", "c"), "quantity": [1, 2, 3], "promotion": values})
    (problem,) = problems(library(frame), schema.sales)
    assert problem.startswith("`promotion` holds ")
    assert "but must hold true or false" in problem


def test_every_problem_of_names_and_types_is_told_at_once(library):
    frame = orders(amount=[True, False, True]).drop(columns="order_id")
    found = problems(library(frame), product_id="sku")
    assert [problem.split(" ")[0] for problem in found] == ["`order_id`", "`product_id='sku'`", "`amount`"]


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}])
def test_nested_columns_are_no_ids(value):
    (problem,) = problems(orders(order_id=texts(value, value, value)))
    assert "must hold text or whole numbers" in problem


def test_other_columns_may_be_nested():
    frame = orders(items=texts([1, 2], [], None))
    assert schema.orders(frame)["items"].tolist() == [[1, 2], [], None]


def test_ids_of_mixed_type_are_read_as_text_and_a_note_says_so():
    frame = orders(order_id=texts("A1", 2, 3.0), customer_id=texts(1, None, "x"))
    with pytest.warns(DataWarning, match=r"`order_id`.*`customer_id`") as caught:
        out = schema.orders(frame)
    assert [note.code for note in caught[0].message.notes] == ["mixed_ids_read_as_text"] * 2
    assert out["order_id"].tolist() == ["A1", "2", "3"]
    assert out["customer_id"].tolist()[::2] == ["1", "x"]
    assert out["customer_id"].isna().tolist() == [False, True, False]


def test_object_ids_of_one_type_become_that_type():
    out = schema.orders(orders(order_id=texts(1, 2, 3), customer_id=texts(5, None, 2**62 + 1)))
    assert out["order_id"].tolist() == [1, 2, 3]
    assert out["customer_id"][2] == 2**62 + 1
    assert out["customer_id"].isna().tolist() == [False, True, False]


def test_object_numbers_of_mixed_type(library):
    """A workbook's column holds numbers and text; what cannot be read is told by row."""
    if not library.is_pandas or library.name == "pandas-pyarrow":
        pytest.skip("only pandas has columns of mixed type")
    frame = orders(amount=texts("9.5", 3, Decimal("-4.25")))
    assert schema.orders(frame)["amount"].tolist() == [9.5, 3.0, -4.25]
    (problem,) = problems(orders(amount=texts("9.5", 3, "n/a")))
    assert problem == (
        "`amount` is not a number in 1 row, first row 2 (n/a): correct the values, or take those rows out"
    )


@pytest.mark.parametrize("held", [complex(1, 2), b"12", date(2024, 5, 1)])
def test_objects_that_are_no_numbers(held):
    found = problems(orders(amount=texts(held, held, held)))
    assert found[0].startswith("`amount` ")


def test_numbers_as_text(library):
    frame = orders(amount=texts("9.50", " 3 ", "-4e0"), quantity=texts(None, "1", "2"))
    out = to_pandas(schema.orders(library(frame)))
    assert out["amount"].tolist() == [9.5, 3.0, -4.0]
    assert out["quantity"].tolist()[1:] == [1.0, 2.0]
    assert out["quantity"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize(
    "written",
    few_on_spark(
        3, "5d", "nan", "１２",
        "n/a", "1,000", "7,5", "12 00", "1f", "0x1F", "1_000", "inf", "NaN", "true", "1e", ".",
    ),
)  # fmt: skip
def test_text_that_is_no_number_is_none_on_any_library(library, written):
    (problem,) = problems(library(orders(amount=texts("1", written, "2"))))
    assert problem.startswith("`amount` is not a number in 1 row, first ")
    assert f"({written})" in problem


def test_decimal_money_and_ids(library):
    frame = orders(
        amount=texts(Decimal("9.50"), Decimal("3.00"), Decimal("-4.00")),
        order_id=texts(Decimal(1), Decimal(1), Decimal(2)),
    )
    out = schema.orders(library(frame))
    assert to_pandas(out)["order_id"].tolist() == [1, 1, 2]
    assert nw.from_native(out).collect_schema()["amount"] == nw.Float64
    assert to_pandas(out)["amount"].tolist() == [9.5, 3.0, -4.0]


def test_whole_money_becomes_float(library):
    out = schema.orders(library(orders(amount=[9, 3, -4])))
    assert nw.from_native(out).collect_schema()["amount"] == nw.Float64


def test_single_precision_becomes_double(library):
    out = schema.orders(
        library(
            orders(
                amount=np.array([9.5, 3.0, np.nan], dtype="float32"),
                quantity=[1, 1, 1],
                unit_price=np.array([1, 1, 2.5], dtype="float32"),
            )
        )
    )
    assert nw.from_native(out).collect_schema()["amount"] == nw.Float64
    assert to_pandas(out)["amount"].tolist() == [9.5, 3.0, 2.5]


def test_small_and_unsigned_integers(library):
    small = "int16" if library.name == "pyspark" else "uint8"  # Spark has no unsigned ones
    quantity, price = np.array([200, 1, 2], dtype=small), np.array([100, 1, 1], dtype="int16")
    frame = orders(quantity=quantity, unit_price=price).drop(columns="amount")
    assert to_pandas(schema.orders(library(frame)))["amount"].tolist() == [20_000.0, 1.0, 2.0]


def test_categories_become_text(library):
    frame = orders(
        order_id=pd.Categorical(["A1", "A1", "A2"]),
        country=pd.Categorical(["DE", None, "中国"]),
        line_type=pd.Categorical(["product", None, "gift"]),
    )
    out = schema.orders(library(frame))
    back = to_pandas(out)
    assert back["order_id"].tolist() == ["A1", "A1", "A2"]
    assert back["country"].tolist() == ["DE", None, "中国"]
    assert nw.from_native(out).collect_schema()["country"] == nw.String


def test_categories_of_numbers(library):
    frame = orders(amount=pd.Categorical(["9.5", "3", "-4"]), quantity=pd.Categorical([1, 2, 1]))
    out = to_pandas(schema.orders(library(frame)))
    assert out["amount"].tolist() == [9.5, 3.0, -4.0]
    assert out["quantity"].tolist() == [1, 2, 1]


def test_categories_of_events_get_their_ga4_names(library):
    frame = pd.DataFrame(
        {
            "visitor_id": [1, 2],
            "event": pd.Categorical(["pv", "purchase"]),
            "occurred_at": np.array(["2024-05-01", "2024-05-02"], dtype="datetime64[us]"),
        }
    )
    assert to_pandas(schema.events(library(frame)))["event"].tolist() == ["view_item", "purchase"]


def test_whole_numbers_as_text_columns(library):
    """Codes such as postal codes are text; NumPy holds them as floats where one is missing."""
    frame = pd.DataFrame({"product_id": [1, 2, 3], "category": [10, 20, 30]})
    assert to_pandas(schema.products(library(frame)))["category"].tolist() == ["10", "20", "30"]
    with_gap = pd.DataFrame({"product_id": [1, 2, 3], "category": [10, np.nan, 30]})
    assert schema.products(with_gap)["category"].tolist()[::2] == ["10", "30"]


def test_booleans_as_zero_and_one(library):
    frame = pd.DataFrame({"product_id": texts("a", "b", "c"), "quantity": [1, 2, 3], "promotion": [0, 1, 1]})
    out = schema.sales(library(frame))
    assert nw.from_native(out).collect_schema()["promotion"] == nw.Boolean
    assert to_pandas(out)["promotion"].tolist() == [False, True, True]
    (problem,) = problems(library(frame.assign(promotion=[0, 1, 2])), schema.sales)
    assert problem.startswith("`promotion` is not 0 or 1 in 1 row, first ")


def test_booleans_with_missing_ones(library):
    frame = pd.DataFrame({"product_id": texts("a", "b"), "quantity": [1, 2], "promotion": texts(True, None)})
    assert to_pandas(schema.sales(library(frame)))["promotion"].tolist() == [True, None]


@pytest.mark.parametrize("kind", ["time", "text", "choice", "boolean", "money", "number", "share", "id"])
def test_an_optional_column_without_any_value_gets_its_type(library, kind):
    table, column = next(
        (table, column)
        for table in schema.TABLES.values()
        for column in table.columns
        if column.kind == kind and not column.required and column.name not in ("amount", "quantity", "unit_price")
    )
    frame = pd.DataFrame(
        {
            "order_id": [1, 2],
            "customer_id": [1, 2],
            "product_id": [1, 2],
            "visitor_id": [1, 2],
            "review_id": [1, 2],
            "supplier_id": [1, 2],
            "amount": [1.0, 2.0],
            "quantity": [1, 2],
            "text": texts("a", "b"),
            **{name: np.array(["2024-05-01"] * 2, dtype="datetime64[us]") for name in ("ordered_at", "occurred_at")},
            "event": texts("a", "b"),
        }
    ).drop(columns=column.name, errors="ignore")
    for nothing in (np.array([np.nan, np.nan]), texts(None, None)):
        native = library(frame.assign(**{column.name: nothing}))
        held = nw.from_native(native).collect_schema()[column.name]
        if library.lazy and kind in ("time", "text", "choice", "boolean") and held.is_numeric():
            if kind != "time" and held.is_integer():
                continue  # an engine may call a column of nothing whole numbers, which these can be
            # Only a look at every value would tell that there is none.
            (problem,) = problems(native, getattr(schema, table.name))
            assert problem.startswith(f"`{column.name}` holds ")
            continue
        out = getattr(schema, table.name)(native)
        assert to_pandas(out)[column.name].isna().all()
        if kind in ("time", "text", "choice", "boolean") and nothing.dtype == float:
            expected = {"time": nw.Datetime("us"), "boolean": nw.Boolean}.get(kind, nw.String)
            assert nw.from_native(out).collect_schema()[column.name] == expected


def test_a_repeated_index_of_pandas_carries_no_meaning():
    frame = orders().set_axis([5, 5, 5])
    out = schema.orders(frame)
    assert out["amount"].tolist() == [9.5, 3.0, -4.0]


def test_a_table_of_dates_and_numbers_from_python_objects():
    frame = orders(ordered_at=texts(datetime(2024, 5, 1), date(2024, 5, 2), None))
    split = schema.quarantine("orders", frame)
    assert split.valid["ordered_at"].tolist() == [pd.Timestamp("2024-05-01"), pd.Timestamp("2024-05-02")]
    assert split.rejected["reason"].tolist() == ["ordered_at is missing"]
