"""A small raw table of orders that is right as it is; each test makes one thing wrong."""

from typing import Any

import numpy as np
import pandas as pd


def texts(*values: Any) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def orders(**columns: Any) -> pd.DataFrame:
    """Make three order lines; ``columns`` replace or add some."""
    frame = {
        "order_id": texts("A1", "A1", "A2"),
        "customer_id": np.array([7.0, 7.0, np.nan]),
        "ordered_at": np.array(["2024-05-01T10:00", "2024-05-01T10:00", "2024-05-02T08:30"], dtype="datetime64[us]"),
        "amount": np.array([9.5, 3.0, -4.0]),
    }
    return pd.DataFrame({**frame, **columns})
