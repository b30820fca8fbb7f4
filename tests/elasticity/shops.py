"""Panels whose elasticities are known, and real ones where they are there."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets

DATA = Path(os.environ.get("ECOMMINE_DATA", "../shared/data"))
TRUE_BRANDS = {"dominicks": -3.37753, "minute.maid": -3.3207, "tropicana": -2.7117}


def real(name):
    """Read a data set that is not part of the project, or skip the test."""
    path = DATA / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there: set ECOMMINE_DATA to the folder of the data sets")
    return pd.read_parquet(path)


def juice():
    """Dominick's orange juice: 28,947 rows without period and store."""
    return real("dominicks_oj").rename(columns={"sales": "quantity", "brand": "product_id"})


def juice_stores(brand):
    """One brand of orange juice in 83 stores, by week, with the prices of all eleven brands."""
    rows = real("orange_juice_stores")
    rows = rows[rows["brand"] == brand].rename(columns={"store": "store_id", "brand": "product_id"})
    weeks = pd.Timestamp("1989-09-14") + pd.to_timedelta(7 * rows["week"], unit="D")
    return rows.assign(quantity=np.exp(rows["logmove"]), price=rows[f"price{brand}"], period_at=weeks)


def other_prices(brand):
    return [f"price{number}" for number in range(1, 12) if number != brand]


def clean_sales(seed, *, per_category=10, categories=20, spread=0.1, within=0.5, periods=20):
    """Draw the panel on which the gain of shrinkage is stated: no promotions, no counting noise."""
    return datasets.make_sales(
        per_category * categories,
        periods,
        counts=False,
        assortment=datasets.Assortment(categories=categories, within=within, between=within),
        pricing=datasets.Pricing(price_spread=spread, promotion_rate=0, residual=0.3),
        rng=seed,
    )


def shop(n_products=12, periods=30, categories=3, **options):
    """Draw a small shop with promotions, large enough for the effects of periods."""
    return datasets.make_sales(
        n_products,
        periods,
        level=options.pop("level", 2_000.0),
        assortment=datasets.Assortment(categories=categories),
        **options,
    ).table


def small_panel(prices, quantities, **columns):
    """Build one product's panel from prices and units, week by week."""
    times = pd.date_range("2024-01-01", periods=len(prices), freq="7D").astype("datetime64[us]")
    data = {"product_id": "tea", "period_at": times, "quantity": quantities, "price": prices, **columns}
    return pd.DataFrame(data)


def correlated(rng, rho, shape):
    """Draw rows of a stationary first-order autoregression with variance one."""
    noise = rng.normal(size=shape)
    for period in range(1, shape[1]):
        noise[:, period] = rho * noise[:, period - 1] + np.sqrt(1 - rho**2) * noise[:, period]
    return noise


def log_prices(rng, kind, shape):
    """Draw log prices: independent, autocorrelated, three lasting steps, or promotions of two periods."""
    if kind in ("independent", "autocorrelated"):
        return 0.1 * correlated(rng, 0.5 if kind == "autocorrelated" else 0.0, shape)
    prices = np.zeros(shape)
    for row in prices:
        if kind == "steps":
            steps = np.sort(rng.choice(np.arange(2, len(row) - 1), 3, replace=False))
            row[:] = rng.normal(0, 0.1, 4)[np.searchsorted(steps, np.arange(len(row)), side="right")]
        else:
            starts = rng.choice(np.arange(1, len(row) - 2, 3), max(3, len(row) // 10), replace=False)
            row[np.concatenate([starts, starts + 1])] = -0.2
    return prices


def drawn_panel(seed, kind, *, rho, periods, n_products=500, within=0.5):
    """Draw a panel with errors that follow each other; return it and the true elasticities."""
    rng = np.random.default_rng(seed)
    shape = (n_products, periods)
    noise, truth = 0.3 * correlated(rng, rho, shape), rng.normal(-2, within, n_products)
    x = log_prices(rng, kind, shape)
    times = pd.date_range("2024-01-01", periods=periods, freq="7D").astype("datetime64[us]")
    table = {
        "product_id": np.repeat(np.arange(n_products), periods),
        "period_at": np.tile(times, n_products),
        "quantity": np.exp(5 + truth[:, None] * x + noise).ravel(),
        "price": 10 * np.exp(x).ravel(),
        "category": np.repeat(np.arange(n_products) // 10, periods).astype(str),
    }
    return pd.DataFrame(table), truth
