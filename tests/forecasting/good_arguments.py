"""What each public call of `forecasting` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import forecasting
from edge import Good


def weekly_sales() -> pd.DataFrame:
    """Return ten weeks of two products."""
    n_weeks = 10
    starts = np.datetime64("2024-01-01", "us") + 7 * np.arange(n_weeks) * np.timedelta64(1, "D")
    units = np.array([[3, 5, 4, 6, 5, 4, 5, 6, 4, 5], [0, 2, 0, 0, 1, 0, 0, 2, 0, 1]])
    return pd.DataFrame(
        {
            "product_id": np.repeat(["tea", "pot"], n_weeks),
            "period_at": np.tile(starts, 2),
            "quantity": units.ravel(),
        }
    )


def with_all_columns(sales: pd.DataFrame) -> pd.DataFrame:
    """Return sales with all that may be known of them."""
    promotion = np.tile([False, False, True, False, False], 4)
    return sales.assign(in_stock=1.0, promotion=promotion, price=np.tile([2.0, 2, 1, 2, 3], 4))


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    sales = weekly_sales()
    stock = pd.DataFrame(
        {
            "product_id": ["tea", "pot"],
            "stocked_at": np.array(["2024-03-04", "2024-03-05"], "datetime64[us]"),
            "on_hand": [4.0, 0.0],
        }
    )
    future = pd.DataFrame(
        {
            "product_id": ["tea", "pot"],
            "period_at": np.array(["2024-03-11", "2024-03-18"], "datetime64[us]"),
            "promotion": [True, False],
            "price": [1.0, 2.0],
        }
    )
    calendar = forecasting.commerce_calendar("US", 2024).assign(
        event_at=np.array(["2024-01-17", "2024-03-13"], "datetime64[us]"), before=1, after=1
    )
    model = forecasting.SeasonalNaive()
    fit = Good(np.array([[3.0, 5, 4, 6, 5, 4], [0, 2, 0, 0, 1, 0]]), 1)
    models = ("Combination", "Croston", "ETS", "NegativeBinomial", "SBA", "SeasonalNaive", "TSB", "Theta")
    return {
        **{name: Good() for name in models},
        **{f"{name}.fit": fit for name in models},
        "Backtest": forecasting.backtest(sales, horizon=2, every="1w", n_windows=1, models=model),
        "Backtest.to_excel": Good("result.xlsx"),
        "Forecast": forecasting.forecast(sales, 2, every="1w", models=model, quantiles=(0.1, 0.9)),
        "Forecast.stock_up": Good(stock, lead_time="7d"),
        "Forecast.to_excel": Good("result.xlsx"),
        "Trends": forecasting.trends(sales, every="1w"),
        "Trends.to_excel": Good("result.xlsx"),
        "backtest": Good(sales, horizon=2, every="1w", n_windows=1, models=model, stock=stock),
        "classify": Good(sales, every="1w", stock=stock),
        "commerce_calendar": Good("US", 2024),
        "forecast": Good(
            with_all_columns(sales),
            2,
            every="1w",
            models=model,
            quantiles=(0.1, 0.9),
            calendar=calendar,
            future=future,
            stock=stock,
        ),
        "to_nixtla": Good(sales, every="1w"),
        "trends": Good(sales, every="1w", calendar=calendar),
        "uncensor": Good(sales, stock, every="1w"),
    }
