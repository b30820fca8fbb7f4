"""Which share returns within some days."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import retention
from libraries import to_pandas
from notes import note_counts
from retention.simulated import alike_cohorts, date_of, lines, renewals
from retention.slow import returned_within


@pytest.mark.call("retention.curve")
def test_worked_by_hand(library):
    # Ten customers each. Days of purchase: a 0, 2; b 0, 5; c 0; d 6 (watched for 4 days); e 8, 9 (watched for 2).
    one = np.array([0, 0, 1, 1, 2, 3, 4, 4])
    orders = lines(np.concatenate([one + 10 * i for i in range(10)]), [0, 2, 0, 5, 0, 6, 8, 9] * 10, amount=1.0)
    result = retention.curve(library(orders), within=("2d", "5d"), first_orders_from="2023-01-01", as_of="2023-01-11")
    shown = to_pandas(result.table)
    # Day 1: e of five. Day 2: a of four. Day 5: b of two, as d is watched no longer.
    assert shown["within"].tolist() == [2, 5]
    assert shown["returned"].tolist() == pytest.approx([1 - 4 / 5 * 3 / 4, 1 - 4 / 5 * 3 / 4 * 1 / 2])
    assert shown["at_risk"].tolist() == [40, 20]
    assert shown["observed"].tolist() == [1.0, 0.6]
    assert shown["on_day"].tolist() == pytest.approx([1 / 5, 1 / 3])
    assert (shown["returned_low"] < shown["returned"]).all()
    assert (shown["returned"] < shown["returned_high"]).all()


def test_what_is_not_observed_is_null():
    orders = lines([0, 0, 1], [0, 2, 0])
    table = retention.curve(orders, within=("2d", "3d"), first_orders_from="2023-01-01").table
    assert table["returned"].tolist()[0] == 0.5
    assert np.isnan(table["returned"][1])
    assert np.isnan(table["on_day"][1])


@pytest.mark.parametrize(("n", "is_known"), [(9, False), (10, True)])
def test_few_observed_are_null_unless_all_are_observed(n, is_known):
    # Of those watched for ten days all but two return on day 1; twenty others are watched for a day only.
    orders = lines([*range(n), *range(n - 2), *range(20, 40)], [0] * n + [1] * (n - 2) + [9] * 20)
    table = retention.curve(orders, within="5d", first_orders_from="2023-01-01", as_of=date_of(10)).table
    assert table["at_risk"].tolist() == [2]
    assert table["returned"].notna().tolist() == [is_known]
    full = orders[orders["customer_id"] < n]
    table = retention.curve(full, within="5d", first_orders_from="2023-01-01", as_of=date_of(10)).table
    assert table["returned"].tolist() == pytest.approx([(n - 2) / n])


def coverage(within, seeds):
    """Return the shares of intervals that hold the truth and that are known; gaps of 150 days, entries over a year."""
    held, known = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        customer, day = renewals(rng, rng.integers(0, 364, 150).astype(float), np.full(150, 150.0), 365.0)
        row = retention.curve(
            lines(customer, day), within=f"{within}d", first_orders_from="2023-01-01", as_of=date_of(364)
        ).table.iloc[0]
        known.append(not np.isnan(row["returned"]))
        if known[-1]:  # gaps of less than a day are no returns
            truth = 1 - np.exp(-within / 150)
            held.append(row["returned_low"] <= truth <= row["returned_high"])
    return np.mean(held), np.mean(known)


@pytest.mark.parity
@pytest.mark.parametrize("within", [30, 90, 200, 250, 300])
def test_the_interval_covers(within):
    held, known = coverage(within, range(600))
    print(f"within {within} days {held:.3f} of the intervals hold the truth, {known:.3f} are known")
    assert known > 0.98  # a share that is shown only where few have returned would be too low
    assert 0.93 <= held <= 0.97


def test_without_censoring_the_interval_is_wilsons():
    orders = lines([*range(80), *range(20)], [0] * 80 + [3] * 20)
    row = retention.curve(orders, within="3d", first_orders_from="2023-01-01", as_of="2024-01-01").table.iloc[0]
    assert (row["returned_low"], row["returned_high"]) == pytest.approx((0.1680, 0.3548), abs=1e-4)


def test_groups_are_tested_against_the_others():
    orders = lines([*range(400), *range(120), *range(200, 230)], [0] * 400 + [5] * 150)
    orders["channel"] = np.where(orders["customer_id"] < 200, "web", "app")
    result = retention.curve(orders, within=("7d",), by="channel", first_orders_from="2023-01-01", as_of="2023-03-01")
    assert result.table["returned"].tolist() == pytest.approx([0.15, 0.6])
    assert (result.table["q_value"] < 1e-9).all()
    few = orders[orders["customer_id"].isin([*range(8), *range(200, 208)])]
    few = retention.curve(few, within=("7d",), by="channel", first_orders_from="2023-01-01", as_of="2023-03-01")
    assert few.table["p_value"].isna().all()


def test_other_days_of_the_year_and_29_february():
    at = pd.to_datetime(["2024-02-28", "2024-02-29", "2024-02-29", "2024-03-01", "2023-02-28", "2023-03-01"])
    orders = lines([0, 0, 1, 1, 2, 2], [0] * 6).assign(ordered_at=at.astype("datetime64[us]"))
    result = retention.curve(orders, within="1d", first_orders_from="2023-01-01")
    assert result.table["returned"].tolist() == [1.0]


@pytest.mark.parametrize("rows", [([0], [3]), (range(4), range(4)), ([0, 0, 0], [2, 2, 2]), ([], [])])
def test_one_customer_everybody_once_one_day_nothing(rows):
    orders = lines(list(rows[0]), list(rows[1]))
    result = retention.curve(orders, within="2d", first_orders_from="2023-01-01")
    assert len(result.table) == 1
    assert result.table["returned"].fillna(0).tolist() == [0.0]
    for locale in ("en", "zh"):
        assert result.summary(locale=locale)


def test_without_a_correction_the_summary_says_so():
    orders = lines([*range(400), *range(120), *range(200, 230)], [0] * 400 + [5] * 150)
    orders["channel"] = np.where(orders["customer_id"] < 200, "web", "app")
    options = {"by": "channel", "as_of": "2023-06-01", "first_orders_from": "2023-01-01"}
    texts = [retention.curve(orders, correction=method, **options).summary() for method in ("bh", None)]
    assert ["No correction" in text for text in texts] == [False, True]


def test_only_refunds():
    orders = lines([0, 1], [0, 3], amount=-4.0)
    result = retention.curve(orders)
    assert result.table["customers"].tolist() == [0, 0, 0]
    assert note_counts(result.notes) == {"customers_without_purchase": 2}


DAYS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 25)), min_size=1, max_size=40)


@given(DAYS, st.integers(1, 15))
def test_matches_the_slow_version(rows, within):
    orders = lines(*zip(*rows, strict=True))
    today = (pd.Timestamp("2023-01-26") - pd.Timestamp(0)).days
    result = retention.curve(orders, within=f"{within}d", first_orders_from="2023-01-01", as_of="2023-01-26")
    found = result.table["returned"][0]
    if not np.isnan(found):
        assert found == pytest.approx(returned_within(orders, today, within), abs=1e-12)


def test_more_time_watched_changes_no_share_that_was_observed():
    orders, last = alike_cohorts(3, n=400)
    early = retention.curve(orders, within="5d", first_orders_from="2023-01-01", as_of=date_of(last - 50)).table
    both = orders[orders["customer_id"].isin(orders.loc[orders["ordered_at"] <= date_of(last - 60), "customer_id"])]
    late = retention.curve(both, within="5d", first_orders_from="2023-01-01", as_of=date_of(last)).table
    assert early["returned"][0] == pytest.approx(late["returned"][0], abs=0.03)


def test_groups_are_estimated_as_each_alone():
    orders, last = alike_cohorts(2, n=900)
    orders["city"] = [("a", "b", "c")[one % 3] for one in orders["customer_id"]]
    options = {"first_orders_from": "2023-01-01", "as_of": date_of(last)}
    curves = retention.curve(orders, by="city", **options).table
    returns = retention.cohorts(orders, by="city", correction=None, **options).returns
    for name in ("a", "b", "c"):
        alone = orders[orders["city"] == name]
        for both, one in (
            (curves.drop(columns=["p_value", "q_value"]), retention.curve(alone, **options).table),
            (returns, retention.cohorts(alone, correction=None, **options).returns),
        ):
            found = both[both["city"] == name].drop(columns="city").reset_index(drop=True)
            pd.testing.assert_frame_equal(found, one, rtol=1e-9)
    assert returns["p_value"].notna().sum() > 10
