"""The same numbers, slowly and obviously: plain Python over one line after another; and small tables to try."""

import math
from collections import defaultdict
from datetime import datetime
from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import strategies as st

START = datetime(2024, 1, 1)
LINE_TYPES = ("product", "gift", "shipping", "fee", "adjustment", "discount")


@st.composite
def orders(draw, *, min_rows=0, max_rows=25):
    """Draw order lines of few customers, with guests, returns, free items and equal times."""
    rows = draw(st.integers(min_rows, max_rows))

    def column(values):
        return draw(st.lists(values, min_size=rows, max_size=rows))

    table = pd.DataFrame(
        {
            "order_id": np.array(column(st.integers(-3, 12)), dtype="int64"),
            "customer_id": np.array(column(st.none() | st.sampled_from("abcde")), dtype=object),
            "ordered_at": np.array(column(st.integers(0, 400 * 24)), dtype="timedelta64[h]")
            + np.datetime64(START, "us"),
            "amount": np.array(column(st.integers(-5_000, 20_000)), dtype="float64") / 100,
        }
    )
    if draw(st.booleans()):
        table["quantity"] = np.array(column(st.integers(-2, 5)), dtype="int64")
    if draw(st.booleans()):
        table["line_type"] = np.array(column(st.none() | st.sampled_from(LINE_TYPES)), dtype=object)
    return table


def slow_table(lines, *, as_of=None, start=None, returns="net"):
    """Map each customer to (recency, frequency, monetary in cents, first, last)."""
    rows = lines.to_dict("records")
    until = as_of or max((row["ordered_at"] for row in rows), default=None)
    sales, money = defaultdict(list), defaultdict(Fraction)
    for row in rows:
        customer, inside = row["customer_id"], start is None or row["ordered_at"] > start
        if pd.isna(customer) or row["ordered_at"] > until or not inside:
            continue
        is_return = row["amount"] < 0 or row.get("quantity", 1) < 0
        if is_return and returns == "drop":
            continue
        money[customer] += Fraction(round(row["amount"] * 100), 100)
        is_charge = row.get("line_type") in ("shipping", "fee", "adjustment", "discount")
        if (returns == "keep" or not is_return) and not is_charge:
            sales[customer].append(row)
    result = {}
    for customer, mine in sales.items():
        times = [row["ordered_at"] for row in mine]
        days = (until.date() - max(times).date()).days
        orders_made = len({row["order_id"] for row in mine})
        result[customer] = (days, orders_made, float(money[customer]), min(times), max(times))
    return result


def slow_cuts(values, levels):
    """The smallest value that at least i/k of all values do not exceed."""
    cuts = []
    for i in range(1, levels):
        enough = [v for v in values if Fraction(sum(w <= v for w in values), len(values)) >= Fraction(i, levels)]
        cuts.append(min(enough))
    return tuple(cuts)


def slow_score(value, cuts):
    return 1 + sum(cut < value for cut in cuts)


def slow_standard(recency, frequency, monetary):
    """The published grid of the eleven segments, cell by cell: rows recency 5 to 1, columns value 1 to 5."""
    grid = {
        5: ("new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"),
        4: ("promising", "potential_loyalists", "potential_loyalists", "champions", "champions"),
        3: ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
        2: ("hibernating", "hibernating", "at_risk", "at_risk", "at_risk"),
        1: ("lost", "lost", "at_risk", "cannot_lose", "cannot_lose"),
    }
    return grid[recency][math.floor((frequency + monetary) / 2 + 0.5) - 1]


def shop(rng=0, *, customers=120, lines=900, days=500):
    """A small shop with guests, returns and two types of customers."""
    random = np.random.default_rng(rng)
    customer = random.integers(0, customers, lines)
    day = np.sort(random.integers(0, days, lines))
    quantity = random.integers(1, 6, lines) * np.where(random.random(lines) < 0.05, -1, 1)
    price = np.round(random.lognormal(2.0, 1.0, lines), 2)
    names = np.array([f"c{i:03d}" for i in range(customers)], dtype=object)[customer]
    names[random.random(lines) < 0.03] = None
    return pd.DataFrame(
        {
            "order_id": 1_000 + np.arange(lines) // 2,
            "customer_id": names,
            "ordered_at": np.datetime64(START, "us") + day.astype("timedelta64[D]") + np.timedelta64(12, "h"),
            "quantity": quantity,
            "unit_price": price,
            "amount": np.round(quantity * price, 2),
        }
    )
