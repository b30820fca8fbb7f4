"""Refunds of customers without an order in the period: a part of the bridge between net revenues, and no movement."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecommine import rfm
from libraries import few_on_spark, to_pandas
from rfm.slow import orders

FIXED = rfm.Scale(recency=(5, 10), frequency=(1, 2), monetary=(20, 100))


def lines_of(*rows):
    """Order lines from (customer, day, amount) or (customer, day, amount, type of line)."""
    customers, days, amounts = ([row[i] for row in rows] for i in range(3))
    columns = {
        "order_id": np.arange(len(rows)),
        "customer_id": np.array(customers, dtype=object),
        "ordered_at": np.array(days, dtype="datetime64[us]"),
        "amount": np.array(amounts, dtype="float64"),
    }
    if any(len(row) > 3 for row in rows):
        columns["line_type"] = np.array([row[3] if len(row) > 3 else "product" for row in rows], dtype=object)
    return pd.DataFrame(columns)


def january_to_february(lines, *, period="1mo", **options):
    january = rfm.score(lines, as_of="2024-01-31", period=period, scale=FIXED, scheme=rfm.VALUE_GROUPS, **options)
    return rfm.migration(january, january.apply(lines, as_of="2024-02-29"))


def parts(moved):
    """Map each part of the bridge that is not empty to its customers and money."""
    bridge = to_pandas(moved.bridge)
    return {row.part: (row.customers, row.money) for row in bridge.itertuples() if row.customers}


LATE = lines_of(
    ("ann", "2024-01-10", 100.0),
    ("bob", "2024-01-11", 50.0),
    ("ann", "2024-02-05", -100.0),
    ("bob", "2024-02-10", 60.0),
)


def test_a_refund_after_the_last_order_by_hand_in_every_library(library):
    moved = january_to_february(library(LATE))
    assert (moved.revenue_before, moved.revenue_after) == (150.0, -40.0)
    # Ann is gone with her 100 of January, and her refund costs February another 100. Bob's one order is 10 larger.
    expected = {"gone": (1, -100.0), "late_refunds": (1, -100.0)}
    found = parts(moved)
    assert {part: found.pop(part) for part in expected} == expected
    assert [money for _, money in found.values()] == [0.0, 10.0]
    assert moved.headline.endswith("change in revenue -190.00")


def test_refunds_in_either_period_are_no_movement(local_library):
    """Cat only returns in January, dan in both months: neither is a customer of a flow or of a rate."""
    lines = lines_of(
        ("ann", "2024-01-10", 100.0),
        ("cat", "2024-01-12", -30.0),
        ("dan", "2024-01-13", -5.0),
        ("ann", "2024-02-10", 100.0),
        ("dan", "2024-02-11", -7.5),
    )
    moved = january_to_february(local_library(lines))
    assert (moved.revenue_before, moved.revenue_after) == (65.0, 92.5)
    assert parts(moved)["late_refunds"] == (3, 27.5)  # dan in each month
    assert to_pandas(moved.table)["customers"].sum() == 1
    assert to_pandas(moved.rates)["customers"].sum() == 1


def test_who_returns_first_and_buys_later_is_new(local_library):
    lines = lines_of(("ann", "2024-01-10", 100.0), ("cat", "2024-01-12", -30.0), ("cat", "2024-02-10", 80.0))
    moved = january_to_february(local_library(lines))
    assert parts(moved) == {"new": (1, 80.0), "gone": (1, -100.0), "late_refunds": (1, 30.0)}
    assert (moved.revenue_before, moved.revenue_after) == (70.0, 80.0)


def test_charges_without_an_order_are_money_too(local_library):
    lines = lines_of(("ann", "2024-01-10", 100.0), ("ann", "2024-02-01", 4.5, "fee"), ("bob", "2024-02-10", 60.0))
    moved = january_to_february(local_library(lines))
    assert parts(moved) == {"new": (1, 60.0), "gone": (1, -100.0), "late_refunds": (1, 4.5)}
    assert (moved.revenue_before, moved.revenue_after) == (100.0, 64.5)


@pytest.mark.parametrize("ids", few_on_spark(1, [1, 2], ["ann", "bob"]))
def test_a_period_of_refunds_alone_has_a_revenue(library, ids):
    lines = lines_of(("ann", "2024-01-10", 100.0), ("bob", "2024-01-10", 50.0), ("ann", "2024-02-05", -100.0))
    moved = january_to_february(library(lines.assign(customer_id=[ids[0], ids[1], ids[0]])))
    assert parts(moved) == {"gone": (2, -150.0), "late_refunds": (1, -100.0)}
    assert (moved.revenue_before, moved.revenue_after) == (150.0, -100.0)


def test_refunds_of_guests_stay_out():
    lines = lines_of(("ann", "2024-01-10", 100.0), ("ann", "2024-02-10", 90.0), (None, "2024-02-11", -20.0))
    assert january_to_february(lines).revenue_after == 90.0


@pytest.mark.parametrize(("returns", "after"), [("net", -40.0), ("drop", 60.0), ("keep", -40.0)])
def test_the_treatment_of_returns_decides(returns, after):
    moved = january_to_february(LATE, returns=returns)
    assert moved.revenue_after == after
    assert ("late_refunds" in parts(moved)) is (returns == "net")


def test_money_so_far_counts_refunds_of_orders_before_the_data():
    lines = lines_of(("ann", "2024-01-10", 100.0), ("cat", "2024-01-12", -30.0), ("cat", "2024-02-12", -10.0))
    moved = january_to_february(lines, period=None)
    assert (moved.revenue_before, moved.revenue_after) == (70.0, 60.0)


def test_refunds_of_more_money_than_64_bits_add_up(library):
    """Each customer's money fits, that of all refunds together does not."""
    refunds = [(f"c{i}", "2024-02-05", -8e12) for i in range(3)]
    lines = lines_of(("ann", "2024-01-10", 1.0), ("ann", "2024-02-10", 1.0), *refunds)
    moved = january_to_february(library(lines))
    assert parts(moved)["late_refunds"] == (3, -24e12)
    assert moved.revenue_after == 1 - 24e12


@settings(max_examples=25)
@given(orders(min_rows=1), st.sampled_from(["net", "drop", "keep"]))
def test_the_bridge_adds_up_to_the_change_in_net_revenue(lines, returns):
    ends, days = [pd.Timestamp("2024-07-18 23:59:59"), pd.Timestamp("2025-02-03 23:59:59")], pd.Timedelta(days=200)
    assume(lines["ordered_at"].min() <= ends[0])
    options = {"period": "200d", "scale": FIXED, "scheme": rfm.VALUE_GROUPS, "returns": returns}
    moved = rfm.migration(*(rfm.score(lines, as_of=end.to_pydatetime(), **options) for end in ends))
    revenues = [_net_revenue(lines, end - days, end, returns) for end in ends]
    assert (moved.revenue_before, moved.revenue_after) == tuple(float(revenue) for revenue in revenues)
    assert sum(Fraction(round(money * 100), 100) for money in moved.bridge["money"]) == revenues[1] - revenues[0]


def _net_revenue(lines, start, end, returns):
    """Sum up the lines of known customers in (start, end], one after another."""
    revenue = Fraction(0)
    for row in lines.to_dict("records"):
        is_return = row["amount"] < 0 or row.get("quantity", 1) < 0
        if pd.isna(row["customer_id"]) or not start < row["ordered_at"] <= end or (is_return and returns == "drop"):
            continue
        revenue += Fraction(round(row["amount"] * 100), 100)
    return revenue
