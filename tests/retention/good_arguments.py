"""What each public call of `retention` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import retention
from edge import Good


def order_lines(n_customers: int = 60, n_days: int = 400) -> pd.DataFrame:
    """Return lines of customers who come about every three weeks, some of whom stop."""
    rng = np.random.default_rng(0)
    rows = []
    for customer in range(n_customers):
        day = int(rng.integers(0, 200))
        end = n_days if customer % 3 else int(rng.integers(day, n_days))
        while day < end:
            rows.append((customer, day))
            day += int(rng.integers(10, 32))
    customer, day = np.array(rows).T
    n = len(day)
    return pd.DataFrame(
        {
            "order_id": np.arange(n),
            "customer_id": [f"c{one:03}" for one in customer],
            "ordered_at": np.datetime64("2023-01-01", "us") + day * np.timedelta64(86_400_000_000, "us"),
            "product_id": [f"p{one % 3}" for one in customer + day % 2],
            "category": [("tea", "pot")[one % 2] for one in customer],
            "quantity": 1 + day % 2,
            "amount": 10.0 + day % 7,
        }
    )


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    orders = order_lines()
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{one:03}" for one in range(60)],
            "registered_at": np.datetime64("2023-01-01", "us") + np.arange(60) * np.timedelta64(86_400_000_000, "us"),
        }
    )
    products = pd.DataFrame({"product_id": ["p0", "p1", "p2"], "category": ["tea", "tea", "pot"]})
    excel = Good("result.xlsx")
    results = {
        "ChurnWarnings": retention.churn_warnings(orders),
        "Cohorts": retention.cohorts(orders),
        "CustomerValue": retention.value(orders, horizon="90d"),
        "Replenishment": retention.replenishment(orders, products=products),
        "ReturnCurve": retention.curve(orders),
    }
    return {
        **results,
        **{f"{name}.to_excel": excel for name in results},
        "Replenishment.per_customer": Good(),
        "churn_warnings": Good(orders),
        "cohorts": Good(orders, customers=customers),
        "curve": Good(orders, customers=customers),
        "replenishment": Good(orders, products=products),
        "value": Good(orders, customers=customers),
    }
