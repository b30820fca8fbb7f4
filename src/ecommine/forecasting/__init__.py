r"""Demand forecasting: how much of each product will be ordered, how sure is that, and what to do about it.

Reads the panel of sales that `schema.to_sales` makes and returns a distribution for every product and period.

- `forecast` gives mean and quantiles, totals with quantiles of their own, and what to stock up; `backtest` compares
  forecasts from earlier cutoffs with what came.
- `classify` names the class of each product's demand and stock; `uncensor` estimates demand behind stockouts.
- `trends` finds what rises and falls, the season and the peaks; `commerce_calendar` has the events of China and the US.
- `Combination`, `ETS`, `Theta`, `Croston`, `SBA`, `TSB`, `NegativeBinomial` and `SeasonalNaive` are models for
  ``models=``, each fitted to all products at once. `to_nixtla` writes the table that statsforecast reads.

With a forecast :math:`\hat y`, the error scale :math:`\hat\sigma` of the product and the errors :math:`e` of rolling
origins, pooled in units of it, the quantile at :math:`p` is
:math:`\max(0, \hat y + \hat\sigma e_{(\lceil (n+1) p \rceil)})`; slow movers have negative binomial counts.

Notes have a ``code`` and a ``count`` beside their sentence.

==========================  ==================================================================================
``horizon_start``           the period from which on all series are forecast
``every_inferred``          the length of a period as the dates show it
``negative_demand``         rows below zero count as 0
``broken_series``           series with infinite values or text: no forecast
``out_of_stock``            periods out of stock for more than half of the time: demand is not known
``no_demand_known``         series without known demand: no forecast
``rates_borrowed``          new series without a sale yet: the rate is that of other slow movers
``no_season``               history shorter than two seasons
``horizon_beyond_history``  a horizon as long as the history
``promotions_removed``      no plan of promotions was given: the forecast is without them
``events_never_seen``       events of the horizon without an occurrence in history: factor 1
``events_seen_once``        events with one occurrence
``future_rows_left_out``    plans of other products or periods
``prices_without_effect``   too few changes of price to estimate an effect
``periods_sold_out``        periods that sold all they had: demand was at least as large
``periods_out_of_stock``    periods with nothing to sell: demand is not known
``mostly_sold_out``         series that sold out in most periods
``stock_unknown``           series that are not in `stock`
==========================  ==================================================================================

References
----------
Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: Principles and Practice, 3rd edition.
https://otexts.com/fpp3/
"""

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
