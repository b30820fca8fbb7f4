"""What each public call of `rfm` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import rfm
from edge import Good


def order_lines() -> pd.DataFrame:
    """Return three orders of each of eight customers."""
    n = 24
    return pd.DataFrame(
        {
            "order_id": np.arange(n),
            "customer_id": [f"c{i % 8}" for i in range(n)],
            "ordered_at": np.datetime64("2024-01-01", "us") + np.arange(n) * np.timedelta64(2, "D"),
            "amount": np.arange(n) + 1.0,
        }
    )


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    orders = order_lines()
    customers = pd.DataFrame({"recency": [1, 2, 9], "frequency": [1, 2, 3], "monetary": [5.0, 6.0, 7.0]})
    scale = rfm.Scale(recency=(3,), frequency=(1,), monetary=(5.5,))
    result = rfm.score(orders, scale=2, scheme=rfm.EightClasses(high_value=10))
    rule = rfm.Rule(segment="a", recency=(1, 2))
    return {
        "RFM": result,
        "RFM.members": Good("active_frequent_high_value"),
        "RFM.apply": Good(orders),
        "RFM.to_excel": Good("result.xlsx"),
        "EightClasses": Good(high_value=10, low_value=5),
        "EightClasses.check": Good(scale),
        "EightClasses.expression": Good(scale, as_of=result.as_of),
        "Migration": rfm.migration(result, result),
        "Migration.to_excel": Good("result.xlsx"),
        "Rule": Good(segment="a", recency=(1, 2)),
        "Rule.cells": Good((5, 5, 5)),
        "Rule.ranges": Good((5, 5, 5)),
        "Scale": Good(recency=(3,), frequency=(1,), monetary=(5.5,)),
        "Scale.apply": Good(customers),
        "Scale.learn": Good(customers),
        "Scheme": Good(name="one", rules=(rule,)),
        "Scheme.check": Good(rfm.Scale()),
        "Scheme.expression": Good(rfm.Scale(), as_of=result.as_of),
        "Segment": Good("a"),
        "Segment.advice": Good("en"),
        "Segment.display": Good("en"),
        "migration": Good(result, result),
        "score": Good(orders),
        "table": Good(orders),
    }
