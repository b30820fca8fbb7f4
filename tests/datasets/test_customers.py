"""Customers: types, rates, lifetimes; and the orders that follow from them."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, schema

ALIKE = datasets.CustomerType(name="all", share=1, orders_per_month=3, lifetime_days=200)


def _rates_overlap(types: str) -> float:
    """Share of regular customers that buy less readily than the most eager tenth of the occasional ones."""
    truth = datasets.make_customers(5_000, types=types).truth
    rate = {kind: rows["orders_per_day"] for kind, rows in truth.groupby("customer_type")}
    return float((rate["regular"] < rate["occasional"].quantile(0.9)).mean())


def test_types_are_separated_or_overlap() -> None:
    assert _rates_overlap("separated") == 0
    assert _rates_overlap("overlapping") > 0.4


def test_shares_rates_and_lifetimes_are_as_told() -> None:
    truth = datasets.make_customers(40_000, types="overlapping").truth
    for kind in datasets.OVERLAPPING:
        mine = truth[truth["customer_type"] == kind.name]
        assert len(mine) / len(truth) == pytest.approx(kind.share, abs=0.01)
        rate = mine["orders_per_day"]
        assert rate.mean() * 30 == pytest.approx(kind.orders_per_month, rel=0.06)
        assert rate.std() / rate.mean() == pytest.approx(kind.rate_cv, rel=0.1)
        lifetime = (mine["left_at"] - mine["registered_at"]).dt.total_seconds() / 86_400
        assert lifetime.mean() == pytest.approx(1 / mine["dropout_per_day"].iloc[0], rel=0.06)


def test_customers_arrive_in_the_share_given() -> None:
    table = datasets.make_customers(2_000, days=100, arriving=0.5).table
    assert table["registered_at"].is_monotonic_increasing
    assert pd.Timestamp("2024-02-18") < table["registered_at"].max() < pd.Timestamp("2024-02-20")
    parse_day = datasets.make_customers(10, arriving=0).table["registered_at"]
    assert (parse_day == pd.Timestamp("2024-01-01")).all()


def test_orders_are_poisson_while_alive() -> None:
    """Repeats over exposure: mean and variance of a Poisson count, with exponential lifetimes cut at the end."""
    drawn = datasets.make_transactions(30_000, days=100, types=[ALIKE], arriving=0)
    repeats = drawn.table.groupby("customer_id").size() - 1
    end = pd.Timestamp("2024-04-10")
    truth = drawn.truth.set_index("customer_id")
    exposure = (truth["left_at"].clip(upper=end) - truth["registered_at"]).dt.total_seconds() / 86_400
    expected = exposure * truth["orders_per_day"]
    deviation = (repeats - expected) / np.sqrt(expected.mean())
    assert exposure.mean() == pytest.approx(200 * (1 - np.exp(-100 / 200)), rel=0.01)
    assert deviation.mean() == pytest.approx(0, abs=0.03)
    assert deviation.var() == pytest.approx(1, abs=0.05)


def test_nobody_orders_before_arrival_or_after_leaving() -> None:
    drawn = datasets.make_transactions(2_000, season=datasets.Season())
    joined = drawn.table.merge(drawn.truth, on="customer_id")
    slack = pd.Timedelta(microseconds=2)
    assert (joined["ordered_at"] >= joined["registered_at"] - slack).all()
    assert (joined["ordered_at"] <= joined["left_at"] + slack).all()
    assert (
        joined.groupby("customer_id")["ordered_at"]
        .min()
        .sub(drawn.truth.set_index("customer_id")["registered_at"])
        .abs()
        .max()
        <= slack
    )


def test_orders_follow_the_season() -> None:
    season = datasets.Season(weekdays=(1, 1, 1, 1, 1, 3, 3), peaks=())
    table = datasets.make_transactions(5_000, season=season).table
    share = (table["ordered_at"].dt.day_of_week >= 5).mean()
    assert share == pytest.approx(6 / 11, abs=0.01)


def test_guests_have_no_customer() -> None:
    table = datasets.make_transactions(5_000, guests=0.2).table
    assert str(table["customer_id"].dtype) == "Int64"
    assert table["customer_id"].isna().mean() == pytest.approx(0.2, abs=0.01)
    assert str(datasets.make_transactions(50).table["customer_id"].dtype) == "int64"


def test_money_has_its_mean_and_spread() -> None:
    kind = datasets.CustomerType(name="a", share=1, orders_per_month=1, lifetime_days=100, spend=2)
    amount = datasets.make_transactions(20_000, types=[kind], mean_amount=50, amount_cv=0.5).table["amount"]
    assert amount.mean() == pytest.approx(100, rel=0.02)
    assert amount.std() / amount.mean() == pytest.approx(0.5, rel=0.03)


def test_the_table_is_canonical_and_repeatable() -> None:
    drawn = datasets.make_transactions(200, guests=0.1, rng=5)
    pd.testing.assert_frame_equal(schema.orders(drawn.table), drawn.table)
    pd.testing.assert_frame_equal(drawn.table, datasets.make_transactions(200, guests=0.1, rng=5).table)
    assert not drawn.table.equals(datasets.make_transactions(200, guests=0.1, rng=6).table)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.make_customers(0), "`n_customers` must be at least 1, got 0"),
        (lambda: datasets.make_customers(types="mixed"), "`types` must be one of 'separated', 'overlapping'.*'mixed'"),
        (lambda: datasets.make_customers(types=[]), "`types` must have shares that add up to more than 0"),
        (lambda: datasets.make_customers(arriving=2), "`arriving` must be between 0 and 1, got 2"),
        (lambda: datasets.make_transactions(guests=1), "`guests` must be between 0 and 0.99, got 1"),
        (lambda: datasets.make_transactions(mean_amount=0), "`mean_amount` must be at least 0.01, got 0"),
        (
            lambda: datasets.CustomerType(name="a", share=1, orders_per_month=-1, lifetime_days=9),
            "`orders_per_month` must be at least 0, got -1",
        ),
    ],
)
def test_errors_name_argument_and_value(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
