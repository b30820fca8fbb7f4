"""Speed and memory of itemsets and rules beside PyFIM (C) and mlxtend, of tests and pairs beside the plain way.

From the long table of order lines to the table of itemsets; PyFIM's time includes making its list of baskets, mlxtend's
the sparse one-hot matrix. Ours and theirs run in alternating processes, A B A B; the first call of a process, which
loads or compiles code, is reported separately. Results are compared before any time is believed.

    python benchmarks/bench_association.py                 # about ten minutes
    python benchmarks/bench_association.py --quick         # without the ten million orders of the growth
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

PEERS = os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python")
DATA = Path(os.environ.get("ECOMMINE_DATA", Path(__file__).parents[2] / "shared" / "data"))
REPEATS = 4
MEMORY_BEFORE: list[float] = []


def make_lines(n_orders: int, n_products: int = 20_000, mean_size: float = 10.0) -> pd.DataFrame:
    """Draw orders of independent products with Zipf popularity, and a hundred bundles of three."""
    rng = np.random.default_rng(0)
    sizes = 1 + rng.negative_binomial(2, 2 / (1 + mean_size), n_orders)
    weights = np.arange(1, n_products + 1) ** -0.9
    order = np.repeat(np.arange(n_orders), sizes)
    product = rng.choice(n_products, len(order), p=weights / weights.sum())
    with_bundle = np.flatnonzero(rng.random(n_orders) < 0.2)
    bundles = rng.choice(np.arange(100, 2_000), (100, 3), replace=False)
    chosen = bundles[rng.integers(0, len(bundles), len(with_bundle))]
    lines = pd.DataFrame(
        {
            "order_id": np.concatenate([order, np.repeat(with_bundle, 3)]),
            "product_id": np.concatenate([product, chosen.ravel()]),
        }
    )
    return lines.sort_values("order_id", kind="stable", ignore_index=True)


def read(path: str) -> pd.DataFrame:
    """Read the lines, and from here on count the most memory anew."""
    lines = pd.read_parquet(path)
    Path("/proc/self/clear_refs").write_text("5")
    MEMORY_BEFORE.append(memory_mb("VmRSS"))
    return lines


def ours(path: str, share: float) -> Any:
    from ecommine import association

    lines = read(path)
    start = time.perf_counter()
    result = association.itemsets(lines, min_support=share).table
    return time.perf_counter() - start, len(result), int(result["count"].sum())


def ours_polars(path: str, share: float) -> Any:
    import polars as pl

    from ecommine import association

    lines = pl.from_pandas(read(path))
    start = time.perf_counter()
    result = association.itemsets(lines, min_support=share).table
    return time.perf_counter() - start, len(result), int(result["count"].sum())


def ours_numpy(path: str, share: float) -> Any:
    from ecommine.association._mining import engine_numpy, mine

    mine._engine = lambda _: engine_numpy
    return ours(path, share)


def ours_numba(path: str, share: float) -> Any:
    from ecommine.association._mining import engine_numba, mine

    mine._engine = lambda _: engine_numba
    return ours(path, share)


def pyfim(path: str, share: float) -> Any:
    from fim import fpgrowth

    lines = read(path)
    start = time.perf_counter()
    order, product = lines["order_id"].to_numpy(), lines["product_id"].to_numpy()
    cuts = np.flatnonzero(order[1:] != order[:-1]) + 1
    baskets = [part.tolist() for part in np.split(product, cuts)]
    least = -int(np.ceil(share * len(baskets) - 1e-9))
    result = fpgrowth(baskets, supp=least, zmin=1, report="a")
    table = pd.DataFrame(result, columns=["itemset", "count"])
    return time.perf_counter() - start, len(table), int(table["count"].sum())


def mlxtend(path: str, share: float) -> Any:
    from mlxtend.frequent_patterns import fpgrowth
    from mlxtend.preprocessing import TransactionEncoder

    lines = read(path)
    start = time.perf_counter()
    order, product = lines["order_id"].to_numpy(), lines["product_id"].to_numpy()
    baskets = [part.tolist() for part in np.split(product, np.flatnonzero(order[1:] != order[:-1]) + 1)]
    encoder = TransactionEncoder()
    matrix = encoder.fit(baskets).transform(baskets, sparse=True)
    frame = pd.DataFrame.sparse.from_spmatrix(matrix, columns=[str(one) for one in encoder.columns_])
    result = fpgrowth(frame, min_support=share - 1e-9, use_colnames=True)
    counts = np.rint(result["support"] * len(baskets))
    return time.perf_counter() - start, len(result), int(counts.sum())


def our_rules(path: str, share: float) -> Any:
    from ecommine import association

    result = association.itemsets(read(path), min_support=share)
    start = time.perf_counter()
    table = association.rules(result, max_consequent=None, test=None).table
    return time.perf_counter() - start, len(table), round(float(table["lift"].sum()))


def their_rules(path: str, share: float) -> Any:
    from fim import fpgrowth
    from mlxtend.frequent_patterns import association_rules

    lines = read(path)
    baskets = [part["product_id"].tolist() for _, part in lines.groupby("order_id")]
    rows = fpgrowth(baskets, supp=-int(np.ceil(share * len(baskets) - 1e-9)), report="a")
    frame = pd.DataFrame(
        {"support": [count / len(baskets) for _, count in rows], "itemsets": [frozenset(items) for items, _ in rows]}
    )
    start = time.perf_counter()
    result = association_rules(frame, metric="confidence", min_threshold=0)
    return time.perf_counter() - start, len(result), round(float(result["lift"].sum()))


def with_customers(lines: pd.DataFrame) -> pd.DataFrame:
    """Give orders a customer, of whom there are a third as many, and a time within one year."""
    rng = np.random.default_rng(1)
    n_orders = int(lines["order_id"].max()) + 1
    seconds = np.sort(rng.integers(0, 365 * 86_400, n_orders)) * np.timedelta64(1_000_000, "us")
    order = lines["order_id"].to_numpy()
    times = np.datetime64("2024-01-01", "us") + seconds
    return lines.assign(customer_id=rng.integers(0, n_orders // 3, n_orders)[order], ordered_at=times[order])


def plain_sum_squares(
    rules: Any,
    clusters: Any,
    weights: Any = (),
    *,
    with_lift: bool = False,
    with_blocks: bool = False,
    with_orders: bool = False,
) -> Any:
    """Do what the engine does, one rule after the other over all orders."""
    from ecommine.association._evidence.customer_squares import CustomerSquares

    n, n_rules = len(clusters.customer), len(rules.left)
    squares, (lift, by_block, by_order) = np.zeros((len(weights), n_rules)), np.full((3, n_rules), np.nan)
    for rule in range(n_rules):
        a, b = np.zeros((2, n))
        for side, position in ((a, rules.left[rule]), (b, rules.right[rule])):
            side[rules.lists.orders[rules.lists.slice_of(int(position))]] = 1
        p = rules.shares[rules.left_row[rule]][clusters.stratum]
        q = rules.shares[rules.right_row[rule]][clusters.stratum]
        for position, weight in enumerate(weights):
            y = 1.0 if weight is None else weight[rule][clusters.stratum]
            score = a * b - y * (q * a + p * b - p * q)
            squares[position, rule] = (np.bincount(clusters.customer, score) ** 2).sum()
        chance = (a - p) * (b - q)
        if with_blocks and clusters.blocks is not None:
            by_block[rule] = (np.bincount(clusters.blocks.block, chance) ** 2).sum()
        if with_orders:
            by_order[rule] = chance @ chance
        if with_lift:
            influence = a * b / (a @ b) - a / a.sum() - b / b.sum() + 1 / n
            lift[rule] = (np.bincount(clusters.customer, influence) ** 2).sum()
    return CustomerSquares(squares=squares, lift=lift, by_block=by_block, by_order=by_order)


def our_tests(path: str, share: float) -> Any:
    from ecommine import association

    lines = read(path)
    start = time.perf_counter()
    table = association.rules(lines, min_support=share, max_antecedent=1).table
    return time.perf_counter() - start, len(table), round(float(table["q_value"].sum()), 4)


def our_pairs(path: str, share: float) -> Any:
    from ecommine import association

    lines = read(path)
    start = time.perf_counter()
    table = association.pairs(lines, min_support=share).table
    return time.perf_counter() - start, len(table), round(float(table["q_value"].sum()), 4)


def plain_tests(path: str, share: float) -> Any:
    from ecommine.association._evidence import variances

    variances.sum_squares = plain_sum_squares
    return our_tests(path, share)


def plain_pairs(path: str, share: float) -> Any:
    from ecommine.association._evidence import variances

    variances.sum_squares = plain_sum_squares
    return our_pairs(path, share)


CALLS: dict[str, Callable[[str, float], Any]] = {
    "compiled": ours_numba,
    "polars": ours_polars,
    "numpy": ours_numpy,
    "pyfim": pyfim,
    "mlxtend": mlxtend,
    "rules": our_rules,
    "mlxtend rules": their_rules,
    "tests": our_tests,
    "plain tests": plain_tests,
    "pairs": our_pairs,
    "plain pairs": plain_pairs,
}
THEIRS = ("pyfim", "mlxtend", "mlxtend rules")


def work(name: str, path: str, share: float, repeats: int) -> dict[str, Any]:
    """Call one tool several times; report seconds, its results and the most memory of its first call.

    Memory is reported twice: of the whole process, and above its memory before the call (Python, packages, the lines).
    """
    warnings.simplefilter("ignore")
    first = CALLS[name](path, share)
    peak = memory_mb("VmHWM")
    runs = [first, *(CALLS[name](path, share) for _ in range(repeats - 1))]
    above = peak - MEMORY_BEFORE[0] if MEMORY_BEFORE else peak
    return {"seconds": [run[0] for run in runs], "found": runs[-1][1:], "peak": peak, "above": above}


def memory_mb(what: str) -> float:
    """Return the memory of this process, now (VmRSS) or at most (VmHWM)."""
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(what))
    return int(line.split()[1]) / 1024


def in_process(name: str, path: str, share: float, repeats: int = REPEATS) -> dict[str, Any]:
    """Run :func:`work` in a process of its own."""
    python = PEERS if name in THEIRS else sys.executable
    order = [python, __file__, "--work", json.dumps([name, path, share, repeats])]
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-1_500:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(title: str, path: str, share: float, names: list[str], *, repeats: int = REPEATS) -> Iterator[str]:
    """Run tools in turn, twice, and print medians of the calls after the first, and ratios to ours."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(2):
        for name in names:
            runs[name].append(in_process(name, path, share, repeats))
    result = {name: tuple(runs[name][0]["found"]) for name in names}
    if len(set(result.values())) != 1:
        raise AssertionError(f"{title}: {result}")
    yield f"{title}: {next(iter(result.values()))[0]:,} rows"
    later = {name: median([s for run in runs[name] for s in run["seconds"][1:] or run["seconds"]]) for name in names}
    for name in names:
        first = median(run["seconds"][0] for run in runs[name])
        peak, above = (max(run[kind] for run in runs[name]) for kind in ("peak", "above"))
        yield (
            f"  {name:<16}{later[name]:9.3f} s   first call {first:8.3f} s   "
            f"peak {peak:7,.0f} MB, of the call {above:6,.0f} MB   {later[name] / later[names[0]]:6.2f} x {names[0]}"
        )


def report_tests() -> Iterator[str]:
    """Run the tests of rules and pairs beside the plain way, rule by rule over all orders, which they replace."""
    with tempfile.TemporaryDirectory() as name:
        path = str(Path(name) / "lines.parquet")
        with_customers(make_lines(60_000, n_products=5_000)).to_parquet(path, index=False)
        yield from compare("rules by week, 60,000 orders, .3 %", path, 0.003, ["tests", "plain tests"], repeats=2)
        yield from compare("pairs by week, 60,000 orders, 1.5 %", path, 0.015, ["pairs", "plain pairs"], repeats=2)


def report(*, quick: bool) -> Iterator[str]:
    """Run everything, line by line."""
    yield from report_tests()
    if not Path(PEERS).exists():
        yield f"skipped: {PEERS} is not here (make bench makes it, or set ECOMMINE_PEERS)"
        return
    all_tools = ["compiled", "polars", "numpy", "pyfim", "mlxtend"]
    with tempfile.TemporaryDirectory() as name:
        if DATA.is_dir():
            yield from compare("FIMI retail, .1 %", str(DATA / "fimi_retail.parquet"), 0.001, all_tools)
            yield from compare("FIMI chess, 70 %", str(DATA / "fimi_chess.parquet"), 0.7, all_tools)
            groceries = str(DATA / "groceries.parquet")
            yield from compare("rules of 13,492 itemsets, Groceries .1 %", groceries, 0.001, ["rules", "mlxtend rules"])
        else:
            yield "skipped: FIMI and Groceries (ECOMMINE_DATA does not name their folder)"
        sizes = {"100,000": 100_000, "1 million": 1_000_000, **({} if quick else {"10 million": 10_000_000})}
        for title, n_orders in sizes.items():
            path = str(Path(name) / "lines.parquet")
            make_lines(n_orders).to_parquet(path, index=False)
            engines = ["compiled", "numpy", "pyfim"] if n_orders <= 1_000_000 else ["compiled", "numpy"]
            repeats = REPEATS if n_orders <= 1_000_000 else 2
            yield from compare(f"{title} orders, 20,000 products, .1 %", path, 0.001, engines, repeats=repeats)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the ten million orders")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(*json.loads(given.work))))
        return
    for line in report(quick=given.quick):
        print(line, flush=True)


if __name__ == "__main__":
    main()
