"""What a new customer brings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import retention
from ecommine.retention._models.mean_cumulative import MeanCumulative
from libraries import to_pandas
from notes import note_counts
from retention.simulated import date_of, lines, valued
from retention.slow import days_of, value_at


@pytest.mark.call("retention.value")
def test_worked_by_hand(library):
    # Sixty customers bring 10 each; thirty of them are watched for 20 days, and two of these bring 15 on day 6.
    customer = [*range(60), 0, 1, 2]
    day = [0] * 30 + [17] * 30 + [6, 6, 6]
    amount = [10.0] * 60 + [15.0, 15.0, -15.0]
    result = retention.value(library(lines(customer, day, amount)), horizon="6d", first_orders_from="2023-01-01",
                             as_of="2023-01-21")  # fmt: skip
    row = to_pandas(result.table).iloc[0]
    assert (row["customers"], row["watched"]) == (60, 30)
    assert row["value"] == pytest.approx(10 + (15 + 15 - 15) / 30)
    assert (row["first_order"], row["later"]) == pytest.approx((10, 0.5))
    assert row["purchases"] == pytest.approx(1 + 2 / 30)
    shown = to_pandas(result.curve)
    assert shown["age"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert shown["watched"].tolist() == [60, 60, 60, 60, 30, 30, 30]


@pytest.mark.parametrize(("n", "is_known"), [(29, False), (30, True)])
def test_below_thirty_watched_customers_it_is_null(n, is_known):
    result = retention.value(lines(range(n), [0] * n), horizon="3d", first_orders_from="2023-01-01", as_of="2023-01-04")
    assert result.table["value"].notna().tolist() == [is_known]
    assert note_counts(result.notes) == ({} if is_known else {"few_watched": 1})


ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(-5, 9)), min_size=1, max_size=40)


@given(ROWS, st.integers(0, 15))
def test_matches_the_slow_version(rows, age):
    customer, day, amount = zip(*rows, strict=True)
    orders = lines(customer, day, amount=np.array(amount, dtype=float))
    today = (pd.Timestamp("2023-01-21") - pd.Timestamp(0)).days
    money, bought = days_of(orders)
    firsts = {c: days[0] for c, days in bought.items()}
    if not any(today - day >= age for day in firsts.values()):
        return
    names = list(firsts)
    events = [(names.index(c), d - firsts[c], v) for c in names for d, v in money[c].items() if d >= firsts[c]]
    who, when, brought = map(np.array, zip(*events, strict=True))
    watched = np.array([today - firsts[c] for c in names])
    found = MeanCumulative.estimate(who, when, brought, watched, np.array([age]))
    assert (found.mean[0], found.error[0]) == pytest.approx(value_at(orders, today, age), abs=1e-9)


def test_money_in_another_currency_scales():
    orders, last, _ = valued(0, n=400)
    one, other = (retention.value(o, as_of=date_of(last), first_orders_from="2023-01-01").table.iloc[0]
                  for o in (orders, orders.assign(amount=orders["amount"] * 7.2)))  # fmt: skip
    for name in ("value", "value_low", "value_high", "first_order", "later"):
        assert other[name] == pytest.approx(7.2 * one[name])


def test_one_reseller_is_named():
    orders = lines([*range(50), *[0] * 50], [0] * 50 + [*range(1, 51)], amount=[5.0] * 50 + [50.0] * 50)
    result = retention.value(orders, horizon="30d", first_orders_from="2023-01-01", as_of="2023-04-01")
    assert note_counts(result.notes)["dominant_customer"] == 1
    assert "86%" in next(note for note in result.notes if note.code == "dominant_customer")
    alike = retention.value(orders.iloc[:50], horizon="30d", first_orders_from="2023-01-01", as_of="2023-04-01")
    assert alike.notes == ()


def test_an_old_reseller_is_no_matter_for_the_value_of_new_customers():
    customer, day = [0, *range(1, 51), *[0] * 50], [0] + [20] * 50 + [*range(1, 51)]
    orders = lines(customer, day, amount=[5e3] + [5.0] * 50 + [5e3] * 50)
    result = retention.value(orders, horizon="9d", first_orders_from=date_of(10), as_of=date_of(60))
    assert result.table["value"][0] == 5
    assert "dominant_customer" not in note_counts(result.notes)


def test_groups_are_estimated_apart():
    orders, last, _ = valued(1, n=300)
    orders["channel"] = np.where(orders["customer_id"] % 3, "web", "app")
    options = {"horizon": "90d", "first_orders_from": date_of(100), "as_of": date_of(last)}
    both = retention.value(orders, by="channel", **options).table
    for name in ("app", "web"):
        alone = retention.value(orders[orders["channel"] == name], **options).table
        found = both[both["channel"] == name].drop(columns="channel").reset_index(drop=True)
        pd.testing.assert_frame_equal(found, alone, rtol=1e-9)


def coverage(seeds):
    covered, ratio, plain = [], [], []
    for seed in seeds:
        orders, last, truth = valued(seed)
        row = retention.value(orders, first_orders_from="2023-01-01", as_of=date_of(last)).table.iloc[0]
        covered.append(row["value_low"] <= truth <= row["value_high"])
        ratio.append(row["value"] / truth)
        first = orders.groupby("customer_id")["ordered_at"].transform("min")
        early = orders[(orders["ordered_at"] - first).dt.days <= 365]
        plain.append(early["amount"].sum() / orders["customer_id"].nunique() / truth)
    return np.mean(covered), np.mean(ratio), np.mean(plain)


def test_the_interval_covers():
    covered, ratio, plain = coverage(range(30))
    assert covered >= 0.83
    assert ratio == pytest.approx(1, abs=0.02)
    assert plain < 0.83


@pytest.mark.parity
def test_the_interval_covers_in_1000_runs():
    covered, ratio, plain = coverage(range(1_000))
    print(f"covered {covered:.3f}, value over the truth {ratio:.4f}, the plain mean {plain:.3f}")
    assert 0.93 <= covered <= 0.97
    assert ratio == pytest.approx(1, abs=0.005)
    assert plain == pytest.approx(0.79, abs=0.03)
