"""Speed and memory of cohorts and reminders, beside hand-written code and beside the tools a user would take instead.

Every pair runs A B A B in one process; medians of CPU seconds, their ratio and the peak memory of a process that does
nothing else are printed. Results are compared before any time is believed. repeatradar and clvkit make their cohorts
from fewer lines, repeatradar in the peers' environment, clvkit, which needs pandas 3, in the library's own.

    python benchmarks/bench_retention.py                    # 10 million lines, about ten minutes
    python benchmarks/bench_retention.py --rows 1000000     # a quick look
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
REPEATS = 3
COHORT_LIMIT, GAP_LIMIT = 1.3, 0.5
PEER_ROWS = 1_000_000


def make_lines(rows: int) -> pd.DataFrame:
    """Draw order lines of two years: four a basket, eleven a customer, 2 % of them returns, products by popularity."""
    rng = np.random.default_rng(0)
    orders, customers = max(rows // 4, 1), max(rows * 9 // 100, 1)
    order = np.sort(rng.integers(0, orders, rows))
    customer = np.minimum((rng.pareto(1.5, orders) * customers / 8).astype(np.int64), customers - 1)
    day = np.datetime64("2023-01-01", "us") + rng.integers(0, 730 * 86_400, orders) * np.timedelta64(1_000_000, "us")
    product = np.minimum((rng.pareto(1.0, rows) * 40).astype(np.int64), 9_999)
    is_return = rng.random(rows) < 0.02
    amount = np.round(rng.lognormal(2.0, 1.0, rows), 2) * np.where(is_return, -1, 1)
    return pd.DataFrame(
        {
            "order_id": np.where(is_return, orders + np.arange(rows), order),  # a return has a number of its own
            "customer_id": customer[order],
            "ordered_at": day[order],
            "product_id": product,
            "amount": amount,
        }
    )


def ours_cohorts(lines: Any) -> Any:
    from ecommine import retention

    return retention.cohorts(lines, first_orders_from="2023-01-01").table


def pandas_cohorts(lines: pd.DataFrame) -> pd.DataFrame:
    """Monthly cohorts, active customers and money, as quick as we can write it."""
    bought = lines[lines["amount"] >= 0]
    first = bought.groupby("customer_id")["ordered_at"].min()
    month = first.dt.year * 12 + first.dt.month
    cohort = lines["customer_id"].map(month)
    period = lines["ordered_at"].dt.year * 12 + lines["ordered_at"].dt.month - cohort
    keyed = lines.assign(cohort=cohort, period=period)
    active = keyed[keyed["amount"] >= 0].groupby(["cohort", "period"])["customer_id"].nunique()
    money = keyed.groupby(["cohort", "period"])["amount"].sum()
    return pd.concat([active, money], axis=1).reset_index()


def polars_cohorts(lines: Any) -> Any:
    """The same in Polars."""
    import polars as pl

    month = pl.col("ordered_at").dt.year().cast(pl.Int64) * 12 + pl.col("ordered_at").dt.month()
    frame = lines.lazy().with_columns(month=month, bought=pl.col("amount") >= 0)
    first = frame.filter("bought").group_by("customer_id").agg(cohort=pl.col("month").min())
    keyed = frame.join(first, on="customer_id").with_columns(period=pl.col("month") - pl.col("cohort"))
    active = keyed.filter("bought").group_by("cohort", "period").agg(customer_id=pl.col("customer_id").n_unique())
    money = keyed.group_by("cohort", "period").agg(amount=pl.col("amount").sum())
    return active.join(money, on=["cohort", "period"], how="full", coalesce=True).collect()


def ours_reminders(lines: Any) -> Any:
    from ecommine import retention

    return retention.replenishment(lines).products


def pandas_gaps(lines: pd.DataFrame) -> pd.DataFrame:
    """The median gap in days of each customer and product: no date, no probability, no open gaps.

    Days are of the calendar, two lines of a day are one, and returns are left out by their amount; orders that were
    taken back in full stay in, which is less than ours does.
    """
    bought = lines[lines["amount"] >= 0]
    days = bought.assign(day=bought["ordered_at"].dt.normalize())[["customer_id", "product_id", "day"]]
    days = days.drop_duplicates().sort_values(["customer_id", "product_id", "day"])
    gaps = days.groupby(["customer_id", "product_id"])["day"].diff().dt.days
    return days.assign(gap=gaps).groupby(["customer_id", "product_id"])["gap"].median().reset_index()


def repeatradar(lines: pd.DataFrame) -> Any:
    from repeatradar import generate_cohort_data

    return generate_cohort_data(lines, datetime_column="ordered_at", user_column="customer_id", value_column="amount")


def clvkit(lines: pd.DataFrame) -> Any:
    from clvkit import CohortMatrix

    return CohortMatrix.from_transactions(lines[lines["amount"] > 0], datetime_col="ordered_at")


CALLS: dict[str, Callable[[Any], Any]] = {
    "cohorts": ours_cohorts,
    "cohorts in pandas": pandas_cohorts,
    "cohorts in Polars": polars_cohorts,
    "reminders": ours_reminders,
    "gaps in pandas": pandas_gaps,
    "repeatradar": repeatradar,
    "clvkit": clvkit,
}


def loaded(library: str, path: str) -> Any:
    """Read the lines with one library."""
    if library == "polars":
        import polars as pl

        return pl.read_parquet(path)
    return pd.read_parquet(path)


def work(library: str, path: str, names: list[str], repeats: int) -> dict[str, Any]:
    """Run calls in turn; return their CPU seconds, the peak memory, and sums that two equal results share."""
    lines = loaded(library, path)
    warnings.simplefilter("ignore")
    seconds: dict[str, list[float]] = {name: [] for name in names}
    sums: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name in names:
            start = time.process_time()
            result = CALLS[name](lines)
            seconds[name].append(time.process_time() - start)
            sums[name] = holds(result) if "cohorts" in name else []
    return {"seconds": seconds, "peak_mb": peak_mb(), "holds": sums}


def holds(table: Any) -> list[float]:
    """Return cells, active customers and money of a table of cohorts, of periods that are over."""
    frame = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    if "retention" in frame:
        frame = frame[frame["observed"] == 1]
        per_cell = frame["revenue_per_customer"] * frame["customers"]
        last = per_cell.groupby([frame["cohort"], frame["first_seen"]]).last().sum()
        return [float(frame["active"].sum()), round(float(last), 0)]
    end = frame["cohort"] + frame["period"] < 2024 * 12 + 12  # December 2024 is not over
    frame = frame[end & (frame["period"] >= 0)]
    return [float(frame["customer_id"].sum()), round(float(frame["amount"].sum()), 0)]


def peak_mb() -> float:
    """Return the most memory that this process held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def in_process(python: str, library: str, path: str, names: list[str], repeats: int = REPEATS) -> dict[str, Any]:
    """Run :func:`work` in a process of its own."""
    order = [python, __file__, "--work", json.dumps([library, path, names, repeats])]
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(library: str, path: str, mine: str, theirs: str, limit: float) -> Iterator[str]:
    """Compare two calls on one library."""
    found = in_process(sys.executable, library, path, [mine, theirs])
    one, other = (found["holds"][name] for name in (mine, theirs))
    # Money before the first purchase belongs to none of our cohorts.
    if one and other and (one[0] != other[0] or not np.isclose(one[1], other[1], rtol=5e-3)):
        raise AssertionError(f"{mine}: {one} is not {other}")
    seconds = [median(found["seconds"][name]) for name in (mine, theirs)]
    peaks = [in_process(sys.executable, library, path, [name], 1)["peak_mb"] for name in (mine, theirs)]
    yield (
        f"{mine + ', ' + library:<24}{seconds[0]:8.2f} s   {theirs:<20}{seconds[1]:8.2f} s   "
        f"ratio {seconds[0] / seconds[1]:5.2f} (limit {limit})   peak {peaks[0]:6,.0f} / {peaks[1]:6,.0f} MB"
    )


def report(rows: int) -> Iterator[str]:
    """Run everything, line by line."""
    with tempfile.TemporaryDirectory() as name:
        large, small, peer = (str(Path(name, f"{part}.parquet")) for part in ("large", "small", "peer"))
        make_lines(rows).to_parquet(large, index=False)
        make_lines(rows // 10).to_parquet(small, index=False)
        make_lines(min(rows, PEER_ROWS)).to_parquet(peer, index=False)
        yield f"{rows:,} lines, CPU seconds"
        yield from compare("pandas", large, "cohorts", "cohorts in pandas", COHORT_LIMIT)
        yield from compare("polars", large, "cohorts", "cohorts in Polars", COHORT_LIMIT)
        yield from compare("pandas", large, "reminders", "gaps in pandas", GAP_LIMIT)
        for call in ("cohorts", "reminders"):
            found = [in_process(sys.executable, "pandas", path, [call]) for path in (small, large)]
            one, ten = (median(each["seconds"][call]) for each in found)
            yield f"{call}: {rows // 10:,} to {rows:,} lines {one:6.2f} s to {ten:6.2f} s, {ten / one:5.1f} x"
        yield from _peers(peer, min(rows, PEER_ROWS))


def _peers(path: str, rows: int) -> Iterator[str]:
    if not Path(PEERS).exists():
        yield f"skipped: {PEERS} is not here (make bench makes it, or set ECOMMINE_PEERS)"
        return
    mine = median(in_process(sys.executable, "pandas", path, ["cohorts"])["seconds"]["cohorts"])
    for name, python in {"repeatradar": PEERS, "clvkit": sys.executable}.items():
        try:
            theirs = median(in_process(python, "pandas", path, [name])["seconds"][name])
        except RuntimeError as error:
            yield f"{name}: did not run, {str(error).strip().splitlines()[-1]}"
        else:
            yield f"{rows:,} lines: cohorts {mine:6.2f} s, {name} {theirs:6.2f} s, {theirs / mine:5.1f} x"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="order lines (default 10 million)")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(*json.loads(options.work))))
        return
    for line in report(options.rows):
        print(line, flush=True)


if __name__ == "__main__":
    main()
