"""The sales panel: its formula, elasticities recovered by regression, stockouts; the stock that explains it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import datasets, schema

CALM = datasets.Pricing(residual=0, promotion_rate=0)


def _slopes(table: pd.DataFrame, *, y: str) -> pd.Series:
    """Own-price slope of each product: least squares of y on the log price around the product's means."""
    x = np.log(table["price"])
    x = x - x.groupby(table["product_id"]).transform("mean")
    products = [(x * table[y]), x**2]
    over, under = (part.groupby(table["product_id"]).sum() for part in products)
    return over / under


def _log(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(log_quantity=np.log(table["quantity"]))


def test_elasticity_is_exact_without_noise() -> None:
    drawn = datasets.make_sales(30, periods=60, counts=False, pricing=CALM)
    slopes = _slopes(_log(drawn.table), y="log_quantity")
    assert slopes.to_numpy() == pytest.approx(drawn.truth.products["elasticity"].to_numpy(), abs=1e-9)


def test_elasticity_is_recovered_from_noise_with_its_own_standard_error() -> None:
    pricing = datasets.Pricing(residual=0.3, price_spread=0.1, promotion_rate=0)
    drawn = datasets.make_sales(500, periods=100, counts=False, pricing=pricing)
    error = _slopes(_log(drawn.table), y="log_quantity").to_numpy() - drawn.truth.products["elasticity"].to_numpy()
    told = 0.3 / (0.1 * np.sqrt(100))
    assert error.mean() == pytest.approx(0, abs=4 * told / np.sqrt(500))
    assert error.std() == pytest.approx(told, rel=0.1)


def test_confounding_biases_a_plain_regression_as_told() -> None:
    pricing = datasets.Pricing(residual=0.3, price_spread=0.1, promotion_rate=0, confounding=0.5)
    drawn = datasets.make_sales(300, periods=100, counts=False, pricing=pricing)
    error = _slopes(_log(drawn.table), y="log_quantity").to_numpy() - drawn.truth.products["elasticity"].to_numpy()
    assert error.mean() == pytest.approx(0.5 * 0.3 / 0.1, rel=0.05)


def test_prices_shocks_and_promotions_have_the_spread_given() -> None:
    pricing = datasets.Pricing(price_spread=0.15, promotion_rate=0.2, promotion_depth=0.25, serial=0.7, residual=0)
    table = datasets.make_sales(200, periods=300, pricing=pricing).table
    price = np.log(table["price"]) - np.log1p(-0.25) * table["promotion"]
    centered = (price - price.groupby(table["product_id"]).transform("mean")).to_numpy().reshape(200, 300)
    assert table["promotion"].mean() == pytest.approx(0.2, abs=0.01)
    assert centered.std() == pytest.approx(0.15, rel=0.03)
    assert (centered[:, 1:] * centered[:, :-1]).mean() / centered.var() == pytest.approx(0.7, abs=0.03)


def test_promotions_lift_beyond_their_price() -> None:
    pricing = datasets.Pricing(residual=0, price_spread=0, promotion_rate=0.5, promotion_lift=1.5)
    drawn = datasets.make_sales(10, periods=40, counts=False, pricing=pricing)
    table = drawn.table.merge(drawn.truth.products, on="product_id").merge(
        drawn.table.groupby("product_id")["price"].max().rename("list_price"), on="product_id"
    )
    usual = table[~table["promotion"]].groupby("product_id")["quantity"].first()
    gain = table["quantity"] / table["product_id"].map(usual)
    own = (table["price"] / table["list_price"]) ** table["elasticity"]
    assert (gain / own)[table["promotion"]].to_numpy() == pytest.approx(1.5)


def test_counts_are_poisson_around_what_is_expected() -> None:
    drawn = datasets.make_sales(100, periods=200, level=20)
    demand = drawn.truth.demand
    deviation = (demand["wanted"] - demand["expected"]) / np.sqrt(demand["expected"])
    assert deviation.mean() == pytest.approx(0, abs=0.03)
    assert deviation.var() == pytest.approx(1, abs=0.04)


def test_nothing_is_sold_out_of_stock_and_latent_demand_is_known() -> None:
    drawn = datasets.make_sales(200, periods=200, stockouts=datasets.Stockouts(share=0.15, mean_length=5))
    table, wanted = drawn.table, drawn.truth.demand["wanted"]
    out = table["in_stock"] == 0
    assert out.mean() == pytest.approx(0.15, abs=0.015)
    assert (table.loc[out, "quantity"] == 0).all()
    assert (table.loc[~out, "quantity"] == wanted[~out]).all()
    assert wanted[out].mean() == pytest.approx(wanted[~out].mean(), rel=0.1)
    expand_runs = out.to_numpy().reshape(200, 200)
    begins = (expand_runs[:, 1:] & ~expand_runs[:, :-1]).sum()
    assert expand_runs[:, 1:].sum() / begins == pytest.approx(5, rel=0.1)


def test_weekly_season_is_the_mean_of_its_days() -> None:
    panel = datasets.make_sales(2, periods=52, counts=False, pricing=CALM, season=datasets.Season(), start="2025-01-06")
    flat = datasets.make_sales(2, periods=52, counts=False, pricing=CALM, start="2025-01-06")
    factor = (panel.table["quantity"] / flat.table["quantity"])[:52].to_numpy()
    days = datasets.make_calendar(364, start="2025-01-06")["factor"].to_numpy().reshape(52, 7)
    assert factor == pytest.approx(days.mean(axis=1))


def test_the_table_is_canonical_and_repeatable() -> None:
    table = datasets.make_sales(5, periods=20, rng=9).table
    pd.testing.assert_frame_equal(schema.sales(table), table)
    pd.testing.assert_frame_equal(table, datasets.make_sales(5, periods=20, rng=9).table)
    assert not table.equals(datasets.make_sales(5, periods=20, rng=10).table)


@given(
    share=st.floats(0, 0.5),
    review_days=st.integers(1, 30),
    safety=st.integers(0, 20),
    level=st.floats(0.05, 10),
    seed=st.integers(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_stock_explains_the_sales(share: float, review_days: int, safety: int, level: float, seed: int) -> None:
    sales = datasets.make_sales(
        6, periods=50, every="1d", level=level, stockouts=datasets.Stockouts(share=share, mean_length=4), rng=seed
    ).table
    stock = datasets.make_stock(sales, review_days=review_days, safety=safety, rng=seed)
    on_hand, sold, there = (
        column.to_numpy().reshape(6, 50) for column in (stock["on_hand"], sales["quantity"], sales["in_stock"] > 0)
    )
    assert ((on_hand > 0) == there).all()
    assert (on_hand >= sold).all()
    arrived = on_hand[:, 1:] - (on_hand - sold)[:, :-1]
    assert (arrived[there[:, 1:]] >= 0).all()
    assert (arrived >= -1).all()  # a unit written off on the eve of a stockout


def test_stock_by_hand() -> None:
    """One product, refilled on days 0 and 4 (whichever phase: the review is longer than the period)."""
    sales = pd.DataFrame(
        {
            "product_id": 1,
            "period_at": pd.date_range("2024-01-01", periods=5),
            "quantity": [2, 1, 0, 0, 3],
            "in_stock": [1.0, 1.0, 0.0, 0.0, 1.0],
        }
    )
    stock = datasets.make_stock(sales, review_days=1_000, safety=4)
    assert stock["on_hand"].tolist() == [3, 1, 0, 0, 7]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.make_sales(periods=0), "`periods` must be at least 1, got 0"),
        (lambda: datasets.make_sales(every="1mo"), "`every` must be one of '1d', '1w', got '1mo'"),
        (lambda: datasets.make_sales(level=-1), "`level` must be at least 0, got -1"),
        (lambda: datasets.Pricing(serial=1), "`serial` must be between 0 and 0.99, got 1"),
        (lambda: datasets.Pricing(confounding=2), "`confounding` must be between -1 and 1, got 2"),
        (lambda: datasets.Stockouts(share=0.95), "`share` must be between 0 and 0.9, got 0.95"),
        (lambda: datasets.Stockouts(share=0.9), "`mean_length` must be at least .* = 9, got 4.0"),
        (
            lambda: datasets.make_stock(datasets.make_sales(2, periods=3).table.iloc[1:]),
            "`sales` must have the same days for each product, got 5 rows for 2 products",
        ),
    ],
)
def test_errors_name_argument_and_value(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
