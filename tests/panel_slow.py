"""The sales panel as a loop over products, periods and lines, in the words of the reference page."""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median

import pandas as pd


def start(moment: datetime, every: str) -> datetime:
    """Return the first moment of a period."""
    day = datetime(moment.year, moment.month, moment.day)
    if every == "1d":
        return day
    if every == "1w":
        return day - timedelta(days=day.weekday())
    month = {"1mo": day.month, "1q": (day.month - 1) // 3 * 3 + 1, "1y": 1}[every]
    return day.replace(month=month, day=1)


def following(moment: datetime, every: str) -> datetime:
    """Return the first moment of the next period."""
    return start(
        start(moment, every) + timedelta(days={"1d": 1, "1w": 7, "1mo": 31, "1q": 92, "1y": 366}[every]), every
    )


def cancelled(lines: list, every: str) -> set:
    """List the orders and periods whose units of every product come to nothing, at least one of them by a return."""
    parts = defaultdict(list)
    for line in lines:
        parts[line.order_id, start(line.ordered_at, every)].append(line)
    return {
        key
        for key, own in parts.items()
        if any(line.quantity < 0 for line in own)
        and all(sum(x.quantity for x in own if x.product_id == line.product_id) == 0 for line in own)
    }


def slow_row(lines: list, undone: set, every: str, price: str) -> dict:
    """Sum up the lines of one product in one period."""
    valid = [line for line in lines if (line.order_id, start(line.ordered_at, every)) not in undone]
    sold = [line for line in valid if line.quantity > 0]
    paid = [line for line in sold if line.amount > 0]
    prices = [line.unit_price for line in paid if line.unit_price > 0]
    units = sum(line.quantity for line in paid)
    returned = -sum(line.quantity for line in valid if line.quantity < 0)
    chosen = {
        "median": median(prices) if prices else None,
        "list": max(prices, default=None),
        "paid": sum(line.amount for line in paid) / units if units else None,
    }
    return {
        "units_sold": sum(line.quantity for line in sold),
        "returned": returned,
        "quantity": sum(line.quantity for line in sold) - returned,
        "revenue": sum(line.amount for line in lines),
        "price": chosen[price],
        "price_low": min(prices, default=None),
        "price_high": max(prices, default=None),
    }


def slow_panel(
    orders: pd.DataFrame, every: str, price: str, keys: list[str], stock: pd.DataFrame, prices: pd.DataFrame
) -> pd.DataFrame:
    """Return the panel, one row after the other."""
    lines = list(orders.itertuples())
    until, undone = max(line.ordered_at for line in lines), cancelled(lines, every)
    rows = []
    for key in sorted({tuple(getattr(line, name) for name in keys) for line in lines}):
        own = [line for line in lines if tuple(getattr(line, name) for name in keys) == key]
        period = start(min(line.ordered_at for line in own), every)
        while period <= until:
            after = following(period, every)
            row = slow_row([line for line in own if period <= line.ordered_at < after], undone, every, price)
            days = defaultdict(int)
            for day in stock.itertuples():
                is_here = tuple(getattr(day, name) for name in keys) == key
                if is_here and period <= day.stocked_at < after and day.stocked_at <= until:
                    days[start(day.stocked_at, "1d")] += day.on_hand
            in_stock = sum(units > 0 for units in days.values()) / len(days) if days else None
            if row["units_sold"] == 0:
                held = [x for x in prices.itertuples() if x.product_id == key[0] and x.changed_at <= period]
                latest = max((x.changed_at for x in held), default=None)
                row["price"] = min((x.price for x in held if x.changed_at == latest), default=None)
                if in_stock == 0:
                    row["units_sold"] = None
                    row["quantity"] = None if row["returned"] == 0 else row["quantity"]
            complete = after - timedelta(microseconds=1) <= until
            rows.append(
                dict(zip(keys, key, strict=True))
                | {"period_at": period}
                | row
                | {"in_stock": in_stock, "complete": complete}
            )
            period = after
    return pd.DataFrame(rows)
