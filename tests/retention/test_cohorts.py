"""The triangle of cohorts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import retention
from ecommine._core.texts import percent
from libraries import to_pandas
from notes import note_counts
from retention.simulated import alike_cohorts, date_of, lines


@pytest.mark.call("retention.cohorts")
def test_worked_by_hand(library):
    # January: 0 (days 0, 40), 1 (day 5, a refund on day 35); February: 2 (day 33). Day 70 is 12 March.
    orders = lines([0, 0, 1, 1, 2, 2], [0, 40, 5, 35, 33, 70], amount=[10.0, 6.0, 20.0, -4.0, 8.0, 1.0])
    result = retention.cohorts(library(orders), first_orders_from="2023-01-01")
    shown = to_pandas(result.table)
    assert shown["period"].tolist() == [0, 1, 2, 0, 1]
    assert shown["customers"].tolist() == [2, 2, 2, 1, 1]
    assert shown["active"].fillna(-1).tolist() == [2, 1, -1, 1, -1]
    assert shown["retention"].fillna(-1).tolist() == [1, 0.5, -1, 1, -1]
    assert shown["revenue_per_customer"].fillna(-1).tolist() == [15, 16, -1, 8, -1]
    assert shown["observed"].tolist() == pytest.approx([1, 1, 12 / 31, 1, 12 / 31])
    assert note_counts(result.notes) == {"open_period": 2}
    pooled = to_pandas(result.pooled)
    assert pooled[["period", "cohorts", "customers", "active"]].to_numpy().tolist() == [[0, 2, 3, 3], [1, 1, 2, 1]]


def test_the_interval_of_money_is_students():
    orders = lines([0, 1, 2, 3], [0, 0, 0, 0], amount=[1.0, 2.0, 3.0, 6.0])
    row = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-01-31").table.iloc[0]
    half = 3.182446 * np.std([1, 2, 3, 6], ddof=1) / 2
    assert row["revenue_per_customer_low"] == pytest.approx(3 - half, abs=1e-5)
    assert row["revenue_per_customer_high"] == pytest.approx(3 + half, abs=1e-5)


def test_pooled_rows_weigh_by_customers_and_count_cohorts_at_zero():
    january = [*range(90), *range(45)], [0] * 90 + [35] * 45
    february = [*range(100, 110)], [35] * 10
    orders = lines(january[0] + february[0], january[1] + february[1])
    result = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-03-31")
    pooled = result.pooled.set_index("period")
    assert pooled.loc[1, "retention"] == 45 / 100
    assert pooled.loc[1, "cohorts"] == 2


@pytest.mark.parametrize("by", [None, "channel"])
def test_the_summary_says_of_how_many_with_the_interval_of_the_last_period(by):
    orders, last = alike_cohorts(2, n=300)
    orders = orders.assign(channel=(orders["customer_id"] % 2).map({0: "web", 1: "app"}))
    options = {"first_orders_from": "2023-01-01", "as_of": date_of(last), "level": 0.9}
    text = retention.cohorts(orders, by=by, **options).summary()
    pooled = retention.cohorts(orders, **options).pooled.set_index("period").loc[1:3]
    assert pooled["customers"].is_unique
    assert text.startswith("Of " + " / ".join(map(str, pooled["customers"])) + " new customers, ")
    low, high = (percent(pooled.loc[3, name]) for name in ("retention_low", "retention_high"))
    assert f"(the last between {low} and {high})" in text


def test_a_summary_of_one_customer_and_one_period_says_so():
    orders = lines([0, 0, 1], [0, 35, 40])
    text = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-02-28").summary()
    assert text.startswith("Of 1 new customer, 100% buy in calendar month 1 after that of the first purchase (between ")


def test_all_are_active_in_the_period_of_their_first_purchase():
    row = retention.cohorts(lines(range(9), [0] * 9), first_orders_from="2023-01-01", as_of="2023-01-31").table.iloc[0]
    assert (row["retention_low"], row["retention"], row["retention_high"]) == (1, 1, 1)


def test_first_seen_customers_stay_outside_pooled_rows():
    orders = lines([0, 1, 0, 1], [0, 20, 32, 33])
    result = retention.cohorts(orders, first_orders_from="2023-01-10", as_of="2023-02-28")
    assert result.table["first_seen"].tolist() == [False, False, True, True]
    assert result.pooled["customers"].tolist() == [1, 1]


def test_a_period_is_over_with_its_last_day():
    orders = lines([0, 0], [0, 30])
    full = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-01-31 00:00").table
    part = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-01-30 23:59").table
    assert full["retention"].tolist() == [1.0]
    assert np.isnan(part["retention"][0])


@pytest.mark.parametrize(
    ("every", "starts"),
    [
        ("1d", ["2023-12-31", "2024-01-01"]), ("1w", ["2023-12-25", "2024-01-01"]),
        ("1mo", ["2023-12-01", "2024-01-01"]),
        ("1q", ["2023-10-01", "2024-01-01"]), ("1y", ["2023-01-01", "2024-01-01"]),
    ],
)  # fmt: skip
def test_lengths_of_periods(every, starts):
    orders = lines([0, 1, 0], [364, 365, 365])
    table = retention.cohorts(orders, every=every, first_orders_from="2023-01-01", as_of="2024-12-31").table
    assert sorted({str(time)[:10] for time in table["cohort"]}) == starts
    first = table[(table["cohort"] == starts[0]) & (table["period"] == 1)]
    assert first["active"].tolist() == [1]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 200), st.integers(-5, 9)), min_size=1, max_size=50))
def test_matches_a_version_in_pandas(rows):
    customer, day, amount = zip(*rows, strict=True)
    orders = lines(customer, day, amount=np.array(amount, dtype=float))
    result = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-08-31")
    bought = orders[orders["amount"] >= 0].copy()
    if not len(bought):
        assert not len(result.table)
        return
    first = bought.groupby("customer_id")["ordered_at"].min()
    for frame in (orders, bought):
        frame["cohort"] = frame["customer_id"].map(first).dt.to_period("M")
        frame["age"] = (frame["ordered_at"].dt.to_period("M") - frame["cohort"]).map(lambda n: getattr(n, "n", np.nan))
    active = bought.groupby(["cohort", "age"])["customer_id"].nunique()
    later = orders[orders["ordered_at"] >= orders["customer_id"].map(first)]
    money = later.groupby(["cohort", "age"])["amount"].sum()
    for row in (
        result.table.groupby(["cohort", "period"], as_index=False)[["customers", "active"]].sum().to_dict("records")
    ):
        assert row["active"] == active.get((pd.Period(row["cohort"], "M"), row["period"]), 0)
    mine = result.table.assign(total=result.table["customers"] * result.table["revenue_per_customer"])
    for (cohort, period), total in mine.groupby(["cohort", "period"])["total"].sum().items():
        so_far = [money.get((pd.Period(cohort, "M"), age), 0.0) for age in range(period + 1)]
        assert total == pytest.approx(sum(so_far), abs=1e-9)


def test_money_in_another_currency_scales():
    orders, last = alike_cohorts(1, n=300)
    one = retention.cohorts(orders, as_of=date_of(last)).table
    other = retention.cohorts(orders.assign(amount=orders["amount"] * 7.2), as_of=date_of(last)).table
    for name in ("", "_low", "_high"):
        column = f"revenue_per_customer{name}"
        np.testing.assert_allclose(other[column], 7.2 * one[column], rtol=1e-9)
    pd.testing.assert_frame_equal(one.filter(like="retention"), other.filter(like="retention"))


def finds(seeds, **options):
    runs = [alike_cohorts(seed, **options) for seed in seeds]
    tables = [retention.cohorts(o, first_orders_from="2023-01-01", as_of=date_of(last)).returns for o, last in runs]
    return sum(bool((table["q_value"] < 0.05).any()) for table in tables)


def test_alike_cohorts_are_rarely_found_to_differ():
    assert finds(range(40)) <= 6
    assert finds(range(8), odd=4, size=1.5) >= 6


@pytest.mark.parity
def test_alike_cohorts_are_rarely_found_to_differ_in_500_runs():
    alike, odd = finds(range(500)), finds(range(100), odd=4, size=1.0)
    print(f"a find in {alike} of 500 runs of alike cohorts, in {odd} of 100 where one returns twice as often")
    assert alike <= 35
    assert odd >= 70
