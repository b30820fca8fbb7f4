"""The wording of notes, headlines and summaries stands in ``texts/``; other tests look at codes and numbers."""

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import forecasting
from ecommine._core.texts import LOCALES
from forecasting.tables import sales, stock
from golden import check_texts

TEXTS = Path(__file__).parent / "texts"
NAN = np.nan


def shop(seed=0, *, n_series=30, n_weeks=70, event=False):
    rng = np.random.default_rng(seed)
    mean = np.full((n_series, n_weeks), 12.0)
    mean[0] *= np.exp(np.arange(n_weeks) / 40)
    mean[1] *= np.exp(-np.arange(n_weeks) / 40)
    mean[2, 30:] = 0
    if event:
        mean[:, 40] *= 3
    units = rng.poisson(mean).astype(float)
    units[3, :-4] = NAN
    return sales(units)


def fair(*days, event="fair"):
    return pd.DataFrame({"event": event, "event_at": pd.to_datetime(list(days)), "before": 0, "after": 0})


@cache
def forecasts():
    """Forecasts that have every sentence of a summary."""
    seen = fair("2024-10-09", "2025-05-08")
    numbered = pd.DataFrame({"product_id": ["a"] * 30, "period_at": np.arange(30), "quantity": [4, 5, 6] * 10})
    promotion = sales(np.full((3, 30), 5.0), promotion=np.eye(3, 30) > 0)
    return {
        "a shop": forecasting.forecast(shop(), 4, every="1w"),
        "an event": forecasting.forecast(shop(event=True), 4, every="1w", calendar=seen),
        "an event that was never seen": forecasting.forecast(shop(), 4, every="1w", calendar=fair("2025-05-08")),
        "one product by numbers": forecasting.forecast(numbered, 2),
        "a short history": forecasting.forecast(sales([[3, 4, 5], [2, 2, 2]]), 2, every="1w"),
        "promotions": forecasting.forecast(promotion, 2, every="1w"),
        "no demand known": forecasting.forecast(sales([[NAN, np.inf, 3.0]]), 2, every="1w"),
    }


@cache
def growing():
    """Trends that have every sentence of a summary."""
    rng, days = np.random.default_rng(1), pd.date_range("2022-01-03", periods=1_000)
    growth = np.zeros((40, 1))
    growth[:3], growth[3:6] = [[0.8], [0.6], [3.0]], [[-0.8], [-0.6], [-0.4]]
    season = np.array([0.8, 0.8, 0.9, 1, 1.1, 1.3, 1.1])[np.arange(1_000) % 7]
    season = season * np.where((days.month == 11) & (days.day >= 5) & (days.day <= 11), 3, 1)
    units = rng.poisson(12 * season * np.exp(growth * np.arange(1_000) / 365))
    calendar = fair(*(f"{year}-11-11" for year in (2022, 2023, 2024, 2025)), event="double_11").assign(before=7)
    weekly = sales(rng.poisson(9, (6, 60)))
    numbered = pd.DataFrame(
        {
            "product_id": np.repeat(np.arange(5), 40),
            "period_at": np.tile(np.arange(40), 5),
            "quantity": rng.poisson(9 * np.exp(np.outer([0.06, 0, 0, 0, 0], np.arange(40)))).ravel(),
        }
    )
    return {
        "trends of a shop": forecasting.trends(sales(units, start="2022-01-03", freq="D"), every="1d",
                                               calendar=calendar),
        "no trends": forecasting.trends(weekly, every="1w"),
        "trends by numbers": forecasting.trends(numbered),
        "one product has no trend": forecasting.trends(sales(np.full((1, 20), 3.0)), every="1w"),
    }  # fmt: skip


def warned():
    """Calls whose notes come as a warning."""
    daily, held = sales([[4, 6, 5, 3, 3, 0, 5], [2] * 7], freq="D"), stock([[18, 14, 8, 3, 3, 0, 20]])
    weekly = sales([[5] * 8, [0] * 8])
    future = pd.DataFrame({"product_id": ["p00", "x"], "period_at": pd.to_datetime(["2024-02-26"] * 2),
                           "price": [2.0, 2.0]})  # fmt: skip
    priced = sales([[5] * 8], price=[[3.0] * 8])
    return {
        "classify": lambda: forecasting.classify(weekly, every="1w", stock=stock([[3]])),
        "uncensor": lambda: forecasting.uncensor(daily, held, every="1d"),
        "to_nixtla": lambda: forecasting.to_nixtla(sales([[3, 4, 0, 5]], in_stock=[[1.0, 1, 0, 1]]), every="1w"),
        "future": lambda: forecasting.forecast(priced, 1, every="1w", future=future),
    }


def sentences(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    notes = [note for warning in caught for note in getattr(warning.message, "notes", ())]
    return "\n".join(f"- {note}" for note in (*notes, *getattr(result, "notes", ())))


@pytest.mark.parametrize("locale", LOCALES)
def test_the_wording(locale):
    results = {**forecasts(), **growing()}
    texts = {name: result.summary(locale=locale) for name, result in results.items()}
    if locale == "en":
        texts = {
            name: "\n".join([results[name].headline, "", text, "", *(f"- {note}" for note in results[name].notes)])
            for name, text in texts.items()
        }
        texts |= {name: sentences(call) for name, call in warned().items()}
    check_texts(TEXTS / f"{locale}.md", texts)
