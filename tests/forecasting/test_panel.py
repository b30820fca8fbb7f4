"""The panel: every library, holes, stockouts, broken and repeated rows, lengths of periods."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, forecasting, schema
from ecommine.forecasting._panel.grid import Periods, infer_every, make_grid
from ecommine.forecasting._panel.series import read_panel
from forecasting.shop import one_series
from notes import note_counts

NAN = np.nan


def weeks(*numbers):
    return pd.to_datetime("2024-01-01") + pd.to_timedelta([7 * number for number in numbers], unit="D")


def rows():
    """Two products in three weeks: a missing row within, one before the first, stock known for some."""
    return pd.DataFrame(
        {
            "product_id": ["b", "a", "a", "b"],
            "store_id": [1, 1, 2, 1],
            "period_at": weeks(2, 0, 2, 1),
            "units_sold": [5, 2, 4, 1],
            "quantity": [4, 2, 4, 1],
            "in_stock": [1.0, 0.5, 0.25, NAN],
            "price": [2.0, 3.0, 5.0, NAN],
        }
    )


def test_rows_become_a_panel(library):
    panel = read_panel(library(rows()), every="1w", by=("product_id",))
    assert panel.ids["product_id"].tolist() == ["a", "b"]
    # a: half of the week in stock doubles what was sold; then no row, 0; then out for three quarters, unknown
    np.testing.assert_array_equal(panel.demand, [[4, 0, NAN], [NAN, 1, 5]])
    np.testing.assert_array_equal(panel.price, [[3, NAN, 5], [NAN, NAN, 2]])
    assert panel.is_count.tolist() == [True, True]
    assert note_counts(panel.notes) == {"out_of_stock": 1}


def test_series_by_product_and_store(library):
    panel = read_panel(library(rows().drop(columns="in_stock")), every="1w", by=("product_id", "store_id"))
    assert list(zip(panel.ids["product_id"], panel.ids["store_id"].tolist(), strict=True)) == [
        ("a", 1),
        ("a", 2),
        ("b", 1),
    ]
    np.testing.assert_array_equal(panel.demand, [[2, 0, 0], [NAN, NAN, 4], [NAN, 1, 5]])
    assert panel.names() == ["a / 1", "a / 2", "b / 1"]
    assert panel.names({"a": "tea"}) == ["tea / 1", "tea / 2", "b / 1"]


def test_stores_are_summed_by_product():
    table = pd.DataFrame({"product_id": "a", "store_id": [1, 2], "period_at": [0, 0], "quantity": [2, 3]})
    assert read_panel(table).demand.tolist() == [[5.0]]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30)
def test_the_order_of_rows_does_not_matter(seed):
    table = rows().drop(columns="in_stock")
    shuffled = table.sample(frac=1, random_state=seed)
    first, second = (read_panel(one, every="1w") for one in (table, shuffled))
    np.testing.assert_array_equal(first.demand, second.demand)
    np.testing.assert_array_equal(first.price, second.price)


@given(
    cells=st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 6)), st.integers(0, 9), min_size=1, max_size=20)
)
def test_the_panel_is_that_of_a_slow_loop(cells):
    table = pd.DataFrame([(p, t, units) for (p, t), units in cells.items()],
                         columns=["product_id", "period_at", "quantity"])  # fmt: skip
    panel = read_panel(table)
    products, first = sorted({p for p, _ in cells}), min(t for _, t in cells)
    last = max(t for _, t in cells)
    for row, product in enumerate(products):
        begin = min(t for p, t in cells if p == product)
        expected = [cells.get((product, t), 0) if t >= begin else NAN for t in range(first, last + 1)]
        np.testing.assert_array_equal(panel.demand[row], expected)


def test_null_is_unknown_and_negative_is_none():
    panel = read_panel(one_series([3.0, NAN, -2.0, 1.5]))
    np.testing.assert_array_equal(panel.demand, [[3, NAN, 0, 1.5]])
    assert note_counts(panel.notes) == {"negative_demand": 1}
    assert panel.is_count.tolist() == [False]


@pytest.mark.parametrize("broken", [np.inf, "n/a"])
def test_a_broken_series_is_noted_and_the_rest_read(broken):
    good, bad = one_series([1, 2, 3]), one_series([1, broken, 3], product="pot")
    panel = read_panel(pd.concat([good, bad], ignore_index=True))
    assert note_counts(panel.notes) == {"broken_series": 1}
    assert np.isnan(panel.demand[0]).all()
    assert panel.demand[1].tolist() == [1, 2, 3]


def test_repeated_periods_are_an_error_that_names_one():
    table = pd.concat([rows(), rows()[2:3]])
    with pytest.raises(SchemaError, match=r"1 row repeat .* product_id=a, store_id=2, period_at=2024-01-15"):
        read_panel(table, every="1w")
    with pytest.raises(SchemaError, match="repeat the product and the period"):
        read_panel(pd.concat([rows(), rows()[2:3]]), every="1w", by=("product_id", "store_id"))


def test_unfinished_periods_are_left_out():
    table = one_series([1, 2, 3]).assign(period_at=weeks(0, 1, 2), complete=[True, True, False])
    assert read_panel(table, every="1w").demand.tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="no complete period"):
        read_panel(table.assign(complete=False), every="1w")


@pytest.mark.parametrize(
    ("as_of", "n"), [("2024-01-14", 2), ("2024-01-13", 1), ("2024-01-21 23:00", 2), ("2030-01-01", 3), (date.max, 3)]
)
def test_as_of_keeps_the_periods_that_are_over(as_of, n):
    table = one_series([1, 2, 3]).assign(period_at=weeks(0, 1, 2))
    assert len(read_panel(table, every="1w", as_of=as_of).periods) == n


def test_as_of_is_a_number_where_periods_are():
    assert len(read_panel(one_series([1, 2, 3]), as_of=1).periods) == 2
    with pytest.raises(TypeError, match="`as_of` must be a number"):
        read_panel(one_series([1, 2, 3]), as_of="2024-01-01")
    with pytest.raises(TypeError, match="`as_of` must be a datetime"):
        read_panel(one_series([1, 2]).assign(period_at=weeks(0, 1)), every="1w", as_of=1)


@pytest.mark.parametrize(("step", "every"), [("D", "1d"), ("7D", "1w"), ("MS", "1mo"), ("QS", "1q"), ("YS", "1y")])
def test_the_length_of_a_period_shows_in_the_dates(step, every):
    starts = pd.date_range("2024-01-01", periods=6, freq=step)
    assert infer_every(starts.to_numpy().astype("datetime64[us]")) == every
    panel = read_panel(one_series(range(6)).assign(period_at=starts))
    assert panel.periods.every == every
    assert note_counts(panel.notes) == {"every_inferred": None}
    following = pd.date_range(starts[-1], periods=3, freq=step)[1:]
    assert panel.periods.following(2).starts.tolist() == following.to_pydatetime().tolist()


def test_sparse_dates_do_not_show_the_period():
    table = one_series([1, 2, 3]).assign(period_at=pd.to_datetime(["2024-01-01", "2024-01-04", "2024-02-20"]))
    with pytest.raises(ValueError, match="`every` must be given"):
        read_panel(table)
    assert read_panel(table, every="1d").demand.shape == (1, 51)


def test_dates_that_begin_no_period_are_an_error():
    table = one_series([1, 2, 3]).assign(period_at=pd.to_datetime(["2024-01-01", "2024-01-09", "2024-01-15"]))
    with pytest.raises(SchemaError, match=r"1 date that begin no period of '1w' .* '2024-01-09'"):
        read_panel(table, every="1w")


def test_days_of_periods():
    months = make_grid(np.datetime64("2024-01-01", "us"), 3, "1mo")
    assert months.days.tolist() == [31, 29, 31]
    assert make_grid(5, 3, None).starts.tolist() == [5, 6, 7]
    assert make_grid(5, 3, None).days.tolist() == [1, 1, 1]


@pytest.mark.parametrize(("every", "n", "length"), [("1d", 14, 7), ("1w", 103, 1), ("1w", 104, 52), ("1mo", 24, 12),
                                                    ("1mo", 23, 1), ("1q", 8, 4), ("1y", 9, 1)])  # fmt: skip
def test_no_season_below_two_of_it(every, n, length):
    periods = make_grid(np.datetime64("2020-01-06", "us"), n, every)
    assert periods.season_length("auto") == length
    assert periods.season_length(5) == 5


def test_numbered_periods_have_no_season_of_their_own():
    assert Periods(starts=np.arange(100), every=None).season_length("auto") == 1
    assert Periods(starts=np.arange(100), every="1mo").season_length("auto") == 12


def test_the_panel_of_orders():
    orders = pd.DataFrame({"order_id": [1, 2, 3], "customer_id": 1, "product_id": "tea", "quantity": [1, 2, 3],
                           "ordered_at": pd.to_datetime(["2024-01-01 00:00", "2024-01-16 12:00", "2024-01-21 23:59"]),
                           "unit_price": 1.0})  # fmt: skip
    panel = read_panel(schema.to_sales(orders), every="1w")
    assert panel.demand.tolist() == [[1, 0]]  # the last week is not over before midnight


@pytest.mark.parametrize(
    ("change", "options", "error", "text"),
    [
        ({"quantity": None}, {}, SchemaError, "`quantity` is missing"),
        ({"product_id": None}, {}, SchemaError, "`product_id` is missing"),
        ({"period_at": None}, {}, SchemaError, "`period_at` is missing"),
        ({}, {"by": ()}, ValueError, "`by` must be names of columns"),
        ({}, {"by": ("product_id", "product_id")}, ValueError, "`by` must be names of columns, each once"),
        ({}, {"by": 1}, TypeError, "`by` must be one or several names of columns"),
        ({}, {"by": {"product_id": 1}}, TypeError, "`by` must be"),
        ({}, {"by": ("period_at",)}, ValueError, "not `period_at`"),
        ({}, {"every": "2w"}, ValueError, "`every` must be one of"),
    ],
)
def test_errors_name_the_argument(change, options, error, text):
    table = one_series([1, 2]).drop(columns=list(change))
    with pytest.raises(error, match=text):
        read_panel(table, **options)


@pytest.mark.parametrize("ends", [(-(2**63), 2**63 - 1), (0, 2**54), (-(2**54), 0), (0, 2**64 - 1)])
def test_numbers_of_periods_beyond_all_reason_are_named(ends):
    numbers = np.array(ends, dtype="uint64" if ends[1] > 2**63 else "int64")
    with pytest.raises(ValueError, match=f"`period_at` of `sales` must be numbers .* got {ends[0]} to {ends[1]}"):
        read_panel(one_series([1, 2]).assign(period_at=numbers))


def test_no_rows_and_missing_ids_are_errors():
    with pytest.raises(ValueError, match="no rows"):
        read_panel(one_series([1])[:0])
    with pytest.raises(SchemaError, match="`product_id` is missing in 1 row"):
        read_panel(one_series([1, 2]).assign(product_id=["a", None]))
    with pytest.raises(TypeError, match="`sales` must be a"):
        read_panel([1, 2])


@pytest.mark.parametrize("freq", ["M", "W-SUN"])
def test_periods_of_pandas_are_told_how_to_become_dates(freq):
    table = pd.DataFrame({"product_id": "tea", "period_at": pd.period_range("2024-01", periods=9, freq=freq),
                          "quantity": range(9)})  # fmt: skip
    for call in (lambda: forecasting.forecast(table, 2), lambda: forecasting.classify(table)):
        with pytest.raises(SchemaError, match="to_timestamp"):
            call()
    dates = table.assign(period_at=table["period_at"].dt.to_timestamp())
    assert len(forecasting.forecast(dates, 2).table) == 2


@pytest.mark.parametrize("value", [100.0, -1.0, 1.5])
def test_shares_of_a_period_are_from_0_to_1(value):
    table = one_series(range(9)).assign(in_stock=[0.5] * 8 + [value])
    with pytest.raises(SchemaError, match=f"`in_stock` holds 1 value outside 0 to 1, such as {value:g}"):
        forecasting.forecast(table, 2)
