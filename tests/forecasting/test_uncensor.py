"""Demand behind stockouts: days that sell out, days without stock, weeks, and the forecast that uses it."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, forecasting, schema
from ecommine.schema import SchemaError
from forecasting.tables import in_order, sales, stock
from libraries import to_pandas
from notes import warning_counts

NAN = np.nan


@pytest.mark.call("forecasting.uncensor")
def test_days_by_hand_in_every_library(library):
    table = sales([[4, 6, 5, 3, 0, 5], [2, 2, 2, 2, 2, 2]], freq="D")
    held = stock([[18, 14, 8, 3, 0, 20], [NAN] * 6])
    found, counts = warning_counts(
        forecasting.uncensor, library(in_order(table, 2)), library(in_order(held, 3)), every="1d"
    )
    found = to_pandas(found)
    assert found["sold_out"].tolist() == [False] * 3 + [True] + [False] * 8
    assert found["out_of_stock"].tolist() == [False] * 4 + [True] + [False] * 7
    assert found["demand"][[0, 1, 2, 5]].tolist() == [4, 6, 5, 5]
    assert found["demand"][3] > 4
    assert np.isnan(found["demand"][4])
    assert found["demand"][6:].tolist() == [2] * 6
    assert found["demand_rate"][4] == pytest.approx(5, abs=0.5)
    assert counts == {"periods_sold_out": 1, "periods_out_of_stock": 1, "stock_unknown": 1}


def shelf(seed, *, rate=4, every=7, share=0.8, n_series=60, n_days=280):
    """Sales and stock of shelves that are refilled once a week to a share of the demand."""
    rng = np.random.default_rng(seed)
    wanted = rng.poisson(rate, (n_series, n_days))
    on_hand, sold, opening = np.zeros(n_series), np.zeros(wanted.shape), np.zeros(wanted.shape)
    for day in range(n_days):
        if day % every == 0:
            on_hand[:] = round(share * rate * every)
        opening[:, day] = on_hand
        sold[:, day] = np.minimum(wanted[:, day], on_hand)
        on_hand = on_hand - sold[:, day]
    return wanted, sales(sold, freq="D"), stock(opening)


@pytest.mark.parametrize("rate", [1, 4])
def test_a_shelf_that_sells_out_each_week(rate):
    """Left as they are, sales are a fifth too low."""
    wanted, table, held = shelf(0, rate=rate)
    found, counts = warning_counts(forecasting.uncensor, table, held, every="1d")
    assert table["quantity"].mean() / wanted.mean() < 0.85
    assert abs(found["demand_rate"].mean() / wanted.mean() - 1) < 0.03
    assert counts["periods_sold_out"] == found["sold_out"].sum()


def test_the_forecast_is_that_of_the_demand():
    wanted, table, held = shelf(1)
    plain = forecasting.forecast(table, 7, every="1d").total(by="product_id")["mean"].mean()
    told = forecasting.forecast(table, 7, every="1d", stock=held).total(by="product_id")["mean"].mean()
    assert plain < 0.85 * 7 * wanted.mean()
    assert told == pytest.approx(7 * wanted.mean(), rel=0.04)


def test_weeks_ran_out_where_a_day_opened_with_nothing():
    table = sales([[20, 22, 9, 0, 21, 18]])
    on_hand = np.full((1, 42), 30.0)
    on_hand[0, 19:28] = 0
    found, _ = warning_counts(forecasting.uncensor, table, stock(on_hand), every="1w")
    assert found["sold_out"].tolist() == [False, False, True, False, False, False]
    assert found["out_of_stock"].tolist() == [False, False, False, True, False, False]
    assert found["demand"][2] > 15


def test_the_share_in_stock_does_not_count_twice():
    table = sales([[4.0, 5, 2, 4, 5]], freq="D", in_stock=np.array([[1.0, 1, 0.5, 1, 1]]))
    held = stock([[9, 9, 9, 9, 9]])
    assert forecasting.uncensor(table, held, every="1d")["demand"].tolist() == [4, 5, 2, 4, 5]


def test_series_that_mostly_sell_out_are_noted():
    table, held = sales([[3.0, 3, 3, 1]], freq="D"), stock([[3, 3, 3, 9]])
    assert warning_counts(forecasting.uncensor, table, held, every="1d")[1]["mostly_sold_out"] == 1
    half = warning_counts(forecasting.uncensor, sales([[3.0, 3, 1, 1]], freq="D"), held.assign(on_hand=[3, 3, 9, 9]),
                          every="1d")  # fmt: skip
    assert "mostly_sold_out" not in half[1]


def test_a_simulated_shop_with_a_fifth_out_of_stock():
    """The shop's stock ends with its last sale by design, not because of it: more on the shelf takes that away."""
    shop = datasets.make_shop(1_000, 180, n_products=40, stockouts=datasets.Stockouts(share=0.2))
    held = shop.stock.assign(on_hand=shop.stock["on_hand"] * 1_000)
    sold = schema.to_sales(shop.orders, every="1d")
    found, counts = warning_counts(forecasting.uncensor, sold, held, every="1d")
    truth = shop.truth.demand.merge(found[["product_id", "period_at"]])
    assert set(counts) == {"periods_out_of_stock"}
    assert abs(found["demand_rate"].sum() / truth["wanted"].sum() - 1) < 0.03
    assert found["units_sold"].sum() / truth["wanted"].sum() < 0.9


def test_wrong_tables():
    numbered = pd.DataFrame({"product_id": "a", "period_at": [0, 1, 2], "quantity": [1, 2, 3]})
    with pytest.raises(ValueError, match="dates"):
        forecasting.uncensor(numbered, stock([[1]], names=["a"]))
    with pytest.raises(SchemaError, match="text"):
        forecasting.uncensor(sales([[1, 2]], freq="D"), stock([[1]]).assign(product_id=3), every="1d")
