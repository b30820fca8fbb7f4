"""The call `backtest`: cutoffs see nothing after them, measures by hand, every library."""

import functools

import numpy as np
import pandas as pd
import pytest

from ecommine.forecasting import SeasonalNaive, backtest, forecast
from forecasting.shop import one_series, small_shop
from libraries import to_pandas
from notes import note_counts

KEYS = ["product_id", "cutoff", "period_at"]


@functools.cache
def expected_backtest():
    return backtest(small_shop(), horizon=3, n_windows=2, every="1w")


@pytest.mark.call("forecasting.backtest")
def test_every_library_gives_the_same(library):
    shop = small_shop()
    expected = expected_backtest()
    result = backtest(library(shop), horizon=3, n_windows=2, every="1w")
    for name, keys in (("table", KEYS), ("products", KEYS[:1]), ("windows", KEYS[1:2])):
        ours, theirs = (to_pandas(getattr(one, name), sort=keys) for one in (result, expected))
        pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)
    assert result.headline == expected.headline
    assert note_counts(result.notes) == {"no_season": 34, "no_demand_known": 1}  # "new" had not begun


def test_a_window_is_the_forecast_of_its_cutoff():
    shop = small_shop()
    result = backtest(shop, horizon=3, n_windows=2, step_size=2, every="1w")
    cutoffs = result.windows["cutoff"].tolist()
    assert cutoffs == [pd.Timestamp("2024-08-26"), pd.Timestamp("2024-09-09")]
    for cutoff in cutoffs:
        alone = forecast(shop, 3, every="1w", as_of=cutoff + pd.Timedelta(days=7)).table
        window = result.table[result.table["cutoff"] == cutoff].reset_index(drop=True)
        window = window[window["product_id"].isin(alone["product_id"])].dropna().reset_index(drop=True)
        alone = alone[alone["product_id"].isin(window["product_id"])].reset_index(drop=True)
        np.testing.assert_allclose(window[["mean", "p05", "p95"]], alone[["mean", "p05", "p95"]])


def test_what_comes_after_a_cutoff_does_not_move_its_forecast():
    shop = small_shop()
    changed = shop.copy()
    changed.loc[changed["period_at"] > "2024-09-09", "quantity"] *= 50
    first, second = (backtest(one, horizon=3, n_windows=1, step_size=1, every="1w").table for one in (shop, changed))
    pd.testing.assert_frame_equal(first.drop(columns="actual"), second.drop(columns="actual"))
    assert not first["actual"].equals(second["actual"])


def test_measures_by_hand():
    """The last value 6 is repeated: 8 and 2 come. Errors -2 and 4, naive steps before it 2, 2, 2, 2."""
    result = backtest(one_series([4, 6, 4, 6, 4, 6, 8, 2]), horizon=2, n_windows=1, models=SeasonalNaive())
    row = result.products.iloc[0]
    mean = result.table["mean"].to_numpy()
    error = mean - [8, 2]
    assert result.table["actual"].tolist() == [8, 2]
    assert row["n_periods"] == 2
    assert row["bias"] == pytest.approx(error.mean())
    assert row["mae"] == pytest.approx(np.abs(error).mean())
    assert row["mase"] == pytest.approx(np.abs(error).mean() / 2)
    assert row["rmsse"] == pytest.approx(np.sqrt((error**2).mean()) / 2)
    window = result.windows.iloc[0]
    assert window["total_ratio"] == pytest.approx(mean.sum() / 10)
    levels = np.array([0.05, 0.1, 0.5, 0.9, 0.95])
    gap = np.array([[8], [2]]) - result.table[["p05", "p10", "p50", "p90", "p95"]].to_numpy()
    assert window["pinball"] == pytest.approx(np.maximum(levels * gap, (levels - 1) * gap).mean())
    assert window["nominal"] == 0.9


def test_flat_demand_has_no_scaled_errors():
    products = backtest(one_series([5] * 12), horizon=2, n_windows=2).products
    assert products[["mase", "rmsse"]].isna().all(axis=None)
    assert products["bias"].item() == pytest.approx(0, abs=1e-6)


def test_unknown_demand_is_not_compared():
    values = np.array([4.0, 6, 4, 6, 4, 6, 8, np.nan])
    assert backtest(one_series(values), horizon=2, n_windows=1).products["n_periods"].item() == 1


def test_demand_behind_a_stockout_is_not_compared():
    days = pd.date_range("2024-01-01", periods=20)
    sales = one_series([5] * 18 + [3, 0]).assign(period_at=days)
    stock = pd.DataFrame({"product_id": "tea", "stocked_at": days, "on_hand": [20] * 18 + [3, 0]})
    result = backtest(sales, horizon=2, n_windows=2, stock=stock, every="1d")
    assert result.windows["n_periods"].tolist() == [2, 0]
    assert result.table["mean"].between(4, 6).all()


def test_history_too_short_for_the_windows():
    with pytest.raises(ValueError, match=r"`n_windows` of 3 with `horizon` 2 and `step_size` 2 leave 2 of 8 periods"):
        backtest(one_series(range(8)), horizon=2)
    assert len(backtest(one_series(range(10)), horizon=2).windows) == 3


def test_nothing_to_compare_is_said_and_no_number():
    nothing = backtest(one_series([0] * 20), horizon=2)
    assert nothing.headline.endswith("no demand to compare the total forecast with")
    assert "nan" not in str(nothing.headline)
    alone = backtest(one_series(range(20)), horizon=2, quantiles=(0.5,)).windows
    assert alone["coverage"].isna().all()
    assert alone["nominal"].isna().all()
    assert alone["pinball"].notna().all()
