"""What each public call of `abtest` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import abtest
from edge import Good

ARMS = {"control": 0.5, "new": 0.5}


def units_table() -> pd.DataFrame:
    """Return twenty units of each of two arms, assigned over ten days."""
    i = np.arange(40)
    return pd.DataFrame(
        {
            "customer_id": [f"c{one}" for one in i],
            "variant": np.where(i % 2, "new", "control"),
            "assigned_at": np.datetime64("2024-03-01", "us") + i // 4 * np.timedelta64(1, "D"),
            "revenue": i * 7 % 11 + 1.0,
            "revenue_before": i * 5 % 13 + 0.5,
            "converted": i % 3 == 0,
        }
    )


def sums_table() -> pd.DataFrame:
    """Return the statistics of a share and of a mean with its covariate."""
    return pd.DataFrame(
        {
            "variant": ["control", "new"] * 2,
            "metric": ["converted"] * 2 + ["revenue"] * 2,
            "units": 100,
            "mean": [0.1, 0.2, 5.0, 6.0],
            "variance": [0.09, 0.16, 4.0, 5.0],
            "second_mean": 3.0,
            "second_variance": 2.0,
            "covariance": 1.0,
        }
    )


def order_lines() -> pd.DataFrame:
    """Return an order of every second unit, before or after its exposure."""
    i = np.arange(0, 40, 2)
    return pd.DataFrame(
        {
            "order_id": i,
            "customer_id": [f"c{one}" for one in i],
            "ordered_at": np.datetime64("2024-03-03", "us") + i * np.timedelta64(1, "D"),
            "amount": i + 1.0,
        }
    )


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    units = units_table()
    converted, revenue = abtest.Proportion("converted"), abtest.Mean("revenue", "revenue_before")
    test = {"arms": ARMS, "metrics": [converted, revenue], "primary": "converted"}
    return {
        "Experiment": Good("page", **test),
        "Experiment.analyse": Good(units),
        "Experiment.analyse_sums": Good(sums_table()),
        "Experiment.assign": Good(units),
        "Experiment.plan": Good(baseline=0.1, difference=0.05),
        "Experiment.plan_from": Good(units, difference=0.05),
        "Guardrail": Good(revenue, margin=0.5),
        "Mean": Good("revenue", "revenue_before"),
        "Plan": abtest.Experiment("page", **test).plan(baseline=0.1, difference=0.05),
        "Proportion": Good("converted"),
        "RatioOfMeans": Good("revenue", "orders"),
        "Readout": abtest.Experiment("page", **test).analyse(units),
        "Readout.to_excel": Good("result.xlsx"),
        "units": Good(units[["customer_id", "variant", "assigned_at"]], order_lines()),
    }
