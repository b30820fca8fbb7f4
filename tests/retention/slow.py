"""Obvious versions, customer by customer and day by day."""

from collections import defaultdict

import numpy as np
import pandas as pd


def days_of(orders):
    """Return by customer a mapping of day to money and the set of days of purchase."""
    money, bought = defaultdict(lambda: defaultdict(float)), defaultdict(set)
    cancelled = set()
    for key, rows in orders.dropna(subset="customer_id").groupby(["customer_id", "order_id"]):
        goods = rows[~rows.get("line_type", pd.Series("product", rows.index)).isin(["shipping", "fee", "discount"])]
        if (goods["amount"] < 0).any() and goods["amount"].sum() <= 0:
            cancelled.add(key)
    for row in orders.dropna(subset="customer_id").to_dict("records"):
        day = (row["ordered_at"] - pd.Timestamp(0)).days
        money[row["customer_id"]][day] += row["amount"]
        is_good = row.get("line_type") not in ("shipping", "fee", "discount") and row["amount"] >= 0
        if is_good and (row["customer_id"], row["order_id"]) not in cancelled:
            bought[row["customer_id"]].add(day)
    return money, {customer: sorted(days) for customer, days in bought.items()}


def returned_within(orders, today, within):
    """Estimate the share that returns on days 1 to `within`, day by day."""
    _, bought = days_of(orders)
    left, survival = list(bought.values()), 1.0
    for day in range(1, within + 1):
        watched = [days for days in left if today - days[0] >= day and not any(0 < d - days[0] < day for d in days)]
        events = sum(days[0] + day in days for days in watched)
        survival *= 1 - events / len(watched) if watched else 1.0
    return 1 - survival


def value_at(orders, today, age):
    """Estimate the mean cumulative money and its standard error, customer by customer."""
    money, bought = days_of(orders)
    first = {customer: days[0] for customer, days in bought.items()}
    watched = [sum(today - day >= a for day in first.values()) for a in range(age + 1)]
    rates = [sum(money[c].get(first[c] + a, 0.0) for c in first if today - first[c] >= a) / watched[a]
             for a in range(age + 1)]  # fmt: skip
    square = 0.0
    for customer, day in first.items():
        ages = range(min(age, today - day) + 1)
        square += sum((money[customer].get(day + a, 0.0) - rates[a]) / watched[a] for a in ages) ** 2
    return sum(rates), np.sqrt(square)


def typical_gap(gaps):
    """Return Wang and Chang's median of one group; gaps are lists of closed gaps and the open one of each unit."""
    points = []
    for closed, still_open in gaps:
        points += [(gap, 1 / len(closed), True) for gap in closed] or [(still_open, 1.0, False)]
    survival = 1.0
    for time in sorted({gap for gap, _, is_closed in points if is_closed}):
        at_risk = sum(weight for gap, weight, _ in points if gap >= time)
        survival *= 1 - sum(weight for gap, weight, is_closed in points if is_closed and gap == time) / at_risk
        if survival <= 0.5 + 1e-9:
            return time
    return np.nan
