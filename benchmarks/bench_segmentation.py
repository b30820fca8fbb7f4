"""Speed of features beside hand-written pandas, and of a fit beside scikit-learn's own K-Means with ten starts.

Every pair runs A B A B in one process, in seconds of CPU; medians and ratios are printed. Results are compared first.

    python benchmarks/bench_segmentation.py                     # 10 million lines, a million customers
    python benchmarks/bench_segmentation.py --rows 1000000 --customers 100000
"""

import argparse
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

REPEATS = 3
FEATURES_LIMIT, FIT_LIMIT = 1.3, 1.5


def make_lines(rows: int) -> pd.DataFrame:
    """Draw order lines: 4 a basket, 20 a customer, two years; 2 % of them are returns."""
    rng = np.random.default_rng(0)
    orders, customers = max(rows // 4, 1), max(rows // 20, 1)
    order = np.sort(rng.integers(0, orders, rows))
    customer = rng.integers(0, customers, orders)
    at = np.datetime64("2023-01-01", "us") + rng.integers(0, 730 * 86_400, orders) * np.timedelta64(1_000_000, "us")
    amount = np.round(rng.lognormal(2.0, 1.0, rows), 2) * np.where(rng.random(rows) < 0.02, -1, 1)
    return pd.DataFrame({"order_id": order, "customer_id": customer[order], "ordered_at": at[order], "amount": amount})


def by_hand(lines: pd.DataFrame) -> pd.DataFrame:
    """The same columns in pandas, as quick as we can write them."""
    is_sale = lines["amount"] >= 0
    money = lines["amount"]
    parts = pd.DataFrame(
        {
            "customer_id": lines["customer_id"],
            "order_id": lines["order_id"],
            "at": lines["ordered_at"].where(is_sale),
            "monetary": money,
            "bought": money.where(is_sale, 0.0),
            "returned": -money.where(~is_sale, 0.0),
        }
    )
    orders = parts.groupby(["customer_id", "order_id"], as_index=False).agg(
        at=("at", "min"), monetary=("monetary", "sum"), bought=("bought", "sum"), returned=("returned", "sum")
    )
    sales = orders[orders["at"].notna()]
    clock, ids = sales["at"].dt, sales["customer_id"]
    sales = sales.assign(day=clock.normalize(), weekday=clock.day_of_week + 1, hour=clock.hour)
    grouped = sales.groupby("customer_id")
    table = grouped.agg(
        orders=("order_id", "size"), purchase_days=("day", "nunique"), first=("at", "min"), last=("at", "max")
    )
    money_sums = orders.groupby("customer_id")[["monetary", "bought", "returned"]].sum().loc[table.index]
    table = table.join(money_sums)
    for name in ("weekday", "hour"):
        counts = pd.crosstab(ids, sales[name])
        table[name] = counts.idxmax(axis=1)
        table[f"{name}_share"] = counts.max(axis=1) / table["orders"]
    today = lines["ordered_at"].max().normalize()
    first, last = table["first"].dt.normalize(), table["last"].dt.normalize()
    table["months"] = (today - first).dt.days / (365.25 / 12)
    table["open_gap"] = (today - last).dt.days
    table["gaps"] = table["purchase_days"] - 1
    table["mean_gap"] = (last - first).dt.days / table["gaps"].where(table["gaps"] > 0)
    repeats = table["orders"] - 1
    mean = repeats.sum() / table["months"].sum()
    table["orders_per_month"] = (repeats + mean) / (table["months"] + 1)
    table["average_order_value"] = table["monetary"] / table["orders"]
    table["return_rate"] = table["returned"] / table["bought"]
    return table.reset_index()


def ours(lines: pd.DataFrame) -> pd.DataFrame:
    from ecommine import segmentation

    return segmentation.features(lines)


def make_customers(n: int) -> pd.DataFrame:
    """Draw features of customers of three types."""
    rng = np.random.default_rng(0)
    kind = rng.choice(3, n, p=[0.2, 0.4, 0.4])
    rate = np.array([6.0, 1.5, 0.4])[kind] * rng.lognormal(0, 0.4, n)
    value = np.array([60.0, 30.0, 15.0])[kind] * rng.lognormal(0, 0.5, n)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "orders": 1 + rng.poisson(rate * 12),
            "months": 12.0,
            "orders_per_month": rate,
            "average_order_value": value,
            "monetary": rate * value * 12,
        }
    )


def fitted(customers: pd.DataFrame) -> int:
    from ecommine import segmentation

    return len(segmentation.fit(customers).stability)


def kmeans(customers: pd.DataFrame) -> Any:
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler

    values = np.log(customers[["orders_per_month", "average_order_value"]].to_numpy())
    return KMeans(3, n_init=10, random_state=0).fit(StandardScaler().fit_transform(values)).labels_


def alternate(calls: dict[str, Callable[[Any], Any]], argument: Any, repeats: int) -> dict[str, float]:
    """Run the calls in turn and return the median of the seconds of CPU of each."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.process_time()
            call(argument)
            seconds[name].append(time.process_time() - start)
    return {name: median(times) for name, times in seconds.items()}


def check_equal(lines: pd.DataFrame) -> None:
    """Raise unless both tables hold the same; rates are shrunk, which nobody writes by hand."""
    mine, theirs = ours(lines), by_hand(lines)
    for name in (
        "orders",
        "purchase_days",
        "gaps",
        "open_gap",
        "weekday",
        "hour",
        "monetary",
        "mean_gap",
        "return_rate",
    ):
        if not np.allclose(mine[name], theirs[name], rtol=1e-9, equal_nan=True):
            raise AssertionError(f"{name} differs")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--customers", type=int, default=1_000_000)
    given = options.parse_args()
    warnings.simplefilter("ignore")
    check_equal(make_lines(given.rows // 20))
    for rows in (given.rows // 10, given.rows):
        found = alternate({"ours": ours, "hand": by_hand}, make_lines(rows), REPEATS)
        ratio = found["ours"] / found["hand"]
        print(
            f"features, {rows:>12,} lines      ours {found['ours']:7.2f} s  by hand {found['hand']:7.2f} s  "
            f"ratio {ratio:5.2f} (limit {FEATURES_LIMIT})",
            flush=True,
        )
    for n in (given.customers // 10, given.customers):
        found = alternate({"ours": fitted, "kmeans": kmeans}, make_customers(n), REPEATS)
        ratio = found["ours"] / found["kmeans"]
        print(
            f"fit,      {n:>12,} customers  ours {found['ours']:7.2f} s  K-Means {found['kmeans']:7.2f} s  "
            f"ratio {ratio:5.2f} (limit {FIT_LIMIT})",
            flush=True,
        )


if __name__ == "__main__":
    main()
