"""What each public call of `segmentation` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import segmentation
from edge import Good


def order_lines() -> pd.DataFrame:
    """Return four orders of each of thirty customers."""
    n = 120
    return pd.DataFrame(
        {
            "order_id": np.arange(n),
            "customer_id": [f"c{i % 30:02}" for i in range(n)],
            "ordered_at": np.datetime64("2024-01-01 10:00", "us") + np.arange(n) * np.timedelta64(2, "D"),
            "amount": np.arange(n) % 7 + 1.0,
            "channel": [("web", "app")[i % 2] for i in range(n)],
        }
    )


def feature_table() -> pd.DataFrame:
    """Return features of forty customers of two kinds."""
    i = np.arange(40)
    return pd.DataFrame(
        {
            "customer_id": i,
            "orders": np.where(i == 0, 1, 5),
            "orders_per_month": np.where(i < 20, 4.0, 0.5) + i / 100,
            "average_order_value": np.where(i < 20, 90.0, 12.0) + i / 10,
            "monetary": np.where(i < 20, 900.0, 60.0),
        }
    )


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    orders, table = order_lines(), feature_table()
    segments = segmentation.fit(table, n_segments=2)
    seeds = list(range(25))
    portrait = table.assign(segment=np.where(table["customer_id"] < 20, "a", "b"), city="Rome")
    numbers = np.arange(20.0).reshape(10, 2)
    workbook = Good("result.xlsx")
    return {
        "Lifecycle": segmentation.lifecycle(orders),
        "Lifecycle.to_excel": workbook,
        "Lookalike": segmentation.lookalike(table, seeds, sizes=(0.1, 0.2, 0.5)),
        "Lookalike.to_excel": workbook,
        "Profile": segmentation.profile(portrait),
        "Profile.to_excel": workbook,
        "Profile.to_html": Good("portrait.html"),
        "Segmentation": segmentation.Segmentation(2).fit(numbers),
        "Segmentation.fit": Good(numbers),
        "Segmentation.fit_predict": Good(numbers),
        "Segmentation.predict": Good(numbers),
        "Segments": segments,
        "Segments.apply": Good(table),
        "Segments.to_excel": workbook,
        "Stages": Good(),
        "Tiers": segmentation.tiers(orders),
        "Tiers.to_excel": workbook,
        "Transitions": segmentation.transitions(orders),
        "Transitions.to_excel": workbook,
        "features": Good(orders),
        "fit": Good(table, n_segments=2),
        "lifecycle": Good(orders),
        "lookalike": Good(table, seeds, sizes=(0.1, 0.2, 0.5)),
        "profile": Good(portrait),
        "tiers": Good(orders),
        "transitions": Good(orders),
    }
