"""Recency, frequency and monetary value: by hand, in every library, against the slow version, and on bad input."""

import warnings
from datetime import date, datetime, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import DataWarning, SchemaError, rfm, schema
from libraries import to_pandas
from notes import caught_counts, warning_counts
from rfm.slow import orders, shop, slow_table


def times(*texts):
    return np.array(texts, dtype="datetime64[us]")


def lines():
    """Ann buys twice and returns once; bob only returns; a guest buys; eve buys and gets a free item."""
    return pd.DataFrame(
        {
            "order_id": [1, 1, 2, 3, 4, 5, 6, 6],
            "customer_id": np.array(["ann", "ann", "ann", "ann", "bob", None, "eve", "eve"], dtype=object),
            "ordered_at": times(
                "2024-01-01T09:00",
                "2024-01-01T09:00",
                "2024-02-01T23:59",
                "2024-02-20T10:00",
                "2024-02-10T10:00",
                "2024-03-01T00:10",
                "2024-02-28T08:00",
                "2024-02-28T08:00",
            ),
            "quantity": [1, 2, 1, -1, -1, 3, 2, 1],
            "amount": [10.0, 20.5, 30.0, -30.0, -5.0, 9.0, 8.0, 0.0],
        }
    )


def quiet(call, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return call(*args, **options)


def measured(result):
    table = to_pandas(result, sort=["customer_id"])
    return {row.customer_id: (row.recency, row.frequency, round(row.monetary, 6)) for row in table.itertuples()}


@pytest.mark.call("rfm.table")
def test_by_hand_in_every_library(library):
    result, found = warning_counts(rfm.table, library(lines()))
    assert found == {"guests_left_out": 1, "customers_without_orders": 1}
    # As of the guest's order on 1 March: ann's last order is of 1 February, 29 days before, not her return.
    assert measured(result) == {"ann": (29, 2, 30.5), "eve": (2, 1, 8.0)}
    table = to_pandas(result, sort=["customer_id"])
    assert table["first_order_at"].tolist() == [pd.Timestamp("2024-01-01 09:00"), pd.Timestamp("2024-02-28 08:00")]
    assert table["last_order_at"].tolist() == [pd.Timestamp("2024-02-01 23:59"), pd.Timestamp("2024-02-28 08:00")]
    assert table["average_order_value"].tolist() == [15.25, 8.0]


def test_result_is_of_the_callers_library_and_as_lazy(library):
    raw = library(lines())
    result = quiet(rfm.table, raw)
    assert type(result) is type(raw)
    frame = nw.from_native(result)
    assert isinstance(frame, nw.LazyFrame) is library.lazy
    schema = frame.collect_schema()
    assert schema.names() == [
        "customer_id",
        "recency",
        "frequency",
        "monetary",
        "first_order_at",
        "last_order_at",
        "average_order_value",
    ]
    assert (schema["recency"], schema["frequency"], schema["monetary"]) == (nw.Int64, nw.Int64, nw.Float64)


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        ("net", {"ann": (29, 2, 30.5), "eve": (2, 1, 8.0)}),
        ("drop", {"ann": (29, 2, 60.5), "eve": (2, 1, 8.0)}),
        ("keep", {"ann": (10, 3, 30.5), "bob": (20, 1, -5.0), "eve": (2, 1, 8.0)}),
    ],
)
def test_returns_by_hand(library, returns, expected):
    assert measured(quiet(rfm.table, library(lines()), returns=returns)) == expected


def test_amount_comes_from_quantity_and_price(library):
    raw = shop().drop(columns="amount")
    given_amount = shop().assign(amount=lambda t: t["quantity"] * t["unit_price"])
    assert measured(quiet(rfm.table, library(raw))) == measured(quiet(rfm.table, given_amount))


def test_lines_after_as_of_are_left_out_of_everything(library):
    result, found = warning_counts(rfm.table, library(lines()), as_of=datetime(2024, 2, 20))
    assert found == {"rows_after_as_of": 4, "customers_without_orders": 1}
    assert measured(result) == {"ann": (19, 2, 60.5)}


def test_period_keeps_its_end_and_not_its_start(library):
    raw = lines()
    inside = quiet(rfm.table, library(raw), as_of="2024-02-28 08:00", period="27d")
    # The 27 days start after 1 February 08:00, so that ann's second order counts and the first does not.
    assert measured(inside) == {"ann": (27, 1, 0.0), "eve": (0, 1, 8.0)}
    exact = quiet(
        rfm.table, library(raw), as_of=datetime(2024, 2, 28, 8), period=timedelta(days=26, hours=8, minutes=1)
    )
    assert measured(exact) == {"eve": (0, 1, 8.0)}
    # Without as_of the period ends with the last line, the guest's.
    assert measured(quiet(rfm.table, library(raw), period="1mo")) == {"ann": (29, 1, 0.0), "eve": (2, 1, 8.0)}


def test_one_warning_has_all_notes():
    _, found = warning_counts(rfm.table, lines(), as_of="2024-02-25", period="1mo")
    assert (found["rows_after_as_of"], found["rows_before_period"]) == (3, 2)


def test_spellings_of_as_of_agree():
    spelled = [date(2024, 2, 28), "2024-02-28", datetime(2024, 2, 28, 23, 59, 59, 999_999)]
    tables = [measured(quiet(rfm.table, lines(), as_of=value)) for value in spelled]
    assert tables[0] == tables[1] == tables[2]
    midnight = [datetime(2024, 2, 28), pd.Timestamp("2024-02-28"), "2024-02-28T00:00"]
    assert all("eve" not in measured(quiet(rfm.table, lines(), as_of=value)) for value in midnight)


@pytest.mark.parametrize(
    ("raw", "returns"), [(shop(), "net"), (shop(rng=1), "drop"), (shop(rng=2), "keep")], ids=["net", "drop", "keep"]
)
def test_every_library_matches_the_slow_version(library, raw, returns):
    until, start = datetime(2025, 1, 15, 12), datetime(2024, 7, 15, 12)
    table = to_pandas(quiet(rfm.table, library(raw), as_of=until, period="6mo", returns=returns), sort=["customer_id"])
    slow = slow_table(raw, as_of=until, start=start, returns=returns)
    assert table["customer_id"].tolist() == sorted(slow)
    for row in table.itertuples():
        days, count, money, first, last = slow[row.customer_id]
        assert (row.recency, row.frequency, row.first_order_at, row.last_order_at) == (days, count, first, last)
        assert row.monetary == pytest.approx(money, abs=1e-6)


@settings(max_examples=60)
@given(orders(), st.sampled_from(["net", "drop", "keep"]))
def test_any_table_matches_the_slow_version(raw, returns):
    table = quiet(rfm.table, raw, returns=returns)
    slow = slow_table(raw, returns=returns)
    assert table["customer_id"].tolist() == sorted(slow)
    for row in table.itertuples():
        days, count, money, first, last = slow[row.customer_id]
        assert (row.recency, row.frequency, row.first_order_at, row.last_order_at) == (days, count, first, last)
        assert row.monetary == pytest.approx(money, abs=1e-6)


@settings(max_examples=30)
@given(orders(min_rows=1), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_labels_means_nothing(raw, random):
    shuffled = raw.sample(frac=1, random_state=random.randrange(2**31))
    one, other = quiet(rfm.table, raw), quiet(rfm.table, shuffled.set_index(np.zeros(len(raw), dtype=int)))
    assert measured(one) == measured(other)


def test_whole_number_ids_beyond_2_53_stay_apart(library):
    big = 2**62
    raw = lines().assign(
        order_id=np.array([big, big, big + 1, 3, 4, 5, 6, 6]), customer_id=np.array([1, 1, 1, 1, 2, 3, 4, 4])
    )
    assert measured(quiet(rfm.table, library(raw)))[1] == (29, 2, 30.5)


def test_the_largest_order_id_is_still_an_order():
    raw = lines().assign(order_id=np.array([2**63 - 1, 2**63 - 1, 7, 3, 4, 5, 6, 6]))
    assert measured(quiet(rfm.table, raw))["ann"] == (29, 2, 30.5)


def test_guests_as_nan_among_whole_numbers(library):
    raw = lines().assign(customer_id=[1.0, 1.0, 1.0, 1.0, 2.0, np.nan, 4.0, 4.0])
    assert measured(quiet(rfm.table, schema.orders(library(raw)))) == {1: (29, 2, 30.5), 4: (2, 1, 8.0)}
    if library.name == "pandas-numpy":  # which has no other way to write whole numbers beside missing ones
        assert measured(quiet(rfm.table, library(raw))) == {1: (29, 2, 30.5), 4: (2, 1, 8.0)}


def test_all_guests_leave_an_empty_table(library):
    raw = lines().assign(customer_id=np.array([None] * 8, dtype=object))
    with pytest.warns(DataWarning, match=r"4 orders.*42\.50") as caught:
        result = rfm.table(library(raw))
    assert caught_counts(caught) == {"guests_left_out": 8}
    assert to_pandas(result).empty


def test_all_returns_leave_an_empty_table(library):
    raw = lines().assign(quantity=-1)
    with pytest.warns(DataWarning, match=r"33\.50") as caught:
        result = rfm.table(library(raw))
    assert caught_counts(caught)["customers_without_orders"] == 3
    assert to_pandas(result).empty


def test_no_lines_give_no_customers(library):
    result = to_pandas(rfm.table(library(lines().iloc[:0])))
    assert len(result) == 0
    assert "average_order_value" in result.columns


def test_one_line_is_one_customer(library):
    assert measured(rfm.table(library(lines().iloc[:1]))) == {"ann": (0, 1, 10.0)}


def test_as_of_before_all_lines_says_when_the_data_are(library):
    with pytest.raises(ValueError, match=r"`as_of`.*2020-01-01.*2024-01-01 to 2024-03-01"):
        rfm.table(library(lines()), as_of="2020-01-01")


def test_as_of_long_after_all_lines_has_a_note():
    rfm.table(lines().iloc[:1], as_of="2024-12-31")  # a year, of 366 days, less one
    _, found = warning_counts(rfm.table, lines().iloc[:1], as_of="2025-01-01")
    assert found == {"as_of_long_after_data": 366}


def test_charges_are_money_but_no_order(library):
    """Of ann's second order only the shipping is left; bob has a fee alone; gifts and untyped lines are orders."""
    types = ["product", "shipping", "shipping", None, "fee", "product", "gift", "discount"]
    raw = lines().assign(line_type=np.array(types, dtype=object), quantity=1, amount=np.abs(lines()["amount"]))
    expected = {"ann": (10, 2, 90.5), "eve": (2, 1, 8.0)}
    with pytest.warns(DataWarning, match=r"5\.00") as caught:
        assert measured(rfm.table(library(raw))) == expected
    assert caught_counts(caught)["customers_without_orders"] == 1
    for returns in ("drop", "keep"):
        assert measured(quiet(rfm.table, library(raw), returns=returns)) == expected


def test_money_that_cancels_out_is_exactly_zero(library):
    raw = lines().iloc[:3].assign(amount=[0.1, 0.2, -0.3], quantity=[1, 1, -1])
    table = to_pandas(rfm.table(library(raw)))
    assert table["monetary"].tolist() == table["average_order_value"].tolist() == [0.0]


def test_rows_of_pandas_are_numbered_anew():
    assert quiet(rfm.table, lines().iloc[::-1]).index.tolist() == [0, 1]


def test_a_shop_is_no_table():
    with pytest.raises(TypeError, match=r"got a Shop: give its orders, shop\.orders"):
        rfm.table(schema.Shop(orders=lines()))


@pytest.mark.parametrize("amount", [np.inf, -np.inf, 1e13])
def test_money_beyond_measure_is_refused(library, amount):
    raw = lines()
    raw.loc[0, "amount"] = amount
    with pytest.raises(ValueError, match=r"1 line whose money is not a number, infinite or above 9e.12"):
        rfm.table(library(raw))


def test_lines_that_add_up_beyond_measure_are_refused(library):
    raw = lines()
    raw.loc[:1, "amount"] = 8e12
    with pytest.raises(ValueError, match=r"1 customer whose money is not a number, infinite or above 9e.12"):
        rfm.table(library(raw))


def test_missing_amounts_are_refused(library):
    raw = lines()
    raw.loc[0, "amount"] = np.nan
    with pytest.raises(SchemaError, match=r"`amount` is missing in 1 line"):
        rfm.table(library(raw.drop(columns=["unit_price"], errors="ignore")))


def test_long_sums_are_the_same_in_every_library(library):
    """Ten thousand times 0.1 is a thousand, where sums of floats are off by what no two libraries agree on."""
    many = pd.DataFrame({"order_id": range(10_000), "customer_id": 1, "amount": 0.1})
    many["ordered_at"] = np.datetime64("2024-05-01", "us")
    assert to_pandas(rfm.table(library(many)))["monetary"].tolist() == [1_000.0]


def test_missing_times_are_refused(library):
    raw = lines()
    raw.loc[[0, 3], "ordered_at"] = pd.NaT
    with pytest.raises(SchemaError, match=r"`ordered_at` is missing in 2 lines: .*quarantine"):
        rfm.table(library(raw))


def test_a_missing_column_is_refused(library):
    with pytest.raises(SchemaError, match="ordered_at"):
        rfm.table(library(lines().drop(columns="ordered_at")))


def test_ids_of_mixed_type_are_refused():
    raw = lines().assign(customer_id=np.array(["1", 1, "a", 2, "b", None, "c", "c"], dtype=object))
    with pytest.raises(SchemaError, match="customer_id"):
        rfm.table(raw)


def test_aware_times_are_refused():
    raw = lines().assign(ordered_at=lambda t: t["ordered_at"].dt.tz_localize("Asia/Shanghai"))
    with pytest.raises(SchemaError, match="ordered_at"):
        rfm.table(raw)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"returns": "Net"}, ValueError, "`returns` must be one of 'net', 'drop', 'keep', got 'Net'"),
        ({"period": "1 year"}, ValueError, "`period`"),
        ({"period": "0d"}, ValueError, "`period` must be longer than zero, got '0d'"),
        ({"as_of": "31.12.2024"}, ValueError, "`as_of` must be ISO 8601"),
        ({"as_of": 20240101}, TypeError, "`as_of`"),
        ({"as_of": pd.NaT}, ValueError, "`as_of`"),
        ({"as_of": "2024-01-01T00:00+02:00"}, ValueError, "without a zone"),
    ],
)
def test_wrong_options_name_the_argument(options, error, match):
    with pytest.raises(error, match=match):
        rfm.table(lines(), **options)


def test_another_object_is_refused():
    with pytest.raises(TypeError, match="`orders`"):
        rfm.table([1, 2, 3])
