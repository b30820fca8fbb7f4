"""Time, memory and NDCG of a fit and ten products for everyone, beside implicit's ALS of 64 factors.

Each runs in a process of its own on the same orders, A B A B; medians of CPU seconds and of the clock, peak memory, and
the NDCG at 10 in the four weeks after the cut are printed. implicit runs in the peers' environment; it fits and
recommends only, while ours reads order lines, learns weights on earlier windows, and explains each product.

    python benchmarks/bench_recommend.py                         # 5 million pairs, 100,000 customers, 5,000 products
    python benchmarks/bench_recommend.py --customers 10000       # a quick look
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

PEERS = os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python")
REPEATS = 2
PAIRS, PRODUCTS, TASTES, DAYS, WINDOW, K = 50, 5_000, 50, 365, 28, 10
SECONDS, GIGABYTES, RATIO = 60, 2.5, 5


def make_orders(customers: int) -> dict[str, Any]:
    """Draw order lines of a year and four weeks: three in four products are of the customer's taste, by popularity."""
    rng = np.random.default_rng(0)
    n = customers * PAIRS * (DAYS + WINDOW) // DAYS * 16 // 10
    taste = rng.integers(0, TASTES, customers)
    customer = rng.integers(0, customers, n)
    rank = np.minimum((rng.pareto(1.0, n) * 12).astype(np.int64), PRODUCTS // TASTES - 1)
    group = np.where(rng.random(n) < 0.75, taste[customer], rng.integers(0, TASTES, n))
    product = group * (PRODUCTS // TASTES) + (rank * 37) % (PRODUCTS // TASTES)
    day = rng.integers(0, DAYS + WINDOW, n) // 12 * 12  # about thirty days with an order for each customer
    return {"customer_id": customer, "product_id": product, "day": day}


def save(orders: dict[str, Any], path: str) -> None:
    np.savez(path, **orders)


def ours(orders: dict[str, Any]) -> Any:
    """Fit on a Polars table and recommend."""
    import polars as pl

    from ecommine import recommend

    start = np.datetime64("2024-01-01", "us")
    table = pl.DataFrame(
        {
            "order_id": orders["customer_id"] * 1_000 + orders["day"],
            "customer_id": orders["customer_id"],
            "product_id": orders["product_id"],
            "ordered_at": start + orders["day"] * np.timedelta64(86_400_000_000, "us"),
        }
    )
    before, wall, cpu = table.filter(orders["day"] < DAYS), time.perf_counter(), time.process_time()
    lists = recommend.fit(before).home(k=K).table
    seconds = [time.process_time() - cpu, time.perf_counter() - wall]
    return seconds, lists["customer_id"].to_numpy(), lists["recommended_id"].to_numpy()


def implicit(orders: dict[str, Any]) -> Any:
    """Fit ALS on the same pairs and recommend, products bought before among them."""
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    known = orders["day"] < DAYS
    wall, cpu = time.perf_counter(), time.process_time()
    shape = (int(orders["customer_id"].max()) + 1, PRODUCTS)
    rows = (np.ones(int(known.sum()), np.float32), (orders["customer_id"][known], orders["product_id"][known]))
    matrix = csr_matrix(rows, shape=shape)
    matrix.sum_duplicates()
    model = AlternatingLeastSquares(factors=64, regularization=5, alpha=5, iterations=15, random_state=0)
    model.fit(matrix, show_progress=False)
    products, _ = model.recommend(np.arange(shape[0]), matrix, N=K, filter_already_liked_items=False)
    seconds = [time.process_time() - cpu, time.perf_counter() - wall]
    return seconds, np.repeat(np.arange(shape[0]), K), products.ravel()


def ndcg(orders: dict[str, Any], customer: Any, product: Any) -> float:
    """Return the NDCG at 10 over customers who bought in the window."""
    later = orders["day"] >= DAYS
    wanted = np.unique(orders["customer_id"][later] * PRODUCTS + orders["product_id"][later])
    n_wanted = np.bincount(wanted // PRODUCTS, minlength=int(orders["customer_id"].max()) + 1)
    place = np.arange(len(customer)) - np.searchsorted(customer, customer)
    worth = 1 / np.log2(np.arange(2, K + 2))
    hit = np.isin(customer * PRODUCTS + product, wanted)
    gained = np.bincount(customer, hit * worth[place], minlength=len(n_wanted))
    has = n_wanted > 0
    return float((gained[has] / np.cumsum(worth)[np.minimum(n_wanted[has], K) - 1]).mean())


CALLS = {"ours": ours, "implicit": implicit}


def work(name: str, path: str) -> dict[str, Any]:
    """Run one call."""
    orders = dict(np.load(path))
    seconds, customer, product = CALLS[name](orders)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"cpu": seconds[0], "wall": seconds[1], "peak": peak, "ndcg": ndcg(orders, customer, product)}


def in_process(python: str, name: str, path: str) -> dict[str, Any]:
    """Run a call in a process of its own."""
    done = subprocess.run([python, __file__, "--work", name, path], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def report(customers: int) -> None:
    """Run both in turn and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "orders.npz"))
        orders = make_orders(customers)
        save(orders, path)
        known = orders["day"] < DAYS
        pairs = len(np.unique(orders["customer_id"][known] * PRODUCTS + orders["product_id"][known]))
        print(f"{customers:,} customers, {PRODUCTS:,} products, {pairs:,} pairs, {int(known.sum()):,} order lines")
        pythons = {"ours": sys.executable, "implicit": PEERS}
        if not Path(PEERS).exists():
            print(f"skipped: {PEERS} is not here (make bench makes it, or set ECOMMINE_PEERS)")
            pythons.pop("implicit")
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in pythons}
        for _ in range(REPEATS):
            for name, python in pythons.items():
                runs[name].append(in_process(python, name, path))
    middle = {name: {key: median(run[key] for run in found) for key in found[0]} for name, found in runs.items()}
    for name, one in middle.items():
        print(
            f"{name:<10} CPU {one['cpu']:7.1f} s   clock {one['wall']:7.1f} s   peak {one['peak']:5.2f} GB   "
            f"NDCG {one['ndcg']:.4f}"
        )
    print(f"limits for ours: {SECONDS} s by the clock, {GIGABYTES} GB, {RATIO} times implicit's CPU, its NDCG")
    if "implicit" in middle:
        print(f"ratio of CPU {middle['ours']['cpu'] / middle['implicit']['cpu']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(*options.work)))
        return
    report(options.customers)


if __name__ == "__main__":
    main()
