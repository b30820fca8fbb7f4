"""What to order now, and the long table of other libraries."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ecommine import forecasting
from ecommine.forecasting._panel.grid import make_grid
from ecommine.forecasting._smoothing.classes import recent_totals
from ecommine.forecasting._stock_up import steps_of_lead_time
from ecommine.schema import SchemaError
from forecasting.tables import in_order, sales, stock
from libraries import to_pandas
from notes import warning_counts

NAN = np.nan


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    return sales(rng.poisson([[5.0]] * 10 + [[40.0]] * 10 + [[0.3]] * 10, (30, 80)))


@pytest.fixture(scope="module")
def forecast(table):
    return forecasting.forecast(table, 6, every="1w")


def test_the_order_is_p90_of_the_lead_time_less_what_is_there(forecast):
    held = stock([[20]] * 29 + [[NAN]], start="2025-07-13", on_order=np.full((30, 1), 4))
    found, counts = warning_counts(forecast.stock_up, held, lead_time="14d")
    mean, quantiles = forecast._data.totals_by_series(2, np.array([0.9]))
    by_id = found.set_index("product_id").sort_index()
    assert by_id["mean"].to_numpy() == pytest.approx(mean)
    assert by_id["p90"].to_numpy() == pytest.approx(quantiles[:, 0])
    expected = np.maximum(by_id["p90"] - 24, 0)
    assert by_id["order"][:29].to_numpy() == pytest.approx(np.ceil(expected[:29]))
    assert np.isnan(by_id["order"].iloc[29])
    assert found["order"].dropna().is_monotonic_decreasing
    assert np.isnan(found["order"].iloc[-1])
    assert counts == {"stock_unknown": 1}


def test_orders_last_through_the_lead_time_nine_times_in_ten():
    """The demand of the next three weeks of 600 products against p90."""
    rng = np.random.default_rng(1)
    units = rng.poisson(rng.lognormal(1.5, 1, 600)[:, None], (600, 83))
    result = forecasting.forecast(sales(units[:, :80]), 4, every="1w")
    p90 = result.stock_up(lead_time="3w").sort_values("product_id")["p90"].to_numpy()
    assert 0.86 <= (units[:, 80:].sum(axis=1) <= p90).mean() <= 0.96


def test_every_library(library, table):
    result = forecasting.forecast(library(in_order(table[table["product_id"] < "p05"], 1)), 4, every="1w")
    found = to_pandas(result.stock_up(library(stock([[3]] * 5, start="2025-07-13")), lead_time="2w"))
    assert found.columns.tolist() == ["product_id", "mean", "p90", "on_hand", "on_order", "order", "reason"]
    assert len(found) == 5
    assert found["on_order"].tolist() == [0] * 5
    rise = to_pandas(result.stock_up(lead_time="2w"))
    assert rise.columns.tolist() == ["product_id", "mean", "p90", "recent", "rise", "reason"]
    assert rise["rise"].to_numpy() == pytest.approx((rise["mean"] - rise["recent"]).to_numpy())
    assert rise["rise"].is_monotonic_decreasing


def test_lead_times_in_periods():
    weeks = make_grid(np.datetime64("2024-01-01", "us"), 4, "1w")
    months = make_grid(np.datetime64("2024-01-01", "us"), 3, "1mo")
    cases = [("7d", 1), ("8d", 2), ("1d", 1), ("4w", 4), (timedelta(days=15), 3), (2, 2)]
    assert [steps_of_lead_time(weeks, lead) for lead, _ in cases] == [steps for _, steps in cases]
    assert [steps_of_lead_time(months, lead) for lead in ("31d", "32d", "1mo", "3mo")] == [1, 2, 1, 3]
    assert steps_of_lead_time(make_grid(0, 5, None), 5) == 5
    for lead in ("29d", 5, "1y"):
        with pytest.raises(ValueError, match="longer than the horizon"):
            steps_of_lead_time(weeks, lead)
    with pytest.raises(TypeError, match="lead_time"):
        steps_of_lead_time(make_grid(0, 5, None), "7d")
    with pytest.raises(ValueError, match="lead_time"):
        steps_of_lead_time(weeks, 0)


def test_recent_totals_fill_periods_that_are_not_known():
    demand = np.array([[1.0, 2, 3, 4], [1, NAN, NAN, NAN], [1, 2, NAN, 4]])
    assert recent_totals(demand, 3) == pytest.approx([9, NAN, 9], nan_ok=True)
    assert recent_totals(demand, 9)[0] == 10


def test_stock_without_its_columns(forecast):
    with pytest.raises(SchemaError, match="on_hand"):
        forecast.stock_up(pd.DataFrame({"product_id": ["p00"], "stocked_at": [pd.Timestamp(0)]}), lead_time=1)


@pytest.mark.call("forecasting.to_nixtla")
def test_the_long_table_has_every_period(library):
    table = sales([[3, NAN, 5], [NAN, 2, 0]])
    found = to_pandas(forecasting.to_nixtla(library(in_order(table, 2)), every="1w"))
    assert found.columns.tolist() == ["unique_id", "ds", "y"]
    assert found["unique_id"].tolist() == ["p00"] * 3 + ["p01"] * 2
    assert found["y"].tolist() == [3, 0, 5, 2, 0]
    assert found["ds"].tolist() == [pd.Timestamp(f"2024-01-{day:02d}") for day in (1, 8, 15, 8, 15)]


def test_the_long_table_of_stores_numbers_and_stockouts():
    table = pd.DataFrame({"product_id": 7, "store_id": [1, 1, 2], "period_at": [0, 2, 1], "quantity": [1, 2, 3]})
    found = forecasting.to_nixtla(table, by=("product_id", "store_id"))
    assert found.to_numpy().tolist() == [
        ["7/1", 0, 1.0], ["7/1", 1, 0.0], ["7/1", 2, 2.0], ["7/2", 1, 3.0], ["7/2", 2, 0.0],
    ]  # fmt: skip
    one = forecasting.to_nixtla(table[:2])
    assert one["unique_id"].tolist() == [7] * 3
    out = sales([[3, 4, 0, 5]], in_stock=[[1.0, 1, 0, 1]])
    filled, counts = warning_counts(forecasting.to_nixtla, out, every="1w")
    assert filled["y"].isna().tolist() == [False, False, True, False]
    assert counts["demand_unknown"] == 1


def test_what_is_not_known_of_an_event_widens_orders_and_totals():
    """An event seen once may differ by a half: p90 of its week rises by more than chance in counts does."""
    rng = np.random.default_rng(3)
    units = rng.poisson(50, (20, 70)).astype(float)
    units[:, 40] = rng.poisson(150, 20)
    calendar = pd.DataFrame({"event": "fair", "event_at": pd.to_datetime(["2024-10-09", "2025-05-08"]), "before": 0,
                             "after": 0})  # fmt: skip
    result = forecasting.forecast(sales(units), 4, every="1w", calendar=calendar)
    plain = forecasting.forecast(sales(units), 4, every="1w")
    with_event, without = (
        one.stock_up(lead_time="1w").sort_values("product_id", ignore_index=True) for one in (result, plain)
    )
    assert (with_event["mean"] > 1.7 * without["mean"]).all()
    assert (with_event["p90"] - with_event["mean"] > 0.4 * with_event["mean"]).all()
    total, before = result.total(), plain.total()
    assert total["p95"][0] - total["p05"][0] > 4 * (before["p95"][0] - before["p05"][0])
    assert total["p05"][0] < total["mean"][0] < total["p95"][0]


@pytest.mark.parametrize("n_periods", [30, 120])
def test_one_period_is_that_of_the_table(n_periods):
    """Of series with and without quantiles of longer totals: 114, 108 and 107 were three answers to one question."""
    rng = np.random.default_rng(3)
    units = rng.poisson([[100], [6], [0.4]], (3, n_periods)) * np.where(rng.random((3, n_periods)) < 0.15, 2, 1)
    table = sales(units)
    result = forecasting.forecast(table, 3, every="1w", quantiles=(0.05, 0.9))
    first = result.table[result.table["period_at"] == result.table["period_at"].min()].set_index("product_id")
    order = result.stock_up(lead_time=1).set_index("product_id")
    assert order["p90"].to_dict() == first["p90"].to_dict()
    assert order["reason"].isna().all()
    for name in first.index:
        one = result.total("period_at", products=[name]).merge(
            result.table[result.table["product_id"] == name], on="period_at", suffixes=("", "_table")
        )
        assert one["p90"].tolist() == one["p90_table"].tolist()
    other = forecasting.forecast(table, 3, every="1w", quantiles=(0.5,))
    assert other.stock_up(lead_time=1).set_index("product_id")["p90"].to_dict() == first["p90"].to_dict()


def test_an_order_that_is_not_known_has_its_reason(library):
    table = pd.DataFrame({"product_id": "tea", "quantity": [3, 5, 4, 6, 5, 4, 5, 6],
                          "period_at": pd.date_range("2024-01-01", periods=8, freq="7D")})  # fmt: skip
    result = forecasting.forecast(library(table), 3, every="1w")
    long = to_pandas(result.stock_up(lead_time=3))
    assert np.isnan(long["p90"].astype(float)).all()
    assert long["reason"].tolist() == ["fewer_than_20_origins"]


def test_orders_that_are_not_known_and_old_records_are_noted(library):
    weeks = pd.date_range("2024-01-01", periods=60, freq="7D")
    table = pd.concat([pd.DataFrame({"product_id": p, "quantity": 9, "period_at": weeks}) for p in ("cup", "pot")])
    held = pd.DataFrame({"product_id": ["cup", "pot"], "on_hand": [3, 3], "on_order": [NAN, 2.0],
                         "stocked_at": pd.to_datetime(["2025-02-20", "2023-02-20"])})  # fmt: skip
    result = forecasting.forecast(library(table), 2, every="1w")
    found, counts = warning_counts(result.stock_up, library(held), lead_time=1)
    found = to_pandas(found).set_index("product_id")
    assert pd.isna(found.loc["cup", "on_order"])
    assert found.loc["cup", "order"] == found.loc["cup", "p90"] - 3
    assert counts == {"stock_old": 1, "on_order_unknown": 1}
