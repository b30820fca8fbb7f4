"""Shops of known types of customers, as features."""

from typing import Any

import pandas as pd

from ecommine import datasets, segmentation
from segmentation.slow import quietly

TYPE = datasets.CustomerType
ONE_TYPE = (TYPE(name="all", share=1, orders_per_month=1, lifetime_days=500, rate_cv=0.8),)
THREE_TYPES = tuple(
    TYPE(name=name, share=share, orders_per_month=rate, lifetime_days=20_000, rate_cv=0.1, spend=spend)
    for name, share, rate, spend in (("a", 0.2, 6, 2.0), ("b", 0.4, 1.5, 1.0), ("c", 0.4, 0.4, 0.5))
)


def feature_table(
    types: Any, seed: int, *, n: int = 2_000, days: int = 365, weekdays: bool = False, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features and the truth; with ``weekdays`` orders of a weekend are placed on the Monday after."""
    made = datasets.make_transactions(n, days, types=types, rng=seed, **options)
    lines = made.table
    if weekdays:
        lines = lines.assign(ordered_at=_on_weekdays(lines["ordered_at"]))
    return quietly(segmentation.features, lines), made.truth


def two_bursts(seed: int) -> pd.DataFrame:
    """Return features of customers of one type, half of whom came on the first day and half 200 days later."""
    early = datasets.make_transactions(1_000, 365, types=ONE_TYPE, arriving=0, rng=seed).table
    late = datasets.make_transactions(1_000, 165, types=ONE_TYPE, arriving=0, rng=seed + 10_000).table
    late = late.assign(
        customer_id=late["customer_id"] + 1_000,
        order_id=late["order_id"] + early["order_id"].max() + 1,
        ordered_at=late["ordered_at"] + pd.Timedelta(days=200),
    )
    return quietly(segmentation.features, pd.concat([early, late]))


def _on_weekdays(times: "pd.Series[Any]") -> "pd.Series[Any]":
    behind = (7 - times.dt.day_of_week).where(times.dt.day_of_week >= 5, 0)
    return times + pd.to_timedelta(behind, unit="D").astype("timedelta64[us]")
