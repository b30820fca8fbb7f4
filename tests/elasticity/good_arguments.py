"""What each public call of `elasticity` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import elasticity
from edge import Good


def sales() -> pd.DataFrame:
    """Return eight weeks of each of three products at prices that change."""
    week, product = np.tile(np.arange(8), 3), np.repeat(np.arange(3), 8)
    price = 4.0 + np.array([0, 1, -1, 0, 2, 1, -1, 0])[(week + product) % 8] * 0.4
    return pd.DataFrame(
        {
            "product_id": [f"p{i}" for i in product],
            "period_at": np.datetime64("2024-01-01", "us") + week * np.timedelta64(7, "D"),
            "category": "tea",
            "quantity": np.rint(2_000 * price**-2.0 + week % 3),
            "price": price,
            "promotion": (week + product) % 5 == 0,
            "unit_cost": 2.0,
        }
    )


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    panel = sales()
    result = elasticity.fit(panel)
    products = pd.DataFrame({"product_id": ["p0", "p1"], "category": ["tea", "pot"], "unit_cost": [1.0, 2.0]})
    bounds = pd.DataFrame({"product_id": ["p0", "p1"], "low": [3.0, 3.5], "high": [4.5, 5.0]})
    return {
        "Elasticities": result,
        "Elasticities.plot": Good(kind="demand"),
        "Elasticities.optimal_prices": Good(products, bounds=bounds),
        "Elasticities.simulate": Good(pd.DataFrame({"product_id": ["p0", "p1"], "price": [3.9, 4.1]})),
        "Elasticities.to_excel": Good("result.xlsx"),
        "OptimalPrices": result.optimal_prices(),
        "OptimalPrices.to_excel": Good("result.xlsx"),
        "fit": Good(panel, products=products),
    }
