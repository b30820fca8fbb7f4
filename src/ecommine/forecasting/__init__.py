"""Demand forecasting."""

from ._backtest import Backtest, backtest
from ._calendar import commerce_calendar
from ._classify import classify
from ._forecast import forecast
from ._models.combination import Combination
from ._models.croston import SBA, TSB, Croston
from ._models.ets import ETS
from ._models.naive import SeasonalNaive
from ._models.negative_binomial import NegativeBinomial
from ._models.theta import Theta
from ._nixtla import to_nixtla
from ._result import Forecast
from ._trends.api import Trends, trends
from ._uncensor import uncensor

__all__ = [
    "ETS",
    "SBA",
    "TSB",
    "Backtest",
    "Combination",
    "Croston",
    "Forecast",
    "NegativeBinomial",
    "SeasonalNaive",
    "Theta",
    "Trends",
    "backtest",
    "classify",
    "commerce_calendar",
    "forecast",
    "to_nixtla",
    "trends",
    "uncensor",
]
