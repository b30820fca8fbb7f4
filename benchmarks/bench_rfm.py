"""Speed and memory of the RFM table, beside hand-written code and beside the tool that a user would take instead.

Every pair runs A B A B in one process (the peer, which needs its own environment, in alternating processes); medians,
their ratio and the peak memory of a process that does nothing else are printed. Results are compared before any time
is believed.

    python benchmarks/bench_rfm.py                      # 10 million lines, about five minutes
    python benchmarks/bench_rfm.py --rows 1000000       # a quick look
    python benchmarks/bench_rfm.py --growth             # also 100 million lines in DuckDB
"""

import argparse
import json
import os
import resource
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
REPEATS = 5
LIMITS = {"pandas": 1.2, "polars": 1.3}
DUCKDB_LIMIT_MB = 1_000
PEER_LIMIT = 5.0


def make_lines(rows: int, *, text: bool = False, clean: bool = False) -> pd.DataFrame:
    """Draw order lines: 4 a basket, 20 a customer, two years; unless clean, 3 % of guests and 2 % of returns."""
    rng = np.random.default_rng(0)
    orders, customers = max(rows // 4, 1), max(rows // 20, 1)
    order = np.sort(rng.integers(0, orders, rows))
    customer = rng.integers(0, customers, orders).astype("float64")
    at = np.datetime64("2023-01-01", "us") + rng.integers(0, 730 * 86_400, orders) * np.timedelta64(1_000_000, "us")
    quantity = rng.integers(1, 6, rows)
    if not clean:
        customer[rng.random(orders) < 0.03] = np.nan
        quantity[rng.random(rows) < 0.02] *= -1
    lines = pd.DataFrame(
        {
            "order_id": order,
            "customer_id": pd.array(customer[order], dtype="Int64"),  # pandas reads them back as floats
            "ordered_at": at[order],
            "quantity": quantity,
            "amount": np.round(quantity * rng.lognormal(2.0, 1.0, rows), 2),
        }
    )
    return _with_text_ids(lines) if text else lines


def _with_text_ids(lines: pd.DataFrame) -> pd.DataFrame:
    customer = lines["customer_id"].astype("string[pyarrow]")
    return lines.assign(
        order_id=("O-" + lines["order_id"].astype("string[pyarrow]")).astype("str"),
        customer_id=("C-" + customer).astype("str"),
    )


def by_hand_pandas(lines: pd.DataFrame) -> pd.DataFrame:
    """The same table in pandas, as quick as we can write it."""
    is_order = (lines["amount"] >= 0) & (lines["quantity"] >= 0)
    sales = lines[["customer_id", "order_id", "ordered_at"]][is_order]
    table = sales.groupby("customer_id").agg(
        frequency=("order_id", "nunique"), first_order_at=("ordered_at", "min"), last_order_at=("ordered_at", "max")
    )
    table["monetary"] = lines.groupby("customer_id")["amount"].sum()
    today = lines["ordered_at"].max().normalize()
    table["recency"] = (today - table["last_order_at"].dt.normalize()).dt.days
    table["average_order_value"] = table["monetary"] / table["frequency"]
    return table.reset_index()


def by_hand_polars(lines: Any) -> Any:
    """The same table in Polars, as quick as we can write it: lazy, conditions as columns before the aggregation."""
    import polars as pl

    is_order = (pl.col("amount") >= 0) & (pl.col("quantity") >= 0)
    today = lines["ordered_at"].max().date()
    return (
        lines.lazy()
        .select(
            "customer_id",
            "amount",
            order=pl.when(is_order).then(pl.col("order_id")),
            at=pl.when(is_order).then(pl.col("ordered_at")),
            returned=(~is_order).cast(pl.Int64),
        )
        .group_by("customer_id")
        .agg(
            frequency=pl.col("order").n_unique(),
            returned=pl.col("returned").sum(),
            monetary=pl.col("amount").sum(),
            first_order_at=pl.col("at").min(),
            last_order_at=pl.col("at").max(),
        )
        .with_columns(frequency=pl.col("frequency").cast(pl.Int64) - (pl.col("returned") > 0).cast(pl.Int64))
        .filter(pl.col("customer_id").is_not_null(), pl.col("frequency") > 0)
        .with_columns(
            recency=(pl.lit(today) - pl.col("last_order_at").dt.date()).dt.total_days(),
            average_order_value=pl.col("monetary") / pl.col("frequency"),
        )
        .sort("customer_id")
        .collect()
    )


def by_hand_duckdb(lines: Any) -> Any:
    """The same table in SQL."""
    return lines.query(
        "lines",
        """
        select customer_id,
               count(distinct order_id) filter (amount >= 0 and quantity >= 0) as frequency,
               sum(amount) as monetary,
               min(ordered_at) filter (amount >= 0 and quantity >= 0) as first_order_at,
               max(ordered_at) filter (amount >= 0 and quantity >= 0) as last_order_at,
               date_diff('day', last_order_at::date, (select max(ordered_at)::date from lines)) as recency,
               monetary / frequency as average_order_value
        from lines where customer_id is not null group by customer_id having frequency > 0 order by customer_id
        """,
    ).df()


def loaded(library: str, path: str) -> Any:
    """Open the file in a library; DuckDB scans it, the others hold it in memory."""
    if library == "pandas":
        return pd.read_parquet(path)
    if library == "polars":
        import polars as pl

        return pl.read_parquet(path)
    import duckdb

    return duckdb.connect().read_parquet(path)


def ours(lines: Any) -> Any:
    from ecommine import rfm

    return rfm.table(lines)


def checked(lines: Any) -> Any:
    from ecommine import schema

    return schema.orders(lines)


def peer(lines: pd.DataFrame) -> Any:
    from openretailscience.segmentation.rfm import RFMSegmentation

    named = lines.rename(
        columns={"order_id": "transaction_id", "ordered_at": "transaction_date", "amount": "unit_spend"}
    )
    return RFMSegmentation(named, current_date="2025-01-01").df


def ours_scored(lines: pd.DataFrame) -> Any:
    from ecommine import rfm

    return rfm.score(lines, as_of="2025-01-01", scale=10, scheme=rfm.VALUE_GROUPS).table


BY_HAND: dict[str, Callable[[Any], Any]] = {
    "pandas": by_hand_pandas,
    "polars": by_hand_polars,
    "duckdb": by_hand_duckdb,
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "ours": ours,
    "check": checked,
    "peer": peer,
    "scored": ours_scored,
}


def work(library: str, path: str, names: list[str], repeats: int) -> dict[str, Any]:
    """Time calls in turn, A B A B, and report their seconds, the peak memory and what the results hold."""
    lines = loaded(library, path)
    calls = [BY_HAND[library] if name == "hand" else CALLS[name] for name in names]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    results: dict[str, Any] = {}
    # Peers call what pandas is about to drop; a warning is no result.
    warnings.simplefilter("ignore")
    for _ in range(repeats):
        for name, call in zip(names, calls, strict=True):
            start = time.perf_counter()
            results[name] = call(lines)
            seconds[name].append(time.perf_counter() - start)
    return {"seconds": seconds, "peak_mb": peak_mb(), "holds": {name: holds(results[name]) for name in names}}


def peak_mb() -> float:
    """Return the most memory that this process held; Linux's ru_maxrss would hold that of the parent too."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def holds(result: Any) -> list[float]:
    """Return numbers that two equal tables share."""
    table = result if isinstance(result, pd.DataFrame) else result.df() if hasattr(result, "df") else result.to_pandas()
    columns = [name for name in ("recency", "frequency", "monetary", "average_order_value") if name in table]
    return [float(len(table)), *(round(float(table[name].sum()), 1) for name in columns)]


def in_process(python: str, library: str, path: str, names: list[str], repeats: int = REPEATS) -> dict[str, Any]:
    """Run :func:`work` in a process of its own."""
    order = [python, __file__, "--work", json.dumps([library, path, names, repeats])]
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def written(folder: Path, name: str, rows: int, **options: bool) -> str:
    path = folder / f"{name}.parquet"
    make_lines(rows, **options).to_parquet(path, index=False)
    return str(path)


def compare(library: str, path: str, title: str) -> Iterator[str]:
    """Compare rfm.table with hand-written code on one library."""
    found = in_process(sys.executable, library, path, ["ours", "hand"])
    one, other = found["holds"]["ours"], found["holds"]["hand"]
    if not np.allclose(one, other, rtol=1e-9):
        raise AssertionError(f"{library}: {one} is not {other}")
    mine, theirs = (median(found["seconds"][name]) for name in ("ours", "hand"))
    peaks = [in_process(sys.executable, library, path, [name], 1)["peak_mb"] for name in ("ours", "hand")]
    limit = f" (limit {LIMITS[library]})" if library in LIMITS else ""
    yield (
        f"{title:<28}{mine:8.3f} s {theirs:8.3f} s   ratio {mine / theirs:5.2f}{limit:<12}"
        f"  peak {peaks[0]:6,.0f} / {peaks[1]:6,.0f} MB"
    )
    if library == "duckdb":
        yield f"{'':<28}DuckDB peak {peaks[0]:,.0f} MB, limit {DUCKDB_LIMIT_MB:,} MB"


def compare_peer(folder: Path, rows: int) -> Iterator[str]:
    """Compare rfm.score with openretailscience's RFMSegmentation, in alternating processes."""
    if not Path(PEERS).exists():
        yield f"skipped: {PEERS} is not here (make bench makes it, or set ECOMMINE_PEERS)"
        return
    path = written(folder, "peer", rows, clean=True, text=True)
    runs = (("pandas", "scored", sys.executable), ("polars", "scored", sys.executable), ("pandas", "peer", PEERS))
    seconds: dict[tuple[str, str], list[list[float]]] = {(library, name): [] for library, name, _ in runs}
    for _ in range(2):
        for library, name, python in runs:
            seconds[library, name].append(in_process(python, library, path, [name])["seconds"][name])
    # The first call of a process imports its package; the others tell the work alone.
    first = {key: median(times[0] for times in all_times) for key, all_times in seconds.items()}
    later = {key: median([t for times in all_times for t in times[1:]]) for key, all_times in seconds.items()}
    yield f"{rows:,} clean lines, text ids, ten levels       {'first call':>12} {'later calls':>12}"
    for (library, name), time_first in first.items():
        title = f"openretailscience, {library}" if name == "peer" else f"rfm.score, {library}"
        yield f"  {title:<46}{time_first:10.3f} s {later[library, name]:10.3f} s"
    for library in ("pandas", "polars"):
        ratios = [times["pandas", "peer"] / times[library, "scored"] for times in (first, later)]
        yield f"  {f'times faster on {library} (limit {PEER_LIMIT:g})':<46}{ratios[0]:10.1f}   {ratios[1]:10.1f}"
    yield from _ties(folder)


def _ties(folder: Path) -> Iterator[str]:
    same = pd.DataFrame(
        {
            "order_id": range(10),
            "customer_id": range(10),
            "ordered_at": pd.Timestamp("2024-06-01"),
            "quantity": 1,
            "amount": 10.0,
        }
    )
    path = str(folder / "ties.parquet")
    same.to_parquet(path, index=False)
    theirs = in_process(PEERS, "pandas", path, ["peer"], 1)["holds"]["peer"]
    code = (
        f"import pandas, sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bench_rfm;"
        f"print(bench_rfm.peer(pandas.read_parquet({path!r}))['r_score'].tolist())"
    )
    shown = subprocess.run([PEERS, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True).stdout
    mine = ours_scored(same)["recency_score"].tolist()
    yield f"recency scores of {theirs[0]:.0f} identical customers:"
    yield f"  openretailscience  {shown.splitlines()[-1]}"
    yield f"  rfm.score          {mine}"


def report(rows: int, *, growth: bool) -> Iterator[str]:
    """Run everything, line by line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small = written(folder, "large", rows), written(folder, "small", rows // 10)
        yield f"{'rfm.table':<28}{'ours':>10} {'by hand':>10}"
        for library in BY_HAND:
            yield from compare(library, large, f"{library}, {rows:,} lines")
        text = written(folder, "text", rows, text=True)
        for library in BY_HAND:
            yield from compare(library, text, f"{library}, text ids")
        yield from _check(large, rows)
        yield from _growth(small, large, rows)
        if growth:
            yield from _growth_duckdb(folder, large, rows)
        yield ""
        yield from compare_peer(folder, 1_000_000)


def _check(path: str, rows: int) -> Iterator[str]:
    yield ""
    for library in BY_HAND:
        found = in_process(sys.executable, library, path, ["check"])
        yield f"schema.orders, {library:<12}{median(found['seconds']['check']):8.3f} s   {rows:,} lines, values checked"


def _growth(small: str, large: str, rows: int) -> Iterator[str]:
    yield ""
    for library in BY_HAND:
        one, ten = (median(in_process(sys.executable, library, p, ["ours"])["seconds"]["ours"]) for p in (small, large))
        yield f"{rows // 10:,} to {rows:,} lines, {library:<8}{one:8.3f} s to {ten:8.3f} s: {ten / one:5.1f} x"


def _growth_duckdb(folder: Path, large: str, rows: int) -> Iterator[str]:
    import duckdb

    path = str(folder / "growth.parquet")
    duckdb.sql(
        f"""copy (select order_id + {rows // 4} * copy as order_id, customer_id + {rows // 20} * copy as customer_id,
        ordered_at, quantity, amount from '{large}', range(10) as copies(copy)) to '{path}'"""
    )
    found = [in_process(sys.executable, "duckdb", p, ["ours"], 1) for p in (large, path)]
    one, ten = (each["seconds"]["ours"][0] for each in found)
    yield f"{rows:,} to {10 * rows:,} lines, duckdb  {one:8.3f} s to {ten:8.3f} s: {ten / one:5.1f} x"
    yield f"  peak {found[0]['peak_mb']:,.0f} to {found[1]['peak_mb']:,.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="order lines (default 10 million)")
    parser.add_argument("--growth", action="store_true", help="also ten times the lines, in DuckDB")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(*json.loads(options.work))))
        return
    for line in report(options.rows, growth=options.growth):
        print(line, flush=True)


if __name__ == "__main__":
    main()
