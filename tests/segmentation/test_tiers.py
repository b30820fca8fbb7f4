"""Tiers: each boundary day by hand, what counts as money, every library, and day by day against a slow version."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import segmentation
from ecommine.segmentation._life.tier_replay import TierRules, replay, window_balances
from libraries import to_pandas
from notes import note_counts
from segmentation.slow import DAY_0, as_of, orders, slow_tiers

TWO = {"basic": 0, "gold": 100}
THREE = {"basic": 0, "silver": 50, "gold": 100}
SHORT = {"window": "30d", "grace": "10d"}


def held(lines, today, *, thresholds=TWO, **options):
    table = segmentation.tiers(lines, thresholds=thresholds, as_of=as_of(today), **{**SHORT, **options}).table
    return table.iloc[0]


@pytest.mark.parametrize(
    ("today", "tier", "spend"),
    [
        (0, "basic", 60.0), (19, "basic", 60.0), (20, "gold", 100.0), (29, "gold", 100.0),
        (30, "gold", 40.0), (39, "gold", 40.0), (40, "basic", 40.0), (49, "basic", 40.0), (50, "basic", 0.0),
    ],
)  # fmt: skip
def test_boundary_days(today, tier, spend):
    """60 on day 0 counts to day 29; below the threshold from day 30 on, gold is kept for ten days, to day 39."""
    row = held(orders(("ann", 0, 60.0), ("ann", 20, 40.0)), today)
    assert (row["tier"], row["spend"]) == (tier, spend)


def test_what_is_left_to_do():
    lines = orders(("ann", 0, 60.0), ("ann", 20, 40.0), ("bob", 25, 30.0))
    table = segmentation.tiers(lines, thresholds=THREE, **SHORT).table.set_index("customer_id")
    ann, bob = table.loc["ann"], table.loc["bob"]
    # The balance falls below on day 30, when only the 40 of day 20 count: 60 more keep gold beyond day 39.
    assert (ann["tier"], ann["qualified_until"], ann["spend_to_keep"]) == (
        "gold", pd.Timestamp(DAY_0 + np.timedelta64(39, "D")), 60.0,
    )  # fmt: skip
    assert pd.isna(ann["next_tier"])
    assert np.isnan(ann["spend_to_next"])
    assert (bob["next_tier"], bob["spend_to_next"]) == ("silver", 20.0)
    assert pd.isna(bob["qualified_until"])
    assert np.isnan(bob["spend_to_keep"])


@pytest.mark.parametrize(("extra", "tier"), [(60.0, "gold"), (59.99, "basic")])
def test_the_money_that_keeps_a_tier_keeps_it(extra, tier):
    lines = orders(("ann", 0, 60.0), ("ann", 20, 40.0), ("ann", 39, extra))
    assert held(lines, 40)["tier"] == tier


@pytest.mark.parametrize(("extra", "tier"), [(20.0, "silver"), (19.99, "basic")])
def test_the_money_to_the_next_tier_reaches_it(extra, tier):
    assert held(orders(("bob", 25, 30.0), ("bob", 25, extra)), 25, thresholds=THREE)["tier"] == tier


def test_one_down_gives_each_tier_a_grace_of_its_own():
    lines = orders(("ann", 0, 100.0))
    by_balance = [held(lines, day, thresholds=THREE)["tier"] for day in (29, 39, 40, 49, 50)]
    one_down = [held(lines, day, thresholds=THREE, downgrade="one_down")["tier"] for day in (29, 39, 40, 49, 50)]
    assert by_balance == ["gold", "gold", "basic", "basic", "basic"]
    assert one_down == ["gold", "gold", "silver", "silver", "basic"]


def test_a_return_counts_and_money_is_not_below_zero():
    lines = orders(("ann", 0, 120.0), ("ann", 5, -30.0), ("bob", 0, 10.0), ("bob", 3, -40.0))
    table = segmentation.tiers(lines, thresholds=TWO, **SHORT).table
    assert table["tier"].tolist() == ["gold", "basic"]
    assert table["spend"].tolist() == [90.0, 0.0]
    assert table["spend_to_next"].tolist()[1] == 130.0  # the refund is still to be made good
    assert segmentation.tiers(lines, thresholds=TWO, **SHORT, as_of=as_of(15)).table["tier"].tolist() == ["basic"] * 2


def test_money_of_products_and_their_discounts_counts():
    types = ["product", None, "discount", "shipping", "fee", "adjustment", "gift"]
    lines = orders(*(("ann", 0, amount) for amount in (60.0, 50.0, -10.0, 1.0, 2.0, 4.0, 8.0)), line_type=types)
    assert held(lines, 0)["spend"] == 100.0


def test_thirds_of_money_reach_a_threshold_of_their_sum():
    assert held(orders(*(("ann", day, 33.333333) for day in range(3)), ("ann", 3, 0.000001)), 3)["tier"] == "gold"


@pytest.mark.call("segmentation.tiers")
def test_by_hand_in_every_library(library):
    lines = orders(("ann", 0, 60.0), ("ann", 20, 40.0), ("bob", 20, 30.0), ("cy", 3, -5.0), (None, 4, 1.0))
    result = segmentation.tiers(library(lines), thresholds=TWO, **SHORT)
    table = to_pandas(result.table, sort=["customer_id"])
    assert table["tier"].tolist() == ["gold", "basic"]
    assert table["change"].tolist() == ["upgraded", "unchanged"]
    changes = to_pandas(result.changes)
    assert changes[["customer_id", "from_tier", "to_tier", "change"]].to_numpy().tolist() == [
        ["ann", "basic", "gold", "upgraded"]
    ]
    assert changes["changed_at"].tolist() == [pd.Timestamp("2024-01-21")]
    counts = to_pandas(result.counts)
    assert counts[["tier", "threshold", "customers", "upgraded", "downgraded"]].to_numpy().tolist() == [
        ["gold", 100.0, 1, 1, 0], ["basic", 0.0, 1, 0, 0],
    ]  # fmt: skip
    assert note_counts(result.notes) == {"guests_left_out": 1, "customers_without_orders": 1}


def test_the_day_of_a_downgrade():
    result = segmentation.tiers(orders(("ann", 0, 100.0)), thresholds=TWO, **SHORT, as_of=as_of(40))
    assert result.table["change"].tolist() == ["downgraded"]
    assert result.counts.set_index("tier").loc["basic", "downgraded"] == 1


MONEY = st.dictionaries(st.integers(0, 80), st.integers(-80, 120), min_size=1, max_size=6)


@given(
    st.lists(MONEY, min_size=1, max_size=3), st.integers(1, 40), st.integers(1, 30), st.integers(0, 140), st.booleans()
)
@settings(max_examples=80)
def test_a_replay_equals_the_walk_through_all_days(customers, window, grace, last, one_down):
    """Everybody is in exactly one tier on each day."""
    customers = [{day: amount for day, amount in money.items() if day <= last} for money in customers]
    rows = [(i, day, amount) for i, money in enumerate(customers) for day, amount in money.items()]
    customer, day, micro = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    rules = TierRules(thresholds=np.array([0, 50, 100]), window=window, grace=grace, one_down=one_down)
    found = replay(window_balances(customer, day, micro, window), len(customers), rules, last)
    for i, money in enumerate(customers):
        slow = slow_tiers(money, [0, 50, 100], window, grace, last + 2 * window + 3 * grace + 80, one_down=one_down)
        assert found.tier[i] == slow[last]
        own = found.changes.customer == i
        walked = [(d, slow[d]) for d in range(1, last + 1) if slow[d] != slow[d - 1]]
        first = [(0, slow[0])] if slow[0] else []
        assert (
            list(zip(found.changes.day[own].tolist(), found.changes.tier[own].tolist(), strict=True)) == first + walked
        )
        later = [d for d in range(last + 1, len(slow)) if slow[d] < slow[last]]
        if slow[last]:
            assert found.falls_on[i] == later[0]


@pytest.mark.parametrize(
    ("thresholds", "error"),
    [
        ({}, TypeError), ({"a": 1}, ValueError), ({"a": 0, "b": 0}, ValueError), ({"a": 0, "b": 5, "c": 4}, ValueError),
        ({1: 0}, TypeError), ({"a": "0"}, TypeError), ([0, 1], TypeError), ({"a": 0, "b": float("nan")}, ValueError),
    ],
)  # fmt: skip
def test_thresholds_that_do_not_ascend_from_zero_are_refused(thresholds, error):
    with pytest.raises(error, match="`thresholds` must"):
        segmentation.tiers(orders(("ann", 0, 1.0)), thresholds=thresholds)


@pytest.mark.parametrize(("extra", "tier"), [(60.0, "gold"), (59.99, "basic")])
def test_the_least_money_that_keeps_a_tier_is_known_whatever_the_grace(extra, tier):
    lines = orders(("ann", 0, 60.0), ("ann", 20, 40.0))
    row = held(lines, 25, grace="60d")
    assert (row["spend_to_keep"], row["keep_by"]) == (60.0, pd.Timestamp(DAY_0 + np.timedelta64(30, "D")))
    assert row["qualified_until"] == pd.Timestamp(DAY_0 + np.timedelta64(89, "D"))
    more = orders(("ann", 0, 60.0), ("ann", 20, 40.0), ("ann", 30, extra))
    assert held(more, 90, grace="60d")["tier"] == tier


def test_below_already_the_money_is_what_lacks_today():
    row = held(orders(("ann", 0, 60.0), ("ann", 20, 40.0)), 35)
    assert (row["spend_to_keep"], row["keep_by"]) == (60.0, pd.Timestamp(DAY_0 + np.timedelta64(35, "D")))


def test_without_grace_a_tier_falls_at_once():
    lines = orders(("ann", 0, 100.0))
    for downgrade in ("balance_based", "one_down"):
        options = {"thresholds": THREE, "grace": None, "downgrade": downgrade}
        assert [held(lines, day, **options)["tier"] for day in (29, 30)] == ["gold", "basic"]


def test_who_is_close_to_the_next_tier_and_who_has_grace_alone():
    """90 of 100 lacks a tenth, 90.01 less; 45.01 of 50 is close too; on day 35 the 100 of day 0 are held by grace."""
    lines = orders(("ann", 0, 100.0), ("bob", 30, 90.0), ("cy", 30, 90.01), ("dan", 30, 45.01), ("eve", 30, 60.0),
                   ("eve", 31, -70.0))  # fmt: skip
    counts = segmentation.tiers(lines, thresholds=THREE, as_of=as_of(35), **SHORT).counts.set_index("tier")
    assert counts["customers"].to_dict() == {"gold": 1, "silver": 3, "basic": 1}
    assert counts["close_to_next"].to_dict() == {"gold": 0, "silver": 1, "basic": 1}
    assert counts["in_grace"].to_dict() == {"gold": 1, "silver": 1, "basic": 0}
