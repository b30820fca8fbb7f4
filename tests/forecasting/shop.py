"""A small shop whose demand has every class, for tests of calls."""

from typing import Any

import numpy as np
import pandas as pd

QUANTILES = ("p05", "p10", "p50", "p90", "p95")


def small_shop(n_periods: int = 40, *, rng: int = 0) -> pd.DataFrame:
    """Weekly `sales` of five products: fast, few, rare, new and ended."""
    drawn = np.random.default_rng(rng)
    t = np.arange(n_periods)
    units = {
        "fast": np.rint(200 + 2 * t + drawn.normal(0, 12, n_periods)),
        "few": drawn.poisson(6, n_periods),
        "rare": drawn.poisson(0.3, n_periods),
        "new": np.where(t < n_periods - 3, -1, drawn.poisson(4, n_periods)),
        "ended": np.where(t < n_periods // 2, drawn.poisson(5, n_periods), 0),
    }
    starts = np.datetime64("2024-01-01", "us") + 7 * t * np.timedelta64(1, "D")
    tables = [pd.DataFrame({"product_id": name, "period_at": starts, "quantity": values.astype(np.int64)})
              for name, values in units.items()]  # fmt: skip
    table = pd.concat(tables, ignore_index=True)
    return table[table["quantity"] >= 0].reset_index(drop=True)


def one_series(values: Any, *, product: str = "tea") -> pd.DataFrame:
    """`sales` of one product in numbered periods."""
    return pd.DataFrame({"product_id": product, "period_at": np.arange(len(values)), "quantity": values})
