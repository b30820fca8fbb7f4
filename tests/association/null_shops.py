"""Shops in which nothing goes with anything: every order is drawn by weight, whatever moves the weights."""

import numpy as np
import pandas as pd

DAYS = 365


def season(day, n_products, rng):
    """Every product sells ten times better for a quarter of the year."""
    away = np.abs(day[:, None] - rng.integers(0, DAYS, n_products))
    return np.where(np.minimum(away, DAYS - away) < DAYS / 8, 10.0, 1.0)


def launches(day, n_products, rng):
    """A third of the products is launched or dropped in the middle of a month."""
    moment = rng.integers(0, 12, n_products) * 30.4 + 15
    is_on_sale = (day[:, None] >= moment) == (rng.random(n_products) < 0.5)
    return np.where((rng.random(n_products) < 1 / 3) & ~is_on_sale, 0.0, 1.0)


def promotions(day, n_products, rng):
    """Every product sells twenty times better in two weeks of its own, which begin on any day."""
    starts = rng.uniform(0, DAYS - 7, (2, n_products))
    on = sum((day[:, None] >= start) & (day[:, None] < start + 7) for start in starts)
    return np.where(on > 0, 20.0, 1.0)


def large_customers(share, n_large=1, n_others=400):
    """Customers of different taste, of whom the first ones have a share of the orders."""

    def weights(day, n_products, rng):
        is_large = rng.random(len(day)) < share
        customer = np.where(is_large, rng.integers(0, n_large, len(day)), n_large + rng.integers(0, n_others, len(day)))
        return customer, np.exp(rng.normal(0, 1.5, (n_large + n_others, n_products)))[customer]

    return weights


def shop(weights, seed, n_orders=5_000, n_products=60):
    """Order lines of a year: sizes of cv .9, Zipf popularity; every order is of a customer of its own, or as drawn."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.uniform(0, DAYS, n_orders))
    drawn = weights(day, n_products, rng)
    customer, weight = drawn if isinstance(drawn, tuple) else (np.arange(n_orders), drawn)
    size = np.minimum(1 + rng.poisson(3 * rng.gamma(1.5, 1 / 1.5, n_orders)), n_products // 2)
    with np.errstate(divide="ignore"):
        keys = np.log(weight / np.arange(1, n_products + 1)) + rng.gumbel(size=(n_orders, n_products))
    ranked = np.argsort(-keys, axis=1)
    is_bought = (np.arange(n_products) < size[:, None]) & np.isfinite(np.take_along_axis(keys, ranked, axis=1))
    order = np.nonzero(is_bought)[0]
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(day * 86_400 // 1, unit="s")
    times = pd.Series(at).dt.floor("s").astype("datetime64[us]").to_numpy()
    columns = {"order_id": order, "customer_id": customer[order], "product_id": ranked[is_bought]}
    return pd.DataFrame({**columns, "ordered_at": times[order]})
