"""What is a purchase, who is new, and what is left out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, retention
from ecommine.retention._read.days import read_days
from libraries import to_pandas
from notes import note_counts
from retention.simulated import alike_cohorts, date_of
from retention.slow import days_of


def table(*rows, **columns):
    """Order lines: order, customer, day of March 2024, amount."""
    order, customer, day, amount = zip(*rows, strict=True)
    at = pd.to_datetime("2024-03-01") + pd.to_timedelta(np.array(day) - 1, unit="D")
    made = pd.DataFrame({"order_id": order, "customer_id": customer, "ordered_at": at, "amount": amount})
    return made.assign(ordered_at=made["ordered_at"].astype("datetime64[us]"), **columns)


def test_a_second_order_of_the_day_is_no_return(library):
    orders = library(table((1, "a", 1, 5.0), (2, "a", 1, 5.0), (3, "b", 1, 5.0), (4, "b", 2, 5.0), (5, "c", 31, 1.0)))
    result = retention.curve(orders, within="1d", first_orders_from="2024-01-01", as_of="2024-06-01")
    shown = to_pandas(result.table)
    assert shown["customers"].tolist() == [3]
    assert shown["returned"].tolist() == pytest.approx([1 / 3])


def test_a_refund_is_money_and_no_purchase(library):
    orders = table(*((i, f"c{i}", 1, 10.0) for i in range(30)), (40, "c0", 3, -10.0), (41, "c1", 9, 4.0))
    result = retention.value(library(orders), horizon="8d", first_orders_from="2024-01-01")
    row = to_pandas(result.table).iloc[0]
    assert row["value"] == pytest.approx((300 - 10 + 4) / 30)
    assert row["purchases"] == pytest.approx(31 / 30)


def test_an_order_taken_back_in_full_under_its_own_id_is_no_purchase(library):
    orders = table(
        (1, "a", 1, 5.0), (2, "a", 4, 9.0), (2, "a", 8, -9.0),  # taken back in full: no return
        (3, "b", 1, 5.0), (4, "b", 4, 9.0), (4, "b", 8, -4.0),  # in part: a return
        (5, "c", 1, 5.0), (5, "c", 2, -5.0), (6, "d", 31, 1.0),  # nothing left
    )  # fmt: skip
    result = retention.curve(library(orders), within="7d", first_orders_from="2024-01-01", as_of="2024-06-01")
    assert to_pandas(result.table)["returned"].tolist() == pytest.approx([1 / 3])
    assert note_counts(result.notes) == {"cancelled_orders": 2, "customers_without_purchase": 1}


def test_charges_buy_nothing(library):
    orders = table((1, "a", 1, 5.0), (2, "a", 3, 4.0), (3, "b", 9, 5.0), line_type=["product", "fee", None])
    days, _ = read_days(library(orders), None)
    assert days.is_purchase.tolist() == [True, False, True]


def test_a_negative_quantity_is_a_return_too(library):
    orders = table((1, "a", 1, 5.0), (2, "a", 3, 0.0), quantity=[1, -1])
    assert to_pandas(retention.value(library(orders), horizon="2d", first_orders_from="2024-01-01").table)[
        "customers"
    ].tolist() == [1]
    assert read_days(orders, None)[0].is_purchase.tolist() == [True, False]


def test_guests_late_rows_and_customers_without_a_purchase_are_counted(library):
    orders = table((1, "a", 1, 5.0), (2, None, 2, 3.0), (2, None, 2, 4.0), (3, "b", 3, -5.0), (4, "a", 20, 5.0))
    result = retention.curve(library(orders), as_of="2024-03-10", first_orders_from="2024-01-01")
    counts = note_counts(result.notes)
    assert counts == {"guests_left_out": 2, "rows_after_as_of": 1, "customers_without_purchase": 1}
    assert "1 order, money 7.00" in result.notes[1]


def test_rows_after_as_of_change_nothing():
    orders = table((1, "a", 1, 5.0), (2, "a", 9, 5.0), (3, "b", 2, 3.0))
    later = table((9, "b", 11, 70.0), (1, "a", 12, -5.0), (8, "z", 15, 5.0))
    for call in (retention.curve, retention.value, retention.cohorts, retention.churn_warnings):
        one, other = (call(rows, as_of="2024-03-10") for rows in (orders, pd.concat([orders, later])))
        for name, part in one.tables.items():
            pd.testing.assert_frame_equal(part, other.tables[name])


def test_who_is_seen_first_in_the_beginning_is_marked():
    orders = table(*((i, f"c{i % 5}", 1 + i // 5 * (5 + i % 5), 5.0) for i in range(20)), (30, "new", 28, 5.0))
    result = retention.curve(orders, within="3d")
    # Closed gaps are 5, 6, 7, 8, 9, thrice each: nine days cover 90 % of them.
    assert result.first_orders_from == pd.Timestamp("2024-03-10")
    assert result.table["first_seen"].tolist() == [False, True]
    assert result.table["customers"].tolist() == [1, 5]
    assert note_counts(result.notes)["first_seen"] == 5


def test_nobody_new_is_null_and_names_the_argument():
    orders = table((1, "a", 1, 5.0), (2, "a", 9, 5.0), (3, "b", 1, 3.0))
    result = retention.curve(orders, within="3d")
    assert result.table["customers"].tolist() == [0, 2]
    assert np.isnan(result.table["returned"][0])
    note = next(note for note in result.notes if note.code == "no_new_customers")
    assert "`first_orders_from`" in note


def test_registration_tells_who_is_new():
    orders = table((1, "a", 1, 5.0), (2, "b", 2, 5.0), (3, "c", 29, 5.0), (4, "a", 30, 5.0), (5, "d", 31, 1.0))
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "registered_at": pd.to_datetime(["2024-03-01", "2020-01-01", None]).astype("datetime64[us]"),
        }
    )
    result = retention.cohorts(orders, customers=customers, every="1d")
    new = result.returns.set_index("cohort")["first_seen"]
    # a registered on the first day; b long before; c has no date, and like d is judged by the gaps (29 days).
    assert new.tolist() == [False, True, True, False]
    assert note_counts(result.notes)["customers_not_matched"] == 1


def test_who_first_brings_something_back_is_no_new_customer():
    orders = table((1, "a", 1, 5.0), (0, "b", 2, -5.0), (2, "b", 3, 5.0), (3, "b", 9, 5.0))
    result = retention.value(orders, horizon="3d", first_orders_from="2024-01-01")
    assert result.table[["first_seen", "customers"]].to_numpy().tolist() == [[False, 1], [True, 1]]
    assert note_counts(result.notes)["money_before_first_purchase"] == 1


def test_groups_are_those_of_the_first_order(library):
    orders = table(
        (1, "a", 1, 5.0), (2, "a", 3, 5.0), (3, "b", 1, 1.0), (4, "b", 1, 1.0), (5, "c", 1, 1.0), (6, "d", 9, 1.0),
        channel=["web", "app", "web", "app", None, "app"],
    )  # fmt: skip
    options = {"by": "channel", "first_orders_from": "2024-01-01", "as_of": "2024-03-20"}
    result = retention.curve(library(orders), within="2d", **options)
    shown = to_pandas(result.table)
    assert shown["channel"].tolist() == ["app", "mixed", "web", None]
    assert shown["customers"].tolist() == [1, 1, 1, 1]
    assert shown["returned"].tolist() == [0, 0, 1, 0]


def test_groups_of_the_table_of_customers(library):
    orders = table((1, 1, 1, 5.0), (2, 1, 3, 5.0), (3, 2, 1, 1.0), (4, 3, 9, 5.0))
    customers = pd.DataFrame({"customer_id": [2, 1], "city": ["Rome", "Oslo"]})
    result = retention.curve(library(orders), within="2d", by="city", customers=library(customers),
                             first_orders_from="2024-01-01")  # fmt: skip
    assert to_pandas(result.table)["city"].tolist() == ["Oslo", "Rome", None]


def test_customers_that_are_there_twice_are_refused():
    orders = table((1, "a", 1, 5.0))
    with pytest.raises(SchemaError, match="more than once"):
        retention.curve(orders, customers=pd.DataFrame({"customer_id": ["a", "a"]}))


NO_GROUPS = ["chanel", "order_id", "_day", "amount", "ordered_at", "cohort", "value", "first_seen"]


@pytest.mark.parametrize("name", NO_GROUPS)
@pytest.mark.parametrize("call", [retention.cohorts, retention.curve, retention.value])
def test_columns_that_are_no_groups_are_refused(call, name):
    orders = table((1, "a", 1, 5.0), channel="web").assign(_day=1, cohort="a", value="b", first_seen="c")
    with pytest.raises(ValueError, match="`by`"):
        call(orders, by=name)


def test_an_order_that_was_taken_back_is_of_no_group():
    orders = table((1, "a", 1, 5.0), (2, "a", 1, 9.0), (2, "a", 3, -9.0), channel=["app", "web", "web"])
    assert set(retention.curve(orders, by="channel", first_orders_from="2024-01-01").table["channel"]) == {"app"}


def test_a_stray_early_line_and_guests_make_nobody_new():
    shop, last = alike_cohorts(1)
    plain = retention.curve(shop, as_of=date_of(last))
    stray = shop.iloc[:1].assign(customer_id=9_999, ordered_at=np.datetime64("2019-01-01", "us"))
    found = retention.curve(pd.concat([shop, stray]), as_of=date_of(last))
    assert abs((found.first_orders_from - plain.first_orders_from).days) <= 2
    late = shop[shop["ordered_at"] >= date_of(180)]
    guests = shop[shop["ordered_at"] < date_of(180)].assign(customer_id=None)
    known = retention.curve(late, as_of=date_of(last))
    with_guests = retention.curve(pd.concat([late, guests]).astype({"customer_id": "Int64"}), as_of=date_of(last))
    assert with_guests.first_orders_from == known.first_orders_from
    assert note_counts(with_guests.notes)["first_seen"] == note_counts(known.notes)["first_seen"]


@pytest.mark.parametrize("within", ["2h", "1mo", "0d", (), "week"])
def test_lengths_are_whole_days(within):
    with pytest.raises(ValueError, match="`within`"):
        retention.curve(table((1, "a", 1, 5.0)), within=within)


def test_money_that_is_not_finite_or_missing_is_refused():
    for amount, error in ((np.inf, "not a number, infinite"), (1e16, "above"), (np.nan, "amount` is missing")):
        with pytest.raises(ValueError, match=error):
            retention.value(table((1, "a", 1, 5.0), (2, "a", 2, amount)))


def test_large_money_is_counted_in_cents():
    orders = table((1, "a", 1, 4e12), (2, "b", 1, 6e12))
    days, _ = read_days(orders, None)
    assert days.money.tolist() == [4e12, 6e12]


LINES = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from(["a", "b", "c"]), st.integers(1, 12), st.sampled_from([5.0, 2.5, -2.5, -5.0])
    ),
    min_size=1,
    max_size=25,
)


@given(LINES)
def test_customer_days_match_the_slow_version(rows):
    orders = table(*rows)
    days, _ = read_days(orders, None)
    money, bought = days_of(orders)
    found = {name: days.day[(days.customer == i) & days.is_purchase].tolist() for i, name in enumerate(days.customers)}
    assert found == bought
    for i, name in enumerate(days.customers.tolist()):
        own = days.customer == i
        assert dict(zip(days.day[own].tolist(), days.money[own].tolist(), strict=True)) == pytest.approx(money[name])


@given(LINES, st.randoms())
@settings(max_examples=15)
def test_the_order_of_rows_does_not_matter(rows, random):
    mixed = list(rows)
    random.shuffle(mixed)
    for call in (retention.cohorts, retention.value, retention.churn_warnings):
        one, other = (call(table(*part), as_of="2024-03-20") for part in (rows, mixed))
        for name, part in one.tables.items():
            pd.testing.assert_frame_equal(part, other.tables[name])
