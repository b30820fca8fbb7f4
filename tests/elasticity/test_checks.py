"""Checks: each one notices what it is for, says how far elasticities move, and never gives an all-clear."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, elasticity, schema
from elasticity.shops import shop, small_panel
from elasticity.slow import simple_slope

PRICES = np.array([4.0, 4.4, 3.6, 4.0, 4.8, 4.4, 3.6, 4.0] * 4)
PLAIN = {"errors": "iid", "shrink": None}


def units(price, seed=0):
    return 1_000 * price**-2.0 * np.exp(np.random.default_rng(seed).normal(0, 0.05, len(price)))


def check(sales, name, **options):
    return elasticity.fit(sales, **{**PLAIN, **options}).checks.set_index("check").loc[name]


def test_price_that_follows_demand_is_never_ruled_out():
    row = check(small_panel(PRICES, units(PRICES)), "price_follows_demand")
    assert row["verdict"] == "cannot_be_ruled_out"
    slope, _ = simple_slope(PRICES, units(PRICES))
    x, y = np.log(PRICES), np.log(units(PRICES))
    residuals = y - y.mean() - slope * (x - x.mean())
    assert row["value"] == pytest.approx(0.1 * np.sqrt((residuals**2).sum() / 30) / x.std(), rel=1e-9)


def test_the_move_per_correlation_is_the_bias_of_such_a_shop():
    """A shop whose prices follow demand by a correlation of .3 is off by three times the value of the check."""
    sim = datasets.make_sales(
        100, 52, counts=False, rng=0,
        pricing=datasets.Pricing(promotion_rate=0, residual=0.3, confounding=0.3),
    )  # fmt: skip
    result = elasticity.fit(sim.table, absorb=("product_id",))
    bias = (result.table["raw_elasticity"] - sim.truth.products["elasticity"]).mean()
    value = result.checks.set_index("check").loc["price_follows_demand", "value"]
    assert bias == pytest.approx(3 * value, rel=0.15)


def test_periods_partly_out_of_stock():
    partly = np.where(np.arange(32) % 8 == 2, 0.3, 1.0)  # at the low price, so that demand looks inelastic
    row = check(small_panel(PRICES, units(PRICES) * partly, in_stock=partly), "stockouts")
    assert (row["verdict"], row["affected"]) == ("moves", 4)
    assert row["value"] < -0.5
    assert check(small_panel(PRICES, units(PRICES)), "stockouts")["verdict"] == "not_known"


def test_promotions_held_and_not_held():
    promotion = np.arange(32) % 8 == 2
    sales = small_panel(PRICES, units(PRICES) * np.where(promotion, 1.5, 1.0), promotion=promotion)
    held, free = check(sales, "promotions"), check(sales, "promotions", controls=())
    assert held["value"] < -0.3
    assert free["value"] > 0.3
    assert held["verdict"] == free["verdict"] == "moves"
    assert held["affected"] == free["affected"] == 4
    assert check(sales.drop(columns="promotion"), "promotions")["verdict"] == "not_known"


def test_other_prices_of_the_period():
    """A rebate that buyers of more get: the mean price paid falls where demand is strong."""
    rng = np.random.default_rng(0)
    week = rng.normal(0, 0.3, 60)
    price = np.round(4 * np.exp(0.1 * rng.normal(size=60)), 2)
    sold = 1_000 * price**-2.0 * np.exp(week)
    paid = price * np.exp(-0.2 * week)
    sales = small_panel(
        price, sold, units_sold=sold, revenue=paid * sold, price_low=0.9 * price, price_high=price * np.exp(0.3 * week)
    )
    result = elasticity.fit(sales, **PLAIN).checks.set_index("check")
    assert result.loc["price_low", ["verdict", "affected"]].tolist() == ["stable", 60]
    assert result.loc["price_paid", "verdict"] == "moves"
    assert result.loc["price_paid", "value"] < -0.2
    assert result.loc["price_high", "value"] > 0.5


def test_a_panel_of_orders_has_the_other_prices():
    orders = datasets.make_shop(500, 120, rng=0).orders
    sales = schema.to_sales(orders)
    checks = elasticity.fit(sales, model="poisson").checks.set_index("check")
    assert (checks.loc[["price_low", "price_high", "price_paid"], "remedy"].str.contains("to_sales")).all()


def test_a_check_that_cannot_fit_again_is_not_known():
    sales = shop(10, categories=3)
    one_out = sales.assign(in_stock=np.where(sales["product_id"] == 1, 0.5, 1.0))
    row = check(one_out, "stockouts", absorb=("product_id", "period_at"))
    assert (row["verdict"], row["affected"]) == ("not_known", 30)


def test_outliers_of_many_products_are_counted():
    sales = shop(counts=False)
    wrong = sales.copy()
    wrong.loc[[7, 100, 200], "quantity"] *= 50
    row = check(wrong, "outliers")
    assert (row["affected"], row["verdict"]) == (3, "moves")
    assert check(sales, "outliers")["affected"] == 0
    counts = wrong.assign(quantity=wrong["quantity"].round())
    assert check(counts, "outliers", model="poisson")["affected"] >= 3  # counts of 50 times weigh as much


def test_the_median_and_the_largest_move():
    sales = pd.concat([small_panel(PRICES, units(PRICES, seed), product_id=str(seed)) for seed in range(5)])
    wrong = sales.assign(price=np.where(np.arange(len(sales)) == 32 * 3 + 9, 40.0, sales["price"]))
    row = check(wrong, "outliers", absorb=("product_id",))
    assert row["product"] == "3"
    assert abs(row["value"]) < 0.01 < 0.5 < abs(row["largest_move"])
