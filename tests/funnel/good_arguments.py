"""What each public call of `funnel` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import funnel
from edge import Good

NAMES = ("page_view", "view_item", "search", "select_item", "add_to_cart", "begin_checkout", "purchase", "view_item")
STEPS = ["view_item", "add_to_cart", "purchase"]


def event_log() -> pd.DataFrame:
    """Return ninety-six events of twelve visitors."""
    n = 96
    visitor = np.arange(n) // 8
    return pd.DataFrame(
        {
            "visitor_id": [f"v{i}" for i in visitor],
            "customer_id": [f"c{i // 2}" for i in visitor],
            "session_id": [f"s{i}" for i in np.arange(n) // 8],
            "event": [NAMES[i % 8] if i % 5 or i % 8 in (1, 2) else "page_view" for i in range(n)],
            "occurred_at": np.datetime64("2024-01-01", "us") + np.arange(n) * np.timedelta64(7, "m"),
            "product_id": [f"p{i % 3}" for i in visitor],
            "query": [f"q{i % 2}" for i in visitor],
            "position": np.arange(n) % 4 + 1,
            "device": np.where(visitor % 2, "mobile", "desktop"),
        }
    )


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    events = event_log()
    result = funnel.analyse(events, STEPS)
    users = pd.DataFrame({"seen": [1, 1, 1, 0], "paid": [1, 0, 1, 0], "shop": list("aabb")})
    orders = pd.DataFrame(
        {
            "order_id": [1, 2],
            "customer_id": ["c0", "c1"],
            "ordered_at": pd.to_datetime(["2024-01-01 02:00", "2024-01-01 03:00"]).as_unit("us"),
            "product_id": ["p0", "p1"],
            "amount": [5.0, 6.0],
        }
    )
    return {
        "Carts": funnel.carts(events),
        "Carts.to_excel": Good("result.xlsx"),
        "Exclude": Good("remove_from_cart"),
        "Funnel": Good(STEPS),
        "Funnel.step_index": Good("purchase"),
        "FunnelComparison": funnel.compare(result, result),
        "FunnelComparison.to_excel": Good("result.xlsx"),
        "FunnelResult": funnel.analyse(events, STEPS, by="device"),
        "FunnelResult.group": Good("mobile"),
        "FunnelResult.to_excel": Good("result.xlsx"),
        "Paths": funnel.paths(events),
        "Paths.to_excel": Good("result.xlsx"),
        "Searches": funnel.search(events),
        "Searches.to_excel": Good("result.xlsx"),
        "Step": Good("view_item"),
        "analyse": Good(events, STEPS),
        "carts": Good(events, orders=orders),
        "compare": Good(result, result),
        "from_counts": Good({"seen": 10, "paid": 5}),
        "from_reached": Good(users, ["seen", "paid"]),
        "paths": Good(events),
        "search": Good(events),
        "sessions": Good(events.drop(columns="session_id")),
    }
