"""What each public call of `recommend` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import recommend
from edge import Good


def order_lines(n_customers: int = 40, n_weeks: int = 26) -> pd.DataFrame:
    """Return lines of customers of two tastes who come about every two weeks."""
    rng = np.random.default_rng(0)
    rows = []
    for customer in range(n_customers):
        for week in range(n_weeks):
            if rng.random() < 0.5:
                taste = customer % 2
                for product in {int(one) for one in rng.integers(0, 8, 3)}:
                    rows.append((customer, week, product if rng.random() < 0.2 else taste * 8 + product))
    customer, week, product = np.array(rows).T
    order = customer * n_weeks + week
    frame = pd.DataFrame(
        {
            "order_id": order,
            "customer_id": [f"c{one:02}" for one in customer],
            "ordered_at": np.datetime64("2024-01-01 10:00", "us") + week * np.timedelta64(7, "D"),
            "product_id": [f"p{one:02}" for one in product],
            "quantity": 1,
            "amount": 5.0 + product,
        }
    )
    return frame.drop_duplicates(["order_id", "product_id"], ignore_index=True)


def product_table() -> pd.DataFrame:
    """Return products of two categories and three brands, one of them new."""
    i = np.arange(17)
    return pd.DataFrame(
        {
            "product_id": [f"p{one:02}" for one in i],
            "category": [("tea", "pot")[one // 8 % 2] for one in i],
            "brand": [f"b{one % 3}" for one in i],
            "title": [f"product {one}" for one in i],
            "price": 5.0 + i,
            "unit_cost": 2.0 + i / 2,
        }
    )


def event_rows() -> pd.DataFrame:
    """Return views of thirty visitors, the first twenty of whom are customers."""
    rng = np.random.default_rng(1)
    n = 240
    visitor = np.arange(n) % 30
    product = (visitor % 2) * 8 + rng.integers(0, 8, n)
    return pd.DataFrame(
        {
            "visitor_id": [f"v{one:02}" for one in visitor],
            "customer_id": [f"c{one:02}" if one < 20 else None for one in visitor],
            "event": "view_item",
            "occurred_at": np.datetime64("2024-06-01 10:00", "us") + np.arange(n) * np.timedelta64(60, "s"),
            "product_id": [f"p{one:02}" for one in product],
        }
    )


def basket_lines() -> pd.DataFrame:
    """Return three baskets, the last of a known customer."""
    return pd.DataFrame(
        {
            "order_id": [1, 1, 2, 3],
            "customer_id": [None, None, None, "c00"],
            "product_id": ["p01", "p02", "p09", "p03"],
            "amount": [6.0, 7.0, 14.0, 8.0],
        }
    )


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    orders, products, events = order_lines(), product_table(), event_rows()
    model = recommend.fit(orders, products=products, events=events)
    excel = Good("result.xlsx")
    lists = model.home(["c00", "c01"], k=3)
    return {
        "Content": Good("category"),
        "Evaluation": recommend.evaluate(orders, n_windows=1, k=3),
        "Evaluation.to_excel": excel,
        "Neighbours": Good(k=5),
        "Own": Good(half_life="30d"),
        "Popular": Good(window="7d"),
        "Recommendations": lists,
        "Recommendations.to_excel": excel,
        "Recommendations.to_flat": Good(names=products),
        "Recommender": model,
        "Recommender.checkout": Good(basket_lines()),
        "Recommender.detail": Good(["p01", "p02"]),
        "Recommender.home": Good(["c00", "c01"]),
        "Recommender.to_excel": excel,
        "Recommender.top_up": Good(basket_lines(), 20.0),
        "Recommender.visit": Good(events.head(20)),
        "Together": Good(penalty=100.0),
        "Viewed": Good(),
        "evaluate": Good(orders, n_windows=1, k=3),
        "fit": Good(orders, products=products, events=events),
    }
