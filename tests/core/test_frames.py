"""Tables of every library: opened, collected, built, handed back; days and micro-units equal everywhere."""

from datetime import date, datetime, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine._core.frames import (
    build,
    collect,
    day_number,
    day_number_of,
    day_of,
    divided,
    hand_back,
    is_lazy,
    join,
    micro,
    opened,
    whole_number,
)
from libraries import to_pandas


def computed(library, frame, **expressions):
    return to_pandas(nw.from_native(library(frame)).select("row", **expressions).to_native(), sort=["row"])


def test_day_numbers_of_eight_centuries(library):
    """Every last and first day of a month, and leap days, against datetime."""
    firsts = [date(year, month, 1) for year in range(1600, 2401) for month in (1, 3, 7)]
    days = [day for first in firsts for day in (first, first - timedelta(days=1))]
    days = [datetime(day.year, day.month, day.day, hour=23, minute=59, second=59, microsecond=999_999) for day in days]
    frame = pd.DataFrame({"row": np.arange(len(days)), "t": np.array(days, dtype="datetime64[us]")})
    of_memory = day_number_of(nw.from_native(library(frame)), "t")
    for number in (day_number(nw.col("t")), of_memory):
        found = computed(library, frame, n=number)["n"].tolist()
        assert found == [(day - datetime(1970, 1, 1)).days for day in days]
    assert found == [day_of(day) for day in days]


MONEY = [0.5e-6, 1.5e-6, 2.5e-6, -0.5e-6, -1.5e-6, 1.0000005, 0.1 + 0.2, 2.675, -2.675, 1e9 / 3, 123456.7890125, 0.0]


def test_micro_units_are_equal_in_every_library(library):
    frame = pd.DataFrame({"row": np.arange(len(MONEY)), "x": MONEY})
    found = computed(library, frame, m=micro(nw.col("x")))["m"].tolist()
    assert found == [int(np.floor(x * 1e6 + 0.5)) for x in MONEY]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_micro_units_of_any_money(local_library, money):
    frame = pd.DataFrame({"row": np.arange(len(money)), "x": money})
    found = computed(local_library, frame, m=micro(nw.col("x")))["m"].tolist()
    assert found == [int(np.floor(x * 1e6 + 0.5)) for x in money]
    assert all(abs(m - x * 1e6) <= 0.5 + 1e-6 * abs(x) for m, x in zip(found, money, strict=True))


@pytest.mark.parametrize("by", [3, 7.0, 10_000, 1_000_000])
def test_quotients_are_equal_in_every_library(library, by):
    whole = np.arange(-1_000, 20_000, 7)
    found = computed(library, pd.DataFrame({"row": whole}), n=divided(nw.col("row"), by))["n"]
    assert found.tolist() == [int(number) / by for number in whole]


def test_opened_keeps_the_library_and_laziness(library):
    native = library(pd.DataFrame({"a": [1, 2]}))
    frame = opened(native, argument="orders")
    assert is_lazy(frame) == library.lazy
    assert type(frame.to_native()) is type(native)
    assert collect(frame)["a"].to_list() == [1, 2]


@pytest.mark.parametrize("table", [None, 3, "orders", [{"a": 1}], pd.Series([1])])
def test_opened_names_the_argument_and_what_it_got(table):
    with pytest.raises(TypeError, match=f"`orders` must be a pandas, .* table, got {type(table).__name__}"):
        opened(table, argument="orders")


def test_labels_of_pandas_rows_carry_no_meaning():
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=["x", "x", "y"])
    assert opened(frame, argument="t").to_native().index.tolist() == [0, 1, 2]
    assert frame.index.tolist() == ["x", "x", "y"]
    kept = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    assert opened(kept, argument="t").to_native().index.tolist() == ["x", "y"]


def test_a_computed_table_goes_back_in_the_callers_library(library):
    native = library(pd.DataFrame({"a": [1, 2, 3]}))
    like = opened(native, argument="t")
    small = build({"a": [1, 2], "b": [0.5, 1.5]}, like=like)
    back = hand_back(small, like=like)
    assert type(back) is type(native)
    assert to_pandas(back, sort=["a"])["b"].tolist() == [0.5, 1.5]
    joined = join(like, opened(back, argument="t"), on=["a"], how="left")
    assert to_pandas(joined.to_native(), sort=["a"])["b"].tolist()[:2] == [0.5, 1.5]


def test_a_table_handed_back_to_duckdb_lives_on_the_callers_connection():
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    connection = duckdb.connect()
    for name in ("computed", "handed_back", "small", "theirs"):  # names that the library might use itself
        connection.execute(f"create table {name} as select 99 as a, 'mine' as b")
    relation = connection.sql("select 1 as a union all select 2")
    like = opened(relation, argument="t")
    one = hand_back(nw.from_native(pd.DataFrame({"a": [1, 2], "b": [10, 20]}), eager_only=True), like=like)
    two = hand_back(nw.from_native(pd.DataFrame({"a": [1, 2], "c": [30, 40]}), eager_only=True), like=like)
    connection.execute("create table theirs_too as select 1 as a, 'x' as d")
    joined = one.join(two, "a").join(connection.table("theirs_too"), "a")
    assert joined.fetchall() == [(1, 10, 30, "x")]
    for name in ("computed", "handed_back"):
        assert connection.sql(f"select * from {name}").fetchall() == [(99, "mine")]


def test_built_tables_are_polars_for_a_lazy_frame_and_pandas_for_an_engine(library):
    built = build({"a": [1]}, like=opened(library(pd.DataFrame({"a": [1]})), argument="t"))
    expected = "polars" if library.name.startswith("polars") else "pyarrow" if library.name == "pyarrow" else "pandas"
    assert built.implementation.value == expected


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([pd.NA], dtype=object),
        pd.Series([pd.NA], dtype="Int64"),
        pd.Series([None], dtype=object),
        pd.Series([np.nan]),
    ],
)
def test_a_sum_that_an_engine_leaves_missing_is_nothing(column):
    assert whole_number(nw.from_native(column, series_only=True)) == 0
    assert whole_number(nw.from_native(pd.Series([7]).astype(column.dtype), series_only=True)) == 7


def test_sums_over_no_rows_are_nothing_in_every_library(library):
    frame = opened(library(pd.DataFrame({"a": [1, 2]})), argument="t").filter(nw.col("a") > 5)
    row = collect(frame.select(n=(nw.col("a") == 1).cast(nw.Int64).sum()))
    assert whole_number(row["n"]) == 0
