"""Slow obvious versions: units row by row, and estimates from the rows themselves."""

import numpy as np
import pandas as pd


def slow_units(assignments, orders, *, window=14, before=28, as_of=None):
    """One row per unit, by loops over units and their orders."""
    as_of = orders["ordered_at"].max() if as_of is None else as_of
    known = orders[orders["ordered_at"] <= as_of]
    rows = []
    for customer, own in assignments[assignments["assigned_at"] <= as_of].groupby("customer_id"):
        first = own.sort_values("assigned_at", kind="stable").iloc[0]
        exposed = first["assigned_at"]
        count, revenue, prior = 0, 0.0, 0.0
        for _, lines in known[known["customer_id"] == customer].groupby("order_id"):
            bought = lines[lines["amount"] >= 0]
            if bought.empty:
                continue
            placed = bought["ordered_at"].min()
            if exposed <= placed < exposed + pd.Timedelta(days=window):
                count, revenue = count + 1, revenue + lines["amount"].sum()
            elif exposed - pd.Timedelta(days=before) <= placed < exposed:
                prior += lines.loc[lines["ordered_at"] < exposed, "amount"].sum()
        pending = exposed + pd.Timedelta(days=window) > as_of
        in_two = own["variant"].nunique() > 1
        rows.append((customer, first["variant"], exposed, count, revenue, count > 0, prior, pending, in_two))
    names = ["customer_id", "variant", "assigned_at", "orders", "revenue", "converted", "revenue_before", "pending"]
    return pd.DataFrame(rows, columns=[*names, "excluded"])


def made_shop(rng, n=36):
    """Assignments of some customers twice, and their order lines with refunds, over two months."""
    rng = np.random.default_rng(rng)
    start = np.datetime64("2024-01-01", "us")
    hours = np.timedelta64(3_600_000_000, "us")
    customers = np.concatenate([np.arange(n), rng.integers(0, n, n // 6)])
    assignments = pd.DataFrame(
        {
            "customer_id": customers,
            "variant": np.where(rng.random(len(customers)) < 0.5, "control", "coupon").astype(object),
            "assigned_at": start + rng.integers(24 * 20, 24 * 50, len(customers)) * hours,
        }
    )
    n_lines = 8 * n
    lines = pd.DataFrame(
        {
            "order_id": rng.integers(0, 4 * n, n_lines),
            "amount": rng.integers(1, 100, n_lines) * np.where(rng.random(n_lines) < 0.2, -1.0, 1.0),
            "ordered_at": start + rng.integers(0, 24 * 60, n_lines) * hours,
        }
    )
    lines["customer_id"] = lines["order_id"] % (n + 5)
    return assignments, lines
