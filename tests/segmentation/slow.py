"""Slow and obvious versions: stages and tiers day by day, and small tables of orders."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecommine import DataWarning

DAY_0 = np.datetime64("2024-01-01", "D")


def orders(*rows: tuple[object, ...], **columns: object) -> pd.DataFrame:
    """Make order lines from (customer, day or time, amount), one order each."""
    customers, days, amounts = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "order_id": np.arange(len(rows)),
            "customer_id": np.array(customers, dtype=object),
            "ordered_at": [_time(day) for day in days],
            "amount": np.array(amounts, dtype=np.float64),
            **columns,
        }
    ).astype({"ordered_at": "datetime64[us]"})


def _time(day: object) -> np.datetime64:
    if isinstance(day, str):
        return np.datetime64(day, "us")
    return (DAY_0 + np.timedelta64(int(day), "D")).astype("datetime64[us]")  # type: ignore[call-overload]


def as_of(day: int) -> str:
    """Return a day as text."""
    return str(DAY_0 + np.timedelta64(day, "D"))


def quietly(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call without its warning of what was left out, which other tests look at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return call(*args, **options)


def slow_stage(days: Sequence[int], start: int, today: int, limits: tuple[int, int, int, int]) -> str | None:
    """Return the stage of a customer on a day; None before the first one."""
    new, growing, declining, lost = limits
    if today < start:
        return None
    past = [day for day in days if day <= today]
    if past and today - past[-1] >= lost:
        return "lost"
    if past and today - past[-1] >= declining:
        return "declining"
    if today - start <= new:
        return "new"
    if not past:
        return "never_ordered"
    return "growing" if today - start <= growing else "mature"


def slow_tiers(
    money: Mapping[int, int], limits: Sequence[int], window: int, grace: int, last: int, *, one_down: bool
) -> list[int]:
    """Return the tier of a customer on each day, by walking through the days."""
    tier, below_since, history = 0, None, []
    for today in range(last + 1):
        total = max(sum(amount for day, amount in money.items() if today - window < day <= today), 0)
        qualified = max(i for i, limit in enumerate(limits) if total >= limit)
        if qualified >= tier:
            tier, below_since = qualified, None
        else:
            below_since = today if below_since is None else below_since
            if today >= below_since + grace:
                tier = tier - 1 if one_down else qualified
                below_since = today if tier > qualified else None
        history.append(tier)
    return history
